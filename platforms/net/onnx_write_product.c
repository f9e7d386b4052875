/* onnx_write_product.c - convolutions and matrix products written as ONNX: in integers where nothing but a 32-bit bias belongs to them. */
#include "platforms/net/onnx_put.h"

/* All of one value: then one element says it. */
static bool all_equal(const float *v, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++)
        if (v[i] < v[0] || v[i] > v[0])
            return false;
    return true;
}

static bool has_bias(const struct bl_layer *l)
{
    for (uint32_t o = 0; o < l->cout; o++)
        if (l->bias[o])
            return true;
    return false;
}

static bool is_bipolar(const struct bl_layer *l) { return l->wbits == 1; }

/* Nothing that a float32 value does stands between the sum and its code; and both ends are of one type, since runtimes have no kernel for two. */
static bool is_integer(const struct put *p)
{
    const struct bl_layer *l = p->l;

    return p->net->tensors[l->out].dtype == p->net->tensors[l->in[0]].dtype && put_unclipped(p) && !l->real_bias && !l->gain &&
           !l->offset && !is_bipolar(l);
}

/* Real values that are only clipped and quantised behind the layer: our reader would make one layer of it, which rounds once. */
static bool is_quantized_behind(const struct put *p)
{
    const struct bl_layer *l = put_only_reader(p, p->l->out);

    if (p->net->tensors[p->l->out].dtype != BL_REAL || !l)
        return false;
    return l->kind == BL_QUANT || l->kind == BL_RESHAPE || l->kind == BL_MOVE ||
           (l->kind == BL_FLOAT && (l->real.op == BL_FLOAT_RELU || l->real.op == BL_FLOAT_CLIP || l->real.op == BL_FLOAT_MAXPOOL));
}

/* What is wrong with any product: 0, or refused. */
static int check(struct put *p)
{
    bool quantizes = false;

    for (uint32_t i = 0; i < p->net->nlayers; i++)
        quantizes |= p->net->layers[i].kind == BL_QUANT;
    if (quantizes && is_quantized_behind(p))
        return put_refuse(p, "its real values are quantised by a layer behind it; let the layer give codes");
    return p->net->rule == BL_Q31 ? put_nearly(p, "its sums are rounded in fixed point") : 0;
}

static bool has_alpha(const struct bl_layer *l) { return l->alpha > 0.0f || l->alpha < 0.0f; }

/* Weights as they lie, their scales and zero points: one for all, or one for each place along `axis` (repeated for each group). Those of fewer bits go
 * through a Clip, by which readers know the bits; -1 and +1 through a BipolarQuant of QONNX, which gives their real values. */
struct weights { const char *w, *s, *z; bool many; };

static void put_bipolar(struct put *p, const int8_t *data, uint32_t rank, const int64_t *dims, int64_t axis, struct weights *out)
{
    int64_t one[PUT_RANK] = { 1, 1, 1, 1 };
    size_t n = 1;

    for (uint32_t i = 0; i < rank; i++)
        n *= (size_t)dims[i];
    float *signs = put_alloc(p, n, sizeof *signs);
    for (size_t i = 0; signs && i < n; i++)
        signs[i] = data[i];
    one[axis] = dims[axis];
    Onnx__NodeProto *node = put_node(p, "BipolarQuant", "weight");
    put_in(p, node, put_floats(p, "weight", rank, dims, signs));
    put_in(p, node, put_floats(p, "weight_scale", rank, one, p->l->wscale));
    *out = (struct weights){ .w = put_out(node) };
}

static int put_weights(struct put *p, const int8_t *data, uint32_t rank, const int64_t *dims, int64_t axis, struct weights *out)
{
    const uint32_t n = (uint32_t)dims[axis];
    const struct bl_layer *l = p->l;
    bool one = all_equal(l->wscale, l->cout);
    int8_t *zero = put_alloc(p, n, 1);
    const int64_t many = n;

    for (uint32_t o = 0; o < l->cout; o++) {
        one &= l->wzero[o] == l->wzero[0];
        if (l->wzero[o] < INT8_MIN || l->wzero[o] > INT8_MAX)
            return put_refuse(p, "output %u: the zero point of its weights is %d, outside of int8", o, l->wzero[o]);
        if (l->wzero[o] != l->wzero[o % n] || l->wscale[o] < l->wscale[o % n] || l->wscale[o] > l->wscale[o % n])
            return put_refuse(p, "its groups have different scales or zero points of weights");
        if (zero)
            zero[o % n] = (int8_t)l->wzero[o];
    }
    if (is_bipolar(l)) {
        put_bipolar(p, data, rank, dims, axis, out);
        return 0;
    }
    out->many = !one;
    out->w = put_bytes(p, "weight", true, rank, dims, data);
    if (l->wbits < PUT_BITS)
        out->w = put_clip(p, put_node(p, "Clip", "weight"), out->w, true, -(1 << (l->wbits - 1)), (1 << (l->wbits - 1)) - 1);
    out->s = put_floats(p, "weight_scale", one ? 0 : 1, &many, l->wscale);
    out->z = put_bytes(p, "weight_zero_point", true, one ? 0 : 1, &many, zero);
    return 0;
}

static const char *dequantized(struct put *p, const struct weights *w, int64_t axis)
{
    if (is_bipolar(p->l))
        return w->w;
    Onnx__NodeProto *n = put_node(p, "DequantizeLinear", "weight");

    put_in(p, n, w->w);
    put_in(p, n, w->s);
    put_in(p, n, w->z);
    if (w->many)
        put_int(p, n, "axis", axis);
    return put_out(n);
}

/* The 32-bit bias as real values: of scale s_x s_w. NULL: all zero. */
static const char *real_bias(struct put *p)
{
    const struct bl_layer *l = p->l;
    const float sx = p->net->tensors[l->in[0]].scale;
    float *scale = has_bias(l) ? put_alloc(p, l->cout, sizeof *scale) : NULL;
    const int64_t cout = l->cout;

    if (!scale)
        return NULL;
    for (uint32_t o = 0; o < l->cout; o++)
        scale[o] = sx * l->wscale[o];
    Onnx__NodeProto *n = put_node(p, "DequantizeLinear", "bias");
    put_in(p, n, put_int32s(p, "bias_codes", cout, l->bias));
    put_in(p, n, put_floats(p, "bias_scale", 1, &cout, scale));
    put_int(p, n, "axis", 0);
    return put_out(n);
}

/* A float32 bias, gain and offset of the layer behind its sums, which have these dimensions, outputs along axis 1. */
static const char *tail(struct put *p, const char *sums, uint32_t rank)
{
    const struct bl_layer *l = p->l;
    const int64_t cout = l->cout, row[] = { 1, l->cout, 1, 1 };
    Onnx__NodeProto *n;

    if (l->real_bias) {
        n = put_node(p, "Add", "biased");
        put_in(p, n, sums);
        put_in(p, n, put_floats(p, "real_bias", rank, row, l->real_bias));
        sums = put_out(n);
    }
    if (!l->gain && !l->offset)
        return sums;
    float *zeros = put_alloc(p, 2 * (size_t)l->cout, sizeof *zeros), *ones = zeros ? zeros + l->cout : NULL;
    for (uint32_t o = 0; ones && o < l->cout; o++)
        ones[o] = 1.0f;
    n = put_node(p, "BatchNormalization", "normalized");
    put_in(p, n, sums);
    put_in(p, n, put_floats(p, "gain", 1, &cout, l->gain ? l->gain : ones));
    put_in(p, n, put_floats(p, "offset", 1, &cout, l->offset ? l->offset : zeros));
    put_in(p, n, put_floats(p, "mean", 1, &cout, zeros));
    put_in(p, n, put_floats(p, "variance", 1, &cout, ones));
    put_float(p, n, "epsilon", 0.0f);
    return put_out(n);
}

/* Inputs of QLinearConv, QLinearMatMul and QGemm but the bias and the output's code. */
static void quantized_inputs(struct put *p, Onnx__NodeProto *n, const char *x, const struct weights *w)
{
    put_in(p, n, x);
    put_code(p, n, p->l->in[0]);
    put_in(p, n, w->w);
    put_in(p, n, w->s);
    put_in(p, n, w->z);
}

/* ---- convolutions ---- */

static int put_conv_window(struct put *p, Onnx__NodeProto *n)
{
    const struct bl_layer *l = p->l;

    put_ints(p, n, "dilations", 2, (const int64_t[]){ l->dil_h, l->dil_w });
    put_int(p, n, "group", l->groups);
    return put_window(p, n);
}

int put_conv(struct put *p)
{
    const struct bl_layer *l = p->l;
    const struct bl_tensor *y = &p->net->tensors[l->out];
    const int64_t dims[] = { l->cout, l->k / (l->kh * l->kw), l->kh, l->kw }, image[] = { 1, y->c, y->h, y->w };
    const char *x = put_image(p, l->in[0]);
    struct weights w;
    Onnx__NodeProto *n;

    if (has_alpha(l))
        return put_refuse(p, "a factor of its sums");
    if (check(p))
        return -1;
    if (put_weights(p, l->weight, 4, dims, 0, &w))
        return -1;
    if (is_integer(p)) {
        n = put_layer(p, "QLinearConv");
        quantized_inputs(p, n, x, &w);
        put_code(p, n, l->out);
        if (has_bias(l))
            put_in(p, n, put_int32s(p, "bias", l->cout, l->bias));
        if (put_conv_window(p, n))
            return -1;
        put_result_image(p, put_out(n));
        return 0;
    }
    x = put_real(p, l->in[0], x);
    const char *weights = dequantized(p, &w, 0), *bias = real_bias(p);
    n = put_layer(p, "Conv");
    put_in(p, n, x);
    put_in(p, n, weights);
    if (bias)
        put_in(p, n, bias);
    if (put_conv_window(p, n))
        return -1;
    put_quantized(p, tail(p, put_out(n), 4), 4, image);
    return 0;
}

/* ---- matrix products ---- */

/* A matrix for each group: weights with a column an output. */
static int put_matrices(struct put *p)
{
    const struct bl_layer *l = p->l;
    const uint32_t each = l->cout / l->groups;
    const int64_t in[] = { l->groups, l->rows, l->k }, out[] = { l->groups, l->rows, each }, dims[] = { l->groups, l->k, each };
    int8_t *turned = put_alloc(p, (size_t)l->cout * l->k, 1);
    const char *x = put_shaped(p, l->in[0], 3, in);
    struct weights w;
    Onnx__NodeProto *n;

    if (has_bias(l) || has_alpha(l) || l->real_bias || l->gain || l->offset)
        return put_refuse(p, "a bias or a factor of a product in %u groups", l->groups);
    for (uint32_t o = 0; turned && o < l->cout; o++)
        for (uint32_t i = 0; i < l->k; i++)
            turned[((size_t)(o / each) * l->k + i) * each + o % each] = l->weight[(size_t)o * l->k + i];
    if (put_weights(p, turned, 3, dims, 2, &w))
        return -1;
    if (is_integer(p) && !w.many) {
        n = put_layer(p, "QLinearMatMul");
        quantized_inputs(p, n, x, &w);
        put_code(p, n, l->out);
        put_result(p, put_out(n), 3, out);
        return 0;
    }
    x = put_real(p, l->in[0], x);
    const char *weights = dequantized(p, &w, 2);
    n = put_layer(p, "MatMul");
    put_in(p, n, x);
    put_in(p, n, weights);
    put_quantized(p, put_out(n), 3, out);
    return 0;
}

int put_fc(struct put *p)
{
    const struct bl_layer *l = p->l;
    const int64_t in[] = { l->rows, l->k }, out[] = { l->rows, l->cout }, dims[] = { l->cout, l->k };
    struct weights w;
    Onnx__NodeProto *n;

    if (check(p))
        return -1;
    if (l->groups > 1)
        return put_matrices(p);
    const char *x = put_shaped(p, l->in[0], 2, in);
    if (put_weights(p, l->weight, 2, dims, 0, &w))
        return -1;
    bool integer = is_integer(p);
    if (!integer && has_alpha(l) && has_bias(l))
        return put_refuse(p, "a factor of its sums together with a bias, behind which is more than a code");
    if (!integer) {
        x = put_real(p, l->in[0], x);
        w.w = dequantized(p, &w, 0);
    }
    const char *bias = integer && has_bias(l) ? put_int32s(p, "bias", l->cout, l->bias) : integer ? NULL : real_bias(p);
    n = put_layer(p, integer ? "QGemm" : "Gemm");
    if (integer) {
        quantized_inputs(p, n, x, &w);
        put_in(p, n, bias);
        put_code(p, n, l->out);
    } else {
        put_in(p, n, x);
        put_in(p, n, w.w);
        if (bias)
            put_in(p, n, bias);
    }
    put_int(p, n, "transB", 1);
    if (has_alpha(l))
        put_float(p, n, "alpha", l->alpha);
    if (integer)
        put_result(p, put_out(n), 2, out);
    else
        put_quantized(p, tail(p, put_out(n), 2), 2, out);
    return 0;
}
