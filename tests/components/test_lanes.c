/* test_lanes.c - lanes of every width as int64_t and back (components/lanes.h), against arithmetic on single bits. */
#include "components/lanes.h"

#include <check.h>
#include <string.h>

static uint64_t state = 11;
static uint64_t draw(void)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return state ^ state >> 29;
}

/* The low bits of v, one by one. */
static int64_t by_bits(uint64_t v, uint32_t bits, bool is_signed)
{
    uint64_t sum = 0;

    for (uint32_t b = 0; b < bits; b++)
        if (v >> b & 1)
            sum += is_signed && b == bits - 1 ? 0 - (UINT64_C(1) << b) : UINT64_C(1) << b;
    return (int64_t)sum;
}

enum { LANES = 9 };

START_TEST(there_and_back)
{
    const uint32_t bits = (uint32_t)_i, elem = bits <= 8 ? 1 : bits <= 16 ? 2 : bits <= 32 ? 4 : 8;

    for (int round = 0; round < 50; round++) {
        uint64_t item[LANES + 1];
        int64_t v[LANES], back[LANES], edge = (int64_t)(UINT64_C(1) << (bits - 1)), below = (int64_t)((uint64_t)edge - 1);
        memset(item, 0xa5, sizeof item);
        for (int i = 0; i < LANES; i++)
            v[i] = i == 0 ? edge : i == 1 ? below : i == 2 ? -1 : i == 3 ? ~below : (int64_t)draw();
        bl_lanes_put(item, bits, v, 0, LANES);
        for (int k = 0; k < 2; k++) {
            bl_lanes_get(back, item, bits, k, 0, LANES);
            for (uint32_t i = 0; i < LANES; i++) {
                ck_assert_int_eq(back[i], by_bits((uint64_t)v[i], bits, k));
                ck_assert_int_eq(bl_lane_get(item, bits, k, i), back[i]);
            }
        }
        for (uint32_t b = 0; b < LANES * elem; b++)                 /* unused bits of a lane are 0, and nothing lies behind the last one */
            if (b % elem * 8 >= bits)
                ck_assert_uint_eq(((unsigned char *)item)[b], 0);
        ck_assert_uint_eq(((unsigned char *)item)[LANES * elem], 0xa5);
        bl_lanes_put(item, bits, v + 3, 2, 2);                      /* in the middle */
        ck_assert_int_eq(bl_lane_get(item, bits, true, 1), by_bits((uint64_t)v[1], bits, true));
        ck_assert_int_eq(bl_lane_get(item, bits, true, 2), by_bits((uint64_t)v[3], bits, true));
        ck_assert_int_eq(bl_lane_get(item, bits, true, 3), by_bits((uint64_t)v[4], bits, true));
        ck_assert_int_eq(bl_lane_get(item, bits, true, 4), by_bits((uint64_t)v[4], bits, true));
    }
}
END_TEST

START_TEST(packed_bits)
{
    const uint32_t n = (uint32_t)_i;

    for (uint32_t at = 0; at + n <= 192; at++) {
        uint64_t lane[4] = { draw(), draw(), draw(), UINT64_C(0x5a5a5a5a5a5a5a5a) }, old[4], v = draw();
        memcpy(old, lane, sizeof old);
        uint64_t expected = 0;
        for (uint32_t b = 0; b < n; b++)
            expected |= (lane[(at + b) / 64] >> ((at + b) & 63) & 1) << b;
        ck_assert_int_eq(bl_packed_get(lane, at, n, false), by_bits(expected, n, false));
        ck_assert_int_eq(bl_packed_get(lane, at, n, true), by_bits(expected, n, true));
        bl_packed_put(lane, at, n, (int64_t)v);
        for (uint32_t b = at; b < at + n; b++)
            old[b / 64] = (old[b / 64] & ~(UINT64_C(1) << (b & 63))) | (v >> (b - at) & 1) << (b & 63);
        ck_assert(!memcmp(lane, old, sizeof old));
    }
}
END_TEST

Suite *suite_lanes(void);
Suite *suite_lanes(void)
{
    Suite *s = suite_create("lanes");
    TCase *c = tcase_create("lanes");

    tcase_add_loop_test(c, there_and_back, 1, 65);
    tcase_add_loop_test(c, packed_bits, 1, 65);
    suite_add_tcase(s, c);
    return s;
}
