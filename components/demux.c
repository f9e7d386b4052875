/* demux.c - one way into several: each item goes to the way that `by` names. `sel`: an item of the link sel beside it; `tag`: lane
 * `lane` of its tag; `lane`: lane `lane` of the item itself; `all`: a copy to every way, when all have room. One a tick, latency 1. */
#include "components/lanes.h"
#include "components/tags.h"

enum { NO_INPUT = BL_STALL, OUT_FULL };
enum { SEL, TAG, LANE, ALL };

struct demux {
    struct bl_part p;
    bl_pop in, in_tag, sel;
    bl_pushes out, out_tag;
    bl_tally item, copy;
    int64_t ways, by, lane, lanes, bits, tag;
};

static int init(void *self)
{
    struct demux *t = self;
    char name[32];
    const uint32_t lanes = t->by == TAG ? bl_pop_lanes(t->in_tag) : bl_pop_lanes(t->in);

    for (uint32_t k = 0; k < t->out.n; k++)
        if (bl_tags_both(t, "in_tag", bl_wired(t->in_tag), bl_tag_name_of(name, "out_tag", k, t->out.n), bl_wired(t->out_tag.at[k])))
            return -1;
    if ((t->by == SEL) != bl_wired(t->sel))
        return bl_refuse(t, t->by == SEL ? "by is sel and nothing is wired to sel; wire it, or set by to tag, lane or all"
                                           : "sel is wired and by is not sel; set by to sel, or leave sel open");
    if (t->by == TAG && !bl_wired(t->in_tag))
        return bl_refuse(t, "by is tag and nothing is wired to in_tag; wire it, or set by to sel, lane or all");
    if (t->by == LANE && t->bits > 64)
        return bl_refuse(t, "by is lane and in has %lld bits a lane; expected at most 64, or by: tag", (long long)t->bits);
    if ((t->by == TAG || t->by == LANE) && t->lane >= lanes)
        return bl_refuse(t, "lane is %lld; %s has %u lanes, so expected 0 .. %u", (long long)t->lane, t->by == TAG ? "in_tag" : "in", lanes,
                         lanes - 1);
    return 0;
}

/* The first element of out, or of out_tag behind it, that has no room, of way k. */
static bool blocked(const struct demux *t, uint32_t k, uint32_t *at)
{
    if (bl_pair_room(t->out.at[k], t->out_tag.at[k]))
        return false;
    *at = k + bl_pair_full(t->out.at[k], (uint32_t)t->out.n);
    return true;
}

static uint64_t way_of(const struct demux *t)
{
    if (t->by == SEL)
        return *bl_peek16(t->sel);
    if (t->by == TAG)
        return bl_peek8(t->in_tag)[t->lane];
    return (uint64_t)bl_lane_get(bl_peek_item(t->in), (uint32_t)t->bits, false, (uint32_t)t->lane);
}

static void give(struct demux *t, uint32_t first, uint32_t end)
{
    const void *x = bl_pop_item(t->in), *tag = bl_wired(t->in_tag) ? bl_pop_item(t->in_tag) : NULL;

    for (uint32_t k = first; k < end; k++) {
        memcpy(bl_push_item(t->out.at[k]), x, bl_item_bytes(t->in));
        if (tag)
            memcpy(bl_push_item(t->out_tag.at[k]), tag, bl_item_bytes(t->in_tag));
    }
    if (t->by == SEL)
        bl_pop16(t->sel);
    charge(&t->item, 1);
    charge(&t->copy, end - first);
}

static bl_verdict tick(void *self)
{
    struct demux *t = self;
    uint32_t at, first = 0, end = (uint32_t)t->out.n;

    if (!bl_pair_avail(t->in, t->in_tag))
        return BL_NAP(BL_AT(NO_INPUT, bl_pair_missing(t->in, 1)));
    if (t->by == SEL && !bl_avail(t->sel))
        return BL_NAP(BL_AT(NO_INPUT, 2));
    if (t->by != ALL) {
        const uint64_t way = way_of(t);
        if (way >= t->out.n) {
            bl_fail(t, "an item is for way %llu; expected 0 .. %lld (ways)", (unsigned long long)way, (long long)t->ways - 1);
            give(t, 0, 0);
            return BL_BUSY;
        }
        first = (uint32_t)way;
        end = first + 1;
    }
    for (uint32_t k = first; k < end; k++)
        if (blocked(t, k, &at))
            return BL_NAP(BL_AT(OUT_FULL, at));
    give(t, first, end);
    return BL_BUSY;
}

#define T struct demux
static const struct bl_field fields[] = {
    BL_POP(T, in, BL_BY(T, lanes), BL_BY(T, bits), "items"), BL_POP_OPT(T, in_tag, BL_BY(T, tag), 8, "their tags"),
    BL_POP_OPT(T, sel, 1, 16, "with by: sel, the way of each item"),
    BL_PUSHES(T, out, BL_BY(T, ways), BL_BY(T, lanes), BL_BY(T, bits), "the items, each in its way"),
    BL_PUSHES_OPT(T, out_tag, BL_BY(T, ways), BL_BY(T, tag), 8, "their tags"),
    BL_PARAM(T, ways, 2, 1, BL_PORTS_MOST, "elements of out"),
    BL_CHOICE(T, by, SEL, "sel tag lane all", "what names the way: the link sel, a lane of the tag, a lane of the item; all: copies"),
    BL_PARAM(T, lane, 0, 0, 65535, "of by: tag and by: lane, which one"),
    BL_SIZE(T, lanes, 65536, "values of an item"), BL_SIZE(T, bits, 65536, "bits of a value"), BL_SIZE(T, tag, BL_TAG_MOST, "lanes of a tag"),
    BL_FEED(in), BL_FEED(in_tag), BL_FEED(sel),
    BL_WAITS(NO_INPUT, in, in_tag, sel), BL_WAITS(OUT_FULL, out, out_tag),
    BL_TALLY(T, item, "an item taken"), BL_TALLY(T, copy, "an item given"), { 0 }
};
const struct bl_class demux_class = { .name = "demux", .help = "one way into several",
    .size = sizeof(T), .init = init, .tick = tick, .fields = fields };
