/* onnx_weights.c - weights, scales, zero points and biases of an ONNX node into a layer's arrays. */
#include <math.h>

#include "components/requant.h"
#include "platforms/net/onnx_read.h"

#define TYPE(T) ONNX__TENSOR_PROTO__DATA_TYPE__##T

int onnx_weights_qdq(const struct onnx *x, const Onnx__NodeProto *n, size_t i, struct onnx_weights *w)
{
    const struct value *v = onnx_in(x, n, i);

    if (v->kind == VALUE_CONST && v->t->data_type == TYPE(FLOAT))
        return onnx_refuse(x, n, "the weights '%s' are float; expected a quantised model (int8 or uint8 weights with DequantizeLinear); "
                           "quantise it first", v->name);
    if (v->kind != VALUE_REAL_CONST)
        return onnx_refuse(x, n, "found no constant quantised weights in input '%s'", v->name);
    *w = (struct onnx_weights){ .w = v->t, .s = v->s, .z = v->z, .axis = v->axis };
    return 0;
}

int onnx_weights_q(const struct onnx *x, const Onnx__NodeProto *n, size_t i, struct onnx_weights *w)
{
    const struct value *v = onnx_in(x, n, i), *s = onnx_in(x, n, i + 1), *z = onnx_in(x, n, i + 2);

    if (!v || !s || v->kind != VALUE_CONST || s->kind != VALUE_CONST || (z && z->kind != VALUE_CONST))
        return onnx_refuse(x, n, "found no constant weights, scale and zero point in inputs %zu to %zu", i, i + 2);
    if (onnx_count(v->t) <= 0)
        return onnx_no_data(x, n, v);
    *w = (struct onnx_weights){ .w = v->t, .s = s->t, .z = z ? z->t : NULL, .axis = -1 };
    return 0;
}

int onnx_no_data(const struct onnx *x, const Onnx__NodeProto *n, const struct value *v)
{
    return onnx_refuse(x, n, "the constant '%s' (ONNX type %d) holds no data that can be read: external, cut, empty or of another type",
                       v->name, v->t->data_type);
}

/* QuantizeLinear of a float constant, one scale or one for each index of the axis: rint(w / s) + z, saturated. */
int onnx_quantize_const(struct onnx *x, const Onnx__NodeProto *n, const struct value *v, struct value *out)
{
    const struct value *s = onnx_in(x, n, 1), *z = onnx_in(x, n, 2);
    const Onnx__TensorProto *w = v->t;
    int64_t count = onnx_count(w), axis = onnx_attr_int(n, "axis", 1), rank = (int64_t)w->n_dims;
    Onnx__TensorProto *t = bl_net_alloc(x->net, 1, sizeof *t);
    uint8_t *bytes = count > 0 ? bl_net_alloc(x->net, (size_t)count, 1) : NULL;
    uint64_t along = 1, inner = 1;

    if (!onnx_is_float(w) || s->kind != VALUE_CONST || !onnx_is_float(s->t) || (z && (z->kind != VALUE_CONST || !onnx_is_int(z->t))))
        return onnx_refuse(x, n, "found no float constant with a constant scale (float) and zero point (integer)");
    if (!t || !bytes)
        return onnx_refuse(x, n, "no memory");
    axis += axis < 0 ? rank : 0;
    uint64_t ns = (uint64_t)onnx_count(s->t), nz = z ? (uint64_t)onnx_count(z->t) : 1;
    if (axis >= 0 && axis < rank) {
        along = (uint64_t)w->dims[axis];
        for (int64_t i = axis + 1; i < rank; i++)
            inner *= (uint64_t)w->dims[i];
    }
    int32_t type = z ? z->t->data_type : TYPE(UINT8), lo = type == TYPE(INT8) ? -128 : 0;
    if ((ns != 1 && ns != along) || (nz != 1 && nz != ns) || (type != TYPE(INT8) && type != TYPE(UINT8)))
        return onnx_refuse(x, n, "found %llu scales and %llu zero points of ONNX type %d, expected 1 or %llu of uint8 or int8",
                           (unsigned long long)ns, (unsigned long long)nz, type, (unsigned long long)along);
    for (uint64_t i = 0; i < (uint64_t)count; i++) {
        uint64_t c = i / inner % along;
        float q = onnx_float(w, i) / onnx_float(s->t, ns > 1 ? c : 0);
        bytes[i] = (uint8_t)bl_requant_real(q, z ? (int32_t)onnx_int(z->t, nz > 1 ? c : 0) : 0, lo, lo + 255);
    }
    onnx__tensor_proto__init(t);
    t->data_type = type;
    t->has_data_type = t->has_raw_data = 1;
    t->n_dims = w->n_dims;
    t->dims = w->dims;
    t->raw_data.data = bytes;
    t->raw_data.len = (size_t)count;
    *out = (struct value){ .kind = VALUE_CONST, .t = t };
    return 0;
}

/* Scales and zero points: one for all or one an output (of a group, for a MatMul of many matrices). */
static int fill_codes(struct onnx *x, const Onnx__NodeProto *n, struct bl_layer *l, const struct onnx_weights *w)
{
    int64_t ns = onnx_is_float(w->s) ? onnx_count(w->s) : 0, nz = w->z ? onnx_is_int(w->z) ? onnx_count(w->z) : 0 : 1;
    uint32_t each = w->columns ? w->n : l->cout;
    int64_t rank = (int64_t)w->w->n_dims, want = w->columns ? rank - 1 : 0, axis = w->axis < 0 ? w->axis + rank : w->axis;

    if ((ns != 1 && ns != each && ns != l->cout) || (nz != 1 && nz != each && nz != l->cout))
        return onnx_refuse(x, n, "found %lld weight scales and %lld zero points, expected 1 or %u, one an output",
                           (long long)ns, (long long)nz, each);
    if (w->axis >= 0 && ns > 1 && axis != want)
        return onnx_refuse(x, n, "the weight scales lie along axis %lld, expected %lld, the outputs",
                           (long long)axis, (long long)want);
    for (uint32_t o = 0; o < l->cout; o++) {
        l->wscale[o] = onnx_float(w->s, o % (uint64_t)ns);
        l->wzero[o] = w->z ? (int32_t)onnx_int(w->z, o % (uint64_t)nz) : 0;
        if (w->w->data_type == TYPE(UINT8))
            l->wzero[o] -= 128;
    }
    return 0;
}

int onnx_fill(struct onnx *x, const Onnx__NodeProto *n, struct bl_layer *l, const struct onnx_weights *w, uint64_t cout, uint64_t k)
{
    int32_t shift = w->w->data_type == TYPE(UINT8) ? 128 : 0;

    if ((w->w->data_type != TYPE(UINT8) && w->w->data_type != TYPE(INT8)) || !cout || !k || cout > BL_NET_MAX_ELEMS ||
        k > BL_NET_MAX_ELEMS || onnx_count(w->w) != (int64_t)(cout * k))
        return onnx_refuse(x, n, "found weights of ONNX type %d with %lld elements, expected %llu of uint8 or int8",
                           w->w->data_type, (long long)onnx_count(w->w), (unsigned long long)(cout * k));
    if (w->z && w->z->data_type != w->w->data_type)
        return onnx_refuse(x, n, "the weights and their zero point are of different types");
    if (bl_net_weights(x->net, l, (uint32_t)cout, (uint32_t)k))
        return onnx_refuse(x, n, "no memory for %llu weights", (unsigned long long)(cout * k));
    for (uint64_t o = 0; o < cout; o++)
        for (uint64_t i = 0; i < k; i++) {
            uint64_t at = w->columns ? (o / w->n * k + i) * w->n + o % w->n : o * k + i;
            l->weight[o * k + i] = (int8_t)(onnx_int(w->w, at) - shift);
        }
    return fill_codes(x, n, l, w);
}

/* The integer bias of output o: int32 as it is when its scale is s_x * s_w, a real value divided by it. */
static int one_bias(struct onnx *x, const Onnx__NodeProto *n, const struct value *v, uint64_t i, double unit, bool plain, double *out)
{
    if (v->kind == VALUE_CONST && v->t->data_type == TYPE(FLOAT) && !plain) {
        *out = rint((double)onnx_float(v->t, i) / unit);
        return 0;
    }
    if (v->kind == VALUE_REAL_CONST) {
        double scale = (double)onnx_float(v->s, onnx_count(v->s) > 1 ? i : 0);
        if (!(fabs(scale - unit) <= unit * 1e-4))
            return onnx_refuse(x, n, "found bias scale %g, expected %g, the product of the input's and the weights'", scale, unit);
    }
    *out = (double)onnx_int(v->t, i);
    return 0;
}

int onnx_bias(struct onnx *x, const Onnx__NodeProto *n, struct bl_layer *l, size_t i, bool plain)
{
    const struct value *v = onnx_in(x, n, i);
    double sx = (double)x->net->tensors[l->in[0]].scale, b = 0.0;

    if (!v)
        return 0;
    bool real = v->kind == VALUE_CONST && onnx_is_float(v->t) && !plain;
    bool coded = v->kind == VALUE_REAL_CONST && onnx_is_int(v->t) && (onnx_count(v->s) == 1 || onnx_count(v->s) == l->cout);
    if (!real && !coded && !(plain && v->kind == VALUE_CONST && onnx_is_int(v->t)))
        return onnx_refuse(x, n, "the bias '%s' must be a constant: int32%s", v->name, plain ? "" : " with DequantizeLinear, or float");
    if (onnx_count(v->t) != l->cout || (coded && v->z && (!onnx_is_int(v->z) || onnx_int(v->z, 0))))
        return onnx_refuse(x, n, "found %lld biases in '%s', expected %u with zero point 0", (long long)onnx_count(v->t), v->name, l->cout);
    for (uint32_t o = 0; o < l->cout; o++) {
        if (one_bias(x, n, v, o, sx * (double)l->wscale[o], plain, &b))
            return -1;
        b += l->bias[o];
        if (!(fabs(b) <= INT32_MAX))
            return onnx_refuse(x, n, "bias %u is %g units of the sum, more than 32 bits hold", o, b);
        l->bias[o] = (int32_t)b;
    }
    return 0;
}
