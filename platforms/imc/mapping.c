/* mapping.c - a layer on equal macros: tiles of rows and columns, groups packed, copies over pixels, rounds of reloads. */
#include "platforms/imc/mapping.h"

static uint64_t per(uint64_t a, uint64_t b) { return (a + b - 1) / b; }
static uint64_t least(uint64_t a, uint64_t b) { return a < b ? a : b; }

/* Tiles, and how much of one is in use on average. rows, cols: of one group. */
static void cut(const struct bl_imc_macro *m, const struct bl_imc_layer *l, uint64_t rows, uint64_t cols, struct bl_imc_mapping *out)
{
    double groups = (double)l->groups;

    out->rt = per(rows, m->d2);
    out->ct = per(cols, m->d1);
    out->packed = out->rt * out->ct > 1 ? 1 : least(least(m->d2 / rows, m->d1 / cols), l->groups);
    out->tiles = out->rt * out->ct * per(l->groups, out->packed);
    out->rows = groups / (double)per(l->groups, out->packed) * (double)rows / (double)out->rt;
    out->cols = groups / (double)per(l->groups, out->packed) * (double)cols / (double)out->ct;
}

/* In which order: copies while macros are left, rounds when there are too few. */
static void schedule(const struct bl_imc_macro *m, const struct bl_imc_layer *l, struct bl_imc_mapping *out)
{
    out->rounds = per(out->tiles, m->macros);
    out->dup = out->tiles >= m->macros ? 1 : least(m->macros / out->tiles, l->pixels);
    out->steps = out->rounds * per(l->pixels, out->dup);
    out->cycles = (double)out->steps * bl_imc_steps(m);
}

static void traffic(const struct bl_imc_macro *m, const struct bl_imc_layer *l, double weights, struct bl_imc_mapping *out)
{
    double pixels = (double)l->pixels, rows = (double)(l->c * l->kernel), outputs = pixels * (double)l->k;

    out->bits_in = pixels * rows * (double)out->ct * (double)m->a_bits;
    out->bits_out = outputs * (out->rt == 1 ? BL_IMC_OUTPUT_BITS : 2.0 * BL_IMC_PARTIAL_BITS * (double)out->rt);
    out->bits_weights = weights * (double)m->w_bits;
}

int bl_imc_map(const struct bl_imc_macro *m, const struct bl_imc_layer *l, struct bl_imc_mapping *out)
{
    *out = (struct bl_imc_mapping){ 0 };
    if (!m->d1 || !m->d2 || !m->macros || !m->dac_bits || !l->c || !l->k || !l->kernel || !l->groups || !l->pixels || l->c % l->groups || l->k % l->groups)
        return -1;
    uint64_t rows = l->c / l->groups * l->kernel, cols = l->k / l->groups;
    double weights = (double)rows * (double)cols * (double)l->groups;

    cut(m, l, rows, cols, out);
    schedule(m, l, out);
    traffic(m, l, weights, out);
    out->macs = weights * (double)l->pixels;
    out->utilisation = out->macs / ((double)out->steps * bl_imc_macs(m));
    out->energy = (double)out->tiles * (double)l->pixels * bl_imc_energy(m, out->rows, out->cols).total;
    return 0;
}

void bl_imc_map_add(const struct bl_imc_macro *m, struct bl_imc_mapping *total, const struct bl_imc_mapping *layer)
{
    total->tiles += layer->tiles;
    total->rounds += layer->rounds;
    total->steps += layer->steps;
    total->cycles += layer->cycles;
    total->macs += layer->macs;
    total->energy += layer->energy;
    total->bits_in += layer->bits_in;
    total->bits_out += layer->bits_out;
    total->bits_weights += layer->bits_weights;
    total->utilisation = total->steps ? total->macs / ((double)total->steps * bl_imc_macs(m)) : 0;
}
