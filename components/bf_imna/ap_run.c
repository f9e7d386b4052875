/* ap_run.c - macro-operations on whole columns: the passes of a LUT in the order of their table, 512 rows at a time. Compiled
 * several times, for the vector units that a processor may have; all variants give the same bits. */
#include "components/bf_imna/ap.h"

#include <string.h>

typedef uint64_t vec __attribute__((vector_size(8 * AP_VECTOR)));
typedef uint64_t vec_at __attribute__((vector_size(8 * AP_VECTOR), aligned(8), may_alias));    /* in memory */
#define BOTH static inline __attribute__((always_inline))

#if defined __x86_64__
#define WIDE __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vpopcntdq,bmi2,popcnt")))
#define HALF __attribute__((target("avx2,bmi2,popcnt")))
static int level(void)
{
    if (__builtin_cpu_supports("avx512vpopcntdq") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512dq"))
        return 2;
    return __builtin_cpu_supports("avx2") ? 1 : 0;
}
#else
#define WIDE
#define HALF
static int level(void) { return 0; }
#endif

/* What the passes matched, each lane for itself: rows, and rows in which two columns were written. */
struct hits { vec rows, twos; };

BOTH void load(vec *v, const uint64_t *at) { *v = *(const vec_at *)(const void *)at; }
BOTH void store(uint64_t *at, const vec *v) { *(vec_at *)(void *)at = *v; }

/* Adds the ones of each lane of x to sum. counts: the processor counts them; else by halves (Hacker's Delight, 5-1). */
BOTH void count(vec *sum, const vec *v, bool counts)
{
    vec x = *v;

    if (counts) {
        vec n;
        for (int k = 0; k < AP_VECTOR; k++)
            n[k] = (uint64_t)__builtin_popcountll(x[k]);
        *sum += n;
        return;
    }
    x -= x >> 1 & UINT64_C(0x5555555555555555);
    x = (x & UINT64_C(0x3333333333333333)) + (x >> 2 & UINT64_C(0x3333333333333333));
    x = (x + (x >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    x += x >> 8;
    x += x >> 16;
    *sum += (x + (x >> 32)) & 127;
}

BOTH uint64_t total(const vec *v)
{
    uint64_t n = 0;

    for (int k = 0; k < AP_VECTOR; k++)
        n += (*v)[k];
    return n;
}

/* One pass of a three-column LUT: compare, then write the rows that match. */
BOTH void pass(vec *hit, vec *carry, vec *b, const vec *a, const vec *when, const struct bl_ap_pass p)
{
    vec m = *when;

    m &= p.match & 4 ? *carry : ~*carry;
    m &= p.match & 2 ? *b : ~*b;
    m &= p.match & 1 ? *a : ~*a;
    if (p.write & 4)
        *carry = p.value & 4 ? *carry | m : *carry & ~m;
    if (p.write & 2)
        *b = p.value & 2 ? *b | m : *b & ~m;
    *hit = m;
}

/* The four passes of one column pair. Passes 0 and 2 write two columns, 1 and 3 one, in both tables. */
BOTH void add_bit(vec hit[AP_PASSES], vec *carry, vec *b, const vec *a, const vec *when, bool sub, struct hits *n, bool counts)
{
    pass(&hit[0], carry, b, a, when, sub ? bl_ap_sub[0] : bl_ap_add[0]);
    pass(&hit[1], carry, b, a, when, sub ? bl_ap_sub[1] : bl_ap_add[1]);
    pass(&hit[2], carry, b, a, when, sub ? bl_ap_sub[2] : bl_ap_add[2]);
    pass(&hit[3], carry, b, a, when, sub ? bl_ap_sub[3] : bl_ap_add[3]);
    vec twos = hit[0] | hit[2], rows = twos | hit[1] | hit[3];     /* no row matches two passes */
    count(&n->twos, &twos, counts);
    count(&n->rows, &rows, counts);
}

BOTH void rows_of(vec *use, uint32_t rows, uint32_t w)
{
    for (uint32_t k = 0; k < AP_VECTOR; k++) {
        uint32_t first = 64 * (w + k);
        (*use)[k] = rows >= first + 64 ? UINT64_MAX : rows <= first ? 0 : (UINT64_C(1) << (rows & 63)) - 1;
    }
}

/* One addition or subtraction of m-bit words in rows 64 w .. 64 w + 511. */
BOTH void add_words(const struct bl_ap_cells *x, const struct bl_ap_cmd *c, uint32_t w, uint32_t last, uint64_t *tag, struct hits *n,
                    bool whole, bool sub, bool counts)
{
    uint64_t *a = x->cell + (size_t)c->a * x->words + w, *b = x->cell + (size_t)c->b * x->words + w;
    uint64_t *top = x->cell + (size_t)c->c * x->words + w;
    vec carry, use, hit[AP_PASSES];

    if (whole)
        use = ~(vec){ 0 };
    else
        rows_of(&use, c->rows, w);
    load(&carry, top);
    for (uint32_t i = 0; i < c->m; i++, a += x->words, b += x->words) {
        vec va, vb;
        load(&va, a);
        load(&vb, b);
        add_bit(hit, &carry, &vb, &va, &use, sub, n, counts);
        store(b, &vb);
    }
    store(top, &carry);
    store(tag + w, &hit[last]);
}

BOTH void add(const struct bl_ap_cells *x, const struct bl_ap_cmd *c, uint32_t last, uint64_t *tag, uint64_t *n, bool sub, bool counts)
{
    struct hits h = { 0 };
    uint32_t w = 0;

    for (; w < x->words && 64 * (w + AP_VECTOR) <= c->rows; w += AP_VECTOR)
        add_words(x, c, w, last, tag, &h, true, sub, counts);
    for (; w < x->words; w += AP_VECTOR)
        add_words(x, c, w, last, tag, &h, false, sub, counts);
    n[0] += total(&h.rows);
    n[1] += total(&h.twos);
}

BOTH void mul_words(const struct bl_ap_cells *x, const struct bl_ap_cmd *c, uint32_t w, uint32_t last, uint64_t *tag, struct hits *n,
                    bool counts)
{
    const uint64_t *a = x->cell + (size_t)c->a * x->words + w, *b = x->cell + (size_t)c->b * x->words + w;
    uint64_t *out = x->cell + (size_t)c->c * x->words + w;
    vec use, hit[AP_PASSES];

    rows_of(&use, c->rows, w);
    for (uint32_t j = 0, bits = bl_ap_mul_bits(c); j < bits; j++) {
        bool sub = c->op == AP_MULS && j + 1 == bits;
        vec when, carry;
        load(&when, b + (size_t)j * x->words);
        when &= use;
        load(&carry, out + (size_t)(j + c->m) * x->words);
        for (uint32_t i = 0; i < c->m; i++) {
            vec va, vc;
            load(&va, a + (size_t)i * x->words);
            load(&vc, out + (size_t)(i + j) * x->words);
            if (sub)
                add_bit(hit, &carry, &vc, &va, &when, true, n, counts);
            else
                add_bit(hit, &carry, &vc, &va, &when, false, n, counts);
            store(out + (size_t)(i + j) * x->words, &vc);
        }
        store(out + (size_t)(j + c->m) * x->words, &carry);
    }
    store(tag + w, &hit[last]);
}

BOTH void mul(const struct bl_ap_cells *x, const struct bl_ap_cmd *c, uint32_t last, uint64_t *tag, uint64_t *n, bool counts)
{
    struct hits h = { 0 };

    for (uint32_t w = 0; w < x->words; w += AP_VECTOR)
        mul_words(x, c, w, last, tag, &h, counts);
    n[0] += total(&h.rows);
    n[1] += total(&h.twos);
}

/* Words of m columns move up by `half` rows, from b to a: rows of `real` take them, others of `taker` become zero. */
BOTH void move(const struct bl_ap_cells *x, const struct bl_ap_cmd *c, uint32_t m, uint32_t half, uint32_t w0, uint32_t w1,
               const uint64_t *real, const uint64_t *taker)
{
    uint32_t skip = half / 64, shift = half & 63;

    for (uint32_t i = 0; i < m; i++) {
        const uint64_t *from = x->cell + (size_t)(c->b + i) * x->words + skip;
        uint64_t *to = x->cell + (size_t)(c->a + i) * x->words;
        for (uint32_t w = w0; w < w1; w += AP_VECTOR) {
            vec lo, hi, r, t, old;
            load(&lo, from + w);
            load(&hi, from + w + 1);
            load(&r, real + w);
            load(&t, taker + w);
            load(&old, to + w);
            old = (old & ~t) | (((lo >> shift) | (hi << 1 << (63 - shift))) & r);
            store(to + w, &old);
        }
    }
}

/* ---- variants ---- */

#define VARIANTS(attribute, suffix, counts) \
    attribute static void add_##suffix(const struct bl_ap_cells *x, const struct bl_ap_cmd *c, uint32_t last, uint64_t *tag, uint64_t *n) \
    { \
        if (c->op == AP_SUB) \
            add(x, c, last, tag, n, true, counts); \
        else \
            add(x, c, last, tag, n, false, counts); \
    } \
    attribute static void mul_##suffix(const struct bl_ap_cells *x, const struct bl_ap_cmd *c, uint32_t last, uint64_t *tag, uint64_t *n) \
    { \
        mul(x, c, last, tag, n, counts); \
    } \
    attribute static void move_##suffix(const struct bl_ap_cells *x, const struct bl_ap_cmd *c, uint32_t m, uint32_t half, uint32_t w0, \
                                        uint32_t w1, const uint64_t *real, const uint64_t *taker) \
    { \
        move(x, c, m, half, w0, w1, real, taker); \
    }
VARIANTS(, base, false)
VARIANTS(HALF, half, false)
VARIANTS(WIDE, wide, true)

static const struct variant {
    void (*add)(const struct bl_ap_cells *, const struct bl_ap_cmd *, uint32_t, uint64_t *, uint64_t *);
    void (*mul)(const struct bl_ap_cells *, const struct bl_ap_cmd *, uint32_t, uint64_t *, uint64_t *);
    void (*move)(const struct bl_ap_cells *, const struct bl_ap_cmd *, uint32_t, uint32_t, uint32_t, uint32_t, const uint64_t *,
                 const uint64_t *);
} variants[] = { { add_base, mul_base, move_base }, { add_half, mul_half, move_half }, { add_wide, mul_wide, move_wide } };

/* ---- macro-operations ---- */

static void passed(struct bl_ap_count *n, const uint64_t *hits, uint64_t passes, uint32_t rows)
{
    n->compare += passes;
    n->write += passes;
    n->line += passes * rows;
    n->matched += hits[0];
    n->cell += hits[0] + hits[1];
    n->driven += 2 * hits[0];
}

static void run_add(const struct variant *v, const struct bl_ap_cells *x, const struct bl_ap_cmd *c, const uint8_t *order, uint64_t *rowtag,
                    struct bl_ap_count *n)
{
    uint64_t hits[2] = { 0 };

    if (!c->m)
        return;
    v->add(x, c, order[AP_PASSES - 1], rowtag, hits);
    passed(n, hits, 4 * (uint64_t)c->m, c->rows);
}

static void run_mul(const struct variant *v, const struct bl_ap_cells *x, const struct bl_ap_cmd *c, const uint8_t *order, uint64_t *rowtag,
                    struct bl_ap_count *n)
{
    uint64_t hits[2] = { 0 };

    v->mul(x, c, order[AP_PASSES - 1], rowtag, hits);
    passed(n, hits, 4 * (uint64_t)c->m * bl_ap_mul_bits(c), c->rows);
}

static void fill(uint64_t *v, uint32_t first, uint32_t n)
{
    for (uint32_t end = first + n; first < end;) {
        uint32_t room = 64 - (first & 63), k = end - first < room ? end - first : room;
        v[first / 64] |= (k == 64 ? UINT64_MAX : (UINT64_C(1) << k) - 1) << (first & 63);
        first += k;
    }
}

/* The word of the last transfer of a round stays in the column tags. */
static void last_word(const struct bl_ap_cells *x, uint32_t b, uint32_t m, uint32_t row, bool partner, uint64_t *coltag)
{
    memset(coltag, 0, (x->cols + 63) / 64 * sizeof *coltag);
    for (uint32_t i = 0; partner && i < m; i++)
        coltag[(b + i) / 64] |= (x->cell[(size_t)(b + i) * x->words + row / 64] >> (row & 63) & 1) << ((b + i) & 63);
}

/* All transfers of a round; len: what is left of each group's windows, halved. */
static void transfers(const struct variant *v, const struct bl_ap_cells *x, const struct bl_ap_cmd *c, uint32_t m,
                      const struct bl_ap_windows *w, uint32_t *len, uint64_t *coltag, uint64_t *scratch, struct bl_ap_count *n)
{
    for (uint32_t g = 0; g < w->groups; g++) {
        uint32_t half = (len[g] + 1) / 2, words = len[g] - half, span = w->g[g].len, count = w->g[g].count, first = w->g[g].first;
        uint32_t w0 = first / 64, w1 = (first + span * count + 63) / 64;
        uint64_t *real = scratch, *taker = scratch + x->words + AP_VECTOR;
        uint32_t top = first + (count - 1) * span + half - 1;
        if (g + 1 == w->groups)
            last_word(x, c->b, m, top + half, words == half, coltag);
        memset(real + w0, 0, (w1 - w0 + AP_VECTOR) * sizeof *real);
        memset(taker + w0, 0, (w1 - w0 + AP_VECTOR) * sizeof *taker);
        for (uint32_t k = 0; k < count; k++) {
            fill(real, first + k * span, words);
            fill(taker, first + k * span, half);
        }
        v->move(x, c, m, half, w0, w1, real, taker);
        uint64_t moved = (uint64_t)half * count;
        n->read += moved;
        n->write += moved;
        n->line += (uint64_t)words * count * m;
        n->cell += moved * m;
        n->driven += moved * m;
        len[g] = half;
    }
}

static void steps(const struct bl_ap_cells *x, const struct bl_ap_cmd *c, const uint8_t *order, uint64_t *rowtag, uint64_t *coltag,
                  struct bl_ap_count *n)
{
    struct bl_ap_at at = { 0 };
    struct bl_ap_uop u;

    while (bl_ap_next(c, &at, order, &u)) {
        if (u.kind == WR_ROW)
            bl_ap_row_key(c, &u, coltag);
        bl_ap_do(x, &u, rowtag, rowtag, coltag, n);
    }
}

static void extend_sign(const struct bl_ap_cells *x, const struct bl_ap_cmd *c, uint64_t *rowtag, struct bl_ap_count *n)
{
    struct bl_ap_uop u = { .kind = CMP_H, .rows = c->rows };
    uint32_t sign = c->b + c->m - 1;

    u.key[sign / 64] = u.mask[sign / 64] = UINT64_C(1) << (sign & 63);
    bl_ap_do(x, &u, NULL, rowtag, NULL, n);
    memset(u.mask, 0, sizeof u.mask);
    for (uint32_t k = sign + 1; k < c->b + c->n; k++)
        u.mask[k / 64] |= UINT64_C(1) << (k & 63);
    memcpy(u.key, u.mask, sizeof u.key);
    u.kind = WR_H;
    bl_ap_do(x, &u, NULL, rowtag, NULL, n);
}

static void run_rounds(const struct variant *v, const struct bl_ap_cells *x, const struct bl_ap_cmd *c, const uint8_t *order,
                       uint64_t *rowtag, uint64_t *coltag, uint64_t *scratch, struct bl_ap_count *n)
{
    struct bl_ap_windows w;
    struct bl_ap_cmd sum = *c;
    uint32_t len[3] = { 0 };

    bl_ap_windows(c->phase, c->len, c->rows, &w);
    for (uint32_t g = 0; g < w.groups; g++)
        len[g] = w.g[g].len;
    if (c->op == AP_REDUCE && c->n > c->m)
        extend_sign(x, c, rowtag, n);
    for (uint32_t q = 0, rounds = bl_ap_rounds(&w); q < rounds; q++) {
        sum.op = c->op == AP_MAXRED ? AP_MAX : AP_ADD;
        sum.m = c->op == AP_MAXRED ? c->m : c->n ? c->n : c->m + q;
        transfers(v, x, c, sum.m, &w, len, coltag, scratch, n);
        if (c->op == AP_MAXRED) {
            steps(x, &sum, order, rowtag, coltag, n);
            continue;
        }
        sum.c = c->n ? c->c : c->b + sum.m;
        if (c->n) {
            const struct bl_ap_cmd zero = { .op = AP_CLEAR, .a = c->c, .n = 1, .rows = c->rows };
            steps(x, &zero, order, rowtag, coltag, n);
        }
        run_add(v, x, &sum, order, rowtag, n);
    }
}

void bl_ap_run(const struct bl_ap_cells *x, const struct bl_ap_cmd *c, const uint8_t order[AP_PASSES], uint64_t *rowtag,
               uint64_t *coltag, uint64_t *scratch, struct bl_ap_count *n)
{
    int widest = level();
    const struct variant *v = &variants[x->limit && (int)x->limit <= widest ? (int)x->limit - 1 : widest];

    switch (c->op) {
    case AP_ADD: case AP_SUB: run_add(v, x, c, order, rowtag, n); break;
    case AP_MUL: case AP_MULS: run_mul(v, x, c, order, rowtag, n); break;
    case AP_REDUCE: case AP_MAXRED: run_rounds(v, x, c, order, rowtag, coltag, scratch, n); break;
    default: steps(x, c, order, rowtag, coltag, n);
    }
}
