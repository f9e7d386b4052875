/* buffered.c - a layer on macros fed from a buffer, as steps of the host: its input goes to the buffer, from word 0 on; behind it lie the
 * sums of each macro. Tiles go in rounds of one a macro. The weights of a tile follow when the sums of the tile before are kept; once they
 * are written, feeder and collector have a job each. When a macro has done its last tile of an output group, its sums go out. */
#include "platforms/weight_stationary/buffered.h"

#include <string.h>

#include "components/dma.h"
#include "components/unit_job.h"
#include "platforms/weight_stationary/units.h"

/* A list that grows. */
struct list { void *at; uint32_t n, room; size_t each; };

struct buffered {
    struct units units;
    uint32_t width, words, sum_words;  /* bits of a word, words of the buffer, words of a result */
    struct list dma, unit;             /* struct bl_dma_job, struct bl_unit_job: those of the collectors stand behind those of their feeders */
    struct list steps, regions;        /* of the layer at hand */
    size_t weights;                    /* bytes of weights so far */
    uint64_t sums, most_sums;          /* numbers of sums in the far memory, of this layer and of the largest */
};
/* Where a macro is in a layer: jobs given so far, rows sent; the tile whose sums it keeps, + 1. */
struct progress { uint32_t jobs, rows, open; };

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

static struct buffered *state_of(struct bl_job *job) { return *bl_job_state(job); }

/* ---- sizes ---- */

int bl_buffered_begin(struct bl_job *job, struct bl_sim *s, const struct bl_array *a)
{
    struct buffered *b = *bl_job_state(job) = bl_job_alloc(job, sizeof *b);
    struct bl_ask ask = bl_job_ask(job, s);

    b->dma.each = sizeof(struct bl_dma_job);
    b->unit.each = sizeof(struct bl_unit_job);
    if (a->n[BL_ARRAY_SETS] > 1)
        return bl_error(bl_job_diag(job), "%s: array: sets is %u, but feed is buffered; set sets to 1", a->at[BL_ARRAY_SETS], a->n[BL_ARRAY_SETS]);
    if (bl_units_find(job, s, a, false, &b->units) || !(b->width = bl_units_width(job, s, a, &b->units)))
        return -1;
    b->words = (uint32_t)bl_units_ask(&ask, b->units.buffer, "words");
    b->sum_words = (a->n[BL_ARRAY_COLS] * 32 + b->width - 1) / b->width;
    return 0;
}

static uint32_t words_of(const struct buffered *b, uint64_t bytes) { return (uint32_t)((bytes * 8 + b->width - 1) / b->width); }
static uint32_t input_words(const struct buffered *b, const struct bl_host_layer *l)
{
    return words_of(b, (uint64_t)l->in[0].c * l->in[0].h * l->in[0].w);
}

/* ---- steps ---- */

static struct bl_host_step *step(struct bl_job *job, struct buffered *b, uint16_t unit, uint32_t number)
{
    struct bl_host_step *s = grow(job, &b->steps);

    *s = (struct bl_host_step){ .unit = unit, .job = number };
    return s;
}

static void wait_for(struct bl_host_step *s, uint16_t count, uint32_t least)
{
    if (!least)
        return;
    s->wait[s->n].count = count;
    s->wait[s->n++].least = least;
}

/* Gives the dma a job; returns the step. */
static struct bl_host_step *move(struct bl_job *job, struct buffered *b, struct bl_dma_job what)
{
    struct bl_host_step *s = step(job, b, b->units.dma.go, b->dma.n);

    *(struct bl_dma_job *)grow(job, &b->dma) = what;
    return s;
}

/* The macro's sums of the group of its latest tile go out; the step behind this waits for `*moved` jobs of the dma. */
static void close_group(struct bl_job *job, struct buffered *b, const struct bl_host_layer *l, uint32_t c, struct progress *at, uint32_t *moved)
{
    const uint32_t words = bl_host_windows(l) * b->sum_words;
    struct bl_host_step *s = move(job, b, (struct bl_dma_job){ .far = b->sums, .near = input_words(b, l) + c * words, .words = words, .rows = 1,
                                                            .target = b->units.buffer_target, .out = 1 });

    wait_for(s, b->units.core[c].collector.done, at->jobs);
    ++*moved;
    *(struct bl_host_region *)grow(job, &b->regions) = (struct bl_host_region){ at->open - 1, b->sums };
    b->sums += (uint64_t)words * b->width / 32;
    at->open = 0;
}

static void load_weights(struct bl_job *job, struct buffered *b, const struct bl_host_layer *l, uint32_t tile, uint32_t c, struct progress *at,
                         uint32_t *moved)
{
    const uint32_t rows = bl_host_rows(l, &l->tile[tile]), words = (uint32_t)(rows * (uint64_t)l->row_words * 64 / b->width);
    const struct bl_host_program *g = bl_job_program(job);
    struct bl_host_step *s = move(job, b, (struct bl_dma_job){ .far = ((g->memory + 7) / 8 * 8 + b->weights) * 8 / b->width, .words = words, .rows = 1,
                                                            .target = b->units.core[c].target });

    wait_for(s, b->units.core[c].collector.done, at->jobs);
    ++*moved;
    at->rows += rows;
    b->weights += (size_t)rows * l->row_words * 8;
}

/* Feeder and collector of a macro get a tile; `moved` jobs of the dma must be done. */
static void run_tile(struct bl_job *job, struct buffered *b, const struct bl_host_layer *l, uint32_t layer, uint32_t tile, uint32_t c,
                     struct progress *at, uint32_t moved)
{
    const struct core *core = &b->units.core[c];
    const uint32_t windows = bl_host_windows(l);
    struct bl_unit_job what = { .layer = layer, .tile = tile, .count = windows };
    struct bl_host_step *s = step(job, b, core->feeder.go, b->unit.n);

    wait_for(s, b->units.dma.done, moved);
    wait_for(s, core->written, at->rows);
    s->weights = true;
    *(struct bl_unit_job *)grow(job, &b->unit) = what;
    what.near = input_words(b, l) + c * windows * b->sum_words;
    what.add = at->open != 0;
    step(job, b, core->collector.go, b->unit.n);
    *(struct bl_unit_job *)grow(job, &b->unit) = what;
    at->jobs++;
    at->open = tile + 1;
}

/* Does the macro's tile before belong to another output group? */
static bool leaves_group(const struct bl_host_layer *l, const struct progress *at, uint32_t tile)
{
    return at->open && l->tile[at->open - 1].out != l->tile[tile].out;
}

static void rounds(struct bl_job *job, struct buffered *b, uint32_t layer, const struct bl_host_layer *l)
{
    const uint32_t cores = b->units.ncores;
    struct progress *at = bl_job_alloc(job, cores * sizeof *at);
    uint32_t moved = 1;

    move(job, b, (struct bl_dma_job){ .far = l->in[0].at * 8 / b->width, .words = input_words(b, l), .rows = 1, .target = b->units.buffer_target });
    for (uint32_t first = 0; first < l->ntiles; first += cores) {
        const uint32_t n = l->ntiles - first < cores ? l->ntiles - first : cores;
        for (uint32_t c = 0; c < n; c++) {
            if (leaves_group(l, &at[c], first + c))
                close_group(job, b, l, c, &at[c], &moved);
            load_weights(job, b, l, first + c, c, &at[c], &moved);
        }
        for (uint32_t c = 0; c < n; c++)
            run_tile(job, b, l, layer, first + c, c, &at[c], moved);
    }
    for (uint32_t c = 0; c < cores; c++)
        if (at[c].open)
            close_group(job, b, l, c, &at[c], &moved);
    wait_for(step(job, b, BL_HOST_NO_UNIT, 0), b->units.dma.done, moved);
}

int bl_buffered_plan(struct bl_job *job, const struct bl_array *a, uint32_t layer, struct bl_host_layer *out)
{
    struct buffered *b = state_of(job);
    const uint32_t cores = out->ntiles < b->units.ncores ? out->ntiles : b->units.ncores;
    const uint64_t input = input_words(b, out), sums = (uint64_t)cores * bl_host_windows(out) * b->sum_words;

    if (input + sums > b->words)
        return bl_error(bl_job_diag(job), "%s: array: feed is buffered, and layer '%s' takes %llu words of '%s' for its input and %llu for the sums of %u "
                        "macros; words is %u, set it to %llu", a->at[BL_ARRAY_FEED], bl_job_options(job)->net->layers[layer].name,
                        (unsigned long long)input, b->units.buffer, (unsigned long long)sums, cores, b->words, (unsigned long long)(input + sums));
    b->steps = (struct list){ .each = sizeof(struct bl_host_step) };
    b->regions = (struct list){ .each = sizeof(struct bl_host_region) };
    b->sums = 0;
    rounds(job, b, layer, out);
    out->step = b->steps.at;
    out->nsteps = b->steps.n;
    out->region = b->regions.at;
    out->nregions = b->regions.n;
    b->most_sums = b->sums > b->most_sums ? b->sums : b->most_sums;
    return 0;
}

/* ---- tables ---- */

/* The rows of all tiles, as the jobs count them. */
static const uint64_t *all_weights(struct bl_job *job, const struct buffered *b, const struct bl_host_program *g)
{
    uint64_t *all = bl_job_alloc(job, b->weights), *to = all;

    for (uint32_t i = 0; i < g->nlayers; i++)
        for (uint32_t t = 0; g->layer[i].nsteps && t < g->layer[i].ntiles; t++) {
            const size_t n = (size_t)bl_host_rows(&g->layer[i], &g->layer[i].tile[t]) * g->layer[i].row_words;
            memcpy(to, g->layer[i].tile[t].rows, n * sizeof *to);
            to += n;
        }
    return all;
}

int bl_buffered_supply(struct bl_job *job, struct bl_sim *s)
{
    struct buffered *b = state_of(job);
    struct bl_host_program *g = bl_job_program(job);
    struct bl_dma_job *dma = b->dma.at;
    int bad = 0;

    g->weights_at = (g->memory + 7) / 8 * 8;
    g->weights_bytes = b->weights;
    g->weights = all_weights(job, b, g);
    g->sums_at = g->weights_at + g->weights_bytes;
    g->sums_bytes = b->most_sums * sizeof(int32_t);
    g->sum_row = b->sum_words * b->width / 32;
    for (uint32_t i = 0; i < b->dma.n; i++)
        if (dma[i].out)                /* known as a number of sums so far */
            dma[i].far = (g->sums_at + dma[i].far * sizeof(int32_t)) * 8 / b->width;
    bad |= bl_supply(s, b->units.dma.part, "jobs", dma, b->dma.n * sizeof *dma);
    for (uint32_t c = 0; c < b->units.ncores; c++) {
        const char *part[] = { b->units.core[c].feeder.part, b->units.core[c].collector.part };
        if (b->units.core[c].checks_rows)
            bad |= bl_supply(s, b->units.core[c].loader, "program", g, sizeof *g);
        for (int k = 0; k < 2; k++)
            bad |= bl_supply(s, part[k], "jobs", b->unit.at, b->unit.n * sizeof(struct bl_unit_job)) | bl_supply(s, part[k], "program", g, sizeof *g);
    }
    return bad;
}
