/* flow.h - a trace as parts and channels: what the writers of timelines (timeline.c, kanata.c) know of the variables
 * they are told. Inside traces/ only. */
#ifndef BL_TRACES_FLOW_H
#define BL_TRACES_FLOW_H

#include "traces/out.h"

enum bl_flow_kind { BL_FLOW_NOTHING, BL_FLOW_CLOCK, BL_FLOW_VERDICT, BL_FLOW_DEPTH, BL_FLOW_POWER, BL_FLOW_PUSHED, BL_FLOW_POPPED };

/* One variable. index: its part, or its channel (pushed, popped), or which clock; of a depth or power its own place. */
struct bl_flow_var { enum bl_flow_kind kind; uint32_t index; char *name; };     /* name: "scope.name" */
struct bl_flow_part { char *path; char **verdict; uint32_t nverdicts; };
/* Items of a channel that are under way: those with numbers popped .. pushed - 1, modulo 2^32. Of the ones that were
 * pushed while the trace looked, `item` keeps what a writer wants to know of them. */
struct bl_flow_channel {
    const char *name;          /* "host.op", of who pushes */
    uint32_t giver, taker;     /* parts; UINT32_MAX: not shown */
    uint32_t pushed, popped;
    bool known;                /* both counters have been told */
    uint64_t *item; size_t head, n, room;       /* a ring of n items, the oldest at `head` */
};
struct bl_flow {
    struct bl_flow_var *var; size_t nvars;
    struct bl_flow_part *part; size_t nparts;
    struct bl_flow_channel *channel; size_t nchannels;
};

/* 0, or -1 without memory; bl_flow_fini is right after both. Nothing of vars is used afterwards. */
int bl_flow_init(struct bl_flow *f, const struct bl_wave_var *vars, size_t nvars);
void bl_flow_fini(struct bl_flow *f);
/* An item that goes in; false without memory. The oldest that comes out; false when it went in before the trace looked. */
bool bl_flow_push(struct bl_flow_channel *c, uint64_t item);
bool bl_flow_pop(struct bl_flow_channel *c, uint64_t *item);
/* What is under way is forgotten, as between two windows. */
void bl_flow_forget(struct bl_flow_channel *c);

/* A JSON string with its quotes. */
void bl_put_json(struct bl_bytes *b, const char *text);

#endif
