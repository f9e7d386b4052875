/* test_report_units.c - parts of a report as units (units.c): names, order, what is grouped; and platforms of so many parts that the
 * report has a row for an array (json_parts.c). */
#include "tests/rigs/small_report.h"
#include "tools/report/units.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof(a)[0]))

START_TEST(any_index)
{
    static const char *const row[][2] = { { "a", "a" }, { "t[12].a[3]", "t[*].a[*]" }, { "t[*].a[*]", "t[*].a[*]" }, { "x[0]", "x[*]" },
                                          { "x[123456789]y", "x[*]y" }, { "", "" } };
    char buf[BL_UNIT_NAME], path[2 * BL_UNIT_NAME];

    for (int i = 0; i < COUNT(row); i++) {
        bl_any_index(row[i][0], buf);
        ck_assert_str_eq(buf, row[i][1]);
    }
    for (size_t n = BL_UNIT_NAME - 4; n < BL_UNIT_NAME + 2; n++) {          /* longer ones are cut */
        memset(path, 'p', n);
        path[n] = 0;
        bl_any_index(path, buf);
        ck_assert_uint_eq(strlen(buf), n < BL_UNIT_NAME - 2 ? n : BL_UNIT_NAME - 2);
        strcpy(path + n - 1, "[7]");
        bl_any_index(path, buf);
        ck_assert(strlen(buf) < BL_UNIT_NAME && !strchr(buf, '7'));
    }
}
END_TEST

/* Largest first, equal ones as they stood: all orders of five items of which two are equal. */
START_TEST(sorted)
{
    for (int order = 0; order < 5 * 5 * 5 * 5 * 5; order++) {
        struct bl_items l = { 0 };
        char name[5][8];
        for (int i = 0, at = order; i < 5; i++, at /= 5) {
            snprintf(name[i], sizeof name[i], "%d", i);
            bl_item_of(&l, name[i], "", "")->n = (uint64_t)(at % 5 / 2);
        }
        bl_sort_items(&l);
        for (size_t k = 1; k < l.n; k++)
            ck_assert(l.v[k - 1].n > l.v[k].n || (l.v[k - 1].n == l.v[k].n && strcmp(l.v[k - 1].name, l.v[k].name) < 0));
        ck_assert_uint_eq(l.n, 5);
        free(l.v);
    }
}
END_TEST

/* Rows of an item are told apart by all three of their names. */
START_TEST(items)
{
    struct bl_items l = { 0 };

    bl_item_of(&l, "a", "p", "s")->n = 1;
    bl_item_of(&l, "b", "p", "s")->n = 2;
    bl_item_of(&l, "a", "q", "s")->n = 3;
    bl_item_of(&l, "a", "p", "t")->n = 4;
    ck_assert_uint_eq(l.n, 4);
    ck_assert_uint_eq(bl_item_of(&l, "a", "p", "s")->n, 1);
    ck_assert_uint_eq(bl_item_of(&l, "b", "p", "s")->n, 2);
    ck_assert_uint_eq(bl_item_of(&l, "a", "q", "s")->n, 3);
    ck_assert_uint_eq(bl_item_of(&l, "a", "p", "t")->n, 4);
    ck_assert_uint_eq(l.n, 4);
    free(l.v);
}
END_TEST

/* More than eight parts of one array and class are a unit; rows of many parts always are. */
START_TEST(grouped)
{
    static const struct { int parts, of_another_class, rows_for; const char *units; } row[] = {
        { 1, 0, 0, "a[0]" }, { 8, 0, 0, "a[0] a[1] a[2] a[3] a[4] a[5] a[6] a[7]" }, { 9, 0, 0, "a[*] (9)" },
        { 8, 1, 0, "a[0] a[1] a[2] a[3] a[4] a[5] a[6] a[7] a[8]" }, { 9, 1, 0, "a[*] (9) a[9]" }, { 1, 0, 2, "a[*] (2)" }, { 2, 0, 4, "a[*] (8)" } };

    for (int i = 0; i < COUNT(row); i++) {
        json_t *parts = json_array(), *r = json_pack("{s:o}", "parts", parts);
        char path[16], all[4096] = "";
        for (int k = 0; k < row[i].parts + row[i].of_another_class; k++) {
            snprintf(path, sizeof path, row[i].rows_for ? "a[*]" : "a[%d]", k);
            json_t *part = json_pack("{s:s, s:s, s:i, s:s}", "path", path, "class", k < row[i].parts ? "x" : "y", "elapsed", 10, "unit", "cycles");
            if (row[i].rows_for)
                json_object_set_new(part, "parts", json_integer(row[i].rows_for));
            json_array_append_new(parts, part);
        }
        struct bl_units u = bl_units_of(r);
        for (size_t k = 0; k < u.n; k++)
            strcat(strcat(all, k ? " " : ""), u.v[k].name);
        ck_assert_str_eq(all, row[i].units);
        ck_assert_uint_eq(bl_elapsed_of(&u.v[0]), 10 * u.v[0].n);
        bl_units_free(&u);
        json_decref(r);
    }
}
END_TEST

/* ---- very many parts */

static const char MANY[] =
    "platform: many\nclocks: { core: %s }\nparts:\n  a: { class: src, clock: core, count: %u }\n  b: { class: snk, clock: core, every: 4, count: %u }\n"
    "  two: { class: duo, clock: core, count: %u }\n"
    "wires:\n  - a[*].x -> b[*].x depth 2\n";

static json_t *many(struct small_run *x, const char *clock, unsigned n, unsigned duos, uint64_t until)
{
    char text[512];

    snprintf(text, sizeof text, MANY, clock, n, n, duos);
    json_t *r = small_report_of(x, text, small_classes, until, NULL);
    ck_assert_msg(r != NULL, "%s", x->h.text);
    return r;
}

static const json_t *row_of(const json_t *r, const char *path)
{
    const json_t *row;
    size_t i;

    json_array_foreach(json_object_get(r, "parts"), i, row)
        if (!strcmp(bl_j_text(row, "path"), path))
            return row;
    ck_abort_msg("no row %s", path);
    return NULL;
}

static uint64_t count_of(const json_t *row, const char *list, const char *name, const char *key)
{
    const json_t *v;
    size_t i;

    json_array_foreach(json_object_get(row, list), i, v)
        if (!strcmp(bl_j_text(v, "name"), name) || !strcmp(bl_j_text(v, "cause"), name))
            return bl_j_count(v, key);
    ck_abort_msg("no %s %s", list, name);
    return 0;
}

/* A row for all elements has the sums: counts, times and energies are those of one, so many times. */
START_TEST(a_row_for_an_array)
{
    enum { N = 4000, DUOS = 700 };
    struct small_run x, y;
    json_t *r = many(&x, "5 ns", N, DUOS, 1000000000), *one = many(&y, "5 ns", 1, 1, 1000000000);
    static const char *const paths[][2] = { { "a[*]", "a[0]" }, { "b[*]", "b[0]" }, { "two[*].in", "two[0].in" }, { "two[*].out", "two[0].out" } };
    static const struct { const char *list, *name, *key; } what[] = {
        { "verdicts", "busy", "spent" }, { "verdicts", "busy", "blamed_fs" }, { "verdicts", "out_full", "spent" }, { "waits", "out_full", "fs" },
        { "tallies", "sent", "count" }, { "tallies", "sent", "energy_yj" }, { "verdicts", "out_full", "energy_yj" } };

    ck_assert_uint_eq(json_array_size(json_object_get(r, "parts")), 5);
    for (int i = 0; i < COUNT(paths); i++) {
        const json_t *all = row_of(r, paths[i][0]), *its = row_of(one, paths[i][1]);
        const uint64_t n = i < 2 ? N : DUOS;
        ck_assert_uint_eq(bl_j_count(all, "parts"), n);
        ck_assert_ptr_null(json_object_get(its, "parts"));
        ck_assert_uint_eq(bl_j_count(all, "elapsed"), n * bl_j_count(its, "elapsed"));
        ck_assert(bl_j_yj(all, "static_yj") == n * bl_j_yj(its, "static_yj") && bl_j_yj(all, "energy_yj") == n * bl_j_yj(its, "energy_yj"));
        for (int k = 0; !i && k < COUNT(what); k++)
            ck_assert_uint_eq(count_of(all, what[k].list, what[k].name, what[k].key), n * count_of(its, what[k].list, what[k].name, what[k].key));
    }
    ck_assert_str_eq(bl_j_text(json_array_get(json_object_get(row_of(r, "a[*]"), "waits"), 0), "peer"), "b[*]");
    ck_assert(bl_j_yj(json_object_get(r, "totals"), "energy_yj") == bl_energy(x.s));
    ck_assert_str_eq(bl_j_text(json_object_get(row_of(r, "b[*]"), "params"), "every"), "4");
    char *text = small_view(r, BL_TEXT);
    ck_assert_msg(strstr(text, "  a[*] (4000)       src ") && strstr(text, "  its peer: "), "%.3000s", text);
    free(text);
    small_done(&x, r);
    small_done(&y, one);
}
END_TEST

/* A parameter that one element has otherwise is none of the row. */
START_TEST(parameters_of_an_array)
{
    struct small_run x;

    small_set.text = "b[17].every=5";
    json_t *r = many(&x, "5 ns", 6000, 1, 1000000);
    small_set.text = NULL;
    const json_t *params = json_object_get(row_of(r, "b[*]"), "params");
    ck_assert(json_is_object(params));
    ck_assert_ptr_null(json_object_get(params, "every"));
    small_done(&x, r);
}
END_TEST

static const char PAIRS[] = "platform: pairs\nclocks: { core: 5 ns }\nparts:\n  a: { class: src, clock: core, count: %u }\n"
                             "  b: { class: snk, clock: core, count: %u }\nwires:\n  - a[*].x -> b[*].x depth 2\n";

/* 10 000 parts have rows of their own, one more and there are rows for arrays. */
START_TEST(from_how_many_on)
{
    for (unsigned n = 5000; n <= 5001; n++) {
        struct small_run x;
        char text[512];
        snprintf(text, sizeof text, PAIRS, n, n);
        json_t *r = small_report_of(&x, text, small_classes, 20000000, NULL);
        ck_assert_msg(r != NULL, "%s", x.h.text);
        ck_assert_uint_eq(json_array_size(json_object_get(r, "parts")), n == 5000 ? 10000 : 2);
        char *json = small_view(r, BL_JSON);
        ck_assert_uint_lt(strlen(json), n == 5000 ? 10000 * 1024 : 10000);       /* 1 KB a part at most */
        free(json);
        small_done(&x, r);
    }
}
END_TEST

/* Sums end below 2^63 fs: 6000 parts for 1000 s are rows of nine. The account is the same, to the last digit. */
START_TEST(longer_than_time_goes)
{
    struct small_run x;
    const uint64_t until = UINT64_C(1000000000000000000);
    json_t *r = many(&x, "200 s", 6000, 1, until);
    const json_t *row;
    uint64_t parts = 0, sent = 0;
    size_t i;

    json_array_foreach(json_object_get(r, "parts"), i, row)
        if (!strcmp(bl_j_text(row, "path"), "a[*]")) {
            parts += bl_j_count(row, "parts");
            sent += count_of(row, "tallies", "sent", "count");
            ck_assert_uint_le(bl_j_count(row, "parts"), 9);
        }
    ck_assert_uint_eq(parts, 6000);
    ck_assert_uint_eq(sent, 6000 * 2);
    ck_assert(bl_j_yj(json_object_get(r, "totals"), "energy_yj") == bl_energy(x.s));
    small_done(&x, r);
}
END_TEST

Suite *suite_report_units(void);
/* Cycles are periods of their clock, own time is fs; what does not fit is the most that does. */
START_TEST(ticks_as_time)
{
    json_t *r = json_pack("{s:[{s:s, s:i}, {s:s, s:i}]}", "clocks", "name", "a", "period_fs", 1000, "name", "b", "period_fs", 250);
    json_t *of_b = json_pack("{s:s, s:s}", "unit", "cycles", "clock", "b"), *own = json_pack("{s:s, s:n}", "unit", "fs", "clock");

    ck_assert_uint_eq(bl_tick_of(r, of_b), 250);
    ck_assert_uint_eq(bl_fs_of(r, of_b, 7), 1750);
    ck_assert_uint_eq(bl_fs_of(r, own, 7), 7);
    ck_assert_uint_eq(bl_fs_of(r, of_b, UINT64_MAX / 2), UINT64_MAX);
    json_decref(r);
    json_decref(of_b);
    json_decref(own);
}
END_TEST

START_TEST(powers)
{
    static const struct { double nw; const char *text; } row[] = { { 0.5, "0.5 nW" }, { 999.9, "999.9 nW" }, { 1000, "1 uW" }, { 2.536e6, "2.536 mW" }, { 3e9, "3 W" },
        { 5e15, "5000 kW" } };
    char buf[40];

    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        ck_assert_str_eq(bl_power_text(row[i].nw, buf), row[i].text);
}
END_TEST

Suite *suite_report_units(void)
{
    Suite *s = suite_create("report_units");
    TCase *t = tcase_create("all");

    tcase_add_test(t, any_index);
    tcase_add_test(t, sorted);
    tcase_add_test(t, items);
    tcase_add_test(t, grouped);
    tcase_add_test(t, a_row_for_an_array);
    tcase_add_test(t, parameters_of_an_array);
    tcase_add_test(t, from_how_many_on);
    tcase_add_test(t, longer_than_time_goes);
    tcase_add_test(t, ticks_as_time);
    tcase_add_test(t, powers);
    suite_add_tcase(s, t);
    return s;
}
