/* test_origins.c - where parameters come from, in the report and in `bitline show`: value, tag, source; "set" where the value is another one. */
#include "tests/rigs/command_rig.h"
#include "tests/rigs/small_report.h"
#include "tools/report/report.h"

static bool has_line(const char *text, const char *words)
{
    const char *line = strstr(text, words);

    return line && (line == text || line[-1] == '\n');
}

START_TEST(shown)
{
    char out[NAME], *text;
    struct heard h;

    scratch("shown.txt", out);
    ck_assert_int_eq(program(&h, out, "show", "osa_hcim", "--set", "cols=72", NULL), 0);
    text = content(out);
    ck_assert_msg(has_line(text, "  adc.rho                                 2  free     our reading of section V-B: three SAR steps") ||
                  strstr(text, "free     our reading of section V-B: three SAR steps"), "%s", text);
    ck_assert_ptr_nonnull(strstr(text, "72  set      not the 144 of the platform file (fact: section IV-A: 144 HCIMA an HMU)"));
    free(text);
    ck_assert_int_eq(program(&h, out, "show", "osa_hcim", "adc", NULL), 0);
    text = content(out);
    ck_assert_ptr_nonnull(strstr(text, "a slot in clock periods"));
    ck_assert_ptr_nonnull(strstr(text, "free  our reading of section V-B: three SAR steps"));
    free(text);
    ck_assert_int_eq(program(&h, out, "show", "osa_hcim", "adc", "--set", "adc.rho=3", NULL), 0);
    text = content(out);
    ck_assert_ptr_null(strstr(text, "our reading of section V-B"));
    free(text);
    ck_assert_int_eq(program(&h, out, "show", "isscc23_7_8", NULL), 0);
    text = content(out);
    ck_assert_ptr_nonnull(strstr(text, "  clock.core  2.81284 ns  calibrated  "));      /* 2812840 fs in the file */
    free(text);
    ck_assert_int_eq(program(&h, out, "show", "back_pressure", NULL), 0);
    text = content(out);
    ck_assert_ptr_null(strstr(text, "Where parameters come from"));
    free(text);
    remove(out);
}
END_TEST

START_TEST(reported)
{
    char out[NAME], file[NAME], *text;
    struct heard h;

    scratch("origins.txt", out), scratch("origins.json", file);
    ck_assert_int_eq(program(&h, out, "run", "ap", "--set", "core.fidelity=macro", "--set", "clock.core=2 ns", "--report-json", file, NULL), 0);
    text = small_flat(content(out));
    ck_assert_ptr_nonnull(strstr(text, "Where parameters come from "));
    ck_assert_ptr_nonnull(strstr(text, "core.rows 4800 fact Table V: CAPs of 4800 rows"));
    ck_assert_ptr_nonnull(strstr(text, "clock.core 2 ns set not the 1 GHz of the platform file (fact: Table V: 1 GHz)"));
    free(text);
    json_t *r = bl_report_read(file, heard_start(&h));
    const json_t *rows = r ? bl_j_at(r, "provenance", "parameters") : NULL, *clock = json_array_get(rows, 0);
    ck_assert_msg(r != NULL, "%s", h.text);
    ck_assert_uint_eq(json_array_size(rows), 4);
    ck_assert_str_eq(bl_j_text(clock, "name"), "clock.core");
    ck_assert_str_eq(bl_j_text(clock, "value"), "2 ns");
    ck_assert_str_eq(bl_j_text(clock, "stated"), "1 GHz");
    ck_assert_str_eq(bl_j_text(clock, "tag"), "fact");
    ck_assert(json_is_false(json_object_get(clock, "same")));
    ck_assert_ptr_null(bl_j_source_of(rows, "clock", "core"));
    ck_assert_ptr_eq(bl_j_source_of(rows, "link", "bits"), json_array_get(rows, 3));
    ck_assert_ptr_eq(bl_j_source_of(rows, "link[2]", "bits"), json_array_get(rows, 3));
    ck_assert_ptr_null(bl_j_source_of(rows, "lin", "bits"));
    json_decref(r);
    remove(out), remove(file);
}
END_TEST

Suite *suite_origins(void);
Suite *suite_origins(void)
{
    Suite *s = suite_create("origins");
    TCase *t = tcase_create("all");

    tcase_add_test(t, shown);
    tcase_add_test(t, reported);
    suite_add_tcase(s, t);
    return s;
}
