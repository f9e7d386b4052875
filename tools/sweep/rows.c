/* rows.c - reads rows of a database into memory, and chooses among them. */
#include "tools/sweep/rows.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/sweep/expr.h"
#include "tools/memory.h"

struct reading { struct bl_rows *to; const char *which; json_t *sweeps; };     /* sweeps: id: number */

/* ---- reading ---- */

static void put(struct reading *x, json_t *row, const char *name, json_t *value, int kind)
{
    if (json_is_null(value)) {
        json_decref(value);
        return;
    }
    if (!json_object_get(x->to->columns, name))
        json_object_set_new(x->to->columns, name, json_integer(kind));
    json_object_set_new(row, name, value);
}

static json_t *text(const char *s) { return s ? json_string(s) : json_null(); }

/* The value of an axis: a number where it is written as one without a unit. */
static json_t *axis_value(const json_t *v)
{
    const char *s = json_string_value(v);
    char *end = NULL;

    if (!s || !*s || s[strspn(s, "-.0123456789eE")] || !strpbrk(s, "0123456789"))
        return json_incref((json_t *)(uintptr_t)v);
    errno = 0;
    long long whole = strtoll(s, &end, 10);
    if (!*end && !errno)
        return json_integer(whole);
    double real = strtod(s, &end);
    return *end || isinf(real) ? json_incref((json_t *)(uintptr_t)v) : json_real(real);
}

/* Sweeps are numbered as the database has them. */
static json_int_t number_of(struct reading *x, const char *sweep)
{
    const json_t *n = json_object_get(x->sweeps, sweep);

    if (n)
        return json_integer_value(n);
    json_int_t next = (json_int_t)json_object_size(x->sweeps) + 1;
    json_object_set_new(x->sweeps, sweep, json_integer(next));
    return next;
}

static bool is_wanted(const char *which, const char *sweep, json_int_t number)
{
    char *end;
    long n = which ? strtol(which, &end, 10) : 0;

    return !which || (!*end && *which ? n == number : false) || (strlen(which) >= 4 && !strncmp(which, sweep, strlen(which)));
}

/* "platforms/imc/chih_isscc21.yaml" is chih_isscc21 here; a net keeps its suffix, which says what it was read from. */
static json_t *base_of(const char *path, bool suffix)
{
    const char *slash = path ? strrchr(path, '/') : NULL, *name = slash ? slash + 1 : path, *dot = name && !suffix ? strrchr(name, '.') : NULL;

    return name ? json_stringn(name, dot ? (size_t)(dot - name) : strlen(name)) : json_null();
}

static void of_run(struct reading *x, json_t *row, const struct bl_store_row *s, json_int_t number)
{
    bool ran = strcmp(s->state, "missing") != 0;
    const struct { const char *name; json_t *v; } more[] = {
        { "platform", base_of(s->platform, false) }, { "net", base_of(s->net, true) }, { "state", text(s->state) }, { "message", text(s->message) }, { "seconds", ran ? json_real(s->seconds) : json_null() },
        { "cpu_seconds", ran ? json_real(s->cpu_seconds) : json_null() }, { "peak_kb", ran ? json_integer(s->peak_kb) : json_null() },
        { "attempts", ran ? json_integer(s->attempts) : json_null() }, { "command", text(s->command) }, { "host", text(s->host) }, { "started", text(s->started) },
        { "key", text(s->key) }, { "sweep", json_integer(number) }, { "point", json_integer(s->n + 1) },
    };

    for (size_t i = 0; i < sizeof more / sizeof *more; i++)
        if (json_object_get(row, more[i].name))      /* an axis of this name */
            json_decref(more[i].v);
        else
            put(x, row, more[i].name, more[i].v, BL_OF_RUN);
}

static json_t *object_of(const char *text) { return bl_memory_load(text ? text : "{}", text ? strlen(text) : 2, 0, NULL); }

static void read_row(void *ctx, const struct bl_store_row *s)
{
    struct reading *x = ctx;
    json_int_t number = number_of(x, s->sweep);
    json_t *row = json_object(), *setting = object_of(s->setting), *values = object_of(s->values), *v;
    const char *name;

    if (is_wanted(x->which, s->sweep, number)) {
        json_object_foreach(setting, name, v)
            put(x, row, !strncmp(name, "--", 2) ? name + 2 : name, axis_value(v), BL_AXIS);
        json_object_foreach(values, name, v)
            if (!json_object_get(row, name))
                put(x, row, name, json_incref(v), BL_FIGURE);
        of_run(x, row, s, number);
        json_array_append(x->to->rows, row);
    }
    json_decref(row);
    json_decref(setting);
    json_decref(values);
}

int bl_rows_read(struct bl_rows *r, struct bl_store *t, const char *which, struct bl_diag *diag)
{
    *r = (struct bl_rows){ json_array(), json_object(), 0 };
    struct reading x = { r, which, json_object() };
    int status = bl_store_rows(t, NULL, read_row, &x);

    r->sweeps = which ? 1 : json_object_size(x.sweeps);
    if (status == 0 && which && !json_array_size(r->rows))
        status = bl_error(diag, "--sweep %s: there is no such sweep; the database has %zu, numbered from 1", which, json_object_size(x.sweeps));
    json_decref(x.sweeps);
    return status;
}

void bl_rows_fini(struct bl_rows *r)
{
    json_decref(r->rows);
    json_decref(r->columns);
    *r = (struct bl_rows){ 0 };
}

/* ---- choosing ---- */

static void become(struct bl_rows *r, json_t *rows)
{
    json_decref(r->rows);
    r->rows = rows;
}

void bl_rows_where(struct bl_rows *r, const char *expr)
{
    json_t *kept = json_array(), *row;
    size_t i;

    json_array_foreach(r->rows, i, row)
        if (bl_expr_holds(expr, row))
            json_array_append(kept, row);
    become(r, kept);
}

/* As something to be made large; NAN: missing. */
static double reached(const char *goal, const json_t *row)
{
    int sign;
    const char *expr = bl_expr_goal(goal, &sign);

    return sign * bl_expr_number(expr, row);
}

void bl_rows_best(struct bl_rows *r, const char *goal)
{
    json_t *best = NULL, *row, *kept = json_array();
    double most = 0, v;
    size_t i;

    json_array_foreach(r->rows, i, row)
        if (!isnan(v = reached(goal, row)) && (!best || v > most)) {
            best = row;
            most = v;
        }
    if (best)
        json_array_append(kept, best);
    become(r, kept);
}

struct candidate { double x, y; json_t *row; size_t n; };

static int by_goals(const void *a, const void *b)
{
    const struct candidate *p = a, *q = b;

    if (p->x != q->x)
        return p->x > q->x ? -1 : 1;
    if (p->y != q->y)
        return p->y > q->y ? -1 : 1;
    return p->n < q->n ? -1 : p->n > q->n;
}

/* Sorted by x, a row is beaten unless its y is above all before it; those equal to the last one kept stay with it. */
void bl_rows_pareto(struct bl_rows *r, const char *goal1, const char *goal2)
{
    struct candidate *all = calloc(json_array_size(r->rows) + 1, sizeof *all);
    json_t *kept = json_array(), *row;
    const struct candidate *last = NULL;
    size_t i, n = 0;

    json_array_foreach(r->rows, i, row) {
        struct candidate c = { reached(goal1, row), reached(goal2, row), row, i };
        if (all && !isnan(c.x) && !isnan(c.y))
            all[n++] = c;
    }
    if (n)
        qsort(all, n, sizeof *all, by_goals);
    for (i = 0; i < n; i++)
        if (!last || all[i].y > last->y || (all[i].y == last->y && all[i].x == last->x)) {
            json_array_append(kept, all[i].row);
            last = &all[i];
        }
    free(all);
    become(r, kept);
}
