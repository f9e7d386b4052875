/* ap_uops.c - the sequence of micro-operations (compares, writes, reads) that a macro-operation is, one a call. Every pass of a LUT
 * is two of them: a compare and a write. */
#include "components/bf_imna/ap.h"

#include <string.h>

/* ---- micro-operations of a LUT ---- */

static void set_bit(uint64_t *v, uint32_t i) { v[i / 64] |= UINT64_C(1) << (i & 63); }

static void set_bits(uint64_t *v, uint32_t first, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        set_bit(v, first + i);
}

enum half { COMPARE, WRITE };           /* of a LUT pass */

/* The columns of a pass along rows: bit k of a state stands in column col[k]. */
struct state_columns {
    uint32_t col[4];
    int n;
    int64_t when;                       /* a column that must be 1 as well, or NO_COLUMN */
    uint32_t driven;                    /* result columns that are driven */
};
enum { NO_COLUMN = -1 };

static void pass_along_rows(struct bl_ap_uop *u, const struct bl_ap_pass *p, const struct state_columns *at, enum half half)
{
    unsigned mask = half == WRITE ? p->write : (1u << at->n) - 1, key = half == WRITE ? p->value : p->match;

    u->kind = half == WRITE ? WR_H : CMP_H;
    u->driven = at->driven;
    for (int k = 0; k < at->n; k++)
        if (mask >> k & 1) {
            set_bit(u->mask, at->col[k]);
            if (key >> k & 1)
                set_bit(u->key, at->col[k]);
        }
    if (at->when >= 0 && half == COMPARE) {
        set_bit(u->mask, (uint32_t)at->when);
        set_bit(u->key, (uint32_t)at->when);
    }
}

/* The same along columns: bit k of a state stands in row[k]. */
static void pass_along_columns(struct bl_ap_uop *u, const struct bl_ap_pass *p, const uint32_t *row, uint32_t n, enum half half)
{
    unsigned mask = half == WRITE ? p->write : (1u << n) - 1, key = half == WRITE ? p->value : p->match;

    u->kind = half == WRITE ? WR_V : CMP_V;
    u->driven = 2;
    for (uint32_t k = 0; k < n; k++)
        if (mask >> k & 1) {
            u->row_key |= (uint8_t)((key >> k & 1) << u->nrow);
            u->row[u->nrow++] = row[k];
        }
}

static void write_zeros(struct bl_ap_uop *u, uint32_t first, uint32_t n, uint32_t flags)
{
    u->kind = WR_H;
    u->flags = UOP_ALL | flags;
    set_bits(u->mask, first, n);
}

/* Step t of m bits x 4 passes x 2 halves, from bit `from` on: B (sum) at b, A at a, carry column c. */
static void add_step(struct bl_ap_uop *u, const struct bl_ap_pass *table, const uint8_t *order, uint32_t t, uint32_t a, uint32_t b,
                     uint32_t carry, int64_t when)
{
    const struct state_columns at = { { a + t / 8, b + t / 8, carry }, 3, when, 2 };

    pass_along_rows(u, &table[order[t / 2 % 4]], &at, t & 1 ? WRITE : COMPARE);
}

static void mul_step(struct bl_ap_uop *u, const struct bl_ap_cmd *c, const uint8_t *order, uint32_t t)
{
    uint32_t j = t / (8 * c->m), s = t % (8 * c->m);
    bool sign = c->op == AP_MULS && j + 1 == bl_ap_mul_bits(c);

    add_step(u, sign ? bl_ap_sub : bl_ap_add, order, s, c->a, c->c + j, c->c + j + c->m, c->b + j);
}

static void max_step(struct bl_ap_uop *u, const uint8_t *order, uint32_t m, uint32_t t, uint32_t a, uint32_t b, uint32_t f)
{
    uint32_t k = m - 1 - t / 8;
    const struct state_columns at = { { f + 1, f, b + k, a + k }, 4, NO_COLUMN, 2 };

    if (t < 8 * m)
        pass_along_rows(u, &bl_ap_max[order[t / 2 % 4]], &at, t & 1 ? WRITE : COMPARE);
    else
        write_zeros(u, f + (t - 8 * m), 1, 0);
}

/* ---- micro-operations of rounds ---- */

enum { SIGN_CMP, SIGN_WR, MOVE_RD, MOVE_WR, CARRY, PASSES, ROUNDS_END };

static uint32_t round_bits(const struct bl_ap_cmd *c, const struct bl_ap_at *at)
{
    return c->op == AP_MAXRED ? c->m : c->n ? c->n : c->m + at->round;
}

static void rounds_begin(const struct bl_ap_cmd *c, struct bl_ap_at *at)
{
    bl_ap_windows(c->phase, c->len, c->rows, &at->w);
    for (uint32_t g = 0; g < at->w.groups; g++)
        at->len[g] = at->w.g[g].len;
    bool sign = c->op == AP_REDUCE && c->n > c->m;
    at->stage = sign ? SIGN_CMP : bl_ap_rounds(&at->w) ? MOVE_RD : ROUNDS_END;
}

static void transfer(const struct bl_ap_cmd *c, const struct bl_ap_at *at, struct bl_ap_uop *u)
{
    uint32_t half = (at->len[at->group] + 1) / 2, row = at->w.g[at->group].first + at->window * at->w.g[at->group].len + at->k;
    bool partner = at->k + half < at->len[at->group];

    u->kind = at->stage == MOVE_RD ? RD_ROW : WR_ROW;
    u->at = at->stage == MOVE_RD && partner ? row + half : row;
    if (at->stage == MOVE_WR)
        set_bits(u->mask, c->a, round_bits(c, at));
    else if (partner)
        set_bits(u->mask, c->b, round_bits(c, at));
}

static bool is_set(const uint64_t *v, int64_t i) { return i >= 0 && v[i / 64] >> (i & 63) & 1; }

void bl_ap_row_key(const struct bl_ap_cmd *c, struct bl_ap_uop *u, const uint64_t *coltag)
{
    int64_t back = c->op == AP_VSUM ? -1 : (int64_t)c->b - (int64_t)c->a;
    uint32_t first = c->op == AP_VSUM ? c->c : c->a, n = 0;

    memset(u->key, 0, sizeof u->key);
    for (size_t k = 0; k < AP_KEY_WORDS; k++)
        n += (uint32_t)__builtin_popcountll(u->mask[k]);
    if (u->flags & UOP_CLEAR)
        return;
    for (uint32_t k = first; k < first + n; k++)
        if (is_set(coltag, (int64_t)k + back) && !(c->op == AP_VSUM && k == first))
            set_bit(u->key, k);
}

/* To the next transfer of this round; false behind the last one. */
static bool next_transfer(struct bl_ap_at *at)
{
    uint32_t g = at->group;

    if (++at->k < (at->len[g] + 1) / 2)
        return true;
    at->k = 0;
    if (++at->window < at->w.g[g].count)
        return true;
    at->window = 0;
    return ++at->group < at->w.groups;
}

static void end_round(struct bl_ap_at *at)
{
    at->t = at->group = 0;
    for (uint32_t g = 0; g < at->w.groups; g++)
        at->len[g] = (at->len[g] + 1) / 2;
    at->stage = ++at->round == bl_ap_rounds(&at->w) ? ROUNDS_END : MOVE_RD;
}

static bool rounds_step(const struct bl_ap_cmd *c, struct bl_ap_at *at, const uint8_t *order, struct bl_ap_uop *u)
{
    uint32_t m = round_bits(c, at);

    switch (at->stage) {
    case SIGN_CMP:
        u->kind = CMP_H;
        set_bit(u->key, c->b + c->m - 1);
        set_bit(u->mask, c->b + c->m - 1);
        at->stage = SIGN_WR;
        return true;
    case SIGN_WR:
        u->kind = WR_H;
        set_bits(u->mask, c->b + c->m, c->n - c->m);
        memcpy(u->key, u->mask, sizeof u->key);
        at->stage = bl_ap_rounds(&at->w) ? MOVE_RD : ROUNDS_END;
        return true;
    case MOVE_RD: case MOVE_WR:
        transfer(c, at, u);
        at->stage = at->stage == MOVE_RD ? MOVE_WR : next_transfer(at) ? MOVE_RD : c->op == AP_REDUCE && c->n ? CARRY : PASSES;
        return true;
    case CARRY:
        write_zeros(u, c->c, 1, UOP_CLEAR);
        at->stage = PASSES;
        return true;
    case PASSES:
        if (c->op == AP_MAXRED)
            max_step(u, order, m, at->t, c->a, c->b, c->f);
        else
            add_step(u, bl_ap_add, order, at->t, c->a, c->b, c->n ? c->c : c->b + m, NO_COLUMN);
        if (++at->t == 8 * m + (c->op == AP_MAXRED ? 2 : 0))
            end_round(at);
        return true;
    default:
        return false;
    }
}

/* ---- the strict vertical sum ---- */

enum { V_STEP = 10, V_RESOLVE = 6 };   /* four passes, carry row read and written shifted; two passes and the same */

static bool vertical_step(const struct bl_ap_cmd *c, uint32_t t, struct bl_ap_uop *u)
{
    uint32_t steps = V_STEP * (c->n - 1), k, x = c->a + 1 + (t - 1) / V_STEP;

    set_bits(u->mask, c->c, c->m);
    u->at = c->b;
    if (t == 0) {
        u->kind = WR_ROW;
        u->flags = UOP_CLEAR;
        return true;
    }
    if (--t < steps) {
        static const uint8_t straight[] = { 0, 1, 2, 3 };
        k = t % V_STEP;
        if (k < 8)
            pass_along_columns(u, &bl_ap_add[straight[k / 2]], (const uint32_t[]){ x, c->a, c->b }, 3, k & 1 ? WRITE : COMPARE);
    } else if ((t -= steps) < V_RESOLVE * c->m) {
        k = t % V_RESOLVE;
        if (k < 4)
            pass_along_columns(u, &bl_ap_resolve[k / 2], (const uint32_t[]){ c->a, c->b }, 2, k & 1 ? WRITE : COMPARE);
        k += V_STEP - V_RESOLVE;
    } else {
        return false;
    }
    if (k >= 8)
        u->kind = k == 8 ? RD_ROW : WR_ROW;      /* the row is written as read, shifted by one (a property of the sequencer) */
    return true;
}

/* ---- everything ---- */

static bool relu_step(const struct bl_ap_cmd *c, uint32_t t, struct bl_ap_uop *u)
{
    if (t < 3) {
        u->kind = t == 0 ? RD_COL : t == 1 ? WR_COL : WR_H;
        u->at = t == 0 ? c->a + c->m - 1 : c->f;
        if (t == 2)
            write_zeros(u, c->a + c->m - 1, 1, 0);
        return true;
    }
    t -= 3;
    if (t >= 2 * (c->m - 1))
        return false;
    const struct state_columns at = { { c->a + c->m - 2 - t / 2, c->f }, 2, NO_COLUMN, 1 };
    pass_along_rows(u, bl_ap_relu, &at, t & 1 ? WRITE : COMPARE);
    return true;
}

static bool wread_step(const struct bl_ap_cmd *c, struct bl_ap_at *at, struct bl_ap_uop *u)
{
    if (at->group == at->w.groups)
        return false;
    u->kind = RD_ROW;
    u->at = at->w.g[at->group].first + at->window * at->w.g[at->group].len;
    set_bits(u->mask, c->a, c->n);
    if (++at->window == at->w.g[at->group].count) {
        at->window = 0;
        at->group++;
    }
    return true;
}

bool bl_ap_next(const struct bl_ap_cmd *c, struct bl_ap_at *at, const uint8_t order[AP_PASSES], struct bl_ap_uop *u)
{
    uint32_t t = at->t++;

    memset(u, 0, sizeof *u);
    u->rows = c->rows;
    switch (c->op) {
    case AP_LOAD: case AP_READ:
        u->kind = c->op == AP_LOAD ? WR_COL : RD_COL;
        u->at = c->a + t;
        return t < c->n;
    case AP_CLEAR:
        write_zeros(u, c->a, c->n, UOP_CLEAR);
        return t < 1;
    case AP_ADD: case AP_SUB:
        add_step(u, c->op == AP_SUB ? bl_ap_sub : bl_ap_add, order, t, c->a, c->b, c->c, NO_COLUMN);
        return t < 8 * c->m;
    case AP_MUL: case AP_MULS:
        if (t < 8 * c->m * bl_ap_mul_bits(c))
            mul_step(u, c, order, t);
        return t < 8 * c->m * bl_ap_mul_bits(c);
    case AP_RELU: return relu_step(c, t, u);
    case AP_MAX:
        if (t < 8 * c->m + 2)
            max_step(u, order, c->m, t, c->a, c->b, c->f);
        return t < 8 * c->m + 2;
    case AP_VSUM: return vertical_step(c, t, u);
    case AP_WREAD:
        if (!t)
            bl_ap_windows(c->phase, c->len, c->rows, &at->w);
        return wread_step(c, at, u);
    case AP_REDUCE: case AP_MAXRED:
        if (!at->w.groups)
            rounds_begin(c, at);
        at->t = t;
        return rounds_step(c, at, order, u);
    default: return false;
    }
}
