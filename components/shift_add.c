/* shift_add.c - puts slices back together: a result is the sum of its partials, each shifted to its place, in `width` bits that
 * wrap. Partials are counted (steps a result, order and step say where each belongs) or carry their shift, sign and end in the last
 * two lanes of their tag, as slicer wrote them. Before that, `place` neighbours that are the bit columns of one weight are added,
 * neighbour j weighing 2^j. The result leaves in the tick that takes its last partial. Where `used` is wired, only the columns in use
 * are charged for. */
#include "components/lanes.h"
#include "components/tags.h"
#include "components/tree.h"
#include "components/use.h"

enum { NO_INPUT = BL_STALL, OUT_FULL };
enum { LSB, MSB };
enum { COUNTER, TAG };                  /* by */
enum { LAST = 1, NEGATIVE = 2 };        /* flags */

struct shift_add {
    struct bl_part p;
    bl_pop x, x_tag;
    bl_push y, y_tag;
    bl_in used;
    bl_tally add, place_add, result, overflow;
    int64_t lanes, bits, steps, step, order, top_negative, place, place_negative, is_signed, by, width, tag;
    int64_t x_lanes;
    int64_t *sum, *part;                /* [lanes], [lanes * place]: the result so far; the partials at hand */
    uint32_t at;                        /* partials of this result so far */
};

__extension__ typedef __int128 wide;

/* Where a partial belongs. */
struct weight { uint32_t shift; bool negative, last; };

static int shape(void *self)
{
    struct shift_add *t = self;

    t->x_lanes = t->lanes * t->place;
    if (t->by == COUNTER && (t->steps - 1) * t->step >= t->width)
        return bl_refuse(t, "the last of %lld steps of %lld bits is shifted beyond a width of %lld bits", (long long)t->steps,
                         (long long)t->step, (long long)t->width);
    return 0;
}

static int init(void *self)
{
    struct shift_add *t = self;

    if (bl_wired(t->y_tag) && !bl_wired(t->x_tag))
        return bl_refuse(t, "y_tag is wired and x_tag is not; a tag may end here, but not begin");
    if (t->by == TAG && (!bl_wired(t->x_tag) || bl_pop_lanes(t->x_tag) < 2))
        return bl_refuse(t, "by is tag, so the last two lanes of x_tag are shift and flags; wire it to the tag of a slicer");
    t->sum = bl_alloc(t, (size_t)t->lanes * sizeof *t->sum);
    t->part = bl_alloc(t, (size_t)t->x_lanes * sizeof *t->part);
    return 0;
}

/* The weight of the partial at the head of x. */
static struct weight weight_of(const struct shift_add *t)
{
    if (t->by == TAG) {
        const uint8_t *tag = bl_peek8(t->x_tag) + bl_pop_lanes(t->x_tag) - 2;
        return (struct weight){ tag[0], tag[1] & NEGATIVE, tag[1] & LAST };
    }
    const uint32_t steps = (uint32_t)t->steps, slice = t->order == LSB ? t->at : steps - 1 - t->at;

    return (struct weight){ slice * (uint32_t)t->step, t->top_negative && slice + 1 == steps, t->at + 1 == steps };
}

/* The partials at the head of x, the bit columns of each weight put together: [lanes], in place. */
static const int64_t *partials(struct shift_add *t)
{
    const uint32_t n = (uint32_t)t->place, lanes = (uint32_t)t->lanes;
    int64_t *v = t->part;

    bl_lanes_get(v, bl_peek_item(t->x), (uint32_t)t->bits, t->is_signed, 0, lanes * n);
    for (uint32_t l = 0; (n > 1 || t->place_negative) && l < lanes; l++) {
        const int64_t *column = v + (size_t)l * n, top = column[n - 1] * (INT64_C(1) << (n - 1));
        int64_t sum = t->place_negative ? -top : top;
        for (uint32_t j = 0; j + 1 < n; j++)
            sum += column[j] * (INT64_C(1) << j);
        v[l] = sum;
    }
    return v;
}

/* Wraps what does not fit. How many. */
static uint64_t wrap(struct shift_add *t)
{
    uint64_t over = 0;

    for (uint32_t l = 0; l < t->lanes; l++) {
        const int64_t exact = t->sum[l];
        t->sum[l] = bl_tree_wrap(exact, (uint32_t)t->width);
        over += t->sum[l] != exact;
    }
    return over;
}

/* Where a partial, shifted, and the sum stay below 2^62, 64 bits hold all. Sums seldom wrap, so they are wrapped afterwards. */
static uint64_t add_short(struct shift_add *t, const int64_t *v, const struct weight *w)
{
    const int64_t weight = (w->negative ? -1 : 1) * (INT64_C(1) << w->shift);
    const uint64_t half = UINT64_C(1) << (t->width - 1);
    const uint32_t lanes = (uint32_t)t->lanes, width = (uint32_t)t->width;
    int64_t *sum = t->sum;
    uint64_t outside = 0;

    for (uint32_t l = 0; l < lanes; l++) {
        sum[l] += v[l] * weight;
        outside |= ((uint64_t)sum[l] + half) >> width;
    }
    return outside ? wrap(t) : 0;
}

/* A shift may be 255, and what it shifts has up to 48 bits: bits that are shifted beyond those kept are an overflow. */
static uint64_t add_long(struct shift_add *t, const int64_t *v, const struct weight *w)
{
    const uint32_t shift = w->shift < 64 ? w->shift : 64;
    uint64_t over = 0;

    for (uint32_t l = 0; l < t->lanes; l++) {
        const wide term = (wide)v[l] * ((wide)1 << shift), exact = w->negative ? t->sum[l] - term : t->sum[l] + term;
        t->sum[l] = bl_tree_wrap((int64_t)(uint64_t)exact, (uint32_t)t->width);
        over += t->sum[l] != exact;
    }
    return over;
}

static uint64_t in_use(const struct shift_add *t) { return bl_use_lanes(bl_get16(t->used)[1], 1, t->lanes); }

static void add(struct shift_add *t, const struct weight *w)
{
    const uint64_t lanes = (uint64_t)t->lanes;
    const int64_t *v = partials(t);
    const bool is_short = t->bits + t->place + w->shift < 62 && t->width < 62;

    if (!t->at)
        memset(t->sum, 0, (size_t)lanes * sizeof *t->sum);
    charge(&t->overflow, is_short ? add_short(t, v, w) : add_long(t, v, w));
    charge(&t->add, in_use(t));
    charge(&t->place_add, in_use(t) * (uint64_t)(t->place - 1));
}

static void give(struct shift_add *t)
{
    const uint32_t lanes = (uint32_t)t->lanes;

    bl_lanes_put(bl_push_item(t->y), (uint32_t)t->width, t->sum, 0, lanes);
    if (bl_wired(t->y_tag))
        memcpy(bl_push_item(t->y_tag), bl_peek_item(t->x_tag), bl_item_bytes(t->x_tag));
    charge(&t->result, in_use(t));
}

static bl_verdict tick(void *self)
{
    struct shift_add *t = self;

    if (!bl_pair_avail(t->x, t->x_tag))
        return BL_NAP(BL_AT(NO_INPUT, bl_pair_missing(t->x, 1)));
    const struct weight w = weight_of(t);
    if (w.last && !bl_pair_room(t->y, t->y_tag))
        return BL_NAP(BL_AT(OUT_FULL, bl_pair_full(t->y, 1)));
    add(t, &w);
    t->at = w.last ? 0 : t->at + 1;
    if (w.last)
        give(t);
    bl_pop_item(t->x);
    if (bl_wired(t->x_tag))
        bl_pop_item(t->x_tag);
    return BL_BUSY;
}

#define T struct shift_add
static const struct bl_field fields[] = {
    BL_POP(T, x, BL_BY(T, x_lanes), BL_BY(T, bits), "partials; the columns of one weight side by side"),
    BL_POP_OPT(T, x_tag, BL_BY(T, tag), 8, "their tags; by: tag reads the last two lanes, shift and flags"),
    BL_PUSH(T, y, BL_BY(T, lanes), BL_BY(T, width), "results, two's complement"),
    BL_PUSH_OPT(T, y_tag, BL_BY(T, tag), 8, "tag of the result's last partial; open: it ends here"),
    BL_IN_OPT(T, used, BL_USE_LANES, 16, "rows and columns in use; open: all"),
    BL_SIZE(T, lanes, 65536, "values of a result"), BL_SIZE(T, bits, 32, "bits of a partial"),
    BL_PARAM(T, steps, 8, 1, 32, "by: counter, partials of a result"),
    BL_PARAM(T, step, 1, 1, 16, "by: counter, bits from one partial's place to the next"),
    BL_CHOICE(T, order, LSB, "lsb msb", "by: counter, which partial comes first"),
    BL_PARAM(T, top_negative, 0, 0, 1, "by: counter, the top partial counts negative"),
    BL_PARAM(T, place, 1, 1, 16, "columns of one weight: neighbour j weighs 2^j"),
    BL_PARAM(T, place_negative, 0, 0, 1, "the top one of them counts negative"),
    BL_PARAM(T, is_signed, 1, 0, 1, "partials are two's complement"),
    BL_CHOICE(T, by, COUNTER, "counter tag", "what says where a partial belongs"),
    BL_PARAM(T, width, 32, 2, 63, "bits of a result, which wraps"), BL_SIZE(T, tag, BL_TAG_MOST, "lanes of a tag"),
    BL_COMPUTED(T, x_lanes, "lanes x place"),
    BL_FEED(x), BL_FEED(x_tag),
    BL_WAITS(NO_INPUT, x, x_tag), BL_WAITS(OUT_FULL, y, y_tag),
    BL_TALLY(T, add, "a partial added, a lane"), BL_TALLY(T, place_add, "a column added to its neighbours"),
    BL_TALLY(T, result, "a result, a lane"), BL_TROUBLE(T, overflow, "a sum that did not fit width and wrapped"),
    BL_VIEW(T, at, 1, 16, "partials of this result so far"), BL_MEM(T, sum, "the result so far"), BL_MEM(T, part, "the partials at hand"), { 0 }
};
const struct bl_class shift_add_class = { .name = "shift_add", .help = "slices and bit columns put back together",
    .size = sizeof(T), .shape = shape, .init = init, .tick = tick, .fields = fields };
