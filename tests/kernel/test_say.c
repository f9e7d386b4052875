/* test_say.c - messages of any length, counted, and the nearest known word. */
#include "tests/rigs/kp_abort.h"
#include "tests/rigs/kp_build.h"

static struct kp_told told;

START_TEST(errors_are_counted_notes_are_not)
{
    struct bl_diag *d = kp_listen(&told);

    ck_assert_int_eq(bl_error(d, "f:%d: %s", 3, "wrong"), -1);
    ck_assert_int_eq(bl_note(d, "100 %% fine"), 0);
    ck_assert_int_eq(bl_error(d, "again"), -1);
    ck_assert_uint_eq(d->errors, 2);
    ck_assert_str_eq(told.text, "f:3: wrong\n100 % fine\nagain");
}
END_TEST

START_TEST(a_message_of_any_length)
{
    char text[9001];

    for (size_t n = 500; n <= 9000; n += n < 520 ? 1 : 1060) {
        memset(text, 'x', n);
        text[n] = 0;
        bl_note(kp_listen(&told), "%s", text);
        ck_assert_str_eq(told.text, text);
    }
}
END_TEST

static void to_stderr(void *arg)
{
    struct bl_diag d = { 0 };

    (void)arg;
    bl_error(&d, "one");
    bl_note(NULL, "two");
    bl_error(NULL, "three");
    if (d.errors == 1)
        abort();
}

/* The program's name is for stderr: once there, and not told to a listener. */
static void named_to_stderr(void *arg)
{
    (void)arg;
    bl_error(NULL, "bitline: too late");
    abort();
}

START_TEST(the_name_of_the_program)
{
    char text[200];

    bl_error(kp_listen(&told), "%s: too late", "bitline");
    ck_assert_str_eq(told.text, "too late");
    kp_aborts(named_to_stderr, NULL, text, sizeof text);
    ck_assert_str_eq(text, "bitline: too late\n");
}
END_TEST

START_TEST(without_a_listener_it_goes_to_stderr)
{
    char text[200];

    kp_aborts(to_stderr, NULL, text, sizeof text);
    ck_assert_str_eq(text, "bitline: one\nbitline: two\nbitline: three\n");
}
END_TEST

static const char *const words[] = { "adder_tree", "sar_adc", "dac", "accumulator", "act_regs", "ose", "x", "" };
static const struct { const char *word, *near; } cases[] = {
    { "adder_tree", "adder_tree" }, { "addertree", "adder_tree" }, { "ader_tre", "adder_tree" }, { "adder_treee", "adder_tree" },
    { "sar_adc", "sar_adc" }, { "sar_dac", "sar_adc" },                 /* a swap is one step */
    { "dca", "dac" }, { "adc", "dac" }, { "dacc", "dac" }, { "da", "dac" }, { "acumulater", "accumulator" },
    { "osa", "ose" }, { "act-regs", "act_regs" }, { "zzz", NULL }, { "completely", NULL }, { "y", NULL }, { "x", "x" },
    { "accumulatoraccumulatoraccumulatoraccumulatoraccumulatoraccumulator", NULL },
};

START_TEST(the_nearest_word)
{
    const char *near = bl_nearest(cases[_i].word, words, 8);

    if (cases[_i].near)
        ck_assert_msg(near && !strcmp(near, cases[_i].near), "'%s' is near '%s', expected '%s'", cases[_i].word, near ? near : "nothing",
                      cases[_i].near);
    else
        ck_assert_msg(!near, "'%s' is near '%s'", cases[_i].word, near);
}
END_TEST

START_TEST(nothing_near_in_no_words)
{
    ck_assert_ptr_null(bl_nearest("dac", words, 0));
    const char *const gaps[] = { NULL, "dac", NULL };
    ck_assert_str_eq(bl_nearest("dac", gaps, 3), "dac");
    const char *const tie[] = { "dab", "dad" };
    ck_assert_str_eq(bl_nearest("dac", tie, 2), "dab");      /* the first of equals */
}
END_TEST

Suite *suite_say(void);
Suite *suite_say(void)
{
    Suite *s = suite_create("say");
    TCase *c = tcase_create("say");

    tcase_add_test(c, errors_are_counted_notes_are_not);
    tcase_add_test(c, a_message_of_any_length);
    tcase_add_test(c, without_a_listener_it_goes_to_stderr);
    tcase_add_test(c, the_name_of_the_program);
    tcase_add_loop_test(c, the_nearest_word, 0, sizeof cases / sizeof *cases);
    tcase_add_test(c, nothing_near_in_no_words);
    suite_add_tcase(s, c);
    return s;
}
