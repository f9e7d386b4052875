/* calibration_file.c - what IMAGINE keeps of a layer in its calibration files: gain, ABN offsets and trims of each weight set. */
#include "platforms/imagine/phases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platforms/job/calibration_file.h"

struct imagine_tables *imagine_tables_new(const uint32_t *nsets, uint32_t nlayers, uint32_t r_w)
{
    struct imagine_tables *t = calloc(1, sizeof *t);
    bool bad = !t || !(t->layer = calloc(nlayers + 1, sizeof *t->layer));

    if (!bad)
        t->r_w = r_w;
    for (uint32_t i = 0; !bad && i < nlayers; i++) {
        struct imagine_tuning *l = &t->layer[i];
        t->nlayers = i + 1;
        l->nsets = nsets[i];
        l->gamma = calloc(nsets[i] + 1, sizeof *l->gamma);
        l->abn = calloc(nsets[i] + 1, sizeof *l->abn);
        l->trim = calloc(nsets[i] + 1, sizeof *l->trim);
        bad = !l->gamma || !l->abn || !l->trim;
        for (uint32_t k = 0; !bad && k < nsets[i]; k++)
            l->gamma[k] = 1;
    }
    if (bad) {
        imagine_tables_free(t);
        return NULL;
    }
    return t;
}

void imagine_tables_free(struct imagine_tables *t)
{
    for (uint32_t i = 0; t && i < t->nlayers; i++) {
        free(t->layer[i].gamma);
        free(t->layer[i].abn);
        free(t->layer[i].trim);
    }
    if (t)
        free(t->layer);
    free(t);
}

/* ---- reading ---- */

static int read_gamma(struct bl_yaml_doc *doc, const struct bl_yaml *y, struct imagine_tuning *l)
{
    uint64_t v;
    uint32_t k = 0;

    if (bl_yaml_is(doc, y, BL_YAML_LIST, "gamma", "[8, 16]"))
        return -1;
    if (y->n != l->nsets)
        return bl_yaml_error(doc, y, 0, "%zu gains, but the layer has %u weight sets with these settings; calibrate "
                             "it with them",
                             y->n, l->nsets);
    for (const struct bl_yaml *e = y->first; e; e = e->next) {
        if (bl_yaml_count(doc, e, "a gain", 1, 32, &v))
            return -1;
        if (v & (v - 1))
            return bl_yaml_error(doc, e, 0, "a gain of %llu; the ladder gives 1, 2, 4, 8, 16 (32)", (unsigned long long)v);
        l->gamma[k++] = (uint32_t)v;
    }
    return 0;
}

/* A list of whole numbers lo .. hi for each weight set. */
static int read_lists(struct bl_yaml_doc *doc, const struct bl_yaml *y, const char *what, long lo, long hi, uint32_t nsets,
                      int32_t (*out)[CIM_COLS])
{
    uint32_t k = 0;

    if (bl_yaml_is(doc, y, BL_YAML_LIST, what, "[[3, -2], [0, 5]]"))
        return -1;
    if (y->n != nsets)
        return bl_yaml_error(doc, y, 0, "%zu lists of %ss, but the layer has %u weight sets with these settings; "
                             "calibrate it with them", y->n, what, nsets);
    for (const struct bl_yaml *set = y->first; set; set = set->next, k++) {
        uint32_t o = 0;
        if (bl_yaml_is(doc, set, BL_YAML_LIST, "the numbers of a weight set", "[3, -2]"))
            return -1;
        for (const struct bl_yaml *e = set->first; e; e = e->next) {
            const char *text = bl_yaml_text(doc, e, what);
            char *end;
            long v = text ? strtol(text, &end, 10) : 0;
            if (!text)
                return -1;
            if (o == CIM_COLS || end == text || *end || v < lo || v > hi)
                return bl_yaml_error(doc, e, 0, "%s %s; expected at most %d whole numbers %ld .. %ld", what, text, CIM_COLS,
                                     lo, hi);
            out[k][o++] = (int32_t)v;
        }
    }
    return 0;
}

static int read_layer(void *tables, const struct bl_net *net, uint32_t i, struct bl_yaml_doc *doc, const struct bl_yaml *y,
                      uint8_t *said)
{
    struct imagine_tuning *l = &((struct imagine_tables *)tables)->layer[i];
    const struct bl_yaml *gamma = bl_yaml_get(y, "gamma"), *offset = bl_yaml_get(y, "offset"), *trim = bl_yaml_get(y, "trim");

    (void)net, (void)said;
    if ((gamma && read_gamma(doc, gamma, l)) || (offset && read_lists(doc, offset, "offset", -16, 15, l->nsets, l->abn)))
        return -1;
    return trim ? read_lists(doc, trim, "trim", -1000000, 1000000, l->nsets, l->trim) : 0;
}

/* A file fits the weight slices it was made with. */
static int read_slices(void *tables, struct bl_yaml_doc *doc, const struct bl_yaml *y)
{
    const struct imagine_tables *t = tables;
    uint64_t r_w = t->r_w;

    if (y && bl_yaml_count(doc, y, "r_w", 1, 4, &r_w))
        return -1;
    if (r_w != t->r_w)
        return bl_yaml_error(doc, y, 0, "made with weight slices of r_w = %llu; the platform has host.r_w = %u; "
                             "calibrate it with these settings", (unsigned long long)r_w, t->r_w);
    return 0;
}

/* ---- writing ---- */

static void write_lists(FILE *f, const char *what, const int32_t (*v)[CIM_COLS], uint32_t nsets)
{
    fprintf(f, "    %s:\n", what);
    for (uint32_t k = 0; k < nsets; k++) {
        uint32_t n = CIM_COLS;
        while (n && !v[k][n - 1])
            n--;
        fprintf(f, "      - [");
        for (uint32_t o = 0; o < n; o++)
            fprintf(f, "%s%d", o ? ", " : "", v[k][o]);
        fprintf(f, "]\n");
    }
}

static void write_layer(const void *tables, const struct bl_net *net, uint32_t i, FILE *f)
{
    const struct imagine_tuning *l = &((const struct imagine_tables *)tables)->layer[i];
    bool trimmed = false;

    (void)net;
    for (uint32_t k = 0; k < l->nsets; k++) {
        fprintf(f, "%s%u", k ? ", " : "    gamma: [", l->gamma[k]);
        for (uint32_t o = 0; o < CIM_COLS; o++)
            trimmed |= l->trim[k][o] != 0;
    }
    fprintf(f, "]\n");
    write_lists(f, "offset", (const int32_t (*)[CIM_COLS])l->abn, l->nsets);
    if (trimmed)
        write_lists(f, "trim", (const int32_t (*)[CIM_COLS])l->trim, l->nsets);
}

static void write_slices(const void *tables, FILE *f) { fprintf(f, "%u", ((const struct imagine_tables *)tables)->r_w); }

/* ---- the file ---- */

static const char *const known[] = { "gamma", "offset", "trim" };
static const struct bl_calibration_form form = {
    .machine = "imagine", .setting = "r_w", .layers_like = "{ conv1: { gamma: [8] } }",
    .layer_like = "{ gamma: [8], offset: [[3, -2]] }", .known = known, .nknown = 3,
    .read_setting = read_slices, .read_layer = read_layer, .write_setting = write_slices, .write_layer = write_layer };

struct imagine_tables *imagine_tables_read(const char *path, const struct bl_net *net, const uint32_t *nsets, uint32_t r_w,
                                           struct bl_diag *diag)
{
    struct imagine_tables *t = imagine_tables_new(nsets, net->nlayers, r_w);

    if (!t)
        bl_error(diag, "%s: no memory to read it", path);
    else if (bl_calibration_read(&form, path, net, t, diag)) {
        imagine_tables_free(t);
        t = NULL;
    }
    return t;
}

int imagine_tables_write(const char *path, const struct imagine_tables *t, const struct bl_net *net, const char *const *how,
                         struct bl_diag *diag)
{
    return bl_calibration_write(&form, path, net, t, how, diag);
}
