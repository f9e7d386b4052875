/* sched.c - the loop: evaluate, update, delta notify, timed notify (IEEE 1666-2011 clause 4.2; what it leaves
 * open is decided in kernel/README.md); how a run begins and ends. */
#include "kernel/kernel.h"

#include <stdio.h>
#include <stdlib.h>

enum { DELTA_LIMIT = 10000 };

/* ---- evaluate ---- */

uint32_t next_runnable(struct bl_sim *s)
{
    struct core *c = s->core;
    uint32_t p = s->run.run_queue[c->run_head];

    c->run_head = (c->run_head + 1) & s->frozen.queue_mask;
    c->run_n--;
    return p;
}

#define HOT static inline __attribute__((always_inline))

/* `observed`: somebody looks on (see struct observer); without anybody all that costs nothing. */
HOT void resume_one(struct bl_sim *s, uint32_t p, bool observed)
{
    const struct process *x = &s->frozen.process[p];
    struct proc *q = x->proc;
    struct bl_part *part = x->self;

    q->state &= ~(uint32_t)QUEUED;
    if (q->armed | q->timing)
        disarm(s, p);
    if (x->nresets && !reset_lets_run(s, p))
        return;
    s->run.at_work = x->node;
    if (observed)
        OBSERVE(s, ran, (s, x->node));
    bl_verdict v = x->run(part);
    q->timed_out = false;
    if (part->wait == BL_WAIT_END || q->state)
        after_run(s, p);
    if (v == q->verdict)
        return;
    if (__builtin_expect(q->works, 0)) {
        method_returned(x->node);
        return;
    }
    ledger_verdict(s, x->node, v);
    q->verdict = v;
}

void resume(struct bl_sim *s, uint32_t p)
{
    resume_one(s, p, true);
    s->core->activations++;
    s->run.at_work = NULL;
}

/* ---- the loop ---- */

static void initialise(struct bl_sim *s)
{
    s->core->started = 1;
    s->core->phase++;
    for (uint32_t p = 0; p < s->frozen.nprocs; p++)
        if (s->frozen.procs[p]->info->cls->no_init)
            s->run.proc[p].count = 1;    /* begins by its static list too, see static_release */
        else
            release(s, p, false);
    for (uint32_t i = 0; i < s->frozen.ncombs; i++)
        s->run.comb_dirty[i / 64] |= UINT64_C(1) << (i & 63);
    s->core->comb_dirty_any = s->frozen.ncombs > 0;
    settle(s);
    ledger_blame(s);
}

/* A loop without time: who is in it. */
static void endless(struct bl_sim *s, const char *what)
{
    const struct core *c = s->core;

    bl_error(s->diag, "time %llu fs: %s and no end: a loop without time", (unsigned long long)c->now, what);
    why_loop(s);
    s->failed = true;
}

uint64_t volley_limit(const struct bl_sim *s) { return DELTA_LIMIT + 1000 * (uint64_t)s->frozen.nprocs; }

/* Of immediate notifications in one phase the last ones are recorded, and then there is an end. */
bool volley_over(struct bl_sim *s, uint64_t left)
{
    why_near_limit(s);
    if (left == 0)
        endless(s, "immediate notifications in one delta");
    return left == 0;
}

/* The clocks that are due tick. Naps before the processes: these may end a nap of this very edge. */
static void tick_all(struct bl_sim *s)
{
    const uint64_t now = s->core->now;
    struct domain *end = s->frozen.domains + s->frozen.ndomains;

    for (struct domain *d = s->frozen.domains; d < end; d++)
        if (d->st->next == now)
            domain_tick(s, d);
    for (struct domain *d = s->frozen.domains; d < end; d++)
        if (d->st->next == now && d->nnapping)
            domain_nap(s, d);
}

static void commit_all(struct bl_sim *s)
{
    uint64_t edge = UINT64_MAX;

    for (struct domain *d = s->frozen.domains, *end = d + s->frozen.ndomains; d < end; d++) {
        if (d->st->next == s->core->now)
            domain_commit(s, d);
        edge = d->st->next < edge ? d->st->next : edge;
    }
    s->run.edge = edge;
}

static void volley(struct bl_sim *s)
{
    for (uint64_t left = LOOP_LOOK; s->core->run_n && !volley_over(s, left); left--)
        resume(s, next_runnable(s));
}

HOT void run_all(struct bl_sim *s, bool observed)
{
    struct core *c = s->core;
    uint64_t n = 0;

    do {
        uint32_t p = s->run.run_queue[c->run_head];
        c->run_head = (c->run_head + 1) & s->frozen.queue_mask;
        c->run_n--;
        resume_one(s, p, observed);
    } while (++n < s->run.most_runs && c->run_n);
    s->run.at_work = NULL;
    c->activations += n;
    if (c->run_n)
        volley(s);
}

/* Every part that is due, once: ticks, then processes, first in, first out. True when a clock has an edge. */
HOT bool evaluate_all(struct bl_sim *s, bool observed)
{
    bool due = s->run.edge == s->core->now;

    if (due)
        tick_all(s);
    if (s->core->run_n)
        run_all(s, observed);
    return due;
}

bool evaluate(struct bl_sim *s) { return evaluate_all(s, true); }

/* One delta: evaluate, update, settle, notify. All domains due tick before any commits. */
HOT void delta(struct bl_sim *s, bool observed)
{
    struct core *c = s->core;

    c->deltas++;
    bool due = observed && OBSERVED(s, evaluate) ? s->observer->evaluate(s) : evaluate_all(s, observed);
    if (s->failed)
        return;
    c->phase++;                          /* what fires from here on releases into the next one */
    if (observed)
        OBSERVE(s, written, (s));
    if (s->run.ndirty)
        commit_dirty(s);
    if (due)
        commit_all(s);
    if (c->comb_dirty_any)
        settle(s);
    if (s->run.nchanged)                 /* settled parts say verdicts too */
        ledger_blame(s);
    if (c->ndelta)
        fire_deltas(s);
}

/* Who is in the loop is recorded before it is said. */
static void near_limit(struct bl_sim *s)
{
    why_near_limit(s);
    if (s->core->deltas - s->core->deltas_before < DELTA_LIMIT)
        delta(s, true);
    else
        endless(s, "10000 deltas");
}

/* The next time at which something happens, as far as it is not after `limit`; UINT64_MAX or later than it otherwise. */
HOT uint64_t next_time(struct bl_sim *s, uint64_t limit)
{
    uint64_t t = s->run.edge;

    limit = t < limit ? t : limit;
    if (s->run.soon <= limit) {
        s->run.soon = wheel_next(&s->core->wheel, s->run.ev, limit);
        t = s->run.soon < t ? s->run.soon : t;
    }
    return t;
}

/* Moves to time t and releases what is due there. */
HOT void advance(struct bl_sim *s, uint64_t t, bool observed)
{
    if (observed)
        OBSERVE(s, time_over, (s, t));
    s->core->now = t;
    s->core->deltas_before = s->core->deltas;
    if (s->run.soon != t)
        return;
    s->run.soon = t + 1;
    s->run.advancing = true;
    for (uint32_t e; (e = wheel_pop(&s->core->wheel, s->run.ev, t)) != NONE;)
        if (e >= s->frozen.first_timer && !(observed && OBSERVED(s, fired)))
            fire_timer(s, e - s->frozen.first_timer);
        else
            fire(s, e);
    s->run.advancing = false;
}

/* Why the run ends at this time, or -1 when it goes on. */
static int ended(struct bl_sim *s)
{
    struct core *c = s->core;

    if (!(c->ending | (unsigned)s->interrupted | s->failed))
        return -1;
    if (s->failed || c->ending & END_FAIL) {
        s->failed = true;
        return BL_END_FAILED;
    }
    if (s->interrupted) {
        s->interrupted = 0;              /* the next run goes on */
        return BL_END_INTERRUPTED;
    }
    if (c->ending & END_STOP)
        return BL_END_STOPPED;
    if (c->ending & END_PAUSE) {
        c->ending &= ~(uint32_t)END_PAUSE;
        return BL_END_PAUSED;
    }
    return -1;
}

/* A run that cannot begin; after a failure that was reported already it is only said again by the result. */
static enum bl_end refused(struct bl_sim *s, uint64_t until)
{
    if (s->no_memory)
        return BL_END_FAILED;            /* said already */
    if (!s->elaborated)
        bl_error(s->diag, "a run is asked for and nothing is elaborated; call bl_elaborate, which must return 0");
    else if (!s->failed)
        bl_error(s->diag, "a run to %llu fs is asked for at %llu fs; time does not go back", (unsigned long long)until,
                 (unsigned long long)s->core->now);
    return BL_END_FAILED;
}

/* What is known of the times to come, from the state. */
static void look_ahead(struct bl_sim *s)
{
    s->run.most_runs = volley_limit(s) - LOOP_LOOK;
    s->run.soon = 0;
    s->run.edge = UINT64_MAX;
    for (size_t i = 0; i < s->frozen.ndomains; i++)
        if (s->frozen.domains[i].st->next < s->run.edge)
            s->run.edge = s->frozen.domains[i].st->next;
}

enum { GO_ON = -1 };

/* What a part wants before its next edge, whose time has come: why the run ends, or GO_ON. */
static int before_edge(struct bl_sim *s)
{
    struct core *c = s->core;

    if (c->now != c->edge_at || c->ending & END_FAIL)
        return GO_ON;
    if (c->ending & EDGE_PAUSE) {
        c->ending &= ~(uint32_t)EDGE_PAUSE;
        return BL_END_PAUSED;
    }
    if (c->ending & EDGE_STOP)
        return BL_END_STOPPED;
    if (!(c->ending & EDGE_RESTART))
        return GO_ON;
    restart_all(s, c->stream_next);
    initialise(s);
    look_ahead(s);
    return GO_ON;
}

/* What ends with the cycle before the limit has ended; what begins there has not begun. */
static int at_limit(struct bl_sim *s, bool starved)
{
    int end = s->core->ending & (EDGE_PAUSE | EDGE_STOP) ? before_edge(s) : GO_ON;

    return end != GO_ON ? end : starved ? BL_END_STARVED : BL_END_LIMIT;
}

/* How the run ended, or GO_ON when somebody begins to look on, or nobody does any more. */
HOT int run_to(struct bl_sim *s, uint64_t until, bool observed)
{
    struct core *c = s->core;
    int end;

    for (;;) {
        if (__builtin_expect(c->ending >= EDGE_PAUSE, 0) && (end = before_edge(s)) >= 0)
            return end;
        while ((c->run_n | c->ndelta || s->run.edge == c->now) && !s->failed) {
            if (c->deltas - c->deltas_before >= DELTA_LIMIT - LOOP_LOOK)
                near_limit(s);
            else
                delta(s, observed);
        }
        if (observed != (s->observer != NULL))
            return GO_ON;
        if (observed && OBSERVED(s, breaks) && s->observer->breaks(s))
            return BL_END_BREAK;
        if ((c->ending | (unsigned)s->interrupted | s->failed) && (end = ended(s)) >= 0)
            return end;
        uint64_t horizon = observed && OBSERVED(s, horizon) ? s->observer->horizon(s, until) : until;
        uint64_t t = next_time(s, horizon);
        if (__builtin_expect(c->ending >= EDGE_PAUSE, 0) && c->edge_at < t)
            t = c->edge_at;
        bool starved = t == UINT64_MAX && !c->wheel.levels;
        if (starved && until == BL_FOREVER)
            return BL_END_STARVED;
        if (observed && horizon < until && horizon < t) {
            s->observer->reached(s);
            return BL_END_BREAK;
        }
        c->phase += t <= until;          /* a new time is a new phase; a limit where nothing happens is none */
        advance(s, t < until ? t : until, observed);
        if (c->now == until)
            return at_limit(s, starved);
    }
}

static int run_plain(struct bl_sim *s, uint64_t until) { return run_to(s, until, false); }
static int run_observed(struct bl_sim *s, uint64_t until) { return run_to(s, until, true); }

/* The present time, one delta. */
static int run_for_0(struct bl_sim *s)
{
    int end = s->core->ending >= EDGE_PAUSE ? before_edge(s) : GO_ON;

    if (end != GO_ON)
        return end;
    delta(s, true);
    end = ended(s);
    return end < 0 ? BL_END_LIMIT : end;
}

static int run(struct bl_sim *s, uint64_t until)
{
    int end = GO_ON;

    OBSERVE(s, begins, (s));
    if (!s->core->started)
        initialise(s);
    look_ahead(s);
    if (until == s->core->now)
        end = run_for_0(s);
    while (end == GO_ON)
        end = s->observer ? run_observed(s, until) : run_plain(s, until);
    return end;
}

static int run_or_no_memory(struct bl_sim *s, uint64_t until)
{
    BORDER(s, BL_END_FAILED);
    return run(s, until);
}

/* A part has asked for it: the end of a layer, say. */
static void paused(struct bl_sim *s)
{
    if (s->path_whole)                   /* layers overlap */
        return;
    path_close(s);
    slots_cut(s);
}

enum bl_end bl_run(struct bl_sim *s, uint64_t until)
{
    if (NOBODY(s))
        return BL_END_FAILED;
    if (s->run.in_run || s->elaborating)
        return busy(s, __func__), BL_END_FAILED;
    if (!s->elaborated || s->failed || until < s->core->now)
        return refused(s, until);
    s->run.in_run = true;
    int end = run_or_no_memory(s, until);
    s->run.in_run = false;
    if (end == BL_END_PAUSED || end == BL_END_STOPPED)
        paused(s);
    return (enum bl_end)end;
}

/* ---- what parts and the host ask ---- */

bool bl_out_of_memory(const struct bl_sim *s) { return s && s->no_memory; }
uint64_t bl_now(const struct bl_sim *s) { return !NOBODY(s) && s->core ? s->core->now : 0; }
uint64_t bl_deltas(const struct bl_sim *s) { return !NOBODY(s) && s->core ? s->core->deltas : 0; }
uint64_t bl_activations(const struct bl_sim *s) { return !NOBODY(s) && s->core ? s->core->activations : 0; }

void bl_interrupt(struct bl_sim *s)
{
    if (s)                               /* in a signal handler nothing can be said */
        s->interrupted = 1;
}
bool bl_interrupt_taken(struct bl_sim *s)
{
    bool was = !NOBODY(s) && s->interrupted != 0;

    if (was)                             /* one that comes in between is for the next time */
        s->interrupted = 0;
    return was;
}

const char *bl_path(const void *self) { return node_of(self, __func__)->path; }

/* Of the simulation of a part; there is none before init. */
static inline struct core *core_of(const void *self, const char *call)
{
    struct core *c = node_of(self, call)->sim->core;

    if (__builtin_expect(!c, 0))
        no_time(self, call);
    return c;
}

uint64_t bl_later(const void *self, uint64_t fs)
{
    const struct core *c = core_of(self, __func__);
    uint64_t now = c->now - c->since;

    return fs < UINT64_MAX - 1 - now ? now + fs : UINT64_MAX - 1;
}

uint64_t bl_time(const void *self)
{
    const struct core *c = core_of(self, __func__);

    return c->now - c->since;
}
uint64_t bl_delta(const void *self) { return core_of(self, __func__)->deltas; }
static void ends(void *self, struct core *c, uint32_t how)
{
    c->ending |= how;
    c->ender = 1 + ((const struct bl_part *)self)->node->id;
}
void bl_stop(void *self) { ends(self, core_of(self, __func__), END_STOP); }
void bl_pause(void *self) { ends(self, core_of(self, __func__), END_PAUSE); }

void bl_fail(void *self, const char *fmt, ...)
{
    struct core *c = core_of(self, __func__);
    char text[1024] = "no text (fmt is NULL)", time[40];
    va_list ap;

    va_start(ap, fmt);
    if (fmt)
        vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    bl_error(SIM_OF(self)->diag, "%s, at %s: %s", bl_path(self), bl_time_text(c->now, time), text);
    c->ending |= END_FAIL;
}
