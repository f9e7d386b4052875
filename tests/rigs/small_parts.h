/* small_parts.h - a few tiny classes, enough to wire platforms in tests: src and snk (items), put and get (words),
 * and duo, a composite of a src and a snk. */
#ifndef BL_TESTS_SMALL_PARTS_H
#define BL_TESTS_SMALL_PARTS_H

#include "kernel/model.h"

enum { SMALL_OUT_FULL = BL_STALL };
enum { SMALL_NO_INPUT = BL_STALL };

struct small_src { struct bl_part p; bl_push x; bl_tally sent; int64_t every, seed; struct bl_list weights; };
struct small_snk { struct bl_part p; bl_pop x; bl_tally got; int64_t every, sum; };
struct small_put { struct bl_part p; bl_out q; int64_t step; };
struct small_get { struct bl_part p; bl_in d; int64_t sum; };

static bl_verdict small_src_tick(void *self)
{
    struct small_src *t = self;

    if (bl_cycle(t) % (uint64_t)t->every)
        return BL_IDLE;
    if (!bl_room(t->x))
        return SMALL_OUT_FULL;
    *bl_push16(t->x) = (uint16_t)(t->seed * 100 + (int64_t)bl_cycle(t));
    charge(&t->sent, 1);
    return BL_BUSY;
}

static bl_verdict small_snk_tick(void *self)
{
    struct small_snk *t = self;

    if (bl_cycle(t) % (uint64_t)t->every)
        return BL_IDLE;
    if (!bl_avail(t->x))
        return SMALL_NO_INPUT;
    t->sum += *bl_pop16(t->x);
    charge(&t->got, 1);
    return BL_BUSY;
}

static bl_verdict small_put_tick(void *self)
{
    struct small_put *t = self;

    *bl_put16(t->q) = (uint16_t)(*bl_put16(t->q) + t->step);
    return BL_BUSY;
}

static bl_verdict small_get_tick(void *self)
{
    struct small_get *t = self;

    t->sum += *bl_get16(t->d);
    return BL_BUSY;
}

struct small_duo { struct bl_part p; };

static void small_duo_build(void *self)
{
    bl_child(self, "in", "src", NULL);
    bl_child(self, "out", "snk", NULL);
    bl_child_wire(self, "in.x", "out.x", 2);
}

static const struct bl_field small_src_fields[] = {
    BL_PUSH(struct small_src, x, 1, 16, "items"), BL_TALLY(struct small_src, sent, "one item"),
    BL_PARAM(struct small_src, every, 1, 1, 1000, "cycles between two items"),
    BL_PARAM(struct small_src, seed, 0, 0, 65535, "first item"),
    BL_LIST(struct small_src, weights, "", -128, 127, "not used"),
    { .kind = BL_KIND_CAUSE, .name = "OUT_FULL", .help = "waits on x", .at = SMALL_OUT_FULL, .text = "x" }, { 0 }
};
static const struct bl_field small_snk_fields[] = {
    BL_POP(struct small_snk, x, 1, 16, "items"), BL_TALLY(struct small_snk, got, "one item"),
    BL_PARAM(struct small_snk, every, 1, 1, 1000, "cycles between two items"), BL_VIEW(struct small_snk, sum, 1, 64, "sum"),
    { .kind = BL_KIND_CAUSE, .name = "NO_INPUT", .help = "waits on x", .at = SMALL_NO_INPUT, .text = "x" }, { 0 }
};
static const struct bl_field small_put_fields[] = {
    BL_OUT(struct small_put, q, 1, 16, "a counter"), BL_PARAM(struct small_put, step, 1, 0, 100, "a cycle"), { 0 }
};
static const struct bl_field small_get_fields[] = {
    BL_IN(struct small_get, d, 1, 16, "a word"), BL_VIEW(struct small_get, sum, 1, 64, "sum of what was read"), { 0 }
};
static const struct bl_class small_src_class = { .name = "src", .help = "sends numbers", .size = sizeof(struct small_src),
                                                 .tick = small_src_tick, .fields = small_src_fields };
static const struct bl_class small_snk_class = { .name = "snk", .help = "adds numbers", .size = sizeof(struct small_snk),
                                                 .tick = small_snk_tick, .fields = small_snk_fields };
static const struct bl_class small_put_class = { .name = "put", .help = "drives a word", .size = sizeof(struct small_put),
                                                 .tick = small_put_tick, .fields = small_put_fields };
static const struct bl_class small_get_class = { .name = "get", .help = "reads a word", .size = sizeof(struct small_get),
                                                 .tick = small_get_tick, .fields = small_get_fields };
static const struct bl_field small_duo_fields[] = { { 0 } };
static const struct bl_class small_duo_class = { .name = "duo", .help = "a source and a sink", .size = sizeof(struct small_duo),
                                                 .build = small_duo_build, .fields = small_duo_fields };
static const struct bl_class *const small_classes[] = { &small_src_class, &small_snk_class, &small_put_class,
                                                        &small_get_class, &small_duo_class, NULL };

#endif
