/* watch.h - what signals.c and watch.c share: a trace and the signals it shows. */
#ifndef BL_WATCH_H
#define BL_WATCH_H

#include "kernel/kernel.h"

enum { LANES_APART = 16, WIDEST = 4096, TRACE_SHIFT = 26 };
enum source { A_CLOCK, A_VERDICT, A_WORD, A_COUNT, AN_ITEM, A_VIEW, A_POWER };

struct signal {                      /* one traced variable */
    enum source from;
    uint32_t node, index;            /* part (NONE: the whole); word, ring or domain */
    uint32_t lane, lanes;            /* lanes shown together */
    uint32_t bits, elem;             /* of one lane */
    size_t at;                       /* of a view: offset in the struct */
    uint32_t shadow, words;          /* its last value in trace->shadow */
    bl_yj energy;                    /* power: at the start of the window */
};

/* A field that is shown. Nobody announces its writes: after every time with events it is compared as a whole. */
struct view { const unsigned char *at; uint32_t bytes, raw; uint32_t first, n; };

struct bl_trace {
    const struct bl_wave_ops *ops;
    struct bl_wave *wave;
    struct bl_diag *diag;
    struct bl_trace_opts o;
    struct bl_wave_var *vars;        /* aliases included */
    struct signal *sig;              /* of vars[i]; unused for an alias */
    size_t n, room, room_sig;
    uint64_t *pending, *shadow;
    size_t nshadow;
    struct view *view; size_t nviews, room_views;
    unsigned char *raw; size_t nraw;
    uint32_t *verdict_of;            /* by part: its verdict variable, NONE */
    uint64_t changes, window, now;   /* now: time of the last `time` call */
    bool started, ended, timed;      /* timed: `now` is valid */
    struct arena names;
};

/* Declares every wanted signal of the simulation, clocks first, parts in path order. */
void signals_choose(struct bl_trace *t, struct bl_sim *s);
/* The present value of a signal, packed LSW first. */
void signal_value(const struct bl_sim *s, const struct signal *g, uint64_t *to);
/* Marks the signals of every view that differs from what it was. */
void views_look(struct bl_trace *t);

#endif
