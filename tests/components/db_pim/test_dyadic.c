/* test_dyadic.c - canonical signed digits, dyadic blocks, cells and closest numbers, over every int8. */
#include "components/db_pim/dyadic.h"

#include <check.h>
#include <stdlib.h>

Suite *suite_dyadic(void);

#define EACH_INT8(w) (int w = INT8_MIN; w <= INT8_MAX; w++)

START_TEST(digits)
{
    int histogram[9] = { 0 }, sum = 0;

    for EACH_INT8(w) {
        struct bl_db_csd d = bl_db_csd((int8_t)w);
        int any = d.plus | d.minus;
        ck_assert_int_eq(d.plus - d.minus, w);
        ck_assert_int_eq(d.plus & d.minus, 0);
        ck_assert_msg((any & any << 1) == 0, "%d: digits %x are neighbours", w, any);
        ck_assert_uint_eq(bl_db_phi((int8_t)w), (uint32_t)__builtin_popcount((unsigned)any));
        histogram[bl_db_phi((int8_t)w)]++;
        sum += (int)bl_db_phi((int8_t)w);
    }
    static const int wanted[9] = { 1, 15, 72, 120, 48 };
    for (int i = 0; i < 9; i++)
        ck_assert_int_eq(histogram[i], wanted[i]);
    ck_assert_int_eq(sum, 711);                      /* 2.777 on average, of 4 in two's complement */
}
END_TEST

/* Table I: 67 is 0100_010-1, -67 its negative; 127 is 2^7 - 1. */
static const struct { int8_t w; uint8_t plus, minus; } DIGITS[] = {
    { 67, 0x44, 0x01 }, { -67, 0x01, 0x44 }, { 127, 0x80, 0x01 }, { -128, 0, 0x80 }, { 0, 0, 0 }, { 3, 4, 1 }, { -1, 0, 1 }, { 13, 0x11, 0x04 },
};
START_TEST(known_digits)
{
    struct bl_db_csd d = bl_db_csd(DIGITS[_i].w);

    ck_assert_uint_eq(d.plus, DIGITS[_i].plus);
    ck_assert_uint_eq(d.minus, DIGITS[_i].minus);
}
END_TEST

/* What is kept is what was there; blocks rise; a cell gives the same number back through its four bits, and 0 for an input bit 0. */
START_TEST(cells)
{
    for EACH_INT8(w) {
        struct bl_db_cell c[BL_DB_BLOCKS];
        uint32_t n = bl_db_cells((int8_t)w, c);
        ck_assert_uint_eq(n, bl_db_phi((int8_t)w));
        ck_assert_int_eq(bl_db_value(c, n), w);
        for (uint32_t i = 0; i < n; i++) {
            ck_assert(i == 0 || c[i].index > c[i - 1].index);
            uint32_t bits = bl_db_cell_bits(c[i]);
            struct bl_db_cell again = bl_db_cell_of(bits);
            ck_assert_uint_lt(bits, 1u << BL_DB_CELL_BITS);
            ck_assert(again.q == c[i].q && again.sign == c[i].sign && again.index == c[i].index);
            ck_assert_int_eq(bl_db_product(c[i], 0), 0);
        }
    }
}
END_TEST

/* Section V-C: DB#3 "01" with sign 1 and index 3; DB#0 "10" with sign 0 and index 0. */
START_TEST(cells_of_the_paper)
{
    struct bl_db_cell c[BL_DB_BLOCKS];

    ck_assert_uint_eq(bl_db_cells(-64, c), 1);
    ck_assert(c[0].q == 0 && c[0].sign == 1 && c[0].index == 3);
    ck_assert_uint_eq(bl_db_cells(2, c), 1);
    ck_assert(c[0].q == 1 && c[0].sign == 0 && c[0].index == 0);
}
END_TEST

/* Against a search over all numbers, from the greatest down: the first of the smallest distance. */
START_TEST(closest)
{
    static const struct { int sum, errors, squares, worst, members; } wanted[] = { { 0 }, { -2049, 3723, 113463, 63, 15 }, { -10, 468, 1846, 8, 72 } };

    for (uint32_t phi = 0; phi <= BL_DB_BLOCKS; phi++) {
        int sum = 0, errors = 0, squares = 0, worst = 0, members = 0;
        for EACH_INT8(w) {
            int best = 1000;
            for (int t = INT8_MAX; t >= INT8_MIN; t--)
                if (bl_db_phi((int8_t)t) == phi && abs(t - w) < abs(best - w))
                    best = t;
            int got = bl_db_closest((int8_t)w, phi), off = abs(got - w);
            ck_assert_msg(got == best, "phi %u: %d became %d, expected %d", phi, w, got, best);
            sum += got, errors += off, squares += off * off;
            worst = off > worst ? off : worst;
            members += off == 0;
        }
        if (phi != 1 && phi != 2)
            continue;
        ck_assert_int_eq(sum, wanted[phi].sum);
        ck_assert_int_eq(errors, wanted[phi].errors);
        ck_assert_int_eq(squares, wanted[phi].squares);
        ck_assert_int_eq(worst, wanted[phi].worst);
        ck_assert_int_eq(members, wanted[phi].members);
    }
    ck_assert_int_eq(bl_db_closest(5, 5), 0);
}
END_TEST

Suite *suite_dyadic(void)
{
    Suite *s = suite_create("dyadic");
    TCase *t = tcase_create("dyadic");

    tcase_add_test(t, digits);
    tcase_add_loop_test(t, known_digits, 0, sizeof DIGITS / sizeof *DIGITS);
    tcase_add_test(t, cells);
    tcase_add_test(t, cells_of_the_paper);
    tcase_add_test(t, closest);
    suite_add_tcase(s, t);
    return s;
}
