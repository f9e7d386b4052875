/* test_requant.c - requantisation against exact integer arithmetic, and its corner cases. */
#include "components/requant.h"

#include <check.h>
#include <string.h>

#include "platforms/net/draw.h"

Suite *suite_requant(void);

static const struct { const char *what; int32_t acc; float mult; int32_t zp, lo, hi, out; } CASES[] = {
    /*                          acc          mult    zp    lo   hi   out */
    { "zero",                     0,         1.0f,    0,    0, 255,    0 },
    { "half to even, down",       1,         0.5f,    0,    0, 255,    0 },
    { "half to even, up",         3,         0.5f,    0,    0, 255,    2 },
    { "negative half",           -1,         0.5f,    7,    0, 255,    7 },
    { "negative half, up",       -3,         0.5f,    7,    0, 255,    5 },
    { "zero point after round",   1,         0.5f,    1,    0, 255,    1 },
    { "saturates high",         300,         1.0f,    0,    0, 255,  255 },
    { "saturates low",         -300,         1.0f,    0, -128, 127, -128 },
    { "clamp holds zero point",  10,         1.0f,  120, -128, 127,  127 },
    { "relu clamps at zp",      -10,         1.0f,   20,   20, 255,   20 },
    { "largest sum",      INT32_MAX,         1e9f,    3,    0, 255,  255 },
    { "smallest sum",     INT32_MIN,         1e9f,    3,    0, 255,    0 },
    { "float rounding of acc", 16777217, 1.0f / 16777216.0f, 0, 0, 255, 1 },
    { "just below a half",  8388607, 1.0f / 16777216.0f,   0,    0, 255,    0 },
};

START_TEST(cases)
{
    int32_t got = bl_requant(CASES[_i].acc, CASES[_i].mult, CASES[_i].zp, CASES[_i].lo, CASES[_i].hi);

    ck_assert_msg(got == CASES[_i].out, "%s: got %d, wanted %d", CASES[_i].what, (int)got, (int)CASES[_i].out);
}
END_TEST

START_TEST(odd_floats)
{
    ck_assert_int_eq(bl_requant_real(INFINITY, 5, 0, 255), 255);
    ck_assert_int_eq(bl_requant_real(-INFINITY, 5, 0, 255), 0);
    ck_assert_int_eq(bl_requant_real(NAN, 5, 0, 255), 0);
    ck_assert_int_eq(bl_requant_real(-0.0f, 5, 0, 255), 5);
}
END_TEST

/* v as m * 2^e, then rounded to even with shifts: no floating point. */
static int64_t round_exact(float v)
{
    uint32_t u;
    memcpy(&u, &v, sizeof u);
    int64_t m = (u & 0x7fffff) | (u >> 23 & 255 ? 0x800000 : 0);
    int e = (int)(u >> 23 & 255) - 150;

    if (e >= 0)
        m = e > 30 ? INT64_MAX / 2 : m << e;
    else if (e < -40)
        m = 0;
    else {
        int64_t whole = m >> -e, rest = m & ((INT64_C(1) << -e) - 1), half = INT64_C(1) << (-e - 1);
        m = whole + (rest > half || (rest == half && (whole & 1)));
    }
    return u >> 31 ? -m : m;
}

START_TEST(against_integers)
{
    for (uint64_t i = 0; i < 200000; i++) {
        uint64_t d = bl_draw(11, 2 * i), f = bl_draw(11, 2 * i + 1);
        int32_t acc = (int32_t)((uint32_t)d >> (f & 15));          /* many sizes */
        acc = f & 16 ? -acc : acc;
        float mult = (float)((f >> 8 & 0xffffff) + 1) / (float)(1u << (f >> 32 & 31)), v = (float)acc * mult;
        int32_t zp = (int32_t)(f >> 40 & 255), lo = f & 32 ? zp : 0;
        int64_t want = round_exact(v) + zp;
        want = want < lo ? lo : want > 255 ? 255 : want;
        ck_assert_int_eq(bl_requant(acc, mult, zp, lo, 255), want);
    }
}
END_TEST

START_TEST(rows_and_sums)
{
    static const int32_t ACC[5] = { -4, -1, 1, 3, 4000 };
    uint8_t out[5];

    bl_requant_row(ACC, out, 5, 0.5f, -2, -128, 127);
    ck_assert_int_eq((int8_t)out[0], -4);
    ck_assert_int_eq((int8_t)out[1], -2);
    ck_assert_int_eq((int8_t)out[2], -2);
    ck_assert_int_eq((int8_t)out[3], 0);
    ck_assert_int_eq((int8_t)out[4], 127);
    ck_assert_int_eq(bl_requant_add(3, 0.5f, -1, 1.0f, 10, 0, 255), 10);   /* 0.5 to even */
    ck_assert_int_eq(bl_requant_add(5, 0.5f, 1, 1.0f, 10, 0, 255), 14);    /* 3.5 to even */
}
END_TEST

START_TEST(multipliers)
{
    /* (s_x * s_w) / s_y rounds twice: the other order gives another float for these */
    float sx = 0.1f, sw = 0.3f, sy = 0.7f, p = sx * sw, want = p / sy;
    ck_assert(bl_requant_mult(sx, sw, sy) >= want && bl_requant_mult(sx, sw, sy) <= want);
    ck_assert(bl_requant_mean(2.0f, 0.5f, 16) >= 0.25f && bl_requant_mean(2.0f, 0.5f, 16) <= 0.25f);
}
END_TEST

/* ---- fixed point ---- */

static const struct { double d; int32_t multiplier, exponent; } FIXED[] = {
    { .3, 1288490189, -1 }, { .0075, 2061584302, -7 }, { 1.5, 1610612736, 1 }, { .25, 1 << 30, -1 }, { 1.0, 1 << 30, 1 },
    { 0.99999999999999, 1 << 30, 1 },                      /* q rounds to 1 */
    { 0x1p-33, 0, 0 }, { 0x1p-32, 1 << 30, -31 }, { 0.0, 0, 0 }, { 5e-324, 0, 0 }, { -1.0, 0, 0 },
    { 0x1p29, 1 << 30, 30 }, { 0x1p31, INT32_MAX, 30 },
};

START_TEST(fixed_point)
{
    struct bl_fixed f = bl_fixed_of(FIXED[_i].d);

    ck_assert_int_eq(f.multiplier, FIXED[_i].multiplier);
    ck_assert_int_eq(f.exponent, FIXED[_i].exponent);
}
END_TEST

START_TEST(fixed_products)
{
    static const int32_t IN[] = { 2, -2, 6, -6, 1, -1, 0, 4, INT32_MAX, INT32_MIN }, OUT[] = { 1, -1, 2, -2, 1, 0, 0, 1, 1 << 29, -(1 << 29) };

    for (int i = 0; i < 10; i++)                           /* a quarter: halves to even were 0 0 2 -2, and 1 rounds twice */
        ck_assert_int_eq(bl_fixed_times(IN[i], bl_fixed_of(.25)), OUT[i]);
    ck_assert_int_eq(bl_high_product(INT32_MIN, INT32_MIN), INT32_MAX);
    ck_assert_int_eq(bl_fixed_times(INT32_MAX, bl_fixed_of(4.0)), INT32_MAX / 2 + 1);       /* saturates before the product */
    ck_assert_int_eq(bl_rounded_shift(-6, 2), -2);
    ck_assert_int_eq(bl_rounded_shift(-5, 2), -1);
    ck_assert_int_eq(bl_rounded_shift(6, 2), 2);
    ck_assert_int_eq(bl_rounded_shift(INT32_MIN, 31), -1);
    ck_assert_int_eq(bl_rounded_shift(7, 0), 7);
}
END_TEST

/* The product of 31 bits and the shift against wide integers that are divided once each. */
START_TEST(fixed_against_integers)
{
    for (uint64_t i = 0; i < 200000; i++) {
        uint64_t d = bl_draw(12, 2 * i), f = bl_draw(12, 2 * i + 1);
        int32_t x = (int32_t)((uint32_t)d >> (f & 15)), n = (int32_t)(f >> 4 & 31);
        struct bl_fixed m = { (int32_t)((UINT32_C(1) << 30) | (d >> 34)), -n };
        x = f & 16 ? -x : x;
        __extension__ __int128 p = (__int128)x * m.multiplier, a = p < 0 ? -p : p;
        int64_t high = (int64_t)((2 * a + (UINT64_C(1) << 31) - (p < 0)) >> 32);            /* halves up, of negatives too */
        int64_t h = p < 0 ? -high : high, q = (h < 0 ? -h : h) + (n ? INT64_C(1) << (n - 1) : 0);
        int64_t want = h < 0 ? -(q >> n) : q >> n;
        ck_assert_msg(bl_fixed_times(x, m) == want, "%d * %d >> %d: got %d, wanted %lld", (int)x, (int)m.multiplier, (int)n,
                      (int)bl_fixed_times(x, m), (long long)want);
    }
}
END_TEST

/* ---- rows of struct bl_requant ---- */

static struct bl_requant quarter(enum bl_rule rule)
{
    struct bl_requant r = { 0 };

    bl_requant_scales(&r, rule, 0.5f, 0.5f, 1.0f);
    return r;
}

START_TEST(rules)
{
    static const int32_t SUM[] = { 2, 6, -2, -6 }, EVEN[] = { 1, 3, 1, -1 }, AWAY[] = { 2, 3, 0, -1 };
    struct bl_requant even = quarter(BL_F32), xnn = quarter(BL_XNN), away = quarter(BL_Q31);

    for (int i = 0; i < 4; i++) {                          /* zero point 1, after the rounding */
        ck_assert_int_eq(bl_requant_sum(&even, SUM[i], 1, -128, 127), EVEN[i]);
        ck_assert_int_eq(bl_requant_sum(&xnn, SUM[i], 1, -128, 127), EVEN[i]);
        ck_assert_int_eq(bl_requant_sum(&away, SUM[i], 1, -128, 127), AWAY[i]);
    }
    away.bias = even.bias = 4;
    ck_assert_int_eq(bl_requant_sum(&even, 2, 1, -128, 127), 3);
    ck_assert_int_eq(bl_requant_sum(&away, 2, 1, -128, 127), 3);
    ck_assert_int_eq(bl_requant_sum(&away, 1000, 1, -128, 127), 127);
    ck_assert_int_eq(bl_requant_sum(&away, -1000, 1, 1, 127), 1);
    ck_assert_int_eq(bl_requant_sum(&away, INT32_MAX, 1, -128, 127), 127);                  /* with the bias: saturated */
    even.bias = -4;
    ck_assert_int_eq(bl_requant_sum(&even, INT32_MIN, 1, -128, 127), -128);
}
END_TEST

/* A float32 bias of half a step moves what an integer one, in units of the sum, cannot say. */
START_TEST(tails)
{
    struct bl_requant r = { .tail = BL_TAIL_BIAS, .mult = 0.25f, .real = 0.3f, .gain = 9.0f, .offset = 9.0f, .step = 0.5f };

    ck_assert_int_eq(bl_requant_sum(&r, 2, 1, 0, 255), 3);                                  /* (.5 + .3) / .5 = 1.6 */
    r.bias = 3;
    ck_assert_int_eq(bl_requant_sum(&r, 2, 1, 0, 255), 4);                                  /* (1.25 + .3) / .5 = 3.1 */
    r.tail = BL_TAIL_NORM;
    r.gain = -2.0f;
    r.offset = 4.0f;
    ck_assert_int_eq(bl_requant_sum(&r, 2, 1, 0, 255), 3);                                  /* (1.55 * -2 + 4) / .5 = 1.8 */
    r.offset = NAN;
    ck_assert_int_eq(bl_requant_sum(&r, 2, 1, 0, 255), 0);
}
END_TEST

Suite *suite_requant(void)
{
    Suite *s = suite_create("requant");
    TCase *c = tcase_create("all");

    tcase_add_loop_test(c, cases, 0, sizeof CASES / sizeof *CASES);
    tcase_add_test(c, odd_floats);
    tcase_add_test(c, against_integers);
    tcase_add_test(c, rows_and_sums);
    tcase_add_test(c, multipliers);
    tcase_add_loop_test(c, fixed_point, 0, sizeof FIXED / sizeof *FIXED);
    tcase_add_test(c, fixed_products);
    tcase_add_test(c, fixed_against_integers);
    tcase_add_test(c, rules);
    tcase_add_test(c, tails);
    suite_add_tcase(s, c);
    return s;
}
