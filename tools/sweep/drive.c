/* drive.c - which point is next, what its worker does, what becomes of its end, and how far all of it is. */
#include "tools/sweep/drive.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tools/commands.h"
#include "tools/memory.h"
#include "tools/report/report.h"
#include "tools/sweep/bar.h"
#include "tools/sweep/crew.h"

enum { TRIES = 2, LOOKS = 64 };        /* runs of a point that crashes; claims that are tried before others are let work */

struct drive {
    struct bl_drive *d;
    size_t *todo, first, ntodo, room;  /* a ring of points */
    unsigned char *tries;              /* of each point; one that has run once is ours */
    struct bl_bar bar;
    char host[256], *folder;
    bool broken;
};

/* ---- what is next ---- */

static enum bl_state state_of(struct bl_drive *d, const char *key)
{
    if (d->store)
        return bl_store_state(d->store, key);
    const char *state = json_string_value(json_object_get(d->file->states, key));
    return !state ? BL_UNKNOWN : strcmp(state, "failed") ? BL_ROW_DONE : BL_ROW_FAILED;
}

bool bl_drive_is_open(struct bl_drive *d, size_t n, size_t *failed)
{
    const struct bl_plan_point *p = &d->plan->point[n];
    enum bl_state state = p->checked && p->same_as == n ? state_of(d, p->id.key) : BL_ROW_DONE;

    *failed += state == BL_ROW_FAILED && !d->retry_failed;
    return state == BL_UNKNOWN || state == BL_CLAIMED || (state == BL_ROW_FAILED && d->retry_failed);
}

size_t bl_drive_open_points(struct bl_drive *d, size_t *failed)
{
    size_t n = 0;

    *failed = 0;
    for (size_t i = 0; i < d->plan->axes->npoints; i++)
        n += bl_drive_is_open(d, i, failed);
    return n;
}

static void push(struct drive *x, size_t n) { x->todo[(x->first + x->ntodo++) % x->room] = n; }

static size_t pop(struct drive *x)
{
    size_t n = x->todo[x->first];

    x->first = (x->first + 1) % x->room;
    x->ntodo--;
    return n;
}

/* May it run here? 1; 0: it has a row by now, or another program is at it; -1 after a bl_error. */
static int take(struct drive *x, size_t n)
{
    if (x->tries[n] || !x->d->store)
        return 1;
    return bl_store_claim(x->d->store, x->d->plan->point[n].id.key, x->d->retry_failed);
}

static enum bl_next next(void *ctx, size_t *point)
{
    struct drive *x = ctx;

    if (x->broken)
        return BL_NEXT_NONE;
    for (size_t looks = x->ntodo < LOOKS ? x->ntodo : LOOKS; looks > 0; looks--) {
        size_t n = pop(x);
        int got = take(x, n);
        if (got > 0) {
            *point = n;
            return BL_NEXT_POINT;
        }
        if (got < 0) {
            x->broken = true;
            return BL_NEXT_NONE;
        }
        if (bl_store_state(x->d->store, x->d->plan->point[n].id.key) == BL_CLAIMED)
            push(x, n);
        else
            x->d->known++, bl_bar_less(&x->bar);
    }
    return x->ntodo ? BL_NEXT_LATER : BL_NEXT_NONE;
}

/* ---- the worker ---- */

static void put_line(void *ctx, const char *line) { bl_put_safely(ctx, line); }

static int work(void *ctx, size_t point)
{
    struct drive *x = ctx;
    const struct bl_texts *words = &x->d->plan->point[point].words;
    struct bl_diag diag = { .put = put_line };
    static char name[] = "bitline", run[] = "run", report[] = "--report=json", quiet[] = "--quiet", no_path[] = "--no-path";
    char **argv = calloc(words->n + 6, sizeof *argv);
    int argc = 0;

    if (!argv)
        return BL_REFUSED;
    argv[argc++] = name;
    argv[argc++] = run;
    for (size_t i = 0; i < words->n; i++)
        argv[argc++] = (char *)(uintptr_t)words->v[i];
    argv[argc++] = no_path;            /* which takes time, and whose rows are read one by one */
    argv[argc++] = report;
    argv[argc++] = quiet;
    return bl_main(argc, argv, &diag);
}

/* ---- its end ---- */

/* The last line that it said, without the program's name; buf of n bytes. */
static void last_line(const char *log, char *buf, size_t n)
{
    const char *end = log + strlen(log), *at;

    while (end > log && end[-1] == '\n')
        end--;
    for (at = end; at > log && at[-1] != '\n'; at--)
        ;
    if (!strncmp(at, "bitline: ", 9))
        at += 9;
    snprintf(buf, n, "%.*s", (int)(end - at), at);
}

static void tell_failure(const struct drive *x, const struct bl_ended *e, char *buf, size_t n)
{
    if (e->how == BL_HUNG)
        snprintf(buf, n, "took longer than %g s (--limit-time) and was ended", x->d->limit_s);
    else if (e->how == BL_SIGNALLED)
        snprintf(buf, n, "was ended by signal %d (%s)", e->code, strsignal(e->code));
    else if (*e->log)
        last_line(e->log, buf, n);
    else
        snprintf(buf, n, "ended with status %d and without a report", e->code);
}

static void utc(int64_t t, char buf[32])
{
    time_t seconds = (time_t)t;
    struct tm tm;

    strftime(buf, 32, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&seconds, &tm));
}

static int put(struct drive *x, size_t point, const struct bl_record *r)
{
    struct bl_drive *d = x->d;

    d->ran++;
    d->wrong += !strcmp(r->state, "wrong");
    d->failed += !strcmp(r->state, "failed");
    bl_bar_done(&x->bar, !strcmp(r->state, "failed"));
    return d->store ? bl_store_put(d->store, r) : bl_slice_put(d->file, d->plan, point, r);
}

/* A report that came whole, of a run that was not cut short by a signal. */
static json_t *report_of(const struct bl_ended *e)
{
    json_t *report = e->how == BL_EXITED && (e->code == BL_DONE || e->code == BL_WRONG) ? bl_memory_load(e->out, e->nout, 0, NULL) : NULL;

    if (report && strcmp(bl_j_text(report, "schema"), BL_REPORT_SCHEMA) == 0 && strcmp(bl_j_text(report, "end"), "interrupted"))
        return report;
    json_decref(report);
    return NULL;
}

static int keep(struct drive *x, const struct bl_ended *e, json_t *report)
{
    const struct bl_plan_point *p = &x->d->plan->point[e->point];
    char message[512] = "", started[32], *line = bl_shell_line("bitline run --no-path", &p->words);

    utc(e->started, started);
    if (!report)
        tell_failure(x, e, message, sizeof message);
    else if (e->code == BL_WRONG)
        last_line(e->log, message, sizeof message);
    struct bl_record r = {
        .key = p->id.key, .state = !report ? "failed" : e->code == BL_WRONG ? "wrong" : "done", .platform = p->id.platform, .net = p->id.net, .images = p->id.images,
        .values = report ? bl_record_values(report) : NULL, .report = report ? e->out : NULL, .nreport = e->nout, .message = *message ? message : NULL,
        .log = *e->log ? e->log : NULL, .command = line ? line : "", .host = x->host, .folder = x->folder, .started = started, .seconds = e->seconds,
        .cpu_seconds = e->cpu_seconds, .peak_kb = e->peak_kb, .attempts = x->tries[e->point] };
    int status = bl_memory_lost() ? bl_error(x->d->diag, "no memory for the results of a point; give the same command again: it goes on where it was") :
                 put(x, e->point, &r);

    json_decref(r.values);
    free(line);
    return status;
}

static int ended(void *ctx, const struct bl_ended *e)
{
    struct drive *x = ctx;
    json_t *report = report_of(e);

    x->tries[e->point]++;
    if (!report && x->tries[e->point] < TRIES) {
        push(x, e->point);
        return 0;
    }
    if (keep(x, e, report) < 0)
        x->broken = true;
    json_decref(report);
    return x->broken ? -1 : 0;
}

static void look(void *ctx, uint32_t running)
{
    struct drive *x = ctx;

    bl_bar_draw(&x->bar, running);
}

/* ---- all ---- */

static void begin(struct drive *x)
{
    size_t failed = 0;

    for (size_t i = 0; i < x->d->plan->axes->npoints && (!x->d->most || x->ntodo < x->d->most); i++)
        if (bl_drive_is_open(x->d, i, &failed))
            push(x, i);
        else if (bl_plan_has(x->d->plan, i))
            x->d->known += x->d->plan->point[i].same_as == i;
    if (gethostname(x->host, sizeof x->host - 1))
        snprintf(x->host, sizeof x->host, "?");
    x->folder = getcwd(NULL, 0);
    bl_bar_init(&x->bar, x->ntodo, x->d->workers, x->d->quiet);
}

int bl_drive_run(struct bl_drive *d)
{
    size_t n = d->plan->axes->npoints;
    struct drive x = { .d = d, .todo = calloc(n + 1, sizeof *x.todo), .room = n + 1, .tries = calloc(n + 1, 1) };
    struct bl_crew crew = { .workers = d->workers, .limit_s = d->limit_s, .next = next, .work = work, .ended = ended, .look = look, .ctx = &x, .diag = d->diag };
    int status = -1;

    if (!x.todo || !x.tries)
        bl_error(d->diag, "no memory for %zu points", n);
    else {
        begin(&x);
        status = bl_crew_run(&crew);
        bl_bar_clear(&x.bar);
        d->interrupted = crew.interrupted;
    }
    if (d->store)
        bl_store_release(d->store);
    free(x.todo);
    free(x.tries);
    free(x.folder);
    return status < 0 || x.broken ? -1 : 0;
}
