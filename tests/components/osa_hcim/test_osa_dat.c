/* test_osa_dat.c - sums, saturation, the pipeline and the command that travels along. */
#include "tests/rigs/osa_bench.h"

extern const struct bl_class osa_dat_class;

static const uint64_t cmd[] = { CMD_NONE(0), OSA_VALID | OSA_SAL, 7, 0, 3, 1, 7, 14, 1,
                                OSA_VALID | OSA_LAST, 6, 0, 3, 2, 7, 13, 0,
                                CMD_NONE(2) };
/* Two HMU of 192 columns: 3 words each. */
static const uint64_t dout[] = { 0, 0, 0, 0, 0, 0,  ~0ull, ~0ull, 0xffff, 1, 2, 4,
                                 ~0ull, 0x7fffffffffffffff, 0, ~0ull, ~0ull, ~0ull,
                                 0, 0, 0, 0, 0, 0 };

START_TEST(sums)
{
    static const struct { int bits, sum[2][2], overflow; } rows[] = {
        { 8, { { 144, 3 }, { 127, 192 } }, 0 }, { 7, { { 127, 3 }, { 127, 127 } }, 2 },
        { 4, { { 15, 3 }, { 15, 15 } }, 3 } };

    for (int l = 1; l <= 5; l++)
        for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
            struct bench b;
            char params[60];
            snprintf(params, sizeof params, "cols=192;hmu=2;dat_bits=%d;l_dat=%d", rows[r].bits, l);
            bench_open(&b, &osa_dat_class, params);
            BENCH_DRIVE(&b, "dout", 2, 192, dout);
            BENCH_DRIVE(&b, "cmd", OSA_LANES, 8, cmd);
            bench_ready(&b);
            bench_steps(&b, 1 + l);                        /* a command of cycle 1 is out in cycle 1 + l */
            ck_assert_int_eq(bench_see(&b, "dut.tag[0]"), 0);
            for (int n = 0; n < 2; n++) {
                bench_step(&b);
                ck_assert_int_eq(bench_see(&b, "dut.dmac[0]"), rows[r].sum[n][0]);
                ck_assert_int_eq(bench_see(&b, "dut.dmac[1]"), rows[r].sum[n][1]);
                ck_assert_int_eq(bench_see(&b, "dut.tag[0]"), (int64_t)cmd[8 + 8 * n]);
                ck_assert_int_eq(bench_see(&b, "dut.tag[4]"), n + 1);
                ck_assert_int_eq(bench_see(&b, "dut.sal_dmac[0]"), rows[r].sum[0][0]);     /* only the first is salient */
                ck_assert_int_eq(bench_see(&b, "dut.sal_tag[4]"), 1);
            }
            bench_step(&b);
            ck_assert_int_eq(bench_see(&b, "dut.tag[0]"), 0);
            ck_assert_int_eq(bench_see(&b, "dut.dat_overflow"), rows[r].overflow);
            ck_assert_int_eq(bench_see(&b, "dut.sum"), 4);
            bench_step(&b);
            ck_assert_int_eq(bench_see(&b, "dut.verdict"), BL_IDLE);
            bl_close(b.s);
        }
}
END_TEST

/* The news that an op is over catches its last product while that is in the tree, else it travels alone. */
START_TEST(close)
{
    static const uint64_t late[] = { OSA_VALID, 0, 0, 5, 1, 0, 0, 0, OSA_CLOSE, 0, 0, 6, 1, 0, 0, 0, CMD_NONE(1) };

    for (int l = 1; l <= 3; l++) {
        struct bench b;
        char params[40];
        snprintf(params, sizeof params, "cols=192;hmu=2;l_dat=%d", l);
        bench_open(&b, &osa_dat_class, params);
        BENCH_DRIVE(&b, "dout", 2, 192, dout);
        BENCH_DRIVE(&b, "cmd", OSA_LANES, 8, late);
        bench_ready(&b);
        bench_steps(&b, 1 + l);
        ck_assert_int_eq(bench_see(&b, "dut.tag[0]"), l == 1 ? OSA_VALID : OSA_VALID | OSA_LAST);
        bench_step(&b);
        ck_assert_int_eq(bench_see(&b, "dut.tag[0]"), l == 1 ? OSA_CLOSE : 0);
        bl_close(b.s);
    }
}
END_TEST

SUITE_OF(osa_dat, sums, close)
