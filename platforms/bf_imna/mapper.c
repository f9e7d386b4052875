/* mapper.c - mapper of BF-IMNA: weights as bit planes in the order of the pairs, precision a layer; steps, rates and the
 * energies of the paper's three ways of counting. */
#include <stdio.h>
#include <string.h>

#include "components/bf_imna/ap_work.h"
#include "kernel/model.h"
#include "platforms/job/mapper.h"
#include "platforms/job/tile.h"

enum { MOST_BITS = 16 };

/* The job's state. */
struct state { struct bl_ap_layer *layers; struct bl_ap_chip chip; };

/* What chip and controllers each count steps, bits and cycles with. No wire carries these: clusters are lanes, so a number of them that
 * differs is an error of a wire's width. */
static const struct bl_equal equal[] = { { "ctrl.caps", "chip.caps" }, { "ctrl.rows", "chip.rows" }, { "ctrl.fold", "chip.fold" },
    { "ctrl.write_cycles", "chip.write_cycles" }, { 0 } };

static int begin(struct bl_job *job, struct bl_sim *s)
{
    struct state *st = *bl_job_state(job) = bl_job_alloc(job, sizeof *st);
    struct bl_ask ask = bl_job_ask(job, s);

    if (bl_ask_equal(&ask, equal))
        return -1;
    st->layers = bl_job_alloc(job, bl_job_options(job)->net->nlayers * sizeof *st->layers);
    st->chip = (struct bl_ap_chip){ (uint32_t)bl_ask_int(&ask, "chip.clusters"), (uint32_t)bl_ask_int(&ask, "chip.caps"),
                                    (uint32_t)bl_ask_int(&ask, "chip.rows"), (enum bl_ap_fold)bl_ask_int(&ask, "chip.fold") };
    return ask.failed ? -1 : 0;
}

/* The integer biases of a layer, which its requantisation then has no more: the chip adds them before ReLU, on the processors. */
static const int32_t *take_bias(struct bl_job *job, struct bl_host_layer *out)
{
    struct bl_requant *requant = bl_job_alloc(job, out->cout * sizeof *requant);
    int32_t *bias = bl_job_alloc(job, out->cout * sizeof *bias);

    memcpy(requant, out->requant, out->cout * sizeof *requant);
    for (uint32_t o = 0; o < out->cout; o++) {
        bias[o] = requant[o].bias;
        requant[o].bias = 0;
    }
    out->requant = requant;
    return bias;
}

/* Planes of the weights: bit b of product k of output o at o * k_of_layer + k. ReLU is the processors' work where the sums are whole when they have
 * them: not behind a float32 tail, nor before the host has taken off zero points of weights. */
static int pack(struct bl_job *job, struct bl_sim *s, uint32_t layer, struct bl_host_layer *out)
{
    const struct bl_layer *l = &bl_job_options(job)->net->layers[layer];
    struct state *st = *bl_job_state(job);
    struct bl_ap_layer *x = &st->layers[layer];
    size_t n = (size_t)l->cout * l->k;

    (void)s;
    if (bl_tile_cut(job, layer, l->k, l->cout / l->groups, out))
        return -1;
    *x = (struct bl_ap_layer){ .wbits = bl_layer_weight_bits(l), .relu = l->relu && !out->requant->tail && !out->wzero,
        .bias = take_bias(job, out), .plane_words = n / 64 + 2 };
    uint64_t *planes = bl_job_alloc(job, x->wbits * x->plane_words * sizeof *planes);
    for (size_t i = 0; i < n; i++)
        for (uint32_t b = 0; b < x->wbits; b++)
            planes[b * x->plane_words + i / 64] |= (uint64_t)((uint32_t)l->weight[i] >> b & 1) << (i & 63);
    x->planes = planes;
    return 0;
}

static int supply(struct bl_job *job, struct bl_sim *s)
{
    const struct state *st = *bl_job_state(job);

    return bl_supply(s, "chip", "layers", st->layers, bl_job_options(job)->net->nlayers * sizeof *st->layers);
}

/* ---- figures ---- */

static bool on_chip(const struct bl_layer *l) { return l->kind == BL_CONV || l->kind == BL_FC; }

/* Steps of matrix products, an image. */
static uint64_t steps(struct bl_job *job)
{
    const struct bl_net *net = bl_job_options(job)->net;
    const struct state *st = *bl_job_state(job);
    uint64_t n = 0;

    for (uint32_t i = 0; i < net->nlayers; i++) {
        const struct bl_layer *l = &net->layers[i];
        const struct bl_tensor *to = &net->tensors[l->out];
        if (on_chip(l))
            n += bl_ap_steps(&st->chip, &(struct bl_ap_gemm){ l->cout, l->k, l->kind == BL_FC ? l->rows : to->h * to->w, l->groups });
    }
    return n;
}

/* Multiply-accumulates of an image, by bits of the weights; returns all of them. */
static double macs_by_bits(const struct bl_net *net, double macs[MOST_BITS + 1])
{
    double all = 0;

    for (uint32_t i = 0; i < net->nlayers; i++)
        if (on_chip(&net->layers[i])) {
            double n = (double)bl_layer_macs(net, i);
            macs[net->layers[i].wbits] += n;
            all += n;
        }
    return all;
}

/* The paper's mix of events a multiply-accumulate of M bits: lines 4 M^2 + 8 M (the product, one vertical addition), cells written
 * 0.5 M^2 + 2 M with both result columns driven. PEAK: (M^2 + M) compares, (M^2 + 5 M) writes (Table VIII). Joules an image. */
static void energies(struct bl_job *job, const double macs[MOST_BITS + 1])
{
    double phys = 0, cal = 0, peak = 0;

    for (int m = 1; m <= MOST_BITS; m++) {
        double lines = 4.0 * m * m + 8 * m, cells = 0.5 * m * m + 2 * m;
        phys += macs[m] * (lines * 50 + cells * 0.24) * 1e-15;
        cal += macs[m] * (lines * 72.6 + cells * 0.24) * 1e-15;
        peak += macs[m] * ((m * m + m) * 42.988 + (m * m + 5 * m) * 0.24) * 1e-15;
    }
    bl_job_figure(job, "model_phys", "J", phys, "to be quoted beside the paper's energies: its event mix (Eqs. 2 and 4), inputs as wide as weights, at 50 fJ a line and 0.24 fJ a cell (derived from Table VI), an image");
    bl_job_figure(job, "model_cal", "J", cal, "not to be quoted: the same with 72.6 fJ a line, calibrated on 0.095 J of ResNet50 (section V.A), an image");
    bl_job_figure(job, "model_peak", "J", peak, "not to be quoted: 42.988 fJ a compare, calibrated on GOPS/W of Table VIII, without reductions, an image");
}

static void figures(struct bl_job *job, struct bl_sim *s)
{
    static const char *const timing[] = { [AP_EXACT] = "exact: the compares and writes that were executed",
                                          [AP_PAPER2D] = "paper2d: Eqs. 7, 10, 13; timing not realisable",
                                          [AP_PEAK] = ("peak: 3M^2 + 11M a step, products only; timing not realisable; on the chip the memory port "
                                                       "(ctrl.map_busy) bounds it") };
    struct bl_ask ask = bl_job_ask(job, s);
    uint64_t how = bl_ask_int(&ask, "chip.timing"), passes = bl_ask_int(&ask, "chip.compare"), lines = bl_ask_int(&ask, "chip.line");
    double images = bl_job_result(job)->images, macs[MOST_BITS + 1] = { 0 }, all = macs_by_bits(bl_job_options(job)->net, macs);

    bl_job_figure(job, "timing_policy", "", (double)how, timing[how]);
    bl_job_figure(job, "steps", "", (double)steps(job), "steps of matrix products, an image");
    bl_job_figure(job, "passes", "", (double)passes, "LUT passes executed: a compare and a write each");
    if (images > 0)
        bl_job_figure(job, "lines_per_mac", "", (double)lines / (all * images), "rows sensed a multiply-accumulate");
    energies(job, macs);
}

static const struct bl_need needs[] = { { "chip", "ap_chip" }, { "ctrl", "cluster_ctrl" }, { "mesh", NULL }, { "map", NULL }, { 0 } };
const struct bl_mapper bf_imna_mapper = { .name = "bf_imna",
    .help = "matrix products, ReLU and pooling on associative processors, folded weight-stationary", .host = "chip", .needs = needs,
    .begin = begin, .pack = pack, .supply = supply, .figures = figures, .op_size = { "chip.rows", NULL }, .pools = true };
