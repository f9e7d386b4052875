/* test_pins.c - reports, traces and snapshots of the shipped platforms have the bytes that are pinned: a test a row of runs.list.
 * The program as such, tools/main.c, runs in each of them. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/rigs/effort.h"

enum { MOST = 128 };
static char row[MOST][64];

/* The plain build shows all bytes; in slow ones other suites run the platforms. */
#define SPARE fewer(1, 8)

/* The names of the rows; those that begin with long_ where long tests are asked for. */
static int rows(void)
{
    FILE *f = fopen("tests/pins/runs.list", "r");
    char line[1024];
    int n = 0;

    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "%63s", row[n]) == 1 && *row[n] != '#' && (getenv("BL_LONG") || strncmp(row[n], "long_", 5)) && n < MOST - 1)
            n++;
    if (f)
        fclose(f);
    return n;
}

START_TEST(as_pinned)
{
    const char *name = row[_i * SPARE];
    char command[160];

    snprintf(command, sizeof command, "tests/pins/run.sh %s", name);
    ck_assert_msg(system(command) == 0, "%s: other bytes than pinned; if the change is meant: tests/pins/run.sh -u %s", name, name);
}
END_TEST

START_TEST(all_are_there) { ck_assert_int_gt(rows(), 50); }
END_TEST

Suite *suite_pins(void);
Suite *suite_pins(void)
{
    Suite *s = suite_create("pins");
    TCase *tc = tcase_create("all");

    tcase_add_test(tc, all_are_there);
    tcase_set_timeout(tc, 300);
    tcase_add_loop_test(tc, as_pinned, 0, rows() / SPARE);
    suite_add_tcase(s, tc);
    return s;
}
