/* chip_account.c - where the time of a chip went: what limits the interval from image to image, and of each layer's macros the bubbles by cause. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/model.h"
#include "platforms/weight_stationary/chip.h"

static const struct bl_net *net_of(struct bl_job *job) { return bl_job_options(job)->net; }

struct chip_span *chip_spans(struct bl_job *job, const struct chip *c)
{
    const struct chip_net *n = &c->net;
    struct chip_span *span = bl_job_alloc(job, (n->nlayers + 2) * sizeof *span);

    span[0] = chip_span_in(&c->ideal, n->map[0].words);
    for (uint32_t i = 0; i < n->nlayers; i++)
        span[i + 1] = chip_span(&c->ideal, &bl_job_program(job)->layer[n->layer[i].layer], &n->layer[i]);
    span[n->nlayers + 1] = chip_span_out(n->map[n->output].words);
    return span;
}

/* ---- bubbles ---- */

static uint64_t peek(struct bl_sim *s, const char *part, const char *name)
{
    char text[512];
    uint64_t v = 0;

    snprintf(text, sizeof text, "%s.%s", part, name);
    return bl_peek(s, text, &v) ? 0 : v;
}

/* Cycles that a part spent at a verdict. */
static uint64_t spent(struct bl_sim *s, const char *path, const char *verdict)
{
    const size_t at = bl_part_find(s, path);
    struct bl_part_row part;
    struct bl_verdict_row row;

    if (at == SIZE_MAX)
        return 0;
    bl_part_at(s, at, &part);
    for (uint32_t i = 0; i < part.verdicts; i++) {
        bl_verdict_at(s, at, i, &row);
        if (!strcmp(row.name, verdict))
            return row.spent;
    }
    return 0;
}

static uint64_t least(uint64_t a, uint64_t b) { return a < b ? a : b; }

/* What is not busy, cause by cause; each takes at most what is left, and `start` the rest. */
static void bubbles_of(struct bl_sim *s, const struct chip *c, const struct chip_layer *x, const struct bl_host_at *at, uint64_t elapsed, struct bl_pipe_layer *to)
{
    uint64_t left, late = 0, back = 0;

    for (uint32_t k = x->core; k < x->core + to->cores; k++) {
        const struct core *core = &c->units.core[k];
        to->busy += core->array ? peek(s, core->array, "access") : 0;
        back += core->array ? spent(s, core->array, "out_full") : 0;
        late += peek(s, core->feeder.part, "late");
    }
    left = elapsed * to->cores - to->busy;
    left -= to->bubble[BL_NO_IMAGE] = least(left, at->spent[BL_HOST_NO_IMAGE] * to->cores);
    left -= to->bubble[BL_NO_CREDIT] = least(left, at->spent[BL_HOST_NO_CREDIT] * to->cores);
    left -= to->bubble[BL_BACK] = least(left, back);
    left -= to->bubble[BL_MEMORY_LATE] = least(left, late);
    to->bubble[BL_STARTING] = left;
}

static struct bl_pipe_layer *layers_of(struct bl_job *job, struct bl_sim *s, const struct chip *c, uint64_t elapsed)
{
    const struct bl_host_at *at = bl_memory(s, c->array->host, "streams", NULL);
    const bool resident = c->array->n[BL_ARRAY_PLACEMENT] == BL_RESIDENT;
    struct bl_pipe_layer *row = bl_job_alloc(job, (c->net.nlayers + 1) * sizeof *row);

    for (uint32_t i = 0; i < c->net.nlayers; i++) {
        const struct chip_layer *x = &c->net.layer[i];
        const uint64_t *first = at[i + 1].first;
        row[i] = (struct bl_pipe_layer){ .name = net_of(job)->layers[x->layer].name, .unit = x->array ? NULL : c->units.vec[x->vec].part,
                                         .tiles = x->array ? x->tiles : 0, .copies = x->array ? x->copies : 0, .cores = x->array ? x->tiles * x->copies : 0 };
        if (first[BL_HOST_ENDED]) {
            row[i].made = first[BL_HOST_ENDED] - first[BL_HOST_BEGUN] - 1;
            row[i].read = first[BL_HOST_READ] ? first[BL_HOST_READ] - first[BL_HOST_BEGUN] - 1 : 0;
        }
        if (x->array && resident)
            bubbles_of(s, c, x, &at[i + 1], elapsed, &row[i]);
    }
    return row;
}

/* ---- images ---- */

static int by_size(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}

/* Intervals between images, and the latency of those in the middle third. */
static void times_of(struct bl_job *job, const struct bl_host_time *time, uint32_t n, struct bl_pipeline *p)
{
    uint64_t *v = bl_job_alloc(job, (n + 1) * sizeof *v);
    const uint32_t from = n / 3, to = n - n / 3;

    p->elapsed = time[n - 1].ended;
    p->first = time[0].ended - time[0].begun - 1;
    p->drain = time[n - 1].ended - time[n - 1].begun;
    for (uint32_t i = from; i < to; i++)
        v[i - from] = time[i].ended - time[i].begun - 1;
    qsort(v, to - from, sizeof *v, by_size);
    p->latency = v[(to - from) / 2];
    for (uint32_t i = 1; i < n; i++)
        v[i - 1] = time[i].ended - time[i - 1].ended;
    if (n < 2)
        return;
    qsort(v, n - 1, sizeof *v, by_size);
    p->interval[0] = v[0];
    p->interval[1] = v[(n - 1) / 2];
    p->interval[2] = v[n - 2];
    const uint32_t half = (n - 1) / 2, images = n - 1 - half;
    p->steady = (time[n - 1].ended - time[half].ended + images / 2) / images;
}

/* ---- what limits ---- */

static const char *stream_name(struct bl_job *job, const struct chip *c, uint32_t stream)
{
    return !stream ? "in" : stream > c->net.nlayers ? "out" : net_of(job)->layers[c->net.layer[stream - 1].layer].name;
}

static void term_text(struct bl_job *job, const struct chip *c, const struct chip_term *t, char *to, size_t room)
{
    switch (t->kind) {
    case CHIP_ARRAY:
        snprintf(to, room, "%s", stream_name(job, c, t->a + 1));
        break;
    case CHIP_PAIR:
        snprintf(to, room, "the pair %s, %s with %u slot%s", stream_name(job, c, t->a), stream_name(job, c, t->b), c->net.map[t->a].slots,
                 c->net.map[t->a].slots == 1 ? "" : "s");
        break;
    case CHIP_VECTOR:
        snprintf(to, room, "the vector unit %s", c->units.vec[t->a].part);
        break;
    default:
        snprintf(to, room, "the dma");
    }
}

/* Is term t a matter of the same array, or of what stands beside it? */
static bool shares(const struct chip_term *t, const struct chip_term *with)
{
    if (with->kind == CHIP_ARRAY)
        return (t->kind == CHIP_ARRAY && t->a == with->a) || (t->kind == CHIP_PAIR && (t->a == with->a + 1 || t->b == with->a + 1));
    return t->kind == with->kind && t->a == with->a && t->b == with->b;
}

/* The greatest term; with `but` of those that have nothing to do with it. */
static const struct chip_term *greatest(const struct chip_term *all, uint32_t n, const struct chip_term *but)
{
    const struct chip_term *most = NULL;

    for (uint32_t i = 0; i < n; i++)
        if ((!but || !shares(&all[i], but)) && (!most || all[i].ticks > most->ticks))
            most = &all[i];
    return most;
}

/* What one more step of duplication would do. */
static void more_text(struct bl_job *job, const struct chip *c, const struct chip_term *t, double next, char *to, size_t room)
{
    const struct chip_layer *x = t->kind == CHIP_ARRAY ? &c->net.layer[t->a] : NULL;

    if (!x || x->share < 2)
        return;
    const uint32_t copies = (x->windows + x->share - 2) / (x->share - 1), more = copies - x->copies, macros = more * x->tiles;
    const double gives = (double)((x->windows + copies - 1) / copies) * c->ideal.slices;
    snprintf(to, room, "; %s cop%s of %s (%u macro%s) give%s %.10g", more == 1 ? "one more" : "more", more == 1 ? "y" : "ies", stream_name(job, c, t->a + 1),
             macros, macros == 1 ? "" : "s", more == 1 ? "s" : "", gives > next ? gives : next);
}

/* "conv1, 1568 of 1568 ticks an image, 100 %; next conv2 392; one more copy of conv1 (1 macro) gives 784" */
static const char *limits_of(struct bl_job *job, struct bl_sim *s, const struct chip *c, uint64_t interval)
{
    struct chip_term *all = bl_job_alloc(job, ((CHIP_SOURCES + 1) * (size_t)c->net.nlayers + c->units.nvec + 2) * sizeof *all);
    const uint32_t n = chip_terms(&c->ideal, &c->net, chip_spans(job, c), c->units.nvec, all);
    const struct chip_term *first = greatest(all, n, NULL), *next = greatest(all, n, first);
    char a[160], b[160], more[200] = "", *text = bl_job_alloc(job, 800);
    const uint64_t lost = peek(s, c->units.buffer, "conflict");

    if (!first)
        return "";
    term_text(job, c, first, a, sizeof a);
    more_text(job, c, first, next ? next->ticks : 0, more, sizeof more);
    int at = snprintf(text, 800, "%s, %.10g of %llu ticks an image, %.0f %%", a, first->ticks, (unsigned long long)interval, 100 * first->ticks / (double)interval);
    if ((double)interval > 1.02 * first->ticks && lost)
        at = snprintf(text, 800, "the banks of %s, %llu head ticks lost; %s alone would take %.10g of %llu ticks an image, %.0f %%", c->units.buffer,
                      (unsigned long long)lost, a, first->ticks, (unsigned long long)interval, 100 * first->ticks / (double)interval);
    if ((double)interval < 0.98 * first->ticks)
        at = snprintf(text, 800, "%s, %.10g ticks an image; %llu were seen, of too few images to be steady", a, first->ticks, (unsigned long long)interval);
    if (next) {
        term_text(job, c, next, b, sizeof b);
        at += snprintf(text + at, (size_t)(800 - at), "; next %s %.10g", b, next->ticks);
    }
    snprintf(text + at, (size_t)(800 - at), "%s", more);
    return text;
}

/* ---- all of it ---- */

static const struct bl_pipe_map *maps_of(struct bl_job *job, struct bl_sim *s, const struct chip *c)
{
    const struct bl_host_at *at = bl_memory(s, c->array->host, "streams", NULL);
    struct bl_pipe_map *map = bl_job_alloc(job, (c->net.nlayers + 1) * sizeof *map);

    for (uint32_t m = 0; m <= c->net.nlayers; m++)
        map[m] = (struct bl_pipe_map){ stream_name(job, c, m), c->net.map[m].slots, at[m].most, c->net.map[m].bytes };
    return map;
}

/* Of the host's clock, fs. */
static uint64_t period_of(struct bl_sim *s, const char *host)
{
    struct bl_part_row part;
    struct bl_clock_row clock;

    bl_part_at(s, bl_part_find(s, host), &part);
    for (size_t i = 0; i < bl_clock_count(s); i++) {
        bl_clock_at(s, i, &clock);
        if (part.clock && !strcmp(clock.name, part.clock))
            return clock.period_fs;
    }
    return 0;
}

void bl_chip_figures(struct bl_job *job, struct bl_sim *s)
{
    const struct chip *c = *bl_job_state(job);
    const struct bl_host_time *time = bl_memory(s, c->array->host, "times", NULL);
    const uint32_t images = bl_job_result(job)->images;
    struct bl_pipeline *p = bl_job_alloc(job, sizeof *p);
    uint64_t ports = 0;
    char name[512];

    if (!images)
        return;
    p->placement = bl_array_word(c->array, BL_ARRAY_PLACEMENT);
    times_of(job, time, images, p);
    p->setup = peek(s, c->array->host, "setup_cycles");
    p->reserved = chip_bytes(&c->net);
    p->most = peek(s, c->array->host, "buffer_most");
    p->cores = c->units.ncores;
    p->unused = c->spare;
    snprintf(name, sizeof name, "%s.ports", c->units.buffer);
    p->ideal = !bl_peek(s, name, &ports) && ports == 3;      /* free, the last word of the choice */
    p->layer = layers_of(job, s, c, p->elapsed);
    p->nlayers = c->net.nlayers;
    p->map = maps_of(job, s, c);
    p->nmaps = c->net.nlayers + 1;
    const uint64_t interval = p->steady ? p->steady : p->first + 1, fs = period_of(s, c->array->host);
    p->limits = c->array->n[BL_ARRAY_PLACEMENT] == BL_RESIDENT ? limits_of(job, s, c, interval) : "";
    p->images_per_s = fs ? 1e15 / ((double)interval * (double)fs) : 0;
    bl_job_pipeline(job, p);
}
