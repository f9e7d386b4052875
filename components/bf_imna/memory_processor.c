/* memory_processor.c - memory processor (MAP) of a cluster: words written and read row by row, columns read bit by bit, through one port
 * that serves reads first. */
#include "kernel/model.h"
#include "components/rows.h"

enum { NO_REQUEST = BL_STALL, OUT_FULL };
enum { WORD, COLUMN };                        /* lane 0 of rd */

struct map {
    struct bl_part p;
    bl_pop rd, wr;
    bl_push word, col;
    bl_tally read, write, unwritten;
    int64_t rows, bits, write_cycles, strict;
    uint64_t *cell;                           /* a word a row */
    uint64_t *written;                        /* validity, a bit a row */
    uint64_t busy_until;
    uint32_t queue;                           /* requests waiting */
};

static int init(void *self)
{
    struct map *t = self;

    t->cell = bl_alloc(t, (size_t)t->rows * sizeof *t->cell);
    t->written = bl_alloc(t, bl_rows_bytes((uint64_t)t->rows));
    return 0;
}

static bool beyond(struct map *t, const char *what, uint64_t at, int64_t n)
{
    if (at < (uint64_t)n)
        return false;
    bl_fail(t, "%s %llu is asked for; expected 0 .. %lld", what, (unsigned long long)at, (long long)n - 1);
    return true;
}

/* A word, or the bits of one column of all rows. */
static void serve_read(struct map *t, const uint32_t *rd)
{
    if (rd[0] == WORD) {
        const uint32_t row = beyond(t, "row", rd[1], t->rows) ? 0 : rd[1];
        bl_rows_read(t, t->written, row, t->strict, &t->unwritten, "row");
        *bl_push64(t->word) = t->cell[row];
    } else {
        uint64_t *col = bl_push64(t->col);
        const uint32_t at = beyond(t, "column", rd[1], t->bits) ? 0 : rd[1];
        memset(col, 0, ((size_t)t->rows + 63) / 64 * sizeof *col);
        for (uint32_t r = 0; r < (uint32_t)t->rows; r++)
            col[r / 64] |= (t->cell[r] >> at & 1) << (r & 63);
    }
    charge(&t->read, 1);
}

static bl_verdict tick(void *self)
{
    struct map *t = self;
    uint64_t now = bl_cycle(t);

    t->queue = bl_avail(t->rd) + bl_avail(t->wr);
    if (now < t->busy_until)
        return BL_BUSY;
    if (bl_avail(t->rd)) {
        bool word = bl_peek32(t->rd)[0] == WORD;
        if (!(word ? bl_room(t->word) : bl_room(t->col)))
            return BL_NAP(BL_AT(OUT_FULL, word ? 0 : 1));
        serve_read(t, bl_pop32(t->rd));
        t->busy_until = now + 1;
        return BL_BUSY;
    }
    if (!bl_avail(t->wr))
        return BL_NAP(NO_REQUEST);
    const uint64_t *wr = bl_pop64(t->wr);
    if (beyond(t, "row", wr[0], t->rows))
        return BL_BUSY;
    t->cell[wr[0]] = t->bits < 64 ? wr[1] & ((UINT64_C(1) << t->bits) - 1) : wr[1];
    bl_rows_write(t->written, wr[0]);
    charge(&t->write, 1);
    t->busy_until = now + (uint64_t)t->write_cycles;
    return BL_BUSY;
}

#define T struct map
static const struct bl_field fields[] = {
    BL_POP_OPT(T, rd, 2, 32, "reads: 0 and a row, or 1 and a column"), BL_POP_OPT(T, wr, 2, 64, "writes: row, word"),
    BL_PUSH_OPT(T, word, 1, 64, "words read"), BL_PUSH_OPT(T, col, 1, BL_BY(T, rows), "columns read"),
    BL_PARAM(T, rows, 4800, 33, 1 << 20, "rows: words"), BL_PARAM(T, bits, 16, 1, 64, "columns: bits of a word"),
    BL_PARAM(T, write_cycles, 2, 1, 16, "cycles of a write"),
    BL_PARAM(T, strict, BL_ROWS_STRICT, 0, 1, "1: reading a row that was never written stops the run; 0: it is counted"),
    BL_FEED(rd), BL_FEED(wr), BL_WAITS(NO_REQUEST, rd, wr), BL_WAITS(OUT_FULL, word, col),
    BL_TALLY(T, read, "a word or column read"), BL_TALLY(T, write, "a word written"), BL_TROUBLE(T, unwritten, "a word read that was never written"),
    BL_VIEW(T, queue, 1, 32, "requests waiting"),
    BL_MEM(T, cell, "words"), BL_MEM(T, written, "rows written so far"),
    { 0 }
};
const struct bl_class memory_processor_class = { .name = "map", .help = "memory processor of a BF-IMNA cluster", .size = sizeof(T), .init = init,
    .tick = tick, .fields = fields };
