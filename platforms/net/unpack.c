/* unpack.c - reads a file that may be gzipped. */
#include "platforms/net/unpack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#define MOST_BYTES ((size_t)1 << 32)   /* a whole data set; more is taken for a broken file */
#define MOST_OF_A_PIPE ((size_t)256 << 20)

unsigned char *bl_read_gz(const char *path, size_t *len, struct bl_diag *diag)
{
    gzFile f = gzopen(path, "rb");
    unsigned char *buf = NULL;
    struct stat st;
    /* What is no regular file may have no end. */
    size_t cap = 0, n = 0, most = stat(path, &st) == 0 && !S_ISREG(st.st_mode) ? MOST_OF_A_PIPE : MOST_BYTES;
    int got = 0, closed;

    if (!f) {
        bl_error(diag, "%s: cannot be opened: %s; check the path", path, strerror(errno));
        return NULL;
    }
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
        gzclose(f);
        bl_error(diag, "%s: is a folder; expected a file in it", path);
        return NULL;
    }
    do {
        if (n == cap) {
            void *p = cap < most ? realloc(buf, cap = cap ? 2 * cap : 1 << 20) : NULL;
            if (!p) {
                got = -1;
                break;
            }
            buf = p;
        }
        size_t room = cap - n < 1u << 30 ? cap - n : 1u << 30;
        got = gzread(f, buf + n, (unsigned)room);
        n += got > 0 ? (size_t)got : 0;
    } while (got > 0);
    closed = gzclose(f);
    if (got < 0 || closed != Z_OK) {
        bl_error(diag, "%s: cannot be unpacked as a whole; the file is cut, damaged or larger than %zu MiB", path, most >> 20);
        free(buf);
        return NULL;
    }
    *len = n;
    return buf;
}
