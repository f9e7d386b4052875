/* events.c - events and who waits for them: notify, cancel, fire; or-lists, and-lists, time-outs. What IEEE 1666-2011 leaves open is decided in kernel/README.md. */
#include "kernel/kernel.h"

uint32_t proc_of(const void *self) { return ((const struct bl_part *)self)->node->proc; }

/* ---- lists of waiters ---- */

static void join_list(struct bl_sim *s, uint32_t w, uint32_t e)
{
    struct waiter *x = &s->run.waiter[w];
    struct ev *ev = &s->run.ev[e];

    x->ev = e;
    x->next = 0;
    x->prev = ev->last;
    if (x->prev)
        s->run.waiter[x->prev].next = w;
    else
        ev->first = w;
    ev->last = w;
}

static void leave_list(struct bl_sim *s, uint32_t w)
{
    struct waiter *x = &s->run.waiter[w];
    struct ev *ev = &s->run.ev[x->ev];

    if (x->next)
        s->run.waiter[x->next].prev = x->prev;
    else
        ev->last = x->prev;
    if (x->prev)
        s->run.waiter[x->prev].next = x->next;
    else
        ev->first = x->next;
    x->ev = NONE;
}

void withdraw(struct bl_sim *s, uint32_t e)
{
    if (s->run.ev[e].pending == TIMED)
        wheel_cut(&s->core->wheel, s->run.ev, e);
    else if (s->run.ev[e].pending == DELTA)
        s->run.delta_queue[s->run.ev[e].next] = NONE;
    s->run.ev[e].pending = QUIET;
}

void disarm(struct bl_sim *s, uint32_t p)
{
    struct proc *q = &s->run.proc[p];
    uint32_t w = s->frozen.process[p].waiters.first, timer = s->frozen.process[p].timer;

    for (; q->armed; q->armed--, w++)
        if (s->run.waiter[w].ev != NONE)
            leave_list(s, w);
    if (q->timing)
        withdraw(s, timer);
    q->timing = false;
}

/* ---- firing ---- */

/* Who is told of an event wherever it stands: clocked parts whose nap it ends, processes with it in their static list. */
static void tell_listeners(struct bl_sim *s, uint32_t e, uint32_t caller)
{
    struct span st = s->frozen.told_of[e];

    for (uint32_t i = st.first; i < st.first + st.n; i++) {
        uint32_t p = s->frozen.told[i];
        if (!(p & CLOCKED_LISTENER))
            static_release(s, p, caller);
        else if (!OBSERVED(s, wakes) || !s->observer->wakes(s, s->frozen.nodes[p & ~CLOCKED_LISTENER]))
            part_wake(s, s->frozen.nodes[p & ~CLOCKED_LISTENER]);
    }
}

/* The event that waiter w waited for has fired. */
static void heard(struct bl_sim *s, uint32_t w)
{
    uint32_t p = s->run.waiter[w].proc;
    struct proc *q = &s->run.proc[p];

    if (q->state & DISABLED && !(q->state & QUEUED))
        return;                          /* forgotten; it goes on waiting */
    leave_list(s, w);
    if (q->need > 1) {
        q->need--;
        return;
    }
    q->need = 0;                         /* bl_heard */
    if (q->state & QUEUED)
        q->timed_out = false;            /* event and time-out at one instant: the event wins */
    else
        release(s, p, false);
}

void fire(struct bl_sim *s, uint32_t e)
{
    struct ev *ev = &s->run.ev[e];

    OBSERVE(s, fired, (s, e));
    if (e >= s->frozen.first_timer) {
        fire_timer(s, e - s->frozen.first_timer);
        return;
    }
    ev->fired = s->core->phase;
    uint32_t caller = s->run.at_work ? s->run.at_work->proc : NONE;     /* of an immediate notification */
    if (s->frozen.told_of[e].n)
        tell_listeners(s, e, caller);
    for (uint32_t w = ev->first, next; w; w = next) {
        next = s->run.waiter[w].next;
        if (s->run.waiter[w].proc != caller)
            heard(s, w);
    }
}

void fire_deltas(struct bl_sim *s)
{
    uint32_t n = s->core->ndelta;

    s->core->ndelta = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t e = s->run.delta_queue[i];
        if (e == NONE)
            continue;
        s->run.ev[e].pending = QUIET;
        fire(s, e);
    }
}

/* ---- notifying ---- */

/* What was withdrawn leaves gaps among the delta notifications; at most every second place is taken. */
static void close_gaps(struct bl_sim *s)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < s->core->ndelta; i++)
        if (s->run.delta_queue[i] != NONE) {
            s->run.ev[s->run.delta_queue[i]].next = n;
            s->run.delta_queue[n++] = s->run.delta_queue[i];
        }
    s->core->ndelta = n;
}

static void put_delta(struct bl_sim *s, uint32_t e)
{
    struct core *c = s->core;

    if (c->ndelta == 2 * s->frozen.nevents)
        close_gaps(s);
    s->run.ev[e].pending = DELTA;
    s->run.ev[e].next = c->ndelta;
    s->run.delta_queue[c->ndelta++] = e;
}

static void too_far(struct bl_sim *s, uint64_t fs)
{
    bl_error(s->diag, "%s: a notification %llu fs after %llu fs is beyond the end of time (2^64 fs); notify or wait for less",
             s->run.at_work ? s->run.at_work->path : "host", (unsigned long long)fs, (unsigned long long)s->core->now);
    s->core->ending |= END_FAIL;
}

void notify(struct bl_sim *s, uint32_t e, uint64_t fs)
{
    struct core *c = s->core;
    struct ev *ev = &s->run.ev[e];

    if (fs > UINT64_MAX - 1 - c->now) {
        too_far(s, fs);
        return;
    }
    if (ev->pending) {
        if (ev->pending == DELTA || (fs && ev->when <= c->now + fs))
            return;                      /* the earlier notification wins */
        withdraw(s, e);
    }
    OBSERVE(s, notified, (s, e));
    if (!fs) {
        put_delta(s, e);
        return;
    }
    wheel_put(&c->wheel, s->run.ev, e, c->now, c->now + fs);
    if (c->now + fs < s->run.soon)
        s->run.soon = c->now + fs;
}

void bl_notify(const void *self, bl_event e, uint64_t fs)
{
    struct bl_sim *s = SIM_OF(self);
    uint32_t event = event_number(s, self, e, __func__);

    if (__builtin_expect(s->run.passive, 0))
        bl_misuse(self, s->run.in_init ? "bl_notify in init: nothing waits yet; notify in the first tick or at the top of run" :
                  "bl_notify in a combinational part, which may run any number of times; wire an output to the event");
    notify(s, event, fs);
}

void bl_cancel(const void *self, bl_event e)
{
    struct bl_sim *s = SIM_OF(self);

    withdraw(s, event_number(s, self, e, __func__));
}

/* ---- waits ---- */

void check_waits(const struct bl_sim *s, const struct bl_node *n)
{
    if (__builtin_expect(s->run.at_work != n || n->proc == NONE, 0))
        bl_misuse(n->self, "waits outside its own run; ticks and combinational parts cannot wait: use a nap, or a class with run");
}

void bl_arm_time(void *self, uint64_t fs)
{
    const struct bl_node *n = node_of(self, __func__);
    struct bl_sim *s = n->sim;
    struct core *c = s->core;

    check_waits(s, n);
    uint64_t when = c->now + fs;
    if (s->run.proc[n->proc].timing)
        withdraw(s, n->timer);
    s->run.proc[n->proc].timing = true;
    if (when <= c->now || when == UINT64_MAX || OBSERVED(s, notified)) {
        notify(s, n->timer, fs);
        return;
    }
    wheel_put(&c->wheel, s->run.ev, n->timer, c->now, when);
    s->run.soon = when < s->run.soon ? when : s->run.soon;
}

/* Waits for the events of a list, each once; returns how many these are. */
static uint32_t arm(struct bl_sim *s, const struct bl_node *of, const bl_event *list, size_t n, const char *call)
{
    check_waits(s, of);
    if (__builtin_expect(!list || !n, 0))
        no_events(of->self, call, list, n);
    struct proc *q = &s->run.proc[of->proc];
    const struct span at = s->frozen.process[of->proc].waiters;

    for (; q->armed; q->armed--)         /* of a method that thinks again */
        if (s->run.waiter[at.first + q->armed - 1].ev != NONE)
            leave_list(s, at.first + q->armed - 1);
    for (size_t i = 0; i < n; i++) {
        uint32_t e = event_number(s, of->self, list[i], call);
        bool twice = false;
        for (uint32_t w = at.first; w < at.first + q->armed; w++)
            twice |= s->run.waiter[w].ev == e;
        if (twice)
            continue;
        if (q->armed == at.n)
            bl_misuse(of->self, "waits for more events than its class tables; table them with BL_EVENT");
        join_list(s, at.first + q->armed++, e);
    }
    return q->armed;
}

void bl_arm_any(void *self, const bl_event *list, size_t n)
{
    const struct bl_node *of = node_of(self, __func__);

    arm(of->sim, of, list, n, __func__);
    of->sim->run.proc[of->proc].need = 1;
}

void bl_arm_all(void *self, const bl_event *list, size_t n)
{
    const struct bl_node *of = node_of(self, __func__);

    uint32_t need = arm(of->sim, of, list, n, __func__);
    of->sim->run.proc[of->proc].need = need;
}

/* The state of a waiting part that asks how its last wait ended. */
static const struct proc *proc_that(const void *self, const char *call)
{
    const struct bl_node *n = node_of(self, call);

    if (__builtin_expect(n->proc == NONE || !n->sim->run.proc, 0))
        bl_misuse(self, "asks how its last wait ended; only a part with run waits");
    return &n->sim->run.proc[n->proc];
}

bool bl_heard(const void *self) { return proc_that(self, __func__)->need == 0; }

bool bl_triggered(const void *self, bl_event e)
{
    const struct bl_sim *s = SIM_OF(self);

    return s->run.ev[event_number(s, self, e, __func__)].fired == s->core->phase;
}

bool bl_timed_out(const void *self) { return proc_that(self, __func__)->timed_out; }
