/* prune_forms.c - the account of `bitline prune` as text, CSV and JSON. */
#include "tools/prune/prune_rows.h"

#include <string.h>

#include "tools/report/table.h"

static double number(const json_t *row, const char *key) { return json_number_value(json_object_get(row, key)); }
static const char *word(const json_t *row, const char *key) { return json_string_value(json_object_get(row, key)); }
static json_int_t at(const json_t *row, const char *key, size_t i) { return json_integer_value(json_array_get(json_object_get(row, key), i)); }

/* ---- text */

/* Shares of the kept weights, by their non-zero digits. */
static void phi_cell(struct bl_table *t, const json_t *row)
{
    char text[60] = "";
    double kept = number(row, "kept");

    for (size_t i = 0; i <= BL_DB_BLOCKS; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%.0f", i ? "/" : "", kept > 0 ? 100 * (double)at(row, "phi", i) / kept : 0);
    bl_cell(t, "%s", text);
}

static void text_row(struct bl_table *t, const json_t *row, bool fta)
{
    bl_cell(t, "%s", word(row, "layer"));
    bl_cell(t, "%s", word(row, "kind"));
    bl_cell(t, "%.0f", number(row, "weights"));
    bl_cell(t, "%.1f", number(row, "weights") > 0 ? 100 * number(row, "kept") / number(row, "weights") : 0);
    phi_cell(t, row);
    if (fta)
        bl_cell(t, "%lld/%lld/%lld", (long long)at(row, "filters", 0), (long long)at(row, "filters", 1), (long long)at(row, "filters", 2));
    else
        bl_cell(t, "-");
    bl_cell(t, "%.2f", number(row, "rms"));
    bl_cell(t, "%.1f", 100 * number(row, "relative"));
    bl_cell(t, "%.0f", number(row, "worst"));
    bl_cell(t, "%.0f", number(row, "cells"));
    bl_cell(t, "%.0f", number(row, "meta"));
    bl_cell(t, "%.0f", number(row, "mask"));
    bl_cell(t, "%.1f", 100 * number(row, "bit_sparsity"));
    bl_cell(t, "%.2f", number(row, "compression"));
}

void bl_prune_text(const json_t *account, FILE *out)
{
    static const char *const HEADS[] = { "layer", "kind", ">weights", ">kept %", ">phi 0/1/2/3/4 %", ">filters phi 0/1/2", ">rms", ">rms %", ">max", ">cells b",
                                         ">meta b", ">mask b", ">zero bits %", ">compression" };
    bool fta = json_is_true(json_object_get(account, "fta"));
    struct bl_table t;
    const json_t *row;
    size_t i;

    bl_table_start(&t, HEADS, sizeof HEADS / sizeof *HEADS);
    json_array_foreach(json_object_get(account, "layers"), i, row)
        text_row(&t, row, fta);
    text_row(&t, json_object_get(account, "total"), fta);
    bl_table_print(&t, out);
    bl_table_fini(&t);
    bl_reference_text("before", json_object_get(account, "before"), out);
    bl_reference_text("after", json_object_get(account, "after"), out);
    if (word(account, "output"))
        bl_written_text(word(account, "output"), (unsigned)number(account, "moved"), out);
}

/* ---- CSV */

static void csv_row(const json_t *row, FILE *out)
{
    static const char *const NUMBERS[] = { "sparsity", "weights", "kept", "rms", "relative", "worst", "cells", "meta", "mask", "bit_sparsity", "compression" };

    bl_csv_cell(word(row, "layer"), ",", out);
    bl_csv_cell(word(row, "kind"), "", out);
    for (size_t i = 0; i <= BL_DB_BLOCKS; i++)
        fprintf(out, ",%lld", (long long)at(row, "phi", i));
    for (size_t i = 0; i <= BL_DB_MOST_PHI; i++)
        fprintf(out, ",%lld", (long long)at(row, "filters", i));
    for (size_t i = 0; i < sizeof NUMBERS / sizeof *NUMBERS; i++)
        fprintf(out, ",%.9g", number(row, NUMBERS[i]));
    fprintf(out, "\n");
}

void bl_prune_csv(const json_t *account, FILE *out)
{
    const json_t *row;
    size_t i;

    fprintf(out, "layer,kind,phi_0,phi_1,phi_2,phi_3,phi_4,filters_0,filters_1,filters_2,sparsity,weights,kept,rms,relative,worst,cells,meta,mask,bit_sparsity,compression\n");
    json_array_foreach(json_object_get(account, "layers"), i, row)
        csv_row(row, out);
}

void bl_prune_json(const json_t *account, FILE *out)
{
    json_dumpf(account, out, JSON_INDENT(1));
    fprintf(out, "\n");
}
