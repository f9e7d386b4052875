/* record.h - how the weights of a layer lie in the macros of DB-PIM: which filters share a macro, which K positions a tile has, and the
 * compressed record of each core, bit by bit (Duan et al., sections V-B to V-D; where the paper is silent the choice is ours and says so). */
#ifndef BL_DB_RECORD_H
#define BL_DB_RECORD_H

#include "components/db_pim/db_shape.h"
#include "components/db_pim/dyadic.h"
#include "kernel/sim.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a column of cells keeps. */
enum bl_db_coding {
    BL_DB_DYADIC,              /* dyadic blocks that are not zero: phi columns a filter; positions whose weights are zero are left out */
    BL_DB_BINARY,              /* bits of two's complement: 8 columns a filter, every position. The dense baseline */
    BL_DB_BINARY_MASKED        /* the same, positions left out where all filters of the macro are zero: value sparsity alone */
};

/* n filters of k weights, those of filter f from w + f * k on: a layer, or one group of it. */
struct bl_db_weights { const int8_t *w; uint32_t n, k; const char *name; };      /* name: for messages */

/* What one core holds, in all its macros alike: neighbouring filters that together have no more columns than a macro and the same mask (ours).
 * Filter f has the columns behind those of the filters before it, its lower dyadic block (or bit) first. One without columns is all zero. */
struct bl_db_macro {
    uint32_t filter, filters;  /* first filter, how many */
    uint32_t columns;          /* in use, 0 to BL_DB_COLUMNS */
    uint16_t *mask;            /* a word a window: bit x is set when position 16 window + x is kept */
    uint32_t kept;             /* positions */
};

/* An N tile is as many neighbouring macros as there are cores, core c has macro `macro` + c; a K tile is a run of positions. It ends where the
 * densest core is full, or where the mask file is. That need not be the end of a window: then the window is sent again, with the other bits
 * of its mask (ours). An N tile that keeps nothing has no K tile: its sums are 0. */
struct bl_db_tile {
    uint32_t macro, macros;    /* first one, how many, 1 to the number of cores */
    uint32_t from, to;         /* K positions from, .., to - 1 */
    uint32_t rows;             /* of 16 kept positions, of the core that has most: 1 to BL_DB_ROWS */
};

struct bl_db_plan {
    struct bl_db_weights of;
    enum bl_db_coding coding;
    uint32_t cores;
    uint8_t *columns;          /* of each filter: its phi; 8 in binary */
    struct bl_db_macro *macros;
    struct bl_db_tile *tiles;  /* in the order N, K */
    uint32_t nmacros, ntiles, windows;
};

/* Plans a layer (or a group) for chips of `cores` cores, 1 to 64. The weights stay the caller's and must outlive the plan. Refused, with name,
 * filter and position: kept weights of one filter with different numbers of non-zero digits, or with more than two (BL_DB_DYADIC). 0, or -1
 * after a bl_error; then there is nothing to free. */
int bl_db_plan(struct bl_db_plan *p, struct bl_db_weights of, enum bl_db_coding coding, uint32_t cores, struct bl_diag *diag);
void bl_db_plan_fini(struct bl_db_plan *p);

/* What one core is loaded with for one tile. Kept position x, counted from 0, lies in row x / 16, compartment x % 16. */
struct bl_db_record {
    uint32_t window, windows;  /* the first window that is sent, and how many */
    uint32_t kept, rows, columns;
    uint16_t mask[BL_DB_MASK_BITS / BL_DB_COMPARTMENTS];       /* of each window; in BL_DB_BINARY too */
    /* Row r, compartment t at [r * 16 + t]; of it column d in bits 4d to 4d + 3, as bl_db_cell_bits: Q, sign, index. Binary: Q alone, the bit of
     * the weight. What is not used is 0. */
    uint64_t cells[BL_DB_ROWS * BL_DB_COMPARTMENTS];
};
/* core: 0 to tile->macros - 1. */
void bl_db_record(const struct bl_db_plan *p, uint32_t tile, uint32_t core, struct bl_db_record *out);

/* Bits that are stored: cells in use, three bits of meta data for each of them (none in binary), mask (none in BL_DB_BINARY). */
struct bl_db_bits { uint64_t cells, meta, mask; };
struct bl_db_bits bl_db_record_bits(const struct bl_db_plan *p, const struct bl_db_record *r);
struct bl_db_bits bl_db_plan_bits(const struct bl_db_plan *p);               /* of all records */

/* ---- row steps: a row of 16 weights a filter, multiplied in all macros of all cores at once; what a layer's time is counted in ---- */

/* Of the plan, for m output positions on cores of `macros` macros: rows of all tiles, times the groups of `macros` positions. */
uint64_t bl_db_row_steps(const struct bl_db_plan *p, uint64_t m, uint32_t macros);
/* The same for a layer of n filters of `columns` columns each (1, 2 or 8) that all keep the same `kept` positions. */
uint64_t bl_db_ideal_steps(uint32_t n, uint32_t kept, uint32_t columns, uint64_t m, uint32_t cores, uint32_t macros);

#ifdef __cplusplus
}
#endif

#endif
