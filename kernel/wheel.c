/* wheel.c - the future event set: a hierarchical timing wheel of 9 levels of 64 slots, each slot a FIFO list through
 * the events. Stable, O(1) to put and to cut, no allocation. A slot of level 0 is 1024 fs wide and sorted by time, a
 * digit of 6 bits makes each level above it.
 *
 * An event is always in the slot that slot_of gives for its time: when cur moves it moves to the earliest time, whose slot is
 * emptied on the way, and for all others the highest digit in which they differ from cur stays what it was. */
#include "kernel/kernel.h"

void wheel_init(struct wheel *w) { memset(w, 0, sizeof *w); }

/* The slot of a time: the level is that of the highest digit in which it differs from cur. */
static inline uint32_t slot_of(const struct wheel *w, uint64_t when)
{
    uint32_t level = (63u - (uint32_t)__builtin_clzll((when ^ w->cur) >> FINE | 1)) / 6;

    return level * 64 + (uint32_t)(when >> FINE >> 6 * level & 63);
}

/* Into a slot of level 0 that ends with a later time: behind the last event that is not later. */
static void insert(struct wheel *w, struct ev *ev, uint32_t e, uint32_t s)
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

static inline void append(struct wheel *w, struct ev *ev, uint32_t e, uint64_t when)
{
    uint32_t s = slot_of(w, when), level = s / 64, last = w->tail[s];
    uint64_t bit = UINT64_C(1) << (s & 63);

    ev[e].next = NONE;
    w->tail[s] = e;
    if (w->taken[level] & bit) {
        if (level == 0 && ev[last].when > when) {
            w->tail[s] = last;
            insert(w, ev, e, s);
            return;
        }
        ev[e].prev = last;
        ev[last].next = e;
    } else {
        ev[e].prev = NONE;
        w->head[s] = e;
        w->taken[level] |= bit;
        w->levels |= 1u << level;
    }
}

void wheel_put(struct wheel *w, struct ev *ev, uint32_t e, uint64_t now, uint64_t when)
{
    if (!w->levels)
        w->cur = now;
    ev[e].when = when;
    ev[e].pending = TIMED;
    append(w, ev, e, when);
}

static void clear_slot(struct wheel *w, uint32_t s)
{
    uint32_t level = s / 64;

    w->head[s] = w->tail[s] = 0;         /* state: a slot that was passed is as one that never was */
    w->taken[level] &= ~(UINT64_C(1) << (s & 63));
    if (!w->taken[level])
        w->levels &= ~(1u << level);
}

void wheel_cut(struct wheel *w, struct ev *ev, uint32_t e)
{
    uint32_t s = slot_of(w, ev[e].when), next = ev[e].next, prev = ev[e].prev;

    if (next != NONE)
        ev[next].prev = prev;
    else
        w->tail[s] = prev;
    if (prev != NONE)
        ev[prev].next = next;
    else
        w->head[s] = next;
    if (w->head[s] == NONE)
        clear_slot(w, s);
    ev[e].pending = QUIET;
}

uint32_t wheel_pop(struct wheel *w, struct ev *ev, uint64_t when)
{
    uint32_t s = (uint32_t)(when >> FINE & 63), e = w->head[s];

    if (!(w->taken[0] >> s & 1) || ev[e].when != when)
        return NONE;
    if (ev[e].next == NONE) {
        clear_slot(w, s);
    } else {
        w->head[s] = ev[e].next;
        ev[ev[e].next].prev = NONE;
    }
    ev[e].pending = QUIET;
    return e;
}

/* Enters slot s, the earliest one: its events move down, in order, relative to the first time among them. */
static void enter(struct wheel *w, struct ev *ev, uint32_t s, uint64_t first, bool all)
{
    uint32_t e = w->head[s], last = w->tail[s], to = (uint32_t)(first >> FINE & 63);

    clear_slot(w, s);
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
        append(w, ev, e, ev[e].when);
    }
}

uint64_t wheel_next(struct wheel *w, struct ev *ev, uint64_t limit)
{
    if (!w->levels)
        return UINT64_MAX;
    uint32_t level = (uint32_t)__builtin_ctz(w->levels);
    uint32_t s = level * 64 + (uint32_t)__builtin_ctzll(w->taken[level]);
    uint64_t first = ev[w->head[s]].when, last = first;

    if (level == 0)
        return first;
    for (uint32_t e = ev[w->head[s]].next; e != NONE; e = ev[e].next) {
        uint64_t t = ev[e].when;
        first = t < first ? t : first;
        last = t > last ? t : last;
    }
    if (first <= limit)
        enter(w, ev, s, first, first == last);
    return first;
}
