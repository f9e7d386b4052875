/* serve_rig.h - what the tests of `bitline serve` share: the program in a process of its own, and a client that speaks plain HTTP over a socket. */
#ifndef BL_TESTS_SERVE_RIG_H
#define BL_TESTS_SERVE_RIG_H

#include "tests/rigs/command_rig.h"

#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

enum { ANSWER = 1 << 22 };

struct served { pid_t pid; int out; unsigned port; char token[64], err[NAME]; };
struct answer { int status; char *head, *body; size_t n; char bytes[ANSWER]; };
static struct answer got;

/* ---- the server ---- */

/* `bitline serve WORD...`, the words ended by NULL, on a free port; returns when it listens. */
static inline struct served serve_of(const char *const *words)
{
    struct served s = { 0 };
    const char *argv[MOST_WORDS + 8] = { getenv("BITLINE"), "serve", "--port", "0", "-q" };
    char line[256] = "";
    int n = 5, ends[2];

    ck_assert_ptr_nonnull(argv[0]);
    for (; *words; words++)
        argv[n++] = *words;
    scratch("serve.err", s.err);
    ck_assert_int_eq(pipe(ends), 0);
    if (!(s.pid = fork())) {
        dup2(ends[1], STDOUT_FILENO);
        if (!freopen(s.err, "w", stderr))
            _exit(9);
        close(ends[0]);
        execv(argv[0], (char **)(uintptr_t)argv);
        _exit(9);
    }
    close(ends[1]);
    s.out = ends[0];
    for (size_t at = 0; at + 1 < sizeof line && read(s.out, line + at, 1) == 1 && line[at] != '\n'; at++)
        continue;
    char *said = *line ? NULL : content(s.err);
    ck_assert_msg(sscanf(line, "http://127.0.0.1:%u/#token=%63s", &s.port, s.token) == 2, "it printed \"%s\" and said %s", line, said ? said : "");
    free(said);
    return s;
}

#define SERVE(...) serve_of((const char *const[]){ __VA_ARGS__, NULL })

/* ---- the client ---- */

static inline int serve_connect(const struct served *s)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)s->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    const struct timeval limit = { 30, 0 };
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    ck_assert_int_ge(fd, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ck_assert_msg(connect(fd, (struct sockaddr *)&to, sizeof to) == 0, "connect: %s", strerror(errno));
    return fd;
}

/* Reads until the server closes. */
static inline struct answer *serve_read(int fd)
{
    ssize_t n;

    got.n = 0;
    got.status = 0;
    while (got.n + 1 < ANSWER && (n = read(fd, got.bytes + got.n, ANSWER - 1 - got.n)) > 0)
        got.n += (size_t)n;
    close(fd);
    got.bytes[got.n] = 0;
    sscanf(got.bytes, "HTTP/1.%*d %d", &got.status);
    got.head = got.bytes;
    got.body = strstr(got.bytes, "\r\n\r\n");
    got.body = got.body ? got.body + 4 : got.bytes + got.n;
    got.n -= (size_t)(got.body - got.bytes);
    return &got;
}

static inline void serve_write(int fd, const char *text, size_t n)
{
    while (n) {
        ssize_t put = send(fd, text, n, MSG_NOSIGNAL);
        if (put <= 0)
            return;                      /* it has refused to read on */
        text += put;
        n -= (size_t)put;
    }
}

static inline struct answer *serve_raw(const struct served *s, const char *text)
{
    int fd = serve_connect(s);

    serve_write(fd, text, strlen(text));
    return serve_read(fd);
}

/* With the token; body NULL: GET. */
static inline struct answer *serve_ask(const struct served *s, const char *path, const char *body)
{
    char text[1024];

    snprintf(text, sizeof text, "%s /api/v1/%s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nX-Bitline-Token: %s\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n",
             body ? "POST" : "GET", path, s->port, s->token, body ? strlen(body) : 0);
    int fd = serve_connect(s);
    serve_write(fd, text, strlen(text));
    if (body)
        serve_write(fd, body, strlen(body));
    return serve_read(fd);
}

/* The same, which must succeed, as JSON, to be freed. */
static inline json_t *serve_json(const struct served *s, const char *path, const char *body)
{
    struct answer *a = serve_ask(s, path, body);
    json_t *o = json_loadb(a->body, a->n, 0, NULL);

    ck_assert_msg(a->status == 200 && o, "%s %s: %d %s", path, body ? body : "", a->status, a->body);
    return o;
}

static inline char *serve_text(const struct served *s, const char *path, const char *member, char buf[NAME])
{
    json_t *o = serve_json(s, path, NULL), *x = json_object_get(o, member);

    if (json_is_integer(x))
        snprintf(buf, NAME, "%lld", (long long)json_integer_value(x));
    else
        snprintf(buf, NAME, "%s", json_is_string(x) ? json_string_value(x) : "");
    json_decref(o);
    return buf;
}

/* Until it does not run any more. */
static inline void serve_wait(const struct served *s)
{
    char run[NAME];

    for (int i = 0; i < 3000 && !strcmp(serve_text(s, "state", "run", run), "runs"); i++)
        nanosleep(&(struct timespec){ 0, 10000000 }, NULL);
    ck_assert_str_ne(run, "runs");
}

/* A step that takes longer than a piece is waited for, on slow builds too. */
static inline void serve_do(const struct served *s, const char *path, const char *body)
{
    json_decref(serve_json(s, path, body));
    if (!strcmp(path, "step"))
        serve_wait(s);
}

/* ---- its end ---- */

/* Its exit status, or 1000 and the number of the signal that ended it. */
static inline int serve_status(struct served *s)
{
    int status;
    char rest[4096];

    while (read(s->out, rest, sizeof rest) > 0)
        continue;
    close(s->out);
    ck_assert_int_eq(waitpid(s->pid, &status, 0), s->pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static inline int serve_quit(struct served *s)
{
    serve_do(s, "quit", "{}");
    return serve_status(s);
}

#endif
