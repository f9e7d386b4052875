/* calibrate.c - offline calibration of OSA-HCIM by running the platform itself: ADC ranges from measured
 * charge, then OSE thresholds by the search of the paper's Fig. 4(b). */
#include "platforms/osa_hcim/osa_hcim.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "components/host.h"
#include "platforms/file/load.h"
#include "platforms/osa_hcim/calibration_file.h"

enum { MAX_SETS = 64, MAX_CANDIDATES = 16, RANGE_PASSES = 2, MEASURED_LAYERS = 256 /* of sar_adc */ };

/* Means of (exact - got) of the sums, by layer and output. */
struct residue { const struct bl_net *net; double **sum; uint64_t *n; };

/* ---- residues: what a sum lacks, for the same activations ---- */

static int64_t exact_sum(const struct host_layer *l, const struct bl_layer *w, const uint8_t *memory, uint32_t o, uint32_t p)
{
    uint32_t cg = l->flat ? l->cout / (l->pixels / l->rows_of_group) : l->cout * l->group_bytes / (l->in[0].c * l->in[0].h * l->in[0].w);
    const uint8_t *in = memory + l->in[0].at + (size_t)(o / cg) * l->group_bytes;
    int64_t y = (int64_t)(p / l->width) * l->stride_h - l->pad_t, x = (int64_t)(p % l->width) * l->stride_w - l->pad_l, sum = 0;

    for (uint32_t k = 0; k < l->k; k++) {
        int32_t a = l->in[0].zero + l->in[0].bias;
        if (l->flat)
            a = in[(size_t)(p % l->rows_of_group) * l->k + k];
        else if (y + l->tap[k].dy >= 0 && y + l->tap[k].dy < l->in[0].h && x + l->tap[k].dx >= 0 && x + l->tap[k].dx < l->in[0].w)
            a = in[y * l->in[0].w + x + l->tap[k].at];
        sum += (int64_t)a * w->weight[(size_t)o * l->k + k];
    }
    return sum;
}

static void residue_of_layer(void *ctx, const struct bl_layer_end *e)
{
    struct residue *r = ctx;
    const struct host_layer *l = e->program;

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
    const struct bl_trial trial = { .mapper = "osa_hcim", .sets = extra, .nsets = nextra, .tuning = t, .stat = measure ? "adc" : NULL,
        .on_layer = res ? residue_of_layer : NULL, .on_layer_ctx = res };

    if (bl_trial_run(o, &trial, out, diag))
        return -1;
    return measure && !out->stat ? bl_error(diag, "%s: calibration needs a part 'adc' of class sar_adc", o->platform) : 0;
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

static int measure_ranges(const struct bl_calibrate_opts *o, const int64_t *candidate, uint32_t n, struct osa_tables *t, struct bl_diag *diag)
{
    for (int pass = 0; pass < RANGE_PASSES; pass++) {
        struct osa_tables *next = osa_tables_new(t->nlayers);
        if (!next)
            return bl_error(diag, "out of memory");
        for (uint32_t k = 0; k < n; k++) {
            char boundary[64];
            const char *extra[] = { "controller.mode=fixed", boundary, "adc.measure=1", pass ? "adc.range=cal" : "adc.range=full" };
            struct bl_outcome out = { 0 };
            if (candidate[k] == 0)
                continue;
            snprintf(boundary, sizeof boundary, "controller.boundary=%lld", (long long)candidate[k]);
            if (simulate(o, extra, 4, pass ? t : NULL, NULL, true, &out, diag)) {
                free(out.stat);
                osa_tables_free(next);
                return -1;
            }
            const struct bl_osa_stat *stat = out.stat;
            bl_note(diag, "ranges, pass %d of %d: B = %lld, NMSE %.3g", pass + 1, RANGE_PASSES, (long long)candidate[k], out.loss);
            for (uint32_t l = 0; l < t->nlayers; l++)
                for (int i = 0; i < BL_OSA_BITS; i++) {
                    const struct bl_osa_stat *st = &stat[(l * 16 + (uint32_t)candidate[k]) * BL_OSA_BITS + (uint32_t)i];
                    if (st->n)
                        set_range(st, &next->ranges[l].lo[candidate[k]][i], &next->ranges[l].hi[candidate[k]][i]);
                }
            free(out.stat);
        }
        memcpy(t->ranges, next->ranges, t->nlayers * sizeof *t->ranges);
        t->has_ranges = true;
        osa_tables_free(next);
    }
    return 0;
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
    struct residue r = residue_new(o->net);
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
    int32_t threshold[MAX_CANDIDATES] = { 0 }, best = most;

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

/* Candidates of the OSE as they take effect, the largest S it can reach, and its shift, from the platform as it is set. */
static int ask_platform(const struct bl_calibrate_opts *o, int64_t *candidate, uint32_t *n, int32_t *most, int32_t *nshift, struct bl_diag *diag)
{
    struct bl_set_opt sets[MAX_SETS];
    uint64_t v, hmu = 8, s = 2, weight = 0, shift = 0, w = BL_OSA_BITS, a = BL_OSA_BITS;

    for (size_t i = 0; i < o->nsets && i < MAX_SETS; i++)
        sets[i].text = o->sets[i];
    struct bl_platform *p = bl_platform_load(o->platform, sets, o->nsets < MAX_SETS ? o->nsets : MAX_SETS, diag);
    struct bl_sim *sim = p ? bl_open(o->classes, diag) : NULL;
    int bad = !sim || bl_platform_apply(p, sim) || bl_elaborate(sim);
    for (*n = 0; !bad && *n < MAX_CANDIDATES; ++*n) {
        char name[64];
        snprintf(name, sizeof name, "ose.candidates[%u]", *n);
        if (bl_peek(sim, name, &v))
            break;
        candidate[*n] = (int64_t)v;
    }
    if (!bad && (bl_peek(sim, "ose.hmu", &hmu) | bl_peek(sim, "controller.s", &s) | bl_peek(sim, "ose.order_weight", &weight) |
                 bl_peek(sim, "nq.nshift", &shift) || *n < 2))
        bad = bl_error(diag, "%s: calibration needs the parts controller, nq, ose and adc of OSA-HCIM and two candidates or more", o->platform);
    bl_peek(sim, "controller.w_bits", &w);
    bl_peek(sim, "controller.a_bits", &a);
    for (uint32_t i = 0; !bad && i < *n; i++)
        candidate[i] = bl_osa_bound((int)candidate[i], (int)w, (int)a, (int)s);
    /* S <= sum over the saliency set of 7 an HMU, times 2^(k - kmin) with order weights */
    *most = 0;
    for (uint64_t k = 0; k < s; k++)
        *most += (int32_t)(7 * hmu * (s - k) * (weight ? UINT64_C(1) << k : 1));
    *most += 1;                        /* S < T for every S */
    *nshift = (int32_t)shift;
    bl_close(sim);
    bl_platform_free(p);
    return bad ? -1 : 0;
}

static int write(const struct bl_calibrate_opts *o, const struct osa_tables *t, const struct bl_outcome *end, struct bl_diag *diag)
{
    char lines[4][256], loss[160] = "";
    const char *how[5] = { lines[0], lines[1], lines[2], lines[3], NULL };

    for (size_t i = 0, at = 0; i < o->nloss && at < sizeof loss; i++)
        at += (size_t)snprintf(loss + at, sizeof loss - at, "%s%g", i ? "," : "", o->loss[i]);
    snprintf(lines[0], sizeof lines[0], "made by: bitline calibrate, images %u to %u, loss limits %s, seed %llu", o->first,
             o->first + o->count - 1, loss, (unsigned long long)o->seed);
    snprintf(lines[1], sizeof lines[1], "loss: NMSE of the net's output against the integer reference; reached %.4g", end->loss);
    if (!o->images || !o->images->labels)
        snprintf(lines[2], sizeof lines[2], "the images have no labels");
    else
        snprintf(lines[2], sizeof lines[2], "correct on these images: %u of %u (calibrated on them: no measure of accuracy)", end->correct, end->images);
    snprintf(lines[3], sizeof lines[3], "range: [lo, hi] of V for weight bits i = 0, 1, ..: mean +- 3 sigma as measured");
    return osa_tables_write(o->output, t, o->net, how, diag);
}

int osa_hcim_calibrate(const struct bl_calibrate_opts *o, struct bl_diag *diag)
{
    int64_t candidate[MAX_CANDIDATES];
    int32_t most, nshift;
    uint32_t n;
    struct bl_outcome end = { 0 };

    if (o->nloss == 0)
        return bl_error(diag, "--loss: no limit given; expected one a threshold, or one for all: --loss 0.001,0.002");
    if (o->net->nlayers > MEASURED_LAYERS)
        return bl_error(diag, "net %s has %u layers; the ADC measures at most %d", o->net->name, o->net->nlayers, MEASURED_LAYERS);
    if (ask_platform(o, candidate, &n, &most, &nshift, diag))
        return -1;
    if (o->nloss != 1 && o->nloss != n - 1)
        return bl_error(diag, "--loss: %zu limits for %u thresholds; expected one a threshold, or one for all", o->nloss, n - 1);
    struct osa_tables *t = osa_tables_new(o->net->nlayers);
    if (!t)
        return bl_error(diag, "out of memory");
    t->nthresholds = n - 1;
    for (uint32_t l = 0; l < t->nlayers; l++)
        t->saliency[l].nshift = nshift;
    int bad = measure_ranges(o, candidate, n, t, diag) || search(o, t, most, &end, diag) || write(o, t, &end, diag);
    osa_tables_free(t);
    return bad ? -1 : 0;
}
