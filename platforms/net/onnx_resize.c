/* onnx_resize.c - Pad and Resize: elements taken by rules along each axis. */
#include <math.h>

#include "platforms/net/onnx_read.h"

/* Where element i of an axis of n, padded by `before`, comes from; -1: filling. */
static int64_t padded(int64_t i, int64_t before, int64_t n, int mode)
{
    int64_t k = i - before, period = 2 * (n - 1);

    if (k >= 0 && k < n)
        return k;
    if (mode == 0)
        return -1;
    if (mode == 1)
        return k < 0 ? 0 : n - 1;
    if (n == 1)
        return 0;
    k = (k % period + period) % period;
    return k < n ? k : period - k;
}

int onnx_pad(struct onnx *x, const Onnx__NodeProto *n)
{
    struct value *in = onnx_any_in(x, n, 0);
    int64_t pads[2 * ONNX_RANK], axes[ONNX_RANK], *at[ONNX_RANK] = { NULL };
    int count = in ? onnx_numbers(x, n, "pads", 1, pads, 2 * ONNX_RANK) : -1, named = count < 0 ? -1 : onnx_numbers(x, n, NULL, 3, axes, ONNX_RANK);
    int mode = !onnx_attr(n, "mode") || onnx_attr_is(n, "mode", "constant") ? 0 : onnx_attr_is(n, "mode", "edge") ? 1 : onnx_attr_is(n, "mode", "reflect") ? 2 : 3;
    float fill = onnx_attr_float(n, "value", 0.0f);
    uint64_t dims[ONNX_RANK];
    uint32_t a = 0;

    if (named < 0 || (n->n_input > 2 && *n->input[2] && onnx_scalar(x, n, 2, "value", &fill)))
        return -1;
    if (mode == 3)
        return onnx_refuse(x, n, "attribute 'mode': only constant, edge and reflect are implemented");
    named = named ? named : (int)in->rank;
    if (count != 2 * named)
        return onnx_refuse(x, n, "found %d pads, expected %d", count, 2 * named);
    memcpy(dims, in->dims, sizeof dims);
    for (int i = 0; i < named; i++) {
        int64_t b = pads[i], e = pads[i + named];
        if (onnx_wrapped(x, n, n->n_input > 3 && *n->input[3] ? axes[i] : i, in->rank, &a))
            return -1;
        int64_t size = (int64_t)in->dims[a], many = size + b + e;
        if (b < -size || e < -size || b > BL_NET_MAX_ELEMS || e > BL_NET_MAX_ELEMS || many < 1 || (mode == 2 && (b >= size || e >= size)))
            return onnx_refuse(x, n, "found pads %lld and %lld along axis %u of %lld", (long long)b, (long long)e, a, (long long)size);
        dims[a] = (uint64_t)many;
        if (onnx_sizes_fit(x, n, in->rank, dims))
            return -1;
        if (!(at[a] = bl_net_alloc(x->net, (size_t)many, sizeof **at)))
            return onnx_refuse(x, n, "no memory");
        for (int64_t k = 0; k < many; k++)
            at[a][k] = padded(k, b, size, mode);
    }
    return onnx_pick(x, n, in, n->output[0], dims, at, fill);
}

enum { HALF_PIXEL, ASYMMETRIC, ALIGN_CORNERS, PYTORCH_HALF_PIXEL };
enum { PREFER_FLOOR, PREFER_CEIL, FLOOR, CEIL };

/* The input coordinate of output coordinate i, in float32 as the standard's formulas; then a cell. */
static int64_t nearest(int64_t i, int64_t in, int64_t out, float scale, int transform, int rounding)
{
    float at = (float)i, v;

    if (transform == ALIGN_CORNERS) {
        at = out == 1 ? 0.0f : at * (float)(in - 1);
        at = out == 1 ? 0.0f : at / (float)(out - 1);
    } else if (transform == ASYMMETRIC) {
        at = at / scale;
    } else if (transform == PYTORCH_HALF_PIXEL && out == 1) {
        at = 0.0f;
    } else {
        at = at + 0.5f;
        at = at / scale;
        at = at - 0.5f;
    }
    double d = (double)at;
    v = (float)(rounding == FLOOR ? floor(d) : rounding == CEIL ? ceil(d) : rounding == PREFER_CEIL ? floor(d + 0.5) : ceil(d - 0.5));
    return onnx_within((int64_t)v, 0, in - 1);
}

/* Output size and scale of each axis: from sizes, or from scales. */
static int resize_sizes(struct onnx *x, const Onnx__NodeProto *n, const struct value *in, uint64_t *dims, float *scale)
{
    bool upsample = onnx_op_is(n, "Upsample") || x->opset < 11;
    const Onnx__AttributeProto *attr = onnx_attr(n, "scales");
    const struct value *s = onnx_in(x, n, upsample ? 1 : 2);
    int64_t sizes[ONNX_RANK];
    int count = upsample ? 0 : onnx_numbers(x, n, NULL, 3, sizes, ONNX_RANK);

    if (count < 0)
        return -1;
    if (count && count != (int)in->rank)
        return onnx_refuse(x, n, "found %d sizes for an input of rank %u", count, in->rank);
    if (!count && (attr ? attr->n_floats != in->rank : !s || s->kind != VALUE_CONST || !onnx_is_float(s->t) || onnx_count(s->t) != in->rank))
        return onnx_refuse(x, n, "found no constant scales or sizes, one an axis");
    for (uint32_t i = 0; i < in->rank; i++) {
        scale[i] = count ? (float)sizes[i] / (float)in->dims[i] : attr ? attr->floats[i] : onnx_float(s->t, i);
        double size = count ? (double)sizes[i] : floor((double)((float)in->dims[i] * scale[i]));
        if (!(scale[i] > 0.0f) || !(size >= 1) || size > BL_NET_MAX_ELEMS)
            return onnx_refuse(x, n, "found scale %g along axis %u of %llu", (double)scale[i], i, (unsigned long long)in->dims[i]);
        dims[i] = (uint64_t)size;
    }
    return 0;
}

int onnx_resize(struct onnx *x, const Onnx__NodeProto *n)
{
    static const char *const TRANSFORM[] = { "half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel" };
    static const char *const ROUNDING[] = { "round_prefer_floor", "round_prefer_ceil", "floor", "ceil" };
    struct value *in = onnx_any_in(x, n, 0);
    bool old = onnx_op_is(n, "Upsample") || x->opset < 11;
    int transform = old ? ASYMMETRIC : HALF_PIXEL, rounding = old ? FLOOR : PREFER_FLOOR;
    const Onnx__AttributeProto *t = onnx_attr(n, "coordinate_transformation_mode"), *r = onnx_attr(n, "nearest_mode");
    uint64_t dims[ONNX_RANK];
    int64_t *at[ONNX_RANK] = { NULL };
    float scale[ONNX_RANK];

    if (!in)
        return -1;
    if (onnx_attr(n, "mode") && !onnx_attr_is(n, "mode", "nearest"))
        return onnx_refuse(x, n, "attribute 'mode': only nearest is implemented");
    for (int i = 0; t && i <= 4; i++) {
        if (i == 4)
            return onnx_refuse(x, n, "attribute 'coordinate_transformation_mode' is none of half_pixel, asymmetric, align_corners, pytorch_half_pixel");
        transform = i;
        if (onnx_attr_is(n, "coordinate_transformation_mode", TRANSFORM[i]))
            break;
    }
    for (int i = 0; r && i <= 4; i++) {
        if (i == 4)
            return onnx_refuse(x, n, "attribute 'nearest_mode' is none of round_prefer_floor, round_prefer_ceil, floor, ceil");
        rounding = i;
        if (onnx_attr_is(n, "nearest_mode", ROUNDING[i]))
            break;
    }
    if (resize_sizes(x, n, in, dims, scale) || onnx_sizes_fit(x, n, in->rank, dims))
        return -1;
    for (uint32_t a = 0; a < in->rank; a++) {
        if (!(at[a] = bl_net_alloc(x->net, dims[a], sizeof **at)))
            return onnx_refuse(x, n, "no memory");
        for (uint64_t i = 0; i < dims[a]; i++)
            at[a][i] = dims[a] == in->dims[a] ? (int64_t)i : nearest((int64_t)i, (int64_t)in->dims[a], (int64_t)dims[a], scale[a], transform, rounding);
    }
    return onnx_pick(x, n, in, n->output[0], dims, at, 0.0f);
}
