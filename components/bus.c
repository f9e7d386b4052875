/* bus.c - half-duplex wires to several targets: one word a tick, either way. Requests are those of memory_item.h: lane 0 is the kind,
 * which chooses the target by `map` and is given on; requests of kind `bare` (a read, say) have an address and no data, so they do not
 * take the wires. Replies go first. Latency 1. */
#include "components/tags.h"

enum { NO_INPUT = BL_STALL, OUT_FULL };

struct bus {
    struct bl_part p;
    bl_pop req, reply;
    bl_pushes to;
    bl_push data;
    bl_tally word;
    int64_t targets, bare, lanes, reply_lanes, reply_bits;
    struct bl_list map;
};

static int init(void *self)
{
    struct bus *t = self;

    for (uint32_t i = 0; i < t->map.n; i++)
        if (t->map.v[i] >= t->targets)
            return bl_refuse(t, "map sends kind %u to target %lld; expected 0 .. %lld, or set targets to %lld", i, (long long)t->map.v[i],
                             (long long)t->targets - 1, (long long)t->map.v[i] + 1);
    if (t->bare >= (int64_t)t->map.n)
        return bl_refuse(t, "bare is kind %lld; map has %u kinds, so expected -1 .. %lld", (long long)t->bare, t->map.n, (long long)t->map.n - 1);
    if (bl_wired(t->reply) != bl_wired(t->data))
        return bl_refuse(t, "of reply and data only one is wired; replies that come in go out, so wire both or none");
    return 0;
}

/* The request at the head goes to its target. BUSY, or OUT_FULL and where. */
static bl_verdict forward(struct bus *t, bool carried)
{
    const uint64_t kind = bl_peek64(t->req)[0];
    const bool bare = t->bare >= 0 && kind == (uint64_t)t->bare;

    if (kind >= t->map.n) {
        bl_fail(t, "a request is of kind %llu; map has %u kinds, so expected 0 .. %lld", (unsigned long long)kind, t->map.n,
                (long long)t->map.n - 1);
        bl_pop64(t->req);
        return BL_BUSY;
    }
    const uint32_t k = (uint32_t)t->map.v[kind];
    if (!bl_room(t->to.at[k]))
        return BL_AT(OUT_FULL, k);
    if (carried && !bare)                      /* the wires are taken in this tick; an address is not on them */
        return BL_AT(OUT_FULL, t->to.n);
    bl_pass(t->req, t->to.at[k]);
    charge(&t->word, !bare);
    return BL_BUSY;
}

static bl_verdict tick(void *self)
{
    struct bus *t = self;
    const bool back = bl_avail(t->reply), carried = back && bl_room(t->data);

    if (carried) {
        bl_pass(t->reply, t->data);
        charge(&t->word, 1);
    }
    const bl_verdict v = bl_avail(t->req) ? forward(t, carried) : back ? BL_AT(OUT_FULL, t->to.n) : BL_AT(NO_INPUT, 0);
    return carried || v == BL_BUSY ? BL_BUSY : BL_NAP(v);
}

#define T struct bus
static const struct bl_field fields[] = {
    BL_POP(T, req, BL_BY(T, lanes), 64, "requests: kind, address, data"),
    BL_PUSHES(T, to, BL_BY(T, targets), BL_BY(T, lanes), 64, "requests, to each target"),
    BL_POP_OPT(T, reply, BL_BY(T, reply_lanes), BL_BY(T, reply_bits), "words of the targets"),
    BL_PUSH_OPT(T, data, BL_BY(T, reply_lanes), BL_BY(T, reply_bits), "the same, to who asked"),
    BL_PARAM(T, targets, 1, 1, 64, "elements of to"),
    BL_LIST(T, map, "[0, 0]", 0, 63, "target of each kind"), BL_PARAM(T, bare, -1, -1, 63, "kind that carries no data; -1: none"),
    BL_SIZE(T, lanes, 256, "lanes of a request"), BL_SIZE(T, reply_lanes, 256, "lanes of a reply"),
    BL_SIZE(T, reply_bits, 64, "bits of a lane of a reply"),
    BL_FEED(req), BL_FEED(reply), BL_WAY(to, req), BL_WAY(data, reply),
    BL_WAITS(NO_INPUT, req, reply), BL_WAITS(OUT_FULL, to, data),
    BL_TALLY(T, word, "a word carried, either way"), { 0 }
};
const struct bl_class bus_class = { .name = "bus", .help = "half-duplex wires to several targets",
    .size = sizeof(T), .init = init, .tick = tick, .fields = fields };
