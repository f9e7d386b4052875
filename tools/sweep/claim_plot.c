/* claim_plot.c - the picture of a study of a paper: what is printed and what is ours over the paper's axis. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/sweep/claim.h"
#include "tools/sweep/plot.h"

/* A point of `who` for x, "bits=2", and y; the axis is the one of the first row that has one. */
static int add_point(struct bl_rows *to, const char *x, double y, const char *who, struct bl_diag *diag)
{
    const size_t n = strcspn(x, "=");
    char *end, name[64];
    const double at = strtod(x + n + 1, &end);
    json_t *row;

    snprintf(name, sizeof name, "%.*s", (int)n, x);
    if (!json_object_size(to->columns)) {
        json_object_set_new(to->columns, name, json_integer(BL_AXIS));
        json_object_set_new(to->columns, "y", json_integer(BL_FIGURE));
        json_object_set_new(to->columns, "of", json_integer(BL_AXIS));
    }
    if (!json_object_get(to->columns, name))
        return bl_error(diag, "row: --x %s: is another axis than that of the first row, %s; a study has one picture", x, json_object_iter_key(json_object_iter(to->columns)));
    if (isnan(y))
        return 0;
    row = json_object();
    json_object_set_new(row, name, end > x + n + 1 && !*end ? json_real(at) : json_string(x + n + 1));
    json_object_set_new(row, "y", json_real(y));
    json_object_set_new(row, "of", json_string(who));
    json_array_append_new(to->rows, row);
    return 0;
}

static double printed_of(const json_t *row)
{
    const char *s = json_string_value(json_object_get(row, "printed"));
    char *end;
    const double v = s ? strtod(s, &end) : NAN;

    return s && !*end ? v : NAN;
}

int bl_claim_plot(const json_t *rows, const char *file, struct bl_diag *diag)
{
    static const char *const no_front[2] = { NULL, NULL };
    struct bl_rows points = { json_array(), json_object(), 1 };
    const json_t *row;
    const char *unit = NULL;
    char plot[100];
    int status = 0;
    size_t i;

    for (int ours = 0; ours < 2; ours++)
        json_array_foreach(rows, i, row) {
            const char *x = json_string_value(json_object_get(row, "x"));
            const json_t *value = json_object_get(row, "value");
            if (!x)
                continue;
            unit = unit ? unit : json_string_value(json_object_get(row, "unit"));
            status |= add_point(&points, x, !ours ? printed_of(row) : json_is_number(value) ? json_number_value(value) : NAN, ours ? "ours" : "printed", diag);
        }
    if (status == 0 && json_array_size(points.rows)) {
        snprintf(plot, sizeof plot, "%s, y", json_object_iter_key(json_object_iter(points.columns)));
        const struct bl_plot p = { .plot = plot, .by = "of", .file = file, .rows = &points, .label = unit, .diag = diag };
        status = bl_plot_check(&p) == 0 ? bl_plot_write(&p, no_front) : -1;
    }
    bl_rows_fini(&points);
    return status;
}
