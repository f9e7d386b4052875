/* host.c - the host processor: writes weight tiles, issues macro operations, adds K tiles in 32 bits, and
 * does what no array does (bias, requantisation, pooling, ...). It runs a bl_host_program, image by image. */
#include "components/host_in.h"
#include "components/memory_item.h"

static const struct bl_host_program *program_of(const struct host *t) { return BL_ROWS(struct bl_host_program, t->program); }

static int shape(void *self)
{
    struct host *t = self;

    t->rsp_lanes = bl_memory_lanes(t->width);
    t->req_lanes = BL_MEMORY_DATA + t->rsp_lanes;
    const uint32_t streams = t->program.n ? program_of(t)->nstreams : 0;
    t->shown = streams < HOST_SHOWN ? streams : HOST_SHOWN;
    t->any_shown = streams > 0;
    return 0;
}

static int init(void *self)
{
    struct host *t = self;
    const struct bl_host_program *g = program_of(t);

    t->phase = HOST_DONE;
    t->macro = bl_alloc(t, (size_t)t->macros * sizeof *t->macro);
    t->base = bl_alloc(t, (size_t)t->counts * sizeof *t->base);
    t->far_data = bl_alloc(t, BL_DRAM_QUEUE * sizeof *t->far_data);
    t->far_sums = bl_alloc(t, g && g->sums_bytes ? g->sums_bytes : sizeof *t->far_sums);
    t->memory = bl_alloc(t, g ? g->memory : 1);
    t->sums = bl_alloc(t, (g ? g->sums : 1) * sizeof *t->sums);
    t->stat = bl_alloc(t, (g ? g->nlayers : 1) * sizeof *t->stat);
    if (!g)
        return 0;
    if (bl_host_images(t, t->images.n, g) || bl_host_direct_check(t, g) || bl_host_steps_check(t, g) || bl_host_streams_begin(t, g))
        return -1;
    t->phase = g->images ? HOST_BEGIN : HOST_DONE;
    return 0;
}

/* ---- from layer to layer ---- */

static void begin_layer(struct host *t, const struct bl_host_program *g)
{
    const struct bl_host_layer *l = &g->layer[t->at];
    const struct bl_host_place place = BL_HOST_PLACE(t, add);

    bl_host_begin(&place, g);
    *bl_put16(t->layer) = l->config;
    t->tile = t->load_tile = t->load_row = 0;
    if (l->nsteps)
        bl_host_steps_begin(t);
    if (l->kind == BL_HOST_ARRAY)
        memset(t->sums, 0, (size_t)l->cout * l->pixels * sizeof *t->sums);
    t->phase = l->kind == BL_HOST_ARRAY ? HOST_ROUND : HOST_FINISH;
}

/* Results of the layer become its output tensor; host_cycles an output pass first. */
static bl_verdict finish_layer(struct host *t, const struct bl_host_program *g)
{
    const struct bl_host_place place = BL_HOST_PLACE(t, add);

    if (bl_host_works(&place, g))
        return HOST_WORK;
    bl_host_outcome(&place, g);
    t->phase = bl_host_next(&place, g) ? HOST_DONE : HOST_BEGIN;
    return BL_BUSY;
}

static bl_verdict tick(void *self)
{
    struct host *t = self;
    const struct bl_host_program *g = program_of(t);

    if (t->phase == HOST_DONE)
        return BL_NAP(BL_IDLE);
    if (g->nstreams)
        return bl_host_streams(t, g);
    if (t->phase == HOST_BEGIN)
        begin_layer(t, g);
    if (t->phase == HOST_FINISH)
        return finish_layer(t, g);
    return g->layer[t->at].nsteps ? bl_host_steps(t, g) : bl_host_direct(t, g);
}

#define T struct host
static const struct bl_field fields[] = {
    BL_PUSHES_OPT(T, op, BL_BY(T, macros), BL_BY(T, ins), 8, "activations of a macro operation, unsigned"),
    BL_PUSHES_OPT(T, op_tag, BL_BY(T, macros), 1, 8, "the set that it is for"),
    BL_PUSHES_OPT(T, w, BL_BY(T, macros), BL_BY(T, row_lanes), 64, "row number, then the row's bits, LSB first"),
    BL_INS_OPT(T, rows, BL_BY(T, macros), 1, 32, "rows written so far"),
    BL_POPS_OPT(T, mac, BL_BY(T, macros), BL_BY(T, outs), 32, "results, signed"),
    BL_OUT(T, layer, 1, 16, "entry of the tables of layers in force"),
    BL_PUSHES_OPT(T, go, BL_BY(T, units), 1, 32, "jobs for the units around a buffer"),
    BL_INS_OPT(T, done, BL_BY(T, counts), 1, 32, "jobs done by a unit, rows written"),
    BL_POP_OPT(T, req, BL_BY(T, req_lanes), 64, "bursts asked of its memory, words written to it"),
    BL_PUSH_OPT(T, rsp, BL_BY(T, rsp_lanes), 64, "words from there"),
    BL_PARAM(T, ins, 64, 1, 4096, "products of a macro operation"),
    BL_PARAM(T, outs, 64, 1, 4096, "output channels of a macro operation"),
    BL_PARAM(T, macros, 1, 1, BL_PORTS_MOST, "macros wired to it: elements of op, w, rows, mac"),
    BL_SIZE(T, row_lanes, 65536, "lanes of a row, its number included"),
    BL_PARAM(T, units, 1, 1, BL_PORTS_MOST, "elements of go"), BL_PARAM(T, counts, 1, 1, BL_PORTS_MOST, "elements of done"),
    BL_PARAM(T, width, 64, 1, 4096, "bits of a word of its memory"), BL_PARAM(T, latency, 20, 1, 10000, "ticks from a request to its first word"),
    BL_PARAM(T, interval, 1, 1, 1000, "ticks from word to word"), BL_PARAM(T, queue, 4, 1, BL_DRAM_QUEUE, "requests in it"),
    BL_COMPUTED(T, req_lanes, "2 + ceil(width / 64)"), BL_COMPUTED(T, rsp_lanes, "ceil(width / 64)"),
    BL_PARAM(T, host_cycles, 0, 0, 1000000, "cycles of host work an output of a layer (0: free)"),
    BL_DATA(T, program, struct bl_host_program, "the net as the host runs it"), BL_DATA(T, images, uint8_t, "the program's images, one after the other"),
    BL_WAITS(OP_FULL, op), BL_WAITS(WEIGHTS_FULL, w), BL_WAITS(ROWS_LATE, rows), BL_WAITS(RESULT_LATE, mac),
    BL_CAUSE(HOST_WORK, "bias, requantisation, pooling and the like, host_cycles an output"),
    BL_WAITS(UNIT_FULL, go), BL_WAITS(UNIT_LATE, done), BL_WAITS(FAR_FULL, rsp),
    BL_TALLY(T, row, "a weight row sent"), BL_TALLY(T, issue, "a macro operation issued"),
    BL_TALLY(T, add, "a 32-bit addition of a K tile"), BL_TALLY(T, requant, "bias and requantisation of an output"),
    BL_TALLY(T, work, "another host operation, an output"),
    BL_TALLY_AS(T, step_tally, "step", "a job given to a unit"), BL_TALLY(T, far_read, "a word read from its memory"),
    BL_TALLY(T, far_write, "a word written to it"),
    BL_VIEW(T, image, 1, 32, "image"), BL_VIEW(T, at, 1, 32, "layer"), BL_VIEW(T, tile, 1, 32, "weight tile"),
    BL_MEM(T, macro, "where each macro is: struct host_macro"), BL_MEM(T, base, "counters when the layer began"),
    BL_COMPUTED(T, shown, "streams of several images at once: in, layers, out"), BL_COMPUTED(T, any_shown, "1 when there are some"),
    BL_VIEW(T, ended, BL_BY(T, any_shown), 32, "images ended"), BL_VIEW(T, setup_cycles, BL_BY(T, any_shown), 64, "tick of the first image"),
    BL_VIEW_AS(T, in_flight, BL_BY(T, any_shown), 32, "images begun and not ended", BL_ANALOG),
    BL_VIEW_AS(T, buffer_bytes, BL_BY(T, any_shown), 64, "bytes of slots in use", BL_ANALOG),
    BL_VIEW(T, buffer_most, BL_BY(T, any_shown), 64, "the most that were"),
    BL_VIEW(T, image_of, BL_BY(T, shown), 16, "of in, each layer, out: the image at work; 65535: none"),
    BL_VIEW(T, state_of, BL_BY(T, shown), 2, "0 nothing to read, 1 no free slot, 2 others are pushed, 3 at work"),
    BL_VIEW_AS(T, slots_of, BL_BY(T, shown), 8, "full slots behind it", BL_ANALOG),
    BL_MEM(T, streams, "struct bl_host_at, by stream"), BL_MEM(T, times, "struct bl_host_time, by image"),
    BL_MEM(T, far_data, "words to be written"), BL_MEM(T, far_sums, "sums from the buffer"), BL_MEM(T, memory, "tensors"), BL_MEM(T, sums, "32-bit sums"), BL_MEM_KEPT(T, stat, "struct bl_host_stat, by layer"),
    { 0 }
};
const struct bl_class host_class = { .name = "host", .help = "host processor: tiles, K-tile sums, requantisation, host work",
    .size = sizeof(T), .restarts = true, .shape = shape, .init = init, .tick = tick, .fields = fields };
