/* test_osa_dac.c - levels on the analog bitlines, and what a conversion is charged. */
#include "tests/rigs/osa_bench.h"

extern const struct bl_class osa_dac_class;

START_TEST(levels)
{
    static const struct { int reg, lo, width; } rows[] = { { 0, 0, 4 }, { 0, 4, 4 }, { 1, 2, 1 }, { 1, 5, 3 }, { 0, 7, 1 } };
    enum { N = sizeof rows / sizeof *rows };
    uint64_t regs[16], cmd[N * OSA_LANES] = { 0 };
    int bits = 0;

    for (int n = 0; n < 16; n++)
        regs[n] = ~((uint64_t)n * UINT64_C(0x9e3779b97f4a7c15));
    for (int n = 0; n < N; n++) {
        uint64_t *c = cmd + n * OSA_LANES;
        c[OSA_FLAGS] = OSA_VALID;
        c[OSA_REG] = (uint64_t)rows[n].reg;
        c[OSA_LO] = (uint64_t)rows[n].lo;
        c[OSA_WIDTH] = (uint64_t)rows[n].width;
        c[OSA_SEQ] = (uint64_t)n + 1;
    }
    struct bench b;
    bench_open(&b, &osa_dac_class, "cols=64;hmu=5");
    BENCH_DRIVE(&b, "regs", 16, 64, regs);
    BENCH_DRIVE(&b, "cmd", OSA_LANES, 8, cmd);
    bench_ready(&b);
    for (int n = 0; n < N; n++) {
        bench_step(&b);
        bits += rows[n].width;
        for (int p = 0; p < BL_OSA_WINDOW; p++) {
            char name[40];
            snprintf(name, sizeof name, "dut.gbl[%d]", p);
            ck_assert_uint_eq((uint64_t)bench_see(&b, name), p < rows[n].width ? regs[rows[n].reg * 8 + rows[n].lo + p] : 0);
        }
        ck_assert_int_eq(bench_see(&b, "dut.conv"), 5 * (n + 1));
        ck_assert_int_eq(bench_see(&b, "dut.bit"), 5 * bits);
    }
    bench_steps(&b, 3);                                    /* the same command standing on costs nothing more */
    ck_assert_int_eq(bench_see(&b, "dut.conv"), 5 * N);
    bl_close(b.s);
}
END_TEST

SUITE_OF(osa_dac, levels)
