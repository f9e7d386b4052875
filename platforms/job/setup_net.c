/* setup_net.c - the net of a setup, its images and its calibration: found, read, checked against each other. */
#include "platforms/job/setup_in.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "platforms/file/io.h"

#define DEFAULT_IMAGES "platforms/nets/fashion100-images.idx3"
#define DEFAULT_LABELS "platforms/nets/fashion100-labels.idx1"
enum { DEFAULT_COUNT = 100 };

static int load_net(struct bl_setup *u, const char *name)
{
    size_t n;
    void *bytes;

    if (bl_find(BL_FILE_NET, name, "", &u->net_at, u->diag) < 0 || !(bytes = bl_read_most(u->net_at.path, (size_t)2 << 30, &n, u->diag)))
        return -1;
    int status = bl_setup_input(u, "net", u->net_at.path + u->net_at.hidden, bytes, n);
    u->net = u->read_net = bl_net_rounded(u->net_at.path, bytes, n, u->o.rounding, u->seed, u->diag);
    if (u->net && status == 0)
        status = bl_setup_later(u, bytes, n);
    free(bytes);
    const struct bl_bits_asked bits = { u->read_net, u->net_at.path, u->o.bits, u->o.set, &u->bits_at };
    if (!u->net || status < 0 || bl_bits_narrow(&bits, u->diag) < 0)
        return -1;
    return u->bits_at.path ? bl_setup_file(u, "bits", &u->bits_at, NULL) : 0;
}

/* A net in memory belongs to who made it. */
static int take_net(struct bl_setup *u)
{
    const char *bits = u->o.bits;

    for (size_t i = 0; !bits && i < u->o.set.n; i++)
        if (bl_is_bits_set(u->o.set.v[i]))
            bits = u->o.set.v[i];
    if (!bits && u->o.bits_at.n)
        bits = u->o.bits_at.v[0];
    if (bits)
        return bl_error(u->diag, "'%s': a net in memory is run as it is; narrow it with bl_net_narrow", bits);
    if (u->o.rounding)
        return bl_error(u->diag, "--rounding %s: a net in memory is run as it is; choose the rule when it is read", u->o.rounding);
    u->net = u->o.own_net;
    return u->net->finished ? 0 : bl_error(u->diag, "%s: the net in memory is not finished; call bl_net_finish first, and go on only if it returns 0", u->net->name);
}

static int find_images(struct bl_setup *u, struct bl_words files, const char *labels)
{
    if (bl_dataset_find(u->net, files, u->images_at, u->diag) < 0)
        return -1;
    return labels ? bl_find(BL_FILE_LABELS, labels, "", &u->labels_at, u->diag) : 0;
}

/* What can be read once only would be empty the second time. */
static int is_file(const struct bl_setup *u, const char *path)
{
    struct stat st;

    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
        return bl_error(u->diag, "%s: is no regular file; a run reads images and labels twice, once for their digest: save them in a file", path);
    return 0;
}

/* The files that were found, and under which names reports show them. */
static int note_files(struct bl_setup *u, bool fashion)
{
    for (size_t i = 0; i < u->nimages_at; i++)
        if (is_file(u, u->images_at[i].path) < 0)
            return -1;
    if (u->labels_at.path && is_file(u, u->labels_at.path) < 0)
        return -1;
    for (size_t i = 0; i < u->nimages_at; i++)
        if (bl_setup_file(u, "images", &u->images_at[i], fashion ? "fashion-mnist/t10k-images" : NULL) < 0)
            return -1;
    u->images = fashion ? BL_FASHION : u->images_at[0].path + u->images_at[0].hidden;
    return u->labels_at.path ? bl_setup_file(u, "labels", &u->labels_at, fashion ? "fashion-mnist/t10k-labels" : NULL) : 0;
}

static int load_images(struct bl_setup *u, struct bl_words files, const char *labels)
{
    bool fashion = bl_dataset_is_fashion(files);

    if (!(u->images_at = calloc(u->net->ninputs, sizeof *u->images_at)))
        return bl_error(u->diag, "%s: no memory", u->net->name);
    u->nimages_at = u->net->ninputs;
    if ((fashion ? bl_dataset_fashion(u->net, u->images_at, &u->labels_at, u->diag) : find_images(u, files, labels)) < 0 || note_files(u, fashion) < 0)
        return -1;
    u->data = u->read_data = bl_dataset_read(u->net, &u->o.form, u->images_at, u->labels_at.path, u->diag);
    return u->data ? 0 : -1;
}

/* The images that come with the project belong to the net that comes with it. */
static bool is_default_net(const char *name)
{
    const char *slash = strrchr(name, '/'), *own = strrchr(BL_DEFAULT_NET, '/') + 1;

    name = slash ? slash + 1 : name;
    return !strcmp(name, own) || (!strchr(name, '.') && !strncmp(name, own, strlen(name)) && own[strlen(name)] == '.');
}

const char *bl_own_images(const char *net, const char **labels)
{
    *labels = is_default_net(net) ? DEFAULT_LABELS : NULL;
    return *labels ? DEFAULT_IMAGES : NULL;
}

/* All files of images that are named, in order. */
static struct bl_texts named_files(const struct bl_setup_opts *o)
{
    struct bl_texts all = { 0 };

    if (o->data)
        bl_texts_add(&all, o->data);
    for (size_t i = 0; i < o->inputs.n; i++)
        bl_texts_add(&all, o->inputs.v[i]);
    return all;
}

/* Those that are named, else those in memory, else those of the default net. */
static int find_data(struct bl_setup *u)
{
    const struct bl_setup_opts *o = &u->o;
    struct bl_texts files = { 0 };
    int status = 0;

    if (o->own_images) {
        u->data = o->own_images;
        status = bl_dataset_fits(u->data, u->net, u->diag);
    } else if (o->data || o->inputs.n) {
        files = named_files(o);
        status = load_images(u, bl_words_of(&files), o->labels);
    } else if (!o->own_net) {
        const char *labels, *own = bl_own_images(o->net ? o->net : BL_DEFAULT_NET, &labels);
        status = own ? load_images(u, (struct bl_words){ &own, 1 }, labels) : 0;
    }
    bl_texts_free(&files);
    return status;
}

static int find_metric(struct bl_setup *u)
{
    if (bl_metric_named(u->o.metric, &u->metric, u->diag) < 0)
        return -1;
    return bl_metric_fits(u->metric, u->net, u->data ? u->data->labels : NULL, u->data ? u->data->count : 0, u->diag);
}

/* "nets/a.onnx" and mapper m: nets/a.m.yaml is taken without being asked for. */
static int calibration_beside(struct bl_setup *u)
{
    const char *net = u->net_at.path, *dot = strrchr(net, '.');
    size_t n = strlen(net) + strlen(u->mapper->name) + 8;
    char *beside = malloc(n);

    if (!beside)
        return bl_error(u->diag, "%s: no memory", net);
    snprintf(beside, n, "%.*s.%s.yaml", (int)(dot ? dot - net : (long)strlen(net)), net, u->mapper->name);
    if (bl_may_read(beside))
        u->calibration_at = (struct bl_found){ beside, u->net_at.hidden };
    else
        free(beside);
    return 0;
}

static int find_calibration(struct bl_setup *u)
{
    const char *name = u->o.calibration;
    int status = 0;

    if (u->o.tuning || (name && !strcmp(name, "none")))
        return 0;
    if (name)
        status = bl_find(BL_FILE_CALIBRATION, name, "", &u->calibration_at, u->diag);
    else if (u->net_at.path)
        status = calibration_beside(u);
    return status < 0 || !u->calibration_at.path ? status : bl_setup_file(u, "calibration", &u->calibration_at, NULL);
}

static int choose_images(struct bl_setup *u)
{
    const struct bl_setup_opts *o = &u->o;
    uint64_t have = u->data ? u->data->count : UINT32_MAX, first = o->first.v;
    uint64_t count = o->images.given ? o->images.v : !u->data ? 1 : have - (first < have ? first : have);

    if (!o->images.given && count > DEFAULT_COUNT)
        count = DEFAULT_COUNT;
    if (o->images.given && count == 0)
        return bl_error(u->diag, "--images 0: expected one at least");
    if (first >= have)
        return bl_error(u->diag, "--first %llu: there are %llu images; expected 0 to %llu", (unsigned long long)first, (unsigned long long)have,
                        (unsigned long long)have - 1);
    if (count > have - first)
        return bl_error(u->diag, "--images %llu --first %llu: there are %llu images; expected %llu at most from there", (unsigned long long)count,
                        (unsigned long long)first, (unsigned long long)have, (unsigned long long)(have - first));
    u->first = (uint32_t)first;
    u->count = (uint32_t)count;
    return 0;
}

/* What makes sense with a net only. */
static int without_net(const struct bl_setup *u)
{
    const struct bl_setup_opts *o = &u->o;
    const char *form = bl_data_option(&o->form);
    bool calibrated = o->calibration && strcmp(o->calibration, "none");
    const char *why = u->mapper ? "the run has no net; name one with --net" :
        "the platform has no mapper, so it runs no net; leave it out, or say 'mapper: NAME' in the file";

    for (size_t i = 0; i < o->set.n; i++)
        if (bl_is_bits_set(o->set.v[i]))
            return bl_error(u->diag, "--set '%s': %s", o->set.v[i], why);
    const struct { bool given; const char *name; } all[] = {
        { o->data || o->inputs.n, "data" }, { o->labels, "labels" }, { calibrated, "calibration" }, { o->dump, "dump" }, { o->bits, "bits" }, { o->bits_at.n, "bits-at" },
        { o->rounding, "rounding" }, { o->images.given, "images" }, { o->metric, "metric" }, { form, form ? form + 2 : NULL } };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].given)
            return bl_error(u->diag, "--%s: %s", all[i].name, why);
    return 0;
}

static int read_net(struct bl_setup *u)
{
    const struct bl_setup_opts *o = &u->o;
    const char *name = o->net ? o->net : u->mapper ? BL_DEFAULT_NET : NULL;

    if (!o->own_net && (!name || !strcmp(name, "none")))
        return without_net(u);
    if (!u->mapper)
        return bl_error(u->diag, "%s: has no mapper, so it runs no net; leave out --net, or say 'mapper: NAME' in the file",
                        u->platform_at.path);
    const char *about = o->labels ? "--labels" : bl_data_option(&o->form);
    if (about && !o->data && !o->inputs.n)
        return bl_error(u->diag, "%s: of which images? Name them with --data", about);
    if ((o->own_net ? take_net(u) : load_net(u, name)) < 0 || find_data(u) < 0 || find_metric(u) < 0 || find_calibration(u) < 0)
        return -1;
    return choose_images(u);
}

int bl_setup_net(struct bl_setup *u)
{
    if (!u)
        return bl_setup_missing("bl_setup_net");
    if (u->net_asked || u->fold)
        return bl_error(u->diag, "bl_setup_net: is called %s; close the setup and open another one", u->fold ? "after bl_setup_build" : "a second time");
    u->net_asked = true;
    u->net_read = read_net(u) == 0;
    return u->net_read ? 0 : -1;
}
