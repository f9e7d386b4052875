/* calibration_file.c - calibration files of IMAGINE: gain and ABN offsets of each weight set, read with file:line:column,
 * written whole or not at all. */
#include "platforms/imagine/phases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "platforms/file/yaml.h"

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

static int read_layer(struct bl_yaml_doc *doc, const struct bl_yaml *y, const struct bl_net *net, struct imagine_tables *t,
                      uint8_t *seen)
{
    static const char *const known[] = { "gamma", "offset", "trim" };
    const struct bl_yaml *gamma, *offset, *trim;
    uint32_t i = 0;

    while (i < net->nlayers && strcmp(net->layers[i].name, y->key->text))
        i++;
    if (i == net->nlayers || !t->layer[i].nsets)
        return bl_yaml_error(doc, y->key, 0, "net %s has no conv or fc layer '%s'; is this the calibration of another net?",
                             net->name, y->key->text);
    if (bl_yaml_is(doc, y, BL_YAML_MAP, "a layer", "{ gamma: [8], offset: [[3, -2]] }") ||
        bl_yaml_known(doc, y, "a layer", known, 3))
        return -1;
    struct imagine_tuning *l = &t->layer[i];
    seen[i] = 1;
    gamma = bl_yaml_get(y, "gamma");
    offset = bl_yaml_get(y, "offset");
    trim = bl_yaml_get(y, "trim");
    if ((gamma && read_gamma(doc, gamma, l)) || (offset && read_lists(doc, offset, "offset", -16, 15, l->nsets, l->abn)))
        return -1;
    return trim ? read_lists(doc, trim, "trim", -1000000, 1000000, l->nsets, l->trim) : 0;
}

static int read_all(struct bl_yaml_doc *doc, const struct bl_net *net, struct imagine_tables *t)
{
    static const char *const known[] = { "calibration", "net", "r_w", "layers" };
    uint64_t r_w = t->r_w;
    const struct bl_yaml *root = bl_yaml_root(doc), *what = bl_yaml_get(root, "calibration"), *layers = bl_yaml_get(root,
        "layers");
    uint8_t *seen = calloc(net->nlayers + 1, sizeof *seen);
    int bad = !seen || bl_yaml_known(doc, root, "a calibration file", known, 4);

    if (!bad && (!what || what->kind != BL_YAML_TEXT || strcmp(what->text, "imagine") || !layers))
        bad = bl_yaml_error(doc, what ? what : root, 0, "expected `calibration: imagine` and `layers:`; `bitline calibrate` "
                            "writes such files");
    const struct bl_yaml *bits = bl_yaml_get(root, "r_w");
    bad = bad || (bits && bl_yaml_count(doc, bits, "r_w", 1, 4, &r_w));
    if (!bad && r_w != t->r_w)
        bad = bl_yaml_error(doc, bits, 0, "made with weight slices of r_w = %llu; the platform has host.r_w = %u; "
                            "calibrate it with these settings", (unsigned long long)r_w, t->r_w);
    bad = bad || bl_yaml_is(doc, layers, BL_YAML_MAP, "layers", "{ conv1: { gamma: [8] } }");
    for (const struct bl_yaml *y = bad ? NULL : layers->first; y; y = y->next)
        bad |= read_layer(doc, y, net, t, seen);
    for (uint32_t i = 0; !bad && i < net->nlayers; i++)
        if (t->layer[i].nsets && !seen[i])
            bad = bl_yaml_error(doc, layers, 0, "layer '%s' of net %s is missing", net->layers[i].name, net->name);
    free(seen);
    return bad ? -1 : 0;
}

struct imagine_tables *imagine_tables_read(const char *path, const struct bl_net *net, const uint32_t *nsets, uint32_t r_w,
                                           struct bl_diag *diag)
{
    struct bl_yaml_doc *doc = bl_yaml_open(path, diag);
    struct imagine_tables *t = doc ? imagine_tables_new(nsets, net->nlayers, r_w) : NULL;

    if (t && read_all(doc, net, t)) {
        imagine_tables_free(t);
        t = NULL;
    }
    bl_yaml_free(doc);
    return t;
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

static void write_layer(FILE *f, const struct imagine_tuning *l)
{
    bool trimmed = false;

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

int imagine_tables_write(const char *path, const struct imagine_tables *t, const struct bl_net *net, const char *const *how,
                         struct bl_diag *diag)
{
    char tmp[4096];
    struct stat st;

    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
        return bl_error(diag, "%s: is no regular file; expected the name of a file to write", path);
    if ((size_t)snprintf(tmp, sizeof tmp, "%s.tmp", path) >= sizeof tmp)
        return bl_error(diag, "%s: the path is too long", path);
    FILE *f = fopen(tmp, "w");
    if (!f)
        return bl_error(diag, "%s: cannot be written; is the folder there and writable?", path);
    for (; *how; how++)
        fprintf(f, "# %s\n", *how);
    bl_yaml_write_name(f, "calibration: imagine\nnet: ", net->name, "");
    fprintf(f, "r_w: %u\nlayers:\n", t->r_w);
    for (uint32_t i = 0; i < net->nlayers; i++)
        if (t->layer[i].nsets) {
            bl_yaml_write_name(f, "  ", net->layers[i].name, ":");
            write_layer(f, &t->layer[i]);
        }
    bool bad = fflush(f) || ferror(f);
    if (fclose(f) || bad || rename(tmp, path)) {
        remove(tmp);
        return bl_error(diag, "%s: cannot be written to its end; is the disk full?", path);
    }
    return 0;
}
