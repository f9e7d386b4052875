/* onnx_value.c - names, constants and attributes of an ONNX graph. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platforms/net/onnx_read.h"

#define TYPE(T) ONNX__TENSOR_PROTO__DATA_TYPE__##T

/* ---- names ---- */

static uint32_t hash(const char *s)
{
    uint32_t h = 2166136261u;

    for (; *s; s++)
        h = (h ^ (unsigned char)*s) * 16777619u;
    return h;
}

int onnx_table(struct onnx *x)
{
    const Onnx__GraphProto *g = x->graph;
    size_t names = g->n_initializer + g->n_input + 1;
    uint32_t n = 64;

    for (size_t i = 0; i < g->n_node; i++)
        names += g->node[i]->n_output;
    while (n < 2 * names && n < 1u << 30)
        n *= 2;
    x->nslots = n;
    x->slots = names < 1u << 29 ? calloc(n, sizeof *x->slots) : NULL;
    return x->slots ? 0 : bl_error(x->diag, "%s: no memory for %zu names", x->name, names);
}

static struct value *slot(const struct onnx *x, const char *name)
{
    uint32_t i = hash(name) & (x->nslots - 1);

    while (x->slots[i].name && strcmp(x->slots[i].name, name))
        i = (i + 1) & (x->nslots - 1);
    return &x->slots[i];
}

struct value *onnx_find(const struct onnx *x, const char *name)
{
    struct value *v = slot(x, name);

    return v->name ? v : NULL;
}

struct value *onnx_define(struct onnx *x, const char *name)
{
    struct value *v = slot(x, name);

    if (v->name)
        return NULL;
    v->name = name;
    return v;
}

struct value *onnx_in(const struct onnx *x, const Onnx__NodeProto *n, size_t i)
{
    return i < n->n_input && *n->input[i] ? onnx_find(x, n->input[i]) : NULL;
}

int onnx_refuse(const struct onnx *x, const Onnx__NodeProto *n, const char *fmt, ...)
{
    char text[512];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    const char *name = *onnx_text(n->name) ? n->name : n->n_output ? n->output[0] : "?";
    return bl_error(x->diag, "%s: node '%s' (%s): %s", x->name, name, onnx_text(n->op_type), text);
}

/* ---- constants ---- */

static uint32_t byte_size(int32_t type)
{
    switch (type) {
    case TYPE(UINT8): case TYPE(INT8): return 1;
    case TYPE(INT32): case TYPE(FLOAT): return 4;
    case TYPE(INT64): return 8;
    default: return 0;
    }
}

int64_t onnx_count(const Onnx__TensorProto *t)
{
    uint64_t n = 1;
    uint32_t size = byte_size(t->data_type);

    for (size_t i = 0; i < t->n_dims; i++) {
        if (t->dims[i] < 0 || (uint64_t)t->dims[i] > BL_NET_MAX_ELEMS)
            return -1;
        n *= (uint64_t)t->dims[i];
        if (n > BL_NET_MAX_ELEMS)
            return -1;
    }
    if (!size || (t->has_data_location && t->data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL))
        return -1;
    if (t->has_raw_data)
        return t->raw_data.len == n * size ? (int64_t)n : -1;
    size_t have = t->data_type == TYPE(FLOAT) ? t->n_float_data : t->data_type == TYPE(INT64) ? t->n_int64_data : t->n_int32_data;
    return have == n ? (int64_t)n : -1;
}

bool onnx_is_int(const Onnx__TensorProto *t)
{
    return byte_size(t->data_type) && t->data_type != TYPE(FLOAT) && onnx_count(t) > 0;
}

bool onnx_is_float(const Onnx__TensorProto *t)
{
    return t->data_type == TYPE(FLOAT) && onnx_count(t) > 0;
}

/* Little-endian, as the format says. */
static uint64_t raw(const Onnx__TensorProto *t, uint64_t i, uint32_t size)
{
    uint64_t v = 0;

    for (uint32_t b = 0; b < size; b++)
        v |= (uint64_t)t->raw_data.data[i * size + b] << (8 * b);
    return v;
}

int64_t onnx_int(const Onnx__TensorProto *t, uint64_t i)
{
    if (!t->has_raw_data) {
        int64_t v = t->data_type == TYPE(INT64) ? t->int64_data[i] : t->int32_data[i];
        return t->data_type == TYPE(UINT8) ? (uint8_t)v : t->data_type == TYPE(INT8) ? (int8_t)v : v;
    }
    switch (t->data_type) {
    case TYPE(UINT8): return (uint8_t)raw(t, i, 1);
    case TYPE(INT8): return (int8_t)raw(t, i, 1);
    case TYPE(INT32): return (int32_t)raw(t, i, 4);
    default: return (int64_t)raw(t, i, 8);
    }
}

float onnx_float(const Onnx__TensorProto *t, uint64_t i)
{
    uint32_t bits;
    float f;

    if (!t->has_raw_data)
        return t->float_data[i];
    bits = (uint32_t)raw(t, i, 4);
    memcpy(&f, &bits, sizeof f);
    return f;
}

int onnx_scalar(const struct onnx *x, const Onnx__NodeProto *n, size_t i, const char *what, float *out)
{
    const struct value *v = onnx_in(x, n, i);

    if (!v || v->kind != VALUE_CONST || onnx_count(v->t) != 1)
        return onnx_refuse(x, n, "found no constant with one element for its %s (input %zu)", what, i);
    *out = v->t->data_type == TYPE(FLOAT) ? onnx_float(v->t, 0) : (float)onnx_int(v->t, 0);
    return 0;
}

/* ---- attributes ---- */

const Onnx__AttributeProto *onnx_attr(const Onnx__NodeProto *n, const char *name)
{
    for (size_t i = 0; i < n->n_attribute; i++)
        if (!strcmp(onnx_text(n->attribute[i]->name), name))
            return n->attribute[i];
    return NULL;
}

int64_t onnx_attr_int(const Onnx__NodeProto *n, const char *name, int64_t def)
{
    const Onnx__AttributeProto *a = onnx_attr(n, name);

    return a && a->has_i ? a->i : def;
}

float onnx_attr_float(const Onnx__NodeProto *n, const char *name, float def)
{
    const Onnx__AttributeProto *a = onnx_attr(n, name);

    return a && a->has_f ? a->f : def;
}
