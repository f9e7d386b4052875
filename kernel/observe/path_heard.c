/* path_heard.c - what the loop tells the critical path: verdicts change, words that are heard move, everything begins anew; and streams are measured. */
#include "kernel/observe/path.h"

static struct path *path_of(const struct bl_sim *s) { return s->onlookers->path; }

/* ---- a stream is measured: is its work that of its changes, and the other way round? ---- */

static void measure(struct path *p, const struct bl_node *n, uint64_t upto, bl_verdict v)
{
    struct actor *x = &p->actor[n->id];

    if (x->edge && x->edge <= upto) {
        x->seen++;
        x->both += said_verdict(v) == BL_BUSY;
        x->edge = 0;
    }
}

static void measure_work(struct path *p, const struct bl_node *n, uint64_t now, bl_verdict v)
{
    struct actor *x = &p->actor[n->id];
    uint64_t from = x->counted > x->covered ? x->counted : x->covered;

    if (said_verdict(v) == BL_BUSY && now > from)
        x->alone += now - from;
    x->counted = now;
}

static void stream_moved(struct bl_sim *s, struct path *p, const struct listening *l, uint64_t at)
{
    for (const struct reader *r = p->readers + l->streams.first, *end = r + l->streams.n; r < end; r++) {
        const struct domain *d = &s->frozen.domains[r->n->domain];
        struct actor *x = &p->actor[r->n->id];
        const uint64_t edge = d->st->next == at ? at + d->period : d->st->next != UINT64_MAX ? d->st->next : edge_time(d, edges_before(d, at + 1));
        measure(p, r->n, at, x->v);
        measure_work(p, r->n, at, x->v);
        x->edge = edge > x->covered ? edge : 0;      /* within the latency of another one it may be the end of that */
        x->covered = edge + r->latency * d->period;
    }
}

/* ---- what the loop tells ---- */

static void verdict_changed(struct bl_sim *s, const struct bl_node *n)
{
    struct path *p = path_of(s);
    struct actor *x = &p->actor[n->id];
    const struct walker *w = &p->walker[n->id];
    const uint64_t now = s->core->now;

    if (n->id >= s->frozen.nparts || !w->heard || n->info->cls->comb)
        return;
    p->delta = s->core->deltas;
    if (w->nstreams) {
        measure_work(p, n, now, x->v);
        measure(p, n, now ? now - 1 : 0, x->v);
    }
    for (uint32_t k = 0; k < w->ways; k++) {
        struct way_book *b = &p->books[w->first + k];
        if (b->since == now)
            continue;
        path_reach(s, n, k, now, &b->book);  /* of its own book it takes nothing, or all */
        b->since = now;
    }
    x->v = s->run.account[n->id].word;
    x->acted = now;
    if (w->nstreams)
        measure(p, n, now, x->v);
}

static bool is_input(const struct bl_node *n, uint32_t i)
{
    uint32_t element;

    return port_field(n, i, &element)->kind == BL_KIND_IN;
}

/* Through a wire: the input that changed at this time; of several the first. */
static const struct change *behind_wire(const struct bl_sim *s, const struct path *p, const struct bl_node *n, uint32_t word)
{
    const uint64_t ways = p->walker[n->id].in[s->frozen.word_port[word] - (uint32_t)(n->port - s->frozen.ports)];

    for (uint32_t i = 0; i < n->nports; i++) {
        const uint32_t h = n->port[i] != NONE && is_input(n, i) ? p->of_word[n->port[i]] : 0;
        if (!h || !(p->walker[n->id].in[i] & ways))
            continue;
        const struct change *c = change_of(p, h - 1, 0);
        if (c->kept && c->at == s->core->now)
            return c;
    }
    return NULL;
}

/* What a synchroniser gives now it has taken in some edges before. */
static const struct change *behind_sync(const struct bl_sim *s, const struct path *p, const struct bl_node *n)
{
    const uint32_t h = p->of_word[n->port[0]];
    const uint64_t back = (sync_stages(n) - 1) * s->frozen.domains[n->domain].period, taken = s->core->now > back ? s->core->now - back : 0;
    const struct change *c = NULL;

    for (uint32_t k = 0; h && k < p->listening[h - 1].kept; k++) {
        const struct change *x = change_of(p, h - 1, k);
        if (!x->kept)
            break;
        c = x;
        if (x->at < taken || (x->at == taken && x->delta < s->core->deltas))
            break;
    }
    return c;
}

static void keep_through(struct change *to, const struct change *from, const struct bl_sim *s, const struct bl_node *n)
{
    if (from) {
        to->u = from->u;
        to->row = from->row;
        to->own = from->own;
        to->own_fs = from->own_fs;
        copy_book(&to->book, &from->book);
        return;
    }
    to->u = s->core->now;
    to->row = to->own = n->account;
    to->own_fs = 0;
    to->book.n = 0;
}

void path_heard(struct bl_sim *s, uint32_t h)
{
    struct path *p = path_of(s);
    const struct listening *l = &p->listening[h];
    struct heard *x = &p->heard[h];
    const uint32_t next = x->latest + 1 < l->kept ? x->latest + 1 : 0;
    struct change *c = &p->change[l->first + next];
    const struct bl_node *n = l->owner;

    p->delta = s->core->deltas;
    if (!l->through)
        path_keep(s, c, n, l->way);
    else
        keep_through(c, n->id >= s->frozen.nparts ? behind_sync(s, p, n) : behind_wire(s, p, n, l->word), s, n);
    c->at = s->core->now;
    c->delta = s->core->deltas;
    c->old = x->count;
    c->kept = 1;
    x->count = *(const uint32_t *)s->frozen.words[l->word]->now;
    x->latest = next;
    x->after = c->delta + 1;
    if (!l->through)
        p->actor[n->id].acted = c->at;
    if (l->streams.n)
        stream_moved(s, p, l, c->at);
}

void path_begins_anew(struct bl_sim *s)
{
    struct path *p = s->onlookers ? s->onlookers->path : NULL;
    const uint64_t now = s->core->now;

    for (size_t i = 0; p && i < s->frozen.nparts; i++) {
        for (uint32_t k = 0; k < p->walker[i].ways; k++)
            p->books[p->walker[i].first + k] = (struct way_book){ .since = now };
        p->actor[i].counted = p->actor[i].covered = now;
    }
    if (p)
        *p->cut = now;
}

const struct observer path_observer = { .verdict = verdict_changed };
