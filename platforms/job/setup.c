/* setup.c - from options to a simulation: opens the platform, remembers the digest of every file, builds, runs, closes. */
#include "platforms/job/setup_in.h"

#include <stdlib.h>
#include <string.h>

#include "platforms/file/alike.h"
#include "platforms/file/io.h"
#include "platforms/file/sha256.h"

/* ---- files that were read */

int bl_setup_input(struct bl_setup *u, const char *role, const char *shown, const void *bytes, size_t n)
{
    struct bl_input *all = realloc(u->input, (u->ninputs + 1) * sizeof *all);

    if (!all)
        return bl_error(u->diag, "%s: no memory to remember it", shown);
    u->input = all;
    all[u->ninputs] = (struct bl_input){ .role = role, .file = shown, .bytes = n };
    bl_sha256(bytes, n, all[u->ninputs++].sha256);
    return 0;
}

int bl_setup_file(struct bl_setup *u, const char *role, const struct bl_found *at, const char *shown)
{
    size_t n;
    void *bytes = bl_read_all(at->path, &n, u->diag);
    int status = bytes ? bl_setup_input(u, role, shown ? shown : at->path + at->hidden, bytes, n) : -1;

    free(bytes);
    return status;
}

/* ---- the platform */

static int find_mapper(struct bl_setup *u)
{
    const char *name = bl_platform_mapper(u->platform), *names[64], *near;
    size_t n = 0;

    if ((u->mapper = bl_mapper_find(name ? name : bl_platform_stem(u->platform))) || !name)
        return 0;
    for (; bl_mappers[n] && n < 64; n++)
        names[n] = bl_mappers[n]->name;
    near = bl_nearest(name, names, n);
    if (near)
        return bl_error(u->diag, "%s: no mapper is called '%s'; did you mean '%s'?", bl_platform_where_mapper(u->platform), name, near);
    return bl_error(u->diag, "%s: no mapper is called '%s'; expected the NAME of a platforms/NAME.c", bl_platform_where_mapper(u->platform),
                    name);
}

/* The file of that name, or the text that stands for it. */
static struct bl_platform *load(struct bl_setup *u, const struct bl_set_opt *sets, size_t nsets)
{
    const struct bl_setup_opts *o = &u->o;

    if (o->platform_text && !(u->platform_at.path = strdup(o->platform)))
        bl_error(u->diag, "%s: no memory", o->platform);
    else if (o->platform_text)
        return bl_platform_load_text(o->platform, o->platform_text, o->platform_bytes, sets, nsets, u->diag);
    else if (bl_find(BL_FILE_PLATFORM, o->platform, "", &u->platform_at, u->diag) == 0)
        return bl_platform_load(u->platform_at.path, sets, nsets, u->diag);
    return NULL;
}

static int read_platform(struct bl_setup *u)
{
    struct bl_set_opt *sets = calloc(u->o.set.n + 1, sizeof *sets);
    size_t nsets = 0;
    int status = 0;

    if (!sets)
        return bl_error(u->diag, "%s: no memory", u->o.platform);
    for (size_t i = 0; i < u->o.set.n; i++)
        if (!bl_is_bits_set(u->o.set.v[i]))
            sets[nsets++].text = u->o.set.v[i];
    u->platform = load(u, sets, nsets);
    free(sets);
    if (!u->platform)
        return -1;
    for (size_t i = 0; i < bl_platform_files(u->platform); i++) {
        const struct bl_datafile *f = bl_platform_file(u->platform, i);
        const char *shown = f->hidden ? f->path + f->hidden : bl_shown(&u->platform_at, f->path);
        status |= bl_setup_input(u, i ? "tech" : "platform", shown, f->bytes, f->n);
    }
    return status < 0 ? -1 : find_mapper(u);
}

struct bl_setup *bl_setup_platform(const struct bl_setup_opts *o, struct bl_diag *diag)
{
    struct bl_setup *u = o->platform ? calloc(1, sizeof *u) : NULL;

    if (!o->platform)
        bl_error(diag, "no platform is named; expected a path, or a name like 'osa_hcim'");
    else if (!u)
        bl_error(diag, "%s: no memory", o->platform);
    if (!u)
        return NULL;
    u->o = *o;
    u->diag = diag;
    u->seed = o->seed.given ? o->seed.v : 1;
    if (read_platform(u) == 0)
        return u;
    bl_setup_close(u);
    return NULL;
}

/* ---- the simulation */

static int declare(struct bl_setup *u)
{
    const struct bl_setup_opts *o = &u->o;

    bl_seed(u->sim, u->seed);
    if (o->jobs.given && !o->jobs.v)
        return bl_error(u->diag, "--jobs 0: nobody would compute; expected at least 1");
    if (o->no_nap)
        bl_option(u->sim, BL_NO_NAP, 1);
    if (o->shuffle.given)
        bl_option(u->sim, BL_SHUFFLE, o->shuffle.v);
    if (bl_platform_apply(u->platform, u->sim) < 0)
        return -1;
    u->job_opts = (struct bl_job_opts){ .platform = bl_shown(&u->platform_at, u->platform_at.path), .net = u->net, .images = u->data, .first = u->first, .count = u->count, .seed = u->seed,
                                        .calibration = u->calibration_at.path, .tuning = o->tuning, .dump = o->dump,
                                        .workers = o->jobs.v < 64 ? (uint32_t)o->jobs.v : 64,
                                        .microvolts = bl_platform_microvolts(u->platform), .on_layer = o->on_layer,
                                        .on_layer_ctx = o->on_layer_ctx };
    if (u->net && !(u->job = bl_job_open(u->mapper, u->sim, &u->job_opts, u->diag)))
        return -1;
    return bl_elaborate(u->sim);
}

int bl_setup_build(struct bl_setup *u)
{
    if (!(u->fold = calloc(1, sizeof *u->fold)))
        return bl_error(u->diag, "%s: no memory", u->o.platform);
    bl_fold_start(u->fold, u->diag);
    u->sim = bl_open(u->o.classes ? u->o.classes : bl_classes, &u->fold->diag);
    bl_fold_hold(u->fold);
    int status = declare(u);
    bl_fold_release(u->fold, BL_FOLD_COUNT);
    return status < 0 ? -1 : bl_expect_resolve(u->platform, u->sim, u->diag);
}

struct bl_setup *bl_setup_open(const struct bl_setup_opts *o, struct bl_diag *diag)
{
    struct bl_setup *u = bl_setup_platform(o, diag);

    if (u && bl_setup_net(u) == 0 && bl_setup_build(u) == 0)
        return u;
    bl_setup_close(u);
    return NULL;
}

/* ---- running, closing */

enum bl_end bl_setup_run(struct bl_setup *u, uint64_t until_fs, void (*progress)(void *ctx, uint32_t done, uint32_t total), void *ctx)
{
    enum bl_end end;

    if (u->job)
        return bl_job_run(u->job, u->sim, until_fs, progress, ctx);
    while ((end = bl_run(u->sim, until_fs)) == BL_END_PAUSED)
        continue;
    return end;
}

void bl_setup_close(struct bl_setup *u)
{
    if (!u)
        return;
    if (u->sim)
        bl_close(u->sim);
    if (u->fold)
        bl_fold_count(u->fold);
    free(u->fold);
    bl_job_close(u->job);
    bl_platform_free(u->platform);
    bl_net_free(u->read_net);
    bl_dataset_close(u->read_data);
    bl_found_fini(&u->platform_at);
    bl_found_fini(&u->net_at);
    bl_found_fini(&u->images_at);
    bl_found_fini(&u->labels_at);
    bl_found_fini(&u->calibration_at);
    bl_found_fini(&u->bits_at);
    free(u->input);
    free(u);
}
