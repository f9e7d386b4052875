/* test_declare.c - what hosts and build functions declare: composites, what is refused at once and where, late calls; closing a
 * simulation at any stage. */
#include "kernel/kernel.h"
#include "tests/rigs/kp_abort.h"
#include "tests/rigs/kparts.h"

/* ---- composites: twice is two stages in a row, tower is two of those ---- */

struct twice { struct bl_part p; bl_pop a; bl_push b; int64_t lanes, bits; };

static void twice_build(void *self)
{
    struct twice *t = self;

    bl_child(t, "s[0]", "stage", NULL);
    bl_child(t, "s[1]", "stage", NULL);
    for (int i = 0; i < 2; i++) {
        bl_child_set(t, i ? "s[1]" : "s[0]", "lanes", "%lld", (long long)t->lanes);
        bl_child_set(t, i ? "s[1]" : "s[0]", "bits", "%lld", (long long)t->bits);
    }
    bl_child_wire(t, "s[0].b", "s[1].a", 2);
    bl_child_export(t, "a", "s[0].a");
    bl_child_export(t, "b", "s[1].b");
}

static void tower_build(void *self)
{
    struct twice *t = self;

    bl_child(t, "low", "twice", NULL);
    bl_child(t, "high", "twice", NULL);
    bl_child_wire(t, "low.b", "high.a", 1);
    bl_child_export(t, "a", "low.a");
    bl_child_export(t, "b", "high.b");
}

static void broken_build(void *self)
{
    bl_child(self, "x", "stag", NULL);
    bl_child_set(self, "y", "lanes", "%d", 3);
    bl_child(self, "z", "stage", NULL);
    bl_child_set(self, "z", "lanes", "%d", 0);
    bl_child(self, "z", "stage", NULL);
}

static const struct bl_field twice_fields[] = {
    BL_POP(struct twice, a, BL_BY(struct twice, lanes), BL_BY(struct twice, bits), "in"),
    BL_PUSH(struct twice, b, BL_BY(struct twice, lanes), BL_BY(struct twice, bits), "out"),
    KP_WIDE(struct twice), { 0 }
};
static const struct bl_class twice_class = { .name = "twice", .help = "two stages", .size = sizeof(struct twice),
                                             .build = twice_build, .fields = twice_fields };
static const struct bl_class tower_class = { .name = "tower", .help = "four stages", .size = sizeof(struct twice),
                                             .build = tower_build, .fields = twice_fields };
static const struct bl_class broken_class = { .name = "broken", .help = "does everything wrong", .size = sizeof(struct twice),
                                              .build = broken_build, .fields = twice_fields };

static const struct bl_class *const classes[] = { &twice_class, &tower_class, &broken_class, &kp_gen_class, &kp_sink_class,
    &kp_stage_class, &kp_put_class, &kp_look_class, NULL };

static struct kp_told told;

static struct bl_sim *opened(void) { return bl_open(classes, kp_listen(&told)); }
static void ready(struct bl_sim *s) { ck_assert_msg(bl_elaborate(s) == 0, "%s", told.text); }

/* ---- what is refused ---- */

static const struct { const char *script, *told; } refused[] = {
    { "clock c 10 0; clock c 20 0", "f:2: clock 'c' is declared twice" },
    { "clock c 0 0", "f:1: clock 'c' has period 0; expected at least 1 fs" },
    { "part a stag", "f:1: a: class 'stag' is not known; did you mean 'stage'?" },
    { "part a nothing", "f:1: a: class 'nothing' is not among this program's classes, nor in its modules; `bitline ls "
      "classes` lists bitline's own" },
    { "part a put; part b put; part a look", "f:3: part 'a' is declared twice; the first is at f:1" },
    { "part a..b put", "f:1: 'a..b' is no instance path; expected names of letters, digits and _, an index in [], joined by dots, at "
                       "most 400 characters" },
    { "part .a put", "f:1: '.a' is no instance path; expected names of letters, digits and _, an index in [], joined by dots, at most "
                     "400 characters" },
    { "part a-b put", "f:1: 'a-b' is no instance path; expected names of letters, digits and _, an index in [], joined by dots, at most "
                      "400 characters" },
    { "part first put; set firs step 3", "f:2: there is no part 'firs'; did you mean 'first'?" },
    { "part first put; set q step 3", "f:2: there is no part 'q'" },
    { "clock c 10 0; part a broken", "f:2: a, in build of class broken: a.x: class 'stag' is not known; did you mean 'stage'?\n"
      "f:2: a, in build of class broken: a.z.lanes is 0; expected 1 .. 4096 (lanes)\n"
      "f:2: a, in build of class broken: part 'a.z' is declared twice; the first is at f:2: a, in build of class broken\n"
      "f:2: a, in build of class broken: there is no part 'a.y'; did you mean 'a.z'?\n"
      "f:2: a: class broken exports no child's port as its own a (bl_child_export in build)\n"
      "f:2: a: class broken exports no child's port as its own b (bl_child_export in build)\n"
      "f:2: a, in build of class broken: a.z.a is a pop end and nothing is wired to it (items)\n"
      "f:2: a, in build of class broken: a.z.b is a push end and nothing is wired to it (items)" },
};

START_TEST(refused_with_the_place)
{
    struct bl_sim *s = opened();
    int bad = kp_script(s, refused[_i].script);

    bad |= bl_elaborate(s);
    ck_assert_int_eq(bad, -1);
    ck_assert_msg(strstr(told.text, refused[_i].told) == told.text, "'%s', expected '%s'", told.text, refused[_i].told);
    ck_assert_uint_gt(told.diag.errors, 0);
    bl_close(s);
}
END_TEST

START_TEST(nothing_is_declared_after_elaboration)
{
    struct bl_sim *s = opened();

    kp_ok(kp_script(s, "clock c 10 0; part a put"));
    ready(s);
    ck_assert_int_eq(kp_script(s, "clock d 10 0; part b put; set a step 3; wire a.q a.q"), -1);
    ck_assert_int_eq(bl_supply(s, "a", "x", "x", 1), -1);
    ck_assert_int_eq(bl_elaborate(s), -1);
    static const char *const what[] = { "f:1: a clock is declared", "f:2: a part is added", "f:3: a parameter is set",
                                        "f:4: a wire is drawn", "data are supplied",
                                        "elaboration is asked for again" };
    char want[2048] = "";
    for (size_t i = 0; i < sizeof what / sizeof *what; i++)
        snprintf(want + strlen(want), sizeof want - strlen(want), "%s%s after elaboration; declare everything before bl_elaborate",
                 i ? "\n" : "", what[i]);
    ck_assert_str_eq(told.text, want);
    ck_assert_int_eq(bl_run(s, 25), BL_END_LIMIT);
    bl_close(s);
}
END_TEST

START_TEST(closing_at_any_stage)
{
    bl_close(NULL);
    bl_close(opened());
    struct bl_sim *s = opened();
    kp_script(s, "clock c 10 0; part a put; part b gen; part c twice");
    bl_close(s);
    s = opened();
    kp_script(s, "clock c 10 0; part a put; part b gen; part c twice");
    ck_assert_int_eq(bl_elaborate(s), -1);
    ck_assert_int_eq(bl_run(s, 10), BL_END_FAILED);
    bl_close(s);
}
END_TEST

/* ---- composites ---- */

START_TEST(composites_are_what_is_inside)
{
    struct bl_sim *a = opened(), *b = bl_open(classes, &told.diag);
    struct bl_part_row r;

    kp_ok(kp_script(a, "clock c 10 0; part g gen; set g bits 33; set g n 50; part t tower; part k sink; set k bits 33; set k seed 0;"
                       "set k every 2; wire g.x t.a d2; wire t.b k.x d2"));
    ck_assert_int_eq(bl_elaborate(a), -1);       /* tower does not hand its bits down */
    ck_assert_str_eq(told.text, "f:11: t.b is 1 x 16 bit, k.x is 1 x 33 bit; expected equal widths\n"
                                "f:10: g.x is 1 x 33 bit, t.a is 1 x 16 bit; expected equal widths");
    bl_close(a);
    a = opened();
    kp_ok(kp_script(a, "clock c 10 0; part g gen; set g n 50; part t tower; part k sink; set k seed 0;"
                       "set k every 2; wire g.x t.a d2; wire t.b k.x d2"));
    ready(a);
    kp_ok(kp_script(b, "clock c 10 0; part g gen; set g n 50; part s[0] stage; part s[1] stage; part s[2] stage; part s[3] stage;"
                       "part k sink; set k seed 0; set k every 2; wire g.x s[0].a d2; wire s[0].b s[1].a d2; wire s[1].b s[2].a d1;"
                       "wire s[2].b s[3].a d2; wire s[3].b k.x d2"));
    ready(b);
    bl_run(a, 3000);
    bl_run(b, 3000);
    ck_assert_uint_eq(kp_peek(a, "k.got"), 50);
    ck_assert_uint_eq(kp_peek(a, "k.wrong"), 0);
    ck_assert_uint_eq(kp_peek(a, "k.last"), kp_peek(b, "k.last"));
    ck_assert_uint_eq(kp_peek(a, "t.high.s[1].moved"), 50);
    static const char *const order[] = { "g", "k", "t", "t.high", "t.high.s[0]", "t.high.s[1]", "t.low", "t.low.s[0]", "t.low.s[1]" };
    ck_assert_uint_eq(bl_part_count(a), 9);
    for (size_t i = 0; i < 9; i++) {
        bl_part_at(a, i, &r);
        ck_assert_str_eq(r.path, order[i]);
    }
    bl_close(a);
    bl_close(b);
}
END_TEST

/* A child may be set before its composite builds it. */
START_TEST(children_are_set_by_path)
{
    struct bl_sim *s = opened();

    kp_ok(kp_script(s, "clock c 10 0; part g gen; part t twice; part k sink; set t.s[1] lanes 1; wire g.x t.a d2; wire t.b k.x d2"));
    ready(s);
    bl_close(s);
    s = opened();
    kp_script(s, "clock c 10 0; part g gen; part t twice; part k sink; set t.s[1] lane 1; set t.s[2] lanes 1; wire g.x t.a d2;"
                 "wire t.b k.x d2");
    ck_assert_int_eq(bl_elaborate(s), -1);
    ck_assert_ptr_nonnull(strstr(told.text, "f:5: t.s[1]: class stage has no parameter 'lane'; did you mean 'lanes'?"));
    ck_assert_ptr_nonnull(strstr(told.text, "f:6: there is no part 't.s[2]'; did you mean 't.s[0]'?"));
    bl_close(s);
}
END_TEST

/* ---- what a build function says twice, or too late ---- */

static int late_init(void *self) { return bl_child(self, "x", "late", NULL), 0; }
static bl_verdict late_tick(void *self) { return self ? BL_BUSY : BL_IDLE; }
static void doubled_build(void *self)
{
    bl_child(self, "s", "stage", NULL);
    bl_child_export(self, "a", "s.a");
    bl_child_export(self, "b", "s.b");
    bl_child_export(self, "a", "s.a");
}
static const struct bl_class late_class = { .name = "late", .help = "adds a child in init", .size = sizeof(struct bl_part),
                                            .init = late_init, .tick = late_tick };
static const struct bl_class doubled_class = { .name = "doubled", .help = "exports twice", .size = sizeof(struct twice),
                                               .build = doubled_build, .fields = twice_fields };
static const struct bl_class *const unruly[] = { &late_class, &doubled_class, &kp_gen_class, &kp_stage_class, &kp_sink_class, NULL };

START_TEST(a_port_is_exported_once)
{
    struct bl_sim *s = bl_open(unruly, kp_listen(&told));

    kp_ok(kp_script(s, "clock c 10 0; part g gen; part d doubled; part k sink; wire g.x d.a d2; wire d.b k.x d2"));
    ck_assert_int_eq(bl_elaborate(s), -1);
    ck_assert_str_eq(told.text, "f:3: d, in build of class doubled: port 'a' is exported twice; a port is that of one child");
    ck_assert_uint_eq(bl_part_count(s), 0);
    bl_explain_wait(s, &told.diag);
    bl_close(s);
}
END_TEST

static void adds_late(void *script)
{
    struct bl_sim *s = bl_open(unruly, NULL);

    kp_ok(kp_script(s, script));
    bl_elaborate(s);
}

START_TEST(children_are_added_in_build_only)
{
    char text[256];

    kp_aborts(adds_late, (char[]){ "clock c 10 0; part z late" }, text, sizeof text);
    ck_assert_str_eq(text, "bitline: z: bl_child outside build; at 0 s\n");
}
END_TEST

Suite *suite_declare(void);
Suite *suite_declare(void)
{
    Suite *s = suite_create("declare");
    TCase *c = tcase_create("declare");

    tcase_add_loop_test(c, refused_with_the_place, 0, sizeof refused / sizeof *refused);
    tcase_add_test(c, nothing_is_declared_after_elaboration);
    tcase_add_test(c, closing_at_any_stage);
    tcase_add_test(c, composites_are_what_is_inside);
    tcase_add_test(c, children_are_set_by_path);
    tcase_add_test(c, a_port_is_exported_once);
    tcase_add_test(c, children_are_added_in_build_only);
    suite_add_tcase(s, c);
    return s;
}
