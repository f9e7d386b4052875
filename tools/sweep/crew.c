/* crew.c - the processes and the loop: pipes, ends of children, signals and limits of time are events of libevent. */
#include "tools/sweep/crew.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TICK_US = 200000, CHUNK = 65536, SIGNALS = 3 };

struct pipe_end { int fd; struct event *readable; struct evbuffer *bytes; size_t keep; };     /* keep: so many of the last bytes; 0: all */

struct worker {
    struct loop *loop;
    pid_t pid;                         /* 0: none runs */
    size_t point;
    bool hung;
    double began;
    int64_t started;
    struct pipe_end out, err;
    struct event *limit;
};

struct loop {
    struct bl_crew *c;
    struct event_base *base;
    struct event *child, *tick, *signal[SIGNALS];
    struct worker *worker;
    uint32_t running;
    bool stop, failed, over;           /* begin no more; something of ours went wrong; nothing runs and nothing will */
    int signals;
};

static double seconds(void)
{
    struct timespec t = { 0 };

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- the child ---- */

/* It has its own group, so that Ctrl-C at a terminal reaches the parent alone, and does not outlive it. */
static _Noreturn void be_child(struct loop *l, size_t point, pid_t parent, int out, int err)
{
    int none = open("/dev/null", O_RDONLY);

    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    for (int n = 1; n < 32; n++)
        if (n != SIGKILL && n != SIGSTOP && n != SIGPIPE && n != SIGXFSZ)
            signal(n, SIG_DFL);
    dup2(none, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    syscall(SYS_close_range, 3, ~0U, 0);
    int status = l->c->work(l->c->ctx, point);
    fflush(NULL);
    _exit(status);
}

/* ---- what it prints ---- */

static void read_some(struct pipe_end *p)
{
    for (;;) {
        int n = evbuffer_read(p->bytes, p->fd, CHUNK);
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0 && p->readable)
            event_del(p->readable);
        if (n <= 0)
            return;
        size_t length = evbuffer_get_length(p->bytes);
        if (p->keep && length > p->keep)
            evbuffer_drain(p->bytes, length - p->keep);
    }
}

static void on_readable(evutil_socket_t fd, short what, void *end)
{
    (void)fd, (void)what;
    read_some(end);
}

static int pipe_begin(struct loop *l, struct pipe_end *p, int fd, size_t keep)
{
    *p = (struct pipe_end){ .fd = fd, .keep = keep, .bytes = evbuffer_new() };
    evutil_make_socket_nonblocking(fd);
    p->readable = event_new(l->base, fd, EV_READ | EV_PERSIST, on_readable, p);
    return p->bytes && p->readable && event_add(p->readable, NULL) == 0 ? 0 : -1;
}

static void pipe_finish(struct pipe_end *p)
{
    if (p->readable)
        event_free(p->readable);
    if (p->bytes)
        evbuffer_free(p->bytes);
    if (p->fd >= 0)
        close(p->fd);
    *p = (struct pipe_end){ .fd = -1 };
}

/* All that is there as a text. */
static const char *pipe_text(struct pipe_end *p, size_t *n)
{
    if (!p->bytes || evbuffer_add(p->bytes, "", 1) < 0)
        return *n = 0, "";
    *n = evbuffer_get_length(p->bytes) - 1;
    const unsigned char *text = evbuffer_pullup(p->bytes, -1);
    return text ? (const char *)text : (*n = 0, "");
}

/* ---- beginning ---- */

static void on_limit(evutil_socket_t fd, short what, void *ctx)
{
    struct worker *w = ctx;

    (void)fd, (void)what;
    w->hung = true;
    kill(w->pid, SIGKILL);
}

static int begin_limit(struct worker *w, double limit_s)
{
    struct timeval t = { (time_t)limit_s, (suseconds_t)((limit_s - (double)(time_t)limit_s) * 1e6) };

    if (limit_s <= 0)
        return 0;
    w->limit = evtimer_new(w->loop->base, on_limit, w);
    return w->limit && evtimer_add(w->limit, &t) == 0 ? 0 : -1;
}

static void close_both(int fd[2])
{
    close(fd[0]);
    close(fd[1]);
}

static int begin(struct loop *l, struct worker *w, size_t point)
{
    int out[2], err[2];
    pid_t self = getpid();

    if (pipe(out) < 0)
        return bl_error(l->c->diag, "-j: no pipe to a process: %s; take fewer", strerror(errno));
    if (pipe(err) < 0)
        return close_both(out), bl_error(l->c->diag, "-j: no pipe to a process: %s; take fewer", strerror(errno));
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        be_child(l, point, self, out[1], err[1]);
    close(out[1]);
    close(err[1]);
    if (pid < 0) {
        close(out[0]);
        close(err[0]);
        return bl_error(l->c->diag, "-j: a process cannot be made: %s; take fewer", strerror(errno));
    }
    *w = (struct worker){ .loop = l, .pid = pid, .point = point, .began = seconds(), .started = (int64_t)time(NULL) };
    l->running++;
    if (pipe_begin(l, &w->out, out[0], 0) < 0 || pipe_begin(l, &w->err, err[0], BL_LOG_TAIL) < 0 || begin_limit(w, l->c->limit_s) < 0)
        return bl_error(l->c->diag, "-j: no memory to listen to a process");
    return 0;
}

static void fill(struct loop *l)
{
    enum bl_next next = BL_NEXT_POINT;
    size_t point = 0;

    for (uint32_t i = 0; i < l->c->workers && !l->stop && next == BL_NEXT_POINT; i++) {
        if (l->worker[i].pid)
            continue;
        next = l->c->next(l->c->ctx, &point);
        if (next == BL_NEXT_POINT && begin(l, &l->worker[i], point) < 0)
            l->failed = l->stop = true;
    }
    l->over = !l->running && (l->stop || next == BL_NEXT_NONE);
    if (l->over)
        event_base_loopbreak(l->base);
}

/* ---- ending ---- */

static double time_of(struct timeval t) { return (double)t.tv_sec + 1e-6 * (double)t.tv_usec; }

static void ended(struct worker *w, int status, const struct rusage *used)
{
    struct loop *l = w->loop;
    struct bl_ended e = {
        .point = w->point, .how = w->hung ? BL_HUNG : WIFSIGNALED(status) ? BL_SIGNALLED : BL_EXITED,
        .code = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), .seconds = seconds() - w->began, .started = w->started,
        .cpu_seconds = time_of(used->ru_utime) + time_of(used->ru_stime), .peak_kb = used->ru_maxrss };
    size_t n;

    read_some(&w->out);
    read_some(&w->err);
    e.out = pipe_text(&w->out, &e.nout);
    e.log = pipe_text(&w->err, &n);
    if (l->signals < 2 && l->c->ended(l->c->ctx, &e) < 0)
        l->stop = true;
    pipe_finish(&w->out);
    pipe_finish(&w->err);
    if (w->limit)
        event_free(w->limit);
    *w = (struct worker){ 0 };
    l->running--;
}

static void on_child(evutil_socket_t fd, short what, void *ctx)
{
    struct loop *l = ctx;
    struct rusage used;
    int status;

    (void)fd, (void)what;
    for (uint32_t i = 0; i < l->c->workers; i++)
        if (l->worker[i].pid && wait4(l->worker[i].pid, &status, WNOHANG, &used) == l->worker[i].pid)
            ended(&l->worker[i], status, &used);
    fill(l);
}

static void on_tick(evutil_socket_t fd, short what, void *ctx)
{
    struct loop *l = ctx;

    l->c->look(l->c->ctx, l->running);
    on_child(fd, what, ctx);
}

/* One signal often comes twice (to a process and to its group); a second one of a person comes later than in this moment. */
static void on_signal(evutil_socket_t number, short what, void *ctx)
{
    static double last;
    struct loop *l = ctx;

    (void)number, (void)what;
    if (l->signals && seconds() - last < 0.1)
        return;
    last = seconds();
    l->c->interrupted = l->stop = true;
    if (++l->signals == 1 && l->running)
        bl_note(l->c->diag, "interrupted: %u point%s finished first; a second signal ends %s at once", l->running, l->running == 1 ? " at work is" : "s at work are",
                l->running == 1 ? "it" : "them");
    for (uint32_t i = 0; l->signals > 1 && i < l->c->workers; i++)
        if (l->worker[i].pid)
            kill(l->worker[i].pid, SIGKILL);
    fill(l);
}

/* ---- the loop ---- */

static bool listen_all(struct loop *l)
{
    static const int numbers[SIGNALS] = { SIGINT, SIGTERM, SIGHUP };
    const struct timeval tick = { 0, TICK_US };
    bool well = (l->child = evsignal_new(l->base, SIGCHLD, on_child, l)) && event_add(l->child, NULL) == 0 &&
                (l->tick = event_new(l->base, -1, EV_PERSIST, on_tick, l)) && event_add(l->tick, &tick) == 0;

    for (int i = 0; well && i < SIGNALS; i++)
        well = (l->signal[i] = evsignal_new(l->base, numbers[i], on_signal, l)) && event_add(l->signal[i], NULL) == 0;
    return well;
}

static void finish(struct loop *l)
{
    for (uint32_t i = 0; i < l->c->workers; i++)
        if (l->worker[i].pid) {
            kill(l->worker[i].pid, SIGKILL);
            waitpid(l->worker[i].pid, NULL, 0);
            pipe_finish(&l->worker[i].out);
            pipe_finish(&l->worker[i].err);
        }
    for (int i = 0; i < SIGNALS; i++)
        if (l->signal[i])
            event_free(l->signal[i]);
    if (l->child)
        event_free(l->child);
    if (l->tick)
        event_free(l->tick);
    event_base_free(l->base);
    free(l->worker);
}

int bl_crew_run(struct bl_crew *c)
{
    struct loop l = { .c = c, .base = event_base_new(), .worker = calloc(c->workers, sizeof *l.worker) };

    if (!l.base || !l.worker || !listen_all(&l)) {
        bl_error(c->diag, "-j: no memory for the loop of events");
        l.failed = true;
    } else {
        fill(&l);
        if (!l.over)
            event_base_dispatch(l.base);
    }
    if (l.base)
        finish(&l);
    else
        free(l.worker);
    return l.failed ? -1 : 0;
}
