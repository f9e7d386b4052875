/* cmd_run.c - `bitline run`: a platform, with or without a net, to its end; then the account, the traces, and
 * what the platform file expected. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "tools/commands.h"
#include "tools/memory.h"
#include "tools/report/outputs.h"
#include "tools/run/clash.h"
#include "tools/run/going.h"
#include "tools/run/images.h"
#include "tools/run/net_options.h"
#include "tools/run/progress.h"
#include "tools/run/replay.h"
#include "tools/run/setup_options.h"
#include "tools/run/share.h"
#include "tools/run/snapshot_file.h"
#include "tools/run/stops.h"
#include "tools/run/traceset.h"
#include "tools/run/what_if.h"

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
        .form = &u->o.form, .what_if = r->rows,
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

    bl_going_listen(r->u->sim);
    enum bl_end end = bl_going_run(r, until);
    bl_progress_clear(&r->progress);
    if (bl_out_of_memory(r->u->sim))
        bl_memory_lose();
    bl_going_ended(r, end);
    bl_stops_end(&r->stops, end, &r->written);
    r->bad_output |= r->stops.failed;
    bl_going_end_traces(r);
    bl_judge(r);
    r->bad_output |= bl_path_check(r->u->sim) < 0;       /* a declaration that is not true */
    r->bad_output |= bl_slots_check(r->u->sim) < 0;
    if (r->o->setup.dump && r->u->job)
        bl_judge_dump(r);
    if (r->o->what_if.n && !strcmp(r->end, "done")) {
        r->rows = bl_what_if_rows(&r->what_if);
        r->bad_output |= !r->rows;
    }
    report(r, &r->written);
    bl_going_listen(NULL);
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

/* A run is compared with whole runs. */
static int check_what_if(const struct run_opts *o, struct bl_diag *diag)
{
    if (!o->what_if.n || !(o->until.given || o->restore || o->why || o->races.given))
        return 0;
    return bl_error(diag, "--what-if: compares whole runs, and %s makes it another one; leave out one of the two", o->until.given ? "--until" :
                    o->restore ? "--restore" : o->why ? "--why" : "--races");
}

static int ask_what_if(struct run *r, const struct bl_setup_opts *so)
{
    r->what_if = (struct bl_what_if){ .so = so, .asked = &r->o->what_if, .base = r->u, .runs = bl_going_listen, .diag = r->diag };
    return bl_what_if_check(&r->what_if);
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
    return 0;
}

/* Images of a host part that does not begin from reset depend on those before. */
static int check_host(const struct run *r)
{
    if (!bl_going_processes(r))
        return 0;
    if (r->u->job && bl_job_is_one_run(r->u->job))
        return bl_error(r->diag, "--jobs %llu: -j with placement resident or reload: images are one run; leave it out", (unsigned long long)r->o->jobs.v);
    if (bl_account_numbers(r->u->sim))
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

    if (check_jobs(o, diag) | check_what_if(o, diag) | bl_images_init(&r.traced, o->t.images, diag))
        return BL_REFUSED;
    if (o->why || o->races.given)
        return replay(&so, o, diag);
    bl_progress_init(&r.progress, o->quiet);
    so.on_reference = bl_going_part;
    so.on_reference_ctx = &r;
    so.on_layer = bl_going_layer;
    so.on_layer_ctx = &r;
    r.trace_args = o->t;
    if (around)
        r.trace_args.power_window = (struct bl_whole){ 0 };
    if ((bl_traceset_init(&r.traces, &r.trace_args, diag) | bl_outputs_check(&o->out, diag) |
         bl_stops_init(&r.stops, &o->save_at, &o->rewind, o->t.power_window.v, diag)) == 0 &&
        (r.u = bl_setup_platform(&so, diag)) && bl_setup_net(r.u) == 0 && check_images(&r) == 0 && check_names(&r) == 0 && bl_setup_build(r.u) == 0 &&
        check_host(&r) == 0 && ask_what_if(&r, &so) == 0 && restore(&r) == 0 && bl_stops_begin(&r.stops, r.u, o->until.given ? o->until.v : BL_FOREVER) == 0 &&
        (r.traced.given || bl_traceset_begin(&r.traces, r.u->sim, diag) == 0))
        status = go(&r);
    bl_stops_fini(&r.stops);
    bl_setup_close(r.u);
    bl_traceset_fini(&r.traces);
    bl_texts_free_all(&r.written);
    bl_texts_free_all(&r.said);
    bl_texts_free_all(&r.waits);
    json_decref(r.rows);
    return status;
}

static int run(const struct bl_texts *words, const void *opts, struct bl_diag *diag)
{
    const struct run_opts *o = opts;
    struct bl_setup_opts so = o->setup;
    struct bl_texts files = { 0 };

    so.platform = words->v[0];
    so.set = bl_words_of(&o->sets);
    so.path = !o->no_path && !o->why && !o->races.given;
    so.bits_at = bl_words_of(&o->bits_at);
    int status = bl_net_options(&so, &o->images, &o->data, &files, diag) < 0 ? BL_REFUSED : run_setup(o, so, diag);
    bl_texts_free(&files);
    return status;
}

#define T struct run_opts
static const struct bl_option options[] = {
    BL_NET_OPTIONS(T),
    { "bits-at", 0, BL_OPT_MANY, offsetof(T, bits_at), "IMAGE=TABLE:COLUMN", "other bits from that image on, where the hardware changes\n"
      "them between images (bf_imna); \"IMAGE=none\": those of the model" },
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
    { "what-if", 0, BL_OPT_MANY, offsetof(T, what_if), "CHANGE", "run once more with it, and say what that saved: adc.rho=1, or parts on a\nfaster clock, dram_port*2,host*2; of several also each two at once" },
    { "no-path", 0, BL_OPT_FLAG, offsetof(T, no_path), NULL, "do not record the critical path: a faster run, and its report does not\nsay what limited it" },
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
