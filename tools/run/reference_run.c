/* reference_run.c - runs the reference over images, says how far it is, and judges the outputs. */
#include "tools/run/reference_run.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "platforms/net/reference.h"
#include "platforms/net/score.h"
#include "tools/commands.h"
#include "tools/run/progress.h"

struct check {
    const struct bl_net *net;
    const struct bl_setup_opts *o;
    const struct bl_reference_each *each;      /* NULL: nobody is shown what was computed */
    struct bl_dataset *set;            /* NULL: made-up images */
    enum bl_metric metric;
    uint32_t first, count, done, layer;
    struct bl_ref_out out;
    uint8_t *image;
    double *in, *reals, *error;        /* of an image its input and output; of all images */
    uint32_t right, top5, class;
    struct bl_progress progress;
    struct bl_diag *diag;
};

/* ---- Ctrl-C ---- */

enum { SIGNALS = 3 };
static const int SIGNAL[SIGNALS] = { SIGINT, SIGTERM, SIGHUP };
static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
    (void)number;
    interrupted = 1;
}

static void listen_to_signals(struct sigaction before[SIGNALS])
{
    interrupted = 0;
    for (int i = 0; i < SIGNALS; i++)
        sigaction(SIGNAL[i], &(struct sigaction){ .sa_handler = on_signal }, &before[i]);
}

static void listen_no_more(const struct sigaction before[SIGNALS])
{
    for (int i = 0; i < SIGNALS; i++)
        sigaction(SIGNAL[i], &before[i], NULL);
}

/* ---- images ---- */

static int open_images(struct check *k)
{
    struct bl_found *at = calloc(k->net->ninputs, sizeof *at), labels = { 0 };
    int status = at ? 0 : bl_error(k->diag, "%s: no memory", k->net->name);

    bool fashion = bl_dataset_is_fashion(k->o->inputs);

    if (!status)
        status = fashion ? bl_dataset_fashion(k->net, at, &labels, k->diag) : bl_dataset_find(k->net, k->o->inputs, at, k->diag);
    if (!status && !fashion && k->o->labels)
        status = bl_find(BL_FILE_LABELS, k->o->labels, "", &labels, k->diag);
    if (!status && !(k->set = bl_dataset_read(k->net, &k->o->form, at, labels.path, k->diag)))
        status = -1;
    for (uint32_t i = 0; at && i < k->net->ninputs; i++)
        bl_found_fini(&at[i]);
    bl_found_fini(&labels);
    free(at);
    return status;
}

static int choose(struct check *k)
{
    const char *about = bl_data_option(&k->o->form);
    uint64_t first = k->o->first.v, have = k->set ? k->set->count : UINT32_MAX;
    uint64_t count = k->o->images.given ? k->o->images.v : k->set ? have - (first < have ? first : have) : 1;

    if (!k->set && k->o->labels)
        return bl_error(k->diag, "--labels %s: there is no --data; expected images too", k->o->labels);
    if (!k->set && about)
        return bl_error(k->diag, "%s: of which images? Name them with --data", about);
    if (count == 0 || first >= have || count > have - first)
        return bl_error(k->diag, "--images %llu --first %llu: the data has %llu; expected one at least, and no more than there are",
                        (unsigned long long)count, (unsigned long long)first, (unsigned long long)have);
    k->first = (uint32_t)first;
    k->count = (uint32_t)count;
    return bl_metric_fits(k->metric, k->net, k->set ? k->set->labels : NULL, k->set ? k->set->count : 0, k->diag);
}

static int make_room(struct check *k)
{
    const struct bl_tensor *x = &k->net->tensors[k->net->input], *y = &k->net->tensors[k->net->output];

    k->image = malloc(bl_net_input_bytes(k->net) + 1);
    k->in = calloc(bl_tensor_elems(x), sizeof *k->in);
    k->reals = calloc(bl_tensor_elems(y), sizeof *k->reals);
    k->error = calloc((size_t)k->count + 1, sizeof *k->error);
    if (!k->image || !k->in || !k->reals || !k->error)
        return bl_error(k->diag, "%s: no memory for an image", k->net->name);
    return bl_ref_init_lean(&k->out, k->net, k->diag);
}

/* ---- running ---- */

static void judge(struct check *k, uint32_t i)
{
    const struct bl_tensor *x = &k->net->tensors[k->net->input], *y = &k->net->tensors[k->net->output];
    const uint32_t *label = k->set && k->set->labels ? &k->set->labels[k->first + i] : NULL;

    k->class = bl_ref_class(&k->out);
    k->right += label && k->class == *label;
    if (k->metric == BL_TOP1)
        return;
    bl_score_reals(y, k->out.value[k->net->output], k->out.real[k->net->output], k->reals);
    if (k->metric == BL_TOP5) {
        k->top5 += bl_score_top5(k->reals, bl_tensor_elems(y), *label);
        return;
    }
    bl_score_bytes(x, k->image, k->in);
    k->error[i] = bl_score_error(k->in, k->reals, bl_tensor_elems(y));
}

/* A layer of the image at hand; true: it shall stop. */
static bool ask(void *ctx, uint64_t done, uint64_t total)
{
    struct check *k = ctx;
    char what[60];

    snprintf(what, sizeof what, "image %u of %u, layer", k->done + 1, k->count);
    bl_progress_part(&k->progress, what, k->net->layers[k->layer].name, total ? (unsigned)(done * 100 / total) : 100);
    return interrupted != 0;
}

static int run_image(struct check *k)
{
    int rc = bl_reference_begin(k->image, &k->out);

    for (k->layer = 0; !rc && k->layer < k->net->nlayers && !(rc = interrupted != 0); k->layer++)
        if ((rc = bl_reference_layer(k->layer, &k->out)))
            break;
    return rc < 0 ? bl_error(k->diag, "%s: no memory for the reference's tensors", k->net->name) : rc;
}

static void image_at(const struct check *k, uint32_t i, uint8_t *image)
{
    if (k->set)
        bl_dataset_image(k->set, k->net, k->first + i, image);
    else
        bl_dataset_made(k->net, k->o->seed.given ? k->o->seed.v : 1, k->first + i, 50, image);
}

/* 1: interrupted. */
static int run_images(struct check *k)
{
    k->out.poll = ask;
    k->out.poll_ctx = k;
    bl_progress_init(&k->progress, false);
    for (uint32_t i = 0; i < k->count; i++) {
        image_at(k, i, k->image);
        int rc = run_image(k);
        if (rc)
            return rc;
        judge(k, i);
        if (k->each)
            k->each->show(k->each->ctx, i, k->count, &k->out);
        bl_progress(&k->progress, ++k->done, k->count, "images");
    }
    return 0;
}

/* ---- figures ---- */

static void share(const char *what, uint32_t n, uint32_t of)
{
    printf("reference: %u of %u %s (%.2f %%)\n", n, of, what, 100.0 * n / of);
}

static void show_error(const struct bl_reference_figures *f)
{
    printf("reference: mean squared error %.6g over %u image%s\n", f->error, f->done, f->done == 1 ? "" : "s");
    if (!isnan(f->auc))
        printf("reference: area under the ROC curve %.6g\n", f->auc);
    else if (f->labelled)
        printf("reference: no area under the ROC curve, which needs labels of both kinds, 0 and 1\n");
}

static void show(const struct bl_reference_figures *f)
{
    if (!f->done)
        return;
    if (f->metric == BL_MSE) {
        show_error(f);
        return;
    }
    if (!f->labelled) {
        printf("reference: %u image%s run; class of the last one: %u\n", f->done, f->done == 1 ? "" : "s", f->class);
        return;
    }
    share("classes equal the labels", f->right, f->done);
    if (f->metric == BL_TOP5)
        share("labels are among the five largest outputs", f->top5, f->done);
}

static struct bl_reference_figures figures_of(const struct check *k)
{
    struct bl_reference_figures f = { .metric = k->metric, .labelled = k->set && k->set->labels, .done = k->done, .count = k->count,
                                      .right = k->right, .top5 = k->top5, .class = k->class, .auc = (double)NAN };
    double sum = 0;

    for (uint32_t i = 0; i < k->done; i++)
        sum += k->error[i];
    f.error = k->done ? sum / k->done : 0;
    if (f.labelled && k->metric == BL_MSE)
        f.auc = bl_score_auc(k->error, k->set->labels + k->first, k->done);
    return f;
}

int bl_reference_measure_each(const struct bl_net *net, const struct bl_setup_opts *o, const struct bl_reference_each *each, struct bl_reference_figures *out,
                              struct bl_diag *diag)
{
    struct check k = { .net = net, .o = o, .each = each, .diag = diag };
    struct sigaction before[SIGNALS];
    int status = bl_metric_named(o->metric, &k.metric, diag);

    *out = (struct bl_reference_figures){ .metric = k.metric };
    if (!status && o->inputs.n)
        status = open_images(&k);
    if (!status && !(status = choose(&k)) && !(status = make_room(&k))) {
        listen_to_signals(before);
        status = run_images(&k);
        listen_no_more(before);
        bl_progress_clear(&k.progress);
        *out = figures_of(&k);
        bl_ref_fini(&k.out);
    }
    bl_dataset_close(k.set);
    free(k.image);
    free(k.in);
    free(k.reals);
    free(k.error);
    return status > 0 ? BL_WRONG : status ? BL_REFUSED : BL_DONE;
}

int bl_reference_measure(const struct bl_net *net, const struct bl_setup_opts *o, struct bl_reference_figures *out, struct bl_diag *diag)
{
    return bl_reference_measure_each(net, o, NULL, out, diag);
}

uint8_t *bl_reference_images(const struct bl_net *net, const struct bl_setup_opts *o, uint32_t most, uint32_t *count, struct bl_diag *diag)
{
    struct check k = { .net = net, .o = o, .diag = diag };
    const size_t n = bl_net_input_bytes(net);
    uint8_t *bytes = NULL;

    if (!open_images(&k) && !choose(&k)) {
        *count = !o->images.given && k.count > most ? most : k.count;
        if (!(bytes = malloc(n * *count + 1)))
            bl_error(diag, "%s: no memory for %u images at a time; take fewer", net->name, *count);
        for (uint32_t i = 0; bytes && i < *count; i++)
            image_at(&k, i, bytes + i * n);
    }
    bl_dataset_close(k.set);
    return bytes;
}

int bl_reference_command(const struct bl_net *net, const struct bl_setup_opts *o, struct bl_diag *diag)
{
    struct bl_reference_figures f;
    int status = bl_reference_measure(net, o, &f, diag);

    show(&f);
    if (status == BL_WRONG)
        bl_error(diag, "interrupted after %u of %u images; the figures are of these", f.done, f.count);
    return status;
}
