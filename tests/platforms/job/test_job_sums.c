/* test_job_sums.c - a net by sums: with exact sums every output is the reference's; sums that lack something are folded back; the loss is
 * that of the definition; images are shared by workers, and given up when the loss is too much. */
#include <stdatomic.h>

#include "components/host.h"
#include "components/window.h"
#include "platforms/job/job_sums.h"
#include "platforms/job/setup.h"
#include "platforms/net/reference.h"
#include "tests/rigs/net_rig.h"

Suite *suite_job_sums(void);

enum { IMAGES = 5 };

/* What lacks of each sum, by layer; how often each image and layer was asked for. */
struct maker { const struct bl_net *net; int32_t lacks; atomic_uint asked[IMAGES][8]; bool wrong_worker; uint32_t workers; };

static int32_t exact(const struct bl_host_layer *l, const int8_t *weight, const uint8_t *memory, uint32_t group, uint32_t p)
{
    struct bl_window w;
    uint8_t act[2048];
    int32_t sum = 0;

    ck_assert_uint_le(l->k, sizeof act);
    bl_window_at(&w, l, group, p);
    bl_window_read(&w, bl_window_input(&w, memory), 0, l->k, act);
    for (uint32_t k = 0; k < l->k; k++)
        sum += act[k] * weight[k];
    return sum;
}

static void make(void *ctx, const struct bl_sums_at *at)
{
    struct maker *m = ctx;
    const struct bl_host_layer *l = at->program;
    uint32_t groups = bl_host_groups(l);

    m->asked[at->image][at->layer]++;
    m->wrong_worker |= at->worker != at->image % m->workers;
    for (uint32_t o = 0; o < l->cout; o++) {
        uint32_t group = o / (l->cout / groups), first = l->flat ? group * l->rows_of_group : 0;
        for (uint32_t p = first; p < first + bl_host_windows(l); p++)
            at->sums[(size_t)o * l->pixels + p] += exact(l, m->net->layers[at->layer].weight + (size_t)o * l->k, at->memory, group, p) - m->lacks;
    }
}

struct one { struct bl_setup *u; struct heard h; struct maker m; };

static void open_one(struct one *x, const struct bl_net *own)
{
    static const char *const sets[] = { "controller.mode=digital" };

    memset(x, 0, sizeof *x);
    x->u = bl_setup_open(&(struct bl_setup_opts){ .platform = OSA, .images = { true, IMAGES }, .set = { sets, 1 }, .own_net = own },
                         heard_start(&x->h));
    ck_assert_msg(x->u != NULL, "%s", x->h.text);
    x->m.net = x->u->net;
}

static double run(struct one *x, uint32_t workers, int32_t lacks, int32_t *const *fold, double limit)
{
    struct bl_sums *s = bl_sums_open(x->u->job, workers, &x->h.diag);

    ck_assert_uint_eq(bl_sums_workers(s), workers);
    memset(x->m.asked, 0, sizeof x->m.asked);
    x->m.lacks = lacks;
    x->m.workers = workers;
    double loss = bl_sums_run(s, &(struct bl_sums_by){ .make = make, .ctx = &x->m, .fold = fold, .limit = limit });
    bl_sums_close(s);
    ck_assert(!x->m.wrong_worker);
    return loss;
}

/* The demo net, and one with groups, signed tensors, zero points and every kind of host work in a row. */
static struct bl_net *odd_net(void)
{
    struct grow g = grow_start(5, 4, 6, 6);

    grow_conv(&g, (struct bl_layer){ .groups = 2, .kh = 3, .kw = 3, .stride_h = 1, .stride_w = 1, .dil_h = 1, .dil_w = 1, .pad_t = 1, .pad_l = 1,
                                     .pad_b = 1, .pad_r = 1 }, 8);
    grow_host(&g, (struct bl_layer){ .kind = BL_LUT });
    grow_host(&g, (struct bl_layer){ .kind = BL_MAXPOOL, .kh = 2, .kw = 2, .stride_h = 2, .stride_w = 2, .dil_h = 1, .dil_w = 1 });
    grow_fc(&g, 2, 2, 6, false);
    for (uint32_t o = 0; o < 8; o++)
        g.net->layers[0].wzero[o] = (int32_t)o - 3;
    return grow_end(&g);
}

START_TEST(exact_sums)
{
    struct bl_net *own = _i ? odd_net() : NULL;
    struct one x;

    open_one(&x, own);
    for (uint32_t workers = 1; workers <= IMAGES + 1; workers += 2) {
        ck_assert(run(&x, workers, 0, NULL, 0) == 0);
        for (uint32_t i = 0; i < IMAGES; i++)
            for (uint32_t l = 0; l < x.u->net->nlayers; l++)
                ck_assert_uint_eq(x.m.asked[i][l], x.u->net->layers[l].kind == BL_CONV || x.u->net->layers[l].kind == BL_FC);
    }
    bl_setup_close(x.u);
    bl_net_free(own);
}
END_TEST

/* What all sums lack is given back by the fold. */
START_TEST(folded)
{
    struct bl_net *own = odd_net();
    struct one x;
    int32_t back[8], *fold[4] = { back, NULL, NULL, back };

    for (int i = 0; i < 8; i++)
        back[i] = 20000;
    open_one(&x, own);
    double plain = run(&x, 2, 20000, NULL, (double)INFINITY);
    ck_assert(plain > 0 && isfinite(plain));
    ck_assert(run(&x, 2, 20000, fold, 0) == 0);
    fold[0] = NULL;
    double half = run(&x, 3, 20000, fold, (double)INFINITY);
    ck_assert(half > 0 && half != plain);
    bl_setup_close(x.u);
    bl_net_free(own);
}
END_TEST

/* Given up: INFINITY, and with one worker not all images were asked for. */
START_TEST(given_up)
{
    struct one x;
    unsigned asked = 0;

    open_one(&x, NULL);
    double loss = run(&x, 1, 20000, NULL, (double)INFINITY);
    ck_assert(loss > 0 && isfinite(loss));
    ck_assert_double_eq(run(&x, 2, 20000, NULL, loss), loss);
    ck_assert(isinf(run(&x, 2, 20000, NULL, loss * 0.99)));
    ck_assert(isinf(run(&x, 1, 20000, NULL, 0)));
    for (uint32_t i = 0; i < IMAGES; i++)
        asked += x.m.asked[i][0];
    ck_assert_uint_eq(asked, 1);
    bl_setup_close(x.u);
}
END_TEST

/* Sums of squares of what differs, over those of the reference without its zero point, against a run of the platform that gives the same. */
START_TEST(loss_of_the_definition)
{
    struct one x;

    open_one(&x, NULL);
    struct bl_sums *s = bl_sums_open(x.u->job, 1, &x.h.diag);
    x.m = (struct maker){ .net = x.u->net, .lacks = 7000, .workers = 1 };
    double loss = bl_sums_run(s, &(struct bl_sums_by){ .make = make, .ctx = &x.m, .limit = (double)INFINITY });
    bl_sums_close(s);

    struct bl_ref_out ref;
    struct bl_net *net = (struct bl_net *)(uintptr_t)x.u->net;
    double signal = 0, error = 0;
    ck_assert_int_eq(bl_ref_init(&ref, net, &x.h.diag), 0);
    uint8_t *image = malloc(bl_net_input_bytes(net));
    size_t n = bl_tensor_elems(&net->tensors[net->output]);
    for (uint32_t i = 0; i < IMAGES; i++) {
        int16_t want[64];
        ck_assert_uint_le(n, COUNT(want));
        bl_dataset_image(x.u->data, net, x.u->first + i, image);
        ck_assert_int_eq(bl_reference_run(net, image, &ref), 0);
        memcpy(want, ref.value[net->output], n * sizeof *want);
        for (int more = -7000; more <= 7000; more += 14000) {       /* the same net with smaller biases, and back */
            for (uint32_t l = 0; l < net->nlayers; l++)
                for (uint32_t o = 0; (net->layers[l].kind == BL_CONV || net->layers[l].kind == BL_FC) && o < net->layers[l].cout; o++)
                    net->layers[l].requant[o].bias += more;
            if (more < 0)
                ck_assert_int_eq(bl_reference_run(net, image, &ref), 0);
        }
        for (size_t k = 0; k < n; k++) {
            double v = want[k] - net->tensors[net->output].zero, d = ref.value[net->output][k] - want[k];
            signal += v * v;
            error += d * d;
        }
    }
    ck_assert(error > 0);
    ck_assert_double_eq(loss, error / signal);
    free(image);
    bl_ref_fini(&ref);
    bl_setup_close(x.u);
}
END_TEST

Suite *suite_job_sums(void)
{
    Suite *s = suite_create("job_sums");
    TCase *t = tcase_create("sums");

    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, exact_sums, 0, 2);
    tcase_add_test(t, folded);
    tcase_add_test(t, given_up);
    tcase_add_test(t, loss_of_the_definition);
    suite_add_tcase(s, t);
    return s;
}
