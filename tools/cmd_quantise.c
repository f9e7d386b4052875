/* cmd_quantise.c - `bitline quantise`: an 8-bit net with fewer bits, whose scales are fitted and whose biases carry the mean errors over images,
 * written as ONNX; or what each layer loses by itself, and a table of bits by layer. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "platforms/file/io.h"
#include "platforms/job/layer_bits.h"
#include "tools/commands.h"
#include "tools/quantise/quantise_rows.h"
#include "tools/quantise/sensitivity.h"
#include "tools/run/net_options.h"
#include "tools/run/progress.h"
#include "tools/run/setup_options.h"

enum { MOST_TRIED = 7, IMAGES = 100, MOST_BITS = 8 };

struct quantise_opts {
    const char *w_bits, *bits, *mean_bits, *scales, *as, *output, *test_labels;
    struct bl_setup_opts setup;        /* of it seed, rounding, and what is about images */
    struct bl_texts sets, images, data, test;
    struct bl_whole a_bits;
    bool sensitivity;
};

struct work {
    const struct quantise_opts *o;
    const char *own;                   /* the images that come with the net; NULL */
    struct bl_setup_opts so, judge;    /* the images that biases are fitted to; those that accuracy is measured on */
    struct bl_net_file file;
    struct bl_net *net, *few, *written;        /* as it is, with fewer bits, and what was read of the file */
    uint8_t tried[MOST_TRIED];         /* the bits of --w-bits */
    uint32_t ntried;
    double mean;                       /* of --mean-bits; 0: not given */
    bool fitted;
    struct bl_diag *diag;
};

/* ---- what is asked for ---- */

/* "4", or "2,4,6" of rising numbers. */
static int read_w_bits(struct work *w, const char *text)
{
    const char *at = text;

    for (;;) {
        char *end;
        unsigned long v = strtoul(at, &end, 10);
        const bool fits = end > at && *at >= '0' && *at <= '9' && v >= 1 && v <= MOST_BITS && (!*end || *end == ',');
        if (!fits || w->ntried == MOST_TRIED || (w->ntried && v <= w->tried[w->ntried - 1]))
            return bl_error(w->diag, "--w-bits '%s': expected 1 to %d bits%s", text, MOST_BITS, w->o->sensitivity ? ", or several numbers that rise, like '2,4,6'" : "");
        w->tried[w->ntried++] = (uint8_t)v;
        if (!*end)
            break;
        at = end + 1;
    }
    if (w->ntried > 1 && !w->o->sensitivity)
        return bl_error(w->diag, "--w-bits '%s': found several numbers, which --sensitivity tries; expected one, or --bits TABLE", text);
    return 0;
}

static int read_mean(struct work *w, const char *text)
{
    char *end;

    w->mean = strtod(text, &end);
    if (end == text || *end || !(w->mean >= 1 && w->mean <= MOST_BITS))
        return bl_error(w->diag, "--mean-bits '%s': expected a number from 1 to %d", text, MOST_BITS);
    return 0;
}

static int read_options(struct work *w)
{
    static const uint8_t PRESET[] = { 2, 4, 6 };
    const struct quantise_opts *o = w->o;

    if (o->a_bits.given && (o->a_bits.v < 1 || o->a_bits.v > MOST_BITS))
        return bl_error(w->diag, "--a-bits %llu: expected 1 to %d bits", (unsigned long long)o->a_bits.v, MOST_BITS);
    if ((o->w_bits && read_w_bits(w, o->w_bits)) || (o->mean_bits && read_mean(w, o->mean_bits)))
        return -1;
    if (o->mean_bits && !o->sensitivity)
        return bl_error(w->diag, "--mean-bits %s: expected --sensitivity too, which finds the bits by layer", o->mean_bits);
    if (o->sensitivity && (o->bits || o->sets.n))
        return bl_error(w->diag, "--sensitivity tries one layer at a time; leave out --bits and --set");
    if (o->sensitivity && o->output && !o->mean_bits)
        return bl_error(w->diag, "-o %s: expected --mean-bits too, the mean number of bits that the table shall have", o->output);
    if (!o->sensitivity && !o->w_bits && !o->a_bits.given && !o->bits && !o->sets.n)
        return bl_error(w->diag, "quantise: nothing is to be done; expected --w-bits 4, --a-bits 4, --bits TABLE or --set 'layer[NAME].w_bits=4'");
    if (o->sensitivity && !o->w_bits) {
        memcpy(w->tried, PRESET, sizeof PRESET);
        w->ntried = sizeof PRESET;
    }
    w->fitted = o->scales ? !strcmp(o->scales, "fitted") : !o->sensitivity;
    return 0;
}

/* Images: those that are named, else those that come with the net; others to judge by, else all of the same. */
static int find_images(struct work *w)
{
    const struct quantise_opts *o = w->o;

    if (!w->so.inputs.n) {
        const char *labels;
        w->own = bl_own_images(w->file.at.path, &labels);
        if (w->so.labels || bl_data_option(&w->so.form) || (!w->own && (w->so.images.given || w->so.first.given || w->so.metric)))
            return bl_error(w->diag, "quantise: found --labels, --images or how they are read, but no images; name them with --data");
        w->so.inputs = (struct bl_words){ &w->own, w->own != NULL };
        w->so.labels = labels;
    }
    if (!w->so.inputs.n && o->sensitivity && !o->test.n)
        return bl_error(w->diag, "--sensitivity: there are no images to judge by; name them with --data");
    if (o->test_labels && !o->test.n)
        return bl_error(w->diag, "--test-labels %s: of which images? Name them with --test", o->test_labels);
    w->judge = w->so;
    if (!o->sensitivity)
        w->judge.images = w->judge.first = (struct bl_whole){ false, 0 };
    if (o->test.n) {
        w->judge.images = w->judge.first = (struct bl_whole){ false, 0 };
        w->judge.inputs = bl_words_of(&o->test);
        w->judge.labels = o->test_labels;
    }
    return 0;
}

/* Bits by layer: --w-bits and --a-bits where a table and settings say none. */
static int read_bits(struct work *w, struct bl_narrow *to)
{
    struct bl_found at = { 0 };
    const struct bl_bits_asked asked = { .net = w->net, .net_path = w->file.at.path, .table = w->o->bits, .sets = bl_words_of(&w->o->sets), .at = &at };
    int rc = 0;

    for (size_t i = 0; !rc && i < w->o->sets.n; i++)
        if (!bl_is_bits_set(w->o->sets.v[i]))
            rc = bl_error(w->diag, "--set '%s': expected bits of a layer, layer[NAME].w_bits=N or .a_bits=N", w->o->sets.v[i]);
    rc = rc ? rc : bl_bits_read(&asked, to, w->diag);
    for (uint32_t i = 0; !rc && i < w->net->nlayers; i++) {
        const struct bl_layer *l = &w->net->layers[i];
        to[i].w = to[i].w || !l->weight || !w->ntried ? to[i].w : w->tried[0];
        to[i].a = to[i].a || !l->weight || !w->o->a_bits.given ? to[i].a : (uint8_t)w->o->a_bits.v;
        if (to[i].w > MOST_BITS || to[i].a > MOST_BITS)
            rc = bl_error(w->diag, "%s: layer '%s': found %u bits of weights and %u of activations, expected 1 to %d, which a file has types for", w->net->name, l->name,
                          to[i].w, to[i].a, MOST_BITS);
    }
    bl_found_fini(&at);
    return rc;
}

/* ---- fewer bits ---- */

struct folding { struct bl_progress progress; const struct bl_net *net; };

static bool tell(void *ctx, uint32_t layer)
{
    struct folding *f = ctx;

    bl_progress_part(&f->progress, "mean errors, layer", f->net->layers[layer].name, layer * 100 / f->net->nlayers);
    return false;
}

/* The mean errors over the images into the biases; moved[..] is by layer of the net of few bits. */
static int fold(struct work *w, uint32_t *images, double *moved)
{
    struct folding f = { .net = w->few };
    uint8_t *bytes = bl_reference_images(w->net, &w->so, IMAGES, images, w->diag);
    int rc = -1;

    if (bytes) {
        bl_progress_init(&f.progress, false);
        rc = bl_net_fold(w->few, w->net, &(struct bl_fold_images){ bytes, *images, tell, &f }, moved, w->diag);
        bl_progress_clear(&f.progress);
    }
    free(bytes);
    return rc;
}

static int make_few(struct work *w, uint32_t *images, double **moved)
{
    struct bl_narrow *to = calloc(w->net->nlayers, sizeof *to);
    int rc = !to ? bl_error(w->diag, "%s: no memory", w->net->name) : read_bits(w, to);

    if (!rc && !(w->few = bl_net_file_net(&w->file, w->diag)))
        rc = -1;
    if (!rc)
        rc = w->fitted ? bl_net_fit(w->few, to, w->diag) : bl_net_narrow(w->few, to, w->diag);
    if (!rc && !(*moved = calloc(w->few->nlayers, sizeof **moved)))
        rc = bl_error(w->diag, "%s: no memory", w->net->name);
    if (!rc && w->so.inputs.n)
        rc = fold(w, images, *moved);
    free(to);
    return rc;
}

/* Figures of the images, if there are any. An exit status. */
static int measure(const struct work *w, const struct bl_net *net, struct bl_reference_figures *f)
{
    int status = w->judge.inputs.n ? bl_reference_measure(net, &w->judge, f, w->diag) : BL_DONE;

    if (status == BL_WRONG)
        bl_error(w->diag, "interrupted after %u of %u images; nothing is written", f->done, f->count);
    return status;
}

static void show(const struct work *w, json_t *rows, void (*text)(const json_t *, FILE *), void (*csv)(const json_t *, FILE *))
{
    const char *as = w->o->as ? w->o->as : "text";

    (!strcmp(as, "json") ? bl_quantise_json : !strcmp(as, "csv") ? csv : text)(rows, stdout);
    json_decref(rows);
}

/* Judges the net with fewer bits, as it computes from the file where one is written, and saves that. An exit status. */
static int judge_and_save(struct work *w, uint32_t *rounded, struct bl_reference_figures *is)
{
    uint8_t *bytes = NULL;
    size_t len = 0;

    if (w->o->output && !(w->written = bl_net_file_write(w->few, &bytes, &len, rounded, w->diag))) {
        free(bytes);
        return BL_REFUSED;
    }
    int status = measure(w, w->written ? w->written : w->few, is);
    if (status == BL_DONE && w->o->output && bl_save_all(w->o->output, bytes, len, w->diag) < 0)
        status = BL_REFUSED;
    free(bytes);
    return status;
}

static int quantise_net(struct work *w)
{
    struct bl_quantise_account a = { .before = w->net, .scales = w->fitted ? "fitted" : "powers", .output = w->o->output };
    struct bl_reference_figures was, is;
    double *moved = NULL;
    int status = measure(w, w->net, &was);

    if (status == BL_DONE && make_few(w, &a.images, &moved))
        status = BL_REFUSED;
    if (status == BL_DONE && (status = judge_and_save(w, &a.rounded, &is)) == BL_DONE) {
        a.after = w->few;
        a.moved = moved;
        a.was = w->judge.inputs.n ? &was : NULL;
        a.is = w->judge.inputs.n ? &is : NULL;
        show(w, bl_quantise_rows(&a), bl_quantise_text, bl_quantise_csv);
    }
    free(moved);
    return status;
}

/* ---- one layer at a time ---- */

static int choose(const struct work *w, struct bl_sensitivity *s, uint8_t *chosen, struct bl_reference_figures *is)
{
    const struct bl_bits_losses losses = { w->tried, w->ntried, s->loss };

    if (bl_bits_choose(w->net, &losses, w->mean, chosen, w->diag))
        return BL_REFUSED;
    int status = bl_sensitivity_together(s, chosen, is);
    if (status != BL_DONE || !w->o->output)
        return status;
    char *table = bl_sensitivity_table(s, chosen);
    status = table && bl_save_all(w->o->output, table, strlen(table), w->diag) == 0 ? BL_DONE : BL_REFUSED;
    free(table);
    return status;
}

static int try_layers(struct work *w)
{
    struct bl_sensitivity s = { .file = &w->file, .net = w->net, .so = &w->judge, .bits = w->tried, .n = w->ntried,
                                .a_bits = w->o->a_bits.given ? (uint8_t)w->o->a_bits.v : 0, .fitted = w->fitted, .diag = w->diag };
    uint8_t *chosen = calloc(w->net->nlayers, 1);
    struct bl_reference_figures is;
    int status = chosen ? bl_sensitivity_run(&s) : (bl_error(w->diag, "%s: no memory", w->net->name), BL_REFUSED);

    if (status == BL_DONE && w->mean > 0)
        status = choose(w, &s, chosen, &is);
    if (status == BL_DONE)
        show(w, bl_sensitivity_rows(&(struct bl_sensitivity_account){ w->net, w->fitted ? "fitted" : "powers", { w->tried, w->ntried, s.loss }, s.figures, s.a_bits, &s.was,
                 w->mean > 0 ? &is : NULL, w->mean > 0 ? chosen : NULL, w->mean, w->o->output }), bl_sensitivity_text, bl_sensitivity_csv);
    bl_sensitivity_fini(&s);
    free(chosen);
    return status;
}

/* ---- the command ---- */

static int start(struct work *w)
{
    const struct bl_setup_opts *all[] = { &w->so, &w->judge };

    if (find_images(w) || (w->o->output && bl_net_file_output(&w->file, w->o->output, w->o->sensitivity ? ".csv" : ".onnx", all, 2, w->diag)) ||
        !(w->net = bl_net_file_net(&w->file, w->diag)))
        return BL_REFUSED;
    return w->o->sensitivity ? try_layers(w) : quantise_net(w);
}

static int quantise(const struct bl_texts *words, const void *opts, struct bl_diag *diag)
{
    const struct quantise_opts *o = opts;
    struct work w = { .o = o, .so = o->setup, .diag = diag };
    struct bl_texts files = { 0 };
    int status = BL_REFUSED;

    if (!read_options(&w) && !bl_net_options(&w.so, &o->images, &o->data, &files, diag)) {
        if (!bl_net_file_open(&w.file, words->v[0], &w.so, diag))
            status = start(&w);
        bl_net_file_fini(&w.file);
    }
    bl_net_free(w.net);
    bl_net_free(w.few);
    bl_net_free(w.written);
    bl_texts_free(&files);
    return status;
}

#define T struct quantise_opts
static const struct bl_option options[] = {
    { "w-bits", 0, BL_OPT_TEXT, offsetof(T, w_bits), "N", "bits of all weights, 1 to 8; with --sensitivity those that are tried\n(2,4,6)" },
    { "a-bits", 0, BL_OPT_WHOLE, offsetof(T, a_bits), "N", "bits of the inputs of convolutions and matrix products, 1 to 8" },
    { "bits", 0, BL_OPT_TEXT, offsetof(T, bits), "TABLE[:COLUMN]", "bits by layer, as `bitline run` takes them" },
    { "set", 0, BL_OPT_MANY, offsetof(T, sets), "layer[NAME].w_bits=N", "bits of one layer, also .a_bits" },
    { "scales", 0, BL_OPT_CHOICE, offsetof(T, scales), "fitted|powers", "of weights: of least squared error for each output (fitted), or powers of\n"
      "two as --bits of `bitline run` narrows (powers, with --sensitivity)" },
    { "sensitivity", 0, BL_OPT_FLAG, offsetof(T, sensitivity), NULL, "judge one layer at a time instead" },
    { "mean-bits", 0, BL_OPT_TEXT, offsetof(T, mean_bits), "M", "choose bits by layer from that, M for a weight in the mean; -o TABLE.csv" },
    { "output", 'o', BL_OPT_TEXT, offsetof(T, output), "OUT.onnx", "the file to write; without it the loss is told" },
    { "as", 0, BL_OPT_CHOICE, offsetof(T, as), "text|csv|json", "form (text)" },
    { "images", 0, BL_OPT_MANY, offsetof(T, images), "K|FILE", "how many of --data the mean errors are taken over (100); or as --data" },
    { "first", 0, BL_OPT_WHOLE, offsetof(T, setup.first), "I", "index of the first one (0)" },
    { "test", 0, BL_OPT_MANY, offsetof(T, test), "FILE", "images to judge by, of the same form (all of --data)" },
    { "test-labels", 0, BL_OPT_TEXT, offsetof(T, test_labels), "FILE", "their classes" },
    BL_DATA_OPTIONS(T),
    { "rounding", 0, BL_OPT_CHOICE, offsetof(T, setup.rounding), "xnn|q31", "how a .tflite net rounds (xnn)" },
    { "seed", 0, BL_OPT_WHOLE, offsetof(T, setup.seed), "S", "seed of the weights of a layer table (1)" }, { 0 } };
const struct bl_command cmd_quantise = {
    .name = "quantise", .help = "give an 8-bit net fewer bits: scales fitted, mean errors in the biases; or find bits by layer",
    .grammar = { .words = "NET", .least = 1, .most = 1, .options = options, .size = sizeof(T), .notes =
        "Without --data the biases stay as they are (" BL_DEFAULT_NET " has images of its own). Of each layer: how far its weights are from what\n"
        "they were. The file says its bits: Clips of codes and weights, BipolarQuant for weights of 1 bit. Nothing is trained. platforms/nets/README.md says it all.\n"
        "Exit status: 0; 1 when interrupted; 2 after a refusal.\n" },
    .run = quantise };
