/* shift_reg.c - input shift register of the macro: 32 sub-blocks of 36 inputs with clock gates of their own. A new kernel
 * column shifts the older ones; when a position is complete its inputs stand at the macro as bit planes. */
#include "kernel/model.h"
#include "components/imagine/imagine.h"

enum { NO_WORD = BL_STALL, SR_HOLD };

struct shift_reg {
    struct bl_part p;
    bl_pop word;
    bl_in cfg, gate, cim;
    bl_out x, loaded;
    bl_tally words, block;
    uint32_t seq, complete, left;     /* positions complete; positions left of the phase */
    uint64_t plane[CIM_BITS][CIM_WORDS];
    uint64_t older[CIM_WORDS];        /* rows that keep a value when the columns shift */
};

static void begin(struct shift_reg *t, const uint32_t *cfg)
{
    t->seq = cfg[CFG_SEQ];
    t->left = imagine_positions(cfg);
    *bl_put32(t->loaded) = t->complete = 0;
    memset(t->older, 0, sizeof t->older);
    for (uint32_t row = 0; row < CIM_ROWS; row++)
        if (row % CIM_UNIT / 12 < 2)
            t->older[row / 64] |= UINT64_C(1) << (row % 64);
    memset(t->plane, 0, sizeof t->plane);
}

/* Kernel columns move by one: row r takes what row r + 12 held, inside its unit. */
static void shift_columns(struct shift_reg *t, const uint32_t *cfg)
{
    for (uint32_t k = 0; k < cfg[CFG_R_IN]; k++) {
        uint64_t *p = t->plane[k];
        for (uint32_t w = 0; w < CIM_WORDS; w++)
            p[w] = (p[w] >> 12 | (w + 1 < CIM_WORDS ? p[w + 1] << 52 : 0)) & t->older[w];
    }
}

static void load_word(struct shift_reg *t, const uint32_t *cfg, const uint64_t *data, uint64_t meta)
{
    uint32_t r = cfg[CFG_R_IN], c_in = cfg[CFG_C_IN], b = meta_first(meta), k = b % r, ky = b / r / c_in, c = b / r % c_in;
    uint32_t kx = cfg[CFG_KW] - 1, row = imagine_row(cfg[CFG_DENSE], ky, kx, c);

    for (uint32_t i = 0; i < meta_n(meta); i++) {
        t->plane[k][row / 64] |= (data[i / 64] >> (i % 64) & 1) << (row % 64);
        if (++k < r)
            continue;
        k = 0;
        if (++c == c_in) {
            c = 0;
            ky++;
        }
        row = imagine_row(cfg[CFG_DENSE], ky, kx, c);
    }
}

static void take_word(struct shift_reg *t, const uint32_t *cfg)
{
    const uint64_t *word = bl_pop64(t->word);
    uint64_t meta = word[WORD_META];

    if (meta_flags(meta) & META_COLUMN) {
        if (cfg[CFG_DENSE])
            memset(t->plane, 0, sizeof t->plane);
        else
            shift_columns(t, cfg);
    }
    load_word(t, cfg, word, meta);
    charge(&t->words, 1);
    charge(&t->block, (uint64_t)__builtin_popcountll(word[WORD_MASKS] & UINT32_MAX));
    if (meta_flags(meta) & META_END) {
        memcpy(bl_put64(t->x), t->plane, sizeof t->plane);
        *bl_put32(t->loaded) = ++t->complete;
        t->left--;
    }
}

static bl_verdict tick(void *self)
{
    struct shift_reg *t = self;
    const uint32_t *cfg = bl_get32(t->cfg);

    if (cfg[CFG_SEQ] != t->seq)
        begin(t, cfg);
    if (!bl_avail(t->word))
        return BL_NAP(t->left ? NO_WORD : BL_IDLE);
    if (!bl_get32(t->gate)[GATE_FREE])
        return BL_NAP(SR_HOLD);
    take_word(t, cfg);
    return BL_BUSY;
}

#define T struct shift_reg
static const struct bl_field fields[] = {
    BL_POP(T, word, WORD_LANES, 64, "128 b words with CH and CSK, from the 128 b register"),
    BL_IN(T, cfg, CFG_LANES, 32, "configuration of the phase: lanes CFG_... of components/imagine/imagine.h"),
    BL_IN(T, gate, GATE_LANES, 32, "rule R1: may it be written at the end of this cycle?"),
    BL_IN_OPT(T, cim, 2, 32, "the CIM stage, which needs the inputs: for the account of waits"),
    BL_OUT(T, x, CIM_BITS * CIM_WORDS, 64, "inputs of the last complete position: bit planes of 1152 rows"),
    BL_OUT(T, loaded, 1, 32, "positions complete in this phase"),
    BL_FEED(cfg), BL_WAITS(NO_WORD, word), BL_WAITS(SR_HOLD, cim),
    BL_TALLY(T, words, "a word written"), BL_TALLY(T, block, "a sub-block clocked"),
    BL_VIEW(T, complete, 1, 32, "positions complete"), { 0 }
};
const struct bl_class shift_reg_class = { .name = "shift_reg", .help = "input shift register of 32 clock-gated sub-blocks",
    .size = sizeof(T), .tick = tick, .fields = fields };
