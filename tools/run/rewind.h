/* rewind.h - a ring of snapshots in memory, and from it a trace of what came before an event: the platform is built a
 * second time, put back to a snapshot and run again with the trace on. */
#ifndef BL_REWIND_H
#define BL_REWIND_H

#include "tools/run/traceset.h"
#include "platforms/job/setup.h"

/* Rows of an option table whose struct has a member `rewind` of type struct bl_rewind_opts. */
#define BL_REWIND_OPTIONS(T) \
    { "rewind", 0, BL_OPT_MAYBE, offsetof(T, rewind.ring), "SPACING/COUNT", "keep a ring of snapshots: so far apart and so many,\n" \
      "\"20 us/8\", or as much memory, \"64 MiB\"" }, \
    { "trace-around", 0, BL_OPT_TEXT, offsetof(T, rewind.event), "EVENT", "trace what came before, by running it again: a condition\n" \
      "(\"adc.code == 200\"), assertion, or end" }, \
    { "around", 0, BL_OPT_TEXT, offsetof(T, rewind.around), "N", "how much: cycles of the first clock (1000), or a time" }, \
    { "around-file", 0, BL_OPT_TEXT, offsetof(T, rewind.file), "FILE", "where that trace goes (around.fst)" }

struct bl_rewind_opts { const char *ring, *event, *around, *file; };

struct bl_rewind {
    const struct bl_rewind_opts *o;
    struct bl_diag *diag;
    struct bl_setup *u;
    uint64_t until;
    struct bl_trace_args trace_args;
    struct bl_traceset trace;            /* the one that is written after the fact */
    struct bl_texts file, written;       /* written: names of files that are whole */
    struct bl_condition *condition;      /* of the event, until it came; else NULL */
    uint64_t cycles, span, spacing, limit;
    uint32_t count, n;                   /* snapshots that may be and are in the ring */
    uint64_t taken;                      /* of all time */
    struct bl_snap { uint64_t now; void *bytes; } *ring;
    uint64_t next;                       /* before which time the next snapshot is taken; 0: none */
    bool on, done;
};

/* Reads the options: 0, or -1 after a bl_error. Without --rewind and --trace-around `on` stays false. */
int bl_rewind_init(struct bl_rewind *r, const struct bl_rewind_opts *o, uint64_t power_window_fs, struct bl_diag *diag);
/* The setup is built, and put back if it is to be; takes the first snapshot. */
int bl_rewind_begin(struct bl_rewind *r, struct bl_setup *u, uint64_t until);
/* The run broke off. On the condition of the event: writes the trace; 1, or -1 after a bl_error. Else 0. */
int bl_rewind_event(struct bl_rewind *r);
/* The run broke off before r->next: takes a snapshot. 0 or -1. */
int bl_rewind_keep(struct bl_rewind *r);
/* The run has ended: an event that is its end is traced, one that did not come is noted. 0 or -1. */
int bl_rewind_end(struct bl_rewind *r, enum bl_end end);
void bl_rewind_fini(struct bl_rewind *r);

#endif
