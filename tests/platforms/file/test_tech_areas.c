/* test_tech_areas.c - what a technology states of areas: read, refused, and put into the report with the number of parts. */
#include "platforms/file/load.h"
#include "platforms/job/setup.h"
#include "tests/rigs/heard.h"
#include "tools/report/report.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) ((int)(sizeof(a) / sizeof(a)[0]))
#define PRICES "tech: t\nprices: { gen.made: { value: 1 fJ, tag: free, source: x } }\n"

Suite *suite_tech_areas(void);

static struct bl_tech *parse(struct heard *h, const char *areas)
{
    char text[1024];

    snprintf(text, sizeof text, PRICES "%s\n", areas);
    return bl_tech_parse("t.yaml", text, strlen(text), 0, heard_start(h));
}

START_TEST(read)
{
    struct heard h;
    struct bl_tech *t = parse(&h, "areas: { gen: { value: 1250 um2, tag: fact, source: \"Table 2\" }, sink: { value: 0.5mm2, tag: free, source: ours } }");

    ck_assert_msg(t != NULL, "%s", h.text);
    ck_assert_uint_eq(bl_tech_areas(t), 2);
    ck_assert_str_eq(bl_tech_area(t, 0)->cls, "gen");
    ck_assert_double_eq(bl_tech_area(t, 0)->um2, 1250);
    ck_assert_int_eq(bl_tech_area(t, 0)->tag, BL_FACT);
    ck_assert_str_eq(bl_tech_area(t, 0)->source, "Table 2");
    ck_assert_double_eq(bl_tech_area(t, 1)->um2, 5e5);
    ck_assert_int_eq(bl_tech_check(t, bl_classes), 0);
    bl_tech_free(t);
}
END_TEST

static const struct { const char *areas, *says; } bad[] = {
    { "areas: 3", "t.yaml:3:8: 'areas'" },
    { "areas: { gen: 5 um2 }", "t.yaml:3:15: an area" },
    { "areas: { gen: { value: 5 um2, tag: fact } }", "t.yaml:3:15: the area of 'gen' has no 'source'; expected value, tag and source" },
    { "areas: { gen: { value: 5, tag: fact, source: x } }", "t.yaml:3:24: '5' is no area; expected one above 0 like '1250 um2' or '0.8 mm2'" },
    { "areas: { gen: { value: 0 um2, tag: fact, source: x } }", "t.yaml:3:24: '0 um2' is no area; expected one above 0 like '1250 um2' or '0.8 mm2'" },
    { "areas: { gen: { value: um2, tag: fact, source: x } }", "t.yaml:3:24: 'um2' is no area; expected one above 0 like '1250 um2' or '0.8 mm2'" },
    { "areas: { gen: { value: 5 um2, tag: facts, source: x } }", "t.yaml:3:36: the tag 'facts' is not known; did you mean 'fact'?" },
    { "areas: { gen: { value: 5 um2, tag: fact, source: x, at: 1 V } }", "t.yaml:3:53: " },
};
START_TEST(refused)
{
    struct heard h;

    ck_assert_ptr_null(parse(&h, bad[_i].areas));
    ck_assert_msg(!strncmp(h.text, bad[_i].says, strlen(bad[_i].says)), "said \"%s\"", h.text);
}
END_TEST

START_TEST(unknown_class)
{
    struct heard h;
    struct bl_tech *t = parse(&h, "areas: { genn: { value: 5 um2, tag: fact, source: x } }");

    ck_assert_msg(t != NULL, "%s", h.text);
    ck_assert_int_eq(bl_tech_check(t, bl_classes), -1);
    ck_assert_str_eq(h.text, "t.yaml:3:10: class 'genn' is not known; did you mean 'gen'?");
    bl_tech_free(t);
}
END_TEST

/* Classes that no part is of do not count; the parts of one are counted. A report has no area without any. */
START_TEST(reported)
{
    struct heard h;
    struct bl_tech *t = parse(&h, "areas: { gen: { value: 1000 um2, tag: fact, source: x }, sink: { value: 1 mm2, tag: free, source: x }, dac: { value: 1 um2, tag: free, source: x } }");
    struct bl_tech *none = parse(&h, "");
    json_t *r = json_pack("{s:[{s:s},{s:s},{s:s,s:i}]}", "parts", "class", "gen", "class", "sink", "class", "gen", "count", 3);

    ck_assert_ptr_nonnull(r);
    bl_report_area(r, t);
    const json_t *area = json_object_get(r, "area"), *rows = json_object_get(area, "classes");
    ck_assert_uint_eq(json_array_size(rows), 2);
    ck_assert_uint_eq(bl_j_count(json_array_get(rows, 0), "parts"), 1 + bl_j_parts(json_array_get(json_object_get(r, "parts"), 2)));
    ck_assert_double_eq_tol(bl_j_real(area, "mm2"), 1 + 1e-3 * (double)bl_j_count(json_array_get(rows, 0), "parts"), 1e-12);
    bl_report_area(r, none);
    ck_assert_ptr_null(json_object_get(r, "area"));
    json_decref(r);
    bl_tech_free(none);
    bl_tech_free(t);
}
END_TEST

Suite *suite_tech_areas(void)
{
    Suite *s = suite_create("tech_areas");
    TCase *tc = tcase_create("all");

    tcase_add_test(tc, read);
    tcase_add_loop_test(tc, refused, 0, COUNT(bad));
    tcase_add_test(tc, unknown_class);
    tcase_add_test(tc, reported);
    suite_add_tcase(s, tc);
    return s;
}
