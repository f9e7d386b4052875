/* prune_rows.c - the account of `bitline prune`: a row a layer of the array, their sum, figures before and after. */
#include "tools/prune/prune_rows.h"

#include <math.h>

static json_t *counts64(const uint64_t *v, size_t n)
{
    json_t *all = json_array();

    for (size_t i = 0; i < n; i++)
        json_array_append_new(all, json_integer((json_int_t)v[i]));
    return all;
}

/* A layer, or the sum of all. */
static json_t *row_of(const char *name, const char *kind, const struct bl_db_pruned *p)
{
    const uint64_t filters[] = { p->filters[0], p->filters[1], p->filters[2] }, bits = p->bits.cells + p->bits.meta + p->bits.mask;
    json_t *row = json_pack("{s:s, s:s, s:f, s:I, s:I, s:o, s:o, s:f, s:f, s:i}", "layer", name, "kind", kind, "sparsity", p->sparsity,
        "weights", (json_int_t)p->weights, "kept", (json_int_t)p->kept, "phi", counts64(p->phi, BL_DB_BLOCKS + 1), "filters", counts64(filters, 3),
        "rms", p->rms, "relative", p->relative, "worst", (int)p->worst);
    json_t *more = json_pack("{s:I, s:I, s:I, s:f, s:f}", "cells", (json_int_t)p->bits.cells, "meta", (json_int_t)p->bits.meta, "mask", (json_int_t)p->bits.mask,
        "bit_sparsity", p->weights ? 1 - (double)p->bits.cells / (8.0 * (double)p->weights) : 0, "compression", bits ? 8.0 * (double)p->weights / (double)bits : 0);

    json_object_update(row, more);
    json_decref(more);
    return row;
}

static void add(struct bl_db_pruned *sum, const struct bl_db_pruned *p, double *errors, double *squares)
{
    const double e = p->rms * p->rms * (double)p->weights;

    *errors += e;
    *squares += p->relative > 0 ? e / (p->relative * p->relative) : 0;
    sum->weights += p->weights;
    sum->kept += p->kept;
    for (int i = 0; i <= BL_DB_BLOCKS; i++)
        sum->phi[i] += p->phi[i];
    for (int i = 0; i <= BL_DB_MOST_PHI; i++)
        sum->filters[i] += p->filters[i];
    sum->worst = p->worst > sum->worst ? p->worst : sum->worst;
    sum->bits.cells += p->bits.cells;
    sum->bits.meta += p->bits.meta;
    sum->bits.mask += p->bits.mask;
}

json_t *bl_prune_rows(const struct bl_prune_account *a)
{
    json_t *layers = json_array();
    struct bl_db_pruned sum = { 0 };
    double errors = 0, squares = 0;

    for (uint32_t i = 0; i < a->net->nlayers; i++)
        if (a->layers[i].on_array) {
            json_array_append_new(layers, row_of(a->net->layers[i].name, bl_layer_kind(&a->net->layers[i]), &a->layers[i]));
            add(&sum, &a->layers[i], &errors, &squares);
        }
    sum.sparsity = sum.weights ? 1 - (double)sum.kept / (double)sum.weights : 0;
    sum.rms = sum.weights ? sqrt(errors / (double)sum.weights) : 0;
    sum.relative = squares > 0 ? sqrt(errors / squares) : 0;
    return json_pack("{s:s, s:s, s:i, s:b, s:o, s:o, s:o, s:o, s:s?, s:i}", "schema", "bitline.prune/1", "net", a->net->name, "alpha", (int)a->alpha, "fta", a->fta,
        "layers", layers, "total", row_of("all", "", &sum), "before", bl_reference_row(a->before), "after", bl_reference_row(a->after), "output", a->output, "moved", (int)a->moved);
}
