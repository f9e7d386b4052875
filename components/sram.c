/* sram.c - a banked memory of several clients. Word a lies in bank a % banks; a bank has one port for reads and writes, one of
 * each, or two; or there are ports for everybody (free), which is no memory, but a reference that shows what conflicts cost. In a tick
 * each bank serves the heads of its clients from its round-robin pointer on, as long as its ports fit; the pointer then stands behind the
 * first one served. A read in tick t is answered in t + latency - 1, and sees the words as they were before the tick; it starts only when
 * its answer will find room, so answers never wait: full rate needs a response link of depth latency + 1. A head whose bank has no port
 * left waits: that is a conflict. */
#include "components/memory_item.h"
#include "components/rows.h"
#include "components/tags.h"

enum { NO_INPUT = BL_STALL, OUT_FULL };
enum { ONE_RW, ONE_R_ONE_W, TWO_RW, FREE };            /* ports of a bank */
enum { CLIENTS = 256, LATENCIES = 16 };
#define NOBODY UINT32_MAX

/* Clients, a bit each. */
enum { SET_WORDS = CLIENTS / 64 };
struct set { uint64_t of[SET_WORDS]; };

static inline void set_add(struct set *x, uint32_t k) { x->of[k / 64] |= UINT64_C(1) << k % 64; }
static inline bool set_any(const struct set *x)
{
    uint64_t any = 0;

    for (uint32_t i = 0; i < SET_WORDS; i++)
        any |= x->of[i];
    return any;
}
/* The first one from `from` on, or CLIENTS. */
static inline uint32_t set_next(const struct set *x, uint32_t from)
{
    for (uint32_t i = from / 64; i < SET_WORDS; i++) {
        const uint64_t m = x->of[i] & (i == from / 64 ? ~UINT64_C(0) << from % 64 : ~UINT64_C(0));
        if (m)
            return 64 * i + (uint32_t)__builtin_ctzll(m);
    }
    return CLIENTS;
}

struct sram {
    struct bl_part p;
    bl_pops req, req_tag;
    bl_pushes rsp, rsp_tag;
    bl_tally read, write, read_bit, write_bit, conflict, unwritten;
    int64_t words, bits, banks, ports, latency, mask, clients, strict, tag;
    int64_t req_lanes, rsp_lanes;
    uint64_t *word;                     /* [words][rsp_lanes] */
    uint64_t *written;                  /* a bit a word */
    struct set *want;                   /* [banks]: clients with a head for it; none between ticks */
    uint8_t *turn;                      /* [banks]: the client served first next time */
    uint64_t *answer;                   /* [clients][latency][rsp_lanes]: on their way */
    uint8_t *answer_tag;                /* [clients][latency][tag] */
    struct set due[LATENCIES];          /* by tick modulo latency: clients whose answer leaves then */
    uint32_t under_way[CLIENTS], flying;
    uint32_t lost[CLIENTS];             /* conflicts */
};

static int shape(void *self)
{
    struct sram *t = self;

    t->rsp_lanes = bl_memory_lanes(t->bits);
    t->req_lanes = BL_MEMORY_DATA + t->rsp_lanes + t->mask;
    if (t->banks & (t->banks - 1) || t->banks > t->words)
        return bl_refuse(t, "banks is %lld, words %lld; expected a power of two, at most the number of words", (long long)t->banks,
                         (long long)t->words);
    if (t->mask && t->bits > 512)
        return bl_refuse(t, "mask is one lane, a bit a byte, so bits is at most 512 with it; found %lld", (long long)t->bits);
    if (t->words * t->rsp_lanes > (INT64_C(1) << 27))
        return bl_refuse(t, "words %lld x bits %lld are more than the 2^27 64-bit words that one memory may have", (long long)t->words,
                         (long long)t->bits);
    return 0;
}

static int init(void *self)
{
    struct sram *t = self;
    size_t lanes = (size_t)t->rsp_lanes, slots = (size_t)(t->clients * t->latency);
    char in[32], out[32];

    for (uint32_t k = 0; k < t->req.n; k++)
        if (bl_tags_both(t, bl_tag_name_of(in, "req_tag", k, t->req.n), bl_wired(t->req_tag.at[k]),
                         bl_tag_name_of(out, "rsp_tag", k, t->rsp.n), bl_wired(t->rsp_tag.at[k])))
            return -1;
    t->word = bl_alloc(t, (size_t)t->words * lanes * sizeof *t->word);
    t->written = bl_alloc(t, bl_rows_bytes((size_t)t->words));
    t->want = bl_alloc(t, (size_t)t->banks * sizeof *t->want);
    t->turn = bl_alloc(t, (size_t)t->banks);
    t->answer = bl_alloc(t, slots * lanes * sizeof *t->answer);
    t->answer_tag = bl_alloc(t, slots * (size_t)(t->tag ? t->tag : 1));
    return 0;
}

/* ---- one access ---- */

static size_t slot_of(const struct sram *t, uint32_t client, uint64_t tick)
{
    return (size_t)client * (size_t)t->latency + (size_t)(tick % (uint64_t)t->latency);
}

static void read_word(struct sram *t, uint32_t client, uint64_t a)
{
    const uint64_t leaves = bl_cycle(t) + (uint64_t)t->latency - 1;
    const size_t lanes = (size_t)t->rsp_lanes, slot = slot_of(t, client, leaves);

    bl_rows_read(t, t->written, a, t->strict, &t->unwritten, "word");
    memcpy(t->answer + slot * lanes, t->word + a * lanes, lanes * sizeof *t->word);
    set_add(&t->due[leaves % (uint64_t)t->latency], client);
    t->under_way[client]++;
    t->flying++;
    charge(&t->read, 1);
    charge(&t->read_bit, (uint64_t)t->bits);
}

static void write_word(struct sram *t, const uint64_t *request)
{
    const uint64_t a = request[BL_MEMORY_ADDRESS];
    const uint64_t *data = request + BL_MEMORY_DATA, bytes = t->mask ? data[t->rsp_lanes] : ~UINT64_C(0);
    uint64_t *to = t->word + a * (uint64_t)t->rsp_lanes, bits = (uint64_t)t->bits;

    if (!t->mask) {
        memcpy(to, data, (size_t)t->rsp_lanes * sizeof *to);
    } else {
        bits = 0;
        for (uint32_t b = 0; b < (uint64_t)(t->bits + 7) / 8; b++)
            if (bytes >> b & 1) {
                const uint64_t m = UINT64_C(0xff) << b % 8 * 8;
                to[b / 8] = (to[b / 8] & ~m) | (data[b / 8] & m);
                bits += (uint64_t)t->bits - b * 8 < 8 ? (uint64_t)t->bits - b * 8 : 8;
            }
    }
    to[t->rsp_lanes - 1] &= bl_memory_last(t->bits);
    if (bits)
        bl_rows_write(t->written, a);
    charge(&t->write, 1);
    charge(&t->write_bit, bits);
}

/* ---- a tick ---- */

/* Sorts the heads by bank; the banks that somebody wants are named in `banks`. Returns how many. */
static uint32_t look_at_heads(struct sram *t, uint32_t banks[CLIENTS])
{
    uint32_t n = 0;

    for (uint32_t k = 0; k < t->req.n; k++) {
        if (!bl_pair_avail(t->req.at[k], t->req_tag.at[k]))
            continue;
        const uint64_t a = bl_peek64(t->req.at[k])[BL_MEMORY_ADDRESS];
        const uint32_t bank = t->ports == FREE ? 0 : (uint32_t)(a & (uint64_t)(t->banks - 1));
        if (!set_any(&t->want[bank]))
            banks[n++] = bank;
        set_add(&t->want[bank], k);
    }
    return n;
}

/* Whether the answer of a read by client k will find room. */
static bool has_room(const struct sram *t, uint32_t k)
{
    return t->under_way[k] < bl_room(t->rsp.at[k]) && (!bl_wired(t->rsp_tag.at[k]) || t->under_way[k] < bl_room(t->rsp_tag.at[k]));
}

/* What a bank did in a tick. */
struct served { uint32_t n, reads, writes; const uint64_t *write[CLIENTS]; };

static bool fits(const struct sram *t, const struct served *b, bool write)
{
    if (t->ports == FREE)
        return true;
    if (t->ports == ONE_R_ONE_W)
        return write ? !b->writes : !b->reads;
    return b->reads + b->writes < (t->ports == TWO_RW ? 2u : 1u);
}

/* Takes the head of client k: a read is done at once, the data of a write is left to the end of the tick. */
static const uint64_t *take(struct sram *t, uint32_t k)
{
    const uint64_t *request = bl_pop64(t->req.at[k]);
    const bool tagged = bl_wired(t->req_tag.at[k]), write = bl_memory_writes(request);
    const uint8_t *tag = tagged ? bl_pop8(t->req_tag.at[k]) : NULL;

    if (request[BL_MEMORY_ADDRESS] >= (uint64_t)t->words) {
        bl_fail(t, "client %u asks for word %llu; expected 0 .. %lld (words)", k, (unsigned long long)request[BL_MEMORY_ADDRESS],
                (long long)t->words - 1);
        return NULL;
    }
    if (write)
        return request;
    if (!bl_wired(t->rsp.at[k])) {
        bl_fail(t, "client %u reads, and nothing is wired to rsp[%u]", k, k);
        return NULL;
    }
    if (tagged)
        memcpy(t->answer_tag + slot_of(t, k, bl_cycle(t) + (uint64_t)t->latency - 1) * (size_t)t->tag, tag, (size_t)t->tag);
    read_word(t, k, request[BL_MEMORY_ADDRESS]);
    return NULL;
}

/* One head of a bank. *full: the first client found whose answer would find no room. */
static void serve_head(struct sram *t, uint32_t bank, uint32_t k, struct served *b, uint32_t *full)
{
    const bool write = bl_memory_writes(bl_peek64(t->req.at[k]));

    if (!write && bl_wired(t->rsp.at[k]) && !has_room(t, k)) {
        if (*full == NOBODY)
            *full = k;
        return;
    }
    if (!fits(t, b, write)) {
        charge(&t->conflict, 1);
        t->lost[k]++;
        return;
    }
    if (!b->n++)
        t->turn[bank] = (uint8_t)((k + 1) % (uint32_t)t->clients);
    const uint64_t *data = take(t, k);
    if (data)
        b->write[b->writes++] = data;
    b->reads += !write;
}

/* Returns whether anybody was served. */
static bool serve_bank(struct sram *t, uint32_t bank, uint32_t *full)
{
    const struct set want = t->want[bank];
    const uint32_t first = t->turn[bank];
    struct served b;

    b.n = b.reads = b.writes = 0;
    memset(&t->want[bank], 0, sizeof t->want[bank]);
    for (uint32_t k = set_next(&want, first); k < CLIENTS; k = set_next(&want, k + 1))
        serve_head(t, bank, k, &b, full);
    for (uint32_t k = set_next(&want, 0); k < first; k = set_next(&want, k + 1))
        serve_head(t, bank, k, &b, full);
    for (uint32_t i = 0; i < b.writes; i++)
        write_word(t, b.write[i]);
    return b.n;
}

/* Answers that are due leave; their room was kept. */
static void answer(struct sram *t)
{
    const uint64_t tick = bl_cycle(t);
    struct set *due = &t->due[tick % (uint64_t)t->latency];

    for (uint32_t k = set_next(due, 0); k < CLIENTS; k = set_next(due, k + 1)) {
        const size_t slot = slot_of(t, k, tick), lanes = (size_t)t->rsp_lanes;
        memcpy(bl_push64(t->rsp.at[k]), t->answer + slot * lanes, lanes * sizeof *t->answer);
        if (bl_wired(t->rsp_tag.at[k]))
            memcpy(bl_push8(t->rsp_tag.at[k]), t->answer_tag + slot * (size_t)t->tag, (size_t)t->tag);
        t->under_way[k]--;
        t->flying--;
    }
    memset(due, 0, sizeof *due);
}

static bl_verdict tick(void *self)
{
    struct sram *t = self;
    uint32_t banks[CLIENTS], full = NOBODY, k = t->turn[0];
    bool moved = t->flying;

    for (uint32_t i = 0, n = look_at_heads(t, banks); i < n; i++)
        moved |= serve_bank(t, banks[i], &full);
    answer(t);
    if (moved)
        return BL_BUSY;
    if (full != NOBODY)
        return BL_NAP(BL_AT(OUT_FULL, full + bl_pair_full(t->rsp.at[full], (uint32_t)t->rsp.n)));
    return BL_NAP(BL_AT(NO_INPUT, k + bl_pair_missing(t->req.at[k], (uint32_t)t->req.n)));
}

#define T struct sram
static const struct bl_field fields[] = {
    BL_POPS(T, req, BL_BY(T, clients), BL_BY(T, req_lanes), 64, "requests: kind (bit 0: write), word address, the word's data, byte mask"),
    BL_POPS_OPT(T, req_tag, BL_BY(T, clients), BL_BY(T, tag), 8, "their tags; that of a write ends here"),
    BL_PUSHES_OPT(T, rsp, BL_BY(T, clients), BL_BY(T, rsp_lanes), 64, "words read, in the order of the client's reads"),
    BL_PUSHES_OPT(T, rsp_tag, BL_BY(T, clients), BL_BY(T, tag), 8, "the reads' tags"),
    BL_PARAM(T, words, 1024, 1, 16777216, "words in all banks"),
    BL_PARAM(T, bits, 64, 1, 4096, "bits of a word"),
    BL_PARAM(T, banks, 1, 1, 16777216, "banks, a power of two; word a is in bank a % banks"),
    BL_CHOICE(T, ports, ONE_RW, "1rw 1r1w 2rw free", "ports of a bank: accesses that it does in a tick; free: any number, an ideal that nobody can build"),
    BL_PARAM(T, latency, 1, 1, LATENCIES, "ticks of a read: 1 answers in the tick of the request"),
    BL_PARAM(T, mask, 0, 0, 1, "writes carry a mask, a bit a byte"),
    BL_PARAM(T, clients, 1, 1, CLIENTS, "pairs of req and rsp"),
    BL_PARAM(T, strict, BL_ROWS_STRICT, 0, 1, "a read of a word never written ends the run; 0: it is counted"),
    BL_SIZE(T, tag, BL_TAG_MOST, "lanes of a tag"),
    BL_COMPUTED(T, req_lanes, "2, ceil(bits / 64) and the mask"), BL_COMPUTED(T, rsp_lanes, "ceil(bits / 64)"),
    BL_FEED(req), BL_FEED(req_tag),
    BL_WAITS(NO_INPUT, req, req_tag), BL_WAITS(OUT_FULL, rsp, rsp_tag),
    BL_TALLY(T, read, "a word read"), BL_TALLY(T, write, "a word written"),
    BL_TALLY(T, read_bit, "a bit read"), BL_TALLY(T, write_bit, "a bit written"),
    BL_TROUBLE(T, conflict, "a tick that a head waited for a port of its bank"),
    BL_TROUBLE(T, unwritten, "a read of a word never written"),
    BL_VIEW(T, lost, BL_BY(T, clients), 32, "conflicts, by client"), BL_VIEW(T, flying, 1, 32, "reads under way"),
    BL_MEM(T, word, "the words"), BL_MEM(T, written, "which were written"), BL_MEM(T, want, "heads by bank"),
    BL_MEM(T, turn, "next client, by bank"), BL_MEM(T, answer, "words on their way"), BL_MEM(T, answer_tag, "their tags"), { 0 }
};
const struct bl_class sram_class = { .name = "sram", .help = "banked memory of several clients",
    .size = sizeof(T), .shape = shape, .init = init, .tick = tick, .fields = fields };
