/* rest.c - what a part that does nothing waits for. A part rests while it is idle, or at a cause all of whose ports are feeds. Before its first
 * act that time is not_started and after its last one finished; in between it is starved, by the feed that ended it. */
#include "kernel/observe/inside.h"

/* ---- layout ---- */

static uint32_t feeds_of(const struct bl_node *n) { return has_account(n->info->cls) ? waits_at(n, BL_IDLE) : 0; }

void rest_layout(struct bl_sim *s)
{
    size_t counters = 0;

    for (size_t i = 0; i < s->frozen.nnodes; i++) {
        struct bl_node *n = s->frozen.nodes[i];
        n->rests = n->info->rests;
        n->nfeeds = feeds_of(n);
        n->rest = (uint32_t)counters;
        n->roots = n->nfeeds ? s->frozen.nroots++ : NONE;
        counters += REST_FEED + n->nfeeds;
    }
    s->frozen.nrests = counters;
    s->run.rest = arena_get(&s->state, (s->frozen.nnodes + 1) * sizeof *s->run.rest);
    s->run.rested = arena_get(&s->state, (counters + 1) * sizeof *s->run.rested);
    s->run.resting = arena_get(&s->state, (counters + 1) * sizeof *s->run.resting);
    s->run.feed_was = arena_get(&s->state, (counters + 1) * sizeof *s->run.feed_was);
    s->run.roots = arena_get(&s->state, (s->frozen.nroots + 1) * sizeof *s->run.roots);
}

/* ---- which feed ended it ---- */

/* Of a word, what tells whether it moved: a hash of its lanes. */
static uint64_t word_hash(const struct bl_word *w)
{
    const uint64_t *at = w->now;
    uint64_t h = 0;

    for (uint32_t i = 0; i < (w->bytes + 7) / 8; i++)
        h = mix(h ^ at[i]);
    return h;
}

static const struct bl_word *feed_word(const struct bl_node *n, struct waiting_port w)
{
    uint32_t port = n->port[n->first[class_field_index(n->info->cls, w.port)] + w.index];

    return w.port->kind == BL_KIND_IN && port != NONE ? n->sim->frozen.words[port] : NULL;
}

/* Is there something at the k-th feed that was not there when the rest began, as of the last commit? */
static bool fed(const struct bl_sim *s, const struct bl_node *n, uint32_t k)
{
    struct waiting_port w = port_waited(n, BL_IDLE, k);
    const struct bl_word *word = feed_word(n, w);
    uint32_t port = n->port[n->first[class_field_index(n->info->cls, w.port)] + w.index];

    if (port == NONE)
        return false;
    if (word)
        return word_hash(word) != s->run.feed_was[n->rest + k];
    const struct bl_ring *r = s->frozen.rings[port];
    return *r->pushed != *(const uint32_t *)r->pop_word->now;
}

static uint32_t feed_that_came(const struct bl_sim *s, const struct bl_node *n)
{
    const uint32_t last = s->run.rest[n->id].last;

    for (uint32_t k = 0; n->nfeeds > 1 && k < n->nfeeds; k++)
        if (fed(s, n, k))
            return k;
    return last;
}

/* ---- a verdict changes ---- */

static void rest_begins(struct bl_sim *s, const struct bl_node *n)
{
    for (uint32_t k = 0; n->nfeeds > 1 && k < n->nfeeds; k++) {
        const struct bl_word *word = feed_word(n, port_waited(n, BL_IDLE, k));
        if (word)
            s->run.feed_was[n->rest + k] = word_hash(word);
    }
}

/* All that it rested since its last act gets a name. */
static void acts(struct bl_sim *s, const struct bl_node *n)
{
    struct rest *r = &s->run.rest[n->id];
    uint64_t *to = s->run.rested + n->rest, *open = s->run.resting + n->rest;

    if (r->acted)
        r->last = feed_that_came(s, n);
    for (uint32_t k = REST_IDLE; k < REST_FEED + n->nfeeds; k++) {
        uint32_t slot = !r->acted ? REST_BEFORE : k > REST_IDLE || !n->nfeeds ? k : REST_FEED + r->last;
        to[slot] += open[k];
        open[k] = 0;
    }
    r->acted = true;
}

/* Where the time at a resting verdict stands until the next act: one that names no port waits for any of those that it lists. */
static uint32_t open_slot(const struct bl_node *n, bl_verdict was)
{
    const struct peers *p = n->nfeeds ? &n->peers[said_verdict(was)] : NULL;

    return p && (was >> 16 || (said_verdict(was) != BL_IDLE && p->n == 1)) ? REST_FEED + p->at[said_port(was)].feed : REST_IDLE;
}

bl_verdict rest_says(const struct bl_sim *s, const struct bl_node *n, bl_verdict v)
{
    const struct peers *p = n->nfeeds > 1 ? &n->peers[said_verdict(v)] : NULL;
    uint32_t k = 0;

    while (p && k < p->n && p->at[k].feed != s->run.rest[n->id].last)
        k++;
    return p && !(v >> 16) && k < p->n ? BL_AT(v, k) : v;
}

void rest_changed(struct bl_sim *s, const struct bl_node *n, bl_verdict was, bl_verdict v, uint64_t at)
{
    struct rest *r = &s->run.rest[n->id];
    const uint64_t rests = n->rests;

    if (rests >> said_verdict(was) & 1)
        s->run.resting[n->rest + open_slot(n, was)] += at - r->since;
    r->since = at;
    if (!(rests >> said_verdict(v) & 1))
        acts(s, n);
    else if (!(rests >> said_verdict(was) & 1))
        rest_begins(s, n);
}

/* ---- read ---- */

void rest_at(const struct bl_sim *s, const struct bl_node *n, uint64_t now, uint64_t *v)
{
    const struct rest *r = &s->run.rest[n->id];
    const bool rests = has_account(n->info->cls) && n->rests >> s->run.account[n->id].verdict & 1;

    memmove(v, s->run.rested + n->rest, (REST_FEED + n->nfeeds) * sizeof *v);
    for (uint32_t k = REST_IDLE; k < REST_FEED + n->nfeeds; k++)
        v[r->acted ? REST_AFTER : REST_BEFORE] += s->run.resting[n->rest + k];
    if (rests)
        v[r->acted ? REST_AFTER : REST_BEFORE] += ledger_clock(s, n, now) - r->since;
}
