/* test_reference_stops.c - a layer of the reference is asked whether it shall stop: where, how often, and it begins anew with the same
 * values; reference_float.c: pieces of a layer in float32 make the bits of the whole one. */
#include "platforms/net/reference_in.h"

#include "tests/rigs/net_rig.h"

Suite *suite_reference_stops(void);

struct asked { unsigned calls, stop_at; uint64_t last, total; };

static bool ask(void *ctx, uint64_t done, uint64_t total)
{
    struct asked *a = ctx;

    ck_assert(done > a->last && done <= total && (!a->total || a->total == total));
    a->last = done;
    a->total = total;
    return ++a->calls == a->stop_at;
}

/* One layer of millions of steps: a convolution, a depthwise one, a matrix, a pool. */
static struct bl_net *long_layer(int which)
{
    struct grow g = grow_start(7 + (uint64_t)which, which == 2 ? 2048 : 32, which == 2 ? 1 : 64, which == 2 ? 1 : 64);
    struct bl_layer l = { .kh = 3, .kw = 3, .stride_h = 1, .stride_w = 1, .dil_h = 1, .dil_w = 1, .pad_t = 1, .pad_b = 1, .pad_l = 1, .pad_r = 1,
                          .groups = which == 1 ? 32 : 1 };

    if (which < 2) {
        grow_conv(&g, l, which ? 128 : 16);
    } else if (which == 2) {
        grow_fc(&g, 1, 1, 1536, false);
    } else {
        l = (struct bl_layer){ .kind = BL_AVGPOOL, .kh = 7, .kw = 7, .stride_h = 1, .stride_w = 1, .dil_h = 1, .dil_w = 1 };
        grow_host(&g, l);
    }
    return grow_end(&g);
}

START_TEST(in_a_layer)
{
    struct bl_net *net = long_layer(_i);
    const size_t n = bl_tensor_elems(&net->tensors[net->output]);
    uint8_t *image = malloc(bl_net_input_bytes(net));
    struct bl_ref_out out;
    struct asked a = { .stop_at = 2 };
    struct heard h;

    bl_dataset_made(net, 3, 0, 20, image);
    ck_assert_int_eq(bl_ref_init_lean(&out, net, heard_start(&h)), 0);
    ck_assert_int_eq(bl_reference_run(net, image, &out), 0);             /* nobody asks */
    int16_t *want = malloc(n * sizeof *want);
    memcpy(want, out.value[net->output], n * sizeof *want);
    out.poll = ask;
    out.poll_ctx = &a;
    ck_assert_int_eq(bl_reference_begin(image, &out), 0);
    ck_assert_int_eq(bl_reference_layer(0, &out), 1);                    /* stopped: the second time that it was asked */
    ck_assert_uint_eq(a.calls, 2);
    ck_assert(a.last >= 2 * BL_REF_ASK && a.last < a.total && a.total == bl_layer_steps(net, 0));
    a = (struct asked){ 0 };
    ck_assert_int_eq(bl_reference_layer(0, &out), 0);                    /* anew, to its end */
    ck_assert_uint_ge(a.calls, 2);
    ck_assert_mem_eq(out.value[net->output], want, n * sizeof *want);
    a = (struct asked){ .stop_at = 1 };
    ck_assert_int_eq(bl_reference_run(net, image, &out), 1);
    free(want);
    free(image);
    bl_ref_fini(&out);
    bl_net_free(net);
}
END_TEST

/* ---- float32 ---- */

static float *reals(uint64_t *s, size_t n)
{
    float *v = malloc(n * sizeof *v);

    for (size_t i = 0; i < n; i++)
        v[i] = (float)pick(s, 0, 2000) / 64.0f - 15.0f;
    return v;
}

static struct bl_float random_float(uint64_t *s)
{
    static const enum bl_float_op OPS[] = { BL_FLOAT_CONV, BL_FLOAT_MAXPOOL, BL_FLOAT_AVGPOOL, BL_FLOAT_MATMUL };
    struct bl_float f = { .op = (uint16_t)OPS[pick(s, 0, 3)], .groups = 1, .stride_h = 1, .stride_w = 1, .dil_h = 1, .dil_w = 1 };

    if (f.op == BL_FLOAT_MATMUL) {
        f.outer = pick(s, 1, 3), f.n = pick(s, 1, 9), f.inner = pick(s, 1, 9), f.rows = pick(s, 1, 4);
        f.one_a = pick(s, 0, 1), f.one_b = pick(s, 0, 1);
        return f;
    }
    f.kh = pick(s, 1, 3), f.kw = pick(s, 1, 3);
    f.h = pick(s, 3, 7), f.w = pick(s, 3, 7);
    f.pad_t = pick(s, 0, f.kh - 1), f.pad_l = pick(s, 0, f.kw - 1);
    f.out_h = f.h + f.pad_t - f.kh + 1, f.out_w = f.w + f.pad_l - f.kw + 1;
    f.groups = f.op == BL_FLOAT_CONV ? pick(s, 1, 3) : 1;
    f.c = f.groups * pick(s, 1, 3);
    f.out_c = f.op == BL_FLOAT_CONV ? f.groups * pick(s, 1, 3) : f.c;
    f.count_pad = pick(s, 0, 1);
    return f;
}

START_TEST(in_pieces)
{
    uint64_t s = 100 * (uint64_t)_i;
    struct bl_float f = random_float(&s);
    bool mat = f.op == BL_FLOAT_MATMUL;
    size_t na = mat ? (size_t)f.outer * f.rows * f.inner : (size_t)f.c * f.h * f.w, n = mat ? (size_t)f.outer * f.rows * f.n : (size_t)f.out_c * f.out_h * f.out_w;
    size_t nb = mat ? (size_t)f.outer * f.inner * f.n : (size_t)f.out_c * (f.c / f.groups) * f.kh * f.kw;
    float *a = reals(&s, na), *b = reals(&s, nb), *bias = reals(&s, bl_float_biases(&f)), *whole = reals(&s, n), *pieces = reals(&s, n);
    struct asked k = { .stop_at = 1 };
    struct bl_ref_out out = { .poll = NULL };
    struct bl_ref_steps steps = { &out, 0, 1 << 30, 1 };

    f.bias = pick(&s, 0, 1) && (mat || f.op == BL_FLOAT_CONV) ? bias : NULL;      /* pools have none */
    bl_float_work(&f, a, b, whole);
    ck_assert_int_eq(bl_ref_float(&f, a, b, pieces, &steps), 0);
    ck_assert_mem_eq(whole, pieces, n * sizeof *whole);
    out = (struct bl_ref_out){ .poll = ask, .poll_ctx = &k };
    steps = (struct bl_ref_steps){ &out, 0, 1 << 30, 1 };
    ck_assert_int_eq(bl_ref_float(&f, a, b, pieces, &steps), 1);
    free(a);
    free(b);
    free(bias);
    free(whole);
    free(pieces);
}
END_TEST

/* ---- a job ---- */

struct stopper { struct bl_sim *s; unsigned calls, stop_at; };

static void on_reference(void *ctx, uint32_t layer, uint64_t done, uint64_t total)
{
    struct stopper *p = ctx;

    ck_assert(layer < 2 && done <= total);
    if (++p->calls == p->stop_at)
        bl_interrupt(p->s);
}

static struct rig_opts job_of(struct bl_net *net, struct stopper *p)
{
    return (struct rig_opts){ .job = { .net = net, .count = 2, .seed = 5, .on_reference = on_reference, .on_reference_ctx = p } };
}

static void same_result(const struct bl_result *a, const struct bl_result *b)
{
    ck_assert(a->images == b->images && a->outputs == b->outputs && a->mismatches == b->mismatches && a->cycles_max == b->cycles_max && a->agree == b->agree);
    for (uint32_t i = 0; i < a->nlayers; i++)
        ck_assert(a->layers[i].outputs == b->layers[i].outputs && a->layers[i].cycles == b->layers[i].cycles && a->layers[i].ops == b->layers[i].ops);
}

/* bl_interrupt while the reference computes ends the run there; it goes on, in this job or from a snapshot, as if nothing had been. */
START_TEST(in_a_job)
{
    struct grow g = grow_start(21, 16, 32, 32);
    struct bl_layer l = { .kh = 3, .kw = 3, .stride_h = 1, .stride_w = 1, .dil_h = 1, .dil_w = 1, .pad_t = 1, .pad_b = 1, .pad_l = 1, .pad_r = 1, .groups = 1 };
    struct stopper none = { 0 }, p = { .stop_at = 3 }, q = { 0 };
    struct net_rig whole, r, again;

    grow_conv(&g, l, 8);
    grow_conv(&g, l, 16);
    struct bl_net *net = grow_end(&g);
    struct rig_opts o = job_of(net, &none), stopped = job_of(net, &p), other = job_of(net, &q);
    const struct bl_result *want = rig_run(&whole, &o);
    ck_assert_uint_ge(none.calls, 4);
    ck_assert_int_eq(rig_open(&r, &stopped), 0);
    p.s = r.s;
    ck_assert_int_eq(bl_job_run(r.job, r.s, BL_FOREVER, NULL, NULL), BL_END_INTERRUPTED);
    ck_assert_uint_eq(p.calls, 3);
    size_t ns = bl_save_bytes(r.s), nj = bl_job_save_bytes(r.job);
    void *s = malloc(ns), *j = malloc(nj);
    ck_assert_int_eq(bl_save(r.s, s, ns), 0);
    bl_job_save(r.job, j);
    ck_assert_int_eq(bl_job_run(r.job, r.s, BL_FOREVER, NULL, NULL), BL_END_STOPPED);
    same_result(bl_job_result(r.job), want);
    ck_assert_int_eq(rig_open(&again, &other), 0);
    ck_assert_int_eq(bl_restore(again.s, s, ns), 0);
    ck_assert_int_eq(bl_job_restore(again.job, j, nj), 0);
    ck_assert_int_eq(bl_job_run(again.job, again.s, BL_FOREVER, NULL, NULL), BL_END_STOPPED);
    same_result(bl_job_result(again.job), want);
    free(s);
    free(j);
    rig_close(&whole);
    rig_close(&r);
    rig_close(&again);
    bl_net_free(net);
}
END_TEST

Suite *suite_reference_stops(void)
{
    Suite *s = suite_create("reference_stops");
    TCase *t = tcase_create("all");

    tcase_add_loop_test(t, in_a_layer, 0, 4);
    tcase_add_loop_test(t, in_pieces, 0, fewer(200, 40));
    tcase_add_test(t, in_a_job);
    tcase_set_timeout(t, 120);
    suite_add_tcase(s, t);
    return s;
}
