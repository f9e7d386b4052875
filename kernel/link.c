/* link.c - which words of a wire (depth, pipe, sync, rising, many, reset ...) mean something between which ends. */
#include "kernel/bind.h"

#include <stdio.h>

enum { DEPTH = 1, PIPE = 2, SYNC = 4, EDGE = 8, MANY = 16, RESOLVED = 32, RESET = 64 };

static const struct { enum bl_field_kind from, to; unsigned words; const char *what; } links[] = {
    { BL_KIND_PUSH, BL_KIND_POP, DEPTH | PIPE | SYNC | MANY, "a channel or a pipe" },
    { BL_KIND_OUT, BL_KIND_IN, SYNC | MANY | RESOLVED, "a word" },
    { BL_KIND_OUT, BL_KIND_EVENT, EDGE, "an output that fires an event" },
    { BL_KIND_EVENT, BL_KIND_EVENT, 0, "one event" },
    { BL_KIND_LOCK, BL_KIND_LOCK, 0, "one lock" },
    { BL_KIND_OUT, TO_PROCESS, EDGE | RESET, "an output in the sensitivity list of a process, or its reset" },
    { BL_KIND_EVENT, TO_PROCESS, 0, "an event in the sensitivity list of a process" },
    { BL_KIND_PROCESS, TO_PROCESS, 0, "control of a process" },
};

/* The words of a link, as a platform file writes them; the first one that is not among `known`, or NULL. */
static const char *foreign(const struct bl_link *l, unsigned known)
{
    const struct { unsigned word; bool said; const char *text; } words[] = {
        { DEPTH, l->depth != 0, "depth" }, { PIPE, l->pipe, "pipe" }, { SYNC, l->sync != 0, "sync" },
        { EDGE, l->edge == BL_RISING, "rising" }, { EDGE, l->edge == BL_FALLING, "falling" },
        { MANY, l->sharing == BL_MANY, "many" }, { RESOLVED, l->sharing == BL_RESOLVED, "resolved" },
        { RESET, l->reset == BL_SYNC_RESET, "reset" }, { RESET, l->reset == BL_ASYNC_RESET, "async_reset" },
    };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (words[i].said && !(known & words[i].word))
            return words[i].text;
    return NULL;
}

int check_link(struct bl_sim *s, const struct raw_wire *r, enum bl_field_kind from, enum bl_field_kind to)
{
    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        const char *word = links[i].from == from && links[i].to == to ? foreign(&r->link, links[i].words) : NULL;
        if (word)
            return bl_error(s->diag, "%s: %s -> %s is %s; '%s' means nothing there: leave it out", where_of(r->where), r->from,
                            r->to, links[i].what, word);
    }
    return 0;
}
