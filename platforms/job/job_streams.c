/* job_streams.c - a job whose images are under way together (a program with streams, components/host.h): when a stream has done an image its
 * tensor is fetched at once, since the platform will write over it; when the image has ended all its layers are compared, in order. */
#include "platforms/job/job_in.h"

static const struct bl_host_at *at_of(const struct bl_job *job, struct bl_sim *s) { return bl_memory(s, job->host, "streams", NULL); }

const char *const bl_bubble_name[BL_BUBBLES] = { "no_image", "no_credit", "start", "memory", "back" };

void bl_job_pipeline(struct bl_job *job, const struct bl_pipeline *p) { job->r.pipeline = p; }

void bl_job_off_host(struct bl_job *job, uint32_t layer) { job->r.layers[layer].on_array = true; }

bool bl_job_is_one_run(const struct bl_job *job) { return job->program.nstreams != 0; }

int bl_job_streams_plan(struct bl_job *job)
{
    const struct bl_host_program *g = &job->program;

    if (!g->nstreams)
        return 0;
    if (!job->mapper->fetch)
        return bl_error(job->diag, "mapper %s: the program has streams; expected a `fetch`, see platforms/job/mapper.h", job->mapper->name);
    job->kept = bl_job_alloc(job, (size_t)g->under_way * g->memory);
    job->fetched = bl_job_alloc(job, g->nstreams * sizeof *job->fetched);
    return 0;
}

bool bl_job_streams_fit(const struct bl_job *job, struct bl_sim *s)
{
    const struct bl_host_at *at = at_of(job, s);

    for (uint32_t k = 0; k < job->program.nstreams; k++)
        if (at[k].ended < job->fetched[k] || at[k].ended > job->fetched[k] + job->program.under_way)
            return false;
    return at[job->program.nstreams - 1].ended >= job->image;
}

bool bl_job_streams_due(const struct bl_job *job, struct bl_sim *s)
{
    const struct bl_host_at *at = at_of(job, s);

    for (uint32_t k = 0; k < job->program.nstreams; k++)
        if (at[k].ended != job->fetched[k])
            return true;
    return at[job->program.nstreams - 1].ended != job->image;
}

static uint8_t *kept(const struct bl_job *job, uint32_t image) { return job->kept + (size_t)(image % job->program.under_way) * job->program.memory; }

static int fetch(struct bl_job *job, struct bl_sim *s)
{
    const struct bl_host_at *at = at_of(job, s);

    for (uint32_t k = 0; k < job->program.nstreams; k++)
        for (; job->fetched[k] < at[k].ended; job->fetched[k]++)
            if (job->mapper->fetch(job, s, k, job->fetched[k], kept(job, job->fetched[k])))
                return -1;
    return 0;
}

int bl_job_streams_done(struct bl_job *job, struct bl_sim *s)
{
    const uint32_t last = job->program.nstreams - 1;
    const struct bl_host_time *time = bl_memory(s, job->host, "times", NULL);
    int rc = fetch(job, s);

    while (!rc && job->image < at_of(job, s)[last].ended)
        rc = bl_job_layer_done(job, s, kept(job, job->image), time[job->image].ended);
    return rc;
}
