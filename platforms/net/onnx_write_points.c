/* onnx_write_points.c - layers element by element written as ONNX: two activations to one, changes of scale, functions of one value. */
#include <string.h>

#include "platforms/net/onnx_put.h"

/* ---- two activations ---- */

static const char *op_of(enum bl_kind kind)
{
    return kind == BL_ADD ? "Add" : kind == BL_SUB ? "Sub" : kind == BL_MUL ? "Mul" : kind == BL_MAX ? "Max" : "Min";
}

/* Rounded as QLinearAdd and QLinearMul do, of ONNX Runtime. */
static int put_inside(struct put *p, const char *a, const char *b)
{
    const struct bl_layer *l = p->l;
    const struct bl_tensor *t = p->net->tensors;

    if (l->kind == BL_SUB || !put_unclipped(p) || t[l->in[0]].dtype != t[l->out].dtype || t[l->in[1]].dtype != t[l->out].dtype)
        return put_refuse(p, "its zero point is added before the rounding, which only QLinearAdd and QLinearMul do, of one type and without a clip");
    Onnx__NodeProto *n = put_layer(p, l->kind == BL_ADD ? "QLinearAdd" : "QLinearMul");
    put_in(p, n, a);
    put_code(p, n, l->in[0]);
    put_in(p, n, b);
    put_code(p, n, l->in[1]);
    put_code(p, n, l->out);
    put_result_image(p, put_out(n));
    return 0;
}

int put_pair(struct put *p)
{
    const struct bl_layer *l = p->l;
    const struct bl_tensor *y = &p->net->tensors[l->out];
    const int64_t image[] = { 1, y->c, y->h, y->w };
    const char *a = put_image(p, l->in[0]), *b = put_image(p, l->in[1]);
    bool compares = l->kind == BL_MAX || l->kind == BL_MIN;

    if (!compares && p->net->rule == BL_F32 && l->pair.form == BL_PAIR_INSIDE)
        return put_inside(p, a, b);
    if (!compares && (p->net->rule != BL_F32 || l->pair.form != BL_PAIR_CHAIN) &&
        put_nearly(p, p->net->rule != BL_F32 ? "it is rounded as TensorFlow Lite does" : "it multiplies by s_a / s_y, where ONNX multiplies by s_a and divides by s_y"))
        return -1;
    a = put_real(p, l->in[0], a);
    b = put_real(p, l->in[1], b);
    Onnx__NodeProto *n = put_layer(p, op_of(l->kind));
    put_in(p, n, a);
    put_in(p, n, b);
    put_quantized(p, put_out(n), 4, image);
    return 0;
}

/* ---- functions of one value ---- */

/* What a table may be: x, or a function of it, times x where `gate`. */
static const struct function { enum bl_float_op op; const char *name; float alpha, beta; bool has_alpha, has_beta, gate; } FUNCTIONS[] = {
    { BL_FLOAT_RELU, "Relu", 0, 0, false, false, false },
    { BL_FLOAT_SIGMOID, "Sigmoid", 0, 0, false, false, false },
    { BL_FLOAT_SIGMOID, "Sigmoid", 0, 0, false, false, true },             /* swish */
    { BL_FLOAT_TANH, "Tanh", 0, 0, false, false, false },
    { BL_FLOAT_HARD_SIGMOID, "HardSigmoid", 0.2f, 0.5f, true, true, false },
    { BL_FLOAT_HARD_SIGMOID, "HardSigmoid", 1.0f / 6.0f, 0.5f, true, true, false },
    { BL_FLOAT_HARD_SWISH, "HardSwish", 0, 0, false, false, false },
    { BL_FLOAT_LEAKY, "LeakyRelu", 0.01f, 0, true, false, false },
    { BL_FLOAT_LEAKY, "LeakyRelu", 0.1f, 0, true, false, false },
    { BL_FLOAT_LEAKY, "LeakyRelu", 0.2f, 0, true, false, false },
    { BL_FLOAT_ELU, "Elu", 1, 0, true, false, false },
    { BL_FLOAT_SOFTPLUS, "Softplus", 0, 0, false, false, false },
    { BL_FLOAT_NEG, "Neg", 0, 0, false, false, false },
    { BL_FLOAT_ABS, "Abs", 0, 0, false, false, false },
    { BL_FLOAT_SQRT, "Sqrt", 0, 0, false, false, false },
    { BL_FLOAT_EXP, "Exp", 0, 0, false, false, false },
    { BL_FLOAT_ERF, "Erf", 0, 0, false, false, false },
    { BL_FLOAT_FLOOR, "Floor", 0, 0, false, false, false },
    { BL_FLOAT_CEIL, "Ceil", 0, 0, false, false, false },
    { BL_FLOAT_ROUND, "Round", 0, 0, false, false, false },
};
enum { NFUNCTIONS = sizeof FUNCTIONS / sizeof *FUNCTIONS };

static float value_of(const struct function *f, float x)
{
    float v = f ? bl_float_function(&(struct bl_float){ .op = (uint16_t)f->op, .alpha = f->alpha, .beta = f->beta }, x) : x;

    return f && f->gate ? x * v : v;
}

static bool same_bits(float a, float b) { return !memcmp(&a, &b, sizeof a); }

/* Does f give all that the layer's table has, within its lo and hi? f NULL: x itself. */
static bool makes_table(const struct put *p, const struct function *f)
{
    const struct bl_layer *l = p->l;
    const struct bl_tensor *x = &p->net->tensors[l->in[0]], *y = &p->net->tensors[l->out];

    for (int32_t q = bl_tensor_min(x); q <= bl_tensor_max(x); q++) {
        float v = value_of(f, (float)(q - x->zero) * x->scale);
        if (l->kind == BL_TABLE ? !same_bits(v, l->reals[(uint8_t)q]) : (uint8_t)bl_float_code(v, y->scale, y->zero, false, l->lo, l->hi) != l->lut[(uint8_t)q])
            return false;
    }
    return true;
}

static const char *put_function(struct put *p, const char *x, const struct function *f)
{
    Onnx__NodeProto *n = p->l->kind == BL_LUT ? put_node(p, f->name, f->name) : put_layer(p, f->name);

    put_in(p, n, x);
    if (f->has_alpha)
        put_float(p, n, "alpha", f->alpha);
    if (f->has_beta)
        put_float(p, n, "beta", f->beta);
    if (!f->gate)
        return put_out(n);
    const char *gate = put_out(n);
    n = put_node(p, "Mul", "gated");
    put_in(p, n, x);
    put_in(p, n, gate);
    return put_out(n);
}

/* The least and the greatest code that the table gives become the bounds of the layer: a clip may be in it. */
static void bound(const struct put *p, struct bl_layer *l)
{
    const bool is_signed = p->net->tensors[l->out].dtype == BL_S8;
    const struct bl_tensor *x = &p->net->tensors[l->in[0]];

    l->lo = INT32_MAX;
    l->hi = INT32_MIN;
    for (int32_t q = bl_tensor_min(x); q <= bl_tensor_max(x); q++) {
        int32_t v = is_signed ? (int8_t)l->lut[(uint8_t)q] : l->lut[(uint8_t)q];
        l->lo = v < l->lo ? v : l->lo;
        l->hi = v > l->hi ? v : l->hi;
    }
    l->relu = false;
}

/* The table only clips codes; without a clip their scale may become another. */
static bool keeps_codes(const struct put *p)
{
    const struct bl_layer *l = p->l;
    const struct bl_tensor *x = &p->net->tensors[l->in[0]], *y = &p->net->tensors[l->out];

    for (int32_t q = bl_tensor_min(x); q <= bl_tensor_max(x); q++)
        if (l->lut[(uint8_t)q] != (uint8_t)(q < l->lo ? l->lo : q > l->hi ? l->hi : q))
            return false;
    return put_one_code(x, y) || (x->dtype == y->dtype && put_unclipped(p));
}

static void put_codes(struct put *p, const char *x, const int64_t *image)
{
    const struct bl_layer *l = p->l;
    const struct bl_tensor *y = &p->net->tensors[l->out];
    const bool clips = !put_unclipped(p) || y->bits < PUT_BITS;
    Onnx__NodeProto *n = put_layer(p, clips ? "Clip" : "Identity");

    if (clips)
        put_clip(p, n, x, y->dtype == BL_S8, l->lo, l->hi);
    else
        put_in(p, n, x);
    put_within(p, put_out(n), 4, image);
}

/* The codes as numbers: what a Cast gives. */
static bool is_cast(const struct put *p)
{
    const struct bl_layer *l = p->l;
    const struct bl_tensor *x = &p->net->tensors[l->in[0]];

    for (int32_t q = bl_tensor_min(x); l->kind == BL_TABLE && q <= bl_tensor_max(x); q++)
        if (!same_bits(l->reals[(uint8_t)q], (float)q))
            return false;
    return l->kind == BL_TABLE;
}

static int put_table(struct put *p, const char *x, const int64_t *image)
{
    const struct function *f = NULL;

    if (is_cast(p)) {
        Onnx__NodeProto *n = put_layer(p, "Cast");
        put_in(p, n, x);
        put_int(p, n, "to", PUT_TYPE(FLOAT));
        put_result(p, put_out(n), 4, image);
        return 0;
    }
    if (p->l->kind == BL_LUT && keeps_codes(p)) {
        put_codes(p, x, image);
        return 0;
    }
    for (int i = 0; i < NFUNCTIONS && !makes_table(p, f); i++)
        f = &FUNCTIONS[i];
    if (!makes_table(p, f))
        return put_refuse(p, "its table of 256 values is none of the functions that are known: Sigmoid, Tanh, HardSwish and the like");
    x = put_real(p, p->l->in[0], x);
    put_quantized(p, f ? put_function(p, x, f) : x, 4, image);
    return 0;
}

static int put_bounded_table(struct put *p, const char *x, const int64_t *image)
{
    const struct bl_layer *at = p->l;
    struct bl_layer bounded = *at;

    if (at->kind == BL_LUT)
        bound(p, &bounded);
    p->l = &bounded;
    int rc = put_table(p, x, image);
    p->l = at;
    return rc;
}

/* A function of float32 values with the factors that the layer has; NULL: it has no operator here. */
const char *put_float_function(struct put *p, const char *x)
{
    for (int i = 0; i < NFUNCTIONS; i++)
        if (FUNCTIONS[i].op == p->l->real.op && !FUNCTIONS[i].gate) {
            struct function f = FUNCTIONS[i];
            f.alpha = p->l->real.alpha;
            f.beta = p->l->real.beta;
            return put_function(p, x, &f);
        }
    return NULL;
}

/* ---- softmax ---- */

const char *put_softmax(struct put *p, const char *x, const int64_t parts[3])
{
    const struct bl_tensor *y = &p->net->tensors[p->l->out];
    Onnx__NodeProto *n = put_node(p, "Reshape", "rows");

    put_in(p, n, x);
    put_in(p, n, put_int64s(p, "shape", 3, parts));
    x = put_out(n);
    n = put_layer(p, "Softmax");
    put_in(p, n, x);
    put_int(p, n, "axis", 1);
    x = put_out(n);
    n = put_node(p, "Reshape", "shares");
    put_in(p, n, x);
    put_in(p, n, put_int64s(p, "shape", 4, (const int64_t[]){ 1, y->c, y->h, y->w }));
    return put_out(n);
}

int put_points(struct put *p)
{
    const struct bl_layer *l = p->l;
    const struct bl_tensor *in = &p->net->tensors[l->in[0]], *y = &p->net->tensors[l->out];
    const int64_t image[] = { 1, y->c, y->h, y->w };
    int inside = l->kind == BL_QUANT && l->inside ? put_inside_quant(p) : 1;

    if (inside <= 0 || (l->kind == BL_TABLE && put_is_part(p)))
        return inside < 0 ? -1 : 0;
    const char *x = put_image(p, l->in[0]);
    if (l->kind == BL_LUT || l->kind == BL_TABLE)
        return put_bounded_table(p, x, image);
    if (l->kind == BL_RELU && put_is_shift(p)) {
        put_result(p, put_shifted(p, x, in, l->out), 4, image);
        return 0;
    }
    if (l->kind == BL_RELU && !put_rounds_alike(p) && put_nearly(p, "its change of scale is rounded otherwise"))
        return -1;
    if (l->kind == BL_SOFTMAX && put_nearly(p, "it is rounded as TensorFlow Lite does"))
        return -1;
    x = put_real(p, l->in[0], x);
    if (l->kind == BL_SOFTMAX)
        x = l->along_w ? put_softmax(p, x, (const int64_t[]){ (int64_t)in->c * in->h, in->w, 1 }) :
                         put_softmax(p, x, (const int64_t[]){ 1, in->c, (int64_t)in->h * in->w });
    put_quantized(p, x, 4, image);
    return 0;
}
