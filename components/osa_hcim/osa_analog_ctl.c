/* osa_analog_ctl.c - controller of the OSA-HCIM macro, analog side: when the boundary of an op is known, starts its
 * conversions one after the other, rising weight bit, each at the edge that ends the slot before. */
#include "kernel/model.h"
#include "components/osa_hcim/osa.h"

enum { WAIT_B = BL_STALL, TAIL, ADC_BUSY };
enum { QUEUE = 8 };

struct osa_analog_ctl {
    struct bl_part p;
    bl_in plan, b, ready;
    bl_out cmd, analog;
    bl_tally start;
    uint32_t known, cur;                  /* ops whose boundary is here; the op at work */
    uint32_t acts;                        /* items of activations of which all is converted: an op each, or two (PLAN_HALVES) */
    uint8_t half;                         /* the op at work is the first or the second of its item */
    uint8_t bound[QUEUE];                 /* by op */
    struct bl_osa_alloc alloc;            /* of the op at work, once pos > 0 */
    uint32_t pos;
    bool live;                            /* the command word holds a conversion */
    uint8_t seq, i, lo, width;
};

/* Takes the boundary of the next op when it has come. */
static void hear_boundary(struct osa_analog_ctl *t)
{
    const uint8_t *plan = bl_get8(t->plan), *b = plan[PLAN_ASKS] ? bl_get8(t->b) : plan;

    if (b[PLAN_SEQ] != (uint8_t)(t->known + 1))
        return;
    int bound = b[PLAN_B];
    if (plan[PLAN_ASKS])
        bound = bl_osa_bound(bound, plan[PLAN_W], plan[PLAN_A], plan[PLAN_S]);
    t->bound[t->known++ % QUEUE] = (uint8_t)bound;
}

/* All conversions of the op at work have begun; tail: its last one converts. An item is through with its last op. */
static void end_op(struct osa_analog_ctl *t, bool tail)
{
    bool last = t->half + 1 >= bl_get8(t->plan)[PLAN_HALVES];
    uint32_t *analog = bl_put32(t->analog);

    t->cur++;
    t->pos = 0;
    t->half = last ? 0 : 1;
    t->acts += last;
    analog[0] = t->acts;
    analog[1] = tail && last;
}

static void start_conversion(struct osa_analog_ctl *t)
{
    struct bl_osa_conversion c = t->alloc.list[t->pos++];
    uint8_t *cmd = bl_put8(t->cmd);
    bool last = t->pos == t->alloc.conversions;
    uint8_t regs = bl_get8(t->plan)[PLAN_REGS];

    t->i = c.i;
    t->lo = c.lo;
    t->width = c.width;
    cmd[OSA_FLAGS] = (uint8_t)(OSA_VALID | (last ? OSA_LAST : 0) | (c.i + 1 == bl_get8(t->plan)[PLAN_W] ? OSA_NEG : 0) |
                               (t->half ? OSA_HALF : 0));
    cmd[OSA_ROW] = c.i;
    cmd[OSA_REG] = (uint8_t)(regs ? t->acts % regs : 0);
    cmd[OSA_OP] = (uint8_t)t->cur;
    cmd[OSA_SEQ] = ++t->seq;
    cmd[OSA_LO] = c.lo;
    cmd[OSA_WIDTH] = c.width;
    cmd[OSA_B] = t->bound[t->cur % QUEUE];
    t->live = true;
    charge(&t->start, 1);
    if (last)
        end_op(t, true);
    else
        bl_put32(t->analog)[1] = 0;
}

/* The ADC is free: the next conversion of this op or of the next one that has any. */
static bool convert_next(struct osa_analog_ctl *t)
{
    const uint8_t *plan = bl_get8(t->plan);

    while (t->pos == 0 && t->cur != t->known) {
        bl_osa_allocate(&t->alloc, plan[PLAN_W], plan[PLAN_A], t->bound[t->cur % QUEUE]);
        if (t->alloc.conversions)
            break;
        end_op(t, false);
    }
    if (t->cur == t->known)
        return false;
    start_conversion(t);
    return true;
}

static bl_verdict tick(void *self)
{
    struct osa_analog_ctl *t = self;

    hear_boundary(t);
    bool more = t->known != t->cur && t->pos == 0;        /* a whole op waits behind the present conversion */
    if (!(*bl_get8(t->ready) & 1))
        return more ? TAIL : ADC_BUSY;                    /* a slot is too short for a nap */
    if (convert_next(t))
        return BL_BUSY;
    if (t->live) {
        bl_put8(t->cmd)[OSA_FLAGS] = 0;
        t->live = false;
    }
    return BL_NAP(bl_get8(t->plan)[PLAN_SEQ] != (uint8_t)t->known ? WAIT_B : BL_IDLE);
}

#define T struct osa_analog_ctl
static const struct bl_field fields[] = {
    BL_IN(T, plan, PLAN_LANES, 8, "ops begun and the bits of their operands, from the controller"),
    BL_IN_OPT(T, b, PLAN_LANES, 8, "boundary of an op, from the OSE; needed in mode osa"),
    BL_IN(T, ready, 1, 1, "the ADC may start"),
    BL_OUT(T, cmd, OSA_LANES, 8, "analog command: AWL row, activation group, boundary"),
    BL_OUT(T, analog, 2, 32, "items of activations whose last conversion has begun; 1 while one of them converts"),
    BL_FEED(plan), BL_WAITS(WAIT_B, b), BL_WAITS(TAIL, ready), BL_WAITS(ADC_BUSY, ready),
    BL_TALLY(T, start, "one conversion of the macro started"),
    BL_VIEW(T, cur, 1, 32, "op at work"),
    BL_VIEW(T, i, 1, 8, "weight bit of the last conversion"),
    BL_VIEW(T, lo, 1, 8, "lowest activation bit of the last conversion"),
    BL_VIEW(T, width, 1, 8, "DAC bits of the last conversion"),
    { 0 }
};
const struct bl_class osa_analog_ctl_class = { .name = "osa_analog_ctl", .help = "OSA-HCIM controller, analog side",
    .size = sizeof(T), .tick = tick, .fields = fields };
