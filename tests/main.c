/* main.c - the test runner: every suite of the generated table, or those named as arguments.
 * Suites, their names and their order come from the names of the files tests/.../test_NAME.c. */
#include "kernel/sim.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern Suite *(*const suites[])(void);
extern const char *const suite_names[];

/* The index of the suite called `name`, or -1 after an error. */
static int find(const char *name)
{
    size_t n = 0;
    struct bl_diag diag = { 0 };

    for (; suite_names[n]; n++)
        if (strcmp(suite_names[n], name) == 0)
            return (int)n;
    const char *near = bl_nearest(name, suite_names, n);
    return bl_error(&diag, "no suite is called \"%s\"; did you mean %s?", name,
                    near ? near : "the NAME of a tests/test_NAME.c");
}

int main(int argc, char **argv)
{
    SRunner *runner = srunner_create(NULL);

    for (int a = 1; a < argc; a++) {
        int i = find(argv[a]);
        if (i < 0)
            return 2;
        srunner_add_suite(runner, suites[i]());
    }
    for (size_t i = 0; argc == 1 && suites[i]; i++)
        srunner_add_suite(runner, suites[i]());

    /* Cases that take minutes are tagged "long" (tcase_set_tags) and run when BL_LONG is set. */
    srunner_run_tagged(runner, NULL, NULL, NULL, getenv("BL_LONG") ? NULL : "long", CK_ENV);
    int checked = srunner_ntests_run(runner), failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    if (checked == 0)
        fprintf(stderr, "bitline: no test was run: there is no tests/test_NAME.c, or all its cases are \"long\"\n");
    return failed || checked == 0;
}
