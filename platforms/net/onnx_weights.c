/* onnx_weights.c - weights, scales, zero points, biases and normalisations of an ONNX node into a layer's arrays. */
#include <math.h>
#include <string.h>

#include "platforms/net/onnx_read.h"

static bool is_eight(int type)
{
    return type == ONNX_TYPE(UINT8) || type == ONNX_TYPE(INT8) || type == ONNX_UINT4 || type == ONNX_INT4;
}

bool onnx_weights_qdq(const struct value *v, int64_t want, struct onnx_weights *w)
{
    if (!v || v->kind != VALUE_REAL_CONST || !is_eight(v->t->data_type) || v->block || onnx_count(v->t) <= 0)
        return false;
    if (onnx_count(v->s) > 1 && v->axis != want)
        return false;
    *w = (struct onnx_weights){ .w = v->t, .s = v->s, .z = v->z, .bits = v->bits, .axis = v->axis };
    return true;
}

int onnx_weights_q(const struct onnx *x, const Onnx__NodeProto *n, size_t i, struct onnx_weights *w)
{
    const struct value *v = onnx_in(x, n, i), *s = onnx_in(x, n, i + 1), *z = onnx_in(x, n, i + 2);

    if (!v || !s || v->kind != VALUE_CONST || s->kind != VALUE_CONST || (z && z->kind != VALUE_CONST))
        return onnx_refuse(x, n, "found no constant weights, scale and zero point in inputs %zu to %zu", i, i + 2);
    if (onnx_count(v->t) <= 0)
        return onnx_no_data(x, n, v);
    *w = (struct onnx_weights){ .w = v->t, .s = s->t, .z = z ? z->t : NULL, .bits = v->bits, .axis = -1 };
    return 0;
}

/* Scales and zero points: one for all or one an output (of a group, for a MatMul of many matrices). */
static int fill_codes(struct onnx *x, const Onnx__NodeProto *n, struct bl_layer *l, const struct onnx_weights *w, int32_t offset)
{
    int64_t ns = !w->s ? 1 : onnx_is_float(w->s) ? onnx_count(w->s) : 0, nz = w->z ? onnx_is_int(w->z) ? onnx_count(w->z) : 0 : 1;
    uint32_t each = w->columns ? w->n : l->cout;

    if ((ns != 1 && ns != each && ns != l->cout) || (nz != 1 && nz != each && nz != l->cout))
        return onnx_refuse(x, n, "found %lld weight scales and %lld zero points, expected 1 or %u, one an output",
                           (long long)ns, (long long)nz, each);
    for (uint32_t o = 0; o < l->cout; o++) {
        l->wscale[o] = w->s ? onnx_float(w->s, o % (uint64_t)ns) : 1.0f;
        l->wzero[o] = w->z ? (int32_t)onnx_int(w->z, o % (uint64_t)nz) : 0;
        l->wzero[o] -= offset;
        if (!(l->wscale[o] > 0.0f) || !isfinite(l->wscale[o]))
            return onnx_refuse(x, n, "found scale %g, expected a positive number", (double)l->wscale[o]);
    }
    return 0;
}

int onnx_fill(struct onnx *x, const Onnx__NodeProto *n, struct bl_layer *l, const struct onnx_weights *w, uint64_t cout, uint64_t k)
{
    int type = w->w->data_type;
    bool is_unsigned = type == ONNX_TYPE(UINT8) || type == ONNX_UINT4;
    unsigned bits = w->bits ? w->bits : type == ONNX_UINT4 || type == ONNX_INT4 ? 4 : 8;
    int32_t offset = is_unsigned ? 1 << (bits - 1) : 0;    /* unsigned ones are stored signed, and their zero point with them */

    if (!is_eight(w->w->data_type) || !cout || !k || cout > BL_NET_MAX_ELEMS || k > BL_NET_MAX_ELEMS || onnx_count(w->w) != (int64_t)(cout * k))
        return onnx_refuse(x, n, "found weights of ONNX type %d with %lld elements, expected uint8, int8, uint4 or int4 and %llu",
                           w->w->data_type, (long long)onnx_count(w->w), (unsigned long long)(cout * k));
    if (w->z && w->z->data_type != w->w->data_type)
        return onnx_refuse(x, n, "the weights are of ONNX type %d, their zero point of type %d; expected the same", w->w->data_type, w->z->data_type);
    if (bl_net_weights(x->net, l, (uint32_t)cout, (uint32_t)k))
        return onnx_refuse(x, n, "no memory for %llu weights", (unsigned long long)(cout * k));
    for (uint64_t o = 0; o < cout; o++)
        for (uint64_t i = 0; i < k; i++) {
            uint64_t at = w->columns ? (o / w->n * k + i) * w->n + o % w->n : o * k + i;
            l->weight[o * k + i] = (int8_t)(onnx_int(w->w, at) - offset);
        }
    l->wbits = bits;
    return fill_codes(x, n, l, w, offset);
}

/* ---- biases ---- */

/* Whether every scale of the constant is f32(s_x s_w) of its output, so that its integers join the sums. */
static bool in_units(const struct onnx *x, const struct bl_layer *l, const struct value *v)
{
    float sx = x->net->tensors[l->in[0]].scale;

    if (v->kind != VALUE_REAL_CONST || v->t->data_type != ONNX_TYPE(INT32) || v->block || l->alpha > 0.0f || l->alpha < 0.0f)
        return false;
    for (uint32_t o = 0; o < l->cout; o++) {
        float unit = sx * l->wscale[o], s = onnx_float(v->s, onnx_count(v->s) > 1 ? o : 0);
        if (s < unit || s > unit)
            return false;
    }
    return true;
}

static int integer_bias(struct onnx *x, const Onnx__NodeProto *n, struct bl_layer *l, const struct value *v)
{
    bool one = onnx_count(v->t) == 1;

    for (uint32_t o = 0; o < l->cout; o++) {
        uint64_t at = one ? 0 : o;
        int64_t z = v->kind == VALUE_REAL_CONST && v->z ? onnx_int(v->z, onnx_count(v->z) > 1 ? at : 0) : 0;
        int64_t b = onnx_int(v->t, at) - z + l->bias[o];
        if (b > INT32_MAX || b < -INT32_MAX)
            return onnx_refuse(x, n, "bias %u is %lld units of the sum, more than 32 bits hold", o, (long long)b);
        l->bias[o] = (int32_t)b;
    }
    return 0;
}

int onnx_bias(struct onnx *x, const Onnx__NodeProto *n, struct bl_layer *l, const struct value *v, bool plain, float factor, bool *taken)
{
    int64_t count = v ? onnx_count(v->t) : 0;
    bool scaled = factor > 1.0f || factor < 1.0f;

    *taken = true;
    if (!v)
        return 0;
    if (count <= 0)
        return onnx_no_data(x, n, v);
    if (count != l->cout && (count != 1 || (plain && !onnx_op_is(n, "QGemm"))))
        return onnx_refuse(x, n, "found %lld biases in '%s', expected %u", (long long)count, v->name, l->cout);
    if (plain ? v->kind != VALUE_CONST || v->t->data_type != ONNX_TYPE(INT32) : v->kind == VALUE_CONST && v->t->data_type != ONNX_TYPE(FLOAT))
        return onnx_refuse(x, n, "the bias '%s' is of ONNX type %d, expected int32%s", v->name, v->t->data_type, plain ? "" : " with DequantizeLinear, or float32");
    if (!scaled && !l->real_bias && (plain || in_units(x, l, v)))
        return integer_bias(x, n, l, v);
    if (l->real_bias || plain) {
        *taken = false;
        return 0;
    }
    if (!(l->real_bias = bl_net_alloc(x->net, l->cout, sizeof *l->real_bias)))
        return onnx_refuse(x, n, "no memory");
    for (uint32_t o = 0; o < l->cout; o++) {
        float b = onnx_real(v, count == 1 ? 0 : o);
        l->real_bias[o] = scaled ? b * factor : b;
    }
    return 0;
}

/* ---- what follows a product, output by output ---- */

bool onnx_per_output(const struct value *c, uint32_t rank, const uint64_t *dims, uint32_t axis)
{
    uint64_t d[ONNX_RANK];
    uint32_t r;

    if (!onnx_const_dims(c, &r, d) || r > rank)
        return false;
    for (uint32_t i = 0; i < r; i++)
        if (d[i] != 1 && (i + rank - r != axis || d[i] != dims[axis]))
            return false;
    return true;
}

int onnx_norm_factors(struct onnx *x, const Onnx__NodeProto *n, uint64_t channels, float **gain, float **offset)
{
    const struct value *v[4];
    float epsilon = onnx_attr_float(n, "epsilon", 1e-5f);

    for (size_t i = 0; i < 4; i++) {
        v[i] = onnx_in(x, n, i + 1);
        if (!onnx_is_const(v[i]) || onnx_count(v[i]->t) != (int64_t)channels)
            return onnx_refuse(x, n, "input %zu is no constant of %llu elements, one a channel", i + 1, (unsigned long long)channels);
    }
    *gain = bl_net_alloc(x->net, channels, sizeof **gain);
    *offset = bl_net_alloc(x->net, channels, sizeof **offset);
    if (!*gain || !*offset)
        return onnx_refuse(x, n, "no memory");
    for (uint64_t i = 0; i < channels; i++) {
        float mean = onnx_real(v[2], i), var = onnx_real(v[3], i), root, m;
        var = var + epsilon;
        root = (float)sqrt((double)var);
        (*gain)[i] = onnx_real(v[0], i) / root;
        m = mean * (*gain)[i];
        (*offset)[i] = onnx_real(v[1], i) - m;
        if (!isfinite((*gain)[i]) || !isfinite((*offset)[i]))
            return onnx_refuse(x, n, "scale, bias, mean and variance of channel %llu give no finite number", (unsigned long long)i);
    }
    return 0;
}

/* An Add of a constant with one value an output: 1 when it has become part of the layer, 0, or -1 after an error. */
static int take_add(struct onnx *x, const Onnx__NodeProto *r, const char *name, struct bl_layer *l, uint32_t rank, const uint64_t *dims, uint32_t axis)
{
    bool taken;

    if (r->n_input != 2 || r->n_attribute)
        return 0;
    const struct value *c = onnx_in(x, r, strcmp(r->input[0], name) ? 0 : 1);
    if (!onnx_is_const(c) || (c->kind == VALUE_CONST && !onnx_is_float(c->t)) || !onnx_per_output(c, rank, dims, axis))
        return 0;
    return onnx_bias(x, r, l, c, false, 1.0f, &taken) ? -1 : taken;
}

int onnx_tail(struct onnx *x, const char **name, struct bl_layer *l, uint32_t rank, const uint64_t *dims, uint32_t axis)
{
    const Onnx__NodeProto *r;
    int taken = 0;

    if ((r = onnx_only_reader(x, *name)) && onnx_op_is(r, "Add") && l->cout == dims[axis]) {
        if ((taken = take_add(x, r, *name, l, rank, dims, axis)) < 0)
            return -1;
        if (taken) {
            onnx_absorb(x, r);
            *name = r->output[0];
        }
    }
    r = onnx_only_reader(x, *name);
    if (!r || !onnx_op_is(r, "BatchNormalization") || r->n_input != 5 || strcmp(r->input[0], *name) || axis != 1 || l->cout != dims[axis])
        return 0;
    if (r->n_output != 1 || onnx_norm_factors(x, r, l->cout, &l->gain, &l->offset))
        return r->n_output != 1 ? 0 : -1;
    onnx_absorb(x, r);
    *name = r->output[0];
    return 0;
}
