/* sar_adc.c - converters by successive approximation, one for each `share` neighbouring columns. Self-timed from the item it takes:
 * a slot of `bits` steps converts one column of each converter, share slots make a result. A column is sampled half a step after its
 * slot began, decision m falls in the middle of step m, from 0 (sar.h); the result leaves at the end of the last slot. A clocked
 * taker sees it share * bits * step ticks + 1 after x was given. Where `used` is wired, only columns in use are charged for, per_column
 * of them for each column of weights; what the others would be converted to is given all the same. */
#include "components/lanes.h"
#include "components/sar.h"
#include "components/tags.h"
#include "components/use.h"

enum { NO_INPUT = BL_STALL, OUT_FULL };
enum { FULL = BL_SAR_FULL, UNIT = BL_SAR_UNIT, GIVEN = BL_SAR_GIVEN, TABLE = BL_SAR_TABLE, SCALE = BL_SAR_SCALE };        /* range */
enum { CODE, VALUE };
#define LEAST (-2147483648.0)               /* what a lane of 32 bits holds */
#define MOST 2147483648.0

struct sar_adc {
    struct bl_part p;
    bl_pop x, x_tag;
    bl_push y, y_tag;
    bl_in scale, layer, used;
    bl_tally conv, decision, clipped;
    bl_table ranges;
    int64_t lanes, bits, share, step, range, rows, in_bits, out, events, measure, per_column, tag;
    double lo, hi, noise, offset, offset_sigma;
    uint64_t step_time;
    int64_t y_bits;
    uint64_t slot;                      /* fs */
    struct bl_sar_scale at;             /* of the conversion at work */
    double top;
    int32_t *in;                        /* [lanes]: what is converted */
    double *held, *own;                 /* [lanes]: sampled; [lanes / share]: each converter's own offset, LSB */
    struct bl_sar_seen *stat;           /* [layer]; one when nothing is measured */
    uint32_t *code;                     /* [lanes]: decided so far */
    uint32_t at_work;                   /* columns that are charged for, from the first on */
    uint32_t turn, bit;                 /* column of each converter; decisions made in this slot */
    uint8_t tag_at[BL_TAG_MOST];
};

static int shape(void *self)
{
    struct sar_adc *t = self;

    t->y_bits = t->out == CODE ? t->bits : 32;
    return 0;
}

static int check_ranges(struct sar_adc *t)
{
    if (t->range == TABLE && !t->ranges.n)
        return bl_refuse(t, "range is table and no ranges are supplied; calibrate the platform, or take another range");
    if (t->range == SCALE && !bl_wired(t->scale))
        return bl_refuse(t, "range is scale and nothing is wired to scale");
    if (t->range != GIVEN && (t->lo != 0 || t->hi != 1))
        return bl_refuse(t, "lo is %g and hi %g, and range is not given: they would do nothing; set range to given, or leave them out", t->lo, t->hi);
    if (t->range == GIVEN && !(t->hi > t->lo))
        return bl_refuse(t, "range is given, from lo %g to hi %g; expected hi above lo", t->lo, t->hi);
    for (uint64_t i = 0; i < t->ranges.n; i++) {
        const struct bl_range *r = &BL_ROWS(struct bl_range, t->ranges)[i];
        if (!(r->lo <= r->hi) || r->lo < LEAST || r->hi > MOST)
            return bl_refuse(t, "ranges: layer %llu has [%g, %g]; it must rise and stay within 32 bits", (unsigned long long)i, r->lo, r->hi);
    }
    return 0;
}

static int init(void *self)
{
    struct sar_adc *t = self;
    const size_t n = (size_t)t->lanes;

    if (t->lanes % t->share)
        return bl_refuse(t, "%lld columns and share %lld; expected whole converters: a share that divides the columns", (long long)t->lanes,
                         (long long)t->share);
    if (!t->step_time && !bl_period(t))
        return bl_refuse(t, "no clock and no step_time; name a clock, whose cycles step counts, or give the time of a step");
    if (bl_tags_both(t, "x_tag", bl_wired(t->x_tag), "y_tag", bl_wired(t->y_tag)) || check_ranges(t))
        return -1;
    t->slot = (uint64_t)t->bits * (t->step_time ? t->step_time : (uint64_t)t->step * bl_period(t));
    t->in = bl_alloc(t, n * sizeof *t->in);
    t->held = bl_alloc(t, n * sizeof *t->held);
    t->code = bl_alloc(t, n * sizeof *t->code);
    t->stat = bl_alloc(t, (t->measure ? BL_SAR_MEASURED : 1) * sizeof *t->stat);
    t->own = bl_alloc(t, n / (size_t)t->share * sizeof *t->own);
    return 0;
}

/* ---- a conversion ---- */

static struct bl_range range_of(struct sar_adc *t)
{
    const double full = (double)(t->rows * ((INT64_C(1) << t->in_bits) - 1)), codes = (double)(1 << t->bits);
    struct bl_range r = { t->lo, t->hi };

    if (t->range == FULL)
        return (struct bl_range){ 0, full };
    if (t->range == UNIT)
        return (struct bl_range){ 0, codes };
    if (t->range == SCALE) {
        memcpy(&r, bl_get64(t->scale), sizeof r);
    } else if (t->range == TABLE) {
        const uint32_t layer = bl_wired(t->layer) ? *bl_get16(t->layer) : 0;
        if (layer < t->ranges.n)
            return BL_ROWS(struct bl_range, t->ranges)[layer];
        bl_fail(t, "layer %u; ranges has %llu", layer, (unsigned long long)t->ranges.n);
    }
    return r;
}

static void begin(struct sar_adc *t)
{
    struct bl_range r = range_of(t);

    memcpy(t->in, bl_pop32(t->x), (size_t)t->lanes * sizeof *t->in);
    if (bl_wired(t->x_tag))
        memcpy(t->tag_at, bl_pop8(t->x_tag), (size_t)t->tag);
    if (!(r.hi > r.lo) || r.lo < LEAST || r.hi > MOST) {
        bl_fail(t, "the range is [%g, %g]; expected one that is not empty, within 32 bits", r.lo, r.hi);
        r = (struct bl_range){ 0, 1 };
    }
    t->at = bl_sar_scale(r.lo, r.hi, (uint32_t)t->bits);
    t->at_work = (uint32_t)bl_use_lanes(bl_get16(t->used)[1], t->per_column, t->lanes);
    t->top = r.hi;
}

/* What is at the input counts for the layer in force. */
static void measure(struct sar_adc *t)
{
    const uint32_t layer = bl_wired(t->layer) ? *bl_get16(t->layer) : 0;

    if (layer >= BL_SAR_MEASURED) {
        bl_fail(t, "layer %u; %d are measured, at most", layer, BL_SAR_MEASURED);
        return;
    }
    struct bl_sar_seen *seen = &t->stat[layer];
    for (uint32_t l = 0; l < t->lanes; l++) {
        seen->least = !seen->n || t->in[l] < seen->least ? t->in[l] : seen->least;
        seen->most = !seen->n || t->in[l] > seen->most ? t->in[l] : seen->most;
        seen->n++;
    }
}

/* The columns whose turn it is are sampled. */
static void sample(struct sar_adc *t)
{
    const uint32_t share = (uint32_t)t->share;

    for (uint32_t l = t->turn; l < t->lanes; l += share) {
        const double draw = t->noise > 0 ? bl_normal(t) : 0, v = bl_sar_sample(&t->at, t->in[l], t->noise, draw);
        t->held[l] = v + (t->offset + t->own[l / share]) * t->at.lsb;
        t->code[l] = 0;
        charge(&t->clipped, l < t->at_work && (t->held[l] < t->at.lo || t->held[l] >= t->top));
        charge(&t->conv, l < t->at_work);
    }
}

static void decide(struct sar_adc *t, uint32_t bit)
{
    const uint32_t share = (uint32_t)t->share, lanes = (uint32_t)t->lanes;
    const struct bl_sar_scale at = t->at;
    const double *held = t->held;
    uint32_t *code = t->code;

    for (uint32_t l = t->turn; l < lanes; l += share)
        code[l] = bl_sar_decide(&at, held[l], code[l], bit);
    charge(&t->decision, t->at_work > t->turn ? (t->at_work - t->turn + share - 1) / share : 0);
}

/* All columns, without an event for each. */
static void convert(struct sar_adc *t)
{
    for (t->turn = 0; t->turn < t->share; t->turn++) {
        sample(t);
        for (uint32_t bit = (uint32_t)t->bits; bit-- > 0;)
            decide(t, bit);
    }
}

static void give(struct sar_adc *t)
{
    const uint32_t bits = (uint32_t)t->y_bits;
    void *y = bl_push_item(t->y);

    for (uint32_t l = 0; l < t->lanes; l++)
        bl_lane_put(y, bits, l, t->out == CODE ? (int64_t)t->code[l] : (int64_t)bl_sar_value(&t->at, t->code[l]));
    if (bl_wired(t->y_tag))
        memcpy(bl_push8(t->y_tag), t->tag_at, (size_t)t->tag);
}

static void draw_offsets(struct sar_adc *t)
{
    for (uint32_t c = 0; t->offset_sigma > 0 && c < t->lanes / t->share; c++)
        t->own[c] = t->offset_sigma * bl_normal(t);
}

/* From the decision before, or the start of the slot, to decision number `bit`. */
static uint64_t to_decision(const struct sar_adc *t)
{
    const uint32_t n = (uint32_t)t->bits, k = 2 * t->bit + 1;

    return bl_sar_at(t->slot, n, k) - (t->bit ? bl_sar_at(t->slot, n, k - 2) : 0);
}

static bl_verdict run(void *self)
{
    struct sar_adc *t = self;

    BL_BEGIN(t);
    draw_offsets(t);
    for (;;) {
        AWAIT(bl_pair_avail(t->x, t->x_tag), BL_AT(NO_INPUT, bl_pair_missing(t->x, 1)));
        begin(t);
        if (t->measure)
            measure(t);
        if (!t->events) {
            AWAIT_TIME((uint64_t)t->share * t->slot, BL_BUSY);
            convert(t);
        }
        for (t->turn = 0; t->events && t->turn < t->share; t->turn++) {
            for (t->bit = 0; t->bit < t->bits; t->bit++) {
                AWAIT_TIME(to_decision(t), BL_BUSY);
                if (!t->bit)
                    sample(t);
                decide(t, (uint32_t)t->bits - 1 - t->bit);
            }
            AWAIT_TIME(t->slot - bl_sar_at(t->slot, (uint32_t)t->bits, 2 * (uint32_t)t->bits - 1), BL_BUSY);
        }
        AWAIT(bl_pair_room(t->y, t->y_tag), BL_AT(OUT_FULL, bl_pair_full(t->y, 1)));
        give(t);
    }
    BL_END;
}

#define T struct sar_adc
static const struct bl_field fields[] = {
    BL_POP(T, x, BL_BY(T, lanes), 32, "what is converted, a column a lane, signed"), BL_POP_OPT(T, x_tag, BL_BY(T, tag), 8, "its tags"),
    BL_PUSH(T, y, BL_BY(T, lanes), BL_BY(T, y_bits), "codes, or what they stand for, signed"),
    BL_PUSH_OPT(T, y_tag, BL_BY(T, tag), 8, "tags"),
    BL_IN_OPT(T, scale, 2, 64, "range: scale, the doubles lo and hi"), BL_IN_OPT(T, layer, 1, 16, "range: table, the layer in force"),
    BL_IN_OPT(T, used, BL_USE_LANES, 16, "rows and columns in use; open: all"),
    BL_DATA(T, ranges, struct bl_range, "range: table, lo and hi of each layer"),
    BL_SIZE(T, lanes, 4096, "columns"), BL_PARAM(T, bits, 8, 1, 12, "bits of a code"),
    BL_PARAM(T, share, 1, 1, 64, "columns a converter"), BL_PARAM(T, step, 1, 1, 1000, "cycles of a step, which decides one bit"),
    BL_TIME(T, step_time, 0, 0, BL_MS, "time of a step; 0: step cycles"),
    BL_CHOICE(T, range, FULL, "full unit given table scale",
              "input range: 0 .. rows (2^in_bits - 1); a step of 1 from 0 on; lo .. hi; the table by layer; the word scale"),
    BL_REAL(T, lo, 0, LEAST, MOST, "range: given, from"), BL_REAL(T, hi, 1, LEAST, MOST, "range: given, to"),
    BL_PARAM(T, rows, 64, 1, 4096, "range: full, wordlines"), BL_PARAM(T, in_bits, 1, 1, 8, "range: full, bits of a level"),
    BL_REAL(T, noise, 0, 0, 100, "standard deviation of the input noise, LSB"), BL_REAL(T, offset, 0, -4096, 4096, "offset of all, LSB"),
    BL_REAL(T, offset_sigma, 0, 0, 100, "standard deviation of the converters' own offsets, LSB"),
    BL_CHOICE(T, out, VALUE, "code value", "what is given: the code, or the value that it stands for"),
    BL_PARAM(T, events, 1, 0, 1, "0 leaves out the events of decisions, which only waveforms show"),
    BL_PARAM(T, measure, 0, 0, 1, "1 keeps the least and the most that comes, by layer: for calibration"),
    BL_PARAM(T, per_column, 1, 1, 16, "columns of a weight in use"),
    BL_SIZE(T, tag, BL_TAG_MOST, "lanes of a tag"), BL_COMPUTED(T, y_bits, "bits, or 32"),
    BL_FEED(x), BL_FEED(x_tag),
    BL_WAITS(NO_INPUT, x, x_tag), BL_WAITS(OUT_FULL, y, y_tag),
    BL_TALLY(T, conv, "a conversion of a column"), BL_TALLY(T, decision, "a bit decided"),
    BL_TROUBLE(T, clipped, "a column outside of the range"),
    BL_VIEW(T, turn, 1, 8, "column of each converter at work"), BL_VIEW(T, bit, 1, 8, "decisions made in this slot"),
    BL_MEM(T, in, "what is converted"), BL_MEM(T, held, "what was sampled"), BL_MEM(T, own, "offsets of the converters"),
    BL_MEM_KEPT(T, stat, "struct bl_sar_seen, by layer"), BL_MEM(T, code, "bits decided so far"), { 0 }
};
const struct bl_class sar_adc_class = { .name = "sar_adc", .help = "analog-to-digital converters by successive approximation",
    .size = sizeof(T), .shape = shape, .init = init, .run = run, .fields = fields };
