/* onnx_operand.c - what a node reads as tensors: codes, real values, constants, moved or stretched copies, and the ways between them. */
#include <math.h>
#include <string.h>

#include "platforms/net/onnx_read.h"

struct value *onnx_real_in(struct onnx *x, const Onnx__NodeProto *n, size_t i)
{
    struct value *v = onnx_in(x, n, i);

    if (v && (v->kind == VALUE_VIEW || (v->kind == VALUE_FLOAT && !v->sums && (!v->dynamic || v->is_scale))))
        return v;
    if (v && v->kind == VALUE_CODES)
        onnx_refuse(x, n, "input '%s' is not dequantised: it is integer; expected a DequantizeLinear before this operator", v->name);
    else if (v && v->kind == VALUE_FLOAT && v->dynamic)
        onnx_refuse(x, n, "input '%s' is made by a DynamicQuantizeLinear; expected ConvInteger, MatMulInteger, DequantizeLinear or a move behind it", v->name);
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
    if (c.type != t->dtype || c.four != v->four) {
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
    struct code c = { .scale = v->scale, .zero = v->zero, .type = t.dtype, .bits = t.bits, .odd = t.odd && !v->zero };
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

int64_t onnx_const_coded(struct onnx *x, const Onnx__NodeProto *n, const struct value *v, const struct code *c)
{
    uint64_t d[ONNX_RANK];
    uint32_t r;

    if (!onnx_const_dims(v, &r, d))
        return onnx_no_data(x, n, v);
    int64_t t = onnx_tensor(x, n, v->name, r, d, c, NULL);
    uint8_t *data = t < 0 ? NULL : bl_net_alloc(x->net, onnx_elems(d, r), 1);
    if (!data)
        return t < 0 ? -1 : onnx_refuse(x, n, "no memory");
    for (uint64_t i = 0; i < onnx_elems(d, r); i++)
        data[i] = (uint8_t)bl_float_code(onnx_real(v, i), c->scale, c->zero, false, onnx_least(c), onnx_most(c));
    x->net->tensors[t].data = data;
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
    int32_t lo = onnx_least(c), hi = onnx_most(c);
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
        int32_t q = t.dtype == BL_S8 ? (int8_t)(uint8_t)i : i;
        l.lut[i] = (uint8_t)bl_float_code(real[i], c->scale, c->zero, inside, onnx_least(c), onnx_most(c));
        same += l.lut[i] == i || q < bl_tensor_min(&t) || q > bl_tensor_max(&t);
    }
    if (same == 256 && is_code(&t, c->scale, c->zero) && t.dtype == c->type)
        return v->tensor;
    if (c->odd || !as_relu(&l, &t, c, l.lut)) {
        float *kept = inside ? NULL : bl_net_alloc(x->net, 256, sizeof *kept);        /* so that a narrowed net rounds them once */
        for (int i = 0; kept && i < 256; i++)
            kept[i] = real[i];
        l.reals = kept;
    }
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
    if (onnx_is_const(v))
        return onnx_const_move(x, n, v, name, rank, dims, from, fill);
    struct bl_layer l = { .kind = BL_MOVE, .from = from, .fill_real = fill };
    const struct bl_tensor t = x->net->tensors[v->tensor];
    struct code c = onnx_code_of(&t), ahead;
    struct value out = *v;
    int64_t made, in = v->tensor;
    bool fills = false;

    for (uint64_t i = 0; i < onnx_elems(dims, rank); i++)
        fills |= from[i] == BL_MOVE_FILL;
    if (fills && v->dynamic)
        return onnx_refuse(x, n, "it fills cells of '%s', which is made by a DynamicQuantizeLinear; pad before that", v->name);
    l.fill = t.dtype == BL_REAL ? 0 : t.zero;
    if (fills && v->kind == VALUE_CODES)
        l.fill = (int32_t)fill;
    if (fills && v->kind == VALUE_VIEW && !code_of(x, v, fill, &l.fill)) {
        if (onnx_ahead(x, name, &ahead) && !v->table && is_code(&t, ahead.scale, ahead.zero) && ahead.type == t.dtype) {
            l.fill = bl_float_code(fill, ahead.scale, ahead.zero, false, onnx_least(&ahead), onnx_most(&ahead));
        } else {
            if ((in = onnx_as_float(x, n, v)) < 0)
                return -1;
            out.kind = VALUE_FLOAT;
            out.four = false;
            l.fill = 0;
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
