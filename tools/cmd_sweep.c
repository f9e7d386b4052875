/* cmd_sweep.c - `bitline sweep`: many runs of one platform with other parameters, kept in a database; and what such a database tells. */
#include <stddef.h>
#include <string.h>

#include "tools/commands.h"
#include "tools/sweep/sweep.h"

enum { OF_RUN = 1, OF_COLLECT = 2, OF_REPORT = 4 };

#define T struct bl_sweep_opts
const struct bl_option bl_sweep_options[] = {
    { "vary", 0, BL_OPT_MANY, offsetof(T, vary), "PATH=V,V,...", "an axis: every value with every one of the others. A value is a\n"
      "text or LO:HI:STEP (1:64:*2 doubles); PATH is as of --set, or\n--NAME, an option of `bitline run`: --vary --seed=1:5:1" },
    { "zip", 0, BL_OPT_MANY, offsetof(T, zip), "PATH=V,V,...", "an axis that goes in step with the other --zip" },
    { "sample", 0, BL_OPT_TEXT, offsetof(T, sample), "random:N|lhs:N", "N points drawn from --seed instead of all (lhs: a Latin\n"
      "hypercube); then a value may be a range LO:HI" },
    { "db", 0, BL_OPT_TEXT, offsetof(T, db), "FILE", "the database (sweep.sqlite); points that have a row do not run" },
    { "jobs", 'j', BL_OPT_WHOLE, offsetof(T, jobs), "N", "processes (as many as processors); the same numbers" },
    { "limit-time", 0, BL_OPT_TEXT, offsetof(T, limit_time), "TIME", "end a point that takes longer: 90s, 10m, 2h" },
    { "retry-failed", 0, BL_OPT_FLAG, offsetof(T, retry_failed), NULL, "run those again that failed before" },
    { "dry-run", 0, BL_OPT_FLAG, offsetof(T, dry_run), NULL, "check and show the points and an estimate, run nothing" },
    { "slice", 0, BL_OPT_TEXT, offsetof(T, slice), "I/N", "run the I-th of N parts, and append its results to a file of its\nown, without a database" },
    { "results", 0, BL_OPT_TEXT, offsetof(T, results), "DIR", "--slice: the folder of such files (results)" },
    { "engine", 0, BL_OPT_CHOICE, offsetof(T, engine), "local|slurm", "slurm: the points as one array job, whose results are collected\n"
      "while it runs; the same command finds it again" },
    { "at-once", 0, BL_OPT_WHOLE, offsetof(T, at_once), "N", "slurm: at most N elements at a time" },
    { "sbatch", 0, BL_OPT_TEXT, offsetof(T, sbatch), "OPTIONS", "slurm: more options of sbatch: '--partition=long --mem=2G'" },
    { "quiet", 'q', BL_OPT_FLAG, offsetof(T, quiet), NULL, "no list of points, no bar" },
    BL_POINT_OPTIONS(T),
    { "as", 0, BL_OPT_CHOICE, offsetof(T, as), "text|csv|json|html", "report: the form (text); csv and json have all columns, html is\na page with charts" },
    { "columns", 0, BL_OPT_TEXT, offsetof(T, columns), "EXPR,EXPR,...", "report: these, as in 'adc.rho, energy_j / images'" },
    { "where", 0, BL_OPT_TEXT, offsetof(T, where), "EXPR", "report: only rows for which it holds: 'accuracy >= 0.9'" },
    { "best", 0, BL_OPT_TEXT, offsetof(T, best), "GOAL", "report: the row where it is best: 'max tops_per_w', 'min EXPR'" },
    { "pareto", 0, BL_OPT_TEXT, offsetof(T, pareto), "GOAL,GOAL", "report: rows that no other beats in both: 'max accuracy, min\n"
      "energy_j'" },
    { "plot", 0, BL_OPT_TEXT, offsetof(T, plot), "X,Y", "report: a picture into the file of -o, .svg or .png, by gnuplot;\nits script beside it (.gp: that alone); or a page, .html" },
    { "by", 0, BL_OPT_TEXT, offsetof(T, by), "COLUMN", "report: a line of the plot for each of its values" },
    { "sweep", 0, BL_OPT_TEXT, offsetof(T, which), "N", "report: the N-th sweep of the database alone" },
    { "output", 'o', BL_OPT_TEXT, offsetof(T, output), "FILE", "report: into this file" },
    { 0 }
};
#undef T

static bool is_given(const struct bl_option *o, const void *opts)
{
    static const char none[sizeof(struct bl_texts)];
    size_t n = o->kind == BL_OPT_FLAG ? sizeof(bool) : o->kind == BL_OPT_MANY ? sizeof(struct bl_texts) : o->kind == BL_OPT_WHOLE || o->kind == BL_OPT_TIME ?
               sizeof(struct bl_whole) : sizeof(char *);

    return memcmp((const char *)opts + o->at, none, n) != 0;
}

static int verb_of(const char *name)
{
    static const char *const of_report[] = { "as", "columns", "where", "best", "pareto", "plot", "by", "sweep", "output" };

    for (size_t i = 0; i < sizeof of_report / sizeof *of_report; i++)
        if (!strcmp(of_report[i], name))
            return OF_REPORT;
    return !strcmp(name, "db") || !strcmp(name, "quiet") ? OF_RUN | OF_COLLECT : OF_RUN;
}

/* An option of another of the three would do nothing. */
static int check(int verb, const char *name, const void *opts, struct bl_diag *diag)
{
    int status = 0;

    for (const struct bl_option *o = bl_sweep_options; o->name; o++)
        if (is_given(o, opts) && !(verb_of(o->name) & verb))
            status = bl_error(diag, "--%s: does nothing in `bitline sweep %s`", o->name, name);
    return status;
}

static int sweep(const struct bl_texts *words, const void *opts, struct bl_diag *diag)
{
    const char *first = words->v[0];
    const int verb = !strcmp(first, "report") ? OF_REPORT : !strcmp(first, "collect") ? OF_COLLECT : OF_RUN;
    struct bl_texts rest = { words->v + 1, words->n - 1, 0 };

    if (check(verb, verb == OF_RUN ? "PLATFORM" : first, opts, diag) < 0)
        return BL_REFUSED;
    if (verb == OF_COLLECT && !rest.n)
        return bl_error(diag, "bitline sweep collect: expected result files, as in `bitline sweep collect --db sweep.sqlite results/*.jsonl`"), BL_REFUSED;
    if (verb == OF_COLLECT)
        return bl_sweep_collect(&rest, opts, diag);
    if (verb == OF_REPORT && rest.n != 1)
        return bl_error(diag, "bitline sweep report: expected one database, as in `bitline sweep report sweep.sqlite`"), BL_REFUSED;
    if (verb == OF_REPORT)
        return bl_sweep_report(rest.v[0], opts, diag);
    if (rest.n)
        return bl_error(diag, "bitline sweep: '%s' is one word too many; expected one platform", rest.v[0]), BL_REFUSED;
    return bl_sweep_start(first, opts, diag);
}

const struct bl_command cmd_sweep = {
    .name = "sweep", .help = "many runs with other parameters, kept in a database",
    .grammar = { .words = "PLATFORM | report DB | collect FILE...", .least = 1, .most = 100000, .options = bl_sweep_options, .size = sizeof(struct bl_sweep_opts), .notes =
        "bitline sweep osa_hcim --vary adc.rho=1:3:1 --vary cols=72,144 --images 10 --db rho.sqlite\n"
        "bitline sweep report rho.sqlite --pareto 'max accuracy, min energy_j'\n"
        "bitline sweep collect --db FILE RESULTS...   take the files of slices into a database\n"
        "All points are elaborated before the first one runs. What ran is kept: the same command goes on where a killed one was, and\n"
        "equal points run once. A point whose process crashes is run once more. tools/sweep/README.md has the database and the files.\n"
        "Exit status: 0 all well; 1 a point failed or had a wrong result, or interrupted; 2 bad input, or a database that could not be\n"
        "written.\n" },
    .run = sweep };
