/* fifo.c - a deep queue in memory. Latency 2: an item that is taken in tick t is given on in t + 1 at the earliest. In a tick the
 * oldest item leaves first, then one is taken: full rate, also when full. A short queue is the depth of a link; this one is for
 * thousands of items, with a view of how full it was. */
#include "components/tags.h"

enum { NO_INPUT = BL_STALL, OUT_FULL };

struct fifo {
    struct bl_part p;
    bl_pop x, x_tag;
    bl_push y, y_tag;
    bl_tally item;
    int64_t depth, lanes, bits, tag;
    uint8_t *store, *tags;              /* [depth] items; their tags */
    uint64_t first;                     /* the oldest item's place */
    uint32_t held, high;                /* items in it; the most there were */
};

static int init(void *self)
{
    struct fifo *t = self;

    if (bl_tags_both(t, "x_tag", bl_wired(t->x_tag), "y_tag", bl_wired(t->y_tag)))
        return -1;
    if ((uint64_t)t->depth * bl_item_bytes(t->x) > UINT64_C(1) << 30)
        return bl_refuse(t, "depth %lld x an item of %u bytes are more than the 1 GiB that a queue may have", (long long)t->depth,
                         bl_item_bytes(t->x));
    t->store = bl_alloc(t, (size_t)t->depth * bl_item_bytes(t->x));
    t->tags = bl_alloc(t, bl_wired(t->x_tag) ? (size_t)t->depth * bl_item_bytes(t->x_tag) : 1);
    return 0;
}

static void give(struct fifo *t)
{
    const size_t bytes = bl_item_bytes(t->x);

    memcpy(bl_push_item(t->y), t->store + t->first * bytes, bytes);
    if (bl_wired(t->y_tag))
        memcpy(bl_push_item(t->y_tag), t->tags + t->first * bl_item_bytes(t->x_tag), bl_item_bytes(t->x_tag));
    t->first = (t->first + 1) % (uint64_t)t->depth;
    t->held--;
}

static void take(struct fifo *t)
{
    const size_t bytes = bl_item_bytes(t->x);
    const uint64_t last = (t->first + t->held) % (uint64_t)t->depth;

    memcpy(t->store + last * bytes, bl_pop_item(t->x), bytes);
    if (bl_wired(t->x_tag))
        memcpy(t->tags + last * bl_item_bytes(t->x_tag), bl_pop_item(t->x_tag), bl_item_bytes(t->x_tag));
    charge(&t->item, 1);
    if (++t->held > t->high)
        t->high = t->held;
}

static bl_verdict tick(void *self)
{
    struct fifo *t = self;
    const bool gives = t->held && bl_pair_room(t->y, t->y_tag);

    if (gives)
        give(t);
    const bool takes = t->held < t->depth && bl_pair_avail(t->x, t->x_tag);
    if (takes)
        take(t);
    if (gives || takes)
        return BL_BUSY;
    if (t->held)
        return BL_NAP(BL_AT(OUT_FULL, bl_pair_full(t->y, 1)));
    return BL_NAP(BL_AT(NO_INPUT, bl_pair_missing(t->x, 1)));
}

#define T struct fifo
static const struct bl_field fields[] = {
    BL_POP(T, x, BL_BY(T, lanes), BL_BY(T, bits), "items"), BL_POP_OPT(T, x_tag, BL_BY(T, tag), 8, "their tags"),
    BL_PUSH(T, y, BL_BY(T, lanes), BL_BY(T, bits), "the same, in order"), BL_PUSH_OPT(T, y_tag, BL_BY(T, tag), 8, "their tags"),
    BL_PARAM(T, depth, 64, 1, 1048576, "items that fit, beside those of the links"),
    BL_SIZE(T, lanes, 65536, "values of an item"), BL_SIZE(T, bits, 65536, "bits of a value"), BL_SIZE(T, tag, BL_TAG_MOST, "lanes of a tag"),
    BL_FEED(x), BL_FEED(x_tag),
    BL_WAITS(NO_INPUT, x, x_tag), BL_WAITS(OUT_FULL, y, y_tag),
    BL_TALLY(T, item, "an item written and read"),
    BL_VIEW(T, held, 1, 32, "items in it"), BL_VIEW(T, high, 1, 32, "the most there were"),
    BL_MEM(T, store, "the items"), BL_MEM(T, tags, "their tags"), { 0 }
};
const struct bl_class fifo_class = { .name = "fifo", .help = "deep queue in memory",
    .size = sizeof(T), .init = init, .tick = tick, .fields = fields };
