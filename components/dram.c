/* dram.c - far memory of several clients behind one bus. In a tick the word that is due leaves first; then one request is taken, from
 * the client whose turn it is, when the queue has a place. Requests are those of memory_item.h; the first data lane of a read is the
 * number of words, which are neighbours. Timing: dram.h. While no word is due and nobody asks it sleeps: a long latency costs nothing. */
#include "components/dram.h"
#include "components/memory_item.h"
#include "components/tags.h"

enum { NO_INPUT = BL_STALL, OUT_FULL, LATENCY };

struct dram {
    struct bl_part p;
    bl_pops req;
    bl_pushes rsp;
    bl_tally read, write, read_bit, write_bit, request;
    bl_table image;
    bl_event timer;
    int64_t clients, bytes, width, latency, interval, queue;
    int64_t req_lanes, rsp_lanes;
    uint64_t *word, *data;              /* [words][rsp_lanes]; [64][rsp_lanes]: of writes in the queue */
    struct bl_dram order;
    uint32_t turn;
};

static uint64_t words(const struct dram *t) { return (uint64_t)t->bytes * 8 / (uint64_t)t->width; }

static int shape(void *self)
{
    struct dram *t = self;

    t->rsp_lanes = bl_memory_lanes(t->width);
    t->req_lanes = BL_MEMORY_DATA + t->rsp_lanes;
    if (!words(t))
        return bl_refuse(t, "bytes is %lld; expected room for a word of %lld bits", (long long)t->bytes, (long long)t->width);
    return 0;
}

/* The image's bytes lie word after word, each in (width + 7) / 8 bytes. */
static void load_image(struct dram *t)
{
    const uint64_t each = (uint64_t)(t->width + 7) / 8;
    const uint8_t *from = BL_ROWS(uint8_t, t->image);

    for (uint64_t i = 0; i < t->image.n; i++) {
        uint64_t *w = t->word + i / each * (uint64_t)t->rsp_lanes + i % each / 8;
        *w |= (uint64_t)from[i] << i % each % 8 * 8;
    }
    for (uint64_t i = 0; i * each < t->image.n; i++)
        t->word[(i + 1) * (uint64_t)t->rsp_lanes - 1] &= bl_memory_last(t->width);
}

static int init(void *self)
{
    struct dram *t = self;
    const size_t lanes = (size_t)t->rsp_lanes;

    if (t->image.n > words(t) * (uint64_t)((t->width + 7) / 8))
        return bl_refuse(t, "image has %llu bytes, %lld a word; expected at most %llu, for the %llu words that bytes and width make",
                         (unsigned long long)t->image.n, (long long)(t->width + 7) / 8, (unsigned long long)(words(t) * (uint64_t)((t->width + 7) / 8)),
                         (unsigned long long)words(t));
    t->word = bl_alloc(t, (size_t)words(t) * lanes * sizeof *t->word);
    t->data = bl_alloc(t, BL_DRAM_QUEUE * lanes * sizeof *t->data);
    load_image(t);
    return 0;
}

/* The word that is due leaves, or is written. Returns false: none is due, or it finds no room. */
static bool leave(struct dram *t, uint64_t now)
{
    const struct bl_dram_request *r = bl_dram_due(&t->order, now);
    const size_t lanes = (size_t)t->rsp_lanes, bytes = lanes * sizeof *t->word;

    if (!r || (!r->write && !bl_room(t->rsp.at[r->client])))
        return false;
    uint64_t *word = t->word + r->address * lanes;
    if (r->write)
        memcpy(word, t->data + t->order.first * lanes, bytes);
    else
        memcpy(bl_push64(t->rsp.at[r->client]), word, bytes);
    charge(r->write ? &t->write : &t->read, 1);
    charge(r->write ? &t->write_bit : &t->read_bit, (uint64_t)t->width);
    bl_dram_leave(&t->order, now, (uint64_t)t->interval);
    return true;
}

/* The data of a write waits at its place in the queue. */
static void keep(struct dram *t, uint32_t place, const uint64_t *data)
{
    const size_t lanes = (size_t)t->rsp_lanes;
    uint64_t *to = t->data + place * lanes;

    memcpy(to, data, lanes * sizeof *to);
    to[lanes - 1] &= bl_memory_last(t->width);
}

static void take(struct dram *t, uint32_t k)
{
    const uint64_t *item = bl_pop64(t->req.at[k]);
    const struct bl_dram_request r = bl_dram_request(item, k);

    t->turn = (k + 1) % (uint32_t)t->req.n;
    if (bl_dram_outside(&r, words(t))) {
        bl_fail(t, "client %u asks for %u words from %llu on; expected at least one, within 0 .. %llu", k, r.words, (unsigned long long)r.address,
                (unsigned long long)words(t) - 1);
        return;
    }
    const uint32_t place = bl_dram_join(&t->order, bl_cycle(t), r, (uint64_t)t->latency);
    if (r.write)
        keep(t, place, item + BL_MEMORY_DATA);
    charge(&t->request, 1);
}

/* The next client's request is taken, if there is one and a place for it. */
static bool take_next(struct dram *t)
{
    const uint32_t n = (uint32_t)t->req.n;

    for (uint32_t i = 0, k = t->turn; i < n && t->order.n < t->queue; i++, k = k + 1 == n ? 0 : k + 1)
        if (bl_avail(t->req.at[k])) {
            take(t, k);
            return true;
        }
    return false;
}

static bl_verdict tick(void *self)
{
    struct dram *t = self;
    const uint64_t now = bl_cycle(t);
    const bool left = leave(t, now), taken = take_next(t);

    if (taken && !left)
        leave(t, now);
    if (left || taken)
        return BL_BUSY;
    if (!t->order.n)
        return BL_NAP(BL_AT(NO_INPUT, t->turn));
    const struct bl_dram_request *due = bl_dram_due(&t->order, now);
    if (due)
        return BL_NAP(BL_AT(OUT_FULL, due->client));
    bl_notify(t, t->timer, (bl_dram_when(&t->order) - now) * bl_period(t));
    return BL_NAP(LATENCY);
}

#define T struct dram
static const struct bl_field fields[] = {
    BL_POPS(T, req, BL_BY(T, clients), BL_BY(T, req_lanes), 64, "requests: kind (bit 0: write), word address, the word; of a read: how many words"),
    BL_PUSHES(T, rsp, BL_BY(T, clients), BL_BY(T, rsp_lanes), 64, "words read, in order"),
    BL_EVENT(T, timer, "a word is due"),
    BL_DATA(T, image, uint8_t, "what is in it at the beginning, (width + 7) / 8 bytes a word; none: zeros"),
    BL_PARAM(T, clients, 1, 1, 64, "pairs of req and rsp"), BL_PARAM(T, bytes, 1048576, 1, 4294967296.0, "size"),
    BL_PARAM(T, width, 64, 1, 4096, "bits of a word"), BL_PARAM(T, latency, 20, 1, 10000, "ticks from a request to its first word"),
    BL_PARAM(T, interval, 1, 1, 1000, "ticks from word to word"), BL_PARAM(T, queue, 4, 1, BL_DRAM_QUEUE, "requests in it"),
    BL_COMPUTED(T, req_lanes, "2 + ceil(width / 64)"), BL_COMPUTED(T, rsp_lanes, "ceil(width / 64)"),
    BL_FEED(req),
    BL_WAITS(NO_INPUT, req), BL_WAITS(OUT_FULL, rsp), BL_CAUSE(LATENCY, "no word is due: latency, interval"),
    BL_TALLY(T, request, "a request"), BL_TALLY(T, read, "a word read"), BL_TALLY(T, write, "a word written"),
    BL_TALLY(T, read_bit, "a bit read"), BL_TALLY(T, write_bit, "a bit written"),
    BL_MEM(T, word, "the words"), BL_MEM(T, data, "words to be written"), { 0 }
};
const struct bl_class dram_class = { .name = "dram", .help = "far memory behind one bus",
    .size = sizeof(T), .shape = shape, .init = init, .tick = tick, .fields = fields };
