/* imc_rig.h - what a layer must take on a machine of digital macros (platforms/imc), by the ideal tables of the mapper
 * weight_stationary. */
#ifndef BL_TESTS_IMC_RIG_H
#define BL_TESTS_IMC_RIG_H

#include "tests/rigs/net_rig.h"

#define IMC "platforms/imc/imc.yaml"
#define IMC_SETS "platforms/imc/imc_sets.yaml"

/* A machine: rows x cols, slices of an operation, tree stages, macros, sets. */
struct imc { uint64_t rows, cols, slices, stages, macros, sets; };

static inline uint64_t imc_least(uint64_t a, uint64_t b) { return a < b ? a : b; }
static inline uint64_t imc_most(uint64_t a, uint64_t b) { return a > b ? a : b; }

/* The rows of each tile, in order; returns how many tiles. */
static inline uint64_t imc_tiles(const struct imc *m, const struct bl_layer *l, uint64_t *rows)
{
    const uint64_t per_group = l->cout / l->groups;
    const uint64_t fit = imc_least(imc_least(m->rows / l->k, m->cols / per_group), l->groups), some = fit ? fit : 1;
    uint64_t n = 0;

    for (uint64_t g = 0; g < l->groups; g += some)
        for (uint64_t o = 0; o < per_group; o += m->cols)
            for (uint64_t k = 0; k < l->k; k += m->rows)
                rows[n++] = some > 1 ? imc_least(some, l->groups - g) * l->k : imc_least(m->rows, l->k - k);
    return n;
}

/* Cycles of a layer of an image; several sets with one macro only. */
static inline uint64_t imc_cycles(const struct imc *m, const struct bl_net *net, const struct bl_layer *l)
{
    static uint64_t rows[4096];
    const struct bl_tensor *y = &net->tensors[l->out];
    const bool array = l->kind == BL_CONV || l->kind == BL_FC;
    const uint64_t tiles = array ? imc_tiles(m, l, rows) : 0, p = l->kind == BL_FC ? l->rows : (uint64_t)y->h * y->w;
    uint64_t cycles = 1, s = m->slices;

    if (m->sets > 1 && tiles) {
        cycles += rows[0] + 1 + p * s + m->stages + 4;
        for (uint64_t t = 1; t < tiles; t++)
            cycles += imc_most(p * s + m->stages + 4, rows[t] + 1);
        return cycles;
    }
    for (uint64_t t = 0; t < tiles; t += m->macros) {
        const uint64_t n = imc_least(m->macros, tiles - t);
        for (uint64_t i = t; i < t + n; i++)
            cycles += rows[i];
        cycles += m->stages + 4 + (s >= n ? p * s + n : p * n + s);
    }
    return cycles;
}

static inline const char *imc_set(char text[32], const char *name, uint64_t value)
{
    snprintf(text, 32, "%s=%llu", name, (unsigned long long)value);
    return text;
}

/* Runs `images` made-up images on the machine: every value of every layer is exact, and every layer takes what
 * the tables say. Returns the cycles of an image. */
static inline uint64_t imc_runs(const char *platform, const struct imc *m, struct bl_net *net, const struct rig_opts *more)
{
    char text[5][32];
    struct net_rig r;
    struct rig_opts o = more ? *more : (struct rig_opts){ 0 };
    uint64_t cycles = 0;
    size_t n = 0;

    o.platform = platform;
    o.mapper = "weight_stationary";
    o.job.net = net;
    o.job.count = o.job.count ? o.job.count : 1;
    o.sets[n++] = imc_set(text[0], "rows", m->rows);
    o.sets[n++] = imc_set(text[1], "cols", m->cols);
    o.sets[n++] = imc_set(text[2], "macros", m->macros);
    if (m->slices == 8)
        o.sets[n++] = imc_set(text[3], "stages", m->stages);
    if (m->sets > 1)
        o.sets[n++] = imc_set(text[4], "sets", m->sets);
    const struct bl_result *res = rig_run(&r, &o);
    ck_assert(!res->approximate);
    for (uint32_t i = 0; i < net->nlayers; i++) {
        const struct bl_layer_result *l = &res->layers[i];
        ck_assert_msg(!l->mismatches, "layer %s: %llu values differ", l->name, (unsigned long long)l->mismatches);
        if (m->sets == 1 || m->macros == 1)
            ck_assert_msg(l->cycles == o.job.count * imc_cycles(m, net, &net->layers[i]), "layer %s: %llu cycles, expected %llu x %u", l->name,
                          (unsigned long long)l->cycles, (unsigned long long)imc_cycles(m, net, &net->layers[i]), o.job.count);
        cycles += l->cycles;
    }
    rig_close(&r);
    return cycles / o.job.count;
}

/* The same, and frees the net. */
static inline uint64_t imc_runs_grown(const char *platform, const struct imc *m, struct bl_net *net, const struct rig_opts *more)
{
    const uint64_t cycles = imc_runs(platform, m, net, more);

    bl_net_free(net);
    return cycles;
}

#endif
