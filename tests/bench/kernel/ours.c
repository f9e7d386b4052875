/* ours.c - the benches of the kernel: `ours BENCH SIZE [N] [FILE]` runs one and prints its line of result (bench.h).
 * The parts of a bench and the SystemC program of the same name (a_ping.cpp, ...) do the same work. */
#include "kernel/ieee/ieee.h"
#include "kernel/model.h"
#include "kernel/sim.h"
#include "tests/bench/kernel/bench.h"
#include "traces/traces.h"

static uint64_t done, sum, total;     /* activations, checksum that no order changes, and how many to do */

static void need(bool ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "ours: %s failed\n", what);
        exit(1);
    }
}

/* ---- a: processes that wait for a random time, 1..1024 ps ---- */

struct ping { struct bl_part p; uint32_t seed; };

static int ping_init(void *self)
{
    struct ping *t = self;
    static uint32_t n;

    t->seed = UINT32_C(0x9E3779B9) * ++n;      /* in path order: p0, p1, ... */
    return 0;
}

static bl_verdict ping_run(void *self)
{
    struct ping *t = self;

    BL_BEGIN(t);
    for (;;) {
        uint32_t d = (xorshift(&t->seed) & 1023) + 1;
        done++;
        sum += d;
        AWAIT_TIME(d * BL_PS, BL_IDLE);
    }
    BL_END;
}

/* ---- b: one bit toggled at each edge; c: a pipeline ---- */

struct toggle { struct bl_part p; bl_out q; };

static bl_verdict toggle_tick(void *self)
{
    struct toggle *t = self;

    *bl_put8(t->q) ^= 1;
    done++;
    return BL_BUSY;
}

static const struct bl_field toggle_fields[] = { BL_OUT(struct toggle, q, 1, 1, "the bit"), { .kind = BL_END_OF_FIELDS } };

struct source { struct bl_part p; bl_out q; uint32_t n; };

static bl_verdict source_tick(void *self)
{
    struct source *t = self;

    *bl_put32(t->q) = ++t->n;
    return BL_BUSY;
}

static const struct bl_field source_fields[] = { BL_OUT(struct source, q, 1, 32, "a count"), { .kind = BL_END_OF_FIELDS } };

struct stage { struct bl_part p; bl_in d; bl_out q; };

static bl_verdict stage_tick(void *self)
{
    struct stage *t = self;

    *bl_put32(t->q) = *bl_get32(t->d) * 3 + 1;
    return BL_BUSY;
}

static const struct bl_field stage_fields[] = {
    BL_IN(struct stage, d, 1, 32, "the stage before"), BL_OUT(struct stage, q, 1, 32, "the register"),
    { .kind = BL_END_OF_FIELDS }
};

/* ---- d: processes that wait for 10 ns; e: a FIFO ---- */

struct waiter { struct bl_part p; };

static bl_verdict waiter_run(void *self)
{
    struct waiter *t = self;

    BL_BEGIN(t);
    for (;;) {
        AWAIT_TIME(10 * BL_NS, BL_IDLE);
        done++;
    }
    BL_END;
}

static const struct bl_field no_fields[] = { { .kind = BL_END_OF_FIELDS } };

enum { BURST = 4096 };                /* tokens a nanosecond: deltas at one time are limited */

struct producer { struct bl_part p; bl_push out; uint64_t n; };
struct consumer { struct bl_part p; bl_pop in; uint64_t n; };

static bl_verdict producer_run(void *self)
{
    struct producer *t = self;

    BL_BEGIN(t);
    while (t->n < total) {
        AWAIT(bl_room(t->out), BL_IDLE);
        uint64_t room = bl_room(t->out), left = total - t->n;
        for (uint64_t end = t->n + (room < left ? room : left); t->n < end; t->n++)
            *bl_push32(t->out) = (uint32_t)t->n;
        if (t->n % BURST == 0)
            AWAIT_TIME(BL_NS, BL_IDLE);
    }
    BL_END;
}

static bl_verdict consumer_run(void *self)
{
    struct consumer *t = self;

    BL_BEGIN(t);
    while (t->n < total) {
        AWAIT(bl_avail(t->in), BL_IDLE);
        uint32_t n = bl_avail(t->in);
        uint64_t more = 0;
        for (uint32_t i = 0; i < n; i++)
            more += *bl_pop32(t->in);
        sum += more;
        t->n += n;
    }
    BL_END;
}

static const struct bl_field producer_fields[] = {
    BL_PUSH(struct producer, out, 1, 32, "tokens"), { .kind = BL_END_OF_FIELDS }
};
static const struct bl_field consumer_fields[] = {
    BL_POP(struct consumer, in, 1, 32, "tokens"), { .kind = BL_END_OF_FIELDS }
};

/* ---- f: a chain of one delta each (waiting parts), or ranked (combinational parts); its head moves every 10 ns ---- */

static bl_verdict head_run(void *self)
{
    struct source *t = self;

    BL_BEGIN(t);
    for (; done < total; done++) {
        *bl_put32(t->q) = t->n += 1000;
        AWAIT_TIME(10 * BL_NS, BL_IDLE);
    }
    BL_END;
}

static bl_verdict hop_run(void *self)
{
    struct stage *t = self;

    *bl_put32(t->q) = *bl_get32(t->d) + 1;      /* a method: released when d moves */
    return BL_IDLE;
}

static void wire_comb(void *self)
{
    struct stage *t = self;

    *bl_put32(t->q) = *bl_get32(t->d) + 1;
}

/* ---- g: a module of two signals and a process that reads one and writes the other ---- */

struct module { struct bl_part p; bl_out a, b; };

static bl_verdict module_run(void *self)
{
    struct module *t = self;

    BL_BEGIN(t);
    for (;;) {
        *bl_put32(t->b) = *bl_put32(t->a) + 1;
        AWAIT_STATIC(1, BL_IDLE);
    }
    BL_END;
}

static const struct bl_field module_fields[] = {
    BL_OUT(struct module, a, 1, 32, "watched"), BL_OUT(struct module, b, 1, 32, "written"), { .kind = BL_END_OF_FIELDS }
};

/* ---- h: a random word at each edge ---- */

static int noise_init(void *self)
{
    struct source *t = self;
    static uint32_t n;

    t->n = UINT32_C(0x9E3779B9) * ++n;
    return 0;
}

static bl_verdict noise_tick(void *self)
{
    struct source *t = self;

    *bl_put32(t->q) = xorshift(&t->n);
    return BL_BUSY;
}

/* ---- x: a watchdog armed and withdrawn; order of events of one time ---- */

struct watchdog { struct bl_part p; bl_event e; };

static bl_verdict watchdog_run(void *self)
{
    struct watchdog *t = self;

    BL_BEGIN(t);
    for (;;) {
        for (uint64_t i = 0; i < total; i++) {
            bl_notify(t, t->e, 1000 * BL_MS);
            bl_cancel(t, t->e);
        }
        AWAIT_TIME(BL_NS, BL_IDLE);
    }
    BL_END;
}

static const struct bl_field watchdog_fields[] = {
    BL_EVENT(struct watchdog, e, "never fires"), { .kind = BL_END_OF_FIELDS }
};

struct listener { struct bl_part p; bl_event e; uint64_t id; };

static int listener_init(void *self)
{
    static uint64_t n;

    ((struct listener *)self)->id = n++;
    return 0;
}

/* Listens first; then each is asked by time: `total` notifies the last one earlier. */
static bl_verdict listener_run(void *self)
{
    struct listener *t = self;

    BL_BEGIN(t);
    if (t->id < 8 || total)
        bl_notify(t, t->e, t->id < 8 ? 10 * BL_PS : total * BL_PS);
    AWAIT_EVENT(t->e, BL_IDLE);
    if (t->id < 8)
        sum = sum * 10 + t->id + 1;
    BL_END;
}

static const struct bl_field listener_fields[] = {
    BL_EVENT(struct listener, e, "asked by time"), { .kind = BL_END_OF_FIELDS }
};

/* ---- sleep: parts off their clock beside one that ticks ---- */

static bl_verdict sleeper_tick(void *self)
{
    (void)self;
    return BL_NAP(BL_IDLE);
}

/* ---- classes ---- */

#define CLASS(n, type, f, ...) \
    static const struct bl_class n##_class = { .name = #n, .help = "of a bench", .size = sizeof(struct type), .fields = f, __VA_ARGS__ }

CLASS(ping, ping, no_fields, .init = ping_init, .run = ping_run);
CLASS(toggle, toggle, toggle_fields, .tick = toggle_tick);
CLASS(source, source, source_fields, .tick = source_tick);
CLASS(stage, stage, stage_fields, .tick = stage_tick);
CLASS(waiter, waiter, no_fields, .run = waiter_run);
CLASS(producer, producer, producer_fields, .run = producer_run);
CLASS(consumer, consumer, consumer_fields, .run = consumer_run);
CLASS(head, source, source_fields, .run = head_run);
CLASS(hop, stage, stage_fields, .run = hop_run);
CLASS(wire, stage, stage_fields, .comb = wire_comb);
CLASS(module, module, module_fields, .run = module_run);
CLASS(noise, source, source_fields, .init = noise_init, .tick = noise_tick);
CLASS(watchdog, watchdog, watchdog_fields, .run = watchdog_run);
CLASS(listener, listener, listener_fields, .init = listener_init, .run = listener_run);
CLASS(sleeper, waiter, no_fields, .tick = sleeper_tick);

static const struct bl_class *const classes[] = {
    &ping_class, &toggle_class, &source_class, &stage_class, &waiter_class, &producer_class, &consumer_class, &head_class,
    &hop_class, &wire_class, &module_class, &noise_class, &watchdog_class, &listener_class, &sleeper_class, NULL
};

/* ---- the benches ---- */

static struct bl_diag diag;

static struct bl_sim *empty(void)
{
    struct bl_sim *s = bl_open(classes, &diag);

    need(s && bl_clock(s, "clk", 10 * BL_NS, 0, NULL) == 0, "opening");
    return s;
}

static void add(struct bl_sim *s, const char *prefix, uint64_t n, const char *cls)
{
    char path[40];

    for (uint64_t i = 0; i < n; i++) {
        snprintf(path, sizeof path, "%s%llu", prefix, (unsigned long long)i);
        bl_add(s, path, cls, NULL, NULL);
    }
}

/* head.q -> s0.d, s0.q -> s1.d, ... */
static void chain(struct bl_sim *s, const char *cls, uint64_t n)
{
    char from[40] = "head.q", part[30], to[40];

    add(s, "s", n, cls);
    for (uint64_t i = 0; i < n; i++) {
        snprintf(part, sizeof part, "s%llu", (unsigned long long)i);
        snprintf(to, sizeof to, "%s.d", part);
        bl_wire(s, from, to, (struct bl_link){ 0 }, NULL);
        snprintf(from, sizeof from, "%s.q", part);
    }
}

/* Elaborates, makes the first delta, and begins to measure. */
static void start(struct bl_sim *s)
{
    need(bl_elaborate(s) == 0, "elaboration");
    bl_run(s, 0);
    done = sum = 0;
    begin();
}

static uint64_t value(struct bl_sim *s, const char *name)
{
    uint64_t v = 0;

    need(bl_peek(s, name, &v) == 0, name);
    return v;
}

static void a_ping(struct bl_sim *s, uint64_t size, uint64_t n)
{
    add(s, "p", n, "ping");
    start(s);
    bl_run(s, size / n * 512 * BL_PS);
    report(done, sum);
}

static void b_clock(struct bl_sim *s, uint64_t size, uint64_t n)
{
    add(s, "t", n, "toggle");
    start(s);
    bl_run(s, size / n * 10 * BL_NS);
    report(done, done);
}

static void c_pipe(struct bl_sim *s, uint64_t size, uint64_t n)
{
    bl_add(s, "head", "source", NULL, NULL);
    chain(s, "stage", n);
    start(s);
    bl_run(s, size / n * 10 * BL_NS);
    report(size / n * n, value(s, "s63.q"));
}

static void d_thread(struct bl_sim *s, uint64_t size, uint64_t n)
{
    add(s, "w", n, "waiter");
    start(s);
    bl_run(s, size / n * 10 * BL_NS);
    report(done, done);
}

static void e_fifo(struct bl_sim *s, uint64_t size, uint64_t n)
{
    total = size;
    bl_add(s, "p", "producer", NULL, NULL);
    bl_add(s, "c", "consumer", NULL, NULL);
    bl_wire(s, "p.out", "c.in", (struct bl_link){ .depth = (uint32_t)n }, NULL);
    need(bl_elaborate(s) == 0, "elaboration");
    begin();
    bl_run(s, BL_FOREVER);
    report(size, sum);
}

static void f_chain(struct bl_sim *s, uint64_t size, uint64_t n, const char *cls)
{
    total = size / n;
    bl_add(s, "head", "head", NULL, NULL);
    chain(s, cls, n);
    need(bl_elaborate(s) == 0, "elaboration");
    begin();
    bl_run(s, BL_FOREVER);
    report(size / n * n, value(s, "s99.q"));
}

static void f_delta(struct bl_sim *s, uint64_t size, uint64_t n) { f_chain(s, size, n, "hop"); }
static void f_ranked(struct bl_sim *s, uint64_t size, uint64_t n) { f_chain(s, size, n, "wire"); }

static void g_elab(struct bl_sim *s, uint64_t size, uint64_t n)
{
    char path[44], to[52];

    (void)n;
    begin();
    for (uint64_t i = 0; i < size; i++) {
        int len = snprintf(path, sizeof path, "m%llu", (unsigned long long)i);
        bl_add(s, path, "module", NULL, NULL);
        memcpy(to, path, (size_t)len);    /* the peer formats one name, too */
        memcpy(to + len, ".process", 9);
        memcpy(path + len, ".a", 3);
        bl_wire(s, path, to, (struct bl_link){ 0 }, NULL);
    }
    need(bl_elaborate(s) == 0, "elaboration");
    bl_run(s, 0);
    report(size, size);
}

static void h_trace(struct bl_sim *s, uint64_t size, uint64_t n)
{
    const char *file = getenv("BENCH_TRACE"), *const globs[] = { "*.q" };
    struct bl_trace_opts o = { .globs = globs, .nglobs = 1 };
    char path[40];

    add(s, "n", n, "noise");
    need(bl_elaborate(s) == 0, "elaboration");
    struct bl_trace *t = file ? bl_trace_begin(s, &bl_vcd_writer, file, &o, &diag) : NULL;
    need(t || !file, "the trace");
    bl_run(s, 0);
    begin();
    bl_run(s, size / n * 10 * BL_NS);
    if (t)
        need(bl_trace_end(s, t) == 0, "writing the trace");
    for (uint64_t i = 0; i < n; i++) {
        snprintf(path, sizeof path, "n%llu.q", (unsigned long long)i);
        sum = sum * 31 + value(s, path);
    }
    report(size / n * n, sum);
}

static void x_cancel(struct bl_sim *s, uint64_t size, uint64_t n)
{
    (void)n;
    total = 1000;                     /* what the first ones touch is no growth */
    bl_add(s, "w", "watchdog", NULL, NULL);
    start(s);
    total = size;
    bl_run(s, 2 * BL_NS);
    report(size, size);
}

/* The order of events of one time, as digits; `size` ps: an unrelated event before them. */
static void x_stable(struct bl_sim *s, uint64_t size, uint64_t n)
{
    (void)n;
    total = size;
    add(s, "l", 9, "listener");
    start(s);
    bl_run(s, BL_FOREVER);
    report(8, sum);
}

static void sleep_bench(struct bl_sim *s, uint64_t size, uint64_t n)
{
    add(s, "z", n, "sleeper");
    bl_add(s, "t", "toggle", NULL, NULL);
    start(s);
    bl_run(s, 10 * BL_NS);
    begin();
    bl_run(s, size * 10 * BL_NS);
    report(size, done);
}

static const struct bench {
    const char *name;
    void (*go)(struct bl_sim *s, uint64_t size, uint64_t n);
    uint64_t size, n;
} benches[] = {
    { "a_ping", a_ping, 1000000, 1000 },    { "b_clock", b_clock, 1000000, 1000 },   { "c_pipe", c_pipe, 6400000, 64 },
    { "d_thread", d_thread, 1000000, 1000 }, { "e_fifo", e_fifo, 1000000, 16 },      { "f_delta", f_delta, 1000000, 100 },
    { "f_ranked", f_ranked, 1000000, 100 }, { "g_elab", g_elab, 100000, 1 },         { "h_trace", h_trace, 1000000, 1000 },
    { "x_cancel", x_cancel, 1000000, 1 },   { "x_stable", x_stable, 0, 1 },          { "sleep", sleep_bench, 100000, 1000 },
};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < sizeof benches / sizeof *benches; i++)
        if (!strcmp(argv[1], benches[i].name)) {
            benches[i].go(empty(), arg_n(argc, argv, 2, benches[i].size), arg_n(argc, argv, 3, benches[i].n));
            return 0;
        }
    fprintf(stderr, "ours BENCH SIZE N; benches:");
    for (size_t i = 0; i < sizeof benches / sizeof *benches; i++)
        fprintf(stderr, " %s", benches[i].name);
    fprintf(stderr, "\n");
    return 2;
}
