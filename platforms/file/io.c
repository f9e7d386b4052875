/* io.c - whole files: read into memory; written beside their name and renamed. */
#include "platforms/file/io.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FIRST_ROOM = 8192 };
static const size_t MOST_OF_A_PIPE = (size_t)256 << 20, MOST_OF_A_FILE = (size_t)16 << 30;

/* ---- reading */

/* The bytes of an open file, up to `most` and one byte more; NULL: errno says why. */
static unsigned char *read_open(int fd, size_t most, size_t *n)
{
    size_t room = 0;
    unsigned char *bytes = NULL;
    ssize_t got = 1;

    *n = 0;
    while (got > 0 && *n <= most) {
        if (*n + 1 >= room) {
            unsigned char *more = realloc(bytes, room = room ? 2 * room : FIRST_ROOM);
            if (!more) {
                free(bytes);
                errno = ENOMEM;
                return NULL;
            }
            bytes = more;
        }
        size_t left = room - 1 - *n, wanted = most - *n < left ? most - *n + 1 : left;
        got = read(fd, bytes + *n, wanted < left ? wanted : left);
        if (got > 0)
            *n += (size_t)got;
        else if (got < 0 && errno == EINTR)
            got = 1;
    }
    if (got >= 0)
        return bytes;
    free(bytes);
    return NULL;
}

/* `whole`: what is longer than `most` is an error, not cut. */
static void *read_file(const char *path, const char *prefix, size_t most, bool whole, size_t *n, struct bl_diag *diag)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;

    if (fd < 0) {
        bl_error(diag, "%s%s: cannot be opened: %s; check the path", prefix, path, strerror(errno));
        return NULL;
    }
    bool regular = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    if (whole && !regular && most > MOST_OF_A_PIPE)            /* it may have no end */
        most = MOST_OF_A_PIPE;
    unsigned char *bytes = whole && regular && (size_t)st.st_size > most ? NULL : read_open(fd, most < SIZE_MAX ? most : SIZE_MAX - 1, n);
    int why = errno;
    close(fd);
    if ((whole && regular && (size_t)st.st_size > most) || (bytes && whole && *n > most)) {
        free(bytes);
        bl_error(diag, "%s%s: holds more than %zu MiB, expected at most so much of such a file%s", prefix, path, most >> 20,
                 regular ? "" : " when it is no regular one");
        return NULL;
    }
    if (!bytes) {
        bl_error(diag, "%s%s: cannot be read: %s; expected a readable file", prefix, path, strerror(why));
        return NULL;
    }
    *n = *n < most ? *n : most;
    bytes[*n] = '\0';
    return bytes;
}

void *bl_read_some(const char *path, const char *prefix, size_t most, size_t *n, struct bl_diag *diag)
{
    return read_file(path, prefix, most, false, n, diag);
}

void *bl_read_most(const char *path, size_t most, size_t *n, struct bl_diag *diag) { return read_file(path, "", most, true, n, diag); }
void *bl_read_all(const char *path, size_t *n, struct bl_diag *diag) { return bl_read_most(path, MOST_OF_A_FILE, n, diag); }

/* ---- names */

static char *joined(const char *folder, size_t n, const char *name)
{
    size_t room = n + strlen(name) + 2;
    char *t = malloc(room);

    if (t)
        snprintf(t, room, "%.*s%s%s", (int)n, folder, n && folder[n - 1] != '/' ? "/" : "", name);
    return t;
}

/* What a link leads to, as a name to be freed; NULL: it is no link, or memory is out. */
static char *target_of(const char *link)
{
    const char *slash = strrchr(link, '/');
    char to[4096];
    ssize_t n = readlink(link, to, sizeof to - 1);

    if (n <= 0)
        return NULL;
    to[n] = '\0';
    return *to == '/' ? strdup(to) : joined(link, slash ? (size_t)(slash - link) + 1 : 0, to);
}

char *bl_real_name(const char *path)
{
    enum { MOST_LINKS = 40 };
    char *name = strdup(path), *next = NULL;

    for (int i = 0; name && i < MOST_LINKS && (next = target_of(name)); i++) {
        free(name);
        name = next;
    }
    const char *slash = name ? strrchr(name, '/') : NULL;
    char *folder = slash ? strndup(name, (size_t)(slash - name) + 1) : strdup("."), *real = folder && name ? realpath(folder, NULL) : NULL;
    char *all = real ? joined(real, strlen(real), slash ? slash + 1 : name) : name ? strdup(name) : NULL;
    free(real);
    free(folder);
    free(name);
    return all;
}

/* ---- saving */

/* Something that is there and no regular file is written to, never replaced. */
static bool is_special(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

/* A new file beside `path`, of a name that nobody can foretell; *name is to be freed. -1: errno says why. */
static int open_beside(const char *path, char **name)
{
    size_t room = strlen(path) + 32;
    struct stat st;
    uint64_t any;
    int fd = -1;

    *name = malloc(room);
    for (int tries = 0; *name && fd < 0 && tries < 8; tries++) {
        if (getrandom(&any, sizeof any, 0) != sizeof any)
            break;
        snprintf(*name, room, "%s.%016" PRIx64 ".tmp", path, any);
        fd = open(*name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd < 0 && errno != EEXIST)
            break;
    }
    if (fd >= 0 && stat(path, &st) == 0)
        (void)fchmod(fd, st.st_mode & 07777);
    return fd;
}

static int write_all(int fd, const unsigned char *at, size_t n)
{
    while (n) {
        ssize_t done = write(fd, at, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return -1;
        at += done;
        n -= (size_t)done;
    }
    return 0;
}

int bl_save_all(const char *name, const void *bytes, size_t n, struct bl_diag *diag)
{
    bool special = is_special(name);
    char *path = special ? NULL : bl_real_name(name), *beside = NULL;       /* a link stays, its file is written */
    int fd = special ? open(name, O_WRONLY | O_CLOEXEC) : path ? open_beside(path, &beside) : -1;
    int status = fd < 0 ? -1 : write_all(fd, bytes, n), why = errno;

    if (fd >= 0 && close(fd) && status == 0 && errno != EINTR) {
        status = -1;
        why = errno;
    }
    if (status == 0 && !special && rename(beside, path) != 0) {
        status = -1;
        why = errno;
    }
    if (status < 0) {
        bl_error(diag, "%s: cannot be written: %s", name, strerror(why));
        if (fd >= 0 && beside)
            unlink(beside);
    }
    free(beside);
    free(path);
    return status;
}

int bl_may_save(const char *path, struct bl_diag *diag)
{
    struct stat st;
    char *real = bl_real_name(path), *slash = real ? strrchr(real, '/') : NULL;

    if (!real)
        return bl_error(diag, "%s: no memory", path);
    if (slash)
        slash[slash == real] = '\0';
    const char *dir = slash ? real : ".";
    int no = access(dir, W_OK), why = errno;
    bool folder = stat(path, &st) == 0 && S_ISDIR(st.st_mode), special = is_special(path);
    int status = 0;
    if (folder)
        status = bl_error(diag, "%s: is a folder; expected the name of a file to write", path);
    else if (!special && no)
        status = bl_error(diag, "%s: cannot be written: %s: %s%s", path, dir, strerror(why), why == ENOENT ? "; make the folder first" : "");
    free(real);
    return status;
}

int bl_may_replace(const char *path, struct bl_diag *diag)
{
    return is_special(path) ? bl_error(diag, "%s: is no regular file; expected the name of a file to write", path) : 0;
}

bool bl_same_file(const char *a, const char *b)
{
    struct stat x, y;
    bool there = stat(a, &x) == 0;

    if (there != (stat(b, &y) == 0))
        return false;
    if (there)
        return S_ISREG(x.st_mode) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
    char *p = bl_real_name(a), *q = bl_real_name(b);
    bool same = p && q && !strcmp(p, q);
    free(p);
    free(q);
    return same;
}

/* ---- texts */

int bl_text_open(struct bl_text *t, const char *path, struct bl_diag *diag)
{
    if (!bl_text_start(t))
        return bl_error(diag, "%s: no memory to write it", path);
    return 0;
}

int bl_text_save(struct bl_text *t, const char *path, struct bl_diag *diag)
{
    int status = !bl_text_end(t) ? bl_error(diag, "%s: no memory to write it", path) : bl_may_replace(path, diag);
    if (status == 0)
        status = bl_save_all(path, t->bytes, t->n, diag);
    free(t->bytes);
    return status;
}
