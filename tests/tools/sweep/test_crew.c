/* test_crew.c - child processes under the loop: how they end, what they print, limits of time, signals. */
#include "tests/rigs/heard.h"
#include "tools/sweep/crew.h"

#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 200 };

static struct {
    size_t n, given, ended, times[MOST];
    int later;
    struct bl_ended last[MOST];
    char out[MOST][64], log[MOST][64];
    int stop_at;
} told;

static enum bl_next next(void *ctx, size_t *point)
{
    (void)ctx;
    if (told.later > 0 && told.later--)
        return BL_NEXT_LATER;
    if (told.given == told.n)
        return BL_NEXT_NONE;
    *point = told.given++;
    return BL_NEXT_POINT;
}

static int ended(void *ctx, const struct bl_ended *e)
{
    (void)ctx;
    told.ended++;
    told.times[e->point]++;
    told.last[e->point] = *e;
    snprintf(told.out[e->point], 64, "%s", e->out);
    snprintf(told.log[e->point], 64, "%s", e->log);
    return told.stop_at && (int)told.ended >= told.stop_at ? -1 : 0;
}

static void look(void *ctx, uint32_t running) { (void)ctx, (void)running; }

static int says_its_number(void *ctx, size_t point)
{
    (void)ctx;
    printf("point %zu", point);
    fprintf(stderr, "log %zu", point);
    return (int)point % 3;
}

static struct heard h;

static int crew(size_t n, uint32_t workers, double limit, int (*work)(void *ctx, size_t point), bool *interrupted)
{
    struct bl_crew c = { .workers = workers, .limit_s = limit, .next = next, .work = work, .ended = ended, .look = look, .diag = heard_start(&h) };

    told.n = n;
    int status = bl_crew_run(&c);
    if (interrupted)
        *interrupted = c.interrupted;
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);      /* nobody is left */
    return status;
}

static void forget(void) { memset(&told, 0, sizeof told); }

START_TEST(each_once)
{
    for (uint32_t workers = 1; workers <= 8; workers += 3) {
        forget();
        told.later = 2;
        ck_assert_int_eq(crew(40, workers, 0, says_its_number, NULL), 0);
        ck_assert_uint_eq(told.ended, 40);
        for (size_t i = 0; i < 40; i++) {
            char out[64], log[64];
            snprintf(out, 64, "point %zu", i);
            snprintf(log, 64, "log %zu", i);
            ck_assert_uint_eq(told.times[i], 1);
            ck_assert_str_eq(told.out[i], out);
            ck_assert_str_eq(told.log[i], log);
            ck_assert(told.last[i].how == BL_EXITED && told.last[i].code == (int)i % 3 && told.last[i].seconds > 0 && told.last[i].peak_kb > 0);
        }
    }
}
END_TEST

START_TEST(nothing_to_do)
{
    forget();
    ck_assert_int_eq(crew(0, 4, 0, says_its_number, NULL), 0);
    ck_assert_uint_eq(told.ended, 0);
}
END_TEST

static int ends_badly(void *ctx, size_t point)
{
    (void)ctx;
    printf("before");
    fflush(stdout);
    if (point == 1)
        raise(SIGSEGV);
    if (point == 2)
        raise(SIGSTOP);                /* hangs */
    if (point == 3)
        for (;;)
            ;
    return 0;
}

START_TEST(crashes_and_hangs)
{
    forget();
    ck_assert_int_eq(crew(4, 2, 0.3, ends_badly, NULL), 0);
    ck_assert_uint_eq(told.ended, 4);
    ck_assert(told.last[0].how == BL_EXITED && told.last[0].code == 0);
    ck_assert(told.last[1].how == BL_SIGNALLED && told.last[1].code == SIGSEGV);
    ck_assert(told.last[2].how == BL_HUNG && told.last[3].how == BL_HUNG);
    for (int i = 0; i < 4; i++)
        ck_assert_str_eq(told.out[i], "before");
}
END_TEST

static int says_much(void *ctx, size_t point)
{
    (void)ctx, (void)point;
    for (int i = 0; i < 300000; i++)
        fputs("0123456789", stdout), fputs("abcdefghi\n", stderr);
    fputs("the end\n", stderr);
    return 0;
}

static size_t much, tail;
static char end_of_log[16];

static int ended_much(void *ctx, const struct bl_ended *e)
{
    (void)ctx;
    much = e->nout;
    tail = strlen(e->log);
    snprintf(end_of_log, sizeof end_of_log, "%s", e->log + tail - 8);
    return 0;
}

/* More than a pipe holds: all of stdout, the end of stderr. */
START_TEST(long_outputs)
{
    struct bl_crew c = { .workers = 1, .next = next, .work = says_much, .ended = ended_much, .look = look, .diag = heard_start(&h) };

    forget();
    told.n = 1;
    ck_assert_int_eq(bl_crew_run(&c), 0);
    ck_assert_uint_eq(much, 3000000);
    ck_assert(tail <= BL_LOG_TAIL && tail > BL_LOG_TAIL - 20);
    ck_assert_str_eq(end_of_log, "the end\n");
}
END_TEST

static pid_t parent;
static int signals;

static int signals_parent(void *ctx, size_t point)
{
    const struct timespec nap = { 0, 300000000 };

    (void)ctx;
    if (point == 0)
        return 0;
    do {                               /* twice: again and again, until it is ended */
        if (point == 2)
            kill(parent, SIGINT);
        nanosleep(&nap, NULL);
    } while (signals == 2);
    return 0;
}

/* The first signal lets end what runs, and nothing begins; the second ends it, and nothing is told of it. */
START_TEST(interrupted)
{
    bool came = false;

    parent = getpid();
    for (signals = 1; signals <= 2; signals++) {
        forget();
        ck_assert_int_eq(crew(50, 2, 0, signals_parent, &came), 0);
        ck_assert(came);
        ck_assert_msg(strstr(h.text, "a second signal ends") != NULL, "%s", h.text);
        ck_assert_uint_le(told.given, 5);
        ck_assert_uint_eq(told.ended, signals == 1 ? told.given : 1);
    }
}
END_TEST

START_TEST(no_more_when_told)
{
    forget();
    told.stop_at = 5;
    ck_assert_int_eq(crew(50, 2, 0, says_its_number, NULL), 0);
    ck_assert(told.ended >= 5 && told.ended <= 6);
}
END_TEST

static _Noreturn int writes_its_pid(void *ctx, size_t point)
{
    (void)point;
    int fd = *(int *)ctx;
    pid_t self = getpid();
    FILE *f = fopen((char *)ctx + sizeof fd, "a");

    if (f) {
        fprintf(f, "%ld\n", (long)self);
        fclose(f);
    }
    for (;;)
        pause();
}

/* A parent that is killed takes its workers with it. */
START_TEST(a_killed_parent)
{
    static struct { int fd; char path[512]; } at;
    const char *dir = getenv("BL_TMP");
    const struct timespec nap = { 0, 20000000 };
    long pid[2] = { 0 };

    snprintf(at.path, sizeof at.path, "%s/crew%ld", dir ? dir : "/tmp", (long)getpid());
    pid_t driver = fork();
    if (!driver) {
        struct bl_crew c = { .workers = 2, .next = next, .work = writes_its_pid, .ended = ended, .look = look, .ctx = &at };
        forget();
        told.n = 2;
        bl_crew_run(&c);
        _exit(0);
    }
    for (int i = 0; i < 500 && !pid[1]; i++) {
        FILE *f = fopen(at.path, "r");
        if (f && fscanf(f, "%ld %ld", &pid[0], &pid[1]) < 2)
            pid[1] = 0;
        if (f)
            fclose(f);
        nanosleep(&nap, NULL);
    }
    ck_assert(pid[0] > 0 && pid[1] > 0);
    kill(driver, SIGKILL);
    waitpid(driver, NULL, 0);
    for (int i = 0; i < 2; i++) {
        char name[64], state = 'R';
        for (int k = 0; k < 250 && state != 'Z'; k++) {        /* gone, or a zombie where nobody reaps */
            snprintf(name, sizeof name, "/proc/%ld/stat", pid[i]);
            FILE *f = fopen(name, "r");
            if (!f || fscanf(f, "%*d %*s %c", &state) != 1)
                state = 'Z';
            if (f)
                fclose(f);
            nanosleep(&nap, NULL);
        }
        ck_assert_msg(state == 'Z', "worker %ld is left", pid[i]);
    }
    remove(at.path);
}
END_TEST

Suite *suite_crew(void);
Suite *suite_crew(void)
{
    Suite *s = suite_create("crew");
    TCase *tc = tcase_create("all");

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, each_once);
    tcase_add_test(tc, nothing_to_do);
    tcase_add_test(tc, crashes_and_hangs);
    tcase_add_test(tc, long_outputs);
    tcase_add_test(tc, interrupted);
    tcase_add_test(tc, no_more_when_told);
    tcase_add_test(tc, a_killed_parent);
    suite_add_tcase(s, tc);
    return s;
}
