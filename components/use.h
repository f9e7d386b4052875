/* use.h - how much of an array a tile of weights uses: rows and columns. A word of two lanes tells parts around the array, whose columns
 * are not in use neither convert nor add nor cost anything. 0: nothing was said, all are in use. */
#ifndef BL_COMPONENTS_USE_H
#define BL_COMPONENTS_USE_H

#include "kernel/model.h"

enum { BL_USE_LANES = 2 };             /* of the word: rows, columns; 16 bits each */
struct bl_use { uint32_t rows, cols; };

static inline void bl_use_put(uint16_t *word, struct bl_use use)
{
    word[0] = (uint16_t)use.rows;
    word[1] = (uint16_t)use.cols;
}

/* How many of a part's `lanes` are in use when each row, or column, has `each` of them: `said` is that lane of the word, or 0. */
static inline uint64_t bl_use_lanes(uint32_t said, int64_t each, int64_t lanes)
{
    const uint64_t n = said ? (uint64_t)said * (uint64_t)each : (uint64_t)lanes;

    return n < (uint64_t)lanes ? n : (uint64_t)lanes;
}

#endif
