/* test_waves.c - the waveforms of one run of the program (traces/, kernel/observe/): FST read back by fst2vcd equals VCD, plain and gzipped, change
 * for change, with everything watched, in a window, and with power rows. */
#include "tests/rigs/heard.h"
#include "tests/rigs/wave_rig.h"
#include "tools/commands.h"

#include <check.h>
#include <stdio.h>

static const struct { const char *more[8]; int n; } runs[] = {
    { { "--window", "0 s:20 us" }, 2 },
    { { "--window", "7 us:9 us", "--power-window", "60 ns" }, 4 },
    { { "--watch", "adc.*", "--watch", "core", "--watch", "*.verdict", "--power-window", "1 us" }, 8 },
};

/* The three files of one run; the program says where it wrote them. */
START_TEST(formats_agree)
{
    char *fst = strdup(scratch("w.fst")), *vcd = strdup(scratch("w.vcd")), *gz = strdup(scratch("w.vcd.gz"));
    char *argv[24] = { (char[]){ "bitline" }, (char[]){ "run" }, (char[]){ "osa_hcim" }, (char[]){ "--quiet" }, (char[]){ "--images" },
                       (char[]){ "1" }, (char[]){ "--until" }, (char[]){ "30 us" }, (char[]){ "--trace" }, fst, (char[]){ "--trace" }, vcd,
                       (char[]){ "--trace" }, gz };
    char command[1200];
    int argc = 14;
    struct heard h;

    for (int i = 0; i < runs[_i].n; i++)
        argv[argc++] = (char *)(uintptr_t)runs[_i].more[i];
    ck_assert_ptr_nonnull(freopen("/dev/null", "w", stdout));
    ck_assert_msg(bl_program(argc, argv, heard_start(&h)) != BL_REFUSED, "%s", h.text);
    struct dump a = read_fst(fst), b = read_vcd(vcd);
    same_dumps(&a, &b);
    ck_assert_uint_gt(a.n, 1000);
    snprintf(command, sizeof command, "gzip -dc %s | cmp -s - %s", gz, vcd);
    ck_assert_int_eq(system(command), 0);
    free_dump(&a);
    free_dump(&b);
    free(fst);
    free(vcd);
    free(gz);
}
END_TEST

Suite *suite_waves(void);
Suite *suite_waves(void)
{
    Suite *s = suite_create("waves");
    TCase *tc = tcase_create("all");

    tcase_add_loop_test(tc, formats_agree, 0, (int)(sizeof runs / sizeof *runs));
    suite_add_tcase(s, tc);
    return s;
}
