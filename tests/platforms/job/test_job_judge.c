/* test_job_judge.c - top-5, squared errors and areas under ROC curves of a platform and of its reference, counted once more by other
 * means; saved and put back in the middle. */
#include "components/host.h"
#include "tests/rigs/net_rig.h"

Suite *suite_job_judge(void);

enum { IMAGES = 9, CELLS = 8 };

/* What the test itself counts, with [0] of the platform's memory, with [1] of a reference of its own. */
struct count {
    const struct bl_net *net;
    const struct bl_dataset *set;
    struct bl_ref_out ref;
    uint32_t image, top5[2];
    double error[2][IMAGES];
};

/* Nobody larger, or an equal one before it, four times at most. */
static bool among_five(const double *v, uint32_t label)
{
    int place = 0;

    for (uint32_t i = 0; i < CELLS; i++)
        if (v[i] > v[label] || (v[i] >= v[label] && i < label))
            place++;
    return place <= 4;
}

static void count_values(struct count *c, const double *v, const uint8_t *image, int which)
{
    const struct bl_tensor *x = &c->net->tensors[c->net->input], *y = &c->net->tensors[c->net->output];
    double sum = 0;

    c->top5[which] += among_five(v, c->set->labels[c->image]);
    for (int i = 0; i < CELLS; i++) {
        int in = x->dtype == BL_S8 ? (int8_t)image[i] : image[i];
        double d = (double)(x->scale * (float)(in - x->zero)) - (double)(y->scale * ((float)v[i] - (float)y->zero));
        sum += d * d;
    }
    c->error[which][c->image] = sum / CELLS;
}

static void layer_ended(void *ctx, const struct bl_layer_end *e)
{
    struct count *c = ctx;
    double v[CELLS];
    uint8_t image[CELLS];

    if (e->layer + 1 < c->net->nlayers)
        return;
    bl_dataset_image(c->set, c->net, c->image, image);
    for (int i = 0; i < CELLS; i++)
        v[i] = e->memory[e->program->out.at + (size_t)i] - e->program->out.bias;
    count_values(c, v, image, 0);
    bl_reference_run(c->net, image, &c->ref);
    for (int i = 0; i < CELLS; i++)
        v[i] = c->ref.value[c->net->output][i];
    count_values(c, v, image, 1);
    c->image++;
}

struct bench { struct bl_net *net; struct bl_dataset set; uint8_t pixels[IMAGES * CELLS]; uint32_t labels[IMAGES]; struct count count; };

/* Eight cells to sixteen to eight; labels 0 and 1 for errors, else 0 to 7. */
static void bench_open(struct bench *b, bool two)
{
    struct grow g = grow_start(3, CELLS, 1, 1);
    struct heard h;

    *b = (struct bench){ 0 };
    grow_fc(&g, 1, 1, 16, true);
    grow_fc(&g, 1, 1, CELLS, false);
    b->net = grow_end(&g);
    for (uint32_t i = 0; i < IMAGES * CELLS; i++)
        b->pixels[i] = (uint8_t)(i * 37 + i / 5);
    for (uint32_t i = 0; i < IMAGES; i++)
        b->labels[i] = two ? i % 3 == 0 : i * 5 % CELLS;
    b->set = (struct bl_dataset){ .count = IMAGES, .c = CELLS, .h = 1, .w = 1, .pixels = b->pixels, .labels = b->labels };
    b->count = (struct count){ .net = b->net, .set = &b->set };
    ck_assert_int_eq(bl_ref_init(&b->count.ref, b->net, heard_start(&h)), 0);
}

static void bench_close(struct bench *b)
{
    bl_ref_fini(&b->count.ref);
    bl_net_free(b->net);
}

static struct rig_opts run_of(struct bench *b, enum bl_metric metric)
{
    return (struct rig_opts){ .job = { .net = b->net, .images = &b->set, .count = IMAGES, .metric = metric, .on_layer = layer_ended, .on_layer_ctx = &b->count } };
}

static double mean(const double *v)
{
    double sum = 0;

    for (int i = 0; i < IMAGES; i++)
        sum += v[i];
    return sum / IMAGES;
}

/* Pair by pair. */
static double pairs(const double *v, const uint32_t *label)
{
    double right = 0, all = 0;

    for (int i = 0; i < IMAGES; i++)
        for (int k = 0; k < IMAGES; k++)
            if (label[i] == 1 && label[k] == 0) {
                all++;
                right += v[i] > v[k] ? 1 : v[i] < v[k] ? 0 : 0.5;
            }
    return right / all;
}

START_TEST(top5)
{
    struct bench b;
    struct net_rig r;

    bench_open(&b, false);
    struct rig_opts o = run_of(&b, BL_TOP5);
    const struct bl_result *x = rig_run(&r, &o);
    ck_assert(x->metric == BL_TOP5 && x->images == IMAGES);
    ck_assert_uint_eq(x->top5, b.count.top5[0]);
    ck_assert_uint_eq(x->reference_top5, b.count.top5[1]);
    ck_assert(x->top5 >= x->correct && x->reference_top5 > x->reference_correct && x->top5 < IMAGES);
    rig_close(&r);
    bench_close(&b);
}
END_TEST

START_TEST(errors)
{
    struct bench b;
    struct net_rig r;

    bench_open(&b, true);
    struct rig_opts o = run_of(&b, BL_MSE);
    const struct bl_result *x = rig_run(&r, &o);
    ck_assert(fabs(x->mse - mean(b.count.error[0])) < 1e-9 * x->mse && fabs(x->reference_mse - mean(b.count.error[1])) < 1e-9 * x->mse);
    ck_assert(x->mse < x->reference_mse || x->mse > x->reference_mse);       /* the macro is analog */
    ck_assert(fabs(x->auc - pairs(b.count.error[0], b.labels)) < 1e-12 && fabs(x->reference_auc - pairs(b.count.error[1], b.labels)) < 1e-12);
    rig_close(&r);
    bench_close(&b);
}
END_TEST

/* Without labels there is an error, and no area. */
START_TEST(no_labels)
{
    struct bench b;
    struct net_rig r;

    bench_open(&b, true);
    b.set.labels = NULL;
    struct rig_opts o = run_of(&b, BL_MSE);
    o.job.on_layer = NULL;
    const struct bl_result *x = rig_run(&r, &o);
    ck_assert(x->mse > 0 && isnan(x->auc) && isnan(x->reference_auc));
    rig_close(&r);
    bench_close(&b);
}
END_TEST

/* Put back in the middle, a job has the same figures at its end. */
START_TEST(saved)
{
    const enum bl_metric metric = _i ? BL_MSE : BL_TOP5;
    struct bench b;
    struct net_rig whole, first, second;

    bench_open(&b, _i != 0);
    struct rig_opts o = run_of(&b, metric);
    o.job.on_layer = NULL;
    const struct bl_result want = *rig_run(&whole, &o);
    ck_assert_int_eq(rig_open(&first, &o), 0);
    bl_break_at(first.s, bl_now(whole.s) / 2);
    ck_assert_int_eq(bl_job_run(first.job, first.s, BL_FOREVER, NULL, NULL), BL_END_BREAK);
    size_t ns = bl_save_bytes(first.s), nj = bl_job_save_bytes(first.job);
    void *s = malloc(ns), *j = malloc(nj);
    ck_assert_int_eq(bl_save(first.s, s, ns), 0);
    bl_job_save(first.job, j);
    ck_assert_int_eq(rig_open(&second, &o), 0);
    ck_assert_int_eq(bl_restore(second.s, s, ns), 0);
    ck_assert_int_eq(bl_job_restore(second.job, j, nj), 0);
    ck_assert_int_eq(bl_job_run(second.job, second.s, BL_FOREVER, NULL, NULL), BL_END_STOPPED);
    const struct bl_result *got = bl_job_result(second.job);
    ck_assert(got->top5 == want.top5 && got->reference_top5 == want.reference_top5);
    ck_assert(!memcmp(&got->mse, &want.mse, sizeof want.mse) && !memcmp(&got->reference_mse, &want.reference_mse, sizeof want.mse));
    free(s);
    free(j);
    rig_close(&whole);
    rig_close(&first);
    rig_close(&second);
    bench_close(&b);
}
END_TEST

START_TEST(refusals)
{
    struct bench b;
    struct net_rig r;

    bench_open(&b, false);
    struct rig_opts o = run_of(&b, BL_MSE);
    ck_assert_int_eq(rig_open(&r, &o), -1);
    ck_assert_ptr_nonnull(strstr(r.h.text, "--metric error: label 1 is 5, expected 0 (as it should be) or 1 (an anomaly)"));
    rig_close(&r);
    b.labels[4] = 8;
    o.job.metric = BL_TOP1;
    ck_assert_int_eq(rig_open(&r, &o), -1);
    ck_assert_ptr_nonnull(strstr(r.h.text, "the labels: label 4 is class 8, expected 0 to 7"));
    rig_close(&r);
    bench_close(&b);
}
END_TEST

Suite *suite_job_judge(void)
{
    Suite *s = suite_create("job_judge");
    TCase *t = tcase_create("all");

    tcase_add_test(t, top5);
    tcase_add_test(t, errors);
    tcase_add_test(t, no_labels);
    tcase_add_loop_test(t, saved, 0, 2);
    tcase_add_test(t, refusals);
    suite_add_tcase(s, t);
    return s;
}
