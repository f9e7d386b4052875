/* test_quantise.c - fitted weights (net_narrow_fit.c), mean errors in the biases (quantise_fold.c), bits by layer (quantise_choose.c), and the demo
 * with them. */
#include "platforms/net/onnx_write.h"
#include "platforms/net/quantise.h"
#include "tests/rigs/net_rig.h"

Suite *suite_quantise(void);

enum { MOST_LAYERS = 16 };

static void bits_of_all(const struct bl_net *net, unsigned w, unsigned a, struct bl_narrow *to)
{
    for (uint32_t i = 0; i < net->nlayers; i++)
        if (net->layers[i].weight)
            to[i] = (struct bl_narrow){ (uint8_t)w, (uint8_t)a };
}

static void fit(struct bl_net *net, unsigned w, unsigned a)
{
    struct bl_narrow to[MOST_LAYERS] = { { 0, 0 } };
    struct heard h;

    bits_of_all(net, w, a, to);
    ck_assert_msg(bl_net_fit(net, to, heard_start(&h)) == 0, "%s", h.text);
}

static struct bl_net *small_net(unsigned seed)
{
    struct grow g = grow_start(seed, 4, 6, 6);

    grow_conv(&g, (struct bl_layer){ .kh = 3, .kw = 3, .stride_h = 1, .stride_w = 1, .dil_h = 1, .dil_w = 1, .relu = seed & 1, .groups = seed % 3 ? 1 : 2 }, 6);
    grow_host(&g, (struct bl_layer){ .kind = BL_RESHAPE });
    grow_fc(&g, 1, 1, 5, false);
    return grow_end(&g);
}

/* ---- fitted weights ---- */

/* The squared error of a row at that step, with real values of 8-bit steps. */
static double error_at(const struct bl_layer *l, uint32_t o, unsigned bits, double step)
{
    const double top = (1 << (bits - 1)) - 1;
    double sum = 0;

    for (uint32_t i = 0; i < l->k; i++) {
        double v = l->weight[(size_t)o * l->k + i] - l->wzero[o], q = rint(v / step);
        q = q > top ? top : q < -top - 1 ? -top - 1 : q;
        sum += (v - q * step) * (v - q * step);
    }
    return sum;
}

/* The error that a row has, as codes and scale say. */
static double error_of(const struct bl_layer *was, const struct bl_layer *is, uint32_t o)
{
    double sum = 0;

    for (uint32_t i = 0; i < was->k; i++) {
        double off = (was->weight[(size_t)o * was->k + i] - was->wzero[o]) * (double)was->wscale[o] - is->weight[(size_t)o * is->k + i] * (double)is->wscale[o];
        sum += off * off / ((double)was->wscale[o] * (double)was->wscale[o]);
    }
    return sum;
}

/* Up to five bits no step of a fine grid is better by more than a tenth; that of narrowing never is. */
START_TEST(least_error)
{
    for (unsigned seed = 0; seed < (unsigned)fewer(12, 3); seed++)
        for (unsigned bits = 2; bits < 8; bits++) {
            struct bl_net *was = small_net(seed), *is = small_net(seed);
            fit(is, bits, 8);
            for (uint32_t i = 0; i < was->nlayers; i++)
                for (uint32_t o = 0; was->layers[i].weight && o < was->layers[i].cout; o++) {
                    const struct bl_layer *l = &was->layers[i];
                    double ours = error_of(l, &is->layers[i], o), least = INFINITY;
                    for (double step = 0.25; step < 300; step *= 1.01)
                        least = fmin(least, error_at(l, o, bits, step));
                    ck_assert_msg(bits > 5 || ours <= 1.1 * least + 1e-3, "seed %u, %u bits, layer %u, output %u: %g, but %g is possible", seed, bits, i, o, ours, least);
                    ck_assert(ours <= error_at(l, o, bits, 1 << (8 - bits)) + 1e-3 && is->layers[i].wzero[o] == 0 && is->layers[i].wbits == bits);
                }
            bl_net_free(was);
            bl_net_free(is);
        }
}
END_TEST

/* One bit, eight and more are as narrowing has them; so are inputs of few bits, and what is refused. */
START_TEST(else_as_narrowed)
{
    static const unsigned W[] = { 1, 8, 12 };
    struct bl_narrow to[MOST_LAYERS] = { { 0, 0 } };
    struct heard h, n;

    for (int k = 0; k < COUNT(W); k++) {
        struct bl_net *a = small_net(3), *b = small_net(3);
        bits_of_all(a, W[k], 5, to);
        ck_assert_int_eq(bl_net_narrow(a, to, heard_start(&h)) | bl_net_fit(b, to, &h.diag), 0);
        for (uint32_t i = 0; i < a->nlayers; i++) {
            const struct bl_layer *x = &a->layers[i], *y = &b->layers[i];
            if (x->weight)
                ck_assert(!memcmp(x->weight, y->weight, (size_t)x->cout * x->k) && !memcmp(x->bias, y->bias, x->cout * sizeof *x->bias) &&
                          !memcmp(x->wscale, y->wscale, x->cout * sizeof *x->wscale));
        }
        ck_assert(!memcmp(&a->tensors[0].shift, &b->tensors[0].shift, sizeof(unsigned)) && b->tensors[0].shift == 3);
        ck_assert_int_eq(bl_net_narrow(a, to, heard_start(&h)) & bl_net_fit(b, to, heard_start(&n)), -1);
        ck_assert_str_eq(h.text, n.text);
        bl_net_free(a);
        bl_net_free(b);
    }
}
END_TEST

/* The bias keeps its real value; weights that are all 0 stay so; the groups of a product of matrices share their scales. */
START_TEST(biases_and_groups)
{
    struct grow g = grow_start(7, 1, 6, 8);
    grow_fc(&g, 2, 3, 8, false);
    struct bl_net *was = grow_end(&g);
    g = grow_start(7, 1, 6, 8);
    grow_fc(&g, 2, 3, 8, false);
    struct bl_net *is = grow_end(&g);

    for (struct bl_net *n = was; n; n = n == was ? is : NULL)
        for (uint32_t o = 0; o < 8; o++) {
            n->layers[0].wscale[o] = 0.01f;
            for (uint32_t i = 0; o % 4 == 3 && i < n->layers[0].k; i++)
                n->layers[0].weight[o * n->layers[0].k + i] = 0;
        }
    fit(is, 3, 6);
    const struct bl_layer *a = &was->layers[0], *b = &is->layers[0];
    for (uint32_t o = 0; o < 8; o++) {
        const double unit = (double)is->tensors[0].scale * (double)b->wscale[o];
        ck_assert(fabs(b->bias[o] * unit - a->bias[o] * (double)was->tensors[0].scale * (double)a->wscale[o]) <= 0.5001 * unit);
        ck_assert(b->wscale[o] >= b->wscale[o % 4] && b->wscale[o] <= b->wscale[o % 4]);
        ck_assert(o % 4 != 3 || (b->weight[o * b->k] == 0 && b->wscale[o] > 0.0f));
    }
    bl_net_free(was);
    bl_net_free(is);
}
END_TEST

START_TEST(errors_are_told)
{
    struct bl_net *was = small_net(5), *is = small_net(5);
    const struct bl_layer *l = &was->layers[0];

    ck_assert(bl_fit_error(l, &is->layers[0]).rms <= 0 && bl_fit_error(l, &is->layers[0]).cut == 0);
    fit(is, 4, 8);
    const struct bl_fit_error e = bl_fit_error(l, &is->layers[0]);
    double all = 0, real = 0, squares = 0;
    for (uint32_t o = 0; o < l->cout; o++) {
        const double unit = (double)l->wscale[o] * (double)l->wscale[o], row = error_of(l, &is->layers[0], o);
        all += row;
        real += row * unit;
        for (uint32_t i = 0; i < l->k; i++)
            squares += pow(l->weight[o * l->k + i] - l->wzero[o], 2) * unit;
    }
    ck_assert(fabs(e.rms - sqrt(all / (l->cout * l->k))) < 1e-6 && fabs(e.relative - sqrt(real / squares)) < 1e-6);
    is->layers[0].wscale[0] /= 4;              /* now the range is a quarter of what it was */
    ck_assert_uint_gt(bl_fit_error(l, &is->layers[0]).cut, e.cut);
    bl_net_free(was);
    bl_net_free(is);
}
END_TEST

/* ---- sums and mean errors ---- */

/* Sums and bias, requantised, are the layer's output. */
START_TEST(sums)
{
    for (unsigned seed = 0; seed < 6; seed++) {
        struct bl_net *net = small_net(seed);
        struct bl_ref_out out, all;
        struct heard h;
        uint8_t image[144];
        int32_t got[400];

        ck_assert_int_eq(bl_ref_init_lean(&out, net, heard_start(&h)) | bl_ref_init(&all, net, &h.diag), 0);
        bl_dataset_made(net, seed, 0, 20, image);
        ck_assert_int_eq(bl_reference_begin(image, &out) | bl_reference_run(net, image, &all), 0);
        for (uint32_t i = 0; i < net->nlayers; i++) {
            const struct bl_layer *l = &net->layers[i];
            const struct bl_tensor *y = &net->tensors[l->out];
            if (l->weight) {
                ck_assert_int_eq(bl_reference_sums(i, &out, got), 0);
                for (size_t c = 0; c < bl_tensor_elems(y); c++) {
                    const struct bl_requant *r = &l->requant[c / (bl_tensor_elems(y) / l->cout)];
                    ck_assert_int_eq(bl_requant_sum(r, got[c], y->zero, l->lo, l->hi), all.value[l->out][c]);
                }
            }
            ck_assert_int_eq(bl_reference_layer(i, &out), 0);
        }
        bl_ref_fini(&out);
        bl_ref_fini(&all);
        bl_net_free(net);
    }
}
END_TEST

enum { IMAGES = 40 };

/* Real means of each output of a product over the images, mean[cout]. */
static void means(const struct bl_net *net, uint32_t tensor, uint32_t cout, const uint8_t *images, double *mean, double *open)
{
    const struct bl_tensor *y = &net->tensors[tensor];
    const size_t n = bl_tensor_elems(y), bytes = bl_net_input_bytes(net);
    struct bl_ref_out out;
    struct heard h;
    uint8_t few[800];

    ck_assert_int_eq(bl_ref_init(&out, net, heard_start(&h)), 0);
    for (uint32_t o = 0; o < cout; o++)
        mean[o] = open[o] = 0;
    for (int i = 0; i < IMAGES; i++) {
        for (size_t e = 0; e < bytes; e++)
            few[e] = bl_tensor_narrow(&net->tensors[net->input], images[i * bytes + e]);
        ck_assert_int_eq(bl_reference_run(net, few, &out), 0);
        for (size_t c = 0; c < n; c++) {
            mean[c / (n / cout)] += (out.value[tensor][c] - y->zero) * (double)y->scale / (double)(n / cout * IMAGES);
            open[c / (n / cout)] += (out.value[tensor][c] > bl_tensor_min(y) && out.value[tensor][c] < bl_tensor_max(y)) / (double)(n / cout * IMAGES);
        }
    }
    bl_ref_fini(&out);
}

/* On the images themselves no other bias gives a product's outputs a mean nearer to what it was. Those that are hardly open are left alone: there the
 * mean hardly moves. */
START_TEST(means_stay)
{
    static const struct { unsigned w, a; } BITS[] = { { 4, 8 }, { 2, 8 }, { 3, 4 }, { 8, 3 }, { 1, 8 } };
    static const int32_t AWAY[] = { -40, -3, -1, 1, 3, 40 };
    struct demo d = demo_open(), few = demo_open();
    static uint8_t images[IMAGES * 784];
    double was[32], is[32], other[32], open[32], none[32], moved[MOST_LAYERS];
    unsigned looked = 0;
    struct heard h;

    for (uint32_t i = 0; i < IMAGES; i++)
        bl_dataset_image(d.set, d.net, i, images + i * 784);
    fit(few.net, BITS[_i].w, BITS[_i].a);
    ck_assert_int_eq(bl_net_fold(few.net, d.net, &(struct bl_fold_images){ .bytes = images, .count = IMAGES }, moved, heard_start(&h)), 0);
    for (uint32_t i = 0; i < d.net->nlayers; i++) {
        struct bl_layer *l = &few.net->layers[i];
        if (!l->weight)
            continue;
        ck_assert(moved[i] > 0);
        means(d.net, l->out, l->cout, images, was, none);
        means(few.net, l->out, l->cout, images, is, open);
        for (int k = 0; k < COUNT(AWAY); k++) {
            for (uint32_t o = 0; o < l->cout; o++)
                l->requant[o].bias += AWAY[k];
            means(few.net, l->out, l->cout, images, other, none);
            for (uint32_t o = 0; o < l->cout; o++) {
                l->requant[o].bias -= AWAY[k];
                if (open[o] < 0.2)
                    continue;
                looked++;
                ck_assert_msg(fabs(was[o] - is[o]) <= fabs(was[o] - other[o]) + 1e-9, "layer %u, output %u: %g became %g, but with %d more of its bias %g", i, o, was[o], is[o],
                              AWAY[k], other[o]);
            }
        }
    }
    ck_assert_uint_ge(looked, 100);
    demo_close(&d);
    demo_close(&few);
}
END_TEST

/* A net that lost nothing keeps its biases; one whose bias alone is wrong gets it back. */
START_TEST(only_what_is_lost)
{
    struct bl_net *was = small_net(9), *is = small_net(9);
    uint8_t images[IMAGES * 144];
    double moved[MOST_LAYERS];
    struct heard h;

    for (uint32_t i = 0; i < IMAGES; i++)
        bl_dataset_made(was, 5, i, 20, images + i * 144);
    const struct bl_fold_images f = { .bytes = images, .count = IMAGES };
    ck_assert_int_eq(bl_net_fold(is, was, &f, moved, heard_start(&h)), 0);
    for (uint32_t i = 0; i < was->nlayers; i++)
        ck_assert(!was->layers[i].weight || (!memcmp(was->layers[i].bias, is->layers[i].bias, was->layers[i].cout * sizeof(int32_t)) && moved[i] <= 0));
    const int32_t before = is->layers[0].bias[2];
    is->layers[0].bias[2] = is->layers[0].requant[2].bias = before - 900;
    ck_assert_int_eq(bl_net_fold(is, was, &f, NULL, &h.diag), 0);
    const double step = 1 / (double)was->layers[0].requant[2].mult;
    ck_assert(fabs(is->layers[0].bias[2] - (double)before) < step);
    bl_net_free(was);
    bl_net_free(is);
}
END_TEST

static bool stop_at_second(void *ctx, uint32_t layer) { return ++*(uint32_t *)ctx > 5 && layer > 0; }

START_TEST(fold_stops)
{
    struct bl_net *was = small_net(2), *is = small_net(2);
    uint8_t images[4 * 144] = { 0 };
    uint32_t asked = 0;
    struct heard h;

    fit(is, 3, 8);
    ck_assert_int_eq(bl_net_fold(is, was, &(struct bl_fold_images){ images, 4, stop_at_second, &asked }, NULL, heard_start(&h)), 1);
    ck_assert(asked > 5 && !*h.text);
    bl_net_free(was);
    bl_net_free(is);
}
END_TEST

/* ---- bits by layer ---- */

/* The least sum of losses of all combinations; choices 0 .. n: the n bits, or those it has. */
static double least_loss(const struct bl_net *net, const struct bl_bits_losses *f, double mean, const uint32_t *at, uint32_t layers)
{
    uint32_t all = 1;
    double least = INFINITY;

    for (uint32_t i = 0; i < layers; i++)
        all *= f->n + 1;
    for (uint32_t c = 0; c < all; c++) {
        uint8_t bits[MOST_LAYERS] = { 0 };
        double loss = 0;
        uint32_t rest = c;
        for (uint32_t i = 0; i < layers; i++, rest /= f->n + 1) {
            uint32_t k = rest % (f->n + 1);
            bits[at[i]] = k < f->n ? f->bits[k] : 0;
            loss += k < f->n ? f->loss[at[i] * f->n + k] : 0;
        }
        if (bl_bits_mean(net, bits) <= mean)
            least = fmin(least, loss);
    }
    return least;
}

START_TEST(best_of_all)
{
    static const uint8_t BITS[] = { 2, 3, 4, 6 };
    struct grow g = grow_start(40, 3, 8, 8);
    uint32_t at[4], n = 0;
    struct heard h;

    for (int i = 0; i < 3; i++)
        grow_conv(&g, (struct bl_layer){ .kh = 3, .kw = 3, .stride_h = 1, .stride_w = 1, .dil_h = 1, .dil_w = 1, .groups = 1 }, 4 + 3 * (uint32_t)i);
    grow_host(&g, (struct bl_layer){ .kind = BL_RESHAPE });
    grow_fc(&g, 1, 1, 7, false);
    struct bl_net *net = grow_end(&g);
    for (uint32_t i = 0; i < net->nlayers; i++)
        if (net->layers[i].weight)
            at[n++] = i;
    for (uint64_t seed = 0; seed < 40; seed++) {
        double loss[MOST_LAYERS * COUNT(BITS)], mean = 2 + 0.15 * (double)seed, sum = 0;
        const struct bl_bits_losses f = { BITS, COUNT(BITS), loss };
        uint8_t out[MOST_LAYERS];
        for (int i = 0; i < COUNT(loss); i++)
            loss[i] = (double)(bl_draw(seed, (uint64_t)i) % 1000) / (i % COUNT(BITS) + 1);
        ck_assert_msg(bl_bits_choose(net, &f, mean, out, heard_start(&h)) == 0, "%s", h.text);
        ck_assert_msg(bl_bits_mean(net, out) <= mean + 1e-9, "seed %u: %g", (unsigned)seed, bl_bits_mean(net, out));
        for (uint32_t i = 0; i < n; i++)
            for (uint32_t k = 0; k < f.n; k++)
                sum += out[at[i]] == BITS[k] ? loss[at[i] * f.n + k] : 0;
        const double least = least_loss(net, &f, mean, at, n);
        ck_assert_msg(sum <= least + 1e-9, "seed %u: %g, but %g is possible", (unsigned)seed, sum, least);
    }
    double none[MOST_LAYERS * COUNT(BITS)] = { 0 };
    uint8_t out[MOST_LAYERS];
    ck_assert_int_eq(bl_bits_choose(net, &(struct bl_bits_losses){ BITS, COUNT(BITS), none }, 1.9, out, heard_start(&h)), -1);
    ck_assert_str_eq(h.text, "grown: a mean of 1.9 bits of weights: found more in all layers with the fewest that were tried, 2; try fewer, or take a higher mean");
    ck_assert_int_eq(bl_bits_choose(net, &(struct bl_bits_losses){ BITS, COUNT(BITS), none }, 8, out, heard_start(&h)), 0);
    for (uint32_t i = 0; i < net->nlayers; i++)
        ck_assert_uint_eq(out[i], 0);          /* nothing is gained by fewer */
    bl_net_free(net);
}
END_TEST

/* ---- the demo: floors of the specification, and what is reached ---- */

static const struct { unsigned w, a, least, hundred, all; } DEMO[] = { { 4, 8, 88, 88, 9019 }, { 3, 8, 84, 85, 8871 }, { 2, 8, 70, 82, 8404 }, { 4, 4, 88, 89, 8955 } };

static unsigned right_of(const struct bl_net *net, const struct bl_dataset *set)
{
    struct bl_ref_out out;
    struct heard h;
    uint8_t image[784];
    unsigned right = 0;

    ck_assert_int_eq(bl_ref_init(&out, net, heard_start(&h)), 0);
    for (uint32_t i = 0; i < set->count; i++) {
        bl_dataset_image(set, net, i, image);
        ck_assert_int_eq(bl_reference_run(net, image, &out), 0);
        right += bl_ref_class(&out) == set->labels[i];
    }
    bl_ref_fini(&out);
    return right;
}

static void fold_images(struct bl_net *few, const struct bl_net *was, const struct bl_dataset *set, uint32_t count)
{
    uint8_t *images = malloc((size_t)count * 784);
    struct heard h;

    for (uint32_t i = 0; i < count; i++)
        bl_dataset_image(set, was, i, images + (size_t)i * 784);
    ck_assert_msg(bl_net_fold(few, was, &(struct bl_fold_images){ .bytes = images, .count = count }, NULL, heard_start(&h)) == 0, "%s", h.text);
    free(images);
}

/* With the hundred images; what is written computes the same. */
START_TEST(demo)
{
    struct demo d = demo_open(), few = demo_open();
    struct bl_onnx_form form = { .nearest = false };
    struct bl_ref_out a, b;
    struct heard h;
    uint8_t *bytes, image[784];
    size_t len;

    fit(few.net, DEMO[_i].w, DEMO[_i].a);
    fold_images(few.net, d.net, d.set, 100);
    ck_assert_uint_ge(right_of(few.net, d.set), DEMO[_i].least);
    ck_assert_int_eq(bl_onnx_write(few.net, &form, &bytes, &len, heard_start(&h)), 0);
    struct bl_net *back = bl_onnx_read("back.onnx", bytes, len, &h.diag);
    ck_assert_msg(back != NULL, "%s", h.text);
    ck_assert_int_eq(bl_ref_init(&a, few.net, &h.diag) | bl_ref_init(&b, back, &h.diag), 0);
    for (uint32_t i = 0; i < d.set->count; i++) {
        bl_dataset_image(d.set, few.net, i, image);
        ck_assert_int_eq(bl_reference_run(few.net, image, &a), 0);
        bl_dataset_image(d.set, back, i, image);
        ck_assert_int_eq(bl_reference_run(back, image, &b), 0);
        ck_assert_mem_eq(a.value[few.net->output], b.value[back->output], 10 * sizeof(int16_t));
    }
    bl_ref_fini(&a);
    bl_ref_fini(&b);
    bl_net_free(back);
    free(bytes);
    demo_close(&d);
    demo_close(&few);
}
END_TEST

/* With 500 training images, judged by all of the test set. */
START_TEST(demo_on_all)
{
    struct heard h;
    struct bl_dataset *train = NULL, *test = NULL;
    FILE *f = fopen(BL_FASHION_FOLDER "/train-images-idx3-ubyte.gz", "rb");

    if (!f) {
        SKIP_MISSING("demo_on_all", "the Debian package dataset-fashion-mnist is not installed");
        return;
    }
    fclose(f);
    train = bl_dataset_open(BL_FASHION_FOLDER "/train-images-idx3-ubyte.gz", NULL, heard_start(&h));
    test = bl_dataset_open(BL_FASHION_FOLDER "/t10k-images-idx3-ubyte.gz", BL_FASHION_FOLDER "/t10k-labels-idx1-ubyte.gz", &h.diag);
    ck_assert_msg(train && test, "%s", h.text);
    struct demo d = demo_open(), few = demo_open();
    fit(few.net, DEMO[_i].w, DEMO[_i].a);
    fold_images(few.net, d.net, train, 500);
    ck_assert_uint_eq(right_of(few.net, d.set), DEMO[_i].hundred);
    if (!quick())
        ck_assert_uint_eq(right_of(few.net, test), DEMO[_i].all);
    bl_dataset_close(train);
    bl_dataset_close(test);
    demo_close(&d);
    demo_close(&few);
}
END_TEST

Suite *suite_quantise(void)
{
    Suite *s = suite_create("quantise");
    TCase *t = tcase_create("quantise");

    tcase_set_timeout(t, 120);
    tcase_add_test(t, least_error);
    tcase_add_test(t, else_as_narrowed);
    tcase_add_test(t, biases_and_groups);
    tcase_add_test(t, errors_are_told);
    tcase_add_test(t, sums);
    tcase_add_loop_test(t, means_stay, 0, 5);
    tcase_add_test(t, only_what_is_lost);
    tcase_add_test(t, fold_stops);
    tcase_add_test(t, best_of_all);
    tcase_add_loop_test(t, demo, 0, COUNT(DEMO));
    tcase_add_loop_test(t, demo_on_all, 0, COUNT(DEMO));
    suite_add_tcase(s, t);
    return s;
}
