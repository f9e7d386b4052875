/* test_wl_driver.c - rows that a command raises. */
#include "tests/rigs/osa_bench.h"

extern const struct bl_class wl_driver_class;

START_TEST(rows)
{
    static const uint64_t cmd[] = {
        CMD_NONE(0),  OSA_VALID, 0, 0, 0, 1, 0, 0, 0,  OSA_VALID, 7, 0, 0, 2, 0, 0, 0,  CMD_NONE(2),
        OSA_VALID | OSA_LAST, 3, 0, 0, 3, 0, 0, 0 };
    static const uint64_t eight[] = { 0, 0x0101010101010101, 0x8080808080808080, 0, 0x0808080808080808 };

    for (int hmu = 1; hmu <= 8; hmu++) {
        struct bench b;
        char params[20];
        snprintf(params, sizeof params, "hmu=%d", hmu);
        bench_open(&b, &wl_driver_class, params);
        BENCH_DRIVE(&b, "cmd", OSA_LANES, 8, cmd);
        bench_ready(&b);
        for (int n = 0; n < 5; n++) {
            bench_step(&b);
            uint64_t rows_there = UINT64_MAX >> (64 - 8 * hmu);
            ck_assert_uint_eq((uint64_t)bench_see(&b, "dut.wl"), eight[n] & rows_there);
        }
        bl_close(b.s);
    }
}
END_TEST

SUITE_OF(wl_driver, rows)
