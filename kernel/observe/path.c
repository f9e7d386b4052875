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

/* The latest change that n can have seen by now, of those before; NULL: none since the run began. */
static const struct change *seen_before(const struct at *a, uint32_t h)
{
    for (uint32_t back = 1; back < a->p->listening[h].kept; back++) {
        const struct change *c = change_of(a->p, h, back);
        if (c->kept && c->delta < a->p->delta)
            return c;
    }
    return NULL;
}

/* The same of all. */
static inline const struct change *seen_last(const struct at *a, uint32_t h)
{
    const struct heard *x = h == NONE ? NULL : &a->p->heard[h];

    return !x || !x->after ? NULL : x->after <= a->p->delta ? change_of(a->p, h, 0) : seen_before(a, h);
}

/* Is it seen at this very time for the first time? */
static bool just_seen(const struct at *a, const struct change *c)
{
    return c && (a->w->period ? c->at + a->w->period >= a->now : c->at == a->now);
}

/* The first edge of n after t. */
static uint64_t edge_after(const struct at *a, uint64_t t)
{
    if (t < a->now && t + a->w->period >= a->now)
        return a->now;                       /* nearly always */
    return a->w->period && t < a->now ? a->now - (a->now - t - 1) / a->w->period * a->w->period : t;
}

static const struct bl_ring *ring_at(const struct at *a, uint32_t i) { return a->s->frozen.rings[a->n->port[i]]; }
static bool is_push(const struct at *a, uint32_t i) { return a->w->push[i / 64] >> (i & 63) & 1; }

/* A counter before this delta: its word may be committed already. */
static uint32_t count_before(const struct path *p, uint32_t h)
{
    const struct heard *x = &p->heard[h];

    return x->after > p->delta ? change_of(p, h, 0)->old : x->count;
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

static inline bool moved(const struct at *a, const struct end *e)
{
    return a->w->in[e->place] >> a->way & 1 && *(const uint32_t *)e->word->next != count_before(a->p, e->own);
}

/* It pushed, at this time, into room that appeared at this time (0), or took an item that became visible at this time (1); c: what it saw of the other
 * side. Room of a channel comes before items. Room that a pipe makes in the very cycle counts for who waited for it only: in a line that moves as one
 * each stage has it in every cycle. */
static inline uint32_t rank_of(const struct at *a, const struct end *e, const struct change *c)
{
    const uint32_t more = just_seen(a, c) ? *(const uint32_t *)e->word->next - c->old : 0;

    if (e->push)
        return !e->pipe && more > ring_at(a, e->place)->depth ? 0 : NONE;
    return (int32_t)more > 0 ? 1 : NONE;
}

static uint32_t giver_of(const struct at *a, const struct end *e) { return a->p->listening[e->heard].owner->id; }

/* Of several of a rank the one whose part comes first in path order, then the first port. */
static bool in_time(const struct at *a, struct book *to)
{
    const struct end *best = NULL;
    const struct change *seen = NULL;
    uint32_t least = NONE;

    for (uint32_t k = 0; k < a->w->nends; k++) {
        const struct end *e = &a->w->end[k];
        if (!moved(a, e))
            continue;
        const struct change *c = seen_last(a, e->heard);
        const uint32_t rank = rank_of(a, e, c);
        if (rank < least || (rank != NONE && rank == least && giver_of(a, e) < giver_of(a, best))) {
            best = e;
            seen = c;
            least = rank;
        }
    }
    if (!best)
        return false;
    follow_change(a->p, seen, a->now, to);
    tie(a, best->place, a->now - since_cut(a->p, seen->u), to);
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

/* A path that is just in time is a book of its own from here on. */
void path_keep(struct bl_sim *s, struct change *c, const struct bl_node *n, uint32_t way)
{
    struct path *p = path_of(s);
    const struct walker *w = &p->walker[n->id];
    struct way_book *b = &p->books[w->first + way];
    const uint64_t now = s->core->now;
    const bl_verdict v = p->actor[n->id].v;

    c->u = now;
    c->row = c->own = row_of(n, v);
    c->own_fs = 0;
    if (b->since == now) {
        copy_book(&c->book, &b->book);
        return;
    }
    const struct at a = { s, p, n, w, way, now };
    if (waits_for_others(n, v)) {
        wait_over(&a, v, b, &c->book);
    } else if (w->nstreams && streamed(&a, v, b, &c->book)) {
        return;                              /* the change is kept: it is found again */
    } else if (w->nends && in_time(&a, &c->book)) {
        copy_book(&b->book, &c->book);
        b->since = now;
    } else {
        copy_book(&c->book, &b->book);
        c->own_fs = now - b->since;
    }
}
