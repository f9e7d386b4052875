/* ose.c - on-the-fly saliency evaluator: sums the quantised DMACs of the saliency set to S and picks the boundary B
 * of the macro op by comparing S with falling thresholds (Chen et al., section V-A and figure 4). */
#include "kernel/model.h"
#include "components/osa_hcim/osa.h"

struct ose {
    struct bl_part p;
    bl_in q, sal, layer;
    bl_out b;
    bl_table saliency, bits;
    bl_tally decide;
    int64_t hmu, l_ose, order_weight;
    struct bl_list candidates, thresholds, forced;
    uint32_t s, sum;                     /* S of the last op; of the present one so far */
    uint64_t decided;
    uint32_t wait;                       /* ticks until the decision leaves */
    uint8_t boundary, op, seq, top;      /* top: the largest boundary that can come */
};

/* Boundaries of the layer in force: the list's (0), or those of other bits, which follow each other from *lowest on. */
static uint32_t candidates_of(const struct ose *t, uint16_t layer, int *lowest)
{
    const struct bl_osa_bits *x = layer < t->bits.n ? BL_ROWS(struct bl_osa_bits, t->bits) + layer : NULL;

    return x && x->other ? bl_osa_candidates(x->w, x->a, lowest) : 0;
}

/* The largest one: the digital products of all others are among its own, so that they may be issued before the decision. */
static uint8_t largest(const struct ose *t, uint16_t layer)
{
    int lowest = 0;
    uint32_t n = candidates_of(t, layer, &lowest);
    int64_t top = n ? lowest + (int)n - 1 : 0;

    for (uint32_t i = 0; !n && i < t->candidates.n; i++)
        top = t->candidates.v[i] > top ? t->candidates.v[i] : top;
    for (uint32_t i = 0; i < t->forced.n; i++)
        top = t->forced.v[i] > top ? t->forced.v[i] : top;
    return (uint8_t)top;
}

static int check_tables(struct ose *t)
{
    const struct bl_osa_saliency *table = BL_ROWS(struct bl_osa_saliency, t->saliency);

    for (uint64_t l = 0; l < t->saliency.n; l++) {
        if (table[l].nshift < 0 || table[l].nshift > 8)
            return bl_refuse(t, "layer %llu of the table: nshift %d is not within 0..8", (unsigned long long)l,
                             table[l].nshift);
        for (uint32_t i = 1; i + 1 < t->candidates.n; i++)
            if (table[l].threshold[i] > table[l].threshold[i - 1])
                return bl_refuse(t, "layer %llu of the table: threshold %u is above the one before; they must fall",
                                 (unsigned long long)l, i);
    }
    return 0;
}

static int init(void *self)
{
    struct ose *t = self;

    if (t->candidates.n < 1 || t->candidates.n > 16)
        return bl_refuse(t, "%u candidates; give 1 to 16 boundaries", t->candidates.n);
    for (uint32_t i = 1; i < t->candidates.n; i++)
        if (t->candidates.v[i] <= t->candidates.v[i - 1])
            return bl_refuse(t, "candidate %lld after %lld; boundaries must rise (the most precise first)",
                             (long long)t->candidates.v[i], (long long)t->candidates.v[i - 1]);
    if (t->thresholds.n + 1 != t->candidates.n)
        return bl_refuse(t, "%u thresholds for %u candidates; %u are needed", t->thresholds.n, t->candidates.n,
                         t->candidates.n - 1);
    for (uint32_t i = 1; i < t->thresholds.n; i++)
        if (t->thresholds.v[i] > t->thresholds.v[i - 1])
            return bl_refuse(t, "threshold %lld after %lld; they must fall", (long long)t->thresholds.v[i],
                             (long long)t->thresholds.v[i - 1]);
    bl_put8(t->b)[PLAN_TOP] = t->top = largest(t, 0);
    return check_tables(t);
}

/* S >= T0 gives candidate 0, T(i) <= S < T(i-1) candidate i, else the last. */
static uint8_t choose(struct ose *t)
{
    uint16_t layer = *bl_get16(t->layer);
    int lowest = 0;
    uint32_t i = 0, own = candidates_of(t, layer, &lowest), last = (own ? own : t->candidates.n) - 1;

    if (t->forced.n)
        return (uint8_t)t->forced.v[t->decided % t->forced.n];
    if (t->saliency.n && layer >= t->saliency.n) {
        bl_fail(t, "layer %u points beyond the table of layers, which has %zu", layer, (size_t)t->saliency.n);
        return (uint8_t)t->candidates.v[t->candidates.n - 1];
    }
    const struct bl_osa_saliency *table = t->saliency.n ? BL_ROWS(struct bl_osa_saliency, t->saliency) : NULL;
    while (i < last && i < t->thresholds.n && (int64_t)t->s < (table ? table[layer].threshold[i] : t->thresholds.v[i]))
        i++;
    return (uint8_t)(own ? lowest + (int)i : t->candidates.v[i]);
}

static bool take_quantised(struct ose *t)
{
    const uint8_t *sal = bl_get8(t->sal), *q = bl_get8(t->q);
    uint32_t sum = 0;

    if (sal[OSA_SEQ] == t->seq)
        return false;
    t->seq = sal[OSA_SEQ];
    for (int64_t h = 0; h < t->hmu; h++)
        sum += q[h];
    t->sum += t->order_weight ? sum << sal[OSA_SALW] : sum;
    if (sal[OSA_FLAGS] & OSA_SAL_LAST) {
        t->s = t->sum;
        t->sum = 0;
        t->op = sal[OSA_OP];
        t->boundary = choose(t);
        t->decided++;
        t->wait = (uint32_t)t->l_ose;
        charge(&t->decide, 1);
    }
    return true;
}

static bl_verdict tick(void *self)
{
    struct ose *t = self;
    bool moved = take_quantised(t);

    if (t->bits.n && t->top != largest(t, *bl_get16(t->layer)))        /* another layer is in force */
        bl_put8(t->b)[PLAN_TOP] = t->top = largest(t, *bl_get16(t->layer));
    if (t->wait) {
        moved = true;
        if (--t->wait == 0) {
            uint8_t *b = bl_put8(t->b);
            b[PLAN_B] = t->boundary;
            b[PLAN_SEQ] = (uint8_t)(t->op + 1);
        }
    }
    return moved ? BL_BUSY : BL_NAP(BL_IDLE);
}

#define T struct ose
static const struct bl_field fields[] = {
    BL_IN(T, q, BL_BY(T, hmu), 3, "quantised DMACs"),
    BL_IN(T, sal, OSA_LANES, 8, "the saliency command they belong to"),
    BL_IN_OPT(T, layer, 1, 16, "entry of the table of layers in force"),
    BL_OUT(T, b, PLAN_LANES, 8, "boundary, number of its op + 1 (mod 256), largest candidate"),
    BL_DATA(T, saliency, struct bl_osa_saliency, "thresholds of each layer"),
    BL_DATA(T, bits, struct bl_osa_bits, "bits of each layer's weights and activations; without, 8 and 8"),
    BL_PARAM(T, hmu, 8, 1, 8, "hybrid MAC units"),
    BL_PARAM(T, l_ose, 1, 1, 64, "cycles from the last saliency DMAC to the boundary"),
    BL_PARAM(T, order_weight, 0, 0, 1, "1: a saliency DMAC counts 2^(k - kmin) fold"),
    BL_LIST(T, candidates, "[5, 6, 7, 8, 9, 10]", 0, 14, "boundaries to choose from, rising; 0 is digital only"),
    BL_LIST(T, thresholds, "[140, 112, 84, 56, 28]", 0, 1000000, "falling; one fewer than candidates"),
    BL_LIST(T, forced, "[]", 0, 14, "boundaries to give instead, cyclically (studies of timing)"),
    BL_FEED(sal), BL_STREAM(sal, BL_BY(T, l_ose)),
    BL_TALLY(T, decide, "one boundary chosen, for one macro op"),
    BL_VIEW_AS(T, s, 1, 32, "saliency S of the last op", BL_ANALOG),
    BL_VIEW_AS(T, boundary, 1, 8, "boundary of the last op", BL_ANALOG | BL_MAIN),
    { 0 }
};
const struct bl_class ose_class = { .name = "ose", .help = "on-the-fly saliency evaluator",
    .size = sizeof(T), .init = init, .tick = tick, .fields = fields };
