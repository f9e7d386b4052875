/* mapping.h - one layer of a network on equal macros, weight stationary: tiles, copies, rounds, energy, and what goes in and out. Pure
 * functions, for sweeps: no allocation, some tens of nanoseconds a layer. Rows are C FX FY and columns K, as in Section VI of the paper of
 * cost.h; the rules of packing, copying and rounds are ours, because the paper leaves the mapping to a search by ZigZag. */
#ifndef BL_IMC_MAPPING_H
#define BL_IMC_MAPPING_H

#include "platforms/imc/cost.h"

/* All counts 1 and more; c and k are multiples of groups. */
struct bl_imc_layer { uint64_t c, k, kernel, groups, pixels; };    /* channels in and out, FX FY, groups, OX OY */

enum { BL_IMC_PARTIAL_BITS = 24, BL_IMC_OUTPUT_BITS = 8 };           /* of a partial sum (written and read again) and of an output; free */

struct bl_imc_mapping {
    uint64_t rt, ct;           /* tiles along the rows and along the columns; 1 where groups are packed */
    uint64_t packed;           /* groups that share a tile, block-diagonally */
    uint64_t tiles;            /* of weights */
    uint64_t dup;              /* copies of all tiles, each of which takes a share of the pixels */
    uint64_t rounds;           /* times that the macros are loaded with other tiles */
    uint64_t steps;            /* MVMs one after the other */
    double cycles;             /* input steps: the array is at work for so many clocks */
    double rows, cols;         /* in use in a tile, on average */
    double macs;               /* of the layer */
    double utilisation;        /* of all cells in all steps, 0 .. 1 */
    double energy;             /* fJ, of the macros; by Eqs. (1) to (11) */
    double bits_in, bits_out, bits_weights;   /* to and from outside: a copy of a weight is a broadcast */
};

/* 0, or -1 for a layer or a macro with a count of 0, or groups that divide no channels; *out is then zeros. */
int bl_imc_map(const struct bl_imc_macro *m, const struct bl_imc_layer *l, struct bl_imc_mapping *out);
/* Adds a layer to a total that began as zeros: MACs, steps, cycles, energy, bits; utilisation over all steps. */
void bl_imc_map_add(const struct bl_imc_macro *m, struct bl_imc_mapping *total, const struct bl_imc_mapping *layer);

#endif
