/* onnx.c - reads a quantised ONNX model: walks the nodes in order and gives every activation its code.
 * QDQ form: DequantizeLinear -> op -> (Relu) -> QuantizeLinear is one integer layer; QOperator form: a node a layer. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "platforms/net/onnx_read.h"

#define TYPE(T) ONNX__TENSOR_PROTO__DATA_TYPE__##T

/* ---- activations ---- */

int onnx_shape(const uint64_t *d, uint32_t rank, struct bl_tensor *t)
{
    uint64_t s[3] = { 1, 1, 1 };

    if (!rank || rank > ONNX_RANK || (rank == 4 && d[0] != 1))
        return -1;
    if (rank == 1)
        s[0] = d[0];
    else if (rank == 2)
        memcpy(d[0] == 1 ? s : s + 1, d[0] == 1 ? d + 1 : d, (d[0] == 1 ? 1 : 2) * sizeof *s);
    else
        memcpy(s, d + rank - 3, sizeof s);
    for (int i = 0; i < 3; i++)
        if (!s[i] || s[i] > BL_NET_MAX_ELEMS)
            return -1;
    t->c = (uint32_t)s[0];
    t->h = (uint32_t)s[1];
    t->w = (uint32_t)s[2];
    return s[0] * s[1] <= BL_NET_MAX_ELEMS && s[0] * s[1] * s[2] <= BL_NET_MAX_ELEMS ? 0 : -1;
}

int64_t onnx_new_tensor(struct onnx *x, const Onnx__NodeProto *n, const char *name, uint32_t rank, const uint64_t *dims)
{
    struct bl_tensor t = { .name = name };
    int64_t i;

    if (onnx_shape(dims, rank, &t))
        return onnx_refuse(x, n, "found output '%s' of rank %u, first dimension %llu; expected batch 1, rank 1 to 4 and at most %u elements",
                           name, rank, rank ? (unsigned long long)dims[0] : 0, BL_NET_MAX_ELEMS);
    i = bl_net_tensor(x->net, &t);
    return i >= 0 ? i : onnx_refuse(x, n, "no memory");
}

int onnx_code(struct onnx *x, const Onnx__NodeProto *n, uint32_t tensor, size_t si, size_t zi)
{
    struct bl_tensor *t = &x->net->tensors[tensor];
    const struct value *z = onnx_in(x, n, zi);
    enum bl_dtype type = BL_U8;
    float scale, zero = 0.0f;

    if (onnx_scalar(x, n, si, "scale", &scale))
        return -1;
    if (!(scale > 0.0f) || !isfinite(scale))
        return onnx_refuse(x, n, "found scale %g, expected a positive number", (double)scale);
    if (z) {
        if (onnx_scalar(x, n, zi, "zero point", &zero))
            return -1;
        if (z->t->data_type != TYPE(UINT8) && z->t->data_type != TYPE(INT8))
            return onnx_refuse(x, n, "found a zero point of ONNX type %d, expected uint8 or int8", z->t->data_type);
        type = z->t->data_type == TYPE(INT8) ? BL_S8 : BL_U8;
    } else if (t->scale > 0.0f) {
        type = t->dtype;
    }
    if (t->scale > 0.0f && (t->scale < scale || t->scale > scale || t->zero != (int32_t)zero || t->dtype != type))
        return onnx_refuse(x, n, "found scale %g and zero point %d for '%s', which was quantised with %g and %d; expected the same",
                           (double)scale, (int)zero, t->name, (double)t->scale, (int)t->zero);
    if (!(t->scale > 0.0f) && tensor == x->net->input && x->have_input && z && t->dtype != type)
        return onnx_refuse(x, n, "the zero point's type is not that of the graph's input '%s'", t->name);
    t->scale = scale;
    t->zero = (int32_t)zero;
    t->dtype = type;
    return 0;
}

/* ---- QDQ and what passes through ---- */

int onnx_define_like(struct onnx *x, const Onnx__NodeProto *n, const struct value *v, enum value_kind kind)
{
    struct value copy = *v, *out = onnx_define(x, n->output[0]);

    if (!out)
        return onnx_refuse(x, n, "its output '%s' is already made", n->output[0]);
    copy.name = out->name;
    copy.kind = kind;
    copy.taken = false;
    *out = copy;
    return 0;
}

int onnx_take(struct onnx *x, const Onnx__NodeProto *n, struct value *v)
{
    if (v->kind == VALUE_PENDING && (v->taken || x->net->tensors[v->tensor].scale > 0.0f))
        return onnx_refuse(x, n, "input '%s' is also used or quantised elsewhere; expected a QuantizeLinear and DequantizeLinear between", v->name);
    v->taken = true;
    return 0;
}

static int dequantize(struct onnx *x, const Onnx__NodeProto *n)
{
    struct value *v = onnx_in(x, n, 0), c;

    if (v->kind == VALUE_QUANT)
        return onnx_code(x, n, v->tensor, 1, 2) ? -1 : onnx_define_like(x, n, v, VALUE_REAL);
    if (v->kind == VALUE_DROPPED)
        return onnx_define_like(x, n, v, VALUE_DROPPED);
    if (v->kind == VALUE_CONST && onnx_count(v->t) <= 0)
        return onnx_no_data(x, n, v);
    if (v->kind != VALUE_CONST || !onnx_is_int(v->t))
        return onnx_refuse(x, n, "found no quantised value for input '%s'", v->name);
    c = *v;
    const struct value *s = onnx_in(x, n, 1), *z = onnx_in(x, n, 2);
    if (!s || s->kind != VALUE_CONST || !onnx_is_float(s->t) || (z && (z->kind != VALUE_CONST || !onnx_is_int(z->t))))
        return onnx_refuse(x, n, "found no constant scale (float) and zero point (integer)");
    c.s = s->t;
    c.z = z ? z->t : NULL;
    c.axis = onnx_attr_int(n, "axis", 1);
    return onnx_define_like(x, n, &c, VALUE_REAL_CONST);
}

/* A layer without work of its own: another scale (BL_RELU without relu) or another shape. */
static int64_t add_plain(struct onnx *x, const Onnx__NodeProto *n, enum bl_kind kind, uint32_t in, uint32_t rank, const uint64_t *dims)
{
    struct bl_layer l = { .name = n->output[0], .kind = kind, .in = { in, in } };
    int64_t out = onnx_new_tensor(x, n, n->output[0], rank, dims);

    if (out < 0)
        return -1;
    l.out = (uint32_t)out;
    return bl_net_layer(x->net, &l) < 0 ? onnx_refuse(x, n, "no memory") : out;
}

static bool same_scalar(const struct onnx *x, const Onnx__NodeProto *n, const struct bl_tensor *t)
{
    const struct value *s = onnx_in(x, n, 1), *z = onnx_in(x, n, 2);
    float scale = s && s->kind == VALUE_CONST && onnx_is_float(s->t) ? onnx_float(s->t, 0) : 0.0f;
    int64_t zero = z && z->kind == VALUE_CONST && onnx_is_int(z->t) ? onnx_int(z->t, 0) : 0;
    enum bl_dtype type = z && z->kind == VALUE_CONST && z->t->data_type == TYPE(INT8) ? BL_S8 : BL_U8;

    return t->scale >= scale && t->scale <= scale && t->zero == zero && t->dtype == type;
}

/* The layer before gets its output code; a value already coded differently gets a layer that changes the code. */
static int quantize(struct onnx *x, const Onnx__NodeProto *n)
{
    struct value *v = onnx_in(x, n, 0), q = *v;
    int64_t t;

    if (v->kind == VALUE_DROPPED)
        return onnx_define_like(x, n, v, VALUE_DROPPED);
    if (v->kind == VALUE_CONST)
        return onnx_quantize_const(x, n, v, &q) ? -1 : onnx_define_like(x, n, &q, VALUE_CONST);
    if (v->kind == VALUE_REAL_INPUT) {
        if (x->have_input && !same_scalar(x, n, &x->net->tensors[x->net->input]))
            return onnx_refuse(x, n, "the graph's input is quantised in two ways, which is not supported");
        t = x->have_input ? x->net->input : onnx_new_tensor(x, n, v->name, v->rank, v->dims);
        if (t < 0 || (!x->have_input && onnx_code(x, n, (uint32_t)t, 1, 2)))
            return -1;
        x->net->input = q.tensor = (uint32_t)t;
        x->have_input = true;
        return onnx_define_like(x, n, &q, VALUE_QUANT);
    }
    if (v->kind != VALUE_PENDING && v->kind != VALUE_REAL)
        return onnx_refuse(x, n, "found no real activations for input '%s'", v->name);
    if (v->kind == VALUE_REAL && !same_scalar(x, n, &x->net->tensors[v->tensor])) {
        if ((t = add_plain(x, n, BL_RELU, v->tensor, v->rank, v->dims)) < 0)
            return -1;
        q.tensor = (uint32_t)t;
    }
    if (v->kind == VALUE_PENDING && v->taken)
        return onnx_refuse(x, n, "input '%s' is used twice before it is quantised", v->name);
    if (onnx_code(x, n, q.tensor, 1, 2))
        return -1;
    struct bl_tensor at = x->net->tensors[q.tensor], want = at;
    if (onnx_shape(v->dims, v->rank, &want))
        return onnx_refuse(x, n, "input '%s' has an unsupported shape", v->name);
    if (want.c != at.c || want.h != at.h || want.w != at.w) {      /* a Flatten before the QuantizeLinear */
        if ((t = add_plain(x, n, BL_RESHAPE, q.tensor, v->rank, v->dims)) < 0 || onnx_code(x, n, (uint32_t)t, 1, 2))
            return -1;
        q.tensor = (uint32_t)t;
    }
    return onnx_define_like(x, n, &q, VALUE_QUANT);
}

static int pass(struct onnx *x, const Onnx__NodeProto *n)
{
    struct value *v = onnx_in(x, n, 0);

    if (onnx_take(x, n, v))
        return -1;
    return onnx_define_like(x, n, v, v->kind);
}

static int constant(struct onnx *x, const Onnx__NodeProto *n)
{
    const Onnx__AttributeProto *a = onnx_attr(n, "value");
    struct value *v;

    if (!a || !a->t || onnx_count(a->t) < 0)
        return onnx_refuse(x, n, "found no complete tensor in attribute 'value'");
    if (!(v = onnx_define(x, n->output[0])))
        return onnx_refuse(x, n, "its output '%s' is already made", n->output[0]);
    v->kind = VALUE_CONST;
    v->t = a->t;
    return 0;
}

/* ---- the graph ---- */

static const struct { const char *op; onnx_op *read; uint32_t min, max; } OPS[] = {
    /* operator                inputs: least, most */
    { "QuantizeLinear",          quantize,      2, 3 },
    { "DequantizeLinear",        dequantize,    2, 3 },
    { "Conv",                    onnx_conv,     2, 3 },
    { "Gemm",                    onnx_matmul,   2, 3 },
    { "MatMul",                  onnx_matmul,   2, 2 },
    { "Relu",                    onnx_relu,     1, 1 },
    { "Clip",                    onnx_clip,     1, 3 },
    { "MaxPool",                 onnx_pool,     1, 1 },
    { "AveragePool",             onnx_pool,     1, 1 },
    { "GlobalAveragePool",       onnx_pool,     1, 1 },
    { "Add",                     onnx_pair,     2, 2 },
    { "Mul",                     onnx_pair,     2, 2 },
    { "Flatten",                 onnx_reshape,  1, 1 },
    { "Reshape",                 onnx_reshape,  2, 2 },
    { "Identity",                pass,          1, 1 },
    { "Dropout",                 pass,          1, 3 },
    { "Constant",                constant,      0, 0 },
    { "Softmax",                 onnx_softmax,  1, 1 },
    { "QLinearConv",             onnx_qconv,    8, 9 },
    { "QLinearMatMul",           onnx_qmatmul,  8, 8 },
    { "QGemm",                   onnx_qgemm,    6, 9 },
    { "QLinearAdd",              onnx_qpair,    7, 8 },
    { "QLinearMul",              onnx_qpair,    7, 8 },
    { "QLinearAveragePool",      onnx_qpool,    4, 5 },
    { "QLinearGlobalAveragePool", onnx_qpool,   5, 5 },
};
enum { NOPS = sizeof OPS / sizeof *OPS };

static int read_node(struct onnx *x, const Onnx__NodeProto *n)
{
    const char *domain = onnx_text(n->domain), *op = onnx_text(n->op_type);
    bool known = !*domain || !strcmp(domain, "ai.onnx") || !strcmp(domain, "com.microsoft");
    size_t i = 0;

    while (i < NOPS && strcmp(OPS[i].op, op))
        i++;
    if (i == NOPS || !known)
        return onnx_refuse(x, n, "the operator%s%s is not supported; expected a quantised net of Conv, Gemm, MatMul, Relu, Clip, MaxPool, "
                           "AveragePool, GlobalAveragePool, Add, Mul, Flatten, Reshape in QDQ or QOperator form",
                           known ? "" : " of domain ", known ? "" : domain);
    if (n->n_input < OPS[i].min || n->n_input > OPS[i].max || !n->n_output || !*n->output[0])
        return onnx_refuse(x, n, "found %zu inputs and %zu outputs, expected %u to %u and one", n->n_input, n->n_output, OPS[i].min, OPS[i].max);
    if (n->n_output > 1 && *n->output[1])
        return onnx_refuse(x, n, "a second output ('%s') is not supported", n->output[1]);
    for (size_t k = 0; k < n->n_input; k++)
        if (*n->input[k] ? !onnx_in(x, n, k) : k < 2)
            return onnx_refuse(x, n, "input %zu ('%s') is made by no earlier node, input or initializer%s", k, n->input[k],
                               k == 1 ? "; are the weights stripped?" : "");
    return OPS[i].read(x, n);
}

static int read_input(struct onnx *x, const Onnx__ValueInfoProto *in)
{
    const Onnx__TypeProto *type = in->type;
    const char *name = onnx_text(in->name);
    struct value *v = onnx_define(x, name);
    struct bl_tensor t = { .name = name };
    int64_t i;

    if (!v)
        return bl_error(x->diag, "%s: input '%s' is there twice", x->name, name);
    if (!type || type->value_case != ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE || !type->tensor_type->shape)
        return bl_error(x->diag, "%s: input '%s': found no tensor with a shape", x->name, name);
    const Onnx__TensorShapeProto *s = type->tensor_type->shape;
    for (size_t d = 0; d < s->n_dim && d < ONNX_RANK; d++) {
        bool fixed = s->dim[d]->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE && s->dim[d]->dim_value > 0;
        if (!fixed && d)
            return bl_error(x->diag, "%s: input '%s': dimension %zu is not fixed; only the batch may be open", x->name, name, d);
        v->dims[d] = fixed ? (uint64_t)s->dim[d]->dim_value : 1;
    }
    v->rank = (uint32_t)s->n_dim;
    if (s->n_dim > ONNX_RANK || onnx_shape(v->dims, v->rank, &t))
        return bl_error(x->diag, "%s: input '%s': found rank %zu, expected batch 1 and rank 1 to 4", x->name, name, s->n_dim);
    if (type->tensor_type->elem_type == TYPE(FLOAT)) {
        v->kind = VALUE_REAL_INPUT;
        return 0;
    }
    if (type->tensor_type->elem_type != TYPE(UINT8) && type->tensor_type->elem_type != TYPE(INT8))
        return bl_error(x->diag, "%s: input '%s': found ONNX type %d, expected float, uint8 or int8", x->name, name, type->tensor_type->elem_type);
    t.dtype = type->tensor_type->elem_type == TYPE(INT8) ? BL_S8 : BL_U8;
    if ((i = bl_net_tensor(x->net, &t)) < 0)
        return bl_error(x->diag, "%s: no memory", x->name);
    v->kind = VALUE_QUANT;
    x->net->input = v->tensor = (uint32_t)i;
    x->net->raw_input = true;
    x->have_input = true;
    return 0;
}

static int read_ends(struct onnx *x)
{
    const char *found = NULL;

    for (size_t i = 0; i < x->graph->n_initializer; i++) {
        const Onnx__TensorProto *t = x->graph->initializer[i];
        struct value *v = onnx_define(x, onnx_text(t->name));
        if (!v)
            return bl_error(x->diag, "%s: initializer '%s' is there twice", x->name, onnx_text(t->name));
        v->kind = VALUE_CONST;
        v->t = t;
    }
    for (size_t i = 0; i < x->graph->n_input; i++) {
        if (onnx_find(x, onnx_text(x->graph->input[i]->name)))
            continue;                                      /* an initializer, listed as IR 3 did */
        if (found)
            return bl_error(x->diag, "%s: found inputs '%s' and '%s' without values, expected one input; are the weights stripped?", x->name,
                            found, onnx_text(x->graph->input[i]->name));
        found = onnx_text(x->graph->input[i]->name);
        if (read_input(x, x->graph->input[i]))
            return -1;
    }
    return found ? 0 : bl_error(x->diag, "%s: found no input", x->name);
}

static int read_output(struct onnx *x)
{
    const struct value *v;

    if (x->graph->n_output != 1)
        return bl_error(x->diag, "%s: found %zu outputs, expected one", x->name, x->graph->n_output);
    v = onnx_find(x, onnx_text(x->graph->output[0]->name));
    if (!v || v->kind < VALUE_QUANT || v->kind == VALUE_REAL_INPUT)
        return bl_error(x->diag, "%s: output '%s' is made by no node", x->name, onnx_text(x->graph->output[0]->name));
    x->net->output = v->tensor;
    for (uint32_t i = 0; i < x->net->nlayers; i++)
        if (!(x->net->tensors[x->net->layers[i].out].scale > 0.0f))
            return bl_error(x->diag, "%s: node '%s' (%s): its output is never quantised; expected DequantizeLinear -> op -> (Relu) -> "
                            "QuantizeLinear, also for the last layer", x->name, x->net->layers[i].name, bl_kind_name(x->net->layers[i].kind));
    return 0;
}

static int read_graph(struct onnx *x)
{
    if (onnx_table(x) || read_ends(x))
        return -1;
    for (size_t i = 0; i < x->graph->n_node; i++)
        if (read_node(x, x->graph->node[i]))
            return -1;
    if (read_output(x))
        return -1;
    return bl_net_finish(x->net, x->diag);
}

struct bl_net *bl_onnx_read(const char *name, const void *bytes, size_t len, struct bl_diag *diag)
{
    Onnx__ModelProto *m = onnx__model_proto__unpack(NULL, len, bytes);
    struct onnx x = { .name = name, .diag = diag };

    if (!m || !m->graph || !m->graph->n_node) {
        bl_error(diag, "%s: found no ONNX model (a protobuf message with a graph of nodes)", name);
    } else if (!(x.net = bl_net_new(name))) {
        bl_error(diag, "%s: no memory", name);
    } else {
        x.graph = m->graph;
        if (read_graph(&x)) {
            bl_net_free(x.net);
            x.net = NULL;
        }
    }
    free(x.slots);
    if (m)
        onnx__model_proto__free_unpacked(m, NULL);
    return x.net;
}
