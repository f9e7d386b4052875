/* test_osa_act_regs.c - registers are filled, held until they are released, and refilled in that very cycle. */
#include "tests/rigs/osa_bench.h"

extern const struct bl_class osa_act_regs_class;

enum { NO_INPUT = BL_STALL, REGS_HELD, OPS = 5, COLS = 64 };

static uint64_t plane_of(const uint64_t *op, int j)
{
    uint64_t x = 0;

    for (int c = 0; c < COLS; c++)
        x |= (op[c] >> j & 1) << c;
    return x;
}

/* Ops arrive from edge 1 on; releases stand in cycles 6, 9 and 12, so that edges 7, 10 and 13 see them. */
START_TEST(registers)
{
    static uint64_t ops[OPS * COLS], released[] = { 0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 3 };
    static const int loaded[2][14] = { { 0, 1, 1, 1, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4 },
                                       { 0, 1, 2, 2, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5 } };

    for (int i = 0; i < OPS * COLS; i++)
        ops[i] = (uint64_t)(i * 37 + i / 64 * 11) & 255;
    for (int abuf = 1; abuf <= 2; abuf++) {
        struct bench b;
        bench_open(&b, &osa_act_regs_class, abuf == 1 ? "cols=64;abuf=1" : "cols=64;abuf=2");
        BENCH_FEED(&b, "op", COLS, 8, ops);
        BENCH_DRIVE(&b, "released", 1, 32, released);
        bench_ready(&b);
        for (int n = 0; n < 14; n++) {
            bench_step(&b);
            int now = loaded[abuf - 1][n];
            ck_assert_msg(bench_see(&b, "dut.load") == now, "abuf %d cycle %d: %d loads", abuf, n,
                          (int)bench_see(&b, "dut.load"));
            for (int j = 0; now && j < 8; j++) {
                char name[40];
                snprintf(name, sizeof name, "dut.regs[%d]", (now - 1) % abuf * 8 + j);
                ck_assert_uint_eq((uint64_t)bench_see(&b, name), plane_of(ops + (now - 1) * COLS, j));
            }
            if (n == 5)
                ck_assert_int_eq(bench_see(&b, "dut.verdict"), REGS_HELD);
        }
        ck_assert_int_eq(bench_see(&b, "dut.stat[1]"), abuf);
        ck_assert_int_eq(bench_see(&b, "dut.stat[0]"), 5);
        bl_close(b.s);
    }
}
END_TEST

/* What is offered counts the items at the door, so that the controller may start them as they are loaded. */
START_TEST(offer)
{
    static uint64_t ops[OPS * COLS], released[] = { 0 };
    struct bench b;

    bench_open(&b, &osa_act_regs_class, "cols=64;abuf=1");
    BENCH_FEED(&b, "op", COLS, 8, ops);
    BENCH_DRIVE(&b, "released", 1, 32, released);
    bench_ready(&b);
    bench_step(&b);
    ck_assert_int_eq(bench_see(&b, "dut.verdict"), NO_INPUT);
    ck_assert_int_eq(bench_see(&b, "dut.stat[0]"), 0);
    bench_steps(&b, 8);
    ck_assert_int_eq(bench_see(&b, "dut.stat[0]"), 3);     /* one in the register, two in the channel */
    ck_assert_int_eq(bench_see(&b, "dut.load"), 1);
    bl_close(b.s);
}
END_TEST

SUITE_OF(osa_act_regs, registers, offer)
