/* onnx_window.c - convolutions and pooling of ONNX become layers: strides, padding, sizes. */
#include <string.h>

#include "platforms/net/onnx_read.h"

enum { MAX_WINDOW = 1 << 16 };

static int ints(const struct onnx *x, const Onnx__NodeProto *n, const char *name, size_t want, uint32_t min, uint32_t *out)
{
    const Onnx__AttributeProto *a = onnx_attr(n, name);

    if (!a)
        return 0;
    if (a->n_ints != want)
        return onnx_refuse(x, n, "attribute '%s': found %zu numbers, expected %zu", name, a->n_ints, want);
    for (size_t i = 0; i < want; i++) {
        if (a->ints[i] < min || a->ints[i] > MAX_WINDOW)
            return onnx_refuse(x, n, "attribute '%s': found %lld, expected %u to %d", name, (long long)a->ints[i], min, MAX_WINDOW);
        out[i] = (uint32_t)a->ints[i];
    }
    return 0;
}

/* Output size along one axis; sets the padding of auto_pad and what ceil_mode adds. 0: no window fits. */
static uint64_t out_size(uint64_t in, uint32_t k, uint32_t dil, uint32_t stride, uint32_t *lead, uint32_t *trail, int same, bool ceiling)
{
    uint64_t span = (uint64_t)(k - 1) * dil + 1, out, need;

    if (same) {
        out = (in + stride - 1) / stride;
        need = (out - 1) * stride + span;
        need = need > in ? need - in : 0;
        *lead = (uint32_t)(same == 2 ? (need + 1) / 2 : need / 2);
        *trail = (uint32_t)(need - *lead);
        return out;
    }
    if (in + *lead + *trail < span)
        return 0;
    out = (in + *lead + *trail - span) / stride + 1;
    if (ceiling && (out - 1) * stride + span < in + *lead + *trail && out * stride < in + *lead) {
        need = out * stride + span - in - *lead;       /* one more window, which starts inside the image */
        *trail = (uint32_t)(need > *trail ? need : *trail);
        out++;
    }
    return out;
}

int onnx_window(const struct onnx *x, const Onnx__NodeProto *n, const uint64_t *in, uint32_t spatial, struct bl_layer *l, uint64_t *out)
{
    uint32_t stride[2] = { 1, 1 }, dil[2] = { 1, 1 }, pad[4] = { 0 }, given[4] = { 0 }, first = 2 - spatial;
    const Onnx__AttributeProto *mode = onnx_attr(n, "auto_pad");
    bool ceiling = onnx_attr_int(n, "ceil_mode", 0);
    int same = onnx_attr_is(n, "auto_pad", "SAME_UPPER") ? 1 : onnx_attr_is(n, "auto_pad", "SAME_LOWER") ? 2 : 0;

    if (ints(x, n, "strides", spatial, 1, stride + first) || ints(x, n, "dilations", spatial, 1, dil + first) ||
        ints(x, n, "pads", 2 * (size_t)spatial, 0, given))
        return -1;
    for (uint32_t i = 0; i < spatial; i++) {           /* all begins, then all ends */
        pad[first + i] = given[i];
        pad[2 + first + i] = given[spatial + i];
    }
    if (mode && !same && !onnx_attr_is(n, "auto_pad", "NOTSET") && !onnx_attr_is(n, "auto_pad", "VALID"))
        return onnx_refuse(x, n, "attribute 'auto_pad': expected NOTSET, VALID, SAME_UPPER or SAME_LOWER");
    if (onnx_attr_is(n, "auto_pad", "VALID"))
        memset(pad, 0, sizeof pad);
    l->stride_h = stride[0];
    l->stride_w = stride[1];
    l->dil_h = dil[0];
    l->dil_w = dil[1];
    out[0] = out_size(in[0], l->kh, dil[0], stride[0], &pad[0], &pad[2], same, ceiling);
    out[1] = out_size(in[1], l->kw, dil[1], stride[1], &pad[1], &pad[3], same, ceiling);
    l->pad_t = pad[0];
    l->pad_l = pad[1];
    l->pad_b = pad[2];
    l->pad_r = pad[3];
    return out[0] && out[1] ? 0 : onnx_refuse(x, n, "the window %u x %u is larger than the padded input %llu x %llu", l->kh, l->kw,
                                              (unsigned long long)in[0], (unsigned long long)in[1]);
}

/* ---- convolution ---- */

/* Sizes of a convolution: of its operands, and of the layer. */
struct conv { uint32_t spatial; uint64_t in[3], wd[4], dims[ONNX_RANK], out[2]; };

/* From the input's dimensions (channels first) and the weights' [M][C/group][kh][kw], or [M][C/group][k]. */
static int conv_sizes(const struct onnx *x, const Onnx__NodeProto *n, uint32_t rank, const uint64_t *d, const Onnx__TensorProto *w, struct conv *c,
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
    if (group < 1 || group > MAX_WINDOW || c->wd[1] * (uint64_t)group != c->in[0] || c->wd[0] % (uint64_t)group)
        return onnx_refuse(x, n, "found %llu input channels, weights for %llu in each of %lld groups and %llu outputs",
                           (unsigned long long)c->in[0], (unsigned long long)c->wd[1], (long long)group, (unsigned long long)c->wd[0]);
    if (c->wd[2] > MAX_WINDOW || c->wd[3] > MAX_WINDOW)
        return onnx_refuse(x, n, "found a kernel of %llu x %llu, expected at most %d", (unsigned long long)c->wd[2], (unsigned long long)c->wd[3], MAX_WINDOW);
    kernel[0] = l->kh = (uint32_t)c->wd[2];
    kernel[1] = l->kw = (uint32_t)c->wd[3];
    if (ints(x, n, "kernel_shape", c->spatial, 1, kernel + 2 - c->spatial))
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
static int conv_layer(struct onnx *x, const Onnx__NodeProto *n, uint32_t tensor, const struct conv *c, const struct onnx_weights *w, struct bl_layer *l)
{
    int64_t in = onnx_reshaped(x, n, tensor, (uint32_t)c->in[0], (uint32_t)c->in[1], (uint32_t)c->in[2]);

    if (in < 0)
        return -1;
    l->kind = BL_CONV;
    l->in[0] = l->in[1] = (uint32_t)in;
    return onnx_fill(x, n, l, w, c->wd[0], c->wd[1] * l->kh * l->kw);
}

static struct bl_tensor conv_shape(const struct conv *c)
{
    return (struct bl_tensor){ .c = (uint32_t)c->wd[0], .h = (uint32_t)c->out[0], .w = (uint32_t)c->out[1] };
}

/* In float32, as float input or weights want it. */
static int conv_float(struct onnx *x, const Onnx__NodeProto *n, struct value *in, struct value *w, const struct conv *c, struct bl_layer *l)
{
    const struct value *b = onnx_in(x, n, 2);
    const struct bl_tensor like = conv_shape(c);
    int64_t a = onnx_as_float(x, n, in), wt = a < 0 ? -1 : onnx_as_float(x, n, w);
    float *bias = NULL;

    if (wt < 0)
        return -1;
    if (n->n_input > 2 && *n->input[2]) {
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
        .dil_h = l->dil_h, .dil_w = l->dil_w, .pad_t = l->pad_t, .pad_l = l->pad_l, .groups = l->groups, .bias = bias };
    return onnx_emit(x, n, l, n->output[0], c->spatial + 2, c->dims, NULL, false, &like);
}

int onnx_conv(struct onnx *x, const Onnx__NodeProto *n)
{
    struct value *in = onnx_real_in(x, n, 0), *wv = onnx_in(x, n, 1);
    const char *name = n->output[0];
    struct onnx_weights w;
    struct bl_layer l = { 0 };
    struct conv c;
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
        return conv_float(x, n, in, wv, &c, &l);
    int64_t t = onnx_linear(x, n, in);
    if (t < 0 || conv_layer(x, n, (uint32_t)t, &c, &w, &l))
        return -1;
    if (n->n_input > 2 && *n->input[2] && !onnx_is_const(onnx_in(x, n, 2)))
        return onnx_refuse(x, n, "the bias '%s' is no constant", n->input[2]);
    if (onnx_bias(x, n, &l, onnx_in(x, n, 2), false, 1.0f, &taken) || onnx_tail(x, &name, &l, c.spatial + 2, c.dims, 1))
        return -1;
    onnx_clamps(x, &name, &l);
    const struct bl_tensor like = conv_shape(&c);
    return onnx_emit(x, n, &l, name, c.spatial + 2, c.dims, onnx_ahead(x, name, &code) ? &code : NULL, false, &like);
}

/* A copy of v's codes with the axes of rank 4 in another order. */
static int64_t reordered(struct onnx *x, const Onnx__NodeProto *n, const struct value *v, const uint32_t order[4], uint64_t dims[4])
{
    const struct bl_tensor t = x->net->tensors[v->tensor];
    struct code c = { t.scale, t.zero, t.dtype };
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

/* Channels come last: the input is moved before, the output (of value `v`) behind. */
static int channels_first(struct onnx *x, const Onnx__NodeProto *n, struct value *v)
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

/* Emits a layer whose output is channels first as the node's output, codes. */
static int emit_codes(struct onnx *x, const Onnx__NodeProto *n, struct bl_layer *l, uint32_t rank, const uint64_t *dims, const struct code *c,
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
    struct conv c;
    struct code code;
    bool taken;

    if (!v || onnx_weights_q(x, n, 3, &w) || onnx_code(x, n, 6, 7, x->net->tensors[v->tensor].dtype, &code))
        return -1;
    in = *v;
    if (channels_first(x, n, &in) || conv_sizes(x, n, in.rank, in.dims, w.w, &c, &l) || conv_layer(x, n, in.tensor, &c, &w, &l) ||
        onnx_bias(x, n, &l, onnx_in(x, n, 8), true, 1.0f, &taken))
        return -1;
    const struct bl_tensor like = conv_shape(&c);
    return emit_codes(x, n, &l, c.spatial + 2, c.dims, &code, &like);
}

int onnx_conv_integer(struct onnx *x, const Onnx__NodeProto *n)
{
    struct onnx_bare b;
    struct onnx_weights w;
    struct bl_layer l = { 0 };
    struct conv c;

    if (onnx_bare_in(x, n, &b, &w) || conv_sizes(x, n, b.rank, b.dims, w.w, &c, &l) || conv_layer(x, n, b.tensor, &c, &w, &l))
        return -1;
    const struct bl_tensor like = conv_shape(&c);
    return onnx_bare_out(x, n, &l, c.spatial + 2, c.dims, 1, &like);
}

/* ---- pooling ---- */

/* Kernel and window of a pooling node over an input with channels first. */
static int pool_window(struct onnx *x, const Onnx__NodeProto *n, const struct value *in, struct bl_layer *l, struct conv *c)
{
    uint32_t kernel[2] = { 1, 1 };

    if ((in->rank != 4 && in->rank != 3) || in->dims[0] != 1)
        return onnx_refuse(x, n, "found an input of rank %u, batch %llu; expected 3 or 4, batch 1", in->rank, in->rank ? (unsigned long long)in->dims[0] : 0);
    c->spatial = in->rank - 2;
    c->in[0] = c->wd[0] = c->dims[1] = in->dims[1];
    c->in[1] = in->rank == 4 ? in->dims[2] : 1;
    c->in[2] = in->dims[in->rank - 1];
    c->dims[0] = 1;
    if (strstr(n->op_type, "Global")) {
        if (c->in[1] > MAX_WINDOW || c->in[2] > MAX_WINDOW)
            return onnx_refuse(x, n, "found an image larger than %d on a side", MAX_WINDOW);
        l->kh = (uint32_t)c->in[1];
        l->kw = (uint32_t)c->in[2];
        l->stride_h = l->stride_w = l->dil_h = l->dil_w = 1;
        c->dims[2] = c->dims[3] = c->out[0] = c->out[1] = 1;
        return 0;
    }
    if (!onnx_attr(n, "kernel_shape"))
        return onnx_refuse(x, n, "attribute 'kernel_shape' is missing");
    if (ints(x, n, "kernel_shape", c->spatial, 1, kernel + 2 - c->spatial))
        return -1;
    l->kh = kernel[0];
    l->kw = kernel[1];
    l->count_pad = onnx_attr_int(n, "count_include_pad", 0);
    if (onnx_window(x, n, c->in + 1, c->spatial, l, c->out))
        return -1;
    memcpy(c->dims + 2, c->out + 2 - c->spatial, c->spatial * sizeof *c->dims);
    return 0;
}

/* In float32. ceil_mode has widened the padding behind the image: a mean with count_include_pad counts cells of the node's own alone. */
static int pool_float(struct onnx *x, const Onnx__NodeProto *n, struct value *in, const struct conv *c, struct bl_layer *l, bool max, int64_t *made)
{
    const Onnx__AttributeProto *pads = onnx_attr(n, "pads");
    const struct bl_tensor like = conv_shape(c);
    int64_t a = onnx_as_float(x, n, in);
    bool said = pads && pads->n_ints == 2 * c->spatial && !onnx_attr(n, "auto_pad");
    bool ceiling = onnx_attr_int(n, "ceil_mode", 0);

    if (a < 0)
        return -1;
    l->kind = BL_FLOAT;
    l->in[0] = l->in[1] = (uint32_t)a;
    l->real = (struct bl_float){ .op = max ? BL_FLOAT_MAXPOOL : BL_FLOAT_AVGPOOL, .count_pad = l->count_pad, .c = like.c, .h = (uint32_t)c->in[1],
        .w = (uint32_t)c->in[2], .out_c = like.c, .out_h = like.h, .out_w = like.w, .kh = l->kh, .kw = l->kw, .stride_h = l->stride_h,
        .stride_w = l->stride_w, .dil_h = l->dil_h, .dil_w = l->dil_w, .pad_t = l->pad_t, .pad_l = l->pad_l, .pad_b = l->pad_b, .pad_r = l->pad_r,
        .groups = 1 };
    if (ceiling && said) {
        l->real.pad_b = c->spatial == 2 ? (uint32_t)pads->ints[2] : 0;
        l->real.pad_r = (uint32_t)pads->ints[2 * c->spatial - 1];
    } else if (ceiling) {
        l->real.pad_b = l->real.pad_r = 0;
    }
    l->count_pad = false;
    if (made)
        return (*made = onnx_layer(x, n, l, n->output[0], c->spatial + 2, c->dims, NULL, &like)) < 0 ? -1 : 0;
    return onnx_emit(x, n, l, n->output[0], c->spatial + 2, c->dims, NULL, false, &like);
}

/* Whether a larger code never means a smaller value, so that the largest value is that of the largest code. */
static bool is_rising(const struct onnx *x, const struct value *v)
{
    bool s = x->net->tensors[v->tensor].dtype == BL_S8;
    float real[256];

    onnx_reals(x, v, real);
    for (int q = s ? -127 : 1; q < (s ? 128 : 256); q++)
        if (!(real[(uint8_t)q] >= real[(uint8_t)(q - 1)]))
            return false;
    return true;
}

/* A window that lies in the padding alone, or a dilated one with padding, is not for the integer layers. */
static bool is_plain(const struct bl_layer *l, const struct conv *c)
{
    return l->pad_t < (l->kh - 1) * l->dil_h + 1 && l->pad_l < (l->kw - 1) * l->dil_w + 1 && !(l->dil_h > 1 && l->pad_t) && !(l->dil_w > 1 && l->pad_l) &&
           (c->out[0] - 1) * l->stride_h < c->in[1] + l->pad_t && (c->out[1] - 1) * l->stride_w < c->in[2] + l->pad_l;
}

static int pool_codes(struct onnx *x, const Onnx__NodeProto *n, struct value *in, const struct conv *c, struct bl_layer *l)
{
    const struct bl_tensor t = x->net->tensors[in->tensor], like = conv_shape(c);
    struct code code = { t.scale, t.zero, t.dtype };
    struct value out = *in;
    int64_t a = onnx_reshaped(x, n, in->tensor, (uint32_t)c->in[0], (uint32_t)c->in[1], (uint32_t)c->in[2]);

    if (a < 0)
        return -1;
    l->kind = BL_MAXPOOL;
    l->count_pad = false;
    l->in[0] = l->in[1] = (uint32_t)a;
    if ((a = onnx_layer(x, n, l, n->output[0], c->spatial + 2, c->dims, &code, &like)) < 0)
        return -1;
    out.tensor = (uint32_t)a;
    out.rank = c->spatial + 2;
    out.has_float = out.input = false;
    memcpy(out.dims, c->dims, sizeof out.dims);
    return onnx_define_like(x, n, n->output[0], &out);
}

/* The mean of codes in integers, where a code is ahead. */
static int pool_mean(struct onnx *x, const Onnx__NodeProto *n, uint32_t tensor, const struct conv *c, struct bl_layer *l, const struct code *code, bool codes)
{
    const struct bl_tensor like = conv_shape(c);
    int64_t a = onnx_reshaped(x, n, tensor, (uint32_t)c->in[0], (uint32_t)c->in[1], (uint32_t)c->in[2]);

    if (a < 0)
        return -1;
    l->kind = BL_AVGPOOL;
    l->in[0] = l->in[1] = (uint32_t)a;
    return codes ? emit_codes(x, n, l, c->spatial + 2, c->dims, code, &like) :
                   onnx_emit(x, n, l, n->output[0], c->spatial + 2, c->dims, code, false, &like);
}

int onnx_pool(struct onnx *x, const Onnx__NodeProto *n)
{
    bool max = strstr(n->op_type, "Max") != NULL;
    struct value *in = onnx_in(x, n, 0);
    struct bl_layer l = { 0 };
    struct conv c = { 0 };
    struct code code;

    if (!(max && in->kind == VALUE_CODES) && !(in = onnx_real_in(x, n, 0)))
        return -1;
    if (pool_window(x, n, in, &l, &c))
        return -1;
    bool plain = is_plain(&l, &c);
    if (max && plain && (in->kind == VALUE_CODES || (in->kind == VALUE_VIEW && is_rising(x, in))))
        return pool_codes(x, n, in, &c, &l);
    if (in->kind == VALUE_CODES)
        return onnx_refuse(x, n, "found a window that lies in the padding alone, or a dilated one with padding, over integers; that is implemented "
                           "behind a DequantizeLinear only");
    bool odd = onnx_attr_int(n, "ceil_mode", 0) && l.count_pad;
    if (!max && plain && !odd && in->kind == VALUE_VIEW && !in->table && onnx_ahead(x, n->output[0], &code)) {
        const char *name = n->output[0];
        int64_t t = onnx_linear(x, n, in);
        onnx_clamps(x, &name, &l);
        if (t < 0 || name == n->output[0])
            return t < 0 ? -1 : pool_mean(x, n, (uint32_t)t, &c, &l, &code, false);
        const struct bl_tensor like = conv_shape(&c);
        if ((t = onnx_reshaped(x, n, (uint32_t)t, (uint32_t)c.in[0], (uint32_t)c.in[1], (uint32_t)c.in[2])) < 0)
            return -1;
        l.kind = BL_AVGPOOL;
        l.in[0] = l.in[1] = (uint32_t)t;
        return onnx_emit(x, n, &l, name, c.spatial + 2, c.dims, &code, false, &like);
    }
    return pool_float(x, n, in, &c, &l, max, NULL);
}

/* QLinearAveragePool adds up real values; its global brother adds up codes. */
int onnx_qpool(struct onnx *x, const Onnx__NodeProto *n)
{
    struct value *v = onnx_codes_in(x, n, 0), in;
    struct bl_layer l = { 0 }, q = { .kind = BL_QUANT, .inside = true };
    struct conv c = { 0 };
    struct code code;
    int64_t made;

    if (!v || onnx_code(x, n, 3, 4, x->net->tensors[v->tensor].dtype, &code))
        return -1;
    in = *v;
    if (channels_first(x, n, &in) || pool_window(x, n, &in, &l, &c))
        return -1;
    if (strstr(n->op_type, "Global"))
        return pool_mean(x, n, in.tensor, &c, &l, &code, true);
    in.kind = VALUE_VIEW;
    in.table = NULL;
    in.has_float = false;
    if (pool_float(x, n, &in, &c, &l, false, &made))
        return -1;
    q.in[0] = q.in[1] = (uint32_t)made;
    const struct bl_tensor like = conv_shape(&c);
    return emit_codes(x, n, &q, c.spatial + 2, c.dims, &code, &like);
}
