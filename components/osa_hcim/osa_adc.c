/* osa_adc.c - ADCs of three bits by successive approximation (SAR), one an HMU, self-timed from the controller's edge.
 * A slot of rho clock periods is three steps, one a bit; components/sar.h says when what happens in it. `ready` rises at the
 * start of the last step. */
#include "kernel/model.h"
#include "components/osa_hcim/osa.h"
#include "components/sar.h"

enum { BITS = 3, HMU_MOST = 8, RANGE_MOST = 32000 };
enum { SAMPLE = 1, SECOND = 3, READY, RESULT, END = 2 * BITS };     /* half steps of a slot */
enum { STATS_A_LAYER = 16 * BL_OSA_BITS };     /* measured: one for each boundary and weight bit */

struct osa_adc {
    struct bl_part p;
    bl_in v_sum, cmd, layer;
    bl_out ready, code, amac, tag;
    bl_tally conv, refused;
    int64_t cols, hmu, rho, range, steps, measure;
    double noise;
    uint64_t at[END + 1];           /* half steps of a slot, fs from its start */
    struct bl_sar_scale scale;      /* of the conversion at work */
    double held[HMU_MOST];
    uint8_t sar[HMU_MOST];          /* decided so far */
    uint8_t now[OSA_LANES];         /* the command at work */
    uint8_t seq;                    /* of the last start seen */
    bl_table ranges;
    struct bl_osa_stat *stat;       /* of V: [layer][boundary][weight bit] */
};

/* Ranges rise, and stay where 16-bit results can follow; NaN does neither. */
static int check_ranges(struct osa_adc *t)
{
    const struct bl_osa_ranges *table = BL_ROWS(struct bl_osa_ranges, t->ranges);

    for (uint64_t l = 0; l < t->ranges.n; l++)
        for (int b = 0; b < 16; b++)
            for (int i = 0; i < BL_OSA_BITS; i++) {
                double lo = table[l].lo[b][i], hi = table[l].hi[b][i];
                if (!(lo <= hi && lo > -RANGE_MOST && hi < RANGE_MOST))
                    return bl_refuse(t, "layer %llu of the table: the range of B = %d, i = %d is [%g, %g]; it must rise "
                                     "and stay within %d", (unsigned long long)l, b, i, lo, hi, RANGE_MOST);
            }
    return 0;
}

static int init(void *self)
{
    struct osa_adc *t = self;
    const uint64_t slot = (uint64_t)t->rho * bl_period(self);

    if (!slot)
        return bl_refuse(self, "no clock; name the clock of its controller: a slot is rho of its periods");
    if (slot < END)
        return bl_refuse(self, "a slot of %llu fs has no %d half steps of a femtosecond; take a slower clock",
                         (unsigned long long)slot, END);
    for (uint32_t k = 0; k <= END; k++)
        t->at[k] = bl_sar_at(slot, BITS, k);
    if (check_ranges(t))
        return -1;
    if (t->measure)
        t->stat = bl_alloc(self, OSA_MEASURED_LAYERS * sizeof *t->stat * STATS_A_LAYER);
    if (t->range == OSA_RANGE_AUTO)
        t->range = t->ranges.n ? OSA_RANGE_CAL : OSA_RANGE_FULL;
    if (t->range == OSA_RANGE_CAL && !t->ranges.n)
        return bl_refuse(self, "range cal needs the table of ranges; supply `ranges`, or take range full or half");
    *bl_put8(t->ready) = 1;
    return 0;
}

/* The range of the conversion at work, as the calibration has it. */
static void look_up(struct osa_adc *t, double *lo, double *hi)
{
    const struct bl_osa_ranges *table = BL_ROWS(struct bl_osa_ranges, t->ranges);
    uint16_t layer = *bl_get16(t->layer);
    uint32_t b = t->now[OSA_B] & 15, i = t->now[OSA_ROW] & 7;

    if (layer >= t->ranges.n) {
        bl_fail(t, "layer %u points beyond the table of ranges, which has %zu layers", layer, (size_t)t->ranges.n);
        return;
    }
    *lo = table[layer].lo[b][i];
    *hi = table[layer].hi[b][i];
    if (*hi > *lo)
        return;
    bl_fail(t, "the table of ranges has an empty range for a conversion that is made: layer %u, boundary %u, weight bit %u", layer, b, i);
    *hi = *lo + 1;
}

/* Takes the command and the scale of its conversion. */
static void begin(struct osa_adc *t)
{
    memcpy(t->now, bl_get8(t->cmd), OSA_LANES);
    t->seq = t->now[OSA_SEQ];
    memset(t->sar, 0, sizeof t->sar);
    *bl_put8(t->ready) = 0;
    double lo = 0, hi = (double)(t->cols * ((1 << t->now[OSA_WIDTH]) - 1));
    if (t->range == OSA_RANGE_HALF)
        hi /= 2;
    if (t->range == OSA_RANGE_CAL)
        look_up(t, &lo, &hi);
    t->scale = bl_sar_scale(lo, hi, BITS);
}

static void measure_charge(struct osa_adc *t, const uint16_t *v)
{
    uint32_t layer = *bl_get16(t->layer), b = t->now[OSA_B] & 15, i = t->now[OSA_ROW] & 7;

    if (layer >= OSA_MEASURED_LAYERS) {
        bl_fail(t, "layer %u is to be measured; at most %d layers are", layer, OSA_MEASURED_LAYERS);
        return;
    }
    struct bl_osa_stat *st = &t->stat[layer * STATS_A_LAYER + b * BL_OSA_BITS + i];
    for (int64_t h = 0; h < t->hmu; h++) {
        st->n++;
        st->sum += v[h];
        st->squares += (uint64_t)v[h] * v[h];
    }
}

static void sample_charge(struct osa_adc *t)
{
    const uint16_t *v = bl_get16(t->v_sum);

    if (t->measure)
        measure_charge(t, v);
    for (int64_t h = 0; h < t->hmu; h++)
        t->held[h] = bl_sar_sample(&t->scale, v[h], t->noise, t->noise > 0 ? bl_normal(t) : 0);
}

static void decide_bit(struct osa_adc *t, uint32_t bit)
{
    const struct bl_sar_scale scale = t->scale;

    for (int64_t h = 0, n = t->hmu; h < n; h++)
        t->sar[h] = (uint8_t)bl_sar_decide(&scale, t->held[h], t->sar[h], bit);
}

/* The codes, and what they stand for on the scale of V. */
static void give_results(struct osa_adc *t)
{
    const struct bl_sar_scale scale = t->scale;
    uint8_t *code = bl_put8(t->code);
    int16_t *amac = (int16_t *)bl_put16(t->amac);

    for (int64_t h = 0, n = t->hmu; h < n; h++) {
        code[h] = t->sar[h];
        amac[h] = (int16_t)bl_sar_middle(&scale, t->sar[h]);
    }
    memcpy(bl_put8(t->tag), t->now, OSA_LANES);
    charge(&t->conv, (uint64_t)t->hmu);
}

/* A start that came while a conversion was under way is refused: counted, and nothing else. */
static void refuse_command(struct osa_adc *t)
{
    uint8_t seq = bl_get8(t->cmd)[OSA_SEQ];

    charge(&t->refused, (uint8_t)(seq - t->seq));
    t->seq = seq;
}

static bl_verdict run(void *self)
{
    struct osa_adc *t = self;

    BL_BEGIN(t);
    for (;;) {
        AWAIT(bl_get8(t->cmd)[OSA_SEQ] != t->seq, BL_IDLE);
        begin(t);
        if (t->steps) {
            AWAIT_TIME(t->at[SAMPLE], BL_BUSY);
            sample_charge(t);
            decide_bit(t, 2);
            AWAIT_TIME(t->at[SECOND] - t->at[SAMPLE], BL_BUSY);
            decide_bit(t, 1);
            AWAIT_TIME(t->at[READY] - t->at[SECOND], BL_BUSY);
        } else {
            AWAIT_TIME(t->at[READY], BL_BUSY);
            sample_charge(t);
            decide_bit(t, 2);
            decide_bit(t, 1);
        }
        *bl_put8(t->ready) = 1;
        AWAIT_TIME(t->at[RESULT] - t->at[READY], BL_BUSY);
        decide_bit(t, 0);
        give_results(t);
        AWAIT_TIME(t->at[END] - t->at[RESULT], BL_BUSY);
        refuse_command(t);
    }
    BL_END;
}

#define T struct osa_adc
static const struct bl_field fields[] = {
    BL_IN(T, v_sum, BL_BY(T, hmu), 16, "shared charge, sampled half a step after the start"),
    BL_IN(T, cmd, OSA_LANES, 8, "analog command: a conversion starts when its number moves"),
    BL_IN_OPT(T, layer, 1, 16, "entry of the table of ranges in force"),
    BL_OUT(T, ready, 1, 1, "1 when the next clock edge may start a conversion"),
    BL_OUT(T, code, BL_BY(T, hmu), BITS, "codes of the last conversion"),
    BL_OUT_AS(T, amac, BL_BY(T, hmu), 16, "what they stand for: lo + (code + 0.5) lsb, rounded", BL_SIGNED),
    BL_OUT(T, tag, OSA_LANES, 8, "the command they belong to"),
    BL_PARAM(T, cols, 144, 33, 192, "columns: the full scale of n-bit levels is cols * (2^n - 1)"),
    BL_PARAM(T, hmu, 8, 1, HMU_MOST, "hybrid MAC units"),
    BL_PARAM(T, rho, 2, 1, 3, "a slot in clock periods"),
    BL_PARAM(T, steps, 1, 0, 1, "0 leaves out the events of the first two decisions, which only waveforms show"),
    BL_CHOICE(T, range, OSA_RANGE_FULL, "full half cal auto",
              "input range: full scale, its lower half, the table by (B, i), or that if there is one, else full"),
    BL_DATA(T, ranges, struct bl_osa_ranges, "range of V of each layer, for range cal"),
    BL_PARAM(T, measure, 0, 0, 1, "1 keeps count, sum and sum of squares of V by layer, boundary and weight bit"),
    BL_REAL(T, noise, 0, 0, 100, "standard deviation of the input noise, LSB"),
    BL_FEED(cmd),
    BL_TALLY(T, conv, "one conversion of one ADC"),
    BL_TALLY(T, refused, "a start while converting"),
    BL_MEM_KEPT(T, stat, "what is measured: struct bl_osa_stat [256][16][8]"),
    BL_VIEW(T, sar, HMU_MOST, BITS, "bits decided so far"),
    { 0 }
};
const struct bl_class osa_adc_class = { .name = "osa_adc", .help = "three-bit SAR ADCs, one an HMU",
    .size = sizeof(T), .init = init, .run = run, .fields = fields };
