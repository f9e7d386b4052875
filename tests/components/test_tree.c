/* test_tree.c - adder trees: widths against the largest sums, full adders counted level by level, sums of bit planes against sums of
 * numbers, saturation and wrapping at their edges. */
#include "components/tree.h"

#include <check.h>

#include "platforms/net/draw.h"

Suite *suite_tree(void);

static const struct { uint32_t n, bits; int is_signed; uint32_t width; } widths[] = {
    { 64, 8, 1, 14 }, { 64, 8, 0, 14 }, { 144, 1, 0, 8 }, { 256, 4, 1, 12 }, { 3, 4, 1, 6 }, { 3, 4, 0, 6 }, { 1, 1, 0, 1 }, { 1, 8, 1, 8 },
    { 5, 1, 0, 3 }, { 4, 1, 0, 3 }, { 3, 1, 0, 2 }, { 4096, 32, 1, 44 }, { 4096, 32, 0, 44 },
};
START_TEST(stated_widths)
{
    ck_assert_uint_eq(bl_tree_bits(widths[_i].n, widths[_i].bits, widths[_i].is_signed), widths[_i].width);
}
END_TEST

static bool fits(int64_t v, uint32_t bits, bool is_signed) { return !bl_tree_saturate(&v, bits, is_signed); }

/* The most extreme sum fits, and in one bit less it does not. */
START_TEST(widths_are_least)
{
    for (uint32_t n = 1; n <= 300; n++)
        for (uint32_t bits = 1; bits <= 32; bits++) {
            int64_t least = -(int64_t)n * (INT64_C(1) << (bits - 1)), most = (int64_t)n * ((INT64_C(1) << bits) - 1);
            uint32_t s = bl_tree_bits(n, bits, true), u = bl_tree_bits(n, bits, false);
            ck_assert(fits(least, s, true) && (s == 1 || !fits(least, s - 1, true)));
            ck_assert(fits(most, u, false) && (u == 1 || !fits(most, u - 1, false)));
        }
}
END_TEST

START_TEST(full_adders)
{
    ck_assert_uint_eq(bl_tree_full_adders(64, 8), 561);
    ck_assert_uint_eq(bl_tree_full_adders(144, 1), 502);
    ck_assert_uint_eq(bl_tree_full_adders(256, 4), 1267);
    ck_assert_uint_eq(bl_tree_full_adders(1, 8), 0);
    for (uint32_t n = 1; n <= 4096; n = n * 3 / 2 + 1)
        for (uint32_t bits = 1; bits <= 32; bits++) {
            uint64_t padded = 1, sum = 0, width = bits;
            while (padded < n)
                padded *= 2;
            for (uint64_t adders = padded / 2; adders; adders /= 2)
                sum += adders * width++;
            ck_assert_uint_eq(bl_tree_full_adders(n, bits), sum);
        }
}
END_TEST

/* Operands drawn, laid out as planes, added one by one. */
START_TEST(sums_of_planes)
{
    static const uint32_t rows[] = { 1, 8, 31, 32, 33, 64, 65, 144 };
    const uint32_t n = rows[_i % 8];
    const uint64_t seed = (uint64_t)_i;

    for (uint32_t bits = 1; bits <= 32; bits++)
        for (int is_signed = 0; is_signed < 2; is_signed++) {
            const size_t words = (n + 63) / 64;
            uint64_t planes[32 * 3] = { 0 };
            int64_t want = 0;
            for (uint32_t i = 0; i < n; i++) {
                uint64_t v = bl_draw(seed, (uint64_t)bits << 32 | i) & ((UINT64_C(1) << bits) - 1);
                for (uint32_t b = 0; b < bits; b++)
                    planes[b * words + i / 64] |= (v >> b & 1) << (i % 64);
                want += is_signed && v >> (bits - 1) ? (int64_t)v - (INT64_C(1) << bits) : (int64_t)v;
            }
            ck_assert_int_eq(bl_tree_sum(planes, bits, words, is_signed), want);
        }
}
END_TEST

static const struct { int64_t v; uint32_t bits; int is_signed; int64_t saturated, wrapped; } edges[] = {
    /*         v  bits signed saturated  wrapped */
    {        127,  8,  1,       127,       127 }, {       128,  8,  1,       127,      -128 },
    {       -128,  8,  1,      -128,      -128 }, {      -129,  8,  1,      -128,       127 },
    {        255,  8,  0,       255,        -1 }, {       256,  8,  0,       255,         0 },
    {         -1,  8,  0,         0,        -1 }, {         1,  1,  0,         1,        -1 },
    {          1,  1,  1,         0,        -1 }, {        -1,  1,  1,        -1,        -1 },
    {    8388608, 24,  1,   8388607,  -8388608 }, {  -8388609, 24,  1,  -8388608,   8388607 },
    { (INT64_C(1) << 62) - 1, 63, 1, (INT64_C(1) << 62) - 1, (INT64_C(1) << 62) - 1 },
    { INT64_C(1) << 62, 63, 1, (INT64_C(1) << 62) - 1, -(INT64_C(1) << 62) },
    { INT64_MIN, 63, 1, -(INT64_C(1) << 62), 0 }, { INT64_MAX, 63, 1, (INT64_C(1) << 62) - 1, -1 },
};
START_TEST(at_the_edges)
{
    int64_t v = edges[_i].v;

    ck_assert_int_eq(bl_tree_saturate(&v, edges[_i].bits, edges[_i].is_signed), edges[_i].saturated != edges[_i].v);
    ck_assert_int_eq(v, edges[_i].saturated);
    ck_assert_int_eq(bl_tree_wrap(edges[_i].v, edges[_i].bits), edges[_i].wrapped);
}
END_TEST

/* Wrapped additions may come in any order, as the adder's register holds no more than its width. */
START_TEST(wrapping_adds_up)
{
    for (uint32_t width = 1; width <= 63; width++) {
        int64_t all = 0, step = 0;
        for (uint32_t i = 0; i < 50; i++) {
            int64_t v = (int64_t)(bl_draw(width, i) >> 16) - (INT64_C(1) << 47);
            all += v;
            step = bl_tree_wrap(step + bl_tree_wrap(v, width), width);
        }
        ck_assert_int_eq(bl_tree_wrap(all, width), step);
        ck_assert_int_ge(step, -(INT64_C(1) << (width - 1)));
        ck_assert_int_lt(step, INT64_C(1) << (width - 1));
    }
}
END_TEST

Suite *suite_tree(void)
{
    Suite *s = suite_create("tree");
    TCase *t = tcase_create("tree");

    tcase_add_loop_test(t, stated_widths, 0, (int)(sizeof widths / sizeof *widths));
    tcase_add_test(t, widths_are_least);
    tcase_add_test(t, full_adders);
    tcase_add_loop_test(t, sums_of_planes, 0, 24);
    tcase_add_loop_test(t, at_the_edges, 0, (int)(sizeof edges / sizeof *edges));
    tcase_add_test(t, wrapping_adds_up);
    suite_add_tcase(s, t);
    return s;
}
