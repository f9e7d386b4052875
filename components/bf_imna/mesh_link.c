/* mesh_link.c - a mesh as one processor sees it, by formula, without routers. An item leaves as flits, one after the other, and
 * arrives a mean number of hops later; items keep their order. An item starts only when the receiver has a buffer for it. */
#include "kernel/model.h"

enum { NO_INPUT = BL_STALL, NO_BUFFER, OUT_FULL };
enum { FLYING = 256 };                     /* items under way, at most */

struct mesh_link {
    struct bl_part p;
    bl_pop in;
    bl_push out;
    bl_in released;
    bl_tally item, flit, bit_hop;
    bl_event timer;
    bl_table first;
    int64_t bits, flit_bits, flit_cycles, buffers, limit;
    double hops;
    uint64_t hop_time;
    uint64_t *items;                       /* ring of items under way, and one that is made */
    uint64_t arrival[FLYING];              /* cycle from which the receiver may have it */
    uint64_t free;                         /* cycle in which the link is free again */
    uint32_t sent, given;
    uint32_t flits, latency;               /* flits of an item; cycles over the hops */
    bool starved;                          /* was without a buffer at the last look */
};

static uint32_t words(const struct mesh_link *t) { return ((uint32_t)t->bits + 63) / 64; }

static int init(void *self)
{
    struct mesh_link *t = self;
    uint64_t period = bl_period(t);
    double fs = t->hops * (double)t->hop_time;

    if (t->flit_cycles < 1 || t->buffers > FLYING)
        return bl_refuse(t, "%lld buffers; expected 1 to %d", (long long)t->buffers, FLYING);
    t->flits = (uint32_t)((t->bits + t->flit_bits - 1) / t->flit_bits);
    t->latency = (uint32_t)((fs + (double)period - 1) / (double)period);
    if (t->latency < 1)
        t->latency = 1;
    t->items = bl_alloc(t, (size_t)(t->buffers + 1) * words(t) * sizeof *t->items);
    return 0;
}

/* Random bits, in the spare place of the ring. */
static const uint64_t *made_item(struct mesh_link *t)
{
    uint64_t *made = t->items + (size_t)t->buffers * words(t), top = (uint64_t)t->bits & 63;

    for (uint32_t w = 0; w < words(t); w++)
        made[w] = bl_random(t);
    made[words(t) - 1] &= top ? (UINT64_C(1) << top) - 1 : UINT64_MAX;
    return made;
}

/* The item to send now; NULL: none is there. The first `limit` items are those of the table `first`, again and again, or
 * made up when it is empty; all later ones come from the port. */
static const uint64_t *next_item(struct mesh_link *t)
{
    size_t n = t->first.n / words(t);

    if (t->sent < (uint64_t)t->limit)
        return n ? BL_ROWS(uint64_t, t->first) + t->sent % n * words(t) : made_item(t);
    return bl_avail(t->in) ? bl_pop64(t->in) : NULL;
}

/* Starts an item if the link is free, one is there and the receiver has room. A buffer released in a cycle is known one
 * cycle later; that cycle is part of the way over the hops, so the item counts as started when the buffer became free. */
static bl_verdict start_item(struct mesh_link *t, uint64_t now)
{
    if (now < t->free)
        return BL_BUSY;
    if (t->sent - *bl_get32(t->released) >= (uint32_t)t->buffers) {
        t->starved = true;
        return NO_BUFFER;
    }
    const uint64_t *item = next_item(t);
    if (!item)
        return NO_INPUT;
    uint64_t begin = t->starved && now && now - 1 >= t->free ? now - 1 : now, length = t->flits * (uint64_t)t->flit_cycles;
    uint32_t slot = t->sent++ % (uint32_t)t->buffers;
    memcpy(t->items + (size_t)slot * words(t), item, words(t) * sizeof *item);
    t->free = begin + length;
    t->arrival[slot] = t->free + t->latency;
    t->starved = false;
    charge(&t->item, 1);
    charge(&t->flit, t->flits);
    charge(&t->bit_hop, (uint64_t)((double)t->bits * t->hops));
    return BL_BUSY;
}

static bl_verdict tick(void *self)
{
    struct mesh_link *t = self;
    uint64_t now = bl_cycle(t), until = UINT64_MAX;
    bl_verdict why = BL_IDLE;

    while (t->given != t->sent && now + 1 >= t->arrival[t->given % (uint32_t)t->buffers]) {
        if (!bl_room(t->out))
            return BL_NAP(OUT_FULL);
        memcpy(bl_push64(t->out), t->items + (size_t)(t->given++ % (uint32_t)t->buffers) * words(t), words(t) * sizeof(uint64_t));
    }
    why = start_item(t, now);
    if (t->given != t->sent)
        until = t->arrival[t->given % (uint32_t)t->buffers] - 1;
    if (why == BL_BUSY && t->free < until)
        until = t->free;
    if (until == UINT64_MAX)
        return BL_NAP(why);
    bl_cancel(t, t->timer);
    bl_notify(t, t->timer, (until > now ? until - now : 1) * bl_period(t));
    return BL_NAP(why);
}

#define T struct mesh_link
static const struct bl_field fields[] = {
    BL_POP_OPT(T, in, 1, BL_BY(T, bits), "items, after those of `first`"),
    BL_PUSH(T, out, 1, BL_BY(T, bits), "items that have arrived"),
    BL_IN_OPT(T, released, 1, 32, "buffers released by the receiver so far"),
    BL_EVENT(T, timer, "an item arrives, or the link is free"),
    BL_PARAM(T, bits, 4800, 33, 1 << 20, "bits of an item"),
    BL_PARAM(T, flit_bits, 1024, 1, 1 << 20, "bits of a flit"),
    BL_PARAM(T, flit_cycles, 2, 1, 1000000, "cycles of the clock a flit: 1 GHz against 500 MHz of the mesh"),
    BL_PARAM(T, buffers, 8, 1, FLYING, "items that the receiver can hold"),
    BL_PARAM(T, limit, 0, 0, 1e9, "items of `first`, random ones without it"),
    BL_DATA(T, first, uint64_t, "words of the first items, an item after the other"),
    BL_REAL(T, hops, 3.815, 0, 1000, "mean hops of a transfer (Table V)"),
    BL_TIME(T, hop_time, 2 * BL_NS, 0, BL_MS, "time of a hop"),
    BL_FEED(in), BL_WAITS(NO_INPUT, in), BL_WAITS(NO_BUFFER, released), BL_WAITS(OUT_FULL, out),
    BL_TALLY(T, item, "an item sent"), BL_TALLY(T, flit, "a flit sent"), BL_TALLY(T, bit_hop, "a bit over a hop"),
    BL_VIEW(T, sent, 1, 32, "items sent"), BL_VIEW(T, given, 1, 32, "items arrived"),
    BL_MEM(T, items, "items under way"),
    { 0 }
};
const struct bl_class mesh_link_class = { .name = "mesh_link", .help = "link of an on-chip mesh, with the mean number of hops",
    .size = sizeof(T), .init = init, .tick = tick, .fields = fields };
