/* used.c - what a part at work uses wrongly, as messages: a self that is no part, an event, lock or process that is none, a port in
 * no table. Nothing here runs while all is well; the tests of it stand where the thing is used. */
#include "kernel/kernel.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- how a process ends ---- */

/* Says where, what and when; the traces are closed so that the last moments can be looked at. */
static _Noreturn void misuse(struct bl_sim *s, const char *path, const char *detail, const char *what)
{
    char time[40];

    fprintf(stderr, "bitline: %s%s: %s; at %s\n", path, detail, what, bl_time_text(s->core ? s->core->now : 0, time));
    if (s->last_look)
        s->last_look(s);
    abort();
}

void bl_misuse(const void *self, const char *what)
{
    const struct bl_node *n = node_of(self, what);

    misuse(n->sim, n->path, "", what);
}

void bl_misuse_port(const struct bl_word *w, const char *what)
{
    char detail[64] = "";

    for (size_t i = 0; i < w->sim->frozen.nrings; i++)          /* a counter stands for its channel */
        if (w->sim->frozen.rings[i]->push_word == w || w->sim->frozen.rings[i]->pop_word == w)
            snprintf(detail, sizeof detail, " (%u x %u bit)", w->sim->frozen.rings[i]->lanes, w->sim->frozen.rings[i]->bits);
    if (!*detail)
        snprintf(detail, sizeof detail, " (%u x %u bit)", w->lanes, w->bits);
    misuse(w->sim, word_name(w), detail, what);
}

/* ---- what was meant ---- */

/* There is no part to name: nor is there a simulation whose traces could be closed, unless one is at work. */
static _Noreturn void ends(const char *text)
{
    const struct bl_sim *s = sim_at_work();

    if (s && s->run.at_work)
        bl_misuse(s->run.at_work->self, text);
    fprintf(stderr, "bitline: %s\n", text);
    abort();
}

void no_part(const void *self, const char *call)
{
    char text[200];

    snprintf(text, sizeof text, "%s: self is %s; pass the struct of a part, as init, tick, comb and run get it, or as bl_part_of gives it",
             call, self ? "no part (its first member, struct bl_part, names no simulation: overwritten?)" : "NULL");
    ends(text);
}

void no_time(const void *self, const char *call)
{
    char text[200];

    snprintf(text, sizeof text, "%s in build or shape: there is no time before elaboration is over; use it from init on", call);
    bl_misuse(self, text);
}

/* The numbers of handles begin with 1: 0 is what elaboration never filled. */
static _Noreturn void wild(const void *self, const char *call, const struct bl_kind_row *kind, const char *macro, uint32_t id, uint32_t most)
{
    const struct bl_node *n = ((const struct bl_part *)self)->node;
    char text[300];

    if (!n->sim->run.ev)
        snprintf(text, sizeof text, "%s before anything is bound (in build or shape); use it from the first tick or the top of run on", call);
    else if (!id)
        snprintf(text, sizeof text, "%s: %s of number 0, which elaboration did not fill: is its field in the table of class %s (%s)?", call,
                 kind->text, n->info->cls->name, macro);
    else
        snprintf(text, sizeof text, "%s: %s of number %u, and there are %u; was the field overwritten, or is it of another simulation?",
                 call, kind->text, id, most);
    bl_misuse(self, text);
}

void wild_event(const void *self, bl_event e, const char *call)
{
    const struct bl_sim *s = ((const struct bl_part *)self)->node->sim;

    wild(self, call, &bl_field_kinds[BL_KIND_EVENT], "BL_EVENT", e.id, s->frozen.first_timer);
}

void wild_lock(const void *self, uint32_t id, const char *call)
{
    wild(self, call, &bl_field_kinds[BL_KIND_LOCK], "BL_MUTEX, BL_SEMAPHORE", id, ((const struct bl_part *)self)->node->sim->frozen.nlocks);
}

void wild_process(const void *self, uint32_t id, const char *call)
{
    wild(self, call, &bl_field_kinds[BL_KIND_PROCESS], "BL_PROCESS", id, ((const struct bl_part *)self)->node->sim->frozen.nprocs);
}

void no_events(const void *self, const char *call, const bl_event *list, size_t n)
{
    char text[200];

    if (n)
        snprintf(text, sizeof text, "%s: a list of %zu events at NULL; expected where they are", call, n);
    else
        snprintf(text, sizeof text, "%s: a list of no events%s; it would wait for ever: expected at least one", call, list ? "" : " at NULL");
    bl_misuse(self, text);
}

void bl_misuse_untabled(const char *what)
{
    const struct bl_sim *s = sim_at_work();
    char text[300];

    snprintf(text, sizeof text, "%s whose handle is NULL is used; expected one that elaboration filled: is its field in the table of %s%s, "
             "is the index of an array below n, and is it used in init or later?", what, s && s->run.at_work ? "class " : "its class",
             s && s->run.at_work ? s->run.at_work->info->cls->name : "");
    ends(text);
}

void check_said(const struct bl_node *n, bl_verdict v)
{
    uint32_t verdict = said_verdict(v), at = v >> 16, most;
    char text[600];

    if (verdict >= n->info->nverdicts)
        bl_misuse(n->self, n->info->cls->tick ? "tick returned a verdict that its class does not declare" :
                  "a verdict that its class does not declare");
    most = waits_at(n, verdict);
    if (at <= most)
        return;
    snprintf(text, sizeof text, "%s waits at port %u of those that it lists (BL_AT), and it lists %u%s", n->info->verdict[verdict],
             at - 1, most, most ? "; expected 0 for the first, and so on" : verdict == BL_IDLE ? ": table its feeds with BL_FEED" : ": table its ports with BL_WAITS");
    bl_misuse(n->self, text);
}
