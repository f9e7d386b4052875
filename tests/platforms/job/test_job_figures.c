/* test_job_figures.c - a net on a platform: what its job says of differences, cycles and classes, against an eye of our own. */
#include "components/host.h"
#include "tests/rigs/net_rig.h"

Suite *suite_job_figures(void);

/* ---- an eye of our own on the run: every value of every layer against the reference ---- */

enum { MOST_IMAGES = 16, MOST_LAYERS = 8 };
struct eye {
    struct demo demo;
    uint32_t first_image, image;
    struct bl_ref_out ref;
    struct net_rig *rig;
    struct bl_mismatch first;
    uint64_t mismatches[MOST_LAYERS];
    uint32_t most[MOST_LAYERS];
    double signal, error;              /* of the last layer */
    uint32_t correct, reference_correct, agree;
    uint64_t end[MOST_IMAGES];         /* cycle in which an image ended */
};

static uint32_t largest(const int *v, size_t n)
{
    uint32_t best = 0;

    for (uint32_t i = 1; i < n; i++)
        best = v[i] > v[best] ? i : best;
    return best;
}

static void end_of_image(struct eye *e, const int *got, const int *want, size_t n)
{
    uint32_t label = e->demo.set->labels[e->first_image + e->image];

    e->correct += largest(got, n) == label;
    e->reference_correct += largest(want, n) == label;
    e->agree += largest(got, n) == largest(want, n);
    e->end[e->image++] = bl_now(e->rig->s) / CORE_FS;
}

static void look(void *ctx, const struct bl_layer_end *l)
{
    struct eye *e = ctx;
    const struct bl_tensor *y = &e->demo.net->tensors[e->demo.net->layers[l->layer].out];
    size_t n = bl_tensor_elems(y);
    int *got = malloc(2 * n * sizeof *got), *want = got + n;

    if (l->layer == 0) {
        uint8_t image[28 * 28];
        bl_dataset_image(e->demo.set, e->demo.net, e->first_image + e->image, image);
        bl_reference_run(e->demo.net, image, &e->ref);
    }
    for (size_t i = 0; i < n; i++) {
        got[i] = l->memory[l->program->out.at + i] - l->program->out.bias;
        want[i] = e->ref.value[e->demo.net->layers[l->layer].out][i];
        uint32_t by = (uint32_t)abs(got[i] - want[i]);
        if (by && !e->first.any)
            e->first = (struct bl_mismatch){ true, e->first_image + e->image, l->layer, (uint32_t)(i / (y->h * y->w)),
                                             (uint32_t)(i / y->w % y->h), (uint32_t)(i % y->w), got[i], want[i] };
        e->mismatches[l->layer] += by != 0;
        e->most[l->layer] = by > e->most[l->layer] ? by : e->most[l->layer];
        if (l->layer + 1 == e->demo.net->nlayers) {
            e->signal += (double)(want[i] - y->zero) * (want[i] - y->zero);
            e->error += (double)by * by;
        }
    }
    if (l->layer + 1 == e->demo.net->nlayers)
        end_of_image(e, got, want, n);
    free(got);
}

static void eye_open(struct eye *e, struct net_rig *rig, struct rig_opts *o, const char *mode)
{
    struct heard h;

    *e = (struct eye){ .demo = demo_open(), .first_image = 3, .rig = rig };
    ck_assert_int_eq(bl_ref_init(&e->ref, e->demo.net, heard_start(&h)), 0);
    *o = (struct rig_opts){ .sets = { mode }, .job = { .net = e->demo.net, .images = e->demo.set, .first = 3, .count = fewer(13, 3), .on_layer = look,
                                                       .on_layer_ctx = e } };
}

static void eye_close(struct eye *e)
{
    bl_ref_fini(&e->ref);
    demo_close(&e->demo);
}

/* ---- figures ---- */

/* Boundary 10 without calibrated ranges: nearly everything differs. */
START_TEST(differences)
{
    struct eye e;
    struct net_rig r;
    struct rig_opts o;

    eye_open(&e, &r, &o, "controller.mode=fixed");
    o.sets[1] = "controller.boundary=10";
    const struct bl_result *res = rig_run(&r, &o);
    ck_assert(res->approximate && res->first.any && res->has_labels);
    ck_assert_uint_eq(res->images, o.job.count);
    ck_assert_uint_eq(res->first.image, e.first.image);
    ck_assert_uint_eq(res->first.layer, e.first.layer);
    ck_assert_uint_eq(res->first.c, e.first.c);
    ck_assert_uint_eq(res->first.y, e.first.y);
    ck_assert_uint_eq(res->first.x, e.first.x);
    ck_assert_int_eq(res->first.got, e.first.got);
    ck_assert_int_eq(res->first.wanted, e.first.wanted);
    for (uint32_t i = 0; i < res->nlayers; i++) {
        ck_assert_uint_eq(res->layers[i].mismatches, e.mismatches[i]);
        ck_assert_uint_eq(res->layers[i].max_abs_err, e.most[i]);
    }
    ck_assert_uint_eq(res->outputs, 10 * res->images);
    ck_assert_uint_eq(res->mismatches, e.mismatches[res->nlayers - 1]);
    ck_assert_uint_gt(res->mismatches, 0);
    ck_assert_double_eq_tol(res->snr_db, 10 * log10(e.signal / e.error), 1e-9);
    ck_assert_uint_eq(res->correct, e.correct);
    ck_assert_uint_eq(res->reference_correct, e.reference_correct);
    ck_assert_uint_eq(res->agree, e.agree);
    ck_assert_uint_lt(res->correct, res->reference_correct);
    ck_assert_uint_eq(res->nfigures, 1);
    ck_assert_str_eq(res->figures[0].name, "ops_b10");
    ck_assert_double_eq_tol(res->figures[0].value, (double)res->ops, 0.5);
    rig_close(&r);
    eye_close(&e);
}
END_TEST

static int by_size(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}

/* Mode osa: every image takes its own time. */
START_TEST(cycles)
{
    struct eye e;
    struct net_rig r;
    struct rig_opts o;
    uint64_t took[MOST_IMAGES], sum = 0, ops = 0;
    double chosen = 0;

    eye_open(&e, &r, &o, "controller.mode=osa");
    const struct bl_result *res = rig_run(&r, &o);
    for (uint32_t i = 0; i < res->images; i++)
        took[i] = e.end[i] - (i ? e.end[i - 1] : 0);
    qsort(took, res->images, sizeof *took, by_size);
    ck_assert_uint_eq(res->cycles_min, took[0]);
    ck_assert_uint_eq(res->cycles_median, took[res->images / 2]);
    ck_assert_uint_eq(res->cycles_max, took[res->images - 1]);
    ck_assert_uint_lt(res->cycles_min, res->cycles_max);
    for (uint32_t i = 0; i < res->nlayers; i++) {
        sum += res->layers[i].cycles;
        ops += res->layers[i].ops;
    }
    ck_assert_uint_eq(sum, e.end[res->images - 1]);
    ck_assert_uint_eq(res->ops, ops);
    for (uint32_t i = 0; i < res->nfigures; i++)
        chosen += res->figures[i].value;
    ck_assert_uint_gt(res->nfigures, 1);
    ck_assert_double_eq_tol(chosen, (double)ops, 0.5);
    rig_close(&r);
    eye_close(&e);
}
END_TEST

/* A run that is stopped at limits now and then tells the same in the end. */
START_TEST(in_pieces)
{
    struct eye e;
    struct net_rig r, whole;
    struct rig_opts o;
    uint64_t t = 0;
    enum bl_end end;

    eye_open(&e, &r, &o, "controller.mode=osa");
    o.job.count = 2;
    o.job.on_layer = NULL;
    const struct bl_result *want = rig_run(&whole, &o), *got;
    ck_assert_int_eq(rig_open(&r, &o), 0);
    while ((end = bl_job_run(r.job, r.s, t += 7777 * (uint64_t)CORE_FS, NULL, NULL)) == BL_END_LIMIT)
        ck_assert_uint_le(bl_job_result(r.job)->images, 1);
    ck_assert_int_eq(end, BL_END_STOPPED);
    got = bl_job_result(r.job);
    ck_assert_uint_eq(got->images, 2);
    ck_assert_uint_eq(got->nfigures, want->nfigures);
    for (uint32_t i = 0; i < want->nfigures; i++)
        ck_assert_double_eq_tol(got->figures[i].value, want->figures[i].value, 0.5);
    for (uint32_t i = 0; i < want->nlayers; i++) {
        ck_assert_uint_eq(got->layers[i].cycles, want->layers[i].cycles);
        ck_assert_uint_eq(got->layers[i].mismatches, want->layers[i].mismatches);
        ck_assert_double_eq_tol(got->layers[i].utilisation, want->layers[i].utilisation, 1e-15);
        ck_assert(got->layers[i].energy == want->layers[i].energy);
    }
    ck_assert_uint_eq(got->cycles_min, want->cycles_min);
    ck_assert_uint_eq(got->cycles_max, want->cycles_max);
    rig_close(&r);
    rig_close(&whole);
    eye_close(&e);
}
END_TEST

static void count_calls(void *ctx, uint32_t done, uint32_t total)
{
    uint32_t *n = ctx;

    ck_assert_uint_eq(done, ++*n);
    ck_assert_uint_eq(total, 3);
}

START_TEST(progress)
{
    struct eye e;
    struct net_rig r;
    struct rig_opts o;
    uint32_t calls = 0;

    eye_open(&e, &r, &o, "controller.mode=digital");
    o.job.count = 3;
    ck_assert_int_eq(rig_open(&r, &o), 0);
    ck_assert_int_eq(bl_job_run(r.job, r.s, BL_FOREVER, count_calls, &calls), BL_END_STOPPED);
    ck_assert_uint_eq(calls, 3);
    ck_assert_uint_eq(bl_job_result(r.job)->mismatches, 0);
    rig_close(&r);
    eye_close(&e);
}
END_TEST

Suite *suite_job_figures(void)
{
    Suite *s = suite_create("job_figures");
    TCase *t = tcase_create("job_figures");

    tcase_add_test(t, differences);
    tcase_add_test(t, cycles);
    tcase_add_test(t, in_pieces);
    tcase_add_test(t, progress);
    suite_add_tcase(s, t);
    return s;
}
