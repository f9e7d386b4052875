/* dac.c - a bank of digital-to-analog converters, one a wordline: a register. The level on a wordline is the code, so what is given
 * on is what was taken; noise and offset are those of the ADC behind the array, the one place where papers give them. Latency 1.
 * Where `used` is wired, only the rows in use are charged for. */
#include "components/tags.h"
#include "components/use.h"

enum { NO_INPUT = BL_STALL, OUT_FULL };

struct dac {
    struct bl_part p;
    bl_pop x, x_tag;
    bl_push y, y_tag;
    bl_in used;
    bl_tally conv, bit;
    int64_t lanes, bits, tag;
};

static int init(void *self)
{
    struct dac *t = self;

    return bl_tags_both(t, "x_tag", bl_wired(t->x_tag), "y_tag", bl_wired(t->y_tag));
}

static bl_verdict tick(void *self)
{
    struct dac *t = self;

    if (!bl_pair_avail(t->x, t->x_tag))
        return BL_NAP(BL_AT(NO_INPUT, bl_pair_missing(t->x, 1)));
    if (!bl_pair_room(t->y, t->y_tag))
        return BL_NAP(BL_AT(OUT_FULL, bl_pair_full(t->y, 1)));
    bl_pass(t->x, t->y);
    bl_pass_tag(t->x_tag, t->y_tag);
    const uint64_t rows = bl_use_lanes(bl_get16(t->used)[0], 1, t->lanes);
    charge(&t->conv, rows);
    charge(&t->bit, rows * (uint64_t)t->bits);
    return BL_BUSY;
}

#define T struct dac
static const struct bl_field fields[] = {
    BL_POP(T, x, BL_BY(T, lanes), BL_BY(T, bits), "codes"), BL_POP_OPT(T, x_tag, BL_BY(T, tag), 8, "their tags"),
    BL_PUSH(T, y, BL_BY(T, lanes), BL_BY(T, bits), "levels, in codes"), BL_PUSH_OPT(T, y_tag, BL_BY(T, tag), 8, "their tags"),
    BL_IN_OPT(T, used, BL_USE_LANES, 16, "rows and columns in use; open: all"),
    BL_SIZE(T, lanes, 4096, "converters"), BL_SIZE(T, bits, 8, "bits of a code"), BL_SIZE(T, tag, BL_TAG_MOST, "lanes of a tag"),
    BL_FEED(x), BL_FEED(x_tag),
    BL_WAITS(NO_INPUT, x, x_tag), BL_WAITS(OUT_FULL, y, y_tag),
    BL_TALLY(T, conv, "a conversion"), BL_TALLY(T, bit, "a bit converted"), { 0 }
};
const struct bl_class dac_class = { .name = "dac", .help = "bank of digital-to-analog converters",
    .size = sizeof(T), .init = init, .tick = tick, .fields = fields };
