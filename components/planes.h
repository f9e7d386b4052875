/* planes.h - bit planes in items: a lane of `bits` bits, one a wordline or operand. Up to 64 bits lie in the lane's natural type, more
 * in 64-bit words, least significant first. Pure functions. */
#ifndef BL_PLANES_H
#define BL_PLANES_H

#include "components/lanes.h"

#ifdef __cplusplus
extern "C" {
#endif

static inline uint32_t bl_plane_words(uint32_t bits) { return (bits + 63) / 64; }
/* Whether planes lie as 64-bit words, so that those of an item are one row of words. */
static inline bool bl_planes_are_words(uint32_t bits) { return bits > 32; }

/* n narrow planes of an item, from plane `first` on, a word each; and back. Wide ones lie as they are: no copy is needed. */
static inline void bl_planes_get(uint64_t *to, const void *item, uint32_t bits, uint32_t first, uint32_t n)
{
    bl_lanes_get((int64_t *)to, item, bits, false, first, n);
}

static inline void bl_planes_put(void *item, uint32_t bits, const uint64_t *from, uint32_t first, uint32_t n)
{
    bl_lanes_put(item, bits, (const int64_t *)from, first, n);
}

#ifdef __cplusplus
}
#endif

#endif
