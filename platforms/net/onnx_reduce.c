/* onnx_reduce.c - what goes over channels or along axes: BatchNormalization, Softmax, ReduceMean. */
#include <math.h>
#include <string.h>

#include "platforms/net/onnx_read.h"

/* v op constants[channels], as BL_REAL. */
static int64_t per_channel(struct onnx *x, const Onnx__NodeProto *n, int64_t in, const struct value *v, const float *each, enum bl_float_op op)
{
    struct bl_layer l = { .kind = BL_FLOAT, .real = { .op = (uint16_t)op, .n = (uint32_t)onnx_elems(v->dims, v->rank) } };
    int64_t t = onnx_tensor(x, n, n->output[0], v->rank, v->dims, NULL, NULL);
    float *data = t < 0 ? NULL : bl_net_alloc(x->net, l.real.n, sizeof *data);
    uint64_t inner = onnx_elems(v->dims + 2, v->rank - 2);

    if (!data)
        return onnx_refuse(x, n, "no memory");
    for (uint64_t i = 0; i < l.real.n; i++)
        data[i] = each[i / inner % v->dims[1]];
    x->net->tensors[t].data = (const uint8_t *)(const void *)data;
    l.in[0] = (uint32_t)in;
    l.in[1] = (uint32_t)t;
    return onnx_layer(x, n, &l, n->output[0], v->rank, v->dims, NULL, NULL);
}

int onnx_norm(struct onnx *x, const Onnx__NodeProto *n)
{
    struct value *v = onnx_real_in(x, n, 0), out;
    float *gain, *offset;

    if (!v)
        return -1;
    if (v->rank < 2)
        return onnx_refuse(x, n, "found an input of rank %u, expected at least 2", v->rank);
    if (onnx_norm_factors(x, n, v->dims[1], &gain, &offset))
        return -1;
    int64_t t = onnx_as_float(x, n, v);
    if (t < 0 || (t = per_channel(x, n, t, v, gain, BL_FLOAT_MUL)) < 0 || (t = per_channel(x, n, t, v, offset, BL_FLOAT_ADD)) < 0)
        return -1;
    out = (struct value){ .kind = VALUE_FLOAT, .rank = v->rank, .tensor = (uint32_t)t };
    memcpy(out.dims, v->dims, sizeof out.dims);
    return onnx_define_like(x, n, n->output[0], &out);
}

/* The layer of a softmax over v; `flat`: over all axes from that one on, as before opset 13. Its tensor, or -1 after an error. */
static int64_t softmax(struct onnx *x, const Onnx__NodeProto *n, struct value *v, bool flat)
{
    struct bl_layer l = { .kind = BL_FLOAT, .real = { .op = BL_FLOAT_SOFTMAX } };
    int64_t axis = onnx_attr_int(n, "axis", flat ? 1 : -1), t;

    axis += axis < 0 ? v->rank : 0;
    if (axis < 0 || axis >= (int64_t)v->rank)
        return onnx_refuse(x, n, "found axis %lld for an input of rank %u", (long long)onnx_attr_int(n, "axis", -1), v->rank);
    if ((t = onnx_as_float(x, n, v)) < 0)
        return -1;
    l.in[0] = l.in[1] = (uint32_t)t;
    l.real.outer = (uint32_t)onnx_elems(v->dims, (uint32_t)axis);
    l.real.n = (uint32_t)(flat ? onnx_elems(v->dims + axis, v->rank - (uint32_t)axis) : v->dims[axis]);
    l.real.inner = (uint32_t)(onnx_elems(v->dims, v->rank) / l.real.outer / l.real.n);
    const struct bl_tensor like = x->net->tensors[t];
    return onnx_layer(x, n, &l, n->output[0], v->rank, v->dims, NULL, &like);
}

int onnx_softmax(struct onnx *x, const Onnx__NodeProto *n)
{
    struct value *v = onnx_real_in(x, n, 0);

    return v ? onnx_define_float(x, n, softmax(x, n, v, x->opset < 13), v->rank, v->dims, false) : -1;
}

/* Real values in between; the attribute opset says which rule it is. */
int onnx_qsoftmax(struct onnx *x, const Onnx__NodeProto *n)
{
    struct value v;
    struct bl_layer l = { .kind = BL_QUANT };
    struct code c;
    int64_t t;

    if (onnx_q_operand(x, n, 0, &v))
        return -1;
    if (onnx_is_const(&v))
        return onnx_refuse(x, n, "input 0 is a constant, expected activations");
    if (onnx_code(x, n, 3, 4, x->net->tensors[v.tensor].dtype, &c) || (t = softmax(x, n, &v, onnx_attr_int(n, "opset", 13) < 13)) < 0)
        return -1;
    const struct bl_tensor like = x->net->tensors[t];
    l.in[0] = l.in[1] = (uint32_t)t;
    return onnx_emit(x, n, &l, n->output[0], v.rank, v.dims, &c, true, &like);
}

/* The value with the axes that go behind the others, so that they are neighbours; or as it is where they are. */
static int64_t gathered(struct onnx *x, const Onnx__NodeProto *n, const struct value *v, int64_t t, const bool *gone)
{
    struct bl_layer l = { .kind = BL_MOVE, .in = { (uint32_t)t, (uint32_t)t } };
    uint64_t dims[ONNX_RANK], step[ONNX_RANK], all = 1;
    uint32_t order[ONNX_RANK], k = 0, *from;

    for (uint32_t i = v->rank; i-- > 0; all *= v->dims[i])
        step[i] = all;
    for (int last = 0; last < 2; last++)
        for (uint32_t i = 0; i < v->rank; i++)
            if (gone[i] == (last == 1)) {
                dims[k] = v->dims[i];
                order[k++] = i;
            }
    if (!(from = onnx_map(x, n, v->rank, dims)))
        return -1;
    for (uint64_t i = 0; i < all; i++) {
        uint64_t rest = i, at = 0;
        for (uint32_t d = v->rank; d-- > 0; rest /= dims[d])
            at += rest % dims[d] * step[order[d]];
        from[i] = (uint32_t)at;
    }
    l.from = from;
    return onnx_layer(x, n, &l, n->output[0], v->rank, dims, NULL, NULL);
}

/* Which axes go, from the attribute or input 1; all where none is said. */
static int axes_gone(struct onnx *x, const Onnx__NodeProto *n, const struct value *v, bool gone[ONNX_RANK])
{
    int64_t axes[ONNX_RANK];
    int count = onnx_numbers(x, n, "axes", 1, axes, ONNX_RANK);
    uint32_t a = 0;

    for (uint32_t i = 0; i < v->rank; i++)
        gone[i] = !count;
    for (int i = 0; i < count; i++) {
        if (onnx_wrapped(x, n, axes[i], v->rank, &a))
            return -1;
        gone[a] = true;
    }
    return count < 0 ? -1 : 0;
}

int onnx_reduce(struct onnx *x, const Onnx__NodeProto *n)
{
    struct value *v = onnx_real_in(x, n, 0);
    bool gone[ONNX_RANK], keep = onnx_attr_int(n, "keepdims", 1), apart = false;
    struct bl_layer l = { .kind = BL_FLOAT, .real = { .op = BL_FLOAT_MEAN, .outer = 1, .n = 1, .inner = 1 } };
    uint64_t dims[ONNX_RANK];
    uint32_t rank = 0, first = ONNX_RANK, last = 0;
    int64_t t;

    if (!v || axes_gone(x, n, v, gone))
        return -1;
    for (uint32_t i = 0; i < v->rank; i++) {
        first = gone[i] && i < first ? i : first;
        last = gone[i] ? i : last;
        if (!gone[i] || keep)
            dims[rank++] = gone[i] ? 1 : v->dims[i];
    }
    for (uint32_t i = first; i <= last; i++)
        apart |= !gone[i] && v->dims[i] != 1;
    for (uint32_t i = 0; i < v->rank; i++)
        *(apart ? gone[i] ? &l.real.n : &l.real.outer : i < first ? &l.real.outer : i <= last ? &l.real.n : &l.real.inner) *= (uint32_t)v->dims[i];
    if ((t = onnx_as_float(x, n, v)) < 0 || (apart && (t = gathered(x, n, v, t, gone)) < 0))
        return -1;
    l.in[0] = l.in[1] = (uint32_t)t;
    return onnx_emit(x, n, &l, n->output[0], rank, dims, NULL, false, NULL);
}
