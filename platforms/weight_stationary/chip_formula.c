/* chip_formula.c - how long a layer of a chip takes when nobody is in its way: nothing waits for a bank, a vector unit or the dma, and windows
 * are read as fast as the array takes them. What the simulation takes beyond that is told by cause (chip_account.c). Pure functions. */
#include "platforms/weight_stationary/chip.h"

#include "components/window.h"

/* Words that a feeder reads for window p of a tile: one again only when the word changes. */
static uint32_t reads_of(const struct bl_host_layer *h, const struct bl_host_tile *tile, uint32_t p, uint32_t each)
{
    const uint32_t per = tile->nk / tile->groups;
    uint64_t last = 0;
    uint32_t n = 0;

    for (uint32_t g = 0; g < tile->groups; g++) {
        struct bl_window w;
        struct bl_taps run;
        bl_window_at(&w, h, tile->group + g, p);
        for (uint32_t k = tile->k; k < tile->k + per;) {
            k = bl_window_next(&w, k, tile->k + per, &run);
            if (run.at < 0)
                continue;
            const uint64_t at = (uint64_t)run.at + bl_window_group(h, tile->group + g), from = at / each + 1, to = (at + run.n - 1) / each + 1;
            n += (uint32_t)(to - from) + (from != last);
            last = to;
        }
    }
    return n;
}

static uint64_t most(uint64_t a, uint64_t b) { return a > b ? a : b; }

/* The tick of the last window of the feeder of core j, from the first push of the layer. *widest: of reads of a window. */
static uint64_t feeder_done(const struct chip_ideal *c, const struct bl_host_layer *h, const struct chip_layer *x, uint32_t j, uint32_t collectors,
                            uint32_t *first, uint32_t *widest)
{
    const struct bl_host_tile *tile = &h->tile[j % x->tiles];
    uint32_t from, count;
    uint64_t e = 0, s[2] = { 0, 0 }, all = 0;

    chip_windows(x, j / x->tiles, &from, &count);
    for (uint32_t k = 0; k < count; k++) {
        const uint32_t r = reads_of(h, tile, from + k, c->each);
        all += r;
        if (!k) {
            *first = r;
            e = r ? collectors + j + 3 + r : collectors + j + 2;
        } else {
            e += most(r, 1);
            e = most(e, r ? collectors + j + 3 + all : 0);
            e = k > 1 ? most(e, s[k % 2] + 1) : e;
        }
        s[k % 2] = k ? most(e + 1, s[1 - k % 2] + c->slices) : e + 1;
        *widest = r > *widest ? r : *widest;
    }
    return e;
}

/* Words that the last result of a chain touches. */
static uint32_t last_words(const struct chip_ideal *c, const struct bl_host_layer *h, const struct chip_layer *x, uint32_t j)
{
    const struct bl_host_tile *tile = &h->tile[j % x->tiles];
    uint32_t from, count;

    chip_windows(x, j / x->tiles, &from, &count);
    const uint64_t at = (uint64_t)(from + count - 1) * h->cout + tile->out;
    return (uint32_t)((at + tile->nout - 1) / c->each - at / c->each + 1);
}

static struct chip_span array_span(const struct chip_ideal *c, const struct bl_host_layer *h, const struct chip_layer *x)
{
    const uint32_t cores = x->tiles * x->copies, collectors = cores / x->chain;
    struct chip_span span = { 0, 0, 0 };
    uint32_t widest = 0, first = 0, count, from;

    for (uint32_t j = 0; j < cores; j++) {
        uint32_t reads = 0;
        span.read = most(span.read, feeder_done(c, h, x, j, collectors, &reads, &span.reads));
        widest = j % x->chain ? (reads > widest ? reads : widest) : reads;
        first = widest;
        if ((j + 1) % x->chain)
            continue;
        chip_windows(x, j / x->tiles, &from, &count);
        span.made = most(span.made, (uint64_t)count * c->slices + first + collectors + j + last_words(c, h, x, j) + 10 + c->stages - 1);
    }
    return span;
}

struct chip_span chip_span(const struct chip_ideal *c, const struct bl_host_layer *h, const struct chip_layer *x)
{
    return x->array ? array_span(c, h, x) : (struct chip_span){ x->reads + 5, x->reads + 5, 0 };
}

struct chip_span chip_span_in(const struct chip_ideal *c, uint32_t words) { return (struct chip_span){ words + c->latency + 4, words + c->latency + 4, 0 }; }
struct chip_span chip_span_out(uint32_t words) { return (struct chip_span){ words + 5, words + 5, 0 }; }

/* ---- a net ---- */

uint64_t chip_first(struct chip_net *n, const struct chip_span *span)
{
    n->map[0].ready = span[0].made + 1;
    for (uint32_t i = 0; i < n->nlayers; i++) {
        uint64_t from = 0;
        for (uint32_t k = 0; k < n->layer[i].nsrc; k++)
            from = most(from, n->map[n->layer[i].src[k]].ready);
        n->map[i + 1].ready = from + span[i + 1].made + 1;
    }
    return n->map[n->output].ready + span[n->nlayers + 1].made;
}

/* ---- the interval ---- */

static void take(struct chip_term *all, uint32_t *n, struct chip_term x)
{
    if (x.ticks > 0)
        all[(*n)++] = x;
}

/* A layer's array; with its neighbour behind it, as many images ahead as there are slots. */
static void layer_terms(const struct chip_ideal *c, const struct chip_net *n, const struct chip_span *span, uint32_t i, struct chip_term *all, uint32_t *found)
{
    const struct chip_layer *x = &n->layer[i];

    if (x->array)
        take(all, found, (struct chip_term){ CHIP_ARRAY, i, 0, (double)x->share * c->slices });
    for (uint32_t k = 0; k < x->nsrc; k++)
        take(all, found, (struct chip_term){ CHIP_PAIR, x->src[k], i + 1,
                                             (double)(span[x->src[k]].made + span[i + 1].read + 2) / n->map[x->src[k]].slots });
}

uint32_t chip_terms(const struct chip_ideal *c, const struct chip_net *n, const struct chip_span *span, uint32_t units, struct chip_term *all)
{
    const uint32_t out = n->nlayers + 1;
    uint32_t found = 0;

    for (uint32_t i = 0; i < n->nlayers; i++)
        layer_terms(c, n, span, i, all, &found);
    take(all, &found, (struct chip_term){ CHIP_PAIR, n->output, out, (double)(span[n->output].made + span[out].read + 2) / n->map[n->output].slots });
    for (uint32_t u = 0; u < units; u++) {
        double sum = 0;
        for (uint32_t i = 0; i < n->nlayers; i++)
            sum += n->layer[i].array || n->layer[i].vec != u ? 0 : (double)span[i + 1].made;
        take(all, &found, (struct chip_term){ CHIP_VECTOR, u, 0, sum });
    }
    take(all, &found, (struct chip_term){ CHIP_DMA, 0, 0, (double)(span[0].made + span[out].made) });
    return found;
}
