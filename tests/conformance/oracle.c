/* oracle.c - a scheduler for described networks as plain as can be, from sections 1 to 4 of the ordering contract
 * alone: everything is looked through at every step, processes run in the order of their number. */
#include "tests/conformance/on_kernel.h"

#include <string.h>

#define NEVER UINT64_MAX
enum pending { QUIET, DELTA, TIMED };

struct oracle_proc {
    struct net_run run;
    struct oracle *o;
    const struct net_op *wait;         /* NULL: the static list of a method that is over, or nothing */
    uint64_t until;                    /* its time or time-out */
    uint64_t counted;                  /* phase of the last static release */
    uint32_t missing, count;           /* of an and-list, bits; static releases still to come */
    bool runnable, soon, timed_out;    /* soon: a wait of one delta */
    bool suspended, due, disabled, dead;   /* due: released while suspended */
};
struct oracle {
    const struct net *n;
    uint64_t now, phase;
    uint32_t deltas;
    struct oracle_proc proc[NET_PROCS];
    struct { enum pending pending; uint64_t when, fired; } event[NET_EVENTS];
    struct { uint32_t now, next; uint64_t edge; } signal[NET_SIGNALS];
    struct { uint32_t item[4], held, taken, given; } fifo[NET_FIFOS];     /* held, as of the last update */
};

static uint32_t bit(uint32_t k) { return UINT32_C(1) << k; }

/* ---- release ---- */

static bool reset_on(const struct oracle *o, const struct net_proc *d)
{
    return d->reset && o->signal[d->reset_by].now == d->reset_at;
}

static void wake(struct oracle_proc *p, bool timed_out)
{
    if (p->runnable || p->due || p->disabled || p->dead)
        return;
    p->timed_out = timed_out;
    p->until = NEVER;
    *(p->suspended ? &p->due : &p->runnable) = true;
}

/* One that is disabled forgets it and what it waited for; its static list counts again. */
static void time_out(struct oracle_proc *p, bool told)
{
    static const struct net_op listen = { .code = OP_STATIC, .t = 1 };

    if (!p->disabled || p->runnable) {
        wake(p, told);
        return;
    }
    p->wait = &listen;
    p->count = 1;
    p->until = NEVER;
}

static void fire(struct oracle *o, uint32_t e)
{
    o->event[e].pending = QUIET;
    o->event[e].fired = o->phase;
    for (struct oracle_proc *p = o->proc; p < o->proc + o->n->nprocs; p++) {
        const struct net_proc *d = &o->n->proc[p - o->proc];
        uint32_t in = 0;
        if (p->runnable || p->due || p->disabled || p->dead || !p->wait)
            continue;
        const uint8_t *list = p->wait->code == OP_STATIC ? d->statics : p->wait->list;
        uint32_t n = p->wait->code == OP_STATIC ? d->nstatics : p->wait->n;
        for (uint32_t i = 0; i < n; i++)
            in |= bit(list[i]);
        if (!(in & bit(e)))
            continue;
        if (p->wait->code == OP_STATIC && p->counted != o->phase) {
            p->counted = o->phase;
            if (--p->count == 0 || (d->reset && !p->suspended))     /* looked at on each of them */
                wake(p, false);
        } else if (p->wait->code == OP_ALL) {
            p->missing &= ~bit(e);
            if (p->missing == 0)
                wake(p, false);
        } else if (p->wait->code == OP_EVENT || p->wait->code == OP_ANY) {
            wake(p, false);
        }
    }
}

/* From the top; what it waited for is dropped. */
static void reset(struct oracle_proc *p)
{
    if (p->dead || (p->run.over && !p->run.net->proc[p->run.proc].method))
        return;
    if (!p->run.net->proc[p->run.proc].method)
        net_begin(&p->run);
    p->wait = NULL;
    p->runnable = p->soon = false;
    wake(p, false);
}

static bool fifo_ready(const struct oracle *o, const struct net_op *w)
{
    uint32_t k = w->list[0];

    return w->code == OP_PUT ? o->fifo[k].held + o->fifo[k].given < o->n->fifo[k].depth
                             : o->fifo[k].held > o->fifo[k].taken;
}

/* ---- what a program does ---- */

static struct oracle *at(void *self) { return ((struct oracle_proc *)self)->o; }
static uint64_t host_now(void *self) { return at(self)->now; }
static uint32_t host_delta(void *self) { return at(self)->deltas; }
static void host_notify(void *self, uint32_t k, uint64_t fs)
{
    struct oracle *o = at(self);

    if (o->event[k].pending == DELTA || (o->event[k].pending == TIMED && fs && o->event[k].when <= o->now + fs))
        return;
    o->event[k].pending = fs ? TIMED : DELTA;
    o->event[k].when = o->now + fs;
}
static void host_notify_now(void *self, uint32_t k) { fire(at(self), k); }
static void host_cancel(void *self, uint32_t k) { at(self)->event[k].pending = QUIET; }
static bool host_triggered(void *self, uint32_t k) { return at(self)->event[k].fired == at(self)->phase; }
static bool host_timed_out(void *self) { return ((struct oracle_proc *)self)->timed_out; }
static void host_write(void *self, uint32_t k, uint32_t v) { at(self)->signal[k].next = v; }
static uint32_t host_read(void *self, uint32_t k) { return at(self)->signal[k].now; }
static bool host_can_put(void *self, uint32_t k)
{
    return fifo_ready(at(self), &(struct net_op){ OP_PUT, 1, { (uint8_t)k }, 0 });
}
static bool host_can_get(void *self, uint32_t k)
{
    return fifo_ready(at(self), &(struct net_op){ OP_GET, 1, { (uint8_t)k }, 0 });
}
static void host_put(void *self, uint32_t k, uint32_t v)
{
    struct oracle *o = at(self);

    o->fifo[k].item[o->fifo[k].held + o->fifo[k].given++] = v;
}
static uint32_t host_get(void *self, uint32_t k) { return at(self)->fifo[k].item[at(self)->fifo[k].taken++]; }
static void host_control(void *self, uint32_t k, uint32_t what)
{
    struct oracle_proc *p = &at(self)->proc[k];

    switch (what) {
    case NET_SUSPEND:
        p->suspended = true;
        p->due |= p->runnable;
        p->runnable = false;
        break;
    case NET_RESUME:
        p->suspended = false;
        p->runnable |= p->due;
        p->due = false;
        break;
    case NET_DISABLE:
    case NET_ENABLE:
        p->disabled = what == NET_DISABLE;
        break;
    case NET_RESET:
        reset(p);
        break;
    default:
        p->dead = true;
        p->runnable = p->due = false;
    }
}

static const struct net_host host = {
    host_now, host_delta, host_notify, host_notify_now, host_cancel, host_triggered, host_timed_out, host_write, host_read,
    host_can_put, host_can_get, host_put, host_get, host_control
};

static void run(struct oracle *o, struct oracle_proc *p)
{
    const struct net_proc *d = &o->n->proc[p - o->proc];

    p->runnable = false;
    if (!reset_on(o, d) && p->wait && p->wait->code == OP_STATIC && p->count)
        return;                            /* not the last of n releases */
    if (reset_on(o, d) && !d->method && p->run.begun && !p->run.over)
        net_begin(&p->run);
    do
        p->wait = net_step(&p->run);
    while (p->wait && (p->wait->code == OP_PUT || p->wait->code == OP_GET) && fifo_ready(o, p->wait));
    p->timed_out = false;
    p->until = NEVER;
    p->missing = 0;
    if (!p->wait)
        return;
    bool limited = p->wait->code == OP_EVENT || p->wait->code == OP_ANY || p->wait->code == OP_ALL;
    p->soon = p->wait->code == OP_TIME && p->wait->t == 0;
    if (p->wait->t && (limited || p->wait->code == OP_TIME))
        p->until = o->now + net_delay(&p->run, p->wait);
    p->count = p->wait->t;
    p->counted = 0;                        /* by the wait before */
    for (uint32_t i = 0; i < p->wait->n; i++)
        p->missing |= bit(p->wait->list[i]);
}

/* ---- the loop ---- */

static bool evaluate(struct oracle *o)
{
    bool any = false;

    for (bool more = true; more;) {
        more = false;
        for (struct oracle_proc *p = o->proc; p < o->proc + o->n->nprocs; p++)
            if (p->runnable) {
                run(o, p);
                any = more = true;
            }
    }
    return any;
}

static void signal_moved(struct oracle *o, uint32_t k)
{
    uint32_t v = o->signal[k].now = o->signal[k].next;

    for (uint32_t e = 0; e < o->n->nevents; e++)
        if (o->n->event[e].edge && o->n->event[e].of == k &&
            o->n->event[e].edge != (v & 1 ? (uint32_t)NET_FELL : (uint32_t)NET_ROSE))
            fire(o, e);
    for (struct oracle_proc *p = o->proc; p < o->proc + o->n->nprocs; p++) {
        const struct net_proc *d = &o->n->proc[p - o->proc];
        if (d->reset == 2 && d->reset_by == k && reset_on(o, d))
            reset(p);
    }
}

static void update_and_notify(struct oracle *o)
{
    bool due[NET_EVENTS];

    for (uint32_t e = 0; e < o->n->nevents; e++)
        due[e] = o->event[e].pending == DELTA;
    for (uint32_t k = 0; k < o->n->nfifos; k++) {
        uint32_t taken = o->fifo[k].taken;
        o->fifo[k].held += o->fifo[k].given - taken;
        memmove(o->fifo[k].item, o->fifo[k].item + taken, o->fifo[k].held * sizeof o->fifo[k].item[0]);
        o->fifo[k].taken = o->fifo[k].given = 0;
    }
    for (uint32_t k = 0; k < o->n->nsignals; k++)
        if (o->signal[k].next != o->signal[k].now)
            signal_moved(o, k);
    for (uint32_t e = 0; e < o->n->nevents; e++)
        if (due[e])
            fire(o, e);
    for (struct oracle_proc *p = o->proc; p < o->proc + o->n->nprocs; p++)
        if (p->soon) {
            p->soon = false;
            time_out(p, false);
        } else if (p->wait && (p->wait->code == OP_PUT || p->wait->code == OP_GET) && fifo_ready(o, p->wait)) {
            wake(p, false);
        }
}

/* To the next time at which anything is due; clocks write their level there. false: that is at the limit. */
static bool advance(struct oracle *o)
{
    uint64_t t = NEVER;

    for (uint32_t e = 0; e < o->n->nevents; e++)
        t = o->event[e].pending == TIMED && o->event[e].when < t ? o->event[e].when : t;
    for (uint32_t i = 0; i < o->n->nprocs; i++)
        t = o->proc[i].wait && !o->proc[i].dead && o->proc[i].until < t ? o->proc[i].until : t;
    for (uint32_t k = 0; k < o->n->nsignals; k++)
        t = o->n->signal[k].period && o->signal[k].edge < t ? o->signal[k].edge : t;
    if (t >= o->n->limit)
        return false;
    o->now = t;
    for (uint32_t e = 0; e < o->n->nevents; e++)
        if (o->event[e].pending == TIMED && o->event[e].when == t)
            fire(o, e);
    for (struct oracle_proc *p = o->proc; p < o->proc + o->n->nprocs; p++)
        if (p->wait && p->until == t)
            time_out(p, true);
    for (uint32_t k = 0; k < o->n->nsignals; k++) {
        const struct net_signal *s = &o->n->signal[k];
        if (!s->period || o->signal[k].edge != t)
            continue;
        o->signal[k].next = !o->signal[k].now;
        o->signal[k].edge += o->signal[k].next ? s->high : s->period - s->high;
    }
    return true;
}

void net_on_oracle(const struct net *n, struct net_log *log)
{
    struct oracle o = { .n = n, .phase = 1 };

    for (uint32_t k = 0; k < n->nsignals; k++) {
        o.signal[k].now = o.signal[k].next = n->signal[k].period ? !n->signal[k].first : n->signal[k].init;
        o.signal[k].edge = n->signal[k].start;
    }
    for (uint32_t i = 0; i < n->nprocs; i++) {
        o.proc[i].run = (struct net_run){ .net = n, .host = &host, .self = &o.proc[i], .log = log, .proc = i };
        o.proc[i].o = &o;
        o.proc[i].runnable = true;
        o.proc[i].until = NEVER;
    }
    do
        for (bool more = true; more;) {
            o.deltas++;
            evaluate(&o);
            o.phase++;
            update_and_notify(&o);
            more = false;
            for (uint32_t i = 0; i < n->nprocs; i++)
                more |= o.proc[i].runnable;
        }
    while (o.phase++, advance(&o));
}
