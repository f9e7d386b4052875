/* test_paper_bf_imna_nets.c - what BF-IMNA's paper says of whole nets, and can be compared: latency by bits and energy a multiply-
 * accumulate by simulation; steps, and the order of nets at maximum parallelism, by the durations of their steps. */
#include <math.h>
#include <string.h>

#include "components/bf_imna/ap_map.h"
#include "platforms/net/net.h"
#include "tests/rigs/effort.h"
#include "tests/rigs/command_rig.h"
#include "tools/report/report.h"

struct outcome { double fs, macs, model, account; };

/* A run of bf_imna, one image; more: settings, ended by NULL. */
static struct outcome simulated(const char *net, const char *first, const char *second)
{
    struct outcome o = { 0, 0, 0, 0 };
    struct heard h;
    char json[NAME];

    ck_assert_msg(program(&h, NULL, "run", "bf_imna", "-q", "--images", "1", "--net", net, "--report", "json", "-o", scratch("n.json", json),
                          "--set", first, "--set", second, NULL) == BL_DONE, "%s", h.text);
    json_t *r = bl_report_read(json, heard_start(&h)), *figures = json_object_get(r, "figures");
    o.fs = (double)bl_j_count(r, "simulated_fs");
    o.macs = (double)bl_j_count(json_object_get(r, "totals"), "macs");
    o.account = bl_j_real(json_object_get(r, "totals"), "energy_j");
    for (size_t i = 0; i < json_array_size(figures); i++)
        if (!strcmp(bl_j_text(json_array_get(figures, i), "name"), "model_phys"))
            o.model = bl_j_real(json_array_get(figures, i), "value");
    ck_assert(o.fs > 0 && o.macs > 0 && o.account > 0 && o.model > 0);
    json_decref(r);
    return o;
}

/* "Latency is almost independent of the precision": 1.004 from 8 to 4 bits of ResNet18 (Table VII); agrees, same order: the vertical
 * sums dominate in policy paper2d. As executed (exact) a wider word costs more: 1.05 to 1.10 times. */
START_TEST(latency_by_bits)
{
    double ratio;

    if (!quick()) {
        ratio = simulated("resnet20_cifar10", "chip.timing=paper2d", "layer[*].bits=8").fs /
                simulated("resnet20_cifar10", "chip.timing=paper2d", "layer[*].bits=4").fs;
        ck_assert_msg(ratio > 1.001 && ratio < 1.02, "%.4f", ratio);
    }
    ratio = simulated("lenet5_mnist", "chip.timing=exact", "layer[*].bits=8").fs /
            simulated("lenet5_mnist", "chip.timing=exact", "layer[*].bits=4").fs;
    ck_assert_msg(ratio > 1.05 && ratio < 1.15, "%.4f", ratio);
}
END_TEST

/* Energy a multiply-accumulate is equal over nets within 7.13 %: agrees by construction in the paper's mix of events, which has one
 * vertical addition a product. The executed rounds grow with a window, and the account of what was executed does not agree. */
START_TEST(energy_a_mac)
{
    struct outcome a = simulated("lenet5_mnist", "chip.fold=multi", "layer[*].bits=8");
    struct outcome b = simulated("mlperftiny_ic_resnet8", "chip.fold=multi", "layer[*].bits=8");

    ck_assert(fabs(a.model / a.macs / (b.model / b.macs) - 1) < 1e-4);
    ck_assert(b.account / b.macs > 1.1 * (a.account / a.macs));
}
END_TEST

/* Steps of a net; ms: its products on processors that are used as far as one layer goes, one after the other. */
static uint64_t steps_of(const struct bl_net *net, const struct bl_ap_chip *chip, double *ms, uint32_t *layers)
{
    struct bl_ap_cmd cmd[AP_STEP_MOST];
    uint64_t steps = 0, cycles = 0;

    *layers = 0;
    for (uint32_t i = 0; i < net->nlayers; i++) {
        const struct bl_layer *l = &net->layers[i];
        if (!l->weight)
            continue;
        struct bl_ap_gemm g = { l->cout, l->k, (uint32_t)(bl_layer_macs(net, i) / ((uint64_t)l->cout * l->k)), l->groups };
        uint64_t n = bl_ap_steps(chip, &g), pairs = (uint64_t)g.i * g.j * g.u;
        uint32_t rows = pairs < chip->rows ? (uint32_t)pairs : chip->rows;
        uint32_t k = bl_ap_gemm_step(cmd, 8, 8, true, rows, 0, g.j, chip->rows);
        steps += n;
        ++*layers;
        while (k--)
            cycles += n * bl_ap_duration(&cmd[k], AP_PAPER2D, 2);
    }
    *ms = (double)cycles * 1e-6;
    return steps;
}

/* LR to IR of AlexNet, 6 times: agrees by steps, 46 to 8. IR: ResNet50 is slower than VGG16, and VGG16 than AlexNet: agrees. In LR
 * ResNet50 would be the slowest too; here VGG16 is, which is not reproducible (platforms/bf_imna/README.md). */
START_TEST(order_of_nets)
{
    static const char *const net[] = { "alexnet_imagenet", "vgg16_imagenet", "resnet50_imagenet" };
    static const uint64_t want[] = { 46, 859, 283 };
    const struct bl_ap_chip lr = { 64, 64, 4800, AP_MULTI, AP_DENSE }, ir = { 1, 400000, 4800, AP_MULTI, AP_DENSE };
    double slow[3], fast[3];

    for (int k = 0; k < 3; k++) {
        char file[80];
        uint32_t layers;
        snprintf(file, sizeof file, "platforms/nets/%s.csv", net[k]);
        struct bl_net *of = bl_net_load(file, 1, NULL);
        ck_assert_ptr_nonnull(of);
        ck_assert_uint_eq(steps_of(of, &lr, &slow[k], &layers), want[k]);
        ck_assert_uint_eq(steps_of(of, &ir, &fast[k], &layers), layers);
        bl_net_free(of);
        ck_assert_uint_eq(layers, k == 0 ? 8 : k == 1 ? 16 : 54);
    }
    ck_assert_msg(fast[2] > fast[1] && fast[1] > fast[0], "%.3f %.3f %.3f", fast[0], fast[1], fast[2]);
    ck_assert(fabs(46 / 8.0 - 6) < 0.3);
    ck_assert(slow[1] > slow[2] && slow[2] > slow[0]);
}
END_TEST

Suite *suite_paper_bf_imna_nets(void);
Suite *suite_paper_bf_imna_nets(void)
{
    Suite *s = suite_create("paper_bf_imna_nets");
    TCase *tc = tcase_create("all");

    tcase_add_test(tc, latency_by_bits);
    tcase_add_test(tc, energy_a_mac);
    tcase_add_test(tc, order_of_nets);
    suite_add_tcase(s, tc);
    return s;
}
