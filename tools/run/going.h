/* going.h - a run of the program on its way, shared by cmd_run.c, going.c, finish.c, judge.c and tools/serve. */
#ifndef BL_TOOLS_GOING_H
#define BL_TOOLS_GOING_H

#include "tools/commands.h"
#include "tools/report/over_time.h"
#include "tools/report/outputs.h"
#include "tools/run/images.h"
#include "tools/run/progress.h"
#include "tools/run/replay.h"
#include "tools/run/stops.h"
#include "tools/run/traceset.h"
#include "tools/run/what_if.h"

struct run_opts {
    struct bl_setup_opts setup;
    struct bl_whole until, races, jobs, interval;
    const char *why, *restore, *journal;
    struct bl_trace_args t;
    struct bl_texts sets, images, data, save_at, bits_at, what_if;
    struct bl_rewind_opts rewind;
    struct bl_outputs out;
    bool quiet, no_path, analytical;
};

struct bl_repeat;

struct run {
    const struct run_opts *o;
    struct bl_setup *u;
    struct bl_trace_args trace_args;
    struct bl_traceset traces;
    struct bl_images traced;
    uint32_t from, to;                        /* of the images, where only some are traced */
    struct bl_stops stops;
    struct bl_repeat *repeat;                 /* tools/serve/: what comes to it once more; NULL: nothing */
    struct bl_progress progress;
    struct bl_what_if what_if;
    struct bl_intervals intervals;            /* of those that --trace-images names, or of everything */
    json_t *rows;                             /* of what_if; NULL: nothing was asked */
    struct bl_diag *diag;
    struct bl_texts written, said, waits;     /* said: false expectations; both own their texts */
    bool checked, wrong, bad_output, foretold, traces_begun, traces_ended;
    const char *end;
};

/* Messages that a report keeps: a `put` of struct bl_diag, whose ctx is a struct keep. */
struct keep { struct bl_texts *to; struct bl_diag *pass; };
void bl_keep_put(void *ctx, const char *line);

/* ---- going.c */
void bl_going_listen(struct bl_sim *s);                            /* signals interrupt it; NULL: nothing */
enum bl_end bl_going_run(struct run *r, uint64_t until);           /* its images, or its time; with progress */
void bl_going_end_traces(struct run *r);
int bl_going_begin_intervals(struct run *r);                        /* where --interval asks for them: 0, or -1 after a bl_error */
void bl_going_end_intervals(struct run *r);
void bl_going_ended(struct run *r, enum bl_end end);               /* how: r->end; a deadlock is explained */
/* Processes for the images that are not traced; 0: this one alone. */
uint32_t bl_going_processes(const struct run *r);
void bl_going_part(void *ctx, uint32_t layer, uint64_t done, uint64_t total);      /* progress of the reference; ctx: the run */
void bl_going_layer(void *ctx, const struct bl_layer_end *e);                      /* of a layer that has ended */

/* ---- finish.c */
json_t *bl_finish_report(struct run *r);                           /* of the run as it stands, r->end said; NULL after a bl_error */
void bl_finish_end(struct run *r, enum bl_end end);                /* how it ended: judged, and said; its traces are closed */
void bl_finish_again(struct run *r);                               /* takes that back: it goes on */
int bl_finish_write(struct run *r);                                /* its report and other files: an exit status */
void bl_finish_close(struct run *r);

/* ---- judge.c */
void bl_judge(struct run *r);                                      /* the result against the reference, what the platform expects */
void bl_judge_dump(struct run *r);                                 /* --dump: files of a layer's tensors */

#endif
