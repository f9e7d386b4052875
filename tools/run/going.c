/* going.c - a run on its way: signals, progress, its images or its time, traces of some images, and how it ended. */
#include <signal.h>
#include <string.h>

#include "platforms/file/alike.h"
#include "tools/run/going.h"
#include "tools/run/share.h"
#include "tools/serve/repeat.h"

enum { SLICES = 100, MANY = 10 };          /* steps of the time; images from which on they are shown one by one */

void bl_keep_put(void *ctx, const char *line)
{
    struct keep *k = ctx;
    char *copy = strdup(line);

    if (copy)
        bl_texts_add(k->to, copy);
    bl_note(k->pass, "%s", line);
}

static struct bl_sim *volatile running;
static volatile sig_atomic_t signals;

/* One signal often comes twice (to a process and to its group), so only the fourth ends the program at once. */
static void on_signal(int number)
{
    if (running)
        bl_interrupt(running);
    if (++signals > 3) {
        signal(number, SIG_DFL);
        raise(number);
    }
}

void bl_going_listen(struct bl_sim *s)
{
    struct sigaction a = { .sa_handler = on_signal };

    running = s;
    sigaction(SIGINT, &a, NULL);
    sigaction(SIGTERM, &a, NULL);
    sigaction(SIGHUP, &a, NULL);
}

/* How large the traces will be; once. */
static void foretell(struct run *r, uint64_t done, uint64_t total)
{
    if (r->foretold || !r->traces.n || r->traced.given || done >= total || !bl_progress_long(&r->progress))
        return;
    bl_progress_clear(&r->progress);
    bl_traceset_foretell(&r->traces, done, total, r->diag);
    r->foretold = true;
}

/* Processes for the images that are not traced; 0: this one alone. */
uint32_t bl_going_processes(const struct run *r)
{
    uint32_t rest = r->u->job ? r->u->count - (r->to - r->from) : 0;

    return !r->o->jobs.given || r->o->jobs.v < 2 ? 0 : rest < r->o->jobs.v ? rest : (uint32_t)r->o->jobs.v;
}

/* The reference computes a layer, which may take longer than its simulation. */
void bl_going_part(void *ctx, uint32_t layer, uint64_t done, uint64_t total)
{
    struct run *r = ctx;
    char what[80];

    if (bl_going_processes(r))                    /* which would write over each other */
        return;
    snprintf(what, sizeof what, "image %u of %u, reference of", bl_job_result(r->u->job)->images + 1, r->u->count);
    bl_progress_part(&r->progress, what, r->u->net->layers[layer].name, total ? (unsigned)(done * 100 / total) : 100);
}

void bl_going_end_traces(struct run *r)
{
    struct bl_texts traces = { 0 };

    if (r->traces_ended)
        return;
    r->traces_ended = true;
    if (r->traced.given && !r->traces_begun)
        bl_note(r->diag, "--trace-images %s: the run ended before, so nothing is traced", r->traced.text);
    if (bl_traceset_end(&r->traces, r->u->sim, &traces, r->diag) < 0)
        r->bad_output = true;
    for (size_t i = 0; i < traces.n; i++)
        bl_outputs_wrote(&r->written, traces.v[i]);
    free(traces.v);
}

int bl_going_begin_intervals(struct run *r)
{
    const struct run_opts *o = r->o;

    if (!o->interval.given)
        return 0;
    return bl_intervals_start(&r->intervals, r->u->sim, o->interval.v, o->until.given ? o->until.v : BL_FOREVER, r->diag);
}

void bl_going_end_intervals(struct run *r) { r->bad_output |= bl_intervals_stop(&r->intervals, r->diag) < 0; }

/* Image `next` of the run comes, where only some are traced. */
static void image_comes(void *ctx, uint32_t next)
{
    struct run *r = ctx;

    if (!r->traced.given)
        return;
    if (next == r->from) {
        r->traces_begun = true;
        r->bad_output |= bl_traceset_begin(&r->traces, r->u->sim, r->diag) < 0;
        r->bad_output |= bl_going_begin_intervals(r) < 0;
    }
    if (next == r->to) {
        bl_going_end_traces(r);
        bl_going_end_intervals(r);
    }
}

static void count_image(void *ctx, uint32_t done, uint32_t total)
{
    struct run *r = ctx;

    foretell(r, done, total);
    if (total >= MANY || bl_going_processes(r))
        bl_progress(&r->progress, done, total, "images");
}

static void one_image(void *ctx, uint32_t done, uint32_t total)
{
    count_image(ctx, done, total);
    image_comes(ctx, done);
}

/* Of few images, layer by layer: an image of a large net may take hours. */
void bl_going_layer(void *ctx, const struct bl_layer_end *e)
{
    struct run *r = ctx;
    const struct bl_result *x = bl_job_result(r->u->job);

    if (r->u->count < MANY && !bl_going_processes(r))
        bl_progress(&r->progress, (uint64_t)x->images * x->nlayers + e->layer + 1, (uint64_t)r->u->count * x->nlayers, "layers");
}

/* Runs on through the stops on the way. */
static enum bl_end run_on(struct run *r, uint64_t to)
{
    enum bl_end end;

    do {
        if (r->repeat)
            bl_repeat_aim(r->repeat);
        end = bl_setup_run(r->u, to, one_image, r);
        if (r->repeat)
            end = bl_repeat_due(r->repeat, end);
        else if (end == BL_END_BREAK)
            bl_stops_reached(&r->stops);
    } while (end == BL_END_BREAK);
    return end;
}

static enum bl_end run_images(struct run *r, uint64_t until)
{
    struct bl_share share = { .u = r->u, .workers = bl_going_processes(r), .from = r->from, .to = r->to, .until = until, .diag = r->diag,
                              .comes = image_comes, .progress = count_image, .ctx = r, .interrupted = &signals };

    if (!share.workers) {
        image_comes(r, 0);
        return run_on(r, until);
    }
    enum bl_end end = bl_share_run(&share);
    return share.lost && end == BL_END_STOPPED ? BL_END_FAILED : end;
}

/* Without a net there are no images to count: a hundredth of the time is a step. */
static enum bl_end run_parts(struct run *r, uint64_t until)
{
    struct bl_sim *s = r->u->sim;
    enum bl_end end = BL_END_LIMIT;

    for (uint64_t i = 1; i <= SLICES && end == BL_END_LIMIT; i++) {
        uint64_t to = until == BL_FOREVER ? until : until / SLICES * i + until % SLICES * i / SLICES;
        if (to <= bl_now(s) && i < SLICES)
            continue;
        if (to > bl_now(s) || !to)
            end = run_on(r, to);
        if (until == BL_FOREVER)
            continue;
        foretell(r, i, SLICES);
        bl_progress(&r->progress, i, SLICES, "% of the time");
    }
    if (end == BL_END_STARVED && until != BL_FOREVER && bl_now(s) < until)
        end = run_on(r, until);
    return end;
}

/* Parts that stand at a stall when nothing can happen any more will stand there forever. */
static bool anyone_stalled(struct bl_sim *s)
{
    char name[1024];

    for (size_t i = 0; i < bl_part_count(s); i++) {
        struct bl_part_row row;
        uint64_t verdict;
        bl_part_at(s, i, &row);
        snprintf(name, sizeof name, "%s.verdict", row.path);
        if (row.elapsed && bl_peek(s, name, &verdict) == 0 && verdict >= 2)
            return true;
    }
    return false;
}

static void deadlocked(struct run *r)
{
    struct keep k = { &r->waits, r->diag };
    struct bl_diag diag = { .put = bl_keep_put, .ctx = &k };
    struct bl_fold fold;
    char time[40];

    r->end = "deadlock";
    r->wrong = true;
    bl_error(r->diag, "deadlock at %s: nobody is awake and nothing is timed; who waits for whom:", bl_time_text(bl_now(r->u->sim), time));
    bl_fold_start(&fold, &diag);
    bl_fold_hold(&fold);
    bl_explain_wait(r->u->sim, &fold.diag);
    bl_fold_release(&fold, BL_FOLD_RANGE);
    bl_note(r->diag, "  who waits for an idle part waits for one that has nothing to do: a source at its limit, a host without work");
    if (!r->o->setup.no_nap)
        bl_note(r->diag, "  if the run ends with --no-nap, a part naps too early");
}

void bl_going_ended(struct run *r, enum bl_end end)
{
    const struct bl_result *result = r->u->job ? bl_job_result(r->u->job) : NULL;
    char time[40];

    r->end = end == BL_END_LIMIT ? "limit" : end == BL_END_INTERRUPTED ? "interrupted" : end == BL_END_FAILED ? "failed" : "done";
    if (result && result->images == r->u->count && end != BL_END_FAILED)
        r->end = "done";
    else if (end == BL_END_STARVED && (r->u->job || anyone_stalled(r->u->sim)))
        deadlocked(r);
    else if (end == BL_END_STARVED)
        r->end = "quiet";
    if (!strcmp(r->end, "interrupted")) {
        r->wrong = true;
        bl_error(r->diag, "interrupted at %s; what is written holds the run up to then", bl_time_text(bl_now(r->u->sim), time));
    }
    if (end == BL_END_FAILED)
        r->wrong = true;
}

enum bl_end bl_going_run(struct run *r, uint64_t until) { return r->u->job ? run_images(r, until) : run_parts(r, until); }
