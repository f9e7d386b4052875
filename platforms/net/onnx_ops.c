/* onnx_ops.c - matrix products, activations, pairs and shapes of ONNX become layers; meanings are those of net.h. */
#include <math.h>
#include <string.h>

#include "platforms/net/onnx_read.h"

/* ---- operands and outputs ---- */

struct value *onnx_real_in(const struct onnx *x, const Onnx__NodeProto *n, size_t i)
{
    struct value *v = onnx_in(x, n, i);

    if (v->kind == VALUE_REAL)
        return v;
    if (v->kind == VALUE_REAL_INPUT)
        onnx_refuse(x, n, "input '%s' is the float input of the graph; expected a quantised model (QuantizeLinear and DequantizeLinear "
                    "before the operator); quantise it first", v->name);
    else
        onnx_refuse(x, n, "input '%s' is not quantised; expected a QuantizeLinear and DequantizeLinear before this operator", v->name);
    return NULL;
}

struct value *onnx_quant_in(struct onnx *x, const Onnx__NodeProto *n, size_t i)
{
    struct value *v = onnx_in(x, n, i);

    if (v && v->kind == VALUE_QUANT)
        return onnx_code(x, n, v->tensor, i + 1, i + 2) ? NULL : v;
    onnx_refuse(x, n, "input %zu is no quantised activation", i);
    return NULL;
}

int onnx_emit(struct onnx *x, const Onnx__NodeProto *n, struct bl_layer *l, uint32_t rank, const uint64_t *dims, size_t si, size_t zi)
{
    struct value v = { .kind = si ? VALUE_QUANT : VALUE_PENDING, .rank = rank };
    int64_t t = onnx_new_tensor(x, n, n->output[0], rank, dims), i;

    if (t < 0 || (si && onnx_code(x, n, (uint32_t)t, si, zi)))
        return -1;
    l->name = *onnx_text(n->name) ? n->name : n->output[0];
    l->out = (uint32_t)t;
    if ((i = bl_net_layer(x->net, l)) < 0)
        return onnx_refuse(x, n, "no memory");
    memcpy(v.dims, dims, rank * sizeof *dims);
    v.tensor = (uint32_t)t;
    v.layer = (uint32_t)i;
    return onnx_define_like(x, n, &v, v.kind);
}

int onnx_emit_same(struct onnx *x, const Onnx__NodeProto *n, struct bl_layer *l, const struct value *in, uint32_t rank, const uint64_t *dims)
{
    struct value v = { .kind = in->kind, .rank = rank };
    int64_t t = onnx_new_tensor(x, n, n->output[0], rank, dims);

    if (t < 0)
        return -1;
    const struct bl_tensor *a = &x->net->tensors[in->tensor];
    struct bl_tensor *b = &x->net->tensors[t];
    if (!(a->scale > 0.0f))
        return onnx_refuse(x, n, "the scale of input '%s' is not known here", in->name);
    b->scale = a->scale;
    b->zero = a->zero;
    b->dtype = a->dtype;
    l->name = *onnx_text(n->name) ? n->name : n->output[0];
    l->in[0] = l->in[1] = in->tensor;
    l->out = v.tensor = (uint32_t)t;
    if (bl_net_layer(x->net, l) < 0)
        return onnx_refuse(x, n, "no memory");
    memcpy(v.dims, dims, rank * sizeof *dims);
    return onnx_define_like(x, n, &v, v.kind);
}

/* ---- matrix product ---- */

/* Input [..][m][k] times weights [k][n], [n][k] (not w->columns) or [b][k][n], one matrix a group. */
static int product(struct onnx *x, const Onnx__NodeProto *n, const struct value *in, struct onnx_weights *w, struct bl_layer *l,
                   uint64_t dims[ONNX_RANK])
{
    size_t r = w->w->n_dims;
    uint64_t k, cout, many = r == 3 ? (uint64_t)w->w->dims[0] : 1, rows = 1;

    if (in->rank < 1 || in->rank > 3 || r < 2 || r > 3 || onnx_count(w->w) <= 0 || (r == 3 && (!w->columns || in->rank != 3)))
        return onnx_refuse(x, n, "found an input of rank %u and weights of rank %zu, expected 1 to 3 and 2, or 3 and 3, with data", in->rank, r);
    k = (uint64_t)w->w->dims[w->columns ? r - 2 : 1];
    cout = (uint64_t)w->w->dims[w->columns ? r - 1 : 0];
    for (uint32_t i = 0; i + 1 < in->rank; i++)
        rows *= in->dims[i];
    if (in->dims[in->rank - 1] != k || (many > 1 && in->dims[0] != many))
        return onnx_refuse(x, n, "found input rows of %llu, expected %llu, the weights' (and as many matrices)",
                           (unsigned long long)in->dims[in->rank - 1], (unsigned long long)k);
    l->kind = BL_FC;
    l->in[0] = l->in[1] = in->tensor;
    l->groups = (uint32_t)many;
    l->rows = (uint32_t)(rows / many);
    w->n = (uint32_t)cout;
    memcpy(dims, in->dims, sizeof in->dims);
    dims[in->rank - 1] = cout;
    return onnx_fill(x, n, l, w, cout * many, k);
}

int onnx_matmul(struct onnx *x, const Onnx__NodeProto *n)
{
    struct value *in = onnx_real_in(x, n, 0);
    struct onnx_weights w;
    struct bl_layer l = { 0 };
    uint64_t dims[ONNX_RANK];
    float one = onnx_attr_float(n, "alpha", 1.0f), beta = onnx_attr_float(n, "beta", 1.0f);

    if (!in || onnx_weights_qdq(x, n, 1, &w))
        return -1;
    if (one < 1.0f || one > 1.0f || ((beta < 1.0f || beta > 1.0f) && n->n_input > 2) || onnx_attr_int(n, "transA", 0))
        return onnx_refuse(x, n, "found alpha %g, beta %g, expected 1 and no transA", (double)one, (double)beta);
    w.columns = !onnx_attr_int(n, "transB", 0);
    if (product(x, n, in, &w, &l, dims) || onnx_bias(x, n, &l, 2, false))
        return -1;
    return onnx_emit(x, n, &l, in->rank, dims, 0, 0);
}

int onnx_qmatmul(struct onnx *x, const Onnx__NodeProto *n)
{
    struct value *in = onnx_quant_in(x, n, 0);
    struct onnx_weights w;
    struct bl_layer l = { 0 };
    uint64_t dims[ONNX_RANK];

    if (!in || onnx_weights_q(x, n, 3, &w))
        return -1;
    w.columns = true;
    return product(x, n, in, &w, &l, dims) ? -1 : onnx_emit(x, n, &l, in->rank, dims, 6, 7);
}

int onnx_qgemm(struct onnx *x, const Onnx__NodeProto *n)
{
    struct value *in = onnx_quant_in(x, n, 0);
    struct onnx_weights w;
    struct bl_layer l = { 0 };
    uint64_t dims[ONNX_RANK];
    float alpha = onnx_attr_float(n, "alpha", 1.0f);

    if (!in || onnx_weights_q(x, n, 3, &w))
        return -1;
    if (alpha < 1.0f || alpha > 1.0f || onnx_attr_int(n, "transA", 0) || n->n_input < 8)
        return onnx_refuse(x, n, "expected alpha 1, no transA and a quantised output (scale and zero point in inputs 7 and 8)");
    w.columns = !onnx_attr_int(n, "transB", 0);
    if (product(x, n, in, &w, &l, dims) || onnx_bias(x, n, &l, 6, true))
        return -1;
    return onnx_emit(x, n, &l, in->rank, dims, 7, 8);
}

/* ---- activations ---- */

static int clamp(struct onnx *x, const Onnx__NodeProto *n, float top)
{
    struct value *v = onnx_in(x, n, 0);
    struct bl_layer l = { .kind = BL_RELU, .relu = true, .relu_max = top };

    if (v->kind == VALUE_PENDING) {
        struct bl_layer *p = &x->net->layers[v->layer];
        if (onnx_take(x, n, v))
            return -1;
        p->relu_max = p->relu && p->relu_max > 0.0f && (top <= 0.0f || p->relu_max < top) ? p->relu_max : top;
        p->relu = true;
        return onnx_define_like(x, n, v, VALUE_PENDING);
    }
    if (!(v = onnx_real_in(x, n, 0)))
        return -1;
    l.in[0] = l.in[1] = v->tensor;
    return onnx_emit(x, n, &l, v->rank, v->dims, 0, 0);
}

int onnx_relu(struct onnx *x, const Onnx__NodeProto *n)
{
    return clamp(x, n, 0.0f);
}

int onnx_clip(struct onnx *x, const Onnx__NodeProto *n)
{
    float lo = onnx_attr_float(n, "min", -INFINITY), hi = onnx_attr_float(n, "max", INFINITY);

    if ((onnx_in(x, n, 1) && onnx_scalar(x, n, 1, "minimum", &lo)) || (onnx_in(x, n, 2) && onnx_scalar(x, n, 2, "maximum", &hi)))
        return -1;
    if (lo < 0.0f || lo > 0.0f || !(hi > 0.0f))
        return onnx_refuse(x, n, "found a clip to %g .. %g, supported only from 0 to a positive number", (double)lo, (double)hi);
    return clamp(x, n, isfinite(hi) ? hi : 0.0f);
}

int onnx_softmax(struct onnx *x, const Onnx__NodeProto *n)
{
    struct value *v = onnx_real_in(x, n, 0);

    if (!v)
        return -1;
    bl_note(x->diag, "%s: softmax '%s' is left out: the largest output stays the same", x->name, n->output[0]);
    return onnx_define_like(x, n, v, VALUE_DROPPED);
}

/* ---- pairs ---- */

static enum bl_kind pair_kind(const Onnx__NodeProto *n)
{
    return strstr(n->op_type, "Add") ? BL_ADD : BL_MUL;
}

/* A MatMul's bias as an Add of its own: goes into the layer. */
static int late_bias(struct onnx *x, const Onnx__NodeProto *n, struct value *v, size_t other)
{
    struct bl_layer *l = &x->net->layers[v->layer];

    if ((l->kind != BL_FC && l->kind != BL_CONV) || l->relu || pair_kind(n) != BL_ADD || l->groups != 1)
        return onnx_refuse(x, n, "a constant may only be added to the output of Conv or MatMul");
    if (onnx_take(x, n, v) || onnx_bias(x, n, l, other, false))
        return -1;
    return onnx_define_like(x, n, v, VALUE_PENDING);
}

int onnx_pair(struct onnx *x, const Onnx__NodeProto *n)
{
    struct value *a = onnx_in(x, n, 0), *b = onnx_in(x, n, 1);
    struct bl_layer l = { .kind = pair_kind(n) };

    if (a->kind == VALUE_PENDING && (b->kind == VALUE_CONST || b->kind == VALUE_REAL_CONST))
        return late_bias(x, n, a, 1);
    if (b->kind == VALUE_PENDING && (a->kind == VALUE_CONST || a->kind == VALUE_REAL_CONST))
        return late_bias(x, n, b, 0);
    if (!(a = onnx_real_in(x, n, 0)) || !(b = onnx_real_in(x, n, 1)))
        return -1;
    l.in[0] = a->tensor;
    l.in[1] = b->tensor;
    return onnx_emit(x, n, &l, a->rank, a->dims, 0, 0);
}

int onnx_qpair(struct onnx *x, const Onnx__NodeProto *n)
{
    struct value *a = onnx_quant_in(x, n, 0), *b = a ? onnx_quant_in(x, n, 3) : NULL;
    struct bl_layer l = { .kind = pair_kind(n) };

    if (!a || !b)
        return -1;
    l.in[0] = a->tensor;
    l.in[1] = b->tensor;
    return onnx_emit(x, n, &l, a->rank, a->dims, 6, 7);
}

/* ---- shapes ---- */

static int flat_shape(const struct onnx *x, const Onnx__NodeProto *n, const struct value *in, uint32_t *rank, uint64_t *dims)
{
    int64_t axis = onnx_attr_int(n, "axis", 1);

    if (axis < 0)
        axis += in->rank;
    if (axis < 0 || axis > in->rank)
        return onnx_refuse(x, n, "found axis %lld for an input of rank %u", (long long)axis, in->rank);
    *rank = 2;
    dims[0] = dims[1] = 1;
    for (uint32_t i = 0; i < in->rank; i++)
        dims[i >= (uint64_t)axis] *= in->dims[i];
    return 0;
}

static int new_shape(const struct onnx *x, const Onnx__NodeProto *n, const struct value *in, uint32_t *rank, uint64_t *dims)
{
    const struct value *s = onnx_in(x, n, 1);
    uint64_t total = 1, known = 1;
    int open = -1;

    if (s->kind != VALUE_CONST || !onnx_is_int(s->t) || onnx_count(s->t) > ONNX_RANK || onnx_attr_int(n, "allowzero", 0))
        return onnx_refuse(x, n, "found no constant shape of 1 to 4 numbers (allowzero 0)");
    *rank = (uint32_t)onnx_count(s->t);
    for (uint32_t i = 0; i < in->rank; i++)
        total *= in->dims[i];
    for (uint32_t i = 0; i < *rank; i++) {
        int64_t d = onnx_int(s->t, i);
        if (d < -1 || d > BL_NET_MAX_ELEMS || (d == -1 && open >= 0) || (!d && i >= in->rank))
            return onnx_refuse(x, n, "found %lld in the shape", (long long)d);
        if (d == -1)
            open = (int)i;
        dims[i] = d == -1 ? 1 : d ? (uint64_t)d : in->dims[i];
        if (dims[i] > BL_NET_MAX_ELEMS / known)
            return onnx_refuse(x, n, "the shape has more than %u elements", BL_NET_MAX_ELEMS);
        known *= dims[i];
    }
    if (open >= 0)
        dims[open] = total / known;
    return total == known * (open >= 0 ? dims[open] : 1) ? 0 :
           onnx_refuse(x, n, "the shape has not the %llu elements of the input", (unsigned long long)total);
}

int onnx_reshape(struct onnx *x, const Onnx__NodeProto *n)
{
    struct value *in = onnx_in(x, n, 0);
    struct bl_layer l = { .kind = BL_RESHAPE };
    struct bl_tensor t = { 0 };
    uint64_t dims[ONNX_RANK];
    uint32_t rank = 0;

    if (in->kind != VALUE_QUANT && in->kind != VALUE_PENDING && !(in = onnx_real_in(x, n, 0)))
        return -1;
    if (!strcmp(n->op_type, "Flatten") ? flat_shape(x, n, in, &rank, dims) : new_shape(x, n, in, &rank, dims))
        return -1;
    if (onnx_shape(dims, rank, &t))
        return onnx_refuse(x, n, "the new shape has rank %u or a batch other than 1", rank);
    const struct bl_tensor *a = &x->net->tensors[in->tensor];
    bool moves = a->c != t.c || a->h != t.h || a->w != t.w;        /* otherwise only the name of the shape changes */
    if (in->kind != VALUE_PENDING && moves)
        return onnx_emit_same(x, n, &l, in, rank, dims);
    if (in->kind == VALUE_PENDING && onnx_take(x, n, in))
        return -1;
    struct value v = *in;
    v.rank = rank;
    memcpy(v.dims, dims, rank * sizeof *dims);
    return onnx_define_like(x, n, &v, in->kind);
}
