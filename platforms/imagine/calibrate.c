/* calibrate.c - ABN gain and offsets of IMAGINE for a net, by running the platform itself: voltages measured at the
 * ADCs, offsets that centre each output, the largest gain that keeps them in range, then gains doubled as long as the loss
 * falls. */
#include "platforms/imagine/phases.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platforms/job/calibration_file.h"
#include "platforms/job/setup.h"

enum { MOST_GAIN = 16 };

/* ---- one run of the platform over the calibration images ---- */

static int simulate(const struct bl_calibrate_opts *o, bool measure, const struct imagine_tables *t, struct bl_outcome *out,
                    struct bl_diag *diag)
{
    static const char *const ideal[] = { "host.r_out=28", "dsci_adc.noise=0", "dsci_adc.measure=1" };
    const struct bl_trial trial = { .sets = ideal, .nsets = measure ? sizeof ideal / sizeof *ideal : 0,
        .tuning = t, .stat = measure ? "dsci_adc" : NULL };

    return bl_trial_run(o, &trial, out, diag);
}

static int asked(struct bl_ask *ask, void *settings) { return imagine_settings(ask, settings); }

/* ---- from voltages to offsets and gains ---- */

/* One weight set: offsets that put the middle of each output's voltages at V_DDL, and the gain that the widest allows. */
static void tune_set(const struct imagine_settings *p, const int64_t *stat, uint32_t *gamma, int32_t *abn)
{
    double widest = 0, full = p->alpha_adc * p->vddh;

    for (uint32_t o = 0; o < CIM_COLS; o++, stat += STAT_LANES) {
        double lo = (double)stat[STAT_LEAST] / CIM_FV, hi = (double)stat[STAT_MOST] / CIM_FV, code;
        abn[o] = 0;
        if (!stat[STAT_COUNT])
            continue;
        code = p->abn_step > 0 ? rint(-(lo + hi) / 2 / p->abn_step) : 0;
        abn[o] = (int32_t)(code < -16 ? -16 : code > 15 ? 15 : code);
        lo += abn[o] * p->abn_step;
        hi += abn[o] * p->abn_step;
        widest = fmax(widest, fmax(fabs(lo), fabs(hi)));
    }
    for (*gamma = 1; *gamma < MOST_GAIN && 2 * *gamma * widest <= full; *gamma *= 2)
        continue;
}

/* Doubles the gains of a layer while the loss falls: some values clip, all others are resolved better. */
static int raise_gains(const struct bl_calibrate_opts *o, struct imagine_tables *t, uint32_t layer, struct bl_outcome *end,
                 struct bl_diag *diag)
{
    struct imagine_tuning *l = &t->layer[layer];
    uint32_t *before = malloc((l->nsets + 1) * sizeof *before);
    int bad = before ? 0 : bl_error(diag, "out of memory");

    while (!bad) {
        struct bl_outcome at = { 0 };
        bool any = false;
        memcpy(before, l->gamma, l->nsets * sizeof *before);
        for (uint32_t k = 0; k < l->nsets; k++)
            if (l->gamma[k] < MOST_GAIN) {
                l->gamma[k] *= 2;
                any = true;
            }
        if (!any || (bad = simulate(o, false, t, &at, diag)))
            break;
        if (at.loss >= end->loss) {
            memcpy(l->gamma, before, l->nsets * sizeof *before);
            break;
        }
        *end = at;
    }
    free(before);
    return bad;
}

static int write(const struct bl_calibrate_opts *o, const struct imagine_tables *t, const struct bl_outcome *end,
                 struct bl_diag *diag)
{
    char lines[BL_HOW_LINES][BL_HOW_ROOM];
    const char *how[] = { lines[0], lines[1], lines[2], NULL };

    bl_calibration_how(o, "", end, lines);
    return imagine_tables_write(o->output, t, o->setup->net, how, diag);
}

/* What the calibration of the amplifiers has left, whole uV. Returns whether there is any. */
static bool set_trims(struct imagine_tables *t, const int64_t *stat)
{
    bool any = false;

    for (uint32_t i = 0; i < t->nlayers; i++)
        for (uint32_t k = 0; k < t->layer[i].nsets; k++)
            for (uint32_t o = 0; o < CIM_COLS; o++, stat += STAT_LANES) {
                t->layer[i].trim[k][o] = stat[STAT_COUNT] ? (int32_t)rint((double)stat[STAT_OFFSET] / CIM_FV * 1e6) : 0;
                any |= t->layer[i].trim[k][o] != 0;
            }
    return any;
}

static int find_tuning(const struct bl_calibrate_opts *o, const struct imagine_settings *p, struct imagine_tables *t,
                struct bl_diag *diag)
{
    struct bl_outcome measured = { 0 }, end = { 0 };
    int bad = simulate(o, true, NULL, &measured, diag);
    size_t row = 0;

    if (!bad && set_trims(t, measured.stat)) {     /* the layers behind must see what the ones before make without offsets */
        free(measured.stat);
        measured.stat = NULL;
        bad = simulate(o, true, t, &measured, diag);
    }
    for (uint32_t i = 0; !bad && i < t->nlayers; i++)
        for (uint32_t k = 0; k < t->layer[i].nsets; k++, row++)
            tune_set(p, (const int64_t *)measured.stat + row * CIM_COLS * STAT_LANES, &t->layer[i].gamma[k], t->layer[i].abn[k]);
    free(measured.stat);
    if (bad || simulate(o, false, t, &end, diag))
        return -1;
    bl_note(diag, "gains that clip nothing: NMSE %.3g", end.loss);
    for (uint32_t i = 0; i < t->nlayers; i++)
        if (t->layer[i].nsets && raise_gains(o, t, i, &end, diag))
            return -1;
    bl_note(diag, "gains raised layer by layer: NMSE %.3g", end.loss);
    if (o->nloss && end.loss > o->loss[0])
        bl_note(diag, "loss limit %g cannot be kept with these settings; more output bits or less noise would be needed",
                o->loss[0]);
    return write(o, t, &end, diag);
}

int imagine_calibrate(const struct bl_calibrate_opts *o, struct bl_diag *diag)
{
    struct imagine_settings p = { 0 }, fine;
    uint32_t *nsets = calloc(o->setup->net->nlayers + 1, sizeof *nsets);
    struct imagine_tables *t = NULL;
    int bad = nsets ? bl_trial_ask(o, asked, &p, diag) : bl_error(diag, "out of memory");

    fine = p;
    fine.r_out = CIM_CODE_BITS;
    for (uint32_t i = 0; !bad && i < o->setup->net->nlayers; i++) {
        uint32_t n = 0;
        bad = imagine_sets(&p, o->setup->net, i, &nsets[i], diag) || imagine_sets(&fine, o->setup->net, i, &n, diag);
        if (!bad && n != nsets[i])
            bad = bl_error(diag, "layer %s is cut otherwise when it is measured with %d bits; calibrate with a larger "
                           "lmem.bytes",
                           o->setup->net->layers[i].name, CIM_CODE_BITS);
    }
    if (!bad && !(t = imagine_tables_new(nsets, o->setup->net->nlayers, p.r_w)))
        bad = bl_error(diag, "out of memory");
    bad = bad || find_tuning(o, &p, t, diag);
    imagine_tables_free(t);
    free(nsets);
    return bad ? -1 : 0;
}
