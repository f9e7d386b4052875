/* compare_html.c - saved runs side by side as one page: what limits each, what takes its energy, which are beaten, and the table of what differs. */
#include "tools/report/charts.h"
#include "tools/report/compare.h"
#include "tools/report/html_page.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CLASSES = 9, NAME = 80 };       /* classes with a pattern of their own */

/* ---- energy by class ---- */

static json_t *energy_of(const json_t *report)
{
    json_t *sum = json_object();
    const json_t *part;
    size_t i;

    json_array_foreach(json_object_get(report, "parts"), i, part) {
        const char *cls = bl_j_text(part, "class");
        const double e = bl_joules(bl_j_yj(part, "energy_yj"));
        if (*cls && e > 0)
            json_object_set_new(sum, cls, json_real(bl_j_real(sum, cls) + e));
    }
    return sum;
}

/* The classes that take most in all runs together. */
static json_t *largest_classes(json_t *const *energies, size_t n)
{
    json_t *sum = json_object(), *v;
    const char *name;

    for (size_t i = 0; i < n; i++)
        json_object_foreach(energies[i], name, v)
            json_object_set_new(sum, name, json_real(bl_j_real(sum, name) + json_real_value(v)));
    return bl_largest_names(sum, CLASSES);
}

static double energy_bar(struct bl_chart *c, const char *run, const char *series, double from, double e)
{
    char energy[40];

    if (e <= 0)
        return from;
    bl_cell(&c->table, "%s", run);
    bl_cell(&c->table, "%s", series);
    bl_cell(&c->table, "%s", bl_si_text(e, "J", energy));
    bl_chart_bar(c, run, series, from, from + e);
    return from + e;
}

static void chart_energy(json_t *const *reports, const char *const *names, size_t n, FILE *out)
{
    static const struct bl_chart_text text = { "energies", "Energy of each run by class of parts", "Of all images of the run.", "energy, J", "" };
    static const char *const heads[] = { "run", "class", ">energy" };
    json_t *energies[BL_COMPARE_MOST], *v;
    struct bl_chart c;
    const char *name;

    for (size_t i = 0; i < n; i++)
        energies[i] = energy_of(reports[i]);
    json_t *kept = largest_classes(energies, n);
    BL_CHART(&c, BL_BARS, &text, heads);
    for (size_t i = 0; i < n; i++) {
        double from = 0, rest = 0;
        json_object_foreach(kept, name, v)
            from = energy_bar(&c, names[i], name, from, bl_j_real(energies[i], name));
        json_object_foreach(energies[i], name, v)
            rest += json_object_get(kept, name) ? 0 : json_real_value(v);
        energy_bar(&c, names[i], "other classes", from, rest);
    }
    bl_chart_end(&c, out);
    json_decref(kept);
    for (size_t i = 0; i < n; i++)
        json_decref(energies[i]);
}

/* ---- which are beaten ---- */

/* What a run is looked at for; NAN: it has none. */
static double accuracy(const json_t *r)
{
    const json_t *o = json_object_get(r, "result");
    const double images = (double)bl_j_count(o, "images");

    return json_is_true(json_object_get(o, "has_labels")) && images > 0 ? (double)bl_j_count(o, "correct") / images : NAN;
}

static double joules_an_image(const json_t *r)
{
    const double images = (double)bl_j_count(json_object_get(r, "result"), "images"), e = bl_joules(bl_j_yj(json_object_get(r, "totals"), "energy_yj"));

    return images > 0 && e > 0 ? e / images : NAN;
}

static double images_a_second(const json_t *r)
{
    const double images = (double)bl_j_count(json_object_get(r, "result"), "images"), s = bl_seconds(bl_j_count(r, "simulated_fs"));

    return images > 0 && s > 0 ? images / s : NAN;
}

static void pareto(const struct bl_chart_text *text, const char *const heads[3], double (*x)(const json_t *), int sx, double (*y)(const json_t *), int sy,
                   json_t *const *reports, const char *const *names, size_t n, FILE *out)
{
    struct bl_chart c;

    bl_chart_start(&c, BL_POINTS, text, heads, 3);
    for (size_t i = 0; i < n; i++) {
        if (isnan(x(reports[i])) || isnan(y(reports[i])))
            continue;
        bl_cell(&c.table, "%s", names[i]);
        bl_cell(&c.table, "%.6g", x(reports[i]));
        bl_cell(&c.table, "%.6g", y(reports[i]));
        bl_chart_point(&c, names[i], "", x(reports[i]), y(reports[i]));
    }
    bl_chart_front(&c, sx, sy);
    bl_chart_end(&c, out);
}

static void chart_pareto(json_t *const *reports, const char *const *names, size_t n, FILE *out)
{
    static const struct bl_chart_text speed = { "speed", "Speed and energy", "To the right and below is better; the line joins the runs that no other one beats in both.",
                                                "images/s", "energy an image, J" };
    static const struct bl_chart_text exact = { "accuracy", "Accuracy and energy", "To the right and below is better; the line joins the runs that no other one beats in both.",
                                                "accuracy", "energy an image, J" };
    static const char *const speed_heads[] = { "run", ">images/s", ">J an image" }, *const exact_heads[] = { "run", ">accuracy", ">J an image" };

    pareto(&speed, speed_heads, images_a_second, 1, joules_an_image, -1, reports, names, n, out);
    pareto(&exact, exact_heads, accuracy, 1, joules_an_image, -1, reports, names, n, out);
}

/* ---- the page ---- */

/* "A rho1.json": the letter that the table has, and the name of the file. */
static void name_runs(const char *const *files, size_t n, char buf[][NAME], const char **names)
{
    for (size_t i = 0; i < n; i++) {
        const char *slash = strrchr(files[i], '/');
        snprintf(buf[i], NAME, "%c  %.*s", (char)('A' + i), NAME - 4, slash ? slash + 1 : files[i]);
        names[i] = buf[i];
    }
}

size_t bl_compare_html(json_t *const *reports, const char *const *files, size_t n, bool all, FILE *out)
{
    char buf[BL_COMPARE_MOST][NAME], text[64];
    const char *names[BL_COMPARE_MOST];
    struct bl_table t = { 0 };
    const size_t differ = bl_compare_runs(reports, n, all, &t);

    name_runs(files, n, buf, names);
    bl_page_start("Runs compared", "compare", out);
    for (size_t i = 0; i < n; i++) {
        fprintf(out, "<p class=n>%c  ", (char)('A' + i));
        bl_html_text(files[i], out);
        fputs("</p>\n", out);
    }
    bl_chart_paths(reports, names, n, out);
    chart_energy(reports, names, n, out);
    chart_pareto(reports, names, n, out);
    bl_page_heading("differ", all ? "All values" : "What differs", out);
    if (bl_table_rows(&t))
        bl_page_table("values", &t, out);
    snprintf(text, sizeof text, "%zu value%s differ%s", differ, differ == 1 ? "" : "s", differ == 1 ? "s" : "");
    bl_page_note(out, text);
    bl_page_end(BL_VERSION, out);
    bl_table_fini(&t);
    return differ;
}
