/* tree.h - the arithmetic of adder trees and of what adds their sums: widths, full adders, popcount sums of bit planes, saturation,
 * wrapping to a width. Pure functions on whole numbers. Used by adder_tree and shift_add, and by osa_dat and osa_accumulator. */
#ifndef BL_TREE_H
#define BL_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Levels of a tree over n operands, 1 .. 2^31: log2 of n, rounded up. */
static inline uint32_t bl_tree_levels(uint32_t n)
{
    uint32_t levels = 0;

    while (UINT64_C(1) << levels < n)
        levels++;
    return levels;
}

/* Bits that hold every sum of n operands (1 .. 2^31) of `bits` bits (1 .. 32). Two's complement: -n 2^(bits-1) is the number that
 * needs most; unsigned: n (2^bits - 1). 64 x 8 b: 14 and 14; 3 x 4 b: 6 and 6; 144 x 1 b unsigned: 8. */
static inline uint32_t bl_tree_bits(uint32_t n, uint32_t bits, bool is_signed)
{
    const uint64_t most = (uint64_t)n * ((UINT64_C(1) << bits) - 1);
    uint32_t width = 1;

    if (is_signed)
        return bits + bl_tree_levels(n);
    while (most >> width)
        width++;
    return width;
}

/* Full adders of a tree over n operands of `bits` bits: F = B N' + N' - B - log2 N' - 1, with N' = n padded to a power of two. Level l
 * has N' / 2^l adders of B + l - 1 bits, the carry of each is the next bit: a ripple-carry tree, as cost models of digital
 * CIM macros count it. F(64, 8) = 561, F(144, 1) = 502. */
static inline uint64_t bl_tree_full_adders(uint32_t n, uint32_t bits)
{
    const uint32_t levels = bl_tree_levels(n);
    const uint64_t padded = UINT64_C(1) << levels;

    return (uint64_t)bits * padded + padded - bits - levels - 1;
}

/* The sum of operands that lie as bit planes: plane b, of weight 2^b, is `words` words from planes + b * words, one bit an operand.
 * is_signed: the top plane counts -2^(bits-1). bits: 1 .. 32; words * 64 < 2^31. */
static inline int64_t bl_tree_sum(const uint64_t *planes, uint32_t bits, size_t words, bool is_signed)
{
    int64_t sum = 0;

    for (uint32_t b = 0; b < bits; b++, planes += words) {
        int64_t ones = 0;
        for (size_t w = 0; w < words; w++)
            ones += __builtin_popcountll(planes[w]);
        sum += is_signed && b + 1 == bits ? -ones * (INT64_C(1) << b) : ones * (INT64_C(1) << b);
    }
    return sum;
}

/* Clamps *v to what `bits` bits hold, 1 .. 63. Returns whether it had to. */
static inline bool bl_tree_saturate(int64_t *v, uint32_t bits, bool is_signed)
{
    const int64_t hi = (int64_t)((UINT64_C(1) << (is_signed ? bits - 1 : bits)) - 1), lo = is_signed ? -hi - 1 : 0, was = *v;

    *v = was > hi ? hi : was < lo ? lo : was;
    return *v != was;
}

/* The low `width` bits of v, 1 .. 63, as a number in two's complement: what an adder of that width holds. */
static inline int64_t bl_tree_wrap(int64_t v, uint32_t width)
{
    const uint64_t top = UINT64_C(1) << (width - 1), low = (uint64_t)v & (top | (top - 1));

    return (int64_t)(low ^ top) - (int64_t)top;
}

#ifdef __cplusplus
}
#endif

#endif
