/* out_latch.c - output latches of the macro. The ADCs write the master latches; at the edge that ends an operation (CS_out) the slave
 * latches take them, so that codes can be stored while the next operation runs. */
#include "kernel/model.h"
#include "components/imagine/imagine.h"

struct out_latch {
    struct bl_part p;
    bl_in cfg, gate, code;
    bl_out slave, loads;
    bl_tally load;
    uint32_t seq, n;
};

static bl_verdict tick(void *self)
{
    struct out_latch *t = self;
    const uint32_t *cfg = bl_get32(t->cfg);

    if (cfg[CFG_SEQ] != t->seq) {
        t->seq = cfg[CFG_SEQ];
        *bl_put32(t->loads) = t->n = 0;
        return BL_IDLE;
    }
    if (!bl_get32(t->gate)[GATE_LAST])
        return BL_NAP(BL_IDLE);
    memcpy(bl_put32(t->slave), bl_get32(t->code), CIM_COLS * sizeof(uint32_t));
    *bl_put32(t->loads) = ++t->n;
    charge(&t->load, 1);
    return BL_BUSY;
}

#define T struct out_latch
static const struct bl_field fields[] = {
    BL_IN(T, cfg, CFG_LANES, 32, "configuration of the phase: lanes CFG_... of components/imagine/imagine.h"),
    BL_IN(T, gate, GATE_LANES, 32, "last cycle of an operation"),
    BL_IN_OPT(T, code, CIM_COLS, CIM_CODE_BITS, "master latches: output o in lane o"),
    BL_OUT(T, slave, CIM_COLS, CIM_CODE_BITS, "slave latches"),
    BL_OUT(T, loads, 1, 32, "results taken in this phase"),
    BL_FEED(gate), BL_TALLY(T, load, "all slaves loaded"), { 0 }
};
const struct bl_class out_latch_class = { .name = "out_latch", .help = "output latches of the macro, master and slave",
    .size = sizeof(T),
    .tick = tick, .fields = fields };
