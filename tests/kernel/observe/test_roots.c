/* test_roots.c - who is at the root of waits, also through parts that rest themselves and in rings; what all blame is what all waited. */
#include "kernel/kernel.h"
#include "tests/rigs/resting.h"

/* An order is one cycle on its way to who answers, and so is the answer. */
START_TEST(a_word_on_its_way)
{
    struct bl_sim *s = made("clock c 1000 0; part q asks; part v serves; wire q.order v.order; wire v.got q.got");
    struct bl_root_row r;

    bl_run(s, 100000);
    /* asks: busy 1, then waits 1 (order on its way, v idle) .. */
    struct bl_time_row q = times(s, "q"), v = times(s, "v");
    ck_assert_uint_eq(q.busy, 5);
    ck_assert_uint_eq(v.busy, 15);
    ck_assert_uint_eq(q.waits, 5 * 3);
    ck_assert_uint_eq(v.starved, 4 * 1);
    bl_roots(s, &r);
    ck_assert_uint_eq(r.ring, 0);
    ck_assert_uint_eq(all_roots(s), all_waits(s));
    bl_close(s);
}
END_TEST

/* ---- sums, in whatever order, asleep or not, in pieces, around a snapshot ---- */

static void random_net(struct bl_sim *s, uint64_t seed)
{
    struct kp_rng r = { seed };
    char text[240];

    ck_assert_int_eq(kp_script(s, "clock c 1000 0; part k take"), 0);
    for (int i = 0; i < 6; i++) {
        snprintf(text, sizeof text, "part s[%d] slow; set s[%d] every %d; set s[%d] from %d; set s[%d] n %d; part p[%d] pass; set p[%d] idle %d", i, i,
                 (int)(1 + kp_below(&r, 9)), i, (int)kp_below(&r, 60), i, (int)(1 + kp_below(&r, 20)), i, i, (int)kp_below(&r, 2));
        ck_assert_int_eq(kp_script(s, text), 0);
        snprintf(text, sizeof text, i ? "wire s[%d].x p[%d].b d2; wire p[%d].x p[%d].a d%d" : "wire s[%d].x p[%d].a d%d", i, i, i ? i - 1 : 2, i,
                 (int)(1 + kp_below(&r, 3)));
        ck_assert_int_eq(kp_script(s, text), 0);
    }
    ck_assert_int_eq(kp_script(s, "wire p[5].x k.x d2; part q asks; part v serves; wire q.order v.order; wire v.got q.got"), 0);
}

static struct bl_sim *net(uint64_t seed, bool awake)
{
    struct bl_sim *s = bl_open(classes, kp_listen(&told));

    random_net(s, seed);
    if (awake)
        bl_option(s, BL_NO_NAP, 1);
    ck_assert_msg(bl_elaborate(s) == 0, "%s", told.text);
    return s;
}

START_TEST(it_adds_up)
{
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct bl_sim *s = net(seed, false), *awake = net(seed, true), *pieces = net(seed, false), *again = net(seed, false);
        size_t bytes = bl_save_bytes(s);
        void *snap = malloc(bytes);
        ck_assert_ptr_nonnull(snap);
        for (uint64_t t = 7000; t <= 210000; t += 7000) {
            bl_run(pieces, t);
            kp_verdicts_add_up(pieces);      /* looked at in the middle */
            ck_assert_uint_eq(all_roots(pieces), all_waits(pieces));
        }
        bl_run(s, 70000);
        ck_assert_int_eq(bl_save(s, snap, bytes), 0);
        ck_assert_msg(bl_restore(again, snap, bytes) == 0, "%s", told.text);
        bl_run(s, 210000);
        bl_run(again, 210000);
        bl_run(awake, 210000);
        ck_assert_uint_eq(all_roots(s), all_waits(s));
        kp_same(kp_account(s), kp_account(awake), "nobody asleep");
        kp_same(kp_account(s), kp_account(pieces), "in pieces");
        kp_same(kp_account(s), kp_account(again), "from a snapshot");
        free(snap);
        bl_close(s), bl_close(awake), bl_close(pieces), bl_close(again);
    }
}
END_TEST

Suite *suite_roots(void);
Suite *suite_roots(void)
{
    Suite *s = suite_create("roots");
    TCase *c = tcase_create("roots");

    tcase_add_test(c, a_word_on_its_way);
    tcase_add_test(c, it_adds_up);
    suite_add_tcase(s, c);
    return s;
}
