/* test_osa_hcim_bits.c - OSA-HCIM with bits by layer: cycles of the demo follow each layer's bits, its weights' loads too; boundaries by precision; what does not fit. */
#include "tests/rigs/net_rig.h"

Suite *suite_osa_hcim_bits(void);

enum { LAYERS = 8 };
#define DIGITAL "controller.mode=digital"
#define OSA_DUAL "platforms/osa_hcim/osa_hcim_dual.yaml"

/* Cycles of conv1, conv2 and fc, digital: w a a product, and a load of 8 w + 2 a tile. */
static const struct { struct bl_narrow conv1, conv2, fc; uint64_t cycles[3]; } DEMO[] = {
    { { 8, 8 }, { 8, 8 }, { 8, 8 }, { 25231, 12829, 2971 } },      /* 41031 */
    { { 4, 8 }, { 4, 8 }, { 4, 8 }, { 12623, 6429, 1563 } },       /* 21511 with loads of 64 rows: 28 tiles of 32 fewer */
    { { 4, 4 }, { 4, 4 }, { 4, 4 }, { 6351, 3293, 1211 } },        /* 10855 */
    { { 8, 8 }, { 4, 8 }, { 8, 8 }, { 25231, 6429, 2971 } },
    { { 8, 8 }, { 8, 4 }, { 8, 8 }, { 25231, 6557, 2971 } },       /* the loads are those of 8-bit weights */
    { { 8, 8 }, { 1, 2 }, { 2, 8 }, { 25231, 0, 0 } },
};

static void narrow(struct bl_net *net, const struct bl_narrow bits[3])
{
    struct bl_narrow to[LAYERS] = { { 0, 0 } };
    struct heard h;

    for (uint32_t i = 0, k = 0; i < net->nlayers; i++)
        if (net->layers[i].weight)
            to[i] = bits[k++];
    ck_assert_msg(bl_net_narrow(net, to, heard_start(&h)) == 0, "%s", h.text);
}

START_TEST(demo)
{
    const struct bl_narrow bits[3] = { DEMO[_i].conv1, DEMO[_i].conv2, DEMO[_i].fc };
    struct demo d = demo_open();
    struct net_rig r;

    narrow(d.net, bits);
    struct rig_opts o = { .sets = { DIGITAL }, .job = { .net = d.net, .images = d.set, .count = 1 } };
    const struct bl_result *res = rig_run(&r, &o);
    ck_assert(!res->first.any);
    for (uint32_t i = 0, k = 0; i < res->nlayers; i++) {
        if (!res->layers[i].on_array)
            continue;
        if (DEMO[_i].cycles[k])
            ck_assert_uint_eq(res->layers[i].cycles, DEMO[_i].cycles[k]);
        unsigned w = bits[k].w == 1 ? 2 : bits[k].w;
        ck_assert_uint_eq(res->layers[i].load_cycles, (8 * w + 2) * res->layers[i].tiles);
        k++;
    }
    rig_close(&r);
    demo_close(&d);
}
END_TEST

/* Three precisions in one run, boundaries by the OSE: each layer has those of its own; too few bits are digital. */
START_TEST(boundaries)
{
    static const struct bl_narrow bits[3] = { { 4, 4 }, { 8, 4 }, { 2, 1 } };
    struct demo d = demo_open();
    struct net_rig r;
    uint64_t chosen[16], all = 0;

    narrow(d.net, bits);
    struct rig_opts o = { .sets = { "controller.mode=osa", "ose.thresholds=[60,50,40,30,20]" }, .job = { .net = d.net, .images = d.set, .count = 1 } };
    rig_run(&r, &o);
    for (int b = 0; b < 16; b++) {
        char name[40];
        snprintf(name, sizeof name, "controller.chosen[%d]", b);
        ck_assert_int_eq(bl_peek(r.s, name, &chosen[b]), 0);
        ck_assert(b <= 6 || !chosen[b]);
        all += chosen[b];
    }
    ck_assert_uint_eq(chosen[0], 22);                      /* the operations of fc */
    ck_assert_uint_eq(all, 392 + 196 + 22);
    ck_assert_uint_gt(chosen[1], 0);
    rig_close(&r);
    demo_close(&d);
}
END_TEST

/* ---- two weights of 4 bits in eight rows ---- */

/* Sixteen outputs a tile, half the tiles, 66 cycles to load one; no operation is faster. Layers of 8 bits stay as they are. */
static const struct { struct bl_narrow all[3]; uint64_t cycles[3], tiles[3]; } DUAL[] = {
    { { { 4, 4 }, { 4, 4 }, { 4, 4 } }, { 6344, 3279, 1134 }, { 1, 2, 11 } },       /* 10757 */
    { { { 8, 8 }, { 4, 8 }, { 8, 8 } }, { 25231, 6415, 2971 }, { 2, 2, 22 } },
};

START_TEST(dual)
{
    struct demo d = demo_open();
    struct net_rig r;

    narrow(d.net, DUAL[_i].all);
    struct rig_opts o = { .platform = OSA_DUAL, .sets = { DIGITAL }, .job = { .net = d.net, .images = d.set, .count = 2 } };
    const struct bl_result *res = rig_run(&r, &o);
    ck_assert(!res->first.any);
    for (uint32_t i = 0, k = 0; i < res->nlayers; i++) {
        if (!res->layers[i].on_array)
            continue;
        ck_assert_uint_eq(res->layers[i].cycles, 2 * DUAL[_i].cycles[k]);
        ck_assert_uint_eq(res->layers[i].tiles, DUAL[_i].tiles[k]);
        k++;
    }
    rig_close(&r);
    demo_close(&d);
}
END_TEST

/* fc layers of `outputs` outputs, any zero points: the same sums as one weight in eight rows gives, whatever the mode; a half without outputs is neither written
 * nor run. */
START_TEST(same_sums)
{
    static const char *const modes[] = { DIGITAL, "controller.mode=osa", "controller.mode=fixed" };

    for (uint32_t outputs = 3; outputs <= 35; outputs += 8)
        for (int m = 0; m < COUNT(modes); m++) {
            struct grow g = grow_start(outputs, 200, 1, 1);
            struct bl_narrow to[1] = { { (uint8_t)(2 + outputs / 8 % 3), 4 } };
            double error[2];
            uint64_t loads[2];
            struct heard h;
            grow_fc(&g, 1, 1, outputs, false);
            struct bl_net *net = grow_end(&g);
            ck_assert_int_eq(bl_net_narrow(net, to, heard_start(&h)), 0);
            for (int k = 0; k < 2; k++) {
                struct rig_opts o = { .platform = k ? OSA_DUAL : OSA, .sets = { modes[m], "controller.boundary=4" }, .job = { .net = net, .count = 3, .seed = 1 } };
                struct net_rig r;
                const struct bl_result *res = rig_run(&r, &o);
                error[k] = res->layers[0].error;
                loads[k] = rig_account(r.s, "array", "row_write");
                ck_assert(m || !res->first.any);
                rig_close(&r);
            }
            ck_assert_double_eq(error[0], error[1]);
            ck_assert_uint_eq(loads[0], loads[1]);
            bl_net_free(net);
        }
}
END_TEST

/* One window of sixteen outputs at 4 x 4, rho 2: a pair of operations takes 36 32 26 22 22 cycles at B = 1 .. 5, besides 70 of load and host. */
START_TEST(pairs)
{
    static const int t[5] = { 36, 32, 26, 22, 22 };

    for (int b = 1; b <= 5; b++) {
        struct grow g = grow_start(3, 144, 1, 1);
        struct bl_narrow to[1] = { { 4, 4 } };
        char forced[24];
        struct heard h;
        grow_fc(&g, 1, 1, 16, false);
        struct bl_net *net = grow_end(&g);
        ck_assert_int_eq(bl_net_narrow(net, to, heard_start(&h)), 0);
        snprintf(forced, sizeof forced, "ose.forced=[%d]", b);
        struct rig_opts o = { .platform = OSA_DUAL, .sets = { "controller.mode=osa", "controller.w_bits=4", "controller.a_bits=4", "ose.candidates=[1,2,3,4,5]",
                                        "ose.thresholds=[4,3,2,1]", forced }, .job = { .net = net, .count = 1, .seed = 1 } };
        struct net_rig r;
        const struct bl_result *res = rig_run(&r, &o);
        ck_assert_msg(res->layers[0].cycles == (uint64_t)t[b - 1] + 70, "B %d: %d cycles, expected %d", b, (int)res->layers[0].cycles - 70, t[b - 1]);
        rig_close(&r);
        bl_net_free(net);
    }
}
END_TEST

static const struct { struct bl_narrow bits[3]; const char *sets[3], *says; } WRONG[] = {
    { { { 4, 4 }, { 4, 4 }, { 4, 4 } }, { DIGITAL, "host.outs=12", "accumulator.outs=12" }, "host.outs is 12 for 8 HMU; expected 8, or 16 for layers of 4-bit weights, two in eight rows, as osa_hcim_dual has them" },
    { { { 8, 8 }, { 4, 8 }, { 8, 8 } }, { "controller.mode=fixed", "controller.boundary=11" }, "controller.boundary is 11, but layer 'conv2' of net fashion_cnn.onnx has 4 x 8 bits, whose "
      "highest order is 10: nothing would be digital; take at most that" },
    { { { 8, 8 }, { 4, 8 }, { 8, 8 } }, { DIGITAL, "controller.w_bits=4" }, "controller.w_bits is 4, but layer 'conv1' of net fashion_cnn.onnx has weights of 8 bits; take 8, or narrow "
      "them with --set 'layer[conv1].w_bits=4'" },
    { { { 4, 8 }, { 4, 8 }, { 4, 8 } }, { DIGITAL, "controller.a_bits=4", "controller.w_bits=4" }, "controller.a_bits is 4, but layer 'conv1' of net fashion_cnn.onnx has activations of 8" },
};

START_TEST(wrong)
{
    struct demo d = demo_open();
    struct net_rig r;

    narrow(d.net, WRONG[_i].bits);
    struct rig_opts o = { .sets = { WRONG[_i].sets[0], WRONG[_i].sets[1], WRONG[_i].sets[2] }, .job = { .net = d.net, .images = d.set, .count = 1 } };
    ck_assert_int_ne(rig_open(&r, &o), 0);
    ck_assert_msg(!strncmp(r.h.text, WRONG[_i].says, strlen(WRONG[_i].says)), "%s", r.h.text);
    rig_close(&r);
    demo_close(&d);
}
END_TEST

/* A calibration is for the bits of the controller's parameters. */
START_TEST(calibrated)
{
    static const struct bl_narrow four[3] = { { 8, 8 }, { 4, 8 }, { 8, 8 } };
    struct demo d = demo_open();
    struct net_rig r;

    narrow(d.net, four);
    struct rig_opts o = { .sets = { "controller.mode=osa" }, .job = { .net = d.net, .images = d.set, .count = 1, .calibration = "platforms/nets/fashion_cnn.osa_hcim.yaml" } };
    ck_assert_int_ne(rig_open(&r, &o), 0);
    ck_assert_ptr_nonnull(strstr(r.h.text, "fashion_cnn.osa_hcim.yaml: layer 'conv2' of net fashion_cnn.onnx has 4 x 8 bits; ranges and thresholds are for the 8 x 8 of "
                                           "controller.w_bits and a_bits"));
    rig_close(&r);
    o.sets[0] = DIGITAL;
    rig_run(&r, &o);
    rig_close(&r);
    const double loss[1] = { 1 };
    char path[512];
    const struct calibration c = { .platform = OSA, .loss = loss, .nloss = 1, .count = 1, .seed = 1 };
    ck_assert_int_ne(rig_calibrate(&c, d.net, scratch(path, "bits.yaml"), heard_start(&r.h)), 0);
    ck_assert_ptr_nonnull(strstr(r.h.text, "layer 'conv2' of net fashion_cnn.onnx has 4 x 8 bits; ranges and thresholds are for the 8 x 8"));
    demo_close(&d);
}
END_TEST

Suite *suite_osa_hcim_bits(void)
{
    Suite *s = suite_create("osa_hcim_bits");
    TCase *t = tcase_create("all");

    tcase_add_loop_test(t, demo, 0, COUNT(DEMO));
    tcase_add_test(t, boundaries);
    tcase_add_loop_test(t, dual, 0, COUNT(DUAL));
    tcase_add_test(t, same_sums);
    tcase_add_test(t, pairs);
    tcase_add_loop_test(t, wrong, 0, COUNT(WRONG));
    tcase_add_test(t, calibrated);
    suite_add_tcase(s, t);
    return s;
}
