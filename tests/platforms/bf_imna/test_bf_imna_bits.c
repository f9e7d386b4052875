/* test_bf_imna_bits.c - BF-IMNA at M_w x M_a bits: the demo in both fidelities, weights -1 and +1 by sums of windows, lines of a full window, columns that are
 * short, and windows spread over the processors at maximum parallelism. */
#include "tests/rigs/net_rig.h"

Suite *suite_bf_imna_bits(void);

#define LR "platforms/bf_imna/bf_imna.yaml"
#define IR "platforms/bf_imna/bf_imna_ir.yaml"

static void narrow(struct bl_net *net, struct bl_narrow bits)
{
    struct bl_narrow to[64] = { { 0, 0 } };
    struct heard h;

    for (uint32_t i = 0; i < net->nlayers; i++)
        if (net->layers[i].weight)
            to[i] = bits;
    ck_assert_msg(bl_net_narrow(net, to, heard_start(&h)) == 0, "%s", h.text);
}

struct counts { uint64_t cycles, compare, write, read, clear, line, cell, driven, bias, partial; double energy; };

static struct counts run_on(const char *platform, const struct bl_net *net, const struct bl_dataset *set, const char *const sets[3])
{
    struct rig_opts o = { .platform = platform, .mapper = "bf_imna", .sets = { sets[0], sets[0] ? sets[1] : NULL, sets[0] && sets[1] ? sets[2] : NULL },
                          .job = { .net = net, .images = set, .count = 1, .seed = 1 } };
    struct net_rig r;
    const struct bl_result *res = rig_run(&r, &o);

    ck_assert_msg(!res->first.any, "layer %u: got %d, wanted %d", res->first.layer, res->first.got, res->first.wanted);
    struct counts c = { .cycles = res->cycles_max };
    static const char *const names[] = { "compare", "write", "read", "clear", "line", "cell", "driven", "bias", "partial" };
    uint64_t *const to[] = { &c.compare, &c.write, &c.read, &c.clear, &c.line, &c.cell, &c.driven, &c.bias, &c.partial };
    for (int i = 0; i < COUNT(names); i++)
        *to[i] = rig_account(r.s, "chip", names[i]);
    rig_close(&r);
    return c;
}

/* ---- both fidelities ---- */

static const struct { struct bl_narrow bits; const char *cols; } FLUID[] = {
    { { 4, 4 }, NULL }, { { 1, 8 }, NULL }, { { 1, 1 }, NULL }, { { 2, 5 }, NULL }, { { 9, 9 }, NULL }, { { 16, 16 }, "cols=108" }, { { 12, 3 }, "cols=108" } };

START_TEST(fidelities)
{
    const char *const macro[3] = { FLUID[_i].cols }, *const micro[3] = { "chip.fidelity=micro", FLUID[_i].cols };
    struct demo d = demo_open();

    narrow(d.net, FLUID[_i].bits);
    const struct counts a = run_on(LR, d.net, d.set, macro), b = run_on(LR, d.net, d.set, micro);
    ck_assert_mem_eq(&a, &b, sizeof a);
    /* sums of windows are taken off once an output */
    ck_assert_uint_eq(a.bias, (uint64_t)(16 * 196 + 32 * 49 + 10) * (FLUID[_i].bits.w == 1 ? 2 : 1));
    demo_close(&d);
}
END_TEST

/* ---- one window ---- */

/* A layer of k products and n outputs; its weights fill the range of w bits. */
static struct bl_net *fc(uint32_t k, uint32_t n, struct bl_narrow bits)
{
    struct grow g = grow_start(7, k, 1, 1);

    grow_fc(&g, 1, 1, n, false);
    struct bl_net *net = grow_end(&g);
    narrow(net, bits);
    return net;
}

/* Multiply 4 M^2, sign 1, R rounds of 4 (2 M + R): 4 (M + R)^2 + 1 compares, each of which senses every row. */
START_TEST(lines)
{
    static const char *const none[3] = { NULL };

    for (unsigned m = 2; m <= 9; m++) {
        struct bl_net *net = fc(144, 1, (struct bl_narrow){ (uint8_t)m, (uint8_t)m });
        const struct counts c = run_on(IR, net, NULL, none);
        const uint64_t r = 8, w = 2 * m + r, compares = 4 * (m + r) * (m + r) + 1;
        const unsigned input = bl_layer_input_bits(net, 0);
        ck_assert_uint_eq(input, m);
        ck_assert_uint_eq(c.compare, compares);
        ck_assert_uint_eq(c.line, compares * 144 + 143 * w + w);       /* 143 words are moved, one is read */
        bl_net_free(net);
    }
}
END_TEST

/* Columns: M_w + 2 W + 1; 72 carry 9 x 9 bits whatever the window. */
START_TEST(columns)
{
    static const struct { unsigned m; uint32_t k; const char *cols, *says; } rows[] = {
        { 16, 4097, NULL, "chip.cols is 72, but layer 'fc0' of net grown, 16 x 16 bits and 4097 products an output, needs 107 columns: weights, sum, the word beside it and a carry; "
                          "take 107, or give it fewer bits, as in --set 'layer[fc0].a_bits=8'" },
        { 16, 4097, "cols=106", "chip.cols is 106, but" }, { 16, 4097, "cols=107", NULL }, { 9, 4800, NULL, NULL }, { 10, 4800, NULL, "needs 77 columns" },
        { 8, 4800, "cols=67", NULL }, { 8, 4800, "cols=66", "needs 67 columns" } };

    for (int i = 0; i < COUNT(rows); i++) {
        struct bl_net *net = fc(rows[i].k, 1, (struct bl_narrow){ (uint8_t)rows[i].m, (uint8_t)rows[i].m });
        struct rig_opts o = { .platform = LR, .mapper = "bf_imna", .sets = { rows[i].cols }, .job = { .net = net, .count = 1, .seed = 1 } };
        struct net_rig r;
        int status = rig_open(&r, &o);
        ck_assert_msg((status != 0) == (rows[i].says != NULL), "row %d: %s", i, r.h.text);
        ck_assert_msg(!rows[i].says || strstr(r.h.text, rows[i].says), "row %d: %s", i, r.h.text);
        rig_close(&r);
        bl_net_free(net);
    }
}
END_TEST

/* ---- windows spread over the processors ---- */

static const struct { const char *net; uint64_t lr, ir; } SPREAD[] = {
    { "fashion_cnn.onnx", 31575, 15946 }, { "lenet5_mnist.csv", 41532, 35672 }, { "mlperftiny_ad_autoenc.csv", 42748, 35064 },
    { "mlperftiny_kws_dscnn.csv", 124157, 57828 }, { "mlperftiny_ic_resnet8.csv", 157108, 65333 }, { "resnet20_cifar10.csv", 376896, 145729 },
};

static uint64_t cycles_of(const char *platform, int i, const char *pack)
{
    const char *const sets[3] = { pack };
    char path[128];
    struct heard h;

    snprintf(path, sizeof path, "platforms/nets/%s", SPREAD[i].net);
    struct bl_net *net = bl_net_load(path, 1, heard_start(&h));
    ck_assert_ptr_nonnull(net);
    struct bl_dataset *set = i ? NULL : bl_dataset_open("platforms/nets/fashion100-images.idx3", "platforms/nets/fashion100-labels.idx1", NULL);
    struct counts c = run_on(platform, net, set, sets);
    ck_assert(i || strcmp(platform, IR) != 0 || pack || !c.partial);       /* no window of a product is cut */
    bl_dataset_close(set);
    bl_net_free(net);
    return c.cycles;
}

/* Maximum parallelism is the faster one; limited resources are as they were, and so are dense pairs. */
START_TEST(spread)
{
    ck_assert_uint_eq(cycles_of(LR, _i, NULL), SPREAD[_i].lr);
    ck_assert_uint_eq(cycles_of(IR, _i, NULL), SPREAD[_i].ir);
    ck_assert_uint_lt(SPREAD[_i].ir, SPREAD[_i].lr);
    if (_i == 0)
        ck_assert_uint_eq(cycles_of(IR, _i, "pack=dense"), 58810);
}
END_TEST

/* Too few processors for a window each: more windows a processor, or dense pairs where they do not fit its rows. */
START_TEST(fewer_processors)
{
    static const char *const some[3] = { "caps=48" }, *const wide[3] = { "caps=1000" }, *const dense[3] = { "caps=48", "pack=dense" };
    struct demo d = demo_open();
    const struct counts a = run_on(IR, d.net, d.set, some), b = run_on(IR, d.net, d.set, wide), c = run_on(IR, d.net, d.set, dense);

    ck_assert_uint_lt(b.cycles, a.cycles);
    ck_assert_uint_lt(a.cycles, c.cycles);
    demo_close(&d);
}
END_TEST

Suite *suite_bf_imna_bits(void)
{
    Suite *s = suite_create("bf_imna_bits");
    TCase *c = tcase_create("all");

    tcase_add_loop_test(c, fidelities, 0, fewer(COUNT(FLUID), 3));
    tcase_add_test(c, lines);
    tcase_add_test(c, columns);
    tcase_add_loop_test(c, spread, 0, fewer(COUNT(SPREAD), 3));
    tcase_add_test(c, fewer_processors);
    tcase_set_timeout(c, 300);
    suite_add_tcase(s, c);
    return s;
}
