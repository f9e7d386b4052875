/* requant.c - 32-bit sums become 8-bit activations, lane by lane, by the rule of the net (requant.h). The channel of lane l of item i
 * is (i * lanes + l) modulo channels, or, by: tag, lane l behind the channel that two lanes of the item's tag say, low byte first.
 * Row layer * channels + channel of `channel` says how; layer comes from outside, or is 0. zero, lo and hi are those of the layer's row of
 * `range`, where it is supplied, else the parameters. Latency 1. */
#include "components/requant.h"
#include "components/tags.h"

enum { NO_INPUT = BL_STALL, OUT_FULL };
enum { COUNTER, TAG };                  /* by */

struct requant {
    struct bl_part p;
    bl_pop x, x_tag;
    bl_push y, y_tag;
    bl_in layer;
    bl_table channel, range;
    bl_tally item, value, clipped;
    int64_t lanes, channels, by, lane, zero, lo, hi, tag;
    uint64_t next;                      /* channel of lane 0 of the next item, by: counter */
};

static int init(void *self)
{
    struct requant *t = self;

    if (bl_wired(t->y_tag) && !bl_wired(t->x_tag))
        return bl_refuse(t, "y_tag is wired and x_tag is not; a tag may end here, but not begin");
    if (t->by == TAG && (!bl_wired(t->x_tag) || t->lane + 2 > (int64_t)bl_pop_lanes(t->x_tag)))
        return bl_refuse(t, "by is tag, so lanes %lld and %lld of x_tag are the channel; wire a tag that has them", (long long)t->lane,
                         (long long)t->lane + 1);
    if (t->channel.n % (uint64_t)t->channels)
        return bl_refuse(t, "channel has %llu rows; expected one a channel of each layer, a multiple of channels (%lld)",
                         (unsigned long long)t->channel.n, (long long)t->channels);
    if (t->range.n && t->range.n != t->channel.n / (uint64_t)t->channels)
        return bl_refuse(t, "range has %llu rows, channel those of %llu layers; expected a row a layer", (unsigned long long)t->range.n,
                         (unsigned long long)(t->channel.n / (uint64_t)t->channels));
    if (t->lo > t->hi || (t->lo < 0 && t->hi > 127))
        return bl_refuse(t, "lo is %lld, hi %lld; expected lo at most hi, and both within 0 .. 255 or within -128 .. 127", (long long)t->lo,
                         (long long)t->hi);
    return 0;
}

/* The rows of the layer in force, or NULL: there is no such layer. */
static const struct bl_requant *rows_of(struct requant *t, struct bl_requant_range *range)
{
    const uint64_t layer = bl_wired(t->layer) ? *bl_get16(t->layer) : 0, layers = t->channel.n / (uint64_t)t->channels;

    *range = layer < t->range.n ? BL_ROWS(struct bl_requant_range, t->range)[layer]
                                : (struct bl_requant_range){ (int32_t)t->zero, (int32_t)t->lo, (int32_t)t->hi };
    if (layer < layers)
        return BL_ROWS(struct bl_requant, t->channel) + layer * (uint64_t)t->channels;
    bl_fail(t, "layer %llu; channel has rows for %llu", (unsigned long long)layer, (unsigned long long)layers);
    return NULL;
}

static uint64_t first_channel(struct requant *t)
{
    const uint8_t *tag;
    uint64_t c;

    if (t->by == COUNTER)
        return t->next;
    tag = bl_peek8(t->x_tag) + t->lane;
    c = (uint64_t)(tag[0] | tag[1] << 8);
    if (c >= (uint64_t)t->channels)
        bl_fail(t, "the tag says channel %llu; it has %lld", (unsigned long long)c, (long long)t->channels);
    return c % (uint64_t)t->channels;
}

static void convert(struct requant *t, const struct bl_requant *row, const struct bl_requant_range *range)
{
    const uint64_t channels = (uint64_t)t->channels;
    const int32_t zero = range->zero, lo = range->lo, hi = range->hi;
    const int32_t *x = (const int32_t *)(const void *)bl_peek32(t->x);
    uint8_t *y = bl_push8(t->y);
    uint64_t c = first_channel(t);

    for (uint32_t l = 0; l < t->lanes; l++, c = c + 1 == channels ? 0 : c + 1) {
        const int32_t v = bl_requant_sum(&row[c], x[l], zero, lo, hi);
        charge(&t->clipped, v == lo || v == hi);
        y[l] = (uint8_t)v;
    }
    t->next = c;
    charge(&t->item, 1);
    charge(&t->value, (uint64_t)t->lanes);
}

static bl_verdict tick(void *self)
{
    struct requant *t = self;

    if (!bl_pair_avail(t->x, t->x_tag))
        return BL_NAP(BL_AT(NO_INPUT, bl_pair_missing(t->x, 1)));
    if (!bl_pair_room(t->y, t->y_tag))
        return BL_NAP(BL_AT(OUT_FULL, bl_pair_full(t->y, 1)));
    struct bl_requant_range range;
    const struct bl_requant *row = rows_of(t, &range);
    if (row)
        convert(t, row, &range);
    bl_pop32(t->x);
    if (bl_wired(t->y_tag))
        bl_pass(t->x_tag, t->y_tag);
    else if (bl_wired(t->x_tag))
        bl_pop8(t->x_tag);
    return BL_BUSY;
}

#define T struct requant
static const struct bl_field fields[] = {
    BL_POP(T, x, BL_BY(T, lanes), 32, "sums, signed"), BL_POP_OPT(T, x_tag, BL_BY(T, tag), 8, "their tags"),
    BL_PUSH(T, y, BL_BY(T, lanes), 8, "activations: two's complement when lo is below 0"),
    BL_PUSH_OPT(T, y_tag, BL_BY(T, tag), 8, "their tags; open: they end here"),
    BL_IN_OPT(T, layer, 1, 16, "layer whose rows are in force; open: 0"),
    BL_DATA(T, channel, struct bl_requant, "a row a channel, layer after layer"),
    BL_DATA(T, range, struct bl_requant_range, "zero, lo and hi, a row a layer; none: the parameters"),
    BL_SIZE(T, lanes, 65536, "values of an item"), BL_PARAM(T, channels, 1, 1, 65536, "channels of a layer"),
    BL_CHOICE(T, by, COUNTER, "counter tag", "what says the channel of an item's first lane"),
    BL_PARAM(T, lane, 0, 0, BL_TAG_MOST - 2, "by: tag, the lane of its low byte; the high byte is in the next"),
    BL_PARAM(T, zero, 0, -128, 255, "zero point of the activations"), BL_PARAM(T, lo, 0, -128, 255, "least activation"),
    BL_PARAM(T, hi, 255, -128, 255, "greatest activation"), BL_SIZE(T, tag, BL_TAG_MOST, "lanes of a tag"),
    BL_FEED(x), BL_FEED(x_tag),
    BL_WAITS(NO_INPUT, x, x_tag), BL_WAITS(OUT_FULL, y, y_tag),
    BL_TALLY(T, item, "an item"), BL_TALLY(T, value, "a value"), BL_TALLY(T, clipped, "a value that became lo or hi"),
    BL_VIEW(T, next, 1, 32, "channel of the next item's first lane"), { 0 }
};
const struct bl_class requant_class = { .name = "requant", .help = "sums become activations",
    .size = sizeof(T), .init = init, .tick = tick, .fields = fields };
