/* calibrate.c - offline calibration of OSA-HCIM: ADC ranges from measured charge, then OSE thresholds by the search of the paper's
 * Fig. 4(b). What is tried is computed by trial.c; the last try is a run of the platform. */
#include "platforms/osa_hcim/osa_hcim.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platforms/job/calibration_file.h"
#include "platforms/job/setup.h"
#include "platforms/osa_hcim/trial.h"
#include "platforms/osa_hcim/tried.h"

enum { RANGE_PASSES = 2 };

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

/* Boundary b, whose ranges go to `to`; `from`: the ranges of the pass before, NULL in the first, which has full scale. */
static int measure_boundary(const struct osa_trial *t, int64_t b, const struct osa_tables *from, struct osa_tables *to, double *loss,
                            struct bl_diag *diag)
{
    struct bl_osa_stat *stat = NULL;
    int bad = osa_trial_measure(t, b, from, &stat, loss, diag);

    for (uint32_t l = 0; l < to->nlayers && !bad; l++)
        for (uint32_t i = 0; i < BL_OSA_BITS; i++) {
            const struct bl_osa_stat *st = &stat[(l * 16 + (uint32_t)b) * BL_OSA_BITS + i];
            if (st->n)
                set_range(st, &to->ranges[l].lo[b][i], &to->ranges[l].hi[b][i]);
        }
    free(stat);
    return bad;
}

/* The first pass runs at full scale, so that layers behind the first see coarse inputs; the second measures them again, with the
 * ranges of the first. */
static int measure_ranges(const struct osa_trial *trial, const int64_t *candidate, uint32_t n, struct bl_diag *diag)
{
    struct osa_tables *t = trial->tables;
    int bad = 0;

    for (int pass = 0; pass < RANGE_PASSES && !bad; pass++) {
        struct osa_tables *measured = osa_tables_new(t->nlayers);
        if (!measured)
            return bl_error(diag, "out of memory");
        for (uint32_t k = 0; k < n && !bad; k++) {
            double loss;
            if (candidate[k] == 0)
                continue;
            bad = measure_boundary(trial, candidate[k], pass ? t : NULL, measured, &loss, diag);
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

/* ---- thresholds ---- */

/* What is known of the search: tried thresholds, and the trial that tries others. */
struct search { const struct osa_trial *trial; struct osa_tried *tried; };

static void tell(const struct bl_calibrate_opts *o, const int32_t *threshold, uint32_t n)
{
    char text[200] = "thresholds";
    size_t at = strlen(text);

    for (uint32_t i = 0; i < n && at < sizeof text; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, " %d", threshold[i]);
    if (o->trying)
        o->trying(o->trying_ctx, text);
}

static int loss_at(const struct search *s, const int32_t *threshold, double limit, double *loss, struct bl_diag *diag)
{
    tell(s->trial->o, threshold, s->trial->tables->nthresholds);
    if (osa_tried_find(s->tried, threshold, loss))
        return 0;
    return osa_trial_loss(s->trial, threshold, limit, loss, diag) || osa_tried_add(s->tried, threshold, *loss, diag) ? -1 : 0;
}

static void note_limits(const struct bl_calibrate_opts *o, uint32_t n, double loss, struct bl_diag *diag)
{
    bl_note(diag, "thresholds: all at the lowest boundary, NMSE %.3g", loss);
    for (uint32_t i = 0; i < o->nloss && i < n; i++)
        if (loss > o->loss[i])
            bl_note(diag, "loss limit %g cannot be kept: the most precise candidate everywhere has more; take a larger limit, or a "
                    "lower first candidate", o->loss[i]);
}

/* For i = 0, 1, ...: the largest T_i in [0, T_(i-1)] whose loss is at most L_i, all later ones at 0. The found ones are left in the tables, with
 * their folds. */
static int search(const struct search *s, int32_t most, double *reached, struct bl_diag *diag)
{
    const struct bl_calibrate_opts *o = s->trial->o;
    const uint32_t n = s->trial->tables->nthresholds;
    int32_t threshold[OSA_LIST_MOST] = { 0 }, best = most;

    s->trial->tables->has_thresholds = true;
    if (loss_at(s, threshold, (double)INFINITY, reached, diag))
        return -1;
    note_limits(o, n, *reached, diag);
    for (uint32_t i = 0; i < n; i++) {
        double limit = o->loss[i < o->nloss ? i : o->nloss - 1];
        int32_t good = 0, bad = best + 1;
        while (bad - good > 1) {
            int32_t mid = good + (bad - good) / 2;
            double loss = 0;
            threshold[i] = mid;
            if (loss_at(s, threshold, limit, &loss, diag))
                return -1;
            if (loss <= limit) {
                good = mid;
                *reached = loss;
            } else {
                bad = mid;
            }
        }
        threshold[i] = best = good;
        bl_note(diag, "thresholds: T%u = %d for loss <= %g%s, NMSE %.3g", i, good, limit, *reached <= limit ? "" : " (not kept)", *reached);
    }
    return osa_trial_loss(s->trial, threshold, (double)INFINITY, reached, diag);
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

/* Ranges, then thresholds; at last the platform itself with what was found. *same: it has the loss that the search has found. */
static int find(const struct bl_calibrate_opts *o, const struct osa_settings *p, bool quick, struct osa_tables *t, struct bl_outcome *end, bool *same,
                struct bl_diag *diag)
{
    struct osa_trial trial;
    struct search s = { &trial, NULL };
    double reached = 0;
    int bad = osa_trial_open(&trial, o, p, quick, t, diag) || osa_tried_open(&s.tried, o, p->ncandidates - 1, diag);

    t->nthresholds = p->ncandidates - 1;
    for (uint32_t l = 0; l < t->nlayers; l++)
        t->saliency[l].nshift = p->nshift;
    /* S < T for every S: one more than the largest */
    bad = bad || measure_ranges(&trial, p->candidate, p->ncandidates, diag) || search(&s, largest_saliency(p) + 1, &reached, diag) ||
          osa_trial_run(&trial, end, diag);
    *same = !bad && !memcmp(&end->loss, &reached, sizeof reached);
    osa_tried_close(s.tried, !bad);
    osa_trial_close(&trial);
    return bad ? -1 : 0;
}

int osa_hcim_calibrate(const struct bl_calibrate_opts *o, struct bl_diag *diag)
{
    struct osa_settings p;
    struct bl_outcome end = { 0 };
    bool same = false;
    int bad = 0;

    if (o->nloss == 0)
        return bl_error(diag, "--loss: no limit given; expected one a threshold, or one for all: --loss 0.001,0.002");
    if (o->setup->net->nlayers > OSA_MEASURED_LAYERS)
        return bl_error(diag, "net %s has %u layers; the ADC measures at most %d", o->setup->net->name, o->setup->net->nlayers, OSA_MEASURED_LAYERS);
    if (bl_trial_ask(o, asked, &p, diag) || osa_same_bits(&p, o->setup->net, NULL, diag))
        return -1;
    if (o->nloss != 1 && o->nloss != p.ncandidates - 1)
        return bl_error(diag, "--loss: %zu limits for %u thresholds; expected one a threshold, or one for all", o->nloss, p.ncandidates - 1);
    for (int quick = 1; quick >= 0 && !bad && !same; quick--) {
        struct osa_tables *t = osa_tables_new(o->setup->net->nlayers);
        if (!t)
            return bl_error(diag, "out of memory");
        bad = find(o, &p, quick, t, &end, &same, diag);
        if (!bad && same)
            bad = write(o, t, &end, diag);
        else if (!bad && quick)
            bl_note(diag, "the platform's run is not what the arithmetic of its parts gives; searching once more, by running it");
        else if (!bad)
            bad = bl_error(diag, "%s: two runs with the same settings differ", o->setup->platform_at.path);
        osa_tables_free(t);
    }
    return bad ? -1 : 0;
}
