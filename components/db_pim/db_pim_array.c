/* db_pim_array.c - the SRAM array of a DB-PIM macro: 16 compartments x 16 columns of dyadic block multiply units, each with 16 cells of
 * which a row is at work at a time (Duan et al., section V-C, Fig. 8). A unit ANDs its input bit with both nodes of its cell: O_Q = in & Q,
 * O_Qb = in & Qb. So of a zero pattern nothing is stored, and a complementary one takes one cell. Latency 1; a row of cells is written in
 * write_cycles ticks, before an operation, which then waits unless it is for the other set. double_load: cells for two tiles (sets), of which
 * one is written while the other works. */
#include "components/db_pim/db_pim.h"
#include "components/rows.h"
#include "components/tags.h"

enum { NO_INPUT = BL_STALL, OUT_FULL, WRITING };

struct db_pim_array {
    struct bl_part p;
    bl_pop x, x_tag, w;
    bl_push y, y_tag;
    bl_tally access, product, row, bit, held, unwritten;
    int64_t double_load, write_cycles, strict, tag;
    uint16_t cell[DB_SETS * DB_ROWS][DB_COLUMNS];       /* bit t: Q of compartment t */
    uint64_t valid[1];                                  /* rows that were written */
    uint16_t used[DB_SETS], kept[DB_SETS];              /* of a tile: columns of filters; positions, a compartment each, row after row */
    uint32_t writing, set;                              /* ticks that the row under way still takes; its set */
};

static int init(void *self)
{
    struct db_pim_array *t = self;

    if (t->tag < DB_SLICE_LANES)
        return bl_refuse(t, "x_tag has %lld lanes; expected at least %d, a row's tag with shift and flags", (long long)t->tag, DB_SLICE_LANES);
    return 0;
}

/* ---- writing ---- */

static void note_use(struct db_pim_array *t, const uint64_t *item, uint64_t set, uint64_t r)
{
    uint32_t kept = r > DB_MASK ? t->kept[set] : 0;

    if (r == DB_HEADER)
        t->used[set] = (uint16_t)db_ones(db_used(item[1]));
    for (uint32_t i = 1; r >= DB_MASK && i < DB_ITEM_LANES; i++)
        kept += (uint32_t)__builtin_popcountll(item[i]);
    if (r >= DB_MASK)
        t->kept[set] = (uint16_t)kept;
}

static void store(struct db_pim_array *t)
{
    const uint64_t *item = bl_pop64(t->w), set = item[0] / DB_SET, r = item[0] % DB_SET;

    if (set > (uint64_t)t->double_load) {
        bl_fail(t, "a row for set %llu; double_load is %lld", (unsigned long long)set, (long long)t->double_load);
        return;
    }
    if (r >= DB_ROWS) {                 /* header and mask are for others, and say how much is in use */
        note_use(t, item, set, r);
        return;
    }
    const uint64_t row = set * DB_ROWS + r;
    for (uint32_t d = 0; d < DB_COLUMNS; d++)
        t->cell[row][d] = (uint16_t)db_plane_column(item + 1, d);
    bl_rows_write(t->valid, row);
    t->writing = (uint32_t)t->write_cycles;
    t->set = (uint32_t)set;
    charge(&t->row, 1);
    charge(&t->bit, DB_COLUMNS * DB_COMPARTMENTS);
}

/* The row under way, or the next one. *taken: something of a tile was at hand. Returns whether cells are being written in this tick. */
static bool write_rows(struct db_pim_array *t, bool *taken)
{
    *taken = t->writing || bl_avail(t->w);
    if (!t->writing && *taken)
        store(t);
    if (!t->writing)
        return false;
    t->writing--;
    return true;
}

/* ---- an operation ---- */

/* What of it is in use: of the last row of a tile not every compartment. Without a header, or a mask, all is. */
static void say_use(struct db_pim_array *t, uint32_t row)
{
    const uint32_t set = row / DB_ROWS, before = row % DB_ROWS * DB_COMPARTMENTS, kept = t->kept[set];
    const uint32_t rows = kept <= before || kept - before > DB_COMPARTMENTS ? DB_COMPARTMENTS : kept - before;

    bl_slots(t, 0, BL_SLOTS_USE, rows, t->used[set] ? t->used[set] : DB_COLUMNS);
}

/* Lane d: O_Q of the compartments in bits 0 .. 15, O_Qb above. */
static void multiply(const uint16_t *restrict cell, uint32_t in, uint32_t *restrict y)
{
    for (uint32_t d = 0; d < DB_COLUMNS; d++) {
        const uint32_t q = cell[d] & in;
        y[d] = q | (q ^ in) << 16;
    }
}

static void operate(struct db_pim_array *t)
{
    const uint32_t in = *bl_pop16(t->x);
    const uint8_t *tag = bl_pop8(t->x_tag);
    const uint32_t row = tag[DB_ROW_NUMBER] % (DB_SETS * DB_ROWS);

    if (in)
        bl_rows_read(t, t->valid, row, t->strict, &t->unwritten, "row");
    multiply(t->cell[row], in, bl_push32(t->y));
    memcpy(bl_push8(t->y_tag), tag, (size_t)t->tag);
    say_use(t, row);
    charge(&t->access, 1);
    charge(&t->product, (uint64_t)db_ones(in) * DB_COLUMNS);
}

/* No operation in this tick. */
static bl_verdict no_operation(struct db_pim_array *t, enum bl_slots_at at, bl_verdict v)
{
    bl_slots(t, 0, at, 0, 0);
    return v;
}

static bl_verdict tick(void *self)
{
    struct db_pim_array *t = self;
    bool wrote;
    const bool writes = write_rows(t, &wrote);

    if (!bl_pair_avail(t->x, t->x_tag))
        return wrote ? no_operation(t, BL_SLOTS_LOAD, BL_BUSY) : no_operation(t, BL_SLOTS_WAIT, BL_NAP(BL_AT(NO_INPUT, bl_pair_missing(t->x, 1))));
    if (writes && (!t->double_load || bl_peek8(t->x_tag)[DB_ROW_NUMBER] / DB_ROWS == t->set)) {
        charge(&t->held, 1);
        return no_operation(t, BL_SLOTS_LOAD, WRITING);
    }
    if (!bl_pair_room(t->y, t->y_tag))
        return wrote ? no_operation(t, BL_SLOTS_LOAD, BL_BUSY) : no_operation(t, BL_SLOTS_BLOCKED, BL_NAP(BL_AT(OUT_FULL, bl_pair_full(t->y, 1))));
    operate(t);
    return BL_BUSY;
}

#define T struct db_pim_array
static const struct bl_field fields[] = {
    BL_POP(T, x, 1, DB_COMPARTMENTS, "a bit column: a bit a compartment"), BL_POP(T, x_tag, BL_BY(T, tag), 8, "its row's tag, shift, flags"),
    BL_POP(T, w, DB_ITEM_LANES, 64, "number, then the words of a row, of which cells are kept"),
    BL_PUSH(T, y, DB_COLUMNS, 32, "a lane a column: O_Q of its compartments, O_Qb from bit 16 on"),
    BL_PUSH(T, y_tag, BL_BY(T, tag), 8, "the tag"),
    BL_PARAM(T, double_load, 0, 0, 1, "cells for two tiles: one is written while the other works"),
    BL_PARAM(T, write_cycles, 1, 1, 64, "ticks that a row takes to be written"),
    BL_PARAM(T, strict, BL_ROWS_STRICT, 0, 1, "reading a row never written ends the run"),
    BL_SIZE(T, tag, BL_TAG_MOST, "lanes of the tag"),
    BL_FEED(x), BL_FEED(x_tag), BL_FEED(w), BL_SLOTS(DB_COMPARTMENTS, DB_COLUMNS),
    BL_WAITS(NO_INPUT, x, x_tag, w), BL_WAITS(OUT_FULL, y, y_tag), BL_CAUSE(WRITING, "a row is being written"),
    BL_TALLY(T, access, "a bit column with a row"), BL_TALLY(T, product, "a unit whose input is 1: both products"),
    BL_TALLY(T, row, "a row written"), BL_TALLY(T, bit, "a bit written"), BL_TROUBLE(T, held, "an operation that waits for a row to be written"),
    BL_TROUBLE(T, unwritten, "a 1 meets a row never written"),
    BL_VIEW(T, writing, 1, 8, "ticks that the row under way still takes"), BL_VIEW(T, set, 1, 1, "its set"), { 0 }
};
const struct bl_class db_pim_array_class = { .name = "db_pim_array", .help = "array of dyadic block multiply units",
    .size = sizeof(T), .init = init, .tick = tick, .fields = fields };
