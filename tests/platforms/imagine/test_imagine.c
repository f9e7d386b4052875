/* test_imagine.c - nets on IMAGINE (components/imagine/): bit-true with an ideal converter whatever the cut, nothing depends on order,
 * naps or phases, calibration, what is refused, loading of weights. */
#include "tests/rigs/net_rig.h"
#include "platforms/imagine/phases.h"
#include "platforms/file/io.h"

Suite *suite_imagine(void);

#define IMAGINE "platforms/imagine/imagine.yaml"
#define EXACT "host.r_out=28"

static struct bl_net *small_net(uint64_t seed, uint32_t c)
{
    struct grow g = grow_start(seed, c, 7, 6);

    grow_conv(&g, (struct bl_layer){ .groups = 1, .kh = 3, .kw = 3, .stride_h = 1, .stride_w = 1, .dil_h = 1, .dil_w = 1,
        .pad_t = 1, .pad_l = 1,
                                     .pad_b = 1, .pad_r = 1, .relu = true }, 12);
    grow_conv(&g, (struct bl_layer){ .groups = 2, .kh = 5, .kw = 4, .stride_h = 2, .stride_w = 1, .dil_h = 1, .dil_w = 1,
        .pad_t = 2, .pad_l = 1,
                                     .pad_b = 2, .pad_r = 2 }, 10);
    grow_host(&g, (struct bl_layer){ .kind = BL_RELU });
    grow_conv(&g, (struct bl_layer){ .groups = 1, .kh = 1, .kw = 1, .stride_h = 1, .stride_w = 2, .dil_h = 1, .dil_w = 1 },
              8);
    grow_conv(&g, (struct bl_layer){ .groups = 8, .kh = 3, .kw = 3, .stride_h = 1, .stride_w = 1, .dil_h = 1, .dil_w = 1,
        .pad_t = 1, .pad_l = 1,
                                     .pad_b = 1, .pad_r = 1 }, 8);
    grow_fc(&g, 2, 2, 6, false);
    return grow_end(&g);
}

/* ---- with an ideal converter of 28 bits every layer equals the reference ---- */
static const char *const exact_sets[][5] = {
    { EXACT }, { EXACT, "host.r_w=1" }, { EXACT, "host.r_w=2", "host.lmem_layout=rowmajor" }, { EXACT, "host.r_w=3",
        "host.datapath=serial" },
    { EXACT, "cim_timer.phases=0", "host.newrow=paper", "host.n_cim=3" }, { EXACT, "lmem.bytes=1024" }, { EXACT,
        "dp_array.split=none" } };

START_TEST(bit_true)
{
    for (uint64_t seed = 1; seed <= (uint64_t)fewer(4, 1); seed++) {
        struct bl_net *net = small_net(seed, (uint32_t)(3 * seed));
        struct rig_opts o = { .platform = IMAGINE, .mapper = "imagine", .job = { .net = net, .count = 2, .seed = seed } };
        struct net_rig r;
        for (int i = 0; i < 5; i++)
            o.sets[i] = exact_sets[_i][i];
        const struct bl_result *res = rig_run(&r, &o);
        for (uint32_t i = 0; i < res->nlayers; i++)
            ck_assert_msg(res->layers[i].mismatches == 0, "%s, seed %d: layer %s differs in %d of %d", exact_sets[_i][1],
                          (int)seed,
                          res->layers[i].name, (int)res->layers[i].mismatches, (int)res->layers[i].outputs);
        ck_assert(!res->approximate || _i >= 3);       /* said to be exact only where it must be */
        rig_close(&r);
        bl_net_free(net);
    }
}
END_TEST

/* More channels and outputs than the array holds: several weight sets of several strips. */
START_TEST(large)
{
    struct grow g = grow_start(9, 140, 6, 5);

    grow_conv(&g, (struct bl_layer){ .groups = 1, .kh = 3, .kw = 3, .stride_h = 1, .stride_w = 1, .dil_h = 1, .dil_w = 1,
        .pad_t = 1, .pad_l = 1,
                                     .pad_b = 1, .pad_r = 1, .relu = true }, 70);
    grow_fc(&g, 1, 1, 40, false);
    struct bl_net *net = grow_end(&g);
    struct rig_opts o = { .platform = IMAGINE, .mapper = "imagine", .sets = { EXACT, "lmem.bytes=4096", "host.gamma=2" },
        .job = { .net = net, .count = 1 } };
    struct net_rig r;
    const struct bl_result *res = rig_run(&r, &o);
    for (uint32_t i = 0; i < res->nlayers; i++)
        ck_assert_msg(res->layers[i].mismatches == 0, "layer %s differs in %d", res->layers[i].name,
                      (int)res->layers[i].mismatches);
    ck_assert_uint_eq(res->layers[0].tiles, 2 * 3 * 2);    /* two channel tiles, three of outputs, two strips */
    rig_close(&r);
    bl_net_free(net);
}
END_TEST

/* A layer that fills all rows and columns is used to 100 %, whatever the bits of weights and slices; what it leaves empty is missing. */
START_TEST(used)
{
    static const struct { const char *set; uint32_t bits, channels, outputs; double used; } rows[] = {
        { "host.r_w=4", 8, 128, 32, 1 }, { "host.r_w=4", 8, 128, 16, 0.5 }, { "host.r_w=4", 8, 64, 32, 0.5 },
        { "host.r_w=4", 4, 128, 64, 1 }, { "host.r_w=4", 4, 128, 32, 0.5 }, { "host.r_w=2", 8, 128, 32, 1 },
        { "host.r_w=1", 8, 128, 32, 1 }, { "host.r_w=1", 2, 128, 128, 1 }, { "host.r_w=3", 8, 128, 21, 1 },
        { "host.r_w=4", 8, 128, 33, 33.0 / 64 } };

    for (int i = 0; i < COUNT(rows); i++) {
        struct grow g = grow_start(3, rows[i].channels, 3, 4);
        struct heard h;
        grow_conv(&g, (struct bl_layer){ .groups = 1, .kh = 3, .kw = 3, .stride_h = 1, .stride_w = 1, .dil_h = 1, .dil_w = 1 }, rows[i].outputs);
        struct bl_net *net = grow_end(&g);
        if (rows[i].bits < 8)
            ck_assert_int_eq(bl_net_narrow(net, &(struct bl_narrow){ .w = (uint8_t)rows[i].bits }, heard_start(&h)), 0);
        struct rig_opts o = { .platform = IMAGINE, .mapper = "imagine", .sets = { EXACT, rows[i].set }, .job = { .net = net, .count = 2 } };
        struct net_rig r;
        const struct bl_result *res = rig_run(&r, &o);
        ck_assert_double_eq_tol(res->layers[0].utilisation, rows[i].used, 1e-12);
        rig_close(&r);
        bl_net_free(net);
    }
}
END_TEST

/* Every cycle of a layer lies in one of four parts, and inside the pipeline the macro for all but starts and ends. */
static double figure_of(const struct bl_result *res, const char *name)
{
    for (uint32_t i = 0; i < res->nfigures; i++)
        if (!strcmp(res->figures[i].name, name))
            return res->figures[i].value;
    return 0;
}

START_TEST(figures)
{
    struct demo d = demo_open();
    static const char *const layer[] = { "conv1", "conv2", "fc" };
    struct rig_opts o = { .platform = IMAGINE, .mapper = "imagine", .job = { .net = d.net, .images = d.set, .count = 3 } };
    struct net_rig r;
    const struct bl_result *res = rig_run(&r, &o);

    for (int i = 0; i < COUNT(layer); i++) {
        static const char *const part[] = { "weights", "inputs", "pipeline", "outputs", "cim", "cim_wait_in",
            "cim_wait_out" };
        double v[7], phases = (double)res->layers[i < 2 ? i : 3].tiles * 3;
        for (int k = 0; k < 7; k++) {
            char name[40];
            snprintf(name, sizeof name, "%s.%s", layer[i], part[k]);
            v[k] = figure_of(res, name);
        }
        double all = (double)res->layers[i < 2 ? i : 3].cycles, rest = v[2] - v[4] - v[5] - v[6];
        ck_assert_msg(fabs(all - v[0] - v[1] - v[2] - v[3]) <= 3 * phases + 3, "%s: %g of %g cycles", layer[i],
                      v[0] + v[1] + v[2] + v[3], all);
        ck_assert_msg(rest >= 0 && rest <= 10 * phases, "%s: %g of %g pipeline cycles are nobody's", layer[i], rest, v[2]);
    }
    ck_assert_uint_eq(rig_account(r.s, "lmem", "unwritten"), 0);
    ck_assert_uint_eq(rig_account(r.s, "dp_array", "unwritten"), 0);
    rig_close(&r);
    demo_close(&d);
}
END_TEST

/* ---- what changes nothing ---- */
/* Everything that an account says, stirred into one number. */
static uint64_t digest(struct bl_sim *s)
{
    uint64_t d = bl_now(s);

    for (size_t i = 0; i < bl_part_count(s); i++) {
        struct bl_part_row p;
        struct bl_verdict_row v;
        struct bl_tally_row y;
        struct bl_wait_row w;
        bl_part_at(s, i, &p);
        d = bl_draw(d, (uint64_t)p.energy);
        for (uint32_t k = 0; k < p.verdicts; k++) {
            bl_verdict_at(s, i, k, &v);
            d = bl_draw(bl_draw(d, v.spent), v.blamed_fs);
        }
        for (uint32_t k = 0; k < p.tallies; k++) {
            bl_tally_at(s, i, k, &y);
            d = bl_draw(d, y.count);
        }
        for (size_t k = 0; k < bl_wait_rows(s, i); k++) {
            bl_wait_at(s, i, k, &w);
            d = bl_draw(bl_draw_key(d, w.peer_verdict), w.fs);
        }
    }
    return d;
}

START_TEST(order)
{
    struct demo d = demo_open();
    uint64_t cycles = 0, account = 0;
    bl_yj energy = 0;
    double snr = 0;

    for (int i = 0; i < 4; i++) {
        struct rig_opts o = { .platform = IMAGINE, .mapper = "imagine", .shuffle = i == 1 ? 7 : 0, .no_nap = i == 2,
                              .sets = { "dsci_adc.noise=0.0002", "dsci_adc.sa_sigma=0.0175",
                                  i == 3 ? "cim_timer.phases=0" : NULL },
                              .job = { .net = d.net, .images = d.set, .count = 2 } };
        struct net_rig r;
        const struct bl_result *res = rig_run(&r, &o);
        ck_assert(res->approximate);
        if (i == 0) {
            cycles = res->cycles_max, snr = res->snr_db, energy = bl_energy(r.s), account = digest(r.s);
        } else {
            ck_assert_uint_eq(res->cycles_max, cycles);
            ck_assert(res->snr_db == snr);
            ck_assert(bl_energy(r.s) == energy);
            ck_assert(i == 3 || digest(r.s) == account);    /* phases off: fewer commands, all else the same */
        }
        rig_close(&r);
    }
    demo_close(&d);
}
END_TEST

/* Without the split of the DPL the drivers see more of each cell's capacitor: 63 aJ / 65536 at 0.3 V. */
START_TEST(split_saves)
{
    struct demo d = demo_open();
    bl_yj energy[2];
    uint64_t more[2];

    for (int none = 0; none < 2; none++) {
        struct rig_opts o = { .platform = IMAGINE, .mapper = "imagine", .sets = { none ? "dp_array.split=none" : NULL },
                              .job = { .net = d.net, .images = d.set, .count = 1 } };
        struct net_rig r;
        rig_run(&r, &o);
        energy[none] = bl_energy(r.s);
        more[none] = rig_account(r.s, "dp_array", "unsplit");
        rig_close(&r);
    }
    ck_assert_uint_eq(more[0], 0);
    ck_assert_uint_gt(more[1], 0);
    ck_assert(energy[1] - energy[0] == (bl_yj)more[1] * 961);
    demo_close(&d);
}
END_TEST

START_TEST(two_are_one)
{
    struct demo d = demo_open();
    struct rig_opts o = { .platform = IMAGINE, .mapper = "imagine", .job = { .net = d.net, .images = d.set, .count = 1 } };
    struct net_rig a, b;

    rig_run(&a, &o);
    rig_run(&b, &o);
    ck_assert(bl_state_equal(a.s, b.s));
    rig_close(&a);
    rig_close(&b);
    demo_close(&d);
}
END_TEST

/* Codes of 8 bits without noise: every r_in and r_out gives a result; more bits give less error. */
START_TEST(precision)
{
    struct demo d = demo_open();
    static const char *const bits[][2] = { { "host.r_in=8", "host.r_out=10" }, { "host.r_in=8", "host.r_out=8" },
        { "host.r_in=8", "host.r_out=5" },
                                           { "host.r_in=1", "host.r_out=10" } };
    double snr[4];

    for (int i = 0; i < 4; i++) {
        struct rig_opts o = { .platform = IMAGINE, .mapper = "imagine", .sets = { bits[i][0], bits[i][1] },
                              .job = { .net = d.net, .images = d.set, .count = 5,
                                  .calibration = "platforms/nets/fashion_cnn.imagine.yaml" } };
        struct net_rig r;
        snr[i] = rig_run(&r, &o)->snr_db;
        rig_close(&r);
    }
    ck_assert_msg(snr[0] > snr[1] && snr[1] > snr[2] && snr[0] > snr[3] && snr[1] > 15, "%g %g %g %g dB", snr[0], snr[1],
                  snr[2], snr[3]);
    demo_close(&d);
}
END_TEST

/* ---- 12: a full array is 1152 rows of eight words ---- */
START_TEST(weights)
{
    struct grow g = grow_start(3, 128, 3, 3);
    struct net_rig r;

    grow_conv(&g, (struct bl_layer){ .groups = 1, .kh = 3, .kw = 3, .stride_h = 1, .stride_w = 1, .dil_h = 1, .dil_w = 1 },
              64);
    struct bl_net *net = grow_end(&g);
    struct rig_opts o = { .platform = IMAGINE, .mapper = "imagine", .job = { .net = net, .count = 1 } };
    const struct bl_result *res = rig_run(&r, &o);
    ck_assert_uint_eq(rig_account(r.s, "weight_loader", "rows"),
                      2 * CIM_ROWS);    /* 64 outputs of two 4-bit slices: 128 groups of four columns */
    ck_assert_uint_eq(rig_account(r.s, "weight_loader", "busy"), 2 * 9216);
    ck_assert_uint_eq(res->layers[0].tiles, 2);
    ck_assert_uint_ge(res->layers[0].load_cycles, 2 * 9216);
    ck_assert_uint_le(res->layers[0].load_cycles, 2 * 9216 + 20);
    rig_close(&r);
    bl_net_free(net);
}
END_TEST

/* ---- refusals ---- */
static void refused(struct bl_net *net, const char *set, const char *words)
{
    struct rig_opts o = { .platform = IMAGINE, .mapper = "imagine", .sets = { set }, .job = { .net = net, .count = 1 } };
    struct net_rig r;

    ck_assert_msg(rig_open(&r, &o) == -1, "accepted; expected: %s", words);
    ck_assert_msg(strstr(r.h.text, words), "said \"%s\", expected \"%s\"", r.h.text, words);
    rig_close(&r);
}

START_TEST(refusals)
{
    static const struct { struct bl_layer l; const char *set, *words; } rows[] = {
        { { .kh = 3, .kw = 3, .dil_h = 2, .dil_w = 2 }, NULL, "layer conv0: dilation 2/2" },
        { { .kh = 3, .kw = 3, .dil_h = 1, .dil_w = 1, .pad_t = 3, .pad_b = 1, .pad_l = 1, .pad_r = 1 }, NULL,
            "is as wide as its window of 3 x 3" },
        { { .kh = 3, .kw = 3, .dil_h = 1, .dil_w = 1 }, "lmem.bytes=16", "layer conv0 does not fit: one output row" },
        { { .kh = 3, .kw = 3, .dil_h = 1, .dil_w = 1 }, "clock.core=100ns", NULL },
        { { .kh = 3, .kw = 3, .dil_h = 1, .dil_w = 1 }, "host.gamma=3", "host.gamma is 3; the ladder gives" },
        { { .kh = 3, .kw = 3, .dil_h = 1, .dil_w = 1 }, "mbiw.vddl=0.4", "dp_array.vddl and mbiw.vddl differ" },
        { { .kh = 3, .kw = 3, .dil_h = 1, .dil_w = 1 }, "dsci_adc.vddl=0.4", "dp_array.vddl and dsci_adc.vddl differ" },
        { { .kh = 3, .kw = 3, .dil_h = 1, .dil_w = 1 }, "ladder.slow=1", "cim_timer.slow and ladder.slow differ" },
        { { .kh = 3, .kw = 3, .dil_h = 1, .dil_w = 1 }, "cal_engine.slow=1", "cim_timer.slow and cal_engine.slow differ" },
        { { .kh = 3, .kw = 3, .dil_h = 1, .dil_w = 1 }, "weight_loader.word_bits=16", "weight_loader.word_bits is 16; the host sends words of 32 bits" },
        { { .kh = 3, .kw = 3, .dil_h = 1, .dil_w = 1 }, "dp_array.t_dp=6 ns", "cim_timer.t_dp and dp_array.t_dp differ" },
        { { .kh = 3, .kw = 3, .dil_h = 1, .dil_w = 1 }, "dp_array.xnor_zero=none", "a net needs minus" } };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct grow g = grow_start(3, 8, 8, 8);
        struct bl_layer l = rows[i].l;
        l.groups = l.stride_h = l.stride_w = 1;
        grow_conv(&g, l, 4);
        struct bl_net *net = grow_end(&g);
        if (rows[i].words) {
            refused(net, rows[i].set, rows[i].words);
        } else {                                       /* n_cim = 0 finds what a clock needs; the right one is accepted */
            struct rig_opts o = { .platform = IMAGINE, .mapper = "imagine", .sets = { rows[i].set }, .job = { .net = net,
                .count = 1 } };
            struct net_rig r;
            rig_run(&r, &o);
            rig_close(&r);
        }
        bl_net_free(net);
    }
    struct bl_net *net = small_net(2, 4);
    struct rig_opts o = { .platform = IMAGINE, .mapper = "imagine", .sets = { "host.n_cim=1", "clock.core=100ns" },
        .job = { .net = net, .count = 1 } };
    struct net_rig r;
    ck_assert_int_eq(rig_open(&r, &o), -1);
    ck_assert_msg(strstr(r.h.text, "n_cim is 1, but an operation of 8, 8, 4 bits (in, out, weight) takes 782252 ps: 8"),
                  "%s", r.h.text);
    rig_close(&r);
    bl_net_free(net);
}
END_TEST

/* ---- one number for several parts ---- */

/* The nominal supply by the parameters of the file is that of each part by itself. */
START_TEST(nominal_supply)
{
    struct bl_net *net = small_net(3, 8);
    struct rig_opts o[2] = {
        { .sets = { "clock.core=153443ps", "vddl=0.4", "vddh=0.8", "slow=1" } },
        { .sets = { "clock.core=153443ps", "dp_array.vddl=0.4", "mbiw.vddl=0.4", "dsci_adc.vddl=0.4", "dsci_adc.vddh=0.8",
                    "cim_timer.slow=1", "ladder.slow=1", "cal_engine.slow=1" } } };
    struct { uint64_t now, same; double error; } seen[2];

    for (int i = 0; i < 2; i++) {
        struct net_rig r;
        o[i].platform = IMAGINE;
        o[i].mapper = "imagine";
        o[i].job = (struct bl_job_opts){ .net = net, .count = 1 };
        const struct bl_result *res = rig_run(&r, &o[i]);
        seen[i].now = bl_now(r.s);
        seen[i].same = res->outputs - res->mismatches;
        seen[i].error = res->layers[res->last].error;
        rig_close(&r);
    }
    ck_assert_uint_eq(seen[0].now, seen[1].now);
    ck_assert_uint_eq(seen[0].same, seen[1].same);
    ck_assert(!(seen[0].error < seen[1].error) && !(seen[0].error > seen[1].error));
    bl_net_free(net);
}
END_TEST

/* ---- calibration ---- */
static int calibrated(const struct bl_net *net, const char *path, const char *const *sets, struct heard *h)
{
    return rig_calibrate(&(struct calibration){ .platform = IMAGINE, .sets = sets, .count = 2, .seed = 4 }, net, path, heard_start(h));
}

/* Offsets of a die's amplifiers, 17.5 mV: seven bits of calibration leave some, in the file, and the host takes them off. */
START_TEST(trims)
{
    static const char *const die[] = { "dsci_adc.sa_sigma=0.0175", NULL };
    struct bl_net *net = small_net(5, 8);
    char path[512];
    struct heard h;
    double snr[2];

    ck_assert_msg(calibrated(net, scratch(path, "imagine_trim.yaml"), die, &h) == 0, "%s", h.text);
    for (int i = 0; i < 2; i++) {
        struct rig_opts o = { .platform = IMAGINE, .mapper = "imagine", .sets = { die[0] },
                              .job = { .net = net, .count = 2, .seed = 4, .calibration = i ? path : NULL } };
        struct net_rig r;
        snr[i] = (rig_run(&r, &o), bl_job_result(r.job)->snr_db);
        rig_close(&r);
    }
    ck_assert_msg(snr[1] > snr[0] + 6 && snr[1] > 10, "%g dB without, %g dB with", snr[0], snr[1]);
    remove(path);
    bl_net_free(net);
}
END_TEST

START_TEST(calibrate)
{
    struct bl_net *net = small_net(5, 8);
    char path[512], again[512];
    struct heard h;
    double snr[2];

    ck_assert_msg(calibrated(net, scratch(path, "imagine_cal.yaml"), NULL, &h) == 0, "%s", h.text);
    ck_assert_msg(calibrated(net, scratch(again, "imagine_cal2.yaml"), NULL, &h) == 0, "%s", h.text);
    size_t na, nb;
    char *a = bl_read_all(path, &na, &h.diag), *b = bl_read_all(again, &nb, &h.diag);
    ck_assert(na == nb && !memcmp(a, b, na));
    free(a);
    free(b);
    for (int i = 0; i < 2; i++) {
        struct rig_opts o = { .platform = IMAGINE, .mapper = "imagine", .job = { .net = net, .count = 2, .seed = 4,
            .calibration = i ? path : NULL } };
        struct net_rig r;
        snr[i] = rig_run(&r, &o)->snr_db;
        rig_close(&r);
    }
    ck_assert_msg(snr[1] > snr[0] + 6, "%g dB without, %g dB with", snr[0], snr[1]);
    remove(path);
    remove(again);
    bl_net_free(net);
}
END_TEST

static const struct { const char *text, *words; } bad[] = {
    { "calibration: osa_hcim\nlayers: {}\n", ":1:14: this is a calibration for the mapper 'osa_hcim', and the platform's mapper is 'imagine'" },
    { "calibration: imagine\nlayers:\n  conv9: { gamma: [1] }\n",
        ":3:3: net fashion_cnn.onnx has no conv or fc layer 'conv9'" },
    { "calibration: imagine\nlayers:\n  conv1: { gamma: [3] }\n", "a gain of 3; the ladder gives" },
    { "calibration: imagine\nlayers:\n  conv1: { gamma: [1, 2] }\n", "2 gains, but the layer has 1 weight sets" },
    { "calibration: imagine\nlayers:\n  conv1: { offset: [[16]] }\n",
        "offset 16; expected at most 256 whole numbers -16 .. 15" },
    { "calibration: imagine\nr_w: 2\nlayers: {}\n",
        ":2:6: made with weight slices of r_w = 2; the platform has host.r_w = 4" },
    { "calibration: imagine\nlayers:\n  conv1: { trim: [[x]] }\n",
        "trim x; expected at most 256 whole numbers -1000000 .. 1000000" },
    { "calibration: imagine\nlayers:\n  conv1: { offset: [[1], [2]] }\n",
        "2 lists of offsets, but the layer has 1 weight sets" },
    { "calibration: imagine\nlayers:\n  conv1: { gamma: [1] }\n", "layer 'conv2' of net fashion_cnn.onnx is missing" },
    { "calibration: imagine\nlayers:\n  conv1: { gain: [1] }\n", "gain" } };

START_TEST(bad_files)
{
    struct demo d = demo_open();
    char path[512];
    struct net_rig r;
    FILE *f = fopen(scratch(path, "imagine_bad.yaml"), "w");
    struct rig_opts o = { .platform = IMAGINE, .mapper = "imagine", .job = { .net = d.net, .images = d.set, .count = 1,
        .calibration = path } };

    ck_assert_ptr_nonnull(f);
    fputs(bad[_i].text, f);
    fclose(f);
    ck_assert_int_eq(rig_open(&r, &o), -1);
    ck_assert_msg(strstr(r.h.text, bad[_i].words), "said \"%s\", expected \"%s\"", r.h.text, bad[_i].words);
    rig_close(&r);
    remove(path);
    demo_close(&d);
}
END_TEST

Suite *suite_imagine(void)
{
    Suite *s = suite_create("imagine");
    TCase *t = tcase_create("nets");

    tcase_add_loop_test(t, bit_true, 0, COUNT(exact_sets));
    tcase_add_test(t, large);
    tcase_add_test(t, used);
    tcase_add_test(t, figures);
    tcase_add_test(t, order);
    tcase_add_test(t, split_saves);
    tcase_add_test(t, two_are_one);
    tcase_add_test(t, precision);
    tcase_add_test(t, weights);
    tcase_add_test(t, refusals);
    tcase_add_test(t, nominal_supply);
    tcase_add_test(t, calibrate);
    tcase_add_test(t, trims);
    tcase_add_loop_test(t, bad_files, 0, COUNT(bad));
    suite_add_tcase(s, t);
    return s;
}
