/* onnx_resize.c - Pad and Resize: elements taken by rules along each axis. */
#include <math.h>
#include <stdio.h>
#include <string.h>

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

/* The input coordinate of output coordinate i, in float32 as the standard's formulas. */
static float place(int64_t i, int64_t in, int64_t out, float scale, int transform)
{
    float at = (float)i;

    if (transform == ALIGN_CORNERS) {
        at = out == 1 ? 0.0f : at * (float)(in - 1);
        return out == 1 ? 0.0f : at / (float)(out - 1);
    }
    if (transform == ASYMMETRIC)
        return at / scale;
    if (transform == PYTORCH_HALF_PIXEL && out == 1)
        return 0.0f;
    at = at + 0.5f;
    at = at / scale;
    return at - 0.5f;
}

static int64_t nearest(float at, int64_t in, int rounding)
{
    double d = (double)at;
    float v = (float)(rounding == FLOOR ? floor(d) : rounding == CEIL ? ceil(d) : rounding == PREFER_CEIL ? floor(d + 0.5) : ceil(d - 0.5));

    return onnx_within((int64_t)v, 0, in - 1);
}

/* One of `many` words; the number of the one that an attribute says, `def` where it is not there, -1 after an error. */
static int word_of(const struct onnx *x, const Onnx__NodeProto *n, const char *attr, const char *const *words, int many, int def)
{
    char all[160] = "";

    if (!onnx_attr(n, attr))
        return def;
    for (int i = 0; i < many; i++) {
        if (onnx_attr_is(n, attr, words[i]))
            return i;
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s", i ? ", " : "", words[i]);
    }
    return onnx_refuse(x, n, "attribute '%s' is none of %s; export with one of these", attr, all);
}

struct resize { int transform, rounding; float scale[ONNX_RANK]; uint64_t dims[ONNX_RANK]; };

/* Which axes sizes and scales are about: their number, or -1 after an error. */
static int resize_axes(struct onnx *x, const Onnx__NodeProto *n, const struct value *in, uint32_t *axes)
{
    const Onnx__AttributeProto *a = onnx_attr(n, "axes");
    uint32_t seen = 0;

    for (uint32_t i = 0; i < in->rank; i++)
        axes[i] = i;
    if (a && a->n_ints > in->rank)
        return onnx_refuse(x, n, "attribute 'axes': found %zu for an input of rank %u", a->n_ints, in->rank);
    for (size_t i = 0; a && i < a->n_ints; i++) {
        if (onnx_wrapped(x, n, a->ints[i], in->rank, &axes[i]))
            return -1;
        if (seen >> axes[i] & 1)
            return onnx_refuse(x, n, "attribute 'axes': found axis %u twice", axes[i]);
        seen |= 1u << axes[i];
    }
    return a ? (int)a->n_ints : (int)in->rank;
}

/* Output size and scale of each axis: from sizes, or from scales. */
static int resize_sizes(struct onnx *x, const Onnx__NodeProto *n, const struct value *in, struct resize *r)
{
    bool upsample = onnx_op_is(n, "Upsample") || x->opset < 11;
    const Onnx__AttributeProto *attr = onnx_attr(n, "scales");
    const struct value *s = onnx_in(x, n, upsample ? 1 : 2);
    int64_t sizes[ONNX_RANK];
    uint32_t axes[ONNX_RANK];
    int count = upsample ? 0 : onnx_numbers(x, n, NULL, 3, sizes, ONNX_RANK), many = resize_axes(x, n, in, axes);

    if (count < 0 || many < 0)
        return -1;
    if (count && count != many)
        return onnx_refuse(x, n, "found %d sizes for %d axes", count, many);
    if (!count && (attr ? (int)attr->n_floats != many : !s || s->kind != VALUE_CONST || !onnx_is_float(s->t) || onnx_count(s->t) != many))
        return onnx_refuse(x, n, "found no constant scales or sizes, one an axis");
    for (uint32_t i = 0; i < in->rank; i++) {
        r->scale[i] = 1.0f;
        r->dims[i] = in->dims[i];
    }
    for (int i = 0; i < many; i++) {
        uint32_t a = axes[i];
        float scale = count ? (float)sizes[i] / (float)in->dims[a] : attr ? attr->floats[i] : onnx_float(s->t, (uint64_t)i);
        double size = count ? (double)sizes[i] : floor((double)((float)in->dims[a] * scale));
        if (!(scale > 0.0f) || !(size >= 1) || size > BL_NET_MAX_ELEMS)
            return onnx_refuse(x, n, "found scale %g along axis %u of %llu", (double)scale, a, (unsigned long long)in->dims[a]);
        r->scale[a] = scale;
        r->dims[a] = (uint64_t)size;
    }
    bool same = true;
    for (uint32_t i = 0; i < in->rank; i++)
        same &= r->dims[i] == in->dims[i];
    for (uint32_t i = 0; same && i < in->rank; i++)        /* nothing moves, whatever the scales are: as ONNX Runtime has it */
        r->scale[i] = 1.0f;
    return onnx_sizes_fit(x, n, in->rank, r->dims);
}

static bool same_size(const struct resize *r, const struct value *in, uint32_t a)
{
    return r->dims[a] == in->dims[a] && !(r->scale[a] < 1.0f) && !(r->scale[a] > 1.0f);
}

static int resize_nearest(struct onnx *x, const Onnx__NodeProto *n, struct value *in, const struct resize *r)
{
    int64_t *at[ONNX_RANK] = { NULL };

    for (uint32_t a = 0; a < in->rank; a++) {
        int64_t size = (int64_t)in->dims[a], out = (int64_t)r->dims[a];
        if (same_size(r, in, a))
            continue;
        if (!(at[a] = bl_net_alloc(x->net, r->dims[a], sizeof **at)))
            return onnx_refuse(x, n, "no memory");
        for (int64_t i = 0; i < out; i++)
            at[a][i] = nearest(place(i, size, out, r->scale[a], r->transform), size, r->rounding);
    }
    return onnx_pick(x, n, in, n->output[0], r->dims, at, 0.0f);
}

/* Which share of each of the axis's cells an output cell takes, [out][in]: NULL without memory. */
static float *shares(struct onnx *x, const struct value *in, const struct resize *r, uint32_t a)
{
    int64_t cells = (int64_t)in->dims[a], out = (int64_t)r->dims[a];
    float *w = bl_net_alloc(x->net, (size_t)(out * cells), sizeof *w);

    for (int64_t i = 0; w && i < out; i++) {
        float at = same_size(r, in, a) ? (float)i : place(i, cells, out, r->scale[a], r->transform);
        at = at < 0.0f ? 0.0f : at > (float)(cells - 1) ? (float)(cells - 1) : at;
        int64_t k = (int64_t)at;
        float part = at - (float)k;
        w[i * cells + k] = 1.0f - part;
        if (k + 1 < cells)
            w[i * cells + k + 1] = part;
    }
    return w;
}

/* One layer: the product of [out][in] shares w with `outer` times [in][inner] cells of tensor t. */
static int64_t shared_out(struct onnx *x, const Onnx__NodeProto *n, const float *w, int64_t t, uint64_t out, uint64_t in, uint64_t outer, uint64_t inner,
                          uint32_t rank, const uint64_t *dims)
{
    const uint64_t size[2] = { out, in };
    int64_t c = w ? onnx_tensor(x, n, n->output[0], 2, size, NULL, NULL) : onnx_refuse(x, n, "no memory");
    struct bl_layer l = { .kind = BL_FLOAT, .in = { (uint32_t)c, (uint32_t)t }, .real = { .op = BL_FLOAT_MATMUL, .one_a = true,
                          .outer = (uint32_t)outer, .rows = (uint32_t)out, .inner = (uint32_t)in, .n = (uint32_t)inner } };

    if (c < 0)
        return -1;
    x->net->tensors[c].data = (const uint8_t *)(const void *)w;
    return onnx_layer(x, n, &l, n->output[0], rank, dims, NULL, NULL);
}

/* Rows and columns at once, so that a cell is the sum of four products, as runtimes compute it; only for small images, as all pairs of
 * cells have a share. */
static int64_t by_pairs(struct onnx *x, const Onnx__NodeProto *n, const struct value *in, const struct resize *r, int64_t t)
{
    uint32_t v = in->rank - 2, h = in->rank - 1;
    uint64_t cells = in->dims[v] * in->dims[h], out = r->dims[v] * r->dims[h], k = 0;
    const float *wv = shares(x, in, r, v), *wh = shares(x, in, r, h);
    float *w = wv && wh ? bl_net_alloc(x->net, cells * out, sizeof *w) : NULL;

    for (uint64_t i = 0; w && i < out; i++)
        for (uint64_t j = 0; j < cells; j++)
            w[k++] = wh[i % r->dims[h] * in->dims[h] + j % in->dims[h]] * wv[i / r->dims[h] * in->dims[v] + j / in->dims[h]];
    return shared_out(x, n, w, t, out, cells, onnx_elems(in->dims, v), 1, in->rank, r->dims);
}

/* In float32. */
static int resize_linear(struct onnx *x, const Onnx__NodeProto *n, const struct resize *r)
{
    struct value *in = onnx_real_in(x, n, 0);
    int64_t t = in ? onnx_as_float(x, n, in) : -1;
    uint64_t dims[ONNX_RANK], pairs = 1;
    bool last = true;

    if (t < 0)
        return -1;
    memcpy(dims, in->dims, sizeof dims);
    for (uint32_t a = 0; a < in->rank; a++) {
        last &= a + 2 >= in->rank || same_size(r, in, a);
        pairs *= a + 2 >= in->rank ? dims[a] * r->dims[a] : 1;
    }
    if (last && in->rank >= 2 && pairs <= 1 << 20)
        return onnx_define_float(x, n, by_pairs(x, n, in, r, t), in->rank, r->dims, false);
    for (uint32_t a = 0; t >= 0 && a < in->rank; a++)
        if (!same_size(r, in, a)) {    /* axis after axis */
            dims[a] = r->dims[a];
            t = shared_out(x, n, shares(x, in, r, a), t, dims[a], in->dims[a], onnx_elems(dims, a), onnx_elems(dims + a + 1, in->rank - a - 1),
                           in->rank, dims);
        }
    return onnx_define_float(x, n, t, in->rank, dims, false);
}

int onnx_resize(struct onnx *x, const Onnx__NodeProto *n)
{
    static const char *const TRANSFORM[] = { "half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel" };
    static const char *const ROUNDING[] = { "round_prefer_floor", "round_prefer_ceil", "floor", "ceil" };
    static const char *const MODE[] = { "nearest", "linear" };
    struct value *in = onnx_any_in(x, n, 0);
    bool old = onnx_op_is(n, "Upsample") || x->opset < 11;
    struct resize r;
    int mode = in ? word_of(x, n, "mode", MODE, 2, 0) : -1;

    if (mode < 0 || (r.transform = word_of(x, n, "coordinate_transformation_mode", TRANSFORM, 4, old ? ASYMMETRIC : HALF_PIXEL)) < 0 ||
        (r.rounding = word_of(x, n, "nearest_mode", ROUNDING, 4, old ? FLOOR : PREFER_FLOOR)) < 0)
        return -1;
    if (resize_sizes(x, n, in, &r))
        return -1;
    return mode ? resize_linear(x, n, &r) : resize_nearest(x, n, in, &r);
}
