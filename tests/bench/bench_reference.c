/* bench_reference.c - multiply-accumulates a second of the integer reference, layer by layer, beside its peer: the loops of the operator's
 * definition (ONNX QLinearConv), written as they are read and compiled with the same options. Both must give the same codes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "components/requant.h"
#include "platforms/net/dataset.h"
#include "platforms/net/reference.h"

enum { RUNS = 3 };

/* A convolution with padding (k - 1) / 2, or (h 0) a matrix product; groups 0: depthwise. */
static const struct { const char *what; uint32_t cin, h, cout, k, groups; } CASES[] = {
    { "3 x 3, 64 -> 64, 56 x 56 (ResNet)", 64, 56, 64, 3, 1 },
    { "1 x 1, 256 -> 64, 56 x 56", 256, 56, 64, 1, 1 },
    { "3 x 3, 512 -> 512, 14 x 14 (VGG)", 512, 14, 512, 3, 1 },
    { "3 x 3, 3 -> 64, 112 x 112 (a first layer)", 3, 112, 64, 3, 1 },
    { "3 x 3 depthwise, 384, 28 x 28", 384, 28, 384, 3, 0 },
    { "matrix, 4096 -> 4096", 4096, 0, 4096, 1, 1 },
};
enum { NCASES = sizeof CASES / sizeof *CASES };

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static struct bl_net *net_of(int i)
{
    const uint32_t h = CASES[i].h ? CASES[i].h : 1, groups = CASES[i].groups ? CASES[i].groups : CASES[i].cin, k = CASES[i].cin / groups * CASES[i].k * CASES[i].k;
    struct bl_net *net = bl_net_new("bench");
    struct bl_tensor x = { .name = "x", .c = CASES[i].cin, .h = h, .w = h, .scale = 0.05f, .zero = 3 }, y = x;
    struct bl_layer l = { .name = "l", .kind = CASES[i].h ? BL_CONV : BL_FC, .kh = CASES[i].k, .kw = CASES[i].k, .groups = groups, .out = 1 };
    uint32_t state = 1;

    y.name = "y";
    y.c = CASES[i].cout;
    l.pad_t = l.pad_l = l.pad_b = l.pad_r = (CASES[i].k - 1) / 2;
    bl_net_tensor(net, &x);
    bl_net_tensor(net, &y);
    bl_net_weights(net, &l, CASES[i].cout, k);
    for (size_t j = 0; j < (size_t)CASES[i].cout * k; j++)
        l.weight[j] = (int8_t)((state = state * 1664525u + 1013904223u) >> 24);
    for (uint32_t o = 0; o < CASES[i].cout; o++)
        l.wscale[o] = 0.004f;
    bl_net_layer(net, &l);
    net->output = 1;
    if (bl_net_finish(net, NULL))
        exit(1);
    return net;
}

/* The definition. */
static void peer(const struct bl_net *net, const uint8_t *in, int16_t *out)
{
    const struct bl_layer *l = &net->layers[0];
    const struct bl_tensor *x = &net->tensors[0], *y = &net->tensors[1];
    const uint32_t channels = x->c / l->groups, per = l->cout / l->groups;

    for (uint32_t o = 0; o < l->cout; o++)
        for (uint32_t oy = 0; oy < y->h; oy++)
            for (uint32_t ox = 0; ox < y->w; ox++) {
                int32_t sum = 0;
                for (uint32_t c = 0; c < channels; c++)
                    for (uint32_t ky = 0; ky < l->kh; ky++)
                        for (uint32_t kx = 0; kx < l->kw; kx++) {
                            int64_t iy = (int64_t)oy + ky - l->pad_t, ix = (int64_t)ox + kx - l->pad_l;
                            if (iy < 0 || ix < 0 || iy >= x->h || ix >= x->w)
                                continue;
                            int32_t q = in[(((size_t)(o / per) * channels + c) * x->h + (size_t)iy) * x->w + (size_t)ix];
                            sum += (q - x->zero) * l->weight[(size_t)o * l->k + ((size_t)c * l->kh + ky) * l->kw + kx];
                        }
                *out++ = (int16_t)bl_requant_sum(&l->requant[o], sum, y->zero, l->lo, l->hi);
            }
}

/* The best of some runs, in GMAC/s. */
static double ours(const struct bl_net *net, const uint8_t *image, struct bl_ref_out *out)
{
    double best = 1e9;

    for (int r = 0; r < RUNS; r++) {
        double t = seconds();
        bl_reference_run(net, image, out);
        t = seconds() - t;
        best = t < best ? t : best;
    }
    return (double)bl_layer_macs(net, 0) / best / 1e9;
}

int main(void)
{
    double total = 0, spent = 0;
    int wrong = 0;

    printf("%-42s %10s %12s %6s\n", "layer", "GMAC/s", "definition", "ratio");
    for (int i = 0; i < NCASES; i++) {
        struct bl_net *net = net_of(i);
        const size_t n = bl_tensor_elems(&net->tensors[1]);
        uint8_t *image = malloc(bl_net_input_bytes(net));
        int16_t *want = malloc(n * sizeof *want);
        struct bl_ref_out out;
        if (!image || !want || bl_ref_init(&out, net, NULL))
            return 1;
        bl_dataset_made(net, 1, 0, 50, image);
        double fast = ours(net, image, &out), t = seconds();
        peer(net, image, want);
        double slow = (double)bl_layer_macs(net, 0) / (seconds() - t) / 1e9;
        wrong += memcmp(want, out.value[1], n * sizeof *want) != 0;
        printf("%-42s %10.2f %12.2f %6.1f\n", CASES[i].what, fast, slow, fast / slow);
        total += (double)bl_layer_macs(net, 0);
        spent += (double)bl_layer_macs(net, 0) / fast;
        bl_ref_fini(&out);
        free(image);
        free(want);
        bl_net_free(net);
    }
    printf("%-42s %10.2f   of one core; the aim is 1\n", "all of them", total / spent);
    if (wrong)
        printf("bench_reference: %d layers differ from their definition\n", wrong);
    return wrong > 0;
}
