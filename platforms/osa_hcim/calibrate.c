/* calibrate.c - offline calibration of OSA-HCIM by running the platform itself: ADC ranges from measured
 * charge, then OSE thresholds by the search of the paper's Fig. 4(b). */
#include "platforms/osa_hcim/osa_hcim.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "components/host.h"
#include "components/window.h"
#include "platforms/job/calibration_file.h"
#include "platforms/job/setup.h"
#include "platforms/osa_hcim/calibration_file.h"

enum { RANGE_PASSES = 2 };

/* Means of (exact - got) of the sums, by layer and output. */
struct residue { const struct bl_net *net; double **sum; uint64_t *n; };

/* ---- residues: what a sum lacks, for the same activations ---- */

static int64_t exact_sum(const struct bl_host_layer *l, const struct bl_layer *w, const uint8_t *memory, uint32_t o, uint32_t p)
{
    const int8_t *weight = w->weight + (size_t)o * l->k;
    const int64_t pad = bl_window_pad(l);
    struct bl_window window;
    struct bl_taps run;
    int64_t sum = 0;

    bl_window_at(&window, l, o / (l->cout / bl_host_groups(l)), p);
    const uint8_t *in = bl_window_input(&window, memory);
    for (uint32_t k = 0; k < l->k; weight += run.n) {
        k = bl_window_next(&window, k, l->k, &run);
        for (uint32_t i = 0; i < run.n; i++)
            sum += weight[i] * (run.at < 0 ? pad : in[run.at + i]);
    }
    return sum;
}

static void residue_of_layer(void *ctx, const struct bl_layer_end *e)
{
    struct residue *r = ctx;
    const struct bl_host_layer *l = e->program;

    if (!r->sum[e->layer])
        return;
    uint32_t rows = l->flat ? l->rows_of_group : l->pixels, per_group = l->flat ? l->cout / (l->pixels / rows) : l->cout;
    for (uint32_t o = 0; o < l->cout; o++)
        for (uint32_t n = 0; n < rows; n++) {
            uint32_t p = o / per_group * rows + n;      /* flat: only the windows of its own group are an output's */
            r->sum[e->layer][o] += (double)(exact_sum(l, &r->net->layers[e->layer], e->memory, o, p) - e->sums[(size_t)o * l->pixels + p]);
        }
    r->n[e->layer] += rows;
}

/* ---- one run of the platform over the calibration images ---- */

static int simulate(const struct bl_calibrate_opts *o, const char *const *extra, size_t nextra, const struct osa_tables *t,
                    struct residue *res, bool measure, struct bl_outcome *out, struct bl_diag *diag)
{
    const struct bl_trial trial = { .sets = extra, .nsets = nextra, .tuning = t, .stat = measure ? "adc" : NULL,
        .on_layer = res ? residue_of_layer : NULL, .on_layer_ctx = res };

    if (bl_trial_run(o, &trial, out, diag))
        return -1;
    return measure && !out->stat ? bl_error(diag, "%s: calibration needs a part 'adc' of class osa_adc", o->setup->platform_at.path) : 0;
}

/* ---- ranges ---- */

/* mean +- 3 sigma of what was measured, lo not below 0, never empty. */
static void set_range(const struct bl_osa_stat *st, double *lo, double *hi)
{
    double mean = (double)st->sum / (double)st->n, var = (double)st->squares / (double)st->n - mean * mean;
    double sigma = var > 0 ? sqrt(var) : 0;

    *lo = mean - 3 * sigma > 0 ? mean - 3 * sigma : 0;
    *hi = mean + 3 * sigma;
    if (*hi - *lo < 1)
        *hi = *lo + 1;
    *lo = floor(*lo * 100) / 100;      /* what the file can hold exactly enough */
    *hi = ceil(*hi * 100) / 100;
}

/* One run at boundary b, whose ranges go to `to`; `from`: the ranges of the pass before, NULL in the first, which has full scale. */
static int measure_boundary(const struct bl_calibrate_opts *o, int64_t b, const struct osa_tables *from, struct osa_tables *to,
                            double *loss, struct bl_diag *diag)
{
    char boundary[64];
    const char *extra[] = { "controller.mode=fixed", boundary, "adc.measure=1", from ? "adc.range=cal" : "adc.range=full" };
    struct bl_outcome out = { 0 };

    snprintf(boundary, sizeof boundary, "controller.boundary=%lld", (long long)b);
    int bad = simulate(o, extra, sizeof extra / sizeof *extra, from, NULL, true, &out, diag);
    const struct bl_osa_stat *stat = out.stat;
    for (uint32_t l = 0; l < to->nlayers && !bad; l++)
        for (uint32_t i = 0; i < BL_OSA_BITS; i++) {
            const struct bl_osa_stat *st = &stat[(l * 16 + (uint32_t)b) * BL_OSA_BITS + i];
            if (st->n)
                set_range(st, &to->ranges[l].lo[b][i], &to->ranges[l].hi[b][i]);
        }
    *loss = out.loss;
    free(out.stat);
    return bad;
}

/* The first pass runs at full scale, so that layers behind the first see coarse inputs; the second measures them again, with the
 * ranges of the first. */
static int measure_ranges(const struct bl_calibrate_opts *o, const int64_t *candidate, uint32_t n, struct osa_tables *t, struct bl_diag *diag)
{
    int bad = 0;

    for (int pass = 0; pass < RANGE_PASSES && !bad; pass++) {
        struct osa_tables *measured = osa_tables_new(t->nlayers);
        if (!measured)
            return bl_error(diag, "out of memory");
        for (uint32_t k = 0; k < n && !bad; k++) {
            double loss;
            if (candidate[k] == 0)
                continue;
            bad = measure_boundary(o, candidate[k], pass ? t : NULL, measured, &loss, diag);
            if (!bad)
                bl_note(diag, "ranges, pass %d of %d: B = %lld, NMSE %.3g", pass + 1, RANGE_PASSES, (long long)candidate[k], loss);
        }
        if (!bad) {
            memcpy(t->ranges, measured->ranges, t->nlayers * sizeof *t->ranges);
            t->has_ranges = true;
        }
        osa_tables_free(measured);
    }
    return bad;
}

/* ---- folds: the mean of what is discarded or rounded away becomes part of the bias ---- */

static struct residue residue_new(const struct bl_net *net)
{
    struct residue r = { net, calloc(net->nlayers + 1, sizeof *r.sum), calloc(net->nlayers + 1, sizeof *r.n) };

    for (uint32_t i = 0; r.sum && i < net->nlayers; i++)
        if (net->layers[i].kind == BL_CONV || net->layers[i].kind == BL_FC)
            r.sum[i] = calloc(net->layers[i].cout, sizeof **r.sum);
    return r;
}

static void residue_free(struct residue *r)
{
    for (uint32_t i = 0; r->sum && i < r->net->nlayers; i++)
        free(r->sum[i]);
    free(r->sum);
    free(r->n);
}

static void set_folds(struct osa_tables *t, const struct residue *r)
{
    for (uint32_t i = 0; i < t->nlayers; i++) {
        if (!r || !r->sum[i]) {
            free(t->fold[i]);
            t->fold[i] = NULL;
            continue;
        }
        t->fold[i] = calloc(r->net->layers[i].cout + 1, sizeof **t->fold);
        for (uint32_t k = 0; t->fold[i] && k < r->net->layers[i].cout; k++)
            t->fold[i][k] = (int32_t)rint(r->sum[i][k] / (double)r->n[i]);
    }
}

/* ---- thresholds ---- */

/* The loss with these thresholds, in two runs: one measures the folds, one uses them. */
static int loss_at(const struct bl_calibrate_opts *o, struct osa_tables *t, const int32_t *threshold, struct bl_outcome *out, struct bl_diag *diag)
{
    const char *const extra[] = { "controller.mode=osa", "adc.range=cal" };
    struct residue r = residue_new(o->setup->net);
    int bad = !r.sum || !r.n;

    for (uint32_t l = 0; l < t->nlayers; l++)
        memcpy(t->saliency[l].threshold, threshold, t->nthresholds * sizeof *threshold);
    set_folds(t, NULL);
    bad = bad || simulate(o, extra, 2, t, &r, false, out, diag);
    if (!bad) {
        set_folds(t, &r);
        bad = simulate(o, extra, 2, t, NULL, false, out, diag);
    }
    residue_free(&r);
    return bad ? -1 : 0;
}

/* For i = 0, 1, ...: the largest T_i in [0, T_(i-1)] whose loss is at most L_i, all later ones at 0. */
static int search(const struct bl_calibrate_opts *o, struct osa_tables *t, int32_t most, struct bl_outcome *end, struct bl_diag *diag)
{
    int32_t threshold[OSA_LIST_MOST] = { 0 }, best = most;

    t->has_thresholds = true;
    if (loss_at(o, t, threshold, end, diag))
        return -1;
    bl_note(diag, "thresholds: all at the lowest boundary, NMSE %.3g", end->loss);
    for (uint32_t i = 0; i < o->nloss && i < t->nthresholds; i++)
        if (end->loss > o->loss[i])
            bl_note(diag, "loss limit %g cannot be kept: the most precise candidate everywhere has more; take a larger limit, or a "
                    "lower first candidate", o->loss[i]);
    for (uint32_t i = 0; i < t->nthresholds; i++) {
        double limit = o->loss[i < o->nloss ? i : o->nloss - 1];
        int32_t good = 0, bad = best + 1;
        struct bl_outcome at = *end;
        while (bad - good > 1) {
            int32_t mid = good + (bad - good) / 2;
            threshold[i] = mid;
            if (loss_at(o, t, threshold, &at, diag))
                return -1;
            if (at.loss <= limit) {
                good = mid;
                *end = at;
            } else {
                bad = mid;
            }
        }
        threshold[i] = best = good;
        bl_note(diag, "thresholds: T%u = %d for loss <= %g%s, NMSE %.3g", i, good, limit, end->loss <= limit ? "" : " (not kept)", end->loss);
    }
    return loss_at(o, t, threshold, end, diag);
}

/* ---- the whole ---- */

static int asked(struct bl_ask *ask, void *ctx)
{
    struct osa_settings *p = ctx;

    if (osa_settings(ask, p))
        return -1;
    for (uint32_t i = 0; i < p->ncandidates; i++)
        p->candidate[i] = osa_in_effect(p, p->candidate[i]);
    return p->ncandidates >= 2 ? 0 : bl_error(ask->diag, "%s: ose.candidates has fewer than two boundaries; calibration needs two or more",
                                              ask->platform);
}

/* The largest saliency S that the OSE can reach: the sum over the saliency set of 7 an HMU, times 2^(k - kmin) with order weights. */
static int32_t largest_saliency(const struct osa_settings *p)
{
    int32_t most = 0;

    for (int k = 0; k < p->orders; k++)
        most += (int32_t)(7 * p->hmu * (uint32_t)(p->orders - k) * (p->order_weight ? UINT32_C(1) << k : 1));
    return most;
}

static int write(const struct bl_calibrate_opts *o, const struct osa_tables *t, const struct bl_outcome *end, struct bl_diag *diag)
{
    char lines[BL_HOW_LINES][BL_HOW_ROOM], limits[180] = "loss limits ";
    const char *how[] = { lines[0], lines[1], lines[2], "range: [lo, hi] of V for weight bits i = 0, 1, ..: mean +- 3 sigma as measured",
                          NULL };

    for (size_t i = 0, at = strlen(limits); i < o->nloss && at < sizeof limits; i++)
        at += (size_t)snprintf(limits + at, sizeof limits - at, "%g%s", o->loss[i], i + 1 < o->nloss ? "," : ", ");
    bl_calibration_how(o, limits, end, lines);
    return osa_tables_write(o->output, t, o->setup->net, how, diag);
}

int osa_hcim_calibrate(const struct bl_calibrate_opts *o, struct bl_diag *diag)
{
    struct osa_settings p;
    struct bl_outcome end = { 0 };

    if (o->nloss == 0)
        return bl_error(diag, "--loss: no limit given; expected one a threshold, or one for all: --loss 0.001,0.002");
    if (o->setup->net->nlayers > OSA_MEASURED_LAYERS)
        return bl_error(diag, "net %s has %u layers; the ADC measures at most %d", o->setup->net->name, o->setup->net->nlayers, OSA_MEASURED_LAYERS);
    if (bl_trial_ask(o, asked, &p, diag))
        return -1;
    if (o->nloss != 1 && o->nloss != p.ncandidates - 1)
        return bl_error(diag, "--loss: %zu limits for %u thresholds; expected one a threshold, or one for all", o->nloss, p.ncandidates - 1);
    struct osa_tables *t = osa_tables_new(o->setup->net->nlayers);
    if (!t)
        return bl_error(diag, "out of memory");
    t->nthresholds = p.ncandidates - 1;
    for (uint32_t l = 0; l < t->nlayers; l++)
        t->saliency[l].nshift = p.nshift;
    /* S < T for every S: one more than the largest */
    int bad = measure_ranges(o, p.candidate, p.ncandidates, t, diag) || search(o, t, largest_saliency(&p) + 1, &end, diag) || write(o, t, &end, diag);
    osa_tables_free(t);
    return bad ? -1 : 0;
}
