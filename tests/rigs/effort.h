/* effort.h - how much a test does in this build, and how it says what it does not do. Sanitizer and HARD=1 builds are slow and look
 * for wrong memory and rare paths: `make check` sets BL_QUICK there. `make nightly` runs them in full. */
#ifndef BL_TESTS_EFFORT_H
#define BL_TESTS_EFFORT_H

#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline bool quick(void)
{
    const char *q = getenv("BL_QUICK");

    return q && *q;
}

/* How many seeds, networks or rounds: n, but `few` of them where the build is slow. */
static inline int fewer(int n, int few) { return quick() ? few : n; }

/* Of a list: each of them, but every `step`-th where the build is slow. */
static inline size_t every(size_t step) { return quick() ? step : 1; }

/* One line, which the runner counts: "skipped: SUITE: WHAT: WHY". `file` is the suite's. */
static inline void skip_line(const char *file, const char *what, const char *why)
{
    const char *slash = strrchr(file, '/'), *suite = slash ? slash + 1 : file;

    suite += strncmp(suite, "test_", 5) ? 0 : 5;
    fprintf(stderr, "skipped: %.*s: %s: %s\n", (int)strcspn(suite, "."), suite, what, why);
}

static inline bool must_run(void)
{
    const char *ci = getenv("CI"), *must = getenv("BL_MUST_RUN");

    return (ci && strcmp(ci, "true") == 0) || (must && strcmp(must, "1") == 0);
}

/* Something that the test needs is not there: where everything must run (CI=true or BL_MUST_RUN=1) the test fails. */
#define SKIP_MISSING(what, why) do { \
        skip_line(__BASE_FILE__, what, why); \
        ck_assert_msg(!must_run(), "%s was skipped, but must run: %s", what, why); \
    } while (0)

/* Models and reference outputs that are no part of this tree are looked for in ../shared/data; where that folder is there
 * (BL_DATA=1, set by .ci/run), a test that does not find its file fails. */
#define SKIP_DATA(what) do { \
        const char *data_ = getenv("BL_DATA"); \
        skip_line(__BASE_FILE__, what, "it is not a file of this tree"); \
        ck_assert_msg(!data_ || strcmp(data_, "1"), "%s was skipped, but ../shared/data is there", what); \
    } while (0)

/* Something that another command runs. */
#define SKIP_ELSEWHERE(what, why) skip_line(__BASE_FILE__, what, why)

/* Whether the program of others is asked: the plain build shows that our files have the right bytes, other builds do not ask again. */
#define FOREIGN(program) (!quick() || (skip_line(__BASE_FILE__, program, "programs of others are asked by the plain build"), false))

#endif
