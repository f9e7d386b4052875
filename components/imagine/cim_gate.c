/* cim_gate.c - the handshake of the CIM stage, combinational logic between registers. Rule R1: the shift register may be written when
 * no operation needs its inputs after this cycle. Rule R2: an operation starts when its inputs are complete and the output
 * slave latch holds at most one word that is not sent yet. */
#include "kernel/model.h"
#include "components/imagine/imagine.h"

struct cim_gate {
    struct bl_part p;
    bl_in cfg, loaded, cim, loads, stored;
    bl_out gate;
};

static void comb(void *self)
{
    struct cim_gate *t = self;
    const uint32_t *cfg = bl_get32(t->cfg), *cim = bl_get32(t->cim);
    uint32_t begun = cim[0], left = cim[1], loaded = *bl_get32(t->loaded), *gate = bl_put32(t->gate);
    uint32_t unsent = *bl_get32(t->loads) * imagine_n_out(cfg) - bl_get32(t->stored)[0];
    bool starts = !left && loaded != begun && unsent <= 1;
    bool last = left ? left == 1 : starts && cfg[CFG_N_CIM] == 1;

    gate[GATE_OP] = begun + starts;
    gate[GATE_LAST] = last;
    gate[GATE_FREE] = last || (!left && loaded == begun);
}

#define T struct cim_gate
static const struct bl_field fields[] = {
    BL_IN(T, cim, 2, 32, "operations begun; cycles that the last one still has"),     /* first: who waits for the gate waits for it */
    BL_IN(T, cfg, CFG_LANES, 32, "configuration of the phase: lanes CFG_... of components/imagine/imagine.h"),
    BL_IN(T, loaded, 1, 32, "positions complete in the shift register"),
    BL_IN(T, loads, 1, 32, "results in the output slave latch so far"),
    BL_IN(T, stored, 2, 32, "words stored in this phase"),
    BL_OUT(T, gate, GATE_LANES, 32, "operations begun, with this cycle's; last cycle of one; shift register free"), { 0 }
};
const struct bl_class cim_gate_class = { .name = "cim_gate", .help = "rules R1 and R2 of the IMAGINE datapath",
    .size = sizeof(T),
    .comb = comb, .fields = fields };
