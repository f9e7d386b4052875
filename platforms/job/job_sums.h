/* job_sums.h - a job's net by sums: image by image as the host part does it, but the sums of array layers come from a function in place of
 * the simulation. For calibrations, which need results and not cycles. */
#ifndef BL_PLATFORMS_JOB_SUMS_H
#define BL_PLATFORMS_JOB_SUMS_H

#include "platforms/job/mapper.h"

enum { BL_SUMS_WORKERS = 64 };

/* An array layer of an image, as one of the workers (threads, 0 .. workers-1) has it: its program and the host's memory (components/host.h), its
 * sums[o * pixels + p]. */
struct bl_sums_at { uint32_t worker, image, layer; const struct bl_host_layer *program; const uint8_t *memory; int32_t *sums; };

/* How the images are run this time. Both functions are called by all workers at once, each with images of its own in rising order. */
struct bl_sums_by {
    void (*make)(void *ctx, const struct bl_sums_at *at);      /* adds to the sums, which are zeros */
    void (*made)(void *ctx, const struct bl_sums_at *at);      /* afterwards, when zero points of weights are taken off; may be NULL */
    void *ctx;
    int32_t *const *fold;              /* [layer][cout]: added to the biases; of a layer, or at all, NULL: nothing */
    double limit;                      /* a loss above it need not be known; 0 or more, INFINITY: it must */
};

struct bl_sums;
/* Runs the reference over all images, and keeps its outputs. The job, planned and not running, must outlive it. workers: 1 .. BL_SUMS_WORKERS;
 * results are the same for any. NULL after a bl_error. */
struct bl_sums *bl_sums_open(struct bl_job *job, uint32_t workers, struct bl_diag *diag);
void bl_sums_close(struct bl_sums *s);
uint32_t bl_sums_workers(const struct bl_sums *s);
/* The loss: NMSE of the net's output against the reference, bit for bit what a run with these sums gives (struct bl_outcome), or INFINITY when
 * it is above the limit. */
double bl_sums_run(struct bl_sums *s, const struct bl_sums_by *by);

#endif
