/* cluster_memory.c - ports of the clusters' memory processors (MAP), one port each. A read of a column or row takes one cycle and goes
 * first; a write takes two; an addition of partial sums holds the port as well. A request is the number of operations asked for
 * so far, the answer the number done so far: both only rise. */
#include "kernel/model.h"
#include "components/bf_imna/ap_work.h"

struct port { uint64_t reads, writes, adds; uint64_t read_end, write_end; bool reading, writing; };

struct cluster_map {
    struct bl_part p;
    bl_in req;
    bl_out got;
    bl_event timer;
    bl_tally read, write, add;
    int64_t lanes, write_cycles, clusters;
    struct port *port;
    uint32_t queue;                            /* ports with work */
};
/* Lanes of req: reads, writes, cycles of additions, each for every cluster. Lanes of got: reads, writes done. */

static int shape(void *self)
{
    struct cluster_map *t = self;

    t->lanes = 3 * t->clusters;
    return 0;
}

static int init(void *self)
{
    struct cluster_map *t = self;

    t->port = bl_alloc(t, (size_t)t->clusters * sizeof *t->port);
    return 0;
}

/* Reads go first: they wait for the write at work only, and what is still to be written moves back. */
static void book_accesses(struct cluster_map *t, uint32_t c, uint64_t reads, uint64_t writes, uint64_t adds, uint64_t now)
{
    struct port *p = &t->port[c];
    uint64_t n = reads - p->reads, tw = (uint64_t)t->write_cycles, left = p->write_end > now ? p->write_end - now : 0;

    if (n) {
        uint64_t begin = p->read_end > now ? p->read_end : now + left % tw;
        p->read_end = begin + n;
        p->write_end = left ? p->write_end + n : p->write_end;
        p->reading = true;
        charge(&t->read, n);
    }
    if (writes != p->writes || adds != p->adds) {
        uint64_t begin = p->write_end > now ? p->write_end : p->read_end > now ? p->read_end : now;
        p->write_end = begin + (writes - p->writes) * tw + (adds - p->adds);
        p->writing = true;
        charge(&t->write, writes - p->writes);
        charge(&t->add, adds - p->adds);
    }
    p->reads = reads;
    p->writes = writes;
    p->adds = adds;
}

static bl_verdict tick(void *self)
{
    struct cluster_map *t = self;
    const uint64_t *req = bl_get64(t->req);
    uint32_t n = (uint32_t)t->clusters, queue = 0;
    uint64_t now = bl_cycle(t), next = UINT64_MAX;

    for (uint32_t c = 0; c < n; c++) {
        struct port *p = &t->port[c];
        if (req[c] != p->reads || req[n + c] != p->writes || req[2 * n + c] != p->adds)
            book_accesses(t, c, req[c], req[n + c], req[2 * n + c], now);
        if (p->reading && p->read_end <= now) {
            p->reading = false;
            bl_put64(t->got)[c] = p->reads;
        }
        if (p->writing && p->write_end <= now) {
            p->writing = false;
            bl_put64(t->got)[n + c] = p->writes;
        }
        queue += p->reading || p->writing;
        if (p->reading && p->read_end < next)
            next = p->read_end;
        if (p->writing && p->write_end < next)
            next = p->write_end;
    }
    t->queue = queue;
    if (next == UINT64_MAX)
        return BL_NAP(BL_IDLE);
    bl_cancel(t, t->timer);
    bl_notify(t, t->timer, (next - now) * bl_period(t));
    return BL_NAP(BL_BUSY);
}

#define T struct cluster_map
static const struct bl_field fields[] = {
    BL_IN(T, req, BL_BY(T, lanes), 64, "asked for so far: reads, writes, cycles of additions, each by cluster"),
    BL_OUT(T, got, BL_BY(T, lanes), 64, "reads, writes (additions behind them) done, each by cluster"),
    BL_EVENT(T, timer, "a port is done"),
    BL_PARAM(T, clusters, 64, 1, AP_CLUSTERS_MOST, "clusters"),
    BL_COMPUTED(T, lanes, "three times the clusters"),
    BL_PARAM(T, write_cycles, 2, 1, 16, "cycles of a word written"),
    BL_FEED(req), BL_TALLY(T, read, "a column or row read"), BL_TALLY(T, write, "a word written"), BL_TALLY(T, add, "a cycle of adding partial sums"),
    BL_VIEW_AS(T, queue, 1, 9, "ports that are at work", BL_ANALOG),
    BL_MEM(T, port, "ports"),
    { 0 }
};
const struct bl_class cluster_memory_class = { .name = "cluster_map", .help = "memory ports of BF-IMNA clusters",
    .size = sizeof(T), .shape = shape, .init = init, .tick = tick, .fields = fields };
