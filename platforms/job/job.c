/* job.c - a net on a platform, image by image: every layer compared with the reference as it ends, figures kept.
 * Its plan is made by job_plan.c. */
#include "platforms/file/load.h"
#include "platforms/job/job_in.h"
#include "platforms/job/job_share.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/model.h"
#include "platforms/file/io.h"

struct bl_ask bl_job_ask(struct bl_job *job, struct bl_sim *s)
{
    return (struct bl_ask){ s, job->diag, job->o.platform, job->mapper->name, job->mapper->needs, false };
}

struct bl_host_program *bl_job_program(struct bl_job *job) { return &job->program; }

int bl_job_ideal(struct bl_job *job, struct bl_sim *s, uint32_t layer, struct bl_ideal *out, const char **why)
{
    *out = (struct bl_ideal){ 0 };
    *why = "its mapper has no closed forms";
    return job->mapper->ideal ? job->mapper->ideal(job, s, layer, out, why) : 1;
}

int bl_job_gap(struct bl_job *job, struct bl_sim *s, struct bl_gap *out, const char **why)
{
    *out = (struct bl_gap){ 0 };
    *why = "its mapper has no closed forms";
    return job->mapper->gap ? job->mapper->gap(job, s, out, why) : 1;
}

void **bl_job_state(struct bl_job *job) { return &job->state; }
const uint8_t *bl_job_images(const struct bl_job *job) { return job->host_images; }
const struct bl_job_opts *bl_job_options(const struct bl_job *job) { return &job->o; }
struct bl_diag *bl_job_diag(struct bl_job *job) { return job->diag; }
uint32_t bl_job_nets(const struct bl_job *job) { return job->nnets; }
uint32_t bl_job_net_number(const struct bl_job *job) { return job->net; }
const struct bl_net *bl_job_net_of(const struct bl_job *job, uint32_t i) { return job->nets[job->which[i]].net; }

void bl_job_turn(struct bl_job *job, uint32_t i)
{
    job->nets[job->net].ref = job->ref;
    job->net = i;
    job->o.net = job->nets[i].net;
    job->layers = job->nets[i].layers;
    job->ref = job->nets[i].ref;
}

void bl_job_turn_to_image(struct bl_job *job)
{
    if (job->image < job->o.count && job->which[job->image] != job->net)
        bl_job_turn(job, job->which[job->image]);
}
const struct bl_result *bl_job_result(const struct bl_job *job) { return job ? &job->r : NULL; }
void bl_job_approximate(struct bl_job *job) { job->r.approximate = true; }
void bl_job_op_macs(struct bl_job *job, uint32_t layer, uint64_t macs) { job->layer_op_macs[layer] = macs; }

void *bl_job_alloc(struct bl_job *job, size_t bytes)
{
    struct block *b = calloc(1, sizeof *b + bytes);

    if (!b) {
        fprintf(stderr, "bitline: out of memory (%zu more bytes wanted)\n", bytes);
        exit(2);
    }
    b->next = job->blocks;
    job->blocks = b;
    return b->data;
}

void *bl_job_saved(struct bl_job *job, size_t bytes)
{
    job->nsaved = bytes;
    return job->saved = bl_job_alloc(job, bytes);
}

void bl_job_figure(struct bl_job *job, const char *name, const char *unit, double value, const char *help)
{
    struct bl_figure *f = bl_job_alloc(job, (job->r.nfigures + 1) * sizeof *f);

    if (job->r.nfigures)
        memcpy(f, job->r.figures, job->r.nfigures * sizeof *f);
    f[job->r.nfigures++] = (struct bl_figure){ name, unit, help, value };
    job->r.figures = f;
}

struct bl_job *bl_job_open(const struct bl_mapper *m, struct bl_sim *s, const struct bl_job_opts *o, struct bl_diag *diag)
{
    struct bl_job *job = calloc(1, sizeof *job);

    if (!job) {
        bl_error(diag, "no memory for a job");
        return NULL;
    }
    job->mapper = m;
    job->o = *o;
    job->r.host = job->host = bl_job_host(m, o->file ? bl_platform_array(o->file) : NULL);
    job->diag = diag ? diag : &job->uncounted;
    if (bl_job_plan(job, s)) {
        bl_job_close(job);
        return NULL;
    }
    return job;
}

void bl_job_close(struct bl_job *job)
{
    if (!job)
        return;
    for (uint32_t i = 0; i < job->nnets; i++)
        bl_ref_fini(i == job->net ? &job->ref : &job->nets[i].ref);
    for (struct block *b = job->blocks, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    bl_part_rows_fini(&job->rows);
    free(job);
}

/* ---- one layer has ended ---- */

static void differs(struct bl_job *job, size_t i, int32_t got, int32_t want)
{
    const struct bl_host_layer *h = &job->layers[job->layer];
    size_t cells = (size_t)h->out.h * h->out.w;

    job->r.layers[job->layer].mismatches++;
    if (!job->r.first.any)
        job->r.first = (struct bl_mismatch){ true, job->o.first + job->image, job->layer, (uint32_t)(i / cells),
            (uint32_t)(i % cells / h->out.w), (uint32_t)(i % h->out.w), got, want };
}

/* Of an image: sums of images that others have run are added in the same order (job_share.c). */
static void add_sums(struct bl_layer_result *r, size_t outputs, double signal, double error)
{
    r->outputs += outputs;
    r->signal += signal;
    r->error += error;
}

/* Real values are equal when their bits are; told in the message as the integers next to them. */
static void compare_real(struct bl_job *job, const float *got, const float *want, size_t n)
{
    struct bl_layer_result *r = &job->r.layers[job->layer];
    double signal = 0, error = 0;

    for (size_t i = 0; i < n; i++) {
        double v = (double)want[i], d = (double)got[i] - v;
        signal += v * v;
        if (!memcmp(&got[i], &want[i], sizeof *got))
            continue;
        error += d * d;
        differs(job, i, bl_round_away((double)got[i]), bl_round_away(v));
    }
    add_sums(r, n, signal, error);
}

static void compare(struct bl_job *job, const uint8_t *memory)
{
    const struct bl_host_layer *h = &job->layers[job->layer];
    const struct bl_net *net = job->o.net;
    uint32_t t = net->layers[job->layer].out;
    struct bl_layer_result *r = &job->r.layers[job->layer];
    size_t n = bl_tensor_elems(&net->tensors[t]);
    double signal = 0, error = 0;

    if (h->out.real) {
        compare_real(job, (const float *)(const void *)(memory + h->out.at), job->ref.real[t], n);
        return;
    }

    for (size_t i = 0; i < n; i++) {
        int32_t got = memory[h->out.at + i] - h->out.bias, want = job->ref.value[t][i], d = got - want;
        double v = want - h->out.zero;
        signal += v * v;
        if (!d)
            continue;
        error += (double)d * d;
        if ((uint32_t)abs(d) > r->max_abs_err)
            r->max_abs_err = (uint32_t)abs(d);
        differs(job, i, got, want);
    }
    add_sums(r, n, signal, error);
}

static int16_t *keep(struct bl_job *job, int16_t *old, const struct bl_host_tensor *t, const uint8_t *memory, const int16_t *want)
{
    size_t n = (size_t)t->c * t->h * t->w;
    int16_t *to = old ? old : bl_job_alloc(job, n * sizeof *to);

    for (size_t i = 0; i < n; i++)
        to[i] = want ? want[i] : (int16_t)(memory[t->at + i] - t->bias);
    return to;
}

/* Keeps the tensors of the first image that differs in the layer, else of the last one. */
static void keep_dump(struct bl_job *job, const uint8_t *memory, uint64_t before)
{
    const struct bl_host_layer *h = &job->layers[job->layer];

    if (!job->o.dump || job->layer != job->dump_layer || job->dump_kept)
        return;
    job->dump_in = keep(job, job->dump_in, &h->in[0], memory, NULL);
    job->dump_out = keep(job, job->dump_out, &h->out, memory, NULL);
    job->dump_want = keep(job, job->dump_want, &h->out, memory, job->ref.value[job->o.net->layers[job->layer].out]);
    job->dump_kept = job->r.layers[job->layer].mismatches != before;
}

static void image_done(struct bl_job *job, const uint8_t *memory, uint64_t cycles)
{
    bl_job_judge(job, memory);
    job->image_cycles[job->r.images++] = cycles - job->cycles_before;
    job->cycles_before = cycles;
    job->image++;
    job->layer = job->ref_layers = 0;
}

static const struct bl_host_stat *stat_of(const struct bl_job *job, struct bl_sim *s)
{
    return bl_memory(s, job->host, "stat", NULL);
}

/* Cycles of a layer count when it ends, one by one (bl_host_next): that is how far the simulation is. All layers must be as far as
 * the job knows; `next`, if any, may be one end ahead: whose pause is still to come. */
static bool in_step(const struct bl_job *job, struct bl_sim *s, uint32_t next)
{
    const struct bl_host_stat *stat = stat_of(job, s);

    if (job->program.nstreams)
        return bl_job_streams_fit(job, s);
    for (uint32_t i = 0; i < job->r.nlayers; i++)
        if (stat[i].cycles < job->r.layers[i].cycles || (i != next && stat[i].cycles != job->r.layers[i].cycles))
            return false;
    return true;
}

static bool all_done(const struct bl_job *job) { return job->o.count && job->r.images == job->o.count; }

/* A pause that another part asked for ends no layer. */
static bool layer_ended(const struct bl_job *job, struct bl_sim *s)
{
    if (job->program.nstreams)
        return bl_job_streams_due(job, s);
    return !all_done(job) && stat_of(job, s)[job->layer].cycles != job->r.layers[job->layer].cycles;
}

/* Its init has made what its class has promised. */
static int host_is_ready(const struct bl_job *job, struct bl_sim *s)
{
    const struct { const char *name; size_t wants; } of[] = { { "memory", job->program.memory },
                                                              { "stat", job->r.nlayers * sizeof(struct bl_host_stat) } };

    for (int i = 0; i < 2; i++) {
        size_t has = 0;
        if (!bl_memory(s, job->host, of[i].name, &has) || has < of[i].wants)
            return bl_error(job->diag, "mapper %s: memory '%s' of host part '%s' has %zu bytes; expected %zu, made by its init", job->mapper->name,
                            of[i].name, job->host, has, of[i].wants);
    }
    return 0;
}

static enum bl_end out_of_step(struct bl_job *job)
{
    bl_error(job->diag, "mapper %s: the simulation is not where the job has left it, after image %u, layer %u; put both back "
             "(bl_setup_restore), and run it by bl_setup_run or bl_job_run alone", job->mapper->name, job->o.first + job->image, job->layer);
    return BL_END_FAILED;
}

static bool ask_reference(void *ctx, uint64_t done, uint64_t total)
{
    struct bl_job *job = ctx;

    if (job->o.on_reference)
        job->o.on_reference(job->o.on_reference_ctx, job->ref_layers, done, total);
    return bl_interrupt_taken(job->sim);
}

/* The reference goes with the simulation, layer by layer: it never runs long ahead of what can be ended. After a snapshot it has all
 * layers of the image so far to do. 1: interrupted. */
static int advance_reference(struct bl_job *job)
{
    int rc = job->ref_layers ? 0 : bl_reference_begin(job->images + job->image * bl_net_input_bytes(job->o.net), &job->ref);

    job->ref.poll = ask_reference;
    job->ref.poll_ctx = job;
    while (!rc && job->ref_layers <= job->layer && !(rc = bl_reference_layer(job->ref_layers, &job->ref)))
        job->ref_layers++;
    return rc < 0 ? bl_error(job->diag, "%s: no memory for the reference's tensors", job->o.net->name) : rc;
}

int bl_job_layer_done(struct bl_job *job, struct bl_sim *s, const uint8_t *memory, uint64_t cycles)
{
    const struct bl_host_stat *stat = stat_of(job, s);
    struct bl_layer_result *r = &job->r.layers[job->layer];
    uint64_t before = r->mismatches;
    bl_yj energy = bl_energy(s);

    bl_job_turn_to_image(job);
    int rc = advance_reference(job);

    if (rc)
        return rc;
    if (!job->program.nstreams) {      /* else layers of several images are at work: nobody can say whose it is */
        r->energy += energy - job->energy_before;
        rc = bl_job_add_accounts(job, s, r, stat[job->layer].cycles - r->cycles);
        if (rc)
            return rc;
    }
    job->energy_before = energy;
    compare(job, memory);
    keep_dump(job, memory, before);
    if (job->o.on_layer)
        job->o.on_layer(job->o.on_layer_ctx, &(struct bl_layer_end){ job->layer, &job->layers[job->layer], memory,
                                                                     bl_memory(s, job->host, "sums", NULL) });
    if (job->mapper->layer)
        job->mapper->layer(job, s, job->layer);
    r->ops = stat[job->layer].ops;
    r->cycles = stat[job->layer].cycles;
    r->load_cycles = stat[job->layer].load_cycles;
    if (++job->layer == job->program.nlayers)
        image_done(job, memory, cycles);
    return 0;
}

/* What has ended since the job has looked: 0, 1: interrupted, and to be called once more; -1 after a bl_error. */
static int look(struct bl_job *job, struct bl_sim *s)
{
    const struct bl_host_stat *stat = stat_of(job, s);
    uint64_t cycles = 0;

    if (job->program.nstreams)
        return bl_job_streams_done(job, s);
    for (uint32_t i = 0; i < job->program.nlayers; i++)
        cycles += stat[i].cycles;
    return bl_job_layer_done(job, s, bl_memory(s, job->host, "memory", NULL), cycles);
}

/* ---- the run ---- */

static int by_size(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}

static void summarise(struct bl_job *job, struct bl_sim *s)
{
    struct bl_result *r = &job->r;
    const struct bl_layer_result *last = &r->layers[job->last];
    uint64_t *c = job->image_cycles;

    r->macs = r->ops = r->bit_macs = 0;
    for (uint32_t i = 0; i < r->nlayers; i++) {
        struct bl_layer_result *l = &r->layers[i];
        uint64_t done = r->images + (i < job->layer);
        r->macs += l->macs * done;
        r->bit_macs += job->nnets > 1 ? 0 : l->macs * done * l->w_bits * l->a_bits;
        r->ops += l->ops;
        uint64_t op_macs = job->layer_op_macs[i] ? job->layer_op_macs[i] : job->op_macs;
        l->utilisation = l->ops ? (double)(l->macs * done) / ((double)l->ops * (double)op_macs) : 0;
    }
    r->last = job->last;
    r->outputs = last->outputs;
    r->mismatches = last->mismatches;
    r->snr_db = last->error > 0 ? 10 * bl_log(last->signal / last->error) / 2.302585092994046 : INFINITY;
    if (r->images) {
        qsort(c, r->images, sizeof *c, by_size);
        r->cycles_min = c[0];
        r->cycles_median = c[r->images / 2];
        r->cycles_max = c[r->images - 1];
    }
    bl_job_judge_all(job);
    r->nfigures = 0;                   /* a run may end many times, at a limit */
    if (job->mapper->figures)
        job->mapper->figures(job, s);
}

enum bl_end bl_job_run(struct bl_job *job, struct bl_sim *s, uint64_t until, void (*progress)(void *, uint32_t, uint32_t), void *ctx)
{
    if (host_is_ready(job, s))
        return BL_END_FAILED;
    if (!in_step(job, s, all_done(job) ? UINT32_MAX : job->layer))
        return out_of_step(job);
    job->sim = s;
    if (all_done(job) && (job->over || until < bl_now(s)))
        return BL_END_STOPPED;
    for (;;) {
        enum bl_end end = job->pending ? BL_END_PAUSED : bl_run(s, until);
        uint32_t before = job->r.images;
        bool layer = (end == BL_END_PAUSED || end == BL_END_STOPPED) && layer_ended(job, s);
        if (!in_step(job, s, all_done(job) ? UINT32_MAX : job->layer))
            return out_of_step(job);
        int rc = layer ? look(job, s) : 0;
        job->pending = rc > 0;
        if (rc < 0)
            return BL_END_FAILED;
        if (rc > 0) {
            summarise(job, s);
            return BL_END_INTERRUPTED;
        }
        if (progress && job->r.images != before)
            progress(ctx, job->r.images, job->o.count);
        if (end == BL_END_PAUSED && bl_now(s) == until && !all_done(job))
            end = BL_END_LIMIT;        /* the next layer would begin there */
        if (job->one && job->r.images != before && end == BL_END_PAUSED)
            return BL_END_PAUSED;
        if (end == BL_END_BREAK)
            return end;
        if (end != BL_END_PAUSED) {
            summarise(job, s);
            return end;
        }
    }
}

enum bl_end bl_job_image(struct bl_job *job, struct bl_sim *s, uint64_t until)
{
    job->one = true;
    enum bl_end end = bl_job_run(job, s, until, NULL, NULL);
    job->one = false;
    return end;
}

void bl_job_joined(struct bl_job *job, struct bl_sim *s)
{
    job->over = all_done(job);
    summarise(job, s);
}

/* ---- dumps ---- */

static int write_tensor(const char *prefix, const char *what, const struct bl_host_tensor *t, const int16_t *v, struct bl_diag *diag)
{
    char path[4096];
    struct bl_text text;

    if ((size_t)snprintf(path, sizeof path, "%s.%s.txt", prefix, what) >= sizeof path)
        return bl_error(diag, "%s: the path is too long", prefix);
    if (bl_text_open(&text, path, diag))
        return -1;
    fprintf(text.out, "# %s: c %u, h %u, w %u; one row a line\n", what, t->c, t->h, t->w);
    for (size_t i = 0; i < (size_t)t->c * t->h * t->w; i++)
        fprintf(text.out, "%d%c", v[i], (i + 1) % t->w ? ' ' : '\n');
    return bl_text_save(&text, path, diag);
}

int bl_job_dump(const struct bl_job *job, const char *prefix, struct bl_diag *diag)
{
    const struct bl_host_layer *h = &job->layers[job->dump_layer];

    if (!job->o.dump)
        return bl_error(diag, "%s: no layer was kept; name one as `dump` of the options", prefix);
    if (!job->dump_in)
        return bl_error(diag, "%s: layer %s has not run, nothing to write", prefix, job->o.dump);
    return write_tensor(prefix, "in", &h->in[0], job->dump_in, diag) | write_tensor(prefix, "out", &h->out, job->dump_out, diag) |
           write_tensor(prefix, "want", &h->out, job->dump_want, diag);
}
