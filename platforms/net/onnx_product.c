/* onnx_product.c - matrix products of ONNX become layers, and what is common to products of bare integers. */
#include <math.h>
#include <string.h>

#include "platforms/net/onnx_read.h"

/* ---- integer weights ---- */

/* Input [..][m][k] of rank r times weights [k][n], [n][k] (not w->columns) or [b][k][n], one matrix a group; dims: of the output. */
static int product(struct onnx *x, const Onnx__NodeProto *n, uint32_t tensor, uint32_t rank, const uint64_t *in, struct onnx_weights *w,
                   struct bl_layer *l, uint64_t dims[ONNX_RANK])
{
    size_t r = w->w->n_dims;
    uint64_t k, cout, many = r == 3 ? (uint64_t)w->w->dims[0] : 1, rows = 1;

    if (rank < 1 || r < 2 || r > 3 || onnx_count(w->w) <= 0 || (r == 3 && (!w->columns || rank != 3)))
        return onnx_refuse(x, n, "found an input of rank %u and weights of rank %zu, expected rank 2 for the weights, or 3 for both, with data", rank, r);
    k = (uint64_t)w->w->dims[w->columns ? r - 2 : 1];
    cout = (uint64_t)w->w->dims[w->columns ? r - 1 : 0];
    for (uint32_t i = 0; i + 1 < rank; i++)
        rows *= in[i];
    if (in[rank - 1] != k || (r == 3 && in[0] != many))
        return onnx_refuse(x, n, "found input rows of %llu, expected %llu, the weights' (and as many matrices)", (unsigned long long)in[rank - 1],
                           (unsigned long long)k);
    l->kind = BL_FC;
    l->in[0] = l->in[1] = tensor;
    l->groups = (uint32_t)many;
    l->rows = (uint32_t)(rows / many);
    w->n = (uint32_t)cout;
    memcpy(dims, in, rank * sizeof *in);
    dims[rank - 1] = cout;
    return onnx_fill(x, n, l, w, cout * many, k);
}

/* Whether constant c, broadcast to [M,N] and the like, has one value a column; a vector or a row. */
static bool is_row(const struct value *c, uint64_t columns)
{
    for (size_t i = 0; c && i < c->t->n_dims; i++)
        if (c->t->dims[i] != 1 && (i + 1 < c->t->n_dims || (uint64_t)c->t->dims[i] != columns))
            return false;
    return true;
}

/* ---- float32 ---- */

/* a times b, batches of the one or the other broadcast from one matrix. */
static int float_product(struct onnx *x, const Onnx__NodeProto *n, struct value *a, struct value *b, bool transposed)
{
    uint64_t da[ONNX_RANK], db[ONNX_RANK], dims[ONNX_RANK], batch = 1;
    uint32_t ra = a->rank, rb = b->rank, rank;
    struct bl_layer l = { .kind = BL_FLOAT };
    int64_t ta = onnx_as_float(x, n, a), tb = ta < 0 ? -1 : onnx_as_float(x, n, b);

    if (tb < 0)
        return -1;
    if (onnx_is_const(a))
        onnx_const_dims(a, &ra, da);
    else
        memcpy(da, a->dims, sizeof da);
    if (onnx_is_const(b))
        onnx_const_dims(b, &rb, db);
    else
        memcpy(db, b->dims, sizeof db);
    if (ra < 1 || rb < 2 || (transposed && (rb != 2 || !onnx_is_const(b))))
        return onnx_refuse(x, n, "found operands of rank %u and %u, expected at least 1 and 2", ra, rb);
    uint64_t m = ra > 1 ? da[ra - 2] : 1, k = da[ra - 1], rows = db[rb - (transposed ? 1u : 2u)], columns = db[rb - (transposed ? 2u : 1u)];
    if (rows != k)
        return onnx_refuse(x, n, "found rows of %llu and columns of %llu, expected as many", (unsigned long long)k, (unsigned long long)rows);
    uint32_t ba = ra > 2 ? ra - 2 : 0, bb = rb - 2;
    if (onnx_broadcast(x, n, ba, da, bb, db, &rank, dims))
        return -1;
    batch = onnx_elems(dims, rank);
    bool one_a = onnx_elems(da, ba) == 1, one_b = onnx_elems(db, bb) == 1;
    if ((!one_a && onnx_elems(da, ba) != batch) || (!one_b && onnx_elems(db, bb) != batch))
        return onnx_refuse(x, n, "found batches that both stretch; expected as many matrices on both sides, or one");
    if (transposed) {                  /* constant: its columns become rows */
        const float *from = (const float *)(const void *)x->net->tensors[tb].data;
        float *to = bl_net_alloc(x->net, k * columns, sizeof *to);
        if (!to)
            return onnx_refuse(x, n, "no memory");
        for (uint64_t i = 0; i < k * columns; i++)
            to[i] = from[i % columns * k + i / columns];
        x->net->tensors[tb].data = (const uint8_t *)(const void *)to;
    }
    l.in[0] = (uint32_t)ta;
    l.in[1] = (uint32_t)tb;
    l.real = (struct bl_float){ .op = BL_FLOAT_MATMUL, .one_a = one_a, .one_b = one_b, .outer = (uint32_t)batch, .n = (uint32_t)columns,
                                .inner = (uint32_t)k, .rows = (uint32_t)m };
    if (ra > 1)
        dims[rank++] = m;
    dims[rank++] = columns;
    return onnx_emit(x, n, &l, n->output[0], rank, dims, NULL, false, NULL);
}

/* ---- MatMul, Gemm ---- */

static bool is_matrix_of_codes(const struct value *a, const struct value *b, bool columns, struct onnx_weights *w)
{
    if (a->kind != VALUE_VIEW || a->table || !onnx_is_const(b) || b->t->n_dims < 2 || b->t->n_dims > 3 || (b->t->n_dims == 3 && a->rank != 3))
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
    const char *name = n->output[0];
    struct code code;

    if ((!onnx_is_const(a) && !onnx_real_in(x, n, 0)) || (!onnx_is_const(b) && !onnx_real_in(x, n, 1)))
        return -1;
    if (!is_matrix_of_codes(a, b, true, &w))
        return float_product(x, n, a, b, false);
    int64_t t = onnx_linear(x, n, a);
    if (t < 0 || product(x, n, (uint32_t)t, a->rank, a->dims, &w, &l, dims) || onnx_tail(x, &name, &l, a->rank, dims, a->rank - 1))
        return -1;
    onnx_clamps(x, &name, &l);
    return onnx_emit(x, n, &l, name, a->rank, dims, onnx_ahead(x, name, &code) ? &code : NULL, false, NULL);
}

/* Its input with rows and columns exchanged, as a value of its own. */
static int transposed(struct onnx *x, const Onnx__NodeProto *n, struct value *v)
{
    struct bl_layer l = { .kind = BL_MOVE, .name = v->name, .in = { v->tensor, v->tensor } };
    const struct bl_tensor t = x->net->tensors[v->tensor];
    struct code c = { t.scale, t.zero, t.dtype };
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

/* y = a + the constant, element by element in float32; a is a tensor of those dimensions. */
static int add_matrix(struct onnx *x, const Onnx__NodeProto *n, uint32_t a, const struct value *c, uint32_t rank, const uint64_t *dims)
{
    struct bl_layer l = { .kind = BL_FLOAT, .real = { .op = BL_FLOAT_ADD, .n = (uint32_t)onnx_elems(dims, rank) } };
    uint64_t d[ONNX_RANK];
    uint32_t r, all;
    uint64_t both[ONNX_RANK];

    if (!onnx_const_dims(c, &r, d) || onnx_broadcast(x, n, rank, dims, r, d, &all, both))
        return -1;
    if (all != rank || onnx_elems(both, all) != onnx_elems(dims, rank))
        return onnx_refuse(x, n, "the constant '%s' has more elements than the output", c->name);
    int64_t t = onnx_const_float(x, n, c, rank, dims);
    if (t < 0)
        return -1;
    l.in[0] = a;
    l.in[1] = (uint32_t)t;
    return onnx_emit(x, n, &l, n->output[0], rank, dims, NULL, false, NULL);
}

/* Gemm in float32: factors and bias as layers of their own. */
static int gemm_float(struct onnx *x, const Onnx__NodeProto *n, struct value *a, struct value *b, const struct value *c, float alpha)
{
    if (c || alpha < 1.0f || alpha > 1.0f)
        return onnx_refuse(x, n, "found a Gemm in float32 with a bias or alpha that is not 1; expected MatMul and Add, or quantised weights and input");
    return float_product(x, n, a, b, onnx_attr_int(n, "transB", 0));
}

int onnx_gemm(struct onnx *x, const Onnx__NodeProto *n)
{
    struct value *a = onnx_real_in(x, n, 0), *b = onnx_in(x, n, 1), *c = onnx_in(x, n, 2), in, scaled;
    struct onnx_weights w;
    struct bl_layer l = { .alpha = onnx_attr_float(n, "alpha", 1.0f) };
    uint64_t dims[ONNX_RANK];
    const char *name = n->output[0];
    float beta = onnx_attr_float(n, "beta", 1.0f);
    struct code code;
    bool taken = true;

    if (!a)
        return -1;
    in = *a;
    if (!onnx_is_const(b) || in.rank != 2 || (n->n_input > 2 && *n->input[2] && !onnx_is_const(c)) || !(l.alpha > 0.0f || l.alpha < 0.0f))
        return onnx_refuse(x, n, "expected constant weights and bias, an input of rank 2 (found %u) and alpha other than 0", in.rank);
    if (b->kind == VALUE_CONST && b->t->data_type != ONNX_TYPE(FLOAT))
        return onnx_refuse(x, n, "the weights '%s' are integers (ONNX type %d) without a DequantizeLinear", b->name, b->t->data_type);
    if (onnx_attr_int(n, "transA", 0) && transposed(x, n, &in))
        return -1;
    if (!is_matrix_of_codes(&in, b, !onnx_attr_int(n, "transB", 0), &w))
        return gemm_float(x, n, &in, b, c, l.alpha);
    l.alpha = l.alpha < 1.0f || l.alpha > 1.0f ? l.alpha : 0.0f;
    int64_t t = onnx_linear(x, n, &in);
    if (t < 0 || product(x, n, (uint32_t)t, 2, in.dims, &w, &l, dims))
        return -1;
    if (c && !is_row(c, dims[1])) {    /* a value a row, or a matrix: behind the layer */
        if (times(x, n, c, beta, &scaled) || (t = onnx_layer(x, n, &l, n->output[0], 2, dims, NULL, NULL)) < 0)
            return -1;
        return add_matrix(x, n, (uint32_t)t, &scaled, 2, dims);
    }
    if (onnx_bias(x, n, &l, c, false, beta, &taken) || onnx_tail(x, &name, &l, 2, dims, 1))
        return -1;
    onnx_clamps(x, &name, &l);
    return onnx_emit(x, n, &l, name, 2, dims, onnx_ahead(x, name, &code) ? &code : NULL, false, NULL);
}

/* ---- com.microsoft and the standard's integer forms ---- */

int onnx_qmatmul(struct onnx *x, const Onnx__NodeProto *n)
{
    struct value *in = onnx_codes_in(x, n, 0);
    struct onnx_weights w;
    struct bl_layer l = { 0 };
    uint64_t dims[ONNX_RANK];
    struct code code;

    if (!in || onnx_weights_q(x, n, 3, &w) || onnx_code(x, n, 6, 7, x->net->tensors[in->tensor].dtype, &code))
        return -1;
    w.columns = true;
    if (product(x, n, in->tensor, in->rank, in->dims, &w, &l, dims))
        return -1;
    return onnx_emit(x, n, &l, n->output[0], in->rank, dims, &code, true, NULL);
}

int onnx_qgemm(struct onnx *x, const Onnx__NodeProto *n)
{
    struct value *in = onnx_codes_in(x, n, 0), *c = onnx_in(x, n, 6);
    struct onnx_weights w;
    struct bl_layer l = { .alpha = onnx_attr_float(n, "alpha", 1.0f) };
    uint64_t dims[ONNX_RANK];
    struct code code;
    bool coded = n->n_input > 7 && *n->input[7], taken;

    if (!in || onnx_weights_q(x, n, 3, &w) || (coded && onnx_code(x, n, 7, 8, x->net->tensors[in->tensor].dtype, &code)))
        return -1;
    if (in->rank != 2 || !(l.alpha > 0.0f || l.alpha < 0.0f))
        return onnx_refuse(x, n, "expected an input of rank 2 (found %u) and alpha other than 0", in->rank);
    l.alpha = l.alpha < 1.0f || l.alpha > 1.0f ? l.alpha : 0.0f;
    w.columns = !onnx_attr_int(n, "transB", 0);
    if (product(x, n, in->tensor, 2, in->dims, &w, &l, dims))
        return -1;
    if (c && (!onnx_is_const(c) || !is_row(c, dims[1]) || onnx_count(c->t) != (int64_t)dims[1]))
        return onnx_refuse(x, n, "the bias '%s' is no constant of %llu elements, one a column", c->name, (unsigned long long)dims[1]);
    if (onnx_bias(x, n, &l, c, true, 1.0f, &taken))
        return -1;
    return onnx_emit(x, n, &l, n->output[0], 2, dims, coded ? &code : NULL, coded, NULL);
}

int onnx_matmul_integer(struct onnx *x, const Onnx__NodeProto *n)
{
    struct onnx_bare b;
    struct onnx_weights w;
    struct bl_layer l = { 0 };
    uint64_t dims[ONNX_RANK];

    if (onnx_bare_in(x, n, &b, &w))
        return -1;
    w.columns = true;
    if (product(x, n, b.tensor, b.rank, b.dims, &w, &l, dims))
        return -1;
    return onnx_bare_out(x, n, &l, b.rank, dims, b.rank - 1, NULL);
}

/* ---- products of bare integers ---- */

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
    const char *name = take_scales(x, n->output[0], l, rank, dims, axis, &real);
    struct code code;

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
