/* tflite_products.c - CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED of .tflite files: weights, scales, biases. */
#include "platforms/net/tflite_read.h"

#include <math.h>
#include <string.h>

/* ---- windows ---- */

uint32_t tfl_window(bool same, uint32_t in, uint32_t k, uint32_t stride, uint32_t dilation, uint32_t *before, uint32_t *after)
{
    uint64_t span = (uint64_t)(k - 1) * dilation + 1, out, total;

    *before = *after = 0;
    if (!same)
        return in < span ? 0 : (uint32_t)((in - span) / stride + 1);
    out = ((uint64_t)in + stride - 1) / stride;
    total = (out - 1) * stride + span;
    total = total > in ? total - in : 0;
    *before = (uint32_t)(total / 2);
    *after = (uint32_t)(total - total / 2);
    return (uint32_t)out;
}

/* ---- weights ---- */

struct weights { const struct tfl_tensor *w, *bias; int64_t axis; };

static int weight(const struct tfl_tensor *w, uint64_t i)
{
    if (w->type == TFL_I4)
        return (int8_t)(uint8_t)(w->data[i / 2] << (i & 1 ? 0 : 4)) >> 4;      /* the low half first */
    return w->type == TFL_U8 ? w->data[i] - 128 : (int8_t)w->data[i];
}

static int check_weights(struct tfl *x, const struct tfl_operator *o, const struct weights *g, uint32_t cout)
{
    const struct tfl_tensor *w = g->w;

    if (!w->data)
        return tfl_refuse(x, o, "weights '%s' are no constant", w->name);
    if (w->type != TFL_I8 && w->type != TFL_U8 && w->type != TFL_I4)
        return tfl_refuse(x, o, "weights '%s' are %s; expected int8, int4 or uint8: quantise the whole net to integers", w->name,
                          tfl_type_name(w->type));
    if (w->odd)
        return tfl_refuse(x, o, "weights '%s' are sparse, a variable or quantised in an unknown way; expected plain int8", w->name);
    if ((w->scale.n != 1 && w->scale.n != cout) || (w->zero.n > 1 && w->zero.n != w->scale.n))
        return tfl_refuse(x, o, "weights '%s': found %u scales and %u zero points, expected 1 or %u, one an output", w->name, w->scale.n, w->zero.n,
                          cout);
    if (w->scale.n > 1 && w->axis != g->axis)
        return tfl_refuse(x, o, "weights '%s': the scales lie along axis %lld, expected %lld, the outputs", w->name, (long long)w->axis,
                          (long long)g->axis);
    for (uint32_t i = 0; i < w->zero.n; i++) {
        int64_t z = flat_item_int(&x->file.f, w->zero, i, 8);
        if (w->type == TFL_U8 ? z < 0 || z > 255 : z != 0)
            return tfl_refuse(x, o, "weights '%s': found zero point %lld, expected %s", w->name, (long long)z, w->type == TFL_U8 ? "0 to 255" : "0");
    }
    return 0;
}

static int fill_codes(struct tfl *x, const struct tfl_operator *o, const struct weights *g, struct bl_layer *l)
{
    const struct tfl_tensor *w = g->w, *b = g->bias;

    if (b && (b->type != TFL_I32 || !b->data || b->elems != l->cout))
        return tfl_refuse(x, o, "bias '%s': found %s%llu of %s, expected %u constant int32", b->name, b->data ? "" : "no data for ",
                          (unsigned long long)b->elems, tfl_type_name(b->type), l->cout);
    struct flat_vector biases = { b ? (uint32_t)(b->data - x->file.f.bytes) : 0, b ? l->cout : 0 };
    for (uint32_t i = 0; i < l->cout; i++) {
        l->wscale[i] = flat_item_float(&x->file.f, w->scale, w->scale.n > 1 ? i : 0);
        l->wzero[i] = w->type == TFL_U8 ? (int32_t)flat_item_int(&x->file.f, w->zero, w->zero.n > 1 ? i : 0, 8) - 128 : 0;
        l->bias[i] = (int32_t)flat_item_int(&x->file.f, biases, i, 4);
        if (!(l->wscale[i] > 0.0f) || !isfinite(l->wscale[i]))
            return tfl_refuse(x, o, "weights '%s': scale %u is %g, expected a positive number", w->name, i, (double)l->wscale[i]);
    }
    return 0;
}

/* Room for cout x k weights, their scales and biases. */
static int start(struct tfl *x, const struct tfl_operator *o, struct weights *g, struct bl_layer *l, uint32_t cout, uint32_t k)
{
    int64_t bias = tfl_at(&x->file, o->in, 2);

    g->w = tfl_tensor_in(x, o, 1);
    g->bias = bias >= 0 ? &x->file.tensor[bias] : NULL;
    if (!cout || !k || (uint64_t)cout * k != g->w->elems)
        return tfl_refuse(x, o, "weights '%s' have %llu elements; expected %u outputs of %u products", g->w->name, (unsigned long long)g->w->elems,
                          cout, k);
    if (check_weights(x, o, g, cout) || tfl_spend(x, o, g->w->elems))
        return -1;
    if (bl_net_weights(x->net, l, cout, k))
        return tfl_refuse(x, o, "no memory for %llu weights", (unsigned long long)cout * k);
    l->wbits = g->w->type == TFL_I4 ? 4 : 8;
    return fill_codes(x, o, g, l);
}

/* ---- convolutions ---- */

/* Strides, dilations (their fields from `first` on) and padding of a convolution; its output size into out. */
static int geometry(struct tfl *x, const struct tfl_operator *o, const struct tfl_tensor *in, struct bl_layer *l, unsigned dilation, uint32_t out[2])
{
    struct flat *f = &x->file.f;
    bool same = flat_int(f, &o->options, 0, 1, 0) == 0;
    int64_t v[4] = { flat_int(f, &o->options, 2, 4, 0), flat_int(f, &o->options, 1, 4, 0), flat_int(f, &o->options, dilation + 1, 4, 1),
                     flat_int(f, &o->options, dilation, 4, 1) };

    for (int i = 0; i < 4; i++)
        if (v[i] < 1 || v[i] > 1 << 16)
            return tfl_refuse(x, o, "found stride or dilation %lld, expected 1 to 65536", (long long)v[i]);
    l->stride_h = (uint32_t)v[0];
    l->stride_w = (uint32_t)v[1];
    l->dil_h = (uint32_t)v[2];
    l->dil_w = (uint32_t)v[3];
    if (flat_uint(f, &o->options, 0, 1, 0) > 1)
        return tfl_refuse(x, o, "found padding %u, expected SAME (0) or VALID (1)", (unsigned)flat_uint(f, &o->options, 0, 1, 0));
    out[0] = tfl_window(same, in->dims[1], l->kh, l->stride_h, l->dil_h, &l->pad_t, &l->pad_b);
    out[1] = tfl_window(same, in->dims[2], l->kw, l->stride_w, l->dil_w, &l->pad_l, &l->pad_r);
    if (!out[0] || !out[1])
        return tfl_refuse(x, o, "the window %u x %u is larger than the input %u x %u", l->kh, l->kw, in->dims[1], in->dims[2]);
    return 0;
}

/* The file's output must have the shape that follows. */
static int check_output(struct tfl *x, const struct tfl_operator *o, uint32_t h, uint32_t w, uint32_t c)
{
    const struct tfl_tensor *y = tfl_tensor_out(x, o, 0);

    if (tfl_is_planes(y) && y->dims[1] == h && y->dims[2] == w && y->dims[3] == c)
        return 0;
    return tfl_refuse(x, o, "output '%s' has another shape than what follows from its input, 1 x %u x %u x %u", y->name, h, w, c);
}

/* Input, weights of KH x KW in both convolutions; the input's tensor of the net, -1 after a message. */
static int64_t images(struct tfl *x, const struct tfl_operator *o, struct bl_layer *l)
{
    const struct tfl_tensor *in = tfl_tensor_in(x, o, 0), *w = tfl_tensor_in(x, o, 1);
    const struct tfl_value *v = tfl_in(x, o, 0);

    if (!v)
        return -1;
    if (!tfl_is_planes(in) || w->rank != 4 || !w->dims[1] || !w->dims[2] || w->dims[1] > 1 << 16 || w->dims[2] > 1 << 16)
        return tfl_refuse(x, o, "found an input of rank %u and weights of rank %u, expected 1 x H x W x C and 4", in->rank, w->rank);
    l->kh = w->dims[1];
    l->kw = w->dims[2];
    return tfl_natural(x, o, in, v);
}

static int finish(struct tfl *x, const struct tfl_operator *o, struct bl_layer *l, unsigned act, int64_t out)
{
    if (out < 0 || tfl_activation(x, o, flat_uint(&x->file.f, &o->options, act, 1, 0), &x->net->tensors[out], l))
        return -1;
    return tfl_emit(x, o, l, out);
}

int tfl_conv(struct tfl *x, const struct tfl_operator *o)
{
    struct bl_layer l = { .kind = BL_CONV };
    struct weights g = { .axis = 0 };
    const struct tfl_tensor *in = tfl_tensor_in(x, o, 0), *w = tfl_tensor_in(x, o, 1);
    int64_t from = images(x, o, &l);
    uint32_t out[2];

    if (from < 0)
        return -1;
    uint32_t cin = w->dims[3], cout = w->dims[0], taps = l.kh * l.kw;
    if (!cin || in->dims[3] % cin || !cout || cout % (in->dims[3] / cin) || (uint64_t)cin * taps > BL_NET_MAX_ELEMS)
        return tfl_refuse(x, o, "found %u input channels, weights for %u of them and %u outputs; expected whole groups", in->dims[3], cin, cout);
    l.in[0] = l.in[1] = (uint32_t)from;
    l.groups = in->dims[3] / cin;
    if (geometry(x, o, in, &l, 4, out) || check_output(x, o, out[0], out[1], cout) || start(x, o, &g, &l, cout, cin * taps))
        return -1;
    for (uint32_t c = 0; c < cout; c++)                    /* O, KH, KW, I to O, I, KH, KW */
        for (uint32_t t = 0; t < taps; t++)
            for (uint32_t i = 0; i < cin; i++)
                l.weight[((size_t)c * cin + i) * taps + t] = (int8_t)weight(g.w, ((uint64_t)c * taps + t) * cin + i);
    return finish(x, o, &l, 3, tfl_new(x, o, 0, cout, out[0], out[1], cout));
}

int tfl_depthwise(struct tfl *x, const struct tfl_operator *o)
{
    struct bl_layer l = { .kind = BL_CONV };
    struct weights g = { .axis = 3 };
    const struct tfl_tensor *in = tfl_tensor_in(x, o, 0), *w = tfl_tensor_in(x, o, 1);
    int64_t from = images(x, o, &l), each = flat_int(&x->file.f, &o->options, 3, 4, 0);
    uint32_t out[2];

    if (from < 0)
        return -1;
    uint32_t cout = w->dims[3], taps = l.kh * l.kw, c = in->dims[3];
    if (w->dims[0] != 1 || !cout || cout % c || (each && each != cout / c))
        return tfl_refuse(x, o, "found %u input channels, weights %u x .. x %u and %lld outputs a channel, expected 1 and a whole multiple", c,
                          w->dims[0], cout, (long long)each);
    l.in[0] = l.in[1] = (uint32_t)from;
    l.groups = c;
    if (geometry(x, o, in, &l, 5, out) || check_output(x, o, out[0], out[1], cout) || start(x, o, &g, &l, cout, taps))
        return -1;
    for (uint32_t i = 0; i < cout; i++)                    /* KH, KW, O to O, KH, KW */
        for (uint32_t t = 0; t < taps; t++)
            l.weight[(size_t)i * taps + t] = (int8_t)weight(g.w, (uint64_t)t * cout + i);
    return finish(x, o, &l, 4, tfl_new(x, o, 0, cout, out[0], out[1], cout));
}

/* ---- fully connected ---- */

/* One row of the input may lie in planes: then the columns of the weights are moved instead. */
static void fill_rows(struct bl_layer *l, const struct tfl_tensor *w, uint32_t planes)
{
    for (uint32_t o = 0; o < l->cout; o++)
        for (uint32_t i = 0; i < l->k; i++)
            l->weight[(size_t)o * l->k + (size_t)(i % planes) * (l->k / planes) + i / planes] = (int8_t)weight(w, (uint64_t)o * l->k + i);
}

int tfl_connected(struct tfl *x, const struct tfl_operator *o)
{
    struct bl_layer l = { .kind = BL_FC };
    struct weights g = { .axis = 0 };
    const struct tfl_tensor *in = tfl_tensor_in(x, o, 0), *w = tfl_tensor_in(x, o, 1), *y = tfl_tensor_out(x, o, 0);
    const struct tfl_value *v = tfl_in(x, o, 0);
    uint64_t format = flat_uint(&x->file.f, &o->options, 1, 1, 0);

    if (!v)
        return -1;
    if (format)
        return tfl_refuse(x, o, "found weights in format %llu, expected the default (0)", (unsigned long long)format);
    if (w->rank != 2 || !w->dims[1] || in->elems % w->dims[1] || !y->rank || y->dims[y->rank - 1] != w->dims[0])
        return tfl_refuse(x, o, "found %llu inputs, weights of rank %u for %u of them and %u outputs a row; expected whole rows",
                          (unsigned long long)in->elems, w->rank, w->rank == 2 ? w->dims[1] : 0, y->rank ? y->dims[y->rank - 1] : 0);
    uint32_t cout = w->dims[0], k = w->dims[1], rows = (uint32_t)(in->elems / k), planes = rows == 1 ? v->planes : 1;
    int64_t from = v->planes == planes ? (int64_t)v->tensor : tfl_arranged(x, o, in, v, 1, rows, k, 1);
    if (from < 0 || start(x, o, &g, &l, cout, k))
        return -1;
    l.in[0] = l.in[1] = (uint32_t)from;
    l.rows = rows;
    fill_rows(&l, g.w, planes);
    return finish(x, o, &l, 0, rows == 1 ? tfl_new(x, o, 0, cout, 1, 1, 1) : tfl_new(x, o, 0, 1, rows, cout, 1));
}
