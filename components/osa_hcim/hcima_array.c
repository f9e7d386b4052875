/* hcima_array.c - the hybrid CIM array: 64 rows of split-port 6T cells, eight rows an HMU, with a digital (AND) and
 * an analog (charge share) multiplier a column. Written through the R/W port, read by both CIM ports at once. */
#include "kernel/model.h"
#include "components/bits.h"
#include "components/osa_hcim/osa.h"
#include "components/rows.h"
#include "components/use.h"

enum { ROWS = 64 };
enum { WR_ROW, WR_SEQ, WR_BITS };            /* lanes of `wr` */

struct hcima_array {
    struct bl_part p;
    bl_in wr, used, dwl, dcmd, gblb, awl, acmd, gbl;
    bl_out dout, v_sum;
    bl_tally dcim, share, row_write, unwritten;
    int64_t cols, hmu, strict;
    uint64_t written;                        /* validity, a bit a row */
    uint64_t cell[ROWS * BL_BITS_WORDS];
    uint64_t said;                           /* of what its slots go to: the commands' validity and halves, what is in use */
    uint8_t wseq, dseq, aseq;                /* commands seen: a second look changes nothing */
};

/* The row of HMU h that is up on a port, or -1. */
static int row_up(uint64_t wl, int64_t h)
{
    uint64_t up = wl >> h * BL_OSA_BITS & 255;

    return up ? (int)h * BL_OSA_BITS + __builtin_ctzll(up) : -1;
}

static void write_row(struct hcima_array *t, const uint64_t *wr)
{
    uint32_t nw = bl_bits_words(t->cols), top = (uint32_t)t->cols & 63;

    if ((uint8_t)wr[WR_SEQ] == t->wseq)
        return;
    t->wseq = (uint8_t)wr[WR_SEQ];
    uint64_t *row = t->cell + (wr[WR_ROW] % ROWS) * nw;
    memcpy(row, wr + WR_BITS, nw * sizeof *row);
    if (top)
        row[nw - 1] &= (UINT64_C(1) << top) - 1;
    bl_rows_write(&t->written, wr[WR_ROW] % ROWS);
    charge(&t->row_write, 1);
}

/* What a new command costs, and whether the rows it reads were ever written. */
static void account(struct hcima_array *t, bl_tally *tally, uint64_t wl)
{
    charge(tally, (uint64_t)t->hmu);
    bl_rows_read_word(t, &t->written, 0, wl, t->strict, &t->unwritten, "row");
}

static void digital(struct hcima_array *t, const uint8_t *cmd)
{
    uint64_t wl = *bl_get64(t->dwl), *dout = bl_put64(t->dout);
    const uint64_t *x = bl_get64(t->gblb);
    uint32_t nw = bl_bits_words(t->cols);

    for (int64_t h = 0; h < t->hmu; h++) {
        int row = row_up(wl, h);
        if (row >= 0)
            bl_bits_and(dout + h * nw, t->cell + (uint32_t)row * nw, x, nw);
    }
    if (t->dseq != cmd[OSA_SEQ])
        account(t, &t->dcim, wl);
    t->dseq = cmd[OSA_SEQ];
}

static void analog(struct hcima_array *t, const uint8_t *cmd)
{
    uint64_t wl = *bl_get64(t->awl);
    const uint64_t *levels = bl_get64(t->gbl);
    uint32_t nw = bl_bits_words(t->cols);

    if (t->aseq == cmd[OSA_SEQ])
        return;                              /* the charge of this slot is shared already */
    t->aseq = cmd[OSA_SEQ];
    account(t, &t->share, wl);
    uint16_t *v = bl_put16(t->v_sum);
    for (int64_t h = 0; h < t->hmu; h++) {
        int row = row_up(wl, h);
        if (row >= 0)
            v[h] = (uint16_t)bl_bits_dot(t->cell + (uint32_t)row * nw, levels, cmd[OSA_WIDTH], nw);
    }
}

/* HMUs of an operation that hold an output of the tile: of its second half those beyond the first. */
static uint64_t outputs_in_use(const struct hcima_array *t, const uint8_t *cmd, uint64_t outs)
{
    const uint64_t hmu = (uint64_t)t->hmu, before = cmd[OSA_FLAGS] & OSA_HALF ? hmu : 0;

    return !outs ? hmu : outs <= before ? 0 : outs - before < hmu ? outs - before : hmu;
}

/* A cell has two ports: it is at work while one of both is, and a conversion holds its own until the next command. */
static void say_use(struct hcima_array *t, const uint8_t *dcmd, const uint8_t *acmd, bool wrote)
{
    const uint16_t *used = bl_get16(t->used);
    const bool d = dcmd[OSA_FLAGS] & OSA_VALID, a = acmd[OSA_FLAGS] & OSA_VALID;
    const uint64_t said = 1 | (d ? 2 : 0) | (a ? 4 : 0) | (uint64_t)(dcmd[OSA_FLAGS] & OSA_HALF) << 8 | (uint64_t)(acmd[OSA_FLAGS] & OSA_HALF) << 16 | (uint64_t)used[0] << 32 | (uint64_t)used[1] << 48;

    if (said == t->said && !wrote)
        return;                              /* mostly: it runs several times a cycle */
    t->said = said;
    const uint64_t cols = used[1] ? used[1] : (uint64_t)t->cols, dh = d ? outputs_in_use(t, dcmd, used[0]) : 0, ah = a ? outputs_in_use(t, acmd, used[0]) : 0;

    if (d || a) {
        bl_slots(t, 0, BL_SLOTS_USE, dh > ah ? dh : ah, cols < (uint64_t)t->cols ? cols : (uint64_t)t->cols);
        return;
    }
    if (wrote)
        bl_slots(t, 0, BL_SLOTS_LOAD, 0, 0);     /* takes no time; what it waited for were weights */
    bl_slots(t, 0, BL_SLOTS_WAIT, 0, 0);
}

static void comb(void *self)
{
    struct hcima_array *t = self;
    const uint8_t *dcmd = bl_get8(t->dcmd), *acmd = bl_get8(t->acmd);
    const uint8_t before = t->wseq;

    write_row(t, bl_get64(t->wr));
    say_use(t, dcmd, acmd, t->wseq != before);
    if (dcmd[OSA_FLAGS] & OSA_VALID)
        digital(t, dcmd);
    if (acmd[OSA_FLAGS] & OSA_VALID)
        analog(t, acmd);
}

#define T struct hcima_array
static const struct bl_field fields[] = {
    BL_IN(T, wr, 2 + BL_BITS_WORDS, 64, "row, write number, the row's bits: a row is written when the number moves"),
    BL_IN_OPT(T, used, BL_USE_LANES, 16, "outputs and products of the tile at hand; 0: all"),
    BL_IN(T, dwl, 1, 64, "digital wordlines"),
    BL_IN(T, dcmd, OSA_LANES, 8, "digital command, for its validity and number"),
    BL_IN(T, gblb, 1, BL_BY(T, cols), "activation bits"),
    BL_IN(T, awl, 1, 64, "analog wordlines"),
    BL_IN(T, acmd, OSA_LANES, 8, "analog command, for its validity, number and width"),
    BL_IN(T, gbl, BL_OSA_WINDOW, BL_BY(T, cols), "activation levels, as bit planes"),
    BL_OUT(T, dout, BL_BY(T, hmu), BL_BY(T, cols), "weight bit AND activation bit, each column of each HMU"),
    BL_OUT_AS(T, v_sum, BL_BY(T, hmu), 16, "shared charge: the sum of weight bit x level over the columns", BL_ANALOG),
    BL_SLOTS(BL_BY(T, hmu), BL_BY(T, cols)),
    BL_PARAM(T, cols, 144, 33, BL_BITS_MOST, "columns"),
    BL_PARAM(T, hmu, 8, 1, 8, "hybrid MAC units of eight rows"),
    BL_PARAM(T, strict, BL_ROWS_STRICT, 0, 1, "1: reading a row that was never written stops the run; 0: it is counted"),
    BL_TALLY(T, dcim, "one digital cycle of one HMU: precharge, DWL, DIN, array"),
    BL_TALLY(T, share, "one analog conversion of one HMU: AWL, array, charge sharing"),
    BL_TALLY(T, row_write, "one row written"),
    BL_TROUBLE(T, unwritten, "a row read that was never written"),
    BL_VIEW(T, written, 1, 64, "rows written so far"),
    { 0 }
};
const struct bl_class hcima_array_class = { .name = "hcima_array", .help = "hybrid CIM array, split-port 6T SRAM",
    .size = sizeof(T), .comb = comb, .fields = fields };
