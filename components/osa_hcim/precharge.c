/* precharge.c - shows the two phases of a CIM cycle in waveforms, local bitlines precharged (PCH low), then evaluated.
 * It adds no timing of its own and costs two events a cycle, so it is off unless `enable` says otherwise. */
#include "kernel/model.h"
#include "components/osa_hcim/osa.h"

struct precharge {
    struct bl_part p;
    bl_in cmd;
    bl_out evaluate;
    bl_tally cycle;
    int64_t enable, percent;
    uint64_t pch, eval;              /* length of either phase, fs */
    uint8_t seq;
};

static int init(void *self)
{
    struct precharge *t = self;
    uint64_t period = bl_period(self);

    if (t->enable && period < 4)
        return bl_refuse(self, "no clock, or one of %llu fs; name the controller's clock: a cycle has two phases",
                         (unsigned long long)period);
    t->pch = period / 100 * (uint64_t)t->percent + period % 100 * (uint64_t)t->percent / 100;
    t->pch = t->pch ? t->pch : 1;
    t->eval = period - t->pch;
    return 0;
}

static void show(struct precharge *t, uint8_t evaluate) { *bl_put8(t->evaluate) = evaluate; }

static bl_verdict run(void *self)
{
    struct precharge *t = self;

    BL_BEGIN(t);
    while (t->enable) {
        AWAIT(bl_get8(t->cmd)[OSA_SEQ] != t->seq, BL_IDLE);
        t->seq = bl_get8(t->cmd)[OSA_SEQ];
        charge(&t->cycle, 1);
        show(t, 0);
        AWAIT_TIME(t->pch, BL_BUSY);
        show(t, 1);
        AWAIT_TIME(t->eval, BL_BUSY);
    }
    BL_END;
}

#define T struct precharge
static const struct bl_field fields[] = {
    BL_IN(T, cmd, OSA_LANES, 8, "digital command: a cycle begins when its number moves"),
    BL_OUT(T, evaluate, 1, 1, "0: bitlines are precharged; 1: evaluated"),
    BL_PARAM(T, enable, 0, 0, 1, "1 shows the phases"),
    BL_PARAM(T, percent, 50, 1, 99, "precharge, percent of a cycle"),
    BL_FEED(cmd), BL_TALLY(T, cycle, "one cycle shown"),
    { 0 }
};
const struct bl_class precharge_class = { .name = "precharge", .help = "precharge and evaluate phases, for waveforms",
    .size = sizeof(T), .init = init, .run = run, .fields = fields };
