/* test_rw_io.c - rows at one a cycle, after the macro has come to rest. */
#include "tests/rigs/osa_bench.h"

extern const struct bl_class rw_io_class;

enum { CIM_ACTIVE = BL_STALL, ROWS = 6 };

START_TEST(rows)
{
    static uint64_t items[ROWS * 4];
    static const uint64_t cim[] = { 0, 1, 1, 1, 1, 1, 1, 0 };

    for (uint64_t n = 0; n < ROWS * 4; n++)
        items[n] = n % 4 ? n * UINT64_C(0x9e3779b97f4a7c15) : 60 - n / 4;
    for (int active = 0; active < 2; active++) {
        struct bench b;
        int first = active ? 8 : 2;                        /* asked at edge 1, granted when `cim` has been 0 */
        bench_open(&b, &rw_io_class, "");
        BENCH_FEED(&b, "w", 4, 64, items);
        bench_part(&b, "drive", "cim", 1, 1, cim, active ? sizeof cim : 8);
        bench_ready(&b);
        for (int c = 0; c < first + ROWS; c++) {
            bench_step(&b);
            ck_assert_int_eq(bench_see(&b, "dut.rwen"), c >= 1);
            ck_assert_int_eq(bench_see(&b, "dut.rows"), c < first ? 0 : c - first + 1);
            if (active && c > 1 && c < first)
                ck_assert_int_eq(bench_see(&b, "dut.verdict"), CIM_ACTIVE);
            if (c < first)
                continue;
            const uint64_t *item = items + (c - first) * 4;
            ck_assert_uint_eq((uint64_t)bench_see(&b, "dut.wr[0]"), item[0]);
            ck_assert_int_eq(bench_see(&b, "dut.wr[1]"), c - first + 1);
            ck_assert_uint_eq((uint64_t)bench_see(&b, "dut.wr[2]"), item[1]);
            ck_assert_uint_eq((uint64_t)bench_see(&b, "dut.wr[4]"), item[3]);
        }
        bench_step(&b);
        ck_assert_int_eq(bench_see(&b, "dut.rwen"), 0);
        ck_assert_int_eq(bench_see(&b, "dut.asked"), 1);
        bl_close(b.s);
    }
}
END_TEST

SUITE_OF(rw_io, rows)
