/* onnx_pool.c - pooling of ONNX becomes layers: in integers where that is exact, else in float32. */
#include <string.h>

#include "platforms/net/onnx_read.h"

/* Kernel and window of a pooling node over an input with channels first. */
static int pool_window(struct onnx *x, const Onnx__NodeProto *n, const struct value *in, struct bl_layer *l, struct onnx_conv *c)
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
        if (c->in[1] > ONNX_WINDOW || c->in[2] > ONNX_WINDOW)
            return onnx_refuse(x, n, "found an image larger than %d on a side", ONNX_WINDOW);
        l->kh = (uint32_t)c->in[1];
        l->kw = (uint32_t)c->in[2];
        l->stride_h = l->stride_w = l->dil_h = l->dil_w = 1;
        c->dims[2] = c->dims[3] = c->out[0] = c->out[1] = 1;
        return 0;
    }
    if (!onnx_attr(n, "kernel_shape"))
        return onnx_refuse(x, n, "attribute 'kernel_shape' is missing");
    if (onnx_ints(x, n, "kernel_shape", c->spatial, 1, kernel + 2 - c->spatial))
        return -1;
    l->kh = kernel[0];
    l->kw = kernel[1];
    l->count_pad = onnx_attr_int(n, "count_include_pad", 0);
    if (onnx_window(x, n, c->in + 1, c->spatial, l, c->out))
        return -1;
    memcpy(c->dims + 2, c->out + 2 - c->spatial, c->spatial * sizeof *c->dims);
    return 0;
}

/* In float32. */
static int pool_float(struct onnx *x, const Onnx__NodeProto *n, struct value *in, const struct onnx_conv *c, struct bl_layer *l, bool max, int64_t *made)
{
    const struct bl_tensor like = onnx_conv_shape(c);
    int64_t a = onnx_as_float(x, n, in);

    if (a < 0)
        return -1;
    l->kind = BL_FLOAT;
    l->in[0] = l->in[1] = (uint32_t)a;
    l->real = (struct bl_float){ .op = max ? BL_FLOAT_MAXPOOL : BL_FLOAT_AVGPOOL, .count_pad = l->count_pad, .c = like.c, .h = (uint32_t)c->in[1],
        .w = (uint32_t)c->in[2], .out_c = like.c, .out_h = like.h, .out_w = like.w, .kh = l->kh, .kw = l->kw, .stride_h = l->stride_h,
        .stride_w = l->stride_w, .dil_h = l->dil_h, .dil_w = l->dil_w, .pad_t = l->pad_t, .pad_l = l->pad_l,
        .groups = 1 };
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
static bool is_plain(const struct bl_layer *l, const struct onnx_conv *c)
{
    return l->pad_t < (l->kh - 1) * l->dil_h + 1 && l->pad_l < (l->kw - 1) * l->dil_w + 1 && !(l->dil_h > 1 && l->pad_t) && !(l->dil_w > 1 && l->pad_l) &&
           (c->out[0] - 1) * l->stride_h < c->in[1] + l->pad_t && (c->out[1] - 1) * l->stride_w < c->in[2] + l->pad_l;
}

static int pool_codes(struct onnx *x, const Onnx__NodeProto *n, struct value *in, const struct onnx_conv *c, struct bl_layer *l)
{
    const struct bl_tensor t = x->net->tensors[in->tensor], like = onnx_conv_shape(c);
    struct code code = onnx_code_of(&t);
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
static int pool_mean(struct onnx *x, const Onnx__NodeProto *n, uint32_t tensor, const struct onnx_conv *c, struct bl_layer *l, const struct code *code, bool codes)
{
    const struct bl_tensor like = onnx_conv_shape(c);
    int64_t a = onnx_reshaped(x, n, tensor, (uint32_t)c->in[0], (uint32_t)c->in[1], (uint32_t)c->in[2]);

    if (a < 0)
        return -1;
    l->kind = BL_AVGPOOL;
    l->in[0] = l->in[1] = (uint32_t)a;
    return codes ? onnx_emit_codes(x, n, l, c->spatial + 2, c->dims, code, &like) :
                   onnx_emit(x, n, l, n->output[0], c->spatial + 2, c->dims, code, false, &like);
}

/* The largest of codes as float32 numbers, which become codes again: windows that the integer layer does not have. */
static int pool_whole(struct onnx *x, const Onnx__NodeProto *n, const struct value *in, const struct onnx_conv *c, struct bl_layer *l)
{
    const struct bl_tensor t = x->net->tensors[in->tensor], like = onnx_conv_shape(c);
    struct code code = { .scale = 1.0f, .type = t.dtype };
    struct bl_layer q = { .kind = BL_QUANT };
    struct value view = *in;
    int64_t made;

    view.kind = VALUE_VIEW;
    view.table = NULL;
    view.has_float = false;
    view.scale = 1.0f;
    view.zero = 0;
    if (pool_float(x, n, &view, c, l, true, &made))
        return -1;
    q.in[0] = q.in[1] = (uint32_t)made;
    if (onnx_emit(x, n, &q, n->output[0], c->spatial + 2, c->dims, &code, true, &like))
        return -1;
    onnx_find(x, n->output[0])->four = in->four;
    return 0;
}

int onnx_pool(struct onnx *x, const Onnx__NodeProto *n)
{
    bool max = strstr(n->op_type, "Max") != NULL;
    struct value *in = onnx_in(x, n, 0);
    struct bl_layer l = { 0 };
    struct onnx_conv c = { 0 };
    struct code code;

    if (!(max && in->kind == VALUE_CODES) && !(in = onnx_real_in(x, n, 0)))
        return -1;
    if (pool_window(x, n, in, &l, &c))
        return -1;
    bool plain = is_plain(&l, &c);
    if (max && plain && (in->kind == VALUE_CODES || (in->kind == VALUE_VIEW && is_rising(x, in))))
        return pool_codes(x, n, in, &c, &l);
    if (in->kind == VALUE_CODES)
        return pool_whole(x, n, in, &c, &l);
    if (!max && plain && in->kind == VALUE_VIEW && !in->table && onnx_ahead(x, n->output[0], &code)) {
        const char *name = n->output[0];
        int64_t t = onnx_linear(x, n, in);
        onnx_clamps(x, &name, &l);
        if (t < 0 || name == n->output[0])
            return t < 0 ? -1 : pool_mean(x, n, (uint32_t)t, &c, &l, &code, false);
        const struct bl_tensor like = onnx_conv_shape(&c);
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
    struct onnx_conv c = { 0 };
    struct code code;
    int64_t made;

    if (!v || onnx_code(x, n, 3, 4, x->net->tensors[v->tensor].dtype, &code))
        return -1;
    in = *v;
    if (onnx_channels_first(x, n, &in) || pool_window(x, n, &in, &l, &c))
        return -1;
    if (strstr(n->op_type, "Global"))
        return pool_mean(x, n, in.tensor, &c, &l, &code, true);
    in.kind = VALUE_VIEW;
    in.table = NULL;
    in.has_float = false;
    if (pool_float(x, n, &in, &c, &l, false, &made))
        return -1;
    q.in[0] = q.in[1] = (uint32_t)made;
    const struct bl_tensor like = onnx_conv_shape(&c);
    return onnx_emit_codes(x, n, &q, c.spatial + 2, c.dims, &code, &like);
}
