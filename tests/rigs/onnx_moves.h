/* onnx_moves.h - steps of a random graph that move: Transpose, Slice, Pad, Resize and their like. */
#ifndef BL_TESTS_ONNX_MOVES_H
#define BL_TESTS_ONNX_MOVES_H

#include "tests/rigs/onnx_graph.h"

/* x is not the codes at hand, but their real values. */
static inline bool move_is_real(const struct graph *g, const char *x) { return strcmp(x, g->at) != 0; }

/* Each moves x to y, over codes or real values, and says what the shape is then; false: not with this rank. */

static inline bool move_transpose(struct graph *g, const char *x, char y[24])
{
    int64_t perm[4] = { 0, 1, 2, 3 }, d[4];

    for (size_t i = g->rank - 1; i > (g->rank > 2); i--) { /* the batch stays where it is */
        size_t k = (size_t)draw(g, g->rank > 2, (int)i);
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
    make_int(&g->m, node(g, "Flatten", x, y), "axis", g->opset >= 11 && draw(g, 0, 1) ? 1 - (int)g->rank : 1);
    g->d[1] = elems(g->rank - 1, g->d + 1);
    g->rank = 2;
    said(g, "Flatten");
    return true;
}

static inline bool move_slice(struct graph *g, const char *x, char y[24])
{
    char a[24], b[24], c[24], in[120];
    int axis = draw(g, 1, (int)g->rank - 1), form = draw(g, 0, 3);
    int64_t n = g->d[axis], from = draw(g, 0, (int)n - 1), to = draw(g, (int)from + 1, (int)n), v, step = 1;
    char s[24];

    g->d[axis] = to - from;
    if (form == 1) {                   /* backwards */
        int64_t first = to - 1;
        to = from ? from - 1 : INT32_MIN;
        from = first;
        step = -1;
    } else if (form == 2) {            /* every second one, to beyond the end */
        to = INT32_MAX;
        step = 2;
        g->d[axis] = (n - from + 1) / 2;
    } else if (form == 3) {
        from -= n;
    }
    shape(g, a, 1, &from);
    shape(g, b, 1, &to);
    v = draw(g, 0, 1) ? axis : axis - (int)g->rank;
    shape(g, c, 1, &v);
    shape(g, s, 1, &step);
    snprintf(in, sizeof in, "%s,%s,%s,%s,%s", x, a, b, c, s);
    node(g, "Slice", in, y);
    said(g, "Slice");
    return true;
}

static inline bool move_pad(struct graph *g, const char *x, char y[24])
{
    char a[24], in[120];
    int64_t v[8];

    if (g->rank <= 2)
        return false;
    int mode = draw(g, 0, 3), least = mode == 1 ? -1 : 0;
    for (size_t i = 0; i < 2 * g->rank; i++)               /* constant pads may cut */
        v[i] = i % g->rank > 1 && (mode != 3 || g->d[i % g->rank] > 1) ? draw(g, g->d[i % g->rank] > 2 ? least : 0, 1) : 0;
    Onnx__NodeProto *n;
    if (g->opset < 11) {
        n = node(g, "Pad", x, y);
        set_ints(g, n, "pads", 2 * g->rank, v);
        if (mode == 1)
            set_float(g, n, "value", 0.5f);
    } else {
        char k[24] = "";
        if (mode == 1 && move_is_real(g, x))
            make_float(&g->m, new_name(g, k, "f"), 0.5f);
        else if (mode == 1)
            make_number(&g->m, new_name(g, k, "i"), g->type, g->zero);
        shape(g, a, 2 * g->rank, v);
        snprintf(in, sizeof in, "%s,%s,%s", x, a, k);
        n = node(g, "Pad", in, y);
    }
    if (mode > 1)
        set_text(g, n, "mode", mode == 2 ? "edge" : "reflect");
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
        t->float_data[i] = i < 2 ? 1.0f : (float)draw(g, g->d[i] > 1 ? 1 : 2, 5) / 2.0f;
        t->float_data[i] = i > 1 && draw(g, 0, 5) == 0 ? 1.125f : t->float_data[i];        /* the size may stay, and the cells not */
        g->d[i] = (int64_t)((float)g->d[i] * t->float_data[i]);
    }
    snprintf(in, sizeof in, "%s,%s%s", x, g->opset < 11 ? "" : ",", a);
    Onnx__NodeProto *n = node(g, "Resize", in, y);
    if (g->opset >= 11) {
        set_text(g, n, "coordinate_transformation_mode", T[draw(g, 0, 3)]);
        set_text(g, n, "nearest_mode", R[draw(g, 0, 3)]);
        if (move_is_real(g, x) && draw(g, 0, 3) == 0) {
            set_text(g, n, "mode", "linear");
            g->ties = true;
            said(g, "linear");
        }
    }
    said(g, "Resize");
    return true;
}

static inline bool move_concat(struct graph *g, const char *x, char y[24])
{
    int64_t axis = draw(g, 1, (int)g->rank - 1), more = g->d[axis], d[4];
    char in[120], k[24];

    snprintf(in, sizeof in, "%s,%s", x, x);
    if (move_is_real(g, x) && draw(g, 0, 2) == 0) {        /* with a constant */
        memcpy(d, g->d, sizeof d);
        d[axis] = more = draw(g, 1, 2);
        reals(g, k, g->rank, d, 1.0f);
        snprintf(in, sizeof in, "%s,%s", k, x);
        said(g, "const");
    }
    make_int(&g->m, node(g, "Concat", in, y), "axis", draw(g, 0, 1) ? axis : axis - (int)g->rank);
    g->d[axis] += more;
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
    const int64_t v = draw(g, 0, (int)g->rank), back = g->opset >= 11 && draw(g, 0, 1) ? v - (int)g->rank - 1 : v;
    char b[24];

    axes_node(g, "Unsqueeze", x, 13, 1, &v, b);
    axes_node(g, "Squeeze", b, 13, 1, &back, y);
    said(g, "Unsqueeze Squeeze");
    return true;
}

/* The parts of a Split one behind the other, in another order. */
static inline bool move_split(struct graph *g, const char *x, char y[24])
{
    int64_t axis = draw(g, 1, (int)g->rank - 1), n = g->d[axis], size[2] = { draw(g, 1, n > 1 ? (int)n - 1 : 1), 0 };
    char a[24], b[24], s[24], both[60], in[60];
    Onnx__NodeProto *split;

    if (n < 2)
        return false;
    size[1] = n - size[0];
    new_name(g, a, "t");
    new_name(g, b, "t");
    snprintf(both, sizeof both, "%s,%s", a, b);
    if (g->opset >= 18 && draw(g, 0, 1)) {
        split = make_node(&g->m, "Split", x, both);
        make_int(&g->m, split, "num_outputs", 2);
    } else if (g->opset >= 13) {
        snprintf(in, sizeof in, "%s,%s", x, shape(g, s, 2, size));
        split = make_node(&g->m, "Split", in, both);
    } else {
        split = make_node(&g->m, "Split", x, both);
        set_ints(g, split, "split", 2, size);
    }
    make_int(&g->m, split, "axis", g->opset >= 11 && draw(g, 0, 1) ? axis - (int)g->rank : axis);
    snprintf(both, sizeof both, "%s,%s", b, a);
    make_int(&g->m, node(g, "Concat", both, y), "axis", axis);
    said(g, "Split");
    return true;
}

static inline bool move_gather(struct graph *g, const char *x, char y[24])
{
    int64_t axis = draw(g, 1, (int)g->rank - 1), n = g->d[axis], many = draw(g, 1, 3);
    int32_t at[3];
    char a[24], in[60];
    bool number = g->rank > 2 && draw(g, 0, 2) == 0;

    for (int i = 0; i < 3; i++)
        at[i] = draw(g, g->opset >= 11 ? -(int)n : 0, (int)n - 1);
    make_numbers(&g->m, new_name(g, a, "l"), MAKE_S64, number ? 0 : 1, &many, at);
    snprintf(in, sizeof in, "%s,%s", x, a);
    make_int(&g->m, node(g, "Gather", in, y), "axis", axis);
    g->d[axis] = many;
    if (number) {                      /* the axis goes */
        memmove(g->d + axis, g->d + axis + 1, (g->rank - (size_t)axis - 1) * sizeof *g->d);
        g->rank--;
    }
    said(g, "Gather");
    return true;
}

/* [batch][-1] by the shape of x itself, as PyTorch exports a view. */
static inline bool move_view(struct graph *g, const char *x, char y[24])
{
    const int64_t none = 0, rest = -1;
    char s[24], b[24], u[24], k[24], z[24], in[60];

    node(g, "Shape", x, s);
    make_number(&g->m, new_name(g, k, "l"), MAKE_S64, 0);
    snprintf(in, sizeof in, "%s,%s", s, k);
    node(g, "Gather", in, b);
    axes_node(g, "Unsqueeze", b, 13, 1, &none, u);
    snprintf(in, sizeof in, "%s,%s", u, shape(g, z, 1, &rest));
    make_int(&g->m, node(g, "Concat", in, k), "axis", 0);
    snprintf(in, sizeof in, "%s,%s", x, k);
    node(g, "Reshape", in, y);
    g->d[1] = elems(g->rank - 1, g->d + 1);
    g->rank = 2;
    said(g, "view");
    return true;
}

static inline bool move_nothing(struct graph *g, const char *x, char y[24])
{
    node(g, move_is_real(g, x) && draw(g, 0, 1) ? "Dropout" : "Identity", x, y);
    said(g, "Identity");
    return true;
}

static inline void step_move(struct graph *g)
{
    static bool (*const move[])(struct graph *g, const char *x, char y[24]) = { move_transpose, move_flatten, move_slice, move_pad, move_resize,
                                                                              move_concat, move_reshape, move_squeeze, move_split, move_gather,
                                                                              move_view, move_nothing };
    char x[24], y[24];
    const bool four = g->type == MAKE_U4 || g->type == MAKE_S4, real = draw(g, 0, 1) || four || g->opset < 13;     /* the oracle's types */
    const int form = draw(g, 0, sizeof move / sizeof *move - 1);

    if (real)
        dequantize(g, x);
    else
        strcpy(x, g->at);
    if (!move[form](g, x, y))
        move_squeeze(g, x, y);
    if (real)
        quantize(g, y, draw(g, 0, 1) && !four ? g->scale * 100 : 2.0f);
    else
        strcpy(g->at, y);
}

#endif
