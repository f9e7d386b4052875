/* method.c - methods: what releases them next; and immediate notification. */
#include "kernel/ieee/inside.h"

void bl_next_static(void *self)
{
    const struct bl_node *n = node_of(self, __func__);

    bl_arm_static(self, 1);
    ((struct bl_part *)self)->wait = BL_WAIT_STATIC;
    if (n->sim->run.proc[n->proc].armed | n->sim->run.proc[n->proc].timing)
        disarm(n->sim, n->proc);         /* it thinks again */
}

void bl_next_time(void *self, uint64_t fs)
{
    struct bl_part *p = self;

    bl_arm_time(self, fs);
    if (p->wait != BL_WAIT_EVENT)
        p->wait = BL_WAIT_TIME;
}

void bl_next_any(void *self, const bl_event *list, size_t n)
{
    bl_arm_any(self, list, n);
    ((struct bl_part *)self)->wait = BL_WAIT_EVENT;
}

void bl_next_all(void *self, const bl_event *list, size_t n)
{
    bl_arm_all(self, list, n);
    ((struct bl_part *)self)->wait = BL_WAIT_EVENT;
}

void bl_next_event(void *self, bl_event e) { bl_next_any(self, &e, 1); }

/* ---- immediate notification ---- */

void bl_notify_now(const void *self, bl_event e)
{
    struct bl_sim *s = SIM_OF(self);
    uint32_t event = event_number(s, self, e, __func__);

    if (!s->run.at_work || s->run.at_work->proc == NONE)
        bl_misuse(self, "immediate notification outside a waiting process: order would matter; use bl_notify");
    withdraw(s, event);
    OBSERVE(s, notified, (s, event));
    fire(s, event);                       /* into the present phase */
}
