/* test_requant_work.c - pairs, means and softmax by each rule (requant_work.h): worked numbers that tell the rules apart, then whole
 * ranges against other arithmetic. */
#include "components/requant_work.h"

#include <check.h>
#include <stdlib.h>

Suite *suite_requant_work(void);

static struct bl_pair pair(enum bl_pair_op op, enum bl_rule rule, float sa, int32_t za, float sb, int32_t zb, float sy, int32_t zy)
{
    struct bl_pair p = { .za = za, .zb = zb, .zy = zy, .lo = -128, .hi = 127 };

    bl_pair_scales(&p, op, rule, sa, sb, sy);
    return p;
}

/* .1 and .05 to .12: multipliers and three sums by both rules. */
START_TEST(sums_worked)
{
    static const struct { int32_t a, b, y; } OF[] = { { 100, -50, 68 }, { -128, 127, -48 }, { 13, 2, 17 } };
    struct bl_pair x = pair(BL_PAIR_ADD, BL_XNN, .1f, 3, .05f, -7, .12f, 5), q = pair(BL_PAIR_ADD, BL_Q31, .1f, 3, .05f, -7, .12f, 5);

    ck_assert_int_eq(x.shift, 21);
    ck_assert_int_eq(x.ka, 1747627);
    ck_assert_int_eq(x.kb, 873813);
    ck_assert(q.fa.multiplier == 1 << 30 && q.fa.exponent == 0 && q.fb.multiplier == 1 << 30 && q.fb.exponent == -1);
    ck_assert(q.fy.multiplier == 1789569773 && q.fy.exponent == -19);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(bl_pair_code(&x, OF[i].a, OF[i].b), OF[i].y);
        ck_assert_int_eq(bl_pair_code(&q, OF[i].a, OF[i].b), OF[i].y);
    }
}
END_TEST

/* Halves: three rules, three answers. */
START_TEST(sums_of_halves)
{
    static const int32_t SUM[] = { 1, 3, -1, -3 }, WANT[3][4] = { { 0, 2, 0, -2 }, { 1, 2, 0, -1 }, { 1, 2, -1, -2 } };

    for (int rule = BL_F32; rule <= BL_Q31; rule++) {
        struct bl_pair add = pair(BL_PAIR_ADD, (enum bl_rule)rule, .5f, 0, .5f, 0, 1.0f, 0);
        struct bl_pair sub = pair(BL_PAIR_SUB, (enum bl_rule)rule, .5f, 0, .5f, 0, 1.0f, 0);
        for (int i = 0; i < 4; i++) {
            ck_assert_int_eq(bl_pair_code(&add, SUM[i] + 20, -20), WANT[rule][i]);
            ck_assert_int_eq(bl_pair_code(&sub, SUM[i] + 20, 20), WANT[rule][i]);
        }
    }
}
END_TEST

/* Ratios that the processors' kernel does not take go by fixed point. */
START_TEST(ratios_out_of_range)
{
    static const struct { float sa, sy; enum bl_rule rule; } OF[] = {
        { 0x1p-10f, 1.0f, BL_XNN }, { 0x1.fffffep-11f, 1.0f, BL_Q31 }, { 0x1.fffffep7f, 1.0f, BL_XNN }, { 256.0f, 1.0f, BL_Q31 } };

    for (int i = 0; i < 4; i++) {
        struct bl_pair p = pair(BL_PAIR_ADD, BL_XNN, OF[i].sa, 0, 1.0f, 0, OF[i].sy, 0);
        ck_assert_int_eq(p.rule, OF[i].rule);
        ck_assert_int_eq(bl_pair_code(&p, 0, 5), 5);
        ck_assert_int_eq(pair(BL_PAIR_ADD, BL_XNN, 1.0f, 0, OF[i].sa, 0, OF[i].sy, 0).rule, OF[i].rule);
    }
}
END_TEST

/* Every pair of codes: within a step of the real sum, and never falling when an operand grows. */
START_TEST(sums_everywhere)
{
    static const float S[][3] = { { .1f, .05f, .12f }, { .017f, .9f, .3f }, { .02f, .02f, .04f }, { .7f, .001f, .5f } };
    struct bl_pair p = pair(_i & 1 ? BL_PAIR_SUB : BL_PAIR_ADD, (enum bl_rule)(_i / 2 % 3), S[_i / 6][0], 3, S[_i / 6][1], -7, S[_i / 6][2], 5);

    unsigned falls = 0;

    for (int32_t a = -128; a <= 127; a++)
        for (int32_t b = -128; b <= 127; b++) {
            double sign = _i & 1 ? -1 : 1;
            double real = ((a - 3) * (double)S[_i / 6][0] + sign * (b + 7) * (double)S[_i / 6][1]) / (double)S[_i / 6][2] + 5;
            int32_t got = bl_pair_code(&p, a, b);
            real = real < -128 ? -128 : real > 127 ? 127 : real;
            if (!(fabs(real - got) <= 0.5 + 1e-3))
                ck_abort_msg("%d, %d: got %d, real %f", (int)a, (int)b, (int)got, real);
            falls += a > -128 && got < bl_pair_code(&p, a - 1, b);
        }
    ck_assert_uint_eq(falls, 0);
}
END_TEST

START_TEST(products)
{
    struct bl_pair x = pair(BL_PAIR_MUL, BL_XNN, .5f, 0, .5f, 0, 1.0f, 1), q = pair(BL_PAIR_MUL, BL_Q31, .5f, 0, .5f, 0, 1.0f, 1);

    ck_assert_int_eq(bl_pair_code(&x, 3, 2), 3);           /* 1.5, to even, then the zero point */
    ck_assert_int_eq(bl_pair_code(&x, 5, 2), 3);           /* 2.5 */
    ck_assert_int_eq(bl_pair_code(&q, 5, 2), 4);           /* away from zero */
    ck_assert_int_eq(bl_pair_code(&q, -5, 2), -2);
    ck_assert_int_eq(bl_pair_code(&x, -128, -128), 127);
}
END_TEST

START_TEST(larger_and_smaller)
{
    struct bl_pair a = pair(BL_PAIR_MAX, BL_XNN, 1, 0, 1, 0, 1, 0), i = pair(BL_PAIR_MIN, BL_Q31, 1, 0, 1, 0, 1, 0);

    ck_assert_int_eq(bl_pair_code(&a, -3, 5), 5);
    ck_assert_int_eq(bl_pair_code(&a, 5, -3), 5);
    ck_assert_int_eq(bl_pair_code(&i, -3, 5), -3);
    ck_assert_int_eq(bl_pair_code(&i, 5, -3), -3);
    a.hi = 4;
    ck_assert_int_eq(bl_pair_code(&a, -3, 5), 4);
}
END_TEST

/* 1.5 steps of 1/3, and a value that quotient and product with the reciprocal round apart. */
START_TEST(real_values)
{
    ck_assert_int_eq(bl_real_code(BL_F32, 2.5f, 1.0f, 3, -128, 127), 5);
    ck_assert_int_eq(bl_real_code(BL_XNN, 2.5f, 1.0f, 3, -128, 127), 5);
    ck_assert_int_eq(bl_real_code(BL_Q31, 2.5f, 1.0f, 3, -128, 127), 6);
    ck_assert_int_eq(bl_real_code(BL_Q31, -2.5f, 1.0f, 3, -128, 127), 0);
    ck_assert_int_eq(bl_real_code(BL_Q31, 1e30f, 1e-9f, 3, -128, 127), 127);
    ck_assert_int_eq(bl_real_code(BL_XNN, NAN, 1.0f, 3, -128, 127), -128);
    unsigned apart = 0;
    for (int i = 0; i < 4096; i++) {
        float s = 0.1f + (float)(i % 64) * 0.001f, v = ((float)(i / 64) + 0.5f) * s;
        apart += bl_real_code(BL_F32, v, s, 0, 0, 255) != bl_real_code(BL_XNN, v, s, 0, 0, 255);
    }
    ck_assert_uint_gt(apart, 0);
}
END_TEST

/* ---- means ---- */

static struct bl_mean mean(enum bl_mean_form form, float sx, int32_t zx, float sy, int32_t zy)
{
    return (struct bl_mean){ form, zx, zy, -128, 127, sx, sy };
}

START_TEST(means_worked)
{
    static const int32_t S[] = { 2, -2, 6, -6, 5, -5, -3 }, AWAY[] = { 1, -1, 2, -2, 1, -1, -1 }, CUT[] = { 0, 0, 1, -1, 1, -1, 0 },
                         EVEN[] = { 0, 0, 2, -2, 1, -1, -1 }, TWICE[] = { 1, -1, 2, -2, 2, -1, -1 };
    struct bl_mean away = mean(BL_MEAN_CODES, .1f, 0, .1f, 0), cut = mean(BL_MEAN_CUT, .1f, 0, .1f, 0), x = mean(BL_MEAN_XNN, .1f, 0, .1f, 0),
                   f = mean(BL_MEAN_F32, .1f, 0, .1f, 0), q = mean(BL_MEAN_Q31, .1f, 0, .1f, 0), r = mean(BL_MEAN_REAL, .1f, 0, .1f, 0);

    for (int i = 0; i < 7; i++) {
        ck_assert_int_eq(bl_mean_code(&away, S[i], 4), AWAY[i]);
        ck_assert_int_eq(bl_mean_code(&cut, S[i], 4), CUT[i]);
        ck_assert_int_eq(bl_mean_code(&x, S[i], 4), EVEN[i]);
        ck_assert_int_eq(bl_mean_code(&f, S[i], 4), EVEN[i]);
        ck_assert_int_eq(bl_mean_code(&q, S[i], 4), TWICE[i]);             /* 1.25: 2.5 rounds to 3, 1.5 to 2 */
        ck_assert_int_eq(bl_mean_code(&r, S[i], 4), AWAY[i]);
    }
}
END_TEST

/* The sum is of x - z_x; a mean of codes rounds by the sign of the codes' own sum. */
START_TEST(means_of_codes)
{
    struct bl_mean m = mean(BL_MEAN_CODES, .1f, 100, .1f, 100), c = mean(BL_MEAN_CUT, .1f, 5, .1f, 5), r = mean(BL_MEAN_REAL, .1f, 5, .2f, -3);

    ck_assert_int_eq(bl_mean_code(&m, -402, 4), -1);       /* codes -2 / 4: -.5 */
    ck_assert_int_eq(bl_mean_code(&m, -398, 4), 1);
    ck_assert_int_eq(bl_mean_code(&c, -15, 2), -2);        /* codes -5 / 2 */
    ck_assert_int_eq(bl_mean_code(&r, 6, 2), -1);          /* 3 * .1 = .3 = 1.5 steps of .2, away from zero: 2 */
    ck_assert_int_eq(bl_mean_code(&r, -6, 2), -5);
    m.lo = 100;
    ck_assert_int_eq(bl_mean_code(&m, -402, 4), 100);
}
END_TEST

/* Fixed point over many cells: its two roundings are within half a step and the half of what is left at the second. */
START_TEST(means_fixed)
{
    unsigned wrong = 0;

    for (uint32_t n = 1; n < 5000; n += 7)
        for (int32_t c = -120; c <= 120; c += 13) {
            struct bl_mean m = mean(BL_MEAN_Q31, .03f, 0, .031f, 0);
            int32_t sum = c * (int32_t)n + (int32_t)(n / 3);
            double real = (double)sum / n * ((double).03f / (double).031f);
            wrong += !(fabs(bl_mean_code(&m, sum, n) - real) < 0.751);
        }
    ck_assert_uint_eq(wrong, 0);
}
END_TEST

START_TEST(softmax)
{
    ck_assert_int_eq(bl_softmax_code(1.0f, 1.0f), 255);
    ck_assert_int_eq(bl_softmax_code(1.0f, 2.0f), 128);
    ck_assert_int_eq(bl_softmax_code(0.0f, 2.0f), 0);
    ck_assert_int_eq(bl_softmax_code(1.0f, 512.0f), 1);    /* a half, up */
}
END_TEST

Suite *suite_requant_work(void)
{
    Suite *s = suite_create("requant_work");
    TCase *c = tcase_create("all");

    tcase_add_test(c, sums_worked);
    tcase_add_test(c, sums_of_halves);
    tcase_add_test(c, ratios_out_of_range);
    tcase_add_loop_test(c, sums_everywhere, 0, 24);
    tcase_add_test(c, products);
    tcase_add_test(c, larger_and_smaller);
    tcase_add_test(c, real_values);
    tcase_add_test(c, means_worked);
    tcase_add_test(c, means_of_codes);
    tcase_add_test(c, means_fixed);
    tcase_add_test(c, softmax);
    suite_add_tcase(s, c);
    return s;
}
