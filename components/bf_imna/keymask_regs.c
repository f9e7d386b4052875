/* keymask_regs.c - key and mask registers of a CAM, horizontal (a bit a column) or vertical (a bit a row): loaded while
 * the operation before still runs, in force from the next edge on. */
#include "kernel/model.h"

struct keymask_regs {
    struct bl_part p;
    bl_in load, next_key, next_mask;
    bl_out key, mask;
    bl_tally loads;
    int64_t bits;
    uint32_t seen;
};

static void comb(void *self)
{
    struct keymask_regs *t = self;
    uint32_t load = *bl_get32(t->load);
    size_t bytes = ((size_t)t->bits + 63) / 64 * sizeof(uint64_t);

    if (load == t->seen)
        return;
    t->seen = load;
    memcpy(bl_put64(t->key), bl_get64(t->next_key), bytes);
    memcpy(bl_put64(t->mask), bl_get64(t->next_mask), bytes);
    charge(&t->loads, 1);
}

#define T struct keymask_regs
static const struct bl_field fields[] = {
    BL_IN(T, load, 1, 32, "number of the load: a move takes the next key and mask over"),
    BL_IN(T, next_key, 1, BL_BY(T, bits), "next key"), BL_IN(T, next_mask, 1, BL_BY(T, bits), "next mask"),
    BL_OUT(T, key, 1, BL_BY(T, bits), "key in force"), BL_OUT(T, mask, 1, BL_BY(T, bits), "mask in force, 1: takes part"),
    BL_PARAM(T, bits, 64, 33, 1 << 20, "columns, or rows"),
    BL_TALLY(T, loads, "a key and mask loaded"),
    { 0 }
};
const struct bl_class keymask_regs_class = { .name = "keymask_regs", .help = "key and mask registers of a CAM, double-buffered",
    .size = sizeof(T), .comb = comb, .fields = fields };
