/* cost_net.c - a network on a described macro by the model alone: layers as bl_imc_map puts them, what each component uses, what goes in and
 * out. Nothing is built or simulated, so weights and inputs have the bits of the description, whatever the net's. */
#include "tools/cost/cost_rows.h"

#include <string.h>

#include "platforms/imc/mapping.h"
#include "tools/report/table.h"

/* A layer on the macros, and its energy by component; fJ. */
struct on_macros { struct bl_imc_mapping x; struct bl_imc_energy e; };

static bool layer_of(const struct bl_net *net, const struct bl_layer *l, struct bl_imc_layer *out)
{
    const struct bl_tensor *to = &net->tensors[l->out];
    const uint64_t kernel = l->kind == BL_FC ? 1 : (uint64_t)l->kh * l->kw;

    if (l->kind != BL_CONV && l->kind != BL_FC)
        return false;
    *out = (struct bl_imc_layer){ l->k / kernel * l->groups, l->cout, kernel, l->groups, l->kind == BL_FC ? l->rows : (uint64_t)to->h * to->w };
    return true;
}

static void add(struct bl_imc_energy *to, const struct bl_imc_energy *e, double times)
{
    to->wl += times * e->wl;
    to->bl += times * e->bl;
    to->logic += times * e->logic;
    to->adc += times * e->adc;
    to->tree += times * e->tree;
    to->dac += times * e->dac;
}

static json_t *row_of(const char *name, const struct on_macros *on, bool is_total)
{
    const struct bl_imc_mapping *x = &on->x;
    const struct { const char *key; double v; } all[] = {
        { "tiles", (double)x->tiles }, { "packed", is_total ? 0 : (double)x->packed }, { "copies", is_total ? 0 : (double)x->dup }, { "rounds", (double)x->rounds },
        { "steps", (double)x->steps }, { "cycles", x->cycles }, { "macs", x->macs }, { "used", x->utilisation }, { "energy", x->energy }, { "tops_w", 2000 * x->macs / x->energy },
        { "cells", on->e.wl + on->e.bl }, { "logic", on->e.logic }, { "adc", on->e.adc }, { "tree", on->e.tree }, { "dac", on->e.dac },
        { "bits_in", x->bits_in / x->macs }, { "bits_out", x->bits_out / x->macs }, { "bits_weights", x->bits_weights / x->macs } };
    json_t *o = json_pack("{s:s}", "layer", name);

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        json_object_set_new(o, all[i].key, json_real(all[i].v));
    return o;
}

json_t *bl_cost_net_rows(const struct bl_imc_file *f, const struct bl_net *net)
{
    struct on_macros total = { 0 };
    json_t *rows = json_array();

    for (uint32_t i = 0; i < net->nlayers; i++) {
        struct on_macros on = { 0 };
        struct bl_imc_layer l;
        if (!layer_of(net, &net->layers[i], &l) || bl_imc_map(&f->macro, &l, &on.x) < 0)
            continue;
        const struct bl_imc_energy e = bl_imc_energy(&f->macro, on.x.rows, on.x.cols);
        add(&on.e, &e, (double)on.x.tiles * (double)l.pixels);
        add(&total.e, &on.e, 1);
        bl_imc_map_add(&f->macro, &total.x, &on.x);
        json_array_append_new(rows, row_of(net->layers[i].name, &on, false));
    }
    if (total.x.macs > 0)
        json_array_append_new(rows, row_of("total", &total, true));
    return json_pack("{s:s, s:s, s:s, s:o}", "schema", "bitline.cost.net/1", "macro", f->name, "net", net->name, "layers", rows);
}

/* ---- forms */

enum { COLUMNS = 18 };
static const struct { const char *key, *head; int digits; double scale; } columns[COLUMNS] = {
    { "tiles", ">tiles", 12, 1 }, { "packed", ">groups", 12, 1 }, { "copies", ">copies", 12, 1 }, { "rounds", NULL, 12, 1 }, { "steps", ">steps", 12, 1 },
    { "cycles", NULL, 12, 1 }, { "macs", NULL, 15, 1 }, { "used", ">cells used %", 3, 100 }, { "energy", ">nJ", 5, 1e-6 }, { "tops_w", ">TOPS/W", 5, 1 },
    { "cells", ">cells %", 3, 0 }, { "logic", ">logic %", 3, 0 }, { "adc", ">ADCs %", 3, 0 }, { "tree", ">trees %", 3, 0 }, { "dac", ">DACs %", 3, 0 },
    { "bits_in", ">in b/MAC", 3, 1 }, { "bits_out", ">out b/MAC", 3, 1 }, { "bits_weights", ">weights b/MAC", 3, 1 } };

static void cell(struct bl_table *t, const json_t *row, size_t k)
{
    const double v = json_number_value(json_object_get(row, columns[k].key)), all = json_number_value(json_object_get(row, "energy"));
    const double shown = columns[k].scale > 0 ? v * columns[k].scale : 100 * v / all;

    if (shown > 0)
        bl_cell(t, "%.*g", columns[k].digits, shown);
    else
        bl_cell(t, "%s", "");
}

void bl_cost_net_text(const json_t *cost, FILE *out)
{
    const char *heads[COLUMNS + 1] = { "layer" };
    struct bl_table t;
    const json_t *row;
    size_t i, n = 1;

    for (size_t k = 0; k < COLUMNS; k++)
        if (columns[k].head)
            heads[n++] = columns[k].head;
    bl_table_start(&t, heads, n);
    json_array_foreach(json_object_get(cost, "layers"), i, row) {
        bl_cell(&t, "%s", json_string_value(json_object_get(row, "layer")));
        for (size_t k = 0; k < COLUMNS; k++)
            if (columns[k].head)
                cell(&t, row, k);
    }
    bl_table_print(&t, out);
    bl_table_fini(&t);
    fputs("Of an image, by Eqs. (1) to (11) alone: macros that keep weights, copies on idle ones, rounds where there are too few; bits to and from outside.\n", out);
}

void bl_cost_net_csv(const json_t *cost, FILE *out)
{
    const json_t *row;
    size_t i;

    fputs("macro,net,layer", out);
    for (size_t k = 0; k < COLUMNS; k++)
        fprintf(out, ",%s", columns[k].key);
    fputc('\n', out);
    json_array_foreach(json_object_get(cost, "layers"), i, row) {
        fprintf(out, "%s,%s,%s", json_string_value(json_object_get(cost, "macro")), json_string_value(json_object_get(cost, "net")),
                json_string_value(json_object_get(row, "layer")));
        for (size_t k = 0; k < COLUMNS; k++)
            fprintf(out, ",%.10g", json_number_value(json_object_get(row, columns[k].key)));
        fputc('\n', out);
    }
}
