/* lmem.c - local memory: a ping-pong pair of banks, 128 b read a cycle from the input bank, 128 b written to the
 * output bank, and a 32 b side for DRAM. Any bit address may be read: the aligner that Eq. (9) of IMAGINE implies. */
#include "kernel/model.h"
#include "components/imagine/imagine.h"
#include "components/rows.h"

enum { OUT_FULL = BL_STALL };

struct lmem {
    struct bl_part p;
    bl_pop rd, wr, dram;
    bl_push q, reply;
    bl_in cfg, stored;
    bl_tally read, write, fill, drain, unwritten;
    int64_t bytes, strict, loop;
    uint32_t swaps;
    uint64_t *bank;                   /* two of bytes / 8 words, one more behind each */
    uint64_t *written;                /* of two banks: which words of 32 b were written */
};

static uint64_t *bank(const struct lmem *t, uint32_t role)
{
    return t->bank + ((t->swaps + role) & 1) * (size_t)(t->bytes / 8 + 1);
}

/* Validity of the words of a bank. */
static uint64_t *written(const struct lmem *t, uint32_t role)
{
    return t->written + ((t->swaps + role) & 1) * bl_rows_words((uint64_t)t->bytes / 4);
}

static int init(void *self)
{
    struct lmem *t = self;

    if (t->bytes % 16)
        return bl_refuse(t, "bytes is %lld; a bank holds whole words of 16 bytes", (long long)t->bytes);
    t->bank = bl_alloc(t, (size_t)(t->bytes / 8 + 1) * 2 * sizeof *t->bank);
    t->written = bl_alloc(t, 2 * bl_rows_bytes((uint64_t)t->bytes / 4));
    return 0;
}

static bool inside(const struct lmem *t, int64_t bit, uint32_t n) { return bit >= 0 && bit + n <= t->bytes * 8; }

/* 64 bits from any bit address; what lies outside of the bank is 0. */
static uint64_t get_bits(const struct lmem *t, const uint64_t *m, int64_t bit)
{
    int64_t last = t->bytes / 8, w = bit >= 0 ? bit / 64 : -((63 - bit) / 64);
    unsigned s = (unsigned)(bit - w * 64);
    uint64_t lo = w >= 0 && w < last ? m[w] : 0, hi = w + 1 >= 0 && w + 1 < last ? m[w + 1] : 0;

    return s ? lo >> s | hi << (64 - s) : lo;
}

static void put_bits(uint64_t *m, int64_t bit, uint32_t n, uint64_t v)
{
    uint64_t keep = n < 64 ? (UINT64_C(1) << n) - 1 : UINT64_MAX;
    unsigned s = (unsigned)(bit % 64);
    uint64_t *w = m + bit / 64;

    v &= keep;
    w[0] = (w[0] & ~(keep << s)) | v << s;
    if (s && s + n > 64)
        w[1] = (w[1] & ~(keep >> (64 - s))) | v >> (64 - s);
}

/* Writes n bits of a bank, 1 .. 128. */
static void put_range(struct lmem *t, uint32_t role, int64_t bit, uint32_t n, uint64_t lo, uint64_t hi)
{
    put_bits(bank(t, role), bit, n < 64 ? n : 64, lo);
    if (n > 64)
        put_bits(bank(t, role), bit + 64, n - 64, hi);
    bl_rows_write_all(written(t, role), (uint64_t)bit / 32, (uint64_t)(bit + n - 1) / 32 - (uint64_t)bit / 32 + 1);
}

/* Whether n bits, of which those inside the bank are looked at, were ever written. */
static void check_range(struct lmem *t, uint32_t role, int64_t bit, uint32_t n)
{
    int64_t end = bit + n < t->bytes * 8 ? bit + n : t->bytes * 8, first = bit > 0 ? bit : 0;

    if (first < end)
        bl_rows_read_all(t, written(t, role), (uint64_t)first / 32, (uint64_t)(end - 1) / 32 - (uint64_t)first / 32 + 1, t->strict,
                         &t->unwritten, "word");
}

/* The roles of the banks change only while nothing moves between the stages. */
static void swap_banks(struct lmem *t, const uint32_t *cfg)
{
    const uint32_t *stored = bl_get32(t->stored);

    if (cfg[CFG_SWAPS] == t->swaps)
        return;
    if (bl_avail(t->wr) || stored[0] != stored[1])
        bl_fail(t, "the banks swap roles with a store in flight: %u of %u words are stored; swap when the phase is done",
                stored[0], stored[1]);
    if (bl_avail(t->rd) || bl_room(t->q) == 0)
        bl_fail(t, "the banks swap roles while words are fetched; swap when the phase is done");
    t->swaps = cfg[CFG_SWAPS];
}

/* Where n bits from `at` are: in a loop an address beyond a bank comes round, and what its end would cut lies before it. */
static int64_t place(const struct lmem *t, int64_t at, uint32_t n)
{
    const int64_t bits = t->bytes * 8;

    if (!t->loop || inside(t, at, n))
        return at;
    at = (at % bits + bits) % bits;
    return at + n > bits ? bits - n : at;
}

static void serve_read(struct lmem *t)
{
    const uint64_t *r = bl_pop64(t->rd);
    const uint64_t *m = bank(t, 0);
    int64_t at = place(t, (int64_t)r[RD_ADDR], CIM_BUS);
    uint64_t meta = r[RD_META], *q = bl_push64(t->q);
    bool any = meta_to(meta) > meta_from(meta);

    if (any)
        check_range(t, 0, at + meta_from(meta), meta_to(meta) - meta_from(meta));
    q[WORD_LO] = any ? get_bits(t, m, at) : 0;
    q[WORD_HI] = any ? get_bits(t, m, at + 64) : 0;
    q[WORD_META] = meta;
    q[WORD_MASKS] = 0;
    charge(&t->read, any);
}

static void serve_write(struct lmem *t)
{
    const uint64_t *w = bl_pop64(t->wr);
    uint32_t n = (uint32_t)w[WR_BITS];
    int64_t at = place(t, (int64_t)w[WR_ADDR], n);

    if (!inside(t, at, n)) {
        bl_fail(t, "a store of %u bits at bit %lld; a bank has %lld: the layer does not fit", n, (long long)at,
                (long long)t->bytes * 8);
        return;
    }
    put_range(t, 1, at, n, w[WR_LO], w[WR_HI]);
    charge(&t->write, 1);
}

/* The 32 b side: fills the input bank, drains the output bank, when the other side leaves that bank alone. */
static bool serve_dram(struct lmem *t, bool reading, bool writing)
{
    const uint64_t *d = bl_peek64(t->dram);
    int64_t at = place(t, (int64_t)d[DRAM_ADDR], 32);
    bool drain = d[DRAM_KIND] == DRAM_DRAIN;

    if (drain ? writing || !bl_room(t->reply) : reading)
        return false;
    if (!inside(t, at, 32))
        bl_fail(t, "32 bits at bit %lld; a bank has %lld: the layer does not fit", (long long)at, (long long)t->bytes * 8);
    else if (drain) {
        check_range(t, 1, at, 32);
        *bl_push32(t->reply) = (uint32_t)get_bits(t, bank(t, 1), at);
    } else {
        put_range(t, 0, at, 32, d[DRAM_DATA], 0);
    }
    charge(drain ? &t->drain : &t->fill, 1);
    bl_pop64(t->dram);
    return true;
}

static bl_verdict tick(void *self)
{
    struct lmem *t = self;
    bool asked = bl_avail(t->rd), reading = asked && bl_room(t->q), writing = bl_avail(t->wr);

    swap_banks(t, bl_get32(t->cfg));
    if (reading)
        serve_read(t);
    if (writing)
        serve_write(t);
    bool dram = bl_avail(t->dram), served = dram && serve_dram(t, reading, writing);
    if (reading || writing || served)
        return BL_BUSY;
    return BL_NAP(asked ? OUT_FULL : dram ? BL_AT(OUT_FULL, 1) : BL_IDLE);
}

#define T struct lmem
static const struct bl_field fields[] = {
    BL_POP_OPT(T, rd, RD_LANES, 64, "reads of the input bank"),
    BL_PUSH_OPT(T, q, WORD_LANES, 64, "words read, with what they are"),
    BL_POP_OPT(T, wr, WR_LANES, 64, "writes to the output bank"),
    BL_POP_OPT(T, dram, DRAM_LANES, 64, "32 b accesses: fill the input bank, drain the output bank"),
    BL_PUSH_OPT(T, reply, 1, 32, "words drained"),
    BL_IN(T, cfg, CFG_LANES, 32, "configuration of the phase: lanes CFG_... of components/imagine/imagine.h"),
    BL_IN_OPT(T, stored, 2, 32, "words stored in this phase; words it stores"),
    BL_PARAM(T, bytes, 32768, 16, 1 << 24, "bytes of a bank"),
    BL_PARAM(T, loop, 0, 0, 1, "1: addresses are taken modulo a bank: rates of maps that no bank holds, whose values mean nothing"),
    BL_PARAM(T, strict, BL_ROWS_STRICT, 0, 1, "1: reading a word of 32 b that was never written stops the run; 0: it is counted"),
    BL_FEED(rd), BL_FEED(wr), BL_FEED(dram), BL_WAY(q, rd), BL_WAY(reply, dram),
    BL_WAITS(OUT_FULL, q, reply),
    BL_TALLY(T, read, "128 b read"), BL_TALLY(T, write, "128 b written"),
    BL_TALLY(T, fill, "32 b written from DRAM"), BL_TALLY(T, drain, "32 b read for DRAM"),
    BL_TROUBLE(T, unwritten, "a word of 32 b read that was never written"),
    BL_VIEW(T, swaps, 1, 32, "role swaps; even: bank 0 is the input"), BL_MEM(T, bank, "the two banks"),
    BL_MEM(T, written, "words of 32 b written so far, by bank"), { 0 }
};
const struct bl_class lmem_class = { .name = "lmem", .help = "local memory: two banks that swap roles", .size = sizeof(T),
    .init = init,
    .tick = tick, .fields = fields };
