/* din.c - digital input drivers: put the activation bit plane of the digital command on the GBLBs. */
#include "kernel/model.h"
#include "components/bits.h"
#include "components/osa_hcim/osa.h"

struct din {
    struct bl_part p;
    bl_in regs, cmd;
    bl_out gblb;
    int64_t cols;
};

static void comb(void *self)
{
    struct din *t = self;
    const uint8_t *cmd = bl_get8(t->cmd);
    const uint64_t *regs = bl_get64(t->regs);
    uint32_t nw = bl_bits_words(t->cols), plane = cmd[OSA_REG] * 8u + cmd[OSA_PLANE];

    if (cmd[OSA_FLAGS] & OSA_VALID)
        memcpy(bl_put64(t->gblb), regs + plane * nw, nw * sizeof *regs);
}

#define T struct din
static const struct bl_field fields[] = {
    BL_IN(T, regs, 16, BL_BY(T, cols), "two activation registers of eight bit planes"),
    BL_IN(T, cmd, OSA_LANES, 8, "digital command of the controller"),
    BL_OUT(T, gblb, 1, BL_BY(T, cols), "activation bits on the digital bitlines (shown true, wired inverted)"),
    BL_PARAM(T, cols, 144, 33, BL_BITS_MOST, "columns"),
    { 0 }
};
const struct bl_class din_class = { .name = "din", .help = "digital input drivers: one activation bit a column",
    .size = sizeof(T), .comb = comb, .fields = fields };
