/* test_memory.c - memory that runs out: the n-th allocation of the program fails, for many n. It must end with a message
 * and status 2 (or finish, where the allocation was not needed), never crash. The runner links malloc through here. */
#include "tests/rigs/effort.h"
#include "tests/rigs/heard.h"
#include "tools/commands.h"
#include "traces/traces.h"
#include "traces/wave_read.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

static long fail_at;                     /* the allocation that fails, counted down; 0: none */

static bool fails(void) { return fail_at > 0 && --fail_at == 0; }

void *__wrap_malloc(size_t n) { return fails() ? NULL : __real_malloc(n); }
void *__wrap_calloc(size_t n, size_t size) { return fails() ? NULL : __real_calloc(n, size); }
void *__wrap_realloc(void *p, size_t n) { return fails() ? NULL : __real_realloc(p, n); }

/* Exit status of a child that runs `bitline WORDS` with its n-th allocation failing; -1 when a signal ended it. */
static int with_failure(long n, int words, char *const *word)
{
    int status;
    pid_t child = fork();

    if (child == 0) {
        char *argv[16] = { (char[]){ "bitline" } };
        struct bl_diag diag = { 0 };
        for (int i = 0; i < words; i++)
            argv[i + 1] = word[i];
        if (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr))
            _exit(98);
        fail_at = n;
        _exit(bl_program(words + 1, argv, &diag));
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static char *const runs[][8] = {
    { "check", "back_pressure" },
    { "check", "osa_hcim" },
    { "run", "back_pressure", "--until", "1 us", "--quiet" },
    { "run", "osa_hcim", "--images", "1", "--until", "1 us", "--quiet" },
};
static const int words[] = { 2, 2, 5, 6 };

/* Every one of the first 60 allocations, then ever fewer of the later ones. */
START_TEST(nth_allocation)
{
    int bad = 0, refused = 0;

    for (long n = 1; n < 20000; n += n < fewer(60, 20) ? 1 : n / fewer(20, 5)) {
        int status = with_failure(n, words[_i], runs[_i]);
        if (status != BL_DONE && status != BL_REFUSED && status != BL_WRONG) {
            printf("allocation %ld of `%s %s`: exit %d\n", n, runs[_i][0], runs[_i][1], status);
            bad++;
        }
        refused += status == BL_REFUSED;
    }
    ck_assert_int_eq(bad, 0);
    ck_assert_int_ge(refused, fewer(60, 20));
}
END_TEST

/* Reads one trace and writes another: 0, or 2 when that was refused. */
static int convert(const char *from, const char *to, struct bl_diag *diag)
{
    struct bl_wave_source *s = bl_wave_source_open(from, diag);
    const struct bl_wave_ops *out = bl_wave_writer(to);
    int rc = s ? 1 : -1;

    if (s) {
        const struct bl_wave_head *h = bl_wave_source_head(s);
        struct bl_wave *w = out->open(to, h->vars, h->nvars, h->start_fs, diag);
        while (w && rc > 0)
            rc = bl_wave_source_step(s, out, w);
        rc = !w || out->close(w, h->end_fs) ? -1 : rc;
        bl_wave_source_close(s);
    }
    return (rc < 0) != (diag->errors > 0) ? 99 : rc < 0 ? BL_REFUSED : BL_DONE;
}

static void no_line(void *ctx, const char *line) { (void)ctx; (void)line; }

START_TEST(nth_of_trace)
{
    static const char *const from[] = { "bitline.fst", "wrapped.fst", "small.vcd", "small.vcd.gz", "gtkwave_F.fst", "gtkwave_4.fst" };
    const char *dir = getenv("BL_TMP");
    char source[100], to[700];
    int status, refused = 0;

    snprintf(source, sizeof source, "tests/fuzz/corpus/%s", from[_i]);
    snprintf(to, sizeof to, "%s/nth_%ld.%s", dir && *dir ? dir : "/tmp", (long)getpid(), _i % 2 ? "vcd.gz" : "fst");
    for (long n = 1; n < 150; n += n < 40 ? 1 : fewer(1, 6)) {
        pid_t child = fork();
        if (child == 0) {
            struct bl_diag diag = { .put = no_line };
            fail_at = n;
            _exit(convert(source, to, &diag));
        }
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert_msg(WIFEXITED(status) && (WEXITSTATUS(status) == BL_DONE || WEXITSTATUS(status) == BL_REFUSED),
                      "allocation %ld for %s: status %x", n, source, (unsigned)status);
        refused += WEXITSTATUS(status) == BL_REFUSED;
    }
    ck_assert_int_ge(refused, 15);
    ck_assert_int_eq(status, 0);
    unlink(to);
}
END_TEST

Suite *suite_memory(void);
Suite *suite_memory(void)
{
    Suite *s = suite_create("memory");
    TCase *tc = tcase_create("all");

    tcase_add_loop_test(tc, nth_allocation, 0, 4);
    tcase_add_loop_test(tc, nth_of_trace, 0, 6);
    suite_add_tcase(s, tc);
    return s;
}
