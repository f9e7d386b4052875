/* test_images.c - which images are traced: the texts, and what they say of a run. */
#include "tools/run/images.h"
#include "tests/rigs/heard.h"

#include <check.h>

Suite *suite_images(void);

static const struct { const char *text; uint64_t first, last; const char *wrong; } texts[] = {
    { "7", 7, 7, NULL }, { "0..4", 0, 4, NULL }, { "3..3", 3, 3, NULL }, { "007", 7, 7, NULL }, { "", 0, 0, "expected an image" },
    { "x", 0, 0, "expected an image" }, { "1..", 0, 0, "expected an image" }, { "..3", 0, 0, "expected an image" },
    { "1.3", 0, 0, "expected an image" }, { "-1", 0, 0, "expected an image" }, { "1..2..3", 0, 0, "expected an image" },
    { "1 ..2", 0, 0, "expected an image" }, { "12345678901", 0, 0, "expected an image" }, { "4..2", 0, 0, "expected 2..4" },
};

START_TEST(texts_of_images)
{
    struct bl_images x;
    struct heard h;
    int status = bl_images_init(&x, texts[_i].text, heard_start(&h));

    ck_assert_int_eq(status, texts[_i].wrong ? -1 : 0);
    if (texts[_i].wrong)
        ck_assert_msg(strstr(h.text, texts[_i].wrong), "%s: %s", texts[_i].text, h.text);
    else
        ck_assert(x.given && x.first == texts[_i].first && x.last == texts[_i].last);
}
END_TEST

START_TEST(of_a_run)
{
    static const struct { const char *text; int status; uint32_t from, to; } row[] = {
        { "10", 0, 0, 1 }, { "12..14", 0, 2, 5 }, { "9", -1, 0, 0 }, { "14..15", -1, 0, 0 }, { NULL, 0, 0, 0 },
    };
    struct bl_net net = { .name = "n" };
    struct bl_setup u = { .net = &net, .first = 10, .count = 5 }, none = { .count = 0 };
    struct bl_images x;
    struct heard h;
    uint32_t from, to;

    heard_start(&h);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        ck_assert_int_eq(bl_images_init(&x, row[i].text, &h.diag), 0);
        ck_assert_int_eq(bl_images_check(&x, &u, &h.diag), row[i].status);
        if (row[i].status)
            continue;
        bl_images_span(&x, &u, &from, &to);
        ck_assert(from == row[i].from && to == row[i].to);
    }
    ck_assert_msg(strstr(h.text, "--trace-images 14..15: the run has images 10 to 14"), "%s", h.text);
    bl_images_init(&x, "0", &h.diag);
    ck_assert_int_eq(bl_images_check(&x, &none, &h.diag), -1);
}
END_TEST

Suite *suite_images(void)
{
    Suite *s = suite_create("images");
    TCase *tc = tcase_create("all");

    tcase_add_loop_test(tc, texts_of_images, 0, sizeof texts / sizeof *texts);
    tcase_add_test(tc, of_a_run);
    suite_add_tcase(s, tc);
    return s;
}
