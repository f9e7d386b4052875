/* ranges.c - ranges of converters by layer. Measured twice: first at full range, so that layers behind the first see what coarse converters
 * leave of their inputs, then with the ranges of the first run. */
#include "platforms/weight_stationary/ranges.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "components/sar.h"
#include "kernel/model.h"
#include "platforms/file/load.h"
#include "platforms/job/calibration_file.h"
#include "platforms/job/setup.h"

enum { PASSES = 2, PATH = 256, MADE_FOR = 96 };

static bool is_adc(struct bl_sim *s, const char *part)
{
    const struct bl_class *c = bl_part_class(s, part);

    return c && !strcmp(c->name, "sar_adc");
}

/* ---- the file ---- */

static int bound(struct bl_yaml_doc *doc, const struct bl_yaml *y, double *v)
{
    const char *text = bl_yaml_text(doc, y, "a bound of a range");
    char *end;

    if (!text)
        return -1;
    *v = strtod(text, &end);
    return end != text && !*end && *v >= -2147483648.0 && *v <= 2147483648.0 ? 0 :
        bl_yaml_error(doc, y, 0, "a bound of a range is '%s'; expected a number within 32 bits", text);
}

static int read_layer(void *tables, const struct bl_net *net, uint32_t layer, struct bl_yaml_doc *doc, const struct bl_yaml *y, uint8_t *said)
{
    struct bl_range *r = (struct bl_range *)tables + layer;
    const struct bl_yaml *list = bl_yaml_get(y, "range");

    (void)said;
    if (!list)
        return bl_yaml_error(doc, y, 0, "layer '%s' has no 'range'; expected '{ range: [0, 40] }'", net->layers[layer].name);
    if (bl_yaml_is(doc, list, BL_YAML_LIST, "range", "[0, 40]"))
        return -1;
    if (list->n != 2)
        return bl_yaml_error(doc, list, 0, "range has %zu numbers; expected the least and the most, '[0, 40]'", list->n);
    if (bound(doc, list->first, &r->lo) || bound(doc, list->first->next, &r->hi))
        return -1;
    return r->hi > r->lo ? 0 : bl_yaml_error(doc, list, 0, "range is [%g, %g]; expected the second number above the first", r->lo, r->hi);
}

static void write_layer(const void *tables, const struct bl_net *net, uint32_t layer, FILE *f)
{
    const struct bl_range *r = (const struct bl_range *)tables + layer;

    (void)net;
    fprintf(f, "    range: [%.10g, %.10g]\n", r->lo, r->hi);
}

static const char *const known[] = { "range" };
static const struct bl_calibration_form form = {
    .machine = "weight_stationary", .layers_like = "{ conv1: { range: [0, 40] } }", .layer_like = "{ range: [0, 40] }", .tells_host_work = true,
    .known = known, .nknown = 1, .read_layer = read_layer, .write_layer = write_layer };

/* What ranges depend on; buf lives as long as the form that is returned. */
static struct bl_calibration_form form_for(const struct bl_array *a, unsigned bits, char buf[MADE_FOR])
{
    struct bl_calibration_form own = form;

    snprintf(buf, MADE_FOR, "rows %u, cols %u, w_bits %u, converters of %u bits", a->n[BL_ARRAY_ROWS], a->n[BL_ARRAY_COLS], a->n[BL_ARRAY_W_BITS], bits);
    own.made_for = buf;
    return own;
}

/* ---- to the converters ---- */

struct supplied { struct bl_job *job; struct bl_sim *s; const struct bl_range *ranges; uint32_t used, bits; int bad; };

/* The bits of a converter. */
static void see_bits(void *ctx, const struct bl_wire_row *row)
{
    struct supplied *x = ctx;
    const char *dot = strrchr(row->from, '.');
    char part[PATH], name[PATH + 8];
    uint64_t bits;

    if (x->bits || !dot || (size_t)(dot - row->from) >= sizeof part || strcmp(dot, ".y"))
        return;
    snprintf(part, sizeof part, "%.*s", (int)(dot - row->from), row->from);
    snprintf(name, sizeof name, "%s.bits", part);
    if (is_adc(x->s, part) && bl_peek(x->s, name, &bits) == 0)
        x->bits = (uint32_t)bits;
}

/* Every converter drives one wire from its y. */
static void supply_one(void *ctx, const struct bl_wire_row *row)
{
    struct supplied *x = ctx;
    const struct bl_net *net = bl_job_options(x->job)->net;
    const char *dot = strrchr(row->from, '.');
    struct bl_ask ask = bl_job_ask(x->job, x->s);
    char part[PATH], name[PATH + 8];

    if (!dot || (size_t)(dot - row->from) >= sizeof part || strcmp(dot, ".y"))
        return;
    snprintf(part, sizeof part, "%.*s", (int)(dot - row->from), row->from);
    snprintf(name, sizeof name, "%s.range", part);
    if (!is_adc(x->s, part) || bl_ask_int(&ask, name) != BL_SAR_TABLE)
        return;
    x->bad |= bl_supply(x->s, part, "ranges", x->ranges, net->nlayers * sizeof *x->ranges);
    x->used++;
}

int bl_ranges_supply(struct bl_job *job, struct bl_sim *s)
{
    const struct bl_job_opts *o = bl_job_options(job);
    struct bl_range *ranges;
    char made[MADE_FOR];

    if (!o->tuning && !o->calibration)
        return 0;
    ranges = bl_job_alloc(job, o->net->nlayers * sizeof *ranges);
    if (o->tuning)
        memcpy(ranges, o->tuning, o->net->nlayers * sizeof *ranges);
    struct supplied x = { .job = job, .s = s, .ranges = ranges };
    bl_platform_wires(o->file, true, see_bits, &x);
    const struct bl_calibration_form own = form_for(bl_platform_array(o->file), x.bits, made);
    if (!o->tuning && bl_calibration_read(&own, o->calibration, o->net, ranges, bl_job_diag(job)))
        return -1;
    if (bl_platform_wires(o->file, true, supply_one, &x) < 0 || x.bad)
        return -1;
    if (!x.used && !o->tuning)
        bl_note(bl_job_diag(job), "%s: its ranges are not used; a sar_adc with 'range: table' uses them", o->calibration);
    return 0;
}

/* ---- measuring ---- */

struct measured { const struct bl_calibrate_opts *o; struct bl_diag *diag; struct bl_texts adcs; struct bl_range *ranges; uint32_t nlayers; double codes; };

/* Adds a copy; the list's owner frees all. */
static void add(struct bl_texts *list, const char *text)
{
    char *copy = strdup(text);

    if (!copy) {
        fprintf(stderr, "bitline: out of memory\n");
        exit(2);
    }
    bl_texts_add(list, copy);
}

static int find_adcs(struct bl_ask *ask, void *ctx)
{
    struct measured *m = ctx;
    char name[PATH + 8];

    for (size_t i = 0; i < bl_part_count(ask->s); i++) {
        struct bl_part_row row;
        bl_part_at(ask->s, i, &row);
        if (!row.cls || strcmp(row.cls, "sar_adc"))
            continue;
        add(&m->adcs, row.path);
        snprintf(name, sizeof name, "%s.bits", row.path);
        const double codes = (double)(UINT64_C(1) << bl_ask_int(ask, name));
        m->codes = codes > m->codes ? codes : m->codes;
    }
    return m->adcs.n ? 0 : bl_error(m->diag, "%s: there is nothing to calibrate; it has no part of class sar_adc", ask->platform);
}

/* The least and the most that any converter has seen of a layer. */
static void collect(void *ctx, struct bl_sim *s)
{
    struct measured *m = ctx;

    for (uint32_t l = 0; l < m->nlayers; l++) {
        struct bl_sar_seen all = { 0, 0, 0 };
        for (size_t i = 0; i < m->adcs.n; i++) {
            const struct bl_sar_seen *seen = (const struct bl_sar_seen *)bl_memory(s, m->adcs.v[i], "stat", NULL) + l;
            if (!seen->n)
                continue;
            all.least = !all.n || seen->least < all.least ? seen->least : all.least;
            all.most = !all.n || seen->most > all.most ? seen->most : all.most;
            all.n += seen->n;
        }
        /* Up to and with the most. Where a converter has codes to spare, a step stays one level: then it loses nothing. */
        const double lo = (double)all.least, hi = (double)all.most + 1;
        if (all.n)
            m->ranges[l] = (struct bl_range){ lo, hi - lo < m->codes ? lo + m->codes : hi };
    }
}

/* One run with the ranges so far; NULL: full range. `last`: nothing is measured. */
static int run(struct measured *m, const struct bl_range *ranges, bool last, struct bl_outcome *out)
{
    struct bl_texts sets = { 0 };
    char text[PATH + 16];

    for (size_t i = 0; i < m->adcs.n; i++) {
        snprintf(text, sizeof text, "%s.range=%s", m->adcs.v[i], ranges ? "table" : "full");
        add(&sets, text);
        snprintf(text, sizeof text, "%s.measure=%d", m->adcs.v[i], !last);
        add(&sets, text);
    }
    const struct bl_trial trial = { .sets = (const char *const *)sets.v, .nsets = sets.n, .tuning = ranges, .ended = last ? NULL : collect,
                                    .on_layer_ctx = m };
    int status = bl_trial_run(m->o, &trial, out, m->diag);
    bl_texts_free_all(&sets);
    return status;
}

static int measure(struct measured *m, struct bl_outcome *end)
{
    struct bl_range *from = calloc(m->nlayers, sizeof *from);
    char lines[BL_HOW_LINES][BL_HOW_ROOM];
    const char *how[] = { lines[0], lines[1], lines[2], "range: from the least to above the most that a converter has seen, a step of one level at least", NULL };
    int bad = from ? 0 : bl_error(m->diag, "out of memory");
    char made[MADE_FOR];
    unsigned bits = 0;

    for (int pass = 0; pass < PASSES && !bad; pass++) {
        memcpy(from, m->ranges, m->nlayers * sizeof *from);
        bad = run(m, pass ? from : NULL, false, end);
    }
    bad = bad || run(m, m->ranges, true, end);
    free(from);
    if (bad)
        return -1;
    while ((double)(UINT64_C(1) << bits) < m->codes)
        bits++;
    bl_calibration_how(m->o, "", end, lines);
    const struct bl_calibration_form own = form_for(bl_platform_array(m->o->setup->platform), bits, made);
    return bl_calibration_write(&own, m->o->output, m->o->setup->net, m->ranges, how, m->diag);
}

int bl_ranges_calibrate(const struct bl_calibrate_opts *o, struct bl_diag *diag)
{
    struct measured m = { .o = o, .diag = diag, .nlayers = o->setup->net->nlayers };
    struct bl_outcome end = { 0 };
    int status = -1;

    if (o->nloss > 1)
        return bl_error(diag, "--loss: %zu limits, and ranges are measured without any; leave it out", o->nloss);
    if (m.nlayers > BL_SAR_MEASURED)
        return bl_error(diag, "net %s has %u layers; converters measure at most %d", o->setup->net->name, m.nlayers, BL_SAR_MEASURED);
    m.ranges = calloc(m.nlayers, sizeof *m.ranges);
    if (!m.ranges)
        return bl_error(diag, "out of memory");
    if (bl_trial_ask(o, find_adcs, &m, diag) == 0)
        status = measure(&m, &end);
    bl_texts_free_all(&m.adcs);
    free(m.ranges);
    return status;
}
