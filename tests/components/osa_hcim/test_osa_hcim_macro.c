/* test_osa_hcim_macro.c - the whole OSA-HCIM macro against a model of its arithmetic in loops: all widths, boundaries and
 * modes; blocked results, reloaded weights; accounts that add up; nothing that depends on naps or on order. */
#include "tests/rigs/osa_rig.h"

#include <math.h>

static uint64_t state;
static uint64_t draw(void)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (state ^ state >> 31) >> 8;
}

enum { SETS = 3, OPS = 12 };
static int8_t weights[SETS][RIG_HMU][RIG_COLS];
static uint8_t acts[OPS][RIG_COLS];

static int8_t weight(int set, int h, int c) { return weights[set][h][c]; }

static void fill(uint64_t seed, int a_bits)
{
    state = seed;
    for (int k = 0; k < SETS * RIG_HMU * RIG_COLS; k++)
        weights[k / RIG_COLS / RIG_HMU][k / RIG_COLS % RIG_HMU][k % RIG_COLS] = (int8_t)(uint8_t)draw();
    for (int n = 0; n < OPS; n++)               /* ops of three sizes, so that every code of the ADC comes up */
        for (int c = 0; c < RIG_COLS; c++)
            acts[n][c] = (uint8_t)((draw() & ((UINT64_C(1) << a_bits) - 1)) >> n % 3);
}

/* What HMU h gives for an op at boundary b, full range: bits of one weight row by definition, not by the table. */
static int32_t model(int set, int h, const uint8_t *x, int w, int a, int b)
{
    int32_t sum = 0;

    for (int i = 0; i < w; i++) {
        int32_t row = 0, v = 0, n = 0, lo = -1;
        for (int j = 0; j < a; j++) {
            int32_t ones = 0;
            for (int c = 0; c < RIG_COLS; c++)
                ones += (uint8_t)weights[set][h][c] >> i & x[c] >> j & 1;
            if (i + j >= b) {
                row += ones << (i + j);
            } else if (i + j >= b - 4) {
                lo = lo < 0 ? j : lo;
                v += ones << (j - lo);
                n++;
            }
        }
        if (n) {
            int32_t lsb = RIG_COLS * ((1 << n) - 1) / 8, code = v / lsb < 7 ? v / lsb : 7;
            row += (code * lsb + lsb / 2) * (1 << (i + lo));
        }
        sum += i == w - 1 ? -row : row;
    }
    return sum;
}

static void compare(struct rig *g, const char *sets, int w, int a, int b, int batch)
{
    for (int n = 0; n < OPS; n++)
        for (int h = 0; h < RIG_HMU; h++) {
            int32_t want = model(n / batch % SETS, h, acts[n], w, a, b);
            ck_assert_msg(g->r[n].mac[h] == want, "%s: op %d hmu %d is %d, expected %d", sets, n, h, g->r[n].mac[h], want);
        }
}

START_TEST(all_widths)
{
    for (int w = 2; w <= 8; w++)
        for (int a = 1; a <= 8; a++) {
            int b = (int)(draw() % (uint64_t)(w + a - 1)), rho = 1 + (w + a) % 3;
            char sets[200];
            struct rig g;
            fill((uint64_t)(w * 8 + a), a);
            snprintf(sets, sizeof sets, "controller.w_bits=%d;controller.a_bits=%d;controller.s=1;adc.rho=%d;act_regs.abuf=%d;"
                     "controller.mode=%s;controller.boundary=%d;dat.l_dat=%d;accumulator.l_acc=%d", w, a, rho,
                     1 + (w & 1), b ? "fixed" : "digital", b ? b : 1, 1 + a % 4, 1 + w % 3);
            rig_open(&g, OPS, sets, *acts, OPS, weight);
            rig_run(&g);
            compare(&g, sets, w, a, b, OPS);
            ck_assert_uint_eq(rig_peek(&g, "adc.refused"), 0);
            ck_assert_uint_eq(rig_peek(&g, "array.unwritten"), 0);
            rig_close(&g);
        }
}
END_TEST

START_TEST(saliency_mode)
{
    for (int b = 0; b <= 14; b += b ? 1 : 5)
        for (int s = 1; s <= 5; s++) {
            char sets[100];
            struct rig g;
            int most = 15 - s;
            fill((uint64_t)(b * 8 + s), 8);
            snprintf(sets, sizeof sets, "ose.forced=[%d];controller.s=%d;ose.l_ose=%d", b, s, 1 + b * s % 20);
            rig_open(&g, OPS, sets, *acts, OPS, weight);
            rig_run(&g);
            compare(&g, sets, 8, 8, b < most ? b : most, OPS);
            snprintf(sets, sizeof sets, "controller.chosen[%d]", b < most ? b : most);    /* counted as it took effect */
            ck_assert_uint_eq(rig_peek(&g, sets), OPS);
            rig_close(&g);
        }
}
END_TEST

/* New weights after every five ops: while they are written no op is under way. */
START_TEST(reload)
{
    struct rig g;

    fill(5, 8);
    rig_open_sets(&g, OPS, "ose.forced=[9];host.batch=5", *acts, OPS, weight, SETS);
    rig_run(&g);
    compare(&g, "reload", 8, 8, 9, 5);
    ck_assert_uint_eq(rig_peek(&g, "rw_io.rows"), 3 * RIG_ROWS);
    ck_assert_uint_eq(rig_peek(&g, "array.row_write"), 3 * RIG_ROWS);
    rig_close(&g);
}
END_TEST

/* Nobody takes a result for 3000 cycles: the macro stops with the account saying why, and loses nothing. */
START_TEST(blocked)
{
    static const char *const modes[] = { "ose.forced=[10,5];host.hold=3000", "controller.mode=digital;host.hold=3000",
                                         "controller.mode=fixed;controller.boundary=10;act_regs.abuf=1;host.hold=3000" };
    for (size_t m = 0; m < 3; m++) {
        struct rig g, free_run;
        fill(77, 8);
        rig_open(&g, 60, modes[m], *acts, OPS, weight);
        rig_run(&g);
        char sets[100];
        snprintf(sets, sizeof sets, "%s;host.hold=0", modes[m]);
        rig_open(&free_run, 60, sets, *acts, OPS, weight);
        rig_run(&free_run);
        for (int n = 0; n < 60; n++)
            ck_assert_mem_eq(g.r[n].mac, free_run.r[n].mac, sizeof g.r[n].mac);
        ck_assert_uint_gt(rig_spent(&g, "controller", "out_blocked"), 1000);
        ck_assert_uint_gt(rig_spent(&g, "accumulator", "out_full"), 1000);
        ck_assert_uint_eq(rig_spent(&free_run, "controller", "out_blocked"), 0);
        rig_close(&g);
        rig_close(&free_run);
    }
}
END_TEST

/* ADC busy at rho = 2: 20 28 39 57 76 100 % for B = 5..10; DCIM waits for a register with abuf = 1. */
START_TEST(accounts)
{
    static const int busy[] = { 20, 28, 39, 57, 76, 100 };

    for (int b = 5; b <= 10; b++) {
        char sets[100];
        struct rig g;
        snprintf(sets, sizeof sets, "ose.forced=[%d]", b);
        fill(3, 8);
        rig_open(&g, 400, sets, *acts, OPS, weight);
        rig_run(&g);
        double run = (double)g.r[399].cycle, adc = (double)rig_spent(&g, "adc", "busy") / (6.0 * BL_NS);
        ck_assert_msg(fabs(100 * adc / run - busy[b - 5]) < 1, "B=%d: ADC busy %.1f %%", b, 100 * adc / run);
        ck_assert_uint_eq(rig_spent(&g, "controller", "busy"), rig_peek(&g, "controller.issue"));
        ck_assert_uint_eq(rig_spent(&g, "controller", "ose_late"), 0);
        rig_close(&g);
    }
    struct rig one;
    rig_open(&one, 400, "ose.forced=[10];act_regs.abuf=1", *acts, OPS, weight);
    rig_run(&one);
    ck_assert_uint_eq(rig_spent(&one, "controller", "regs_held"), 399 * 6);     /* 21 cycles an op, 15 issue */
    ck_assert_uint_eq(rig_waited(&one, "controller", "regs_held", "analog_ctl"), 399 * 6 * 6 * BL_NS);
    ck_assert_uint_ge(rig_spent(&one, "analog_ctl", "wait_b"), 400 * 4);
    rig_close(&one);
    rig_open(&one, 400, "ose.forced=[10];adc.rho=3", *acts, OPS, weight);       /* 24 cycles an op, all conversions */
    rig_run(&one);
    ck_assert_uint_gt(rig_waited(&one, "act_regs", "analog_held", "analog_ctl"), 390 * 23 * 6 * BL_NS);
    rig_close(&one);
    rig_open(&one, 400, "controller.mode=digital", *acts, OPS, weight);
    rig_run(&one);
    ck_assert_uint_eq(rig_spent(&one, "act_regs", "analog_held"), 0);
    ck_assert_uint_gt(rig_waited(&one, "act_regs", "regs_held", "controller"), 390 * 63 * 6 * BL_NS);
    rig_close(&one);
    rig_open(&one, 400, "ose.forced=[10];ose.l_ose=20", *acts, OPS, weight);
    rig_run(&one);
    ck_assert_uint_eq(rig_spent(&one, "controller", "ose_late"), 400 * 9);      /* 3 + 1 + 20 - 15 */
    rig_close(&one);
}
END_TEST

/* Time in fs that others stalled because of a part, whatever it did. */
static uint64_t blamed(struct rig *g, const char *path)
{
    struct bl_part_row part;
    struct bl_verdict_row row;
    uint64_t sum = 0;

    for (size_t i = 0; i < bl_part_count(g->s); i++) {
        bl_part_at(g->s, i, &part);
        for (uint32_t v = 0; strcmp(part.path, path) == 0 && v < part.verdicts; v++) {
            bl_verdict_at(g->s, i, v, &row);
            sum += row.blamed_fs;
        }
    }
    return sum;
}

/* The slowest part is the one that the account blames: the table of section 3 of who limits at which B. */
START_TEST(limiter)
{
    static const struct { const char *sets, *most, *less; } rows[] = {
        { "controller.mode=digital", "controller", "adc" }, { "ose.forced=[8]", "controller", "adc" },
        { "ose.forced=[10];adc.rho=2", "adc", "controller" }, { "ose.forced=[8];adc.rho=3", "controller", "ose" },
        { "ose.forced=[10];adc.rho=3", "adc", "controller" }, { "ose.forced=[9];adc.rho=3", "adc", "controller" },
        { "controller.mode=fixed;controller.boundary=10;adc.rho=2", "adc", "controller" },
        { "ose.forced=[10];ose.l_ose=40", "ose", "controller" }, { "host.hold=100000", "host", "controller" },
    };
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        struct rig g;
        fill(3, 8);
        rig_open(&g, 400, rows[r].sets, *acts, OPS, weight);
        rig_run(&g);
        ck_assert_msg(blamed(&g, rows[r].most) > 2 * blamed(&g, rows[r].less), "%s: %s %llu fs, %s %llu fs", rows[r].sets, rows[r].most,
                      (unsigned long long)blamed(&g, rows[r].most), rows[r].less, (unsigned long long)blamed(&g, rows[r].less));
        rig_close(&g);
    }
}
END_TEST

static void account_of(struct bl_sim *s, uint64_t *out, size_t most)
{
    size_t n = 0;

    for (size_t i = 0; i < bl_part_count(s); i++) {
        struct bl_part_row part;
        uint64_t sum = 0;
        bl_part_at(s, i, &part);
        for (uint32_t v = 0; v < part.verdicts; v++) {
            struct bl_verdict_row row;
            bl_verdict_at(s, i, v, &row);
            ck_assert_uint_lt(n, most);
            sum += out[n++] = row.spent;
        }
        if (part.verdicts)
            ck_assert_msg(sum == part.elapsed, "%s: %llu of %llu", part.path, (unsigned long long)sum,
                          (unsigned long long)part.elapsed);
        for (uint32_t k = 0; k < part.tallies; k++) {
            struct bl_tally_row row;
            bl_tally_at(s, i, k, &row);
            ck_assert_uint_lt(n, most);
            out[n++] = row.count;
        }
    }
}

/* The same run as it is, with everybody awake, and with the order of ticks shuffled. */
START_TEST(order_and_naps)
{
    static const char sets[] = "nq.nshift=3;host.gap=9;adc.noise=0.3;adc.rho=3;precharge.enable=1";
    static uint64_t rows[4][400];
    struct rig g[4];

    fill(9, 8);
    for (int k = 0; k < 4; k++) {
        rig_open(&g[k], 100, sets, *acts, OPS, weight);
        if (k == 1)
            bl_option(g[k].s, BL_NO_NAP, 1);
        if (k > 1)
            bl_option(g[k].s, BL_SHUFFLE, (uint64_t)k * 77);
        rig_run(&g[k]);
        account_of(g[k].s, rows[k], 400);
        ck_assert_mem_eq(g[k].r, g[0].r, 100 * sizeof *g[k].r);
        ck_assert_mem_eq(rows[k], rows[0], sizeof *rows);
        ck_assert(bl_energy(g[k].s) == bl_energy(g[0].s));
    }
    for (int k = 0; k < 4; k++)
        rig_close(&g[k]);
}
END_TEST

START_TEST(equal_states)
{
    struct rig g[2];

    for (int k = 0; k < 2; k++) {
        fill(21, 8);
        rig_open(&g[k], 40, "nq.nshift=2;adc.noise=0.5", *acts, OPS, weight);
        rig_run(&g[k]);
    }
    ck_assert(bl_state_equal(g[0].s, g[1].s));
    rig_close(&g[0]);
    rig_close(&g[1]);
}
END_TEST

Suite *suite_osa_hcim_macro(void);
Suite *suite_osa_hcim_macro(void)
{
    Suite *s = suite_create("osa_hcim_macro");
    TCase *t = tcase_create("all");

    tcase_add_test(t, all_widths);
    tcase_add_test(t, saliency_mode);
    tcase_add_test(t, reload);
    tcase_add_test(t, blocked);
    tcase_add_test(t, accounts);
    tcase_add_test(t, limiter);
    tcase_add_test(t, order_and_naps);
    tcase_add_test(t, equal_states);
    suite_add_tcase(s, t);
    return s;
}
