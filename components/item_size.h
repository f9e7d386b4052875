/* item_size.h - an item, or a word, has at most 2^20 words of 64 bits. A part whose widths are products of its parameters says so in
 * `shape`, with their names; otherwise the wire would, with the numbers alone. */
#ifndef BL_ITEM_SIZE_H
#define BL_ITEM_SIZE_H

#include "kernel/model.h"

enum { BL_ITEM_MOST = 1 << 20 };        /* words; each lane begins one of its own */

/* 0, or -1 after a refusal: the item of `port` has `lanes` lanes (of 0 .. 2^40, those that the parameters `by` make) of `bits` bits (those
 * that `of` says). */
static inline int bl_item_fits(void *self, const char *port, int64_t lanes, const char *by, int64_t bits, const char *of)
{
    const int64_t words = lanes * ((bits + 63) / 64);

    if (words <= BL_ITEM_MOST)
        return 0;
    return bl_refuse(self, "an item of %s is %lld lanes (%s) of %lld bits (%s), %lld words; expected at most 2^20 words of 64 bits", port,
                     (long long)lanes, by, (long long)bits, of, (long long)words);
}

#endif
