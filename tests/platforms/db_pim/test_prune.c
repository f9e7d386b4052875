/* test_prune.c - block-wise pruning against a plain selection, and a whole net pruned: what is pruned, what is told of it, what is refused. */
#include "platforms/db_pim/prune.h"

#include <stdlib.h>
#include <string.h>

#include "platforms/db_pim/fta.h"
#include "tests/rigs/net_rig.h"

Suite *suite_prune(void);

/* ---- blocks ---- */

/* 10 filters, 12 positions, blocks of four: the last two filters are a block of their own. By repeated search of the least. */
START_TEST(blocks)
{
    enum { N = 10, K = 12, ALPHA = 4, BLOCKS = 3 * K };
    const uint64_t key = bl_draw_key((uint64_t)_i, "blocks");
    int8_t w[N * K];
    float scale[N];
    uint8_t kept[N * K];
    double norm[BLOCKS];
    bool gone[BLOCKS] = { false };
    uint32_t zeros = 0;

    for (uint32_t i = 0; i < N * K; i++)
        w[i] = (int8_t)((int)(bl_draw(key, i) % 256 - 128) / (_i % 2 ? 1 : 60));        /* many equal norms when they are small */
    for (uint32_t f = 0; f < N; f++)
        scale[f] = _i % 3 ? 1 : (float)(1 + bl_draw(key, 1000 + f) % 9);
    for (uint32_t b = 0; b < BLOCKS; b++) {
        uint32_t from = b / K * ALPHA, to = from + ALPHA < N ? from + ALPHA : N;
        norm[b] = 0;
        for (uint32_t f = from; f < to; f++)
            norm[b] += (double)scale[f] * w[f * K + b % K] * ((double)scale[f] * w[f * K + b % K]);
        norm[b] /= to - from;
    }
    for (uint32_t b = 0; b < BLOCKS; b++)
        zeros += !(norm[b] > 0);
    const uint32_t share = (uint32_t)_i % (BLOCKS + 1), masked = share > zeros ? share : zeros;      /* blocks of zeros are masked in any case */
    for (uint32_t n = 0; n < masked; n++) {
        uint32_t least = BLOCKS;
        for (uint32_t b = 0; b < BLOCKS; b++)
            if (!gone[b] && (least == BLOCKS || norm[b] < norm[least]))
                least = b;
        gone[least] = true;
    }
    ck_assert_int_eq(bl_db_mask_blocks(kept, &(struct bl_db_weights){ w, N, K, "w" }, scale, ALPHA, (double)share / BLOCKS), 0);
    for (uint32_t f = 0; f < N; f++)
        for (uint32_t i = 0; i < K; i++)
            ck_assert_int_eq(kept[f * K + i], !gone[f / ALPHA * K + i]);
}
END_TEST

/* How many: the floor of sparsity times blocks, as if the sparsity were exact. */
START_TEST(shares)
{
    static const struct { uint32_t k; double sparsity; uint32_t masked; } rows[] = {
        { 5, .6, 3 }, { 10, .7, 7 }, { 35, .2, 7 }, { 100, .29, 29 }, { 7, .6, 4 }, { 9, 1, 9 }, { 9, 0, 0 }, { 576, .6, 345 },
    };

    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        int8_t w[576];
        uint8_t kept[576];
        uint32_t masked = 0;
        memset(w, 1, sizeof w);
        ck_assert_int_eq(bl_db_mask_blocks(kept, &(struct bl_db_weights){ w, 1, rows[r].k, "w" }, &(float){ 1 }, 8, rows[r].sparsity), 0);
        for (uint32_t i = 0; i < rows[r].k; i++)
            masked += !kept[i];
        ck_assert_uint_eq(masked, rows[r].masked);
        for (uint32_t i = 0; i < masked; i++)
            ck_assert(!kept[i]);                           /* equal norms: those that come first */
    }
}
END_TEST

/* ---- a net: conv, depthwise conv, conv in two groups, fc ---- */

enum { FIRST, DEPTHWISE, GROUPED, FULL, LAYERS };

static struct bl_net *small_net(void)
{
    struct heard h;
    struct grow g = grow_start(3, 3, 8, 8);

    grow_conv(&g, (struct bl_layer){ .kh = 3, .kw = 3, .stride_h = 1, .stride_w = 1, .dil_h = 1, .dil_w = 1, .groups = 1 }, 16);
    grow_conv(&g, (struct bl_layer){ .kh = 3, .kw = 3, .stride_h = 1, .stride_w = 1, .dil_h = 1, .dil_w = 1, .groups = 16 }, 16);
    grow_conv(&g, (struct bl_layer){ .kh = 1, .kw = 1, .stride_h = 1, .stride_w = 1, .dil_h = 1, .dil_w = 1, .groups = 2 }, 32);
    grow_fc(&g, 1, 1, 10, false);
    ck_assert_msg(bl_net_finish(g.net, heard_start(&h)) == 0, "%s", h.text);
    return g.net;
}

START_TEST(what_is_pruned)
{
    struct bl_net *net = small_net();
    double sparsity[LAYERS];

    ck_assert_uint_eq(net->nlayers, LAYERS);
    bl_db_choose(net, .5, sparsity);
    for (uint32_t i = 0; i < LAYERS; i++) {
        ck_assert_int_eq(bl_db_on_array(net, i), i != DEPTHWISE);
        ck_assert(sparsity[i] == (i == GROUPED ? .5 : 0));
    }
    bl_net_free(net);
}
END_TEST

/* The figures of a layer, counted again from its weights before and after. */
static void check_figures(const struct bl_layer *l, const int8_t *was, const struct bl_db_pruned *p, bool fta)
{
    uint64_t kept = 0, digits = 0, filters = 0;
    double errors = 0, squares = 0;
    uint32_t worst = 0;

    ck_assert_uint_eq(p->weights, (uint64_t)l->cout * l->k);
    for (uint32_t i = 0; i < p->weights; i++) {
        int off = abs(l->weight[i] - was[i]);
        errors += off * off, squares += was[i] * was[i];
        worst = (uint32_t)off > worst ? (uint32_t)off : worst;
        kept += l->weight[i] != 0;
        digits += bl_db_phi(l->weight[i]);
    }
    for (uint32_t phi = 0; phi <= BL_DB_MOST_PHI; phi++)
        filters += p->filters[phi];
    ck_assert_uint_eq(p->worst, worst);
    ck_assert(fabs(p->rms - sqrt(errors / (double)p->weights)) < 1e-12 && fabs(p->relative - sqrt(errors / squares)) < 1e-12);
    ck_assert_uint_eq(filters, fta ? l->cout : 0);
    if (fta) {
        ck_assert_uint_eq(p->kept, kept);                  /* FTA leaves no kept weight 0 */
        ck_assert_uint_eq(p->bits.cells, digits);
        ck_assert_uint_eq(p->bits.meta, 3 * digits);
    }
    ck_assert_uint_eq(p->phi[0] + p->phi[1] + p->phi[2] + p->phi[3] + p->phi[4], p->kept);
}

START_TEST(a_net)
{
    const bool fta = _i & 1;
    struct bl_net *net = small_net();
    double sparsity[LAYERS];
    struct bl_db_pruned out[LAYERS];
    int8_t *was[LAYERS];
    struct heard h;

    bl_db_choose(net, _i & 2 ? .6 : 0, sparsity);
    for (uint32_t i = 0; i < LAYERS; i++) {
        size_t n = (size_t)net->layers[i].cout * net->layers[i].k;
        was[i] = malloc(n);
        memcpy(was[i], net->layers[i].weight, n);
    }
    ck_assert_msg(bl_db_prune(net, &(struct bl_db_pruning){ sparsity, BL_DB_ALPHA, fta }, out, heard_start(&h)) == 0, "%s", h.text);
    for (uint32_t i = 0; i < LAYERS; i++) {
        const struct bl_layer *l = &net->layers[i];
        if (i != DEPTHWISE)
            check_figures(l, was[i], &out[i], fta);
        else
            ck_assert(!out[i].on_array && !out[i].weights);
        if (i == DEPTHWISE || !(fta || sparsity[i] > 0))
            ck_assert_int_eq(memcmp(was[i], l->weight, (size_t)l->cout * l->k), 0);
        free(was[i]);
    }
    /* 8 inputs in each of two groups of 16 filters: 2 blocks of 8 filters at 8 positions, 9 of these 16 are masked in each group. */
    ck_assert_uint_eq(out[GROUPED].kept, _i & 2 ? 256 - 2 * 9 * 8 : 256);
    bl_net_free(net);
}
END_TEST

/* Binary cells of a pruned net without FTA: eight a kept weight, unless a macro's two filters keep a weight that happens to be 0. */
START_TEST(binary_cells)
{
    struct bl_net *net = small_net();
    double sparsity[LAYERS] = { 0 };
    struct bl_db_pruned out[LAYERS];
    struct heard h;

    for (uint32_t i = 0; i < net->layers[FULL].cout * net->layers[FULL].k; i++)
        net->layers[FULL].weight[i] = (int8_t)(i % 100 + 1);
    sparsity[FULL] = .25;
    ck_assert_int_eq(bl_db_prune(net, &(struct bl_db_pruning){ sparsity, BL_DB_ALPHA, false }, out, heard_start(&h)), 0);
    ck_assert_uint_eq(out[FULL].bits.cells, 8 * out[FULL].kept);
    ck_assert_uint_eq(out[FULL].bits.meta, 0);
    bl_net_free(net);
}
END_TEST

START_TEST(zero_points_are_refused)
{
    struct bl_net *net = small_net();
    double sparsity[LAYERS] = { 0 };
    struct bl_db_pruned out[LAYERS];
    struct heard h;
    int8_t first = net->layers[FIRST].weight[0];

    net->layers[DEPTHWISE].wzero[3] = 5;                   /* not on the array: nobody minds */
    ck_assert_int_eq(bl_db_prune(net, &(struct bl_db_pruning){ sparsity, BL_DB_ALPHA, false }, out, heard_start(&h)), 0);
    net->layers[FULL].wzero[7] = -2;
    ck_assert_int_eq(bl_db_prune(net, &(struct bl_db_pruning){ sparsity, BL_DB_ALPHA, true }, out, heard_start(&h)), -1);
    ck_assert_str_eq(h.text, "grown: layer 'fc3': found zero point -2 of the weights of output 7, expected 0: a masked weight, or one of few signed digits, must "
                             "be the code of a real value near it; quantise the weights symmetrically");
    ck_assert_int_eq(net->layers[FIRST].weight[0], first);
    bl_net_free(net);
}
END_TEST

Suite *suite_prune(void)
{
    Suite *s = suite_create("prune");
    TCase *t = tcase_create("prune");

    tcase_add_loop_test(t, blocks, 0, 74);
    tcase_add_test(t, shares);
    tcase_add_test(t, what_is_pruned);
    tcase_add_loop_test(t, a_net, 0, 4);
    tcase_add_test(t, binary_cells);
    tcase_add_test(t, zero_points_are_refused);
    suite_add_tcase(s, t);
    return s;
}
