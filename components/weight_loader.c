/* weight_loader.c - words of a memory write become rows of weights: row_words words of word_bits bits make a row, which leaves with
 * its number in the tick that takes its last word. Word a belongs to row a / row_words. */
#include "components/host.h"
#include "components/memory_item.h"
#include "kernel/model.h"

enum { NO_INPUT = BL_STALL, OUT_FULL };

struct weight_loader {
    struct bl_part p;
    bl_pop in;
    bl_push row;
    bl_tally word, rows;
    bl_table program;
    int64_t word_bits, row_words, row_lanes, mask;
    int64_t in_lanes;
    uint64_t *bits;                     /* [row_lanes - 1]: the row so far */
    uint32_t per_row;
};

static int shape(void *self)
{
    struct weight_loader *t = self;

    t->in_lanes = BL_MEMORY_DATA + bl_memory_lanes(t->word_bits) + t->mask;
    if (t->row_lanes == 1)
        return bl_refuse(t, "row has one lane; expected at least 2: the number, then the row's bits");
    return 0;
}

static int init(void *self)
{
    struct weight_loader *t = self;
    const struct bl_host_program *g = BL_ROWS(struct bl_host_program, t->program);
    const int64_t room = (t->row_lanes - 1) * 64;

    t->per_row = (uint32_t)(t->row_words ? t->row_words : (room + t->word_bits - 1) / t->word_bits);
    if (t->row_words * t->word_bits > room)
        return bl_refuse(t, "row_words %lld of word_bits %lld are %lld bits; the row that is wired holds %lld, so expected row_words 0 .. %lld",
                         (long long)t->row_words, (long long)t->word_bits, (long long)(t->row_words * t->word_bits), (long long)room,
                         (long long)(room / t->word_bits));
    t->bits = bl_alloc(t, (size_t)(t->row_lanes - 1) * sizeof *t->bits);
    if (g && g->row_words + 1 != t->row_lanes)
        return bl_refuse(t, "rows have %u words; the row that is wired holds %lld, so cols x w_bits of 'array' is not that of the macro", g->row_words,
                         (long long)t->row_lanes - 1);
    return 0;
}

/* Puts a word's bits into the row from bit `to` on; what lies beyond the row is left out. */
static void place(struct weight_loader *t, const uint64_t *word, uint64_t to)
{
    const uint64_t end = (uint64_t)(t->row_lanes - 1) * 64;

    for (uint64_t b = 0; b < (uint64_t)t->word_bits && to < end;) {
        uint64_t n = 64 - (to % 64 > b % 64 ? to % 64 : b % 64);
        if (n > (uint64_t)t->word_bits - b)
            n = (uint64_t)t->word_bits - b;
        const uint64_t m = n == 64 ? ~UINT64_C(0) : (UINT64_C(1) << n) - 1, v = word[b / 64] >> b % 64 & m;
        t->bits[to / 64] = (t->bits[to / 64] & ~(m << to % 64)) | v << to % 64;
        b += n;
        to += n;
    }
}

static bl_verdict tick(void *self)
{
    struct weight_loader *t = self;

    if (!bl_avail(t->in))
        return BL_NAP(NO_INPUT);
    const uint64_t *item = bl_peek64(t->in), a = item[BL_MEMORY_ADDRESS], at = a % t->per_row;
    const bool last = at + 1 == t->per_row;
    if (last && !bl_room(t->row))
        return BL_NAP(OUT_FULL);
    bl_pop64(t->in);
    place(t, item + BL_MEMORY_DATA, at * (uint64_t)t->word_bits);
    charge(&t->word, 1);
    if (last) {
        uint64_t *row = bl_push64(t->row);
        row[0] = a / t->per_row;
        memcpy(row + 1, t->bits, (size_t)(t->row_lanes - 1) * sizeof *row);
        charge(&t->rows, 1);
    }
    return BL_BUSY;
}

#define T struct weight_loader
static const struct bl_field fields[] = {
    BL_POP(T, in, BL_BY(T, in_lanes), 64, "kind, word address, the word"),
    BL_PUSH(T, row, BL_BY(T, row_lanes), 64, "row number, then its bits, least significant lane first"),
    BL_DATA(T, program, struct bl_host_program, "the net as the host runs it, whose rows must be as wide; none: any rows"),
    BL_PARAM(T, word_bits, 64, 1, 4096, "bits of a word"),
    BL_PARAM(T, row_words, 0, 0, 1048576, "words of a row; 0: as many as the row that is wired holds"),
    BL_SIZE(T, row_lanes, 65536, "lanes of a row, its number included"), BL_PARAM(T, mask, 0, 0, 1, "a byte mask comes with each word; words are whole, so nobody looks at it"),
    BL_COMPUTED(T, in_lanes, "2 + ceil(word_bits / 64) and the mask"),
    BL_FEED(in),
    BL_WAITS(NO_INPUT, in), BL_WAITS(OUT_FULL, row),
    BL_TALLY(T, word, "a word taken"), BL_TALLY(T, rows, "a row given"),
    BL_MEM(T, bits, "the row so far"), { 0 }
};
const struct bl_class weight_loader_class = { .name = "weight_loader", .help = "words become rows of weights",
    .size = sizeof(T), .shape = shape, .init = init, .tick = tick, .fields = fields };
