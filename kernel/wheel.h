/* wheel.h - the future event set: a hierarchical timing wheel of 9 levels of 64 slots, each slot a FIFO list through the
 * events. Stable, O(1) to put and to cut, no allocation. A slot of level 0 is 1024 fs wide and sorted by time; a digit
 * of 6 bits makes each level above it. */
#ifndef BL_WHEEL_H
#define BL_WHEEL_H

#include <stdbool.h>
#include <stdint.h>

#define NONE UINT32_MAX

enum { LEVELS = 9, FINE = 10 };      /* 64 slots each; bits of a time that level 0 does not tell apart */
enum pending { QUIET, TIMED, DELTA };
struct ev {                          /* state of one event */
    uint64_t when;
    uint64_t fired;                  /* number of the evaluate phase that it released, for `triggered` */
    uint32_t next, prev;             /* in its wheel slot; of a delta notification: next is the queue place */
    uint32_t first, last;            /* waiters on it now, 0: none */
    uint32_t pending;
};
struct wheel {
    uint64_t cur;                    /* no pending event is earlier */
    uint64_t taken[LEVELS];          /* a bit a slot */
    uint32_t levels;                 /* a bit a level */
    uint32_t head[LEVELS * 64], tail[LEVELS * 64];
};

void wheel_init(struct wheel *w);
void wheel_cut(struct wheel *w, struct ev *ev, uint32_t e);
/* The earliest time if it is at most `limit`: then wheel_pop gives its events. Else a time after the limit before which
 * nothing is pending, UINT64_MAX when nothing is. */
uint64_t wheel_next(struct wheel *w, struct ev *ev, uint64_t limit);

/* ---- inline: a put and a pop are what most of a timed simulation does ---- */

void wheel_insert(struct wheel *w, struct ev *ev, uint32_t e, uint32_t s);
void wheel_clear(struct wheel *w, uint32_t s);

/* The slot of a time: the level is that of the highest digit in which it differs from cur. An event is always in the slot
 * that this gives: when cur moves it moves to the earliest time, whose slot is emptied on the way, and for all others
 * the highest digit in which they differ from cur stays what it was. */
static inline uint32_t wheel_slot(const struct wheel *w, uint64_t when)
{
    uint64_t digits = (when ^ w->cur) >> FINE;

    if (digits < 64)
        return (uint32_t)(when >> FINE & 63);
    if (digits < 64 * 64)
        return 64 + (uint32_t)(when >> FINE >> 6 & 63);
    uint32_t level = (63u - (uint32_t)__builtin_clzll(digits)) / 6;
    return level * 64 + (uint32_t)(when >> FINE >> 6 * level & 63);
}

static inline void wheel_append(struct wheel *w, struct ev *ev, uint32_t e, uint64_t when)
{
    uint32_t s = wheel_slot(w, when), level = s / 64, last = w->tail[s];
    uint64_t bit = UINT64_C(1) << (s & 63);

    if (__builtin_expect((w->taken[level] & bit) != 0, 1)) {
        if (level == 0 && ev[last].when > when) {
            wheel_insert(w, ev, e, s);
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
    ev[e].next = NONE;
    w->tail[s] = e;
}

/* when >= now >= what was popped. */
static inline void wheel_put(struct wheel *w, struct ev *ev, uint32_t e, uint64_t now, uint64_t when)
{
    if (!w->levels)
        w->cur = now;
    ev[e].when = when;
    ev[e].pending = TIMED;
    wheel_append(w, ev, e, when);
}

/* Takes the next event of the time that wheel_next gave; NONE when there is no more. */
static inline uint32_t wheel_pop(struct wheel *w, struct ev *ev, uint64_t when)
{
    uint32_t s = (uint32_t)(when >> FINE & 63), e = w->head[s], next;

    if (!(w->taken[0] >> s & 1) || ev[e].when != when)
        return NONE;
    next = ev[e].next;
    ev[e].pending = QUIET;
    if (next == NONE) {
        wheel_clear(w, s);
    } else {
        w->head[s] = next;
        ev[next].prev = NONE;
    }
    return e;
}

#endif
