/* rows.h - which rows of a memory were ever written: a validity bit a row, row r in bit r % 64 of word r / 64. A read of a row never
 * written finds what no hardware promises: it is counted, or with strict the first one ends it, failed. "Row" is what a memory writes at once: a
 * word of an SRAM, a column of a CAM. */
#ifndef BL_ROWS_H
#define BL_ROWS_H

#include "kernel/model.h"

/* What the parameter `strict` of a memory is by itself: 1 in a build with HARD=1, where rare mistakes are looked for. */
#ifdef BL_HARD
enum { BL_ROWS_STRICT = 1 };
#else
enum { BL_ROWS_STRICT = 0 };
#endif

static inline size_t bl_rows_words(uint64_t rows) { return (size_t)((rows + 63) / 64); }
/* Bytes of the validity bits of so many rows, for bl_alloc; all zero: nothing is written. */
static inline size_t bl_rows_bytes(uint64_t rows) { return bl_rows_words(rows) * sizeof(uint64_t); }

/* Those of rows first .. end-1 that are in word w of the bits. */
static inline uint64_t bl_rows_mask(uint64_t w, uint64_t first, uint64_t end)
{
    const uint64_t from = first > 64 * w ? first - 64 * w : 0, to = end > 64 * w ? end - 64 * w : 0;
    const uint64_t below = from < 64 ? (UINT64_C(1) << from) - 1 : UINT64_MAX, upto = to < 64 ? (UINT64_C(1) << to) - 1 : UINT64_MAX;

    return upto & ~below;
}

static inline bool bl_rows_written(const uint64_t *written, uint64_t row) { return written[row / 64] >> (row % 64) & 1; }

static inline void bl_rows_write(uint64_t *written, uint64_t row) { written[row / 64] |= UINT64_C(1) << row % 64; }

/* Rows first .. first+n-1. */
static inline void bl_rows_write_all(uint64_t *written, uint64_t first, uint64_t n)
{
    for (uint64_t w = first / 64; 64 * w < first + n; w++)
        written[w] |= bl_rows_mask(w, first, first + n);
}

/* Reads rows of word w, a bit each in `rows`: counts those never written in `unwritten`. With strict the first of them ends the run, failed.
 * what: "row", "word", ... */
static inline void bl_rows_read_word(void *self, const uint64_t *written, uint64_t w, uint64_t rows, int64_t strict, bl_tally *unwritten,
                                     const char *what)
{
    const uint64_t missing = rows & ~written[w];

    if (!missing)
        return;
    if (strict && !unwritten->n)
        bl_fail(self, "%s %llu is read that was never written (strict=0 only counts it)", what,
                (unsigned long long)(64 * w + (uint64_t)__builtin_ctzll(missing)));
    charge(unwritten, (uint64_t)__builtin_popcountll(missing));
}

/* The same for one row, and for rows first .. first+n-1. */
static inline void bl_rows_read(void *self, const uint64_t *written, uint64_t row, int64_t strict, bl_tally *unwritten,
                                const char *what)
{
    bl_rows_read_word(self, written, row / 64, UINT64_C(1) << row % 64, strict, unwritten, what);
}
static inline void bl_rows_read_all(void *self, const uint64_t *written, uint64_t first, uint64_t n, int64_t strict,
                                    bl_tally *unwritten, const char *what)
{
    for (uint64_t w = first / 64; 64 * w < first + n; w++)
        bl_rows_read_word(self, written, w, bl_rows_mask(w, first, first + n), strict, unwritten, what);
}

#endif
