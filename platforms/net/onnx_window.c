/* onnx_window.c - windows of convolutions and pooling: strides, padding, dilations, sizes. */
#include <string.h>

#include "platforms/net/onnx_read.h"

int onnx_ints(const struct onnx *x, const Onnx__NodeProto *n, const char *name, size_t want, uint32_t min, uint32_t *out)
{
    const Onnx__AttributeProto *a = onnx_attr(n, name);

    if (!a)
        return 0;
    if (a->n_ints != want)
        return onnx_refuse(x, n, "attribute '%s': found %zu numbers, expected %zu", name, a->n_ints, want);
    for (size_t i = 0; i < want; i++) {
        if (a->ints[i] < min || a->ints[i] > ONNX_WINDOW)
            return onnx_refuse(x, n, "attribute '%s': found %lld, expected %u to %d", name, (long long)a->ints[i], min, ONNX_WINDOW);
        out[i] = (uint32_t)a->ints[i];
    }
    return 0;
}

/* Output size along one axis; sets the padding of auto_pad and what ceil_mode adds. 0: no window fits. */
static uint64_t out_size(uint64_t in, uint32_t k, uint32_t dil, uint32_t stride, uint32_t *lead, uint32_t *trail, int same, bool ceiling)
{
    uint64_t span = (uint64_t)(k - 1) * dil + 1, out, need;

    if (same) {
        out = (in + stride - 1) / stride;
        need = (out - 1) * stride + span;
        need = need > in ? need - in : 0;
        *lead = (uint32_t)(same == 2 ? (need + 1) / 2 : need / 2);
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

int onnx_window(const struct onnx *x, const Onnx__NodeProto *n, const uint64_t *in, uint32_t spatial, struct bl_layer *l, uint64_t *out)
{
    uint32_t stride[2] = { 1, 1 }, dil[2] = { 1, 1 }, pad[4] = { 0 }, given[4] = { 0 }, first = 2 - spatial;
    const Onnx__AttributeProto *mode = onnx_attr(n, "auto_pad");
    bool ceiling = onnx_attr_int(n, "ceil_mode", 0);
    int same = onnx_attr_is(n, "auto_pad", "SAME_UPPER") ? 1 : onnx_attr_is(n, "auto_pad", "SAME_LOWER") ? 2 : 0;

    if (onnx_ints(x, n, "strides", spatial, 1, stride + first) || onnx_ints(x, n, "dilations", spatial, 1, dil + first) ||
        onnx_ints(x, n, "pads", 2 * (size_t)spatial, 0, given))
        return -1;
    for (uint32_t i = 0; i < spatial; i++) {           /* all begins, then all ends */
        pad[first + i] = given[i];
        pad[2 + first + i] = given[spatial + i];
    }
    if (mode && !same && !onnx_attr_is(n, "auto_pad", "NOTSET") && !onnx_attr_is(n, "auto_pad", "VALID"))
        return onnx_refuse(x, n, "attribute 'auto_pad': expected NOTSET, VALID, SAME_UPPER or SAME_LOWER");
    if (onnx_attr_is(n, "auto_pad", "VALID"))
        memset(pad, 0, sizeof pad);
    l->stride_h = stride[0];
    l->stride_w = stride[1];
    l->dil_h = dil[0];
    l->dil_w = dil[1];
    out[0] = out_size(in[0], l->kh, dil[0], stride[0], &pad[0], &pad[2], same, ceiling);
    out[1] = out_size(in[1], l->kw, dil[1], stride[1], &pad[1], &pad[3], same, ceiling);
    l->pad_t = pad[0];
    l->pad_l = pad[1];
    l->pad_b = pad[2];
    l->pad_r = pad[3];
    return out[0] && out[1] ? 0 : onnx_refuse(x, n, "the window %u x %u is larger than the padded input %llu x %llu", l->kh, l->kw,
                                              (unsigned long long)in[0], (unsigned long long)in[1]);
}
