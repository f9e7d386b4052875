/* test_job_tflite.c - .tflite nets on platforms (job.c, job_plan.c): layers, rules and formats that no other net has, compared with the
 * reference layer by layer; MLPerf Tiny's models where they are at hand. */
#include "platforms/job/mapper.h"
#include "tests/rigs/net_rig.h"
#include "tests/rigs/tflite_make.h"

Suite *suite_job_tflite(void);

static const struct machine { const char *platform, *mapper, *set; } MACHINES[] = {
    { OSA, "osa_hcim", "controller.mode=digital" },
    { "platforms/imagine/imagine.yaml", "imagine", "host.r_out=28" },
    { "platforms/bf_imna/bf_imna.yaml", "bf_imna", NULL },
};
enum { MOST_IMAGES = 20 };

/* Every layer of every image equals the reference. */
static void exact(const struct machine *m, const struct bl_net *net, uint32_t images)
{
    struct rig_opts o = { .platform = m->platform, .mapper = m->mapper, .sets = { m->set }, .job = { .net = net, .count = images, .seed = 1 } };
    struct net_rig r;
    const struct bl_result *res = rig_run(&r, &o);

    ck_assert_uint_eq(res->images, images);
    for (uint32_t i = 0; i < res->nlayers; i++)
        ck_assert_msg(!res->layers[i].mismatches, "%s, %s: layer %s differs in %llu of %llu", m->mapper, net->name, res->layers[i].name,
                      (unsigned long long)res->layers[i].mismatches, (unsigned long long)res->layers[i].outputs);
    rig_close(&r);
}

/* ---- a small net of everything: two inputs, groups, a constant operand, moves, tables, means, softmax ---- */

static int8_t weights[4 * 3 * 3 * 2], deep[1 * 3 * 3 * 8], flat[5 * 32], constant[4];
static int32_t biases[8];

static void everything(struct tm_model *d)
{
    static const int32_t pads[8] = { 0, 0, 1, 0, 0, 1, 0, 0 }, axes[2] = { 1, 2 };

    for (size_t i = 0; i < sizeof weights; i++)
        weights[i] = (int8_t)(29 * i + 11);
    for (size_t i = 0; i < sizeof deep; i++)
        deep[i] = (int8_t)(31 * i + 7);
    for (size_t i = 0; i < sizeof flat; i++)
        flat[i] = (int8_t)(37 * i + 5);
    for (int i = 0; i < 8; i++)
        biases[i] = 300 * i - 900;
    for (int i = 0; i < 4; i++)
        constant[i] = (int8_t)(50 * i - 70);
    *d = (struct tm_model){ 0 };
    int32_t a = tm_add(d, "a", TM_DIMS(1, 5, 5, 2), .05f, -9), b = tm_add(d, "b", TM_DIMS(1, 5, 5, 2), .04f, 7);
    int32_t sum = tm_add(d, "sum", TM_DIMS(1, 5, 5, 2), .07f, 3), pad = tm_add(d, "pad", TM_DIMS(1, 6, 6, 2), .07f, 3);
    int32_t conv = tm_add(d, "conv", TM_DIMS(1, 4, 4, 4), .6f, -20), dw = tm_add(d, "dw", TM_DIMS(1, 2, 2, 8), 9.f, 11);
    int32_t mul = tm_add(d, "mul", TM_DIMS(1, 4, 4, 4), .5f, -3), soft = tm_add(d, "soft", TM_DIMS(1, 5), 0x1p-8f, -128);
    int32_t fc = tm_add(d, "fc", TM_DIMS(1, 5), 40.f, 4), row = tm_add(d, "row", TM_DIMS(1, 32), 9.f, 11), mean = tm_add(d, "mean", TM_DIMS(1, 8), 4.f, 1);
    int32_t lr = tm_add(d, "lr", TM_DIMS(1, 8), 3.f, 1);
    int32_t cw = tm_const(d, "cw", TM_DIMS(4, 3, 3, 2), 9, weights, sizeof weights), cb = tm_const(d, "cb", TM_DIMS(4), 2, biases, 16);
    int32_t dww = tm_const(d, "dww", TM_DIMS(1, 3, 3, 8), 9, deep, sizeof deep), db = tm_const(d, "db", TM_DIMS(8), 2, biases, 32);
    int32_t fw = tm_const(d, "fw", TM_DIMS(5, 32), 9, flat, sizeof flat), c = tm_const(d, "c", TM_DIMS(4), 9, constant, 4);
    int32_t p = tm_const(d, "p", TM_DIMS(4, 2), 2, pads, 32), ax = tm_const(d, "ax", TM_DIMS(2), 2, axes, 8);
    struct tm_op *o;

    d->tensor[cw].scale[0] = .02f, d->tensor[dww].scale[0] = .03f, d->tensor[fw].scale[0] = .01f, d->tensor[c].scale[0] = .02f;
    tm_operator(d, 0, 11, 2, (int32_t[]){ a, b }, sum);
    tm_operator(d, 34, 0, 2, (int32_t[]){ sum, p }, pad);
    o = tm_operator(d, 3, 1, 3, (int32_t[]){ pad, cw, cb }, conv);
    tm_option(o, 0, 1, 1), tm_option(o, 1, 4, 1), tm_option(o, 2, 4, 1), tm_option(o, 3, 1, 1);
    o = tm_operator(d, 18, 21, 2, (int32_t[]){ conv, c }, mul);
    o = tm_operator(d, 4, 2, 3, (int32_t[]){ mul, dww, db }, dw);
    tm_option(o, 0, 1, 0), tm_option(o, 1, 4, 2), tm_option(o, 2, 4, 2), tm_option(o, 3, 4, 2);
    tm_operator(d, 22, 0, 1, (int32_t[]){ dw }, row);
    tm_operator(d, 9, 0, 3, (int32_t[]){ row, fw, -1 }, fc);
    o = tm_operator(d, 25, 9, 1, (int32_t[]){ fc }, soft);
    tm_option(o, 0, 4, tm_float_bits(.01f));
    tm_operator(d, 40, 0, 2, (int32_t[]){ dw, ax }, mean);
    o = tm_operator(d, 98, 75, 1, (int32_t[]){ mean }, lr);
    tm_option(o, 0, 4, tm_float_bits(.2f));
    d->in[0] = a, d->in[1] = b, d->nin = 2;
    d->out[0] = soft, d->out[1] = lr, d->nout = 2;
}

START_TEST(small)
{
    static struct tm m;
    struct tm_model d;
    struct heard h;

    everything(&d);
    tm_write(&m, &d);
    for (int rule = BL_XNN; rule <= BL_Q31; rule++) {
        struct bl_net *net = bl_tflite_read("all.tflite", m.b, m.n, (enum bl_rule)rule, heard_start(&h));
        ck_assert_msg(net != NULL, "%s", h.text);
        ck_assert_uint_eq(net->noutputs, 2);
        exact(&MACHINES[_i], net, 3);
        bl_net_free(net);
    }
}
END_TEST

/* ---- MLPerf Tiny ---- */

static const char *const MODELS[] = { "ic_resnet8/ic_resnet8_int8", "kws_dscnn/kws_dscnn_int8", "ad_autoenc/ad01_int8" };

START_TEST(tiny)
{
    const char *slow = getenv("BL_LONG");
    char path[128];
    struct heard h;

    snprintf(path, sizeof path, "../shared/data/%s.tflite", MODELS[_i / COUNT(MACHINES)]);
    FILE *f = fopen(path, "rb");
    if (!f) {
        SKIP_DATA(path);
        return;
    }
    fclose(f);
    struct bl_net *net = bl_net_load(path, 1, heard_start(&h));
    ck_assert_msg(net != NULL, "%s", h.text);
    exact(&MACHINES[_i % COUNT(MACHINES)], net, slow && *slow ? MOST_IMAGES : 1);
    bl_net_free(net);
}
END_TEST

Suite *suite_job_tflite(void)
{
    Suite *s = suite_create("job_tflite");
    TCase *c = tcase_create("all");

    tcase_add_loop_test(c, small, 0, COUNT(MACHINES));
    tcase_add_loop_test(c, tiny, 0, COUNT(MODELS) * COUNT(MACHINES));
    tcase_set_timeout(c, 300);
    suite_add_tcase(s, c);
    return s;
}
