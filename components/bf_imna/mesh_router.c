/* mesh_router.c - router of a two-dimensional mesh: 1024-bit flits, x before y, two flits of buffer an input (the credits), one
 * hop a cycle of the mesh's clock. A flit for several nodes goes as a tree: a copy where the ways part. */
#include "kernel/model.h"
#include "components/bf_imna/mesh_flit.h"

enum { NO_FLIT = BL_STALL, NO_CREDIT };
enum { LOCAL, WEST, EAST, NORTH, SOUTH, PORTS };

struct mesh_router {
    struct bl_part p;
    bl_pop local_in, west_in, east_in, north_in, south_in;
    bl_push local_out, west_out, east_out, north_out, south_out;
    bl_tally hop, delivered, copy;
    int64_t x, y, width, height;
    uint64_t left[PORTS];                  /* nodes that the flit at the head of an input still has to be sent towards */
    uint32_t next;                         /* input that is looked at first */
    bool begun[PORTS];
};

static int init(void *self)
{
    struct mesh_router *t = self;

    if (t->x >= t->width || t->y >= t->height || t->width * t->height > 64)
        return bl_refuse(t, "node (%lld, %lld) of a mesh of %lld x %lld; expected a node inside, at most 64 of them", (long long)t->x,
                         (long long)t->y, (long long)t->width, (long long)t->height);
    return 0;
}

/* Nodes of `to` that lie in direction d from here: x first, so north and south serve the own column only. */
static uint64_t towards(const struct mesh_router *t, uint64_t to, uint32_t d)
{
    uint64_t out = 0;

    for (uint64_t rest = to; rest; rest &= rest - 1) {
        int64_t n = __builtin_ctzll(rest), x = n % t->width, y = n / t->width;
        uint32_t way = x < t->x ? WEST : x > t->x ? EAST : y < t->y ? NORTH : y > t->y ? SOUTH : LOCAL;
        out |= way == d ? UINT64_C(1) << n : 0;
    }
    return out;
}

/* Sends what it can of the flit at the head of an input; outputs taken in this cycle are in *taken, the first one without room in *full. */
static bool route(struct mesh_router *t, uint32_t i, bl_pop in, const bl_push *out, uint32_t *taken, uint32_t *full)
{
    const uint64_t *flit = bl_peek64(in);
    bool moved = false;
    uint32_t copies = 0;

    if (!t->begun[i])
        t->left[i] = flit[FLIT_TO];
    t->begun[i] = true;
    for (uint32_t d = LOCAL; d < PORTS; d++) {
        uint64_t nodes = towards(t, t->left[i], d);
        if (nodes && !bl_room(out[d]) && *full == PORTS)
            *full = d;
        if (!nodes || *taken >> d & 1 || !bl_room(out[d]))
            continue;
        uint64_t *to = bl_push64(out[d]);
        memcpy(to, flit, FLIT * sizeof *to);
        to[FLIT_TO] = nodes;
        *taken |= 1u << d;
        t->left[i] &= ~nodes;
        moved = true;
        charge(d == LOCAL ? &t->delivered : &t->hop, 1);
        copies++;
    }
    if (copies > 1)
        charge(&t->copy, copies - 1);
    if (!t->left[i]) {
        bl_pop64(in);
        t->begun[i] = false;
    }
    return moved;
}

static bl_verdict tick(void *self)
{
    struct mesh_router *t = self;
    const bl_pop in[PORTS] = { t->local_in, t->west_in, t->east_in, t->north_in, t->south_in };
    const bl_push out[PORTS] = { t->local_out, t->west_out, t->east_out, t->north_out, t->south_out };
    uint32_t taken = 0, full = PORTS, first = t->next;
    bool any = false, moved = false;

    for (uint32_t k = 0; k < PORTS; k++) {
        uint32_t i = (first + k) % PORTS;
        if (!bl_avail(in[i]))
            continue;
        any = true;
        if (route(t, i, in[i], out, &taken, &full)) {
            moved = true;
            t->next = (i + 1) % PORTS;     /* who was served stands last */
        }
    }
    return moved ? BL_BUSY : BL_NAP(any ? BL_AT(NO_CREDIT, full) : NO_FLIT);
}

#define T struct mesh_router
static const struct bl_field fields[] = {
    BL_POP_OPT(T, local_in, FLIT, 64, "flits of the node: tag, nodes it is for (a bit each, y * width + x), 1024 bits"),
    BL_POP_OPT(T, west_in, FLIT, 64, "flits from x - 1"), BL_POP_OPT(T, east_in, FLIT, 64, "flits from x + 1"),
    BL_POP_OPT(T, north_in, FLIT, 64, "flits from y - 1"), BL_POP_OPT(T, south_in, FLIT, 64, "flits from y + 1"),
    BL_PUSH_OPT(T, local_out, FLIT, 64, "flits for the node"),
    BL_PUSH_OPT(T, west_out, FLIT, 64, "flits to x - 1"), BL_PUSH_OPT(T, east_out, FLIT, 64, "flits to x + 1"),
    BL_PUSH_OPT(T, north_out, FLIT, 64, "flits to y - 1"), BL_PUSH_OPT(T, south_out, FLIT, 64, "flits to y + 1"),
    BL_PARAM(T, x, 0, 0, 63, "column of the node"), BL_PARAM(T, y, 0, 0, 63, "row of the node"),
    BL_PARAM(T, width, 8, 1, 64, "columns of the mesh"), BL_PARAM(T, height, 8, 1, 64, "rows of the mesh"),
    BL_FEED(local_in), BL_FEED(west_in), BL_FEED(east_in), BL_FEED(north_in), BL_FEED(south_in),
    BL_WAITS(NO_FLIT, local_in, west_in, east_in, north_in, south_in),
    BL_WAITS(NO_CREDIT, local_out, west_out, east_out, north_out, south_out),
    BL_TALLY(T, hop, "a flit over a hop"), BL_TALLY(T, delivered, "a flit handed to the node"), BL_TALLY(T, copy, "a copy made where ways part"),
    { 0 }
};
const struct bl_class mesh_router_class = { .name = "mesh_router", .help = "router of an on-chip mesh, x before y, broadcast as a tree",
    .size = sizeof(T), .init = init, .tick = tick, .fields = fields };
