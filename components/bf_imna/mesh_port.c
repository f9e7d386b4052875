/* mesh_port.c - network interface of a node of a mesh of routers: cuts items into flits, one a cycle of the mesh's clock, and puts
 * the flits that arrive together again. */
#include "kernel/model.h"
#include "components/bf_imna/mesh_flit.h"

enum { NO_ITEM = BL_STALL, NO_CREDIT, OUT_FULL };
enum { SOURCE_SHIFT = 32 };                  /* tag: number of the sender, and below it that of the flit in its item */

struct mesh_port {
    struct bl_part p;
    bl_pop item, flit_in;
    bl_push flit_out, got, from;
    bl_tally sent, received;
    int64_t item_bits, got_bits, source, tell;
    struct bl_list to;
    uint64_t *made;                          /* what has arrived of an item */
    uint64_t tag;                            /* of the flit that arrives next, when an item is begun */
    uint32_t items, flit;                    /* items that have left; the flit of the next one that leaves next */
    uint32_t arrived;                        /* flits of an item that have */
};

static uint32_t flits_of(int64_t bits) { return ((uint32_t)bits + FLIT_BITS - 1) / FLIT_BITS; }
static uint32_t words_of(int64_t bits) { return ((uint32_t)bits + 63) / 64; }

static int init(void *self)
{
    struct mesh_port *t = self;

    if (!t->to.n)
        return bl_refuse(t, "to is empty; expected the nodes of the first item, a bit each (1 for node 0), then those of the next");
    for (uint32_t i = 0; i < t->to.n; i++)
        if (!t->to.v[i])
            return bl_refuse(t, "to[%u] is 0; expected at least one node, a bit each", i);
    t->made = bl_alloc(t, (size_t)flits_of(t->got_bits) * FLIT_WORDS * sizeof *t->made);
    return 0;
}

/* The words of an item that flit number k carries. */
static uint32_t part_of(int64_t bits, uint32_t k)
{
    uint32_t left = words_of(bits) - k * FLIT_WORDS;

    return left < FLIT_WORDS ? left : FLIT_WORDS;
}

static void send_flit(struct mesh_port *t)
{
    const uint64_t *item = bl_peek64(t->item);
    uint64_t *flit = bl_push64(t->flit_out);

    memset(flit, 0, FLIT * sizeof *flit);
    flit[FLIT_TAG] = (uint64_t)t->source << SOURCE_SHIFT | t->flit;
    flit[FLIT_TO] = (uint64_t)t->to.v[t->items < t->to.n ? t->items : t->to.n - 1];
    memcpy(flit + FLIT_DATA, item + (size_t)t->flit * FLIT_WORDS, part_of(t->item_bits, t->flit) * sizeof *item);
    charge(&t->sent, 1);
    if (++t->flit < flits_of(t->item_bits))
        return;
    bl_pop64(t->item);
    t->items++;
    t->flit = 0;
}

/* Takes a flit, and hands the item on when it is whole. A mesh keeps the order of one sender; items of several flits that come
 * from several senders at once would need buffers for each. */
static void receive_flit(struct mesh_port *t)
{
    const uint64_t *flit = bl_pop64(t->flit_in);

    if (t->arrived ? flit[FLIT_TAG] != t->tag : (uint32_t)flit[FLIT_TAG])
        bl_fail(t, "a flit of another item came between those of one; expected one sender at a time");
    memcpy(t->made + (size_t)t->arrived * FLIT_WORDS, flit + FLIT_DATA, part_of(t->got_bits, t->arrived) * sizeof *flit);
    t->tag = flit[FLIT_TAG] + 1;
    charge(&t->received, 1);
    if (++t->arrived < flits_of(t->got_bits))
        return;
    memcpy(bl_push64(t->got), t->made, words_of(t->got_bits) * sizeof *t->made);
    if (t->tell)
        *bl_push32(t->from) = (uint32_t)(flit[FLIT_TAG] >> SOURCE_SHIFT);
    t->arrived = 0;
}

static bl_verdict tick(void *self)
{
    struct mesh_port *t = self;
    bool out = bl_avail(t->item), in = bl_avail(t->flit_in), last = t->arrived + 1 == flits_of(t->got_bits);
    bool can_send = out && bl_room(t->flit_out), can_take = in && (!last || (bl_room(t->got) && (!t->tell || bl_room(t->from))));

    if (can_send)
        send_flit(t);
    if (can_take)
        receive_flit(t);
    if (can_send || can_take)
        return BL_BUSY;
    return BL_NAP(in ? BL_AT(OUT_FULL, bl_room(t->got) ? 1 : 0) : out ? NO_CREDIT : NO_ITEM);
}

#define T struct mesh_port
static const struct bl_field fields[] = {
    BL_POP_OPT(T, item, 1, BL_BY(T, item_bits), "items that leave"), BL_PUSH_OPT(T, flit_out, FLIT, 64, "their flits, to the router"),
    BL_POP_OPT(T, flit_in, FLIT, 64, "flits from the router"), BL_PUSH_OPT(T, got, 1, BL_BY(T, got_bits), "items that have arrived"),
    BL_PUSH_OPT(T, from, 1, 32, "for each of them the number of its sender (tell=1)"),
    BL_PARAM(T, item_bits, 4800, 33, 1 << 20, "bits of an item that leaves"),
    BL_PARAM(T, got_bits, 64, 33, 1 << 20, "bits of an item that arrives"),
    BL_PARAM(T, source, 0, 0, 1 << 20, "number that this node's items are known by"),
    BL_PARAM(T, tell, 0, 0, 1, "1: the number of each item's sender goes out as well"),
    BL_LIST(T, to, "[1]", 0, 0x1p62, "nodes of each item, a bit each; the last holds for all that follow"),
    BL_FEED(item), BL_FEED(flit_in), BL_WAY(flit_out, item), BL_WAY(got, flit_in), BL_WAY(from, flit_in),
    BL_WAITS(NO_ITEM, item, flit_in), BL_WAITS(NO_CREDIT, flit_out), BL_WAITS(OUT_FULL, got, from),
    BL_TALLY(T, sent, "a flit sent"), BL_TALLY(T, received, "a flit received"),
    BL_VIEW(T, items, 1, 32, "items that have left"), BL_MEM(T, made, "an item that arrives"),
    { 0 }
};
const struct bl_class mesh_port_class = { .name = "mesh_port", .help = "network interface of a node of an on-chip mesh",
    .size = sizeof(T), .init = init, .tick = tick, .fields = fields };
