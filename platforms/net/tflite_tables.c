/* tflite_tables.c - operators of one variable as functions from code to code, bit for bit as TensorFlow Lite's kernels have them:
 * QUANTIZE, RELU and its kin, LEAKY_RELU, HARD_SWISH, LOGISTIC, TANH; the exponentials of SOFTMAX. Sources: XNNPACK's vcvt, vlrelu
 * and table kernels; tensorflow/lite/kernels/internal/reference (requantize, leaky_relu, hard_swish). */
#include "platforms/net/tflite_read.h"

#include <math.h>

#include "components/requant_work.h"
#include "platforms/net/real.h"

/* ---- change of code ---- */

/* Eight bits of multiplier, halves up. */
static int32_t short_product(int32_t d, float ratio)
{
    float m = 256.0f * ratio;
    int64_t p = (int64_t)d * (int64_t)rint((double)(m < 0x1p40f ? m : 0x1p40f)) + 128;

    return bl_sat32(p >> 8);
}

static int32_t requantise(const struct tfl_curve *c, int32_t d)
{
    float ratio = c->sx / c->sy;

    if (c->rule == BL_XNN && !c->other_type)
        return short_product(d, ratio);
    return bl_fixed_times(d, bl_fixed_of((double)c->sx / (double)c->sy));
}

/* Real values between a DEQUANTIZE and a QUANTIZE. */
static int32_t through_real(const struct tfl_curve *c, int32_t d)
{
    float v = c->sx * (float)d;

    return bl_real_code(c->rule, v, c->sy, c->zy, c->lo, c->hi) - c->zy;
}

static int32_t relu(const struct tfl_curve *c, int32_t d)
{
    float ratio = c->sx / c->sy;

    return bl_fixed_times(d, bl_fixed_of((double)ratio));
}

static int32_t leaky(const struct tfl_curve *c, int32_t d)
{
    float ratio = c->sx / c->sy, m = 256.0f * ratio;
    double real = (double)c->sx / (double)c->sy * (d < 0 ? (double)c->alpha : 1.0);

    if (c->rule == BL_XNN) {
        m = d < 0 ? m * c->alpha : m;
        m = m < 0x1p40f ? m > -0x1p40f ? m : -0x1p40f : 0x1p40f;
        return bl_sat32(((int64_t)d * (int64_t)rint((double)m) + 128) >> 8);
    }
    struct bl_fixed f = bl_fixed_of(real < 0 ? -real : real);
    return bl_fixed_times(real < 0 ? -d : d, f);
}

/* ---- hard swish: 16-bit arithmetic ---- */

static int32_t sat16(int64_t v) { return v > 32767 ? 32767 : v < -32768 ? -32768 : (int32_t)v; }

/* a b / 2^15, halves up. */
static int32_t half_product(int32_t a, int32_t b)
{
    int32_t p = a * b;

    return sat16((p + (p >= 0 ? 1 << 14 : 1 - (1 << 14))) / (1 << 15));
}

static int32_t short_multiplier(struct bl_fixed f)
{
    int64_t m = ((int64_t)f.multiplier + (1 << 15)) >> 16;

    return m > 32767 ? 32767 : (int32_t)m;
}

static int32_t hard_swish(const struct tfl_curve *c, int32_t d)
{
    float high = c->sx / 128.0f, three = 3.0f / 32768.0f, out = high / c->sy, in = high / three;
    struct bl_fixed fo = bl_fixed_of((double)out), fr = bl_fixed_of((double)in);
    int32_t v = d * 128, p = half_product(v, short_multiplier(fo)), r = v;

    if (fr.exponent > 0)
        r = sat16(r * (INT64_C(1) << (fr.exponent - 1)));
    r = half_product(r, short_multiplier(fr));
    if (fr.exponent > 0)
        r = sat16((int64_t)r * 2);
    if (fr.exponent < 0)
        r = bl_rounded_shift(r, -fr.exponent);
    r = (r + 32768) >> 1;
    return bl_rounded_shift(r * p / (1 << 15), -fo.exponent);
}

/* ---- curves ---- */

static int32_t curve(const struct tfl_curve *c, int32_t d)
{
    float arg = c->sx * (float)d, inverse = 1.0f / c->sy, v;

    v = (float)(c->code == 28 ? bl_real_tanh((double)arg) : bl_real_logistic((double)arg));
    v = v * inverse;
    return bl_round_away((double)v);
}

int32_t tfl_curve_at(const struct tfl_curve *c, int32_t q)
{
    int32_t d = q - c->zx, v;

    switch (c->code) {
    case 6: v = through_real(c, d); break;
    case 114: v = requantise(c, d); break;
    case 98: v = leaky(c, d); break;
    case 117: v = hard_swish(c, d); break;
    case 14: case 28: v = curve(c, d); break;
    default: v = relu(c, d);
    }
    return bl_requant_whole(v, c->zy, c->lo, c->hi);
}

void tfl_exps(float scale, float beta, float *out)
{
    float step = scale * beta;

    for (int d = 0; d < 256; d++) {
        float arg = step * (float)d;
        out[d] = (float)bl_real_exp(-(double)arg);
    }
}
