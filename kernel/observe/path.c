/* path.c - the critical path, recorded as the run goes: each part has a book of the path that ends where it last acted, and each word that is
 * heard keeps that of its driver. Who waited goes on with the book of the word that released it; who worked adds to its own. */
#include "kernel/observe/path.h"

static struct path *path_of(const struct bl_sim *s) { return s->onlookers->path; }

/* ---- books ---- */

/* Full: the smallest row makes place; its time goes to row 0, which is kept for that, what is said beside the time is forgotten. */
static uint64_t make_place(const struct path *p, struct book *b)
{
    uint64_t least = 1;

    if (b->at[0].row != p->kinds + NO_ROOM) {
        b->at[BOOK_ROWS - 1] = b->at[0];
        b->at[0].row = p->kinds + NO_ROOM;
        b->at[0].fs = 0;
        b->n = BOOK_ROWS;
    }
    for (uint64_t i = 2; i < BOOK_ROWS; i++)
        if (b->at[i].fs < b->at[least].fs)
            least = i;
    if (b->at[least].row < p->ties)
        b->at[0].fs += b->at[least].fs;
    return least;
}

void book_add(const struct path *p, struct book *b, uint32_t row, uint64_t fs)
{
    uint64_t i = 0;

    if (!fs)
        return;
    while (i < b->n && b->at[i].row != row)
        i++;
    if (i == b->n) {
        i = i < BOOK_ROWS - 1 ? b->n++ : make_place(p, b);
        b->at[i].fs = 0;
        b->at[i].row = row;
    }
    b->at[i].fs += fs;
    if (i > 1) {                             /* what is asked for often moves to the front */
        const struct booked x = b->at[i];
        b->at[i] = b->at[i - 1];
        b->at[i - 1] = x;
    }
}

static inline void copy_book(struct book *to, const struct book *from)
{
    if (to != from)
        memcpy(to, from, sizeof from->n + from->n * sizeof *from->at);
}

/* ---- steps back ---- */

struct at { struct bl_sim *s; struct path *p; const struct bl_node *n; const struct walker *w; uint32_t way; uint64_t now; };

static uint32_t row_of(const struct bl_node *n, bl_verdict v) { return n->account + said_verdict(v); }
static uint64_t since_cut(const struct path *p, uint64_t t) { return t > *p->cut ? t : *p->cut; }

/* The path that came with a change, up to `until`: what its driver did at it holds until then. */
static void follow_change(const struct path *p, const struct change *c, uint64_t until, struct book *to)
{
    to->n = 0;
    if (c->u > *p->cut) {                    /* else it was on its way at the cut */
        copy_book(to, &c->book);
        if (c->own == c->row) {              /* it goes on with what it did */
            book_add(p, to, c->row, c->own_fs + until - c->u);
            return;
        }
        book_add(p, to, c->own, c->own_fs);
    }
    book_add(p, to, c->row, until - since_cut(p, c->u));
}

/* The latest change that n can have seen by now, NULL: none since the run began. */
static const struct change *seen_last(const struct at *a, uint32_t h)
{
    for (uint32_t back = 0; h != NONE && back < a->p->listening[h].kept; back++) {
        const struct change *c = change_of(a->p, h, back);
        if (c->kept && c->delta < a->p->delta)
            return c;
    }
    return NULL;
}

/* Is it seen at this very time for the first time? */
static bool just_seen(const struct at *a, const struct change *c)
{
    return c && (a->w->period ? c->at + a->w->period >= a->now : c->at == a->now);
}

/* The first edge of n after t. */
static uint64_t edge_after(const struct at *a, uint64_t t)
{
    return a->w->period && t < a->now ? a->now - (a->now - t - 1) / a->w->period * a->w->period : t;
}

static const struct bl_ring *ring_at(const struct at *a, uint32_t i) { return a->s->frozen.rings[a->n->port[i]]; }
static bool is_push(const struct at *a, uint32_t i) { return a->w->push[i / 64] >> (i & 63) & 1; }

/* A counter before this delta: its word may be committed already. */
static uint32_t count_before(const struct path *p, uint32_t h)
{
    const struct change *c = change_of(p, h, 0);

    return c->kept && c->delta >= p->delta ? c->old : p->heard[h].count;
}
static uint32_t count_next(const struct at *a, uint32_t h) { return *(const uint32_t *)a->s->frozen.words[a->p->listening[h].word]->next; }

/* The taker of a pipe that took in this very cycle, NULL; it came before the giver. */
static const struct bl_node *taken_now(const struct at *a, uint32_t i)
{
    if (!is_push(a, i) || a->w->heard[i] == NONE || !a->s->frozen.links[a->n->port[i]].pipe)
        return NULL;
    const uint32_t h = a->w->heard[i];
    return count_next(a, h) != count_before(a->p, h) ? a->p->listening[h].owner : NULL;
}

static void follow_taker(const struct at *a, uint32_t i, struct book *to)
{
    path_reach(a->s, a->p->listening[a->w->heard[i]].owner, a->p->listening[a->w->heard[i]].way, a->now, to);
}

/* ---- a wait ended: by which word? ---- */

static bool released_by(const struct at *a, uint32_t i, enum path_kind kind, struct book *to)
{
    const struct change *c = seen_last(a, a->w->heard[i]);

    if (taken_now(a, i)) {
        follow_taker(a, i, to);
        return true;
    }
    if (!just_seen(a, c))
        return false;
    follow_change(a->p, c, a->now, to);
    book_add(a->p, to, a->p->kinds + kind, a->now - since_cut(a->p, c->u));
    return true;
}

static uint32_t place_of(const struct bl_node *n, struct waiting_port w) { return n->first[class_field_index(n->info->cls, w.port)] + w.index; }

static bool released_by_listed(const struct at *a, bl_verdict v, enum path_kind kind, struct book *to)
{
    const uint32_t n = waits_at(a->n, said_verdict(v)), first = said_port(v);

    for (uint32_t k = 0; k < n; k++)
        if (released_by(a, place_of(a->n, port_waited(a->n, said_verdict(v), (first + k) % n)), kind, to))
            return true;
    return false;
}

static bool released_by_any(const struct at *a, struct book *to)
{
    for (uint32_t i = 0; i < a->n->nports; i++)
        if (a->w->heard[i] != NONE && released_by(a, i, BY_WORD, to))
            return true;
    return false;
}

/* The verdict outlived its wait: what lies beyond the edge at which the last change was seen is the part's own. */
static bool released_late(const struct at *a, bl_verdict v, uint64_t since, struct book *to)
{
    const struct change *last = NULL;

    for (uint32_t k = 0, n = waits_at(a->n, said_verdict(v)); k < n; k++) {
        const struct change *c = seen_last(a, a->w->heard[place_of(a->n, port_waited(a->n, said_verdict(v), k))]);
        if (c && c->at >= since && (!last || c->at > last->at))
            last = c;
    }
    if (!last)
        return false;
    uint64_t edge = edge_after(a, last->at);
    follow_change(a->p, last, edge, to);
    book_add(a->p, to, row_of(a->n, v), a->now - edge);
    book_add(a->p, to, a->p->kinds + LATE, a->now - edge);
    return true;
}

static void go_on(const struct at *a, bl_verdict v, const struct way_book *b, struct book *to)
{
    copy_book(to, &b->book);
    book_add(a->p, to, row_of(a->n, v), a->now - b->since);
}

static void wait_over(const struct at *a, bl_verdict v, const struct way_book *b, struct book *to)
{
    if (released_by_listed(a, v, said_verdict(v) == BL_IDLE ? BY_FEED : BY_PORT, to) ||
        (said_verdict(v) != BL_IDLE && released_by_listed(a, BL_IDLE, BY_FEED, to)) || released_by_any(a, to) || released_late(a, v, b->since, to))
        return;
    go_on(a, v, b, to);
    book_add(a->p, to, a->p->kinds + ALONE, a->now - b->since);
}

/* ---- own work: was something just in time? ---- */

static void tie(const struct at *a, uint32_t place, uint64_t fs, struct book *to)
{
    book_add(a->p, to, a->p->ties + (uint32_t)(a->n->port - a->s->frozen.ports) + place, fs);
}

/* A stream's work is that of the last change that is early enough. */
static bool streamed(const struct at *a, bl_verdict v, const struct way_book *b, struct book *to)
{
    const struct change *last = NULL;
    uint64_t late = 0, seen = 0;
    uint32_t place = 0;

    for (uint32_t k = 0; k < a->w->nstreams; k++)
        for (uint32_t back = 0, i = a->w->streams[k]; back < a->p->listening[a->w->heard[i]].kept; back++) {
            const struct change *c = change_of(a->p, a->w->heard[i], back);
            const uint64_t early = (a->w->latency[i] - 1) * a->w->period, edge = c->kept && c->delta < a->p->delta ? edge_after(a, c->at) : UINT64_MAX;
            if (edge == UINT64_MAX || edge + early > a->now || edge < b->since)
                continue;
            if (!last || edge + early > seen + late)
                last = c, late = early, seen = edge, place = i;
            break;
        }
    if (!last)
        return false;
    follow_change(a->p, last, seen, to);
    book_add(a->p, to, row_of(a->n, v), a->now - seen);
    if (seen + late == a->now)
        tie(a, place, seen - since_cut(a->p, last->u), to);
    return true;
}

/* It pushed, at this time, into room that appeared at this time. */
static bool room_in_time(const struct at *a, uint32_t i)
{
    const uint32_t h = a->w->heard[i], q = count_next(a, a->w->own[i]), depth = ring_at(a, i)->depth;
    const struct change *c = seen_last(a, h);

    return !a->s->frozen.links[a->n->port[i]].pipe && just_seen(a, c) && q - c->old > depth;
}

/* It took an item that became visible at this time. */
static bool item_in_time(const struct at *a, uint32_t i)
{
    const struct change *c = seen_last(a, a->w->heard[i]);

    return just_seen(a, c) && (int32_t)(count_next(a, a->w->own[i]) - c->old) > 0;
}

static bool moved(const struct at *a, uint32_t i)
{
    return a->w->in[i] >> a->way & 1 && count_next(a, a->w->own[i]) != count_before(a->p, a->w->own[i]);
}

/* Room of a channel comes before items. Room that a pipe makes in the very cycle counts for who waited for it only: in a line that moves as one each
 * stage has it in every cycle. */
static uint32_t rank_of(const struct at *a, uint32_t i)
{
    if (!moved(a, i))
        return NONE;
    if (is_push(a, i))
        return room_in_time(a, i) ? 0 : NONE;
    return item_in_time(a, i) ? 1 : NONE;
}

/* Of several of a rank the one whose part comes first in path order, then the first port. */
static bool in_time(const struct at *a, struct book *to)
{
    uint32_t best = NONE, least = NONE;

    for (uint32_t k = 0; k < a->w->nends; k++) {
        const uint32_t i = a->w->ends[k], rank = rank_of(a, i);
        if (rank < least || (rank != NONE && rank == least && a->p->listening[a->w->heard[i]].owner->id < a->p->listening[a->w->heard[best]].owner->id)) {
            best = i;
            least = rank;
        }
    }
    if (best == NONE)
        return false;
    const struct change *c = seen_last(a, a->w->heard[best]);
    follow_change(a->p, c, a->now, to);
    tie(a, best, a->now - since_cut(a->p, c->u), to);
    return true;
}

/* ---- where n is ---- */

static inline bool just_in_time(const struct at *a, bl_verdict v, const struct way_book *b, struct book *to)
{
    return (a->w->nstreams && streamed(a, v, b, to)) || (a->w->nends && in_time(a, to));
}

void path_reach(struct bl_sim *s, const struct bl_node *n, uint32_t way, uint64_t now, struct book *to)
{
    struct path *p = path_of(s);
    const struct walker *w = &p->walker[n->id];
    const struct way_book *b = &p->books[w->first + way];
    const bl_verdict v = p->actor[n->id].v;
    const struct at a = { s, p, n, w, way, now };

    if (b->since == now)
        copy_book(to, &b->book);
    else if (waits_for_others(n, v))
        wait_over(&a, v, b, to);
    else if (!just_in_time(&a, v, b, to))
        go_on(&a, v, b, to);
}

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

/* A path that is just in time is a book of its own from here on. */
static void keep_of_part(struct bl_sim *s, struct path *p, struct change *c, const struct bl_node *n, uint32_t way)
{
    const struct walker *w = &p->walker[n->id];
    struct way_book *b = &p->books[w->first + way];
    const uint64_t now = s->core->now;
    const bl_verdict v = p->actor[n->id].v;

    c->u = now;
    c->row = c->own = row_of(n, v);
    c->own_fs = 0;
    const struct at a = { s, p, n, w, way, now };
    if (b->since != now && waits_for_others(n, v)) {
        wait_over(&a, v, b, &c->book);
    } else if (b->since != now && w->nstreams && streamed(&a, v, b, &c->book)) {
        return;                              /* the change is kept: it is found again */
    } else if (b->since != now && w->nends && in_time(&a, &c->book)) {
        copy_book(&b->book, &c->book);
        b->since = now;
    } else {
        copy_book(&c->book, &b->book);
        c->own_fs = now - b->since;
    }
}

void path_heard(struct bl_sim *s, uint32_t h)
{
    struct path *p = path_of(s);
    const struct listening *l = &p->listening[h];
    struct heard *x = &p->heard[h];
    const uint32_t next = (x->latest + 1) % l->kept;
    struct change *c = &p->change[l->first + next];
    const struct bl_node *n = l->owner;

    p->delta = s->core->deltas;
    if (!l->through)
        keep_of_part(s, p, c, n, l->way);
    else
        keep_through(c, n->id >= s->frozen.nparts ? behind_sync(s, p, n) : behind_wire(s, p, n, l->word), s, n);
    c->at = s->core->now;
    c->delta = s->core->deltas;
    c->old = x->count;
    c->kept = 1;
    x->count = *(const uint32_t *)s->frozen.words[l->word]->now;
    x->latest = next;
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
