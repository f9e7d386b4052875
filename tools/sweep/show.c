/* show.c - `bitline sweep report`: rows of a database as a table, CSV or JSON, the best of them, those that no other beats, and a plot. */
#include "tools/sweep/sweep.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platforms/file/io.h"
#include "tools/commands.h"
#include "tools/memory.h"
#include "tools/report/table.h"
#include "tools/sweep/expr.h"
#include "tools/sweep/plot.h"
#include "tools/sweep/rows.h"
#include "tools/sweep/show_html.h"

struct show {
    const char *db;
    const struct bl_sweep_opts *o;
    struct bl_diag *diag;
    struct bl_rows rows;
    struct bl_texts columns;           /* expressions; owned */
    char *goal[2];                     /* of --pareto */
};

/* ---- options ---- */

static int check_goal(struct show *x, const char *goal, const char *option)
{
    int sign;

    return bl_expr_check(bl_expr_goal(goal, &sign), x->rows.columns, option, x->diag);
}

static int read_pareto(struct show *x)
{
    const char *list = x->o->pareto;

    if (!list)
        return 0;
    for (int i = 0; i < 2; i++)
        if (!(x->goal[i] = bl_expr_next(&list)))
            return bl_error(x->diag, "--pareto %s: expected two goals, as in 'max accuracy, min energy_j'", x->o->pareto);
    if (*list)
        return bl_error(x->diag, "--pareto %s: expected two goals, as in 'max accuracy, min energy_j'", x->o->pareto);
    return check_goal(x, x->goal[0], "--pareto") | check_goal(x, x->goal[1], "--pareto");
}

static int check_expressions(struct show *x)
{
    const struct bl_sweep_opts *o = x->o;
    int status = read_pareto(x);

    if (o->where)
        status |= bl_expr_check(o->where, x->rows.columns, "--where", x->diag);
    if (o->best)
        status |= check_goal(x, o->best, "--best");
    if (o->by && !o->plot)
        status = bl_error(x->diag, "--by %s: belongs to --plot", o->by);
    if (o->plot && !o->output)
        status = bl_error(x->diag, "--plot %s: expected -o FILE.svg, FILE.png, FILE.html or FILE.gp", o->plot);
    for (size_t i = 0; i < x->columns.n; i++)
        status |= bl_expr_check(x->columns.v[i], x->rows.columns, "--columns", x->diag);
    return status;
}

/* ---- columns ---- */

/* Do all rows agree in it, or have none? */
static bool is_dull(const struct show *x, const char *column)
{
    const json_t *row, *first = json_object_get(json_array_get(x->rows.rows, 0), column);
    size_t i;

    json_array_foreach(x->rows.rows, i, row)
        if (!json_equal(json_object_get(row, column), first) && (first || json_object_get(row, column)))
            return false;
    return true;
}

static void choose(struct show *x, const char *name)
{
    if (json_object_get(x->rows.columns, name))
        bl_own_word(&x->columns, "%s", name);
}

/* Axes, and what people look at first. */
static void choose_for_people(struct show *x)
{
    static const char *const first[] = { "accuracy", "agreement", "cycles_an_image", "images_per_s", "simulated_s", "energy_j_an_image", "energy_j", "tops_per_w" };
    const char *name;
    json_t *kind;

    if (x->rows.sweeps > 1)
        choose(x, "sweep");
    json_object_foreach(x->rows.columns, name, kind)
        if (json_integer_value(kind) == BL_AXIS && x->columns.n < BL_TABLE_COLUMNS - 8)
            choose(x, name);
    if (!is_dull(x, "state"))
        choose(x, "state");
    for (size_t i = 0; i < sizeof first / sizeof *first && x->columns.n < BL_TABLE_COLUMNS; i++) {
        bool instead = (!strcmp(first[i], "simulated_s") && json_object_get(x->rows.columns, "images_per_s")) ||
                       (!strcmp(first[i], "energy_j") && json_object_get(x->rows.columns, "energy_j_an_image"));
        if (!instead)
            choose(x, first[i]);
    }
}

static void choose_all(struct show *x)
{
    const char *name;
    json_t *kind;

    for (int want = BL_AXIS; want <= BL_OF_RUN; want++)
        json_object_foreach(x->rows.columns, name, kind)
            if (json_integer_value(kind) == want)
                choose(x, name);
}

static void choose_columns(struct show *x, bool for_people)
{
    const char *list = x->o->columns;
    char *one;

    if (list)
        while ((one = bl_expr_next(&list)))
            bl_texts_add(&x->columns, one);
    else if (for_people)
        choose_for_people(x);
    else
        choose_all(x);
}

/* ---- forms ---- */

/* A column is shown as it is; what is computed as its number. buf of 400 bytes. */
static const char *cell(const json_t *row, const char *expr, const char *form, char *buf)
{
    const json_t *v = json_object_get(row, expr);
    struct bl_value x = v ? (struct bl_value){ 0 } : bl_expr_value(expr, row);

    buf[0] = 0;
    if (json_is_string(v))
        return json_string_value(v);
    if (json_is_integer(v))
        snprintf(buf, 400, "%lld", (long long)json_integer_value(v));
    else if (v || (!x.text && !isnan(x.number)))
        snprintf(buf, 400, form, v ? json_number_value(v) : x.number);
    else if (x.text)
        snprintf(buf, 400, "%.*s", (int)(x.n < 399 ? x.n : 399), x.text);
    return buf;
}

/* Columns of numbers stand to the right. */
static bool is_number(const struct show *x, const char *expr)
{
    const json_t *row;
    size_t i;

    json_array_foreach(x->rows.rows, i, row)
        if (!isnan(bl_expr_number(expr, row)))
            return true;
    return false;
}

typedef char head_text[200];

/* head: BL_TABLE_COLUMNS of them, which the table refers to. */
static int fill(const struct show *x, head_text *head, struct bl_table *t)
{
    const char *heads[BL_TABLE_COLUMNS];
    const json_t *row;
    char buf[400];
    size_t i;

    if (x->columns.n > BL_TABLE_COLUMNS)
        return bl_error(x->diag, "--columns: %zu columns; a table has at most %d, --as csv any number", x->columns.n, BL_TABLE_COLUMNS);
    for (i = 0; i < x->columns.n; i++) {
        snprintf(head[i], sizeof head[i], "%s%s", is_number(x, x->columns.v[i]) ? ">" : "", x->columns.v[i]);
        heads[i] = head[i];
    }
    bl_table_start(t, heads, x->columns.n);
    json_array_foreach(x->rows.rows, i, row)
        for (size_t k = 0; k < x->columns.n; k++)
            bl_cell(t, "%s", cell(row, x->columns.v[k], "%.5g", buf));
    return 0;
}

static int as_text(const struct show *x, FILE *out)
{
    head_text head[BL_TABLE_COLUMNS];
    struct bl_table t;

    if (fill(x, head, &t) < 0)
        return -1;
    bl_table_print(&t, out);
    bl_table_fini(&t);
    return 0;
}

/* What is chosen among the rows for the table: charts have all of them, and show which these are. */
static void choose_rows(struct show *x)
{
    if (x->goal[0])
        bl_rows_pareto(&x->rows, x->goal[0], x->goal[1]);
    if (x->o->best)
        bl_rows_best(&x->rows, x->o->best);
}

static int as_html(struct show *x, FILE *out)
{
    struct bl_plot plot = { .plot = x->o->plot, .by = x->o->by, .file = x->o->output, .rows = &x->rows, .diag = x->diag };
    head_text head[BL_TABLE_COLUMNS];
    struct bl_table t;

    if (bl_sweep_charts(x->db, &plot, (const char *const *)x->goal, out) < 0)
        return -1;
    choose_rows(x);
    if (fill(x, head, &t) < 0)
        return -1;
    bl_sweep_page_end(x->goal[0] ? "Points that no other one beats" : "Points", &t, out);
    bl_table_fini(&t);
    return 0;
}

static void as_csv(struct show *x, FILE *out)
{
    const json_t *row;
    char buf[400];
    size_t i, n = x->columns.n;

    for (size_t k = 0; k < n; k++)
        bl_csv_cell(x->columns.v[k], k + 1 < n ? "," : "\n", out);
    json_array_foreach(x->rows.rows, i, row)
        for (size_t k = 0; k < n; k++)
            bl_csv_cell(cell(row, x->columns.v[k], "%.15g", buf), k + 1 < n ? "," : "\n", out);
}

static json_t *json_cell(const json_t *row, const char *expr)
{
    const json_t *v = json_object_get(row, expr);
    struct bl_value x = v ? (struct bl_value){ 0 } : bl_expr_value(expr, row);

    if (v)
        return json_incref((json_t *)(uintptr_t)v);
    return x.text ? json_stringn(x.text, x.n) : isnan(x.number) || isinf(x.number) ? json_null() : json_real(x.number);
}

static void as_json(struct show *x, FILE *out)
{
    json_t *all = json_array();
    const json_t *row;
    size_t i;

    json_array_foreach(x->rows.rows, i, row) {
        json_t *o = json_object();
        for (size_t k = 0; k < x->columns.n; k++)
            json_object_set_new(o, x->columns.v[k], json_cell(row, x->columns.v[k]));
        json_array_append_new(all, o);
    }
    json_dumpf(all, out, JSON_INDENT(1) | JSON_REAL_PRECISION(15));
    fputc('\n', out);
    json_decref(all);
}

static int write_form(struct show *x, const char *form, FILE *out)
{
    if (!strcmp(form, "csv"))
        return as_csv(x, out), 0;
    if (!strcmp(form, "json"))
        return as_json(x, out), 0;
    if (!strcmp(form, "html"))
        return as_html(x, out);
    return as_text(x, out);
}

static int write_all(struct show *x, const char *form)
{
    struct bl_text text;

    if (!x->o->output)
        return write_form(x, form, stdout);
    if (bl_text_open(&text, x->o->output, x->diag) < 0)
        return -1;
    int status = write_form(x, form, text.out);
    if (status == 0 && bl_memory_lost())
        status = bl_error(x->diag, "%s: no memory for what would stand in it", x->o->output);
    if (status < 0)
        return fclose(text.out), free(text.bytes), -1;
    return bl_text_save(&text, x->o->output, x->diag);
}

static int show(struct show *x)
{
    const char *file = x->o->output, *dot = file ? strrchr(file, '.') : NULL;
    const bool page = x->o->plot && dot && !strcmp(dot, ".html");
    const char *form = x->o->as ? x->o->as : page ? "html" : "text";
    struct bl_plot plot = { .plot = x->o->plot, .by = x->o->by, .file = x->o->output, .rows = &x->rows, .diag = x->diag };

    choose_columns(x, !strcmp(form, "text") || !strcmp(form, "html"));
    if (check_expressions(x) < 0 || (x->o->plot && bl_plot_check(&plot) < 0))
        return -1;
    if (x->o->where)
        bl_rows_where(&x->rows, x->o->where);
    if (x->o->plot && strcmp(form, "html"))
        return bl_plot_write(&plot, (const char *const *)x->goal);
    if (strcmp(form, "html"))
        choose_rows(x);
    return write_all(x, form);
}

int bl_sweep_report(const char *db, const struct bl_sweep_opts *o, struct bl_diag *diag)
{
    struct show x = { .db = db, .o = o, .diag = diag };
    struct bl_store *t = bl_store_open(db, false, diag);
    int status = t && bl_rows_read(&x.rows, t, o->which, diag) == 0 && show(&x) == 0 ? BL_DONE : BL_REFUSED;

    bl_store_close(t);
    bl_rows_fini(&x.rows);
    bl_texts_free_all(&x.columns);
    free(x.goal[0]);
    free(x.goal[1]);
    return status;
}
