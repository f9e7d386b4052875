/* test_spell.c - spell.h: numbers and ranges as paths write them. */
#include "platforms/file/spell.h"

#include <check.h>
#include <stdio.h>

static const uint32_t numbers[] = { 0, 1, 9, 10, 99, 100, 65535, 999999999, 1000000000, UINT32_MAX };

START_TEST(numbers_are_decimal)
{
    char text[32], want[32];

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        memset(text, '#', sizeof text);
        snprintf(want, sizeof want, "%u", numbers[i]);
        char *end = spell_number(text, numbers[i]);
        ck_assert_str_eq(text, want);
        ck_assert_ptr_eq(end, text + strlen(want));
        ck_assert_int_eq(end[1], '#');
    }
}
END_TEST

START_TEST(pieces_follow_each_other)
{
    char text[64];
    char *end = spell_range(spell(spell(text, "a."), "b"), 7, 7);

    end = spell_range(spell(end, ".x"), 0, 12);
    ck_assert_str_eq(text, "a.b[7].x[0..12]");
    ck_assert_ptr_eq(end, text + strlen(text));
    ck_assert_ptr_eq(spell(text, ""), text);
    ck_assert_str_eq(text, "");
}
END_TEST

Suite *suite_spell(void);
Suite *suite_spell(void)
{
    Suite *s = suite_create("spell");
    TCase *c = tcase_create("all");

    tcase_add_test(c, numbers_are_decimal);
    tcase_add_test(c, pieces_follow_each_other);
    suite_add_tcase(s, c);
    return s;
}
