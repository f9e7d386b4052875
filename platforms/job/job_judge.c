/* job_judge.c - how good the outputs of a job are: the class, or what its metric asks for, of the platform and of the reference. */
#include "platforms/job/job_in.h"

#include <math.h>

/* Real values of the net's output: of the host's memory, or (NULL) of the reference. */
static void reals_of(const struct bl_job *job, const uint8_t *memory, double *v)
{
    const uint32_t t = job->o.net->output;
    const struct bl_tensor *y = &job->o.net->tensors[t];

    if (!memory) {
        bl_score_reals(y, job->ref.value[t], job->ref.real[t], v);
        return;
    }
    const struct bl_host_tensor at = bl_job_place(job, t);
    const size_t n = bl_tensor_elems(y);
    const float *real = (const float *)(const void *)(memory + at.at);
    for (size_t i = 0; i < n; i++)
        v[i] = at.real ? (double)real[i] : (double)(y->scale * (float)(memory[at.at + i] - at.bias - y->zero));
}

static uint32_t class_of(const struct bl_job *job, const uint8_t *memory)
{
    const struct bl_host_tensor out = bl_job_place(job, job->o.net->output), *t = &out;
    size_t n = (size_t)t->c * t->h * t->w;
    const float *real = (const float *)(const void *)(memory + t->at);
    uint32_t best = 0;

    for (size_t i = 1; i < n; i++)
        if (t->real ? real[i] > real[best] : memory[t->at + i] > memory[t->at + best])
            best = (uint32_t)i;
    return best;
}

static void judge_class(struct bl_job *job, const uint8_t *memory)
{
    uint32_t got = class_of(job, memory), want = bl_ref_class(&job->ref);

    job->r.agree += got == want;
    if (!job->r.has_labels)
        return;
    uint32_t label = job->o.images->labels[job->o.first + job->image];
    job->r.correct += got == label;
    job->r.reference_correct += want == label;
}

/* which: 0 the platform, 1 the reference. */
static void judge_metric(struct bl_job *job, const uint8_t *memory, int which)
{
    const struct bl_net *net = job->o.net;
    size_t n = bl_tensor_elems(&net->tensors[net->output]);

    reals_of(job, memory, job->reals);
    if (job->o.metric == BL_TOP5) {
        bool in = bl_score_top5(job->reals, n, job->o.images->labels[job->o.first + job->image]);
        *(which ? &job->r.reference_top5 : &job->r.top5) += in;
        return;
    }
    job->image_error[which][job->r.images] = bl_score_error(job->in, job->reals, n);
}

void bl_job_judge(struct bl_job *job, const uint8_t *memory)
{
    const struct bl_net *net = job->o.net;

    judge_class(job, memory);
    if (job->o.metric == BL_TOP1)
        return;
    if (job->o.metric == BL_MSE)
        bl_score_bytes(&net->tensors[net->input], job->images + job->image * bl_net_input_bytes(net), job->in);
    judge_metric(job, memory, 0);
    judge_metric(job, NULL, 1);
}

void bl_job_judge_all(struct bl_job *job)
{
    struct bl_result *r = &job->r;
    double *const mse[2] = { &r->mse, &r->reference_mse }, *const auc[2] = { &r->auc, &r->reference_auc };

    r->metric = job->o.metric;
    for (int which = 0; job->o.metric == BL_MSE && which < 2; which++) {
        const double *e = job->image_error[which];
        double sum = 0;
        for (uint32_t i = 0; i < r->images; i++)
            sum += e[i];
        *mse[which] = r->images ? sum / r->images : NAN;
        *auc[which] = r->has_labels ? bl_score_auc(e, job->o.images->labels + job->o.first, r->images) : NAN;
    }
}
