/* test_sched.c - a run in pieces is one run, of clocked and waiting parts together; mistakes at work; a run that cannot begin. Who
 * runs when, and how a run ends, is in stories.txt. */
#include "tests/rigs/kp_abort.h"
#include "tests/rigs/kp_account.h"
#include "tests/rigs/kparts.h"
#include "tests/rigs/story.h"

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
        t->p.at = UINT32_MAX;
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

static const struct bl_class *const classes[] = {
    ACTOR_CLASSES, &wrong_class, &wrongtick_class, &kp_gen_class, &kp_sink_class, &kp_work_class, &kp_echo_class, NULL
};

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
    struct bl_sim *s = story_opened("clock clk 10 0", classes);
    char text[1024];

    kp_ok(bl_add(s, "top.m", mistakes[_i].cls, NULL, NULL));
    kp_setf(s, "top.m", "what", mistakes[_i].what);
    kp_ok(kp_script(s, "part s sink; set s every 1000; wire top.m.x s.x d2"));
    ready(s);
    kp_aborts(run_it, s, text, sizeof text);
    ck_assert_str_eq(text, mistakes[_i].text);
    bl_close(s);
}
END_TEST

/* ---- a run in pieces ---- */

static struct bl_sim *mixed(void)
{
    struct bl_sim *s = story_opened("clock a 1000 0; clock b 1700 300\n"
                                    "part g gen a; part w work a; part e echo; part k sink b\n"
                                    "set e delay 3333 fs; set g luck 100; set w cycles 4\n"
                                    "wire g.x w.a pipe; wire w.b e.a d3; wire e.b k.x d1\n"
                                    "q: [ notify a 4444, +77 ]", classes);

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
    static const char far[] = "q: @900000 notify a";
    struct bl_sim *a = story_opened(far, NULL), *b = story_opened(far, NULL);

    ready(a);
    ready(b);
    bl_run(a, 1000000);
    for (uint64_t t = 1000; t <= 1000000; t += 1000)
        bl_run(b, t);
    ck_assert(bl_state_equal(a, b));
    bl_close(a);
    bl_close(b);
}
END_TEST

START_TEST(a_run_that_cannot_begin_says_so)
{
    struct bl_sim *s = story_opened("", NULL);

    ck_assert_uint_eq(bl_now(s) + bl_deltas(s) + bl_activations(s) + bl_part_count(s) + bl_clock_count(s), 0);
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

    tcase_add_loop_test(c, mistakes_abort_with_the_path, 0, sizeof mistakes / sizeof *mistakes);
    tcase_add_loop_test(c, a_run_in_pieces_is_one_run, 0, 2);
    tcase_add_test(c, pieces_leave_no_trace_in_the_wheel);
    tcase_add_test(c, a_run_that_cannot_begin_says_so);
    suite_add_tcase(s, c);
    return s;
}
