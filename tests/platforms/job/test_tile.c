/* test_tile.c - the cut of layers for arrays of any size: every product of every output once, groups apart, every
 * product's activation where im2col puts it, weight bits in their rows. */
#include "platforms/job/tile.h"
#include "tests/rigs/effort.h"
#include "tests/rigs/net_rig.h"

Suite *suite_tile(void);

static const uint32_t arrays[][2] = { { 144, 8 }, { 37, 5 }, { 1, 1 }, { 1000, 64 } };   /* products x outputs */

/* Each tile is marked cell by cell: all cells of the layer exactly once, none twice, in rising order. */
static void covers(const struct bl_host_layer *h, const struct bl_layer *l, uint32_t rows, uint32_t cols)
{
    uint8_t *seen = calloc((size_t)l->cout * l->k, 1);
    uint32_t per_group = l->cout / l->groups;

    for (uint32_t t = 0; t < h->ntiles; t++) {
        const struct bl_host_tile *x = &h->tile[t];
        ck_assert(x->nout >= 1 && x->nout <= cols && x->nk >= 1 && x->nk <= rows);
        ck_assert(x->out + x->nout <= l->cout && x->k + x->nk <= l->k);
        ck_assert_uint_eq(x->out / per_group, x->group);
        ck_assert_uint_eq((x->out + x->nout - 1) / per_group, x->group);
        for (uint32_t o = x->out; o < x->out + x->nout; o++)
            for (uint32_t k = x->k; k < x->k + x->nk; k++)
                ck_assert_uint_eq(seen[(size_t)o * l->k + k]++, 0);
    }
    for (size_t i = 0; i < (size_t)l->cout * l->k; i++)
        ck_assert_uint_eq(seen[i], 1);
    free(seen);
}

START_TEST(any_conv)
{
    uint32_t rows = arrays[_i % COUNT(arrays)][0], cols = arrays[_i % COUNT(arrays)][1];
    uint64_t s = (uint64_t)_i * 1000;
    uint32_t groups = pick(&s, 1, 4), c = groups * pick(&s, 1, 9), height = pick(&s, 5, 9), width = pick(&s, 5, 9);
    struct grow g = grow_start((uint64_t)_i, c, height, width);
    struct net_rig r;
    struct bl_host_layer h = { 0 };

    grow_conv(&g, (struct bl_layer){ .groups = groups, .kh = pick(&s, 1, 3), .kw = pick(&s, 1, 3), .stride_h = pick(&s, 1, 3),
        .stride_w = pick(&s, 1, 3), .dil_h = pick(&s, 1, 2), .dil_w = pick(&s, 1, 2), .pad_t = pick(&s, 0, 2), .pad_l = pick(&s, 0, 2) },
        groups * pick(&s, 1, 20));
    struct rig_opts o = { .job = { .net = grow_end(&g), .count = 1 } };
    ck_assert_int_eq(rig_open(&r, &o), 0);
    const struct bl_layer *l = &g.net->layers[0];
    const struct bl_tensor *y = &g.net->tensors[l->out];
    ck_assert_int_eq(bl_tile_cut(r.job, 0, rows, cols, &h), 0);
    covers(&h, l, rows, cols);
    ck_assert(!h.flat);
    ck_assert_uint_eq(h.cout, l->cout);
    ck_assert_uint_eq(h.k, l->k);
    ck_assert_uint_eq(h.pixels, y->h * y->w);
    ck_assert_uint_eq(h.width, y->w);
    ck_assert_uint_eq(h.group_bytes, c / groups * height * width);
    for (uint32_t k = 0; k < l->k; k++) {          /* k runs over channels, then rows, then columns of the window */
        uint32_t ch = k / (l->kh * l->kw), dy = k / l->kw % l->kh * l->dil_h, dx = k % l->kw * l->dil_w;
        ck_assert_int_eq(h.tap[k].dy, (int)dy);
        ck_assert_int_eq(h.tap[k].dx, (int)dx);
        ck_assert_int_eq(h.tap[k].at, (int)((ch * height + dy) * width + dx));
    }
    rig_close(&r);
    bl_net_free(g.net);
}
END_TEST

START_TEST(any_fc)
{
    uint32_t rows = arrays[_i % COUNT(arrays)][0], cols = arrays[_i % COUNT(arrays)][1];
    uint64_t s = (uint64_t)_i * 1000;
    uint32_t groups = pick(&s, 1, 3), m = pick(&s, 1, 4), k = pick(&s, 1, 300), cout = groups * pick(&s, 1, 20);
    struct grow g = grow_start((uint64_t)_i, 1, groups * m, k);
    struct net_rig r;
    struct bl_host_layer h = { 0 };

    grow_fc(&g, groups, m, cout, false);
    struct rig_opts o = { .job = { .net = grow_end(&g), .count = 1 } };
    ck_assert_int_eq(rig_open(&r, &o), 0);
    ck_assert_int_eq(bl_tile_cut(r.job, 0, rows, cols, &h), 0);
    covers(&h, &g.net->layers[0], rows, cols);
    ck_assert(h.flat);
    ck_assert_uint_eq(h.k, k);
    ck_assert_uint_eq(h.rows_of_group, m);
    ck_assert_uint_eq(h.pixels, groups * m);
    ck_assert_uint_eq(h.group_bytes, m * k);
    rig_close(&r);
    bl_net_free(g.net);
}
END_TEST

/* The rows the mapper packs hold the weights, bit by bit, and nothing in unused rows and columns. */
START_TEST(planes)
{
    enum { K = 200, COUT = 3 };
    struct grow g = grow_start(4, K, 1, 1);

    grow_fc(&g, 1, 1, COUT, false);
    const struct bl_layer *l = &grow_end(&g)->layers[0];
    for (uint64_t s = 0, n = 0; n < 200; n++) {
        uint32_t o = pick(&s, 0, COUT - 1), k = pick(&s, 0, K - 1), many = pick(&s, 1, K - k);
        unsigned bit = pick(&s, 0, 7);
        uint64_t words[4] = { 0 };
        bl_tile_plane(l, o, k, many, bit, words);
        for (uint32_t i = 0; i < 256; i++) {
            int w = i < many ? l->weight[o * K + k + i] : 0;       /* bit 7 counts -128 */
            int value = bit == 7 ? w < 0 : ((w % (2 << bit) + (2 << bit)) % (2 << bit)) >= 1 << bit;
            ck_assert_int_eq((int)(words[i / 64] >> i % 64 & 1), value);
        }
    }
    bl_net_free(g.net);
}
END_TEST

/* Zero points of the weights: the array multiplies the weights as they are stored, the host takes off zero point times window sum. */
START_TEST(zero_points)
{
    static const char *const PLATFORM[2] = { "osa_hcim", "bf_imna" };
    struct grow g = grow_start((uint64_t)_i, 6, 7, 5);
    uint32_t groups = 1u << _i / 2 % 2;
    struct net_rig r;

    grow_conv(&g, (struct bl_layer){ .groups = groups, .kh = 3, .kw = 2, .stride_h = 2, .stride_w = 1, .dil_h = 1, .dil_w = 1, .pad_t = 1, .pad_r = 1 }, 4);
    grow_fc(&g, 1, 2, 3, false);
    for (uint32_t l = 0; l < 2; l++)
        for (uint32_t o = 0; o < g.net->layers[l].cout; o++)
            g.net->layers[l].wzero[o] = (int32_t)pick(&g.s, 0, 254) - 127;
    const struct bl_net *net = grow_end(&g);
    struct rig_opts o = { .platform = _i % 2 ? "platforms/bf_imna/bf_imna.yaml" : NULL, .mapper = PLATFORM[_i % 2],
                          .sets = { _i % 2 ? NULL : "controller.mode=digital" }, .job = { .net = net, .count = 2, .seed = (uint64_t)_i } };
    const struct bl_result *res = rig_run(&r, &o);
    for (uint32_t i = 0; i < 2; i++)
        ck_assert_uint_eq(res->layers[i].mismatches, 0);
    if (_i % 2 == 0) {                 /* a window's products and its outputs, once a window and group */
        uint32_t windows = net->tensors[1].h * net->tensors[1].w * groups;
        uint64_t tiles = 2 * ((uint64_t)net->tensors[1].c * net->tensors[1].h * net->tensors[1].w + 6);
        uint64_t sums = 2 * ((uint64_t)windows * (net->layers[0].k + 4 / groups) + 2 * (net->layers[1].k + 3ull));
        ck_assert_uint_ge(rig_account(r.s, "host", "add"), tiles + sums);
    }
    rig_close(&r);
    bl_net_free(g.net);
}
END_TEST

/* Taps are 16-bit: what does not fit is refused, the largest that fits is right. */
START_TEST(wide_windows)
{
    uint32_t dil = _i ? 16384 : 16383;
    struct grow g = grow_start(4, 1, 2 * dil + 1, 1);
    struct net_rig r;

    grow_conv(&g, (struct bl_layer){ .groups = 1, .kh = 3, .kw = 1, .stride_h = 1, .stride_w = 1, .dil_h = dil, .dil_w = 1 }, 2);
    struct rig_opts o = { .sets = { "controller.mode=digital" }, .job = { .net = grow_end(&g), .count = 1 } };
    if (_i) {
        ck_assert_int_lt(rig_open(&r, &o), 0);
        ck_assert_str_eq(r.h.text, "layer conv0: a window of 3 x 1, dilated by 16384/1; the host takes spans up to 32768");
    } else {
        ck_assert_uint_eq(rig_run(&r, &o)->mismatches, 0);
    }
    rig_close(&r);
    bl_net_free(g.net);
}
END_TEST

Suite *suite_tile(void)
{
    Suite *s = suite_create("tile");
    TCase *t = tcase_create("tile");

    tcase_add_loop_test(t, any_conv, 0, fewer(60, 20));
    tcase_add_loop_test(t, any_fc, 0, fewer(40, 15));
    tcase_add_test(t, planes);
    tcase_add_test(t, zero_points);
    tcase_add_loop_test(t, wide_windows, 0, 2);
    suite_add_tcase(s, t);
    return s;
}
