/* mapper.c - mapper of OSA-HCIM: weights to the 64 rows of the macro (row = HMU * 8 + weight bit), the
 * calibration to NQ, OSE and ADC, and the mix of boundaries back. What may be set together stands in settings.c, what a
 * calibration must have in calibration_file.c. */
#include "platforms/osa_hcim/osa_hcim.h"

#include <string.h>

#include "kernel/model.h"
#include "platforms/osa_hcim/calibration_file.h"
#include "platforms/job/tile.h"

/* The job's state: the platform's settings, and the calibration in force (NULL: none). */
struct state { struct osa_settings set; const struct osa_tables *tables; struct bl_osa_bits *bits; };

/* Digital-only mode needs no calibration: its sums are exact. */
static int begin(struct bl_job *job, struct bl_sim *s)
{
    const struct bl_job_opts *o = bl_job_options(job);
    struct state *st = *bl_job_state(job) = bl_job_alloc(job, sizeof *st);
    const struct osa_tables *t = o->tuning;
    struct osa_tables *read = NULL;
    struct bl_ask ask = bl_job_ask(job, s);

    if (osa_settings(&ask, &st->set) || osa_settings_fit(&st->set, o->net, bl_job_diag(job)))
        return -1;
    st->bits = bl_job_alloc(job, o->net->nlayers * sizeof *st->bits);
    for (uint32_t i = 0; i < o->net->nlayers; i++)
        st->bits[i] = osa_bits(&st->set, o->net, i);
    if (!t && o->calibration) {
        t = read = osa_tables_read(o->calibration, o->net, bl_job_diag(job));
        if (!t)
            return -1;
    }
    if (t && st->set.mode != OSA_MODE_DIGITAL)
        st->tables = osa_tables_kept(job, t);
    int bad = st->tables ? osa_tables_fit(job, st->tables, &st->set) | osa_same_bits(&st->set, o->net, o->calibration, bl_job_diag(job)) : 0;
    if (!bad)
        osa_note_unused(job, s, &st->set, t);
    osa_tables_free(read);
    return bad;
}

static void fold_bias(struct bl_job *job, const struct osa_tables *t, uint32_t layer, struct bl_host_layer *out)
{
    if (!t->fold[layer])
        return;
    struct bl_requant *requant = bl_job_alloc(job, out->cout * sizeof *requant);

    memcpy(requant, out->requant, out->cout * sizeof *requant);
    for (uint32_t o = 0; o < out->cout; o++)
        requant[o].bias += t->fold[layer][o];
    out->requant = requant;
}

/* Outputs that a tile of the layer can have. */
static uint32_t outputs_of(const struct state *st, uint32_t layer) { return st->bits[layer].w <= BL_OSA_BITS / 2 ? st->set.outs : st->set.hmu; }

/* Row h * w + i holds bit i of the weights of output h, w the bits of the layer's weights; the port puts it into row h * 8 + i of the macro, or, of
 * outputs beyond the HMU, into the upper four. Unused columns stay 0, and a half without outputs is not written. */
static int pack(struct bl_job *job, struct bl_sim *s, uint32_t layer, struct bl_host_layer *out)
{
    const struct state *st = *bl_job_state(job);
    const struct bl_tile_form form = { st->set.cols, outputs_of(st, layer), st->bits[layer].w, true };

    (void)s;
    if (bl_tile_cut(job, layer, form.rows, form.cols, out))
        return -1;
    if (st->tables)
        fold_bias(job, st->tables, layer, out);
    bl_tile_rows(job, layer, &form, out);
    for (uint32_t i = 0; i < out->ntiles; i++)
        if (out->tile[i].nout <= st->set.hmu)
            out->tile[i].nrows = st->set.hmu * st->bits[layer].w;
    bl_job_op_macs(job, layer, (uint64_t)st->set.cols * form.cols);
    return 0;
}

/* A table is supplied only when the calibration has it: without, the parameters of the parts hold. */
static int supply(struct bl_job *job, struct bl_sim *s)
{
    const struct state *st = *bl_job_state(job);
    const struct osa_tables *t = st->tables;
    const size_t bytes = bl_job_options(job)->net->nlayers * sizeof *st->bits;
    bl_job_program(job)->tells_columns = bl_job_program(job)->tells_products = 1;
    int bad = bl_supply(s, "controller", "bits", st->bits, bytes) | bl_supply(s, "ose", "bits", st->bits, bytes) | bl_supply(s, "rw_io", "bits", st->bits, bytes);

    if (t && t->has_thresholds)
        bad |= bl_supply(s, "ose", "saliency", t->saliency, t->nlayers * sizeof *t->saliency) |
               bl_supply(s, "nq", "saliency", t->saliency, t->nlayers * sizeof *t->saliency);
    if (t && t->has_ranges)
        bad |= bl_supply(s, "adc", "ranges", t->ranges, t->nlayers * sizeof *t->ranges);
    return bad;
}

/* How many macro operations had which boundary. */
static void figures(struct bl_job *job, struct bl_sim *s)
{
    static const char *const name[16] = { "ops_digital", "ops_b1", "ops_b2", "ops_b3", "ops_b4", "ops_b5", "ops_b6", "ops_b7", "ops_b8",
                                          "ops_b9", "ops_b10", "ops_b11", "ops_b12", "ops_b13", "ops_b14", "ops_b15" };
    const struct osa_settings *p = &((const struct state *)*bl_job_state(job))->set;
    struct bl_ask ask = bl_job_ask(job, s);
    int64_t ops[16] = { 0 };

    bl_ask_list(&ask, "controller.chosen", ops, 16);
    for (uint32_t b = 0; b < 16; b++)
        if (ops[b])
            bl_job_figure(job, name[b], "ops", (double)ops[b], b ? "macro operations at this boundary B" : "macro operations, digital only");
    if (p->mode != OSA_MODE_DIGITAL || p->dat_bits < OSA_DAT_BITS)
        bl_job_approximate(job);
}

static const struct bl_need needs[] = { { "host", "host" }, { "controller", "osa_controller" }, { "nq", "nq" }, { "ose", "ose" }, { "rw_io", "rw_io" },
    { "adc", "osa_adc" }, { "dat", NULL }, { "dac", NULL }, { "dwl", NULL }, { "awl", NULL }, { 0 } };
const struct bl_mapper osa_hcim_mapper = { .name = "osa_hcim", .help = "144 x 8 macro operations of OSA-HCIM, weights through the R/W port",
    .host = "host", .needs = needs, .op_size = { "host.ins", "host.outs" }, .begin = begin, .pack = pack, .supply = supply,
    .figures = figures, .calibrate = osa_hcim_calibrate, .calibrates_on_threads = true };
