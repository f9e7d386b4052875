/* cim_ctrl.c - controller of the CIM stage: counts the operations of a phase and the N_cim cycles of each, and accounts for
 * what the macro waits for: inputs, or the output latch. */
#include "kernel/model.h"
#include "components/imagine/imagine.h"

enum { CIM_WAIT_IN = BL_STALL, CIM_WAIT_OUT };

struct cim_ctrl {
    struct bl_part p;
    bl_in cfg, gate, loaded, stored;
    bl_out cim;
    bl_tally op, cycle;
    uint32_t seq, begun, left, total;
};

static bl_verdict tick(void *self)
{
    struct cim_ctrl *t = self;
    const uint32_t *cfg = bl_get32(t->cfg);
    uint32_t op = bl_get32(t->gate)[GATE_OP], *cim;

    if (cfg[CFG_SEQ] != t->seq) {
        t->seq = cfg[CFG_SEQ];
        t->begun = t->left = 0;
        t->total = imagine_positions(cfg);
        cim = bl_put32(t->cim);
        cim[0] = cim[1] = 0;
        return CIM_WAIT_IN;
    }
    bool starts = op != t->begun;
    const uint32_t *stored = bl_get32(t->stored);
    if (stored[0] != stored[1])
        charge(&t->cycle, 1);                  /* while a phase runs this part never naps: each of its cycles has a price */
    if (!starts && !t->left) {
        if (t->begun == t->total)
            return stored[0] == stored[1] ? BL_NAP(BL_IDLE) : BL_IDLE;
        return *bl_get32(t->loaded) == t->begun ? CIM_WAIT_IN : CIM_WAIT_OUT;
    }
    if (starts)
        charge(&t->op, 1);
    t->left = starts ? cfg[CFG_N_CIM] - 1 : t->left - 1;
    t->begun = op;
    cim = bl_put32(t->cim);
    cim[0] = t->begun;
    cim[1] = t->left;
    return BL_BUSY;
}

#define T struct cim_ctrl
static const struct bl_field fields[] = {
    BL_IN(T, cfg, CFG_LANES, 32, "configuration of the phase: lanes CFG_... of components/imagine/imagine.h"),
    BL_IN(T, gate, GATE_LANES, 32, "operations that may begin"),
    BL_IN(T, loaded, 1, 32, "positions complete in the shift register"),
    BL_IN(T, stored, 2, 32, "words stored in this phase; words it stores: it runs until they are equal"),
    BL_OUT(T, cim, 2, 32, "operations begun; cycles that the last one still has"),
    BL_FEED(cfg), BL_WAITS(CIM_WAIT_IN, loaded), BL_WAITS(CIM_WAIT_OUT, stored),
    BL_TALLY(T, op, "an operation of the macro"), BL_TALLY(T, cycle, "a cycle of a phase"),
    BL_VIEW(T, begun, 1, 32, "operations begun"), BL_VIEW(T, left, 1, 8, "cycles that the last one still has"), { 0 }
};
const struct bl_class cim_ctrl_class = { .name = "cim_ctrl",
    .help = "controller of the CIM stage: N_cim cycles an operation",
    .size = sizeof(T), .tick = tick, .fields = fields };
