/* break.c - where the host wants a run to break off: when a condition holds, before a time. */
#include "kernel/observe/inside.h"

void bl_break(struct bl_sim *s, const struct bl_condition *c)
{
    if (NOBODY(s))
        return;
    BORDER(s, );
    onlookers_of(s)->break_on = c;
    onlookers_changed(s);
}

void bl_break_at(struct bl_sim *s, uint64_t fs)
{
    if (NOBODY(s))
        return;
    BORDER(s, );
    onlookers_of(s)->break_at = fs;
    onlookers_changed(s);
}

/* Once. */
static bool holds(struct bl_sim *s)
{
    const struct bl_condition *c = s->onlookers->break_on;

    if (!c || s->failed || s->core->ending & END_FAIL || !bl_condition_holds(c))
        return false;
    bl_break(s, NULL);
    return true;
}

static uint64_t horizon(struct bl_sim *s, uint64_t until)
{
    uint64_t at = s->onlookers->break_at;

    return at && at <= until ? at - 1 : until;
}

static void reached(struct bl_sim *s) { bl_break_at(s, 0); }

const struct observer break_observer = { .breaks = holds, .horizon = horizon, .reached = reached };
