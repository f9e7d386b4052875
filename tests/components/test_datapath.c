/* test_datapath.c - general parts put together: a digital macro and an analog one against plain products, widths that go along wires
 * whatever the order of lines, and the passes of one DB-PIM core. */
#include "tests/rigs/parts_rig.h"

static struct rig r;

/* ---- macros: y = W x, for every size ---- */

enum { MOST = 144, ITEMS = 4 };
struct how { uint32_t rows, cols, w_bits, bits, step, stages, x_signed; };
static int32_t weight[MOST][MOST];
static uint64_t row_items[MOST * 32], x_items[ITEMS * MOST];

static void draw_weights(const struct how *h, struct kp_rng *rng)
{
    const uint32_t lanes = 1 + (h->cols * h->w_bits + 63) / 64;

    memset(row_items, 0, sizeof row_items);
    for (uint32_t row = 0; row < h->rows; row++) {
        uint64_t *item = row_items + row * lanes;
        item[0] = row;
        for (uint32_t c = 0; c < h->cols; c++) {
            const uint32_t v = kp_below(rng, 1u << h->w_bits);
            weight[row][c] = (int32_t)v - (v >> (h->w_bits - 1) ? 1 << h->w_bits : 0);
            for (uint32_t b = 0; b < h->w_bits; b++)
                item[1 + (c * h->w_bits + b) / 64] |= (uint64_t)(v >> b & 1) << (c * h->w_bits + b) % 64;
        }
    }
    for (uint32_t i = 0; i < ITEMS * h->rows; i++)
        x_items[i] = kp_below(rng, 1u << h->bits);
}

static void check_products(const struct how *h)
{
    for (uint32_t i = 0; i < ITEMS; i++)
        for (uint32_t c = 0; c < h->cols; c++) {
            int64_t want = 0;
            for (uint32_t row = 0; row < h->rows; row++) {
                const uint64_t v = x_items[i * h->rows + row];
                want += weight[row][c] * ((int64_t)v - (h->x_signed && v >> (h->bits - 1) ? INT64_C(1) << h->bits : 0));
            }
            KP_HOLDS(rig_signed(&r, "k", i, c) == want, "%s\nitem %u, column %u: %lld, expected %lld", r.script, i, c, (long long)rig_signed(&r, "k", i, c),
                     (long long)want);
        }
}

static void run_macro(const struct how *h)
{
    const uint32_t lanes = 1 + (h->cols * h->w_bits + 63) / 64;

    rig_items(&r, "w", row_items, h->rows * lanes);
    rig_items(&r, "g", x_items, ITEMS * h->rows);
    rig_ticks(&r, 400 + h->rows);
    KP_HOLDS(rig_count(&r, "k") == ITEMS, "%s\nresults are lost", r.script);
    check_products(h);
    rig_end(&r);
}

static const uint32_t heights[] = { 1, 8, 31, 32, 33, 64, 65, 144 };

/* slicer, imc_array, adder_tree, shift_add: bit-serial, all sizes, signed weights, signed inputs or not. */
START_TEST(digital)
{
    struct kp_rng rng = { (uint64_t)_i + 1 };

    for (uint32_t round = 0; round < 12; round++) {
        const struct how h = { heights[_i], 1 + kp_below(&rng, 12), 1 + kp_below(&rng, 8), 1 + kp_below(&rng, 12), 1, 1 + kp_below(&rng, 4), kp_below(&rng, 2) };
        draw_weights(&h, &rng);
        rig_begin(&r, "part g give; set g first %u; set g chance 50; part w give; part s slicer; set s lanes %u; set s bits %u; part a imc_array; set a rows %u; "
                  "set a cols %u; set a w_bits %u; part t adder_tree; set t operands %u; set t bits %u; set t lanes %u; set t is_signed 1; set t stages %u; "
                  "part c shift_add; set c lanes %u; set c steps %u; set c width 36; set c top_negative %u; part k take; set k chance 60; wire g.x s.x d2; "
                  "wire w.x a.w d2; wire s.y a.x d2; wire a.y t.x d2; wire t.sum c.x d2; wire c.y k.x d2", h.rows + 4, h.rows, h.bits, h.rows, h.cols,
                  h.w_bits, h.rows, h.w_bits, h.cols, h.stages, h.cols, h.bits, h.x_signed);
        run_macro(&h);
    }
}
END_TEST

/* Several input bits at once: the tree has a lane a weight and bit, and shift_add puts the step's bits side by side together. */
START_TEST(digital_steps)
{
    struct kp_rng rng = { (uint64_t)_i + 1 };

    for (uint32_t step = 2; step <= 4; step++) {
        const uint32_t slices = 1 + kp_below(&rng, 3);
        const struct how h = { heights[_i], 1 + kp_below(&rng, 8), 1 + kp_below(&rng, 8), slices * step, step, 1, 0 };
        draw_weights(&h, &rng);
        rig_begin(&r, "part g give; set g first %u; part w give; part s slicer; set s lanes %u; set s bits %u; set s step %u; set s order msb; part a imc_array; "
                  "set a rows %u; set a cols %u; set a w_bits %u; set a step %u; part t adder_tree; set t operands %u; set t bits %u; set t lanes %u; "
                  "set t is_signed 1; part c shift_add; set c lanes %u; set c steps %u; set c step %u; set c place %u; set c order msb; set c width 40; "
                  "part k take; wire g.x s.x d2; wire w.x a.w d2; wire s.y a.x d2; wire a.y t.x d2; wire t.sum c.x d2; wire c.y k.x d2", h.rows + 4, h.rows,
                  h.bits, step, h.rows, h.cols, h.w_bits, step, h.rows, h.w_bits, h.cols * step, h.cols, slices, step, step);
        run_macro(&h);
    }
}
END_TEST

/* slicer of values, dac, analog columns, an ADC that loses nothing, shift_add over columns and steps. */
START_TEST(analog)
{
    struct kp_rng rng = { (uint64_t)_i + 1 };

    for (uint32_t step = 1; step <= 2; step++) {
        const uint32_t slices = 1 + kp_below(&rng, 4);
        const struct how h = { heights[_i], 1 + kp_below(&rng, 8), 1 + kp_below(&rng, 8), slices * step, step, 1, 0 };
        draw_weights(&h, &rng);
        rig_begin(&r, "part g give; set g first %u; part w give; part s slicer; set s lanes %u; set s bits %u; set s step %u; set s form values; part d dac; "
                  "part a imc_array; set a kind analog; set a rows %u; set a cols %u; set a w_bits %u; set a step %u; part q sar_adc; set q bits 9; "
                  "set q range unit; part c shift_add; set c lanes %u; set c steps %u; set c step %u; set c place %u; set c place_negative 1; set c width 40; "
                  "part k take; wire g.x s.x d2; wire w.x a.w d2; wire s.y d.x d2; wire d.y a.x d2; wire a.y q.x d2; wire q.y c.x d2; wire c.y k.x d2",
                  h.rows + 4, h.rows, h.bits, step, h.rows, h.cols, h.w_bits, step, h.cols, slices, step, h.w_bits);
        run_macro(&h);
    }
}
END_TEST

/* ---- widths along the wires ---- */

/* Sizes that are not set come from the wire, whichever way and in whatever order the lines stand. */
static const char *const lines[] = {
    "part g give", "part s slicer", "part a imc_array", "part w give", "part t adder_tree", "part c shift_add", "part d dac", "part k take",
    "set a rows 33", "set a cols 5", "set a w_bits 3", "set a strict 0", "set t operands 33", "set t bits 3", "set t is_signed 1", "set c steps 8", "set c width 20", "set g limit 3",
    "wire g.x s.x d2", "wire s.y a.x d2", "wire w.x a.w d2", "wire a.y t.x d2", "wire t.sum c.x d2", "wire c.y k.x d2", "set c lanes 5", "set t lanes 5",
    "set s lanes 33", "wire d.y d.x d2", "set d lanes 3", "set d bits 4",
};
enum { PARTS = 8, LINES = sizeof lines / sizeof *lines };

/* Case 0: as they stand; 1: backwards; else drawn. */
static void reorder(const char **line, uint32_t n, int how)
{
    struct kp_rng rng = { (uint64_t)how };

    for (uint32_t k = n; how && k-- > 1;) {
        const uint32_t j = how == 1 ? n - 1 - k : kp_below(&rng, k + 1);
        const char *x = line[k];
        if (how == 1 && j >= k)
            return;
        line[k] = line[j];
        line[j] = x;
    }
}

START_TEST(order_of_lines)
{
    const char *line[LINES];
    char text[4000] = "";

    memcpy(line, lines, sizeof lines);
    reorder(line, PARTS, _i);                   /* parts come first, then the others */
    reorder(line + PARTS, LINES - PARTS, _i);
    for (uint32_t k = 0; k < LINES; k++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s; ", line[k]);
    rig_begin(&r, "%s", text);
    rig_ticks(&r, 60);
    ck_assert_uint_eq(rig_peek(&r, "g.lanes"), 33);
    ck_assert_uint_eq(rig_peek(&r, "g.bits"), 8);
    ck_assert_uint_eq(rig_peek(&r, "w.lanes"), 2);
    ck_assert_uint_eq(rig_peek(&r, "c.bits"), 9);
    ck_assert_uint_eq(rig_peek(&r, "k.lanes"), 5);
    ck_assert_uint_eq(rig_peek(&r, "k.bits"), 20);
    ck_assert_uint_eq(rig_edge(&r, "k", 0), 12);        /* slices at 1 .. 8, three ticks of parts behind them, the sink */
    ck_assert_uint_eq(rig_edge(&r, "k", 2), 28);
    rig_end(&r);
}
END_TEST

static const struct { const char *script, *text; } widths[] = {
    { "part a dac; part b dac; wire a.y b.x d2; wire b.y a.x d2",
      "f:2: a: nothing says how wide it is: each of these waits for a wire of another: a.lanes, a.bits, b.lanes, b.bits; give one of them" },
    { "part g give; set g lanes 4; set g bits 8; part a dac; set a lanes 5; part k take; wire g.x a.x d2; wire a.y k.x d2",
      "f:8: g.x is 4 x 8 bit, a.x is 5 x 8 bit; expected equal widths" },
    { "part s slicer; set s lanes 65; part a imc_array; part g give; part w give; part k take; wire g.x s.x d2; wire s.y a.x d2; wire w.x a.w d2; wire a.y k.x d2",
      "f:9: s.y is 1 x 65 bit, a.x is 1 x 64 bit; expected equal widths" },
};
START_TEST(wrong_widths)
{
    rig_begin(&r, "%s", widths[_i].script);
    rig_refuses(&r, widths[_i].text);
}
END_TEST

/* ---- one DB-PIM core: passes of 16 rows through four macros (S. Duan et al., DB-PIM) ----
 * A window of 16 input positions is fed a tick, for one of the four output rows in turn or for all four; kept positions fill rows of
 * 16, and a full row goes into its macro's FIFO, pipe 2. A macro spends a tick a bit column that is not zero in all 16. The last
 * result is seen three ticks after the tick behind the last column. */

enum { MACROS = 4, PASS = 16, LANES = 16, FIRST = 300 };

struct san {
    struct bl_part p;
    bl_pushes row, tag;
    bl_table data;                      /* [PASS][LANES] bytes as words: the rows of a pass, equal for all macros but for a rotation */
    bl_tally stall;
    int64_t feed_rows, windows, of, keep;
    uint64_t window, turn, given[MACROS], fill[MACROS];
};
enum { SAN_FULL = BL_STALL };

/* Positions that window w keeps: `keep` of each `of`. */
static uint64_t kept(const struct san *t, uint64_t w)
{
    uint64_t n = 0;

    for (uint64_t p = w * LANES; p < (w + 1) * LANES; p++)
        n += p % (uint64_t)t->of < (uint64_t)t->keep;
    return n;
}

static bool san_completes(const struct san *t, uint64_t m)
{
    const uint64_t n = t->fill[m] + kept(t, t->window);

    return n >= LANES || (t->window + 1 == (uint64_t)t->windows && n);
}

static void san_push(struct san *t, uint64_t m)
{
    uint8_t *x = bl_push8(t->row.at[m]), *tag = bl_push8(t->tag.at[m]);

    for (uint32_t l = 0; l < LANES; l++)
        x[l] = (uint8_t)BL_ROWS(uint64_t, t->data)[t->given[m] * LANES + (l + m) % LANES];
    tag[0] = t->given[m] + 1 == PASS;
    tag[1] = (uint8_t)t->given[m]++;
}

static bl_verdict san_tick(void *self)
{
    struct san *t = self;
    const uint64_t n = (uint64_t)t->feed_rows, first = n == 1 ? t->turn : 0;

    if (bl_cycle(t) < FIRST || t->window == (uint64_t)t->windows)
        return BL_IDLE;
    for (uint64_t m = first; m < first + n; m++)
        if (san_completes(t, m) && !bl_room(t->row.at[m])) {
            charge(&t->stall, 1);
            return BL_AT(SAN_FULL, m);
        }
    for (uint64_t m = first; m < first + n; m++) {
        const bool completes = san_completes(t, m);
        t->fill[m] += kept(t, t->window);
        if (completes) {
            san_push(t, m);
            t->fill[m] = t->fill[m] >= LANES ? t->fill[m] - LANES : 0;
        }
    }
    t->turn = (t->turn + n) % MACROS;
    t->window += t->turn == 0;
    return BL_BUSY;
}

#define T struct san
static const struct bl_field san_fields[] = {
    BL_PUSHES(T, row, MACROS, LANES, 8, "rows"), BL_PUSHES(T, tag, MACROS, 2, 8, "last of the pass, number"), BL_DATA(T, data, uint64_t, "rows"),
    BL_PARAM(T, feed_rows, 1, 1, MACROS, "a tick"), BL_PARAM(T, windows, 16, 1, 1000, "of 16 positions"), BL_PARAM(T, of, 1, 1, 1000, "positions"),
    BL_PARAM(T, keep, 1, 1, 1000, "of them are kept"), BL_TALLY(T, stall, "a tick without a window"), BL_VIEW(T, window, 1, 64, "at work"),
    BL_WAITS(SAN_FULL, row), { 0 }
};
#undef T
static const struct bl_class san_class = { .name = "san", .help = "feeds rows", .size = sizeof(struct san), .tick = san_tick, .fields = san_fields };
static const struct bl_class *const more[] = { &san_class, NULL };

static uint64_t pass_data[PASS * LANES];

/* Rows in each of which `active` bit columns, drawn, have a one. */
static void draw_rows(struct kp_rng *rng, uint32_t active)
{
    for (uint32_t row = 0; row < PASS; row++) {
        uint32_t mask = 0;
        for (uint32_t left = active; left;) {
            const uint32_t bit = 1u << kp_below(rng, 8);
            left -= !(mask & bit);
            mask |= bit;
        }
        for (uint32_t l = 0; l < LANES; l++)
            pass_data[row * LANES + l] = l ? kp_below(rng, 256) & mask : mask;
    }
}

/* Weights of 16 rows in 16 sets: set `row of the pass`, as the tag says. */
static void core_weights(struct kp_rng *rng)
{
    const struct how h = { LANES, 2, 8, 8, 1, 1, 0 };

    for (uint32_t set = 0; set < PASS; set++)
        for (uint32_t row = 0; row < LANES; row++) {
            uint64_t *item = row_items + 2 * (set * LANES + row);
            item[0] = set * LANES + row;
            item[1] = 0;
            for (uint32_t c = 0; c < h.cols; c++) {
                const uint32_t v = kp_below(rng, 256);
                weight[set][row * 2 + c] = (int32_t)v - (v & 128 ? 256 : 0);
                item[1] |= (uint64_t)v << 8 * c;
            }
        }
}

static void begin_core(const char *settings)
{
    static char text[8000];

    snprintf(text, sizeof text, "part san san; %s; ", settings);
    for (int m = 0; m < MACROS; m++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "part s[%d] slicer; set s[%d] lanes 16; set s[%d] order msb; set s[%d] skip 1; "
                 "set s[%d] ends 0; part a[%d] imc_array; set a[%d] rows 16; set a[%d] cols 2; set a[%d] sets 16; set a[%d] set_lane 1; set a[%d] strict 1; "
                 "part t[%d] adder_tree; set t[%d] operands 16; set t[%d] lanes 2; set t[%d] is_signed 1; part p[%d] shift_add; set p[%d] lanes 2; "
                 "set p[%d] by tag; set p[%d] width 24; part k[%d] take; part w[%d] give; ", m, m, m, m, m, m, m, m, m, m, m, m, m, m, m, m, m, m, m, m, m);
    for (int m = 0; m < MACROS; m++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "wire san.row[%d] s[%d].x p2; wire san.tag[%d] s[%d].x_tag p2; wire s[%d].y a[%d].x d2; "
                 "wire s[%d].y_tag a[%d].x_tag d2; wire a[%d].y t[%d].x d2; wire a[%d].y_tag t[%d].x_tag d2; wire t[%d].sum p[%d].x d2; "
                 "wire t[%d].sum_tag p[%d].x_tag d2; wire p[%d].y k[%d].x d2; wire w[%d].x a[%d].w d2; ", m, m, m, m, m, m, m, m, m, m, m, m, m, m, m, m,
                 m, m, m, m);
    rig_begin_with(&r, more, text);
    rig_supply(&r, "san", "data", pass_data, sizeof pass_data);
    static const char *const w[] = { "w[0]", "w[1]", "w[2]", "w[3]" };
    for (int m = 0; m < MACROS; m++)
        rig_items(&r, w[m], row_items, 2 * PASS * LANES);
}

/* The last macro's result, cycles from the first window on; and that it is the right one. */
static uint64_t run_core(void)
{
    static const char *const k[] = { "k[0]", "k[1]", "k[2]", "k[3]" };
    uint64_t last = 0;

    rig_ticks(&r, FIRST + 250);
    for (uint32_t m = 0; m < MACROS; m++) {
        ck_assert_uint_eq(rig_count(&r, k[m]), 1);
        last = rig_edge(&r, k[m], 0) > last ? rig_edge(&r, k[m], 0) : last;
        for (uint32_t c = 0; c < 2; c++) {
            int64_t want = 0;
            for (uint32_t row = 0; row < PASS; row++)
                for (uint32_t l = 0; l < LANES; l++)
                    want += weight[row][l * 2 + c] * (int64_t)pass_data[row * LANES + (l + m) % LANES];
            ck_assert_int_eq(rig_signed(&r, k[m], 0, c), want);
        }
    }
    return last - FIRST;
}

static const struct { uint32_t active; uint64_t one, four; } passes[] = { { 8, 135, 132 }, { 5, 87, 84 }, { 4, 71, 68 }, { 3, 70, 52 }, { 2, 69, 36 }, { 1, 68, 20 } };
START_TEST(pass_times)
{
    struct kp_rng rng = { (uint64_t)_i + 1 };

    core_weights(&rng);
    draw_rows(&rng, passes[_i].active);
    begin_core("set san feed_rows 1");
    ck_assert_uint_eq(run_core(), passes[_i].one);
    if (passes[_i].active == 8)
        ck_assert_uint_eq(rig_peek(&r, "san.stall"), 45);
    if (passes[_i].active <= 4)
        ck_assert_uint_eq(rig_peek(&r, "san.stall"), 0);
    rig_end(&r);
    begin_core("set san feed_rows 4");
    ck_assert_uint_eq(run_core(), passes[_i].four);
    rig_end(&r);
}
END_TEST

/* 640 positions of which 2 of 5 are kept: the feed waits for rows to fill. */
START_TEST(sparse_pass)
{
    struct kp_rng rng = { 5 };

    core_weights(&rng);
    draw_rows(&rng, 8);
    begin_core("set san feed_rows 1; set san windows 40; set san keep 2; set san of 5");
    ck_assert_uint_eq(run_core(), 171);
    rig_end(&r);
    begin_core("set san feed_rows 4; set san windows 40; set san keep 2; set san of 5");
    ck_assert_uint_eq(run_core(), 134);
    rig_end(&r);
}
END_TEST

Suite *suite_datapath(void);
Suite *suite_datapath(void)
{
    Suite *s = suite_create("datapath");
    TCase *tc = tcase_create("all");

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, digital, 0, (int)(sizeof heights / sizeof *heights));
    tcase_add_loop_test(tc, digital_steps, 0, (int)(sizeof heights / sizeof *heights));
    tcase_add_loop_test(tc, analog, 0, (int)(sizeof heights / sizeof *heights));
    tcase_add_loop_test(tc, order_of_lines, 0, 20);
    tcase_add_loop_test(tc, wrong_widths, 0, (int)(sizeof widths / sizeof *widths));
    tcase_add_loop_test(tc, pass_times, 0, (int)(sizeof passes / sizeof *passes));
    tcase_add_test(tc, sparse_pass);
    suite_add_tcase(s, tc);
    return s;
}
