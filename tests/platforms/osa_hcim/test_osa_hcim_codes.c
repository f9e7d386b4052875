/* test_osa_hcim_codes.c - sums by the arithmetic of OSA-HCIM's parts against those of the platform's run, sum by sum, for settings of all
 * kinds; the loss for any number of workers; what cannot be had this way. */
#include "components/host.h"
#include "platforms/job/setup.h"
#include "platforms/osa_hcim/codes.h"
#include "tests/rigs/net_rig.h"

Suite *suite_osa_hcim_codes(void);

enum { IMAGES = 3, SEED = 11 };

/* Two groups with padding, an element by element layer, K beyond a tile, rows of two groups; zero points of weights when asked for. */
static struct bl_net *some_net(uint64_t seed, bool zeros)
{
    struct grow g = grow_start(seed, 4, 5, 4);

    grow_conv(&g, (struct bl_layer){ .groups = 2, .kh = 3, .kw = 3, .stride_h = 1, .stride_w = 1, .dil_h = 1, .dil_w = 1, .pad_t = 1, .pad_l = 1,
                                     .pad_b = 1, .pad_r = 1, .relu = true }, 10);
    grow_host(&g, (struct bl_layer){ .kind = BL_RELU });
    grow_conv(&g, (struct bl_layer){ .groups = 1, .kh = 5, .kw = 4, .stride_h = 1, .stride_w = 1, .dil_h = 1, .dil_w = 1, .pad_t = 2, .pad_l = 2,
                                     .pad_b = 2, .pad_r = 1 }, 9);
    grow_fc(&g, 2, 2, 6, false);
    for (uint32_t l = 0; zeros && l < 4; l += 2)
        for (uint32_t o = 0; o < g.net->layers[l].cout; o++)
            g.net->layers[l].wzero[o] = (int32_t)pick(&g.s, 0, 40) - 20;
    return grow_end(&g);
}

/* Ranges and thresholds out of the air, but such as the parts take. */
static struct osa_tables *some_tables(const struct bl_net *net, uint64_t *s)
{
    struct osa_tables *t = osa_tables_new(net->nlayers);

    t->has_ranges = t->has_thresholds = true;
    t->nthresholds = 5;
    for (uint32_t l = 0; l < net->nlayers; l++) {
        t->saliency[l].nshift = (int32_t)pick(s, 0, 2);
        int32_t most = (int32_t)pick(s, 20, 168);
        for (int i = 0; i < 5; i++)
            t->saliency[l].threshold[i] = most = (int32_t)pick(s, 0, (uint32_t)most);
        for (int b = 1; b < 15; b++)
            for (int i = 0; i < BL_OSA_BITS; i++) {
                t->ranges[l].lo[b][i] = (double)pick(s, 0, 400) / 4;
                t->ranges[l].hi[b][i] = t->ranges[l].lo[b][i] + (double)pick(s, 4, 3000) / 4;
            }
    }
    return t;
}

/* ---- sum by sum ---- */

struct both { int32_t *sums[IMAGES][4]; size_t n[4]; uint32_t image, compared; };

static void keep(void *ctx, const struct bl_layer_end *e)
{
    struct both *b = ctx;
    const struct bl_host_layer *l = e->program;

    if (l->kind == BL_HOST_ARRAY) {
        b->n[e->layer] = (size_t)l->cout * l->pixels * sizeof(int32_t);
        b->sums[b->image][e->layer] = malloc(b->n[e->layer]);
        memcpy(b->sums[b->image][e->layer], e->sums, b->n[e->layer]);
    }
    b->image += e->layer == 3;
}

static void compare(void *ctx, const struct bl_sums_at *at)
{
    struct both *b = ctx;

    ck_assert_uint_eq((size_t)at->program->cout * at->program->pixels * sizeof(int32_t), b->n[at->layer]);
    ck_assert_msg(!memcmp(at->sums, b->sums[at->image][at->layer], b->n[at->layer]), "image %u, layer %u", at->image, at->layer);
    b->compared++;
}

struct one { struct bl_net *net; struct osa_tables *tables; struct bl_setup *u; struct osa_settings p; struct heard h; };

static int asked(struct bl_ask *ask, void *ctx) { return osa_settings(ask, ctx); }

static void open_one(struct one *x, const char *const *sets, bool zeros, uint64_t seed, void *ctx)
{
    uint64_t s = seed;

    *x = (struct one){ .net = some_net(seed, zeros) };
    x->tables = some_tables(x->net, &s);
    struct bl_setup_opts so = { .platform = OSA, .own_net = x->net, .images = { true, IMAGES }, .seed = { true, SEED }, .tuning = x->tables,
                                .on_layer = ctx ? keep : NULL, .on_layer_ctx = ctx };
    const char *v[12];
    for (so.set.v = v; sets[so.set.n]; so.set.n++)
        v[so.set.n] = sets[so.set.n];
    x->u = bl_setup_open(&so, heard_start(&x->h));
    ck_assert_msg(x->u != NULL, "%s", x->h.text);
    struct bl_ask ask = { x->u->sim, x->u->diag, OSA, x->u->mapper->name, x->u->mapper->needs, false };
    ck_assert_int_eq(asked(&ask, &x->p), 0);
}

static void close_one(struct one *x)
{
    bl_setup_close(x->u);
    osa_tables_free(x->tables);
    bl_net_free(x->net);
}

static const struct { const char *sets[8]; int boundary; bool cal, zeros; } settings[] = {
    { { "controller.mode=digital" }, 0, false, false },
    { { "controller.mode=digital", "dat.dat_bits=4" }, 0, false, true },
    { { "controller.mode=fixed", "controller.boundary=5", "adc.range=full" }, 5, false, false },
    { { "controller.mode=fixed", "controller.boundary=10", "adc.range=full" }, 10, false, true },
    { { "controller.mode=fixed", "controller.boundary=14", "adc.range=cal" }, 14, true, false },
    { { "controller.mode=fixed", "controller.boundary=8", "adc.range=cal", "adc.rho=3" }, 8, true, true },
    { { "controller.mode=osa", "adc.range=cal" }, -1, true, false },
    { { "controller.mode=osa", "adc.range=cal", "ose.order_weight=1", "controller.s=3" }, -1, true, true },
    { { "controller.mode=osa", "adc.range=cal", "dat.dat_bits=5", "controller.s=5", "ose.candidates=[0, 6, 8, 9, 10, 13]" }, -1, true, false },
    { { "controller.mode=osa", "adc.range=cal", "hmu=3", "cols=70" }, -1, true, false },
    { { "controller.mode=osa", "adc.range=cal", "hmu=5", "cols=192", "ose.l_ose=9", "act_regs.abuf=1" }, -1, true, true },
};

START_TEST(equals_the_platform)
{
    struct both b = { .image = 0 };
    struct one x;

    open_one(&x, settings[_i].sets, settings[_i].zeros, 40 + (uint64_t)_i, &b);
    ck_assert_int_eq((int)bl_setup_run(x.u, BL_FOREVER, NULL, NULL), (int)BL_END_STOPPED);
    const struct bl_layer_result *last = &bl_job_result(x.u->job)->layers[3];
    ck_assert_uint_eq(b.image, IMAGES);
    ck_assert(osa_codes_can(x.u->sim, &x.p));
    struct osa_codes *c = osa_codes_open(x.u->job, &x.p, 1, &x.h.diag);
    const struct osa_try t = { .boundary = settings[_i].boundary, .tables = settings[_i].cal ? x.tables : NULL, .made = compare, .made_ctx = &b,
                               .limit = (double)INFINITY };
    double loss = osa_codes_run(c, &t), want = last->error / last->signal;
    ck_assert_uint_eq(b.compared, 3 * IMAGES);
    ck_assert_mem_eq(&loss, &want, sizeof loss);
    ck_assert(loss > 0 || settings[_i].boundary == 0);
    for (uint32_t i = 0; i < IMAGES; i++)
        for (uint32_t l = 0; l < 4; l++)
            free(b.sums[i][l]);
    osa_codes_close(c);
    close_one(&x);
}
END_TEST

/* ---- workers, limits, empty ranges ---- */

static const char *const by_ose[] = { "controller.mode=osa", "adc.range=cal", NULL };

START_TEST(same_for_any_workers)
{
    static const uint32_t workers[] = { 2, 3, 7, BL_SUMS_WORKERS };
    struct one x;

    open_one(&x, by_ose, true, 77, NULL);
    struct osa_try t = { .boundary = -1, .tables = x.tables, .measure = true, .limit = (double)INFINITY };
    struct osa_codes *one = osa_codes_open(x.u->job, &x.p, 1, &x.h.diag);
    double loss = osa_codes_run(one, &t);
    ck_assert(loss > 0 && isfinite(loss));
    for (size_t i = 0; i < COUNT(workers); i++) {
        struct osa_codes *many = osa_codes_open(x.u->job, &x.p, workers[i], &x.h.diag);
        for (int again = 0; again < 2; again++) {
            double other = osa_codes_run(many, &t);
            ck_assert_mem_eq(&loss, &other, sizeof loss);
            ck_assert_mem_eq(osa_codes_stat(one), osa_codes_stat(many), 4 * 16 * BL_OSA_BITS * sizeof(struct bl_osa_stat));
        }
        osa_codes_close(many);
    }
    osa_codes_close(one);
    close_one(&x);
}
END_TEST

START_TEST(limits)
{
    struct one x;

    open_one(&x, by_ose, false, 78, NULL);
    struct osa_try t = { .boundary = -1, .tables = x.tables, .limit = (double)INFINITY };
    struct osa_codes *c = osa_codes_open(x.u->job, &x.p, 2, &x.h.diag);
    double loss = osa_codes_run(c, &t);
    t.limit = loss;
    ck_assert_double_eq(osa_codes_run(c, &t), loss);
    t.limit = loss * 0.999;
    ck_assert(isinf(osa_codes_run(c, &t)));
    t.limit = 0;
    ck_assert(isinf(osa_codes_run(c, &t)));
    t.limit = (double)INFINITY;
    ck_assert_double_eq(osa_codes_run(c, &t), loss);       /* nothing is left of the runs that stopped */
    osa_codes_close(c);
    close_one(&x);
}
END_TEST

START_TEST(empty_range)
{
    struct one x;

    open_one(&x, by_ose, false, 79, NULL);
    x.tables->ranges[2].hi[8][1] = x.tables->ranges[2].lo[8][1];
    struct osa_codes *c = osa_codes_open(x.u->job, &x.p, 2, &x.h.diag);
    struct osa_try t = { .boundary = 8, .tables = x.tables, .limit = (double)INFINITY };
    ck_assert(isnan(osa_codes_run(c, &t)));
    t.boundary = 7;
    ck_assert(!isnan(osa_codes_run(c, &t)));
    osa_codes_close(c);
    close_one(&x);
}
END_TEST

/* Noise is drawn, and forced boundaries are counted, in the platform alone. */
START_TEST(cannot)
{
    static const char *const sets[][4] = { { "controller.mode=osa", "adc.range=cal", "adc.noise=0.5" },
                                           { "controller.mode=osa", "adc.range=cal", "ose.forced=[8]" },
                                           { "controller.mode=osa", "adc.range=cal" } };
    struct one x;

    for (size_t i = 0; i < COUNT(sets); i++) {
        open_one(&x, sets[i], false, 80, NULL);
        ck_assert_int_eq(osa_codes_can(x.u->sim, &x.p), i == 2);
        close_one(&x);
    }
}
END_TEST

Suite *suite_osa_hcim_codes(void)
{
    Suite *s = suite_create("osa_hcim_codes");
    TCase *t = tcase_create("codes");

    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, equals_the_platform, 0, COUNT(settings));
    tcase_add_test(t, same_for_any_workers);
    tcase_add_test(t, limits);
    tcase_add_test(t, empty_range);
    tcase_add_test(t, cannot);
    suite_add_tcase(s, t);
    return s;
}
