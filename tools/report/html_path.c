/* html_path.c - charts of what limits a run: the critical path by layer, and what changes bring. */
#include "tools/report/charts.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS = 40, SERIES = 7 };        /* layers and parts that have a bar of their own; the others share one */

/* ---- the critical path ---- */

struct row { const char *name; const json_t *path; double s; };
struct rows { struct row *v; size_t n; bool arrays; };      /* arrays: elements of an array are one, as parts are many */

static void add(struct rows *l, const char *name, const json_t *path)
{
    if (json_is_object(path) && bl_j_count(path, "fs"))
        l->v[l->n++] = (struct row){ name, path, bl_seconds(bl_j_count(path, "fs")) };
}

/* What the bar of a row is called: its part, or the array of it. buf of BL_UNIT_NAME. */
static const char *name_of(const struct rows *l, const json_t *row, char *buf)
{
    if (!l->arrays)
        return bl_j_text(row, "part");
    bl_any_index(bl_j_text(row, "part"), buf);
    return buf;
}

/* Time by name, of all rows. */
static json_t *times_of(const struct rows *l)
{
    json_t *sum = json_object();
    const json_t *row;
    char buf[BL_UNIT_NAME];
    size_t k;

    for (size_t i = 0; i < l->n; i++)
        json_array_foreach(json_object_get(l->v[i].path, "rows"), k, row) {
            const char *name = name_of(l, row, buf);
            json_object_set_new(sum, name, json_real(bl_j_real(sum, name) + bl_seconds(bl_j_count(row, "fs"))));
        }
    return sum;
}

/* The parts with most of all rows: an object of their names, in order of their time. */
static json_t *largest_parts(struct rows *l)
{
    json_t *sum = times_of(l);

    if (json_object_size(sum) > SERIES) {
        json_decref(sum);
        l->arrays = true;
        sum = times_of(l);
    }
    return bl_largest_names(sum, SERIES);
}

/* fs by series of a layer, in the order of `kept`, then of what has none, then of rows too small to be kept. */
static json_t *shares_of(const struct rows *l, const json_t *path, const json_t *kept)
{
    char buf[BL_UNIT_NAME];
    json_t *shares = json_object(), *v;
    const json_t *row;
    const char *name;
    size_t k;

    json_object_foreach((json_t *)(uintptr_t)kept, name, v)
        json_object_set_new(shares, name, bl_j_of_count(0));
    json_array_foreach(json_object_get(path, "rows"), k, row) {
        const char *series = name_of(l, row, buf);
        series = json_object_get(kept, series) ? series : "other parts";
        json_object_set_new(shares, series, bl_j_of_count(bl_j_count(shares, series) + bl_j_count(row, "fs")));
    }
    const uint64_t more = bl_j_count(json_object_get(path, "steps"), "more");
    if (more)
        json_object_set_new(shares, "small rows of many", bl_j_of_count(more));
    return shares;
}

static void bars_of(struct bl_chart *c, const struct rows *l, const struct row *r, const json_t *kept)
{
    json_t *shares = shares_of(l, r->path, kept), *v;
    const char *name;
    uint64_t from = 0;
    char time[40];

    json_object_foreach(shares, name, v) {
        const uint64_t fs = bl_j_count(shares, name);
        if (!fs)
            continue;
        bl_cell(&c->table, "%s", r->name);
        bl_cell(&c->table, "%s", name);
        bl_cell(&c->table, "%s", bl_si_text(bl_seconds(fs), "s", time));
        bl_cell(&c->table, "%.1f", 100 * bl_seconds(fs) / r->s);
        bl_chart_bar(c, r->name, name, bl_seconds(from), bl_seconds(from + fs));
        from += fs;
    }
    json_decref(shares);
}

static void put(const struct bl_chart_text *text, const char *const heads[4], struct rows *l, FILE *out)
{
    struct bl_chart c;
    double *v = calloc(l->n + 1, sizeof *v);
    json_t *kept = largest_parts(l);

    bl_chart_start(&c, BL_BARS, text, heads, 4);
    for (size_t i = 0; v && i < l->n; i++)
        v[i] = l->v[i].s;
    bool *shown = v ? bl_largest(v, l->n, ROWS) : NULL;
    for (size_t i = 0; shown && i < l->n; i++)
        if (shown[i])
            bars_of(&c, l, &l->v[i], kept);
    bl_chart_end(&c, out);
    json_decref(kept);
    free(shown);
    free(v);
}

void bl_chart_path(const json_t *r, FILE *out)
{
    struct bl_chart_text text = { "path", "Critical path by layer", "Where the time of each layer went, back from its end: the part that everything "
        "waited for. A change that shortens a bar brings at most its length. Of many layers those with the longest.", "time, s", "" };
    static const char *const heads[] = { "layer", "limited by", ">at most", ">% of layer" };
    const json_t *layers = json_object_get(r, "layers"), *row;
    struct rows l = { calloc(json_array_size(layers) + 1, sizeof *l.v), 0, false };
    size_t i;

    if (!l.v) {
        bl_memory_lose();
        return;
    }
    json_array_foreach(layers, i, row)
        add(&l, bl_j_text(row, "name"), json_object_get(row, "path"));
    if (!l.n) {
        add(&l, "whole run", json_object_get(r, "path"));
        text.title = "Critical path";
    }
    put(&text, heads, &l, out);
    free(l.v);
}

void bl_chart_paths(json_t *const *reports, const char *const *names, size_t n, FILE *out)
{
    static const struct bl_chart_text text = { "paths", "Critical path of each run", "Where the time went, back from the end of the run. "
        "A change that shortens a bar brings at most its length.", "time, s", "" };
    static const char *const heads[] = { "run", "limited by", ">at most", ">% of run" };
    struct rows l = { calloc(n + 1, sizeof *l.v), 0, false };

    if (!l.v) {
        bl_memory_lose();
        return;
    }
    for (size_t i = 0; i < n; i++)
        add(&l, names[i], json_object_get(reports[i], "path"));
    put(&text, heads, &l, out);
    free(l.v);
}

/* ---- what if ---- */

static double signed_seconds(const json_t *row, const char *key) { return (double)json_integer_value(json_object_get(row, key)) / 1e15; }

static void change(struct bl_chart *c, const json_t *row, double before)
{
    const char *name = bl_j_text(row, "change");
    const bool bounded = json_is_integer(json_object_get(row, "at_most_fs"));
    const double saved = signed_seconds(row, "saved_fs"), most = signed_seconds(row, "at_most_fs");
    char time[40];

    bl_cell(&c->table, "%s", name);
    bl_cell(&c->table, "%s", bl_si_text(saved, "s", time));
    bl_cell(&c->table, "%.1f", before > 0 ? 100 * saved / before : 0);
    if (bounded)
        bl_cell(&c->table, "%s", bl_si_text(most, "s", time));
    else
        bl_cell(&c->table, "-");
    bl_cell(&c->table, "%s", *bl_j_text(row, "outputs") ? bl_j_text(row, "outputs") : "-");
    bl_chart_bar(c, name, "rerun", 0, saved);
    if (bounded)
        bl_chart_bound(c, name, "at most, by the path", most);
}

void bl_chart_what_if(const json_t *r, FILE *out)
{
    static const struct bl_chart_text text = { "what_if", "What changes bring", "Bars: what a rerun with that change saved (to the left of 0: it costs). "
        "Lines: the most that the critical path allows. Changes whose run did not come to its end are left out.", "time saved, s", "" };
    static const char *const heads[] = { "change", ">saved", ">% of run", ">at most", "outputs" };
    struct bl_chart c;
    const json_t *row;
    size_t i;

    BL_CHART(&c, BL_BARS, &text, heads);
    json_array_foreach(json_object_get(r, "what_if"), i, row)
        if (!strcmp(bl_j_text(row, "end"), bl_end_name[BL_END_STOPPED]))
            change(&c, row, bl_seconds(bl_j_count(r, "simulated_fs")));
    bl_chart_end(&c, out);
}
