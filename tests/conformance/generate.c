/* generate.c - random process networks whose log no order within a delta can change, and their shrinking.
 * What makes them order-free: each event has one process that notifies and cancels it, immediate notification only by a
 * process alone at its instant (its offset) or by two that answer each other (an echo), one user for each end of a FIFO,
 * one writer for a signal. */
#include "tests/conformance/on_kernel.h"

#include <string.h>

struct rng { uint64_t x; };

static uint32_t below(struct rng *r, uint32_t n)
{
    uint64_t z = r->x += UINT64_C(0x9e3779b97f4a7c15);      /* splitmix64 */

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)(((z ^ z >> 31) >> 32) * n >> 32);
}

static bool luck(struct rng *r, uint32_t percent) { return below(r, 100) < percent; }

/* A third of the networks control processes, each in one way: how the ways meet is decided (kernel/README.md), and the
 * reference does it otherwise or calls it an error. */
static const uint8_t control_of[4][3] = {
    { 0 }, { NET_SUSPEND, NET_RESUME, NET_RESUME }, { NET_DISABLE, NET_ENABLE, NET_ENABLE }, { NET_RESET, NET_RESET, NET_RESET }
};
enum { NO_CONTROL, SUSPENDS, DISABLES, RESETS };
static uint32_t control_kind(const struct net *n) { return n->seed % 3 ? NO_CONTROL : SUSPENDS + (uint32_t)(n->seed / 3 % 3); }

static void make_signals(struct net *n, struct rng *r)
{
    n->nsignals = 2 + below(r, 5);
    for (uint32_t k = 0; k < n->nsignals; k++) {
        struct net_signal *s = &n->signal[k];
        s->bits = luck(r, 60) ? 1 : 8;
        s->owner = below(r, n->nprocs);
        s->init = below(r, 1u << s->bits);
        if (k < 2 && luck(r, k == 0 && control_kind(n) ? 100 : 60)) {
            /* at most two clocks; edges on the grid and half way */
            s->bits = 1;
            s->init = 0;
            s->high = (1 + below(r, 4)) * NET_GRID / 2;
            s->period = s->high + (1 + below(r, 4)) * NET_GRID / 2;
            s->start = (1 + below(r, 8)) * NET_GRID / 2;
            s->first = below(r, 2);
        }
    }
}

static void make_events(struct net *n, struct rng *r)
{
    uint32_t user = 2 + below(r, 6), all = user + 1 + below(r, 6);

    for (n->nevents = 0; n->nevents < all; n->nevents++) {
        struct net_event *e = &n->event[n->nevents];
        bool is_user = n->nevents < user;
        e->of = below(r, is_user ? n->nprocs : control_kind(n) && luck(r, 60) ? 1 : n->nsignals);
        e->edge = is_user ? NET_USER : n->signal[e->of].bits > 1 ? NET_CHANGED : NET_CHANGED + below(r, 3);
        if (is_user && n->nevents < n->nprocs && n->proc[n->nevents].offset)
            e->of = n->nevents;                            /* who may notify immediately has something to notify */
    }
}

static void make_fifos(struct net *n, struct rng *r)
{
    n->nfifos = below(r, NET_FIFOS + 1);
    for (uint32_t k = 0; k < n->nfifos; k++) {
        n->fifo[k].depth = 1 + below(r, 3);
        n->fifo[k].giver = below(r, n->nprocs);
        n->fifo[k].taker = (n->fifo[k].giver + 1 + below(r, n->nprocs - 1)) % n->nprocs;
    }
}

/* A random one of 0..n-1 of which the `who`-th process is the owner; NET_EVENTS: there is none. */
static uint8_t owned(struct rng *r, uint32_t n, uint32_t who, uint32_t (*owner)(const struct net *, uint32_t),
                     const struct net *net)
{
    uint32_t first = n ? below(r, n) : 0;

    for (uint32_t i = 0; i < n; i++)
        if (owner(net, (first + i) % n) == who)
            return (uint8_t)((first + i) % n);
    return NET_EVENTS;
}
static uint32_t notifier(const struct net *n, uint32_t k) { return n->event[k].edge == NET_USER ? n->event[k].of : NET_PROCS; }
static uint32_t writer(const struct net *n, uint32_t k) { return n->signal[k].period ? NET_PROCS : n->signal[k].owner; }
static uint32_t giver(const struct net *n, uint32_t k) { return n->fifo[k].giver; }
static uint32_t taker(const struct net *n, uint32_t k) { return n->fifo[k].taker; }

static uint8_t list_of_events(const struct net *n, struct rng *r, uint8_t *list, uint32_t least, uint32_t most)
{
    uint32_t want = least + below(r, most - least + 1), at = below(r, n->nevents), step = 1 + below(r, 2);

    want = want < n->nevents / 2 ? want : n->nevents / 2;
    for (uint32_t i = 0; i < want; i++)
        list[i] = (uint8_t)((at + i * step) % n->nevents);
    return (uint8_t)want;
}

/* An operation that does not wait; false: this process has nothing of the kind. */
static bool make_act(const struct net *n, struct rng *r, uint32_t who, struct net_op *op)
{
    static const uint8_t mix[] = { OP_NOTIFY, OP_NOTIFY, OP_NOTIFY, OP_NOTIFY, OP_NOW, OP_NOW, OP_CANCEL, OP_ASK, OP_WRITE,
                                   OP_WRITE, OP_WRITE, OP_READ, OP_READ, OP_TRYPUT, OP_TRYPUT, OP_TRYPUT, OP_TRYGET, OP_TRYGET };
    bool may_control = control_kind(n) && n->proc[who].offset;
    uint8_t code = may_control && luck(r, 50) ? OP_CONTROL : mix[below(r, sizeof mix)], k = 0;

    switch (code) {
    case OP_CONTROL:                                       /* by a process alone, of one that is not */
        k = (uint8_t)(1 + below(r, n->nprocs - 1));
        *op = (struct net_op){ code, 1, { k }, luck(r, 4) ? NET_KILL : control_of[control_kind(n)][below(r, 3)] };
        return !n->proc[k].offset;
    case OP_NOW: if (!n->proc[who].offset) return false; __attribute__((fallthrough));
    case OP_NOTIFY: case OP_CANCEL: k = owned(r, n->nevents, who, notifier, n); break;
    case OP_ASK: k = (uint8_t)below(r, n->nevents); break;
    case OP_WRITE: k = owned(r, n->nsignals, who, writer, n); break;
    case OP_READ: k = (uint8_t)below(r, n->nsignals); break;
    case OP_TRYPUT: k = owned(r, n->nfifos, who, giver, n); break;
    default: k = owned(r, n->nfifos, who, taker, n); break;
    }
    *op = (struct net_op){ code, 1, { k }, below(r, code == OP_NOTIFY ? 4 : 16) };
    return k != NET_EVENTS;
}

static bool make_wait(const struct net *n, struct rng *r, uint32_t who, struct net_op *op)
{
    static const uint8_t mix[] = { OP_TIME, OP_TIME, OP_STATIC, OP_STATIC, OP_STATIC, OP_EVENT, OP_EVENT, OP_ANY, OP_ANY, OP_ALL,
                                   OP_ALL, OP_PUT, OP_PUT, OP_PUT, OP_GET, OP_GET, OP_GET };
    const struct net_proc *p = &n->proc[who];
    uint8_t code = p->offset ? OP_TIME : mix[below(r, sizeof mix)], k;
    bool no_time = control_kind(n) == DISABLES && !p->offset;      /* a time that comes while disabled: an error there */

    *op = (struct net_op){ code, 0, { 0 }, 0 };
    switch (code) {
    case OP_TIME:
        op->t = p->offset ? 1 + below(r, control_kind(n) ? 2 : 4) : below(r, 5);
        return !no_time;
    case OP_STATIC:                                        /* n releases: of one event, see README, "decided" */
        op->t = !p->method && ((p->nstatics == 1 && !p->reset) || n->decided) ? 1 + below(r, 4) : 1;
        return p->nstatics;
    case OP_PUT: case OP_GET:
        k = owned(r, n->nfifos, who, code == OP_PUT ? giver : taker, n);
        op->n = 1;
        op->list[0] = k;
        op->t = below(r, 16);
        return !p->method && !p->reset && !no_time && k != NET_EVENTS;
    default:
        op->n = code == OP_EVENT ? list_of_events(n, r, op->list, 1, 1) : list_of_events(n, r, op->list, 2, NET_LIST);
        op->t = luck(r, 60) && !no_time ? 1 + below(r, 4) : 0;
        return op->n;
    }
}

/* An event is immediately notified once between two waits: the reference counts twice in `wait n`. A reset is the last
 * thing before a wait: the reference runs who is reset at once, in the middle of the caller. */
static bool repeats(const struct net_proc *p, const struct net_op *op)
{
    if (p->nops && p->op[p->nops - 1].code == OP_CONTROL && p->op[p->nops - 1].t == NET_RESET)
        return true;
    for (uint32_t i = p->nops; op->code == OP_NOW && i-- && !net_waits(p->op[i].code);)
        if (p->op[i].code == OP_NOW && p->op[i].list[0] == op->list[0])
            return true;
    return false;
}

static void make_program(struct net *n, struct rng *r, uint32_t who)
{
    struct net_proc *p = &n->proc[who];

    if (p->offset)                                         /* at time 0 nobody is alone */
        p->op[p->nops++] = (struct net_op){ OP_TIME, 0, { 0 }, 1 };
    for (uint32_t segments = 1 + below(r, 6); segments; segments--) {
        struct net_op op;
        for (uint32_t acts = below(r, 5); acts; acts--)
            if (make_act(n, r, who, &op) && (n->decided || !repeats(p, &op)))
                p->op[p->nops++] = op;
        while (!make_wait(n, r, who, &op))
            ;
        p->op[p->nops++] = op;
    }
}

/* Two processes that answer each other at once, through their static lists: whenever the event `by` releases the first, it releases
 * the second, which releases the first again, in one phase. Nobody else hears them, so that one runs at a time. */
static void make_echo(struct net *n, struct rng *r)
{
    const uint32_t by = below(r, n->nevents), call = n->nevents++, answer = n->nevents++, who = n->nprocs++;
    const struct net_op wait = { OP_STATIC, 0, { 0 }, 1 };

    n->nprocs++;
    n->event[call].of = who;
    n->event[answer].of = who + 1;
    n->proc[who] = (struct net_proc){ .method = luck(r, 40), .budget = 20 + below(r, 60), .nstatics = 2,
                                      .statics = { (uint8_t)by, (uint8_t)answer }, .nops = 3,
                                      .op = { wait, { OP_NOW, 1, { (uint8_t)call }, 0 }, wait } };
    n->proc[who + 1] = (struct net_proc){ .method = luck(r, 40), .budget = 20 + below(r, 60), .nstatics = 1,
                                          .statics = { (uint8_t)call }, .nops = 2, .op = { wait, { OP_NOW, 1, { (uint8_t)answer }, 0 } } };
}

void net_make(struct net *n, uint64_t seed, bool decided)
{
    struct rng r = { seed * UINT64_C(0xd1342543de82ef95) + 1 };

    memset(n, 0, sizeof *n);
    n->seed = seed;
    n->decided = decided;
    n->limit = (16 + below(&r, 200)) * NET_GRID / 2;
    n->nprocs = 3 + below(&r, control_kind(n) ? 3 : NET_PROCS - 2);
    for (uint32_t i = 0; i < n->nprocs; i++) {
        n->proc[i].method = luck(&r, 40);
        n->proc[i].offset = i < 2 && luck(&r, control_kind(n) ? 100 - i * 100 : 50) ? 1 + i * 8 + below(&r, 8) : 0;
        n->proc[i].budget = (control_kind(n) ? 40 : 10) + below(&r, 60);
    }
    make_signals(n, &r);
    make_events(n, &r);
    make_fifos(n, &r);
    for (uint32_t i = 0; i < n->nprocs; i++) {
        struct net_proc *p = &n->proc[i];
        p->nstatics = p->offset ? 0 : list_of_events(n, &r, p->statics, luck(&r, 30) ? 0 : 1, 3);
        uint32_t by = below(&r, n->nsignals);
        if (seed % 3 == 1 && !p->offset && n->signal[by].bits == 1 && luck(&r, 40)) {
            p->reset = 1 + (decided && luck(&r, 50));  /* asynchronous: see README, "Decided" */
            p->reset_by = by;
            p->reset_at = below(&r, 2);
        }
        make_program(n, &r, i);
    }
    if (!control_kind(n) && n->nprocs + 2 <= NET_PROCS && luck(&r, 40))
        make_echo(n, &r);
}

/* ---- shrinking: the smaller network stays when it still differs ---- */

struct shrink { struct net *n; bool (*differs)(const struct net *n, void *ctx); void *ctx; };

static bool keep(struct shrink *s, const struct net *smaller)
{
    if (!s->differs(smaller, s->ctx))
        return false;
    *s->n = *smaller;
    return true;
}

static bool drop_op(struct shrink *s, uint32_t who, uint32_t i)
{
    struct net m = *s->n;
    struct net_proc *p = &m.proc[who];

    memmove(&p->op[i], &p->op[i + 1], (--p->nops - i) * sizeof *p->op);
    return keep(s, &m);
}

static bool drop_static(struct shrink *s, uint32_t who, uint32_t i)
{
    struct net m = *s->n;
    struct net_proc *p = &m.proc[who];

    memmove(&p->statics[i], &p->statics[i + 1], --p->nstatics - i);
    return keep(s, &m);
}

static bool shrink_proc(struct shrink *s, uint32_t who)
{
    struct net m = *s->n;
    bool any = false;

    m.proc[who].nops = m.proc[who].nstatics = 0;
    if (s->n->proc[who].nops && keep(s, &m))
        return true;
    for (uint32_t i = s->n->proc[who].nops; i-- > (s->n->proc[who].offset != 0);)
        any |= drop_op(s, who, i);
    for (uint32_t i = s->n->proc[who].nstatics; i--;)
        any |= drop_static(s, who, i);
    while (m = *s->n, m.proc[who].budget > 1 && (m.proc[who].budget /= 2, keep(s, &m)))
        any = true;
    return any;
}

void net_shrink(struct net *n, bool (*differs)(const struct net *n, void *ctx), void *ctx)
{
    struct shrink s = { n, differs, ctx };
    struct net m;

    while (m = *n, m.limit > NET_GRID && (m.limit = m.limit * 3 / 4, keep(&s, &m)))
        ;
    for (bool any = true; any;) {
        any = false;
        for (uint32_t i = 0; i < n->nprocs; i++)
            any |= shrink_proc(&s, i);
    }
}
