/* claim.c - a statement of a paper beside what a study gives. */
#include "tools/sweep/claim.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/sweep/expr.h"

static const char *const statuses[] = { "exact", "derived", "calibrated", "predicted" };

/* ---- reading ---- */

static int words_of(struct bl_claim *c, const struct bl_study_line *line, const char *where, struct bl_diag *diag)
{
    const struct { const char *name; const char **to; } takes[] = {
        { "--printed", &c->printed }, { "--unit", &c->unit }, { "--value", &c->value }, { "--where", &c->where }, { "--over", &c->over },
        { "--from", &c->from }, { "--over-from", &c->over_from }, { "--in", &c->in }, { "--point", &c->point }, { "--over-point", &c->over_point },
        { "--sum", &c->sum }, { "--x", &c->x }, { "--within", &c->within }, { "--status", &c->status }, { "--because", &c->because },
    };
    const size_t n = line->words.n, most = sizeof takes / sizeof *takes;
    const char *const *v = line->words.v, *names[sizeof takes / sizeof *takes];
    size_t k;

    for (k = 0; k < most; k++)
        names[k] = takes[k].name;
    if (n < 2 || v[1][0] == '-')
        return bl_error(diag, "%srow: expected what the paper states, and then options", where);
    c->what = v[1];
    for (size_t i = 2; i < n; i++) {
        for (k = 0; k < most && strcmp(v[i], takes[k].name); k++)
            ;
        if (k == most) {
            const char *near = bl_nearest(v[i], names, most);
            return bl_error(diag, near ? "%srow: '%s' is no option; did you mean '%s'?" : "%srow: '%s' is no option; it takes --printed --unit --value --where --over --from --over-from --in --point --over-point --sum --x --within --status --because",
                            where, v[i], near);
        }
        const bool alone = takes[k].to == &c->sum;
        if ((!alone && i + 1 == n) || *takes[k].to)
            return bl_error(diag, "%srow: %s %s", where, v[i], *takes[k].to ? "stands twice" : "needs a value");
        *takes[k].to = v[i + !alone];
        i += !alone;
    }
    return 0;
}

/* "67.4..72.1", "5.79", ">1", "<0.1": both ends, and how many decimals stand there. */
static int read_printed(struct bl_claim *c, const char *where, struct bl_diag *diag)
{
    const char *of = c->printed;
    char *end;

    c->low = c->high = NAN;
    c->decimals = -1;
    if (!of)
        return 0;
    const char side = *of == '<' || *of == '>' ? *of++ : 0, *range = strstr(of, "..");
    c->low = strtod(of, &end);
    if (range && !side) {
        of = range + 2;
        c->high = strtod(of, &end);
    } else {
        c->high = side == '>' ? INFINITY : c->low;
        c->low = side == '<' ? -INFINITY : c->low;
    }
    const char *dot = memchr(of, '.', (size_t)(end - of));
    if (*end || end == of || !(c->low <= c->high))
        return bl_error(diag, "%srow: --printed %s; expected a number as it is printed, LOW..HIGH, >LOW or <HIGH", where, c->printed);
    c->decimals = side ? -1 : dot ? (int)(end - dot) - 1 : 0;
    return 0;
}

/* The end of the range that is a number, of two the larger. */
static double size_of(const struct bl_claim *c) { return isinf(c->high) ? fabs(c->low) : isinf(c->low) ? fabs(c->high) : fmax(fabs(c->low), fabs(c->high)); }

static int read_within(struct bl_claim *c, const char *where, struct bl_diag *diag)
{
    char *end;

    c->may = c->decimals < 0 || isinf(c->high - c->low) ? 0 : 0.5 * pow(10, -c->decimals) * (1 + 1e-9);
    if (!c->within)
        return 0;
    if (!c->printed)
        return bl_error(diag, "%srow: --within %s of nothing; --printed is missing", where, c->within);
    c->may = strtod(c->within, &end);
    if (end == c->within || !(c->may >= 0) || isinf(c->may) || (*end && strcmp(end, "%")))
        return bl_error(diag, "%srow: --within %s; expected a share as in 3%%, or a number in the unit of the row", where, c->within);
    if (*end)
        c->may *= size_of(c) / 100;
    return 0;
}

int bl_claim_read(struct bl_claim *c, const struct bl_study_line *line, const char *where, struct bl_diag *diag)
{
    size_t k = 0;

    *c = (struct bl_claim){ 0 };
    if (words_of(c, line, where, diag) < 0 || read_printed(c, where, diag) < 0)
        return -1;
    if (c->because && (c->value || c->where || c->over || c->from || c->over_from || c->in || c->within || c->status))
        return bl_error(diag, "%srow: --because says that there is no figure of ours; it stands with --printed and --unit alone", where);
    if (c->x && (!strchr(c->x, '=') || *c->x == '='))
        return bl_error(diag, "%srow: --x %s; expected NAME=VALUE, as in bits=2", where, c->x);
    if (c->because)
        return 0;
    if ((c->from && c->in) || (c->over_from && !c->from) || ((c->point || c->over_point) && !c->in))
        return bl_error(diag, "%srow: %s", where, c->from && c->in ? "--in belongs to points of sweeps, --from to tables; one of them" : c->over_from ? "--over-from needs --from" :
                        "--point and --over-point need --in");
    if (!c->value || !c->status)
        return bl_error(diag, "%srow: %s is missing (or --because, where it cannot be reproduced)", where, c->value ? "--status" : "--value");
    while (k < 4 && strcmp(statuses[k], c->status))
        k++;
    if (k == 4)
        return bl_error(diag, "%srow: --status %s; expected exact, derived, calibrated or predicted", where, c->status);
    return read_within(c, where, diag);
}

/* ---- what the rows give ---- */

/* The one row for which `expr` holds (NULL: the only one), or NULL after a bl_error. */
const json_t *bl_claim_one(const struct bl_rows *rows, const char *expr, const char *option, const char *where, struct bl_diag *diag)
{
    const json_t *row, *found = NULL;
    size_t i, n = 0;

    char named[1300];

    snprintf(named, sizeof named, "%srow: %s", where, option);
    if (expr && bl_expr_check(expr, rows->columns, named, diag) < 0)
        return NULL;
    json_array_foreach(rows->rows, i, row)
        if (!expr || bl_expr_holds(expr, row)) {
            found = row;
            n++;
        }
    if (n == 1)
        return found;
    bl_error(diag, "%srow: %s%s%s leaves %zu rows of %zu; expected one", where, expr ? option : "without --where it", expr ? " " : "", expr ? expr : "", n, json_array_size(rows->rows));
    return NULL;
}

/* The sum of all that `expr` leaves. */
static double sum_in(const struct bl_claim *c, const struct bl_rows *rows, const char *expr)
{
    const json_t *row;
    double sum = 0;
    size_t i;

    json_array_foreach(rows->rows, i, row)
        if (!expr || bl_expr_holds(expr, row))
            sum += bl_expr_number(c->value, row);
    return sum;
}

/* The value of --value in the one row that `expr` leaves; NAN after a bl_error. */
static double value_in(const struct bl_claim *c, const struct bl_claim_rows *of, const char *expr, const char *option, const char *where, struct bl_diag *diag, const char **command)
{
    const json_t *row = NULL;
    char named[1300];

    *command = of->command;
    snprintf(named, sizeof named, "%srow: --value", where);
    if (bl_expr_check(c->value, of->rows.columns, named, diag) < 0)
        return NAN;
    if (c->sum) {
        snprintf(named, sizeof named, "%srow: %s", where, option);
        return !expr || bl_expr_check(expr, of->rows.columns, named, diag) == 0 ? sum_in(c, &of->rows, expr) : NAN;
    }
    row = bl_claim_one(&of->rows, expr, option, where, diag);
    *command = of->command ? of->command : json_string_value(json_object_get(row, "command"));
    return row ? bl_expr_number(c->value, row) : NAN;
}

static json_t *text_or_null(const char *s) { return s ? json_string(s) : json_null(); }

static json_t *begin(const struct bl_claim *c)
{
    json_t *o = json_object();

    json_object_set_new(o, "what", json_string(c->what));
    json_object_set_new(o, "printed", text_or_null(c->printed));
    json_object_set_new(o, "unit", text_or_null(c->unit));
    json_object_set_new(o, "x", text_or_null(c->x));
    json_object_set_new(o, "by", text_or_null(c->value));
    return o;
}

static void end(json_t *o, const struct bl_claim *c, const char *status, json_t *holds, const char *command, const char *over, const char *because)
{
    json_object_set_new(o, "status", json_string(status));
    json_object_set_new(o, "within", text_or_null(c->within));
    json_object_set_new(o, "holds", holds);
    json_object_set_new(o, "command", text_or_null(command));
    json_object_set_new(o, "over", text_or_null(over));
    json_object_set_new(o, "because", text_or_null(because));
}

json_t *bl_claim_row(const struct bl_claim *c, const struct bl_claim_rows *of, const struct bl_claim_rows *over, const char *where, struct bl_diag *diag)
{
    const bool quotient = c->over || c->over_from || c->over_point;
    const unsigned before = diag->errors;
    const char *command, *by = NULL;
    double v = value_in(c, of, c->where, "--where", where, diag, &command), off = 0;
    char ours[64];

    if (diag->errors == before && quotient)
        v /= value_in(c, over, c->over ? c->over : c->where, c->over ? "--over" : "--where", where, diag, &by);
    if (diag->errors == before && !isfinite(v))
        bl_error(diag, "%srow: --value %s is no number in that row", where, c->value);
    if (diag->errors != before)
        return NULL;
    json_t *o = begin(c);
    if (!isnan(c->low))
        off = v < c->low ? v - c->low : v > c->high ? v - c->high : 0;
    snprintf(ours, sizeof ours, c->decimals < 0 ? "%.*g" : "%.*f", c->decimals < 0 ? 4 : c->decimals, v);
    json_object_set_new(o, "ours", json_string(ours));
    json_object_set_new(o, "value", json_real(v));
    json_object_set_new(o, "deviation", isnan(c->low) ? json_null() : off == 0 ? json_real(0) : json_real(off / fabs(off < 0 ? c->low : c->high)));
    end(o, c, c->status, isnan(c->low) ? json_null() : json_boolean(fabs(off) <= c->may), command, by, NULL);
    return o;
}

json_t *bl_claim_unasked(const struct bl_claim *c, const char *because)
{
    json_t *o = begin(c);

    json_object_set_new(o, "ours", json_null());
    json_object_set_new(o, "value", json_null());
    json_object_set_new(o, "deviation", json_null());
    end(o, c, c->because ? "not reproducible" : c->status, json_null(), NULL, NULL, c->because ? c->because : because);
    return o;
}
