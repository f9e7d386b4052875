/* dataset_gz.c - unpacks IDX files with zlib and hands the bytes to the reader in platforms/. */
#include "tools/run/dataset_gz.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define MOST_BYTES ((size_t)1 << 32)   /* a whole data set; more is taken for a broken file */

/* A whole file, unpacked when it is gzip; NULL after a bl_error. */
static unsigned char *unpack(const char *path, size_t *len, struct bl_diag *diag)
{
    gzFile f = gzopen(path, "rb");
    unsigned char *buf = NULL;
    size_t cap = 0, n = 0;
    int got = 0, closed;

    if (!f) {
        bl_error(diag, "%s: %s", path, strerror(errno));
        return NULL;
    }
    do {
        if (n == cap) {
            void *p = cap < MOST_BYTES ? realloc(buf, cap = cap ? 2 * cap : 1 << 20) : NULL;
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
        bl_error(diag, "%s: cannot be unpacked as a whole; the file is cut, damaged or larger than 4 GB", path);
        free(buf);
        return NULL;
    }
    *len = n;
    return buf;
}

struct bl_dataset *bl_dataset_open_gz(const char *images, const char *labels, struct bl_diag *diag)
{
    size_t ni = 0, nl = 0;
    unsigned char *bi = unpack(images, &ni, diag), *bl = bi && labels ? unpack(labels, &nl, diag) : NULL;
    struct bl_dataset *set = NULL;

    if (bi && (bl || !labels))
        set = bl_dataset_from_bytes(images, bi, ni, labels, bl, nl, diag);
    free(bi);
    free(bl);
    return set;
}
