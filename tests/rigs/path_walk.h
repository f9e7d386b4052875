/* path_walk.h - the critical path once more, backwards over a log of every verdict and word change, as an oracle of what is recorded online: for
 * clocked parts that meet by channels, pipes and words. It shares nothing with kernel/observe/path.c but the rows. */
#ifndef BL_TESTS_PATH_WALK_H
#define BL_TESTS_PATH_WALK_H

#include "kernel/observe/path.h"

#include <check.h>
#include <stdlib.h>

struct pw_verdict { uint32_t node; bl_verdict v; uint64_t at; };
struct pw_change { uint32_t word, old, now; uint64_t at; };
static struct pw_log { struct pw_verdict *v; size_t nv, room_v; struct pw_change *c; size_t nc, room_c; uint32_t *count; } pw;

static void *pw_grown(void *at, size_t n, size_t *room, size_t size)
{
    if (n < *room)
        return at;
    *room = *room ? 2 * *room : 1024;
    at = realloc(at, *room * size);
    ck_assert_ptr_nonnull(at);
    return at;
}

static void pw_verdict_changed(struct bl_sim *s, const struct bl_node *n)
{
    pw.v = pw_grown(pw.v, pw.nv, &pw.room_v, sizeof *pw.v);
    pw.v[pw.nv++] = (struct pw_verdict){ n->id, s->run.account[n->id].word, s->core->now };
    path_observer.verdict(s, n);
}

static void pw_moved(struct bl_sim *s, const struct bl_word *w)
{
    uint32_t now = *(const uint32_t *)w->now;

    pw.c = pw_grown(pw.c, pw.nc, &pw.room_c, sizeof *pw.c);
    pw.c[pw.nc++] = (struct pw_change){ w->id, pw.count[w->id], now, s->core->now };
    pw.count[w->id] = now;
}

static const struct observer pw_observer = { .verdict = pw_verdict_changed, .moved = pw_moved };

/* After elaboration, before the run. */
static inline void pw_begin(struct bl_sim *s)
{
    pw.nv = pw.nc = 0;
    free(pw.count);
    pw.count = calloc(s->frozen.nwords + 1, sizeof *pw.count);
    for (size_t i = 0; i < s->frozen.nwords; i++)
        pw.count[i] = *(const uint32_t *)s->frozen.words[i]->now;
    s->observer = &pw_observer;
}

static inline void pw_end(void)
{
    free(pw.v);
    free(pw.c);
    free(pw.count);
    pw = (struct pw_log){ 0 };
}

/* What n was at before t, and since when. */
static bl_verdict pw_before(const struct bl_node *n, uint64_t t, uint64_t *since)
{
    for (size_t i = pw.nv; i-- > 0;)
        if (pw.v[i].node == n->id && pw.v[i].at < t) {
            *since = pw.v[i].at;
            return pw.v[i].v;
        }
    *since = 0;
    return BL_IDLE;
}

static bl_verdict pw_from(const struct bl_node *n, uint64_t t) { uint64_t since; return pw_before(n, t + 1, &since); }

/* The last change of a word before t (or at it); NULL: none. */
static const struct pw_change *pw_last(uint32_t word, uint64_t t, bool at_too)
{
    for (size_t i = pw.nc; i-- > 0;)
        if (pw.c[i].word == word && (pw.c[i].at < t || (at_too && pw.c[i].at == t)))
            return &pw.c[i];
    return NULL;
}

struct pw_at { struct bl_sim *s; const struct bl_node *n; uint64_t t, period; uint64_t *rows; };

static enum bl_field_kind pw_kind(const struct bl_node *n, uint32_t place) { uint32_t e; return port_field(n, place, &e)->kind; }
static uint32_t pw_word(const struct pw_at *a, uint32_t place)
{
    uint32_t port = a->n->port[place];
    enum bl_field_kind k = pw_kind(a->n, place);

    return port == NONE ? NONE : k == BL_KIND_IN ? port : k == BL_KIND_POP ? a->s->frozen.rings[port]->push_word->id :
           k == BL_KIND_PUSH ? a->s->frozen.rings[port]->pop_word->id : NONE;
}
static uint32_t pw_own(const struct pw_at *a, uint32_t place)
{
    uint32_t port = a->n->port[place];
    enum bl_field_kind k = pw_kind(a->n, place);

    return port == NONE ? NONE : k == BL_KIND_POP ? a->s->frozen.rings[port]->pop_word->id : k == BL_KIND_PUSH ? a->s->frozen.rings[port]->push_word->id : NONE;
}

static uint32_t pw_row(const struct bl_node *n, bl_verdict v) { return n->account + said_verdict(v); }

/* To who drove the change, booked up to `until`. */
static void pw_follow(struct pw_at *a, const struct pw_change *c, uint64_t until)
{
    a->n = a->s->frozen.nodes[a->s->frozen.word_owner[c->word]];
    a->rows[pw_row(a->n, pw_from(a->n, c->at))] += until - c->at;
    a->t = c->at;
}

static bool pw_try(struct pw_at *a, uint32_t place)
{
    const uint32_t word = pw_word(a, place);
    const bool pipe = pw_kind(a->n, place) == BL_KIND_PUSH && word != NONE && a->s->frozen.links[a->n->port[place]].pipe;
    const struct pw_change *now = pipe ? pw_last(word, a->t, true) : NULL, *c = word == NONE ? NULL : pw_last(word, a->t, false);

    if (now && now->at == a->t) {
        a->n = a->s->frozen.nodes[a->s->frozen.word_owner[word]];
        return true;
    }
    if (!c || c->at + a->period < a->t)
        return false;
    pw_follow(a, c, a->t);
    return true;
}

static uint32_t pw_place(const struct bl_node *n, bl_verdict v, uint32_t k)
{
    struct waiting_port w = port_waited(n, said_verdict(v), k);

    return n->first[class_field_index(n->info->cls, w.port)] + w.index;
}

static bool pw_listed(struct pw_at *a, bl_verdict v)
{
    const uint32_t n = waits_at(a->n, said_verdict(v));

    for (uint32_t k = 0; k < n; k++)
        if (pw_try(a, pw_place(a->n, v, (said_port(v) + k) % n)))
            return true;
    return false;
}

static bool pw_late(struct pw_at *a, bl_verdict v, uint64_t since)
{
    const struct pw_change *last = NULL;

    for (uint32_t k = 0; k < waits_at(a->n, said_verdict(v)); k++) {
        const uint32_t word = pw_word(a, pw_place(a->n, v, k));
        const struct pw_change *c = word == NONE ? NULL : pw_last(word, a->t, false);
        if (c && c->at >= since && (!last || c->at > last->at))
            last = c;
    }
    if (!last)
        return false;
    uint64_t edge = last->at / a->period * a->period + a->period;
    a->rows[pw_row(a->n, v)] += a->t - edge;
    pw_follow(a, last, edge);
    return true;
}

static void pw_wait(struct pw_at *a, bl_verdict v, uint64_t since)
{
    if (pw_listed(a, v) || (said_verdict(v) != BL_IDLE && pw_listed(a, BL_IDLE)))
        return;
    for (uint32_t i = 0; i < a->n->nports; i++)
        if (a->s->onlookers->path->walker[a->n->id].heard[i] != NONE && pw_try(a, i))
            return;
    if (pw_late(a, v, since))
        return;
    a->rows[pw_row(a->n, v)] += a->t - since;
    a->t = since;
}

/* Room of a channel, then items. */
static bool pw_in_time(struct pw_at *a, bool push)
{
    const struct pw_change *best = NULL;

    for (uint32_t i = 0; i < a->n->nports; i++) {
        const uint32_t own = pw_own(a, i), word = pw_word(a, i);
        if (own == NONE || (pw_kind(a->n, i) == BL_KIND_PUSH) != push || (push && a->s->frozen.links[a->n->port[i]].pipe))
            continue;
        const struct pw_change *mine = pw_last(own, a->t, true), *c = pw_last(word, a->t, false);
        if (!mine || mine->at != a->t || !c || c->at + a->period < a->t)
            continue;
        if (push ? mine->now - c->old > a->s->frozen.rings[a->n->port[i]]->depth : (int32_t)(mine->now - c->old) > 0)
            best = !best || a->s->frozen.word_owner[c->word] < a->s->frozen.word_owner[best->word] ? c : best;
    }
    if (best)
        pw_follow(a, best, a->t);
    return best != NULL;
}

/* From n at t back to the beginning; rows as in bl_path_at. Of parts that have one way and no streams. */
static inline void pw_walk(struct bl_sim *s, const struct bl_node *n, uint64_t t, uint64_t *rows)
{
    struct pw_at a = { s, n, t, 0, rows };

    for (unsigned steps = 0; a.t > 0; steps++) {
        uint64_t since;
        const bl_verdict v = pw_before(a.n, a.t, &since);
        ck_assert_uint_lt(steps, 10000000);
        a.period = s->frozen.domains[a.n->domain].period;
        if (waits_for_others(a.n, v))
            pw_wait(&a, v, since);
        else if (!pw_in_time(&a, true) && !pw_in_time(&a, false)) {
            uint64_t step = a.t - since < a.period ? a.t - since : a.period;
            rows[pw_row(a.n, v)] += step;
            a.t -= step;
        }
    }
}

#endif
