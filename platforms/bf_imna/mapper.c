/* mapper.c - mapper of BF-IMNA: weights as bit planes in the order of the pairs, precision a layer; steps, rates and the
 * energies of the paper's three ways of counting. */
#include <stdio.h>
#include <string.h>

#include "components/bf_imna/ap_work.h"
#include "kernel/model.h"
#include "platforms/job/mapper.h"
#include "platforms/job/tile.h"

/* The job's state. macs: by bits of the weights. */
struct state { struct bl_ap_layer *layers; struct bl_ap_chip chip; uint64_t steps; double macs[9], all; };

static uint64_t peek(struct bl_sim *s, const char *name)
{
    uint64_t v = 0;

    bl_peek(s, name, &v);
    return v;
}

/* Settings that two parts must share. */
static int check_sizes(struct bl_job *job, struct bl_sim *s)
{
    static const struct { const char *name, *as; } equal[] = { { "ctrl.clusters", "chip.clusters" }, { "ctrl.caps", "chip.caps" },
        { "ctrl.rows", "chip.rows" }, { "ctrl.fold", "chip.fold" }, { "map.clusters", "chip.clusters" }, { "mesh.lanes", "ctrl.lanes2" },
        { "map.lanes", "ctrl.lanes3" }, { "ctrl.write_cycles", "chip.write_cycles" } };

    for (size_t i = 0; i < sizeof equal / sizeof *equal; i++) {
        uint64_t v, want;
        if (bl_peek(s, equal[i].name, &v) || bl_peek(s, equal[i].as, &want))
            return bl_error(bl_job_diag(job), "mapper bf_imna needs parts 'chip' (ap_chip), 'ctrl' (cluster_ctrl), 'mesh' (cluster_link) and "
                            "'map' (cluster_map); found no %s or %s", equal[i].name, equal[i].as);
        if (v != want)
            return bl_error(bl_job_diag(job), "%s is %llu, %s is %llu; expected equal settings", equal[i].name, (unsigned long long)v,
                            equal[i].as, (unsigned long long)want);
    }
    return 0;
}

static int begin(struct bl_job *job, struct bl_sim *s)
{
    struct state *st = *bl_job_state(job) = bl_job_alloc(job, sizeof *st);
    char workers[16];

    snprintf(workers, sizeof workers, "%u", bl_job_options(job)->workers);
    if (check_sizes(job, s) || (bl_job_options(job)->workers > 1 && bl_set(s, "chip", "workers", workers, "-j")))
        return -1;
    st->layers = bl_job_alloc(job, bl_job_options(job)->net->nlayers * sizeof *st->layers);
    st->chip = (struct bl_ap_chip){ (uint32_t)peek(s, "chip.clusters"), (uint32_t)peek(s, "chip.caps"), (uint32_t)peek(s, "chip.rows"),
                                    (enum bl_ap_fold)peek(s, "chip.fold") };
    return 0;
}

/* Planes of the weights: bit b of product k of output o at o * k_of_layer + k. */
static int pack(struct bl_job *job, uint32_t layer, struct host_layer *out)
{
    const struct bl_layer *l = &bl_job_options(job)->net->layers[layer];
    struct state *st = *bl_job_state(job);
    struct bl_ap_layer *x = &st->layers[layer];
    size_t n = (size_t)l->cout * l->k;

    if (bl_tile_cut(job, layer, l->k, l->cout / l->groups, out))
        return -1;
    *x = (struct bl_ap_layer){ .wbits = l->wbits, .relu = l->relu, .bias = out->bias, .plane_words = n / 64 + 2 };
    uint64_t *planes = bl_job_alloc(job, x->wbits * x->plane_words * sizeof *planes);
    for (size_t i = 0; i < n; i++)
        for (uint32_t b = 0; b < x->wbits; b++)
            planes[b * x->plane_words + i / 64] |= (uint64_t)((uint8_t)l->weight[i] >> b & 1) << (i & 63);
    x->planes = planes;
    out->bias = bl_job_alloc(job, l->cout * sizeof *out->bias);      /* the chip has added it when it requantises */
    uint32_t u = out->flat ? out->rows_of_group : out->pixels;
    st->steps += bl_ap_steps(&st->chip, &(struct bl_ap_gemm){ l->cout, l->k, u, l->groups });
    double macs = (double)bl_layer_macs(bl_job_options(job)->net, layer);
    st->macs[x->wbits] += macs;
    st->all += macs;
    return 0;
}

static int supply(struct bl_job *job, struct bl_sim *s)
{
    const struct state *st = *bl_job_state(job);

    return bl_supply(s, "chip", 2, st->layers, bl_job_options(job)->net->nlayers * sizeof *st->layers);
}

/* The paper's mix of events a multiply-accumulate of M bits: lines 4 M^2 + 8 M (the product, one vertical addition), cells written
 * 0.5 M^2 + 2 M with both result columns driven. PEAK: (M^2 + M) compares, (M^2 + 5 M) writes (Table VIII). Joules an image. */
static void energies(struct bl_job *job, const struct state *st)
{
    double phys = 0, cal = 0, peak = 0;

    for (int m = 1; m <= 8; m++) {
        double lines = 4.0 * m * m + 8 * m, cells = 0.5 * m * m + 2 * m;
        phys += st->macs[m] * (lines * 50 + cells * 0.24) * 1e-15;
        cal += st->macs[m] * (lines * 72.6 + cells * 0.24) * 1e-15;
        peak += st->macs[m] * ((m * m + m) * 42.988 + (m * m + 5 * m) * 0.24) * 1e-15;
    }
    bl_job_figure(job, "model_phys", "J", phys, "the paper's event mix, inputs as wide as weights, 50 fJ a line, 0.24 fJ a cell (derived), an image");
    bl_job_figure(job, "model_cal", "J", cal, "the same with 72.6 fJ a line: calibrated on ResNet50's 0.095 J, an image");
    bl_job_figure(job, "model_peak", "J", peak, "Table VIII's mix with 42.988 fJ a compare: calibrated, no reduction, an image");
}

static void figures(struct bl_job *job, struct bl_sim *s)
{
    static const char *const timing[] = { "exact: the compares and writes that were executed", "paper2d: Eqs. 7, 10, 13; timing not realisable",
                                          "peak: 3M^2 + 11M a step, products only; timing not realisable" };
    const struct state *st = *bl_job_state(job);
    double images = bl_job_result(job)->images, passes = (double)peek(s, "chip.compare");
    uint64_t how = peek(s, "chip.timing");

    bl_job_figure(job, "timing_policy", "", (double)how, timing[how < 3 ? how : 0]);
    bl_job_figure(job, "steps", "", (double)st->steps, "steps of matrix products, an image");
    bl_job_figure(job, "passes", "", passes, "LUT passes executed: a compare and a write each");
    if (images > 0)
        bl_job_figure(job, "lines_per_mac", "", (double)peek(s, "chip.line") / (st->all * images), "rows sensed a multiply-accumulate");
    energies(job, st);
}

const struct bl_mapper bf_imna_mapper = { .name = "bf_imna",
    .help = "matrix products, ReLU and pooling on associative processors, folded weight-stationary", .host = "chip", .begin = begin,
    .pack = pack, .supply = supply, .figures = figures, .op_size = { "chip.rows", NULL }, .pools = true };
