/* test_peek.c - looking by name, and comparing the states of two simulations. */
#include "kernel/kernel.h"
#include "tests/rigs/kparts.h"

struct eye { struct bl_part p; bl_out q, wide; uint8_t small; int16_t some[4]; int64_t n; double real; bl_tally seen; };

static bl_verdict eye_tick(void *self)
{
    struct eye *t = self;

    for (uint32_t i = 0; i < 3; i++)
        bl_put32(t->q)[i] = 1000 * i + (uint32_t)bl_cycle(t);
    bl_put64(t->wide)[0]++;
    t->small = 200;
    for (int i = 0; i < 4; i++)
        t->some[i] = (int16_t)(-1 - i);
    charge(&t->seen, 3);
    return BL_BUSY;
}

static const struct bl_field eye_fields[] = {
    BL_OUT(struct eye, q, 3, 20, "three"), BL_OUT(struct eye, wide, 1, 65, "wide"), BL_VIEW(struct eye, small, 1, 8, "a byte"),
    BL_VIEW(struct eye, some, 4, 16, "some"), BL_PARAM(struct eye, n, -3, -5, 5, "a number"), BL_REAL(struct eye, real, 1.5, 0, 2, "a real"),
    BL_TALLY(struct eye, seen, "looks"), { 0 }
};
static const struct bl_class eye_class = { .name = "eye", .help = "is seen", .size = sizeof(struct eye), .tick = eye_tick,
                                           .fields = eye_fields };
static const struct bl_class *const classes[] = { &eye_class, &kp_gen_class, &kp_sink_class, NULL };

static struct kp_told told;

static struct bl_sim *built(const char *more)
{
    struct bl_sim *s = bl_open(classes, kp_listen(&told));

    ck_assert_msg(kp_script(s, "clock c 10 0; part top.e[3] eye; part g gen; part k sink; set k every 3; wire g.x k.x d4") == 0 &&
                  kp_script(s, more) == 0 && bl_elaborate(s) == 0, "%s", told.text);
    return s;
}

static const struct { const char *name; int found; uint64_t value; } peeks[] = {
    { "top.e[3].q", 0, 9 }, { "top.e[3].q[0]", 0, 9 }, { "top.e[3].q[2]", 0, 2009 }, { "top.e[3].q[3]", -1, 0 },
    { "top.e[3].wide", -1, 0 }, { "top.e[3].small", 0, 200 }, { "top.e[3].some[1]", 0, 0xfffe }, { "top.e[3].some[4]", -1, 0 },
    { "top.e[3].n", 0, (uint64_t)-3 }, { "top.e[3].real", 0, UINT64_C(0x3ff8000000000000) }, { "top.e[3].seen", 0, 30 },
    { "top.e[3].verdict", 0, 1 }, { "g.x", 0, 3 }, { "k.x", 0, 3 }, { "k.got", 0, 3 },
    { "g.x[0]", 0, 3 }, { "g.n", 0, 0 },
    { "top.e[3].nothing", -1, 0 }, { "top.e[2].q", -1, 0 }, { "top", -1, 0 }, { "", -1, 0 }, { ".", -1, 0 }, { "top.e[3].", -1, 0 },
    { "top.e[3].q[", -1, 0 }, { "top.e[3].q[1", -1, 0 }, { "top.e[3].q[x]", -1, 0 }, { "top.e[3].q[1]x", -1, 0 },
    { "top.e[3].q[-1]", -1, 0 }, { "top.e[3].q[4294967296]", -1, 0 }, { "top.e[3].seen[1]", -1, 0 }, { "top.e[3].n[1]", -1, 0 },
    { "g.x[1]", -1, 0 }, { "top.e[3].verdict[1]", -1, 0 }, { "top.e[3].q[]", -1, 0 },
};

START_TEST(peeking_by_name)
{
    struct bl_sim *s = built("");
    uint64_t v = 77;

    bl_run(s, 100);
    int found = bl_peek(s, peeks[_i].name, &v);
    ck_assert_msg(found == peeks[_i].found, "%s gave %d", peeks[_i].name, found);
    if (!found)
        ck_assert_uint_eq(v, peeks[_i].value);
    bl_close(s);
}
END_TEST

START_TEST(parameters_only_before_elaboration)
{
    struct bl_sim *s = bl_open(classes, kp_listen(&told));
    uint64_t v;

    kp_ok(kp_script(s, "clock c 10 0; part e eye"));
    ck_assert_int_eq(bl_peek(s, "e.q", &v), -1);
    ck_assert_int_eq(bl_peek(s, "e.seen", &v), -1);
    ck_assert_int_eq(bl_peek(s, "e.verdict", &v), -1);
    ck_assert_uint_eq(kp_peek(s, "e.n"), (uint64_t)-3);      /* parameters are there */
    bl_close(s);
}
END_TEST

/* Every kind of difference in the state is seen, and comparing changes nothing. */
START_TEST(states_differ_by_any_byte)
{
    struct bl_sim *a = built(""), *b = built("");

    bl_run(a, 500);
    bl_run(b, 500);
    ck_assert(bl_state_equal(a, b));
    struct eye *e = bl_part_of(b, "top.e[3]");
    struct kp_gen *g = bl_part_of(b, "g");
    e->small ^= 1;
    ck_assert(!bl_state_equal(a, b));
    e->small ^= 1;
    g->p.draws++;
    ck_assert(!bl_state_equal(a, b));
    g->p.draws--;
    g->x.r->data[1] ^= 4;
    ck_assert(!bl_state_equal(a, b));
    g->x.r->data[1] ^= 4;
    ck_assert(bl_state_equal(a, b));
    ck_assert(bl_state_equal(a, a));
    bl_run(a, 1000);
    bl_run(b, 1000);
    ck_assert(bl_state_equal(a, b));
    struct bl_sim *c = built("set g seed 4");
    bl_run(c, 1000);
    ck_assert(!bl_state_equal(a, c));
    bl_close(a);
    bl_close(b);
    bl_close(c);
}
END_TEST

Suite *suite_peek(void);
Suite *suite_peek(void)
{
    Suite *s = suite_create("peek");
    TCase *c = tcase_create("peek");

    tcase_add_loop_test(c, peeking_by_name, 0, sizeof peeks / sizeof *peeks);
    tcase_add_test(c, parameters_only_before_elaboration);
    tcase_add_test(c, states_differ_by_any_byte);
    suite_add_tcase(s, c);
    return s;
}
