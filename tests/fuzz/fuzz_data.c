/* fuzz_data.c - any bytes through the readers of images and labels, for small nets of every kind of input and by every option: read, or refused
 * with a message; images that were read are looked at. The first bytes of the input choose; the rest is the two files. */
#include <stdlib.h>

#include "platforms/net/dataset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void nothing(void *ctx, const char *text) { (void)ctx; (void)text; }

static const char *const RAW[8] = { NULL, NULL, NULL, "", "u8", "i8", "f32", "f64" }, *const LAYOUT[4] = { NULL, NULL, "nchw", "nhwc" };
static const char *const MEAN[4] = { NULL, NULL, "0.5", "0.1,0.2,0.3" };
static const uint32_t SHAPES[4][3] = { { 1, 2, 2 }, { 3, 2, 2 }, { 4, 1, 1 }, { 2, 2, 2 } };

enum { CHOICES = 4, MOST_LOOKED_AT = 64 };

static void look_at(const struct bl_dataset *set, const struct bl_net *net)
{
    uint8_t image[256];
    unsigned sum = 0;

    if (bl_net_input_bytes(net) > sizeof image || !set->count)
        abort();
    for (uint32_t i = 0; i < set->count && i < MOST_LOOKED_AT; i++) {
        bl_dataset_image(set, net, i, image);
        for (size_t k = 0; k < bl_net_input_bytes(net); k++)
            sum += image[k];
        sum += set->labels ? set->labels[i] : 0;
    }
    if (sum == UINT32_MAX)                                 /* what is read is used */
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bl_diag diag = { .put = nothing };

    if (size < CHOICES)
        return 0;
    const uint32_t *shape = SHAPES[data[1] & 3];
    struct bl_tensor t[3] = { { .name = "x", .c = shape[0], .h = shape[1], .w = shape[2], .dtype = (enum bl_dtype)((data[1] >> 2 & 3) % 3), .scale = 0.25f },
                              { .name = "x2", .c = 2, .h = 1, .w = 1, .dtype = BL_S8, .scale = 0.5f }, { .name = "y", .c = 10, .h = 1, .w = 1, .scale = 1.0f } };
    struct bl_net net = { .name = "n", .tensors = t, .ntensors = 3, .ninputs = data[1] & 64 ? 2 : 1, .output = 2, .raw_input = data[1] & 16,
                          .channels_last = data[1] & 32, .rule = (enum bl_rule)(data[2] % 3) };
    struct bl_data_opts o = { .raw = RAW[data[0] & 7], .layout = LAYOUT[data[0] >> 3 & 3], .mean = MEAN[data[0] >> 5 & 3], .pixels = data[0] & 128 };
    size_t rest = size - CHOICES, cut = data[1] & 128 ? rest * data[3] / 256 : rest;
    /* In memory of just their sizes, so that a byte behind them is found. */
    uint8_t *images = malloc(cut + 1), *labels = malloc(rest - cut + 1);
    for (size_t i = 0; i < rest; i++)
        *(i < cut ? &images[i] : &labels[i - cut]) = data[CHOICES + i];
    images = realloc(images, cut ? cut : 1);
    labels = realloc(labels, rest - cut ? rest - cut : 1);
    struct bl_data_file f[2] = { { "x", images, cut }, { "x2", images, cut } }, y = { "y", labels, rest - cut };
    struct bl_dataset *set = bl_dataset_of(&net, &o, f, cut < rest ? &y : NULL, &diag);
    if (!set && !diag.errors)
        abort();                                           /* a refusal says why */
    if (set)
        look_at(set, &net);
    bl_dataset_close(set);
    free(images);
    free(labels);
    return 0;
}
