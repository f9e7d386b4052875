/* onnx_bare.h - steps of a random graph by products of bare integers: ConvInteger, MatMulInteger, QGemm, and DynamicQuantizeLinear before them. */
#ifndef BL_TESTS_ONNX_BARE_H
#define BL_TESTS_ONNX_BARE_H

#include "tests/rigs/onnx_qdq.h"

/* Cast, and a Mul by the scales; `dynamic`: times that value too. */
static inline void scaled(struct graph *g, const char *sums, int64_t outs, const char *dynamic, bool channels, char y[24])
{
    char c[24], k[24], m[24], in[60];
    int64_t d[4] = { 1, outs, 1, 1 };
    bool vector = draw(g, 0, 1);

    make_int(&g->m, node(g, "Cast", sums, c), "to", 1);
    if (vector && channels)
        reals(g, k, g->rank - 1, d + 1, 0.0f);
    else
        reals(g, k, vector, &outs, 0.0f);
    Onnx__TensorProto *t = g->m.consts[g->m.graph.n_initializer - 1];
    for (size_t i = 0; i < t->n_float_data; i++)
        t->float_data[i] = any_scale(g, *dynamic ? 0.01f : 0.0002f);
    if (*dynamic) {
        snprintf(in, sizeof in, "%s,%s", dynamic, k);
        node(g, "Mul", in, m);
        strcpy(k, m);
    }
    bool first = draw(g, 0, 1);
    snprintf(in, sizeof in, "%s,%s", first ? c : k, first ? k : c);
    node(g, "Mul", in, y);
}

/* Of codes at hand, or of real values that a DynamicQuantizeLinear makes codes. */
static inline void step_bare(struct graph *g)
{
    bool dynamic = g->opset >= 11 && draw(g, 0, 1), conv = g->rank > 2;
    char x[24], q[24], s[24] = "", z[24] = "", w[24], wz[24] = "", y[24], r[24], in[120], three[80];
    int64_t wd[4], k[2] = { 1, 1 }, out[2], outs;
    int type = conv || draw(g, 0, 1) ? MAKE_U8 : MAKE_S8;

    eight_bits(g);
    if (dynamic) {
        dequantize(g, x);
        new_name(g, q, "t"), new_name(g, s, "t"), new_name(g, z, "t");
        snprintf(three, sizeof three, "%s,%s,%s", q, s, z);
        make_node(&g->m, "DynamicQuantizeLinear", x, three);
        said(g, "Dynamic");
    } else {
        if (g->type != MAKE_U8) {      /* the oracle has no ConvInteger of int8 */
            dequantize(g, x);
            quantize_as(g, x, 2.0f, MAKE_U8);
        }
        strcpy(q, g->at);
        if (draw(g, 0, 3))
            make_number(&g->m, new_name(g, z, "z"), g->type, g->zero);
    }
    if (conv) {
        for (size_t i = 0; i < g->rank - 2; i++)
            k[i] = draw(g, 1, g->d[2 + i] < 3 ? (int)g->d[2 + i] : 3);
        wd[0] = outs = draw(g, 1, 4), wd[1] = g->d[1], wd[2] = k[0], wd[3] = k[1];
    } else {
        wd[0] = g->d[g->rank - 1], wd[1] = outs = draw(g, 1, 4);
    }
    ints(g, w, type, conv ? g->rank : 2, wd, type == MAKE_U8 ? 0 : -128, type == MAKE_U8 ? 255 : 127);
    if (type == MAKE_U8 || draw(g, 0, 1))
        make_number(&g->m, new_name(g, wz, "z"), type, draw(g, 0, 9) + (type == MAKE_U8 ? 120 : -5));
    snprintf(in, sizeof in, "%s,%s,%s,%s", q, w, z, wz);
    Onnx__NodeProto *n = node(g, conv ? "ConvInteger" : "MatMulInteger", in, y);
    said(g, conv ? "ConvInteger" : "MatMulInteger");
    if (conv) {
        window(g, n, g->rank - 2, out, k, false);
        g->d[1] = outs;
        memcpy(g->d + 2, out, (g->rank - 2) * sizeof *out);
    } else {
        g->d[g->rank - 1] = outs;
    }
    scaled(g, y, outs, s, conv, r);
    if (draw(g, 0, 1))
        add_constant(g, r, 0.5f, false);
    after(g, r, 2.0f);
    g->ties = true;
    quantize(g, r, 3.0f);
}

static inline void step_qgemm(struct graph *g)
{
    int turn_a = draw(g, 0, 2) == 0, turn_b = draw(g, 0, 1), columns = draw(g, 1, 5), form = draw(g, 0, 2);
    char c[56], w[24], s[24], z[24], b[24] = "", y[24], yc[56], in[240];
    int64_t wd[2], n, rows, k;

    if (g->rank != 2)
        return;
    eight_bits(g);
    rows = g->d[turn_a], k = g->d[!turn_a], n = columns;
    int type = g->type == MAKE_S8 ? MAKE_S8 : draw(g, 0, 1) ? MAKE_U8 : MAKE_S8;
    wd[turn_b] = k, wd[!turn_b] = columns;
    ints(g, w, type, 2, wd, type == MAKE_U8 ? 0 : -128, type == MAKE_U8 ? 255 : 127);
    bool vector = draw(g, 0, 1) && columns > 1;
    float v[8];
    for (int i = 0; i < columns; i++)
        v[i] = any_scale(g, 0.01f);
    make_floats(&g->m, new_name(g, s, "s"), vector ? (size_t)columns : 1, v);
    ints(g, z, type, vector, &n, type == MAKE_U8 ? 128 : 0, type == MAKE_U8 ? 128 : 0);
    if (draw(g, 0, 1))
        ints(g, b, MAKE_S32, 1, &n, -2000, 2000);
    code(g, c, g->type, g->scale, g->zero);
    if (form) {                        /* codes */
        g->scale = any_scale(g, 0.03f);
        g->zero = any_zero(g, g->type);
        snprintf(in, sizeof in, "%s,%s,%s,%s,%s,%s,%s", g->at, c, w, s, z, b, code(g, yc, g->type, g->scale, g->zero));
    } else {
        snprintf(in, sizeof in, "%s,%s,%s,%s,%s%s%s", g->at, c, w, s, z, *b ? "," : "", b);
    }
    Onnx__NodeProto *m = ms_node(g, "QGemm", in, y);
    make_int(&g->m, m, "transA", turn_a);
    make_int(&g->m, m, "transB", turn_b);
    if (draw(g, 0, 2) == 0)
        set_float(g, m, "alpha", 0.75f);
    g->d[0] = rows, g->d[1] = columns;
    said(g, form ? "QGemm" : "QGemm float");
    if (form)
        strcpy(g->at, y);
    else
        quantize(g, y, 3.0f);
}

/* Two activations: of codes, or with a scale of the sums behind. */
static inline void step_two(struct graph *g)
{
    int64_t perm[4] = { 0, 1, 2, 3 };
    char t[24], y[24], c[56], yc[56], in[240];

    if (g->rank < 2)
        return;
    eight_bits(g);
    perm[g->rank - 1] = (int64_t)g->rank - 2, perm[g->rank - 2] = (int64_t)g->rank - 1;
    set_ints(g, node(g, "Transpose", g->at, t), "perm", g->rank, perm);
    code(g, c, g->type, g->scale, g->zero);
    g->scale = any_scale(g, 0.02f);
    g->zero = any_zero(g, g->type);
    snprintf(in, sizeof in, "%s,%s,%s,%s,%s", g->at, c, t, c, code(g, yc, g->type, g->scale, g->zero));
    node(g, "QLinearMatMul", in, y);
    g->d[g->rank - 1] = g->d[g->rank - 2];
    said(g, "QLinearMatMul of two");
    strcpy(g->at, y);
}

#endif
