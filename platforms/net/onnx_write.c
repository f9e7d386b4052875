/* onnx_write.c - writes a net as an ONNX model: inputs, layer by layer, outputs, bytes. */
#include "platforms/net/onnx_write.h"

#include <stdlib.h>
#include <string.h>

#include "platforms/net/onnx_put.h"

enum { IR_VERSION = 7, OPSET = 14 };      /* 14 has HardSwish; ReduceMean has its axes as an attribute below 18 */

/* ---- inputs and outputs ---- */

static Onnx__ValueInfoProto *value_info(struct put *p, const char *name, int type, uint32_t rank, const int64_t *dims)
{
    Onnx__ValueInfoProto *v = put_alloc(p, 1, sizeof *v);
    Onnx__TypeProto *t = put_alloc(p, 1, sizeof *t);
    Onnx__TypeProto__Tensor *x = put_alloc(p, 1, sizeof *x);
    Onnx__TensorShapeProto *s = put_alloc(p, 1, sizeof *s);
    Onnx__TensorShapeProto__Dimension *d = put_alloc(p, rank, sizeof *d), **list = put_alloc(p, rank, sizeof *list);

    if (!v || !t || !x || !s || !d || !list)
        return NULL;
    onnx__value_info_proto__init(v);
    onnx__type_proto__init(t);
    onnx__type_proto__tensor__init(x);
    onnx__tensor_shape_proto__init(s);
    v->name = (char *)name;
    v->type = t;
    t->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    t->tensor_type = x;
    x->has_elem_type = 1;
    x->elem_type = type;
    x->shape = s;
    s->n_dim = rank;
    s->dim = list;
    for (uint32_t i = 0; i < rank; i++) {
        onnx__tensor_shape_proto__dimension__init(&d[i]);
        d[i].value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
        d[i].dim_value = dims[i];
        list[i] = &d[i];
    }
    return v;
}

static int type_of(const struct bl_tensor *t) { return t->dtype == BL_REAL ? PUT_TYPE(FLOAT) : t->dtype == BL_S8 ? PUT_TYPE(INT8) : PUT_TYPE(UINT8); }

static void put_inputs(struct put *p)
{
    const struct bl_net *net = p->net;

    p->graph.input = put_alloc(p, net->ninputs, sizeof *p->graph.input);
    for (uint32_t i = 0; p->graph.input && i < net->ninputs; i++) {
        const struct bl_tensor *t = &net->tensors[net->input + i];
        struct put_value *v = &p->value[net->input + i];
        const char *name = put_name(p, "%s", t->name);
        const bool vector = t->h == 1 && t->w == 1, quantize = !net->raw_input && t->dtype != BL_REAL;
        *v = (struct put_value){ name, vector ? 2 : 4, { 1, t->c, t->h, t->w } };
        p->graph.input[p->graph.n_input++] = value_info(p, name, quantize ? PUT_TYPE(FLOAT) : type_of(t), v->rank, v->dims);
        const struct bl_tensor wide = bl_tensor_wide(t);
        if (quantize)
            v->name = put_coded(p, put_node(p, "QuantizeLinear", t->name), name, &wide, wide.scale);
        if (t->dtype == BL_REAL || !t->shift)
            continue;
        v->name = put_shifted(p, v->name, &wide, net->input + i);
        v->name = put_clip(p, put_node(p, "Clip", t->name), v->name, t->dtype == BL_S8, bl_tensor_min(t), bl_tensor_max(t));
    }
}

static void put_outputs(struct put *p)
{
    const struct bl_net *net = p->net;
    const uint32_t count = net->noutputs ? net->noutputs : 1;

    p->graph.output = put_alloc(p, count, sizeof *p->graph.output);
    for (uint32_t i = 0; p->graph.output && i < count; i++) {
        const uint32_t t = net->noutputs ? net->outputs[i] : net->output;
        const bool codes = net->raw_output || net->tensors[t].dtype == BL_REAL;
        const char *name = codes ? p->value[t].name : put_real(p, t, p->value[t].name);
        p->graph.output[p->graph.n_output++] = value_info(p, name, codes ? type_of(&net->tensors[t]) : PUT_TYPE(FLOAT), p->value[t].rank, p->value[t].dims);
    }
}

/* ---- layers ---- */

static int put_layer_of(struct put *p, uint32_t i)
{
    static int (*const PUT[BL_KINDS])(struct put *) = {
        [BL_CONV] = put_conv, [BL_FC] = put_fc, [BL_MAXPOOL] = put_pool, [BL_AVGPOOL] = put_pool,
        [BL_ADD] = put_pair, [BL_SUB] = put_pair, [BL_MUL] = put_pair, [BL_MAX] = put_pair, [BL_MIN] = put_pair,
        [BL_RELU] = put_points, [BL_LUT] = put_points, [BL_TABLE] = put_points, [BL_QUANT] = put_points, [BL_SOFTMAX] = put_points,
        [BL_FLOAT] = put_float_layer, [BL_RESHAPE] = put_move, [BL_SUBSAMPLE] = put_move, [BL_MOVE] = put_move };

    p->l = &p->net->layers[i];
    p->index = i;
    int rc = PUT[p->l->kind](p);
    p->l = NULL;
    return rc;
}

/* ---- bytes ---- */

static int pack(struct put *p, uint8_t **bytes, size_t *len)
{
    const struct { bool used; const char *domain; int version; } DOMAINS[] = { { true, "", OPSET }, { p->microsoft, "com.microsoft", 1 },
                                                                               { p->qonnx, "qonnx.custom_op.general", 1 } };
    enum { MOST = sizeof DOMAINS / sizeof *DOMAINS };
    Onnx__OperatorSetIdProto sets[MOST], *list[MOST];
    Onnx__ModelProto m;

    onnx__model_proto__init(&m);
    for (int i = 0; i < MOST; i++) {
        if (!DOMAINS[i].used)
            continue;
        onnx__operator_set_id_proto__init(&sets[i]);
        sets[i].domain = (char *)DOMAINS[i].domain;
        sets[i].has_version = 1;
        sets[i].version = DOMAINS[i].version;
        list[m.n_opset_import++] = &sets[i];
    }
    m.has_ir_version = 1;
    m.ir_version = IR_VERSION;
    m.producer_name = "bitline";
    m.opset_import = list;
    m.graph = &p->graph;
    *len = onnx__model_proto__get_packed_size(&m);
    if (!(*bytes = malloc(*len)))
        return -1;
    onnx__model_proto__pack(&m, *bytes);
    return 0;
}

/* What comes from outside is of 8 bits, and narrowed by us or not at all; odd codes have no type. */
static int check_tensors(const struct put *p)
{
    const struct bl_net *net = p->net;

    for (uint32_t i = 0; i < net->ntensors; i++) {
        const struct bl_tensor *t = &net->tensors[i];
        const bool input = i - net->input < net->ninputs && t->dtype != BL_REAL && t->bits + t->shift != PUT_BITS;
        if (t->odd || input)
            return bl_error(p->diag, "%s: %s '%s' has %s codes of %u bits; expected such of 8 bits, which ONNX has a type for", net->name,
                            input ? "input" : "tensor", t->name, bl_tensor_coding(t), t->bits);
    }
    return 0;
}

static int put_graph(struct put *p, uint8_t **bytes, size_t *len)
{
    const struct bl_net *net = p->net;

    if (check_tensors(p))
        return -1;
    onnx__graph_proto__init(&p->graph);
    p->graph.name = (char *)net->name;
    p->value = put_alloc(p, net->ntensors, sizeof *p->value);
    p->scale = put_alloc(p, net->ntensors, sizeof *p->scale);
    p->zero = put_alloc(p, net->ntensors, sizeof *p->zero);
    if (!p->failed)
        put_inputs(p);
    for (uint32_t i = 0; !p->failed && i < net->nlayers; i++)
        if (put_layer_of(p, i))
            return -1;
    if (!p->failed)
        put_outputs(p);
    return p->failed || pack(p, bytes, len) ? bl_error(p->diag, "%s: no memory to write it as ONNX", net->name) : 0;
}

int bl_onnx_write(const struct bl_net *net, struct bl_onnx_form *form, uint8_t **bytes, size_t *len, struct bl_diag *diag)
{
    struct put p = { .net = net, .diag = diag, .nearest = form->nearest, .pool = bl_net_new("") };
    int rc = p.pool ? put_graph(&p, bytes, len) : bl_error(diag, "%s: no memory to write it as ONNX", net->name);

    form->moved = p.moved;
    bl_net_free(p.pool);
    return rc;
}
