/* onnx_make.h - writes small ONNX models in memory, for tests of the reader. */
#ifndef BL_TEST_ONNX_MAKE_H
#define BL_TEST_ONNX_MAKE_H

#include <check.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "onnx.pb-c.h"

enum { MAKE_NODES = 96, MAKE_CONSTS = 192, MAKE_ARENA = 1 << 20, MAKE_FLOAT = 1, MAKE_U8 = 2, MAKE_S8 = 3, MAKE_S32 = 6, MAKE_S64 = 7, MAKE_U4 = 21, MAKE_S4 = 22 };

struct make {
    Onnx__ModelProto model;
    Onnx__GraphProto graph;
    Onnx__NodeProto *nodes[MAKE_NODES];
    Onnx__TensorProto *consts[MAKE_CONSTS];
    Onnx__ValueInfoProto *in[8], *out[4];
    char *arena;
    size_t used;
};

static inline void *make_alloc(struct make *m, size_t n)
{
    void *p = m->arena + m->used;

    m->used += (n + 15) / 16 * 16;
    ck_assert_uint_le(m->used, MAKE_ARENA);
    return p;
}

static inline char *make_text(struct make *m, const char *s, size_t n)
{
    char *c = make_alloc(m, n + 1);

    memcpy(c, s, n);
    return c;
}

static inline void make_start(struct make *m)
{
    memset(m, 0, sizeof *m);
    onnx__model_proto__init(&m->model);
    onnx__graph_proto__init(&m->graph);
    m->arena = calloc(1, MAKE_ARENA);
    m->model.graph = &m->graph;
    m->graph.node = m->nodes;
    m->graph.initializer = m->consts;
    m->graph.input = m->in;
    m->graph.output = m->out;
}

static inline Onnx__ValueInfoProto *make_value(struct make *m, const char *name, int type, size_t rank, const int64_t *dims)
{
    Onnx__ValueInfoProto *v = make_alloc(m, sizeof *v);
    Onnx__TypeProto *t = make_alloc(m, sizeof *t);
    Onnx__TypeProto__Tensor *x = make_alloc(m, sizeof *x);
    Onnx__TensorShapeProto *s = make_alloc(m, sizeof *s);

    onnx__value_info_proto__init(v);
    onnx__type_proto__init(t);
    onnx__type_proto__tensor__init(x);
    onnx__tensor_shape_proto__init(s);
    v->name = make_text(m, name, strlen(name));
    v->type = t;
    t->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    t->tensor_type = x;
    x->has_elem_type = 1;
    x->elem_type = type;
    x->shape = s;
    s->n_dim = rank;
    s->dim = make_alloc(m, rank * sizeof *s->dim + 1);
    for (size_t i = 0; i < rank; i++) {
        s->dim[i] = make_alloc(m, sizeof **s->dim);
        onnx__tensor_shape_proto__dimension__init(s->dim[i]);
        s->dim[i]->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
        s->dim[i]->dim_value = dims[i];
    }
    return v;
}

static inline void make_input(struct make *m, const char *name, int type, size_t rank, const int64_t *dims)
{
    m->in[m->graph.n_input++] = make_value(m, name, type, rank, dims);
}

static inline void make_output(struct make *m, const char *name)
{
    m->out[m->graph.n_output++] = make_value(m, name, MAKE_FLOAT, 0, NULL);
}

static inline char **make_names(struct make *m, const char *names, size_t *n)
{
    char **v = make_alloc(m, 16 * sizeof *v);

    for (*n = 0; ; names++) {                              /* "a,,b" leaves the second out */
        size_t len = strcspn(names, ",");
        v[(*n)++] = make_text(m, names, len);
        names += len;
        if (!*names)
            return v;
    }
}

static inline Onnx__NodeProto *make_node(struct make *m, const char *op, const char *inputs, const char *outputs)
{
    Onnx__NodeProto *n = make_alloc(m, sizeof *n);

    ck_assert_uint_lt(m->graph.n_node, MAKE_NODES);
    onnx__node_proto__init(n);
    n->op_type = make_text(m, op, strlen(op));
    n->input = make_names(m, inputs, &n->n_input);
    n->output = make_names(m, outputs, &n->n_output);
    return m->nodes[m->graph.n_node++] = n;
}

static inline Onnx__AttributeProto *make_attr(struct make *m, Onnx__NodeProto *n, const char *name)
{
    Onnx__AttributeProto *a = make_alloc(m, sizeof *a);

    if (!n->attribute)
        n->attribute = make_alloc(m, 8 * sizeof *n->attribute);
    onnx__attribute_proto__init(a);
    a->name = make_text(m, name, strlen(name));
    return n->attribute[n->n_attribute++] = a;
}

static inline void make_int(struct make *m, Onnx__NodeProto *n, const char *name, int64_t v)
{
    Onnx__AttributeProto *a = make_attr(m, n, name);

    a->has_i = 1;
    a->i = v;
}

static inline void make_ints(struct make *m, Onnx__NodeProto *n, const char *name, size_t count, ...)
{
    Onnx__AttributeProto *a = make_attr(m, n, name);
    va_list ap;

    a->ints = make_alloc(m, count * sizeof *a->ints);
    a->n_ints = count;
    va_start(ap, count);
    for (size_t i = 0; i < count; i++)
        a->ints[i] = va_arg(ap, int);
    va_end(ap);
}

static inline Onnx__TensorProto *make_const(struct make *m, const char *name, int type, size_t rank, const int64_t *dims)
{
    Onnx__TensorProto *t = make_alloc(m, sizeof *t);

    ck_assert_uint_lt(m->graph.n_initializer, MAKE_CONSTS);
    onnx__tensor_proto__init(t);
    t->name = make_text(m, name, strlen(name));
    t->has_data_type = 1;
    t->data_type = type;
    t->n_dims = rank;
    t->dims = make_alloc(m, rank * sizeof *t->dims + 1);
    if (rank)
        memcpy(t->dims, dims, rank * sizeof *dims);
    return m->consts[m->graph.n_initializer++] = t;
}

/* n floats, as a vector (n > 1) or a scalar. */
static inline void make_floats(struct make *m, const char *name, size_t n, const float *v)
{
    Onnx__TensorProto *t = make_const(m, name, MAKE_FLOAT, n > 1, &(int64_t){ (int64_t)n });

    t->n_float_data = n;
    t->float_data = make_alloc(m, n * sizeof *v);
    memcpy(t->float_data, v, n * sizeof *v);
}

/* Integers of a type; int8, uint8 and those of four bits as raw bytes, the others in their own lists. */
static inline void make_numbers(struct make *m, const char *name, int type, size_t rank, const int64_t *dims, const int32_t *v)
{
    Onnx__TensorProto *t = make_const(m, name, type, rank, dims);
    size_t n = 1;

    for (size_t i = 0; i < rank; i++)
        n *= (size_t)dims[i];
    if (type == MAKE_U4 || type == MAKE_S4) {
        t->has_raw_data = 1;
        t->raw_data.len = (n + 1) / 2;
        t->raw_data.data = make_alloc(m, n + 1);
        for (size_t i = 0; i < n; i++)
            t->raw_data.data[i / 2] = (uint8_t)(t->raw_data.data[i / 2] | (v[i] & 15) << i % 2 * 4);
        return;
    }
    if (type == MAKE_U8 || type == MAKE_S8) {
        t->has_raw_data = 1;
        t->raw_data.len = n;
        t->raw_data.data = make_alloc(m, n + 1);
    } else if (type == MAKE_S64) {
        t->n_int64_data = n;
        t->int64_data = make_alloc(m, n * 8);
    } else {
        t->n_int32_data = n;
        t->int32_data = make_alloc(m, n * 4);
    }
    for (size_t i = 0; i < n; i++) {
        if (t->has_raw_data)
            t->raw_data.data[i] = (uint8_t)v[i];
        else if (type == MAKE_S64)
            t->int64_data[i] = v[i];
        else
            t->int32_data[i] = v[i];
    }
}

static inline void make_number(struct make *m, const char *name, int type, int32_t v)
{
    make_numbers(m, name, type, 0, NULL, &v);
}

static inline void make_float(struct make *m, const char *name, float v)
{
    make_floats(m, name, 1, &v);
}

/* The model's bytes, freed by the caller; the maker is done. */
static inline uint8_t *make_bytes(struct make *m, size_t *len)
{
    uint8_t *buf = malloc(*len = onnx__model_proto__get_packed_size(&m->model));

    ck_assert_uint_eq(onnx__model_proto__pack(&m->model, buf), *len);
    free(m->arena);
    return buf;
}

#endif
