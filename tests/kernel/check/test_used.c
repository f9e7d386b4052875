/* test_used.c - what a part at work uses wrongly: wild handles, fields in no table, a self that is none, calls before anything is bound.
 * A row is a mistake and its message; each ends the program with the path of the part, none is silent, and none is a crash. */
#include "kernel/ieee/ieee.h"
#include "tests/rigs/kp_says.h"
#include "tests/rigs/kparts.h"

struct probe {
    struct bl_part p;
    bl_event e, lost_e;             /* what is `lost` stands in no table */
    bl_lock m, lost_m;
    bl_process w, lost_w, open_w;
    bl_in d, lost_d;
    bl_out q, lost_q;
    bl_pop x, lost_x;
    bl_push y, lost_y;
    bl_ins many;
    int64_t what;
};
struct stray { void *nothing[4]; };

static struct stray stray;
static void take(uint64_t v) { stray.nothing[3] = (void *)(uintptr_t)v; }
#define TAKE(x) take((uint64_t)(uintptr_t)(x))

#define FILLED " of number 0, which elaboration did not fill: is its field in the table of class probe ("
#define FEW ", and there are %s; was the field overwritten, or is it of another simulation?"
#define UNTABLED " whose handle is NULL is used; expected one that elaboration filled: is its field in the table of class probe, is the index " \
    "of an array below n, and is it used in init or later?"
#define PASS "; pass the struct of a part, as init, tick, comb and run get it, or as bl_part_of gives it"
#define NO_PART ": self is no part (its first member, struct bl_part, names no simulation: overwritten?)" PASS
#define TWO ", and there are 2; was the field overwritten, or is it of another simulation?"
#define ONE ", and there are 1; was the field overwritten, or is it of another simulation?"
#define EMPTY ": a list of no events; it would wait for ever: expected at least one"
#define AT_NULL ": a list of 2 events at NULL; expected where they are"

/* name, what is done, what is said of it */
#define MISTAKES(X) \
    X(notify_lost, bl_notify(t, t->lost_e, 5), "bl_notify: an event" FILLED "BL_EVENT)?") \
    X(notify_wild, bl_notify(t, (bl_event){ 3 }, 5), "bl_notify: an event of number 3" TWO) \
    X(notify_a_timer, bl_notify(t, (bl_event){ 4 }, 5), "bl_notify: an event of number 4" TWO) \
    X(notify_far, bl_notify(t, (bl_event){ UINT32_MAX }, 5), "bl_notify: an event of number 4294967295" TWO) \
    X(now_lost, bl_notify_now(t, t->lost_e), "bl_notify_now: an event" FILLED "BL_EVENT)?") \
    X(now_wild, bl_notify_now(t, (bl_event){ 1u << 30 }), "bl_notify_now: an event of number 1073741824" TWO) \
    X(cancel_lost, bl_cancel(t, t->lost_e), "bl_cancel: an event" FILLED "BL_EVENT)?") \
    X(cancel_wild, bl_cancel(t, (bl_event){ 77777 }), "bl_cancel: an event of number 77777" TWO) \
    X(triggered_lost, TAKE(bl_triggered(t, t->lost_e)), "bl_triggered: an event" FILLED "BL_EVENT)?") \
    X(triggered_wild, TAKE(bl_triggered(t, (bl_event){ 1u << 31 })), "bl_triggered: an event of number 2147483648" TWO) \
    X(any_lost, bl_arm_any(t, &t->lost_e, 1), "bl_arm_any: an event" FILLED "BL_EVENT)?") \
    X(any_wild, bl_arm_any(t, &(bl_event){ 9 }, 1), "bl_arm_any: an event of number 9" TWO) \
    X(any_of_none, bl_arm_any(t, &t->e, 0), "bl_arm_any" EMPTY) \
    X(any_at_null, bl_arm_any(t, NULL, 2), "bl_arm_any" AT_NULL) \
    X(all_of_none, bl_arm_all(t, &t->e, 0), "bl_arm_all" EMPTY) \
    X(all_at_null, bl_arm_all(t, NULL, 2), "bl_arm_all" AT_NULL) \
    X(all_wild, bl_arm_all(t, &(bl_event){ 9 }, 1), "bl_arm_all: an event of number 9" TWO) \
    X(next_lost, bl_next_event(t, t->lost_e), "bl_arm_any: an event" FILLED "BL_EVENT)?") \
    X(next_any_of_none, bl_next_any(t, &t->e, 0), "bl_arm_any" EMPTY) \
    X(next_all_of_none, bl_next_all(t, &t->e, 0), "bl_arm_all" EMPTY) \
    X(lock_lost, TAKE(bl_try_lock(t, t->lost_m)), "bl_try_lock: a lock" FILLED "BL_MUTEX, BL_SEMAPHORE)?") \
    X(lock_wild, TAKE(bl_try_lock(t, (bl_lock){ 5 })), "bl_try_lock: a lock of number 5" ONE) \
    X(arm_lock_wild, bl_arm_lock(t, (bl_lock){ 5 }), "bl_arm_lock: a lock of number 5" ONE) \
    X(unlock_lost, bl_unlock(t, t->lost_m), "bl_unlock: a lock" FILLED "BL_MUTEX, BL_SEMAPHORE)?") \
    X(unlock_wild, bl_unlock(t, (bl_lock){ 1u << 31 }), "bl_unlock: a lock of number 2147483648" ONE) \
    X(unlock_free, bl_unlock(t, t->m), "unlocks a mutex that it does not hold") \
    X(control_lost, bl_control(t, t->lost_w, BL_KILL), "bl_control: a process" FILLED "BL_PROCESS)?") \
    X(control_wild, bl_control(t, (bl_process){ 99 }, BL_KILL), "bl_control: a process of number 99" ONE) \
    X(control_so, bl_control(t, t->w, (enum bl_control)-1), "bl_control with a number that is no enum bl_control") \
    X(in_lost, TAKE(bl_get8(t->lost_d)), "an input" UNTABLED) \
    X(in_lost_wide, TAKE(bl_get64(t->lost_d)), "an input" UNTABLED) \
    X(in_lost_item, TAKE(bl_get_item(t->lost_d)), "an input" UNTABLED) \
    X(in_lost_lanes, TAKE(bl_in_lanes(t->lost_d)), "an input" UNTABLED) \
    X(in_lost_bytes, TAKE(bl_item_bytes(t->lost_d)), "an input" UNTABLED) \
    X(in_lost_wired, TAKE(bl_wired(t->lost_d)), "an input" UNTABLED) \
    X(in_behind, TAKE(bl_get8(t->many.at[t->many.n])), "an input" UNTABLED) \
    X(out_lost, *bl_put8(t->lost_q) = 1, "an output" UNTABLED) \
    X(out_lost_item, TAKE(bl_put_item(t->lost_q)), "an output" UNTABLED) \
    X(out_lost_lanes, TAKE(bl_out_lanes(t->lost_q)), "an output" UNTABLED) \
    X(pop_lost, TAKE(bl_pop8(t->lost_x)), "a pop end" UNTABLED) \
    X(pop_lost_avail, TAKE(bl_avail(t->lost_x)), "a pop end" UNTABLED) \
    X(pop_lost_peek, TAKE(bl_peek32(t->lost_x)), "a pop end" UNTABLED) \
    X(pop_lost_item, TAKE(bl_pop_item(t->lost_x)), "a pop end" UNTABLED) \
    X(pop_lost_wired, TAKE(bl_wired(t->lost_x)), "a pop end" UNTABLED) \
    X(pop_lost_depth, TAKE(bl_pop_depth(t->lost_x)), "a pop end" UNTABLED) \
    X(push_lost, *bl_push8(t->lost_y) = 1, "a push end" UNTABLED) \
    X(push_lost_room, TAKE(bl_room(t->lost_y)), "a push end" UNTABLED) \
    X(push_lost_item, TAKE(bl_push_item(t->lost_y)), "a push end" UNTABLED) \
    X(push_lost_lanes, TAKE(bl_push_lanes(t->lost_y)), "a push end" UNTABLED) \
    X(in_width, TAKE(bl_get32(t->d)), "d (1 x 8 bit)|input read in another width than its table says") \
    X(out_width, *bl_put64(t->q) = 1, "q (1 x 8 bit)|output written in another width than its table says") \
    X(notify_null, bl_notify(NULL, t->e, 0), "bl_notify: self is NULL" PASS) \
    X(notify_stray, bl_notify(&stray, t->e, 0), "bl_notify" NO_PART) \
    X(cancel_null, bl_cancel(NULL, t->e), "bl_cancel: self is NULL" PASS) \
    X(triggered_null, TAKE(bl_triggered(NULL, t->e)), "bl_triggered: self is NULL" PASS) \
    X(now_null, bl_notify_now(NULL, t->e), "bl_notify_now: self is NULL" PASS) \
    X(time_null, TAKE(bl_time(NULL)), "bl_time: self is NULL" PASS) \
    X(time_stray, TAKE(bl_time(&stray)), "bl_time" NO_PART) \
    X(later_null, TAKE(bl_later(NULL, 5)), "bl_later: self is NULL" PASS) \
    X(cycle_null, TAKE(bl_cycle(NULL)), "bl_cycle: self is NULL" PASS) \
    X(period_null, TAKE(bl_period(NULL)), "bl_period: self is NULL" PASS) \
    X(path_null, TAKE(bl_path(NULL)), "bl_path: self is NULL" PASS) \
    X(random_null, TAKE(bl_random(NULL)), "bl_random: self is NULL" PASS) \
    X(random_stray, TAKE(bl_random(&stray)), "bl_random" NO_PART) \
    X(work_null, bl_work(NULL, BL_BUSY), "bl_work: self is NULL" PASS) \
    X(stop_null, bl_stop(NULL), "bl_stop: self is NULL" PASS) \
    X(pause_null, bl_pause(NULL), "bl_pause: self is NULL" PASS) \
    X(fail_null, bl_fail(NULL, "x"), "bl_fail: self is NULL" PASS) \
    X(arm_time_null, bl_arm_time(NULL, 5), "bl_arm_time: self is NULL" PASS) \
    X(arm_any_null, bl_arm_any(NULL, &t->e, 1), "bl_arm_any: self is NULL" PASS) \
    X(arm_all_null, bl_arm_all(NULL, &t->e, 1), "bl_arm_all: self is NULL" PASS) \
    X(arm_static_null, bl_arm_static(NULL, 1), "bl_arm_static: self is NULL" PASS) \
    X(next_static_null, bl_next_static(NULL), "bl_next_static: self is NULL" PASS) \
    X(next_time_null, bl_next_time(NULL, 3), "bl_arm_time: self is NULL" PASS) \
    X(timed_out_null, TAKE(bl_timed_out(NULL)), "bl_timed_out: self is NULL" PASS) \
    X(heard_null, TAKE(bl_heard(NULL)), "bl_heard: self is NULL" PASS) \
    X(lock_null, TAKE(bl_try_lock(NULL, t->m)), "bl_try_lock: self is NULL" PASS) \
    X(unlock_null, bl_unlock(NULL, t->m), "bl_unlock: self is NULL" PASS) \
    X(control_null, bl_control(NULL, t->w, BL_KILL), "bl_control: self is NULL" PASS) \
    X(alloc_null, TAKE(bl_alloc(NULL, 8)), "bl_alloc: self is NULL" PASS) \
    X(alloc_late, TAKE(bl_alloc(t, 8)), "bl_alloc outside init") \
    X(refuse_null, bl_refuse(NULL, "x"), "bl_refuse: self is NULL" PASS) \
    X(refuse_late, bl_refuse(t, "x"), "bl_refuse after init, when nothing can be refused any more; use bl_fail") \
    X(child_null, bl_child(NULL, "a", "b", NULL), "bl_child: self is NULL" PASS) \
    X(child_late, bl_child(t, "a", "b", NULL), "bl_child outside build") \
    X(child_set_late, bl_child_set(t, "a", "b", "c"), "bl_child_set outside build") \
    X(child_wire_late, bl_child_wire(t, "a", "b", 1), "bl_child_wire outside build") \
    X(child_export_late, bl_child_export(t, "a", "b"), "bl_child_export outside build")

enum {
#define NUMBER(name, does, says) MISTAKE_##name,
    MISTAKES(NUMBER)
    ALL
};
static const struct { const char *name, *says; } mistakes[] = {
#define ROW(name, does, says) { #name, says },
    MISTAKES(ROW)
};

static void mistake(struct probe *t)
{
    switch ((int)t->what) {
#define DOES(name, does, says) case MISTAKE_##name: does; break;
    MISTAKES(DOES)
    }
}

static bl_verdict probe_run(void *self)
{
    struct probe *t = self;

    BL_BEGIN(t);
    mistake(t);
    BL_END;
}

#define T struct probe
static const struct bl_field fields[] = {
    BL_EVENT(T, e, "an event"), BL_MUTEX(T, m, "a mutex"), BL_PROCESS(T, w, "itself"), BL_PROCESS_OPT(T, open_w, "nobody"),
    BL_IN_OPT(T, d, 1, 8, "a word"), BL_OUT(T, q, 1, 8, "a word"), BL_POP_OPT(T, x, 1, 8, "items"), BL_PUSH_OPT(T, y, 1, 8, "items"),
    BL_PORTS_(T, many, BL_KIND_IN, bl_ins, 2, 1, 8, "words", BL_OPTIONAL), BL_PARAM(T, what, 0, 0, 1000, "mistake"), { 0 }
};
static const struct bl_class probe_class = { .name = "probe", .help = "makes mistakes", .size = sizeof(T), .run = probe_run, .fields = fields };

/* ---- at work ---- */

static void run_it(void *sim) { bl_run(sim, 100); }

START_TEST(each_ends_with_the_path_and_the_cure)
{
    static const struct bl_class *const classes[] = { &probe_class, NULL };
    struct bl_sim *s = bl_open(classes, NULL);
    char text[1024], want[1024];
    const char *says = mistakes[_i].says, *port = strchr(says, '|');

    kp_ok(bl_add(s, "top.m", "probe", NULL, NULL));
    kp_setf(s, "top.m", "what", _i);
    kp_ok(bl_wire(s, "top.m.w", "top.m.process", KP_WORD, NULL));
    kp_ok(bl_elaborate(s));
    kp_aborts(run_it, s, text, sizeof text);
    if (port)
        snprintf(want, sizeof want, "bitline: top.m.%.*s: %s; at 0 s\n", (int)(port - says), says, port + 1);
    else
        snprintf(want, sizeof want, "bitline: top.m: %s; at 0 s\n", says);
    ck_assert_msg(!strcmp(text, want), "%s\n  wrote:    %s  expected: %s", mistakes[_i].name, text, want);
    bl_close(s);
}
END_TEST

/* What is there does what it should: a process that nothing is wired to, the last element of an array. */
START_TEST(what_is_there_is_used)
{
    static const struct bl_class *const classes[] = { &probe_class, NULL };
    struct bl_sim *s = bl_open(classes, NULL);

    kp_ok(bl_add(s, "m", "probe", NULL, NULL));
    kp_setf(s, "m", "what", ALL);
    kp_ok(bl_wire(s, "m.w", "m.process", KP_WORD, NULL));
    kp_ok(bl_elaborate(s));
    const struct probe *t = bl_part_of(s, "m");
    ck_assert_uint_eq(*bl_get8(t->many.at[1]), 0);
    ck_assert_uint_eq(t->open_w.id, UINT32_MAX);
    ck_assert_int_eq(bl_run(s, 100), BL_END_STARVED);
    bl_close(s);
}
END_TEST

/* ---- before anything is bound ---- */

struct early { struct bl_part p; bl_event e; int64_t what; };
static int early_shape(void *self)
{
    struct early *t = self;

    switch (t->what) {
    case 0: TAKE(bl_time(t)); break;
    case 1: bl_notify(t, t->e, 5); break;
    case 2: bl_stop(t); break;
    case 3: bl_fail(t, "x"); break;
    case 4: TAKE(bl_triggered(t, t->e)); break;
    case 5: TAKE(bl_timed_out(t)); break;
    case 6: bl_arm_time(t, 5); break;
    case 7: TAKE(bl_cycle(t)); break;
    default: bl_notify(t, (bl_event){ 1 }, 5);
    }
    return 0;
}
static const struct bl_field early_fields[] = {
    BL_EVENT(struct early, e, "an event"), BL_PARAM(struct early, what, 0, 0, 9, "mistake"), { 0 }
};
static bl_verdict early_run(void *self) { TAKE(self); return BL_IDLE; }
static const struct bl_class early_class = { .name = "early", .help = "is too early", .size = sizeof(struct early), .run = early_run,
                                             .shape = early_shape, .fields = early_fields };
#define NO_TIME " in build or shape: there is no time before elaboration is over; use it from init on"
#define UNBOUND " before anything is bound (in build or shape); use it from the first tick or the top of run on"
static const char *const too_early[] = {
    "bl_time" NO_TIME, "bl_notify" UNBOUND, "bl_stop" NO_TIME, "bl_fail" NO_TIME, "bl_triggered" UNBOUND,
    "asks how its last wait ended; only a part with run waits",
    "waits outside its own run; ticks and combinational parts cannot wait: use a nap, or a class with run", "bl_cycle" NO_TIME,
    "bl_notify" UNBOUND
};

static void elaborate_it(void *sim) { bl_elaborate(sim); }

START_TEST(nothing_is_bound_in_shape)
{
    static const struct bl_class *const classes[] = { &early_class, NULL };
    struct bl_sim *s = bl_open(classes, NULL);
    char text[1024], want[1024];

    kp_ok(bl_add(s, "m", "early", NULL, NULL));
    kp_setf(s, "m", "what", _i);
    kp_aborts(elaborate_it, s, text, sizeof text);
    snprintf(want, sizeof want, "bitline: m: %s; at 0 s\n", too_early[_i]);
    ck_assert_str_eq(text, want);
    bl_close(s);
}
END_TEST

/* ---- the host, between runs ---- */

static void host_notifies_null(void *e) { bl_notify(NULL, *(bl_event *)e, 0); }
static void host_reads_null(void *e) { (void)e; TAKE(bl_get8((bl_in){ 0 })); }

START_TEST(the_host_without_a_part)
{
    char text[1024];

    kp_aborts(host_notifies_null, &(bl_event){ 1 }, text, sizeof text);
    ck_assert_str_eq(text, "bitline: bl_notify: self is NULL" PASS "\n");
    kp_aborts(host_reads_null, NULL, text, sizeof text);
    ck_assert_str_eq(text, "bitline: an input whose handle is NULL is used; expected one that elaboration filled: is its field in the table of its "
                     "class, is the index of an array below n, and is it used in init or later?\n");
}
END_TEST

Suite *suite_used(void);
Suite *suite_used(void)
{
    Suite *s = suite_create("used");
    TCase *c = tcase_create("all");

    tcase_add_loop_test(c, each_ends_with_the_path_and_the_cure, 0, ALL);
    tcase_add_test(c, what_is_there_is_used);
    tcase_add_loop_test(c, nothing_is_bound_in_shape, 0, (int)(sizeof too_early / sizeof *too_early));
    tcase_add_test(c, the_host_without_a_part);
    suite_add_tcase(s, c);
    return s;
}
