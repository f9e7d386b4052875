/* mapper.c - mapper of IMAGINE: phases for its host, gains and offsets for its ADCs, where the cycles of a layer went. */
#include "platforms/imagine/phases.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platforms/imagine/scopes.h"
#include "platforms/job/layer_bits.h"
#include "platforms/job/tile.h"

/* Verdicts whose cycles are told by layer. */
static const struct { const char *part, *verdict, *name, *help; } causes[] = {
    { "cim_ctrl", "busy", "cim", "cycles in which the macro worked" },
    { "cim_ctrl", "cim_wait_in", "cim_wait_in", "cycles in which the macro waited for inputs" },
    { "cim_ctrl", "cim_wait_out", "cim_wait_out", "cycles in which the macro waited for the output latch" },
    { "im2col", "busy", "fetch", "cycles in which a word was fetched" },
    { "im2col", "fetch_stall", "fetch_stall", "cycles in which the fetch waited for the 128 b register" },
    { "im2col", "serial", "fetch_serial", "cycles in which the fetch waited for the position before to be stored" },
    { "im2col", "new_row", "new_row", "cycles of a row start as Eq. (9) is worded" },
    { "shift_reg", "sr_hold", "sr_hold", "cycles in which the shift register had to hold its inputs" },
    { "store", "busy", "store", "cycles in which a word was stored" },
};
enum { CAUSES = sizeof causes / sizeof *causes };

struct state {
    struct imagine_settings set;
    const struct imagine_tables *tables;
    struct imagine_layer *layers;
    uint32_t *first;                   /* row of each layer's first weight set in the table of offsets */
    int8_t (*abn)[CIM_COLS];
    uint32_t nsets;
    uint64_t (*spent)[CAUSES];         /* by layer; behind them, all up to the last layer's end */
    struct imagine_scope *scopes;      /* the same */
};

/* The calibration, copied into the job's memory. */
static const struct imagine_tables *kept(struct bl_job *job, const struct imagine_tables *t)
{
    struct imagine_tables *k = bl_job_alloc(job, sizeof *k);

    *k = (struct imagine_tables){ t->nlayers, t->r_w, bl_job_alloc(job, t->nlayers * sizeof *k->layer) };
    for (uint32_t i = 0; i < t->nlayers; i++) {
        const struct imagine_tuning *from = &t->layer[i];
        k->layer[i] = (struct imagine_tuning){ from->nsets, bl_job_alloc(job, (from->nsets + 1) * sizeof *from->gamma),
                                               bl_job_alloc(job, (from->nsets + 1) * sizeof *from->abn),
                                               bl_job_alloc(job, (from->nsets + 1) * sizeof *from->trim) };
        memcpy(k->layer[i].gamma, from->gamma, from->nsets * sizeof *from->gamma);
        memcpy(k->layer[i].abn, from->abn, from->nsets * sizeof *from->abn);
        memcpy(k->layer[i].trim, from->trim, from->nsets * sizeof *from->trim);
    }
    return k;
}

/* Prices follow the platform file's supply, voltages the parts': they must mean the same one. */
static int check_supply(const struct imagine_settings *p, double microvolts, struct bl_diag *diag)
{
    if (microvolts > 0 && fabs(microvolts - p->vddh * 1e6) >= 1)
        return bl_error(diag, "voltage is %g V, but dsci_adc.vddh is %g V: prices and analog core would have different "
                        "supplies; set both to V_DDH (and every vddl to half of it, see the head of platforms/imagine/imagine.yaml)",
                        microvolts / 1e6, p->vddh);
    if (fabs(p->vddl - p->vddh / 2) >= 1e-6)
        bl_note(diag, "dp_array.vddl is %g V, not half of dsci_adc.vddh (%g V): the prices are for half", p->vddl, p->vddh);
    return 0;
}

static int begin(struct bl_job *job, struct bl_sim *s)
{
    const struct bl_job_opts *o = bl_job_options(job);
    const struct bl_net *net = o->net;
    struct state *st = *bl_job_state(job) = bl_job_alloc(job, sizeof *st);
    uint32_t *nsets = bl_job_alloc(job, net->nlayers * sizeof *nsets);
    struct bl_ask ask = bl_job_ask(job, s);

    int bad = imagine_settings(&ask, &st->set);
    const struct bl_bits_taken takes = { "", NULL, NULL, CIM_BITS, CIM_BITS, CIM_BITS, CIM_BITS };
    if (!ask.failed && bl_bits_fit(net, &takes, bl_job_diag(job)))
        return -1;
    if (ask.failed || check_supply(&st->set, o->microvolts, bl_job_diag(job)) || bad)
        return -1;
    if (st->set.r_out > CIM_BITS && !st->set.measuring)
        bl_note(bl_job_diag(job), "host.r_out is %u; the chip's ADCs have 8 bits: a study of an ideal converter",
                st->set.r_out);
    st->layers = bl_job_alloc(job, net->nlayers * sizeof *st->layers);
    const size_t counts = (net->nlayers + 1) * sizeof *st->spent;
    st->spent = bl_job_saved(job, counts + (net->nlayers + 1) * sizeof *st->scopes);      /* once a job */
    st->scopes = (struct imagine_scope *)((char *)st->spent + counts);
    st->first = bl_job_alloc(job, (net->nlayers + 1) * sizeof *st->first);
    for (uint32_t i = 0; i < net->nlayers; i++) {
        st->first[i] = st->nsets;
        if (imagine_sets(&st->set, net, i, &nsets[i], bl_job_diag(job)))
            return -1;
        st->nsets += nsets[i];
    }
    st->abn = bl_job_alloc(job, (st->nsets + 1) * sizeof *st->abn);
    st->tables = o->tuning;
    if (!st->tables && o->calibration) {
        struct imagine_tables *read = imagine_tables_read(o->calibration, net, nsets, st->set.r_w, bl_job_diag(job));
        if (!read)
            return -1;
        st->tables = kept(job, read);
        imagine_tables_free(read);
    }
    return 0;
}

/* Windows and taps are those of every mapper; tiles are phases here. */
static int pack(struct bl_job *job, struct bl_sim *s, uint32_t layer, struct bl_host_layer *out)
{
    const struct bl_net *net = bl_job_options(job)->net;
    struct state *st = *bl_job_state(job);
    struct imagine_layer *work = &st->layers[layer];
    const struct bl_layer *l = &net->layers[layer];
    int32_t *wsum = bl_job_alloc(job, l->cout * sizeof *wsum);

    (void)s;
    if (bl_tile_cut(job, layer, CIM_ROWS, CIM_COLS, out))
        return -1;
    for (uint32_t o = 0; o < l->cout; o++)
        for (uint32_t k = 0; k < l->k; k++)
            wsum[o] += l->weight[(size_t)o * l->k + k];
    work->wsum = wsum;
    if (imagine_cut(job, layer, out, &st->set, st->tables ? &st->tables->layer[layer] : NULL, st->first[layer], st->abn,
                    work))
        return -1;
    out->ntiles = work->nphases;
    bl_job_op_macs(job, layer, (uint64_t)CIM_ROWS * imagine_outputs(&st->set, l->wbits));
    return 0;
}

static int supply(struct bl_job *job, struct bl_sim *s)
{
    const struct state *st = *bl_job_state(job);

    return bl_supply(s, "host", "layers", st->layers, bl_job_options(job)->net->nlayers * sizeof *st->layers) |
           bl_supply(s, "dsci_adc", "abn", st->abn, (st->nsets + 1) * sizeof *st->abn);
}

/* ---- figures ---- */

static uint64_t spent_of(struct bl_sim *s, const char *part, const char *verdict)
{
    for (size_t i = 0; i < bl_part_count(s); i++) {
        struct bl_part_row p;
        bl_part_at(s, i, &p);
        for (uint32_t v = 0; !strcmp(p.path, part) && v < p.verdicts; v++) {
            struct bl_verdict_row row;
            bl_verdict_at(s, i, v, &row);
            if (!strcmp(row.name, verdict))
                return row.spent;
        }
    }
    return 0;
}

static void layer_ended(struct bl_job *job, struct bl_sim *s, uint32_t layer)
{
    struct state *st = *bl_job_state(job);
    uint64_t *seen = st->spent[bl_job_options(job)->net->nlayers];

    for (uint32_t c = 0; c < CAUSES; c++) {
        uint64_t now = spent_of(s, causes[c].part, causes[c].verdict);
        st->spent[layer][c] += now - seen[c];
        seen[c] = now;
    }
    imagine_scope_add(s, &st->scopes[bl_job_options(job)->net->nlayers], &st->scopes[layer]);
}

static void layer_figure(struct bl_job *job, const char *layer, const char *name, uint64_t cycles, const char *help)
{
    size_t n = strlen(layer) + strlen(name) + 2;
    char *full = bl_job_alloc(job, n);

    snprintf(full, n, "%s.%s", layer, name);
    bl_job_figure(job, full, "cycles", (double)cycles, help);
}

/* Half a code's width, summed over all that adds up to one sum, stays below the step of S: then sums are exact. */
static bool is_exact(const struct state *st, uint32_t nlayers)
{
    for (uint32_t i = 0; i < nlayers; i++) {
        double error = 0;
        const struct imagine_layer *work = &st->layers[i];
        for (uint32_t k = 0; k < work->nphases; k++)
            for (uint32_t s = 0; work->phase[k].nrows && s < work->phase[k].slices; s++)
                error += work->phase[k].lsb / work->phase[k].volts / 2 * (double)(UINT32_C(1) << s * st->set.r_w);
        if (error >= 2)
            return false;
    }
    return st->set.ideal && st->set.r_in == CIM_BITS;
}

static void figures(struct bl_job *job, struct bl_sim *s)
{
    const struct bl_net *net = bl_job_options(job)->net;
    const struct state *st = *bl_job_state(job);
    const struct imagine_stat *spent = bl_memory(s, "host", "spent", NULL);

    for (uint32_t i = 0; i < net->nlayers; i++) {
        const char *name = net->layers[i].name;
        if (!st->layers[i].nphases)
            continue;
        layer_figure(job, name, "weights", spent[i].weights, "cycles in which weights came over the DRAM port");
        layer_figure(job, name, "inputs", spent[i].inputs, "cycles in which inputs came over the DRAM port");
        layer_figure(job, name, "pipeline", spent[i].run, "cycles of the four-stage pipeline, its start and end included");
        layer_figure(job, name, "outputs", spent[i].outputs, "cycles in which outputs went over the DRAM port");
        for (uint32_t c = 0; c < CAUSES; c++)
            if (st->spent[i][c])
                layer_figure(job, name, causes[c].name, st->spent[i][c], causes[c].help);
        imagine_scope_figures(job, s, i, &st->set, &st->layers[i], &st->scopes[i], st->spent[i][0], spent[i].run);
    }
    if (!is_exact(st, net->nlayers))
        bl_job_approximate(job);
}

static const struct bl_need needs[] = { { "host", "imagine_host" }, { "dram_port", NULL }, { "lmem", NULL }, { "im2col", "im2col" },
    { "shift_reg", "shift_reg" }, { "cim_ctrl", "cim_ctrl" }, { "cim_timer", NULL }, { "dp_array", "dp_array" },
    { "mbiw", NULL }, { "ladder", NULL }, { "dsci_adc", "dsci_adc" }, { "cal_engine", NULL }, { "store", "store" }, { 0 } };
const struct bl_mapper imagine_mapper = { .name = "imagine",
    .help = "IMAGINE: phases of 3 x 3 or dense layers on a 1152 x 256 charge-domain macro",
    .host = "host", .needs = needs, .op_size = { "host.cols", "host.hmu" }, .begin = begin, .pack = pack,
    .supply = supply, .layer = layer_ended, .figures = figures, .calibrate = imagine_calibrate };
