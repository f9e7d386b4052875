/* slots.c - what became of the slots of macros, rows x columns x time, by layer: to JSON, and as a table. */
#include "tools/report/slots.h"

#include <stdlib.h>
#include <string.h>

/* In the order of the table. */
static const struct { int kind; const char *key; } columns[] = {
    { BL_SLOT_USEFUL, "useful" }, { BL_SLOT_ROWS, "underfilled_rows" }, { BL_SLOT_COLUMNS, "underfilled_columns" }, { BL_SLOT_STARVED, "starved" },
    { BL_SLOT_LOAD, "weight_load" }, { BL_SLOT_BLOCKED, "blocked" }, { BL_SLOT_EDGES, "fill_drain" }, { BL_SLOT_FINISHED, "finished" } };
enum { COLUMNS = sizeof columns / sizeof *columns };
_Static_assert((int)COLUMNS == (int)BL_SLOT_KINDS, "each kind of slot has a column");

/* ---- to JSON ---- */

/* Macros of one class, size and kind of time together. */
struct kind { struct bl_slots_row row; uint64_t macros; bl_slot_count all, slots[BL_SLOT_KINDS]; };

static bool same(const struct bl_slots_row *a, const struct bl_slots_row *b)
{
    return !strcmp(a->cls, b->cls) && a->rows == b->rows && a->cols == b->cols && !a->clock == !b->clock;
}

static void add_macro(struct kind *to, const struct bl_slots_row *row, const uint64_t *v)
{
    bl_slot_count one[BL_SLOT_KINDS];

    bl_slots_of(row, v, one);
    to->row = *row;
    to->macros++;
    to->all += (bl_slot_count)row->rows * row->cols * bl_slots_time(v);
    for (int i = 0; i < BL_SLOT_KINDS; i++)
        to->slots[i] += one[i];
}

static json_t *count_of(bl_slot_count v) { return v > INT64_MAX ? bl_j_of_yj(v) : json_integer((json_int_t)v); }

static json_t *kind_row(const struct kind *k)
{
    json_t *o = json_pack("{s:s, s:o, s:o, s:o, s:s, s:o}", "class", k->row.cls, "macros", bl_j_of_count(k->macros), "rows", bl_j_of_count(k->row.rows), "columns",
                          bl_j_of_count(k->row.cols), "unit", k->row.clock ? "cycles" : "fs", "slots", count_of(k->all));

    for (int i = 0; i < COLUMNS; i++)
        json_object_set_new(o, columns[i].key, count_of(k->slots[columns[i].kind]));
    return o;
}

json_t *bl_j_of_slots(const struct bl_sim *s, const uint64_t *v)
{
    const size_t n = bl_slots_macros(s);
    struct kind *k = calloc(n + 1, sizeof *k);
    json_t *a = json_array();
    size_t kinds = 0;

    for (size_t i = 0; k && v && i < n; i++) {
        struct bl_slots_row row;
        size_t at = 0;
        bl_slots_at(s, i, &row);
        while (at < kinds && !same(&k[at].row, &row))
            at++;
        kinds += at == kinds;
        add_macro(&k[at], &row, v + i * BL_SLOT_NUMBERS);
    }
    for (size_t i = 0; i < kinds; i++)
        json_array_append_new(a, kind_row(&k[i]));
    free(k);
    return a;
}

json_t *bl_j_of_all_slots(struct bl_sim *s)
{
    uint64_t *v = calloc(bl_slots_macros(s) * BL_SLOT_NUMBERS + 1, sizeof *v);
    if (v)
        bl_slots_total(s, v);
    json_t *a = bl_j_of_slots(s, v);

    free(v);
    return a;
}

/* ---- as a table ---- */

/* Counts beyond 2^63 are texts. */
static double slots_of(const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);

    return json_is_string(v) ? strtod(json_string_value(v), NULL) : (double)json_integer_value(v);
}

static void fill_row(struct bl_table *t, const char *layer, const json_t *row, bool several)
{
    const double all = slots_of(row, "slots");

    if (!(all > 0))
        return;
    bl_cell(t, "%s%s%s", layer, several ? " " : "", several ? bl_j_text(row, "class") : "");
    for (int i = 0; i < COLUMNS; i++) {
        const double share = slots_of(row, columns[i].key) / all;
        bl_cell_share(t, share, "%.1f", 100 * share);
    }
}

static void fill_rows(struct bl_table *t, const char *layer, const json_t *rows)
{
    const json_t *row;
    size_t i;

    json_array_foreach(rows, i, row)
        fill_row(t, layer, row, json_array_size(rows) > 1);
}

void bl_fill_slots(const json_t *r, struct bl_table *t)
{
    static const char *const heads[] = { "layer", ">useful", ">rows", ">columns", ">starved", ">weights", ">blocked", ">edges", ">finished" };
    const json_t *row;
    size_t i;

    BL_START(t, heads);
    json_array_foreach(json_object_get(r, "layers"), i, row)
        fill_rows(t, bl_j_text(row, "name"), json_object_get(row, "slots"));
    fill_rows(t, "(the run)", json_object_get(r, "slots"));
}

void bl_notes_slots(const json_t *r, void (*line)(FILE *, const char *), FILE *out)
{
    const json_t *row;
    char text[200];
    size_t i;

    json_array_foreach(json_object_get(r, "slots"), i, row) {
        const unsigned long long n = bl_j_count(row, "macros");
        snprintf(text, sizeof text, "%% of all slots: %llu x %.24s, %llu rows x %llu columns.", n, bl_j_text(row, "class"),
                 (unsigned long long)bl_j_count(row, "rows"), (unsigned long long)bl_j_count(row, "columns"));
        line(out, text);
    }
    line(out, "useful: cells at work. rows, columns: not in use in an operation.");
    line(out, "starved: waits between operations. weights: written, or waited for.");
    line(out, "blocked: nobody takes the results. edges: before the first act in the");
    line(out, "layer, and after the last of any macro. finished: no more to do in it.");
}
