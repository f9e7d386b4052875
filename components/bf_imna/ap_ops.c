/* ap_ops.c - macro-operations of an associative processor: the columns and rows they need, and what they cost by formula. */
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

static void add_group(struct bl_ap_windows *w, uint32_t first, uint32_t len, uint32_t count)
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
    add_group(w, 0, head, 1);
    add_group(w, head, len, (rows - head) / len);
    add_group(w, head + (rows - head) / len * len, (rows - head) % len, 1);
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
static bool overlap(uint32_t a, uint32_t n, uint32_t b, uint32_t m) { return a < b + m && b < a + n; }

static const char *refuse_reduce(const struct bl_ap_cmd *c, uint32_t cols)
{
    struct bl_ap_windows w;
    bl_ap_windows(c->phase, c->len, c->rows, &w);
    uint32_t q = bl_ap_rounds(&w), words = c->n ? c->n : c->m + q, operand = c->n ? c->n : q ? c->m + q - 1 : c->m;

    if (outside(c->b, words, cols) || outside(c->a, operand, cols) || (c->n && c->c >= cols))
        return "too few columns for the sum and the word beside it";
    if (c->n && c->n < c->m)
        return "the sum is narrower than its words";
    if (overlap(c->b, words, c->a, operand) || (c->n && (overlap(c->c, 1, c->a, operand) || overlap(c->c, 1, c->b, words))))
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
        return c->f >= cols ? "the flag column is missing" : overlap(c->f, 1, c->a, c->m) ? "the flag column lies in the word" : NULL;
    if (outside(c->b, second, cols))
        return "too few columns for its words";
    if (overlap(c->a, c->m, c->b, second))
        return "its words overlap";
    if (c->op == AP_MAX || c->op == AP_MAXRED)
        return outside(c->f, flags, cols) ? "the flag columns are missing"
               : overlap(c->f, flags, c->a, c->m) || overlap(c->f, flags, c->b, c->m) ? "the flag columns lie in the words" : NULL;
    if (outside(c->c, out, cols))
        return out == 1 ? "the carry column is missing" : "too few columns for the product";
    if (overlap(c->c, out, c->a, c->m) || overlap(c->c, out, c->b, second))
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
               : overlap(c->b, 1, c->a, c->n) ? "the carry row lies among the words" : NULL;
    if ((c->op == AP_REDUCE || c->op == AP_MAXRED) && (!c->len || c->phase >= c->len))
        return "its windows have no length";
    return c->op == AP_REDUCE ? refuse_reduce(c, cols) : refuse_words(c, cols);
}

uint32_t bl_ap_cmd_columns(const struct bl_ap_cmd *c)
{
    switch (c->op) {
    case AP_LOAD: case AP_CLEAR: case AP_READ: case AP_WREAD: return c->n;
    case AP_ADD: case AP_SUB: return 2 * c->m + 1;
    case AP_MUL: case AP_MULS: return 2 * (c->m + bl_ap_mul_bits(c));
    case AP_RELU: return c->m + 1;
    case AP_MAX: case AP_MAXRED: return 2 * c->m + 2;
    case AP_REDUCE: return c->n ? 2 * c->n + 1 : 2 * (c->m + bl_ap_log2(c->len < c->rows ? c->len : c->rows));
    default: return c->m;
    }
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

/* Pairs of words that windows add: a word less than they have. */
static uint64_t pairs_of(const struct bl_ap_cmd *c)
{
    struct bl_ap_windows w;
    uint64_t pairs = 0;

    bl_ap_windows(c->phase, c->len, c->rows, &w);
    for (uint32_t g = 0; g < w.groups; g++)
        pairs += (uint64_t)w.g[g].count * (w.g[g].len - 1);
    return pairs;
}

void bl_ap_paper2d(const struct bl_ap_cmd *c, const struct bl_ap_count *executed, struct bl_ap_count *n)
{
    bool rounds = c->op == AP_REDUCE || c->op == AP_MAXRED;
    uint64_t pairs = rounds ? pairs_of(c) : 0, lines = 4 * pairs * c->m, cells = pairs * c->m;
    const struct bl_ap_count paper = { .compare = 4 * pairs, .write = (c->op == AP_REDUCE ? 4 : 6) * pairs, .matched = cells, .line = lines, .cell = cells,
                                       .driven = cells };
    const struct bl_ap_count *x = rounds ? &paper : executed;

    n->compare += x->compare;
    n->write += x->write;
    n->read += x->read;
    n->clear += x->clear;
    n->matched += x->matched;
    n->line += x->line;
    n->cell += x->cell;
    n->driven += x->driven;
}

uint64_t bl_ap_duration(const struct bl_ap_cmd *c, enum bl_ap_timing timing, uint32_t write_cycles)
{
    struct bl_ap_count n;
    uint64_t m = c->m, tw = write_cycles;

    if (timing == AP_PEAK && c->op != AP_LOAD)
        return c->op == AP_MUL || c->op == AP_MULS ? 3 * m * m + 11 * m - (tw * m < 11 * m ? tw * m : 11 * m) : 0;
    if (timing == AP_PAPER2D && (c->op == AP_REDUCE || c->op == AP_MAXRED))
        return pairs_of(c) * (c->op == AP_REDUCE ? 4 + 4 * tw : 4 + 6 * tw);
    bl_ap_cost(c, &n);
    return bl_ap_cycles(&n, write_cycles);
}
