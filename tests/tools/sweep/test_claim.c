/* test_claim.c - statements of papers beside what studies give (claim.c; claim_file.c: tables and lists they are looked for in; claim_plot.c: their picture; store_report.c). */
#include "tests/rigs/command_rig.h"
#include "tools/memory.h"
#include "tools/sweep/claim.h"

#include <math.h>
#include <string.h>

Suite *suite_claim(void);

static struct heard h;

/* The line `row ...` of a study, as words. */
static int read_line(struct bl_study *s, struct bl_claim *c, const char *words)
{
    char text[1000];

    snprintf(text, sizeof text, "# t\nrow %s\n", words);
    ck_assert_msg(bl_study_read(s, "s.study", text, strlen(text), heard_start(&h)) == 0, "%s", h.text);
    return bl_claim_read(c, &s->line[0], "s.study:2: ", heard_start(&h));
}

static const struct { const char *words, *told; } bad[] = {
    { "--printed 3", "s.study:2: row: expected what the paper states, and then options" },
    { "t --prinded 3", "s.study:2: row: '--prinded' is no option; did you mean '--printed'?" },
    { "t --printed", "s.study:2: row: --printed needs a value" },
    { "t --printed 3 --printed 4", "s.study:2: row: --printed stands twice" },
    { "t --printed about3 --value x --status exact", "s.study:2: row: --printed about3; expected a number as it is printed, LOW..HIGH, >LOW or <HIGH" },
    { "t --printed 5..4 --value x --status exact", "s.study:2: row: --printed 5..4; expected a number as it is printed, LOW..HIGH, >LOW or <HIGH" },
    { "t --printed 3 --value x --status exact --within much", "s.study:2: row: --within much; expected a share as in 3%, or a number in the unit of the row" },
    { "t --value x --status exact --within 3%", "s.study:2: row: --within 3% of nothing; --printed is missing" },
    { "t --printed 3 --value x --status true", "s.study:2: row: --status true; expected exact, derived, calibrated or predicted" },
    { "t --printed 3 --value x", "s.study:2: row: --status is missing (or --because, where it cannot be reproduced)" },
    { "t --printed 3 --status exact", "s.study:2: row: --value is missing (or --because, where it cannot be reproduced)" },
    { "t --printed 3 --because no --value x", "s.study:2: row: --because says that there is no figure of ours; it stands with --printed and --unit alone" },
    { "t --value x --status exact --from a --in layers", "s.study:2: row: --in belongs to points of sweeps, --from to tables; one of them" },
    { "t --value x --status exact --over-from a", "s.study:2: row: --over-from needs --from" },
    { "t --value x --status exact --x bits", "s.study:2: row: --x bits; expected NAME=VALUE, as in bits=2" },
    { "t --value x --status exact --point 1", "s.study:2: row: --point and --over-point need --in" },
};

START_TEST(lines_that_are_refused)
{
    struct bl_study s;
    struct bl_claim c;

    ck_assert_int_eq(read_line(&s, &c, bad[_i].words), -1);
    ck_assert_str_eq(h.text, bad[_i].told);
    bl_study_fini(&s);
}
END_TEST

/* ---- values: of a table of two rows */

static const char TABLE[] = "name,value,\"a, b\"\none,2.96,\"say \"\"x\"\"\"\ntwo,4.0,\n";

static void table(struct bl_claim_rows *to)
{
    char path[NAME];
    FILE *f = fopen(scratch("t.csv", path), "w");

    ck_assert_ptr_nonnull(f);
    fputs(TABLE, f);
    fclose(f);
    *to = (struct bl_claim_rows){ .command = strdup("bitline it") };
    ck_assert_msg(bl_rows_of_csv(&to->rows, path, heard_start(&h)) == 0, "%s", h.text);
    remove(path);
}

START_TEST(tables_of_csv)
{
    struct bl_claim_rows t;

    table(&t);
    ck_assert_uint_eq(json_array_size(t.rows.rows), 2);
    const json_t *one = json_array_get(t.rows.rows, 0), *two = json_array_get(t.rows.rows, 1);
    ck_assert_str_eq(json_string_value(json_object_get(one, "name")), "one");
    ck_assert_str_eq(json_string_value(json_object_get(one, "a, b")), "say \"x\"");
    ck_assert_double_eq(json_number_value(json_object_get(two, "value")), 4);
    ck_assert_ptr_null(json_object_get(two, "a, b"));
    bl_claim_rows_fini(&t);
}
END_TEST

/* ours as a text, its number, the deviation (NAN: null), whether it holds (-1: null). */
static const struct { const char *words, *ours; double value, off; int holds; } values[] = {
    { "t --printed 3.0 --value value --where 'name == \"one\"' --status exact", "3.0", 2.96, -0.04 / 3, 1 },         /* half of the last digit */
    { "t --printed 2.90 --value value --where 'name == \"one\"' --status exact", "2.96", 2.96, 0.06 / 2.9, 0 },
    { "t --printed 2.90 --value value --where 'name == \"one\"' --status derived --within 3%", "2.96", 2.96, 0.06 / 2.9, 1 },
    { "t --printed 2.90 --value value --where 'name == \"one\"' --status derived --within 0.05", "2.96", 2.96, 0.06 / 2.9, 0 },
    { "t --printed 2..3.1 --value value --where 'name == \"one\"' --status exact", "3.0", 2.96, 0, 1 },
    { "t --printed 3..5 --value value --where 'name == \"one\"' --status exact", "3", 2.96, -0.04 / 3, 1 },
    { "t --printed 3.00..5 --value value --where 'name == \"one\"' --status exact", "3", 2.96, -0.04 / 3, 1 },
    { "t --printed '>2.96' --value value --where 'name == \"one\"' --status exact", "2.96", 2.96, 0, 1 },
    { "t --printed '>3' --value value --where 'name == \"one\"' --status exact", "2.96", 2.96, -0.04 / 3, 0 },
    { "t --printed '<2' --value value --where 'name == \"one\"' --status exact", "2.96", 2.96, 0.48, 0 },
    { "t --value value --where 'name == \"one\"' --status predicted", "2.96", 2.96, NAN, -1 },
    { "t --printed 0.74 --value value --where 'name == \"one\"' --over 'name == \"two\"' --status exact", "0.74", 0.74, 0, 1 },
    { "t --printed 6.96 --value value --sum --status exact", "6.96", 6.96, 0, 1 },
};

START_TEST(values_of_rows)
{
    struct bl_claim_rows t;
    struct bl_study s;
    struct bl_claim c;

    table(&t);
    ck_assert_msg(read_line(&s, &c, values[_i].words) == 0, "%s", h.text);
    json_t *o = bl_claim_row(&c, &t, &t, "s.study:2: ", heard_start(&h));
    ck_assert_msg(o != NULL, "%s", h.text);
    ck_assert_str_eq(json_string_value(json_object_get(o, "ours")), values[_i].ours);
    ck_assert_double_eq_tol(json_number_value(json_object_get(o, "value")), values[_i].value, 1e-12);
    const json_t *off = json_object_get(o, "deviation"), *holds = json_object_get(o, "holds");
    ck_assert(isnan(values[_i].off) ? json_is_null(off) : fabs(json_number_value(off) - values[_i].off) < 1e-12);
    ck_assert(values[_i].holds < 0 ? json_is_null(holds) : json_is_true(holds) == (values[_i].holds == 1));
    ck_assert_str_eq(json_string_value(json_object_get(o, "command")), "bitline it");
    ck_assert(!!json_string_value(json_object_get(o, "over")) == !!c.over);
    json_decref(o);
    bl_claim_rows_fini(&t);
    bl_study_fini(&s);
}
END_TEST

/* The script of the picture: two lines, of what is printed where it is a number, and of ours. */
START_TEST(pictures)
{
    static const char text[] = "[{\"x\": \"bits=2\", \"printed\": \"80.9\", \"value\": 82.25, \"unit\": \"times\"}, {\"x\": \"bits=4\", \"printed\": \">3\", \"value\": 5.5},"
                               " {\"x\": null, \"printed\": \"7\", \"value\": 7}, {\"x\": \"bits=8\", \"printed\": \"63.1\", \"value\": null}]";
    json_t *rows = bl_memory_load(text, sizeof text - 1, 0, NULL);
    char path[NAME];

    ck_assert_msg(bl_claim_plot(rows, scratch("c.gp", path), heard_start(&h)) == 0, "%s", h.text);
    char *script = content(path);
    ck_assert_msg(strstr(script, "set xlabel 'bits' noenhanced\nset ylabel 'times' noenhanced\n") && strstr(script, "$s0 << EOD\n2 80.9\n8 63.1\nEOD\n$s1 << EOD\n2 82.25\n4 5.5\nEOD\n") &&
                  strstr(script, "title 'printed'") && strstr(script, "title 'ours'"), "%s", script);
    free(script);
    json_decref(rows);
    remove(path);
    static const char two[] = "[{\"x\": \"bits=2\", \"printed\": \"3\", \"value\": 3}, {\"x\": \"rows=4\", \"printed\": \"9\", \"value\": null}]";
    rows = bl_memory_load(two, sizeof two - 1, 0, NULL);
    ck_assert_int_eq(bl_claim_plot(rows, path, heard_start(&h)), -1);
    ck_assert_msg(strstr(h.text, "row: --x rows=4: is another axis than that of the first row, bits; a study has one picture"), "%s", h.text);
    json_decref(rows);
    rows = json_array();
    ck_assert_int_eq(bl_claim_plot(rows, path, heard_start(&h)), 0);
    ck_assert_int_ne(access(path, F_OK), 0);
    json_decref(rows);
}
END_TEST

static const struct { const char *words, *told; } unfit[] = {
    { "t --value value --status exact", "s.study:2: row: without --where it leaves 2 rows of 2; expected one" },
    { "t --value value --where 'name == \"six\"' --status exact", "s.study:2: row: --where name == \"six\" leaves 0 rows of 2; expected one" },
    { "t --value valu --where 'name == \"one\"' --status exact", "s.study:2: row: --value valu: 'valu' is no column; did you mean 'value'?" },
    { "t --value value --where 'names == \"one\"' --status exact", "s.study:2: row: --where names == \"one\": 'names' is no column; did you mean 'name'?" },
    { "t --value name --where 'name == \"one\"' --status exact", "s.study:2: row: --value name is no number in that row" },
    { "t --value value --where 'name == \"one\"' --over 'value > 0' --status exact", "s.study:2: row: --over value > 0 leaves 2 rows of 2; expected one" },
};

START_TEST(rows_that_do_not_fit)
{
    struct bl_claim_rows t;
    struct bl_study s;
    struct bl_claim c;

    table(&t);
    ck_assert_msg(read_line(&s, &c, unfit[_i].words) == 0, "%s", h.text);
    ck_assert_ptr_null(bl_claim_row(&c, &t, &t, "s.study:2: ", heard_start(&h)));
    ck_assert_str_eq(h.text, unfit[_i].told);
    bl_claim_rows_fini(&t);
    bl_study_fini(&s);
}
END_TEST

START_TEST(what_did_not_run)
{
    struct bl_study s;
    struct bl_claim c;

    ck_assert_int_eq(read_line(&s, &c, "t --printed 4 --unit ms --value x --status derived"), 0);
    json_t *o = bl_claim_unasked(&c, "needs a file");
    ck_assert_str_eq(json_string_value(json_object_get(o, "because")), "needs a file");
    ck_assert_str_eq(json_string_value(json_object_get(o, "status")), "derived");
    ck_assert(json_is_null(json_object_get(o, "holds")) && json_is_null(json_object_get(o, "ours")));
    json_decref(o);
    bl_study_fini(&s);
    ck_assert_int_eq(read_line(&s, &c, "t --printed 4 --because 'a picture'"), 0);
    o = bl_claim_unasked(&c, "needs a file");
    ck_assert_str_eq(json_string_value(json_object_get(o, "because")), "a picture");
    ck_assert_str_eq(json_string_value(json_object_get(o, "status")), "not reproducible");
    json_decref(o);
    bl_study_fini(&s);
}
END_TEST

/* ---- lists of a report: objects in objects by dots, named ones of a list by their names */

START_TEST(lists_of_a_report)
{
    static const char text[] = "{\"parts\": [{\"path\": \"a\", \"time\": {\"busy\": 3}, \"verdicts\": [{\"name\": \"busy\", \"spent\": 4}], \"no\": null}], \"totals\": {\"macs\": 7}, \"n\": 1}";
    json_t *report = bl_memory_load(text, sizeof text - 1, 0, NULL);
    struct bl_rows r;

    ck_assert_int_eq(bl_rows_of_report(&r, report, "parts", "", heard_start(&h)), 0);
    const json_t *row = json_array_get(r.rows, 0);
    ck_assert_int_eq(json_integer_value(json_object_get(row, "time.busy")), 3);
    ck_assert_int_eq(json_integer_value(json_object_get(row, "verdicts.busy.spent")), 4);
    ck_assert(!json_object_get(row, "no") && json_object_get(r.columns, "verdicts.busy.spent"));
    bl_rows_fini(&r);
    ck_assert_int_eq(bl_rows_of_report(&r, report, "totals", "", heard_start(&h)), 0);
    ck_assert_int_eq(json_integer_value(json_object_get(json_array_get(r.rows, 0), "macs")), 7);
    bl_rows_fini(&r);
    ck_assert_int_eq(bl_rows_of_report(&r, report, "n", "s.study:2: ", heard_start(&h)), -1);
    ck_assert_str_eq(h.text, "s.study:2: row: --in n: the report has no such list");
    bl_rows_fini(&r);
    json_decref(report);
}
END_TEST

/* A study from its script to its rows: points of a sweep, a list of a point's report, a table. */
START_TEST(a_whole_study)
{
    char folder[NAME], script[NAME], out[NAME];
    FILE *f = fopen(scratch("whole.study", script), "w");

    ck_assert_ptr_nonnull(f);
    fputs("# paces\nsweep back_pressure --vary sink[*].every=3:5:1\nget peak cost jia_isscc21 --as csv\n"
          "row 'time at 3' --printed 2990 --unit ns --value 'simulated_s * 1e9' --where 'sink[*].every == 3' --status exact\n"
          "row 'gain' --printed 1.5..1.7 --value simulated_s --where 'sink[*].every == 5' --over 'sink[*].every == 3' --status derived\n"
          "row 'edges' --printed 598 --in clocks --point 'sink[*].every == 3' --value cycles --where 'period_fs > 0' --status exact\n"
          "row 'more edges' --printed 1.67 --in clocks --point 'sink[*].every == 5' --over-point 'sink[*].every == 3' --value cycles --where 'period_fs > 0' --status exact\n"
          "row 'peak' --printed 174 --unit TOPS/W --from peak --value value --where 'section == \"peak\" and name == \"energy efficiency\"' --status exact\n"
          "row 'a curve' --printed 5 --because 'a picture'\n", f);
    fclose(f);
    scratch("whole", folder);
    ck_assert_msg(program(&h, scratch("out", out), "study", script, "-q", "-o", folder, NULL) == BL_DONE, "%s", h.text);
    char *text = content(out);
    ck_assert_msg(strstr(text, "  time at 3       2990  2990  ns      exact") && strstr(text, "  edges            598   598          exact") &&
                  strstr(text, "  more edges      1.67  1.67") && strstr(text, "  peak             174   174  TOPS/W  exact") &&
                  strstr(text, "  a curve            5                not reproducible  a picture"), "%s", text);
    free(text);
    f = fopen(script, "w");
    fputs("# paces\nsweep back_pressure --vary sink[*].every=3:5:1\nrow 'time at 3' --printed 2991 --value 'simulated_s * 1e9' --where 'sink[*].every == 3' --status exact\n", f);
    fclose(f);
    ck_assert_int_eq(program(&h, out, "study", script, "-q", "-o", folder, NULL), BL_WRONG);
    text = content(out);
    ck_assert_msg(strstr(text, "DOES NOT HOLD"), "%s", text);
    free(text);
    remove(script);
}
END_TEST

Suite *suite_claim(void)
{
    Suite *s = suite_create("claim");
    TCase *t = tcase_create("all");

    tcase_add_loop_test(t, lines_that_are_refused, 0, COUNT(bad));
    tcase_add_test(t, tables_of_csv);
    tcase_add_loop_test(t, values_of_rows, 0, COUNT(values));
    tcase_add_loop_test(t, rows_that_do_not_fit, 0, COUNT(unfit));
    tcase_add_test(t, pictures);
    tcase_add_test(t, what_did_not_run);
    tcase_add_test(t, lists_of_a_report);
    tcase_add_test(t, a_whole_study);
    suite_add_tcase(s, t);
    return s;
}
