/* onnx_qdq.h - steps of a random graph in QDQ form: float nodes between a DequantizeLinear and a QuantizeLinear. Each takes and gives codes. */
#ifndef BL_TESTS_ONNX_QDQ_H
#define BL_TESTS_ONNX_QDQ_H

#include "tests/rigs/onnx_graph.h"

/* Dequantised weights; scales along `axis`, or one. */
static inline const char *weights(struct graph *g, char real[24], size_t rank, const int64_t *d, int axis, float *size)
{
    char w[24], s[24], z[24], in[80];
    int type = draw(g, 0, 3) ? MAKE_S8 : MAKE_U8;
    int64_t n = draw(g, 0, 1) ? d[axis] : 1;
    bool vector = n > 1;
    Onnx__NodeProto *q;

    ints(g, w, type, rank, d, type == MAKE_U8 ? 0 : -128, type == MAKE_U8 ? 255 : 127);
    *size = 0.01f;
    float v[256];
    for (int64_t i = 0; i < n; i++)
        v[i] = any_scale(g, 0.01f);
    make_floats(&g->m, new_name(g, s, "s"), (size_t)n, v);
    ints(g, z, type, vector, &n, type == MAKE_U8 ? 110 : -20, type == MAKE_U8 ? 140 : 20);
    snprintf(in, sizeof in, "%s,%s,%s", w, s, z);
    q = node(g, "DequantizeLinear", in, real);
    if (vector)
        make_int(&g->m, q, "axis", draw(g, 0, 1) ? axis : axis - (int)rank);
    return real;
}

/* A float bias of those dimensions. */
static inline void after(struct graph *g, char real[24], float size)
{
    char out[24], in[80], lo[24], hi[24];

    if (draw(g, 0, 1))
        return;
    if (draw(g, 0, 1)) {
        node(g, "Relu", real, out);
        said(g, "Relu");
    } else {
        make_float(&g->m, new_name(g, lo, "c"), -size * (float)draw(g, 0, 3) / 4.0f);
        make_float(&g->m, new_name(g, hi, "c"), size * (float)draw(g, 1, 4) / 2.0f);
        snprintf(in, sizeof in, "%s,%s,%s", real, lo, hi);
        node(g, "Clip", in, out);
        said(g, "Clip");
    }
    strcpy(real, out);
}

static inline void add_constant(struct graph *g, char real[24], float size, bool mul)
{
    int64_t d[4];
    size_t rank = (size_t)draw(g, 0, (int)g->rank);
    char c[24], out[24], in[80];

    for (size_t i = 0; i < rank; i++)
        d[i] = draw(g, 0, 1) ? g->d[g->rank - rank + i] : 1;
    reals(g, c, rank, d, size);
    bool first = draw(g, 0, 1);
    snprintf(in, sizeof in, "%s,%s", first ? real : c, first ? c : real);
    node(g, mul ? "Mul" : "Add", in, out);
    said(g, mul ? "Mul const" : "Add const");
    strcpy(real, out);
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
        reals(g, b, 1, wd, 0.5f);
        snprintf(in, sizeof in, "%s,%s,%s", x, w, b);
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
    if (draw(g, 0, 4) == 0) {
        char p[4][24], o[24];
        int64_t c = g->d[1];
        for (int i = 0; i < 4; i++)
            reals(g, p[i], 1, &c, 1.0f);
        for (size_t i = 0; i < (size_t)c; i++)             /* variances */
            g->m.consts[g->m.graph.n_initializer - 1]->float_data[i] = (float)draw(g, 1, 9) / 4.0f;
        snprintf(in, sizeof in, "%s,%s,%s,%s,%s", y, p[0], p[1], p[2], p[3]);
        node(g, "BatchNormalization", in, o);
        said(g, "BatchNormalization");
        strcpy(y, o);
    }
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
    int64_t wd[2] = { g->d[g->rank - 1], draw(g, 1, 5) };
    float size;

    dequantize(g, x);
    weights(g, w, 2, wd, 1, &size);
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
    static const struct { const char *op; bool exact, alpha; } F[] = { { "Relu", true, false }, { "LeakyRelu", true, true }, { "HardSwish", true, false },
        { "HardSigmoid", true, true }, { "Sigmoid", false, false }, { "Tanh", false, false }, { "Elu", false, true }, { "Neg", true, false }, { "Abs", true, false } };
    char x[24], y[24];
    int i = draw(g, 0, 8);

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
    static const char *const OPS[] = { "Add", "Mul", "Sub" };
    char x[24], y[24], z[24], in[80], c[56];
    int op = draw(g, 0, 2);
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
    node(g, "Relu", x, y);                     /* other codes of the same shape */
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
    if (form == 0 && draw(g, 0, 1)) {          /* back to the same code */
        char c[56], in[96];
        snprintf(in, sizeof in, "%s,%s", y, code(g, c, g->type, g->scale, g->zero));
        node(g, "QuantizeLinear", in, g->at);
        return;
    }
    quantize(g, y, 2.0f);
}

#endif
