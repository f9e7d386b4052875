/* osa_dat.c - digital adder trees (DAT), one an HMU: count the ones among the columns' products, one digital
 * cycle each, in l_dat pipeline stages. The command travels along as `tag`. */
#include "kernel/model.h"
#include "components/bits.h"
#include "components/osa_hcim/osa.h"
#include "components/tree.h"

enum { STAGES_MOST = 64, HMU_MOST = 8 };

/* A sum of each HMU, and the command that it belongs to. */
struct sum { uint8_t dmac[HMU_MOST], tag[OSA_LANES]; };

struct osa_dat {
    struct bl_part p;
    bl_in dout, cmd;
    bl_out dmac, tag, sal_dmac, sal_tag;
    bl_tally sum, dat_overflow;
    int64_t cols, hmu, dat_bits, l_dat;
    struct sum stage[STAGES_MOST];               /* l_dat are in use, the last one is the output words */
    uint32_t at, under_way;                      /* the first stage; how many hold a command */
};

static void sum_columns(struct osa_dat *t, uint8_t *dmac)
{
    const uint32_t bits = (uint32_t)t->dat_bits;
    uint16_t count[HMU_MOST];

    bl_bits_count(count, bl_get64(t->dout), (uint32_t)t->hmu, bl_bits_words(t->cols));
    for (int64_t h = 0, n = t->hmu; h < n; h++) {
        int64_t v = count[h];
        if (bl_tree_saturate(&v, bits, false))
            charge(&t->dat_overflow, 1);
        dmac[h] = (uint8_t)v;
    }
    charge(&t->sum, (uint64_t)t->hmu);
}

static void give_sum(struct osa_dat *t, const struct sum *s, uint8_t flags_before)
{
    uint8_t flags = s->tag[OSA_FLAGS];

    if (flags & OSA_VALID)
        memcpy(bl_put8(t->dmac), s->dmac, (size_t)t->hmu);
    if (flags | flags_before)
        memcpy(bl_put8(t->tag), s->tag, OSA_LANES);
    if (flags & OSA_SAL) {
        memcpy(bl_put8(t->sal_dmac), s->dmac, (size_t)t->hmu);
        memcpy(bl_put8(t->sal_tag), s->tag, OSA_LANES);
    }
}

static bl_verdict tick(void *self)
{
    struct osa_dat *t = self;
    uint32_t stages = (uint32_t)t->l_dat, last = t->at + 1 == stages ? 0 : t->at + 1;
    struct sum *first = &t->stage[t->at];
    uint8_t flags_before = first->tag[OSA_FLAGS];         /* of the sum given last */

    memcpy(first->tag, bl_get8(t->cmd), OSA_LANES);
    if (first->tag[OSA_FLAGS] & OSA_VALID)
        sum_columns(t, first->dmac);
    if (first->tag[OSA_FLAGS] & OSA_CLOSE && stages > 1) {
        /* The news that an op had no further command catches up with its last sum in the first stage. */
        uint8_t *before = &t->stage[(t->at + stages - 1) % stages].tag[OSA_FLAGS];
        if (*before & OSA_VALID) {
            *before |= OSA_LAST;
            first->tag[OSA_FLAGS] &= (uint8_t)~OSA_CLOSE;
        }
    }
    t->under_way += (first->tag[OSA_FLAGS] != 0) - (uint32_t)(flags_before != 0);
    give_sum(t, &t->stage[last], flags_before);
    t->at = last;
    return t->under_way ? BL_BUSY : BL_NAP(BL_IDLE);
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
    BL_FEED(cmd), BL_STREAM(cmd, BL_BY(T, l_dat)),
    BL_TALLY(T, sum, "one sum of one HMU"),
    BL_TROUBLE(T, dat_overflow, "a sum that dat_bits could not hold"),
    { 0 }
};
const struct bl_class osa_dat_class = { .name = "osa_dat", .help = "digital adder trees, one sum an HMU and cycle",
    .size = sizeof(T), .tick = tick, .fields = fields };
