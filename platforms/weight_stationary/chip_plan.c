/* chip_plan.c - jobs of dma, feeders, collectors and vector units, a row a slot, and the host's streams: one takes images in, one a layer, one
 * takes images out. A layer may begin an image when its sources are there and its slot is free: everybody has read what was there before. */
#include "platforms/weight_stationary/chip.h"

#include <string.h>

#include "components/dma.h"
#include "components/unit_job.h"
#include "components/vector_job.h"

enum { WEIGHTS, IN, OUT };              /* lines of the dma */

/* A list that grows. */
struct list { void *at; uint32_t n, room; size_t each; };

struct plan {
    struct bl_job *job;
    struct chip *c;
    struct bl_host_program *g;
    struct list dma, unit, vector;      /* jobs */
    struct bl_host_stream *stream;
    uint32_t weights;                   /* words of weights so far; */
    uint32_t loads, all_loads;          /* tiles loaded so far, and by an image (reload) */
    bool reload;
};

static void *grow(struct bl_job *job, struct list *l)
{
    if (l->n == l->room) {
        void *more = bl_job_alloc(job, (l->room = l->room ? 2 * l->room : 16) * l->each);
        if (l->n)
            memcpy(more, l->at, l->n * l->each);
        l->at = more;
    }
    return (char *)l->at + l->n++ * l->each;
}

static uint32_t words_of(const struct plan *p, uint64_t bytes) { return (uint32_t)((bytes * 8 + p->c->width - 1) / p->c->width); }

/* ---- waits ---- */

static struct list waits(void) { return (struct list){ .each = sizeof(struct bl_host_wait) }; }

/* A wait joins the last one when the counts stand in a row. */
static void join_wait(struct bl_job *job, struct list *l, struct bl_host_wait x)
{
    struct bl_host_wait *w = l->n ? (struct bl_host_wait *)l->at + l->n - 1 : NULL;

    if (w && w->lag == x.lag && w->credit == x.credit && w->each == x.each && w->least == x.least &&
        (w->n == 1 ? x.first > w->first : x.first == w->first + w->n * w->stride)) {
        w->stride = w->n == 1 ? (uint16_t)(x.first - w->first) : w->stride;
        w->n++;
        return;
    }
    *(struct bl_host_wait *)grow(job, l) = x;
}

/* For a job an image. */
static void wait_for(struct bl_job *job, struct list *l, uint16_t count, uint32_t lag, bool credit)
{
    join_wait(job, l, (struct bl_host_wait){ count, 1, 1, (uint16_t)lag, 1, 1, credit });
}

/* Jobs that the collector of a core has by layers 0 .. end - 1: with placement reload it serves several. */
static uint32_t jobs_of(const struct plan *p, uint32_t core, uint32_t end)
{
    uint32_t jobs = 0;

    for (uint32_t i = 0; i < end; i++) {
        const struct chip_layer *x = &p->c->net.layer[i];
        jobs += x->array && core >= x->core && core - x->core < x->tiles * x->copies && (core - x->core + 1) % x->chain == 0;
    }
    return jobs;
}

/* Until layer i has made its map. */
static void wait_made(struct plan *p, struct list *l, uint32_t i)
{
    const struct chip_layer *x = &p->c->net.layer[i];
    const struct units *u = &p->c->units;

    if (!x->array) {
        wait_for(p->job, l, (uint16_t)(u->vec[x->vec].done + x->line), 0, false);
        return;
    }
    for (uint32_t t = x->chain - 1; t < x->tiles * x->copies; t += x->chain)
        join_wait(p->job, l, (struct bl_host_wait){ u->core[x->core + t].collector.done, 1, 1, 0, jobs_of(p, x->core + t, p->c->net.nlayers),
                                                    jobs_of(p, x->core + t, i + 1), false });
}

static void wait_map(struct plan *p, struct list *l, uint32_t map)
{
    if (map)
        wait_made(p, l, map - 1);
    else
        wait_for(p->job, l, (uint16_t)(p->c->units.dma.done + IN), 0, false);
}

/* Until everybody has read what was in the slot of a map. */
static void wait_read(struct plan *p, struct list *l, uint32_t map)
{
    const struct chip_net *n = &p->c->net;
    const struct units *u = &p->c->units;
    const uint32_t lag = n->map[map].slots;

    for (uint32_t i = 0; i < n->nlayers; i++) {
        const struct chip_layer *x = &n->layer[i];
        if (!chip_reads(x, map))
            continue;
        if (!x->array)
            wait_for(p->job, l, (uint16_t)(u->vec[x->vec].done + x->line), lag, true);
        for (uint32_t t = 0; x->array && t < x->tiles * x->copies; t++)
            wait_for(p->job, l, u->core[x->core + t].feeder.done, lag, true);
    }
    if (map == n->output)
        wait_for(p->job, l, (uint16_t)(u->dma.done + OUT), lag, true);
}

/* ---- pushes ---- */

static struct bl_host_push *push(struct plan *p, struct list *l, uint16_t unit, uint32_t number, uint32_t turn)
{
    struct bl_host_push *x = grow(p->job, l);

    *x = (struct bl_host_push){ .unit = unit, .job = number, .turn = turn };
    return x;
}

/* The weights of a tile go to a core; returns the number of the job. */
static uint32_t load(struct plan *p, const struct bl_host_layer *h, uint32_t tile, uint32_t core)
{
    const uint32_t words = (uint32_t)(bl_host_rows(h, &h->tile[tile]) * (uint64_t)h->row_words * 64 / p->c->width);

    *(struct bl_dma_job *)grow(p->job, &p->dma) = (struct bl_dma_job){ .far = (p->g->memory + 7) / 8 * 8 * 8 / p->c->width + p->weights, .words = words,
                                                                     .rows = 1, .target = p->c->units.core[core].target, .line = WEIGHTS };
    p->weights += words;
    return p->dma.n - 1;
}

/* A job a slot of the map that it reads (feeder) or writes (collector). */
static uint32_t unit_jobs(struct plan *p, const struct chip_layer *x, uint32_t copy, uint32_t tile, const struct chip_map *m)
{
    const uint32_t first = p->unit.n;
    struct bl_unit_job what = { .layer = x->layer, .tile = tile, .pace = p->c->ideal.slices };

    chip_windows(x, copy, &what.first, &what.count);
    for (uint32_t s = 0; s < m->slots; s++) {
        what.near = m->at + s * m->words;
        *(struct bl_unit_job *)grow(p->job, &p->unit) = what;
    }
    return first;
}

/* Collectors, then feeders, in the order of the cores. */
static void push_cores(struct plan *p, struct list *l, uint32_t i)
{
    const struct chip_net *n = &p->c->net;
    const struct chip_layer *x = &n->layer[i];
    const struct chip_map *from = &n->map[x->src[0]], *to = &n->map[i + 1];
    const struct core *core = p->c->units.core + x->core;

    for (uint32_t t = x->chain - 1; t < x->tiles * x->copies; t += x->chain)
        push(p, l, core[t].collector.go, unit_jobs(p, x, t / x->tiles, t % x->tiles, to), to->slots);
    for (uint32_t t = 0; t < x->tiles * x->copies; t++)
        push(p, l, core[t].feeder.go, unit_jobs(p, x, t / x->tiles, t % x->tiles, from), from->slots);
}

static uint32_t common(uint32_t a, uint32_t b)
{
    uint32_t n = a;

    while (n % b)
        n += a;
    return n;
}

static void push_vector(struct plan *p, struct list *l, uint32_t i)
{
    const struct chip_net *n = &p->c->net;
    const struct chip_layer *x = &n->layer[i];
    const struct chip_map *a = &n->map[x->src[0]], *b = &n->map[x->src[x->nsrc - 1]], *to = &n->map[i + 1];
    const uint32_t turn = common(common(a->slots, b->slots), to->slots), first = p->vector.n;

    for (uint32_t s = 0; s < turn; s++)
        *(struct bl_vector_job *)grow(p->job, &p->vector) = (struct bl_vector_job){
            x->layer, a->at + s % a->slots * a->words, b->at + s % b->slots * b->words, to->at + s % to->slots * to->words, (uint16_t)x->line };
    push(p, l, p->c->units.vec[x->vec].go, first, turn);
}

/* A job an image, between the far memory from word `far` on and a map. */
static uint32_t image_jobs(struct plan *p, uint32_t map, uint64_t far, bool out)
{
    const struct chip_map *m = &p->c->net.map[map];
    const uint32_t first = p->dma.n;

    for (uint32_t i = 0; i < p->g->images; i++)
        *(struct bl_dma_job *)grow(p->job, &p->dma) = (struct bl_dma_job){ .far = far + (uint64_t)i * m->words, .near = m->at + i % m->slots * m->words,
            .words = m->words, .rows = 1, .target = p->c->units.buffer_target, .out = out, .line = out ? OUT : IN };
    return first;
}

/* ---- streams ---- */

static void end_stream(struct bl_host_stream *s, const struct list *pushes, struct list first, const struct list *end, uint16_t layer)
{
    s->push = pushes->at;
    s->npush = pushes->n;
    ((struct bl_host_push *)pushes->at)->wait = first.at;
    ((struct bl_host_push *)pushes->at)->nwait = (uint16_t)first.n;
    s->end = end->at;
    s->nend = end->n;
    s->layer = layer;
}

/* Placement reload: when the group before is done, the first layer of a group has the weights of all of it loaded. */
static void push_loads(struct plan *p, struct list *l, struct list *first, uint32_t i)
{
    const struct chip_net *n = &p->c->net;
    const uint32_t group = n->layer[i].group;

    for (uint32_t k = 0; group && k < group; k++)
        if (n->layer[k].group == n->layer[group - 1].group)
            wait_made(p, first, k);
    for (uint32_t k = i; i == group && k < n->nlayers && n->layer[k].group == group; k++) {
        const struct chip_layer *x = &n->layer[k];
        for (uint32_t t = 0; x->array && t < x->tiles; t++)
            push(p, l, p->c->units.dma.go, load(p, &p->g->layer[x->layer], t, x->core + t), 1);
        p->loads += x->array ? x->tiles : 0;
    }
}

/* A push that waits for weights, those of all loads so far. */
static void wait_weights(struct plan *p, struct list *l)
{
    join_wait(p->job, l, (struct bl_host_wait){ (uint16_t)(p->c->units.dma.done + WEIGHTS), 1, 1, 0, p->all_loads, p->loads, false });
}

static void layer_stream(struct plan *p, uint32_t i)
{
    const struct chip_layer *x = &p->c->net.layer[i];
    struct list pushes = { .each = sizeof(struct bl_host_push) }, first = waits(), end = waits(), read = waits();
    struct bl_host_stream *s = &p->stream[i + 1];

    for (uint32_t k = 0; k < x->nsrc; k++)
        wait_map(p, &first, x->src[k]);
    if (p->reload)
        push_loads(p, &pushes, &first, i);
    else
        wait_read(p, &first, i + 1);
    const uint32_t loads = pushes.n;
    struct list weights = waits();
    if (p->reload && x->array)
        wait_weights(p, loads ? &weights : &first);
    if (x->array)
        push_cores(p, &pushes, i);
    else
        push_vector(p, &pushes, i);
    wait_made(p, &end, i);
    for (uint32_t t = 0; !p->reload && x->array && t < x->tiles * x->copies; t++)
        wait_for(p->job, &read, p->c->units.core[x->core + t].feeder.done, 0, false);
    s->read = read.at;
    s->nread = read.n;
    s->bytes = p->c->net.map[i + 1].bytes;
    if (loads) {
        ((struct bl_host_push *)pushes.at)[loads].wait = weights.at;
        ((struct bl_host_push *)pushes.at)[loads].nwait = (uint16_t)weights.n;
    }
    end_stream(s, &pushes, first, &end, (uint16_t)x->layer);
    s->config = p->reload ? (uint16_t)x->group : 0;
}

/* Images in, or out. */
static void image_stream(struct plan *p, bool out, uint64_t far)
{
    const struct chip_net *n = &p->c->net;
    struct list pushes = { .each = sizeof(struct bl_host_push) }, first = waits(), end = waits();

    if (out)
        wait_map(p, &first, n->output);
    else if (p->reload)
        wait_for(p->job, &first, (uint16_t)(p->c->units.dma.done + OUT), 1, false);
    else
        wait_read(p, &first, 0);
    push(p, &pushes, p->c->units.dma.go, image_jobs(p, out ? n->output : 0, far, out), p->g->images);
    wait_for(p->job, &end, (uint16_t)(p->c->units.dma.done + (out ? OUT : IN)), 0, false);
    p->stream[out ? n->nlayers + 1 : 0].bytes = out ? 0 : n->map[0].bytes;
    end_stream(&p->stream[out ? n->nlayers + 1 : 0], &pushes, first, &end, BL_HOST_NO_LAYER);
}

static struct bl_host_stream *setup_stream(struct plan *p)
{
    const struct chip_net *n = &p->c->net;
    struct bl_host_stream *s = bl_job_alloc(p->job, sizeof *s);
    struct bl_host_wait *w = bl_job_alloc(p->job, sizeof *w);
    struct list pushes = { .each = sizeof(struct bl_host_push) };

    for (uint32_t i = 0; i < n->nlayers; i++) {
        const struct chip_layer *x = &n->layer[i];
        for (uint32_t t = 0; x->array && t < x->tiles * x->copies; t++)
            push(p, &pushes, p->c->units.dma.go, load(p, &p->g->layer[x->layer], t % x->tiles, x->core + t), 1);
    }
    if (!pushes.n)
        return NULL;
    *w = (struct bl_host_wait){ (uint16_t)(p->c->units.dma.done + WEIGHTS), 1, 1, 0, 0, pushes.n, false };
    *s = (struct bl_host_stream){ .push = pushes.at, .npush = pushes.n, .end = w, .nend = 1, .layer = BL_HOST_NO_LAYER };
    return s;
}

/* ---- the far memory ---- */

/* The rows of all tiles, in the order of the jobs that load them, then the images in the order y, x, c. */
static const uint64_t *far_memory(struct plan *p)
{
    const struct bl_tensor *in = &bl_job_options(p->job)->net->tensors[bl_job_options(p->job)->net->input];
    const struct chip_net *n = &p->c->net;
    const size_t image = (size_t)p->c->in_words * p->c->width / 8, weights = (size_t)p->weights * p->c->width / 8;
    uint8_t *all = bl_job_alloc(p->job, weights + image * p->g->images + 8), *at = all;
    const uint8_t *from = bl_job_images(p->job);

    for (uint32_t i = 0; i < n->nlayers; i++)
        for (uint32_t t = 0; n->layer[i].array && t < n->layer[i].tiles * n->layer[i].copies; t++) {
            const struct bl_host_layer *h = &p->g->layer[n->layer[i].layer];
            const struct bl_host_tile *tile = &h->tile[t % n->layer[i].tiles];
            const size_t bytes = (size_t)bl_host_rows(h, tile) * h->row_words * 8;
            memcpy(at, tile->rows, bytes);
            at += bytes;
        }
    for (uint32_t i = 0; i < p->g->images; i++, at += image, from += p->g->input_bytes)
        for (size_t pixel = 0, pixels = (size_t)in->h * in->w; pixel < pixels; pixel++)
            for (uint32_t c = 0; c < in->c; c++)
                at[pixel * in->c + c] = from[c * pixels + pixel];
    return (const uint64_t *)(const void *)all;
}

static void place_far(struct plan *p)
{
    const struct chip_net *n = &p->c->net;
    const size_t bytes = p->c->width / 8;

    p->c->in_words = words_of(p, n->map[0].bytes);
    p->c->out_words = words_of(p, n->map[n->output].bytes);
    p->c->setup_words = p->weights;
    p->g->weights_at = (p->g->memory + 7) / 8 * 8;
    p->g->weights = far_memory(p);
    p->g->weights_bytes = ((size_t)p->weights + (size_t)p->g->images * p->c->in_words) * bytes;
    p->g->sums_at = (p->g->weights_at + p->g->weights_bytes + 7) / 8 * 8;
    p->g->sums_bytes = (size_t)p->g->images * p->c->out_words * bytes;
}

/* The layers that are left to the host, and before them the other names of what they read. */
static void place_tail(struct plan *p)
{
    const struct bl_net *net = bl_job_options(p->job)->net;
    uint32_t *tail = bl_job_alloc(p->job, (net->nlayers + 1) * sizeof *tail);

    if (p->c->tail == net->nlayers)
        return;
    for (uint32_t i = 0; i < net->nlayers; i++)
        if (i >= p->c->tail || (net->layers[i].kind == BL_RESHAPE && p->c->origin[net->layers[i].out] == p->c->net.output))
            tail[p->g->ntail++] = i;
    p->g->tail = tail;
    p->g->tail_in = chip_tensor(p->job, p->c, p->c->net.output);
    p->g->tail_step = (size_t)p->c->out_words * p->c->width / 8;
}

/* ---- all of it ---- */

static int supply_units(struct plan *p, struct bl_sim *s)
{
    const struct units *u = &p->c->units;
    int bad = bl_supply(s, u->dma.part, "jobs", p->dma.at, p->dma.n * sizeof(struct bl_dma_job));

    for (uint32_t i = 0; i < u->ncores; i++) {
        const char *part[] = { u->core[i].feeder.part, u->core[i].collector.part };
        if (u->core[i].checks_rows)
            bad |= bl_supply(s, u->core[i].loader, "program", p->g, sizeof *p->g);
        for (int k = 0; k < 2; k++)
            bad |= bl_supply(s, part[k], "jobs", p->unit.at, p->unit.n * sizeof(struct bl_unit_job)) | bl_supply(s, part[k], "program", p->g, sizeof *p->g);
    }
    for (uint32_t i = 0; i < u->nvec; i++)
        bad |= bl_supply(s, u->vec[i].part, "jobs", p->vector.at, p->vector.n * sizeof(struct bl_vector_job)) |
               bl_supply(s, u->vec[i].part, "program", p->g, sizeof *p->g);
    return bad;
}

int chip_plan(struct bl_job *job, struct bl_sim *s, struct chip *c)
{
    const uint32_t n = c->net.nlayers + 2;
    struct plan p = { .job = job, .c = c, .g = bl_job_program(job), .reload = c->array->n[BL_ARRAY_PLACEMENT] == BL_RELOAD,
                      .dma.each = sizeof(struct bl_dma_job), .unit.each = sizeof(struct bl_unit_job), .vector.each = sizeof(struct bl_vector_job) };

    p.stream = bl_job_alloc(job, n * sizeof *p.stream);
    for (uint32_t i = 0; i < c->net.nlayers; i++)
        p.all_loads += c->net.layer[i].array ? c->net.layer[i].tiles : 0;
    p.g->setup = p.reload ? NULL : setup_stream(&p);
    for (uint32_t i = 0; i < c->net.nlayers; i++)
        layer_stream(&p, i);
    place_far(&p);
    place_tail(&p);
    image_stream(&p, false, (p.g->weights_at * 8 / c->width) + p.weights);
    image_stream(&p, true, p.g->sums_at * 8 / c->width);
    p.g->stream = p.stream;
    p.g->nstreams = n;
    p.g->under_way = 2;
    for (uint32_t m = 0; m <= c->net.nlayers; m++)
        p.g->under_way += c->net.map[m].slots;
    if (p.g->under_way > p.g->images)
        p.g->under_way = p.g->images ? p.g->images : 1;
    return supply_units(&p, s);
}
