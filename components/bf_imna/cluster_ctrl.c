/* cluster_ctrl.c - controllers of clusters: READ (inputs over the mesh, prefetched while the processors compute), COMPUTE,
 * WRITE (results over the mesh into the memory), step by step; the layer ends when the slowest cluster is done. */
#include "kernel/model.h"
#include "components/bf_imna/ap_work.h"

enum { NO_LAYER = BL_STALL, WAIT_OPERAND, COMPUTING, WAIT_LINK, MAP_BUSY };
enum phase { REST, READ, COMPUTE, WRITE, PHASES };

struct lane {
    uint64_t step, steps, asked;             /* at work; of the layer; whose inputs were asked for */
    uint64_t in_flits[2], in_reads[2];       /* what must have come before step (modulo 2) */
    uint64_t out_flits, writes;              /* asked for so far */
    uint32_t phase, begun;                   /* begun: steps, of all layers */
    bool stored;                             /* this step's results are on their way */
};

struct cluster_ctrl {
    struct bl_part p;
    bl_in layer, computed, link, map;
    bl_out start, ended, link_req, map_req;
    bl_tally step, idle;
    int64_t clusters, caps, rows, fold, pack, link_lanes, map_lanes, buffers, flit_bits, map_rows, map_bits, write_cycles, broadcast, offline;
    uint32_t seq;
    bool active;
    struct lane *lane;
    uint64_t since[AP_CLUSTERS_MOST];        /* cycle of the last look at a lane's stall */
    uint64_t wait_operand[AP_CLUSTERS_MOST], map_busy[AP_CLUSTERS_MOST];   /* cycles stalled, by cluster */
    uint8_t phase[AP_CLUSTERS_MOST];
    uint16_t in_phase[PHASES + 1];           /* how many clusters rest, read, compute, write, wait for the memory */
};

static int shape(void *self)
{
    struct cluster_ctrl *t = self;

    t->link_lanes = 2 * t->clusters;
    t->map_lanes = 3 * t->clusters;
    return 0;
}

static int init(void *self)
{
    struct cluster_ctrl *t = self;

    t->lane = bl_alloc(t, (size_t)t->clusters * sizeof *t->lane);
    return 0;
}

static struct bl_ap_chip chip_of(const struct cluster_ctrl *t)
{
    return (struct bl_ap_chip){ (uint32_t)t->clusters, (uint32_t)t->caps, (uint32_t)t->rows, (enum bl_ap_fold)t->fold, (enum bl_ap_pack)t->pack };
}

static void step_traffic(const struct cluster_ctrl *t, uint32_t c, uint64_t step, struct bl_ap_traffic *x)
{
    const uint32_t *work = bl_get32(t->layer);
    struct bl_ap_chip chip = chip_of(t);
    struct bl_ap_gemm g = bl_ap_work_gemm(work);
    struct bl_ap_slice s;

    bl_ap_slice(&chip, &g, step, c, &s);
    bl_ap_traffic(&chip, work, &s, x);
    if (t->offline) {
        x->in_bits -= x->weights * work[WORK_WBITS];
        x->weights = 0;
    }
    if (!t->broadcast && work[WORK_KIND] == WORK_GEMM)
        x->in_bits += (s.count - x->values) * work[WORK_ABITS];
}

/* Inputs (and new weights) of a step: columns of the memory, then flits. */
static void ask_inputs(struct cluster_ctrl *t, uint32_t c)
{
    struct lane *l = &t->lane[c];
    struct bl_ap_traffic x;
    const uint32_t *work = bl_get32(t->layer);

    step_traffic(t, c, l->asked, &x);
    uint64_t *flits = &bl_put64(t->link_req)[c], *reads = &bl_put64(t->map_req)[c];
    *flits += bl_ap_ceil(x.in_bits, (uint64_t)t->flit_bits);
    *reads += bl_ap_ceil(x.values, (uint64_t)t->map_rows) * work[WORK_ABITS] + bl_ap_ceil(x.weights, (uint64_t)t->map_rows) * work[WORK_WBITS];
    l->in_flits[l->asked & 1] = *flits;
    l->in_reads[l->asked & 1] = *reads;
    l->asked++;
}

/* Results: flits out, words into the memory behind them, partial sums of cut windows added there: 4 W compares and writes. */
static void store_results(struct cluster_ctrl *t, uint32_t c)
{
    struct bl_ap_traffic x;
    uint32_t n = (uint32_t)t->clusters;

    step_traffic(t, c, t->lane[c].step, &x);
    struct lane *l = &t->lane[c];
    bl_put64(t->link_req)[n + c] = l->out_flits += bl_ap_ceil(x.words * x.width, (uint64_t)t->flit_bits);
    uint64_t bits = (uint64_t)t->map_bits;   /* a word takes rows of its own, or several words share one */
    bl_put64(t->map_req)[n + c] = l->writes += x.width > bits ? x.words * bl_ap_ceil(x.width, bits) : bl_ap_ceil(x.words, bits / x.width);
    if (x.pieces > 1)
        bl_put64(t->map_req)[2 * n + c] += (x.pieces - 1) * 4 * x.width * (1 + (uint64_t)t->write_cycles);
}

static bool memory_drained(const struct cluster_ctrl *t, uint32_t c)
{
    return bl_get64(t->map)[(uint32_t)t->clusters + c] == t->lane[c].writes;
}

static bool may_prefetch(const struct cluster_ctrl *t, const struct lane *l)
{
    uint64_t ahead = l->phase == READ ? l->step + 1 : l->step + 2;

    return l->asked < l->steps && (l->asked == l->step || (l->asked < ahead && t->buffers >= bl_get32(t->layer)[WORK_ABITS]));
}

static bool same_lane(const struct lane *a, const struct lane *b)
{
    return a->step == b->step && a->asked == b->asked && a->phase == b->phase && a->stored == b->stored;
}

/* Moves a cluster on as far as it goes in this cycle; returns what it waits for. */
static bl_verdict advance_cluster(struct cluster_ctrl *t, uint32_t c)
{
    struct lane *l = &t->lane[c];
    uint32_t n = (uint32_t)t->clusters;

    for (;;) {
        while (l->step < l->steps && may_prefetch(t, l))
            ask_inputs(t, c);
        switch (l->phase) {
        case READ:
            if (bl_get64(t->link)[c] < l->in_flits[l->step & 1])
                return WAIT_OPERAND;
            if (bl_get64(t->map)[c] < l->in_reads[l->step & 1])
                return BL_AT(WAIT_OPERAND, 1);
            bl_put32(t->start)[c] = ++l->begun;
            charge(&t->step, 1);
            l->phase = COMPUTE;
            break;
        case COMPUTE:
            if (bl_get32(t->computed)[c] != l->begun)
                return COMPUTING;
            l->phase = WRITE;
            l->stored = false;
            break;
        case WRITE:
            if (!l->stored) {
                if (!memory_drained(t, c))
                    return MAP_BUSY;
                store_results(t, c);
                l->stored = true;
                return WAIT_LINK;
            }
            if (bl_get64(t->link)[n + c] != l->out_flits)
                return WAIT_LINK;
            l->phase = ++l->step < l->steps ? READ : REST;
            break;
        default:
            return l->steps && !memory_drained(t, c) ? MAP_BUSY : BL_IDLE;
        }
    }
}

static void begin_layer(struct cluster_ctrl *t)
{
    const uint32_t *work = bl_get32(t->layer);
    struct bl_ap_chip chip = chip_of(t);
    struct bl_ap_gemm g = bl_ap_work_gemm(work);

    t->seq = work[WORK_SEQ];
    t->active = true;
    for (uint32_t c = 0; c < chip.clusters; c++) {
        struct bl_ap_slice s;
        uint64_t steps = bl_ap_steps(&chip, &g);
        for (; steps; steps--) {             /* the last steps may have nothing for this cluster */
            bl_ap_slice(&chip, &g, steps - 1, c, &s);
            if (s.count)
                break;
        }
        t->lane[c].steps = steps;
        t->lane[c].step = t->lane[c].asked = 0;
        t->lane[c].phase = steps ? READ : REST;
        charge(&t->idle, !steps);
    }
}

static bl_verdict tick(void *self)
{
    struct cluster_ctrl *t = self;
    uint64_t now = bl_cycle(t);
    bl_verdict why = BL_IDLE;
    bool moved = false;

    if (!t->active && bl_get32(t->layer)[WORK_SEQ] == t->seq)
        return BL_NAP(NO_LAYER);
    if (!t->active)
        begin_layer(t);
    t->active = false;
    memset(t->in_phase, 0, sizeof t->in_phase);
    for (uint32_t c = 0; c < (uint32_t)t->clusters; c++) {
        struct lane *l = &t->lane[c];
        if (t->phase[c] == READ)
            t->wait_operand[c] += now - t->since[c];
        else if (t->phase[c] == PHASES)
            t->map_busy[c] += now - t->since[c];
        const struct lane before = *l;
        bl_verdict v = advance_cluster(t, c);
        moved |= !same_lane(l, &before);
        t->since[c] = now;
        t->phase[c] = (uint8_t)(v == MAP_BUSY ? PHASES : l->phase);
        t->in_phase[t->phase[c]]++;
        t->active |= v != BL_IDLE;
        why = v == COMPUTING || why == COMPUTING ? COMPUTING : v != BL_IDLE ? v : why;
    }
    if (!t->active) {
        ++*bl_put32(t->ended);
        return NO_LAYER;
    }
    return moved ? BL_BUSY : BL_NAP(why);
}

#define T struct cluster_ctrl
static const struct bl_field fields[] = {
    BL_IN(T, layer, WORK_LANES, 32, "the layer in work (components/bf_imna/ap_work.h)"),
    BL_IN(T, computed, BL_BY(T, clusters), 32, "steps computed so far, by cluster"),
    BL_IN(T, link, BL_BY(T, link_lanes), 64, "flits arrived so far: inward, outward, by cluster"),
    BL_IN(T, map, BL_BY(T, map_lanes), 64, "memory reads, writes done so far, by cluster"),
    BL_OUT(T, start, BL_BY(T, clusters), 32, "steps begun so far, by cluster"),
    BL_OUT(T, ended, 1, 32, "layers ended by all clusters"),
    BL_OUT(T, link_req, BL_BY(T, link_lanes), 64, "flits asked for so far: inward, outward, by cluster"),
    BL_OUT(T, map_req, BL_BY(T, map_lanes), 64, "memory reads, writes, cycles of additions asked for so far, by cluster"),
    BL_PARAM(T, clusters, 64, 1, AP_CLUSTERS_MOST, "clusters"),
    BL_PARAM(T, caps, 64, 1, AP_CAPS_MOST, "processors of a cluster"),
    BL_PARAM(T, rows, 4800, 33, AP_ROWS_MOST, "rows of a processor"),
    BL_CHOICE(T, fold, AP_MULTI, "multi single ideal", "columns of inputs a cluster and step: all that fit, one, dense pairs"),
    BL_CHOICE(T, pack, AP_DENSE, "dense spread", "pairs one behind the other, or whole windows spread evenly over the processors"),
    BL_COMPUTED(T, link_lanes, "twice the clusters"),
    BL_COMPUTED(T, map_lanes, "three times the clusters"),
    BL_PARAM(T, buffers, 8, 0, 64, "input columns that a processor's buffer holds while it computes"),
    BL_PARAM(T, broadcast, 1, 0, 1, "inputs and weights that processors share are sent once"),
    BL_PARAM(T, offline, 0, 0, 1, "weights were brought to the processors before the run: they do not cross the mesh"),
    BL_PARAM(T, flit_bits, 1024, 1, 1 << 20, "bits of a flit"),
    BL_PARAM(T, map_rows, 4800, 1, AP_ROWS_MOST, "rows of a memory: bits of a column read"),
    BL_PARAM(T, map_bits, 16, 1, 1024, "bits of a row of the memory"),
    BL_PARAM(T, write_cycles, 2, 1, 16, "cycles of a write, in additions of partial sums"),
    BL_FEED(layer), BL_WAITS(NO_LAYER, layer), BL_WAITS(WAIT_OPERAND, link, map), BL_WAITS(COMPUTING, computed), BL_WAITS(WAIT_LINK, link),
    BL_WAITS(MAP_BUSY, map),
    BL_TALLY(T, step, "a step of a cluster"), BL_TALLY(T, idle, "a cluster without work in a layer"),
    BL_VIEW(T, phase, BL_BY(T, clusters), 3, "what each cluster does; held: its write, by the memory"),
    BL_WORDS(phase, "rest read compute write held"),
    BL_VIEW_AS(T, in_phase, PHASES + 1, 9, "clusters that rest, read, compute, write, are held up by the memory", BL_ANALOG),
    BL_VIEW(T, wait_operand, AP_CLUSTERS_MOST, 64, "cycles without operands, by cluster"),
    BL_VIEW(T, map_busy, AP_CLUSTERS_MOST, 64, "cycles held up by the memory, by cluster"),
    BL_MEM(T, lane, "clusters"),
    { 0 }
};
const struct bl_class cluster_ctrl_class = { .name = "cluster_ctrl", .help = "controllers of BF-IMNA clusters, with layer barrier",
    .size = sizeof(T), .shape = shape, .init = init, .tick = tick, .fields = fields };
