/* test_imagine_macro.c - whole phases through datapath and macro, from LMEM to LMEM, against a plain calculation of Eq. (4)
 * to (7): random layers of every precision, layout and mode; phases off; what the parts refuse while they run. */
#include "tests/rigs/imagine_rig.h"
#include "platforms/net/draw.h"

Suite *suite_imagine_macro(void);

static const uint64_t CORE = 200 * BL_NS;
static const char ideal[] = "cal_engine.at_start=0";

static uint32_t pick(uint64_t *s, uint32_t lo, uint32_t hi) { return lo + (uint32_t)(bl_draw(5, (*s)++) % (hi - lo + 1)); }

/* ---- a layer with its data ---- */
struct layer {
    uint32_t cfg[CFG_LANES];
    uint8_t *x;                                /* [y][x][c] as stored: r_in bits */
    uint64_t *rows, *words;                    /* items for the array and for LMEM */
    size_t nrows, nwords;
};

static uint32_t pixel_at(const uint32_t *cfg, uint32_t y, uint32_t x, uint32_t h, uint32_t w)
{
    return cfg[CFG_ROWMAJOR] ? y * w + x : x * h + y;
}

static void make_words(struct layer *l)
{
    const uint32_t *cfg = l->cfg;
    uint32_t r = cfg[CFG_R_IN], n = cfg[CFG_H] * cfg[CFG_W] * cfg[CFG_C_IN];

    l->nwords = (n * r + 31) / 32;
    l->words = calloc(l->nwords, DRAM_LANES * sizeof *l->words);
    for (size_t i = 0; i < l->nwords; i++)
        l->words[i * DRAM_LANES + DRAM_KIND] = DRAM_FILL, l->words[i * DRAM_LANES + DRAM_ADDR] = 32 * i;
    for (uint32_t y = 0; y < cfg[CFG_H]; y++)
        for (uint32_t x = 0; x < cfg[CFG_W]; x++)
            for (uint32_t c = 0; c < cfg[CFG_C_IN]; c++)
                for (uint32_t k = 0; k < r; k++) {
                    uint32_t bit = (pixel_at(cfg, y, x, cfg[CFG_H], cfg[CFG_W]) * cfg[CFG_C_IN] + c) * r + k;
                    uint64_t v = l->x[(y * cfg[CFG_W] + x) * cfg[CFG_C_IN] + c] >> k & 1;
                    l->words[bit / 32 * DRAM_LANES + DRAM_DATA] |= v << (bit % 32);
                }
}

static void make_layer(struct layer *l, uint64_t seed)
{
    uint64_t s = seed * 100000;
    uint32_t *cfg = l->cfg, dense = pick(&s, 0, 3) == 0, kh = dense ? 1 : pick(&s, 1, 3), kw = dense ? 1 : pick(&s, 1, 3);

    memset(l, 0, sizeof *l);
    cfg[CFG_DENSE] = dense, cfg[CFG_KH] = kh, cfg[CFG_KW] = kw;
    cfg[CFG_SH] = pick(&s, 1, 2), cfg[CFG_SW] = pick(&s, 1, kw + 1);
    cfg[CFG_R_IN] = pick(&s, 1, 8), cfg[CFG_R_OUT] = pick(&s, 1, 8), cfg[CFG_R_W] = pick(&s, 1, 4), cfg[CFG_N_CIM] = pick(&s,
        1, 2);
    cfg[CFG_C_IN] = pick(&s, 1, dense ? 200 : 24);
    cfg[CFG_C_OUT] = pick(&s, 1, pick(&s, 0, 3) ? 12 : CIM_COLS / imagine_stride(cfg[CFG_R_W]));
    cfg[CFG_PT] = pick(&s, 0, kh - 1), cfg[CFG_PL] = pick(&s, 0, kw - 1);
    cfg[CFG_H] = pick(&s, kh, 5), cfg[CFG_W] = pick(&s, kw, 5);
    cfg[CFG_HO] = (cfg[CFG_H] + 2 * cfg[CFG_PT] - kh) / cfg[CFG_SH] + 1;
    cfg[CFG_WO] = (cfg[CFG_W] + 2 * cfg[CFG_PL] - kw) / cfg[CFG_SW] + 1;
    cfg[CFG_PAD] = pick(&s, 0, (1u << cfg[CFG_R_IN]) - 1), cfg[CFG_CONVERT] = pick(&s, 0, 3);
    cfg[CFG_ROWMAJOR] = pick(&s, 0, 1), cfg[CFG_GAMMA] = 1u << pick(&s, 0, 4);
    cfg[CFG_SERIAL] = pick(&s, 0, 3) == 0;
    uint32_t n = cfg[CFG_H] * cfg[CFG_W] * cfg[CFG_C_IN];
    l->x = calloc(n, 1);
    for (uint32_t i = 0; i < n; i++)
        l->x[i] = (uint8_t)pick(&s, 0, (1u << cfg[CFG_R_IN]) - 1);
    make_words(l);
    l->nrows = imagine_units(cfg) * CIM_UNIT;
    l->rows = calloc(l->nrows, 5 * sizeof *l->rows);
    for (size_t i = 0; i < l->nrows; i++) {
        l->rows[i * 5] = i;
        for (int k = 1; k < 5; k++)
            l->rows[i * 5 + (size_t)k] = bl_draw(seed, s++);
    }
}

static void free_layer(struct layer *l)
{
    free(l->x);
    free(l->rows);
    free(l->words);
}

/* ---- the plain calculation ---- */
static int weight(const struct layer *l, uint32_t row, uint32_t column)
{
    return l->rows[row * 5 + 1 + column / 64] >> (column % 64) & 1 ? 1 : -1;
}

static int input(const struct layer *l, int64_t y, int64_t x, uint32_t c)
{
    const uint32_t *cfg = l->cfg;
    uint32_t flip = cfg[CFG_CONVERT] & 1 ? 1u << (cfg[CFG_R_IN] - 1) : 0;

    if (y < 0 || x < 0 || y >= cfg[CFG_H] || x >= cfg[CFG_W])
        return (int)cfg[CFG_PAD];
    return (int)(l->x[((uint32_t)y * cfg[CFG_W] + (uint32_t)x) * cfg[CFG_C_IN] + c] ^ flip);
}

/* S = sum of X W, X = 2x - 2^r_in + 1, W of r_w bits of +1 and -1. */
static int64_t sum(const struct layer *l, uint32_t oy, uint32_t ox, uint32_t o)
{
    const uint32_t *cfg = l->cfg;
    uint32_t column = o * imagine_stride(cfg[CFG_R_W]);
    int64_t s = 0;

    for (uint32_t ky = 0; ky < cfg[CFG_KH]; ky++)
        for (uint32_t kx = 0; kx < cfg[CFG_KW]; kx++)
            for (uint32_t c = 0; c < cfg[CFG_C_IN]; c++) {
                int x = input(l, (int64_t)oy * cfg[CFG_SH] + ky - cfg[CFG_PT], (int64_t)ox * cfg[CFG_SW] + kx - cfg[CFG_PL],
                              c), w = 0;
                for (uint32_t j = 0; j < cfg[CFG_R_W]; j++)
                    w += weight(l, imagine_row(cfg[CFG_DENSE], ky, kx, c), column + j) * (1 << j);
                s += (int64_t)(2 * x - (1 << cfg[CFG_R_IN]) + 1) * w;
            }
    return s;
}

/* Eq. (7) without offsets. */
static uint32_t code(const uint32_t *cfg, int64_t s)
{
    double alpha = imagine_alpha(imagine_units(cfg) * CIM_UNIT, 0.7, 0.0607, 40), dv = 0.4 * alpha * (double)s;
    double half = (double)(1u << (cfg[CFG_R_OUT] - 1));

    dv /= imagine_shares(cfg[CFG_R_IN], cfg[CFG_R_W]);
    double d = floor(half + cfg[CFG_GAMMA] * dv / (0.5775 * 0.8 / half));
    return d < 0 ? 0 : d > 2 * half - 1 ? (uint32_t)(2 * half - 1) : (uint32_t)d;
}

/* ---- what the platform does ---- */
static uint32_t stored(const uint64_t *bank, const uint32_t *cfg, uint32_t oy, uint32_t ox, uint32_t o)
{
    uint32_t r = cfg[CFG_R_OUT], at = (pixel_at(cfg, oy, ox, cfg[CFG_HO], cfg[CFG_WO]) * cfg[CFG_C_OUT] + o) * r, v = 0;

    for (uint32_t k = 0; k < r; k++)
        v |= (uint32_t)(bank[(at + k) / 64] >> ((at + k) % 64) & 1) << k;
    return v ^ (cfg[CFG_CONVERT] & 2 ? 1u << (r - 1) : 0);
}

static void open_layer(struct path_rig *r, const struct layer *l, const char *sets)
{
    char need[32];

    macro_open(r, CORE);
    path_set(r, ideal);
    path_set(r, sets);
    snprintf(need, sizeof need, "%d", (int)l->nrows);
    bl_set(r->s, "give", "need", need, NULL);
    snprintf(need, sizeof need, "%d", (int)l->nwords + 8);
    bl_set(r->s, "give", "hold", need, NULL);
    bl_supply(r->s, "rows", "table", l->rows, l->nrows * 5 * sizeof *l->rows);
    bl_supply(r->s, "words", "table", l->words, l->nwords * DRAM_LANES * sizeof *l->words);
    path_ready(r, l->cfg, 1);
}

/* ---- every precision, layout and mode ---- */
START_TEST(layers)
{
    for (uint64_t seed = (uint64_t)_i * 40; seed < (uint64_t)_i * 40 + 40; seed++) {
        struct layer l;
        make_layer(&l, seed);
        uint64_t cycles[2], results[2] = { 0 };
        for (int off = 0; off < 2; off++) {
            struct path_rig r;
            open_layer(&r, &l, off ? "cim_timer.phases=0" : "");
            cycles[off] = path_run(&r);
            const uint64_t *bank = (const uint64_t *)bl_memory(r.s, "lmem", "bank", NULL) + 32768 / 8 + 1;
            for (uint32_t oy = 0; oy < l.cfg[CFG_HO]; oy++)
                for (uint32_t ox = 0; ox < l.cfg[CFG_WO]; ox++)
                    for (uint32_t o = 0; o < l.cfg[CFG_C_OUT]; o++) {
                        uint32_t got = stored(bank, l.cfg, oy, ox, o), want = code(l.cfg, sum(&l, oy, ox, o));
                        ck_assert_msg(got == want, "seed %d, phases %s: (%u, %u) output %u is %u, expected %u", (int)seed,
                                      off ? "off" : "on",
                                      oy, ox, o, got, want);
                        results[off] = results[off] * 31 + got;
                    }
            uint64_t read = path_peek(&r, "lmem.read"), fetched = path_peek(&r, "im2col.words");
            ck_assert_uint_le(read, fetched);          /* padding costs the cycle of a word, but no read */
            if (path_peek(&r, "im2col.padded") == 0)
                ck_assert_uint_eq(read, fetched);
            bl_close(r.s);
        }
        ck_assert_uint_eq(cycles[0], cycles[1]);
        ck_assert_uint_eq(results[0], results[1]);
        free_layer(&l);
    }
}
END_TEST

/* Row 0 injects in every layer: without it each input bit of each position meets a row that was never written. */
START_TEST(row_never_written)
{
    for (uint64_t seed = 0; seed < 20; seed++)
        for (uint32_t missing = 0; missing < 2; missing++) {
            struct layer l;
            struct path_rig r;
            make_layer(&l, seed);
            ck_assert_uint_eq(l.rows[0], 0);
            memmove(l.rows, l.rows + 5 * missing, (l.nrows - missing) * 5 * sizeof *l.rows);
            l.nrows -= missing;
            open_layer(&r, &l, "");
            path_run(&r);
            ck_assert_uint_eq(path_peek(&r, "lmem.unwritten"), 0);
            ck_assert_uint_eq(path_peek(&r, "dp_array.unwritten"), missing * l.cfg[CFG_HO] * l.cfg[CFG_WO] * l.cfg[CFG_R_IN]);
            bl_close(r.s);
            free_layer(&l);
        }
}
END_TEST

/* ---- two phases in a row: what one stored the next reads, after a swap of roles ---- */

/* A 1 x 1 layer of 8 channels on w pixels, whose outputs are the inputs of the next one. */
static void small_phase(uint32_t *cfg, uint32_t w, uint32_t swaps)
{
    path_layer(cfg, 1, 1, 1, w, 8, 8, 8, 8, 1);
    cfg[CFG_DENSE] = 1, cfg[CFG_SWAPS] = swaps;
}

START_TEST(ping_pong)
{
    uint32_t cfg[2][CFG_LANES];
    struct layer l, next;
    struct path_rig r;

    memset(&l, 0, sizeof l);
    small_phase(l.cfg, 4, 0);
    l.x = calloc(32, 1);
    for (int i = 0; i < 32; i++)
        l.x[i] = (uint8_t)(i * 8);
    make_words(&l);
    l.nrows = CIM_UNIT;
    l.rows = calloc(l.nrows, 5 * sizeof *l.rows);
    for (size_t i = 0; i < l.nrows; i++)
        l.rows[i * 5] = i, l.rows[i * 5 + 1] = bl_draw(3, i);
    memcpy(cfg[0], l.cfg, sizeof l.cfg);
    small_phase(cfg[1], 4, 1);
    macro_open(&r, CORE);
    path_set(&r, ideal);
    path_set(&r, "give.need=36;give.hold=40");
    bl_supply(r.s, "rows", "table", l.rows, l.nrows * 5 * sizeof *l.rows);
    bl_supply(r.s, "words", "table", l.words, l.nwords * DRAM_LANES * sizeof *l.words);
    path_ready(&r, cfg[0], 2);
    path_run(&r);
    const uint64_t *bank = bl_memory(r.s, "lmem", "bank", NULL), *other = bank + 32768 / 8 + 1;
    next = l;
    next.x = calloc(32, 1);
    for (uint32_t x = 0; x < 4; x++)
        for (uint32_t o = 0; o < 8; o++) {
            ck_assert_uint_eq(stored(other, cfg[0], 0, x, o), code(cfg[0], sum(&l, 0, x, o)));
            next.x[x * 8 + o] = (uint8_t)stored(other, cfg[0], 0, x, o);
        }
    for (uint32_t x = 0; x < 4; x++)
        for (uint32_t o = 0; o < 8; o++)
            ck_assert_uint_eq(stored(bank, cfg[1], 0, x, o), code(cfg[1], sum(&next, 0, x, o)));
    bl_close(r.s);
    free(next.x);
    free_layer(&l);
}
END_TEST

/* ---- what ends a run ---- */
static void expect_failure(struct path_rig *r, const char *part, const char *words)
{
    enum bl_end end = bl_run(r->s, 1000 * BL_US);

    ck_assert_msg(end == BL_END_FAILED, "ended with %d, expected a failure: %s", (int)end, words);
    ck_assert_msg(strstr(r->h.text, words) && strstr(r->h.text, part), "said \"%s\", expected \"%s: %s\"", r->h.text, part,
                  words);
    bl_close(r->s);
}

START_TEST(swap_too_early)
{
    uint32_t cfg[2][CFG_LANES];
    struct path_rig r;

    path_layer(cfg[0], 3, 3, 4, 4, 8, 8, 64, 8, 1);
    path_layer(cfg[1], 3, 3, 4, 4, 8, 8, 64, 8, 1);
    cfg[1][CFG_SWAPS] = 1;
    path_open(&r, datapath_classes, CORE);
    path_set(&r, "give.early=30");
    path_ready(&r, cfg[0], 2);
    expect_failure(&r, "lmem", "the banks swap roles with a store in flight");
    path_open(&r, datapath_classes, CORE);             /* the same when the phase is over */
    path_ready(&r, cfg[0], 2);
    ck_assert_uint_gt(path_run(&r), 0);
    ck_assert_uint_eq(path_peek(&r, "lmem.swaps"), 1);
    bl_close(r.s);
}
END_TEST

START_TEST(does_not_fit)
{
    uint32_t cfg[CFG_LANES];
    struct path_rig r;

    path_layer(cfg, 3, 3, 16, 16, 8, 8, 64, 8, 1);     /* outputs of 16 KB */
    path_open(&r, datapath_classes, CORE);
    path_set(&r, "lmem.bytes=8192");
    path_ready(&r, cfg, 1);
    expect_failure(&r, "lmem", "the layer does not fit");
}
END_TEST

START_TEST(columns)
{
    static const struct { uint32_t r_w, c_out; const char *words; } rows[] = {
        { 3, 80, "80 outputs of r_w = 3: a weight would lie across a block of four columns; at most 64" },
        { 4, 65, "65 outputs of r_w = 4 need 260 columns; the macro has 256" } };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct layer l;
        struct path_rig r;
        make_layer(&l, 1);
        l.cfg[CFG_R_W] = rows[i].r_w, l.cfg[CFG_C_OUT] = rows[i].c_out;
        open_layer(&r, &l, "");
        expect_failure(&r, "mbiw", rows[i].words);
        free_layer(&l);
    }
}
END_TEST

/* The ladder settles in 5 ns; the first decision comes t_off + t_sar - t_settle after it was switched on. */
START_TEST(ladder_too_late)
{
    static const struct { const char *sets; bool good; } rows[] = {
        { "", true }, { "ladder.t_settle=6873ps", true }, { "ladder.t_settle=6900ps", false }, { "cim_timer.t_off=2ns",
            false },
        { "cim_timer.phases=0;ladder.t_settle=90ns", false } };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct layer l;
        struct path_rig r;
        make_layer(&l, 4);
        open_layer(&r, &l, rows[i].sets);
        if (!rows[i].good) {
            expect_failure(&r, "dsci_adc", "a decision before the ladder settled");
        } else {
            path_run(&r);
            bl_close(r.s);
        }
        free_layer(&l);
    }
}
END_TEST

START_TEST(clock_too_fast)
{
    struct layer l;
    struct path_rig r;

    make_layer(&l, 2);
    l.cfg[CFG_R_IN] = l.cfg[CFG_R_OUT] = 8, l.cfg[CFG_R_W] = l.cfg[CFG_N_CIM] = 1;      /* 143.443 ns */
    for (int ps = 143442; ps <= 143443; ps++) {
        char need[32];
        macro_open(&r, (uint64_t)ps * BL_PS);
        path_set(&r, ideal);
        snprintf(need, sizeof need, "%d", (int)l.nrows);
        bl_set(r.s, "give", "need", need, NULL);
        bl_supply(r.s, "rows", "table", l.rows, l.nrows * 5 * sizeof *l.rows);
        bl_supply(r.s, "words", "table", l.words, l.nwords * DRAM_LANES * sizeof *l.words);
        path_ready(&r, l.cfg, 1);
        if (ps == 143442) {
            expect_failure(&r, "cim_timer", "an operation takes 143443 ps, but N_cim is 1 cycles of 143442 ps");
        } else {
            path_run(&r);
            bl_close(r.s);
        }
    }
    free_layer(&l);
}
END_TEST

/* CS_DP and ACC_in driven by hand onto a MBIW. */
struct strobes { struct bl_part p; bl_out cs_dp, acc_in, cmd, v, cfg; };
static bl_verdict strobes_tick(void *self)
{
    struct strobes *t = self;

    *bl_put8(t->cs_dp) = bl_cycle(t) % 2 == 0;
    *bl_put8(t->acc_in) = bl_cycle(t) % 2 == 1 || bl_cycle(t) == 10;
    return BL_BUSY;
}
static const struct bl_field strobes_fields[] = {
    BL_OUT(struct strobes, cs_dp, 1, 1, "CS_DP"), BL_OUT(struct strobes, acc_in, 1, 1, "ACC_in"),
    BL_OUT(struct strobes, cmd, CMD_LANES, 32, "command"), BL_OUT(struct strobes, v, CIM_COLS, 64, "voltages"),
    BL_OUT(struct strobes, cfg, CFG_LANES, 32, "configuration"), { 0 } };
static const struct bl_class strobes_class = { .name = "strobes", .help = "drives strobes", .size = sizeof(struct strobes),
    .tick = strobes_tick, .fields = strobes_fields };

START_TEST(strobes_overlap)
{
    static const struct bl_class *const classes[] = { &strobes_class, &mbiw_class, NULL };
    struct path_rig r = { 0 };

    r.s = bl_open(classes, heard_start(&r.h));
    bl_clock(r.s, "core", 5 * BL_NS, 0, NULL);
    bl_add(r.s, "strobes", "strobes", "core", NULL);
    bl_add(r.s, "mbiw", "mbiw", NULL, NULL);
    path_wire(&r, "strobes.cs_dp", "mbiw.cs_dp", false);
    path_wire(&r, "strobes.acc_in", "mbiw.acc_in", false);
    path_wire(&r, "strobes.cmd", "mbiw.cmd", false);
    path_wire(&r, "strobes.v", "mbiw.v_dpl", false);
    path_wire(&r, "strobes.cfg", "mbiw.cfg", false);
    ck_assert_int_eq(bl_elaborate(r.s), 0);
    ck_assert_int_eq(bl_run(r.s, 49 * BL_NS), BL_END_LIMIT);
    expect_failure(&r, "mbiw", "CS_DP and ACC_in overlap");
}
END_TEST

Suite *suite_imagine_macro(void)
{
    Suite *s = suite_create("imagine_macro");
    TCase *t = tcase_create("phases");

    tcase_add_loop_test(t, layers, 0, 4);
    tcase_add_test(t, row_never_written);
    tcase_add_test(t, ping_pong);
    tcase_add_test(t, swap_too_early);
    tcase_add_test(t, does_not_fit);
    tcase_add_test(t, columns);
    tcase_add_test(t, ladder_too_late);
    tcase_add_test(t, clock_too_fast);
    tcase_add_test(t, strobes_overlap);
    suite_add_tcase(s, t);
    return s;
}
