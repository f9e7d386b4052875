/* net_load.c - files of networks: the reader by the suffix. */
#include <stdlib.h>
#include <string.h>

#include "platforms/file/io.h"
#include "platforms/net/net.h"

static bool ends_in(const char *s, const char *suffix)
{
    size_t n = strlen(s), m = strlen(suffix);

    return n >= m && !strcmp(s + n - m, suffix);
}

struct bl_net *bl_net_from_bytes(const char *name, const void *bytes, size_t len, uint64_t seed, struct bl_diag *diag)
{
    if (ends_in(name, ".onnx"))
        return bl_onnx_read(name, bytes, len, diag);
    if (ends_in(name, ".tflite"))
        return bl_tflite_read(name, bytes, len, BL_XNN, diag);
    if (ends_in(name, ".csv"))
        return bl_layers_read(name, bytes, len, seed, diag);
    bl_error(diag, "%s: found another suffix, expected .onnx (quantised ONNX), .tflite (quantised TensorFlow Lite) or .csv (layer table)", name);
    return NULL;
}

struct bl_net *bl_net_rounded(const char *name, const void *bytes, size_t len, const char *rounding, uint64_t seed, struct bl_diag *diag)
{
    bool tflite = ends_in(name, ".tflite"), q31 = rounding && !strcmp(rounding, "q31");

    if (!rounding)
        return bl_net_from_bytes(name, bytes, len, seed, diag);
    if (tflite && (q31 || !strcmp(rounding, "xnn")))
        return bl_tflite_read(name, bytes, len, q31 ? BL_Q31 : BL_XNN, diag);
    bl_error(diag, "--rounding %s: %s", rounding, tflite ? "expected xnn or q31" :
             "the net is no .tflite file; ONNX and layer tables round in one way");
    return NULL;
}

struct bl_net *bl_net_load(const char *path, uint64_t seed, struct bl_diag *diag)
{
    size_t len;
    void *bytes;
    struct bl_net *net;

    if (!ends_in(path, ".onnx") && !ends_in(path, ".tflite") && !ends_in(path, ".csv"))
        return bl_net_from_bytes(path, NULL, 0, seed, diag);
    if (!(bytes = bl_read_all(path, &len, diag)))
        return NULL;
    net = bl_net_from_bytes(path, bytes, len, seed, diag);
    free(bytes);
    return net;
}
