/* calibrate.c - one run of a platform as calibration needs it: its --set and more, its images, the mapper's tables; the loss and
 * what a part has measured. */
#include "platforms/job/mapper.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platforms/file/load.h"

enum { USER_SETS = 60, TRIAL_SETS = 4 };       /* --set: of the user, of a trial */

static int judge(const struct bl_calibrate_opts *o, struct bl_job *job, struct bl_sim *s, const struct bl_trial *t,
                 struct bl_outcome *out, struct bl_diag *diag)
{
    enum bl_end end = bl_job_run(job, s, BL_FOREVER, NULL, NULL);
    const struct bl_result *r = bl_job_result(job);
    const struct bl_layer_result *last = &r->layers[r->last];
    size_t bytes = 0;
    const void *stat = t->stat ? bl_memory(s, t->stat, "stat", &bytes) : NULL;
    void *kept = stat ? malloc(bytes) : NULL;

    if (end != BL_END_STOPPED || (stat && !kept)) {
        free(kept);
        return end == BL_END_STOPPED ? bl_error(diag, "out of memory") :
            bl_error(diag, "%s: the run did not end (%d); does the platform work with `bitline run`?", o->platform,
                     (int)end);
    }
    if (kept)
        memcpy(kept, stat, bytes);
    *out = (struct bl_outcome){ last->signal > 0 ? last->error / last->signal : 0, r->correct, r->images, kept };
    return 0;
}

/* The platform with the --set of the user and `more` of them; NULL after a bl_error. */
static struct bl_platform *load(const struct bl_calibrate_opts *o, const char *const *more, size_t nmore, struct bl_diag *diag)
{
    struct bl_set_opt sets[USER_SETS + TRIAL_SETS];
    size_t n = 0;

    if (o->nsets > USER_SETS) {
        bl_error(diag, "more than %d --set", USER_SETS);
        return NULL;
    }
    for (size_t i = 0; i < o->nsets; i++)
        sets[n++].text = o->sets[i];
    for (size_t i = 0; i < nmore && i < TRIAL_SETS; i++)
        sets[n++].text = more[i];
    return bl_platform_load(o->platform, sets, n, diag);
}

int bl_trial_run(const struct bl_calibrate_opts *o, const struct bl_trial *t, struct bl_outcome *out, struct bl_diag *diag)
{
    struct bl_platform *p = load(o, t->sets, t->nsets, diag);
    struct bl_sim *s = p ? bl_open(o->classes, diag) : NULL;
    struct bl_job_opts jo = { .platform = o->platform, .net = o->net, .images = o->images, .first = o->first, .count = o->count,
                              .seed = o->seed, .tuning = t->tuning, .microvolts = p ? bl_platform_microvolts(p) : 0,
                              .on_layer = t->on_layer, .on_layer_ctx = t->on_layer_ctx };
    struct bl_job *job = NULL;
    int bad = -1;

    if (s)
        bl_seed(s, o->seed);
    if (s && !bl_platform_apply(p, s) && (job = bl_job_open(bl_mapper_named(p, t->mapper), s, &jo, diag)) && !bl_elaborate(s))
        bad = judge(o, job, s, t, out, diag);
    bl_job_close(job);
    bl_close(s);
    bl_platform_free(p);
    return bad;
}

int bl_trial_ask(const struct bl_calibrate_opts *o, const char *mapper, int (*asked)(struct bl_ask *a, void *ctx), void *ctx,
                 struct bl_diag *diag)
{
    struct bl_platform *p = load(o, NULL, 0, diag);
    struct bl_sim *s = p ? bl_open(o->classes, diag) : NULL;
    const struct bl_mapper *m = p ? bl_mapper_named(p, mapper) : NULL;
    struct bl_ask ask = { s, diag, o->platform, mapper, m ? m->needs : NULL, false };
    int bad = !s || bl_platform_apply(p, s) || bl_ask_parts(&ask) || asked(&ask, ctx);

    bl_close(s);
    bl_platform_free(p);
    return bad ? -1 : 0;
}

void bl_trial_told(const struct bl_calibrate_opts *o, const struct bl_outcome *end, char loss[256], char correct[256])
{
    snprintf(loss, 256, "loss: NMSE of the net's output against the integer reference; reached %.4g", end->loss);
    if (o->images && o->images->labels)
        snprintf(correct, 256, "correct on these images: %u of %u (calibrated on them: no measure of accuracy)", end->correct, end->images);
    else
        snprintf(correct, 256, "the images have no labels");
}
