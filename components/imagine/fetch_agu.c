/* fetch_agu.c - addresses of the FETCH stage. A position needs only the columns of pixels that are new in its window; the first
 * of an image row needs all of them. Words come in the order precision first, channel second, kernel last. */
#include "kernel/model.h"
#include "components/imagine/imagine.h"

enum { LMEM_BUSY = BL_STALL };

struct fetch_agu {
    struct bl_part p;
    bl_push rd;
    bl_in cfg;
    uint32_t seq, left;               /* words left of the phase */
    uint32_t oy, ox, column, ky, word;   /* where it is: position, new column, pixel (rowmajor), word */
};

/* The first part that a phase reaches refuses one that the macro cannot hold; then nothing is fetched. */
static bool accepted(struct fetch_agu *t, const uint32_t *cfg)
{
    const uint32_t window = cfg[CFG_DENSE] ? 1 : 3;
    const struct { const char *name; uint32_t lane, least, most; } rows[] = {
        { "CFG_R_IN", CFG_R_IN, 1, CIM_BITS }, { "CFG_R_OUT", CFG_R_OUT, 1, CIM_CODE_BITS },
        { "CFG_R_W", CFG_R_W, 1, CIM_BLOCK }, { "CFG_N_CIM", CFG_N_CIM, 1, UINT32_MAX },
        { "CFG_C_IN", CFG_C_IN, 1, cfg[CFG_DENSE] ? CIM_ROWS : 4 * CIM_UNITS },
        { "CFG_KH", CFG_KH, 1, window }, { "CFG_KW", CFG_KW, 1, window }, { "CFG_SH", CFG_SH, 1, UINT32_MAX },
        { "CFG_SW", CFG_SW, 1, UINT32_MAX }, { "CFG_GAMMA", CFG_GAMMA, 1, 32 } };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (cfg[rows[i].lane] < rows[i].least || cfg[rows[i].lane] > rows[i].most) {
            bl_fail(t, "phase %u: %s is %u; expected %u .. %u", cfg[CFG_SEQ], rows[i].name, cfg[rows[i].lane], rows[i].least,
                    rows[i].most);
            return false;
        }
    return true;
}

static void begin(struct fetch_agu *t, const uint32_t *cfg)
{
    uint32_t columns = imagine_new_columns(cfg, true) + (cfg[CFG_WO] - 1) * imagine_new_columns(cfg, false);

    t->seq = cfg[CFG_SEQ];
    t->oy = t->ox = t->column = t->ky = t->word = 0;
    t->left = accepted(t, cfg) ? cfg[CFG_HO] * columns * imagine_n_in(cfg) : 0;
}

/* Which of a word's n bits are data: those of pixels inside the image. b: its first bit in the column. */
static uint64_t clip(const uint32_t *cfg, int32_t y, int32_t x, uint32_t b, uint32_t n, uint32_t flags)
{
    int64_t pixel = (int64_t)cfg[CFG_C_IN] * cfg[CFG_R_IN], h = cfg[CFG_H];
    int64_t from = -y * pixel - b, to = (h - y) * pixel - b;

    if (x < 0 || x >= (int64_t)cfg[CFG_W])
        from = to = 0;
    from = from < 0 ? 0 : from;
    to = to > n ? n : to;
    if (to <= from)
        from = to = 0;
    return imagine_meta(b, n, (uint32_t)from, (uint32_t)to, flags);
}

/* The word at hand: false when it is the last of its column. */
static bool next_word(struct fetch_agu *t, const uint32_t *cfg, uint32_t *b, uint32_t *n)
{
    uint32_t pixel = cfg[CFG_C_IN] * cfg[CFG_R_IN], start = cfg[CFG_ROWMAJOR] ? t->ky * pixel : 0;
    uint32_t end = cfg[CFG_ROWMAJOR] ? start + pixel : cfg[CFG_KH] * pixel;

    *b = start + t->word++ * CIM_BUS;
    *n = end - *b < CIM_BUS ? end - *b : CIM_BUS;
    if (*b + *n < end)
        return true;
    t->word = 0;
    if (cfg[CFG_ROWMAJOR] && ++t->ky < cfg[CFG_KH])
        return true;
    t->ky = 0;
    return false;
}

static void ask_word(struct fetch_agu *t, const uint32_t *cfg)
{
    uint32_t columns = imagine_new_columns(cfg, t->ox == 0), b, n, flags = 0, pixel = cfg[CFG_C_IN] * cfg[CFG_R_IN];
    int32_t y = (int32_t)(t->oy * cfg[CFG_SH]) - (int32_t)cfg[CFG_PT];
    int32_t x = (int32_t)(t->ox * cfg[CFG_SW] + cfg[CFG_KW] - columns + t->column) - (int32_t)cfg[CFG_PL];

    if (t->word == 0 && t->ky == 0)
        flags |= META_COLUMN | (cfg[CFG_NEWROW] && t->ox == 0 && t->column ? META_PAUSE : 0);
    bool more = next_word(t, cfg, &b, &n);
    if (!more && ++t->column == columns) {
        flags |= META_END;
        t->column = 0;
        if (++t->ox == cfg[CFG_WO]) {
            t->ox = 0;
            t->oy++;
        }
    }
    uint64_t *rd = bl_push64(t->rd);
    uint32_t ky = cfg[CFG_ROWMAJOR] ? b / pixel : 0;      /* rowmajor: a word lies in one pixel */
    int64_t at = imagine_pixel(cfg[CFG_ROWMAJOR], y + (int32_t)ky, x, cfg[CFG_H], cfg[CFG_W], pixel);
    rd[RD_ADDR] = (uint64_t)(at + b - ky * pixel);
    rd[RD_META] = clip(cfg, y, x, b, n, flags);
    t->left--;
}

static bl_verdict tick(void *self)
{
    struct fetch_agu *t = self;
    const uint32_t *cfg = bl_get32(t->cfg);

    if (cfg[CFG_SEQ] != t->seq)
        begin(t, cfg);
    if (!t->left)
        return BL_NAP(BL_IDLE);
    if (!bl_room(t->rd))
        return BL_NAP(LMEM_BUSY);
    ask_word(t, cfg);
    return BL_BUSY;
}

#define T struct fetch_agu
static const struct bl_field fields[] = {
    BL_PUSH(T, rd, RD_LANES, 64, "reads: bit address, and what the word is"),
    BL_IN(T, cfg, CFG_LANES, 32, "configuration of the phase: lanes CFG_... of components/imagine/imagine.h"),
    BL_FEED(cfg), BL_WAITS(LMEM_BUSY, rd),
    BL_VIEW(T, left, 1, 32, "words left of the phase"),
    BL_VIEW(T, oy, 1, 32, "output row"), BL_VIEW(T, ox, 1, 32, "output column"), { 0 }
};
const struct bl_class fetch_agu_class = { .name = "fetch_agu",
    .help = "addresses of the FETCH stage, kernel column by kernel column",
    .size = sizeof(T), .tick = tick, .fields = fields };
