/* slots.c - the slots of a macro: rows x columns x time, of which each went somewhere. A part says of each of its macros when it operates, with how
 * much of it, when it is written, and when it holds results that nobody takes; what that leaves is named by what ended it. */
#include "kernel/observe/inside.h"

#include <stdio.h>
#include <stdlib.h>

/* What is counted of a macro, in the part's own time. Products are 128 bits wide, in halves of 32 bits each of which may be added up by itself. */
enum { USED, CELLS_HIGH, CELLS_LOW, COLUMNS_HIGH, COLUMNS_LOW, LOADED, BLOCKED, STARVED, EDGES, OVER, NUMBERS };
_Static_assert((int)NUMBERS == (int)BL_SLOT_NUMBERS, "sim.h has their number");
enum { LOW_BITS = 32 };

struct said { uint64_t at, rows, cols; };
struct meter {                       /* state: of a macro */
    struct said is, then;            /* then: from `change` on */
    uint64_t since, change;          /* own time; change 0: nothing follows */
    uint64_t waited;                 /* since its last act */
    uint64_t acted_fs, acts;         /* when that ended; acts since the last cut */
};
struct macro { const struct bl_node *n; uint64_t rows, cols; uint32_t k, of; bool only; };      /* only: the part is this macro and nothing else */        /* frozen */
struct slots {                       /* frozen, but for what it points to */
    size_t n;
    struct macro *macro;
    uint32_t *first;                 /* by node, NONE */
    struct meter *meter;             /* state */
    uint64_t *sum;                   /* state: NUMBERS a macro */
    struct meter *copy;              /* scratch */
};

static bool acts(const struct said *x) { return x->at >= BL_SLOTS_LOAD; }

/* ---- layout ---- */

static const struct bl_field *row_of(const struct bl_class *c)
{
    const struct bl_field *f = c->fields;

    while (f && f->kind && f->kind != BL_KIND_SLOTS)
        f++;
    return f && f->kind ? f : NULL;
}

/* A number, or the value of a parameter. */
static uint64_t number(const struct bl_node *n, int32_t x)
{
    int64_t v = x;

    if (x < 0)
        memcpy(&v, n->self + (size_t)-x, sizeof v);
    return (uint64_t)v;
}

static uint32_t macros_of(const struct bl_node *n)
{
    const struct bl_field *f = row_of(n->info->cls);

    return !f ? 0 : (int32_t)f->least ? (uint32_t)number(n, (int32_t)f->least) : 1;
}

void slots_layout(struct bl_sim *s)
{
    size_t n = 0, at = 0;

    for (size_t i = 0; i < s->frozen.nparts; i++)
        n += macros_of(s->frozen.nodes[i]);
    if (!n)
        return;
    struct slots *x = s->frozen.slots = arena_get(&s->fixed, sizeof *x);
    *x = (struct slots){ .n = n, .macro = arena_get(&s->fixed, n * sizeof *x->macro), .first = arena_get(&s->fixed, (s->frozen.nparts + 1) * sizeof *x->first),
                         .meter = arena_get(&s->state, n * sizeof *x->meter), .copy = arena_get(&s->fixed, n * sizeof *x->copy), .sum = arena_get(&s->state, n * NUMBERS * sizeof *x->sum) };
    for (size_t i = 0; i < s->frozen.nparts; i++) {
        const struct bl_node *p = s->frozen.nodes[i];
        const struct bl_field *f = row_of(p->info->cls);
        const uint32_t of = macros_of(p);
        x->first[i] = of ? (uint32_t)at : NONE;
        for (uint32_t k = 0; k < of; k++)
            x->macro[at++] = (struct macro){ p, number(p, f->lanes), number(p, f->bits), k, of, !(int32_t)f->least };
    }
}

/* ---- booked ---- */

static void add_wide(uint64_t *halves, bl_slot_count v)
{
    halves[0] += (uint64_t)(v >> LOW_BITS);
    halves[1] += (uint64_t)v & (UINT64_MAX >> (64 - LOW_BITS));
}

static bl_slot_count wide(const uint64_t *halves) { return ((bl_slot_count)halves[0] << LOW_BITS) + halves[1]; }

static void book_span(struct meter *m, uint64_t *sum, uint64_t dt)
{
    m->acts += dt && acts(&m->is);
    switch (m->is.at) {
    case BL_SLOTS_USE:
        sum[USED] += dt;
        add_wide(sum + CELLS_HIGH, (bl_slot_count)dt * m->is.rows * m->is.cols);
        add_wide(sum + COLUMNS_HIGH, (bl_slot_count)dt * m->is.cols);
        break;
    case BL_SLOTS_LOAD: sum[LOADED] += dt; break;
    case BL_SLOTS_BLOCKED: sum[BLOCKED] += dt; break;
    default: m->waited += dt;
    }
}

/* It is at x from `since` on: an act names the wait before it. */
static void turn(struct meter *m, uint64_t *sum, const struct said *x)
{
    if (acts(x) && m->waited) {
        sum[!m->acts ? EDGES : x->at == BL_SLOTS_LOAD ? LOADED : STARVED] += m->waited;
        m->waited = 0;
    }
    m->acts += acts(x);              /* even if it takes no time */
    m->is = *x;
}

/* Up to `at`, in its own time, which is `fs`. */
static void book(struct meter *m, uint64_t *sum, uint64_t at, uint64_t fs)
{
    const bool acted = acts(&m->is);

    if (m->change && m->change <= at) {
        book_span(m, sum, m->change - m->since);
        m->since = m->change;
        m->change = 0;
        turn(m, sum, &m->then);
    }
    book_span(m, sum, at - m->since);
    m->since = at;
    if (acted || acts(&m->is))
        m->acted_fs = fs;
}

static inline uint64_t own_time(const struct bl_sim *s, const struct bl_node *n)
{
    return n->info->cls->tick && s->run.in_tick ? s->frozen.domains[n->domain].st->cycle : ledger_clock(s, n, s->core->now);
}

/* ---- what a part says ---- */

static _Noreturn void no_slots(const void *self, const struct macro *m, uint32_t k, uint64_t rows, uint64_t cols)
{
    char text[256];

    if (!m)
        bl_misuse(self, "bl_slots in a class without a row BL_SLOTS");
    if (k >= m->of)
        snprintf(text, sizeof text, "bl_slots of macro %u; it has %u", k, m->of);
    else
        snprintf(text, sizeof text, "bl_slots of %llu rows and %llu columns; the macro has %llu x %llu", (unsigned long long)rows, (unsigned long long)cols,
                 (unsigned long long)m->rows, (unsigned long long)m->cols);
    bl_misuse(self, text);
}

/* The meter of macro k; misuse when there is none, or it is not as large. */
static struct meter *meter_of(struct bl_node *n, void *self, uint32_t k, uint64_t rows, uint64_t cols, uint64_t **sum)
{
    const struct slots *x = n->sim->frozen.slots;
    const uint32_t first = x && n->id < n->sim->frozen.nparts ? x->first[n->id] : NONE;
    const struct macro *m = first == NONE ? NULL : &x->macro[first];

    if (__builtin_expect(!m || k >= m->of || rows > m->rows || cols > m->cols, 0))
        no_slots(self, m, k, rows, cols);
    *sum = x->sum + (size_t)(first + k) * NUMBERS;
    return &x->meter[first + k];
}

void bl_slots(void *self, uint32_t k, enum bl_slots_at at, uint64_t rows, uint64_t cols)
{
    struct bl_node *n = node_of(self, __func__);
    uint64_t *sum;
    struct meter *m = meter_of(n, self, k, rows, cols, &sum);
    const struct said x = { at, rows, cols };

    if (m->is.at == at && m->is.rows == rows && m->is.cols == cols && !m->change)
        return;
    book(m, sum, own_time(n->sim, n), n->sim->core->now);
    m->change = 0;
    turn(m, sum, &x);
}

void bl_slots_then(void *self, uint32_t k, uint64_t after, enum bl_slots_at at, uint64_t rows, uint64_t cols)
{
    struct bl_node *n = node_of(self, __func__);
    uint64_t *sum;
    struct meter *m = meter_of(n, self, k, rows, cols, &sum);
    const uint64_t now = own_time(n->sim, n);
    const struct said x = { at, rows, cols };

    book(m, sum, now, n->sim->core->now);
    m->change = after ? now + after : 0;
    m->then = x;
    if (!after)
        turn(m, sum, &x);
}

/* ---- the end of a layer, of a run ---- */

/* What a macro waits for after its last act is the others, as long as one of them acts; then what is behind them. One that has not acted has
 * nothing to do. */
static void name_rest(const struct bl_sim *s, const struct macro *c, struct meter *m, uint64_t *sum, uint64_t last)
{
    const uint64_t others = m->acts && last > m->acted_fs ? ledger_clock(s, c->n, last) - ledger_clock(s, c->n, m->acted_fs) : 0;
    const uint64_t over = !m->acts || others > m->waited ? m->waited : others;

    sum[OVER] += over;
    sum[EDGES] += m->waited - over;
    m->waited = 0;
    m->acts = 0;
}

/* Everything up to now gets its name. */
static void close_meters(const struct bl_sim *s, struct meter *m, uint64_t *sum)
{
    const struct slots *x = s->frozen.slots;
    uint64_t last = 0;

    for (size_t i = 0; i < x->n; i++) {
        book(&m[i], sum + i * NUMBERS, ledger_clock(s, x->macro[i].n, s->core->now), s->core->now);
        if (m[i].acts && m[i].acted_fs > last)
            last = m[i].acted_fs;
    }
    for (size_t i = 0; i < x->n; i++)
        name_rest(s, &x->macro[i], &m[i], sum + i * NUMBERS, last);
}

void slots_cut(struct bl_sim *s)
{
    if (s->frozen.slots)
        close_meters(s, s->frozen.slots->meter, s->frozen.slots->sum);
}

void slots_begin_anew(struct bl_sim *s)
{
    const struct slots *x = s->frozen.slots;

    for (size_t i = 0; x && i < x->n; i++)
        x->meter[i].since = x->macro[i].n->info->cls->tick ? 0 : s->core->now;
}

uint64_t *slots_sums(const struct bl_sim *s, size_t *n)
{
    const struct slots *x = s->frozen.slots;

    *n = x ? x->n * NUMBERS : 0;
    return x ? x->sum : NULL;
}

bool slots_good(const struct bl_sim *s)
{
    const struct slots *x = s->frozen.slots;

    for (size_t i = 0; x && i < x->n; i++) {
        const struct meter *m = &x->meter[i];
        const struct macro *c = &x->macro[i];
        if (m->is.at > BL_SLOTS_USE || m->then.at > BL_SLOTS_USE || m->is.rows > c->rows || m->then.rows > c->rows || m->is.cols > c->cols ||
            m->then.cols > c->cols || m->since > ledger_clock(s, c->n, s->core->now) || (m->change && m->change < m->since) || m->acted_fs > s->core->now)
            return false;
    }
    return true;
}

/* ---- read ---- */

size_t bl_slots_macros(const struct bl_sim *s) { return !NOBODY(s) && s->elaborated && s->frozen.slots ? s->frozen.slots->n : 0; }

int bl_slots_at(const struct bl_sim *s, size_t i, struct bl_slots_row *row)
{
    *row = (struct bl_slots_row){ NULL, NULL, NULL, 0, 0, 0 };
    if (i >= bl_slots_macros(s))
        return -1;
    const struct macro *c = &s->frozen.slots->macro[i];
    *row = (struct bl_slots_row){ c->n->path, c->n->info->cls->name, c->n->info->cls->tick ? s->frozen.domains[c->n->domain].name : NULL, c->k, c->rows, c->cols };
    return 0;
}

void bl_slots_total(struct bl_sim *s, uint64_t *v)
{
    const struct slots *x = bl_slots_macros(s) ? s->frozen.slots : NULL;

    if (!x || MISSING(s, v))
        return;
    memcpy(v, x->sum, x->n * NUMBERS * sizeof *v);
    memcpy(x->copy, x->meter, x->n * sizeof *x->copy);
    close_meters(s, x->copy, v);
}

uint64_t bl_slots_time(const uint64_t *v) { return v[USED] + v[LOADED] + v[BLOCKED] + v[STARVED] + v[EDGES] + v[OVER]; }

void bl_slots_of(const struct bl_slots_row *row, const uint64_t *v, bl_slot_count slots[BL_SLOT_KINDS])
{
    const bl_slot_count all = (bl_slot_count)row->rows * row->cols, columns = wide(v + COLUMNS_HIGH), cells = wide(v + CELLS_HIGH);

    slots[BL_SLOT_USEFUL] = cells;
    slots[BL_SLOT_ROWS] = row->rows * columns - cells;
    slots[BL_SLOT_COLUMNS] = row->rows * (row->cols * (bl_slot_count)v[USED] - columns);
    slots[BL_SLOT_STARVED] = all * v[STARVED];
    slots[BL_SLOT_LOAD] = all * v[LOADED];
    slots[BL_SLOT_BLOCKED] = all * v[BLOCKED];
    slots[BL_SLOT_EDGES] = all * v[EDGES];
    slots[BL_SLOT_FINISHED] = all * v[OVER];
}

/* ---- checked ---- */

/* All edges, or fs, of the run, and what the account has as work. Both are counted by others. */
static int check_macro(const struct bl_sim *s, const struct macro *c, const uint64_t *v)
{
    const struct bl_node *n = c->n;
    const bool ticks = n->info->cls->tick != NULL;
    const uint64_t elapsed = ticks ? edges_of_all(&s->frozen.domains[n->domain], s->core->now) : s->core->now;
    const uint64_t acted = v[USED] + v[LOADED], sum = bl_slots_time(v);
    const uint64_t busy = ticks && c->only ? ledger_spent(s, n, BL_BUSY, s->core->now) : 0;

    if (sum == elapsed && acted >= busy)
        return 0;
    return bl_error(s->diag, "%s: slots of macro %u: class %s says that it operated or was written in %llu %s, and of these and all others there are %llu; expected "
                    "%llu in all, and at least %llu of work", n->path, c->k, n->info->cls->name, (unsigned long long)acted, ticks ? "cycles" : "fs", (unsigned long long)sum,
                    (unsigned long long)elapsed, (unsigned long long)busy);
}

int bl_slots_check(struct bl_sim *s)
{
    const size_t n = bl_slots_macros(s);
    uint64_t *v = n ? calloc(n, NUMBERS * sizeof *v) : NULL;
    int bad = 0;

    if (n && !v)
        return bl_error(s->diag, "out of memory");
    if (v)
        bl_slots_total(s, v);
    for (size_t i = 0; i < n; i++)
        bad |= check_macro(s, &s->frozen.slots->macro[i], v + i * NUMBERS);
    free(v);
    return bad;
}
