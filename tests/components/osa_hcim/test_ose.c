/* test_ose.c - saliency and the boundary it picks, its latency, forced boundaries, tables, refusals. */
#include "tests/rigs/osa_bench.h"

extern const struct bl_class ose_class;

static void wires(struct bench *b)
{
    static const uint64_t q[8] = { 0 }, sal[] = { CMD_NONE(0) };

    BENCH_DRIVE(b, "q", 8, 3, q);
    BENCH_DRIVE(b, "sal", OSA_LANES, 8, sal);
}

/* Three saliency commands of op 4 in cycles 1 to 3 with the DMACs given; k - kmin is 2, 1, 1. */
static void play(struct bench *b, const char *params, uint64_t q0, uint64_t q1, uint64_t q2)
{
    static uint64_t q[4 * 8];
    static const uint64_t sal[] = { CMD_NONE(0), OSA_VALID | OSA_SAL, 7, 0, 4, 1, 7, 14, 2,
        OSA_VALID | OSA_SAL, 7, 0, 4, 2, 6, 13, 1, OSA_VALID | OSA_SAL | OSA_SAL_LAST, 6, 0, 4, 3, 7, 13, 1 };

    for (int h = 0; h < 8; h++) {
        q[8 + h] = h == 7 ? q0 : 0;
        q[16 + h] = h == 0 ? q1 : 0;
        q[24 + h] = h == 3 ? q2 : 0;
    }
    bench_open(b, &ose_class, params);
    BENCH_DRIVE(b, "q", 8, 3, q);
    BENCH_DRIVE(b, "sal", OSA_LANES, 8, sal);
    bench_ready(b);
}

START_TEST(boundary)
{
    static const struct { const char *params; int q[3], s, b; } rows[] = {
        { "candidates=[5,8,10];thresholds=[12,4]", { 7, 5, 0 }, 12, 5 },
        { "candidates=[5,8,10];thresholds=[12,4]", { 7, 4, 0 }, 11, 8 },
        { "candidates=[5,8,10];thresholds=[12,4]", { 0, 4, 0 }, 4, 8 },
        { "candidates=[5,8,10];thresholds=[12,4]", { 1, 1, 1 }, 3, 10 },
        { "candidates=[5,8,10];thresholds=[4,4]", { 4, 0, 0 }, 4, 5 },
        { "candidates=[0,8];thresholds=[1]", { 0, 0, 1 }, 1, 0 },
        { "candidates=[5,8];thresholds=[12];order_weight=1", { 1, 1, 3 }, 12, 5 },
    };
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        struct bench b;
        play(&b, rows[r].params, (uint64_t)rows[r].q[0], (uint64_t)rows[r].q[1], (uint64_t)rows[r].q[2]);
        bench_steps(&b, 4);
        ck_assert_int_eq(bench_see(&b, "dut.b[1]"), 0);
        bench_step(&b);                                    /* the cycle after the last saliency DMAC */
        ck_assert_msg(bench_see(&b, "dut.b[0]") == rows[r].b, "%s: B %d", rows[r].params, (int)bench_see(&b, "dut.b[0]"));
        ck_assert_int_eq(bench_see(&b, "dut.b[1]"), 5);
        ck_assert_int_eq(bench_see(&b, "dut.s"), rows[r].s);
        ck_assert_int_eq(bench_see(&b, "dut.decide"), 1);
        bl_close(b.s);
    }
}
END_TEST

START_TEST(latency)
{
    for (int l = 1; l <= 20; l++) {
        struct bench b;
        char params[60];
        snprintf(params, sizeof params, "l_ose=%d;forced=[6,9];candidates=[7,8];thresholds=[1]", l);
        play(&b, params, 0, 0, 0);
        ck_assert_int_eq(bench_see(&b, "dut.b[2]"), 9);    /* largest boundary to expect */
        bench_steps(&b, 3 + l);
        ck_assert_int_eq(bench_see(&b, "dut.b[1]"), 0);
        bench_step(&b);
        ck_assert_int_eq(bench_see(&b, "dut.b[1]"), 5);
        ck_assert_int_eq(bench_see(&b, "dut.b[0]"), 6);
        bl_close(b.s);
    }
}
END_TEST

START_TEST(layers)
{
    static const struct bl_osa_saliency table[] = { { 0, { 9, 8 } }, { 0, { 2, 1 } } };
    static const uint64_t layer[] = { 1 };
    struct bench b;

    play(&b, "candidates=[5,8,10];thresholds=[100,50]", 1, 0, 0);
    bl_close(b.s);
    for (uint64_t s = 0; s < 4; s++) {
        static uint64_t q[8];
        static const uint64_t sal[] = { OSA_VALID | OSA_SAL | OSA_SAL_LAST, 7, 0, 0, 1, 7, 14, 0 };
        q[0] = s;
        bench_open(&b, &ose_class, "candidates=[5,8,10];thresholds=[100,50]");
        BENCH_DRIVE(&b, "q", 8, 3, q);
        BENCH_DRIVE(&b, "sal", OSA_LANES, 8, sal);
        BENCH_DRIVE(&b, "layer", 1, 16, layer);
        bl_supply(b.s, "dut", "saliency", table, sizeof table);
        bench_ready(&b);
        bench_steps(&b, 3);
        ck_assert_int_eq(bench_see(&b, "dut.b[0]"), s >= 2 ? 5 : s == 1 ? 8 : 10);
        bl_close(b.s);
    }
}
END_TEST

START_TEST(refusals)
{
    bench_refused(&ose_class, "candidates=[5,8];thresholds=[2,1]", wires, "2 thresholds for 2 candidates");
    bench_refused(&ose_class, "candidates=[8,5];thresholds=[1]", wires, "must rise");
    bench_refused(&ose_class, "candidates=[5,6,7];thresholds=[1,2]", wires, "must fall");
    bench_refused(&ose_class, "candidates=[1,15];thresholds=[1]", wires, "15");
}
END_TEST

SUITE_OF(ose, boundary, latency, layers, refusals)
