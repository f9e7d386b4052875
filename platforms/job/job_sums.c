/* job_sums.c - a job's net by sums, on several threads: what the host does between array layers, and the loss. */
#include "platforms/job/job_sums.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "platforms/job/job_in.h"

struct image { double signal, error; bool done; };

struct worker { struct bl_sums *s; uint32_t number; uint8_t *memory; int32_t *sums; };

struct bl_sums {
    struct bl_job *job;
    uint32_t workers;
    void **want;                       /* [image]: the net's output, int16_t or float */
    struct image *image;
    struct bl_host_layer *layer;       /* the program's, with the biases in force */
    struct bl_requant **requant;       /* [layer]: room for them */
    struct worker worker[BL_SUMS_WORKERS];
    const struct bl_sums_by *by;
    double signal;                     /* of all images */
    pthread_mutex_t lock;
    double error;                      /* of the images that are done, in any order */
    atomic_bool stop;
};

/* ---- the reference's outputs ---- */

static double square(double v) { return v * v; }

static double signal_of(const struct bl_sums *s, const void *want)
{
    const struct bl_host_layer *h = &s->job->layers[s->job->last];
    size_t n = bl_host_outputs(h);
    double signal = 0;

    for (size_t i = 0; i < n; i++)
        signal += square(h->out.real ? (double)((const float *)want)[i] : ((const int16_t *)want)[i] - h->out.zero);
    return signal;
}

static int keep_wanted(struct bl_sums *s, struct bl_ref_out *ref, uint32_t image)
{
    const struct bl_job *job = s->job;
    const struct bl_net *net = job->o.net;
    const bool real = job->layers[job->last].out.real;
    size_t bytes = bl_tensor_elems(&net->tensors[net->output]) * (real ? sizeof(float) : sizeof(int16_t));

    if (bl_reference_run(net, job->images + image * bl_net_input_bytes(net), ref) || !(s->want[image] = malloc(bytes + 1)))
        return -1;
    memcpy(s->want[image], real ? (void *)ref->real[net->output] : (void *)ref->value[net->output], bytes);
    s->image[image].signal = signal_of(s, s->want[image]);
    s->signal += s->image[image].signal;
    return 0;
}

static int run_reference(struct bl_sums *s, struct bl_diag *diag)
{
    struct bl_ref_out ref;
    int bad = bl_ref_init_lean(&ref, s->job->o.net, diag);

    if (bad)
        return bad;
    for (uint32_t i = 0; i < s->job->o.count && !bad; i++)
        bad = keep_wanted(s, &ref, i);
    bl_ref_fini(&ref);
    return bad ? bl_error(diag, "%s: no memory for the reference's tensors", s->job->o.net->name) : 0;
}

/* ---- one image ---- */

static double error_of(const struct bl_sums *s, const uint8_t *memory, const void *want)
{
    const struct bl_host_layer *h = &s->job->layers[s->job->last];
    const float *got = (const float *)(const void *)(memory + h->out.at), *real = want;
    const int16_t *code = want;
    size_t n = bl_host_outputs(h);
    double error = 0;

    for (size_t i = 0; i < n; i++) {
        if (h->out.real)
            error += memcmp(&got[i], &real[i], sizeof *got) ? square((double)got[i] - (double)real[i]) : 0;
        else
            error += square(memory[h->out.at + i] - h->out.bias - code[i]);
    }
    return error;
}

static void run_array(const struct worker *w, uint32_t image, uint32_t i)
{
    struct bl_sums *s = w->s;
    const struct bl_host_layer *l = &s->layer[i];
    const struct bl_sums_at at = { w->number, image, i, l, w->memory, w->sums };

    memset(w->sums, 0, (size_t)l->cout * l->pixels * sizeof *w->sums);
    s->by->make(s->by->ctx, &at);
    bl_host_weight_zeros(l, w->sums, w->memory);
    if (s->by->made)
        s->by->made(s->by->ctx, &at);
    bl_host_requant(l, w->sums, w->memory);
}

static void run_image(const struct worker *w, uint32_t image)
{
    struct bl_sums *s = w->s;
    const struct bl_host_program *g = &s->job->program;

    memcpy(w->memory + g->input_at, s->job->host_images + (size_t)image * g->input_bytes, g->input_bytes);
    for (uint32_t i = 0; i < g->nlayers && !s->stop; i++) {
        const struct bl_host_layer *l = &s->layer[i];
        for (int k = 0; k < 2; k++)
            if (l->constant[k])
                memcpy(w->memory + l->in[k].at, l->constant[k], bl_host_bytes(&l->in[k]));
        if (l->kind == BL_HOST_ARRAY)
            run_array(w, image, i);
        else
            bl_host_work(l, w->memory);
        if (i == s->job->last)
            s->image[image].error = error_of(s, w->memory, s->want[image]);
    }
}

/* Errors only add up: what all images so far have may be too much already. They are added in no fixed order here, so a rounding's room is
 * left to the sum that counts. */
static void add_up(struct bl_sums *s, uint32_t image)
{
    pthread_mutex_lock(&s->lock);
    s->error += s->image[image].error;
    if (s->error > s->by->limit * s->signal * (1 + 1e-9))
        s->stop = true;
    pthread_mutex_unlock(&s->lock);
}

static void *run_worker(void *arg)
{
    const struct worker *w = arg;
    struct bl_sums *s = w->s;

    for (uint32_t i = w->number; i < s->job->o.count && !s->stop; i += s->workers) {
        run_image(w, i);
        if (!s->stop)
            add_up(s, i);
    }
    return NULL;
}

/* ---- all images ---- */

static void take_folds(struct bl_sums *s)
{
    for (uint32_t i = 0; i < s->job->program.nlayers; i++) {
        struct bl_host_layer *l = &s->layer[i];
        const int32_t *fold = s->by->fold ? s->by->fold[i] : NULL;
        l->requant = s->job->layers[i].requant;
        if (!fold)
            continue;
        memcpy(s->requant[i], l->requant, l->cout * sizeof *l->requant);
        for (uint32_t o = 0; o < l->cout; o++)
            s->requant[i][o].bias += fold[o];
        l->requant = s->requant[i];
    }
}

double bl_sums_run(struct bl_sums *s, const struct bl_sums_by *by)
{
    pthread_t thread[BL_SUMS_WORKERS];
    bool started[BL_SUMS_WORKERS] = { false };
    double error = 0;

    s->by = by;
    s->error = 0;
    s->stop = false;
    take_folds(s);
    for (uint32_t i = 0; i < s->workers; i++) {
        started[i] = i + 1 < s->workers && !pthread_create(&thread[i], NULL, run_worker, &s->worker[i]);
        if (!started[i])
            run_worker(&s->worker[i]);          /* the last one here; so are those that the system has no thread for */
    }
    for (uint32_t i = 0; i < s->workers; i++)
        if (started[i])
            pthread_join(thread[i], NULL);
    if (s->stop)
        return (double)INFINITY;
    for (uint32_t i = 0; i < s->job->o.count; i++)
        error += s->image[i].error;
    return s->signal > 0 ? error / s->signal : 0;
}

uint32_t bl_sums_workers(const struct bl_sums *s) { return s->workers; }

static int make_room(struct bl_sums *s)
{
    const struct bl_host_program *g = &s->job->program;
    bool bad = !s->want || !s->image || !s->layer || !s->requant;

    for (uint32_t i = 0; i < s->workers && !bad; i++) {
        s->worker[i] = (struct worker){ s, i, calloc(1, g->memory), malloc((g->sums + 1) * sizeof(int32_t)) };
        bad = !s->worker[i].memory || !s->worker[i].sums;
    }
    for (uint32_t i = 0; i < g->nlayers && !bad; i++)
        if (s->layer[i].kind == BL_HOST_ARRAY)
            bad = !(s->requant[i] = malloc((s->layer[i].cout + 1) * sizeof **s->requant));
    return bad ? -1 : 0;
}

struct bl_sums *bl_sums_open(struct bl_job *job, uint32_t workers, struct bl_diag *diag)
{
    struct bl_sums *s = calloc(1, sizeof *s);
    const struct bl_host_program *g = &job->program;

    if (!s || pthread_mutex_init(&s->lock, NULL)) {
        free(s);
        bl_error(diag, "out of memory");
        return NULL;
    }
    s->job = job;
    s->workers = workers;
    s->want = calloc(job->o.count + 1, sizeof *s->want);
    s->image = calloc(job->o.count + 1, sizeof *s->image);
    s->layer = malloc((g->nlayers + 1) * sizeof *s->layer);
    s->requant = calloc(g->nlayers + 1, sizeof *s->requant);
    if (s->layer)
        memcpy(s->layer, job->layers, g->nlayers * sizeof *s->layer);
    if (make_room(s) ? bl_error(diag, "out of memory") : run_reference(s, diag)) {
        bl_sums_close(s);
        return NULL;
    }
    return s;
}

void bl_sums_close(struct bl_sums *s)
{
    if (!s)
        return;
    for (uint32_t i = 0; i < s->workers; i++) {
        free(s->worker[i].memory);
        free(s->worker[i].sums);
    }
    for (uint32_t i = 0; s->requant && i < s->job->program.nlayers; i++)
        free(s->requant[i]);
    for (uint32_t i = 0; s->want && i < s->job->o.count; i++)
        free(s->want[i]);
    free(s->want);
    free(s->image);
    free(s->layer);
    free(s->requant);
    pthread_mutex_destroy(&s->lock);
    free(s);
}
