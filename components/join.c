/* join.c - sums of neighbour arrays are added on their way: its own item, and the one from above unless it is the first of its chain; the
 * sum goes below, or, of the last one, out as y. Both items or none are taken; sums wrap at 32 bits. What it is in a layer says a row of
 * `role`; layer comes from outside, or is 0. Latency 1. */
#include "components/join.h"
#include "components/tags.h"

enum { NO_INPUT = BL_STALL, ABOVE_LATE, OUT_FULL };

struct join {
    struct bl_part p;
    bl_pop x, above, x_tag;
    bl_push below, y, y_tag;
    bl_in layer;
    bl_table role;
    bl_tally add, item;
    int64_t lanes, tag;
};

static int init(void *self)
{
    struct join *t = self;

    if (bl_tags_both(t, "x_tag", bl_wired(t->x_tag), "y_tag", bl_wired(t->y_tag)))
        return -1;
    for (uint32_t i = 0; i < t->role.n; i++) {
        const struct bl_join_role *r = BL_ROWS(struct bl_join_role, t->role) + i;
        if (!r->first && !bl_wired(t->above))
            return bl_refuse(t, "role %u is not the first of its chain, and above is not wired", i);
        if (!r->last && !bl_wired(t->below))
            return bl_refuse(t, "role %u is not the last of its chain, and below is not wired", i);
    }
    return 0;
}

/* Without a table it is a chain of its own. */
static struct bl_join_role role_of(struct join *t)
{
    const uint64_t layer = bl_wired(t->layer) ? *bl_get16(t->layer) : 0;

    if (!t->role.n)
        return (struct bl_join_role){ 1, 1 };
    if (layer < t->role.n)
        return BL_ROWS(struct bl_join_role, t->role)[layer];
    bl_fail(t, "layer %llu; role has %llu rows", (unsigned long long)layer, (unsigned long long)t->role.n);
    return (struct bl_join_role){ 1, 1 };
}

static bl_verdict tick(void *self)
{
    struct join *t = self;

    if (!bl_pair_avail(t->x, t->x_tag))
        return BL_NAP(BL_AT(NO_INPUT, bl_pair_missing(t->x, 1)));
    const struct bl_join_role role = role_of(t);
    if (!role.first && !bl_avail(t->above))
        return BL_NAP(ABOVE_LATE);
    if (!bl_room(role.last ? t->y : t->below) || (role.last && bl_wired(t->y_tag) && !bl_room(t->y_tag)))
        return BL_NAP(BL_AT(OUT_FULL, !role.last ? 1u : bl_room(t->y) ? 2u : 0u));
    uint32_t *to = bl_push32(role.last ? t->y : t->below);
    memcpy(to, bl_pop32(t->x), (size_t)t->lanes * sizeof *to);
    if (!role.first) {
        const uint32_t *from = bl_pop32(t->above);
        for (uint32_t i = 0; i < t->lanes; i++)
            to[i] += from[i];
        charge(&t->add, (uint64_t)t->lanes);
    }
    if (role.last)
        bl_pass_tag(t->x_tag, t->y_tag);
    else if (bl_wired(t->x_tag))
        bl_pop_item(t->x_tag);
    charge(&t->item, 1);
    return BL_BUSY;
}

#define T struct join
static const struct bl_field fields[] = {
    BL_POP(T, x, BL_BY(T, lanes), 32, "its own sums"), BL_POP_OPT(T, x_tag, BL_BY(T, tag), 8, "their tags; of the last of a chain they go on"),
    BL_POP_OPT(T, above, BL_BY(T, lanes), 32, "sums of those before it in the chain"),
    BL_PUSH_OPT(T, below, BL_BY(T, lanes), 32, "sums so far"), BL_PUSH(T, y, BL_BY(T, lanes), 32, "sums of the whole chain"),
    BL_PUSH_OPT(T, y_tag, BL_BY(T, tag), 8, "their tags"), BL_IN_OPT(T, layer, 1, 16, "row of role in force; open: 0"),
    BL_DATA(T, role, struct bl_join_role, "what it is, by layer; none: a chain of its own"),
    BL_SIZE(T, lanes, 4096, "sums of an item"), BL_SIZE(T, tag, BL_TAG_MOST, "lanes of a tag"),
    BL_FEED(x), BL_FEED(x_tag),
    BL_WAITS(NO_INPUT, x, x_tag), BL_WAITS(ABOVE_LATE, above), BL_WAITS(OUT_FULL, y, below, y_tag),
    BL_TALLY(T, add, "a 32-bit addition"), BL_TALLY(T, item, "an item"), { 0 }
};
const struct bl_class join_class = { .name = "join", .help = "sums of neighbour arrays, added on their way",
    .size = sizeof(T), .init = init, .tick = tick, .fields = fields };
