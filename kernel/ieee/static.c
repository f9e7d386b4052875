/* static.c - static sensitivity: the events that release a process whenever it waits for no others. */
#include "kernel/bind.h"
#include "kernel/ieee/inside.h"

#include <stdlib.h>

/* The event of a change of `word`: of[word] has its number + 1, by edge. */
static uint32_t changed_event(struct bl_sim *s, uint32_t (*of)[3], uint32_t word, enum bl_edge edge)
{
    uint32_t what = fires_at(edge), *e = &of[word][what - FIRES];

    if (!*e) {
        listen_to(s, s->frozen.words[word], what, s->frozen.nevents);
        *e = ++s->frozen.nevents;
    }
    return *e - 1;
}

size_t bind_senses(struct bl_sim *s, uint32_t (*pair)[2])
{
    uint32_t (*of)[3] = lent(s->frozen.nwords, sizeof *of);

    for (size_t i = 0; i < s->declared.nsenses; i++) {
        const struct sense *x = &s->declared.senses[i];
        pair[i][0] = x->event ? *x->port : changed_event(s, of, signal_of(s, *x->port), x->edge);
        pair[i][1] = x->proc;
    }
    give_back(of);
    return s->declared.nsenses;
}

void static_release(struct bl_sim *s, uint32_t p, uint32_t caller)
{
    struct proc *q = &s->run.proc[p];
    const struct bl_part *part = s->frozen.process[p].self;

    if (p == caller && part->wait == BL_WAIT_STATIC) {
        bl_note(s->diag, "%s: an immediate notification by a process of an event that it is sensitive to does not run it again; "
                "use bl_notify with 0", s->frozen.process[p].node->path);
        return;
    }
    const bool unbegun = part->wait == BL_WAIT_LINKS && part->at == 0 && q->count;      /* of a class with no_init */
    if ((part->wait != BL_WAIT_STATIC && !unbegun) || q->counted == s->core->phase || q->state & (QUEUED | DUE | DISABLED | ENDED))
        return;                          /* two events of one phase are one release */
    q->counted = s->core->phase;
    if (--q->count == 0 || (s->frozen.process[p].nresets && !(q->state & SUSPENDED)))   /* a reset is looked at on each of them */
        release(s, p, false);
}

void bl_arm_static(void *self, uint32_t n)
{
    const struct bl_node *of = node_of(self, __func__);
    struct bl_sim *s = of->sim;

    check_waits(s, of);
    s->run.proc[of->proc].count = n ? n : 1;
    s->run.proc[of->proc].counted = 0;          /* that was of the wait before; what fires at once may release it again */
}
