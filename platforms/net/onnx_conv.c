/* onnx_conv.c - convolutions of ONNX become layers. */
#include <string.h>

#include "platforms/net/onnx_read.h"

/* From the input's dimensions (channels first) and the weights' [M][C/group][kh][kw], or [M][C/group][k]. */
static int conv_sizes(const struct onnx *x, const Onnx__NodeProto *n, uint32_t rank, const uint64_t *d, const Onnx__TensorProto *w, struct onnx_conv *c,
                      struct bl_layer *l)
{
    uint32_t kernel[2] = { 1, 1 };
    int64_t group = onnx_attr_int(n, "group", 1);

    if ((rank != 4 && rank != 3) || w->n_dims != rank || d[0] != 1 || onnx_count(w) <= 0)
        return onnx_refuse(x, n, "found an input of rank %u, batch %llu, and weights of rank %zu; expected 3 or 4 for both, batch 1, with data",
                           rank, rank ? (unsigned long long)d[0] : 0, w->n_dims);
    c->spatial = rank - 2;
    c->in[0] = d[1];
    c->in[1] = rank == 4 ? d[2] : 1;
    c->in[2] = d[rank - 1];
    c->wd[0] = (uint64_t)w->dims[0];
    c->wd[1] = (uint64_t)w->dims[1];
    c->wd[2] = rank == 4 ? (uint64_t)w->dims[2] : 1;
    c->wd[3] = (uint64_t)w->dims[rank - 1];
    if (group < 1 || group > ONNX_WINDOW || c->wd[1] * (uint64_t)group != c->in[0] || c->wd[0] % (uint64_t)group)
        return onnx_refuse(x, n, "found %llu input channels, weights for %llu in each of %lld groups and %llu outputs",
                           (unsigned long long)c->in[0], (unsigned long long)c->wd[1], (long long)group, (unsigned long long)c->wd[0]);
    if (c->wd[2] > ONNX_WINDOW || c->wd[3] > ONNX_WINDOW)
        return onnx_refuse(x, n, "found a kernel of %llu x %llu, expected at most %d", (unsigned long long)c->wd[2], (unsigned long long)c->wd[3], ONNX_WINDOW);
    kernel[0] = l->kh = (uint32_t)c->wd[2];
    kernel[1] = l->kw = (uint32_t)c->wd[3];
    if (onnx_ints(x, n, "kernel_shape", c->spatial, 1, kernel + 2 - c->spatial))
        return -1;
    if (kernel[0] != l->kh || kernel[1] != l->kw)
        return onnx_refuse(x, n, "attribute 'kernel_shape': found %u x %u, the weights have %u x %u", kernel[0], kernel[1], l->kh, l->kw);
    l->groups = (uint32_t)group;
    if (onnx_window(x, n, c->in + 1, c->spatial, l, c->out))
        return -1;
    c->dims[0] = 1;
    c->dims[1] = c->wd[0];
    memcpy(c->dims + 2, c->out + 2 - c->spatial, c->spatial * sizeof *c->dims);
    return 0;
}

/* Integer weights: the layer up to its output; its input tensor becomes channels, rows, columns. */
static int conv_layer(struct onnx *x, const Onnx__NodeProto *n, uint32_t tensor, const struct onnx_conv *c, const struct onnx_weights *w, struct bl_layer *l)
{
    int64_t in = onnx_reshaped(x, n, tensor, (uint32_t)c->in[0], (uint32_t)c->in[1], (uint32_t)c->in[2]);

    if (in < 0)
        return -1;
    l->kind = BL_CONV;
    l->in[0] = l->in[1] = (uint32_t)in;
    return onnx_fill(x, n, l, w, c->wd[0], c->wd[1] * l->kh * l->kw);
}

struct bl_tensor onnx_conv_shape(const struct onnx_conv *c)
{
    return (struct bl_tensor){ .c = (uint32_t)c->wd[0], .h = (uint32_t)c->out[0], .w = (uint32_t)c->out[1] };
}

/* In float32, as float input or weights want it. */
static int conv_float(struct onnx *x, const Onnx__NodeProto *n, struct value *in, struct value *w, const struct value *b, const struct onnx_conv *c,
                      struct bl_layer *l, bool whole)
{
    const struct bl_tensor like = onnx_conv_shape(c);
    int64_t a = onnx_as_float(x, n, in), wt = a < 0 ? -1 : onnx_as_float(x, n, w);
    float *bias = NULL;

    if (wt < 0)
        return -1;
    if (b) {
        if (!onnx_is_const(b) || onnx_count(b->t) != (int64_t)c->wd[0])
            return onnx_refuse(x, n, "the bias is no constant of %llu elements", (unsigned long long)c->wd[0]);
        if (!(bias = bl_net_alloc(x->net, c->wd[0], sizeof *bias)))
            return onnx_refuse(x, n, "no memory");
        for (uint64_t o = 0; o < c->wd[0]; o++)
            bias[o] = onnx_real(b, o);
    }
    l->kind = BL_FLOAT;
    l->in[0] = (uint32_t)a;
    l->in[1] = (uint32_t)wt;
    l->real = (struct bl_float){ .op = BL_FLOAT_CONV, .c = (uint32_t)c->in[0], .h = (uint32_t)c->in[1], .w = (uint32_t)c->in[2],
        .out_c = like.c, .out_h = like.h, .out_w = like.w, .kh = l->kh, .kw = l->kw, .stride_h = l->stride_h, .stride_w = l->stride_w,
        .dil_h = l->dil_h, .dil_w = l->dil_w, .pad_t = l->pad_t, .pad_l = l->pad_l, .groups = l->groups, .bias = bias, .whole = whole };
    if (onnx_emit(x, n, l, n->output[0], c->spatial + 2, c->dims, NULL, false, &like))
        return -1;
    onnx_find(x, n->output[0])->sums = whole;
    return 0;
}

int onnx_conv(struct onnx *x, const Onnx__NodeProto *n)
{
    struct value *in = onnx_real_in(x, n, 0), *wv = onnx_in(x, n, 1);
    const char *name = n->output[0];
    struct onnx_weights w;
    struct bl_layer l = { 0 };
    struct onnx_conv c;
    struct code code;
    bool taken = true;

    if (!in)
        return -1;
    if (!onnx_is_const(wv))
        return onnx_refuse(x, n, "the weights '%s' are no constant", n->input[1]);
    if (wv->kind == VALUE_CONST && wv->t->data_type != ONNX_TYPE(FLOAT))
        return onnx_refuse(x, n, "the weights '%s' are integers (ONNX type %d) without a DequantizeLinear", wv->name, wv->t->data_type);
    if (conv_sizes(x, n, in->rank, in->dims, wv->t, &c, &l))
        return -1;
    if (in->kind != VALUE_VIEW || in->table || !onnx_weights_qdq(wv, 0, &w))
        return conv_float(x, n, in, wv, onnx_in(x, n, 2), &c, &l, false);
    int64_t t = onnx_linear(x, n, in);
    if (t < 0 || conv_layer(x, n, (uint32_t)t, &c, &w, &l))
        return -1;
    if (n->n_input > 2 && *n->input[2] && !onnx_is_const(onnx_in(x, n, 2)))
        return onnx_refuse(x, n, "the bias '%s' is no constant", n->input[2]);
    if (onnx_bias(x, n, &l, onnx_in(x, n, 2), false, 1.0f, &taken) || onnx_tail(x, &name, &l, c.spatial + 2, c.dims, 1))
        return -1;
    onnx_clamps(x, &name, &l);
    const struct bl_tensor like = onnx_conv_shape(&c);
    return onnx_emit(x, n, &l, name, c.spatial + 2, c.dims, onnx_ahead(x, name, &code) ? &code : NULL, false, &like);
}

/* A copy of v's codes with the axes of rank 4 in another order. */
static int64_t reordered(struct onnx *x, const Onnx__NodeProto *n, const struct value *v, const uint32_t order[4], uint64_t dims[4])
{
    const struct bl_tensor t = x->net->tensors[v->tensor];
    struct code c = onnx_code_of(&t);
    struct bl_layer l = { .kind = BL_MOVE, .in = { v->tensor, v->tensor } };
    uint64_t step[4] = { v->dims[1] * v->dims[2] * v->dims[3], v->dims[2] * v->dims[3], v->dims[3], 1 };
    uint32_t *from = bl_net_alloc(x->net, bl_tensor_elems(&t), sizeof *from), k = 0;

    if (!from)
        return onnx_refuse(x, n, "no memory");
    for (int i = 0; i < 4; i++)
        dims[i] = v->dims[order[i]];
    for (uint64_t a = 0; a < dims[0]; a++)
        for (uint64_t b = 0; b < dims[1]; b++)
            for (uint64_t d = 0; d < dims[2]; d++)
                for (uint64_t e = 0; e < dims[3]; e++)
                    from[k++] = (uint32_t)(a * step[order[0]] + b * step[order[1]] + d * step[order[2]] + e * step[order[3]]);
    l.from = from;
    return onnx_layer(x, n, &l, v->name, 4, dims, &c, NULL);
}

static const uint32_t TO_FIRST[4] = { 0, 3, 1, 2 }, TO_LAST[4] = { 0, 2, 3, 1 };

int onnx_channels_first(struct onnx *x, const Onnx__NodeProto *n, struct value *v)
{
    uint64_t dims[4];
    int64_t t;

    if (!onnx_attr_int(n, "channels_last", 0))
        return 0;
    if (v->rank != 4 || (t = reordered(x, n, v, TO_FIRST, dims)) < 0)
        return v->rank != 4 ? onnx_refuse(x, n, "channels_last is implemented for inputs of rank 4 alone") : -1;
    v->tensor = (uint32_t)t;
    memcpy(v->dims, dims, sizeof dims);
    return 0;
}

int onnx_emit_codes(struct onnx *x, const Onnx__NodeProto *n, struct bl_layer *l, uint32_t rank, const uint64_t *dims, const struct code *c,
                      const struct bl_tensor *like)
{
    struct value v = { .kind = VALUE_CODES, .rank = rank, .scale = c->scale, .zero = c->zero };
    int64_t t;

    if (!onnx_attr_int(n, "channels_last", 0))
        return onnx_emit(x, n, l, n->output[0], rank, dims, c, true, like);
    if ((t = onnx_layer(x, n, l, n->output[0], rank, dims, c, like)) < 0)
        return -1;
    v.tensor = (uint32_t)t;
    memcpy(v.dims, dims, rank * sizeof *dims);
    v.name = n->output[0];
    uint64_t last[4];
    if ((t = reordered(x, n, &v, TO_LAST, last)) < 0)
        return -1;
    v.tensor = (uint32_t)t;
    memcpy(v.dims, last, sizeof last);
    return onnx_define_like(x, n, n->output[0], &v);
}

int onnx_qconv(struct onnx *x, const Onnx__NodeProto *n)
{
    struct value *v = onnx_codes_in(x, n, 0), in;
    struct onnx_weights w;
    struct bl_layer l = { 0 };
    struct onnx_conv c;
    struct code code;
    bool taken;

    if (!v || onnx_weights_q(x, n, 3, &w) || onnx_code(x, n, 6, 7, x->net->tensors[v->tensor].dtype, &code))
        return -1;
    in = *v;
    if (onnx_channels_first(x, n, &in) || conv_sizes(x, n, in.rank, in.dims, w.w, &c, &l) || conv_layer(x, n, in.tensor, &c, &w, &l) ||
        onnx_bias(x, n, &l, onnx_in(x, n, 8), true, 1.0f, &taken))
        return -1;
    const struct bl_tensor like = onnx_conv_shape(&c);
    return onnx_emit_codes(x, n, &l, c.spatial + 2, c.dims, &code, &like);
}

int onnx_conv_integer(struct onnx *x, const Onnx__NodeProto *n)
{
    struct onnx_bare b;
    struct onnx_weights w;
    struct bl_layer l = { 0 };
    struct onnx_conv c;

    if (onnx_needs_whole(x, n, 1)) {
        struct value *in = onnx_in(x, n, 0), *wv = onnx_in(x, n, 1), p, q;
        if (onnx_is_const(in) || !onnx_is_const(wv))
            return onnx_refuse(x, n, "expected activations ('%s') and constant weights ('%s')", in->name, wv->name);
        if (onnx_whole(x, n, 0, 2, 0, &p) || onnx_whole(x, n, 1, 3, 0, &q) || conv_sizes(x, n, p.rank, p.dims, q.t, &c, &l))
            return -1;
        return conv_float(x, n, &p, &q, NULL, &c, &l, true);
    }
    if (onnx_bare_in(x, n, &b, &w) || conv_sizes(x, n, b.rank, b.dims, w.w, &c, &l) || conv_layer(x, n, b.tensor, &c, &w, &l))
        return -1;
    const struct bl_tensor like = onnx_conv_shape(&c);
    return onnx_bare_out(x, n, &l, c.spatial + 2, c.dims, 1, &like);
}
