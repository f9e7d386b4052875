/* test_osa_hcim_calibrate.c - calibration of OSA-HCIM on small nets, by running the platform: limits that are kept,
 * thresholds, folds against sums of our own, ranges that hold what is measured, equal bytes. */
#include "components/host.h"
#include "platforms/osa_hcim/calibration_file.h"
#include "tests/rigs/net_rig.h"

Suite *suite_osa_hcim_calibrate(void);

enum { IMAGES = 2, SEED = 4 };

/* A convolution in two groups with padding, then rows of two groups, so that every way of summing is met. */
static struct bl_net *small_net_with(bool zeros)
{
    struct grow g = grow_start(12, 4, 5, 4);

    grow_conv(&g, (struct bl_layer){ .groups = 2, .kh = 3, .kw = 3, .stride_h = 1, .stride_w = 1, .dil_h = 1, .dil_w = 1, .pad_t = 1, .pad_l = 1,
                                     .pad_b = 1, .pad_r = 1, .relu = true }, 10);
    grow_host(&g, (struct bl_layer){ .kind = BL_RELU });
    grow_fc(&g, 2, 2, 6, false);
    for (uint32_t l = 0; zeros && l < 3; l += 2)
        for (uint32_t o = 0; o < g.net->layers[l].cout; o++)
            g.net->layers[l].wzero[o] = (int32_t)o * 7 - 20;
    return grow_end(&g);
}

static struct bl_net *small_net(void) { return small_net_with(false); }

struct made { struct bl_net *net; struct heard h; char path[512]; struct osa_tables *t; };

static int try_calibrate(struct made *m, const char *file, const double *loss, size_t n, const char *const *sets)
{
    const struct calibration c = { .platform = OSA, .sets = sets, .loss = loss, .nloss = n, .count = IMAGES, .seed = SEED };

    return rig_calibrate(&c, m->net, scratch(m->path, file), heard_start(&m->h));
}

static void calibrated_net(struct made *m, struct bl_net *net, const char *file, const double *loss, size_t n, const char *const *sets)
{
    *m = (struct made){ .net = net };
    ck_assert_msg(try_calibrate(m, file, loss, n, sets) == 0, "%s", m->h.text);
    ck_assert_uint_eq(m->h.diag.errors, 0);
    m->t = osa_tables_read(m->path, m->net, &m->h.diag);
    ck_assert_msg(m->t != NULL, "%s", m->h.text);
}

static void calibrated(struct made *m, const char *file, const double *loss, size_t n, const char *const *sets)
{
    calibrated_net(m, small_net(), file, loss, n, sets);
}

static void made_end(struct made *m)
{
    remove(m->path);
    osa_tables_free(m->t);
    bl_net_free(m->net);
}

static char *text_of(const char *path)
{
    char *text = calloc(1 << 16, 1);
    FILE *f = fopen(path, "r");

    ck_assert_ptr_nonnull(f);
    ck_assert_uint_lt(fread(text, 1, (1 << 16) - 1, f), (1 << 16) - 1);
    fclose(f);
    return text;
}

/* What the file says it reached, and what the platform does with the file. */
static double reached(const struct made *m)
{
    struct rig_opts o = { .sets = { "controller.mode=osa", "adc.range=cal" },
                          .job = { .net = m->net, .count = IMAGES, .seed = SEED, .calibration = m->path } };
    struct net_rig r;
    char *text = text_of(m->path), *at = strstr(text, "reached ");
    const struct bl_result *res = rig_run(&r, &o);
    const struct bl_layer_result *last = &res->layers[res->nlayers - 1];
    double said = at ? strtod(at + 8, NULL) : -1, is = last->error / last->signal;

    ck_assert_double_eq_tol(said, is, 1e-3 * is);
    ck_assert_uint_eq(r.h.n, 0);                   /* nothing is said about the file */
    rig_close(&r);
    free(text);
    return is;
}

/* ---- limits and thresholds ---- */

static const struct { double loss[5]; size_t n; } limits[] = {
    { { 1e6 }, 1 }, { { 0 }, 1 }, { { 0.002 }, 1 }, { { 0.006 }, 1 }, { { 0.0006, 0.001, 0.002, 0.003, 0.008 }, 5 }, { { 0.0008, 0.005, 0.005, 0.005, 0.005 }, 5 },
};

START_TEST(keeps_limits)
{
    struct made m;
    const int32_t most = 7 * 8 * 3 + 1;            /* S is at most 7 an HMU, 3 saliency cycles */

    calibrated(&m, "limits.yaml", limits[_i].loss, limits[_i].n, NULL);
    const int32_t *t = m.t->saliency[0].threshold;
    ck_assert(m.t->has_thresholds && m.t->has_ranges);
    ck_assert_uint_eq(m.t->nthresholds, 5);
    for (int i = 0; i < 5; i++) {
        ck_assert(t[i] >= 0 && t[i] <= (i ? t[i - 1] : most));
        if (_i == 0)
            ck_assert_int_eq(t[i], most);          /* anything goes: everything at the last boundary */
        if (_i == 1)
            ck_assert_int_eq(t[i], 0);             /* nothing goes: everything at the first */
    }
    ck_assert_mem_eq(t, m.t->saliency[2].threshold, 5 * sizeof *t);
    double is = reached(&m);
    if (t[0] > 0)
        ck_assert_double_le(is, limits[_i].loss[limits[_i].n - 1]);
    else
        ck_assert_double_gt(is, 0);                /* exact it is not, even at the first boundary */
    if (_i >= 2)
        ck_assert(t[0] > 0 && t[4] < most);        /* the search has something to find */
    made_end(&m);
}
END_TEST

START_TEST(same_bytes)
{
    static const double loss[] = { 0.0005, 0.005, 0.005, 0.005, 0.005 };
    struct made a, b;

    calibrated(&a, "one.yaml", loss, 5, NULL);
    calibrated(&b, "two.yaml", loss, 5, NULL);
    char *one = text_of(a.path), *two = text_of(b.path);
    ck_assert_str_eq(one, two);
    ck_assert(!strncmp(one, "# made by: bitline calibrate, images 0 to 1, loss limits 0.0005,0.005,0.005,0.005,0.005, seed 4\n", 96));
    free(one);
    free(two);
    made_end(&a);
    made_end(&b);
}
END_TEST

/* Settings of the platform decide what is searched: s = 3 has 6 saliency cycles; three candidates, two thresholds. */
START_TEST(settings)
{
    static const char *const sets[] = { "controller.s=3", "nq.nshift=1", "ose.candidates=[6, 8, 9]", "ose.thresholds=[9, 8]", NULL };
    static const double loose[] = { 1e6 };
    struct made m;

    calibrated(&m, "settings.yaml", loose, 1, sets);
    ck_assert_uint_eq(m.t->nthresholds, 2);
    for (uint32_t l = 0; l < 3; l += 2) {
        ck_assert_int_eq(m.t->saliency[l].nshift, 1);
        ck_assert_int_eq(m.t->saliency[l].threshold[0], 7 * 8 * 6 + 1);
        for (int b = 1; b < 16; b++)
            ck_assert_int_eq(m.t->ranges[l].hi[b][0] > 0, b == 6 || b == 8 || b == 9);
    }
    ck_assert_ptr_nonnull(m.t->fold[0]);
    ck_assert_ptr_null(m.t->fold[1]);              /* host work */
    made_end(&m);
}
END_TEST

/* Candidates above what the saliency set leaves (10 at s = 5) take effect as that, and are measured as that. */
START_TEST(bounded_candidates)
{
    static const char *const sets[] = { "controller.s=5", "ose.candidates=[6, 9, 13]", "ose.thresholds=[9, 8]", NULL };
    static const double loose[] = { 1e6 };
    struct made m;

    calibrated(&m, "bounded.yaml", loose, 1, sets);
    for (int b = 1; b < 16; b++)
        ck_assert_int_eq(m.t->ranges[0].hi[b][0] > 0, b == 6 || b == 9 || b == 10);
    made_end(&m);
}
END_TEST

/* A limit below what the most precise candidate has cannot be kept, and that is said. */
START_TEST(hopeless)
{
    static const struct { double loss; bool says; } rows[] = { { 1e-12, true }, { 1e6, false } };

    for (size_t r = 0; r < 2; r++) {
        struct made m;
        calibrated(&m, "hopeless.yaml", &rows[r].loss, 1, NULL);
        ck_assert_int_eq(strstr(m.h.text, "loss limit 1e-12 cannot be kept") != NULL, rows[r].says);
        ck_assert_int_eq(strstr(m.h.text, "(not kept)") != NULL, rows[r].says);
        made_end(&m);
    }
}
END_TEST

/* ---- folds: what a sum lacks on average ---- */

struct lack { const struct bl_net *net; double sum[3][16]; double n[3]; };

/* The sum of bytes times weights, from the meaning of the layer; weights without their zero points, which meet values without the offset. */
static double exact(const struct bl_net *net, const struct bl_layer *l, const uint8_t *in, int32_t pad, int32_t offset, uint32_t o, uint32_t p)
{
    const struct bl_tensor *x = &net->tensors[l->in[0]], *y = &net->tensors[l->out];
    uint32_t group = o / (l->cout / l->groups);
    double sum = 0;

    for (uint32_t k = 0; k < l->k; k++) {
        int32_t a = pad;
        if (l->kind == BL_FC) {
            a = in[(group * l->rows + p) * l->k + k];
        } else {
            int iy = (int)(p / y->w * l->stride_h + k / l->kw % l->kh) - (int)l->pad_t, ix = (int)(p % y->w * l->stride_w + k % l->kw) - (int)l->pad_l;
            if (iy >= 0 && ix >= 0 && iy < (int)x->h && ix < (int)x->w)
                a = in[((group * (x->c / l->groups) + k / (l->kh * l->kw)) * x->h + (uint32_t)iy) * x->w + (uint32_t)ix];
        }
        sum += (double)a * l->weight[o * l->k + k] - (double)(a - offset) * l->wzero[o];
    }
    return sum;
}

static void measure(void *ctx, const struct bl_layer_end *e)
{
    struct lack *k = ctx;
    const struct bl_layer *l = &k->net->layers[e->layer];
    const struct bl_tensor *x = &k->net->tensors[l->in[0]], *y = &k->net->tensors[l->out];
    int32_t offset = x->dtype == BL_S8 ? 128 : 0;
    uint32_t windows = l->kind == BL_FC ? l->rows : y->h * y->w, columns = l->kind == BL_FC ? l->groups * l->rows : windows;

    if (l->kind != BL_CONV && l->kind != BL_FC)
        return;
    for (uint32_t o = 0; o < l->cout; o++)
        for (uint32_t p = 0; p < windows; p++) {
            uint32_t first = l->kind == BL_FC ? o / (l->cout / l->groups) * l->rows : 0;
            k->sum[e->layer][o] += exact(k->net, l, e->memory + e->program->in[0].at, x->zero + offset, offset, o, p) - e->sums[o * columns + first + p];
        }
    k->n[e->layer] += windows;
}

START_TEST(folds)
{
    static const double loss[] = { 0.002 };
    struct made m;
    struct net_rig r;
    int32_t fold[3][16] = { { 0 } };
    bool any = false;

    calibrated_net(&m, small_net_with(_i), "folds.yaml", loss, 1, NULL);
    struct lack k = { .net = m.net };
    for (uint32_t l = 0; l < 3; l += 2) {          /* they were measured without folds */
        ck_assert_ptr_nonnull(m.t->fold[l]);
        memcpy(fold[l], m.t->fold[l], m.net->layers[l].cout * sizeof **fold);
        free(m.t->fold[l]);
        m.t->fold[l] = NULL;
    }
    struct rig_opts o = { .sets = { "controller.mode=osa", "adc.range=cal" },
                          .job = { .net = m.net, .count = IMAGES, .seed = SEED, .tuning = m.t, .on_layer = measure, .on_layer_ctx = &k } };
    rig_run(&r, &o);
    for (uint32_t l = 0; l < 3; l += 2)
        for (uint32_t i = 0; i < m.net->layers[l].cout; i++) {
            ck_assert_double_gt(k.n[l], 0);
            ck_assert_int_eq(fold[l][i], (int)rint(k.sum[l][i] / k.n[l]));
            any |= fold[l][i] != 0;
        }
    ck_assert(any);
    rig_close(&r);
    made_end(&m);
}
END_TEST

/* ---- ranges: mean +- 3 sigma of V, which is within what the bits can make ---- */

START_TEST(ranges)
{
    static const double loss[] = { 1e6 };
    struct made m;

    calibrated(&m, "ranges.yaml", loss, 1, NULL);
    for (uint32_t l = 0; l < 3; l += 2)
        for (int b = 5; b <= 10; b++) {
            struct bl_osa_alloc a;
            bl_osa_allocate(&a, 8, 8, b);
            for (int k = 0; k < a.conversions; k++) {
                double lo = m.t->ranges[l].lo[b][a.list[k].i], hi = m.t->ranges[l].hi[b][a.list[k].i];
                ck_assert(lo >= 0 && hi >= lo + 1);
                ck_assert_double_le(hi, 4 * (double)m.net->layers[l].k * ((1 << a.list[k].width) - 1));
            }
            for (int i = a.conversions; i < 8; i++)
                ck_assert(!(m.t->ranges[l].hi[b][i] > 0));
        }
    made_end(&m);
}
END_TEST

/* Mean +- 3 sigma of one conversion, as the file holds it. */
static void three_sigma_of(const struct bl_osa_stat *v, double *lo, double *hi)
{
    double mean = (double)v->sum / (double)v->n, sigma = sqrt((double)v->squares / (double)v->n - mean * mean);

    *lo = mean > 3 * sigma ? mean - 3 * sigma : 0;
    *hi = mean + 3 * sigma - *lo < 1 ? *lo + 1 : mean + 3 * sigma;
    *lo = floor(*lo * 100) / 100;
    *hi = ceil(*hi * 100) / 100;
}

/* Measured twice: with the full range, then with the ranges of the first time, whose results the later layers see. */
START_TEST(three_sigma)
{
    static const double loss[] = { 1e6 };
    struct made m;
    bool other = false;

    calibrated(&m, "sigma.yaml", loss, 1, NULL);
    for (unsigned b = 5; b <= 10; b++) {
        struct osa_tables *t = osa_tables_new(m.net->nlayers);
        struct bl_osa_alloc a;
        char boundary[40];
        size_t bytes;
        bl_osa_allocate(&a, 8, 8, (int)b);
        snprintf(boundary, sizeof boundary, "controller.boundary=%u", b);
        for (int pass = 0; pass < 2; pass++) {
            struct net_rig r;
            struct rig_opts o = { .sets = { "controller.mode=fixed", boundary, "adc.measure=1", pass ? "adc.range=cal" : "adc.range=full" },
                                  .job = { .net = m.net, .count = IMAGES, .seed = SEED, .tuning = pass ? t : NULL } };
            rig_run(&r, &o);
            const struct bl_osa_stat *stat = bl_memory(r.s, "adc", "stat", &bytes);
            for (unsigned l = 0; l < 3; l += 2)
                for (int i = 0; i < a.conversions; i++) {
                    double before = t->ranges[l].hi[b][i];
                    three_sigma_of(&stat[(l * 16 + b) * 8 + (unsigned)i], &t->ranges[l].lo[b][i], &t->ranges[l].hi[b][i]);
                    other |= pass && t->ranges[l].hi[b][i] != before;
                }
            t->has_ranges = true;
            rig_close(&r);
        }
        for (unsigned l = 0; l < 3; l += 2)
            for (int i = 0; i < a.conversions; i++) {
                ck_assert_double_eq_tol(m.t->ranges[l].lo[b][i], t->ranges[l].lo[b][i], 0.002);
                ck_assert_double_eq_tol(m.t->ranges[l].hi[b][i], t->ranges[l].hi[b][i], 0.002);
            }
        osa_tables_free(t);
    }
    ck_assert(other);
    made_end(&m);
}
END_TEST

/* ---- refused ---- */

static const struct { const char *sets[3]; size_t nloss; const char *says; } refused[] = {
    { { NULL }, 0, "--loss: no limit given; expected one a threshold, or one for all: --loss 0.001,0.002" },
    { { NULL }, 2, "--loss: 2 limits for 5 thresholds; expected one a threshold, or one for all" },
    { { "ose.candidates=[8]", "ose.thresholds=[]" }, 1, OSA ": ose.candidates has fewer than two boundaries; calibration needs two or more" },
    { { "controller.sss=3" }, 1, "--set 'controller.sss=3': " },
};

START_TEST(refuses)
{
    static const double loss[] = { 1, 1 };
    struct made m = { .net = small_net() };

    ck_assert_int_lt(try_calibrate(&m, "not_made.yaml", loss, refused[_i].nloss, refused[_i].sets), 0);
    ck_assert_msg(strncmp(m.h.text, refused[_i].says, strlen(refused[_i].says)) == 0, "%s", m.h.text);
    ck_assert_ptr_null(fopen(m.path, "r"));
    bl_net_free(m.net);
}
END_TEST

/* There is no limit to them: the last of 65 is seen too. */
START_TEST(many_sets)
{
    static const double loss[] = { 1 };
    const char *sets[66] = { 0 };
    struct made m = { .net = small_net() };

    for (int i = 0; i < 65; i++)
        sets[i] = i < 64 ? "controller.s=2" : "controller.sss=3";
    ck_assert_int_lt(try_calibrate(&m, "not_made.yaml", loss, 1, sets), 0);
    ck_assert_msg(strstr(m.h.text, "--set 'controller.sss=3': ") != NULL, "%s", m.h.text);
    bl_net_free(m.net);
}
END_TEST

/* The ADC counts 256 layers at most. */
START_TEST(too_deep)
{
    static const double loss[] = { 1 };
    struct grow g = grow_start(1, 3, 1, 1);

    for (int i = 0; i < 257; i++)
        grow_host(&g, (struct bl_layer){ .kind = BL_RELU });
    struct made m = { .net = grow_end(&g) };
    ck_assert_int_lt(try_calibrate(&m, "deep.yaml", loss, 1, NULL), 0);
    ck_assert_str_eq(m.h.text, "net grown has 257 layers; the ADC measures at most 256");
    bl_net_free(m.net);
}
END_TEST

Suite *suite_osa_hcim_calibrate(void)
{
    Suite *s = suite_create("osa_hcim_calibrate");
    TCase *t = tcase_create("osa_calibrate");

    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, keeps_limits, 0, fewer(COUNT(limits), 3));
    tcase_add_test(t, same_bytes);
    tcase_add_test(t, settings);
    tcase_add_test(t, bounded_candidates);
    tcase_add_test(t, hopeless);
    tcase_add_loop_test(t, folds, 0, 2);        /* 1: weights have zero points */
    tcase_add_test(t, ranges);
    tcase_add_test(t, three_sigma);
    tcase_add_loop_test(t, refuses, 0, COUNT(refused));
    tcase_add_test(t, many_sets);
    tcase_add_test(t, too_deep);
    suite_add_tcase(s, t);
    return s;
}
