/* test_sched.c - the loop: who runs when, how a run ends, a run in pieces; mistakes at work. */
#include "tests/rigs/story.h"

/* ---- parts ---- */

/* now: at 5 notifies e at once, and waits for own, which it also notifies itself. */
struct now { struct bl_part p; bl_event e, own; int64_t pending; };
static bl_verdict now_run(void *self)
{
    struct now *t = self;

    BL_BEGIN(t);
    AWAIT_TIME(5, BL_IDLE);
    if (t->pending)
        bl_notify(t, t->e, t->pending > 1 ? 7 : 0);
    bl_notify_now(t, t->e);
    bl_notify_now(t, t->own);
    tell(t, bl_triggered(t, t->e) ? "notified" : "untriggered");
    AWAIT_STATIC(1, BL_IDLE);
    tell(t, "ran again");
    BL_END;
}
static const struct bl_field now_fields[] = {
    BL_EVENT(struct now, e, "notified at once"), BL_EVENT(struct now, own, "notified and in the own list"),
    BL_PARAM(struct now, pending, 0, 0, 2, "1: delta, 2: timed notification pending before"), { 0 }
};
static const struct bl_class now_class = { .name = "now", .help = "immediate", .size = sizeof(struct now), .run = now_run,
                                           .fields = now_fields };

/* ender: at `at` stops or pauses the run; then something else of the same time. */
struct ender { struct bl_part p; uint64_t at; int64_t pause; };
static bl_verdict ender_run(void *self)
{
    struct ender *t = self;

    BL_BEGIN(t);
    AWAIT_TIME(t->at, BL_IDLE);
    if (t->pause == 2)
        bl_fail(t, "phase %d overlaps", 7);
    else if (t->pause)
        bl_pause(t);
    else
        bl_stop(t);
    AWAIT_TIME(0, BL_BUSY);
    tell(t, "goes on");
    AWAIT_TIME(10, BL_BUSY);
    tell(t, "later");
    BL_END;
}
static const struct bl_field ender_fields[] = {
    BL_TIME(struct ender, at, 5, 0, BL_FOREVER, "when"), BL_PARAM(struct ender, pause, 0, 0, 2, "1: pause, 2: fail, not stop"), { 0 }
};
static const struct bl_class ender_class = { .name = "ender", .help = "ends the run", .size = sizeof(struct ender),
                                             .run = ender_run, .fields = ender_fields };

/* wrong: a waiting or clocked part that makes the mistake number `what`. */
struct wrong { struct bl_part p; bl_event e; bl_push x; int64_t what; };
static bl_verdict wrong_run(void *self)
{
    struct wrong *t = self;

    BL_BEGIN(t);
    AWAIT_TIME(1, BL_IDLE);
    if (t->what == 0)
        return 17;
    if (t->what == 1)
        t->p.at = 1;
    if (t->what == 2)
        for (;;)
            *bl_push16(t->x) = 1;
    if (t->what == 3)
        *bl_push8(t->x) = 1;
    if (t->what == 4)
        bl_alloc(t, 8);
    t->p.wait = BL_WAIT_TIME;
    bl_arm_time(t, 1);
    return BL_IDLE;
    BL_END;
}
static const struct bl_field wrong_fields[] = {
    BL_EVENT(struct wrong, e, "an event"), BL_PUSH_OPT(struct wrong, x, 1, 16, "items"),
    BL_PARAM(struct wrong, what, 0, 0, 9, "mistake"), { 0 }
};
static const struct bl_class wrong_class = { .name = "wrong", .help = "makes mistakes", .size = sizeof(struct wrong),
                                             .run = wrong_run, .fields = wrong_fields };
static bl_verdict wrongtick_tick(void *self)
{
    struct wrong *t = self;

    if (t->what == 0)
        return 9;
    if (t->what == 1)
        bl_notify_now(t, t->e);
    return BL_BUSY;
}
static const struct bl_class wrongtick_class = { .name = "wrongtick", .help = "makes mistakes", .size = sizeof(struct wrong),
                                                 .tick = wrongtick_tick, .fields = wrong_fields };

/* volley: notifies e at once whenever own fires. */
struct volley { struct bl_part p; bl_event own, e; };
static bl_verdict volley_run(void *self)
{
    struct volley *t = self;

    BL_BEGIN(t);
    AWAIT_TIME(5, BL_IDLE);
    for (;;) {
        bl_notify_now(t, t->e);
        AWAIT_EVENT(t->own, BL_IDLE);
    }
    BL_END;
}
static const struct bl_field volley_fields[] = {
    BL_EVENT(struct volley, own, "awaited"), BL_EVENT(struct volley, e, "notified at once"), { 0 }
};
static const struct bl_class volley_class = { .name = "volley", .help = "plays", .size = sizeof(struct volley), .run = volley_run,
                                              .fields = volley_fields };

/* patient: takes items, waiting at most `most` for each; tells which it was. */
struct patient { struct bl_part p; bl_pop x; uint64_t most; };
static bl_verdict patient_run(void *self)
{
    struct patient *t = self;

    BL_BEGIN(t);
    for (;;) {
        AWAIT_FOR(bl_avail(t->x), t->most, BL_IDLE);
        tell(t, bl_avail(t->x) ? "item" : "nothing");
        if (!bl_avail(t->x))
            break;
        bl_pop16(t->x);
    }
    BL_END;
}
static const struct bl_field patient_fields[] = {
    BL_POP(struct patient, x, 1, 16, "items"), BL_TIME(struct patient, most, 10, 0, BL_US, "at most"), { 0 }
};
static const struct bl_class patient_class = { .name = "patient", .help = "waits a while", .size = sizeof(struct patient),
                                               .run = patient_run, .fields = patient_fields };

static const struct bl_class *const classes[] = {
    &volley_class, &patient_class,
    &hear_class, &ping_class, &now_class, &ender_class, &wrong_class, &wrongtick_class,
    &kp_gen_class, &kp_sink_class, &kp_stage_class, &kp_work_class, &kp_fork_class, &kp_join_class, &kp_put_class,
    &kp_look_class, &kp_add_class, &kp_echo_class, NULL
};

static struct bl_sim *opened(void) { return story_opened(classes); }

/* ---- the loop ---- */

START_TEST(waiting_for_links_with_a_limit)
{
    static const struct { const char *most, *story; } cases[] = {
        { "21 fs", "e item 0, e item 20, e nothing 41" },
        { "20 fs", "e item 0, e nothing 20" },        /* what is pushed at 20 is seen a delta later: too late */
        { "30 fs", "e item 0, e item 20, e item 40, e nothing 70" },
    };
    struct bl_sim *s = opened();

    kp_ok(kp_script(s, "clock c 10 0; part g gen; part e patient; set g every 2; wire g.x e.x d2"));
    set(s, "e", "most", cases[_i].most);
    kp_setf(s, "g", "n", _i == 0 ? 2 : 3);
    ready(s);
    bl_run(s, 200);
    story_is(cases[_i].story);
    ck_assert_uint_eq(s->core->wheel.levels, 0);      /* no timer is left behind */
    bl_close(s);
}
END_TEST

START_TEST(immediate_joins_the_same_phase)
{
    struct bl_sim *s = opened();

    add(s, "n", "now");
    add(s, "h", "hear");
    join(s, "n.e", "h.e");
    kp_setf(s, "n", "pending", _i);
    kp_ok(bl_sensitive(s, "n", "n.own", BL_ANY_EDGE, NULL));
    ready(s);
    bl_run(s, 4);
    uint64_t before = bl_deltas(s);
    bl_run(s, 100);
    story_is("n notified 5, h heard 5");    /* what was pending is dropped; the part's own event does not rerun it */
    ck_assert_uint_eq(bl_deltas(s) - before, 1);
    bl_close(s);
}
END_TEST

START_TEST(a_loop_without_time_is_named)
{
    struct bl_sim *s = opened();

    add(s, "quick", "ping");
    add(s, "slow", "ping");
    set(s, "quick", "first", "7 fs");
    set(s, "quick", "period", "0");
    set(s, "quick", "n", "0");
    set(s, "quick", "quiet", "1");
    ready(s);
    ck_assert_int_eq(bl_run(s, 100), BL_END_FAILED);
    ck_assert_str_eq(told.text, "time 7 fs: 10000 deltas and no end: a loop without time\n  in the loop: quick\n"
                                "  it notifies: quick.e");
    ck_assert_int_eq(bl_run(s, 200), BL_END_FAILED);
    bl_close(s);
}
END_TEST

START_TEST(a_loop_of_immediate_notifications_is_named)
{
    struct bl_sim *s = opened();

    add(s, "left", "volley");
    add(s, "right", "volley");
    join(s, "left.e", "right.own");
    join(s, "right.e", "left.own");
    ready(s);
    ck_assert_int_eq(bl_run(s, 100), BL_END_FAILED);
    ck_assert_str_eq(told.text, "time 5 fs: immediate notifications in one delta and no end: a loop without time\n"
                                "  in the loop: right\n  in the loop: left\n"
                                "  it notifies: left.own\n  it notifies: left.e");
    bl_close(s);
}
END_TEST

START_TEST(ten_thousand_deltas_are_allowed)
{
    struct bl_sim *s = opened();

    add(s, "quick", "ping");
    set(s, "quick", "period", "0");
    set(s, "quick", "n", "9999");
    set(s, "quick", "quiet", "1");
    ready(s);
    ck_assert_int_eq(bl_run(s, 100), BL_END_STARVED);
    ck_assert_uint_eq(bl_deltas(s), 10000);
    bl_close(s);
}
END_TEST

START_TEST(an_event_at_the_limit_runs_in_the_next_call)
{
    struct bl_sim *s = opened();

    add(s, "p", "ping");
    set(s, "p", "first", "50 fs");
    set(s, "p", "n", "2");
    ready(s);
    ck_assert_int_eq(bl_run(s, 50), BL_END_LIMIT);
    ck_assert_uint_eq(bl_now(s), 50);
    story_is("");
    ck_assert_int_eq(bl_run(s, 50), BL_END_LIMIT);      /* exactly one delta */
    story_is("p pings 50");
    ck_assert_int_eq(bl_run(s, 60), BL_END_LIMIT);
    story_is("");
    ck_assert_int_eq(bl_run(s, 59), BL_END_FAILED);     /* time does not go back */
    ck_assert_int_eq(bl_run(s, BL_FOREVER), BL_END_STARVED);
    story_is("p pings 60");
    ck_assert_uint_eq(bl_now(s), 60);
    bl_close(s);
}
END_TEST

START_TEST(running_for_nothing_is_one_delta)
{
    struct bl_sim *s = opened();

    add(s, "p", "ping");
    set(s, "p", "period", "0");
    set(s, "p", "n", "0");
    set(s, "p", "quiet", "1");
    ready(s);
    for (uint64_t i = 1; i < 50; i++) {
        ck_assert_int_eq(bl_run(s, 0), BL_END_LIMIT);
        ck_assert_uint_eq(bl_deltas(s), i);
    }
    bl_close(s);
}
END_TEST

START_TEST(stop_and_pause_end_with_their_time)
{
    struct bl_sim *s = opened();

    add(s, "e", "ender");
    add(s, "p", "ping");
    set(s, "p", "first", "5 fs");
    kp_setf(s, "e", "pause", _i);
    ready(s);
    ck_assert_int_eq(bl_run(s, 100), _i ? BL_END_PAUSED : BL_END_STOPPED);
    ck_assert_uint_eq(bl_now(s), 5);
    story_is("p pings 5, e goes on 5");      /* p's timer was made first in this delta order: e, p wait 5 each */
    if (_i) {
        ck_assert_int_eq(bl_run(s, 100), BL_END_STARVED);
        story_is("e later 15");
    } else {
        ck_assert_int_eq(bl_run(s, 100), BL_END_STOPPED);
        ck_assert_uint_eq(bl_now(s), 5);
        story_is("");
    }
    bl_close(s);
}
END_TEST

START_TEST(interrupted_at_the_end_of_a_time)
{
    struct bl_sim *s = opened();

    add(s, "p", "ping");
    set(s, "p", "n", "0");
    ready(s);
    ck_assert_int_eq(bl_run(s, 25), BL_END_LIMIT);
    bl_interrupt(s);
    ck_assert_int_eq(bl_run(s, 100), BL_END_INTERRUPTED);
    ck_assert_uint_eq(bl_now(s), 25);
    bl_close(s);
}
END_TEST

START_TEST(nothing_to_do_is_starved)
{
    struct bl_sim *s = opened();

    add(s, "h", "hear");
    ready(s);
    ck_assert_int_eq(bl_run(s, BL_FOREVER), BL_END_STARVED);
    ck_assert_uint_eq(bl_now(s), 0);
    ck_assert_int_eq(bl_run(s, 30), BL_END_STARVED);
    ck_assert_uint_eq(bl_now(s), 30);
    bl_close(s);

    s = opened();
    ready(s);                                  /* no part at all */
    ck_assert_int_eq(bl_run(s, BL_FOREVER), BL_END_STARVED);
    bl_close(s);
}
END_TEST

START_TEST(time_has_an_end)
{
    struct bl_sim *s = opened();

    add(s, "p", "ping");
    set(s, "p", "first", "1 fs");
    set(s, "p", "after", "18446744073709551 ps");
    ready(s);
    ck_assert_int_eq(bl_run(s, BL_FOREVER), BL_END_STARVED);
    ck_assert_str_eq(told.text, "");
    bl_close(s);

    s = opened();
    add(s, "p", "ping");
    set(s, "p", "first", "1 us");
    set(s, "p", "after", "18446744073709551 ps");
    ready(s);
    ck_assert_int_eq(bl_run(s, BL_FOREVER), BL_END_FAILED);
    ck_assert_str_eq(told.text, "p: a notification 18446744073709551000 fs after 1000000000 fs is beyond the end of time (2^64 fs); "
                     "notify or wait for less");
    bl_close(s);
}
END_TEST

START_TEST(a_broken_assertion_ends_the_run)
{
    struct bl_sim *s = opened();

    add(s, "e", "ender");
    set(s, "e", "pause", "2");
    ready(s);
    ck_assert_int_eq(bl_run(s, 100), BL_END_FAILED);
    ck_assert_str_eq(told.text, "e, at 5 fs: phase 7 overlaps");
    story_is("e goes on 5");
    ck_assert_uint_eq(bl_now(s), 5);
    bl_close(s);
}
END_TEST

/* ---- mistakes of a modeller ---- */

static void run_it(void *sim) { bl_run(sim, 100); }

static const struct { const char *cls; int what; const char *text; } mistakes[] = {
    { "wrong", 0, "bitline: top.m: a verdict that its class does not declare; at 1 fs\n" },
    { "wrong", 1, "bitline: top.m: run resumed at an unknown place (AWAIT inside a switch?); at 2 fs\n" },
    { "wrong", 2, "bitline: top.m.x (1 x 16 bit): push without room: ask bl_room first; at 1 fs\n" },
    { "wrong", 3, "bitline: top.m.x (1 x 16 bit): item pushed in another width than its table says; at 1 fs\n" },
    { "wrong", 4, "bitline: top.m: bl_alloc outside init; at 1 fs\n" },
    { "wrongtick", 0, "bitline: top.m: tick returned a verdict that its class does not declare; at 0 s\n" },
    { "wrongtick", 1, "bitline: top.m: immediate notification outside a waiting process: order would matter; use bl_notify; at 0 s\n" },
};

START_TEST(mistakes_abort_with_the_path)
{
    struct bl_sim *s = opened();
    char text[1024];

    kp_ok(bl_clock(s, "clk", 10, 0, NULL));
    add(s, "top.m", mistakes[_i].cls);
    add(s, "s", "sink");
    kp_ok(bl_wire(s, "top.m.x", "s.x", KP_CHANNEL(2), NULL));
    set(s, "s", "every", "1000");
    kp_setf(s, "top.m", "what", mistakes[_i].what);
    ready(s);
    kp_aborts(run_it, s, text, sizeof text);
    ck_assert_str_eq(text, mistakes[_i].text);
    bl_close(s);
}
END_TEST

/* ---- a run in pieces ---- */

static struct bl_sim *mixed(void)
{
    struct bl_sim *s = opened();

    kp_ok(bl_clock(s, "a", 1000, 0, NULL));
    kp_ok(bl_clock(s, "b", 1700, 300, NULL));
    kp_ok(bl_add(s, "g", "gen", "a", NULL));
    kp_ok(bl_add(s, "w", "work", "a", NULL));
    kp_ok(bl_add(s, "e", "echo", NULL, NULL));
    kp_ok(bl_add(s, "k", "sink", "b", NULL));
    kp_ok(bl_add(s, "q", "ping", NULL, NULL));
    set(s, "e", "delay", "3333 fs");
    set(s, "q", "period", "77 fs");
    set(s, "q", "after", "4444 fs");
    set(s, "q", "n", "0");
    set(s, "q", "quiet", "1");
    set(s, "g", "luck", "100");
    set(s, "w", "cycles", "4");
    kp_ok(bl_wire(s, "g.x", "w.a", KP_PIPE, NULL));
    kp_ok(bl_wire(s, "w.b", "e.a", KP_CHANNEL(3), NULL));
    kp_ok(bl_wire(s, "e.b", "k.x", KP_CHANNEL(1), NULL));
    ready(s);
    return s;
}

START_TEST(a_run_in_pieces_is_one_run)
{
    struct kp_rng r = { 77 + (uint64_t)_i };
    struct bl_sim *a = mixed(), *b = mixed();

    for (uint64_t t = 0; t < 300000;) {
        t += 1 + kp_below(&r, _i ? 20000 : 1500);
        bl_run(b, t);
        if (t > 100000 && t < 200000)
            continue;
        bl_run(a, t);
        KP_HOLDS(bl_state_equal(a, b), "states differ at %llu", (unsigned long long)t);
    }
    ck_assert_uint_gt(kp_peek(a, "k.got"), 20);
    kp_same(kp_account(a), kp_account(b), "pieces");
    ck_assert_uint_eq(bl_deltas(a), bl_deltas(b));
    ck_assert_uint_eq(bl_activations(a), bl_activations(b));
    bl_close(a);
    bl_close(b);
}
END_TEST

/* A lone timer far away: pieces enter slots of the wheel that one run passes over. */
START_TEST(pieces_leave_no_trace_in_the_wheel)
{
    struct bl_sim *a = opened(), *b = opened();

    for (int k = 0; k < 2; k++) {
        add(k ? b : a, "q", "ping");
        set(k ? b : a, "q", "first", "900000 fs");
        set(k ? b : a, "q", "quiet", "1");
        ready(k ? b : a);
    }
    bl_run(a, 1000000);
    for (uint64_t t = 1000; t <= 1000000; t += 1000)
        bl_run(b, t);
    ck_assert(bl_state_equal(a, b));
    bl_close(a);
    bl_close(b);
}
END_TEST

/* dozer: ticks and naps until e. kick: notifies e at once, at 0. */
struct dozer { struct bl_part p; bl_event e; };
static bl_verdict dozer_tick(void *self)
{
    tell(self, "ticks");
    return BL_NAP(BL_IDLE);
}
static bl_verdict kick_run(void *self)
{
    struct dozer *t = self;

    BL_BEGIN(t);
    tell(t, "kicks");
    bl_notify_now(t, t->e);
    BL_END;
}
static const struct bl_field dozer_fields[] = { BL_EVENT(struct dozer, e, "ends the nap"), { 0 } };
static const struct bl_class dozer_class = { .name = "dozer", .help = "naps", .size = sizeof(struct dozer), .tick = dozer_tick,
                                             .fields = dozer_fields };
static const struct bl_class kick_class = { .name = "kick", .help = "notifies", .size = sizeof(struct dozer), .run = kick_run,
                                            .fields = dozer_fields };
static const struct bl_class *const late_classes[] = { &dozer_class, &kick_class, &hear_class, NULL };

START_TEST(an_immediate_notification_ends_a_nap_of_the_same_edge)
{
    struct bl_sim *s = bl_open(late_classes, kp_listen(&told));

    kp_ok(kp_script(s, "clock c 10 0; part d dozer; part k kick; wire k.e d.e"));
    ready(s);
    ck_assert_int_eq(bl_run(s, 100), BL_END_STARVED);
    story_is("d ticks 0, k kicks 0, d ticks 10");
    bl_close(s);
}
END_TEST

START_TEST(a_run_that_cannot_begin_says_so)
{
    struct bl_sim *s = bl_open(late_classes, kp_listen(&told));

    ck_assert_uint_eq(bl_deltas(s) + bl_activations(s) + bl_part_count(s) + bl_clock_count(s), 0);
    ck_assert_int_eq(bl_run(s, 10), BL_END_FAILED);
    ready(s);
    ck_assert_int_eq(bl_run(s, 10), BL_END_STARVED);
    ck_assert_int_eq(bl_run(s, 9), BL_END_FAILED);
    ck_assert_str_eq(told.text, "a run is asked for and nothing is elaborated; call bl_elaborate, which must return 0\n"
                     "a run to 9 fs is asked for at 10 fs; time does not go back");
    bl_close(s);
}
END_TEST

Suite *suite_sched(void);
Suite *suite_sched(void)
{
    Suite *s = suite_create("sched");
    TCase *c = tcase_create("sched");

    tcase_add_loop_test(c, waiting_for_links_with_a_limit, 0, 3);
    tcase_add_loop_test(c, immediate_joins_the_same_phase, 0, 3);
    tcase_add_test(c, a_loop_without_time_is_named);
    tcase_add_test(c, a_loop_of_immediate_notifications_is_named);
    tcase_add_test(c, ten_thousand_deltas_are_allowed);
    tcase_add_test(c, an_event_at_the_limit_runs_in_the_next_call);
    tcase_add_test(c, running_for_nothing_is_one_delta);
    tcase_add_loop_test(c, stop_and_pause_end_with_their_time, 0, 2);
    tcase_add_test(c, interrupted_at_the_end_of_a_time);
    tcase_add_test(c, nothing_to_do_is_starved);
    tcase_add_test(c, time_has_an_end);
    tcase_add_test(c, a_broken_assertion_ends_the_run);
    tcase_add_loop_test(c, mistakes_abort_with_the_path, 0, sizeof mistakes / sizeof *mistakes);
    tcase_add_loop_test(c, a_run_in_pieces_is_one_run, 0, 2);
    tcase_add_test(c, pieces_leave_no_trace_in_the_wheel);
    tcase_add_test(c, an_immediate_notification_ends_a_nap_of_the_same_edge);
    tcase_add_test(c, a_run_that_cannot_begin_says_so);
    suite_add_tcase(s, c);
    return s;
}
