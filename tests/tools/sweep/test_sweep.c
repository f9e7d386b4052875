/* test_sweep.c - `bitline sweep` (tools/cmd_sweep.c) as people use it: the same numbers for any J, killed and gone on, two at once, what goes wrong. */
#include "tests/rigs/command_rig.h"
#include "tests/rigs/effort.h"

#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

static char db[NAME], other[NAME], out[NAME];
static struct heard h;

static void begin(void)
{
    remove(scratch("a.sqlite", db));
    remove(scratch("b.sqlite", other));
    scratch("out", out);
}

static const char *printed(void)
{
    static char text[20000];
    char *all = content(out);

    snprintf(text, sizeof text, "%s", all);
    free(all);
    return text;
}

/* All that a result is, without time and place: a line a row. */
static char *rows_of(const char *path)
{
    static const char SQL[] =
        "SELECT group_concat(line, char(10)) FROM (SELECT key || state || coalesce(figures, '') || coalesce(message, '') || command || length(report) || hex(report) AS line"
        " FROM points ORDER BY key) UNION ALL SELECT group_concat(line, char(10)) FROM (SELECT sweep || n || key || setting AS line FROM sweep_points ORDER BY sweep, n)"
        " UNION ALL SELECT 'claims ' || count(*) FROM claims UNION ALL SELECT 'sweeps ' || count(*) FROM sweeps";
    sqlite3_stmt *q;
    char *text = NULL;
    sqlite3 *at;
    size_t n;
    FILE *f = open_memstream(&text, &n);

    ck_assert_int_eq(sqlite3_open(path, &at), SQLITE_OK);
    ck_assert_msg(sqlite3_prepare_v2(at, SQL, -1, &q, NULL) == SQLITE_OK, "%s", sqlite3_errmsg(at));
    while (sqlite3_step(q) == SQLITE_ROW)
        fprintf(f, "%s\n", (const char *)sqlite3_column_text(q, 0));
    sqlite3_finalize(q);
    sqlite3_close(at);
    fclose(f);
    return text;
}

static long number(const char *path, const char *sql)
{
    sqlite3_stmt *q;
    sqlite3 *at;
    long v = -1;

    ck_assert_int_eq(sqlite3_open(path, &at), SQLITE_OK);
    ck_assert_msg(sqlite3_prepare_v2(at, sql, -1, &q, NULL) == SQLITE_OK, "%s", sqlite3_errmsg(at));
    if (sqlite3_step(q) == SQLITE_ROW)
        v = (long)sqlite3_column_int64(q, 0);
    sqlite3_finalize(q);
    sqlite3_close(at);
    return v;
}

static void ck_same_rows(const char *a, const char *b)
{
    char *x = rows_of(a), *y = rows_of(b);

    ck_assert_uint_gt(strlen(x), 500);
    ck_assert_msg(!strcmp(x, y), "%s and %s differ", a, b);
    free(x);
    free(y);
}

/* 3 x 2 x 2 points of the demo's net on a macro whose noise is drawn. */
#define SWEEP "sweep", "osa_hcim", "--images=1", "--set=adc.noise=0.5", "--vary", "adc.rho=1:3:1", "--vary", "cols=72,144", "--vary=--seed=1,2"

static int sweep(const char *path, const char *jobs)
{
    return program(&h, out, SWEEP, "--db", path, "-j", jobs, NULL);
}

START_TEST(any_number_of_processes)
{
    begin();
    ck_assert_msg(sweep(db, "1") == BL_DONE, "%s", h.text);
    ck_assert(strstr(printed(), "12 points: 12 to run; how long is known when the first have ended\n") && strstr(printed(), ": 12 done; `bitline sweep report "));
    ck_assert_int_eq(sweep(other, "5"), BL_DONE);
    ck_same_rows(db, other);
    ck_assert_int_gt(number(db, "SELECT count(DISTINCT figures) FROM points"), 6);
    ck_assert_int_eq(sweep(db, "1"), BL_DONE);
    ck_assert_msg(strstr(printed(), "12 points: 0 to run, 12 known\nnothing ran: every point is known\n") != NULL, "%s", printed());
}
END_TEST

/* The row is that of the command that it names. */
START_TEST(a_row_is_its_run)
{
    char json[NAME], shell[2000], *text;
    double energy = 0;

    begin();
    ck_assert_int_eq(program(&h, out, "sweep", "imc", "--images=1", "--vary=macros=2", "--db", db, NULL), BL_DONE);
    ck_assert_int_eq(program(&h, scratch("json", json), "run", "imc", "--images=1", "--set=macros=2", "--report=json", NULL), BL_DONE);
    text = content(json);
    char *at = strstr(text, "\"totals\"");
    ck_assert(at && (at = strstr(at, "\"energy_j\": ")) && sscanf(at + 12, "%lf", &energy) == 1);
    free(text);
    snprintf(shell, sizeof shell, "SELECT command = 'bitline run --no-path imc --images=1 --set=macros=2' AND abs(json_extract(figures, '$.energy_j') - %.17g) < 1e-30 AND attempts = 1 "
             "AND json_extract(figures, '$.images') = 1 AND json_extract(figures, '$.mismatches') = 0 AND host != '' AND folder != '' AND started LIKE '20__-%%Z' FROM points",
             energy);
    ck_assert_int_eq(number(db, shell), 1);
}
END_TEST

START_TEST(equal_points_run_once)
{
    begin();
    ck_assert_int_eq(program(&h, out, "sweep", "osa_hcim", "--images=1", "--vary=cols=144,72,144", "--vary=clock.core=100MHz,10ns", "--db", db, NULL), BL_DONE);
    ck_assert(strstr(printed(), "6 points: 2 to run, 4 equal to others") && strstr(printed(), "  6  cols=144 clock.core=10ns   equal to point 1\n"));
    ck_assert_int_eq(number(db, "SELECT count(*) FROM points"), 2);
    ck_assert_int_eq(number(db, "SELECT count(*) FROM sweep_points"), 6);
}
END_TEST

START_TEST(points_that_cannot_be_built)
{
    begin();
    ck_assert_int_eq(program(&h, out, "sweep", "osa_hcim", "--vary=adc.rho=3:5:1", "--db", db, NULL), BL_REFUSED);
    ck_assert_str_eq(h.text, "point 2 (adc.rho=4): --set 'adc.rho=4': adc.rho is 4; expected 1 .. 3 (a slot in clock periods)\n"
                     "point 3 (adc.rho=5): --set 'adc.rho=5': adc.rho is 5; expected 1 .. 3 (a slot in clock periods)\n"
                     "2 of 3 points cannot be built, so none is run");
    ck_assert_int_ne(access(db, F_OK), 0);
    ck_assert_int_eq(program(&h, out, "sweep", "osa_hcim", "--vary=adc.rho=4:33:1", "--db", db, NULL), BL_REFUSED);
    ck_assert_msg(strstr(h.text, "\n... and 20 more points\n30 of 30 points cannot be built, so none is run") != NULL, "%s", h.text);
}
END_TEST

static const struct { const char *words[6], *told; } refused[] = {
    { { "osa_hcim", "--limit-time=0" }, "--limit-time 0: expected a time of the wall, like 90s, 10m or 2h" },
    { { "osa_hcim", "--limit-time=5 days" }, "--limit-time 5 days: expected a time of the wall, like 90s, 10m or 2h" },
    { { "osa_hcim", "-j", "0" }, "--jobs 0: expected 1 to 256 processes" },
    { { "osa_hcim", "-j", "257" }, "--jobs 257: expected 1 to 256 processes" },
    { { "osa_hcim", "--slice=0/3" }, "--slice 0/3: expected I/N, the I-th of N slices, as in 1/16 to 16/16" },
    { { "osa_hcim", "--slice=4/3" }, "--slice 4/3: expected I/N, the I-th of N slices, as in 1/16 to 16/16" },
    { { "osa_hcim", "--slice=1" }, "--slice 1: expected I/N, the I-th of N slices, as in 1/16 to 16/16" },
    { { "osa_hcim", "--results=d" }, "--results: is the folder of the result files of slices; expected --slice or --engine slurm too" },
    { { "osa_hcim", "--slice=1/2", "--db=d" }, "--slice: writes a result file into the folder of --results, no database; `bitline sweep collect --db d FILE...` takes it in" },
    { { "osa_hcim", "--slice=1/2", "--engine=slurm" }, "--slice: is what an element of --engine slurm does; leave out one of the two" },
    { { "osa_hcim", "--at-once=2" }, "--at-once: belongs to --engine slurm" },
    { { "osa_hcim", "--sbatch=-x" }, "--sbatch: belongs to --engine slurm" },
    { { "osa_hcim", "--engine=slurm", "--at-once=0" }, "--at-once 0: nothing would run; expected 1 or more" },
    { { "osa_hcim", "imagine" }, "bitline sweep: 'imagine' is one word too many; expected one platform" },
    { { "collect" }, "bitline sweep collect: expected result files, as in `bitline sweep collect --db sweep.sqlite results/*.jsonl`" },
    { { "collect", "f", "--vary=a=1" }, "--vary: does nothing in `bitline sweep collect`" },
    { { "osa_hcim", "--vary=--bogus=1", "--db=/nowhere/x" }, "point 1 (--bogus=1): --bogus=1: bitline sweep has no such option; `bitline sweep --help` lists what it has\n"
      "1 of 1 points cannot be built, so none is run" },
    { { "back_pressure", "--db=/nowhere/x" }, "/nowhere/x: not opened: it cannot be opened; is there such a folder, and may files be made in it? (SQLite: unable to open database file)" },
};

START_TEST(what_is_refused)
{
    const char *words[8] = { "sweep" };

    begin();
    memcpy(words + 1, refused[_i].words, sizeof refused[_i].words);
    ck_assert_int_eq(program_of(&h, out, words), BL_REFUSED);
    ck_assert_str_eq(h.text, refused[_i].told);
}
END_TEST

/* ---- killed, and gone on ---- */

static pid_t driver(const char *path, const char *jobs, struct rlimit *limit)
{
    pid_t pid = fork();

    if (!pid) {
        signal(SIGINT, SIG_DFL);       /* Check's own handler ends the group */
        if (limit)
            setrlimit(RLIMIT_FSIZE, limit);
        _exit(sweep(path, jobs));
    }
    return pid;
}

static int wait_for(pid_t pid)
{
    int status = 0;

    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

START_TEST(killed_at_ten_moments)
{
    struct timespec from, to, nap;
    unsigned long long state = 12345, whole;
    int killed = 0;

    begin();
    clock_gettime(CLOCK_MONOTONIC, &from);
    ck_assert_int_eq(wait_for(driver(other, "2", NULL)), BL_DONE);
    clock_gettime(CLOCK_MONOTONIC, &to);
    whole = (unsigned long long)(to.tv_sec - from.tv_sec) * 1000000000u + (unsigned long long)to.tv_nsec - (unsigned long long)from.tv_nsec;
    for (int i = 0; i < 10; i++) {         /* each within what is left to do: the database holds more each time */
        pid_t pid = driver(db, "2", NULL);
        state = state * 6364136223846793005u + 1442695040888963407u;
        unsigned long long ns = (state >> 33) % (i < 5 ? whole / 4 : whole);
        nap = (struct timespec){ (time_t)(ns / 1000000000u), (long)(ns % 1000000000u) };
        nanosleep(&nap, NULL);
        kill(pid, SIGKILL);
        killed += wait_for(pid) == -SIGKILL;
    }
    ck_assert_int_gt(killed, 3);
    ck_assert_int_eq(wait_for(driver(db, "2", NULL)), BL_DONE);
    ck_same_rows(db, other);
    ck_assert_int_eq(number(db, "SELECT sum(attempts) FROM points"), 12);
}
END_TEST

START_TEST(two_at_once)
{
    begin();
    ck_assert_int_eq(wait_for(driver(other, "2", NULL)), BL_DONE);
    for (int i = 0; i < 3; i++) {
        remove(db);
        pid_t a = driver(db, "2", NULL), b = driver(db, "2", NULL);
        ck_assert_int_eq(wait_for(a), BL_DONE);
        ck_assert_int_eq(wait_for(b), BL_DONE);
        ck_same_rows(db, other);
    }
}
END_TEST

/* The disk is full on the way: refused, with what to do; then the same command goes on. */
START_TEST(full_disk)
{
    struct rlimit limit = { 90000, RLIM_INFINITY };
    int status;

    begin();
    ck_assert_int_eq(wait_for(driver(other, "2", NULL)), BL_DONE);
    status = wait_for(driver(db, "2", &limit));
    ck_assert_int_eq(status, BL_REFUSED);
    ck_assert_int_lt(number(db, "SELECT count(*) FROM points"), 12);
    ck_assert_int_eq(wait_for(driver(db, "2", NULL)), BL_DONE);
    ck_same_rows(db, other);
}
END_TEST

START_TEST(interrupted)
{
    const struct timespec nap = { 0, 30000000 };
    int status = -1;

    begin();
    ck_assert_int_eq(wait_for(driver(other, "2", NULL)), BL_DONE);
    for (int i = 0; i < 20 && status != BL_WRONG; i++) {
        remove(scratch("a.sqlite", db));
        pid_t pid = driver(db, "1", NULL);
        while (access(db, F_OK) != 0)
            nanosleep(&nap, NULL);
        nanosleep(&nap, NULL);
        kill(pid, SIGINT);
        status = wait_for(pid);
    }
    ck_assert_int_eq(status, BL_WRONG);
    ck_assert_int_eq(number(db, "SELECT count(*) FROM claims"), 0);
    ck_assert_int_eq(number(db, "SELECT count(*) FROM points WHERE state != 'done'"), 0);
    ck_assert_int_eq(wait_for(driver(db, "2", NULL)), BL_DONE);
    ck_same_rows(db, other);
}
END_TEST

/* ---- workers ---- */

/* A sink without an end, unless `stop` says one. */
static const char *endless(void)
{
    static char path[NAME];
    FILE *f = fopen(scratch("endless.yaml", path), "w");

    ck_assert_ptr_nonnull(f);
    fputs("platform: endless\nclocks: { core: 200 MHz }\nparts:\n  gen: { class: gen }\n  sink: { class: sink }\nwires:\n  - gen.x -> sink.x depth 2\n", f);
    fclose(f);
    return path;
}

START_TEST(a_worker_that_hangs)
{
    const char *file = endless();

    begin();
    ck_assert_int_eq(program(&h, out, "sweep", file, "--vary=sink.stop=10,0", "--limit-time=0.2s", "--db", db, NULL), BL_WRONG);
    ck_assert_int_eq(number(db, "SELECT count(*) FROM points WHERE state = 'failed' AND attempts = 2 AND message = 'took longer than 0.2 s (--limit-time) and was ended'"), 1);
    ck_assert_int_eq(number(db, "SELECT count(*) FROM points WHERE state = 'done' AND attempts = 1"), 1);
    ck_assert_int_eq(program(&h, out, "sweep", file, "--vary=sink.stop=10,0", "--limit-time=0.2s", "--db", db, NULL), BL_DONE);
    ck_assert_msg(strstr(printed(), "2 points: 0 to run, 1 known, 1 failed before (--retry-failed tries them again)\n") != NULL, "%s", printed());
    ck_assert_int_eq(program(&h, out, "sweep", file, "--vary=sink.stop=10,0", "--limit-time=0.3s", "--retry-failed", "--db", db, NULL), BL_WRONG);
    ck_assert_int_eq(number(db, "SELECT count(*) FROM points WHERE message = 'took longer than 0.3 s (--limit-time) and was ended'"), 1);
}
END_TEST

/* A second of processor time is all that a process may have. */
START_TEST(a_worker_that_crashes)
{
    const char *file = endless();

    begin();
    pid_t pid = fork();
    if (!pid) {
        struct rlimit limit = { 1, RLIM_INFINITY };
        setrlimit(RLIMIT_CPU, &limit);
        _exit(program(&h, out, "sweep", file, "--vary=sink.stop=0,10", "--db", db, NULL));
    }
    ck_assert_int_eq(wait_for(pid), BL_WRONG);
    ck_assert_int_eq(number(db, "SELECT count(*) FROM points WHERE state = 'failed' AND attempts = 2 AND message LIKE 'was ended by signal 24 (%'"), 1);
    ck_assert_int_eq(number(db, "SELECT count(*) FROM points WHERE state = 'done'"), 1);
}
END_TEST

/* A false expectation is a result. */
START_TEST(a_wrong_result)
{
    begin();
    ck_assert_int_eq(program(&h, out, "sweep", "back_pressure", "--vary=sink[*].every=3,1", "--db", db, NULL), BL_WRONG);
    ck_assert(strstr(printed(), ": 1 done, 1 with a wrong result; `bitline sweep report ") != NULL);
    ck_assert_int_eq(number(db, "SELECT count(*) FROM points WHERE state = 'wrong' AND json_extract(figures, '$.false_expects') = 2 AND log LIKE '%expected gen[*].out_full > 60 %%'"), 1);
    ck_assert_int_eq(program(&h, out, "sweep", "back_pressure", "--vary=sink[*].every=3,1", "--db", db, "--retry-failed", NULL), BL_DONE);
    ck_assert(strstr(printed(), "nothing ran: every point is known") != NULL);
}
END_TEST

/* ---- slices ---- */

static void slice(const char *folder, const char *which)
{
    char word[40];

    snprintf(word, sizeof word, "--slice=%s", which);
    ck_assert_msg(program(&h, out, SWEEP, "--results", folder, word, NULL) == BL_DONE, "%s", h.text);
}

static void result_file(const char *folder, int i, char path[NAME + 100])
{
    char line[2 * NAME];

    snprintf(line, sizeof line, "ls %s/*.%d-of-3.jsonl", folder, i);
    FILE *f = popen(line, "r");
    ck_assert(f && fgets(path, NAME + 100, f));
    pclose(f);
    path[strcspn(path, "\n")] = 0;
}

/* Three slices and their collector give the database of one sweep, however often they are given and wherever a line was cut. */
START_TEST(slices)
{
    char folder[NAME], file[3][NAME + 100], line[3 * NAME];
    struct stat st;

    begin();
    scratch("results", folder);
    snprintf(line, sizeof line, "rm -rf %s", folder);
    ck_assert_int_eq(system(line), 0);
    ck_assert_int_eq(sweep(other, "2"), BL_DONE);
    slice(folder, "1/3");
    slice(folder, "2/3");
    slice(folder, "3/3");
    for (int i = 0; i < 3; i++)
        result_file(folder, i + 1, file[i]);
    ck_assert_int_eq(stat(file[1], &st), 0);
    ck_assert_int_eq(truncate(file[1], st.st_size - 100), 0);
    ck_assert_int_eq(program(&h, out, "sweep", "collect", "--db", db, file[1], file[0], NULL), BL_DONE);
    ck_assert_msg(strstr(printed(), "2 files with 7 results: 7 new in ") == printed(), "%s", printed());
    slice(folder, "2/3");              /* goes on behind the line that was cut */
    ck_assert_int_eq(program(&h, out, "sweep", "collect", "--db", db, file[2], file[1], file[0], file[0], NULL), BL_DONE);
    ck_assert_msg(strstr(h.text, ": line 4 is no result of a point and is passed over") != NULL, "%s", h.text);
    ck_assert_int_eq(number(db, "SELECT count(*) FROM points"), 12);
    ck_same_rows(db, other);
    slice(folder, "1/2");              /* of other slices: what the folder has does not run */
    ck_assert_msg(strstr(printed(), "nothing ran: every point is known\n") != NULL, "%s", printed());
}
END_TEST

Suite *suite_sweep(void);
Suite *suite_sweep(void)
{
    Suite *s = suite_create("sweep");
    TCase *tc = tcase_create("all");

    tcase_set_timeout(tc, 300);
    tcase_add_test(tc, any_number_of_processes);
    tcase_add_test(tc, a_row_is_its_run);
    tcase_add_test(tc, equal_points_run_once);
    tcase_add_test(tc, points_that_cannot_be_built);
    tcase_add_loop_test(tc, what_is_refused, 0, COUNT(refused));
    tcase_add_test(tc, killed_at_ten_moments);
    tcase_add_test(tc, two_at_once);
    tcase_add_test(tc, full_disk);
    tcase_add_test(tc, interrupted);
    tcase_add_test(tc, a_worker_that_hangs);
    tcase_add_test(tc, a_worker_that_crashes);
    tcase_add_test(tc, a_wrong_result);
    tcase_add_test(tc, slices);
    suite_add_tcase(s, tc);
    return s;
}
