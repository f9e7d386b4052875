/* db_pim.h - what the parts of DB-PIM agree on (Duan et al., sections III and V): the shape of a macro, how a row of weights, signs and
 * indices lies in an item, and what a row of activations takes along. */
#ifndef BL_DB_PIM_H
#define BL_DB_PIM_H

#include <stdint.h>

/* A macro: 16 compartments of 16 dyadic block multiply units (columns), each with 16 cells (rows). The four macros of a core hold the same. */
enum { DB_COMPARTMENTS = 16, DB_COLUMNS = 16, DB_ROWS = 16, DB_MACROS = 4, DB_WINDOW = 16, DB_MASK_BITS = 2048, DB_SETS = 2 };

/* What is written into a core: an item [number, words..]. number: set * DB_SET + r; r below DB_ROWS is a row of cells, DB_HEADER says which
 * columns make a filter, DB_MASK + i is a part of the mask: 64 bits a word, window-aligned, bit k of it for position k of the K tile.
 * A row of cells: column d of a plane is bits 16 (d % 4) .. + 15 of its word d / 4, one bit a compartment; the planes are Q, and, in rows of 16
 * words (sparse), sign, index bit 0, index bit 1. Rows of four words (dense) have Q alone. */
enum { DB_HEADER = 16, DB_MASK = 17, DB_SET = 64 };
enum { DB_PLANE_WORDS = 4, DB_DENSE_WORDS = DB_PLANE_WORDS, DB_SPARSE_WORDS = 4 * DB_PLANE_WORDS };
/* Header word 0, bits 0 .. 15: column d begins a filter; bits 16 .. 31: column d belongs to one. */
static inline uint32_t db_starts(uint64_t header) { return header & 0xffff; }
static inline uint32_t db_used(uint64_t header) { return header >> 16 & 0xffff; }

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
