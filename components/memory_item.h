/* memory_item.h - what a client asks of a memory: an item of 64-bit lanes, [0] kind, [1] word address, then the word's data, least
 * significant lane first, then, of a memory with byte masks, one lane with a bit a byte. Of a burst to a DRAM [2] of a read is the
 * number of words. A read is answered by an item of the data lanes alone; a write is not answered. */
#ifndef BL_MEMORY_ITEM_H
#define BL_MEMORY_ITEM_H

#include <stdbool.h>
#include <stdint.h>

enum { BL_MEMORY_KIND, BL_MEMORY_ADDRESS, BL_MEMORY_DATA };        /* lanes */
enum { BL_MEMORY_READ, BL_MEMORY_WRITE };                          /* bit 0 of the kind */
#define BL_MEMORY_NAMES "read write"

/* Lanes of a word of so many bits. */
static inline int64_t bl_memory_lanes(int64_t bits) { return (bits + 63) / 64; }
/* The bits that the last lane of a word has: what lies above them is not kept. */
static inline uint64_t bl_memory_last(int64_t bits) { return bits % 64 ? (UINT64_C(1) << bits % 64) - 1 : UINT64_MAX; }
/* A byte mask of a whole word of so many bits, at most 512. */
static inline uint64_t bl_memory_whole(int64_t bits) { return bits < 512 ? (UINT64_C(1) << (bits + 7) / 8) - 1 : UINT64_MAX; }
static inline bool bl_memory_writes(const uint64_t *request) { return request[BL_MEMORY_KIND] & BL_MEMORY_WRITE; }

#endif
