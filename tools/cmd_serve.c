/* cmd_serve.c - `bitline serve`: a run that a browser or a script watches, stops, steps and puts back, over HTTP on this machine. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "platforms/file/io.h"
#include "tools/commands.h"
#include "tools/run/clash.h"
#include "tools/run/net_options.h"
#include "tools/run/setup_options.h"
#include "tools/serve/serve.h"
#include "tools/sweep/point.h"
#include "tools/sweep/store.h"

enum { LOCK_MS = 500, KEEP_LEAST = 2 };        /* LOCK_MS: for so long the page waits for a database that another program writes */

/* Rows of an option table for struct run_opts fit: it is the first member. */
_Static_assert(offsetof(struct bl_serve_opts, run) == 0, "options of a run have the same offsets here");
#define T struct bl_serve_opts
#define R struct run_opts
static const struct bl_option options[] = {
    { "port", 'p', BL_OPT_WHOLE, offsetof(T, port), "N", "the port (8137, or a free one where that is taken); 0: any free one" },
    { "listen", 0, BL_OPT_TEXT, offsetof(T, listen), "ADDRESS", "an address of this machine (127.0.0.1, which nobody else can\nreach); to others all goes in the clear, the token too" },
    { "read-only", 0, BL_OPT_FLAG, offsetof(T, read_only), NULL, "it runs, and nothing can be changed; with --go" },
    { "go", 0, BL_OPT_FLAG, offsetof(T, go), NULL, "begin to run at once; else it stands before its first event" },
    { "folder", 0, BL_OPT_TEXT, offsetof(T, folder), "DIR", "where traces and the snapshot of a hang stay; else in a folder of\nits own, which is gone at the end" },
    { "journal", 0, BL_OPT_TEXT, offsetof(R, journal), "FILE", "write there what reaches the run: `bitline run --journal FILE`\ndoes it once more" },
    { "keep", 0, BL_OPT_WHOLE, offsetof(T, keep), "N", "snapshots in memory, 2 .. 64 (16)" },
    { "hang-cycles", 0, BL_OPT_WHOLE, offsetof(T, hang_cycles), "N", "it hangs when nothing has moved for so many cycles of the first\nclock (100000); 0: that is not looked for" },
    { "db", 0, BL_OPT_TEXT, offsetof(T, db), "FILE", "also list and open the runs of this database of a sweep" },
    BL_NET_OPTIONS(R),
    BL_CALIBRATION_OPTION(R),
    BL_SET_OPTIONS(R),
    BL_OBJECTIVE_OPTION(R),
    { "until", 0, BL_OPT_TIME, offsetof(R, until), "TIME", "stop at this time: \"5 us\"" },
    BL_OUTPUT_OPTIONS(R),
    { "no-path", 0, BL_OPT_FLAG, offsetof(R, no_path), NULL, "do not record the critical path: a faster run" },
    { "quiet", 'q', BL_OPT_FLAG, offsetof(R, quiet), NULL, "no report on stdout when all is well" },
    { 0 }
};

/* ---- what can be said before anything is built */

static int check(const struct bl_serve_opts *o, struct bl_diag *diag)
{
    int bad = 0;

    if (o->port.given && o->port.v > 65535)
        bad |= bl_error(diag, "--port %llu: expected 0 to 65535", (unsigned long long)o->port.v);
    if (o->keep.given && (o->keep.v < KEEP_LEAST || o->keep.v > BL_KEPT_MOST))
        bad |= bl_error(diag, "--keep %llu: expected %d to %d snapshots", (unsigned long long)o->keep.v, KEEP_LEAST, BL_KEPT_MOST);
    if (o->read_only && !o->go)
        bad |= bl_error(diag, "--read-only: nobody could begin the run; give --go as well");
    if (o->run.out.form && !strcmp(o->run.out.form, "html") && !o->run.out.file)
        bad |= bl_error(diag, "--report html: stdout has the address of the server; name a file with -o");
    return bad | bl_outputs_check(&o->run.out, diag);
}

/* Files that are written, against those that are read. */
static int check_names(const struct run *r)
{
    static const struct bl_traceset none;
    const struct bl_run_files f = { .u = r->u, .out = &r->o->out, .traces = &none, .stops = &r->stops, .diag = r->diag };
    int bad = bl_clash_check(&f);

    return r->o->journal && (bl_clash_input(r->u, r->o->journal, r->diag) < 0 || bl_may_save(r->o->journal, r->diag) < 0) ? -1 : bad;
}

/* ---- the run */

static int serve(struct bl_server *s, struct bl_setup_opts so, const char *again, struct bl_diag *diag)
{
    struct run r = { .o = &s->o->run, .diag = diag };
    int status = BL_REFUSED;

    s->r = &r;
    so.on_reference = bl_piece_part;
    so.on_layer = bl_piece_layer;
    so.on_reference_ctx = so.on_layer_ctx = s;
    r.stops.diag = diag;
    if ((r.u = bl_setup_platform(&so, diag)) && bl_setup_net(r.u) == 0 && check_names(&r) == 0 && bl_setup_build(r.u) == 0)
        status = bl_serve(s, again);
    bl_finish_close(&r);
    return status;
}

static int run(const struct bl_texts *words, const void *opts, struct bl_diag *diag)
{
    const struct bl_serve_opts *o = opts;
    struct bl_server s = { .o = o, .diag = diag, .until = o->run.until.given ? o->run.until.v : BL_FOREVER, .why = "start", .journal = { .fd = -1 } };
    struct bl_setup_opts so = o->run.setup;
    struct bl_texts files = { 0 }, again = { 0 };
    int status = BL_REFUSED;

    if (check(o, diag))
        return BL_REFUSED;
    bl_store_wait_ms = LOCK_MS;
    so.platform = words->v[0];
    so.set = bl_words_of(&o->run.sets);
    so.path = !o->run.no_path;
    bl_own_word(&again, "%s", words->v[0]);
    bl_point_words(options, opts, &again);
    if (o->run.no_path)
        bl_own_word(&again, "--no-path");
    char *line = bl_shell_line("bitline run", &again);
    if (bl_net_options(&so, &o->run.images, &o->run.data, &files, diag) == 0)
        status = serve(&s, so, line ? line : "bitline run", diag);
    free(line);
    bl_texts_free_all(&again);
    bl_texts_free(&files);
    return status;
}

const struct bl_command cmd_serve = {
    .name = "serve", .help = "run a platform step by step, in a browser or by curl",
    .grammar = { .words = "PLATFORM", .least = 1, .most = 1, .options = options, .size = sizeof(T), .notes =
        "Prints an address that holds a token, http://127.0.0.1:8137/#token=...: open it in a browser, or see tools/serve/README.md for\n"
        "what curl may ask. Ctrl-C ends it, with the report of the run as far as it came; a second one at once.\n"
        "What is looked at changes nothing: the report has the bytes of `bitline run` with the same options.\n"
        "Exit status: as that of `bitline run`.\n" },
    .run = run };
