/* inside.h - what the files of kernel/observe/ share: who looks on at a simulation, evaluate phases in another order, values
 * by name. */
#ifndef BL_OBSERVE_INSIDE_H
#define BL_OBSERVE_INSIDE_H

#include "kernel/kernel.h"

enum { ONLOOKERS = 6 };

struct onlookers {                   /* of one simulation */
    const struct observer *at[ONLOOKERS];                  /* those that look on now, */
    size_t n;
    struct record *record;                                 /* why.c: NULL: nobody asks why */
    struct bl_order *order, *own_order;                    /* order.c: NULL: evaluate phases have the order of the contract */
    struct path *path;                                     /* path.c: NULL: it is not recorded */
    struct bl_trace **traces; size_t ntraces, room_traces; /* watch.c: NULL: a free place */
    struct intervals *intervals;                           /* intervals.c: NULL: nobody asks for statistics over time */
    uint64_t *ran;                                         /* waiting and combinational parts that ran at this time; NULL: nobody asks */
    bool begun;                                            /* a run began since the last time was over, or nothing was looked at yet */
    bool misused;                                          /* a modeller's mistake: the process ends */
    const struct bl_condition *break_on;                   /* break.c: where bl_run breaks off, see bl_break; NULL, 0: nowhere */
    uint64_t break_at;
    uint32_t *handles; size_t nhandles;                    /* snapshot.c: in multiples of 8 bytes from the start of the state, in order; */
    uint64_t identity;                                     /* the hash of what is frozen; 0: neither is made yet */
};

/* ---- observer.c ---- */
struct onlookers *onlookers_of(struct bl_sim *s);    /* made at the first call */
void onlookers_changed(struct bl_sim *s);            /* somebody came or went: makes sim->observer */
extern const struct observer why_observer, order_observer, watch_observer, break_observer, path_observer, intervals_observer;

/* ---- restart.c ---- */
struct counts { void *at; size_t n; uint32_t elem; };      /* that go on through a restart: n of them, of elem bytes */
struct origin {
    struct page *pages;              /* of the state after elaboration */
    struct counts *kept; size_t nkept, room_kept;
    size_t bytes;                    /* of all that is kept */
    unsigned char *aside;            /* room for it, and for an edge number a domain */
};
void begin_now(struct bl_sim *s);                    /* of a state in which nothing has begun: it begins now */
void drop_scratch(struct bl_sim *s);                 /* what a run that failed, or one in the middle of a cycle, may have left */

/* ---- why.c ---- */
void why_close(struct bl_sim *s, bool asked_too);

/* ---- order.c ---- */
struct pick { uint64_t key; uint32_t unit; };        /* a part that is due, by its place in natural path order */
struct bl_order {
    uint64_t seed;
    uint64_t from;                   /* deltas before this one have the order of the contract, UINT64_MAX: all; the rest is permuted */
    uint64_t keep;                   /* in that delta the first so many are as in the contract, */
    uint64_t hold;                   /* and the next one comes after so many of the rest; UINT64_MAX: where the permutation has it */
    uint64_t picks, moved;           /* of that delta: how many there were; how many of the rest came before the one after `keep` */
    uint32_t unit, other;            /* that one; who ran just before it */
    void (*look)(struct bl_order *o, struct bl_sim *s);  /* told before each delta, and when the simulation is closed; NULL */
    void *ctx;
    struct bl_sim *sim;
    bool evaluating;
    struct pick *todo, *sorted;      /* [at, n): who is still to come */
    uint32_t at, n;
    uint32_t *taker, *taker_first, *stack;               /* by part: who takes from its pipes */
    unsigned char *mark;
    uint32_t *late, nlate;           /* clocked parts woken by processes in this phase */
};
void order_init(struct bl_order *o, struct bl_sim *s);   /* after elaboration */
void order_fini(struct bl_order *o);
uint64_t order_seed(uint64_t seed, uint64_t k);      /* of the k-th permutation */

/* ---- watch.c ---- */
void watch_free(struct bl_sim *s);
bool watch_shows(const struct onlookers *o);         /* there is a trace that is not over */
void watch_misused(struct bl_sim *s);                /* closes traces, so that the last moments can be looked at */

/* ---- intervals.c ---- */
bool intervals_on(const struct onlookers *o);
void intervals_free(struct onlookers *o);

/* ---- restored.c ---- */
uint64_t constants_of(const struct bl_sim *s);       /* a hash of what is in the state and never changes: parameters, numbers, lengths */
const char *state_wrong(const struct bl_sim *s);     /* what of the kernel's own state contradicts itself, NULL: nothing */

/* ---- roots.c, rest.c ---- */
void ledger_book_open(struct bl_sim *s);             /* stalls that go on, up to now */
/* A rest that names no port is at the feed that came last time. */
bl_verdict rest_says(const struct bl_sim *s, const struct bl_node *n, bl_verdict v);
void rest_at(const struct bl_sim *s, const struct bl_node *n, uint64_t now, uint64_t *v);    /* its REST_FEED + nfeeds counters, the rest that goes on among them */

/* ---- path.c, path_rows.c ---- */
void path_begins_anew(struct bl_sim *s);             /* at a cut: all books are empty, and what is on its way is booked from here */

/* ---- slots.c ---- */
void slots_begin_anew(struct bl_sim *s);             /* time counts from now on */
uint64_t *slots_sums(const struct bl_sim *s, size_t *n);     /* what is counted and goes on through a restart; NULL, 0: nothing */
bool slots_good(const struct bl_sim *s);
bool path_good(const struct bl_sim *s);              /* of a snapshot */

/* ---- price.c ---- */
bl_yj energy_of(const struct bl_sim *s, const struct bl_node *n, uint64_t now);      /* of one part */
bl_yj verdict_energy(const struct bl_sim *s, const struct bl_node *n, uint32_t verdict, uint64_t now);

/* ---- words.c ---- */
const struct bl_field *words_of(const struct bl_class *c, const struct bl_field *f, uint32_t lane);      /* the row; NULL: there is none */
const char *const *words_split(struct arena *a, const struct bl_field *words, uint32_t *n);              /* its words, one by one */

/* ---- peek.c ---- */
struct look {                        /* where a value of at most 64 bits stands; it does not move after elaboration */
    const unsigned char *at;
    const void *minus;               /* of a channel: the counter to take away, else NULL */
    uint32_t elem, bits;             /* bytes to read; bits that count */
    const struct bl_node *node;
    const struct bl_field *field;    /* NULL: the verdict */
    uint32_t port, lane;             /* of a port: what node->port has; lane NONE: none was named */
};
int look_up(struct bl_sim *s, const char *name, struct look *l);        /* as bl_peek: 0, or -1 */
uint64_t look_at(const struct look *l);

#endif
