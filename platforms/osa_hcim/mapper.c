/* mapper.c - mapper of OSA-HCIM: weights to the 64 rows of the macro (row = HMU * 8 + weight bit), the
 * calibration to NQ, OSE and ADC, and the mix of boundaries back. */
#include "platforms/osa_hcim/osa_hcim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/model.h"
#include "platforms/osa_hcim/calibration_file.h"
#include "platforms/job/tile.h"

enum { BITS = 8 };                     /* of an activation; rows of an HMU */

/* The job's state: the platform's settings, and the calibration in force (NULL: none). */
struct state { struct osa_settings set; const struct osa_tables *tables; };

static void *kept(struct bl_job *job, const void *from, size_t bytes)
{
    void *to = bl_job_alloc(job, bytes);

    memcpy(to, from, bytes);
    return to;
}

static bool on_array(const struct bl_layer *l) { return l->kind == BL_CONV || l->kind == BL_FC; }

static const char *calibration_of(struct bl_job *job)
{
    return bl_job_options(job)->calibration ? bl_job_options(job)->calibration : "calibration";
}

/* The ADC looks up a range for every conversion of boundary b. */
static int check_ranges(struct bl_job *job, const struct osa_tables *t, int b)
{
    const struct osa_settings *p = &((const struct state *)*bl_job_state(job))->set;
    const struct bl_layer *layers = bl_job_options(job)->net->layers;
    struct bl_osa_alloc alloc;

    bl_osa_allocate(&alloc, p->w_bits, p->a_bits, b);
    for (uint32_t l = 0; l < t->nlayers; l++)
        for (int k = 0; k < alloc.conversions; k++) {
            uint32_t i = alloc.list[k].i;
            if (on_array(&layers[l]) && !(t->ranges[l].hi[b][i] > t->ranges[l].lo[b][i]))
                return bl_error(bl_job_diag(job), "%s: layer '%s' has no range for weight bit %u at boundary b%d, which the platform "
                                "uses; calibrate it with these settings", calibration_of(job), layers[l].name, i, b);
        }
    return 0;
}

/* The same for every boundary that the OSE may choose. */
static int check_chosen_ranges(struct bl_job *job, const struct osa_tables *t)
{
    const struct osa_settings *p = &((const struct state *)*bl_job_state(job))->set;
    int bad = 0;

    if (p->mode == OSA_MODE_FIXED)
        return check_ranges(job, t, p->boundary);
    for (uint32_t i = 0; i < p->ncandidates && !bad; i++)
        bad = check_ranges(job, t, osa_in_effect(p, p->candidate[i]));
    for (uint32_t i = 0; i < p->nforced && !bad; i++)
        bad = check_ranges(job, t, osa_in_effect(p, p->forced[i]));
    return bad;
}

/* What the parts would take for a modeller's mistake, and abort: a table that does not fit their settings. */
static int check_tables(struct bl_job *job, const struct osa_tables *t)
{
    const struct osa_settings *p = &((const struct state *)*bl_job_state(job))->set;
    uint32_t n = p->mode == OSA_MODE_OSA ? p->ncandidates : 0;
    bool tabled = p->range == OSA_RANGE_CAL || p->range == OSA_RANGE_AUTO;

    if (n && t->has_thresholds && t->nthresholds != n - 1)
        return bl_error(bl_job_diag(job), "%s: %u thresholds a layer, but the platform's ose has %u candidates and needs %u; "
                        "calibrate it with these settings", calibration_of(job), t->nthresholds, n, n - 1);
    if (!tabled && t->has_ranges)
        bl_note(bl_job_diag(job), "%s: its ranges are not used; --set adc.range=cal uses them", calibration_of(job));
    return tabled && t->has_ranges ? check_chosen_ranges(job, t) : 0;
}

static bool element(struct bl_sim *s, const char *list, uint32_t i, uint64_t *v)
{
    char name[96];

    snprintf(name, sizeof name, "%s[%u]", list, i);
    return !bl_peek(s, name, v);
}

/* A parameter that its class presets otherwise: somebody has set it. */
static bool is_set(struct bl_sim *s, const char *part, const char *cls, const char *param)
{
    const struct bl_class *c = bl_class_find(bl_classes_of(s), cls);
    char name[64];
    uint64_t v;

    snprintf(name, sizeof name, "%s.%s", part, param);
    for (const struct bl_field *f = c ? c->fields : NULL; f && f->name; f++) {
        if (strcmp(f->name, param))
            continue;
        if (f->kind == BL_KIND_INT)
            return !bl_peek(s, name, &v) && (double)v != f->preset;
        char *at = (char *)(uintptr_t)f->text + 1, *end;
        for (uint32_t i = 0; f->kind == BL_KIND_LIST; i++, at = end + 1) {
            uint64_t preset = strtoull(at, &end, 10);
            bool has = element(s, name, i, &v);
            if (!has || end == at)
                return has != (end != at);
            if (v != preset)
                return true;
        }
    }
    return false;
}

/* What is set but not read with these settings, so that nobody studies a number that does nothing. */
static void note_unused(struct bl_job *job, struct bl_sim *s, const struct osa_tables *t)
{
    const struct osa_settings *p = &((const struct state *)*bl_job_state(job))->set;
    const struct bl_job_opts *o = bl_job_options(job);

    if (p->mode != OSA_MODE_FIXED && is_set(s, "controller", "osa_controller", "boundary"))
        bl_note(bl_job_diag(job), "controller.boundary does nothing in this mode; --set controller.mode=fixed uses it");
    if (!t || !o->calibration || p->mode != OSA_MODE_OSA || !t->has_thresholds)
        return;
    if (is_set(s, "ose", "ose", "thresholds"))
        bl_note(bl_job_diag(job), "ose.thresholds does nothing: those of %s are used, layer by layer; --calibration none uses it",
                o->calibration);
    for (uint32_t l = 0; l < t->nlayers; l++)
        if (on_array(&o->net->layers[l]) && t->saliency[l].nshift != p->nshift) {
            bl_note(bl_job_diag(job), "nq.nshift = %d does nothing: %s says %d for layer '%s'; --calibration none uses it", p->nshift,
                    o->calibration, t->saliency[l].nshift, o->net->layers[l].name);
            return;
        }
}

/* Bits that the controller never asks for would be lost in silence. */
static int check_bits(struct bl_job *job, const struct osa_settings *p)
{
    const struct bl_net *net = bl_job_options(job)->net;

    if (p->a_bits < BITS)
        return bl_error(bl_job_diag(job), "controller.a_bits is %d, but the activations of net %s have %d bits; take 8", p->a_bits,
                        net->name, BITS);
    for (uint32_t i = 0; i < net->nlayers; i++)
        if (on_array(&net->layers[i]) && (int)net->layers[i].wbits > p->w_bits)
            return bl_error(bl_job_diag(job), "controller.w_bits is %d, but layer '%s' of net %s has weights of %u bits; take %u",
                            p->w_bits, net->layers[i].name, net->name, net->layers[i].wbits, net->layers[i].wbits);
    return 0;
}

/* The calibration, copied into the job's memory. */
static const struct osa_tables *kept_tables(struct bl_job *job, const struct osa_tables *t)
{
    const struct bl_net *net = bl_job_options(job)->net;
    struct osa_tables *k = kept(job, t, sizeof *t);

    k->saliency = kept(job, t->saliency, t->nlayers * sizeof *t->saliency);
    k->ranges = kept(job, t->ranges, t->nlayers * sizeof *t->ranges);
    k->fold = kept(job, t->fold, t->nlayers * sizeof *t->fold);
    for (uint32_t i = 0; i < t->nlayers; i++)
        if (t->fold[i])
            k->fold[i] = kept(job, t->fold[i], net->layers[i].cout * sizeof **t->fold);
    return k;
}

/* Digital-only mode needs no calibration: its sums are exact. */
static int begin(struct bl_job *job, struct bl_sim *s)
{
    const struct bl_job_opts *o = bl_job_options(job);
    struct state *st = *bl_job_state(job) = bl_job_alloc(job, sizeof *st);
    const struct osa_tables *t = o->tuning;
    struct osa_tables *read = NULL;
    struct bl_ask ask = bl_job_ask(job, s);

    if (osa_settings(&ask, &st->set) || check_bits(job, &st->set))
        return -1;
    if (!t && o->calibration) {
        t = read = osa_tables_read(o->calibration, o->net, bl_job_diag(job));
        if (!t)
            return -1;
    }
    if (t && st->set.mode != OSA_MODE_DIGITAL)
        st->tables = kept_tables(job, t);
    int bad = st->tables ? check_tables(job, st->tables) : 0;
    if (!bad)
        note_unused(job, s, t);
    osa_tables_free(read);
    return bad;
}

static void fold_bias(struct bl_job *job, const struct osa_tables *t, uint32_t layer, struct bl_host_layer *out)
{
    if (!t->fold[layer])
        return;
    struct bl_requant *requant = kept(job, out->requant, out->cout * sizeof *requant);

    for (uint32_t o = 0; o < out->cout; o++)
        requant[o].bias += t->fold[layer][o];
    out->requant = requant;
}

/* Row h * 8 + i holds bit i of the weights of output h; unused rows and columns stay 0. */
static int pack(struct bl_job *job, struct bl_sim *s, uint32_t layer, struct bl_host_layer *out)
{
    const struct state *st = *bl_job_state(job);
    const struct bl_tile_form form = { st->set.cols, st->set.hmu, BITS, true };

    (void)s;
    if (bl_tile_cut(job, layer, form.rows, form.cols, out))
        return -1;
    if (st->tables)
        fold_bias(job, st->tables, layer, out);
    bl_tile_rows(job, layer, &form, out);
    return 0;
}

/* A table is supplied only when the calibration has it: without, the parameters of the parts hold. */
static int supply(struct bl_job *job, struct bl_sim *s)
{
    const struct osa_tables *t = ((const struct state *)*bl_job_state(job))->tables;
    int bad = 0;

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

static const struct bl_need needs[] = { { "host", "host" }, { "controller", "osa_controller" }, { "nq", "nq" }, { "ose", "ose" },
    { "adc", "osa_adc" }, { "dat", NULL }, { "dac", NULL }, { "dwl", NULL }, { "awl", NULL }, { 0 } };
const struct bl_mapper osa_hcim_mapper = { .name = "osa_hcim", .help = "144 x 8 macro operations of OSA-HCIM, weights through the R/W port",
    .host = "host", .needs = needs, .op_size = { "host.ins", "host.outs" }, .begin = begin, .pack = pack, .supply = supply,
    .figures = figures, .calibrate = osa_hcim_calibrate };
