/* watch.c - traces: which signals are shown, which of them changed at a time, clocks drawn over skipped
 * edges and power averaged over windows, all handed to a writer in canonical order. */
#include "kernel/kernel.h"

#include <stdio.h>
#include <stdlib.h>

enum { LANES_APART = 16, WIDEST = 4096, TRACE_SHIFT = 26 };
enum source { A_CLOCK, A_VERDICT, A_WORD, A_COUNT, AN_ITEM, A_VIEW, A_POWER };

struct signal {                      /* one traced variable */
    enum source from;
    uint32_t node, index;            /* part (NONE: the whole); word, ring or domain */
    uint32_t lane, lanes;            /* lanes shown together */
    uint32_t bits, elem;             /* of one lane */
    size_t at;                       /* of a view: offset in the struct */
    uint32_t shadow, words;          /* its last value in trace->shadow */
    bl_yj energy;                    /* power: at the start of the window */
};

struct bl_trace {
    const struct bl_wave_ops *ops;
    struct bl_wave *wave;
    struct bl_diag *diag;
    struct bl_trace_opts o;
    struct bl_wave_var *vars;        /* aliases included */
    struct signal *sig;              /* of vars[i]; unused for an alias */
    size_t n, room, room_sig;
    uint64_t *pending, *shadow;
    size_t nshadow;
    uint32_t *verdict_of;            /* by part: its verdict variable, NONE */
    uint64_t changes, window, now;   /* now: time of the last `time` call */
    bool started, ended, timed;      /* timed: `now` is valid */
    struct arena names;
};

/* ---- which signals ---- */

static bool glob(const char *p, const char *t)
{
    for (; *p; p++, t++) {
        if (*p == '*') {
            while (*p == '*')
                p++;
            for (;; t++) {
                if (glob(p, t))
                    return true;
                if (!*t)
                    return false;
            }
        }
        if (!*t || (*p != '?' && *p != *t))
            return false;
    }
    return !*t;
}

static bool wanted(const struct bl_trace *t, const char *scope, const char *name)
{
    char full[1024];
    bool any = false, yes = false;

    snprintf(full, sizeof full, "%s%s%s", scope, *scope ? "." : "", name);
    for (size_t i = 0; i < t->o.nglobs; i++) {
        const char *g = t->o.globs[i];
        any |= *g != '!';
        if (glob(g + (*g == '!'), full) || glob(g + (*g == '!'), scope))
            yes = *g != '!';
    }
    return yes || (!any && t->o.nglobs == 0);
}

static void add(struct bl_trace *t, const char *scope, const char *name, const char *help, struct signal g, unsigned flags)
{
    uint32_t width = g.from == A_POWER ? 64 : g.lanes * g.bits;

    if (width == 0 || width > WIDEST || !wanted(t, scope, name))
        return;
    t->vars = grown(t->vars, t->n, &t->room, sizeof *t->vars);
    t->sig = grown(t->sig, t->n, &t->room_sig, sizeof *t->sig);
    g.words = (width + 63) / 64;
    g.shadow = (uint32_t)t->nshadow;
    t->nshadow += g.words;
    t->vars[t->n] = (struct bl_wave_var){ .scope = scope, .name = arena_text(&t->names, "%s", name), .help = help,
        .kind = g.from == A_POWER ? BL_WAVE_REAL : BL_WAVE_BITS, .width = width, .flags = flags };
    t->sig[t->n++] = g;
}

static unsigned look_of(const struct bl_field *f)
{
    return (f->flags & BL_SIGNED ? BL_WAVE_SIGNED : 0u) | (f->flags & BL_ANALOG ? BL_WAVE_ANALOG : 0u);
}

/* One variable a lane up to LANES_APART lanes, else all lanes in one vector. */
static void add_lanes(struct bl_trace *t, const char *scope, const char *name, const struct bl_field *f, struct signal g)
{
    char text[512];
    uint32_t lanes = g.lanes;

    if (lanes == 1 || lanes > LANES_APART) {
        add(t, scope, name, f->help, g, look_of(f));
        return;
    }
    for (g.lane = 0, g.lanes = 1; g.lane < lanes; g.lane++) {
        snprintf(text, sizeof text, "%s[%u]", name, g.lane);
        add(t, scope, text, f->help, g, look_of(f));
    }
}

static void add_field(struct bl_trace *t, const struct bl_sim *s, const struct bl_node *n, uint32_t k)
{
    const struct bl_field *f = &n->info->cls->fields[k];
    struct signal g = { .node = n->id };
    char text[512];

    if (f->kind == BL_KIND_OUT) {
        const struct bl_word *w = s->words[n->port[k]];
        g.from = A_WORD;
        g.index = w->id;
        g.lanes = w->lanes;
        g.bits = w->bits;
        g.elem = w->elem;
        add_lanes(t, n->path, f->name, f, g);
    } else if (f->kind == BL_KIND_PUSH && s->links[n->port[k]].push_node != NONE) {
        const struct bl_ring *r = s->rings[n->port[k]];
        g.from = A_COUNT;
        g.index = n->port[k];
        g.lanes = 1;
        g.bits = 32u - (uint32_t)__builtin_clz(r->depth);
        snprintf(text, sizeof text, "%s_count", f->name);
        add(t, n->path, text, "items in the channel", g, BL_WAVE_ANALOG);
        g.from = AN_ITEM;
        g.lanes = r->lanes;
        g.bits = r->bits;
        g.elem = r->elem;
        add_lanes(t, n->path, f->name, f, g);
    } else if (f->kind == BL_KIND_VIEW) {
        g.from = A_VIEW;
        g.lanes = field_count(n, f->lanes);
        g.bits = field_count(n, f->bits);
        g.at = f->at;
        g.elem = view_elem(f, g.lanes, g.bits);
        if (g.elem)
            add_lanes(t, n->path, f->name, f, g);
    }
}

static bool has_price(const struct bl_node *n)
{
    uint64_t any = 0;

    for (uint32_t v = 0; v <= n->info->nverdicts; v++)
        any |= n->power_nw[v];
    for (uint32_t k = 0; k < n->info->ntallies; k++)
        any |= n->price_yj[k];
    return any != 0;
}

static void add_part_signals(struct bl_trace *t, struct bl_sim *s, struct bl_node *n)
{
    const struct bl_class *c = n->info->cls;

    if (c->tick || c->run) {
        struct signal g = { .from = A_VERDICT, .node = n->id, .lanes = 1, .bits = 32u - (uint32_t)__builtin_clz(n->info->nverdicts - 1) };
        g.bits = g.bits < 2 ? 2 : g.bits;     /* a vector: viewers write the names into it */
        size_t before = t->n;
        add(t, n->path, "verdict", "what each cycle goes to", g, BL_WAVE_VERDICT);
        if (t->n > before) {
            t->vars[before].names = n->info->verdict;
            t->vars[before].nnames = n->info->nverdicts;
            t->verdict_of[n->id] = (uint32_t)before;
            n->watched = true;
            t->vars = grown(t->vars, t->n, &t->room, sizeof *t->vars);
            t->sig = grown(t->sig, t->n, &t->room_sig, sizeof *t->sig);
            t->vars[t->n] = t->vars[before];
            t->vars[t->n].name = "verdict_color";
            t->vars[t->n].names = NULL;       /* a viewer's colours, by number */
            t->vars[t->n].nnames = 0;
            t->vars[t->n].alias = (uint32_t)before + 1;
            t->sig[t->n++] = g;
        }
    }
    for (uint32_t k = 0; !c->build && k < n->info->nfields; k++)
        add_field(t, s, n, k);
    if (t->o.power_window_fs && has_price(n))
        add(t, n->path, "power_mw", "mean power of the last window, mW", (struct signal){ .from = A_POWER, .node = n->id, .lanes = 1 },
            BL_WAVE_POWER | BL_WAVE_ANALOG);
}

static void choose(struct bl_trace *t, struct bl_sim *s)
{
    for (uint32_t i = 0; i < s->ndomains; i++)
        add(t, "", s->domains[i].name, "clock", (struct signal){ .from = A_CLOCK, .node = NONE, .index = i, .lanes = 1, .bits = 1 },
            BL_WAVE_CLOCK);
    if (t->o.power_window_fs)
        add(t, "", "power_mw", "mean power of the last window, mW", (struct signal){ .from = A_POWER, .node = NONE, .lanes = 1 },
            BL_WAVE_POWER | BL_WAVE_ANALOG);
    for (size_t i = 0; i < s->nparts; i++)
        add_part_signals(t, s, s->nodes[i]);
}

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
    choose(t, s);
    t->pending = fresh(t->n / 64 + 1, sizeof *t->pending);
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

/* ---- values ---- */

static void put_bits(uint64_t *to, uint32_t at, uint64_t v, uint32_t bits)
{
    uint32_t w = at / 64, o = at % 64;

    if (bits < 64)
        v &= (UINT64_C(1) << bits) - 1;
    to[w] |= v << o;
    if (o && o + bits > 64)
        to[w + 1] |= v >> (64 - o);
}

static uint64_t lane_value(const unsigned char *p, uint32_t elem)
{
    uint64_t v = 0;

    memcpy(&v, p, elem);      /* little-endian hosts; checked at start (host_is_little) */
    return v;
}

/* Lanes of `bits` each from their storage, packed into to[]. */
static void pack(uint64_t *to, const unsigned char *from, const struct signal *g)
{
    uint32_t at = 0;

    if (g->bits > 64) {
        uint32_t words = (g->bits + 63) / 64;
        from += (size_t)g->lane * words * 8;
        for (uint32_t l = 0; l < g->lanes; l++, from += words * 8)
            for (uint32_t left = g->bits, w = 0; w < words; w++, left -= left < 64 ? left : 64) {
                put_bits(to, at, lane_value(from + w * 8, 8), left < 64 ? left : 64);
                at += left < 64 ? left : 64;
            }
        return;
    }
    from += (size_t)g->lane * g->elem;
    for (uint32_t l = 0; l < g->lanes; l++, at += g->bits)
        put_bits(to, at, lane_value(from + (size_t)l * g->elem, g->elem), g->bits);
}

static void value_of(const struct bl_sim *s, const struct signal *g, uint64_t *to)
{
    memset(to, 0, g->words * sizeof *to);
    if (g->from == A_VERDICT) {
        to[0] = s->account[g->node].verdict;
    } else if (g->from == A_WORD) {
        pack(to, s->words[g->index]->now, g);
    } else if (g->from == A_VIEW) {
        pack(to, s->nodes[g->node]->self + g->at, g);
    } else if (g->from == A_COUNT || g->from == AN_ITEM) {
        const struct bl_ring *r = s->rings[g->index];
        uint32_t pushed = *(const uint32_t *)r->push_word->now, popped = *(const uint32_t *)r->pop_word->now;
        if (g->from == A_COUNT)
            to[0] = pushed - popped;
        else if (pushed)
            pack(to, r->data + (size_t)((pushed - 1) & r->mask) * r->slot, g);
    }
}

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
    value_of(s, g, value);
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
    memset(t->pending, 0, (t->n / 64 + 1) * sizeof *t->pending);
    return t->o.power_window_fs ? draw_power(s, t, fs, true) : 0;
}

static int changes_of_now(struct bl_sim *s, struct bl_trace *t)
{
    uint64_t now = s->core->now;

    if (draw_clocks_at(s, t, now, false))
        return -1;
    for (uint32_t i = 0; i < t->n; i++)       /* views have no listeners: they are looked at */
        if (t->sig[i].from == A_VIEW)
            t->pending[i / 64] |= UINT64_C(1) << (i & 63);
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
