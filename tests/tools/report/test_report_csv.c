/* test_report_csv.c - csv.c: every table of a report as CSV; compare_many.c: several accounts side by side. */
#include "tests/rigs/small_report.h"
#include "tools/report/compare.h"
#include "tools/report/sections.h"

#include <check.h>

static const uint64_t END = 100 * BL_NS;

START_TEST(every_table)
{
    struct small_run x;
    struct bl_table t;
    json_t *r = small_report(&x, END, small_result(12.5));
    char *text = small_view(r, BL_CSV), title[100];

    ck_assert(!strncmp(text, "# Run (run)\nplatform,small (dir/small.yaml)\n", 43));
    for (const struct bl_section *s = bl_sections; s->title; s++) {
        s->fill(r, &t);
        snprintf(title, sizeof title, "# %s (%s)\n", s->title, s->id);
        ck_assert_msg((strstr(text, title) != NULL) == (bl_table_rows(&t) > 0), "%s", s->title);
        bl_table_fini(&t);
    }
    ck_assert(strstr(text, "\n# Layers (layers)\nlayer,kind,in,out,") && strstr(text, "\nconv<1>,conv,1x28x27,16x14x13,"));
    free(text);
    small_done(&x, r);
}
END_TEST

START_TEST(one_table)
{
    struct small_run x;
    json_t *r = small_report(&x, END, NULL);
    char *text = NULL;
    struct heard h;
    size_t n;
    FILE *out = open_memstream(&text, &n);

    ck_assert_int_eq(bl_report_csv_table(r, "expects", out, heard_start(&h)), 0);
    fclose(out);
    ck_assert_msg(strstr(text, "a.out_full > 50 %") && text[0] != '#', "%s", text);
    ck_assert_int_eq(bl_report_csv_table(r, "expect", stdout, heard_start(&h)), -1);
    ck_assert_str_eq(h.text, "--table expect: there is no such table; did you mean 'expects'?");
    ck_assert_int_eq(bl_report_csv_table(r, "zzzzzzz", stdout, heard_start(&h)), -1);
    ck_assert_str_eq(h.text, "--table zzzzzzz: there is no such table; --as csv shows all, their names in brackets");
    free(text);
    small_done(&x, r);
}
END_TEST

START_TEST(quoted)
{
    static const char *const heads[] = { "a,b", ">c" };
    struct bl_table t;
    char *text = NULL;
    size_t n;
    FILE *out = open_memstream(&text, &n);

    bl_table_start(&t, heads, 2);
    bl_cell(&t, "say \"x\"");
    bl_cell(&t, "plain");
    bl_table_csv(&t, out);
    fclose(out);
    ck_assert_str_eq(text, "\"a,b\",c\n\"say \"\"x\"\"\",plain\n");
    bl_table_fini(&t);
    free(text);
}
END_TEST

/* ---- several accounts ---- */

static char *rows(json_t *const *reports, size_t n, bool all, size_t *differ)
{
    struct bl_table t;
    char *text = NULL;
    size_t bytes;
    FILE *out = open_memstream(&text, &bytes);

    *differ = bl_compare_many(reports, n, all, &t);
    for (size_t i = 0; i < t.cells; i++)
        fprintf(out, "%s%s", t.cell[i], (i + 1) % t.columns ? "|" : "\n");
    fclose(out);
    bl_table_fini(&t);
    return text;
}

START_TEST(three_accounts)
{
    struct small_run x;
    json_t *a = small_report(&x, END, NULL), *b = json_deep_copy(a), *c = json_deep_copy(a), *reports[] = { a, b, c };
    size_t differ;
    char *text = rows(reports, 3, false, &differ);

    ck_assert_str_eq(text, "");
    ck_assert_uint_eq(differ, 0);
    free(text);
    json_object_set_new(json_array_get(json_object_get(c, "parts"), 0), "elapsed", json_integer(21));
    json_array_append_new(json_object_get(json_object_get(b, "inputs"), "set"), json_string("x=1"));
    json_array_append_new(json_object_get(json_object_get(b, "inputs"), "set"), json_string("y=1"));
    text = rows(reports, 3, false, &differ);
    ck_assert_str_eq(text, "inputs|--set|-|x=1|-\n|--set|-|y=1|-\na|elapsed, cycles|20|20|21\n");
    ck_assert_uint_eq(differ, 3);
    free(text);
    text = rows(reports, 3, true, &differ);
    ck_assert(strstr(text, "\na|elapsed, cycles|20|20|21\n") && strstr(text, "\n|out_full, cycles|14|14|14\n"));
    free(text);
    json_decref(b);
    json_decref(c);
    small_done(&x, a);
}
END_TEST

Suite *suite_report_csv(void);
Suite *suite_report_csv(void)
{
    Suite *s = suite_create("report_csv");
    TCase *tc = tcase_create("all");

    tcase_add_test(tc, every_table);
    tcase_add_test(tc, one_table);
    tcase_add_test(tc, quoted);
    tcase_add_test(tc, three_accounts);
    suite_add_tcase(s, tc);
    return s;
}
