/* tflite_points.c - operators of .tflite files that go cell by cell: two activations to one, tables, softmax, codes from and to
 * real values. */
#include "platforms/net/tflite_read.h"

#include <math.h>
#include <string.h>

/* ---- two activations ---- */

static uint64_t y_rows(const struct tfl_tensor *y) { return y->elems ? y->elems / (y->rank ? y->dims[y->rank - 1] : 1) : 0; }

/* Sizes of an operand as the output has its own: missing leading ones are 1. */
static int operand_shape(struct tfl *x, const struct tfl_operator *o, const struct tfl_tensor *t, const struct tfl_tensor *y, struct bl_tensor *s)
{
    struct tfl_tensor as = *y;

    for (uint32_t i = 0; i < y->rank; i++) {
        uint32_t up = y->rank - t->rank;
        as.dims[i] = t->rank > y->rank || i < up ? 1 : t->dims[i - up];
        if (t->rank > y->rank || (as.dims[i] != 1 && as.dims[i] != y->dims[i]))
            return tfl_refuse(x, o, "input '%s' does not stretch to the output's shape: %u along axis %u, expected 1 or %u", t->name, as.dims[i], i,
                              y->dims[i]);
    }
    if (tfl_is_planes(y)) {
        s->c = as.dims[3];
        s->h = as.dims[1];
        s->w = as.dims[2];
        return 0;
    }
    uint32_t d[3] = { 1, 1, 1 };
    for (uint32_t i = 0; i < y->rank; i++)
        d[i + 3 > y->rank ? i + 3 - y->rank : 0] *= as.dims[i];
    s->c = y_rows(y) == 1 ? d[2] : d[0];                   /* a single row is kept as so many channels, as everywhere */
    s->h = d[1];
    s->w = y_rows(y) == 1 ? 1 : d[2];
    return 0;
}

/* Ranks above 3 other than images: axes that share one of the net's three must not stretch one by one. */
static int64_t operand(struct tfl *x, const struct tfl_operator *o, uint32_t i)
{
    const struct tfl_tensor *t = tfl_tensor_in(x, o, i), *y = tfl_tensor_out(x, o, 0);
    const struct tfl_value *v = tfl_in(x, o, i);
    struct bl_tensor s = { 0 };

    if (!v || operand_shape(x, o, t, y, &s))
        return -1;
    if (!tfl_is_planes(y) && y->rank > 3 && t->elems != y->elems)
        return tfl_refuse(x, o, "broadcasting over rank %u is supported for 1 x H x W x C only", y->rank);
    return tfl_arranged(x, o, t, v, s.c, s.h, s.w, tfl_is_planes(y) ? s.c : 1);
}

int tfl_pair(struct tfl *x, const struct tfl_operator *o)
{
    enum bl_kind kind = o->code == 0 ? BL_ADD : o->code == 41 ? BL_SUB : o->code == 18 ? BL_MUL : o->code == 55 ? BL_MAX : BL_MIN;
    const struct tfl_tensor *a = tfl_tensor_in(x, o, 0), *b = tfl_tensor_in(x, o, 1), *y = tfl_tensor_out(x, o, 0);
    struct bl_layer l = { .kind = kind };
    struct bl_tensor s = { 0 };
    uint64_t act = kind >= BL_MAX ? 0 : flat_uint(&x->file.f, &o->options, 0, 1, 0);

    if (kind >= BL_MAX && (tfl_same_code(x, o, a, y) || tfl_same_code(x, o, b, y)))
        return -1;
    if (a->type != b->type || a->type != y->type)
        return tfl_refuse(x, o, "found %s and %s to %s, expected one type", tfl_type_name(a->type), tfl_type_name(b->type), tfl_type_name(y->type));
    int64_t p = operand(x, o, 0), q = p < 0 ? -1 : operand(x, o, 1);
    if (q < 0 || operand_shape(x, o, y, y, &s))
        return -1;
    l.in[0] = (uint32_t)p;
    l.in[1] = (uint32_t)q;
    int64_t out = tfl_new(x, o, 0, s.c, s.h, s.w, tfl_is_planes(y) ? s.c : 1);
    if (out < 0 || tfl_activation(x, o, act, &x->net->tensors[out], &l))
        return -1;
    return tfl_emit(x, o, &l, out);
}

/* ---- tables ---- */

static int emit_table(struct tfl *x, const struct tfl_operator *o, const struct tfl_value *v, struct tfl_curve *c)
{
    const struct tfl_tensor *in = tfl_tensor_in(x, o, 0), *y = tfl_tensor_out(x, o, 0);
    const struct bl_tensor from = x->net->tensors[v->tensor];
    struct bl_layer l = { .kind = BL_LUT, .in = { v->tensor, v->tensor } };
    int64_t out;

    if (from.data)
        return tfl_refuse(x, o, "input '%s' is a constant; fold it into the model", in->name);
    if (y->elems != in->elems || (l.lut = bl_net_alloc(x->net, 256, 1)) == NULL)
        return tfl_refuse(x, o, "output '%s' has %llu cells, its input %llu", y->name, (unsigned long long)y->elems, (unsigned long long)in->elems);
    out = tfl_new(x, o, 0, from.c, from.h, from.w, v->planes);
    if (out < 0)
        return -1;
    const struct bl_tensor *to = &x->net->tensors[out];
    c->rule = x->net->rule;
    c->sx = from.scale;
    c->sy = to->scale;
    c->zx = from.zero;
    c->zy = to->zero;
    c->other_type = from.dtype != to->dtype;
    if (tfl_activation(x, o, c->code == 19 ? 1 : c->code == 20 ? 2 : c->code == 21 ? 3 : 0, to, &l))
        return -1;
    c->lo = l.lo;
    c->hi = l.hi;
    l.clamped = l.relu = false;
    for (int32_t i = 0; i < 256; i++)
        l.lut[i] = (uint8_t)tfl_curve_at(c, from.dtype == BL_S8 ? (int8_t)i : i);
    return tfl_emit(x, o, &l, out);
}

/* Kernels that have one output code only. */
static int fixed_code(struct tfl *x, const struct tfl_operator *o, float scale, int32_t zero)
{
    const struct tfl_tensor *y = tfl_tensor_out(x, o, 0);
    struct bl_tensor code;

    if (tfl_code(x, o, y, &code))
        return -1;
    zero += code.dtype == BL_U8 ? 128 : 0;
    if (code.zero == zero && code.scale >= scale && code.scale <= scale)
        return 0;
    return tfl_refuse(x, o, "output '%s' has scale %g and zero point %d, expected 1/%g and %d", y->name, (double)code.scale, (int)code.zero,
                      1.0 / (double)scale, (int)zero);
}

/* HARD_SWISH shifts its product to the right only. */
static int swish_code(struct tfl *x, const struct tfl_operator *o, const struct tfl_value *v)
{
    struct bl_tensor y;

    if (tfl_code(x, o, tfl_tensor_out(x, o, 0), &y))
        return -1;
    float high = x->net->tensors[v->tensor].scale / 128.0f, ratio = high / y.scale;
    if (ratio < 1.0f)
        return 0;
    return tfl_refuse(x, o, "input scale %g is more than 128 times the output's, %g", (double)x->net->tensors[v->tensor].scale, (double)y.scale);
}

int tfl_table(struct tfl *x, const struct tfl_operator *o)
{
    const struct tfl_value *v = tfl_in(x, o, 0);
    struct tfl_curve c = { .code = o->code, .alpha = flat_float(&x->file.f, &o->options, 0, 0.0f) };
    struct bl_tensor y;

    if (!v || tfl_code(x, o, tfl_tensor_out(x, o, 0), &y))
        return -1;
    if (tfl_tensor_in(x, o, 0)->type != tfl_tensor_out(x, o, 0)->type)
        return tfl_refuse(x, o, "input and output are of two types, expected one");
    if ((o->code == 14 && fixed_code(x, o, 0x1p-8f, -128)) || (o->code == 28 && fixed_code(x, o, 0x1p-7f, 0)) ||
        (o->code == 117 && swish_code(x, o, v)))
        return -1;
    if (o->code == 98 && !isfinite(c.alpha))
        return tfl_refuse(x, o, "found alpha %g, expected a finite number", (double)c.alpha);
    return emit_table(x, o, v, &c);
}

/* ---- softmax ---- */

int tfl_softmax(struct tfl *x, const struct tfl_operator *o)
{
    const struct tfl_tensor *in = tfl_tensor_in(x, o, 0), *y = tfl_tensor_out(x, o, 0);
    const struct tfl_value *v = tfl_in(x, o, 0);
    float beta = flat_float(&x->file.f, &o->options, 0, 0.0f);
    struct bl_layer l = { .kind = BL_SOFTMAX };
    float *exps = bl_net_alloc(x->net, 256, sizeof *exps);

    if (!v || fixed_code(x, o, 0x1p-8f, -128))
        return -1;
    if (!exps || !(beta > 0.0f) || !isfinite(beta) || !in->rank || y->elems != in->elems || in->type != y->type)
        return tfl_refuse(x, o, "found beta %g, %llu cells in and %llu out; expected a positive number and one shape and type", (double)beta,
                          (unsigned long long)in->elems, (unsigned long long)y->elems);
    uint32_t n = in->dims[in->rank - 1], rows = (uint32_t)(in->elems / n);
    bool planes = v->planes == n && rows > 1;              /* cells of a row lie planes apart */
    int64_t from = planes ? tfl_arranged(x, o, in, v, n, rows, 1, n) : rows == 1 ? tfl_arranged(x, o, in, v, n, 1, 1, 1) :
                   tfl_arranged(x, o, in, v, 1, rows, n, 1);
    if (from < 0)
        return -1;
    tfl_exps(x->net->tensors[from].scale, beta, exps);
    const struct bl_tensor at = x->net->tensors[from];
    l.in[0] = l.in[1] = (uint32_t)from;
    l.exps = exps;
    l.along_w = at.c == 1 && rows > 1;
    return tfl_emit(x, o, &l, tfl_new(x, o, 0, at.c, at.h, at.w, planes ? n : 1));
}

/* ---- codes from and to real values ---- */

/* The graph's float32 input: its code is that of its only QUANTIZE. */
static int quantize_input(struct tfl *x, const struct tfl_operator *o, const struct tfl_value *v)
{
    int64_t at = tfl_at(&x->file, o->out, 0);
    const struct tfl_tensor *in = tfl_tensor_in(x, o, 0), *t = &x->file.tensor[at];
    struct bl_tensor *net = &x->net->tensors[v->tensor], code;

    if (tfl_code(x, o, t, &code))
        return -1;
    if (net->scale > 0.0f || x->value[at].kind != TFL_NONE || t->elems != in->elems)
        return tfl_refuse(x, o, "the graph's input '%s' is quantised twice, to another shape, or to a tensor that is made already", in->name);
    net->scale = code.scale;
    net->zero = code.zero;
    net->dtype = code.dtype;
    x->value[at] = (struct tfl_value){ TFL_CODES, v->tensor, v->planes };
    return 0;
}

int tfl_quantize(struct tfl *x, const struct tfl_operator *o)
{
    const struct tfl_value *v = &x->value[tfl_at(&x->file, o->in, 0)];
    struct tfl_curve c = { .code = 114 };

    if (v->kind == TFL_REAL_INPUT)
        return quantize_input(x, o, v);
    if (v->kind == TFL_REAL)
        c.code = 6;
    else if (!(v = tfl_in(x, o, 0)))
        return -1;
    return emit_table(x, o, v, &c);
}

int tfl_dequantize(struct tfl *x, const struct tfl_operator *o)
{
    int64_t at = tfl_at(&x->file, o->out, 0);
    const struct tfl_tensor *in = tfl_tensor_in(x, o, 0), *t = &x->file.tensor[at];
    const struct tfl_value *v = tfl_in(x, o, 0);

    if (!v)
        return -1;
    if (t->type != TFL_F32 || t->elems != in->elems || x->value[at].kind != TFL_NONE || x->net->tensors[v->tensor].data)
        return tfl_refuse(x, o, "output '%s' is %s of %llu cells, expected float32 of %llu, made once, and no constant", t->name,
                          tfl_type_name(t->type), (unsigned long long)t->elems, (unsigned long long)in->elems);
    x->value[at] = (struct tfl_value){ TFL_REAL, v->tensor, v->planes };
    return 0;
}
