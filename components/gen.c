/* gen.c - a source of items for studies of pipelines: counted or random values, at a steady or a random pace. */
#include "kernel/model.h"
#include "components/lanes.h"

enum { OUT_FULL = BL_STALL, PAUSED };
enum { COUNT, RANDOM, LIST };
enum { BLOCK = 64 };               /* lanes that are made at once */

struct gen {
    struct bl_part p;
    bl_push x;
    bl_tally made;
    int64_t lanes, bits, values, modulo, every, percent, limit;
    struct bl_list list;
    uint64_t n, next;                 /* items made; cycle of the next one */
};

/* Lanes first .. first + n - 1 of the next item. */
static void make_values(struct gen *t, int64_t *v, uint32_t first, uint32_t n)
{
    if (t->values == RANDOM)
        for (uint32_t i = 0; i < n; i++)
            v[i] = (int64_t)bl_random(t);
    else if (t->values == LIST)
        for (uint32_t i = 0; i < n; i++)
            v[i] = t->list.v[(t->n * (uint64_t)t->lanes + first + i) % t->list.n];
    else
        for (uint32_t i = 0; i < n; i++)
            v[i] = (int64_t)(t->n + first + i);
    for (uint32_t i = 0; t->modulo && i < n; i++)
        v[i] = (int64_t)((uint64_t)v[i] % (uint64_t)t->modulo);
}

static int init(void *self)
{
    struct gen *t = self;

    if ((t->values == LIST) != (t->list.n != 0))
        return bl_refuse(t, t->list.n ? "list has %u values, and values is not list; set values to list" :
                         "values is list, and the list is empty (%u values); give it, like [1, 0, 3]", t->list.n);
    return 0;
}

static void make_item(struct gen *t)
{
    const uint32_t lanes = bl_push_lanes(t->x);
    void *item = bl_push_item(t->x);
    int64_t v[BLOCK];

    for (uint32_t first = 0; first < lanes; first += BLOCK) {
        const uint32_t n = lanes - first < BLOCK ? lanes - first : BLOCK;
        make_values(t, v, first, n);
        bl_lanes_put(item, (uint32_t)t->bits, v, first, n);
    }
    t->n++;
    charge(&t->made, 1);
}

static bl_verdict tick(void *self)
{
    struct gen *t = self;

    if (t->limit && t->n == (uint64_t)t->limit)
        return BL_NAP(BL_IDLE);
    if (bl_cycle(t) < t->next)
        return PAUSED;
    if (!bl_room(t->x))
        return BL_NAP(OUT_FULL);
    if (t->percent < 100 && bl_random(t) % 100 >= (uint64_t)t->percent)
        return PAUSED;
    make_item(t);
    t->next = bl_cycle(t) + (uint64_t)t->every;
    return BL_BUSY;
}

#define T struct gen
static const struct bl_field fields[] = {
    BL_PUSH(T, x, BL_BY(T, lanes), BL_BY(T, bits), "items"),
    BL_PARAM(T, lanes, 1, 1, 4096, "values an item"),
    BL_PARAM(T, bits, 32, 1, 64, "bits of a value"),
    BL_CHOICE(T, values, COUNT, "count random list", "0, 1, 2, .. (lane i adds i); uniform draws; those of list"),
    BL_PARAM(T, every, 1, 1, 1000000000, "cycles from one item to the next, at least"),
    BL_PARAM(T, percent, 100, 1, 100, "chance of an item in a cycle that may have one"),
    BL_PARAM(T, limit, 0, 0, 1000000000000, "items in all; 0: no end"),
    BL_LIST(T, list, "[]", INT32_MIN, INT32_MAX, "values: list, one after the other through all lanes, from the front again at its end"),
    BL_PARAM(T, modulo, 0, 0, INT64_C(1) << 32, "values are taken modulo this, so that they stay below; 0: as they are"),
    BL_WAITS(OUT_FULL, x), BL_CAUSE(PAUSED, "its own pace: every, percent"),
    BL_TALLY(T, made, "an item"), BL_VIEW(T, n, 1, 64, "items made"), { 0 }
};
const struct bl_class gen_class = { .name = "gen", .help = "source of items for studies of pipelines",
    .size = sizeof(T), .init = init, .tick = tick, .fields = fields };
