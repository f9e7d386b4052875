/* draw.h - pseudorandom numbers of what is made up: weights and images; private to platforms/. */
#ifndef BL_DRAW_H
#define BL_DRAW_H

#include <stdint.h>

/* One 64-bit draw: a function of the key and the draw's number alone (SplitMix64: Steele, Lea and Flood,
 * "Fast splittable pseudorandom number generators", OOPSLA 2014). */
static inline uint64_t bl_draw(uint64_t key, uint64_t n)
{
    uint64_t z = key + (n + 1) * UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

/* The key of a named stream: FNV-1a of the name, stirred with the seed. */
static inline uint64_t bl_draw_key(uint64_t seed, const char *name)
{
    uint64_t h = UINT64_C(0xCBF29CE484222325);

    for (; *name; name++)
        h = (h ^ (unsigned char)*name) * UINT64_C(0x100000001B3);
    return bl_draw(seed, h);
}

#endif
