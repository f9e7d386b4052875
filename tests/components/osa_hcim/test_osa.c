/* test_osa.c - the allocation of bit products against the definition, for all widths and boundaries. */
#include "tests/rigs/osa_bench.h"

/* 4b x 4b: nD 15 13 10 6 3 1, nA 1 2 3 4 4 4, discarded 0 0 0 0 1 3 for B = 1..6. */
START_TEST(four_bits)
{
    static const int rows[][3] = { { 15, 1, 0 }, { 13, 2, 0 }, { 10, 3, 0 }, { 6, 4, 0 }, { 3, 4, 1 }, { 1, 4, 3 } };

    for (int b = 1; b <= 6; b++) {
        struct bl_osa_alloc a;
        bl_osa_allocate(&a, 4, 4, b);
        ck_assert_int_eq(a.digital, rows[b - 1][0]);
        ck_assert_int_eq(a.conversions, rows[b - 1][1]);
        ck_assert_int_eq(a.discarded, rows[b - 1][2]);
    }
}
END_TEST

/* Every product is in exactly one of the three sets, and the one its order says. */
START_TEST(partition)
{
    for (int w = 1; w <= 8; w++)
        for (int a = 1; a <= 8; a++)
            for (int b = 0; b <= w + a - 1; b++) {
                struct bl_osa_alloc out;
                struct bl_osa_product order[64];
                uint8_t digital[2 * BL_OSA_BITS], seen[8][8] = { { 0 } };
                int n = bl_osa_order(order, digital, w, a), discarded = 0;
                bl_osa_allocate(&out, w, a, b);
                ck_assert_int_eq(n, w * a);
                ck_assert_int_eq(digital[b], out.digital);
                for (int p = 0; p < out.digital; p++) {
                    ck_assert_int_ge(order[p].i + order[p].j, b);
                    seen[order[p].i][order[p].j]++;
                }
                for (int p = 1; p < n; p++) {
                    int k = order[p].i + order[p].j, before = order[p - 1].i + order[p - 1].j;
                    ck_assert(k < before || (k == before && order[p].i < order[p - 1].i));
                }
                for (int c = 0; c < out.conversions; c++) {
                    ck_assert_int_le(out.list[c].width, BL_OSA_WINDOW);
                    for (int j = out.list[c].lo; j < out.list[c].lo + out.list[c].width; j++) {
                        int k = out.list[c].i + j;
                        ck_assert(j < a && k < b && k >= b - BL_OSA_WINDOW);
                        seen[out.list[c].i][j]++;
                    }
                }
                for (int i = 0; i < w; i++)
                    for (int j = 0; j < a; j++) {
                        ck_assert_int_le(seen[i][j], 1);
                        discarded += !seen[i][j];
                        if (!seen[i][j])
                            ck_assert_int_lt(i + j, b - BL_OSA_WINDOW);
                    }
                ck_assert_int_eq(discarded, out.discarded);
                ck_assert_int_eq(out.digital + out.analog_bits + out.discarded, w * a);
            }
}
END_TEST

START_TEST(saliency_is_digital)
{
    ck_assert_int_eq(bl_osa_bound(10, 8, 8, 2), 10);
    ck_assert_int_eq(bl_osa_bound(14, 8, 8, 2), 13);
    ck_assert_int_eq(bl_osa_bound(10, 8, 8, 5), 10);
    ck_assert_int_eq(bl_osa_bound(6, 4, 4, 3), 4);
}
END_TEST

SUITE_OF(osa, four_bits, partition, saliency_is_digital)
