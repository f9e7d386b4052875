/* netio.c - files of networks and images: bytes into memory, the reader by the suffix. */
#include "platforms/net/netio.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platforms/net/net.h"

void *bl_read_some(const char *path, const char *prefix, size_t most, size_t *len, struct bl_diag *diag)
{
    size_t room = 4096, n = 0;
    unsigned char *buf = NULL, *grown;
    FILE *f = fopen(path, "rb");

    if (!f) {
        bl_error(diag, "%s%s: cannot be opened: %s; check the path", prefix, path, strerror(errno));
        return NULL;
    }
    errno = 0;
    do {
        if (!(grown = realloc(buf, room *= 2)))
            break;
        buf = grown;
        n += fread(buf + n, 1, (room < most ? room : most) - n, f);
    } while (n == room && n < most);
    bool failed = ferror(f) || !grown;
    int why = grown ? errno : ENOMEM;
    fclose(f);
    if (failed) {
        free(buf);
        bl_error(diag, "%s%s: cannot be read: %s; expected a readable file", prefix, path, strerror(why));
        return NULL;
    }
    *len = n;
    return buf;
}

void *bl_read_file(const char *path, size_t *len, struct bl_diag *diag) { return bl_read_some(path, "", SIZE_MAX, len, diag); }

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
