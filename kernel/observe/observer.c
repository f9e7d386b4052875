/* observer.c - who looks on at a simulation: nobody, one whose own table the loop sees, or several behind one table. */
#include "kernel/observe/inside.h"

#include <stdlib.h>

/* From the last to the first, so that one may leave while it is told. */
#define EACH(s, what, arguments) \
    for (size_t i = (s)->onlookers->n; i-- > 0;) \
        if ((s)->onlookers->at[i]->what) \
            (s)->onlookers->at[i]->what arguments

static void all_drops(struct bl_sim *s, const struct bl_node *n) { EACH(s, drops, (s, n)); }
static void all_released(struct bl_sim *s, uint32_t proc) { EACH(s, released, (s, proc)); }
static void all_ran(struct bl_sim *s, const struct bl_node *n) { EACH(s, ran, (s, n)); }
static void all_notified(struct bl_sim *s, uint32_t e) { EACH(s, notified, (s, e)); }
static void all_fired(struct bl_sim *s, uint32_t e) { EACH(s, fired, (s, e)); }
static void all_woken(struct bl_sim *s, const struct bl_node *n) { EACH(s, woken, (s, n)); }
static void all_written(struct bl_sim *s) { EACH(s, written, (s)); }
static void all_moved(struct bl_sim *s, const struct bl_word *w) { EACH(s, moved, (s, w)); }
static void all_settled(struct bl_sim *s, const struct settler *c) { EACH(s, settled, (s, c)); }
static void all_heard(struct bl_sim *s, uint32_t id) { EACH(s, heard, (s, id)); }
static void all_verdict(struct bl_sim *s, const struct bl_node *n) { EACH(s, verdict, (s, n)); }
static void all_restarted(struct bl_sim *s) { EACH(s, restarted, (s)); }
static void all_begins(struct bl_sim *s) { EACH(s, begins, (s)); }
static void all_reached(struct bl_sim *s) { EACH(s, reached, (s)); }
static void all_time_over(struct bl_sim *s, uint64_t until) { EACH(s, time_over, (s, until)); }

static bool all_breaks(struct bl_sim *s)
{
    bool yes = false;

    for (size_t i = s->onlookers->n; i-- > 0;)
        if (s->onlookers->at[i]->breaks && s->onlookers->at[i]->breaks(s))
            yes = true;
    return yes;
}

static bool all_wakes(struct bl_sim *s, const struct bl_node *n)
{
    bool later = false;

    for (size_t i = s->onlookers->n; i-- > 0;)
        if (s->onlookers->at[i]->wakes && s->onlookers->at[i]->wakes(s, n))
            later = true;
    return later;
}

static uint64_t all_horizon(struct bl_sim *s, uint64_t until)
{
    for (size_t i = s->onlookers->n; i-- > 0;)
        if (s->onlookers->at[i]->horizon)
            until = s->onlookers->at[i]->horizon(s, until);
    return until;
}

/* One of them, if any, has an order of its own. */
static bool all_evaluate(struct bl_sim *s)
{
    for (size_t i = s->onlookers->n; i-- > 0;)
        if (s->onlookers->at[i]->evaluate)
            return s->onlookers->at[i]->evaluate(s);
    return evaluate(s);
}

static const struct observer all = {
    .evaluate = all_evaluate, .wakes = all_wakes, .drops = all_drops, .released = all_released, .ran = all_ran,
    .notified = all_notified, .fired = all_fired, .woken = all_woken, .written = all_written, .moved = all_moved,
    .settled = all_settled, .heard = all_heard, .verdict = all_verdict, .restarted = all_restarted, .begins = all_begins, .breaks = all_breaks,
    .horizon = all_horizon, .reached = all_reached, .time_over = all_time_over
};

/* ---- who there is ---- */

struct onlookers *onlookers_of(struct bl_sim *s)
{
    if (!s->onlookers)
        s->onlookers = fresh(1, sizeof *s->onlookers);
    return s->onlookers;
}

static void add(struct onlookers *o, bool there, const struct observer *x)
{
    if (there)
        o->at[o->n++] = x;
}

void onlookers_changed(struct bl_sim *s)
{
    struct onlookers *o = s->onlookers;

    o->n = 0;
    add(o, o->record != NULL, &why_observer);
    add(o, o->order != NULL, &order_observer);
    add(o, o->path != NULL, &path_observer);
    add(o, watch_shows(o), &watch_observer);
    add(o, intervals_on(o), &intervals_observer);
    add(o, o->break_on || o->break_at, &break_observer);
    s->last_look = o->ntraces ? watch_misused : NULL;
    s->observer = o->n == 0 ? NULL : o->n == 1 ? o->at[0] : &all;
}

void onlookers_close(struct bl_sim *s)
{
    struct onlookers *o = s->onlookers;

    if (!o)
        return;
    watch_free(s);
    intervals_free(o);
    if (o->order)
        order_fini(o->order);
    why_close(s, true);
    free(o->own_order);
    free(o->traces);
    free(o->handles);
    free(o);
    s->onlookers = NULL;
}
