/* test_progress.c - progress.c without a terminal: a short run is quiet, a long one says every tenth; on one, what it does just now. */
#include "tests/rigs/heard.h"
#include "platforms/file/io.h"
#include "tools/run/progress.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What a run of 40 steps says that began `ago` seconds before now; on a terminal only its parts. */
static char *said_on(double ago, bool quiet, bool terminal)
{
    const char *dir = getenv("BL_TMP");
    char path[512];
    struct bl_progress p;
    struct heard h;
    size_t n;

    snprintf(path, sizeof path, "%s/progress.%ld", dir ? dir : "/tmp", (long)getpid());
    ck_assert_ptr_nonnull(freopen(path, "w", stderr));
    bl_progress_init(&p, quiet);
    p.began -= ago;
    p.bar = terminal;
    for (uint64_t i = 1; i <= 40; i++) {
        if (!terminal)
            bl_progress(&p, i, 40, "images");
        bl_progress_part(&p, "image 3 of 10, reference of", "conv3", (unsigned)i / 20 * 45);     /* drawn when it changes */
    }
    bl_progress_clear(&p);
    fflush(stderr);
    char *text = (char *)bl_read_all(path, &n, heard_start(&h));
    ck_assert_msg(text != NULL, "%s", h.text);
    unlink(path);
    return text;
}

static char *said(double ago, bool quiet) { return said_on(ago, quiet, false); }

START_TEST(parts)
{
    char *none = said_on(0, false, true), *quiet = said_on(10 * BL_PROGRESS_QUIET, true, true), *some = said_on(10 * BL_PROGRESS_QUIET, false, true);
    const char *first = strstr(some, "\rimage 3 of 10, reference of conv3: 45 %  ");

    ck_assert_str_eq(none, "");
    ck_assert_str_eq(quiet, "");
    ck_assert_msg(first && !strstr(first + 45, ": 45 %") && strstr(first, "conv3: 90 %"), "%s", some);
    free(none);
    free(quiet);
    free(some);
}
END_TEST

/* On a terminal a bar of 40 characters, whose end stands still. */
START_TEST(bars)
{
    const char *dir = getenv("BL_TMP");
    char path[512];
    struct bl_progress p;
    struct heard h;
    size_t n;

    snprintf(path, sizeof path, "%s/bar.%ld", dir ? dir : "/tmp", (long)getpid());
    ck_assert_ptr_nonnull(freopen(path, "w", stderr));
    bl_progress_init(&p, false);
    p.bar = true;
    for (uint64_t i = 0; i <= 8; i += 4)
        bl_progress(&p, i, 8, "images");
    fflush(stderr);
    char *text = (char *)bl_read_all(path, &n, heard_start(&h));
    ck_assert_str_eq(text, "\r[                                        ] 0 of 8 images"
                           "\r[####################                    ] 4 of 8 images"
                           "\r[########################################] 8 of 8 images");
    unlink(path);
    free(text);
}
END_TEST

START_TEST(lines)
{
    char *none = said(0, false), *quiet = said(10 * BL_PROGRESS_QUIET, true), *some = said(10 * BL_PROGRESS_QUIET, false);

    ck_assert_str_eq(none, "");
    ck_assert_str_eq(quiet, "");
    ck_assert_str_eq(some, "bitline: 4 of 40 images\nbitline: 8 of 40 images\nbitline: 12 of 40 images\n"
                           "bitline: 16 of 40 images\nbitline: 20 of 40 images\nbitline: 24 of 40 images\n"
                           "bitline: 28 of 40 images\nbitline: 32 of 40 images\nbitline: 36 of 40 images\n");
    free(none);
    free(quiet);
    free(some);
}
END_TEST

Suite *suite_progress(void);
Suite *suite_progress(void)
{
    Suite *s = suite_create("progress");
    TCase *t = tcase_create("progress");

    tcase_add_test(t, bars);
    tcase_add_test(t, lines);
    tcase_add_test(t, parts);
    suite_add_tcase(s, t);
    return s;
}
