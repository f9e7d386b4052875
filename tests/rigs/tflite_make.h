/* tflite_make.h - writes small .tflite files: a model as structs, its tables laid out one after the other, each reference onwards. */
#ifndef BL_TESTS_TFLITE_MAKE_H
#define BL_TESTS_TFLITE_MAKE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TM_BYTES = 1 << 16, TM_TENSORS = 24, TM_OPS = 12, TM_REF = 0 };

struct tm_field { unsigned id, size; uint64_t value; };    /* size TM_REF: a reference, set later by tm_refer */

struct tm_tensor {
    const char *name;
    uint32_t rank; int32_t dims[6];
    int type;
    uint32_t nscale; float scale[8];
    uint32_t nzero; int64_t zero[8];
    int axis;
    const void *data; size_t bytes;
    bool variable, open;
};

struct tm_op {
    int code;
    uint32_t nin; int32_t in[6];
    uint32_t nout; int32_t out[3];
    unsigned type;                     /* of the options; 0: none */
    uint32_t noptions; struct tm_field option[8];
};

struct tm_model {
    uint32_t ntensors; struct tm_tensor tensor[TM_TENSORS];
    uint32_t nops; struct tm_op op[TM_OPS];
    uint32_t nin; int32_t in[4];
    uint32_t nout; int32_t out[4];
    unsigned version, subgraphs;       /* 0: 3 and 1 */
    bool old_codes;                    /* codes as files before 2020 have them */
    bool behind;                       /* data of buffers behind the tables, by offset */
};

struct tm { uint8_t b[TM_BYTES]; uint32_t n; };

static inline uint32_t tm_put(struct tm *m, uint64_t v, unsigned size)
{
    uint32_t at = m->n;

    if (m->n + size > TM_BYTES)
        abort();
    for (unsigned i = 0; i < size; i++)
        m->b[m->n++] = (uint8_t)(v >> (8 * i));
    return at;
}

static inline uint32_t tm_float_bits(float v)
{
    uint32_t bits;

    memcpy(&bits, &v, sizeof bits);
    return bits;
}

/* A list of fields, then the table behind it. */
static inline uint32_t tm_table(struct tm *m, const struct tm_field *f, uint32_t n)
{
    uint32_t most = 0, at = 4, list, table;

    for (uint32_t i = 0; i < n; i++)
        most = f[i].id + 1 > most ? f[i].id + 1 : most;
    list = tm_put(m, 4 + 2 * most, 2);
    tm_put(m, 0, 2);
    for (uint32_t i = 0; i < most; i++)
        tm_put(m, 0, 2);
    table = tm_put(m, 4 + 2 * most, 4);
    for (uint32_t i = 0; i < n; i++) {
        unsigned size = f[i].size == TM_REF ? 4 : f[i].size;
        m->b[list + 4 + 2 * f[i].id] = (uint8_t)at;
        tm_put(m, f[i].value, size);
        at += size;
    }
    m->b[list + 2] = (uint8_t)at;
    return table;
}

static inline void tm_word(struct tm *m, uint32_t at, uint32_t v)
{
    for (unsigned i = 0; i < 4; i++)
        m->b[at + i] = (uint8_t)(v >> (8 * i));
}

/* Field `id` of a table refers to `to`. */
static inline void tm_refer(struct tm *m, uint32_t table, unsigned id, uint32_t to)
{
    uint32_t back = m->b[table] | (uint32_t)m->b[table + 1] << 8, at = table + m->b[table - back + 4 + 2 * id];

    tm_word(m, at, to - at);
}

static inline uint32_t tm_bytes(struct tm *m, const void *p, size_t n, unsigned size)
{
    uint32_t at = tm_put(m, n, 4);

    for (size_t i = 0; i < n * size; i++)
        tm_put(m, ((const uint8_t *)p)[i], 1);
    return at;
}

/* A vector of n references, set later. */
static inline uint32_t tm_vector(struct tm *m, uint32_t n)
{
    uint32_t at = tm_put(m, n, 4);

    for (uint32_t i = 0; i < n; i++)
        tm_put(m, 0, 4);
    return at;
}

static inline void tm_item(struct tm *m, uint32_t vector, uint32_t i, uint32_t to) { tm_word(m, vector + 4 + 4 * i, to - (vector + 4 + 4 * i)); }

static inline uint32_t tm_tensor(struct tm *m, const struct tm_tensor *t, uint32_t buffer)
{
    const struct tm_field f[] = { { 0, TM_REF, 0 }, { 1, 1, (uint64_t)t->type }, { 2, 4, buffer }, { 3, TM_REF, 0 }, { 4, TM_REF, 0 },
                                  { 5, 1, t->variable }, { 7, TM_REF, 0 } };
    const struct tm_field q[] = { { 2, TM_REF, 0 }, { 3, TM_REF, 0 }, { 6, 4, (uint64_t)t->axis } };
    int32_t sign[6];
    uint32_t at = tm_table(m, f, 7), code;

    for (uint32_t i = 0; i < t->rank; i++)
        sign[i] = t->open || i == 0 ? -1 : t->dims[i];
    tm_refer(m, at, 0, tm_bytes(m, t->dims, t->rank, 4));
    tm_refer(m, at, 3, tm_bytes(m, t->name, strlen(t->name), 1));
    tm_refer(m, at, 7, tm_bytes(m, sign, t->rank, 4));
    code = tm_table(m, q, 3);
    tm_refer(m, at, 4, code);
    tm_refer(m, code, 2, tm_bytes(m, t->scale, t->nscale, 4));
    tm_refer(m, code, 3, tm_bytes(m, t->zero, t->nzero, 8));
    return at;
}

static inline uint32_t tm_op(struct tm *m, const struct tm_op *o, uint32_t index)
{
    const struct tm_field f[] = { { 0, 4, index }, { 1, TM_REF, 0 }, { 2, TM_REF, 0 }, { 3, 1, o->type }, { 4, TM_REF, 0 } };
    uint32_t at = tm_table(m, f, o->type ? 5 : 3);

    tm_refer(m, at, 1, tm_bytes(m, o->in, o->nin, 4));
    tm_refer(m, at, 2, tm_bytes(m, o->out, o->nout, 4));
    if (o->type)
        tm_refer(m, at, 4, tm_table(m, o->option, o->noptions));
    return at;
}

static inline void tm_graph(struct tm *m, const struct tm_model *d, uint32_t graph)
{
    uint32_t v;

    tm_refer(m, graph, 0, v = tm_vector(m, d->ntensors));
    for (uint32_t i = 0; i < d->ntensors; i++)
        tm_item(m, v, i, tm_tensor(m, &d->tensor[i], d->tensor[i].data ? i + 1 : 0));
    tm_refer(m, graph, 1, tm_bytes(m, d->in, d->nin, 4));
    tm_refer(m, graph, 2, tm_bytes(m, d->out, d->nout, 4));
    tm_refer(m, graph, 3, v = tm_vector(m, d->nops));
    for (uint32_t i = 0; i < d->nops; i++)
        tm_item(m, v, i, tm_op(m, &d->op[i], i));
}

/* Buffer 0 is empty; buffer i + 1 has the data of tensor i. */
static inline void tm_buffers(struct tm *m, const struct tm_model *d, uint32_t model)
{
    const struct tm_field inside[] = { { 0, TM_REF, 0 } }, behind[] = { { 1, 8, 0 }, { 2, 8, 0 } };
    uint32_t v = tm_vector(m, d->ntensors + 1), at[TM_TENSORS];

    tm_refer(m, model, 4, v);
    tm_item(m, v, 0, tm_table(m, inside, 0));
    for (uint32_t i = 0; i < d->ntensors; i++) {
        const struct tm_tensor *t = &d->tensor[i];
        tm_item(m, v, i + 1, at[i] = tm_table(m, d->behind && t->data ? behind : inside, !t->data ? 0 : d->behind ? 2 : 1));
        if (t->data && !d->behind)
            tm_refer(m, at[i], 0, tm_bytes(m, t->data, t->bytes, 1));
    }
    for (uint32_t i = 0; i < d->ntensors; i++)
        if (d->behind && d->tensor[i].data) {
            tm_word(m, at[i] + 4, m->n);
            tm_word(m, at[i] + 12, (uint32_t)d->tensor[i].bytes);
            for (size_t k = 0; k < d->tensor[i].bytes; k++)
                tm_put(m, ((const uint8_t *)d->tensor[i].data)[k], 1);
        }
}

/* The file, in m->b, m->n bytes. */
static inline void tm_write(struct tm *m, const struct tm_model *d)
{
    const struct tm_field model[] = { { 0, 4, d->version ? d->version : 3 }, { 1, TM_REF, 0 }, { 2, TM_REF, 0 }, { 4, TM_REF, 0 } };
    const struct tm_field graph[] = { { 0, TM_REF, 0 }, { 1, TM_REF, 0 }, { 2, TM_REF, 0 }, { 3, TM_REF, 0 } };
    uint32_t top, v, n = d->subgraphs ? d->subgraphs : 1;

    m->n = 0;
    tm_put(m, 0, 4);
    for (int i = 0; i < 4; i++)
        tm_put(m, (uint8_t)"TFL3"[i], 1);
    top = tm_table(m, model, 4);
    tm_word(m, 0, top);
    tm_refer(m, top, 1, v = tm_vector(m, d->nops));
    for (uint32_t i = 0; i < d->nops; i++) {
        int code = d->op[i].code, old = code > 127 ? 127 : code;
        const struct tm_field f[] = { { 0, 1, (uint64_t)old }, { 3, 4, (uint64_t)code } };
        tm_item(m, v, i, tm_table(m, f, d->old_codes ? 1 : 2));
    }
    tm_refer(m, top, 2, v = tm_vector(m, n));
    for (uint32_t i = 0; i < n; i++) {
        uint32_t g = tm_table(m, graph, 4);
        tm_item(m, v, i, g);
        tm_graph(m, d, g);
    }
    tm_buffers(m, d, top);
}

/* ---- short hands ---- */

/* Appends a tensor of one code, without data; returns its number. */
static inline int32_t tm_add(struct tm_model *d, const char *name, uint32_t rank, const int32_t *dims, float scale, int64_t zero)
{
    struct tm_tensor *t = &d->tensor[d->ntensors];

    *t = (struct tm_tensor){ .name = name, .rank = rank, .type = 9, .nscale = 1, .scale = { scale }, .nzero = 1, .zero = { zero } };
    memcpy(t->dims, dims, rank * sizeof *dims);
    return (int32_t)d->ntensors++;
}

/* A constant of `type` (9 int8, 2 int32) without a code. */
static inline int32_t tm_const(struct tm_model *d, const char *name, uint32_t rank, const int32_t *dims, int type, const void *data, size_t bytes)
{
    int32_t i = tm_add(d, name, rank, dims, 1.0f, 0);

    d->tensor[i].type = type;
    d->tensor[i].nscale = d->tensor[i].nzero = type == 9 ? 1 : 0;
    d->tensor[i].data = data;
    d->tensor[i].bytes = bytes;
    return i;
}

static inline struct tm_op *tm_operator(struct tm_model *d, int code, unsigned type, uint32_t nin, const int32_t *in, int32_t out)
{
    struct tm_op *o = &d->op[d->nops++];

    *o = (struct tm_op){ .code = code, .type = type, .nin = nin, .nout = 1, .out = { out } };
    memcpy(o->in, in, nin * sizeof *in);
    return o;
}

static inline void tm_option(struct tm_op *o, unsigned id, unsigned size, uint64_t value)
{
    o->option[o->noptions++] = (struct tm_field){ id, size, value };
}

#define TM_DIMS(...) (sizeof((int32_t[]){ __VA_ARGS__ }) / sizeof(int32_t)), (const int32_t[]){ __VA_ARGS__ }

#endif
