/* sections.c - the sections of a report that speak of the run and its net, and the order of all sections. */
#include "tools/report/path.h"
#include "tools/report/slots.h"

#include <string.h>

static const char *const PAIR[] = { "", "" };

static unsigned long long count(const json_t *o, const char *key) { return bl_j_count(o, key); }

static double percent(uint64_t part, uint64_t whole) { return whole ? 100.0 * (double)part / (double)whole : 0; }

/* ---- the run */

static const char *end_text(const char *end)
{
    static const char *const text[][2] = {
        { "done", "done" }, { "limit", "stopped by --until" }, { "quiet", "nothing was left to do" },
        { "deadlock", "DEADLOCK: nobody could go on" }, { "interrupted", "INTERRUPTED: the figures are those up to then" },
        { "failed", "FAILED: the run could not go on" },
    };

    for (size_t i = 0; i < sizeof text / sizeof text[0]; i++)
        if (!strcmp(end, text[i][0]))
            return text[i][1];
    return end;
}

static void fill_run(const json_t *r, struct bl_table *t)
{
    const json_t *p = json_object_get(r, "platform"), *net = json_object_get(r, "net"), *row;
    struct bl_times run = { 0 };
    char time[40];
    size_t i;

    BL_START(t, PAIR);
    bl_cell(t, "platform");
    bl_cell(t, "%s (%s)", bl_j_text(p, "name"), bl_j_text(p, "file"));
    if (json_is_object(net)) {
        const char *images = bl_j_text(net, "images");
        bl_cell(t, "net");
        bl_cell(t, "%s, %llu layer%s%s", bl_j_text(net, "file"), count(net, "layers"), count(net, "layers") == 1 ? "" : "s",
                json_is_true(json_object_get(net, "generated")) ? ", weights are made up" : "");
        bl_cell(t, "images");
        bl_cell(t, "%llu of %llu, %s%s", count(json_object_get(r, "result"), "images"), count(net, "count"),
                *images ? "from " : "made up", images);
    }
    bl_cell(t, "end");
    bl_cell(t, "%s", end_text(bl_j_text(r, "end")));
    bl_cell(t, "simulated time");
    bl_times_see(&run, bl_j_count(r, "simulated_fs"));
    bl_cell(t, "%s", bl_times_text(&run, run.largest, time));
    json_array_foreach(json_object_get(r, "clocks"), i, row) {
        bl_cell(t, "clock %s", bl_j_text(row, "name"));
        bl_cell(t, "%llu cycles of %s", count(row, "cycles"), bl_time_exact(bl_j_count(row, "period_fs"), time));
    }
}

static void notes_run(const json_t *r, void (*line)(FILE *, const char *), FILE *out)
{
    const json_t *waits = json_object_get(r, "waits"), *row;
    size_t i;

    if (json_array_size(waits))
        line(out, "Who waits for whom:");
    json_array_foreach(waits, i, row)
        line(out, json_string_value(row) ? json_string_value(row) : "");
}

/* ---- what came out of it */

static void accuracy(struct bl_table *t, const char *what, uint64_t n, uint64_t of)
{
    bl_cell(t, "%s", what);
    bl_cell(t, "%.2f %% (%llu of %llu)", percent(n, of), (unsigned long long)n, (unsigned long long)of);
}

static void fill_mismatch(const json_t *o, struct bl_table *t)
{
    const json_t *m = json_object_get(o, "first_mismatch");
    uint64_t bad = bl_j_count(o, "mismatches");

    if (!bl_j_count(o, "outputs"))
        return;                             /* the run ended before */
    bl_cell(t, "last layer");
    if (bad)
        bl_cell(t, "%llu of %llu values differ from the integer reference", (unsigned long long)bad, count(o, "outputs"));
    else
        bl_cell(t, "all %llu values equal the integer reference", count(o, "outputs"));
    if (json_is_number(json_object_get(o, "snr_db"))) {
        bl_cell(t, "signal to error");
        bl_cell(t, "%.2f dB", bl_j_real(o, "snr_db"));
    }
    if (json_is_object(m)) {
        bl_cell(t, "first difference");
        bl_cell(t, "image %llu, layer %s, channel %llu, y %llu, x %llu: got %d, wanted %d", count(m, "image"),
                bl_j_text(m, "layer"), count(m, "c"), count(m, "y"), count(m, "x"),
                (int)json_integer_value(json_object_get(m, "got")), (int)json_integer_value(json_object_get(m, "wanted")));
    }
}

static void fill_real(const json_t *o, const char *key, const char *what, struct bl_table *t)
{
    const json_t *v = json_object_get(o, key);

    if (!json_is_number(v))
        return;
    bl_cell(t, "%s", what);
    bl_cell(t, "%.6g", json_number_value(v));
}

/* What --metric asked for. */
static void fill_metric(const json_t *o, uint64_t images, struct bl_table *t)
{
    if (json_object_get(o, "top5")) {
        accuracy(t, "label among the five largest", bl_j_count(o, "top5"), images);
        accuracy(t, "the same of the reference", bl_j_count(o, "reference_top5"), images);
    }
    fill_real(o, "mse", "mean squared error", t);
    fill_real(o, "reference_mse", "the same of the reference", t);
    fill_real(o, "auc", "area under ROC, label 1", t);
    fill_real(o, "reference_auc", "the same of the reference", t);
}

static void fill_result(const json_t *r, struct bl_table *t)
{
    const json_t *o = json_object_get(r, "result"), *c = json_object_get(o, "cycles_an_image");
    uint64_t images = bl_j_count(o, "images");

    BL_START(t, PAIR);
    if (!json_is_object(o))
        return;
    if (!bl_j_count(o, "outputs")) {
        bl_cell(t, "last layer");
        bl_cell(t, "no image has come so far: nothing was compared");
        bl_cell(t, "macro operations");
        bl_cell(t, "%llu", count(o, "macro_operations"));
        return;
    }
    bool classes = !json_object_get(o, "mse");             /* a net that gives back its input has none */
    if (classes && json_is_true(json_object_get(o, "has_labels"))) {
        accuracy(t, "accuracy", bl_j_count(o, "correct"), images);
        accuracy(t, "accuracy of the reference", bl_j_count(o, "reference_correct"), images);
    }
    if (classes)
        accuracy(t, "same class as the reference", bl_j_count(o, "agree"), images);
    fill_metric(o, images, t);
    bl_cell(t, "arithmetic");
    bl_cell(t, "%s", json_is_true(json_object_get(o, "approximate")) ? "approximate: differences are expected" :
            "exact: every value must equal the reference");
    fill_mismatch(o, t);
    if (images) {
        bl_cell(t, "cycles an image");
        bl_cell(t, "%llu min, %llu median, %llu max", count(c, "min"), count(c, "median"), count(c, "max"));
    }
    bl_cell(t, "macro operations");
    bl_cell(t, "%llu", count(o, "macro_operations"));
}

static void fill_expects(const json_t *r, struct bl_table *t)
{
    static const char *const heads[] = { "expected", "", "found" };
    const json_t *row;
    size_t i;

    BL_START(t, heads);
    json_array_foreach(json_object_get(r, "expects"), i, row) {
        const json_t *holds = json_object_get(row, "holds");
        bl_cell(t, "%s", bl_j_text(row, "text"));
        bl_cell(t, "%s", json_is_true(holds) ? "holds" : json_is_false(holds) ? "FALSE" : "not checked");
        bl_cell(t, "%s", bl_j_text(row, "found"));
    }
}

/* ---- layers */

static void layer_shape(const json_t *row, struct bl_table *t)
{
    const json_t *s = json_object_get(row, "shape"), *in = json_object_get(s, "in"), *out = json_object_get(s, "out");
    const json_t *k = json_object_get(s, "kernel");
    long long v[8];

    for (size_t i = 0; i < 3; i++) {
        v[i] = json_integer_value(json_array_get(in, i));
        v[3 + i] = json_integer_value(json_array_get(out, i));
    }
    for (size_t i = 0; i < 2; i++)
        v[6 + i] = json_integer_value(json_array_get(k, i));
    bl_cell(t, "%lldx%lldx%lld", v[0], v[1], v[2]);
    bl_cell(t, "%lldx%lldx%lld", v[3], v[4], v[5]);
    bl_cell(t, "%lldx%lld/%llu", v[6], v[7], count(s, "stride"));
}

/* Weights x inputs of a product; of another layer inputs, and outputs where they differ. Reports of before have none. */
static void layer_bits(const json_t *row, struct bl_table *t)
{
    const json_t *bits = json_object_get(row, "bits");
    uint64_t w = bl_j_count(bits, "weights"), in = bl_j_count(bits, "inputs"), out = bl_j_count(bits, "outputs");

    if (!bits)
        bl_cell(t, "-");
    else if (w)
        bl_cell(t, "%llux%llu", (unsigned long long)w, (unsigned long long)in);
    else if (in == out)
        bl_cell(t, "%llu", (unsigned long long)in);
    else
        bl_cell(t, "%llu>%llu", (unsigned long long)in, (unsigned long long)out);
}

static void fill_layers(const json_t *r, struct bl_table *t)
{
    static const char *const heads[] = { "layer", "kind", "in", "out", "window", ">bits", ">MACs", ">tiles", ">macro ops", ">cycles",
                                         ">loading", ">used", ">energy", ">differ", ">max error" };
    const json_t *row;
    const bool priced = json_array_size(bl_j_at(r, "provenance", "prices")) > 0;
    uint64_t all = 0;
    size_t i;
    char energy[40];

    BL_START(t, heads);
    json_array_foreach(json_object_get(r, "layers"), i, row)
        all += bl_j_count(row, "cycles");
    json_array_foreach(json_object_get(r, "layers"), i, row) {
        bool on = json_is_true(json_object_get(row, "on_array"));
        bl_cell(t, "%s", bl_j_text(row, "name"));
        bl_cell(t, "%s%s", bl_j_text(row, "kind"), on ? "" : " (host)");
        layer_shape(row, t);
        layer_bits(row, t);
        bl_cell(t, "%llu", count(row, "macs"));
        bl_cell(t, "%llu", count(row, "tiles"));
        bl_cell(t, "%llu", count(row, "macro_operations"));
        bl_cell_share(t, percent(bl_j_count(row, "cycles"), all) / 100, "%llu", count(row, "cycles"));
        bl_cell(t, "%llu", count(row, "weight_load_cycles"));
        if (on)
            bl_cell_share(t, bl_j_real(row, "utilisation"), "%.1f %%", 100 * bl_j_real(row, "utilisation"));
        else
            bl_cell(t, "-");
        bl_cell(t, "%s", priced && json_is_string(json_object_get(row, "energy_yj")) ? bl_energy_text(bl_j_yj(row, "energy_yj"), energy) : "-");
        bl_cell(t, "%llu", count(row, "mismatches"));
        bl_cell(t, "%llu", count(row, "max_abs_err"));
    }
}

static void notes_layers(const json_t *r, void (*line)(FILE *, const char *), FILE *out)
{
    if (!json_array_size(json_object_get(r, "layers")))
        return;
    line(out, "MACs and tiles are those of one image, all else of all images. bits: weights x inputs, of other layers inputs (> outputs); (host): done by the host "
              "part, not on the array; loading: cycles spent waiting for weights; used: useful MACs of those that the issued operations could do.");
    if (json_is_true(bl_j_at(r, "provenance", "repriced")))
        line(out, "Layers have no energy here: a saved run is repriced by part.");
}

/* ---- totals and what was read */

static void fill_totals(const json_t *r, struct bl_table *t)
{
    const json_t *o = json_object_get(r, "totals"), *tags = json_object_get(o, "energy_yj_by_tag");
    char energy[40];
    bl_yj all = bl_j_yj(o, "energy_yj");

    BL_START(t, PAIR);
    if (json_is_object(json_object_get(r, "net"))) {
        bl_cell(t, "useful MACs");
        bl_cell(t, "%llu", count(o, "macs"));
    }
    if (json_array_size(bl_j_at(r, "provenance", "prices"))) {
        bl_cell(t, "energy");
        bl_cell(t, "%s", bl_energy_text(all, energy));
    }
    for (int i = 0; i < 4; i++) {
        bl_yj part = bl_j_yj(tags, bl_tag_name[i]);
        if (!part)
            continue;
        bl_cell(t, "  on %s prices", bl_tag_name[i]);
        bl_cell(t, "%s, %.1f %%%s", bl_energy_text(part, energy), 100 * (double)part / (double)all,
                i >= 2 ? " (not validated)" : "");
    }
    if (json_is_number(json_object_get(o, "tops")) && bl_j_count(o, "macs")) {
        bl_cell(t, "TOPS");
        bl_cell(t, "%.6g", bl_j_real(o, "tops"));
    }
    if (json_is_number(json_object_get(o, "tops_per_w")) && bl_j_count(o, "macs")) {
        bl_cell(t, "TOPS/W");
        bl_cell(t, "%.6g", bl_j_real(o, "tops_per_w"));
    }
}

static void notes_totals(const json_t *r, void (*line)(FILE *, const char *), FILE *out)
{
    if (bl_j_count(json_object_get(r, "totals"), "macs"))
        line(out, "1 MAC is 2 operations; time and energy are those of the whole run, loading of weights included.");
}

static void fill_inputs(const json_t *r, struct bl_table *t)
{
    const json_t *in = json_object_get(r, "inputs"), *row;
    size_t i;
    char time[40];

    BL_START(t, PAIR);
    json_array_foreach(json_object_get(in, "files"), i, row) {
        bl_cell(t, "%s", bl_j_text(row, "role"));
        bl_cell(t, "%s (sha256 %.16s...)", bl_j_text(row, "file"), bl_j_text(row, "sha256"));
    }
    json_array_foreach(json_object_get(in, "set"), i, row) {
        bl_cell(t, "--set");
        bl_cell(t, "%s", json_string_value(row) ? json_string_value(row) : "");
    }
    bl_cell(t, "--seed");
    bl_cell(t, "%llu", count(in, "seed"));
    if (json_is_integer(json_object_get(in, "until_fs")) || json_is_string(json_object_get(in, "until_fs"))) {
        bl_cell(t, "--until");
        bl_cell(t, "%s", bl_time_text(bl_j_count(in, "until_fs"), time));
    }
    if (json_is_true(bl_j_at(r, "provenance", "repriced"))) {
        bl_cell(t, "repriced with");
        bl_cell(t, "%s", bl_j_text(bl_j_at(r, "provenance", "tech"), "file"));
    }
}

const struct bl_section bl_sections[] = {
    /* title                        id          rows             notes  text alone */
    { "Run",                       "run",      fill_run,        notes_run, false },
    { "In short",                  "summary",  bl_fill_summary, bl_notes_summary, false },
    { "Limited by",                "path",     bl_fill_path,    bl_notes_path, false },
    { "What if",                   "what_if",  bl_fill_what_if, bl_notes_what_if, false },
    { "Layers limited by",         "layer_paths", bl_fill_layer_paths, NULL, false },
    { "Result",                    "result",   fill_result,     NULL, false },
    { "Figures of the platform",   "figures",  bl_fill_figures,    NULL, false },
    { "Figures of the layers",     "layer_figures", bl_fill_layer_figures, bl_notes_layer_figures, false },
    { "Expectations",              "expects",  fill_expects,    NULL, false },
    { "Images under way together", "pipeline", bl_fill_pipeline, NULL, false },
    { "Layers",                    "layers",   fill_layers,     notes_layers, false },
    { "Slots of the macros",       "slots",    bl_fill_slots,   bl_notes_slots, false },
    { "What the macros did",       "bubbles",  bl_fill_bubbles, bl_notes_bubbles, false },
    { "Analytical and simulated",  "analytical", bl_fill_analytical, bl_notes_analytical, false },
    { "What explains the difference", "gap",   bl_fill_gap,     NULL, false },
    { "Without a price",           "unpriced", bl_fill_unpriced, bl_notes_unpriced, false },
    { "Where the time went",       "parts",    bl_fill_parts,   bl_notes_parts, false },
    { "Stalls",                    "stalls",   bl_fill_stalls,  NULL, false },
    { "Who held the others up",    "blame",    bl_fill_blame,   bl_notes_blame, false },
    { "Where the time of each layer went", "layer_times", bl_fill_layer_times, NULL, true },
    { "Over time",                 "over_time", bl_fill_over_time, bl_notes_over_time, true },
    { "How full channels were",    "levels",   bl_fill_levels,  bl_notes_levels, true },
    { "Counts",                    "counts",   bl_fill_unwanted, NULL, false },
    { "Energy",                    "energy",   bl_fill_energy,  bl_notes_energy, false },
    { "Area",                      "area",     bl_fill_area,    bl_notes_area, false },
    { "Totals",                    "totals",   fill_totals,     notes_totals, false },
    { "Where parameters come from", "origins", bl_fill_origins, bl_notes_origins, false },
    { "Inputs",                    "inputs",   fill_inputs,     NULL, false },
    { NULL, NULL, NULL, NULL, false }
};
