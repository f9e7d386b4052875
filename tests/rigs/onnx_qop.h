/* onnx_qop.h - steps of a random graph in QOperator form. Each takes and gives codes. */
#ifndef BL_TESTS_ONNX_QOP_H
#define BL_TESTS_ONNX_QOP_H

#include "tests/rigs/onnx_graph.h"

static inline const char *at_code(struct graph *g, char text[96])
{
    char c[56];

    snprintf(text, 96, "%s,%s", g->at, code(g, c, g->type, g->scale, g->zero));
    return text;
}

static inline const char *next_code(struct graph *g, char c[56], float size)
{
    g->scale = any_scale(g, size / 100.0f);
    g->zero = any_zero(g, g->type);
    return code(g, c, g->type, g->scale, g->zero);
}

static inline void step_qproduct(struct graph *g)
{
    char a[96], w[24], s[24], z[24], c[56], b[24], in[260], y[24];
    int64_t k[2] = { 1, 1 }, out[2], wd[4];
    bool conv = g->rank == 4;

    if (g->rank == 3)
        return;
    eight_bits(g);
    int wtype = g->type == MAKE_S8 ? MAKE_S8 : draw(g, 0, 1) ? MAKE_S8 : MAKE_U8;
    for (int i = 0; conv && i < 2; i++)
        k[i] = draw(g, 1, g->d[2 + i] < 3 ? (int)g->d[2 + i] : 3);
    if (conv)
        wd[0] = draw(g, 1, 4), wd[1] = g->d[1], wd[2] = k[0], wd[3] = k[1];
    else
        wd[0] = g->d[1], wd[1] = draw(g, 1, 4);
    int64_t outs = conv ? wd[0] : wd[1];
    ints(g, w, wtype, conv ? 4 : 2, wd, wtype == MAKE_S8 ? -128 : 0, wtype == MAKE_S8 ? 127 : 255);
    at_code(g, a);
    float scale = any_scale(g, 0.01f);
    make_float(&g->m, new_name(g, s, "s"), scale);
    make_number(&g->m, new_name(g, z, "z"), wtype, wtype == MAKE_S8 ? draw(g, -3, 3) : draw(g, 120, 136));
    next_code(g, c, 3.0f);
    if (conv) {
        ints(g, b, MAKE_S32, 1, &outs, -2000, 2000);
        snprintf(in, sizeof in, "%s,%s,%s,%s,%s,%s", a, w, s, z, c, b);
        Onnx__NodeProto *n = node(g, "QLinearConv", in, y);
        window(g, n, 2, out, k, false);
        g->d[1] = outs;
        memcpy(g->d + 2, out, sizeof out);
        said(g, "QLinearConv");
    } else {
        snprintf(in, sizeof in, "%s,%s,%s,%s,%s", a, w, s, z, c);
        node(g, "QLinearMatMul", in, y);
        g->d[1] = outs;
        said(g, "QLinearMatMul");
    }
    strcpy(g->at, y);
}

static inline void step_qpair(struct graph *g)
{
    char a[96], c[56], k[24], kc[56], in[260], y[24];
    bool mul = draw(g, 0, 1), constant = draw(g, 0, 1);
    size_t rank = (size_t)draw(g, 0, (int)g->rank);
    int64_t d[4];

    eight_bits(g);
    at_code(g, a);
    if (constant) {
        for (size_t i = 0; i < rank; i++)
            d[i] = draw(g, 0, 1) ? g->d[g->rank - rank + i] : 1;
        ints(g, k, g->type, rank, d, g->type == MAKE_S8 ? -128 : 0, g->type == MAKE_S8 ? 127 : 255);
        code(g, kc, g->type, any_scale(g, 0.02f), any_zero(g, g->type));
        next_code(g, c, 4.0f);
        if (draw(g, 0, 1))
            snprintf(in, sizeof in, "%s,%s,%s,%s", a, k, kc, c);
        else
            snprintf(in, sizeof in, "%s,%s,%s,%s", k, kc, a, c);
    } else {
        next_code(g, c, 4.0f);
        snprintf(in, sizeof in, "%s,%s,%s", a, a, c);
    }
    ms_node(g, mul ? "QLinearMul" : "QLinearAdd", in, y);
    said(g, mul ? "QLinearMul" : "QLinearAdd");
    strcpy(g->at, y);
}

static inline void step_qother(struct graph *g)
{
    char a[96], c[56], in[260], y[24];
    int form = draw(g, 0, 5);
    Onnx__NodeProto *n;

    eight_bits(g);
    at_code(g, a);
    next_code(g, c, form > 2 ? 1.0f : 2.0f);
    snprintf(in, sizeof in, "%s,%s", a, c);
    if (form == 0 && g->rank == 4) {
        int64_t k[2] = { draw(g, 1, g->d[2] < 3 ? (int)g->d[2] : 3), draw(g, 1, g->d[3] < 3 ? (int)g->d[3] : 3) }, out[2];
        n = ms_node(g, "QLinearAveragePool", in, y);
        window(g, n, 2, out, k, true);
        make_int(&g->m, n, "count_include_pad", draw(g, 0, 1));
        memcpy(g->d + 2, out, sizeof out);
        said(g, "QLinearAveragePool");
    } else if (form == 1 && g->rank == 4) {
        n = ms_node(g, "QLinearGlobalAveragePool", in, y);
        make_int(&g->m, n, "channels_last", 0);
        g->d[2] = g->d[3] = 1;
        said(g, "QLinearGlobalAveragePool");
    } else if (form == 2) {
        char all[300];
        snprintf(all, sizeof all, "%s,%s,%s", c, a, a);
        n = ms_node(g, "QLinearConcat", all, y);
        make_int(&g->m, n, "axis", (int)g->rank - 1);
        g->d[g->rank - 1] *= 2;
        said(g, "QLinearConcat");
    } else if (form == 5) {
        g->scale = 1.0f / 128.0f;      /* with 1/256 the oracle lets a 1.0 wrap to 0 */
        g->zero = g->type == MAKE_S8 ? -128 : 0;
        code(g, c, g->type, g->scale, g->zero);
        snprintf(in, sizeof in, "%s,%s", a, c);
        n = ms_node(g, "QLinearSoftmax", in, y);
        make_int(&g->m, n, "axis", (int)g->rank - 1);
        make_int(&g->m, n, "opset", draw(g, 0, 1) ? 13 : 12);
        g->ties = true;
        said(g, "QLinearSoftmax");
    } else {
        n = ms_node(g, form == 3 ? "QLinearSigmoid" : "QLinearLeakyRelu", in, y);
        if (form != 3 && draw(g, 0, 1))
            set_float(g, n, "alpha", (float)draw(g, 1, 8) / 16.0f);
        g->ties |= form == 3;
        said(g, form == 3 ? "QLinearSigmoid" : "QLinearLeakyRelu");
    }
    strcpy(g->at, y);
}

#endif
