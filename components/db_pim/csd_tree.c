/* csd_tree.c - the sixteen adder trees of a DB-PIM macro (Duan et al., section V-C): each adds the products of its column's 16 compartments,
 * shifted and negated as the meta registers say: sum of (-1)^sign (2 O_Q + O_Qb) 4^index, within +-2048, 13 bits. Of a tile of
 * binary weights, as its header says: O_Q alone, shifted by column mod 8, the eighth negative; within +-2048 too. Latency 1. Meta registers are written a row a tick, beside the work. */
#include "components/db_pim/db_pim.h"
#include "components/tags.h"

enum { NO_INPUT = BL_STALL, OUT_FULL };
enum { SUM_BITS = 13, WEIGHT_BITS = 8 };

struct csd_tree {
    struct bl_part p;
    bl_pop x, x_tag, w;
    bl_push sum, sum_tag;
    bl_tally operand, meta, row, bit, sums;
    int64_t tag;
    uint64_t header[DB_SETS];
    int16_t weight[DB_SETS * DB_ROWS][DB_COMPARTMENTS][DB_COLUMNS];     /* of a row's Qb: (-1)^sign 4^index */
};

static int init(void *self)
{
    struct csd_tree *t = self;

    if (t->tag < DB_SLICE_LANES)
        return bl_refuse(t, "x_tag has %lld lanes; expected at least %d, a row's tag with shift and flags", (long long)t->tag, DB_SLICE_LANES);
    return 0;
}

/* ---- the meta registers ---- */

static void store(struct csd_tree *t)
{
    const uint64_t *item = bl_pop64(t->w), *sign = item + 1 + DB_PLANE_WORDS, r = item[0] % DB_SET, set = item[0] / DB_SET;

    if (set >= DB_SETS)
        return;
    if (r == DB_HEADER)
        t->header[set] = item[1];
    if (r >= DB_ROWS || db_binary(t->header[set]))
        return;
    int16_t (*row)[DB_COLUMNS] = t->weight[set * DB_ROWS + r];
    for (uint32_t d = 0; d < DB_COLUMNS; d++) {
        const uint32_t s = db_plane_column(sign, d), low = db_plane_column(sign + DB_PLANE_WORDS, d);
        const uint32_t high = db_plane_column(sign + (size_t)2 * DB_PLANE_WORDS, d);
        for (uint32_t c = 0; c < DB_COMPARTMENTS; c++) {
            const int v = 1 << 2 * ((low >> c & 1) + 2 * (high >> c & 1));
            row[c][d] = (int16_t)(s >> c & 1 ? -v : v);
        }
    }
    charge(&t->row, 1);
    charge(&t->bit, (uint64_t)3 * DB_COLUMNS * DB_COMPARTMENTS);
}

/* ---- sums ---- */

/* All sixteen at once, compartment by compartment; x: O_Q below, O_Qb above, of which one at most is 1. */
static void add_csd(const int16_t (*restrict weight)[DB_COLUMNS], const uint32_t *restrict x, int16_t *restrict sum)
{
    uint16_t q[DB_COLUMNS], in[DB_COLUMNS];

    for (uint32_t d = 0; d < DB_COLUMNS; d++) {
        q[d] = (uint16_t)x[d];
        in[d] = (uint16_t)(x[d] >> 16 | x[d]);
        sum[d] = 0;
    }
    for (uint32_t c = 0; c < DB_COMPARTMENTS; c++)
        for (uint32_t d = 0; d < DB_COLUMNS; d++)
            sum[d] = (int16_t)(sum[d] + (weight[c][d] & -(in[d] >> c & 1)) + (weight[c][d] & -(q[d] >> c & 1)));
}

/* Four columns at once: fields of 16 bits. */
static void add_binary(const uint32_t *restrict x, int16_t *restrict sum)
{
    for (uint32_t d = 0; d < DB_COLUMNS; d += 4) {
        uint64_t v = (x[d] & 0xffff) | (uint64_t)(x[d + 1] & 0xffff) << 16 | (uint64_t)(x[d + 2] & 0xffff) << 32 | (uint64_t)x[d + 3] << 48;
        v -= v >> 1 & UINT64_C(0x5555555555555555);
        v = (v & UINT64_C(0x3333333333333333)) + (v >> 2 & UINT64_C(0x3333333333333333));
        v = (v + (v >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
        v = (v + (v >> 8)) & UINT64_C(0x00ff00ff00ff00ff);
        for (uint32_t i = 0; i < 4; i++)
            sum[d + i] = (int16_t)((v >> 16 * i & 0xff) << (d + i) % WEIGHT_BITS);
    }
    for (uint32_t d = WEIGHT_BITS - 1; d < DB_COLUMNS; d += WEIGHT_BITS)
        sum[d] = (int16_t)-sum[d];
}

static void add(struct csd_tree *t)
{
    const uint32_t *x = bl_pop32(t->x);
    const uint8_t *tag = bl_pop8(t->x_tag);
    int16_t *sum = (int16_t *)bl_push16(t->sum);

    const uint32_t row = tag[DB_ROW_NUMBER] % (DB_SETS * DB_ROWS), units = DB_COLUMNS * DB_COMPARTMENTS;

    if (db_binary(t->header[row / DB_ROWS]))
        add_binary(x, sum);
    else
        add_csd((const int16_t (*)[DB_COLUMNS])t->weight[row], x, sum);
    for (uint32_t d = 0; d < DB_COLUMNS; d++)
        sum[d] &= (1 << SUM_BITS) - 1;
    memcpy(bl_push8(t->sum_tag), tag, (size_t)t->tag);
    charge(&t->sums, DB_COLUMNS);
    charge(&t->operand, db_binary(t->header[row / DB_ROWS]) ? units : 2 * units);
    charge(&t->meta, db_binary(t->header[row / DB_ROWS]) ? 0 : 3 * units);
}

static bl_verdict tick(void *self)
{
    struct csd_tree *t = self;
    const bool wrote = bl_avail(t->w);

    if (wrote)
        store(t);
    if (!bl_pair_avail(t->x, t->x_tag))
        return wrote ? BL_BUSY : BL_NAP(BL_AT(NO_INPUT, bl_pair_missing(t->x, 1)));
    if (!bl_pair_room(t->sum, t->sum_tag))
        return wrote ? BL_BUSY : BL_NAP(BL_AT(OUT_FULL, bl_pair_full(t->sum, 1)));
    add(t);
    return BL_BUSY;
}

#define T struct csd_tree
static const struct bl_field fields[] = {
    BL_POP(T, x, DB_COLUMNS, 32, "a lane a column: O_Q, and O_Qb from bit 16 on"), BL_POP(T, x_tag, BL_BY(T, tag), 8, "its row's tag, shift, flags"),
    BL_POP(T, w, DB_ITEM_LANES, 64, "number, then the words of a row, of which signs and indices are kept; header"),
    BL_PUSH(T, sum, DB_COLUMNS, SUM_BITS, "sums, two's complement"), BL_PUSH(T, sum_tag, BL_BY(T, tag), 8, "the tag"),
    BL_SIZE(T, tag, BL_TAG_MOST, "lanes of the tag"),
    BL_FEED(x), BL_FEED(x_tag), BL_FEED(w),
    BL_WAITS(NO_INPUT, x, x_tag, w), BL_WAITS(OUT_FULL, sum, sum_tag),
    BL_TALLY(T, sums, "a sum of a column"), BL_TALLY(T, operand, "a product that goes into a tree: O_Q, and O_Qb unless binary"),
    BL_TALLY(T, meta, "a bit of sign or index that is used"),
    BL_TALLY(T, row, "a row of meta written"), BL_TALLY(T, bit, "a bit of meta written"), { 0 }
};
const struct bl_class csd_tree_class = { .name = "csd_tree", .help = "adder trees with signs and places of dyadic blocks",
    .size = sizeof(T), .init = init, .tick = tick, .fields = fields };
