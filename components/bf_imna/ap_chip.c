/* ap_chip.c - the processors of a BF-IMNA chip with their host: tensors, layers one after the other, matrix products, ReLU
 * and pooling on the processors, the rest as host work. Steps begin when a cluster's controller says so. */
#include "components/bf_imna/ap_chip.h"
#include "components/host_ops.h"
#include "components/requant_work.h"

enum { CLUSTERS = BL_STALL, HOST_WORK };

/* ---- what a layer is on the processors ---- */

static void products(const struct bl_host_layer *l, const struct bl_ap_layer *x, uint32_t *w)
{
    w[WORK_KIND] = WORK_GEMM;
    w[WORK_I] = l->cout;
    w[WORK_J] = l->k;
    w[WORK_U] = l->flat ? l->rows_of_group : l->pixels;
    w[WORK_GROUPS] = bl_host_groups(l);
    w[WORK_WBITS] = x->wbits;
    w[WORK_ABITS] = x->abits;
}

static void elementwise(enum bl_ap_work kind, uint32_t window, uint64_t n, uint32_t bits, uint32_t *w)
{
    w[WORK_KIND] = kind;
    w[WORK_I] = w[WORK_GROUPS] = 1;
    w[WORK_J] = window;
    w[WORK_U] = (uint32_t)n;
    w[WORK_WBITS] = 0;
    w[WORK_ABITS] = bits;
}

/* Windows of all groups. */
static uint64_t windows_of(const struct bl_host_layer *l) { return l->flat ? l->pixels : (uint64_t)bl_host_groups(l) * l->pixels; }

/* A piece of work of a layer, and the stage in which it is done. */
struct piece { enum stage stage; uint32_t w[WORK_LANES]; };
enum { PIECES = 3 };

/* The pieces of work of a layer, in order: sums of windows where weights are -1 and +1, products, ReLU; or a pooling layer. Returns how many. */
static uint32_t pieces_of(const struct bl_host_layer *l, const struct bl_ap_layer *x, struct piece p[PIECES])
{
    uint32_t n = 0;

    memset(p, 0, PIECES * sizeof *p);
    if (l->kind == BL_HOST_ARRAY) {
        if (x->plus_minus) {
            elementwise(WORK_SUM, l->k, windows_of(l), x->abits, p[n].w);
            p[n++].stage = WINDOWS;
        }
        products(l, x, p[n].w);
        p[n++].stage = PRODUCTS;
        if (x->relu) {
            elementwise(WORK_RELU, 1, (uint64_t)l->cout * l->pixels, 32, p[n].w);
            p[n++].stage = RELU;
        }
    } else if (l->kind == BL_HOST_MAXPOOL || l->kind == BL_HOST_AVGPOOL) {
        elementwise(l->kind == BL_HOST_MAXPOOL ? WORK_MAX : WORK_SUM, l->kh * l->kw, bl_host_outputs(l), l->in[0].bits, p[n].w);
        p[n++].stage = POOL;
    }
    return n;
}

/* ---- memory ---- */

struct sizes { uint64_t plane_words, results, window_sums; uint32_t caps, cols, window; };

/* What the largest step of a piece of work needs; the first step of the first cluster is as large as any. */
static void measure(const struct ap_chip *t, const uint32_t *w, struct sizes *z)
{
    struct bl_ap_chip chip = chip_of(t);
    struct bl_ap_gemm g = bl_ap_work_gemm(w);
    struct bl_ap_slice s;
    uint32_t first, need;

    bl_ap_slice(&chip, &g, 0, 0, &s);
    uint64_t ij = (uint64_t)g.i * g.j, columns = s.count / ij + 2, bits = columns * g.groups * g.j;
    uint64_t caps = bl_ap_ceil(s.count, w[WORK_KIND] == WORK_GEMM ? bl_ap_rows(&chip, &g, &s) : chip.rows);
    uint64_t results = s.count / g.j + 2 + caps;
    bl_ap_result(w, chip.rows, &first, &need);
    z->cols = need > z->cols ? need : z->cols;
    z->window = g.j > z->window ? g.j : z->window;
    z->caps = caps > z->caps ? (uint32_t)caps : z->caps;
    z->results = results > z->results ? results : z->results;
    if (w[WORK_KIND] == WORK_GEMM && bits / 64 + 2 > z->plane_words)
        z->plane_words = bits / 64 + 2;
}

static int allocate(struct ap_chip *t, const struct bl_host_program *g, const struct sizes *z)
{
    uint64_t lane = lane_bytes(t), most = (uint64_t)t->memory_limit << 20;

    t->per_cluster = z->caps ? z->caps : 1;
    uint64_t lanes = t->fidelity == MICRO ? t->per_cluster * (uint64_t)t->clusters : (uint64_t)t->workers;
    uint64_t result = z->results * (t->fidelity == MICRO ? (uint64_t)t->clusters : 1);
    uint64_t need = (lanes + 1) * (lane + sizeof(struct bl_ap_lane)) + result * 12 + z->plane_words * 64 + 4 * z->window_sums + (g ? g->memory + 4 * g->sums : 0);
    if (need > most)
        return bl_refuse(t, "needs %llu MiB (%llu processors in use with cells of their own); the limit is %lld MiB: %s",
                         (unsigned long long)(need >> 20) + 1, (unsigned long long)lanes, (long long)t->memory_limit, t->fidelity == MICRO ?
                         "take fidelity macro, where processors share cells while they compute, or set memory_limit" : "set memory_limit");
    t->nlanes = (uint32_t)lanes;
    t->results = z->results;
    t->plane_words = z->plane_words;
    t->memory = bl_alloc(t, g ? g->memory : 1);
    t->sums = bl_alloc(t, (g ? g->sums : 1) * sizeof *t->sums);
    t->window_sums = bl_alloc(t, (z->window_sums + 1) * sizeof *t->window_sums);
    t->stat = bl_alloc(t, (g ? g->nlayers : 1) * sizeof *t->stat);
    t->result = bl_alloc(t, (result + 1) * sizeof *t->result);
    t->piece_at = bl_alloc(t, (z->results + 1) * sizeof *t->piece_at);
    t->piece = bl_alloc(t, (z->results + 1) * sizeof *t->piece);
    t->planes = bl_alloc(t, (z->plane_words * 8 + 1) * sizeof *t->planes);
    t->act = bl_alloc(t, z->window + 8);
    t->lanes = bl_alloc(t, (lanes + 1) * sizeof(struct bl_ap_lane));     /* one more: the memory's sums */
    t->cells = bl_alloc(t, (lanes + 1) * lane);
    return 0;
}

static int measure_layer(struct ap_chip *t, const struct bl_host_program *g, uint32_t i, struct sizes *z)
{
    const struct bl_host_layer *l = &g->layer[i];
    struct piece p[PIECES];

    for (uint32_t k = 0, n = pieces_of(l, table_at(t, g, i), p); k < n; k++) {
        measure(t, p[k].w, z);
        if (p[k].stage == WINDOWS && p[k].w[WORK_U] > z->window_sums)
            z->window_sums = p[k].w[WORK_U];
    }
    if (z->cols > t->cols)
        return bl_refuse(t, "cols is %lld, but layer %u needs %u columns: weights, sum, the word beside it and a carry", (long long)t->cols, i, z->cols);
    if ((l->kind == BL_HOST_MAXPOOL || l->kind == BL_HOST_AVGPOOL) && bl_host_outputs(l) > g->sums)
        return bl_refuse(t, "layer %u has more outputs than the sums' memory; this is a mapper's mistake", i);
    return 0;
}

static int shape(void *self)
{
    struct ap_chip *t = self;

    t->cluster_rows = t->caps * t->rows;
    return 0;
}

static int init(void *self)
{
    struct ap_chip *t = self;
    const struct bl_host_program *g = programs_of(t);
    struct sizes z = { 0 };

    if (t->fidelity == MICRO && t->timing != AP_EXACT)
        return bl_refuse(t, "these durations cannot be realised by compares and writes; expected fidelity macro, or timing exact");
    for (uint32_t v = 0; g && (!v || v < g->programs); v++)
        for (uint32_t i = 0; i < g->nlayers; i++)
            if (measure_layer(t, &g[v], i, &z))
                return -1;
    if (g && bl_host_images(t, t->images.n, g))
        return -1;
    t->stage = g && g->images ? BEGIN : DONE;
    return allocate(t, g, &z);
}

/* ---- from layer to layer ---- */

static void hand_out(struct ap_chip *t, const uint32_t *w)
{
    memcpy(t->piece_of_work, w, sizeof t->piece_of_work);
    t->piece_of_work[WORK_SEQ] = ++t->works;
    memcpy(bl_put32(t->layer), t->piece_of_work, sizeof t->piece_of_work);
    memset(t->steps, 0, sizeof t->steps);
}

static void begin_layer(struct ap_chip *t)
{
    const struct bl_host_place place = BL_HOST_PLACE(t, work);
    const struct bl_host_layer *l = layer_of(t);
    struct piece p[PIECES];

    bl_host_begin(&place, program_of(t));
    t->stage = FINISH;
    if (pieces_of(l, table_of(t, t->at), p)) {
        memset(t->sums, 0, (l->kind == BL_HOST_ARRAY ? (size_t)l->cout * l->pixels : bl_host_outputs(l)) * sizeof *t->sums);
        if (p[0].stage == WINDOWS)
            memset(t->window_sums, 0, windows_of(l) * sizeof *t->window_sums);
        hand_out(t, p[0].w);
        t->stage = p[0].stage;
    }
}

/* The host makes sums of products of what the processors have: sum x (2 b - 1) = 2 sum x b - sum x for weights -1 and +1; then the bias. */
static void add_biases(struct ap_chip *t, const struct bl_host_layer *l, const struct bl_ap_layer *x)
{
    uint32_t per = l->cout / bl_host_groups(l);

    for (uint32_t o = 0; o < l->cout; o++)
        for (uint32_t p = 0; p < l->pixels; p++) {
            int32_t *sum = &t->sums[(size_t)o * l->pixels + p];
            if (x->plus_minus)
                *sum = 2 * *sum - t->window_sums[l->flat ? p : o / per * l->pixels + p];
            *sum += x->bias[o];
        }
    charge(&t->bias, bl_host_outputs(l) * (x->plus_minus ? 2 : 1));
}

/* All clusters are through with a piece of work: the next one, or the layer ends. ReLU follows products once the host has added the bias. */
static void work_ended(struct ap_chip *t)
{
    const struct bl_host_layer *l = layer_of(t);
    const struct bl_ap_layer *x = table_of(t, t->at);
    struct piece p[PIECES];
    uint32_t n = pieces_of(l, x, p), k = 0;

    if (t->stage == PRODUCTS)
        add_biases(t, l, x);
    while (k < n && p[k].stage != (enum stage)t->stage)
        k++;
    t->stage = FINISH;
    if (k + 1 < n) {
        hand_out(t, p[k + 1].w);
        t->stage = p[k + 1].stage;
    }
}

static bl_verdict finish_layer(struct ap_chip *t)
{
    const struct bl_host_program *g = program_of(t);
    const struct bl_host_layer *l = layer_of(t);
    const struct bl_host_place place = BL_HOST_PLACE(t, work);

    if (bl_host_works(&place, g))
        return HOST_WORK;
    if (l->kind == BL_HOST_MAXPOOL || l->kind == BL_HOST_AVGPOOL)
        bl_host_pooled(l, t->sums, t->memory);       /* the windows are reduced already */
    else
        bl_host_outcome(&place, g);
    t->stage = bl_host_next(&place, g) ? DONE : BEGIN;
    return BL_BUSY;
}

static bl_verdict tick(void *self)
{
    struct ap_chip *t = self;
    uint64_t now = bl_cycle(t), next;

    if (t->stage == DONE)
        return BL_NAP(BL_IDLE);
    if (t->stage == FINISH)
        return finish_layer(t);
    if (t->stage == BEGIN) {
        begin_layer(t);
        return BL_BUSY;
    }
    if (*bl_get32(t->ended) == t->works) {
        work_ended(t);
        return BL_BUSY;
    }
    next = bl_ap_chip_serve(t, now);
    if (next == UINT64_MAX)
        return BL_NAP(CLUSTERS);
    bl_cancel(t, t->timer);
    bl_notify(t, t->timer, (next - now) * bl_period(t));
    return BL_NAP(BL_BUSY);
}

#define T struct ap_chip
static const struct bl_field fields[] = {
    BL_IN(T, start, BL_BY(T, clusters), 32, "steps begun so far, by cluster"),
    BL_IN(T, ended, 1, 32, "pieces of work ended by all clusters"),
    BL_OUT(T, layer, WORK_LANES, 32, "the layer in work (components/bf_imna/ap_work.h)"),
    BL_WORDS_OF(layer, WORK_KIND, "gemm relu max sum"),
    BL_OUT(T, computed, BL_BY(T, clusters), 32, "steps computed so far, by cluster"),
    BL_EVENT(T, timer, "a step, or an operation, ends"),
    BL_PARAM(T, clusters, 64, 1, AP_CLUSTERS_MOST, "clusters"),
    BL_PARAM(T, caps, 64, 1, AP_CAPS_MOST, "processors of a cluster"),
    BL_PARAM(T, rows, 4800, 33, AP_ROWS_MOST, "rows of a processor"),
    BL_PARAM(T, cols, 72, 66, AP_COLS_MOST, "columns of a processor"),
    BL_CHOICE(T, fold, AP_MULTI, "multi single ideal", "columns of inputs a cluster and step: all that fit, one, dense pairs"),
    BL_CHOICE(T, pack, AP_DENSE, "dense spread", "pairs one behind the other, or whole windows spread evenly over the processors"),
    BL_CHOICE(T, fidelity, MACRO, "micro macro", "every compare and write is an event, or every macro-operation"),
    BL_CHOICE(T, timing, AP_EXACT, "exact paper2d peak", "durations: realisable; Eqs. 7, 10, 13; 3M^2 + 11M a step"),
    BL_PARAM(T, write_cycles, 2, 1, 16, "cycles of a write: SRAM 2, ReRAM 4"),
    BL_PARAM(T, workers, 1, 1, WORKERS_MOST, "threads that compute the processors of a step; the results are the same"),
    BL_PARAM(T, host_cycles, 0, 0, 1000000, "cycles of host work an output of a layer (0: free)"),
    BL_PARAM(T, memory_limit, 1024, 1, 1048576, "MiB that cells, tensors and results may take"),
    BL_PARAM(T, observe, 0, 0, 1e9, "processor whose operations are shown, fidelity micro: cluster by cluster, those in use"),
    BL_DATA(T, program, struct bl_host_program, "the net as the host runs it"), BL_DATA(T, images, uint8_t, "the program's images, one after the other"),
    BL_DATA(T, layers, struct bl_ap_layer, "bits, bias and weights of each layer"),
    BL_COMPUTED(T, cluster_rows, "rows of a cluster: caps x rows"), BL_SLOTS_EACH(BL_BY(T, clusters), BL_BY(T, cluster_rows), BL_BY(T, cols)),
    BL_WAITS(CLUSTERS, start, ended), BL_CAUSE(HOST_WORK, "requantisation and the like, host_cycles an output"),
    BL_TALLY(T, compare, "a compare"), BL_TALLY(T, write, "a write"), BL_TALLY(T, read, "a column or row read"),
    BL_TALLY(T, clear, "a write of zeros that the paper's equations leave out"),
    BL_TALLY(T, matched, "a row or column that matched a compare"),
    BL_TALLY(T, line, "a row or column line sensed"), BL_TALLY(T, cell, "a cell written: only columns that change"),
    BL_TALLY(T, driven, "a cell written when both result columns of a pass are driven"),
    BL_TALLY(T, partial, "a partial result of a cut window, added in the memory"),
    BL_TALLY(T, bias, "a bias added, or a window's sum taken off where weights are -1 and +1"), BL_TALLY(T, requant, "requantisation of an output"),
    BL_TALLY(T, work, "another host operation, an output"), BL_TALLY(T, job, "a processor's part of a step"),
    BL_VIEW(T, image, 1, 32, "image"), BL_VIEW(T, at, 1, 32, "layer"),
    BL_VIEW(T, stage, 1, 3, "what it does of the layer"), BL_WORDS(stage, "begin products relu pooling host done sums"),
    BL_VIEW(T, steps, AP_CLUSTERS_MOST, 64, "steps computed of this piece of work, by cluster"),
    BL_VIEW(T, step_cycles, 1, 64, "cycles of the last step computed"),
    BL_VIEW(T, seen_op, 1, 4, "observed: macro-operation"), BL_VIEW(T, seen_kind, 1, 4, "observed: operation"),
    BL_WORDS(seen_op, AP_OP_NAMES), BL_WORDS(seen_kind, AP_KIND_NAMES),
    BL_VIEW_AS(T, seen_hits, 1, 20, "observed: row tags set", BL_ANALOG),
    BL_MEM(T, memory, "tensors"), BL_MEM(T, sums, "32-bit sums"), BL_MEM(T, window_sums, "sums of windows"), BL_MEM_KEPT(T, stat, "struct bl_host_stat, by layer"),
    BL_MEM(T, result, "results of steps"), BL_MEM(T, act, "an input column"), BL_MEM(T, planes, "input columns"), BL_MEM(T, lanes, "processors"),
    BL_MEM(T, cells, "their cells"), BL_MEM(T, piece_at, "where partial results go"), BL_MEM(T, piece, "partial results"),
    { 0 }
};
const struct bl_class ap_chip_class = { .name = "ap_chip", .help = "processors of a BF-IMNA chip with their host",
    .size = sizeof(T), .restarts = true, .shape = shape, .init = init, .tick = tick, .fields = fields };
