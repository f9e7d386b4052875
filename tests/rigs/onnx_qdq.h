/* onnx_qdq.h - steps of a random graph in QDQ form: float nodes between a DequantizeLinear and a QuantizeLinear. Each takes and gives codes. */
#ifndef BL_TESTS_ONNX_QDQ_H
#define BL_TESTS_ONNX_QDQ_H

#include "tests/rigs/onnx_graph.h"

/* Dequantised weights; scales along `axis`, or one. */
static inline const char *plain_weights(struct graph *g, char real[24], size_t rank, const int64_t *d, int axis, float *size)
{
    char w[24], s[24], z[24], in[80];
    bool four = g->opset >= 21 && draw(g, 0, 3) == 0;
    int type = draw(g, 0, 3) ? four ? MAKE_S4 : MAKE_S8 : four ? MAKE_U4 : MAKE_U8, lo = is_signed(type) ? four ? -8 : -128 : 0;
    int64_t n = g->opset >= 13 && draw(g, 0, 1) ? d[axis] : 1;             /* vectors of scales since opset 13 */
    bool vector = n > 1;
    Onnx__NodeProto *q;

    ints(g, w, type, rank, d, lo, lo + (four ? 15 : 255));
    *size = four ? 0.15f : 0.01f;
    float v[256];
    for (int64_t i = 0; i < n; i++)
        v[i] = any_scale(g, *size);
    make_floats(&g->m, new_name(g, s, "s"), (size_t)n, v);
    int mid = lo + (four ? 8 : 128), spread = four ? 2 : 20;
    bool none = is_signed(type) && draw(g, 0, 3) == 0;
    ints(g, z, type, vector, &n, mid - spread, mid + spread);
    snprintf(in, sizeof in, "%s,%s,%s", w, s, none ? "" : z);
    q = node(g, "DequantizeLinear", in, real);
    if (vector)
        make_int(&g->m, q, "axis", draw(g, 0, 1) ? axis : axis - (int)rank);
    return real;
}

/* The same, often turned behind the DequantizeLinear, as PyTorch writes them: [n][m] becomes [m][n]. */
static inline const char *weights(struct graph *g, char real[24], size_t rank, const int64_t *d, int axis, float *size)
{
    static const int64_t TURN[2] = { 1, 0 };
    int64_t turned[2] = { d[1], d[0] };
    char w[24];

    if (rank != 2 || draw(g, 0, 3))
        return plain_weights(g, real, rank, d, axis, size);
    plain_weights(g, w, 2, turned, 1 - axis, size);
    set_ints(g, node(g, "Transpose", w, real), "perm", 2, TURN);
    return real;
}

/* A Relu or Clip. */
static inline void after(struct graph *g, char real[24], float size)
{
    char out[24], in[80], lo[24], hi[24];

    if (draw(g, 0, 1))
        return;
    if (draw(g, 0, 1)) {
        node(g, "Relu", real, out);
        said(g, "Relu");
    } else {
        float low = -size * (float)draw(g, 0, 3) / 4.0f, high = size * (float)draw(g, 1, 4) / 2.0f;
        int ends = draw(g, 0, 3);      /* one of them may be left out */
        if (g->opset < 11) {
            Onnx__NodeProto *n = node(g, "Clip", real, out);
            if (ends != 1)
                set_float(g, n, "min", low);
            if (ends != 2)
                set_float(g, n, "max", high);
        } else {
            make_float(&g->m, new_name(g, lo, "c"), low);
            make_float(&g->m, new_name(g, hi, "c"), high);
            snprintf(in, sizeof in, "%s,%s,%s", real, ends == 1 ? "" : lo, ends == 2 ? "" : hi);
            node(g, "Clip", in, out);
        }
        said(g, "Clip");
    }
    strcpy(real, out);
}

/* Add, Mul, Sub or Div of a constant that broadcasts, in float32 or dequantised; `mul`: Mul. */
static inline void add_constant(struct graph *g, char real[24], float size, bool mul)
{
    int64_t d[4];
    size_t rank = (size_t)draw(g, 0, (int)g->rank);
    char c[24], out[24], in[80];

    for (size_t i = 0; i < rank; i++)
        d[i] = draw(g, 0, 1) ? g->d[g->rank - rank + i] : 1;
    bool first = draw(g, 0, 1), coded = draw(g, 0, 3) == 0, other = draw(g, 0, 3) == 0;
    if (coded) {
        char k[24], kc[56];
        ints(g, k, MAKE_S8, rank, d, 20, 127);             /* not 0: it may divide */
        snprintf(in, sizeof in, "%s,%s", k, code(g, kc, MAKE_S8, any_scale(g, size / 60.0f), draw(g, -10, 10)));
        node(g, "DequantizeLinear", in, c);
    } else {
        Onnx__TensorProto *t;
        reals(g, c, rank, d, size);
        t = g->m.consts[g->m.graph.n_initializer - 1];
        for (size_t i = 0; other && i < t->n_float_data; i++)
            t->float_data[i] = t->float_data[i] < 0 ? t->float_data[i] - 0.5f : t->float_data[i] + 0.5f;
    }
    first |= other && mul;             /* divide by the constant */
    snprintf(in, sizeof in, "%s,%s", first ? real : c, first ? c : real);
    const char *op = mul ? other ? "Div" : "Mul" : other ? "Sub" : "Add";
    node(g, op, in, out);
    said(g, op);
    said(g, coded ? "coded const" : "const");
    strcpy(real, out);
}

static inline void normalise(struct graph *g, char y[24])
{
    char p[4][24], o[24], in[140];
    int64_t c = g->d[1];

    for (int i = 0; i < 4; i++)
        reals(g, p[i], 1, &c, 1.0f);
    for (size_t i = 0; i < (size_t)c; i++)                 /* variances */
        g->m.consts[g->m.graph.n_initializer - 1]->float_data[i] = (float)draw(g, 1, 9) / 4.0f;
    snprintf(in, sizeof in, "%s,%s,%s,%s,%s", y, p[0], p[1], p[2], p[3]);
    Onnx__NodeProto *n = node(g, "BatchNormalization", in, o);
    if (draw(g, 0, 1))
        set_float(g, n, "epsilon", 0.001f);
    said(g, "BatchNormalization");
    strcpy(y, o);
}

/* A bias: float32, or int32 of the product's scale or another one, or dequantised int8. */
static inline const char *any_bias(struct graph *g, char b[24], int64_t n, float scale)
{
    char k[24], c[56], in[100];
    int form = draw(g, 0, 4), type = form == 4 ? MAKE_S8 : MAKE_S32;

    if (form < 2)
        return reals(g, b, 1, &n, 0.5f);
    ints(g, k, type, 1, &n, form == 4 ? -100 : -3000, form == 4 ? 100 : 3000);
    make_float(&g->m, new_name(g, c, "s"), form == 4 ? 0.01f : form == 3 ? 0.0003f : scale);
    snprintf(in, sizeof in, "%s,%s", k, c);
    node(g, "DequantizeLinear", in, b);
    said(g, "int bias");
    return b;
}

static inline void step_conv(struct graph *g)
{
    size_t spatial = g->rank - 2;
    int64_t k[2] = { 1, 1 }, out[2] = { 1, 1 }, wd[4];
    char x[24], w[24], y[24], b[24], in[120];
    float size;
    int group;

    if (g->rank < 3)
        return;
    for (size_t i = 0; i < spatial; i++)
        k[i] = draw(g, 1, g->d[2 + i] < 3 ? (int)g->d[2 + i] : 3);
    group = draw(g, 0, 2) == 0 ? (int)g->d[1] : 1;
    wd[0] = group * draw(g, 1, group > 1 ? 2 : 4);
    wd[1] = g->d[1] / group;
    memcpy(wd + 2, k, sizeof k);
    dequantize(g, x);
    weights(g, w, g->rank, wd, 0, &size);
    snprintf(in, sizeof in, "%s,%s", x, w);
    if (draw(g, 0, 1)) {
        snprintf(in, sizeof in, "%s,%s,%s", x, w, any_bias(g, b, wd[0], g->scale * size));
    }
    Onnx__NodeProto *n = node(g, "Conv", in, y);
    said(g, "Conv");
    if (group > 1)
        make_int(&g->m, n, "group", group);
    window(g, n, spatial, out, k, false);
    g->d[1] = wd[0];
    memcpy(g->d + 2, out, spatial * sizeof *out);
    if (draw(g, 0, 3) == 0)
        add_constant(g, y, 0.5f, false);
    if (draw(g, 0, 4) == 0)
        normalise(g, y);
    after(g, y, 2.0f);
    g->ties = true;
    quantize(g, y, 3.0f);
}

static inline void step_gemm(struct graph *g)
{
    char x[24], w[24], y[24], b[24], in[120];
    int64_t wd[2], bd[2];
    int n = draw(g, 1, 5), trans = draw(g, 0, 1), form = draw(g, 0, 5);
    float size;

    if (g->rank != 2)
        return;
    wd[trans ? 1 : 0] = g->d[1];
    wd[trans ? 0 : 1] = n;
    dequantize(g, x);
    weights(g, w, 2, wd, trans ? 0 : 1, &size);
    snprintf(in, sizeof in, "%s,%s", x, w);
    bd[0] = form == 1 || form == 4 ? g->d[0] : 1;
    bd[1] = form == 1 || form == 5 ? 1 : n;
    if (form) {
        reals(g, b, form == 2 ? 1 : 2, form == 2 ? bd + 1 : bd, 1.0f);
        snprintf(in, sizeof in, "%s,%s,%s", x, w, b);
    }
    Onnx__NodeProto *node_ = node(g, "Gemm", in, y);
    said(g, "Gemm");
    make_int(&g->m, node_, "transB", trans);
    if (draw(g, 0, 2) == 0)
        set_float(g, node_, "alpha", (float)draw(g, 1, 8) / 4.0f);
    if (draw(g, 0, 2) == 0)
        set_float(g, node_, "beta", (float)draw(g, 1, 8) / 4.0f);
    g->d[1] = n;
    after(g, y, 2.0f);
    g->ties = true;
    quantize(g, y, 3.0f);
}

static inline void step_matmul(struct graph *g)
{
    char x[24], w[24], y[24], in[120];
    int64_t wd[2] = { g->d[g->rank - 1], draw(g, 1, 5) }, batch[4];
    float size;

    dequantize(g, x);
    if (g->rank > 2 && draw(g, 0, 2) == 0) {               /* matrices, as many as the input has, or fewer, or more axes */
        size_t more = (size_t)draw(g, 1, (int)g->rank - 2), k = 0;
        for (size_t i = g->rank - 2 - more; i < g->rank - 2; i++)
            batch[k++] = draw(g, 0, 2) ? g->d[i] : 1;
        memcpy(batch + k, wd, sizeof wd);
        plain_weights(g, w, k + 2, batch, (int)k + 1, &size);
        said(g, "batched");
    } else {
        weights(g, w, 2, wd, 1, &size);
    }
    snprintf(in, sizeof in, "%s,%s", x, w);
    node(g, "MatMul", in, y);
    said(g, "MatMul");
    g->d[g->rank - 1] = wd[1];
    if (draw(g, 0, 1))
        add_constant(g, y, 1.0f, false);
    after(g, y, 2.0f);
    g->ties = true;
    quantize(g, y, 3.0f);
}

static inline void step_function(struct graph *g)
{
    static const struct { const char *op; bool exact, alpha; int since; } F[] = { { "Relu", true, false, 0 }, { "LeakyRelu", true, true, 0 },
        { "HardSwish", true, false, 14 }, { "HardSigmoid", true, true, 0 }, { "Sigmoid", false, false, 0 }, { "Tanh", false, false, 0 },
        { "Elu", false, true, 0 }, { "Neg", true, false, 0 }, { "Abs", true, false, 0 }, { "Erf", false, false, 9 }, { "Gelu", false, false, 20 },
        { "Floor", true, false, 0 }, { "Ceil", true, false, 0 }, { "Round", true, false, 11 }, { "Softplus", false, false, 0 }, { "Exp", false, false, 0 } };
    char x[24], y[24];
    int i = draw(g, 0, sizeof F / sizeof *F - 1);

    i = F[i].since > g->opset ? 0 : i;

    dequantize(g, x);
    Onnx__NodeProto *n = node(g, F[i].op, x, y);
    said(g, F[i].op);
    if (F[i].alpha && draw(g, 0, 1))
        set_float(g, n, "alpha", (float)draw(g, 1, 8) / 16.0f);
    g->ties |= !F[i].exact;
    after(g, y, 1.0f);
    quantize(g, y, 2.0f);
}

static inline void step_pair(struct graph *g)
{
    static const char *const OPS[] = { "Add", "Mul", "Sub", "Min", "Max" };
    char x[24], y[24], z[24], in[80], c[56];
    int op = draw(g, 0, 4);
    float scale = g->scale;
    int type = g->type, zero = g->zero;

    dequantize(g, x);
    if (draw(g, 0, 2) == 0) {
        add_constant(g, x, 1.0f, op == 1);
        quantize(g, x, 3.0f);
        return;
    }
    char at[24];
    strcpy(at, g->at);
    if (g->rank == 4 && draw(g, 0, 2) == 0)    /* other codes, of the same shape or one cell a channel */
        node(g, "GlobalMaxPool", x, y);
    else
        node(g, "Relu", x, y);
    quantize(g, y, 2.0f);
    dequantize(g, y);
    snprintf(in, sizeof in, "%s,%s", at, code(g, c, type, scale, zero));
    node(g, "DequantizeLinear", in, x);
    snprintf(in, sizeof in, "%s,%s", x, y);
    node(g, OPS[op], in, z);
    said(g, OPS[op]);
    after(g, z, 2.0f);
    quantize(g, z, 3.0f);
}

static inline void step_pool(struct graph *g)
{
    size_t spatial = g->rank - 2;
    int64_t k[2], out[2];
    char x[24], y[24];
    int form = draw(g, 0, 3);

    if (g->rank < 3)
        return;
    for (size_t i = 0; i < spatial; i++)
        k[i] = draw(g, 1, g->d[2 + i] < 3 ? (int)g->d[2 + i] : 3);
    dequantize(g, x);
    if (form == 3) {
        node(g, "GlobalAveragePool", x, y);
        said(g, "GlobalAveragePool");
        out[0] = out[1] = 1;
    } else {
        Onnx__NodeProto *n = node(g, form ? "AveragePool" : "MaxPool", x, y);
        said(g, form ? "AveragePool" : "MaxPool");
        window(g, n, spatial, out, k, true);
        if (form && draw(g, 0, 1))
            make_int(&g->m, n, "count_include_pad", 1);
    }
    memcpy(g->d + 2, out, spatial * sizeof *out);
    g->ties |= form != 0;
    if (form == 0 && draw(g, 0, 1) && (g->type == MAKE_U8 || g->type == MAKE_S8)) {        /* back to the same code */
        char c[56], in[96];
        snprintf(in, sizeof in, "%s,%s", y, code(g, c, g->type, g->scale, g->zero));
        node(g, "QuantizeLinear", in, g->at);
        return;
    }
    quantize(g, y, 2.0f);
}

#endif
