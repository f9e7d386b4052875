/* test_slurm.c - the slurm engine against commands that play Slurm's part (tests/slurm/run.sh has a real one): the job is submitted, found again, and missing points go
 * into another one. */
#include "tests/rigs/command_rig.h"
#include "tests/rigs/effort.h"
#include "tools/sweep/slurm.h"

#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#define SWEEP "back_pressure --vary=--seed=1:9:1"

static char folder[NAME], text[20000];

START_TEST(how_many_elements)
{
    static const struct { size_t points; double seconds; uint32_t most, want; } row[] = {
        { 10, 1, 1000, 1 }, { 1, 9000, 1000, 1 }, { 60, 60, 1000, 6 }, { 61, 60, 1000, 7 }, { 100000, 60, 1000, 100 }, { 100000, 60, 30, 30 }, { 20, 6000, 1000, 20 },
    };

    for (int i = 0; i < COUNT(row); i++)
        ck_assert_uint_eq(bl_slurm_elements(row[i].points, row[i].seconds, row[i].most), row[i].want);
    ck_assert_uint_eq(bl_slurm_max_array("MaxArraySize            = 1001\n"), 1001);
    ck_assert_uint_eq(bl_slurm_max_array("Max = 3\n"), 0);
}
END_TEST

static void put_command(const char *name, const char *script)
{
    char path[2 * NAME];
    FILE *f;

    snprintf(path, sizeof path, "%s/bin/%s", folder, name);
    ck_assert_ptr_nonnull(f = fopen(path, "w"));
    fprintf(f, "#!/bin/sh\n%s", script);
    fclose(f);
    chmod(path, 0755);
}

/* sbatch runs the elements that $BREAK does not name, in a row; squeue knows no job that has ended. */
static bool begin(void)
{
    char line[3 * NAME];
    const char *bitline = getenv("BITLINE");

    if (!bitline || access(bitline, X_OK) != 0) {
        SKIP_MISSING("the slurm engine", "$BITLINE, which make check sets, names no program");
        return false;
    }
    scratch("slurm", folder);
    snprintf(line, sizeof line, "rm -rf %s && mkdir -p %s/bin", folder, folder);
    ck_assert_int_eq(system(line), 0);
    put_command("scontrol", "echo 'MaxArraySize = 4'\n");
    put_command("sbatch", "for s; do :; done; echo \"$@\" >>\"$0.log\"; n=$(sed -n 's/.*--array=1-\\([0-9]*\\).*/\\1/p' \"$s\")\n"
                          "for i in $(seq \"$n\"); do test \"$i\" = \"${BREAK-}\" || SLURM_ARRAY_TASK_ID=$i sh \"$s\" >/dev/null || exit 1; done\necho \"77;cluster\"\n");
    put_command("squeue", "echo asked >>\"$0.log\"; test -z \"${THERE-}\" || { echo RUNNING; exit 0; }; echo 'slurm_load_jobs error: Invalid job id specified'; exit 1\n");
    return true;
}

static int run(const char *before, const char *more)
{
    char line[6 * NAME];
    FILE *f;

    snprintf(line, sizeof line, "PATH=%s/bin:$PATH %s $BITLINE sweep %s --db %s/db %s 2>&1", folder, before, SWEEP, folder, more);
    ck_assert_ptr_nonnull(f = popen(line, "r"));
    text[fread(text, 1, sizeof text - 1, f)] = 0;
    int status = pclose(f);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* What a command prints as a number. */
static long shell(const char *fmt, ...) BL_PRINTF(1, 2);
static long shell(const char *fmt, ...)
{
    char line[4 * NAME];
    long v = -1;
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    FILE *f = popen(line, "r");
    ck_assert(f && fscanf(f, "%ld", &v) == 1);
    pclose(f);
    return v;
}

/* Options for sbatch, the throttle; then every point is known. */
START_TEST(submitted)
{
    if (!begin())
        return;
    ck_assert_msg(run("", "--engine slurm --at-once 2 --sbatch '--mem=1G --partition=p'") == BL_DONE, "%s", text);
    ck_assert_msg(strstr(text, "job 77: 1 element of about ") != NULL, "%s", text);
    ck_assert_int_eq(shell("grep -c -- '^--parsable --mem=1G --partition=p %s/db.slurm/sweep.sh$' %s/bin/sbatch.log", folder, folder), 1);
    ck_assert_int_eq(shell("grep -c '^#SBATCH --array=1-1%%2$' %s/db.slurm/sweep.sh", folder), 1);
    ck_assert_int_eq(shell("cat %s/db.slurm/*.jsonl | wc -l", folder), 8);      /* one has run here, to know how long it takes */
    ck_assert_int_eq(run("", "--engine slurm"), BL_DONE);
    ck_assert_msg(strstr(text, "nothing ran: every point is known") != NULL, "%s", text);
    ck_assert_int_eq(shell("wc -l <%s/bin/sbatch.log", folder), 1);
}
END_TEST

/* An element is lost: that is an error; the same command submits what is missing, and nothing else runs again. */
START_TEST(missing_points)
{
    if (!begin())
        return;
    ck_assert_int_eq(run("BREAK=1", "--engine slurm --quiet"), BL_REFUSED);
    ck_assert_msg(strstr(text, "job 77 has ended, and 8 points have no result; the logs are in ") != NULL, "%s", text);
    ck_assert_int_eq(run("", "--engine slurm --quiet"), BL_DONE);
    ck_assert_int_eq(shell("cat %s/db.slurm/*.jsonl | wc -l", folder), 8);
    ck_assert_int_eq(shell("cut -c1-74 %s/db.slurm/*.jsonl | sort | uniq -d | wc -l", folder), 0);
}
END_TEST

START_TEST(found_again)
{
    char line[3 * NAME];

    if (!begin())
        return;
    ck_assert_int_eq(run("BREAK=1", "--engine slurm --quiet"), BL_REFUSED);
    snprintf(line, sizeof line, "timeout --signal=INT 3 env THERE=1");
    ck_assert_int_ne(run(line, "--engine slurm --quiet"), BL_REFUSED);
    ck_assert_msg(strstr(text, "job 77 goes on: the same command waits for it again, scancel 77 ends it") != NULL, "%s", text);
    ck_assert_int_eq(shell("wc -l <%s/bin/sbatch.log", folder), 1);
}
END_TEST

START_TEST(no_slurm)
{
    if (!begin())
        return;
    put_command("scontrol", "echo 'scontrol: error: no controller'; exit 1\n");
    ck_assert_int_eq(run("", "--engine slurm --quiet"), BL_REFUSED);
    ck_assert_msg(strstr(text, "--engine slurm: scontrol: scontrol: error: no controller; is Slurm here? --slice I/N works with any other scheduler") != NULL, "%s", text);
    put_command("scontrol", "echo 'MaxArraySize = 4'\n");
    put_command("sbatch", "echo 'sbatch: error: invalid partition'; exit 1\n");
    ck_assert_int_eq(run("", "--engine slurm --quiet"), BL_REFUSED);
    ck_assert_msg(strstr(text, "sbatch: sbatch: error: invalid partition") != NULL, "%s", text);
}
END_TEST

Suite *suite_slurm(void);
Suite *suite_slurm(void)
{
    Suite *s = suite_create("slurm");
    TCase *tc = tcase_create("all");

    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, how_many_elements);
    tcase_add_test(tc, submitted);
    tcase_add_test(tc, missing_points);
    tcase_add_test(tc, found_again);
    tcase_add_test(tc, no_slurm);
    suite_add_tcase(s, tc);
    return s;
}
