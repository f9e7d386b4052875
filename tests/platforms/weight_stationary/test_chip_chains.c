/* test_chip_chains.c - any chain of layers on any chip: every value is exact, bubbles add up, nothing stands still for good, also on one bank;
 * where nobody is in the way a layer and the first image take what chip_formula.c says, and no interval is below its bound. */
#include "platforms/weight_stationary/chip.h"
#include "tests/rigs/chip_rig.h"
#include "tests/rigs/imc_rig.h"

Suite *suite_chip_chains(void);

static uint32_t smaller(uint32_t a, uint32_t b) { return a < b ? a : b; }

/* A convolution that fits what is there. */
static void add_conv(struct grow *g, bool grouped)
{
    const struct bl_tensor *x = grow_at(g);
    struct bl_layer l = { .kind = BL_CONV, .groups = grouped ? x->c : 1, .relu = pick(&g->s, 0, 1) };
    const uint32_t cout = grouped ? x->c : pick(&g->s, 1, 3) == 1 ? pick(&g->s, 1, 40) : 8 * pick(&g->s, 1, 3);

    l.kh = pick(&g->s, 1, smaller(3, x->h)), l.kw = pick(&g->s, 1, smaller(3, x->w));
    l.stride_h = pick(&g->s, 1, 2), l.stride_w = pick(&g->s, 1, 2);
    l.dil_h = l.dil_w = 1;
    l.pad_t = pick(&g->s, 0, l.kh - 1), l.pad_l = pick(&g->s, 0, l.kw - 1), l.pad_b = pick(&g->s, 0, l.kh - 1), l.pad_r = pick(&g->s, 0, l.kw - 1);
    grow_conv(g, l, cout);
}

/* 1 to 6 convolutions, sometimes a fully connected layer behind them. */
static struct bl_net *chain_of(uint64_t seed, bool grouped)
{
    struct grow g = grow_start(seed + 500, 1 + (uint32_t)(seed % 9), 3 + (uint32_t)(seed / 3 % 6), 3 + (uint32_t)(seed / 7 % 7));
    const uint32_t layers = pick(&g.s, 1, 6);

    for (uint32_t i = 0; i < layers; i++)
        add_conv(&g, grouped && i && pick(&g.s, 0, 3) == 0);
    if (pick(&g.s, 0, 2) == 0)
        grow_fc(&g, 1, 1, pick(&g.s, 1, 20), false);
    return grow_end(&g);
}

static uint32_t tiles_of(const struct bl_net *net, uint32_t rows, uint32_t cols)
{
    static uint64_t each[4096];
    const struct imc m = { rows, cols, 8, 1, 1, 1 };
    uint64_t n = 0;

    for (uint32_t i = 0; i < net->nlayers; i++)
        n += net->layers[i].kind == BL_CONV || net->layers[i].kind == BL_FC ? imc_tiles(&m, &net->layers[i], each) : 0;
    return (uint32_t)n;
}

/* A chip that holds the net: sizes, some macros left over, slots and banks at random. */
static struct chip_made chip_for(uint64_t *s, const struct bl_net *net)
{
    static const uint32_t sizes[] = { 16, 32, 64 };
    struct chip_made m = { .vectors = pick(s, 1, 2), .stages = pick(s, 1, 3), .slots = pick(s, 0, 4), .banks = pick(s, 0, 2) ? 1u << pick(s, 0, 5) : 0 };

    do {
        m.rows = sizes[pick(s, 0, 2)];
        m.cols = sizes[pick(s, 0, 2)];
        m.macros = tiles_of(net, m.rows, m.cols) + pick(s, 0, 8);
    } while (m.macros > 100);
    return m;
}

/* ---- exact, whatever the chip ---- */

START_TEST(any_chain)
{
    uint64_t s = (uint64_t)_i * 31 + 5;
    struct bl_net *net = chain_of((uint64_t)_i, true);
    struct chip_made m = chip_for(&s, net);
    struct net_rig r;

    if (_i % 4 == 0)
        m.banks = 1;
    chip_runs(&r, &m, net, NULL, pick(&s, 1, 30));
    rig_close(&r);
    m.placement = "reload";
    m.macros = m.macros > 100 ? 100 : m.macros;
    chip_runs(&r, &m, net, NULL, 2);
    rig_close(&r);
    bl_net_free(net);
}
END_TEST

/* Sums, products, pools and skips on vector units; what none of them does at the end, by the host. */
START_TEST(any_skips)
{
    struct grow g = grow_start((uint64_t)_i + 9000, 8, 6, 6);
    uint64_t s = (uint64_t)_i * 17 + 3;
    struct net_rig r;

    for (uint32_t i = 0, n = pick(&s, 1, 3); i < n; i++) {
        const uint32_t skip = g.at, way = pick(&s, 0, 3);
        grow_conv(&g, (struct bl_layer){ .groups = 1, .kh = 3, .kw = 3, .stride_h = 1, .stride_w = 1, .dil_h = 1, .dil_w = 1, .pad_t = 1, .pad_l = 1, .pad_b = 1,
                                         .pad_r = 1, .relu = true }, 8);
        for (uint32_t k = 0; k < way; k++)
            grow_conv(&g, (struct bl_layer){ .groups = 1, .kh = 1, .kw = 1, .stride_h = 1, .stride_w = 1, .dil_h = 1, .dil_w = 1 }, 8);
        grow_pair(&g, pick(&s, 0, 2) ? BL_ADD : BL_MUL, skip, pick(&s, 0, 1));
    }
    if (pick(&s, 0, 1))
        grow_host(&g, (struct bl_layer){ .kind = pick(&s, 0, 1) ? BL_AVGPOOL : BL_MAXPOOL, .kh = 2, .kw = 3, .stride_h = 2, .stride_w = 1, .dil_h = 1, .dil_w = 1,
                                         .pad_l = 1, .pad_r = 1 });
    if (pick(&s, 0, 1))
        grow_host(&g, (struct bl_layer){ .kind = BL_RELU, .relu = true });
    grow_fc(&g, 1, 1, 10, false);
    if (pick(&s, 0, 1)) {               /* left to the host, at the end */
        grow_host(&g, (struct bl_layer){ .kind = BL_SUBSAMPLE, .stride_h = 1, .stride_w = 1, .cout = 4 });
        grow_host(&g, (struct bl_layer){ .kind = BL_RELU, .relu = true });
    }
    struct bl_net *net = grow_end(&g);
    struct chip_made m = chip_for(&s, net);
    chip_runs(&r, &m, net, NULL, pick(&s, 1, 12));
    rig_close(&r);
    bl_net_free(net);
}
END_TEST

/* ---- formulas ---- */

/* Of a chain without anybody in the way: each layer's ticks, and the first image. Returns false: windows are read slower than taken. */
static bool check_first(struct net_rig *r, const struct bl_pipeline *p, struct chip_span **span)
{
    struct chip *c = *bl_job_state(r->job);

    *span = chip_spans(r->job, c);
    for (uint32_t i = 0; i < c->net.nlayers; i++)
        if ((*span)[i + 1].reads > c->ideal.slices)
            return false;
    for (uint32_t i = 0; i < p->nlayers; i++) {
        ck_assert_msg(p->layer[i].made == (*span)[i + 1].made, "%s: made in %llu, expected %llu", p->layer[i].name, (unsigned long long)p->layer[i].made,
                      (unsigned long long)(*span)[i + 1].made);
        ck_assert_msg(p->layer[i].read == (*span)[i + 1].read, "%s: read in %llu, expected %llu", p->layer[i].name, (unsigned long long)p->layer[i].read,
                      (unsigned long long)(*span)[i + 1].read);
    }
    ck_assert_uint_eq(p->first, chip_first(&c->net, *span));
    ck_assert_uint_eq(p->elapsed, p->first + 1);
    return true;
}

/* No term is undercut by all of 30 images; nor by images 6 .. 16 of them where arrays and pairs limit, but for the 2 % by which what waited in
 * slots may catch up. (The dma takes images in ahead of those that it takes out, so that these catch up for long.) */
static void check_bound(struct net_rig *r)
{
    struct chip *c = *bl_job_state(r->job);
    const struct bl_host_time *t = bl_memory(r->s, "host", "times", NULL);
    const double mean = (double)(t[16].ended - t[6].ended) / 10;
    struct chip_term all[64];
    double most = 0, dma = 0;

    for (uint32_t i = 0, n = chip_terms(&c->ideal, &c->net, chip_spans(r->job, c), c->units.nvec, all); i < n; i++) {
        const uint32_t slots = all[i].kind == CHIP_PAIR ? c->net.map[all[i].a].slots : 1;
        most = all[i].kind <= CHIP_PAIR && all[i].ticks > most ? all[i].ticks : most;
        dma = all[i].kind == CHIP_DMA ? all[i].ticks : dma;
        ck_assert_msg((double)t[29].ended >= 29 / slots * slots * all[i].ticks, "30 images in %llu ticks; term %u of kind %d is %g", (unsigned long long)t[29].ended, i,
                      (int)all[i].kind, all[i].ticks);
    }
    ck_assert_msg(mean >= 0.98 * most || dma >= most, "%g ticks an image, the bound is %g", mean, most);
}

START_TEST(as_the_formulas)
{
    uint64_t s = (uint64_t)_i * 13 + 1;
    struct bl_net *net = chain_of((uint64_t)_i + 7000, false);
    struct chip_made m = chip_for(&s, net);
    struct chip_span *span;
    struct net_rig r;

    m.banks = 0;
    const bool holds = check_first(&r, chip_runs(&r, &m, net, NULL, 1), &span);
    rig_close(&r);
    if (holds) {
        chip_runs(&r, &m, net, NULL, 30);
        check_bound(&r);
        rig_close(&r);
    }
    bl_net_free(net);
}
END_TEST

Suite *suite_chip_chains(void)
{
    Suite *s = suite_create("chip_chains");
    TCase *t = tcase_create("chains");

    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, any_chain, 0, fewer(200, 10));
    tcase_add_loop_test(t, any_skips, 0, fewer(40, 5));
    tcase_add_loop_test(t, as_the_formulas, 0, fewer(100, 6));
    suite_add_tcase(s, t);
    return s;
}
