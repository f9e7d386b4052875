/* netio.c - files of networks and images: bytes into memory, the reader by the suffix. */
#include "platforms/netio.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platforms/net.h"

void *bl_read_file(const char *path, size_t *len, struct bl_diag *diag)
{
    FILE *f = fopen(path, "rb");
    unsigned char *buf = NULL;
    size_t n = 0, cap = 0;

    if (!f) {
        bl_error(diag, "%s: %s", path, strerror(errno));
        return NULL;
    }
    for (;;) {
        if (n == cap) {
            cap = cap ? 2 * cap : 1 << 16;
            void *p = realloc(buf, cap);
            if (!p)
                break;
            buf = p;
        }
        size_t got = fread(buf + n, 1, cap - n, f);
        n += got;
        if (!got)
            break;
    }
    bool failed = ferror(f) || n == cap;
    fclose(f);
    if (failed) {
        bl_error(diag, "%s: cannot be read as a whole", path);
        free(buf);
        return NULL;
    }
    *len = n;
    return buf;
}

static bool ends_in(const char *s, const char *suffix)
{
    size_t n = strlen(s), m = strlen(suffix);

    return n >= m && !strcmp(s + n - m, suffix);
}

struct bl_net *bl_net_from_bytes(const char *name, const void *bytes, size_t len, uint64_t seed, struct bl_diag *diag)
{
    if (ends_in(name, ".onnx"))
        return bl_onnx_read(name, bytes, len, diag);
    if (ends_in(name, ".csv"))
        return bl_layers_read(name, bytes, len, seed, diag);
    bl_error(diag, "%s: found another suffix, expected .onnx (quantised ONNX) or .csv (layer table)", name);
    return NULL;
}

struct bl_net *bl_net_load(const char *path, uint64_t seed, struct bl_diag *diag)
{
    size_t len;
    void *bytes;
    struct bl_net *net;

    if (!ends_in(path, ".onnx") && !ends_in(path, ".csv"))
        return bl_net_from_bytes(path, NULL, 0, seed, diag);
    if (!(bytes = bl_read_file(path, &len, diag)))
        return NULL;
    net = bl_net_from_bytes(path, bytes, len, seed, diag);
    free(bytes);
    return net;
}
