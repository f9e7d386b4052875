/* requant_work.h - what a layer does that is no sum of products: two activations to one, means, softmax, each by the rule of the
 * net. Shared by host parts and the integer reference, as requant.h is, and with its conventions.
 * Sources: com.microsoft QLinearAdd, QLinearMul, QLinearGlobalAveragePool; XNNPACK's and TensorFlow Lite's kernels of ADD, SUB, MUL,
 * AVERAGE_POOL_2D, MEAN and SOFTMAX. */
#ifndef BL_REQUANT_WORK_H
#define BL_REQUANT_WORK_H

#include "components/requant.h"

#ifdef __cplusplus
extern "C" {
#endif

/* v rounded, halves away from zero. |v| < 2^31, else saturated. */
static inline int32_t bl_round_away(double v)
{
    double r = v < 0 ? -floor(0.5 - v) : floor(v + 0.5);

    return r > INT32_MAX ? INT32_MAX : r > INT32_MIN ? (int32_t)r : INT32_MIN;
}

/* The code of a real value. BL_XNN multiplies by the reciprocal of the scale, the others divide; BL_Q31 rounds halves away. */
static inline int32_t bl_real_code(enum bl_rule rule, float v, float scale, int32_t zp, int32_t lo, int32_t hi)
{
    float inverse = 1.0f / scale;

    if (rule == BL_Q31)
        return bl_requant_whole(bl_round_away((double)(v / scale)), zp, lo, hi);
    v = rule == BL_XNN ? v * inverse : v / scale;
    return bl_requant_real(v, zp, lo, hi);
}

/* ---- two activations to one ---- */

enum bl_pair_op { BL_PAIR_ADD, BL_PAIR_SUB, BL_PAIR_MUL, BL_PAIR_MAX, BL_PAIR_MIN };

/* Where BL_F32 rounds; a' = a - z_a. The forms differ at halves, the first one also a little elsewhere. */
enum bl_pair_form {
    BL_PAIR_RATIO,             /* rint(a' (s_a / s_y) + b' (s_b / s_y)) + z_y; MUL: rint(a' b' (s_a s_b / s_y)) + z_y */
    BL_PAIR_INSIDE,            /* rint((a' s_a + b' s_b) / s_y + z_y), MUL: (a' s_a) (b' s_b): QLinearAdd, QLinearMul of ONNX Runtime */
    BL_PAIR_CHAIN              /* the same with + z_y behind the rounding: DequantizeLinear, Add or Mul, QuantizeLinear */
};

struct bl_pair {
    uint16_t op, rule;         /* enum bl_pair_op, enum bl_rule; MAX and MIN compare codes, whatever the rule */
    uint32_t form;             /* enum bl_pair_form; BL_F32 only */
    float sa, sb, sy;          /* the scales; SUB: sb negated */
    int32_t za, zb, zy, lo, hi;
    float ma, mb;              /* BL_F32: s_a / s_y, s_b / s_y; MUL: ma = s_a s_b / s_y, also by BL_XNN */
    int32_t ka, kb, shift;     /* BL_XNN: (a ka + b kb + half) >> shift */
    struct bl_fixed fa, fb, fy;        /* BL_Q31: both to one scale, 20 bits up, then to s_y; MUL: fy */
};
enum { BL_PAIR_UP = 20 };      /* bits of fraction that the fixed-point rules keep */

/* The weights of a and b with 20 bits behind the larger one, as XNNPACK has them; false where it leaves the layer to others. */
static inline bool bl_pair_weights(struct bl_pair *p, float ra, float rb)
{
    float most = ra > rb ? ra : rb;
    double one = 1;

    if (!(ra >= 0x1p-10f && rb >= 0x1p-10f && most < 0x1p8f))
        return false;
    p->shift = BL_PAIR_UP;
    for (; most >= 2.0f; most *= 0.5f)
        p->shift--;
    for (; most < 1.0f; most *= 2.0f)
        p->shift++;
    one = (double)(INT64_C(1) << p->shift);
    p->ka = (int32_t)rint((double)ra * one);
    p->kb = (int32_t)rint((double)rb * one) * (p->op == BL_PAIR_SUB ? -1 : 1);
    return true;
}

/* All constants of a pair of scales sa, sb to sy, each > 0; zero points and clamp are the caller's. */
static inline void bl_pair_scales(struct bl_pair *p, enum bl_pair_op op, enum bl_rule rule, float sa, float sb, float sy)
{
    double twice = 2.0 * (double)(sa > sb ? sa : sb);
    bool mul = op == BL_PAIR_MUL;

    p->op = (uint16_t)op;
    p->rule = (uint16_t)rule;
    p->sa = sa;
    p->sb = op == BL_PAIR_SUB ? -sb : sb;
    p->sy = sy;
    p->ma = mul ? bl_requant_mult(sa, sb, sy) : sa / sy;
    p->mb = op == BL_PAIR_SUB ? -(sb / sy) : sb / sy;
    p->fa = bl_fixed_of((double)sa / twice);
    p->fb = bl_fixed_of((double)sb / twice);
    p->fy = bl_fixed_of(mul ? (double)p->ma : twice / ((double)(1 << BL_PAIR_UP) * (double)sy));
    if (rule == BL_XNN && !mul && op < BL_PAIR_MUL && !bl_pair_weights(p, sa / sy, sb / sy))
        p->rule = BL_Q31;
}

/* x and y without their zero points. */
static inline int32_t bl_pair_chain(const struct bl_pair *p, int32_t x, int32_t y)
{
    float a = (float)x * p->sa, b = (float)y * p->sb, v = p->op == BL_PAIR_MUL ? a * b : a + b;

    v = v / p->sy;
    if (p->form == BL_PAIR_INSIDE) {
        v = v + (float)p->zy;
        return bl_requant_real(v, 0, p->lo, p->hi);
    }
    return bl_requant_real(v, p->zy, p->lo, p->hi);
}

/* Of codes a and b, the code of their sum, difference, product, maximum or minimum. */
static inline int32_t bl_pair_code(const struct bl_pair *p, int32_t a, int32_t b)
{
    int32_t x = a - p->za, y = b - p->zb;

    if (p->op >= BL_PAIR_MAX)
        return bl_requant_whole((a > b) == (p->op == BL_PAIR_MAX) ? a : b, 0, p->lo, p->hi);
    if (p->form)
        return bl_pair_chain(p, x, y);
    if (p->op == BL_PAIR_MUL)
        return p->rule == BL_Q31 ? bl_requant_whole(bl_fixed_times(x * y, p->fy), p->zy, p->lo, p->hi)
                                 : bl_requant(x * y, p->ma, p->zy, p->lo, p->hi);
    if (p->rule == BL_F32)
        return bl_requant_add(x, p->ma, y, p->mb, p->zy, p->lo, p->hi);
    if (p->rule == BL_XNN)     /* halves up: >> of a negative number floors */
        return bl_requant_whole(((int64_t)x * p->ka + (int64_t)y * p->kb + (INT64_C(1) << (p->shift - 1))) >> p->shift, p->zy, p->lo, p->hi);
    x = bl_fixed_times((int64_t)x * (1 << BL_PAIR_UP), p->fa);
    y = bl_fixed_times((int64_t)y * (1 << BL_PAIR_UP), p->fb);
    return bl_requant_whole(bl_fixed_times(p->op == BL_PAIR_SUB ? (int64_t)x - y : (int64_t)x + y, p->fy), p->zy, p->lo, p->hi);
}

/* ---- means ---- */

enum bl_mean_form {
    BL_MEAN_F32,               /* rint(float(T) * (s_x / (s_y n))) + z_y, T the sum of x - z_x */
    BL_MEAN_CODES,             /* the mean of the codes, halves away from zero: AVERAGE_POOL_2D, both rules */
    BL_MEAN_XNN,               /* rint(float(T) * ((s_x / s_y) / n)) + z_y */
    BL_MEAN_CUT,               /* the mean of the codes, cut towards zero: MEAN over other axes, one code on both sides */
    BL_MEAN_REAL,              /* the same between two codes: float32, halves away from zero */
    BL_MEAN_Q31
};

struct bl_mean {
    uint32_t form;
    int32_t zx, zy, lo, hi;
    float sx, sy;
};

/* BL_Q31: T times s_x / s_y / n as one fixed-point number, whose bits n takes as far as there are any. */
static inline int32_t bl_mean_fixed(const struct bl_mean *m, int32_t sum, uint32_t n)
{
    struct bl_fixed f = bl_fixed_of((double)m->sx / (double)m->sy);
    int32_t k = 0;

    while (k < 31 && n >> (k + 1))
        k++;
    k = k > 31 + f.exponent ? 31 + f.exponent : k;
    f.multiplier = bl_sat32(((int64_t)f.multiplier * (INT64_C(1) << k)) / n);
    f.exponent -= k;
    return bl_requant_whole(bl_fixed_times(sum, f), m->zy, m->lo, m->hi);
}

static inline int32_t bl_mean_real(const struct bl_mean *m, int32_t codes, uint32_t n)
{
    float v = (float)codes, ratio = m->sx / m->sy, b = -(float)m->zx * m->sx;

    v = v / (float)n;
    v = v * ratio;
    b = b / m->sy;
    v = v + b;
    return bl_requant_whole(bl_round_away((double)v), m->zy, m->lo, m->hi);
}

/* The code of a mean of n cells, 1 <= n <= 2^23; sum: of x - z_x over them. */
static inline int32_t bl_mean_code(const struct bl_mean *m, int32_t sum, uint32_t n)
{
    int32_t codes = sum + (int32_t)n * m->zx, half = (int32_t)(n / 2);
    float mult = m->sx / m->sy;

    switch (m->form) {
    case BL_MEAN_CODES:
        return bl_requant_whole((codes > 0 ? codes + half : codes - half) / (int32_t)n, 0, m->lo, m->hi);
    case BL_MEAN_XNN:
        mult = mult / (float)n;
        return bl_requant(sum, mult, m->zy, m->lo, m->hi);
    case BL_MEAN_CUT:
        return bl_requant_whole(codes / (int32_t)n, 0, m->lo, m->hi);
    case BL_MEAN_REAL:
        return bl_mean_real(m, codes, n);
    case BL_MEAN_Q31:
        return bl_mean_fixed(m, sum, n);
    default:
        return bl_requant(sum, bl_requant_mean(m->sx, m->sy, n), m->zy, m->lo, m->hi);
    }
}

/* ---- softmax ---- */

/* The one over a row: exps[d] is e^(-beta s_x d) as a float32, d = largest code - code, 0 <= d <= 255; the sum goes in the order of
 * the row. Output code 0 is 0, one step is 1/256, so what is returned is 0 .. 255: as int8 with zero point -128 subtract 128.
 * sum: of the row's exps, float32 in order. */
static inline int32_t bl_softmax_code(float e, float sum)
{
    float step = 1.0f / 256.0f, total = sum * step, inverse = 1.0f / total, v = e * inverse;

    v = v + 0.5f;
    return v >= 255.0f ? 255 : (int32_t)v;
}

#ifdef __cplusplus
}
#endif

#endif
