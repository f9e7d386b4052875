/* mapper.c - mapper of OSA-HCIM: weights to the 64 rows of the macro (row = HMU * 8 + weight bit), the
 * calibration to NQ, OSE and ADC, and the mix of boundaries back. */
#include "platforms/osa_hcim/osa_hcim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/model.h"
#include "platforms/osa_hcim/calibration_file.h"
#include "platforms/job/tile.h"

enum { BITS = 8 };
enum { DIGITAL, FIXED, OSA };            /* osa_controller.mode */
enum { FULL, HALF, CAL, AUTO };                /* sar_adc.range */

/* The job's state: the macro as the platform has it, and the calibration in force (NULL: none). */
struct state { uint32_t cols, hmu; const struct osa_tables *tables; };

static void *kept(struct bl_job *job, const void *from, size_t bytes)
{
    void *to = bl_job_alloc(job, bytes);

    memcpy(to, from, bytes);
    return to;
}

static bool peek(struct bl_sim *s, const char *list, uint32_t i, uint64_t *v)
{
    char name[96];

    snprintf(name, sizeof name, "%s[%u]", list, i);
    return !bl_peek(s, name, v);
}

/* The ADC looks up a range for every conversion of boundary b. */
static int ranges_of(struct bl_job *job, struct bl_sim *s, const struct osa_tables *t, uint64_t b)
{
    const struct bl_job_opts *o = bl_job_options(job);
    uint64_t w = BITS, a = BITS;
    struct bl_osa_alloc alloc;

    bl_peek(s, "controller.w_bits", &w);
    bl_peek(s, "controller.a_bits", &a);
    bl_osa_allocate(&alloc, (int)w, (int)a, (int)b);
    for (uint32_t l = 0; l < t->nlayers; l++)
        for (int k = 0; k < alloc.conversions; k++) {
            uint32_t i = alloc.list[k].i;
            if ((o->net->layers[l].kind == BL_CONV || o->net->layers[l].kind == BL_FC) && !(t->ranges[l].hi[b][i] > t->ranges[l].lo[b][i]))
                return bl_error(bl_job_diag(job), "%s: layer '%s' has no range for weight bit %u at boundary b%llu, which the platform "
                                "uses; calibrate it with these settings", o->calibration ? o->calibration : "calibration",
                                o->net->layers[l].name, i, (unsigned long long)b);
        }
    return 0;
}

/* What the parts would take for a modeller's mistake, and abort: a table that does not fit their settings. */
static int check(struct bl_job *job, struct bl_sim *s, const struct osa_tables *t, uint64_t mode)
{
    const char *path = bl_job_options(job)->calibration ? bl_job_options(job)->calibration : "calibration";
    uint64_t range = FULL, b = 0, w = BITS, a = BITS, orders = 0;
    uint32_t n = 0;

    bl_peek(s, "adc.range", &range);
    while (mode == OSA && peek(s, "ose.candidates", n, &b))
        n++;
    if (n && t->has_thresholds && t->nthresholds != n - 1)
        return bl_error(bl_job_diag(job), "%s: %u thresholds a layer, but the platform's ose has %u candidates and needs %u; "
                        "calibrate it with these settings", path, t->nthresholds, n, n - 1);
    if (range == AUTO)
        range = CAL;
    if (range != CAL && t->has_ranges)
        bl_note(bl_job_diag(job), "%s: its ranges are not used; --set adc.range=cal uses them", path);
    if (range != CAL || !t->has_ranges)
        return 0;
    if (mode == FIXED)
        return bl_peek(s, "controller.boundary", &b) ? 0 : ranges_of(job, s, t, b);
    bl_peek(s, "controller.w_bits", &w);
    bl_peek(s, "controller.a_bits", &a);
    bl_peek(s, "controller.s", &orders);
    for (uint32_t i = 0; peek(s, "ose.candidates", i, &b) || peek(s, "ose.forced", i - n, &b); i++)
        if (ranges_of(job, s, t, (uint64_t)bl_osa_bound((int)b, (int)w, (int)a, (int)orders)))
            return -1;
    return 0;
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
            bool has = peek(s, name, i, &v);
            if (!has || end == at)
                return has != (end != at);
            if (v != preset)
                return true;
        }
    }
    return false;
}

/* What is set but not read with these settings, so that nobody studies a number that does nothing. */
static void note_unused(struct bl_job *job, struct bl_sim *s, const struct osa_tables *t, uint64_t mode)
{
    const struct bl_job_opts *o = bl_job_options(job);
    uint64_t shift = 0;

    if (mode != FIXED && is_set(s, "controller", "osa_controller", "boundary"))
        bl_note(bl_job_diag(job), "controller.boundary does nothing in this mode; --set controller.mode=fixed uses it");
    if (!t || !o->calibration || mode != OSA || !t->has_thresholds)
        return;
    if (is_set(s, "ose", "ose", "thresholds"))
        bl_note(bl_job_diag(job), "ose.thresholds does nothing: those of %s are used, layer by layer; --calibration none uses it",
                o->calibration);
    bl_peek(s, "nq.nshift", &shift);
    for (uint32_t l = 0; l < t->nlayers; l++)
        if ((o->net->layers[l].kind == BL_CONV || o->net->layers[l].kind == BL_FC) && (uint64_t)t->saliency[l].nshift != shift) {
            bl_note(bl_job_diag(job), "nq.nshift = %llu does nothing: %s says %d for layer '%s'; --calibration none uses it",
                    (unsigned long long)shift, o->calibration, t->saliency[l].nshift, o->net->layers[l].name);
            return;
        }
}

/* Widths that no wire ties to the rest, and that decide on results or energies. */
static int check_widths(struct bl_job *job, struct bl_sim *s)
{
    static const struct { const char *name, *as; } equal[] = { { "dac.hmu", "host.hmu" }, { "dwl.hmu", "host.hmu" },
                                                               { "awl.hmu", "host.hmu" }, { "adc.cols", "host.cols" } };
    for (size_t i = 0; i < sizeof equal / sizeof *equal; i++) {
        uint64_t v, want;
        if (!bl_peek(s, equal[i].name, &v) && !bl_peek(s, equal[i].as, &want) && v != want)
            return bl_error(bl_job_diag(job), "%s is %llu, %s is %llu; expected equal numbers", equal[i].name, (unsigned long long)v,
                            equal[i].as, (unsigned long long)want);
    }
    return 0;
}

/* Bits that the controller never asks for would be lost in silence. */
static int check_bits(struct bl_job *job, struct bl_sim *s)
{
    const struct bl_net *net = bl_job_options(job)->net;
    uint64_t w = BITS, a = BITS;

    bl_peek(s, "controller.w_bits", &w);
    bl_peek(s, "controller.a_bits", &a);
    if (a < BITS)
        return bl_error(bl_job_diag(job), "controller.a_bits is %llu, but the activations of net %s have %d bits; take 8",
                        (unsigned long long)a, net->name, BITS);
    for (uint32_t i = 0; i < net->nlayers; i++)
        if ((net->layers[i].kind == BL_CONV || net->layers[i].kind == BL_FC) && net->layers[i].wbits > w)
            return bl_error(bl_job_diag(job), "controller.w_bits is %llu, but layer '%s' of net %s has weights of %u bits; take %u",
                            (unsigned long long)w, net->layers[i].name, net->name, net->layers[i].wbits, net->layers[i].wbits);
    return 0;
}

/* The calibration, copied into the job's memory. Digital-only mode needs none: its sums are exact. */
static int begin(struct bl_job *job, struct bl_sim *s)
{
    const struct bl_job_opts *o = bl_job_options(job);
    const struct osa_tables *t = o->tuning;
    struct osa_tables *read = NULL;
    uint64_t mode = 0;

    if (bl_peek(s, "controller.mode", &mode))
        return bl_error(bl_job_diag(job), "mapper osa_hcim needs a part 'controller' of class osa_controller in the platform");
    if (check_bits(job, s) || check_widths(job, s))
        return -1;
    struct state *st = *bl_job_state(job) = bl_job_alloc(job, sizeof *st);
    uint64_t cols = 144, hmu = 8;
    bl_peek(s, "host.cols", &cols);
    bl_peek(s, "host.hmu", &hmu);
    *st = (struct state){ (uint32_t)cols, (uint32_t)hmu, NULL };
    if (!t && o->calibration) {
        t = read = osa_tables_read(o->calibration, o->net, bl_job_diag(job));
        if (!t)
            return -1;
    }
    if (t && mode) {
        struct osa_tables *k = kept(job, t, sizeof *t);
        k->saliency = kept(job, t->saliency, t->nlayers * sizeof *t->saliency);
        k->ranges = kept(job, t->ranges, t->nlayers * sizeof *t->ranges);
        k->fold = kept(job, t->fold, t->nlayers * sizeof *t->fold);
        for (uint32_t i = 0; i < t->nlayers; i++)
            if (t->fold[i])
                k->fold[i] = kept(job, t->fold[i], o->net->layers[i].cout * sizeof **t->fold);
        st->tables = k;
    }
    int bad = t && mode ? check(job, s, t, mode) : 0;
    if (!bad)
        note_unused(job, s, t, mode);
    osa_tables_free(read);
    return bad;
}

static void fold_bias(struct bl_job *job, const struct osa_tables *t, uint32_t layer, struct host_layer *out)
{
    if (!t->fold[layer])
        return;
    int32_t *bias = kept(job, out->bias, out->cout * sizeof *bias);

    for (uint32_t o = 0; o < out->cout; o++)
        bias[o] += t->fold[layer][o];
    out->bias = bias;
}

/* Row h * 8 + i holds bit i of the weights of output h; unused rows and columns stay 0. */
static int pack(struct bl_job *job, uint32_t layer, struct host_layer *out)
{
    const struct bl_layer *l = &bl_job_options(job)->net->layers[layer];
    const struct state *st = *bl_job_state(job);
    uint32_t words = (st->cols + 63) / 64;

    if (bl_tile_cut(job, layer, st->cols, st->hmu, out))
        return -1;
    if (st->tables)
        fold_bias(job, st->tables, layer, out);
    out->nrows = st->hmu * BITS;
    out->row_words = words;
    for (uint32_t t = 0; t < out->ntiles; t++) {
        struct host_tile *tile = &out->tile[t];
        uint64_t *rows = bl_job_alloc(job, (size_t)out->nrows * words * sizeof *rows);
        for (uint32_t h = 0; h < tile->nout; h++)
            for (unsigned i = 0; i < BITS; i++)
                bl_tile_plane(l, tile->out + h, tile->k, tile->nk, i, rows + (size_t)(h * BITS + i) * words);
        tile->rows = rows;
    }
    return 0;
}

/* A table is supplied only when the calibration has it: without, the parameters of the parts hold. */
static int supply(struct bl_job *job, struct bl_sim *s)
{
    const struct osa_tables *t = ((const struct state *)*bl_job_state(job))->tables;
    int bad = 0;

    if (t && t->has_thresholds)
        bad |= bl_supply(s, "ose", 0, t->saliency, t->nlayers * sizeof *t->saliency) |
               bl_supply(s, "nq", 0, t->saliency, t->nlayers * sizeof *t->saliency);
    if (t && t->has_ranges)
        bad |= bl_supply(s, "adc", 0, t->ranges, t->nlayers * sizeof *t->ranges);
    return bad;
}

/* The controller's `mode` is 0 in digital-only mode. */
static void figures(struct bl_job *job, struct bl_sim *s)
{
    static const char *const name[16] = { "ops_digital", "ops_b1", "ops_b2", "ops_b3", "ops_b4", "ops_b5", "ops_b6", "ops_b7", "ops_b8",
                                          "ops_b9", "ops_b10", "ops_b11", "ops_b12", "ops_b13", "ops_b14", "ops_b15" };
    uint64_t v;

    for (uint32_t b = 0; b < 16; b++)
        if (peek(s, "controller.chosen", b, &v) && v)
            bl_job_figure(job, name[b], "ops", (double)v, b ? "macro operations at this boundary B" : "macro operations, digital only");
    if (!bl_peek(s, "controller.mode", &v) && v)
        bl_job_approximate(job);
    if (!bl_peek(s, "dat.dat_bits", &v) && v < 8)
        bl_job_approximate(job);
}

const struct bl_mapper osa_hcim_mapper = { .name = "osa_hcim", .help = "144 x 8 macro operations of OSA-HCIM, weights through the R/W port",
    .host = "host", .begin = begin, .pack = pack, .supply = supply, .figures = figures, .calibrate = osa_hcim_calibrate };
