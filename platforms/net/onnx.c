/* onnx.c - reads a quantised ONNX model: walks the nodes in order, each of which makes layers of the net or values known at load.
 * Between DequantizeLinear and QuantizeLinear the float chain is kept to the letter: where it is one integer layer (a product of codes,
 * a function of one code, a move) it becomes that layer, else layers in float32. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platforms/net/onnx_read.h"

enum { MOST_DEPTH = 64, MOST_INPUTS = 64, MOST_OUTPUTS = 64 };

/* ---- inputs ---- */

/* The code that the first reader of integers `name` says they have, through moves; scale 1 where nobody does. */
static struct code code_of_input(const struct onnx *x, const char *name, enum bl_dtype type)
{
    struct code c = { .scale = 1.0f, .type = type }, found;

    for (size_t i = 0; i < x->graph->n_node; i++) {
        const Onnx__NodeProto *n = x->graph->node[i];
        for (size_t k = 0; k < n->n_input; k++) {
            if (strcmp(n->input[k], name))
                continue;
            const char *op = onnx_text(n->op_type);
            const struct value *z = onnx_in(x, n, 2);
            if ((!strcmp(op, "ConvInteger") || !strcmp(op, "MatMulInteger")) && k == 0) {
                c.zero = z && z->kind == VALUE_CONST && onnx_is_int(z->t) && onnx_count(z->t) == 1 ? (int32_t)onnx_int(z->t, 0) : 0;
                return c.zero < (type == BL_S8 ? -128 : 0) || c.zero > (type == BL_S8 ? 127 : 255) ? (struct code){ .scale = 1.0f, .type = type } : c;
            }
            if (!strcmp(op, "DequantizeLinear") || !strncmp(op, "QLinear", 7) || !strcmp(op, "QGemm"))
                return !onnx_try_code(x, n, k + 1, k + 2, type, &found) && found.type == type ? found : c;
            name = n->n_output ? n->output[0] : "";        /* nodes are sorted: its readers come later */
        }
    }
    return c;
}

/* All that read `name` are QuantizeLinear nodes of one code: the codes themselves are the input. */
static bool only_quantized(const struct onnx *x, const char *name, struct code *c)
{
    uint32_t found = 0;
    struct code one;

    for (size_t i = 0; i < x->graph->n_node; i++) {
        const Onnx__NodeProto *n = x->graph->node[i];
        for (size_t k = 0; k < n->n_input; k++) {
            if (strcmp(n->input[k], name))
                continue;
            if (k || !onnx_op_is(n, "QuantizeLinear") || onnx_attr(n, "block_size") || onnx_quantize_code(x, n, &one))
                return false;
            if (found++ && (one.type != c->type || one.zero != c->zero || one.scale < c->scale || one.scale > c->scale))
                return false;
            *c = one;
        }
    }
    return found && found == onnx_slot(x, name)->readers;
}

static int input_sizes(struct onnx *x, const Onnx__ValueInfoProto *in, struct value *v)
{
    const Onnx__TypeProto *type = in->type;

    if (!type || type->value_case != ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE || !type->tensor_type->shape)
        return bl_error(x->diag, "%s: input '%s': found no tensor with a shape", x->name, v->name);
    const Onnx__TensorShapeProto *s = type->tensor_type->shape;
    if (s->n_dim > ONNX_RANK)
        return bl_error(x->diag, "%s: input '%s': found rank %zu, expected at most %d", x->name, v->name, s->n_dim, ONNX_RANK);
    for (size_t d = 0; d < s->n_dim; d++) {
        bool fixed = s->dim[d]->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE && s->dim[d]->dim_value > 0;
        if (!fixed && d)
            return bl_error(x->diag, "%s: input '%s': dimension %zu is not fixed; only the batch may be open", x->name, v->name, d);
        v->dims[d] = fixed ? (uint64_t)s->dim[d]->dim_value : 1;
    }
    v->rank = (uint32_t)s->n_dim;
    return 0;
}

static int read_input(struct onnx *x, const Onnx__ValueInfoProto *in)
{
    struct value *v = onnx_define(x, onnx_text(in->name));
    struct bl_tensor t = { .dtype = BL_REAL, .scale = 1.0f };
    struct code c;
    int64_t i;

    if (!v)
        return bl_error(x->diag, "%s: input '%s' is there twice", x->name, onnx_text(in->name));
    if (input_sizes(x, in, v))
        return -1;
    if (onnx_shape(v->dims, v->rank, &t))
        return bl_error(x->diag, "%s: input '%s': found a shape without elements, or of more than %u", x->name, v->name, BL_NET_MAX_ELEMS);
    int type = in->type->tensor_type->elem_type;
    if (type != ONNX_TYPE(FLOAT) && type != ONNX_TYPE(UINT8) && type != ONNX_TYPE(INT8))
        return bl_error(x->diag, "%s: input '%s': found ONNX type %d, expected float32, uint8 or int8", x->name, v->name, type);
    bool real = type == ONNX_TYPE(FLOAT), coded = !real || ((only_quantized(x, v->name, &c) || onnx_ahead(x, v->name, &c)) && !c.four);
    if (!real)
        c = code_of_input(x, v->name, type == ONNX_TYPE(INT8) ? BL_S8 : BL_U8);
    if (coded) {
        t.dtype = c.type;
        t.scale = c.scale;
        t.zero = c.zero;
    }
    t.name = v->name;
    if ((i = bl_net_tensor(x->net, &t)) < 0)
        return bl_error(x->diag, "%s: no memory", x->name);
    v->kind = !real ? VALUE_CODES : coded ? VALUE_VIEW : VALUE_FLOAT;
    v->scale = t.scale;
    v->zero = t.zero;
    x->net->input = v->tensor = (uint32_t)i;
    x->net->raw_input = !real;
    return 0;
}

/* Constants first: initializers, then nodes Constant, wherever they stand. */
static int read_constants(struct onnx *x)
{
    for (size_t i = 0; i < x->graph->n_initializer; i++) {
        const Onnx__TensorProto *t = x->graph->initializer[i];
        struct value *v = onnx_define(x, onnx_text(t->name));
        if (!v)
            return bl_error(x->diag, "%s: initializer '%s' is there twice", x->name, onnx_text(t->name));
        v->kind = VALUE_CONST;
        v->t = t;
    }
    for (size_t i = 0; i < x->graph->n_node; i++)
        if (onnx_op_is(x->graph->node[i], "Constant") && !*onnx_text(x->graph->node[i]->domain)) {
            x->done[i] = true;
            if (onnx_node(x, x->graph->node[i]))
                return -1;
        }
    return 0;
}

/* Inputs without values, as one that nobody reads is refused: their names. An initializer may be listed too, as IR 3 did. */
static int unread(struct onnx *x, const char *name)
{
    char text[600] = "";
    size_t n = 0, at = 0;

    for (size_t i = 0; i < x->graph->n_input; i++) {
        const struct value *v = onnx_find(x, onnx_text(x->graph->input[i]->name));
        if (v && onnx_is_const(v))
            continue;
        int k = snprintf(text + at, sizeof text - at, "%s'%s'", n++ ? ", " : "", onnx_text(x->graph->input[i]->name));
        at += k > 0 && (size_t)k < sizeof text - at ? (size_t)k : 0;
    }
    return bl_error(x->diag, "%s: input '%s' is read by no node, and the graph has %zu inputs without values: %s; remove it", x->name, name, n, text);
}

static int read_inputs(struct onnx *x)
{
    uint32_t n = 0, first = 0;
    bool raw = true;

    for (size_t i = 0; i < x->graph->n_input; i++) {
        const char *name = onnx_text(x->graph->input[i]->name);
        const struct value *v = onnx_find(x, name);
        if (v && onnx_is_const(v))
            continue;
        if (n == MOST_INPUTS)
            return bl_error(x->diag, "%s: found more than %d inputs without values, '%s' after them; are the weights stripped?", x->name, MOST_INPUTS, name);
        if (read_input(x, x->graph->input[i]))
            return -1;
        first = n ? first : x->net->input;
        if (x->net->input != first + n)
            return bl_error(x->diag, "%s: input '%s': no memory", x->name, name);
        raw &= x->net->raw_input;
        n++;
    }
    for (size_t i = 0; n > 1 && i < x->graph->n_input; i++) {
        const struct value *v = onnx_find(x, onnx_text(x->graph->input[i]->name));
        if (!onnx_is_const(v) && !v->readers)
            return unread(x, v->name);
    }
    x->net->input = first;
    x->net->raw_input = raw;
    x->net->ninputs = n ? n : 1;
    return n ? 0 : bl_error(x->diag, "%s: found no input", x->name);
}

/* ---- outputs ---- */

/* The tensor that holds a graph output: codes, or the codes of a view whose real values they are, or real values. */
static int64_t output_tensor(struct onnx *x, const char *name)
{
    struct value *v = onnx_find(x, name);
    const Onnx__NodeProto *n = x->graph->node[x->graph->n_node - 1];

    if (!v)
        return bl_error(x->diag, "%s: output '%s' is made by no node", x->name, name);
    if (onnx_is_const(v) || v->input)
        return bl_error(x->diag, "%s: output '%s' is a constant or the input itself; remove it", x->name, name);
    if (v->dynamic && !v->is_scale)
        return bl_error(x->diag, "%s: output '%s' is made by a DynamicQuantizeLinear; expected a DequantizeLinear behind it", x->name, name);
    if (v->kind == VALUE_FLOAT && v->sums)
        return bl_error(x->diag, "%s: output '%s' are 32-bit sums; expected a Cast to float32 behind them", x->name, name);
    if (v->kind == VALUE_VIEW && v->table)
        return onnx_as_float(x, n, v);
    return v->kind == VALUE_VIEW ? onnx_linear(x, n, v) : v->tensor;
}

static int read_outputs(struct onnx *x)
{
    struct bl_net *net = x->net;
    size_t count = x->graph->n_output;

    if (!count || count > MOST_OUTPUTS)
        return bl_error(x->diag, "%s: found %zu outputs, expected 1 to %d", x->name, count, MOST_OUTPUTS);
    if (!(net->outputs = bl_net_alloc(net, count, sizeof *net->outputs)))
        return bl_error(x->diag, "%s: no memory", x->name);
    for (size_t i = 0; i < count; i++) {
        const char *name = onnx_text(x->graph->output[i]->name);
        int64_t t = output_tensor(x, name);
        if (t < 0)
            return -1;
        if (i == 0) {
            const struct value *v = onnx_find(x, name);
            net->raw_output = v->kind == VALUE_CODES;
        }
        net->outputs[net->noutputs++] = (uint32_t)t;
    }
    net->output = net->outputs[0];
    return 0;
}

/* ---- the graph ---- */

static bool has_integer_input(const Onnx__GraphProto *g)
{
    for (size_t i = 0; i < g->n_input; i++) {
        const Onnx__TypeProto *t = g->input[i]->type;
        if (t && t->value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE && t->tensor_type->elem_type != ONNX_TYPE(FLOAT))
            return true;
    }
    return false;
}

/* A float model is told as such, before the first of its weights is. */
static int is_quantized(const struct onnx *x)
{
    static const char *const SIGNS[] = { "QuantizeLinear", "DequantizeLinear", "QLinear", "QGemm", "ConvInteger", "MatMulInteger", "Quant", "BipolarQuant",
                                         "Trunc", "Dynamic" };

    for (size_t i = 0; i < x->graph->n_node; i++)
        for (size_t k = 0; k < sizeof SIGNS / sizeof *SIGNS; k++)
            if (!strncmp(onnx_text(x->graph->node[i]->op_type), SIGNS[k], strlen(SIGNS[k])))
                return 0;
    return has_integer_input(x->graph) ? 0 : bl_error(x->diag, "%s: found no quantised operator, from node '%s' (%s) on: a float model; expected a quantised one (QuantizeLinear and "
                    "DequantizeLinear, or QLinear operators); quantise it first", x->name, onnx_text(x->graph->node[0]->name),
                    onnx_text(x->graph->node[0]->op_type));
}

/* What lies beside the nodes and would change what they mean. */
static int check_model(struct onnx *x, const Onnx__ModelProto *m)
{
    x->opset = 0;
    for (size_t i = 0; i < m->n_opset_import; i++) {
        const char *d = onnx_text(m->opset_import[i]->domain);
        if (!*d || !strcmp(d, "ai.onnx"))
            x->opset = m->opset_import[i]->version;
    }
    if (!m->n_opset_import)
        x->opset = 13;
    if (m->n_functions)
        return bl_error(x->diag, "%s: found %zu functions of the model's own; export with functions inlined", x->name, m->n_functions);
    if (m->graph->n_sparse_initializer)
        return bl_error(x->diag, "%s: found sparse initializers, expected dense ones", x->name);
    return 0;
}

static int read_graph(struct onnx *x)
{
    if (onnx_table(x) || is_quantized(x) || read_constants(x) || read_inputs(x))
        return -1;
    for (size_t i = 0; i < x->graph->n_node; i++) {
        const Onnx__NodeProto *n = x->graph->node[i];
        if (x->done[i] ? !onnx_op_is(n, "Constant") && onnx_part(x, n) : onnx_node(x, n))
            return -1;
    }
    if (read_outputs(x))
        return -1;
    return bl_net_finish(x->net, x->diag);
}

struct bl_net *bl_onnx_read(const char *name, const void *bytes, size_t len, struct bl_diag *diag)
{
    struct onnx x = { .name = name, .diag = diag };
    int depth = onnx_depth(bytes, len, MOST_DEPTH);

    if (depth > MOST_DEPTH) {
        bl_error(diag, "%s: found messages nested more than %d deep, as graphs inside of graphs are; no network has these", name, MOST_DEPTH);
        return NULL;
    }
    Onnx__ModelProto *m = depth < 0 ? NULL : onnx__model_proto__unpack(NULL, len, bytes);
    if (!m || !m->graph || !m->graph->n_node) {
        bl_error(diag, "%s: found no ONNX model (a protobuf message with a graph of nodes)", name);
    } else if (!(x.net = bl_net_new(name))) {
        bl_error(diag, "%s: no memory", name);
    } else {
        x.graph = m->graph;
        if (check_model(&x, m) || read_graph(&x)) {
            bl_net_free(x.net);
            x.net = NULL;
        }
    }
    free(x.slots);
    free(x.done);
    if (m)
        onnx__model_proto__free_unpacked(m, NULL);
    return x.net;
}
