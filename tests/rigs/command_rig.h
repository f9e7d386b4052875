/* command_rig.h - what the tests of the commands share: bitline run in this process, scratch files, files compared. */
#ifndef BL_TESTS_COMMAND_RIG_H
#define BL_TESTS_COMMAND_RIG_H

#include "tests/rigs/heard.h"
#include "tools/commands.h"
#include "platforms/file/io.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define COUNT(a) ((int)(sizeof(a) / sizeof(a)[0]))
enum { NAME = 512, MOST_WORDS = 40 };

/* A file name of this test process, in the folder for such. */
static inline char *scratch(const char *name, char *buf)
{
    const char *dir = getenv("BL_TMP");

    snprintf(buf, NAME, "%s/run%ld.%s", dir ? dir : "/tmp", (long)getpid(), name);
    return buf;
}

/* Runs `bitline WORD...`, the words ended by NULL; its stdout goes to `out`. */
static inline int program_of(struct heard *h, const char *out, const char *const *words)
{
    char name[] = "bitline", *argv[MOST_WORDS + 2] = { name };
    int argc = 1, status;

    while (words[argc - 1] && argc < MOST_WORDS) {
        argv[argc] = (char *)(uintptr_t)words[argc - 1];
        argc++;
    }
    ck_assert_ptr_nonnull(freopen(out ? out : "/dev/null", "w", stdout));
    status = bl_program(argc, argv, heard_start(h));
    fflush(stdout);
    return status;
}

static inline int program(struct heard *h, const char *out, ...)
{
    const char *words[MOST_WORDS + 1] = { NULL };
    va_list ap;

    va_start(ap, out);
    for (int n = 0; n < MOST_WORDS && (words[n] = va_arg(ap, const char *)); n++)
        ;
    va_end(ap);
    return program_of(h, out, words);
}

static inline char *content(const char *path)
{
    struct heard h;
    size_t n;
    unsigned char *b = bl_read_all(path, &n, heard_start(&h));

    ck_assert_msg(b != NULL, "%s", h.text);
    return (char *)b;
}

static inline void ck_same_files(const char *a, const char *b)
{
    char *x = content(a), *y = content(b);

    ck_assert_msg(!strcmp(x, y), "%s and %s differ", a, b);
    free(x);
    free(y);
}

#endif
