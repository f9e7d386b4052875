/* test_paper_db_pim.c - what Duan et al. say of DB-PIM, through the simulation (acceptance of components/db_pim and platforms/db_pim): 4.00 times the
 * dense machine with two digits a weight, row steps of whole networks, depthwise layers on the SIMD core, Table III with what was calibrated on it.
 * `make check` runs EfficientNet-B0 and one layer each of VGG19 and ResNet18, `make check-long` all networks whole. */
#include "platforms/db_pim/prune.h"
#include "tests/rigs/net_rig.h"

Suite *suite_paper_db_pim(void);

#define CK_NEAR(got, want, share) ck_assert_msg(fabs((got) / (want) - 1) <= (share), "got %.9g, wanted %.9g", (double)(got), (double)(want))

enum { KEPT = 0, PHI1 = 1, PHI2 = 2 };

/* phi 1 or 2: every weight of the array's layers has exactly so many non-zero digits. */
static void digits(struct bl_net *net, uint32_t phi)
{
    for (uint32_t i = 0; phi && i < net->nlayers; i++)
        for (size_t k = 0; bl_db_on_array(net, i) && k < (size_t)net->layers[i].cout * net->layers[i].k; k++)
            net->layers[i].weight[k] = bl_db_closest(net->layers[i].weight[k], phi);
}

struct run { double steps, columns, pass, load, bits, u_act, products, pj; };      /* pj: of a macro, a bit column */

static double tally(struct bl_sim *s, const char *part, const char *item) { return (double)rig_account(s, part, item); }

static double figure(const struct bl_result *r, const char *name)
{
    for (uint32_t i = 0; i < r->nfigures; i++)
        if (!strcmp(r->figures[i].name, name))
            return r->figures[i].value;
    ck_abort_msg("no figure %s", name);
}

/* Energy of all macros over their bit columns; writing of rows included. */
static double macro_pj(struct bl_sim *s)
{
    double columns = 0, pj = 0;
    struct bl_part_row row;

    for (size_t i = 0; i < bl_part_count(s); i++) {
        bl_part_at(s, i, &row);
        if (!row.cls || !strstr(row.path, "core["))
            continue;
        for (const char *const *c = (const char *const[]){ "slicer", "db_pim_array", "csd_tree", "shift_add", NULL }; *c; c++)
            pj += strcmp(row.cls, *c) ? 0 : (double)row.energy * 1e-12;
        columns += strcmp(row.cls, "slicer") ? 0 : tally(s, row.path, "slice");
    }
    return pj / columns;
}

static struct run run_net(struct bl_net *net, const char *platform, const char *coding)
{
    struct rig_opts o = { .mapper = "db_pim", .sets = { coding }, .job = { .net = net, .count = 1, .seed = 1 } };
    char path[128];
    struct net_rig r;

    snprintf(path, sizeof path, "platforms/db_pim/%s.yaml", platform);
    o.platform = path;
    const struct bl_result *res = rig_run(&r, &o);
    for (uint32_t i = 0; i < res->nlayers; i++)
        ck_assert_msg(!res->layers[i].mismatches, "layer %s: %llu values differ", res->layers[i].name, (unsigned long long)res->layers[i].mismatches);
    const struct run run = { figure(res, "row_steps"), figure(res, "columns"), tally(r.s, "chip.top", "at_pass"), tally(r.s, "chip.top", "at_load"),
                             tally(r.s, "chip.loader", "bits"), figure(res, "u_act"), tally(r.s, "chip.simd", "product"), macro_pj(r.s) };
    rig_close(&r);
    return run;
}

static struct run run_file(const char *file, uint32_t phi, const char *platform, const char *coding)
{
    char path[128];
    struct heard h;

    snprintf(path, sizeof path, "platforms/nets/%s.csv", file);
    struct bl_net *net = bl_net_load(path, 1, heard_start(&h));
    ck_assert_msg(net != NULL, "%s", h.text);
    digits(net, phi);
    const struct run run = run_net(net, platform, coding);
    bl_net_free(net);
    return run;
}

/* ---- Fig. 11 and section VI-C: close to four times with thresholds of two ---- */

/* A 3 x 3 layer of VGG19 (64 to 64 channels) and one of ResNet18 (128 to 128), fewer rows of pixels. */
static const struct { uint32_t channels, h, w; } layers[] = { { 64, 8, 32 }, { 128, 8, 16 } };

static struct bl_net *one_layer(uint32_t c, uint32_t h, uint32_t w)
{
    struct grow g = grow_start(2, c, h, w);

    grow_conv(&g, (struct bl_layer){ .kh = 3, .kw = 3, .stride_h = 1, .stride_w = 1, .dil_h = 1, .dil_w = 1, .pad_t = 1, .pad_l = 1, .pad_b = 1, .pad_r = 1,
                                     .groups = 1, .relu = true }, c);
    return grow_end(&g);
}

START_TEST(four_times)
{
    struct bl_net *dense = one_layer(layers[_i].channels, layers[_i].h, layers[_i].w), *two = one_layer(layers[_i].channels, layers[_i].h, layers[_i].w);

    digits(two, PHI2);
    const struct run a = run_net(dense, "db_pim_ideal", "coding=binary"), b = run_net(two, "db_pim_ideal", "coding=dyadic");
    ck_assert_double_eq(a.columns, 4 * b.columns);
    ck_assert_double_eq(b.columns, 8 * b.steps);
    CK_NEAR((a.pass + a.load) / (b.pass + b.load), 4.0, 0.01);
    CK_NEAR(b.pj, 14.0, 0.01);              /* calibrated: 80 % of 281.26 mW (Table II), and so that power is 1.30 times the dense one's (Fig. 11) */
    CK_NEAR(b.pj / a.pj, 1.30, 0.01);
    bl_net_free(dense);
    bl_net_free(two);
}
END_TEST

/* ---- row steps: a row of 16 weights a filter in all macros at once (the ideal tile model) ---- */

static const struct { const char *net; double dense, phi2, phi1, u_act; } steps[] = {     /* u_act: of the paper, % */
    { "efficientnetb0_s2_cifar100", 17833, 5202, 3389, 78.4 }, { "mobilenetv2_cifar100", 85104, 26888, 18944, 81.4 },
    { "alexnet_3x3_cifar100", 296192, 74112, 38464, 85.0 }, { "resnet18_cifar100", 542944, 135744, 86560, 86.3 },
    { "vgg19_cifar100", 389344, 97344, 53536, 86.8 }, { "vgg19_4096_cifar100", 464640, 116224, 62976, 86.8 },
};

/* As planned, and as the busiest macro worked: eight bit columns a row step where the densest core is always the same. */
START_TEST(whole_nets)
{
    const struct run dense = run_file(steps[_i].net, KEPT, "db_pim_ideal", "coding=binary"), two = run_file(steps[_i].net, PHI2, "db_pim_ideal", "coding=dyadic");
    const struct run one = run_file(steps[_i].net, PHI1, "db_pim_ideal", "coding=dyadic");

    ck_assert_double_eq(dense.steps, steps[_i].dense);
    ck_assert_double_eq(two.steps, steps[_i].phi2);
    ck_assert_double_eq(one.steps, steps[_i].phi1);
    ck_assert_double_eq(dense.columns, 8 * dense.steps);
    ck_assert_double_eq(two.columns, 8 * two.steps);
    ck_assert_double_eq(one.columns, 8 * one.steps);
    ck_assert_msg(fabs(two.u_act - steps[_i].u_act) < 15, "u_act is %g", two.u_act);     /* not reproducible more closely */
}
END_TEST

/* VGG19 and ResNet18 4.00, MobileNetV2 lowest (section VI-C). Exact integers, so their ratios are too. */
START_TEST(speed_ups)
{
    CK_NEAR(steps[4].dense / steps[4].phi2, 4.0, 0.01);
    CK_NEAR(steps[3].dense / steps[3].phi2, 4.0, 0.01);
    CK_NEAR(steps[1].dense / steps[1].phi2, 3.165, 0.001);
    CK_NEAR(steps[4].dense / steps[4].phi1, 7.273, 0.001);
    CK_NEAR(steps[3].dense / steps[3].phi1, 6.272, 0.001);
    CK_NEAR(steps[1].dense / steps[1].phi1, 4.492, 0.001);
    for (int i = 0; i < COUNT(steps); i++)
        ck_assert_double_ge(steps[i].dense / steps[i].phi2, steps[1].dense / steps[1].phi2);
}
END_TEST

/* ---- Table III with preset C, which is calibrated on it; depthwise layers by the shares of Fig. 13 ---- */

/* ms. model: 192 cycles a pass and 512 bits a cycle of weights, by formula. paper: Table III, bit-level sparsity. */
static const struct { const char *net; double model, paper, over, dw, dw_paper; } table3[] = {
    { "efficientnetb0_s2_cifar100", 0.466, 0.40, 0.25, 0.176, 0.177 }, { "mobilenetv2_cifar100", 2.22, 2.34, 0.20, 1.470, 1.544 },
    { "alexnet_3x3_cifar100", 3.07, 2.88, 0.20, 0, 0 }, { "resnet18_cifar100", 4.16, 4.03, 0.20, 0, 0 },
    { "vgg19_4096_cifar100", 4.25, 4.37, 0.20, 0, 0 },
};

/* What the run counted, at the formula's prices, is the formula's time within 1 %; its own time has fill and drain of every tile besides, so the nets with
 * the smallest layers take 7 % more: EfficientNet-B0 then is 24 % above the paper, the others are within 20 %. */
START_TEST(calibrated)
{
    const struct run r = run_file(table3[_i].net, PHI2, "db_pim_paper_C", "coding=dyadic");
    const double ms = 2e-6, counted = (r.columns / 8 * 12 + r.bits / 512) * ms, simulated = (r.pass + r.load) * ms, dw = ceil(r.products / 8) * ms;

    CK_NEAR(counted, table3[_i].model, 0.015);
    CK_NEAR(simulated, table3[_i].model, 0.07);
    CK_NEAR(simulated, table3[_i].paper, table3[_i].over);
    if (table3[_i].dw > 0) {
        CK_NEAR(dw, table3[_i].dw, 0.002);
        CK_NEAR(dw, table3[_i].dw_paper, 0.06);
    }
}
END_TEST

/* ---- capacities (section VI-A), as the parts have them ---- */

START_TEST(capacities)
{
    struct net_rig r;
    struct demo d = demo_open();
    const struct rig_opts o = { .platform = "platforms/db_pim/db_pim.yaml", .mapper = "db_pim", .job = { .net = d.net, .images = d.set, .count = 1 } };
    uint64_t words = 0, bits = 0, sums = 0, code = 0, cores = 0;

    ck_assert_msg(!rig_open(&r, &o), "%s", r.h.text);
    bl_peek(r.s, "chip.buffer.words", &words);
    bl_peek(r.s, "chip.buffer.bits", &bits);
    bl_peek(r.s, "chip.psums.bytes", &sums);
    bl_peek(r.s, "chip.top.code_bytes", &code);
    bl_peek(r.s, "chip.network.cores", &cores);
    ck_assert_uint_eq(words * bits / 8, 128 * 1024);
    ck_assert_uint_eq(sums, 256 * 1024);
    ck_assert_uint_eq(code, 16 * 1024);
    ck_assert_uint_eq(cores * BL_DB_MACROS * BL_DB_ROWS * BL_DB_COLUMNS * BL_DB_COMPARTMENTS / 8, 16 * 1024);
    ck_assert_uint_eq(BL_DB_META_FILE_BITS / 8, 1536);
    ck_assert_uint_eq(BL_DB_MASK_BITS, 2048);
    rig_close(&r);
    demo_close(&d);
}
END_TEST

Suite *suite_paper_db_pim(void)
{
    Suite *s = suite_create("paper_db_pim");
    TCase *tc = tcase_create("all");

    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, four_times, 0, COUNT(layers));
    tcase_add_loop_test(tc, whole_nets, 0, 1);
    tcase_add_test(tc, speed_ups);
    tcase_add_loop_test(tc, calibrated, 0, 1);
    tcase_add_test(tc, capacities);
    suite_add_tcase(s, tc);
    tc = tcase_create("large nets");
    tcase_set_tags(tc, "long");
    tcase_set_timeout(tc, 1200);
    tcase_add_loop_test(tc, whole_nets, 1, COUNT(steps));
    tcase_add_loop_test(tc, calibrated, 1, COUNT(table3));
    suite_add_tcase(s, tc);
    return s;
}
