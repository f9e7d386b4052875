/* cmd_calibrate.c - `bitline calibrate`: lets a platform's mapper find the settings that keep a net's loss within
 * limits, and write them to a file for `bitline run --calibration`. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "platforms/file/io.h"
#include "tools/commands.h"
#include "tools/run/clash.h"
#include "tools/run/net_options.h"
#include "tools/run/progress.h"
#include "tools/run/setup_options.h"

enum { MOST_LIMITS = 64, JOBS_MOST = 64 };

struct calibrate_opts { struct bl_setup_opts setup; struct bl_texts sets, images, data, loss; const char *output; struct bl_whole jobs; };

/* "0.01" or "0.01,0.02"; limits of all --loss together. */
static int limits(const struct bl_texts *texts, double *v, size_t *n, struct bl_diag *diag)
{
    *n = 0;
    for (size_t i = 0; i < texts->n; i++)
        for (const char *at = texts->v[i];; at++) {
            char *end;
            double x = strtod(at, &end);
            if (end == at || (*end && *end != ',') || !(x >= 0 && x <= 1e6))
                return bl_error(diag, "--loss '%s': expected limits that are zero or more, like '0.01' or '0.01,0.02'", texts->v[i]);
            if (*n == MOST_LIMITS)
                return bl_error(diag, "--loss: more than %d limits", MOST_LIMITS);
            v[(*n)++] = x;
            at = end;
            if (!*end)
                break;
        }
    return 0;
}

static int calibrate_it(const struct bl_calibrate_opts *c, struct bl_diag *diag)
{
    unsigned before = diag->errors;
    const struct bl_mapper *m = c->setup->mapper;

    if (m->calibrate(c, diag) == 0)
        return 0;
    return diag->errors > before ? -1 : bl_error(diag, "mapper %s did not calibrate net %s, without saying why; it should say so by bl_error",
                                                 m->name, c->setup->net->name);
}

/* What is being tried stands in the last line of a terminal, which other lines have for themselves. */
struct teller { struct bl_progress progress; struct bl_diag *diag; };

static void trying(void *ctx, const char *what) { bl_progress_doing(&((struct teller *)ctx)->progress, what); }

static void put(void *ctx, const char *line)
{
    struct teller *t = ctx;

    bl_progress_clear(&t->progress);
    if (t->diag->put)
        t->diag->put(t->diag->ctx, line);
    else
        fprintf(stderr, "bitline: %s\n", line);
}

static int calibrate_telling(struct bl_calibrate_opts *c, struct bl_diag *diag)
{
    struct teller t = { .diag = diag };
    struct bl_diag telling = { put, &t, diag->errors };

    bl_progress_init(&t.progress, false);
    c->trying = trying;
    c->trying_ctx = &t;
    int bad = calibrate_it(c, &telling);
    bl_progress_clear(&t.progress);
    diag->errors = telling.errors;
    return bad;
}

static int calibrate(const struct bl_texts *words, const void *opts, struct bl_diag *diag)
{
    const struct calibrate_opts *o = opts;
    struct bl_setup_opts so = o->setup;
    struct bl_texts files = { 0 };
    double loss[MOST_LIMITS];
    size_t n;
    int status = BL_REFUSED;

    if (!o->output)
        return bl_error(diag, "calibrate: expected -o FILE, the calibration to write"), BL_REFUSED;
    if (o->loss.n == 0) {
        loss[0] = 0.01;
        n = 1;
    } else if (limits(&o->loss, loss, &n, diag) < 0)
        return BL_REFUSED;
    if (o->jobs.given && (o->jobs.v < 1 || o->jobs.v > JOBS_MOST))
        return bl_error(diag, "--jobs %llu: expected 1 to %d threads", (unsigned long long)o->jobs.v, JOBS_MOST), BL_REFUSED;
    if (bl_may_save(o->output, diag) < 0 || bl_may_replace(o->output, diag) < 0)
        return BL_REFUSED;
    so.platform = words->v[0];
    so.set = bl_words_of(&o->sets);
    so.calibration = "none";             /* what is there already has no say */
    struct bl_setup *u = bl_net_options(&so, &o->images, &o->data, &files, diag) < 0 ? NULL : bl_setup_platform(&so, diag);
    if (u && bl_setup_net(u) == 0) {
        struct bl_calibrate_opts c = { .setup = u, .loss = loss, .nloss = n, .output = o->output,
                                       .workers = o->jobs.given ? (uint32_t)o->jobs.v : 1 };
        if (!u->mapper || !u->mapper->calibrate)
            bl_error(diag, "%s: there is nothing to calibrate%s%s", u->platform_at.path, u->mapper ? " for mapper " : "; it has no mapper",
                     u->mapper ? u->mapper->name : "");
        else if (!u->net)
            bl_error(diag, "--net none: a calibration is for a net");
        else if (c.workers > 1 && !u->mapper->calibrates_on_threads)
            bl_error(diag, "--jobs %u: mapper %s is calibrated by runs, one after the other; leave it out", c.workers, u->mapper->name);
        else if (bl_clash_input(u, o->output, diag) < 0)
            ;
        else if (calibrate_telling(&c, diag) == 0)
            status = printf("%s is written; give it to `bitline run` with --calibration\n", o->output) < 0 ? BL_REFUSED : BL_DONE;
    }
    bl_setup_close(u);
    bl_texts_free(&files);
    return status;
}

#define T struct calibrate_opts
static const struct bl_option options[] = {
    BL_NET_OPTIONS(T),
    BL_SET_OPTIONS(T),
    { "loss", 0, BL_OPT_MANY, offsetof(T, loss), "L[,L]...", "the loss that is allowed (NMSE of the net's output), one limit\na threshold or one for all (0.01)" },
    { "jobs", 'j', BL_OPT_WHOLE, offsetof(T, jobs), "N", "compute on N threads, where a machine is calibrated by its arithmetic (1);\nthe same bytes" },
    { "output", 'o', BL_OPT_TEXT, offsetof(T, output), "FILE", "the file to write" },
    { 0 }
};
const struct bl_command cmd_calibrate = {
    .name = "calibrate", .help = "find a platform's settings for a net and write them to a file",
    .grammar = { .words = "PLATFORM", .least = 1, .most = 1, .options = options, .size = sizeof(T), .notes =
        "Use other images than those that accuracy is measured on (--first, --data).\n"
        "Of a search for thresholds (osa_hcim) what has been tried is kept in FILE.tried until FILE is written: the same command goes on from there.\n" },
    .run = calibrate };
