/* onnx_emit.c - values of the graph become tensors and layers: codes, views of codes, real values, and the ways between them. */
#include <math.h>
#include <string.h>

#include "platforms/net/onnx_read.h"

/* ---- shapes ---- */

uint64_t onnx_elems(const uint64_t *d, uint32_t rank)
{
    uint64_t n = 1;

    for (uint32_t i = 0; i < rank; i++)
        n *= d[i];
    return n;
}

int onnx_shape(const uint64_t *d, uint32_t rank, struct bl_tensor *t)
{
    uint64_t s[3] = { 1, 1, 1 }, all = 1;

    for (uint32_t i = 0; i < rank; i++) {
        if (!d[i] || d[i] > BL_NET_MAX_ELEMS || all * d[i] > BL_NET_MAX_ELEMS)
            return -1;
        all *= d[i];
    }
    if (rank == 1) {
        s[0] = d[0];
    } else if (rank == 2) {
        memcpy(d[0] == 1 ? s : s + 1, d[0] == 1 ? d + 1 : d, (d[0] == 1 ? 1 : 2) * sizeof *s);
    } else if (rank) {
        memcpy(s, d + rank - 3, sizeof s);
        for (uint32_t i = 0; i + 3 < rank; i++)
            s[0] *= d[i];
    }
    t->c = (uint32_t)s[0];
    t->h = (uint32_t)s[1];
    t->w = (uint32_t)s[2];
    return 0;
}

int onnx_broadcast(const struct onnx *x, const Onnx__NodeProto *n, uint32_t ra, const uint64_t *a, uint32_t rb, const uint64_t *b,
                   uint32_t *rank, uint64_t dims[ONNX_RANK])
{
    *rank = ra > rb ? ra : rb;
    for (uint32_t i = 0; i < *rank; i++) {         /* i counts from the right */
        uint64_t p = i < ra ? a[ra - 1 - i] : 1, q = i < rb ? b[rb - 1 - i] : 1;
        if (p != q && p != 1 && q != 1)
            return onnx_refuse(x, n, "found %llu and %llu elements along dimension %u from the right, expected the same or 1",
                               (unsigned long long)p, (unsigned long long)q, i + 1);
        dims[*rank - 1 - i] = p > q ? p : q;
    }
    return 0;
}

uint64_t onnx_operand(uint64_t i, uint32_t rank, const uint64_t *dims, uint32_t r, const uint64_t *d)
{
    uint64_t at = 0, step = 1;

    for (uint32_t k = 0; k < rank && k < r; k++) {
        uint64_t size = d[r - 1 - k];
        at += size == 1 ? 0 : i % dims[rank - 1 - k] * step;
        i /= dims[rank - 1 - k];
        step *= size;
    }
    return at;
}

/* ---- codes ahead ---- */

const char *onnx_try_code(const struct onnx *x, const Onnx__NodeProto *n, size_t si, size_t zi, enum bl_dtype left_out, struct code *c)
{
    const struct value *s = onnx_in(x, n, si), *z = onnx_in(x, n, zi);
    int type = z && onnx_is_const(z) ? z->t->data_type : 0;

    if (!s || s->kind != VALUE_CONST || !onnx_is_float(s->t))
        return "its scale is no constant float32";
    if (onnx_count(s->t) != 1)
        return "found a vector of scales for activations, expected one";
    if (z && (z->kind != VALUE_CONST || onnx_count(z->t) != 1))
        return "its zero point is no constant with one element";
    c->scale = onnx_float(s->t, 0);
    if (!(c->scale > 0.0f) || !isfinite(c->scale))
        return "found a scale that is no positive number";
    if (type == ONNX_TYPE(UINT16) || type == ONNX_TYPE(INT16))
        return "16-bit activations are not supported; quantise to 8 bits";
    if (type == ONNX_UINT4 || type == ONNX_INT4)
        return "4-bit activations are not supported; quantise them to 8 bits";
    if (z && type != ONNX_TYPE(UINT8) && type != ONNX_TYPE(INT8))
        return "found a zero point that is neither uint8 nor int8";
    c->type = !z ? left_out : type == ONNX_TYPE(INT8) ? BL_S8 : BL_U8;
    c->zero = z ? (int32_t)onnx_int(z->t, 0) : 0;
    return NULL;
}

int onnx_code(const struct onnx *x, const Onnx__NodeProto *n, size_t si, size_t zi, enum bl_dtype left_out, struct code *c)
{
    const char *wrong = onnx_try_code(x, n, si, zi, left_out, c);
    const struct value *s = onnx_in(x, n, si);

    if (!wrong)
        return 0;
    if (s && onnx_is_const(s) && onnx_count(s->t) == 1 && strstr(wrong, "positive"))
        return onnx_refuse(x, n, "found scale %g, expected a positive number", (double)onnx_real(s, 0));
    return onnx_refuse(x, n, "%s (inputs %zu and %zu)", wrong, si, zi);
}

const Onnx__NodeProto *onnx_only_reader(const struct onnx *x, const char *name)
{
    const struct value *v = onnx_slot(x, name);

    return v && v->readers == 1 ? v->reader : NULL;
}

/* The node only moves or clamps what it reads: a QuantizeLinear may as well stand before it. */
static bool moves(const Onnx__NodeProto *n)
{
    static const char *const OPS[] = { "Relu", "Clip", "MaxPool", "Reshape", "Flatten", "Transpose", "Squeeze", "Unsqueeze", "Identity",
                                       "Dropout", "Slice", "Gather", "Concat", "Pad" };

    for (size_t i = 0; i < sizeof OPS / sizeof *OPS; i++)
        if (onnx_op_is(n, OPS[i]))
            return true;
    return (onnx_op_is(n, "Resize") || onnx_op_is(n, "Upsample")) && (!onnx_attr(n, "mode") || onnx_attr_is(n, "mode", "nearest"));
}

bool onnx_ahead(const struct onnx *x, const char *name, struct code *c)
{
    for (size_t steps = 0; steps <= x->graph->n_node; steps++) {
        const Onnx__NodeProto *n = onnx_only_reader(x, name);
        if (!n || !n->n_output || !*n->output[0])
            return false;
        if (onnx_op_is(n, "QuantizeLinear")) {
            enum bl_dtype type = onnx_attr_int(n, "output_dtype", 0) == ONNX_TYPE(INT8) ? BL_S8 : BL_U8;
            return !strcmp(n->input[0], name) && !onnx_attr(n, "block_size") && !onnx_try_code(x, n, 1, 2, type, c);
        }
        if (!moves(n) || (strcmp(n->input[0], name) && !onnx_op_is(n, "Concat")))
            return false;
        name = n->output[0];
    }
    return false;
}

void onnx_absorb(struct onnx *x, const Onnx__NodeProto *n)
{
    for (size_t i = 0; i < x->graph->n_node; i++)
        if (x->graph->node[i] == n)
            x->done[i] = true;
}

/* ---- fused clips ---- */

/* Bounds of a Relu or Clip whose bounds are constants. */
static bool bounds(const struct onnx *x, const Onnx__NodeProto *n, float *lo, float *hi)
{
    const struct value *a = onnx_in(x, n, 1), *b = onnx_in(x, n, 2);

    *lo = 0.0f;
    *hi = INFINITY;
    if (onnx_op_is(n, "Relu"))
        return !n->n_attribute;
    if (!onnx_op_is(n, "Clip") || (n->n_input > 1 && *n->input[1] && !onnx_is_const(a)) || (n->n_input > 2 && *n->input[2] && !onnx_is_const(b)) ||
        (a && onnx_count(a->t) != 1) || (b && onnx_count(b->t) != 1) || n->n_attribute > 2)
        return false;
    *lo = a ? onnx_real(a, 0) : onnx_attr_float(n, "min", -INFINITY);
    *hi = b ? onnx_real(b, 0) : onnx_attr_float(n, "max", INFINITY);
    return !isnan(*lo) && !isnan(*hi);
}

static float between(float v, float lo, float hi)
{
    v = v > lo ? v : lo;
    return v < hi ? v : hi;
}

void onnx_clamps(struct onnx *x, const char **name, struct bl_layer *l)
{
    float lo = -INFINITY, hi = INFINITY, a, b;
    const Onnx__NodeProto *n;
    struct code c;
    bool any = false;

    while (onnx_ahead(x, *name, &c) && (n = onnx_only_reader(x, *name)) && bounds(x, n, &a, &b)) {
        lo = between(lo, a, b);
        hi = between(hi, a, b);
        *name = n->output[0];
        onnx_absorb(x, n);
        any = true;
    }
    if (!any)
        return;
    l->relu = !(lo < 0.0f) && !(lo > 0.0f) && hi > 0.0f;
    l->relu_max = l->relu && isfinite(hi) ? hi : 0.0f;
    l->clip = !l->relu;
    l->clip_lo = lo;
    l->clip_hi = hi;
}

/* ---- tensors and layers ---- */

int onnx_take(struct onnx *x, const Onnx__NodeProto *n, uint64_t bytes)
{
    x->taken += bytes;
    return x->taken <= BL_NET_MAX_BYTES ? 0 :
        onnx_refuse(x, n, "with this node the net needs %llu MB of tensors, more than %llu MB; is the input larger than meant?",
                    (unsigned long long)(x->taken >> 20), (unsigned long long)(BL_NET_MAX_BYTES >> 20));
}

int64_t onnx_tensor(struct onnx *x, const Onnx__NodeProto *n, const char *name, uint32_t rank, const uint64_t *dims, const struct code *c,
                    const struct bl_tensor *like)
{
    struct bl_tensor t = { .name = name, .dtype = BL_REAL, .scale = 1.0f };
    int64_t i;

    if (rank > ONNX_RANK || onnx_shape(dims, rank, &t))
        return onnx_refuse(x, n, "found output '%s' of rank %u, expected at most %d and at most %u elements", name, rank, ONNX_RANK, BL_NET_MAX_ELEMS);
    if (like) {
        t.c = like->c;
        t.h = like->h;
        t.w = like->w;
    }
    if (c) {
        t.dtype = c->type;
        t.scale = c->scale;
        t.zero = c->zero;
    }
    if (onnx_take(x, n, bl_tensor_bytes(&t)))
        return -1;
    i = bl_net_tensor(x->net, &t);
    return i >= 0 ? i : onnx_refuse(x, n, "no memory");
}

int64_t onnx_layer(struct onnx *x, const Onnx__NodeProto *n, struct bl_layer *l, const char *name, uint32_t rank, const uint64_t *dims,
                   const struct code *c, const struct bl_tensor *like)
{
    int64_t t = onnx_tensor(x, n, name, rank, dims, c, like);

    if (t < 0)
        return -1;
    l->name = l->name ? l->name : *onnx_text(n->name) ? n->name : n->output[0];
    l->out = (uint32_t)t;
    return bl_net_layer(x->net, l) < 0 ? onnx_refuse(x, n, "no memory") : t;
}

int onnx_define_like(struct onnx *x, const Onnx__NodeProto *n, const char *name, const struct value *v)
{
    struct value copy = *v, *out = onnx_define(x, name);

    if (!out)
        return onnx_refuse(x, n, "its output '%s' is already made", name);
    copy.name = out->name;
    copy.readers = out->readers;
    copy.reader = out->reader;
    *out = copy;
    return 0;
}

int onnx_emit(struct onnx *x, const Onnx__NodeProto *n, struct bl_layer *l, const char *name, uint32_t rank, const uint64_t *dims,
              const struct code *c, bool codes, const struct bl_tensor *like)
{
    struct value v = { .kind = codes ? VALUE_CODES : c ? VALUE_VIEW : VALUE_FLOAT, .rank = rank };
    int64_t t = onnx_layer(x, n, l, name, rank, dims, c, like);

    if (t < 0)
        return -1;
    memcpy(v.dims, dims, rank * sizeof *dims);
    v.tensor = (uint32_t)t;
    if (c) {
        v.scale = c->scale;
        v.zero = c->zero;
    }
    return onnx_define_like(x, n, name, &v);
}

/* ---- operands ---- */

struct value *onnx_real_in(struct onnx *x, const Onnx__NodeProto *n, size_t i)
{
    struct value *v = onnx_in(x, n, i);

    if (v && (v->kind == VALUE_VIEW || (v->kind == VALUE_FLOAT && !v->sums)))
        return v;
    if (v && v->kind == VALUE_CODES)
        onnx_refuse(x, n, "input '%s' is not dequantised: it is integer; expected a DequantizeLinear before this operator", v->name);
    else if (v && v->kind == VALUE_FLOAT)
        onnx_refuse(x, n, "input '%s' are the 32-bit sums of an integer product; expected a Cast to float32 before this operator", v->name);
    else
        onnx_refuse(x, n, "input %zu ('%s') is a constant, expected activations", i, i < n->n_input ? n->input[i] : "");
    return NULL;
}

struct value *onnx_codes_in(struct onnx *x, const Onnx__NodeProto *n, size_t i)
{
    struct value *v = onnx_in(x, n, i);
    struct code c;

    if (!v || v->kind != VALUE_CODES) {
        onnx_refuse(x, n, "input %zu ('%s') is no quantised activation; it is %s", i, i < n->n_input ? n->input[i] : "",
                    onnx_is_const(v) ? "a constant" : "real");
        return NULL;
    }
    const struct bl_tensor *t = &x->net->tensors[v->tensor];
    if (onnx_code(x, n, i + 1, i + 2, t->dtype, &c))
        return NULL;
    if (c.type != t->dtype) {
        onnx_refuse(x, n, "the zero point's type is not that of '%s'", v->name);
        return NULL;
    }
    v->scale = c.scale;
    v->zero = c.zero;
    int64_t same = onnx_linear(x, n, v);
    if (same < 0)
        return NULL;
    v->tensor = (uint32_t)same;
    return v;
}

void onnx_reals(const struct onnx *x, const struct value *v, float real[256])
{
    bool s = x->net->tensors[v->tensor].dtype == BL_S8;

    for (int i = 0; i < 256; i++)
        real[i] = v->table ? v->table[i] : (float)((s ? (int8_t)(uint8_t)i : i) - v->zero) * v->scale;
}

static bool is_code(const struct bl_tensor *t, float scale, int32_t zero)
{
    return t->scale >= scale && t->scale <= scale && t->zero == zero;
}

/* Another meaning of the same bytes: a table that changes nothing. */
int64_t onnx_linear(struct onnx *x, const Onnx__NodeProto *n, struct value *v)
{
    const struct bl_tensor t = x->net->tensors[v->tensor];
    struct code c = { v->scale, v->zero, t.dtype };
    struct bl_layer l = { .kind = BL_LUT, .name = v->name, .in = { v->tensor, v->tensor } };

    if (is_code(&t, v->scale, v->zero))
        return v->tensor;
    if (!(l.lut = bl_net_alloc(x->net, 256, 1)))
        return onnx_refuse(x, n, "no memory");
    for (int i = 0; i < 256; i++)
        l.lut[i] = (uint8_t)i;
    return onnx_layer(x, n, &l, v->name, v->rank, v->dims, &c, &t);
}

int64_t onnx_const_float(struct onnx *x, const Onnx__NodeProto *n, const struct value *v, uint32_t rank, const uint64_t *dims)
{
    uint64_t d[ONNX_RANK];
    uint32_t r;
    int64_t t;

    if (!onnx_const_dims(v, &r, d))
        return onnx_no_data(x, n, v);
    if (v->kind == VALUE_CONST && v->t->data_type != ONNX_TYPE(FLOAT))
        return onnx_refuse(x, n, "the constant '%s' (ONNX type %d) is integer, expected real values", v->name, v->t->data_type);
    if ((t = onnx_tensor(x, n, v->name, rank, dims, NULL, NULL)) < 0)
        return -1;
    size_t count = bl_tensor_elems(&x->net->tensors[t]);
    float *data = bl_net_alloc(x->net, count, sizeof *data);
    if (!data)
        return onnx_refuse(x, n, "no memory for %zu numbers", count);
    for (size_t i = 0; i < count; i++)
        data[i] = onnx_real(v, onnx_operand(i, rank, dims, r, d));
    x->net->tensors[t].data = (const uint8_t *)(const void *)data;
    return t;
}

int64_t onnx_as_float(struct onnx *x, const Onnx__NodeProto *n, struct value *v)
{
    struct bl_layer l = { .kind = BL_TABLE, .name = v->name, .in = { v->tensor, v->tensor } };
    float *reals;
    int64_t t;

    if (onnx_is_const(v)) {
        uint64_t d[ONNX_RANK];
        uint32_t r;
        return onnx_const_dims(v, &r, d) ? onnx_const_float(x, n, v, r, d) : onnx_no_data(x, n, v);
    }
    if (v->kind == VALUE_FLOAT || v->has_float)
        return v->kind == VALUE_FLOAT ? v->tensor : v->float_tensor;
    if (!(reals = bl_net_alloc(x->net, 256, sizeof *reals)))
        return onnx_refuse(x, n, "no memory");
    const struct bl_tensor like = x->net->tensors[v->tensor];
    onnx_reals(x, v, reals);
    l.reals = reals;
    if ((t = onnx_layer(x, n, &l, v->name, v->rank, v->dims, NULL, &like)) < 0)
        return -1;
    v->has_float = true;
    v->float_tensor = (uint32_t)t;
    return t;
}

int64_t onnx_stretched_float(struct onnx *x, const Onnx__NodeProto *n, struct value *v, uint32_t rank, const uint64_t *dims)
{
    struct bl_layer l = { .kind = BL_MOVE, .name = onnx_is_const(v) ? NULL : v->name };
    int64_t t;

    if (onnx_is_const(v))
        return onnx_const_float(x, n, v, rank, dims);
    if ((t = onnx_as_float(x, n, v)) < 0 || onnx_elems(v->dims, v->rank) == onnx_elems(dims, rank))
        return t;
    size_t count = onnx_elems(dims, rank);
    uint32_t *from = onnx_take(x, n, count * sizeof *from) ? NULL : bl_net_alloc(x->net, count, sizeof *from);
    if (!from)
        return onnx_refuse(x, n, "no memory");
    for (size_t i = 0; i < count; i++)
        from[i] = (uint32_t)onnx_operand(i, rank, dims, v->rank, v->dims);
    l.in[0] = l.in[1] = (uint32_t)t;
    l.from = from;
    return onnx_layer(x, n, &l, v->name, rank, dims, NULL, NULL);
}

/* Whether BL_RELU, without a clip or with the fused one of a Relu, makes the same codes as the table: then it is that layer. */
static bool as_relu(struct bl_layer *l, const struct bl_tensor *t, const struct code *c, const uint8_t *lut)
{
    int32_t lo = c->type == BL_S8 ? -128 : 0, hi = lo + 255;
    float m = t->scale / c->scale;

    for (int relu = 0; relu < 2; relu++) {
        int same = 0;
        for (int i = 0; i < 256; i++) {
            int32_t q = t->dtype == BL_S8 ? (int8_t)(uint8_t)i : i;
            same += (uint8_t)bl_requant(q - t->zero, m, c->zero, relu && c->zero > lo ? c->zero : lo, hi) == lut[i];
        }
        if (same == 256) {
            l->kind = BL_RELU;
            l->relu = relu;
            l->lut = NULL;
            return true;
        }
    }
    return false;
}

int64_t onnx_coded(struct onnx *x, const Onnx__NodeProto *n, struct value *v, const struct code *c, bool inside)
{
    struct bl_layer l = { .kind = BL_QUANT, .in = { v->tensor, v->tensor }, .inside = inside };
    int32_t lo = c->type == BL_S8 ? -128 : 0;
    const struct bl_tensor t = x->net->tensors[v->tensor];
    float real[256];
    int same = 0;

    if (v->kind == VALUE_FLOAT)
        return onnx_layer(x, n, &l, n->output[0], v->rank, v->dims, c, &t);
    if (!(l.lut = bl_net_alloc(x->net, 256, 1)))
        return onnx_refuse(x, n, "no memory");
    l.kind = BL_LUT;
    onnx_reals(x, v, real);
    for (int i = 0; i < 256; i++) {
        l.lut[i] = (uint8_t)bl_float_code(real[i], c->scale, c->zero, inside, lo, lo + 255);
        same += l.lut[i] == i;
    }
    if (same == 256 && is_code(&t, c->scale, c->zero) && t.dtype == c->type)
        return v->tensor;
    as_relu(&l, &t, c, l.lut);
    return onnx_layer(x, n, &l, n->output[0], v->rank, v->dims, c, &t);
}

int64_t onnx_reshaped(struct onnx *x, const Onnx__NodeProto *n, uint32_t tensor, uint32_t c, uint32_t h, uint32_t w)
{
    struct bl_tensor t = x->net->tensors[tensor];
    struct bl_layer l = { .kind = BL_RESHAPE, .name = *onnx_text(n->name) ? n->name : n->output[0], .in = { tensor, tensor } };
    int64_t out;

    if (t.c == c && t.h == h && t.w == w)
        return tensor;
    t.c = c;
    t.h = h;
    t.w = w;
    t.name = n->output[0];
    t.data = NULL;
    if ((out = bl_net_tensor(x->net, &t)) < 0)
        return onnx_refuse(x, n, "no memory");
    l.out = (uint32_t)out;
    return bl_net_layer(x->net, &l) < 0 ? onnx_refuse(x, n, "no memory") : out;
}

/* The code that means `fill` in a view; false: none does. */
static bool code_of(const struct onnx *x, const struct value *v, float fill, int32_t *code)
{
    float real[256];

    onnx_reals(x, v, real);
    for (int i = 0; i < 256; i++)
        if (real[i] >= fill && real[i] <= fill) {
            *code = x->net->tensors[v->tensor].dtype == BL_S8 ? (int8_t)(uint8_t)i : i;
            return true;
        }
    return false;
}

int onnx_move(struct onnx *x, const Onnx__NodeProto *n, struct value *v, const char *name, uint32_t rank, const uint64_t *dims, uint32_t *from,
              float fill)
{
    struct bl_layer l = { .kind = BL_MOVE, .from = from, .fill_real = fill };
    const struct bl_tensor t = x->net->tensors[v->tensor];
    struct code c = { t.scale, t.zero, t.dtype }, ahead;
    struct value out = *v;
    int64_t made, in = v->tensor;
    bool fills = false;

    for (uint64_t i = 0; i < onnx_elems(dims, rank); i++)
        fills |= from[i] == BL_MOVE_FILL;
    l.fill = t.dtype == BL_REAL ? 0 : t.zero;
    if (fills && v->kind == VALUE_CODES)
        l.fill = (int32_t)fill;
    if (fills && v->kind == VALUE_VIEW && !code_of(x, v, fill, &l.fill)) {
        if (onnx_ahead(x, name, &ahead) && !v->table && is_code(&t, ahead.scale, ahead.zero) && ahead.type == t.dtype) {
            l.fill = bl_float_code(fill, ahead.scale, ahead.zero, false, bl_tensor_min(&t), bl_tensor_max(&t));
        } else {
            if ((in = onnx_as_float(x, n, v)) < 0)
                return -1;
            out.kind = VALUE_FLOAT;
        }
    }
    l.in[0] = l.in[1] = (uint32_t)in;
    if ((made = onnx_layer(x, n, &l, name, rank, dims, x->net->tensors[in].dtype == BL_REAL ? NULL : &c, NULL)) < 0)
        return -1;
    out.tensor = (uint32_t)made;
    out.has_float = out.input = false;
    out.rank = rank;
    memcpy(out.dims, dims, rank * sizeof *dims);
    return onnx_define_like(x, n, name, &out);
}
