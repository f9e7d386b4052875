/* ideal.h - what a layer takes on macros that nothing holds up: cycles in closed form, energy as counts times prices; and the mapping that
 * takes least. Pure functions of a chain, a layer and its mapping. */
#ifndef BL_WEIGHT_STATIONARY_IDEAL_H
#define BL_WEIGHT_STATIONARY_IDEAL_H

#include "platforms/weight_stationary/chain.h"

/* A conv or fc layer: products and outputs of a group, groups, windows; and rows and columns of the array, macros, sets of weights. */
struct ws_work { uint64_t k, n, groups, windows, rows, cols, macros, sets; };
/* Its cut: so many groups in a tile, or tiles of so many products and outputs; copies of all tiles, each with a share of the windows. */
struct ws_map { uint64_t packed, rows, cols, copies; };

/* Prices of an event by stage and tally, yJ; 0: none. */
struct ws_prices { uint64_t yj[8][7]; };

struct ws_cost {
    uint64_t tiles, rounds;            /* with copies */
    uint64_t steps;                    /* operations one after the other: the busiest macro's */
    uint64_t busy;                     /* ticks that its array is at work on them: steps x slices */
    uint64_t load;                     /* ticks that rows are sent */
    uint64_t cycles;                   /* all of the layer, */
    uint64_t barrier;                  /* and of them those in which a round waits for macros behind the first one */
    uint64_t ops;                      /* operations of all macros */
    bl_yj operations, writes;          /* exactly what the account of such a run has */
    double utilisation;                /* of all cells in all steps: products over steps x macros x rows x cols */
};

/* The cut of mapping plain, or copies: as many groups and as large tiles as fit. pack: several groups may share a tile. */
struct ws_map ws_map_rule(const struct ws_work *w, bool pack, bool copies);
struct ws_cost ws_cost_of(const struct ws_chain *c, const struct ws_prices *p, const struct ws_work *w, const struct ws_map *map);
/* The least cycles, energy or product of both, of all cuts that fit: every number of groups, of tiles along rows and along columns, of copies.
 * Of equal ones the first, beginning with those of ws_map_rule. mapping: BL_MAP_LATENCY, BL_MAP_ENERGY, BL_MAP_EDP. */
struct ws_map ws_map_best(const struct ws_chain *c, const struct ws_prices *p, const struct ws_work *w, bool pack, unsigned mapping);

#endif
