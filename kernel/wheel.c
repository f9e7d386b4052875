/* wheel.c - the future event set: what is not inline in wheel.h. */
#include "kernel/wheel.h"

#include <string.h>

void wheel_init(struct wheel *w) { memset(w, 0, sizeof *w); }

/* Into a slot of level 0 that ends with a later time: behind the last event that is not later. */
void wheel_insert(struct wheel *w, struct ev *ev, uint32_t e, uint32_t s)
{
    uint32_t after = w->tail[s], before;

    do {
        before = after;
        after = ev[before].prev;
    } while (after != NONE && ev[after].when > ev[e].when);
    ev[e].next = before;
    ev[e].prev = after;
    ev[before].prev = e;
    if (after == NONE)
        w->head[s] = e;
    else
        ev[after].next = e;
}

void wheel_clear(struct wheel *w, uint32_t s)
{
    uint32_t level = s / 64;

    w->head[s] = w->tail[s] = 0;         /* state: a slot that was passed is as one that never was */
    w->taken[level] &= ~(UINT64_C(1) << (s & 63));
    if (!w->taken[level])
        w->levels &= ~(1u << level);
}

void wheel_cut(struct wheel *w, struct ev *ev, uint32_t e)
{
    uint32_t s = wheel_slot(w, ev[e].when), next = ev[e].next, prev = ev[e].prev;

    if (next != NONE)
        ev[next].prev = prev;
    else
        w->tail[s] = prev;
    if (prev != NONE)
        ev[prev].next = next;
    else
        w->head[s] = next;
    if (w->head[s] == NONE)
        wheel_clear(w, s);
    ev[e].pending = QUIET;
}

/* Enters slot s, the earliest one: its events move down, in order, relative to the first time among them. */
static void enter(struct wheel *w, struct ev *ev, uint32_t s, uint64_t first, bool all)
{
    uint32_t e = w->head[s], last = w->tail[s], to = (uint32_t)(first >> FINE & 63);

    wheel_clear(w, s);
    w->cur = first;
    if (all) {                           /* of one time: the list moves as a whole */
        w->head[to] = e;
        w->tail[to] = last;
        w->taken[0] |= UINT64_C(1) << to;
        w->levels |= 1;
        return;
    }
    for (uint32_t next; e != NONE; e = next) {
        next = ev[e].next;
        wheel_append(w, ev, e, ev[e].when);
    }
}

uint64_t wheel_next(struct wheel *w, struct ev *ev, uint64_t limit)
{
    if (!w->levels)
        return UINT64_MAX;
    uint32_t level = (uint32_t)__builtin_ctz(w->levels);
    uint32_t digit = (uint32_t)__builtin_ctzll(w->taken[level]), s = level * 64 + digit, width = FINE + 6 * level;
    uint64_t first = ev[w->head[s]].when, last = first;

    if (level == 0)
        return first;
    uint64_t start = ((w->cur >> width >> 6 << 6) | digit) << width;
    if (start > limit)                   /* a far slot may hold very many: they are not looked at before its time comes */
        return start;
    for (uint32_t e = ev[w->head[s]].next; e != NONE; e = ev[e].next) {
        uint64_t t = ev[e].when;
        first = t < first ? t : first;
        last = t > last ? t : last;
    }
    if (first <= limit)
        enter(w, ev, s, first, first == last);
    return first;
}
