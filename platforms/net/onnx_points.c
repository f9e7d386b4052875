/* onnx_points.c - functions of one value, element by element. A function of codes stays a view of the same codes with another table, and
 * becomes a layer where it is quantised or where its values are wanted. */
#include <math.h>
#include <string.h>

#include "platforms/net/onnx_read.h"

/* The view's table through f, as another view. */
static int through(struct onnx *x, const Onnx__NodeProto *n, const struct value *v, const struct bl_float *f)
{
    struct value out = *v;
    float *table = bl_net_alloc(x->net, 256, sizeof *table);

    if (!table)
        return onnx_refuse(x, n, "no memory");
    onnx_reals(x, v, table);
    for (int i = 0; i < 256; i++)
        table[i] = bl_float_function(f, table[i]);
    out.table = table;
    out.has_float = out.input = false;
    return onnx_define_like(x, n, n->output[0], &out);
}

static int apply(struct onnx *x, const Onnx__NodeProto *n, struct value *v, struct bl_float f)
{
    struct bl_layer l = { .kind = BL_FLOAT, .in = { v->tensor, v->tensor } };
    const struct bl_tensor like = x->net->tensors[v->tensor];

    if (v->kind == VALUE_VIEW)
        return through(x, n, v, &f);
    f.n = (uint32_t)onnx_elems(v->dims, v->rank);
    l.real = f;
    return onnx_emit(x, n, &l, n->output[0], v->rank, v->dims, NULL, false, &like);
}

static const struct { const char *op; enum bl_float_op is; float alpha, beta; } FUNCTIONS[] = {
    { "Relu", BL_FLOAT_RELU, 0, 0 }, { "LeakyRelu", BL_FLOAT_LEAKY, 0.01f, 0 }, { "Elu", BL_FLOAT_ELU, 1, 0 }, { "Sigmoid", BL_FLOAT_SIGMOID, 0, 0 },
    { "Tanh", BL_FLOAT_TANH, 0, 0 }, { "HardSigmoid", BL_FLOAT_HARD_SIGMOID, 0.2f, 0.5f }, { "HardSwish", BL_FLOAT_HARD_SWISH, 0, 0 },
    { "Softplus", BL_FLOAT_SOFTPLUS, 0, 0 }, { "Neg", BL_FLOAT_NEG, 0, 0 }, { "Abs", BL_FLOAT_ABS, 0, 0 }, { "Sqrt", BL_FLOAT_SQRT, 0, 0 },
    { "Exp", BL_FLOAT_EXP, 0, 0 }, { "Erf", BL_FLOAT_ERF, 0, 0 }, { "Gelu", BL_FLOAT_GELU, 0, 0 },
    { "Floor", BL_FLOAT_FLOOR, 0, 0 }, { "Ceil", BL_FLOAT_CEIL, 0, 0 },
    { "Round", BL_FLOAT_ROUND, 0, 0 }, { "QLinearSigmoid", BL_FLOAT_SIGMOID, 0, 0 }, { "QLinearLeakyRelu", BL_FLOAT_LEAKY, 0.01f, 0 },
};

static struct bl_float function_of(const Onnx__NodeProto *n)
{
    size_t i = 0;

    while (!onnx_op_is(n, FUNCTIONS[i].op))
        i++;
    enum bl_float_op op = onnx_attr_is(n, "approximate", "tanh") ? BL_FLOAT_GELU_TANH : FUNCTIONS[i].is;
    return (struct bl_float){ .op = (uint16_t)op, .alpha = onnx_attr_float(n, "alpha", FUNCTIONS[i].alpha),
                              .beta = onnx_attr_float(n, "beta", FUNCTIONS[i].beta) };
}

int onnx_function(struct onnx *x, const Onnx__NodeProto *n)
{
    struct value *v = onnx_in(x, n, 0);
    const struct bl_float f = function_of(n);

    if (onnx_attr(n, "approximate") && !onnx_attr_is(n, "approximate", "tanh") && !onnx_attr_is(n, "approximate", "none"))
        return onnx_refuse(x, n, "attribute 'approximate': expected none or tanh");
    if (onnx_is_const(v))
        return onnx_const_function(x, n, v, &f);
    return (v = onnx_real_in(x, n, 0)) ? apply(x, n, v, f) : -1;
}

int onnx_qfunction(struct onnx *x, const Onnx__NodeProto *n)
{
    struct value *v = onnx_codes_in(x, n, 0), view;
    const struct bl_float f = function_of(n);
    struct code c;
    float *table = v ? bl_net_alloc(x->net, 256, sizeof *table) : NULL;

    if (!table || onnx_code(x, n, 3, 4, x->net->tensors[v->tensor].dtype, &c))
        return -1;
    view = *v;
    view.kind = VALUE_VIEW;
    view.table = NULL;
    onnx_reals(x, &view, table);
    for (int i = 0; i < 256; i++)
        table[i] = bl_float_function(&f, table[i]);
    view.table = table;
    int64_t t = onnx_coded(x, n, &view, &c, false);
    if (t < 0)
        return -1;
    view = *v;
    view.tensor = (uint32_t)t;
    view.scale = c.scale;
    view.zero = c.zero;
    view.has_float = view.input = false;
    return onnx_define_like(x, n, n->output[0], &view);
}

/* Bounds of Clip: attributes before opset 11, then inputs. */
static int clip_bounds(struct onnx *x, const Onnx__NodeProto *n, float *lo, float *hi)
{
    *lo = onnx_attr_float(n, "min", -INFINITY);
    *hi = onnx_attr_float(n, "max", INFINITY);
    if ((n->n_input > 1 && *n->input[1] && onnx_scalar(x, n, 1, "minimum", lo)) || (n->n_input > 2 && *n->input[2] && onnx_scalar(x, n, 2, "maximum", hi)))
        return -1;
    return isnan(*lo) || isnan(*hi) ? onnx_refuse(x, n, "found a bound that is no number") : 0;
}

/* Bits of integers between lo and hi; never one, which as weights would mean -1 and +1. */
static unsigned clipped_bits(float lo, float hi, bool is_signed)
{
    unsigned bits = onnx_bits_of(lo, hi, is_signed);

    return bits < 2 ? 2 : bits;
}

/* On integers, as Brevitas writes it between QuantizeLinear and DequantizeLinear: of a constant, or a table of activations. */
static int clip_integers(struct onnx *x, const Onnx__NodeProto *n, const struct value *v, float lo, float hi)
{
    struct value out = *v;

    if (v->kind == VALUE_CONST) {
        uint64_t dims[ONNX_RANK];
        uint32_t rank;
        if (!onnx_const_dims(v, &rank, dims) || (v->t->data_type != ONNX_TYPE(INT8) && v->t->data_type != ONNX_TYPE(UINT8)))
            return onnx_refuse(x, n, "found a Clip of a constant of ONNX type %d, expected int8 or uint8", v->t->data_type);
        Onnx__TensorProto *t = onnx_make(x, v->t->data_type, rank, dims);
        if (!t)
            return onnx_refuse(x, n, "no memory");
        for (size_t i = 0; i < t->raw_data.len; i++) {
            float q = (float)onnx_int(v->t, i);
            q = q < lo ? lo : q;
            t->raw_data.data[i] = (uint8_t)(int32_t)(q > hi ? hi : q);
        }
        out.t = t;
        out.bits = clipped_bits(lo, hi, v->t->data_type == ONNX_TYPE(INT8));
        return onnx_define_like(x, n, n->output[0], &out);
    }
    const struct bl_tensor t = x->net->tensors[v->tensor];
    struct code c = onnx_code_of(&t), few = c;
    struct bl_layer l = { .kind = BL_LUT, .in = { v->tensor, v->tensor }, .lut = bl_net_alloc(x->net, 256, 1) };
    if ((float)bl_tensor_min(&t) >= lo && (float)bl_tensor_max(&t) <= hi && !v->input)      /* whoever made them has these bits */
        return onnx_define_like(x, n, n->output[0], v);
    if (!l.lut)
        return onnx_refuse(x, n, "no memory");
    few.bits = clipped_bits(lo, hi, t.dtype == BL_S8);
    if (few.bits < c.bits && t.zero >= onnx_least(&few) && t.zero <= onnx_most(&few))
        c = few;
    for (int i = 0; i < 256; i++) {
        float q = (float)(t.dtype == BL_S8 ? (int8_t)(uint8_t)i : i);
        q = q < lo ? lo : q;
        l.lut[i] = (uint8_t)(int32_t)(q > hi ? hi : q);
    }
    return onnx_emit(x, n, &l, n->output[0], v->rank, v->dims, &c, true, &t);
}

int onnx_clip(struct onnx *x, const Onnx__NodeProto *n)
{
    struct value *v = onnx_in(x, n, 0);
    float lo, hi;

    if (clip_bounds(x, n, &lo, &hi))
        return -1;
    if (v->kind == VALUE_CODES || (v->kind == VALUE_CONST && onnx_is_int(v->t)))
        return clip_integers(x, n, v, lo, hi);
    const struct bl_float f = { .op = BL_FLOAT_CLIP, .alpha = lo, .beta = hi };
    if (onnx_is_const(v))
        return onnx_const_function(x, n, v, &f);
    return (v = onnx_real_in(x, n, 0)) ? apply(x, n, v, f) : -1;
}
