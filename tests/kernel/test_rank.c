/* test_rank.c - combinational parts run after what they read, once; along pipes the taker ticks first; loops are named. */
#include "kernel/kernel.h"
#include "tests/rigs/kparts.h"

static const struct bl_class *const classes[] = { &kp_gen_class, &kp_sink_class, &kp_stage_class, &kp_join_class, &kp_fork_class,
    &kp_put_class, &kp_look_class, &kp_log_class, &kp_add_class, &kp_inv_class, NULL };

static struct kp_told told;

static struct bl_sim *opened(void) { return bl_open(classes, kp_listen(&told)); }

START_TEST(wires_settle_once_whatever_the_names)
{
    enum { N = 200 };                     /* p.q -> inv a chain of N, in an order unlike that of their names */
    struct bl_sim *s = opened();
    struct kp_rng r = { 3 };
    uint32_t name[N];
    char text[128];

    for (uint32_t i = 0; i < N; i++)
        name[i] = i;
    for (uint32_t i = N; i-- > 1;) {
        uint32_t k = kp_below(&r, i + 1), t = name[i];
        name[i] = name[k];
        name[k] = t;
    }
    kp_ok(kp_script(s, "clock c 10 0; part p put; part l log"));
    for (uint32_t i = 0; i < N; i++) {
        snprintf(text, sizeof text, "part i[%u] inv", name[i]);
        kp_ok(kp_script(s, text));
    }
    for (uint32_t i = 0; i < N; i++) {
        if (i)
            snprintf(text, sizeof text, "wire i[%u].y i[%u].a", name[i - 1], name[i]);
        else
            snprintf(text, sizeof text, "wire p.q i[%u].a", name[i]);
        kp_ok(kp_script(s, text));
    }
    snprintf(text, sizeof text, "wire i[%u].y l.d", name[N - 1]);
    kp_ok(kp_script(s, text));
    ck_assert_msg(bl_elaborate(s) == 0, "%s", told.text);
    bl_run(s, 10);
    uint64_t before = bl_activations(s);
    bl_run(s, 110);
    ck_assert_uint_eq(bl_activations(s) - before, 10 * (2 + N));
    const struct kp_log *l = bl_part_of(s, "l");
    for (uint32_t k = 0; k < 11; k++)
        ck_assert_uint_eq(l->at[k], k);   /* an even number of inverters, settled within each time */
    bl_close(s);
}
END_TEST

START_TEST(a_diamond_settles_in_one_pass)
{
    struct bl_sim *s = opened();

    /* a = p + q, b = ~p, c = a + b, d = c + a: names against the order. */
    kp_ok(kp_script(s, "clock x 10 0; part p put; part q put; set q step 7; part z add; part y inv; part b add; part a add; part l log;"
                       "wire p.q z.a; wire q.q z.b; wire p.q y.a; wire z.y b.a; wire y.y b.b; wire b.y a.a; wire z.y a.b; wire a.y l.d"));
    ck_assert_msg(bl_elaborate(s) == 0, "%s", told.text);
    bl_run(s, 640);
    const struct kp_log *l = bl_part_of(s, "l");
    for (uint32_t k = 0; k < 64; k++) {
        uint16_t p = (uint16_t)k, q = (uint16_t)(7 * k), z = (uint16_t)(p + q), b = (uint16_t)(z + (uint16_t)~p);
        ck_assert_uint_eq(l->at[k], (uint16_t)(b + z));
    }
    ck_assert_uint_le(bl_activations(s), 64 * (3 + 4) + 4);
    bl_close(s);
}
END_TEST

static const struct { const char *script, *told; } loops[] = {
    { "part a inv; wire a.y a.a", "f:1: combinational loop: a -> a; put a clocked part between" },
    { "part a inv; part b inv; part c inv; wire a.y b.a; wire b.y c.a; wire c.y a.a",
      "f:1: combinational loop: a -> b -> c -> a; put a clocked part between" },
    { "part a inv; part b inv; part c inv; wire a.y c.a; wire c.y b.a; wire b.y a.a",
      "f:1: combinational loop: a -> c -> b -> a; put a clocked part between" },
    /* of two loops one is named; what hangs on it is not part of it */
    { "part a add; part b inv; part c inv; part d inv; part e inv; wire c.y d.a; wire d.y c.a; wire d.y a.a; wire e.y a.b; wire a.y b.a;"
      "wire b.y e.a", "f:4: combinational loop: d -> c -> d; put a clocked part between" },
    { "clock c 10 0; part s stage; wire s.b s.a pipe", "f:2: loop of pipes (its ready signal would go round): s -> s; put a clocked part between" },
    { "clock c 10 0; part s stage; part t stage; part u stage; wire s.b t.a pipe; wire t.b u.a pipe; wire u.b s.a pipe",
      "f:2: loop of pipes (its ready signal would go round): s -> u -> t -> s; put a clocked part between" },
};

START_TEST(a_loop_is_named)
{
    struct bl_sim *s = opened();

    kp_ok(kp_script(s, loops[_i].script));
    ck_assert_int_eq(bl_elaborate(s), -1);
    ck_assert_str_eq(told.text, loops[_i].told);
    bl_close(s);
}
END_TEST

START_TEST(a_clocked_part_breaks_a_loop)
{
    struct bl_sim *s = opened();

    kp_ok(kp_script(s, "clock c 10 0; part s stage; part t stage; part u stage; wire s.b t.a pipe; wire t.b u.a pipe; wire u.b s.a d2"));
    ck_assert_msg(bl_elaborate(s) == 0, "%s", told.text);
    ck_assert_int_eq(bl_run(s, 1000), BL_END_STARVED);
    bl_close(s);
}
END_TEST

START_TEST(takers_stand_before_givers)
{
    for (uint64_t seed = 1; seed < 30; seed++) {
        struct kp_rng r = { seed };
        struct bl_sim *s = opened();
        enum { N = 90 };
        char text[128];
        uint32_t name[N];

        kp_ok(kp_script(s, "clock c 10 0"));
        for (uint32_t i = 0; i < N; i++)
            name[i] = i;
        for (uint32_t i = N; i-- > 1;) {
            uint32_t k = kp_below(&r, i + 1), t = name[i];
            name[i] = name[k];
            name[k] = t;
        }
        for (uint32_t i = 0; i < N; i++) {
            snprintf(text, sizeof text, "part n[%u] %s", name[i], i == 0 ? "gen" : i == N - 1 ? "sink" : "stage");
            kp_ok(kp_script(s, text));
            snprintf(text, sizeof text, "wire n[%u].%s n[%u].%s %s", i ? name[i - 1] : 0, i == 1 ? "x" : "b", name[i],
                     i == N - 1 ? "x" : "a", kp_below(&r, 3) ? "pipe" : "d2");
            if (i)
                kp_ok(kp_script(s, text));
        }
        ck_assert_msg(bl_elaborate(s) == 0, "%s", told.text);
        for (size_t i = 0; i < s->frozen.nrings; i++) {
            const struct bl_node *taker = s->frozen.nodes[s->frozen.links[i].pop_node], *giver = s->frozen.nodes[s->frozen.links[i].push_node];
            if (s->frozen.links[i].pipe)
                KP_HOLDS(taker->rank < giver->rank && taker->slot < giver->slot, "%s after %s", taker->path, giver->path);
        }
        bl_close(s);
    }
}
END_TEST

START_TEST(of_a_long_loop_both_ends_are_named)
{
    struct bl_sim *s = opened();
    char text[128];

    for (int i = 0; i < 2000; i++) {
        snprintf(text, sizeof text, "part n[%d] inv; wire n[%d].y n[%d].a", i, i, (i + 1) % 2000);
        kp_ok(kp_script(s, text));
    }
    ck_assert_int_eq(bl_elaborate(s), -1);
    ck_assert_ptr_nonnull(strstr(told.text, "combinational loop: n[0] -> n[1] -> "));
    ck_assert_ptr_nonnull(strstr(told.text, "n[32] -> (1936 more) -> n[1969] -> "));
    ck_assert_ptr_nonnull(strstr(told.text, " -> n[1999] -> n[0]; put"));
    bl_close(s);
}
END_TEST

Suite *suite_rank(void);
Suite *suite_rank(void)
{
    Suite *s = suite_create("rank");
    TCase *c = tcase_create("rank");

    tcase_add_test(c, wires_settle_once_whatever_the_names);
    tcase_add_test(c, a_diamond_settles_in_one_pass);
    tcase_add_loop_test(c, a_loop_is_named, 0, sizeof loops / sizeof *loops);
    tcase_add_test(c, a_clocked_part_breaks_a_loop);
    tcase_add_test(c, takers_stand_before_givers);
    tcase_add_test(c, of_a_long_loop_both_ends_are_named);
    suite_add_tcase(s, c);
    return s;
}
