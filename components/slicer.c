/* slicer.c - bit-serial input: an item of `lanes` values of `bits` bits leaves as slices of `step` bits, one a tick, least or most
 * significant first. x is taken in the tick that gives its first slice, the next one as many ticks later as there were slices.
 * skip: slices that are zero in all lanes are left out (the zero columns of DB-PIM's input preprocessing unit); at least one stays.
 * Two lanes are appended to the tag: `shift`, the weight of the slice's bit 0 as a power of two, and `flags`, bit 0: the last slice
 * of the item (with ends: of one whose tag lane `ends` has bit 0), bit 1: the slice counts negative (top slice of signed values). */
#include "components/planes.h"
#include "components/bits.h"
#include "components/tags.h"

enum { NO_INPUT = BL_STALL, OUT_FULL };
enum { PLANES, VALUES };                /* form */
enum { LSB, MSB };
enum { BITS = 16, APPENDED = 2 };

struct slicer {
    struct bl_part p;
    bl_pop x, x_tag;
    bl_push y, y_tag;
    bl_tally slice, skipped, bit;
    int64_t lanes, bits, step, form, order, is_signed, skip, ends, tag;
    int64_t y_lanes, y_bits, tag_out;
    uint16_t *item;                     /* the item at hand, as it came: bytes, when values have up to eight bits */
    uint64_t *plane;                    /* [32][words of `lanes` bits]: form planes, its bits; zeros from `bits` on */
    uint8_t *bytes;                     /* [lanes]: half of each value, for transposing */
    uint32_t left;                      /* slices not given yet, a bit each */
    uint8_t held_tag[BL_TAG_MOST];
};

static uint32_t slices(const struct slicer *t) { return (uint32_t)((t->bits + t->step - 1) / t->step); }

static uint32_t ones(uint32_t v)
{
    uint32_t n = 0;

    for (; v; v &= v - 1)
        n++;
    return n;
}

static int shape(void *self)
{
    struct slicer *t = self;

    if (t->step > t->bits)
        return bl_refuse(t, "step is %lld, bits %lld; expected a step of at most the bits", (long long)t->step, (long long)t->bits);
    if (t->tag + APPENDED > BL_TAG_MOST)
        return bl_refuse(t, "tag is %lld lanes and two are appended; a tag has at most %d", (long long)t->tag, BL_TAG_MOST);
    if (t->ends >= t->tag)
        return bl_refuse(t, "ends is lane %lld of x_tag, which has %lld lanes", (long long)t->ends, (long long)t->tag);
    t->y_lanes = t->form == PLANES ? t->step : t->lanes;
    t->y_bits = t->form == PLANES ? t->lanes : t->step;
    t->tag_out = t->tag + APPENDED;
    return 0;
}

static int init(void *self)
{
    struct slicer *t = self;

    if (bl_wired(t->x_tag) && !bl_wired(t->y_tag))
        return bl_refuse(t, "x_tag is wired and y_tag is not; a tag goes out beside its data");
    if (t->ends >= 0 && !bl_wired(t->x_tag))
        return bl_refuse(t, "ends is lane %lld of x_tag, and nothing is wired to x_tag; wire it, or set ends to -1", (long long)t->ends);
    if (t->skip && !bl_wired(t->y_tag))
        return bl_refuse(t, "skip leaves slices out, so who takes y must see their shift: wire y_tag too");
    t->item = bl_alloc(t, bl_item_bytes(t->x));
    t->plane = bl_alloc(t, (size_t)2 * BITS * bl_bits_words(t->lanes) * sizeof *t->plane);
    t->bytes = bl_alloc(t, (size_t)t->lanes);
    return 0;
}

/* ---- the item at hand ---- */

/* The item as bit planes. Values of up to eight bits lie as bytes. */
static void transpose(struct slicer *t)
{
    const uint32_t n = (uint32_t)t->lanes, nw = bl_bits_words(t->lanes);

    if (t->bits <= 8) {
        bl_bits_planes(t->plane, nw, (const uint8_t *)t->item, n);
        return;
    }
    for (uint32_t half = 0; half < 2; half++) {
        for (uint32_t i = 0; i < n; i++)
            t->bytes[i] = (uint8_t)(t->item[i] >> 8 * half);
        bl_bits_planes(t->plane + (size_t)8 * half * nw, nw, t->bytes, n);
    }
}

/* Slices with a bit in any lane; the lowest one when there is none. */
static uint32_t used_slices(const struct slicer *t)
{
    const uint32_t step = (uint32_t)t->step;
    uint32_t bits = 0, used = 0;

    for (uint32_t i = 0; i < t->lanes; i++)
        bits |= (uint32_t)bl_lane_get(t->item, (uint32_t)t->bits, false, i);
    for (uint32_t s = 0; s < slices(t); s++)
        if (bits >> s * step & ((UINT32_C(1) << step) - 1))
            used |= UINT32_C(1) << s;
    return used ? used : 1;
}

static void take(struct slicer *t)
{
    const uint32_t n = slices(t);

    memcpy(t->item, bl_pop_item(t->x), bl_item_bytes(t->x));
    if (bl_wired(t->x_tag))
        memcpy(t->held_tag, bl_pop8(t->x_tag), (size_t)t->tag);
    if (t->form == PLANES)
        transpose(t);
    t->left = t->skip ? used_slices(t) : (UINT32_C(1) << n) - 1;
    charge(&t->skipped, n - ones(t->left));
}

/* ---- a slice ---- */

/* The next slice to give. */
static uint32_t next(const struct slicer *t)
{
    return t->order == LSB ? (uint32_t)__builtin_ctz(t->left) : 31 - (uint32_t)__builtin_clz(t->left);
}

static void give_planes(struct slicer *t, uint32_t s)
{
    const uint32_t nw = bl_bits_words(t->lanes), step = (uint32_t)t->step, bits = (uint32_t)t->lanes;
    const uint64_t *plane = t->plane + (size_t)s * step * nw;
    void *y = bl_push_item(t->y);

    if (bl_planes_are_words(bits))
        memcpy(y, plane, (size_t)step * nw * sizeof *plane);
    else
        bl_planes_put(y, bits, plane, 0, step);
}

static void give_values(struct slicer *t, uint32_t s)
{
    const uint32_t bits = (uint32_t)t->bits, step = (uint32_t)t->step;
    void *y = bl_push_item(t->y);

    for (uint32_t i = 0; i < t->lanes; i++)
        bl_lane_put(y, step, i, bl_lane_get(t->item, bits, false, i) >> s * step);
}

static void give_tag(struct slicer *t, uint32_t s)
{
    uint8_t *tag = bl_push8(t->y_tag);
    const bool last = !t->left && (t->ends < 0 || t->held_tag[t->ends] & 1), negative = t->is_signed && s + 1 == slices(t);

    memcpy(tag, t->held_tag, (size_t)t->tag);
    tag[t->tag] = (uint8_t)(s * (uint32_t)t->step);
    tag[t->tag + 1] = (uint8_t)(last | negative << 1);
}

static void give(struct slicer *t)
{
    const uint32_t s = next(t), first = s * (uint32_t)t->step;

    t->left &= ~(UINT32_C(1) << s);
    if (t->form == PLANES)
        give_planes(t, s);
    else
        give_values(t, s);
    if (bl_wired(t->y_tag))
        give_tag(t, s);
    charge(&t->slice, 1);
    charge(&t->bit, (uint64_t)(t->lanes * (t->bits - first < t->step ? t->bits - first : t->step)));
}

static bl_verdict tick(void *self)
{
    struct slicer *t = self;

    if (!t->left && !bl_pair_avail(t->x, t->x_tag))
        return BL_NAP(BL_AT(NO_INPUT, bl_pair_missing(t->x, 1)));
    if (!bl_pair_room(t->y, t->y_tag))
        return BL_NAP(BL_AT(OUT_FULL, bl_pair_full(t->y, 1)));
    if (!t->left)
        take(t);
    give(t);
    return BL_BUSY;
}

#define T struct slicer
static const struct bl_field fields[] = {
    BL_POP(T, x, BL_BY(T, lanes), BL_BY(T, bits), "values"), BL_POP_OPT(T, x_tag, BL_BY(T, tag), 8, "their tags"),
    BL_PUSH(T, y, BL_BY(T, y_lanes), BL_BY(T, y_bits), "slices: planes (a bit a value) or values of step bits"),
    BL_PUSH_OPT(T, y_tag, BL_BY(T, tag_out), 8, "the value's tag, shift, flags"),
    BL_SIZE(T, lanes, 4096, "values of an item"), BL_PARAM(T, bits, 8, 1, BITS, "bits of a value"),
    BL_PARAM(T, step, 1, 1, BITS, "bits of a slice"),
    BL_CHOICE(T, form, PLANES, "planes values", "a slice is step lanes of `lanes` bits, or `lanes` lanes of step bits"),
    BL_CHOICE(T, order, LSB, "lsb msb", "which slice leaves first"),
    BL_PARAM(T, is_signed, 0, 0, 1, "values are two's complement: their top slice is flagged negative"),
    BL_PARAM(T, skip, 0, 0, 1, "slices that are zero in all lanes are left out"),
    BL_PARAM(T, ends, -1, -1, BL_TAG_MOST - 1, "lane of the tag whose bit 0 says that a pass ends with this item; -1: every item is one"),
    BL_SIZE(T, tag, BL_TAG_MOST, "lanes of x_tag"),
    BL_COMPUTED(T, y_lanes, "step or lanes"), BL_COMPUTED(T, y_bits, "lanes or step"), BL_COMPUTED(T, tag_out, "tag + 2"),
    BL_FEED(x), BL_FEED(x_tag),
    BL_WAITS(NO_INPUT, x, x_tag), BL_WAITS(OUT_FULL, y, y_tag),
    BL_TALLY(T, slice, "a slice given"), BL_TALLY(T, skipped, "a slice left out"), BL_TALLY(T, bit, "a bit given: lanes x bits of the slice"),
    BL_VIEW(T, left, 1, 16, "slices not given yet"), BL_VIEW(T, held_tag, BL_BY(T, tag), 8, "tag of the item at hand"),
    BL_MEM(T, item, "the item at hand"), BL_MEM(T, plane, "its bits, form planes"), BL_MEM(T, bytes, "half of each value"), { 0 }
};
const struct bl_class slicer_class = { .name = "slicer", .help = "bit-serial input, zero slices skipped",
    .size = sizeof(T), .shape = shape, .init = init, .tick = tick, .fields = fields };
