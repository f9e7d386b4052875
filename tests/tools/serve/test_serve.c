/* test_serve.c - `bitline serve` from outside (tools/cmd_serve.c, tools/serve/): who may ask and who may not, requests that are broken, too large, slow or
 * many; what is refused on the command line. */
#include "tests/rigs/serve_rig.h"

#include <poll.h>

static struct served one;

static void begin(void) { one = SERVE("back_pressure", "--until", "50 us"); }

static void end(void)
{
    int status = serve_quit(&one);
    char *said = content(one.err);

    ck_assert_msg(status == 0 || status == 1, "it ended with %d: %s", status, said);       /* 1: interrupted */
    ck_assert_msg(!strstr(said, "Sanitizer") && !strstr(said, "[err]") && !strstr(said, "[warn]"), "%s", said);
    free(said);
    remove(one.err);
}

/* ---- who may ask ---- */

/* @ is the token, # the port. */
static const struct { const char *request; int status; const char *says; } rows[] = {
    { "GET / HTTP/1.1\r\nHost: 127.0.0.1:#\r\n\r\n", 200, "Content-Security-Policy: default-src 'none'" },
    { "GET /page.js HTTP/1.1\r\nHost: localhost:#\r\n\r\n", 200, "text/javascript" },
    { "GET /page.css HTTP/1.1\r\nHost: [::1]:#\r\n\r\n", 200, "nosniff" },
    { "GET /api/v1/state HTTP/1.1\r\nHost: 127.0.0.1:#\r\nX-Bitline-Token: @\r\n\r\n", 200, "bitline.serve/1" },
    { "GET /api/v1/state HTTP/1.1\r\nHost: 127.0.0.1:#\r\n\r\n", 401, "X-Bitline-Token is missing" },
    { "GET /api/v1/state?token=@ HTTP/1.1\r\nHost: 127.0.0.1:#\r\n\r\n", 401, "missing or wrong" },
    { "GET /api/v1/state HTTP/1.1\r\nHost: 127.0.0.1:#\r\nX-Bitline-Token: 00000000000000000000000000000000\r\n\r\n", 401, "missing or wrong" },
    { "GET /api/v1/state HTTP/1.1\r\nHost: 127.0.0.1:#\r\nX-Bitline-Token: @0\r\n\r\n", 401, "missing or wrong" },
    { "POST /api/v1/resume HTTP/1.1\r\nHost: 127.0.0.1:#\r\nContent-Length: 2\r\n\r\n{}", 401, "missing or wrong" },
    /* a page of another host, whose name was made to lead here */
    { "GET /api/v1/state HTTP/1.1\r\nHost: evil.example:#\r\nX-Bitline-Token: @\r\n\r\n", 403, "Host names another server" },
    { "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", 403, "Host names another server" },
    { "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 403, "Host names another server" },
    { "GET / HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n", 403, "Host names another server" },
    { "GET / HTTP/1.0\r\n\r\n", 403, "Host names another server" },
    /* a page of another origin */
    { "POST /api/v1/resume HTTP/1.1\r\nHost: 127.0.0.1:#\r\nOrigin: http://evil.example\r\nX-Bitline-Token: @\r\nContent-Length: 2\r\n\r\n{}", 403, "another origin" },
    { "POST /api/v1/resume HTTP/1.1\r\nHost: 127.0.0.1:#\r\nOrigin: null\r\nX-Bitline-Token: @\r\nContent-Length: 2\r\n\r\n{}", 403, "another origin" },
    { "GET /page.js HTTP/1.1\r\nHost: 127.0.0.1:#\r\nSec-Fetch-Site: cross-site\r\n\r\n", 403, "another origin" },
    { "GET /api/v1/state HTTP/1.1\r\nHost: 127.0.0.1:#\r\nOrigin: http://127.0.0.1:1\r\nX-Bitline-Token: @\r\n\r\n", 403, "another origin" },
    { "GET /api/v1/state HTTP/1.1\r\nHost: 127.0.0.1:#\r\nOrigin: http://127.0.0.1:#\r\nSec-Fetch-Site: same-origin\r\nX-Bitline-Token: @\r\n\r\n", 200, "stands" },
    { "OPTIONS /api/v1/resume HTTP/1.1\r\nHost: 127.0.0.1:#\r\nOrigin: http://evil.example\r\nAccess-Control-Request-Method: POST\r\n\r\n", 501, "" },
    /* paths */
    { "GET /../../../etc/passwd HTTP/1.1\r\nHost: 127.0.0.1:#\r\n\r\n", 404, "nothing here" },
    { "GET /..%2f..%2fetc%2fpasswd HTTP/1.1\r\nHost: 127.0.0.1:#\r\n\r\n", 404, "nothing here" },
    { "GET /api/v1/watches/../../serve.journal HTTP/1.1\r\nHost: 127.0.0.1:#\r\nX-Bitline-Token: @\r\n\r\n", 404, "no such trace" },
    { "GET /api/v1/watches/%2e%2e%2fhang.snap HTTP/1.1\r\nHost: 127.0.0.1:#\r\nX-Bitline-Token: @\r\n\r\n", 404, "no such trace" },
    { "GET /api/v1/watches/1.fst HTTP/1.1\r\nHost: 127.0.0.1:#\r\nX-Bitline-Token: @\r\n\r\n", 404, "no such trace" },
    { "GET /api/v1/watches/99999999999999999999.fst HTTP/1.1\r\nHost: 127.0.0.1:#\r\nX-Bitline-Token: @\r\n\r\n", 404, "no such trace" },
    { "GET /api/v1/runs/../x HTTP/1.1\r\nHost: 127.0.0.1:#\r\nX-Bitline-Token: @\r\n\r\n", 404, "no database" },
    { "GET /api/v1/hang.snap HTTP/1.1\r\nHost: 127.0.0.1:#\r\nX-Bitline-Token: @\r\n\r\n", 404, "not there" },
    { "GET /api/v1/nothing HTTP/1.1\r\nHost: 127.0.0.1:#\r\nX-Bitline-Token: @\r\n\r\n", 404, "no such view" },
    { "GET /api/v1/resume HTTP/1.1\r\nHost: 127.0.0.1:#\r\nX-Bitline-Token: @\r\n\r\n", 404, "no such view" },
    { "POST /api/v1/state HTTP/1.1\r\nHost: 127.0.0.1:#\r\nX-Bitline-Token: @\r\nContent-Length: 2\r\n\r\n{}", 404, "no such command" },
    { "POST / HTTP/1.1\r\nHost: 127.0.0.1:#\r\nContent-Length: 0\r\n\r\n", 405, "expected GET" },
    { "GET http://127.0.0.1:#/api/v1/state HTTP/1.1\r\nHost: evil.example\r\nX-Bitline-Token: @\r\n\r\n", 403, "Host names" },
    /* what is no HTTP */
    { "GET /\r\n\r\n", 400, "" }, { "\r\n\r\n", 400, "" }, { "HELO there\r\n\r\n", 400, "" }, { "GET / HTTP/9.9\r\nHost: 127.0.0.1:#\r\n\r\n", -1, "" },
    { "GET / HTTP/1.1\r\nHost 127.0.0.1\r\n\r\n", 400, "" }, { "GET * HTTP/1.1\r\nHost: 127.0.0.1:#\r\n\r\n", -1, "" },
    { "POST /api/v1/step HTTP/1.1\r\nHost: 127.0.0.1:#\r\nX-Bitline-Token: @\r\nContent-Length: -5\r\n\r\n{}", 400, "" },
    { "POST /api/v1/step HTTP/1.1\r\nHost: 127.0.0.1:#\r\nX-Bitline-Token: @\r\nContent-Length: 99999999\r\n\r\n{}", 413, "" },
    { "POST /api/v1/step HTTP/1.1\r\nHost: 127.0.0.1:#\r\nX-Bitline-Token: @\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", -1, "" },
    /* bodies */
    { "POST /api/v1/step HTTP/1.1\r\nHost: 127.0.0.1:#\r\nX-Bitline-Token: @\r\nContent-Length: 3\r\n\r\n{\"a", 400, "no JSON object" },
    { "POST /api/v1/step HTTP/1.1\r\nHost: 127.0.0.1:#\r\nX-Bitline-Token: @\r\nContent-Length: 2\r\n\r\n[]", 400, "no JSON object" },
    { "POST /api/v1/step HTTP/1.1\r\nHost: 127.0.0.1:#\r\nX-Bitline-Token: @\r\nContent-Length: 17\r\n\r\n{\"cycles\":1,\"x\":2", 400, "no JSON object" },
};

/* Writes the request with the token and the port in it, and that the connection is to be closed. */
static void fill(const char *from, char *to, size_t room)
{
    size_t n = 0;

    for (; *from && n + 80 < room; from++)
        if (*from == '@')
            n += (size_t)snprintf(to + n, room - n, "%s", one.token);
        else if (*from == '#')
            n += (size_t)snprintf(to + n, room - n, "%u", one.port);
        else if (!strncmp(from, "\r\n\r\n", 4) && strstr(to, "HTTP/1.1") && !strstr(to, "Connection:"))
            n += (size_t)snprintf(to + n, room - n, "\r\nConnection: close\r");
        else
            to[n++] = *from, to[n] = 0;
}

START_TEST(requests)
{
    char text[2048];

    for (int i = 0; i < COUNT(rows); i++) {
        *text = 0;
        fill(rows[i].request, text, sizeof text);
        int fd = serve_connect(&one);
        serve_write(fd, text, strlen(text));
        if (!strstr(text, "Connection: close"))
            shutdown(fd, SHUT_WR);
        struct answer *a = serve_read(fd);
        ck_assert_msg(rows[i].status < 0 || a->status == rows[i].status, "row %d, %s: %d\n%.600s", i, text, a->status, a->bytes);
        ck_assert_msg(strstr(a->bytes, rows[i].says) != NULL, "row %d, %s:\n%.600s", i, text, a->bytes);
        ck_assert_msg(!strstr(a->bytes, "root:") && !strstr(a->bytes, "Access-Control-Allow"), "row %d", i);
    }
    char now[NAME];
    ck_assert_str_eq(serve_text(&one, "state", "now_fs", now), "0");       /* none of them has moved the run */
    ck_assert_str_eq(serve_text(&one, "state", "why", now), "start");
}
END_TEST

/* ---- commands that are refused ---- */

static const struct { const char *path, *body; int status; const char *says; } refused[] = {
    { "step", "{}", 400, "expected one of" }, { "step", "{\"cycles\":0}", 400, "from 1 to" }, { "step", "{\"cycles\":-3}", 400, "from 1 to" },
    { "step", "{\"cycles\":1.5}", 400, "from 1 to" }, { "step", "{\"cycles\":\"1\"}", 400, "from 1 to" }, { "step", "{\"cycles\":1,\"events\":1}", 400, "expected one of" },
    { "step", "{\"cycles\":1,\"clock\":\"nobody\"}", 400, "no clock of this name" }, { "step", "{\"clock\":\"core\"}", 400, "expected one of" },
    { "step", "{\"events\":2}", 400, "from 1 to 1" }, { "step", "{\"to\":\"0 s\"}", 400, "has passed" }, { "step", "{\"to\":\"soon\"}", 400, "soon" },
    { "step", "{\"to\":5}", 400, "expected a time" }, { "step", "{\"until\":\"nobody.x == 3\"}", 400, "there is no signal" }, { "step", "{\"until\":3}", 400, "expected a condition" },
    { "step", "{\"cycles\":1,\"cycles\":2}", 400, "no JSON object" }, { "step", "{\"cycles\":1,\"more\":2}", 400, "no member" }, { "pause", "{\"now\":1}", 400, "no member" },
    { "watch", "{\"globs\":3}", 400, "a list" }, { "watch", "{\"globs\":[3]}", 400, "expected texts" }, { "watch", "{\"globs\":[\"nobody.*\"]}", 400, "match nothing" },
    { "unwatch", "{\"number\":1}", 409, "no trace of this number" }, { "cut", "{\"number\":7}", 409, "no trace of this number" }, { "unwatch", "{}", 400, "whole number" },
    { "rewind", "{}", 400, "time of a snapshot" }, { "rewind", "{\"fs\":5}", 409, "no snapshot of 5 fs" }, { "rewind", "{\"fs\":-1}", 400, "time of a snapshot" },
};

START_TEST(refusals)
{
    for (int i = 0; i < COUNT(refused); i++) {
        struct answer *a = serve_ask(&one, refused[i].path, refused[i].body);
        ck_assert_msg(a->status == refused[i].status && strstr(a->body, refused[i].says), "%s %s: %d %s", refused[i].path, refused[i].body, a->status, a->body);
    }
    ck_assert_int_eq(serve_ask(&one, "values?name=nobody.x", NULL)->status, 404);
    ck_assert_int_eq(serve_ask(&one, "values?other=3", NULL)->status, 404);
    ck_assert_int_eq(serve_ask(&one, "signals?match=nobody.*", NULL)->status, 404);
    ck_assert_int_eq(serve_ask(&one, "report?as=html", NULL)->status, 400);
}
END_TEST

START_TEST(only_shows)
{
    struct served s = SERVE("back_pressure", "--until", "50 us", "--go", "--read-only");

    ck_assert_int_eq(serve_ask(&s, "pause", "{}")->status, 403);
    ck_assert_ptr_nonnull(strstr(got.body, "--read-only"));
    ck_assert_int_eq(serve_ask(&s, "quit", "{}")->status, 403);
    ck_assert_int_eq(serve_ask(&s, "state", NULL)->status, 200);
    serve_wait(&s);
    kill(s.pid, SIGINT);
    ck_assert_int_eq(serve_status(&s), 0);           /* it had ended by itself */
}
END_TEST

/* ---- large, slow, many ---- */

START_TEST(oversized)
{
    static char text[1 << 18];
    size_t n = (size_t)snprintf(text, sizeof text, "POST /api/v1/step HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nX-Bitline-Token: %s\r\nContent-Length: 200000\r\n\r\n", one.port, one.token);

    memset(text + n, 'x', 200000);
    text[n + 200000] = 0;
    struct answer *a = serve_raw(&one, text);
    ck_assert_msg(a->status == 413 || !a->status, "%d", a->status);         /* a reset may take the answer away */
    n = (size_t)snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nX-Long: ", one.port);
    memset(text + n, 'y', 100000);
    memcpy(text + n + 100000, "\r\n\r\n", 5);
    a = serve_raw(&one, text);
    ck_assert_msg(a->status == 413 || a->status == 400 || !a->status, "%d", a->status);
    n = (size_t)snprintf(text, sizeof text, "{\"globs\":[");                /* deep and wide, within the limit */
    memset(text + n, '[', 60000);
    text[n + 60000] = 0;
    ck_assert_int_eq(serve_ask(&one, "watch", text)->status, 400);
}
END_TEST

/* Who sends a byte now and then, and who never reads what it asked for, keep nobody else waiting. */
START_TEST(slow_clients)
{
    char ask[512], now[NAME];
    int slow[20], deaf[10];

    snprintf(ask, sizeof ask, "GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nX-Bitline-Token: %s\r\n\r\n", one.port, one.token);
    for (int i = 0; i < 20; i++) {
        slow[i] = serve_connect(&one);
        serve_write(slow[i], ask, (size_t)i + 1);
    }
    for (int i = 0; i < 10; i++) {
        deaf[i] = serve_connect(&one);
        serve_write(deaf[i], ask, strlen(ask));
    }
    for (int i = 0; i < 40; i++)
        serve_do(&one, "step", "{\"cycles\":1}");
    ck_assert_str_eq(serve_text(&one, "state", "run", now), "stands");
    for (int i = 0; i < 20; i++)
        close(slow[i]);
    for (int i = 0; i < 10; i++)
        close(deaf[i]);
    serve_do(&one, "step", "{\"cycles\":1}");
}
END_TEST

START_TEST(events)
{
    char ask[512], text[200000];
    int fd = serve_connect(&one), frames = 0;
    size_t n = 0;

    snprintf(ask, sizeof ask, "GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nX-Bitline-Token: %s\r\n\r\n", one.port, one.token);
    serve_write(fd, ask, strlen(ask));
    for (int i = 0; i < 200 && frames < 3; i++) {
        ssize_t m = recv(fd, text + n, sizeof text - 1 - n, MSG_DONTWAIT);
        n += m > 0 ? (size_t)m : 0;
        text[n] = 0;
        frames = 0;
        for (char *at = text; (at = strstr(at, "event: frame\ndata: {")); at++)
            frames++;
        serve_do(&one, "step", "{\"cycles\":1}");
        nanosleep(&(struct timespec){ 0, 20000000 }, NULL);
    }
    ck_assert_int_ge(frames, 3);
    ck_assert_ptr_nonnull(strstr(text, "text/event-stream"));
    ck_assert_ptr_nonnull(strstr(text, "\"power_mw\""));
    ck_assert_ptr_nonnull(strstr(text, "\"channels\""));
    close(fd);
}
END_TEST

/* 17 look on: the last one is told that there are too many. */
START_TEST(too_many_viewers)
{
    char ask[512], text[4096];
    int fd[17];
    ssize_t n = 0;

    snprintf(ask, sizeof ask, "GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nX-Bitline-Token: %s\r\n\r\n", one.port, one.token);
    for (int i = 0; i < 17; i++) {
        fd[i] = serve_connect(&one);
        serve_write(fd[i], ask, strlen(ask));
        n = recv(fd[i], text, sizeof text - 1, 0);
        ck_assert_int_gt(n, 12);
        text[n] = 0;
        ck_assert_msg(!strncmp(text + 9, i < 16 ? "200" : "503", 3), "%d: %s", i, text);
    }
    for (int i = 0; i < 17; i++)
        close(fd[i]);
    for (int i = 0; i < 100; i++) {              /* their places are free again */
        nanosleep(&(struct timespec){ 0, 20000000 }, NULL);
        int again = serve_connect(&one);
        serve_write(again, ask, strlen(ask));
        n = recv(again, text, sizeof text - 1, 0);
        close(again);
        serve_do(&one, "step", "{\"cycles\":1}");
        if (n > 12 && !strncmp(text + 9, "200", 3))
            return;
    }
    ck_abort_msg("nobody may look on any more");
}
END_TEST

/* 200 connections at a time ask what they like, while it runs: nothing is lost, and the report is that of a run that nobody saw. */
START_TEST(two_hundred)
{
    enum { MANY = 200 };
    static const char *const paths[] = { "state", "parts", "waits", "channels", "path", "layers", "signals?match=*.verdict", "snapshots", "watches", "journal", "nothing" };
    char json[NAME], plain[NAME], ask[512];
    int answers = 0, seconds = getenv("BL_LONG") ? 20 : 2;
    struct heard h;
    struct served s = SERVE("back_pressure", "--set", "sink[*].stop=1000000", "--report-json", scratch("many.json", json), "--go");
    struct pollfd fd[MANY];
    time_t stop = time(NULL) + seconds;

    for (int i = 0; i < MANY; i++)
        fd[i] = (struct pollfd){ .fd = serve_connect(&s), .events = POLLIN };
    for (int i = 0; i < MANY; i++) {
        snprintf(ask, sizeof ask, "GET /api/v1/%s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nX-Bitline-Token: %s\r\n\r\n", paths[i % COUNT(paths)], s.port, s.token);
        serve_write(fd[i].fd, ask, strlen(ask));
    }
    while (time(NULL) < stop) {
        poll(fd, MANY, 100);
        for (int i = 0; i < MANY; i++) {
            char part[65536];
            if (!(fd[i].revents & POLLIN))
                continue;
            ssize_t n = recv(fd[i].fd, part, sizeof part, 0);
            ck_assert_msg(n > 0, "connection %d: %zd, after %d answers", i, n, answers);
            if (strncmp(part, "HTTP/1.1 ", 9))
                continue;                /* the rest of a long one */
            answers++;
            snprintf(ask, sizeof ask, "GET /api/v1/%s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nX-Bitline-Token: %s\r\n\r\n", paths[(i + answers) % COUNT(paths)], s.port, s.token);
            serve_write(fd[i].fd, ask, strlen(ask));
        }
    }
    ck_assert_int_gt(answers, MANY);
    for (int i = 0; i < MANY; i++)
        close(fd[i].fd);
    serve_wait(&s);
    ck_assert_int_eq(serve_quit(&s), 0);
    ck_assert_int_eq(program(&h, NULL, "run", "back_pressure", "--set", "sink[*].stop=1000000", "-q", "--report-json", scratch("plain.json", plain), NULL), 0);
    ck_same_files(json, plain);
    remove(json);
    remove(plain);
}
END_TEST

/* ---- the command line ---- */

static const struct { const char *words[8]; const char *says; } lines[] = {
    { { "serve" }, "expected" }, { { "serve", "nothing" }, "nothing" }, { { "serve", "back_pressure", "--port", "65536" }, "expected 0 to 65535" },
    { { "serve", "back_pressure", "--keep", "1" }, "expected 2 to 64" }, { { "serve", "back_pressure", "--keep", "65" }, "expected 2 to 64" },
    { { "serve", "back_pressure", "--read-only" }, "--go" }, { { "serve", "back_pressure", "--report", "html" }, "name a file with -o" },
    { { "serve", "back_pressure", "--listen", "256.0.0.1", "--port", "0" }, "cannot be had" }, { { "serve", "back_pressure", "--folder", "/proc/x/y" }, "--folder /proc/x/y" },
    { { "serve", "back_pressure", "--journal", "/proc/x/y" }, "/proc/x/y" }, { { "serve", "back_pressure", "--journal", "platforms/back_pressure.yaml" }, "" },
};

START_TEST(command_lines)
{
    struct heard h;
    int status = program_of(&h, NULL, lines[_i].words);

    ck_assert_msg(status == BL_REFUSED && strstr(h.text, lines[_i].says), "%d: %s", status, h.text);
}
END_TEST

Suite *suite_serve(void);
Suite *suite_serve(void)
{
    Suite *s = suite_create("serve");
    TCase *asked = tcase_create("asked"), *alone = tcase_create("alone");

    tcase_add_checked_fixture(asked, begin, end);
    tcase_set_timeout(asked, 60);
    tcase_set_timeout(alone, 90);
    tcase_add_test(asked, requests);
    tcase_add_test(asked, refusals);
    tcase_add_test(asked, oversized);
    tcase_add_test(asked, slow_clients);
    tcase_add_test(asked, events);
    tcase_add_test(asked, too_many_viewers);
    tcase_add_test(alone, only_shows);
    tcase_add_test(alone, two_hundred);
    tcase_add_loop_test(alone, command_lines, 0, COUNT(lines));
    suite_add_tcase(s, asked);
    suite_add_tcase(s, alone);
    return s;
}
