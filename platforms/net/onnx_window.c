/* onnx_window.c - convolutions and pooling of ONNX become layers: strides, padding, sizes. */
#include <string.h>

#include "platforms/net/onnx_read.h"

enum { MAX_WINDOW = 1 << 16 };

static int ints(const struct onnx *x, const Onnx__NodeProto *n, const char *name, size_t want, uint32_t min, uint32_t *out)
{
    const Onnx__AttributeProto *a = onnx_attr(n, name);

    if (!a)
        return 0;
    if (a->n_ints != want)
        return onnx_refuse(x, n, "attribute '%s': found %zu numbers, expected %zu (two spatial dimensions)", name, a->n_ints, want);
    for (size_t i = 0; i < want; i++) {
        if (a->ints[i] < min || a->ints[i] > MAX_WINDOW)
            return onnx_refuse(x, n, "attribute '%s': found %lld, expected %u to %d", name, (long long)a->ints[i], min, MAX_WINDOW);
        out[i] = (uint32_t)a->ints[i];
    }
    return 0;
}

static bool attr_is(const Onnx__AttributeProto *a, const char *text)
{
    return a->has_s && a->s.len == strlen(text) && !memcmp(a->s.data, text, a->s.len);
}

/* Output size along one axis; sets the padding of auto_pad and what ceil_mode adds. 0: no window fits. */
static uint64_t out_size(uint64_t in, uint32_t k, uint32_t dil, uint32_t stride, uint32_t *lead, uint32_t *trail,
                         const Onnx__AttributeProto *mode, bool ceiling)
{
    uint64_t span = (uint64_t)(k - 1) * dil + 1, out, need;

    if (mode && (attr_is(mode, "SAME_UPPER") || attr_is(mode, "SAME_LOWER"))) {
        out = (in + stride - 1) / stride;
        need = (out - 1) * stride + span;
        need = need > in ? need - in : 0;
        *lead = (uint32_t)(attr_is(mode, "SAME_LOWER") ? (need + 1) / 2 : need / 2);
        *trail = (uint32_t)(need - *lead);
        return out;
    }
    if (in + *lead + *trail < span)
        return 0;
    out = (in + *lead + *trail - span) / stride + 1;
    if (ceiling && (out - 1) * stride + span < in + *lead + *trail && out * stride < in + *lead) {
        need = out * stride + span - in - *lead;       /* one more window, which starts inside the image */
        *trail = (uint32_t)(need > *trail ? need : *trail);
        out++;
    }
    return out;
}

/* Strides, padding and dilations of a node; the spatial output size into out[0], out[1]. */
static int window(const struct onnx *x, const Onnx__NodeProto *n, const uint64_t *in, struct bl_layer *l, uint64_t *out)
{
    uint32_t stride[2] = { 1, 1 }, dil[2] = { 1, 1 }, pad[4] = { 0 };
    const Onnx__AttributeProto *mode = onnx_attr(n, "auto_pad");
    bool ceiling = onnx_attr_int(n, "ceil_mode", 0);

    if (ints(x, n, "strides", 2, 1, stride) || ints(x, n, "dilations", 2, 1, dil) || ints(x, n, "pads", 4, 0, pad))
        return -1;
    if (mode && !attr_is(mode, "NOTSET") && !attr_is(mode, "VALID") && !attr_is(mode, "SAME_UPPER") && !attr_is(mode, "SAME_LOWER"))
        return onnx_refuse(x, n, "attribute 'auto_pad': expected NOTSET, VALID, SAME_UPPER or SAME_LOWER");
    if (mode && attr_is(mode, "VALID"))
        memset(pad, 0, sizeof pad);
    if (ceiling && l->count_pad)
        return onnx_refuse(x, n, "ceil_mode together with count_include_pad is not supported");
    l->stride_h = stride[0];
    l->stride_w = stride[1];
    l->dil_h = dil[0];
    l->dil_w = dil[1];
    out[0] = out_size(in[0], l->kh, dil[0], stride[0], &pad[0], &pad[2], mode, ceiling);
    out[1] = out_size(in[1], l->kw, dil[1], stride[1], &pad[1], &pad[3], mode, ceiling);
    l->pad_t = pad[0];
    l->pad_l = pad[1];
    l->pad_b = pad[2];
    l->pad_r = pad[3];
    return out[0] && out[1] ? 0 : onnx_refuse(x, n, "the window %u x %u is larger than the padded input %llu x %llu", l->kh, l->kw,
                                              (unsigned long long)in[0], (unsigned long long)in[1]);
}

/* ---- convolution ---- */

static int conv(struct onnx *x, const Onnx__NodeProto *n, const struct value *in, const struct onnx_weights *w, struct bl_layer *l,
                uint64_t dims[ONNX_RANK])
{
    uint32_t kernel[2];
    int64_t group = onnx_attr_int(n, "group", 1);

    l->kind = BL_CONV;
    l->in[0] = l->in[1] = in->tensor;
    if (in->rank != 4 || w->w->n_dims != 4 || onnx_count(w->w) <= 0)
        return onnx_refuse(x, n, "found an input of rank %u and weights of rank %zu, expected 4 and 4 with data (2-D convolution)",
                           in->rank, w->w->n_dims);
    if (group < 1 || group > MAX_WINDOW || w->w->dims[1] * group != (int64_t)in->dims[1] || w->w->dims[0] % group)
        return onnx_refuse(x, n, "found %llu input channels, weights for %lld in each of %lld groups and %lld outputs",
                           (unsigned long long)in->dims[1], (long long)w->w->dims[1], (long long)group, (long long)w->w->dims[0]);
    for (int i = 0; i < 2; i++) {
        if (w->w->dims[2 + i] > MAX_WINDOW)
            return onnx_refuse(x, n, "found a kernel of %lld rows or columns, expected at most %d", (long long)w->w->dims[2 + i], MAX_WINDOW);
        kernel[i] = (uint32_t)w->w->dims[2 + i];
    }
    l->kh = kernel[0];
    l->kw = kernel[1];
    if (ints(x, n, "kernel_shape", 2, 1, kernel))
        return -1;
    if (kernel[0] != l->kh || kernel[1] != l->kw)
        return onnx_refuse(x, n, "attribute 'kernel_shape' differs from the weights' %u x %u", l->kh, l->kw);
    l->groups = (uint32_t)group;
    dims[0] = 1;
    dims[1] = (uint64_t)w->w->dims[0];
    if (window(x, n, in->dims + 2, l, dims + 2))
        return -1;
    return onnx_fill(x, n, l, w, dims[1], (uint64_t)w->w->dims[1] * l->kh * l->kw);
}

int onnx_conv(struct onnx *x, const Onnx__NodeProto *n)
{
    struct value *in = onnx_real_in(x, n, 0);
    struct onnx_weights w;
    struct bl_layer l = { 0 };
    uint64_t dims[ONNX_RANK];

    if (!in || onnx_weights_qdq(x, n, 1, &w) || conv(x, n, in, &w, &l, dims) || onnx_bias(x, n, &l, 2, false))
        return -1;
    return onnx_emit(x, n, &l, 4, dims, 0, 0);
}

int onnx_qconv(struct onnx *x, const Onnx__NodeProto *n)
{
    struct value *in = onnx_quant_in(x, n, 0);
    struct onnx_weights w;
    struct bl_layer l = { 0 };
    uint64_t dims[ONNX_RANK];

    if (!in || onnx_weights_q(x, n, 3, &w) || conv(x, n, in, &w, &l, dims) || onnx_bias(x, n, &l, 8, true))
        return -1;
    return onnx_emit(x, n, &l, 4, dims, 6, 7);
}

/* ---- pooling ---- */

static int pool_window(struct onnx *x, const Onnx__NodeProto *n, const struct value *in, struct bl_layer *l, uint64_t dims[ONNX_RANK])
{
    uint32_t kernel[2] = { 0, 0 };

    if (in->rank != 4 || onnx_attr_int(n, "channels_last", 0))
        return onnx_refuse(x, n, "found an input of rank %u, expected 4, channels first", in->rank);
    memcpy(dims, in->dims, sizeof in->dims);
    l->kh = l->kw = 1;
    if (strstr(n->op_type, "Global")) {
        if (in->dims[2] > MAX_WINDOW || in->dims[3] > MAX_WINDOW)
            return onnx_refuse(x, n, "found an image larger than %d on a side", MAX_WINDOW);
        l->kh = (uint32_t)in->dims[2];
        l->kw = (uint32_t)in->dims[3];
        dims[2] = dims[3] = 1;
        return 0;
    }
    if (ints(x, n, "kernel_shape", 2, 1, kernel))
        return -1;
    if (!kernel[0])
        return onnx_refuse(x, n, "attribute 'kernel_shape' is missing");
    l->kh = kernel[0];
    l->kw = kernel[1];
    l->count_pad = l->kind == BL_AVGPOOL && onnx_attr_int(n, "count_include_pad", 0);
    return window(x, n, in->dims + 2, l, dims + 2);
}

int onnx_pool(struct onnx *x, const Onnx__NodeProto *n)
{
    bool max = !strcmp(n->op_type, "MaxPool");
    struct value *in = onnx_in(x, n, 0);
    struct bl_layer l = { .kind = max ? BL_MAXPOOL : BL_AVGPOOL };
    uint64_t dims[ONNX_RANK];

    if (!(max && in->kind == VALUE_QUANT) && !(in = onnx_real_in(x, n, 0)))
        return -1;
    if (pool_window(x, n, in, &l, dims))
        return -1;
    l.in[0] = l.in[1] = in->tensor;
    return max ? onnx_emit_same(x, n, &l, in, 4, dims) : onnx_emit(x, n, &l, 4, dims, 0, 0);
}

int onnx_qpool(struct onnx *x, const Onnx__NodeProto *n)
{
    struct value *in = onnx_quant_in(x, n, 0);
    struct bl_layer l = { .kind = BL_AVGPOOL };
    uint64_t dims[ONNX_RANK];

    if (!in || pool_window(x, n, in, &l, dims))
        return -1;
    l.in[0] = l.in[1] = in->tensor;
    return onnx_emit(x, n, &l, 4, dims, 3, 4);
}
