/* world.c - opens a platform with its net and images, remembers the digest of every file, builds the simulation. */
#include "tools/run/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platforms/file/plan.h"
#include "platforms/file/io.h"
#include "tools/run/dataset_gz.h"
#include "tools/run/sha256.h"

#define DEFAULT_IMAGES "platforms/nets/fashion100-images.idx3"
#define DEFAULT_LABELS "platforms/nets/fashion100-labels.idx1"
static const char FASHION[] = "fashion-mnist";
enum { DEFAULT_COUNT = 100 };

static void add_input(struct bl_world *w, const char *role, const char *shown, const void *bytes, size_t n)
{
    struct bl_input *in = &w->input[w->ninputs++];

    *in = (struct bl_input){ .role = role, .file = shown, .bytes = n };
    bl_sha256(bytes, n, in->sha256);
}

static int add_file(struct bl_world *w, const char *role, const struct bl_found *at, const char *shown)
{
    size_t n;
    unsigned char *bytes = bl_read_all(at->path, &n, w->diag);

    if (!bytes)
        return -1;
    add_input(w, role, shown ? shown : at->path + at->hidden, bytes, n);
    free(bytes);
    return 0;
}

/* ---- the platform */

static int find_mapper(struct bl_world *w)
{
    const char *name = bl_platform_mapper(w->platform), *names[64], *near;
    size_t n = 0;

    if ((w->mapper = bl_mapper_find(name ? name : bl_platform_stem(w->platform))) || !name)
        return 0;
    for (; bl_mappers[n] && n < 64; n++)
        names[n] = bl_mappers[n]->name;
    near = bl_nearest(name, names, n);
    if (near)
        return bl_error(w->diag, "%s: no mapper is called '%s'; did you mean '%s'?", bl_platform_where_mapper(w->platform), name, near);
    return bl_error(w->diag, "%s: no mapper is called '%s'; expected the NAME of a platforms/NAME.c", bl_platform_where_mapper(w->platform),
                    name);
}

int bl_world_platform(struct bl_world *w, const char *platform, const struct bl_world_opts *o, struct bl_diag *diag)
{
    struct bl_set_opt *sets = calloc(o->set.n + 1, sizeof *sets);

    *w = (struct bl_world){ .diag = diag, .o = o, .seed = o->seed.given ? o->seed.v : 1 };
    size_t nsets = 0;
    for (size_t i = 0; sets && i < o->set.n; i++)
        if (!bl_is_bits_set(o->set.v[i]))
            sets[nsets++].text = o->set.v[i];
    if (sets && bl_find(BL_FILE_PLATFORM, platform, "", &w->platform_at, diag) == 0)
        w->platform = bl_platform_load(w->platform_at.path, sets, nsets, diag);
    free(sets);
    if (!w->platform)
        return -1;
    for (size_t i = 0; i < bl_platform_files(w->platform); i++) {
        const struct bl_datafile *f = bl_platform_file(w->platform, i);
        add_input(w, i ? "tech" : "platform", f->hidden ? f->path + f->hidden : bl_shown(&w->platform_at, f->path), f->bytes, f->n);
    }
    return find_mapper(w);
}

double bl_world_microvolts(const struct bl_world *w) { return w->platform->microvolts; }

/* ---- the net and its images */

static int load_net(struct bl_world *w, const char *name)
{
    size_t n;
    unsigned char *bytes;

    if (bl_find(BL_FILE_NET, name, "", &w->net_at, w->diag) < 0 ||
        !(bytes = bl_read_all(w->net_at.path, &n, w->diag)))
        return -1;
    add_input(w, "net", w->net_at.path + w->net_at.hidden, bytes, n);
    w->net = bl_net_from_bytes(w->net_at.path, bytes, n, w->seed, w->diag);
    free(bytes);
    return w->net ? 0 : -1;
}

static int copy_path(struct bl_found *f, const char *path)
{
    f->hidden = 0;
    return (f->path = strdup(path)) ? 0 : -1;
}

/* The two files of the images, and under which names reports show them. */
static int find_images(struct bl_world *w, const char *data, const char *labels)
{
    if (!strcmp(data, FASHION)) {
        if (copy_path(&w->images_at, BL_FASHION_FOLDER "/t10k-images-idx3-ubyte.gz") < 0 ||
            copy_path(&w->labels_at, BL_FASHION_FOLDER "/t10k-labels-idx1-ubyte.gz") < 0)
            return bl_error(w->diag, "%s: no memory", data);
        if (bl_may_read(w->images_at.path))
            return 0;
        return bl_error(w->diag, "--data %s: %s is not there; install the Debian package dataset-fashion-mnist", data,
                        w->images_at.path);
    }
    if (bl_find(BL_FILE_IMAGES, data, "", &w->images_at, w->diag) < 0)
        return -1;
    return labels ? bl_find(BL_FILE_LABELS, labels, "", &w->labels_at, w->diag) : 0;
}

static int load_images(struct bl_world *w, const char *data, const char *labels)
{
    bool fashion = !strcmp(data, FASHION);

    if (find_images(w, data, labels) < 0 || add_file(w, "images", &w->images_at, fashion ? "fashion-mnist/t10k-images" : NULL) < 0)
        return -1;
    w->images = fashion ? FASHION : w->images_at.path + w->images_at.hidden;
    if (w->labels_at.path && add_file(w, "labels", &w->labels_at, fashion ? "fashion-mnist/t10k-labels" : NULL) < 0)
        return -1;
    if (!(w->set = bl_dataset_open_gz(w->images_at.path, w->labels_at.path, w->diag)))
        return -1;
    return bl_dataset_fits(w->set, w->net, w->diag);
}

/* The images that come with the project belong to the net that comes with it. */
static bool is_default_net(const char *name)
{
    const char *slash = strrchr(name, '/'), *own = strrchr(BL_DEFAULT_NET, '/') + 1;

    name = slash ? slash + 1 : name;
    return !strcmp(name, own) || (!strchr(name, '.') && !strncmp(name, own, strlen(name)) && own[strlen(name)] == '.');
}

/* "nets/a.onnx" and mapper m: nets/a.m.yaml is taken without being asked for. */
static int find_calibration(struct bl_world *w)
{
    const char *name = w->o->calibration, *net = w->net_at.path, *dot = strrchr(net, '.');
    size_t n = strlen(net) + strlen(w->mapper->name) + 8;

    if (name && !strcmp(name, "none"))
        return 0;
    if (name)
        return bl_find(BL_FILE_CALIBRATION, name, "", &w->calibration_at, w->diag);
    char *beside = malloc(n);
    if (!beside)
        return bl_error(w->diag, "%s: no memory", net);
    snprintf(beside, n, "%.*s.%s.yaml", (int)(dot ? dot - net : (long)strlen(net)), net, w->mapper->name);
    if (bl_may_read(beside))
        w->calibration_at = (struct bl_found){ beside, w->net_at.hidden };
    else
        free(beside);
    return 0;
}

static int choose_images(struct bl_world *w)
{
    const struct bl_world_opts *o = w->o;
    uint64_t have = w->set ? w->set->count : UINT32_MAX, first = o->first.v;
    uint64_t count = o->images.given ? o->images.v : !w->set ? 1 : have - (first < have ? first : have);

    if (!o->images.given && count > DEFAULT_COUNT)
        count = DEFAULT_COUNT;
    if (count == 0 || first >= have || count > have - first)
        return bl_error(w->diag, "--images %llu --first %llu: there are %llu images; expected at least one, and first + images within them",
                        (unsigned long long)count, (unsigned long long)first, (unsigned long long)have);
    w->first = (uint32_t)first;
    w->count = (uint32_t)count;
    return 0;
}

int bl_world_net(struct bl_world *w)
{
    const struct bl_world_opts *o = w->o;
    const char *name = o->net ? o->net : w->mapper ? BL_DEFAULT_NET : NULL;
    bool none = !name || !strcmp(name, "none");

    bool calibrated = o->calibration && strcmp(o->calibration, "none");

    for (size_t i = 0; none && i < o->set.n; i++)
        if (bl_is_bits_set(o->set.v[i]))
            return bl_error(w->diag, "--set '%s': the run has no net; name one with --net", o->set.v[i]);
    if (none && (o->data || o->labels || calibrated || o->dump || o->images.given || o->bits))
        return bl_error(w->diag, "--%s: the run has no net; name one with --net", o->data ? "data" : o->labels ? "labels" :
                        calibrated ? "calibration" : o->dump ? "dump" : o->bits ? "bits" : "images");
    if (none)
        return 0;
    if (!w->mapper)
        return bl_error(w->diag, "%s: has no mapper, so it runs no net; leave out --net, or say 'mapper: NAME' in the file",
                        w->platform_at.path);
    if (o->labels && !o->data)
        return bl_error(w->diag, "--labels: of which images? Name them with --data");
    if (load_net(w, name) < 0 || bl_world_bits(w) < 0 ||
        (w->bits_at.path && add_file(w, "bits", &w->bits_at, NULL) < 0))
        return -1;
    if (o->data ? load_images(w, o->data, o->labels) < 0 :
        is_default_net(name) && load_images(w, DEFAULT_IMAGES, DEFAULT_LABELS) < 0)
        return -1;
    if (find_calibration(w) < 0 || (w->calibration_at.path && add_file(w, "calibration", &w->calibration_at, NULL) < 0))
        return -1;
    return choose_images(w);
}

/* ---- the simulation */

static int declare(struct bl_world *w)
{
    bl_seed(w->sim, w->seed);
    if (w->o->jobs.given && !w->o->jobs.v)
        return bl_error(w->diag, "--jobs 0: nobody would compute; expected at least 1");
    if (w->o->no_nap)
        bl_option(w->sim, BL_NO_NAP, 1);
    if (w->o->shuffle.given)
        bl_option(w->sim, BL_SHUFFLE, w->o->shuffle.v);
    if (bl_platform_apply(w->platform, w->sim) < 0)
        return -1;
    w->job_opts = (struct bl_job_opts){ .net = w->net, .images = w->set, .first = w->first, .count = w->count, .seed = w->seed,
                                        .calibration = w->calibration_at.path, .dump = w->o->dump,
                                        .workers = w->o->jobs.v < 64 ? (uint32_t)w->o->jobs.v : 64,
                                        .microvolts = bl_world_microvolts(w) };
    if (w->net && !(w->job = bl_job_open(w->mapper, w->sim, &w->job_opts, w->diag)))
        return -1;
    return bl_elaborate(w->sim);
}

int bl_world_build(struct bl_world *w)
{
    bl_fold_start(&w->fold, w->diag);
    w->sim = bl_open(bl_classes, &w->fold.diag);
    bl_fold_hold(&w->fold);
    int status = declare(w);
    bl_fold_release(&w->fold, BL_FOLD_COUNT);
    return status < 0 ? -1 : bl_expect_resolve(w->platform, w->sim, w->diag);
}

void bl_world_close(struct bl_world *w)
{
    if (w->sim)
        bl_close(w->sim);
    bl_fold_count(&w->fold);
    if (w->job)
        bl_job_close(w->job);
    bl_platform_free(w->platform);
    bl_net_free(w->net);
    bl_dataset_close(w->set);
    bl_found_fini(&w->platform_at);
    bl_found_fini(&w->net_at);
    bl_found_fini(&w->images_at);
    bl_found_fini(&w->labels_at);
    bl_found_fini(&w->calibration_at);
    bl_found_fini(&w->bits_at);
}
