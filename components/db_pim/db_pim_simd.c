/* db_pim_simd.c - the time of DB-PIM's SIMD core: `lanes` operations a tick (Duan et al., section V-A; eight lanes: derived from the shares of
 * depthwise layers in Fig. 13, see platforms/db_pim/README.md). Sums of the array go through it to the top controller, an item of `lanes` sums a
 * tick, to be requantised. A layer of its own takes ceil(operations / lanes) ticks: a depthwise convolution its products, pooling the cells
 * of its windows, anything else its outputs. The values are those of components/host_ops.h; this part says when. Latency 1. */
#include "components/host_ops.h"

enum { NO_INPUT = BL_STALL, OUT_FULL };
enum { LANES = 64 };

struct db_pim_simd {
    struct bl_part p;
    bl_pop job, x;
    bl_push y;
    bl_out done;
    bl_event timer;
    bl_table program;
    bl_tally quant, product, cell, element;
    int64_t lanes;
    uint64_t ends;                      /* cycle in which the layer at hand ends; 0: none is */
    uint32_t finished;
};

static int init(void *self)
{
    struct db_pim_simd *t = self;

    return t->program.n <= 1 ? 0 : bl_refuse(t, "has %llu programs; expected one", (unsigned long long)t->program.n);
}

/* Operations of a layer, counted as what they are. */
static uint64_t operations(struct db_pim_simd *t, const struct bl_host_layer *l)
{
    const uint64_t outputs = bl_host_outputs(l);

    if (l->kind == BL_HOST_ARRAY) {
        charge(&t->product, outputs * l->k);
        charge(&t->quant, outputs);
        return outputs * l->k;
    }
    if (l->kind == BL_HOST_MAXPOOL || l->kind == BL_HOST_AVGPOOL) {
        charge(&t->cell, outputs * l->kh * l->kw);
        return outputs * l->kh * l->kw;
    }
    charge(&t->element, l->kind == BL_HOST_COPY ? 0 : outputs);
    return l->kind == BL_HOST_COPY ? 0 : outputs;
}

static bl_verdict end_layer(struct db_pim_simd *t)
{
    t->ends = 0;
    *bl_put32(t->done) = ++t->finished;
    return BL_BUSY;
}

/* A layer begins: it takes this tick and those up to `ends`. */
static bl_verdict begin_layer(struct db_pim_simd *t)
{
    const struct bl_host_program *g = BL_ROWS(struct bl_host_program, t->program);
    const uint32_t at = *bl_pop32(t->job);

    if (!g || at >= g->nlayers) {
        bl_fail(t, "layer %u is asked for; the program has %u", at, g ? g->nlayers : 0);
        return BL_BUSY;
    }
    const uint64_t n = operations(t, &g->layer[at]), ticks = (n + (uint64_t)t->lanes - 1) / (uint64_t)t->lanes;
    if (ticks <= 1)
        return end_layer(t);
    t->ends = bl_cycle(t) + ticks - 1;
    bl_notify(t, t->timer, (ticks - 1) * bl_period(t));
    return BL_NAP(BL_BUSY);
}

static bl_verdict tick(void *self)
{
    struct db_pim_simd *t = self;

    if (t->ends)
        return bl_cycle(t) >= t->ends ? end_layer(t) : BL_NAP(BL_BUSY);
    if (bl_avail(t->x)) {
        if (!bl_room(t->y))
            return BL_NAP(OUT_FULL);
        memcpy(bl_push_item(t->y), bl_pop_item(t->x), bl_item_bytes(t->x));
        charge(&t->quant, (uint64_t)t->lanes);
        return BL_BUSY;
    }
    return bl_avail(t->job) ? begin_layer(t) : BL_NAP(NO_INPUT);
}

#define T struct db_pim_simd
static const struct bl_field fields[] = {
    BL_POP(T, job, 1, 32, "number of a layer"), BL_POP(T, x, BL_BY(T, lanes), 32, "sums of the array"), BL_PUSH(T, y, BL_BY(T, lanes), 32, "the same, to be kept"),
    BL_OUT(T, done, 1, 32, "layers done"), BL_EVENT(T, timer, "the layer ends"), BL_DATA(T, program, struct bl_host_program, "the net as the host runs it"),
    BL_PARAM(T, lanes, 8, 1, LANES, "operations a tick"),
    BL_FEED(job), BL_FEED(x),
    BL_WAITS(NO_INPUT, job, x), BL_WAITS(OUT_FULL, y),
    BL_TALLY(T, quant, "a sum requantised"), BL_TALLY(T, product, "a product of a depthwise layer"), BL_TALLY(T, cell, "a cell of a pooling window"),
    BL_TALLY(T, element, "an output of another layer"), BL_VIEW(T, ends, 1, 64, "cycle in which the layer ends"), { 0 }
};
const struct bl_class db_pim_simd_class = { .name = "db_pim_simd", .help = "time of the SIMD core",
    .size = sizeof(T), .init = init, .tick = tick, .fields = fields };
