/* probe.c - what a trace compares instead of being told: views, and the registered words of clocked parts. A part's
 * are looked at after every time at which it ran; a write that only traces would hear of costs nothing. */
#include "kernel/observe/watch.h"

#include <stdlib.h>

/* ---- what there is to compare ---- */

/* How many there are of each part, while they are counted. */
struct needs { uint32_t *probes, *views, counters; size_t raw; bool place; };

static void put_probe(struct bl_trace *t, struct needs *n, uint32_t node, struct probe p)
{
    if (n->place)
        *t->looks[node].probe_end++ = p;
    else
        n->probes[node]++;
}

static void put_view(struct bl_trace *t, struct needs *n, struct view v)
{
    v.raw = n->raw;
    n->raw += v.bytes;
    if (n->place)
        *t->looks[v.node].view_end++ = v;
    else
        n->views[v.node]++;
}

/* One value is a probe, and a difference of it is the signal's own; of several the bytes are compared. */
static void put_field(struct bl_trace *t, struct needs *n, struct view v)
{
    const struct signal *g = &t->sig[v.first];

    if (g->together > 1 || g->words > 1 || !g->src)
        put_view(t, n, v);
    else
        put_probe(t, n, v.node, (struct probe){ .src = g->src, .mask = g->mask, .shift = g->shift, .old = g->old,
                  .mark = &t->marks[v.first / 64].moved, .bit = UINT64_C(1) << (v.first & 63) });
}

/* A counter of a channel: when it moves, signal i may. */
static void put_counter(struct bl_trace *t, const struct bl_sim *s, struct needs *n, uint32_t i, const struct bl_word *w)
{
    const unsigned char *p = w->now;
    uint32_t skip = (uint32_t)((uintptr_t)p % 8);

    if (!in_chunk(s, w))
        return;
    put_probe(t, n, s->frozen.word_owner[w->id], (struct probe){ .src = p - skip, .mask = UINT32_MAX, .shift = 8 * skip,
              .old = t->counted + n->counters, .mark = &t->marks[i / 64].told, .bit = UINT64_C(1) << (i & 63) });
    n->counters++;
}

/* Counts, or places, everything that is compared. */
static void walk(struct bl_trace *t, const struct bl_sim *s, struct needs *n)
{
    n->raw = n->counters = 0;
    for (uint32_t i = 0; i < t->n; i++) {
        const struct signal *g = &t->sig[i];
        if (!g->together)
            continue;
        if (g->from == A_VIEW) {
            const struct bl_node *part = s->frozen.nodes[g->node];
            const struct bl_field *f = &part->info->cls->fields[g->index];
            put_field(t, n, (struct view){ .at = part->self + f->at, .bytes = (uint32_t)f->least, .first = i, .node = g->node });
        } else if ((g->from == A_WORD || g->from == A_COUNTER) && in_chunk(s, s->frozen.words[g->index])) {
            const struct bl_word *w = s->frozen.words[g->index];
            put_field(t, n, (struct view){ .at = w->now, .bytes = w->bytes, .first = i, .node = s->frozen.word_owner[w->id] });
        } else if (g->from == A_COUNT || g->from == AN_ITEM) {
            put_counter(t, s, n, i, s->frozen.rings[g->index]->push_word);
            if (g->from == A_COUNT)
                put_counter(t, s, n, i, s->frozen.rings[g->index]->pop_word);
        }
    }
}

/* Where the parts stand of which anything is compared. */
static void find_parts(struct bl_trace *t, struct bl_sim *s)
{
    size_t words = s->frozen.nnodes / 64 + 1;

    t->probed = fresh(s->frozen.ndomains + 1, sizeof *t->probed);
    t->probed_other = fresh(words, sizeof *t->probed_other);
    for (size_t i = 0; i < s->frozen.ndomains; i++)
        t->probed[i].slots = fresh(s->frozen.domains[i].words + 1, sizeof *t->probed->slots);
    for (size_t i = 0; i < s->frozen.ndomains; i++)
        t->probed[i].looks = fresh(s->frozen.domains[i].n + 1, sizeof *t->probed->looks);
    for (size_t i = 0; i < s->frozen.nnodes; i++) {
        const struct bl_node *n = s->frozen.nodes[i];
        if (t->looks[i].probe == t->looks[i].probe_end && t->looks[i].view == t->looks[i].view_end)
            continue;
        if (n->info->cls->tick) {
            t->probed[n->domain].slots[n->slot / 64] |= UINT64_C(1) << (n->slot & 63);
            t->probed[n->domain].looks[n->slot] = &t->looks[i];
            continue;
        }
        t->probed_other[i / 64] |= UINT64_C(1) << (i & 63);
        if (!s->onlookers->ran)
            s->onlookers->ran = arena_get(&s->fixed, words * sizeof *s->onlookers->ran);
    }
}

void probes_place(struct bl_trace *t, struct bl_sim *s)
{
    struct needs n = { .probes = lent(s->frozen.nnodes + 1, sizeof *n.probes), .views = lent(s->frozen.nnodes + 1, sizeof *n.views) };
    size_t probes = 0, views = 0;

    walk(t, s, &n);
    for (size_t i = 0; i < s->frozen.nnodes; i++) {
        probes += n.probes[i];
        views += n.views[i];
    }
    t->looks = fresh(s->frozen.nnodes + 1, sizeof *t->looks);
    t->probe = fresh(probes + 1, sizeof *t->probe);
    t->view = fresh(views + 1, sizeof *t->view);
    t->raw = fresh(n.raw + 1, 1);
    t->counted = fresh(n.counters + 1u, sizeof *t->counted);
    for (size_t i = s->frozen.nnodes; i-- > 0;) {
        struct looks *l = &t->looks[i];
        l->probe = l->probe_end = t->probe + (probes -= n.probes[i]);
        l->view = l->view_end = t->view + (views -= n.views[i]);
    }
    n.place = true;
    walk(t, s, &n);
    give_back(n.probes);
    give_back(n.views);
    find_parts(t, s);
}

void probes_free(struct bl_trace *t, const struct bl_sim *s)
{
    for (size_t i = 0; t->probed && i < s->frozen.ndomains; i++) {
        free(t->probed[i].slots);
        free(t->probed[i].looks);
    }
    void *owned[] = { t->probe, t->view, t->looks, t->raw, t->counted, t->probed, t->probed_other };
    for (size_t i = 0; i < sizeof owned / sizeof owned[0]; i++)
        free(owned[i]);
}

/* ---- after a time ---- */

static inline void look_over(struct bl_trace *t, const struct looks *l)
{
    for (const struct probe *p = l->probe; p < l->probe_end; p++) {
        uint64_t v = placed_value(p->src, p->shift, p->mask);
        if (v == *p->old)
            continue;
        *p->old = v;
        *p->mark |= p->bit;
    }
    for (const struct view *v = l->view; v < l->view_end; v++) {
        if (!memcmp(t->raw + v->raw, v->at, v->bytes))
            continue;
        memcpy(t->raw + v->raw, v->at, v->bytes);
        mark_told(t, v->first);
    }
}

/* Who ticked at this time is awake still, or among those that were about to nap. */
static void look_over_domain(struct bl_trace *t, const struct domain *d, const struct probed *of)
{
    for (uint32_t i = 0; i < d->nvisited; i++) {
        uint32_t w = d->visited[i];
        for (uint64_t b = d->awake[w] & of->slots[w]; b; b &= b - 1)
            look_over(t, of->looks[w * 64 + (uint32_t)__builtin_ctzll(b)]);
    }
    for (uint32_t i = 0; i < d->nnapping; i++) {
        uint32_t slot = d->napping[i];
        if (of->looks[slot])
            look_over(t, of->looks[slot]);
    }
}

void probes_look(struct bl_trace *t, const struct bl_sim *s, bool all)
{
    if (all) {
        for (uint32_t i = 0; i < s->frozen.nnodes; i++)
            look_over(t, &t->looks[i]);
        return;
    }
    for (uint32_t i = 0; i < s->frozen.ndomains; i++)
        if (s->frozen.domains[i].nvisited)
            look_over_domain(t, &s->frozen.domains[i], &t->probed[i]);
    const uint64_t *ran = s->onlookers->ran;
    for (uint32_t w = 0; ran && w < (uint32_t)(s->frozen.nparts + 63) / 64; w++)
        for (uint64_t b = ran[w] & t->probed_other[w]; b; b &= b - 1)
            look_over(t, &t->looks[w * 64 + (uint32_t)__builtin_ctzll(b)]);
}
