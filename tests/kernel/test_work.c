/* test_work.c - bl_work (kernel/ledger.c): verdicts of combinational parts and of methods, in the account, as roots of waits, in
 * traces and messages; and where it is a mistake. */
#include "kernel/ieee/ieee.h"
#include "tests/rigs/kp_abort.h"
#include "tests/rigs/watch_rig.h"

/* ---- parts ---- */

enum { DARK = BL_STALL, DIM };
static bl_verdict light(uint16_t d) { return d % 4 == 0 ? BL_IDLE : d % 4 == 1 ? BL_BUSY : d % 4 == 2 ? DARK : DIM; }

/* lamp: a wire from d to q that works while d says so; wire: the same, without an account. */
struct lamp { struct bl_part p; bl_in d; bl_out q; };
static void wire_comb(void *self)
{
    struct lamp *t = self;

    *bl_put16(t->q) = *bl_get16(t->d);
}
static void lamp_comb(void *self)
{
    struct lamp *t = self;

    bl_work(t, light(*bl_get16(t->d) & 1 ? 2 : 1));      /* what is said last counts */
    bl_work(t, light(*bl_get16(t->d)));
    wire_comb(t);
}
static const struct bl_field lamp_fields[] = {
    BL_IN(struct lamp, d, 1, 16, "in"), BL_OUT(struct lamp, q, 1, 16, "out"), BL_WAITS(DARK, d), BL_CAUSE(DIM, "little light"), { 0 }
};
#define LAMP(n, ...) { .name = #n, .help = "shines", .size = sizeof(struct lamp), __VA_ARGS__, .fields = lamp_fields }
static const struct bl_class lamp_class = LAMP(lamp, .comb = lamp_comb, .works = true), wire_class = LAMP(wire, .comb = wire_comb);

/* flash: a process; q is 1 for no time at all each 100 fs, and then 1 for 30 fs. */
struct flash { struct bl_part p; bl_out q; int64_t longer; };
static bl_verdict flash_run(void *self)
{
    struct flash *t = self;

    BL_BEGIN(t);
    for (;;) {
        AWAIT_TIME(100, BL_IDLE);
        *bl_put16(t->q) = 1;
        AWAIT_TIME(t->longer ? 30 : 0, BL_BUSY);
        *bl_put16(t->q) = 0;
    }
    BL_END;
}
static const struct bl_field flash_fields[] = {
    BL_OUT(struct flash, q, 1, 16, "out"), BL_PARAM(struct flash, longer, 0, 0, 1, "for 30 fs"), { 0 }
};
static const struct bl_class flash_class = { .name = "flash", .help = "flashes", .size = sizeof(struct flash), .run = flash_run,
                                             .fields = flash_fields };

/* stuck: waits for its word for ever. */
struct stuck { struct bl_part p; bl_in d; };
enum { SHUT = BL_STALL };
static bl_verdict stuck_tick(void *self) { return ((struct stuck *)self)->d.w ? BL_NAP(SHUT) : BL_IDLE; }
static const struct bl_field stuck_fields[] = { BL_IN(struct stuck, d, 1, 16, "in"), BL_WAITS(SHUT, d), { 0 } };
static const struct bl_class stuck_class = { .name = "stuck", .help = "waits", .size = sizeof(struct stuck), .tick = stuck_tick,
                                             .fields = stuck_fields };

/* method: released when d moves; says its verdict in every second release, and returns another one each time. quiet never says any. */
struct method { struct bl_part p; bl_in d; int64_t quiet; uint64_t k; };
static bl_verdict method_run(void *self)
{
    struct method *t = self;

    if (!t->quiet && t->k % 2 == 0)
        bl_work(t, t->k % 4 ? DARK : BL_BUSY);
    return t->k++ % 2 ? DIM : BL_IDLE;
}
static const struct bl_field method_fields[] = {
    BL_IN(struct method, d, 1, 16, "in"), BL_PARAM(struct method, quiet, 0, 0, 1, "does not call bl_work"), BL_WAITS(DARK, d),
    BL_CAUSE(DIM, "little light"), BL_VIEW(struct method, k, 1, 64, "releases"), { 0 }
};
static const struct bl_class method_class = { .name = "method", .help = "a method", .size = sizeof(struct method), .run = method_run,
                                              .fields = method_fields };

static const struct bl_class *const works[] = { &lamp_class, &wire_class, &flash_class, &stuck_class, &method_class, &kp_put_class, NULL };

static struct bl_sim *played(const char *script)
{
    struct bl_sim *s = bl_open(works, kp_listen(&told));

    ck_assert_msg(kp_script(s, script) == 0 && bl_elaborate(s) == 0, "%s", told.text);
    return s;
}

static struct bl_verdict_row row(struct bl_sim *s, const char *path, uint32_t v)
{
    struct bl_verdict_row r;

    bl_verdict_at(s, bl_part_find(s, path), v, &r);
    return r;
}

/* ---- combinational parts ---- */

/* put makes a step at 0, 3000, 6000 ..: the value after the k-th is `first` + k. */
START_TEST(a_comb_part_has_an_account)
{
    struct bl_sim *s = played("clock c 1000 0; part p put; part l lamp; set p every 3; set p first 7; wire p.q l.d");
    struct bl_part_row r;

    bl_run(s, 0);
    for (uint64_t t = 700; t < 100000; t += 1300) {
        uint64_t spent[4] = { 0 };
        bl_run(s, t);
        for (uint64_t from = 0, k = 1; from < t; from += 3000, k++)
            spent[light((uint16_t)(7 + k))] += (t - from < 3000 ? t - from : 3000);
        for (uint32_t v = 0; v < 4; v++)
            ck_assert_uint_eq(row(s, "l", v).spent, spent[v]);
        kp_verdicts_add_up(s);
    }
    bl_part_at(s, bl_part_find(s, "l"), &r);
    ck_assert(r.elapsed == bl_now(s) && !r.in_cycles && !r.clock && r.verdicts == 4);
    bl_close(s);
}
END_TEST

START_TEST(a_wire_without_has_none)
{
    struct bl_sim *s = played("clock c 1000 0; part p put; part l wire; wire p.q l.d");
    struct bl_part_row r;

    bl_run(s, 50000);
    bl_part_at(s, bl_part_find(s, "l"), &r);
    ck_assert(r.elapsed == 0 && row(s, "l", BL_IDLE).spent == 0);
    bl_close(s);
}
END_TEST

START_TEST(no_time_is_booked_nowhere)
{
    struct bl_sim *s = played("part f flash; part l lamp; wire f.q l.d; part g flash; set g longer 1; part m lamp; wire g.q m.d");

    bl_run(s, 100);
    uint64_t before = bl_activations(s);
    bl_run(s, 10400);
    ck_assert_uint_gt(bl_activations(s) - before, 4 * 100);          /* it was lit and put out */
    ck_assert_uint_eq(row(s, "l", BL_BUSY).spent, 0);
    ck_assert_uint_eq(row(s, "l", BL_IDLE).spent, 10400);
    ck_assert_uint_eq(row(s, "f", BL_IDLE).spent, 10400);
    ck_assert_uint_eq(row(s, "m", BL_BUSY).spent, 80 * 30);
    ck_assert_uint_eq(row(s, "m", BL_BUSY).spent, row(s, "g", BL_BUSY).spent);
    kp_verdicts_add_up(s);
    bl_close(s);
}
END_TEST

/* Who waits on a wire waits for the part that works behind it, from the very start, and otherwise for the clocked part. A lamp that waits
 * itself passes the blame on. */
START_TEST(work_is_the_root_of_waits)
{
    struct bl_sim *s = played("clock c 1000 500; part p put; part l lamp; set p every 3; wire p.q l.d; part x stuck; wire l.q x.d;"
                             "part w wire; wire p.q w.d; part y stuck; wire w.q y.d");
    struct bl_wait_row w;
    uint64_t by_lamp[4] = { 0 }, passed = 0;

    bl_run(s, 90500);
    for (size_t i = 0; i < bl_wait_rows(s, bl_part_find(s, "x")); i++) {
        bl_wait_at(s, bl_part_find(s, "x"), i, &w);
        ck_assert_str_eq(w.peer, "l");
        by_lamp[i] = w.fs;
    }
    ck_assert_uint_eq(bl_wait_rows(s, bl_part_find(s, "y")), 2);
    bl_wait_at(s, bl_part_find(s, "y"), 0, &w);
    ck_assert_str_eq(w.peer, "p");
    for (uint32_t v = 0; v < 4; v++) {
        ck_assert_uint_eq(by_lamp[v], row(s, "l", v).spent - (v == BL_IDLE ? 500 : 0));       /* x stalls from its first edge on */
        ck_assert_uint_eq(row(s, "l", v).blamed_fs, v == DARK ? 0 : by_lamp[v]);
    }
    for (uint32_t v = 0; v < 2; v++)
        passed += row(s, "p", v).blamed_fs;
    ck_assert_uint_eq(passed, 90000 + 2 * by_lamp[DARK]);         /* y, and in the dark x and the lamp itself */
    bl_explain_wait(s, &told.diag);
    ck_assert_msg(strstr(told.text, "  x: shut, on port d, for l (") && strstr(told.text, "  y: shut, on port d, for p ("), "%s", told.text);
    bl_close(s);
}
END_TEST

/* A wait that begins as everything settles at the start is booked from then on, however late the first event is. */
START_TEST(a_wait_from_the_start)
{
    struct bl_sim *s = played("clock c 1000 40000; part p put; set p first 6; part l lamp; wire p.q l.d");

    bl_run(s, 40000 + 500);
    ck_assert_uint_eq(row(s, "l", DARK).spent, 40000);
    ck_assert_uint_eq(row(s, "p", BL_IDLE).blamed_fs, 40000);
    ck_assert_uint_eq(row(s, "l", DIM).spent, 500);
    bl_close(s);
}
END_TEST

START_TEST(work_costs_power)
{
    struct bl_sim *s = bl_open(works, kp_listen(&told));
    struct bl_price p = { .cls = "lamp", .item = "busy", .value = 7, .is_power = true, .tag = BL_FACT, .source = "a test" };

    ck_assert_int_eq(kp_script(s, "part g flash; set g longer 1; part m lamp; wire g.q m.d"), 0);
    kp_ok(bl_set_price(s, &p, NULL));
    kp_ok(bl_elaborate(s));
    bl_run(s, 1300);
    ck_assert(row(s, "m", BL_BUSY).energy == 7 * 300 && bl_energy(s) == 7 * 300);
    bl_close(s);
}
END_TEST

/* ---- methods ---- */

START_TEST(a_method_says_its_verdict)
{
    struct bl_sim *s = played("clock c 1000 0; part p put; part m method; wire p.q m.d; part n method; wire p.q n.d; set n quiet 1");
    size_t n = bl_save_bytes(s);
    void *bytes = malloc(n);

    /* Releases: the start, and each step at 0, 1000, ..; the first of each four says busy, the third dark. At 0 are two, so release
     * k >= 1 lasts from (k - 1) * 1000 on. */
    for (uint64_t t = 1000; t <= 80000; t += 1000) {
        uint64_t busy = 0, dark = 0, returned = 0;
        bl_run(s, t);
        for (uint64_t k = 1; k <= t / 1000; k++) {
            busy += k % 4 < 2 ? 1000 : 0;
            dark += k % 4 < 2 ? 0 : 1000;
            returned += k % 2 ? 1000 : 0;
        }
        ck_assert_uint_eq(row(s, "m", BL_BUSY).spent, busy);
        ck_assert_uint_eq(row(s, "m", DARK).spent, dark);
        ck_assert_uint_eq(row(s, "m", DIM).spent + row(s, "m", BL_IDLE).spent, 0);
        ck_assert_uint_eq(row(s, "n", DIM).spent, returned);
        ck_assert_uint_eq(row(s, "n", BL_IDLE).spent, t - returned);
        ck_assert_int_eq(bl_save(s, bytes, n), 0);               /* that it speaks for itself is state */
        bl_close(s);
        s = played("clock c 1000 0; part p put; part m method; wire p.q m.d; part n method; wire p.q n.d; set n quiet 1");
        kp_ok(bl_restore(s, bytes, n));
    }
    free(bytes);
    bl_close(s);
}
END_TEST

/* ---- who looks on ---- */

START_TEST(traces_show_work)
{
    struct bl_sim *s = played("clock c 10 0; part p put; set p every 3; part l lamp; wire p.q l.d; part w wire; wire p.q w.d");
    static const char *const globs[] = { "*.verdict" };
    struct bl_trace_opts o = { .globs = globs, .nglobs = 1 };
    struct bl_trace *t = bl_trace_begin(s, &ops, "x.fake", &o, NULL);

    ck_assert_ptr_nonnull(t);
    bl_run(s, 125);
    kp_ok(bl_trace_end(s, t));
    ck_assert_uint_eq(kp_peek(s, "l.verdict"), BL_BUSY);
    ck_assert_ptr_null(strstr(fake[0].text, "w.verdict"));
    const char *want[] = { "@0 l.verdict=1 p.verdict=1", "@30 l.verdict=2 p.verdict=1", "@60 l.verdict=3 p.verdict=1",
                           "@90 l.verdict=0 p.verdict=1", "@120 l.verdict=1 p.verdict=1" };
    for (int i = 0; i < 5; i++)
        ck_assert_msg(strstr(fake[0].text, want[i]) != NULL, "no '%s' in: %s", want[i], fake[0].text);
    bl_close(s);
}
END_TEST

START_TEST(why_tells_of_work)
{
    struct bl_sim *s = played("clock c 10 0; part p put; set p every 3; part l lamp; wire p.q l.d");

    kp_ok(bl_why(s, "l.verdict", &told.diag));
    bl_run(s, 55);
    bl_why_tell(s, &(struct bl_show){ kp_tell, &told });
    ck_assert_str_eq(told.text,
        "l.verdict busy -> dark at 30 fs, delta 1\n"
        "  by l at 30 fs, delta 1\n"
        "    because of p.q 1 -> 2 at 30 fs, delta 1\n"
        "      by p at 30 fs: edge 3 of clock c");
    bl_close(s);
}
END_TEST

START_TEST(classes_say_that_they_work)
{
    kp_listen(&told);
    bl_class_show(&lamp_class, &(struct bl_show){ kp_tell, &told });
    ck_assert_msg(!strncmp(told.text, "lamp: shines (combinational, with an account)\n", 46), "%s", told.text);
    kp_listen(&told);
    bl_class_show(&wire_class, &(struct bl_show){ kp_tell, &told });
    ck_assert_msg(!strncmp(told.text, "wire: shines (combinational)\n", 29), "%s", told.text);
}
END_TEST

/* ---- mistakes ---- */

struct wrong { struct bl_part p; bl_in d; bl_out q; int64_t in_init; bl_verdict v; };
static struct wrong *victim;             /* another part */
static int wrong_init(void *self)
{
    struct wrong *t = self;

    if (t->in_init)
        bl_work(t, BL_BUSY);
    return 0;
}
static bl_verdict wrong_tick(void *self) { bl_work(self, BL_BUSY); return BL_BUSY; }
static void wrong_comb(void *self) { bl_work(self, BL_BUSY); }
static void many_comb(void *self) { bl_work(self, 17); }
static void napper_comb(void *self) { bl_work(self, BL_NAP(BL_BUSY)); }
static void at_comb(void *self) { bl_work(self, BL_AT(DARK, 1)); }
static void other_comb(void *self) { (void)self; bl_work(victim, BL_BUSY); }
static bl_verdict early_run(void *self)
{
    struct wrong *t = self;

    BL_BEGIN(t);
    bl_work(t, BL_BUSY);
    AWAIT_TIME(5, BL_IDLE);
    BL_END;
}
static bl_verdict late_run(void *self)
{
    struct wrong *t = self;

    BL_BEGIN(t);
    AWAIT_TIME(5, BL_IDLE);
    bl_work(t, BL_BUSY);
    BL_END;
}
static const struct bl_field wrong_fields[] = {
    BL_IN_OPT(struct wrong, d, 1, 16, "in"), BL_OUT(struct wrong, q, 1, 16, "out"), BL_PARAM(struct wrong, in_init, 0, 0, 1, "in init"),
    BL_WAITS(DARK, d), { 0 }
};
#define WRONG(...) { .name = "wrong", .help = "", .size = sizeof(struct wrong), .init = wrong_init, .fields = wrong_fields, __VA_ARGS__ }
#define PROCESS "bl_work in a run between BL_BEGIN and BL_END; give the verdict to its AWAITs; at "
#define OUTSIDE "bl_work outside its own comb or run; only a part at work says what it does; at 0 s"
static const struct { struct bl_class c; int in_init; const char *text; } mistakes[] = {
    { WRONG(.comb = wrong_comb), 0, "bl_work in a combinational part without an account; its class must say .works = true; at 0 s" },
    { WRONG(.tick = wrong_tick), 0, "bl_work in a clocked part; return the verdict from its tick; at 0 s" },
    { WRONG(.comb = wrong_comb, .works = true), 1, OUTSIDE }, { WRONG(.comb = other_comb, .works = true), 0, OUTSIDE },
    { WRONG(.run = early_run), 0, PROCESS "0 s" }, { WRONG(.run = late_run), 0, PROCESS "5 fs" }, { WRONG(.run = late_run), 1, OUTSIDE },
    { WRONG(.comb = many_comb, .works = true), 0, "a verdict that its class does not declare; at 0 s" },
    { WRONG(.comb = napper_comb, .works = true), 0, "a verdict that its class does not declare; at 0 s" },
    { WRONG(.comb = at_comb, .works = true), 0,
      "dark waits at port 1 of those that it lists (BL_AT), and it lists 1; expected 0 for the first, and so on; at 0 s" },
};

static void elaborate_and_run(void *sim)
{
    if (bl_elaborate(sim))
        return;
    victim = bl_part_of(sim, "b");
    bl_run(sim, 100);
}

START_TEST(mistakes_are_told)
{
    const struct bl_class *const table[] = { &mistakes[_i].c, NULL };
    struct bl_sim *s = bl_open(table, kp_listen(&told));
    char text[1024], want[1024];

    kp_ok(bl_clock(s, "c", 10, 0, NULL));
    kp_ok(bl_add(s, "b", "wrong", NULL, NULL));
    kp_ok(bl_add(s, "a", "wrong", NULL, NULL));
    kp_setf(s, "b", "in_init", mistakes[_i].in_init);
    bool other = mistakes[_i].c.comb == other_comb;
    snprintf(want, sizeof want, "bitline: %s: %s\n", mistakes[_i].in_init || other ? "b" : "a", mistakes[_i].text);
    kp_aborts(elaborate_and_run, s, text, sizeof text);
    ck_assert_str_eq(text, want);
    bl_close(s);
}
END_TEST

static bl_verdict nothing_tick(void *self) { return self ? BL_IDLE : BL_BUSY; }
static void nothing_build(void *self) { (void)self; }

START_TEST(only_comb_classes_work)
{
    const struct bl_class bad[] = { WRONG(.tick = nothing_tick, .works = true), WRONG(.run = nothing_tick, .works = true),
                                    WRONG(.build = nothing_build, .works = true) };
    struct bl_sim *s = bl_open((const struct bl_class *const[]){ &bad[_i], NULL }, kp_listen(&told));

    ck_assert_int_eq(class_check(s, &bad[_i]), -1);
    ck_assert_str_eq(told.text, "class wrong: works is for a combinational class; a tick or a run has an account anyway");
    bl_close(s);
}
END_TEST

Suite *suite_work(void);
Suite *suite_work(void)
{
    Suite *s = suite_create("work");
    TCase *c = tcase_create("work");

    tcase_add_test(c, a_comb_part_has_an_account);
    tcase_add_test(c, a_wire_without_has_none);
    tcase_add_test(c, no_time_is_booked_nowhere);
    tcase_add_test(c, work_is_the_root_of_waits);
    tcase_add_test(c, a_wait_from_the_start);
    tcase_add_test(c, work_costs_power);
    tcase_add_test(c, a_method_says_its_verdict);
    tcase_add_test(c, traces_show_work);
    tcase_add_test(c, why_tells_of_work);
    tcase_add_test(c, classes_say_that_they_work);
    tcase_add_loop_test(c, mistakes_are_told, 0, sizeof mistakes / sizeof *mistakes);
    tcase_add_loop_test(c, only_comb_classes_work, 0, 3);
    suite_add_tcase(s, c);
    return s;
}
