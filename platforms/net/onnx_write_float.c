/* onnx_write_float.c - layers in float32 written as ONNX: each is one operator, in the order and with the roundings of float_work.h. */
#include <string.h>

#include "platforms/net/onnx_put.h"

static const struct { enum bl_float_op op; const char *name; } PAIRS[] = {
    { BL_FLOAT_ADD, "Add" }, { BL_FLOAT_SUB, "Sub" }, { BL_FLOAT_MUL, "Mul" }, { BL_FLOAT_DIV, "Div" }, { BL_FLOAT_MIN, "Min" }, { BL_FLOAT_MAX, "Max" },
    { BL_FLOAT_PRELU, "PRelu" },
};

/* Element by element, whatever the shapes of the operands are called. */
static void pair(struct put *p, const char *name)
{
    const struct bl_layer *l = p->l;
    const struct bl_tensor *y = &p->net->tensors[l->out];
    const int64_t image[] = { 1, y->c, y->h, y->w };
    const char *a = put_shaped(p, l->in[0], 4, image), *b = put_shaped(p, l->in[1], 4, image);
    Onnx__NodeProto *n = put_layer(p, name);

    put_in(p, n, a);
    put_in(p, n, b);
    put_result_image(p, put_out(n));
}

static void clip(struct put *p, const char *x)
{
    const struct bl_float *f = &p->l->real;
    Onnx__NodeProto *n = put_layer(p, "Clip");

    put_in(p, n, x);
    put_in(p, n, put_number(p, "min", f->alpha));
    put_in(p, n, put_number(p, "max", f->beta));
    put_result_image(p, put_out(n));
}

static void bias(struct put *p, const char *sums, uint32_t rank, const int64_t *dims)
{
    const struct bl_float *f = &p->l->real;
    const int64_t n = bl_float_biases(f);

    if (f->bias) {
        Onnx__NodeProto *add = put_node(p, "Add", "biased");
        put_in(p, add, sums);
        put_in(p, add, put_floats(p, "bias", 1, &n, f->bias));
        sums = put_out(add);
    }
    put_result(p, sums, rank, dims);
}

static void product(struct put *p)
{
    const struct bl_layer *l = p->l;
    const struct bl_float *f = &l->real;
    const int64_t a[] = { f->one_a ? 1 : f->outer, f->rows, f->inner }, b[] = { f->one_b ? 1 : f->outer, f->inner, f->n }, y[] = { f->outer, f->rows, f->n };
    const char *x = put_shaped(p, l->in[0], 3, a), *w = put_shaped(p, l->in[1], 3, b);
    Onnx__NodeProto *n = put_layer(p, "MatMul");

    put_in(p, n, x);
    put_in(p, n, w);
    bias(p, put_out(n), 3, f->one_a && f->one_b ? (const int64_t[]){ 1, y[1], y[2] } : y);
}

/* A window of f as attributes; sizes are those of the layer's struct, not of its tensors. */
static int window(struct put *p, Onnx__NodeProto *n)
{
    const struct bl_float *f = &p->l->real;
    const int64_t pads[] = { f->pad_t, f->pad_l, put_trail(f->h, f->pad_t, f->pad_t, f->kh, f->dil_h, f->stride_h, f->out_h),
                             put_trail(f->w, f->pad_l, f->pad_l, f->kw, f->dil_w, f->stride_w, f->out_w) };

    if (pads[2] < 0 || pads[3] < 0)
        return put_refuse(p, "it has %u x %u windows, fewer than fit into its input", f->out_h, f->out_w);
    put_ints(p, n, "kernel_shape", 2, (const int64_t[]){ f->kh, f->kw });
    put_ints(p, n, "pads", 4, pads);
    put_ints(p, n, "strides", 2, (const int64_t[]){ f->stride_h, f->stride_w });
    if (f->op != BL_FLOAT_AVGPOOL)
        put_ints(p, n, "dilations", 2, (const int64_t[]){ f->dil_h, f->dil_w });
    else if (f->dil_h > 1 || f->dil_w > 1)
        return put_refuse(p, "a mean over a dilated window, before opset 19");
    return 0;
}

/* Convolution or pooling. */
static int windowed(struct put *p)
{
    const struct bl_layer *l = p->l;
    const struct bl_float *f = &l->real;
    const int64_t weights[] = { f->out_c, f->groups ? f->c / f->groups : 1, f->kh, f->kw }, image[] = { 1, f->c, f->h, f->w };
    const int64_t out[] = { 1, f->out_c, f->out_h, f->out_w }, each = f->out_c;
    const char *x = put_shaped(p, l->in[0], 4, image), *w = f->op == BL_FLOAT_CONV ? put_shaped(p, l->in[1], 4, weights) : NULL;
    Onnx__NodeProto *n = put_layer(p, f->op == BL_FLOAT_CONV ? "Conv" : f->op == BL_FLOAT_MAXPOOL ? "MaxPool" : "AveragePool");

    put_in(p, n, x);
    if (w)
        put_in(p, n, w);
    if (w && f->bias)
        put_in(p, n, put_floats(p, "bias", 1, &each, f->bias));
    if (w)
        put_int(p, n, "group", f->groups);
    if (f->op == BL_FLOAT_AVGPOOL && f->count_pad)
        put_int(p, n, "count_include_pad", 1);
    if (window(p, n))
        return -1;
    put_result(p, put_out(n), 4, out);
    return 0;
}

static void mean(struct put *p)
{
    const struct bl_float *f = &p->l->real;
    const char *x = put_shaped(p, p->l->in[0], 3, (const int64_t[]){ f->outer, f->n, f->inner });
    Onnx__NodeProto *n = put_layer(p, "ReduceMean");

    put_in(p, n, x);
    put_ints(p, n, "axes", 1, (const int64_t[]){ 1 });
    put_result(p, put_out(n), 3, (const int64_t[]){ f->outer, 1, f->inner });
}

/* ---- means between two codes: QLinearAveragePool, which is three layers here ---- */

static const struct bl_layer *maker(const struct put *p, uint32_t tensor)
{
    for (uint32_t i = 0; i < p->net->nlayers; i++)
        if (p->net->layers[i].out == tensor)
            return &p->net->layers[i];
    return NULL;
}

const struct bl_layer *put_only_reader(const struct put *p, uint32_t tensor)
{
    const struct bl_net *net = p->net;
    const struct bl_layer *found = NULL;
    bool many = net->output == tensor;

    for (uint32_t i = 0; i < net->noutputs; i++)
        many |= net->outputs[i] == tensor;
    for (uint32_t i = 0; i < net->nlayers; i++) {
        const struct bl_layer *l = &net->layers[i];
        if (l->in[0] != tensor && l->in[1] != tensor)
            continue;
        many |= found != NULL;
        found = l;
    }
    return many ? NULL : found;
}

static bool is_linear(const struct put *p, const struct bl_layer *table)
{
    const struct bl_tensor *x = &p->net->tensors[table->in[0]];

    for (int32_t q = bl_tensor_min(x); q <= bl_tensor_max(x); q++) {
        float v = (float)(q - x->zero) * x->scale;
        if (memcmp(&v, &table->reals[(uint8_t)q], sizeof v) != 0)
            return false;
    }
    return true;
}

/* A QUANT that only adds its zero point before the rounding, of the type of codes x. */
static bool is_inside(const struct put *p, const struct bl_layer *quant, uint32_t x)
{
    const struct bl_tensor *y = &p->net->tensors[quant->out];

    return quant->kind == BL_QUANT && quant->inside && quant->lo == bl_tensor_min(y) && quant->hi == bl_tensor_max(y) && y->dtype == p->net->tensors[x].dtype;
}

/* The mean between a table and such a QUANT, when nobody else reads what lies between: all three are one operator. NULL: no. */
static const struct bl_layer *coded_mean(const struct put *p, const struct bl_layer *table)
{
    const struct bl_layer *mean = table && table->kind == BL_TABLE ? put_only_reader(p, table->out) : NULL;
    const struct bl_layer *quant = mean && mean->kind == BL_FLOAT && mean->real.op == BL_FLOAT_AVGPOOL ? put_only_reader(p, mean->out) : NULL;

    return quant && is_inside(p, quant, table->in[0]) && is_linear(p, table) ? mean : NULL;
}

bool put_is_part(const struct put *p)
{
    const struct bl_layer *table = p->l->kind == BL_FLOAT ? maker(p, p->l->in[0]) : p->l;

    return coded_mean(p, table) != NULL;
}

int put_inside_quant(struct put *p)
{
    const struct bl_layer *at = p->l, *mean = maker(p, at->in[0]), *table = mean ? maker(p, mean->in[0]) : NULL;
    const struct bl_tensor *y = &p->net->tensors[at->out];

    if (!coded_mean(p, table))
        return y->zero ? put_refuse(p, "its zero point is added before the rounding") : 1;         /* 1: nothing is added */
    const struct bl_float *f = &mean->real;
    const char *x = put_shaped(p, table->in[0], 4, (const int64_t[]){ 1, f->c, f->h, f->w });
    Onnx__NodeProto *n = put_layer(p, "QLinearAveragePool");
    put_in(p, n, x);
    put_code(p, n, table->in[0]);
    put_code(p, n, at->out);
    if (f->count_pad)
        put_int(p, n, "count_include_pad", 1);
    p->l = mean;
    int rc = window(p, n);
    p->l = at;
    put_result(p, put_out(n), 4, (const int64_t[]){ 1, f->out_c, f->out_h, f->out_w });
    return rc;
}

/* A mean of dequantised codes that is quantised otherwise would be read as one of integers, which is rounded otherwise. */
static bool is_read_as_codes(const struct put *p)
{
    const struct bl_layer *from = maker(p, p->l->in[0]);
    bool to = false;

    for (uint32_t i = 0; i < p->net->nlayers; i++)
        to |= p->net->layers[i].kind == BL_QUANT;
    return to && from && from->kind == BL_TABLE;
}

int put_float_layer(struct put *p)
{
    const struct bl_layer *l = p->l;
    const struct bl_float *f = &l->real;

    for (size_t i = 0; i < sizeof PAIRS / sizeof *PAIRS; i++)
        if (PAIRS[i].op == f->op)
            return pair(p, PAIRS[i].name), 0;
    if (f->op == BL_FLOAT_AVGPOOL && put_is_part(p))
        return 0;
    if ((f->op == BL_FLOAT_AVGPOOL || f->op == BL_FLOAT_MEAN) && is_read_as_codes(p))
        return put_refuse(p, "a mean in float32 between two codes");
    if (!f->whole && (f->op == BL_FLOAT_CONV || f->op == BL_FLOAT_MAXPOOL || f->op == BL_FLOAT_AVGPOOL))
        return windowed(p);
    if (!f->whole && f->op == BL_FLOAT_MATMUL)
        return product(p), 0;
    if (f->op == BL_FLOAT_MEAN)
        return mean(p), 0;
    const char *x = put_image(p, l->in[0]), *made = NULL;
    if (f->op == BL_FLOAT_CLIP)
        return clip(p, x), 0;
    if (f->op == BL_FLOAT_SOFTMAX)
        made = put_softmax(p, x, (const int64_t[]){ f->outer, f->n, f->inner });
    else if (bl_float_is_function(f->op))
        made = put_float_function(p, x);
    if (!made && !p->failed)
        return put_refuse(p, "the operator in float32 is not implemented");
    put_result_image(p, made);
    return 0;
}
