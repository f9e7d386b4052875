/* test_mappers.c - mappers by name: each folder platforms/NAME with a mapper.c has one of that name, and nobody else has. */
#include "platforms/job/mapper.h"

#include <check.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>

START_TEST(called_like_their_folder)
{
    char name[64];
    size_t n = 0;
    glob_t g;

    ck_assert_int_eq(glob("platforms/*/mapper.c", 0, NULL, &g), 0);
    while (bl_mappers[n])
        n++;
    ck_assert_uint_eq(n, g.gl_pathc);
    for (size_t i = 0; i < g.gl_pathc; i++) {
        ck_assert_int_eq(sscanf(g.gl_pathv[i], "platforms/%63[^/]", name), 1);
        ck_assert_msg(bl_mapper_find(name) != NULL, "%s holds no mapper called '%s': what is its .name?", g.gl_pathv[i], name);
        ck_assert_str_eq(bl_mapper_find(name)->name, name);
    }
    globfree(&g);
    ck_assert_ptr_null(bl_mapper_find("mapper"));
}
END_TEST

Suite *suite_mappers(void);
Suite *suite_mappers(void)
{
    Suite *s = suite_create("mappers");
    TCase *tc = tcase_create("all");

    tcase_add_test(tc, called_like_their_folder);
    suite_add_tcase(s, tc);
    return s;
}
