/* test_osa_adc.c - codes, ranges, the times of decisions, starts that are refused, noise. */
#include "tests/rigs/osa_bench.h"

#include <math.h>

extern const struct bl_class osa_adc_class;

enum { V0 = 8 };

static void wires(struct bench *b)
{
    static const uint64_t v[V0] = { 0 }, cmd[] = { CMD_NONE(0) };

    BENCH_DRIVE(b, "v_sum", 8, 16, v);
    BENCH_DRIVE(b, "cmd", OSA_LANES, 8, cmd);
}

/* Full scale 144 * (2^n - 1) in eight steps; the value is the middle of the step. */
START_TEST(codes)
{
    static const uint64_t v[4][8] = {
        { 0, 17, 18, 35, 36, 125, 126, 144 }, { 0, 53, 54, 107, 108, 377, 378, 432 },
        { 0, 125, 126, 251, 252, 881, 882, 1008 }, { 0, 269, 270, 539, 540, 1889, 1890, 2160 } };
    static const int want[8] = { 0, 0, 1, 1, 2, 6, 7, 7 };
    const char *half = "range=half";

    for (int n = 1; n <= 4; n++)
        for (int r = 0; r < 4; r++) {
            const uint64_t cmd[] = { OSA_VALID, 5, 0, 9, 1, 2, (uint64_t)n, 8 };
            int lsb = 18 * ((1 << n) - 1);
            struct bench b;
            bench_open(&b, &osa_adc_class, r < 2 ? (r ? "steps=0" : "") : r == 2 ? half : "range=half;steps=0");
            BENCH_DRIVE(&b, "v_sum", 8, 16, v[n - 1]);
            BENCH_DRIVE(&b, "cmd", OSA_LANES, 8, cmd);
            bench_ready(&b);
            bench_steps(&b, 2);
            for (int h = 0; h < 8; h++) {
                char name[40];
                int code = r < 2 ? want[h] : (int)(2 * v[n - 1][h]) / lsb;
                code = code < 7 ? code : 7;
                snprintf(name, sizeof name, "dut.code[%d]", h);
                ck_assert_int_eq(bench_see(&b, name), code);
                snprintf(name, sizeof name, "dut.amac[%d]", h);
                if (r < 2)
                    ck_assert_int_eq(bench_see(&b, name), code * lsb + lsb / 2);
            }
            ck_assert_int_eq(bench_see(&b, "dut.tag[3]"), 9);
            ck_assert_int_eq(bench_see(&b, "dut.tag[4]"), 1);
            ck_assert_int_eq(bench_see(&b, "dut.conv"), 8);
            bl_close(b.s);
        }
}
END_TEST

/* What the ADC shows before fs `t`, and from `t` on. */
static void changes_at(struct bench *b, uint64_t t, const int before[3], const int after[3])
{
    bl_run(b->s, t);                                          /* what happens at t has not happened */
    ck_assert_int_eq(bench_see(b, "dut.sar[0]"), before[0]);
    ck_assert_int_eq(bench_see(b, "dut.ready"), before[1]);
    ck_assert_int_eq(bench_see(b, "dut.code[0]"), before[2]);
    bl_run(b->s, t + 1);
    ck_assert_int_eq(bench_see(b, "dut.sar[0]"), after[0]);
    ck_assert_int_eq(bench_see(b, "dut.ready"), after[1]);
    ck_assert_int_eq(bench_see(b, "dut.code[0]"), after[2]);
}

/* Half steps 1, 3, 4, 5, 6 of a slot of rho periods: sample and first decision, second one, `ready`, third one with the code, the
 * end. 6 ns divides evenly; the others are rounded, each from the start of the slot. */
static const struct { uint64_t period; int rho; uint64_t half[5]; } slots[] = {
    { 6 * BL_NS, 1, { 1000000, 3000000, 4000000, 5000000, 6000000 } },
    { 6 * BL_NS, 2, { 2000000, 6000000, 8000000, 10000000, 12000000 } },
    { 6 * BL_NS, 3, { 3000000, 9000000, 12000000, 15000000, 18000000 } },
    { 10 * BL_NS, 2, { 3333333, 10000000, 13333333, 16666667, 20000000 } },       /* 100 MHz */
    { 4 * BL_NS, 1, { 666667, 2000000, 2666667, 3333333, 4000000 } },             /* 250 MHz */
    { 1 * BL_NS, 2, { 333333, 1000000, 1333333, 1666667, 2000000 } },             /* 1 GHz */
    { 3003003, 3, { 1501502, 4504505, 6006006, 7507508, 9009009 } },              /* 333 MHz */
    { 5000005, 1, { 833334, 2500003, 3333337, 4166671, 5000005 } },
    { 60, 1, { 10, 30, 40, 50, 60 } },
};
START_TEST(times)
{
    static const uint64_t v[8] = { 2160, 2160, 2160, 2160, 2160, 2160, 2160, 2160 };
    static const uint64_t cmd[] = { OSA_VALID, 0, 0, 0, 1, 0, 4, 8 };
    static const int shown[5][3] = { { 0, 0, 0 }, { 4, 0, 0 }, { 6, 0, 0 }, { 6, 1, 0 }, { 7, 1, 7 } };
    struct bench b;
    char params[20];

    snprintf(params, sizeof params, "rho=%d", slots[_i].rho);
    bench_open_at(&b, &osa_adc_class, params, slots[_i].period);
    BENCH_DRIVE(&b, "v_sum", 8, 16, v);
    BENCH_DRIVE(&b, "cmd", OSA_LANES, 8, cmd);
    bench_ready(&b);
    for (size_t k = 0; k < 4; k++)
        changes_at(&b, slots[_i].half[k], shown[k], shown[k + 1]);
    ck_assert_int_eq(bench_see(&b, "dut.verdict"), BL_BUSY);
    bl_run(b.s, slots[_i].half[4]);
    ck_assert_int_eq(bench_see(&b, "dut.verdict"), BL_BUSY);
    bl_run(b.s, slots[_i].half[4] + 1);
    ck_assert_int_eq(bench_see(&b, "dut.verdict"), BL_IDLE);
    bl_close(b.s);
}
END_TEST

/* Starts in cycles 0, 1, 2 and 5 of an ADC whose slot has three cycles: those of 1 and 2 are refused. */
START_TEST(refused)
{
    static const uint64_t v[8] = { 2160, 2160, 2160, 2160, 2160, 2160, 2160, 2160 };
    static const uint64_t cmd[] = { OSA_VALID, 0, 0, 10, 1, 0, 4, 8, OSA_VALID, 0, 0, 11, 2, 0, 4, 8,
        OSA_VALID, 0, 0, 12, 3, 0, 4, 8, OSA_VALID, 0, 0, 12, 3, 0, 4, 8, OSA_VALID, 0, 0, 12, 3, 0, 4, 8,
        OSA_VALID, 0, 0, 13, 4, 0, 4, 8 };
    struct bench b;

    bench_open(&b, &osa_adc_class, "rho=3");
    BENCH_DRIVE(&b, "v_sum", 8, 16, v);
    BENCH_DRIVE(&b, "cmd", OSA_LANES, 8, cmd);
    bench_ready(&b);
    bench_steps(&b, 3);
    ck_assert_int_eq(bench_see(&b, "dut.tag[3]"), 10);
    bench_steps(&b, 2);
    ck_assert_int_eq(bench_see(&b, "dut.refused"), 2);
    ck_assert_int_eq(bench_see(&b, "dut.conv"), 8);
    bench_steps(&b, 5);
    ck_assert_int_eq(bench_see(&b, "dut.tag[3]"), 13);
    ck_assert_int_eq(bench_see(&b, "dut.conv"), 16);
    bl_close(b.s);
}
END_TEST

START_TEST(calibrated)
{
    static struct bl_osa_ranges table[2];
    static const uint64_t v[8] = { 99, 100, 109, 110, 150, 169, 170, 400 };
    static const int want[8] = { 0, 0, 0, 1, 5, 6, 7, 7 };
    static const uint64_t cmd[] = { OSA_VALID, 3, 0, 0, 1, 0, 4, 9 }, layer[] = { 1 };
    struct bench b;

    table[1].lo[9][3] = 100;
    table[1].hi[9][3] = 180;
    bench_open(&b, &osa_adc_class, "range=cal");
    BENCH_DRIVE(&b, "v_sum", 8, 16, v);
    BENCH_DRIVE(&b, "cmd", OSA_LANES, 8, cmd);
    BENCH_DRIVE(&b, "layer", 1, 16, layer);
    bl_supply(b.s, "dut", "ranges", table, sizeof table);
    bench_ready(&b);
    bench_steps(&b, 2);
    for (int h = 0; h < 8; h++) {
        char name[40];
        snprintf(name, sizeof name, "dut.code[%d]", h);
        ck_assert_int_eq(bench_see(&b, name), want[h]);
        snprintf(name, sizeof name, "dut.amac[%d]", h);
        ck_assert_int_eq(bench_see(&b, name), 105 + 10 * want[h]);
    }
    bl_close(b.s);
}
END_TEST

/* Noise of half an LSB around the middle of step 3: codes 3 with probability 0.683, sigma within 5 %. */
START_TEST(noise)
{
    enum { N = 4000 };
    static uint64_t cmd[N * 2 * OSA_LANES];
    static const uint64_t v[8] = { 945, 945, 945, 945, 945, 945, 945, 945 };
    double sum = 0, square = 0, hits = 0;
    struct bench b;

    for (uint64_t n = 0; n < 2 * N; n++) {
        uint64_t *c = cmd + n * OSA_LANES;
        c[OSA_FLAGS] = OSA_VALID;
        c[OSA_SEQ] = n / 2 + 1;
        c[OSA_WIDTH] = 4;
    }
    bench_open(&b, &osa_adc_class, "noise=0.5");
    BENCH_DRIVE(&b, "v_sum", 8, 16, v);
    BENCH_DRIVE(&b, "cmd", OSA_LANES, 8, cmd);
    bench_ready(&b);
    for (int n = 0; n < N; n++) {
        bench_steps(&b, 2);
        for (int h = 0; h < 8; h++) {
            char name[40];
            snprintf(name, sizeof name, "dut.code[%d]", h);
            int64_t code = bench_see(&b, name) - 3;
            sum += (double)code;
            square += (double)(code * code);
            hits += code == 0;
        }
    }
    ck_assert_int_eq(bench_see(&b, "dut.conv"), 8 * N);
    hits /= 8 * N;
    sum /= 8 * N;
    square /= 8 * N;                                   /* 0.25 + 1/12, as the rounding error is almost white */
    ck_assert_msg(hits > 0.673 && hits < 0.693, "%g", hits);
    ck_assert_msg(sum > -0.015 && sum < 0.015, "%g", sum);
    ck_assert_msg(square > 0.31 && square < 0.35, "%g", square);
    bl_close(b.s);
}
END_TEST

START_TEST(refusals)
{
    static struct bl_osa_ranges table;
    struct bench b;

    for (int k = 0; k < 3; k++) {
        table = (struct bl_osa_ranges){ 0 };
        table.lo[9][3] = k == 0 ? 5 : k == 1 ? -40000 : 0;
        table.hi[9][3] = k == 0 ? 4 : k == 1 ? 0 : (double)NAN;
        bench_open(&b, &osa_adc_class, "range=cal");
        wires(&b);
        bl_supply(b.s, "dut", "ranges", &table, sizeof table);
        ck_assert_int_eq(bl_elaborate(b.s), -1);
        ck_assert_msg(strstr(b.said, "B = 9, i = 3"), "said \"%s\"", b.said);
        bl_close(b.s);
    }

    bench_refused(&osa_adc_class, "range=cal", wires, "table of ranges");
    bench_refused(&osa_adc_class, "rho=4", wires, "rho");
    bench_refused(&osa_adc_class, "range=quarter", wires, "quarter");
    bench_open_at(&b, &osa_adc_class, "rho=1", 5);
    wires(&b);
    ck_assert_int_eq(bl_elaborate(b.s), -1);
    ck_assert_msg(strstr(b.said, "a slot of 5 fs has no 6 half steps of a femtosecond; take a slower clock"), "said \"%s\"", b.said);
    bl_close(b.s);
}
END_TEST

Suite *suite_osa_adc(void);
Suite *suite_osa_adc(void)
{
    Suite *s = suite_create("osa_adc");
    TCase *t = tcase_create("all");

    tcase_add_test(t, codes);
    tcase_add_loop_test(t, times, 0, (int)(sizeof slots / sizeof *slots));
    tcase_add_test(t, refused);
    tcase_add_test(t, calibrated);
    tcase_add_test(t, noise);
    tcase_add_test(t, refusals);
    suite_add_tcase(s, t);
    return s;
}
