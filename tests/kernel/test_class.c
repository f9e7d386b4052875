/* test_class.c - class tables: what a bad one is told, parameters from text, what a class prints of itself
 * (kernel/observe/show.c). */
#include "kernel/kernel.h"
#include "tests/rigs/kparts.h"

enum { TOO_WARM = BL_STALL, TOO_COLD };
struct all {
    struct bl_part p;
    bl_pop a;
    bl_push b;
    bl_in c;
    bl_out d;
    bl_event e;
    bl_tally f;
    int64_t whole, pick;
    double real;
    uint64_t time;
    struct bl_list list;
    int16_t seen[3];
    unsigned char *mem;
};

static bl_verdict all_tick(void *self)
{
    (void)self;
    return BL_NAP(BL_IDLE);
}

static void all_comb(void *self) { (void)self; }

#define T struct all
static const struct bl_field all_fields[] = {
    BL_POP_OPT(T, a, BL_BY(T, whole), 8, "items in"), BL_PUSH_OPT(T, b, 2, 17, "items out"), BL_IN_OPT(T, c, 1, 1, "word in"),
    BL_OUT(T, d, 1, 1, "word out"), BL_EVENT(T, e, "an event"), BL_TALLY(T, f, "a thing"),
    BL_PARAM(T, whole, 3, -4, 9, "a whole number"), BL_CHOICE(T, pick, 1, "red green blue", "a colour"),
    BL_REAL(T, real, 0.5, -1, 2.5, "a real number"), BL_TIME(T, time, 6 * BL_NS, BL_PS, BL_US, "a time"),
    BL_LIST(T, list, "1, -2", -5, 100, "a list"), BL_CAUSE(TOO_WARM, "the sun shines"), BL_WAITS(TOO_COLD, a),
    BL_VIEW(T, seen, 3, 12, "a view"), BL_MEM(T, mem, "bytes"), { 0 }
};
static const struct bl_class all_class = { .name = "all", .help = "has everything", .size = sizeof(T), .tick = all_tick,
                                           .fields = all_fields };

static struct kp_told told;

static struct bl_sim *with(const struct bl_class *const *classes)
{
    struct bl_sim *s = bl_open(classes, kp_listen(&told));

    kp_ok(bl_clock(s, "c", 10, 0, NULL));
    return s;
}

/* ---- parameters ---- */

static const struct bl_class *const all_table[] = { &all_class, NULL };

static const struct { const char *param, *text; int64_t value; const char *told; } settings[] = {
    { "whole", "9", 9, NULL }, { "whole", "-4", -4, NULL }, { "whole", "true", 1, NULL },
    { "whole", "false", 0, NULL },
    { "whole", "007", 7, NULL }, { "whole", "0x7", 0, "f:3: x.whole is '0x7'; expected a whole number" },
    { "whole", "10", 0, "f:3: x.whole is 10; expected -4 .. 9 (a whole number)" },
    { "whole", "-5", 0, "f:3: x.whole is -5; expected -4 .. 9 (a whole number)" },
    { "whole", "3.5", 0, "f:3: x.whole is '3.5'; expected a whole number" },
    { "whole", "", 0, "f:3: x.whole is ''; expected a whole number" },
    { "whole", "3x", 0, "f:3: x.whole is '3x'; expected a whole number" },
    { "whole", "99999999999999999999", 0, "f:3: x.whole is 99999999999999999999; expected -4 .. 9 (a whole number)" },
    { "whole", "True", 0, "f:3: x.whole is 'True'; expected a whole number" },
    { "pick", "red", 0, NULL }, { "pick", "blue", 2, NULL },
    { "pick", "gree", 0, "f:3: x.pick is 'gree'; expected one of: red green blue" },
    { "pick", "red green", 0, "f:3: x.pick is 'red green'; expected one of: red green blue" },
    { "pick", "", 0, "f:3: x.pick is ''; expected one of: red green blue" },
    { "real", "2.6", 0, "f:3: x.real is 2.6; expected -1 .. 2.5 (a real number)" },
    { "real", "nan", 0, "f:3: x.real is 'nan'; expected a number" },
    { "real", "much", 0, "f:3: x.real is 'much'; expected a number" },
    { "real", "inf", 0, "f:3: x.real is inf; expected -1 .. 2.5 (a real number)" },
    { "time", "7 ns", 7000000, NULL }, { "time", "1 GHz", 1000000, NULL },
    { "time", "2 us", 0, "f:3: x.time is 2 us; expected 1 ps .. 1 us" },
    { "time", "5", 0, "f:3: x.time: '5' has no unit; write it like '6 ns' or '200 MHz'" },
    { "list", "[1, two]", 0, "f:3: x.list is '[1, two]'; expected a list of at most 64 whole numbers, [1, 2, 3]" },
    { "list", "[1, 101]", 0, "f:3: x.list is [1, 101]; expected -5 .. 100 (a list)" },
    { "hole", "3", 0, "f:3: x: class all has no parameter 'hole'; did you mean 'whole'?" },
    { "f", "3", 0, "f:3: x: class all has no parameter 'f'; `bitline show all` lists what it has" },
    { "TOO_WARM", "3", 0, "f:3: x: class all has no parameter 'TOO_WARM'; `bitline show all` lists what it has" },
};

START_TEST(parameters_from_text)
{
    struct bl_sim *s = with(all_table);
    char name[64];

    kp_ok(bl_add(s, "x", "all", NULL, NULL));
    int bad = bl_set(s, "x", settings[_i].param, settings[_i].text, "f:3");
    ck_assert_str_eq(told.text, settings[_i].told ? settings[_i].told : "");
    ck_assert_int_eq(bad, settings[_i].told ? -1 : 0);
    const struct all *x = bl_part_of(s, "x");
    if (bad) {                            /* a refused value changes nothing */
        ck_assert(x->whole == 3 && x->pick == 1 && x->real == 0.5 && x->time == 6 * BL_NS && x->list.n == 2);
    } else {
        if (settings[_i].value > 0)       /* `whole` is the number of lanes of a */
            kp_ok(bl_elaborate(s));
        snprintf(name, sizeof name, "x.%s", settings[_i].param);
        ck_assert_uint_eq(kp_peek(s, name), (uint64_t)settings[_i].value);
    }
    bl_close(s);
}
END_TEST

START_TEST(presets_and_lists)
{
    struct bl_sim *s = with(all_table);
    char text[400] = "";

    kp_ok(bl_add(s, "x", "all", NULL, NULL));
    kp_ok(bl_add(s, "y", "all", NULL, NULL));
    kp_ok(bl_set(s, "y", "list", "[8, 9,10 , 011]", NULL));
    kp_ok(bl_set(s, "y", "list", " 5 6 7 ", NULL));
    kp_ok(bl_set(s, "y", "real", "1e-3", NULL));
    for (int i = 0; i < 65; i++)
        strcat(text, "1,");
    struct bl_sim *other = bl_open(all_table, &told.diag);
    kp_ok(bl_add(other, "x", "all", NULL, NULL));
    ck_assert_int_eq(bl_set(other, "x", "list", text, NULL), -1);
    bl_close(other);
    text[strlen(text) - 2] = 0;
    kp_ok(bl_set(s, "x", "list", text, NULL));
    kp_ok(bl_set(s, "x", "list", "[1, -2]", NULL));
    kp_ok(bl_elaborate(s));
    const struct all *x = bl_part_of(s, "x"), *y = bl_part_of(s, "y");
    ck_assert(x->whole == 3 && x->pick == 1 && x->real == 0.5 && x->time == 6 * BL_NS);
    ck_assert(x->list.n == 2 && x->list.v[0] == 1 && x->list.v[1] == -2 && x->list.v[2] == 0);
    ck_assert(y->list.n == 3 && y->list.v[0] == 5 && y->list.v[2] == 7 && y->list.v[3] == 0);
    ck_assert(y->real == 1e-3);
    ck_assert_uint_eq(kp_peek(s, "x.list[1]"), (uint64_t)-2);
    ck_assert_uint_eq(bl_pop_lanes(x->a), 3);
    bl_close(s);
}
END_TEST

/* ---- bad tables ---- */

static const struct bl_field wrong_order[] = { BL_CAUSE(TOO_COLD, "first"), BL_CAUSE(TOO_WARM, "second"), { 0 } };
static const struct bl_field no_port[] = {
    { .kind = BL_KIND_CAUSE, .name = "TOO_WARM", .help = "", .at = TOO_WARM, .text = "f" }, BL_TALLY(T, f, ""), { 0 }
};
static const struct bl_field twins[] = { BL_TALLY(T, f, ""), BL_PARAM(T, whole, 1, 0, 2, ""), BL_TALLY(T, f, ""), { 0 } };
static const struct bl_field outside[] = {
    { .kind = BL_KIND_INT, .name = "q", .help = "", .at = sizeof(T) - 4 }, { .kind = BL_KIND_INT, .name = "r", .help = "", .at = 8 }, { 0 }
};
static const struct bl_field channel[] = { BL_POP(T, a, 1, 8, ""), BL_PUSH(T, b, 1, 8, ""), { 0 } };

/* Arrays: too many; by a choice, by nothing; of tallies; reaching out of the struct; of channels in a combinational class. */
struct rows { struct bl_part p; bl_pops a, b; bl_ins c; bl_tally f[2]; int64_t pick, n; };
static const struct bl_field counts[] = {
    BL_POPS(struct rows, a, BL_PORTS_MOST + 1, 1, 8, ""), BL_POPS(struct rows, b, BL_BY(struct rows, pick), 1, 8, ""),
    BL_INS(struct rows, c, -(int32_t)offsetof(struct rows, f), 1, 8, ""),
    { .kind = BL_KIND_TALLY, .name = "f", .help = "", .at = offsetof(struct rows, f), .count = 2 },
    { .kind = BL_KIND_IN, .name = "d", .help = "", .at = sizeof(struct rows) - 8, .lanes = 1, .bits = 1, .count = 2 },
    BL_CHOICE(struct rows, pick, 0, "one two", ""), { 0 }
};
static const struct bl_field array_of_channels[] = { BL_POPS(struct rows, a, 2, 1, 8, ""), { 0 } };

struct locker { struct bl_part p; bl_lock one, two; bl_process who; };
static const struct bl_field locking[] = {
    BL_MUTEX(struct locker, one, "a mutex"), BL_SEMAPHORE(struct locker, two, 3, "three places"),
    BL_PROCESS(struct locker, who, "is controlled"), { 0 }
};
static bl_verdict locker_run(void *self) { return self ? BL_IDLE : BL_BUSY; }
static void locker_build(void *self) { (void)self; }
#define ALONE(f) "class bad: " f ": only a class with run has mutexes and semaphores and controls processes: for all others order would matter"
#define ALL_ALONE ALONE("one") "\n" ALONE("two") "\n" ALONE("who")

static const struct { struct bl_class c; const char *told; } bad_classes[] = {
    { { .name = "bad", .size = sizeof(struct locker), .tick = all_tick, .fields = locking }, ALL_ALONE },
    { { .name = "bad", .size = sizeof(struct locker), .comb = all_comb, .fields = locking }, ALL_ALONE },
    { { .name = "bad", .size = sizeof(struct locker), .build = locker_build, .fields = locking }, ALL_ALONE },
    { { .name = "bad", .size = sizeof(T), .tick = all_tick, .comb = all_comb }, "class bad: needs exactly one of tick, comb, run, build" },
    { { .name = "bad", .size = sizeof(T) }, "class bad: needs exactly one of tick, comb, run, build" },
    { { .name = "bad", .size = 8, .tick = all_tick }, "class bad: size 8 is smaller than struct bl_part, its first member" },
    { { .name = "bad", .size = sizeof(T), .tick = all_tick, .fields = wrong_order },
      "class bad: stall cause TOO_COLD has number 3; causes are tabled in the order of their enumeration, from BL_STALL up, each once" },
    { { .name = "bad", .size = sizeof(T), .tick = all_tick, .fields = no_port }, "class bad: stall cause TOO_WARM waits on 'f', which is no port" },
    { { .name = "bad", .size = sizeof(T), .tick = all_tick, .fields = twins }, "class bad: two fields are called f" },
    { { .name = "bad", .size = sizeof(T), .tick = all_tick, .fields = outside },
      "class bad: field q does not lie in its struct behind struct bl_part\n"
      "class bad: field r does not lie in its struct behind struct bl_part" },
    { { .name = "bad", .size = sizeof(T), .comb = all_comb, .fields = channel },
      "class bad: port a: a combinational class has words and wires, no channels\n"
      "class bad: port b: a combinational class has words and wires, no channels" },
    { { .name = "bad", .size = sizeof(struct rows), .tick = all_tick, .fields = counts },
      "class bad: port a is an array of 1025; expected 1 .. 1024\n"
      "class bad: port b is an array of as many as something says that is no whole-number parameter; expected a BL_PARAM\n"
      "class bad: port c is an array of as many as something says that is no whole-number parameter; expected a BL_PARAM\n"
      "class bad: f is a tally and has a count; only pops, pushes, inputs and outputs come in arrays\n"
      "class bad: field d does not lie in its struct behind struct bl_part" },
    { { .name = "bad", .size = sizeof(struct rows), .comb = all_comb, .fields = array_of_channels },
      "class bad: port a: a combinational class has words and wires, no channels" },
};

START_TEST(a_bad_table_is_told)
{
    const struct bl_class *const table[] = { &bad_classes[_i].c, NULL };
    struct bl_sim *s = with(table);

    ck_assert_int_eq(bl_add(s, "x", "bad", NULL, NULL), -1);
    ck_assert_str_eq(told.text, bad_classes[_i].told);
    bl_close(s);
}
END_TEST

/* ---- what a class says ---- */

START_TEST(a_class_shows_itself)
{
    bl_class_show(&all_class, &(struct bl_show){ kp_tell, (kp_listen(&told), &told) });
    ck_assert_str_eq(told.text,
        "all: has everything (clocked)\n"
        "  pop        a                whole x 8 bit, may stay open       items in\n"
        "  push       b                2 x 17 bit, may stay open          items out\n"
        "  in         c                1 x 1 bit, may stay open           word in\n"
        "  out        d                1 x 1 bit                          word out\n"
        "  event      e                                                   an event\n"
        "  tally      f                                                   a thing\n"
        "  parameter  whole            3    -4 .. 9                       a whole number\n"
        "  parameter  pick             green    one of: red green blue    a colour\n"
        "  parameter  real             0.5    -1 .. 2.5                   a real number\n"
        "  parameter  time             6 ns    1 ps .. 1 us               a time\n"
        "  parameter  list             1, -2    each -5 .. 100            a list\n"
        "  stall      too_warm                                            the sun shines\n"
        "  stall      too_cold         waits on a                         \n"
        "  view       seen             3 x 12 bit                         a view\n"
        "  memory     mem                                                 bytes");
}
END_TEST

START_TEST(locks_and_processes_are_shown)
{
    const struct bl_class c = { .name = "locker", .help = "locks", .size = sizeof(struct locker), .run = locker_run, .fields = locking };

    bl_class_show(&c, &(struct bl_show){ kp_tell, (kp_listen(&told), &told) });
    ck_assert_str_eq(told.text,
        "locker: locks (waiting, self-timed)\n"
        "  lock       one              a mutex                            \n"
        "  lock       two              a semaphore of 3 places            three places\n"
        "  process    who              wired to PART.process              is controlled");
}
END_TEST

START_TEST(classes_are_found_by_name)
{
    ck_assert_ptr_eq(bl_class_find(kp_classes, "stage"), &kp_stage_class);
    ck_assert_ptr_null(bl_class_find(kp_classes, "stag"));
    ck_assert_str_eq(bl_tag_name[BL_FACT], "fact");
    ck_assert_str_eq(bl_tag_name[BL_FREE], "free");
}
END_TEST

START_TEST(verdicts_are_named_in_small_letters)
{
    struct bl_sim *s = with(all_table);
    struct bl_part_row r;
    struct bl_verdict_row v;
    static const char *const names[] = { "idle", "busy", "too_warm", "too_cold" };

    kp_ok(bl_add(s, "x", "all", NULL, NULL));
    kp_ok(bl_elaborate(s));
    bl_part_at(s, 0, &r);
    ck_assert_uint_eq(r.verdicts, 4);
    ck_assert_uint_eq(r.tallies, 1);
    ck_assert_str_eq(r.cls, "all");
    ck_assert_str_eq(r.clock, "c");
    for (uint32_t i = 0; i < 4; i++) {
        bl_verdict_at(s, 0, i, &v);
        ck_assert_str_eq(v.name, names[i]);
    }
    ck_assert_str_eq(v.port, "a");
    bl_close(s);
}
END_TEST

Suite *suite_class(void);
Suite *suite_class(void)
{
    Suite *s = suite_create("class");
    TCase *c = tcase_create("class");

    tcase_add_loop_test(c, parameters_from_text, 0, sizeof settings / sizeof *settings);
    tcase_add_test(c, presets_and_lists);
    tcase_add_loop_test(c, a_bad_table_is_told, 0, sizeof bad_classes / sizeof *bad_classes);
    tcase_add_test(c, a_class_shows_itself);
    tcase_add_test(c, locks_and_processes_are_shown);
    tcase_add_test(c, classes_are_found_by_name);
    tcase_add_test(c, verdicts_are_named_in_small_letters);
    suite_add_tcase(s, c);
    return s;
}
