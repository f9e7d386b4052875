/* test_float_work.c - layers in float32: values worked out by hand and by other loops. */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "components/float_work.h"

Suite *suite_float_work(void);

#define COUNT(a) ((int)(sizeof(a) / sizeof(a)[0]))

static void near(float got, double want, const char *what)
{
    ck_assert_msg(fabs((double)got - want) <= 2e-7 * (1 + fabs(want)), "%s: got %.9g, wanted %.9g", what, (double)got, want);
}

static double function(enum bl_float_op op, double x)              /* by libm; alpha 0.25, beta 0.75 */
{
    switch (op) {
    case BL_FLOAT_RELU: return x > 0 ? x : 0;
    case BL_FLOAT_CLIP: return fmin(fmax(x, 0.25), 0.75);
    case BL_FLOAT_LEAKY: return x < 0 ? x / 4 : x;
    case BL_FLOAT_ELU: return x < 0 ? (exp(x) - 1) / 4 : x;
    case BL_FLOAT_SIGMOID: return 1 / (1 + exp(-x));
    case BL_FLOAT_TANH: return tanh(x);
    case BL_FLOAT_HARD_SIGMOID: return fmin(fmax(x / 4 + 0.75, 0), 1);
    case BL_FLOAT_HARD_SWISH: return x * fmin(fmax(x / 6 + 0.5, 0), 1);
    case BL_FLOAT_SOFTPLUS: return log(1 + exp(x));
    case BL_FLOAT_NEG: return -x;
    case BL_FLOAT_ABS: return fabs(x);
    case BL_FLOAT_SQRT: return sqrt(x);
    case BL_FLOAT_ERF: return erf(x);
    case BL_FLOAT_GELU: return x / 2 * (1 + erf(x / sqrt(2)));
    case BL_FLOAT_GELU_TANH: return x / 2 * (1 + tanh(sqrt(2 / acos(-1)) * (x + 0.044715 * x * x * x)));
    case BL_FLOAT_FLOOR: return floor(x);
    case BL_FLOAT_CEIL: return ceil(x);
    case BL_FLOAT_ROUND: return rint(x);
    case BL_FLOAT_BIPOLAR: return x < 0 ? -1 : 1;
    default: return exp(x);
    }
}

START_TEST(functions)
{
    struct bl_float f = { .op = (uint16_t)_i, .alpha = 0.25f, .beta = 0.75f };

    for (int i = _i == BL_FLOAT_SQRT ? 0 : -200; i <= 200; i++)
        near(bl_float_function(&f, (float)i / 16), function((enum bl_float_op)_i, (double)i / 16), bl_float_name((enum bl_float_op)_i));
    ck_assert(bl_float_is_function((enum bl_float_op)_i));
}
END_TEST

START_TEST(pairs)
{
    static const struct { enum bl_float_op op; float want[4]; } OF[] = {
        { BL_FLOAT_ADD, { 3, -1, 0, 4 } }, { BL_FLOAT_SUB, { 1, -5, -4, 0 } }, { BL_FLOAT_MUL, { 2, -6, -4, 4 } },
        { BL_FLOAT_DIV, { 2, -1.5f, -1, 1 } }, { BL_FLOAT_MIN, { 1, -3, -2, 2 } }, { BL_FLOAT_MAX, { 2, 2, 2, 2 } },
        { BL_FLOAT_PRELU, { 2, -6, -4, 2 } } };
    static const float A[4] = { 2, -3, -2, 2 }, B[4] = { 1, 2, 2, 2 };
    const struct bl_float f = { .op = (uint16_t)OF[_i].op, .n = 4 };
    float y[4];

    bl_float_work(&f, A, B, y);
    ck_assert(bl_float_has_two(OF[_i].op));
    for (int i = 0; i < 4; i++)
        near(y[i], (double)OF[_i].want[i], bl_float_name(OF[_i].op));
}
END_TEST

START_TEST(along_axes)                 /* [2][3][2] over the three */
{
    static const float X[12] = { 1, 5, 2, 0, 3, 4, -1, 7, -2, 8, -3, 6 };
    struct bl_float f = { .op = BL_FLOAT_MEAN, .outer = 2, .n = 3, .inner = 2 };
    float y[12];

    bl_float_work(&f, X, NULL, y);
    near(y[0], 2, "mean");
    near(y[1], 3, "mean");
    near(y[2], -2, "mean");
    near(y[3], 7, "mean");
    f.op = BL_FLOAT_TOP;
    bl_float_work(&f, X, NULL, y);
    near(y[1], 5, "top");
    near(y[2], -1, "top");
    f.op = BL_FLOAT_SOFTMAX;
    bl_float_work(&f, X, NULL, y);
    near(y[0], exp(-2) / (1 + exp(-1) + exp(-2)), "softmax");
    near(y[9], exp(1) / (exp(0) + exp(1) + exp(-1)), "softmax");
}
END_TEST

/* DynamicQuantizeLinear: 0 lies in the range; -1 .. 3 has the scale 4 / 255 and the zero point rint(63.75) = 64. */
START_TEST(dynamic_codes)
{
    static const float X[3][3] = { { -1, 0.5f, 3 }, { 1.6f, 1, 4 }, { 0, 0, 0 } };
    static const double SCALE[3] = { 4 / 255.0, 4 / 255.0, 1 };
    static const float WANT[3][3] = { { -64, 32, 191 }, { 102, 64, 255 }, { 0, 0, 0 } };
    struct bl_float f = { .outer = 1, .n = 3, .inner = 1 };
    float y[3];

    f.op = BL_FLOAT_RANGE;
    bl_float_work(&f, X[_i], NULL, y);
    near(y[0], SCALE[_i], "scale");
    f.op = BL_FLOAT_DYNAMIC;
    bl_float_work(&f, X[_i], NULL, y);
    for (int i = 0; i < 3; i++)
        near(y[i], (double)WANT[_i][i], "code - zero point");
}
END_TEST

/* 2^24 + 1 + 1 in float32 stays 2^24, step by step; whole sums do not. */
START_TEST(whole_sums)
{
    static const float A[3] = { 16777216, 1, 1 }, ONES[3] = { 1, 1, 1 };
    struct bl_float f = { .op = BL_FLOAT_MATMUL, .outer = 1, .rows = 1, .inner = 3, .n = 1 };
    struct bl_float c = { .op = BL_FLOAT_CONV, .c = 3, .h = 1, .w = 1, .out_c = 1, .out_h = 1, .out_w = 1, .kh = 1, .kw = 1, .stride_h = 1,
                          .stride_w = 1, .dil_h = 1, .dil_w = 1, .groups = 1 };
    float y;

    f.whole = c.whole = _i;
    bl_float_work(&f, A, ONES, &y);
    near(y, _i ? 16777218 : 16777216, "matmul");
    bl_float_work(&c, A, ONES, &y);
    near(y, _i ? 16777218 : 16777216, "conv");
}
END_TEST

/* Groups, padding, strides and dilations against sums by index. */
START_TEST(convolution)
{
    struct bl_float f = { .op = BL_FLOAT_CONV, .c = 4, .h = 5, .w = 6, .out_c = 6, .kh = 2, .kw = 3, .stride_h = 2, .stride_w = 1, .dil_h = 2, .dil_w = 1,
                          .pad_t = 1, .pad_l = 2, .groups = 2, .out_h = 3, .out_w = 6 };
    float x[120], w[72], bias[6], y[108];

    for (int i = 0; i < 120; i++)
        x[i] = (float)(i * 37 % 41 - 20);
    for (int i = 0; i < 72; i++)
        w[i] = (float)(i * 29 % 23 - 11);
    for (int i = 0; i < 6; i++)
        bias[i] = (float)(i - 2);
    f.bias = bias;
    bl_float_work(&f, x, w, y);
    for (int o = 0; o < 6; o++)
        for (int p = 0; p < 18; p++) {
            double sum = o - 2;
            for (int k = 0; k < 12; k++) {
                int c = o / 3 * 2 + k / 6, iy = p / 6 * 2 + k / 3 % 2 * 2 - 1, ix = p % 6 + k % 3 - 2;
                sum += iy < 0 || iy > 4 || ix < 0 || ix > 5 ? 0 : (double)(w[o * 12 + k] * x[c * 30 + iy * 6 + ix]);
            }
            near(y[o * 18 + p], sum, "conv");
        }
}
END_TEST

START_TEST(pooling)                    /* 1 x 3 x 3, windows 2 x 2, padding 1 before: cells outside count for a mean with count_pad */
{
    static const float X[9] = { 1, 2, 3, 4, 5, 6, 7, 8, -9 };
    static const double MEAN[4] = { 1, 2.5, 5.5, 2.5 }, PADDED[4] = { 0.25, 1.25, 2.75, 2.5 }, MOST[4] = { 1, 3, 7, 8 };
    struct bl_float f = { .c = 1, .h = 3, .w = 3, .out_c = 1, .out_h = 2, .out_w = 2, .kh = 2, .kw = 2, .stride_h = 2, .stride_w = 2, .dil_h = 1,
                          .dil_w = 1, .pad_t = 1, .pad_l = 1 };
    float y[4];

    for (int form = 0; form < 3; form++) {
        f.op = form == 2 ? BL_FLOAT_MAXPOOL : BL_FLOAT_AVGPOOL;
        f.count_pad = form == 1;
        bl_float_work(&f, X, NULL, y);
        for (int i = 0; i < 4; i++)
            near(y[i], form == 0 ? MEAN[i] : form == 1 ? PADDED[i] : MOST[i], "pool");
    }
}
END_TEST

START_TEST(matrices)                   /* two of [2][3] times one of [3][2] */
{
    static const float A[12] = { 1, 2, 3, 4, 5, 6, -1, 0, 1, 2, 0, -2 }, B[6] = { 1, 0, 0, 1, 2, 2 }, BIAS[2] = { 0.5f, -1 };
    static const double WANT[8] = { 7.5, 7, 16.5, 16, 1.5, 1, -1.5, -5 };
    const struct bl_float f = { .op = BL_FLOAT_MATMUL, .outer = 2, .rows = 2, .n = 2, .inner = 3, .one_b = true, .bias = BIAS };
    float y[8];

    bl_float_work(&f, A, B, y);
    for (int i = 0; i < 8; i++)
        near(y[i], WANT[i], "matmul");
    ck_assert_uint_eq(bl_float_biases(&f), 2);
}
END_TEST

Suite *suite_float_work(void)
{
    Suite *s = suite_create("float_work");
    TCase *c = tcase_create("all");

    tcase_add_loop_test(c, functions, 0, BL_FLOAT_ADD);
    tcase_add_loop_test(c, pairs, 0, 7);
    tcase_add_loop_test(c, dynamic_codes, 0, 3);
    tcase_add_loop_test(c, whole_sums, 0, 2);
    tcase_add_test(c, along_axes);
    tcase_add_test(c, convolution);
    tcase_add_test(c, pooling);
    tcase_add_test(c, matrices);
    suite_add_tcase(s, c);
    return s;
}
