/* adder_tree.c - `lanes` trees of `operands` operands of `bits` bits each. planes: operands come as bit planes, one bit an operand,
 * plane b of tree l at l * bits + b, and are counted; values: as lanes, those of a tree side by side. Stages: an item is taken in tick
 * t and its sum given in t + stages - 1; in a tick the last stage leaves first, then each moves into an empty next one, then one is
 * taken. Sums have the bits that hold every sum, or out_bits, where they saturate. Arithmetic: tree.h. Where `used` is wired, only the
 * trees of columns in use are charged for, per_column each. */
#include "components/bits.h"
#include "components/item_size.h"
#include "components/planes.h"
#include "components/tags.h"
#include "components/tree.h"
#include "components/use.h"

enum { NO_INPUT = BL_STALL, OUT_FULL };
enum { FORM_PLANES, FORM_VALUES };
enum { STAGES = 64, BITS = 32 };

struct adder_tree {
    struct bl_part p;
    bl_pop x, x_tag;
    bl_push sum, sum_tag;
    bl_in used;
    bl_tally fa, sums, operand, overflow;
    int64_t operands, bits, lanes, is_signed, form, stages, out_bits, per_column, tag;
    int64_t x_lanes, x_bits, sum_bits;
    int64_t *held;                      /* [stages][lanes]: sums in the stages; the last place is for the one on its way out */
    uint8_t *held_tag;                  /* [stages][tag] */
    uint8_t place[STAGES];              /* where the sums of a stage are held */
    uint64_t full;                      /* stages that hold sums, a bit each */
};

static int shape(void *self)
{
    struct adder_tree *t = self;
    const bool planes = t->form == FORM_PLANES;
    const int64_t all = (int64_t)bl_tree_bits((uint32_t)t->operands, (uint32_t)t->bits, t->is_signed);

    t->x_lanes = t->lanes * (planes ? t->bits : t->operands);
    t->x_bits = planes ? t->operands : t->bits;
    t->sum_bits = t->out_bits ? t->out_bits : all;
    return bl_item_fits(t, "x", t->x_lanes, planes ? "lanes x bits" : "lanes x operands", t->x_bits, planes ? "operands" : "bits");
}

static int init(void *self)
{
    struct adder_tree *t = self;

    if (bl_tags_both(t, "x_tag", bl_wired(t->x_tag), "sum_tag", bl_wired(t->sum_tag)))
        return -1;
    t->held = bl_alloc(t, (size_t)(t->stages * t->lanes) * sizeof *t->held);
    t->held_tag = bl_alloc(t, (size_t)(t->stages * (t->tag ? t->tag : 1)));
    for (uint32_t s = 0; s < STAGES; s++)
        t->place[s] = (uint8_t)s;
    return 0;
}

/* ---- sums ---- */

/* Planes of up to 32 operands lie in lanes narrower than a word. */
static void sum_narrow(const struct adder_tree *t, int64_t *sum, const void *x)
{
    const uint32_t bits = (uint32_t)t->bits;
    uint64_t planes[BITS];

    for (uint32_t l = 0; l < t->lanes; l++) {
        bl_planes_get(planes, x, (uint32_t)t->operands, l * bits, bits);
        bl_bits_sums(sum + l, planes, 1, bits, 1, t->is_signed);
    }
}

static void sum_values(const struct adder_tree *t, int64_t *sum, const void *x)
{
    const uint32_t n = (uint32_t)t->operands, bits = (uint32_t)t->bits;

    for (uint32_t l = 0; l < t->lanes; l++) {
        int64_t s = 0;
        for (uint32_t i = l * n; i < (l + 1) * n; i++)
            s += bl_lane_get(x, bits, t->is_signed, i);
        sum[l] = s;
    }
}

static void add(struct adder_tree *t, const void *x, int64_t *sum)
{
    const uint32_t lanes = (uint32_t)t->lanes, bits = (uint32_t)t->bits;

    if (t->form == FORM_VALUES)
        sum_values(t, sum, x);
    else if (bl_planes_are_words((uint32_t)t->operands))
        bl_bits_sums(sum, x, lanes, bits, bl_plane_words((uint32_t)t->operands), t->is_signed);
    else
        sum_narrow(t, sum, x);
    const uint16_t *used = bl_get16(t->used);
    const uint64_t trees = bl_use_lanes(used[1], t->per_column, t->lanes);
    charge(&t->fa, trees * bl_tree_full_adders((uint32_t)t->operands, bits));
    charge(&t->sums, trees);
    charge(&t->operand, trees * bl_use_lanes(used[0], 1, t->operands));
}

/* ---- stages ---- */

static int64_t *sums_at(const struct adder_tree *t, uint32_t stage) { return t->held + (size_t)t->place[stage] * (size_t)t->lanes; }
static uint8_t *tag_at(const struct adder_tree *t, uint32_t stage) { return t->held_tag + (size_t)t->place[stage] * (size_t)t->tag; }

static void give(struct adder_tree *t, uint32_t stage)
{
    const uint32_t bits = (uint32_t)t->sum_bits;
    int64_t *v = sums_at(t, stage);

    for (uint32_t l = 0; t->out_bits && l < t->lanes; l++)
        charge(&t->overflow, bl_tree_saturate(&v[l], bits, t->is_signed));
    bl_lanes_put(bl_push_item(t->sum), bits, v, 0, (uint32_t)t->lanes);
    if (bl_wired(t->sum_tag))
        memcpy(bl_push8(t->sum_tag), tag_at(t, stage), (size_t)t->tag);
}

static void take(struct adder_tree *t, uint32_t stage)
{
    add(t, bl_pop_item(t->x), sums_at(t, stage));
    if (bl_wired(t->x_tag))
        memcpy(tag_at(t, stage), bl_pop8(t->x_tag), (size_t)t->tag);
}

/* Sums move from stage s into the empty stage s + 1; the places change hands. */
static void move(struct adder_tree *t, uint32_t s)
{
    const uint8_t place = t->place[s + 1];

    t->place[s + 1] = t->place[s];
    t->place[s] = place;
    t->full ^= UINT64_C(3) << s;
}

/* One stage register less than stages: with one stage, what is taken is given. */
static bl_verdict tick(void *self)
{
    struct adder_tree *t = self;
    const uint32_t registers = (uint32_t)t->stages - 1;
    const bool room = bl_pair_room(t->sum, t->sum_tag), ready = registers && t->full >> (registers - 1) & 1;
    bool moved = ready && room;

    if (moved) {
        give(t, registers - 1);
        t->full &= ~(UINT64_C(1) << (registers - 1));
    }
    for (uint32_t s = registers; t->full && s-- > 1;)
        if ((t->full >> (s - 1) & 3) == 1) {
            move(t, s - 1);
            moved = true;
        }
    const bool comes = bl_pair_avail(t->x, t->x_tag), fits = registers ? !(t->full & 1) : room;
    if (comes && fits) {
        take(t, 0);
        if (registers)
            t->full |= 1;
        else
            give(t, 0);
        moved = true;
    }
    if (moved)
        return BL_BUSY;
    if (ready || (comes && !registers))
        return BL_NAP(BL_AT(OUT_FULL, bl_pair_full(t->sum, 1)));
    return BL_NAP(BL_AT(NO_INPUT, bl_pair_missing(t->x, 1)));
}

#define T struct adder_tree
static const struct bl_field fields[] = {
    BL_POP(T, x, BL_BY(T, x_lanes), BL_BY(T, x_bits), "operands: planes of a bit an operand, or values"),
    BL_POP_OPT(T, x_tag, BL_BY(T, tag), 8, "their tags"),
    BL_PUSH(T, sum, BL_BY(T, lanes), BL_BY(T, sum_bits), "a sum a tree"), BL_PUSH_OPT(T, sum_tag, BL_BY(T, tag), 8, "their tags"),
    BL_IN_OPT(T, used, BL_USE_LANES, 16, "rows and columns in use: operands, trees; open: all"),
    BL_PARAM(T, operands, 64, 1, 4096, "operands of a tree"), BL_PARAM(T, bits, 8, 1, BITS, "bits of an operand"),
    BL_SIZE(T, lanes, 1024, "trees"), BL_PARAM(T, is_signed, 0, 0, 1, "operands are two's complement"),
    BL_CHOICE(T, form, FORM_PLANES, "planes values", "how operands come"),
    BL_PARAM(T, stages, 1, 1, STAGES, "pipeline stages, and ticks from operands to sum"),
    BL_PARAM(T, out_bits, 0, 0, 63, "bits of a sum, which saturates; 0: as many as hold every sum"),
    BL_PARAM(T, per_column, 1, 1, 16, "trees of a column in use"), BL_SIZE(T, tag, BL_TAG_MOST, "lanes of a tag"),
    BL_COMPUTED(T, x_lanes, "lanes x bits, or lanes x operands"), BL_COMPUTED(T, x_bits, "operands, or bits"),
    BL_COMPUTED(T, sum_bits, "out_bits, or those of the full sum"),
    BL_FEED(x), BL_FEED(x_tag),
    BL_WAITS(NO_INPUT, x, x_tag), BL_WAITS(OUT_FULL, sum, sum_tag),
    BL_TALLY(T, fa, "a full adder at work: B N' + N' - B - log2 N' - 1 a sum, N' operands padded to a power of two"),
    BL_TALLY_AS(T, sums, "sum", "a sum"), BL_TALLY(T, operand, "an operand in use added"),
    BL_TROUBLE(T, overflow, "a sum that saturated"),
    BL_VIEW(T, full, 1, STAGES, "stages that hold sums"),
    BL_MEM(T, held, "sums in the stages"), BL_MEM(T, held_tag, "their tags"), { 0 }
};
const struct bl_class adder_tree_class = { .name = "adder_tree", .help = "adder trees over bit planes or values",
    .size = sizeof(T), .shape = shape, .init = init, .tick = tick, .fields = fields };
