/* serve.c - begins and ends what `bitline serve` does: the folder, the journal, the loop. */
#include "tools/serve/serve.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tools/memory.h"
#include "tools/sweep/point.h"

enum { FRAME_MS = 250, LAST_MS = 100, KEEP = 16 };

double bl_serve_seconds(void)
{
    struct timespec t = { 0 };

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Behind the end everything of the present time has happened. */
uint64_t bl_serve_point(const struct bl_server *s)
{
    const bool over = s->standing == BL_ENDED && (s->end == BL_END_STOPPED || s->end == BL_END_STARVED);

    return bl_now(s->r->u->sim) + over;
}

void bl_serve_tell(struct bl_server *s, const char *what, json_t *more) { bl_journal_add(&s->journal, bl_serve_point(s), what, more); }

/* The last line that a call says is the answer to who asked. */
static void hear(void *ctx, const char *line)
{
    struct bl_server *s = ctx;

    snprintf(s->message, sizeof s->message, "%s", line);
}

/* ---- the folder */

static int make_folder(struct bl_server *s)
{
    const char *tmp = getenv("TMPDIR"), *dir = s->o->folder;
    size_t room = strlen(dir ? dir : tmp && *tmp ? tmp : "/tmp") + 32;

    if (!(s->folder = malloc(room)))
        return bl_error(s->diag, "no memory for the name of a folder");
    if (dir) {
        snprintf(s->folder, room, "%s", dir);
        if (mkdir(dir, 0777) < 0 && errno != EEXIST)
            return bl_error(s->diag, "--folder %s: %s", dir, strerror(errno));
        return 0;
    }
    snprintf(s->folder, room, "%s/bitline-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (!mkdtemp(s->folder))
        return bl_error(s->diag, "%s: %s; name a folder with --folder", s->folder, strerror(errno));
    s->own_folder = true;
    return 0;
}

static void remove_folder(struct bl_server *s)
{
    char path[4096];

    for (size_t i = 0; s->own_folder && i < s->live.nwatches; i++)
        remove(s->live.watch[i].path);
    if (s->own_folder) {
        snprintf(path, sizeof path, "%s/hang.snap", s->folder);
        remove(path);
        rmdir(s->folder);
    }
    free(s->folder);
}

/* ---- the journal */

static int open_journal(struct bl_server *s, const char *run)
{
    char key[65];

    if (bl_identity(s->r->u, s->until, key, s->diag) < 0)
        return -1;
    return bl_journal_open(&s->journal, s->o->run.journal, key, !s->o->run.no_path, run, s->diag);
}

/* ---- events */

static void on_signal(evutil_socket_t number, short what, void *ctx)
{
    struct bl_server *s = ctx;

    (void)what;
    if (s->quit) {                       /* a second one: at once */
        signal((int)number, SIG_DFL);
        raise((int)number);
    }
    s->quit = true;
}

static void on_frame(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd, (void)what;
    bl_events_frame(ctx);
}

static int open_events(struct bl_server *s)
{
    static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
    const struct timeval tick = { 0, FRAME_MS * 1000 };

    if (!(s->base = event_base_new()))
        return bl_error(s->diag, "libevent gives no event loop");
    for (int i = 0; i < 3; i++)
        if (!(s->signal[i] = evsignal_new(s->base, numbers[i], on_signal, s)) || event_add(s->signal[i], NULL))
            return bl_error(s->diag, "libevent does not watch signal %d", numbers[i]);
    if (!(s->frame = event_new(s->base, -1, EV_PERSIST, on_frame, s)) || event_add(s->frame, &tick))
        return bl_error(s->diag, "libevent gives no timer");
    return bl_http_open(s);
}

static void close_events(struct bl_server *s)
{
    bl_http_close(s);
    bl_events_close(s);
    for (int i = 0; i < 3; i++)
        if (s->signal[i])
            event_free(s->signal[i]);
    if (s->frame)
        event_free(s->frame);
    if (s->base)
        event_base_free(s->base);
}

/* ---- all */

static void loop(struct bl_server *s)
{
    const struct timeval last = { 0, LAST_MS * 1000 };

    while (!s->quit) {
        event_base_loop(s->base, s->standing == BL_RUNS ? EVLOOP_NONBLOCK : EVLOOP_ONCE);
        if (s->standing == BL_RUNS && !s->quit)
            bl_piece(s);
        bl_tell_answer(s);
    }
    event_base_loopexit(s->base, &last);         /* what was answered last still goes out */
    event_base_dispatch(s->base);
}

/* It was ended where it stands, unless it has ended by itself. */
static int finish(struct bl_server *s)
{
    struct run *r = s->r;

    if (s->standing == BL_RUNS)
        bl_piece_stand(s, "user");
    if (s->standing != BL_ENDED) {
        bl_finish_end(r, BL_END_INTERRUPTED);
        bl_serve_tell(s, "end", json_pack("{s:s}", "end", "interrupted"));
    } else {
        bl_serve_tell(s, "end", json_pack("{s:s}", "end", r->end));
    }
    bl_high_end(s);
    if (bl_live_end(&s->live) < 0)
        r->bad_output = bl_error(s->diag, "a trace could not be written") < 0;
    for (size_t i = 0; !s->own_folder && i < s->live.nwatches; i++)
        bl_outputs_wrote(&r->written, s->live.watch[i].path);
    r->bad_output |= bl_journal_close(&s->journal) < 0;
    return bl_finish_write(r);
}

static void say_where(const struct bl_server *s)
{
    printf("http://%s:%u/#token=%s\n", s->host, s->port, s->token);
    fflush(stdout);
}

int bl_serve(struct bl_server *s, const char *run)
{
    const struct bl_whole keep = s->o->keep;
    int status = BL_REFUSED;

    s->said = (struct bl_diag){ .put = hear, .ctx = s };
    s->done = calloc(s->r->u->net ? s->r->u->net->nlayers + 1 : 1, sizeof *s->done);
    s->live.folder = "";
    if (make_folder(s) == 0 && open_journal(s, run) == 0 && bl_live_init(&s->live, s->r, s->folder, keep.given ? keep.v : KEEP, &s->said) == 0 &&
        bl_live_keep(&s->live) == 0 && open_events(s) == 0) {
        bl_piece_listen(s);
        s->standing = s->o->go ? BL_RUNS : BL_STANDS;
        say_where(s);
        loop(s);
        close_events(s);
        status = finish(s);
        bl_piece_listen(NULL);
    } else {
        close_events(s);
        bl_journal_close(&s->journal);
    }
    bl_condition_close(s->condition);
    json_decref(s->hang.chain);
    remove_folder(s);
    bl_live_fini(&s->live);
    free(s->done);
    return status;
}
