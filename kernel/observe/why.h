/* why.h - what why.c and chain.c share: what is recorded of causes. */
#ifndef BL_OBSERVE_WHY_H
#define BL_OBSERVE_WHY_H

#include "kernel/observe/inside.h"

enum { STEPS = 64 };                 /* of a chain */
enum kind { CHANGED, SEEN, TICKED, RAN, SETTLED, FIRED };
enum how { MOVED, UP, TIMED_ONE, DELTA_ONE, AT_ONCE, PASSES };       /* of FIRED; of the tick of a synchroniser */

struct cause {
    uint8_t kind, how;
    uint32_t id, lane, here;         /* word, part or event; of a verdict that is SEEN: the port it waits at; delta of its time */
    uint64_t fs, delta, parent;      /* deltas in all; number of the record that caused this, 0: none */
    uint64_t old, now, before;       /* of a change: values, and the change before this one */
};

struct record {
    struct cause *ring;
    uint64_t size, next;             /* number of the next record; the first is 1 */
    bool from_start, asked;
    uint64_t current;                /* what is being dispatched */
    uint64_t *changed, *active, *notified, *released;    /* the last: change by word, activation by part, notifier by event, releaser by process */
    struct woken { uint64_t cycle, by; } *woken;         /* by part: the tick that ends a nap, and what ended it */
    uint32_t *word_of;               /* by event: whose change it is, NONE */
    /* the signal that is asked about */
    char *name;
    uint32_t word[2], lane, node;    /* two counters of a channel; NONE; any lane: NONE */
    uint64_t value, last;            /* of one that is no word; number of the last change */
    struct cause chain[STEPS];       /* as it was at the last change */
    uint32_t nchain;
    bool cut;                        /* there was more than the ring still had */
};

static inline struct cause *cause_at(const struct record *r, uint64_t k) { return &r->ring[k % r->size]; }
static inline bool cause_there(const struct record *r, uint64_t k) { return k && r->next - k <= r->size; }

#endif
