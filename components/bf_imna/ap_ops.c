/* ap_ops.c - macro-operations of an associative processor: what they need, what they cost by formula, and the sequence
 * of micro-operations they are. */
#include "components/bf_imna/ap.h"

#include <string.h>

const char *const bl_ap_op_name[AP_OPS] = { "nop", "load", "clear", "add", "sub", "mul", "muls", "relu", "max", "reduce", "maxred",
                                            "vsum", "read", "wread" };

int bl_ap_order_wrong(const struct bl_ap_pass *table, const uint8_t *order, int n)
{
    for (int i = 0; i < n; i++) {
        const struct bl_ap_pass *p = &table[order[i]];
        unsigned after = (p->match & ~(unsigned)p->write) | p->value;
        for (int k = i + 1; k < n; k++)
            if (table[order[k]].match == after)
                return k;
    }
    return -1;
}

uint32_t bl_ap_log2(uint32_t n)
{
    uint32_t k = 0;

    while ((UINT32_C(1) << k) < n)
        k++;
    return k;
}

/* ---- windows ---- */

static void group(struct bl_ap_windows *w, uint32_t first, uint32_t len, uint32_t count)
{
    if (!len || !count)
        return;
    w->g[w->groups].first = first;
    w->g[w->groups].len = len;
    w->g[w->groups++].count = count;
}

void bl_ap_windows(uint32_t phase, uint32_t len, uint32_t rows, struct bl_ap_windows *w)
{
    uint32_t head = phase ? len - phase : 0;

    memset(w, 0, sizeof *w);
    if (head > rows)
        head = rows;
    group(w, 0, head, 1);
    group(w, head, len, (rows - head) / len);
    group(w, head + (rows - head) / len * len, (rows - head) % len, 1);
}

uint32_t bl_ap_rounds(const struct bl_ap_windows *w)
{
    uint32_t most = 0;

    for (uint32_t g = 0; g < w->groups; g++)
        most = w->g[g].len > most ? w->g[g].len : most;
    return bl_ap_log2(most);
}

uint64_t bl_ap_transfers(const struct bl_ap_windows *w, uint64_t *zero_words)
{
    uint32_t rounds = bl_ap_rounds(w);
    uint64_t all = 0, words = 0;

    for (uint32_t g = 0; g < w->groups; g++) {
        uint32_t len = w->g[g].len;
        words += (uint64_t)(len - 1) * w->g[g].count;
        for (uint32_t q = 0; q < rounds; q++) {
            len = (len + 1) / 2;
            all += (uint64_t)len * w->g[g].count;
        }
    }
    if (zero_words)
        *zero_words = all - words;
    return all;
}

/* ---- checks ---- */

static bool outside(uint32_t at, uint32_t n, uint32_t size) { return at > size || n > size - at; }
static bool meet(uint32_t a, uint32_t n, uint32_t b, uint32_t m) { return a < b + m && b < a + n; }

static const char *refuse_reduce(const struct bl_ap_cmd *c, uint32_t cols)
{
    struct bl_ap_windows w;
    bl_ap_windows(c->phase, c->len, c->rows, &w);
    uint32_t q = bl_ap_rounds(&w), words = c->n ? c->n : c->m + q, operand = c->n ? c->n : q ? c->m + q - 1 : c->m;

    if (outside(c->b, words, cols) || outside(c->a, operand, cols) || (c->n && c->c >= cols))
        return "too few columns for the sum and the word beside it";
    if (c->n && c->n < c->m)
        return "the sum is narrower than its words";
    if (meet(c->b, words, c->a, operand) || (c->n && (meet(c->c, 1, c->a, operand) || meet(c->c, 1, c->b, words))))
        return "the sum, the word beside it and the carry column overlap";
    return NULL;
}

static const char *refuse_words(const struct bl_ap_cmd *c, uint32_t cols)
{
    bool mul = c->op == AP_MUL || c->op == AP_MULS;
    uint32_t second = mul ? bl_ap_mul_bits(c) : c->m, out = mul ? c->m + second : 1, flags = c->op == AP_MAX || c->op == AP_MAXRED ? 2 : 1;

    if (outside(c->a, c->m, cols))
        return "too few columns for its words";
    if (c->op == AP_RELU)
        return c->f >= cols ? "the flag column is missing" : meet(c->f, 1, c->a, c->m) ? "the flag column lies in the word" : NULL;
    if (outside(c->b, second, cols))
        return "too few columns for its words";
    if (meet(c->a, c->m, c->b, second))
        return "its words overlap";
    if (c->op == AP_MAX || c->op == AP_MAXRED)
        return outside(c->f, flags, cols) ? "the flag columns are missing"
               : meet(c->f, flags, c->a, c->m) || meet(c->f, flags, c->b, c->m) ? "the flag columns lie in the words" : NULL;
    if (outside(c->c, out, cols))
        return out == 1 ? "the carry column is missing" : "too few columns for the product";
    if (meet(c->c, out, c->a, c->m) || meet(c->c, out, c->b, second))
        return out == 1 ? "the carry column lies in the words" : "the product lies over its operands";
    return c->op == AP_MULS && second < 2 ? "a signed word has at least 2 bits" : NULL;
}

const char *bl_ap_refuse(const struct bl_ap_cmd *c, uint32_t cols, uint32_t rows)
{
    if (c->op == AP_NOP || c->op >= AP_OPS)
        return "no such operation";
    if (!c->rows || c->rows > rows)
        return "rows beyond the array";
    if (c->op == AP_LOAD || c->op == AP_CLEAR || c->op == AP_READ || c->op == AP_WREAD) {
        if (!c->n || outside(c->a, c->n, cols))
            return "columns beyond the array";
        return c->op == AP_WREAD && (!c->len || c->phase >= c->len) ? "its windows have no length" : NULL;
    }
    if (!c->m || c->m > 64 || ((c->op == AP_MUL || c->op == AP_MULS) && c->n > 64))
        return "words have 1 to 64 bits";
    if (c->op == AP_VSUM)
        return outside(c->c, c->m, cols) ? "too few columns for its words"
               : !c->n || outside(c->a, c->n, c->rows) || c->b >= c->rows ? "rows beyond those in use"
               : meet(c->b, 1, c->a, c->n) ? "the carry row lies among the words" : NULL;
    if ((c->op == AP_REDUCE || c->op == AP_MAXRED) && (!c->len || c->phase >= c->len))
        return "its windows have no length";
    return c->op == AP_REDUCE ? refuse_reduce(c, cols) : refuse_words(c, cols);
}

/* ---- costs ---- */

static void cost_rounds(const struct bl_ap_cmd *c, struct bl_ap_count *n)
{
    struct bl_ap_windows w;
    uint64_t m = c->m;

    bl_ap_windows(c->phase, c->len, c->rows, &w);
    uint64_t q = bl_ap_rounds(&w), moves = bl_ap_transfers(&w, NULL), passes = 4 * m * q;
    if (c->op == AP_REDUCE)
        passes = c->n ? 4 * (uint64_t)c->n * q : 4 * (m * q + q * (q - (q > 0)) / 2);
    n->compare = n->write = passes;
    n->read = moves;
    n->write += moves;
    if (c->op == AP_MAXRED) {
        n->write += 2 * q;
    } else if (c->n) {
        n->compare += c->n > c->m;
        n->write += c->n > c->m;
        n->clear = q;
    }
}

void bl_ap_cost(const struct bl_ap_cmd *c, struct bl_ap_count *n)
{
    uint64_t m = c->m;
    struct bl_ap_windows w;

    memset(n, 0, sizeof *n);
    switch (c->op) {
    case AP_LOAD: n->write = c->n; break;
    case AP_CLEAR: n->clear = 1; break;
    case AP_READ: n->read = c->n; break;
    case AP_WREAD:
        bl_ap_windows(c->phase, c->len, c->rows, &w);
        for (uint32_t g = 0; g < w.groups; g++)
            n->read += w.g[g].count;
        break;
    case AP_ADD: case AP_SUB: n->compare = n->write = 4 * m; break;
    case AP_MUL: case AP_MULS: n->compare = n->write = 4 * m * bl_ap_mul_bits(c); break;
    case AP_RELU: n->read = 1; n->write = 2 + m - 1; n->compare = m - 1; break;
    case AP_MAX: n->compare = 4 * m; n->write = 4 * m + 2; break;
    case AP_VSUM:
        n->compare = 4 * (uint64_t)(c->n - 1) + 2 * m;
        n->write = 5 * (uint64_t)(c->n - 1) + 3 * m;
        n->read = c->n - 1 + m;
        n->clear = 1;
        break;
    default: cost_rounds(c, n);
    }
}

uint64_t bl_ap_duration(const struct bl_ap_cmd *c, enum bl_ap_timing timing, uint32_t write_cycles)
{
    struct bl_ap_count n;
    struct bl_ap_windows w;
    uint64_t pairs = 0, m = c->m, tw = write_cycles;

    if (timing == AP_PEAK && c->op != AP_LOAD)
        return c->op == AP_MUL || c->op == AP_MULS ? 3 * m * m + 11 * m - (tw * m < 11 * m ? tw * m : 11 * m) : 0;
    if (timing == AP_PAPER2D && (c->op == AP_REDUCE || c->op == AP_MAXRED)) {
        bl_ap_windows(c->phase, c->len, c->rows, &w);
        for (uint32_t g = 0; g < w.groups; g++)
            pairs += (uint64_t)w.g[g].count * (w.g[g].len - 1);
        return pairs * (c->op == AP_REDUCE ? 4 + 4 * tw : 4 + 6 * tw);
    }
    bl_ap_cost(c, &n);
    return bl_ap_cycles(&n, write_cycles);
}

/* ---- micro-operations of a LUT ---- */

static void bit(uint64_t *v, uint32_t i) { v[i / 64] |= UINT64_C(1) << (i & 63); }

static void bits(uint64_t *v, uint32_t first, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        bit(v, first + i);
}

/* One half (compare, write) of a pass: state bit k stands in column col[k]. `when`: a column that must be 1 as well, or -1. */
static void pass(struct bl_ap_uop *u, const struct bl_ap_pass *p, const uint32_t *col, int n, int64_t when, bool write, uint32_t driven)
{
    unsigned mask = write ? p->write : (1u << n) - 1, key = write ? p->value : p->match;

    u->kind = write ? WR_H : CMP_H;
    u->driven = driven;
    for (int k = 0; k < n; k++)
        if (mask >> k & 1) {
            bit(u->mask, col[k]);
            if (key >> k & 1)
                bit(u->key, col[k]);
        }
    if (when >= 0 && !write) {
        bit(u->mask, (uint32_t)when);
        bit(u->key, (uint32_t)when);
    }
}

static void pass_rows(struct bl_ap_uop *u, const struct bl_ap_pass *p, const uint32_t *row, uint32_t n, bool write)
{
    unsigned mask = write ? p->write : (1u << n) - 1, key = write ? p->value : p->match;

    u->kind = write ? WR_V : CMP_V;
    u->driven = 2;
    for (uint32_t k = 0; k < n; k++)
        if (mask >> k & 1) {
            u->row_key |= (uint8_t)((key >> k & 1) << u->nrow);
            u->row[u->nrow++] = row[k];
        }
}

static void zeros(struct bl_ap_uop *u, uint32_t first, uint32_t n, uint32_t flags)
{
    u->kind = WR_H;
    u->flags = UOP_ALL | flags;
    bits(u->mask, first, n);
}

/* Step t of m bits x 4 passes x 2 halves, from bit `from` on: B (sum) at b, A at a, carry column c. */
static void add_step(struct bl_ap_uop *u, const struct bl_ap_pass *table, const uint8_t *order, uint32_t t, uint32_t a, uint32_t b,
                     uint32_t carry, int64_t when)
{
    pass(u, &table[order[t / 2 % 4]], (const uint32_t[]){ a + t / 8, b + t / 8, carry }, 3, when, t & 1, 2);
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

    if (t < 8 * m)
        pass(u, &bl_ap_max[order[t / 2 % 4]], (const uint32_t[]){ f + 1, f, b + k, a + k }, 4, -1, t & 1, 2);
    else
        zeros(u, f + (t - 8 * m), 1, 0);
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

static void move(const struct bl_ap_cmd *c, const struct bl_ap_at *at, struct bl_ap_uop *u)
{
    uint32_t half = (at->len[at->group] + 1) / 2, row = at->w.g[at->group].first + at->window * at->w.g[at->group].len + at->k;
    bool partner = at->k + half < at->len[at->group];

    u->kind = at->stage == MOVE_RD ? RD_ROW : WR_ROW;
    u->at = at->stage == MOVE_RD && partner ? row + half : row;
    if (at->stage == MOVE_WR)
        bits(u->mask, c->a, round_bits(c, at));
    else if (partner)
        bits(u->mask, c->b, round_bits(c, at));
}

static bool has(const uint64_t *v, int64_t i) { return i >= 0 && v[i / 64] >> (i & 63) & 1; }

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
        if (has(coltag, (int64_t)k + back) && !(c->op == AP_VSUM && k == first))
            bit(u->key, k);
}

/* To the next transfer of this round; false behind the last one. */
static bool moved(struct bl_ap_at *at)
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

static void round_ends(struct bl_ap_at *at)
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
        bit(u->key, c->b + c->m - 1);
        bit(u->mask, c->b + c->m - 1);
        at->stage = SIGN_WR;
        return true;
    case SIGN_WR:
        u->kind = WR_H;
        bits(u->mask, c->b + c->m, c->n - c->m);
        memcpy(u->key, u->mask, sizeof u->key);
        at->stage = bl_ap_rounds(&at->w) ? MOVE_RD : ROUNDS_END;
        return true;
    case MOVE_RD: case MOVE_WR:
        move(c, at, u);
        at->stage = at->stage == MOVE_RD ? MOVE_WR : moved(at) ? MOVE_RD : c->op == AP_REDUCE && c->n ? CARRY : PASSES;
        return true;
    case CARRY:
        zeros(u, c->c, 1, UOP_CLEAR);
        at->stage = PASSES;
        return true;
    case PASSES:
        if (c->op == AP_MAXRED)
            max_step(u, order, m, at->t, c->a, c->b, c->f);
        else
            add_step(u, bl_ap_add, order, at->t, c->a, c->b, c->n ? c->c : c->b + m, -1);
        if (++at->t == 8 * m + (c->op == AP_MAXRED ? 2 : 0))
            round_ends(at);
        return true;
    default:
        return false;
    }
}

/* ---- the strict vertical sum ---- */

enum { V_STEP = 10, V_RESOLVE = 6 };   /* four passes, carry row read and written shifted; two passes and the same */

static bool vertical(const struct bl_ap_cmd *c, uint32_t t, struct bl_ap_uop *u)
{
    uint32_t steps = V_STEP * (c->n - 1), k, x = c->a + 1 + (t - 1) / V_STEP;

    bits(u->mask, c->c, c->m);
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
            pass_rows(u, &bl_ap_add[straight[k / 2]], (const uint32_t[]){ x, c->a, c->b }, 3, k & 1);
    } else if ((t -= steps) < V_RESOLVE * c->m) {
        k = t % V_RESOLVE;
        if (k < 4)
            pass_rows(u, &bl_ap_resolve[k / 2], (const uint32_t[]){ c->a, c->b }, 2, k & 1);
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
            zeros(u, c->a + c->m - 1, 1, 0);
        return true;
    }
    t -= 3;
    if (t < 2 * (c->m - 1))
        pass(u, bl_ap_relu, (const uint32_t[]){ c->a + c->m - 2 - t / 2, c->f }, 2, -1, t & 1, 1);
    return t < 2 * (c->m - 1);
}

static bool wread(const struct bl_ap_cmd *c, struct bl_ap_at *at, struct bl_ap_uop *u)
{
    if (at->group == at->w.groups)
        return false;
    u->kind = RD_ROW;
    u->at = at->w.g[at->group].first + at->window * at->w.g[at->group].len;
    bits(u->mask, c->a, c->n);
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
        zeros(u, c->a, c->n, UOP_CLEAR);
        return t < 1;
    case AP_ADD: case AP_SUB:
        add_step(u, c->op == AP_SUB ? bl_ap_sub : bl_ap_add, order, t, c->a, c->b, c->c, -1);
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
    case AP_VSUM: return vertical(c, t, u);
    case AP_WREAD:
        if (!t)
            bl_ap_windows(c->phase, c->len, c->rows, &at->w);
        return wread(c, at, u);
    case AP_REDUCE: case AP_MAXRED:
        if (!at->w.groups)
            rounds_begin(c, at);
        at->t = t;
        return rounds_step(c, at, order, u);
    default: return false;
    }
}

/* ---- the paper's equations ---- */

static uint64_t growing(uint64_t m, uint32_t rounds)
{
    uint64_t sum = 0;

    for (uint32_t q = 1; q <= rounds; q++)
        sum += 4 * (m + q - 1);
    return sum;
}

struct bl_ap_events bl_ap_equation(enum bl_ap_equation number, const struct bl_ap_shape *x)
{
    uint64_t m = x->m, half = x->l / 2 - 1, iu = (uint64_t)x->i * x->u, sh = x->k * (uint64_t)(x->s / 2 - 1), p;
    uint32_t lgl = bl_ap_log2(x->l), lgj = bl_ap_log2(x->j), lgs = bl_ap_log2(x->s);

    switch (number) {
    case EQ_ADD: return (struct bl_ap_events){ 4 * m, 2 * m + 4 * m, m + 1 };
    case EQ_MUL: return (struct bl_ap_events){ 4 * m * m, 2 * m + 4 * m * m, 2 * m };
    case EQ_REDUCE1D: p = growing(m, lgl); return (struct bl_ap_events){ p, 2 * m + p + half, half + 1 };
    case EQ_REDUCE2D: p = 4 * m + 4 * half; return (struct bl_ap_events){ p, 2 * m + p, 1 };
    case EQ_REDUCE2DSEG: p = 4 * m + 4 * bl_ap_log2(x->l / 2); return (struct bl_ap_events){ p, 2 * m + p, 1 };
    case EQ_GEMM1D:
        p = 4 * m * m + growing(2 * m, lgj);
        return (struct bl_ap_events){ p, 2 * m + p + iu * (x->j - 1), iu * (x->j - 1) + 2 * m + lgj };
    case EQ_GEMM2D: p = 4 * m * m + 4 * iu * (x->j - 1); return (struct bl_ap_events){ p, 2 * m + p, 2 * m + lgj };
    case EQ_GEMM2DSEG: p = 4 * m * m + 4 * lgj; return (struct bl_ap_events){ p, 2 * m + p, 2 * m + lgj };
    case EQ_AVG1D: p = growing(m, lgs); return (struct bl_ap_events){ p, 2 * m + p + sh, sh + m };
    case EQ_AVG2D: p = 4 * m + 4 * sh; return (struct bl_ap_events){ p, 2 * m + p, m };
    case EQ_AVG2DSEG: p = 4 * m + 4 * (uint64_t)bl_ap_log2(x->s / 2); return (struct bl_ap_events){ p, 2 * m + p, m };
    case EQ_MAX1D: return (struct bl_ap_events){ 4 * m * lgs, 2 * m + lgs * (4 * m + 2) + sh, sh + m };
    case EQ_MAX2D: return (struct bl_ap_events){ 4 * m + 4 * sh, 6 * m + 6 * sh + 2, m };
    case EQ_MAX2DSEG:
        p = bl_ap_log2(x->s / 2);
        return (struct bl_ap_events){ 4 * m + 4 * p, 6 * m + p * (4 + 2 * (uint64_t)x->k) + 2, m };
    default: return (struct bl_ap_events){ m - 1, 2 * m + 1, m + 1 };
    }
}
