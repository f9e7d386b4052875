/* osa_accumulator.c - adds the shifted partial sums of each HMU to a result of 24 bits in two's complement: one adder for the digital side,
 * one for the analog side. Results leave in the order of their ops. */
#include "kernel/model.h"
#include "components/osa_hcim/osa.h"
#include "components/tree.h"

enum { OUT_FULL = BL_STALL };
enum { HMU_MOST = 8, WIDTH = 24 };
enum { DIGITAL_IN = 1, ANALOG_IN = 2, COMPLETE = 3 };

struct osa_accumulator {
    struct bl_part p;
    bl_in dmac, dtag, amac, atag, plan;
    bl_push mac;
    bl_out pushed;
    bl_tally dadd, aadd, result;
    int64_t hmu, outs, l_acc;
    int32_t first[HMU_MOST];                 /* results of the first half, until those of the second are there */
    bool second;                             /* the oldest op is the second of its item */
    int32_t sum[BL_OSA_RESULTS][HMU_MOST];   /* modulo 2^24 when they leave; 64 products never fill 32 bits */
    uint8_t in[BL_OSA_RESULTS];              /* sides that are complete */
    uint8_t age[BL_OSA_RESULTS];             /* cycles since both were */
    uint32_t out;                            /* results that have left */
    uint32_t under_way;                      /* ops that have reached a register and not left */
    uint8_t open[BL_OSA_RESULTS];
    uint8_t aseq;
};

static uint32_t register_of(struct osa_accumulator *t, uint8_t op)
{
    uint32_t r = op % BL_OSA_RESULTS;

    t->under_way += !t->open[r];
    t->open[r] = 1;
    return r;
}

static bool add_digital(struct osa_accumulator *t)
{
    const uint8_t *tag = bl_get8(t->dtag), *dmac = bl_get8(t->dmac);
    uint8_t flags = tag[OSA_FLAGS];

    if (flags & OSA_CLOSE)
        t->in[(uint8_t)(tag[OSA_OP] - 1) % BL_OSA_RESULTS] |= DIGITAL_IN;
    if (!(flags & OSA_VALID))
        return flags != 0;
    uint32_t r = register_of(t, tag[OSA_OP]);
    for (int64_t h = 0; h < t->hmu; h++) {
        int32_t v = dmac[h] << tag[OSA_K];
        t->sum[r][h] += flags & OSA_NEG ? -v : v;
    }
    if (flags & OSA_LAST)
        t->in[r] |= flags & OSA_ONLY ? COMPLETE : DIGITAL_IN;
    charge(&t->dadd, (uint64_t)t->hmu);
    return true;
}

static bool add_analog(struct osa_accumulator *t)
{
    const uint8_t *tag = bl_get8(t->atag);
    const int16_t *amac = (const int16_t *)bl_get16(t->amac);

    if (tag[OSA_SEQ] == t->aseq)
        return false;
    t->aseq = tag[OSA_SEQ];
    uint32_t r = register_of(t, tag[OSA_OP]);
    int shift = tag[OSA_ROW] + tag[OSA_LO];
    for (int64_t h = 0; h < t->hmu; h++) {
        int32_t v = (int32_t)amac[h] * (1 << shift);
        t->sum[r][h] += tag[OSA_FLAGS] & OSA_NEG ? -v : v;
    }
    if (tag[OSA_FLAGS] & OSA_LAST)
        t->in[r] |= ANALOG_IN;
    charge(&t->aadd, (uint64_t)t->hmu);
    return true;
}

/* Ages the complete results among those under way; true when one of them is not ripe yet. */
static bool age_complete(struct osa_accumulator *t)
{
    bool unripe = false;

    for (uint32_t op = t->out; op != t->out + t->under_way; op++) {
        uint32_t r = op % BL_OSA_RESULTS;
        if (t->in[r] == COMPLETE && t->age[r] < t->l_acc)
            unripe |= ++t->age[r] < t->l_acc;
    }
    return unripe;
}

/* An item of results: of both halves, or of one. */
static void push_results(struct osa_accumulator *t, uint32_t r)
{
    uint32_t *mac = bl_push32(t->mac), n = 0;

    memset(mac, 0, (size_t)t->outs * sizeof *mac);
    for (int64_t h = 0; t->second && h < t->hmu; h++)
        mac[n++] = (uint32_t)bl_tree_wrap(t->first[h], WIDTH);
    for (int64_t h = 0; h < t->hmu && n < t->outs; h++)
        mac[n++] = (uint32_t)bl_tree_wrap(t->sum[r][h], WIDTH);
}

/* Sends the oldest result when it is complete and l_acc cycles old. */
static bl_verdict deliver_oldest(struct osa_accumulator *t)
{
    uint32_t r = t->out % BL_OSA_RESULTS;

    bool first = bl_get8(t->plan)[PLAN_HALVES] > 1 && !t->second;

    if (t->in[r] != COMPLETE || t->age[r] < t->l_acc)
        return BL_IDLE;
    if (!first && !bl_room(t->mac))
        return OUT_FULL;
    if (first)
        memcpy(t->first, t->sum[r], sizeof t->first);
    else
        push_results(t, r);
    t->second = first;
    memset(t->sum[r], 0, sizeof t->sum[r]);
    t->in[r] = t->age[r] = t->open[r] = 0;
    t->under_way--;
    *bl_put32(t->pushed) = ++t->out;
    charge(&t->result, (uint64_t)t->hmu);
    return BL_BUSY;
}

static bl_verdict tick(void *self)
{
    struct osa_accumulator *t = self;
    bool moved = add_digital(t);

    moved |= add_analog(t);
    bool unripe = age_complete(t);
    bl_verdict v = deliver_oldest(t);
    return moved || unripe || v == BL_BUSY ? BL_BUSY : BL_NAP(v);
}

#define T struct osa_accumulator
static const struct bl_field fields[] = {
    BL_IN(T, dmac, BL_BY(T, hmu), 8, "sums of the adder trees"),
    BL_IN(T, dtag, OSA_LANES, 8, "the digital command they belong to"),
    BL_IN(T, amac, BL_BY(T, hmu), 16, "analog sums, signed"),
    BL_IN(T, atag, OSA_LANES, 8, "the analog command they belong to"),
    BL_IN_OPT(T, plan, PLAN_LANES, 8, "from the controller: ops an item of activations takes"),
    BL_PUSH(T, mac, BL_BY(T, outs), 32, "results: 24-bit two's complement, sign-extended"),
    BL_OUT(T, pushed, 1, 32, "results that have left"),
    BL_PARAM(T, hmu, 8, 1, HMU_MOST, "hybrid MAC units"),
    BL_PARAM(T, outs, 8, 1, 2 * HMU_MOST, "results of an item: of the HMU, or twice as many where two weights of 4 bits share eight rows"),
    BL_PARAM(T, l_acc, 1, 1, 64, "cycles from a partial sum to the result that holds it"),
    BL_FEED(dtag), BL_FEED(atag), BL_STREAM(dtag, BL_BY(T, l_acc)), BL_STREAM(atag, BL_BY(T, l_acc)), BL_WAITS(OUT_FULL, mac),
    BL_TALLY(T, dadd, "one digital partial sum of one HMU added"),
    BL_TALLY(T, aadd, "one analog partial sum of one HMU added"),
    BL_TALLY(T, result, "one result of one HMU"),
    BL_VIEW(T, out, 1, 32, "results that have left"),
    { 0 }
};
const struct bl_class osa_accumulator_class = { .name = "osa_accumulator", .help = "shift-and-add of digital and analog sums",
    .size = sizeof(T), .tick = tick, .fields = fields };
