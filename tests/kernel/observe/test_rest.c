/* test_rest.c - what a part that does nothing waits for: it has not begun, it is starved of a feed, it is through. */
#include "kernel/kernel.h"
#include "tests/rigs/resting.h"

/* ---- known numbers ---- */

/* Items leave slow at cycles 13, 17, .. 49 (its 4th cycle from 10 on), are seen by pass one later and by take two later. */
START_TEST(before_between_after)
{
    struct bl_sim *s = made(_i ? "clock c 1000 0; part a slow; set a from 10; part b pass; part k take; wire a.x b.a d2; wire b.x k.x d2" :
                            "clock c 1000 0; part a slow; set a from 10; part b pass; set b idle 0; part k take; wire a.x b.a d2; wire b.x k.x d2");

    bl_run(s, 100000);                       /* edges at 0 .. 99 */
    struct bl_time_row b = times(s, "b"), k = times(s, "k"), a = times(s, "a");
    ck_assert_uint_eq(b.busy, 10);
    ck_assert_uint_eq(b.not_started, 14);    /* edges 0 .. 13 */
    ck_assert_uint_eq(b.starved, 9 * 3);
    ck_assert_uint_eq(b.finished, 100 - 10 - 14 - 27);
    ck_assert_uint_eq(b.waits + b.own + b.idle, 0);
    ck_assert_uint_eq(fed(s, "b", 0), 27);
    ck_assert_uint_eq(fed(s, "b", 1), 0);
    ck_assert_uint_eq(k.not_started, 15);
    ck_assert_uint_eq(k.starved, 27);
    ck_assert_uint_eq(a.busy, 50);           /* its class has no feed: it rests when it is through */
    ck_assert_uint_eq(a.finished, 50);
    /* Through b, who is starved, take waits for slow; while b hands an item on, for b. */
    ck_assert_uint_eq(kp_blamed(s, "a"), 27000 + 9 * 2000);
    ck_assert_uint_eq(kp_blamed(s, "b"), 9 * 1000);
    ck_assert_uint_eq(kp_blamed(s, "k"), 0);
    ck_assert_uint_eq(all_roots(s), all_waits(s));
    bl_close(s);
}
END_TEST

/* Of two feeds the time goes to the one that came: a comes every 4 cycles from 3 on, b once at cycle 61. */
START_TEST(the_feed_that_came)
{
    struct bl_sim *s = made("clock c 1000 0; part f slow; part g slow; set f n 3; set g n 1; set g from 58; part b pass; part k take;"
                            "wire f.x b.a d2; wire g.x b.b d2; wire b.x k.x d2");

    bl_run(s, 100000);
    ck_assert_uint_eq(fed(s, "b", 0), 2 * 3);
    ck_assert_uint_eq(fed(s, "b", 1), 61 + 1 - 13);          /* from 13 on, when the last one of f was handed on, to 61 */
    ck_assert_uint_eq(times(s, "b").starved, 6 + 49);
    ck_assert_uint_eq(kp_blamed(s, "f") + kp_blamed(s, "g") + kp_blamed(s, "b"), all_waits(s));
    ck_assert_uint_ge(kp_blamed(s, "g"), 48000);             /* although b was taken to wait for f all that time */
    bl_close(s);
}
END_TEST

Suite *suite_rest(void);
Suite *suite_rest(void)
{
    Suite *s = suite_create("rest");
    TCase *c = tcase_create("rest");

    tcase_add_loop_test(c, before_between_after, 0, 2);
    tcase_add_test(c, the_feed_that_came);
    suite_add_tcase(s, c);
    return s;
}
