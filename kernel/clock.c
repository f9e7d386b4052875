/* clock.c - clock domains: who is awake, ticks, naps, registered words and their commit, and the
 * combinational parts that settle after it. */
#include "kernel/kernel.h"

#include <stdlib.h>

uint64_t edges_before(const struct domain *d, uint64_t t)
{
    t -= d->st->since;
    return t <= d->phase ? 0 : (t - 1 - d->phase) / d->period + 1;
}

uint64_t edge_time(const struct domain *d, uint64_t cycle) { return d->st->since + d->phase + cycle * d->period; }
uint64_t edges_of_all(const struct domain *d, uint64_t t) { return d->st->before + edges_before(d, t); }

uint64_t bl_cycle(const void *self)
{
    const struct bl_node *n = node_of(self, __func__);
    const struct bl_sim *s = n->sim;

    if (__builtin_expect(!s->core, 0))
        no_time(self, __func__);
    return n->domain == NONE ? 0 : edges_before(&s->frozen.domains[n->domain], s->core->now);
}

uint64_t bl_period(const void *self)
{
    const struct bl_node *n = node_of(self, __func__);

    return n->domain == NONE ? 0 : n->sim->frozen.domains[n->domain].period;
}

/* ---- the three-level bitmap ---- */

static void set_awake(struct domain *d, uint32_t slot)
{
    uint32_t w = slot / 64;

    d->awake[w] |= UINT64_C(1) << (slot & 63);
    d->awake1[w / 64] |= UINT64_C(1) << (w & 63);
    d->awake2[w / 4096] |= UINT64_C(1) << (w / 64 & 63);
}

static void clear_awake(struct domain *d, uint32_t slot)
{
    uint32_t w = slot / 64;

    if (d->awake[w] &= ~(UINT64_C(1) << (slot & 63)))
        return;
    if (d->awake1[w / 64] &= ~(UINT64_C(1) << (w & 63)))
        return;
    d->awake2[w / 4096] &= ~(UINT64_C(1) << (w / 64 & 63));
}

static bool anyone_awake(const struct domain *d)
{
    for (uint32_t i = 0; i < d->words2; i++)
        if (d->awake2[i])
            return true;
    return false;
}

/* The part ticks at its first edge strictly after now; woken by a timed event, at an edge of now as well. */
void part_wake(struct bl_sim *s, const struct bl_node *n)
{
    struct domain *d = &s->frozen.domains[n->domain];

    OBSERVE(s, woken, (s, n));
    if (!(d->awake[n->slot / 64] >> (n->slot & 63) & 1)) {
        set_awake(d, n->slot);
        for (uint32_t i = n->reads.first; i < n->reads.first + n->reads.n; i++)
            s->frozen.words[s->frozen.reads[i]]->ask--;
    }
    if (d->st->next != UINT64_MAX)
        return;
    uint64_t cycle = edges_before(d, s->core->now + !s->run.advancing);
    if (cycle > (UINT64_MAX - 1 - d->phase - d->st->since) / d->period) {
        bl_error(s->diag, "clock %s: its next edge is beyond the end of time (2^64 fs)", d->name);
        s->core->ending |= END_FAIL;
        return;
    }
    d->st->cycle = cycle;
    d->st->next = edge_time(d, cycle);
    if (d->st->next < s->run.edge)
        s->run.edge = d->st->next;
}

/* ---- ticks ---- */

void tick_other(struct bl_sim *s, struct domain *d, uint32_t slot, bl_verdict v)
{
    if (v & BL_NAPPING && !(s->options & BL_NO_NAP))
        d->napping[d->nnapping++] = slot;
    v &= ~BL_NAPPING;
    struct slot *at = &d->slot[slot];
    if (at->account->word != v)
        ledger_verdict(s, at->node, v);
}

/* The bits above `bit`. Within a tick phase bits are only set, and only above the one at work. */
static uint64_t above(uint32_t bit) { return UINT64_C(0) - (UINT64_C(2) << bit); }

static inline void tick_one(struct bl_sim *s, struct domain *d, const struct slot *at)
{
    s->run.at_work = at->node;
    bl_verdict v = at->tick(at->self);
    if (__builtin_expect(v != at->account->word, 0))
        tick_other(s, d, (uint32_t)(at - d->slot), v);
}

static void tick_word(struct bl_sim *s, struct domain *d, uint32_t w)
{
    const struct slot *first = d->slot + (size_t)w * 64;
    uint64_t bits = d->awake[w], ticked = bits;

    d->visited[d->nvisited++] = w;
    if (bits == UINT64_MAX)
        for (const struct slot *at = first; at < first + 64; at++)
            tick_one(s, d, at);
    else if (!d->piped)
        for (; bits; bits &= bits - 1)
            tick_one(s, d, first + __builtin_ctzll(bits));
    else
        for (; bits; ticked |= bits) {
            uint32_t bit = (uint32_t)__builtin_ctzll(bits);
            tick_one(s, d, first + bit);
            bits = (bits & (bits - 1)) | (d->awake[w] & above(bit));     /* givers that a taker of this word woke */
        }
    s->core->activations += (uint32_t)__builtin_popcountll(ticked);
}

void domain_tick(struct bl_sim *s, struct domain *d)
{
    d->nvisited = d->nnapping = 0;
    s->run.in_tick = true;
    for (uint32_t i2 = 0; i2 < d->words2; i2++)
        for (uint64_t b2 = d->awake2[i2]; b2;) {
            uint32_t bit2 = (uint32_t)__builtin_ctzll(b2), i1 = i2 * 64 + bit2;
            for (uint64_t b1 = d->awake1[i1]; b1;) {
                uint32_t bit1 = (uint32_t)__builtin_ctzll(b1);
                tick_word(s, d, i1 * 64 + bit1);
                b1 = d->awake1[i1] & above(bit1);
            }
            b2 = d->awake2[i2] & above(bit2);
        }
    s->run.in_tick = false;
    s->run.at_work = NULL;
}

/* ---- naps and commits ---- */

/* A part stays awake when something it reads moves with this very commit. */
static bool reads_move(const struct bl_sim *s, const struct bl_node *n)
{
    for (uint32_t i = n->reads.first; i < n->reads.first + n->reads.n; i++) {
        const struct bl_word *w = s->frozen.words[s->frozen.reads[i]];
        if (w->now != w->next && memcmp(w->now, w->next, w->bytes))
            return true;
    }
    return false;
}

void domain_nap(struct bl_sim *s, struct domain *d)
{
    for (uint32_t i = 0; i < d->nnapping; i++) {
        const struct bl_node *n = d->slot[d->napping[i]].node;
        if (reads_move(s, n))
            continue;
        clear_awake(d, n->slot);
        for (uint32_t k = n->reads.first; k < n->reads.first + n->reads.n; k++)
            s->frozen.words[s->frozen.reads[k]]->ask++;
    }
}

void domain_commit(struct bl_sim *s, struct domain *d)
{
    for (uint32_t i = 0; i < d->nvisited; i++) {
        uint32_t w = d->visited[i];
        memcpy(d->chunk_now[w], d->chunk_next[w], d->chunk_bytes[w]);
    }
    if (!anyone_awake(d)) {
        d->st->next = UINT64_MAX;
    } else if (s->core->now > UINT64_MAX - 1 - d->period) {
        bl_error(s->diag, "clock %s: its next edge is beyond the end of time (2^64 fs)", d->name);
        s->core->ending |= END_FAIL;
        d->st->next = UINT64_MAX;
    } else {
        d->st->next += d->period;
        d->st->cycle++;
    }
}

/* The rare ways of being written: see enum special. */
static void announce_special(struct bl_sim *s, struct bl_word *w)
{
    if (w->special & WIDE_WIRE) {        /* counts as changed by being written */
        if (!s->run.in_init)
            dispatch(s, w);
        return;
    }
    if (w->special & MANY_DRIVER) {
        bus_write(s, w);
        return;
    }
    if (w->special & SETTLED_WIRE)
        return;                          /* settle compares it */
    if (w->special & PIPE_POP && s->run.in_tick)
        part_wake(s, s->frozen.nodes[s->frozen.pipe_giver[w->id]]);   /* it ticks later in this phase and sees the room */
    w->queued = 1;
    s->run.dirty[s->run.ndirty++] = w;
}

void bl_announce(struct bl_word *w, uint32_t elem)
{
    struct bl_sim *s = w->sim;

    (void)elem;                          /* the width was looked at */
    if (w->queued)
        return;
    if (w->special) {
        announce_special(s, w);
        return;
    }
    w->queued = 1;
    s->run.dirty[s->run.ndirty++] = w;
}

/* Of a change of w; static sensitivity, resets and traces. */
static void tell_other(struct bl_sim *s, const struct bl_word *w, const struct bl_listen *l)
{
    bool high = *(const unsigned char *)w->now & 1;

    if (l->what == FIRES || (l->what == FIRES_POS && high) || (l->what == FIRES_NEG && !high))
        fire(s, l->id);
    else if (l->what == RESETS)
        reset_now(s, l->id);
    else if (l->what == WATCHES)
        s->observer->heard(s, l->id);    /* who made it listen is there */
}

static inline void tell(struct bl_sim *s, const struct bl_word *w)
{
    OBSERVE(s, moved, (s, w));
    for (const struct bl_listen *l = s->frozen.listen + w->listen, *end = l + w->nlisten; l < end; l++)
        if (l->what == WAKES) {
            if (!(*l->word & l->bit))
                part_wake(s, s->frozen.nodes[l->id]);
        } else if (l->what == COMBS) {
            s->core->comb_dirty_any = 1;
            *l->word |= l->bit;
        } else if (l->what == RELEASES) {
            if (((const struct bl_part *)s->frozen.process[l->id].self)->wait == BL_WAIT_LINKS)
                release(s, l->id, false);
        } else if (l->what == BOOKS) {
            path_heard(s, l->id);
        } else {
            tell_other(s, w, l);
        }
}

void dispatch(struct bl_sim *s, const struct bl_word *w) { tell(s, w); }

/* Copies next to now, eight bytes at a time (storage is a multiple of that); did anything differ? */
static inline bool copy_changed(const struct bl_word *w)
{
    uint64_t *now = w->now, changed = *now ^ *(const uint64_t *)w->next;
    const uint64_t *next = w->next;

    *now = *next;
    for (uint32_t i = 1; i < (w->bytes + 7) / 8; i++) {
        changed |= now[i] ^ next[i];
        now[i] = next[i];
    }
    return changed != 0;
}

void commit_dirty(struct bl_sim *s)
{
    for (uint32_t i = 0; i < s->run.ndirty; i++) {
        struct bl_word *w = s->run.dirty[i];
        w->queued = 0;
        if (!copy_changed(w))
            continue;
        tell(s, w);
        if (w->special & RESOLVED_DRIVER)
            bus_commit(s, w);
    }
    s->run.ndirty = 0;
}

/* Combinational parts whose inputs moved, once each, in rank order. */
void settle(struct bl_sim *s)
{
    s->core->comb_dirty_any = 0;
    s->run.passive = true;
    for (uint32_t w = 0; w < (s->frozen.ncombs + 63) / 64; w++)
        while (s->run.comb_dirty[w]) {
            uint32_t i = w * 64 + (uint32_t)__builtin_ctzll(s->run.comb_dirty[w]);
            s->run.comb_dirty[w] &= s->run.comb_dirty[w] - 1;
            const struct settler *c = &s->frozen.settler[i];
            s->run.at_work = c->node;
            s->core->activations++;
            OBSERVE(s, ran, (s, c->node));
            c->comb(c->self);
            OBSERVE(s, settled, (s, c));
            for (uint32_t k = 0; k < c->nout; k++)       /* readers come later in rank, or wait */
                if (copy_changed(c->out[k]))
                    dispatch(s, c->out[k]);
        }
    s->run.passive = false;
    s->core->comb_dirty_any = 0;
    s->run.at_work = NULL;
}

/* ---- layout ---- */

static void layout_one(struct bl_sim *s, struct domain *d)
{
    struct arena *st = &s->state, *fx = &s->fixed;

    d->words = (d->n + 63) / 64;
    d->words1 = (d->words + 63) / 64;
    d->words2 = (d->words1 + 63) / 64;
    d->st = arena_get(st, sizeof *d->st);
    d->awake = arena_get(st, (d->words + 1) * sizeof(uint64_t));
    d->awake1 = arena_get(st, (d->words1 + 1) * sizeof(uint64_t));
    d->awake2 = arena_get(st, (d->words2 + 1) * sizeof(uint64_t));
    d->slot = arena_get(fx, (d->n + 1) * sizeof *d->slot);
    d->chunk_now = arena_get(fx, (d->words + 1) * sizeof *d->chunk_now);
    d->chunk_next = arena_get(fx, (d->words + 1) * sizeof *d->chunk_next);
    d->chunk_bytes = arena_get(fx, (d->words + 1) * sizeof *d->chunk_bytes);
    d->visited = arena_get(fx, (d->words + 1) * sizeof *d->visited);
    d->napping = arena_get(fx, (d->n + 1) * sizeof *d->napping);
    d->st->next = d->n ? d->phase : UINT64_MAX;
}

/* Slots in order of rank; within one, a list keeps the path order. */
static void give_slots(struct bl_sim *s, uint32_t most)
{
    uint32_t *first = lent((size_t)most + 1, sizeof *first), *next = lent(s->frozen.nnodes + 1, sizeof *next);

    memset(first, 0xff, ((size_t)most + 1) * sizeof *first);
    for (uint32_t i = (uint32_t)s->frozen.nnodes; i-- > 0;)
        if (s->frozen.nodes[i]->info->cls->tick) {
            next[i] = first[s->frozen.nodes[i]->rank];
            first[s->frozen.nodes[i]->rank] = i;
        }
    for (uint32_t rank = 0; rank <= most; rank++)
        for (uint32_t i = first[rank]; i != NONE; i = next[i]) {
            struct bl_node *n = s->frozen.nodes[i];
            struct domain *d = &s->frozen.domains[n->domain];
            n->slot = d->n++;
            d->slot[n->slot] = (struct slot){ .tick = n->info->cls->tick, .self = n->self, .node = n };
            set_awake(d, n->slot);
        }
    give_back(first);
    give_back(next);
}

/* Slots follow rank, then natural path order; everybody starts awake. */
void domain_layout(struct bl_sim *s)
{
    uint32_t most = 0;

    for (size_t i = 0; i < s->frozen.nnodes; i++) {
        struct bl_node *n = s->frozen.nodes[i];
        if (n->info->cls->tick) {
            s->frozen.domains[n->domain].n++;
            most = n->rank > most ? n->rank : most;
        }
    }
    for (size_t i = 0; i < s->frozen.ndomains; i++) {
        layout_one(s, &s->frozen.domains[i]);
        s->frozen.domains[i].n = 0;
    }
    give_slots(s, most);
}
