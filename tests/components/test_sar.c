/* test_sar.c - successive approximation: the instants of half steps at any period, codes against a division, values that come back,
 * noise in LSB. */
#include "components/sar.h"

#include <check.h>
#include <math.h>

#include "platforms/net/draw.h"

Suite *suite_sar(void);

/* Bits, slot in fs, then every half step. */
static const struct { uint32_t bits; uint64_t slot, at[7]; } instants[] = {
    { 3, 12000000, { 0, 2000000, 4000000, 6000000, 8000000, 10000000, 12000000 } },      /* two periods of 6 ns */
    { 3, 2000000, { 0, 333333, 666667, 1000000, 1333333, 1666667, 2000000 } },           /* two periods of 1 GHz */
    { 3, 9009009, { 0, 1501502, 3003003, 4504505, 6006006, 7507508, 9009009 } },         /* three of 3003003 fs */
    { 3, 6, { 0, 1, 2, 3, 4, 5, 6 } }, { 3, 7, { 0, 1, 2, 4, 5, 6, 7 } }, { 3, 3, { 0, 1, 1, 2, 2, 3, 3 } },
    { 1, 5, { 0, 3, 5 } }, { 2, 1000001, { 0, 250000, 500001, 750001, 1000001 } },
};
START_TEST(half_steps)
{
    for (uint32_t k = 0; k <= 2 * instants[_i].bits; k++)
        ck_assert_uint_eq(bl_sar_at(instants[_i].slot, instants[_i].bits, k), instants[_i].at[k]);
}
END_TEST

/* Never more than half a femtosecond from the exact instant, halves up, rising, the last one exactly at the end. */
START_TEST(half_steps_of_any_slot)
{
    for (uint64_t n = 0; n < 20000; n++) {
        uint32_t bits = 1 + (uint32_t)(bl_draw(1, n) % 12), parts = 2 * bits;
        uint64_t slot = bl_draw(2, n) % (n % 2 ? 1000 : UINT64_C(1000000000000)), before = 0;
        for (uint32_t k = 0; k <= parts; k++) {
            uint64_t at = bl_sar_at(slot, bits, k);
            int64_t off = (int64_t)(at * parts) - (int64_t)(k * slot);      /* in 1 / parts fs */
            ck_assert(2 * off <= (int64_t)parts && 2 * off > -(int64_t)parts);
            ck_assert_uint_ge(at, before);
            before = at;
        }
        ck_assert_uint_eq(before, slot);
    }
}
END_TEST

static uint32_t converted(const struct bl_sar_scale *s, double held, uint32_t bits)
{
    uint32_t code = 0;

    for (uint32_t bit = bits; bit--;)
        code = bl_sar_decide(s, held, code, bit);
    return code;
}

/* One decision a bit finds the step that a division finds; what is outside is clipped. */
START_TEST(codes)
{
    const uint32_t bits = (uint32_t)_i;

    for (uint64_t n = 0; n < 2000; n++) {
        double lo = (double)(int64_t)(bl_draw(3, n) % 4001) - 2000, lsb = (double)(1 + bl_draw(4, n) % 64) / 8;
        double last = (double)((UINT32_C(1) << bits) - 1), v = lo + ((double)(bl_draw(5, n) % 100000) / 99999 * 1.5 - 0.25) * lsb * (last + 1);
        struct bl_sar_scale s = bl_sar_scale(lo, lo + lsb * (last + 1), bits);
        double step = floor((v - lo) / lsb), want = step < 0 ? 0 : step > last ? last : step;
        ck_assert_double_eq(s.lsb, lsb);
        ck_assert_uint_eq(converted(&s, v, bits), (uint32_t)want);
    }
}
END_TEST

/* An LSB of 1 loses nothing: every whole number in range comes back. */
START_TEST(exact)
{
    for (uint32_t bits = 1; bits <= 12; bits++) {
        struct bl_sar_scale s = bl_sar_scale(-5, -5 + (double)(UINT32_C(1) << bits), bits);
        for (int32_t v = -5; v < (int32_t)(UINT32_C(1) << bits) - 5; v++)
            ck_assert_double_eq(bl_sar_value(&s, converted(&s, v, bits)), v);
    }
}
END_TEST

START_TEST(values)
{
    const struct bl_sar_scale wide = bl_sar_scale(0, 144, 3), even = bl_sar_scale(0, 8, 2), fine = bl_sar_scale(10, 14, 3);

    ck_assert_double_eq(bl_sar_value(&wide, 0), 9);          /* 18 wide: the middle */
    ck_assert_double_eq(bl_sar_value(&wide, 7), 135);
    ck_assert_double_eq(bl_sar_value(&even, 1), 3);
    ck_assert_double_eq(bl_sar_value(&fine, 3), 12);         /* 0.5 wide: 11.5, half to even */
    ck_assert_double_eq(bl_sar_middle(&fine, 3), 12);        /* 11.75 */
    ck_assert_double_eq(bl_sar_value(&fine, 1), 10);         /* 10.5, half to even */
    ck_assert_double_eq(bl_sar_middle(&fine, 1), 11);        /* 10.75 */
}
END_TEST

START_TEST(samples)
{
    const struct bl_sar_scale s = bl_sar_scale(0, 1024, 3);

    ck_assert_double_eq(bl_sar_sample(&s, 40, 0, 7), 40);
    ck_assert_double_eq(bl_sar_sample(&s, 40, 0.5, 1), 40 + 64);
    ck_assert_double_eq(bl_sar_sample(&s, 40, 2, -1.5), 40 - 384);
}
END_TEST

Suite *suite_sar(void)
{
    Suite *s = suite_create("sar");
    TCase *t = tcase_create("sar");

    tcase_add_loop_test(t, half_steps, 0, (int)(sizeof instants / sizeof *instants));
    tcase_add_test(t, half_steps_of_any_slot);
    tcase_add_loop_test(t, codes, 1, 13);
    tcase_add_test(t, exact);
    tcase_add_test(t, values);
    tcase_add_test(t, samples);
    suite_add_tcase(s, t);
    return s;
}
