/* job_times.c - where the time of each layer went: what parts spent meanwhile, and its critical path. */
#include "platforms/job/job_in.h"

#include <stdio.h>
#include <stdlib.h>

void bl_job_lay_times(struct bl_job *job, struct bl_layer_result *layers, const struct bl_sim *s)
{
    for (uint32_t i = 0; i < job->r.nlayers; i++) {
        layers[i].nspent = job->rows.counters;
        layers[i].spent = layers[i].nspent ? bl_job_alloc(job, layers[i].nspent * sizeof *layers[i].spent) : NULL;
        layers[i].npath = job->program.nstreams ? 0 : bl_path_numbers(s);
        layers[i].path = layers[i].npath ? bl_job_alloc(job, layers[i].npath * sizeof *layers[i].path) : NULL;
    }
}

void bl_job_elaborated(struct bl_job *job, struct bl_sim *s)
{
    if (!job->program.nstreams) {
        if (bl_part_rows_init(&job->rows, s, BL_PART_ROWS)) {
            fprintf(stderr, "bitline: out of memory (for the account of layers)\n");
            exit(2);
        }
        job->r.rows = &job->rows;
        job->spent = bl_job_alloc(job, job->rows.counters * sizeof *job->spent);
    }
    bl_job_lay_times(job, job->r.layers, s);
}

/* What parts spent more than in all layers before. */
static void add_spent(const struct bl_job *job, const struct bl_sim *s, struct bl_layer_result *r)
{
    if (!r->nspent)
        return;
    bl_part_rows_spent(&job->rows, s, job->spent);
    for (uint32_t i = 0; i < job->r.nlayers; i++)
        for (size_t k = 0; k < r->nspent; k++)
            job->spent[k] -= job->r.layers[i].spent[k];
    for (size_t k = 0; k < r->nspent; k++)
        r->spent[k] += job->spent[k];
}

/* What the path has more than all layers before: the kernel has cut it at the pause. */
static void add_path(const struct bl_job *job, struct bl_sim *s, struct bl_layer_result *r)
{
    uint64_t *all = r->npath ? calloc(r->npath, sizeof *all) : NULL;

    if (!all)
        return;
    bl_path_total(s, all);
    for (uint32_t i = 0; i < job->r.nlayers; i++)
        for (size_t k = 0; k < r->npath; k++)
            all[k] -= job->r.layers[i].path[k];
    for (size_t k = 0; k < r->npath; k++)
        r->path[k] += all[k];
    free(all);
}

void bl_job_add_times(const struct bl_job *job, struct bl_sim *s, struct bl_layer_result *r)
{
    add_path(job, s, r);
    add_spent(job, s, r);
}
