/* test_misuse.c - using events, waits, locks and control (kernel/, kernel/ieee/) wrongly: each mistake says where, what and the likely cure. */
#include "tests/rigs/effort.h"
#include "tests/rigs/kp_abort.h"
#include "tests/rigs/kparts.h"
#include "tests/rigs/story.h"

/* One mistake, number `what`, made in init, a tick, a combinational or a waiting part. */
struct wrong { struct bl_part p; bl_event e; bl_in d; bl_out q; int64_t what, when; };
enum { NOTIFY, NOTIFY_NOW, WAIT_TIME, WAIT_EVENT, WAIT_STATIC, WAIT_LOCK, TOO_MANY };
enum { IN_INIT = 1 };
static void mistake(struct wrong *t)
{
    const bl_event three[] = { t->e, { 1 }, { 2 } };

    if (t->what == NOTIFY)
        bl_notify(t, t->e, 0);
    if (t->what == NOTIFY_NOW)
        bl_notify_now(t, t->e);
    if (t->what == WAIT_TIME)
        bl_arm_time(t, 5);
    if (t->what == WAIT_EVENT)
        bl_arm_any(t, three, 1);
    if (t->what == WAIT_STATIC)
        bl_arm_static(t, 5);
    if (t->what == WAIT_LOCK)
        bl_try_lock(t, (bl_lock){ 0 });
    if (t->what == TOO_MANY)
        bl_arm_all(t, three, 3);
}
static int wrong_init(void *self)
{
    struct wrong *t = self;

    if (t->when == IN_INIT)
        mistake(t);
    return 0;
}
static bl_verdict wrong_work(void *self)
{
    mistake(self);
    ((struct bl_part *)self)->wait = BL_WAIT_TIME;
    return BL_IDLE;
}
static void wrong_comb(void *self)
{
    struct wrong *t = self;

    *bl_put8(t->q) = *bl_get8(t->d);
    mistake(t);
}
static const struct bl_field wrong_fields[] = {
    BL_EVENT(struct wrong, e, "an event"), BL_IN_OPT(struct wrong, d, 1, 8, "in"), BL_OUT(struct wrong, q, 1, 8, "out"),
    BL_PARAM(struct wrong, what, 0, 0, 9, "mistake"), BL_PARAM(struct wrong, when, 0, 0, 1, "1: in init"), { 0 }
};
#define WRONG(n, f) { .name = #n, .help = "makes mistakes", .size = sizeof(struct wrong), .init = wrong_init, .f, .fields = wrong_fields }
static const struct bl_class wrongtick_class = WRONG(wrongtick, tick = wrong_work), wrongrun_class = WRONG(wrongrun, run = wrong_work),
                             wrongcomb_class = WRONG(wrongcomb, comb = wrong_comb);

/* tick: a clocked part that controls; wild: controls with a number that is none. */
struct wild { struct bl_part p; };
static bl_verdict tick_tick(void *self)
{
    bl_control(self, (bl_process){ 0 }, BL_SUSPEND);
    return BL_IDLE;
}
static bl_verdict wild_run(void *self)
{
    bl_control(self, (bl_process){ 0 }, (enum bl_control)17);
    return BL_IDLE;
}
static const struct bl_field no_fields[] = { { 0 } };
static const struct bl_class tick_class = { .name = "tick", .help = "controls", .size = sizeof(struct wild), .tick = tick_tick,
                                            .fields = no_fields };
static const struct bl_class wild_class = { .name = "wild", .help = "controls", .size = sizeof(struct wild), .run = wild_run,
                                            .fields = no_fields };

/* puppet: may be controlled and control. */
struct puppet { struct bl_part p; bl_process me; bl_in d; };
static bl_verdict puppet_run(void *self)
{
    ((struct bl_part *)self)->wait = BL_WAIT_END;
    return BL_IDLE;
}
static const struct bl_field puppet_fields[] = {
    BL_PROCESS(struct puppet, me, "itself"), BL_IN_OPT(struct puppet, d, 1, 8, "a word"), { 0 }
};
static const struct bl_class puppet_class = { .name = "puppet", .help = "is controlled", .size = sizeof(struct puppet),
                                              .run = puppet_run, .fields = puppet_fields };
struct bits { struct bl_part p; bl_out q; bl_event e; };
static const struct bl_field bits_fields[] = { BL_OUT(struct bits, q, 1, 1, "a bit"), BL_EVENT(struct bits, e, "an event"), { 0 } };
static const struct bl_class bits_class = { .name = "bits", .help = "a bit", .size = sizeof(struct bits), .run = puppet_run,
                                            .fields = bits_fields };

static const struct bl_class *const classes[] = {
    ACTOR_CLASSES, &wrongtick_class, &wrongrun_class, &wrongcomb_class,
    &tick_class, &wild_class, &puppet_class, &bits_class, &kp_put_class, NULL
};

static struct bl_sim *opened(void) { return story_opened("", classes); }

#define NO_WAITS "waits outside its own run; ticks and combinational parts cannot wait: use a nap, or a class with run; at "
#define AT_ONCE "immediate notification outside a waiting process: order would matter; use bl_notify; at "
#define LOCKS "a mutex or semaphore outside a waiting process: order would matter; at "
static const struct { const char *cls; int what, when; const char *text; } mistakes[] = {
    { "wrongrun", NOTIFY, IN_INIT, "bl_notify in init: nothing waits yet; notify in the first tick or at the top of run; at 0 s" },
    { "wrongcomb", NOTIFY, 0, "bl_notify in a combinational part, which may run any number of times; wire an output to the event; at 0 s" },
    { "wrongtick", NOTIFY_NOW, 0, AT_ONCE "7 fs" }, { "wrongcomb", NOTIFY_NOW, 0, AT_ONCE "0 s" },
    { "wrongrun", NOTIFY_NOW, IN_INIT, AT_ONCE "0 s" }, { "wrongtick", WAIT_TIME, 0, NO_WAITS "7 fs" },
    { "wrongtick", WAIT_EVENT, 0, NO_WAITS "7 fs" }, { "wrongtick", WAIT_STATIC, 0, NO_WAITS "7 fs" },
    { "wrongcomb", WAIT_TIME, 0, NO_WAITS "0 s" }, { "wrongcomb", WAIT_EVENT, 0, NO_WAITS "0 s" },
    { "wrongrun", WAIT_TIME, IN_INIT, NO_WAITS "0 s" }, { "wrongrun", WAIT_STATIC, IN_INIT, NO_WAITS "0 s" },
    { "wrongtick", WAIT_LOCK, 0, LOCKS "7 fs" }, { "wrongcomb", WAIT_LOCK, 0, LOCKS "0 s" }, { "wrongrun", WAIT_LOCK, IN_INIT, LOCKS "0 s" },
    { "wrongrun", TOO_MANY, 0, "waits for more events than its class tables; table them with BL_EVENT; at 0 s" },
};

static void elaborate_and_run(void *sim)
{
    if (!bl_elaborate(sim))
        bl_run(sim, 100);
}

START_TEST(mistakes_abort_with_path_and_cure)
{
    struct bl_sim *s = opened();
    char text[1024], want[1024];

    kp_ok(bl_clock(s, "c", 10, 7, NULL));
    kp_ok(kp_script(s, "part b bits; part c bits"));
    kp_ok(bl_add(s, "top.m", mistakes[_i].cls, NULL, NULL));
    kp_setf(s, "top.m", "what", mistakes[_i].what);
    kp_setf(s, "top.m", "when", mistakes[_i].when);
    snprintf(want, sizeof want, "bitline: top.m: %s\n", mistakes[_i].text);
    kp_aborts(elaborate_and_run, s, text, sizeof text);
    ck_assert_str_eq(text, want);
    bl_close(s);
}
END_TEST

static void notify_now_from_host(void *sim)
{
    struct actor *h = bl_part_of(sim, "h");

    bl_run(sim, 5);
    bl_notify_now(h, h->a);
}

START_TEST(the_host_notifies_between_runs_but_not_at_once)
{
    struct bl_sim *s = story_opened("h: [ await a, tell ]", NULL);
    char text[1024];

    ready(s);
    kp_aborts(notify_now_from_host, s, text, sizeof text);
    ck_assert_str_eq(text, "bitline: h: " AT_ONCE "5 fs\n");
    struct actor *h = bl_part_of(s, "h");
    bl_run(s, 5);
    bl_notify(h, h->a, 0);
    bl_run(s, 10);
    story_is("h a 5");
    bl_close(s);
}
END_TEST

START_TEST(a_wait_beyond_the_end_of_time)
{
    struct bl_sim *s = story_opened("m: await a for 10, await a for 18446744073709551610", NULL);

    ready(s);
    ck_assert_int_eq(bl_run(s, 100), BL_END_FAILED);
    ck_assert_str_eq(told.text, "m: a notification 18446744073709551610 fs after 10 fs is beyond the end of time (2^64 fs); "
                     "notify or wait for less");
    bl_close(s);
}
END_TEST

/* What the compiler refuses: a write to an input, a wait in a method. The message names the type or the macro's process. */
static const struct { const char *body, *says; } uncompiled[] = {
    { "*bl_put16(t->d) = 1; return BL_IDLE;", "bl_in" },
    { "BL_METHOD(t); AWAIT_TIME(5, BL_IDLE); return BL_IDLE;", "bl_self" },
    { "BL_METHOD(t); *bl_put16(t->q) = *bl_get16(t->d); return BL_IDLE;", NULL },
};

START_TEST(what_the_compiler_refuses)
{
    const char *tmp = getenv("BL_TMP") ? getenv("BL_TMP") : "/tmp";
    char path[512], cmd[1200], text[8192] = "";

    snprintf(path, sizeof path, "%s/test_misuse_%d.c", tmp, (int)getpid());
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    fprintf(f, "#include \"kernel/model.h\"\nstruct m { struct bl_part p; bl_in d; bl_out q; };\n"
            "bl_verdict run(void *self);\nbl_verdict run(void *self) { struct m *t = self; %s }\n", uncompiled[_i].body);
    fclose(f);
    snprintf(cmd, sizeof cmd, "${CC:-cc} -std=c11 -fsyntax-only -I. %s 2>&1", path);
    FILE *cc = system("${CC:-cc} --version >/dev/null 2>&1") ? NULL : popen(cmd, "r");
    if (!cc) {
        SKIP_MISSING("what_the_compiler_refuses", "there is no compiler (cc)");
        remove(path);
        return;
    }
    text[fread(text, 1, sizeof text - 1, cc)] = 0;
    int status = pclose(cc);
    remove(path);
    ck_assert_msg((status != 0) == (uncompiled[_i].says != NULL), "%s", text);
    ck_assert_msg(!uncompiled[_i].says || strstr(text, uncompiled[_i].says), "%s", text);
}
END_TEST

/* ---- control ---- */

static const struct { const char *wires, *told; } wrongs[] = {
    { "part p puppet", "f:1: p.me is a process and nothing is wired to it (itself)" },
    { "part p puppet; wire p.me q.process", "f:2: p.me controls a process and q.process is none; expected PART.process of a waiting part" },
    { "part p puppet; wire p.me put.process", "f:2: p.me controls a process and put.process is none; expected PART.process of a waiting part" },
    { "part p puppet; wire p.me b.process; wire p.me p.process",
      "f:3: p.me is wired to two processes, b and p; it controls one" },
    { "part p puppet; wire p.me p.process reset",
      "f:2: p.me -> p.process is control of a process; 'reset' means nothing there: leave it out" },
    { "wire put.q b.process reset", "f:1: put.q resets b and is no output of a single bit" },
    { "wire put.q b.process rising", "f:1: put.q is 1 x 16 bit; an edge is one of a single bit, expected any change" },
    { "wire b.e b.process reset", "f:1: b.e -> b.process is an event in the sensitivity list of a process; 'reset' means nothing there: leave it out" },
    { "wire b.e b.process rising", "f:1: b.e -> b.process is an event in the sensitivity list of a process; 'rising' means nothing there: leave it out" },
    { "wire b.q b.process many", "f:1: b.q -> b.process is an output in the sensitivity list of a process, or its reset; 'many' means nothing there: "
      "leave it out" },
    { "part p puppet; wire p.me p.process; wire p.d b.process", "f:3: p.d -> b.process: a process listens to an output or an event; expected one" },
};

START_TEST(wires_of_control_that_mean_nothing)
{
    struct bl_sim *s = opened();

    kp_ok(kp_script(s, "clock c 10 0; part b bits; part put put"));
    kp_ok(kp_script(s, wrongs[_i].wires));
    ck_assert_int_eq(bl_elaborate(s), -1);
    ck_assert_str_eq(told.text, wrongs[_i].told);
    bl_close(s);
}
END_TEST

static void run_it(void *sim) { bl_run(sim, 100); }

START_TEST(control_from_a_tick_or_with_a_wrong_number)
{
    static const struct { const char *cls, *text; } cases[] = {
        { "tick", "bitline: m: bl_control outside a waiting process: order would matter; at 0 s\n" },
        { "wild", "bitline: m: bl_control with a number that is no enum bl_control; at 0 s\n" },
    };
    char text[1024];

    for (int i = 0; i < 2; i++) {
        struct bl_sim *s = opened();
        kp_ok(kp_script(s, "clock c 10 0; part a bits"));
        kp_ok(bl_add(s, "m", cases[i].cls, NULL, NULL));
        ready(s);
        kp_aborts(run_it, s, text, sizeof text);
        ck_assert_str_eq(text, cases[i].text);
        bl_close(s);
    }
}
END_TEST

START_TEST(the_host_asks_for_what_is_not_there)
{
    struct bl_sim *s = opened();
    char want[1024] = "";

    kp_ok(kp_script(s, "clock c 10 0; part a bits; part t put"));
    ck_assert_int_eq(bl_control_part(s, "a", BL_KILL), -1);
    bl_close(s);
    s = opened();
    kp_ok(kp_script(s, "clock c 10 0; part a bits; part t put"));
    ready(s);
    ck_assert_int_eq(bl_control_part(s, "b", BL_KILL), -1);
    ck_assert_int_eq(bl_control_part(s, "t", BL_KILL), -1);
    ck_assert_int_eq(bl_control_part(s, "a", 6), -1);
    for (int i = 0; i < 3; i++)
        snprintf(want + strlen(want), sizeof want - strlen(want), "%s%s: control %d is asked for; expected a waiting part of an elaborated "
                 "simulation, between runs, and an enum bl_control", i ? "\n" : "", i == 0 ? "b" : i == 1 ? "t" : "a", i == 2 ? 6 : BL_KILL);
    ck_assert_str_eq(told.text, want);
    bl_close(s);
}
END_TEST

Suite *suite_misuse(void);
Suite *suite_misuse(void)
{
    Suite *s = suite_create("misuse");
    TCase *c = tcase_create("misuse");

    tcase_add_loop_test(c, mistakes_abort_with_path_and_cure, 0, sizeof mistakes / sizeof *mistakes);
    tcase_add_test(c, the_host_notifies_between_runs_but_not_at_once);
    tcase_add_test(c, a_wait_beyond_the_end_of_time);
    tcase_add_loop_test(c, what_the_compiler_refuses, 0, sizeof uncompiled / sizeof *uncompiled);
    tcase_add_loop_test(c, wires_of_control_that_mean_nothing, 0, sizeof wrongs / sizeof *wrongs);
    tcase_add_test(c, control_from_a_tick_or_with_a_wrong_number);
    tcase_add_test(c, the_host_asks_for_what_is_not_there);
    suite_add_tcase(s, c);
    return s;
}
