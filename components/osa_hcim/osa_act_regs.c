/* osa_act_regs.c - activation registers (DIN and AIN side by side): the activations of `abuf` macro ops as bit planes. The last digital and
 * the last analog use of an op release its register; in that same cycle the register takes the next op. */
#include "kernel/model.h"
#include "components/bits.h"
#include "components/osa_hcim/osa.h"

enum { NO_INPUT = BL_STALL, REGS_HELD, ANALOG_HELD };
enum { REGS = 2, PLANES = 8 };

struct osa_act_regs {
    struct bl_part p;
    bl_pop op;
    bl_in released, digital, analog;
    bl_out regs, stat;
    bl_tally load;
    int64_t cols, abuf;
    uint32_t taken, offered;            /* ops loaded; loaded or at the door */
    uint32_t held;
};

/* Whose use of the oldest register lasts: the digital side's, unless that one is through with it. */
static bl_verdict held_by(const struct osa_act_regs *t, uint32_t released)
{
    return (int32_t)(*bl_get32(t->digital) - released) > 0 ? ANALOG_HELD : REGS_HELD;
}

static bl_verdict tick(void *self)
{
    struct osa_act_regs *t = self;
    uint32_t nw = bl_bits_words(t->cols), before = t->taken;
    uint32_t released = *bl_get32(t->released);

    while (bl_avail(t->op) && t->taken - released < (uint32_t)t->abuf) {
        uint64_t *reg = bl_put64(t->regs) + t->taken % (uint32_t)t->abuf * PLANES * nw;
        bl_bits_planes(reg, nw, bl_pop8(t->op), (uint32_t)t->cols);
        t->taken++;
        charge(&t->load, 1);
    }
    t->held = t->taken - released;
    uint32_t offered = t->taken + bl_avail(t->op);
    if (offered != t->offered) {
        uint32_t *stat = bl_put32(t->stat);
        stat[0] = t->offered = offered;
        stat[1] = (uint32_t)t->abuf;
    }
    if (t->taken != before)
        return BL_BUSY;
    return BL_NAP(bl_avail(t->op) ? held_by(t, released) : NO_INPUT);
}

#define T struct osa_act_regs
static const struct bl_field fields[] = {
    BL_POP(T, op, BL_BY(T, cols), 8, "activations of a macro op, unsigned"),
    BL_IN(T, released, 1, 32, "ops that have released their register, from osa_release"),
    BL_IN_OPT(T, digital, 1, 32, "ops whose last digital command has stood: for the account of waits"),
    BL_IN_OPT(T, analog, 2, 32, "the analog side, which holds a register from then on: for the account of waits"),
    BL_OUT(T, regs, REGS * PLANES, BL_BY(T, cols), "the registers: eight bit planes each"),
    BL_OUT(T, stat, 2, 32, "ops offered so far; number of registers"),
    BL_PARAM(T, cols, 144, 33, BL_BITS_MOST, "columns"),
    BL_PARAM(T, abuf, 2, 1, REGS, "registers: 1 makes an op wait for both domains of the one before"),
    BL_FEED(op), BL_WAITS(NO_INPUT, op), BL_WAITS(REGS_HELD, released), BL_WAITS(ANALOG_HELD, analog),
    BL_TALLY(T, load, "activations of one macro op loaded"),
    BL_VIEW(T, held, 1, 32, "registers in use"),
    { 0 }
};
const struct bl_class osa_act_regs_class = { .name = "osa_act_regs", .help = "activation registers, DIN and AIN side",
    .size = sizeof(T), .tick = tick, .fields = fields };
