/* test_nq.c - quantised DMACs, by parameter and by the table of layers. */
#include "tests/rigs/osa_bench.h"

extern const struct bl_class nq_class;

static const uint64_t dmac[] = { 0, 1, 7, 8, 63, 64, 127, 144 };
static const uint64_t cmd[] = { CMD_NONE(0), OSA_VALID, 0, 0, 0, 1, 0, 9, 0, OSA_VALID | OSA_SAL, 7, 0, 3, 2, 7, 14, 1 };

static void see(struct bench *b, int shift)
{
    for (int h = 0; h < 8; h++) {
        char name[40];
        int q = (int)dmac[h] >> shift;
        snprintf(name, sizeof name, "dut.q[%d]", h);
        ck_assert_int_eq(bench_see(b, name), q < 7 ? q : 7);
    }
}

START_TEST(quantiser)
{
    for (int shift = 0; shift <= 8; shift++) {
        struct bench b;
        char params[20];
        snprintf(params, sizeof params, "nshift=%d", shift);
        bench_open(&b, &nq_class, params);
        BENCH_DRIVE(&b, "dmac", 8, 8, dmac);
        BENCH_DRIVE(&b, "tag", OSA_LANES, 8, cmd);
        bench_ready(&b);
        bench_steps(&b, 2);
        ck_assert_int_eq(bench_see(&b, "dut.q[7]"), 0);    /* not a saliency command: nothing moves */
        ck_assert_int_eq(bench_see(&b, "dut.sal[4]"), 0);
        bench_step(&b);
        see(&b, shift);
        ck_assert_int_eq(bench_see(&b, "dut.sal[4]"), 2);
        ck_assert_int_eq(bench_see(&b, "dut.sal[3]"), 3);
        bl_close(b.s);
    }
}
END_TEST

START_TEST(layers)
{
    static const struct bl_osa_saliency table[2] = { { .nshift = 1 }, { .nshift = 4 } };
    static const uint64_t layer[] = { 0, 0, 0, 1 };
    struct bench b;

    bench_open(&b, &nq_class, "nshift=7");
    BENCH_DRIVE(&b, "dmac", 8, 8, dmac);
    BENCH_DRIVE(&b, "tag", OSA_LANES, 8, cmd);
    BENCH_DRIVE(&b, "layer", 1, 16, layer);
    bl_supply(b.s, "dut", "saliency", table, sizeof table);
    bench_ready(&b);
    bench_steps(&b, 3);
    see(&b, 1);
    bench_step(&b);
    see(&b, 4);
    bl_close(b.s);
}
END_TEST

START_TEST(bad_table)
{
    static const struct bl_osa_saliency table[2] = { { .nshift = 1 }, { .nshift = 9 } };
    struct bench b;

    bench_open(&b, &nq_class, "");
    BENCH_DRIVE(&b, "dmac", 8, 8, dmac);
    BENCH_DRIVE(&b, "tag", OSA_LANES, 8, cmd);
    bl_supply(b.s, "dut", "saliency", table, sizeof table);
    ck_assert_int_eq(bl_elaborate(b.s), -1);
    ck_assert_msg(strstr(b.said, "dut: layer 1 of the table: nshift 9"), "said \"%s\"", b.said);
    bl_close(b.s);
}
END_TEST

SUITE_OF(nq, quantiser, layers, bad_table)
