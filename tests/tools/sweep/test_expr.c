/* test_expr.c - expressions over a row: values, precedence, units, what is missing, what is refused. */
#include "tests/rigs/heard.h"
#include "tools/sweep/expr.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) ((int)(sizeof(a) / sizeof(a)[0]))

static json_t *row(void)
{
    return json_pack("{s:i, s:f, s:s, s:s, s:i, s:s, s:i}", "cols", 64, "energy_j", 2e-6, "mode", "fixed", "clock.core", "100MHz", "sink[*].every", 3, "v", "0.8 V", "android", 7);
}

static const struct { const char *expr; double v; } numbers[] = {
    { "1", 1 }, { "1.5e3", 1500 }, { ".5", 0.5 }, { "1 + 2 * 3", 7 }, { "(1 + 2) * 3", 9 }, { "8 - 3 - 2", 3 }, { "8 / 4 / 2", 1 }, { "-2 * -3", 6 }, { "- (1 - 3)", 2 }, { "+4", 4 },
    { "cols", 64 }, { "log2(cols)", 6 }, { "log10(1000)", 3 }, { "sqrt(cols)", 8 }, { "abs(-3)", 3 }, { "max(1, cols)", 64 }, { "min(1 + 1, cols)", 2 }, { "energy_j * 1e6", 2 },
    { "clock.core", 1e8 }, { "clock.core / 1e6", 100 }, { "v", 0.8 }, { "'6 ns' * 1e9", 6 }, { "sink[*].every + 1", 4 }, { "android", 7 },
    { "1 < 2", 1 }, { "2 < 1", 0 }, { "2 <= 2", 1 }, { "2 >= 3", 0 }, { "3 > 2", 1 }, { "2 == 2", 1 }, { "2 != 2", 0 }, { "mode == 'fixed'", 1 }, { "mode != \"fixed\"", 0 },
    { "mode == 'osa'", 0 }, { "mode < 'g'", 0 }, { "clock.core == '0.1GHz'", 1 }, { "1 < 2 and 2 < 3", 1 }, { "1 < 2 and 2 > 3", 0 }, { "1 > 2 or 2 < 3", 1 }, { "not 1 > 2", 1 },
    { "not (1 < 2) or 0", 0 }, { "1 or 0 and 0", 1 }, { "1+1<2+1", 1 }, { "mode", NAN }, { "mode + 1", NAN }, { "none", NAN }, { "none < 1", 0 }, { "none == none", 0 },
    { "none != 1", 0 }, { "not none", 1 }, { "max(none, 1)", NAN }, { "sqrt(-1)", NAN },
};

START_TEST(values)
{
    json_t *r = row();
    double v = bl_expr_number(numbers[_i].expr, r);

    ck_assert_msg(isnan(numbers[_i].v) ? isnan(v) : fabs(v - numbers[_i].v) <= 1e-12 * fabs(numbers[_i].v), "%s is %g", numbers[_i].expr, v);
    ck_assert_int_eq(bl_expr_holds(numbers[_i].expr, r), !isnan(numbers[_i].v) && numbers[_i].v != 0);
    json_decref(r);
}
END_TEST

static const struct { const char *expr, *told; } bad[] = {
    { "", "--where : expected a number, a column or '(' at 'the end'" },
    { "1 +", "--where 1 +: expected a number, a column or '(' at 'the end'" },
    { "(1", "--where (1: expected ')' at 'the end'" },
    { "1 2", "--where 1 2: expected an operator at '2'" },
    { "1 = 2", "--where 1 = 2: expected an operator at '= 2'" },
    { "colls > 2", "--where colls > 2: 'colls' is no column; did you mean 'cols'?" },
    { "nothing.like.it > 2", "--where nothing.like.it > 2: 'nothing.like.it' is no column; `bitline sweep report DB --as json` shows what there is" },
    { "mode == 'fixed", "--where mode == 'fixed: a text without its end at ''fixed'" },
    { "power(1)", "--where power(1): a function that is not known (min, max, abs, sqrt, log2, log10) at ')'" },
    { "min(1)", "--where min(1): expected ',' and a second value at ')'" },
    { "abs(1, 2)", "--where abs(1, 2): expected ')' at ', 2)'" },
};

START_TEST(what_is_refused)
{
    struct heard h;
    json_t *r = row();

    ck_assert_int_eq(bl_expr_check(bad[_i].expr, r, "--where", heard_start(&h)), -1);
    ck_assert_str_eq(h.text, bad[_i].told);
    ck_assert_uint_eq(h.diag.errors, 1);
    json_decref(r);
}
END_TEST

START_TEST(deep)
{
    char text[2001];
    struct heard h;
    json_t *r = row();

    memset(text, '(', 2000);
    text[2000] = 0;
    ck_assert_int_eq(bl_expr_check(text, r, "--best", heard_start(&h)), -1);
    memset(text, '-', 2000);
    ck_assert_int_eq(bl_expr_check(text, r, "--best", heard_start(&h)), -1);
    for (int i = 0; i < 500; i++)
        memcpy(text + 4 * i, "not ", 4);
    ck_assert_int_eq(bl_expr_check(text, r, "--best", heard_start(&h)), -1);
    json_decref(r);
}
END_TEST

START_TEST(lists_and_goals)
{
    const char *list = " max(a, b) , c[1, 2].d ,e";
    static const char *const want[] = { "max(a, b) ", "c[1, 2].d ", "e" };
    char *one;
    int sign;

    for (int i = 0; i < 3; i++) {
        ck_assert_ptr_nonnull(one = bl_expr_next(&list));
        ck_assert_str_eq(one, want[i]);
        free(one);
    }
    ck_assert_ptr_null(bl_expr_next(&list));
    ck_assert_str_eq(bl_expr_goal("min energy_j", &sign), "energy_j");
    ck_assert_int_eq(sign, -1);
    ck_assert_str_eq(bl_expr_goal(" max x", &sign), "x");
    ck_assert_int_eq(sign, 1);
    ck_assert_str_eq(bl_expr_goal("min(a, b)", &sign), "min(a, b)");
    ck_assert_int_eq(sign, 1);
}
END_TEST

Suite *suite_expr(void);
Suite *suite_expr(void)
{
    Suite *s = suite_create("expr");
    TCase *tc = tcase_create("all");

    tcase_add_loop_test(tc, values, 0, COUNT(numbers));
    tcase_add_loop_test(tc, what_is_refused, 0, COUNT(bad));
    tcase_add_test(tc, deep);
    tcase_add_test(tc, lists_and_goals);
    suite_add_tcase(s, tc);
    return s;
}
