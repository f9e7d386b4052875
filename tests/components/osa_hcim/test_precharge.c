/* test_precharge.c - the two phases of a cycle with a command, none without, none when it is off. */
#include "tests/rigs/osa_bench.h"

extern const struct bl_class precharge_class;

static const uint64_t cmd[] = { CMD_NONE(0), CMD_NONE(1), CMD_NONE(2), CMD_NONE(2), CMD_NONE(3) };

START_TEST(phases)
{
    for (int percent = 0; percent <= 100; percent += 25) {
        struct bench b;
        char params[40];
        bool on = percent % 100;
        snprintf(params, sizeof params, "enable=%d;percent=%d", on, on ? percent : 50);
        bench_open(&b, &precharge_class, params);
        BENCH_DRIVE(&b, "cmd", OSA_LANES, 8, cmd);
        bench_ready(&b);
        for (uint64_t c = 0; c < 6; c++) {
            uint64_t edge = c * BENCH_PERIOD, half = edge + BENCH_PERIOD / 100 * (uint64_t)percent;
            int issued = c == 1 || c == 2 || c == 4;
            if (on && issued) {
                bl_run(b.s, edge + 1);
                ck_assert_int_eq(bench_see(&b, "dut.evaluate"), 0);
                bl_run(b.s, half);
                ck_assert_int_eq(bench_see(&b, "dut.evaluate"), 0);
                bl_run(b.s, half + 1);
            }
            bl_run(b.s, edge + BENCH_PERIOD - 1);
            ck_assert_int_eq(bench_see(&b, "dut.evaluate"), on && c >= 1);
        }
        ck_assert_int_eq(bench_see(&b, "dut.cycle"), on ? 3 : 0);
        bl_close(b.s);
    }
}
END_TEST

static void wires(struct bench *b) { BENCH_DRIVE(b, "cmd", OSA_LANES, 8, cmd); }

START_TEST(refusals)
{
    bench_refused(&precharge_class, "percent=100", wires, "percent");
}
END_TEST

SUITE_OF(precharge, phases, refusals)
