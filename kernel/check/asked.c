/* asked.c - what a host asks for wrongly, as messages: arguments that are NULL, words of a wire that are none, rows that are not there,
 * calls in the middle of another one. */
#include "kernel/kernel.h"

#include <stdio.h>

/* ---- arguments ---- */

bool nobody(const char *call)
{
    bl_error(NULL, "%s: the simulation is NULL; expected what bl_open returned (NULL after an error, which it reported)", call);
    return true;
}

/* names: as they stand in the source, "path, cls". */
bool missing_said(struct bl_diag *d, const char *call, const char *names, const void *const *at, size_t n)
{
    for (size_t i = 0; i < n; i++, names += strcspn(names, ","), names += strspn(names, ", "))
        if (!at[i])
            bl_error(d, "%s: %.*s is NULL; only arguments that the header allows to be NULL may be", call, (int)strcspn(names, ","), names);
    return true;
}

/* ---- calls within calls ---- */

int busy(struct bl_sim *s, const char *call)
{
    const struct bl_node *n = s->run.at_work ? s->run.at_work : s->declared.builder;
    const char *outer = s->elaborating ? "bl_elaborate" : "bl_run";

    bl_error(s->diag, "%s%s%s is called while %s is on; call it when that has returned%s", n ? n->path : "", n ? ": " : "", call, outer,
             s->elaborating ? "" : " (a part ends its run by bl_stop, or hands back to the host by bl_pause)");
    if (s->core && s->run.in_run)
        s->core->ending |= END_FAIL;
    return failed(s);
}

/* ---- wires: depth and pipe are looked at when they are joined ---- */

static int no_word(struct bl_sim *s, const struct raw_wire *r, const char *word, long long found, const char *expected)
{
    bl_error(s->diag, "%s: %s -> %s: %s is %lld; expected %s", where_of(r->where), r->from, r->to, word, found, expected);
    return failed(s);
}

int check_words(struct bl_sim *s, const struct raw_wire *r)
{
    const struct bl_link *l = &r->link;

    if (l->sync < 0 || l->sync > BL_SYNC(BL_SYNC_MOST))
        return no_word(s, r, "sync", (long long)l->sync - 1, "BL_SYNC(0) .. BL_SYNC(16), or 0 where nothing is said");
    if ((unsigned)l->edge > BL_FALLING)
        return no_word(s, r, "edge", (long long)l->edge, "BL_ANY_EDGE, BL_RISING or BL_FALLING");
    if ((unsigned)l->sharing > BL_RESOLVED)
        return no_word(s, r, "sharing", (long long)l->sharing, "BL_ALONE, BL_MANY or BL_RESOLVED");
    if ((unsigned)l->reset > BL_ASYNC_RESET)
        return no_word(s, r, "reset", (long long)l->reset, "BL_NO_RESET, BL_SYNC_RESET or BL_ASYNC_RESET");
    return 0;
}

/* ---- rows ---- */

bool no_row(const struct bl_sim *s, const char *call, const char *what, size_t at, size_t n)
{
    if (at < n)
        return false;
    if (!s->elaborated)
        bl_error(s->diag, "%s: there is no account before an elaboration that succeeded", call);
    else if (n)
        bl_error(s->diag, "%s: %s %zu is asked for; expected 0 .. %zu", call, what, at, n - 1);
    else
        bl_error(s->diag, "%s: %s %zu is asked for, and there is none", call, what, at);
    return true;
}
