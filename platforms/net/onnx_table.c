/* onnx_table.c - the operators of ONNX that are read, each with its attributes and inputs. What is not in this table is refused:
 * an operator, an attribute, an attribute of another type, a further input or output. */
#include <stdio.h>
#include <string.h>

#include "platforms/net/onnx_read.h"

/* The standard's own; com.microsoft's; those of QONNX. */
enum domain { STANDARD = 1, MICROSOFT = 2, QONNX = 4 };

/* attrs: NAME:TYPE, apart by spaces. TYPE: i integer, f number, s text, t tensor, I integers, F numbers. TYPE=V: only that integer is
 * implemented. ~NAME: has no effect on inference. Inputs: least and most; outputs: most that may be used (255: any number). */
static const struct op {
    const char *name;
    uint8_t domains;
    onnx_op *read;
    uint8_t min, max, outputs;
    const char *attrs;
} OPS[] = {
    { "QuantizeLinear",           STANDARD | MICROSOFT, onnx_quantize, 2, 3, 1, "axis:i block_size:i output_dtype:i saturate:i=1 precision:i=0" },
    { "DequantizeLinear",         STANDARD | MICROSOFT, onnx_dequantize, 2, 3, 1, "axis:i block_size:i output_dtype:i" },
    { "DynamicQuantizeLinear",    STANDARD, onnx_dynamic_quantize, 1, 1, 3, "" },
    { "Constant",                 STANDARD, onnx_constant,  0, 0, 1, "value:t value_float:f value_int:i value_floats:F value_ints:I" },
    { "Cast",                     STANDARD, onnx_cast,      1, 1, 1, "to:i saturate:i=1" },
    /* products */
    { "Conv",                     STANDARD, onnx_conv,      2, 3, 1, "auto_pad:s dilations:I group:i kernel_shape:I pads:I strides:I" },
    { "ConvInteger",              STANDARD, onnx_conv_integer, 2, 4, 1, "auto_pad:s dilations:I group:i kernel_shape:I pads:I strides:I" },
    { "QLinearConv",              STANDARD | MICROSOFT, onnx_qconv, 8, 9, 1,
      "auto_pad:s dilations:I group:i kernel_shape:I pads:I strides:I channels_last:i" },
    { "Gemm",                     STANDARD, onnx_gemm,      2, 3, 1, "alpha:f beta:f transA:i transB:i" },
    { "MatMul",                   STANDARD, onnx_matmul,    2, 2, 1, "" },
    { "MatMulInteger",            STANDARD, onnx_matmul_integer, 2, 4, 1, "" },
    { "QLinearMatMul",            STANDARD | MICROSOFT, onnx_qmatmul, 8, 8, 1, "" },
    { "QGemm",                    MICROSOFT, onnx_qgemm,    6, 9, 1, "alpha:f transA:i transB:i" },
    /* element by element */
    { "Relu",                     STANDARD, onnx_function,  1, 1, 1, "" },
    { "LeakyRelu",                STANDARD, onnx_function,  1, 1, 1, "alpha:f" },
    { "Elu",                      STANDARD, onnx_function,  1, 1, 1, "alpha:f" },
    { "Sigmoid",                  STANDARD, onnx_function,  1, 1, 1, "" },
    { "Tanh",                     STANDARD, onnx_function,  1, 1, 1, "" },
    { "HardSigmoid",              STANDARD, onnx_function,  1, 1, 1, "alpha:f beta:f" },
    { "HardSwish",                STANDARD, onnx_function,  1, 1, 1, "" },
    { "Softplus",                 STANDARD, onnx_function,  1, 1, 1, "" },
    { "Neg",                      STANDARD, onnx_function,  1, 1, 1, "" },
    { "Abs",                      STANDARD, onnx_function,  1, 1, 1, "" },
    { "Sqrt",                     STANDARD, onnx_function,  1, 1, 1, "" },
    { "Exp",                      STANDARD, onnx_function,  1, 1, 1, "" },
    { "Erf",                      STANDARD, onnx_function,  1, 1, 1, "" },
    { "Gelu",                     STANDARD, onnx_function,  1, 1, 1, "approximate:s" },
    { "Floor",                    STANDARD, onnx_function,  1, 1, 1, "" },
    { "Ceil",                     STANDARD, onnx_function,  1, 1, 1, "" },
    { "Round",                    STANDARD, onnx_function,  1, 1, 1, "" },
    { "Clip",                     STANDARD, onnx_clip,      1, 3, 1, "min:f max:f" },
    { "PRelu",                    STANDARD, onnx_prelu,     2, 2, 1, "" },
    { "Add",                      STANDARD, onnx_pair,      2, 2, 1, "" },
    { "Sub",                      STANDARD, onnx_pair,      2, 2, 1, "" },
    { "Mul",                      STANDARD, onnx_pair,      2, 2, 1, "" },
    { "Div",                      STANDARD, onnx_pair,      2, 2, 1, "" },
    { "Min",                      STANDARD, onnx_pair,      2, 2, 1, "" },
    { "Max",                      STANDARD, onnx_pair,      2, 2, 1, "" },
    { "BatchNormalization",       STANDARD, onnx_norm,      5, 5, 1, "epsilon:f ~momentum:f training_mode:i=0 spatial:i=1" },
    { "QLinearAdd",               MICROSOFT, onnx_qpair,    7, 8, 1, "" },
    { "QLinearMul",               MICROSOFT, onnx_qpair,    7, 8, 1, "" },
    { "QLinearSigmoid",           MICROSOFT, onnx_qfunction, 4, 5, 1, "" },
    { "QLinearLeakyRelu",         MICROSOFT, onnx_qfunction, 4, 5, 1, "alpha:f" },
    /* along axes and over windows */
    { "Softmax",                  STANDARD, onnx_softmax,   1, 1, 1, "axis:i" },
    { "QLinearSoftmax",           MICROSOFT, onnx_qsoftmax, 4, 5, 1, "axis:i opset:i" },
    { "MaxPool",                  STANDARD, onnx_pool,      1, 1, 1,
      "auto_pad:s ceil_mode:i dilations:I kernel_shape:I pads:I ~storage_order:i strides:I" },
    { "AveragePool",              STANDARD, onnx_pool,      1, 1, 1,
      "auto_pad:s ceil_mode:i count_include_pad:i dilations:I kernel_shape:I pads:I strides:I" },
    { "GlobalAveragePool",        STANDARD, onnx_pool,      1, 1, 1, "" },
    { "GlobalMaxPool",            STANDARD, onnx_pool,      1, 1, 1, "" },
    { "ReduceMean",               STANDARD, onnx_reduce,    1, 2, 1, "axes:I keepdims:i noop_with_empty_axes:i=0" },
    { "QLinearAveragePool",       MICROSOFT, onnx_qpool,    4, 5, 1,
      "auto_pad:s ceil_mode:i channels_last:i count_include_pad:i kernel_shape:I pads:I strides:I" },
    { "QLinearGlobalAveragePool", MICROSOFT, onnx_qpool,    5, 5, 1, "channels_last:i" },
    /* shapes */
    { "Identity",                 STANDARD, onnx_identity,  1, 1, 1, "" },
    { "Dropout",                  STANDARD, onnx_identity,  1, 3, 1, "~ratio:f ~seed:i" },
    { "Flatten",                  STANDARD, onnx_reshape,   1, 1, 1, "axis:i" },
    { "Reshape",                  STANDARD, onnx_reshape,   2, 2, 1, "allowzero:i=0" },
    { "Squeeze",                  STANDARD, onnx_reshape,   1, 2, 1, "axes:I" },
    { "Unsqueeze",                STANDARD, onnx_reshape,   1, 2, 1, "axes:I" },
    { "Transpose",                STANDARD, onnx_transpose, 1, 1, 1, "perm:I" },
    { "Slice",                    STANDARD, onnx_slice,     1, 5, 1, "axes:I ends:I starts:I" },
    { "Split",                    STANDARD, onnx_split,     1, 2, 255, "axis:i split:I num_outputs:i" },
    { "Concat",                   STANDARD, onnx_concat,    1, 255, 1, "axis:i" },
    { "QLinearConcat",            MICROSOFT, onnx_qconcat,  5, 255, 1, "axis:i" },
    { "Gather",                   STANDARD, onnx_gather,    2, 2, 1, "axis:i" },
    { "Pad",                      STANDARD, onnx_pad,       1, 4, 1, "mode:s pads:I value:f" },
    { "Resize",                   STANDARD, onnx_resize,    1, 4, 1,
      "antialias:i=0 axes:I coordinate_transformation_mode:s ~cubic_coeff_a:f ~exclude_outside:i ~extrapolation_value:f mode:s nearest_mode:s" },
    { "Upsample",                 STANDARD, onnx_resize,    1, 2, 1, "mode:s scales:F" },
    /* integers of QONNX */
    { "Quant",                    QONNX,    onnx_quant,     4, 4, 1, "signed:i narrow:i rounding_mode:s" },
    { "BipolarQuant",             QONNX,    onnx_bipolar,   2, 2, 1, "" },
    { "Trunc",                    QONNX,    onnx_trunc,     5, 7, 1, "signed:i narrow:i rounding_mode:s" },
};
enum { NOPS = sizeof OPS / sizeof *OPS, LEAST_OPSET = 7, MOST_OPSET = 21 };

/* Operators that come from an optimiser, each with its cure. */
static const struct { const char *name, *cure; } KNOWN_BAD[] = {
    { "FusedConv", "export with graph optimisation off or basic" }, { "FusedGemm", "export with graph optimisation off or basic" },
    { "MatMulIntegerToFloat", "export with graph optimisation off or basic" }, { "NhwcConv", "export with graph optimisation off or basic" },
    { "DynamicQuantizeMatMul", "export with graph optimisation off or basic" },
    { "If", "export a graph without control flow" }, { "Loop", "export a graph without control flow" },
    { "Scan", "export a graph without control flow" },
};

static int domain_of(const char *d)
{
    if (!*d || !strcmp(d, "ai.onnx"))
        return STANDARD;
    if (!strcmp(d, "com.microsoft"))
        return MICROSOFT;
    return !strcmp(d, "qonnx.custom_op.general") || !strcmp(d, "finn.custom_op.general") || !strcmp(d, "onnx.brevitas") ? QONNX : 0;
}

static int unknown(const struct onnx *x, const Onnx__NodeProto *n, int domain)
{
    for (size_t i = 0; i < sizeof KNOWN_BAD / sizeof *KNOWN_BAD; i++)
        if (onnx_op_is(n, KNOWN_BAD[i].name))
            return onnx_refuse(x, n, "the operator is not supported; %s", KNOWN_BAD[i].cure);
    return onnx_refuse(x, n, "the operator%s%s is not supported; what is stands in platforms/nets/README.md", domain & STANDARD ? "" : " of domain ",
                       domain & STANDARD ? "" : n->domain);
}

/* The type of an attribute as the table says it; files before IR version 2 have none. */
static bool has_type(const Onnx__AttributeProto *a, char type)
{
    static const struct { char letter; int is; } TYPES[] = {
        { 'i', ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT }, { 'f', ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT },
        { 's', ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING }, { 't', ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR },
        { 'I', ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS }, { 'F', ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS } };

    if (a->has_type && a->type)
        for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++)
            if (TYPES[i].letter == type)
                return TYPES[i].is == (int)a->type;
    return type == 'i' ? a->has_i : type == 'f' ? a->has_f : type == 's' ? a->has_s : type == 't' ? a->t != NULL :
           !a->has_i && !a->has_f && !a->has_s && !a->t;
}

/* The words of attribute `name` in the table: its type and more; NULL. */
static const char *spec_of(const char *attrs, const char *name, bool *no_effect)
{
    size_t len = strlen(name);

    for (const char *p = attrs; *p; p += strcspn(p, " "), p += *p == ' ') {
        *no_effect = *p == '~';
        p += *no_effect;
        if (!strncmp(p, name, len) && p[len] == ':')
            return p + len + 1;
    }
    return NULL;
}

static int check_attributes(const struct onnx *x, const Onnx__NodeProto *n, const struct op *op)
{
    for (size_t i = 0; i < n->n_attribute; i++) {
        const Onnx__AttributeProto *a = n->attribute[i];
        const char *name = onnx_text(a->name);
        bool no_effect = false;
        const char *spec = spec_of(op->attrs, name, &no_effect);
        int must;
        if (!spec)
            return onnx_refuse(x, n, "attribute '%s' is not implemented; export without it", name);
        if (!has_type(a, *spec))
            return onnx_refuse(x, n, "attribute '%s' is of another type than the standard's", name);
        if (!no_effect && sscanf(spec + 1, "=%d", &must) == 1 && a->i != must)
            return onnx_refuse(x, n, "attribute '%s': found %lld, only %d is implemented", name, (long long)a->i, must);
    }
    return 0;
}

static int check_ends(const struct onnx *x, const Onnx__NodeProto *n, const struct op *op)
{
    if (n->n_input < op->min || n->n_input > op->max || !n->n_output || !*n->output[0])
        return onnx_refuse(x, n, "found %zu inputs and %zu outputs, expected %u to %u and one", n->n_input, n->n_output, op->min, op->max);
    for (size_t k = op->outputs; k < n->n_output; k++)
        if (*n->output[k])
            return onnx_refuse(x, n, "a second output ('%s') is not supported", n->output[k]);
    for (size_t k = 0; k < n->n_input; k++)
        if (*n->input[k] ? !onnx_in(x, n, k) : k < op->min && k < 2)
            return onnx_refuse(x, n, "input %zu ('%s') is made by no earlier node, input or initializer%s", k, n->input[k],
                               k == 1 ? "; are the weights stripped?" : "");
    return 0;
}

int onnx_part(struct onnx *x, const Onnx__NodeProto *n)
{
    for (size_t i = 0; i < NOPS; i++)
        if (!strcmp(OPS[i].name, onnx_text(n->op_type)))
            return check_attributes(x, n, &OPS[i]);
    return unknown(x, n, STANDARD);
}

int onnx_node(struct onnx *x, const Onnx__NodeProto *n)
{
    int domain = domain_of(onnx_text(n->domain)), folded;
    size_t i = 0;

    while (i < NOPS && (strcmp(OPS[i].name, onnx_text(n->op_type)) || !(OPS[i].domains & domain)))
        i++;
    if (domain == STANDARD && (x->opset < LEAST_OPSET || x->opset > MOST_OPSET) && (i < NOPS && OPS[i].domains & STANDARD))
        return onnx_refuse(x, n, "found opset %lld, expected %d to %d; export for one of these", (long long)x->opset, LEAST_OPSET, MOST_OPSET);
    if ((folded = domain == STANDARD ? onnx_fold(x, n) : 0))
        return folded < 0 ? -1 : 0;
    if (i == NOPS) {
        /* an old exporter gives operators of com.microsoft no domain */
        for (i = 0; i < NOPS && (strcmp(OPS[i].name, onnx_text(n->op_type)) || domain != STANDARD || OPS[i].domains & QONNX); i++)
            continue;
        if (i == NOPS)
            return unknown(x, n, domain);
    }
    return check_ends(x, n, &OPS[i]) || check_attributes(x, n, &OPS[i]) ? -1 : OPS[i].read(x, n);
}
