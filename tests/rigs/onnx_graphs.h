/* onnx_graphs.h - ONNX graphs at random, a function of the seed: what the differential test of the reader gives to ONNX Runtime too.
 * A graph is a chain of steps over quantised activations; a step is a node in QOperator form, or float nodes between a
 * DequantizeLinear and a QuantizeLinear. */
#ifndef BL_TESTS_ONNX_GRAPHS_H
#define BL_TESTS_ONNX_GRAPHS_H

#include <stdbool.h>
#include <stdio.h>

#include "platforms/net/draw.h"
#include "tests/rigs/onnx_make.h"

struct graph {
    struct make m;
    uint64_t seed, drawn;
    unsigned names;
    char at[24];               /* the activations at hand: codes */
    int type;                  /* MAKE_U8, MAKE_S8 */
    float scale;
    int zero;
    size_t rank;
    int64_t d[4];
    int input_type;            /* MAKE_FLOAT or that of the codes */
    bool ties;                 /* ONNX Runtime adds up in an order of its own: halves may go either way */
    bool real;                 /* the output is float32 */
    char steps[200];
};

static inline int draw(struct graph *g, int lo, int hi)
{
    return lo + (int)((bl_draw(bl_draw_key(g->seed, "graph"), g->drawn++) >> 20) % (uint64_t)(hi - lo + 1));
}

static inline const char *new_name(struct graph *g, char name[24], const char *what)
{
    snprintf(name, 24, "%s%u", what, g->names++);
    return name;
}

static inline void said(struct graph *g, const char *step)
{
    size_t n = strlen(g->steps);

    snprintf(g->steps + n, sizeof g->steps - n, " %s", step);
}

static inline int64_t elems(size_t rank, const int64_t *d)
{
    int64_t n = 1;

    for (size_t i = 0; i < rank; i++)
        n *= d[i];
    return n;
}

/* ---- constants ---- */

static inline const char *reals(struct graph *g, char name[24], size_t rank, const int64_t *d, float size)
{
    Onnx__TensorProto *t = make_const(&g->m, new_name(g, name, "f"), MAKE_FLOAT, rank, d);

    t->n_float_data = (size_t)elems(rank, d);
    t->float_data = make_alloc(&g->m, t->n_float_data * sizeof(float));
    for (size_t i = 0; i < t->n_float_data; i++)
        t->float_data[i] = size * (float)draw(g, -1000, 1000) / 1000.0f;
    return name;
}

static inline const char *ints(struct graph *g, char name[24], int type, size_t rank, const int64_t *d, int lo, int hi)
{
    int32_t v[4096];
    int64_t n = elems(rank, d);

    ck_assert_int_le(n, 4096);
    for (int64_t i = 0; i < n; i++)
        v[i] = draw(g, lo, hi);
    make_numbers(&g->m, new_name(g, name, "i"), type, rank, d, v);
    return name;
}

static inline const char *shape(struct graph *g, char name[24], size_t n, const int64_t *v)
{
    int32_t w[8];

    for (size_t i = 0; i < n; i++)
        w[i] = (int32_t)v[i];
    make_numbers(&g->m, new_name(g, name, "l"), MAKE_S64, 1, &(int64_t){ (int64_t)n }, w);
    return name;
}

/* Scale and zero point of a code as "s,z". Halves are common: scales are often simple numbers. */
static inline float any_scale(struct graph *g, float size)
{
    return size * (draw(g, 0, 2) ? (float)draw(g, 500, 2000) / 1000.0f : (float)(1 << draw(g, 0, 2)) / 2.0f);
}

static inline const char *code(struct graph *g, char text[56], int type, float scale, int zero)
{
    char s[24], z[24];

    make_float(&g->m, new_name(g, s, "s"), scale);
    make_number(&g->m, new_name(g, z, "z"), type, zero);
    snprintf(text, 56, "%s,%s", s, z);
    return text;
}

static inline int any_zero(struct graph *g, int type) { return draw(g, 0, 3) ? draw(g, 60, 190) - (type == MAKE_S8 ? 128 : 0) : type == MAKE_S8 ? 0 : 128; }

/* ---- attributes ---- */

static inline void set_ints(struct graph *g, Onnx__NodeProto *n, const char *name, size_t count, const int64_t *v)
{
    Onnx__AttributeProto *a = make_attr(&g->m, n, name);

    a->n_ints = count;
    a->ints = make_alloc(&g->m, count * sizeof *v);
    memcpy(a->ints, v, count * sizeof *v);
}

static inline void set_float(struct graph *g, Onnx__NodeProto *n, const char *name, float v)
{
    Onnx__AttributeProto *a = make_attr(&g->m, n, name);

    a->has_f = 1;
    a->f = v;
}

static inline void set_text(struct graph *g, Onnx__NodeProto *n, const char *name, const char *v)
{
    Onnx__AttributeProto *a = make_attr(&g->m, n, name);

    a->has_s = 1;
    a->s.len = strlen(v);
    a->s.data = (uint8_t *)make_text(&g->m, v, a->s.len);
}

static inline Onnx__NodeProto *node(struct graph *g, const char *op, const char *inputs, char out[24])
{
    return make_node(&g->m, op, inputs, new_name(g, out, "t"));
}

static inline Onnx__NodeProto *ms_node(struct graph *g, const char *op, const char *inputs, char out[24])
{
    Onnx__NodeProto *n = node(g, op, inputs, out);

    n->domain = make_text(&g->m, "com.microsoft", 13);
    return n;
}

/* ---- from codes to real values and back ---- */

static inline void dequantize(struct graph *g, char real[24])
{
    char c[56], in[96];

    snprintf(in, sizeof in, "%s,%s", g->at, code(g, c, g->type, g->scale, g->zero));
    node(g, "DequantizeLinear", in, real);
}

static inline void quantize(struct graph *g, const char *real, float size)
{
    char c[56], in[96];
    int type = draw(g, 0, 2) ? g->type : MAKE_U8 + MAKE_S8 - g->type;

    g->scale = any_scale(g, size / 100.0f);
    g->zero = any_zero(g, type);
    g->type = type;
    snprintf(in, sizeof in, "%s,%s", real, code(g, c, type, g->scale, g->zero));
    node(g, "QuantizeLinear", in, g->at);
}

/* ---- windows ---- */

static inline void window(struct graph *g, Onnx__NodeProto *n, size_t spatial, int64_t *out, const int64_t *k, bool pool)
{
    int64_t stride[2], dil[2] = { 1, 1 }, pad[4];
    bool same = draw(g, 0, 5) == 0;

    for (size_t i = 0; i < spatial; i++) {
        int64_t in = g->d[2 + i];
        stride[i] = draw(g, 1, 2);
        dil[i] = !pool && !same && (k[i] - 1) * 2 < in ? draw(g, 1, 2) : 1;      /* the oracle has no dilated SAME */
        pad[i] = draw(g, 0, (int)k[i] - 1);
        pad[spatial + i] = draw(g, 0, (int)k[i] - 1);
        out[i] = same ? (in + stride[i] - 1) / stride[i] : (in + pad[i] + pad[spatial + i] - (k[i] - 1) * dil[i] - 1) / stride[i] + 1;
    }
    set_ints(g, n, "kernel_shape", spatial, k);
    set_ints(g, n, "strides", spatial, stride);
    if (!pool)
        set_ints(g, n, "dilations", spatial, dil);
    if (same)
        set_text(g, n, "auto_pad", draw(g, 0, 1) ? "SAME_UPPER" : "SAME_LOWER");
    else
        set_ints(g, n, "pads", 2 * spatial, pad);
}

/* ---- steps in QDQ form: each takes and gives codes ---- */

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

/* Moves, over codes or real values. */
static inline void step_move(struct graph *g)
{
    char x[24], y[24], a[24], b[24], c[24], in[120];
    bool real = draw(g, 0, 1);
    int form = draw(g, 0, 7);
    int64_t perm[4] = { 0, 1, 2, 3 }, v[8];

    if (real)
        dequantize(g, x);
    else
        strcpy(x, g->at);
    if (form == 0) {                           /* the batch stays where it is */
        for (size_t i = g->rank - 1; i > 1; i--) {
            size_t k = (size_t)draw(g, 1, (int)i);
            int64_t t = perm[i];
            perm[i] = perm[k];
            perm[k] = t;
        }
        int64_t d[4];
        for (size_t i = 0; i < g->rank; i++)
            d[i] = g->d[perm[i]];
        set_ints(g, node(g, "Transpose", x, y), "perm", g->rank, perm);
        memcpy(g->d, d, sizeof d);
        said(g, "Transpose");
    } else if (form == 1) {
        make_int(&g->m, node(g, "Flatten", x, y), "axis", 1);
        g->d[1] = elems(g->rank - 1, g->d + 1);
        g->rank = 2;
        said(g, "Flatten");
    } else if (form == 2) {
        int axis = (int)g->rank - 1;
        int64_t n = g->d[axis], from = draw(g, 0, (int)n - 1), to = draw(g, (int)from + 1, (int)n);
        shape(g, a, 1, &from);
        shape(g, b, 1, &to);
        v[0] = draw(g, 0, 1) ? axis : -1;
        shape(g, c, 1, v);
        snprintf(in, sizeof in, "%s,%s,%s,%s", x, a, b, c);
        node(g, "Slice", in, y);
        g->d[axis] = to - from;
        said(g, "Slice");
    } else if (form == 3 && g->rank > 2) {
        for (size_t i = 0; i < 2 * g->rank; i++)
            v[i] = i % g->rank > 1 ? draw(g, 0, 1) : 0;
        shape(g, a, 2 * g->rank, v);
        snprintf(in, sizeof in, "%s,%s", x, a);
        Onnx__NodeProto *n = node(g, "Pad", in, y);
        if (draw(g, 0, 1))
            set_text(g, n, "mode", "edge");
        for (size_t i = 0; i < g->rank; i++)
            g->d[i] += v[i] + v[i + g->rank];
        said(g, "Pad");
    } else if (form == 4 && g->rank == 4) {
        Onnx__TensorProto *t = make_const(&g->m, new_name(g, a, "f"), MAKE_FLOAT, 1, &(int64_t){ 4 });
        static const char *const T[] = { "half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel" };
        static const char *const R[] = { "round_prefer_floor", "round_prefer_ceil", "floor", "ceil" };
        t->n_float_data = 4;
        t->float_data = make_alloc(&g->m, 4 * sizeof(float));
        for (int i = 0; i < 4; i++) {
            t->float_data[i] = i < 2 ? 1.0f : (float)draw(g, 2, 5) / 2.0f;
            g->d[i] = (int64_t)((float)g->d[i] * t->float_data[i]);
        }
        snprintf(in, sizeof in, "%s,,%s", x, a);
        Onnx__NodeProto *n = node(g, "Resize", in, y);
        set_text(g, n, "coordinate_transformation_mode", T[draw(g, 0, 3)]);
        set_text(g, n, "nearest_mode", R[draw(g, 0, 3)]);
        said(g, "Resize");
    } else if (form == 5) {
        int64_t axis = g->rank - 1;
        snprintf(in, sizeof in, "%s,%s", x, x);
        make_int(&g->m, node(g, "Concat", in, y), "axis", draw(g, 0, 1) ? axis : -1);
        g->d[axis] *= 2;
        said(g, "Concat");
    } else if (form == 6 && g->rank == 4) {
        v[0] = 0, v[1] = -1, v[2] = g->d[3];
        shape(g, a, 3, v);
        snprintf(in, sizeof in, "%s,%s", x, a);
        node(g, "Reshape", in, y);
        g->d[1] *= g->d[2];
        g->d[2] = g->d[3];
        g->rank = 3;
        said(g, "Reshape");
    } else {
        v[0] = 1;
        shape(g, a, 1, v);
        snprintf(in, sizeof in, "%s,%s", x, a);
        node(g, "Unsqueeze", in, b);
        snprintf(in, sizeof in, "%s,%s", b, a);
        node(g, "Squeeze", in, y);
        said(g, "Unsqueeze Squeeze");
    }
    if (real)
        quantize(g, y, draw(g, 0, 1) ? g->scale * 100 : 2.0f);
    else
        strcpy(g->at, y);
}

/* ---- steps in QOperator form ---- */

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
    int wtype = g->type == MAKE_S8 ? MAKE_S8 : draw(g, 0, 1) ? MAKE_S8 : MAKE_U8;
    bool conv = g->rank == 4;

    if (g->rank == 3)
        return;
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
    int form = draw(g, 0, 4);
    Onnx__NodeProto *n;

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
    } else {
        n = ms_node(g, form == 3 ? "QLinearSigmoid" : "QLinearLeakyRelu", in, y);
        if (form != 3 && draw(g, 0, 1))
            set_float(g, n, "alpha", (float)draw(g, 1, 8) / 16.0f);
        g->ties |= form == 3;
        said(g, form == 3 ? "QLinearSigmoid" : "QLinearLeakyRelu");
    }
    strcpy(g->at, y);
}

/* ---- the graph ---- */

static inline void graph_end(struct graph *g)
{
    char x[24], y[24];

    if (draw(g, 0, 3) == 0) {
        dequantize(g, x);
        g->real = true;
        if (draw(g, 0, 2) == 0) {
            make_int(&g->m, node(g, "Softmax", x, y), "axis", -1);
            said(g, "Softmax");
            g->ties = true;
            strcpy(x, y);
        } else if (draw(g, 0, 1) && g->rank > 2) {
            char a[24], in[80];
            int64_t axes[2] = { 2, 3 };
            (void)a;
            Onnx__NodeProto *n = node(g, "ReduceMean", x, y);
            (void)in;
            set_ints(g, n, "axes", g->rank - 2, axes);
            make_int(&g->m, n, "keepdims", draw(g, 0, 1));
            said(g, "ReduceMean");
            g->ties = true;
            strcpy(x, y);
        }
        strcpy(g->at, x);
    }
    Onnx__ValueInfoProto *v = make_value(&g->m, g->at, g->real ? MAKE_FLOAT : g->type, 0, NULL);
    v->type->tensor_type->shape = NULL;
    g->m.out[g->m.graph.n_output++] = v;
    for (size_t i = 0; i < g->m.graph.n_node; i++)
        for (size_t k = 0; k < g->m.nodes[i]->n_attribute; k++) {
            Onnx__AttributeProto *a = g->m.nodes[i]->attribute[k];
            a->has_type = 1;
            a->type = a->has_i ? ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT : a->has_f ? ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT :
                      a->has_s ? ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING : ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS;
        }
}

static inline void graph_start(struct graph *g)
{
    Onnx__OperatorSetIdProto **sets, *set;

    make_start(&g->m);
    g->m.graph.name = make_text(&g->m, "g", 1);
    g->m.model.has_ir_version = 1;
    g->m.model.ir_version = 8;
    sets = make_alloc(&g->m, 2 * sizeof *sets);
    for (int i = 0; i < 2; i++) {
        set = sets[i] = make_alloc(&g->m, sizeof *set);
        onnx__operator_set_id_proto__init(set);
        set->domain = make_text(&g->m, i ? "com.microsoft" : "", i ? 13 : 0);
        set->has_version = 1;
        set->version = i ? 1 : 17;
    }
    g->m.model.opset_import = sets;
    g->m.model.n_opset_import = 2;
}

/* The model's bytes, to be freed; *g says how its output is to be compared. */
static inline uint8_t *graph_bytes(struct graph *g, uint64_t seed, size_t *len)
{
    static void (*const QDQ[])(struct graph *) = { step_conv, step_conv, step_gemm, step_matmul, step_function, step_pair, step_pair, step_pool, step_move, step_move };
    static void (*const QOP[])(struct graph *) = { step_qproduct, step_qproduct, step_qpair, step_qpair, step_qother, step_qother, step_move };

    memset(g, 0, sizeof *g);
    g->seed = seed;
    graph_start(g);
    g->rank = (size_t)draw(g, 0, 3);
    g->rank = g->rank < 2 ? 4 : g->rank;
    g->d[0] = 1;
    for (size_t i = 1; i < g->rank; i++)
        g->d[i] = draw(g, 1, 6);
    if (g->rank == 2)
        g->d[0] = draw(g, 1, 4);
    g->type = draw(g, 0, 1) ? MAKE_U8 : MAKE_S8;
    g->scale = any_scale(g, 0.02f);
    g->zero = any_zero(g, g->type);
    g->input_type = draw(g, 0, 1) ? g->type : MAKE_FLOAT;
    make_input(&g->m, "x", g->input_type, g->rank, g->d);
    strcpy(g->at, "x");
    if (g->input_type == MAKE_FLOAT) {
        char c[56], in[96];
        snprintf(in, sizeof in, "x,%s", code(g, c, g->type, g->scale, g->zero));
        node(g, "QuantizeLinear", in, g->at);
    }
    bool qdq = draw(g, 0, 2) != 0;
    for (int i = draw(g, 1, 4); i > 0 && g->m.graph.n_node < MAKE_NODES - 16 && elems(g->rank, g->d) < 1000; i--) {
        if (qdq)
            QDQ[draw(g, 0, sizeof QDQ / sizeof *QDQ - 1)](g);
        else
            QOP[draw(g, 0, sizeof QOP / sizeof *QOP - 1)](g);
    }
    if (!g->steps[0])
        step_function(g);
    graph_end(g);
    return make_bytes(&g->m, len);
}

#endif
