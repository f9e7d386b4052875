/* requant.h - 32-bit sums back to 8-bit activations: float32 multiplier, round half to even, saturate.
 * Shared by the host part and the integer reference, so that both mean the same by "requantise".
 * Sources: ONNX operators QuantizeLinear-13, QLinearConv-10; com.microsoft QLinearAdd, QLinearGlobalAveragePool. */
#ifndef BL_REQUANT_H
#define BL_REQUANT_H

#include <float.h>
#include <math.h>
#include <stdint.h>

/* Every float below is an IEEE binary32 and every operation rounds once: build with -ffp-contract=off. */
_Static_assert(FLT_EVAL_METHOD == 0, "float must be evaluated as float");

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

#endif
