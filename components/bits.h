/* bits.h - packed bits: a vector of up to 192 one-bit values is `nw` 64-bit words, element 0 in bit 0 of
 * word 0, unused bits zero. Pure functions; all compiled variants give the same results. */
#ifndef BL_BITS_H
#define BL_BITS_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { BL_BITS_WORDS = 3, BL_BITS_MOST = 64 * BL_BITS_WORDS };

static inline uint32_t bl_bits_words(int64_t n) { return (uint32_t)((n + 63) / 64); }

/* Transposes n bytes into eight bit planes: bit c of planes[j * nw ...] is bit j of v[c]. */
void bl_bits_planes(uint64_t *planes, uint32_t nw, const uint8_t *v, uint32_t n);
/* counts[r] = ones in row r; rows follow each other, nw words each. */
void bl_bits_count(uint16_t *counts, const uint64_t *rows, uint32_t nrows, uint32_t nw);
/* out = a AND b, 1..BL_BITS_WORDS words. */
static inline void bl_bits_and(uint64_t *out, const uint64_t *a, const uint64_t *b, uint32_t nw)
{
    out[0] = a[0] & b[0];
    if (nw > 1)
        out[1] = a[1] & b[1];
    if (nw > 2)
        out[2] = a[2] & b[2];
}
/* counts[c] = ones in (x XNOR w[c]) AND mask: columns of `stride` words follow each other, the first nw count (any nw). */
void bl_bits_xnor(uint16_t *counts, const uint64_t *x, const uint64_t *w, const uint64_t *mask, uint32_t ncols, uint32_t nw,
                  uint32_t stride);
/* The sum over elements of row bit x level, the level given as `width` bit planes (LSB first). */
uint32_t bl_bits_dot(const uint64_t *row, const uint64_t *levels, uint32_t width, uint32_t nw);
/* The same for nrows rows that follow each other. */
void bl_bits_dots(uint32_t *sums, const uint64_t *rows, uint32_t nrows, const uint64_t *levels, uint32_t width, uint32_t nw);
/* sums[i] = bl_tree_sum of the i-th group of `bits` planes of nw words; groups follow each other (tree.h). */
void bl_bits_sums(int64_t *sums, const uint64_t *planes, uint32_t n, uint32_t bits, uint32_t nw, bool is_signed);

#ifdef __cplusplus
}
#endif

#endif
