/* cmd_prune.c - `bitline prune`: the offline side of DB-PIM on a net. Blocks of small weights are masked, the others approximated by few signed
 * digits; what that costs is told, and the net written as ONNX. */
#include <fnmatch.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "platforms/file/io.h"
#include "tools/commands.h"
#include "tools/prune/prune_rows.h"
#include "tools/run/net_file.h"
#include "tools/run/net_options.h"
#include "tools/run/setup_options.h"

enum { MOST_ALPHA = 1024 };

struct prune_opts {
    const char *sparsity, *as, *output;
    struct bl_setup_opts setup;        /* of it seed, rounding, and what is about images */
    struct bl_texts layers, images, data;
    struct bl_whole alpha;
    bool fta;
};

/* ---- what is asked for ---- */

/* "0.6" or "60%": a share below 1. */
static int share_of(const char *option, const char *text, double *out, struct bl_diag *diag)
{
    char *end;
    double v = strtod(text, &end);

    if (end > text && !strcmp(end, "%")) {
        v /= 100;
        end++;
    }
    if (end == text || *end || !(v >= 0 && v < 1))
        return bl_error(diag, "%s '%s': expected a share from 0 to below 1, like '0.6' or '60%%'", option, text);
    *out = v;
    return 0;
}

/* One --layer, GLOB or GLOB=SHARE, into the sparsities of all layers that it names. */
static int choose_layers(const struct bl_net *net, const char *text, double preset, double *out, struct bl_diag *diag)
{
    const char *equals = strrchr(text, '=');
    size_t n = equals ? (size_t)(equals - text) : strlen(text);
    char *glob = strndup(text, n);
    double v = preset;
    unsigned named = 0, host = 0;
    int rc = !glob ? bl_error(diag, "--layer %s: no memory", text) : equals ? share_of("--layer", equals + 1, &v, diag) : 0;

    for (uint32_t i = 0; !rc && i < net->nlayers; i++) {
        if (fnmatch(glob, net->layers[i].name, 0) != 0)
            continue;
        host += !bl_db_on_array(net, i);
        named += bl_db_on_array(net, i);
        out[i] = bl_db_on_array(net, i) ? v : 0;
    }
    if (!rc && !named)
        rc = bl_error(diag, host ? "--layer %s: %s has such layers, but none that the array runs: convolutions that are not depthwise, and products of matrices" :
                            "--layer %s: %s has no such layer; `bitline net` lists them", text, net->name);
    free(glob);
    return rc;
}

static int choose(const struct prune_opts *o, const struct bl_net *net, double *out, struct bl_diag *diag)
{
    double preset = 0;
    bool any = o->fta;

    if (o->sparsity && share_of("--sparsity", o->sparsity, &preset, diag))
        return -1;
    bl_db_choose(net, o->layers.n ? 0 : preset, out);
    for (size_t i = 0; i < o->layers.n; i++)
        if (choose_layers(net, o->layers.v[i], preset, out, diag))
            return -1;
    for (uint32_t i = 0; i < net->nlayers; i++)
        any |= out[i] > 0;
    if (!any)
        return bl_error(diag, "prune: nothing is to be done; expected --fta, --sparsity 0.6 or --layer 'conv*=0.6'%s", preset > 0 ? " (of the layers that "
                        "--sparsity alone prunes, convolutions but the first, this net has none)" : "");
    return 0;
}

/* ---- the command ---- */

struct work {
    const struct prune_opts *o;
    struct bl_setup_opts so;
    struct bl_net *net, *written;      /* written: NULL without -o */
    struct bl_reference_figures before, after;
    struct bl_diag *diag;
};

/* Figures of the images, if any are named. An exit status. */
static int measure(const struct work *w, const struct bl_net *net, struct bl_reference_figures *f)
{
    int status = w->so.inputs.n ? bl_reference_measure(net, &w->so, f, w->diag) : BL_DONE;

    if (status == BL_WRONG)
        bl_error(w->diag, "interrupted after %u of %u images; nothing is written", f->done, f->count);
    return status;
}

static void show(const struct work *w, const struct bl_db_pruned *pruned, uint32_t alpha, uint32_t moved)
{
    const bool images = w->so.inputs.n > 0;
    json_t *rows = bl_prune_rows(&(struct bl_prune_account){ w->net, pruned, alpha, w->o->fta, images ? &w->before : NULL, images ? &w->after : NULL,
                                                             w->o->output, moved });

    if (w->o->as && !strcmp(w->o->as, "json"))
        bl_prune_json(rows, stdout);
    else if (w->o->as && !strcmp(w->o->as, "csv"))
        bl_prune_csv(rows, stdout);
    else
        bl_prune_text(rows, stdout);
    json_decref(rows);
}

static int prune_net(struct work *w)
{
    const struct prune_opts *o = w->o;
    const uint32_t alpha = o->alpha.given ? (uint32_t)o->alpha.v : BL_DB_ALPHA;
    double *sparsity = calloc(w->net->nlayers, sizeof *sparsity);
    struct bl_db_pruned *pruned = calloc(w->net->nlayers, sizeof *pruned);
    uint8_t *bytes = NULL;
    size_t len = 0;
    uint32_t moved = 0;
    int status = BL_REFUSED;

    if (!sparsity || !pruned)
        bl_error(w->diag, "%s: no memory", w->net->name);
    else if (choose(o, w->net, sparsity, w->diag) || (status = measure(w, w->net, &w->before)) != BL_DONE)
        ;
    else if (bl_db_prune(w->net, &(struct bl_db_pruning){ sparsity, alpha, o->fta }, pruned, w->diag) ||
             (o->output && !(w->written = bl_net_file_write(w->net, &bytes, &len, &moved, w->diag))))
        status = BL_REFUSED;
    else if ((status = measure(w, w->written ? w->written : w->net, &w->after)) == BL_DONE) {
        if (o->output && bl_save_all(o->output, bytes, len, w->diag) < 0)
            status = BL_REFUSED;
        else
            show(w, pruned, alpha, moved);
    }
    free(bytes);
    free(sparsity);
    free(pruned);
    return status;
}

static int prune(const struct bl_texts *words, const void *opts, struct bl_diag *diag)
{
    const struct prune_opts *o = opts;
    struct work w = { .o = o, .so = o->setup, .diag = diag };
    const struct bl_setup_opts *all[] = { &w.so };
    struct bl_net_file file = { .so = NULL };
    struct bl_texts files = { 0 };
    int status = BL_REFUSED;

    if (o->alpha.given && (o->alpha.v < 1 || o->alpha.v > MOST_ALPHA))
        return bl_error(diag, "--alpha %llu: expected 1 to %d filters a block", (unsigned long long)o->alpha.v, MOST_ALPHA), BL_REFUSED;
    if (!bl_net_options(&w.so, &o->images, &o->data, &files, diag) && bl_net_file_open(&file, words->v[0], &w.so, diag) == 0) {
        if (!w.so.inputs.n && (w.so.labels || w.so.images.given || w.so.first.given || w.so.metric || bl_data_option(&w.so.form)))
            bl_error(diag, "prune: found --labels, --images or how they are read, but no images; name them with --data");
        else if ((!o->output || !bl_net_file_output(&file, o->output, ".onnx", all, 1, diag)) && (w.net = bl_net_file_net(&file, diag)))
            status = prune_net(&w);
    }
    bl_net_free(w.net);
    bl_net_free(w.written);
    bl_texts_free(&files);
    bl_net_file_fini(&file);
    return status;
}

#define T struct prune_opts
static const struct bl_option options[] = {
    { "sparsity", 0, BL_OPT_TEXT, offsetof(T, sparsity), "S", "share of the blocks that are masked, of convolutions but depthwise ones\nand the first: 0.6 or 60%" },
    { "layer", 0, BL_OPT_MANY, offsetof(T, layers), "GLOB[=S]", "mask blocks of these layers alone, each to its own sparsity" },
    { "alpha", 0, BL_OPT_WHOLE, offsetof(T, alpha), "N", "filters of a block (8)" },
    { "fta", 0, BL_OPT_FLAG, offsetof(T, fta), NULL, "then give all kept weights of a filter the same one or two non-zero\nsigned digits" },
    { "output", 'o', BL_OPT_TEXT, offsetof(T, output), "OUT.onnx", "the file to write; without it the cost is told" },
    { "as", 0, BL_OPT_CHOICE, offsetof(T, as), "text|csv|json", "form (text)" },
    { "images", 0, BL_OPT_MANY, offsetof(T, images), "K|FILE", "how many (all of --data); or as --data" },
    { "first", 0, BL_OPT_WHOLE, offsetof(T, setup.first), "I", "index of the first one (0)" },
    BL_DATA_OPTIONS(T),
    { "rounding", 0, BL_OPT_CHOICE, offsetof(T, setup.rounding), "xnn|q31", "how a .tflite net rounds (xnn)" },
    { "seed", 0, BL_OPT_WHOLE, offsetof(T, setup.seed), "S", "seed of the weights of a layer table (1)" }, { 0 } };
const struct bl_command cmd_prune = {
    .name = "prune", .help = "prune a net for DB-PIM: blocks of small weights masked, the others of few signed digits",
    .grammar = { .words = "NET", .least = 1, .most = 1, .options = options, .size = sizeof(T), .notes =
        "Of each layer: how far its weights are from what they were, how many non-zero digits they have, what they take to store. With --data\n"
        "and --labels the accuracy before and after, by the integer reference. Nothing is trained again. platforms/db_pim/README.md says it all.\n"
        "Exit status: 0; 1 when interrupted; 2 after a refusal.\n" },
    .run = prune };
