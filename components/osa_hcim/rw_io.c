/* rw_io.c - read/write port of the macro: writes weight rows, one a cycle, while RWen keeps the controller from
 * starting ops; it asks first and writes when the op under way has ended. */
#include "kernel/model.h"
#include "components/bits.h"

enum { CIM_ACTIVE = BL_STALL };
enum { ROWS = 64 };

struct rw_io {
    struct bl_part p;
    bl_pop w;
    bl_in cim;
    bl_out rwen, wr, rows;
    bl_tally asked;
    uint32_t written;
    bool open;                       /* RWen stands */
};

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
        t->open = true;
        charge(&t->asked, 1);
        return BL_BUSY;
    }
    if (*bl_get8(t->cim) & 1)
        return BL_NAP(CIM_ACTIVE);
    const uint64_t *item = bl_pop64(t->w);
    uint64_t *wr = bl_put64(t->wr);
    if (item[0] >= ROWS) {
        bl_fail(t, "row address %llu; expected 0 .. 63: it is hmu * 8 + weight bit", (unsigned long long)item[0]);
        return BL_BUSY;
    }
    wr[0] = item[0];
    wr[1]++;
    memcpy(wr + 2, item + 1, BL_BITS_WORDS * sizeof *wr);
    *bl_put32(t->rows) = ++t->written;
    return BL_BUSY;
}

#define T struct rw_io
static const struct bl_field fields[] = {
    BL_POP(T, w, 1 + BL_BITS_WORDS, 64, "row address (hmu * 8 + weight bit), then the row's bits, LSB first"),
    BL_IN(T, cim, 1, 1, "an op is at work"),
    BL_OUT(T, rwen, 1, 1, "rows are being written: no op may start"),
    BL_OUT(T, wr, 2 + BL_BITS_WORDS, 64, "row, write number, the row's bits"),
    BL_OUT(T, rows, 1, 32, "rows written so far"),
    BL_FEED(w), BL_WAITS(CIM_ACTIVE, cim),
    BL_TALLY(T, asked, "a change from CIM to R/W"),
    { 0 }
};
const struct bl_class rw_io_class = { .name = "rw_io", .help = "weight rows into the macro, one a cycle",
    .size = sizeof(T), .tick = tick, .fields = fields };
