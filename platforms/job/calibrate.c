/* calibrate.c - one run of a platform as calibration needs it: its --set and more, its images, the mapper's tables; the loss and
 * what a part has measured. */
#include "platforms/job/mapper.h"

#include <stdlib.h>
#include <string.h>

#include "platforms/file/load.h"

enum { MAX_SETS = 64 };

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

int bl_trial_run(const struct bl_calibrate_opts *o, const struct bl_trial *t, struct bl_outcome *out, struct bl_diag *diag)
{
    struct bl_set_opt sets[MAX_SETS];
    size_t n = 0;
    int bad = -1;

    if (o->nsets + t->nsets > MAX_SETS)
        return bl_error(diag, "more than %zu --set", MAX_SETS - t->nsets);
    for (size_t i = 0; i < o->nsets; i++)
        sets[n++].text = o->sets[i];
    for (size_t i = 0; i < t->nsets; i++)
        sets[n++].text = t->sets[i];
    struct bl_platform *p = bl_platform_load(o->platform, sets, n, diag);
    struct bl_sim *s = p ? bl_open(o->classes, diag) : NULL;
    struct bl_job_opts jo = { .net = o->net, .images = o->images, .first = o->first, .count = o->count, .seed = o->seed,
                              .tuning = t->tuning, .microvolts = p ? bl_platform_microvolts(p) : 0,
                              .on_layer = t->on_layer, .on_layer_ctx = t->on_layer_ctx };
    struct bl_job *job = NULL;

    if (s)
        bl_seed(s, o->seed);
    if (s && !bl_platform_apply(p, s) && (job = bl_job_open(bl_mapper_find(t->mapper), s, &jo, diag)) && !bl_elaborate(s))
        bad = judge(o, job, s, t, out, diag);
    bl_job_close(job);
    bl_close(s);
    bl_platform_free(p);
    return bad;
}
