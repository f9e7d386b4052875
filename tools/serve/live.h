/* live.h - what may reach a run while it stands between two times: traces begun and ended, snapshots kept and put back. Whoever steers a
 * run (serve.c) and whoever repeats what was steered (repeat.c) do it by these calls, so that both leave the same bytes.
 *
 * An order point is a time before which everything has happened and at which nothing has: bl_now is that time, and nothing else happens before it. */
#ifndef BL_SERVE_LIVE_H
#define BL_SERVE_LIVE_H

#include "tools/run/going.h"

enum { BL_WATCHES_MOST = 32, BL_KEPT_MOST = 64 };

struct bl_watch {
    uint32_t number;                   /* from 1 on, never used again */
    char *path;                        /* FOLDER/watchN.fst */
    struct bl_texts globs;             /* owned */
    struct bl_trace *trace;            /* NULL: it has ended, and the file is whole */
    uint64_t from, to;                 /* fs; to: when it has ended, or was put on disk last */
    bool failed;
};

struct bl_kept { uint64_t fs; void *bytes; size_t n; uint64_t *items; };

struct bl_live {
    struct run *r;
    struct bl_diag *diag;
    const char *folder;                /* "" : the current one */
    struct bl_watch *watch; size_t nwatches;
    struct bl_kept kept[BL_KEPT_MOST]; size_t nkept, most;     /* by rising times; the first is never given up */
    uint64_t *items;                   /* by layer: how many images have it behind them */
    uint32_t nlayers;
};

/* Of a built run that has not begun, or stands. most: snapshots that are kept. 0, or -1 after a bl_error. */
int bl_live_init(struct bl_live *l, struct run *r, const char *folder, size_t most, struct bl_diag *diag);
/* Ends what is traced: 0, or -1 when one has failed. */
int bl_live_end(struct bl_live *l);
void bl_live_fini(struct bl_live *l);

/* At an order point. Globs as of --watch; none: everything. The number of the trace, or -1 after a bl_error. */
int bl_live_watch(struct bl_live *l, const char *const *globs, size_t n);
struct bl_watch *bl_live_watch_at(const struct bl_live *l, uint32_t number);      /* NULL: there is none */
/* 0, or -1 after a bl_error. */
int bl_live_unwatch(struct bl_live *l, uint32_t number);
/* What is traced so far can be read from the file: 0; 1: nothing was; -1 after a bl_error. */
int bl_live_cut(struct bl_live *l, uint32_t number);

/* Keeps a snapshot, unless there is one of this time: 0, or -1 after a bl_error. When there are `most`, the one goes that lies closest to its neighbours. */
int bl_live_keep(struct bl_live *l);
/* Puts back the snapshot of that time, which may lie ahead. Traces end, and those that were open begin once more, under new numbers. 0, or -1
 * after a bl_error. */
int bl_live_rewind(struct bl_live *l, uint64_t fs);

#endif
