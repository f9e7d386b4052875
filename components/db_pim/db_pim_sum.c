/* db_pim_sum.c - the output registers of a DB-PIM core: takes the sums of its four macros in turn (position 0, 1, .. of a pass), adds the
 * columns of each filter as the tile's header says, and gives the partial sums of a position as one item. Each macro's registers are double:
 * its link, of depth 2. Latency 1. */
#include "components/db_pim/db_pim.h"
#include "components/lanes.h"
#include "components/tags.h"

enum { NO_INPUT = BL_STALL, OUT_FULL };

struct db_pim_sum {
    struct bl_part p;
    bl_pops x, x_tag;
    bl_pop w;
    bl_push y, y_tag;
    bl_tally add, psum, spare;
    int64_t width, tag;
    uint64_t header[DB_SETS];
    uint32_t turn;                      /* position whose sums come next */
};

static int init(void *self)
{
    struct db_pim_sum *t = self;

    if (t->tag < DB_SLICE_LANES)
        return bl_refuse(t, "x_tag has %lld lanes; expected at least %d, a row's tag with shift and flags", (long long)t->tag, DB_SLICE_LANES);
    return 0;
}

static void store(struct db_pim_sum *t)
{
    const uint64_t *item = bl_pop64(t->w), set = item[0] / DB_SET;

    if (item[0] % DB_SET != DB_HEADER || set >= DB_SETS)
        return;
    if (db_starts(item[1]) & ~db_used(item[1])) {
        bl_fail(t, "header %llx of set %llu: a filter begins in a column that is not used", (unsigned long long)item[1], (unsigned long long)set);
        return;
    }
    t->header[set] = item[1];
}

/* Lane f: the sum of filter f; lanes behind the last one are 0. */
static void add(struct db_pim_sum *t, const void *x, uint64_t header, uint32_t *y)
{
    const uint32_t starts = db_starts(header), used = db_used(header);
    uint32_t n = 0;

    memset(y, 0, DB_COLUMNS * sizeof *y);
    for (uint32_t d = 0; d < DB_COLUMNS; d++) {
        if (!(used >> d & 1))
            continue;
        n += starts >> d & 1;
        if (n)
            y[n - 1] += (uint32_t)bl_lane_get(x, (uint32_t)t->width, true, d);
    }
    charge(&t->add, (uint64_t)(int)db_ones(used));
    charge(&t->psum, n);
    charge(&t->spare, (uint64_t)(DB_COLUMNS - (int)db_ones(used)));
}

static void give(struct db_pim_sum *t)
{
    const uint32_t m = t->turn;
    const void *x = bl_pop_item(t->x.at[m]);
    const uint8_t *tag = bl_pop8(t->x_tag.at[m]);
    uint8_t *to = bl_push8(t->y_tag);

    add(t, x, t->header[tag[DB_ROW_NUMBER] / DB_ROWS % DB_SETS], bl_push32(t->y));
    to[0] = (uint8_t)(int)db_ones(db_starts(t->header[tag[DB_ROW_NUMBER] / DB_ROWS % DB_SETS]));
    t->turn = m + 1 < tag[DB_ROW_VALID] ? m + 1 : 0;
}

static bl_verdict tick(void *self)
{
    struct db_pim_sum *t = self;
    const uint32_t m = t->turn;
    const bool wrote = bl_avail(t->w);

    if (wrote)
        store(t);
    if (!bl_pair_avail(t->x.at[m], t->x_tag.at[m]))
        return wrote ? BL_BUSY : BL_NAP(BL_AT(NO_INPUT, m + bl_pair_missing(t->x.at[m], DB_MACROS)));
    if (!bl_pair_room(t->y, t->y_tag))
        return wrote ? BL_BUSY : BL_NAP(BL_AT(OUT_FULL, bl_pair_full(t->y, 1)));
    give(t);
    return BL_BUSY;
}

#define T struct db_pim_sum
static const struct bl_field fields[] = {
    BL_POPS(T, x, DB_MACROS, DB_COLUMNS, BL_BY(T, width), "sums of a pass, a lane a column"),
    BL_POPS(T, x_tag, DB_MACROS, BL_BY(T, tag), 8, "tag of its last row: how many positions the pass has"),
    BL_POP(T, w, DB_ITEM_LANES, 64, "number, then words of a tile, of which the header is kept"),
    BL_PUSH(T, y, DB_COLUMNS, 32, "partial sums of a position, a lane a filter"), BL_PUSH(T, y_tag, 1, 8, "how many filters there are"),
    BL_SIZE(T, width, 32, "bits of a column's sum"), BL_SIZE(T, tag, BL_TAG_MOST, "lanes of x_tag"),
    BL_FEED(x), BL_FEED(x_tag), BL_FEED(w),
    BL_WAITS(NO_INPUT, x, x_tag, w), BL_WAITS(OUT_FULL, y, y_tag),
    BL_TALLY(T, add, "a column added to its filter"), BL_TALLY(T, psum, "a partial sum given"),
    BL_TALLY(T, spare, "a column that no filter uses, a position"),
    BL_VIEW(T, turn, 1, 2, "position whose sums come next"), { 0 }
};
const struct bl_class db_pim_sum_class = { .name = "db_pim_sum", .help = "columns of a filter added, positions in turn",
    .size = sizeof(T), .init = init, .tick = tick, .fields = fields };
