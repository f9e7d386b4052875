/* test_ap.c - associative processors: random programs are the same in both fidelities; windows, costs, refusals; keys and tags. */
#include "platforms/file/load.h"
#include "tests/rigs/effort.h"
#include "tests/rigs/ap_rig.h"
#include "tests/rigs/heard.h"

static uint64_t draws;

static uint32_t below(uint32_t n)
{
    draws = draws * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((draws >> 33) % n);
}

/* ---- random programs ---- */

enum { COLS = 96 };

/* A command with operands in separate columns: words at 0 and 16, results from 32 on. */
static struct bl_ap_cmd random_cmd(uint32_t rows)
{
    static const uint32_t ops[] = { AP_ADD, AP_SUB, AP_MUL, AP_MULS, AP_RELU, AP_MAX, AP_REDUCE, AP_REDUCE, AP_MAXRED, AP_VSUM, AP_CLEAR,
                                    AP_READ, AP_WREAD };
    struct bl_ap_cmd c = { .op = ops[below(sizeof ops / sizeof *ops)], .m = 2 + below(7), .rows = 1 + below(rows) };

    c.len = 1 + below(c.rows);
    c.phase = below(3) ? below(c.len) : 0;
    c.a = below(2) ? 0 : 7;
    c.b = 16;
    c.c = c.op == AP_ADD || c.op == AP_SUB ? 30 : 32;
    c.f = 60;
    if ((c.op == AP_MUL || c.op == AP_MULS) && below(2))
        c.n = 2 + below(11);
    if (c.op == AP_REDUCE) {
        c.a = 62;
        c.b = 32;
        c.n = below(2) ? c.m + 1 + below(16) : 0;
        c.c = 61;
    } else if (c.op == AP_MAXRED) {
        c.a = 62;
    } else if (c.op == AP_VSUM) {
        c.rows = rows;
        c.a = below(rows / 2);
        c.n = 1 + below(rows - c.a - 1);
        c.b = c.a + c.n;
        c.m = 1 + below(12);
    } else if (c.op >= AP_READ || c.op == AP_CLEAR) {
        c.a = 32;
        c.n = 1 + below(20);
    }
    return c;
}

struct outcome { uint64_t n[17]; uint64_t *cell, *row, *col; size_t cells, rows, cols; };

static void *copied(struct bl_sim *s, const char *field, size_t *bytes)
{
    const void *from = bl_memory(s, "cam", field, bytes);
    void *to = malloc(*bytes);

    memcpy(to, from, *bytes);
    return to;
}

static void run_program(uint64_t seed, const char *fidelity, struct outcome *o)
{
    static const char *const names[] = { "cam.compare", "cam.write", "cam.read", "cam.clear", "cam.matched", "cam.line", "cam.cell",
                                         "cam.driven", "cam.unwritten", "taker.columns", "taker.words", "taker.sum", "link.flit" };
    struct ap_rig g;
    uint32_t v[1024];

    draws = seed;
    uint32_t rows = 33 + below(700);
    ap_rig_open(&g, rows, COLS, NULL);
    for (uint32_t k = 2 + below(5); k--;) {
        for (uint32_t r = 0; r < rows; r++)
            v[r] = below(1u << 16);
        ap_rig_load(&g, below(2) ? 0 : 32, 1 + below(16), v, rows);
        ap_rig_load(&g, 16, 1 + below(12), v, rows / 2);
        ap_rig_do(&g, random_cmd(rows));
        ap_rig_do(&g, random_cmd(rows));
    }
    ap_rig_set(&g, "link", "flit_cycles", "%llu", 1 + below(30));
    ap_rig_set(&g, "link", "buffers", "%llu", 1 + below(8));
    ap_rig_set(&g, "taker", "from", "%llu", below(2) ? below(20000) : 0);
    ap_rig_set(&g, "seq", "write_cycles", "%llu", below(2) ? 2 : 4);
    if (below(2)) {
        bl_set(g.s, "seq", "order", "[2, 3, 0, 1]", NULL);
        bl_set(g.s, "cam", "order", "[2, 3, 0, 1]", NULL);
    }
    ap_rig_run(&g, fidelity);
    size_t n = 0;
    for (; n < sizeof names / sizeof *names; n++)
        o->n[n] = ap_rig_peek(&g, names[n]);
    o->n[n++] = bl_now(g.s);
    o->n[n++] = ap_rig_spent(&g, "wait_operand");
    o->n[n++] = ap_rig_spent(&g, "wait_out");
    o->n[n++] = ap_rig_spent(&g, "busy");
    o->cell = copied(g.s, "cells", &o->cells);
    o->row = copied(g.s, "rowwork", &o->rows);
    o->col = copied(g.s, "colwork", &o->cols);
    ap_rig_close(&g);
}

static void free_outcome(struct outcome *o)
{
    free(o->cell);
    free(o->row);
    free(o->col);
}

START_TEST(random_programs)
{
    for (uint64_t seed = 1 + (uint64_t)_i; seed <= (uint64_t)fewer(200, 50); seed += 10) {
        struct outcome micro = { 0 }, macro = { 0 };
        run_program(seed, "micro", &micro);
        run_program(seed, "macro", &macro);
        for (size_t k = 0; k < 17; k++)
            ck_assert_msg(micro.n[k] == macro.n[k], "seed %llu, item %zu: micro %llu, macro %llu", (unsigned long long)seed, k,
                          (unsigned long long)micro.n[k], (unsigned long long)macro.n[k]);
        ck_assert_mem_eq(micro.cell, macro.cell, micro.cells);
        ck_assert_mem_eq(micro.row, macro.row, micro.rows);
        ck_assert_mem_eq(micro.col, macro.col, micro.cols);
        free_outcome(&micro);
        free_outcome(&macro);
    }
}
END_TEST

/* ---- formulas against the micro-operations themselves ---- */
START_TEST(costs)
{
    static const uint8_t straight[] = { 0, 1, 2, 3 };
    static uint64_t cell[97 * 16 + 16], tag[16], col[AP_KEY_WORDS];

    draws = 99;
    for (int k = 0; k < 400; k++) {
        struct bl_ap_cmd c = random_cmd(300);
        struct bl_ap_cells x = { cell, COLS, 300, 16, 0 };
        struct bl_ap_count n = { 0 }, want;
        struct bl_ap_at at = { 0 };
        struct bl_ap_uop u;
        ck_assert_ptr_null(bl_ap_refuse(&c, COLS, 300));
        while (bl_ap_next(&c, &at, straight, &u))
            bl_ap_do(&x, &u, tag, tag, col, &n);
        bl_ap_cost(&c, &want);
        ck_assert_uint_eq(n.compare, want.compare);
        ck_assert_uint_eq(n.write, want.write);
        ck_assert_uint_eq(n.read, want.read);
        ck_assert_uint_eq(n.clear, want.clear);
    }
}
END_TEST

/* What reads and writes of one column are charged: the rows in use, no others. */
START_TEST(columns_are_charged)
{
    static uint64_t cell[97 * 16 + 16], tag[16], col[AP_KEY_WORDS], data[16];
    struct bl_ap_cells x = { cell, COLS, 300, 16, 0 };
    struct bl_ap_count n = { 0 };

    bl_ap_do(&x, &(struct bl_ap_uop){ .kind = WR_COL, .at = 3, .rows = 70 }, data, tag, col, &n);
    ck_assert(n.write == 1 && n.cell == 70 && n.driven == 70 && n.read == 0 && n.line == 0);
    bl_ap_do(&x, &(struct bl_ap_uop){ .kind = RD_COL, .at = 3, .rows = 41 }, data, tag, col, &n);
    ck_assert(n.write == 1 && n.cell == 70 && n.driven == 70 && n.read == 1 && n.line == 41);
}
END_TEST

/* The variants for other processors give the same cells, tags and counts. */
START_TEST(variants)
{
    enum { WORDS = 16, CELLS = (COLS + 1) * WORDS + 16 };
    static const uint8_t straight[] = { 0, 1, 2, 3 };
    static uint64_t cell[3][CELLS], tag[3][WORDS], col[3][AP_KEY_WORDS], scratch[AP_SCRATCH(WORDS)];
    struct bl_ap_count n[3] = { { 0 } };

    draws = 4711;
    for (uint32_t k = 0; k < COLS; k++)
        for (uint32_t r = 0; r < 1000; r++)
            cell[0][k * WORDS + r / 64] |= (uint64_t)below(2) << (r & 63);
    memcpy(cell[1], cell[0], sizeof cell[0]);
    memcpy(cell[2], cell[0], sizeof cell[0]);
    for (int k = 0; k < 300; k++) {
        struct bl_ap_cmd c = random_cmd(1000);
        for (uint32_t v = 0; v < 3 && bl_ap_is_macro(c.op); v++) {
            struct bl_ap_cells x = { cell[v], COLS, 1000, WORDS, v };
            bl_ap_run(&x, &c, straight, tag[v], col[v], scratch, &n[v]);
        }
        for (uint32_t v = 1; v < 3; v++) {
            ck_assert_mem_eq(cell[v], cell[0], sizeof cell[0]);
            ck_assert_mem_eq(tag[v], tag[0], sizeof tag[0]);
            ck_assert_mem_eq(col[v], col[0], sizeof col[0]);
            ck_assert_mem_eq(&n[v], &n[0], sizeof n[0]);
        }
    }
    ck_assert_uint_gt(n[0].matched, 0);
}
END_TEST

/* Windows of any length: n - 1 words move, and each row without partner takes a zero word. */
START_TEST(windows)
{
    static const struct { uint32_t phase, len, rows, groups, rounds; uint64_t all, zero; } rows[] = {
        { 0, 64, 256, 1, 6, 252, 0 }, { 0, 27, 27, 1, 5, 28, 2 }, { 0, 1, 7, 1, 0, 0, 0 }, { 0, 9, 18, 1, 4, 22, 6 },
        { 5, 9, 22, 2, 4, 2 + 1 + 1 + 1 + 22, 2 + 6 }, { 3, 100, 40, 1, 6, 20 + 10 + 5 + 3 + 2 + 1, 2 }, { 0, 9, 13, 2, 4, 11 + 5, 3 + 2 },
    };
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        struct bl_ap_windows w;
        uint64_t zero;
        bl_ap_windows(rows[r].phase, rows[r].len, rows[r].rows, &w);
        ck_assert_uint_eq(w.groups, rows[r].groups);
        ck_assert_uint_eq(bl_ap_rounds(&w), rows[r].rounds);
        ck_assert_msg(bl_ap_transfers(&w, &zero) == rows[r].all, "row %zu: %llu transfers", r, (unsigned long long)bl_ap_transfers(&w, &zero));
        ck_assert_msg(zero == rows[r].zero, "row %zu: %llu zero words", r, (unsigned long long)zero);
    }
}
END_TEST

/* Signed sums of windows that no power of two divides and that the array cuts: every window equals its plain sum. */
START_TEST(signed_windows)
{
    static const uint32_t lens[] = { 1, 2, 3, 9, 27, 147, 200, 576 };
    uint32_t a[600], b[600];

    draws = 7;
    for (uint32_t r = 0; r < 600; r++) {
        a[r] = below(256);
        b[r] = below(256);
    }
    for (size_t l = 0; l < sizeof lens / sizeof *lens; l++)
        for (uint32_t phase = 0; phase < lens[l]; phase += 1 + lens[l] / 3) {
            struct ap_rig g;
            struct bl_ap_windows w;
            uint32_t width = 16 + bl_ap_log2(lens[l]);
            ap_rig_open(&g, 600, 96, NULL);
            ap_rig_load(&g, 0, 8, a, 600);
            ap_rig_load(&g, 8, 8, b, 600);
            ap_rig_do(&g, (struct bl_ap_cmd){ .op = AP_MULS, .m = 8, .a = 0, .b = 8, .c = 60 });
            ap_rig_do(&g, (struct bl_ap_cmd){ .op = AP_REDUCE, .m = 16, .n = width, .a = 16, .b = 60, .c = 8 + 8 - 1 + 40,
                                              .phase = phase, .len = lens[l] });
            ap_rig_run(&g, "macro");
            bl_ap_windows(phase, lens[l], 600, &w);
            for (uint32_t k = 0; k < w.groups; k++)
                for (uint32_t i = 0; i < w.g[k].count; i++) {
                    uint32_t first = w.g[k].first + i * w.g[k].len;
                    int64_t sum = 0, got = (int64_t)ap_rig_word(&g, 60, width, first);
                    for (uint32_t r = first; r < first + w.g[k].len; r++)
                        sum += (int64_t)a[r] * (int8_t)b[r];
                    got = got >> (width - 1) & 1 ? got - (INT64_C(1) << width) : got;
                    ck_assert_int_eq(got, sum);
                }
            ap_rig_close(&g);
        }
}
END_TEST

/* ---- refusals ---- */
START_TEST(refused_commands)
{
    static const struct { struct bl_ap_cmd c; const char *why; } rows[] = {
        { { .op = AP_ADD, .m = 8, .a = 0, .b = 8, .c = 64 }, "the carry column is missing" },
        { { .op = AP_ADD, .m = 8, .a = 0, .b = 8, .c = 12 }, "the carry column lies in the words" },
        { { .op = AP_MUL, .m = 8, .a = 0, .b = 8, .c = 50 }, "too few columns for the product" },
        { { .op = AP_MUL, .m = 8, .a = 0, .b = 8, .c = 10 }, "the product lies over its operands" },
        { { .op = AP_MUL, .m = 8, .a = 0, .b = 60, .c = 16 }, "too few columns for its words" },
        { { .op = AP_MULS, .m = 1, .a = 0, .b = 8, .c = 16 }, "a signed word has at least 2 bits" },
        { { .op = AP_MAX, .m = 8, .a = 0, .b = 4, .f = 20 }, "its words overlap" },
        { { .op = AP_MAX, .m = 8, .a = 0, .b = 8, .f = 63 }, "the flag columns are missing" },
        { { .op = AP_RELU, .m = 8, .a = 0, .f = 3 }, "the flag column lies in the word" },
        { { .op = AP_REDUCE, .m = 16, .a = 20, .b = 0, .len = 64 }, "the sum, the word beside it and the carry column overlap" },
        { { .op = AP_REDUCE, .m = 16, .n = 29, .a = 0, .b = 30, .c = 64, .len = 64 }, "too few columns for the sum and the word beside it" },
        { { .op = AP_REDUCE, .m = 16, .n = 12, .a = 0, .b = 30, .c = 60, .len = 64 }, "the sum is narrower than its words" },
        { { .op = AP_REDUCE, .m = 16, .a = 30, .b = 0 }, "its windows have no length" },
        { { .op = AP_VSUM, .m = 8, .a = 0, .n = 8, .b = 3 }, "the carry row lies among the words" },
        { { .op = AP_VSUM, .m = 8, .a = 95, .n = 8, .b = 3 }, "rows beyond those in use" },
        { { .op = AP_LOAD, .a = 60, .n = 5 }, "columns beyond the array" },
        { { .op = AP_ADD, .m = 8, .b = 8, .c = 20, .rows = 101 }, "rows beyond the array" },
        { { .op = AP_ADD, .m = 0, .b = 8, .c = 20 }, "words have 1 to 64 bits" },
        { { .op = AP_OPS }, "no such operation" },
    };
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        struct ap_rig g;
        struct heard h;
        ap_rig_open(&g, 100, 64, heard_start(&h));
        ap_rig_do(&g, rows[r].c);
        ap_rig_ready(&g, r & 1 ? "micro" : "macro");
        ck_assert_int_eq(bl_elaborate(g.s), 0);
        ck_assert_int_eq(bl_run(g.s, BL_FOREVER), BL_END_FAILED);
        ck_assert_msg(strstr(h.text, rows[r].why) && strstr(h.text, "seq, at "), "row %zu: heard '%s'", r, h.text);
        ck_assert_uint_eq(ap_rig_peek(&g, "cam.compare") + ap_rig_peek(&g, "cam.write"), 0);
        ap_rig_close(&g);
    }
}
END_TEST

START_TEST(refused_settings)
{
    static const struct { const char *param, *value, *why; } rows[] = {
        { "order", "[0, 1, 3, 2]", "would match rows again" }, { "order", "[1, 0, 2, 3]", "would match rows again" },
        { "order", "[0, 0, 2, 3]", "expected each of 0, 1, 2, 3 once" }, { "order", "[0, 1, 2]", "names 3 passes" },
        { "timing", "paper2d", "cannot be realised" }, { "timing", "peak", "cannot be realised" },
    };
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        struct ap_rig g;
        struct heard h;
        ap_rig_open(&g, 100, 64, heard_start(&h));
        bl_set(g.s, "seq", rows[r].param, rows[r].value, NULL);
        ap_rig_ready(&g, "micro");
        ck_assert_int_eq(bl_elaborate(g.s), -1);
        ck_assert_msg(strstr(h.text, rows[r].why), "row %zu: heard '%s'", r, h.text);
        ap_rig_close(&g);
    }
}
END_TEST

/* An operand that never comes: the sequencer waits for it, and names it. */
START_TEST(operand_missing)
{
    struct ap_rig g;
    uint32_t v[64] = { 1, 2, 3 };

    for (int f = 0; f < 2; f++) {
        ap_rig_open(&g, 64, 64, NULL);
        ap_rig_load(&g, 0, 8, v, 64);
        ap_rig_do(&g, (struct bl_ap_cmd){ .op = AP_MUL, .m = 8, .a = 0, .b = 8, .c = 16 });
        ap_rig_ready(&g, f ? "macro" : "micro");
        ap_rig_set(&g, "link", "limit", "%llu", 7);           /* one column short */
        ck_assert_int_eq(bl_elaborate(g.s), 0);
        ck_assert_int_eq(bl_run(g.s, BL_US), BL_END_STARVED);
        ck_assert_uint_eq(ap_rig_peek(&g, "cam.write"), 7);
        ck_assert_uint_eq(ap_rig_peek(&g, "cam.compare"), 0);
        ck_assert_uint_eq(ap_rig_peek(&g, "seq.verdict"), 3);  /* wait_operand */
        ap_rig_close(&g);
    }
}
END_TEST

/* ---- platforms/bf_imna/ap.yaml, as a user would write one ---- */
START_TEST(from_a_file)
{
    static const char *const names[] = { "core.cam.compare", "core.cam.write", "core.cam.cell", "out.sum", "out.n", "core.seq.done" };
    uint64_t v[2][7] = { { 0 } };

    for (int f = 0; f < 2; f++) {
        struct bl_set_opt set = { f ? "core.fidelity=macro" : "core.seq.fidelity=micro" };
        struct bl_platform *p = bl_platform_load("platforms/bf_imna/ap.yaml", &set, 1, NULL);
        struct bl_sim *s = bl_open(bl_classes, NULL);
        ck_assert(p && !bl_platform_apply(p, s) && !bl_elaborate(s));
        ck_assert_int_eq(bl_run(s, BL_FOREVER), BL_END_STOPPED);
        for (size_t k = 0; k < sizeof names / sizeof *names; k++)
            ck_assert_int_eq(bl_peek(s, names[k], &v[f][k]), 0);
        v[f][6] = bl_now(s);
        ck_assert_int_eq(bl_expect_check(p, s, NULL), 0);
        bl_close(s);
        bl_platform_free(p);
    }
    ck_assert_mem_eq(v[0], v[1], sizeof v[0]);
    ck_assert_uint_eq(v[0][0], 700);
}
END_TEST

/* A product whose columns nobody cleared: found, in both fidelities. */
START_TEST(never_written)
{
    uint32_t v[64] = { 1, 2, 3 };

    for (int f = 0; f < 2; f++)
        for (int clear = 0; clear < 2; clear++) {
            struct ap_rig g;
            ap_rig_open(&g, 64, 64, NULL);
            ap_rig_load(&g, 0, 8, v, 64);
            ap_rig_load(&g, 8, 8, v, 64);
            if (clear)
                ap_rig_do(&g, (struct bl_ap_cmd){ .op = AP_CLEAR, .a = 16, .n = 16 });
            ap_rig_do(&g, (struct bl_ap_cmd){ .op = AP_MUL, .m = 8, .a = 0, .b = 8, .c = 16 });
            ap_rig_run(&g, f ? "macro" : "micro");
            ck_assert_uint_eq(ap_rig_peek(&g, "cam.unwritten"), clear ? 0 : 16);
            ap_rig_close(&g);
        }
}
END_TEST

START_TEST(program_refused)
{
    struct ap_rig g;
    struct heard h;

    ap_rig_open(&g, 100, 64, heard_start(&h));
    bl_set(g.s, "seq", "program", "[1, 0, 0]", NULL);
    ck_assert_int_eq(bl_elaborate(g.s), -1);
    ck_assert_ptr_nonnull(strstr(h.text, "seq: program has 3 numbers; expected 10 for each macro-operation"));
    ap_rig_close(&g);
}
END_TEST

/* Waves call operations as messages do, each by the number that it has. */
START_TEST(waves_name_operations)
{
    static const struct { enum bl_ap_kind kind; const char *name; } kinds[] = {
        { UOP_NONE, "none" }, { CMP_H, "compare" }, { WR_H, "write" }, { CMP_V, "compare_v" }, { WR_V, "write_v" }, { RD_COL, "read_col" },
        { WR_COL, "write_col" }, { RD_ROW, "read_row" }, { WR_ROW, "write_row" }, { UOP_MACRO, "macro" } };
    char ops[200] = "", all[200] = "";

    for (int i = 0; i < AP_OPS; i++)
        snprintf(ops + strlen(ops), sizeof ops - strlen(ops), "%s%s", i ? " " : "", bl_ap_op_name[i]);
    ck_assert_str_eq(AP_OP_NAMES, ops);
    ck_assert_int_eq(UOP_KINDS, sizeof kinds / sizeof *kinds);
    for (int i = 0; i < UOP_KINDS; i++) {
        ck_assert_int_eq(kinds[i].kind, i);
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s", i ? " " : "", kinds[i].name);
    }
    ck_assert_str_eq(AP_KIND_NAMES, all);
}
END_TEST

/* ---- the whole is the same without naps, and whatever order is left open ---- */
START_TEST(no_nap)
{
    uint64_t end[3], cells[3];

    for (int k = 0; k < 3; k++) {
        struct ap_rig g;
        uint32_t v[100];
        draws = 3;
        for (uint32_t r = 0; r < 100; r++)
            v[r] = below(256);
        ap_rig_open(&g, 100, 64, NULL);
        if (k)
            bl_option(g.s, k == 1 ? BL_NO_NAP : BL_SHUFFLE, 5);
        ap_rig_load(&g, 0, 8, v, 100);
        ap_rig_load(&g, 8, 8, v, 100);
        ap_rig_do(&g, (struct bl_ap_cmd){ .op = AP_MUL, .m = 8, .a = 0, .b = 8, .c = 16 });
        ap_rig_do(&g, (struct bl_ap_cmd){ .op = AP_READ, .a = 16, .n = 16 });
        ap_rig_do(&g, (struct bl_ap_cmd){ .op = AP_REDUCE, .m = 16, .a = 40, .b = 16, .len = 10 });
        ap_rig_do(&g, (struct bl_ap_cmd){ .op = AP_WREAD, .a = 16, .n = 20, .len = 10 });
        ap_rig_run(&g, "micro");
        end[k] = bl_now(g.s);
        cells[k] = ap_rig_peek(&g, "cam.cell");
        ck_assert_uint_eq(ap_rig_peek(&g, "taker.words"), 10 - 1);   /* the last is on its way when the run stops */
        ap_rig_close(&g);
    }
    ck_assert(end[0] == end[1] && end[0] == end[2] && cells[0] == cells[1] && cells[0] == cells[2]);
}
END_TEST

Suite *suite_ap(void);
Suite *suite_ap(void)
{
    Suite *s = suite_create("ap");
    TCase *tc = tcase_create("all");

    tcase_add_loop_test(tc, random_programs, 0, 10);
    tcase_add_test(tc, costs);
    tcase_add_test(tc, columns_are_charged);
    tcase_add_test(tc, variants);
    tcase_add_test(tc, windows);
    tcase_add_test(tc, signed_windows);
    tcase_add_test(tc, refused_commands);
    tcase_add_test(tc, refused_settings);
    tcase_add_test(tc, operand_missing);
    tcase_add_test(tc, from_a_file);
    tcase_add_test(tc, never_written);
    tcase_add_test(tc, program_refused);
    tcase_add_test(tc, waves_name_operations);
    tcase_add_test(tc, no_nap);
    suite_add_tcase(s, tc);
    return s;
}
