/* db_pim.h - what the parts of DB-PIM agree on (Duan et al., sections III and V): the shape of a macro, how a row of weights, signs and
 * indices lies in an item, and what a row of activations takes along. */
#ifndef BL_DB_PIM_H
#define BL_DB_PIM_H

#include "components/db_pim/db_shape.h"

#include <stdbool.h>
#include <stdint.h>

/* A macro: 16 compartments of 16 dyadic block multiply units (columns), each with 16 cells (rows); db_shape.h. The four macros of a core hold the
 * same. A window is as many activations as there are compartments. Cells for two tiles: double_load. */
enum { DB_COMPARTMENTS = BL_DB_COMPARTMENTS, DB_COLUMNS = BL_DB_COLUMNS, DB_ROWS = BL_DB_ROWS, DB_MACROS = BL_DB_MACROS, DB_WINDOW = BL_DB_COMPARTMENTS,
       DB_MASK_BITS = BL_DB_MASK_BITS, DB_SETS = 2 };

/* What is written into a core: an item of a number and 16 words. number: set * DB_SET + r; r below DB_ROWS is a row of cells, DB_HEADER says how
 * columns are read, DB_MASK + i is half i of the mask: bit k of the mask is for position k of the tile, from its first window on.
 * A row of cells is four planes, Q, sign, index bit 0, index bit 1 (binary weights: Q alone): column d of a plane is bits 16 (d % 4) .. + 15 of
 * its word d / 4, a bit a compartment. */
enum { DB_HEADER = 16, DB_MASK = 17, DB_SET = 64 };
enum { DB_PLANE_WORDS = 4, DB_ROW_WORDS = 4 * DB_PLANE_WORDS, DB_ITEM_LANES = 1 + DB_ROW_WORDS, DB_MASK_PARTS = DB_MASK_BITS / 64 / DB_ROW_WORDS };
/* Header word 0, bits 0 .. 15: column d begins a filter; bits 16 .. 31: column d belongs to one; bit 32: weights are in two's complement, column
 * d of a filter has bit d, the eighth negative. */
static inline uint32_t db_starts(uint64_t header) { return header & 0xffff; }
static inline uint32_t db_used(uint64_t header) { return header >> 16 & 0xffff; }
static inline bool db_binary(uint64_t header) { return header >> 32 & 1; }

/* Ones of 16 bits, in few steps of an adder tree: without the processor's own instruction the builtin is a call. */
static inline uint32_t db_ones(uint32_t v)
{
    v = (v & 0x5555) + (v >> 1 & 0x5555);
    v = (v & 0x3333) + (v >> 2 & 0x3333);
    v = (v & 0x0f0f) + (v >> 4 & 0x0f0f);
    return (v & 0xff) + (v >> 8);
}

static inline uint32_t db_plane_column(const uint64_t *plane, uint32_t column) { return plane[column / 4] >> 16 * (column % 4) & 0xffff; }
static inline void db_plane_put(uint64_t *plane, uint32_t column, uint32_t bits)
{
    plane[column / 4] |= (uint64_t)bits << 16 * (column % 4);
}

/* The tag of a window that the network takes: bit 0: it is the last one of its pass; the set of weights; how many of the four output
 * positions there are; which one it is for (feed_rows 1). */
enum { DB_WIN_FINAL, DB_WIN_SET, DB_WIN_VALID, DB_WIN_M, DB_WIN_LANES };
/* The tag of a row of activations: bit 0: it is the last one of its pass (lane `ends` of the slicer); row of the array, from set * 16 on; how
 * many of the four output positions there are. The slicer appends shift and flags. */
enum { DB_ROW_LAST, DB_ROW_NUMBER, DB_ROW_VALID, DB_ROW_LANES, DB_SLICE_LANES = DB_ROW_LANES + 2 };

#endif
