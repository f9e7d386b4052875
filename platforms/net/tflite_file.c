/* tflite_file.c - .tflite files: tables of the schema to structs, indexes and sizes checked. */
#include "platforms/net/tflite_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platforms/net/net.h"

/* ---- names and sizes of the schema ---- */

static const struct { int code; const char *name; } OPERATORS[] = {
    { 0, "ADD" }, { 1, "AVERAGE_POOL_2D" }, { 2, "CONCATENATION" }, { 3, "CONV_2D" }, { 4, "DEPTHWISE_CONV_2D" }, { 5, "DEPTH_TO_SPACE" },
    { 6, "DEQUANTIZE" }, { 7, "EMBEDDING_LOOKUP" }, { 9, "FULLY_CONNECTED" }, { 11, "L2_NORMALIZATION" }, { 12, "L2_POOL_2D" },
    { 14, "LOGISTIC" }, { 16, "LSTM" }, { 17, "MAX_POOL_2D" }, { 18, "MUL" }, { 19, "RELU" }, { 20, "RELU_N1_TO_1" }, { 21, "RELU6" },
    { 22, "RESHAPE" }, { 23, "RESIZE_BILINEAR" }, { 24, "RNN" }, { 25, "SOFTMAX" }, { 26, "SPACE_TO_DEPTH" }, { 27, "SVDF" }, { 28, "TANH" },
    { 32, "CUSTOM" }, { 34, "PAD" }, { 36, "GATHER" }, { 37, "BATCH_TO_SPACE_ND" }, { 38, "SPACE_TO_BATCH_ND" }, { 39, "TRANSPOSE" },
    { 40, "MEAN" }, { 41, "SUB" }, { 42, "DIV" }, { 43, "SQUEEZE" }, { 44, "UNIDIRECTIONAL_SEQUENCE_LSTM" }, { 45, "STRIDED_SLICE" },
    { 47, "EXP" }, { 48, "TOPK_V2" }, { 49, "SPLIT" }, { 50, "LOG_SOFTMAX" }, { 53, "CAST" }, { 54, "PRELU" }, { 55, "MAXIMUM" },
    { 56, "ARG_MAX" }, { 57, "MINIMUM" }, { 58, "LESS" }, { 59, "NEG" }, { 60, "PADV2" }, { 61, "GREATER" }, { 64, "SELECT" }, { 65, "SLICE" },
    { 67, "TRANSPOSE_CONV" }, { 70, "EXPAND_DIMS" }, { 74, "SUM" }, { 75, "SQRT" }, { 76, "RSQRT" }, { 77, "SHAPE" }, { 78, "POW" },
    { 82, "REDUCE_MAX" }, { 83, "PACK" }, { 88, "UNPACK" }, { 89, "REDUCE_MIN" }, { 92, "SQUARE" }, { 94, "FILL" }, { 97, "RESIZE_NEAREST_NEIGHBOR" },
    { 98, "LEAKY_RELU" }, { 99, "SQUARED_DIFFERENCE" }, { 100, "MIRROR_PAD" }, { 101, "ABS" }, { 102, "SPLIT_V" }, { 111, "ELU" }, { 114, "QUANTIZE" },
    { 117, "HARD_SWISH" }, { 118, "IF" }, { 119, "WHILE" }, { 126, "BATCH_MATMUL" }, { 129, "CALL_ONCE" }, { 130, "BROADCAST_TO" },
    { 142, "VAR_HANDLE" }, { 143, "READ_VARIABLE" }, { 144, "ASSIGN_VARIABLE" }, { 150, "GELU" },
};

static const struct { int type; const char *name; unsigned bits; } TYPES[] = {
    { TFL_F32, "float32", 32 }, { TFL_F16, "float16", 16 }, { TFL_I32, "int32", 32 }, { TFL_U8, "uint8", 8 }, { TFL_I64, "int64", 64 },
    { 6, "bool", 8 }, { TFL_I16, "int16", 16 }, { TFL_I8, "int8", 8 }, { 10, "float64", 64 }, { 16, "uint16", 16 }, { TFL_I4, "int4", 4 },
    { 19, "int2", 2 }, { 20, "uint4", 4 }, { 5, "text", 0 },
};

const char *tfl_type_name(int type)
{
    for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++)
        if (TYPES[i].type == type)
            return TYPES[i].name;
    return "an unknown type";
}

static uint64_t bytes_of(int type, uint64_t elems)
{
    for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++)
        if (TYPES[i].type == type)
            return (elems * TYPES[i].bits + 7) / 8;
    return 0;
}

/* ---- tables ---- */

struct bytes { const uint8_t *at; uint64_t n; };

/* A buffer's bytes lie in the FlatBuffer, or, with an offset above 1, behind it in the file. */
static struct bytes buffer(struct tfl_file *t, const struct flat_table *b)
{
    uint64_t offset = flat_uint(&t->f, b, 1, 8, 0), size = flat_uint(&t->f, b, 2, 8, 0);
    struct flat_vector v;

    if (offset > 1) {
        if (offset > t->f.len || size > t->f.len - offset)
            flat_bad(&t->f, b, "its bytes lie outside of the file");
        return t->f.failed ? (struct bytes){ NULL, 0 } : (struct bytes){ t->f.bytes + offset, size };
    }
    v = flat_vector(&t->f, b, 0, 1);
    return (struct bytes){ v.n ? t->f.bytes + v.at : NULL, v.n };
}

static void name_tensor(struct tfl_file *t, const struct flat_table *e, uint32_t i, char *out)
{
    struct flat_vector v = flat_vector(&t->f, e, 3, 1);
    uint32_t n = v.n < TFL_NAME - 1 ? v.n : TFL_NAME - 1;

    for (uint32_t k = 0; k < n; k++)
        n = t->f.bytes[v.at + k] == ';' ? k : n;
    if (!n) {
        snprintf(out, TFL_NAME, "tensor %u", i);
        return;
    }
    for (uint32_t k = 0; k < n; k++) {
        uint8_t c = t->f.bytes[v.at + k];
        out[k] = c > 32 && c < 127 ? (char)c : '?';
    }
    out[n] = '\0';
}

static int shape(struct tfl_file *t, const struct flat_table *e, struct tfl_tensor *x)
{
    struct flat_vector v = flat_vector(&t->f, e, 0, 4), open = flat_vector(&t->f, e, 7, 4);

    if (v.n > TFL_RANK)
        return bl_error(t->f.diag, "%s: tensor '%s': found rank %u, expected at most %d", t->f.name, x->name, v.n, TFL_RANK);
    x->rank = v.n;
    x->elems = 1;
    for (uint32_t i = 0; i < v.n; i++) {
        int64_t d = flat_item_int(&t->f, v, i, 4);
        if (d < 0 || (uint64_t)d > BL_NET_MAX_ELEMS || x->elems * (uint64_t)d > BL_NET_MAX_ELEMS)
            return bl_error(t->f.diag, "%s: tensor '%s': dimension %u is %lld; expected at least 0 and at most %u elements in all", t->f.name,
                            x->name, i, (long long)d, BL_NET_MAX_ELEMS);
        x->dims[i] = (uint32_t)d;
        x->elems *= (uint64_t)d;
    }
    for (uint32_t i = 1; i < open.n; i++)
        x->open |= flat_item_int(&t->f, open, i, 4) < 0;
    return 0;
}

static int data_of(struct tfl_file *t, const struct flat_table *e, struct flat_vector buffers, struct tfl_tensor *x)
{
    uint64_t i = flat_uint(&t->f, e, 2, 4, 0), want = bytes_of(x->type, x->elems);

    if (i >= buffers.n)
        return i ? bl_error(t->f.diag, "%s: tensor '%s': found buffer %llu, the file has %u", t->f.name, x->name, (unsigned long long)i, buffers.n) : 0;
    struct flat_table b = flat_item(&t->f, buffers, (uint32_t)i, "Buffer");
    struct bytes data = buffer(t, &b);
    if (t->f.failed)
        return -1;
    if (data.at && data.n != want)
        return bl_error(t->f.diag, "%s: tensor '%s': found %llu bytes of data, expected %llu for %llu elements of %s", t->f.name, x->name,
                        (unsigned long long)data.n, (unsigned long long)want, (unsigned long long)x->elems, tfl_type_name(x->type));
    x->data = data.at;
    return 0;
}

static int tensor(struct tfl_file *t, struct flat_vector tensors, struct flat_vector buffers, uint32_t i)
{
    struct tfl_tensor *x = &t->tensor[i];
    struct flat_table e = flat_item(&t->f, tensors, i, "Tensor"), q = flat_table(&t->f, &e, 4, "QuantizationParameters");

    name_tensor(t, &e, i, x->name);
    x->type = (int)flat_int(&t->f, &e, 1, 1, 0);
    x->scale = flat_vector(&t->f, &q, 2, 4);
    x->zero = flat_vector(&t->f, &q, 3, 8);
    x->axis = flat_int(&t->f, &q, 6, 4, 0);
    x->odd = flat_uint(&t->f, &e, 5, 1, 0) || flat_has(&t->f, &e, 6) || flat_uint(&t->f, &q, 4, 1, 0);
    if (shape(t, &e, x) || t->f.failed)
        return -1;
    return data_of(t, &e, buffers, x);
}

/* Vectors of tensor numbers: in range, -1 only where inputs may be left out. */
static int numbers(struct tfl_file *t, struct flat_vector v, int least, const char *what)
{
    for (uint32_t i = 0; i < v.n; i++) {
        int64_t k = flat_item_int(&t->f, v, i, 4);
        if (k < least || k >= t->ntensors)
            return bl_error(t->f.diag, "%s: %s: found tensor %lld, the file has 0 to %lld", t->f.name, what, (long long)k, (long long)t->ntensors - 1);
    }
    return 0;
}

static int32_t code_of(struct tfl_file *t, struct flat_vector codes, uint32_t i)
{
    struct flat_table c = flat_item(&t->f, codes, i, "OperatorCode");
    int64_t old = flat_int(&t->f, &c, 0, 1, 0), code = flat_int(&t->f, &c, 3, 4, 0);

    return (int32_t)(old > code ? old : code);             /* old files have no second one, in new ones the first ends at 127 */
}

static int operator(struct tfl_file *t, struct flat_vector operators, struct flat_vector codes, uint32_t i)
{
    struct tfl_operator *o = &t->operator[i];
    struct flat_table e = flat_item(&t->f, operators, i, "Operator");
    uint64_t index = flat_uint(&t->f, &e, 0, 4, 0);

    o->number = (int32_t)i;
    if (index >= codes.n && !t->f.failed)
        return bl_error(t->f.diag, "%s: operator %u: found code %llu, the file has %u", t->f.name, i, (unsigned long long)index, codes.n);
    o->code = code_of(t, codes, (uint32_t)index);
    snprintf(o->unnamed, sizeof o->unnamed, "operator %d", (int)o->code);
    o->name = o->unnamed;
    for (size_t k = 0; k < sizeof OPERATORS / sizeof *OPERATORS; k++)
        if (OPERATORS[k].code == o->code)
            o->name = OPERATORS[k].name;
    o->in = flat_vector(&t->f, &e, 1, 4);
    o->out = flat_vector(&t->f, &e, 2, 4);
    o->options_type = (unsigned)flat_uint(&t->f, &e, 3, 1, 0);
    o->options = flat_table(&t->f, &e, 4, "options");
    o->strange = flat_uint(&t->f, &e, 11, 1, 0) != 0;
    if (t->f.failed)
        return -1;
    return numbers(t, o->in, -1, o->name) || numbers(t, o->out, 0, o->name) ? -1 : 0;
}

static int graph(struct tfl_file *t, const struct flat_table *model)
{
    struct flat_vector graphs = flat_vector(&t->f, model, 2, 4), codes = flat_vector(&t->f, model, 1, 4), buffers = flat_vector(&t->f, model, 4, 4);
    struct flat_table g = flat_item(&t->f, graphs, 0, "SubGraph");
    struct flat_vector tensors = flat_vector(&t->f, &g, 0, 4), operators = flat_vector(&t->f, &g, 3, 4);

    t->in = flat_vector(&t->f, &g, 1, 4);
    t->out = flat_vector(&t->f, &g, 2, 4);
    if (t->f.failed)
        return -1;
    if (!graphs.n)
        return bl_error(t->f.diag, "%s: found no subgraph", t->f.name);
    if (graphs.n > 1)
        bl_note(t->f.diag, "%s: the first of %u subgraphs is read; operators that call another one are refused", t->f.name, graphs.n);
    if (operators.n > TFL_OPERATORS)
        return bl_error(t->f.diag, "%s: found %u operators, expected at most %d", t->f.name, operators.n, TFL_OPERATORS);
    t->tensor = calloc((size_t)tensors.n + 1, sizeof *t->tensor);
    t->operator = calloc((size_t)operators.n + 1, sizeof *t->operator);
    if (!t->tensor || !t->operator)
        return bl_error(t->f.diag, "%s: no memory", t->f.name);
    t->ntensors = tensors.n;
    t->noperators = operators.n;
    for (uint32_t i = 0; i < tensors.n; i++)
        if (tensor(t, tensors, buffers, i) || t->f.failed)
            return -1;
    for (uint32_t i = 0; i < operators.n; i++)
        if (operator(t, operators, codes, i))
            return -1;
    return numbers(t, t->in, 0, "inputs of the graph") || numbers(t, t->out, 0, "outputs of the graph") ? -1 : 0;
}

int tfl_file_open(struct tfl_file *t, const char *name, const void *bytes, size_t len, struct bl_diag *diag)
{
    struct flat_table model;
    int64_t version;

    memset(t, 0, sizeof *t);
    if (!flat_open(&t->f, name, bytes, len, "TFL3", "Model", &model, diag))
        return -1;
    version = flat_int(&t->f, &model, 0, 4, 0);
    if (!t->f.failed && version != 3)
        return bl_error(diag, "%s: found version %lld of the schema, expected 3", name, (long long)version);
    if (graph(t, &model)) {
        tfl_file_close(t);
        return -1;
    }
    return 0;
}

void tfl_file_close(struct tfl_file *t)
{
    free(t->tensor);
    free(t->operator);
    t->tensor = NULL;
    t->operator = NULL;
}
