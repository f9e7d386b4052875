/* tags.h - data and its tag. A tag travels on a second link beside the data: item k of x belongs to item k of x_tag, by order and
 * not by time. So a part takes both or none, and gives both or none. An open tag link is no tag at all.
 * Needs a place in the table: BL_WAITS(NO_INPUT, x, x_tag) and BL_WAITS(OUT_FULL, y, y_tag), data first. (C++ has no _Generic, so here
 * stands bl_wired_pop and not bl_wired.) */
#ifndef BL_TAGS_H
#define BL_TAGS_H

#include "kernel/model.h"

#include <stdio.h>

enum { BL_TAG_MOST = 64 };      /* lanes of a tag, of 8 bits each */

static inline bool bl_pair_avail(bl_pop x, bl_pop tag) { return bl_avail(x) && (!bl_wired_pop(tag) || bl_avail(tag)); }
static inline bool bl_pair_room(bl_push y, bl_push tag) { return bl_room(y) && (!bl_wired_push(tag) || bl_room(tag)); }
/* Which of the two is missing, as an index for BL_AT: 0 the data, `tag` its tag (1, or the number of elements of an array of x). */
static inline uint32_t bl_pair_missing(bl_pop x, uint32_t tag) { return bl_avail(x) ? tag : 0; }
static inline uint32_t bl_pair_full(bl_push y, uint32_t tag) { return bl_room(y) ? tag : 0; }

/* An item goes on as it is. */
static inline void bl_pass(bl_pop x, bl_push y) { memcpy(bl_push_item(y), bl_pop_item(x), bl_item_bytes_pop(x)); }
static inline void bl_pass_tag(bl_pop x, bl_push y)
{
    if (bl_wired_pop(x))
        bl_pass(x, y);
}

/* In init, of a part that hands tags on: both ends are wired, or none. 0, or -1 after a refusal. */
static inline int bl_tags_both(void *self, const char *in, bool has_in, const char *out, bool has_out)
{
    if (has_in == has_out)
        return 0;
    return bl_refuse(self, "%s is wired and %s is not; a tag comes in and goes out beside its data, so wire both or none",
                     has_in ? in : out, has_in ? out : in);
}

/* "in_tag[3]": element k of an array of n, for bl_tags_both; of one it is the name alone. Returns buf. */
static inline const char *bl_tag_name_of(char buf[32], const char *name, uint32_t k, uint64_t n)
{
    snprintf(buf, 32, n > 1 ? "%s[%u]" : "%s", name, k);
    return buf;
}

#endif
