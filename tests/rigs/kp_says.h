/* kp_says.h - what a mistake writes to stderr, of one that must not end the program and of one that must. */
#ifndef BL_TESTS_KP_SAYS_H
#define BL_TESTS_KP_SAYS_H

#include "tests/rigs/kp_abort.h"

/* A child that runs f(arg) must end by itself; what it wrote to stderr is in text. */
static inline void kp_says(void (*f)(void *), void *arg, char *text, size_t room)
{
    const int status = kp_child(f, arg, text, room);

    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "it did not end by itself (signal %d); it wrote: %s",
                  WIFSIGNALED(status) ? WTERMSIG(status) : 0, text);
}

#endif
