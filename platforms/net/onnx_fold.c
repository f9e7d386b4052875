/* onnx_fold.c - values that are known when the net is read: shapes, and small integer arithmetic on them. */
#include <string.h>

#include "platforms/net/onnx_read.h"

/* A few integers of rank 0 or 1. */
struct known { uint32_t rank; int64_t n, v[ONNX_KNOWN]; };

static bool get(const struct onnx *x, const Onnx__NodeProto *n, size_t i, struct known *k)
{
    const struct value *v = onnx_in(x, n, i);

    if (!v || v->kind != VALUE_CONST || v->t->n_dims > 1 || !onnx_is_int(v->t) || v->t->data_type == ONNX_TYPE(UINT8) ||
        v->t->data_type == ONNX_TYPE(INT8) || onnx_count(v->t) > ONNX_KNOWN)
        return false;
    k->rank = (uint32_t)v->t->n_dims;
    k->n = onnx_count(v->t);
    for (int64_t e = 0; e < k->n; e++)
        k->v[e] = onnx_int(v->t, (uint64_t)e);
    return true;
}

static int put(struct onnx *x, const Onnx__NodeProto *n, const struct known *k)
{
    Onnx__TensorProto *t = onnx_make(x, ONNX_TYPE(INT64), k->rank, &(uint64_t){ (uint64_t)k->n });
    struct value *v = t ? onnx_define(x, n->output[0]) : NULL;

    if (!v)
        return onnx_refuse(x, n, t ? "its output '%s' is already made" : "no memory for '%s'", n->output[0]);
    memcpy(t->int64_data, k->v, (size_t)k->n * sizeof *k->v);
    v->kind = VALUE_CONST;
    v->t = t;
    return 1;
}

/* The dimensions of anything that has some. */
static bool shape_of(const struct value *v, uint32_t *rank, uint64_t d[ONNX_RANK])
{
    if (!v || onnx_is_const(v))
        return v && onnx_const_dims(v, rank, d);
    *rank = v->rank;
    memcpy(d, v->dims, v->rank * sizeof *d);
    return true;
}

static int shape(struct onnx *x, const Onnx__NodeProto *n)
{
    struct known k = { .rank = 1 };
    uint64_t d[ONNX_RANK];
    uint32_t rank;

    if (!shape_of(onnx_in(x, n, 0), &rank, d))
        return 0;
    int64_t from = onnx_attr_int(n, "start", 0), to = onnx_attr_int(n, "end", rank);
    from = from < 0 ? from + rank : from;
    to = to < 0 ? to + rank : to > (int64_t)rank ? (int64_t)rank : to;
    for (int64_t i = from < 0 ? 0 : from; i < to; i++)
        k.v[k.n++] = (int64_t)d[i];
    return put(x, n, &k);
}

static int size(struct onnx *x, const Onnx__NodeProto *n)
{
    struct known k = { .n = 1 };
    uint64_t d[ONNX_RANK];
    uint32_t rank;

    if (!shape_of(onnx_in(x, n, 0), &rank, d))
        return 0;
    k.v[0] = (int64_t)onnx_elems(d, rank);
    return put(x, n, &k);
}

static int gather(struct onnx *x, const Onnx__NodeProto *n)
{
    struct known a, i;

    if (!get(x, n, 0, &a) || !get(x, n, 1, &i) || a.rank != 1 || onnx_attr_int(n, "axis", 0) > 0)
        return 0;
    for (int64_t e = 0; e < i.n; e++) {
        int64_t at = i.v[e] < 0 ? i.v[e] + a.n : i.v[e];
        if (at < 0 || at >= a.n)
            return onnx_refuse(x, n, "found index %lld, expected one below %lld", (long long)i.v[e], (long long)a.n);
        i.v[e] = a.v[at];
    }
    return put(x, n, &i);
}

static int concat(struct onnx *x, const Onnx__NodeProto *n)
{
    struct known all = { .rank = 1 }, a;

    for (size_t i = 0; i < n->n_input; i++) {
        if (!get(x, n, i, &a) || a.rank != 1 || all.n + a.n > ONNX_KNOWN)
            return 0;
        memcpy(all.v + all.n, a.v, (size_t)a.n * sizeof *a.v);
        all.n += a.n;
    }
    return put(x, n, &all);
}

static int slice(struct onnx *x, const Onnx__NodeProto *n)
{
    int64_t from, to, step = 1;
    struct known a, out = { .rank = 1 };

    if (!get(x, n, 0, &a) || a.rank != 1 || onnx_numbers(x, n, "starts", 1, &from, 1) != 1 || onnx_numbers(x, n, "ends", 2, &to, 1) != 1 ||
        onnx_numbers(x, n, NULL, 4, &step, 1) < 0 || step < 1)
        return 0;
    from = from < 0 ? from + a.n : from;
    to = to < 0 ? to + a.n : to > a.n ? a.n : to;
    for (int64_t i = from < 0 ? 0 : from; i < to; i += step)
        out.v[out.n++] = a.v[i];
    return out.n ? put(x, n, &out) : 0;
}

/* Squeeze, Unsqueeze, Reshape between a number and a vector of one; Cast between integers. */
static int other_rank(struct onnx *x, const Onnx__NodeProto *n)
{
    struct known a, shape;
    int64_t to = onnx_attr_int(n, "to", ONNX_TYPE(INT64));

    if (!get(x, n, 0, &a) || (to != ONNX_TYPE(INT64) && to != ONNX_TYPE(INT32)))
        return 0;
    if (onnx_op_is(n, "Cast"))
        return put(x, n, &a);
    if (onnx_op_is(n, "Reshape")) {    /* to a vector, or of one element to a number */
        if (!get(x, n, 1, &shape) || shape.rank != 1 || shape.n > 1 || (shape.n ? shape.v[0] != -1 && shape.v[0] != a.n : a.n != 1))
            return 0;
        a.rank = (uint32_t)shape.n;
        return put(x, n, &a);
    }
    if (a.n != 1 || (a.rank == 1) != onnx_op_is(n, "Squeeze"))
        return 0;
    a.rank = onnx_op_is(n, "Squeeze") ? 0 : 1;
    return put(x, n, &a);
}

static int arithmetic(struct onnx *x, const Onnx__NodeProto *n)
{
    struct known a, b, y;
    char op = *onnx_text(n->op_type);

    if (!get(x, n, 0, &a) || !get(x, n, 1, &b) || (a.n != b.n && a.n != 1 && b.n != 1))
        return 0;
    y = a.n >= b.n ? a : b;
    y.rank = a.rank > b.rank ? a.rank : b.rank;
    for (int64_t i = 0; i < y.n; i++) {
        int64_t p = a.v[a.n > 1 ? i : 0], q = b.v[b.n > 1 ? i : 0], lim = INT64_C(1) << 31;
        if (p <= -lim || p >= lim || q <= -lim || q >= lim || (op == 'D' && !q))
            return onnx_refuse(x, n, "found %lld and %lld in the arithmetic of shapes, too large or a division by 0", (long long)p, (long long)q);
        y.v[i] = op == 'A' ? p + q : op == 'S' ? p - q : op == 'M' ? p * q : p / q;
    }
    return put(x, n, &y);
}

static int product(struct onnx *x, const Onnx__NodeProto *n)
{
    struct known a, y = { .n = 1, .v = { 1 } };

    if (!get(x, n, 0, &a))
        return 0;
    for (int64_t i = 0; i < a.n; i++) {
        if (a.v[i] < 0 || a.v[i] > BL_NET_MAX_ELEMS || (a.v[i] && y.v[0] > BL_NET_MAX_ELEMS / a.v[i]))
            return 0;
        y.v[0] *= a.v[i];
    }
    y.rank = (uint32_t)(onnx_attr_int(n, "keepdims", 1) != 0);
    return put(x, n, &y);
}

static int filled_real(struct onnx *x, const Onnx__NodeProto *n, uint64_t count)
{
    struct value v = { .kind = VALUE_CONST, .t = onnx_make(x, ONNX_TYPE(FLOAT), 1, &count) };

    return !v.t ? onnx_refuse(x, n, "no memory") : onnx_define_like(x, n, n->output[0], &v) ? -1 : 1;
}

/* Equal; and Where, which takes the second or the third. */
static int chosen(struct onnx *x, const Onnx__NodeProto *n)
{
    bool where = onnx_op_is(n, "Where");
    struct known k[3], y;
    int64_t most = 1;

    for (size_t i = 0; i < (where ? 3 : 2); i++) {
        if (!get(x, n, i, &k[i]))
            return 0;
        most = k[i].n > most ? k[i].n : most;
    }
    for (size_t i = 0; i < (where ? 3 : 2); i++)
        if (k[i].n != most && k[i].n != 1)
            return 0;
    y = (struct known){ .n = most, .rank = most > 1 || k[0].rank || k[1].rank || (where && k[2].rank) };
    for (int64_t i = 0; i < most; i++) {
        int64_t a = k[0].v[k[0].n > 1 ? i : 0], b = k[1].v[k[1].n > 1 ? i : 0];
        y.v[i] = !where ? a == b : a ? b : k[2].v[k[2].n > 1 ? i : 0];
    }
    return put(x, n, &y);
}

/* A vector of one value. */
static int filled(struct onnx *x, const Onnx__NodeProto *n)
{
    const Onnx__AttributeProto *a = onnx_attr(n, "value");
    struct known k, y = { .rank = 1 };

    if ((a && (!a->t || !onnx_is_int(a->t))) || !get(x, n, 0, &k) || k.n != 1 || k.v[0] < 1 || k.v[0] > ONNX_KNOWN)
        return 0;
    if (!a)                            /* float32 zeroes */
        return filled_real(x, n, (uint64_t)k.v[0]);
    for (y.n = 0; y.n < k.v[0]; y.n++)
        y.v[y.n] = onnx_int(a->t, 0);
    return put(x, n, &y);
}

static int range(struct onnx *x, const Onnx__NodeProto *n)
{
    struct known from, to, step, y = { .rank = 1 };

    if (!get(x, n, 0, &from) || !get(x, n, 1, &to) || !get(x, n, 2, &step) || step.v[0] < 1)
        return 0;
    for (int64_t v = from.v[0]; v < to.v[0] && y.n < ONNX_KNOWN; v += step.v[0])
        y.v[y.n++] = v;
    return y.n && y.n < ONNX_KNOWN ? put(x, n, &y) : 0;
}

int onnx_fold(struct onnx *x, const Onnx__NodeProto *n)
{
    static const struct { const char *op; onnx_op *fold; uint8_t least; } FOLDS[] = {
        { "Shape", shape, 1 }, { "Size", size, 1 }, { "Gather", gather, 2 }, { "Concat", concat, 1 }, { "Slice", slice, 1 }, { "Squeeze", other_rank, 1 },
        { "Unsqueeze", other_rank, 1 }, { "Reshape", other_rank, 1 }, { "Cast", other_rank, 1 }, { "Add", arithmetic, 2 }, { "Sub", arithmetic, 2 },
        { "Mul", arithmetic, 2 }, { "Div", arithmetic, 2 }, { "ReduceProd", product, 1 }, { "ConstantOfShape", filled, 1 }, { "Range", range, 3 },
        { "Equal", chosen, 2 }, { "Where", chosen, 3 } };

    for (size_t i = 0; i < sizeof FOLDS / sizeof *FOLDS; i++)
        if (onnx_op_is(n, FOLDS[i].op) && n->n_input >= FOLDS[i].least && n->n_output && *n->output[0])
            return FOLDS[i].fold(x, n);
    return 0;
}
