/* onnx_product.c - matrix products of ONNX become layers: of codes and constant weights, else in float32. */
#include <math.h>
#include <string.h>

#include "platforms/net/onnx_read.h"

/* ---- integer weights ---- */

/* The input's codes, with its batches as many as those of the weights: dims are those of the batches. */
static int64_t stretched_codes(struct onnx *x, const Onnx__NodeProto *n, uint32_t tensor, uint32_t rank, const uint64_t *in, uint32_t batches,
                               const uint64_t *dims)
{
    const struct bl_tensor t = x->net->tensors[tensor];
    struct code c = onnx_code_of(&t);
    struct bl_layer l = { .kind = BL_MOVE, .in = { tensor, tensor } };
    uint64_t all[ONNX_RANK];
    uint32_t *from;

    memcpy(all, dims, batches * sizeof *dims);
    memcpy(all + batches, in + rank - 2, 2 * sizeof *in);
    if (!(from = onnx_map(x, n, batches + 2, all)))
        return -1;
    for (uint64_t i = 0; i < onnx_elems(all, batches + 2); i++)
        from[i] = (uint32_t)onnx_operand(i, batches + 2, all, rank, in);
    l.from = from;
    return onnx_layer(x, n, &l, t.name, batches + 2, all, &c, NULL);
}

int onnx_product(struct onnx *x, const Onnx__NodeProto *n, int64_t tensor, uint32_t from, const uint64_t *in, struct onnx_weights *w,
                   struct bl_layer *l, uint32_t *rank, uint64_t dims[ONNX_RANK])
{
    uint32_t r = (uint32_t)w->w->n_dims, batches, ra = from > 2 ? from - 2 : 0;
    uint64_t wd[ONNX_RANK];

    if (from < 1 || r < 2 || r > ONNX_RANK || onnx_count(w->w) <= 0 || (r > 2 && !w->columns))
        return onnx_refuse(x, n, "found an input of rank %u and weights of rank %u, expected at least 1 and 2, with data", from, r);
    for (uint32_t i = 0; i < r; i++)
        wd[i] = (uint64_t)w->w->dims[i];
    uint64_t k = wd[w->columns ? r - 2 : 1], cout = wd[w->columns ? r - 1 : 0], many = onnx_elems(wd, r - 2), rows = onnx_elems(in, from - 1);
    if (in[from - 1] != k)
        return onnx_refuse(x, n, "found input rows of %llu, expected %llu, the weights'", (unsigned long long)in[from - 1], (unsigned long long)k);
    if (onnx_broadcast(x, n, ra, in, r - 2, wd, &batches, dims))
        return -1;
    if (many > 1) {
        uint64_t all = onnx_elems(dims, batches);
        if (many != all)
            return onnx_refuse(x, n, "found %llu matrices of weights for %llu of the input; expected one, or as many", (unsigned long long)many,
                               (unsigned long long)all);
        rows = from > 1 ? in[from - 2] : 1;
        if (from < 2 || onnx_elems(in, ra) != all) {
            const uint64_t one[2] = { 1, k };
            tensor = stretched_codes(x, n, (uint32_t)tensor, from < 2 ? 2 : from, from < 2 ? one : in, batches, dims);
        }
        if (tensor < 0)
            return -1;
    }
    l->kind = BL_FC;
    l->in[0] = l->in[1] = (uint32_t)tensor;
    l->groups = (uint32_t)many;
    l->rows = (uint32_t)rows;
    w->n = (uint32_t)cout;
    if (from > 1)
        dims[batches++] = in[from - 2];
    dims[batches++] = cout;
    *rank = batches;
    return onnx_fill(x, n, l, w, cout * many, k);
}

bool onnx_is_row(const struct value *c, uint64_t columns)
{
    for (size_t i = 0; c && i < c->t->n_dims; i++)
        if (c->t->dims[i] != 1 && (i + 1 < c->t->n_dims || (uint64_t)c->t->dims[i] != columns))
            return false;
    return true;
}

/* ---- float32 ---- */

static void sizes_of(const struct value *v, uint32_t *rank, uint64_t *dims)
{
    *rank = v->rank;
    memcpy(dims, v->dims, sizeof v->dims);
    if (onnx_is_const(v))
        onnx_const_dims(v, rank, dims);
}

/* Rows and columns of a float32 matrix exchanged: a layer, or a constant's data again. */
static int64_t exchanged(struct onnx *x, const Onnx__NodeProto *n, int64_t tensor, uint64_t d[2])
{
    struct bl_layer l = { .kind = BL_MOVE, .in = { (uint32_t)tensor, (uint32_t)tensor } };
    uint64_t r = d[0], k = d[1], turned[2] = { k, r };
    uint32_t *from = tensor < 0 ? NULL : onnx_map(x, n, 2, turned);

    if (!from)
        return -1;
    for (uint64_t i = 0; i < r * k; i++)
        from[i] = (uint32_t)(i % r * k + i / r);
    l.from = from;
    memcpy(d, turned, sizeof turned);
    return onnx_layer(x, n, &l, n->output[0], 2, d, NULL, NULL);
}

/* The tensor of a times b, in float32; batches stretch. *rank and dims: of the output. `turn_a`, `turn_b`: rows and columns are exchanged. */
struct float_form { bool turn_a, turn_b, whole; };

static int64_t float_layer(struct onnx *x, const Onnx__NodeProto *n, struct value *a, struct value *b, struct float_form form, uint32_t *rank,
                           uint64_t dims[ONNX_RANK])
{
    uint64_t da[ONNX_RANK], db[ONNX_RANK], all[ONNX_RANK];
    struct bl_layer l = { .kind = BL_FLOAT };
    uint32_t ra, rb, batches;

    sizes_of(a, &ra, da);
    sizes_of(b, &rb, db);
    if (ra < 1 || rb < 1 || ((form.turn_a || form.turn_b) && (ra != 2 || rb != 2)))
        return onnx_refuse(x, n, "found operands of rank %u and %u, expected at least 1; 2 with transA or transB", ra, rb);
    uint32_t ba = ra > 2 ? ra - 2 : 0, bb = rb > 2 ? rb - 2 : 0;
    if (onnx_broadcast(x, n, ba, da, bb, db, &batches, dims))
        return -1;
    uint64_t batch = onnx_elems(dims, batches);
    bool one_a = onnx_elems(da, ba) == 1, one_b = onnx_elems(db, bb) == 1;
    memcpy(all, dims, batches * sizeof *dims);
    memcpy(all + batches, da + ba, (ra - ba) * sizeof *da);
    int64_t ta = one_a || onnx_elems(da, ba) == batch ? onnx_as_float(x, n, a) : onnx_stretched_float(x, n, a, batches + 2, all);
    memcpy(all + batches, db + bb, (rb - bb) * sizeof *db);
    int64_t tb = ta < 0 ? -1 : one_b || onnx_elems(db, bb) == batch ? onnx_as_float(x, n, b) : onnx_stretched_float(x, n, b, batches + 2, all);
    if (form.turn_a)
        ta = exchanged(x, n, ta, da);
    if (form.turn_b)
        tb = exchanged(x, n, tb, db);
    if (ta < 0 || tb < 0)
        return -1;
    uint64_t m = ra > 1 ? da[ra - 2] : 1, k = da[ra - 1], rows = rb > 1 ? db[rb - 2] : db[0], columns = rb > 1 ? db[rb - 1] : 1;
    if (rows != k)
        return onnx_refuse(x, n, "found rows of %llu and columns of %llu, expected as many", (unsigned long long)k, (unsigned long long)rows);
    l.in[0] = (uint32_t)ta;
    l.in[1] = (uint32_t)tb;
    l.real = (struct bl_float){ .op = BL_FLOAT_MATMUL, .one_a = one_a, .one_b = one_b, .outer = (uint32_t)batch, .n = (uint32_t)columns,
                                .inner = (uint32_t)k, .rows = (uint32_t)m, .whole = form.whole };
    if (ra > 1)
        dims[batches++] = m;
    if (rb > 1)
        dims[batches++] = columns;
    *rank = batches;
    return onnx_layer(x, n, &l, n->output[0], batches, dims, NULL, NULL);
}

int64_t onnx_float_product(struct onnx *x, const Onnx__NodeProto *n, struct value *a, struct value *b, bool whole, uint32_t *rank, uint64_t dims[ONNX_RANK])
{
    return float_layer(x, n, a, b, (struct float_form){ .whole = whole }, rank, dims);
}

int onnx_define_float(struct onnx *x, const Onnx__NodeProto *n, int64_t tensor, uint32_t rank, const uint64_t *dims, bool sums)
{
    struct value v = { .kind = VALUE_FLOAT, .rank = rank, .tensor = (uint32_t)tensor, .sums = sums };

    if (tensor < 0)
        return -1;
    memcpy(v.dims, dims, rank * sizeof *dims);
    return onnx_define_like(x, n, n->output[0], &v);
}

int64_t onnx_with_constant(struct onnx *x, const Onnx__NodeProto *n, int64_t a, enum bl_float_op op, const struct value *c, uint32_t rank,
                             const uint64_t *dims)
{
    struct bl_layer l = { .kind = BL_FLOAT, .real = { .op = (uint16_t)op, .n = (uint32_t)onnx_elems(dims, rank) } };
    uint64_t d[ONNX_RANK], both[ONNX_RANK];
    uint32_t r, all;

    if (a < 0 || !onnx_const_dims(c, &r, d) || onnx_broadcast(x, n, rank, dims, r, d, &all, both))
        return -1;
    if (all != rank || onnx_elems(both, all) != onnx_elems(dims, rank))
        return onnx_refuse(x, n, "the constant '%s' has more elements than the output", c->name);
    int64_t t = onnx_const_float(x, n, c, rank, dims);
    if (t < 0)
        return -1;
    l.in[0] = (uint32_t)a;
    l.in[1] = (uint32_t)t;
    return onnx_layer(x, n, &l, n->output[0], rank, dims, NULL, NULL);
}

int onnx_number(struct onnx *x, const Onnx__NodeProto *n, float v, struct value *out)
{
    Onnx__TensorProto *t = onnx_make(x, ONNX_TYPE(FLOAT), 0, NULL);

    if (!t)
        return onnx_refuse(x, n, "no memory");
    t->float_data[0] = v;
    *out = (struct value){ .name = n->output[0], .kind = VALUE_CONST, .t = t };
    return 0;
}

/* ---- MatMul, Gemm ---- */

static bool is_matrix_of_codes(const struct value *a, const struct value *b, bool columns, struct onnx_weights *w)
{
    uint64_t many = 1, batch = 1;

    if (a->kind != VALUE_VIEW || a->table || a->rank < 1 || !onnx_is_const(b) || b->t->n_dims < 2 || b->t->n_dims > ONNX_RANK)
        return false;
    for (size_t i = 0; i + 2 < b->t->n_dims; i++) {        /* as many matrices as the product has, or one */
        size_t from_right = b->t->n_dims - i;
        uint64_t p = (uint64_t)b->t->dims[i], q = a->rank >= from_right ? a->dims[a->rank - from_right] : 1;
        many *= p;
        batch *= p > q ? p : q;
    }
    for (size_t i = 0; i + b->t->n_dims < a->rank; i++)
        batch *= a->dims[i];
    if (many != 1 && many != batch)
        return false;
    if (!onnx_weights_qdq(b, columns ? (int64_t)b->t->n_dims - 1 : 0, w))
        return false;
    w->columns = columns;
    return true;
}

int onnx_matmul(struct onnx *x, const Onnx__NodeProto *n)
{
    struct value *a = onnx_in(x, n, 0), *b = onnx_in(x, n, 1);
    struct onnx_weights w;
    struct bl_layer l = { 0 };
    uint64_t dims[ONNX_RANK];
    uint32_t rank = 0;
    int64_t t;
    const char *name = n->output[0];
    struct code code;

    if ((!onnx_is_const(a) && !onnx_real_in(x, n, 0)) || (!onnx_is_const(b) && !onnx_real_in(x, n, 1)))
        return -1;
    if (!is_matrix_of_codes(a, b, true, &w)) {
        t = float_layer(x, n, a, b, (struct float_form){ false }, &rank, dims);
        return onnx_define_float(x, n, t, rank, dims, false);
    }
    t = onnx_linear(x, n, a);
    if (t < 0 || onnx_product(x, n, t, a->rank, a->dims, &w, &l, &rank, dims) || onnx_tail(x, &name, &l, rank, dims, rank - 1))
        return -1;
    onnx_clamps(x, &name, &l);
    return onnx_emit(x, n, &l, name, rank, dims, onnx_ahead(x, name, &code) ? &code : NULL, false, NULL);
}

int onnx_transposed(struct onnx *x, const Onnx__NodeProto *n, struct value *v)
{
    struct bl_layer l = { .kind = BL_MOVE, .name = v->name, .in = { v->tensor, v->tensor } };
    const struct bl_tensor t = x->net->tensors[v->tensor];
    struct code c = onnx_code_of(&t);
    uint64_t r = v->dims[0], k = v->dims[1];
    uint32_t *from = v->rank == 2 ? bl_net_alloc(x->net, r * k, sizeof *from) : NULL;

    if (!from)
        return onnx_refuse(x, n, v->rank == 2 ? "no memory" : "transA: found an input of rank other than 2");
    for (uint64_t i = 0; i < r * k; i++)
        from[i] = (uint32_t)(i % r * k + i / r);
    l.from = from;
    v->dims[0] = k;
    v->dims[1] = r;
    int64_t out = onnx_layer(x, n, &l, v->name, 2, v->dims, t.dtype == BL_REAL ? NULL : &c, NULL);
    v->tensor = (uint32_t)out;
    v->has_float = false;
    return out < 0 ? -1 : 0;
}

/* A constant times beta, as a value. */
static int times(struct onnx *x, const Onnx__NodeProto *n, const struct value *c, float beta, struct value *out)
{
    uint64_t dims[ONNX_RANK];
    uint32_t rank;

    if (!onnx_const_dims(c, &rank, dims))
        return onnx_no_data(x, n, c);
    Onnx__TensorProto *t = onnx_make(x, ONNX_TYPE(FLOAT), rank, dims);
    if (!t)
        return onnx_refuse(x, n, "no memory");
    for (size_t i = 0; i < t->n_float_data; i++) {
        float v = onnx_real(c, i);
        t->float_data[i] = beta < 1.0f || beta > 1.0f ? v * beta : v;
    }
    *out = (struct value){ .name = c->name, .kind = VALUE_CONST, .t = t };
    return 0;
}

/* Gemm in float32: factors and bias as layers of their own. */
static int gemm_float(struct onnx *x, const Onnx__NodeProto *n, struct value *a, struct value *b, const struct value *c, struct float_form form)
{
    float alpha = onnx_attr_float(n, "alpha", 1.0f);
    struct value k, scaled;
    uint64_t dims[ONNX_RANK];
    uint32_t rank = 0;
    int64_t t = float_layer(x, n, a, b, form, &rank, dims);

    if (t >= 0 && (alpha < 1.0f || alpha > 1.0f))
        t = onnx_number(x, n, alpha, &k) ? -1 : onnx_with_constant(x, n, t, BL_FLOAT_MUL, &k, rank, dims);
    if (t >= 0 && c)
        t = times(x, n, c, onnx_attr_float(n, "beta", 1.0f), &scaled) ? -1 : onnx_with_constant(x, n, t, BL_FLOAT_ADD, &scaled, rank, dims);
    return onnx_define_float(x, n, t, rank, dims, false);
}

int onnx_gemm(struct onnx *x, const Onnx__NodeProto *n)
{
    struct value *a = onnx_real_in(x, n, 0), *b = onnx_in(x, n, 1), *c = onnx_in(x, n, 2), in, scaled;
    struct onnx_weights w;
    struct bl_layer l = { .alpha = onnx_attr_float(n, "alpha", 1.0f) };
    uint64_t dims[ONNX_RANK];
    uint32_t rank;
    const char *name = n->output[0];
    float beta = onnx_attr_float(n, "beta", 1.0f);
    struct code code;
    bool taken = true, turn_a = onnx_attr_int(n, "transA", 0), turn_b = onnx_attr_int(n, "transB", 0);

    if (!a || (!onnx_is_const(b) && !(b = onnx_real_in(x, n, 1))))
        return -1;
    in = *a;
    if (in.rank != 2 || (n->n_input > 2 && *n->input[2] && !onnx_is_const(c)) || !(l.alpha > 0.0f || l.alpha < 0.0f))
        return onnx_refuse(x, n, "expected a constant bias, an input of rank 2 (found %u) and alpha other than 0", in.rank);
    if (b->kind == VALUE_CONST && b->t->data_type != ONNX_TYPE(FLOAT))
        return onnx_refuse(x, n, "the weights '%s' are integers (ONNX type %d) without a DequantizeLinear", b->name, b->t->data_type);
    if (!is_matrix_of_codes(&in, b, !turn_b, &w) || b->t->n_dims != 2)
        return gemm_float(x, n, a, b, c, (struct float_form){ turn_a, turn_b, false });
    if (turn_a && onnx_transposed(x, n, &in))
        return -1;
    l.alpha = l.alpha < 1.0f || l.alpha > 1.0f ? l.alpha : 0.0f;
    int64_t t = onnx_linear(x, n, &in);
    if (t < 0 || onnx_product(x, n, t, 2, in.dims, &w, &l, &rank, dims))
        return -1;
    if (c && !onnx_is_row(c, dims[1])) {    /* a value a row, or a matrix: behind the layer */
        if (times(x, n, c, beta, &scaled) || (t = onnx_layer(x, n, &l, n->output[0], 2, dims, NULL, NULL)) < 0)
            return -1;
        return onnx_define_float(x, n, onnx_with_constant(x, n, t, BL_FLOAT_ADD, &scaled, 2, dims), 2, dims, false);
    }
    if (onnx_bias(x, n, &l, c, false, beta, &taken) || onnx_tail(x, &name, &l, 2, dims, 1))
        return -1;
    onnx_clamps(x, &name, &l);
    return onnx_emit(x, n, &l, name, 2, dims, onnx_ahead(x, name, &code) ? &code : NULL, false, NULL);
}
