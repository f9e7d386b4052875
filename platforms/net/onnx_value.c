/* onnx_value.c - names, constants and attributes of an ONNX graph. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platforms/net/onnx_read.h"

/* ---- names ---- */

static uint32_t hash(const char *s)
{
    uint32_t h = 2166136261u;

    for (; *s; s++)
        h = (h ^ (unsigned char)*s) * 16777619u;
    return h;
}

static struct value *slot(const struct onnx *x, const char *name)
{
    uint32_t i = hash(name) & (x->nslots - 1);

    while (x->slots[i].name && strcmp(x->slots[i].name, name))
        i = (i + 1) & (x->nslots - 1);
    return &x->slots[i];
}

static void count_readers(struct onnx *x)
{
    const Onnx__GraphProto *g = x->graph;

    for (size_t i = 0; i < g->n_node; i++)
        for (size_t k = 0; k < g->node[i]->n_input; k++) {
            struct value *v = slot(x, g->node[i]->input[k]);
            v->name = g->node[i]->input[k];
            v->readers++;
            v->reader = g->node[i];
        }
    for (size_t i = 0; i < g->n_output; i++) {
        struct value *v = slot(x, onnx_text(g->output[i]->name));
        v->name = onnx_text(g->output[i]->name);
        v->readers++;
        v->reader = NULL;
    }
}

int onnx_table(struct onnx *x)
{
    const Onnx__GraphProto *g = x->graph;
    size_t names = g->n_initializer + g->n_input + g->n_output + 1;
    uint32_t n = 64;

    for (size_t i = 0; i < g->n_node; i++)
        names += g->node[i]->n_output + g->node[i]->n_input;
    while (n < 2 * names && n < 1u << 30)
        n *= 2;
    x->nslots = n;
    x->slots = names < 1u << 29 ? calloc(n, sizeof *x->slots) : NULL;
    x->done = calloc(g->n_node + 1, sizeof *x->done);
    if (!x->slots || !x->done)
        return bl_error(x->diag, "%s: no memory for %zu names", x->name, names);
    count_readers(x);
    return 0;
}

struct value *onnx_slot(const struct onnx *x, const char *name)
{
    struct value *v = slot(x, name);

    return v->name ? v : NULL;
}

struct value *onnx_find(const struct onnx *x, const char *name)
{
    struct value *v = slot(x, name);

    return v->name && v->kind != VALUE_NONE ? v : NULL;
}

/* What is known of the name's readers stays. */
struct value *onnx_define(struct onnx *x, const char *name)
{
    struct value *v = slot(x, name);

    if (v->name && v->kind != VALUE_NONE)
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

/* Bits of an element. */
static uint32_t bits_of(int32_t type)
{
    switch (type) {
    case ONNX_UINT4: case ONNX_INT4: return 4;
    case ONNX_TYPE(UINT8): case ONNX_TYPE(INT8): case ONNX_TYPE(BOOL): return 8;
    case ONNX_TYPE(UINT16): case ONNX_TYPE(INT16): return 16;
    case ONNX_TYPE(INT32): case ONNX_TYPE(FLOAT): return 32;
    case ONNX_TYPE(INT64): return 64;
    default: return 0;
    }
}

int64_t onnx_count(const Onnx__TensorProto *t)
{
    uint64_t n = 1, bits = bits_of(t->data_type);

    for (size_t i = 0; i < t->n_dims; i++) {
        if (t->dims[i] < 0 || (uint64_t)t->dims[i] > BL_NET_MAX_ELEMS)
            return -1;
        n *= (uint64_t)t->dims[i];
        if (n > BL_NET_MAX_ELEMS)
            return -1;
    }
    if (!bits || (t->has_data_location && t->data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL))
        return -1;
    if (t->has_raw_data)
        return t->raw_data.len == (n * bits + 7) / 8 ? (int64_t)n : -1;
    if (bits == 4)
        return t->n_int32_data == (n + 1) / 2 ? (int64_t)n : -1;
    size_t have = t->data_type == ONNX_TYPE(FLOAT) ? t->n_float_data : t->data_type == ONNX_TYPE(INT64) ? t->n_int64_data : t->n_int32_data;
    return have == n ? (int64_t)n : -1;
}

bool onnx_is_int(const Onnx__TensorProto *t)
{
    return bits_of(t->data_type) && t->data_type != ONNX_TYPE(FLOAT) && onnx_count(t) > 0;
}

bool onnx_is_float(const Onnx__TensorProto *t)
{
    return t->data_type == ONNX_TYPE(FLOAT) && onnx_count(t) > 0;
}

/* Little-endian, as the format says. */
static uint64_t raw(const Onnx__TensorProto *t, uint64_t i, uint32_t size)
{
    uint64_t v = 0;

    for (uint32_t b = 0; b < size; b++)
        v |= (uint64_t)t->raw_data.data[i * size + b] << (8 * b);
    return v;
}

/* The lower bits of v as a number of that type. */
static int64_t typed(int32_t type, uint64_t v)
{
    switch (type) {
    case ONNX_UINT4: return (int64_t)(v & 15);
    case ONNX_INT4: return (int64_t)((v & 15) ^ 8) - 8;
    case ONNX_TYPE(UINT8): return (uint8_t)v;
    case ONNX_TYPE(INT8): return (int8_t)v;
    case ONNX_TYPE(BOOL): return (v & 255) != 0;
    case ONNX_TYPE(UINT16): return (uint16_t)v;
    case ONNX_TYPE(INT16): return (int16_t)v;
    case ONNX_TYPE(INT32): return (int32_t)v;
    default: return (int64_t)v;
    }
}

int64_t onnx_int(const Onnx__TensorProto *t, uint64_t i)
{
    uint32_t bits = bits_of(t->data_type);

    if (bits == 4) {                   /* two a byte, the first one in the lower half */
        uint64_t byte = t->has_raw_data ? t->raw_data.data[i / 2] : (uint64_t)(uint32_t)t->int32_data[i / 2];
        return typed(t->data_type, byte >> (i % 2 * 4));
    }
    if (t->has_raw_data)
        return typed(t->data_type, raw(t, i, bits / 8));
    return typed(t->data_type, t->data_type == ONNX_TYPE(INT64) ? (uint64_t)t->int64_data[i] : (uint64_t)(uint32_t)t->int32_data[i]);
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

bool onnx_is_const(const struct value *v) { return v && (v->kind == VALUE_CONST || v->kind == VALUE_REAL_CONST); }

uint64_t onnx_scale_at(const struct value *v, uint64_t i)
{
    const Onnx__TensorProto *t = v->t;
    uint64_t inner = 1, along, blocks;

    if (onnx_count(v->s) == 1)
        return 0;
    for (size_t d = (size_t)v->axis + 1; d < t->n_dims; d++)
        inner *= (uint64_t)t->dims[d];
    along = (uint64_t)t->dims[v->axis];
    if (!v->block)
        return i / inner % along;
    blocks = (along + (uint64_t)v->block - 1) / (uint64_t)v->block;
    return (i / inner / along * blocks + i / inner % along / (uint64_t)v->block) * inner + i % inner;
}

float onnx_real(const struct value *v, uint64_t i)
{
    if (v->kind == VALUE_CONST)
        return v->t->data_type == ONNX_TYPE(FLOAT) ? onnx_float(v->t, i) : (float)onnx_int(v->t, i);
    uint64_t at = onnx_scale_at(v, i);
    int64_t zero = v->z ? onnx_int(v->z, onnx_count(v->z) == 1 ? 0 : at) : 0;
    return (float)(onnx_int(v->t, i) - zero) * onnx_float(v->s, at);
}

bool onnx_const_dims(const struct value *v, uint32_t *rank, uint64_t dims[ONNX_RANK])
{
    if (v->t->n_dims > ONNX_RANK || onnx_count(v->t) <= 0)
        return false;
    *rank = (uint32_t)v->t->n_dims;
    for (uint32_t i = 0; i < *rank; i++)
        dims[i] = (uint64_t)v->t->dims[i];
    return true;
}

int onnx_scalar(const struct onnx *x, const Onnx__NodeProto *n, size_t i, const char *what, float *out)
{
    const struct value *v = onnx_in(x, n, i);

    if (!onnx_is_const(v))
        return onnx_refuse(x, n, "its %s (input %zu, '%s') is no constant", what, i, i < n->n_input ? n->input[i] : "");
    if (onnx_count(v->t) != 1)
        return onnx_refuse(x, n, "found %lld elements of ONNX type %d for its %s (input %zu, '%s'), expected one number",
                           (long long)onnx_count(v->t), v->t->data_type, what, i, v->name);
    *out = onnx_real(v, 0);
    return 0;
}

int onnx_numbers(const struct onnx *x, const Onnx__NodeProto *n, const char *attr, size_t i, int64_t *out, int most)
{
    const Onnx__AttributeProto *a = attr ? onnx_attr(n, attr) : NULL;
    const struct value *v = onnx_in(x, n, i);
    int64_t count = a ? (int64_t)a->n_ints : v && v->kind == VALUE_CONST && onnx_is_int(v->t) ? onnx_count(v->t) : 0;

    if (!a && v && (v->kind != VALUE_CONST || (!count && onnx_count(v->t))))
        return onnx_refuse(x, n, "input %zu ('%s') is no constant of integers; what depends on the data cannot be planned", i, v->name);
    if (count > most)
        return onnx_refuse(x, n, "found %lld numbers in '%s', expected at most %d", (long long)count, a ? attr : v->name, most);
    for (int64_t k = 0; k < count; k++)
        out[k] = a ? a->ints[k] : onnx_int(v->t, (uint64_t)k);
    return (int)count;
}

int onnx_no_data(const struct onnx *x, const Onnx__NodeProto *n, const struct value *v)
{
    return onnx_refuse(x, n, "the constant '%s' (ONNX type %d) holds no data that can be read: external, cut, empty or of another type",
                       v->name, v->t->data_type);
}

int64_t onnx_elems_of(const Onnx__TensorProto *t)
{
    int64_t n = 1;

    for (size_t i = 0; i < t->n_dims; i++)
        n *= t->dims[i];
    return n;
}

Onnx__TensorProto *onnx_make(struct onnx *x, int type, uint32_t rank, const uint64_t *dims)
{
    Onnx__TensorProto *t = bl_net_alloc(x->net, 1, sizeof *t);
    size_t n = 1;

    if (!t || !(t->dims = bl_net_alloc(x->net, rank + 1u, sizeof *t->dims)))
        return NULL;
    int64_t *d = t->dims;
    onnx__tensor_proto__init(t);
    t->dims = d;
    t->n_dims = rank;
    for (uint32_t i = 0; i < rank; i++)
        n *= (size_t)(d[i] = (int64_t)dims[i]);
    t->data_type = type;
    t->has_data_type = 1;
    if (type == ONNX_TYPE(FLOAT)) {
        t->float_data = bl_net_alloc(x->net, n, sizeof *t->float_data);
        t->n_float_data = n;
    } else if (type == ONNX_TYPE(INT64)) {
        t->int64_data = bl_net_alloc(x->net, n, sizeof *t->int64_data);
        t->n_int64_data = n;
    } else {
        t->raw_data.len = (n * bits_of(type) + 7) / 8;
        t->raw_data.data = bl_net_alloc(x->net, t->raw_data.len, 1);
        t->has_raw_data = 1;
    }
    return t->float_data || t->int64_data || t->raw_data.data ? t : NULL;
}

/* ---- attributes ---- */

bool onnx_op_is(const Onnx__NodeProto *n, const char *op) { return !strcmp(onnx_text(n->op_type), op); }

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

bool onnx_attr_is(const Onnx__NodeProto *n, const char *name, const char *text)
{
    const Onnx__AttributeProto *a = onnx_attr(n, name);

    return a && a->has_s && a->s.len == strlen(text) && !memcmp(a->s.data, text, a->s.len);
}
