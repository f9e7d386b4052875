/* control.c - processes that are controlled: suspend, disable, reset, kill, by another process, by the host or by a
 * signal. kernel/README.md has the table of all combinations (IEEE 1666-2011 clause 5.6.6 leaves some open). */
#include "kernel/bind.h"
#include "kernel/ieee/inside.h"

#include <stdlib.h>

/* ---- wiring ---- */

const struct bl_node *process_named(struct bl_sim *s, const char *text)
{
    size_t n = strlen(text), tail = strlen(".process");

    if (n <= tail || memcmp(text + n - tail, ".process", tail))
        return NULL;
    const struct bl_node *part = part_of(s, text, n - tail);
    return part && part->proc != NONE && !part->info->own_process ? part : NULL;
}

/* An output or an event in the static sensitivity of a process, or a signal that resets it. */
static int join_sense(struct bl_sim *s, const struct bl_node *to, const struct raw_wire *r, const struct end *a)
{
    if (!r->link.reset) {
        s->declared.senses = grown(s->declared.senses, s->declared.nsenses, &s->declared.room_senses, sizeof *s->declared.senses);
        s->declared.senses[s->declared.nsenses++] = (struct sense){ port_of(a), to->proc, a->field->kind == BL_KIND_EVENT, r->link.edge };
        return check_edge(s, r, a);
    }
    if (!one_bit(s->frozen.words[*port_of(a)]))
        return bl_error(s->diag, "%s: %s resets %s and is no output of a single bit", where_of(r->where), r->from, to->path);
    s->frozen.resets = grown(s->frozen.resets, s->frozen.nresets, &s->frozen.room_resets, sizeof *s->frozen.resets);
    s->frozen.resets[s->frozen.nresets++] = (struct reset){ to->proc, *port_of(a), r->link.edge != BL_FALLING,
                                                            r->link.reset == BL_ASYNC_RESET };
    return 0;
}

int join_process(struct bl_sim *s, const struct raw_wire *r, const struct end *a, const struct bl_node *to)
{
    enum joint as = check_link(s, r, a->field->kind, TO_PROCESS);

    if (as == NO_LINK)
        bl_error(s->diag, "%s: %s -> %s: a process listens to an output or an event; expected one", where_of(r->where), r->from, r->to);
    if (as != A_CONTROL)
        return as == A_SENSE ? join_sense(s, to, r, a) : -1;
    if (!to)
        return bl_error(s->diag, "%s: %s controls a process and %s is none; expected PART.process of a waiting part",
                        where_of(r->where), r->from, r->to);
    if (*port_of(a) != NONE)
        return bl_error(s->diag, "%s: %s is wired to two processes, %s and %s; it controls one", where_of(r->where), r->from,
                        s->frozen.procs[*port_of(a)]->path, to->path);
    *port_of(a) = to->proc;
    return 0;
}

static int by_process(const void *a, const void *b)
{
    const struct reset *x = a, *y = b;

    return x->proc != y->proc ? (x->proc < y->proc ? -1 : 1) : x->word != y->word ? (x->word < y->word ? -1 : 1) :
           (int)x->level - (int)y->level;
}

/* Resets in order of their processes, each with its signal. */
void bind_resets(struct bl_sim *s)
{
    for (size_t i = 0; i < s->frozen.nresets; i++)
        s->frozen.resets[i].word = signal_of(s, s->frozen.resets[i].word);
    if (s->frozen.nresets)
        qsort(s->frozen.resets, s->frozen.nresets, sizeof *s->frozen.resets, by_process);
    for (uint32_t i = 0; i < s->frozen.nresets; i++)
        if (s->frozen.resets[i].asynchronous)
            listen_to(s, s->frozen.words[s->frozen.resets[i].word], RESETS, i);
}

void resets_layout(struct bl_sim *s)
{
    for (size_t i = s->frozen.nresets; i-- > 0;) {
        s->frozen.process[s->frozen.resets[i].proc].first_reset = (uint32_t)i;
        s->frozen.process[s->frozen.resets[i].proc].nresets++;
    }
}

/* ---- resets ---- */

static bool active(const struct bl_sim *s, const struct reset *r)
{
    return (*(const unsigned char *)s->frozen.words[r->word]->now & 1) == r->level;
}

bool reset_lets_run(const struct bl_sim *s, uint32_t p)
{
    const struct process *x = &s->frozen.process[p];
    struct bl_part *part = x->self;

    for (uint32_t i = x->first_reset; i < x->first_reset + x->nresets; i++)
        if (active(s, &s->frozen.resets[i])) {
            part->at = 0;
            return true;
        }
    return part->wait != BL_WAIT_STATIC || part->at == 0 || x->proc->count == 0;     /* not the last of n releases */
}

/* From the top, in the present evaluate phase; a disabled process too, a suspended one when it is resumed. */
static void restart(struct bl_sim *s, uint32_t p)
{
    struct proc *q = &s->run.proc[p];
    struct bl_part *part = s->frozen.process[p].self;

    if (q->state & ENDED)
        return;
    if (s->run.at_work == s->frozen.process[p].node) {
        q->state |= RESTART;             /* at its next wait */
        return;
    }
    disarm(s, p);
    part->at = 0;
    q->count = 0;
    q->timed_out = false;
    if (q->state & SUSPENDED)
        q->state |= DUE;
    else if (!(q->state & QUEUED))
        enqueue(s, p);
}

/* A process that ended, or was killed or reset by itself. */
void after_run(struct bl_sim *s, uint32_t p)
{
    struct proc *q = &s->run.proc[p];
    struct bl_part *part = s->frozen.process[p].self;

    if (part->wait == BL_WAIT_END)
        q->state |= ENDED;
    if (q->state & (ENDED | RESTART))
        disarm(s, p);
    if (!(q->state & ENDED) && q->state & RESTART) {
        part->at = 0;
        q->state &= ~(uint32_t)RESTART;
        if (q->state & SUSPENDED)
            q->state |= DUE;
        else
            enqueue(s, p);
    }
}

void reset_now(struct bl_sim *s, uint32_t reset)
{
    if (active(s, &s->frozen.resets[reset]))
        restart(s, s->frozen.resets[reset].proc);
}

/* ---- releases ---- */

/* A process that is not simply waiting: the first release of a phase decides, a suspended one remembers it, a
 * disabled one forgets it. A time-out that is forgotten takes its wait with it, the static list is in force again; a
 * wait for links goes on without its limit. */
void release_rare(struct bl_sim *s, uint32_t p, bool timed_out)
{
    struct proc *q = &s->run.proc[p];

    if (q->state & (QUEUED | ENDED | DUE | RESTART))
        return;
    if (q->state & DISABLED) {
        if (timed_out && ((const struct bl_part *)s->frozen.process[p].self)->wait != BL_WAIT_LINKS) {
            disarm(s, p);
            ((struct bl_part *)s->frozen.process[p].self)->wait = BL_WAIT_STATIC;
            q->count = 1;
            q->counted = 0;
        }
        return;
    }
    q->state |= DUE;                     /* suspended */
    q->timed_out = timed_out;
    disarm(s, p);
}

/* ---- control ---- */

/* In another order than that of the contract it may have left the queue for order.c, which looks at its state. */
static void leave_queue(struct bl_sim *s, uint32_t p)
{
    struct core *c = s->core;
    uint32_t at = 0;

    s->run.proc[p].state &= ~(uint32_t)QUEUED;
    OBSERVE(s, drops, (s, s->frozen.procs[p]));
    while (at < c->run_n && s->run.run_queue[(c->run_head + at) & s->frozen.queue_mask] != p)
        at++;
    if (at == c->run_n)
        return;
    for (c->run_n--; at < c->run_n; at++)
        s->run.run_queue[(c->run_head + at) & s->frozen.queue_mask] = s->run.run_queue[(c->run_head + at + 1) & s->frozen.queue_mask];
}

static void suspend(struct bl_sim *s, uint32_t p)
{
    struct proc *q = &s->run.proc[p];

    q->state |= SUSPENDED;
    if (q->state & QUEUED) {
        leave_queue(s, p);
        disarm(s, p);
        q->state |= DUE;
    }
}

static void control(struct bl_sim *s, uint32_t p, unsigned what)
{
    struct proc *q = &s->run.proc[p];

    if (q->state & ENDED)
        return;
    switch (what) {
    case BL_SUSPEND:
        suspend(s, p);
        break;
    case BL_RESUME:
        q->state &= ~(uint32_t)SUSPENDED;
        if (q->state & DUE)
            enqueue(s, p);
        q->state &= ~(uint32_t)DUE;
        break;
    case BL_DISABLE:
        q->state |= DISABLED;
        break;
    case BL_ENABLE:
        q->state &= ~(uint32_t)DISABLED;
        break;
    case BL_RESET:
        restart(s, p);
        break;
    default:                             /* BL_KILL */
        if (q->state & QUEUED)
            leave_queue(s, p);
        if (s->run.at_work != s->frozen.process[p].node)
            disarm(s, p);
        q->state = ENDED;
    }
}

void bl_control(void *self, bl_process p, enum bl_control what)
{
    struct bl_sim *s = SIM_OF(self);

    if (!s->run.at_work || s->run.at_work->proc == NONE)
        bl_misuse(self, "bl_control outside a waiting process: order would matter");
    if ((unsigned)what > BL_KILL)
        bl_misuse(self, "bl_control with a number that is no enum bl_control");
    if (p.id == NONE)
        return;                          /* of a BL_PROCESS_OPT field that is not wired */
    if (p.id - 1 >= s->frozen.nprocs)
        wild_process(self, p.id, __func__);
    control(s, p.id - 1, what);
}

int bl_control_part(struct bl_sim *s, const char *path, unsigned what)
{
    if (MISSING(s, path))
        return -1;
    const struct bl_node *n = node_named(s, path);

    if (!s->elaborated || s->run.in_run || !n || n->proc == NONE || what > BL_KILL)
        return bl_error(s->diag, "%s: control %u is asked for; expected a waiting part of an elaborated simulation, between runs, and "
                        "an enum bl_control", path, what);
    control(s, n->proc, what);
    return 0;
}
