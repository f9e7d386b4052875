/* test_imagine_analog.c - mbiw.c and dsci_adc.c alone: what is charged for an operation, voltages at the very edge of a comparison,
 * what the ADC measures of its inputs. */
#include "tests/rigs/imagine_alone.h"

extern const struct bl_class mbiw_class;

/* ---- parts that drive 64-bit voltages and 8-bit codes ---- */
struct give_volts { struct bl_part p; bl_out v; bl_table table; };

static bl_verdict volts_tick(void *self)
{
    struct give_volts *t = self;
    uint64_t rows = t->table.n / CIM_COLS, row = bl_cycle(t) < rows ? bl_cycle(t) : rows - 1;

    memcpy(bl_put64(t->v), BL_ROWS(int64_t, t->table) + row * CIM_COLS, CIM_COLS * sizeof(int64_t));
    return BL_BUSY;
}
static const struct bl_field volts_fields[] = {
    BL_OUT(struct give_volts, v, CIM_COLS, 64, "fV"), BL_DATA(struct give_volts, table, int64_t, "rows"), { 0 } };
static const struct bl_class give_volts_class = { .name = "give_volts", .help = "drives voltages", .size = sizeof(struct give_volts),
    .tick = volts_tick, .fields = volts_fields };
/* Counts the ones of `sign`. */
struct count_signs { struct bl_part p; bl_in sign; uint32_t ones; };

static bl_verdict signs_tick(void *self)
{
    struct count_signs *t = self;

    t->ones = 0;
    for (int w = 0; w < CIM_COLS / 64; w++)
        t->ones += (uint32_t)__builtin_popcountll(bl_get64(t->sign)[w]);
    return BL_BUSY;
}
static const struct bl_field signs_fields[] = {
    BL_IN(struct count_signs, sign, 1, CIM_COLS, "signs"), BL_VIEW(struct count_signs, ones, 1, 32, "ones"), { 0 } };
static const struct bl_class count_signs_class = { .name = "count_signs", .help = "counts signs", .size = sizeof(struct count_signs),
    .tick = signs_tick, .fields = signs_fields };
static const struct bl_class *const analog[] = { &count_signs_class, &give_word_class, &give_bit_class, &give_volts_class, &mbiw_class, &dsci_adc_class, NULL };

enum { STEPS = 24, FIRST = 4 };               /* a command every other cycle, from cycle FIRST on */

/* `cal`: the commands are for the calibration, the timer gives none. */
struct rig { struct path_rig r; bool cal; uint32_t cfg[CFG_LANES], cmd[STEPS][CMD_LANES]; int64_t v[STEPS][CIM_COLS]; };

static void command(struct rig *g, uint32_t n, uint32_t kind, uint32_t bit)
{
    for (uint32_t i = FIRST + 2 * n; i < STEPS; i++)
        g->cmd[i][CMD_SEQ] = n + 1, g->cmd[i][CMD_KIND] = kind, g->cmd[i][CMD_BIT] = bit;
}

static void volts(struct rig *g, double all)
{
    for (int i = 0; i < STEPS; i++)
        for (int c = 0; c < CIM_COLS; c++)
            g->v[i][c] = (int64_t)rint(all * CIM_FV);
}

static void rig_open(struct rig *g, const char *dut, const char *port, uint32_t r_in, uint32_t r_w, uint32_t c_out, uint32_t r_out)
{
    static const uint32_t none[CMD_LANES];
    char to[40];

    path_layer(g->cfg, 3, 3, 1, 1, 4, r_in, c_out, r_out, 1);
    g->cfg[CFG_SEQ] = 1, g->cfg[CFG_R_W] = r_w;
    g->r.s = bl_open(analog, heard_start(&g->r.h));
    bl_clock(g->r.s, "core", 10 * BL_NS, 0, NULL);
    bl_add(g->r.s, "dut", dut, NULL, NULL);
    configure(&g->r, g->cfg, sizeof g->cfg);
    drive(&g->r, g->cal ? "cal_cmd" : "cmd", CMD_LANES, g->cmd[0], sizeof g->cmd);
    if (g->cal)
        drive(&g->r, "cmd", CMD_LANES, none, sizeof none);
    bl_add(g->r.s, "volts", "give_volts", "core", NULL);
    bl_supply(g->r.s, "volts", "table", g->v, sizeof g->v);
    snprintf(to, sizeof to, "dut.%s", port);
    path_wire(&g->r, "volts.v", to, false);
}

static void bit(struct rig *g, const char *port, int to)
{
    char from[40], at[40];

    bl_add(g->r.s, port, "give_bit", "core", NULL);
    snprintf(at, sizeof at, "%d", to);
    bl_set(g->r.s, port, "to", at, NULL);
    snprintf(from, sizeof from, "%s.bit", port);
    snprintf(at, sizeof at, "dut.%s", port);
    path_wire(&g->r, from, at, false);
}

/* An accumulation is charged by column in use unless the input is binary; sharing by column of a weight unless the weight is. */
START_TEST(mbiw_charges)
{
    static const struct { uint32_t r_in, r_w, c_out, acc, share; } rows[] = {
        { 8, 4, 64, 8 * 256, 256 }, { 8, 1, 10, 8 * 10, 0 }, { 1, 4, 5, 0, 20 }, { 1, 1, 256, 0, 0 }, { 2, 2, 3, 12, 6 },
        { 2, 3, 5, 2 * 5 * 4, 15 } };         /* three bits lie in a block of four columns */

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        static struct rig g;
        g = (struct rig){ 0 };
        volts(&g, 0.4);
        for (uint32_t b = 0; b < rows[i].r_in; b++)
            command(&g, b, CIM_ACCUMULATE, b);
        command(&g, rows[i].r_in, CIM_SHARE, 0);
        rig_open(&g, "mbiw", "v_dpl", rows[i].r_in, rows[i].r_w, rows[i].c_out, 8);
        bit(&g, "cs_dp", 0);
        bit(&g, "acc_in", 0);
        ready(&g.r, STEPS + 4);
        ck_assert_msg(path_peek(&g.r, "dut.acc") == rows[i].acc && path_peek(&g.r, "dut.share") == rows[i].share, "row %zu: acc %u, share %u", i,
                      (unsigned)path_peek(&g.r, "dut.acc"), (unsigned)path_peek(&g.r, "dut.share"));
        /* every column stood at V_DDL: accumulating and sharing leave it there, in the outputs in use only */
        ck_assert_uint_eq(path_peek(&g.r, "dut.v[0]"), 400000000000000);
        ck_assert_uint_eq(path_peek(&g.r, rows[i].c_out == 256 ? "dut.v[255]" : "dut.v[254]"), rows[i].c_out == 256 ? 400000000000000 : 0);
        bl_close(g.r.s);
    }
}
END_TEST

/* Bits 0 and 1 of an input, alpha 1/2, from V_DDL 0.4 V: 0.4 -> (0.4 + 0.8) / 2 = 0.6 -> (0.6 + 0.2) / 2 = 0.4; a first bit forgets what
 * was before. With weights of two bits: (column 0 + V_DDL) / 2, then with column 1. */
START_TEST(mbiw_voltages)
{
    static struct rig g;

    g = (struct rig){ 0 };
    volts(&g, 0.2);
    for (int i = 0; i < FIRST + 2; i++)
        for (int c = 0; c < CIM_COLS; c++)
            g.v[i][c] = (int64_t)rint((c % 2 ? 0.6 : 0.8) * CIM_FV);
    command(&g, 0, CIM_ACCUMULATE, 0);
    command(&g, 1, CIM_ACCUMULATE, 1);
    command(&g, 2, CIM_SHARE, 0);
    rig_open(&g, "mbiw", "v_dpl", 2, 2, 128, 8);
    bit(&g, "cs_dp", 0);
    bit(&g, "acc_in", 0);
    ready(&g.r, STEPS + 4);
    /* column 0: 0.6, then 0.4; column 1: 0.5, then 0.35: ((0.4 + 0.4) / 2 + 0.35) / 2 */
    for (uint32_t o = 0; o < 128; o += 127) {
        char name[40];
        snprintf(name, sizeof name, "dut.v[%u]", o);
        ck_assert_msg(llabs((long long)path_peek(&g.r, name) - 375000000000000) <= 1, "%s: %llu fV", name, (unsigned long long)path_peek(&g.r, name));
    }
    bl_close(g.r.s);
}
END_TEST

/* A residue of exactly 0 counts as not below: 0.4 V is code 10000000, one fV less is 01111111. */
START_TEST(adc_edge)
{
    for (int less = 0; less < 2; less++)
        for (uint32_t r_out = 1; r_out <= 8; r_out++) {
            static struct rig g;
            g = (struct rig){ 0 };
            volts(&g, 0.4 - (less ? 1e-15 : 0));
            command(&g, 0, CIM_OFFSET, 0);
            for (uint32_t k = r_out; k-- > 0; )
                command(&g, r_out - k, CIM_SAR, k);
            rig_open(&g, "dsci_adc", "v", 8, 1, 200, r_out);
            bit(&g, "ready", 1000);
            ready(&g.r, STEPS + 4);
            for (uint32_t o = 0; o < CIM_COLS; o++)
                ck_assert_uint_eq(lane(&g.r, "dut.code", o), o >= 200 ? 0 : less ? (1u << (r_out - 1)) - 1 : 1u << (r_out - 1));
            ck_assert_uint_eq(path_peek(&g.r, "dut.bit"), 200 * r_out);
            ck_assert_uint_eq(path_peek(&g.r, "dut.cal_bit"), 0);
            bl_close(g.r.s);
        }
}
END_TEST

/* measure=1: how many conversions, the least and the most voltage from V_DDL; 0.1 V before the second conversion, then 0.5 V, 0.3 V. */
START_TEST(adc_measures)
{
    static struct rig g;
    static const double at[] = { 0.1, 0.5, 0.3 };

    g = (struct rig){ 0 };
    for (uint32_t n = 0; n < 3; n++) {
        command(&g, n, CIM_OFFSET, 0);
        for (uint32_t i = n ? FIRST + 2 * n : 0; i < STEPS; i++)
            for (int c = 0; c < CIM_COLS; c++)
                g.v[i][c] = (int64_t)rint(at[n] * CIM_FV);
    }
    rig_open(&g, "dsci_adc", "v", 8, 1, 256, 8);
    bit(&g, "ready", 1000);
    bl_set(g.r.s, "dut", "measure", "1", NULL);
    bl_set(g.r.s, "dut", "sa_all", "0.01", NULL);
    ready(&g.r, STEPS + 4);
    for (int o = 0; o < 256; o += 255) {
        const int64_t *got = (const int64_t *)bl_memory(g.r.s, "dut", "stat", NULL) + (size_t)o * STAT_LANES;
        /* all amplifiers are off by 10 mV, and code 0 of the calibration takes 63.5 steps of 0.47 mV away: with 10 mV, -19.845 mV */
        ck_assert_int_eq(got[STAT_COUNT], 3);
        ck_assert_int_eq(got[STAT_OFFSET], -19845000000000);
        ck_assert_int_le(llabs(got[STAT_LEAST] + 300000000000000 + 19845000000000), 1);
        ck_assert_int_le(llabs(got[STAT_MOST] - 100000000000000 + 19845000000000), 1);
    }
    ck_assert_uint_eq(path_peek(&g.r, "dut.sa_nv[255]"), 10000000);
    bl_close(g.r.s);
}
END_TEST

/* The calibration decides on the amplifier's offset and on what was injected so far: at exactly 0, and 0.1 mV on either side. */
START_TEST(calibration_edge)
{
    static const struct { const char *sa; unsigned bit, ones; } rows[] = {
        { "0", 6, CIM_COLS }, { "-0.0001", 6, 0 }, { "0.0001", 6, CIM_COLS },
        /* code 0 so far takes 32 and 16 steps of 0.47 mV away: 22.56 mV */
        { "0.0226", 4, CIM_COLS }, { "0.0225", 4, 0 } };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        static struct rig g;
        g = (struct rig){ .cal = true };
        volts(&g, 0.4);
        command(&g, 0, CIM_PRECHARGE, 6);
        command(&g, 1, CIM_SAR, rows[i].bit);
        rig_open(&g, "dsci_adc", "v", 8, 1, 256, 8);
        bit(&g, "ready", 1000);
        bl_set(g.r.s, "dut", "sa_all", rows[i].sa, NULL);
        bl_add(g.r.s, "signs", "count_signs", "core", NULL);
        path_wire(&g.r, "dut.sign", "signs.sign", false);
        ready(&g.r, STEPS + 4);
        ck_assert_msg(path_peek(&g.r, "signs.ones") == rows[i].ones, "%s V: %u", rows[i].sa, (unsigned)path_peek(&g.r, "signs.ones"));
        ck_assert_uint_eq(path_peek(&g.r, "dut.cal_bit"), CIM_COLS);    /* the precharge decides nothing */
        bl_close(g.r.s);
    }
}
END_TEST

Suite *suite_imagine_analog(void);
Suite *suite_imagine_analog(void)
{
    Suite *s = suite_create("imagine_analog");
    TCase *t = tcase_create("alone");

    tcase_add_test(t, mbiw_charges);
    tcase_add_test(t, mbiw_voltages);
    tcase_add_test(t, adc_edge);
    tcase_add_test(t, adc_measures);
    tcase_add_test(t, calibration_edge);
    suite_add_tcase(s, t);
    return s;
}
