/* test_net_narrow.c - narrowing a net: the demo's outputs at fifteen precisions, worked numbers of its layers, seeded layers against plain
 * arithmetic written once more here, which tensor gets which bits, and what is refused. */
#include <zlib.h>

#include "tests/rigs/net_rig.h"

Suite *suite_net_narrow(void);

enum { MOST_LAYERS = 16 };

/* All layers to w and a bits. */
static void narrow_all(struct bl_net *net, unsigned w, unsigned a)
{
    struct bl_narrow to[MOST_LAYERS] = { { 0, 0 } };
    struct heard h;

    for (uint32_t i = 0; i < net->nlayers; i++)
        if (net->layers[i].weight)
            to[i] = (struct bl_narrow){ (uint8_t)w, (uint8_t)a };
    ck_assert_msg(bl_net_narrow(net, to, heard_start(&h)) == 0, "%s", h.text);
}

static uint32_t layer_of(const struct bl_net *net, const char *name)
{
    for (uint32_t i = 0; i < net->nlayers; i++)
        if (!strcmp(net->layers[i].name, name))
            return i;
    ck_abort_msg("no layer %s", name);
    return 0;
}

/* ---- the demo: right of 100, CRC-32 and sum of all outputs, outputs of image 0 (computed by numpy, independently) ---- */

static const struct { unsigned w[3], a[3], right; unsigned long crc; unsigned sum; uint8_t first[10]; } DEMO[] = {
    { { 8, 8, 8 }, { 8, 8, 8 }, 88, 0xa2be6a13, 112941, { 83, 98, 98, 81, 105, 111, 90, 123, 93, 185 } },
    { { 8, 8, 8 }, { 6, 6, 6 }, 91, 0x0570af56, 112252, { 82, 97, 94, 81, 102, 112, 87, 122, 92, 185 } },
    { { 6, 6, 6 }, { 8, 8, 8 }, 88, 0x9b7ce830, 112365, { 85, 97, 97, 81, 102, 112, 86, 124, 92, 186 } },
    { { 6, 6, 6 }, { 6, 6, 6 }, 89, 0xa6982146, 111676, { 83, 97, 93, 82, 100, 112, 85, 123, 89, 187 } },
    { { 5, 5, 5 }, { 8, 8, 8 }, 87, 0x3f5cad8e, 111311, { 89, 101, 96, 79, 101, 110, 82, 125, 90, 179 } },
    { { 5, 5, 5 }, { 5, 5, 5 }, 87, 0xb4104482, 111848, { 90, 100, 96, 83, 102, 112, 79, 124, 92, 178 } },
    { { 8, 8, 8 }, { 4, 4, 4 }, 91, 0x2c196cc3, 110915, { 90, 87, 93, 84, 106, 117, 74, 111, 78, 187 } },
    { { 4, 4, 4 }, { 8, 8, 8 }, 89, 0xacaf98c6, 112632, { 84, 90, 90, 84, 109, 112, 91, 125, 89, 187 } },
    { { 4, 4, 4 }, { 4, 4, 4 }, 89, 0x479b3624, 109758, { 84, 85, 78, 78, 117, 113, 71, 125, 72, 188 } },
    { { 3, 3, 3 }, { 8, 8, 8 }, 84, 0x3fd6355e, 103002, { 84, 54, 64, 57, 104, 91, 83, 101, 71, 198 } },
    { { 2, 2, 2 }, { 8, 8, 8 }, 37, 0xeb3fc05e, 97910, { 101, 103, 76, 55, 54, 52, 74, 121, 85, 199 } },
    { { 2, 2, 2 }, { 2, 2, 2 }, 36, 0xb2da3d64, 86139, { 63, 79, 47, 8, 4, 71, 69, 113, 33, 193 } },
    { { 1, 1, 1 }, { 8, 8, 8 }, 37, 0xfee198a5, 122621, { 167, 134, 140, 135, 119, 160, 151, 147, 103, 104 } },
    { { 1, 1, 1 }, { 1, 1, 1 }, 34, 0xaa79a2ce, 127350, { 132, 131, 140, 116, 143, 178, 109, 191, 126, 94 } },
    { { 8, 4, 2 }, { 8, 6, 4 }, 88, 0xd33a1a44, 108684, { 79, 97, 93, 70, 97, 101, 90, 82, 89, 169 } },
    { { 16, 16, 16 }, { 16, 16, 16 }, 88, 0xa2be6a13, 112941, { 83, 98, 98, 81, 105, 111, 90, 123, 93, 185 } },
};

/* Of all images, the CRC-32 of a tensor's bytes. */
static unsigned long run_images(const struct demo *d, uint32_t tensor, unsigned *right, unsigned *sum, uint8_t *first)
{
    const struct bl_net *net = d->net;
    size_t n = bl_tensor_elems(&net->tensors[tensor]);
    uint8_t *bytes = malloc(n), image[784];
    unsigned long crc = crc32(0, NULL, 0);
    struct bl_ref_out out;
    struct heard h;

    ck_assert_int_eq(bl_ref_init(&out, net, heard_start(&h)), 0);
    for (uint32_t i = 0; i < d->set->count; i++) {
        bl_dataset_image(d->set, net, i, image);
        ck_assert_int_eq(bl_reference_run(net, image, &out), 0);
        for (size_t k = 0; k < n; k++)
            bytes[k] = (uint8_t)out.value[tensor][k];
        crc = crc32(crc, bytes, (unsigned)n);
        for (size_t k = 0; sum && k < n; k++)
            *sum += bytes[k];
        if (right)
            *right += bl_ref_class(&out) == d->set->labels[i];
        if (!i && first)
            memcpy(first, bytes, n);
    }
    bl_ref_fini(&out);
    free(bytes);
    return crc;
}

START_TEST(demo)
{
    static const char *const names[] = { "conv1", "conv2", "fc" };
    struct bl_narrow to[MOST_LAYERS] = { { 0, 0 } };
    struct demo d = demo_open();
    unsigned right = 0, sum = 0;
    uint8_t first[10];
    struct heard h;

    for (int k = 0; k < 3; k++)
        to[layer_of(d.net, names[k])] = (struct bl_narrow){ (uint8_t)DEMO[_i].w[k], (uint8_t)DEMO[_i].a[k] };
    ck_assert_msg(bl_net_narrow(d.net, to, heard_start(&h)) == 0, "%s", h.text);
    unsigned long crc = run_images(&d, d.net->output, &right, &sum, first);
    ck_assert_uint_eq(right, DEMO[_i].right);
    ck_assert_uint_eq(sum, DEMO[_i].sum);
    ck_assert_mem_eq(first, DEMO[_i].first, 10);
    ck_assert_msg(crc == DEMO[_i].crc, "row %d: %lx", _i, crc);
    for (int k = 0; k < 3; k++) {
        uint32_t i = layer_of(d.net, names[k]);
        ck_assert_uint_eq(d.net->layers[i].wbits, DEMO[_i].w[k]);
        ck_assert_uint_eq(d.net->layers[i].abits, DEMO[_i].a[k]);
    }
    demo_close(&d);
}
END_TEST

/* ---- worked numbers ---- */

static bool same(float a, double b) { return a >= (float)b && a <= (float)b; }

START_TEST(worked)
{
    static const int8_t CONV1[9] = { 2, 0, -2, 4, 5, 7, -6, -5, -6 };
    static const struct { const char *layer; unsigned w, at_limit; } LIMITS[] = {
        { "conv1", 6, 7 }, { "conv2", 6, 5 }, { "fc", 6, 2 }, { "conv1", 4, 8 }, { "conv2", 4, 6 }, { "fc", 4, 3 },
        { "conv1", 3, 9 }, { "conv2", 3, 6 }, { "fc", 3, 7 }, { "conv1", 2, 10 }, { "conv2", 2, 20 }, { "fc", 2, 16 } };
    struct demo d = demo_open();

    narrow_all(d.net, 4, 4);
    const struct bl_layer *c1 = &d.net->layers[layer_of(d.net, "conv1")], *c2 = &d.net->layers[layer_of(d.net, "conv2")], *fc = &d.net->layers[layer_of(d.net, "fc")];
    ck_assert_mem_eq(c1->weight, CONV1, 9);
    ck_assert_int_eq(c1->bias[0], -2);                     /* -446 / 256 */
    ck_assert_int_eq(c2->bias[0], -5);                     /* -1210 / 256 */
    ck_assert_int_eq(fc->bias[0], -4);                     /* -1116 / 256 */
    ck_assert(same(c1->requant[0].mult, 0.00318177324 * 16) && same(fc->requant[0].mult, 0.00115251716 * 256));
    ck_assert_uint_eq(run_images(&d, c1->out, NULL, NULL, NULL), 0x908dd46c);
    ck_assert_uint_eq(run_images(&d, c2->out, NULL, NULL, NULL), 0xf12f657f);
    demo_close(&d);
    d = demo_open();
    float was = d.net->layers[0].wscale[0];
    narrow_all(d.net, 1, 8);
    ck_assert_int_eq(d.net->layers[0].bias[0], -7);
    ck_assert(same(d.net->layers[0].wscale[0], was * 68.0f) && fabs((double)d.net->layers[0].wscale[0] - 0.318922549) < 1e-8);
    demo_close(&d);
    for (int r = 0; r < COUNT(LIMITS); r++) {              /* weights at an end that the narrow range cut off: 127 is not 7 times 16 */
        struct demo wide = demo_open();
        d = demo_open();
        narrow_all(d.net, LIMITS[r].w, 8);
        const struct bl_layer *l = &d.net->layers[layer_of(d.net, LIMITS[r].layer)], *f = &wide.net->layers[layer_of(d.net, LIMITS[r].layer)];
        unsigned cut = 0;
        for (size_t i = 0; i < (size_t)l->cout * l->k; i++)
            cut += (int)rint((double)f->weight[i] / (1 << (8 - LIMITS[r].w))) != l->weight[i];
        ck_assert_msg(cut == LIMITS[r].at_limit, "%s at %u bits: %u", LIMITS[r].layer, LIMITS[r].w, cut);
        demo_close(&d);
        demo_close(&wide);
    }
}
END_TEST

/* A net of one fc layer on n inputs of that tensor, all weights and the bias given. */
static struct bl_net *one_layer(struct bl_tensor x, const int8_t *w, int32_t bias)
{
    struct bl_net *net = bl_net_new("one");
    struct bl_layer l = { .name = "fc", .kind = BL_FC };
    struct bl_tensor y = { .name = "y", .c = 1, .h = 1, .w = 1, .dtype = BL_S8, .scale = 1.0f };
    struct heard h;

    x.name = "x";
    net->input = (uint32_t)bl_net_tensor(net, &x);
    net->output = l.out = (uint32_t)bl_net_tensor(net, &y);
    ck_assert_int_eq(bl_net_weights(net, &l, 1, x.c), 0);
    memcpy(l.weight, w, x.c);
    l.bias[0] = bias;
    ck_assert_int_ge(bl_net_layer(net, &l), 0);
    ck_assert_msg(bl_net_finish(net, heard_start(&h)) == 0, "%s", h.text);
    return net;
}

START_TEST(zero_points)
{
    static const int8_t X[10] = { -128, -127, -20, -11, -3, 5, 13, 21, 100, 127 }, WANT[10] = { -8, -8, -1, 0, 0, 0, 1, 2, 6, 7 };
    static const struct { unsigned bits; int32_t zero; } U[] = { { 6, 36 }, { 4, 9 }, { 2, 2 }, { 1, 1 } };
    const struct bl_tensor s8 = { .c = 10, .h = 1, .w = 1, .dtype = BL_S8, .scale = 0.5f, .zero = -3 };
    struct bl_net *net = one_layer(s8, X, 0);

    narrow_all(net, 8, 4);
    ck_assert_int_eq(net->tensors[0].zero, 0);
    ck_assert(same(net->tensors[0].scale, 8));
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq((int8_t)bl_tensor_narrow(&net->tensors[0], (uint8_t)X[i]), WANT[i]);
    bl_net_free(net);
    for (int i = 0; i < COUNT(U); i++) {
        struct bl_tensor u8 = { .c = 1, .h = 1, .w = 1, .scale = 0.5f, .zero = 143 };
        net = one_layer(u8, X, 0);
        narrow_all(net, 8, U[i].bits);
        ck_assert_int_eq(net->tensors[0].zero, U[i].zero);
        ck_assert_int_eq(bl_tensor_max(&net->tensors[0]), (1 << U[i].bits) - 1);
        const struct bl_tensor was = bl_tensor_wide(&net->tensors[0]);
        ck_assert(was.zero == 143 && was.bits == 8 && same(was.scale, 0.5));
        bl_net_free(net);
    }
}
END_TEST

/* ---- seeded layers against arithmetic written another way ---- */

/* Half to even, by a remainder instead of a shift. */
static int64_t half_even(int64_t v, int64_t unit)
{
    int64_t q = v / unit, r = v % unit;

    if (r < 0) {
        r += unit;
        q--;
    }
    return 2 * r > unit || (2 * r == unit && q % 2 != 0) ? q + 1 : q;
}

static int64_t clip(int64_t v, int64_t lo, int64_t hi) { return v < lo ? lo : v > hi ? hi : v; }

struct plain { int64_t zero, lo, hi, unit; double scale; };

static struct plain plain_of(const struct bl_tensor *t, unsigned bits)
{
    struct plain p = { .unit = 1 << (8 - bits), .scale = (double)t->scale * (1 << (8 - bits)) };

    p.lo = t->dtype == BL_S8 ? -(1 << bits) / 2 : 0;
    p.hi = p.lo + (1 << bits) - 1;
    p.zero = clip(half_even(t->zero, p.unit), p.lo, p.hi);
    return p;
}

/* Outputs of a convolution of an 8-bit net at (w, a) bits, its output at 8: by the rules of narrowing, from the original. */
static void plain_conv(const struct bl_net *net, const struct bl_layer *l, unsigned w, unsigned a, const uint8_t *image, int *out)
{
    const struct bl_tensor *x = &net->tensors[l->in[0]], *y = &net->tensors[l->out];
    const struct plain px = plain_of(x, a), py = plain_of(y, 8);
    int most = 0;

    for (uint32_t o = 0; o < l->cout; o++)
        for (uint32_t i = 0; i < l->k; i++) {
            int v = abs(l->weight[o * l->k + i] - l->wzero[o]);
            most = l->wzero[o] && v > most ? v : most;
        }
    const int64_t wu = w == 8 ? 1 : (int64_t)(1 << (8 - w)) * (most > 127 ? 2 : 1);
    for (uint32_t o = 0; o < l->cout; o++) {
        double alpha = 0;
        for (uint32_t i = 0; i < l->k; i++)
            alpha += abs(l->weight[o * l->k + i] - l->wzero[o]);
        float mean = (float)((float)alpha / (float)l->k), sw = w == 1 ? l->wscale[o] * mean : (float)((double)l->wscale[o] * (double)wu);
        float product = (float)px.scale * sw, mult = product / y->scale;
        int64_t bias = w == 1 ? (int64_t)rint((double)l->bias[o] * (double)l->wscale[o] / ((double)sw * (double)px.unit)) : half_even(l->bias[o], wu * px.unit);
        for (uint32_t p = 0; p < y->h * y->w; p++) {
            int64_t sum = bias;
            for (uint32_t i = 0; i < l->k; i++) {
                uint32_t c = o / (l->cout / l->groups) * (x->c / l->groups) + i / (l->kh * l->kw), ky = i / l->kw % l->kh, kx = i % l->kw;
                int64_t iy = (int64_t)(p / y->w * l->stride_h + ky) - l->pad_t, ix = (int64_t)(p % y->w * l->stride_w + kx) - l->pad_l;
                if (iy < 0 || ix < 0 || iy >= x->h || ix >= x->w)
                    continue;
                uint8_t byte = image[(c * x->h + (uint32_t)iy) * x->w + (uint32_t)ix];
                int64_t code = (x->dtype == BL_S8 ? (int8_t)byte : byte) - x->zero, v = l->weight[o * l->k + i] - l->wzero[o];
                code = clip(half_even(code, px.unit) + px.zero, px.lo, px.hi) - px.zero;
                v = w == 1 ? v >= 0 ? 1 : -1 : w == 8 ? v : clip(half_even(v, wu), -(1 << w) / 2, (1 << w) / 2 - 1);
                sum += code * v;
            }
            float v = (float)sum * mult;
            out[o * y->h * y->w + p] = (int)clip((int64_t)clip((int64_t)rint((double)v), -100000, 100000) + py.zero, l->relu && py.zero > py.lo ? py.zero : py.lo, py.hi);
        }
    }
}

/* One convolution with everything that is about precision at random. */
static struct bl_net *seeded(uint64_t seed, unsigned *w, unsigned *a)
{
    struct grow g = grow_start(seed, 4, 6, 5);
    uint32_t groups = pick(&g.s, 0, 2) ? 1 : 2;
    bool zeros = pick(&g.s, 0, 1);

    *w = pick(&g.s, 1, 8);
    *a = pick(&g.s, 1, 8);
    grow_conv(&g, (struct bl_layer){ .groups = groups, .kh = pick(&g.s, 1, 3), .kw = pick(&g.s, 1, 3), .stride_h = pick(&g.s, 1, 2), .stride_w = 1,
        .dil_h = 1, .dil_w = 1, .pad_t = pick(&g.s, 0, 1), .pad_l = pick(&g.s, 0, 1), .relu = pick(&g.s, 0, 1) }, 2 * pick(&g.s, 1, 4));
    struct bl_layer *l = &g.net->layers[0];
    for (uint32_t o = 0; zeros && o < l->cout; o++)
        l->wzero[o] = (int32_t)pick(&g.s, 0, 255) - 128;
    return grow_end(&g);
}

START_TEST(seeds)
{
    uint32_t saturated = 0, zeros = 0;

    for (uint64_t seed = 1; seed <= 300; seed++) {
        unsigned w, a;
        struct bl_net *net = seeded(seed, &w, &a), *wide = seeded(seed, &w, &a);
        const struct bl_tensor *y = &net->tensors[net->output];
        uint8_t image[4 * 6 * 5], narrow[4 * 6 * 5];
        int want[8 * 8 * 6];
        struct bl_ref_out out;
        struct heard h;

        narrow_all(net, w, a);
        bl_dataset_made(wide, seed, 0, 30, image);
        bl_dataset_made(net, seed, 0, 30, narrow);
        plain_conv(wide, &wide->layers[0], w, a, image, want);
        ck_assert_int_eq(bl_ref_init(&out, net, heard_start(&h)), 0);
        ck_assert_int_eq(bl_reference_run(net, narrow, &out), 0);
        for (size_t i = 0; i < bl_tensor_elems(y); i++) {
            ck_assert_msg(out.value[net->output][i] == want[i], "seed %d, %u x %u bits, element %zu: got %d, wanted %d", (int)seed, w, a, i,
                          out.value[net->output][i], want[i]);
            saturated += want[i] == bl_tensor_max(y);
        }
        zeros += wide->layers[0].wzero[0] != 0;
        bl_ref_fini(&out);
        bl_net_free(net);
        bl_net_free(wide);
    }
    ck_assert_uint_gt(zeros, 100);
    ck_assert_uint_gt(saturated, 100);
}
END_TEST

/* ---- which tensor gets which bits ---- */

/* conv1 -> pool -> { conv2a, conv2b, add } -> add -> flatten -> fc; the pool's output has three readers. */
static struct bl_net *branches(void)
{
    const struct bl_layer one = { .groups = 1, .kh = 1, .kw = 1, .stride_h = 1, .stride_w = 1, .dil_h = 1, .dil_w = 1 };
    struct grow g = grow_start(5, 2, 8, 8);
    uint32_t pool;

    grow_conv(&g, one, 4);
    struct bl_layer p = one;
    p.kind = BL_MAXPOOL;
    p.kh = p.kw = p.stride_h = p.stride_w = 2;
    grow_host(&g, p);
    pool = g.at;
    grow_conv(&g, one, 4);                                 /* conv2 */
    uint32_t a = g.at;
    g.at = pool;
    grow_conv(&g, one, 4);                                 /* conv3 */
    grow_pair(&g, BL_ADD, a, false);                       /* add4 */
    grow_pair(&g, BL_ADD, pool, false);                    /* add5 */
    grow_host(&g, (struct bl_layer){ .kind = BL_RESHAPE });
    grow_fc(&g, 1, 1, 5, false);                           /* fc7 */
    return grow_end(&g);
}

START_TEST(readers)
{
    struct bl_net *net = branches();
    struct bl_narrow to[MOST_LAYERS] = { { 0, 0 } };
    struct heard h;
    uint32_t layers = net->nlayers;

    to[layer_of(net, "conv2")].a = 6;
    to[layer_of(net, "conv3")].a = 4;
    to[layer_of(net, "fc7")].a = 6;
    ck_assert_msg(bl_net_narrow(net, to, heard_start(&h)) == 0, "%s", h.text);
    ck_assert_uint_eq(net->nlayers, layers + 1);           /* one more rounding, of conv3's input: its tensor has 6 bits */
    const struct bl_layer *again = &net->layers[layer_of(net, "conv3.a4")];
    ck_assert_int_eq(again->kind, BL_RELU);
    ck_assert(!again->relu);
    ck_assert_uint_eq(net->tensors[again->in[0]].bits, 6);
    ck_assert_uint_eq(net->tensors[again->out].bits, 4);
    ck_assert_uint_eq(again->out, net->layers[layer_of(net, "conv3")].in[0]);
    ck_assert_uint_eq(net->layers[layer_of(net, "conv3")].abits, 4);
    ck_assert_uint_eq(net->layers[layer_of(net, "conv2")].abits, 6);
    ck_assert_uint_eq(net->tensors[net->layers[layer_of(net, "conv0")].in[0]].bits, 8);
    ck_assert_uint_eq(net->tensors[net->layers[layer_of(net, "conv0")].out].bits, 6);         /* followed by a pool of 6 bits */
    ck_assert_uint_eq(net->tensors[net->layers[layer_of(net, "add5")].out].bits, 6);          /* as the flatten behind it, and fc7 */
    ck_assert_uint_eq(net->tensors[net->output].bits, 8);
    bl_net_free(net);
}
END_TEST

/* A lookup table keeps its function: of the nearest code of the original, by the real value where that is known. */
START_TEST(tables)
{
    struct grow g = grow_start(8, 1, 1, 40);
    float reals[256];
    struct heard h;

    grow_host(&g, (struct bl_layer){ .kind = BL_LUT });
    grow_fc(&g, 1, 1, 3, false);
    struct bl_net *net = grow_end(&g);
    const struct bl_tensor *y = &net->tensors[net->layers[0].out];
    uint8_t was[256];
    memcpy(was, net->layers[0].lut, 256);
    for (int i = 0; i < 256; i++)
        reals[i] = (float)i / 7.0f;
    if (_i)
        net->layers[0].reals = reals;
    struct bl_narrow to[2] = { { 0, 5 }, { 0, 3 } };
    ck_assert_msg(bl_net_narrow(net, to, heard_start(&h)) == 0, "%s", h.text);
    ck_assert_uint_eq(net->tensors[net->input].bits, 5);
    for (int q = bl_tensor_min(&net->tensors[net->input]); q <= bl_tensor_max(&net->tensors[net->input]); q++) {
        const struct bl_tensor *x = &net->tensors[net->input];
        uint8_t at = (uint8_t)clip((q - x->zero) * 8 + x->wide_zero, x->dtype == BL_S8 ? -128 : 0, x->dtype == BL_S8 ? 127 : 255);
        int want = _i ? (int)clip((int64_t)rint((double)(reals[at] / y->scale)) + y->zero, bl_tensor_min(y), bl_tensor_max(y)) :
                   y->dtype == BL_S8 ? (int8_t)bl_tensor_narrow(y, was[at]) : bl_tensor_narrow(y, was[at]);
        ck_assert_uint_eq(net->layers[0].lut[(uint8_t)q], (uint8_t)want);
    }
    bl_net_free(net);
}
END_TEST

/* ---- refused ---- */

static void refused(struct bl_net *net, uint32_t layer, struct bl_narrow to, const char *text)
{
    struct bl_narrow all[MOST_LAYERS] = { { 0, 0 } };
    struct heard h;

    all[layer] = to;
    ck_assert_int_eq(bl_net_narrow(net, all, heard_start(&h)), -1);
    ck_assert_msg(strstr(h.text, text) != NULL, "got '%s', wanted '%s'", h.text, text);
}

START_TEST(refusals)
{
    static const int8_t none[4] = { 0 }, some[4] = { 1, 2, 3, -4 };
    const struct bl_tensor x = { .c = 4, .h = 1, .w = 1, .scale = 1.0f }, odd = { .c = 4, .h = 1, .w = 1, .dtype = BL_S8, .bits = 2, .odd = true, .scale = 1.0f },
                           four = { .c = 4, .h = 1, .w = 1, .dtype = BL_S8, .bits = 4, .scale = 1.0f };
    struct demo d = demo_open();
    uint32_t flat = layer_of(d.net, "flatten");

    refused(d.net, 0, (struct bl_narrow){ 17, 0 }, "layer 'conv1': 17-bit weights: expected 1 to 16");
    refused(d.net, 0, (struct bl_narrow){ 0, 17 }, "layer 'conv1': 17-bit activations: expected 1 to 16");
    refused(d.net, flat, (struct bl_narrow){ 4, 0 }, "layer 'flatten': 4-bit weights: it has none");
    refused(d.net, flat, (struct bl_narrow){ 0, 4 }, "layer 'flatten': 4-bit activations: it only moves codes");
    narrow_all(d.net, 6, 6);
    refused(d.net, 0, (struct bl_narrow){ 4, 0 }, "layer 'conv1': found a net that is narrowed already (weights of 6 bits, activations of 6)");
    demo_close(&d);
    struct bl_net *net = one_layer(x, none, 3);
    refused(net, 0, (struct bl_narrow){ 1, 0 }, "layer 'fc': 1-bit weights: all weights of output 0 are 0");
    net->finished = false;
    refused(net, 0, (struct bl_narrow){ 4, 0 }, "the net is not finished");
    bl_net_free(net);
    net = one_layer(odd, some, 0);
    refused(net, 0, (struct bl_narrow){ 0, 1 }, "layer 'fc': 1-bit activations: its input has odd codes");
    bl_net_free(net);
    net = one_layer(four, some, 0);
    refused(net, 0, (struct bl_narrow){ 0, 3 }, "layer 'fc': 3-bit activations: found 4-bit ones already, and only those of 8 bits are narrowed; take 4 or more");
    narrow_all(net, 8, 12);                                /* wider words are no other net */
    ck_assert_uint_eq(net->layers[0].abits, 12);
    ck_assert_uint_eq(net->tensors[0].bits, 4);
    bl_net_free(net);
}
END_TEST

Suite *suite_net_narrow(void)
{
    Suite *s = suite_create("net_narrow");
    TCase *c = tcase_create("all");

    tcase_add_loop_test(c, demo, 0, COUNT(DEMO));
    tcase_add_test(c, worked);
    tcase_add_test(c, zero_points);
    tcase_add_test(c, seeds);
    tcase_add_test(c, readers);
    tcase_add_loop_test(c, tables, 0, 2);
    tcase_add_test(c, refusals);
    tcase_set_timeout(c, 120);
    suite_add_tcase(s, c);
    return s;
}
