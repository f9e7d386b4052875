/* analytical.c - beside what was simulated, what the mapper's closed forms say, and the cycles and energy that explain the difference. */
#include "tools/report/sections.h"

#include <string.h>

static json_t *ideal_row(const struct bl_layer_result *r, const struct bl_ideal *x)
{
    json_t *o = json_pack("{s:o, s:b, s:o, s:o}", "name", bl_j_of_text(r->name), "on_array", x->on_array, "closed_form_cycles",
                          x->cycles ? bl_j_of_count(x->cycles) : json_null(), "simulated_cycles", bl_j_of_count(r->cycles));
    const struct { const char *key; uint64_t v; } counts[] = { { "tiles", x->tiles }, { "copies", x->copies }, { "packed_groups", x->packed },
        { "tile_rows", x->rows }, { "tile_columns", x->cols }, { "rounds", x->rounds }, { "steps", x->steps }, { "array_cycles", x->busy } };

    for (size_t i = 0; x->on_array && i < sizeof counts / sizeof counts[0]; i++)
        json_object_set_new(o, counts[i].key, bl_j_of_count(counts[i].v));
    if (x->on_array)
        json_object_set_new(o, "utilisation", json_real(x->utilisation));
    json_object_set_new(o, "operations_yj", bl_j_of_yj(x->operations));
    return o;
}

static json_t *gap_rows(const struct bl_gap *g)
{
    json_t *a = json_array();

    for (uint32_t i = 0; i < g->n; i++)
        json_array_append_new(a, json_pack("{s:s, s:s, s:o, s:o}", "cause", g->row[i].cause, "help", g->row[i].help, "cycles", bl_j_of_count(g->row[i].cycles),
                                           "energy_yj", bl_j_of_yj(g->row[i].energy)));
    return a;
}

int bl_report_analytical(json_t *report, struct bl_job *job, struct bl_sim *s, struct bl_diag *diag)
{
    const struct bl_result *r = bl_job_result(job);
    const char *why = "no net was run";
    struct bl_gap g;
    json_t *layers = json_array();
    int status = job ? bl_job_gap(job, s, &g, &why) : 1;

    for (uint32_t i = 0; !status && i < r->nlayers; i++) {
        struct bl_ideal x;
        status = bl_job_ideal(job, s, i, &x, &why);
        json_array_append_new(layers, ideal_row(&r->layers[i], &x));
    }
    if (!status)
        json_object_set_new(report, "analytical", json_pack("{s:I, s:o, s:o, s:o, s:o, s:O, s:o}", "images", (json_int_t)r->images, "array_cycles", bl_j_of_count(g.ideal),
                            "simulated_cycles", bl_j_of_count(g.cycles), "operations_yj", bl_j_of_yj(g.ideal_energy), "simulated_yj", bl_j_of_yj(g.energy),
                            "layers", layers, "gap", gap_rows(&g)));
    json_decref(layers);
    return status > 0 ? bl_error(diag, "--analytical: %s", why) : status;
}

/* ---- the tables */

static void count_cell(struct bl_table *t, const json_t *row, const char *key)
{
    if (json_object_get(row, key) && !json_is_null(json_object_get(row, key)))
        bl_cell(t, "%llu", (unsigned long long)bl_j_count(row, key));
    else
        bl_cell(t, "%s", "");
}

void bl_fill_analytical(const json_t *r, struct bl_table *t)
{
    static const char *const heads[] = { "layer", ">tiles", ">copies", ">groups", ">rounds", ">steps", ">array", ">closed form", ">simulated", ">cells used", ">operations" };
    static const char *const keys[] = { "tiles", "copies", "packed_groups", "rounds", "steps", "array_cycles", "closed_form_cycles" };
    const json_t *a = json_object_get(r, "analytical"), *row;
    const uint64_t images = bl_j_count(a, "images");
    char text[40];
    size_t i;

    BL_START(t, heads);
    json_array_foreach(json_object_get(a, "layers"), i, row) {
        bl_cell(t, "%s", bl_j_text(row, "name"));
        for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++)
            count_cell(t, row, keys[k]);
        bl_cell(t, "%llu", (unsigned long long)(bl_j_count(row, "simulated_cycles") / (images ? images : 1)));
        if (json_is_true(json_object_get(row, "on_array")))
            bl_cell(t, "%.1f %%", 100 * bl_j_real(row, "utilisation"));
        else
            bl_cell(t, "%s", "");
        bl_cell(t, "%s", bl_j_yj(row, "operations_yj") ? bl_energy_text(bl_j_yj(row, "operations_yj"), text) : "");
    }
}

void bl_notes_analytical(const json_t *r, void (*line)(FILE *, const char *), FILE *out)
{
    (void)r;
    line(out, "Of an image. array: cycles that an array is at work on operations, steps x slices; closed form: all cycles of the layer on macros that nothing "
              "holds up, with rows, filling and draining; operations: energy of the macros by counts in closed form.");
}

static void gap_row(struct bl_table *t, const char *cause, uint64_t cycles, uint64_t all, bl_yj energy, bl_yj total, const char *help)
{
    char text[40];

    bl_cell(t, "%s", cause);
    bl_cell(t, "%llu", (unsigned long long)cycles);
    bl_cell_share(t, all ? (double)cycles / (double)all : 0, "%.1f", all ? 100 * (double)cycles / (double)all : 0);
    bl_cell(t, "%s", energy ? bl_energy_text(energy, text) : "");
    if (total)
        bl_cell_share(t, (double)energy / (double)total, "%.1f", 100 * (double)energy / (double)total);
    else
        bl_cell(t, "%s", "");
    bl_cell(t, "%s", help);
}

void bl_fill_gap(const json_t *r, struct bl_table *t)
{
    static const char *const heads[] = { "", ">cycles", ">%", ">energy", ">%", "" };
    const json_t *a = json_object_get(r, "analytical"), *row;
    const uint64_t all = bl_j_count(a, "simulated_cycles");
    const bl_yj total = bl_j_yj(a, "simulated_yj");
    size_t i;

    BL_START(t, heads);
    if (!a)
        return;
    gap_row(t, "analytical", bl_j_count(a, "array_cycles"), all, bl_j_yj(a, "operations_yj"), total, "an array at work on operations, and what they use");
    json_array_foreach(json_object_get(a, "gap"), i, row)
        gap_row(t, bl_j_text(row, "cause"), bl_j_count(row, "cycles"), all, bl_j_yj(row, "energy_yj"), total, bl_j_text(row, "help"));
    gap_row(t, "simulated", all, all, total, total, "the whole run");
}
