/* planes.h - bit planes in items: a lane of `bits` bits, one a wordline or operand. Up to 64 bits lie in the lane's natural type, more
 * in 64-bit words, least significant first. Pure functions. */
#ifndef COMPONENTS_PLANES_H
#define COMPONENTS_PLANES_H

#include "components/lanes.h"

#include <stddef.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

static inline uint32_t bl_plane_words(uint32_t bits) { return (bits + 63) / 64; }
/* Whether planes lie as 64-bit words, so that those of an item are one row of words. */
static inline bool bl_planes_are_words(uint32_t bits) { return bits > 32; }

/* Plane i of an item, as bl_plane_words words; a place for a narrow one is given. */
static inline const uint64_t *bl_plane_get(const void *item, uint32_t bits, size_t i, uint64_t *narrow)
{
    if (bl_planes_are_words(bits))
        return (const uint64_t *)item + i * bl_plane_words(bits);
    *narrow = (uint64_t)bl_lane_get(item, bits, false, (uint32_t)i);
    return narrow;
}

static inline void bl_plane_put(void *item, uint32_t bits, size_t i, const uint64_t *from)
{
    if (bl_planes_are_words(bits))
        memcpy((uint64_t *)item + i * bl_plane_words(bits), from, bl_plane_words(bits) * sizeof *from);
    else
        bl_lane_put(item, bits, (uint32_t)i, (int64_t)*from);
}

#ifdef __cplusplus
}
#endif

#endif
