/* test_mapping.c - tiles, packed groups, copies and rounds of a layer, its energy and traffic; sums of layers; what is refused. */
#include "platforms/imc/mapping.h"

#include <check.h>
#include <math.h>

#define COUNT(a) ((int)(sizeof(a) / sizeof(a)[0]))

static const struct bl_imc_macro small = { .type = BL_IMC_DIMC, .d1 = 12, .d2 = 32, .m = 1, .macros = 8, .w_bits = 4, .a_bits = 4, .dac_bits = 1,
                                           .volts = 0.8, .node = 28, .act = 0.5 };

static const struct { struct bl_imc_layer l; uint64_t rt, ct, packed, tiles, dup, rounds, steps; } CASES[] = {
    /* c  k  kernel groups pixels   rt ct packed tiles dup rounds steps */
    { { 32, 12, 1, 1, 100 },         1, 1, 1, 1, 8, 1, 13 },        /* it fits: eight copies, 100 pixels among them */
    { { 33, 13, 1, 1, 100 },         2, 2, 1, 4, 2, 1, 50 },
    { { 96, 36, 1, 1, 100 },         3, 3, 1, 9, 1, 2, 200 },       /* nine tiles on eight macros: two rounds */
    { { 32, 12, 1, 1, 3 },           1, 1, 1, 1, 3, 1, 1 },         /* no more copies than pixels */
    { { 64, 64, 9, 64, 25 },         1, 1, 3, 22, 1, 3, 75 },       /* three groups of nine rows, by 32 / 9 */
    { { 8, 48, 4, 4, 10 },           1, 1, 1, 4, 2, 1, 5 },         /* twelve columns a group: one */
    { { 80, 2, 1, 2, 10 },           2, 1, 1, 4, 2, 1, 5 },         /* groups of 40 rows are cut, not packed */
};

START_TEST(tiles)
{
    struct bl_imc_mapping x;

    ck_assert_int_eq(bl_imc_map(&small, &CASES[_i].l, &x), 0);
    ck_assert_uint_eq(x.rt, CASES[_i].rt);
    ck_assert_uint_eq(x.ct, CASES[_i].ct);
    ck_assert_uint_eq(x.packed, CASES[_i].packed);
    ck_assert_uint_eq(x.tiles, CASES[_i].tiles);
    ck_assert_uint_eq(x.dup, CASES[_i].dup);
    ck_assert_uint_eq(x.rounds, CASES[_i].rounds);
    ck_assert_uint_eq(x.steps, CASES[_i].steps);
    ck_assert_double_eq(x.cycles, 4.0 * (double)x.steps);
    ck_assert(x.utilisation > 0 && x.utilisation <= 1);
    ck_assert_double_eq_tol(x.macs, x.utilisation * (double)x.steps * 8 * 12 * 32, 1e-6 * x.macs);
}
END_TEST

START_TEST(traffic)
{
    const struct bl_imc_layer l = { 33, 13, 1, 1, 100 };
    struct bl_imc_mapping x, one, total = { 0 };

    bl_imc_map(&small, &l, &x);
    ck_assert_double_eq(x.bits_in, 100 * 33 * 2 * 4);               /* twice, for two tiles of columns */
    ck_assert_double_eq(x.bits_out, 100 * 13 * 2 * 2 * 24);         /* two tiles of rows, each written and read */
    ck_assert_double_eq(x.bits_weights, 33 * 13 * 4);
    bl_imc_map(&small, &CASES[0].l, &one);
    ck_assert_double_eq(one.bits_out, 100 * 12 * 8);
    ck_assert_double_eq(one.energy, 100 * bl_imc_energy(&small, 32, 12).total);
    bl_imc_map_add(&small, &total, &x);
    bl_imc_map_add(&small, &total, &one);
    ck_assert_double_eq(total.macs, x.macs + one.macs);
    ck_assert_double_eq(total.energy, x.energy + one.energy);
    ck_assert_uint_eq(total.steps, 63);
    ck_assert_double_eq_tol(total.utilisation, total.macs / (63.0 * 8 * 12 * 32), 1e-12);
}
END_TEST

START_TEST(refused)
{
    static const struct bl_imc_layer bad[] = { { 0, 1, 1, 1, 1 }, { 1, 0, 1, 1, 1 }, { 1, 1, 0, 1, 1 }, { 1, 1, 1, 0, 1 }, { 1, 1, 1, 1, 0 },
                                               { 3, 2, 1, 2, 1 }, { 2, 3, 1, 2, 1 } };
    const struct bl_imc_layer good = { 1, 1, 1, 1, 1 };
    struct bl_imc_macro none = small;
    struct bl_imc_mapping x;

    for (int i = 0; i < COUNT(bad); i++) {
        ck_assert_int_eq(bl_imc_map(&small, &bad[i], &x), -1);
        ck_assert_double_eq(x.energy + x.macs + (double)x.tiles, 0);
    }
    ck_assert_int_eq(bl_imc_map(&small, &good, &x), 0);
    none.macros = 0;
    ck_assert_int_eq(bl_imc_map(&none, &good, &x), -1);
}
END_TEST

Suite *suite_mapping(void);
Suite *suite_mapping(void)
{
    Suite *s = suite_create("mapping");
    TCase *tc = tcase_create("all");

    tcase_add_loop_test(tc, tiles, 0, COUNT(CASES));
    tcase_add_test(tc, traffic);
    tcase_add_test(tc, refused);
    suite_add_tcase(s, tc);
    return s;
}
