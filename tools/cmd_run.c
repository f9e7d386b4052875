/* cmd_run.c - `bitline run`: a platform, with or without a net, to its end; then the account, the traces, and
 * what the platform file expected. */
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "platforms/file/alike.h"
#include "platforms/file/params.h"
#include "tools/commands.h"
#include "tools/memory.h"
#include "tools/report/outputs.h"
#include "tools/run/clash.h"
#include "tools/run/images.h"
#include "tools/run/net_options.h"
#include "tools/run/progress.h"
#include "tools/run/replay.h"
#include "tools/run/setup_options.h"
#include "tools/run/share.h"
#include "tools/run/snapshot_file.h"
#include "tools/run/stops.h"
#include "tools/run/traceset.h"

enum { SLICES = 100, MANY = 10 };          /* steps of the time; images from which on they are shown one by one */

struct run_opts {
    struct bl_setup_opts setup;
    struct bl_whole until, races, jobs;
    const char *why, *restore;
    struct bl_trace_args t;
    struct bl_texts sets, images, data, save_at;
    struct bl_rewind_opts rewind;
    struct bl_outputs out;
    bool quiet, analytical;
};

struct run {
    const struct run_opts *o;
    struct bl_setup *u;
    struct bl_trace_args trace_args;
    struct bl_traceset traces;
    struct bl_images traced;
    uint32_t from, to;                        /* of the images, where only some are traced */
    struct bl_stops stops;
    struct bl_progress progress;
    struct bl_diag *diag;
    struct bl_texts written, said, waits;     /* said: false expectations; both own their texts */
    bool checked, wrong, bad_output, foretold, traces_begun, traces_ended;
    const char *end;
};

/* ---- messages that a report keeps */

struct keep { struct bl_texts *to; struct bl_diag *pass; };

static void keep_put(void *ctx, const char *line)
{
    struct keep *k = ctx;
    char *copy = strdup(line);

    if (copy)
        bl_texts_add(k->to, copy);
    bl_note(k->pass, "%s", line);
}

/* ---- running */

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

static void listen_to_signals(struct bl_sim *s)
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
static uint32_t processes(const struct run *r)
{
    uint32_t rest = r->u->job ? r->u->count - (r->to - r->from) : 0;

    return !r->o->jobs.given || r->o->jobs.v < 2 ? 0 : rest < r->o->jobs.v ? rest : (uint32_t)r->o->jobs.v;
}

/* The reference computes a layer, which may take longer than its simulation. */
static void one_part(void *ctx, uint32_t layer, uint64_t done, uint64_t total)
{
    struct run *r = ctx;
    char what[80];

    if (processes(r))                    /* which would write over each other */
        return;
    snprintf(what, sizeof what, "image %u of %u, reference of", bl_job_result(r->u->job)->images + 1, r->u->count);
    bl_progress_part(&r->progress, what, r->u->net->layers[layer].name, total ? (unsigned)(done * 100 / total) : 100);
}

static void end_traces(struct run *r)
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

/* Image `next` of the run comes, where only some are traced. */
static void image_comes(void *ctx, uint32_t next)
{
    struct run *r = ctx;

    if (!r->traced.given)
        return;
    if (next == r->from) {
        r->traces_begun = true;
        r->bad_output |= bl_traceset_begin(&r->traces, r->u->sim, r->diag) < 0;
    }
    if (next == r->to)
        end_traces(r);
}

static void count_image(void *ctx, uint32_t done, uint32_t total)
{
    struct run *r = ctx;

    foretell(r, done, total);
    if (total >= MANY || processes(r))
        bl_progress(&r->progress, done, total, "images");
}

static void one_image(void *ctx, uint32_t done, uint32_t total)
{
    count_image(ctx, done, total);
    image_comes(ctx, done);
}

/* Of few images, layer by layer: an image of a large net may take hours. */
static void one_layer(void *ctx, const struct bl_layer_end *e)
{
    struct run *r = ctx;
    const struct bl_result *x = bl_job_result(r->u->job);

    if (r->u->count < MANY && !processes(r))
        bl_progress(&r->progress, (uint64_t)x->images * x->nlayers + e->layer + 1, (uint64_t)r->u->count * x->nlayers, "layers");
}

/* Runs on through the stops on the way. */
static enum bl_end run_on(struct run *r, uint64_t to)
{
    enum bl_end end;

    while ((end = bl_setup_run(r->u, to, one_image, r)) == BL_END_BREAK)
        bl_stops_reached(&r->stops);
    return end;
}

static enum bl_end run_images(struct run *r, uint64_t until)
{
    struct bl_share share = { .u = r->u, .workers = processes(r), .from = r->from, .to = r->to, .until = until, .diag = r->diag,
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
    struct bl_diag diag = { .put = keep_put, .ctx = &k };
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

static void ended(struct run *r, enum bl_end end)
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

/* ---- judging */

/* The first converter of the platform that a table of ranges could serve; *any: there are converters. One with a code a level needs none. */
static const char *converter(struct bl_sim *s, bool *any)
{
    struct bl_param_row param;
    struct bl_part_row row;

    for (size_t i = 0; i < bl_part_count(s); i++) {
        bl_part_at(s, i, &row);
        if (!row.cls || strcmp(row.cls, "sar_adc"))
            continue;
        *any = true;
        for (size_t k = 0; bl_param_row(s, row.path, row.cls, k, &param); k++)
            if (!strcmp(param.name, "range") && strcmp(param.value, "unit"))
                return row.path;
    }
    return NULL;
}

static void advise_calibration(const struct run *r)
{
    bool any = false;
    const char *adc = converter(r->u->sim, &any), *name = bl_platform_name(r->u->platform);

    if (adc)
        bl_note(r->diag, "net %s ran without a calibration: `bitline calibrate %s --net ... -o FILE` finds the ranges of the layers, and --calibration FILE with "
                "'%s.range=table' uses them", r->u->net->name, name, adc);
    else if (!any)
        bl_note(r->diag, "net %s ran without a calibration: the platform's own ranges and thresholds; `bitline calibrate %s --net ... -o ...` "
                "finds better ones", r->u->net->name, name);
}

static void judge_result(struct run *r)
{
    const struct bl_result *x = r->u->job ? bl_job_result(r->u->job) : NULL;

    if (x && x->approximate && r->u->mapper->calibrate && !r->u->calibration_at.path)
        advise_calibration(r);
    if (!x || x->approximate || (!x->mismatches && !x->first.any))
        return;
    r->wrong = true;
    if (x->first.any)
        bl_error(r->diag, "wrong result: image %u, layer %s, channel %u, y %u, x %u: got %d, wanted %d", x->first.image,
                 x->first.layer < x->nlayers ? x->layers[x->first.layer].name : "?", x->first.c, x->first.y, x->first.x,
                 x->first.got, x->first.wanted);
    else
        bl_error(r->diag, "wrong result: %llu of %llu values differ from the reference", (unsigned long long)x->mismatches,
                 (unsigned long long)x->outputs);
}

/* Expectations speak of a whole run. */
static void judge_expects(struct run *r)
{
    struct keep k = { &r->said, r->diag };
    struct bl_diag diag = { .put = keep_put, .ctx = &k };

    if (strcmp(r->end, "done") && strcmp(r->end, "quiet") && strcmp(r->end, "limit"))
        return;
    r->checked = true;
    if (bl_expect_check(r->u->platform, r->u->sim, &diag))
        r->wrong = true;
}

static void dump_tensors(struct run *r)
{
    const char *layer = r->o->setup.dump, *o = r->o->out.file, *slash = o ? strrchr(o, '/') : NULL;
    char prefix[1024], file[1100];
    int folder = slash ? (int)(slash - o) + 1 : 0, n = snprintf(prefix, sizeof prefix, "%.*s%s", folder, o ? o : "", layer);
    static const char *const kind[] = { "in", "out", "want" };

    if (n >= (int)sizeof prefix) {
        r->bad_output = bl_error(r->diag, "--dump %s: the name is too long for a file", layer) < 0;
        return;
    }
    for (char *c = prefix + folder; *c; c++)
        *c = *c == '/' ? '_' : *c;
    if (bl_job_dump(r->u->job, prefix, r->diag) < 0) {
        r->bad_output = true;
        return;
    }
    for (int i = 0; i < 3; i++) {
        snprintf(file, sizeof file, "%s.%s.txt", prefix, kind[i]);
        bl_outputs_wrote(&r->written, file);
    }
}

/* ---- the report */

static void report(struct run *r, struct bl_texts *names)
{
    const struct bl_setup *u = r->u;
    struct bl_report_in in = {
        .sim = u->sim, .platform = u->platform, .platform_file = u->platform_at.path + u->platform_at.hidden,
        .mapper = u->mapper ? u->mapper->name : NULL, .microvolts = bl_platform_microvolts(u->platform), .net = u->net,
        .net_file = u->net ? u->net_at.path + u->net_at.hidden : NULL, .images = u->images, .result = u->job ? bl_job_result(u->job) : NULL,
        .end = r->end, .waits = &r->waits, .false_expects = r->checked ? &r->said : NULL, .sets = &r->o->sets, .seed = u->seed,
        .first = u->first, .count = u->count, .until_fs = r->o->until.given ? r->o->until.v : BL_FOREVER,
        .form = &u->o.form,
        .inputs = u->input, .ninputs = u->ninputs };
    json_t *j = bl_report_make(&in, r->diag);
    if (j && r->o->analytical && bl_report_analytical(j, u->job, u->sim, r->diag) < 0)
        r->bad_output = true;
    struct bl_outputs out = r->o->out;

    out.aside = r->traces.live;
    out.silent = r->o->quiet && (!out.form || (out.file && strcmp(out.file, "-"))) && !r->wrong && !r->bad_output;
    if (!j || bl_outputs_write(&out, j, names, r->diag) < 0)
        r->bad_output = true;
    json_decref(j);
}

static int go(struct run *r)
{
    uint64_t until = r->o->until.given ? r->o->until.v : BL_FOREVER;

    listen_to_signals(r->u->sim);
    enum bl_end end = r->u->job ? run_images(r, until) : run_parts(r, until);
    bl_progress_clear(&r->progress);
    if (bl_out_of_memory(r->u->sim))
        bl_memory_lose();
    ended(r, end);
    bl_stops_end(&r->stops, end, &r->written);
    r->bad_output |= r->stops.failed;
    end_traces(r);
    judge_result(r);
    judge_expects(r);
    if (r->o->setup.dump && r->u->job)
        dump_tensors(r);
    report(r, &r->written);
    running = NULL;
    return r->bad_output ? BL_REFUSED : r->wrong ? BL_WRONG : BL_DONE;
}

/* ---- the command */

/* Does it ask for what only a run for a report does? */
static bool for_report(const struct run_opts *o)
{
    const struct bl_trace_args *t = &o->t;
    const struct bl_rewind_opts *r = &o->rewind;

    return o->analytical || (o->jobs.given && o->jobs.v > 1) || t->trace.n || t->timeline.n || t->watch.n || t->images || t->window || t->part_size || t->fst_pack || t->power_window.given ||
           t->depth.given || t->live || o->setup.dump || o->out.form || o->out.file || o->out.json || o->out.html || o->setup.shuffle.given ||
           o->save_at.n || o->restore || r->ring || r->event || r->around || r->file;
}

/* Runs that are no runs for a report write nothing but their answer. */
static int replay(const struct bl_setup_opts *so, const struct run_opts *o, struct bl_diag *diag)
{
    const char *what = o->why ? "--why" : "--races";
    uint64_t until = o->until.given ? o->until.v : BL_FOREVER;

    if (o->why && o->races.given)
        return bl_error(diag, "--why and --races: are two questions; ask one at a time"), BL_REFUSED;
    if (for_report(o))
        return bl_error(diag, "%s: such a run writes no report, trace or tensors, is not shuffled or shared, and neither saved nor restored; leave "
                        "out those options", what), BL_REFUSED;
    if (o->races.given && o->races.v == 0)
        return bl_error(diag, "--races 0: compares nothing; expected how many permuted runs, 5 say"), BL_REFUSED;
    return o->why ? bl_replay_why(so, o->why, until, diag) : bl_replay_races(so, o->races.v, until, diag);
}

/* What is restored is traced from there to where the run may go, if nothing else is said. */
static int restore(struct run *r)
{
    uint64_t at = 0, until = r->o->until.given ? r->o->until.v : BL_FOREVER;
    char a[40], b[40];

    if (!r->o->restore)
        return 0;
    if (bl_snapshot_read(r->u, r->o->restore, &at) < 0)
        return -1;
    if (until < at)
        return bl_error(r->diag, "--until %s: the snapshot is of %s; expected a later time", bl_time_text(until, a), bl_time_text(at, b));
    r->traces.least_fs = at;
    if (!r->o->t.window)
        r->traces.opts.to_fs = r->o->until.given ? until : 0;
    return 0;
}

/* What is of one process cannot be shared. */
static int check_jobs(const struct run_opts *o, struct bl_diag *diag)
{
    const unsigned long long n = o->jobs.v;
    const struct bl_rewind_opts *r = &o->rewind;
    int bad = 0;

    if (!o->jobs.given || n == 1)
        return 0;
    if (n < 1 || n > BL_SHARE_MOST)
        return bl_error(diag, "--jobs %llu: expected 1 to %d processes", n, BL_SHARE_MOST);
    if (o->save_at.n || o->restore || r->ring || r->event)
        bad |= bl_error(diag, "--jobs %llu: %s: a snapshot is of one process; leave out one of the two", n,
                        o->save_at.n ? "--save-at" : o->restore ? "--restore" : r->ring ? "--rewind" : "--trace-around");
    if ((o->t.trace.n || o->t.timeline.n) && !o->t.images)
        bad |= bl_error(diag, "--jobs %llu: a trace is of images that one process runs; name them, as in --trace-images 0..1", n);
    return bad;
}

/* The images are there, and can be run one by one. */
static int check_images(struct run *r)
{
    const struct run_opts *o = r->o;

    if (o->t.images && o->restore)
        return bl_error(r->diag, "--trace-images: with --restore it is not known where an image begins; say times with --window");
    if (bl_images_check(&r->traced, r->u, r->diag))
        return -1;
    bl_images_span(&r->traced, r->u, &r->from, &r->to);
    if (o->jobs.given && o->jobs.v > 1 && !r->u->net)
        return bl_error(r->diag, "--jobs %llu: processes share the images of a net, and this run has none", (unsigned long long)o->jobs.v);
    if (o->jobs.given && o->jobs.v > 1 && r->u->job && bl_job_is_one_run(r->u->job))
        return bl_error(r->diag, "--jobs %llu: -j with placement resident or reload: images are one run; leave it out", (unsigned long long)o->jobs.v);
    return 0;
}

/* Images of a host part that does not begin from reset depend on those before. */
static int check_host(const struct run *r)
{
    if (!processes(r) || bl_account_numbers(r->u->sim))
        return 0;
    return bl_error(r->diag, "--jobs %llu: no class of the platform says .restarts, so its images do not begin from reset; see "
                    "components/host_ops.h", (unsigned long long)r->o->jobs.v);
}

static int check_names(const struct run *r)
{
    const struct bl_run_files f = { .u = r->u, .out = &r->o->out, .traces = &r->traces, .stops = &r->stops, .restore = r->o->restore, .diag = r->diag };

    return bl_clash_check(&f);
}

static int run_setup(const struct run_opts *o, struct bl_setup_opts so, struct bl_diag *diag)
{
    struct run r = { .o = o, .diag = diag };
    int status = BL_REFUSED;
    bool around = !o->t.trace.n && (o->rewind.event || o->rewind.ring);      /* power windows are of that trace alone */

    if (check_jobs(o, diag) | bl_images_init(&r.traced, o->t.images, diag))
        return BL_REFUSED;
    if (o->why || o->races.given)
        return replay(&so, o, diag);
    bl_progress_init(&r.progress, o->quiet);
    so.on_reference = one_part;
    so.on_reference_ctx = &r;
    so.on_layer = one_layer;
    so.on_layer_ctx = &r;
    r.trace_args = o->t;
    if (around)
        r.trace_args.power_window = (struct bl_whole){ 0 };
    if ((bl_traceset_init(&r.traces, &r.trace_args, diag) | bl_outputs_check(&o->out, diag) |
         bl_stops_init(&r.stops, &o->save_at, &o->rewind, o->t.power_window.v, diag)) == 0 &&
        (r.u = bl_setup_platform(&so, diag)) && bl_setup_net(r.u) == 0 && check_images(&r) == 0 && check_names(&r) == 0 && bl_setup_build(r.u) == 0 &&
        check_host(&r) == 0 && restore(&r) == 0 && bl_stops_begin(&r.stops, r.u, o->until.given ? o->until.v : BL_FOREVER) == 0 &&
        (r.traced.given || bl_traceset_begin(&r.traces, r.u->sim, diag) == 0))
        status = go(&r);
    bl_stops_fini(&r.stops);
    bl_setup_close(r.u);
    bl_traceset_fini(&r.traces);
    bl_texts_free_all(&r.written);
    bl_texts_free_all(&r.said);
    bl_texts_free_all(&r.waits);
    return status;
}

static int run(const struct bl_texts *words, const void *opts, struct bl_diag *diag)
{
    const struct run_opts *o = opts;
    struct bl_setup_opts so = o->setup;
    struct bl_texts files = { 0 };

    so.platform = words->v[0];
    so.set = bl_words_of(&o->sets);
    int status = bl_net_options(&so, &o->images, &o->data, &files, diag) < 0 ? BL_REFUSED : run_setup(o, so, diag);
    bl_texts_free(&files);
    return status;
}

#define T struct run_opts
static const struct bl_option options[] = {
    BL_NET_OPTIONS(T),
    BL_CALIBRATION_OPTION(T),
    BL_SET_OPTIONS(T),
    { "analytical", 0, BL_OPT_FLAG, offsetof(T, analytical), NULL, "beside it what the mapper's closed forms say, and the cycles and energy\nthat explain the difference" },
    BL_OBJECTIVE_OPTION(T),
    { "until", 0, BL_OPT_TIME, offsetof(T, until), "TIME", "stop at this time: \"5 us\"" },
    BL_TRACE_OPTIONS(T),
    { "dump", 0, BL_OPT_TEXT, offsetof(T, setup.dump), "LAYER", "write its tensors as LAYER.{in,out,want}.txt, beside the\nfile of -o" },
    { "save-at", 0, BL_OPT_PAIR, offsetof(T, save_at), "TIME FILE", "save a snapshot: everything before this time" },
    { "restore", 0, BL_OPT_TEXT, offsetof(T, restore), "FILE", "go on from a snapshot of the same run" },
    BL_REWIND_OPTIONS(T),
    BL_OUTPUT_OPTIONS(T),
    { "jobs", 'j', BL_OPT_WHOLE, offsetof(T, jobs), "N", "share the images among N processes (1); the same bytes" },
    { "shuffle", 0, BL_OPT_WHOLE, offsetof(T, setup.shuffle), "SEED", "permute what the order of events leaves open" },
    { "no-nap", 0, BL_OPT_FLAG, offsetof(T, setup.no_nap), NULL, "keep every part awake: the same result, slowly" },
    { "races", 0, BL_OPT_WHOLE, offsetof(T, races), "K", "no report: compare K runs in permuted orders with that in the order\n"
      "of the contract, and name two parts whose order matters" },
    { "why", 0, BL_OPT_TEXT, offsetof(T, why), "SIGNAL@TIME", "no report: say what caused its last change up to then, back to a\n"
      "clock edge or the start" },
    { "quiet", 'q', BL_OPT_FLAG, offsetof(T, quiet), NULL, "print nothing when all is well, not even the report, unless\n"
      "--report asks for one and -o gives it no file" },
    { 0 }
};
const struct bl_command cmd_run = {
    .name = "run", .help = "run a platform, with a net or by itself",
    .grammar = { .words = "PLATFORM", .least = 1, .most = 1, .options = options, .size = sizeof(T), .notes =
        "PLATFORM is a file, or the name of one in platforms/: `bitline run osa_hcim`.\n"
        "The same command gives the same bytes, on every machine.\n"
        "Exit status: 0 done; 1 wrong result, false expectation, deadlock, race or interrupted; 2 bad input or an output that\n"
        "could not be written (the others are whole).\n" },
    .run = run };
