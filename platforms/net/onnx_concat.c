/* onnx_concat.c - Concat and QLinearConcat: two inputs a layer. */
#include <string.h>

#include "platforms/net/onnx_read.h"

/* Two tensors of one code (or BL_REAL) one behind the other along an axis: `outer` times `ra`, `rb` elements in turn. */
static int64_t join(struct onnx *x, const Onnx__NodeProto *n, uint32_t a, uint32_t b, uint64_t outer, uint64_t ra, uint64_t rb, uint32_t rank,
                    const uint64_t *dims)
{
    const struct bl_tensor t = x->net->tensors[a];
    const struct bl_tensor u = x->net->tensors[b], *most = t.bits < u.bits || (t.odd && !u.odd) ? &u : &t;
    struct code c = onnx_code_of(most);
    struct bl_layer l = { .kind = BL_MOVE, .in = { a, b }, .fill = t.zero };
    uint32_t *from, k = 0;

    if (onnx_take(x, n, outer * (ra + rb) * sizeof *from))
        return -1;
    if (!(from = bl_net_alloc(x->net, outer * (ra + rb), sizeof *from)))
        return onnx_refuse(x, n, "no memory");
    for (uint64_t o = 0; o < outer; o++) {
        for (uint64_t i = 0; i < ra; i++)
            from[k++] = (uint32_t)(o * ra + i);
        for (uint64_t i = 0; i < rb; i++)
            from[k++] = (uint32_t)(outer * ra + o * rb + i);
    }
    l.from = from;
    return onnx_layer(x, n, &l, n->output[0], rank, dims, t.dtype == BL_REAL ? NULL : &c, NULL);
}

/* Joins tensors[i], of value v[i], along the axis; *out gets rank, dims and the tensor. */
static int join_all(struct onnx *x, const Onnx__NodeProto *n, struct value *const *v, const int64_t *tensors, size_t count, struct value *out)
{
    int64_t axis = onnx_attr_int(n, "axis", 0), at = tensors[0];
    uint64_t inner, outer, have;

    if (axis < -(int64_t)v[0]->rank || axis >= (int64_t)v[0]->rank || !onnx_attr(n, "axis"))
        return onnx_refuse(x, n, "found axis %lld for inputs of rank %u", (long long)axis, v[0]->rank);
    axis += axis < 0 ? v[0]->rank : 0;
    out->rank = v[0]->rank;
    memcpy(out->dims, v[0]->dims, sizeof out->dims);
    outer = onnx_elems(out->dims, (uint32_t)axis);
    inner = onnx_elems(out->dims + axis + 1, out->rank - (uint32_t)axis - 1);
    have = out->dims[axis];
    for (size_t i = 1; i < count; i++) {
        for (uint32_t d = 0; d < out->rank; d++)
            if (v[i]->rank != out->rank || (d != (uint32_t)axis && v[i]->dims[d] != out->dims[d]))
                return onnx_refuse(x, n, "the inputs '%s' and '%s' have other sizes than along axis %lld", v[0]->name, v[i]->name, (long long)axis);
        out->dims[axis] += v[i]->dims[axis];
        if (onnx_elems(out->dims, out->rank) > BL_NET_MAX_ELEMS)
            return onnx_refuse(x, n, "the output has more than %u elements", BL_NET_MAX_ELEMS);
        if ((at = join(x, n, (uint32_t)at, (uint32_t)tensors[i], outer, have * inner, v[i]->dims[axis] * inner, out->rank, out->dims)) < 0)
            return -1;
        have = out->dims[axis];
    }
    out->tensor = (uint32_t)at;
    return 0;
}

enum { MOST_INPUTS = 255 };

static bool same_meaning(const struct onnx *x, const struct value *a, const struct value *b)
{
    if (a->kind != b->kind || a->kind == VALUE_FLOAT || a->four != b->four || x->net->tensors[a->tensor].dtype != x->net->tensors[b->tensor].dtype)
        return false;
    return a->kind == VALUE_CODES || (a->table == b->table && a->zero == b->zero && a->scale >= b->scale && a->scale <= b->scale);
}

static bool all_constant(struct value *const *v, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!onnx_is_const(v[i]))
            return false;
    return true;
}

/* Constants one behind the other along the axis: another constant, in float32. */
static int const_concat(struct onnx *x, const Onnx__NodeProto *n, struct value *const *v)
{
    struct value out = { .kind = VALUE_CONST };
    uint64_t dims[ONNX_RANK], outer, at = 0;
    uint32_t a;

    memcpy(dims, v[0]->dims, sizeof dims);
    if (onnx_wrapped(x, n, onnx_attr_int(n, "axis", 0), v[0]->rank, &a))
        return -1;
    for (size_t i = 1; i < n->n_input; i++) {
        for (uint32_t d = 0; d < v[0]->rank; d++)
            if (v[i]->rank != v[0]->rank || (d != a && v[i]->dims[d] != dims[d]))
                return onnx_refuse(x, n, "the inputs '%s' and '%s' have other sizes than along axis %u", v[0]->name, v[i]->name, a);
        dims[a] += v[i]->dims[a];
    }
    if (onnx_sizes_fit(x, n, v[0]->rank, dims) || onnx_take(x, n, onnx_elems(dims, v[0]->rank) * 4))
        return -1;
    Onnx__TensorProto *t = onnx_make(x, ONNX_TYPE(FLOAT), v[0]->rank, dims);
    if (!t)
        return onnx_refuse(x, n, "no memory");
    outer = onnx_elems(dims, a);
    for (uint64_t o = 0; o < outer; o++)
        for (size_t i = 0; i < n->n_input; i++) {
            uint64_t run = onnx_elems(v[i]->dims + a, v[i]->rank - a);
            for (uint64_t k = 0; k < run; k++)
                t->float_data[at++] = onnx_real(v[i], o * run + k);
        }
    out.t = t;
    return onnx_define_like(x, n, n->output[0], &out);
}

int onnx_concat(struct onnx *x, const Onnx__NodeProto *n)
{
    struct value *v[MOST_INPUTS] = { NULL }, out = { 0 };
    int64_t tensors[MOST_INPUTS];
    struct code code;
    bool same = true, codes = false, ahead = onnx_ahead(x, n->output[0], &code);

    for (size_t i = 0; i < n->n_input; i++) {
        if (!(v[i] = onnx_in(x, n, i)))
            return onnx_refuse(x, n, "input %zu is left out", i);
        codes |= v[i]->kind == VALUE_CODES;
        if (onnx_is_const(v[i])) {     /* real values, by a tensor of their own */
            if (!onnx_const_dims(v[i], &v[i]->rank, v[i]->dims) || !onnx_is_real_const(v[i]))
                return onnx_refuse(x, n, "the constant '%s' holds no real values that can be read", v[i]->name);
            same = false;
            continue;
        }
        if (v[i]->kind != VALUE_CODES && !(v[i] = onnx_real_in(x, n, i)))
            return -1;
        same &= same_meaning(x, v[0], v[i]);
    }
    if (all_constant(v, n->n_input))
        return const_concat(x, n, v);
    if (codes && !same)
        return onnx_refuse(x, n, "found integers of different types, or integers and real values");
    out = *v[0];
    for (size_t i = 0; i < n->n_input; i++) {
        tensors[i] = same ? v[i]->tensor : !ahead ? onnx_as_float(x, n, v[i]) : onnx_is_const(v[i]) ? onnx_const_coded(x, n, v[i], &code) :
                     onnx_coded(x, n, v[i], &code, false);
        if (same && v[i]->kind == VALUE_VIEW && !v[i]->table)
            tensors[i] = onnx_linear(x, n, v[i]);
        if (tensors[i] < 0)
            return -1;
        const struct bl_tensor *a = &x->net->tensors[tensors[0]], *b = &x->net->tensors[tensors[i]];
        if (a->zero != b->zero || a->scale < b->scale || a->scale > b->scale)
            return onnx_refuse(x, n, "the integers '%s' and '%s' have different codes; requantise them to one", v[0]->name, v[i]->name);
    }
    if (!same) {
        out.kind = ahead ? VALUE_VIEW : VALUE_FLOAT;
        out.table = NULL;
        out.scale = ahead ? code.scale : 1.0f;
        out.zero = ahead ? code.zero : 0;
        out.four = ahead && code.four;
    }
    out.has_float = out.input = false;
    return join_all(x, n, v, tensors, n->n_input, &out) ? -1 : onnx_define_like(x, n, n->output[0], &out);
}

int onnx_qconcat(struct onnx *x, const Onnx__NodeProto *n)
{
    struct value *v[MOST_INPUTS], operand[MOST_INPUTS / 3], out = { .kind = VALUE_CODES };
    int64_t tensors[MOST_INPUTS];
    size_t count = (n->n_input - 2) / 3;
    enum bl_dtype type = BL_U8;
    struct code code;

    if ((n->n_input - 2) % 3)
        return onnx_refuse(x, n, "found %zu inputs, expected scale and zero point of the output, then three an input", n->n_input);
    for (size_t i = 0; i < count; i++) {
        if (onnx_q_operand(x, n, 2 + 3 * i, &operand[i]))
            return -1;
        v[i] = &operand[i];
        if (onnx_is_const(v[i]))
            onnx_const_dims(v[i], &v[i]->rank, v[i]->dims);
        type = i ? type : !onnx_is_const(v[0]) ? x->net->tensors[v[0]->tensor].dtype : v[0]->t->data_type == ONNX_TYPE(INT8) ? BL_S8 : BL_U8;
        if (i == 0 && onnx_code(x, n, 0, 1, type, &code))
            return -1;
        if ((tensors[i] = onnx_is_const(v[i]) ? onnx_const_coded(x, n, v[i], &code) : onnx_coded(x, n, v[i], &code, false)) < 0)
            return -1;
    }
    out.scale = code.scale;
    out.zero = code.zero;
    return join_all(x, n, v, tensors, count, &out) ? -1 : onnx_define_like(x, n, n->output[0], &out);
}
