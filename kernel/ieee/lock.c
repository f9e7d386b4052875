/* lock.c - mutexes and semaphores that waiting parts share: which fields are one lock, who gets it. */
#include "kernel/bind.h"
#include "kernel/ieee/inside.h"

#include <stdlib.h>

int bind_locks(struct bl_sim *s)
{
    uint32_t *of = lent(s->frozen.nevents + 1, sizeof *of);
    int bad = 0;

    for (size_t i = 0; i < s->frozen.nparts; i++)
        for (uint32_t k = 0; k < s->frozen.nodes[i]->info->nfields; k++)
            s->frozen.nlocks += s->frozen.nodes[i]->info->cls->fields[k].kind == BL_KIND_LOCK;
    s->run.lock = arena_get(&s->state, (s->frozen.nlocks + 1) * sizeof *s->run.lock);
    s->frozen.lock_info = arena_get(&s->fixed, (s->frozen.nlocks + 1) * sizeof *s->frozen.lock_info);
    s->frozen.nlocks = 0;
    for (size_t i = 0; i < s->frozen.nparts; i++)
        for (uint32_t k = 0; k < s->frozen.nodes[i]->info->nfields; k++) {
            struct bl_node *n = s->frozen.nodes[i];
            const struct bl_field *f = &n->info->cls->fields[k];
            uint32_t places = (uint32_t)f->preset;
            if (f->kind != BL_KIND_LOCK)
                continue;
            uint32_t *at = &of[port_at(n, k)];
            if (!*at) {
                s->run.lock[s->frozen.nlocks] = (struct lock){ port_at(n, k), places ? places : 1, NONE };
                s->frozen.lock_info[s->frozen.nlocks] = (struct lock_info){ arena_text(&s->fixed, "%s.%s", n->path, f->name), places };
                *at = ++s->frozen.nlocks;
            } else if (s->frozen.lock_info[*at - 1].places != places) {
                bad = bl_error(s->diag, "%s: %s.%s and %s are wired together and declare %u and %u places (0: a mutex); expected the same",
                               where_of(n->where), n->path, f->name, s->frozen.lock_info[*at - 1].name, places,
                               s->frozen.lock_info[*at - 1].places);
            }
            n->port[n->first[k]] = *at - 1;
        }
    give_back(of);
    return bad;
}

/* The number of the lock, for a process at work. */
static uint32_t lock_of(const struct bl_sim *s, const void *self, bl_lock l, const char *call)
{
    if (!s->run.at_work || s->run.at_work->proc == NONE)
        bl_misuse(self, "a mutex or semaphore outside a waiting process: order would matter");
    if (l.id - 1 >= s->frozen.nlocks)
        wild_lock(self, l.id, call);
    return l.id - 1;
}

bool bl_try_lock(void *self, bl_lock l)
{
    struct bl_sim *s = SIM_OF(self);
    uint32_t number = lock_of(s, self, l, __func__);
    struct lock *k = &s->run.lock[number];

    if (k->owner == proc_of(self) && !s->frozen.lock_info[number].places)
        bl_misuse(self, "locks a mutex that it holds already: it would wait for itself");
    if (!k->places)
        return false;
    k->places--;
    k->owner = proc_of(self);
    return true;
}

void bl_arm_lock(void *self, bl_lock l)
{
    struct bl_sim *s = SIM_OF(self);

    bl_arm_any(self, &(bl_event){ s->run.lock[lock_of(s, self, l, __func__)].ev + 1 }, 1);
}

void bl_unlock(void *self, bl_lock l)
{
    struct bl_sim *s = SIM_OF(self);
    uint32_t number = lock_of(s, self, l, __func__);
    struct lock *k = &s->run.lock[number];

    if (!s->frozen.lock_info[number].places && k->owner != proc_of(self))
        bl_misuse(self, "unlocks a mutex that it does not hold");
    k->owner = NONE;
    for (uint32_t w = s->run.ev[k->ev].first; w; w = s->run.waiter[w].next) {
        uint32_t p = s->run.waiter[w].proc;
        if (s->run.proc[p].state & DISABLED)
            continue;                    /* forgets, and waits on */
        k->owner = p;                    /* handed over */
        s->run.proc[p].need = 1;
        disarm(s, p);
        release(s, p, false);
        return;
    }
    k->places++;
}
