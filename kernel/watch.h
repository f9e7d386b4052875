/* watch.h - what signals.c and watch.c share: a trace and the signals it shows. */
#ifndef BL_WATCH_H
#define BL_WATCH_H

#include "kernel/kernel.h"

enum { LANES_APART = 16, WIDEST = 4096, TRACE_SHIFT = 26, MOST_TRACES = 63 };
enum source { A_CLOCK, A_VERDICT, A_WORD, A_COUNT, AN_ITEM, A_VIEW, A_POWER, A_COUNTER };

struct signal {                      /* one traced variable */
    enum source from;
    uint32_t node, index;            /* part (NONE: the whole); word, ring or domain */
    uint32_t lane, lanes;            /* lanes shown together */
    uint32_t bits, elem;             /* of one lane */
    size_t skip;                     /* bytes before its first lane: of a view its offset in the struct */
    const unsigned char *src;        /* a value of `elem` bytes that always lies here, of which `mask` is shown; */
    uint64_t mask;                   /* mask 0: signal_value collects it */
    bool four;                       /* of a resolved signal: lanes of one character, 01zx */
    uint32_t shadow, words;          /* its last value in trace->shadow */
    bl_yj energy;                    /* power: at the start of the window */
};

/* Neighbouring variables that change together: the lanes of one field. Nobody announces a write to a view (`at`
 * is its field, NULL for other groups): it is compared as a whole after every time at which its part ran. */
struct group { uint32_t first, n; const unsigned char *at; uint32_t bytes; size_t raw; };

struct clock { uint32_t var; const struct domain *domain; uint64_t next; };  /* next: time of its next edge */

struct bl_trace {
    const struct bl_wave_ops *ops;
    struct bl_wave *wave;
    struct bl_diag *diag;
    struct bl_trace_opts o;
    char *path;                      /* as asked for; parts are numbered: path_of_part */
    uint32_t part, number;           /* the file that is open; place in sim->traces */
    struct bl_condition *from_when, *to_when;
    struct bl_wave_var *vars;        /* aliases included */
    struct signal *sig;              /* of vars[i]; unused for an alias */
    size_t n, room, room_sig;
    struct clock *clock; size_t nclocks, room_clocks;
    struct group *group; size_t ngroups, room_groups;
    uint64_t *pending;               /* by group */
    uint64_t *shadow; size_t nshadow;
    uint32_t *view; size_t nviews, room_views;   /* groups that are views, in order of parts */
    struct span *views_of;           /* by part: in `view` */
    uint64_t **viewed;               /* by domain: a bit a slot whose part has views here */
    uint64_t *viewed_other;          /* a bit a waiting or combinational part that has */
    unsigned char *raw; size_t nraw;
    uint32_t *verdict_of;            /* by part: its verdict group, NONE */
    uint64_t *first;                 /* by verdict counter: when it was first seen, UINT64_MAX: never */
    uint64_t changes, window, now;   /* now: time of the last `time` call */
    bool started, ended, timed;      /* timed: `now` is valid */
    bool dark;                       /* between two windows of conditions */
    struct arena names;
};

/* Declares every wanted signal of the simulation, clocks first, parts in path order. */
void signals_choose(struct bl_trace *t, struct bl_sim *s);
/* The present value of a signal, packed LSW first. */
void signal_value(const struct bl_sim *s, const struct signal *g, uint64_t *to);
/* Marks the groups of every view that differs from what it was, of parts that ran at this time or (all) of all. */
void views_look(struct bl_trace *t, const struct bl_sim *s, bool all);

static inline uint64_t signal_load(const unsigned char *p, uint32_t elem)
{
    uint64_t v = 0;

    switch (elem) {                  /* little-endian hosts */
    case 1: return *p;
    case 2: memcpy(&v, p, 2); return v;
    case 4: memcpy(&v, p, 4); return v;
    default: memcpy(&v, p, 8); return v;
    }
}

#endif
