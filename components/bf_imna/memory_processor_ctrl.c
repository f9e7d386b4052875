/* memory_processor_ctrl.c - what a cluster asks of its memory processor: words written first, then columns read for the processors, and
 * their results written where each processor has its rows. */
#include "kernel/model.h"

enum { NO_RESULT = BL_STALL, MEMORY_FULL };
enum { COLUMN = 1 };                         /* lane 0 of a read, as in map.c */
enum { SOURCES = 64 };

struct map_ctrl {
    struct bl_part p;
    bl_pop result, from;
    bl_push rd, wr;
    bl_table words;
    bl_tally stored;
    int64_t rows, fill, result_bits, result_at, share, stop;
    struct bl_list columns;
    uint32_t filled, asked, results;
    uint32_t depth;                          /* of the channel of writes */
    uint32_t of[SOURCES];                    /* results of each processor so far */
};

/* Word number filled: of the table, or random. */
static uint64_t next_word(struct map_ctrl *t) { return t->filled < t->words.n ? BL_ROWS(uint64_t, t->words)[t->filled] : bl_random(t); }

static void write_word(struct map_ctrl *t, uint64_t row, uint64_t v)
{
    uint64_t *wr = bl_push64(t->wr);

    wr[0] = row;
    wr[1] = v;
}

static void store_result(struct map_ctrl *t)
{
    uint32_t from = *bl_pop32(t->from);
    uint64_t v = *bl_pop64(t->result) >> t->result_at, row = from * (uint64_t)t->share;

    if (from >= SOURCES || t->of[from] == (uint64_t)t->share || row + t->of[from] >= (uint64_t)t->rows) {
        bl_fail(t, "processor %u has more results than rows for them: %lld, of %lld in all; expected a larger share, or fewer results", from,
                (long long)t->share, (long long)t->rows);
        return;
    }
    write_word(t, row + t->of[from]++, v);
    t->results++;
    charge(&t->stored, 1);
}

/* Columns are asked for when all words have been written: the memory serves reads first. */
static bl_verdict tick(void *self)
{
    struct map_ctrl *t = self;

    if (!t->depth)
        t->depth = bl_room(t->wr);
    if (t->filled < t->fill) {
        if (!bl_room(t->wr))
            return BL_NAP(MEMORY_FULL);
        write_word(t, t->filled, next_word(t));
        t->filled++;
        return BL_BUSY;
    }
    if (t->asked < t->columns.n) {
        if (bl_room(t->wr) < t->depth || !bl_room(t->rd))
            return BL_NAP(BL_AT(MEMORY_FULL, bl_room(t->wr) < t->depth ? 0 : 1));
        uint32_t *rd = bl_push32(t->rd);
        rd[0] = COLUMN;
        rd[1] = (uint32_t)t->columns.v[t->asked++];
        return BL_BUSY;
    }
    if (t->stop && t->results == (uint64_t)t->stop && bl_room(t->wr) == t->depth)
        bl_stop(t);
    if (!bl_avail(t->result) || !bl_avail(t->from))
        return BL_NAP(BL_AT(NO_RESULT, !bl_avail(t->result) ? 0 : 1));
    if (!bl_room(t->wr))
        return BL_NAP(MEMORY_FULL);
    store_result(t);
    return BL_BUSY;
}

#define T struct map_ctrl
static const struct bl_field fields[] = {
    BL_POP(T, result, 1, BL_BY(T, result_bits), "results of the processors"), BL_POP(T, from, 1, 32, "the processor that each is of"),
    BL_PUSH(T, rd, 2, 32, "reads: 1 and a column"), BL_WORDS_OF(rd, 0, "word column"), BL_PUSH(T, wr, 2, 64, "writes: row, word"),
    BL_PARAM(T, rows, 4800, 33, 1 << 20, "rows of the memory"),
    BL_PARAM(T, fill, 4800, 0, 1 << 20, "words written first: those of `words`, then random ones"),
    BL_DATA(T, words, uint64_t, "words written first"),
    BL_PARAM(T, result_bits, 64, 33, 64, "bits of a result: columns of a processor"),
    BL_PARAM(T, result_at, 0, 0, 63, "bit of it where the word for the memory begins"),
    BL_PARAM(T, share, 75, 1, 1 << 20, "rows for the results of a processor: number p writes from row p * share on"),
    BL_PARAM(T, stop, 0, 0, 1e9, "the run stops when so many results are in the memory (0: never)"),
    BL_LIST(T, columns, "[]", 0, 63, "columns read for the processors, in this order"),
    BL_FEED(result), BL_FEED(from), BL_WAITS(NO_RESULT, result, from), BL_WAITS(MEMORY_FULL, wr, rd),
    BL_TALLY(T, stored, "a result stored"),
    BL_VIEW(T, filled, 1, 32, "words written first"), BL_VIEW(T, asked, 1, 32, "columns asked for"), BL_VIEW(T, results, 1, 32, "results"),
    { 0 }
};
const struct bl_class memory_processor_ctrl_class = { .name = "map_ctrl", .help = "control of a cluster's memory processor", .size = sizeof(T),
    .tick = tick, .fields = fields };
