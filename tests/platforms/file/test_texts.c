/* test_texts.c - lists of words that grow, and are freed alone or with their texts. */
#include "platforms/file/texts.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

START_TEST(grows)
{
    struct bl_texts t = { 0 };
    char word[20];

    for (int i = 0; i < 100; i++) {
        snprintf(word, sizeof word, "word %d", i);
        bl_texts_add(&t, strdup(word));
    }
    ck_assert_uint_eq(t.n, 100);
    ck_assert_uint_ge(t.room, 100);
    ck_assert_str_eq(t.v[0], "word 0");
    ck_assert_str_eq(t.v[99], "word 99");
    bl_texts_free_all(&t);
    ck_assert(!t.v && !t.n && !t.room);
    bl_texts_add(&t, "not mine to free");
    bl_texts_free(&t);
    ck_assert(!t.v && !t.n && !t.room);
}
END_TEST

Suite *suite_texts(void);
Suite *suite_texts(void)
{
    Suite *s = suite_create("texts");
    TCase *c = tcase_create("all");

    tcase_add_test(c, grows);
    suite_add_tcase(s, c);
    return s;
}
