/* main.c - the test runner: every suite of the generated table, or those named as arguments.
 * A suite is a process with a scratch folder of its own, $BL_TMP/SUITE, and as many run at a time as $BL_JOBS says (else one a
 * processor). What a suite printed is shown whole when it fails. CK_FORK=no runs all in this process, for a debugger; BL_FIRST=1 ends
 * a suite at its first failing case, for who only asks whether there is one. */
#include "kernel/sim.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

struct suite { const char *name; Suite *(*make)(void); };
extern const struct suite suites[];              /* those that are linked */
extern const char *const suite_names[];          /* those that there are */

/* Suites that take long start first, so that all processors end together; the others follow by name. */
static const char *const long_ones[] = { "pins", "fst", "fst_crash", "wheel", "wave_read", "onnx", "paper_bf_imna_nets", "bf_imna", "rewind", "traces",
                                         "races", "layer_table", "vcd", "paper_osa_hcim", "memory", "tile", "osa_hcim_calibrate", "conformance" };

struct count { int checks, failures, errors; bool ended; };   /* shared with the suite's process, which writes it */
struct run {
    const struct suite *suite;
    struct count *count;
    pid_t pid;                                   /* 0: not running */
};

enum { PATH = 600 };
static struct run *runs;
static size_t nruns;
static const char *tmp;                          /* $BL_TMP as it was given */
static volatile sig_atomic_t interrupted;

/* ---- one suite */

static bool quick(void)
{
    const char *q = getenv("BL_QUICK");

    return q && *q;
}

enum { LONG_LOOP = 12 };
static bool must_fork;                           /* a case of the suite ends its process on purpose */

/* A loop test of more than LONG_LOOP cases: in slow builds LONG_LOOP of them spread over all. */
void __real__tcase_add_test(TCase *tc, const TTest *test, int sig, int allowed_exit, int start, int end);
void __wrap__tcase_add_test(TCase *tc, const TTest *test, int sig, int allowed_exit, int start, int end);
void __wrap__tcase_add_test(TCase *tc, const TTest *test, int sig, int allowed_exit, int start, int end)
{
    must_fork |= sig || allowed_exit;
    if (!quick() || end - start <= LONG_LOOP) {
        __real__tcase_add_test(tc, test, sig, allowed_exit, start, end);
        return;
    }
    for (int k = 0, i; k < LONG_LOOP; k++) {
        i = start + (end - 1 - start) * k / (LONG_LOOP - 1);
        __real__tcase_add_test(tc, test, sig, allowed_exit, i, i + 1);
    }
}

static bool to_first(void)
{
    const char *first = getenv("BL_FIRST");

    return first && *first;
}

static pid_t suite_pid;

/* A case is a child of the suite's process, which failed unless it ended with 0; what a case starts is its own. */
static void case_ended(int signal, siginfo_t *of, void *context)
{
    (void)signal;
    (void)context;
    if (getpid() != suite_pid || (of->si_code == CLD_EXITED && of->si_status == 0))
        return;
    kill(-of->si_pid, SIGKILL);                  /* whom the case had started */
    _exit(1);
}

static bool told(const char *verbosity)
{
    const char *v = getenv("CK_VERBOSITY");

    return v && strcmp(v, verbosity) == 0;
}

/* Runs the suite in this process, in a scratch folder of its own. */
static void run_suite(struct run *r)
{
    char dir[PATH];
    struct count c = { .ended = true };
    SRunner *runner = srunner_create(r->suite->make());

    snprintf(dir, sizeof dir, "%s/%s", tmp, r->suite->name);
    setenv("BL_TMP", dir, 1);
    if (system("rm -rf \"$BL_TMP\" && mkdir -p \"$BL_TMP\""))
        exit(2);
    /* A process a case costs a leak check a case with sanitizers: a slow build has one process a suite where that is the same. */
    if (quick() && !must_fork && !to_first())
        srunner_set_fork_status(runner, CK_NOFORK);
    suite_pid = getpid();
    if (to_first() && !must_fork)
        sigaction(SIGCHLD, &(struct sigaction){ .sa_sigaction = case_ended, .sa_flags = SA_SIGINFO | SA_RESTART | SA_NOCLDSTOP }, NULL);
    /* Cases that take minutes are tagged "long" (tcase_set_tags) and run when BL_LONG is set. */
    srunner_run_tagged(runner, NULL, NULL, NULL, getenv("BL_LONG") ? NULL : "long", CK_ENV);
    c.checks = srunner_ntests_run(runner);
    int failed = srunner_ntests_failed(runner);
    TestResult **result = srunner_failures(runner);
    for (int i = 0; i < failed; i++)
        if (tr_rtype(result[i]) == CK_ERROR)
            c.errors++;
        else
            c.failures++;
    free(result);
    srunner_free(runner);
    *r->count = c;
}

static void log_name(const struct run *r, char name[PATH])
{
    snprintf(name, PATH, "%s/%s.log", tmp, r->suite->name);
}

/* The suite's process. It leads a group, so that Ctrl-C reaches the runner alone, which tells it. */
static _Noreturn void suite_process(struct run *r)
{
    char name[PATH];

    setpgid(0, 0);
    log_name(r, name);
    int in = open("/dev/null", O_RDONLY), out = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0666);
    if (in < 0 || out < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0) {
        fprintf(stderr, "bitline: %s: %s\n", name, strerror(errno));
        exit(2);
    }
    close(in);
    close(out);
    run_suite(r);
    exit(0);
}

/* ---- what is said */

static size_t nskips;
static char **skips;                             /* the lines "skipped: SUITE: WHAT: WHY" */

static void note_skip(const char *line)
{
    skips = realloc(skips, (nskips + 1) * sizeof *skips);
    if (!skips || !(skips[nskips++] = strdup(line)))
        abort();
}

/* Reads what the suite printed: shown when `whole`; the lines of what it skipped are kept. */
static void read_log(const struct run *r, bool whole)
{
    char name[PATH], line[4096];

    log_name(r, name);
    FILE *f = fopen(name, "r");
    while (f && fgets(line, sizeof line, f)) {
        if (strncmp(line, "skipped: ", 9) == 0)
            note_skip(line);
        else if (whole)
            fputs(line, stdout);
    }
    if (f)
        fclose(f);
}

/* Of a processor: the time of the clock tells more of the other processes. */
static double seconds(const struct rusage *u)
{
    return (double)(u->ru_utime.tv_sec + u->ru_stime.tv_sec) + (double)(u->ru_utime.tv_usec + u->ru_stime.tv_usec) / 1e6;
}

static bool failed(const struct run *r)
{
    return !r->count->ended || r->count->failures || r->count->errors || r->count->checks == 0;
}

static void say_ended(const struct run *r, int status, const struct rusage *used)
{
    const struct count *c = r->count;

    if (!told("silent") && !told("minimal"))
        printf("  %-20s %4d checks %6.1f s\n", r->suite->name, c->checks, seconds(used));
    read_log(r, failed(r) || told("verbose"));
    if (!c->ended)
        printf("%s: the suite itself ended early, with %s %d\n", r->suite->name, WIFSIGNALED(status) ? "signal" : "status",
               WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    else if (c->checks == 0)
        printf("%s: no test was run: all its cases are \"long\"\n", r->suite->name);
    fflush(stdout);
}

static int by_text(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/* What was skipped, each line once with its number; then who failed; then the sum, as Check writes it. */
static bool summary(void)
{
    struct count sum = { 0 };
    bool bad = false;

    if (nskips)
        qsort(skips, nskips, sizeof *skips, by_text);
    for (size_t i = 0, n = 1; i < nskips; i++, n++)
        if (i + 1 == nskips || strcmp(skips[i], skips[i + 1]) != 0) {
            printf("%.*s (%zu times)\n", (int)strcspn(skips[i], "\n"), skips[i], n);
            n = 0;
        }
    for (size_t i = 0; i < nruns; i++) {
        sum.checks += runs[i].count->checks;
        sum.failures += runs[i].count->failures;
        sum.errors += runs[i].count->errors + (!runs[i].count->ended || runs[i].count->checks == 0);
        if (failed(&runs[i]))
            printf("%s%s", bad ? " " : "failed: ", runs[i].suite->name);
        bad |= failed(&runs[i]);
    }
    int good = sum.checks - sum.failures - sum.errors;
    printf("%s%d%%: Checks: %d, Failures: %d, Errors: %d\n", bad ? "\n" : "", sum.checks ? (good < 0 ? 0 : good) * 100 / sum.checks : 0,
           sum.checks, sum.failures, sum.errors);
    return !bad;
}

/* ---- all suites */

/* Check kills the test at hand when the process of its suite is interrupted. */
static void stop_all(int signal)
{
    interrupted = signal;
    for (size_t i = 0; i < nruns; i++)
        if (runs[i].pid > 0)
            kill(runs[i].pid, SIGINT);
}

static void start(struct run *r)
{
    sigset_t mine, old;

    sigemptyset(&mine);
    sigaddset(&mine, SIGINT);
    sigaddset(&mine, SIGTERM);
    sigaddset(&mine, SIGHUP);
    sigprocmask(SIG_BLOCK, &mine, &old);         /* stop_all must know each process */
    fflush(NULL);
    r->pid = fork();
    if (r->pid < 0) {
        perror("bitline: fork");
        stop_all(SIGTERM);
    }
    if (r->pid == 0) {
        signal(SIGINT, SIG_DFL);
        signal(SIGTERM, SIG_DFL);
        signal(SIGHUP, SIG_DFL);
        sigprocmask(SIG_SETMASK, &old, NULL);
        suite_process(r);
    }
    sigprocmask(SIG_SETMASK, &old, NULL);
}

static void run_in_processes(size_t jobs)
{
    size_t next = 0, running = 0;
    struct rusage used;
    int status;

    for (;;) {
        for (; running < jobs && next < nruns && !interrupted; running++)
            start(&runs[next++]);
        pid_t pid = running ? wait4(-1, &status, 0, &used) : 0;
        if (pid == 0)
            return;
        for (size_t i = 0; pid > 0 && i < next; i++)
            if (runs[i].pid == pid) {
                runs[i].pid = 0;
                running--;
                if (!interrupted)
                    say_ended(&runs[i], status, &used);
            }
        if (pid < 0 && errno != EINTR)
            return;
    }
}

static int rank(const char *name)
{
    int n = sizeof long_ones / sizeof *long_ones, i = 0;

    while (i < n && strcmp(long_ones[i], name) != 0)
        i++;
    return i;
}

static int by_length_then_name(const void *a, const void *b)
{
    const char *x = ((const struct run *)a)->suite->name, *y = ((const struct run *)b)->suite->name;
    int before = rank(x) - rank(y);

    return before ? before : strcmp(x, y);
}

/* The linked suite called `name`, or NULL after an error. */
static const struct suite *find(const char *name)
{
    size_t n = 0;
    struct bl_diag diag = { 0 };

    for (const struct suite *s = suites; s->name; s++)
        if (strcmp(s->name, name) == 0)
            return s;
    while (suite_names[n])
        n++;
    const char *near = bl_nearest(name, suite_names, n);
    bl_error(&diag, "no suite is called \"%s\"; did you mean %s?", name, near ? near : "the NAME of a file test_NAME.c below tests/");
    return NULL;
}

/* Fills `runs`: the suites named, else all. */
static int choose(int argc, char **argv)
{
    size_t all = 0;

    while (suites[all].name)
        all++;
    nruns = argc > 1 ? (size_t)argc - 1 : all;
    runs = calloc(nruns + 1, sizeof *runs);
    struct count *counts = mmap(NULL, (nruns + 1) * sizeof *counts, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (!runs || counts == MAP_FAILED)
        return -1;
    for (size_t i = 0; i < nruns; i++) {
        runs[i].count = &counts[i];
        runs[i].suite = argc > 1 ? find(argv[i + 1]) : &suites[i];
        if (!runs[i].suite)
            return -1;
    }
    qsort(runs, nruns, sizeof *runs, by_length_then_name);
    return 0;
}

int main(int argc, char **argv)
{
    const char *fork = getenv("CK_FORK"), *jobs = getenv("BL_JOBS"), *slash = strrchr(argv[0], '/');
    static char beside[PATH];

    if (choose(argc, argv))
        return 2;
    snprintf(beside, sizeof beside, "%.*s/tmp", slash ? (int)(slash - argv[0]) : 1, slash ? argv[0] : ".");
    tmp = getenv("BL_TMP") ? strdup(getenv("BL_TMP")) : beside;
    setenv("BL_TMP", tmp, 1);
    if (system("mkdir -p \"$BL_TMP\""))
        return 2;
    if (fork && strcmp(fork, "no") == 0) {
        for (size_t i = 0; i < nruns; i++)
            run_suite(&runs[i]);
    } else {
        struct sigaction stop = { .sa_handler = stop_all };
        sigaction(SIGINT, &stop, NULL);
        sigaction(SIGTERM, &stop, NULL);
        sigaction(SIGHUP, &stop, NULL);
        long processors = sysconf(_SC_NPROCESSORS_ONLN);
        run_in_processes(jobs && atoi(jobs) > 0 ? (size_t)atoi(jobs) : processors > 0 ? (size_t)processors : 1);
    }
    if (interrupted)
        return 128 + interrupted;
    bool good = summary();
    return good && nruns ? 0 : 1;
}
