/* test_axes.c - the points of a sweep: values of axes (axis_values.c), combinations, zipped axes, samples. */
#include "tests/rigs/heard.h"
#include "tools/sweep/axes.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) ((int)(sizeof(a) / sizeof(a)[0]))

/* Axes from lists of texts that end with NULL. */
static int make(struct bl_axes *a, struct heard *h, const char *const *vary, const char *const *zip, const char *sample, uint64_t seed)
{
    struct bl_texts v = { 0 }, z = { 0 };

    for (; vary && *vary; vary++)
        bl_texts_add(&v, *vary);
    for (; zip && *zip; zip++)
        bl_texts_add(&z, *zip);
    int status = bl_axes_init(a, &v, &z, sample, seed, heard_start(h));
    bl_texts_free(&v);
    bl_texts_free(&z);
    return status;
}

/* "v v|v v": points, values of axes. */
static const char *points(const struct bl_axes *a)
{
    static char text[4096];
    size_t n = 0;

    text[0] = 0;
    for (size_t p = 0; p < a->npoints; p++)
        for (size_t i = 0; i < a->naxes; i++)
            n += (size_t)snprintf(text + n, sizeof text - n, "%s%s", i ? " " : p ? "|" : "", bl_axes_value(a, p, i));
    return text;
}

static const struct { const char *vary, *values; } values[] = {
    { "p=1", "1" }, { "p=a,b,c", "a|b|c" }, { "p=1:4:1", "1|2|3|4" }, { "p=4:1:-1", "4|3|2|1" }, { "p=1:4:2", "1|3" }, { "p=0.1:0.5:0.1", "0.1|0.2|0.3|0.4|0.5" },
    { "p=0:1:0.25", "0.00|0.25|0.50|0.75|1.00" }, { "p=1:64:*4", "1|4|16|64" }, { "p=100MHz:300MHz:100MHz", "100MHz|200MHz|300MHz" }, { "p=-1:1:1", "-1|0|1" },
    { "p=0.6V:0.8V:0.1V", "0.6V|0.7V|0.8V" }, { "p=hawqv3:medium,x", "hawqv3:medium|x" }, { "p=[8, 9],[1]", "[8, 9]|[1]" }, { "p=8,16:32:8,100", "8|16|24|32|100" },
    { "p=a=b", "a=b" }, { "p=5:5:1", "5" }, { "p=10 ns:12 ns:1 ns", "10ns|11ns|12ns" },
};

START_TEST(values_of_an_axis)
{
    struct bl_axes a;
    struct heard h;
    const char *vary[] = { values[_i].vary, NULL };

    ck_assert_msg(make(&a, &h, vary, NULL, NULL, 1) == 0, "%s", h.text);
    ck_assert_str_eq(points(&a), values[_i].values);
    bl_axes_fini(&a);
}
END_TEST

static const struct { const char *vary, *zip[2], *sample, *told; } refused[] = {
    { "p", { NULL }, NULL, "--vary p: expected PATH=VALUES, as in adc.rho=1,2,4 or cols=16:128:16" },
    { "=1", { NULL }, NULL, "--vary =1: expected PATH=VALUES, as in adc.rho=1,2,4 or cols=16:128:16" },
    { "p=", { NULL }, NULL, "--vary p=: expected PATH=VALUES, as in adc.rho=1,2,4 or cols=16:128:16" },
    { "p=1,,2", { NULL }, NULL, "--vary p: a value is empty; expected them separated by single commas" },
    { "p=1,", { NULL }, NULL, "--vary p: a value is empty; expected them separated by single commas" },
    { "p=1:4:0", { NULL }, NULL, "--vary p: '1:4:0' never ends; expected a step other than 0, or '*2' from a number above 0" },
    { "p=0:4:*2", { NULL }, NULL, "--vary p: '0:4:*2' never ends; expected a step other than 0, or '*2' from a number above 0" },
    { "p=1:4:*1", { NULL }, NULL, "--vary p: '1:4:*1' never ends; expected a step other than 0, or '*2' from a number above 0" },
    { "p=1:4:*1.5", { NULL }, NULL, "--vary p: '1:4:*1.5': expected a whole factor, as in 1:64:*2" },
    { "p=4:1:1", { NULL }, NULL, "--vary p: '4:1:1' has no value; expected LO:HI:STEP with LO at most HI, or a STEP below 0" },
    { "p=1ns:4us:1ns", { NULL }, NULL, "--vary p: '1ns:4us:1ns': expected one unit, as in 100MHz:500MHz:50MHz" },
    { "p=1:4", { NULL }, NULL, "--vary p: a range without a step is for samples; expected LO:HI:STEP, or --sample" },
    { "p=1:4,9", { NULL }, "lhs:3", "--vary p: '1:4': a range without a step stands alone; expected LO:HI:STEP among others" },
    { "p=4:1", { NULL }, "lhs:3", "--vary p: '4:1': expected LO:HI with LO below HI" },
    { "p=1:9000000:1", { NULL }, NULL, "--vary p: '1:9000000:1' has more than 1000000 values" },
    { "p=1", { "q=1", "p=2" }, NULL, "--zip p=2: p is varied twice; give all its values in one place" },
    { "p=1", { "q=1,2", NULL }, NULL, "--zip q=1,2: goes in step with nothing; give a second --zip, or use --vary" },
    { "p=1", { "q=1,2", "r=1,2,3" }, NULL, "--zip q has 2 values, --zip r has 3; expected equally many" },
    { "p=1", { "q=1:2", "r=1:3" }, "lhs:3", "--zip q: a range without a step has no values to go in step; expected LO:HI:STEP" },
    { "p=1", { NULL }, "lhs", "--sample lhs: expected random:N or lhs:N, N points" },
    { "p=1", { NULL }, "lhs:0", "--sample lhs:0: expected random:N or lhs:N, N points" },
    { "p=1", { NULL }, "lhs:3x", "--sample lhs:3x: expected random:N or lhs:N, N points" },
    { "p=1", { NULL }, "grid:3", "--sample grid:3: expected random:N or lhs:N, N points" },
    { "p=1", { NULL }, "lhs:2000000", "a sweep of more than 1000000 points; expected fewer: take samples (--sample lhs:1000), or share it out by its first axis" },
    { NULL, { NULL }, "lhs:3", "--sample lhs:3: there is nothing to draw from; expected a --vary" },
};

START_TEST(what_is_refused)
{
    struct bl_axes a;
    struct heard h;
    const char *vary[] = { refused[_i].vary, NULL }, *zip[] = { refused[_i].zip[0], refused[_i].zip[1], NULL };

    ck_assert_int_eq(make(&a, &h, vary, zip, refused[_i].sample, 1), -1);
    ck_assert_str_eq(h.text, refused[_i].told);
    bl_axes_fini(&a);
}
END_TEST

START_TEST(all_combinations)
{
    struct bl_axes a;
    struct heard h;

    ck_assert_int_eq(make(&a, &h, (const char *[]){ "p=1,2", "q=x,y,z", NULL }, NULL, NULL, 1), 0);
    ck_assert_str_eq(points(&a), "1 x|1 y|1 z|2 x|2 y|2 z");
    bl_axes_fini(&a);
    ck_assert_int_eq(make(&a, &h, (const char *[]){ "p=1,2", NULL }, (const char *[]){ "q=x,y", "r=7,8", NULL }, NULL, 1), 0);
    ck_assert_str_eq(points(&a), "1 x 7|1 y 8|2 x 7|2 y 8");
    bl_axes_fini(&a);
    ck_assert_int_eq(make(&a, &h, NULL, NULL, NULL, 1), 0);        /* one run, as it is */
    ck_assert_uint_eq(a.npoints, 1);
    bl_axes_fini(&a);
}
END_TEST

/* Of N samples each stratum has one: of a list of N values each value comes once. */
START_TEST(latin_hypercube)
{
    struct bl_axes a, b;
    struct heard h;
    const char *vary[] = { "p=0:9:1", "q=0.0:1.0", "r=1:10", NULL };
    bool seen[3][10] = { { false } };

    for (uint64_t seed = 1; seed < 20; seed++) {
        memset(seen, 0, sizeof seen);
        ck_assert_msg(make(&a, &h, vary, NULL, "lhs:10", seed) == 0, "%s", h.text);
        ck_assert_uint_eq(a.npoints, 10);
        for (size_t p = 0; p < 10; p++) {
            double q = atof(bl_axes_value(&a, p, 1));
            int r = atoi(bl_axes_value(&a, p, 2));
            ck_assert(q >= 0 && q <= 1 && r >= 1 && r <= 10 && !strchr(bl_axes_value(&a, p, 2), '.'));
            seen[0][atoi(bl_axes_value(&a, p, 0))] = true;
            seen[1][q < 1 ? (int)(10 * q) : 9] = true;
            seen[2][r - 1] = true;
        }
        for (int i = 0; i < 10; i++)
            ck_assert_msg(seen[0][i] && seen[1][i] && seen[2][i], "seed %d: stratum %d: %s", (int)seed, i, points(&a));
        ck_assert_int_eq(make(&b, &h, vary, NULL, "lhs:10", seed), 0);
        char *first = strdup(points(&a));
        ck_assert_str_eq(first, points(&b));
        free(first);
        bl_axes_fini(&a);
        bl_axes_fini(&b);
    }
}
END_TEST

START_TEST(random_samples)
{
    struct bl_axes a, b;
    struct heard h;
    size_t count[4] = { 0 };

    ck_assert_int_eq(make(&a, &h, (const char *[]){ "p=0,1,2,3", NULL }, (const char *[]){ "q=5,6", "r=5,6", NULL }, "random:4000", 1), 0);
    ck_assert_int_eq(make(&b, &h, (const char *[]){ "p=0,1,2,3", NULL }, (const char *[]){ "q=5,6", "r=5,6", NULL }, "random:4000", 2), 0);
    for (size_t p = 0; p < 4000; p++) {
        count[atoi(bl_axes_value(&a, p, 0))]++;
        ck_assert_str_eq(bl_axes_value(&a, p, 1), bl_axes_value(&a, p, 2));
    }
    for (int i = 0; i < 4; i++)
        ck_assert(count[i] > 850 && count[i] < 1150);      /* 5 sigma of 1000 */
    size_t differ = 0;
    for (size_t p = 0; p < 4000; p++)
        differ += strcmp(bl_axes_value(&a, p, 0), bl_axes_value(&b, p, 0)) != 0;
    ck_assert_uint_gt(differ, 2000);
    bl_axes_fini(&a);
    bl_axes_fini(&b);
}
END_TEST

Suite *suite_axes(void);
Suite *suite_axes(void)
{
    Suite *s = suite_create("axes");
    TCase *tc = tcase_create("all");

    tcase_add_loop_test(tc, values_of_an_axis, 0, COUNT(values));
    tcase_add_loop_test(tc, what_is_refused, 0, COUNT(refused));
    tcase_add_test(tc, all_combinations);
    tcase_add_test(tc, latin_hypercube);
    tcase_add_test(tc, random_samples);
    suite_add_tcase(s, tc);
    return s;
}
