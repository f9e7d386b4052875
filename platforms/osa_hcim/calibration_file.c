/* calibration_file.c - what OSA-HCIM keeps of a layer in its calibration files: thresholds, ADC ranges, folds; and whether that is
 * what a platform with its settings looks up. */
#include "platforms/osa_hcim/calibration_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platforms/job/calibration_file.h"

enum { THRESHOLDED = 2, RANGED = 4 };          /* what a file says of a layer */
enum { THRESHOLDS = 15, MOST = 1000000000 };   /* MOST: size of any number, so that each fits 32 bits */

struct osa_tables *osa_tables_new(uint32_t nlayers)
{
    struct osa_tables *t = calloc(1, sizeof *t);

    if (!t)
        return NULL;
    t->nlayers = nlayers;
    t->saliency = calloc(nlayers + 1, sizeof *t->saliency);
    t->ranges = calloc(nlayers + 1, sizeof *t->ranges);
    t->fold = calloc(nlayers + 1, sizeof *t->fold);
    if (!t->saliency || !t->ranges || !t->fold) {
        osa_tables_free(t);
        return NULL;
    }
    return t;
}

void osa_tables_free(struct osa_tables *t)
{
    if (!t)
        return;
    for (uint32_t i = 0; t->fold && i < t->nlayers; i++)
        free(t->fold[i]);
    free(t->fold);
    free(t->saliency);
    free(t->ranges);
    free(t);
}

/* ---- reading ---- */

static int number(struct bl_yaml_doc *doc, const struct bl_yaml *y, const char *what, double *v)
{
    const char *text = bl_yaml_text(doc, y, what);
    char *end;

    if (!text)
        return -1;
    *v = strtod(text, &end);
    if (end == text || *end || !(*v >= -MOST && *v <= MOST))
        return bl_yaml_error(doc, y, 0, "%s is '%s'; expected a number of size 1e9 or less", what, text);
    return 0;
}

static int read_thresholds(struct bl_yaml_doc *doc, const struct bl_yaml *y, struct osa_tables *t, struct bl_osa_saliency *s)
{
    double last = 1e9, v;
    uint32_t n = 0;

    if (bl_yaml_is(doc, y, BL_YAML_LIST, "thresholds", "[60, 40, 20]"))
        return -1;
    for (const struct bl_yaml *e = y->first; e; e = e->next, last = v) {
        if (n == THRESHOLDS)
            return bl_yaml_error(doc, e, 0, "more than %d thresholds", THRESHOLDS);
        if (number(doc, e, "a threshold", &v))
            return -1;
        if (v < 0 || v > last || v > 1000000 || v != (int32_t)v)
            return bl_yaml_error(doc, e, 0, "threshold %s; expected whole numbers 0 .. 1000000, not rising", e->text);
        s->threshold[n++] = (int32_t)v;
    }
    if (t->has_thresholds && n != t->nthresholds)
        return bl_yaml_error(doc, y, 0, "%u thresholds here, %u in the layers before", n, t->nthresholds);
    t->has_thresholds = true;
    t->nthresholds = n;
    return 0;
}

static int read_pairs(struct bl_yaml_doc *doc, const struct bl_yaml *y, uint32_t b, struct bl_osa_ranges *r)
{
    uint32_t i = 0;

    if (bl_yaml_is(doc, y, BL_YAML_LIST, "the ranges of a boundary", "[[0, 64], [2, 80]]"))
        return -1;
    for (const struct bl_yaml *e = y->first; e; e = e->next, i++) {
        if (bl_yaml_is(doc, e, BL_YAML_LIST, "a range", "[0, 64]"))
            return -1;
        if (i == BL_OSA_BITS || e->n != 2)
            return bl_yaml_error(doc, e, 0, "expected at most %d ranges [lo, hi], one a conversion", BL_OSA_BITS);
        if (number(doc, e->first, "lo", &r->lo[b][i]) || number(doc, e->first->next, "hi", &r->hi[b][i]))
            return -1;
        if (!(r->hi[b][i] > r->lo[b][i]))
            return bl_yaml_error(doc, e, 0, "range [%s, %s] is empty; expected lo < hi", e->first->text, e->first->next->text);
    }
    return 0;
}

static int read_ranges(struct bl_yaml_doc *doc, const struct bl_yaml *y, struct osa_tables *t, struct bl_osa_ranges *r)
{
    if (bl_yaml_is(doc, y, BL_YAML_MAP, "range", "{ b8: [[0, 64]] }"))
        return -1;
    for (const struct bl_yaml *e = y->first; e; e = e->next) {
        uint32_t b = 15;
        char name[8];
        do
            snprintf(name, sizeof name, "b%u", b);
        while (strcmp(name, e->key->text) && --b);
        if (!b)
            return bl_yaml_error(doc, e->key, 0, "'%s' is no boundary; expected b1 .. b15", e->key->text);
        if (read_pairs(doc, e, b, r))
            return -1;
    }
    t->has_ranges = true;
    return 0;
}

static int read_fold(struct bl_yaml_doc *doc, const struct bl_yaml *y, uint32_t cout, int32_t **fold)
{
    uint32_t o = 0;
    double v;

    if (bl_yaml_is(doc, y, BL_YAML_LIST, "fold", "[12, -3]"))
        return -1;
    if (y->n != cout)
        return bl_yaml_error(doc, y, 0, "fold has %zu values; the layer has %u outputs", y->n, cout);
    *fold = calloc(cout + 1, sizeof **fold);
    if (!*fold)
        return bl_yaml_error(doc, y, 0, "out of memory");
    for (const struct bl_yaml *e = y->first; e; e = e->next) {
        if (number(doc, e, "a fold", &v))
            return -1;
        if (v != (int32_t)v)
            return bl_yaml_error(doc, e, 0, "fold %s; expected whole numbers", e->text);
        (*fold)[o++] = (int32_t)v;
    }
    return 0;
}

static int read_layer(void *tables, const struct bl_net *net, uint32_t i, struct bl_yaml_doc *doc, const struct bl_yaml *y,
                      uint8_t *said)
{
    struct osa_tables *t = tables;
    const struct bl_yaml *n = bl_yaml_get(y, "nshift"), *th = bl_yaml_get(y, "thresholds"), *r = bl_yaml_get(y, "range");
    uint64_t shift = 0;

    *said |= (uint8_t)((th ? THRESHOLDED : 0) | (r ? RANGED : 0));
    if (n && bl_yaml_count(doc, n, "nshift", 0, 8, &shift))
        return -1;
    t->saliency[i].nshift = (int32_t)shift;
    if (th && read_thresholds(doc, th, t, &t->saliency[i]))
        return -1;
    if (r && read_ranges(doc, r, t, &t->ranges[i]))
        return -1;
    const struct bl_yaml *fold = bl_yaml_get(y, "fold");
    return fold ? read_fold(doc, fold, net->layers[i].cout, &t->fold[i]) : 0;
}

/* What one layer has, all must have: the parts look it up for each. */
static int check_layer(void *tables, const struct bl_net *net, uint32_t i, struct bl_yaml_doc *doc, const struct bl_yaml *y,
                       uint8_t said)
{
    const struct osa_tables *t = tables;
    bool no_thresholds = t->has_thresholds && !(said & THRESHOLDED), no_range = t->has_ranges && !(said & RANGED);

    if (no_thresholds || no_range)
        return bl_yaml_error(doc, y, 0, "layer '%s' has no '%s'; other layers have", net->layers[i].name,
                             no_thresholds ? "thresholds" : "range");
    return 0;
}

/* ---- writing ---- */

static void write_range(FILE *f, const struct bl_osa_ranges *r)
{
    bool head = false;

    for (uint32_t b = 1; b < 16; b++) {
        bool any = false;
        for (uint32_t i = 0; i < BL_OSA_BITS && r->hi[b][i] > r->lo[b][i]; i++) {
            if (!any)
                fprintf(f, "%s      b%u: [", head ? "" : "    range:\n", b);
            head = true;
            fprintf(f, "%s[%.7g, %.7g]", any ? ", " : "", r->lo[b][i], r->hi[b][i]);
            any = true;
        }
        if (any)
            fprintf(f, "]\n");
    }
    if (!head)
        fprintf(f, "    range: {}\n");
}

static void write_layer(const void *tables, const struct bl_net *net, uint32_t i, FILE *f)
{
    const struct osa_tables *t = tables;

    fprintf(f, "    nshift: %d\n", t->saliency[i].nshift);
    if (t->has_thresholds) {
        fprintf(f, "    thresholds: [");
        for (uint32_t k = 0; k < t->nthresholds; k++)
            fprintf(f, "%s%d", k ? ", " : "", t->saliency[i].threshold[k]);
        fprintf(f, "]\n");
    }
    if (t->fold[i]) {
        fprintf(f, "    fold: [");
        for (uint32_t o = 0; o < net->layers[i].cout; o++)
            fprintf(f, "%s%d", o ? ", " : "", t->fold[i][o]);
        fprintf(f, "]\n");
    }
    if (t->has_ranges)
        write_range(f, &t->ranges[i]);
}

/* ---- the file ---- */

static const char *const known[] = { "nshift", "thresholds", "range", "fold" };
static const struct bl_calibration_form form = {
    .machine = "osa_hcim", .layers_like = "{ conv1: { nshift: 0 } }", .layer_like = "{ nshift: 0, thresholds: [60, 40] }",
    .tells_host_work = true, .known = known, .nknown = 4,
    .read_layer = read_layer, .check_layer = check_layer, .write_layer = write_layer };

struct osa_tables *osa_tables_read(const char *path, const struct bl_net *net, struct bl_diag *diag)
{
    struct osa_tables *t = osa_tables_new(net->nlayers);

    if (!t)
        bl_error(diag, "%s: no memory to read it", path);
    else if (bl_calibration_read(&form, path, net, t, diag)) {
        osa_tables_free(t);
        t = NULL;
    }
    return t;
}

int osa_tables_write(const char *path, const struct osa_tables *t, const struct bl_net *net, const char *const *how, struct bl_diag *diag)
{
    return bl_calibration_write(&form, path, net, t, how, diag);
}

/* ---- in force: on a platform, in a job ---- */

static const char *calibration_of(struct bl_job *job)
{
    return bl_job_options(job)->calibration ? bl_job_options(job)->calibration : "calibration";
}

/* The ADC looks up a range for every conversion of boundary b. */
static int check_ranges(struct bl_job *job, const struct osa_tables *t, const struct osa_settings *p, int b)
{
    const struct bl_layer *layers = bl_job_options(job)->net->layers;
    struct bl_osa_alloc alloc;

    bl_osa_allocate(&alloc, p->w_bits, p->a_bits, b);
    for (uint32_t l = 0; l < t->nlayers; l++)
        for (int k = 0; k < alloc.conversions; k++) {
            uint32_t i = alloc.list[k].i;
            if (osa_on_array(&layers[l]) && !(t->ranges[l].hi[b][i] > t->ranges[l].lo[b][i]))
                return bl_error(bl_job_diag(job), "%s: layer '%s' has no range for weight bit %u at boundary b%d, which the platform "
                                "uses; calibrate it with these settings", calibration_of(job), layers[l].name, i, b);
        }
    return 0;
}

/* The same for every boundary that the OSE may choose. */
static int check_chosen_ranges(struct bl_job *job, const struct osa_tables *t, const struct osa_settings *p)
{
    int bad = 0;

    if (p->mode == OSA_MODE_FIXED)
        return check_ranges(job, t, p, p->boundary);
    for (uint32_t i = 0; i < p->ncandidates && !bad; i++)
        bad = check_ranges(job, t, p, osa_in_effect(p, p->candidate[i]));
    for (uint32_t i = 0; i < p->nforced && !bad; i++)
        bad = check_ranges(job, t, p, osa_in_effect(p, p->forced[i]));
    return bad;
}

int osa_tables_fit(struct bl_job *job, const struct osa_tables *t, const struct osa_settings *p)
{
    uint32_t n = p->mode == OSA_MODE_OSA ? p->ncandidates : 0;
    bool tabled = p->range == OSA_RANGE_CAL || p->range == OSA_RANGE_AUTO;

    if (n && t->has_thresholds && t->nthresholds != n - 1)
        return bl_error(bl_job_diag(job), "%s: %u thresholds a layer, but the platform's ose has %u candidates and needs %u; "
                        "calibrate it with these settings", calibration_of(job), t->nthresholds, n, n - 1);
    if (!tabled && t->has_ranges)
        bl_note(bl_job_diag(job), "%s: its ranges are not used; --set adc.range=cal uses them", calibration_of(job));
    return tabled && t->has_ranges ? check_chosen_ranges(job, t, p) : 0;
}

static void *copied(struct bl_job *job, const void *from, size_t bytes)
{
    void *to = bl_job_alloc(job, bytes);

    memcpy(to, from, bytes);
    return to;
}

const struct osa_tables *osa_tables_kept(struct bl_job *job, const struct osa_tables *t)
{
    const struct bl_net *net = bl_job_options(job)->net;
    struct osa_tables *k = copied(job, t, sizeof *t);

    k->saliency = copied(job, t->saliency, t->nlayers * sizeof *t->saliency);
    k->ranges = copied(job, t->ranges, t->nlayers * sizeof *t->ranges);
    k->fold = copied(job, t->fold, t->nlayers * sizeof *t->fold);
    for (uint32_t i = 0; i < t->nlayers; i++)
        if (t->fold[i])
            k->fold[i] = copied(job, t->fold[i], net->layers[i].cout * sizeof **t->fold);
    return k;
}
