/* lanes.h - the values of an item or a word as int64_t, whatever the width of its lanes: up to 8, 16, 32 and 64 bits a lane lies in 1, 2, 4
 * and 8 bytes, a lane of more in 64-bit words, least significant first. Pure functions; bits is that of a lane. */
#ifndef BL_LANES_H
#define BL_LANES_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The low `bits` (1 .. 64) of v, as an unsigned number or in two's complement. */
static inline int64_t bl_lane_value(uint64_t v, uint32_t bits, bool is_signed)
{
    const uint64_t top = UINT64_C(1) << (bits - 1), kept = v & (top | (top - 1));

    return (int64_t)(is_signed ? (kept ^ top) - top : kept);
}

/* Lane i of an item with lanes of 1 .. 64 bits. Unsigned ones of 64 bits come as their bit pattern. */
static inline int64_t bl_lane_get(const void *item, uint32_t bits, bool is_signed, uint32_t i)
{
    const uint64_t v = bits <= 8 ? ((const uint8_t *)item)[i] : bits <= 16 ? ((const uint16_t *)item)[i] :
                       bits <= 32 ? ((const uint32_t *)item)[i] : ((const uint64_t *)item)[i];

    return bl_lane_value(v, bits, is_signed);
}

/* Keeps the low `bits` of v, the others become 0: it wraps. */
static inline void bl_lane_put(void *item, uint32_t bits, uint32_t i, int64_t v)
{
    const uint64_t kept = (uint64_t)bl_lane_value((uint64_t)v, bits, false);

    if (bits <= 8)
        ((uint8_t *)item)[i] = (uint8_t)kept;
    else if (bits <= 16)
        ((uint16_t *)item)[i] = (uint16_t)kept;
    else if (bits <= 32)
        ((uint32_t *)item)[i] = (uint32_t)kept;
    else
        ((uint64_t *)item)[i] = kept;
}

/* Lanes first .. first + n - 1, at once: their type is asked for once. */
static inline void bl_lanes_get(int64_t *out, const void *item, uint32_t bits, bool is_signed, uint32_t first, uint32_t n)
{
    const uint64_t top = UINT64_C(1) << (bits - 1), mask = top | (top - 1), sign = is_signed ? top : 0;

    if (bits <= 8)
        for (uint32_t i = 0; i < n; i++)
            out[i] = (int64_t)((((const uint8_t *)item)[first + i] & mask) ^ sign) - (int64_t)sign;
    else if (bits <= 16)
        for (uint32_t i = 0; i < n; i++)
            out[i] = (int64_t)((((const uint16_t *)item)[first + i] & mask) ^ sign) - (int64_t)sign;
    else if (bits <= 32)
        for (uint32_t i = 0; i < n; i++)
            out[i] = (int64_t)((((const uint32_t *)item)[first + i] & mask) ^ sign) - (int64_t)sign;
    else
        for (uint32_t i = 0; i < n; i++)
            out[i] = (int64_t)(((((const uint64_t *)item)[first + i] & mask) ^ sign) - sign);
}

static inline void bl_lanes_put(void *item, uint32_t bits, const int64_t *v, uint32_t first, uint32_t n)
{
    const uint64_t top = UINT64_C(1) << (bits - 1), mask = top | (top - 1);

    if (bits <= 8)
        for (uint32_t i = 0; i < n; i++)
            ((uint8_t *)item)[first + i] = (uint8_t)((uint64_t)v[i] & mask);
    else if (bits <= 16)
        for (uint32_t i = 0; i < n; i++)
            ((uint16_t *)item)[first + i] = (uint16_t)((uint64_t)v[i] & mask);
    else if (bits <= 32)
        for (uint32_t i = 0; i < n; i++)
            ((uint32_t *)item)[first + i] = (uint32_t)((uint64_t)v[i] & mask);
    else
        for (uint32_t i = 0; i < n; i++)
            ((uint64_t *)item)[first + i] = (uint64_t)v[i] & mask;
}

/* n bits of a lane of packed bits, from bit `at` on, as one number: n 1 .. 64. The lane is its 64-bit words. */
static inline int64_t bl_packed_get(const uint64_t *lane, uint32_t at, uint32_t n, bool is_signed)
{
    const uint32_t low = at & 63;
    uint64_t v = lane[at / 64] >> low;

    if (low + n > 64)
        v |= lane[at / 64 + 1] << (64 - low);
    return bl_lane_value(v, n, is_signed);
}

/* The others keep theirs. */
static inline void bl_packed_put(uint64_t *lane, uint32_t at, uint32_t n, int64_t v)
{
    const uint32_t low = at & 63;
    const uint64_t mask = (uint64_t)bl_lane_value(UINT64_MAX, n, false), kept = (uint64_t)v & mask;

    lane[at / 64] = (lane[at / 64] & ~(mask << low)) | kept << low;
    if (low + n > 64)
        lane[at / 64 + 1] = (lane[at / 64 + 1] & ~(mask >> (64 - low))) | kept >> (64 - low);
}

#ifdef __cplusplus
}
#endif

#endif
