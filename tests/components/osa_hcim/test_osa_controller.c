/* test_osa_controller.c - the digital side: order of issue, flags, what it waits for, contradictory parameters. */
#include "tests/rigs/osa_bench.h"

extern const struct bl_class osa_controller_class;

enum { NO_INPUT = BL_STALL, REGS_HELD, OUT_BLOCKED, OSE_LATE, RELOAD };

static const uint64_t zero[8] = { 0 };

static void wires(struct bench *b)
{
    bench_part(b, "drive", "act", 2, 32, zero, 16);
    bench_part(b, "drive", "released", 1, 32, zero, 8);
    bench_part(b, "drive", "pushed", 1, 32, zero, 8);
}

START_TEST(order_and_flags)
{
    static const struct { const char *params; int w, a, b, flags; } rows[] = {
        { "mode=digital", 8, 8, 0, OSA_LAST | OSA_ONLY }, { "mode=fixed;boundary=8", 8, 8, 8, OSA_LAST },
        { "mode=fixed;boundary=6;w_bits=4;a_bits=4", 4, 4, 6, OSA_LAST },
        { "mode=fixed;boundary=5;w_bits=8;a_bits=3", 8, 3, 5, OSA_LAST },
    };
    static const uint64_t act[] = { 1, 2 };

    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        struct bl_osa_product order[64];
        uint8_t digital[16];
        struct bench b;
        bl_osa_order(order, digital, rows[r].w, rows[r].a);
        bench_open(&b, &osa_controller_class, rows[r].params);
        BENCH_DRIVE(&b, "act", 2, 32, act);
        bench_part(&b, "drive", "released", 1, 32, zero, 8);
        bench_part(&b, "drive", "pushed", 1, 32, zero, 8);
        bench_ready(&b);
        bench_step(&b);
        ck_assert_int_eq(bench_see(&b, "dut.verdict"), NO_INPUT);
        for (int p = 0; p < digital[rows[r].b]; p++) {
            bench_step(&b);
            int last = p + 1 == digital[rows[r].b], neg = order[p].i == rows[r].w - 1;
            ck_assert_int_eq(bench_see(&b, "dut.cmd[0]"), OSA_VALID | (last ? rows[r].flags : 0) | (neg ? OSA_NEG : 0));
            ck_assert_int_eq(bench_see(&b, "dut.cmd[1]"), order[p].i);
            ck_assert_int_eq(bench_see(&b, "dut.cmd[5]"), order[p].j);
            ck_assert_int_eq(bench_see(&b, "dut.cmd[6]"), order[p].i + order[p].j);
            const int kmin = rows[r].w + rows[r].a - 1 - 2;      /* s is 2: the two highest orders weigh 1 and 2 */
            ck_assert_int_eq(bench_see(&b, "dut.cmd[7]"), order[p].i + order[p].j > kmin ? order[p].i + order[p].j - kmin : 0);
            ck_assert_int_eq(bench_see(&b, "dut.digital"), last);
            ck_assert_int_eq(bench_see(&b, "dut.cim"), 1);
            ck_assert_int_eq(bench_see(&b, "dut.plan[0]"), rows[r].b);
            ck_assert_int_eq(bench_see(&b, "dut.verdict"), BL_BUSY);
        }
        bench_step(&b);
        ck_assert_int_eq(bench_see(&b, "dut.cmd[0]"), 0);
        ck_assert_int_eq(bench_see(&b, "dut.verdict"), NO_INPUT);
        ck_assert_int_eq(bench_see(&b, "dut.issue"), digital[rows[r].b]);
        bl_close(b.s);
    }
}
END_TEST

/* Ops of three commands, one released and one result taken every four cycles, until one thing stays out. */
START_TEST(waits)
{
    static const struct { const char *why; uint64_t act, released, pushed, rwen; int verdict; } rows[] = {
        { "nothing", 100, 50, 50, 0, BL_BUSY }, { "an op", 1, 1, 1, 0, NO_INPUT }, { "registers", 100, 0, 50, 0, REGS_HELD },
        { "results", 100, 8, 0, 0, OUT_BLOCKED }, { "weights", 100, 50, 50, 1, RELOAD } };

    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        uint64_t act[200], released[100], pushed[100], rwen[100];
        struct bench b;
        for (uint64_t n = 0; n < 100; n++) {
            act[2 * n] = n == 0 ? 0 : rows[r].act;
            act[2 * n + 1] = 2;
            released[n] = rows[r].released < n / 4 ? rows[r].released : n / 4;
            pushed[n] = rows[r].pushed < n / 4 ? rows[r].pushed : n / 4;
            rwen[n] = n > 5 && rows[r].rwen;
        }
        bench_open(&b, &osa_controller_class, "mode=fixed;boundary=5;w_bits=3;a_bits=5;s=1");
        bench_part(&b, "drive", "act", 2, 32, act, sizeof act);
        bench_part(&b, "drive", "released", 1, 32, released, sizeof released);
        bench_part(&b, "drive", "pushed", 1, 32, pushed, sizeof pushed);
        bench_part(&b, "drive", "rwen", 1, 1, rwen, sizeof rwen);
        bench_ready(&b);
        bench_steps(&b, 99);
        ck_assert_msg(bench_see(&b, "dut.verdict") == rows[r].verdict, "waiting for %s: verdict %d", rows[r].why,
                      (int)bench_see(&b, "dut.verdict"));
        bl_close(b.s);
    }
}
END_TEST

/* Several causes at once: the first of them in this order is named. Eight ops were begun; from cycle 50 on there are more to begin,
 * a register is free, a result has left and no weights are written, but for what stays out by the mask. */
START_TEST(first_cause)
{
    static const int cause[] = { RELOAD, NO_INPUT, REGS_HELD, OUT_BLOCKED, BL_BUSY };

    for (unsigned mask = 0; mask < 16; mask++) {
        uint64_t act[120], released[60], pushed[60], rwen[60];
        int first = 0;
        struct bench b;
        for (uint64_t n = 0; n < 60; n++) {
            act[2 * n] = n > 0 ? 8 + (n >= 50 && !(mask & 2)) : 0;
            act[2 * n + 1] = 8;
            released[n] = n >= 50 && !(mask & 4);
            pushed[n] = n >= 50 && !(mask & 8);
            rwen[n] = n >= 50 && mask & 1;
        }
        while (first < 4 && !(mask >> first & 1))
            first++;
        bench_open(&b, &osa_controller_class, "mode=fixed;boundary=5;w_bits=3;a_bits=5;s=1");
        bench_part(&b, "drive", "act", 2, 32, act, sizeof act);
        bench_part(&b, "drive", "released", 1, 32, released, sizeof released);
        bench_part(&b, "drive", "pushed", 1, 32, pushed, sizeof pushed);
        bench_part(&b, "drive", "rwen", 1, 1, rwen, sizeof rwen);
        bench_ready(&b);
        bench_steps(&b, 50);
        ck_assert_int_eq(bench_see(&b, "dut.op"), 8);
        ck_assert_int_eq(bench_see(&b, "dut.verdict"), NO_INPUT);
        bench_steps(&b, 2);                                      /* a drive's word is seen a cycle later */
        ck_assert_msg(bench_see(&b, "dut.verdict") == cause[first], "mask %u: verdict %d, expected %d", mask,
                      (int)bench_see(&b, "dut.verdict"), cause[first]);
        ck_assert_int_eq(bench_see(&b, "dut.op"), first == 4 ? 9 : 8);
        bl_close(b.s);
    }
}
END_TEST

/* Boundaries 6 and 10 are candidates: 15 commands may be issued before the boundary comes, not more. */
START_TEST(boundary_late)
{
    static const uint64_t act[] = { 1, 2 };

    for (int given = 6; given <= 10; given += 4)
        for (int when = 3; when < 30; when++) {
            uint64_t b_word[40 * 8] = { 0 };
            struct bench b;
            int n = 0, last = -1, closed = -1, total = given == 6 ? 43 : 15;
            for (int c = 0; c < 40; c++) {
                b_word[c * 8 + PLAN_TOP] = 10;
                b_word[c * 8 + PLAN_B] = (uint64_t)given;
                b_word[c * 8 + PLAN_SEQ] = c >= when;
            }
            bench_open(&b, &osa_controller_class, "");
            BENCH_DRIVE(&b, "act", 2, 32, act);
            bench_part(&b, "drive", "released", 1, 32, zero, 8);
            bench_part(&b, "drive", "pushed", 1, 32, zero, 8);
            bench_part(&b, "drive", "b", PLAN_LANES, 8, b_word, sizeof b_word);
            bench_ready(&b);
            for (int c = 0; c < 100; c++) {
                bench_step(&b);
                int64_t flags = bench_see(&b, "dut.cmd[0]");
                n += (flags & OSA_VALID) != 0;
                last = flags & OSA_LAST ? c : last;
                closed = flags & OSA_CLOSE ? c : closed;
                if (c <= when && c > 15)
                    ck_assert_int_eq(bench_see(&b, "dut.verdict"), OSE_LATE);
            }
            ck_assert_int_eq(n, total);
            ck_assert_int_eq((last >= 0) + (closed >= 0), 1);
            ck_assert_int_eq(closed >= 0, given == 10 && when >= 15);
            ck_assert_int_eq(bench_see(&b, "dut.digital"), 1);
            ck_assert_int_eq(bench_see(&b, given == 6 ? "dut.chosen[6]" : "dut.chosen[10]"), 1);
            bl_close(b.s);
        }
}
END_TEST

/* The op's last digital command stands in cycle 16; its conversions go on until 40: rows may not be written before. */
START_TEST(at_work_until_released)
{
    uint64_t act[100], released[50], rwen[50];
    struct bench b;

    for (uint64_t n = 0; n < 50; n++) {
        act[2 * n] = n > 0;
        act[2 * n + 1] = 2;
        released[n] = n >= 40;
        rwen[n] = n >= 5;
    }
    bench_open(&b, &osa_controller_class, "mode=fixed;boundary=10");
    bench_part(&b, "drive", "act", 2, 32, act, sizeof act);
    bench_part(&b, "drive", "released", 1, 32, released, sizeof released);
    bench_part(&b, "drive", "pushed", 1, 32, zero, 8);
    bench_part(&b, "drive", "rwen", 1, 1, rwen, sizeof rwen);
    bench_ready(&b);
    for (int c = 0; c < 50; c++) {
        bench_step(&b);
        if (c > 2 && c != 40 && c != 41)
            ck_assert_msg(bench_see(&b, "dut.cim") == (c < 40), "cycle %d: cim %d", c, (int)bench_see(&b, "dut.cim"));
    }
    ck_assert_int_eq(bench_see(&b, "dut.issue"), 15);
    bl_close(b.s);
}
END_TEST

START_TEST(refusals)
{
    bench_refused(&osa_controller_class, "w_bits=4;a_bits=4;s=5", wires, "saliency set");
    bench_refused(&osa_controller_class, "mode=fixed;boundary=7;w_bits=4;a_bits=4", wires, "boundary 7");
    bench_refused(&osa_controller_class, "mode=hybrid", wires, "digital fixed osa");
}
END_TEST

SUITE_OF(osa_controller, order_and_flags, waits, first_cause, boundary_late, at_work_until_released, refusals)
