/* onnx_pair.c - operators of two operands, element by element: Add, Mul and the like, PRelu, QLinearAdd, QLinearMul. */
#include <math.h>
#include <string.h>

#include "platforms/net/onnx_read.h"

static const struct { const char *op; enum bl_float_op real; enum bl_kind coded; } PAIRS[] = {
    { "Add", BL_FLOAT_ADD, BL_ADD }, { "Sub", BL_FLOAT_SUB, BL_SUB }, { "Mul", BL_FLOAT_MUL, BL_MUL }, { "Div", BL_FLOAT_DIV, BL_KINDS },
    { "Min", BL_FLOAT_MIN, BL_KINDS }, { "Max", BL_FLOAT_MAX, BL_KINDS }, { "PRelu", BL_FLOAT_PRELU, BL_KINDS },
    { "QLinearAdd", BL_FLOAT_ADD, BL_ADD }, { "QLinearMul", BL_FLOAT_MUL, BL_MUL },
};

static size_t pair_of(const Onnx__NodeProto *n)
{
    size_t i = 0;

    while (!onnx_op_is(n, PAIRS[i].op))
        i++;
    return i;
}

static float one_pair(enum bl_float_op op, float a, float b)
{
    const struct bl_float f = { .op = (uint16_t)op, .n = 1 };
    float y;

    bl_float_work(&f, &a, &b, &y);
    return y;
}

/* Both operands are functions of the same codes, or one is a number: so is the result. */
static int same_codes(struct onnx *x, const Onnx__NodeProto *n, const struct value *a, const struct value *b, enum bl_float_op op)
{
    const struct value *v = onnx_is_const(a) ? b : a;
    float *table = bl_net_alloc(x->net, 256, sizeof *table), p[256], q[256];
    struct value out = *v;

    if (!table)
        return onnx_refuse(x, n, "no memory");
    onnx_reals(x, v, p);
    memcpy(q, p, sizeof q);
    if (!onnx_is_const(a))
        onnx_reals(x, a, p);
    if (!onnx_is_const(b))
        onnx_reals(x, b, q);
    for (int i = 0; i < 256; i++)
        table[i] = one_pair(op, onnx_is_const(a) ? onnx_real(a, 0) : p[i], onnx_is_const(b) ? onnx_real(b, 0) : q[i]);
    out.table = table;
    out.has_float = out.input = false;
    return onnx_define_like(x, n, n->output[0], &out);
}

static bool is_number(const struct value *c, uint32_t rank)
{
    return onnx_is_const(c) && onnx_count(c->t) == 1 && c->t->n_dims <= rank;
}

static bool sizes_of(const struct value *v, uint32_t *rank, uint64_t *dims)
{
    if (onnx_is_const(v))
        return onnx_const_dims(v, rank, dims);
    *rank = v->rank;
    memcpy(dims, v->dims, v->rank * sizeof *dims);
    return true;
}

/* One operand of an integer pair: its codes, as a tensor of the output's dimensions; what stretches is laid out in full. */
static int64_t coded_operand(struct onnx *x, const Onnx__NodeProto *n, struct value *v, uint32_t rank, const uint64_t *dims)
{
    struct bl_layer l = { .kind = BL_MOVE, .name = v->name };
    uint64_t d[ONNX_RANK], count = onnx_elems(dims, rank);
    uint32_t r, *from;

    if (onnx_is_const(v)) {            /* of one scale: its codes become a tensor */
        struct code c = { .scale = onnx_float(v->s, 0), .zero = v->z ? (int32_t)onnx_int(v->z, 0) : 0,
                          .type = v->t->data_type == ONNX_TYPE(INT8) ? BL_S8 : BL_U8 };
        int64_t t = onnx_const_dims(v, &r, d) ? onnx_tensor(x, n, v->name, rank, dims, &c, NULL) : -1;
        uint8_t *data = t < 0 ? NULL : bl_net_alloc(x->net, count, 1);
        if (!data)
            return onnx_refuse(x, n, "no memory");
        for (uint64_t i = 0; i < count; i++)
            data[i] = (uint8_t)onnx_int(v->t, onnx_operand(i, rank, dims, r, d));
        x->net->tensors[t].data = data;
        return t;
    }
    int64_t t = onnx_linear(x, n, v);
    if (t < 0 || onnx_elems(v->dims, v->rank) == count)
        return t;
    struct code c = { .scale = v->scale, .zero = v->zero, .type = x->net->tensors[t].dtype };
    if (onnx_take(x, n, count * sizeof *from))
        return -1;
    if (!(from = bl_net_alloc(x->net, count, sizeof *from)))
        return onnx_refuse(x, n, "no memory");
    for (uint64_t i = 0; i < count; i++)
        from[i] = (uint32_t)onnx_operand(i, rank, dims, v->rank, v->dims);
    l.from = from;
    l.in[0] = l.in[1] = (uint32_t)t;
    return onnx_layer(x, n, &l, v->name, rank, dims, &c, NULL);
}

/* The two operands as tensors of one shape. */
static int pair_operands(struct onnx *x, const Onnx__NodeProto *n, struct value *a, struct value *b, uint32_t rank, const uint64_t *dims, struct bl_layer *l)
{
    int64_t p = coded_operand(x, n, a, rank, dims), q = p < 0 ? -1 : coded_operand(x, n, b, rank, dims);

    if (q < 0)
        return -1;
    struct bl_tensor like = x->net->tensors[onnx_is_const(a) ? q : p];
    if ((p = onnx_reshaped(x, n, (uint32_t)p, like.c, like.h, like.w)) < 0 || (q = onnx_reshaped(x, n, (uint32_t)q, like.c, like.h, like.w)) < 0)
        return -1;
    l->in[0] = (uint32_t)p;
    l->in[1] = (uint32_t)q;
    return 0;
}

static bool is_linear(const struct value *v)
{
    if (onnx_is_const(v))
        return v->kind == VALUE_REAL_CONST && onnx_count(v->s) == 1 && (v->t->data_type == ONNX_TYPE(INT8) || v->t->data_type == ONNX_TYPE(UINT8)) &&
               onnx_float(v->s, 0) > 0.0f && isfinite(onnx_float(v->s, 0));
    return v->kind == VALUE_VIEW && !v->table;
}

static int float_pair(struct onnx *x, const Onnx__NodeProto *n, struct value *a, struct value *b, enum bl_float_op op, uint32_t rank, const uint64_t *dims)
{
    struct bl_layer l = { .kind = BL_FLOAT, .real = { .op = (uint16_t)op, .n = (uint32_t)onnx_elems(dims, rank) } };
    int64_t p = onnx_stretched_float(x, n, a, rank, dims), q = p < 0 ? -1 : onnx_stretched_float(x, n, b, rank, dims);

    if (q < 0)
        return -1;
    l.in[0] = (uint32_t)p;
    l.in[1] = (uint32_t)q;
    const struct bl_tensor like = x->net->tensors[onnx_is_const(a) ? q : p];
    return onnx_emit(x, n, &l, n->output[0], rank, dims, NULL, false, &like);
}

int onnx_pair(struct onnx *x, const Onnx__NodeProto *n)
{
    struct value *a = onnx_in(x, n, 0), *b = onnx_in(x, n, 1);
    size_t i = pair_of(n);
    uint64_t da[ONNX_RANK], db[ONNX_RANK], dims[ONNX_RANK];
    uint32_t ra, rb, rank;
    struct code code;

    if ((!onnx_is_const(a) && !onnx_real_in(x, n, 0)) || (!onnx_is_const(b) && !onnx_real_in(x, n, 1)))
        return -1;
    if (onnx_is_const(a) && onnx_is_const(b))
        return onnx_const_pair(x, n, a, b, PAIRS[i].real);
    if (!sizes_of(a, &ra, da) || !sizes_of(b, &rb, db))
        return onnx_refuse(x, n, "a constant operand has no data that can be read, or more than %d dimensions", ONNX_RANK);
    if (onnx_broadcast(x, n, ra, da, rb, db, &rank, dims))
        return -1;
    bool va = a->kind == VALUE_VIEW, vb = b->kind == VALUE_VIEW;
    if ((va && is_number(b, ra)) || (vb && is_number(a, rb)) || (va && vb && a->tensor == b->tensor && ra == rb))
        return same_codes(x, n, a, b, PAIRS[i].real);
    if (PAIRS[i].coded == BL_KINDS || !is_linear(a) || !is_linear(b) || !onnx_ahead(x, n->output[0], &code))
        return float_pair(x, n, a, b, PAIRS[i].real, rank, dims);
    struct bl_layer l = { .kind = PAIRS[i].coded, .pair = { .form = BL_PAIR_CHAIN } };
    const char *name = n->output[0];
    if (pair_operands(x, n, a, b, rank, dims, &l))
        return -1;
    onnx_clamps(x, &name, &l);
    const struct bl_tensor like = x->net->tensors[l.in[0]];
    return onnx_emit(x, n, &l, name, rank, dims, &code, false, &like);
}

int onnx_prelu(struct onnx *x, const Onnx__NodeProto *n)
{
    struct value *a = onnx_real_in(x, n, 0), *b = onnx_in(x, n, 1);
    uint64_t d[ONNX_RANK], dims[ONNX_RANK];
    uint32_t r, rank;

    if (!a)
        return -1;
    if (!onnx_is_const(b) || !onnx_const_dims(b, &r, d))
        return onnx_refuse(x, n, "the slope is no constant");
    if (onnx_broadcast(x, n, a->rank, a->dims, r, d, &rank, dims))
        return -1;
    if (rank != a->rank || onnx_elems(dims, rank) != onnx_elems(a->dims, a->rank))
        return onnx_refuse(x, n, "the slope has more elements than the input");
    if (a->kind == VALUE_VIEW && is_number(b, a->rank))
        return same_codes(x, n, a, b, BL_FLOAT_PRELU);
    return float_pair(x, n, a, b, BL_FLOAT_PRELU, rank, dims);
}

int onnx_q_operand(struct onnx *x, const Onnx__NodeProto *n, size_t i, struct value *out)
{
    struct value *v = onnx_in(x, n, i), *s = onnx_in(x, n, i + 1), *z = onnx_in(x, n, i + 2);

    if (!v)
        return onnx_refuse(x, n, "input %zu is left out", i);
    if (!onnx_is_const(v)) {
        if (!(v = onnx_codes_in(x, n, i)))
            return -1;
        *out = *v;
        out->kind = VALUE_VIEW;
        out->table = NULL;
        return 0;
    }
    *out = *v;
    if (v->kind != VALUE_CONST || !onnx_is_int(v->t))
        return onnx_refuse(x, n, "the constant '%s' is not integer", v->name);
    if (!s || s->kind != VALUE_CONST || !onnx_is_float(s->t) || onnx_count(s->t) != 1 || (z && (z->kind != VALUE_CONST || onnx_count(z->t) != 1)))
        return onnx_refuse(x, n, "expected one constant scale and zero point for '%s'", v->name);
    if (z && z->t->data_type != v->t->data_type)
        return onnx_refuse(x, n, "the constant '%s' is of ONNX type %d, its zero point of type %d; expected the same", v->name, v->t->data_type, z->t->data_type);
    out->kind = VALUE_REAL_CONST;
    out->s = s->t;
    out->z = z ? z->t : NULL;
    out->axis = out->block = 0;
    return is_linear(out) ? 0 : onnx_refuse(x, n, "the constant '%s' is neither uint8 nor int8, or its scale no positive number", v->name);
}

int onnx_qpair(struct onnx *x, const Onnx__NodeProto *n)
{
    struct bl_layer l = { .kind = PAIRS[pair_of(n)].coded, .pair = { .form = BL_PAIR_INSIDE } };
    uint64_t da[ONNX_RANK], db[ONNX_RANK], dims[ONNX_RANK];
    uint32_t ra, rb, rank;
    struct value a, b;
    struct code code;

    if (onnx_q_operand(x, n, 0, &a) || onnx_q_operand(x, n, 3, &b))
        return -1;
    enum bl_dtype first = onnx_is_const(&a) ? a.t->data_type == ONNX_TYPE(INT8) ? BL_S8 : BL_U8 : x->net->tensors[a.tensor].dtype;
    if (onnx_code(x, n, 6, 7, first, &code))
        return -1;
    if (onnx_is_const(&a) && onnx_is_const(&b))
        return onnx_refuse(x, n, "both inputs are constants; fold them when exporting");
    if (!sizes_of(&a, &ra, da) || !sizes_of(&b, &rb, db) || onnx_broadcast(x, n, ra, da, rb, db, &rank, dims))
        return -1;
    if (pair_operands(x, n, &a, &b, rank, dims, &l))
        return -1;
    const struct bl_tensor like = x->net->tensors[l.in[0]];
    return onnx_emit(x, n, &l, n->output[0], rank, dims, &code, true, &like);
}
