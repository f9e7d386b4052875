/* test_point.c - the words of a point, and its key (identity.c): equal for what is the same however it is said, another one for whatever changes a result. */
#include "tests/rigs/heard.h"
#include "tools/sweep/point.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) ((int)(sizeof(a) / sizeof(a)[0]))

/* The key of "PLATFORM WORD WORD ..."; what was said when it has none. */
static void key_of(const char *line, char key[65])
{
    char copy[512];
    struct bl_texts words = { 0 };
    struct bl_point_id id;
    struct heard h;

    snprintf(copy, sizeof copy, "%s", line);
    for (char *w = strtok(copy, " "); w; w = strtok(NULL, " "))
        bl_texts_add(&words, w);
    ck_assert_msg(bl_point_check(&words, &id, heard_start(&h)) == 0, "%s: %s", line, h.text);
    strcpy(key, id.key);
    bl_point_id_fini(&id);
    bl_texts_free(&words);
}

static const struct { const char *a, *b; } same[] = {
    { "osa_hcim", "platforms/osa_hcim/osa_hcim.yaml" }, { "osa_hcim", "osa_hcim --images=100" }, { "osa_hcim", "osa_hcim --seed=1 --first=0" },
    { "osa_hcim", "osa_hcim --set=cols=144" }, { "osa_hcim", "osa_hcim --set=cols=72 --set=cols=144" }, { "osa_hcim", "osa_hcim --net=fashion_cnn" },
    { "osa_hcim --set=clock.core=100MHz", "osa_hcim --set=clock.core=10ns" }, { "osa_hcim --until=1us", "osa_hcim --until=1000ns" },
    { "imc", "imc --set=macros=1" }, { "osa_hcim --set=adc.noise=0.5", "osa_hcim --set=adc.noise=0.50" },
};

START_TEST(same_key)
{
    char a[65], b[65];

    key_of(same[_i].a, a);
    key_of(same[_i].b, b);
    ck_assert_str_eq(a, b);
}
END_TEST

static const char *const another[] = {
    "osa_hcim", "imagine", "osa_hcim --set=cols=72", "osa_hcim --set=adc.noise=0.5", "osa_hcim --images=2", "osa_hcim --first=1", "osa_hcim --seed=2",
    "osa_hcim --set=clock.core=9ns", "osa_hcim --set=voltage=0.8V", "osa_hcim --set=act_regs.op.depth=3", "osa_hcim --until=1us", "osa_hcim --calibration=none",
    "osa_hcim --net=lenet5_mnist", "osa_hcim --net=none", "imc", "imc --objective=latency", "osa_hcim --set=layer[conv1].bits=4 --calibration=none", "osa_hcim --data=platforms/nets/fashion100-images.idx3", "osa_hcim --data=platforms/nets/fashion100-images.idx3 --mean=0.1",
};

START_TEST(another_key)
{
    static char key[COUNT(another)][65];

    for (int i = 0; i < COUNT(another); i++) {
        key_of(another[i], key[i]);
        for (int k = 0; k < i; k++)
            ck_assert_msg(strcmp(key[i], key[k]), "%s and %s have one key", another[i], another[k]);
    }
}
END_TEST

START_TEST(refused)
{
    static const struct { const char *word, *told; } rows[] = {
        { "--set=adc.rho=9", "--set 'adc.rho=9': adc.rho is 9; expected 1 .. 3 (a slot in clock periods)" },
        { "--sede=1", "--sede=1: bitline sweep has no such option; did you mean --seed?" },
        { "--help", "--help: is no value that a sweep can vary" },
    };

    for (int i = 0; i < COUNT(rows); i++) {
        struct bl_texts words = { 0 };
        struct bl_point_id id;
        struct heard h;
        bl_texts_add(&words, "osa_hcim");
        bl_texts_add(&words, rows[i].word);
        ck_assert_int_eq(bl_point_check(&words, &id, heard_start(&h)), -1);
        ck_assert_str_eq(h.text, rows[i].told);
        bl_texts_free(&words);
    }
}
END_TEST

/* Words that were parsed and written again mean the same. */
START_TEST(words_again)
{
    static char platform[] = "p", net[] = "--net", name[] = "a b.onnx", images[] = "--images=5", set[] = "--set", one[] = "a.b='x'", raw[] = "--raw", seed[] = "--seed=0x10",
                until[] = "--until=5 us", pixels[] = "--pixels";
    char *argv[] = { platform, net, name, images, set, one, raw, seed, until, pixels };
    struct bl_point_opts o = { 0 };
    struct bl_texts words = { 0 }, again = { 0 };
    struct heard h;

    ck_assert_msg(bl_options_parse(&bl_point_grammar, "x", COUNT(argv), argv, &words, &o, heard_start(&h)) == 0, "%s", h.text);
    bl_point_words(bl_point_grammar.options, &o, &again);
    char *line = bl_shell_line("bitline run", &again);
    ck_assert_str_eq(line, "bitline run '--net=a b.onnx' --images=5 --raw --pixels '--set=a.b='\\''x'\\''' --seed=16 --until=5000000000fs");
    free(line);
    bl_texts_free_all(&again);
    bl_options_free(&bl_point_grammar, &words, &o);
}
END_TEST

Suite *suite_point(void);
Suite *suite_point(void)
{
    Suite *s = suite_create("point");
    TCase *tc = tcase_create("all");

    tcase_add_loop_test(tc, same_key, 0, COUNT(same));
    tcase_add_test(tc, another_key);
    tcase_add_test(tc, refused);
    tcase_add_test(tc, words_again);
    suite_add_tcase(s, tc);
    return s;
}
