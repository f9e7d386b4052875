/* tell.c - what the writer of a trace is told: values that changed, in order of the variables; clocks, drawn over edges that nobody
 * took; power, averaged over windows. When it is told is up to watch.c. */
#include "kernel/observe/watch.h"

int tell_time(struct bl_trace *t, uint64_t fs)
{
    if (t->timed && t->now == fs)
        return 0;
    t->now = fs;
    t->timed = true;
    return t->ops->time(t->wave, fs);
}

static int emit(struct bl_trace *t, uint32_t i, uint64_t fs, const uint64_t *value)
{
    t->changes++;
    if (tell_time(t, fs))
        return -1;
    return t->ops->bits(t->wave, i, value);
}

/* Two bits a lane; the last lane is drawn first, as bits of a vector are. */
static int tell_states(const struct bl_trace *t, uint32_t i)
{
    const uint64_t *value = t->sig[i].old;
    uint32_t lanes = t->sig[i].lanes;
    char text[WIDEST + 1];

    for (uint32_t l = 0; l < lanes; l++)
        text[lanes - 1 - l] = "01zx"[value[l / 32] >> l % 32 * 2 & 3];
    text[lanes] = 0;
    return t->ops->states(t->wave, i, text);
}

static void note_first(const struct bl_sim *s, struct bl_trace *t, const struct signal *g, uint64_t fs)
{
    uint64_t *first = &t->first[s->frozen.nodes[g->node]->account + s->run.account[g->node].verdict];

    *first = *first < fs ? *first : fs;
}

/* Those that change together with the first: which differ from what was told last? */
static void compare(const struct bl_sim *s, struct bl_trace *t, uint32_t first, uint64_t fs)
{
    for (uint32_t i = first, end = first + t->sig[first].together; i < end; i++)
        if (signal_refresh(s, &t->sig[i]))
            t->marks[i / 64].moved |= UINT64_C(1) << (i & 63);
    if (t->sig[first].from == A_VERDICT)
        note_first(s, t, &t->sig[first], fs);
}

/* Everything marked, in order of the variables. */
static int emit_marked(const struct bl_sim *s, struct bl_trace *t, uint64_t fs)
{
    for (uint32_t w = 0; w < t->n / 64 + 1; w++) {
        struct marks *m = &t->marks[w];
        for (; m->told; m->told &= m->told - 1)
            compare(s, t, w * 64 + (uint32_t)__builtin_ctzll(m->told), fs);
        uint64_t moved = m->moved;
        if (moved && tell_time(t, fs))
            return -1;
        t->changes += (uint32_t)__builtin_popcountll(moved);
        for (m->moved = 0; moved; moved &= moved - 1) {
            uint32_t i = w * 64 + (uint32_t)__builtin_ctzll(moved);
            const struct signal *g = &t->sig[i];
            if (g->four ? tell_states(t, i) : t->ops->bits(t->wave, i, g->old))
                return -1;
        }
    }
    return 0;
}

/* Level of a domain's clock at fs: high in the first half of each period. */
static uint64_t clock_level(const struct domain *d, uint64_t fs)
{
    uint64_t first = edge_time(d, 0);

    return fs >= first && (fs - first) % d->period < (d->period + 1) / 2;
}

static uint64_t next_clock_edge(const struct domain *d, uint64_t fs)   /* strictly after fs */
{
    uint64_t first = edge_time(d, 0);

    if (fs < first)
        return first;
    uint64_t in = (fs - first) % d->period, half = (d->period + 1) / 2;
    uint64_t more = in < half && d->period > 1 ? half - in : d->period - in;
    return fs < UINT64_MAX - more ? fs + more : UINT64_MAX;
}

static int draw_clocks_at(struct bl_trace *t, uint64_t fs, bool always)
{
    for (size_t i = 0; i < t->nclocks; i++) {
        struct clock *c = &t->clock[i];
        uint64_t *old = t->sig[c->var].old;
        if (!always && fs < c->next)
            continue;
        uint64_t level = clock_level(c->domain, fs);
        c->next = next_clock_edge(c->domain, fs);
        if (!always && *old == level)
            continue;
        *old = level;
        if (emit(t, c->var, fs, old))
            return -1;
    }
    return 0;
}

static bl_yj energy_at(const struct bl_sim *s, const struct signal *g, uint64_t fs)
{
    bl_yj e = 0;

    if (g->node != NONE)
        return energy_of(s, s->frozen.nodes[g->node], fs);
    for (size_t i = 0; i < s->frozen.nparts; i++)
        e += energy_of(s, s->frozen.nodes[i], fs);
    return e;
}

/* The first power window begins at fs, before what happens at fs. */
void power_starts(const struct bl_sim *s, struct bl_trace *t, uint64_t fs)
{
    for (uint32_t i = 0; i < t->n; i++)
        if (t->sig[i].from == A_POWER)
            t->sig[i].energy = energy_at(s, &t->sig[i], fs);
}

/* Closes the power window that ends at fs: mean power in mW, 1 nW = 1 yJ / 1 fs. The first row says 0. */
static int draw_power(struct bl_sim *s, struct bl_trace *t, uint64_t fs, bool first)
{
    for (uint32_t i = 0; i < t->n; i++) {
        struct signal *g = &t->sig[i];
        if (g->from != A_POWER)
            continue;
        bl_yj e = first ? g->energy : energy_at(s, g, fs);
        double mw = (double)(e - g->energy) / (double)t->o.power_window_fs * 1e-6, old;
        memcpy(&old, g->old, sizeof old);
        g->energy = e;
        if (!first && mw == old)
            continue;
        memcpy(g->old, &mw, sizeof mw);
        t->changes++;
        if (tell_time(t, fs) || t->ops->real(t->wave, i, mw))
            return -1;
    }
    return 0;
}

/* Clock edges and window ends in (from, to), in order of time; a window that ends at `to` is closed with
 * the tallies of now and drawn there. */
int tell_between(struct bl_sim *s, struct bl_trace *t, uint64_t to)
{
    for (;;) {
        uint64_t next = UINT64_MAX, window = UINT64_MAX, length = t->o.power_window_fs;
        for (size_t i = 0; i < t->nclocks; i++)
            next = t->clock[i].next < next ? t->clock[i].next : next;
        if (length && t->window <= UINT64_MAX - length && t->window + length <= to)
            window = t->window + length;
        if (next >= to && window == UINT64_MAX)
            return 0;
        if (next < to && next <= window && draw_clocks_at(t, next, false))
            return -1;
        if (window <= next) {
            t->window = window;
            if (draw_power(s, t, window, false))
                return -1;
        }
    }
}

/* Every value, as at the start of a trace. */
static int tell_all(struct bl_sim *s, struct bl_trace *t, uint64_t fs)
{
    if (draw_clocks_at(t, fs, true))
        return -1;
    for (uint32_t i = 0; i < t->n; i++)
        if (t->sig[i].together) {
            compare(s, t, i, fs);
            for (uint32_t k = i; k < i + t->sig[i].together; k++)
                t->marks[k / 64].moved |= UINT64_C(1) << (k & 63);
        }
    if (emit_marked(s, t, fs))
        return -1;
    probes_look(t, s, true);
    memset(t->marks, 0, (t->n / 64 + 1) * sizeof *t->marks);
    return 0;
}

int tell_window(struct bl_sim *s, struct bl_trace *t, uint64_t fs)
{
    t->window = fs;
    if (tell_all(s, t, fs))
        return -1;
    return t->o.power_window_fs ? draw_power(s, t, fs, true) : 0;
}

int tell_part(struct bl_sim *s, struct bl_trace *t)
{
    t->timed = false;
    return tell_anew(s, t);
}

int tell_anew(struct bl_sim *s, struct bl_trace *t)
{
    if (tell_all(s, t, s->core->now))
        return -1;
    for (uint32_t i = 0; t->o.power_window_fs && i < t->n; i++) {
        double mw;
        memcpy(&mw, t->sig[i].old, sizeof mw);
        if (t->sig[i].from == A_POWER && t->ops->real(t->wave, i, mw))
            return -1;
    }
    return 0;
}

int tell_changes(struct bl_sim *s, struct bl_trace *t)
{
    uint64_t now = s->core->now;

    if (draw_clocks_at(t, now, false))
        return -1;
    probes_look(t, s, s->onlookers->begun || s->onlookers->misused);
    return emit_marked(s, t, now);
}
