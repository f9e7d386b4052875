/* onnx_qonnx.c - Quant, BipolarQuant and Trunc of QONNX: real values that are rounded to a few bits, as Brevitas exports them.
 * Source: the definitions of these operators in the qonnx repository, docs/qonnx-custom-ops. */
#include <math.h>
#include <string.h>
#include <strings.h>

#include "platforms/net/onnx_read.h"

/* How a Quant rounds: t = clamp(x / scale + zero, lo, hi), then halves to even; the value is (t - zero) scale. */
enum mode { ROUND, CEIL, FLOOR };
struct quant { const struct value *scale, *zero; int64_t lo, hi; bool is_signed; enum mode mode; unsigned bits; };

static float rounded(float t, enum mode mode)
{
    return (float)(mode == ROUND ? rint((double)t) : mode == CEIL ? ceil((double)t) : floor((double)t));
}

static int64_t code_of(const struct quant *q, float x, float scale, float zero)
{
    float t = x / scale;

    t = t + zero;
    t = t > (float)q->lo ? t : (float)q->lo;               /* no number is the least */
    t = t > (float)q->hi ? (float)q->hi : t;
    return (int64_t)rounded(t, q->mode);
}

/* The attribute rounding_mode, in either case; -1 after an error. */
static int mode_of(const struct onnx *x, const Onnx__NodeProto *n, enum mode def)
{
    static const char *const MODES[] = { "ROUND", "CEIL", "FLOOR" };
    const Onnx__AttributeProto *a = onnx_attr(n, "rounding_mode");

    for (int i = 0; a && a->has_s && i < 3; i++)
        if (a->s.len == strlen(MODES[i]) && !strncasecmp((const char *)a->s.data, MODES[i], a->s.len))
            return i;
    return a ? onnx_refuse(x, n, "attribute 'rounding_mode': only ROUND, CEIL and FLOOR are implemented") : (int)def;
}

/* A number of bits in constant input i. */
static int bits_in(const struct onnx *x, const Onnx__NodeProto *n, size_t i, int least, int most, int *bits)
{
    float v;

    if (onnx_scalar(x, n, i, "number of bits", &v))
        return -1;
    *bits = v >= 1.0f && v <= 64.0f ? (int)v : 0;
    return (float)*bits >= v && (float)*bits <= v && *bits >= least && *bits <= most ? 0 :
           onnx_refuse(x, n, "found %g bits, expected %d to %d", (double)v, least, most);
}

static int read_quant(struct onnx *x, const Onnx__NodeProto *n, struct quant *q)
{
    int64_t narrow = onnx_attr_int(n, "narrow", 1);
    int b, mode = mode_of(x, n, ROUND);
    float zero;

    q->scale = onnx_in(x, n, 1);
    q->zero = onnx_in(x, n, 2);
    q->is_signed = onnx_attr_int(n, "signed", 1);
    if (mode < 0 || bits_in(x, n, 3, 2, onnx_is_const(onnx_in(x, n, 0)) ? 32 : 8, &b) || onnx_scalar(x, n, 2, "zero point", &zero))
        return -1;
    q->mode = (enum mode)mode;
    q->bits = (unsigned)b;
    if (!q->scale || q->scale->kind != VALUE_CONST || !onnx_is_float(q->scale->t))
        return onnx_refuse(x, n, "found no constant scale (float32)");
    q->lo = q->is_signed ? -(INT64_C(1) << (b - 1)) + narrow : 0;
    q->hi = q->is_signed ? (INT64_C(1) << (b - 1)) - 1 : (INT64_C(1) << b) - 1 - narrow;
    if (rint((double)zero) < (double)zero || rint((double)zero) > (double)zero || zero < (float)q->lo || zero > (float)q->hi)
        return onnx_refuse(x, n, "found zero point %g, expected an integer from %lld to %lld", (double)zero, (long long)q->lo,
                           (long long)q->hi);
    for (int64_t i = 0; i < onnx_count(q->scale->t); i++)
        if (!(onnx_float(q->scale->t, (uint64_t)i) > 0.0f) || !isfinite(onnx_float(q->scale->t, (uint64_t)i)))
            return onnx_refuse(x, n, "found scale %g, expected a positive number", (double)onnx_float(q->scale->t, (uint64_t)i));
    return 0;
}

/* Scales of a constant: one, or along one axis (the others of size 1); as a vector. */
static int scales_of(struct onnx *x, const Onnx__NodeProto *n, struct value *c)
{
    const Onnx__TensorProto *s = c->s, *t = c->t;
    uint64_t count = (uint64_t)onnx_count(s);
    size_t axis = 0;

    for (size_t i = 0; count > 1 && i < s->n_dims; i++)
        if (s->dims[i] != 1)
            axis = i + t->n_dims - s->n_dims;
    if (count > 1 && (s->n_dims > t->n_dims || t->dims[axis] != (int64_t)count))
        return onnx_refuse(x, n, "found %llu scales that do not lie along one axis of '%s'", (unsigned long long)count, c->name);
    Onnx__TensorProto *v = onnx_make(x, ONNX_TYPE(FLOAT), count > 1, &count);
    if (!v)
        return onnx_refuse(x, n, "no memory");
    for (uint64_t i = 0; i < count; i++)
        v->float_data[i] = onnx_float(s, i);
    c->s = v;
    c->axis = (int64_t)axis;
    return 0;
}

/* Of more than eight bits, as biases are: real values. */
static int wide_const(struct onnx *x, const Onnx__NodeProto *n, const struct value *c, const struct quant *q, uint32_t rank, const uint64_t *dims,
                      uint64_t inner)
{
    struct value out = { .kind = VALUE_CONST };
    Onnx__TensorProto *t = onnx_make(x, ONNX_TYPE(FLOAT), rank, dims);
    float zero = onnx_real(q->zero, 0);

    if (!t)
        return onnx_refuse(x, n, "no memory");
    for (size_t i = 0; i < t->n_float_data; i++) {
        float s = onnx_float(c->s, onnx_count(c->s) > 1 ? i / inner % dims[c->axis] : 0), code = (float)code_of(q, onnx_float(c->t, i), s, zero);
        code = code - zero;
        t->float_data[i] = code * s;
    }
    out.t = t;
    return onnx_define_like(x, n, n->output[0], &out);
}

/* A constant becomes codes of a byte with scales along an axis, as DequantizeLinear would have them. */
static int quant_const(struct onnx *x, const Onnx__NodeProto *n, const struct value *v, const struct quant *q, bool bipolar)
{
    struct value c = *v;
    int type = q->is_signed ? ONNX_TYPE(INT8) : ONNX_TYPE(UINT8);
    uint64_t dims[ONNX_RANK], inner = 1;
    uint32_t rank;

    if (v->kind != VALUE_CONST || !onnx_is_float(v->t) || !onnx_const_dims(v, &rank, dims))
        return onnx_refuse(x, n, "found no float32 constant in '%s'", v->name);
    c.s = q->scale->t;
    if (scales_of(x, n, &c))
        return -1;
    for (uint32_t d = (uint32_t)c.axis + 1; d < rank; d++)
        inner *= dims[d];
    if (!bipolar && q->hi - q->lo > 255)
        return wide_const(x, n, &c, q, rank, dims, inner);
    Onnx__TensorProto *t = onnx_make(x, type, rank, dims), *z = onnx_make(x, type, 0, dims);
    if (!t || !z)
        return onnx_refuse(x, n, "no memory");
    z->raw_data.data[0] = bipolar ? 0 : (uint8_t)(int32_t)onnx_real(q->zero, 0);
    for (size_t i = 0; i < t->raw_data.len; i++) {
        float s = onnx_float(c.s, onnx_count(c.s) > 1 ? i / inner % dims[c.axis] : 0), w = onnx_float(v->t, i);
        t->raw_data.data[i] = (uint8_t)(bipolar ? w >= 0.0f ? 1 : -1 : code_of(q, w, s, onnx_real(q->zero, 0)));
    }
    c.t = t;
    c.z = z;
    c.block = 0;
    c.bits = bipolar ? 1 : q->bits;
    c.kind = VALUE_REAL_CONST;
    return onnx_define_like(x, n, n->output[0], &c);
}

/* Layers in float32, one a step, of a tensor like v's: t op number, or a function. -1 after an error, or where t is. */
static int64_t step(struct onnx *x, const Onnx__NodeProto *n, const struct value *v, int64_t t, struct bl_float f, const float *operand)
{
    const struct bl_tensor like = x->net->tensors[v->tensor];
    struct bl_layer l = { .kind = BL_FLOAT, .in = { (uint32_t)t, (uint32_t)t }, .real = f };
    struct value k;

    if (t < 0 || (operand && onnx_number(x, n, *operand, &k)))
        return -1;
    if (operand) {
        int64_t c = onnx_const_float(x, n, &k, v->rank, v->dims);
        if (c < 0)
            return -1;
        l.in[1] = (uint32_t)onnx_reshaped(x, n, (uint32_t)c, like.c, like.h, like.w);
    }
    l.real.n = (uint32_t)onnx_elems(v->dims, v->rank);
    return onnx_layer(x, n, &l, n->output[0], v->rank, v->dims, NULL, &like);
}

/* Real values that are rounded up or down: the steps as the definition has them, then codes by the steps' whole numbers. */
static int quant_floor(struct onnx *x, const Onnx__NodeProto *n, const struct value *v, const struct quant *q, struct code c)
{
    float scale = c.scale, zero = (float)c.zero;
    struct value codes = { .kind = VALUE_VIEW, .rank = v->rank, .scale = c.scale, .zero = c.zero };
    int64_t t = step(x, n, v, v->tensor, (struct bl_float){ .op = BL_FLOAT_DIV }, &scale);

    t = step(x, n, v, t, (struct bl_float){ .op = BL_FLOAT_ADD }, &zero);
    t = step(x, n, v, t, (struct bl_float){ .op = BL_FLOAT_CLIP, .alpha = (float)q->lo, .beta = (float)q->hi }, NULL);
    t = step(x, n, v, t, (struct bl_float){ .op = q->mode == CEIL ? BL_FLOAT_CEIL : BL_FLOAT_FLOOR }, NULL);
    if (t < 0)
        return -1;
    const struct bl_tensor like = x->net->tensors[t];
    struct bl_layer l = { .kind = BL_QUANT, .in = { (uint32_t)t, (uint32_t)t } };
    c = (struct code){ .scale = 1.0f, .type = c.type, .bits = c.bits };
    if ((t = onnx_layer(x, n, &l, n->output[0], v->rank, v->dims, &c, &like)) < 0)
        return -1;
    codes.tensor = (uint32_t)t;
    memcpy(codes.dims, v->dims, sizeof codes.dims);
    return onnx_define_like(x, n, n->output[0], &codes);
}

/* Activations: codes by a table, or from float32. */
static int quant_activations(struct onnx *x, const Onnx__NodeProto *n, const struct value *v, const struct quant *q)
{
    struct code c = { .scale = onnx_float(q->scale->t, 0), .zero = (int32_t)onnx_real(q->zero, 0), .type = q->is_signed ? BL_S8 : BL_U8, .bits = q->bits };
    const struct bl_tensor like = x->net->tensors[v->tensor];
    struct bl_layer l = { .kind = BL_QUANT, .in = { v->tensor, v->tensor }, .inside = true, .clip = true,
                          .clip_lo = (float)(q->lo - c.zero) * c.scale, .clip_hi = (float)(q->hi - c.zero) * c.scale };
    float real[256];

    if (onnx_count(q->scale->t) != 1)
        return onnx_refuse(x, n, "found a vector of scales for activations, expected one");
    if (v->kind == VALUE_FLOAT && q->mode != ROUND)
        return quant_floor(x, n, v, q, c);
    if (v->kind == VALUE_FLOAT)
        return onnx_emit(x, n, &l, n->output[0], v->rank, v->dims, &c, false, &like);
    l = (struct bl_layer){ .kind = BL_LUT, .in = { v->tensor, v->tensor }, .lut = bl_net_alloc(x->net, 256, 1) };
    if (!l.lut)
        return onnx_refuse(x, n, "no memory");
    onnx_reals(x, v, real);
    for (int i = 0; i < 256; i++)
        l.lut[i] = (uint8_t)code_of(q, real[i], c.scale, (float)c.zero);
    return onnx_emit(x, n, &l, n->output[0], v->rank, v->dims, &c, false, &like);
}

int onnx_quant(struct onnx *x, const Onnx__NodeProto *n)
{
    const struct value *v = onnx_in(x, n, 0);
    struct quant q = { 0 };

    if (read_quant(x, n, &q))
        return -1;
    if (onnx_is_const(v))
        return quant_const(x, n, v, &q, false);
    return onnx_real_in(x, n, 0) ? quant_activations(x, n, v, &q) : -1;
}

/* The real values of the 256 codes of a view, in memory of the net; NULL after a refusal. */
static float *reals_of(struct onnx *x, const Onnx__NodeProto *n, const struct value *v)
{
    float *table = bl_net_alloc(x->net, 256, sizeof *table);

    if (table)
        onnx_reals(x, v, table);
    else
        onnx_refuse(x, n, "no memory");
    return table;
}

/* Activations of one bit: codes 1 and -1. */
static int bipolar_activations(struct onnx *x, const Onnx__NodeProto *n, struct value *v, const struct quant *q)
{
    struct code one = { .scale = 1.0f, .type = BL_S8, .bits = 1, .odd = true };
    struct value sign = *v;
    struct bl_float f = { .op = BL_FLOAT_BIPOLAR };
    int64_t t;

    if (onnx_count(q->scale->t) != 1)
        return onnx_refuse(x, n, "found a vector of scales for activations, expected one");
    if (v->kind == VALUE_VIEW) {
        float *table = reals_of(x, n, v);
        if (!table)
            return -1;
        for (int i = 0; i < 256; i++)
            table[i] = bl_float_function(&f, table[i]);
        sign.table = table;
    } else {
        if ((t = step(x, n, v, v->tensor, f, NULL)) < 0)
            return -1;
        sign.tensor = (uint32_t)t;
    }
    sign.has_float = sign.input = false;
    if ((t = onnx_coded(x, n, &sign, &one, false)) < 0)
        return -1;
    sign.kind = VALUE_VIEW;
    sign.table = NULL;
    sign.tensor = (uint32_t)t;
    sign.scale = onnx_float(q->scale->t, 0);
    sign.zero = 0;
    sign.four = false;
    return onnx_define_like(x, n, n->output[0], &sign);
}

/* One bit: +scale or -scale. */
int onnx_bipolar(struct onnx *x, const Onnx__NodeProto *n)
{
    struct quant q = { .scale = onnx_in(x, n, 1), .is_signed = true };
    struct value *v = onnx_in(x, n, 0);

    if (!q.scale || q.scale->kind != VALUE_CONST || !onnx_is_float(q.scale->t))
        return onnx_refuse(x, n, "found no constant scale (float32)");
    for (int64_t i = 0; i < onnx_count(q.scale->t); i++)
        if (!(onnx_float(q.scale->t, (uint64_t)i) > 0.0f) || !isfinite(onnx_float(q.scale->t, (uint64_t)i)))
            return onnx_refuse(x, n, "found scale %g, expected a positive number", (double)onnx_float(q.scale->t, (uint64_t)i));
    if (onnx_is_const(v))
        return quant_const(x, n, v, &q, true);
    return (v = onnx_real_in(x, n, 0)) ? bipolar_activations(x, n, v, &q) : -1;
}

/* ---- Trunc ---- */

/* What Trunc makes of a value: t = rint(x / scale + zero) / shrink, rounded, within lo and hi; the value is (t - out_zero) out_scale. */
struct trunc { float scale, zero, shrink, lo, hi, out_zero, out_scale; enum mode mode; };

/* Of 5 inputs (x, scale, zero point, bits before and after), or of 7 (x, scale, zero point, bits before, scale and zero point behind, bits). */
static int read_trunc(struct onnx *x, const Onnx__NodeProto *n, struct trunc *t)
{
    bool seven = n->n_input == 7, is_signed = onnx_attr_int(n, "signed", 1), narrow = onnx_attr_int(n, "narrow", 0);
    int before, after, mode = mode_of(x, n, FLOOR);

    if (mode < 0 || (n->n_input != 5 && !seven))
        return mode < 0 ? -1 : onnx_refuse(x, n, "found %zu inputs, expected 5 or 7", n->n_input);
    if (onnx_scalar(x, n, 1, "scale", &t->scale) || onnx_scalar(x, n, 2, "zero point", &t->zero) || bits_in(x, n, 3, 1, 8, &before) ||
        bits_in(x, n, seven ? 6 : 4, 1, 8, &after))
        return -1;
    t->mode = (enum mode)mode;
    t->out_scale = t->scale;
    t->out_zero = t->zero;
    t->lo = -INFINITY;
    t->hi = INFINITY;
    if (!(t->scale > 0.0f) || !isfinite(t->scale) || !isfinite(t->zero) || after > before)
        return onnx_refuse(x, n, "found scale %g, %d bits before and %d behind; expected a positive scale and no more bits", (double)t->scale, before, after);
    t->shrink = (float)(1 << (before - after));
    if (!seven)
        return 0;
    float behind;
    if (onnx_scalar(x, n, 4, "scale behind", &t->out_scale) || onnx_scalar(x, n, 5, "zero point behind", &behind))
        return -1;
    double power = t->out_scale > 0.0f ? rint(log2((double)t->out_scale / (double)t->scale)) : -1;
    if (!(power >= 0 && power < 31) || behind < 0.0f || behind > 0.0f || t->zero < 0.0f || t->zero > 0.0f)
        return onnx_refuse(x, n, "found scales %g and %g, zero points %g and %g; expected a larger scale behind, and zero points of 0", (double)t->scale,
                           (double)t->out_scale, (double)t->zero, (double)behind);
    t->shrink = (float)ldexp(1, (int)power);
    t->lo = is_signed ? -(float)(1 << (after - 1)) + (float)narrow : 0.0f;
    t->hi = is_signed ? (float)(1 << (after - 1)) - 1.0f : (float)(1 << after) - 1.0f - (float)narrow;
    return 0;
}

static float truncated(const struct trunc *t, float x)
{
    float v = x / t->scale;

    v = v + t->zero;
    v = (float)rint((double)v) / t->shrink;
    v = v < t->lo ? t->lo : v > t->hi ? t->hi : v;
    v = rounded(v, t->mode);
    v = v - t->out_zero;
    return v * t->out_scale;
}

/* Of codes a table; of real values the same steps in float32. */
int onnx_trunc(struct onnx *x, const Onnx__NodeProto *n)
{
    struct value *v = onnx_real_in(x, n, 0), out;
    struct trunc t;
    static const enum bl_float_op OP[] = { [ROUND] = BL_FLOAT_ROUND, [CEIL] = BL_FLOAT_CEIL, [FLOOR] = BL_FLOAT_FLOOR };

    if (!v || read_trunc(x, n, &t))
        return -1;
    out = *v;
    out.has_float = out.input = false;
    if (v->kind == VALUE_VIEW) {
        float *table = reals_of(x, n, v);
        if (!table)
            return -1;
        for (int i = 0; i < 256; i++)
            table[i] = truncated(&t, table[i]);
        out.table = table;
        return onnx_define_like(x, n, n->output[0], &out);
    }
    int64_t at = step(x, n, v, v->tensor, (struct bl_float){ .op = BL_FLOAT_DIV }, &t.scale);
    at = step(x, n, v, at, (struct bl_float){ .op = BL_FLOAT_ADD }, &t.zero);
    at = step(x, n, v, at, (struct bl_float){ .op = BL_FLOAT_ROUND }, NULL);
    at = step(x, n, v, at, (struct bl_float){ .op = BL_FLOAT_DIV }, &t.shrink);
    at = step(x, n, v, at, (struct bl_float){ .op = BL_FLOAT_CLIP, .alpha = t.lo, .beta = t.hi }, NULL);
    at = step(x, n, v, at, (struct bl_float){ .op = (uint16_t)OP[t.mode] }, NULL);
    at = step(x, n, v, at, (struct bl_float){ .op = BL_FLOAT_SUB }, &t.out_zero);
    at = step(x, n, v, at, (struct bl_float){ .op = BL_FLOAT_MUL }, &t.out_scale);
    out.tensor = (uint32_t)at;
    return at < 0 ? -1 : onnx_define_like(x, n, n->output[0], &out);
}
