/* im2col.c - FETCH into the 128 b register: puts the padding in, makes signed inputs unsigned, and names the sub-blocks and kernel
 * columns of the shift register that a word goes to. The register is a pipe of one word: a full one stalls the fetch (rule R3). */
#include "kernel/model.h"
#include "components/imagine/imagine.h"

enum { NO_WORD = BL_STALL, FETCH_STALL, SERIAL, NEW_ROW };

struct im2col {
    struct bl_part p;
    bl_pop q;
    bl_push word;
    bl_in cfg, stored;
    bl_tally words, padded;
    uint32_t seq, position, left;     /* position whose words come; positions left of the phase */
    uint32_t pause;
    bool paused, begun;
    uint64_t began;                   /* cycle of the first word of the phase */
};

/* `value`, r bits wide, repeated; the first bit is bit `first` of the stream. */
static void pattern(uint64_t out[2], uint32_t value, uint32_t r, uint32_t first)
{
    out[0] = out[1] = 0;
    for (uint32_t b = 0; b < CIM_BUS; b++)
        out[b / 64] |= (uint64_t)(value >> (first + b) % r & 1) << (b % 64);
}

static void bit_range(uint64_t out[2], uint32_t from, uint32_t to)
{
    for (uint32_t w = 0; w < 2; w++, from = from > 64 ? from - 64 : 0, to = to > 64 ? to - 64 : 0) {
        uint64_t upto = to >= 64 ? UINT64_MAX : (UINT64_C(1) << to) - 1;
        uint64_t below = from >= 64 ? UINT64_MAX : (UINT64_C(1) << from) - 1;
        out[w] = upto & ~below;
    }
}

/* Sub-blocks whose registers load this word, and the kernel columns that do: all channels shift when a column begins. */
static uint64_t clock_masks(const uint32_t *cfg, uint64_t meta)
{
    uint32_t units = imagine_units(cfg), r = cfg[CFG_R_IN];
    uint32_t first = meta_first(meta) / r, last = (meta_first(meta) + meta_n(meta) - 1) / r;
    uint64_t all = (UINT64_C(1) << units) - 1, ch = 0, columns = cfg[CFG_DENSE] ? 7 : UINT64_C(1) << (cfg[CFG_KW] - 1);

    if (meta_flags(meta) & META_COLUMN)
        return all | (cfg[CFG_DENSE] ? 7 : (UINT64_C(1) << cfg[CFG_KW]) - 1) << 32;
    for (uint32_t v = first; v <= last; v++)
        ch |= UINT64_C(1) << (cfg[CFG_DENSE] ? v / CIM_UNIT : v % cfg[CFG_C_IN] / 4);
    return ch | columns << 32;
}

static void move_word(struct im2col *t, const uint32_t *cfg)
{
    const uint64_t *q = bl_pop64(t->q);
    uint64_t meta = q[WORD_META], data[2] = { q[WORD_LO], q[WORD_HI] }, real[2], bits[2], *out = bl_push64(t->word);
    uint32_t r = cfg[CFG_R_IN];

    if (cfg[CFG_CONVERT] & 1) {
        pattern(bits, UINT32_C(1) << (r - 1), r, meta_first(meta));
        data[0] ^= bits[0];
        data[1] ^= bits[1];
    }
    if (meta_to(meta) - meta_from(meta) < meta_n(meta)) {
        bit_range(real, meta_from(meta), meta_to(meta));
        pattern(bits, cfg[CFG_PAD], r, meta_first(meta));
        for (int w = 0; w < 2; w++)
            data[w] = (data[w] & real[w]) | (bits[w] & ~real[w]);
        charge(&t->padded, 1);
    }
    bit_range(real, 0, meta_n(meta));
    out[WORD_LO] = data[0] & real[0];
    out[WORD_HI] = data[1] & real[1];
    out[WORD_META] = meta;
    out[WORD_MASKS] = clock_masks(cfg, meta);
    charge(&t->words, 1);
    if (meta_flags(meta) & META_END) {
        t->position++;
        t->left--;
    }
}

static void begin(struct im2col *t, const uint32_t *cfg)
{
    t->seq = cfg[CFG_SEQ];
    t->position = t->pause = 0;
    t->left = imagine_positions(cfg);
    t->paused = t->begun = false;
}

/* Rule R4: in serial mode a position waits until all before it are stored. */
static bool may_fetch(const struct im2col *t, const uint32_t *cfg)
{
    return !cfg[CFG_SERIAL] || bl_get32(t->stored)[0] >= t->position * imagine_n_out(cfg);
}

static bl_verdict tick(void *self)
{
    struct im2col *t = self;
    const uint32_t *cfg = bl_get32(t->cfg);

    if (cfg[CFG_SEQ] != t->seq)
        begin(t, cfg);
    if (!bl_avail(t->q))
        return BL_NAP(t->left ? NO_WORD : BL_IDLE);
    uint64_t meta = bl_peek64(t->q)[WORD_META];
    if (!may_fetch(t, cfg))
        return BL_NAP(SERIAL);
    if (!bl_room(t->word))
        return BL_NAP(FETCH_STALL);
    if (meta_flags(meta) & META_PAUSE && !t->paused && cfg[CFG_N_CIM] > 1) {
        t->paused = ++t->pause == cfg[CFG_N_CIM] - 1;
        return NEW_ROW;
    }
    t->paused = false;
    t->pause = 0;
    if (!t->begun)
        t->began = bl_cycle(t);
    t->begun = true;
    move_word(t, cfg);
    return BL_BUSY;
}

#define T struct im2col
static const struct bl_field fields[] = {
    BL_POP(T, q, WORD_LANES, 64, "words of the input LMEM"),
    BL_PUSH(T, word, WORD_LANES, 64, "128 b, what they are, CH (32) and CSK (3)"),
    BL_IN(T, cfg, CFG_LANES, 32, "configuration of the phase: lanes CFG_... of components/imagine/imagine.h"),
    BL_IN_OPT(T, stored, 2, 32, "words stored in this phase: what serial mode waits for"),
    BL_FEED(cfg), BL_WAITS(NO_WORD, q), BL_WAITS(FETCH_STALL, word), BL_WAITS(SERIAL, stored),
    BL_CAUSE(NEW_ROW, "a later column of a row start, with newrow = paper"),
    BL_TALLY(T, words, "a word rearranged"), BL_TALLY(T, padded, "a word with padding in it"),
    BL_VIEW(T, position, 1, 32, "positions fetched"), BL_VIEW(T, began, 1, 64, "cycle of the first word of the phase"), { 0 }
};
const struct bl_class im2col_class = { .name = "im2col", .help = "128 b words to shift register order, padding, conversion",
    .size = sizeof(T), .tick = tick, .fields = fields };
