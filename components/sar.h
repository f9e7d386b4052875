/* sar.h - conversion by successive approximation (SAR): the scale of the codes, the sample, one decision a bit, and when each
 * falls. Pure functions; an ADC part decides when to call them. Only double arithmetic without libm but rint, so that results are
 * the same everywhere. Used by sar_adc and osa_adc. */
#ifndef BL_SAR_H
#define BL_SAR_H

#include <math.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- when ------------------------------------------------------------------------------------------
 * A slot converts one value of `bits` bits; a step of it decides one bit. It is cut into 2 * bits half steps. What is sampled is
 * sampled at half step 1; decision m, from 0, which is the one of bit bits - 1 - m, falls at half step 2 m + 1, the middle of its
 * step; the slot ends at half step 2 * bits. */

/* Half step k of a slot that lasts `slot` fs, fs from its start: k * slot / (2 * bits), to the nearest whole number, halves up. So any
 * clock period will do: the rounding is at most half a femtosecond and does not add up. k * slot stays below 2^63. */
static inline uint64_t bl_sar_at(uint64_t slot, uint32_t bits, uint32_t k) { return (k * slot + bits) / (2 * (uint64_t)bits); }

/* What a converter takes, [lo, hi): a row of sar_adc.ranges, one a layer. */
struct bl_range { double lo, hi; };
enum { BL_SAR_FULL, BL_SAR_UNIT, BL_SAR_GIVEN, BL_SAR_TABLE, BL_SAR_SCALE };       /* sar_adc.range */
/* What came to a converter, by layer: sar_adc.stat, with measure. */
struct bl_sar_seen { int64_t least, most; uint64_t n; };
enum { BL_SAR_MEASURED = 1024 };       /* layers, at most */

/* ---- what ------------------------------------------------------------------------------------------ */

/* Code c stands for [lo + c lsb, lo + (c + 1) lsb); what lies outside of all gets the first or the last code. */
struct bl_sar_scale { double lo, lsb; };
/* The scale of `bits` bits, 1 .. 31, over [lo, hi). */
static inline struct bl_sar_scale bl_sar_scale(double lo, double hi, uint32_t bits)
{
    const struct bl_sar_scale s = { lo, (hi - lo) / (double)(UINT32_C(1) << bits) };

    return s;
}

/* What is held of v: noise of `sigma` LSB on it, `draw` is its standard normal number (any, when sigma is 0). */
static inline double bl_sar_sample(const struct bl_sar_scale *s, double v, double sigma, double draw)
{
    return sigma > 0 ? v + sigma * s->lsb * draw : v;
}

/* The code with its bit `bit` decided, from the top bit down to 0; those above it are decided in `code`, which begins as 0. */
static inline uint32_t bl_sar_decide(const struct bl_sar_scale *s, double held, uint32_t code, uint32_t bit)
{
    const uint32_t trial = code | UINT32_C(1) << bit;

    return held >= s->lo + trial * s->lsb ? trial : code;
}

/* What a code stands for, to the nearest whole number (half to even): the middle of its step. */
static inline double bl_sar_middle(const struct bl_sar_scale *s, uint32_t code) { return rint(s->lo + (code + 0.5) * s->lsb); }

/* The same, but the lower end of a step that is no wider than 1, so that whole numbers come back as they went in. */
static inline double bl_sar_value(const struct bl_sar_scale *s, uint32_t code)
{
    return s->lsb > 1 ? bl_sar_middle(s, code) : rint(s->lo + code * s->lsb);
}

#ifdef __cplusplus
}
#endif

#endif
