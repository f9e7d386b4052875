/* wheel.c - the future event set: a hierarchical timing wheel of 11 levels of 64 slots, each slot a
 * FIFO list through the events. Stable, O(1) to put and to cut, nothing to tune, no allocation. */
#include "kernel/kernel.h"

void wheel_init(struct wheel *w, uint64_t now)
{
    memset(w, 0, sizeof *w);
    w->cur = now;
}

/* The slot of a time: the level is that of the highest 6-bit digit in which it differs from cur. */
static uint32_t slot_of(const struct wheel *w, uint64_t when)
{
    uint64_t diff = when ^ w->cur;
    uint32_t level = diff ? (63u - (uint32_t)__builtin_clzll(diff)) / 6 : 0;

    return level * 64 + (uint32_t)(when >> (6 * level) & 63);
}

static void append(struct wheel *w, struct ev *ev, uint32_t e)
{
    uint32_t s = slot_of(w, ev[e].when), level = s / 64;

    ev[e].slot = s;
    ev[e].next = NONE;
    if (w->taken[level] >> (s & 63) & 1) {
        ev[e].prev = w->tail[s];
        ev[w->tail[s]].next = e;
    } else {
        ev[e].prev = NONE;
        w->head[s] = e;
        w->taken[level] |= UINT64_C(1) << (s & 63);
        w->levels |= 1u << level;
    }
    w->tail[s] = e;
}

void wheel_put(struct wheel *w, struct ev *ev, uint32_t e, uint64_t when)
{
    ev[e].when = when;
    ev[e].pending = TIMED;
    append(w, ev, e);
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
    uint32_t s = ev[e].slot, next = ev[e].next, prev = ev[e].prev;

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

uint64_t wheel_next(struct wheel *w, struct ev *ev, uint64_t limit)
{
    while (w->levels) {
        uint32_t level = (uint32_t)__builtin_ctz(w->levels);
        uint32_t digit = (uint32_t)__builtin_ctzll(w->taken[level]), shift = 6 * level;
        uint64_t above = shift + 6 < 64 ? w->cur >> (shift + 6) << (shift + 6) : 0;
        uint64_t start = above | (uint64_t)digit << shift;

        if (start > limit)
            break;
        if (level == 0)
            return start;
        uint32_t s = level * 64 + digit, e = w->head[s];
        if (e == w->tail[s] && ev[e].when <= limit)
            start = ev[e].when;          /* the only event: straight to its time */
        /* Enter the slot: its events move down, in order, before anything newer can join them. */
        clear_slot(w, s);
        w->cur = start;
        while (e != NONE) {
            uint32_t next = ev[e].next;
            append(w, ev, e);
            e = next;
        }
    }
    return UINT64_MAX;
}
