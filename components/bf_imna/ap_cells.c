/* ap_cells.c - one micro-operation on the bit-sliced cells of a CAM: compares, writes, reads of columns and rows. */
#include "components/bf_imna/ap.h"

#include <string.h>

/* Rows of word w that are in use. */
static uint64_t in_use(uint32_t rows, uint32_t w)
{
    return rows >= 64 * (w + 1) ? UINT64_MAX : rows <= 64 * w ? 0 : (UINT64_C(1) << (rows & 63)) - 1;
}

static uint64_t *column(const struct bl_ap_cells *x, uint32_t c) { return x->cell + (size_t)c * x->words; }

static uint32_t ones(const uint64_t *v, uint32_t words)
{
    uint32_t n = 0;

    for (uint32_t w = 0; w < words; w++)
        n += (uint32_t)__builtin_popcountll(v[w]);
    return n;
}

/* The columns of a mask, one a call: for (c = next_column(m, 0); c < AP_COLS_MOST; c = next_column(m, c + 1)). */
static uint32_t next_column(const uint64_t *mask, uint32_t c)
{
    while (c < AP_COLS_MOST) {
        uint64_t left = mask[c / 64] >> (c & 63);
        if (left)
            return c + (uint32_t)__builtin_ctzll(left);
        c = (c / 64 + 1) * 64;
    }
    return c;
}

static bool is_set(const uint64_t *v, uint32_t i) { return v[i / 64] >> (i & 63) & 1; }

static void put_bit(uint64_t *v, uint32_t i, bool one)
{
    v[i / 64] = (v[i / 64] & ~(UINT64_C(1) << (i & 63))) | (uint64_t)one << (i & 63);
}

static void compare(const struct bl_ap_cells *x, const struct bl_ap_uop *u, uint64_t *rowtag, struct bl_ap_count *n)
{
    for (uint32_t w = 0; w < x->words; w++)
        rowtag[w] = in_use(u->rows, w);
    for (uint32_t c = next_column(u->mask, 0); c < x->cols; c = next_column(u->mask, c + 1)) {
        const uint64_t *cell = column(x, c), flip = is_set(u->key, c) ? 0 : UINT64_MAX;
        for (uint32_t w = 0; w < x->words; w++)
            rowtag[w] &= cell[w] ^ flip;
    }
    n->compare++;
    n->line += u->rows;
    n->matched += ones(rowtag, x->words);
}

static void write_rows(const struct bl_ap_cells *x, const struct bl_ap_uop *u, const uint64_t *rowtag, struct bl_ap_count *n)
{
    uint32_t cols = 0;
    uint64_t rows = u->flags & UOP_ALL ? u->rows : 0;

    for (uint32_t c = next_column(u->mask, 0); c < x->cols; c = next_column(u->mask, c + 1), cols++) {
        uint64_t *cell = column(x, c), one = is_set(u->key, c) ? UINT64_MAX : 0;
        for (uint32_t w = 0; w < x->words; w++) {
            uint64_t tag = u->flags & UOP_ALL ? in_use(u->rows, w) : rowtag[w] & in_use(u->rows, w);
            cell[w] = (cell[w] & ~tag) | (one & tag);
        }
    }
    for (uint32_t w = 0; !(u->flags & UOP_ALL) && w < x->words; w++)
        rows += (uint64_t)__builtin_popcountll(rowtag[w] & in_use(u->rows, w));
    n->cell += rows * cols;
    n->driven += rows * (u->driven ? u->driven : cols);
}

static void compare_rows(const struct bl_ap_cells *x, const struct bl_ap_uop *u, uint64_t *coltag, struct bl_ap_count *n)
{
    memset(coltag, 0, (x->cols + 63) / 64 * sizeof *coltag);
    for (uint32_t c = next_column(u->mask, 0); c < x->cols; c = next_column(u->mask, c + 1)) {
        bool match = true;
        for (uint32_t k = 0; k < u->nrow; k++)
            match &= is_set(column(x, c), u->row[k]) == (u->row_key >> k & 1);
        put_bit(coltag, c, match);
        n->line++;
        n->matched += match;
    }
    n->compare++;
}

static void write_columns(const struct bl_ap_cells *x, const struct bl_ap_uop *u, const uint64_t *coltag, struct bl_ap_count *n)
{
    for (uint32_t c = next_column(u->mask, 0); c < x->cols; c = next_column(u->mask, c + 1)) {
        if (!is_set(coltag, c))
            continue;
        for (uint32_t k = 0; k < u->nrow; k++)
            put_bit(column(x, c), u->row[k], u->row_key >> k & 1);
        n->cell += u->nrow;
        n->driven += u->driven ? u->driven : u->nrow;
    }
}

static void row(const struct bl_ap_cells *x, const struct bl_ap_uop *u, uint64_t *coltag, struct bl_ap_count *n)
{
    if (u->kind == RD_ROW)
        memset(coltag, 0, (x->cols + 63) / 64 * sizeof *coltag);
    for (uint32_t c = next_column(u->mask, 0); c < x->cols; c = next_column(u->mask, c + 1)) {
        if (u->kind == RD_ROW) {
            put_bit(coltag, c, is_set(column(x, c), u->at));
            n->line++;
        } else {
            put_bit(column(x, c), u->at, is_set(u->key, c));
            n->cell++;
            n->driven++;
        }
    }
}

void bl_ap_do(const struct bl_ap_cells *x, const struct bl_ap_uop *u, const uint64_t *data, uint64_t *rowtag, uint64_t *coltag,
              struct bl_ap_count *n)
{
    switch (u->kind) {
    case CMP_H: compare(x, u, rowtag, n); break;
    case WR_H: write_rows(x, u, rowtag, n); break;
    case CMP_V: compare_rows(x, u, coltag, n); break;
    case WR_V: write_columns(x, u, coltag, n); break;
    case RD_COL:
        for (uint32_t w = 0; w < x->words; w++)
            rowtag[w] = column(x, u->at)[w] & in_use(u->rows, w);
        n->line += u->rows;
        break;
    case WR_COL:
        for (uint32_t w = 0; w < x->words; w++)
            column(x, u->at)[w] = (column(x, u->at)[w] & ~in_use(u->rows, w)) | (data[w] & in_use(u->rows, w));
        n->cell += u->rows;
        n->driven += u->rows;
        break;
    case RD_ROW: case WR_ROW: row(x, u, coltag, n); break;
    default: return;
    }
    n->read += u->kind == RD_COL || u->kind == RD_ROW;
    if (u->kind == WR_H || u->kind == WR_V || u->kind == WR_COL || u->kind == WR_ROW) {
        n->write += !(u->flags & UOP_CLEAR);
        n->clear += u->flags & UOP_CLEAR ? 1 : 0;
    }
}
