/* kp_abort.h - a mistake that must abort the program, and what it writes then. */
#ifndef BL_TESTS_KP_ABORT_H
#define BL_TESTS_KP_ABORT_H

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

/* Runs f(arg) in a child, which has 20 s; returns how it ended, as waitpid has it. What it wrote to stderr is in text. */
static inline int kp_child(void (*f)(void *), void *arg, char *text, size_t room)
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
    return status;
}

/* Such a child must abort. */
static inline void kp_aborts(void (*f)(void *), void *arg, char *text, size_t room)
{
    const int status = kp_child(f, arg, text, room);

    ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "it did not abort; it wrote: %s", text);
}

#endif
