/* test_cmd_study.c - `bitline study`: what it refuses. */
#include "tests/rigs/command_rig.h"

Suite *suite_cmd_study(void);

static const struct { const char *words[6]; const char *says; } wrong[] = {
    { { "study", "house" }, "there is no study 'house'; expected chip" },
    { { "study", "chip", "--macros", "29-30" }, "--macros '29-30': expected numbers from 1 to 120, as in 29,30 or 29..58" },
    { { "study", "chip", "--macros", "29..121" }, "--macros '29..121': expected numbers from 1 to 120, as in 29,30 or 29..58" },
    { { "study", "chip", "--banks", "3" }, "buf: banks is 3, words 65536; expected a power of two, at most the number of words" },
    { { "study", "chip", "--macros", "16" }, "needs 29 macros (conv1 1, conv2 3, fc 25), array.macros is 16; set macros to 29 or placement to reload" },
    { { "study", "chip", "--images", "2" }, "--images 2: expected 3 to 10000" },
    { { "study", "chip", "--net", "resnet50_imagenet" }, "macros of 64 x 64; the study has up to 120" },
};

START_TEST(refused)
{
    struct heard h;
    char out[NAME];
    const char *const *w = wrong[_i].words;

    scratch("study.txt", out);
    ck_assert_int_eq(program(&h, out, w[0], w[1], w[2], w[3], NULL), BL_REFUSED);
    ck_assert_msg(strstr(h.text, wrong[_i].says) != NULL, "%s", h.text);
    remove(out);
}
END_TEST

Suite *suite_cmd_study(void)
{
    Suite *s = suite_create("cmd_study");
    TCase *t = tcase_create("study");

    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, refused, 0, (int)(sizeof wrong / sizeof *wrong));
    suite_add_tcase(s, t);
    return s;
}
