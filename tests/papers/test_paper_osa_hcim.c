/* test_paper_osa_hcim.c - OSA-HCIM (Chen et al., ASP-DAC 2024), the whole macro (components/osa_hcim/) through the event simulation: latency,
 * throughput, exact vectors, saliency, SNR and energy. Numbers tagged derived come from sections III to VI by
 * arithmetic; splits of energy are free parameters and checked by construction only. */
#include "tests/rigs/effort.h"
#include "tests/rigs/osa_rig.h"

#include <math.h>

static uint8_t vector_x[RIG_COLS];

static void make_vectors(void)
{
    for (int c = 0; c < RIG_COLS; c++)
        vector_x[c] = (uint8_t)((37 * c + 11) % 256);
}

static int8_t vector_w(int set, int h, int c) { (void)set; return (int8_t)(uint8_t)((91 * c + 5 + 17 * h) % 256); }

static int32_t exact(const uint8_t *x, int8_t (*w)(int, int, int), int set, int h)
{
    int32_t sum = 0;

    for (int c = 0; c < RIG_COLS; c++)
        sum += x[c] * w(set, h, c);
    return sum;
}

/* ---- 1: the allocation ---- */
START_TEST(allocation)
{
    static const struct { int b, digital, conversions, bits, discarded; uint8_t widths[8]; } rows[] = {
        { 0, 64, 0, 0, 0, { 0 } },
        { 5, 49, 5, 14, 1, { 4, 4, 3, 2, 1 } },
        { 6, 43, 6, 18, 3, { 4, 4, 4, 3, 2, 1 } },
        { 7, 36, 7, 22, 6, { 4, 4, 4, 4, 3, 2, 1 } },
        { 8, 28, 8, 26, 10, { 4, 4, 4, 4, 4, 3, 2, 1 } },
        { 9, 21, 8, 28, 15, { 3, 4, 4, 4, 4, 4, 3, 2 } },
        { 10, 15, 8, 28, 21, { 2, 3, 4, 4, 4, 4, 4, 3 } },
    };
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        struct bl_osa_alloc a;
        bl_osa_allocate(&a, 8, 8, rows[r].b);
        ck_assert_int_eq(a.digital, rows[r].digital);
        ck_assert_int_eq(a.conversions, rows[r].conversions);
        ck_assert_int_eq(a.analog_bits, rows[r].bits);
        ck_assert_int_eq(a.discarded, rows[r].discarded);
        ck_assert_int_eq(a.digital + a.analog_bits + a.discarded, 64);
        for (int i = 0; i < a.conversions; i++)
            ck_assert_int_eq(a.list[i].width, rows[r].widths[i]);
    }
}
END_TEST

/* ---- 2: latency of one op with saliency, 1/1/1 ---- */
START_TEST(latency)
{
    static const struct { const char *mode; int cycles[3]; } rows[] = {
        { "ose.forced=[5]", { 51, 51, 51 } }, { "ose.forced=[6]", { 45, 45, 45 } }, { "ose.forced=[7]", { 38, 38, 38 } },
        { "ose.forced=[8]", { 30, 30, 30 } }, { "ose.forced=[9]", { 23, 23, 30 } }, { "ose.forced=[10]", { 17, 22, 30 } },
        { "controller.mode=digital", { 66, 66, 66 } },
    };
    char sets[100];

    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
        for (int rho = 1; rho <= 3; rho++) {
            struct rig g;
            snprintf(sets, sizeof sets, "%s;adc.rho=%d", rows[r].mode, rho);
            rig_open(&g, 1, sets, vector_x, 1, vector_w);
            rig_run(&g);
            ck_assert_msg((int)g.r[0].cycle == rows[r].cycles[rho - 1], "%s: %d cycles, expected %d", sets,
                          (int)g.r[0].cycle, rows[r].cycles[rho - 1]);
            rig_close(&g);
        }
}
END_TEST

/* T(B) = max(nD + l_dat, nS + l_dat + l_ose + rho nA) + l_acc while l_dat + l_ose <= 15 - nS. */
START_TEST(latency_formula)
{
    static const int lat[][3] = { { 1, 1, 1 }, { 2, 3, 1 }, { 1, 11, 1 }, { 6, 6, 4 }, { 11, 1, 2 }, { 4, 2, 7 } };

    for (int b = 5; b <= 10; b++)
        for (int rho = 1; rho <= 3; rho++)
            for (size_t l = 0; l < sizeof lat / sizeof *lat; l++) {
                struct bl_osa_alloc a;
                struct rig g;
                char sets[160];
                int d, s;
                bl_osa_allocate(&a, 8, 8, b);
                d = a.digital + lat[l][0];
                s = 3 + lat[l][0] + lat[l][1] + rho * a.conversions;
                snprintf(sets, sizeof sets, "ose.forced=[%d];adc.rho=%d;dat.l_dat=%d;ose.l_ose=%d;accumulator.l_acc=%d",
                         b, rho, lat[l][0], lat[l][1], lat[l][2]);
                rig_open(&g, 1, sets, vector_x, 1, vector_w);
                rig_run(&g);
                ck_assert_msg((int)g.r[0].cycle == (d > s ? d : s) + lat[l][2], "%s: %d cycles, expected %d", sets,
                              (int)g.r[0].cycle, (d > s ? d : s) + lat[l][2]);
                rig_close(&g);
            }
}
END_TEST

/* ---- 3: steady state of 1000 ops ---- */
START_TEST(steady_state)
{
    static const struct { const char *sets; uint64_t total; double each; } rows[] = {
        { "ose.forced=[10];adc.rho=2;act_regs.abuf=2", 16006, 16 },
        { "ose.forced=[10];adc.rho=2;act_regs.abuf=1", 21001, 21 },
        { "ose.forced=[10];adc.rho=3;act_regs.abuf=1", 29001, 29 },
        { "ose.forced=[8];adc.rho=3;act_regs.abuf=1", 29001, 29 },
        { "ose.forced=[10];adc.rho=1;act_regs.abuf=2", 0, 15 },
        { "ose.forced=[9];adc.rho=3;act_regs.abuf=2", 0, 24 },
        { "ose.forced=[5];adc.rho=2;act_regs.abuf=2", 0, 49 },
        { "controller.mode=digital", 0, 64 },
        { "controller.mode=fixed;controller.boundary=8;adc.rho=2", 0, 28 },
        { "controller.mode=fixed;controller.boundary=10;adc.rho=3", 0, 24 },
    };
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        struct rig g;
        rig_open(&g, 1000, rows[r].sets, vector_x, 1, vector_w);
        rig_run(&g);
        if (rows[r].total)
            ck_assert_msg(g.r[999].cycle == rows[r].total, "%s: %d", rows[r].sets, (int)g.r[999].cycle);
        ck_assert_msg(g.r[999].cycle - g.r[499].cycle == (uint64_t)(500 * rows[r].each), "%s: %g an op", rows[r].sets,
                      (double)(g.r[999].cycle - g.r[499].cycle) / 500);
        rig_close(&g);
    }
}
END_TEST

/* ---- 4: a mixed stream ---- */
START_TEST(stream)
{
    static const uint64_t two[] = { 30, 50, 66, 109, 130, 150, 166, 182 }, one[] = { 30, 50, 71, 121, 142, 162, 183, 204 };
    struct rig g;

    for (int abuf = 1; abuf <= 2; abuf++) {
        rig_open(&g, 8, abuf == 1 ? "ose.forced=[8,10,10,5,9,10,10,10];act_regs.abuf=1"
                                  : "ose.forced=[8,10,10,5,9,10,10,10]", vector_x, 1, vector_w);
        rig_run(&g);
        for (int n = 0; n < 8; n++)
            ck_assert_uint_eq(g.r[n].cycle, (abuf == 1 ? one : two)[n]);
        ck_assert_uint_eq(rig_peek(&g, "controller.chosen[10]"), 5);
        ck_assert_uint_eq(rig_peek(&g, "controller.chosen[8]"), 1);
        ck_assert_uint_eq(rig_peek(&g, "adc.refused"), 0);
        ck_assert_uint_eq(rig_peek(&g, "array.unwritten"), 0);
        rig_close(&g);
    }
}
END_TEST

/* ---- 5, 6: exact vectors ---- */
START_TEST(vectors)
{
    static const uint8_t codes[8] = { 1, 2, 1, 1, 2, 1, 2, 2 };
    static const struct { const char *sets; int32_t mac; } rows[] = {
        { "controller.mode=digital", -89208 }, { "ose.forced=[8]", -92624 }, { "ose.forced=[10]", -101568 },
        { "controller.mode=fixed;controller.boundary=8", -92624 },
        { "controller.mode=fixed;controller.boundary=10", -101568 },
    };
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        struct rig g;
        rig_open(&g, 1, rows[r].sets, vector_x, 1, vector_w);
        rig_run(&g);
        ck_assert_msg(g.r[0].mac[0] == rows[r].mac, "%s: %d, expected %d", rows[r].sets, g.r[0].mac[0], rows[r].mac);
        const struct rig_probe *p = bl_part_of(g.s, "probe");
        for (int i = 0; r == 1 && i < 8; i++)
            ck_assert_int_eq(p->codes[i], codes[i]);
        for (int h = 0; r == 0 && h < RIG_HMU; h++)
            ck_assert_int_eq(g.r[0].mac[h], exact(vector_x, vector_w, 0, h));
        if (r == 0)
            ck_assert_uint_eq(g.r[0].cycle, 66);
        rig_close(&g);
    }
}
END_TEST

/* ---- 7: saliency ---- */
START_TEST(saliency)
{
    static const struct { const char *sets; uint64_t s; } rows[] = {
        { "nq.nshift=0", 168 }, { "nq.nshift=3", 96 }, { "nq.nshift=4", 48 },
        { "nq.nshift=0;ose.order_weight=1", 8 * 7 * (2 + 1 + 1) }, { "nq.nshift=4;ose.order_weight=1", 8 * 2 * (2 + 1 + 1) } };

    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        struct rig g;
        rig_open(&g, 1, rows[r].sets, vector_x, 1, vector_w);
        rig_run(&g);
        ck_assert_uint_eq(rig_peek(&g, "ose.s"), rows[r].s);
        const struct rig_probe *p = bl_part_of(g.s, "probe");
        ck_assert_int_eq(p->dmacs[7][7], 36);
        ck_assert_int_eq(p->dmacs[7][6], 37);
        ck_assert_int_eq(p->dmacs[6][7], 36);
        rig_close(&g);
    }
}
END_TEST

/* ---- 8: SNR of uniform data (derived): new weights for every op, eight samples an op ---- */
enum { SNR_OPS = 2500 };
static uint8_t (*snr_x)[RIG_COLS];
static int8_t (*snr_w)[RIG_HMU][RIG_COLS];

static int8_t snr_weight(int set, int h, int c) { return snr_w[set][h][c]; }

static void snr_data(void)
{
    uint64_t x = 1;

    snr_x = malloc(sizeof *snr_x * SNR_OPS);
    snr_w = malloc(sizeof *snr_w * SNR_OPS);
    for (size_t n = 0; n < SNR_OPS; n++)
        for (size_t k = 0; k < (RIG_HMU + 1) * RIG_COLS; k++) {
            x = x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            if (k < RIG_COLS)
                snr_x[n][k] = (uint8_t)(x >> 56);
            else
                snr_w[n][k / RIG_COLS - 1][k % RIG_COLS] = (int8_t)(uint8_t)(x >> 56);
        }
}

/* Ranges of mean +- 3 sigma for uniform data: V is a sum of 144 independent products of a bit and an n-bit level. */
static void calibrate(struct bl_osa_ranges *r)
{
    for (int b = 5; b <= 10; b++) {
        struct bl_osa_alloc a;
        bl_osa_allocate(&a, 8, 8, b);
        for (int c = 0; c < a.conversions; c++) {
            double m = (1 << a.list[c].width) - 1, mean = m / 4, square = m * (2 * m + 1) / 12;
            double sigma = sqrt(RIG_COLS * (square - mean * mean));
            r->lo[b][a.list[c].i] = RIG_COLS * mean - 3 * sigma;
            r->hi[b][a.list[c].i] = RIG_COLS * mean + 3 * sigma;
        }
    }
}

static double snr_db(int b, const char *range)
{
    double sy = 0, syy = 0, se = 0, see = 0, n = SNR_OPS * RIG_HMU;
    struct bl_osa_ranges ranges = { 0 };
    char sets[100];
    struct rig g;

    snprintf(sets, sizeof sets, "ose.forced=[%d];host.batch=1;%s", b, range);
    rig_open_sets(&g, SNR_OPS, sets, *snr_x, SNR_OPS, snr_weight, SNR_OPS);
    calibrate(&ranges);
    bl_supply(g.s, "adc", "ranges", &ranges, sizeof ranges);
    rig_run(&g);
    for (int k = 0; k < SNR_OPS; k++)
        for (int h = 0; h < RIG_HMU; h++) {
            double y = exact(snr_x[k], snr_weight, k, h), e = g.r[k].mac[h] - y;
            sy += y, syy += y * y, se += e, see += e * e;
        }
    rig_close(&g);
    return 10 * log10((syy / n - sy / n * (sy / n)) / (see / n - se / n * (se / n)));
}

START_TEST(snr)
{
    static const double full[] = { 50.8, 43.8, 36.9, 30.3, 24.3, 18.7 };
    static const struct { const char *range; double db[3]; } others[] = {
        { "adc.range=half", { 58.6, 38.0, 26.3 } }, { "adc.range=cal", { 67.7, 47.1, 35.5 } },
        { "adc.range=cal;adc.noise=0.5", { 61.9, 41.5, 29.9 } } };
    double before = 1000;

    snr_data();
    for (int b = 5; b <= 10; b += fewer(1, 5)) {
        double db = snr_db(b, "adc.range=full");
        ck_assert_msg(fabs(db - full[b - 5]) < 1, "B=%d: %.2f dB, expected %.1f", b, db, full[b - 5]);
        ck_assert_msg(db < before, "SNR rises at B=%d", b);
        before = db;
    }
    for (size_t r = 0; r < sizeof others / sizeof *others; r++)
        for (int k = 0; k < fewer(3, 1); k++) {
            int b = k == 0 ? 5 : k == 1 ? 8 : 10;
            double db = snr_db(b, others[r].range);
            ck_assert_msg(fabs(db - others[r].db[k]) < 1, "%s B=%d: %.2f dB, expected %.1f", others[r].range, b, db,
                          others[r].db[k]);
        }
    free(snr_x);
    free(snr_w);
}
END_TEST

/* ---- 9: energy of an op ---- */
static double pj_per_op(const char *sets)
{
    struct rig g;

    rig_open(&g, 50, sets, vector_x, 1, vector_w);
    rig_run(&g);
    double pj = (double)bl_energy(g.s) * 1e-12 / 50;
    rig_close(&g);
    return pj;
}

START_TEST(energy)
{
    double digital = pj_per_op("controller.mode=digital"), fixed = pj_per_op("controller.mode=fixed;controller.boundary=8");
    double osa = pj_per_op("ose.forced=[8]");

    ck_assert_msg(fabs(digital / 776.0 - 1) < 0.01, "%g pJ", digital);
    ck_assert_msg(fabs(fixed / 497.4 - 1) < 0.01, "%g pJ", fixed);
    ck_assert_msg(fabs(2304 / fixed / 4.632 - 1) < 0.01, "%g TOPS/W", 2304 / fixed);
    ck_assert_msg(fabs(2304 / osa / 4.595 - 1) < 0.01, "%g TOPS/W", 2304 / osa);
    ck_assert_msg(fabs(digital / fixed / 1.56 - 1) < 0.01, "ratio %g", digital / fixed);
    ck_assert_msg(fabs(osa - fixed - 3.98) < 1e-9, "OSE %g pJ", osa - fixed);
}
END_TEST

/* ---- 10: all ones ---- */
static int8_t minus_one(int set, int h, int c) { (void)set, (void)h, (void)c; return -1; }

START_TEST(all_ones)
{
    static const struct { const char *sets; int dmac; uint64_t overflow; } rows[] = {
        { "controller.mode=digital", 144, 0 }, { "controller.mode=digital;dat.dat_bits=7", 127, 64 * 8 } };
    uint8_t ones[RIG_COLS];

    memset(ones, 255, sizeof ones);
    for (int r = 0; r < 2; r++) {
        struct rig g;
        rig_open(&g, 1, rows[r].sets, ones, 1, minus_one);
        rig_run(&g);
        const struct rig_probe *p = bl_part_of(g.s, "probe");
        for (int i = 0; i < 64; i++)
            ck_assert_int_eq(p->dmacs[i / 8][i % 8], rows[r].dmac);
        ck_assert_uint_eq(rig_peek(&g, "dat.dat_overflow"), rows[r].overflow);
        ck_assert_int_eq(g.r[0].mac[7], -255 * rows[r].dmac);
        rig_close(&g);
    }
}
END_TEST

Suite *suite_paper_osa_hcim(void);
Suite *suite_paper_osa_hcim(void)
{
    Suite *s = suite_create("paper_osa_hcim");
    TCase *t = tcase_create("macro");

    make_vectors();
    tcase_add_test(t, allocation);
    tcase_add_test(t, latency);
    tcase_add_test(t, latency_formula);
    tcase_add_test(t, steady_state);
    tcase_add_test(t, stream);
    tcase_add_test(t, vectors);
    tcase_add_test(t, saliency);
    tcase_add_test(t, snr);
    tcase_add_test(t, energy);
    tcase_add_test(t, all_ones);
    suite_add_tcase(s, t);
    return s;
}
