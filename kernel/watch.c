/* watch.c - traces: which signals changed at a time, clocks drawn over skipped
 * edges and power averaged over windows, all handed to a writer in canonical order. */
#include "kernel/watch.h"

#include <stdio.h>
#include <stdlib.h>

static void listen(struct bl_trace *t, struct bl_sim *s, uint32_t number)
{
    for (uint32_t i = 0; i < t->n; i++) {
        uint32_t id = number << TRACE_SHIFT | i;
        const struct signal *g = &t->sig[i];
        if (t->vars[i].alias)
            continue;
        if (g->from == A_WORD)
            listen_to(s, s->words[g->index], WATCHES, id);
        if (g->from == A_COUNT || g->from == AN_ITEM)
            listen_to(s, s->rings[g->index]->push_word, WATCHES, id);
        if (g->from == A_COUNT)
            listen_to(s, s->rings[g->index]->pop_word, WATCHES, id);
    }
    freeze_listeners(s);
}

static void start_power(const struct bl_sim *s, struct bl_trace *t, uint64_t fs);

struct bl_trace *bl_trace_begin(struct bl_sim *s, const struct bl_wave_ops *ops, const char *path,
                                const struct bl_trace_opts *o, struct bl_diag *diag)
{
    struct bl_trace *t = fresh(1, sizeof *t);

    if (!s->frozen || s->ntraces == 63) {
        free(t);
        bl_error(diag ? diag : s->diag, "%s: a trace begins after elaboration, at most 63 at once", path);
        return NULL;
    }
    t->ops = ops;
    t->diag = diag ? diag : s->diag;
    t->o = *o;
    if (t->o.to_fs == 0)
        t->o.to_fs = UINT64_MAX;
    if (t->o.from_fs < s->core->now)
        t->o.from_fs = s->core->now;
    t->verdict_of = fresh(s->nnodes + 1, sizeof *t->verdict_of);
    memset(t->verdict_of, 0xff, (s->nnodes + 1) * sizeof *t->verdict_of);
    signals_choose(t, s);
    t->pending = fresh(t->n / 64 + 1, sizeof *t->pending);
    t->raw = fresh(t->nraw, 1);
    t->shadow = fresh(t->nshadow + 1, sizeof *t->shadow);
    s->traces = grown(s->traces, s->ntraces, &s->room_traces, sizeof(struct bl_trace *));
    s->traces[s->ntraces++] = t;
    if (t->n == 0)
        bl_error(t->diag, "%s: no signal is watched; the globs match nothing (`bitline show PLATFORM --signals` lists names)", path);
    else if (t->n >= 1u << TRACE_SHIFT)
        bl_error(t->diag, "%s: %zu signals; at most 2^26 in one trace", path, t->n);
    else
        t->wave = ops->open(path, t->vars, t->n, t->o.from_fs, t->diag);
    if (!t->wave) {
        t->ended = true;
        bl_trace_end(s, t);
        return NULL;
    }
    listen(t, s, (uint32_t)s->ntraces - 1);
    t->window = t->o.from_fs;
    if (t->o.from_fs == s->core->now)
        start_power(s, t, t->o.from_fs);
    return t;
}

const struct bl_wave_var *bl_trace_vars(const struct bl_trace *t, size_t *n)
{
    *n = t->n;
    return t->vars;
}

uint64_t bl_trace_changes(const struct bl_trace *t) { return t->changes; }

/* ---- handing over ---- */

static int at_time(struct bl_trace *t, uint64_t fs)
{
    if (t->timed && t->now == fs)
        return 0;
    t->now = fs;
    t->timed = true;
    return t->ops->time(t->wave, fs);
}

static int emit(struct bl_trace *t, uint32_t i, uint64_t fs)
{
    t->changes++;
    return at_time(t, fs) || t->ops->bits(t->wave, i, &t->shadow[t->sig[i].shadow]);
}

static int emit_if_changed(struct bl_sim *s, struct bl_trace *t, uint32_t i, uint64_t fs, bool always)
{
    uint64_t value[WIDEST / 64];
    const struct signal *g = &t->sig[i];
    uint64_t *old = &t->shadow[g->shadow];

    if (g->from == A_CLOCK || g->from == A_POWER || t->vars[i].alias)
        return 0;
    signal_value(s, g, value);
    if (!always && !memcmp(old, value, g->words * sizeof *old))
        return 0;
    memcpy(old, value, g->words * sizeof *old);
    return emit(t, i, fs);
}

/* Level of a domain's clock at fs: high in the first half of each period. */
static uint64_t clock_level(const struct domain *d, uint64_t fs)
{
    return fs >= d->phase && (fs - d->phase) % d->period < (d->period + 1) / 2;
}

static uint64_t next_clock_edge(const struct domain *d, uint64_t fs)   /* strictly after fs */
{
    if (fs < d->phase)
        return d->phase;
    uint64_t in = (fs - d->phase) % d->period, half = (d->period + 1) / 2;
    return fs + (in < half && d->period > 1 ? half - in : d->period - in);
}

static int draw_clocks_at(struct bl_sim *s, struct bl_trace *t, uint64_t fs, bool always)
{
    for (uint32_t i = 0; i < t->n && t->sig[i].from == A_CLOCK; i++) {
        uint64_t level = clock_level(&s->domains[t->sig[i].index], fs);
        if (!always && t->shadow[t->sig[i].shadow] == level)
            continue;
        t->shadow[t->sig[i].shadow] = level;
        if (emit(t, i, fs))
            return -1;
    }
    return 0;
}

static bl_yj energy_at(const struct bl_sim *s, const struct signal *g, uint64_t fs)
{
    bl_yj e = 0;

    if (g->node != NONE)
        return ledger_energy(s, s->nodes[g->node], fs);
    for (size_t i = 0; i < s->nparts; i++)
        e += ledger_energy(s, s->nodes[i], fs);
    return e;
}

/* The first power window begins at fs, before what happens at fs. */
static void start_power(const struct bl_sim *s, struct bl_trace *t, uint64_t fs)
{
    for (uint32_t i = 0; i < t->n; i++)
        if (t->sig[i].from == A_POWER && !t->vars[i].alias)
            t->sig[i].energy = energy_at(s, &t->sig[i], fs);
}

/* Closes the power window that ends at fs: mean power in mW, 1 nW = 1 yJ / 1 fs. The first row says 0. */
static int draw_power(struct bl_sim *s, struct bl_trace *t, uint64_t fs, bool first)
{
    for (uint32_t i = 0; i < t->n; i++) {
        struct signal *g = &t->sig[i];
        if (g->from != A_POWER || t->vars[i].alias)
            continue;
        bl_yj e = first ? g->energy : energy_at(s, g, fs);
        double mw = (double)(e - g->energy) / (double)t->o.power_window_fs * 1e-6, old;
        memcpy(&old, &t->shadow[g->shadow], sizeof old);
        g->energy = e;
        if (!first && mw == old)
            continue;
        memcpy(&t->shadow[g->shadow], &mw, sizeof mw);
        t->changes++;
        if (at_time(t, fs) || t->ops->real(t->wave, i, mw))
            return -1;
    }
    return 0;
}

/* Clock edges and window ends in (from, to), in order of time; a window that ends at `to` is closed with
 * the tallies of now and drawn there. */
static int draw_between(struct bl_sim *s, struct bl_trace *t, uint64_t from, uint64_t to)
{
    uint64_t at = from;

    for (;;) {
        uint64_t next = UINT64_MAX;
        for (uint32_t i = 0; i < t->n && t->sig[i].from == A_CLOCK; i++) {
            uint64_t e = next_clock_edge(&s->domains[t->sig[i].index], at);
            next = e < next ? e : next;
        }
        uint64_t window = t->o.power_window_fs && t->window <= UINT64_MAX - t->o.power_window_fs ? t->window + t->o.power_window_fs
                                                                                                : UINT64_MAX;
        if (next >= to && window > to)
            return 0;
        if (window > to)
            window = UINT64_MAX;
        at = next < window ? next : window;
        if (at > to || (at == to && window != to))
            return 0;
        if (next == at && at < to && draw_clocks_at(s, t, at, false))
            return -1;
        if (window == at) {
            t->window = at;
            if (draw_power(s, t, at, false))
                return -1;
        }
    }
}

static int begin_window(struct bl_sim *s, struct bl_trace *t, uint64_t fs)
{
    t->started = true;
    t->window = fs;
    if (draw_clocks_at(s, t, fs, true))
        return -1;
    for (uint32_t i = 0; i < t->n; i++)
        if (emit_if_changed(s, t, i, fs, true))
            return -1;
    views_look(t);
    memset(t->pending, 0, (t->n / 64 + 1) * sizeof *t->pending);
    return t->o.power_window_fs ? draw_power(s, t, fs, true) : 0;
}

static int changes_of_now(struct bl_sim *s, struct bl_trace *t)
{
    uint64_t now = s->core->now;

    if (draw_clocks_at(s, t, now, false))
        return -1;
    views_look(t);
    for (size_t w = 0; w < t->n / 64 + 1; w++)
        for (; t->pending[w]; t->pending[w] &= t->pending[w] - 1)
            if (emit_if_changed(s, t, (uint32_t)(w * 64) + (uint32_t)__builtin_ctzll(t->pending[w]), now, false))
                return -1;
    return 0;
}

static int flush_one(struct bl_sim *s, struct bl_trace *t, uint64_t until)
{
    uint64_t now = s->core->now, from = now;

    if (t->ended)
        return 0;
    if (until <= t->o.from_fs) {
        if (until == t->o.from_fs)
            start_power(s, t, until);
        return 0;
    }
    if (!t->started) {
        from = now > t->o.from_fs ? now : t->o.from_fs;
        if (from > now)
            start_power(s, t, from);
        if (from < t->o.to_fs && begin_window(s, t, from))
            return -1;
    } else if (now < t->o.to_fs && changes_of_now(s, t)) {
        return -1;
    }
    return draw_between(s, t, from, until < t->o.to_fs ? until : t->o.to_fs);
}

/* A trace that fails has said so; it ends there, readable, and the run goes on. */
int watch_flush(struct bl_sim *s, uint64_t until)
{
    for (size_t i = 0; i < s->ntraces; i++)
        if (s->traces[i] && flush_one(s, s->traces[i], until))
            s->traces[i]->ended = true;
    return 0;
}

void watch_word(struct bl_sim *s, uint32_t id)
{
    struct bl_trace *t = s->traces[id >> TRACE_SHIFT];
    uint32_t i = id & ((1u << TRACE_SHIFT) - 1);

    if (t)
        t->pending[i / 64] |= UINT64_C(1) << (i & 63);
}

void watch_verdict(struct bl_sim *s, const struct bl_node *n)
{
    for (size_t k = 0; k < s->ntraces; k++) {
        struct bl_trace *t = s->traces[k];
        uint32_t i = t ? t->verdict_of[n->id] : NONE;
        if (i != NONE)
            t->pending[i / 64] |= UINT64_C(1) << (i & 63);
    }
}

int bl_trace_end(struct bl_sim *s, struct bl_trace *t)
{
    int bad = t->ended ? -1 : 0;
    uint64_t end = s->core->now;

    if (!t->ended && !t->started && end >= t->o.from_fs && end < t->o.to_fs)
        bad = begin_window(s, t, end);
    else if (!t->ended && t->started && end < t->o.to_fs)
        bad = changes_of_now(s, t);
    if (t->wave && t->ops->close(t->wave, end < t->o.to_fs ? end : t->o.to_fs))
        bad = -1;
    for (size_t i = 0; i < s->ntraces; i++)
        if (s->traces[i] == t)
            s->traces[i] = NULL;
    free(t->vars);
    free(t->sig);
    free(t->pending);
    free(t->shadow);
    free(t->view);
    free(t->raw);
    free(t->verdict_of);
    arena_free(&t->names);
    free(t);
    return bad;
}

void watch_free(struct bl_sim *s)
{
    for (size_t i = 0; i < s->ntraces; i++)
        if (s->traces[i])
            bl_trace_end(s, s->traces[i]);
}
