/* onnx_write_pool.c - windows of convolutions and pooling, and pooling itself, written as ONNX. */
#include "platforms/net/onnx_put.h"

int64_t put_trail(uint32_t in, uint32_t lead, uint32_t said, uint32_t k, uint32_t dil, uint32_t stride, uint32_t out)
{
    const int64_t span = (int64_t)(k - 1) * dil + 1, need = (int64_t)(out - 1) * stride + span - in - lead;

    if (((int64_t)in + lead + said - span) / stride + 1 == out)
        return said;
    return need >= 0 ? need : ((int64_t)in + lead - span) / stride + 1 == out ? 0 : -1;
}

int put_window(struct put *p, Onnx__NodeProto *n)
{
    const struct bl_layer *l = p->l;
    const struct bl_tensor *x = &p->net->tensors[l->in[0]], *y = &p->net->tensors[l->out];
    const int64_t pads[] = { l->pad_t, l->pad_l, put_trail(x->h, l->pad_t, l->pad_b, l->kh, l->dil_h, l->stride_h, y->h),
                             put_trail(x->w, l->pad_l, l->pad_r, l->kw, l->dil_w, l->stride_w, y->w) };

    if (pads[2] < 0 || pads[3] < 0)
        return put_refuse(p, "it has %u x %u windows, fewer than fit into its input", y->h, y->w);
    put_ints(p, n, "kernel_shape", 2, (const int64_t[]){ l->kh, l->kw });
    put_ints(p, n, "pads", 4, pads);
    put_ints(p, n, "strides", 2, (const int64_t[]){ l->stride_h, l->stride_w });
    return 0;
}

static int put_mean(struct put *p)
{
    const struct bl_layer *l = p->l;
    const struct bl_tensor *x = &p->net->tensors[l->in[0]], *y = &p->net->tensors[l->out];
    const int64_t image[] = { 1, y->c, y->h, y->w };
    bool global = l->kh == x->h && l->kw == x->w && y->h == 1 && y->w == 1 && !l->pad_t && !l->pad_l;
    const char *in = put_image(p, l->in[0]);
    Onnx__NodeProto *n;

    if ((l->mean.form != BL_MEAN_F32 || p->net->rule != BL_F32) && put_nearly(p, "a mean that is rounded as TensorFlow Lite does"))
        return -1;
    if (l->dil_h > 1 || l->dil_w > 1)
        return put_refuse(p, "a mean over a dilated window, before opset 19");
    if (global && put_unclipped(p) && x->dtype == y->dtype) {
        n = put_layer(p, "QLinearGlobalAveragePool");
        put_in(p, n, in);
        put_code(p, n, l->in[0]);
        put_code(p, n, l->out);
        put_result(p, put_out(n), 4, image);
        return 0;
    }
    in = put_real(p, l->in[0], in);
    n = put_layer(p, "AveragePool");
    put_in(p, n, in);
    if (l->count_pad)
        put_int(p, n, "count_include_pad", 1);
    if (put_window(p, n))
        return -1;
    put_quantized(p, put_out(n), 4, image);
    return 0;
}

int put_pool(struct put *p)
{
    const struct bl_layer *l = p->l;
    const struct bl_tensor *x = &p->net->tensors[l->in[0]], *y = &p->net->tensors[l->out];
    const int64_t image[] = { 1, y->c, y->h, y->w };

    if (l->kind == BL_AVGPOOL)
        return put_mean(p);
    bool codes = put_one_code(x, y) && l->lo <= bl_tensor_min(x) && l->hi >= bl_tensor_max(x);
    const char *in = put_image(p, l->in[0]);
    if (!codes && !put_rounds_alike(p) && put_nearly(p, "its change of scale is rounded otherwise"))
        return -1;
    if (!codes)
        in = put_real(p, l->in[0], in);
    Onnx__NodeProto *n = put_layer(p, "MaxPool");
    put_in(p, n, in);
    put_ints(p, n, "dilations", 2, (const int64_t[]){ l->dil_h, l->dil_w });
    if (put_window(p, n))
        return -1;
    if (codes)
        put_result(p, put_out(n), 4, image);
    else
        put_quantized(p, put_out(n), 4, image);
    return 0;
}
