/* test_score.c - the five largest with ties, errors, areas under ROC curves, and what the metrics ask of a net. */
#include "platforms/net/score.h"

#include <check.h>
#include <math.h>
#include <string.h>

#include "tests/rigs/heard.h"

Suite *suite_score(void);

#define COUNT(a) ((int)(sizeof(a) / sizeof(a)[0]))

/* How many come before a label, counted by hand. */
static const struct { double v[8]; size_t n; uint32_t label; bool in; } TOP[] = {
    { { 9, 8, 7, 6, 5, 4 }, 6, 4, true }, { { 9, 8, 7, 6, 5, 4 }, 6, 5, false }, { { 4, 5, 6, 7, 8, 9 }, 6, 0, false },
    { { 1, 1, 1, 1, 1, 1 }, 6, 4, true },          /* of equals the first ones */
    { { 1, 1, 1, 1, 1, 1 }, 6, 5, false }, { { 0, 1, 1, 1, 1, 1 }, 6, 5, true }, { { -3, -2 }, 2, 0, true }, { { 1, 2, 3 }, 3, 3, false },
};

START_TEST(top5)
{
    ck_assert_int_eq(bl_score_top5(TOP[_i].v, TOP[_i].n, TOP[_i].label), TOP[_i].in);
}
END_TEST

START_TEST(errors)
{
    const double x[4] = { 0, 1, 2, 3 }, y[4] = { 0, 3, 2, 2 };
    const struct bl_tensor s8 = { .c = 3, .h = 1, .w = 1, .dtype = BL_S8, .scale = 0.5f, .zero = -2 }, u8 = { .c = 1, .h = 1, .w = 1, .scale = 2.0f, .zero = 3 };
    const struct bl_tensor real = { .c = 2, .h = 1, .w = 1, .dtype = BL_REAL, .scale = 1.0f };
    const int16_t codes[3] = { -128, -2, 127 };
    const float reals[2] = { 0.25f, -8.0f };
    double out[3];

    ck_assert_double_eq(bl_score_error(x, y, 4), 1.25);
    bl_score_reals(&s8, codes, NULL, out);
    ck_assert(out[0] == -63 && out[1] == 0 && out[2] == 64.5);
    bl_score_bytes(&s8, (const uint8_t *)"\x80\xfe\x7f", out);
    ck_assert(out[0] == -63 && out[1] == 0 && out[2] == 64.5);
    bl_score_bytes(&u8, (const uint8_t *)"\xff", out);
    ck_assert_double_eq(out[0], 504);
    bl_score_reals(&real, NULL, reals, out);
    ck_assert(out[0] == 0.25 && out[1] == -8);
    bl_score_bytes(&real, (const uint8_t *)(const void *)reals, out);
    ck_assert(out[0] == 0.25 && out[1] == -8);
}
END_TEST

static const struct { double e[6]; uint32_t label[6]; size_t n; double auc; } AUC[] = {
    { { 1, 2, 3, 4 }, { 0, 0, 1, 1 }, 4, 1 }, { { 1, 2, 3, 4 }, { 1, 1, 0, 0 }, 4, 0 }, { { 5, 5, 5, 5 }, { 0, 1, 0, 1 }, 4, 0.5 },
    { { 2, 1, 3 }, { 0, 0, 1 }, 3, 1 }, { { 2, 1, 3 }, { 1, 0, 1 }, 3, 1 }, { { 2, 1 }, { 0, 1 }, 2, 0 },       /* one of a kind is enough */
    { { 4, 1, 3, 2 }, { 1, 0, 0, 1 }, 4, 0.75 },                     /* 4 > 1, 4 > 3, 2 > 1, not 2 > 3 */
    { { 1, 2, 2, 3, 0, 2 }, { 0, 0, 1, 1, 0, 1 }, 6, 8.0 / 9 },      /* two equal pairs of nine */
    { { 1, 2 }, { 1, 1 }, 2, NAN }, { { 1, 2 }, { 0, 0 }, 2, NAN }, { { 0 }, { 0 }, 0, NAN },
};

START_TEST(auc)
{
    double got = bl_score_auc(AUC[_i].e, AUC[_i].label, AUC[_i].n);

    ck_assert_msg(isnan(AUC[_i].auc) ? isnan(got) : fabs(got - AUC[_i].auc) < 1e-12, "got %g, wanted %g", got, AUC[_i].auc);
}
END_TEST

START_TEST(asks)
{
    static const uint32_t ZERO_ONE[3] = { 0, 1, 1 }, OTHER[3] = { 0, 2, 1 };
    struct bl_tensor t[2] = { { .name = "x", .c = 4, .h = 1, .w = 1, .scale = 1 }, { .name = "y", .c = 4, .h = 1, .w = 1, .scale = 1 } };
    struct bl_net net = { .name = "n", .tensors = t, .ntensors = 2, .ninputs = 1, .output = 1 };
    enum bl_metric m;
    struct heard h;

    ck_assert(!bl_metric_named(NULL, &m, heard_start(&h)) && m == BL_TOP1);
    ck_assert(!bl_metric_named("top5", &m, &h.diag) && m == BL_TOP5);
    ck_assert(!bl_metric_named("error", &m, &h.diag) && m == BL_MSE);
    ck_assert_int_eq(bl_metric_named("top-5", &m, &h.diag), -1);
    ck_assert_str_eq(h.text, "--metric top-5: expected top1, top5 or error");
    ck_assert_int_eq(bl_metric_fits(BL_MSE, &net, ZERO_ONE, 3, heard_start(&h)), 0);
    ck_assert_int_eq(bl_metric_fits(BL_MSE, &net, NULL, 0, &h.diag), 0);
    ck_assert_int_eq(bl_metric_fits(BL_MSE, &net, OTHER, 3, &h.diag), -1);
    ck_assert_str_eq(h.text, "--metric error: label 1 is 2, expected 0 (as it should be) or 1 (an anomaly)");
    t[1].c = 3;
    ck_assert_int_eq(bl_metric_fits(BL_MSE, &net, ZERO_ONE, 3, heard_start(&h)), -1);
    ck_assert_ptr_nonnull(strstr(h.text, "input 'x' of net n is 4 x 1 x 1, output 'y' 3 x 1 x 1; expected one shape"));
    ck_assert_int_eq(bl_metric_fits(BL_TOP5, &net, NULL, 0, heard_start(&h)), -1);
    ck_assert_ptr_nonnull(strstr(h.text, "name them with --labels"));
}
END_TEST

Suite *suite_score(void)
{
    Suite *s = suite_create("score");
    TCase *c = tcase_create("all");

    tcase_add_loop_test(c, top5, 0, COUNT(TOP));
    tcase_add_test(c, errors);
    tcase_add_loop_test(c, auc, 0, COUNT(AUC));
    tcase_add_test(c, asks);
    suite_add_tcase(s, c);
    return s;
}
