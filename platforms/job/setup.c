/* setup.c - from options to a simulation: opens the platform, remembers the digest of every file, builds, runs, closes. */
#include "platforms/job/job_in.h"
#include "platforms/job/setup_in.h"

#include <stdio.h>
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

/* The file of that name, or the text that stands for it. */
static struct bl_platform *load(struct bl_setup *u, const struct bl_set_opt *sets, size_t nsets)
{
    const struct bl_setup_opts *o = &u->o;
    const struct bl_class *const *classes = o->classes ? o->classes : bl_classes;

    if (o->platform_text && !(u->platform_at.path = strdup(o->platform)))
        bl_error(u->diag, "%s: no memory", o->platform);
    else if (o->platform_text)
        return bl_platform_load_for(classes, o->platform, o->platform_text, o->platform_bytes, sets, nsets, u->diag);
    else if (bl_find(BL_FILE_PLATFORM, o->platform, "", &u->platform_at, u->diag) == 0)
        return bl_platform_load_for(classes, u->platform_at.path, NULL, 0, sets, nsets, u->diag);
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
        status |= bl_setup_input(u, f->role, shown, f->bytes, f->n);
    }
    if (status < 0 || bl_mapper_of(u->platform, &u->mapper, u->diag) < 0)
        return -1;
    const struct bl_array *array = bl_platform_array(u->platform);
    return !array || u->mapper ? 0 : bl_error(u->diag, "%s: 'array' describes the macros to a mapper, and the file names none, so nothing would run on them; add "
                                              "'mapper: weight_stationary'", array->where);
}

static int check_options(const struct bl_setup_opts *o, struct bl_diag *diag)
{
    if (!o)
        return bl_error(diag, "there are no options; expected at least a platform in a struct bl_setup_opts");
    if (!o->platform && o->platform_text)
        return bl_error(diag, "the platform in memory has no name; set `platform` too, as a path: messages begin with it, and other files are "
                        "found as from there");
    if (!o->platform)
        return bl_error(diag, "no platform is named; expected a path, or a name like 'osa_hcim'");
    for (size_t i = 0; i < o->set.n; i++)
        if (!o->set.v || !o->set.v[i])
            return bl_error(diag, "--set %zu of %zu is NULL; expected PATH=VALUE", i + 1, o->set.n);
    return 0;
}

struct bl_setup *bl_setup_platform(const struct bl_setup_opts *o, struct bl_diag *diag)
{
    struct bl_setup *u = NULL;

    if (check_options(o, diag) < 0)
        return NULL;
    if (!(u = calloc(1, sizeof *u))) {
        bl_error(diag, "%s: no memory to set it up", o->platform);
        return NULL;
    }
    u->o = *o;
    u->diag = diag;
    u->seed = o->seed.given ? o->seed.v : 1;
    if (read_platform(u) == 0)
        return u;
    bl_setup_close(u);
    return NULL;
}

/* ---- the simulation */

/* "PART*F": what is no number is refused by bl_faster, as 0. */
static int make_faster(struct bl_setup *u)
{
    char path[1024];
    int bad = 0;

    for (size_t i = 0; i < u->o.faster.n; i++) {
        const char *word = u->o.faster.v[i], *star = strrchr(word, '*');
        char *end = NULL;
        if (!star || star == word || (size_t)(star - word) >= sizeof path)
            return bl_error(u->diag, "'%s' names no part and factor; expected PART*F, as dram_port*2", word);
        snprintf(path, sizeof path, "%.*s", (int)(star - word), word);
        unsigned long long times = strtoull(star + 1, &end, 10);
        if (!star[1] || *end || star[1] == '-')
            return bl_error(u->diag, "'%s' has no factor; expected a whole number from 2 on behind the '*', as dram_port*2", word);
        bad |= bl_faster(u->sim, path, times);
    }
    return bad;
}

/* Only a mapper with closed forms can look for a mapping. */
static int check_objective(const struct bl_setup *u)
{
    if (!u->o.objective || (u->net && u->mapper->ideal))
        return 0;
    return bl_error(u->diag, "--objective %s: %s has one mapping only, so this would do nothing; leave it out", u->o.objective,
                    !u->net ? "a run without a net" : u->mapper->name);
}

static int declare(struct bl_setup *u)
{
    const struct bl_setup_opts *o = &u->o;

    if (check_objective(u) < 0)
        return -1;

    bl_seed(u->sim, u->seed);
    if (o->no_nap)
        bl_option(u->sim, BL_NO_NAP, 1);
    if (o->path)
        bl_option(u->sim, BL_PATH, 1);
    if (o->shuffle.given)
        bl_option(u->sim, BL_SHUFFLE, o->shuffle.v);
    if (bl_platform_apply(u->platform, u->sim) < 0 || make_faster(u) < 0)
        return -1;
    u->job_opts = (struct bl_job_opts){ .platform = bl_shown(&u->platform_at, u->platform_at.path), .net = u->net, .later = u->later,
                                        .nlater = (uint32_t)u->nlater, .images = u->data, .first = u->first, .count = u->count, .seed = u->seed,
                                        .file = u->platform, .metric = u->metric,
                                        .calibration = u->calibration_at.path, .tuning = o->tuning, .objective = o->objective, .dump = o->dump,
                                        .microvolts = bl_platform_microvolts(u->platform), .on_layer = o->on_layer,
                                        .on_layer_ctx = o->on_layer_ctx, .on_reference = o->on_reference, .on_reference_ctx = o->on_reference_ctx };
    if (u->net && !(u->job = bl_job_open(u->mapper, u->sim, &u->job_opts, u->diag)))
        return -1;
    if (o->path && u->job && bl_job_is_one_run(u->job))
        bl_option(u->sim, BL_PATH, 2);           /* images overlap: a layer's end is none of the run's */
    int status = bl_elaborate(u->sim);
    if (status < 0 && bl_platform_ports(u->platform))
        bl_note(u->diag, "%s has 'ports', so it is a part of other files: by itself these are open; check a file that uses it, `P: { use: %s.yaml }`",
                bl_shown(&u->platform_at, u->platform_at.path), bl_platform_stem(u->platform));
    return status;
}

static void note(void *ctx, const char *line) { bl_note(ctx, "%s", line); }

/* Another machine's technology has prices for other classes; this machine's may need parameters that are not set. */
static int check_tech(struct bl_setup *u)
{
    const struct bl_tech *tech = bl_platform_tech(u->platform);
    struct bl_texts classes = { 0 };
    int status = -1;

    if (!tech) {
        if (bl_platform_microvolts(u->platform) > 0)
            bl_note(u->diag, "voltage does nothing: the platform has no technology, whose prices it scales; 'tech: NAME' or --set tech=NAME gives it one");
        return 0;
    }
    for (size_t i = 0; i < bl_part_count(u->sim); i++) {
        struct bl_part_row row;
        bl_part_at(u->sim, i, &row);
        if (row.cls && (!classes.n || strcmp(row.cls, classes.v[classes.n - 1])))
            bl_texts_add(&classes, row.cls);
    }
    const char *said = bl_platform_where_tech(u->platform), *path = bl_shown(&u->platform_at, bl_tech_file(tech)->path);
    size_t room = strlen(said) + strlen(path) + 3;
    char *where = malloc(room);
    if (where) {
        snprintf(where, room, "%s: %s", said, path);
        status = bl_tech_check_use(tech, classes.v, classes.n, "this platform", where, u->diag);
    } else
        bl_error(u->diag, "%s: no memory to check it", path);
    if (status == 0)
        bl_tech_unmet(tech, u->platform, u->sim, bl_platform_microvolts(u->platform), note, u->diag);
    free(where);
    bl_texts_free(&classes);
    return status;
}

int bl_setup_build(struct bl_setup *u)
{
    if (!u)
        return bl_setup_missing("bl_setup_build");
    if (u->fold)
        return bl_error(u->diag, "bl_setup_build: is called a second time; close the setup and open another one");
    if (u->net_asked && !u->net_read)
        return bl_error(u->diag, "bl_setup_build: bl_setup_net has refused; go on only if it returns 0");
    if (!(u->fold = calloc(1, sizeof *u->fold)))
        return bl_error(u->diag, "%s: no memory", u->o.platform);
    bl_fold_start(u->fold, u->diag);
    const struct bl_class *const *classes = bl_platform_classes(u->platform, u->o.classes);
    if (!classes)
        return -1;
    if (!(u->sim = bl_open(classes, &u->fold->diag)))
        return -1;
    bl_fold_hold(u->fold);
    int status = declare(u);
    bl_fold_release(u->fold, BL_FOLD_COUNT);
    if (status == 0 && u->job)
        bl_job_elaborated(u->job, u->sim);
    if (status == 0)
        status = bl_expect_resolve(u->platform, u->sim, u->diag) | bl_sources_resolve(u->platform, u->sim, u->diag) | check_tech(u);
    u->built = status == 0;
    return status;
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

int bl_setup_missing(const char *what)
{
    return bl_error(NULL, "%s: there is no setup; was NULL, which is what bl_setup_open returns after an error, looked for?", what);
}

static int is_ready(const struct bl_setup *u, const char *what)
{
    if (!u)
        return bl_setup_missing(what);
    if (!u->built)
        return bl_error(u->diag, "%s: nothing is built; call bl_setup_build first, and go on only if it returns 0", what);
    return 0;
}

enum bl_end bl_setup_run(struct bl_setup *u, uint64_t until_fs, void (*progress)(void *ctx, uint32_t done, uint32_t total), void *ctx)
{
    enum bl_end end;

    if (is_ready(u, "bl_setup_run") < 0)
        return BL_END_FAILED;
    if (u->mapper && !u->net_read) {
        bl_error(u->diag, "bl_setup_run: %s has a mapper, but no net was read; call bl_setup_net before bl_setup_build (net \"none\" runs "
                 "without)", u->platform_at.path);
        return BL_END_FAILED;
    }
    if (u->job)
        return bl_job_run(u->job, u->sim, until_fs, progress, ctx);
    while ((end = bl_run(u->sim, until_fs)) == BL_END_PAUSED && bl_now(u->sim) < until_fs)
        continue;
    return end == BL_END_PAUSED ? BL_END_LIMIT : end;
}

int bl_setup_fits(struct bl_setup *u)
{
    if ((!u || !u->fold) && is_ready(u, "bl_setup_fits") < 0)      /* building was not tried */
        return -1;
    if (!u->mapper)
        return 0;
    struct bl_ask ask = { u->sim, u->diag, u->platform_at.path, u->mapper->name, u->mapper->needs, false };
    if (!u->built)
        return u->sim ? bl_ask_file(&ask, u->platform) : -1;
    return bl_job_parts(&ask, u->mapper, bl_platform_array(u->platform), NULL);
}

size_t bl_setup_save_bytes(struct bl_setup *u)
{
    return is_ready(u, "bl_setup_save_bytes") < 0 ? 0 : bl_save_bytes(u->sim) + (u->job ? bl_job_save_bytes(u->job) : 0);
}

int bl_setup_save(struct bl_setup *u, void *buf, size_t bytes)
{
    if (is_ready(u, "bl_setup_save") < 0)
        return -1;
    size_t sim = bl_save_bytes(u->sim), all = bl_setup_save_bytes(u);
    if (bytes < all)
        return bl_error(u->diag, "bl_setup_save: there are %zu bytes; expected %zu (bl_setup_save_bytes)", bytes, all);
    if (bl_save(u->sim, buf, sim) < 0)
        return -1;
    if (u->job)
        bl_job_save(u->job, (unsigned char *)buf + sim);
    return 0;
}

/* Nothing is touched before both were looked at. */
int bl_setup_restore(struct bl_setup *u, const void *buf, size_t bytes)
{
    if (is_ready(u, "bl_setup_restore") < 0)
        return -1;
    size_t sim = bl_save_bytes(u->sim), rest = bytes > sim ? bytes - sim : 0;
    const unsigned char *job = (const unsigned char *)buf + sim;

    if (!u->job && rest)
        return bl_error(u->diag, "bl_setup_restore: %zu bytes, of a run with a net; this one has none, and %zu bytes", bytes, sim);
    if ((u->job && bl_job_fits(u->job, job, rest) < 0) || bl_restore(u->sim, buf, bytes < sim ? bytes : sim) < 0)
        return -1;
    return u->job ? bl_job_restore(u->job, job, rest) : 0;
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
    bl_setup_later_free(u);
    bl_dataset_close(u->read_data);
    bl_found_fini(&u->platform_at);
    bl_found_fini(&u->net_at);
    for (size_t i = 0; i < u->nimages_at; i++)
        bl_found_fini(&u->images_at[i]);
    free(u->images_at);
    bl_found_fini(&u->labels_at);
    bl_found_fini(&u->calibration_at);
    bl_found_fini(&u->bits_at);
    free(u->input);
    free(u);
}
