/* test_real.c - exponential, tanh and logistic against libm, which is good enough to tell an error of a bit or two. */
#include "platforms/net/real.h"

#include <check.h>
#include <math.h>

Suite *suite_real(void);

static double apart(double got, double want) { return want == got ? 0.0 : fabs(got - want) / fabs(want); }

START_TEST(everywhere)
{
    double most = 0;

    for (int i = -70000; i <= 70000; i++) {
        double x = i * 0.01 + 0.001 / (i + 0.5), e = apart(bl_real_exp(x), exp(x));
        most = e > most ? e : most;
    }
    ck_assert_msg(most < 0x1p-50, "exp: %g", most);
    most = 0;
    for (int i = -60000; i <= 60000; i++) {
        double x = i * 0.001 + 1e-5 / (i + 0.5), e = apart(bl_real_tanh(x), tanh(x)), l = apart(bl_real_logistic(x), 1 / (1 + exp(-x)));
        most = e > most ? e : l > most ? l : most;
    }
    ck_assert_msg(most < 0x1p-49, "tanh or logistic: %g", most);
}
END_TEST

/* Every 64th of the float32 results of a table's arguments: rounded to float32 they are libm's. */
START_TEST(as_float32)
{
    for (int i = 0; i < 200000; i++) {
        float x = -(float)i * 0.00053f;
        ck_assert_msg(fabsf((float)bl_real_exp((double)x) - (float)exp((double)x)) <= 0.0f, "exp(%.9g)", (double)x);
    }
}
END_TEST

START_TEST(ends)
{
    ck_assert(bl_real_exp(0.0) >= 1.0 && bl_real_exp(0.0) <= 1.0);
    ck_assert(isinf(bl_real_exp(711.0)) && isinf(bl_real_exp(INFINITY)));
    ck_assert(bl_real_exp(-800.0) <= 0.0 && bl_real_exp(-INFINITY) <= 0.0 && bl_real_exp(-744.0) > 0.0);
    ck_assert(isnan(bl_real_exp(NAN)));
    ck_assert(bl_real_tanh(1000.0) >= 1.0 && bl_real_tanh(-1000.0) <= -1.0 && !(fabs(bl_real_tanh(0.0)) > 0.0));
    ck_assert(bl_real_logistic(-1000.0) <= 0.0 && bl_real_logistic(1000.0) >= 1.0 && fabs(bl_real_logistic(0.0) - 0.5) <= 0.0);
}
END_TEST

Suite *suite_real(void)
{
    Suite *s = suite_create("real");
    TCase *c = tcase_create("all");

    tcase_add_test(c, everywhere);
    tcase_add_test(c, as_float32);
    tcase_add_test(c, ends);
    suite_add_tcase(s, c);
    return s;
}
