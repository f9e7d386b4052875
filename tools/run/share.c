/* share.c - the images of a run shared among processes. A worker is a copy of this process: it takes the number of an image, runs it,
 * writes a frame, until there are no more. Frames are added up in order of the images. An image that ends otherwise than well, or beyond the
 * limit of time, is run once more here, behind those before it: so whatever is to be said of it is said as by one process. */
#include "tools/run/share.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "platforms/job/job_share.h"

enum { LOOK_MS = 200 };
enum outcome { NOT_YET, WELL, NOT_WELL, LOST };

/* What all processes see. */
struct common { uint32_t next, at[BL_SHARE_MOST]; };      /* the next image to be taken; the one that each is at */

/* A worker's answer; `bytes` of what it has counted follow, then `said` of messages. */
struct frame { uint64_t fs; size_t bytes, said; uint32_t image, well; };

struct answer { enum outcome outcome; struct frame frame; unsigned char *bytes; };

struct worker { pid_t pid; int fd; };                     /* fd -1: it has ended */

struct share {
    struct bl_share *x;
    struct bl_sim *sim;
    struct common *common;
    struct worker worker[BL_SHARE_MOST];
    uint32_t count, done, come;        /* images; those behind us; frames that came */
    struct answer *answer;             /* by image */
};

/* ---- a worker ---- */

struct said { char *text; size_t n; FILE *to; };

static void keep_line(void *ctx, const char *line) { fprintf(((struct said *)ctx)->to, "%s\n", line); }

static void write_all(const void *bytes, size_t n)
{
    const char *at = bytes;

    while (n) {
        ssize_t k = write(STDOUT_FILENO, at, n);
        if (k < 0 && errno == EINTR)
            continue;
        if (k <= 0)
            _exit(1);                  /* nobody listens any more */
        at += k;
        n -= (size_t)k;
    }
}

/* The next image that is not run by the process that began us. */
static uint32_t take(const struct share *h)
{
    uint32_t k;

    do
        k = __atomic_fetch_add(&h->common->next, 1, __ATOMIC_RELAXED);
    while (k >= h->x->from && k < h->x->to);
    return k;
}

static void answer(struct share *h, uint32_t image, void **buf)
{
    struct bl_setup *u = h->x->u;
    struct said said = { 0 };
    struct frame f = { .image = image };

    said.to = open_memstream(&said.text, &said.n);
    if (!said.to)
        _exit(2);
    h->x->diag->put = keep_line;
    h->x->diag->ctx = &said;
    f.well = bl_job_alone(u->job, h->sim, image) == BL_END_PAUSED;
    fclose(said.to);
    f.fs = bl_now(h->sim);
    f.bytes = f.well ? bl_job_share_bytes(u->job, h->sim) : 0;
    f.said = said.n;
    if (f.well && !*buf && !(*buf = malloc(f.bytes)))
        _exit(2);
    if (f.well)
        bl_job_share(u->job, h->sim, *buf);
    write_all(&f, sizeof f);
    write_all(*buf, f.bytes);
    write_all(said.text, said.n);
    free(said.text);
}

/* Ctrl-C reaches all processes of a terminal; the one that began us decides. */
static _Noreturn void work(struct share *h, uint32_t w)
{
    void *buf = NULL;

    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGTERM, SIG_DFL);
    for (uint32_t k; (k = take(h)) < h->count;) {
        h->common->at[w] = k;
        answer(h, k, &buf);
        h->common->at[w] = h->count;
    }
    _exit(0);
}

static int begin_worker(struct share *h, uint32_t w)
{
    int fd[2];

    if (pipe(fd) < 0)
        return bl_error(h->x->diag, "-j: no pipe to process %u: %s", w + 1, strerror(errno));
    pid_t pid = fork();
    if (pid == 0) {
        dup2(fd[1], STDOUT_FILENO);
        close(fd[0]);
        close(fd[1]);
        for (uint32_t i = 0; i < w; i++)
            close(h->worker[i].fd);
        work(h, w);
    }
    close(fd[1]);
    if (pid < 0) {
        close(fd[0]);
        return bl_error(h->x->diag, "-j: process %u cannot be made: %s; take fewer", w + 1, strerror(errno));
    }
    h->worker[w] = (struct worker){ pid, fd[0] };
    return 0;
}

/* ---- the process that began them ---- */

/* How it ended, as text. */
static void end_worker(struct share *h, uint32_t w, char *how, size_t room)
{
    struct worker *p = &h->worker[w];
    int status = 0;

    close(p->fd);
    p->fd = -1;
    while (waitpid(p->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (WIFSIGNALED(status))
        snprintf(how, room, "was ended by signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        snprintf(how, room, "ended with status %d", WEXITSTATUS(status));
}

static void end_all(struct share *h)
{
    char how[100];

    for (uint32_t w = 0; w < h->x->workers; w++)
        if (h->worker[w].fd >= 0) {
            kill(h->worker[w].pid, SIGKILL);
            end_worker(h, w, how, sizeof how);
        }
}

/* It has no more to say. */
static void ended(struct share *h, uint32_t w)
{
    uint32_t k = h->common->at[w];
    char how[100];

    end_worker(h, w, how, sizeof how);
    if (k >= h->count || h->answer[k].outcome != NOT_YET)
        return;
    if (!*h->x->interrupted)
        bl_error(h->x->diag, "-j: process %u %s at image %u; the report has the other images", w + 1, how, h->x->u->first + k);
    h->answer[k].outcome = LOST;
    h->x->lost++;
}

static bool read_all(int fd, void *to, size_t n)
{
    char *at = to;

    while (n) {
        ssize_t k = read(fd, at, n);
        if (k < 0 && errno == EINTR)
            continue;
        if (k <= 0)
            return false;
        at += k;
        n -= (size_t)k;
    }
    return true;
}

static void listen_to(struct share *h, uint32_t w)
{
    struct frame f;
    unsigned char *bytes = NULL;

    if (!read_all(h->worker[w].fd, &f, sizeof f) || !(bytes = malloc(f.bytes + f.said + 1)) ||
        !read_all(h->worker[w].fd, bytes, f.bytes + f.said)) {
        free(bytes);
        ended(h, w);
        return;
    }
    bytes[f.bytes + f.said] = 0;
    h->answer[f.image] = (struct answer){ f.well ? WELL : NOT_WELL, f, bytes };
    if (h->x->progress)
        h->x->progress(h->x->ctx, ++h->come, h->count);
}

/* Until something came; false: nobody is left to wait for. */
static bool wait_for_some(struct share *h)
{
    struct pollfd fd[BL_SHARE_MOST];
    uint32_t who[BL_SHARE_MOST], n = 0;

    for (uint32_t w = 0; w < h->x->workers; w++)
        if (h->worker[w].fd >= 0) {
            fd[n] = (struct pollfd){ .fd = h->worker[w].fd, .events = POLLIN };
            who[n++] = w;
        }
    if (!n)
        return false;
    if (poll(fd, n, LOOK_MS) <= 0)
        return true;
    for (uint32_t i = 0; i < n; i++)
        if (fd[i].revents)
            listen_to(h, who[i]);
    return true;
}

/* What the worker's messages were: said here, in order of the images. */
static void say(struct share *h, char *text)
{
    for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1) {
        *end = 0;
        bl_note(h->x->diag, "%s", line);
    }
}

/* ---- in order of the images ---- */

enum { GO_ON = -1 };

/* From here on by one process. */
static int go_on_alone(struct share *h)
{
    struct bl_setup *u = h->x->u;

    end_all(h);
    if (bl_job_from(u->job, h->sim, h->done, NULL) < 0)
        return BL_END_FAILED;
    return (int)bl_setup_run(u, h->x->until, NULL, NULL);
}

static int own_image(struct share *h)
{
    if (bl_job_from(h->x->u->job, h->sim, h->done, NULL) < 0)
        return BL_END_FAILED;
    if (h->done == h->x->from && h->x->to > h->x->from)
        h->x->comes(h->x->ctx, h->done);
    enum bl_end end = bl_job_image(h->x->u->job, h->sim, h->x->until);
    if (end != BL_END_PAUSED)
        return (int)end;
    if (++h->done == h->x->to)
        h->x->comes(h->x->ctx, h->done);
    if (h->x->progress)
        h->x->progress(h->x->ctx, ++h->come, h->count);
    return GO_ON;
}

static int add_image(struct share *h, struct answer *a)
{
    uint64_t now = bl_now(h->sim);

    if (a->outcome == NOT_WELL || a->frame.fs >= h->x->until - now)
        return go_on_alone(h);
    say(h, (char *)a->bytes + a->frame.bytes);
    if (bl_job_join(h->x->u->job, h->sim, h->done, a->bytes) < 0)
        return BL_END_FAILED;
    free(a->bytes);
    a->bytes = NULL;
    h->done++;
    return GO_ON;
}

/* The next image, however it comes. */
static int next_image(struct share *h)
{
    struct answer *a = &h->answer[h->done];
    bool own = h->done >= h->x->from && h->done < h->x->to;

    if (*h->x->interrupted)
        return BL_END_INTERRUPTED;
    if (own)
        return own_image(h);
    if (a->outcome == LOST)
        h->done++;
    else if (a->outcome != NOT_YET)
        return add_image(h, a);
    else if (!wait_for_some(h))
        return own_image(h);           /* all have ended before it was taken */
    return GO_ON;
}

static int run_all(struct share *h)
{
    int end = GO_ON;

    fflush(NULL);
    for (uint32_t w = 0; w < h->x->workers; w++)
        h->worker[w].fd = -1;
    for (uint32_t w = 0; w < h->x->workers; w++) {
        h->common->at[w] = h->count;
        if (begin_worker(h, w) < 0)
            end = BL_END_FAILED;
    }
    while (end == GO_ON && h->done < h->count)
        end = next_image(h);
    if (end != BL_END_INTERRUPTED || h->done == h->count)
        return end == GO_ON ? BL_END_STOPPED : end;
    return end;
}

enum bl_end bl_share_run(struct bl_share *x)
{
    struct share h = { .x = x, .sim = x->u->sim, .count = x->u->count };
    int end = BL_END_FAILED;

    h.common = mmap(NULL, sizeof *h.common, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    h.answer = calloc(h.count + 1, sizeof *h.answer);
    if (h.common == MAP_FAILED || !h.answer) {
        bl_error(x->diag, "-j: no memory for %u answers", h.count);
        free(h.answer);
        return BL_END_FAILED;
    }
    end = run_all(&h);
    end_all(&h);
    bl_job_joined(x->u->job, h.sim);
    for (uint32_t k = 0; k < h.count; k++)
        free(h.answer[k].bytes);
    free(h.answer);
    munmap(h.common, sizeof *h.common);
    return (enum bl_end)end;
}
