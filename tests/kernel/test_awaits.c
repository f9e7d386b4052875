/* test_awaits.c - waits that join links and events (kernel/events.c), processes that begin by what comes first (no_init), and fields
 * that control nobody (BL_PROCESS_OPT). What else waits promise is in stories.txt. */
#include "kernel/kernel.h"
#include "kernel/ieee/ieee.h"
#include "tests/rigs/kparts.h"

/* ---- bell: its event fires at the times of its list; either: writes down what ended each wait ---- */

struct bell { struct bl_part p; bl_event e; struct bl_list times; uint32_t i; };
struct either { struct bl_part p; bl_pop in; bl_event kick, other; int64_t lanes, bits, limit; uint64_t log, when, begun; bl_process w; };
enum { NO_INPUT = BL_STALL };
enum { ITEM = 1, KICK, NEITHER, OTHER };

static bl_verdict bell_run(void *self)
{
    struct bell *t = self;

    BL_BEGIN(t);
    for (; t->i < t->times.n; t->i++) {
        bl_notify(t, t->e, (uint64_t)t->times.v[t->i] - bl_time(t));
        AWAIT_EVENT(t->e, BL_IDLE);
    }
    BL_END;
}

static void note(struct either *t)
{
    t->log = t->log * 10 + (bl_triggered(t, t->kick) ? KICK : bl_triggered(t, t->other) ? OTHER : bl_avail(t->in) ? ITEM : NEITHER);
    t->when = bl_time(t);
    if (bl_avail(t->in))
        bl_pop_item(t->in);
}

static bl_verdict either_run(void *self)
{
    struct either *t = self;

    BL_BEGIN(t);
    t->begun = bl_time(t) + 1;
    for (;;) {
        if (t->limit)
            AWAIT_OR_FOR(bl_avail(t->in), (uint64_t)t->limit, NO_INPUT, t->kick, t->other);
        else
            AWAIT_OR(bl_avail(t->in), NO_INPUT, t->kick, t->other);
        note(t);
    }
    BL_END;
}

static bl_verdict counts_run(void *self)
{
    struct either *t = self;

    BL_METHOD(t);
    t->log++;
    return BL_IDLE;
}

static bl_verdict killer_run(void *self)
{
    struct either *t = self;

    BL_BEGIN(t);
    AWAIT_TIME(20, BL_IDLE);
    bl_control(t, t->w, BL_KILL);
    t->log = 1;
    BL_END;
}

#define T struct either
#define EITHER BL_POP_OPT(T, in, BL_BY(T, lanes), BL_BY(T, bits), "items"), BL_EVENT(T, kick, "an event"), BL_EVENT(T, other, "an event"), \
    BL_SIZE(T, lanes, 64, "lanes"), BL_SIZE(T, bits, 64, "bits"), BL_PARAM(T, limit, 0, 0, 1000, "of a wait, fs"), \
    BL_VIEW(T, log, 1, 64, "what ended the waits"), BL_VIEW(T, when, 1, 64, "the last"), BL_VIEW(T, begun, 1, 64, "when, and 1"), \
    BL_WAITS(NO_INPUT, in)
static const struct bl_field either_fields[] = { EITHER, { 0 } };
static const struct bl_field killer_fields[] = { BL_PROCESS_OPT(T, w, "dies"), BL_VIEW(T, log, 1, 64, "done"), { 0 } };
#undef T
static const struct bl_field bell_fields[] = { BL_EVENT(struct bell, e, "rings"), BL_LIST(struct bell, times, "[15, 45]", 0, 1000, "fs"), { 0 } };
static const struct bl_class bell_class = { .name = "bell", .help = "-", .size = sizeof(struct bell), .run = bell_run, .fields = bell_fields },
    either_class = { .name = "either", .help = "-", .size = sizeof(struct either), .run = either_run, .fields = either_fields },
    late_class = { .name = "late", .help = "-", .size = sizeof(struct either), .run = either_run, .fields = either_fields, .no_init = true },
    counts_class = { .name = "counts", .help = "-", .size = sizeof(struct either), .run = counts_run, .fields = either_fields },
    later_class = { .name = "later", .help = "-", .size = sizeof(struct either), .run = counts_run, .fields = either_fields, .no_init = true },
    killer_class = { .name = "killer", .help = "-", .size = sizeof(struct either), .run = killer_run, .fields = killer_fields };
static const struct bl_class *const classes[] = { &bell_class, &either_class, &late_class, &counts_class, &later_class, &killer_class,
    &kp_gen_class, NULL };

static struct kp_told told;

/* Items come at 0 and 30, kicks at 15 and 45, the other event at 60. */
#define STAGE "clock c 10 0; part g gen c; set g every 3; set g n 2; part k bell; part o bell; set o times [60]; "

static const struct { const char *script, *out; } told_of[] = {
    { STAGE "part w either; wire g.x w.in d2; wire k.e w.kick; wire o.e w.other", "w.log=12124 w.when=60 w.begun=1" },
    { STAGE "part w either; set w limit 10; wire g.x w.in d2; wire k.e w.kick; wire o.e w.other", "w.log=1323132343 w.when=70" },
    /* an event and the end of the time at one instant: the event; an item that moves at that instant comes too late */
    { STAGE "part w either; set w limit 15; wire g.x w.in d2; wire k.e w.kick; wire o.e w.other", "w.log=123124 w.when=60" },
    /* begins by an item, by its static list; not by an event that it would wait for, nor at all */
    { STAGE "part w late; wire g.x w.in d2; wire k.e w.kick; wire o.e w.other", "w.log=12124 w.begun=1" },
    { "clock c 10 20; part g gen c; set g n 1; part w late; wire g.x w.in d2", "w.log=1 w.begun=21" },
    { STAGE "part w late; wire k.e w.kick; wire g.x w.in d2", "w.log=1212" },
    { "clock c 10 0; part k bell; part w late; wire k.e w.kick", "w.log=0 w.begun=0" },
    { "clock c 10 0; part k bell; part w late; wire k.e w.process; wire k.e w.kick", "w.log=2 w.begun=16" },
    { "clock c 10 0; part k bell; part w counts; wire k.e w.process", "w.log=3" },
    { "clock c 10 0; part k bell; part w later; wire k.e w.process", "w.log=2" },
    { STAGE "part w late; wire g.x w.in d2; wire o.e w.process", "w.log=11 w.begun=1" },
    /* controls nobody; controls one */
    { STAGE "part b killer; part w either; wire g.x w.in d2", "w.log=11 b.log=1" },
    { STAGE "part b killer; part w either; wire g.x w.in d2; wire b.w w.process", "w.log=1 b.log=1" },
};

START_TEST(what_ended_each_wait)
{
    for (int shuffle = 0; shuffle < 4; shuffle++) {
        struct bl_sim *s = bl_open(classes, kp_listen(&told));
        char name[40];
        long long v;
        kp_ok(kp_script(s, told_of[_i].script));
        bl_option(s, BL_SHUFFLE, (uint64_t)shuffle);
        ck_assert_msg(bl_elaborate(s) == 0, "%s", told.text);
        ck_assert_int_ne(bl_run(s, 71), BL_END_FAILED);
        const char *out = told_of[_i].out;
        for (int n; sscanf(out, " %39[^=]=%lld%n", name, &v, &n) == 2; out += n)
            KP_HOLDS(kp_peek(s, name) == (uint64_t)v, "%s is %llu, expected %lld", name, (unsigned long long)kp_peek(s, name), v);
        bl_close(s);
    }
}
END_TEST

/* An event that comes while the part is suspended ends the wait when it is resumed; it is not triggered then. */
START_TEST(an_event_is_remembered_while_suspended)
{
    struct bl_sim *s = bl_open(classes, kp_listen(&told));

    kp_ok(kp_script(s, "clock c 10 0; part k bell; part w either; wire k.e w.kick"));
    kp_ok(bl_elaborate(s));
    bl_run(s, 10);
    kp_ok(bl_control_part(s, "w", BL_SUSPEND));
    bl_run(s, 20);
    ck_assert_uint_eq(kp_peek(s, "w.log"), 0);
    kp_ok(bl_control_part(s, "w", BL_RESUME));
    bl_run(s, 30);
    ck_assert_uint_eq(kp_peek(s, "w.log"), NEITHER);
    ck_assert_uint_eq(kp_peek(s, "w.when"), 20);
    bl_run(s, 50);
    ck_assert_uint_eq(kp_peek(s, "w.log"), NEITHER * 10 + KICK);
    bl_close(s);
}
END_TEST

START_TEST(no_init_is_for_run)
{
    static const struct bl_class odd = { .name = "odd", .help = "-", .size = sizeof(struct kp_gen), .tick = kp_gen_tick, .fields = kp_gen_fields,
                                         .no_init = true };
    static const struct bl_class *const one[] = { &odd, NULL };
    struct bl_sim *s = bl_open(one, kp_listen(&told));

    ck_assert_int_eq(bl_add(s, "a", "odd", NULL, NULL), -1);
    ck_assert_str_eq(told.text, "class odd: no_init is for a class with run");
    bl_close(s);
}
END_TEST

/* ---- lists made of data: the first `n` of its events, so many at first and then one more ---- */

struct lister { struct bl_part p; bl_event a, b, c; bl_event list[3]; int64_t all, limit; uint64_t woke, deltas; };
static bl_verdict lister_run(void *self)
{
    struct lister *t = self;

    BL_BEGIN(t);
    t->list[0] = t->c;
    t->list[1] = t->b;
    t->list[2] = t->a;
    bl_notify(t, t->a, 5);
    bl_notify(t, t->b, 10);
    bl_notify(t, t->c, 20);
    t->deltas = bl_delta(t);
    if (t->all && t->limit)
        AWAIT_ALL_OF_FOR(t->list, 3, (uint64_t)t->limit, BL_IDLE);
    else if (t->all)
        AWAIT_ALL_OF(t->list, 2, BL_IDLE);
    else if (t->limit)
        AWAIT_ANY_OF_FOR(t->list, 1, (uint64_t)t->limit, BL_IDLE);
    else
        AWAIT_ANY_OF(t->list, 2, BL_IDLE);
    t->woke = bl_time(t) * 10 + bl_timed_out(t);
    t->deltas = bl_delta(t) - t->deltas;
    BL_END;
}
static const struct bl_field lister_fields[] = {
    BL_EVENT(struct lister, a, ""), BL_EVENT(struct lister, b, ""), BL_EVENT(struct lister, c, ""), BL_PARAM(struct lister, all, 0, 0, 1, ""),
    BL_PARAM(struct lister, limit, 0, 0, 100, ""), { 0 }
};
static const struct bl_class lister_class = { .name = "lister", .help = "", .size = sizeof(struct lister), .run = lister_run,
                                              .fields = lister_fields };

START_TEST(lists_made_of_data)
{
    static const struct { int all, limit; uint64_t woke; } cases[] = { { 0, 0, 100 }, { 1, 0, 200 }, { 0, 12, 121 }, { 1, 15, 151 }, { 1, 30, 200 } };
    static const struct bl_class *const lists[] = { &lister_class, NULL };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bl_sim *s = bl_open(lists, NULL);
        kp_ok(bl_add(s, "m", "lister", NULL, NULL));
        kp_setf(s, "m", "all", cases[i].all);
        kp_setf(s, "m", "limit", cases[i].limit);
        kp_ok(bl_elaborate(s));
        bl_run(s, 50);
        const struct lister *t = bl_part_of(s, "m");
        ck_assert_uint_eq(t->woke, cases[i].woke);
        ck_assert(t->deltas > 0 && t->deltas <= bl_deltas(s));
        bl_close(s);
    }
}
END_TEST

Suite *suite_awaits(void);
Suite *suite_awaits(void)
{
    Suite *s = suite_create("awaits");
    TCase *c = tcase_create("awaits");

    tcase_add_loop_test(c, what_ended_each_wait, 0, sizeof told_of / sizeof *told_of);
    tcase_add_test(c, an_event_is_remembered_while_suspended);
    tcase_add_test(c, no_init_is_for_run);
    tcase_add_test(c, lists_made_of_data);
    suite_add_tcase(s, c);
    return s;
}
