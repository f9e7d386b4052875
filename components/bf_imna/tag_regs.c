/* tag_regs.c - tag register of a CAM, a bit a row or a bit a column: takes the match at the end of a compare or read,
 * and can be loaded, set and shifted. */
#include "kernel/model.h"

enum { NONE, LOAD, SET_ALL, SHIFT1 };              /* lane 1 of ctl; lane 0 moves with every order */

struct tag_regs {
    struct bl_part p;
    bl_in match, results, ctl, data;
    bl_out q;
    bl_tally latch;
    int64_t bits, lane;
    uint32_t seen, orders;
};

static void obey_sequencer(struct tag_regs *t, uint32_t what)
{
    uint32_t words = ((uint32_t)t->bits + 63) / 64;
    uint64_t *q = bl_put64(t->q), carry = 0;

    if (what == LOAD)
        memcpy(q, bl_get64(t->data), words * sizeof *q);
    for (uint32_t w = 0; what == SET_ALL && w < words; w++)
        q[w] = UINT64_MAX;
    for (uint32_t w = 0; what == SHIFT1 && w < words; w++) {
        uint64_t top = q[w] >> 63;
        q[w] = q[w] << 1 | carry;
        carry = top;
    }
    if (t->bits & 63)
        q[words - 1] &= (UINT64_C(1) << (t->bits & 63)) - 1;
}

static bl_verdict tick(void *self)
{
    struct tag_regs *t = self;
    uint32_t results = bl_get32(t->results)[t->lane];
    const uint32_t *ctl = bl_get32(t->ctl);

    if (results == t->seen && ctl[0] == t->orders)
        return BL_NAP(BL_IDLE);
    if (results != t->seen)
        memcpy(bl_put64(t->q), bl_get64(t->match), ((size_t)t->bits + 63) / 64 * sizeof(uint64_t));
    if (ctl[0] != t->orders)
        obey_sequencer(t, ctl[1]);
    t->seen = results;
    t->orders = ctl[0];
    charge(&t->latch, 1);
    return BL_BUSY;
}

#define T struct tag_regs
static const struct bl_field fields[] = {
    BL_IN(T, match, 1, BL_BY(T, bits), "match lines"),
    BL_IN(T, results, 2, 32, "results so far, of rows and of columns; a move latches the match"),
    BL_IN_OPT(T, ctl, 2, 32, "orders: number, then 1 load, 2 set all, 3 shift up by one"),
    BL_IN_OPT(T, data, 1, BL_BY(T, bits), "what a load takes"),
    BL_OUT(T, q, 1, BL_BY(T, bits), "the tags"),
    BL_PARAM(T, bits, 64, 33, 1 << 20, "rows, or columns"),
    BL_PARAM(T, lane, 0, 0, 1, "which results: 0 rows, 1 columns"),
    BL_FEED(results), BL_FEED(ctl), BL_TALLY(T, latch, "a tag register written"),
    { 0 }
};
const struct bl_class tag_regs_class = { .name = "tag_regs", .help = "tag register of a CAM", .size = sizeof(T), .tick = tick,
    .fields = fields };
