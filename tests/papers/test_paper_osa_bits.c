/* test_paper_osa_bits.c - OSA-HCIM at fewer bits than 8 x 8: latency, distance and energy of a macro operation by boundary, streams of mixed boundaries, and the demo
 * layer by layer. Section III states the scheme for any w and a, Table I has 4 and 8 bits; all figures are derived from the allocation, none is printed. */
#include "tests/rigs/osa_rig.h"

#include <math.h>

Suite *suite_paper_osa_bits(void);

static const uint8_t ones[1][RIG_COLS] = { { 1 } };
static int8_t minus_one(int set, int h, int c) { (void)set, (void)h, (void)c; return -1; }

/* Candidates up to `most`, and as many thresholds less one; boundaries forced. */
static void open_at(struct rig *g, uint64_t ops, int w, int a, int s, int lowest, int most, int rho, const char *forced)
{
    char sets[300], candidates[60] = "", thresholds[60] = "";

    for (int b = lowest; b <= most; b++) {
        snprintf(candidates + strlen(candidates), sizeof candidates - strlen(candidates), "%s%d", b > lowest ? "," : "", b);
        if (b > lowest)
            snprintf(thresholds + strlen(thresholds), sizeof thresholds - strlen(thresholds), "%s%d", b > lowest + 1 ? "," : "", 100 - b);
    }
    snprintf(sets, sizeof sets, "controller.w_bits=%d;controller.a_bits=%d;controller.s=%d;ose.candidates=[%s];ose.thresholds=[%s];ose.forced=[%s];adc.rho=%d", w, a, s,
             candidates, thresholds, forced, rho);
    rig_open(g, ops, sets, *ones, 1, minus_one);
    rig_run(g);
}

/* ---- an operation alone, and the mean distance of many ---- */

static const struct { int w, a, s, lowest, most, b, t[3], ii[3]; double pj; } OPS[] = {
    { 8, 8, 2, 5, 10, 5, { 51, 51, 51 }, { 49, 49, 49 }, 694.4 }, { 8, 8, 2, 5, 10, 8, { 30, 30, 30 }, { 28, 28, 28 }, 501.6 },
    { 8, 8, 2, 5, 10, 10, { 17, 22, 30 }, { 15, 16, 24 }, 346.3 },
    { 8, 4, 2, 1, 6, 1, { 33, 33, 33 }, { 31, 31, 31 }, 397.0 }, { 8, 4, 2, 1, 6, 2, { 31, 31, 31 }, { 29, 29, 29 }, 391.1 },
    { 8, 4, 2, 1, 6, 3, { 28, 28, 28 }, { 26, 26, 26 }, 374.1 }, { 8, 4, 2, 1, 6, 4, { 24, 24, 24 }, { 22, 22, 22 }, 346.3 },
    { 8, 4, 2, 1, 6, 5, { 20, 20, 21 }, { 18, 18, 18 }, 317.2 }, { 8, 4, 2, 1, 6, 6, { 16, 18, 24 }, { 14, 14, 18 }, 287.0 },
    { 4, 8, 2, 1, 6, 4, { 24, 24, 24 }, { 22, 22, 22 }, 346.3 }, { 4, 8, 2, 1, 6, 5, { 20, 20, 20 }, { 18, 18, 18 }, 301.3 },
    { 4, 8, 2, 1, 6, 6, { 16, 16, 18 }, { 14, 14, 14 }, 255.2 },
    { 4, 4, 2, 1, 5, 1, { 19, 19, 19 }, { 17, 17, 17 }, 203.0 }, { 4, 4, 2, 1, 5, 2, { 17, 17, 17 }, { 15, 15, 15 }, 197.0 },
    { 4, 4, 2, 1, 5, 3, { 14, 14, 15 }, { 12, 12, 12 }, 180.1 }, { 4, 4, 2, 1, 5, 4, { 10, 14, 18 }, { 8, 8, 12 }, 152.2 },
    { 4, 4, 2, 1, 5, 5, { 10, 14, 18 }, { 5, 8, 12 }, 118.2 },
    { 2, 2, 1, 1, 2, 1, { 7, 7, 7 }, { 5, 5, 5 }, 57.5 }, { 2, 2, 1, 1, 2, 2, { 6, 8, 10 }, { 3, 4, 6 }, 51.5 },
};

START_TEST(operations)
{
    enum { MANY = 100 };
    char forced[8];

    snprintf(forced, sizeof forced, "%d", OPS[_i].b);
    for (int rho = 1; rho <= 3; rho++) {
        struct rig g;
        open_at(&g, MANY, OPS[_i].w, OPS[_i].a, OPS[_i].s, OPS[_i].lowest, OPS[_i].most, rho, forced);
        ck_assert_msg(g.r[0].cycle == (uint64_t)OPS[_i].t[rho - 1], "%d x %d, B %d, rho %d: %d cycles, expected %d", OPS[_i].w, OPS[_i].a, OPS[_i].b, rho,
                      (int)g.r[0].cycle, OPS[_i].t[rho - 1]);
        double ii = (double)(g.r[MANY - 1].cycle - g.r[MANY / 2 - 1].cycle) / (MANY / 2);
        ck_assert_msg(fabs(ii - OPS[_i].ii[rho - 1]) < 0.05, "%d x %d, B %d, rho %d: one in %.2f cycles, expected %d", OPS[_i].w, OPS[_i].a, OPS[_i].b, rho, ii,
                      OPS[_i].ii[rho - 1]);
        double pj = (double)bl_energy(g.s) * 1e-12 / MANY;
        ck_assert_msg(fabs(pj / OPS[_i].pj - 1) < 0.001, "%d x %d, B %d: %.2f pJ, expected %.1f", OPS[_i].w, OPS[_i].a, OPS[_i].b, pj, OPS[_i].pj);
        rig_close(&g);
    }
}
END_TEST

/* Saliency set of one order, candidates 1 .. 6: the boundary comes when all common products are issued, but for B = 6. */
START_TEST(one_order)
{
    static const int t[6] = { 19, 17, 14, 12, 12, 12 };
    char forced[8];

    for (int b = 1; b <= 6; b++) {
        struct rig g;
        snprintf(forced, sizeof forced, "%d", b);
        open_at(&g, 2, 4, 4, 1, 1, 6, 2, forced);
        ck_assert_msg(g.r[0].cycle == (uint64_t)t[b - 1], "B %d: %d cycles, expected %d", b, (int)g.r[0].cycle, t[b - 1]);
        rig_close(&g);
    }
}
END_TEST

/* Digital: w a + 2 cycles, 12.128 pJ a product; 4 x 4 at B = 1 of the OSE costs more of both. Raw and normalised TOPS/W of 2304 operations. */
START_TEST(digital)
{
    static const struct { int w, a, cycles; double pj; } rows[] = { { 8, 8, 66, 776.2 }, { 8, 4, 34, 388.1 }, { 4, 8, 34, 388.1 }, { 4, 4, 18, 194.05 }, { 2, 2, 6, 48.5 } };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char sets[120];
        struct rig g;
        snprintf(sets, sizeof sets, "controller.mode=digital;controller.w_bits=%d;controller.a_bits=%d;controller.s=1", rows[i].w, rows[i].a);
        rig_open(&g, 50, sets, *ones, 1, minus_one);
        rig_run(&g);
        double pj = (double)bl_energy(g.s) * 1e-12 / 50, raw = 2304 / pj, norm = raw * rows[i].w * rows[i].a / 64;
        ck_assert_uint_eq(g.r[0].cycle, (uint64_t)rows[i].cycles);
        ck_assert_msg(fabs(pj / rows[i].pj - 1) < 0.001, "%d x %d: %.2f pJ", rows[i].w, rows[i].a, pj);
        ck_assert(fabs(norm - 2.97) < 0.01 && (rows[i].w != 4 || rows[i].a != 4 || fabs(raw - 11.87) < 0.01));
        rig_close(&g);
    }
}
END_TEST

/* ---- streams ---- */

static const struct { int w, a, most; const char *forced; int n, finish[6]; } STREAMS[] = {
    { 4, 4, 5, "4,4,1,5,3,2", 6, { 14, 22, 35, 47, 53, 67 } }, { 4, 8, 6, "6,1,6,5,3", 5, { 16, 47, 61, 79, 105 } } };

START_TEST(streams)
{
    struct rig g;

    open_at(&g, (uint64_t)STREAMS[_i].n, STREAMS[_i].w, STREAMS[_i].a, 2, 1, STREAMS[_i].most, 2, STREAMS[_i].forced);
    for (int k = 0; k < STREAMS[_i].n; k++)
        ck_assert_msg(g.r[k].cycle == (uint64_t)STREAMS[_i].finish[k], "operation %d of stream %d: %d cycles, expected %d", k, _i, (int)g.r[k].cycle, STREAMS[_i].finish[k]);
    rig_close(&g);
}
END_TEST

Suite *suite_paper_osa_bits(void)
{
    Suite *s = suite_create("paper_osa_bits");
    TCase *t = tcase_create("all");

    tcase_add_loop_test(t, operations, 0, sizeof OPS / sizeof *OPS);
    tcase_add_test(t, one_order);
    tcase_add_test(t, digital);
    tcase_add_loop_test(t, streams, 0, sizeof STREAMS / sizeof *STREAMS);
    suite_add_tcase(s, t);
    return s;
}
