/* reference_rows.c - how good a net is, as JSON and as a line. */
#include "tools/run/reference_rows.h"

#include <math.h>

json_t *bl_reference_row(const struct bl_reference_figures *f)
{
    if (!f)
        return json_null();
    json_t *row = json_pack("{s:i}", "images", (int)f->done);
    if (f->metric == BL_MSE)
        json_object_set_new(row, "error", json_real(f->error));
    else if (f->labelled)
        json_object_set_new(row, "right", json_integer(f->right));
    if (f->metric == BL_TOP5 && f->labelled)
        json_object_set_new(row, "top5", json_integer(f->top5));
    if (f->metric == BL_MSE && !isnan(f->auc))
        json_object_set_new(row, "auc", json_real(f->auc));
    return row;
}

void bl_reference_text(const char *when, const json_t *row, FILE *out)
{
    const double n = json_number_value(json_object_get(row, "images"));
    const json_t *right = json_object_get(row, "right"), *top5 = json_object_get(row, "top5"), *error = json_object_get(row, "error"), *auc = json_object_get(row, "auc");

    if (!json_is_object(row))
        return;
    fprintf(out, "%s: %.0f image%s", when, n, n < 1.5 ? "" : "s");
    if (right)
        fprintf(out, ", %.0f of the labels right (%.2f %%)", json_number_value(right), n > 0 ? 100 * json_number_value(right) / n : 0);
    if (top5)
        fprintf(out, ", %.0f among the five largest outputs", json_number_value(top5));
    if (error)
        fprintf(out, ", mean squared error %.6g", json_number_value(error));
    if (auc)
        fprintf(out, ", area under the ROC curve %.6g", json_number_value(auc));
    fprintf(out, "\n");
}

void bl_written_text(const char *output, unsigned moved, FILE *out)
{
    fprintf(out, "%s is written", output);
    if (moved)
        fprintf(out, "; %u layer%s (sums, means, softmax) round%s as ONNX does from now on", moved, moved == 1 ? "" : "s", moved == 1 ? "s" : "");
    fprintf(out, "\n");
}
