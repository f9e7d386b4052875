/* cluster_link.c - the meshes of the clusters by formula, without routers. A cluster has two lanes: one of flits to its processors, one
 * from them; a flit arrives a mean number of hops after it left. A request is the number of flits asked for so far, the answer the
 * number that arrived so far: both only rise. */
#include "kernel/model.h"
#include "components/bf_imna/ap_work.h"

enum { PENDING = 8 };                          /* requests of a lane under way, at most */

struct lane { uint64_t target[PENDING], at[PENDING]; uint64_t free, asked; uint32_t head, tail; };

struct cluster_link {
    struct bl_part p;
    bl_in req;
    bl_out got;
    bl_event timer;
    bl_tally flit, bit;
    int64_t lanes, flit_bits, flit_cycles;
    double hops;
    uint64_t hop_time;
    uint64_t latency;
    uint64_t pending;                          /* requests under way */
    struct lane *lane;
    uint64_t busy[2 * AP_CLUSTERS_MOST];       /* cycles in use, by lane */
};

static int init(void *self)
{
    struct cluster_link *t = self;
    double period = (double)bl_period(t);

    t->latency = (uint64_t)((t->hops * (double)t->hop_time + period - 1) / period);
    t->lane = bl_alloc(t, (size_t)t->lanes * sizeof *t->lane);
    return 0;
}

static void send_flits(struct cluster_link *t, uint32_t i, uint64_t target, uint64_t now)
{
    struct lane *l = &t->lane[i];
    uint64_t flits = target - l->asked, length = flits * (uint64_t)t->flit_cycles;

    if (l->tail - l->head == PENDING)
        bl_misuse(t, "more requests under way on a lane than it can queue");
    l->free = (l->free > now ? l->free : now) + length;
    l->target[l->tail % PENDING] = l->asked = target;
    l->at[l->tail++ % PENDING] = l->free + t->latency;
    t->busy[i] += length;
    t->pending++;
    charge(&t->flit, flits);
    charge(&t->bit, flits * (uint64_t)t->flit_bits);
}

static bl_verdict tick(void *self)
{
    struct cluster_link *t = self;
    const uint64_t *req = bl_get64(t->req);
    uint64_t now = bl_cycle(t), next = UINT64_MAX;

    for (uint32_t i = 0; i < (uint32_t)t->lanes; i++) {
        struct lane *l = &t->lane[i];
        if (req[i] != l->asked)
            send_flits(t, i, req[i], now);
        for (; l->head != l->tail && l->at[l->head % PENDING] <= now; l->head++, t->pending--)
            bl_put64(t->got)[i] = l->target[l->head % PENDING];
        if (l->head != l->tail && l->at[l->head % PENDING] < next)
            next = l->at[l->head % PENDING];
    }
    if (next == UINT64_MAX)
        return BL_NAP(BL_IDLE);
    bl_cancel(t, t->timer);
    bl_notify(t, t->timer, (next - now) * bl_period(t));
    return BL_NAP(BL_BUSY);
}

#define T struct cluster_link
static const struct bl_field fields[] = {
    BL_IN(T, req, BL_BY(T, lanes), 64, "flits asked for so far, by lane"),
    BL_OUT(T, got, BL_BY(T, lanes), 64, "flits of whole requests that have arrived, by lane"),
    BL_EVENT(T, timer, "a request has arrived"),
    BL_SIZE(T, lanes, 2 * AP_CLUSTERS_MOST, "lanes: clusters inward, then the same outward"),
    BL_PARAM(T, flit_bits, 1024, 1, 1 << 20, "bits of a flit"),
    BL_PARAM(T, flit_cycles, 2, 1, 1000000, "cycles of the clock a flit: 1 GHz against 500 MHz of the mesh"),
    BL_REAL(T, hops, 3.815, 0, 1000, "mean hops of a transfer (Table V)"),
    BL_TIME(T, hop_time, 2 * BL_NS, 0, BL_MS, "time of a hop"),
    BL_FEED(req), BL_TALLY(T, flit, "a flit sent"), BL_TALLY(T, bit, "a bit sent, all hops"),
    BL_VIEW_AS(T, pending, 1, 16, "requests under way", BL_ANALOG), BL_VIEW(T, busy, 2 * AP_CLUSTERS_MOST, 64, "cycles in use, by lane"),
    BL_MEM(T, lane, "requests under way"),
    { 0 }
};
const struct bl_class cluster_link_class = { .name = "cluster_link", .help = "meshes of clusters, with the mean number of hops",
    .size = sizeof(T), .init = init, .tick = tick, .fields = fields };
