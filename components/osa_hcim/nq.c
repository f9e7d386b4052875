/* nq.c - normalisation and quantisation: the DMACs of saliency commands become three bits an HMU for the OSE. */
#include "kernel/model.h"
#include "components/osa_hcim/osa.h"

enum { QMAX = 7, SHIFT_MOST = 8 };

struct nq {
    struct bl_part p;
    bl_in dmac, tag, layer;
    bl_out q, sal;
    bl_table saliency;
    int64_t hmu, nshift;
};

static int init(void *self)
{
    struct nq *t = self;
    const struct bl_osa_saliency *table = BL_ROWS(struct bl_osa_saliency, t->saliency);

    for (uint64_t l = 0; l < t->saliency.n; l++)
        if (table[l].nshift < 0 || table[l].nshift > SHIFT_MOST)
            return bl_refuse(self, "layer %llu of the table: nshift %d is not within 0..%d", (unsigned long long)l,
                             table[l].nshift, SHIFT_MOST);
    return 0;
}

static uint32_t shift_of(struct nq *t)
{
    uint16_t layer = *bl_get16(t->layer);

    if (!t->saliency.n)
        return (uint32_t)t->nshift;
    if (layer >= t->saliency.n) {
        bl_fail(t, "layer %u points beyond the table of layers, which has %zu", layer, (size_t)t->saliency.n);
        return (uint32_t)t->nshift;
    }
    return (uint32_t)BL_ROWS(struct bl_osa_saliency, t->saliency)[layer].nshift;
}

static void comb(void *self)
{
    struct nq *t = self;
    const uint8_t *tag = bl_get8(t->tag), *dmac = bl_get8(t->dmac);

    if (!(tag[OSA_FLAGS] & OSA_SAL))
        return;                 /* both outputs keep their value: `sal` moves only with saliency commands */
    uint32_t shift = shift_of(t);
    uint8_t *q = bl_put8(t->q), *sal = bl_put8(t->sal);
    for (int64_t h = 0; h < t->hmu; h++) {
        int v = dmac[h] >> shift;
        q[h] = (uint8_t)(v < QMAX ? v : QMAX);
    }
    memcpy(sal, tag, OSA_LANES);
}

#define T struct nq
static const struct bl_field fields[] = {
    BL_IN(T, dmac, BL_BY(T, hmu), 8, "sums of the adder trees"),
    BL_IN(T, tag, OSA_LANES, 8, "the command they belong to"),
    BL_IN_OPT(T, layer, 1, 16, "entry of the table of layers in force"),
    BL_OUT(T, q, BL_BY(T, hmu), 3, "quantised DMACs of the last saliency command"),
    BL_OUT(T, sal, OSA_LANES, 8, "that command"),
    BL_PARAM(T, hmu, 8, 1, 8, "hybrid MAC units"),
    BL_DATA(T, saliency, struct bl_osa_saliency, "nshift of each layer"),
    BL_PARAM(T, nshift, 0, 0, SHIFT_MOST, "q = min(7, DMAC >> nshift), when there is no table of layers"),
    { 0 }
};
const struct bl_class nq_class = { .name = "nq", .help = "normalises and quantises DMACs of the saliency set",
    .size = sizeof(T), .init = init, .comb = comb, .fields = fields };
