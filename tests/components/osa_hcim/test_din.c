/* test_din.c - the plane that a digital command puts on the bitlines. */
#include "tests/rigs/osa_bench.h"

extern const struct bl_class din_class;

START_TEST(plane)
{
    uint64_t regs[16], cmd[17 * OSA_LANES] = { 0 };

    for (int n = 0; n < 16; n++) {
        regs[n] = (uint64_t)n * UINT64_C(0x9e3779b97f4a7c15) >> 4;
        cmd[n * OSA_LANES + OSA_FLAGS] = OSA_VALID;
        cmd[n * OSA_LANES + OSA_REG] = (uint64_t)n / 8;
        cmd[n * OSA_LANES + OSA_PLANE] = (uint64_t)n % 8;
    }
    struct bench b;
    bench_open(&b, &din_class, "cols=64");
    BENCH_DRIVE(&b, "regs", 16, 64, regs);
    BENCH_DRIVE(&b, "cmd", OSA_LANES, 8, cmd);
    bench_ready(&b);
    for (int n = 0; n < 16; n++) {
        bench_step(&b);
        ck_assert_uint_eq((uint64_t)bench_see(&b, "dut.gblb"), regs[n]);
    }
    bench_step(&b);
    ck_assert_uint_eq((uint64_t)bench_see(&b, "dut.gblb"), regs[15]);   /* no command: the drivers hold */
    bl_close(b.s);
}
END_TEST

SUITE_OF(din, plane)
