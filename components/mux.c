/* mux.c - joins several ways into one, in the order that `sel` says: each item of sel names the way whose item goes on next. One a
 * tick, latency 1. */
#include "components/tags.h"

enum { NO_INPUT = BL_STALL, OUT_FULL };

struct mux {
    struct bl_part p;
    bl_pops in, in_tag;
    bl_pop sel;
    bl_push out, out_tag;
    bl_tally item;
    int64_t ways, lanes, bits, tag;
};

static int init(void *self)
{
    struct mux *t = self;
    char name[32];

    for (uint32_t k = 0; k < t->in.n; k++)
        if (bl_tags_both(t, bl_tag_name_of(name, "in_tag", k, t->in.n), bl_wired(t->in_tag.at[k]), "out_tag", bl_wired(t->out_tag)))
            return -1;
    return 0;
}

static bl_verdict tick(void *self)
{
    struct mux *t = self;

    if (!bl_avail(t->sel))
        return BL_NAP(NO_INPUT);
    const uint32_t k = *bl_peek16(t->sel);
    if (k >= t->in.n) {
        bl_fail(t, "sel names way %u; expected 0 .. %lld (ways)", k, (long long)t->ways - 1);
        bl_pop16(t->sel);
        return BL_BUSY;
    }
    if (!bl_pair_avail(t->in.at[k], t->in_tag.at[k]))
        return BL_NAP(BL_AT(NO_INPUT, 1 + k + bl_pair_missing(t->in.at[k], (uint32_t)t->in.n)));
    if (!bl_pair_room(t->out, t->out_tag))
        return BL_NAP(BL_AT(OUT_FULL, bl_pair_full(t->out, 1)));
    bl_pop16(t->sel);
    bl_pass(t->in.at[k], t->out);
    bl_pass_tag(t->in_tag.at[k], t->out_tag);
    charge(&t->item, 1);
    return BL_BUSY;
}

#define T struct mux
static const struct bl_field fields[] = {
    BL_POPS(T, in, BL_BY(T, ways), BL_BY(T, lanes), BL_BY(T, bits), "items"),
    BL_POPS_OPT(T, in_tag, BL_BY(T, ways), BL_BY(T, tag), 8, "their tags"),
    BL_POP(T, sel, 1, 16, "the way whose item goes on next"),
    BL_PUSH(T, out, BL_BY(T, lanes), BL_BY(T, bits), "the items, in the order of sel"),
    BL_PUSH_OPT(T, out_tag, BL_BY(T, tag), 8, "their tags"),
    BL_PARAM(T, ways, 2, 1, BL_PORTS_MOST, "elements of in"),
    BL_SIZE(T, lanes, 65536, "values of an item"), BL_SIZE(T, bits, 65536, "bits of a value"), BL_SIZE(T, tag, BL_TAG_MOST, "lanes of a tag"),
    BL_FEED(sel), BL_FEED(in), BL_FEED(in_tag),
    BL_WAITS(NO_INPUT, sel, in, in_tag), BL_WAITS(OUT_FULL, out, out_tag),
    BL_TALLY(T, item, "an item given on"), { 0 }
};
const struct bl_class mux_class = { .name = "mux", .help = "several ways into one, in a given order",
    .size = sizeof(T), .init = init, .tick = tick, .fields = fields };
