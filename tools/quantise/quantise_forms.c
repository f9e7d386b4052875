/* quantise_forms.c - the accounts of `bitline quantise` as text, CSV and JSON. */
#include "tools/quantise/quantise_rows.h"

#include <string.h>

#include "tools/report/table.h"

static double number(const json_t *row, const char *key) { return json_number_value(json_object_get(row, key)); }
static const char *word(const json_t *row, const char *key) { return json_string_value(json_object_get(row, key)); }

/* ---- a net of fewer bits */

void bl_quantise_text(const json_t *account, FILE *out)
{
    static const char *const HEADS[] = { "layer", "kind", ">w bits", ">a bits", ">weights", ">rms", ">rms %", ">cut", ">bias" };
    const json_t *row, *total = json_object_get(account, "total");
    const double images = number(account, "images");
    struct bl_table t;
    size_t i;

    bl_table_start(&t, HEADS, sizeof HEADS / sizeof *HEADS);
    json_array_foreach(json_object_get(account, "layers"), i, row) {
        bl_cell(&t, "%s", word(row, "layer"));
        bl_cell(&t, "%s", word(row, "kind"));
        bl_cell(&t, "%.0f", number(row, "w_bits"));
        bl_cell(&t, "%.0f", number(row, "a_bits"));
        bl_cell(&t, "%.0f", number(row, "weights"));
        bl_cell(&t, "%.2f", number(row, "rms"));
        bl_cell(&t, "%.1f", 100 * number(row, "relative"));
        bl_cell(&t, "%.0f", number(row, "cut"));
        bl_cell(&t, "%.2f", number(row, "bias_moved"));
    }
    bl_table_print(&t, out);
    bl_table_fini(&t);
    fprintf(out, "%.0f weights of %.3f bits in the mean, scales %s; ", number(total, "weights"), number(total, "mean_w_bits"), word(account, "scales"));
    if (images > 0)
        fprintf(out, "biases carry the mean errors over %.0f image%s\n", images, images < 1.5 ? "" : "s");
    else
        fprintf(out, "biases as they were, for there are no images\n");
    bl_reference_text("before", json_object_get(account, "before"), out);
    bl_reference_text("after", json_object_get(account, "after"), out);
    if (word(account, "output"))
        bl_written_text(word(account, "output"), (unsigned)number(account, "moved"), out);
}

void bl_quantise_csv(const json_t *account, FILE *out)
{
    static const char *const NUMBERS[] = { "w_bits", "a_bits", "weights", "rms", "relative", "cut", "bias_moved" };
    const json_t *row;
    size_t i;

    fprintf(out, "layer,kind,w_bits,a_bits,weights,rms,relative,cut,bias_moved\n");
    json_array_foreach(json_object_get(account, "layers"), i, row) {
        bl_csv_cell(word(row, "layer"), ",", out);
        bl_csv_cell(word(row, "kind"), "", out);
        for (size_t k = 0; k < sizeof NUMBERS / sizeof *NUMBERS; k++)
            fprintf(out, ",%.9g", number(row, NUMBERS[k]));
        fprintf(out, "\n");
    }
}

/* ---- sensitivity */

/* The key of what the net was judged by; NULL: nothing but its outputs. */
static const char *measure_of(const json_t *account)
{
    static const char *const KEYS[] = { "top5", "right", "auc", "error" };
    const json_t *before = json_object_get(account, "before");

    for (size_t i = 0; i < sizeof KEYS / sizeof *KEYS; i++)
        if (json_object_get(before, KEYS[i]))
            return KEYS[i];
    return NULL;
}

static void sensitive_cells(struct bl_table *t, const json_t *row, const char *measure, size_t columns)
{
    const json_t *tried = json_object_get(row, "tried"), *chosen = json_object_get(row, "chosen");

    bl_cell(t, "%s", word(row, "layer"));
    bl_cell(t, "%s", word(row, "kind"));
    bl_cell(t, "%.0f", number(row, "weights"));
    for (size_t k = 0; k < columns; k++) {
        const json_t *one = json_array_get(tried, k);
        if (measure && one)
            bl_cell(t, "%.6g", number(one, measure));
        else if (measure)
            bl_cell(t, "-");
        if (one)
            bl_cell(t, "%.4f", number(one, "output_error"));
        else
            bl_cell(t, "-");
    }
    if (json_is_integer(chosen))
        bl_cell(t, "%.0f", json_number_value(chosen));
    else
        bl_cell(t, "-");
}

enum { HEADS_MOST = 3 + 2 * 8 + 1, HEAD_ROOM = 24 };

void bl_sensitivity_text(const json_t *account, FILE *out)
{
    const json_t *row, *bits = json_object_get(account, "bits");
    const char *measure = measure_of(account), *heads[HEADS_MOST] = { "layer", "kind", ">weights" };
    char text[HEADS_MOST][HEAD_ROOM];
    struct bl_table t;
    size_t n = 3, i;

    for (size_t k = 0; k < json_array_size(bits); k++)
        for (int error = measure ? 0 : 1; error < 2; error++, n++) {
            snprintf(text[n], HEAD_ROOM, ">%s %lld b", error ? "off" : measure, (long long)json_integer_value(json_array_get(bits, k)));
            heads[n] = text[n];
        }
    heads[n++] = ">chosen";
    bl_table_start(&t, heads, n);
    json_array_foreach(json_object_get(account, "layers"), i, row)
        sensitive_cells(&t, row, measure, json_array_size(bits));
    bl_table_print(&t, out);
    bl_table_fini(&t);
    fprintf(out, "one layer at a time, scales %s; off: squared error of the outputs over their squares\n", word(account, "scales"));
    bl_reference_text("as it is", json_object_get(account, "before"), out);
    if (json_is_number(json_object_get(account, "mean")))
        fprintf(out, "chosen: %.3f bits of weights in the mean, asked for %.6g\n", number(account, "mean"), number(account, "asked"));
    bl_reference_text("with all that is chosen", json_object_get(account, "after"), out);
    if (word(account, "output"))
        bl_written_text(word(account, "output"), 0, out);
}

/* A row for each layer and number of bits. */
void bl_sensitivity_csv(const json_t *account, FILE *out)
{
    const char *measure = measure_of(account);
    const json_t *row, *one;
    size_t i, k;

    fprintf(out, "layer,kind,weights,chosen,w_bits,%s%soutput_error\n", measure ? measure : "", measure ? "," : "");
    json_array_foreach(json_object_get(account, "layers"), i, row)
        json_array_foreach(json_object_get(row, "tried"), k, one) {
            bl_csv_cell(word(row, "layer"), ",", out);
            bl_csv_cell(word(row, "kind"), "", out);
            fprintf(out, ",%.0f,", number(row, "weights"));
            if (json_is_integer(json_object_get(row, "chosen")))
                fprintf(out, "%.0f", number(row, "chosen"));
            fprintf(out, ",%.0f", number(one, "w_bits"));
            if (measure)
                fprintf(out, ",%.9g", number(one, measure));
            fprintf(out, ",%.9g\n", number(one, "output_error"));
        }
}

void bl_quantise_json(const json_t *account, FILE *out)
{
    json_dumpf(account, out, JSON_INDENT(1));
    fprintf(out, "\n");
}
