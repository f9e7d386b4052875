/* host.c - the host processor: writes weight tiles, issues macro operations, adds K tiles in 32 bits, and
 * does what no array does (bias, requantisation, pooling, ...). It runs a bl_host_program, image by image. */
#include "kernel/model.h"
#include "components/bits.h"
#include "components/host.h"

enum { OP_FULL = BL_STALL, WEIGHTS_FULL, ROWS_LATE, RESULT_LATE, HOST_WORK };
enum phase { BEGIN, LOAD, SETTLE, OPS, FINISH, DONE };

struct host {
    struct bl_part p;
    bl_push op, w;
    bl_in rows;
    bl_pop mac;
    bl_out layer;
    bl_tally row, issue, add, requant, work;
    int64_t cols, hmu, host_cycles;
    uint32_t phase;
    uint32_t image, at, tile;         /* where it is: image, layer, weight tile */
    uint32_t sent, back;              /* rows sent; ops issued and results back of this tile */
    uint32_t issued;
    uint32_t rows_sent;               /* of all time, as rw_io counts them */
    uint64_t busy_until;              /* cycle in which the host work ends */
    uint8_t *memory;
    int32_t *sums;
    struct bl_host_stat *stat;
};

static const struct bl_host_program *program_of(const struct host *t) { return bl_data(t, 0, NULL); }

static int init(void *self)
{
    struct host *t = self;
    const struct bl_host_program *g = program_of(t);

    t->phase = DONE;
    t->memory = bl_alloc(t, g ? g->memory : 1);
    t->sums = bl_alloc(t, (g ? g->sums : 1) * sizeof *t->sums);
    t->stat = bl_alloc(t, (g ? g->nlayers : 1) * sizeof *t->stat);
    if (!g)
        return 0;
    if (bl_host_images(t, g))
        return -1;
    for (uint32_t i = 0; i < g->nlayers; i++)
        for (uint32_t k = 0; g->layer[i].kind == BL_HOST_ARRAY && k < g->layer[i].ntiles; k++)
            if (g->layer[i].tile[k].nk > t->cols || g->layer[i].tile[k].nout > t->hmu || g->layer[i].row_words > BL_BITS_WORDS)
                return bl_refuse(t, "layer %u has a tile of %u x %u; the array takes %lld x %lld", i, g->layer[i].tile[k].nk,
                                 g->layer[i].tile[k].nout, (long long)t->cols, (long long)t->hmu);
    t->phase = g->images ? BEGIN : DONE;
    return 0;
}

/* ---- array work ---- */

/* im2col: the activations of window `p` for a tile's products. */
static void gather(const struct host *t, const struct bl_host_layer *l, const struct bl_host_tile *tile, uint32_t p, uint8_t *act)
{
    const struct bl_host_window window = bl_host_window(l, t->memory, tile->group, p);

    memset(act + tile->nk, 0, (size_t)t->cols - tile->nk);
    for (uint32_t k = 0; k < tile->nk; k++)
        act[k] = bl_host_activation(&window, tile->k + k);
}

static void take_result(struct host *t, const struct bl_host_layer *l, const struct bl_host_tile *tile)
{
    const int32_t *mac = (const int32_t *)(const void *)bl_pop32(t->mac);
    uint32_t first = l->flat ? tile->group * l->rows_of_group : 0;
    int32_t *sum = t->sums + (size_t)tile->out * l->pixels + first + t->back;

    for (uint32_t n = 0; n < tile->nout; n++)
        sum[(size_t)n * l->pixels] += mac[n];
    charge(&t->add, tile->nout);
    t->back++;
}

static bl_verdict load_row(struct host *t, const struct bl_host_layer *l, const struct bl_host_tile *tile)
{
    if (!bl_room(t->w))
        return BL_NAP(WEIGHTS_FULL);
    uint64_t *item = bl_push64(t->w);
    item[0] = t->sent;
    memset(item + 1, 0, BL_BITS_WORDS * sizeof *item);
    memcpy(item + 1, tile->rows + (size_t)t->sent * l->row_words, l->row_words * sizeof *item);
    charge(&t->row, 1);
    t->rows_sent++;
    if (++t->sent == l->nrows)
        t->phase = SETTLE;
    return BL_BUSY;
}

/* Issues and takes back the macro operations of a tile, one of each a cycle. */
static bl_verdict run_ops(struct host *t, const struct bl_host_layer *l, const struct bl_host_tile *tile)
{
    uint32_t windows = l->flat ? l->rows_of_group : l->pixels;
    bool moved = false;

    if (bl_avail(t->mac)) {
        take_result(t, l, tile);
        moved = true;
    }
    if (t->issued < windows && bl_room(t->op)) {
        gather(t, l, tile, t->issued, bl_push8(t->op));
        charge(&t->issue, 1);
        t->issued++;
        t->stat[t->at].ops++;
        moved = true;
    }
    if (t->back == windows) {
        t->tile++;
        t->sent = t->issued = t->back = 0;
        t->phase = t->tile == l->ntiles ? FINISH : LOAD;
    }
    return moved ? BL_BUSY : BL_NAP(t->issued < windows ? OP_FULL : RESULT_LATE);
}

/* ---- from layer to layer ---- */

static struct bl_host_place place_of(struct host *t)
{
    return (struct bl_host_place){ t, &t->image, &t->at, &t->busy_until, t->memory, t->stat };
}

static void begin_layer(struct host *t, const struct bl_host_program *g)
{
    const struct bl_host_layer *l = &g->layer[t->at];
    const struct bl_host_place place = place_of(t);

    bl_host_begin(&place, g);
    *bl_put16(t->layer) = l->config;
    t->tile = t->sent = t->issued = t->back = 0;
    if (l->kind == BL_HOST_ARRAY)
        memset(t->sums, 0, (size_t)l->cout * l->pixels * sizeof *t->sums);
    t->phase = l->kind == BL_HOST_ARRAY ? LOAD : FINISH;
}

/* Results of the layer become its output tensor; host_cycles an output pass first. */
static bl_verdict finish_layer(struct host *t, const struct bl_host_program *g)
{
    const struct bl_host_layer *l = &g->layer[t->at];
    const struct bl_host_place place = place_of(t);

    if (bl_host_works(&place, g, t->host_cycles))
        return HOST_WORK;
    if (l->kind == BL_HOST_ARRAY) {
        charge(&t->add, bl_host_weight_zeros(l, t->sums, t->memory));
        bl_host_requant(l, t->sums, t->memory);
    } else {
        bl_host_work(l, t->memory);
    }
    charge(l->kind == BL_HOST_ARRAY ? &t->requant : &t->work, bl_host_outputs(l));
    t->phase = bl_host_next(&place, g) ? DONE : BEGIN;
    return BL_BUSY;
}

static bl_verdict tick(void *self)
{
    struct host *t = self;
    const struct bl_host_program *g = program_of(t);

    if (t->phase == DONE)
        return BL_NAP(BL_IDLE);
    if (t->phase == BEGIN)
        begin_layer(t, g);
    const struct bl_host_layer *l = &g->layer[t->at];
    if (t->phase == FINISH)
        return finish_layer(t, g);
    const struct bl_host_tile *tile = &l->tile[t->tile];
    if (t->phase == LOAD) {
        t->stat[t->at].load_cycles++;
        return load_row(t, l, tile) & ~BL_NAPPING;
    }
    if (t->phase == SETTLE) {
        if (*bl_get32(t->rows) != t->rows_sent) {
            t->stat[t->at].load_cycles++;
            return ROWS_LATE;
        }
        t->phase = OPS;
    }
    return run_ops(t, l, tile);
}

#define T struct host
static const struct bl_field fields[] = {
    BL_PUSH(T, op, BL_BY(T, cols), 8, "activations of a macro operation, unsigned"),
    BL_PUSH(T, w, 1 + BL_BITS_WORDS, 64, "row address, then the row's bits, LSB first"),
    BL_IN(T, rows, 1, 32, "rows written so far"),
    BL_POP(T, mac, BL_BY(T, hmu), 32, "results, signed"),
    BL_OUT(T, layer, 1, 16, "entry of the tables of layers in force"),
    BL_PARAM(T, cols, 144, 33, BL_BITS_MOST, "products of a macro operation"),
    BL_PARAM(T, hmu, 8, 1, 8, "output channels of a macro operation"),
    BL_PARAM(T, host_cycles, 0, 0, 1000000, "cycles of host work an output of a layer (0: free)"),
    BL_WAITS(OP_FULL, op), BL_WAITS(WEIGHTS_FULL, w), BL_WAITS(ROWS_LATE, rows), BL_WAITS(RESULT_LATE, mac),
    BL_CAUSE(HOST_WORK, "bias, requantisation, pooling and the like, host_cycles an output"),
    BL_TALLY(T, row, "a weight row sent"), BL_TALLY(T, issue, "a macro operation issued"),
    BL_TALLY(T, add, "a 32-bit addition of a K tile"), BL_TALLY(T, requant, "bias and requantisation of an output"),
    BL_TALLY(T, work, "another host operation, an output"),
    BL_VIEW(T, image, 1, 32, "image"), BL_VIEW(T, at, 1, 32, "layer"), BL_VIEW(T, tile, 1, 32, "weight tile"),
    BL_MEM(T, memory, "tensors"), BL_MEM(T, sums, "32-bit sums"), BL_MEM(T, stat, "struct bl_host_stat, by layer"),
    { 0 }
};
const struct bl_class host_class = { .name = "host", .help = "host processor: tiles, K-tile sums, requantisation, host work",
    .size = sizeof(T), .init = init, .tick = tick, .fields = fields };
