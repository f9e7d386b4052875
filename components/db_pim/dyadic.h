/* dyadic.h - weights of DB-PIM: canonical signed digits of an int8, its dyadic blocks, the SRAM cells that keep them, and the number closest
 * to a weight that has one or two non-zero digits (Duan et al., sections IV-A to IV-C, Table I, Fig. 5). Pure functions on whole numbers. */
#ifndef BL_DB_DYADIC_H
#define BL_DB_DYADIC_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- canonical signed digits (CSD): w = sum of d[i] 2^i, d[i] in -1, 0, 1, no two neighbours non-zero. Every int8 has eight. ---- */

struct bl_db_csd { uint8_t plus, minus; };           /* bit i is set where d[i] is 1; where it is -1 */

/* By the rule of Reitwiesner: the digits are non-zero where w/2 and 3w/2 differ, and positive where 3w/2 has the one. */
static inline struct bl_db_csd bl_db_csd(int8_t w)
{
    const uint32_t half = (uint32_t)((w - (w & 1)) / 2), three = (uint32_t)w + half, digits = half ^ three;

    const struct bl_db_csd d = { (uint8_t)(three & digits), (uint8_t)(half & digits) };

    return d;
}

/* Non-zero digits of w, 0 to 4: the paper's phi. Counted by pairs and nibbles, since baseline x86-64 has no instruction for it. */
static inline uint32_t bl_db_phi(int8_t w)
{
    const struct bl_db_csd d = bl_db_csd(w);
    const uint32_t digits = d.plus | d.minus, pairs = (digits | digits >> 1) & 0x55, nibbles = (pairs & 0x11) + (pairs >> 2 & 0x11);

    return (nibbles + (nibbles >> 4)) & 7;
}

/* ---- dyadic blocks: digits 2j + 1 and 2j are block j, 0 to 3. At most one of the two is not zero: "10" or "01", with a sign. ---- */

enum { BL_DB_BLOCKS = 4, BL_DB_MOST_PHI = 2 };       /* of a weight; non-zero digits that FTA leaves a weight at most */

/* A block that is not zero: the cell, Q = 1 for "10" and 0 for "01" (then the other node of the cell, Qb, is 1), and three bits beside it. */
struct bl_db_cell {
    uint8_t q;                 /* 0 or 1 */
    uint8_t sign;              /* 1: the digit is -1 */
    uint8_t index;             /* which block, 0 to 3 */
};
enum { BL_DB_CELL_BITS = 4, BL_DB_META_BITS = 3 };   /* stored for a block: q, sign, index; without the cell */

/* The blocks of w that are not zero, the lower first. Returns how many: phi. */
static inline uint32_t bl_db_cells(int8_t w, struct bl_db_cell cells[BL_DB_BLOCKS])
{
    const struct bl_db_csd d = bl_db_csd(w);
    uint32_t n = 0;

    for (uint32_t j = 0; j < BL_DB_BLOCKS; j++) {
        const uint32_t plus = d.plus >> 2 * j & 3, minus = d.minus >> 2 * j & 3;
        const struct bl_db_cell c = { (uint8_t)((plus | minus) >> 1), minus != 0, (uint8_t)j };
        if (plus | minus)
            cells[n++] = c;
    }
    return n;
}

/* What a column of the array and its adder tree make of one input bit, 0 or 1: (-1)^sign (2 (Q and in) + (Qb and in)) 4^index. */
static inline int32_t bl_db_product(struct bl_db_cell c, uint32_t in)
{
    const int32_t v = (int32_t)(2 * (c.q & in) + ((c.q ^ 1u) & in)) << 2 * c.index;

    return c.sign ? -v : v;
}

/* The number that n cells keep. */
static inline int32_t bl_db_value(const struct bl_db_cell *cells, uint32_t n)
{
    int32_t sum = 0;

    for (uint32_t i = 0; i < n; i++)
        sum += bl_db_product(cells[i], 1);
    return sum;
}

/* A cell as its four bits lie in a record: bit 0 Q, bit 1 the sign, bits 2 and 3 the index. */
static inline uint32_t bl_db_cell_bits(struct bl_db_cell c) { return c.q | (uint32_t)c.sign << 1 | (uint32_t)c.index << 2; }
static inline struct bl_db_cell bl_db_cell_of(uint32_t bits)
{
    const struct bl_db_cell c = { (uint8_t)(bits & 1), (uint8_t)(bits >> 1 & 1), (uint8_t)(bits >> 2 & 3) };

    return c;
}

/* ---- fixed threshold approximation (Algorithm 1, line 16) ---- */

/* The int8 with exactly phi non-zero digits, phi 0 to 4, that is closest to w; of two equally close ones the greater, because only so 0 becomes
 * 1 as in the paper's example (section IV-C; the paper does not say). phi 0 is 0. */
static inline int8_t bl_db_closest(int8_t w, uint32_t phi)
{
    for (int d = 0; d < 256; d++) {
        if (w + d <= INT8_MAX && bl_db_phi((int8_t)(w + d)) == phi)
            return (int8_t)(w + d);
        if (w - d >= INT8_MIN && bl_db_phi((int8_t)(w - d)) == phi)
            return (int8_t)(w - d);
    }
    return 0;                  /* no int8 has so many */
}

#ifdef __cplusplus
}
#endif

#endif
