/* test_osa_analog_ctl.c - the analog side: conversions in order, back to back, and what it waits for. */
#include "tests/rigs/osa_bench.h"

extern const struct bl_class osa_analog_ctl_class;

enum { WAIT_B = BL_STALL, TAIL, ADC_BUSY };

/* lanes: B, SEQ, TOP, W, A, S, ASKS, REGS */
#define PLAN(b, seq, asks) b, seq, 0, 8, 8, 2, asks, 2

START_TEST(conversions)
{
    static const uint64_t one[] = { 1 };

    for (int bound = 1; bound <= 14; bound++) {
        const uint64_t plan[] = { PLAN(0, 0, 0), PLAN((uint64_t)bound, 1, 0) };
        struct bl_osa_alloc a;
        struct bench b;
        bl_osa_allocate(&a, 8, 8, bound);
        bench_open(&b, &osa_analog_ctl_class, "");
        BENCH_DRIVE(&b, "plan", PLAN_LANES, 8, plan);
        BENCH_DRIVE(&b, "ready", 1, 1, one);
        bench_ready(&b);
        bench_steps(&b, 2);
        for (int c = 0; c < a.conversions; c++) {
            bool last = c + 1 == a.conversions;
            bench_step(&b);
            ck_assert_int_eq(bench_see(&b, "dut.cmd[0]"),
                             OSA_VALID | (last ? OSA_LAST : 0) | (a.list[c].i == 7 ? OSA_NEG : 0));
            ck_assert_int_eq(bench_see(&b, "dut.cmd[1]"), a.list[c].i);
            ck_assert_int_eq(bench_see(&b, "dut.cmd[4]"), c + 1);
            ck_assert_int_eq(bench_see(&b, "dut.cmd[5]"), a.list[c].lo);
            ck_assert_int_eq(bench_see(&b, "dut.cmd[6]"), a.list[c].width);
            ck_assert_int_eq(bench_see(&b, "dut.cmd[7]"), bound);
            ck_assert_int_eq(bench_see(&b, "dut.analog[0]"), last);
            ck_assert_int_eq(bench_see(&b, "dut.analog[1]"), last);
        }
        bench_step(&b);
        ck_assert_int_eq(bench_see(&b, "dut.cmd[0]"), 0);
        ck_assert_int_eq(bench_see(&b, "dut.verdict"), BL_IDLE);
        bl_close(b.s);
    }
}
END_TEST

/* Digital-only ops pass without a conversion, but not before the one that converts. */
START_TEST(digital_only)
{
    static const uint64_t plan[] = { PLAN(0, 1, 0), PLAN(1, 2, 0), PLAN(0, 3, 0), PLAN(0, 3, 0) };
    static const uint64_t ready[] = { 1, 1, 0, 0, 0, 1 };
    struct bench b;

    bench_open(&b, &osa_analog_ctl_class, "");
    BENCH_DRIVE(&b, "plan", PLAN_LANES, 8, plan);
    BENCH_DRIVE(&b, "ready", 1, 1, ready);
    bench_ready(&b);
    bench_steps(&b, 2);
    ck_assert_int_eq(bench_see(&b, "dut.analog[0]"), 1);
    bench_step(&b);                                        /* the conversion of op 1 starts at the edge of cycle 2 */
    ck_assert_int_eq(bench_see(&b, "dut.cmd[3]"), 1);
    ck_assert_int_eq(bench_see(&b, "dut.analog[0]"), 2);
    ck_assert_int_eq(bench_see(&b, "dut.analog[1]"), 1);
    bench_steps(&b, 2);
    ck_assert_int_eq(bench_see(&b, "dut.verdict"), TAIL);
    ck_assert_int_eq(bench_see(&b, "dut.analog[0]"), 2);
    bench_steps(&b, 2);
    ck_assert_int_eq(bench_see(&b, "dut.analog[0]"), 3);
    ck_assert_int_eq(bench_see(&b, "dut.analog[1]"), 0);
    ck_assert_int_eq(bench_see(&b, "dut.start"), 1);
    bl_close(b.s);
}
END_TEST

START_TEST(asks_the_ose)
{
    static const uint64_t plan[] = { PLAN(0, 0, 1), PLAN(3, 1, 1) }, ready[] = { 1 };
    static const uint64_t b_word[] = { 0, 0, 10, 0, 0, 0, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0,
                                       14, 1, 14, 0, 0, 0, 0, 0 };
    struct bench b;

    bench_open(&b, &osa_analog_ctl_class, "");
    BENCH_DRIVE(&b, "plan", PLAN_LANES, 8, plan);
    BENCH_DRIVE(&b, "b", PLAN_LANES, 8, b_word);
    BENCH_DRIVE(&b, "ready", 1, 1, ready);
    bench_ready(&b);
    bench_steps(&b, 3);
    ck_assert_int_eq(bench_see(&b, "dut.verdict"), WAIT_B);
    bench_steps(&b, 2);                                    /* B = 14 is 13 in effect: orders 13 and 14 are salient */
    ck_assert_int_eq(bench_see(&b, "dut.cmd[7]"), 13);
    ck_assert_int_eq(bench_see(&b, "dut.cmd[0]"), OSA_VALID);
    bl_close(b.s);
}
END_TEST

/* Only a start is work: until the ADC can take the next conversion, and while the last one lasts, it is waited for. */
START_TEST(waits_for_the_adc)
{
    static const uint64_t plan[] = { PLAN(2, 1, 0) }, ready[] = { 1, 0, 0, 1, 0, 0, 1 };
    static const int verdict[] = { BL_BUSY, ADC_BUSY, ADC_BUSY, BL_BUSY, ADC_BUSY, ADC_BUSY, BL_IDLE };
    struct bench b;

    bench_open(&b, &osa_analog_ctl_class, "");
    BENCH_DRIVE(&b, "plan", PLAN_LANES, 8, plan);
    BENCH_DRIVE(&b, "ready", 1, 1, ready);
    bench_ready(&b);
    bench_step(&b);
    for (int c = 0; c < 7; c++) {
        bench_step(&b);
        ck_assert_msg(bench_see(&b, "dut.verdict") == verdict[c], "cycle %d: verdict %d, expected %d", c,
                      (int)bench_see(&b, "dut.verdict"), verdict[c]);
    }
    ck_assert_int_eq(bench_see(&b, "dut.start"), 2);
    bl_close(b.s);
}
END_TEST

SUITE_OF(osa_analog_ctl, waits_for_the_adc, conversions, digital_only, asks_the_ose)
