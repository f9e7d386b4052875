/* test_scenarios.c - the scenarios of a probe of SystemC 2.3.4 that prints what it does in the corners, on our kernel (kernel/, kernel/ieee/). What
 * is expected is what the reference printed, but for what is decided where the standard is open (README, "Decided"). */
#include "kernel/model.h"
#include "tests/rigs/kp_build.h"

/* ---- the log: "TIME.RANK PART TEXT", RANK counts the deltas of that time in which something was logged ---- */

static char text[8192];
static size_t text_n;
static struct { uint64_t time, delta; unsigned rank; } last;
static struct bl_sim *sim;

__attribute__((format(printf, 2, 3))) static void tell(const char *who, const char *fmt, ...)
{
    uint64_t now = bl_now(sim), delta = bl_deltas(sim);
    va_list ap;

    last.rank = now != last.time ? 0 : last.rank + (delta != last.delta);
    last.time = now;
    last.delta = delta;
    text_n += (size_t)snprintf(text + text_n, sizeof text - text_n, "%llu.%u %s", (unsigned long long)now, last.rank, who);
    va_start(ap, fmt);
    text_n += (size_t)vsnprintf(text + text_n, sizeof text - text_n, fmt, ap);
    va_end(ap);
    text_n += (size_t)snprintf(text + text_n, sizeof text - text_n, ", ");
    KP_HOLDS(text_n < sizeof text, "log too long");
}

static void scenario(int k) { text_n += (size_t)snprintf(text + text_n, sizeof text - text_n, "[%d] ", k); }

/* ---- parts ---- */

/* A method that tells when it is released by its static list; `hush`: not at the start. */
struct says { struct bl_part p; bl_event e; bl_in d; int64_t hush, bits, n; };
static bl_verdict says_run(void *self)
{
    struct says *t = self;

    BL_METHOD(t);
    if (t->n++ < t->hush)
        return BL_IDLE;
    if (t->bits != 2)
        tell(bl_path(t), " %d", *bl_get8(t->d));
    else
        tell(bl_path(t), "%s", "");
    return BL_IDLE;
}
static const struct bl_field says_fields[] = {
    BL_EVENT(struct says, e, "listened to"), BL_IN_OPT(struct says, d, 1, BL_BY(struct says, bits), "told"),
    BL_PARAM(struct says, hush, 1, 0, 1, "not at the start"),
    BL_PARAM(struct says, bits, 2, 1, 8, "of what is told; 2: nothing"), { 0 }
};
static const struct bl_class says = { .name = "says", .help = "tells", .size = sizeof(struct says), .run = says_run,
                                      .fields = says_fields };

/* The processes of the probe, one class: what each does is its `role`. */
struct actor { struct bl_part p; bl_event a, b, c, e1, e2, imm; bl_pop f; bl_lock m; int64_t n; };

static bl_verdict begins_run(void *self)
{
    struct actor *t = self;

    BL_BEGIN(t);
    tell(bl_path(t), "%s", "");
    BL_END;
}
static bl_verdict hears_run(void *self)
{
    struct actor *t = self;

    BL_BEGIN(t);
    for (;;) {
        AWAIT_EVENT(t->a, BL_IDLE);
        tell(bl_path(t), "%s", "");
    }
    BL_END;
}
static bl_verdict dyn_run(void *self)              /* next_trigger replaces the static list for one release */
{
    struct actor *t = self;

    BL_METHOD(t);
    if (t->n > 0)
        tell("dyn", " %d", (int)t->n - 1);
    if (t->n++ == 1)
        bl_next_time(t, 30);
    return BL_IDLE;
}
static bl_verdict self_run(void *self)
{
    struct actor *t = self;

    BL_METHOD(t);
    if (t->n++ == 0)
        return BL_IDLE;
    tell("self", "%s", "");
    bl_notify_now(t, t->imm);
    return BL_IDLE;
}
static bl_verdict reads_run(void *self)
{
    struct actor *t = self;

    BL_BEGIN(t);
    for (;;) {
        AWAIT(bl_avail(t->f), BL_IDLE);
        tell("read", " %d", *bl_pop8(t->f));
    }
    BL_END;
}
static bl_verdict locks_run(void *self)
{
    struct actor *t = self;

    BL_BEGIN(t);
    AWAIT_TIME(2000 + (uint64_t)t->n, BL_IDLE);
    AWAIT_LOCK(t->m, BL_IDLE);
    tell(bl_path(t), " has it");
    AWAIT_TIME(10, BL_BUSY);
    bl_unlock(t, t->m);
    tell(bl_path(t), " unlocked");
    BL_END;
}
static bl_verdict andl_run(void *self)
{
    struct actor *t = self;

    BL_BEGIN(t);
    AWAIT_TIME(3000, BL_IDLE);
    AWAIT_ALL(BL_IDLE, t->e1, t->e2);
    tell("all", "%s", "");
    AWAIT_ANY_FOR(20, BL_IDLE, t->e1, t->e2);
    tell("any", " timed out %d", bl_timed_out(t));
    BL_END;
}
static bl_verdict tie_run(void *self)
{
    struct actor *t = self;

    BL_BEGIN(t);
    AWAIT_TIME(4000, BL_IDLE);
    AWAIT_EVENT_FOR(t->c, 10, BL_IDLE);
    tell("tie", " timed out %d", bl_timed_out(t));
    BL_END;
}
static bl_verdict twice_run(void *self)            /* two events of the list in one phase are one release */
{
    struct actor *t = self;

    BL_BEGIN(t);
    for (;;) {
        AWAIT_STATIC(2, BL_IDLE);
        tell("twice", "%s", "");
    }
    BL_END;
}
static const struct bl_field actor_fields[] = {
    BL_EVENT(struct actor, a, "a"), BL_EVENT(struct actor, b, "b"), BL_EVENT(struct actor, c, "c"), BL_EVENT(struct actor, e1, "e1"),
    BL_EVENT(struct actor, e2, "e2"), BL_EVENT(struct actor, imm, "imm"), BL_POP_OPT(struct actor, f, 1, 8, "FIFO"),
    BL_MUTEX(struct actor, m, "mutex"), BL_PARAM(struct actor, n, 0, 0, 10, "number"), { 0 }
};
#define ACTOR(role) { .name = #role, .help = #role, .size = sizeof(struct actor), .run = role##_run, .fields = actor_fields }
static const struct bl_class begins = ACTOR(begins), hears = ACTOR(hears), dyn = ACTOR(dyn), selfish = ACTOR(self), reads = ACTOR(reads),
                             locks = ACTOR(locks), andl = ACTOR(andl), tie = ACTOR(tie), twice = ACTOR(twice);

/* The script of the probe: every wait as there, so that the times are the same. */
struct script { struct bl_part p; bl_event a, b, c, e1, e2, ov, imm; bl_out s, r; bl_in d; bl_push f; };
static void override(struct script *t, uint64_t x, uint64_t y, uint64_t z)
{
    bl_notify(t, t->ov, x);
    bl_notify(t, t->ov, y);
    bl_notify(t, t->ov, z);
}
static void put(struct script *t, uint8_t v)
{
    *bl_push8(t->f) = v;
    tell("wrote", " %d, room %u", v, bl_room(t->f));
}
static bl_verdict script_run(void *self)
{
    struct script *t = self;

    BL_BEGIN(t);
    AWAIT_TIME(100, BL_IDLE);
    scenario(1), bl_notify(t, t->a, 0);
    AWAIT_TIME(100, BL_IDLE);
    scenario(2), override(t, 50, 20, 40);
    AWAIT_TIME(100, BL_IDLE);
    scenario(3), override(t, 50, 0, 5);
    AWAIT_TIME(100, BL_IDLE);
    scenario(4), bl_notify(t, t->ov, 50), bl_notify_now(t, t->ov), tell("same phase", "%s", "");
    AWAIT_TIME(100, BL_IDLE);
    scenario(5), bl_notify(t, t->ov, 50), bl_cancel(t, t->ov), bl_notify(t, t->ov, 0), bl_cancel(t, t->ov);
    AWAIT_TIME(100, BL_IDLE);
    tell("nothing fired", "%s", "");
    scenario(6), *bl_put8(t->s) = 1, *bl_put8(t->s) = 2, tell("read back", " %d", *bl_get8(t->d));
    AWAIT_TIME(0, BL_IDLE);
    tell("next delta", " %d", *bl_get8(t->d));
    AWAIT_TIME(10, BL_IDLE);
    scenario(7), *bl_put8(t->s) = 2;
    AWAIT_TIME(10, BL_IDLE);
    scenario(8), *bl_put8(t->s) = 5, *bl_put8(t->s) = 2;
    AWAIT_TIME(10, BL_IDLE);
    scenario(9), bl_notify(t, t->e2, 10), bl_notify(t, t->e1, 10);
    AWAIT_TIME(50, BL_IDLE);
    scenario(10), bl_notify(t, t->e2, 0), bl_notify(t, t->e1, 0);
    AWAIT_TIME(50, BL_IDLE);
    scenario(11), bl_notify_now(t, t->b);
    AWAIT_TIME(10, BL_IDLE);
    bl_notify_now(t, t->b);
    AWAIT_TIME(100, BL_IDLE);
    bl_notify_now(t, t->b);
    AWAIT_TIME(10, BL_IDLE);
    scenario(12), bl_notify_now(t, t->imm);
    AWAIT_TIME(60, BL_IDLE);
    scenario(14), put(t, 1), put(t, 2);
    AWAIT(bl_room(t->f), BL_IDLE);
    put(t, 3);
    AWAIT_TIME(2000 - bl_time(t), BL_IDLE);
    scenario(15);
    AWAIT_TIME(1010, BL_IDLE);
    scenario(16), bl_notify_now(t, t->e1);
    AWAIT_TIME(5, BL_IDLE);
    bl_notify_now(t, t->e1);
    AWAIT_TIME(5, BL_IDLE);
    bl_notify_now(t, t->e2);
    AWAIT_TIME(980, BL_IDLE);
    scenario(17), bl_notify(t, t->c, 10);
    AWAIT_TIME(100, BL_IDLE);
    scenario(18), *bl_put8(t->r) = 1;
    AWAIT_TIME(10, BL_IDLE);
    *bl_put8(t->r) = 0, bl_notify_now(t, t->c);
    AWAIT_TIME(10, BL_IDLE);
    scenario(19), bl_notify_now(t, t->a);
    AWAIT_TIME(0, BL_IDLE);
    tell("a delta later", "%s", "");
    BL_END;
}
static const struct bl_field script_fields[] = {
    BL_EVENT(struct script, a, "a"), BL_EVENT(struct script, b, "b"), BL_EVENT(struct script, c, "c"), BL_EVENT(struct script, e1, "e1"),
    BL_EVENT(struct script, e2, "e2"), BL_EVENT(struct script, ov, "ov"), BL_EVENT(struct script, imm, "imm"),
    BL_OUT(struct script, s, 1, 8, "s"), BL_OUT(struct script, r, 1, 1, "reset"), BL_IN(struct script, d, 1, 8, "s again"),
    BL_PUSH(struct script, f, 1, 8, "FIFO"), { 0 }
};
static const struct bl_class script = { .name = "script", .help = "plays", .size = sizeof(struct script), .run = script_run,
                                        .fields = script_fields };

/* Writes `what` to q whenever go fires. */
struct writer { struct bl_part p; bl_event go; bl_out q; int64_t what; };
static bl_verdict writer_run(void *self)
{
    struct writer *t = self;

    BL_BEGIN(t);
    AWAIT_EVENT(t->go, BL_IDLE);
    *bl_put8(t->q) = (uint8_t)t->what;
    BL_END;
}
static const struct bl_field writer_fields[] = { BL_EVENT(struct writer, go, "when"), BL_OUT(struct writer, q, 1, 8, "written"),
                                                 BL_PARAM(struct writer, what, 0, 0, 255, "value"), { 0 } };
static const struct bl_class writer = { .name = "writer", .help = "writes", .size = sizeof(struct writer), .run = writer_run,
                                        .fields = writer_fields };
extern const struct bl_class clock_signal_class;
static const struct bl_class *const classes[] = { &says, &begins, &hears, &dyn, &selfish, &reads, &locks, &andl, &tie, &twice, &script,
                                                  &writer, &clock_signal_class, NULL };

static struct kp_told told;

static const char *const probe =
    "part m1 says; set m1 hush 0; part m2 says; set m2 hush 0; part m3 says; set m3 hush 0; part t1 begins; part t2 begins;"
    "part script script;"
    "wire script.s script.d; part sa1 says; part sa2 says; part sa3 hears; wire script.a sa1.e; wire script.a sa2.e; wire script.a sa3.a;"
    "wire sa1.e sa1.process; wire sa2.e sa2.process; part ov says; wire script.ov ov.e; wire ov.e ov.process;"
    "part s says; set s bits 8; wire script.s s.d; wire script.s s.process; part e1 says; wire script.e1 e1.e; wire e1.e e1.process;"
    "part e2 says; wire script.e2 e2.e; wire e2.e e2.process; part dyn dyn; wire script.b dyn.b; wire dyn.b dyn.process;"
    "part self self; wire script.imm self.imm; wire self.imm self.process; part rd reads; wire script.f rd.f d2;"
    "part lk1 locks; part lk2 locks; set lk2 n 1; part lk3 locks; set lk3 n 2; wire lk1.m lk2.m; wire lk1.m lk3.m;"
    "part andl andl; wire script.e1 andl.e1; wire script.e2 andl.e2; part tie tie; wire script.c tie.c;"
    "part rm says; set rm bits 1; wire script.r rm.d; wire script.c rm.e; wire rm.e rm.process;"
    "part clk clock_signal; set clk period 100 fs; set clk high 30 fs; set clk start 10000 fs;"
    "part on_clk says; set on_clk bits 1; wire clk.q on_clk.d; wire clk.q on_clk.process";

/* By the number of the scenario in the probe. 13 and half of 7, an event queue and a buffer, are below. */
static const char *const expected[] = {
    [0] = "0.0 m1, 0.0 m2, 0.0 m3, 0.0 t1, 0.0 t2, ",
    [1] = "100.0 sa1, 100.0 sa2, 100.0 sa3, ",             /* decided: declaration order; reference: sa2 first */
    [2] = "220.0 ov, ",
    [3] = "300.0 ov, ",
    [4] = "400.0 same phase, 400.0 ov, ",
    [5] = "600.0 nothing fired, ",
    [6] = "600.0 read back 0, 600.1 s 2, 600.1 next delta 2, ",
    [7] = "",
    [8] = "",
    [9] = "640.0 e2, 640.0 e1, ",                          /* decided: first notified, first fired */
    [10] = "680.0 e2, 680.0 e1, ",                         /* decided: the same; reference: e1 first */
    [11] = "730.0 dyn 0, 760.0 dyn 1, 840.0 dyn 2, ",
    [12] = "850.0 self, ",
    [14] = "910.0 wrote 1, room 1, 910.0 wrote 2, room 0, 910.1 read 1, 910.1 read 2, 910.2 wrote 3, room 1, 910.3 read 3, "
           "2000.0 lk1 has it, ",
    [15] = "2010.0 lk1 unlocked, 2010.0 lk2 has it, 2020.0 lk2 unlocked, 2020.0 lk3 has it, 2030.0 lk3 unlocked, ",
    [16] = "3010.0 e1, 3015.0 e1, 3020.0 e2, 3020.0 all, 3040.0 any timed out 1, ",
    [17] = "4010.0 tie timed out 0, 4010.0 rm 0, ",        /* decided: the event wins, one queue; reference: rm, timed out */
    [18] = "4100.0 rm 1, 4110.0 rm 1, ",
    [19] = "4120.0 sa1, 4120.0 sa2, 4120.0 sa3, 4120.1 a delta later, ",   /* decided: as 1 */
    [20] = "",                                             /* the edge at the end of the run is fired, not seen */
    [21] = "10000.0 on_clk 1, 10030.0 on_clk 0, 10100.0 on_clk 1, 10130.0 on_clk 0, ",
};

static void start(const char *parts)
{
    text[0] = 0;
    text_n = 0;
    memset(&last, 0, sizeof last);
    last.time = UINT64_MAX;
    sim = bl_open(classes, kp_listen(&told));
    kp_ok(kp_script(sim, parts));
}

START_TEST(test_probe)
{
    char mark[16];

    start(probe);
    kp_ok(bl_wire(sim, "script.r", "rm.process", (struct bl_link){ .reset = BL_ASYNC_RESET }, NULL));
    ck_assert_msg(bl_elaborate(sim) == 0, "%s", told.text);
    scenario(0);
    ck_assert_int_eq(bl_run(sim, 9999), BL_END_LIMIT);
    scenario(20);
    bl_run(sim, 10000);
    scenario(21);
    bl_run(sim, 10131);
    ck_assert_uint_eq(bl_now(sim), 10131);
    snprintf(mark, sizeof mark, "[%d] ", _i);
    char *from = strstr(text, mark);
    if (!expected[_i]) {
        ck_assert_ptr_null(from);
    } else {
        ck_assert_ptr_nonnull(from);
        from += strlen(mark);
        char *to = strchr(from, '[');
        if (to)
            *to = 0;
        ck_assert_str_eq(from, expected[_i]);
    }
    bl_close(sim);
}
END_TEST

/* 22: two processes drive one signal. The reference finds out when the second writes; here the wiring is refused. */
START_TEST(test_two_drivers)
{
    start("part w1 writer; part w2 writer; part s says; set s bits 8; wire w1.q s.d; wire w2.q s.d");
    ck_assert_int_eq(bl_elaborate(sim), -1);
    ck_assert_msg(strstr(told.text, "w1.q") && strstr(told.text, "w2.q") && strstr(told.text, "s.d"), "%s", told.text);
    bl_close(sim);
}
END_TEST

/* 23, not in the probe: `wait 2` and two events of the list in one phase. The reference counts both and resumes at once. */
START_TEST(test_wait_n)
{
    start("part script script; wire script.s script.d; part rd reads; wire script.f rd.f d8; part twice twice;"
          "wire script.e1 twice.e1; wire script.e2 twice.e2; wire twice.e1 twice.process; wire twice.e2 twice.process");
    ck_assert_msg(bl_elaborate(sim) == 0, "%s", told.text);
    bl_run(sim, 1000);
    ck_assert_ptr_nonnull(strstr(text, "[9] [10] 680.0 twice, "));     /* one release at 640, the second at 680 */
    bl_close(sim);
}
END_TEST

/* Scenario 13, and half of 7: an event queue and a buffer are parts here. A queue keeps what is due and notifies one event after
 * the other, two of one time a delta apart; a buffer notifies an event of its own beside each write. */
struct keeps { struct bl_part p; bl_event fire, wrote; bl_out q; uint64_t due[3]; int64_t k; };
static bl_verdict keeps_run(void *self)
{
    struct keeps *t = self;

    BL_BEGIN(t);
    for (t->due[0] = 10, t->due[1] = 10, t->due[2] = 20; t->k < 3; t->k++) {     /* notified as 20, 10, 10 */
        bl_notify(t, t->fire, t->due[t->k] - bl_time(t));
        AWAIT_EVENT(t->fire, BL_BUSY);
    }
    AWAIT_TIME(10, BL_IDLE);
    *bl_put8(t->q) = 0;                                    /* the value it has */
    bl_notify(t, t->wrote, 0);
    BL_END;
}
static const struct bl_field keeps_fields[] = {
    BL_EVENT(struct keeps, fire, "what is due"), BL_EVENT(struct keeps, wrote, "a write"), BL_OUT(struct keeps, q, 1, 8, "the buffer"), { 0 }
};
static const struct bl_class keeps = { .name = "keeps", .help = "a queue of notifications, a buffer", .size = sizeof(struct keeps),
                                       .run = keeps_run, .fields = keeps_fields };

START_TEST(an_event_queue_and_a_buffer_are_parts)
{
    static const struct bl_class *const both[] = { &keeps, &says, NULL };

    text_n = 0;
    last.time = last.delta = last.rank = 0;
    sim = bl_open(both, kp_listen(&told));
    kp_ok(kp_script(sim, "part k keeps; part fired says; part wrote says; part changed says; wire k.fire fired.process; "
                         "wire k.wrote wrote.process; wire k.q changed.process; wire k.fire fired.e"));
    ck_assert_msg(bl_elaborate(sim) == 0, "%s", told.text);
    ck_assert_int_eq(bl_run(sim, BL_FOREVER), BL_END_STARVED);
    ck_assert_str_eq(text, "10.0 fired, 10.1 fired, 20.0 fired, 30.0 wrote, ");
    bl_close(sim);
}
END_TEST

Suite *suite_scenarios(void);
Suite *suite_scenarios(void)
{
    Suite *s = suite_create("scenarios");
    TCase *t = tcase_create("probe");

    tcase_add_loop_test(t, test_probe, 0, sizeof expected / sizeof *expected);
    tcase_add_test(t, test_two_drivers);
    tcase_add_test(t, an_event_queue_and_a_buffer_are_parts);
    tcase_add_test(t, test_wait_n);
    suite_add_tcase(s, t);
    return s;
}
