/* show_html.c - charts of the points of a sweep, by the code that draws those of a report. */
#include "tools/sweep/show_html.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tools/report/chart.h"
#include "tools/report/html_page.h"
#include "tools/report/report.h"
#include "tools/sweep/expr.h"

enum { NAME = 160, MOST_COLUMNS = 60 };

/* What a value is called: of a file its name. */
static const char *short_text(const char *text)
{
    const char *slash = strrchr(text, '/');

    return slash && slash[1] ? slash + 1 : text;
}

/* What a point is called: the values of its axes, "fixed 72". */
static void name_of(const struct bl_rows *r, const json_t *row, char *buf)
{
    const char *column;
    json_t *kind;
    size_t at = 0;

    buf[0] = '\0';
    json_object_foreach(r->columns, column, kind) {
        const json_t *v = json_object_get(row, column);
        if (json_integer_value(kind) != BL_AXIS || !v || at >= NAME - 1)
            continue;
        if (json_is_string(v))
            at += (size_t)snprintf(buf + at, NAME - at, "%s%s", at ? " " : "", short_text(json_string_value(v)));
        else
            at += (size_t)snprintf(buf + at, NAME - at, "%s%.6g", at ? " " : "", json_number_value(v));
    }
    if (!*buf)
        snprintf(buf, NAME, "point %lld", (long long)json_integer_value(json_object_get(row, "point")));
}

/* ---- a plot ---- */

/* A text on the axis stands in the middle of its unit (bl_chart_names). */
static void word_axis(struct bl_chart *c, const json_t *words)
{
    const char *names[200], *word;
    json_t *n;
    size_t k = 0;

    json_object_foreach((json_t *)(uintptr_t)words, word, n)
        if (k < sizeof names / sizeof *names)
            names[k++] = word;
    if (k)
        bl_chart_names(c, "x", names, k);
}

static bool is_word(const json_t *row, const char *expr) { return isnan(bl_expr_number(expr, row)); }

static void plot(const struct bl_plot *p, char *xy[2], const char *const goals[2], FILE *out)
{
    const struct bl_chart_text text = { "plot", p->plot, p->by ? p->by : "A point a row.", xy[0], xy[1] };
    static const char *const heads[] = { "point", "of", "x", ">y" };
    json_t *words = json_object();
    const json_t *row;
    struct bl_chart c;
    char name[NAME], series[200];
    int sx, sy;
    size_t i;

    bl_chart_start(&c, BL_POINTS, &text, heads, 4);
    json_array_foreach(p->rows->rows, i, row) {
        const double y = bl_expr_number(xy[1], row), place = bl_plot_place(row, xy[0], words), x = place + (is_word(row, xy[0]) ? 0.5 : 0);
        if (isnan(x) || isnan(y))
            continue;
        name_of(p->rows, row, name);
        bl_plot_series(row, p->by, series, sizeof series);
        bl_cell(&c.table, "%s", name);
        bl_cell(&c.table, "%s", series);
        if (is_word(row, xy[0]))
            bl_cell(&c.table, "%.*s", (int)bl_expr_value(xy[0], row).n, bl_expr_value(xy[0], row).text);
        else
            bl_cell(&c.table, "%.6g", x);
        bl_cell(&c.table, "%.6g", y);
        bl_chart_point(&c, name, series, x, y);
        if (!goals[0] && !is_word(row, xy[0]))
            bl_chart_line(&c, p->by ? series : "in order", x, y);
    }
    word_axis(&c, words);
    if (goals[0] && !strcmp(bl_expr_goal(goals[0], &sx), xy[0]) && !strcmp(bl_expr_goal(goals[1], &sy), xy[1]))
        bl_chart_front(&c, sx, sy);
    bl_chart_end(&c, out);
    json_decref(words);
}

/* ---- the front ---- */

static bool has_two(const struct bl_rows *r, const char *column)
{
    const json_t *row;
    double first = NAN;
    size_t i;

    json_array_foreach(r->rows, i, row) {
        const double v = json_is_number(json_object_get(row, column)) ? json_number_value(json_object_get(row, column)) : NAN;
        if (isnan(first))
            first = v;
        else if (!isnan(v) && v != first)
            return true;
    }
    return false;
}

static void offer_one(json_t *all, const struct bl_rows *r, const char *expr)
{
    json_t *list = json_array();
    const json_t *row;
    size_t i;

    json_array_foreach(r->rows, i, row) {
        const double v = bl_expr_number(expr, row);
        json_array_append_new(list, isfinite(v) ? json_real(v) : json_null());
    }
    json_object_set_new(all, expr, list);
}

/* Columns of numbers that differ, for the reader to choose from, and the two that are drawn: each a list, null where a row has none. */
static void offer(struct bl_chart *c, const struct bl_rows *r, const char *x, const char *y)
{
    json_t *all = json_object(), *kind;
    const char *column;

    offer_one(all, r, x);
    offer_one(all, r, y);
    for (int want = BL_AXIS; want <= BL_OF_RUN; want++)
        json_object_foreach(r->columns, column, kind)
            if (json_integer_value(kind) == want && json_object_size(all) < MOST_COLUMNS && !json_object_get(all, column) && has_two(r, column))
                offer_one(all, r, column);
    json_object_set_new(c->spec, "columns", all);
}

static void front(const struct bl_rows *r, const char *const goals[2], FILE *out)
{
    static const char *const heads[] = { "point", ">x", ">y" };
    int sx, sy;
    const char *x = bl_expr_goal(goals[0], &sx), *y = bl_expr_goal(goals[1], &sy);
    char about[400], name[NAME];
    const struct bl_chart_text text = { "pareto", "Pareto front", about, x, y };
    const json_t *row;
    struct bl_chart c;
    size_t i;
    json_t *names = json_array();

    snprintf(about, sizeof about, "%.150s, %.150s: the line joins the points that no other one beats in both.", goals[0], goals[1]);
    bl_chart_start(&c, BL_POINTS, &text, heads, 3);
    json_array_foreach(r->rows, i, row) {
        name_of(r, row, name);
        json_array_append_new(names, bl_j_of_text(name));
        if (isnan(bl_expr_number(x, row)) || isnan(bl_expr_number(y, row)))
            continue;
        bl_cell(&c.table, "%s", name);
        bl_cell(&c.table, "%.6g", bl_expr_number(x, row));
        bl_cell(&c.table, "%.6g", bl_expr_number(y, row));
        bl_chart_point(&c, name, "", bl_expr_number(x, row), bl_expr_number(y, row));
    }
    bl_chart_front(&c, sx, sy);
    json_object_set_new(c.spec, "goals", json_pack("[i, i]", sx, sy));
    json_object_set_new(c.spec, "names", names);
    offer(&c, r, x, y);
    bl_chart_end(&c, out);
}

/* What a sweep is usually looked at for: the first two that it has and that differ. */
static bool usual(const struct bl_rows *r, const char *goals[2])
{
    static const char *const pairs[][2] = {
        { "max accuracy", "min energy_j_an_image" }, { "max agreement", "min energy_j_an_image" }, { "max images_per_s", "min energy_j_an_image" },
        { "max accuracy", "min simulated_s" }, { "max tops", "max tops_per_w" }, { "min simulated_s", "min energy_j" }, { "max accuracy", "min energy_j" },
    };
    int sign;

    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (has_two(r, bl_expr_goal(pairs[i][0], &sign)) && has_two(r, bl_expr_goal(pairs[i][1], &sign))) {
            memcpy(goals, pairs[i], sizeof pairs[i]);
            return true;
        }
    return false;
}

/* ---- the page ---- */

int bl_sweep_charts(const char *db, const struct bl_plot *p, const char *const goals[2], FILE *out)
{
    const char *own[2] = { goals[0], goals[1] };
    char *xy[2];

    if (p->plot && bl_plot_xy(p, xy) < 0)
        return -1;
    bl_page_start(db, "sweep", out);
    if (p->plot) {
        plot(p, xy, goals, out);
        free(xy[0]);
        free(xy[1]);
    }
    if (own[0] || usual(p->rows, own))
        front(p->rows, own, out);
    return 0;
}

void bl_sweep_page_end(const char *title, const struct bl_table *t, FILE *out)
{
    bl_page_heading("points", title, out);
    bl_page_table(title, t, out);
    bl_page_end(BL_VERSION, out);
}
