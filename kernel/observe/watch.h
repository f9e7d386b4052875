/* watch.h - what globs.c, signals.c, values.c, probe.c, tell.c, windows.c and watch.c share: a trace and the signals it shows. */
#ifndef BL_OBSERVE_WATCH_H
#define BL_OBSERVE_WATCH_H

#include "kernel/observe/inside.h"

enum { LANES_APART = 16, WORDED_APART = 64, WIDEST = 4096, TRACE_SHIFT = 26, MOST_TRACES = 63 };
enum source { A_CLOCK, A_VERDICT, A_WORD, A_COUNT, AN_ITEM, A_VIEW, A_POWER, A_COUNTER };

struct signal {                      /* one traced variable */
    enum source from;
    uint32_t node, index;            /* part (NONE: the whole); word, ring, domain or field */
    uint32_t lane, lanes;            /* lanes shown together */
    uint32_t bits, elem;             /* of one lane */
    size_t skip;                     /* bytes before its first lane: of a view its offset in the struct */
    uint32_t together;               /* so many variables from here on change together: the lanes of one field; 0: see the first */
    uint32_t shift;
    const unsigned char *src;        /* a value that always lies here, in 8 aligned bytes from bit `shift` on or in `words` of */
    uint64_t mask;                   /* them, the last one under the mask; NULL: signal_collect knows where */
    bool four;                       /* of a resolved signal: lanes of one character, 01zx */
    uint64_t *old;                   /* its last value, `words` of trace->shadow */
    uint32_t words;
    bl_yj energy;                    /* power: at the start of the window */
};

/* Who a time may have moved, a bit a variable of 64. The first of those that change together stands for them in `told`. */
struct marks { uint64_t told, moved; };      /* told of: may differ; moved: differs, and the shadow has its value */

/* Nobody announces what a part writes into its views, nor what the tick of a clocked part writes: both are compared after
 * every time at which the part ran. A probe is a value of at most 64 bits, a view everything else. */
struct probe { const unsigned char *src; uint64_t mask; uint64_t *old, *mark, bit; uint32_t shift; };
struct view { const unsigned char *at; size_t raw; uint32_t bytes, first, node; };
struct looks { struct probe *probe, *probe_end; struct view *view, *view_end; };      /* of one part */
struct probed { uint64_t *slots; struct looks **looks; };    /* of a domain: a bit a slot whose part has any; by slot */

struct clock { uint32_t var; const struct domain *domain; uint64_t next; };  /* next: time of its next edge */

struct bl_trace {
    const struct bl_wave_ops *ops;
    struct bl_wave *wave;
    struct bl_diag *diag;
    struct bl_trace_opts o;
    char *path;                      /* as asked for; parts are numbered: path_of_part */
    uint32_t part, number;           /* the file that is open; place in onlookers->traces */
    struct bl_condition *from_when, *to_when;
    struct bl_wave_var *vars;        /* aliases included */
    struct signal *sig;              /* of vars[i]; unused for an alias */
    size_t n, room, room_sig;
    struct clock *clock; size_t nclocks, room_clocks;
    struct marks *marks;
    uint64_t *shadow;
    struct probe *probe;             /* both in order of parts */
    struct view *view;
    struct looks *looks;             /* by part: what of it is compared; NULL: nothing of anybody */
    uint64_t *counted;               /* last values of counters */
    struct probed *probed;           /* by domain */
    uint64_t *probed_other;          /* a bit a waiting or combinational part that has */
    unsigned char *raw;
    uint32_t *verdict_of;            /* by part: the variable of its verdict, NONE */
    uint64_t *first;                 /* by verdict counter: when it was first seen, UINT64_MAX: never */
    uint64_t changes, window, now;   /* now: time of the last `time` call */
    bool started, timed;             /* timed: `now` is valid */
    bool ended, over;                /* the writer failed; nothing is shown any more: it failed, or the last window is over */
    bool again;                      /* everything has begun again: counts of items with it */
    bool dark;                       /* between two windows of conditions; */
    bool darkens;                    /* its beginning is drawn at the next time at which something happens */
    struct arena names;
};

/* Declares every wanted signal of the simulation, clocks first, parts in path order. */
void signals_choose(struct bl_trace *t, struct bl_sim *s);
/* globs.c: is it asked for? `field` is the name without a lane, which a glob may leave out, as it may the element of an array. */
bool globs_want(const struct bl_trace *t, const char *scope, const char *name, const char *field);
bool globs_want_lane(const struct bl_trace *t, const char *scope, const char *name, const char *field);      /* and not for all of them */
bool globs_too_deep(const struct bl_trace *t, const char *scope);
/* values.c: collects the present value of one that has many lanes or words into the shadow: did they differ? */
bool signal_collect(const struct bl_sim *s, const struct signal *g);

/* probe.c: everything that is compared; then marks what differs, of parts that ran at this time or (all) of all. */
void probes_place(struct bl_trace *t, struct bl_sim *s);
void probes_look(struct bl_trace *t, const struct bl_sim *s, bool all);
void probes_free(struct bl_trace *t, const struct bl_sim *s);

/* watch.c: what listens under a trace's number does so no more. */
void hear_no_more(struct bl_sim *s, uint32_t number);
/* watch.c: the file of part t->part, which begins at fs; NULL after an error. */
struct bl_wave *trace_open_part(const struct bl_trace *t, uint64_t fs);
/* windows.c: what is seen of the present time; 0, or -1 when the writer failed. */
int window_show(struct bl_sim *s, struct bl_trace *t);
void window_end_when(struct bl_trace *t, uint64_t now);                      /* a window ends where its condition holds */
int window_darken(struct bl_trace *t, uint64_t now);                         /* the darkness behind it is drawn */

/* tell.c: to the writer; 0, or -1 when it failed. */
int tell_time(struct bl_trace *t, uint64_t fs);                              /* of what it is told next */
int tell_window(struct bl_sim *s, struct bl_trace *t, uint64_t fs);          /* every value, as at the start of a trace */
int tell_part(struct bl_sim *s, struct bl_trace *t);                         /* the same at the start of a file that goes on with it */
int tell_anew(struct bl_sim *s, struct bl_trace *t);                         /* every value once more, in the same file */
int tell_changes(struct bl_sim *s, struct bl_trace *t);                      /* what the present time left */
int tell_between(struct bl_sim *s, struct bl_trace *t, uint64_t to);         /* clocks and power from there to `to` */
void power_starts(const struct bl_sim *s, struct bl_trace *t, uint64_t fs);  /* the first window of power, at fs */

static inline uint64_t placed_value(const unsigned char *src, uint32_t shift, uint64_t mask)
{
    uint64_t v;

    memcpy(&v, src, sizeof v);       /* little-endian hosts */
    return v >> shift & mask;
}

/* The present value of a signal becomes the shadow's: did they differ? */
static inline bool signal_refresh(const struct bl_sim *s, const struct signal *g)
{

    if (!g->src || g->words > 1)
        return signal_collect(s, g);
    uint64_t was = *g->old;
    *g->old = placed_value(g->src, g->shift, g->mask);
    return *g->old != was;
}

static inline void mark_told(struct bl_trace *t, uint32_t i) { t->marks[i / 64].told |= UINT64_C(1) << (i & 63); }

#endif
