/* store.c - STORE stage: packs the codes of an output position into 128 b words, one a cycle, at their place in the output
 * LMEM; optionally makes them signed. */
#include "kernel/model.h"
#include "components/imagine/imagine.h"

enum { LMEM_BUSY = BL_STALL, STORE_IDLE };
enum { STREAM = CIM_COLS * CIM_CODE_BITS / 64 };

struct store {
    struct bl_part p;
    bl_push wr;
    bl_in cfg, slave, loads, cim;
    bl_out stored;
    bl_tally word;
    uint32_t seq, taken, sent, total, unsent;   /* results begun; words sent, of the phase, of the result at hand */
    uint64_t ended;                   /* cycle of the last word */
    uint64_t stream[STREAM + 1];      /* the result at hand, packed */
};

static void publish(struct store *t)
{
    uint32_t *stored = bl_put32(t->stored);

    stored[0] = t->sent;
    stored[1] = t->total;
}

static void pack_codes(struct store *t, const uint32_t *cfg)
{
    const uint32_t *slave = bl_get32(t->slave);
    uint32_t r = cfg[CFG_R_OUT], flip = cfg[CFG_CONVERT] & 2 ? UINT32_C(1) << (r - 1) : 0;

    memset(t->stream, 0, sizeof t->stream);
    for (uint32_t o = 0, at = 0; o < cfg[CFG_C_OUT]; o++, at += r) {
        uint64_t v = slave[o] ^ flip;
        t->stream[at / 64] |= v << (at % 64);
        if (at % 64 + r > 64)
            t->stream[at / 64 + 1] |= v >> (64 - at % 64);
    }
    t->unsent = imagine_n_out(cfg);
    t->taken++;
}

static void store_word(struct store *t, const uint32_t *cfg)
{
    uint32_t position = t->taken - 1, bits = cfg[CFG_C_OUT] * cfg[CFG_R_OUT], word = imagine_n_out(cfg) - t->unsent;
    uint64_t *wr = bl_push64(t->wr);
    int64_t pixel = imagine_pixel(cfg[CFG_ROWMAJOR], (int32_t)(position / cfg[CFG_WO]), (int32_t)(position % cfg[CFG_WO]),
                                  cfg[CFG_HO],
                                  cfg[CFG_WO], bits);

    wr[WR_ADDR] = (uint64_t)(pixel + word * CIM_BUS);
    wr[WR_BITS] = t->unsent > 1 ? CIM_BUS : bits - word * CIM_BUS;
    wr[WR_LO] = t->stream[2 * word];
    wr[WR_HI] = t->stream[2 * word + 1];
    charge(&t->word, 1);
    t->sent++;
    t->unsent--;
    t->ended = bl_cycle(t);
    publish(t);
}

static bl_verdict tick(void *self)
{
    struct store *t = self;
    const uint32_t *cfg = bl_get32(t->cfg);

    if (cfg[CFG_SEQ] != t->seq) {
        t->seq = cfg[CFG_SEQ];
        t->taken = t->sent = t->unsent = 0;
        t->total = imagine_positions(cfg) * imagine_n_out(cfg);
        publish(t);
        return BL_IDLE;
    }
    if (!t->unsent && *bl_get32(t->loads) != t->taken)
        pack_codes(t, cfg);
    if (!t->unsent)
        return BL_NAP(t->sent == t->total ? BL_IDLE : STORE_IDLE);
    if (!bl_room(t->wr))
        return BL_NAP(LMEM_BUSY);
    store_word(t, cfg);
    return BL_BUSY;
}

#define T struct store
static const struct bl_field fields[] = {
    BL_PUSH(T, wr, WR_LANES, 64, "writes of the output LMEM: bit address, bits, data"),
    BL_IN(T, cfg, CFG_LANES, 32, "configuration of the phase: lanes CFG_... of components/imagine/imagine.h"),
    BL_IN(T, slave, CIM_COLS, CIM_CODE_BITS, "slave latches"),
    BL_IN(T, loads, 1, 32, "results in them so far"),
    BL_OUT(T, stored, 2, 32, "words stored in this phase; words it stores"),
    BL_IN_OPT(T, cim, 2, 32, "the CIM stage, whose results it stores: for the account of waits"),
    BL_FEED(cfg), BL_WAITS(LMEM_BUSY, wr), BL_WAITS(STORE_IDLE, cim),
    BL_TALLY(T, word, "a word stored"),
    BL_VIEW(T, sent, 1, 32, "words stored in this phase"), BL_VIEW(T, ended, 1, 64, "cycle of the last word"), { 0 }
};
const struct bl_class store_class = { .name = "store", .help = "STORE stage: codes packed into 128 b words",
    .size = sizeof(T),
    .tick = tick, .fields = fields };
