/* test_reference.c - the integer reference against plain formulas. */
#include "platforms/net/reference.h"

#include <check.h>
#include <math.h>

#include "platforms/net/draw.h"

Suite *suite_reference(void);

/* ---- small nets of one layer ---- */

static struct bl_net *net_of(struct bl_layer *l, const struct bl_tensor *x, const struct bl_tensor *b, const struct bl_tensor *y)
{
    struct bl_net *net = bl_net_new("one");

    bl_net_tensor(net, x);
    if (b) {                                       /* a second operand: the input through a change of scale */
        struct bl_layer copy = { .name = "copy", .kind = BL_RELU, .out = 1 };
        bl_net_tensor(net, b);
        bl_net_layer(net, &copy);
        l->in[1] = 1;
    }
    l->name = "layer";
    l->out = (uint32_t)bl_net_tensor(net, y);
    net->output = l->out;
    return net;
}

static void run(struct bl_net *net, const uint8_t *image, struct bl_ref_out *out)
{
    struct bl_diag diag = { 0 };

    ck_assert_int_eq(bl_net_finish(net, &diag), 0);
    ck_assert_int_eq(bl_ref_init(out, net, &diag), 0);
    bl_reference_run(net, image, out);
}

static int64_t half_even(double v)                 /* independent of rint */
{
    double f = floor(v), d = v - f;

    return (int64_t)f + (d > 0.5 || (d == 0.5 && fmod(f, 2.0) != 0.0));
}

static int32_t clip(int64_t v, int32_t lo, int32_t hi) { return (int32_t)(v < lo ? lo : v > hi ? hi : v); }

/* ---- convolution against one sum per output ---- */

static uint32_t pick(uint64_t *state, uint32_t lo, uint32_t hi)
{
    return lo + (uint32_t)(bl_draw(7, (*state)++) % (hi - lo + 1));
}

static int64_t conv_sum(const struct bl_layer *l, const struct bl_tensor *x, const uint8_t *image, uint32_t o, uint32_t oy, uint32_t ox)
{
    uint32_t cin = x->c / l->groups, group = o / (l->cout / l->groups);
    int64_t sum = l->bias[o];

    for (uint32_t i = 0; i < l->k; i++) {
        uint32_t c = i / (l->kh * l->kw), ky = i / l->kw % l->kh, kx = i % l->kw;
        int64_t iy = (int64_t)oy * l->stride_h + ky * l->dil_h - l->pad_t, ix = (int64_t)ox * l->stride_w + kx * l->dil_w - l->pad_l;
        if (iy < 0 || ix < 0 || iy >= x->h || ix >= x->w)
            continue;
        uint8_t q = image[((group * cin + c) * x->h + (uint64_t)iy) * x->w + (uint64_t)ix];
        int32_t v = x->dtype == BL_S8 ? (int8_t)q : q;
        sum += (int64_t)(v - x->zero) * (l->weight[(uint64_t)o * l->k + i] - l->wzero[o]);
    }
    return sum;
}

static void fill_random(struct bl_layer *l, uint64_t *s)
{
    for (uint32_t o = 0; o < l->cout; o++) {
        l->bias[o] = (int32_t)pick(s, 0, 4000) - 2000;
        l->wzero[o] = (int32_t)pick(s, 0, 20) - 10;
        l->wscale[o] = (float)pick(s, 1, 1000) / 65536.0f;
        for (uint32_t i = 0; i < l->k; i++)
            l->weight[o * l->k + i] = (int8_t)pick(s, 0, 255);
    }
}

START_TEST(conv_random)
{
    uint64_t s = (uint64_t)_i * 100000;
    uint32_t groups = pick(&s, 1, 3), cin = groups * pick(&s, 1, 3), cout = groups * pick(&s, 1, 3);
    struct bl_layer l = { .kind = BL_CONV, .groups = groups, .kh = pick(&s, 1, 4), .kw = pick(&s, 1, 4), .stride_h = pick(&s, 1, 3),
        .stride_w = pick(&s, 1, 3), .dil_h = pick(&s, 1, 2), .dil_w = pick(&s, 1, 2), .pad_t = pick(&s, 0, 2), .pad_l = pick(&s, 0, 2),
        .pad_b = pick(&s, 0, 2), .pad_r = pick(&s, 0, 2), .relu = _i & 1 };
    struct bl_tensor x = { .name = "x", .c = cin, .h = pick(&s, 7, 10), .w = pick(&s, 7, 10), .dtype = _i & 2 ? BL_S8 : BL_U8, .scale = 0.5f, .zero = _i & 2 ? -7 : 31 };
    struct bl_tensor y = { .name = "y", .c = cout, .dtype = _i & 4 ? BL_S8 : BL_U8, .scale = 0.25f, .zero = 5 };
    y.h = (x.h + l.pad_t + l.pad_b - (l.kh - 1) * l.dil_h - 1) / l.stride_h + 1;
    y.w = (x.w + l.pad_l + l.pad_r - (l.kw - 1) * l.dil_w - 1) / l.stride_w + 1;
    struct bl_net *net = net_of(&l, &x, NULL, &y);
    struct bl_ref_out out;
    uint8_t image[1000];

    ck_assert_int_eq(bl_net_weights(net, &l, cout, cin / groups * l.kh * l.kw), 0);
    fill_random(&l, &s);
    ck_assert_int_eq(bl_net_layer(net, &l), 0);
    for (size_t i = 0; i < bl_tensor_elems(&x); i++)
        image[i] = (uint8_t)pick(&s, 0, 255);
    run(net, image, &out);
    int32_t lo = l.relu ? y.zero : bl_tensor_min(&y), hi = bl_tensor_max(&y);
    for (uint32_t o = 0, i = 0; o < y.c; o++)
        for (uint32_t oy = 0; oy < y.h; oy++)
            for (uint32_t ox = 0; ox < y.w; ox++, i++) {
                float v = (float)conv_sum(&l, &x, image, o, oy, ox) * (0.5f * l.wscale[o] / 0.25f);
                ck_assert_int_eq(out.value[net->output][i], clip(half_even((double)v) + y.zero, lo, hi));
            }
    bl_ref_fini(&out);
    bl_net_free(net);
}
END_TEST

/* Folded bias: raw products plus the correction give the same sum. */
START_TEST(folded_bias)
{
    struct bl_layer l = { .kind = BL_FC };
    struct bl_tensor x = { .name = "x", .c = 40, .h = 1, .w = 1, .scale = 1.0f, .zero = 17 }, y = { .name = "y", .c = 3, .h = 1, .w = 1, .scale = 1.0f };
    struct bl_net *net = net_of(&l, &x, NULL, &y);
    struct bl_diag diag = { 0 };
    uint64_t s = 5;

    ck_assert_int_eq(bl_net_weights(net, &l, 3, 40), 0);
    fill_random(&l, &s);
    bl_net_layer(net, &l);
    ck_assert_int_eq(bl_net_finish(net, &diag), 0);
    for (uint32_t o = 0; o < 3; o++) {
        int64_t want = l.bias[o], raw = bl_layer_folded_bias(net, 0, o), sum = 0;
        for (uint32_t i = 0; i < 40; i++) {
            int32_t q = (int32_t)pick(&s, 0, 255), w = l.weight[o * 40 + i];
            want += (int64_t)(q - 17) * (w - l.wzero[o]);
            raw += q * w;
            sum += q;
        }
        ck_assert_int_eq(raw - l.wzero[o] * sum, want);
    }
    bl_net_free(net);
}
END_TEST

/* ---- the other kinds, by hand ---- */

static const struct { const char *what; enum bl_kind kind; float sx, sy; int32_t zx, zy; bool relu; float top; uint8_t in[4], out[4]; } POINTS[] = {
    /*                    kind      s_x   s_y   z_x  z_y relu   top   input                 output */
    { "relu",             BL_RELU, 1.0f, 1.0f, 100, 100, true,  0.0f, { 0, 99, 100, 255 }, { 100, 100, 100, 255 } },
    { "relu6",            BL_RELU, 0.1f, 0.1f,   0,   0, true,  6.0f, { 0, 59, 60, 61 },   { 0, 59, 60, 60 } },
    { "halves to even",   BL_RELU, 1.0f, 2.0f,   0,   0, false, 0.0f, { 1, 3, 5, 7 },      { 0, 2, 2, 4 } },
    { "saturates",        BL_RELU, 4.0f, 1.0f, 100,   3, false, 0.0f, { 0, 99, 100, 200 }, { 0, 0, 3, 255 } },
    { "reshape",          BL_RESHAPE, 1.0f, 1.0f, 9,  9, false, 0.0f, { 1, 2, 3, 4 },      { 1, 2, 3, 4 } },
};

START_TEST(points)
{
    struct bl_layer l = { .kind = POINTS[_i].kind, .relu = POINTS[_i].relu, .relu_max = POINTS[_i].top };
    struct bl_tensor x = { .name = "x", .c = 4, .h = 1, .w = 1, .scale = POINTS[_i].sx, .zero = POINTS[_i].zx };
    struct bl_tensor y = { .name = "y", .c = 4, .h = 1, .w = 1, .scale = POINTS[_i].sy, .zero = POINTS[_i].zy };
    struct bl_net *net = net_of(&l, &x, NULL, &y);
    struct bl_ref_out out;

    bl_net_layer(net, &l);
    run(net, POINTS[_i].in, &out);
    for (int i = 0; i < 4; i++)
        ck_assert_msg(out.value[1][i] == POINTS[_i].out[i], "%s: element %d: got %d, wanted %d", POINTS[_i].what, i, out.value[1][i], POINTS[_i].out[i]);
    bl_ref_fini(&out);
    bl_net_free(net);
}
END_TEST

static const struct { const char *what; enum bl_kind kind; uint32_t pad, stride; bool count_pad; int32_t zero; int16_t out[4]; } POOLS[] = {
    /* a 2 x 2 window over 3 x 3 cells 10 20 30 / 40 51 60 / 70 80 95 */
    { "max",                 BL_MAXPOOL, 0, 1, false, 0, { 51, 60, 80, 95 } },
    { "max, padded",         BL_MAXPOOL, 1, 2, false, 0, { 10, 30, 70, 95 } },
    { "mean 30.25 40.25 60.25 71.5 to even", BL_AVGPOOL, 0, 1, false, 0, { 30, 40, 60, 72 } },
    { "mean of cells inside", BL_AVGPOOL, 1, 2, false, 0, { 10, 25, 55, 72 } },
    { "padding counted",     BL_AVGPOOL, 1, 2, true,  0, { 2, 12, 28, 72 } },
    { "padding is real 0",   BL_AVGPOOL, 1, 2, true, 10, { 10, 18, 32, 72 } },
};

START_TEST(pools)
{
    static const uint8_t IMAGE[9] = { 10, 20, 30, 40, 51, 60, 70, 80, 95 };
    uint32_t p = POOLS[_i].pad;
    struct bl_layer l = { .kind = POOLS[_i].kind, .kh = 2, .kw = 2, .stride_h = POOLS[_i].stride, .stride_w = POOLS[_i].stride, .pad_t = p, .pad_l = p,
                          .count_pad = POOLS[_i].count_pad };
    struct bl_tensor x = { .name = "x", .c = 1, .h = 3, .w = 3, .scale = 0.5f, .zero = POOLS[_i].zero };
    struct bl_tensor y = { .name = "y", .c = 1, .h = 2, .w = 2, .scale = 0.5f, .zero = POOLS[_i].zero };
    struct bl_net *net = net_of(&l, &x, NULL, &y);
    struct bl_ref_out out;

    bl_net_layer(net, &l);
    run(net, IMAGE, &out);
    for (int i = 0; i < 4; i++)
        ck_assert_msg(out.value[1][i] == POOLS[_i].out[i], "%s: cell %d: got %d, wanted %d", POOLS[_i].what, i, out.value[1][i], POOLS[_i].out[i]);
    bl_ref_fini(&out);
    bl_net_free(net);
}
END_TEST

START_TEST(pairs)
{
    /* b is a through scale 1 -> 2, zero 0 -> 10: bytes 0 1 2 100 become 10 10 11 60 (0.5 rounds to 0) */
    static const uint8_t IMAGE[4] = { 0, 1, 2, 100 };
    static const int16_t SUM[4] = { 3, 3, 4, 67 }, PRODUCT[4] = { 7, 7, 8, 255 };
    struct bl_tensor x = { .name = "x", .c = 4, .h = 1, .w = 1, .scale = 1.0f };
    struct bl_tensor b = { .name = "b", .c = 4, .h = 1, .w = 1, .scale = 2.0f, .zero = 10 };

    for (int mul = 0; mul < 2; mul++) {
        struct bl_layer l = { .kind = mul ? BL_MUL : BL_ADD };
        struct bl_tensor y = { .name = "y", .c = 4, .h = 1, .w = 1, .scale = mul ? 4.0f : 3.125f, .zero = mul ? 7 : 3 };
        struct bl_net *net = net_of(&l, &x, &b, &y);
        struct bl_ref_out out;
        bl_net_layer(net, &l);
        run(net, IMAGE, &out);
        for (int i = 0; i < 4; i++)
            ck_assert_int_eq(out.value[net->output][i], mul ? PRODUCT[i] : SUM[i]);
        bl_ref_fini(&out);
        bl_net_free(net);
    }
}
END_TEST

START_TEST(subsample)
{
    static const uint8_t IMAGE[9] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };
    static const int16_t WANT[12] = { 50, 50, 50, 50, 1, 3, 7, 9, 50, 50, 50, 50 };
    struct bl_layer l = { .kind = BL_SUBSAMPLE, .stride_h = 2, .stride_w = 2 };
    struct bl_tensor x = { .name = "x", .c = 1, .h = 3, .w = 3, .scale = 1.0f, .zero = 50 }, y = { .name = "y", .c = 3, .h = 2, .w = 2, .scale = 1.0f, .zero = 50 };
    struct bl_net *net = net_of(&l, &x, NULL, &y);
    struct bl_ref_out out;

    bl_net_layer(net, &l);
    run(net, IMAGE, &out);
    for (int i = 0; i < 12; i++)
        ck_assert_int_eq(out.value[1][i], WANT[i]);
    bl_ref_fini(&out);
    bl_net_free(net);
}
END_TEST

/* Of two channels with two of zeros on either side, each stands in its own place. */
START_TEST(subsample_channels)
{
    static const uint8_t IMAGE[2] = { 11, 22 };
    static const int16_t WANT[6] = { 50, 50, 11, 22, 50, 50 };
    struct bl_layer l = { .kind = BL_SUBSAMPLE, .stride_h = 1, .stride_w = 1 };
    struct bl_tensor x = { .name = "x", .c = 2, .h = 1, .w = 1, .scale = 1.0f, .zero = 50 }, y = { .name = "y", .c = 6, .h = 1, .w = 1, .scale = 1.0f, .zero = 50 };
    struct bl_net *net = net_of(&l, &x, NULL, &y);
    struct bl_ref_out out;

    bl_net_layer(net, &l);
    run(net, IMAGE, &out);
    for (int i = 0; i < 6; i++)
        ck_assert_int_eq(out.value[1][i], WANT[i]);
    bl_ref_fini(&out);
    bl_net_free(net);
}
END_TEST

Suite *suite_reference(void)
{
    Suite *s = suite_create("reference");
    TCase *c = tcase_create("all");

    tcase_add_loop_test(c, conv_random, 0, 64);
    tcase_add_test(c, folded_bias);
    tcase_add_loop_test(c, points, 0, sizeof POINTS / sizeof *POINTS);
    tcase_add_loop_test(c, pools, 0, sizeof POOLS / sizeof *POOLS);
    tcase_add_test(c, pairs);
    tcase_add_test(c, subsample);
    tcase_add_test(c, subsample_channels);
    tcase_set_timeout(c, 60);
    suite_add_tcase(s, c);
    return s;
}
