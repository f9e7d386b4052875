/* onnx_text.h - ONNX graphs written as a line of text, for tables of tests:
 *   a = Relu(r); b, c = Split{axis=1}(a); -> Q(Add(b, c)), b
 * x is the input, r what a DequantizeLinear makes of it, Q(..) a QuantizeLinear to uint8, W[4,2,3,3] dequantised int8 weights. Constants:
 * f:.5 u:120 i:3 u4:7 i4:-1 w:9 (uint16) L:2 (int64) are numbers, F:1,2 I:0,3 U:1,2 l:0,-1 n:5,6 (int32) vectors, and f[..] p[..] (positive)
 * u8[..] i8[..] u4[..] i4[..] i32[..] made-up values of a shape. Attributes: {axis=1 pads=1,1 alpha=.5f mode='edge'}; "1," is a list of one. */
#ifndef BL_TESTS_ONNX_TEXT_H
#define BL_TESTS_ONNX_TEXT_H

#include <ctype.h>
#include <stdio.h>

#include "tests/rigs/onnx_make.h"

enum { TEXT_U16 = 4 };

struct text {
    struct make m;
    const char *at;            /* where the reader stands */
    unsigned names;
    int type;                  /* of the input */
    bool dequantized;          /* r is there */
};

static inline void text_space(struct text *t)
{
    while (*t->at == ' ')
        t->at++;
}

static inline bool text_is(struct text *t, char c)
{
    text_space(t);
    if (*t->at != c)
        return false;
    t->at++;
    return true;
}

static inline void text_new(struct text *t, char name[32], const char *what) { snprintf(name, 32, "%s%u", what, t->names++); }

static inline size_t text_word(struct text *t, char *out, size_t room)
{
    size_t n = 0;

    text_space(t);
    while (isalnum((unsigned char)*t->at) || *t->at == '_') {
        ck_assert_uint_lt(n + 1, room);
        out[n++] = *t->at++;
    }
    out[n] = 0;
    return n;
}

/* ---- constants ---- */

static inline size_t text_dims(struct text *t, int64_t d[6])
{
    size_t n = 0;

    while (!text_is(t, ']')) {
        d[n++] = strtol(t->at, (char **)&t->at, 10);
        text_is(t, ',');
        ck_assert_uint_le(n, 6);
    }
    return n;
}

static inline void text_reals(struct text *t, const char *name, size_t rank, const int64_t *d, bool positive)
{
    Onnx__TensorProto *c = make_const(&t->m, name, MAKE_FLOAT, rank, d);

    c->n_float_data = 1;
    for (size_t i = 0; i < rank; i++)
        c->n_float_data *= (size_t)d[i];
    c->float_data = make_alloc(&t->m, c->n_float_data * sizeof(float) + 1);
    for (size_t i = 0; i < c->n_float_data; i++) {
        float v = (float)((int)((29 * i + 11) % 255) - 127) / 100.0f;
        c->float_data[i] = !positive ? v : (v < 0 ? -v : v) + 0.125f;
    }
}

static inline void text_ints(struct text *t, const char *name, int type, size_t rank, const int64_t *d)
{
    int32_t v[4096];
    size_t n = 1;

    for (size_t i = 0; i < rank; i++)
        n *= (size_t)d[i];
    ck_assert_uint_le(n, 4096);
    for (size_t j = 0; j < n; j++)
        v[j] = type == MAKE_S32 ? (int32_t)(53 * j + 7) % 801 - 400 : type == MAKE_U4 || type == MAKE_S4 ? (int32_t)(5 * j + 3) % 16 - (type == MAKE_S4 ? 8 : 0) :
               (int32_t)(29 * j + 11) % 255 - (type == MAKE_S8 ? 127 : 0);
    make_numbers(&t->m, name, type, rank, d, v);
}

/* Numbers of a list, or one. */
static inline void text_numbers(struct text *t, const char *name, int type, bool one)
{
    int32_t v[16];
    float f[16];
    int64_t n = 0;

    do {
        f[n] = strtof(t->at, (char **)&t->at);
        v[n] = (int32_t)f[n];
        n++;
    } while (!one && *t->at == ',' && (isdigit((unsigned char)t->at[1]) || t->at[1] == '-' || t->at[1] == '.') && t->at++);
    if (type == MAKE_FLOAT) {
        Onnx__TensorProto *c = make_const(&t->m, name, MAKE_FLOAT, !one, &n);
        c->n_float_data = (size_t)n;
        c->float_data = make_alloc(&t->m, sizeof f);
        memcpy(c->float_data, f, sizeof f);
    } else {
        make_numbers(&t->m, name, type, !one, &n, v);
    }
}

/* A constant whose word has been read; false: it is none. */
static inline bool text_const(struct text *t, const char *word, char name[32])
{
    static const struct { const char *word; int type; } NUMBERS[] = { { "f", MAKE_FLOAT }, { "u", MAKE_U8 }, { "i", MAKE_S8 }, { "u4", MAKE_U4 },
        { "i4", MAKE_S4 }, { "w", TEXT_U16 }, { "L", MAKE_S64 }, { "N", MAKE_S32 } },
        LISTS[] = { { "F", MAKE_FLOAT }, { "I", MAKE_S8 }, { "U", MAKE_U8 }, { "l", MAKE_S64 }, { "n", MAKE_S32 } },
        SHAPES[] = { { "u8", MAKE_U8 }, { "i8", MAKE_S8 }, { "u4", MAKE_U4 }, { "i4", MAKE_S4 }, { "i32", MAKE_S32 } };
    int64_t d[6];

    if (*t->at != ':' && *t->at != '[')
        return false;
    text_new(t, name, "c");
    if (*t->at++ == ':') {
        for (size_t i = 0; i < sizeof NUMBERS / sizeof *NUMBERS; i++)
            if (!strcmp(word, NUMBERS[i].word))
                return text_numbers(t, name, NUMBERS[i].type, true), true;
        for (size_t i = 0; i < sizeof LISTS / sizeof *LISTS; i++)
            if (!strcmp(word, LISTS[i].word))
                return text_numbers(t, name, LISTS[i].type, false), true;
    } else {
        size_t rank = text_dims(t, d);
        if (!strcmp(word, "f") || !strcmp(word, "p"))
            return text_reals(t, name, rank, d, *word == 'p'), true;
        for (size_t i = 0; i < sizeof SHAPES / sizeof *SHAPES; i++)
            if (!strcmp(word, SHAPES[i].word))
                return text_ints(t, name, SHAPES[i].type, rank, d), true;
        if (!strcmp(word, "W")) {
            char in[80], scale[32];
            text_ints(t, name, MAKE_S8, rank, d);
            text_new(t, scale, "s");
            make_float(&t->m, scale, 0.01f);
            snprintf(in, sizeof in, "%s,%s", name, scale);
            text_new(t, name, "t");
            make_node(&t->m, "DequantizeLinear", in, name);
            return true;
        }
    }
    ck_abort_msg("no constant '%s'", word);
    return false;
}

/* ---- nodes ---- */

static inline void text_attributes(struct text *t, Onnx__NodeProto *n)
{
    char word[40];

    while (!text_is(t, '}')) {
        text_word(t, word, sizeof word);
        ck_assert_msg(text_is(t, '='), "expected = at '%s'", t->at);
        Onnx__AttributeProto *a = make_attr(&t->m, n, word);
        a->has_type = 1;
        if (*t->at == '\'') {
            size_t len = strcspn(++t->at, "'");
            a->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING;
            a->has_s = 1;
            a->s.len = len;
            a->s.data = (uint8_t *)make_text(&t->m, t->at, len);
            t->at += len + 1;
            continue;
        }
        char *end;
        float f = strtof(t->at, &end);
        if (*end == 'f') {
            a->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT;
            a->has_f = 1;
            a->f = f;
            t->at = end + 1;
            continue;
        }
        a->ints = make_alloc(&t->m, 16 * sizeof *a->ints);
        do
            a->ints[a->n_ints++] = strtoll(t->at, (char **)&t->at, 10);
        while (*t->at == ',' && (isdigit((unsigned char)t->at[1]) || t->at[1] == '-') && t->at++);
        bool list = a->n_ints > 1 || *t->at == ',';
        t->at += *t->at == ',';
        a->type = list ? ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS : ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT;
        a->has_i = !list;
        a->i = a->ints[0];
        a->n_ints = list ? a->n_ints : 0;
    }
}

static inline const char *text_domain(const char *op)
{
    if (!strcmp(op, "Quant") || !strcmp(op, "BipolarQuant") || !strcmp(op, "Trunc"))
        return "qonnx.custom_op.general";
    if (!strcmp(op, "QGemm") || (!strncmp(op, "QLinear", 7) && strcmp(op, "QLinearConv") && strcmp(op, "QLinearMatMul")))
        return "com.microsoft";
    return "";
}

static inline void text_expression(struct text *t, char name[32], const char *outputs);

/* A node whose operator has been read, with attributes and inputs; outputs NULL: one, of a new name. */
static inline void text_node(struct text *t, const char *op, char name[32], const char *outputs)
{
    char in[400] = "", one[32];
    const char *braces = t->at;

    if (*t->at == '{')
        t->at = strchr(t->at, '}') + 1;
    ck_assert_msg(text_is(t, '('), "expected ( at '%s'", t->at);
    for (int i = 0; !text_is(t, ')'); i++) {
        one[0] = 0;
        text_space(t);
        if (*t->at != ',')
            text_expression(t, one, NULL);
        snprintf(in + strlen(in), sizeof in - strlen(in), "%s%s", i ? "," : "", one);
        text_space(t);
        if (*t->at == ',' )
            t->at++;
    }
    if (!strcmp(op, "Q")) {            /* QuantizeLinear to uint8 */
        make_float(&t->m, (text_new(t, one, "c"), one), 0.05f);
        snprintf(in + strlen(in), sizeof in - strlen(in), ",%s", one);
        make_number(&t->m, (text_new(t, one, "c"), one), MAKE_U8, 100);
        snprintf(in + strlen(in), sizeof in - strlen(in), ",%s", one);
        op = "QuantizeLinear";
    }
    if (!outputs)
        text_new(t, name, "t");
    Onnx__NodeProto *n = make_node(&t->m, op, in, outputs ? outputs : name);
    n->domain = make_text(&t->m, text_domain(op), strlen(text_domain(op)));
    const char *after = t->at;
    if (*braces == '{') {
        t->at = braces + 1;
        text_attributes(t, n);
        t->at = after;
    }
}

static inline void text_expression(struct text *t, char name[32], const char *outputs)
{
    char word[40];

    text_word(t, word, sizeof word);
    if (text_const(t, word, name))
        return;
    if (*t->at == '(' || *t->at == '{') {
        text_node(t, word, name, outputs);
        return;
    }
    if (!strcmp(word, "r") && !t->dequantized) {
        t->dequantized = true;
        make_float(&t->m, "r_scale", 0.02f);
        make_number(&t->m, "r_zero", t->type, t->type == MAKE_S8 ? 3 : 120);
        make_node(&t->m, "DequantizeLinear", "x,r_scale,r_zero", "r");
    }
    snprintf(name, 32, "%.31s", word);
}

/* The bytes of the model that a line describes, to be freed; input: "u8 1,2,4,4" (u8, i8, f). */
static inline uint8_t *text_bytes(const char *line, const char *input, int opset, size_t *len)
{
    struct text t = { .at = line };
    int64_t d[6];
    size_t rank = 0;
    char name[32], outs[200];

    make_start(&t.m);
    t.type = *input == 'f' ? MAKE_FLOAT : *input == 'i' ? MAKE_S8 : MAKE_U8;
    for (const char *p = strchr(input, ' '); p && *p; p += *p == ',')
        d[rank++] = strtol(p, (char **)&p, 10);
    make_input(&t.m, "x", t.type, rank, d);
    t.m.graph.name = make_text(&t.m, "g", 1);
    Onnx__OperatorSetIdProto **sets = make_alloc(&t.m, 3 * sizeof *sets);
    static const char *const DOMAINS[] = { "", "com.microsoft", "qonnx.custom_op.general" };
    for (int i = 0; i < 3; i++) {
        sets[i] = make_alloc(&t.m, sizeof **sets);
        onnx__operator_set_id_proto__init(sets[i]);
        sets[i]->domain = make_text(&t.m, DOMAINS[i], strlen(DOMAINS[i]));
        sets[i]->has_version = 1;
        sets[i]->version = i ? 1 : opset;
    }
    t.m.model.opset_import = sets;
    t.m.model.n_opset_import = strstr(line, "Quant{") || strstr(line, "Quant(") || strstr(line, "Trunc") ? 3 : 2;
    t.m.model.has_ir_version = 1;
    t.m.model.ir_version = opset < 19 ? 8 : 10;
    while (text_space(&t), strncmp(t.at, "->", 2) != 0) {
        const char *equals = strchr(t.at, '=');
        size_t n = 0;
        for (; t.at < equals; t.at++)
            if (*t.at != ' ')
                outs[n++] = *t.at;
        outs[n] = 0;
        t.at++;
        text_expression(&t, name, outs);
        ck_assert_msg(text_is(&t, ';'), "expected ; at '%s'", t.at);
    }
    t.at += 2;
    do {
        text_expression(&t, name, NULL);
        Onnx__ValueInfoProto *v = make_value(&t.m, name, MAKE_FLOAT, 0, NULL);
        v->type = NULL;
        t.m.out[t.m.graph.n_output++] = v;
    } while (text_is(&t, ','));
    text_space(&t);
    ck_assert_msg(!*t.at, "rest: '%s'", t.at);
    return make_bytes(&t.m, len);
}

#endif
