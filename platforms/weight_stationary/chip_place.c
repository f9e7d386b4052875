/* chip_place.c - where the layers of a net go on a chip: cores, copies, vector units, slots of the buffer. Pure functions. */
#include "platforms/weight_stationary/chip.h"

static uint32_t over(uint32_t a, uint32_t b) { return (a + b - 1) / b; }

uint32_t chip_need(const struct chip_net *n)
{
    uint32_t all = 0;

    for (uint32_t i = 0; i < n->nlayers; i++)
        all += n->layer[i].array ? n->layer[i].tiles : 0;
    return all;
}

/* ---- copies ---- */

/* The layer whose share is longest; NULL: there is no layer on macros. */
static struct chip_layer *slowest(struct chip_net *n)
{
    struct chip_layer *most = NULL;

    for (uint32_t i = 0; i < n->nlayers; i++)
        if (n->layer[i].array && (!most || n->layer[i].share > most->share))
            most = &n->layer[i];
    return most;
}

uint32_t chip_copies(struct chip_net *n, uint32_t macros, bool duplicate)
{
    uint32_t spare = macros - chip_need(n), core = 0;

    for (uint32_t i = 0; i < n->nlayers; i++) {
        n->layer[i].copies = 1;
        n->layer[i].share = n->layer[i].windows;
    }
    for (struct chip_layer *l; duplicate && (l = slowest(n)) && l->share > 1;) {
        const uint32_t copies = over(l->windows, l->share - 1);
        if ((uint64_t)l->tiles * (copies - l->copies) > spare)
            break;
        spare -= l->tiles * (copies - l->copies);
        l->copies = copies;
        l->share = over(l->windows, copies);
    }
    for (uint32_t i = 0; i < n->nlayers; i++) {
        n->layer[i].core = core;
        core += n->layer[i].array ? n->layer[i].tiles * n->layer[i].copies : 0;
    }
    return spare;
}

void chip_windows(const struct chip_layer *l, uint32_t c, uint32_t *first, uint32_t *count)
{
    const uint32_t end = (c + 1) * l->share;

    *first = c * l->share;
    *count = (end < l->windows ? end : l->windows) - *first;
}

/* Does layer i read what one of layers first .. i - 1 makes? */
static bool depends(const struct chip_net *n, uint32_t i, uint32_t first)
{
    for (uint32_t m = first + 1; m <= i; m++)
        if (chip_reads(&n->layer[i], m))
            return true;
    return false;
}

void chip_groups(struct chip_net *n, uint32_t macros)
{
    for (uint32_t i = 0, group = 0, core = 0; i < n->nlayers; i++) {
        const uint32_t tiles = n->layer[i].array ? n->layer[i].tiles : 0;
        if (depends(n, i, group) || core + tiles > macros) {
            group = i;
            core = 0;
        }
        n->layer[i].group = group;
        n->layer[i].core = core;
        core += tiles;
    }
}

/* ---- vector units ---- */

uint32_t chip_vectors(struct chip_net *n, uint32_t units)
{
    uint64_t load[CHIP_VECTORS] = { 0 };
    uint32_t lines[CHIP_VECTORS] = { 0 }, most = 0;

    for (uint32_t i = 0; i < n->nlayers; i++)
        n->layer[i].vec = CHIP_NONE;
    for (;;) {
        struct chip_layer *next = NULL;
        uint32_t least = 0;
        for (uint32_t i = 0; i < n->nlayers; i++)
            if (!n->layer[i].array && n->layer[i].vec == CHIP_NONE && (!next || n->layer[i].reads > next->reads))
                next = &n->layer[i];
        if (!next)
            break;
        for (uint32_t u = 1; u < units; u++)
            least = load[u] < load[least] ? u : least;
        next->vec = least;
        load[least] += next->reads;
    }
    for (uint32_t i = 0; i < n->nlayers; i++)
        if (!n->layer[i].array) {
            n->layer[i].line = lines[n->layer[i].vec]++;
            most = lines[n->layer[i].vec] > most ? lines[n->layer[i].vec] : most;
        }
    return most;
}

/* ---- slots ---- */

bool chip_reads(const struct chip_layer *l, uint32_t m)
{
    for (uint32_t k = 0; k < l->nsrc; k++)
        if (l->src[k] == m)
            return true;
    return false;
}

static uint32_t slots_of(const struct chip_net *n, uint32_t m, uint32_t most)
{
    uint32_t slots = 2;

    for (uint32_t i = 0; i < n->nlayers; i++) {
        const uint32_t behind = n->map[i + 1].stage - n->map[m].stage;
        if (chip_reads(&n->layer[i], m) && 1 + behind > slots)
            slots = 1 + behind;
    }
    return slots < most ? slots : most;
}

uint64_t chip_bytes(const struct chip_net *n)
{
    uint64_t all = 0;

    for (uint32_t m = 0; m <= n->nlayers; m++)
        all += n->map[m].bytes * n->map[m].slots;
    return all;
}

uint64_t chip_slots(struct chip_net *n, uint32_t most, uint32_t width)
{
    uint64_t at = 0;

    n->map[0].stage = 0;
    for (uint32_t i = 0; i < n->nlayers; i++) {
        n->map[i + 1].stage = 1;
        for (uint32_t k = 0; k < n->layer[i].nsrc; k++)
            if (n->map[n->layer[i].src[k]].stage + 1 > n->map[i + 1].stage)
                n->map[i + 1].stage = n->map[n->layer[i].src[k]].stage + 1;
    }
    for (uint32_t m = 0; m <= n->nlayers; m++) {
        struct chip_map *map = &n->map[m];
        map->words = (uint32_t)((map->bytes * 8 + width - 1) / width);
        map->slots = slots_of(n, m, most);
        map->at = (uint32_t)at;
        at += (uint64_t)map->words * map->slots;
    }
    return at;
}
