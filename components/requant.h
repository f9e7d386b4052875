/* requant.h - 32-bit sums back to 8-bit activations, by the rule of the net: one function for the host parts, the part `requant`
 * and the integer reference, so that all mean the same by "requantise".
 * Sources: ONNX operators QuantizeLinear-13, QLinearConv-10; com.microsoft QLinearAdd, QLinearGlobalAveragePool; for BL_XNN the
 * kernels that TensorFlow Lite runs on processors (XNNPACK), for BL_Q31 its reference kernels (gemmlowp's fixed point). */
#ifndef BL_REQUANT_H
#define BL_REQUANT_H

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Every float below is an IEEE binary32 and every operation rounds once: build with -ffp-contract=off. */
#ifndef __cplusplus
_Static_assert(FLT_EVAL_METHOD == 0, "float must be evaluated as float");
#endif

/* ---- float32 ---- */

/* Rounds v half to even, adds the zero point zp and clamps to [lo, hi]. The clamp is done before the
 * conversion, so every v is allowed (infinite saturates, NaN gives lo). -256 <= lo <= hi <= 255, |zp| <= 255. */
static inline int32_t bl_requant_real(float v, int32_t zp, int32_t lo, int32_t hi)
{
    double r = rint((double)v);

    if (!(r > (double)(lo - zp)))
        return lo;
    if (r > (double)(hi - zp))
        return hi;
    return (int32_t)r + zp;
}

/* clamp(rint(acc * mult) + zp): the end of a convolution or a fully connected layer. `acc` already holds
 * the bias and the zero-point correction; mult = s_x * s_w / s_y (bl_requant_mult). */
static inline int32_t bl_requant(int32_t acc, float mult, int32_t zp, int32_t lo, int32_t hi)
{
    float v = (float)acc * mult;

    return bl_requant_real(v, zp, lo, hi);
}

/* n accumulators of one output channel to bytes (two's complement when lo < 0). */
static inline void bl_requant_row(const int32_t *acc, uint8_t *out, uint32_t n, float mult,
                                  int32_t zp, int32_t lo, int32_t hi)
{
    for (uint32_t i = 0; i < n; i++)
        out[i] = (uint8_t)bl_requant(acc[i], mult, zp, lo, hi);
}

/* The multiplier of a product: (s_x * s_w) / s_y, in this order, each step a float32. */
static inline float bl_requant_mult(float sx, float sw, float sy)
{
    float p = sx * sw;

    return p / sy;
}

/* The multiplier of a mean over n cells whose sum is not yet divided: s_x / (s_y * n). */
static inline float bl_requant_mean(float sx, float sy, uint32_t n)
{
    float d = sy * (float)n;

    return sx / d;
}

/* Element-wise sum: a and b with their zero points taken off, ma = s_a / s_y, mb = s_b / s_y.
 * Two products and one sum, each rounded to float32. */
static inline int32_t bl_requant_add(int32_t a, float ma, int32_t b, float mb,
                                     int32_t zp, int32_t lo, int32_t hi)
{
    float x = (float)a * ma, y = (float)b * mb;
    float v = x + y;

    return bl_requant_real(v, zp, lo, hi);
}

/* A real value to its code: rint(v / scale) + zp, or with `inside` rint(v / scale + zp). */
static inline int32_t bl_float_code(float v, float scale, int32_t zp, bool inside, int32_t lo, int32_t hi)
{
    v = v / scale;
    if (!inside)
        return bl_requant_real(v, zp, lo, hi);
    v = v + (float)zp;
    return bl_requant_real(v, 0, lo, hi);
}

/* ---- fixed point of 31 bits ---- */

static inline int32_t bl_sat32(int64_t v) { return v > INT32_MAX ? INT32_MAX : v < INT32_MIN ? INT32_MIN : (int32_t)v; }

/* A positive number as multiplier * 2^(exponent - 31), multiplier in 2^30 .. 2^31-1; 0 and 0 for what is below 2^-32. */
struct bl_fixed { int32_t multiplier, exponent; };
static inline struct bl_fixed bl_fixed_of(double d)
{
    struct bl_fixed f = { 0, 0 };
    uint64_t bits, half = UINT64_C(1) << 21, m;
    int e;

    memcpy(&bits, &d, sizeof bits);
    e = (int)(bits >> 52 & 0x7ff) - 1022;                  /* d = q 2^e, 1/2 <= q < 1 */
    m = ((bits & ((UINT64_C(1) << 52) - 1)) | UINT64_C(1) << 52) + half;
    m >>= 22;                                              /* q 2^31, halves up */
    if (m >> 31) {
        m >>= 1;
        e++;
    }
    if (!(d > 0.0) || e < -31)
        return f;
    f.multiplier = e > 30 ? INT32_MAX : (int32_t)m;        /* larger ones saturate everything but 0 */
    f.exponent = e > 30 ? 30 : e;
    return f;
}

/* a b / 2^31, halves up; |result| <= 2^31-1. */
static inline int32_t bl_high_product(int32_t a, int32_t b)
{
    int64_t p = (int64_t)a * b;

    return bl_sat32((p + (p >= 0 ? INT64_C(1) << 30 : 1 - (INT64_C(1) << 30))) / (INT64_C(1) << 31));
}

/* x / 2^n, halves away from zero, 0 <= n <= 31. */
static inline int32_t bl_rounded_shift(int32_t x, int32_t n)
{
    int64_t rest = x & ((INT64_C(1) << n) - 1), half = ((INT64_C(1) << n) - 1) >> 1;

    return (x >> n) + (rest > half + (x < 0));
}

/* x times f: two roundings, so that a quarter may become 1. Saturates where the reference kernels shift bits out. */
static inline int32_t bl_fixed_times(int64_t x, struct bl_fixed f)
{
    int32_t wide = bl_sat32(f.exponent > 0 ? bl_sat32(x) * (INT64_C(1) << f.exponent) : x);

    return bl_rounded_shift(bl_high_product(wide, f.multiplier), f.exponent < 0 ? -f.exponent : 0);
}

/* v + zp, clamped to [lo, hi]. */
static inline int32_t bl_requant_whole(int64_t v, int32_t zp, int32_t lo, int32_t hi)
{
    v += zp;
    return v < lo ? lo : v > hi ? hi : (int32_t)v;
}

/* ---- the sums of products ---- */

/* How a net rounds, in all its layers. A net has the rule of the runtime that it was made for: they differ, some by a step at
 * halves, BL_Q31 by more, and a net that is computed by another one's rule gives another one's results. */
enum bl_rule {
    BL_F32,                    /* ONNX: a float32 multiplier, halves to even */
    BL_XNN,                    /* TensorFlow Lite on processors */
    BL_Q31                     /* its reference kernels, TensorFlow Lite Micro and many accelerators */
};

/* What comes behind the product of sum and multiplier, BL_F32 only. */
enum bl_requant_tail {
    BL_TAIL_NONE,              /* the multiplier is s_x s_w / s_y: all is said */
    BL_TAIL_BIAS,              /* the multiplier is s_x s_w; a float32 bias, then the division by s_y */
    BL_TAIL_NORM               /* the same with gain and offset of a batch normalisation between them */
};

/* One output channel. The sum of products is exact; `bias` joins it as an integer (its own bias, and zero points folded in), then
 *   BL_F32, BL_XNN   clamp(rint(float(sum + bias) * mult) + zp)
 *   .. BL_TAIL_BIAS  clamp(rint((float(sum + bias) * mult + real) / step) + zp)
 *   .. BL_TAIL_NORM  clamp(rint((((float(sum + bias) * mult + real) * gain) + offset) / step) + zp)
 *   BL_Q31           clamp(bl_fixed_times(sum + bias, fixed) + zp)
 * with every float32 step rounded once, in this order. sum + bias saturates at 32 bits. */
struct bl_requant {
    uint16_t rule, tail;       /* enum bl_rule, enum bl_requant_tail */
    int32_t bias;
    float mult;                /* BL_F32, BL_XNN */
    float real, gain, offset, step;
    struct bl_fixed fixed;     /* BL_Q31 */
};

/* The zero point and the clamp of a layer's activations. */
struct bl_requant_range { int32_t zero, lo, hi; };

static inline float bl_requant_behind(const struct bl_requant *r, float v)
{
    v = v + r->real;
    if (r->tail == BL_TAIL_NORM) {
        v = v * r->gain;
        v = v + r->offset;
    }
    return v / r->step;
}

/* The real value of a sum of products, for an output that stays float32: all but the division and the rounding. BL_F32 only; mult is
 * s_x s_w. */
static inline float bl_requant_float(const struct bl_requant *r, int32_t sum)
{
    float v = (float)bl_sat32((int64_t)sum + r->bias) * r->mult;

    if (r->tail)
        v = v + r->real;
    if (r->tail == BL_TAIL_NORM) {
        v = v * r->gain;
        v = v + r->offset;
    }
    return v;
}

/* A sum of products of the channel to its activation; zp, lo and hi as in bl_requant_real. */
static inline int32_t bl_requant_sum(const struct bl_requant *r, int32_t sum, int32_t zp, int32_t lo, int32_t hi)
{
    int32_t acc = bl_sat32((int64_t)sum + r->bias);
    float v;

    if (r->rule == BL_Q31)
        return bl_requant_whole(bl_fixed_times(acc, r->fixed), zp, lo, hi);
    v = (float)acc * r->mult;
    if (r->tail)
        v = bl_requant_behind(r, v);
    return bl_requant_real(v, zp, lo, hi);
}

/* Multiplier, and fixed point with BL_Q31, of a channel of scales s_x, s_w, s_y (all > 0); no tail, bias as it is. */
static inline void bl_requant_scales(struct bl_requant *r, enum bl_rule rule, float sx, float sw, float sy)
{
    r->rule = (uint16_t)rule;
    r->tail = BL_TAIL_NONE;
    r->mult = bl_requant_mult(sx, sw, sy);
    r->fixed = bl_fixed_of((double)sx * (double)sw / (double)sy);
}

#ifdef __cplusplus
}
#endif

#endif
