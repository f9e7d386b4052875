/* files.c - reads and saves whole files. */
#include "tools/files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *joined(const char *a, const char *sep, const char *b, const char *c)
{
    size_t n = strlen(a) + strlen(sep) + strlen(b) + strlen(c) + 1;
    char *t = malloc(n);

    if (t)
        snprintf(t, n, "%s%s%s%s", a, sep, b, c);
    return t;
}

unsigned char *bl_read_all(const char *path, size_t *n, struct bl_diag *diag)
{
    FILE *f = fopen(path, "rb");
    unsigned char *b = NULL, *more;
    size_t room = 0;

    if (!f) {
        bl_error(diag, "%s: cannot be opened: %s; check the path", path, strerror(errno));
        return NULL;
    }
    for (*n = 0;;) {
        if (*n + 1 >= room) {
            if (!(more = realloc(b, room = room ? 2 * room : 65536)))
                break;
            b = more;
        }
        size_t got = fread(b + *n, 1, room - 1 - *n, f);
        *n += got;
        if (!got)
            break;
    }
    if (ferror(f) || *n + 1 >= room) {
        bl_error(diag, "%s: cannot be read: %s; expected a readable file", path, strerror(errno));
        free(b);
        b = NULL;
    } else {
        b[*n] = '\0';
    }
    fclose(f);
    return b;
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
    char *beside = joined(path, special ? "" : ".tmp", "", "");
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
    char *dir = joined(path, "", "", "");

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
