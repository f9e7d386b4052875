/* compare_many.c - more than two accounts: the first one is compared with each of the others, and the rows of these comparisons are put side by side. */
#include "tools/report/compare.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GROUP, NAME, FIRST, SECOND, DIFFERENCE };       /* columns of a comparison of two */

/* { rows: [{group, name, values: [..], differs}], index: {key: row} } */
struct many { json_t *rows, *index; size_t n; };

/* The n-th row of its name in a group, as with several --set. */
static json_t *row_of(struct many *m, const char *group, const char *name, json_t *seen)
{
    json_t *base = json_sprintf("%s\n%s", group, name);
    const char *text = base ? json_string_value(base) : "";
    json_int_t turn = json_integer_value(json_object_get(seen, text));
    json_t *key = json_sprintf("%s\n%lld", text, (long long)turn), *row = NULL;

    json_object_set_new(seen, text, json_integer(turn + 1));
    if (key && !(row = json_object_get(m->index, json_string_value(key)))) {
        row = json_pack("{s:s, s:s, s:[], s:b}", "group", group, "name", name, "values", "differs", 0);
        json_array_append(m->rows, row);
        json_object_set_new(m->index, json_string_value(key), row);
    }
    json_decref(base);
    json_decref(key);
    return row;
}

static void set_value(json_t *row, size_t at, const char *text)
{
    json_t *values = json_object_get(row, "values");

    while (json_array_size(values) <= at)
        if (json_array_append_new(values, json_string("-")))
            return;                    /* no memory: the command refuses its output */
    json_array_set_new(values, at, bl_j_of_text(text));
}

/* Run number `at` beside the first one. */
static void add(struct many *m, const json_t *first, const json_t *other, size_t at)
{
    struct bl_table t;
    json_t *seen = json_object();
    const char *group = "";

    bl_compare(first, other, true, &t);
    for (size_t i = 0; i < t.cells; i += t.columns) {
        char **c = &t.cell[i];
        group = *c[GROUP] ? c[GROUP] : group;
        json_t *row = row_of(m, group, c[NAME], seen);
        if (!json_array_size(json_object_get(row, "values")) || at == 1)
            set_value(row, 0, c[FIRST]);
        set_value(row, at, c[SECOND]);
        if (*c[DIFFERENCE] || strcmp(c[FIRST], c[SECOND]))
            json_object_set_new(row, "differs", json_true());
    }
    bl_table_fini(&t);
    json_decref(seen);
}

size_t bl_compare_many(json_t *const *reports, size_t n, bool all, struct bl_table *t)
{
    static const char *const letters[BL_COMPARE_MOST] = { ">A", ">B", ">C", ">D", ">E", ">F", ">G", ">H", ">I", ">J", ">K", ">L", ">M", ">N" };
    const char *heads[BL_TABLE_COLUMNS] = { "", "" }, *group = NULL;
    struct many m = { json_array(), json_object(), n };
    json_t *row, *value;
    size_t differ = 0, i, k;

    for (i = 0; i < n; i++)
        heads[2 + i] = letters[i];
    bl_table_start(t, heads, 2 + n);
    for (i = 1; i < n; i++)
        add(&m, reports[0], reports[i], i);
    json_array_foreach(m.rows, i, row) {
        const bool differs = json_is_true(json_object_get(row, "differs"));
        differ += differs;
        if (!differs && !all)
            continue;
        const bool same = group && !strcmp(group, bl_j_text(row, "group"));
        group = bl_j_text(row, "group");
        set_value(row, n - 1, json_array_size(json_object_get(row, "values")) == n ? json_string_value(json_array_get(json_object_get(row, "values"), n - 1)) : "-");
        bl_cell(t, "%s", same ? "" : group);
        bl_cell(t, "%s", bl_j_text(row, "name"));
        json_array_foreach(json_object_get(row, "values"), k, value)
            bl_cell(t, "%s", json_string_value(value));
    }
    json_decref(m.rows);
    json_decref(m.index);
    return differ;
}

size_t bl_compare_runs(json_t *const *reports, size_t n, bool all, struct bl_table *t)
{
    return n == 2 ? bl_compare(reports[0], reports[1], all, t) : bl_compare_many(reports, n, all, t);
}
