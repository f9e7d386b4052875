/* score.c - metrics of outputs. */
#include "platforms/net/score.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int bl_metric_named(const char *text, enum bl_metric *out, struct bl_diag *diag)
{
    static const char *const NAMES[] = { [BL_TOP1] = "top1", [BL_TOP5] = "top5", [BL_MSE] = "error" };

    *out = BL_TOP1;
    for (unsigned i = 0; text && i < sizeof NAMES / sizeof *NAMES; i++)
        if (!strcmp(NAMES[i], text)) {
            *out = (enum bl_metric)i;
            return 0;
        }
    return text ? bl_error(diag, "--metric %s: expected top1, top5 or error", text) : 0;
}

int bl_metric_fits(enum bl_metric metric, const struct bl_net *net, const uint32_t *labels, uint32_t count, struct bl_diag *diag)
{
    const struct bl_tensor *x = &net->tensors[net->input], *y = &net->tensors[net->output];

    if (metric == BL_TOP5 && !labels)
        return bl_error(diag, "--metric top5: is about labels; name them with --labels");
    if (metric != BL_MSE)
        return 0;
    if (net->ninputs > 1 || x->c != y->c || x->h != y->h || x->w != y->w)
        return bl_error(diag, "--metric error: input '%s' of net %s is %u x %u x %u, output '%s' %u x %u x %u; expected one shape: it is for nets that give back "
                        "their input", x->name, net->name, x->c, x->h, x->w, y->name, y->c, y->h, y->w);
    for (uint32_t i = 0; labels && i < count; i++)
        if (labels[i] > 1)
            return bl_error(diag, "--metric error: label %u is %u, expected 0 (as it should be) or 1 (an anomaly)", i, labels[i]);
    return 0;
}

void bl_score_reals(const struct bl_tensor *t, const int16_t *codes, const float *real, double *out)
{
    size_t n = bl_tensor_elems(t);

    for (size_t i = 0; i < n; i++)
        out[i] = real ? (double)real[i] : (double)(t->scale * (float)(codes[i] - t->zero));
}

void bl_score_bytes(const struct bl_tensor *t, const uint8_t *bytes, double *out)
{
    size_t n = bl_tensor_elems(t);

    for (size_t i = 0; i < n; i++) {
        int16_t code = t->dtype == BL_S8 ? (int8_t)bytes[i] : bytes[i];
        float real;
        if (t->dtype == BL_REAL)
            memcpy(&real, bytes + i * sizeof real, sizeof real);
        else
            real = t->scale * (float)(code - t->zero);
        out[i] = (double)real;
    }
}

bool bl_score_top5(const double *v, size_t n, uint32_t label)
{
    unsigned before = 0;

    if (label >= n)
        return false;
    for (size_t i = 0; i < n; i++)
        before += v[i] > v[label] || (i < label && !(v[i] < v[label]));
    return before < 5;
}

double bl_score_error(const double *x, const double *y, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += (x[i] - y[i]) * (x[i] - y[i]);
    return sum / (double)n;
}

struct scored { double error; uint32_t label; };

static int by_error(const void *a, const void *b)
{
    const struct scored *x = a, *y = b;

    return x->error < y->error ? -1 : x->error > y->error;
}

double bl_score_auc(const double *error, const uint32_t *labels, size_t n)
{
    struct scored *v = malloc((n + 1) * sizeof *v);
    double pairs = 0, normal = 0, anomalous = 0;

    for (size_t i = 0; v && i < n; i++)
        v[i] = (struct scored){ error[i], labels[i] };
    if (v)
        qsort(v, n, sizeof *v, by_error);
    for (size_t i = 0, k; v && i < n; i = k) {             /* a run of equal errors at a time */
        double zeros = 0, ones = 0;
        for (k = i; k < n && !(v[k].error > v[i].error); k++) {
            ones += v[k].label == 1;
            zeros += v[k].label != 1;
        }
        pairs += ones * (normal + zeros / 2);
        normal += zeros;
        anomalous += ones;
    }
    free(v);
    return normal > 0 && anomalous > 0 ? pairs / (normal * anomalous) : NAN;
}
