/* test_db_pim.c - DB-PIM as a platform (mapper.c, lower.c, listing.c): nets at random and the demo's bit for bit, dense, approximated and pruned, with every
 * setting of the chip, in bands and with any sleep; rows at work as planned; what the mapper refuses; the listing. */
#include "platforms/db_pim/prune.h"
#include "tests/rigs/net_rig.h"
#include "tools/commands.h"

Suite *suite_db_pim(void);

#define DB "platforms/db_pim/db_pim.yaml"

/* The net as the offline side leaves it. sparsity below 0: as it is. */
static void prune(struct bl_net *net, double sparsity)
{
    double *each = calloc(net->nlayers, sizeof *each);
    struct bl_db_pruned *out = calloc(net->nlayers, sizeof *out);
    struct heard h;

    bl_db_choose(net, sparsity, each);
    ck_assert_msg(!bl_db_prune(net, &(struct bl_db_pruning){ each, BL_DB_ALPHA, true }, out, heard_start(&h)), "%s", h.text);
    free(each);
    free(out);
}

static void exact(const struct bl_result *r)
{
    for (uint32_t i = 0; i < r->nlayers; i++)
        ck_assert_msg(!r->layers[i].mismatches, "layer %s: %llu values differ", r->layers[i].name, (unsigned long long)r->layers[i].mismatches);
    ck_assert(!r->approximate);
}

static double figure(const struct bl_result *r, const char *name)
{
    for (uint32_t i = 0; i < r->nfigures; i++)
        if (!strcmp(r->figures[i].name, name))
            return r->figures[i].value;
    ck_abort_msg("no figure %s", name);
}

/* ---- nets at random ---- */

static struct bl_net *random_net(uint64_t seed)
{
    struct grow g = grow_start(seed, pick(&(uint64_t){ seed * 77 }, 1, 40), 9, 11);
    const uint32_t groups = seed % 3 == 1 ? grow_at(&g)->c : 1;

    grow_conv(&g, (struct bl_layer){ .kh = 3, .kw = 3, .stride_h = 1 + (uint32_t)seed % 2, .stride_w = 1, .dil_h = 1, .dil_w = 1, .pad_t = 1, .pad_l = 1, .pad_b = 1,
                                     .pad_r = 1, .groups = 1, .relu = true }, 40);
    grow_conv(&g, (struct bl_layer){ .kh = 3, .kw = 2, .stride_h = 1, .stride_w = 2, .dil_h = 1 + (uint32_t)seed % 2, .dil_w = 1, .pad_t = 2, .pad_l = 1, .pad_b = 2, .pad_r = 0,
                                     .groups = groups == 1 ? 1 : 4 }, 24 + 4 * (uint32_t)(seed % 5));
    grow_conv(&g, (struct bl_layer){ .kh = 3, .kw = 3, .stride_h = 1, .stride_w = 1, .dil_h = 1, .dil_w = 1, .pad_t = 1, .pad_l = 1, .pad_b = 1, .pad_r = 1,
                                     .groups = grow_at(&g)->c }, grow_at(&g)->c);
    grow_host(&g, (struct bl_layer){ .kind = seed % 2 ? BL_MAXPOOL : BL_AVGPOOL, .kh = 2, .kw = 2, .stride_h = 2, .stride_w = 2, .dil_h = 1, .dil_w = 1 });
    grow_host(&g, (struct bl_layer){ .kind = BL_RELU });
    grow_conv(&g, (struct bl_layer){ .kh = 1, .kw = 1, .stride_h = 1, .stride_w = 1, .dil_h = 1, .dil_w = 1, .groups = 1 }, 150);
    grow_fc(&g, 1, 1, 21, false);
    return grow_end(&g);
}

static const char *const settings[][8] = {
    { NULL }, { "feed_rows=4" }, { "double_load=1" }, { "feed_rows=4", "double_load=1", "input_skip=0" }, { "cores=3", "macros=12" }, { "psum_port=32", "load_bus=7" },
    { "chip.row_cycles=12", "input_skip=0" }, { "chip.buffer.words=256", "chip.buffer.banks=4", "chip.psums.bytes=7000", "feed_rows=1" },
    { "chip.buffer.words=300", "chip.psums.bytes=14000", "double_load=1", "simd_lanes=16", "load_bus=0", "chip.fetch_bits=0" },
    { "chip.top.code_bytes=64", "chip.fetch_bits=1", "psum_port=0" },
};
static const char *const codings[] = { "coding=binary", "coding=masked", "coding=dyadic" };

static void run_set(const struct bl_net *net, const char *const *sets, const char *coding, uint32_t count)
{
    struct rig_opts o = { .platform = DB, .mapper = "db_pim", .job = { .net = net, .count = count, .seed = 3 } };
    struct net_rig r;
    size_t n = 0;

    for (; sets[n]; n++)
        o.sets[n] = sets[n];
    o.sets[n] = coding;
    exact(rig_run(&r, &o));
    rig_close(&r);
}

START_TEST(random_nets)
{
    struct bl_net *net = random_net((uint64_t)_i + 1);

    run_set(net, settings[_i % COUNT(settings)], codings[_i % 2 * 2], 1);
    prune(net, 0.5);
    run_set(net, settings[_i % COUNT(settings)], codings[(_i / 2) % 2 + 1], 2);
    bl_net_free(net);
}
END_TEST

/* Matrix products of several rows and groups. */
START_TEST(matrices)
{
    struct grow g = grow_start(5 + (uint64_t)_i, 1, 12, 40);

    grow_fc(&g, 1, 12, 20, true);
    grow_fc(&g, 3, 4, 33, false);
    struct bl_net *net = grow_end(&g);
    prune(net, 0);
    run_set(net, settings[_i], codings[2], 1);
    bl_net_free(net);
}
END_TEST

/* ---- the demo's net ---- */

static uint64_t demo_time(const struct demo *d, const char *const *sets, uint64_t shuffle, bool no_nap, uint32_t count)
{
    struct rig_opts o = { .platform = DB, .mapper = "db_pim", .job = { .net = d->net, .images = d->set, .count = count }, .shuffle = shuffle, .no_nap = no_nap };
    struct net_rig r;

    for (size_t n = 0; sets[n]; n++)
        o.sets[n] = sets[n];
    const struct bl_result *res = rig_run(&r, &o);
    exact(res);
    ck_assert_uint_eq(res->images, count);
    const uint64_t now = bl_now(r.s);
    rig_close(&r);
    return now;
}

START_TEST(demo)
{
    struct demo d = demo_open();
    const char *const *sets = settings[_i];
    const uint64_t dense = demo_time(&d, sets, 0, false, 1);

    prune(d.net, 0);
    const uint64_t one = demo_time(&d, sets, 0, false, 1);
    if (_i != 5)                        /* there, on a bus of seven bits, the weights are what takes time: as many bits */
        ck_assert_uint_lt(one, dense);
    ck_assert_uint_eq(demo_time(&d, sets, 5, false, 1), one);
    ck_assert_uint_eq(demo_time(&d, sets, 0, true, 1), one);
    ck_assert_uint_gt(demo_time(&d, sets, 9, false, 3), 2 * one);
    demo_close(&d);
}
END_TEST

/* ---- rows at work ---- */

/* 3x3, 64 to 64 channels on 12 x 12: 36 groups of positions, 36 rows of 16 in three K tiles; dense four times the columns. Bit columns of the busiest macro
 * are the rows planned, eight each. */
static const struct { const char *coding; double sparsity, steps; } rows[] = {
    { "coding=binary", 0, 36 * 36 * 4 }, { "coding=dyadic", 0, 36 * 36 }, { "coding=masked", 0.6, 0 }, { "coding=dyadic", 0.6, 0 },
};

static struct bl_net *one_layer(void)
{
    struct grow g = grow_start(3, 64, 12, 12);

    for (int i = 0; i < 2; i++)
        grow_conv(&g, (struct bl_layer){ .kh = 3, .kw = 3, .stride_h = 1, .stride_w = 1, .dil_h = 1, .dil_w = 1, .pad_t = 1, .pad_l = 1, .pad_b = 1, .pad_r = 1,
                                         .groups = 1, .relu = true }, 64);
    return grow_end(&g);
}

START_TEST(row_steps)
{
    struct bl_net *net = one_layer();
    const struct rig_opts o = { .platform = DB, .mapper = "db_pim", .sets = { rows[_i].coding, "input_skip=0", "double_load=1" }, .job = { .net = net, .count = 1 } };
    struct net_rig r;

    prune(net, rows[_i].sparsity);
    const struct bl_result *res = rig_run(&r, &o);
    exact(res);
    if (rows[_i].steps > 0) {
        ck_assert_double_eq(figure(res, "row_steps"), 2 * rows[_i].steps);
        ck_assert_double_eq(figure(res, "columns"), 8 * figure(res, "row_steps"));
    } else {
        ck_assert_double_lt(figure(res, "row_steps"), 2 * rows[_i - 2].steps);
        ck_assert_double_le(figure(res, "columns"), 8 * figure(res, "row_steps"));
    }
    ck_assert_double_eq(figure(res, "zero_columns"), 0);
    rig_close(&r);
    bl_net_free(net);
}
END_TEST

/* ---- what is refused, what is said ---- */

static const struct { const char *sets[3], *says; } refused[] = {
    { { "chip.buffer.words=8", "chip.buffer.banks=1" }, "mapper db_pim: layer 'conv2': a row of its output needs more than the 8 words of the input buffer or the 65536 sums of the output "
      "buffer; set chip.buffer.words or chip.psums.bytes" },
    { { "cores=4" }, "network has 32 ports 'row' (macros), core 4 x 4 ports 'row'; expected as many on both sides: set macros to 16" },
    { { "chip.reader.feed_rows=4" }, "chip.network.feed_rows is 1, chip.reader.feed_rows is 4; expected equal numbers" },
};

START_TEST(refusals)
{
    struct demo d = demo_open();
    struct rig_opts o = { .platform = DB, .mapper = "db_pim", .job = { .net = d.net, .images = d.set, .count = 1 } };
    struct net_rig r;

    prune(d.net, 0);
    for (size_t n = 0; n < 3 && refused[_i].sets[n]; n++)
        o.sets[n] = refused[_i].sets[n];
    ck_assert_int_ne(rig_open(&r, &o), 0);
    ck_assert_msg(strstr(r.h.text, refused[_i].says) != NULL, "%s", r.h.text);
    rig_close(&r);
    demo_close(&d);
}
END_TEST

Suite *suite_db_pim(void)
{
    Suite *s = suite_create("db_pim");
    TCase *tc = tcase_create("all");

    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, random_nets, 0, 2 * COUNT(settings));
    tcase_add_loop_test(tc, matrices, 0, COUNT(settings));
    tcase_add_loop_test(tc, demo, 0, COUNT(settings));
    tcase_add_loop_test(tc, row_steps, 0, COUNT(rows));
    tcase_add_loop_test(tc, refusals, 0, COUNT(refused));
    suite_add_tcase(s, tc);
    return s;
}
