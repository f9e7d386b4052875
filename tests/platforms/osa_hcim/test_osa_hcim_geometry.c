/* test_osa_hcim_geometry.c - macros of other sizes: the mapper tiles for the columns and HMU that the platform has, and the
 * digital-only result stays exact. */
#include "tests/rigs/heard.h"
#include "tools/commands.h"

#include <check.h>
#include <stdio.h>

static const struct { const char *what; int value; const char *parts[12]; } sizes[] = {
    { "cols", 64, { "host", "act_regs", "din", "dac", "array", "dat", "adc" } },
    { "cols", 192, { "host", "act_regs", "din", "dac", "array", "dat", "adc" } },
    { "hmu", 4, { "host", "dac", "array", "dat", "adc", "accumulator", "nq", "ose", "dwl", "awl" } },
    { "hmu", 1, { "host", "dac", "array", "dat", "adc", "accumulator", "nq", "ose", "dwl", "awl" } },
};

/* Exit status 0 of a digital-only run: every value of every layer equals the integer reference. */
START_TEST(exact_in_every_size)
{
    char *argv[40] = { (char[]){ "bitline" }, (char[]){ "run" }, (char[]){ "osa_hcim" }, (char[]){ "-q" }, (char[]){ "--images" },
                       (char[]){ "1" }, (char[]){ "--set" }, (char[]){ "controller.mode=digital" } };
    static char text[12][64];
    struct heard h;
    int argc = 8;

    for (int i = 0; sizes[_i].parts[i]; i++) {
        snprintf(text[i], sizeof text[i], "%s.%s=%d", sizes[_i].parts[i], sizes[_i].what, sizes[_i].value);
        argv[argc++] = argv[6];
        argv[argc++] = text[i];
    }
    ck_assert_ptr_nonnull(freopen("/dev/null", "w", stdout));
    ck_assert_msg(bl_program(argc, argv, heard_start(&h)) == BL_DONE, "%s", h.text);
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
