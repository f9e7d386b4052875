/* test_report_path.c - the critical path in a report: who is in step, what the headline says, what stands in text, JSON and HTML. */
#include "platforms/job/setup.h"
#include "tests/rigs/heard.h"
#include "tests/rigs/small_report.h"
#include "tools/report/path.h"

#include <check.h>
#include <stdlib.h>

static struct heard h;

static json_t *path_of(const char *platform)
{
    struct bl_setup_opts o = { .platform = platform, .path = true, .images = { true, 1 } };
    struct bl_setup *u = bl_setup_open(&o, heard_start(&h));

    ck_assert_msg(u != NULL, "%s", h.text);
    ck_assert_int_eq(bl_setup_run(u, BL_FOREVER, NULL, NULL), BL_END_STOPPED);
    uint64_t *v = calloc(bl_path_numbers(u->sim), sizeof *v);
    bl_path_total(u->sim, v);
    json_t *path = bl_j_of_path(u->sim, v);
    ck_assert_uint_eq(bl_j_count(path, "fs"), bl_now(u->sim));
    free(v);
    bl_setup_close(u);
    return path;
}

static bool has(const json_t *group, const char *part)
{
    const json_t *row;
    size_t i;

    json_array_foreach(json_object_get(group, "parts"), i, row)
        if (!strcmp(bl_j_text(row, "part"), part))
            return true;
    return false;
}

START_TEST(imagine_is_in_step)
{
    json_t *path = path_of("imagine"), *first = json_array_get(json_object_get(path, "groups"), 0), *g;
    char text[400];
    uint64_t sum = 0;
    size_t i;

    ck_assert(has(first, "host") && has(first, "dram_port") && has(first, "weight_loader") && has(first, "lmem") && !has(first, "fetch_agu"));
    bl_path_headline(path, text, sizeof text);
    ck_assert_str_eq(text, "dram_port + host + lmem + weight_loader, in step, 95.5 %");
    json_array_foreach(json_object_get(path, "groups"), i, g)
        sum += bl_j_count(g, "fs");
    ck_assert_uint_eq(sum, bl_j_count(path, "fs"));
    json_decref(path);
}
END_TEST

/* Rows and ties as they are written here, and who is one: two parts whose ties reach half of the smaller share, and a third by way of one of them. */
START_TEST(groups)
{
    json_t *path = json_loads("{\"fs\": 100, \"steps\": {}, \"rows\": [{\"part\": \"a\", \"verdict\": \"busy\", \"fs\": 40}, {\"part\": \"b\", \"verdict\": \"busy\","
                              " \"fs\": 20}, {\"part\": \"c\", \"verdict\": \"full\", \"fs\": 10, \"alone\": true}, {\"part\": \"d\", \"verdict\": \"busy\","
                              " \"fs\": 30}], \"ties\": [{\"part\": \"a\", \"other\": \"b\", \"fs\": 6}, {\"part\": \"b\", \"other\": \"a\", \"fs\": 4},"
                              " {\"part\": \"c\", \"other\": \"b\", \"fs\": 5}, {\"part\": \"d\", \"other\": \"a\", \"fs\": 14}]}", 0, NULL);
    char text[200];

    ck_assert_ptr_nonnull(path);
    json_object_set_new(path, "groups", bl_path_groups(path));
    const json_t *first = json_array_get(json_object_get(path, "groups"), 0);
    ck_assert(has(first, "a") && has(first, "b") && has(first, "c") && !has(first, "d"));
    ck_assert_uint_eq(bl_j_count(first, "fs"), 70);
    bl_path_headline(path, text, sizeof text);
    ck_assert_str_eq(text, "a + b + c, in step, 70.0 %; d 30.0 %");
    json_object_set_new(json_object_get(path, "steps"), "word", json_integer(6));
    bl_path_headline(path, text, sizeof text);
    ck_assert_str_eq(text, "(estimate) a + b + c, in step, 70.0 %; d 30.0 %");
    json_decref(path);
    bl_path_headline(NULL, text, sizeof text);
    ck_assert_str_eq(text, "not recorded");
}
END_TEST

/* A report with what-if rows, in all three forms. */
START_TEST(what_if_is_shown)
{
    struct small_run x;
    json_t *r = small_report(&x, 1000000, NULL);

    json_object_set_new(r, "what_if", json_loads("[{\"change\": \"<a>*2\", \"fs\": 500000, \"saved_fs\": 300000, \"at_most_fs\": 400000, \"outputs\": \"differ\","
        " \"end\": \"stopped\"}, {\"change\": \"b=1\", \"fs\": 900000, \"saved_fs\": -100000, \"at_most_fs\": null, \"outputs\": null, \"end\": \"stopped\","
        " \"interaction_fs\": -7000}]", 0, NULL));
    char *text = small_view(r, BL_TEXT), *html = small_view(r, BL_HTML);
    ck_assert_msg(strstr(text, "\nWhat if\n") && strstr(text, "outputs differ: it did other work") && strstr(text, "<a>*2") && strstr(text, "-0.1 ns"), "%s", text);
    ck_assert(strstr(html, "&lt;a&gt;*2") && strstr(html, "id=what_if"));
    ck_assert(strstr(text, "limited by  ") && strstr(text, "not recorded"));
    free(text);
    free(html);
    small_done(&x, r);
}
END_TEST

/* One that was saved before parts had `time` is shown by its verdicts, and says nothing of a path. */
START_TEST(a_report_of_before)
{
    struct small_run x;
    json_t *r = small_report(&x, 1000000, NULL), *part;
    size_t i;

    json_object_del(r, "path");
    json_object_del(r, "no_root");
    json_array_foreach(json_object_get(r, "parts"), i, part) {
        json_object_del(part, "time");
        json_object_del(part, "feeds");
    }
    char *text = small_view(r, BL_TEXT), *html = small_view(r, BL_HTML);
    ck_assert_msg(strstr(text, "busy %  idle  stalled\n") && !strstr(text, "limited by") && !strstr(text, "starved"), "%s", text);
    ck_assert_ptr_nonnull(strstr(html, "id=chart_waits"));
    free(text);
    free(html);
    small_done(&x, r);
}
END_TEST

Suite *suite_report_path(void);
Suite *suite_report_path(void)
{
    Suite *s = suite_create("report_path");
    TCase *c = tcase_create("path");

    tcase_add_test(c, imagine_is_in_step);
    tcase_add_test(c, groups);
    tcase_add_test(c, what_if_is_shown);
    tcase_add_test(c, a_report_of_before);
    suite_add_tcase(s, c);
    return s;
}
