/* test_net_options.c - net_options.c: numbers and files behind --images and --data, in any order. */
#include "tools/run/net_options.h"

#include <check.h>
#include <string.h>

#include "tests/rigs/heard.h"

Suite *suite_net_options(void);

#define COUNT(a) ((int)(sizeof(a) / sizeof(a)[0]))

static const struct { const char *images[3], *data[2]; uint64_t count; const char *files, *says; } CASES[] = {
    { { "20" }, { NULL }, 20, "", NULL },
    { { "x.npy" }, { NULL }, 0, "x.npy ", NULL },
    { { "x.npy", "20" }, { NULL }, 20, "x.npy ", NULL },
    { { "20", "10" }, { "x.npy" }, 10, "x.npy ", NULL },
    { { "b=y.npy", "3" }, { "a=x.npy" }, 3, "a=x.npy b=y.npy ", NULL },
    { { "fashion-mnist" }, { NULL }, 0, "fashion-mnist ", NULL },
    { { "10/x.npy" }, { NULL }, 0, "10/x.npy ", NULL },
    { { "10x" }, { NULL }, 0, "", "--images: '10x' is no whole number; expected one like '100', or a file of images" },
    { { "-1" }, { NULL }, 0, "", "--images: '-1' is no whole number" },
    { { "99999999999999999999" }, { NULL }, 0, "", "is no whole number" },
};

START_TEST(cases)
{
    struct bl_setup_opts so = { 0 };
    struct bl_texts images = { 0 }, data = { 0 }, files = { 0 };
    struct heard h;
    char all[200] = "";

    for (int i = 0; i < 3 && CASES[_i].images[i]; i++)
        bl_texts_add(&images, CASES[_i].images[i]);
    for (int i = 0; i < 2 && CASES[_i].data[i]; i++)
        bl_texts_add(&data, CASES[_i].data[i]);
    int rc = bl_net_options(&so, &images, &data, &files, heard_start(&h));
    ck_assert_msg(rc == (CASES[_i].says ? -1 : 0) && (!rc || strstr(h.text, CASES[_i].says)), "got '%s'", h.text);
    for (size_t i = 0; !rc && i < so.inputs.n; i++) {
        strcat(all, so.inputs.v[i]);
        strcat(all, " ");
    }
    ck_assert_str_eq(all, CASES[_i].files);
    ck_assert(rc || (so.images.v == CASES[_i].count && so.images.given == (CASES[_i].count > 0)));
    bl_texts_free(&images);
    bl_texts_free(&data);
    bl_texts_free(&files);
}
END_TEST

Suite *suite_net_options(void)
{
    Suite *s = suite_create("net_options");
    TCase *c = tcase_create("all");

    tcase_add_loop_test(c, cases, 0, COUNT(CASES));
    suite_add_tcase(s, c);
    return s;
}
