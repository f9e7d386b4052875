/* job_share.c - images one by one, by several processes: an image run as if it were the only one, what it has counted as bytes, and
 * those added up in order of the images. The sum is that of one run to the last bit, since every image begins from reset. */
#include "platforms/job/job_stream.h"

#include <stdlib.h>

#include "platforms/job/job_share.h"

/* ---- one image ---- */

/* As a job is before its first layer, but for where it begins. */
static void forget(struct bl_job *job, uint32_t image)
{
    struct bl_result *r = &job->r;

    for (uint32_t i = 0; i < r->nlayers; i++) {
        struct bl_layer_result *l = &r->layers[i];
        l->ops = l->cycles = l->load_cycles = l->outputs = l->mismatches = 0;
        l->max_abs_err = 0;
        l->signal = l->error = 0;
        l->energy = 0;
        for (size_t k = 0; k < l->npath; k++)
            l->path[k] = 0;
        for (size_t k = 0; k < l->nspent; k++)
            l->spent[k] = 0;
        for (size_t k = 0; k < l->nslots; k++)
            l->slots[k] = 0;
    }
    r->images = 0;
    r->agree = r->correct = r->reference_correct = 0;
    r->first.any = false;
    job->image = image;
    job->layer = 0;
    job->cycles_before = 0;
    job->energy_before = 0;
    job->dump_kept = job->over = false;
    if (job->nsaved)
        memset(job->saved, 0, job->nsaved);
}

enum bl_end bl_job_alone(struct bl_job *job, struct bl_sim *s, uint32_t image)
{
    forget(job, image);
    if (bl_begin_anew(s, (uint64_t)job->o.first + image))
        return BL_END_FAILED;
    return bl_job_image(job, s, BL_FOREVER);
}

/* ---- what it has counted ---- */

/* Of an image; *r and its layers are those of the job, or a place to read them to. */
static void counted(struct stream *io, struct bl_job *job, struct bl_result *r, uint64_t *cycles)
{
    struct bl_mismatch *m = &r->first;

    ITEM(io, *cycles);
    ITEM(io, r->agree);
    ITEM(io, r->correct);
    ITEM(io, r->reference_correct);
    flag(io, &m->any);
    ITEM(io, m->image);
    ITEM(io, m->layer);
    ITEM(io, m->c);
    ITEM(io, m->y);
    ITEM(io, m->x);
    ITEM(io, m->got);
    ITEM(io, m->wanted);
    for (uint32_t i = 0; i < job->r.nlayers; i++)
        layer_counts(io, &r->layers[i]);
}

/* Tensors of a dump, where there are any. */
static void dumped(struct stream *io, struct bl_job *job, bool *kept)
{
    const struct bl_host_layer *h = &job->layers[job->dump_layer];

    if (!job->o.dump)
        return;
    flag(io, kept);
    tensor(io, job, &job->dump_in, &h->in[0]);
    tensor(io, job, &job->dump_out, &h->out);
    tensor(io, job, &job->dump_want, &h->out);
}

static void image_as_bytes(struct stream *io, struct bl_job *job, struct bl_sim *s)
{
    const size_t n = bl_account_numbers(s) * sizeof(uint64_t);

    counted(io, job, &job->r, &job->image_cycles[0]);
    item(io, job->saved, job->nsaved);
    if (io->way == WRITE)
        bl_account_read(s, (uint64_t *)(void *)job->numbers);
    item(io, job->numbers, n);
    dumped(io, job, &job->dump_kept);
}

size_t bl_job_share_bytes(struct bl_job *job, struct bl_sim *s)
{
    struct stream io = { .way = COUNT };

    image_as_bytes(&io, job, s);
    return io.n;
}

void bl_job_share(struct bl_job *job, struct bl_sim *s, void *buf)
{
    struct stream io = { .way = WRITE, .at = buf };

    if (!job->numbers)
        job->numbers = bl_job_alloc(job, bl_account_numbers(s) * sizeof *job->numbers);
    image_as_bytes(&io, job, s);
}

/* ---- added up ---- */

static void add_result(struct bl_job *job, const struct bl_result *x, uint64_t cycles)
{
    struct bl_result *r = &job->r;

    r->agree += x->agree;
    r->correct += x->correct;
    r->reference_correct += x->reference_correct;
    if (!r->first.any)
        r->first = x->first;
    job->image_cycles[r->images++] = cycles;
    for (uint32_t i = 0; i < r->nlayers; i++) {
        struct bl_layer_result *l = &r->layers[i];
        const struct bl_layer_result *y = &x->layers[i];
        l->ops += y->ops;
        l->cycles += y->cycles;
        l->load_cycles += y->load_cycles;
        l->outputs += y->outputs;
        l->mismatches += y->mismatches;
        l->max_abs_err = y->max_abs_err > l->max_abs_err ? y->max_abs_err : l->max_abs_err;
        l->signal += y->signal;
        l->error += y->error;
        l->energy += y->energy;
        bl_job_sum_accounts(l, y);
    }
}

/* What a mapper keeps are 64-bit counts. */
static void add_saved(struct bl_job *job, struct stream *io)
{
    for (size_t i = 0; i < job->nsaved / sizeof(uint64_t); i++) {
        uint64_t v = 0, sum;
        ITEM(io, v);
        memcpy(&sum, (unsigned char *)job->saved + i * sizeof sum, sizeof sum);
        sum += v;
        memcpy((unsigned char *)job->saved + i * sizeof sum, &sum, sizeof sum);
    }
    io->n += job->nsaved % sizeof(uint64_t);
}

/* As dumps go: tensors of the first image that differs, else of the last one. */
static void add_dump(struct bl_job *job, struct stream *io)
{
    bool kept = job->dump_kept;

    if (!kept)
        dumped(io, job, &kept);
    job->dump_kept = kept;
}

int bl_job_join(struct bl_job *job, struct bl_sim *s, uint32_t image, const void *buf)
{
    struct stream io = { .way = READ, .from = buf };
    struct bl_result x = { .layers = job->shared };
    uint64_t cycles = 0;

    if (!job->shared) {
        x.layers = job->shared = bl_job_alloc(job, job->r.nlayers * sizeof *job->shared);
        bl_job_lay_accounts(job, job->shared, s);
    }
    if (!job->numbers)
        job->numbers = bl_job_alloc(job, bl_account_numbers(s) * sizeof *job->numbers);
    counted(&io, job, &x, &cycles);
    add_result(job, &x, cycles);
    add_saved(job, &io);
    item(&io, job->numbers, bl_account_numbers(s) * sizeof *job->numbers);
    add_dump(job, &io);
    return bl_job_from(job, s, image + 1, job->numbers);
}

int bl_job_from(struct bl_job *job, struct bl_sim *s, uint32_t image, const uint64_t *numbers)
{
    if (bl_restart_now(s, (uint64_t)job->o.first + image) || (numbers && bl_account_add(s, numbers)))
        return -1;
    job->image = image;
    job->layer = 0;
    job->over = false;
    job->energy_before = bl_energy(s);
    job->cycles_before = 0;
    for (uint32_t i = 0; i < job->r.nlayers; i++)
        job->cycles_before += job->r.layers[i].cycles;
    return 0;
}
