/* db_pim_san.c - the sparse allocation network of DB-PIM (Duan et al., section V-B, Figs. 6 and 7): a switch a core. A window of 16
 * activations goes to all switches at once; each takes those that its core's mask keeps, leading one first, and packs them into a fill register
 * of 16 bytes for each of the four macros (output positions). A full register is a row and goes on to its macro.
 *
 * feed_rows 4: a window item has the bytes of all four positions, 512 bits; 1: of one, 128 bits, the positions in turn (lane DB_WIN_M of the
 * tag). Windows come with the position inside, window 0 of the mask first; the final one of a pass is flagged and the next one is window 0.
 *
 * In a tick: what an earlier tick left over of a pass (fewer than 16 bytes behind its last full row) is pushed where there is room; then the
 * window at the head is taken if for every core its positions complete no row, or the row has room. A row is complete with 16 bytes, or with
 * the final window. A window without a kept byte takes its tick as well. Else it waits: a feed stall. Latency 1.
 *
 * row_cycles (a calibration, platforms/db_pim/README.md): every pass has 16 rows, those behind the kept ones of zeros, and a macro gets one in
 * so many ticks at most. */
#include "components/bits.h"
#include "components/db_pim/db_pim.h"
#include "components/tags.h"

enum { NO_INPUT = BL_STALL, STALL_FEED, STALL_REST };
enum { CORES = BL_DB_CORES, MASK_WORDS = DB_MASK_BITS / 64, WINDOWS = DB_MASK_BITS / DB_WINDOW };

/* One macro's side of a switch: the fill register; rows of the pass so far. rest: rows still to be pushed of a pass that has ended, the first
 * of them `number` with what is in the register, further ones empty. */
struct fill { uint8_t byte[DB_WINDOW]; uint8_t n, rows, rest, number, valid; };

struct db_pim_san {
    struct bl_part p;
    bl_pop x, x_tag;
    bl_pops mask;
    bl_pushes row, row_tag;
    bl_tally window, kept, rows, slot, mask_bit;
    int64_t cores, macros, feed_rows, row_cycles, lanes;
    struct fill fill[CORES * DB_MACROS];
    uint64_t bits[CORES][DB_SETS][MASK_WORDS];
    uint8_t need[CORES][DB_SETS];       /* rows of a pass */
    uint16_t at;                        /* window of the pass */
    uint64_t next[CORES * DB_MACROS];   /* row_cycles: tick from which on a macro may have a row */
};

/* The window at the head: of set, in positions first .. end - 1 of `valid`. */
struct window { uint32_t set, valid, first, end; bool final; };

static int shape(void *self)
{
    struct db_pim_san *t = self;

    t->lanes = t->feed_rows * DB_WINDOW;
    return t->feed_rows == 1 || t->feed_rows == DB_MACROS ? 0 :
        bl_refuse(t, "feed_rows is %lld; expected 1 (128 bits a tick) or 4 (512 bits a tick)", (long long)t->feed_rows);
}

static int init(void *self)
{
    struct db_pim_san *t = self;

    return t->macros == t->cores * DB_MACROS ? 0 :
        bl_refuse(t, "macros is %lld and cores %lld; expected macros %lld, four a core", (long long)t->macros, (long long)t->cores,
                  (long long)t->cores * DB_MACROS);
}

/* ---- masks ---- */

/* Ones of a core's mask, all windows. */
static uint32_t kept_of(const struct db_pim_san *t, uint32_t core, uint32_t set)
{
    uint32_t n = 0;

    for (uint32_t w = 0; w < MASK_WORDS; w++)
        n += (uint32_t)__builtin_popcountll(t->bits[core][set][w]);
    return n;
}

/* A word of a tile; header and cells are for others. The first part of a mask clears what was there. */
static void store(struct db_pim_san *t, uint32_t core)
{
    const uint64_t *item = bl_pop64(t->mask.at[core]), set = item[0] / DB_SET, r = item[0] % DB_SET;

    if (r < DB_MASK)
        return;
    if (set >= DB_SETS || r >= DB_MASK + DB_MASK_PARTS) {
        bl_fail(t, "mask part %llu of set %llu of core %u; a mask has %d bits, so expected parts below %u", (unsigned long long)(r - DB_MASK),
                (unsigned long long)set, core, DB_MASK_BITS, DB_MASK_PARTS);
        return;
    }
    uint64_t *bits = t->bits[core][set];
    if (r == DB_MASK)
        memset(bits, 0, sizeof t->bits[core][set]);
    memcpy(bits + (r - DB_MASK) * DB_ROW_WORDS, item + 1, DB_ROW_WORDS * sizeof *bits);
    charge(&t->mask_bit, (uint64_t)DB_ROW_WORDS * 64);
    const uint32_t kept = kept_of(t, core, (uint32_t)set), most = DB_ROWS * DB_COMPARTMENTS;
    if (kept > most)
        bl_fail(t, "the mask of core %u keeps %u positions; its array holds %u, so cut the K tile", core, kept, most);
    t->need[core][set] = (uint8_t)((kept + DB_COMPARTMENTS - 1) / DB_COMPARTMENTS);
}

static bool take_masks(struct db_pim_san *t)
{
    bool any = false;

    for (uint32_t c = 0; c < t->cores; c++)
        if (bl_avail(t->mask.at[c])) {
            store(t, c);
            any = true;
        }
    return any;
}

/* ---- rows ---- */

static bool has_room(const struct db_pim_san *t, uint32_t port)
{
    return bl_pair_room(t->row.at[port], t->row_tag.at[port]) && (!t->row_cycles || bl_cycle(t) >= t->next[port]);
}

/* Rows of a pass. */
static uint32_t rows_of(const struct db_pim_san *t, uint32_t core, uint32_t set)
{
    return t->need[core][set] && t->row_cycles ? DB_ROWS : t->need[core][set];
}

/* The fill register of a macro, zeros behind its n bytes, is a row. */
static void push_row(struct db_pim_san *t, uint32_t port, uint32_t number, bool last, uint32_t valid)
{
    struct fill *f = &t->fill[port];
    uint8_t *row = bl_push8(t->row.at[port]), *tag = bl_push8(t->row_tag.at[port]);

    memcpy(row, f->byte, f->n);
    memset(row + f->n, 0, (size_t)(DB_WINDOW - f->n));
    tag[DB_ROW_LAST] = last;
    tag[DB_ROW_NUMBER] = (uint8_t)number;
    tag[DB_ROW_VALID] = (uint8_t)valid;
    charge(&t->rows, 1);
    charge(&t->slot, f->n);
    f->n = 0;
    t->next[port] = t->row_cycles ? bl_cycle(t) + (uint64_t)t->row_cycles : 0;
}

/* What is left over of a pass goes on where there is room; the ports that have had a row so, a bit each. */
static uint32_t push_rests(struct db_pim_san *t)
{
    uint32_t used = 0;

    for (uint32_t port = 0; port < t->macros; port++) {
        struct fill *f = &t->fill[port];
        if (!f->rest || !has_room(t, port))
            continue;
        push_row(t, port, f->number++, f->rest == 1, f->valid);
        f->rest--;
        used |= UINT32_C(1) << port;
    }
    return used;
}

static bl_verdict resting(const struct db_pim_san *t)
{
    for (uint32_t port = 0; port < t->macros; port++)
        if (t->fill[port].rest)
            return BL_AT(STALL_REST, port);
    return BL_AT(NO_INPUT, bl_pair_missing(t->x, 1));
}

/* ---- a window ---- */

static uint32_t mask_of(const struct db_pim_san *t, uint32_t core, uint32_t set)
{
    return t->bits[core][set][t->at / 4] >> 16 * (t->at % 4) & 0xffff;
}

/* false: it is damaged, and the run ends. */
static bool head(struct db_pim_san *t, struct window *w)
{
    const uint8_t *tag = bl_peek8(t->x_tag);

    *w = (struct window){ tag[DB_WIN_SET], tag[DB_WIN_VALID], 0, tag[DB_WIN_VALID], tag[DB_WIN_FINAL] & 1 };
    if (t->feed_rows == 1) {
        w->first = tag[DB_WIN_M];
        w->end = w->first + 1;
    }
    if (t->at < WINDOWS && w->set < DB_SETS && w->valid && w->valid <= DB_MACROS && w->end <= w->valid)
        return true;
    bl_fail(t, "window %u, set %u, position %u of %u; expected windows below %d, sets below %d, positions below at most %d", t->at, w->set, w->first,
            w->valid, WINDOWS, DB_SETS, DB_MACROS);
    return false;
}

/* Whether all cores can take it; *at: the first port that cannot. used: ports that have had a row in this tick. */
static bool fits(const struct db_pim_san *t, const struct window *w, uint32_t used, uint32_t *at)
{
    for (uint32_t c = 0; c < t->cores; c++) {
        const uint32_t kept = db_ones(mask_of(t, c, w->set));
        for (uint32_t m = w->first; m < w->end; m++) {
            const uint32_t port = *at = c * DB_MACROS + m, n = t->fill[port].n + kept;
            if (t->fill[port].rest || used >> port & 1)
                return false;
            if ((n >= DB_WINDOW || (w->final && n)) && !has_room(t, port))
                return false;
        }
    }
    return true;
}

/* The bytes of a position that the mask keeps, leading one first, into the fill register of its macro; full, it is a row. Returns whether it was. */
static bool pack(struct db_pim_san *t, const struct window *w, uint32_t core, uint32_t m, const uint8_t *bytes)
{
    const uint32_t port = core * DB_MACROS + m, rows = rows_of(t, core, w->set);
    struct fill *f = &t->fill[port];
    bool full = false;

    for (uint32_t mask = mask_of(t, core, w->set); mask; mask &= mask - 1) {
        f->byte[f->n++] = bytes[__builtin_ctz(mask)];
        if (f->n < DB_WINDOW)
            continue;
        push_row(t, port, w->set * DB_ROWS + f->rows, f->rows + 1u == rows, w->valid);
        f->rows++;
        full = true;
    }
    return full;
}

/* The pass ends for a macro: what is in its fill register is a row, now or, behind a full one, in a later tick. */
static void close_pass(struct db_pim_san *t, const struct window *w, uint32_t core, uint32_t m, bool full)
{
    const uint32_t port = core * DB_MACROS + m;
    struct fill *f = &t->fill[port];
    const uint32_t rows = f->rows + (f->n != 0), need = t->need[core][w->set];

    if (rows != need)
        bl_fail(t, "the final window of a pass is number %u, and core %u has %u rows of %u: its mask keeps positions behind it", t->at, core, rows, need);
    f->number = (uint8_t)(w->set * DB_ROWS + f->rows);
    f->valid = (uint8_t)w->valid;
    f->rest = (uint8_t)(rows_of(t, core, w->set) - f->rows);
    if (f->n && !full) {
        push_row(t, port, f->number, f->rest == 1, w->valid);
        f->number++;
        f->rest--;
    }
    f->rows = 0;
}

static void take(struct db_pim_san *t, const struct window *w)
{
    const uint8_t *x = bl_pop8(t->x);

    bl_pop8(t->x_tag);
    for (uint32_t c = 0; c < t->cores; c++) {
        for (uint32_t m = w->first; m < w->end; m++) {
            const bool full = pack(t, w, c, m, x + (size_t)(m - w->first) * DB_WINDOW);
            if (w->final)
                close_pass(t, w, c, m, full);
        }
        charge(&t->kept, (uint64_t)db_ones(mask_of(t, c, w->set)) * (w->end - w->first));
    }
    charge(&t->window, w->end - w->first);
    if (w->end == w->valid)
        t->at = w->final ? 0 : (uint16_t)(t->at + 1);
}

/* The window at the head, if there is one. */
static bl_verdict feed(struct db_pim_san *t, uint32_t used)
{
    struct window w;
    uint32_t at;

    if (!bl_pair_avail(t->x, t->x_tag))
        return resting(t);
    if (!head(t, &w))
        return BL_BUSY;
    if (!fits(t, &w, used, &at))
        return BL_AT(STALL_FEED, at);
    take(t, &w);
    return BL_BUSY;
}

static bl_verdict tick(void *self)
{
    struct db_pim_san *t = self;
    const bool masks = take_masks(t);
    const uint32_t used = push_rests(t);
    const bl_verdict v = feed(t, used);

    if (v == BL_BUSY || masks || used)
        return BL_BUSY;
    return t->row_cycles && v != BL_AT(NO_INPUT, 0) && v != BL_AT(NO_INPUT, 1) ? v : BL_NAP(v);     /* time alone gives room */
}

#define T struct db_pim_san
static const struct bl_field fields[] = {
    BL_POP(T, x, BL_BY(T, lanes), 8, "windows: 16 activations, of one or of four positions"),
    BL_POP(T, x_tag, DB_WIN_LANES, 8, "bit 0: the final one of a pass; set; positions that there are; position"),
    BL_POPS(T, mask, BL_BY(T, cores), DB_ITEM_LANES, 64, "number, then words of a tile, of which masks are kept"),
    BL_PUSHES(T, row, BL_BY(T, macros), DB_WINDOW, 8, "rows of kept activations: four macros a core"),
    BL_PUSHES(T, row_tag, BL_BY(T, macros), DB_ROW_LANES, 8, "bit 0: the last one of a pass; row of the array; positions that there are"),
    BL_PARAM(T, cores, CORES, 1, CORES, "switches"), BL_PARAM(T, macros, CORES * DB_MACROS, 1, CORES * DB_MACROS, "elements of row: four a core"),
    BL_PARAM(T, feed_rows, 1, 1, DB_MACROS, "positions of a window item: 1 or 4, of 128 bits each"),
    BL_PARAM(T, row_cycles, 0, 0, 1000, "a calibration: 16 rows a pass, a macro's in at least so many ticks; 0: rows as they come"),
    BL_COMPUTED(T, lanes, "16 x feed_rows"),
    BL_FEED(x), BL_FEED(x_tag),
    BL_WAITS(NO_INPUT, x, x_tag), BL_WAITS(STALL_FEED, row), BL_WAITS(STALL_REST, row),
    BL_TALLY(T, window, "a window of a position"), BL_TALLY(T, kept, "a byte that a switch keeps"), BL_TALLY(T, rows, "a row given"),
    BL_TALLY(T, slot, "a byte of a row that is filled, of 16"), BL_TALLY(T, mask_bit, "a bit of a mask written"),
    BL_VIEW(T, at, 1, 8, "window of the pass"), { 0 }
};
const struct bl_class db_pim_san_class = { .name = "db_pim_san", .help = "sparse allocation network: switches that keep what masks say",
    .size = sizeof(T), .shape = shape, .init = init, .tick = tick, .fields = fields };
