/* summary.c - what a run comes to: images a second, latency, operations a second and a watt, energy and who used it. Numbers in `totals` of the report,
 * and the first page of its views. */
#include "tools/report/path.h"
#include "tools/report/units.h"

#include <stdlib.h>
#include <string.h>

enum { SPLIT = 5 };                    /* who used most, by name */

static json_t *ratio(double a, double b) { return b > 0 ? json_real(a / b) : json_null(); }

/* ---- numbers ---- */

static uint64_t period_of(const json_t *report, const char *name)
{
    const json_t *clock;
    size_t i;

    json_array_foreach(json_object_get(report, "clocks"), i, clock)
        if (!strcmp(bl_j_text(clock, "name"), name))
            return bl_j_count(clock, "period_fs");
    return 0;
}

/* Of images one after the other each by itself; of those under way together the median of the middle third alone is known. */
static json_t *latency(const json_t *report)
{
    const json_t *result = json_object_get(report, "result"), *cycles = json_object_get(result, "cycles_an_image"), *pipe = json_object_get(report, "pipeline");
    const uint64_t period = period_of(report, bl_j_text(result, "clock"));

    if (!bl_j_count(result, "images") || !period)
        return json_null();
    if (pipe)
        return json_pack("{s:n, s:o, s:n}", "min", "median", bl_j_of_count(period * bl_j_count(pipe, "latency")), "max");
    return json_pack("{s:o, s:o, s:o}", "min", bl_j_of_count(period * bl_j_count(cycles, "min")), "median", bl_j_of_count(period * bl_j_count(cycles, "median")),
                     "max", bl_j_of_count(period * bl_j_count(cycles, "max")));
}

static int more_energy(const void *a, const void *b)
{
    const json_t *const *x = a, *const *y = b;
    const bl_yj e = bl_j_yj(*x, "energy_yj"), f = bl_j_yj(*y, "energy_yj");

    return e < f ? 1 : e > f ? -1 : strcmp(bl_j_text(*x, "part"), bl_j_text(*y, "part"));
}

static json_t *row_called(json_t *rows, const char *part)
{
    json_t *row;
    size_t i;

    json_array_foreach(rows, i, row)
        if (!strcmp(bl_j_text(row, "part"), part))
            return row;
    row = json_pack("{s:s, s:n, s:s}", "part", part, "energy_j", "energy_yj", "0");
    json_array_append_new(rows, row);
    return row;
}

static json_t *sorted(json_t *rows)
{
    const size_t n = json_array_size(rows);
    json_t **at = calloc(n + 1, sizeof *at), *all = json_array();

    if (!at) {
        fprintf(stderr, "bitline: no memory for the report\n");
        exit(2);
    }
    for (size_t i = 0; i < n; i++)
        at[i] = json_array_get(rows, i);
    qsort(at, n, sizeof(json_t *), more_energy);
    for (size_t i = 0; i < n; i++)
        json_array_append(all, at[i]);
    free(at);
    json_decref(rows);
    return all;
}

/* Who used the energy: parts, and all elements of an array together, most first. */
static json_t *energy_by(const json_t *report)
{
    json_t *rows = json_array();
    const json_t *part;
    char name[BL_UNIT_NAME];
    size_t i;

    json_array_foreach(json_object_get(report, "parts"), i, part) {
        const bl_yj e = *bl_j_text(part, "class") ? bl_j_yj(part, "energy_yj") : 0;      /* a used file is the sum of others */
        if (!e)
            continue;
        bl_any_index(bl_j_text(part, "path"), name);
        json_t *row = row_called(rows, name);
        bl_j_set_energy(row, bl_j_yj(row, "energy_yj") + e);
    }
    return sorted(rows);
}

void bl_report_summary(json_t *report)
{
    json_t *t = json_object_get(report, "totals");
    const json_t *pipe = json_object_get(report, "pipeline");
    const double seconds = (double)bl_j_count(report, "simulated_fs") * 1e-15, joules = bl_j_real(t, "energy_j");
    const double images = (double)bl_j_count(json_object_get(report, "result"), "images"), bit_ops = 2 * (double)bl_j_count(t, "bit_macs");

    json_object_set_new(t, "images_per_s", pipe ? json_real(bl_j_real(pipe, "images_per_s")) : images > 0 ? ratio(images, seconds) : json_null());
    json_object_set_new(t, "latency_fs", latency(report));
    json_object_set_new(t, "tops_1b", bit_ops > 0 ? ratio(bit_ops / 1e12, seconds) : json_null());
    json_object_set_new(t, "tops_per_w_1b", bit_ops > 0 ? ratio(bit_ops / 1e12, joules) : json_null());
    json_object_set_new(t, "power_w", joules > 0 ? ratio(joules, seconds) : json_null());
    json_object_set_new(t, "energy_j_an_image", joules > 0 ? ratio(joules, images) : json_null());
    json_object_set_new(t, "energy_by", energy_by(report));
}

/* ---- the first page ---- */

static bool known(const json_t *o, const char *key) { return json_is_number(json_object_get(o, key)); }

static double percent(uint64_t part, uint64_t whole) { return whole ? 100.0 * (double)part / (double)whole : 0; }

static void row_accuracy(const json_t *r, struct bl_table *t)
{
    const json_t *o = json_object_get(r, "result");
    const uint64_t images = bl_j_count(o, "images");

    if (!images || !bl_j_count(o, "outputs"))
        return;
    if (json_object_get(o, "mse")) {                     /* it gives back its input and has no classes */
        bl_cell(t, "error");
        bl_cell(t, "%.6g mean squared, of the reference %.6g", bl_j_real(o, "mse"), bl_j_real(o, "reference_mse"));
    } else if (json_is_true(json_object_get(o, "has_labels"))) {
        bl_cell(t, "accuracy");
        bl_cell(t, "%.2f %% (%llu of %llu); reference %.2f %%, same class in %llu", percent(bl_j_count(o, "correct"), images),
                (unsigned long long)bl_j_count(o, "correct"), (unsigned long long)images, percent(bl_j_count(o, "reference_correct"), images),
                (unsigned long long)bl_j_count(o, "agree"));
    } else {
        bl_cell(t, "accuracy");
        bl_cell(t, "not known, no labels; the reference's class in %llu of %llu", (unsigned long long)bl_j_count(o, "agree"), (unsigned long long)images);
    }
    bl_cell(t, "arithmetic");
    if (bl_j_count(o, "mismatches"))
        bl_cell(t, "%s%llu of %llu values of the last layer differ", json_is_true(json_object_get(o, "approximate")) ? "approximate: " : "",
                (unsigned long long)bl_j_count(o, "mismatches"), (unsigned long long)bl_j_count(o, "outputs"));
    else
        bl_cell(t, "all %llu values of the last layer equal the reference", (unsigned long long)bl_j_count(o, "outputs"));
}

static void row_speed(const json_t *r, struct bl_table *t)
{
    const json_t *o = json_object_get(r, "totals"), *l = json_object_get(o, "latency_fs");
    struct bl_times times = { 0 };
    char least[40], most[40], middle[40];

    if (known(o, "images_per_s")) {
        bl_cell(t, "throughput");
        bl_cell(t, bl_j_real(o, "images_per_s") < 1e4 ? "%.5g images/s" : "%.0f images/s", bl_j_real(o, "images_per_s"));
    }
    if (!json_is_object(l))
        return;
    bl_times_see(&times, bl_j_count(l, "median"));
    bl_times_see(&times, bl_j_count(l, "max"));
    bl_cell(t, "latency");
    bl_times_text(&times, bl_j_count(l, "median"), middle);
    if (!known(l, "min") || bl_j_count(l, "min") == bl_j_count(l, "max"))
        bl_cell(t, "%s an image", middle);
    else
        bl_cell(t, "%s an image, from %s to %s", middle, bl_times_text(&times, bl_j_count(l, "min"), least), bl_times_text(&times, bl_j_count(l, "max"), most));
}

static void row_ops(const json_t *o, const char *name, const char *key, const char *key_1b, struct bl_table *t)
{
    if (!known(o, key) || !bl_j_count(o, "macs"))
        return;
    bl_cell(t, "%s", name);
    if (known(o, key_1b))
        bl_cell(t, "%.5g raw, %.5g in 1b x 1b", bl_j_real(o, key), bl_j_real(o, key_1b));
    else
        bl_cell(t, "%.5g raw", bl_j_real(o, key));
}

static void split_text(const json_t *by, bl_yj all, char *text, size_t room)
{
    const json_t *row;
    bl_yj rest = all;
    size_t i, at = 0;

    *text = '\0';
    json_array_foreach(by, i, row) {
        if (i >= SPLIT || at >= room)
            break;
        at += (size_t)snprintf(text + at, room - at, "%s%s %.1f %%", i ? ", " : "", bl_j_text(row, "part"), 100 * (double)bl_j_yj(row, "energy_yj") / (double)all);
        rest -= bl_j_yj(row, "energy_yj");
    }
    if (json_array_size(by) > SPLIT && at < room)
        snprintf(text + at, room - at, ", %zu more %.1f %%", json_array_size(by) - SPLIT, 100 * (double)rest / (double)all);
}

static void row_energy(const json_t *r, struct bl_table *t)
{
    const json_t *o = json_object_get(r, "totals"), *tags = json_object_get(o, "energy_yj_by_tag");
    const bl_yj all = bl_j_yj(o, "energy_yj"), guessed = bl_j_yj(tags, bl_tag_name[BL_CALIBRATED]) + bl_j_yj(tags, bl_tag_name[BL_FREE]);
    char energy[40], one[40], power[40], text[SPLIT * BL_UNIT_NAME];

    if (!all || !json_array_size(bl_j_at(r, "provenance", "prices")))
        return;
    *text = '\0';
    if (known(o, "energy_j_an_image"))
        snprintf(text, sizeof text, ", %s an image", bl_energy_text((bl_yj)(bl_j_real(o, "energy_j_an_image") * 1e24), one));
    bl_cell(t, "energy");
    bl_cell(t, "%s%s%s%s", bl_energy_text(all, energy), text, known(o, "power_w") ? ", " : "", known(o, "power_w") ? bl_power_text(1e9 * bl_j_real(o, "power_w"), power) : "");
    split_text(json_object_get(o, "energy_by"), all, text, sizeof text);
    if (*text) {                         /* a report of before has none of these */
        bl_cell(t, "used by");
        bl_cell(t, "%s", text);
    }
    bl_cell(t, "not validated");
    bl_cell(t, "%.1f %% of the energy: prices that are calibrated or free", 100 * (double)guessed / (double)all);
}

void bl_fill_summary(const json_t *r, struct bl_table *t)
{
    static const char *const heads[] = { "", "" };
    const json_t *o = json_object_get(r, "totals");
    char limit[1500];

    BL_START(t, heads);
    row_accuracy(r, t);
    row_speed(r, t);
    row_ops(o, "TOPS", "tops", "tops_1b", t);
    row_ops(o, "TOPS/W", "tops_per_w", "tops_per_w_1b", t);
    row_energy(r, t);
    if (!json_object_get(r, "path"))
        return;
    bl_path_headline(json_object_get(r, "path"), limit, sizeof limit);
    bl_cell(t, "limited by");
    bl_cell(t, "%s", limit);
}

void bl_notes_summary(const json_t *r, void (*line)(FILE *, const char *), FILE *out)
{
    const json_t *o = json_object_get(r, "totals");

    if (json_object_get(r, "pipeline"))
        line(out, "Images are under way together: throughput at the steady interval between two, latency from the first word of an image to its last.");
    if (known(o, "images_per_s") && bl_j_count(o, "macs"))
        line(out, known(o, "tops_per_w") ?
             "TOPS: 2 operations a MAC of the layers on the array, over all of the simulated time, loading of weights and work of the host included; TOPS/W: "
             "over the energy of everything. Raw: a MAC counts once whatever its bits; in 1b x 1b: times bits of its weight x bits of its input." :
             "TOPS: 2 operations a MAC of the layers on the array, over all of the simulated time, loading of weights and work of the host included. "
             "Raw: a MAC counts once whatever its bits; in 1b x 1b: times bits of its weight x bits of its input.");
}
