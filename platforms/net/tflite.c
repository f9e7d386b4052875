/* tflite.c - reads a quantised .tflite model: inputs, operators one after the other, outputs. What each operator becomes stands in
 * tflite_products.c, tflite_window.c, tflite_points.c and tflite_moves.c; which there are, in the table below. */
#include "platforms/net/tflite_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- operators ---- */

static const struct { int32_t code; tfl_op *read; uint8_t least, most, outputs, options; } OPS[] = {
    /* operator                   inputs: least, most; outputs, 0: any; type of its options */
    { 0,   tfl_pair,          2, 2, 1, 11 },      /* ADD */
    { 1,   tfl_pool,          1, 1, 1, 5 },       /* AVERAGE_POOL_2D */
    { 2,   tfl_concat,        1, 255, 1, 10 },    /* CONCATENATION */
    { 3,   tfl_conv,          2, 3, 1, 1 },       /* CONV_2D */
    { 4,   tfl_depthwise,     2, 3, 1, 2 },       /* DEPTHWISE_CONV_2D */
    { 6,   tfl_dequantize,    1, 1, 1, 38 },      /* DEQUANTIZE */
    { 9,   tfl_connected,     2, 3, 1, 8 },       /* FULLY_CONNECTED */
    { 14,  tfl_table,         1, 1, 1, 0 },       /* LOGISTIC */
    { 17,  tfl_pool,          1, 1, 1, 5 },       /* MAX_POOL_2D */
    { 18,  tfl_pair,          2, 2, 1, 21 },      /* MUL */
    { 19,  tfl_table,         1, 1, 1, 0 },       /* RELU */
    { 20,  tfl_table,         1, 1, 1, 0 },       /* RELU_N1_TO_1 */
    { 21,  tfl_table,         1, 1, 1, 0 },       /* RELU6 */
    { 22,  tfl_reshape,       1, 2, 1, 17 },      /* RESHAPE */
    { 25,  tfl_softmax,       1, 1, 1, 9 },       /* SOFTMAX */
    { 28,  tfl_table,         1, 1, 1, 0 },       /* TANH */
    { 34,  tfl_pad,           2, 2, 1, 22 },      /* PAD */
    { 39,  tfl_transpose,     2, 2, 1, 26 },      /* TRANSPOSE */
    { 40,  tfl_reduce,        2, 2, 1, 27 },      /* MEAN */
    { 41,  tfl_pair,          2, 2, 1, 28 },      /* SUB */
    { 43,  tfl_reshape,       1, 1, 1, 30 },      /* SQUEEZE */
    { 45,  tfl_strided_slice, 4, 4, 1, 32 },      /* STRIDED_SLICE */
    { 49,  tfl_split,         2, 2, 0, 35 },      /* SPLIT */
    { 55,  tfl_pair,          2, 2, 1, 39 },      /* MAXIMUM */
    { 57,  tfl_pair,          2, 2, 1, 39 },      /* MINIMUM */
    { 60,  tfl_pad,           3, 3, 1, 43 },      /* PADV2 */
    { 65,  tfl_slice,         3, 3, 1, 48 },      /* SLICE */
    { 70,  tfl_reshape,       2, 2, 1, 52 },      /* EXPAND_DIMS */
    { 82,  tfl_reduce,        2, 2, 1, 27 },      /* REDUCE_MAX */
    { 83,  tfl_concat,        1, 255, 1, 59 },    /* PACK */
    { 97,  tfl_resize,        2, 2, 1, 74 },      /* RESIZE_NEAREST_NEIGHBOR */
    { 98,  tfl_table,         1, 1, 1, 75 },      /* LEAKY_RELU */
    { 102, tfl_split,         3, 3, 0, 79 },      /* SPLIT_V */
    { 114, tfl_quantize,      1, 1, 1, 89 },      /* QUANTIZE */
    { 117, tfl_table,         1, 1, 1, 91 },      /* HARD_SWISH */
};
enum { NOPS = sizeof OPS / sizeof *OPS };

/* Why an operator is refused that this reader will not have. */
static const char *reason(int32_t code)
{
    switch (code) {
    case 32: return "is one of your own, which only its maker's runtime knows; build the model from standard operators";
    case 16: case 24: case 27: case 44: return "keeps a state from run to run; unroll it, or export the model without state";
    case 118: case 119: case 129: case 142: case 143: case 144: return "is control flow or a variable; export the model without state";
    default: return "is not supported; platforms/nets/README.md lists those that are. Can the model be exported without it?";
    }
}

/* Integers that are computed from shapes: SHAPE, then slices, products and packs of it, which end at a RESHAPE. */
static bool is_sizes(const struct tfl *x, const struct tfl_operator *o)
{
    static const int32_t CODES[] = { 0, 2, 18, 36, 45, 53, 65, 77, 83 };
    bool integers = o->out.n > 0, listed = false;

    for (uint32_t i = 0; i < o->out.n; i++)
        integers &= tfl_tensor_out(x, o, i)->type == TFL_I32 || tfl_tensor_out(x, o, i)->type == TFL_I64;
    for (size_t i = 0; i < sizeof CODES / sizeof *CODES; i++)
        listed |= CODES[i] == o->code;
    return integers && listed;
}

static int read_sizes(struct tfl *x, const struct tfl_operator *o)
{
    for (uint32_t i = 0; i < o->out.n; i++) {
        struct tfl_value *v = &x->value[tfl_at(&x->file, o->out, i)];
        if (v->kind != TFL_NONE)
            return tfl_refuse(x, o, "an output is made twice");
        v->kind = TFL_SIZES;
    }
    return 0;
}

static int read_operator(struct tfl *x, const struct tfl_operator *o)
{
    size_t i = 0;

    if (is_sizes(x, o))
        return read_sizes(x, o);
    while (i < NOPS && OPS[i].code != o->code)
        i++;
    if (i == NOPS)
        return tfl_refuse(x, o, "the operator %s", reason(o->code));
    if (o->in.n < OPS[i].least || o->in.n > OPS[i].most || !o->out.n || (OPS[i].outputs && o->out.n != OPS[i].outputs))
        return tfl_refuse(x, o, "found %u inputs and %u outputs, expected %u to %u and %s", o->in.n, o->out.n, OPS[i].least, OPS[i].most,
                          OPS[i].outputs ? "1" : "at least 1");
    for (uint32_t k = 0; k < OPS[i].least; k++)
        if (tfl_at(&x->file, o->in, k) < 0)
            return tfl_refuse(x, o, "input %u is left out", k);
    if ((o->options_type && OPS[i].options && o->options_type != OPS[i].options) || o->strange)
        return tfl_refuse(x, o, "found options of type %u, expected %u; the file is of another schema, or damaged", o->options_type, OPS[i].options);
    return OPS[i].read(x, o) || x->file.f.failed ? -1 : 0;
}

/* ---- ends ---- */

static int bad_end(struct tfl *x, const char *end, const struct tfl_tensor *t, const char *what)
{
    return bl_error(x->diag, "%s: %s '%s' %s", x->file.f.name, end, t->name, what);
}

static int read_input(struct tfl *x, uint32_t i)
{
    int64_t at = tfl_at(&x->file, x->file.in, i), n;
    const struct tfl_tensor *t = &x->file.tensor[at];
    const struct tfl_operator end = { .number = -1, .name = "input" };
    struct bl_tensor net = { .name = t->name };
    struct tfl_value *v = &x->value[at];
    char text[128];

    if (v->kind != TFL_NONE || !t->elems || t->open || (t->rank == 4 && t->dims[0] != 1))
        return bad_end(x, "input", t, v->kind != TFL_NONE ? "is there twice, or has data" : !t->elems ? "is empty" : t->open ?
                       "has an open dimension besides the batch; fix its shape" : "has a batch of more than 1; export the model with batch 1");
    snprintf(text, sizeof text, "is %s; expected int8, uint8, or float32 with a QUANTIZE", tfl_type_name(t->type));
    if (t->type != TFL_F32 && t->type != TFL_I8 && t->type != TFL_U8)
        return bad_end(x, "input", t, text);
    if (t->type != TFL_F32 && tfl_code(x, &end, t, &net))
        return -1;
    tfl_shape(t, &net);
    if ((n = bl_net_tensor(x->net, &net)) < 0)
        return bad_end(x, "input", t, "finds no memory");
    uint32_t planes = tfl_is_planes(t) && net.c != t->elems ? net.c : 1;
    *v = (struct tfl_value){ t->type == TFL_F32 ? TFL_REAL_INPUT : TFL_CODES, (uint32_t)n, planes };
    x->net->raw_input &= t->type != TFL_F32;
    x->net->channels_last |= tfl_is_planes(t);
    return 0;
}

static int read_inputs(struct tfl *x)
{
    if (!x->file.in.n)
        return bl_error(x->diag, "%s: found no input", x->file.f.name);
    x->net->raw_input = true;
    x->net->ninputs = x->file.in.n;
    for (uint32_t i = 0; i < x->file.in.n; i++)
        if (read_input(x, i))
            return -1;
    return 0;
}

/* A graph that hands its input on, reshaped at most, still has a layer. */
static int64_t copied(struct tfl *x, const struct tfl_operator *end, int64_t from)
{
    struct bl_tensor y = x->net->tensors[from];
    struct bl_layer l = { .kind = BL_RESHAPE, .in = { (uint32_t)from, (uint32_t)from } };
    int64_t out = bl_net_tensor(x->net, &y);

    return out < 0 ? tfl_refuse(x, end, "no memory") : tfl_emit(x, end, &l, out) ? -1 : out;
}

/* The real values of codes, float32: what a DEQUANTIZE at the graph's end gives. */
static int64_t real_values(struct tfl *x, const struct tfl_operator *end, int64_t from, const char *name)
{
    const struct bl_tensor t = x->net->tensors[from];
    struct bl_tensor y = { .name = name, .c = t.c, .h = t.h, .w = t.w, .dtype = BL_REAL, .scale = 1.0f };
    struct bl_layer l = { .kind = BL_TABLE, .in = { (uint32_t)from, (uint32_t)from } };
    float *reals = bl_net_alloc(x->net, 256, sizeof *reals);

    for (int i = 0; reals && i < 256; i++)
        reals[i] = t.scale * (float)((t.dtype == BL_S8 ? (int8_t)(uint8_t)i : i) - t.zero);
    l.reals = reals;
    int64_t out = reals ? bl_net_tensor(x->net, &y) : -1;
    return out < 0 ? tfl_refuse(x, end, "no memory") : tfl_emit(x, end, &l, out) ? -1 : out;
}

/* An output as a tensor of its own, cells in the net's order. */
static int64_t read_output(struct tfl *x, uint32_t i)
{
    int64_t at = tfl_at(&x->file, x->file.out, i);
    const struct tfl_tensor *t = &x->file.tensor[at];
    const struct tfl_value *v = &x->value[at];

    if (v->kind != TFL_CODES && v->kind != TFL_REAL)
        return bad_end(x, "output", t, v->kind == TFL_NONE ? "is made by no operator" : v->kind == TFL_CONST ? "is a constant" :
                       "is no result of quantised operators");
    x->net->raw_output &= v->kind == TFL_CODES;
    const struct tfl_operator end = { .number = -1, .name = "output", .out = { x->file.out.at + 4 * i, 1 } };
    int64_t out = tfl_natural(x, &end, t, v);
    if (out >= 0 && v->kind == TFL_REAL)
        return real_values(x, &end, out, t->name);
    return out >= 0 && out < x->net->ninputs ? copied(x, &end, out) : out;
}

static int read_outputs(struct tfl *x)
{
    uint32_t n = x->file.out.n, *outputs = bl_net_alloc(x->net, n + 1, sizeof *outputs);

    if (!n || !outputs)
        return bl_error(x->diag, "%s: %s", x->file.f.name, n ? "no memory" : "found no output");
    x->net->raw_output = true;
    for (uint32_t i = 0; i < n; i++) {
        int64_t t = read_output(x, i);
        if (t < 0)
            return -1;
        outputs[i] = (uint32_t)t;
    }
    x->net->output = outputs[0];
    x->net->outputs = outputs;
    x->net->noutputs = n;
    return 0;
}

/* Every input that the graph reads has its code. */
static int check_inputs(struct tfl *x)
{
    for (uint32_t i = 0; i < x->net->ninputs; i++)
        if (!(x->net->tensors[i].scale > 0.0f))
            return bl_error(x->diag, "%s: input '%s' is float32 and no QUANTIZE follows; quantise the whole net to integers", x->file.f.name,
                            x->net->tensors[i].name);
    return 0;
}

static int read_graph(struct tfl *x)
{
    for (uint32_t i = 0; i < x->file.ntensors; i++)
        x->value[i].kind = x->file.tensor[i].data ? TFL_CONST : TFL_NONE;
    if (read_inputs(x))
        return -1;
    for (uint32_t i = 0; i < x->file.noperators; i++)
        if (read_operator(x, &x->file.operator[i]))
            return -1;
    return check_inputs(x) || read_outputs(x) ? -1 : bl_net_finish(x->net, x->diag);
}

struct bl_net *bl_tflite_read(const char *name, const void *bytes, size_t len, enum bl_rule rule, struct bl_diag *diag)
{
    struct tfl x = { .diag = diag };
    int rc = -1;

    if (tfl_file_open(&x.file, name, bytes, len, diag))
        return NULL;
    x.net = bl_net_new(name);
    x.value = calloc((size_t)x.file.ntensors + 1, sizeof *x.value);
    if (x.net && x.value) {
        x.net->rule = rule;
        rc = read_graph(&x);
    } else {
        bl_error(diag, "%s: no memory", name);
    }
    free(x.value);
    tfl_file_close(&x.file);
    if (rc) {
        bl_net_free(x.net);
        return NULL;
    }
    return x.net;
}
