/* on_kernel.c - a described network on our kernel: two classes that interpret a program, a waiting process and a method. */
#include "tests/conformance/on_kernel.h"

#include "kernel/ieee/ieee.h"
#include "kernel/model.h"
#include "kernel/sim.h"

#include <stdlib.h>

/* What a part is given: which process of which network it is, and where it logs. */
struct seat { const struct net *net; struct net_log *log; struct bl_sim *sim; uint32_t proc; };

struct part {
    struct bl_part p;
    bl_event e[NET_EVENTS];
    bl_in in[NET_SIGNALS];
    bl_out out[NET_SIGNALS];
    bl_push push[NET_FIFOS];
    bl_pop pop[NET_FIFOS];
    bl_process target[NET_PROCS];
    int64_t bits[NET_SIGNALS];
    bl_table seat;
    struct bl_sim *sim;
    struct net_run run;
    const struct net_op *wait;
};

static uint64_t host_now(void *self) { return bl_time(self); }
static uint32_t host_delta(void *self) { return (uint32_t)bl_deltas(((struct part *)self)->sim); }
static void host_notify(void *self, uint32_t k, uint64_t fs) { bl_notify(self, ((struct part *)self)->e[k], fs); }
static void host_notify_now(void *self, uint32_t k) { bl_notify_now(self, ((struct part *)self)->e[k]); }
static void host_cancel(void *self, uint32_t k) { bl_cancel(self, ((struct part *)self)->e[k]); }
static bool host_triggered(void *self, uint32_t k) { return bl_triggered(self, ((struct part *)self)->e[k]); }
static bool host_timed_out(void *self) { return bl_timed_out(self); }
static void host_write(void *self, uint32_t k, uint32_t v) { *bl_put8(((struct part *)self)->out[k]) = (uint8_t)v; }
static uint32_t host_read(void *self, uint32_t k) { return *bl_get8(((struct part *)self)->in[k]); }
static bool host_can_put(void *self, uint32_t k) { return bl_room(((struct part *)self)->push[k]); }
static bool host_can_get(void *self, uint32_t k) { return bl_avail(((struct part *)self)->pop[k]); }
static void host_put(void *self, uint32_t k, uint32_t v) { *bl_push8(((struct part *)self)->push[k]) = (uint8_t)v; }
static uint32_t host_get(void *self, uint32_t k) { return *bl_pop8(((struct part *)self)->pop[k]); }
static void host_control(void *self, uint32_t k, uint32_t what)
{
    static const enum bl_control control[] = { BL_SUSPEND, BL_RESUME, BL_DISABLE, BL_ENABLE, BL_RESET, BL_KILL };

    bl_control(self, ((struct part *)self)->target[k], control[what]);
}

static const struct net_host host = {
    host_now, host_delta, host_notify, host_notify_now, host_cancel, host_triggered, host_timed_out, host_write, host_read,
    host_can_put, host_can_get, host_put, host_get, host_control
};

static int part_init(void *self)
{
    struct part *t = self;
    const struct seat *seat = BL_ROWS(struct seat, t->seat);

    t->sim = seat->sim;
    t->run = (struct net_run){ .net = seat->net, .host = &host, .self = t, .log = seat->log, .proc = seat->proc };
    for (uint32_t k = 0; k < seat->net->nsignals; k++)
        if (seat->net->signal[k].owner == seat->proc && !seat->net->signal[k].period)
            *bl_put8(t->out[k]) = (uint8_t)seat->net->signal[k].init;
    return 0;
}

/* The events of the wait at hand; returns how many. */
static size_t listed(const struct part *t, bl_event *list)
{
    for (uint32_t i = 0; i < t->wait->n; i++)
        list[i] = t->e[t->wait->list[i]];
    return t->wait->n;
}

/* A wait for events with or without a limit. The lists of AWAIT_ANY are written out in a program; these come from data. */
static void arm(struct part *t)
{
    bl_event list[NET_LIST];
    size_t n = listed(t, list);

    if (t->wait->code == OP_ALL)
        bl_arm_all(t, list, n);
    else
        bl_arm_any(t, list, n);
    if (t->wait->t)
        bl_arm_time(t, net_delay(&t->run, t->wait));
}

static bl_verdict thread_run(void *self)
{
    struct part *t = self;

    BL_BEGIN(t);
    net_begin(&t->run);
    while ((t->wait = net_step(&t->run))) {
        if (t->wait->code == OP_TIME)
            AWAIT_TIME(net_delay(&t->run, t->wait), BL_IDLE);
        else if (t->wait->code == OP_STATIC)
            AWAIT_STATIC(t->wait->t, BL_IDLE);
        else if (t->wait->code == OP_PUT)
            AWAIT(bl_room(t->push[t->wait->list[0]]), BL_IDLE);
        else if (t->wait->code == OP_GET)
            AWAIT(bl_avail(t->pop[t->wait->list[0]]), BL_IDLE);
        else if (t->wait->code == OP_EVENT && t->wait->t)
            AWAIT_EVENT_FOR(t->e[t->wait->list[0]], net_delay(&t->run, t->wait), BL_IDLE);
        else if (t->wait->code == OP_EVENT)
            AWAIT_EVENT(t->e[t->wait->list[0]], BL_IDLE);
        else
            BL_WAIT_HERE_(BL_WAIT_EVENT, arm(t), BL_IDLE);
    }
    BL_END;
}

static bl_verdict method_run(void *self)
{
    struct part *t = self;
    bl_event list[NET_LIST];

    BL_METHOD(t);
    t->wait = net_step(&t->run);
    if (!t->wait || t->wait->code == OP_STATIC)
        return BL_IDLE;
    if (t->wait->code == OP_TIME) {
        bl_next_time(t, net_delay(&t->run, t->wait));
        return BL_IDLE;
    }
    size_t n = listed(t, list);
    if (t->wait->code == OP_EVENT)
        bl_next_event(t, list[0]);
    else if (t->wait->code == OP_ANY)
        bl_next_any(t, list, n);
    else
        bl_next_all(t, list, n);
    if (t->wait->t)
        bl_next_time(t, net_delay(&t->run, t->wait));
    return BL_IDLE;
}

#define EV(k)   { .kind = BL_KIND_EVENT, .name = "e" #k, .help = "event", .at = offsetof(struct part, e[k]) }
#define IN(k)   { .kind = BL_KIND_IN, .name = "i" #k, .help = "signal", .at = offsetof(struct part, in[k]), .lanes = 1, \
                  .bits = -(int32_t)offsetof(struct part, bits[k]), .flags = BL_OPTIONAL }
#define OUT(k)  { .kind = BL_KIND_OUT, .name = "q" #k, .help = "signal", .at = offsetof(struct part, out[k]), .lanes = 1, \
                  .bits = -(int32_t)offsetof(struct part, bits[k]) }
#define BITS(k) { .kind = BL_KIND_INT, .name = "bits" #k, .help = "of the signal", .at = offsetof(struct part, bits[k]), \
                  .preset = 1, .least = 1, .most = 8 }
#define FIFO(k) { .kind = BL_KIND_PUSH, .name = "push" #k, .help = "FIFO", .at = offsetof(struct part, push[k]), .lanes = 1, \
                  .bits = 8, .flags = BL_OPTIONAL }, \
                { .kind = BL_KIND_POP, .name = "pop" #k, .help = "FIFO", .at = offsetof(struct part, pop[k]), .lanes = 1, \
                  .bits = 8, .flags = BL_OPTIONAL }
#define PROC(k) { .kind = BL_KIND_PROCESS, .name = "t" #k, .help = "controlled", .at = offsetof(struct part, target[k]) }
static const struct bl_field part_fields[] = {
    BL_DATA(struct part, seat, struct seat, "its process"),
    EV(0), EV(1), EV(2), EV(3), EV(4), EV(5), EV(6), EV(7), EV(8), EV(9), EV(10), EV(11), EV(12), EV(13), EV(14), EV(15),
    IN(0), IN(1), IN(2), IN(3), IN(4), IN(5), IN(6), IN(7), OUT(0), OUT(1), OUT(2), OUT(3), OUT(4), OUT(5), OUT(6), OUT(7),
    BITS(0), BITS(1), BITS(2), BITS(3), BITS(4), BITS(5), BITS(6), BITS(7), FIFO(0), FIFO(1), FIFO(2), FIFO(3),
    PROC(0), PROC(1), PROC(2), PROC(3), PROC(4), PROC(5), PROC(6), PROC(7), PROC(8), PROC(9), PROC(10), PROC(11), { 0 }
};
static const struct bl_class thread_class = { .name = "net_thread", .help = "interprets a program", .size = sizeof(struct part),
    .init = part_init, .run = thread_run, .fields = part_fields };

static const struct bl_class method_class = { .name = "net_method", .help = "interprets a program", .size = sizeof(struct part),
    .init = part_init, .run = method_run, .fields = part_fields };
extern const struct bl_class clock_signal_class;

/* ---- building ---- */

struct build { struct bl_sim *sim; const struct net *net; const char *prefix; bool bad; };

static const char *path(const struct build *b, char *text, char kind, uint32_t i, const char *port, uint32_t k)
{
    if (*port == 'q' && kind == 'c')
        snprintf(text, 64, "%s%c%u.q", b->prefix, kind, i);
    else if (*port)
        snprintf(text, 64, "%s%c%u.%s%u", b->prefix, kind, i, port, k);
    else
        snprintf(text, 64, "%s%c%u", b->prefix, kind, i);
    return text;
}

static const char *driver(const struct build *b, char *text, uint32_t signal)
{
    const struct net_signal *g = &b->net->signal[signal];

    return path(b, text, g->period ? 'c' : 'p', g->period ? signal : g->owner, "q", signal);
}

static bool names(const struct net_proc *p, uint32_t event, bool static_too)
{
    for (uint32_t i = 0; i < p->nops; i++)
        for (uint32_t j = 0; j < p->op[i].n; j++)
            if (p->op[i].list[j] == event && (p->op[i].code <= OP_ASK || (p->op[i].code >= OP_EVENT && p->op[i].code <= OP_ALL)))
                return true;
    for (uint32_t i = 0; static_too && i < p->nstatics; i++)
        if (p->statics[i] == event)
            return true;
    return false;
}

static const enum bl_edge edge_of[] = { BL_ANY_EDGE, BL_ANY_EDGE, BL_RISING, BL_FALLING };   /* by enum net_edge */

static void join_event(struct build *b, uint32_t k)
{
    const struct net_event *e = &b->net->event[k];
    char first[64] = "", from[64], to[64];

    for (uint32_t i = 0; i < b->net->nprocs; i++) {
        if (!names(&b->net->proc[i], k, e->edge == NET_USER))
            continue;
        if (e->edge != NET_USER)
            b->bad |= bl_wire(b->sim, driver(b, from, e->of), path(b, to, 'p', i, "e", k),
                              (struct bl_link){ .edge = edge_of[e->edge] }, NULL) != 0;
        else if (!*first)
            path(b, first, 'p', i, "e", k);
        else
            b->bad |= bl_wire(b->sim, first, path(b, to, 'p', i, "e", k), (struct bl_link){ 0 }, NULL) != 0;
    }
}

static void add_proc(struct build *b, uint32_t i, struct seat *seat)
{
    const struct net_proc *p = &b->net->proc[i];
    char me[64], text[64], to[80], name[16];

    b->bad |= bl_add(b->sim, path(b, me, 'p', i, "", 0), p->method ? "net_method" : "net_thread", NULL, NULL) != 0;
    b->bad |= bl_supply(b->sim, me, "seat", seat, sizeof *seat) != 0;
    for (uint32_t k = 0; k < b->net->nsignals; k++) {
        snprintf(name, sizeof name, "bits%u", k);
        snprintf(text, sizeof text, "%u", b->net->signal[k].bits);
        b->bad |= bl_set(b->sim, me, name, text, NULL) != 0;
    }
    snprintf(to, sizeof to, "%s.process", me);
    for (uint32_t k = 0; k < p->nstatics; k++) {
        const struct net_event *e = &b->net->event[p->statics[k]];
        const char *from = e->edge == NET_USER ? path(b, text, 'p', i, "e", p->statics[k]) : driver(b, text, e->of);
        b->bad |= bl_wire(b->sim, from, to, (struct bl_link){ .edge = edge_of[e->edge] }, NULL) != 0;
    }
}

static bool reads(const struct net_proc *p, uint32_t signal)
{
    for (uint32_t i = 0; i < p->nops; i++)
        if (p->op[i].code == OP_READ && p->op[i].list[0] == signal)
            return true;
    return false;
}

/* Whom process i controls, and what resets it. */
static void join_control(struct build *b, uint32_t i)
{
    const struct net_proc *p = &b->net->proc[i];
    char from[64], to[64];

    for (uint32_t k = 0; k < NET_PROCS; k++) {             /* none may stay open; those beyond are not used */
        snprintf(to, sizeof to, "%sp%u.process", b->prefix, k < b->net->nprocs ? k : 0);
        b->bad |= bl_wire(b->sim, path(b, from, 'p', i, "t", k), to, (struct bl_link){ 0 }, NULL) != 0;
    }
    snprintf(to, sizeof to, "%sp%u.process", b->prefix, i);
    struct bl_link reset = { .reset = p->reset > 1 ? BL_ASYNC_RESET : BL_SYNC_RESET,
                             .edge = p->reset_at ? BL_RISING : BL_FALLING };
    if (p->reset)
        b->bad |= bl_wire(b->sim, driver(b, from, p->reset_by), to, reset, NULL) != 0;
}

static void set_time(struct build *b, const char *who, const char *param, uint64_t fs)
{
    char text[40];

    b->bad |= bl_set(b->sim, who, param, bl_time_text(fs, text), NULL) != 0;
}

static void add_clock(struct build *b, uint32_t signal)
{
    const struct net_signal *g = &b->net->signal[signal];
    char me[64];

    b->bad |= bl_add(b->sim, path(b, me, 'c', signal, "", 0), "clock_signal", NULL, NULL) != 0;
    set_time(b, me, "period", g->period);
    set_time(b, me, "high", g->high);
    set_time(b, me, "start", g->start);
    b->bad |= bl_set(b->sim, me, "first", g->first ? "1" : "0", NULL) != 0;
}

/* seats: one for each process. */
static void add_net(struct build *b, struct net_log *log, struct seat *seats)
{
    const struct net *n = b->net;
    char from[64], to[64];

    for (uint32_t i = 0; i < n->nprocs; i++) {
        seats[i] = (struct seat){ n, log, b->sim, i };
        add_proc(b, i, &seats[i]);
    }
    for (uint32_t k = 0; k < n->nsignals; k++)
        if (n->signal[k].period)
            add_clock(b, k);
    for (uint32_t k = 0; k < n->nsignals; k++)
        for (uint32_t i = 0; i < n->nprocs; i++)
            if (reads(&n->proc[i], k))
                b->bad |= bl_wire(b->sim, driver(b, from, k), path(b, to, 'p', i, "i", k), (struct bl_link){ 0 }, NULL) != 0;
    for (uint32_t k = 0; k < n->nevents; k++)
        join_event(b, k);
    for (uint32_t i = 0; i < n->nprocs; i++)
        join_control(b, i);
    for (uint32_t k = 0; k < n->nfifos; k++)
        b->bad |= bl_wire(b->sim, path(b, from, 'p', n->fifo[k].giver, "push", k), path(b, to, 'p', n->fifo[k].taker, "pop", k),
                          (struct bl_link){ .depth = n->fifo[k].depth }, NULL) != 0;
}

/* ---- a writer that looks at everything and keeps nothing ---- */

static struct bl_wave *blind_open(const char *path_, const struct bl_wave_var *v, size_t n, uint64_t t, struct bl_diag *d)
{
    static char it;

    (void)path_, (void)v, (void)n, (void)t, (void)d;
    return (struct bl_wave *)(void *)&it;
}
static int blind_time(struct bl_wave *w, uint64_t fs) { (void)w, (void)fs; return 0; }
static int blind_bits(struct bl_wave *w, uint32_t v, const uint64_t *x) { (void)w, (void)v, (void)x; return 0; }
static int blind_states(struct bl_wave *w, uint32_t v, const char *x) { (void)w, (void)v, (void)x; return 0; }
static int blind_real(struct bl_wave *w, uint32_t v, double x) { (void)w, (void)v, (void)x; return 0; }
static int blind_string(struct bl_wave *w, uint32_t v, const char *x, size_t n) { (void)w, (void)v, (void)x, (void)n; return 0; }
static int blind_close(struct bl_wave *w, uint64_t fs) { (void)w, (void)fs; return 0; }
static const struct bl_wave_ops blind = { .suffix = "none", .help = "", .open = blind_open, .time = blind_time,
    .bits = blind_bits, .states = blind_states, .real = blind_real, .string = blind_string, .close = blind_close };

bool net_on_kernel(const struct net *n, const struct kernel_run *how, struct net_log *log)
{
    static const struct bl_class *const classes[] = { &thread_class, &method_class, &clock_signal_class, NULL };
    static const char *const prefix[] = { "m", "a", "z" };
    struct seat seats[3][NET_PROCS];
    struct net_log others = { 0 };
    struct bl_sim *s = bl_open(classes, NULL);
    struct bl_trace *trace = NULL;
    struct bl_trace_opts all = { 0 };
    enum bl_end end = BL_END_LIMIT;
    bool bad = false;

    bl_option(s, BL_SHUFFLE, how->shuffle);
    for (int i = 0; i < (how->crowd ? 3 : 1); i++) {
        struct build b = { s, i ? how->crowd : n, prefix[i], false };
        add_net(&b, i ? &others : log, seats[i]);
        bad |= b.bad;
    }
    bad = bl_elaborate(s) || bad;
    if (!bad && how->traced)
        trace = bl_trace_begin(s, &blind, "", &all, NULL);
    for (uint64_t t = 0; !bad && t < n->limit && end != BL_END_FAILED;) {
        t = how->piece && how->piece < n->limit - t ? t + how->piece : n->limit;
        end = bl_run(s, t);
    }
    if (trace)
        bl_trace_end(s, trace);
    bl_close(s);
    log_free(&others);
    return !bad && end != BL_END_FAILED;
}
