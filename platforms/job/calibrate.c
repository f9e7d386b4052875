/* calibrate.c - one run of a setup as calibration needs it: with more parameters and the mapper's tables; the loss and what a
 * part has measured. */
#include "platforms/job/job_in.h"
#include "platforms/job/setup_in.h"

#include <stdlib.h>
#include <string.h>

/* The net and its images are those that were read already, narrowed and all. */
struct bl_setup *bl_trial_open(const struct bl_calibrate_opts *o, const struct bl_trial *t, struct bl_diag *diag)
{
    const struct bl_setup *first = o->setup;
    struct bl_setup_opts so = first->o;
    struct bl_texts sets = { 0 };

    for (size_t i = 0; i < so.set.n; i++)
        if (!bl_is_bits_set(so.set.v[i]))
            bl_texts_add(&sets, so.set.v[i]);
    for (size_t i = 0; i < t->nsets; i++)
        bl_texts_add(&sets, t->sets[i]);
    so.set = bl_words_of(&sets);
    so.bits_at = (struct bl_words){ NULL, 0 };
    so.bits = so.data = so.labels = NULL;
    so.inputs = (struct bl_words){ 0 };
    so.form = (struct bl_data_opts){ 0 };
    so.net = t->no_net ? "none" : NULL;
    so.own_net = t->no_net ? NULL : first->net;
    so.own_images = first->data;
    so.images = (struct bl_whole){ !t->no_net, first->count };
    so.first = (struct bl_whole){ true, first->first };
    so.calibration = "none";
    so.tuning = t->tuning;
    so.on_layer = t->on_layer;
    so.on_layer_ctx = t->on_layer_ctx;
    struct bl_setup *u = bl_setup_open(&so, diag);
    if (u)
        u->o.set = (struct bl_words){ 0 };        /* the list goes now */
    bl_texts_free(&sets);
    return u;
}

static int judge(struct bl_setup *u, const struct bl_trial *t, struct bl_outcome *out)
{
    enum bl_end end = bl_setup_run(u, BL_FOREVER, NULL, NULL);
    const struct bl_result *r = bl_job_result(u->job);
    const struct bl_layer_result *last = &r->layers[r->last];
    size_t bytes = 0;
    const void *stat = t->stat ? bl_memory(u->sim, t->stat, "stat", &bytes) : NULL;
    void *kept = stat ? malloc(bytes) : NULL;

    if (end != BL_END_STOPPED || (stat && !kept)) {
        free(kept);
        return end == BL_END_STOPPED ? bl_error(u->diag, "out of memory") :
            bl_error(u->diag, "%s: the run did not end (%d); does the platform work with `bitline run`?", u->platform_at.path,
                     (int)end);
    }
    if (t->ended)
        t->ended(t->on_layer_ctx, u->sim);
    if (kept)
        memcpy(kept, stat, bytes);
    *out = (struct bl_outcome){ last->signal > 0 ? last->error / last->signal : 0, r->correct, r->images, kept };
    return 0;
}

int bl_trial_run(const struct bl_calibrate_opts *o, const struct bl_trial *t, struct bl_outcome *out, struct bl_diag *diag)
{
    struct bl_setup *u = bl_trial_open(o, t, diag);
    int status = u ? judge(u, t, out) : -1;

    bl_setup_close(u);
    return status;
}

int bl_trial_ask(const struct bl_calibrate_opts *o, int (*asked)(struct bl_ask *a, void *ctx), void *ctx, struct bl_diag *diag)
{
    struct bl_setup *u = bl_trial_open(o, &(struct bl_trial){ .no_net = true }, diag);
    struct bl_ask ask = { .diag = diag };

    if (u)
        ask = (struct bl_ask){ u->sim, diag, u->platform_at.path, u->mapper->name, u->mapper->needs, false };
    int bad = !u || bl_job_parts(&ask, u->mapper, bl_platform_array(u->platform), NULL) || asked(&ask, ctx);

    bl_setup_close(u);
    return bad ? -1 : 0;
}
