/* test_alike.c - fold.c: which messages are told as one, and that none is lost. */
#include "tests/rigs/heard.h"
#include "platforms/file/alike.h"

#include <check.h>

#define COUNT(a) ((int)(sizeof(a) / sizeof(a)[0]))
enum { MOST_LINES = 8 };

static const struct { enum bl_fold_form form; const char *said[MOST_LINES], *told; } row[] = {
    { BL_FOLD_COUNT, { "a[0].x: open", "a[1].x: open", "a[7].x: open" }, "a[0].x: open (and 2 more like it)" },
    { BL_FOLD_COUNT, { "a[0].x: open", "b: odd", "a[1].x: open", "b: odd" }, "a[0].x: open (and 1 more like it)\nb: odd\nb: odd" },
    { BL_FOLD_COUNT, { "p.yaml:3:5: a[0]", "p.yaml:4:5: a[1]" }, "p.yaml:3:5: a[0]\np.yaml:4:5: a[1]" },
    { BL_FOLD_COUNT, { "a[0] is '[1, 2]'", "a[1] is '[1, 3]'" }, "a[0] is '[1, 2]'\na[1] is '[1, 3]'" },
    { BL_FOLD_COUNT, { "a[0]", "a[1] more", "a[" }, "a[0]\na[1] more\na[" },
    { BL_FOLD_RANGE, { "  g[0]: full, for s[0] (paused)", "  g[1]: full, for s[1] (paused)", "  g[2]: full, for s[2] (paused)" },
      "  g[0..2]: full, for s[0..2] (paused)" },
    { BL_FOLD_RANGE, { "g[0] for host", "g[1] for host", "g[2] for guest" }, "g[0..1] for host\ng[2] for guest" },
    { BL_FOLD_RANGE, { "g[0]", "g[2]", "g[3]", "g[4]" }, "g[0]\ng[2..4]" },
    { BL_FOLD_RANGE, { "t[0].a[3]", "t[0].b", "t[1].a[3]", "t[1].b" }, "t[0..1].a[3]\nt[0..1].b" },
    { BL_FOLD_RANGE, { "g[0] s[0]", "g[1] s[0]", "g[2] s[1]" }, "g[0..1] s[0]\ng[2] s[1]" },
    { BL_FOLD_RANGE, { "g[1]", "g[0]", "g[0]" }, "g[1]\ng[0]\ng[0]" },
    { BL_FOLD_RANGE, { "no index", "no index" }, "no index\nno index" },
};

START_TEST(folded)
{
    struct bl_fold f;
    struct heard h;
    int n = 0;

    bl_fold_start(&f, heard_start(&h));
    bl_fold_hold(&f);
    for (; n < MOST_LINES && row[_i].said[n]; n++)
        bl_error(&f.diag, "%s", row[_i].said[n]);
    ck_assert_str_eq(h.text, "");
    bl_fold_release(&f, row[_i].form);
    ck_assert_str_eq(h.text, row[_i].told);
    ck_assert_uint_eq(h.diag.errors, (unsigned)n);
    bl_error(&f.diag, "later");                 /* nothing is held any more */
    bl_fold_count(&f);
    ck_assert_ptr_nonnull(strstr(h.text, "\nlater"));
    ck_assert_uint_eq(h.diag.errors, (unsigned)n + 1);
}
END_TEST

Suite *suite_alike(void);
Suite *suite_alike(void)
{
    Suite *s = suite_create("alike");
    TCase *t = tcase_create("fold");

    tcase_add_loop_test(t, folded, 0, COUNT(row));
    suite_add_tcase(s, t);
    return s;
}
