/* test_imc_array.c - the array that multiplies: products and sums against plain loops in every size, rows written and when, sets,
 * operations that wait for a row, rows never written, tags, refusals. */
#include "components/rows.h"
#include "tests/rigs/parts_rig.h"

static struct rig r;
static const uint32_t heights[] = { 1, 8, 31, 32, 33, 64, 65, 144 };

/* ---- a plain model ---- */

enum { OPS = 8, CELLS = 200000, ROW = 1 + 64 };
struct how { uint32_t rows, cols, w_bits, step, sets, analog; };
static uint8_t weight[CELLS];                   /* [set][row][column] */
static uint64_t row_items[64 * 144 * 4];

static uint32_t row_lanes(const struct how *h) { return 1 + (h->cols * h->w_bits + 63) / 64; }
static uint8_t *weight_at(const struct how *h, uint32_t set, uint32_t row, uint32_t col) { return &weight[(set * h->rows + row) * h->cols + col]; }

/* All rows of all sets, as items of w; the order is theirs. */
static uint32_t write_items(const struct how *h, struct kp_rng *rng)
{
    const uint32_t n = h->rows * h->sets, lanes = row_lanes(h);

    memset(row_items, 0, sizeof row_items);
    KP_HOLDS(n * lanes <= sizeof row_items / sizeof *row_items && n * h->cols <= CELLS, "too large a case");
    for (uint32_t i = 0; i < n; i++) {
        uint64_t *item = row_items + (size_t)i * lanes;
        item[0] = i;
        for (uint32_t c = 0; c < h->cols; c++) {
            const uint32_t v = kp_below(rng, 1u << h->w_bits);
            *weight_at(h, i / h->rows, i % h->rows, c) = (uint8_t)v;
            for (uint32_t b = 0; b < h->w_bits; b++)
                item[1 + (c * h->w_bits + b) / 64] |= (uint64_t)(v >> b & 1) << (c * h->w_bits + b) % 64;
        }
    }
    return n;
}

/* Bit s of the input of a row. */
static uint32_t input(const struct how *h, uint64_t op, uint32_t row, uint32_t s)
{
    if (h->analog)
        return (uint32_t)(rig_random(1, op, row, h->step) >> s & 1);
    return (uint32_t)(rig_random(1, op, s * ((h->rows + 63) / 64) + row / 64, h->rows) >> row % 64 & 1);
}

static void check_digital(const struct how *h, uint64_t op, uint32_t set)
{
    const uint64_t *y = rig_item(&r, "k", op);
    const uint32_t words = (h->rows + 63) / 64;

    for (uint32_t c = 0; c < h->cols; c++)
        for (uint32_t s = 0; s < h->step; s++)
            for (uint32_t b = 0; b < h->w_bits; b++)
                for (uint32_t row = 0; row < h->rows; row++) {
                    const uint32_t want = *weight_at(h, set, row, c) >> b & input(h, op, row, s);
                    const uint32_t got = (uint32_t)(y[((c * h->step + s) * h->w_bits + b) * words + row / 64] >> row % 64 & 1);
                    KP_HOLDS(got == want, "%s\nop %llu, row %u, column %u bit %u, plane %u", r.script, (unsigned long long)op, row, c, b, s);
                }
}

static void check_analog(const struct how *h, uint64_t op, uint32_t set)
{
    for (uint32_t c = 0; c < h->cols; c++)
        for (uint32_t b = 0; b < h->w_bits; b++) {
            uint64_t want = 0;
            for (uint32_t row = 0; row < h->rows; row++)
                for (uint32_t s = 0; s < h->step; s++)
                    want += (uint64_t)(*weight_at(h, set, row, c) >> b & input(h, op, row, s)) << s;
            KP_HOLDS(rig_item(&r, "k", op)[c * h->w_bits + b] == want, "%s\nop %llu, column %u bit %u", r.script, (unsigned long long)op, c, b);
        }
}

/* Every height with drawn widths: rows are written at a random pace, then operations with their sets and tags. */
START_TEST(function)
{
    struct kp_rng rng = { (uint64_t)_i + 1 };

    for (uint32_t round = 0; round < 16; round++) {
        struct how h = { heights[_i], 1 + kp_below(&rng, 20), 1 + round % 8, 1 + kp_below(&rng, 8), 1 + kp_below(&rng, 3), round / 8 };
        uint64_t tags[OPS * 3];
        const uint32_t n = write_items(&h, &rng);
        for (uint32_t i = 0; i < OPS; i++) {
            tags[3 * i] = kp_below(&rng, 256);
            tags[3 * i + 1] = kp_below(&rng, h.sets);
            tags[3 * i + 2] = i;
        }
        rig_begin(&r, "part g give; set g limit %u; set g chance 60; set g first 2000; part a imc_array; set a rows %u; set a cols %u; set a w_bits %u; "
                  "set a step %u; set a sets %u; set a kind %s; set a set_lane 1; set a strict 1; part w give; set w chance 90; part k take; "
                  "set k chance 60; part gt give; set gt chance 60; part kt take; set kt seed 5; set kt chance 70; wire g.x a.x d2; wire w.x a.w d2; "
                  "wire a.y k.x d2; wire gt.x a.x_tag d2; wire a.y_tag kt.x d2; set a tag 3; part l look; set l keep 1000; wire a.written l.d",
                  OPS, h.rows, h.cols, h.w_bits, h.step, h.sets, h.analog ? "analog" : "digital");
        rig_items(&r, "w", row_items, (size_t)n * row_lanes(&h));
        rig_items(&r, "gt", tags, OPS * 3);
        rig_ticks(&r, 2200);
        KP_HOLDS(rig_count(&r, "k") == OPS && rig_count(&r, "kt") == OPS, "operations are lost");
        for (uint64_t op = 0; op < OPS; op++) {
            if (h.analog)
                check_analog(&h, op, (uint32_t)tags[3 * op + 1]);
            else
                check_digital(&h, op, (uint32_t)tags[3 * op + 1]);
            KP_HOLDS(!memcmp(rig_item(&r, "kt", op), tags + 3 * op, 3 * sizeof *tags), "another tag");
        }
        ck_assert_uint_eq(rig_item(&r, "l", rig_count(&r, "l") - 1)[0], n);
        ck_assert_uint_eq(rig_peek(&r, "a.row"), n);
        ck_assert_uint_eq(rig_peek(&r, "a.bit"), (uint64_t)n * h.cols * h.w_bits);
        ck_assert_uint_eq(rig_peek(&r, "a.access"), OPS);
        ck_assert_uint_eq(rig_peek(&r, "a.mac"), (uint64_t)OPS * h.rows * h.cols * h.w_bits);
        ck_assert_uint_eq(rig_peek(&r, "a.held") + rig_peek(&r, "a.unwritten"), 0);
        rig_end(&r);
    }
}
END_TEST

/* ---- ticks ---- */

#define SMALL "part a imc_array; set a rows 4; set a cols 2; set a w_bits 2; set a strict 0; part g give; part w give; part k take; part l look; wire g.x a.x d2; " \
              "wire w.x a.w d2; wire a.y k.x d2; wire a.written l.d; "

/* Rows 0 .. 3 arrive from tick 0 on; a row takes write_cycles, and `written` is seen in the tick after its last. */
START_TEST(rows_and_written)
{
    static const uint64_t items[] = { 0, 15, 1, 15, 2, 15, 3, 15 };
    const uint32_t cycles = (uint32_t)_i;

    rig_begin(&r, SMALL "set a write_cycles %u", cycles);
    rig_items(&r, "w", items, 8);
    rig_ticks(&r, 300);
    for (uint32_t i = 0; i < 4; i++) {
        ck_assert_uint_eq(rig_item(&r, "l", i)[0], i + 1);
        ck_assert_uint_eq(rig_edge(&r, "l", i), 1 + cycles * (i + 1));
    }
    ck_assert_uint_eq(rig_spent(&r, "a", "busy"), 4 * cycles);
    rig_sleeps(&r, 1000);
    rig_end(&r);
}
END_TEST

/* What is waited for is the one of two that did not come. */
START_TEST(late)
{
    for (int side = 0; side < 2; side++) {
        rig_begin(&r, SMALL "part t give; set t lanes 2; set t limit 1; part q take; wire t.x a.x_tag d2; wire a.y_tag q.x d2; set g limit 1; set %s first 20",
                  side ? "t" : "g");
        rig_ticks(&r, 40);
        ck_assert_uint_eq(rig_edge(&r, "k", 0), 22);
        ck_assert_uint_eq(rig_waited(&r, "a", side ? "x_tag" : "x", 0), side ? 20 : 39);
        ck_assert_uint_eq(rig_waited(&r, "a", side ? "x" : "x_tag", 0), side ? 19 : 0);
        rig_end(&r);
    }
}
END_TEST

/* Latency 1, one a tick; held by who takes y. */
START_TEST(operations)
{
    rig_begin(&r, SMALL "set g limit 10; set k every %d", _i ? 3 : 1);
    rig_ticks(&r, 60);
    ck_assert_uint_eq(rig_edge(&r, "k", 0), 2);
    ck_assert_uint_eq(rig_last_edge(&r, "k"), _i ? 29 : 11);
    ck_assert_uint_eq(rig_spent(&r, "a", "busy"), 10);
    ck_assert_uint_eq(rig_waited(&r, "a", "y", 0), rig_spent(&r, "a", "out_full"));
    ck_assert_uint_eq(rig_spent(&r, "a", "out_full"), _i ? 14 : 0);
    ck_assert_uint_eq(rig_spent(&r, "a", "no_input"), _i ? 36 : 50);
    rig_sleeps(&r, 1000);
    rig_end(&r);
}
END_TEST

/* A row that comes goes first: four rows of two ticks hold the operation that is there from tick 1 on. */
START_TEST(writes_first)
{
    static const uint64_t items[] = { 0, 15, 1, 15, 2, 15, 3, 15 };

    rig_begin(&r, SMALL "set g limit 2; set a write_cycles 2");
    rig_items(&r, "w", items, 8);
    rig_ticks(&r, 40);
    ck_assert_uint_eq(rig_peek(&r, "a.held"), 8);          /* ticks 1 .. 8 */
    ck_assert_uint_eq(rig_edge(&r, "k", 0), 10);
    ck_assert_uint_eq(rig_edge(&r, "k", 1), 11);
    ck_assert_uint_eq(rig_spent(&r, "a", "busy"), 10);
    rig_end(&r);
}
END_TEST

/* dual: an operation on another set goes on beside a row, on the same set it waits. */
START_TEST(dual)
{
    static const uint64_t items[] = { 4, 15, 5, 15, 6, 15 };        /* rows of set 1 */
    const uint64_t tags[] = { (uint64_t)_i / 2, (uint64_t)_i / 2 };
    const bool other = _i == 1;                     /* dual and set 0 */

    rig_begin(&r, SMALL "set g limit 2; set a sets 2; set a set_lane 0; set a write_cycles 3; set a dual %d; part gt give; part kt take; "
              "wire gt.x a.x_tag d2; wire a.y_tag kt.x d2; set a tag 1", _i % 2);
    rig_items(&r, "w", items, 6);
    rig_items(&r, "gt", tags, 2);
    rig_ticks(&r, 40);
    ck_assert_uint_eq(rig_peek(&r, "a.held"), other ? 0 : 9);
    ck_assert_uint_eq(rig_edge(&r, "k", 0), other ? 2 : 11);
    ck_assert_uint_eq(rig_spent(&r, "a", "busy"), other ? 9 : 11);
    rig_end(&r);
}
END_TEST

/* ---- rows and columns in use ---- */

/* The last row of a tile says how many there are, from row 0 on; each row says the columns. Charged: what is in use; a wordline spans all
 * columns, a bitline all rows of all sets. Rows that do not say it: everything. */
static const struct { uint64_t items[6]; uint32_t n; uint64_t used[2], mac, wordline, bitline; } in_use[] = {
    { { 0 | 1ull << 32, 15, 1 | 1ull << 32, 15, 2 | 1ull << 32, 15 }, 3, { 3, 1 }, 3 * 1 * 2, 3 * 2 * 2, 8 * 1 * 2 },
    { { 0 | 2ull << 32, 15 }, 1, { 1, 2 }, 1 * 2 * 2, 1 * 2 * 2, 8 * 2 * 2 },
    { { 0, 15, 1, 15 }, 2, { 4, 2 }, 4 * 2 * 2, 4 * 2 * 2, 8 * 2 * 2 },
};
START_TEST(use)
{
    rig_begin(&r, SMALL "set a sets 2; set g limit 3; set g first 20; part u look; wire a.used u.d");
    rig_items(&r, "w", in_use[_i].items, 2 * in_use[_i].n);
    rig_ticks(&r, 40);
    for (uint32_t k = 0; k < 2; k++)
        ck_assert_uint_eq(rig_item(&r, "u", rig_count(&r, "u") - 1)[k], in_use[_i].used[k]);
    ck_assert_uint_eq(rig_peek(&r, "a.mac"), 3 * in_use[_i].mac);
    ck_assert_uint_eq(rig_peek(&r, "a.wordline"), 3 * in_use[_i].wordline);
    ck_assert_uint_eq(rig_peek(&r, "a.bitline"), 3 * in_use[_i].bitline);
    rig_end(&r);
}
END_TEST

START_TEST(too_many_columns)
{
    static const uint64_t items[] = { 0 | 3ull << 32, 15 };

    rig_begin(&r, SMALL);
    rig_items(&r, "w", items, 2);
    rig_fails(&r, 20, "a, at 1 ps: a row of a tile of 3 columns; it has 2");
}
END_TEST

/* ---- rows never written ---- */

static const uint64_t one_row[] = { 1, 15 }, ones[] = { 13 };       /* row 1 is written; rows 0, 2, 3 get a 1 */

START_TEST(unwritten)
{
    rig_begin(&r, SMALL "set a strict 0");
    rig_items(&r, "w", one_row, 2);
    rig_items(&r, "g", ones, 1);
    rig_ticks(&r, 20);
    ck_assert_uint_eq(rig_peek(&r, "a.unwritten"), 3);
    for (uint32_t i = 0; i < 4; i++)
        ck_assert_uint_eq(rig_item(&r, "k", 0)[i], 0);
    rig_end(&r);
}
END_TEST

START_TEST(strict)
{
    rig_begin(&r, SMALL "set a strict 1; set g first 5");
    rig_items(&r, "w", one_row, 2);
    rig_items(&r, "g", ones, 1);
    rig_fails(&r, 20, "a, at 6 ps: row 0 is read that was never written (strict=0 only counts it)");
}
END_TEST

/* ---- refusals, failures ---- */

#define WIRED "part g give; part w give; part k take; wire g.x a.x d2; wire w.x a.w d2; wire a.y k.x d2; "
static const struct { const char *script, *text; } refused[] = {
    { "part a imc_array; set a set_lane 0; " WIRED, "f:2: a: set_lane is lane 0 of x_tag, which has 0 lanes" },
    { "part a imc_array; set a set_lane 0; set a tag 1; " WIRED,
      "f:2: a: set_lane is lane 0 of x_tag, and nothing is wired to x_tag; wire it, or set set_lane to -1" },
    { "part a imc_array; part gt give; set gt lanes 1; wire gt.x a.x_tag d2; set a set_lane 0; " WIRED,
      "f:2: a: x_tag is wired and y_tag is not; a tag comes in and goes out beside its data, so wire both or none" },
    { "part a imc_array; part kt take; set kt lanes 1; wire a.y_tag kt.x d2; " WIRED,
      "f:2: a: y_tag is wired and x_tag is not; a tag comes in and goes out beside its data, so wire both or none" },
    { "part a imc_array; set a rows 4096; set a cols 4096; " WIRED,
      "f:2: a: an item of y is 32768 lanes (cols x w_bits x step) of 4096 bits (rows), 2097152 words; expected at most 2^20 words of 64 bits" },
};
START_TEST(refusals)
{
    rig_begin(&r, "%s", refused[_i].script);
    rig_refuses(&r, refused[_i].text);
}
END_TEST

START_TEST(no_such_row)
{
    static const uint64_t items[] = { 8, 15 };

    rig_begin(&r, SMALL "set a sets 2");
    rig_items(&r, "w", items, 2);
    rig_fails(&r, 20, "a, at 1 ps: row 8; it has 2 sets of 4 rows");
}
END_TEST

START_TEST(no_such_set)
{
    static const uint64_t tag[] = { 2 };

    rig_begin(&r, SMALL "set a sets 2; set a set_lane 0; set g limit 1; part gt give; part kt take; wire gt.x a.x_tag d2; wire a.y_tag kt.x d2; set a tag 1");
    rig_items(&r, "gt", tag, 1);
    rig_fails(&r, 20, "a, at 1 ps: an operation on set 2; it has 2");
}
END_TEST

static const struct rig_range ranges[] = {
    { "rows", 1, 4096, 64, NULL }, { "cols", 1, 4096, 64, NULL }, { "w_bits", 1, 8, 8, NULL }, { "kind", 0, 0, 0, "digital analog" },
    { "step", 1, 8, 1, NULL }, { "sets", 1, 64, 1, NULL }, { "set_lane", -1, 63, -1, NULL }, { "write_cycles", 1, 64, 1, NULL },
    { "dual", 0, 1, 0, NULL }, { "strict", 0, 1, BL_ROWS_STRICT, NULL }, { "tag", 0, 64, 0, NULL },
};
START_TEST(parameters) { rig_ranges("imc_array", ranges, sizeof ranges / sizeof *ranges); }
END_TEST

Suite *suite_imc_array(void);
Suite *suite_imc_array(void)
{
    Suite *s = suite_create("imc_array");
    TCase *tc = tcase_create("all");

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, function, 0, (int)(sizeof heights / sizeof *heights));
    tcase_add_loop_test(tc, rows_and_written, 1, 4);
    tcase_add_loop_test(tc, operations, 0, 2);
    tcase_add_test(tc, late);
    tcase_add_test(tc, writes_first);
    tcase_add_loop_test(tc, dual, 0, 4);
    tcase_add_loop_test(tc, use, 0, (int)(sizeof in_use / sizeof *in_use));
    tcase_add_test(tc, too_many_columns);
    tcase_add_test(tc, unwritten);
    tcase_add_test(tc, strict);
    tcase_add_loop_test(tc, refusals, 0, (int)(sizeof refused / sizeof *refused));
    tcase_add_test(tc, no_such_row);
    tcase_add_test(tc, no_such_set);
    tcase_add_test(tc, parameters);
    suite_add_tcase(s, tc);
    return s;
}
