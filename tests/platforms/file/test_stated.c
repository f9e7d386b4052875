/* test_stated.c - two texts that mean one value, and parameters by name. */
#include "platforms/file/stated.h"
#include "tests/rigs/heard.h"
#include "tests/rigs/small_parts.h"

#include <check.h>

#define COUNT(a) ((int)(sizeof(a) / sizeof(a)[0]))

static const struct { const char *value, *stated; bool is; } pairs[] = {
    { "4", "4", true }, { "4", "4.0", true }, { "0.4", "4e-1", true }, { "4", "5", false }, { "4", "4 ns", false },
    { "5 ns", "5000 ps", true }, { "5 ns", "200 MHz", true }, { "5 ns", "6 ns", false }, { "5 ns", "5 us", false },
    { "0.8 V", "800 mV", true }, { "0.8 V", "0.6 V", false }, { "0.8", "0.8 V", false },
    { "osa", "osa", true }, { "osa", "fixed", false }, { "osa", "osa ", false },
    { "[8, 9]", "[8, 9]", true }, { "[8, 9]", "[8, 9, 10]", false }, { "", "0", false },
};

START_TEST(compared) { ck_assert_int_eq(bl_stated_is(pairs[_i].value, pairs[_i].stated), pairs[_i].is); }
END_TEST

START_TEST(named)
{
    struct heard h;
    struct bl_param_row row;
    struct bl_sim *s = bl_open(small_classes, heard_start(&h));

    bl_clock(s, "core", 5 * BL_NS, 0, NULL);
    bl_add(s, "p", "put", "core", NULL);
    bl_set(s, "p", "step", "7", NULL);
    ck_assert_int_eq(bl_elaborate(s), 0);
    ck_assert(bl_param_named(s, "p", "put", "step", &row));
    ck_assert_str_eq(row.value, "7");
    ck_assert(!bl_param_named(s, "p", "put", "stop", &row));
    bl_close(s);
}
END_TEST

Suite *suite_stated(void);
Suite *suite_stated(void)
{
    Suite *s = suite_create("stated");
    TCase *t = tcase_create("all");

    tcase_add_loop_test(t, compared, 0, COUNT(pairs));
    tcase_add_test(t, named);
    suite_add_tcase(s, t);
    return s;
}
