/* trial.c - a try of the calibration, by codes or by running the platform. */
#include "platforms/osa_hcim/trial.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "components/window.h"
#include "platforms/job/setup.h"
#include "platforms/osa_hcim/codes.h"

/* ---- residues: what a sum lacks, for the same activations ---- */

/* Sums of (exact - got) over the images, by layer and output; n: how many of each. Threads add in turn; whole numbers add up to the same. */
struct residue { const struct bl_net *net; int64_t **sum; uint64_t *n; pthread_mutex_t lock; };

static void residue_free(struct residue *r)
{
    for (uint32_t i = 0; r->sum && i < r->net->nlayers; i++)
        free(r->sum[i]);
    free(r->sum);
    free(r->n);
    pthread_mutex_destroy(&r->lock);
}

static int residue_new(struct residue *r, const struct bl_net *net, struct bl_diag *diag)
{
    *r = (struct residue){ .net = net, .sum = calloc(net->nlayers + 1, sizeof *r->sum), .n = calloc(net->nlayers + 1, sizeof *r->n) };
    bool bad = pthread_mutex_init(&r->lock, NULL) || !r->sum || !r->n;

    for (uint32_t i = 0; !bad && i < net->nlayers; i++)
        if (osa_on_array(&net->layers[i]))
            bad = !(r->sum[i] = calloc(net->layers[i].cout + 1, sizeof **r->sum));
    if (!bad)
        return 0;
    residue_free(r);
    return bl_error(diag, "out of memory");
}

/* As the host has the sums: their weights' zero points are taken off, of activations without the offset of signed ones. */
static int64_t exact_sum(const struct bl_host_layer *l, const struct bl_layer *w, const uint8_t *memory, uint32_t o, uint32_t p)
{
    const int8_t *weight = w->weight + (size_t)o * l->k;
    const int32_t pad = bl_window_pad(l), zero = l->wzero ? l->wzero[o] : 0;
    struct bl_window window;
    struct bl_taps run;
    int64_t sum = 0;

    bl_window_at(&window, l, o / (l->cout / bl_host_groups(l)), p);
    const uint8_t *in = bl_window_input(&window, memory);
    for (uint32_t k = 0; k < l->k; weight += run.n) {
        k = bl_window_next(&window, k, l->k, &run);
        for (uint32_t i = 0; i < run.n; i++)
            sum += (weight[i] - zero) * (run.at < 0 ? pad : in[run.at + i]);
    }
    return sum + (int64_t)zero * l->k * l->in[0].bias;
}

static void residue_of(struct residue *r, uint32_t layer, const struct bl_host_layer *l, const uint8_t *memory, const int32_t *sums)
{
    if (!r->sum[layer])
        return;
    uint32_t rows = l->flat ? l->rows_of_group : l->pixels, per_group = l->flat ? l->cout / (l->pixels / rows) : l->cout;
    for (uint32_t o = 0; o < l->cout; o++) {
        int64_t lacks = 0;
        for (uint32_t n = 0; n < rows; n++) {
            uint32_t p = o / per_group * rows + n;      /* flat: only the windows of its own group are an output's */
            lacks += exact_sum(l, &r->net->layers[layer], memory, o, p) - sums[(size_t)o * l->pixels + p];
        }
        pthread_mutex_lock(&r->lock);
        r->sum[layer][o] += lacks;
        pthread_mutex_unlock(&r->lock);
    }
    pthread_mutex_lock(&r->lock);
    r->n[layer] += rows;
    pthread_mutex_unlock(&r->lock);
}

static void layer_ended(void *ctx, const struct bl_layer_end *e) { residue_of(ctx, e->layer, e->program, e->memory, e->sums); }
static void sums_made(void *ctx, const struct bl_sums_at *at) { residue_of(ctx, at->layer, at->program, at->memory, at->sums); }

/* Folds: the mean of what is discarded or rounded away becomes part of the bias. r NULL: none. */
static int set_folds(struct osa_tables *t, const struct residue *r, struct bl_diag *diag)
{
    for (uint32_t i = 0; i < t->nlayers; i++) {
        if (!r || !r->sum[i]) {
            free(t->fold[i]);
            t->fold[i] = NULL;
            continue;
        }
        t->fold[i] = calloc(r->net->layers[i].cout + 1, sizeof **t->fold);
        if (!t->fold[i])
            return bl_error(diag, "out of memory");
        for (uint32_t k = 0; k < r->net->layers[i].cout; k++)
            t->fold[i][k] = (int32_t)rint((double)r->sum[i][k] / (double)r->n[i]);
    }
    return 0;
}

/* ---- one pass over the images ---- */

/* By running the platform. */
static int simulate(const struct bl_calibrate_opts *o, const char *const *extra, size_t nextra, const struct osa_tables *t,
                    struct residue *res, bool measure, struct bl_outcome *out, struct bl_diag *diag)
{
    const struct bl_trial trial = { .sets = extra, .nsets = nextra, .tuning = t, .stat = measure ? "adc" : NULL,
        .on_layer = res ? layer_ended : NULL, .on_layer_ctx = res };

    if (bl_trial_run(o, &trial, out, diag))
        return -1;
    return measure && !out->stat ? bl_error(diag, "%s: calibration needs a part 'adc' of class osa_adc", o->setup->platform_at.path) : 0;
}

static const char *const by_ose[] = { "controller.mode=osa", "adc.range=cal" };

int osa_trial_run(const struct osa_trial *t, struct bl_outcome *out, struct bl_diag *diag)
{
    return simulate(t->o, by_ose, 2, t->tables, NULL, false, out, diag);
}

static int pass(const struct osa_trial *t, struct residue *res, double limit, double *loss, struct bl_diag *diag)
{
    const struct osa_try by = { .boundary = -1, .tables = t->tables, .made = res ? sums_made : NULL, .made_ctx = res, .fold = t->tables->fold,
                                .limit = limit };
    struct bl_outcome out = { 0 };

    if (t->codes && !isnan(*loss = osa_codes_run(t->codes, &by)))
        return 0;
    if (simulate(t->o, by_ose, 2, t->tables, res, false, &out, diag))
        return -1;
    *loss = out.loss;
    return 0;
}

int osa_trial_loss(const struct osa_trial *t, const int32_t *threshold, double limit, double *loss, struct bl_diag *diag)
{
    struct residue r;

    for (uint32_t l = 0; l < t->tables->nlayers; l++)
        memcpy(t->tables->saliency[l].threshold, threshold, t->tables->nthresholds * sizeof *threshold);
    if (set_folds(t->tables, NULL, diag) || residue_new(&r, t->o->setup->net, diag))
        return -1;
    int bad = pass(t, &r, (double)INFINITY, loss, diag) || set_folds(t->tables, &r, diag) || pass(t, NULL, limit, loss, diag);
    residue_free(&r);
    return bad ? -1 : 0;
}

static int measure_by_codes(const struct osa_trial *t, int64_t b, const struct osa_tables *from, struct bl_osa_stat **stat, double *loss,
                            struct bl_diag *diag)
{
    const struct osa_try by = { .boundary = (int)b, .tables = from, .measure = true, .limit = (double)INFINITY };
    const size_t bytes = (size_t)t->tables->nlayers * 16 * BL_OSA_BITS * sizeof **stat;

    *loss = osa_codes_run(t->codes, &by);
    *stat = malloc(bytes + 1);
    if (!*stat)
        return bl_error(diag, "out of memory");
    memcpy(*stat, osa_codes_stat(t->codes), bytes);
    return 0;
}

int osa_trial_measure(const struct osa_trial *t, int64_t b, const struct osa_tables *from, struct bl_osa_stat **stat, double *loss, struct bl_diag *diag)
{
    char boundary[64];
    const char *extra[] = { "controller.mode=fixed", boundary, "adc.measure=1", from ? "adc.range=cal" : "adc.range=full" };
    struct bl_outcome out = { 0 };

    if (t->codes) {
        int bad = measure_by_codes(t, b, from, stat, loss, diag);
        if (bad || !isnan(*loss))
            return bad;
        free(*stat);                  /* a range that the platform would refuse: let it tell */
    }
    snprintf(boundary, sizeof boundary, "controller.boundary=%lld", (long long)b);
    int bad = simulate(t->o, extra, sizeof extra / sizeof *extra, from, NULL, true, &out, diag);
    *stat = out.stat;
    *loss = out.loss;
    return bad;
}

/* ---- the whole ---- */

int osa_trial_open(struct osa_trial *t, const struct bl_calibrate_opts *o, const struct osa_settings *p, bool quick, struct osa_tables *tables,
                   struct bl_diag *diag)
{
    static const char *const plain[] = { "controller.mode=digital", "adc.range=full" };
    const uint32_t workers = !o->workers ? 1 : o->workers < BL_SUMS_WORKERS ? o->workers : BL_SUMS_WORKERS;

    *t = (struct osa_trial){ .o = o, .tables = tables };
    if (!quick)
        return 0;
    t->setup = bl_trial_open(o, &(struct bl_trial){ .sets = plain, .nsets = 2 }, diag);
    if (!t->setup)
        return -1;
    if (!osa_codes_can(t->setup->sim, p))
        return 0;
    t->codes = osa_codes_open(t->setup->job, p, workers, diag);
    return t->codes ? 0 : -1;
}

void osa_trial_close(struct osa_trial *t)
{
    osa_codes_close(t->codes);
    bl_setup_close(t->setup);
}
