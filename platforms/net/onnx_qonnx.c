/* onnx_qonnx.c - Quant and BipolarQuant of QONNX: real values that are rounded to a few bits, as Brevitas exports them. */
#include <math.h>
#include <strings.h>

#include "platforms/net/onnx_read.h"

/* How a Quant rounds: t = clamp(x / scale + zero, lo, hi), then halves to even; the value is (t - zero) scale. */
struct quant { const struct value *scale, *zero; int32_t lo, hi; bool is_signed; };

static int32_t code_of(const struct quant *q, float x, float scale, float zero)
{
    float t = x / scale;

    t = t + zero;
    t = t < (float)q->lo ? (float)q->lo : t;
    t = t > (float)q->hi ? (float)q->hi : t;
    return (int32_t)rint((double)t);
}

static int read_quant(struct onnx *x, const Onnx__NodeProto *n, struct quant *q)
{
    const Onnx__AttributeProto *mode = onnx_attr(n, "rounding_mode");
    int64_t narrow = onnx_attr_int(n, "narrow", 1);
    float bits, zero;

    q->scale = onnx_in(x, n, 1);
    q->zero = onnx_in(x, n, 2);
    q->is_signed = onnx_attr_int(n, "signed", 1);
    if (mode && (!mode->has_s || mode->s.len != 5 || strncasecmp((const char *)mode->s.data, "ROUND", 5)))
        return onnx_refuse(x, n, "attribute 'rounding_mode': only ROUND is implemented");
    if (onnx_scalar(x, n, 3, "number of bits", &bits) || onnx_scalar(x, n, 2, "zero point", &zero))
        return -1;
    if (!q->scale || q->scale->kind != VALUE_CONST || !onnx_is_float(q->scale->t))
        return onnx_refuse(x, n, "found no constant scale (float32)");
    if (!(bits >= 2.0f && bits <= 8.0f) || rint((double)bits) < (double)bits || rint((double)bits) > (double)bits)
        return onnx_refuse(x, n, "found %g bits, expected 2 to 8", (double)bits);
    int b = (int)bits;
    q->lo = q->is_signed ? -(1 << (b - 1)) + (int32_t)narrow : 0;
    q->hi = q->is_signed ? (1 << (b - 1)) - 1 : (1 << b) - 1 - (int32_t)narrow;
    if (rint((double)zero) < (double)zero || rint((double)zero) > (double)zero || zero < (float)q->lo || zero > (float)q->hi)
        return onnx_refuse(x, n, "found zero point %g, expected an integer from %d to %d", (double)zero, q->lo, q->hi);
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
    Onnx__TensorProto *t = onnx_make(x, type, rank, dims), *z = onnx_make(x, type, 0, dims);
    if (!t || !z)
        return onnx_refuse(x, n, "no memory");
    z->raw_data.data[0] = bipolar ? 0 : (uint8_t)(int32_t)onnx_real(q->zero, 0);
    for (uint32_t d = (uint32_t)c.axis + 1; d < rank; d++)
        inner *= dims[d];
    for (size_t i = 0; i < t->raw_data.len; i++) {
        float s = onnx_float(c.s, onnx_count(c.s) > 1 ? i / inner % dims[c.axis] : 0), w = onnx_float(v->t, i);
        t->raw_data.data[i] = (uint8_t)(bipolar ? w >= 0.0f ? 1 : -1 : code_of(q, w, s, onnx_real(q->zero, 0)));
    }
    c.t = t;
    c.z = z;
    c.block = 0;
    c.kind = VALUE_REAL_CONST;
    return onnx_define_like(x, n, n->output[0], &c);
}

/* Activations: codes by a table, or from float32. */
static int quant_activations(struct onnx *x, const Onnx__NodeProto *n, const struct value *v, const struct quant *q)
{
    struct code c = { .scale = onnx_float(q->scale->t, 0), .zero = (int32_t)onnx_real(q->zero, 0), .type = q->is_signed ? BL_S8 : BL_U8 };
    const struct bl_tensor like = x->net->tensors[v->tensor];
    struct bl_layer l = { .kind = BL_QUANT, .in = { v->tensor, v->tensor }, .inside = true, .clip = true,
                          .clip_lo = (float)(q->lo - c.zero) * c.scale, .clip_hi = (float)(q->hi - c.zero) * c.scale };
    float real[256];

    if (onnx_count(q->scale->t) != 1)
        return onnx_refuse(x, n, "found a vector of scales for activations, expected one");
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

/* Weights of one bit: +scale or -scale. */
int onnx_bipolar(struct onnx *x, const Onnx__NodeProto *n)
{
    struct quant q = { .scale = onnx_in(x, n, 1), .is_signed = true };
    const struct value *v = onnx_in(x, n, 0);

    if (!onnx_is_const(v))
        return onnx_refuse(x, n, "activations of one bit are not supported; only weights are");
    if (!q.scale || q.scale->kind != VALUE_CONST || !onnx_is_float(q.scale->t))
        return onnx_refuse(x, n, "found no constant scale (float32)");
    return quant_const(x, n, v, &q, true);
}
