/* regfile.c - registers with several readers and writers a tick. Latency 1: an index is taken and its value given in one tick;
 * reads see the values as before the tick. When two writers name one register, the one of the higher index stays. */
#include "components/memory_item.h"
#include "components/tags.h"

enum { NO_INPUT = BL_STALL, OUT_FULL };
#define NOBODY UINT32_MAX

struct regfile {
    struct bl_part p;
    bl_pops rd, wr;
    bl_pushes q;
    bl_tally read, write, read_bit, write_bit, clash;
    int64_t words, bits, readers, writers;
    int64_t wr_lanes, q_lanes;
    uint64_t *word;                     /* [words][q_lanes] */
    uint64_t *when;                     /* [words]: 1 + the tick of the last write */
    uint32_t first;                     /* of rd, then wr, the first that is wired: there it waits when nobody wants anything */
};

static int shape(void *self)
{
    struct regfile *t = self;

    t->q_lanes = bl_memory_lanes(t->bits);
    t->wr_lanes = 1 + t->q_lanes;
    return 0;
}

static int init(void *self)
{
    struct regfile *t = self;

    for (uint32_t k = 0; k < t->rd.n; k++)
        if (bl_wired(t->rd.at[k]) != bl_wired(t->q.at[k]))
            return bl_refuse(t, "of rd[%u] and q[%u] only one is wired; a reader needs both", k, k);
    while (t->first < t->rd.n + t->wr.n && !bl_wired(t->first < t->rd.n ? t->rd.at[t->first] : t->wr.at[t->first - t->rd.n]))
        t->first++;
    if (t->first == t->rd.n + t->wr.n)
        return bl_refuse(t, "nothing is wired to rd or wr; expected a reader or a writer");
    t->word = bl_alloc(t, (size_t)(t->words * t->q_lanes) * sizeof *t->word);
    t->when = bl_alloc(t, (size_t)t->words * sizeof *t->when);
    return 0;
}

static bool known(struct regfile *t, uint64_t index)
{
    if (index < (uint64_t)t->words)
        return true;
    bl_fail(t, "register %llu is asked for; expected 0 .. %lld (words)", (unsigned long long)index, (long long)t->words - 1);
    return false;
}

static void read_one(struct regfile *t, uint32_t k)
{
    const uint32_t index = *bl_pop32(t->rd.at[k]);
    uint64_t *to = bl_push64(t->q.at[k]);
    const size_t bytes = (size_t)t->q_lanes * sizeof *to;

    memset(to, 0, bytes);
    if (known(t, index))
        memcpy(to, t->word + index * (size_t)t->q_lanes, bytes);
    charge(&t->read, 1);
    charge(&t->read_bit, (uint64_t)t->bits);
}

static void write_one(struct regfile *t, uint32_t k)
{
    const uint64_t *item = bl_pop64(t->wr.at[k]);

    if (!known(t, item[0]))
        return;
    charge(&t->clash, t->when[item[0]] == bl_cycle(t) + 1);
    t->when[item[0]] = bl_cycle(t) + 1;
    uint64_t *to = t->word + item[0] * (size_t)t->q_lanes;
    memcpy(to, item + 1, (size_t)t->q_lanes * sizeof *item);
    to[t->q_lanes - 1] &= bl_memory_last(t->bits);
    charge(&t->write, 1);
    charge(&t->write_bit, (uint64_t)t->bits);
}

static bl_verdict tick(void *self)
{
    struct regfile *t = self;
    uint32_t full = NOBODY;
    bool moved = false;

    for (uint32_t k = 0; k < t->rd.n; k++) {
        if (!bl_avail(t->rd.at[k]))
            continue;
        if (bl_room(t->q.at[k])) {
            read_one(t, k);
            moved = true;
        } else if (full == NOBODY) {
            full = k;
        }
    }
    for (uint32_t k = 0; k < t->wr.n; k++)
        if (bl_avail(t->wr.at[k])) {
            write_one(t, k);
            moved = true;
        }
    if (moved)
        return BL_BUSY;
    return full == NOBODY ? BL_NAP(BL_AT(NO_INPUT, t->first)) : BL_NAP(BL_AT(OUT_FULL, full));
}

#define T struct regfile
static const struct bl_field fields[] = {
    BL_POPS_OPT(T, rd, BL_BY(T, readers), 1, 32, "index of a register to read"),
    BL_PUSHES_OPT(T, q, BL_BY(T, readers), BL_BY(T, q_lanes), 64, "its value"),
    BL_POPS_OPT(T, wr, BL_BY(T, writers), BL_BY(T, wr_lanes), 64, "index, then the value to write"),
    BL_PARAM(T, words, 32, 1, 65536, "registers"), BL_PARAM(T, bits, 64, 1, 4096, "bits of a register"),
    BL_PARAM(T, readers, 1, 1, 64, "pairs of rd and q"), BL_PARAM(T, writers, 1, 1, 64, "elements of wr"),
    BL_COMPUTED(T, wr_lanes, "1 + ceil(bits / 64)"), BL_COMPUTED(T, q_lanes, "ceil(bits / 64)"),
    BL_FEED(rd), BL_FEED(wr),
    BL_WAITS(NO_INPUT, rd, wr), BL_WAITS(OUT_FULL, q),
    BL_TALLY(T, read, "a register read"), BL_TALLY(T, write, "a register written"),
    BL_TALLY(T, read_bit, "a bit read"), BL_TALLY(T, write_bit, "a bit written"),
    BL_TROUBLE(T, clash, "a write over one of the same tick"),
    BL_MEM(T, word, "the values"), BL_MEM(T, when, "when each was written"), { 0 }
};
const struct bl_class regfile_class = { .name = "regfile", .help = "registers with several readers and writers",
    .size = sizeof(T), .shape = shape, .init = init, .tick = tick, .fields = fields };
