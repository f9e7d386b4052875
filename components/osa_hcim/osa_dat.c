/* osa_dat.c - digital adder trees (DAT), one an HMU: count the ones among the columns' products, one digital
 * cycle each, in l_dat pipeline stages. The command travels along as `tag`. */
#include "kernel/model.h"
#include "components/bits.h"
#include "components/osa_hcim/osa.h"

enum { STAGES_MOST = 64, HMU_MOST = 8 };

struct osa_dat {
    struct bl_part p;
    bl_in dout, cmd;
    bl_out dmac, tag, sal_dmac, sal_tag;
    bl_tally sum, dat_overflow;
    int64_t cols, hmu, dat_bits, l_dat;
    uint8_t stage_dmac[STAGES_MOST][HMU_MOST];   /* all stages but the last, which are the output words */
    uint8_t stage_tag[STAGES_MOST][OSA_LANES];
    uint32_t at, under_way;                      /* the oldest stage; how many are in use */
    uint8_t out_flags;
};

static void sum_columns(struct osa_dat *t, uint8_t *dmac)
{
    uint16_t count[HMU_MOST], most = (uint16_t)((1 << t->dat_bits) - 1);

    bl_bits_count(count, bl_get64(t->dout), (uint32_t)t->hmu, bl_bits_words(t->cols));
    for (int64_t h = 0; h < t->hmu; h++) {
        if (count[h] > most) {
            count[h] = most;
            charge(&t->dat_overflow, 1);
        }
        dmac[h] = (uint8_t)count[h];
    }
    charge(&t->sum, (uint64_t)t->hmu);
}

static void give_sum(struct osa_dat *t, const uint8_t *dmac, const uint8_t *tag)
{
    if (tag[OSA_FLAGS] & OSA_VALID)
        memcpy(bl_put8(t->dmac), dmac, (size_t)t->hmu);
    if (tag[OSA_FLAGS] | t->out_flags)
        memcpy(bl_put8(t->tag), tag, OSA_LANES);
    if (tag[OSA_FLAGS] & OSA_SAL) {
        memcpy(bl_put8(t->sal_dmac), dmac, (size_t)t->hmu);
        memcpy(bl_put8(t->sal_tag), tag, OSA_LANES);
    }
    t->out_flags = tag[OSA_FLAGS];
}

/* The news that an op had no further command catches up with its last sum in the first stage. */
static void close_op(struct osa_dat *t, uint8_t *cmd, uint32_t stages)
{
    uint8_t *before = t->stage_tag[(t->at + stages - 1) % stages];

    if (!(before[OSA_FLAGS] & OSA_VALID))
        return;
    before[OSA_FLAGS] |= OSA_LAST;
    cmd[OSA_FLAGS] &= (uint8_t)~OSA_CLOSE;
}

static bl_verdict tick(void *self)
{
    struct osa_dat *t = self;
    uint8_t dmac[HMU_MOST] = { 0 }, cmd[OSA_LANES];
    uint32_t stages = (uint32_t)t->l_dat - 1;

    memcpy(cmd, bl_get8(t->cmd), OSA_LANES);
    if (cmd[OSA_FLAGS] & OSA_VALID)
        sum_columns(t, dmac);
    if (stages) {
        if (cmd[OSA_FLAGS] & OSA_CLOSE)
            close_op(t, cmd, stages);
        t->under_way += cmd[OSA_FLAGS] != 0;
        uint8_t *old_dmac = t->stage_dmac[t->at], *old_tag = t->stage_tag[t->at];
        t->under_way -= old_tag[OSA_FLAGS] != 0;
        give_sum(t, old_dmac, old_tag);
        memcpy(old_dmac, dmac, HMU_MOST);
        memcpy(old_tag, cmd, OSA_LANES);
        t->at = (t->at + 1) % stages;
    } else {
        give_sum(t, dmac, cmd);
    }
    return cmd[OSA_FLAGS] || t->under_way || t->out_flags ? BL_BUSY : BL_NAP(BL_IDLE);
}

#define T struct osa_dat
static const struct bl_field fields[] = {
    BL_IN(T, dout, BL_BY(T, hmu), BL_BY(T, cols), "products of the columns"),
    BL_IN(T, cmd, OSA_LANES, 8, "the digital command they belong to"),
    BL_OUT(T, dmac, BL_BY(T, hmu), 8, "ones among them: the one-bit MAC of each HMU"),
    BL_OUT(T, tag, OSA_LANES, 8, "the command it belongs to"),
    BL_OUT(T, sal_dmac, BL_BY(T, hmu), 8, "the same for the N/Q: moves with saliency commands only"),
    BL_OUT(T, sal_tag, OSA_LANES, 8, "the command it belongs to"),
    BL_PARAM(T, cols, 144, 33, BL_BITS_MOST, "columns"),
    BL_PARAM(T, hmu, 8, 1, 8, "hybrid MAC units"),
    BL_PARAM(T, dat_bits, OSA_DAT_BITS, 4, OSA_DAT_BITS, "bits of a sum; it saturates"),
    BL_PARAM(T, l_dat, 1, 1, STAGES_MOST, "pipeline stages, cycles"),
    BL_TALLY(T, sum, "one sum of one HMU"),
    BL_TALLY(T, dat_overflow, "a sum that dat_bits could not hold"),
    { 0 }
};
const struct bl_class osa_dat_class = { .name = "osa_dat", .help = "digital adder trees, one sum an HMU and cycle",
    .size = sizeof(T), .tick = tick, .fields = fields };
