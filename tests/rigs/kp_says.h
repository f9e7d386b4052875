/* kp_says.h - what a mistake writes to stderr, of one that must not end the program and of one that must. */
#ifndef BL_TESTS_KP_SAYS_H
#define BL_TESTS_KP_SAYS_H

#include "tests/rigs/kp_abort.h"

/* Runs f(arg) in a child that must end by itself; what it wrote to stderr is in text. */
static inline void kp_says(void (*f)(void *), void *arg, char *text, size_t room)
{
    int fd[2], status;
    size_t n = 0;
    ssize_t got;

    ck_assert_int_eq(pipe(fd), 0);
    fflush(NULL);
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        dup2(fd[1], 2);
        close(fd[0]);
        close(fd[1]);
        signal(SIGABRT, SIG_DFL);
        signal(SIGSEGV, SIG_DFL);
        alarm(20);                       /* a mistake that hangs */
        f(arg);
        _exit(0);
    }
    close(fd[1]);
    while (n + 1 < room && (got = read(fd[0], text + n, room - 1 - n)) > 0)
        n += (size_t)got;
    text[n] = 0;
    close(fd[0]);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "it did not end by itself (signal %d); it wrote: %s",
                  WIFSIGNALED(status) ? WTERMSIG(status) : 0, text);
}

#endif
