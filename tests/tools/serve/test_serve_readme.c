/* test_serve_readme.c - the lines of tools/serve/README.md that a shell can run, run. */
#include "tests/rigs/command_rig.h"

#include <sys/stat.h>

/* What stands between ```sh and ```, into a file that uses BITLINE as bitline and ends at the first thing that is wrong. */
static void write_script(const char *path)
{
    char *page = content("tools/serve/README.md"), *at = strstr(page, "```sh\n"), *end = at ? strstr(at + 6, "\n```") : NULL;
    FILE *f = fopen(path, "w");

    ck_assert(end && f);
    fprintf(f, "set -eu\nbitline() { \"$BITLINE\" \"$@\"; }\ntrap 'test -z \"$(jobs -p)\" || kill $(jobs -p)' EXIT\n%.*s\necho all was run\n", (int)(end - at - 6), at + 6);
    fclose(f);
    free(page);
}

START_TEST(by_curl)
{
    char folder[NAME], script[NAME + 16], command[6 * NAME], *said;

    if (system("command -v curl >/dev/null")) {
        ck_assert_msg(!getenv("CI") || strcmp(getenv("CI"), "true"), "there is no curl (tools/setup.sh test installs it)");
        fprintf(stderr, "serve_readme: skipped, there is no curl (tools/setup.sh test installs it)\n");
        return;
    }
    mkdir(scratch("readme", folder), 0777);
    snprintf(script, sizeof script, "%s/run.sh", folder);
    write_script(script);
    snprintf(command, sizeof command, "b=$(realpath $BITLINE) && d=$PWD && mkdir -p %s/out && cd %s && BITLINE=$b BITLINE_DATA=$d sh ./run.sh >said 2>&1", folder, folder);
    int status = system(command);
    snprintf(script, sizeof script, "%s/said", folder);
    said = content(script);
    ck_assert_msg(status == 0 && strstr(said, "all was run") && strstr(said, "limited by"), "%d: ...%s", status, strlen(said) > 3000 ? said + strlen(said) - 3000 : said);
    free(said);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    ck_assert_int_eq(system(command), 0);
}
END_TEST

/* Every view and command that the program has is in the tables. */
START_TEST(tables)
{
    static const char *const names[] = { "state", "parts", "waits", "channels", "path", "layers", "signals?match", "values?name", "watches", "snapshots", "report?as", "journal", "hang.snap",
                                         "runs", "events", "pause", "resume", "step", "watch", "unwatch", "cut", "snapshot", "rewind", "quit" };
    char *page = content("tools/serve/README.md"), want[64];

    for (int i = 0; i < COUNT(names); i++) {
        snprintf(want, sizeof want, "`%s", names[i]);
        ck_assert_msg(strstr(page, want) != NULL, "%s is not described", names[i]);
    }
    free(page);
}
END_TEST

Suite *suite_serve_readme(void);
Suite *suite_serve_readme(void)
{
    Suite *s = suite_create("serve_readme");
    TCase *t = tcase_create("readme");

    tcase_set_timeout(t, 60);
    tcase_add_test(t, by_curl);
    tcase_add_test(t, tables);
    suite_add_tcase(s, t);
    return s;
}
