/* test_bits.c - packed bits against loops over single bits, for every width that the arrays may have. */
#include "components/bits.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state = 7;
static uint64_t draw(void)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return state ^ state >> 29;
}

START_TEST(planes)
{
    for (uint32_t n = 1; n <= BL_BITS_MOST; n++) {
        uint8_t v[BL_BITS_MOST];
        uint64_t plane[8 * BL_BITS_WORDS];
        uint32_t nw = bl_bits_words(n);
        for (uint32_t c = 0; c < n; c++)
            v[c] = (uint8_t)draw();
        memset(plane, 0xa5, sizeof plane);
        bl_bits_planes(plane, nw, v, n);
        for (uint32_t j = 0; j < 8; j++)
            for (uint32_t c = 0; c < 64 * nw; c++)
                ck_assert_int_eq((int)(plane[j * nw + c / 64] >> (c & 63) & 1), c < n ? v[c] >> j & 1 : 0);
    }
}
END_TEST

START_TEST(count_and_dot)
{
    for (int round = 0; round < 200; round++) {
        uint32_t nw = 1 + (uint32_t)round % 3, width = 1 + (uint32_t)draw() % 4, want = 0;
        uint64_t rows[8 * 3], levels[4 * 3], both[3];
        uint16_t counts[8];
        for (uint32_t i = 0; i < 24; i++)
            rows[i] = round & 1 ? draw() : draw() & draw();
        for (uint32_t i = 0; i < 12; i++)
            levels[i] = draw();
        bl_bits_count(counts, rows, 8, nw);
        for (uint32_t r = 0; r < 8; r++) {
            int n = 0;
            for (uint32_t b = 0; b < 64 * nw; b++)
                n += rows[r * nw + b / 64] >> (b & 63) & 1;
            ck_assert_int_eq(counts[r], n);
        }
        bl_bits_and(both, rows, levels, nw);
        for (uint32_t c = 0; c < 64 * nw; c++) {
            uint32_t level = 0;
            for (uint32_t b = 0; b < width; b++)
                level |= (uint32_t)(levels[b * nw + c / 64] >> (c & 63) & 1) << b;
            want += (rows[c / 64] >> (c & 63) & 1) * level;
            ck_assert_uint_eq(both[c / 64] >> (c & 63) & 1, (rows[c / 64] & levels[c / 64]) >> (c & 63) & 1);
        }
        ck_assert_uint_eq(bl_bits_dot(rows, levels, width, nw), want);
    }
}
END_TEST

/* Several rows and several trees in one call: rows one by one, planes bit by bit. */
START_TEST(dots_and_sums)
{
    enum { N = 5, WORDS = 4, BITS = 32 };

    for (uint32_t round = 0; round < 5 * 2 * WORDS * BITS; round++) {         /* each number of bits in each number of words, signed and not */
        const uint32_t bits = 1 + round % BITS, nw = 1 + round / BITS % WORDS, n = 1 + round % N, width = 1 + (uint32_t)draw() % 8;
        const bool is_signed = round / (BITS * WORDS) & 1;
        uint64_t rows[N * BITS * WORDS], levels[8 * WORDS];
        uint32_t dots[N];
        int64_t sums[N];
        for (uint32_t i = 0; i < N * BITS * WORDS; i++)
            rows[i] = draw() | (round % 5 ? 0 : draw());
        for (uint32_t i = 0; i < 8 * WORDS; i++)
            levels[i] = draw();
        bl_bits_dots(dots, rows, n, levels, width, nw);
        bl_bits_sums(sums, rows, n, bits, nw, is_signed);
        for (uint32_t k = 0; k < n; k++) {
            int64_t want = 0;
            for (uint32_t b = 0; b < bits; b++)
                for (uint32_t i = 0; i < 64 * nw; i++)
                    if (rows[(k * bits + b) * nw + i / 64] >> i % 64 & 1)
                        want += is_signed && b + 1 == bits ? -(INT64_C(1) << b) : INT64_C(1) << b;
            ck_assert_int_eq(sums[k], want);
            ck_assert_uint_eq(dots[k], bl_bits_dot(rows + k * nw, levels, width, nw));
        }
    }
}
END_TEST

START_TEST(xnor)
{
    enum { COLS = 7, STRIDE = 18 };

    for (uint32_t nw = 1; nw <= STRIDE; nw++) {
        uint64_t x[STRIDE], mask[STRIDE], w[COLS * STRIDE];
        uint16_t counts[COLS];
        for (uint32_t i = 0; i < STRIDE; i++) {
            x[i] = draw();
            mask[i] = i % 3 ? draw() : UINT64_MAX;
        }
        for (uint32_t i = 0; i < COLS * STRIDE; i++)
            w[i] = draw();
        bl_bits_xnor(counts, x, w, mask, COLS, nw, STRIDE);
        for (uint32_t c = 0; c < COLS; c++) {
            uint32_t n = 0;
            for (uint32_t b = 0; b < 64 * nw; b++)
                n += (x[b / 64] >> (b & 63) & 1) == (w[c * STRIDE + b / 64] >> (b & 63) & 1) && (mask[b / 64] >> (b & 63) & 1);
            ck_assert_uint_eq(counts[c], n);
        }
    }
}
END_TEST

Suite *suite_bits(void);
Suite *suite_bits(void)
{
    Suite *s = suite_create("bits");
    TCase *t = tcase_create("all");

    tcase_add_test(t, planes);
    tcase_add_test(t, count_and_dot);
    tcase_add_test(t, dots_and_sums);
    tcase_add_test(t, xnor);
    suite_add_tcase(s, t);
    return s;
}
