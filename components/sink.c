/* sink.c - takes items away, at a steady or a random pace, sums what it saw, and can end the run. */
#include "kernel/model.h"
#include "components/lanes.h"

enum { NO_INPUT = BL_STALL, PAUSED };
enum { BLOCK = 64 };               /* lanes that are looked at at once */

struct sink {
    struct bl_part p;
    bl_pop x;
    bl_tally taken;
    int64_t lanes, bits, every, percent, stop;
    uint64_t n, sum, next;            /* items, sum of all their values (of more than 64 bits: of their words) modulo 2^64, cycle of the next one */
};

static uint64_t sum_of_words(const uint64_t *word, uint32_t n)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < n; i++)
        sum += word[i];
    return sum;
}

static uint64_t sum_of_lanes(const void *item, uint32_t bits, uint32_t lanes)
{
    uint64_t v[BLOCK], sum = 0;

    for (uint32_t first = 0; first < lanes; first += BLOCK) {
        const uint32_t n = lanes - first < BLOCK ? lanes - first : BLOCK;
        bl_lanes_get((int64_t *)v, item, bits, false, first, n);
        sum += sum_of_words(v, n);
    }
    return sum;
}

static void take_item(struct sink *t)
{
    const void *item = bl_pop_item(t->x);

    if (t->bits < 64)
        t->sum += sum_of_lanes(item, (uint32_t)t->bits, (uint32_t)t->lanes);
    else
        t->sum += sum_of_words(item, (uint32_t)(bl_item_bytes(t->x) / 8));
    charge(&t->taken, 1);
    if (++t->n == (uint64_t)t->stop)
        bl_stop(t);
}

static bl_verdict tick(void *self)
{
    struct sink *t = self;

    if (!bl_avail(t->x))
        return BL_NAP(NO_INPUT);
    if (bl_cycle(t) < t->next || (t->percent < 100 && bl_random(t) % 100 >= (uint64_t)t->percent))
        return PAUSED;
    take_item(t);
    t->next = bl_cycle(t) + (uint64_t)t->every;
    return BL_BUSY;
}

#define T struct sink
static const struct bl_field fields[] = {
    BL_POP(T, x, BL_BY(T, lanes), BL_BY(T, bits), "items"),
    BL_SIZE(T, lanes, 65536, "values an item"), BL_SIZE(T, bits, 65536, "bits of a value"),
    BL_PARAM(T, every, 1, 1, 1000000000, "cycles from one item to the next, at least"),
    BL_PARAM(T, percent, 100, 1, 100, "chance to take an item in a cycle that may"),
    BL_PARAM(T, stop, 0, 0, 1000000000000, "the run ends with this item; 0: it goes on"),
    BL_FEED(x),
    BL_WAITS(NO_INPUT, x), BL_CAUSE(PAUSED, "its own pace: every, percent"),
    BL_TALLY(T, taken, "an item"), BL_VIEW(T, n, 1, 64, "items taken"), BL_VIEW(T, sum, 1, 64, "sum of all values"), { 0 }
};
const struct bl_class sink_class = { .name = "sink", .help = "takes items away, for studies of pipelines",
    .size = sizeof(T), .tick = tick, .fields = fields };
