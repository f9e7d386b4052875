/* procnet.h - a network of processes described apart from any kernel: events, signals, clocks, FIFOs, and for each
 * process a small program. One interpreter (procnet.c) runs the programs for every back end, so that what differs
 * between two logs is the scheduling. C and C++. */
#ifndef BL_TESTS_PROCNET_H
#define BL_TESTS_PROCNET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { NET_EVENTS = 16, NET_SIGNALS = 8, NET_FIFOS = 4, NET_PROCS = 12, NET_OPS = 40, NET_LIST = 4 };

/* Times are steps of a grid of NET_GRID fs: notifications and waits end at multiples of it, time-outs half a step
 * later, so that an event and a time-out never meet, unless `decided` (README, "Decided"). A process with an `offset` waits only by
 * time and wakes that many fs after the grid: it is alone then, and may notify immediately. */
enum { NET_GRID = 64 };

enum net_edge { NET_USER, NET_CHANGED, NET_ROSE, NET_FELL };
struct net_event { uint32_t edge, of; };       /* NET_USER: of the process that notifies it; else of a signal */

/* A signal of `bits` with one writing process, or (period not 0) a clock: its first edge, to `first`, at `start`. */
struct net_signal { uint32_t bits, init, owner; uint64_t period, high, start; uint32_t first; };
struct net_fifo { uint32_t depth, giver, taker; };

/* What a program consists of. `list` names events, a signal or a FIFO; t is steps, a count or a number to add. */
enum net_code {
    /*            list      t                                                                              */
    OP_NOTIFY, /* event     steps; 0: the next delta                                                       */
    OP_NOW,    /* event               immediate                                                            */
    OP_CANCEL, /* event                                                                                    */
    OP_ASK,    /* event               is it triggered?                                                     */
    OP_WRITE,  /* signal    added     to the accumulator                                                   */
    OP_READ,   /* signal              into the accumulator                                                 */
    OP_TRYPUT, /* FIFO      added     if there is room                                                     */
    OP_TRYGET, /* FIFO                if there is an item                                                  */
    OP_CONTROL, /* process  which one enum net_control                                                     */
    OP_TIME,   /*           steps     waits; 0: one delta                                                  */
    OP_STATIC, /*           releases  waits by the static list; a method: one                              */
    OP_EVENT,  /* event     steps     waits; 0: without time-out; the same for the two that follow         */
    OP_ANY,    /* events    steps                                                                          */
    OP_ALL,    /* events    steps                                                                          */
    OP_PUT,    /* FIFO      added     waits for room; not in a method                                      */
    OP_GET,    /* FIFO                waits for an item; not in a method                                   */
    OP_CODES
};
enum net_control { NET_SUSPEND, NET_RESUME, NET_DISABLE, NET_ENABLE, NET_RESET, NET_KILL };
extern const char *const net_code_name[OP_CODES];
static inline bool net_waits(uint32_t code) { return code >= OP_TIME; }

struct net_op { uint8_t code, n, list[NET_LIST]; uint32_t t; };
struct net_proc {
    uint32_t method, offset, budget;           /* budget: resumes, then it is over */
    uint32_t reset, reset_by, reset_at;        /* 1: synchronous, 2: asynchronous; by a signal at this level */
    uint32_t nstatics, nops;
    uint8_t statics[NET_LIST];
    struct net_op op[NET_OPS];                 /* repeated until the budget is used up */
};
struct net {
    uint64_t seed, limit;                      /* limit: fs */
    uint32_t decided;                          /* 1: what the reference does otherwise may occur; time-outs are on the grid */
    uint32_t nevents, nsignals, nfifos, nprocs;
    struct net_event event[NET_EVENTS];
    struct net_signal signal[NET_SIGNALS];
    struct net_fifo fifo[NET_FIFOS];
    struct net_proc proc[NET_PROCS];
};

/* One line an item; the last is "end". Reading: false at the end of the file or after a line that is none. */
void net_write(FILE *f, const struct net *n);
bool net_read(FILE *f, struct net *n);

/* ---- the log: every resume and every operation ---- */

enum { LOG_RESUMED = OP_CODES };
struct net_entry {
    uint64_t time;
    uint32_t delta;                            /* any number that grows; settled: its rank within the time */
    uint16_t proc, op, what;                   /* LOG_RESUMED (op: the wait that ended; value: timed out) or a code */
    uint32_t value;
};
struct net_log { struct net_entry *e; size_t n, room; };
void log_add(struct net_log *l, struct net_entry e);
void log_free(struct net_log *l);
/* Deltas become ranks: those in which nobody logged are not seen. Sorted: lines of one delta in order of process. */
void log_settle(struct net_log *l, bool sorted);
/* The first line in which two settled logs differ, or SIZE_MAX. */
size_t log_difference(const struct net_log *a, const struct net_log *b);
/* The lines of both around line `at`. */
void log_show(FILE *f, const struct net *n, const struct net_log *found, const struct net_log *expected, size_t at);

/* ---- the interpreter ---- */

/* What a back end does for the process whose `self` it gave. */
struct net_host {
    uint64_t (*now)(void *self);
    uint32_t (*delta)(void *self);
    void (*notify)(void *self, uint32_t event, uint64_t fs);
    void (*notify_now)(void *self, uint32_t event);
    void (*cancel)(void *self, uint32_t event);
    bool (*triggered)(void *self, uint32_t event);
    bool (*timed_out)(void *self);
    void (*write)(void *self, uint32_t signal, uint32_t value);
    uint32_t (*read)(void *self, uint32_t signal);
    bool (*can_put)(void *self, uint32_t fifo);
    bool (*can_get)(void *self, uint32_t fifo);
    void (*put)(void *self, uint32_t fifo, uint32_t value);
    uint32_t (*get)(void *self, uint32_t fifo);
    void (*control)(void *self, uint32_t proc, uint32_t what);
};
struct net_run {                               /* a process at work */
    const struct net *net;
    const struct net_host *host;
    void *self;
    struct net_log *log;
    uint32_t proc, at, acc, used;
    uint64_t until;                            /* when the wait at hand is over by its time-out */
    bool begun, over;
};
/* Runs until the next wait and returns it; NULL: the process is over. */
const struct net_op *net_step(struct net_run *r);
/* At the top of a process that waits: it begins, or was reset. */
void net_begin(struct net_run *r);
/* The time-out, or else the time, of the wait that a process is about to begin, in fs from now. */
uint64_t net_delay(const struct net_run *r, const struct net_op *wait);

#ifdef __cplusplus
}
#endif
#endif
