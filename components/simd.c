/* simd.c - an arithmetic unit over lanes, for what no array does: element-wise sums and products, ReLU, pooling, depthwise products.
 *   add a + b (b open: a)   mul a b   relu max(a, 0)   scale (a factor + 2^(shift-1)) >> shift   copy a
 *   max, avg, mac: of `window` items one, the greatest, the mean (halves to even), the sum of a b; add too sums its window
 *   tag: lane `lane` of a's tag says which of these, by number in this order: add mul relu max avg scale mac copy
 * Results saturate at out_bits. The result leaves in the tick that takes the last item of its window. Latency 1. */
#include "components/lanes.h"
#include "components/tags.h"

enum { NO_INPUT = BL_STALL, OUT_FULL };
enum op { ADD, MUL, RELU, MAX, AVG, SCALE, MAC, COPY, BY_TAG };

struct simd {
    struct bl_part p;
    bl_pop a, a_tag, b;
    bl_push y, y_tag;
    bl_tally add, mul, compare, result, overflow;
    int64_t lanes, bits, op, window, lane, is_signed, factor, shift, out_bits, tag;
    int64_t y_bits;
    int64_t *sum, *one;                 /* [lanes]: of the window so far; of one item, when it is a result by itself */
    uint32_t at, now;                   /* items of the window so far; its operation */
};

static bool reduces(enum op op) { return op == ADD || op == MAX || op == AVG || op == MAC; }
static bool needs_b(enum op op) { return op == MUL || op == MAC; }

static int shape(void *self)
{
    struct simd *t = self;

    t->y_bits = t->out_bits ? t->out_bits : t->bits;
    return 0;
}

static int init(void *self)
{
    struct simd *t = self;
    const enum op op = (enum op)t->op;

    if (bl_tags_both(t, "a_tag", bl_wired(t->a_tag), "y_tag", bl_wired(t->y_tag)))
        return -1;
    if (op == BY_TAG ? !bl_wired(t->a_tag) || t->lane >= (int64_t)bl_pop_lanes(t->a_tag) : needs_b(op) && !bl_wired(t->b))
        return op == BY_TAG ? bl_refuse(t, "op is tag, so lane %lld of a_tag is the operation; wire a tag that has it", (long long)t->lane)
                            : bl_refuse(t, "op needs both operands and nothing is wired to b");
    if (op != BY_TAG && op != ADD && !needs_b(op) && bl_wired(t->b))
        return bl_refuse(t, "op takes one operand and something is wired to b; leave b open, or choose add, mul, mac or tag");
    if (op != BY_TAG && !reduces(op) && t->window > 1)
        return bl_refuse(t, "window is %lld; of add, max, avg and mac alone several items make one result", (long long)t->window);
    t->sum = bl_alloc(t, (size_t)t->lanes * sizeof *t->sum);
    t->one = bl_alloc(t, (size_t)t->lanes * sizeof *t->one);
    return 0;
}

static int64_t lane_of(const struct simd *t, const void *item, uint32_t l)
{
    return bl_lane_get(item, (uint32_t)t->bits, t->is_signed, l);
}

/* The mean of n, halves to even. */
static int64_t mean(int64_t sum, int64_t n)
{
    int64_t q = sum / n, r = sum % n;

    if (r < 0) {
        r += n;
        q--;
    }
    return q + (2 * r > n || (2 * r == n && q & 1));
}

/* Stays at the ends of 64 bits, far beyond those of a result. */
static int64_t plus(int64_t a, int64_t b)
{
    int64_t sum;

    return __builtin_add_overflow(a, b, &sum) ? (a < 0 ? INT64_MIN : INT64_MAX) : sum;
}

static int64_t times(int64_t a, int64_t b)
{
    int64_t product;

    return __builtin_mul_overflow(a, b, &product) ? ((a < 0) != (b < 0) ? INT64_MIN : INT64_MAX) : product;
}

/* The sum so far and one more item, in one lane. */
static int64_t step(const struct simd *t, enum op op, int64_t sum, int64_t a, int64_t b)
{
    switch (op) {
    case ADD:   return plus(sum, a + b);
    case MUL:   return times(a, b);
    case RELU:  return a > 0 ? a : 0;
    case MAX:   return t->at && sum > a ? sum : a;
    case AVG:   return plus(sum, a);
    case SCALE: return plus(times(a, t->factor), t->shift ? INT64_C(1) << (t->shift - 1) : 0) >> t->shift;
    case MAC:   return plus(sum, times(a, b));
    default:    return a;
    }
}

static int64_t *sums_of(const struct simd *t, enum op op) { return reduces(op) ? t->sum : t->one; }

/* Takes an item into the window's sums. */
static void take(struct simd *t, enum op op)
{
    const void *a = bl_pop_item(t->a), *b = bl_wired(t->b) ? bl_pop_item(t->b) : NULL;
    const uint32_t lanes = (uint32_t)t->lanes;
    int64_t *sum = sums_of(t, op);

    for (uint32_t l = 0; l < lanes; l++)
        sum[l] = step(t, op, t->at ? sum[l] : 0, lane_of(t, a, l), b ? lane_of(t, b, l) : 0);
    charge(&t->add, op == ADD || op == AVG || op == MAC ? lanes : 0);
    charge(&t->mul, op == MUL || op == SCALE || op == MAC ? lanes : 0);
    charge(&t->compare, op == RELU || op == MAX ? lanes : 0);
}

static void give(struct simd *t, enum op op)
{
    const uint32_t bits = (uint32_t)t->y_bits;
    const int64_t most = t->is_signed ? (INT64_C(1) << (bits - 1)) - 1 : (INT64_C(1) << bits) - 1, least = t->is_signed ? -most - 1 : 0;
    const int64_t *sum = sums_of(t, op);
    void *y = bl_push_item(t->y);

    for (uint32_t l = 0; l < t->lanes; l++) {
        const int64_t v = op == AVG ? mean(sum[l], t->window) : sum[l], fits = v > most ? most : v < least ? least : v;
        charge(&t->overflow, fits != v);
        bl_lane_put(y, bits, l, fits);
    }
    charge(&t->result, (uint64_t)t->lanes);
}

static bool has_input(const struct simd *t) { return bl_pair_avail(t->a, t->a_tag) && (!bl_wired(t->b) || bl_avail(t->b)); }

/* Of a, a_tag and b the first one missing. */
static bl_verdict missing(const struct simd *t)
{
    return BL_AT(NO_INPUT, bl_pair_avail(t->a, t->a_tag) ? 2 : bl_pair_missing(t->a, 1));
}

static bl_verdict tick(void *self)
{
    struct simd *t = self;

    if (!has_input(t))
        return BL_NAP(missing(t));
    const enum op op = t->op == BY_TAG ? (enum op)bl_peek8(t->a_tag)[t->lane] : (enum op)t->op;
    if (op >= BY_TAG || (needs_b(op) && !bl_wired(t->b)))
        bl_fail(t, "the tag says operation %u, which is none of 0 .. %u, or needs b, to which nothing is wired", (unsigned)op, BY_TAG - 1);
    if (t->at && op != t->now)
        bl_fail(t, "the tag says operation %u within a window of operation %u; the items of a window have one", (unsigned)op, (unsigned)t->now);
    t->now = op;
    const bool last = !reduces(op) || t->at + 1 == t->window;
    if (last && !bl_pair_room(t->y, t->y_tag))
        return BL_NAP(BL_AT(OUT_FULL, bl_pair_full(t->y, 1)));
    take(t, op);
    if (last)
        give(t, op);
    if (reduces(op))
        t->at = last ? 0 : t->at + 1;
    if (last)
        bl_pass_tag(t->a_tag, t->y_tag);
    else if (bl_wired(t->a_tag))
        bl_pop8(t->a_tag);
    return BL_BUSY;
}

#define T struct simd
static const struct bl_field fields[] = {
    BL_POP(T, a, BL_BY(T, lanes), BL_BY(T, bits), "first operand"), BL_POP_OPT(T, a_tag, BL_BY(T, tag), 8, "its tags"),
    BL_POP_OPT(T, b, BL_BY(T, lanes), BL_BY(T, bits), "second operand"),
    BL_PUSH(T, y, BL_BY(T, lanes), BL_BY(T, y_bits), "results"), BL_PUSH_OPT(T, y_tag, BL_BY(T, tag), 8, "tag of the last item of each"),
    BL_SIZE(T, lanes, 4096, "values of an item"), BL_SIZE(T, bits, 32, "bits of an operand"),
    BL_CHOICE(T, op, ADD, "add mul relu max avg scale mac copy tag", "what is done; tag: what each item's tag says"),
    BL_PARAM(T, window, 1, 1, 65536, "items that make a result, of add, max, avg and mac"),
    BL_PARAM(T, lane, 0, 0, BL_TAG_MOST - 1, "op: tag, the lane that says it"),
    BL_PARAM(T, is_signed, 1, 0, 1, "operands and results are two's complement"),
    BL_PARAM(T, factor, 1, -2147483648.0, 2147483647, "of scale"), BL_PARAM(T, shift, 0, 0, 31, "of scale"),
    BL_PARAM(T, out_bits, 0, 0, 32, "bits of a result, which saturates; 0: those of an operand"),
    BL_SIZE(T, tag, BL_TAG_MOST, "lanes of a tag"), BL_COMPUTED(T, y_bits, "out_bits or bits"),
    BL_FEED(a), BL_FEED(a_tag), BL_FEED(b),
    BL_WAITS(NO_INPUT, a, a_tag, b), BL_WAITS(OUT_FULL, y, y_tag),
    BL_TALLY(T, add, "an addition"), BL_TALLY(T, mul, "a multiplication"), BL_TALLY(T, compare, "a comparison"),
    BL_TALLY(T, result, "a result, a lane"), BL_TROUBLE(T, overflow, "a result that saturated"),
    BL_VIEW(T, at, 1, 32, "items of the window so far"), BL_MEM(T, sum, "of the window so far"), BL_MEM(T, one, "of one item"), { 0 }
};
const struct bl_class simd_class = { .name = "simd", .help = "arithmetic unit over lanes",
    .size = sizeof(T), .shape = shape, .init = init, .tick = tick, .fields = fields };
