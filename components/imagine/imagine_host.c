/* imagine_host.c - the microcontroller beside IMAGINE: moves weights and feature maps over the DRAM port, starts the phases
 * of a layer, turns codes back to sums (window sums for the +-1 coding, K tiles, weight slices) and does what no array
 * does. */
#include "kernel/model.h"
#include "components/host_ops.h"
#include "components/imagine/imagine_host.h"
#include "components/window.h"

#include <math.h>

enum { PORT_FULL = BL_STALL, ROWS_LATE, PIPELINE, DATA_LATE, HOST_WORK };
enum phase { BEGIN, WEIGHTS, SETTLE, INPUTS, START, RUN, OUTPUTS, FINISH, DONE };
enum { SEE = 4 };                     /* cycles until the counters of a new phase stand */

struct imagine_host {
    struct bl_part p;
    bl_push req;
    bl_pop data;
    bl_in rows, stored;
    bl_out cfg;
    bl_table program, images, layers;
    bl_tally issue, add, requant, work;
    int64_t cols, hmu, host_cycles;
    int64_t r_in, r_out, r_w, n_cim, gamma, datapath, newrow, lmem_layout;   /* the mapper's */
    uint32_t phase, image, at, n;     /* n: the phase of the layer at work */
    uint32_t sent, back, words, wait; /* words asked for, come back, of this transfer */
    uint32_t rows_sent, seq;
    uint64_t busy_until, run_from;
    uint8_t *memory;
    int32_t *sums;
    double *acc;                      /* sums S of the layer at work */
    uint32_t *stream;                 /* what goes to LMEM or came from it */
    struct bl_host_stat *stat;
    struct imagine_stat *spent;
};

static const struct bl_host_program *program_of(const struct imagine_host *t) { return BL_ROWS(struct bl_host_program, t->program); }
static const struct imagine_layer *work_of(const struct imagine_host *t)
{
    return BL_ROWS(struct imagine_layer, t->layers) + t->at;
}

static uint32_t words_in(const uint32_t *cfg)
{
    return imagine_ceil(cfg[CFG_H] * cfg[CFG_W] * cfg[CFG_C_IN] * cfg[CFG_R_IN], 32);
}
static uint32_t words_out(const uint32_t *cfg)
{
    return imagine_ceil(imagine_positions(cfg) * cfg[CFG_C_OUT] * cfg[CFG_R_OUT], 32);
}

/* Clock cycles that an operation needs. */
static uint32_t cycles_of(const struct imagine_host *t, const struct imagine_phase *ph)
{
    return (uint32_t)((ph->t_cim + bl_period(t) - 1) / bl_period(t));
}

static int init(void *self)
{
    struct imagine_host *t = self;
    const struct bl_host_program *g = program_of(t);
    const struct imagine_layer *work = BL_ROWS(struct imagine_layer, t->layers);
    uint32_t most = 1;

    if (g && bl_host_images(t, t->images.n, g))
        return -1;
    for (uint32_t i = 0; work && g && i < g->nlayers; i++)
        for (uint32_t k = 0; k < work[i].nphases; k++) {
            const uint32_t *cfg = work[i].phase[k].cfg, need = cycles_of(t, &work[i].phase[k]);
            if (t->n_cim && t->n_cim < need)
                return bl_refuse(t, "n_cim is %lld, but an operation of %u, %u, %u bits (in, out, weight) takes %llu ps: "
                                 "%u cycles; take that, 0 (as few as needed) or a slower clock",
                                 (long long)t->n_cim, cfg[CFG_R_IN], cfg[CFG_R_OUT], cfg[CFG_R_W],
                                 (unsigned long long)(work[i].phase[k].t_cim / BL_PS), need);
            most = words_in(cfg) > most ? words_in(cfg) : most;
            most = words_out(cfg) > most ? words_out(cfg) : most;
        }
    t->phase = g && g->images ? BEGIN : DONE;
    t->memory = bl_alloc(t, g ? g->memory : 1);
    t->sums = bl_alloc(t, (g ? g->sums : 1) * sizeof *t->sums);
    t->acc = bl_alloc(t, (g ? g->sums : 1) * sizeof *t->acc);
    t->stream = bl_alloc(t, (most + 2) * sizeof *t->stream);
    t->stat = bl_alloc(t, (g ? g->nlayers : 1) * sizeof *t->stat);
    t->spent = bl_alloc(t, (g ? g->nlayers : 1) * sizeof *t->spent);
    return 0;
}

/* ---- values to the stream of LMEM and back ---- */

static void stream_put(uint32_t *s, uint32_t bit, uint32_t n, uint32_t v)
{
    s[bit / 32] |= v << (bit % 32);
    if (bit % 32 + n > 32)
        s[bit / 32 + 1] |= v >> (32 - bit % 32);
}

static uint32_t stream_get(const uint32_t *s, uint32_t bit, uint32_t n)
{
    uint64_t v = s[bit / 32] | (uint64_t)s[bit / 32 + 1] << 32;

    return (uint32_t)(v >> (bit % 32)) & ((UINT32_C(1) << n) - 1);
}

static void pack_inputs(struct imagine_host *t, const struct imagine_phase *ph)
{
    const uint32_t *cfg = ph->cfg, r = cfg[CFG_R_IN], bits = program_of(t)->layer[t->at].in[0].bits;

    t->words = words_in(cfg);
    memset(t->stream, 0, (t->words + 2) * sizeof *t->stream);
    for (uint32_t y = 0; y < cfg[CFG_H]; y++)
        for (uint32_t x = 0; x < cfg[CFG_W]; x++) {
            const uint8_t *from = t->memory + ph->from + (size_t)y * ph->step_y + (size_t)x * ph->step_x;
            uint32_t at = (uint32_t)imagine_pixel(cfg[CFG_ROWMAJOR], (int32_t)y, (int32_t)x, cfg[CFG_H], cfg[CFG_W],
                                                  cfg[CFG_C_IN] * r);
            for (uint32_t c = 0; c < cfg[CFG_C_IN]; c++, at += r)
                stream_put(t->stream, at, r, imagine_narrowed(from[(size_t)c * ph->step_c], bits, r));
        }
}

/* Codes back to sums: S = ((D + 1/2 - 2^(r-1)) LSB - offsets) / volts, each slice with the weight of its bits. */
static void decode(struct imagine_host *t, const struct bl_host_layer *l, const struct imagine_phase *ph)
{
    const uint32_t *cfg = ph->cfg, r = cfg[CFG_R_OUT];
    double half = (double)(UINT32_C(1) << (r - 1)) - 0.5;

    for (uint32_t y = 0; y < cfg[CFG_HO]; y++)
        for (uint32_t x = 0; x < cfg[CFG_WO]; x++) {
            uint32_t at = (uint32_t)imagine_pixel(cfg[CFG_ROWMAJOR], (int32_t)y, (int32_t)x, cfg[CFG_HO], cfg[CFG_WO],
                                                  cfg[CFG_C_OUT] * r);
            double *acc = t->acc + (size_t)ph->out * l->pixels + ph->pixel + (size_t)y * cfg[CFG_WO] + x;
            for (uint32_t j = 0; j < cfg[CFG_C_OUT]; j++, at += r) {
                double v = (stream_get(t->stream, at, r) - half) * ph->lsb - ph->abn[j] * ph->abn_step;
                double weight = (double)(UINT32_C(1) << j % ph->slices * cfg[CFG_R_W]);
                v -= ph->trim ? ph->trim[j] * 1e-6 : 0;
                acc[(size_t)(j / ph->slices) * l->pixels] += v / ph->volts * weight;
            }
        }
    charge(&t->add, (uint64_t)imagine_positions(cfg) * cfg[CFG_C_OUT]);
}

/* ---- the DRAM port ---- */

static bool ask_port(struct imagine_host *t, uint32_t kind, uint32_t address, uint32_t data)
{
    if (!bl_room(t->req))
        return false;
    uint64_t *r = bl_push64(t->req);
    r[DRAM_KIND] = kind;
    r[DRAM_ADDR] = address;
    r[DRAM_DATA] = data;
    t->sent++;
    return true;
}

static bl_verdict send_weights(struct imagine_host *t, const struct imagine_phase *ph)
{
    t->spent[t->at].weights++;
    t->stat[t->at].load_cycles++;
    if (!ask_port(t, DRAM_WEIGHT, t->sent, ph->weights[t->sent]))
        return PORT_FULL;
    if (t->sent == ph->nrows * (CIM_COLS / 32)) {
        t->rows_sent += ph->nrows;
        t->phase = SETTLE;
    }
    return BL_BUSY;
}

static bl_verdict await_rows(struct imagine_host *t)
{
    if (*bl_get32(t->rows) == t->rows_sent)
        t->phase = INPUTS;
    t->spent[t->at].weights++;
    t->stat[t->at].load_cycles++;
    t->sent = 0;
    return ROWS_LATE;
}

static bl_verdict send_inputs(struct imagine_host *t, const struct imagine_phase *ph)
{
    if (t->sent == 0)
        pack_inputs(t, ph);
    t->spent[t->at].inputs++;
    if (!ask_port(t, DRAM_FILL, t->sent * 32, t->stream[t->sent]))
        return PORT_FULL;
    if (t->sent == t->words) {
        t->phase = START;
        t->wait = 0;
    }
    return BL_BUSY;
}

/* The last words are on their way for a few cycles; then the configuration starts the pipeline. */
static bl_verdict start_pipeline(struct imagine_host *t, const struct imagine_phase *ph)
{
    t->spent[t->at].inputs++;
    if (t->wait++ < SEE)
        return PIPELINE;
    uint32_t *cfg = bl_put32(t->cfg);
    memcpy(cfg, ph->cfg, sizeof ph->cfg);
    cfg[CFG_SEQ] = ++t->seq;
    cfg[CFG_N_CIM] = t->n_cim ? (uint32_t)t->n_cim : cycles_of(t, ph);
    charge(&t->issue, imagine_positions(ph->cfg));
    t->stat[t->at].ops += imagine_positions(ph->cfg);
    t->phase = RUN;
    t->wait = 0;
    t->run_from = bl_cycle(t);
    return BL_BUSY;
}

static bl_verdict await_pipeline(struct imagine_host *t, const struct imagine_phase *ph)
{
    const uint32_t *stored = bl_get32(t->stored);

    if (t->wait++ < SEE)
        return PIPELINE;
    if (stored[0] != stored[1])
        return BL_NAP(PIPELINE);
    t->spent[t->at].run += bl_cycle(t) - t->run_from;
    t->phase = OUTPUTS;
    t->sent = t->back = 0;
    t->words = words_out(ph->cfg);
    memset(t->stream, 0, (t->words + 2) * sizeof *t->stream);
    return PIPELINE;
}

static bl_verdict take_outputs(struct imagine_host *t, const struct bl_host_layer *l, const struct imagine_phase *ph)
{
    bool moved = false;

    t->spent[t->at].outputs++;
    if (bl_avail(t->data)) {
        t->stream[t->back++] = *bl_pop32(t->data);
        moved = true;
    }
    if (t->sent < t->words)
        moved |= ask_port(t, DRAM_DRAIN, t->sent * 32, 0);
    if (t->back == t->words) {
        decode(t, l, ph);
        t->sent = 0;
        t->phase = BEGIN;
        t->n++;
    }
    return moved ? BL_BUSY : DATA_LATE;
}

/* ---- sums of the layer ---- */

/* The sum of the activations of window p of a group, as the macro had them: narrowed to r bits. */
static int64_t window_sum(const struct imagine_host *t, const struct bl_host_layer *l, uint32_t group, uint32_t p, uint32_t r)
{
    const int64_t pad = imagine_narrowed(bl_window_pad(l), l->in[0].bits, r);
    struct bl_window window;
    struct bl_taps run;
    int64_t sum = 0;

    bl_window_at(&window, l, group, p);
    const uint8_t *in = bl_window_input(&window, t->memory);
    for (uint32_t k = 0; k < l->k;) {
        k = bl_window_next(&window, k, l->k, &run);
        for (uint32_t i = 0; run.at >= 0 && i < run.n; i++)
            sum += imagine_narrowed(in[run.at + i], l->in[0].bits, r);
        sum += run.at < 0 ? run.n * pad : 0;
    }
    return sum;
}

/* S = sum (2x - c)(2w + 1), c = 2^r - 1: sum x w = ((S + c sum (2w + 1)) / 2 - sum x) / 2, times the step of a narrowed
 * x; of odd weights S = sum (2x - c) w, sum x w = (S + c sum w) / 2. */
static void make_sums(struct imagine_host *t, const struct bl_host_layer *l, const struct imagine_layer *work)
{
    uint32_t r = work->phase[0].cfg[CFG_R_IN], groups = bl_host_groups(l);
    uint32_t per_group = l->cout / groups, windows = l->flat ? l->rows_of_group : l->pixels;
    double c = (double)((UINT32_C(1) << r) - 1), step = (double)(UINT32_C(1) << imagine_dropped(l->in[0].bits, r));

    for (uint32_t g = 0; g < groups; g++)
        for (uint32_t p = 0; p < windows; p++) {
            double x = work->odd ? 0 : (double)window_sum(t, l, g, p, r);
            for (uint32_t o = g * per_group; o < (g + 1) * per_group; o++) {
                size_t at = (size_t)o * l->pixels + (l->flat ? g * windows : 0) + p;
                double all = work->odd ? work->wsum[o] : 2.0 * work->wsum[o] + l->k, twice = (t->acc[at] + c * all) / 2 - x;
                double v = rint(step * (work->odd ? twice : twice / 2));
                t->sums[at] = v > INT32_MAX ? INT32_MAX : v < INT32_MIN ? INT32_MIN : (int32_t)v;
            }
        }
    if (!work->odd)
        charge(&t->add, (uint64_t)groups * windows * l->k);
}

/* ---- from layer to layer ---- */

static void begin_layer(struct imagine_host *t, const struct bl_host_program *g, const struct bl_host_layer *l)
{
    const struct bl_host_place place = BL_HOST_PLACE(t, add);

    bl_host_begin(&place, g);
    if (l->kind == BL_HOST_ARRAY)
        memset(t->acc, 0, (size_t)l->cout * l->pixels * sizeof *t->acc);
}

static bl_verdict finish_layer(struct imagine_host *t, const struct bl_host_program *g, const struct bl_host_layer *l)
{
    const struct bl_host_place place = BL_HOST_PLACE(t, add);

    if (bl_host_works(&place, g))
        return HOST_WORK;
    if (l->kind == BL_HOST_ARRAY)
        make_sums(t, l, work_of(t));
    bl_host_outcome(&place, g);
    t->n = 0;
    t->phase = bl_host_next(&place, g) ? DONE : BEGIN;
    return BL_BUSY;
}

/* The next phase of the layer, or its end. */
static void begin(struct imagine_host *t, const struct bl_host_program *g, const struct bl_host_layer *l)
{
    const struct imagine_layer *work = work_of(t);

    if (t->n == 0)
        begin_layer(t, g, l);
    t->sent = 0;
    t->phase = t->n == work->nphases ? FINISH : work->phase[t->n].nrows ? WEIGHTS : INPUTS;
}

static bl_verdict tick(void *self)
{
    struct imagine_host *t = self;
    const struct bl_host_program *g = program_of(t);

    if (t->phase == DONE)
        return BL_NAP(BL_IDLE);
    const struct bl_host_layer *l = &g->layer[t->at];
    if (t->phase == BEGIN)
        begin(t, g, l);
    if (t->phase == FINISH)
        return finish_layer(t, g, l);
    const struct imagine_phase *ph = &work_of(t)->phase[t->n];
    switch (t->phase) {
    case WEIGHTS: return send_weights(t, ph);
    case SETTLE: return await_rows(t);
    case INPUTS: return send_inputs(t, ph);
    case START: return start_pipeline(t, ph);
    case RUN: return await_pipeline(t, ph);
    default: return take_outputs(t, l, ph);
    }
}

#define T struct imagine_host
static const struct bl_field fields[] = {
    BL_PUSH(T, req, DRAM_LANES, 64, "accesses over the DRAM port"), BL_WORDS_OF(req, DRAM_KIND, DRAM_NAMES),
    BL_POP(T, data, 1, 32, "words of the output LMEM"),
    BL_IN(T, rows, 1, 32, "weight rows written so far"),
    BL_IN(T, stored, 2, 32, "words stored in this phase; words it stores"),
    BL_OUT(T, cfg, CFG_LANES, 32, "configuration of the phase in force: lanes CFG_... of components/imagine/imagine.h"),
    BL_WORDS_OF(cfg, CFG_DENSE, "conv dense"), BL_WORDS_OF(cfg, CFG_CONVERT, "none in out both"),
    BL_PARAM(T, cols, CIM_ROWS, CIM_ROWS, CIM_ROWS, "products of a macro operation"),
    BL_PARAM(T, hmu, CIM_COLS, CIM_COLS, CIM_COLS, "columns of the macro"),
    BL_PARAM(T, host_cycles, 0, 0, 1000000, "cycles of host work an output of a layer (0: free)"),
    BL_PARAM(T, r_in, 8, 1, 8, "bits of an activation: fewer than it has are its rounded top bits"),
    BL_PARAM(T, r_out, 8, 1, CIM_CODE_BITS, "bits of a code: up to 8 on the chip, more for an ideal ADC"),
    BL_PARAM(T, r_w, 4, 1, 4, "bits of a weight slice: weights of more bits take several macro outputs"),
    BL_PARAM(T, n_cim, 0, 0, 1000, "clock cycles of an operation; 0: as few as its time needs"),
    BL_PARAM(T, gamma, 1, 1, 32, "ABN gain where no calibration says another: 1 2 4 8 16 (32)"),
    BL_CHOICE(T, datapath, DATAPATH_PIPELINED, "pipelined serial", "the four stages at once, or one position after the other (Eq. 8)"),
    BL_CHOICE(T, newrow, NEWROW_PHYSICAL, "physical paper", "a row start repeats N_cim - 1 once, or for each kernel column"),
    BL_CHOICE(T, lmem_layout, LMEM_PACKED, "packed rowmajor",
              "pixels of a kernel column together in LMEM (Eq. 9), or of an image row"),
    BL_DATA(T, program, struct bl_host_program, "the net as the host runs it"), BL_DATA(T, images, uint8_t, "the program's images, one after the other"),
    BL_DATA(T, layers, struct imagine_layer, "phases of each layer"),
    BL_WAITS(PORT_FULL, req), BL_WAITS(ROWS_LATE, rows), BL_WAITS(PIPELINE, stored), BL_WAITS(DATA_LATE, data),
    BL_CAUSE(HOST_WORK, "bias, requantisation, pooling and the like, host_cycles an output"),
    BL_TALLY(T, issue, "a macro operation started"), BL_TALLY(T, add, "an addition: codes to sums, window sums"),
    BL_TALLY(T, requant, "bias and requantisation of an output"), BL_TALLY(T, work, "another host operation, an output"),
    BL_VIEW(T, image, 1, 32, "image"), BL_VIEW(T, at, 1, 32, "layer"), BL_VIEW(T, n, 1, 32, "phase of the layer"),
    BL_MEM(T, memory, "tensors"), BL_MEM(T, sums, "32-bit sums"), BL_MEM(T, acc, "sums S of the layer"),
    BL_MEM(T, stream, "words for or of LMEM"), BL_MEM_KEPT(T, stat, "struct bl_host_stat, by layer"),
    BL_MEM_KEPT(T, spent, "struct imagine_stat, by layer"), { 0 }
};
const struct bl_class imagine_host_class = { .name = "imagine_host",
    .help = "host of IMAGINE: phases, DRAM traffic, sums, host work",
    .size = sizeof(T), .restarts = true, .init = init, .tick = tick, .fields = fields };
