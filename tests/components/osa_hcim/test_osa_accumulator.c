/* test_osa_accumulator.c - shifts and signs, both sides at once, order and latency of results, a blocked way out. */
#include "tests/rigs/osa_bench.h"

extern const struct bl_class osa_accumulator_class;

enum { OUT_FULL = BL_STALL };

static const uint64_t dmac[] = { 0, 0, 0, 0, 0, 0, 0, 0,  144, 1, 2, 3, 4, 5, 6, 7,  100, 1, 1, 1, 1, 1, 1, 0,
                                 0, 0, 0, 0, 0, 0, 0, 0,  9, 9, 9, 9, 9, 9, 9, 9,  0, 0, 0, 0, 0, 0, 0, 0 };
/* op 6: k = 14, sign; k = 13; the last one, with analog parts. op 7: one digital-only product. */
static const uint64_t dtag[] = { CMD_NONE(0), OSA_VALID | OSA_NEG, 7, 0, 6, 1, 7, 14, 0,
                                OSA_VALID | OSA_LAST, 6, 0, 6, 2, 7, 13, 0,
                                 CMD_NONE(2), OSA_VALID | OSA_LAST | OSA_ONLY, 0, 1, 7, 3, 0, 0, 0, CMD_NONE(3) };
/* Conversions of op 6 in cycles 2 (i 1, lo 3) and 5 (i 7, lo 1: negative). */
static const uint64_t amac[] = { 0, 0, 0, 0, 0, 0, 0, 0,  0, 0, 0, 0, 0, 0, 0, 0,  135, 405, 1, 1, 1, 1, 1, 65535,
                                 135, 405, 1, 1, 1, 1, 1, 65535,  135, 405, 1, 1, 1, 1, 1, 65535,
                                 10, 11, 12, 13, 14, 15, 16, 65535 };
static const uint64_t atag[] = { CMD_NONE(0), CMD_NONE(0), OSA_VALID, 1, 0, 6, 1, 3, 4, 8, OSA_VALID, 1, 0, 6, 1, 3, 4, 8,
                                 OSA_VALID, 1, 0, 6, 1, 3, 4, 8, OSA_VALID | OSA_LAST | OSA_NEG, 7, 0, 6, 2, 1, 4, 8 };

static void open_it(struct bench *b, int l_acc, int from, uint64_t first)
{
    static uint64_t d[6 * 8], a[6 * 8];
    char params[20];

    /* Results leave in the order of ops, which begin with 0: shift the numbers of the tables. */
    memcpy(d, dtag, sizeof d);
    memcpy(a, atag, sizeof a);
    for (int n = 0; n < 6; n++) {
        d[n * 8 + OSA_OP] -= d[n * 8] ? first : 0;
        a[n * 8 + OSA_OP] -= a[n * 8] ? first : 0;
    }
    snprintf(params, sizeof params, "l_acc=%d", l_acc);
    bench_open(b, &osa_accumulator_class, params);
    BENCH_DRIVE(b, "dmac", 8, 8, dmac);
    BENCH_DRIVE(b, "dtag", OSA_LANES, 8, d);
    BENCH_DRIVE(b, "amac", 8, 16, amac);
    BENCH_DRIVE(b, "atag", OSA_LANES, 8, a);
    bench_take(b, "mac", from);
    bench_ready(b);
}

START_TEST(shift_and_add)
{
    for (int l = 1; l <= 4; l++) {
        struct bench b;
        open_it(&b, l, 0, 6);
        while (bench_see(&b, "take.taken") == 0 && b.cycle < 40)
            bench_step(&b);
        /* The last part stands in cycle 5, is added at edge 6, and is taken l_acc later. */
        ck_assert_int_eq(bench_see(&b, "take.cycle"), 6 + l);
        for (int h = 0; h < 8; h++) {
            char name[40];
            int64_t v = -(int64_t)(dmac[8 + h] << 14) + (int64_t)(dmac[16 + h] << 13);
            v += (int16_t)amac[16 + h] * 16 - (int16_t)amac[40 + h] * 256;
            snprintf(name, sizeof name, "take.last[%d]", h);
            ck_assert_int_eq((int32_t)bench_see(&b, name), v);
        }
        bench_step(&b);                                    /* op 7 was complete before, and leaves after it */
        ck_assert_int_eq(bench_see(&b, "take.taken"), 2);
        ck_assert_int_eq(bench_see(&b, "take.last[3]"), 9);
        ck_assert_int_eq(bench_see(&b, "dut.dadd"), 24);
        ck_assert_int_eq(bench_see(&b, "dut.aadd"), 16);
        ck_assert_int_eq(bench_see(&b, "dut.pushed"), 2);
        bl_close(b.s);
    }
}
END_TEST

/* 598 times 8 * 2^14 is more than 24 bits hold: it wraps, and only there. */
START_TEST(wraps)
{
    static uint64_t d[600 * 8], t[600 * 8], a[8], at[8];
    struct bench b;
    int64_t v = 0;

    for (uint64_t n = 0; n < 600; n++) {
        t[n * 8] = n == 0 || n == 599 ? 0 : n == 598 ? OSA_VALID | OSA_LAST | OSA_ONLY : OSA_VALID;
        t[n * 8 + OSA_K] = 14;
        t[n * 8 + OSA_SEQ] = n;
        for (uint64_t h = 0; h < 8; h++)
            d[n * 8 + h] = 1 + h;
        v += t[n * 8] ? 8 << 14 : 0;
    }
    bench_open(&b, &osa_accumulator_class, "");
    BENCH_DRIVE(&b, "dmac", 8, 8, d);
    BENCH_DRIVE(&b, "dtag", OSA_LANES, 8, t);
    BENCH_DRIVE(&b, "amac", 8, 16, a);
    BENCH_DRIVE(&b, "atag", OSA_LANES, 8, at);
    bench_take(&b, "mac", 0);
    bench_ready(&b);
    bench_steps(&b, 605);
    ck_assert_int_eq(bench_see(&b, "take.taken"), 1);
    int32_t want = (int32_t)((uint32_t)v << 8) >> 8;
    ck_assert_int_eq((int32_t)bench_see(&b, "take.last[7]"), want);
    ck_assert_int_ne(want, v);
    bl_close(b.s);
}
END_TEST

/* Nobody takes results: two fit into the channel, nothing is lost, and the account says why. */
START_TEST(blocked)
{
    static uint64_t d[12 * 8], t[12 * 8], a[8], at[8];
    struct bench b;

    for (uint64_t n = 0; n < 12; n++) {
        t[n * 8] = n >= 1 && n <= 8 ? OSA_VALID | OSA_LAST | OSA_ONLY : 0;
        t[n * 8 + OSA_OP] = n - 1;
        for (int h = 0; h < 8; h++)
            d[n * 8 + (uint64_t)h] = n;
    }
    bench_open(&b, &osa_accumulator_class, "");
    BENCH_DRIVE(&b, "dmac", 8, 8, d);
    BENCH_DRIVE(&b, "dtag", OSA_LANES, 8, t);
    BENCH_DRIVE(&b, "amac", 8, 16, a);
    BENCH_DRIVE(&b, "atag", OSA_LANES, 8, at);
    bench_take(&b, "mac", 30);
    bench_ready(&b);
    bench_steps(&b, 25);
    ck_assert_int_eq(bench_see(&b, "dut.pushed"), 2);
    ck_assert_int_eq(bench_see(&b, "dut.verdict"), OUT_FULL);
    for (int n = 1; n <= 8; n++) {
        while (bench_see(&b, "take.taken") < n && b.cycle < 100)
            bench_step(&b);
        ck_assert_int_eq(bench_see(&b, "take.last[0]"), n);
    }
    ck_assert_int_eq(bench_see(&b, "dut.result"), 64);
    bl_close(b.s);
}
END_TEST

SUITE_OF(osa_accumulator, shift_and_add, wraps, blocked)
