/* test_faster.c - what if: parts on a clock of their own, so many times as fast; and what that cannot be asked of. */
#include "kernel/kernel.h"
#include "tests/rigs/resting.h"

static struct bl_sim *opened(const char *script)
{
    struct bl_sim *s = bl_open(classes, kp_listen(&told));

    ck_assert_int_eq(kp_script(s, script), 0);
    return s;
}

#define LINE "clock c 1000 0; part dram slow; set dram n 20; part a pass; part k take; set k n 20; wire dram.x a.a d2; wire a.x k.x d2"

/* A memory of four cycles a word, twice as fast: a word every two cycles of the others. */
START_TEST(twice_as_fast)
{
    struct bl_sim *s = opened(LINE), *f = opened(LINE);

    ck_assert_msg(bl_faster(f, "dram", 2) == 0, "%s", told.text);
    ck_assert_msg(bl_elaborate(s) == 0 && bl_elaborate(f) == 0, "%s", told.text);
    ck_assert_int_eq(bl_run(s, BL_FOREVER), BL_END_STOPPED);
    ck_assert_int_eq(bl_run(f, BL_FOREVER), BL_END_STOPPED);
    ck_assert_uint_eq(bl_now(s), 81000);     /* 80 cycles, and two on the way but one */
    ck_assert_uint_eq(bl_now(f), 41000);
    ck_assert_uint_eq(bl_clock_count(f), 2);
    bl_close(s);
    bl_close(f);
}
END_TEST

/* All of them twice as fast is half the time; they share a clock, so a pipe between them stays in one. */
START_TEST(all_of_them)
{
    struct bl_sim *s = opened("clock c 1000 0; part dram slow; set dram n 20; part a pass; part k take; set k n 20; wire dram.x a.a pipe; wire a.x k.x pipe");
    static const char *const parts[] = { "dram", "a", "k" };

    for (size_t i = 0; i < 3; i++)
        ck_assert_msg(bl_faster(s, parts[i], 2) == 0, "%s", told.text);
    ck_assert_msg(bl_elaborate(s) == 0, "%s", told.text);
    ck_assert_int_eq(bl_faster_check(s, parts, 3), 0);
    kp_listen(&told);
    ck_assert_int_eq(bl_faster_check(s, parts, 2), -1);
    ck_assert_str_eq(told.text, "a pipe from a to k would cross clocks, and a pipe is one register: make both faster");
    ck_assert_int_eq(bl_run(s, BL_FOREVER), BL_END_STOPPED);
    ck_assert_uint_eq(bl_now(s), 81000 / 2);
    bl_close(s);
}
END_TEST

static const struct { const char *path; uint64_t times; const char *says; } refused[] = {
    { "nobody", 2, "nobody: is no part of the platform file; expected one with a class of its own" },
    { "dram", 1, "dram*1: the period of clock c, 1000 fs, has no whole 1-th part; expected a divisor of it from 2 on" },
    { "dram", 0, "dram*0: the period of clock c, 1000 fs, has no whole 0-th part; expected a divisor of it from 2 on" },
    { "dram", 3, "dram*3: the period of clock c, 1000 fs, has no whole 3-th part; expected a divisor of it from 2 on" },
};

START_TEST(what_is_refused)
{
    struct bl_sim *s = opened(LINE);

    kp_listen(&told);
    ck_assert_int_eq(bl_faster(s, refused[_i].path, refused[_i].times), -1);
    ck_assert_str_eq(told.text, refused[_i].says);
    ck_assert_int_eq(bl_elaborate(s), -1);   /* it is not forgotten */
    bl_close(s);
}
END_TEST

Suite *suite_faster(void);
Suite *suite_faster(void)
{
    Suite *s = suite_create("faster");
    TCase *c = tcase_create("faster");

    tcase_add_test(c, twice_as_fast);
    tcase_add_test(c, all_of_them);
    tcase_add_loop_test(c, what_is_refused, 0, sizeof refused / sizeof *refused);
    suite_add_tcase(s, c);
    return s;
}
