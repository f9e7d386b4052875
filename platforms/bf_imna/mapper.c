/* mapper.c - mapper of BF-IMNA: weights as bit planes in the order of the pairs, precision a layer; steps, rates and the
 * energies of the paper's three ways of counting. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "components/bf_imna/ap_work.h"
#include "kernel/model.h"
#include "platforms/job/mapper.h"
#include "platforms/job/tile.h"

/* The job's state. */
struct state { struct bl_ap_layer *layers; struct bl_ap_chip chip; uint32_t cols; };

/* What chip and controllers each count steps, bits and cycles with. No wire carries these: clusters are lanes, so a number of them that
 * differs is an error of a wire's width. */
static const struct bl_equal equal[] = { { "ctrl.caps", "chip.caps" }, { "ctrl.rows", "chip.rows" }, { "ctrl.fold", "chip.fold" },
    { "ctrl.pack", "chip.pack" }, { "ctrl.write_cycles", "chip.write_cycles" }, { 0 } };

static int begin(struct bl_job *job, struct bl_sim *s)
{
    struct state *st = *bl_job_state(job) = bl_job_alloc(job, sizeof *st);
    struct bl_ask ask = bl_job_ask(job, s);

    if (bl_ask_equal(&ask, equal))
        return -1;
    st->layers = bl_job_alloc(job, (size_t)bl_job_nets(job) * bl_job_options(job)->net->nlayers * sizeof *st->layers);
    st->chip = (struct bl_ap_chip){ (uint32_t)bl_ask_int(&ask, "chip.clusters"), (uint32_t)bl_ask_int(&ask, "chip.caps"),
                                    (uint32_t)bl_ask_int(&ask, "chip.rows"), (enum bl_ap_fold)bl_ask_int(&ask, "chip.fold"),
                                    (enum bl_ap_pack)bl_ask_int(&ask, "chip.pack") };
    st->cols = (uint32_t)bl_ask_int(&ask, "chip.cols");
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

static int check_columns(struct bl_job *job, const struct state *st, uint32_t layer)
{
    const struct bl_net *net = bl_job_options(job)->net;
    const struct bl_layer *l = &net->layers[layer];
    unsigned a = bl_layer_input_bits(net, layer), wide = l->wbits > a ? l->wbits : a;
    struct bl_ap_columns x;

    bl_ap_columns(l->wbits, a, l->k < st->chip.rows ? l->k : st->chip.rows, &x);
    unsigned over = x.need > st->cols ? (x.need - st->cols + 1) / 2 : 0;       /* a bit less is two columns less, or three */
    return !over ? 0 :
        bl_error(bl_job_diag(job), "chip.cols is %u, but layer '%s' of net %s, %u x %u bits and %u products an output, needs %u columns: weights, sum, the word beside it "
                 "and a carry; take %u, or give it fewer bits, as in --set 'layer[%s].%c_bits=%u'", st->cols, l->name, net->name, l->wbits, a, l->k, x.need, x.need, l->name,
                 l->wbits > a ? 'w' : 'a', wide > 8 ? 8 : wide > over ? wide - over : 1);
}

/* Planes of the weights: bit b of product k of output o at o * k_of_layer + k. ReLU is the processors' work where the sums are whole when they have
 * them: not behind a float32 tail, nor before the host has taken off zero points of weights. */
static int pack(struct bl_job *job, struct bl_sim *s, uint32_t layer, struct bl_host_layer *out)
{
    const struct bl_layer *l = &bl_job_options(job)->net->layers[layer];
    struct state *st = *bl_job_state(job);
    struct bl_ap_layer *x = &st->layers[(size_t)bl_job_net_number(job) * bl_job_options(job)->net->nlayers + layer];
    size_t n = (size_t)l->cout * l->k;

    (void)s;
    if (check_columns(job, st, layer))
        return -1;
    if (bl_tile_cut(job, layer, l->k, l->cout / l->groups, out))
        return -1;
    *x = (struct bl_ap_layer){ .wbits = l->wbits, .abits = bl_layer_input_bits(bl_job_options(job)->net, layer), .plus_minus = l->wbits == 1, .relu = l->relu && !out->requant->tail && !out->wzero,
        .bias = take_bias(job, out), .plane_words = n / 64 + 2 };
    uint64_t *planes = bl_job_alloc(job, x->wbits * x->plane_words * sizeof *planes);
    for (size_t i = 0; i < n; i++)
        for (uint32_t b = 0; b < x->wbits; b++)
            planes[b * x->plane_words + i / 64] |= (uint64_t)((uint32_t)(x->plus_minus ? l->weight[i] > 0 : l->weight[i]) >> b & 1) << (i & 63);
    x->planes = planes;
    return 0;
}

static int supply(struct bl_job *job, struct bl_sim *s)
{
    const struct state *st = *bl_job_state(job);

    return bl_supply(s, "chip", "layers", st->layers, (size_t)bl_job_nets(job) * bl_job_options(job)->net->nlayers * sizeof *st->layers);
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

static double macs_of(const struct bl_net *net)
{
    double all = 0;

    for (uint32_t i = 0; i < net->nlayers; i++)
        all += on_chip(&net->layers[i]) ? (double)bl_layer_macs(net, i) : 0;
    return all;
}

/* The paper's mix of events a multiply-accumulate of w x a bits, M x M there: lines 4 M^2 + 8 M (the product, one vertical addition), cells
 * written 0.5 M^2 + 2 M with both result columns driven. PEAK: (M^2 + M) compares, (M^2 + 5 M) writes (Table VIII). Joules an image. */
struct energies { double phys, cal, peak; };

/* Of the chip, yJ an event; 0: the technology has none. */
static double price_of(const struct bl_sim *s, const char *item)
{
    const size_t n = bl_price_count(s);
    const struct bl_price *p = n ? bl_price_at(s, 0) : NULL;

    for (size_t i = 0; i < n; i++)
        if (!strcmp(p[i].cls, "ap_chip") && !strcmp(p[i].item, item))
            return (double)p[i].value;
    return 0;
}

static void add_energies(const struct bl_net *net, double line, double cell, struct energies *e)
{
    for (uint32_t i = 0; i < net->nlayers; i++) {
        if (!on_chip(&net->layers[i]))
            continue;
        double w = net->layers[i].wbits, a = bl_layer_input_bits(net, i), macs = (double)bl_layer_macs(net, i);
        double lines = 4 * w * a + 4 * (w + a), cells = 0.5 * w * a + w + a;
        e->phys += macs * (lines * line + cells * cell) * 1e-24;
        e->cal += macs * (lines * 72.6 + cells * 0.24) * 1e-15;
        e->peak += macs * ((w * a + (w + a) / 2) * 42.988 + (w * a + 2.5 * (w + a)) * 0.24) * 1e-15;
    }
}

/* The mean of the images that are finished, whose bits may differ. */
static void energies(struct bl_job *job, const struct bl_sim *s, uint32_t images)
{
    const double line = price_of(s, "line"), cell = price_of(s, "driven");
    struct energies e = { 0 };
    const uint32_t n = images && bl_job_nets(job) > 1 ? images : 1;

    for (uint32_t i = 0; i < n; i++)
        add_energies(bl_job_net_of(job, i), line, cell, &e);
    bl_job_figure(job, "model_phys", "J", line > 0 && cell > 0 ? e.phys / n : (double)NAN,
                  "to be quoted beside the paper's energies: its event mix (Eqs. 2 and 4), at the technology's prices of a line and a cell (SRAM: 50 and 0.24 fJ, derived from Table VI), an image");
    bl_job_figure(job, "model_cal", "J", e.cal / n, "not to be quoted: the same with 72.6 fJ a line, calibrated on 0.095 J of ResNet50 (section V.A), an image");
    bl_job_figure(job, "model_peak", "J", e.peak / n, "not to be quoted: 42.988 fJ a compare, calibrated on GOPS/W of Table VIII, without reductions, an image");
}

/* What changes of bits cost. Weights that stream with every fold cost nothing more than the flits of the new width; resident ones (ctrl.offline) are
 * written anew between images: all their flits, then one write a column, in all processors at once. */
static void switches(struct bl_job *job, struct bl_ask *ask, uint32_t images)
{
    const bool resident = bl_ask_int(ask, "ctrl.offline");
    const uint64_t flit_bits = bl_ask_int(ask, "ctrl.flit_bits"), flit_cycles = bl_ask_int(ask, "mesh.flit_cycles"), tw = bl_ask_int(ask, "chip.write_cycles");
    uint64_t n = 0, bits = 0, cycles = 0;

    for (uint32_t i = 1; i < images; i++) {
        const struct bl_net *net = bl_job_net_of(job, i);
        uint64_t all = 0, most = 0;
        if (net == bl_job_net_of(job, i - 1))
            continue;
        n++;
        for (uint32_t k = 0; resident && k < net->nlayers; k++)
            if (on_chip(&net->layers[k])) {
                all += (uint64_t)net->layers[k].cout * net->layers[k].k * net->layers[k].wbits;
                most = net->layers[k].wbits > most ? net->layers[k].wbits : most;
            }
        bits += all;
        cycles += bl_ap_ceil(all, flit_bits) * flit_cycles + most * tw;
    }
    bl_job_figure(job, "switches", "", (double)n, "images whose bits differ from those of the image before; 'Layers' shows the bits of the first image");
    bl_job_figure(job, "switch_bits", "bit", (double)bits, "weights written anew between images, where they are resident; not in the cycles and the energy of the run");
    bl_job_figure(job, "switch", "cycles", (double)cycles, "what that takes: flits of the mesh, then a write a column; not in the cycles of the run");
}

static void figures(struct bl_job *job, struct bl_sim *s)
{
    static const char *const timing[] = { [AP_EXACT] = "exact: the compares and writes that were executed",
                                          [AP_PAPER2D] = "paper2d: Eqs. 7, 10, 13; timing not realisable",
                                          [AP_PEAK] = ("peak: 3M^2 + 11M a step, products only; timing not realisable; on the chip the memory port "
                                                       "(ctrl.map_busy) bounds it") };
    struct bl_ask ask = bl_job_ask(job, s);
    uint64_t how = bl_ask_int(&ask, "chip.timing"), passes = bl_ask_int(&ask, "chip.compare"), lines = bl_ask_int(&ask, "chip.line");
    double images = bl_job_result(job)->images, all = macs_of(bl_job_options(job)->net);

    bl_job_figure(job, "timing_policy", "", (double)how, timing[how]);
    bl_job_figure(job, "steps", "", (double)steps(job), "steps of matrix products, an image");
    bl_job_figure(job, "passes", "", (double)passes, "LUT passes executed: a compare and a write each");
    if (images > 0)
        bl_job_figure(job, "lines_per_mac", "", (double)lines / (all * images), "rows sensed a multiply-accumulate");
    energies(job, s, bl_job_result(job)->images);
    if (bl_job_nets(job) > 1)
        switches(job, &ask, bl_job_result(job)->images);
}

static const struct bl_need needs[] = { { "chip", "ap_chip" }, { "ctrl", "cluster_ctrl" }, { "mesh", NULL }, { "map", NULL }, { 0 } };
const struct bl_mapper bf_imna_mapper = { .name = "bf_imna",
    .help = "matrix products, ReLU and pooling on associative processors, folded weight-stationary", .host = "chip", .needs = needs,
    .begin = begin, .pack = pack, .supply = supply, .figures = figures, .op_size = { "chip.rows", NULL }, .pools = true, .fluid = true };
