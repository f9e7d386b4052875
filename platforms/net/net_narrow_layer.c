/* net_narrow_layer.c - a layer and a tensor with fewer bits: weights, biases, zero points, clips, tables of codes; by powers of two. */
#include <math.h>
#include <stdlib.h>

#include "platforms/net/net_narrow_in.h"

/* ---- arithmetic ---- */

/* v / 2^n, halves to even. |v| < 2^62, n < 62. */
static int64_t rne(int64_t v, unsigned n)
{
    int64_t unit = INT64_C(1) << n, half = unit >> 1, floor = v >> n, rest = v & (unit - 1);

    return floor + (rest > half || (n && rest == half && (floor & 1)));
}

static int32_t within(int64_t v, int32_t lo, int32_t hi) { return (int32_t)(v < lo ? lo : v > hi ? hi : v); }

struct bl_tensor bl_tensor_wide(const struct bl_tensor *t)
{
    struct bl_tensor wide = *t;

    if (!t->shift)
        return wide;
    wide.bits = t->bits + t->shift;
    wide.scale = ldexpf(t->scale, -(int)t->shift);
    wide.zero = t->wide_zero;
    wide.shift = 0;
    return wide;
}

/* A code of the original as one of what it was narrowed to. */
static int32_t narrow_code(const struct bl_tensor *t, int32_t code)
{
    return within(rne(code - t->wide_zero, t->shift) + t->zero, bl_tensor_min(t), bl_tensor_max(t));
}

static int32_t as_code(const struct bl_tensor *t, uint8_t byte) { return t->dtype == BL_S8 ? (int8_t)byte : byte; }

uint8_t bl_tensor_narrow(const struct bl_tensor *t, uint8_t byte)
{
    return t->shift ? (uint8_t)narrow_code(t, as_code(t, byte)) : byte;
}

/* The byte of the original that stands nearest to a byte of what it was narrowed to. */
static uint8_t widened(const struct bl_tensor *t, uint8_t byte)
{
    const struct bl_tensor wide = bl_tensor_wide(t);
    int64_t code = (int64_t)(as_code(t, byte) - t->zero) * (1 << t->shift) + t->wide_zero;

    return (uint8_t)within(code, bl_tensor_min(&wide), bl_tensor_max(&wide));
}

/* ---- weights ---- */

static bool is_long(const struct bl_layer *l)
{
    for (uint32_t o = 0; o < l->cout; o++)
        for (uint32_t i = 0; l->wzero[o] && i < l->k; i++)
            if (abs(l->weight[(size_t)o * l->k + i] - l->wzero[o]) > INT8_MAX)
                return true;
    return false;
}

/* Weights to -1 and +1; their mean magnitude goes into the scale, by which the bias is divided. */
static void one_bit(struct bl_layer *l, unsigned dx)
{
    for (uint32_t o = 0; o < l->cout; o++) {
        int64_t sum = 0;
        for (uint32_t i = 0; i < l->k; i++) {
            int8_t *w = &l->weight[(size_t)o * l->k + i];
            int32_t v = *w - l->wzero[o];
            sum += abs(v);
            *w = v >= 0 ? 1 : -1;
        }
        float was = l->wscale[o], alpha = (float)sum / (float)l->k;
        l->wscale[o] = was * alpha;
        l->wzero[o] = 0;
        l->bias[o] = (int32_t)rint((double)l->bias[o] * (double)was / ldexp((double)l->wscale[o], (int)dx));
    }
}

static void fewer_bits(struct bl_layer *l, unsigned bits, unsigned dx)
{
    unsigned dw = bits < NARROW_FROM ? NARROW_FROM - bits + is_long(l) : 0;
    int32_t top = (1 << (bits - 1)) - 1;

    for (uint32_t o = 0; o < l->cout; o++) {
        for (uint32_t i = 0; dw && i < l->k; i++) {
            int8_t *w = &l->weight[(size_t)o * l->k + i];
            *w = (int8_t)within(rne(*w - l->wzero[o], dw), -top - 1, top);
        }
        if (dw)
            l->wzero[o] = 0;
        l->wscale[o] = ldexpf(l->wscale[o], (int)dw);
        l->bias[o] = (int32_t)rne(l->bias[o], dw + dx);
    }
}

static void product(const struct bl_net *net, struct bl_layer *l, struct bl_narrow to, bool fitted)
{
    unsigned dx = net->tensors[l->in[0]].shift, w = to.w ? to.w : l->wbits;

    if (w == 1 && l->wbits != 1)
        one_bit(l, dx);
    else if (fitted && w < l->wbits)
        bl_narrow_fit(l, w, dx);
    else
        fewer_bits(l, w < l->wbits ? w : NARROW_FROM, dx);
    l->wbits = w;
    l->abits = to.a;
}

/* ---- tables of codes ---- */

/* By code of x, as a byte; y' is what it was by its real value, where the reader has told it. */
static int narrow_lut(struct bl_net *net, struct bl_layer *l)
{
    const struct bl_tensor *x = &net->tensors[l->in[0]], *y = &net->tensors[l->out];
    uint8_t *lut = bl_net_alloc(net, 256, 1);

    for (int i = 0; lut && i < 256; i++) {
        uint8_t at = widened(x, (uint8_t)i);
        lut[i] = l->reals ? (uint8_t)bl_float_code(l->reals[at], y->scale, y->zero, false, bl_tensor_min(y), bl_tensor_max(y)) : bl_tensor_narrow(y, l->lut[at]);
    }
    l->lut = lut;
    return lut ? 0 : -1;
}

static int narrow_reals(struct bl_net *net, struct bl_layer *l)
{
    float *reals = bl_net_alloc(net, 256, sizeof *reals);

    for (int i = 0; reals && i < 256; i++)
        reals[i] = l->reals[widened(&net->tensors[l->in[0]], (uint8_t)i)];
    l->reals = reals;
    return reals ? 0 : -1;
}

/* By distance from the largest code. */
static int narrow_exps(struct bl_net *net, struct bl_layer *l)
{
    unsigned dx = net->tensors[l->in[0]].shift;
    float *exps = bl_net_alloc(net, 256, sizeof *exps);

    for (unsigned i = 0; exps && i << dx < 256; i++)
        exps[i] = l->exps[i << dx];
    l->exps = exps;
    return exps ? 0 : -1;
}

int bl_narrow_layer(struct bl_net *net, struct bl_layer *l, struct bl_narrow to, bool fitted)
{
    const struct bl_tensor *x = &net->tensors[l->in[0]], *y = &net->tensors[l->out];
    const struct bl_tensor wide = bl_tensor_wide(y);

    if (l->clamped && y->shift) {
        l->lo = l->lo == bl_tensor_min(&wide) ? bl_tensor_min(y) : narrow_code(y, l->lo);
        l->hi = l->hi == bl_tensor_max(&wide) ? bl_tensor_max(y) : narrow_code(y, l->hi);
    }
    if (l->kind == BL_MOVE && y->shift)
        l->fill = narrow_code(y, l->fill);
    if (narrow_product(l))
        product(net, l, to, fitted);
    if (l->kind == BL_LUT && (x->shift || y->shift))
        return narrow_lut(net, l);
    return !x->shift ? 0 : l->kind == BL_TABLE ? narrow_reals(net, l) : l->kind == BL_SOFTMAX ? narrow_exps(net, l) : 0;
}

int bl_narrow_tensor(struct bl_net *net, struct bl_tensor *t, unsigned bits)
{
    t->shift = t->bits - bits;
    t->wide_zero = t->zero;
    t->bits = bits;
    t->scale = ldexpf(t->scale, (int)t->shift);
    t->zero = within(rne(t->wide_zero, t->shift), bl_tensor_min(t), bl_tensor_max(t));
    if (!t->data || !t->shift)
        return 0;
    size_t n = bl_tensor_elems(t);
    uint8_t *data = bl_net_alloc(net, n, 1);
    for (size_t i = 0; data && i < n; i++)
        data[i] = bl_tensor_narrow(t, t->data[i]);
    t->data = data;
    return data ? 0 : -1;
}
