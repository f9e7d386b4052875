/* test_compare.c - compare.c, compare_many.c, compare_html.c: what differs between two accounts, and nothing else. */
#include "tests/rigs/small_report.h"
#include "tools/report/compare.h"

static const uint64_t END = 100 * BL_NS;

/* The table as lines "group|name|a|b|difference|share". */
static char *rows(const json_t *a, const json_t *b, bool all, size_t *differ)
{
    struct bl_table t;
    char *text = NULL;
    size_t n;
    FILE *out = open_memstream(&text, &n);

    *differ = bl_compare(a, b, all, &t);
    for (size_t i = 0; i < t.cells; i++)
        fprintf(out, "%s%s", t.cell[i], (i + 1) % t.columns ? "|" : "\n");
    fclose(out);
    bl_table_fini(&t);
    return text;
}

START_TEST(equal)
{
    struct small_run x;
    json_t *r = small_report(&x, END, NULL);
    size_t differ;
    char *text = rows(r, r, false, &differ);

    ck_assert_str_eq(text, "");
    ck_assert_uint_eq(differ, 0);
    free(text);
    text = rows(r, r, true, &differ);
    ck_assert_uint_eq(differ, 0);
    ck_assert_ptr_nonnull(strstr(text, "\na|elapsed, cycles|20|20||\n"));
    ck_assert_ptr_nonnull(strstr(text, "\n|out_full, cycles|14|14||\n"));
    free(text);
    small_done(&x, r);
}
END_TEST

/* Twenty cycles against forty. */
START_TEST(longer)
{
    struct small_run x, y;
    json_t *a = small_report(&x, END, NULL), *b = small_report(&y, 2 * END, NULL);
    size_t differ, back;
    char *text = rows(a, b, false, &differ), *other = rows(b, a, false, &back);
    static const char *const has[] = {
        "totals|simulated time|100 ns|200 ns|+100 ns|+100.00 %\n", "clocks|core, cycles|20|40|+20|+100.00 %\n",
        "a|elapsed, cycles|20|40|+20|+100.00 %\n", "|out_full, cycles|14|29|+15|+107.14 %\n", "|sent|6|11|+5|+83.33 %\n",
        "b|elapsed, cycles|20|40|+20|+100.00 %\n", "|got|4|9|+5|+125.00 %\n", "|energy|300 aJ|600 aJ|+300 aJ|+100.00 %\n" };

    for (size_t i = 0; i < sizeof has / sizeof has[0]; i++)
        ck_assert_msg(strstr(text, has[i]) != NULL, "not there: %s\n%s", has[i], text);
    ck_assert_ptr_nonnull(strstr(other, "|out_full, cycles|29|14|-15|-51.72 %\n"));
    ck_assert_uint_eq(differ, back);
    free(text);
    free(other);
    small_done(&x, a);
    small_done(&y, b);
}
END_TEST

/* What only one of the two has, and what moved. */
START_TEST(others)
{
    struct small_run x;
    json_t *a = small_report(&x, END, NULL), *b = json_deep_copy(a), *parts = json_object_get(b, "parts");
    size_t differ;
    char *text;

    json_t *first = json_incref(json_array_get(parts, 0));
    json_array_remove(parts, 0);
    json_array_append_new(parts, first);                 /* another order is no difference */
    text = rows(a, b, false, &differ);
    ck_assert_str_eq(text, "");
    ck_assert_uint_eq(differ, 0);
    free(text);
    json_object_set_new(first, "path", json_string("new"));
    json_array_append_new(json_object_get(json_object_get(b, "inputs"), "set"), json_string("a.every=2"));
    text = rows(a, b, false, &differ);
    ck_assert_ptr_nonnull(strstr(text, "inputs|--set|-|a.every=2|differs|\n"));
    ck_assert_ptr_nonnull(strstr(text, "a|part|is there|-|differs|\n"));
    ck_assert_ptr_nonnull(strstr(text, "new|part|-|is there|differs|\n"));
    ck_assert_ptr_nonnull(strstr(text, "|sent|0|6|+6|\n"));
    free(text);
    json_decref(b);
    small_done(&x, a);
}
END_TEST

/* Parts in their own time: both in one unit, and a small difference is still seen. */
START_TEST(times)
{
    struct small_run x;
    json_t *a = small_report(&x, END, NULL), *b, *part = json_array_get(json_object_get(a, "parts"), 0);
    size_t differ;
    char *text;

    json_object_set_new(part, "unit", json_string("fs"));
    json_object_set_new(part, "elapsed", json_integer(1234567890));
    b = json_deep_copy(a);
    json_object_set_new(json_array_get(json_object_get(b, "parts"), 0), "elapsed", json_integer(1234567891));
    text = rows(a, b, false, &differ);
    ck_assert_str_eq(text, "a|elapsed|1.2346 us|1.2346 us|+1 fs|+0.00 %\n");
    free(text);
    json_decref(b);
    small_done(&x, a);
}
END_TEST

/* A page of three runs: a bar of each, whatever their files are called; the front is of those that none beats; the table is that of the text. */
START_TEST(as_html)
{
    static const char *const files[] = { "dir/a.json", "</script><b>.json", "c.json" };
    static const double joules[] = { 2e-6, 1e-6, 3e-6 }, fs[] = { 1e12, 2e12, 3e12 };
    struct small_run x;
    json_t *runs[3], *spec;
    char *page = NULL;
    size_t n, differ;

    for (int i = 0; i < 3; i++) {
        runs[i] = i ? json_deep_copy(runs[0]) : small_report(&x, END, small_result(12.5));
        bl_j_set_energy(json_object_get(runs[i], "totals"), (bl_yj)(joules[i] * 1e24));
        json_object_set_new(runs[i], "simulated_fs", json_integer((json_int_t)fs[i]));
    }
    FILE *out = open_memstream(&page, &n);
    differ = bl_compare_html(runs, files, 3, false, out);
    fclose(out);
    struct bl_table t;
    ck_assert_uint_eq(differ, bl_compare_many(runs, 3, false, &t));
    bl_table_fini(&t);
    ck_assert(!strstr(page, "</script><b>") && strstr(page, "&lt;/script&gt;&lt;b&gt;.json") && strstr(page, "id=chart_energies"));
    const char *at = strstr(page, "id=chart_speed>"), *from = strstr(at ? at : page, "{\"id\":\"speed\""), *end = strstr(from ? from : page, "</script>");
    ck_assert(at && from && end && (spec = json_loadb(from, (size_t)(end - from), 0, NULL)));
    static const char *const state[] = { "not beaten", "not beaten", "beaten" };
    for (size_t i = 0; i < 3; i++) {
        const json_t *row = json_array_get(json_object_get(spec, "rows"), i);
        ck_assert_str_eq(bl_j_text(row, "s"), state[i]);
        ck_assert_double_eq_tol(bl_j_real(row, "x"), 2 / (fs[i] / 1e15), 1e-6);
        ck_assert_double_eq_tol(bl_j_real(row, "y"), joules[i] / 2, 1e-12);
    }
    ck_assert_uint_eq(json_array_size(json_object_get(json_object_get(spec, "lines"), "front")), 2);
    json_decref(spec);
    free(page);
    json_decref(runs[1]);
    json_decref(runs[2]);
    small_done(&x, runs[0]);
}
END_TEST

Suite *suite_compare(void);
Suite *suite_compare(void)
{
    Suite *s = suite_create("compare");
    TCase *t = tcase_create("two accounts");

    tcase_add_test(t, equal);
    tcase_add_test(t, longer);
    tcase_add_test(t, others);
    tcase_add_test(t, times);
    tcase_add_test(t, as_html);
    suite_add_tcase(s, t);
    return s;
}
