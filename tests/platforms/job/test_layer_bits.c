/* test_layer_bits.c - precision by layer on the platforms: the demo narrowed in all ways, and seeded layers, equal the reference bit for bit wherever a
 * platform is exact; what a platform takes, and what it says of more. */
#include "platforms/job/layer_bits.h"
#include "tests/rigs/net_rig.h"
#include "tests/rigs/onnx_bits.h"

Suite *suite_layer_bits(void);

enum { LAYERS = 16 };

/* Exact modes; what they take. */
static const struct { const char *platform, *mapper, *set; unsigned w, a; } ON[] = {
    { OSA, "osa_hcim", "controller.mode=digital", 8, 8 },
    { "platforms/imagine/imagine.yaml", "imagine", "host.r_out=28", 8, 8 },
    { "platforms/bf_imna/bf_imna.yaml", "bf_imna", "chip.cols=108", 16, 16 },
    { "platforms/imc/imc.yaml", "weight_stationary", NULL, 8, 8 },
};
static const struct bl_narrow HOW[] = { { 8, 8 }, { 8, 6 }, { 6, 8 }, { 6, 6 }, { 5, 5 }, { 8, 4 }, { 4, 8 }, { 4, 4 }, { 3, 8 }, { 2, 8 }, { 2, 2 }, { 1, 8 }, { 1, 1 },
                                        { 16, 16 }, { 12, 4 } };

static void narrow_all(struct bl_net *net, struct bl_narrow bits)
{
    struct bl_narrow to[LAYERS] = { { 0, 0 } };
    struct heard h;

    for (uint32_t i = 0; i < net->nlayers; i++)
        if (net->layers[i].weight)
            to[i] = bits;
    ck_assert_msg(bl_net_narrow(net, to, heard_start(&h)) == 0, "%s", h.text);
}

/* One image; equal to the reference in every layer. */
static void run_on(int on, const struct bl_net *net, const struct bl_dataset *set, const char *what)
{
    struct rig_opts o = { .platform = ON[on].platform, .mapper = ON[on].mapper, .sets = { ON[on].set }, .job = { .net = net, .images = set, .count = 1, .seed = 1 } };
    struct net_rig r;
    const struct bl_result *res = rig_run(&r, &o);

    ck_assert_uint_eq(res->images, 1);
    ck_assert_msg(!res->first.any, "%s on %s: layer %u, channel %u, y %u, x %u: got %d, wanted %d", what, ON[on].mapper, res->first.layer, res->first.c,
                  res->first.y, res->first.x, res->first.got, res->first.wanted);
    for (uint32_t i = 0; i < net->nlayers; i++)
        ck_assert_uint_eq(res->layers[i].w_bits, net->layers[i].weight ? net->layers[i].wbits : 0);
    rig_close(&r);
}

/* The demo in each of these ways, in turn on each platform. */
START_TEST(demo)
{
    for (int i = 0; i < COUNT(HOW); i++) {
        struct demo d = demo_open();
        char what[40];
        if (HOW[i].w > ON[_i].w || HOW[i].a > ON[_i].a) {
            demo_close(&d);
            continue;
        }
        snprintf(what, sizeof what, "%u x %u bits", HOW[i].w, HOW[i].a);
        narrow_all(d.net, HOW[i]);
        run_on(_i, d.net, d.set, what);
        demo_close(&d);
    }
}
END_TEST

/* A convolution, and an fc layer whose input is narrower still, with any zero points and either sign. */
static struct bl_net *seeded(uint64_t seed)
{
    struct grow g = grow_start(seed, 4, 5, 4);
    struct bl_narrow to[2];
    struct heard h;

    grow_conv(&g, (struct bl_layer){ .groups = pick(&g.s, 1, 2), .kh = pick(&g.s, 1, 3), .kw = pick(&g.s, 1, 3), .stride_h = pick(&g.s, 1, 2), .stride_w = 1,
        .dil_h = 1, .dil_w = 1, .relu = pick(&g.s, 0, 1) }, 2 * pick(&g.s, 1, 4));
    grow_fc(&g, 1, 1, 3, false);
    for (uint32_t o = 0; pick(&g.s, 0, 1) && o < g.net->layers[0].cout; o++)
        g.net->layers[0].wzero[o] = (int32_t)pick(&g.s, 0, 255) - 128;
    for (int i = 0; i < 2; i++)
        to[i] = (struct bl_narrow){ (uint8_t)pick(&g.s, 1, 8), (uint8_t)pick(&g.s, 1, 8) };
    struct bl_net *net = grow_end(&g);
    ck_assert_msg(bl_net_narrow(net, to, heard_start(&h)) == 0, "%s", h.text);
    return net;
}

START_TEST(seeds)
{
    const uint64_t n = (uint64_t)fewer(300, 40);

    for (uint64_t seed = 1; seed <= n; seed++) {
        struct bl_net *net = seeded(seed);
        char what[40];
        snprintf(what, sizeof what, "seed %d", (int)seed);
        run_on(_i, net, NULL, what);
        bl_net_free(net);
    }
}
END_TEST

/* Models that have few bits of their own. */
START_TEST(models)
{
    for (int i = 0; i < BITS_COUNT; i++) {
        struct heard h;
        struct bl_net *net = bits_model(i, &h);
        run_on(_i, net, NULL, BITS_MODELS[i].what);
        bl_net_free(net);
    }
}
END_TEST

/* ---- what a platform takes ---- */

static const struct { struct bl_narrow bits; struct bl_bits_taken takes; const char *says; } FIT[] = {
    { { 8, 8 }, { "", "p.w", "p.a", 8, 8, 8, 8 }, NULL },
    { { 1, 1 }, { "", "p.w", "p.a", 2, 1, 8, 8 }, NULL },
    { { 8, 8 }, { "f:3: ", "p.w", "p.a", 4, 8, 8, 8 }, "f:3: p.w is 4, but layer 'conv1' of net fashion_cnn.onnx has weights of 8 bits; take 8, or narrow them with --set "
                                                        "'layer[conv1].w_bits=4'" },
    { { 4, 8 }, { "", "p.w", "p.a", 4, 6, 8, 8 }, "p.a is 6, but layer 'conv1' of net fashion_cnn.onnx has activations of 8 bits; take 8, or narrow them with --set "
                                                  "'layer[conv1].a_bits=6'" },
    { { 12, 8 }, { "", "p.w", "p.a", 4, 8, 8, 8 }, "layer 'conv1' of net fashion_cnn.onnx has weights of 12 bits; this platform takes 8 at most: --set "
                                                   "'layer[conv1].w_bits=4'" },
    { { 1, 8 }, { "", "p.w", "p.a", 1, 8, 8, 8 }, "p.w is 1, but layer 'conv1' of net fashion_cnn.onnx has weights -1 and +1, in two's complement of 2 bits; take 2" },
    { { 8, 9 }, { "", NULL, NULL, 8, 8, 8, 8 }, "layer 'conv1' of net fashion_cnn.onnx has activations of 9 bits; this platform takes 8 at most: --set "
                                                "'layer[conv1].a_bits=8'" },
};

START_TEST(fits)
{
    struct demo d = demo_open();
    struct heard h;

    narrow_all(d.net, FIT[_i].bits);
    int status = bl_bits_fit(d.net, &FIT[_i].takes, heard_start(&h));
    ck_assert_int_eq(status, FIT[_i].says ? -1 : 0);
    ck_assert_str_eq(h.text, FIT[_i].says ? FIT[_i].says : "");
    demo_close(&d);
}
END_TEST

/* ---- settings ---- */

static const struct { const char *sets[4], *table; struct bl_narrow conv1, fc; const char *says; } SAID[] = {
    { { "layer[*].w_bits=4" }, NULL, { 4, 8 }, { 4, 8 }, NULL },
    { { "layer[*].bits=4", "layer[fc].bits=6" }, NULL, { 4, 8 }, { 6, 8 }, NULL },
    { { "layer[*].a_bits=5", "rows=3", "layer[fc].w_bits=1" }, NULL, { 8, 5 }, { 1, 5 }, NULL },
    { { "layer[fc].w_bits=2" }, "tests/platforms/job/layer_bits.csv", { 8, 5 }, { 2, 8 }, NULL },
    { { "layer[fc].w_bits=2" }, "tests/platforms/job/layer_bits.csv:m", { 0, 0 }, { 0, 0 }, "layer 'fc' has 3 bits of weights by --bits tests/platforms/job/layer_bits.csv:m, and 2 by "
                                                                                    "--set; expected one of the two" },
    { { "layer[fd].a_bits=2" }, NULL, { 0, 0 }, { 0, 0 }, "--set 'layer[fd].a_bits=2': net fashion_cnn.onnx has no layer 'fd'; expected one of conv1, conv2, fc" },
    { { "layer[fd].w_bits=2" }, NULL, { 0, 0 }, { 0, 0 }, "--set 'layer[fd].w_bits=2': net fashion_cnn.onnx has no layer 'fd' with weights; expected one of conv1, conv2, fc" },
    { { "layer[fc.w_bits=2" }, NULL, { 0, 0 }, { 0, 0 }, "--set 'layer[fc.w_bits=2': expected layer[NAME].w_bits=N" },
    { { "layer[fc].w_bits=2x" }, NULL, { 0, 0 }, { 0, 0 }, "--set 'layer[fc].w_bits=2x': expected layer[NAME].w_bits=N" },
    { { "layer[fc].w_bits= 2" }, NULL, { 0, 0 }, { 0, 0 }, "--set 'layer[fc].w_bits= 2': expected layer[NAME].w_bits=N" },
    { { "layer[fc].bit=2" }, NULL, { 0, 0 }, { 0, 0 }, "--set 'layer[fc].bit=2': expected layer[NAME].w_bits=N" },
};

START_TEST(said)
{
    struct demo d = demo_open();
    struct bl_found at = { 0 };
    struct bl_bits_asked asked = { d.net, "platforms/nets/fashion_cnn.onnx", SAID[_i].table, { SAID[_i].sets, 0 }, &at };
    struct heard h;

    while (asked.sets.n < 4 && SAID[_i].sets[asked.sets.n])
        asked.sets.n++;
    int status = bl_bits_narrow(&asked, heard_start(&h));
    ck_assert_msg(status == (SAID[_i].says ? -1 : 0), "%s", h.text);
    if (SAID[_i].says)
        ck_assert_msg(!strncmp(h.text, SAID[_i].says, strlen(SAID[_i].says)), "%s", h.text);
    else
        ck_assert(d.net->layers[0].wbits == SAID[_i].conv1.w && d.net->layers[0].abits == SAID[_i].conv1.a && d.net->layers[3].wbits == SAID[_i].fc.w &&
                  d.net->layers[3].abits == SAID[_i].fc.a);
    bl_found_fini(&at);
    demo_close(&d);
}
END_TEST

Suite *suite_layer_bits(void)
{
    Suite *s = suite_create("layer_bits");
    TCase *c = tcase_create("all");

    tcase_add_loop_test(c, demo, 0, COUNT(ON));
    tcase_add_loop_test(c, seeds, 0, COUNT(ON));
    tcase_add_loop_test(c, models, 0, COUNT(ON));
    tcase_add_loop_test(c, fits, 0, COUNT(FIT));
    tcase_add_loop_test(c, said, 0, COUNT(SAID));
    tcase_set_timeout(c, 300);
    suite_add_tcase(s, c);
    return s;
}
