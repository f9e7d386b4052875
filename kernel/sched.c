/* sched.c - events, waiting processes, and the loop: evaluate, update, delta notify, timed notify
 * (IEEE 1666-2011 clause 4.2; what it leaves open is decided in kernel/README.md). */
#include "kernel/kernel.h"

#include <stdio.h>
#include <stdlib.h>

enum { DELTA_LIMIT = 10000 };

static struct bl_sim *sim_of(const void *self) { return ((const struct bl_part *)self)->node->sim; }

/* ---- the runnable queue: a ring, each process in it at most once ---- */

void release(struct bl_sim *s, uint32_t p)
{
    if (s->proc[p].queued || s->proc[p].ended)
        return;
    s->proc[p].queued = true;
    s->run_queue[(s->core->run_head + s->core->run_n++) % s->nprocs] = p;
}

static uint32_t next_runnable(struct bl_sim *s)
{
    struct core *c = s->core;

    if (s->shuffle && c->run_n > 1) {   /* any of those that are runnable may be first */
        uint64_t x = (s->shuffle ^ c->deltas * UINT64_C(0x9e3779b97f4a7c15) ^ c->run_n) * UINT64_C(0xbf58476d1ce4e5b9);
        uint32_t a = c->run_head % s->nprocs, b = (c->run_head + (uint32_t)((x >> 32) % c->run_n)) % s->nprocs;
        uint32_t t = s->run_queue[a];
        s->run_queue[a] = s->run_queue[b];
        s->run_queue[b] = t;
    }
    uint32_t p = s->run_queue[c->run_head];
    c->run_head = (c->run_head + 1) % s->nprocs;
    c->run_n--;
    return p;
}

/* ---- events ---- */

static void leave_event(struct bl_sim *s, uint32_t p)
{
    struct proc *q = &s->proc[p];

    if (q->ev == NONE)
        return;
    struct ev *e = &s->ev[q->ev];
    if (q->next != NONE)
        s->proc[q->next].prev = q->prev;
    else
        e->last = q->prev;
    if (q->prev != NONE)
        s->proc[q->prev].next = q->next;
    else
        e->first = q->next;
    q->ev = NONE;
}

static void withdraw(struct bl_sim *s, uint32_t e)
{
    if (s->ev[e].pending == TIMED)
        wheel_cut(&s->core->wheel, s->ev, e);
    else if (s->ev[e].pending == DELTA)
        s->delta_queue[s->ev[e].next] = NONE;
    s->ev[e].pending = QUIET;
}

void fire(struct bl_sim *s, uint32_t e)
{
    s->ev[e].pending = QUIET;
    s->ev[e].fired = s->core->phase;
    if (s->action[e].what == TIMER) {
        struct proc *q = &s->proc[s->action[e].id];
        q->timed_out = !q->queued;       /* event and time-out at one instant: the event wins, here too */
        release(s, s->action[e].id);
        return;
    }
    struct span st = s->ev_static[e];
    for (uint32_t i = st.first; i < st.first + st.n; i++) {
        uint32_t p = s->statics[i];
        if (p & CLOCKED_LISTENER) {
            part_wake(s, s->nodes[p & ~CLOCKED_LISTENER]);
            continue;
        }
        struct bl_part *part = (struct bl_part *)(void *)s->procs[p]->self;
        if (part->wait != BL_WAIT_STATIC || s->proc[p].queued || s->proc[p].counted == s->core->phase)
            continue;                    /* two events of one phase are one release */
        s->proc[p].counted = s->core->phase;
        if (--s->proc[p].count == 0)
            release(s, p);
    }
    for (uint32_t p = s->ev[e].first, next; p != NONE; p = next) {
        next = s->proc[p].next;
        s->proc[p].ev = NONE;
        s->proc[p].timed_out = false;    /* event and time-out at one instant: the event wins */
        release(s, p);
    }
    s->ev[e].first = s->ev[e].last = NONE;
}

/* What was withdrawn leaves gaps among the delta notifications; at most every second place is taken. */
static void close_gaps(struct bl_sim *s)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < s->core->ndelta; i++)
        if (s->delta_queue[i] != NONE) {
            s->ev[s->delta_queue[i]].next = n;
            s->delta_queue[n++] = s->delta_queue[i];
        }
    s->core->ndelta = n;
}

void notify(struct bl_sim *s, uint32_t e, uint64_t fs)
{
    struct core *c = s->core;
    struct ev *ev = &s->ev[e];

    if (fs > UINT64_MAX - 1 - c->now) {
        bl_error(s->diag, "%s: a notification %llu fs after %llu fs is beyond the end of time (2^64 fs)",
                 s->running ? s->running->path : "host", (unsigned long long)fs,
                 (unsigned long long)c->now);
        c->ending |= END_FAIL;
        return;
    }
    if (ev->pending == DELTA || (ev->pending == TIMED && fs && ev->when <= c->now + fs))
        return;                          /* the earlier notification wins */
    withdraw(s, e);
    if (fs) {
        wheel_put(&c->wheel, s->ev, e, c->now + fs);
    } else {
        if (c->ndelta == 2 * s->nevents)
            close_gaps(s);
        ev->pending = DELTA;
        ev->next = c->ndelta;
        s->delta_queue[c->ndelta++] = e;
    }
}

void bl_notify(const void *self, bl_event e, uint64_t fs) { notify(sim_of(self), e.id, fs); }
void bl_cancel(const void *self, bl_event e) { withdraw(sim_of(self), e.id); }

void bl_notify_now(const void *self, bl_event e)
{
    struct bl_sim *s = sim_of(self);
    const struct bl_part *p = self;

    if (s->in_tick || s->in_comb || s->in_init || !s->running)
        bl_misuse(p, "immediate notification outside a waiting process: order would matter; use bl_notify");
    withdraw(s, e.id);
    fire(s, e.id);                       /* into the present phase */
}

bool bl_triggered(const void *self, bl_event e)
{
    struct bl_sim *s = sim_of(self);

    return s->ev[e.id].fired == s->core->phase;
}

/* ---- waits ---- */

void bl_arm_time(void *self, uint64_t fs)
{
    struct bl_sim *s = sim_of(self);

    notify(s, s->timer[((struct bl_part *)self)->node->proc], fs);
}

void bl_arm_event(void *self, bl_event e)
{
    struct bl_sim *s = sim_of(self);
    uint32_t p = ((struct bl_part *)self)->node->proc;
    struct proc *q = &s->proc[p];

    q->ev = e.id;
    q->next = NONE;
    q->prev = s->ev[e.id].last;
    if (q->prev != NONE)
        s->proc[q->prev].next = p;
    else
        s->ev[e.id].first = p;
    s->ev[e.id].last = p;
}

void bl_arm_static(void *self, uint32_t n)
{
    sim_of(self)->proc[((struct bl_part *)self)->node->proc].count = n ? n : 1;
}

bool bl_timed_out(const void *self)
{
    return sim_of(self)->proc[((const struct bl_part *)self)->node->proc].timed_out;
}

static void resume(struct bl_sim *s, uint32_t p)
{
    struct bl_node *n = s->procs[p];
    struct bl_part *part = (struct bl_part *)(void *)n->self;

    s->proc[p].queued = false;
    leave_event(s, p);
    if (s->ev[s->timer[p]].pending)
        withdraw(s, s->timer[p]);
    s->running = n;
    s->core->activations++;
    bl_verdict v = n->info->cls->run(part);
    s->proc[p].timed_out = false;
    if (part->wait == BL_WAIT_END)
        s->proc[p].ended = true;
    s->running = NULL;
    ledger_verdict(s, n, v);
}

/* ---- the loop ---- */

static void initialise(struct bl_sim *s)
{
    s->core->started = 1;
    s->core->phase = 1;
    for (uint32_t p = 0; p < s->nprocs; p++)
        release(s, p);
    for (uint32_t i = 0; i < s->ncombs; i++)
        s->comb_dirty[i / 64] |= UINT64_C(1) << (i & 63);
    s->core->comb_dirty_any = s->ncombs > 0;
    settle(s);
}

static bool due_now(const struct bl_sim *s)
{
    for (size_t i = 0; i < s->ndomains; i++)
        if (s->domains[i].st->next == s->core->now)
            return true;
    return s->core->run_n || s->core->ndelta;
}

/* A loop without time: who is in it. */
static void endless(struct bl_sim *s, const char *what)
{
    const struct core *c = s->core;

    bl_error(s->diag, "time %llu fs: %s and no end: a loop without time", (unsigned long long)c->now, what);
    for (uint32_t i = 0; i < c->run_n && i < 8; i++)
        bl_note(s->diag, "  in the loop: %s", s->procs[s->run_queue[(c->run_head + i) % s->nprocs]]->path);
    s->failed = true;
}

/* One delta: evaluate, update, settle, notify. All domains due tick before any commits. */
static void delta(struct bl_sim *s)
{
    struct core *c = s->core;
    struct domain *end = s->domains + s->ndomains;
    uint32_t due = 0;                    /* domains with an edge now */

    c->deltas++;
    c->deltas_here++;
    for (struct domain *d = s->domains; d < end; d++)
        if (d->st->next == c->now) {
            domain_tick(s, d);
            due++;
        }
    if (due)                             /* before the processes: they may end a nap of this very edge */
        for (struct domain *d = s->domains; d < end; d++)
            if (d->st->next == c->now && d->nnapping)
                domain_nap(s, d);
    for (uint64_t left = DELTA_LIMIT + 1000 * (uint64_t)s->nprocs; c->run_n; left--) {
        if (left == 0) {
            endless(s, "immediate notifications in one delta");
            return;
        }
        resume(s, next_runnable(s));
    }
    c->phase++;                          /* what fires from here on releases into the next one */

    if (s->ndirty)
        commit_dirty(s);
    if (due)
        for (struct domain *d = s->domains; d < end; d++)
            if (d->st->next == c->now)
                domain_commit(s, d);
    if (s->nchanged)
        ledger_blame(s);
    if (c->comb_dirty_any)
        settle(s);
    if (c->ndelta) {
        uint32_t n = c->ndelta;
        c->ndelta = 0;
        for (uint32_t i = 0; i < n; i++)
            if (s->delta_queue[i] != NONE)
                fire(s, s->delta_queue[i]);
    }
}

static uint64_t next_time(struct bl_sim *s, uint64_t limit)
{
    uint64_t t = UINT64_MAX;

    for (size_t i = 0; i < s->ndomains; i++)
        if (s->domains[i].st->next < t)
            t = s->domains[i].st->next;
    if (s->core->wheel.levels) {
        uint64_t w = wheel_next(&s->core->wheel, s->ev, t < limit ? t : limit);
        if (w < t)
            t = w;
    }
    return t;
}

/* Moves to time t and releases what is due there. */
static int advance(struct bl_sim *s, uint64_t t)
{
    struct wheel *w = &s->core->wheel;

    if (s->ntraces && watch_flush(s, t))
        return -1;
    s->core->now = t;
    s->core->deltas_here = 0;
    w->cur = t;
    uint32_t slot = (uint32_t)(t & 63);
    s->advancing = true;
    while (w->taken[0] >> slot & 1 && s->ev[w->head[slot]].when == t) {
        uint32_t e = w->head[slot];
        wheel_cut(w, s->ev, e);
        fire(s, e);
    }
    s->advancing = false;
    return 0;
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
    if (!s->frozen)
        bl_error(s->diag, "a run is asked for and nothing is elaborated; call bl_elaborate, which must return 0");
    else if (!s->failed)
        bl_error(s->diag, "a run to %llu fs is asked for at %llu fs; time does not go back", (unsigned long long)until,
                 (unsigned long long)s->core->now);
    return BL_END_FAILED;
}

enum bl_end bl_run(struct bl_sim *s, uint64_t until)
{
    struct core *c = s->core;
    int end;

    if (!s->frozen || s->failed || until < c->now)
        return refused(s, until);
    if (!c->started)
        initialise(s);
    if (until == c->now) {
        delta(s);
        return (end = ended(s)) < 0 ? BL_END_LIMIT : (enum bl_end)end;
    }
    for (;;) {
        while (!s->failed && due_now(s))
            if (c->deltas_here < DELTA_LIMIT)
                delta(s);
            else
                endless(s, "10000 deltas");
        if ((end = ended(s)) >= 0)
            return (enum bl_end)end;
        uint64_t t = next_time(s, until);
        bool starved = t == UINT64_MAX && !c->wheel.levels;
        if (starved && until == BL_FOREVER)
            return BL_END_STARVED;
        c->phase += t <= until;          /* a new time is a new phase; a limit where nothing happens is none */
        if (advance(s, t < until ? t : until)) {
            s->failed = true;
            return BL_END_FAILED;
        }
        if (c->now == until)
            return starved ? BL_END_STARVED : BL_END_LIMIT;
    }
}

/* ---- what parts and the host ask ---- */

uint64_t bl_now(const struct bl_sim *s) { return s->core ? s->core->now : 0; }
uint64_t bl_deltas(const struct bl_sim *s) { return s->core ? s->core->deltas : 0; }
uint64_t bl_activations(const struct bl_sim *s) { return s->core ? s->core->activations : 0; }
void bl_interrupt(struct bl_sim *s) { s->interrupted = 1; }
const char *bl_path(const void *self) { return ((const struct bl_part *)self)->node->path; }
uint64_t bl_later(const void *self, uint64_t fs)
{
    uint64_t now = sim_of(self)->core->now;

    return fs < UINT64_MAX - 1 - now ? now + fs : UINT64_MAX - 1;
}

uint64_t bl_time(const void *self) { return sim_of(self)->core->now; }
void bl_stop(void *self) { sim_of(self)->core->ending |= END_STOP; }
void bl_pause(void *self) { sim_of(self)->core->ending |= END_PAUSE; }

void bl_fail(void *self, const char *fmt, ...)
{
    struct bl_sim *s = sim_of(self);
    char text[1024], time[40];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    bl_error(s->diag, "%s, at %s: %s", bl_path(self), bl_time_text(s->core->now, time), text);
    s->core->ending |= END_FAIL;
}

/* Says where, what and when; the traces are closed so that the last moments can be looked at. */
static _Noreturn void misuse(struct bl_sim *s, const char *path, const char *detail, const char *what)
{
    char time[40];

    fprintf(stderr, "bitline: %s%s: %s; at %s\n", path, detail, what, bl_time_text(s->core ? s->core->now : 0, time));
    if (!s->misused) {
        s->misused = true;
        watch_free(s);
    }
    abort();
}

void bl_misuse(const void *self, const char *what)
{
    const struct bl_node *n = ((const struct bl_part *)self)->node;

    misuse(n->sim, n->path, "", what);
}

void bl_misuse_port(const struct bl_word *w, const char *what)
{
    char detail[64] = "";

    for (size_t i = 0; i < w->sim->nrings; i++)          /* a counter stands for its channel */
        if (w->sim->rings[i]->push_word == w || w->sim->rings[i]->pop_word == w)
            snprintf(detail, sizeof detail, " (%u x %u bit)", w->sim->rings[i]->lanes, w->sim->rings[i]->bits);
    if (!*detail)
        snprintf(detail, sizeof detail, " (%u x %u bit)", w->lanes, w->bits);
    misuse(w->sim, w->name, detail, what);
}
