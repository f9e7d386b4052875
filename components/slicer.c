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
    uint64_t *plane;                    /* [32][words of `lanes` bits]: the item at hand, transposed; zeros from `bits` on */
    uint8_t *bytes;                     /* [lanes]: for transposing */
    uint32_t left;                      /* slices not given yet, a bit each */
    uint8_t held_tag[BL_TAG_MOST];
};

static uint32_t slices(const struct slicer *t) { return (uint32_t)((t->bits + t->step - 1) / t->step); }

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
    if (t->skip && !bl_wired(t->y_tag))
        return bl_refuse(t, "skip leaves slices out, so who takes y must see their shift: wire y_tag too");
    t->plane = bl_alloc(t, (size_t)2 * BITS * bl_bits_words(t->lanes) * sizeof *t->plane);
    t->bytes = bl_alloc(t, (size_t)t->lanes);
    return 0;
}

/* ---- the item at hand ---- */

/* Eight bits of all lanes, from bit `first` on. */
static void transpose(struct slicer *t, const void *x, uint32_t first)
{
    const uint32_t n = (uint32_t)t->lanes, nw = bl_bits_words(t->lanes);

    for (uint32_t i = 0; i < n; i++)
        t->bytes[i] = (uint8_t)(bl_lane_get(x, (uint32_t)t->bits, false, i) >> first);
    bl_bits_planes(t->plane + (size_t)first * nw, nw, t->bytes, n);
}

/* Whether any lane has a bit in slice s. */
static bool has_ones(const struct slicer *t, uint32_t s)
{
    const uint32_t nw = bl_bits_words(t->lanes), first = s * (uint32_t)t->step;
    uint64_t any = 0;

    for (uint32_t b = first; b < first + t->step && b < t->bits; b++)
        for (uint32_t w = 0; w < nw; w++)
            any |= t->plane[(size_t)b * nw + w];
    return any;
}

static void take(struct slicer *t)
{
    const void *x = bl_pop_item(t->x);
    const uint32_t n = slices(t), words = bl_bits_words(t->lanes);

    transpose(t, x, 0);
    if (t->bits > 8)
        transpose(t, x, 8);
    memset(t->plane + (size_t)t->bits * words, 0, (size_t)(BITS - t->bits) * words * sizeof *t->plane);
    if (bl_wired(t->x_tag))
        memcpy(t->held_tag, bl_pop8(t->x_tag), (size_t)t->tag);
    t->left = (UINT32_C(1) << n) - 1;
    for (uint32_t s = 0; t->skip && s < n; s++)
        if (!has_ones(t, s))
            t->left &= ~(UINT32_C(1) << s);
    if (!t->left)
        t->left = 1;
    charge(&t->skipped, n - (uint32_t)__builtin_popcount(t->left));
}

/* ---- a slice ---- */

/* The next slice to give. */
static uint32_t next(const struct slicer *t)
{
    return t->order == LSB ? (uint32_t)__builtin_ctz(t->left) : 31 - (uint32_t)__builtin_clz(t->left);
}

static void give_planes(struct slicer *t, uint32_t s)
{
    const uint32_t nw = bl_bits_words(t->lanes);
    void *y = bl_push_item(t->y);

    for (uint32_t i = 0; i < t->step; i++) {
        const uint32_t b = s * (uint32_t)t->step + i;
        bl_plane_put(y, (uint32_t)t->lanes, i, t->plane + (size_t)b * nw);
    }
}

static void give_values(struct slicer *t, uint32_t s)
{
    const uint32_t nw = bl_bits_words(t->lanes), first = s * (uint32_t)t->step;
    void *y = bl_push_item(t->y);

    for (uint32_t i = 0; i < t->lanes; i++) {
        uint64_t v = 0;
        for (uint32_t b = 0; b < t->step && first + b < t->bits; b++)
            v |= (t->plane[(size_t)(first + b) * nw + i / 64] >> i % 64 & 1) << b;
        bl_lane_put(y, (uint32_t)t->step, i, (int64_t)v);
    }
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
    BL_WAITS(NO_INPUT, x, x_tag), BL_WAITS(OUT_FULL, y, y_tag),
    BL_TALLY(T, slice, "a slice given"), BL_TALLY(T, skipped, "a slice left out"), BL_TALLY(T, bit, "a bit given: lanes x bits of the slice"),
    BL_VIEW(T, left, 1, 16, "slices not given yet"), BL_VIEW(T, held_tag, BL_BY(T, tag), 8, "tag of the item at hand"),
    BL_MEM(T, plane, "the item at hand, bit by bit"), BL_MEM(T, bytes, "the item at hand, eight bits of a value"), { 0 }
};
const struct bl_class slicer_class = { .name = "slicer", .help = "bit-serial input, zero slices skipped",
    .size = sizeof(T), .shape = shape, .init = init, .tick = tick, .fields = fields };
