/* onnx_dynamic.c - DynamicQuantizeLinear: codes whose scale and zero point are those of the image. The codes less their zero point are whole
 * float32 numbers here, and products of them are exact sums on the host: no array has a code that changes. */
#include <string.h>

#include "platforms/net/onnx_read.h"

/* One output of the node; an output that nobody reads has no name. */
static int part(struct onnx *x, const Onnx__NodeProto *n, size_t i, struct value v)
{
    return i < n->n_output && *n->output[i] ? onnx_define_like(x, n, n->output[i], &v) : 0;
}

int onnx_dynamic_quantize(struct onnx *x, const Onnx__NodeProto *n)
{
    struct value *v = onnx_real_in(x, n, 0), q = { .kind = VALUE_FLOAT }, s = { .kind = VALUE_FLOAT, .is_scale = true }, z;
    struct bl_layer l = { .kind = BL_FLOAT, .real = { .op = BL_FLOAT_DYNAMIC, .outer = 1, .inner = 1 } };
    int64_t from = v ? onnx_as_float(x, n, v) : -1, codes, scale;

    if (from < 0)
        return -1;
    const struct bl_tensor like = x->net->tensors[from];
    l.in[0] = l.in[1] = (uint32_t)from;
    l.real.n = (uint32_t)onnx_elems(v->dims, v->rank);
    if ((codes = onnx_layer(x, n, &l, n->output[0], v->rank, v->dims, NULL, &like)) < 0)
        return -1;
    l.real.op = BL_FLOAT_RANGE;
    if ((scale = onnx_layer(x, n, &l, n->output[0], 0, NULL, NULL, NULL)) < 0)
        return -1;
    q.tensor = (uint32_t)codes;
    q.rank = v->rank;
    memcpy(q.dims, v->dims, sizeof q.dims);
    s.tensor = (uint32_t)scale;
    q.dynamic = s.dynamic = q.tensor + 1;
    z = s;
    z.is_scale = false;
    z.is_zero = true;
    return part(x, n, 0, q) || part(x, n, 1, s) || part(x, n, 2, z);
}

int onnx_dynamic_dequantize(struct onnx *x, const Onnx__NodeProto *n, const struct value *q)
{
    struct value *s = onnx_in(x, n, 1), *z = onnx_in(x, n, 2), out = *q;
    struct bl_layer l = { .kind = BL_FLOAT, .real = { .op = BL_FLOAT_MUL, .n = (uint32_t)onnx_elems(q->dims, q->rank) } };

    if (q->is_scale || q->is_zero || !s || s->dynamic != q->dynamic || !s->is_scale || !z || z->dynamic != q->dynamic || !z->is_zero)
        return onnx_refuse(x, n, "expected scale and zero point of the DynamicQuantizeLinear that makes '%s'", q->name);
    int64_t scale = onnx_stretched_float(x, n, s, q->rank, q->dims);
    if (scale < 0)
        return -1;
    l.in[0] = q->tensor;
    l.in[1] = (uint32_t)scale;
    const struct bl_tensor like = x->net->tensors[q->tensor];
    int64_t t = onnx_layer(x, n, &l, n->output[0], q->rank, q->dims, NULL, &like);
    out.tensor = (uint32_t)t;
    out.dynamic = 0;
    return t < 0 ? -1 : onnx_define_like(x, n, n->output[0], &out);
}
