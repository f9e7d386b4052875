/* io.c - whole files: read into memory; written beside their name and renamed. */
#include "platforms/file/io.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FIRST_ROOM = 8192 };

/* ---- reading */

void *bl_read_some(const char *path, const char *prefix, size_t most, size_t *n, struct bl_diag *diag)
{
    size_t room = 0, got = 0;
    unsigned char *bytes = NULL, *more = NULL;
    FILE *f = fopen(path, "rb");

    if (!f) {
        bl_error(diag, "%s%s: cannot be opened: %s; check the path", prefix, path, strerror(errno));
        return NULL;
    }
    errno = 0;
    do {
        if (!(more = realloc(bytes, room = room ? 2 * room : FIRST_ROOM)))
            break;
        bytes = more;
        size_t left = room - 1 - got, wanted = most - got < left ? most - got : left;
        got += fread(bytes + got, 1, wanted, f);
    } while (got + 1 == room && got < most);
    bool failed = ferror(f) || !more;
    int why = more ? errno : ENOMEM;
    fclose(f);
    if (failed) {
        free(bytes);
        bl_error(diag, "%s%s: cannot be read: %s; expected a readable file", prefix, path, strerror(why));
        return NULL;
    }
    bytes[got] = '\0';
    *n = got;
    return bytes;
}

void *bl_read_all(const char *path, size_t *n, struct bl_diag *diag) { return bl_read_some(path, "", SIZE_MAX, n, diag); }

/* ---- saving */

static char *with(const char *path, const char *suffix)
{
    size_t n = strlen(path) + strlen(suffix) + 1;
    char *t = malloc(n);

    if (t)
        snprintf(t, n, "%s%s", path, suffix);
    return t;
}

/* Something that is there and no regular file is written to, never replaced. */
static bool is_special(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

static int write_all(const char *path, const void *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");

    if (!f)
        return -1;
    bool bad = fwrite(bytes, 1, n, f) != n;
    bad |= fflush(f) != 0;
    int why = errno;
    bad |= fclose(f) != 0;
    errno = bad && why ? why : errno;
    return bad ? -1 : 0;
}

int bl_save_all(const char *name, const void *bytes, size_t n, struct bl_diag *diag)
{
    bool special = is_special(name);
    char *real = special ? NULL : realpath(name, NULL);           /* a link stays, its file is written */
    const char *path = real ? real : name;
    char *beside = with(path, special ? "" : ".tmp");
    int status = beside ? write_all(beside, bytes, n) : -1, why = errno;

    if (status == 0 && !special && rename(beside, path) != 0) {
        status = -1;
        why = errno;
    }
    if (status < 0) {
        bl_error(diag, "%s: cannot be written: %s", name, strerror(why));
        if (beside && !special)
            unlink(beside);
    }
    free(beside);
    free(real);
    return status;
}

int bl_may_save(const char *path, struct bl_diag *diag)
{
    struct stat st;
    const char *slash = strrchr(path, '/');
    char *dir = with(path, "");

    if (!dir)
        return bl_error(diag, "%s: no memory", path);
    dir[slash ? (slash == path ? 1 : slash - path) : 0] = '\0';
    int no = access(*dir ? dir : ".", W_OK), why = errno;
    bool folder = stat(path, &st) == 0 && S_ISDIR(st.st_mode), special = is_special(path);
    int status = 0;
    if (folder)
        status = bl_error(diag, "%s: is a folder; expected the name of a file to write", path);
    else if (!special && no)
        status = bl_error(diag, "%s: cannot be written: %s: %s%s", path, *dir ? dir : ".", strerror(why),
                          why == ENOENT ? "; make the folder first" : "");
    free(dir);
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
    while (!strncmp(a, "./", 2))
        a += 2;
    while (!strncmp(b, "./", 2))
        b += 2;
    return !strcmp(a, b);
}

/* ---- texts */

int bl_text_open(struct bl_text *t, const char *path, struct bl_diag *diag)
{
    *t = (struct bl_text){ 0 };
    if (!(t->out = open_memstream(&t->bytes, &t->n)))
        return bl_error(diag, "%s: no memory to write it", path);
    return 0;
}

int bl_text_save(struct bl_text *t, const char *path, struct bl_diag *diag)
{
    bool bad = ferror(t->out);

    bad |= fclose(t->out) != 0;
    int status = bad ? bl_error(diag, "%s: no memory to write it", path) : bl_may_replace(path, diag);
    if (status == 0)
        status = bl_save_all(path, t->bytes, t->n, diag);
    free(t->bytes);
    return status;
}
