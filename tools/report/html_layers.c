/* html_layers.c - charts of the net on the array: roofline, bits of each layer, and figures that count by a number. */
#include "tools/report/charts.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- roofline ----
 * Both roofs are what this run reached, so no layer lies above: of a layer with time t, of which it waited w for weights, operations / t is at most
 * operations / (t - w), and at most (operations / bytes) x (bytes / w). */

struct point { const char *name; double ops, bytes, s, load; };
struct roofs { double ops, bytes; };   /* a second */

static double weight_bytes(const json_t *layer)
{
    const json_t *shape = json_object_get(layer, "shape"), *in = json_object_get(shape, "in"), *out = json_object_get(shape, "out"), *k = json_object_get(shape, "kernel");
    const uint64_t groups = bl_j_count(shape, "groups");
    double n = (double)bl_j_count(json_object_get(layer, "bits"), "weights") / 8 / (double)(groups ? groups : 1);

    n *= json_number_value(json_array_get(in, 0)) * json_number_value(json_array_get(out, 0));
    return n * json_number_value(json_array_get(k, 0)) * json_number_value(json_array_get(k, 1));
}

/* Seconds a cycle of the layers: those of the run over all cycles of the clock that they count. */
static double cycle_seconds(const json_t *r)
{
    const json_t *row;
    double cycles = 0;
    size_t i;

    json_array_foreach(json_object_get(r, "layers"), i, row)
        cycles += (double)bl_j_count(row, "cycles");
    return cycles > 0 && !strcmp(bl_j_text(r, "end"), "done") && !json_is_object(json_object_get(r, "pipeline")) ? bl_seconds(bl_j_count(r, "simulated_fs")) / cycles : 0;
}

static bool point_of(const json_t *r, const json_t *layer, struct point *p)
{
    const double images = (double)bl_j_count(json_object_get(r, "result"), "images"), cycle = cycle_seconds(r);

    *p = (struct point){ bl_j_text(layer, "name"), 2 * images * (double)bl_j_count(layer, "macs"), images * weight_bytes(layer),
                         cycle * (double)bl_j_count(layer, "cycles"), cycle * (double)bl_j_count(layer, "weight_load_cycles") };
    return json_is_true(json_object_get(layer, "on_array")) && p->ops > 0 && p->bytes > 0 && p->s > 0;
}

static struct roofs roofs_of(const json_t *r)
{
    struct roofs f = { 0 };
    const json_t *row;
    struct point p;
    size_t i;

    json_array_foreach(json_object_get(r, "layers"), i, row) {
        if (!point_of(r, row, &p))
            continue;
        if (p.s > p.load)
            f.ops = fmax(f.ops, p.ops / (p.s - p.load));
        if (p.load > 0)
            f.bytes = fmax(f.bytes, p.bytes / p.load);
    }
    return f;
}

static void roofs(struct bl_chart *c, const struct roofs *f, double least, double most)
{
    const double ridge = f->bytes > 0 ? f->ops / f->bytes : 0, left = least / 2, right = fmax(most, ridge) * 2;

    if (f->bytes > 0 && ridge > left) {
        bl_chart_line(c, "weights, best of this run", left, left * f->bytes);
        bl_chart_line(c, "weights, best of this run", ridge, f->ops);
    }
    bl_chart_line(c, "operations, best of this run", fmax(left, ridge), f->ops);
    bl_chart_line(c, "operations, best of this run", right, f->ops);
}

void bl_chart_roofline(const json_t *r, FILE *out)
{
    static const struct bl_chart_text text = { "roofline", "Roofline", "Each layer on the array: what it did a second, by its operations a byte of weights (each weight once an image). Roofs: the fastest "
        "loading of weights, and the most operations a second beside it, of any layer of this run.", "operations a byte of weights", "operations a second" };
    static const char *const heads[] = { "layer", ">op a byte", ">reached", ">% of roof", "under" };
    const struct roofs f = roofs_of(r);
    struct bl_chart c;
    const json_t *row;
    struct point p;
    double least = 0, most = 0;
    char rate[40];
    size_t i;

    BL_CHART(&c, BL_POINTS, &text, heads);
    bl_chart_log(&c, "x");
    bl_chart_log(&c, "y");
    json_array_foreach(json_object_get(r, "layers"), i, row) {
        if (!point_of(r, row, &p))
            continue;
        const double x = p.ops / p.bytes, slope = f.bytes > 0 ? x * f.bytes : f.ops, roof = fmin(slope, f.ops);
        bl_cell(&c.table, "%s", p.name);
        bl_cell(&c.table, "%.4g", x);
        bl_cell(&c.table, "%s", bl_si_text(p.ops / p.s, "op/s", rate));
        bl_cell(&c.table, "%.1f", 100 * p.ops / p.s / roof);
        bl_cell(&c.table, "%s", slope < f.ops ? "weights" : "operations");
        bl_chart_point(&c, p.name, slope < f.ops ? "under the roof of weights" : "under the roof of operations", x, p.ops / p.s);
        least = least > 0 ? fmin(least, x) : x;
        most = fmax(most, x);
    }
    if (bl_chart_marks(&c) && f.ops > 0)
        roofs(&c, &f, least, most);
    bl_chart_end(&c, out);
}

/* ---- bits of each layer ---- */

void bl_chart_precision(const json_t *r, FILE *out)
{
    static const struct bl_chart_text text = { "precision", "Precision of each layer", "Bits of the words that the array takes, and of the codes of the output; 32 of outputs is float.", "", "" };
    static const char *const heads[] = { "layer", "of", ">bits" }, *const what[] = { "weights", "inputs", "outputs" };
    struct bl_chart c;
    const json_t *row;
    char label[24];
    size_t i;

    BL_CHART(&c, BL_HEAT, &text, heads);
    bl_chart_names(&c, "x", what, 3);
    json_array_foreach(json_object_get(r, "layers"), i, row)
        for (int k = 0; k < 3; k++) {
            const uint64_t bits = bl_j_count(json_object_get(row, "bits"), what[k]);
            if (!bits)
                continue;
            bl_cell(&c.table, "%s", bl_j_text(row, "name"));
            bl_cell(&c.table, "%s", what[k]);
            bl_cell(&c.table, "%llu", (unsigned long long)bits);
            snprintf(label, sizeof label, "%llu", (unsigned long long)bits);
            bl_chart_cell(&c, bl_j_text(row, "name"), k, k + 1, fmin(1, (double)bits / 32), label);
        }
    bl_chart_end(&c, out);
}

/* ---- figures that count by a number: ops_b6, ops_b7, ... at each boundary; codes of a converter ---- */

static size_t stem(const char *name)
{
    size_t n = strlen(name);

    while (n && isdigit((unsigned char)name[n - 1]))
        n--;
    return name[n] ? n : 0;            /* 0: it does not end in a number */
}

static bool same_family(const json_t *a, const json_t *b)
{
    const char *x = bl_j_text(a, "name"), *y = bl_j_text(b, "name");
    const size_t n = stem(x);

    return n && stem(y) == n && !strncmp(x, y, n) && !strcmp(bl_j_text(a, "unit"), bl_j_text(b, "unit")) && !strcmp(bl_j_text(a, "help"), bl_j_text(b, "help"));
}

static size_t members(const json_t *figures, const json_t *of, const json_t **first)
{
    const json_t *row;
    size_t n = 0, i;

    *first = NULL;
    json_array_foreach(figures, i, row)
        if (same_family(of, row) && json_is_number(json_object_get(row, "value"))) {
            *first = *first ? *first : row;
            n++;
        }
    return n;
}

/* A column for each number, a chart for each family of two or more. */
static void family(const json_t *figures, const json_t *of, FILE *out)
{
    const char *name = bl_j_text(of, "name");
    const int n = (int)stem(name);
    char id[80], about[200];
    const struct bl_chart_text text = { id, bl_j_text(of, "help"), about, "N", bl_j_text(of, "unit") };
    static const char *const heads[] = { ">N", ">value" };
    struct bl_chart c;
    const json_t *row;
    size_t i;

    snprintf(id, sizeof id, "figure_");
    for (int k = 0; k < n && k < 60; k++)
        snprintf(id + strlen(id), sizeof id - strlen(id), "%c", isalnum((unsigned char)name[k]) ? name[k] : '_');
    snprintf(about, sizeof about, "The figures %.*sN of the platform.", n > 150 ? 150 : n, name);
    BL_CHART(&c, BL_AREAS, &text, heads);
    bl_chart_format(&c, "x", "d");
    json_array_foreach(figures, i, row)
        if (same_family(of, row) && json_is_number(json_object_get(row, "value"))) {
            const double at = strtod(bl_j_text(row, "name") + n, NULL), value = bl_j_real(row, "value");
            bl_cell(&c.table, "%.15g", at);
            bl_cell(&c.table, "%.6g", value);
            bl_chart_area(&c, "", at - 0.4, at + 0.4, 0, value);
        }
    bl_chart_end(&c, out);
}

void bl_chart_figures(const json_t *r, FILE *out)
{
    const json_t *figures = json_object_get(r, "figures"), *row, *first;
    size_t i;

    json_array_foreach(figures, i, row)
        if (members(figures, row, &first) > 1 && first == row)
            family(figures, row, out);
}
