/* osa_dac.c - DACs and analog input drivers (AIN): a switch matrix turns 1..4 activation bits of each column into
 * a level on its GBL. A level is kept as its bits, in planes; it settles before the ADC samples. */
#include "kernel/model.h"
#include "components/bits.h"
#include "components/osa_hcim/osa.h"

struct osa_dac {
    struct bl_part p;
    bl_in regs, cmd;
    bl_out gbl;
    bl_tally conv, bit;
    int64_t cols, hmu;
    uint8_t seq;                /* of the command charged last: a second look at it costs nothing */
};

static void comb(void *self)
{
    struct osa_dac *t = self;
    const uint8_t *cmd = bl_get8(t->cmd);
    const uint64_t *regs = bl_get64(t->regs);
    uint32_t nw = bl_bits_words(t->cols), plane = cmd[OSA_REG] * 8u + cmd[OSA_LO], width = cmd[OSA_WIDTH];

    if (!(cmd[OSA_FLAGS] & OSA_VALID))
        return;                 /* the switches stay where they are */
    uint64_t *gbl = bl_put64(t->gbl);
    memcpy(gbl, regs + plane * nw, width * nw * sizeof *regs);
    memset(gbl + width * nw, 0, (BL_OSA_WINDOW - width) * nw * sizeof *gbl);
    if (t->seq == cmd[OSA_SEQ])
        return;
    t->seq = cmd[OSA_SEQ];
    charge(&t->conv, (uint64_t)t->hmu);
    charge(&t->bit, (uint64_t)t->hmu * width);
}

#define T struct osa_dac
static const struct bl_field fields[] = {
    BL_IN(T, regs, 16, BL_BY(T, cols), "two activation registers of eight bit planes"),
    BL_IN(T, cmd, OSA_LANES, 8, "analog command of the controller"),
    BL_OUT(T, gbl, BL_OSA_WINDOW, BL_BY(T, cols), "levels on the analog bitlines, as bit planes, LSB first"),
    BL_PARAM(T, cols, 144, 33, BL_BITS_MOST, "columns"),
    BL_PARAM(T, hmu, 8, 1, 8, "hybrid MAC units: the tallies count per unit"),
    BL_TALLY(T, conv, "DAC and AIN at work for one conversion of one HMU"),
    BL_TALLY(T, bit, "one DAC bit of one conversion of one HMU"),
    { 0 }
};
const struct bl_class osa_dac_class = { .name = "osa_dac", .help = "input DACs and analog input drivers",
    .size = sizeof(T), .comb = comb, .fields = fields };
