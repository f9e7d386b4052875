/* test_osa_hcim_geometry.c - macros of other sizes: the mapper tiles for the columns and HMU that the platform has, and the
 * digital-only result stays exact. */
#include "tests/rigs/heard.h"
#include "tools/commands.h"

#include <check.h>
#include <stdio.h>

static const char *const sizes[] = { "cols=64", "cols=192", "hmu=4", "hmu=1" };

/* Exit status 0 of a digital-only run: every value of every layer equals the integer reference. */
START_TEST(exact_in_every_size)
{
    char size[16], *argv[] = { (char[]){ "bitline" }, (char[]){ "run" }, (char[]){ "osa_hcim" }, (char[]){ "-q" }, (char[]){ "--images" },
                               (char[]){ "1" }, (char[]){ "--set" }, (char[]){ "controller.mode=digital" }, (char[]){ "--set" }, size, NULL };
    struct heard h;

    snprintf(size, sizeof size, "%s", sizes[_i]);
    ck_assert_ptr_nonnull(freopen("/dev/null", "w", stdout));
    ck_assert_msg(bl_program((int)(sizeof argv / sizeof *argv) - 1, argv, heard_start(&h)) == BL_DONE, "%s", h.text);
}
END_TEST

Suite *suite_osa_hcim_geometry(void);
Suite *suite_osa_hcim_geometry(void)
{
    Suite *s = suite_create("osa_hcim_geometry");
    TCase *tc = tcase_create("all");

    tcase_add_loop_test(tc, exact_in_every_size, 0, (int)(sizeof sizes / sizeof *sizes));
    suite_add_tcase(s, tc);
    return s;
}
