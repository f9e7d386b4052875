/* bits.c - bytes turned into bit planes, and ones counted. The baseline of x86-64 has no instruction that counts ones, so there
 * is a second variant for processors that have one. */
#include "components/bits.h"
#include "components/tree.h"

#include <string.h>

#if defined __x86_64__ && !defined __POPCNT__
#define POPCNT_VARIANT __attribute__((target("popcnt")))
static int has_popcnt(void) { return __builtin_cpu_supports("popcnt"); }
#else
#define POPCNT_VARIANT
static int has_popcnt(void) { return 0; }
#endif
#define BOTH static inline __attribute__((always_inline))

/* An 8 x 8 bit matrix, row r in byte r, is transposed (H. S. Warren, Hacker's Delight, 7-3). */
static uint64_t transposed(uint64_t x)
{
    uint64_t t = (x ^ x >> 7) & UINT64_C(0x00aa00aa00aa00aa);
    x ^= t ^ t << 7;
    t = (x ^ x >> 14) & UINT64_C(0x0000cccc0000cccc);
    x ^= t ^ t << 14;
    t = (x ^ x >> 28) & UINT64_C(0x00000000f0f0f0f0);
    return x ^ t ^ t << 28;
}

/* The first eight of n bytes, zeros after them. */
static uint64_t eight_bytes(const uint8_t *v, uint32_t n)
{
    uint64_t x = 0;

    if (n >= 8)
        return (uint64_t)v[0] | (uint64_t)v[1] << 8 | (uint64_t)v[2] << 16 | (uint64_t)v[3] << 24 |
               (uint64_t)v[4] << 32 | (uint64_t)v[5] << 40 | (uint64_t)v[6] << 48 | (uint64_t)v[7] << 56;
    for (uint32_t b = 0; b < n; b++)
        x |= (uint64_t)v[b] << 8 * b;
    return x;
}

void bl_bits_planes(uint64_t *planes, uint32_t nw, const uint8_t *v, uint32_t n)
{
    memset(planes, 0, sizeof *planes * 8 * nw);
    for (uint32_t c = 0; c < n; c += 8) {
        uint64_t x = transposed(eight_bytes(v + c, n - c));
        for (uint32_t j = 0; j < 8; j++)
            planes[j * nw + c / 64] |= (x >> 8 * j & 255) << (c & 63);
    }
}

BOTH uint32_t ones(const uint64_t *a, const uint64_t *b, uint32_t nw)
{
    int n = 0;

    if (nw == 3)                    /* 129 to 192 columns, the usual case, without a loop */
        return (uint32_t)(__builtin_popcountll(a[0] & b[0]) + __builtin_popcountll(a[1] & b[1]) +
                          __builtin_popcountll(a[2] & b[2]));
    for (uint32_t w = 0; w < nw; w++)
        n += __builtin_popcountll(a[w] & b[w]);
    return (uint32_t)n;
}

BOTH void count(uint16_t *counts, const uint64_t *rows, uint32_t nrows, uint32_t nw)
{
    for (uint32_t r = 0; r < nrows; r++, rows += nw)
        counts[r] = (uint16_t)ones(rows, rows, nw);
}

BOTH uint32_t dot(const uint64_t *row, const uint64_t *levels, uint32_t width, uint32_t nw)
{
    uint32_t sum = 0;

    for (uint32_t b = 0; b < width; b++, levels += nw)
        sum += ones(row, levels, nw) << b;
    return sum;
}

BOTH void dots(uint32_t *sums, const uint64_t *rows, uint32_t nrows, const uint64_t *levels, uint32_t width, uint32_t nw)
{
    for (uint32_t r = 0; r < nrows; r++, rows += nw)
        sums[r] = dot(rows, levels, width, nw);
}

/* Bytes of up to 64 operands, the usual case, without a loop over planes. */
BOTH int64_t eight_planes(const uint64_t *p, bool is_signed)
{
    const int64_t top = __builtin_popcountll(p[7]);
    int64_t sum = is_signed ? -top : top;

    sum = 2 * sum + __builtin_popcountll(p[6]);
    sum = 2 * sum + __builtin_popcountll(p[5]);
    sum = 2 * sum + __builtin_popcountll(p[4]);
    sum = 2 * sum + __builtin_popcountll(p[3]);
    sum = 2 * sum + __builtin_popcountll(p[2]);
    sum = 2 * sum + __builtin_popcountll(p[1]);
    return 2 * sum + __builtin_popcountll(p[0]);
}

/* From the top plane down the sum doubles at each step. Up to 64 operands, the usual case, need no loop over words. */
BOTH int64_t tree_sum_of_words(const uint64_t *planes, uint32_t bits, bool is_signed)
{
    const int64_t top = __builtin_popcountll(planes[bits - 1]);
    int64_t sum = is_signed ? -top : top;

    for (uint32_t b = bits - 1; b-- > 0;)
        sum = sum * 2 + __builtin_popcountll(planes[b]);
    return sum;
}

BOTH void tree_sums(int64_t *sums, const uint64_t *planes, uint32_t n, uint32_t bits, uint32_t nw, bool is_signed)
{
    if (nw == 1 && bits == 8) {
        for (uint32_t i = 0; i < n; i++, planes += 8)
            sums[i] = eight_planes(planes, is_signed);
        return;
    }
    for (uint32_t i = 0; i < n; i++, planes += (size_t)bits * nw)
        sums[i] = nw == 1 ? tree_sum_of_words(planes, bits, is_signed) : bl_tree_sum(planes, bits, nw, is_signed);
}

BOTH void xnor(uint16_t *counts, const uint64_t *x, const uint64_t *w, const uint64_t *mask, uint32_t ncols, uint32_t nw,
               uint32_t stride)
{
    for (uint32_t c = 0; c < ncols; c++, w += stride) {
        int n = 0;
        for (uint32_t i = 0; i < nw; i++)
            n += __builtin_popcountll(~(x[i] ^ w[i]) & mask[i]);
        counts[c] = (uint16_t)n;
    }
}

POPCNT_VARIANT static void count_popcnt(uint16_t *counts, const uint64_t *rows, uint32_t nrows, uint32_t nw)
{
    count(counts, rows, nrows, nw);
}

POPCNT_VARIANT static uint32_t dot_popcnt(const uint64_t *row, const uint64_t *levels, uint32_t width, uint32_t nw)
{
    return dot(row, levels, width, nw);
}

void bl_bits_count(uint16_t *counts, const uint64_t *rows, uint32_t nrows, uint32_t nw)
{
    if (has_popcnt())
        count_popcnt(counts, rows, nrows, nw);
    else
        count(counts, rows, nrows, nw);
}

uint32_t bl_bits_dot(const uint64_t *row, const uint64_t *levels, uint32_t width, uint32_t nw)
{
    return has_popcnt() ? dot_popcnt(row, levels, width, nw) : dot(row, levels, width, nw);
}

POPCNT_VARIANT static void xnor_popcnt(uint16_t *counts, const uint64_t *x, const uint64_t *w, const uint64_t *mask, uint32_t ncols,
                                       uint32_t nw, uint32_t stride)
{
    xnor(counts, x, w, mask, ncols, nw, stride);
}

void bl_bits_xnor(uint16_t *counts, const uint64_t *x, const uint64_t *w, const uint64_t *mask, uint32_t ncols, uint32_t nw,
                  uint32_t stride)
{
    (has_popcnt() ? xnor_popcnt : xnor)(counts, x, w, mask, ncols, nw, stride);
}

POPCNT_VARIANT static void dots_popcnt(uint32_t *sums, const uint64_t *rows, uint32_t nrows, const uint64_t *levels, uint32_t width,
                                       uint32_t nw)
{
    dots(sums, rows, nrows, levels, width, nw);
}

void bl_bits_dots(uint32_t *sums, const uint64_t *rows, uint32_t nrows, const uint64_t *levels, uint32_t width, uint32_t nw)
{
    (has_popcnt() ? dots_popcnt : dots)(sums, rows, nrows, levels, width, nw);
}

POPCNT_VARIANT static void tree_sums_popcnt(int64_t *sums, const uint64_t *planes, uint32_t n, uint32_t bits, uint32_t nw, bool is_signed)
{
    tree_sums(sums, planes, n, bits, nw, is_signed);
}

void bl_bits_sums(int64_t *sums, const uint64_t *planes, uint32_t n, uint32_t bits, uint32_t nw, bool is_signed)
{
    (has_popcnt() ? tree_sums_popcnt : tree_sums)(sums, planes, n, bits, nw, is_signed);
}
