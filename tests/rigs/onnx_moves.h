/* onnx_moves.h - steps of a random graph that move: Transpose, Slice, Pad, Resize and their like. */
#ifndef BL_TESTS_ONNX_MOVES_H
#define BL_TESTS_ONNX_MOVES_H

#include "tests/rigs/onnx_graph.h"

/* Each moves x to y, over codes or real values, and says what the shape is then; false: not with this rank. */

static inline bool move_transpose(struct graph *g, const char *x, char y[24])
{
    int64_t perm[4] = { 0, 1, 2, 3 }, d[4];

    for (size_t i = g->rank - 1; i > 1; i--) {             /* the batch stays where it is */
        size_t k = (size_t)draw(g, 1, (int)i);
        int64_t t = perm[i];
        perm[i] = perm[k];
        perm[k] = t;
    }
    for (size_t i = 0; i < g->rank; i++)
        d[i] = g->d[perm[i]];
    set_ints(g, node(g, "Transpose", x, y), "perm", g->rank, perm);
    memcpy(g->d, d, g->rank * sizeof *d);
    said(g, "Transpose");
    return true;
}

static inline bool move_flatten(struct graph *g, const char *x, char y[24])
{
    make_int(&g->m, node(g, "Flatten", x, y), "axis", 1);
    g->d[1] = elems(g->rank - 1, g->d + 1);
    g->rank = 2;
    said(g, "Flatten");
    return true;
}

static inline bool move_slice(struct graph *g, const char *x, char y[24])
{
    char a[24], b[24], c[24], in[120];
    int axis = (int)g->rank - 1;
    int64_t n = g->d[axis], from = draw(g, 0, (int)n - 1), to = draw(g, (int)from + 1, (int)n), v;

    shape(g, a, 1, &from);
    shape(g, b, 1, &to);
    v = draw(g, 0, 1) ? axis : -1;
    shape(g, c, 1, &v);
    snprintf(in, sizeof in, "%s,%s,%s,%s", x, a, b, c);
    node(g, "Slice", in, y);
    g->d[axis] = to - from;
    said(g, "Slice");
    return true;
}

static inline bool move_pad(struct graph *g, const char *x, char y[24])
{
    char a[24], in[120];
    int64_t v[8];

    if (g->rank <= 2)
        return false;
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
    return true;
}

static inline bool move_resize(struct graph *g, const char *x, char y[24])
{
    static const char *const T[] = { "half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel" };
    static const char *const R[] = { "round_prefer_floor", "round_prefer_ceil", "floor", "ceil" };
    char a[24], in[120];

    if (g->rank != 4)
        return false;
    Onnx__TensorProto *t = make_const(&g->m, new_name(g, a, "f"), MAKE_FLOAT, 1, &(int64_t){ 4 });
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
    return true;
}

static inline bool move_concat(struct graph *g, const char *x, char y[24])
{
    int64_t axis = (int64_t)g->rank - 1;
    char in[120];

    snprintf(in, sizeof in, "%s,%s", x, x);
    make_int(&g->m, node(g, "Concat", in, y), "axis", draw(g, 0, 1) ? axis : -1);
    g->d[axis] *= 2;
    said(g, "Concat");
    return true;
}

static inline bool move_reshape(struct graph *g, const char *x, char y[24])
{
    const int64_t v[3] = { 0, -1, g->d[3] };
    char a[24], in[120];

    if (g->rank != 4)
        return false;
    shape(g, a, 3, v);
    snprintf(in, sizeof in, "%s,%s", x, a);
    node(g, "Reshape", in, y);
    g->d[1] *= g->d[2];
    g->d[2] = g->d[3];
    g->rank = 3;
    said(g, "Reshape");
    return true;
}

static inline bool move_squeeze(struct graph *g, const char *x, char y[24])
{
    const int64_t v = 1;
    char a[24], b[24], in[120];

    shape(g, a, 1, &v);
    snprintf(in, sizeof in, "%s,%s", x, a);
    node(g, "Unsqueeze", in, b);
    snprintf(in, sizeof in, "%s,%s", b, a);
    node(g, "Squeeze", in, y);
    said(g, "Unsqueeze Squeeze");
    return true;
}

static inline void step_move(struct graph *g)
{
    static bool (*const move[])(struct graph *g, const char *x, char y[24]) = { move_transpose, move_flatten, move_slice, move_pad, move_resize,
                                                                              move_concat, move_reshape, move_squeeze };
    char x[24], y[24];
    const bool real = draw(g, 0, 1);
    const int form = draw(g, 0, 7);

    if (real)
        dequantize(g, x);
    else
        strcpy(x, g->at);
    if (!move[form](g, x, y))
        move_squeeze(g, x, y);
    if (real)
        quantize(g, y, draw(g, 0, 1) ? g->scale * 100 : 2.0f);
    else
        strcpy(g->at, y);
}

#endif
