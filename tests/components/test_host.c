/* test_host.c - host (host.c, host_direct.c), tiles and job on OSA-HCIM in digital mode, by real simulation: every layer of every net equals
 * the reference, and its cycles, loads, operations and utilisation are those of the formulas. */
#include "tests/rigs/net_rig.h"

Suite *suite_host(void);

enum { ROWS = 144, HMU = 8, WEIGHT_ROWS = 64, PRODUCTS = 64 };

static const char digital_only[] = "controller.mode=digital";

static uint64_t ceil_div(uint64_t a, uint64_t b) { return (a + b - 1) / b; }

/* What a layer must take. A tile: its rows one a cycle, 2 more until the first is in; an operation is 64 one-bit
 * MACs, one a cycle; 5 cycles from the last MAC to the next tile. A layer: one cycle of requantisation. */
static void as_the_formulas_say(const struct bl_net *net, uint32_t i, uint32_t images, const struct bl_layer_result *r)
{
    const struct bl_layer *l = &net->layers[i];
    const struct bl_tensor *y = &net->tensors[l->out];
    bool array = l->kind == BL_CONV || l->kind == BL_FC;
    uint64_t windows = l->kind == BL_FC ? l->rows : (uint64_t)y->h * y->w;
    uint64_t tiles = array ? l->groups * ceil_div(l->cout / l->groups, HMU) * ceil_div(l->k, ROWS) : 0;
    uint64_t macs = array ? l->cout * windows * l->k : 0;

    ck_assert_int_eq(r->on_array, array);
    ck_assert_str_eq(r->name, l->name);
    ck_assert_uint_eq(r->outputs, images * bl_tensor_elems(y));
    ck_assert_msg(r->mismatches == 0, "layer %s: %llu values differ", l->name, (unsigned long long)r->mismatches);
    ck_assert_uint_eq(r->tiles, tiles);
    ck_assert_uint_eq(r->macs, macs);
    ck_assert_uint_eq(r->ops, images * tiles * windows);
    ck_assert_uint_eq(r->load_cycles, images * tiles * (WEIGHT_ROWS + 2));
    ck_assert_uint_eq(r->cycles, images * (tiles * (WEIGHT_ROWS + 2 + PRODUCTS * windows + 5) + 1));
    double used = array ? (double)macs / (double)(tiles * windows * ROWS * HMU) : 0;
    ck_assert_double_eq_tol(r->utilisation, used, 1e-12);
}

/* Runs `images` made-up images and frees the net. */
static void equals(struct bl_net *net, uint32_t images, uint64_t seed)
{
    struct net_rig r;
    struct rig_opts o = { .sets = { digital_only }, .job = { .net = net, .count = images, .seed = seed } };
    const struct bl_result *res = rig_run(&r, &o);
    uint64_t ops = 0, macs = 0, cycles = 0, adds = 0;

    ck_assert_uint_eq(res->images, images);
    ck_assert_uint_eq(res->nlayers, net->nlayers);
    ck_assert_uint_eq(res->mismatches, 0);
    ck_assert_uint_eq(res->agree, images);
    ck_assert(!res->first.any && !res->approximate && isinf(res->snr_db));
    for (uint32_t i = 0; i < net->nlayers; i++) {
        const struct bl_layer *l = &net->layers[i];
        as_the_formulas_say(net, i, images, &res->layers[i]);
        ops += res->layers[i].ops;
        macs += images * res->layers[i].macs;
        cycles += res->layers[i].cycles;
        if (res->layers[i].on_array)               /* each result of an operation is one addition an output */
            adds += images * ceil_div(l->k, ROWS) * bl_tensor_elems(&net->tensors[l->out]);
    }
    ck_assert_uint_eq(res->ops, ops);
    ck_assert_uint_eq(res->macs, macs);
    ck_assert_uint_eq(res->cycles_min * images, cycles);        /* no image depends on its data */
    ck_assert_uint_eq(res->cycles_max, res->cycles_min);
    ck_assert_uint_eq(rig_account(r.s, "host", "issue"), ops);
    ck_assert_uint_eq(rig_account(r.s, "host", "add"), adds);
    ck_assert_uint_eq(rig_account(r.s, "array", "unwritten"), 0);
    rig_close(&r);
    bl_net_free(net);
}

/* ---- one convolution, form by form ---- */

static const struct { const char *what; uint32_t c, h, w, cout, groups, kh, kw, sh, sw, dh, dw, t, l, b, r; bool relu; } conv[] = {
    /*                        c  h  w co  g kh kw sh sw dh dw  t  l  b  r  relu */
    { "a single product",     1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, false },
    { "1 x 1",                5, 4, 3, 7, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, false },
    { "3 x 3, padded",        3, 6, 5, 8, 1, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, true },
    { "outputs 9 of 8",       2, 4, 4, 9, 1, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, false },
    { "outputs 23",           2, 3, 3, 23, 1, 2, 2, 1, 1, 1, 1, 0, 0, 0, 0, true },
    { "exactly 144 products", 16, 4, 4, 3, 1, 3, 3, 1, 1, 1, 1, 0, 0, 0, 0, false },
    { "145 products",         145, 2, 2, 9, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, false },
    { "288: two K tiles",     32, 3, 4, 5, 1, 3, 3, 1, 1, 1, 1, 1, 0, 0, 1, true },
    { "450: four K tiles",    18, 6, 6, 10, 1, 5, 5, 1, 1, 1, 1, 1, 1, 1, 1, false },
    { "depthwise",            6, 5, 5, 6, 6, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, true },
    { "depthwise, twice",     3, 5, 5, 6, 3, 3, 3, 2, 2, 1, 1, 0, 0, 1, 1, false },
    { "two groups",           8, 4, 4, 20, 2, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, false },
    { "groups, K tiles",      34, 3, 3, 18, 2, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, true },
    { "stride 2 by 3",        4, 7, 8, 5, 1, 3, 2, 2, 3, 1, 1, 1, 0, 0, 1, false },
    { "stride over windows",  2, 9, 9, 4, 1, 2, 2, 4, 4, 1, 1, 0, 0, 0, 0, false },
    { "dilated 2 by 3",       3, 7, 9, 4, 1, 3, 3, 1, 1, 2, 3, 2, 3, 2, 3, true },
    { "kernel over input",    2, 2, 3, 5, 1, 5, 7, 1, 1, 1, 1, 2, 3, 2, 2, false },
    { "pads of one side",     3, 4, 4, 4, 1, 3, 3, 1, 1, 1, 1, 3, 0, 0, 2, false },
    { "windows in padding",   2, 3, 3, 3, 1, 2, 2, 1, 1, 1, 1, 3, 3, 3, 3, false },
};
enum { CODES = 3 };                                /* how often, with other codes of tensors and weights */

START_TEST(one_conv)
{
    int i = _i / CODES;
    struct grow g = grow_start((uint64_t)_i + 1, conv[i].c, conv[i].h, conv[i].w);

    grow_conv(&g, (struct bl_layer){ .groups = conv[i].groups, .kh = conv[i].kh, .kw = conv[i].kw, .stride_h = conv[i].sh,
        .stride_w = conv[i].sw, .dil_h = conv[i].dh, .dil_w = conv[i].dw, .pad_t = conv[i].t, .pad_l = conv[i].l, .pad_b = conv[i].b,
        .pad_r = conv[i].r, .relu = conv[i].relu }, conv[i].cout);
    equals(grow_end(&g), 2, (uint64_t)_i);
}
END_TEST

static const struct { uint32_t k, groups, rows, cout; bool relu; } fc[] = {
    { 1, 1, 1, 1, false }, { 144, 1, 1, 8, true }, { 145, 1, 1, 9, false }, { 500, 1, 1, 17, false },
    { 20, 1, 5, 11, true }, { 150, 1, 3, 9, false }, { 16, 3, 1, 6, false }, { 12, 2, 4, 10, true }, { 160, 2, 3, 18, false },
};

START_TEST(one_fc)
{
    int i = _i / CODES;
    struct grow g = fc[i].rows * fc[i].groups == 1 ? grow_start((uint64_t)_i + 1, fc[i].k, 1, 1) :
                                                     grow_start((uint64_t)_i + 1, 1, fc[i].groups * fc[i].rows, fc[i].k);

    grow_fc(&g, fc[i].groups, fc[i].rows, fc[i].cout, fc[i].relu);
    equals(grow_end(&g), 2, (uint64_t)_i);
}
END_TEST

/* ---- whole nets at random: convolutions, host work of every kind between them, a classifier ---- */

static void random_conv(struct grow *g)
{
    const struct bl_tensor *x = grow_at(g);
    uint32_t groups = x->c % 2 ? pick(&g->s, 0, 1) ? x->c : 1 : pick(&g->s, 1, 2);
    struct bl_layer l = { .groups = groups, .kh = pick(&g->s, 1, 4), .kw = pick(&g->s, 1, 4), .stride_h = pick(&g->s, 1, 2),
        .stride_w = pick(&g->s, 1, 3), .dil_h = pick(&g->s, 1, 2), .dil_w = pick(&g->s, 1, 2), .relu = pick(&g->s, 0, 1) };

    l.pad_t = pick(&g->s, 0, 2);
    l.pad_l = pick(&g->s, 0, 2);
    l.pad_b = (l.kh - 1) * l.dil_h + 1 > x->h + l.pad_t ? (l.kh - 1) * l.dil_h + 1 - x->h - l.pad_t : pick(&g->s, 0, 1);
    l.pad_r = (l.kw - 1) * l.dil_w + 1 > x->w + l.pad_l ? (l.kw - 1) * l.dil_w + 1 - x->w - l.pad_l : pick(&g->s, 0, 1);
    grow_conv(g, l, groups * pick(&g->s, 1, groups > 2 ? 2 : 9));
}

static void random_host(struct grow *g)
{
    const struct bl_tensor *x = grow_at(g);
    uint32_t before = g->at, stride = pick(&g->s, 1, 2);

    switch (pick(&g->s, 0, 6)) {
    case 0: grow_host(g, (struct bl_layer){ .kind = BL_RELU, .relu = true }); break;
    case 1: grow_host(g, (struct bl_layer){ .kind = BL_LUT }); break;
    case 2: grow_host(g, (struct bl_layer){ .kind = BL_SUBSAMPLE, .stride_h = stride, .stride_w = stride, .cout = pick(&g->s, 0, 3) }); break;
    case 3: case 4:
        grow_host(g, (struct bl_layer){ .kind = pick(&g->s, 0, 1) ? BL_MAXPOOL : BL_AVGPOOL, .kh = x->h > 1 ? 2 : 1, .kw = x->w > 1 ? 2 : 1,
            .stride_h = 1, .stride_w = 1, .dil_h = 1, .dil_w = 1, .pad_t = x->h > 1, .count_pad = pick(&g->s, 0, 1) });
        break;
    default:                                       /* a residual edge */
        grow_host(g, (struct bl_layer){ .kind = BL_RELU });
        grow_pair(g, pick(&g->s, 0, 1) ? BL_ADD : BL_MUL, before, pick(&g->s, 0, 1));
    }
}

START_TEST(random_nets)
{
    struct grow g = grow_start(1000 + (uint64_t)_i, 1 + (uint32_t)_i % 7, 3 + (uint32_t)_i % 6, 3 + (uint32_t)_i % 5);
    unsigned layers = pick(&g.s, 1, 3);

    for (unsigned k = 0; k < layers; k++) {
        random_conv(&g);
        if (pick(&g.s, 0, 1))
            random_host(&g);
    }
    grow_host(&g, (struct bl_layer){ .kind = BL_RESHAPE });
    grow_fc(&g, 1, 1, pick(&g.s, 2, 20), false);
    equals(grow_end(&g), 2, (uint64_t)_i);
}
END_TEST

START_TEST(resnet8)
{
    struct heard h;
    struct bl_net *net = bl_net_load("platforms/nets/mlperftiny_ic_resnet8.csv", 1, heard_start(&h));

    ck_assert_msg(net != NULL, "%s", h.text);
    equals(net, 1, 3);
}
END_TEST

/* ---- host_cycles, and what the host refuses ---- */

static struct bl_net *two_layers(void)
{
    struct grow g = grow_start(5, 2, 4, 4);

    grow_conv(&g, (struct bl_layer){ .groups = 1, .kh = 3, .kw = 3, .stride_h = 1, .stride_w = 1, .dil_h = 1, .dil_w = 1 }, 3);
    grow_host(&g, (struct bl_layer){ .kind = BL_RELU, .relu = true });
    return grow_end(&g);
}

START_TEST(host_cycles)
{
    enum { IMAGES = 3 };
    struct bl_net *net = two_layers();
    char set[40];
    struct net_rig free_of_cost, r;
    struct rig_opts o = { .sets = { digital_only }, .job = { .net = net, .count = IMAGES, .seed = 1 } };
    const struct bl_result *before = rig_run(&free_of_cost, &o);
    uint64_t all = 0;

    snprintf(set, sizeof set, "host.host_cycles=%d", _i);
    o.sets[1] = set;
    const struct bl_result *after = rig_run(&r, &o);
    for (uint32_t i = 0; i < net->nlayers; i++) {
        uint64_t cost = (uint64_t)_i * after->layers[i].outputs;
        ck_assert_uint_eq(after->layers[i].cycles, before->layers[i].cycles + cost);
        ck_assert_uint_eq(after->layers[i].mismatches, 0);
        all += cost;
    }
    ck_assert_uint_eq(rig_account(r.s, "host", "host_work"), all);
    ck_assert_uint_eq(rig_account(r.s, "host", "busy"), rig_account(free_of_cost.s, "host", "busy"));
    ck_assert_uint_eq(rig_account(r.s, "host", "requant"), IMAGES * 3 * 2 * 2);
    ck_assert_uint_eq(rig_account(r.s, "host", "work"), IMAGES * 3 * 2 * 2);
    ck_assert_uint_eq(bl_now(r.s), bl_now(free_of_cost.s) + all * CORE_FS);
    rig_close(&r);
    rig_close(&free_of_cost);
    bl_net_free(net);
}
END_TEST

/* A smaller array gets smaller tiles, and the sums stay exact. */
START_TEST(smaller)
{
    static const struct { const char *sets[12]; uint64_t tiles; } cases[] = {
        { { "hmu=4", digital_only }, 2 * 3 }, { { "cols=64", digital_only }, 4 * 2 }, { { "cols=72", "hmu=4", digital_only }, 3 * 3 },
    };
    struct grow g = grow_start(6, 200, 1, 1);
    struct net_rig r;
    struct rig_opts o = { .job = { .count = 1 } };

    memcpy(o.sets, cases[_i].sets, sizeof cases[_i].sets);
    grow_fc(&g, 1, 1, 10, false);
    o.job.net = grow_end(&g);
    ck_assert_msg(rig_open(&r, &o) == 0, "%s", r.h.text);
    ck_assert_int_eq(bl_job_run(r.job, r.s, BL_FOREVER, NULL, NULL), BL_END_STOPPED);
    ck_assert_uint_eq(bl_job_result(r.job)->layers[0].tiles, cases[_i].tiles);
    ck_assert_uint_eq(bl_job_result(r.job)->layers[0].mismatches, 0);
    rig_close(&r);
    bl_net_free(g.net);
}
END_TEST

Suite *suite_host(void)
{
    Suite *s = suite_create("host");
    TCase *t = tcase_create("host");

    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, one_conv, 0, COUNT(conv) * CODES);
    tcase_add_loop_test(t, one_fc, 0, COUNT(fc) * CODES);
    tcase_add_loop_test(t, random_nets, 0, fewer(120, 30));
    tcase_add_test(t, resnet8);
    tcase_add_loop_test(t, host_cycles, 0, 4);
    tcase_add_loop_test(t, smaller, 0, 3);
    suite_add_tcase(s, t);
    return s;
}
