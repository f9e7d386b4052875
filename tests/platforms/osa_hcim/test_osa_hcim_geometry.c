/* test_osa_hcim_geometry.c - macros of other sizes: the mapper tiles for the columns and HMU that the platform has, and the
 * digital-only result stays exact. A part of another size than the rest is refused, whichever it is. */
#include "tests/rigs/heard.h"
#include "tools/commands.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

static int digital(const char *size, struct heard *h)
{
    char set[32], *argv[] = { (char[]){ "bitline" }, (char[]){ "run" }, (char[]){ "osa_hcim" }, (char[]){ "-q" }, (char[]){ "--images" },
                              (char[]){ "1" }, (char[]){ "--set" }, (char[]){ "controller.mode=digital" }, (char[]){ "--set" }, set, NULL };

    snprintf(set, sizeof set, "%s", size);
    ck_assert_ptr_nonnull(freopen("/dev/null", "w", stdout));
    return bl_program((int)(sizeof argv / sizeof *argv) - 1, argv, heard_start(h));
}

static const char *const sizes[] = { "cols=64", "cols=192", "hmu=4", "hmu=1" };

/* Exit status 0 of a digital-only run: every value of every layer equals the integer reference. */
START_TEST(exact_in_every_size)
{
    struct heard h;

    ck_assert_msg(digital(sizes[_i], &h) == BL_DONE, "%s", h.text);
}
END_TEST

#define UNTIED(size, is, want) { size, is ", " want "; expected equal numbers" }
static const struct { const char *size, *told; } alone[] = {
    UNTIED("dac.hmu=4", "dac.hmu is 4", "accumulator.hmu is 8"), UNTIED("dwl.hmu=4", "dwl.hmu is 4", "accumulator.hmu is 8"),
    UNTIED("awl.hmu=4", "awl.hmu is 4", "accumulator.hmu is 8"), UNTIED("adc.cols=72", "adc.cols is 72", "host.ins is 144"),
    { "host.outs=4", "host.outs is 4 for 8 HMU; expected 8, or 16 for layers of 4-bit weights, two in eight rows, as osa_hcim_dual has them" },
    { "act_regs.cols=72", "host.op is 144 x 8 bit, act_regs.op is 72 x 8 bit; expected equal widths" },
    { "din.cols=72", "act_regs.regs is 16 x 144 bit, din.regs is 16 x 72 bit; expected equal widths" },
    { "dac.cols=72", "dac.gbl is 4 x 72 bit, array.gbl is 4 x 144 bit; expected equal widths" },
    { "array.cols=72", "din.gblb is 1 x 144 bit, array.gblb is 1 x 72 bit; expected equal widths" },
    { "array.hmu=4", "array.v_sum is 4 x 16 bit, adc.v_sum is 8 x 16 bit; expected equal widths" },
    { "dat.cols=72", "array.dout is 8 x 144 bit, dat.dout is 8 x 72 bit; expected equal widths" },
    { "dat.hmu=4", "dat.dmac is 4 x 8 bit, accumulator.dmac is 8 x 8 bit; expected equal widths" },
    { "nq.hmu=4", "dat.sal_dmac is 8 x 8 bit, nq.dmac is 4 x 8 bit; expected equal widths" },
    { "ose.hmu=4", "nq.q is 8 x 3 bit, ose.q is 4 x 3 bit; expected equal widths" },
    { "adc.hmu=4", "adc.amac is 4 x 16 bit, accumulator.amac is 8 x 16 bit; expected equal widths" },
    UNTIED("accumulator.hmu=4", "dac.hmu is 8", "accumulator.hmu is 4"),
};

START_TEST(one_part_of_another_size)
{
    struct heard h;

    ck_assert_int_eq(digital(alone[_i].size, &h), BL_REFUSED);
    ck_assert_msg(strstr(h.text, alone[_i].told) != NULL, "%s", h.text);
}
END_TEST

Suite *suite_osa_hcim_geometry(void);
Suite *suite_osa_hcim_geometry(void)
{
    Suite *s = suite_create("osa_hcim_geometry");
    TCase *tc = tcase_create("all");

    tcase_add_loop_test(tc, exact_in_every_size, 0, (int)(sizeof sizes / sizeof *sizes));
    tcase_add_loop_test(tc, one_part_of_another_size, 0, (int)(sizeof alone / sizeof *alone));
    suite_add_tcase(s, tc);
    return s;
}
