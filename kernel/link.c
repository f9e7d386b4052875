/* link.c - what a wire between two ends is, and which of its words (depth, pipe, rising, many, reset ...) mean something there. */
#include "kernel/bind.h"

enum { DEPTH = 1, PIPE = 2, SYNC = 4, EDGE = 8, MANY = 16, RESOLVED = 32, RESET = 64 };

static const struct link { enum bl_field_kind from, to; enum joint as; unsigned words; const char *what; } links[] = {
    { BL_KIND_PUSH, BL_KIND_POP, A_CHANNEL, DEPTH | PIPE | SYNC | MANY, "a channel or a pipe" },
    { BL_KIND_OUT, BL_KIND_IN, A_WORD, SYNC | MANY | RESOLVED, "a word" },
    { BL_KIND_OUT, TO_PROCESS, A_SENSE, EDGE | RESET, "an output in the sensitivity list of a process, or its reset" },
    { BL_KIND_EVENT, TO_PROCESS, A_SENSE, 0, "an event in the sensitivity list of a process" },
    { BL_KIND_OUT, BL_KIND_EVENT, AN_EDGE, EDGE, "an output that fires an event" },
    { BL_KIND_PUSH, BL_KIND_EVENT, AN_EDGE, 0, "items written that fire an event" },
    { BL_KIND_POP, BL_KIND_EVENT, AN_EDGE, 0, "items read that fire an event" },
    { BL_KIND_EVENT, BL_KIND_EVENT, ONE_EVENT, 0, "one event" },
    { BL_KIND_LOCK, BL_KIND_LOCK, ONE_EVENT, 0, "one lock" },
    { BL_KIND_PROCESS, TO_PROCESS, A_CONTROL, 0, "control of a process" },
    { .as = NO_LINK, .words = ~0u }
};

static const struct link *link_of(enum bl_field_kind from, enum bl_field_kind to)
{
    const struct link *l = links;

    while (l->as && (l->from != from || l->to != to))
        l++;
    return l;
}

enum joint link_as(enum bl_field_kind from, enum bl_field_kind to) { return link_of(from, to)->as; }

enum joint check_link(struct bl_sim *s, const struct raw_wire *r, enum bl_field_kind from, enum bl_field_kind to)
{
    const struct link *k = link_of(from, to);
    const struct bl_link *l = &r->link;
    const unsigned no = ~k->words;
    const char *word = l->depth && no & DEPTH ? "depth" : l->pipe && no & PIPE ? "pipe" : l->sync && no & SYNC ? "sync" :
                       l->edge == BL_RISING && no & EDGE ? "rising" : l->edge == BL_FALLING && no & EDGE ? "falling" :
                       l->sharing == BL_MANY && no & MANY ? "many" : l->sharing == BL_RESOLVED && no & RESOLVED ? "resolved" :
                       l->reset == BL_SYNC_RESET && no & RESET ? "reset" : l->reset == BL_ASYNC_RESET && no & RESET ? "async_reset" : NULL;

    if (!word)
        return k->as;
    bl_error(s->diag, "%s: %s -> %s is %s; '%s' means nothing there: leave it out", where_of(r->where), r->from, r->to, k->what, word);
    return BAD_WORD;
}
