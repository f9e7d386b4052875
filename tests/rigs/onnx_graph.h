/* onnx_graph.h - an ONNX graph that grows at random, a function of its seed: what is drawn, constants, attributes, codes and real values,
 * windows. Steps are in onnx_qdq.h, onnx_moves.h, onnx_qop.h; onnx_graphs.h puts them together. */
#ifndef BL_TESTS_ONNX_GRAPH_H
#define BL_TESTS_ONNX_GRAPH_H

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
    int opset;
    int input_type;            /* MAKE_FLOAT or that of the codes */
    char real_at[24];          /* real values that are an output too; "": none */
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

static inline bool is_signed(int type) { return type == MAKE_S8 || type == MAKE_S4; }

static inline int any_zero(struct graph *g, int type)
{
    if (type == MAKE_U4 || type == MAKE_S4)
        return draw(g, 4, 11) - (type == MAKE_S4 ? 8 : 0);
    if (draw(g, 0, 7) == 0)
        return 0;
    return draw(g, 0, 3) ? draw(g, 60, 190) - (type == MAKE_S8 ? 128 : 0) : type == MAKE_S8 ? 0 : 128;
}

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

/* Axes as an attribute, or from that opset on as input 1. */
static inline Onnx__NodeProto *axes_node(struct graph *g, const char *op, const char *x, int since, size_t n, const int64_t *axes, char out[24])
{
    char a[24], in[60];

    if (g->opset < since) {
        Onnx__NodeProto *made = node(g, op, x, out);
        set_ints(g, made, "axes", n, axes);
        return made;
    }
    snprintf(in, sizeof in, "%s,%s", x, shape(g, a, n, axes));
    return node(g, op, in, out);
}

/* ---- from codes to real values and back ---- */

/* Scale and zero point as "s,z"; a zero point of 0 may be left out where its type is clear. */
static inline const char *some_code(struct graph *g, char text[56], int type, float scale, int zero, bool clear)
{
    char s[24];

    if (zero || !clear || draw(g, 0, 1))
        return code(g, text, type, scale, zero);
    make_float(&g->m, new_name(g, s, "s"), scale);
    snprintf(text, 56, "%s%s", s, draw(g, 0, 1) ? "," : "");
    return text;
}

static inline void dequantize(struct graph *g, char real[24])
{
    char c[56], in[96];

    snprintf(in, sizeof in, "%s,%s", g->at, some_code(g, c, g->type, g->scale, g->zero, true));
    node(g, "DequantizeLinear", in, real);
}

/* A type of codes: mostly eight bits; from opset 21 on also four. */
static inline int any_type(struct graph *g)
{
    int type = draw(g, 0, 2) ? g->type : is_signed(g->type) ? MAKE_U8 : MAKE_S8;

    if (type == MAKE_U4 || type == MAKE_S4)
        type = MAKE_U8;
    return g->opset >= 21 && draw(g, 0, 3) == 0 ? draw(g, 0, 1) ? MAKE_U4 : MAKE_S4 : type;
}

static inline void quantize_as(struct graph *g, const char *real, float size, int type)
{
    char c[56], in[96];
    bool said = g->opset >= 21 && draw(g, 0, 2) == 0;      /* the type by output_dtype */

    g->scale = any_scale(g, size / (type == MAKE_U4 || type == MAKE_S4 ? 7.0f : 100.0f));
    g->zero = any_zero(g, type);
    g->type = type;
    snprintf(in, sizeof in, "%s,%s", real, some_code(g, c, type, g->scale, g->zero, said || type == MAKE_U8));
    Onnx__NodeProto *n = node(g, "QuantizeLinear", in, g->at);
    if (said)
        make_int(&g->m, n, "output_dtype", type);
}

static inline void quantize(struct graph *g, const char *real, float size) { quantize_as(g, real, size, any_type(g)); }

/* Codes of eight bits, for what has no others. */
static inline void eight_bits(struct graph *g)
{
    char x[24];

    if (g->type == MAKE_U8 || g->type == MAKE_S8)
        return;
    dequantize(g, x);
    quantize_as(g, x, 2.0f, draw(g, 0, 1) ? MAKE_U8 : MAKE_S8);
}

/* ---- windows ---- */

/* Output size along axis i with ceil_mode. */
static inline int64_t in_ceiling(const struct graph *g, size_t i, const int64_t *k, const int64_t *dil, const int64_t *stride, const int64_t *pad, size_t spatial)
{
    return (g->d[2 + i] + pad[i] + pad[spatial + i] - (k[i] - 1) * dil[i] - 1 + stride[i] - 1) / stride[i] + 1;
}

static inline void window(struct graph *g, Onnx__NodeProto *n, size_t spatial, int64_t *out, const int64_t *k, bool pool)
{
    int64_t stride[2], dil[2] = { 1, 1 }, pad[4];
    bool same = draw(g, 0, 5) == 0, average = !strcmp(n->op_type, "AveragePool");
    bool ceiling = pool && !same && g->opset >= 10 && strncmp(n->op_type, "QLinear", 7) && draw(g, 0, 2) == 0;
    bool dilated = !pool || (!strcmp(n->op_type, "MaxPool") && g->opset >= 10) || (average && g->opset >= 19);

    for (size_t i = 0; i < spatial; i++) {
        int64_t in = g->d[2 + i];
        stride[i] = draw(g, 1, 2);
        dil[i] = dilated && !same && (k[i] - 1) * 2 < in ? draw(g, 1, 2) : 1;    /* the oracle has no dilated SAME */
        pad[i] = draw(g, 0, (int)k[i] - 1);
        pad[spatial + i] = draw(g, 0, (int)k[i] - 1);
        out[i] = same ? (in + stride[i] - 1) / stride[i] : (in + pad[i] + pad[spatial + i] - (k[i] - 1) * dil[i] - 1) / stride[i] + 1;
    }
    for (size_t i = 0; i < spatial; i++)                   /* the oracle keeps windows that begin in the padding behind; the standard does not */
        ceiling &= (in_ceiling(g, i, k, dil, stride, pad, spatial) - 1) * stride[i] < g->d[2 + i] + pad[i];
    for (size_t i = 0; ceiling && i < spatial; i++)
        out[i] = in_ceiling(g, i, k, dil, stride, pad, spatial);
    if (ceiling)
        make_int(&g->m, n, "ceil_mode", 1);
    set_ints(g, n, "kernel_shape", spatial, k);
    set_ints(g, n, "strides", spatial, stride);
    if (dilated)
        set_ints(g, n, "dilations", spatial, dil);
    if (same)
        set_text(g, n, "auto_pad", draw(g, 0, 1) ? "SAME_UPPER" : "SAME_LOWER");
    else
        set_ints(g, n, "pads", 2 * spatial, pad);
}

#endif
