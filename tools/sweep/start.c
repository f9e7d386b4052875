/* start.c - `bitline sweep PLATFORM`: from options to points, which are shown, checked, estimated and run; and `bitline sweep collect`. */
#include "tools/sweep/sweep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/commands.h"
#include "tools/run/progress.h"
#include "tools/sweep/bar.h"
#include "tools/sweep/crew.h"
#include "tools/sweep/drive.h"
#include "tools/sweep/slurm.h"

#define DEFAULT_DB "sweep.sqlite"
enum { SHOWN = 12 };

struct start {
    const struct bl_sweep_opts *o;
    struct bl_diag *diag;
    struct bl_axes axes;
    struct bl_texts base, all;         /* words of every point; of the whole sweep */
    char *command;
    struct bl_plan plan;
    struct bl_drive drive;
    uint32_t slice, slices;
    struct bl_progress progress;
};

/* ---- options ---- */

static bool is_slurm(const struct start *x) { return x->o->engine && !strcmp(x->o->engine, "slurm"); }

/* "90", "30s", "10m", "2h": seconds of the wall. */
static int read_limit(const char *text, double *seconds, struct bl_diag *diag)
{
    static const struct { char unit; double s; } units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 0, 1 } };
    char *end;

    *seconds = 0;
    if (!text)
        return 0;
    *seconds = strtod(text, &end);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (*end == units[i].unit && (!*end || !end[1]) && end != text && *seconds * units[i].s >= 0.01 && *seconds < 1e7)
            return *seconds *= units[i].s, 0;
    return bl_error(diag, "--limit-time %s: expected a time of the wall, like 90s, 10m or 2h", text);
}

/* "3/16" */
static int read_slice(struct start *x)
{
    const char *text = x->o->slice;
    char *end = NULL;

    if (!text)
        return 0;
    unsigned long i = strtoul(text, &end, 10), n = *end == '/' ? strtoul(end + 1, &end, 10) : 0;
    if (*text < '0' || *text > '9' || *end || i < 1 || i > n || n > BL_POINTS_MOST)
        return bl_error(x->diag, "--slice %s: expected I/N, the I-th of N slices, as in 1/16 to 16/16", text);
    x->slice = (uint32_t)i;
    x->slices = (uint32_t)n;
    return 0;
}

static int check_options(struct start *x)
{
    const struct bl_sweep_opts *o = x->o;
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    int status = read_limit(o->limit_time, &x->drive.limit_s, x->diag) | read_slice(x);

    x->drive.workers = o->jobs.given ? (uint32_t)o->jobs.v : processors > 0 && processors < BL_CREW_MOST ? (uint32_t)processors : 1;
    if (o->jobs.given && (o->jobs.v < 1 || o->jobs.v > BL_CREW_MOST))
        status = bl_error(x->diag, "--jobs %llu: expected 1 to %d processes", (unsigned long long)o->jobs.v, BL_CREW_MOST);
    if (o->slice && o->db)
        status = bl_error(x->diag, "--slice: writes a result file into the folder of --results, no database; `bitline sweep collect --db %s FILE...` takes it in", o->db);
    if (o->results && !o->slice && !is_slurm(x))
        status = bl_error(x->diag, "--results: is the folder of the result files of slices; expected --slice or --engine slurm too");
    if (o->slice && is_slurm(x))
        status = bl_error(x->diag, "--slice: is what an element of --engine slurm does; leave out one of the two");
    if ((o->at_once.given || o->sbatch) && !is_slurm(x))
        status = bl_error(x->diag, "--%s: belongs to --engine slurm", o->sbatch ? "sbatch" : "at-once");
    if (o->at_once.given && !o->at_once.v)
        status = bl_error(x->diag, "--at-once 0: nothing would run; expected 1 or more");
    return status;
}

/* The words that all points share; and the command by which a person gets this sweep. */
static void put_words(struct start *x, const char *platform)
{
    struct bl_texts *all = &x->all;

    bl_own_word(&x->base, "%s", platform);
    bl_point_words(bl_sweep_options, x->o, &x->base);
    for (size_t i = 0; i < x->base.n; i++)
        bl_own_word(all, "%s", x->base.v[i]);
    for (size_t i = 0; i < x->o->vary.n; i++)
        bl_own_word(all, "--vary=%s", x->o->vary.v[i]);
    for (size_t i = 0; i < x->o->zip.n; i++)
        bl_own_word(all, "--zip=%s", x->o->zip.v[i]);
    if (x->o->sample)
        bl_own_word(all, "--sample=%s", x->o->sample);
    x->command = bl_shell_line("bitline sweep", all);
}

/* ---- showing ---- */

static void look_check(void *ctx, uint64_t done, uint64_t total)
{
    struct start *x = ctx;

    if (bl_progress_long(&x->progress))
        bl_progress(&x->progress, done, total, "points checked");
}

static const char *state_text(struct start *x, size_t n, char buf[80])
{
    const struct bl_plan_point *p = &x->plan.point[n];
    enum bl_state state = x->drive.store ? bl_store_state(x->drive.store, p->id.key) : BL_UNKNOWN;

    if (p->same_as != n)
        snprintf(buf, 80, "equal to point %zu", p->same_as + 1);
    else
        snprintf(buf, 80, "%s", state == BL_ROW_DONE ? "has a row" : state == BL_ROW_FAILED ? (x->o->retry_failed ? "failed, is tried again" : "failed before") :
                 state == BL_CLAIMED ? "another sweep is at it" : "");
    return buf;
}

static void show_points(struct start *x)
{
    size_t shown = 0, left = 0;
    char buf[80];

    for (size_t n = 0; n < x->axes.npoints; n++) {
        if (!x->plan.point[n].checked)
            continue;
        if (shown++ >= SHOWN) {
            left++;
            continue;
        }
        char *name = bl_plan_name(&x->plan, n);
        const char *state = state_text(x, n, buf);
        printf("  %4zu  %s%s%s\n", n + 1, name ? name : "", *state ? "   " : "", state);
        free(name);
    }
    if (left)
        printf("        ... and %zu more\n", left);
}

static void show_estimate(struct start *x, size_t open, size_t failed)
{
    const struct bl_point_id *id = &x->plan.point[x->slices ? x->slice - 1 : 0].id;
    double seconds = x->drive.store && id->platform ? bl_store_seconds(x->drive.store, id->platform, id->net, id->images) : -1;
    size_t points = 0, same = 0;
    char time[40];

    for (size_t n = 0; n < x->axes.npoints; n++) {
        points += x->plan.point[n].checked;
        same += x->plan.point[n].checked && x->plan.point[n].same_as != n;
    }
    printf("%zu point%s: %zu to run", points, points == 1 ? "" : "s", open);
    if (same)
        printf(", %zu equal to others", same);
    if (points - open - same - failed)
        printf(", %zu known", points - open - same - failed);
    if (failed)
        printf(", %zu failed before (--retry-failed tries them again)", failed);
    if (open && seconds >= 0)
        printf("; about %s, from %.2g s a point and %u process%s\n", bl_bar_time(seconds * (double)open / x->drive.workers, time), seconds, x->drive.workers,
               x->drive.workers == 1 ? "" : "es");
    else
        printf("%s\n", open ? "; how long is known when the first have ended" : "");
    fflush(stdout);
}

static void show_end(const struct start *x, double seconds)
{
    const struct bl_drive *d = &x->drive;
    char time[40];

    if (!d->ran) {
        printf("nothing ran%s\n", d->interrupted ? "" : ": every point is known");
        return;
    }
    printf("%zu point%s ran in %s: %zu done", d->ran, d->ran == 1 ? "" : "s", bl_bar_time(seconds, time), d->ran - d->wrong - d->failed);
    if (d->wrong)
        printf(", %zu with a wrong result", d->wrong);
    if (d->failed)
        printf(", %zu failed", d->failed);
    if (d->file)
        printf("; `bitline sweep collect --db FILE %s` takes them in\n", d->file->path);
    else
        printf("; `bitline sweep report %s` shows them\n", x->o->db ? x->o->db : DEFAULT_DB);
}

/* ---- running ---- */

/* The sweep and its points are in the database before anything runs. */
static int note_sweep(struct start *x)
{
    json_t *axes = bl_plan_axes(&x->plan);
    struct bl_store *t = x->drive.store;
    int status = bl_store_begin_sweep(t, x->plan.id, x->command ? x->command : "", axes);

    for (size_t n = 0; n < x->axes.npoints && status == 0; n++) {
        json_t *setting = bl_plan_setting(&x->plan, n);
        status = bl_store_sweep_point(t, x->plan.id, n, x->plan.point[n].id.key, setting);
        json_decref(setting);
    }
    json_decref(axes);
    return status < 0 ? -1 : bl_store_end_sweep(t);
}

static int open_results(struct start *x)
{
    const char *db = x->o->db ? x->o->db : DEFAULT_DB;

    if (x->slices)
        return (x->drive.file = bl_slice_open(x->o->results ? x->o->results : "results", &x->plan, x->diag)) ? 0 : -1;
    if (x->o->dry_run && access(db, F_OK) != 0)
        return 0;
    x->drive.store = bl_store_open(db, !x->o->dry_run, x->diag);
    if (!x->drive.store)
        return -1;
    return x->o->dry_run ? 0 : note_sweep(x);
}

static size_t count_open(struct start *x, size_t *failed)
{
    if (x->drive.store || x->drive.file)
        return bl_drive_open_points(&x->drive, failed);
    size_t n = 0;
    for (size_t i = 0; i < x->axes.npoints; i++)
        n += x->plan.point[i].checked && x->plan.point[i].same_as == i;
    return *failed = 0, n;
}

/* The words of a slice are those of all of it, and how failed points are met. */
static int run_slurm(struct start *x)
{
    const char *db = x->o->db ? x->o->db : DEFAULT_DB;
    size_t n = strlen(db) + 8;
    char *beside = malloc(n);

    if (!beside)
        return bl_error(x->diag, "%s: no memory", db);
    snprintf(beside, n, "%s.slurm", db);
    if (x->o->retry_failed)
        bl_own_word(&x->all, "--retry-failed");
    if (x->o->limit_time)
        bl_own_word(&x->all, "--limit-time=%s", x->o->limit_time);
    struct bl_slurm s = { .drive = &x->drive, .folder = x->o->results ? x->o->results : beside, .words = &x->all, .sbatch = x->o->sbatch, .at_once = x->o->at_once.v, .diag = x->diag };
    int status = bl_slurm_run(&s);
    free(beside);
    return status;
}

static int go(struct start *x)
{
    size_t failed = 0, open;

    bl_progress_init(&x->progress, x->o->quiet);
    int status = bl_plan_check(&x->plan, look_check, x, x->diag);
    bl_progress_clear(&x->progress);
    if (status < 0 || open_results(x) < 0)
        return BL_REFUSED;
    open = count_open(x, &failed);
    if (!x->o->quiet) {
        show_points(x);
        show_estimate(x, open, failed);
    }
    if (x->o->dry_run)
        return BL_DONE;
    struct bl_bar clock;
    bl_bar_init(&clock, 0, 0, true);
    status = is_slurm(x) ? run_slurm(x) : bl_drive_run(&x->drive);
    if (!x->o->quiet && (status == 0 || x->drive.ran))
        show_end(x, bl_bar_elapsed(&clock));
    if (status < 0)
        return BL_REFUSED;
    if (x->drive.interrupted)
        bl_note(x->diag, "interrupted; give the same command again: it goes on where it was");
    return x->drive.interrupted || x->drive.wrong || x->drive.failed ? BL_WRONG : BL_DONE;
}

int bl_sweep_start(const char *platform, const struct bl_sweep_opts *o, struct bl_diag *diag)
{
    struct start x = { .o = o, .diag = diag, .drive = { .retry_failed = o->retry_failed, .quiet = o->quiet, .diag = diag } };
    uint64_t seed = o->setup.seed.given ? o->setup.seed.v : 1;
    int status = BL_REFUSED;

    put_words(&x, platform);
    x.drive.plan = &x.plan;
    if ((check_options(&x) | bl_axes_init(&x.axes, &o->vary, &o->zip, o->sample, seed, diag)) == 0 &&
        bl_plan_init(&x.plan, &x.axes, &x.base, x.slice, x.slices, diag) == 0) {
        x.plan.command = x.command;
        status = go(&x);
    }
    bl_store_close(x.drive.store);
    bl_slice_close(x.drive.file);
    bl_plan_fini(&x.plan);
    bl_axes_fini(&x.axes);
    bl_texts_free_all(&x.base);
    bl_texts_free_all(&x.all);
    free(x.command);
    return status;
}

int bl_sweep_collect(const struct bl_texts *files, const struct bl_sweep_opts *o, struct bl_diag *diag)
{
    const char *db = o->db ? o->db : DEFAULT_DB;
    struct bl_store *t = bl_store_open(db, true, diag);
    long lines = 0, added = 0, n = 0;

    for (size_t i = 0; t && i < files->n && n >= 0; i++, lines += n > 0 ? n : 0)
        n = bl_collect(t, files->v[i], &added, diag);
    bl_store_close(t);
    if (!t || n < 0)
        return BL_REFUSED;
    if (!o->quiet)
        printf("%zu file%s with %ld result%s: %ld new in %s\n", files->n, files->n == 1 ? "" : "s", lines, lines == 1 ? "" : "s", added, db);
    return BL_DONE;
}
