/* onnx_put.c - names, nodes, attributes and constants of a graph that is written, and a net's tensors in it. */
#include "platforms/net/onnx_put.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void *put_alloc(struct put *p, size_t n, size_t size)
{
    void *m = bl_net_alloc(p->pool, n ? n : 1, size);

    p->failed |= !m;
    return m;
}

/* Room for one more of *array; NULL without memory. */
static void *room(struct put *p, void *array, size_t n, size_t *cap)
{
    if (n < *cap)
        return array;
    void *more = put_alloc(p, *cap ? 2 * *cap : 64, sizeof(void *));
    if (more && n)
        memcpy(more, array, n * sizeof(void *));
    if (more)
        *cap = *cap ? 2 * *cap : 64;
    return more;
}

/* ---- names ---- */

static bool is_taken(const struct put *p, const char *name)
{
    for (size_t i = 0; i < p->n_names; i++)
        if (!strcmp(p->names[i], name))
            return true;
    return false;
}

const char *put_name(struct put *p, const char *fmt, ...)
{
    va_list ap, again;

    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    char *name = n < 0 ? NULL : put_alloc(p, (size_t)n + 16, 1);
    va_end(ap);
    if (name)
        vsnprintf(name, (size_t)n + 1, fmt, again);
    va_end(again);
    if (!name)
        return NULL;
    for (unsigned k = 2; is_taken(p, name); k++)
        snprintf(name + n, 16, ".%u", k);
    void *array = room(p, p->names, p->n_names, &p->cap_names);
    if (!array)
        return NULL;
    p->names = array;
    p->names[p->n_names++] = name;
    return name;
}

/* ---- nodes ---- */

Onnx__NodeProto *put_node(struct put *p, const char *op, const char *output)
{
    static const char *const MICROSOFT[] = { "QGemm", "QLinearAdd", "QLinearMul", "QLinearGlobalAveragePool", "QLinearAveragePool" };
    Onnx__NodeProto *n = put_alloc(p, 1, sizeof *n);
    void *array = room(p, p->graph.node, p->graph.n_node, &p->cap_nodes);
    const char *name = output ? put_name(p, "%s", output) : NULL;
    char **ends = put_alloc(p, PUT_INPUTS + 1, sizeof *ends);

    if (!n || !array || !name || !ends)
        return NULL;
    onnx__node_proto__init(n);
    n->op_type = (char *)op;
    for (size_t i = 0; i < sizeof MICROSOFT / sizeof *MICROSOFT; i++)
        if (!strcmp(op, MICROSOFT[i])) {
            n->domain = "com.microsoft";
            p->microsoft = true;
        }
    if (!strcmp(op, "BipolarQuant")) {
        n->domain = "qonnx.custom_op.general";
        p->qonnx = true;
    }
    ends[PUT_INPUTS] = (char *)name;
    n->output = ends + PUT_INPUTS;
    n->n_output = 1;
    n->input = ends;
    p->graph.node = array;
    p->graph.node[p->graph.n_node++] = n;
    return n;
}

/* Node names are unique; layers of one name get a number. */
Onnx__NodeProto *put_layer(struct put *p, const char *op)
{
    Onnx__NodeProto *n = put_node(p, op, p->net->tensors[p->l->out].name);
    unsigned before = 0;

    for (uint32_t i = 0; i < p->index; i++)
        before += !strcmp(p->net->layers[i].name, p->l->name);
    char *name = n ? put_alloc(p, strlen(p->l->name) + 16, 1) : NULL;
    if (!name)
        return n;
    snprintf(name, strlen(p->l->name) + 16, before ? "%s.%u" : "%s", p->l->name, before + 1);
    n->name = name;
    return n;
}

const char *put_out(const Onnx__NodeProto *n) { return n ? n->output[0] : NULL; }

void put_in(struct put *p, Onnx__NodeProto *n, const char *name)
{
    (void)p;
    if (n && n->n_input < PUT_INPUTS)
        n->input[n->n_input++] = (char *)(name ? name : "");
}

static Onnx__AttributeProto *attribute(struct put *p, Onnx__NodeProto *n, const char *name, Onnx__AttributeProto__AttributeType type)
{
    Onnx__AttributeProto *a = n ? put_alloc(p, 1, sizeof *a) : NULL;

    if (a && !n->attribute)
        n->attribute = put_alloc(p, PUT_ATTRIBUTES, sizeof *n->attribute);
    if (!a || !n->attribute || n->n_attribute == PUT_ATTRIBUTES)
        return NULL;
    onnx__attribute_proto__init(a);
    a->name = (char *)name;
    a->has_type = 1;
    a->type = type;
    return n->attribute[n->n_attribute++] = a;
}

void put_int(struct put *p, Onnx__NodeProto *n, const char *name, int64_t v)
{
    Onnx__AttributeProto *a = attribute(p, n, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT);

    if (a) {
        a->has_i = 1;
        a->i = v;
    }
}

void put_float(struct put *p, Onnx__NodeProto *n, const char *name, float v)
{
    Onnx__AttributeProto *a = attribute(p, n, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT);

    if (a) {
        a->has_f = 1;
        a->f = v;
    }
}

void put_ints(struct put *p, Onnx__NodeProto *n, const char *name, size_t count, const int64_t *v)
{
    Onnx__AttributeProto *a = attribute(p, n, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS);
    int64_t *copy = put_alloc(p, count, sizeof *copy);

    if (!a || !copy)
        return;
    memcpy(copy, v, count * sizeof *v);
    a->ints = copy;
    a->n_ints = count;
}

/* ---- constants ---- */

static Onnx__TensorProto *constant(struct put *p, const char *what, int type, uint32_t rank, const int64_t *dims)
{
    Onnx__TensorProto *t = put_alloc(p, 1, sizeof *t);
    void *array = room(p, p->graph.initializer, p->graph.n_initializer, &p->cap_consts);
    const char *name = put_name(p, "%s%s%s", p->l ? p->l->name : "", p->l ? "." : "", what);
    int64_t *copy = put_alloc(p, rank, sizeof *copy);

    if (!t || !array || !name || !copy)
        return NULL;
    if (rank)
        memcpy(copy, dims, rank * sizeof *dims);
    onnx__tensor_proto__init(t);
    t->name = (char *)name;
    t->has_data_type = 1;
    t->data_type = type;
    t->dims = copy;
    t->n_dims = rank;
    p->graph.initializer = array;
    p->graph.initializer[p->graph.n_initializer++] = t;
    return t;
}

static size_t elements(uint32_t rank, const int64_t *dims)
{
    size_t n = 1;

    for (uint32_t i = 0; i < rank; i++)
        n *= (size_t)dims[i];
    return n;
}

const char *put_bytes(struct put *p, const char *what, bool is_signed, uint32_t rank, const int64_t *dims, const void *data)
{
    Onnx__TensorProto *t = constant(p, what, is_signed ? PUT_TYPE(INT8) : PUT_TYPE(UINT8), rank, dims);

    if (!t)
        return NULL;
    t->has_raw_data = 1;
    t->raw_data = (ProtobufCBinaryData){ elements(rank, dims), (uint8_t *)data };
    return t->name;
}

const char *put_floats(struct put *p, const char *what, uint32_t rank, const int64_t *dims, const float *v)
{
    Onnx__TensorProto *t = constant(p, what, PUT_TYPE(FLOAT), rank, dims);

    if (!t)
        return NULL;
    t->n_float_data = elements(rank, dims);
    t->float_data = (float *)v;
    return t->name;
}

const char *put_int32s(struct put *p, const char *what, int64_t n, const int32_t *v)
{
    Onnx__TensorProto *t = constant(p, what, PUT_TYPE(INT32), 1, &n);

    if (!t)
        return NULL;
    t->n_int32_data = (size_t)n;
    t->int32_data = (int32_t *)v;
    return t->name;
}

const char *put_int64s(struct put *p, const char *what, int64_t n, const int64_t *v)
{
    Onnx__TensorProto *t = constant(p, what, PUT_TYPE(INT64), 1, &n);
    int64_t *copy = put_alloc(p, (size_t)n, sizeof *copy);

    if (!t || !copy)
        return NULL;
    memcpy(copy, v, (size_t)n * sizeof *v);
    t->n_int64_data = (size_t)n;
    t->int64_data = copy;
    return t->name;
}

const char *put_number(struct put *p, const char *what, float v)
{
    float *copy = put_alloc(p, 1, sizeof *copy);

    if (!copy)
        return NULL;
    *copy = v;
    return put_floats(p, what, 0, NULL, copy);
}

/* ---- what is wrong ---- */

int put_refuse(const struct put *p, const char *fmt, ...)
{
    char what[400];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    return bl_error(p->diag, "%s: layer '%s' (%s): cannot be written as ONNX: %s", p->net->name, p->l->name, bl_layer_kind(p->l), what);
}

int put_nearly(struct put *p, const char *what)
{
    p->moved++;
    return p->nearest ? 0 : put_refuse(p, "%s", what);
}

/* ---- tensors ---- */

static const struct bl_tensor *tensor_of(const struct put *p, uint32_t t) { return &p->net->tensors[t]; }

void put_code(struct put *p, Onnx__NodeProto *n, uint32_t tensor)
{
    const struct bl_tensor *t = tensor_of(p, tensor);
    const struct bl_layer *at = p->l;

    if (!p->scale[tensor]) {
        uint8_t *zero = put_alloc(p, 1, 1);
        float *scale = put_alloc(p, 1, sizeof *scale);
        char text[200];
        p->l = NULL;                                    /* named like the tensor, not like who asks first */
        if (zero && scale) {
            *zero = (uint8_t)t->zero;
            *scale = t->scale;
            snprintf(text, sizeof text, "%.160s.scale", t->name);
            p->scale[tensor] = put_floats(p, text, 0, NULL, scale);
            snprintf(text, sizeof text, "%.160s.zero_point", t->name);
            p->zero[tensor] = put_bytes(p, text, t->dtype == BL_S8, 0, NULL, zero);
        }
        p->l = at;
    }
    put_in(p, n, p->scale[tensor]);
    put_in(p, n, p->zero[tensor]);
}

static bool same_dims(const struct put_value *v, uint32_t rank, const int64_t *dims)
{
    return v->rank == rank && !memcmp(v->dims, dims, rank * sizeof *dims);
}

/* A constant of the net becomes one of the graph when it is first wanted. */
static void make_constant(struct put *p, uint32_t tensor)
{
    const struct bl_tensor *t = tensor_of(p, tensor);
    struct put_value *v = &p->value[tensor];
    const struct bl_layer *at = p->l;

    if (v->name || !t->data)
        return;
    *v = (struct put_value){ .rank = 4, .dims = { 1, t->c, t->h, t->w } };
    p->l = NULL;
    v->name = t->dtype == BL_REAL ? put_floats(p, t->name, 4, v->dims, (const float *)(const void *)t->data) :
                                    put_bytes(p, t->name, t->dtype == BL_S8, 4, v->dims, t->data);
    p->l = at;
}

static const char *reshape(struct put *p, const char *name, const char *output, uint32_t rank, const int64_t *dims)
{
    Onnx__NodeProto *n = put_node(p, "Reshape", output);

    put_in(p, n, name);
    put_in(p, n, put_int64s(p, "shape", rank, dims));
    return put_out(n);
}

const char *put_shaped(struct put *p, uint32_t tensor, uint32_t rank, const int64_t *dims)
{
    make_constant(p, tensor);
    const struct put_value *v = &p->value[tensor];

    if (!v->name || same_dims(v, rank, dims))
        return v->name;
    return reshape(p, v->name, tensor_of(p, tensor)->name, rank, dims);
}

const char *put_image(struct put *p, uint32_t tensor)
{
    const struct bl_tensor *t = tensor_of(p, tensor);

    return put_shaped(p, tensor, 4, (const int64_t[]){ 1, t->c, t->h, t->w });
}

const char *put_real(struct put *p, uint32_t tensor, const char *codes)
{
    if (tensor_of(p, tensor)->dtype == BL_REAL)
        return codes;
    Onnx__NodeProto *n = put_node(p, "DequantizeLinear", tensor_of(p, tensor)->name);
    put_in(p, n, codes);
    put_code(p, n, tensor);
    return put_out(n);
}

const char *put_coded(struct put *p, Onnx__NodeProto *n, const char *of, const struct bl_tensor *t, float scale)
{
    uint8_t *zero = put_alloc(p, 1, 1);
    const struct bl_layer *at = p->l;
    char text[200];

    put_in(p, n, of);
    if (!zero)
        return NULL;
    *zero = (uint8_t)t->zero;
    p->l = NULL;                                            /* named like the tensor */
    snprintf(text, sizeof text, "%.160s.scale", t->name);
    put_in(p, n, put_number(p, text, scale));
    snprintf(text, sizeof text, "%.160s.zero_point", t->name);
    put_in(p, n, put_bytes(p, text, t->dtype == BL_S8, 0, NULL, zero));
    p->l = at;
    return put_out(n);
}

/* Whether the codes' own scales give what 1 and 2^n give: a float32 product of q and s, divided by s, is not always q. */
static bool shifts_alike(const struct bl_tensor *from, const struct bl_tensor *to)
{
    const int32_t lo = bl_tensor_min(to), hi = bl_tensor_max(to);

    for (int32_t q = bl_tensor_min(from); q <= bl_tensor_max(from); q++)
        if (bl_float_code((float)(q - from->zero) * from->scale, to->scale, to->zero, false, lo, hi) !=
            bl_requant(q - from->zero, from->scale / to->scale, to->zero, lo, hi))
            return false;
    return true;
}

const char *put_shifted(struct put *p, const char *codes, const struct bl_tensor *from, uint32_t to)
{
    const struct bl_tensor *t = tensor_of(p, to);
    const bool own = shifts_alike(from, t);
    const char *real = put_coded(p, put_node(p, "DequantizeLinear", from->name), codes, from, own ? from->scale : 1.0f);

    return put_coded(p, p->l ? put_layer(p, "QuantizeLinear") : put_node(p, "QuantizeLinear", t->name), real, t, own ? t->scale : t->scale / from->scale);
}

bool put_is_shift(const struct put *p)
{
    const struct bl_tensor *x = tensor_of(p, p->l->in[0]), *y = tensor_of(p, p->l->out);
    int exponent;
    float part = frexpf(y->scale / x->scale, &exponent);

    return x->dtype == y->dtype && put_unclipped(p) && !(part < 0.5f) && !(part > 0.5f) && exponent >= 1;
}

/* ---- results ---- */

const char *put_clip(struct put *p, Onnx__NodeProto *clip, const char *codes, bool is_signed, int32_t lo, int32_t hi)
{
    uint8_t *bounds = put_alloc(p, 2, 1);

    put_in(p, clip, codes);
    if (!bounds)
        return NULL;
    bounds[0] = (uint8_t)lo;
    bounds[1] = (uint8_t)hi;
    put_in(p, clip, put_bytes(p, "min", is_signed, 0, NULL, bounds));
    put_in(p, clip, put_bytes(p, "max", is_signed, 0, NULL, bounds + 1));
    return put_out(clip);
}

void put_within(struct put *p, const char *name, uint32_t rank, const int64_t *dims)
{
    const struct bl_tensor *t = tensor_of(p, p->l->out);
    struct put_value *v = &p->value[p->l->out];
    const bool as_is = rank == 4 ? dims[0] == 1 && dims[1] == t->c && dims[2] == t->h && dims[3] == t->w :
                       rank == 3 ? dims[0] == t->c && dims[1] == t->h && dims[2] == t->w :
                       dims[0] == 1 ? dims[1] == t->c && t->h == 1 && t->w == 1 : t->c == 1 && dims[0] == t->h && dims[1] == t->w;
    const int64_t image[] = { 1, t->c, t->h, t->w };

    if (!as_is) {
        name = reshape(p, name, t->name, 4, image);
        rank = 4;
        dims = image;
    }
    *v = (struct put_value){ .name = name, .rank = rank };
    memcpy(v->dims, dims, rank * sizeof *dims);
}

void put_result(struct put *p, const char *name, uint32_t rank, const int64_t *dims)
{
    const struct bl_tensor *t = tensor_of(p, p->l->out);
    const enum bl_kind kind = p->l->kind;

    if (t->dtype != BL_REAL && t->bits < PUT_BITS && kind != BL_RESHAPE && kind != BL_SUBSAMPLE && kind != BL_MOVE)
        name = put_clip(p, put_node(p, "Clip", t->name), name, t->dtype == BL_S8, bl_tensor_min(t), bl_tensor_max(t));
    put_within(p, name, rank, dims);
}

void put_result_image(struct put *p, const char *name)
{
    const struct bl_tensor *t = tensor_of(p, p->l->out);

    put_result(p, name, 4, (const int64_t[]){ 1, t->c, t->h, t->w });
}

bool put_unclipped(const struct put *p)
{
    const struct bl_tensor *y = tensor_of(p, p->l->out);

    return y->dtype == BL_REAL || (p->l->lo == bl_tensor_min(y) && p->l->hi == bl_tensor_max(y));
}

/* A Relu or Clip whose bounds mean the codes lo and hi of the layer at hand. */
static const char *clipped(struct put *p, const char *real)
{
    const struct bl_layer *l = p->l;
    const struct bl_tensor *y = tensor_of(p, l->out);
    const bool low = l->lo > bl_tensor_min(y), high = l->hi < bl_tensor_max(y);
    Onnx__NodeProto *n;

    if (low && !high && l->lo == y->zero) {
        n = put_node(p, "Relu", y->name);
        put_in(p, n, real);
        return put_out(n);
    }
    n = put_node(p, "Clip", y->name);
    put_in(p, n, real);
    put_in(p, n, low ? put_number(p, "min", (float)(l->lo - y->zero) * y->scale) : NULL);
    if (high)
        put_in(p, n, put_number(p, "max", l->relu && l->relu_max > 0.0f ? l->relu_max : (float)(l->hi - y->zero) * y->scale));
    return put_out(n);
}

void put_quantized(struct put *p, const char *real, uint32_t rank, const int64_t *dims)
{
    const struct bl_tensor *y = tensor_of(p, p->l->out);

    if (y->dtype != BL_REAL) {
        if (!put_unclipped(p))
            real = clipped(p, real);
        const bool is_layer = p->l->kind == BL_RELU || p->l->kind == BL_LUT || p->l->kind == BL_QUANT;     /* for our reader, too */
        Onnx__NodeProto *n = is_layer ? put_layer(p, "QuantizeLinear") : put_node(p, "QuantizeLinear", y->name);
        put_in(p, n, real);
        put_code(p, n, p->l->out);
        real = put_out(n);
    }
    put_result(p, real, rank, dims);
}

bool put_one_code(const struct bl_tensor *a, const struct bl_tensor *b)
{
    return a->dtype == b->dtype && a->zero == b->zero && a->scale >= b->scale && a->scale <= b->scale;
}

bool put_rounds_alike(const struct put *p)
{
    const struct bl_tensor *x = tensor_of(p, p->l->in[0]), *y = tensor_of(p, p->l->out);

    for (int32_t q = bl_tensor_min(x); q <= bl_tensor_max(x); q++) {
        float v = (float)(q - x->zero) * x->scale;
        if (bl_float_code(v, y->scale, y->zero, false, p->l->lo, p->l->hi) != bl_requant(q - x->zero, x->scale / y->scale, y->zero, p->l->lo, p->l->hi))
            return false;
    }
    return true;
}
