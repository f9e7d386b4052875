/* dram_port.c - the 32 b side to DRAM: one word a cycle, to the weight loader or to LMEM, or back from it. */
#include "kernel/model.h"
#include "components/imagine/imagine.h"

enum { LOADER_FULL = BL_STALL, LMEM_FULL, HOST_FULL };

struct dram_port {
    struct bl_part p;
    bl_pop req, reply;
    bl_push weight, mem, data;
    bl_tally word;
};

static bl_verdict forward(struct dram_port *t, bool carried)
{
    const uint64_t *r = bl_peek64(t->req);
    bool weight = r[DRAM_KIND] == DRAM_WEIGHT, drain = r[DRAM_KIND] == DRAM_DRAIN;

    if (!bl_room(weight ? t->weight : t->mem))
        return weight ? LOADER_FULL : LMEM_FULL;
    if (carried && !drain)                     /* the 32 wires are taken in this cycle; an address is not on them */
        return HOST_FULL;
    memcpy(bl_push64(weight ? t->weight : t->mem), r, DRAM_LANES * sizeof *r);
    bl_pop64(t->req);
    charge(&t->word, !drain);
    return BL_BUSY;
}

static bl_verdict tick(void *self)
{
    struct dram_port *t = self;
    bool back = bl_avail(t->reply), carried = back && bl_room(t->data);

    if (carried) {
        *bl_push32(t->data) = *bl_pop32(t->reply);
        charge(&t->word, 1);
    }
    bl_verdict v = bl_avail(t->req) ? forward(t, carried) : BL_IDLE;
    if (carried)
        return BL_BUSY;
    return v == BL_BUSY ? v : BL_NAP(v == BL_IDLE && back ? HOST_FULL : v);
}

#define T struct dram_port
static const struct bl_field fields[] = {
    BL_POP(T, req, DRAM_LANES, 64, "kind (0 weight, 1 fill LMEM, 2 drain LMEM), address, data"),
    BL_PUSH_OPT(T, weight, DRAM_LANES, 64, "weight words"), BL_PUSH_OPT(T, mem, DRAM_LANES, 64, "accesses of LMEM"),
    BL_POP_OPT(T, reply, 1, 32, "words of LMEM"), BL_PUSH_OPT(T, data, 1, 32, "words for DRAM"),
    BL_WAITS(LOADER_FULL, weight), BL_WAITS(LMEM_FULL, mem), BL_WAITS(HOST_FULL, data),
    BL_TALLY(T, word, "a word of 32 b, either way"), { 0 }
};
const struct bl_class dram_port_class = { .name = "dram_port", .help = "port to DRAM, 32 b a cycle", .size = sizeof(T),
    .tick = tick,
    .fields = fields };
