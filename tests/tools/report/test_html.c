/* test_html.c - the page of a report: what its charts (chart.c, charts.c, over.c, html_path.c, html_time.c, html_energy.c, html_over.c, html_layers.c)
 * show against the report that they are of, and names that would break the page. tests/web looks at what a browser draws. */
#include "tests/rigs/small_report.h"
#include "tools/report/charts.h"
#include "tools/report/over.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof(a)[0]))

/* Two layers on one clock of 1 ns, all of it worked out by hand. */
static const char REPORT[] =
"{\"platform\": {\"name\": \"m\"}, \"version\": \"1\", \"end\": \"done\", \"simulated_fs\": 10000000, \"result\": {\"images\": 2},"
" \"figures\": [{\"name\": \"ops_b6\", \"value\": 5, \"unit\": \"ops\", \"help\": \"at B\"}, {\"name\": \"alone_1\", \"value\": 1, \"unit\": \"\", \"help\": \"\"},"
"  {\"name\": \"ops_b9\", \"value\": 7, \"unit\": \"ops\", \"help\": \"at B\"}],"
" \"layers\": [{\"name\": \"c1\", \"on_array\": true, \"macs\": 100, \"cycles\": 6, \"weight_load_cycles\": 2, \"bits\": {\"weights\": 4, \"inputs\": 6, \"outputs\": 8},"
"   \"shape\": {\"in\": [2, 1, 1], \"out\": [4, 1, 1], \"kernel\": [1, 1], \"stride\": 1, \"groups\": 1}, \"energy_yj\": \"3000000000000\","
"   \"verdicts\": [{\"part\": \"a\", \"verdict\": \"busy\", \"spent\": 4}, {\"part\": \"a\", \"verdict\": \"full\", \"spent\": 2}, {\"part\": \"b\", \"verdict\": \"idle\", \"spent\": 6}],"
"   \"path\": {\"fs\": 6000000, \"rows\": [{\"part\": \"a\", \"verdict\": \"busy\", \"fs\": 4000000}, {\"part\": \"b\", \"verdict\": \"busy\", \"fs\": 1000000},"
"     {\"part\": \"a\", \"verdict\": \"full\", \"fs\": 500000}], \"steps\": {\"more\": 500000}, \"groups\": []}},"
"  {\"name\": \"c2\", \"on_array\": true, \"macs\": 50, \"cycles\": 4, \"weight_load_cycles\": 0, \"bits\": {\"weights\": 8, \"inputs\": 8, \"outputs\": 32},"
"   \"shape\": {\"in\": [4, 1, 1], \"out\": [2, 1, 1], \"kernel\": [1, 1], \"stride\": 1, \"groups\": 2}, \"energy_yj\": \"1000000000000\","
"   \"verdicts\": [{\"part\": \"a\", \"verdict\": \"full\", \"spent\": 4}, {\"part\": \"b\", \"verdict\": \"busy\", \"spent\": 3}, {\"part\": \"b\", \"verdict\": \"idle\", \"spent\": 1}],"
"   \"path\": {\"fs\": 4000000, \"rows\": [{\"part\": \"b\", \"verdict\": \"busy\", \"fs\": 4000000}], \"steps\": {}, \"groups\": []}}],"
" \"parts\": [{\"path\": \"a\", \"class\": \"x\", \"unit\": \"cycles\", \"elapsed\": 10, \"verdicts\": [{\"name\": \"busy\", \"spent\": 4, \"energy_yj\": \"0\"},"
"   {\"name\": \"full\", \"spent\": 6, \"energy_yj\": \"1000000000000\"}], \"time\": {\"busy\": 4, \"own\": 0, \"waits\": 6, \"starved\": 0, \"not_started\": 0, \"finished\": 0, \"idle\": 0},"
"   \"tallies\": [{\"name\": \"op\", \"count\": 3, \"energy_yj\": \"2000000000000\"}], \"static_yj\": \"0\"},"
"  {\"path\": \"b\", \"class\": \"y\", \"unit\": \"cycles\", \"elapsed\": 10, \"verdicts\": [{\"name\": \"idle\", \"spent\": 7, \"energy_yj\": \"0\"}, {\"name\": \"busy\", \"spent\": 3,"
"   \"energy_yj\": \"0\"}], \"time\": {\"busy\": 3, \"own\": 0, \"waits\": 0, \"starved\": 1, \"not_started\": 6, \"finished\": 0, \"idle\": 0}, \"tallies\": [],"
"   \"static_yj\": \"1000000000000\"}],"
" \"path\": {\"fs\": 10000000, \"rows\": [], \"ties\": [], \"steps\": {}, \"groups\": []},"
" \"what_if\": [{\"change\": \"a*2\", \"fs\": 8000000, \"saved_fs\": 2000000, \"at_most_fs\": 4000000, \"outputs\": \"same\", \"end\": \"stopped\"},"
"  {\"change\": \"b.n=1\", \"fs\": 11000000, \"saved_fs\": -1000000, \"at_most_fs\": null, \"outputs\": \"same\", \"end\": \"stopped\"},"
"  {\"change\": \"b.n=2\", \"fs\": 1, \"saved_fs\": 9999999, \"at_most_fs\": null, \"outputs\": \"differ\", \"end\": \"deadlock\"}],"
" \"totals\": {\"energy_yj\": \"4000000000000\", \"macs\": 300}, \"provenance\": {\"prices\": ["
"  {\"class\": \"x\", \"item\": \"op\", \"value\": 1, \"unit\": \"yJ\", \"tag\": \"fact\"}, {\"class\": \"x\", \"item\": \"full\", \"value\": 1, \"unit\": \"nW\", \"tag\": \"free\"},"
"  {\"class\": \"y\", \"item\": \"static\", \"value\": 1, \"unit\": \"nW\", \"tag\": \"derived\"}]}}";

/* Three intervals of 4 ns, the last one of 2. */
static const char INTERVALS[] =
"{\"every_fs\": 4000000, \"from_fs\": 0, \"to_fs\": 10000000, \"count\": 3, \"energy_yj\": [\"1000000000000\", \"2000000000000\", \"1000000000000\"],"
" \"parts\": [{\"path\": \"a\", \"unit\": \"cycles\", \"elapsed\": [4, 4, 2], \"verdicts\": [{\"name\": \"busy\", \"spent\": [4, 1, 0]}, {\"name\": \"full\", \"spent\": [0, 3, 2]}],"
"   \"energy_yj\": [\"1000000000000\", \"1000000000000\", \"0\"]},"
"  {\"path\": \"b\", \"unit\": \"cycles\", \"elapsed\": [4, 4, 2], \"verdicts\": [{\"name\": \"busy\", \"spent\": [0, 2, 2]}, {\"name\": \"idle\", \"spent\": [4, 2, 0]}]}], \"channels\": []}";

static json_t *report_of(const char *text)
{
    json_error_t e;
    json_t *r = json_loads(text, 0, &e);

    ck_assert_msg(r != NULL, "%d:%d %s", e.line, e.column, e.text);
    return r;
}

static json_t *with_intervals(void)
{
    json_t *r = report_of(REPORT);

    json_object_set_new(r, "intervals", report_of(INTERVALS));
    return r;
}

/* What the script of the chart is told; NULL: the page has no such chart. */
static json_t *chart_of(const char *page, const char *id)
{
    static const char begin[] = "<script type=\"application/json\">";
    char name[80];

    snprintf(name, sizeof name, "<figure class=chart id=chart_%s>", id);
    const char *at = strstr(page, name), *from = at ? strstr(at, begin) : NULL, *to = from ? strstr(from, "</script>") : NULL;
    if (!at)
        return NULL;
    ck_assert_ptr_nonnull(to);
    from += sizeof begin - 1;
    json_t *spec = json_loadb(from, (size_t)(to - from), 0, NULL);
    ck_assert_msg(spec != NULL, "%.*s", (int)(to - from), from);
    return spec;
}

/* Marks as "y s 0 0.4; ..." of the keys that are there. */
static void marks_text(const json_t *spec, const char *list, char *text, size_t room)
{
    static const char *const keys[] = { "name", "y", "s", "x0", "x", "y0", "v", "label" };
    const json_t *row;
    size_t i, at = 0;

    *text = '\0';
    json_array_foreach(json_object_get(spec, list), i, row) {
        for (int k = 0; k < COUNT(keys) && at < room; k++) {
            const json_t *v = json_object_get(row, keys[k]);
            if (json_is_string(v))
                at += (size_t)snprintf(text + at, room - at, "%s ", json_string_value(v));
            else if (v)
                at += (size_t)snprintf(text + at, room - at, "%.6g ", json_number_value(v));
        }
        if (at && at < room)
            text[--at] = '\0';
        at += (size_t)snprintf(text + at, room - at, "; ");
    }
}

/* By hand: a path is of part a 4 + 0.5 ns, b 1 ns, 0.5 ns of small rows; c1 has 2 x 4 weights of half a byte, 4 bytes, in 6 ns, of which 2 were loading;
 * c2 4 x 2 / 2 weights of one. */
static const struct { bool intervals; const char *id, *list, *marks; } drawn[] = {
    { false, "path", "rows", "c1 b 0 1e-09; c1 a 1e-09 5.5e-09; c1 small rows of many 5.5e-09 6e-09; c2 b 0 4e-09; " },
    { false, "waits", "rows", "a busy 0 0.4; a waits 0.4 1; b busy 0 0.3; b starved 0.3 0.4; b before 0.4 1; " },
    { false, "what_if", "rows", "a*2 rerun 0 2e-09; b.n=1 rerun 0 -1e-09; " },
    { false, "what_if", "bounds", "a*2 at most, by the path 4e-09; " },
    { false, "layer_energy", "rows", "c1  0 3e-12; c2  0 1e-12; " },
    { false, "part_energy", "rows", "a.op fact 0 2e-12; a.full free 0 1e-12; b.static derived 0 1e-12; " },
    { false, "figure_ops_b", "rows", "5  5.6 6.4 0; 7  8.6 9.4 0; " },
    { false, "precision", "rows", "c1 0 1 0.125 4; c1 1 2 0.1875 6; c1 2 3 0.25 8; c2 0 1 0.25 8; c2 1 2 0.25 8; c2 2 3 1 32; " },
    { false, "roofline", "rows", "c1 6.66667e+10 under the roof of operations 50; c2 5e+10 under the roof of operations 25; " },
    { false, "gantt", "rows", "a busy 0 6e-09; a full 6e-09 1e-08; b idle 0 6e-09; b busy 6e-09 1e-08; " },
    { false, "used", "rows", "a 0 6e-09 0.666667 67; a 6e-09 1e-08 0 0; b 0 6e-09 0 0; b 6e-09 1e-08 0.75 75; " },
    { false, "power", "rows", "0.0005 all parts 0 6e-09 0; 0.00025 all parts 6e-09 1e-08 0; " },
    { true, "gantt", "rows", "a busy 0 4e-09; a full 4e-09 1e-08; b idle 0 4e-09; b busy 4e-09 1e-08; " },
    { true, "used", "rows", "a 0 4e-09 1 100; a 4e-09 8e-09 0.25 25; a 8e-09 1e-08 0 0; b 0 4e-09 0 0; b 4e-09 8e-09 0.5 50; b 8e-09 1e-08 1 100; " },
    { true, "power", "rows", "0.00025 a 0 4e-09 0; 0.00025 a 4e-09 8e-09 0; 0.0005 other parts 4e-09 8e-09 0.00025; 0.0005 all parts 8e-09 1e-08 0; " },
};

START_TEST(charts_say_what_the_report_says)
{
    json_t *r = drawn[_i].intervals ? with_intervals() : report_of(REPORT);
    char *page = small_view(r, BL_HTML), text[2000];
    json_t *spec = chart_of(page, drawn[_i].id);

    ck_assert_msg(spec != NULL, "no chart %s", drawn[_i].id);
    marks_text(spec, drawn[_i].list, text, sizeof text);
    ck_assert_str_eq(text, drawn[_i].marks);
    json_decref(spec);
    free(page);
    json_decref(r);
}
END_TEST

/* Roofs of the run: 2 x 2 x 100 operations in the 4 ns beside loading; 8 bytes in 2 ns. They meet at 25 operations a byte. */
START_TEST(roofs)
{
    json_t *r = report_of(REPORT);
    char *page = small_view(r, BL_HTML);
    json_t *spec = chart_of(page, "roofline"), *lines = json_object_get(spec, "lines");
    const json_t *loading = json_object_get(lines, "weights, best of this run"), *ops = json_object_get(lines, "operations, best of this run");

    ck_assert_double_eq_tol(json_number_value(json_array_get(json_array_get(loading, 0), 1)), 12.5 * 4e9, 1);
    ck_assert_double_eq_tol(json_number_value(json_array_get(json_array_get(loading, 1), 0)), 25, 1e-9);
    ck_assert_double_eq_tol(json_number_value(json_array_get(json_array_get(ops, 1), 1)), 1e11, 1);
    json_decref(spec);
    free(page);
    json_decref(r);
}
END_TEST

/* What the report does not have is no chart. */
static const struct { const char *key, *id; } lacks[] = {
    { "what_if", "what_if" }, { "layers", "gantt" }, { "layers", "used" }, { "layers", "power" }, { "layers", "roofline" }, { "layers", "precision" },
    { "layers", "layer_energy" }, { "parts", "waits" }, { "parts", "part_energy" }, { "figures", "figure_ops_b" },
};

START_TEST(no_data_no_chart)
{
    json_t *r = report_of(REPORT), *spec;

    json_object_del(r, lacks[_i].key);
    char *page = small_view(r, BL_HTML);
    ck_assert_ptr_null(spec = chart_of(page, lacks[_i].id));
    ck_assert_ptr_null(strstr(page, "figure_alone"));
    free(page);
    json_decref(r);
}
END_TEST

/* More intervals than slots: neighbours are added up, nothing is lost; lists that do not fit are no intervals. */
START_TEST(slots)
{
    json_t *r = with_intervals();
    struct bl_over o;

    bl_over_of(r, 2, &o);
    ck_assert_int_eq((int)o.slots, 2);
    ck_assert(o.at[0] == 0 && o.at[1] == 8e-9 && o.at[2] == 1e-8 && !o.by_layer);
    ck_assert(bl_spent_at(&o, &o.lane[0], "busy", 0) == 5 && bl_spent_at(&o, &o.lane[0], "full", 1) == 2 && bl_spent_at(&o, &o.lane[0], "none", 1) == 0);
    ck_assert(fabs(o.joules[0] - 3e-12) < 1e-24 && fabs(o.joules[1] - 1e-12) < 1e-24 && o.lane[0].elapsed[0] == 8);
    bl_over_fini(&o);
    json_array_append_new(json_object_get(json_array_get(bl_j_at(r, "intervals", "parts"), 0), "elapsed"), json_integer(1));
    bl_over_of(r, 2, &o);
    ck_assert(o.by_layer && o.slots == 2);
    bl_over_fini(&o);
    json_object_del(r, "layers");
    bl_over_of(r, 2, &o);
    ck_assert_int_eq((int)o.slots, 0);
    bl_over_fini(&o);
    json_decref(r);
}
END_TEST

START_TEST(largest)
{
    static const double v[] = { 1, 5, 5, -2, 5 };
    bool *two = bl_largest(v, 5, 2), *nine = bl_largest(v, 5, 9), *none = bl_largest(v, 0, 3);

    ck_assert(!two[0] && two[1] && two[2] && !two[3] && !two[4] && nine[3] && nine[0]);
    free(two);
    free(nine);
    free(none);
}
END_TEST

static const struct { double v; const char *unit, *text; } si[] = {
    { 0, "s", "0 s" }, { 4.8342e-4, "s", "483.42 us" }, { 1, "W", "1 W" }, { 999.999, "J", "1 kJ" }, { 999.9949, "J", "999.99 J" }, { 0.001, "s", "1 ms" },
    { -2.5e-9, "s", "-2.5 ns" }, { 1.148e10, "op/s", "11.48 Gop/s" }, { 1e-24, "J", "1e-06 aJ" }, { 1e25, "J", "1e+07 EJ" }, { 1e-15, "s", "1 fs" },
};

START_TEST(si_texts)
{
    char buf[40];

    ck_assert_str_eq(bl_si_text(si[_i].v, si[_i].unit, buf), si[_i].text);
}
END_TEST

/* ---- the page ---- */

/* Up to the scripts. */
static char *body_of(const json_t *r)
{
    char *page = small_view(r, BL_HTML), *end = strstr(page, "<script>\n");

    ck_assert_msg(end && strstr(end, "vega") && !strncmp(page + strlen(page) - 8, "</html>\n", 8), "%.300s", page);
    *end = '\0';
    return page;
}

static int times(const char *text, const char *what)
{
    int n = 0;

    for (; (text = strstr(text, what)); text++)
        n++;
    return n;
}

/* Opening and closing tags pair up; nothing is fetched from elsewhere; what came from outside is escaped; every chart has its table. */
START_TEST(tags)
{
    static const char *const paired[] = { "table", "tr", "td", "th", "h1", "h2", "style", "div", "title", "p", "figure", "figcaption", "script" };
    struct small_run x;
    json_t *r = small_report(&x, 100 * BL_NS, small_result(12.5));
    char *page = body_of(r);

    for (int i = 0; i < COUNT(paired); i++) {
        char a[24], b[24], close[24];
        snprintf(a, sizeof a, "<%s>", paired[i]);
        snprintf(b, sizeof b, "<%s ", paired[i]);
        snprintf(close, sizeof close, "</%s>", paired[i]);
        ck_assert_msg(times(page, a) + times(page, b) == times(page, close), "<%s>: %d opened, %d closed", paired[i], times(page, a) + times(page, b), times(page, close));
    }
    ck_assert_int_gt(times(page, "<figure class=chart"), 2);
    ck_assert_int_eq(times(page, "<figure class=chart"), times(page, "aria-label=\"table of the chart\">\n<table>"));
    ck_assert_ptr_null(strstr(page, "http:"));
    ck_assert_ptr_null(strstr(page, "https:"));
    ck_assert_ptr_null(strstr(page, "src="));
    ck_assert_ptr_null(strstr(page, "conv<1>"));
    ck_assert_ptr_nonnull(strstr(page, "conv&lt;1&gt;"));
    free(page);
    small_done(&x, r);
}
END_TEST

/* The same report, the same bytes. */
START_TEST(deterministic)
{
    json_t *r = with_intervals(), *copy = json_deep_copy(r);
    char *one = small_view(r, BL_HTML), *two = small_view(copy, BL_HTML);

    ck_assert_str_eq(one, two);
    free(one);
    free(two);
    json_decref(copy);
    json_decref(r);
}
END_TEST

static const char *const hostile[] = { "</script><script>alert(1)</script>", "\"'><img src=x onerror=alert(1)>", "<!--<script>", "]]>&amp;${x}`", "\\u003c/script>",
                                       "\xe2\x80\xa8 \xf0\x9f\x98\x80 \xc3\xa9", "__proto__", "a\nb\x01", "" };

/* Names of anything, everywhere: the marks have them as they are, and the page is the same page. */
START_TEST(hostile_names)
{
    json_t *r = with_intervals(), *row, *layer, *name = json_string(hostile[_i]);
    size_t i, k;

    ck_assert_ptr_nonnull(name);
    json_object_set(json_object_get(r, "platform"), "name", name);
    json_array_foreach(json_object_get(r, "layers"), i, layer) {
        json_object_set(layer, "name", name);
        json_array_foreach(json_object_get(json_object_get(layer, "path"), "rows"), k, row)
            json_object_set(row, "part", name);
    }
    json_array_foreach(json_object_get(r, "parts"), i, row)
        json_object_set(row, "path", name);
    json_array_foreach(json_object_get(r, "figures"), i, row) {
        json_object_set(row, "unit", name);
        json_object_set(row, "help", name);
    }
    json_object_set(json_array_get(json_object_get(r, "what_if"), 0), "change", name);
    char *page = body_of(r);
    json_t *spec = chart_of(page, "path"), *first = json_array_get(json_object_get(spec, "rows"), 0);
    ck_assert_str_eq(bl_j_text(first, "y"), hostile[_i]);
    ck_assert_str_eq(bl_j_text(first, "s"), hostile[_i]);
    json_decref(spec);
    ck_assert_int_eq(times(page, "<script"), times(page, "<script type=\"application/json\">"));
    ck_assert_int_eq(times(page, "<script"), times(page, "</script>"));
    ck_assert(!strstr(page, "<img") && !strstr(page, "<!--"));
    free(page);
    json_decref(name);
    json_decref(r);
}
END_TEST

Suite *suite_html(void);
Suite *suite_html(void)
{
    Suite *s = suite_create("html");
    TCase *c = tcase_create("charts"), *p = tcase_create("page");

    tcase_add_loop_test(c, charts_say_what_the_report_says, 0, COUNT(drawn));
    tcase_add_test(c, roofs);
    tcase_add_loop_test(c, no_data_no_chart, 0, COUNT(lacks));
    tcase_add_test(c, slots);
    tcase_add_test(c, largest);
    tcase_add_loop_test(c, si_texts, 0, COUNT(si));
    tcase_add_test(p, tags);
    tcase_add_test(p, deterministic);
    tcase_add_loop_test(p, hostile_names, 0, COUNT(hostile));
    suite_add_tcase(s, c);
    suite_add_tcase(s, p);
    return s;
}
