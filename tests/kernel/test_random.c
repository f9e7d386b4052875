/* test_random.c - random.c and draws.c: draws depend on seed, path and number only; logarithm and exponential against libm; normal draws. */
#include "kernel/kernel.h"
#include "tests/rigs/kparts.h"

#include <math.h>

static struct kp_told told;

static struct bl_sim *with(uint64_t seed, const char *parts)
{
    struct bl_sim *s = bl_open(kp_classes, kp_listen(&told));

    bl_seed(s, seed);
    ck_assert_msg(kp_script(s, "clock c 10 0") == 0 && kp_script(s, parts) == 0 && bl_elaborate(s) == 0, "%s", told.text);
    return s;
}

START_TEST(draws_depend_on_seed_path_and_number)
{
    struct bl_sim *a = with(1, "part p put; part q put"), *b = with(1, "part z put; part q put; part a.p put; part p put"),
                  *c = with(2, "part p put");
    struct bl_part *ap = bl_part_of(a, "p"), *aq = bl_part_of(a, "q"), *bp = bl_part_of(b, "p"), *cp = bl_part_of(c, "p"),
                   *other = bl_part_of(b, "a.p");
    uint64_t first[100];

    for (int i = 0; i < 100; i++)
        first[i] = bl_random(ap);
    for (int i = 0; i < 100; i++) {
        uint64_t x = bl_random(bp), y = bl_random(aq), z = bl_random(cp), w = bl_random(other);
        KP_HOLDS(x == first[i] && y != first[i] && z != first[i] && w != first[i] && y != z && z != w, "draw %d", i);
    }
    ap->draws = 42;                       /* the number alone says where in the stream we are */
    ck_assert_uint_eq(bl_random(ap), first[42]);
    bl_close(a);
    bl_close(b);
    bl_close(c);
}
END_TEST

START_TEST(first_draws_are_fixed)
{
    struct bl_sim *s = with(1, "part p put");
    void *p = bl_part_of(s, "p");
    static const uint64_t gold[4] = {     /* computed apart, by a script */
        UINT64_C(8085147312913540581), UINT64_C(2277588217802264291), UINT64_C(17793605054341094232), UINT64_C(7323122204872248868)
    };
    static const double normal[4] = { 0x1.85f9963c77fcep-2, 0x1.36cdac33d4457p+0, -0x1.9b85bad5f908bp+0, -0x1.3aa715d7d3a66p-1 };

    for (int i = 0; i < 4; i++)
        ck_assert_uint_eq(bl_random(p), gold[i]);
    for (int i = 0; i < 4; i++) {
        double x = bl_normal(p);
        ck_assert_msg(x == normal[i], "normal draw %d is %a", i, x);
    }
    bl_close(s);
}
END_TEST

START_TEST(bits_are_even)
{
    struct bl_sim *s = with(5, "part p put");
    void *p = bl_part_of(s, "p");
    enum { N = 100000 };
    static int ones[64], bytes[256];

    for (int i = 0; i < N; i++) {
        uint64_t x = bl_random(p);
        for (int b = 0; b < 64; b++)
            ones[b] += (int)(x >> b & 1);
        bytes[x >> 56]++;
    }
    double chi = 0;
    for (int b = 0; b < 64; b++)          /* 5 sigma of a fair coin */
        KP_HOLDS(ones[b] > N / 2 - 791 && ones[b] < N / 2 + 791, "bit %d: %d ones", b, ones[b]);
    for (int v = 0; v < 256; v++)
        chi += (bytes[v] - N / 256.0) * (bytes[v] - N / 256.0) / (N / 256.0);
    ck_assert_msg(chi > 160 && chi < 370, "chi square of the upper byte is %g", chi);
    bl_close(s);
}
END_TEST

static double off(double got, double want) { return want == 0 ? fabs(got) : fabs((got - want) / want); }

START_TEST(logarithm_is_close)
{
    struct kp_rng r = { 9 };

    for (int i = 0; i < 300000; i++) {
        double m = 1 + (double)(kp_next(&r) >> 12) * 0x1p-52, x = ldexp(m, (int)kp_below(&r, 2040) - 1020);
        KP_HOLDS(off(bl_log(x), log(x)) < 1e-14, "log(%a) is %a, expected %a", x, bl_log(x), log(x));
        double near = 1 + ((double)kp_next(&r) * 0x1p-64 - 0.5) * ldexp(1, -(int)kp_below(&r, 50));
        KP_HOLDS(off(bl_log(near), log(near)) < 1e-14, "log(%a) is %a, expected %a", near, bl_log(near), log(near));
    }
    ck_assert(bl_log(1) == 0);
    ck_assert(isinf(bl_log(0)) && bl_log(0) < 0);
    ck_assert(isinf(bl_log(INFINITY)) && bl_log(INFINITY) > 0);
    ck_assert(isnan(bl_log(-1)) && isnan(bl_log(NAN)));
    ck_assert(off(bl_log(0x1p-1074), log(0x1p-1074)) < 1e-14);
    ck_assert(off(bl_log(0x1.8p-1030), log(0x1.8p-1030)) < 1e-14);
}
END_TEST

START_TEST(exponential_is_close)
{
    struct kp_rng r = { 10 };

    for (int i = 0; i < 300000; i++) {
        double u = (double)kp_next(&r) * 0x1p-64, x = -708.3 + u * (708.3 + 709.7);
        KP_HOLDS(off(bl_exp(x), exp(x)) < 1e-14, "exp(%a) is %a, expected %a", x, bl_exp(x), exp(x));
        x = (u - 0.5) * ldexp(1, -(int)kp_below(&r, 40));
        KP_HOLDS(off(bl_exp(x), exp(x)) < 1e-14, "exp(%a) is %a, expected %a", x, bl_exp(x), exp(x));
    }
    ck_assert(bl_exp(0) == 1);
    ck_assert(isinf(bl_exp(800)) && bl_exp(-800) == 0 && isnan(bl_exp(NAN)));
    ck_assert(isinf(bl_exp(INFINITY)) && bl_exp(-INFINITY) == 0);
}
END_TEST

START_TEST(normal_draws_are_normal)
{
    struct bl_sim *s = with(3, "part p put");
    void *p = bl_part_of(s, "p");
    enum { N = 200000 };
    double sum = 0, sum2 = 0, sum3 = 0, sum4 = 0;
    int beyond2 = 0;

    for (int i = 0; i < N; i++) {
        double x = bl_normal(p);
        sum += x;
        sum2 += x * x;
        sum3 += x * x * x;
        sum4 += x * x * x * x;
        beyond2 += fabs(x) > 2;
    }
    /* Bounds are five standard errors: 1, sqrt 2, sqrt 6 and sqrt 24 over sqrt N. */
    double mean = sum / N, var = sum2 / N - mean * mean, se = 5 / sqrt(N);
    ck_assert_msg(fabs(mean) < se, "mean %g", mean);
    ck_assert_msg(fabs(var - 1) < se * sqrt(2), "variance %g", var);
    ck_assert_msg(fabs(sum3 / N) < se * sqrt(15), "third moment %g", sum3 / N);
    ck_assert_msg(fabs(sum4 / N / (var * var) - 3) < se * sqrt(24), "kurtosis %g", sum4 / N / (var * var));
    ck_assert_msg(beyond2 > 0.0440 * N && beyond2 < 0.0470 * N, "%d beyond two sigma", beyond2);
    bl_close(s);
}
END_TEST

Suite *suite_random(void);
Suite *suite_random(void)
{
    Suite *s = suite_create("random");
    TCase *c = tcase_create("random");

    tcase_add_test(c, draws_depend_on_seed_path_and_number);
    tcase_add_test(c, first_draws_are_fixed);
    tcase_add_test(c, bits_are_even);
    tcase_add_test(c, logarithm_is_close);
    tcase_add_test(c, exponential_is_close);
    tcase_add_test(c, normal_draws_are_normal);
    suite_add_tcase(s, c);
    return s;
}
