/* claim_file.c - where the values of a statement are: the points of the sweeps, a list of a point's report, the table that a command printed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platforms/file/io.h"
#include "tools/sweep/claim.h"

/* The next field, in place; *end: what stood behind it, ',' '\n' or 0. */
static char *next_field(char **at, char *end)
{
    char *from = *at, *to = *at, *p = *at;
    const bool quoted = *p == '"';

    if (quoted)
        for (from = to = ++p; *p && (*p != '"' || p[1] == '"'); p++) {
            p += *p == '"';
            *to++ = *p;
        }
    else
        for (; *p && *p != ',' && *p != '\n'; p++)
            to = p + 1;
    p += quoted && *p == '"';
    *end = *p;
    *at = p + (*p != 0);
    *to = 0;
    return from;
}

static json_t *value_of(const char *s)
{
    char *end;
    const double v = strtod(s, &end);

    return end == s || *end || !strpbrk(s, "0123456789") ? json_string(s) : json_real(v);
}

static int rows_of_csv(struct bl_rows *r, char *bytes, const char *path, struct bl_diag *diag)
{
    char *at = bytes, end = 0;
    const char *name[256];
    size_t columns = 0;

    do {
        if (columns == 256)
            return bl_error(diag, "%s:1: more than 256 columns", path);
        name[columns++] = next_field(&at, &end);
        json_object_set_new(r->columns, name[columns - 1], json_integer(BL_FIGURE));
    } while (end == ',');
    while (*at) {
        json_t *row = json_object();
        size_t k = 0;
        do {
            const char *field = next_field(&at, &end);
            if (k < columns && *field)
                json_object_set_new(row, name[k], value_of(field));
            k++;
        } while (end == ',');
        json_array_append_new(r->rows, row);
    }
    return 0;
}

/* An object within one is NAME.KEY, and one of a list of named ones LIST.NAME.KEY. */
static void flatten(struct bl_rows *r, json_t *row, const char *before, const json_t *o, int deep)
{
    char path[200];
    const char *name;
    json_t *v, *e;
    size_t i;

    json_object_foreach((json_t *)(uintptr_t)o, name, v) {
        snprintf(path, sizeof path, "%s%s%s", before, *before ? "." : "", name);
        if (json_is_object(v) && deep < 4)
            flatten(r, row, path, v, deep + 1);
        else if (json_is_array(v))
            json_array_foreach(v, i, e) {
                const char *called = json_string_value(json_object_get(e, "name"));
                snprintf(path, sizeof path, "%s%s%s.%s", before, *before ? "." : "", name, called ? called : "");
                if (called && deep < 4)
                    flatten(r, row, path, e, deep + 1);
            }
        else if (!json_is_null(v)) {
            json_object_set(row, path, v);
            json_object_set_new(r->columns, path, json_integer(BL_FIGURE));
        }
    }
}

static void add_object(struct bl_rows *r, const json_t *o)
{
    json_t *row = json_object();

    flatten(r, row, "", o, 0);
    json_array_append_new(r->rows, row);
}

int bl_rows_of_report(struct bl_rows *r, const json_t *report, const char *in, const char *where, struct bl_diag *diag)
{
    json_t *list = json_object_get(report, in), *o;
    size_t i;

    *r = (struct bl_rows){ json_array(), json_object(), 1 };
    if (json_is_object(list))
        add_object(r, list);
    else
        json_array_foreach(list, i, o)
            add_object(r, o);
    return json_is_object(list) || json_is_array(list) ? 0 : bl_error(diag, "%srow: --in %s: the report has no such list", where, in);
}

int bl_rows_of_csv(struct bl_rows *r, const char *path, struct bl_diag *diag)
{
    size_t n;
    char *bytes = bl_read_all(path, &n, diag);

    *r = (struct bl_rows){ json_array(), json_object(), 1 };
    int status = bytes ? rows_of_csv(r, bytes, path, diag) : -1;
    free(bytes);
    return status;
}

/* ---- finding them */

void bl_claim_rows_fini(struct bl_claim_rows *x)
{
    bl_rows_fini(&x->rows);
    free(x->command);
}

static int find_table(const struct bl_claim_files *f, const char *name, const char *where, struct bl_claim_rows *to, struct bl_diag *diag)
{
    char path[1300];

    if (!(to->command = f->command(f->ctx, name)))
        return bl_error(diag, "%srow: --from %s: no line `get %s ...` stands in the study", where, name, name);
    snprintf(path, sizeof path, "%s/%s.csv", f->folder, name);
    return bl_rows_of_csv(&to->rows, path, diag);
}

/* The list of the one point that `expr` leaves. */
static int find_list(struct bl_store *t, const struct bl_rows *points, const struct bl_claim *c, const char *expr, const char *option, const char *where, struct bl_claim_rows *to,
                     struct bl_diag *diag)
{
    const json_t *point = bl_claim_one(points, expr, option, where, diag);
    json_t *report = point ? bl_store_report_of(t, json_string_value(json_object_get(point, "key"))) : NULL;
    int status = report ? bl_rows_of_report(&to->rows, report, c->in, where, diag) : -1;

    if (report)
        to->command = strdup(json_string_value(json_object_get(point, "command")));
    json_decref(report);
    return status;
}

static int find_points(const struct bl_claim *c, const struct bl_claim_files *f, const char *where, struct bl_claim_rows *of, struct bl_claim_rows *over, struct bl_diag *diag)
{
    char path[1300];
    struct bl_rows points = { 0 };

    snprintf(path, sizeof path, "%s.sqlite", f->base);
    struct bl_store *t = bl_store_open(path, false, diag);
    int status = t ? bl_rows_read(&points, t, NULL, diag) : -1;
    if (status == 0 && !c->in) {
        of->rows = points;
        points = (struct bl_rows){ 0 };
    } else if (status == 0)
        status = find_list(t, &points, c, c->point, "--point", where, of, diag) == 0 && (!c->over_point || find_list(t, &points, c, c->over_point, "--over-point", where, over, diag) == 0)
                     ? 0 : -1;
    bl_rows_fini(&points);
    bl_store_close(t);
    return status;
}

int bl_claim_find(const struct bl_claim *c, const struct bl_claim_files *f, const char *where, struct bl_claim_rows *of, struct bl_claim_rows *over, struct bl_diag *diag)
{
    *of = *over = (struct bl_claim_rows){ 0 };
    if (!c->from)
        return find_points(c, f, where, of, over, diag);
    return find_table(f, c->from, where, of, diag) == 0 && (!c->over_from || find_table(f, c->over_from, where, over, diag) == 0) ? 0 : -1;
}
