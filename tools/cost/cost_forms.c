/* cost_forms.c - the rows of `bitline cost` as text, CSV and JSON. */
#include "tools/cost/cost_rows.h"

#include <string.h>

#include "tools/report/table.h"

static const struct { const char *name, *title; } sections[] = {
    { "peak", "Peak" }, { "chip", "Against the chip" }, { "energy", "Energy of an MVM of one macro, by Eqs. (1) to (11)" },
    { "gates", "The same by gates" }, { "area", "Area of all macros" }, { "clock", "Clock: delay a step" }, { "given", "What the macro is" },
    { "constants", "Constants" },
};
enum { SECTIONS = sizeof sections / sizeof sections[0] };

static const char *text_of(const json_t *row, const char *key) { return json_object_get(row, key) ? json_string_value(json_object_get(row, key)) : ""; }

/* A number or a word; "" for none. `digits` of a real. */
static const char *value_text(const json_t *v, int digits, char buf[40])
{
    if (json_is_string(v))
        return json_string_value(v);
    *buf = '\0';
    if (json_is_number(v))
        snprintf(buf, 40, "%.*g", digits, json_number_value(v));
    else if (json_is_boolean(v))
        snprintf(buf, 40, "%s", json_is_true(v) ? "yes" : "no");
    return buf;
}

/* ---- text: of a section the columns that it has */

enum { ROW_COLUMNS = 10 };
static const struct { const char *key, *head; double scale; } columns[ROW_COLUMNS] = {
    { "name", "", 0 }, { "value", ">value", 0 }, { "unit", "unit", 0 }, { "share", ">share %", 100 }, { "stage", ">stage", 0 }, { "model", ">model", 0 },
    { "deviation", ">deviation %", 100 }, { "usable", "comparable", 0 }, { "tag", "tag", 0 }, { "source", "source", 0 },
};

static bool has(const json_t *rows, const char *key)
{
    const json_t *row;
    size_t i;

    json_array_foreach(rows, i, row)
        if (json_object_get(row, key))
            return true;
    return false;
}

static void cell(struct bl_table *t, const json_t *v, double scale)
{
    char buf[40];

    if (scale > 0 && json_is_number(v))
        bl_cell(t, "%.1f", scale * json_number_value(v));
    else
        bl_cell(t, "%s", value_text(v, 6, buf));
}

static void section_text(const char *title, const json_t *rows, FILE *out)
{
    const char *heads[ROW_COLUMNS];
    size_t shown[ROW_COLUMNS], n = 0, i;
    struct bl_table t;
    const json_t *row;

    if (!json_array_size(rows))
        return;
    for (size_t k = 0; k < ROW_COLUMNS; k++)
        if (has(rows, columns[k].key)) {
            heads[n] = columns[k].head;
            shown[n++] = k;
        }
    bl_table_start(&t, heads, n);
    json_array_foreach(rows, i, row)
        for (size_t k = 0; k < n; k++)
            cell(&t, json_object_get(row, columns[shown[k]].key), columns[shown[k]].scale);
    fprintf(out, "\n%s\n", title);
    bl_table_print(&t, out);
    bl_table_fini(&t);
}

void bl_cost_text(const json_t *cost, FILE *out)
{
    const json_t *note;
    size_t i;

    bl_safe_text(text_of(cost, "macro"), out);
    fputs(*text_of(cost, "about") ? ": " : "", out);
    bl_safe_text(text_of(cost, "about"), out);
    fputc('\n', out);
    for (size_t s = 0; s < SECTIONS; s++)
        section_text(sections[s].title, json_object_get(cost, sections[s].name), out);
    json_array_foreach(json_object_get(cost, "notes"), i, note) {
        fputs(i ? "Note: " : "\nNote: ", out);
        bl_safe_text(json_string_value(note), out);
        fputs(".\n", out);
    }
}

/* ---- CSV */

void bl_cost_csv(const json_t *cost, FILE *out)
{
    char buf[40];

    fputs("section", out);
    for (size_t k = 0; k < ROW_COLUMNS; k++)
        fprintf(out, ",%s", columns[k].key);
    fputc('\n', out);
    for (size_t s = 0; s < SECTIONS; s++) {
        const json_t *row;
        size_t i;
        json_array_foreach(json_object_get(cost, sections[s].name), i, row) {
            bl_csv_cell(sections[s].name, ",", out);
            for (size_t k = 0; k < ROW_COLUMNS; k++)
                bl_csv_cell(value_text(json_object_get(row, columns[k].key), 10, buf), k + 1 < ROW_COLUMNS ? "," : "\n", out);
        }
    }
}

void bl_cost_json(const json_t *cost, FILE *out)
{
    json_dumpf(cost, out, JSON_INDENT(1) | JSON_REAL_PRECISION(10));
    fputc('\n', out);
}
