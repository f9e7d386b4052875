/* windows.c - what a trace shows of a time: its windows by time and by condition, the next file when one is full, everything anew; what it has
 * told so far on disk. */
#include "kernel/observe/watch.h"

static int begin_window(struct bl_sim *s, struct bl_trace *t, uint64_t fs)
{
    t->started = true;
    t->again = false;
    return tell_window(s, t, fs);
}

/* The file is full: the next one begins with every value. */
static int next_part(struct bl_sim *s, struct bl_trace *t)
{
    uint64_t now = s->core->now;
    struct bl_wave *full = t->wave;

    t->wave = NULL;
    if (t->ops->close(full, now))
        return -1;
    t->part++;
    return (t->wave = trace_open_part(t, now)) ? tell_part(s, t) : -1;
}

/* A timeline follows items by their counts, which go on from 0: what was under way is forgotten. */
static int begin_again(struct bl_sim *s, struct bl_trace *t)
{
    t->again = false;
    if (tell_time(t, s->core->now) || t->ops->dump(t->wave, false) || t->ops->dump(t->wave, true))
        return -1;
    return tell_anew(s, t);
}

static int changes_of_now(struct bl_sim *s, struct bl_trace *t)
{
    uint64_t now = s->core->now;

    if (t->again && t->ops->timeline && t->ops->dump)
        return begin_again(s, t);
    if (t->o.part_bytes && t->now < now && t->ops->bytes(t->wave) >= t->o.part_bytes)
        return next_part(s, t);
    return tell_changes(s, t);
}

/* Conditions look at the values that a time leaves: the trace begins with them, and they are the last it shows. */
static int begin_when(struct bl_sim *s, struct bl_trace *t)
{
    uint64_t from = s->core->now > t->o.from_fs ? s->core->now : t->o.from_fs;

    if (!bl_condition_holds(t->from_when))
        return 0;
    power_starts(s, t, from);
    if (t->dark && (tell_time(t, from) || t->ops->dump(t->wave, true)))
        return -1;
    t->dark = false;
    return begin_window(s, t, from);
}

/* At a limit of a run nothing happens, and a run in pieces gives the trace of a whole one. */
static bool nothing_happened(const struct bl_sim *s) { return s->core->deltas == s->core->deltas_before; }

/* After the last time of a window: what comes is dark until the next one, or the trace is over. */
void window_end_when(struct bl_trace *t, uint64_t now)
{
    if (!bl_condition_holds(t->to_when))
        return;
    if (!t->from_when || !t->ops->dump)
        t->o.to_fs = now;
    else
        t->dark = t->darkens = true;
}

/* The last values of a window stood until now. */
int window_darken(struct bl_trace *t, uint64_t now)
{
    t->darkens = false;
    return tell_time(t, now) || t->ops->dump(t->wave, false) ? -1 : 0;
}

/* What this time left, when it is within the trace. */
int window_show(struct bl_sim *s, struct bl_trace *t)
{
    uint64_t now = s->core->now;

    if (t->dark && nothing_happened(s))
        return 0;
    if (t->darkens && window_darken(t, now))
        return -1;
    if (t->from_when && (!t->started || t->dark))
        return begin_when(s, t);
    if (t->started)
        return changes_of_now(s, t);
    if (now < t->o.from_fs)
        power_starts(s, t, t->o.from_fs);
    return begin_window(s, t, now > t->o.from_fs ? now : t->o.from_fs);
}

int bl_trace_flush(struct bl_sim *s, struct bl_trace *t)
{
    if (MISSING(s, t))
        return -1;
    if (s->run.in_run || s->elaborating)
        return busy(s, __func__);
    if (t->ended)
        return -1;
    if (!t->changes || !t->ops->flush)
        return 1;
    return t->ops->flush(t->wave, s->core->now < t->o.to_fs ? s->core->now : t->o.to_fs);
}
