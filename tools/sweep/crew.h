/* crew.h - child processes that work on points under one libevent loop: each is a copy of this program, what it prints is collected, how it ended is told. */
#ifndef BL_SWEEP_CREW_H
#define BL_SWEEP_CREW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/sim.h"

enum { BL_CREW_MOST = 256, BL_LOG_TAIL = 4000 };

enum bl_next { BL_NEXT_POINT, BL_NEXT_LATER, BL_NEXT_NONE };
enum bl_ending { BL_EXITED, BL_SIGNALLED, BL_HUNG };

/* How the work on a point ended. Texts live as long as the call. */
struct bl_ended {
    size_t point;
    enum bl_ending how;
    int code;                          /* exit status, or number of the signal */
    const char *out; size_t nout;      /* all of its stdout, a NUL behind it */
    const char *log;                   /* the last BL_LOG_TAIL bytes of its stderr */
    double seconds, cpu_seconds;       /* on the wall, of processors */
    int64_t peak_kb, started;          /* memory; UTC, seconds since 1970 */
};

struct bl_crew {
    uint32_t workers;                  /* 1 .. BL_CREW_MOST */
    double limit_s;                    /* a point that takes longer is ended; 0: none is */
    /* The next point; BL_NEXT_LATER: none now, ask again soon; BL_NEXT_NONE: none while nothing else ends. */
    enum bl_next (*next)(void *ctx, size_t *point);
    int (*work)(void *ctx, size_t point);      /* in the child: its exit status. It must leave alone what its parent has open */
    int (*ended)(void *ctx, const struct bl_ended *e);     /* < 0: begin no more, finish what runs */
    void (*look)(void *ctx, uint32_t running);     /* about five times a second */
    void *ctx;
    struct bl_diag *diag;
    bool interrupted;                  /* out: SIGINT, SIGTERM or SIGHUP came */
};
/* Until all is done, or, after a signal or a failure, all that ran has ended; a second signal ends them, and nothing is told of those. A worker that is left
 * behind by a killed parent is killed too. 0, or -1 after a bl_error. */
int bl_crew_run(struct bl_crew *c);

#endif
