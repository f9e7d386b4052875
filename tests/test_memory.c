/* test_memory.c - memory that runs out: the n-th allocation of the program fails, for many n. It must end with a message
 * and status 2 (or finish, where the allocation was not needed), never crash. The runner links malloc through here. */
#include "tests/heard.h"
#include "tools/commands.h"

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

    for (long n = 1; n < 20000; n += n < 60 ? 1 : n / 20) {
        int status = with_failure(n, words[_i], runs[_i]);
        if (status != BL_DONE && status != BL_REFUSED && status != BL_WRONG) {
            printf("allocation %ld of `%s %s`: exit %d\n", n, runs[_i][0], runs[_i][1], status);
            bad++;
        }
        refused += status == BL_REFUSED;
    }
    ck_assert_int_eq(bad, 0);
    ck_assert_int_ge(refused, 60);
}
END_TEST

Suite *suite_memory(void);
Suite *suite_memory(void)
{
    Suite *s = suite_create("memory");
    TCase *tc = tcase_create("all");

    tcase_add_loop_test(tc, nth_allocation, 0, 4);
    suite_add_tcase(s, tc);
    return s;
}
