/* onnx_integer.c - products of codes without a DequantizeLinear: QLinearMatMul, QGemm, MatMulInteger, and what is common to products of
 * bare integers. Where both operands are activations they are multiplied as float32 numbers, whose sums are exact. */
#include <math.h>
#include <string.h>

#include "platforms/net/onnx_read.h"

/* ---- products of bare integers ---- */

/* A constant of codes with its zero point: whole numbers. */
static int whole_const(struct onnx *x, const Onnx__NodeProto *n, const struct value *c, const Onnx__TensorProto *z, struct value *out)
{
    uint64_t many = z ? (uint64_t)onnx_count(z) : 1;
    Onnx__TensorProto *s = onnx_make(x, ONNX_TYPE(FLOAT), many > 1, &many);

    if (c->kind != VALUE_CONST || !onnx_is_int(c->t) || c->t->data_type == ONNX_TYPE(INT64))
        return onnx_refuse(x, n, "the constant '%s' is of ONNX type %d, expected int8 or uint8", c->name, c->t->data_type);
    if (z && z->data_type != c->t->data_type)
        return onnx_refuse(x, n, "the constant '%s' is of ONNX type %d, its zero point of type %d; expected the same", c->name, c->t->data_type, z->data_type);
    if (!s)
        return onnx_refuse(x, n, "no memory");
    for (uint64_t i = 0; i < many; i++)
        s->float_data[i] = 1.0f;
    *out = *c;
    out->kind = VALUE_REAL_CONST;
    out->s = s;
    out->z = z;
    out->block = 0;
    return 0;
}

int onnx_whole(struct onnx *x, const Onnx__NodeProto *n, size_t i, size_t zi, int64_t axis, struct value *out)
{
    const struct value *v = onnx_in(x, n, i), *z = onnx_in(x, n, zi);

    if (v->dynamic && z && z->dynamic == v->dynamic && z->is_zero) {
        *out = *v;
        out->dynamic = 0;
        return 0;
    }
    if (v->dynamic || (z && (z->kind != VALUE_CONST || !onnx_is_int(z->t))))
        return onnx_refuse(x, n, "the zero point of '%s' is neither a constant nor that of the DynamicQuantizeLinear which makes it", v->name);
    if (onnx_is_const(v)) {
        if (z && onnx_count(z->t) > 1 && (v->t->n_dims <= (size_t)axis || v->t->dims[axis] != onnx_count(z->t)))
            return onnx_refuse(x, n, "found %lld zero points for '%s', expected 1, or one an output", (long long)onnx_count(z->t), v->name);
        if (whole_const(x, n, v, z ? z->t : NULL, out))
            return -1;
        out->axis = axis;
        return 0;
    }
    if (v->kind != VALUE_CODES || (z && onnx_count(z->t) != 1))
        return onnx_refuse(x, n, "expected integer activations ('%s') with one zero point", v->name);
    if (z && (z->t->data_type == ONNX_TYPE(INT8)) != (x->net->tensors[v->tensor].dtype == BL_S8))
        return onnx_refuse(x, n, "the zero point's type is not that of '%s'", v->name);
    *out = *v;
    out->kind = VALUE_VIEW;
    out->table = NULL;
    out->has_float = false;
    out->scale = 1.0f;
    out->zero = z ? (int32_t)onnx_int(z->t, 0) : 0;
    return 0;
}

bool onnx_needs_whole(const struct onnx *x, const Onnx__NodeProto *n, size_t b)
{
    const struct value *v = onnx_in(x, n, 0);

    return v->dynamic || onnx_is_const(v) || !onnx_is_const(onnx_in(x, n, b));
}

int onnx_bare_in(struct onnx *x, const Onnx__NodeProto *n, struct onnx_bare *b, struct onnx_weights *w)
{
    struct value *v = onnx_in(x, n, 0), *c = onnx_in(x, n, 1), *zx = onnx_in(x, n, 2), *zw = onnx_in(x, n, 3), in;

    if (v->kind != VALUE_CODES || !c || c->kind != VALUE_CONST || !onnx_is_int(c->t))
        return onnx_refuse(x, n, "expected integer activations ('%s') and constant integer weights", n->input[0]);
    if ((zx && (zx->kind != VALUE_CONST || onnx_count(zx->t) != 1 || !onnx_is_int(zx->t))) || (zw && zw->kind != VALUE_CONST))
        return onnx_refuse(x, n, "expected constant zero points, one for the input");
    if (zx && (zx->t->data_type == ONNX_TYPE(INT8)) != (x->net->tensors[v->tensor].dtype == BL_S8))
        return onnx_refuse(x, n, "the zero point's type is not that of '%s'", v->name);
    in = *v;
    in.scale = 1.0f;
    in.zero = zx ? (int32_t)onnx_int(zx->t, 0) : 0;
    int64_t t = onnx_linear(x, n, &in);
    if (t < 0)
        return -1;
    *w = (struct onnx_weights){ .w = c->t, .z = zw ? zw->t : NULL, .axis = -1 };
    *b = (struct onnx_bare){ .tensor = (uint32_t)t, .rank = v->rank };
    memcpy(b->dims, v->dims, sizeof b->dims);
    return 0;
}

/* An Add of constant int32, one an output, joins the sums. */
static int take_integers(struct onnx *x, const char **name, struct bl_layer *l, uint32_t rank, const uint64_t *dims, uint32_t axis)
{
    const Onnx__NodeProto *add = onnx_only_reader(x, *name);
    bool taken;

    if (!add || !onnx_op_is(add, "Add") || add->n_input != 2 || l->cout != dims[axis])
        return 0;
    const struct value *c = onnx_in(x, add, strcmp(add->input[0], *name) ? 0 : 1);
    if (!c || c->kind != VALUE_CONST || c->t->data_type != ONNX_TYPE(INT32) || onnx_count(c->t) != l->cout || !onnx_per_output(c, rank, dims, axis))
        return 0;
    if (onnx_bias(x, add, l, c, true, 1.0f, &taken))
        return -1;
    onnx_absorb(x, add);
    *name = add->output[0];
    return 0;
}

/* A Cast to float32 and a Mul of positive constants, one or one an output, become the weights' scales. */
static const char *take_scales(struct onnx *x, const char *name, struct bl_layer *l, uint32_t rank, const uint64_t *dims, uint32_t axis, bool *real)
{
    const Onnx__NodeProto *cast = onnx_only_reader(x, name), *mul;

    *real = false;
    if (!cast || !onnx_op_is(cast, "Cast") || onnx_attr_int(cast, "to", 0) != ONNX_TYPE(FLOAT))
        return name;
    onnx_absorb(x, cast);
    *real = true;
    name = cast->output[0];
    mul = onnx_only_reader(x, name);
    if (!mul || !onnx_op_is(mul, "Mul") || mul->n_input != 2)
        return name;
    const struct value *c = onnx_in(x, mul, strcmp(mul->input[0], name) ? 0 : 1);
    if (!onnx_is_const(c) || (c->kind == VALUE_CONST && !onnx_is_float(c->t)) || !onnx_per_output(c, rank, dims, axis) || l->cout != dims[axis])
        return name;
    for (int64_t i = 0; i < onnx_count(c->t); i++)
        if (!(onnx_real(c, (uint64_t)i) > 0.0f) || !isfinite(onnx_real(c, (uint64_t)i)))
            return name;
    for (uint32_t o = 0; o < l->cout; o++)
        l->wscale[o] = onnx_real(c, onnx_count(c->t) > 1 ? o : 0);
    onnx_absorb(x, mul);
    return mul->output[0];
}

int onnx_bare_out(struct onnx *x, const Onnx__NodeProto *n, struct bl_layer *l, uint32_t rank, const uint64_t *dims, uint32_t axis,
                  const struct bl_tensor *like)
{
    bool real;
    const char *name = n->output[0];
    struct code code;

    if (take_integers(x, &name, l, rank, dims, axis))
        return -1;
    name = take_scales(x, name, l, rank, dims, axis, &real);
    if (!real) {
        if (onnx_emit(x, n, l, name, rank, dims, NULL, false, like))
            return -1;
        onnx_find(x, name)->sums = true;
        return 0;
    }
    if (onnx_tail(x, &name, l, rank, dims, axis))
        return -1;
    onnx_clamps(x, &name, l);
    return onnx_emit(x, n, l, name, rank, dims, onnx_ahead(x, name, &code) ? &code : NULL, false, like);
}

/* ---- QLinearMatMul, QGemm, MatMulInteger ---- */

/* Of two activations, or a constant and activations: whole numbers, then rint(sum * (s_a s_b / s_y)) + z_y, as codes that mean themselves. */
static int qmatmul_whole(struct onnx *x, const Onnx__NodeProto *n)
{
    struct value a, b, k, v = { .kind = VALUE_CODES };
    struct bl_layer l = { .kind = BL_QUANT };
    float sa, sb;
    struct code y;
    const struct value *first = onnx_in(x, n, 0), *za = onnx_in(x, n, 2), *zb = onnx_in(x, n, 5);
    enum bl_dtype type = !onnx_is_const(first) ? x->net->tensors[first->tensor].dtype : first->t->data_type == ONNX_TYPE(INT8) ? BL_S8 : BL_U8;

    if (onnx_whole(x, n, 0, 2, 0, &a) || onnx_whole(x, n, 3, 5, 0, &b) || onnx_scalar(x, n, 1, "scale", &sa) || onnx_scalar(x, n, 4, "scale", &sb) ||
        onnx_code(x, n, 6, 7, type, &y))
        return -1;
    if ((za && onnx_count(za->t) != 1) || (zb && onnx_count(zb->t) != 1))
        return onnx_refuse(x, n, "found several zero points of an operand that is no matrix of constant weights; expected one");
    float m = sa * sb;
    m = m / y.scale;
    if (!isfinite(m) || onnx_number(x, n, m, &k))
        return onnx_refuse(x, n, "s_a * s_b / s_y is no finite number");
    int64_t t = onnx_float_product(x, n, &a, &b, true, &v.rank, v.dims);
    if (t < 0 || (t = onnx_with_constant(x, n, t, BL_FLOAT_MUL, &k, v.rank, v.dims)) < 0)
        return -1;
    y.scale = 1.0f;
    l.in[0] = l.in[1] = (uint32_t)t;
    return onnx_emit(x, n, &l, n->output[0], v.rank, v.dims, &y, true, NULL);
}

int onnx_qmatmul(struct onnx *x, const Onnx__NodeProto *n)
{
    const struct value *b = onnx_in(x, n, 3);
    struct onnx_weights w;
    struct bl_layer l = { 0 };
    uint64_t dims[ONNX_RANK];
    uint32_t rank;
    struct code code;

    if (!b)
        return onnx_refuse(x, n, "input 3 is left out");
    if (onnx_needs_whole(x, n, 3) || b->t->n_dims < 2)
        return qmatmul_whole(x, n);
    struct value *in = onnx_codes_in(x, n, 0);
    if (!in || onnx_weights_q(x, n, 3, &w) || onnx_code(x, n, 6, 7, x->net->tensors[in->tensor].dtype, &code))
        return -1;
    w.columns = true;
    if (onnx_product(x, n, in->tensor, in->rank, in->dims, &w, &l, &rank, dims))
        return -1;
    return onnx_emit(x, n, &l, n->output[0], rank, dims, &code, true, NULL);
}

int onnx_qgemm(struct onnx *x, const Onnx__NodeProto *n)
{
    struct value *v = onnx_codes_in(x, n, 0), *c = onnx_in(x, n, 6), in;
    struct onnx_weights w;
    struct bl_layer l = { .alpha = onnx_attr_float(n, "alpha", 1.0f) };
    uint64_t dims[ONNX_RANK];
    uint32_t rank;
    struct code code;
    bool coded = n->n_input > 7 && *n->input[7], taken;

    if (!v || onnx_weights_q(x, n, 3, &w) || (coded && onnx_code(x, n, 7, 8, x->net->tensors[v->tensor].dtype, &code)))
        return -1;
    in = *v;
    if (onnx_attr_int(n, "transA", 0) && onnx_transposed(x, n, &in))
        return -1;
    if (in.rank != 2 || w.w->n_dims != 2 || !(l.alpha > 0.0f || l.alpha < 0.0f))
        return onnx_refuse(x, n, "expected input (found %u) and weights of rank 2, and alpha other than 0", in.rank);
    l.alpha = l.alpha < 1.0f || l.alpha > 1.0f ? l.alpha : 0.0f;
    w.columns = !onnx_attr_int(n, "transB", 0);
    if (onnx_product(x, n, in.tensor, 2, in.dims, &w, &l, &rank, dims))
        return -1;
    if (c && (!onnx_is_const(c) || !onnx_is_row(c, dims[1])))
        return onnx_refuse(x, n, "the bias '%s' is no constant of one element or of %llu, one a column", c->name, (unsigned long long)dims[1]);
    if (onnx_bias(x, n, &l, c, true, 1.0f, &taken))
        return -1;
    return onnx_emit(x, n, &l, n->output[0], 2, dims, coded ? &code : NULL, coded, NULL);
}

int onnx_matmul_integer(struct onnx *x, const Onnx__NodeProto *n)
{
    struct onnx_bare b;
    struct onnx_weights w;
    struct bl_layer l = { 0 };
    struct value p, q;
    uint64_t dims[ONNX_RANK];
    uint32_t rank = 0;
    const struct value *c = onnx_in(x, n, 1);

    if (onnx_needs_whole(x, n, 1) || c->t->n_dims < 2) {
        if (onnx_whole(x, n, 0, 2, 0, &p) || onnx_whole(x, n, 1, 3, onnx_is_const(c) ? (int64_t)c->t->n_dims - 1 : 0, &q))
            return -1;
        int64_t t = onnx_float_product(x, n, &p, &q, true, &rank, dims);
        return onnx_define_float(x, n, t, rank, dims, true);
    }
    if (onnx_bare_in(x, n, &b, &w))
        return -1;
    w.columns = true;
    if (onnx_product(x, n, b.tensor, b.rank, b.dims, &w, &l, &rank, dims))
        return -1;
    return onnx_bare_out(x, n, &l, rank, dims, rank - 1, NULL);
}
