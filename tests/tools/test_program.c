/* test_program.c - the program as the shell sees it (program.c): a reader that goes away, names that a terminal would obey, and what is said to
 * be wrong ends as wrong. */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "tests/rigs/command_rig.h"
#include "tools/report/table.h"

/* Runs the words with stdout going to a pipe whose reader goes away after so many bytes; stderr to `err`. The wait status. */
static int into_nowhere(const char *const *words, size_t bytes, const char *err)
{
    char got[256];
    int ends[2], status, argc = 1;
    char name[] = "bitline", *argv[MOST_WORDS + 2] = { name };

    for (; words[argc - 1]; argc++)
        argv[argc] = (char *)(uintptr_t)words[argc - 1];
    ck_assert_int_eq(pipe(ends), 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        struct bl_diag diag = { .put = bl_put_safely };
        close(ends[0]);
        if (!freopen(err, "w", stderr) || dup2(ends[1], 1) < 0)
            _exit(98);
        int rc = bl_main(argc, argv, &diag);
        fflush(stderr);
        _exit(rc);
    }
    close(ends[1]);
    if (bytes)
        ck_assert_int_gt((int)read(ends[0], got, bytes < sizeof got ? bytes : sizeof got), 0);
    close(ends[0]);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return status;
}

/* The viewer of a live trace is closed: the run goes on, says that the trace ends there, and writes its report. */
START_TEST(reader_of_a_trace)
{
    char json[NAME], err[NAME];
    const char *const words[] = { "run", "back_pressure", "-q", "--until", "50 us", "--trace", "-", "--report-json", scratch("r.json", json), NULL };
    int status = into_nowhere(words, 100, scratch("err", err));

    char *said = content(err), *report = content(json);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == BL_REFUSED, "%x: %s", (unsigned)status, said);
    ck_assert_msg(strstr(said, "-: cannot write: Broken pipe") != NULL, "%s", said);
    ck_assert_msg(strstr(report, "\"end\": \"done\"") && report[strlen(report) - 2] == '}', "%.300s", report);
    free(said);
    free(report);
}
END_TEST

/* `bitline ls | head -1` ends as any program does then, and says nothing. */
START_TEST(reader_of_text)
{
    char err[NAME];
    static const char *const words[] = { "ls", NULL };
    int status = into_nowhere(words, 0, scratch("err", err));

    char *said = content(err);
    ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE && !*said, "%x: %s", (unsigned)status, said);
    free(said);
}
END_TEST

/* A layer's name that clears the screen, in a message, a table and a note; letters of other tongues stay. */
START_TEST(safe_text)
{
    static const char *const heads[] = { "layer" };
    static const char text[] = "a\x1b[2J\x7f" "b\xc2\x9b" "c \xc3\xa4 \xe2\x88\x9e\td\n";
    struct bl_table t;
    char *out = NULL;
    size_t n;

    FILE *f = open_memstream(&out, &n);
    bl_safe_text(text, f);
    fclose(f);
    ck_assert_str_eq(out, "a\\x1b[2J\\x7f" "b\\x9bc \xc3\xa4 \xe2\x88\x9e\td\n");
    free(out);
    f = open_memstream(&out, &n);
    bl_table_start(&t, heads, 1);
    bl_cell(&t, "%s", "x\x1b]0;me\x07\ny");
    bl_table_print(&t, f);
    bl_table_fini(&t);
    fclose(f);
    ck_assert_str_eq(out, "  layer\n  x\\x1b]0;me\\x07\\x0ay\n");
    free(out);
}
END_TEST

START_TEST(safe_messages)
{
    char err[NAME];
    static const char *const words[] = { "run", "no\x1b[31mred", NULL };
    int status = into_nowhere(words, 0, scratch("err", err));

    char *said = content(err);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == BL_REFUSED);
    ck_assert_msg(strstr(said, "no\\x1b[31mred") && !strchr(said, '\x1b') && !strncmp(said, "bitline: ", 9), "%s", said);
    free(said);
}
END_TEST

Suite *suite_program(void);
Suite *suite_program(void)
{
    Suite *s = suite_create("program");
    TCase *c = tcase_create("all");

    tcase_add_test(c, reader_of_a_trace);
    tcase_add_test(c, reader_of_text);
    tcase_add_test(c, safe_text);
    tcase_add_test(c, safe_messages);
    suite_add_tcase(s, c);
    return s;
}
