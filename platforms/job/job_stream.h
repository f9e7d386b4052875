/* job_stream.h - values as bytes and back, by one function for both ways: what job_save.c and job_share.c write and read. */
#ifndef BL_PLATFORMS_JOB_STREAM_H
#define BL_PLATFORMS_JOB_STREAM_H

#include "platforms/job/job_in.h"

#include <string.h>

enum way { COUNT, WRITE, READ };
struct stream { enum way way; unsigned char *at; const unsigned char *from; size_t n; };

static inline void item(struct stream *io, void *value, size_t n)
{
    if (!n)
        return;
    if (io->way == WRITE)
        memcpy(io->at + io->n, value, n);
    else if (io->way == READ)
        memcpy(value, io->from + io->n, n);
    io->n += n;
}
#define ITEM(io, x) item(io, &(x), sizeof(x))

/* What is counted and compared of a layer. */
static inline void layer_counts(struct stream *io, struct bl_layer_result *l)
{
    ITEM(io, l->ops);
    ITEM(io, l->cycles);
    ITEM(io, l->load_cycles);
    ITEM(io, l->outputs);
    ITEM(io, l->mismatches);
    ITEM(io, l->max_abs_err);
    ITEM(io, l->signal);
    ITEM(io, l->error);
    ITEM(io, l->energy);
    item(io, l->path, l->npath * sizeof *l->path);
    item(io, l->spent, l->nspent * sizeof *l->spent);
    item(io, l->slots, l->nslots * sizeof *l->slots);
}

/* One byte, 0 or 1: any other value in a bool is undefined. */
static inline void flag(struct stream *io, bool *b)
{
    unsigned char byte = *b;

    item(io, &byte, 1);
    *b = byte != 0;
}

/* A tensor that is kept for a dump; its memory is made when it is read first. */
static inline void tensor(struct stream *io, struct bl_job *job, int16_t **v, const struct bl_host_tensor *t)
{
    size_t bytes = (size_t)t->c * t->h * t->w * sizeof **v;

    if (io->way == READ && !*v)
        *v = bl_job_alloc(job, bytes);
    item(io, *v, bytes);
}

#endif
