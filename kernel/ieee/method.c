/* method.c - methods: what releases them next; and immediate notification. */
#include "kernel/ieee/inside.h"

static struct bl_sim *sim_of(const void *self) { return ((const struct bl_part *)self)->node->sim; }

void bl_next_static(void *self)
{
    struct bl_part *p = self;

    p->wait = BL_WAIT_STATIC;
    bl_arm_static(self, 1);
    if (sim_of(self)->run.proc[proc_of(self)].armed | sim_of(self)->run.proc[proc_of(self)].timing)
        disarm(sim_of(self), proc_of(self));             /* it thinks again */
}

void bl_next_time(void *self, uint64_t fs)
{
    struct bl_part *p = self;

    if (p->wait != BL_WAIT_EVENT)
        p->wait = BL_WAIT_TIME;
    bl_arm_time(self, fs);
}

void bl_next_any(void *self, const bl_event *list, size_t n)
{
    ((struct bl_part *)self)->wait = BL_WAIT_EVENT;
    bl_arm_any(self, list, n);
}

void bl_next_all(void *self, const bl_event *list, size_t n)
{
    ((struct bl_part *)self)->wait = BL_WAIT_EVENT;
    bl_arm_all(self, list, n);
}

void bl_next_event(void *self, bl_event e) { bl_next_any(self, &e, 1); }

/* ---- immediate notification ---- */

void bl_notify_now(const void *self, bl_event e)
{
    struct bl_sim *s = sim_of(self);
    const struct bl_part *p = self;

    if (!s->run.at_work || s->run.at_work->proc == NONE)
        bl_misuse(p, "immediate notification outside a waiting process: order would matter; use bl_notify");
    withdraw(s, e.id);
    OBSERVE(s, notified, (s, e.id));
    fire(s, e.id);                       /* into the present phase */
}
