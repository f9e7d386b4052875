/* db_rig.h - cores of DB-PIM as a bench: windows and words of a tile go in, sums of columns and partial sums of filters come out. For the parts
 * of components/db_pim, each pass by itself. Needs parts_rig.h. */
#ifndef BL_TESTS_DB_RIG_H
#define BL_TESTS_DB_RIG_H

#include "components/db_pim/db_pim.h"
#include "tests/rigs/parts_rig.h"

enum { DB_ITEM = DB_ITEM_LANES, DB_FIRST = 60, DB_BENCH_CORES = 8, DB_BENCH_WINDOWS = 128 };     /* DB_FIRST: edge of the first window */

/* One pass: `windows` windows of 16 positions, `valid` output positions, activations [window][position m][16], a mask a core. */
struct db_bench {
    uint32_t cores, feed_rows, windows, valid, row_cycles;
    bool sums;                                          /* filters are added: u<core> gives k<core>; else the macros' sums go to q<4 core + m> */
    uint64_t mask[DB_BENCH_CORES][DB_MASK_BITS / 64];
    uint8_t x[DB_BENCH_WINDOWS][DB_MACROS][DB_WINDOW];
    uint64_t rows[DB_ROWS + 1][DB_ROW_WORDS];        /* cells and header of core 0, or zeros; written when nrows is not 0 */
    uint32_t nrows;
    /* what the rig gets */
    uint64_t words[DB_BENCH_CORES][(DB_ROWS + 3) * DB_ITEM], item[DB_BENCH_WINDOWS * DB_MACROS * DB_WINDOW], tag[DB_BENCH_WINDOWS * DB_MACROS * DB_WIN_LANES];
};

__attribute__((format(printf, 3, 4)))
static inline void db_add(char *script, size_t *n, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    *n += (size_t)vsnprintf(script + *n, RIG_SCRIPT - 64 - *n, fmt, ap);
    va_end(ap);
    KP_HOLDS(*n < RIG_SCRIPT - 65, "script longer than RIG_SCRIPT");
}

/* Core c: words w<c>, copied to arrays, trees, switch and sum; macros i, a, t, p <4c + m>. */
static inline void db_core(char *s, size_t *n, const struct db_bench *b, uint32_t c)
{
    db_add(s, n, "part w%u give;set w%u lanes %d;set w%u bits 64;part d%u demux;set d%u by all;set d%u ways %u;wire w%u.x d%u.in d2;"
           "wire d%u.out[8] s.mask[%u] d2;", c, c, DB_ITEM, c, c, c, c, b->sums ? 10 : 9, c, c, c, c);
    if (b->sums)
        db_add(s, n, "part u%u db_pim_sum;wire d%u.out[9] u%u.w d2;part k%u take;wire u%u.y k%u.x d2;part n%u take;wire u%u.y_tag n%u.x d2;",
               c, c, c, c, c, c, c, c, c);
    for (uint32_t m = 0; m < DB_MACROS; m++) {
        const uint32_t i = c * DB_MACROS + m;
        db_add(s, n, "part i%u slicer;set i%u order msb;set i%u skip 1;set i%u ends 0;part a%u db_pim_array;set a%u strict 0;part t%u csd_tree;"
               "part p%u shift_add;set p%u by tag;set p%u width 24;set p%u lanes %d;", i, i, i, i, i, i, i, i, i, i, i, DB_COLUMNS);
        db_add(s, n, "wire s.row[%u] i%u.x p2;wire s.row_tag[%u] i%u.x_tag p2;wire i%u.y a%u.x d2;wire i%u.y_tag a%u.x_tag d2;wire a%u.y t%u.x d2;"
               "wire a%u.y_tag t%u.x_tag d2;wire t%u.sum p%u.x d2;wire t%u.sum_tag p%u.x_tag d2;"
               "wire d%u.out[%u] a%u.w d2;wire d%u.out[%u] t%u.w d2;", i, i, i, i, i, i, i, i, i, i, i, i, i, i, i, i, c, m, i, c,
               m + DB_MACROS, i);
        if (b->sums)
            db_add(s, n, "wire p%u.y u%u.x[%u] d2;wire p%u.y_tag u%u.x_tag[%u] d2;", i, c, m, i, c, m);
        else
            db_add(s, n, "part q%u take;wire p%u.y q%u.x d2;", i, i, i);
    }
}

/* The words of core c: header and cells when there are some, then its mask. */
static inline size_t db_words(struct db_bench *b, uint32_t c)
{
    uint64_t *w = b->words[c];
    size_t n = 0;

    for (uint32_t r = 0; r < b->nrows; r++, n++) {
        w[n * DB_ITEM] = r == b->nrows - 1 ? DB_HEADER : r;
        memcpy(w + n * DB_ITEM + 1, b->rows[r == b->nrows - 1 ? DB_HEADER : r], sizeof b->rows[0]);
    }
    for (uint32_t half = 0; half < 2; half++, n++) {
        w[n * DB_ITEM] = DB_MASK + half;
        memcpy(w + n * DB_ITEM + 1, b->mask[c] + (size_t)half * DB_ROW_WORDS, sizeof b->rows[0]);
    }
    return n * DB_ITEM;
}

static inline size_t db_windows(struct db_bench *b)
{
    size_t n = 0;

    for (uint32_t w = 0; w < b->windows; w++)
        for (uint32_t m = 0; m < (b->feed_rows == 1 ? b->valid : 1); m++, n++) {
            for (uint32_t i = 0; i < b->feed_rows * DB_WINDOW; i++)
                b->item[n * b->feed_rows * DB_WINDOW + i] = b->x[w][m + i / DB_WINDOW][i % DB_WINDOW];
            const uint64_t tag[DB_WIN_LANES] = { w + 1 == b->windows, 0, b->valid, m };
            memcpy(b->tag + n * DB_WIN_LANES, tag, sizeof tag);
        }
    return n;
}

/* Builds the rig; it is run by rig_ticks. */
static inline void db_begin(struct rig *r, struct db_bench *b)
{
    static const char *const w[DB_BENCH_CORES] = { "w0", "w1", "w2", "w3", "w4", "w5", "w6", "w7" };
    static char s[RIG_SCRIPT - 64];
    size_t n = 0;

    db_add(s, &n, "part g give;set g first %d;part h give;set h first %d;part s db_pim_san;set s cores %u;set s macros %u;set s feed_rows %u;set s row_cycles %u;wire g.x s.x d2;"
           "wire h.x s.x_tag d2;", DB_FIRST, DB_FIRST, b->cores, b->cores * DB_MACROS, b->feed_rows, b->row_cycles);
    for (uint32_t c = 0; c < b->cores; c++)
        db_core(s, &n, b, c);
    rig_begin_with(r, NULL, s);
    const size_t items = db_windows(b);
    rig_items(r, "g", b->item, items * b->feed_rows * DB_WINDOW);
    rig_items(r, "h", b->tag, items * DB_WIN_LANES);
    for (uint32_t c = 0; c < b->cores; c++)
        rig_items(r, w[c], b->words[c], db_words(b, c));
}

/* Cycles of the pass for one macro, as section 4 of the specification counts them: from the feed's first test to the tick that sees its last
 * sum; and for the last macro of a core. Without `sums`. */
static inline uint64_t db_pass_of(const struct rig *r, uint32_t core, uint32_t m)
{
    char name[16];

    snprintf(name, sizeof name, "q%u", core * DB_MACROS + m);
    return rig_last_edge(r, name) - (DB_FIRST + 1);
}
static inline uint64_t db_pass(const struct rig *r, uint32_t core)
{
    uint64_t last = 0;

    for (uint32_t m = 0; m < DB_MACROS; m++)
        last = db_pass_of(r, core, m) > last ? db_pass_of(r, core, m) : last;
    return last;
}

#endif
