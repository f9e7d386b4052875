/* cam_array.c - content-addressable array of an associative processor: compares and writes along rows and columns, reads
 * and writes of one column or row; a macro-operation does the same passes at once. */
#include "kernel/model.h"
#include "components/bf_imna/ap_cam.h"
#include "components/rows.h"

struct cam_array {
    struct bl_part p;
    bl_in op, hkey, hmask, vkey, vmask, rowtag, coltag;
    bl_out match_row, match_col, results;
    bl_tally compare, write, read, clear, matched, line, cell, driven, unwritten;
    int64_t rows, cols, strict;
    struct bl_list order;
    uint64_t *cells, *rowwork, *colwork, *scratch;
    uint8_t passes[AP_PASSES];
    uint64_t written[AP_KEY_WORDS];        /* validity, a bit a column */
    uint32_t seq, kind, hits;              /* operation seen; its kind; rows or columns that matched */
};

static int init(void *self)
{
    struct cam_array *t = self;
    uint32_t words = bl_ap_words((uint32_t)t->rows);

    for (uint32_t i = 0; i < AP_PASSES; i++)
        t->passes[i] = (uint8_t)(i < t->order.n ? t->order.v[i] : 0);
    t->cells = bl_alloc(t, bl_ap_size((uint32_t)t->cols, words) * sizeof *t->cells);
    t->rowwork = bl_alloc(t, words * sizeof *t->rowwork);
    t->colwork = bl_alloc(t, AP_KEY_WORDS * sizeof *t->colwork);
    t->scratch = bl_alloc(t, AP_SCRATCH(words) * sizeof *t->scratch);
    return 0;
}

static uint32_t count_ones(const uint64_t *v, size_t words)
{
    uint32_t n = 0;

    for (size_t w = 0; w < words; w++)
        n += (uint32_t)__builtin_popcountll(v[w]);
    return n;
}

/* The rows that are not masked: at most three in a pass. */
static void rows_of(const struct cam_array *t, struct bl_ap_uop *u)
{
    const uint64_t *mask = bl_get64(t->vmask), *key = bl_get64(t->vkey);

    for (uint32_t w = 0; w < ((uint32_t)t->rows + 63) / 64; w++)
        for (uint64_t left = mask[w]; left; left &= left - 1) {
            uint32_t row = 64 * w + (uint32_t)__builtin_ctzll(left);
            if (u->nrow == sizeof u->row / sizeof *u->row)
                bl_misuse(t, "a vertical compare or write with more than three rows; mask the others");
            u->row_key |= (uint8_t)((key[w] >> (row & 63) & 1) << u->nrow);
            u->row[u->nrow++] = row;
        }
}

/* Columns that are sensed and were never written; each is counted once. */
static void check_operation(struct cam_array *t, const struct bl_ap_uop *u)
{
    bool one_column = u->kind == RD_COL || u->kind == WR_COL, writes = u->kind == WR_H || u->kind == WR_V || u->kind == WR_COL || u->kind == WR_ROW;

    for (uint32_t w = 0; w < ((uint32_t)t->cols + 63) / 64; w++) {
        uint64_t mask = !one_column ? u->mask[w] : u->at / 64 == w ? UINT64_C(1) << (u->at & 63) : 0;
        if (!writes)
            bl_rows_read_word(t, t->written, w, mask, t->strict, &t->unwritten, "column");
        t->written[w] |= mask;
    }
}

static bool all_written(const struct cam_array *t)
{
    for (uint64_t w = 0; w < bl_rows_words((uint64_t)t->cols); w++)
        if (bl_rows_mask(w, 0, (uint64_t)t->cols) & ~t->written[w])
            return false;
    return true;
}

static void charge_counts(struct cam_array *t, const struct bl_ap_count *n)
{
    charge(&t->compare, n->compare);
    charge(&t->write, n->write);
    charge(&t->read, n->read);
    charge(&t->clear, n->clear);
    charge(&t->matched, n->matched);
    charge(&t->line, n->line);
    charge(&t->cell, n->cell);
    charge(&t->driven, n->driven);
}

static void micro_operation(struct cam_array *t, const struct bl_ap_cells *x, const uint32_t *op, struct bl_ap_count *n)
{
    struct bl_ap_uop u = { .kind = (enum bl_ap_kind)op[CAM_KIND], .at = op[CAM_AT], .rows = op[CAM_ROWS], .flags = op[CAM_FLAGS],
                           .driven = op[CAM_DRIVEN] };
    size_t kw = ((size_t)t->cols + 63) / 64 * sizeof(uint64_t);

    bool row = u.kind == RD_ROW || u.kind == WR_ROW, column = u.kind == RD_COL || u.kind == WR_COL;
    if (u.rows > t->rows || (row && u.at >= t->rows) || (column && u.at >= t->cols))
        bl_misuse(t, "a row or column beyond the array");
    memcpy(u.key, bl_get64(t->hkey), kw);
    memcpy(u.mask, bl_get64(t->hmask), kw);
    if (u.kind == CMP_V || u.kind == WR_V)
        rows_of(t, &u);
    check_operation(t, &u);
    bl_ap_do(x, &u, u.kind == WR_COL ? bl_get64(t->vkey) : NULL, t->rowwork, t->colwork, n);
}

static void comb(void *self)
{
    struct cam_array *t = self;
    const uint32_t *op = bl_get32(t->op);
    struct bl_ap_count n = { 0 };
    size_t rw = ((size_t)t->rows + 63) / 64, cw = ((size_t)t->cols + 63) / 64;

    if (op[CAM_SEQ] == t->seq)
        return;                            /* a second look changes nothing */
    t->seq = op[CAM_SEQ];
    t->kind = op[CAM_KIND];
    struct bl_ap_cells x = { t->cells, (uint32_t)t->cols, (uint32_t)t->rows, bl_ap_words((uint32_t)t->rows), 0 };
    memcpy(t->rowwork, bl_get64(t->rowtag), rw * sizeof *t->rowwork);
    memcpy(t->colwork, bl_get64(t->coltag), cw * sizeof *t->colwork);
    bool macro = t->kind == UOP_MACRO, row = macro || t->kind == CMP_H || t->kind == RD_COL, col = macro || t->kind == CMP_V || t->kind == RD_ROW;
    if (macro) {
        struct bl_ap_cmd c;
        memcpy(&c, op + CAM_CMD, sizeof c);
        struct bl_ap_at at = { 0 };
        for (struct bl_ap_uop u; !all_written(t) && bl_ap_next(&c, &at, t->passes, &u);)
            check_operation(t, &u);
        bl_ap_run(&x, &c, t->passes, t->rowwork, t->colwork, t->scratch, &n);
    } else {
        micro_operation(t, &x, op, &n);
    }
    charge_counts(t, &n);
    uint32_t *results = bl_put32(t->results);
    if (row) {
        memcpy(bl_put64(t->match_row), t->rowwork, rw * sizeof *t->rowwork);
        results[CAM_ROW_RESULTS]++;
        t->hits = count_ones(t->rowwork, rw);
    }
    if (col) {
        memcpy(bl_put64(t->match_col), t->colwork, cw * sizeof *t->colwork);
        results[CAM_COL_RESULTS]++;
        t->hits = row ? t->hits : count_ones(t->colwork, cw);
    }
}

#define T struct cam_array
static const struct bl_field fields[] = {
    BL_IN(T, op, CAM_LANES, 32, "operation, its number, column or row, flags, macro-operation (components/bf_imna/ap_cam.h)"),
    BL_IN(T, hkey, 1, BL_BY(T, cols), "horizontal key: a bit a column; the word of a row write"),
    BL_IN(T, hmask, 1, BL_BY(T, cols), "horizontal mask: columns that take part"),
    BL_IN_OPT(T, vkey, 1, BL_BY(T, rows), "vertical key: a bit a row; the column of a column write"),
    BL_IN_OPT(T, vmask, 1, BL_BY(T, rows), "vertical mask: rows that take part in a vertical compare or write"),
    BL_IN(T, rowtag, 1, BL_BY(T, rows), "row tags: rows that a horizontal write changes"),
    BL_IN_OPT(T, coltag, 1, BL_BY(T, cols), "column tags: columns that a vertical write changes"),
    BL_OUT(T, match_row, 1, BL_BY(T, rows), "rows that matched, or the column read"),
    BL_OUT(T, match_col, 1, BL_BY(T, cols), "columns that matched, or the row read"),
    BL_OUT(T, results, CAM_RESULTS, 32, "compares and reads so far: of rows, of columns"),
    BL_PARAM(T, rows, 4800, 33, AP_ROWS_MOST, "rows"),
    BL_PARAM(T, cols, 64, 33, AP_COLS_MOST, "columns"),
    BL_LIST(T, order, "[0, 1, 2, 3]", 0, AP_PASSES - 1, "order of the passes of a LUT within macro-operations, as the sequencer's"),
    BL_PARAM(T, strict, BL_ROWS_STRICT, 0, 1, "1: sensing a column that was never written stops the run; 0: it is counted"),
    BL_TALLY(T, compare, "a compare"), BL_TALLY(T, write, "a write"), BL_TALLY(T, read, "a column or row read"),
    BL_TALLY(T, clear, "a write of zeros that the paper's equations leave out"),
    BL_TALLY(T, matched, "a row or column that matched a compare"),
    BL_TALLY(T, line, "a row or column line sensed"), BL_TALLY(T, cell, "a cell written: only columns that change"),
    BL_TALLY(T, driven, "a cell written when both result columns of a pass are driven"),
    BL_TROUBLE(T, unwritten, "a column sensed that was never written"),
    BL_VIEW(T, kind, 1, 4, "what the array did last"), BL_WORDS(kind, AP_KIND_NAMES),
    BL_VIEW_AS(T, hits, 1, 20, "tags set: rows or columns that matched", BL_ANALOG | BL_MAIN),
    BL_MEM(T, cells, "cells, column by column"), BL_MEM(T, rowwork, "row tags at work"), BL_MEM(T, colwork, "column tags at work"),
    BL_MEM(T, scratch, "row masks of transfers"),
    { 0 }
};
const struct bl_class cam_array_class = { .name = "cam_array", .help = "CAM array of an associative processor, horizontal and vertical",
    .size = sizeof(T), .init = init, .comb = comb, .fields = fields };
