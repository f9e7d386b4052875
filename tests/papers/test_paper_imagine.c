/* test_paper_imagine.c - IMAGINE (Kneip et al., "IMAGINE: An 8-to-1b 22nm FD-SOI Compute-In-Memory CNN Accelerator"), the macro (components/imagine/):
 * attenuation, voltages and codes, calibration, Monte Carlo, energies and shares. Each row names the paper's figure, where it
 * stands, and its status: by construction (something is calibrated on it), prediction, agrees (from what is inferred), arithmetic (of other printed
 * figures: no run), or not reproduced (then our own value is checked). */
#include "tests/rigs/imagine_rig.h"
#include "tests/rigs/tags.h"
#include "platforms/file/load.h"

#include <math.h>

/* where: in the paper. word: what our value is beside the paper's. */
static void status(const char *where, const char *figure, const char *word, double paper, double model)
{
    ck_assert_msg(has_place(where), "%s: '%s' is no place in the paper", figure, where);
    printf("  IMAGINE: %-52s %-24s %-16s paper %-10g model %g\n", figure, where, word, paper, model);
}

#define NEAR(what, got, want, tol) \
    ck_assert_msg(fabs((got) - (want)) <= (tol), "%s is %.9g, expected %.9g", what, (double)(got), (double)(want))

/* ---- the macro alone, an operation every N_cim cycles: the paper's test mode of 100 % duty ---- */
struct duty { struct bl_part p; bl_in rows; bl_out cfg, gate, x; bl_table config, planes; int64_t ops, need, n_cim; uint32_t n; uint64_t next; };

static bl_verdict duty_tick(void *self)
{
    struct duty *t = self;

    if (*bl_get32(t->rows) < t->need || bl_cycle(t) < t->next)
        return BL_BUSY;
    if (t->n == 0) {
        memcpy(bl_put32(t->cfg), t->config.at, CFG_LANES * sizeof(uint32_t));
        memcpy(bl_put64(t->x), t->planes.at, t->planes.n * sizeof(uint64_t));
    }
    if (t->n == t->ops) {
        bl_stop(t);
        return BL_IDLE;
    }
    bl_put32(t->gate)[GATE_OP] = ++t->n;
    t->next = bl_cycle(t) + (uint64_t)t->n_cim;
    return BL_BUSY;
}
static const struct bl_field duty_fields[] = {
    BL_IN(struct duty, rows, 1, 32, "rows written"), BL_OUT(struct duty, cfg, CFG_LANES, 32, "configuration"),
    BL_OUT(struct duty, gate, GATE_LANES, 32, "operations"), BL_OUT(struct duty, x, CIM_BITS * CIM_WORDS, 64, "inputs"),
    BL_DATA(struct duty, config, uint32_t, "configuration"), BL_DATA(struct duty, planes, uint64_t, "inputs"),
    BL_PARAM(struct duty, ops, 1, 1, 100000, "operations"), BL_PARAM(struct duty, need, 0, 0, 2000, "rows to wait for"),
    BL_PARAM(struct duty, n_cim, 1, 1, 100, "cycles from one to the next"), { 0 } };
static const struct bl_class duty_class = { .name = "duty", .help = "operations without a datapath",
    .size = sizeof(struct duty),
    .tick = duty_tick, .fields = duty_fields };

struct macro { struct path_rig r; uint32_t cfg[CFG_LANES];
    uint64_t x[CIM_BITS * CIM_WORDS], rows[CIM_ROWS][5]; uint32_t nrows; };

/* A dense layer of `n` rows, all inputs x, r_w columns an output. */
static void macro_layer(struct macro *m, uint32_t n, uint32_t x, uint32_t r_in, uint32_t r_out, uint32_t r_w, uint32_t c_out)
{
    memset(m, 0, sizeof *m);
    m->cfg[CFG_SEQ] = 1, m->cfg[CFG_DENSE] = 1, m->cfg[CFG_KH] = m->cfg[CFG_KW] = m->cfg[CFG_GAMMA] = m->cfg[CFG_N_CIM] = 1;
    m->cfg[CFG_C_IN] = n, m->cfg[CFG_C_OUT] = c_out, m->cfg[CFG_R_IN] = r_in, m->cfg[CFG_R_OUT] = r_out;
    m->cfg[CFG_R_W] = r_w;
    for (uint32_t k = 0; k < r_in; k++)
        for (uint32_t row = 0; row < n; row++)
            m->x[k * CIM_WORDS + row / 64] |= (uint64_t)(x >> k & 1) << (row % 64);
    m->nrows = n;
    for (uint32_t row = 0; row < n; row++) {
        m->rows[row][0] = row;
        memset(m->rows[row] + 1, 255, CIM_COLS / 8);
    }
}

static void macro_start(struct macro *m, const char *sets, uint64_t period, uint32_t ops)
{
    static const char *const part[] = { "cim_timer", "dp_array", "mbiw", "ladder", "dsci_adc", "cal_engine" };
    static const char *const word[][2] = {
        { "duty.gate", "cim_timer.gate" }, { "cim_timer.cmd", "dp_array.cmd" }, { "cim_timer.cmd",
            "mbiw.cmd" }, { "cim_timer.cmd", "dsci_adc.cmd" },
        { "cim_timer.cs_dp", "mbiw.cs_dp" }, { "cim_timer.acc_in", "mbiw.acc_in" }, { "cim_timer.adc_on", "ladder.adc_on" },
        { "cal_engine.cal_on", "ladder.cal_on" }, { "ladder.ready", "dsci_adc.ready" }, { "duty.x",
            "dp_array.x" }, { "dp_array.v", "mbiw.v_dpl" },
        { "mbiw.v", "dsci_adc.v" }, { "dsci_adc.sign", "cal_engine.sign" }, { "cal_engine.cal", "dsci_adc.cal" },
        { "cal_engine.cmd", "dsci_adc.cal_cmd" }, { "dp_array.rows", "duty.rows" }, { "duty.cfg",
            "cim_timer.cfg" }, { "duty.cfg", "dp_array.cfg" },
        { "duty.cfg", "mbiw.cfg" }, { "duty.cfg", "dsci_adc.cfg" } };
    static const struct bl_class *classes[160] = { &duty_class, &give_items_class, &give_phases_class };
    size_t n = 3;
    char text[32];

    for (; bl_classes[n - 3] && n < 159; n++)
        classes[n] = bl_classes[n - 3];
    ck_assert_ptr_null(bl_classes[n - 3]);
    m->r = (struct path_rig){ 0 };
    m->r.s = bl_open(classes, heard_start(&m->r.h));
    bl_clock(m->r.s, "core", period, 0, NULL);
    bl_add(m->r.s, "duty", "duty", "core", NULL);
    bl_add(m->r.s, "rows", "give_items", "core", NULL);
    bl_set(m->r.s, "rows", "lanes", "5", NULL);
    for (size_t i = 0; i < sizeof part / sizeof *part; i++)
        bl_add(m->r.s, part[i], part[i], i ? NULL : "core", NULL);
    for (size_t i = 0; i < sizeof word / sizeof *word; i++)
        path_wire(&m->r, word[i][0], word[i][1], false);
    bl_wire(m->r.s, "rows.item", "dp_array.row", (struct bl_link){ .depth = 2 }, NULL);
    snprintf(text, sizeof text, "%u", ops);
    bl_set(m->r.s, "duty", "ops", text, NULL);
    snprintf(text, sizeof text, "%u", m->nrows);
    bl_set(m->r.s, "duty", "need", text, NULL);
    path_set(&m->r, sets);
    bl_supply(m->r.s, "duty", "config", m->cfg, sizeof m->cfg);
    bl_supply(m->r.s, "duty", "planes", m->x, sizeof m->x);
    bl_supply(m->r.s, "rows", "table", m->rows, m->nrows * sizeof *m->rows);
}

static void macro_end(struct macro *m)
{
    enum bl_end end;

    ck_assert_msg(bl_elaborate(m->r.s) == 0, "%s", m->r.h.text);
    end = bl_run(m->r.s, BL_FOREVER);
    ck_assert_msg(end == BL_END_STOPPED, "ended with %d: %s", (int)end, m->r.h.text);
}

#define IDEAL "cal_engine.at_start=0;dp_array.c_p=0"

/* ---- 5: attenuation, swing, saving ---- */
START_TEST(attenuation)
{
    double a36 = imagine_alpha(36, 0.7, 0, 40), all = imagine_alpha(1152, 0.7, 0, 40);
    uint64_t drawn[2][2];

    NEAR("alpha_eff(36)", a36, 0.0107362, 1e-7);
    NEAR("alpha(1152)", all, 0.000827032, 1e-9);
    NEAR("swing ratio without C_p", a36 / all, 12.98, 0.01);
    double swing = imagine_alpha(36, 0.7, 0.0607, 40) / imagine_alpha(1152, 0.7, 0.0607, 40);
    NEAR("swing ratio", swing, 13.60, 0.01);
    status("section VI", "up to 20 x swing, 4 channels", "not reproduced", 20, swing);
    for (int c_p = 0; c_p < 2; c_p++)
        for (int none = 0; none < 2; none++) {
            struct macro m;
            macro_layer(&m, 576, 1, 1, 1, 1, 16);
            macro_start(&m, none ? "cal_engine.at_start=0;dp_array.split=none" : "cal_engine.at_start=0", 100 * BL_NS, 3);
            if (!c_p)
                bl_set(m.r.s, "dp_array", "c_p", "0", NULL);
            macro_end(&m);
            drawn[c_p][none] = path_peek(&m.r, "dp_array.drive");
            ck_assert_uint_eq(path_peek(&m.r, "dp_array.unsplit"), none ? drawn[c_p][1] - drawn[c_p][0] : 0);
            bl_close(m.r.s);
        }
    double saving = 1 - (double)drawn[1][0] / (double)drawn[1][1];
    NEAR("saving without C_p", 1 - (double)drawn[0][0] / (double)drawn[0][1], 0.8276, 0.001);
    NEAR("saving of the split DPL, 64 channels", saving, 0.72, 0.001);
    status("section III.B, Fig. 6(c)", "72 % DP energy saved, 64 channels, 40 fF", "by construction", 0.72, saving);
}
END_TEST

/* ---- 6, 7, 8: voltages and codes ---- */
START_TEST(codes)
{
    static const struct { uint32_t rows, x, r_in, r_w, minus, gamma; double v; uint32_t d; } rows[] = {
        { 144, 255, 8, 1, 0, 1, 0.685245, 207 }, { 144, 0, 8, 1, 0, 1, 0, 48 },
        { 1152, 15, 4, 4, 0, 1, 0.734948, 220 }, { 36, 10, 4, 1, 13, 4, 0.413420, 142 } };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int off = 0; off < 2; off++) {
            struct macro m;
            macro_layer(&m, rows[i].rows, rows[i].x, rows[i].r_in, 8, rows[i].r_w, 4);
            m.cfg[CFG_GAMMA] = rows[i].gamma;
            for (uint32_t k = 0; k < rows[i].minus; k++)
                memset(m.rows[k] + 1, 0, CIM_COLS / 8);
            macro_start(&m, off ? IDEAL ";cim_timer.phases=0" : IDEAL, 200 * BL_NS, 2);
            macro_end(&m);
            double v = (double)(int64_t)path_peek(&m.r, "mbiw.v[3]") / CIM_FV;
            if (rows[i].v > 0)
                NEAR("V_MBIW", v, rows[i].v, 1e-6);
            ck_assert_uint_eq(path_peek(&m.r, "dsci_adc.code[3]"), rows[i].d);
            bl_close(m.r.s);
        }
}
END_TEST

/* With xnor_zero = none an input bit 0 injects nothing; a DPL that has not settled lacks exp(-t_dp / tau) of its way. */
START_TEST(options)
{
    static const struct { uint32_t x; const char *sets; double part; } rows[] = {
        { 1, IDEAL, 1 }, { 0, IDEAL, -1 }, { 0, IDEAL ";dp_array.xnor_zero=none", 0 }, { 1, IDEAL ";dp_array.xnor_zero=none",
            1 },
        { 1, IDEAL ";dp_array.tau0=0.2", 0 }, { 1, IDEAL ";dp_array.split=none", 0 } };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct macro m;
        double alpha = imagine_alpha(i == 5 ? CIM_ROWS : 144, 0.7, 0,
                                     40), part = i == 4 ? 1 - bl_exp(-5 / (0.2 * 16)) : i == 5 ? 1 : rows[i].part;
        macro_layer(&m, 144, rows[i].x, 1, 8, 1, 4);
        macro_start(&m, rows[i].sets, 200 * BL_NS, 1);
        macro_end(&m);
        NEAR("V_DPL", (double)(int64_t)path_peek(&m.r, "dp_array.v[2]") / CIM_FV, 0.4 * (1 + part * alpha * 144), 1e-12);
        bl_close(m.r.s);
    }
}
END_TEST

/* ---- RMS error of codes: quantisation and one free sigma of noise ---- */
START_TEST(rms)
{
    static const struct { uint32_t gamma; double rms; } rows[] = { { 1, 0.52 }, { 2, 0.91 }, { 4, 1.75 }, { 8, 3.47 }, { 16,
        6.9 } };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double sum = 0, n = 0, lsb = imagine_lsb(0.5775, 0.8, 8) / rows[i].gamma;
        for (uint64_t seed = 1; seed <= 40; seed++) {
            uint64_t x = seed;
            struct macro m;
            macro_layer(&m, 36, 1, 1, 8, 1, CIM_COLS);
            for (uint32_t row = 0; row < 36; row++)
                for (int w = 1; w < 5; w++)
                    m.rows[row][w] = x = (x + seed) * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            m.cfg[CFG_GAMMA] = rows[i].gamma;
            macro_start(&m, "cal_engine.at_start=0;dsci_adc.noise=0.00156", 200 * BL_NS, 1);
            bl_seed(m.r.s, seed);
            macro_end(&m);
            for (uint32_t c = 0; c < CIM_COLS; c++) {
                char name[32];
                snprintf(name, sizeof name, "mbiw.v[%u]", c);
                double exact = 128 + ((double)(int64_t)path_peek(&m.r, name) / CIM_FV - 0.4) / lsb;
                snprintf(name, sizeof name, "dsci_adc.code[%u]", c);
                uint64_t code = path_peek(&m.r, name);
                if (code == 0 || code == 255)
                    continue;                      /* clipped: no error of the converter */
                double e = (double)code + 0.5 - exact;
                sum += e * e;
                n++;
            }
            bl_close(m.r.s);
        }
        NEAR("RMS error, LSB", sqrt(sum / n), rows[i].rms, 0.04 * rows[i].rms);
        if (rows[i].gamma == 1)
            status("section V.A", "RMS error of a code at gain 1, LSB", "one free sigma", 0.52, sqrt(sum / n));
    }
}
END_TEST

/* ---- 9, 10: calibration ---- */

/* The engine and the ADCs of one macro after a calibration. */
static void calibrated(struct macro *m, const char *sets, uint64_t seed)
{
    macro_layer(m, 36, 0, 1, 1, 1, 1);
    macro_start(m, sets, 200 * BL_NS, 1);
    bl_seed(m->r.s, seed);
    macro_end(m);
}

START_TEST(calibration)
{
    static const struct { double mv; uint32_t code; double residue; } rows[] = {
        { 12.3, 37, -0.155 }, { 0, 63, -0.235 }, { 29.0, 2, 0.095 }, { 40, 0, 10.155 } };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct macro m;
        char sets[80];
        snprintf(sets, sizeof sets, "dsci_adc.sa_all=%.6g", rows[i].mv / 1000);
        calibrated(&m, sets, 1);
        ck_assert_uint_eq(path_peek(&m.r, "cal_engine.cal[7]"), rows[i].code);
        double residue = rows[i].mv + 0.47 * ((double)path_peek(&m.r, "cal_engine.cal[7]") - 63.5);
        NEAR("residue, mV", residue, rows[i].residue, 1e-6);
        bl_close(m.r.s);
    }
}
END_TEST

/* A thousand macros of 256 columns: 3 sigma before and after, in the paper's LSB of 3.125 mV. */
START_TEST(monte_carlo)
{
    double n = 0, before = 0, after = 0, within = 0;

    for (uint64_t seed = 1; seed <= 1000; seed++) {
        struct macro m;
        calibrated(&m, "dsci_adc.sa_sigma=0.0175", seed);
        for (uint32_t c = 0; c < CIM_COLS; c++) {
            char name[32];
            snprintf(name, sizeof name, "cal_engine.cal[%u]", c);
            double code = (double)path_peek(&m.r, name);
            snprintf(name, sizeof name, "dsci_adc.sa_nv[%u]", c);
            double sa = (double)(int64_t)(path_peek(&m.r, name) << 32) / 4294967296.0 * 1e-6;
            double residue = sa + 0.47 * (code - 63.5);
            before += sa * sa;
            after += residue * residue;
            within += fabs(residue) <= 3.125;
            n++;
        }
        bl_close(m.r.s);
    }
    double sigma3 = 3 * sqrt(before / n) / 3.125, left = 3 * sqrt(after / n) / 3.125;
    NEAR("3 sigma before, LSB", sigma3, 16.8, 0.2);
    NEAR("within one LSB, %", 100 * within / n, 94.1, 0.5);
    NEAR("3 sigma after, LSB", left, 2.7, 0.3);
    status("section V.A, Fig. 19", "spatial deviation before calibration, LSB", "agrees", 17, sigma3);
    status("section V.A, Fig. 19", "spatial deviation after calibration, LSB", "close", 2, left);
    status("section III.E, Fig. 14(c)", "outputs within one LSB after calibration, %", "agrees", 95, 100 * within / n);
}
END_TEST

/* ---- 11: energy ---- */
static struct bl_tech *priced(struct bl_sim *s, const char *path, double microvolts, struct heard *h)
{
    struct bl_tech *t = bl_tech_load(path, microvolts, &h->diag);

    ck_assert_msg(t && bl_tech_apply(t, s) == 0, "%s", h->text);
    return t;
}

#define AT_0V6 "cal_engine.at_start=0;cim_timer.slow=5.098;ladder.slow=5.098;dp_array.vddl=0.3;mbiw.vddl=0.3;" \
    "dsci_adc.vddl=0.3;dsci_adc.vddh=0.6"
#define TECH_0V6 "platforms/imagine/tech/22nm_fdsoi.yaml"
#define TECH_0V8 "platforms/imagine/tech/22nm_fdsoi_0v8.yaml"

/* T_cim in whole ps, r_w = 1. */
static uint64_t period_of(uint32_t r_in, uint32_t r_out, double slow)
{
    double ns = 4.507 + r_in * 7.5 + (r_in > 1 ? r_in * 2.5 : 0) + r_out * 7.367;

    return (uint64_t)ceil(ns * slow * 1000) * BL_PS;
}

/* pJ of an operation of the full array, one after the other without a pause. */
static double pj_of(uint32_t r_in, uint32_t r_out, const char *sets, const char *tech, uint64_t period)
{
    double pj[2];

    for (uint32_t i = 0; i < 2; i++) {
        struct macro m;
        macro_layer(&m, CIM_ROWS, 0, r_in, r_out, 1, CIM_COLS);
        macro_start(&m, sets, period, 20 + 20 * i);
        struct bl_tech *t = priced(m.r.s, tech, strstr(tech, "0v8") ? 800000 : 600000, &m.r.h);
        macro_end(&m);
        pj[i] = (double)bl_energy(m.r.s) * 1e-12;
        bl_close(m.r.s);
        bl_tech_free(t);
    }
    return (pj[1] - pj[0]) / 20;
}

START_TEST(energy_of_the_macro)
{
    static const struct { uint32_t r; double pj; } rows[] = { { 8, 490.9 }, { 1, 71.3 }, { 4, 252.0 } };
    const double ops = 2.0 * CIM_ROWS * CIM_COLS;
    double pj[3];

    for (int i = 0; i < 3; i++) {
        pj[i] = pj_of(rows[i].r, rows[i].r, AT_0V6, TECH_0V6, period_of(rows[i].r, rows[i].r, 5.098));
        NEAR("pJ of an operation", pj[i], rows[i].pj, 0.003 * rows[i].pj);
        NEAR("phases off", pj_of(rows[i].r, rows[i].r, AT_0V6 ";cim_timer.phases=0", TECH_0V6, period_of(rows[i].r,
            rows[i].r, 5.098)), pj[i], 1e-6);
    }
    double nominal = pj_of(8, 8, "cal_engine.at_start=0", TECH_0V8, period_of(8, 8, 1));
    NEAR("TOPS/W, 8 b, 0.6 V", ops / 8 / pj[0], 150.2, 0.5);
    NEAR("TOPS/W, 8 b, 0.8 V", ops / 8 / nominal, 125.1, 0.5);
    NEAR("POPS/W, 1 b, 0.6 V", ops / pj[1] / 1000, 8.27, 0.03);
    status("Table I", "macro, 8 b, 0.3/0.6 V, TOPS/W", "by construction", 150, ops / 8 / pj[0]);
    status("Table I", "macro, 8 b, 0.4/0.8 V, TOPS/W", "by construction", 125, ops / 8 / nominal);
    status("section VI, Fig. 22(a)", "macro, 1 b, 0.3/0.6 V, POPS/W", "prediction", 8, ops / pj[1] / 1000);
}
END_TEST

/* ---- times: T_cim through the timer ---- */
START_TEST(times)
{
    static const struct { uint32_t r_in, r_out, r_w; double slow, ns; } rows[] = { { 8, 8, 1, 1, 143.4 }, { 1, 1, 1, 1,
        19.37 }, { 4, 4, 1, 1, 74.0 },
        { 8, 8, 1, 5.098, 731 }, { 1, 1, 1, 5.098, 98.8 }, { 4, 4, 1, 5.098, 377 }, { 8, 8, 4, 1, 153.443 } };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int off = 0; off < 2; off++) {
            struct macro m;
            macro_layer(&m, 36, 1, rows[i].r_in, rows[i].r_out, rows[i].r_w, 4);
            macro_start(&m, off ? "cim_timer.phases=0" : "", 1000 * BL_NS, 5);
            if (rows[i].slow > 1)
                path_set(&m.r, "cim_timer.slow=5.098;ladder.slow=5.098");
            macro_end(&m);
            NEAR("T_cim, ns", (double)path_spent(&m.r, "cim_timer", "busy") / 5 * 1e-6, rows[i].ns, 0.0006 * rows[i].ns);
            bl_close(m.r.s);
        }
}
END_TEST

START_TEST(throughput_and_area)
{
    const double ops = 2.0 * CIM_ROWS * CIM_COLS, area = 0.53 * 0.373;
    double t8 = ops / 8 / (double)period_of(8, 8, 1) * 1e3;
    double t4 = ops / 4 / (double)period_of(4, 4, 1) * 1e3, t1 = ops / (double)period_of(1, 1, 1) * 1e3;
    double slow = ops / 8 / (double)period_of(8, 8, 5.098) * 1e3;

    NEAR("TOPS at 8 b", t8, 0.514, 0.002);
    NEAR("TOPS at 8 b, 0.6 V", slow, 0.101, 0.001);
    NEAR("8b-normalised TOPS at 4 b", t4 / 4, 0.498, 0.002);
    NEAR("TOPS/mm2 at 8 b", t8 / area, 2.6, 0.05);
    NEAR("TOPS/mm2 at 1 b", t1 / area, 154, 1);
    double density = CIM_ROWS * CIM_COLS / 8 / 1000.0 / area, ktc = sqrt(1.380649e-23 * 300 / 0.7e-15) * 1000;
    NEAR("kB/mm2", density, 186.5, 0.1);
    NEAR("mV of kT/C", ktc, 2.43, 0.01);
    status("Table I", "8b-normalised throughput, TOPS", "by construction", 0.5, t8);
    status("Table I", "the same at 0.3/0.6 V, TOPS", "by construction", 0.1, slow);
    status("Table I", "area efficiency, 8 b, TOPS/mm2", "by construction", 2.6, t8 / area);
    status("section VI", "area efficiency, 1 b, TOPS/mm2", "by construction", 154, t1 / area);
    status("Table I, Fig. 16(a)", "density, kB/mm2", "arithmetic", 187, density);
    status("section III.B", "kT/C of a cell, mV", "arithmetic", 2.4, ktc);
}
END_TEST

/* ---- the whole accelerator: energy of one more output position ---- */
struct parts_pj { double all, macro, adc, dp; };   /* dp: without leakage */

static double part_pj(struct bl_sim *s, const char *path, bool leak)
{
    for (size_t i = 0; i < bl_part_count(s); i++) {
        struct bl_part_row p;
        bl_part_at(s, i, &p);
        if (!strcmp(p.path, path))
            return (double)(leak ? p.static_energy : p.energy) * 1e-12;
    }
    return 0;
}

static struct parts_pj position(uint32_t c_in, uint32_t r, double slow)
{
    struct parts_pj pj[2];

    for (uint32_t i = 0; i < 2; i++) {
        static const struct bl_class *classes[160] = { &give_phases_class, &give_items_class };
        uint32_t cfg[CFG_LANES];
        struct path_rig rig;
        size_t n = 2;
        for (; bl_classes[n - 2] && n < 159; n++)
            classes[n] = bl_classes[n - 2];
        path_layer(cfg, 3, 3, 1, 20 + 20 * i, c_in, r, CIM_COLS, r, 1);
        cfg[CFG_H] = 3, cfg[CFG_PT] = 0;       /* no padding above and below: every word is read */
        macro_open_with(&rig, classes, period_of(r, r, slow));
        path_set(&rig, slow > 1 ? AT_0V6 : "cal_engine.at_start=0");
        struct bl_tech *t = priced(rig.s, slow > 1 ? TECH_0V6 : TECH_0V8, slow > 1 ? 600000 : 800000, &rig.h);
        path_ready(&rig, cfg, 1);
        path_run(&rig);
        double dp = part_pj(rig.s, "dp_array", false) + part_pj(rig.s, "mbiw", false), leak = part_pj(rig.s, "dp_array",
            true);
        double adc = part_pj(rig.s, "dsci_adc", false) + part_pj(rig.s, "ladder", false);
        pj[i] = (struct parts_pj){ (double)bl_energy(rig.s) * 1e-12, dp + adc, adc, dp - leak };
        bl_close(rig.s);
        bl_tech_free(t);
    }
    return (struct parts_pj){ (pj[1].all - pj[0].all) / 20, (pj[1].macro - pj[0].macro) / 20, (pj[1].adc - pj[0].adc) / 20,
        (pj[1].dp - pj[0].dp) / 20 };
}

START_TEST(energy_of_the_system)
{
    const double ops = 2.0 * CIM_ROWS * CIM_COLS / 8;
    struct parts_pj low = position(128, 8, 5.098), nominal = position(128, 8, 1), half = position(64, 8,
        5.098), four = position(128, 4, 5.098),
        one = position(128, 1, 5.098);

    NEAR("pJ a position", low.all, 1842, 10);
    NEAR("share of the macro, %", 100 * low.macro / low.all, 72.5, 0.5);
    NEAR("TOPS/W, 0.6 V", ops / low.all, 40.0, 0.3);
    NEAR("TOPS/W, 0.8 V", ops / nominal.all, 35.0, 0.3);
    NEAR("share at 64 channels, %", 100 * half.macro / half.all, 73.3, 1);
    NEAR("share at 4 b, %", 100 * four.macro / four.all, 66, 1);
    NEAR("share at 1 b, %", 100 * one.macro / one.all, 53, 1);
    NEAR("share at 0.8 V, %", 100 * nominal.macro / nominal.all, 62.9, 1);
    struct parts_pj few = position(16, 1, 5.098);
    NEAR("ADC and ladder over DP, 128 channels, 8 b", low.adc / low.dp, 1.0, 0.02);
    NEAR("ADC and ladder over DP, 16 channels, 1 b", few.adc / few.dp, 11.3, 0.2);
    NEAR("digital share at 16 channels, 1 b, %", 100 * (1 - few.macro / few.all), 50, 2);
    status("section V.B, Fig. 22(b)", "V_DDL over V_DDH energy at 128 channels", "by construction", 1, low.adc / low.dp);
    status("section V.B, Fig. 23", "below 128 b a position: share of transfers, %", "borderline", 50, 100 * (1 - few.macro / few.all));
    status("Table I", "system, 8 b, 0.3/0.6 V, TOPS/W", "by construction", 40, ops / low.all);
    status("Table I", "system, 8 b, 0.4/0.8 V, TOPS/W", "by construction", 35, ops / nominal.all);
    status("section V.B, Fig. 23", "share of the macro, 128 channels, 8 b, %", "by construction", 72.5, 100 * low.macro / low.all);
    status("section V.B, Fig. 23", "share of the macro, 64 channels, 8 b, %", "prediction", 72.5, 100 * half.macro / half.all);
    status("section V.B, Fig. 23", "share of the macro, 128 channels, 4 b, %", "prediction", 72.5, 100 * four.macro / four.all);
}
END_TEST

Suite *suite_paper_imagine(void);
Suite *suite_paper_imagine(void)
{
    Suite *s = suite_create("paper_imagine");
    TCase *t = tcase_create("macro");

    tcase_add_test(t, attenuation);
    tcase_add_test(t, codes);
    tcase_add_test(t, options);
    tcase_add_test(t, rms);
    tcase_add_test(t, calibration);
    tcase_add_test(t, monte_carlo);
    tcase_add_test(t, energy_of_the_macro);
    tcase_add_test(t, times);
    tcase_add_test(t, throughput_and_area);
    tcase_add_test(t, energy_of_the_system);
    suite_add_tcase(s, t);
    return s;
}
