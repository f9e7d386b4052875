/* test_shape.c - widths that come from wires, computed ones, in any order of lines; loops, contradictions, open ports, composites. */
#include "kernel/kernel.h"
#include "tests/rigs/kparts.h"

/* ---- pass: a to b of one width; grow: b has one bit more; twin: a word in, a word out, both may stay open; end: takes ---- */

struct pass { struct bl_part p; bl_pop a; bl_push b; int64_t lanes, bits, wide; };
struct word { struct bl_part p; bl_in d; bl_out q; int64_t lanes, bits; };

static bl_verdict sleeps(void *self) { return self ? BL_NAP(BL_IDLE) : BL_IDLE; }
static int pass_shape(void *self)
{
    struct pass *t = self;

    t->wide = t->bits + 1;
    return t->wide <= 12 ? 0 : bl_refuse(t, "bits is %lld; a sum has one more, expected at most 11", (long long)t->bits);
}
static int mute_shape(void *self) { return self ? -1 : 0; }

#define T struct pass
#define SIZES BL_SIZE(T, lanes, 64, "values"), BL_SIZE(T, bits, 16, "bits of a value")
static const struct bl_field pass_fields[] = { BL_POP(T, a, BL_BY(T, lanes), BL_BY(T, bits), "items"),
    BL_PUSH(T, b, BL_BY(T, lanes), BL_BY(T, bits), "items"), SIZES, { 0 } };
static const struct bl_field grow_fields[] = { BL_POP(T, a, BL_BY(T, lanes), BL_BY(T, bits), "items"),
    BL_PUSH(T, b, BL_BY(T, lanes), BL_BY(T, wide), "sums"), SIZES, BL_COMPUTED(T, wide, "bits + 1"), { 0 } };
static const struct bl_field end_fields[] = { BL_POP(T, a, BL_BY(T, lanes), BL_BY(T, bits), "items"), SIZES, { 0 } };
static const struct bl_field idle_fields[] = { BL_POP_OPT(T, a, BL_BY(T, lanes), BL_BY(T, bits), "items"),
    BL_PUSH_OPT(T, b, BL_BY(T, lanes), 8, "items"), SIZES, { 0 } };
#undef T
#define T struct word
static const struct bl_field word_fields[] = { BL_IN_OPT(T, d, BL_BY(T, lanes), BL_BY(T, bits), "a word"),
    BL_OUT(T, q, BL_BY(T, lanes), BL_BY(T, bits), "a word"), SIZES, { 0 } };
#undef T
#define CLASS(n, s, ...) static const struct bl_class n##_class = { .name = #n, .help = "-", .size = sizeof(struct s), .fields = n##_fields, \
                                                                    __VA_ARGS__ }
CLASS(pass, pass, .tick = sleeps);
CLASS(grow, pass, .tick = sleeps, .shape = pass_shape);
CLASS(end, pass, .tick = sleeps);
CLASS(idle, pass, .tick = sleeps);
CLASS(word, word, .tick = sleeps);
#define mute_fields end_fields
CLASS(mute, pass, .tick = sleeps, .shape = mute_shape);

/* two passes in a row, its sizes its own; hard: of 3 x 5 */
static void pair_build(void *self)
{
    struct pass *t = self;

    bl_child(t, "low", "pass", NULL);
    bl_child(t, "high", "pass", NULL);
    if (t->wide)
        bl_child_set(t, "high", "bits", "%d", 5);
    bl_child_wire(t, "low.b", "high.a", 2);
    bl_child_export(t, "a", "low.a");
    bl_child_export(t, "b", "high.b");
}
#define T struct pass
static const struct bl_field pair_fields[] = { BL_POP(T, a, BL_BY(T, lanes), BL_BY(T, bits), "items"),
    BL_PUSH(T, b, BL_BY(T, lanes), BL_BY(T, bits), "items"), SIZES, BL_PARAM(T, wide, 0, 0, 1, "the high one has 5 bits"), { 0 } };
#undef T
CLASS(pair, pass, .build = pair_build);

static const struct bl_class *const classes[] = { &pass_class, &grow_class, &end_class, &idle_class, &word_class, &mute_class, &pair_class,
    &kp_gen_class, &kp_sink_class, NULL };

static struct kp_told told;

static struct bl_sim *shaped(const char *script)
{
    struct bl_sim *s = bl_open(classes, kp_listen(&told));

    kp_ok(kp_script(s, script));
    ck_assert_msg(bl_elaborate(s) == 0, "%s", told.text);
    return s;
}

/* ---- what comes out, "PATH.PARAM=value ..." ---- */

static const struct { const char *script, *out; } fit[] = {
    /* on, back, and both at once: gen is 3 x 7, sink 5 x 9 */
    { "clock c 1 0; part g gen; set g lanes 3; set g bits 7; part x[1] pass; part x[2] pass; part e end; wire g.x x[1].a d2; "
      "wire x[1].b x[2].a d2; wire x[2].b e.a d2", "x[1].lanes=3 x[2].bits=7 e.lanes=3 e.bits=7" },
    { "clock c 1 0; part x[1] pass; part x[2] pass; part s sink; set s lanes 5; set s bits 9; part i grow; part g gen; set g lanes 5; "
      "set g bits 8; wire g.x i.a d1; wire i.b x[1].a p; wire x[1].b x[2].a d2; wire x[2].b s.x d2",
      "x[1].lanes=5 x[2].bits=9 i.bits=8 i.wide=9" },
    { "clock c 1 0; part g gen; set g bits 4; part w[1] grow; part w[2] grow; part w[3] grow; part e end; wire g.x w[1].a d2; "
      "wire w[1].b w[2].a d2; wire w[2].b w[3].a d2; wire w[3].b e.a d2", "w[1].wide=5 w[2].wide=6 w[3].wide=7 e.bits=7 e.lanes=1" },
    /* words; one says lanes, the other bits */
    { "clock c 1 0; part a word; set a lanes 3; part b word; set b bits 11; wire a.q b.d", "a.bits=11 b.lanes=3" },
    /* a loop of parts, one of which says it */
    { "clock c 1 0; part a pass; part b pass; set b lanes 2; set a bits 6; wire a.b b.a d2; wire b.b a.a d2", "a.lanes=2 b.bits=6" },
    /* nothing wired: 0 stays; one of two ports wired */
    { "clock c 1 0; part a idle; part b word", "a.lanes=0 a.bits=0 b.bits=0" },
    { "clock c 1 0; part a idle; part e end; wire a.b e.a d1", "a.lanes=LOOP" },
    { "clock c 1 0; part a idle; part e end; set e lanes 9; wire a.b e.a d1", "a.lanes=9 a.bits=0 e.bits=8" },
    /* composites, from outside and from inside */
    { "clock c 1 0; part g gen; set g lanes 2; set g bits 3; part p pair; part e end; wire g.x p.a d1; wire p.b e.a d1",
      "p.low.lanes=2 p.high.bits=3 e.bits=3 e.lanes=2" },
    { "clock c 1 0; part a pass; set a lanes 6; part p pair; set p wide 1; part e end; wire a.b p.a d1; wire p.b a.a d1; part b pass; "
      "wire b.b e.a d1; part g gen; wire g.x b.a d1", "a.bits=5 p.low.bits=5 p.high.lanes=6 e.bits=16" },
};

static void check_out(struct bl_sim *s, const char *out)
{
    char name[40];
    long long v;

    for (int n; sscanf(out, " %39[^=]=%lld%n", name, &v, &n) == 2; out += n)
        KP_HOLDS(kp_peek(s, name) == (uint64_t)v, "%s is %llu, expected %lld", name, (unsigned long long)kp_peek(s, name), v);
}

START_TEST(widths_come_from_wires)
{
    struct bl_sim *s;

    if (strstr(fit[_i].out, "LOOP")) {
        s = bl_open(classes, kp_listen(&told));
        kp_ok(kp_script(s, fit[_i].script));
        ck_assert_int_eq(bl_elaborate(s), -1);
        ck_assert_str_eq(told.text, "f:2: a: nothing says how wide it is: each of these waits for a wire of another: a.lanes, e.lanes; give one of "
                                    "them");
    } else {
        s = shaped(fit[_i].script);
        check_out(s, fit[_i].out);
        ck_assert_int_ne(bl_run(s, 100), BL_END_FAILED);
    }
    bl_close(s);
}
END_TEST

/* The lines that wire and set in any order, and the same with the parts declared backwards. */
START_TEST(order_of_lines_changes_nothing)
{
    static const char *const part[] = { "part g gen;", "part w[1] grow;", "part w[2] grow;", "part x pass;", "part p pair;", "part e end;" };
    static const char *const line[] = { "set g bits 4;", "wire g.x w[1].a d2;", "wire w[1].b x.a d2;", "wire x.b w[2].a d3;",
        "wire w[2].b p.a d1;", "wire p.b e.a d2;", "set g lanes 3;" };
    enum { P = sizeof part / sizeof *part, L = sizeof line / sizeof *line };
    struct bl_sim *first = NULL;

    for (uint32_t k = 0; k < 2 * L; k++) {
        char script[600] = "clock c 1 0;";
        for (uint32_t i = 0; i < P; i++)
            strcat(script, part[k & 1 ? P - 1 - i : i]);
        for (uint32_t i = 0; i < L; i++)
            strcat(script, line[k & 1 ? (2 * L - 1 - i + k / 2) % L : (i + k / 2) % L]);
        struct bl_sim *s = shaped(script);
        check_out(s, "e.bits=6 p.low.bits=6 w[2].wide=6 x.lanes=3");
        bl_run(s, 1000);
        if (first)
            KP_HOLDS(bl_state_equal(first, s), "another state in order %u", k);
        if (first)
            bl_close(s);
        else
            first = s;
    }
    bl_close(first);
}
END_TEST

/* ---- what is refused ---- */

static const struct { const char *script, *told; } unfit[] = {
    /* a number that is set and differs: the usual error, whichever end has it */
    { "clock c 1 0; part g gen; set g bits 7; part e end; set e bits 8; wire g.x e.a d1",
      "f:6: g.x is 1 x 7 bit, e.a is 1 x 8 bit; expected equal widths" },
    { "clock c 1 0; part g gen; part x pass; part s sink; set s bits 9; wire g.x x.a d1; wire x.b s.x d1",
      "f:6: g.x is 1 x 16 bit, x.a is 1 x 9 bit; expected equal widths" },
    { "clock c 1 0; part g gen; part x pass; part s sink; set s bits 9; wire x.b s.x d1; wire g.x x.a d1",
      "f:7: g.x is 1 x 16 bit, x.a is 1 x 9 bit; expected equal widths" },
    { "clock c 1 0; part a pass; part b pass; wire a.b b.a d2; wire b.b a.a d2", "f:2: a: nothing says how wide it is: each of these waits "
      "for a wire of another: a.lanes, a.bits, b.lanes, b.bits; give one of them" },
    { "clock c 1 0; part a pass; part b pass; part y pass; part z grow; set z lanes 1; wire a.b b.a d2; wire b.b a.a d2; wire z.b y.a d1; "
      "wire y.b z.a d1",
      "f:2: a: nothing says how wide it is: each of these waits for a wire of another: a.lanes, a.bits, b.lanes, b.bits; give one of them\n"
      "f:4: y: nothing says how wide it is: each of these waits for a wire of another: y.bits, z.bits; give one of them" },
    { "clock c 1 0; part a grow; set a bits 11; set a lanes 1; part b grow; wire a.b b.a d1; wire b.b a.a d1",
      "f:5: b: bits is 12; a sum has one more, expected at most 11" },
    { "clock c 1 0; part a grow; set a bits 3; set a lanes 1; part b grow; wire a.b b.a d1; wire b.b a.a d1",
      "f:7: b.b is 1 x 5 bit, a.a is 1 x 3 bit; expected equal widths" },
    { "clock c 1 0; part g gen; set g lanes 65; part e end; wire g.x e.a d1",
      "f:5: e.lanes takes 65 from the wire at a; expected 1 .. 64 (values)" },
    { "clock c 1 0; part g gen; part e mute; wire g.x e.a d1", "e: shape refused its parameters" },
    { "clock c 1 0; part g gen; part e en; part f end; wire g.y f.a d1", "f:3: e: class 'en' is not known; did you mean 'end'?\n"
      "f:5: g: class gen has no port 'y'" },
};

START_TEST(refused_with_the_place)
{
    struct bl_sim *s = bl_open(classes, kp_listen(&told));

    kp_script(s, unfit[_i].script);
    ck_assert_int_eq(bl_elaborate(s), -1);
    ck_assert_msg(strstr(told.text, unfit[_i].told) == told.text, "'%s', expected '%s'", told.text, unfit[_i].told);
    bl_close(s);
}
END_TEST

START_TEST(a_long_loop_names_six)
{
    struct bl_sim *s = bl_open(classes, kp_listen(&told));
    char text[100];

    kp_ok(kp_script(s, "clock c 1 0"));
    for (int i = 0; i < 10; i++) {
        snprintf(text, sizeof text, "part x[%d] pass; set x[%d] bits 4; wire x[%d].b x[%d].a d1", i, i, i, (i + 1) % 10);
        kp_ok(kp_script(s, text));
    }
    ck_assert_int_eq(bl_elaborate(s), -1);
    ck_assert_msg(strstr(told.text, "another: x[0].lanes, x[1].lanes, x[2].lanes, x[3].lanes, x[4].lanes, x[5].lanes and 4 more; give one of them"),
                  "%s", told.text);
    ck_assert_uint_eq(told.diag.errors, 1);
    bl_close(s);
}
END_TEST

/* A line of ten thousand parts, its width at the far end: to and fro it takes one round. */
START_TEST(a_long_line)
{
    enum { N = 10000 };
    struct bl_sim *s = bl_open(classes, kp_listen(&told));
    char text[120];

    kp_ok(kp_script(s, "clock c 1 0; part e sink; set e lanes 7; part g idle"));
    for (int i = 0; i < N; i++) {
        snprintf(text, sizeof text, i ? "part x[%d] pass; wire x[%d].b x[%d].a d1" : "part x[%d] pass; wire g.b x[0].a d1", i, i - 1, i);
        kp_ok(kp_script(s, text));
    }
    kp_ok(kp_script(s, "wire x[9999].b e.x d1; set e bits 8"));
    ck_assert_msg(bl_elaborate(s) == 0, "%s", told.text);
    check_out(s, "x[0].lanes=7 g.lanes=7 x[5000].bits=8");
    bl_close(s);
}
END_TEST

/* ---- the class ---- */

START_TEST(nobody_sets_a_computed_number)
{
    struct bl_sim *s = bl_open(classes, kp_listen(&told));

    kp_script(s, "clock c 1 0; part a grow; set a wide 3");
    ck_assert_str_eq(told.text, "f:3: a.wide cannot be set: class grow computes it (bits + 1)");
    bl_close(s);
}
END_TEST

START_TEST(who_computes_has_a_shape)
{
    static const struct bl_class lazy = { .name = "lazy", .help = "-", .size = sizeof(struct pass), .tick = sleeps, .fields = grow_fields };
    static const struct bl_class *const one[] = { &lazy, NULL };
    struct bl_sim *s = bl_open(one, kp_listen(&told));

    ck_assert_int_eq(bl_add(s, "a", "lazy", NULL, NULL), -1);
    ck_assert_str_eq(told.text, "class lazy: wide is computed, and the class has no shape to do so");
    bl_close(s);
}
END_TEST

static void keep_line(void *ctx, const char *line) { snprintf((char *)ctx + strlen(ctx), 2000 - strlen(ctx), "%s\n", line); }

START_TEST(shown_as_what_they_are)
{
    char text[2000] = "";

    bl_class_show(&grow_class, &(struct bl_show){ keep_line, text });
    ck_assert_msg(strstr(text, "  push       b                lanes x wide bit                   sums\n"), "%s", text);
    ck_assert_msg(strstr(text, "  parameter  lanes            of the wire    1 .. 64             values\n"), "%s", text);
    ck_assert_msg(strstr(text, "  computed   wide             of its parameters                  bits + 1\n"), "%s", text);
}
END_TEST

Suite *suite_shape(void);
Suite *suite_shape(void)
{
    Suite *s = suite_create("shape");
    TCase *c = tcase_create("shape");

    tcase_add_loop_test(c, widths_come_from_wires, 0, sizeof fit / sizeof *fit);
    tcase_add_test(c, order_of_lines_changes_nothing);
    tcase_add_loop_test(c, refused_with_the_place, 0, sizeof unfit / sizeof *unfit);
    tcase_add_test(c, a_long_loop_names_six);
    tcase_add_test(c, a_long_line);
    tcase_add_test(c, nobody_sets_a_computed_number);
    tcase_add_test(c, who_computes_has_a_shape);
    tcase_add_test(c, shown_as_what_they_are);
    suite_add_tcase(s, c);
    return s;
}
