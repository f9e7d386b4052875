/* rw_io.c - read/write port of the macro: writes weight rows, one a cycle, while RWen keeps the controller from
 * starting ops; it asks first and writes when the op under way has ended. */
#include "kernel/model.h"
#include "components/bits.h"
#include "components/osa_hcim/osa.h"
#include "components/use.h"

enum { CIM_ACTIVE = BL_STALL };
enum { ROWS = 64 };

struct rw_io {
    struct bl_part p;
    bl_pop w;
    bl_in cim, layer;
    bl_out rwen, wr, rows, halves, used;
    bl_table bits;
    int64_t hmu;
    bl_tally asked;
    uint32_t written;
    bool open;                       /* RWen stands */
};

/* Where a row of the host goes: its rows are dense, w of them an output; those of the macro are eight an HMU, in which outputs beyond the last HMU
 * have the upper four. Sets *half. */
static uint64_t address(const struct rw_io *t, uint64_t row, uint8_t *half)
{
    uint16_t layer = t->bits.n ? *bl_get16(t->layer) : 0;
    uint64_t w = layer < t->bits.n ? BL_ROWS(struct bl_osa_bits, t->bits)[layer].w : BL_OSA_BITS, output = row / w, hmu = (uint64_t)t->hmu;

    *half = output >= hmu && w <= BL_OSA_BITS / 2;
    return *half ? (output - hmu) * BL_OSA_BITS + BL_OSA_BITS / 2 + row % w : output * BL_OSA_BITS + row % w;
}

static bl_verdict tick(void *self)
{
    struct rw_io *t = self;

    if (!bl_avail(t->w)) {
        if (t->open)
            *bl_put8(t->rwen) = 0;
        t->open = false;
        return BL_NAP(BL_IDLE);
    }
    if (!t->open) {                  /* an op may start at this very edge: `cim` says so at the next */
        *bl_put8(t->rwen) = 1;
        *bl_put8(t->halves) = 1;
        t->open = true;
        charge(&t->asked, 1);
        return BL_BUSY;
    }
    if (*bl_get8(t->cim) & 1)
        return BL_NAP(CIM_ACTIVE);
    const uint64_t *item = bl_pop64(t->w);
    uint64_t *wr = bl_put64(t->wr);
    uint8_t half;
    const uint64_t row = address(t, (uint32_t)item[0], &half);
    if (row >= ROWS) {
        bl_fail(t, "row address %llu; expected 0 .. 63: it is hmu * 8 + weight bit", (unsigned long long)row);
        return BL_BUSY;
    }
    if (half)
        *bl_put8(t->halves) = 2;
    wr[0] = row;
    wr[1]++;
    memcpy(wr + 2, item + 1, BL_BITS_WORDS * sizeof *wr);
    bl_use_put(bl_put16(t->used), (struct bl_use){ item[0] >> 32 & 0xffff, (uint32_t)(item[0] >> 48) });
    *bl_put32(t->rows) = ++t->written;
    return BL_BUSY;
}

#define T struct rw_io
static const struct bl_field fields[] = {
    BL_POP(T, w, 1 + BL_BITS_WORDS, 64, "row (hmu * w + weight bit, w the bits of the layer's weights; from bit 32 on outputs, from 48 on products of its tile, 0: all), then the row's bits"),
    BL_IN(T, cim, 1, 1, "an op is at work"),
    BL_IN_OPT(T, layer, 1, 16, "entry of the table of layers in force"),
    BL_DATA(T, bits, struct bl_osa_bits, "bits of each layer's weights; without, 8"),
    BL_OUT(T, rwen, 1, 1, "rows are being written: no op may start"),
    BL_OUT(T, wr, 2 + BL_BITS_WORDS, 64, "row, write number, the row's bits"),
    BL_OUT(T, rows, 1, 32, "rows written so far"),
    BL_OUT(T, halves, 1, 8, "halves of the rows that the last writing has filled: 2 where two weights of 4 bits share eight rows"),
    BL_OUT(T, used, BL_USE_LANES, 16, "outputs and products of the tile that was written last; 0: all"),
    BL_PARAM(T, hmu, 8, 1, 8, "hybrid MAC units of the macro"),
    BL_FEED(w), BL_WAITS(CIM_ACTIVE, cim),
    BL_TALLY(T, asked, "a change from CIM to R/W"),
    { 0 }
};
const struct bl_class rw_io_class = { .name = "rw_io", .help = "weight rows into the macro, one a cycle",
    .size = sizeof(T), .tick = tick, .fields = fields };
