/* test_host_steps.c - the host with macros fed from a buffer, by real simulation: every value of every layer is exact on any net and any
 * sizes of macros, banks and memories; slower memories take longer; wrong steps are refused. */
#include "components/dma.h"
#include "components/host.h"
#include "tests/rigs/imc_rig.h"

Suite *suite_host_steps(void);

#define BUFFER "platforms/imc/imc_buffer.yaml"

/* Runs and frees the net; returns the cycles of an image. */
static uint64_t runs(const char *const *sets, struct bl_net *net, const struct rig_opts *more, uint64_t *conflicts)
{
    struct rig_opts o = more ? *more : (struct rig_opts){ 0 };
    struct net_rig r;
    uint64_t cycles = 0;

    o.platform = BUFFER;
    o.mapper = "weight_stationary";
    o.job.net = net;
    o.job.count = o.job.count ? o.job.count : 1;
    for (size_t i = 0; sets && sets[i]; i++)
        o.sets[i] = sets[i];
    const struct bl_result *res = rig_run(&r, &o);
    for (uint32_t i = 0; i < net->nlayers; i++) {
        const struct bl_layer_result *l = &res->layers[i];
        const uint64_t p = net->layers[i].kind == BL_FC ? net->layers[i].rows : (uint64_t)l->out_h * l->out_w;
        ck_assert_msg(!l->mismatches, "layer %s: %llu values differ", l->name, (unsigned long long)l->mismatches);
        ck_assert_uint_eq(l->ops, l->on_array ? o.job.count * l->tiles * p : 0);
        ck_assert(l->on_array ? l->load_cycles > 0 && l->load_cycles < l->cycles : l->load_cycles == 0);
        cycles += l->cycles;
    }
    if (conflicts)
        *conflicts = rig_account(r.s, "buf", "conflict");
    ck_assert_uint_eq(rig_account(r.s, "buf", "unwritten"), 0);
    rig_close(&r);
    return cycles / o.job.count;
}

/* Both macros meet at the banks; with one bank more often than with eight, and the net is slower for it. */
START_TEST(demo)
{
    static const char *const one[] = { "banks=1", NULL }, *const eight[] = { "banks=8", NULL };
    struct demo d = demo_open();
    const struct rig_opts o = { .job = { .images = d.set, .count = 2 } };
    uint64_t most, some, few;

    const uint64_t slow = runs(one, d.net, &o, &most), usual = runs(NULL, d.net, &o, &some), fast = runs(eight, d.net, &o, &few);
    ck_assert_uint_gt(most, some);
    ck_assert_uint_gt(some, few);
    ck_assert_uint_gt(few, 0);
    ck_assert(slow > usual && usual >= fast);
    demo_close(&d);
}
END_TEST

/* The far memory: latency, interval and bursts under way show in the time, not in the values. */
START_TEST(far_memory)
{
    static const char *const near[] = { "host.latency=1", NULL }, *const far[] = { "host.latency=200", NULL },
                      *const slow[] = { "host.interval=4", NULL }, *const many[] = { "dma.outstanding=4", NULL },
                      *const deep[] = { "dma.outstanding=8", "host.queue=8", "dma.burst=8", NULL };
    struct demo d = demo_open();
    const struct rig_opts o = { .job = { .images = d.set } };
    const uint64_t usual = runs(NULL, d.net, &o, NULL);

    ck_assert_uint_lt(runs(near, d.net, &o, NULL), usual);
    ck_assert_uint_gt(runs(far, d.net, &o, NULL), usual);
    ck_assert_uint_gt(runs(slow, d.net, &o, NULL), usual);
    ck_assert_uint_lt(runs(many, d.net, &o, NULL), usual);
    ck_assert_uint_lt(runs(deep, d.net, &o, NULL), usual);
    demo_close(&d);
}
END_TEST

static struct bl_net *any_net(uint64_t seed)
{
    struct grow g = grow_start(seed, 4, 7, 6);
    const uint32_t groups = pick(&g.s, 0, 1) ? 4 : 1;

    grow_conv(&g, (struct bl_layer){ .groups = groups, .kh = 3, .kw = pick(&g.s, 1, 3), .stride_h = pick(&g.s, 1, 2), .stride_w = 1, .dil_h = 1,
                                     .dil_w = 1, .pad_t = 1, .pad_l = 1, .pad_b = 1, .pad_r = 1 }, groups * pick(&g.s, 1, 7));
    grow_host(&g, (struct bl_layer){ .kind = BL_RELU });
    grow_host(&g, (struct bl_layer){ .kind = BL_RESHAPE });
    grow_fc(&g, 1, 1, pick(&g.s, 1, 30), false);
    return grow_end(&g);
}

/* Output groups that change on a macro, K tiles on one or on both, groups side by side. */
START_TEST(any_sizes)
{
    uint64_t s = (uint64_t)_i * 31 + 7;
    char text[3][32];
    const char *const sets[] = { imc_set(text[0], "rows", pick(&s, 9, 40)), imc_set(text[1], "cols", pick(&s, 3, 12)),
                                 imc_set(text[2], "banks", UINT64_C(1) << pick(&s, 0, 3)), NULL };
    struct bl_net *net = any_net((uint64_t)_i + 1);

    runs(sets, net, NULL, NULL);
    bl_net_free(net);
}
END_TEST

/* A layer of one output group on both macros: the host adds the sums of each, an addition an output. */
START_TEST(sums_of_macros_are_added)
{
    struct grow g = grow_start(5, 4, 7, 6);
    struct rig_opts o = { .platform = BUFFER, .mapper = "weight_stationary", .sets = { "rows=20", "cols=5" }, .job = { .count = 1 } };
    struct net_rig r;

    grow_fc(&g, 1, 1, 5, false);
    struct bl_net *net = grow_end(&g);
    o.job.net = net;
    const struct bl_result *res = rig_run(&r, &o);
    ck_assert_uint_eq(res->layers[0].tiles, 9);                /* of 168 inputs, 20 rows at a time */
    ck_assert_uint_eq(res->layers[0].mismatches, 0);
    ck_assert_uint_eq(rig_account(r.s, "host", "add"), 2 * 5);
    rig_close(&r);
    bl_net_free(net);
}
END_TEST

START_TEST(same_however)
{
    static const char *const sets[] = { "rows=20", "cols=5", NULL };
    struct bl_net *net = any_net(3);
    const uint64_t cycles = runs(sets, net, NULL, NULL);

    ck_assert_uint_eq(runs(sets, net, &(struct rig_opts){ .no_nap = true }, NULL), cycles);
    ck_assert_uint_eq(runs(sets, net, &(struct rig_opts){ .shuffle = 9 }, NULL), cycles);
    bl_net_free(net);
}
END_TEST

/* ---- steps that the host refuses ---- */

static const struct { struct bl_host_step step; bool wires; const char *says; } wrong[] = {
    { { .unit = 1 }, true, "host: layer 0, step 0 gives a job to go[1], which is not wired" },
    { { .unit = 0, .n = 1, .wait = { { 1, 1 } } }, true, "host: layer 0, step 0 waits for done[1], which is not wired" },
    { { .unit = 0, .n = 1, .wait = { { 0, 1 } } }, false, "host: req is not wired, and the net runs from a buffer; wire it to a dma" },
};

START_TEST(refused)
{
    const struct bl_host_layer layer = { .kind = BL_HOST_ARRAY, .nsteps = 1, .step = &wrong[_i].step };
    const struct bl_host_program g = { .nlayers = 1, .layer = &layer, .memory = 8, .sums = 1, .input_bytes = 1 };
    static const struct bl_dma_job none = { .words = 1, .rows = 1 };
    struct heard h;
    struct bl_sim *s = bl_open(bl_classes, heard_start(&h));

    bl_clock(s, "core", CORE_FS, 0, NULL);
    bl_add(s, "host", "host", "core", NULL);
    bl_add(s, "dma", "dma", "core", NULL);
    bl_wire(s, "host.go", "dma.job", (struct bl_link){ .depth = 2 }, NULL);
    bl_add(s, "buf", "sram", "core", NULL);
    bl_wire(s, "dma.near", "buf.req", (struct bl_link){ .depth = 2 }, NULL);
    bl_wire(s, "dma.done", "host.done", (struct bl_link){ 0 }, NULL);
    if (!wrong[_i].wires)
        bl_add(s, "dram", "dram", "core", NULL);
    bl_wire(s, "dma.req", wrong[_i].wires ? "host.req" : "dram.req", (struct bl_link){ .depth = 2 }, NULL);
    bl_wire(s, wrong[_i].wires ? "host.rsp" : "dram.rsp", "dma.rsp", (struct bl_link){ .depth = 2 }, NULL);
    ck_assert_int_eq(bl_supply(s, "host", "program", &g, sizeof g), 0);
    ck_assert_int_eq(bl_supply(s, "dma", "jobs", &none, 0), 0);
    ck_assert_int_lt(bl_elaborate(s), 0);
    ck_assert_msg(strstr(h.text, wrong[_i].says) != NULL, "%s", h.text);
    bl_close(s);
}
END_TEST

Suite *suite_host_steps(void)
{
    Suite *s = suite_create("host_steps");
    TCase *tc = tcase_create("all");

    tcase_add_test(tc, demo);
    tcase_add_test(tc, far_memory);
    tcase_add_loop_test(tc, any_sizes, 0, fewer(30, 10));
    tcase_add_test(tc, sums_of_macros_are_added);
    tcase_add_test(tc, same_however);
    tcase_add_loop_test(tc, refused, 0, COUNT(wrong));
    suite_add_tcase(s, tc);
    return s;
}
