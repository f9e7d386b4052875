/* osa_controller.c - controller of the OSA-HCIM macro, digital side: starts macro ops and issues their one-bit MACs,
 * one a cycle, in descending order; osa_analog_ctl is the analog side. It owns the modes and the boundary of an op. */
#include "kernel/model.h"
#include "components/osa_hcim/osa.h"

enum { NO_INPUT = BL_STALL, REGS_HELD, OUT_BLOCKED, OSE_LATE, RELOAD };

struct osa_controller {
    struct bl_part p;
    bl_in act, released, analog, b, rwen, pushed, layer, halves;
    bl_out cmd, plan, digital, cim;
    bl_tally issue, op;
    int64_t mode, boundary, w_bits, a_bits, s;
    bl_table bits;
    uint8_t w, a, orders;                    /* of the layer in force */
    bool other;                              /* they are not those of the parameters */
    uint16_t of_layer;                       /* whose bits these are; beyond the table: the parameters' */
    struct bl_osa_product order[64];
    uint8_t ndigital[2 * BL_OSA_BITS];       /* digital products by boundary */
    uint32_t started;                        /* ops begun: passes */
    uint32_t acts, done;                     /* items of activations begun; those whose last digital command stood */
    uint8_t half, passes;                    /* of the item at work: the pass that is at work or comes next; how many it takes */
    uint32_t pos, total;                     /* in the op at work: next product; how many, once known */
    uint32_t salient;                        /* size of the saliency set */
    bool running, known, live, active;       /* live: the command word holds something; active: as `cim` */
    uint8_t bound, seq, i, j;
    uint32_t chosen[16];                     /* ops by boundary; 0 is digital only */
};

/* Whether boundaries come from the OSE: not where another layer's few bits leave it no choice. */
static bool asks(const struct osa_controller *t)
{
    int lowest;

    return t->mode == OSA_MODE_OSA && (!t->other || bl_osa_candidates(t->w, t->a, &lowest));
}

/* Products, saliency set and plan of w x a bits; no op is at work. */
static void set_bits(struct osa_controller *t, int w, int a, int orders)
{
    t->w = (uint8_t)w;
    t->a = (uint8_t)a;
    t->orders = (uint8_t)orders;
    bl_osa_order(t->order, t->ndigital, w, a);
    t->salient = (uint32_t)(orders * (orders + 1) / 2);
    uint8_t *plan = bl_put8(t->plan);
    plan[PLAN_W] = t->w;
    plan[PLAN_A] = t->a;
    plan[PLAN_S] = t->orders;
    plan[PLAN_ASKS] = asks(t);
}

/* Another layer may have other bits. */
static void take_bits(struct osa_controller *t)
{
    const struct bl_osa_bits *table = BL_ROWS(struct bl_osa_bits, t->bits);
    uint16_t layer = t->bits.n ? *bl_get16(t->layer) : 0;

    if (layer >= t->bits.n || layer == t->of_layer)
        return;
    t->of_layer = layer;
    t->other = table[layer].other;
    set_bits(t, table[layer].w, table[layer].a, table[layer].other ? bl_osa_salient((int)t->s, table[layer].w, table[layer].a) : (int)t->s);
}

static int init(void *self)
{
    struct osa_controller *t = self;
    int64_t bits = t->w_bits < t->a_bits ? t->w_bits : t->a_bits;

    if (t->s > bits)
        return bl_refuse(self, "s is %lld, but %lld b x %lld b products have a saliency set of at most %lld orders",
                         (long long)t->s, (long long)t->w_bits, (long long)t->a_bits, (long long)bits);
    if (t->mode == OSA_MODE_FIXED && t->boundary > t->w_bits + t->a_bits - 2)
        return bl_refuse(self, "boundary %lld leaves nothing digital; the highest order is %lld, so take at most that",
                         (long long)t->boundary, (long long)(t->w_bits + t->a_bits - 2));
    t->of_layer = UINT16_MAX;
    t->passes = 1;
    set_bits(t, (int)t->w_bits, (int)t->a_bits, (int)t->s);
    return 0;
}

static uint8_t in_effect(const struct osa_controller *t, int b)
{
    return (uint8_t)(t->mode == OSA_MODE_OSA ? bl_osa_bound(b, t->w, t->a, t->orders) : b);
}

static void take_boundary(struct osa_controller *t, int b)
{
    t->bound = in_effect(t, b);
    t->total = t->ndigital[t->bound];
    t->known = true;
    t->chosen[t->bound & 15]++;
}

/* The OSE's word: is it about the op at work? */
static void hear_boundary(struct osa_controller *t)
{
    const uint8_t *b = bl_get8(t->b);

    if (t->running && !t->known && b[PLAN_SEQ] == (uint8_t)t->started)
        take_boundary(t, b[PLAN_B]);
}

/* How many products may be issued now: all candidates have those of the largest boundary in common. */
static uint32_t issue_limit(const struct osa_controller *t)
{
    uint8_t top = bl_get8(t->b)[PLAN_TOP];

    return t->known ? t->total : top ? t->ndigital[in_effect(t, top)] : t->salient;
}

static void finish_op(struct osa_controller *t)
{
    t->running = false;
    if (++t->half < t->passes)
        return;                              /* the other half of the rows has the same activations */
    t->half = 0;
    *bl_put32(t->digital) = ++t->done;
}

/* The next item of activations; rows are not being written, so the number of halves in use stands. */
static void begin_item(struct osa_controller *t)
{
    uint8_t halves = *bl_get8(t->halves);

    take_bits(t);
    t->passes = halves > 1 ? 2 : 1;
    bl_put8(t->plan)[PLAN_HALVES] = t->passes;
    t->acts++;
}

/* Starts the next op, or says what it waits for. */
static bl_verdict start_op(struct osa_controller *t)
{
    const uint32_t *act = bl_get32(t->act);
    uint32_t released = *bl_get32(t->released);

    if (t->active != (t->acts != released))
        *bl_put8(t->cim) = t->active = t->acts != released;
    if (t->half == 0 && (*bl_get8(t->rwen) & 1))
        return RELOAD;
    if (t->half == 0 && act[0] == t->acts)
        return NO_INPUT;
    if (t->half == 0 && t->acts - released >= act[1])
        return REGS_HELD;
    if (t->started - *bl_get32(t->pushed) >= BL_OSA_RESULTS)
        return OUT_BLOCKED;
    if (t->half == 0)
        begin_item(t);
    t->started++;
    t->running = true;
    t->pos = 0;
    t->known = false;
    if (!asks(t))
        take_boundary(t, t->mode == OSA_MODE_FIXED ? (int)t->boundary : 0);
    uint8_t *plan = bl_put8(t->plan);
    plan[PLAN_B] = t->bound;
    plan[PLAN_SEQ] = (uint8_t)t->started;
    plan[PLAN_REGS] = (uint8_t)act[1];
    *bl_put8(t->cim) = t->active = true;
    charge(&t->op, 1);
    return BL_BUSY;
}

static uint8_t flags_of(const struct osa_controller *t)
{
    uint8_t flags = OSA_VALID;

    if (asks(t) && t->pos < t->salient)
        flags |= t->pos + 1 == t->salient ? OSA_SAL | OSA_SAL_LAST : OSA_SAL;
    if (t->i == t->w - 1)
        flags |= OSA_NEG;
    if (t->half)
        flags |= OSA_HALF;
    if (t->known && t->pos + 1 == t->total)
        flags |= t->bound ? OSA_LAST : OSA_LAST | OSA_ONLY;
    return flags;
}

static void issue_product(struct osa_controller *t, uint8_t close)
{
    uint8_t *cmd = bl_put8(t->cmd);
    int kmin = t->w + t->a - 1 - t->orders, k;

    t->i = t->order[t->pos].i;
    t->j = t->order[t->pos].j;
    k = t->i + t->j;
    cmd[OSA_FLAGS] = flags_of(t) | close;
    cmd[OSA_ROW] = t->i;
    cmd[OSA_REG] = (uint8_t)((t->acts - 1) % bl_get32(t->act)[1]);
    cmd[OSA_OP] = (uint8_t)(t->started - 1);
    cmd[OSA_SEQ] = ++t->seq;
    cmd[OSA_PLANE] = t->j;
    cmd[OSA_K] = (uint8_t)k;
    cmd[OSA_SALW] = (uint8_t)(k > kmin ? k - kmin : 0);
    t->live = true;
    charge(&t->issue, 1);
    t->pos++;
    if (t->known && t->pos == t->total)
        finish_op(t);
}

/* No product in this cycle; at most the news that the op before had no more. */
static void issue_nothing(struct osa_controller *t, uint8_t close)
{
    if (!t->live && !close)
        return;
    uint8_t *cmd = bl_put8(t->cmd);
    cmd[OSA_FLAGS] = close;
    cmd[OSA_OP] = (uint8_t)(t->running ? t->started - 1 : t->started);
    t->live = close != 0;
}

static bl_verdict tick(void *self)
{
    struct osa_controller *t = self;
    bl_verdict why = BL_BUSY;
    uint8_t close = 0;

    hear_boundary(t);
    if (t->running && t->known && t->pos >= t->total) {   /* the boundary came after all that it leaves was issued */
        finish_op(t);
        close = OSA_CLOSE;
    }
    if (!t->running)
        why = start_op(t);
    if (t->running && t->pos < issue_limit(t)) {
        issue_product(t, close);
        return BL_BUSY;
    }
    issue_nothing(t, close);
    if (t->live)
        return t->running ? OSE_LATE : why;
    return BL_NAP(t->running ? OSE_LATE : why);
}

#define T struct osa_controller
static const struct bl_field fields[] = {
    BL_IN(T, act, 2, 32, "items of activations offered so far; activation registers"),
    BL_IN(T, released, 1, 32, "items of activations that have released their register, from osa_release"),
    BL_IN_OPT(T, analog, 2, 32, "the analog side, which holds a register when no op can start: for the account of waits"),
    BL_IN_OPT(T, b, PLAN_LANES, 8, "boundary of an op, from the OSE; needed in mode osa"),
    BL_IN_OPT(T, rwen, 1, 1, "weights are being written: no op starts"),
    BL_IN(T, pushed, 1, 32, "results that have left the accumulator"),
    BL_IN_OPT(T, halves, 1, 8, "halves of the rows that are in use, from rw_io: 2 where two weights of 4 bits share eight rows"),
    BL_IN_OPT(T, layer, 1, 16, "entry of the table of layers in force"),
    BL_DATA(T, bits, struct bl_osa_bits, "bits of each layer's weights and activations; without, those of the parameters"),
    BL_OUT(T, cmd, OSA_LANES, 8, "digital command: DWL row, activation bit, order, what belongs to it"),
    BL_OUT(T, plan, PLAN_LANES, 8, "ops begun, their boundary if it is not asked of the OSE; bits and s"),
    BL_OUT(T, digital, 1, 32, "items of activations whose last digital command has stood"),
    BL_OUT(T, cim, 1, 1, "an op is at work on either side"),
    BL_CHOICE(T, mode, OSA_MODE_OSA, "digital fixed osa", "all digital, one fixed boundary, or a boundary for each op by saliency"),
    BL_PARAM(T, boundary, 8, 1, 14, "of mode fixed"),
    BL_PARAM(T, w_bits, 8, 2, 8, "most bits of a weight, two's complement"),
    BL_PARAM(T, a_bits, 8, 1, 8, "most bits of an activation, unsigned"),
    BL_PARAM(T, s, 2, 1, 5, "highest orders that make the saliency set, always digital"),
    BL_FEED(act), BL_WAITS(NO_INPUT, act), BL_WAITS(REGS_HELD, analog), BL_WAITS(OUT_BLOCKED, pushed),
    BL_WAITS(OSE_LATE, b), BL_WAITS(RELOAD, rwen),
    BL_TALLY(T, issue, "one digital command"),
    BL_TALLY(T, op, "one macro op begun"),
    BL_VIEW(T, started, 1, 32, "ops begun"), BL_VIEW(T, w, 1, 8, "bits of a weight"), BL_VIEW(T, a, 1, 8, "bits of an activation"),
    BL_VIEW(T, i, 1, 8, "weight bit of the last command"),
    BL_VIEW(T, j, 1, 8, "activation bit of the last command"),
    BL_VIEW(T, bound, 1, 8, "boundary of the last op that has one; 0 is digital only"),
    BL_VIEW_AS(T, chosen, 16, 32, "ops by boundary; 0 is digital only", BL_KEPT),
    { 0 }
};
const struct bl_class osa_controller_class = { .name = "osa_controller", .help = "OSA-HCIM controller, digital side",
    .size = sizeof(T), .init = init, .tick = tick, .fields = fields };
