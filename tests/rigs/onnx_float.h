/* onnx_float.h - steps of a random graph that stay in float32: unquantised layers, residuals, several outputs, branches, attention. Each takes
 * and gives codes. */
#ifndef BL_TESTS_ONNX_FLOAT_H
#define BL_TESTS_ONNX_FLOAT_H

#include "tests/rigs/onnx_qdq.h"

/* A Gemm with all its attributes, or a Conv, whose weights are not quantised. */
static inline void step_float_product(struct graph *g)
{
    char x[24], y[24], w[24], b[24], in[80];
    int64_t wd[4], out[2] = { 1, 1 }, k[2] = { 1, 1 };
    Onnx__NodeProto *n;

    dequantize(g, x);
    if (g->rank > 2) {
        for (size_t i = 0; i < g->rank - 2; i++)
            k[i] = draw(g, 1, g->d[2 + i] < 3 ? (int)g->d[2 + i] : 3);
        wd[0] = draw(g, 1, 4), wd[1] = g->d[1], wd[2] = k[0], wd[3] = k[1];
        reals(g, w, g->rank, wd, 0.5f);
        snprintf(in, sizeof in, "%s,%s,%s", x, w, draw(g, 0, 1) ? reals(g, b, 1, wd, 1.0f) : "");
        n = node(g, "Conv", in, y);
        window(g, n, g->rank - 2, out, k, false);
        g->d[1] = wd[0];
        memcpy(g->d + 2, out, (g->rank - 2) * sizeof *out);
        said(g, "float Conv");
    } else {
        int turn_a = draw(g, 0, 2) == 0, turn_b = draw(g, 0, 1), columns = draw(g, 1, 5), form = draw(g, 0, 4);
        int64_t rows = g->d[turn_a], kk = g->d[!turn_a];
        int64_t bd[2] = { form == 1 || form == 2 ? rows : 1, form == 1 || form == 3 ? 1 : columns };
        wd[turn_b] = kk, wd[!turn_b] = columns;
        reals(g, w, 2, wd, 0.5f);
        snprintf(in, sizeof in, "%s,%s,%s", x, w, form == 4 ? "" : reals(g, b, form ? 2 : 1, form ? bd : bd + 1, 1.0f));
        n = node(g, "Gemm", in, y);
        make_int(&g->m, n, "transA", turn_a);
        make_int(&g->m, n, "transB", turn_b);
        if (draw(g, 0, 1))
            set_float(g, n, "alpha", 0.75f);
        if (draw(g, 0, 1))
            set_float(g, n, "beta", 0.5f);
        g->d[0] = rows, g->d[1] = columns;
        said(g, "float Gemm");
    }
    g->ties = true;
    after(g, y, 2.0f);
    quantize(g, y, 3.0f);
}

/* f(x) + x without a QuantizeLinear between, often with a second reader of the Relu. */
static inline void step_residual(struct graph *g)
{
    char x[24], w[24], y[24], z[24], r[24], in[80];
    int64_t wd[4] = { g->d[1], g->d[1], 1, 1 };
    float size;

    dequantize(g, x);
    if (g->rank > 2) {
        snprintf(in, sizeof in, "%s,%s", x, weights(g, w, g->rank, wd, 0, &size));
        node(g, "Conv", in, y);
    } else {
        snprintf(in, sizeof in, "%s,%s", x, weights(g, w, 2, wd, 1, &size));
        node(g, "MatMul", in, y);
    }
    snprintf(in, sizeof in, "%s,%s", draw(g, 0, 1) ? x : y, draw(g, 0, 1) ? x : y);
    node(g, "Add", in, z);
    node(g, "Relu", z, r);
    said(g, "residual");
    if (!*g->real_at && draw(g, 0, 1)) {
        strcpy(g->real_at, draw(g, 0, 2) ? r : z);
        said(g, "output too");
    }
    g->ties = true;
    quantize(g, r, 4.0f);
}

/* Two branches of other codes, one behind the other. */
static inline void step_branches(struct graph *g)
{
    char x[24], a[24], b[24], y[24], in[80];
    int64_t axis = draw(g, 1, (int)g->rank - 1);

    dequantize(g, x);
    node(g, "LeakyRelu", x, a);
    quantize(g, a, 2.0f);
    dequantize(g, a);
    node(g, draw(g, 0, 1) ? "Neg" : "Abs", x, b);
    quantize(g, b, 3.0f);
    dequantize(g, b);
    snprintf(in, sizeof in, "%s,%s", a, b);
    make_int(&g->m, node(g, "Concat", in, y), "axis", draw(g, 0, 1) ? axis : axis - (int)g->rank);
    g->d[axis] *= 2;
    said(g, "branches");
    quantize(g, y, 3.0f);
}

/* Softmax, a mean over any axes, PRelu, a normalisation that stands alone. */
static inline void step_along(struct graph *g)
{
    char x[24], y[24], k[24], in[60];
    int form = draw(g, 0, 3);

    dequantize(g, x);
    g->ties = true;
    if (form == 0) {
        Onnx__NodeProto *n = node(g, "Softmax", x, y);
        if (draw(g, 0, 2))
            make_int(&g->m, n, "axis", draw(g, g->opset >= 11 ? 1 - (int)g->rank : 1, (int)g->rank - 1));
        said(g, "Softmax");
        quantize_as(g, y, 0.4f, MAKE_U8);
        return;
    }
    if (form == 1 && g->rank > 2) {
        int64_t axes[3], count = 0;
        for (int64_t i = 1; i < (int64_t)g->rank; i++)
            if (draw(g, 0, 1) || (i + 1 == (int64_t)g->rank && !count)) {
                axes[count++] = g->opset >= 11 && draw(g, 0, 1) ? i - (int64_t)g->rank : i;
                g->d[i] = 1;
            }
        make_int(&g->m, axes_node(g, "ReduceMean", x, 18, (size_t)count, axes, y), "keepdims", 1);
        said(g, "ReduceMean");
    } else if (form == 2) {
        int64_t d[4];
        size_t rank = (size_t)draw(g, 0, (int)g->rank);
        for (size_t i = 0; i < rank; i++)
            d[i] = draw(g, 0, 1) ? g->d[g->rank - rank + i] : 1;
        snprintf(in, sizeof in, "%s,%s", x, reals(g, k, rank, d, 1.0f));
        node(g, "PRelu", in, y);
        said(g, "PRelu");
    } else {
        strcpy(y, x);
        normalise(g, y);
    }
    quantize(g, y, 2.0f);
}

/* x x^T, its softmax times x. */
static inline void step_attention(struct graph *g)
{
    int64_t perm[4] = { 0, 1, 2, 3 };
    char x[24], t[24], a[24], s[24], y[24], in[60];

    if (g->rank < 3)
        return;
    perm[g->rank - 1] = (int64_t)g->rank - 2, perm[g->rank - 2] = (int64_t)g->rank - 1;
    dequantize(g, x);
    set_ints(g, node(g, "Transpose", x, t), "perm", g->rank, perm);
    snprintf(in, sizeof in, "%s,%s", x, t);
    node(g, "MatMul", in, a);
    make_int(&g->m, node(g, "Softmax", a, s), "axis", g->opset < 13 ? (int)g->rank - 1 : -1);
    snprintf(in, sizeof in, "%s,%s", s, x);
    node(g, "MatMul", in, y);
    said(g, "attention");
    g->ties = true;
    quantize(g, y, 2.0f);
}

/* A convolution between two Transpose, as tf2onnx writes it. */
static inline void step_island(struct graph *g)
{
    static const int64_t FIRST[4] = { 0, 3, 1, 2 }, LAST[4] = { 0, 2, 3, 1 };
    char x[24], t[24], w[24], y[24], z[24], in[60];
    int64_t wd[4] = { draw(g, 1, 4), 0, 1, 1 };
    float size;

    if (g->rank != 4)
        return;
    wd[1] = g->d[3];
    wd[2] = g->d[1] > 1 ? 2 : 1;
    dequantize(g, x);
    set_ints(g, node(g, "Transpose", x, t), "perm", 4, FIRST);
    snprintf(in, sizeof in, "%s,%s", t, weights(g, w, 4, wd, 0, &size));
    node(g, "Conv", in, y);
    after(g, y, 2.0f);
    if (draw(g, 0, 1)) {
        quantize(g, y, 3.0f);
        dequantize(g, y);
    }
    set_ints(g, node(g, "Transpose", y, z), "perm", 4, LAST);
    g->d[1] += 1 - wd[2];
    g->d[3] = wd[0];
    if (draw(g, 0, 1))
        add_constant(g, z, 1.0f, false);
    said(g, "island");
    g->ties = true;
    quantize(g, z, 3.0f);
}

#endif
