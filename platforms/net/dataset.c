/* dataset.c - IDX images and labels, images as bytes of a net's input, and made-up images. Other files: dataset_read.c. */
#include "platforms/net/dataset.h"

#include <stdlib.h>
#include <string.h>

#include "components/requant_work.h"
#include "platforms/net/array.h"
#include "platforms/net/draw.h"
#include "platforms/net/labels.h"
#include "platforms/net/unpack.h"

static uint8_t *copied(const uint8_t *p, size_t n)
{
    uint8_t *c = malloc(n);

    if (c)
        memcpy(c, p, n);
    return c;
}

struct bl_dataset *bl_dataset_from_bytes(const char *images_name, const void *images, size_t images_len,
                                         const char *labels_name, const void *labels, size_t labels_len, struct bl_diag *diag)
{
    struct bl_array im = { 0 };
    struct bl_dataset *set;

    if (bl_array_idx(images_name, images, images_len, 3, 4, &im, diag))
        return NULL;
    if (!(set = calloc(1, sizeof *set))) {
        bl_error(diag, "%s: no memory", images_name);
        return NULL;
    }
    *set = (struct bl_dataset){ .count = (uint32_t)im.dim[0], .c = im.rank == 4 ? (uint32_t)im.dim[1] : 1,
                                .h = (uint32_t)im.dim[im.rank - 2], .w = (uint32_t)im.dim[im.rank - 1] };
    set->pixels = copied(im.data, (size_t)im.elems);
    if (!set->pixels)
        bl_error(diag, "%s: no memory for %u images", images_name, set->count);
    else if (!labels || (set->labels = bl_labels_read(labels_name, labels, labels_len, set->count, diag)))
        return set;
    bl_dataset_close(set);
    return NULL;
}

struct bl_dataset *bl_dataset_open(const char *images, const char *labels, struct bl_diag *diag)
{
    size_t ni = 0, nl = 0;
    unsigned char *bi = bl_read_gz(images, &ni, diag), *bl = bi && labels ? bl_read_gz(labels, &nl, diag) : NULL;
    struct bl_dataset *set = NULL;

    if (bi && (bl || !labels))
        set = bl_dataset_from_bytes(images, bi, ni, labels, bl, nl, diag);
    free(bi);
    free(bl);
    return set;
}

void bl_dataset_close(struct bl_dataset *set)
{
    if (!set)
        return;
    free(set->pixels);
    free(set->ready);
    free(set->labels);
    free(set->labels_name);
    free(set);
}

/* Each label is the number of an output. */
static int check_labels(const struct bl_dataset *set, const struct bl_net *net, struct bl_diag *diag)
{
    size_t classes = bl_tensor_elems(&net->tensors[net->output]);

    for (uint32_t i = 0; set->labels && i < set->count; i++)
        if (set->labels[i] >= classes)
            return bl_error(diag, "%s: label %u is class %u, expected 0 to %zu: net %s has %zu outputs; are they the labels of another data set, or do they "
                            "count from 1?", set->labels_name ? set->labels_name : "the labels", i, set->labels[i], classes - 1, net->name, classes);
    return 0;
}

int bl_dataset_fits(const struct bl_dataset *set, const struct bl_net *net, struct bl_diag *diag)
{
    const struct bl_tensor *x = &net->tensors[net->input];

    if (set->ready && set->bytes != bl_net_input_bytes(net))
        return bl_error(diag, "%s: the images are %zu bytes each and were read for another net; expected %zu", net->name, set->bytes, bl_net_input_bytes(net));
    if (!set->ready && net->ninputs > 1)
        return bl_error(diag, "%s: the net has %u inputs, IDX images in memory are for nets of one; leave them out", net->name, net->ninputs);
    if ((!set->pixels && !set->ready) || !set->count)
        return bl_error(diag, "%s: the images have %s; expected one at least, count * c * h * w bytes", net->name, set->count ? "no pixels" : "count 0");
    if (set->ready || (set->c == x->c && set->h == x->h && set->w == x->w))
        return check_labels(set, net, diag);
    return bl_error(diag, "%s: found images of %u x %u x %u, expected %u x %u x %u (channels, rows, columns), the shape of input '%s'",
                    net->name, set->c, set->h, set->w, x->c, x->h, x->w, x->name);
}

/* An image of the original 8-bit net. */
static void wide_image(const struct bl_dataset *set, const struct bl_net *net, uint32_t index, uint8_t *out)
{
    const struct bl_tensor wide = bl_tensor_wide(&net->tensors[net->input]), *x = &wide;
    size_t n = bl_tensor_elems(x);
    const uint8_t *p = set->ready ? set->ready + (size_t)index * set->bytes : set->pixels + (size_t)index * n;
    uint8_t code[256];

    if (set->ready) {
        memcpy(out, p, set->bytes);
        return;
    }
    if (x->dtype == BL_REAL) {
        for (size_t i = 0; i < n; i++)
            memcpy(out + i * sizeof(float), &(float){ (float)p[i] / 255.0f }, sizeof(float));
        return;
    }
    if (net->raw_input) {
        for (size_t i = 0; i < n; i++)
            out[i] = x->dtype == BL_S8 ? p[i] ^ 0x80 : p[i];      /* -128 in two's complement */
        return;
    }
    for (int i = 0; i < 256; i++) {
        float real = (float)i / 255.0f;
        code[i] = (uint8_t)bl_real_code(net->rule, real, x->scale, x->zero, bl_tensor_min(x), bl_tensor_max(x));
    }
    for (size_t i = 0; i < n; i++)
        out[i] = code[p[i]];
}

/* Its codes as those of a narrowed net. */
static void narrow_image(const struct bl_net *net, uint8_t *image)
{
    for (uint32_t t = net->input; t < net->input + net->ninputs; t++) {
        const struct bl_tensor *x = &net->tensors[t];
        size_t n = bl_tensor_bytes(x);
        for (size_t i = 0; x->shift && i < n; i++)
            image[i] = bl_tensor_narrow(x, image[i]);
        image += n;
    }
}

void bl_dataset_image(const struct bl_dataset *set, const struct bl_net *net, uint32_t index, uint8_t *out)
{
    wide_image(set, net, index, out);
    narrow_image(net, out);
}

/* A random code of a tensor, as a byte. */
static uint8_t made_code(const struct bl_tensor *x, uint64_t d)
{
    int32_t lo = bl_tensor_min(x), hi = bl_tensor_max(x), q = (int32_t)((uint8_t)d % (unsigned)(x->odd ? hi + 1 : hi - lo + 1));

    return (uint8_t)(x->odd ? 2 * q - hi : q > hi ? q - (hi - lo + 1) : q);
}

void bl_dataset_made(const struct bl_net *net, uint64_t seed, uint32_t index, unsigned zero_percent, uint8_t *out)
{
    uint64_t key = bl_draw(bl_draw_key(seed, "image"), index);
    uint8_t *image = out;
    size_t at = 0;

    for (uint32_t t = net->input; t < net->input + net->ninputs; t++) {
        const struct bl_tensor wide = bl_tensor_wide(&net->tensors[t]), *x = &wide;
        const size_t first = at;
        for (size_t n = at + bl_tensor_elems(x); at < n; at++) {
            uint64_t d = bl_draw(key, at);
            bool zero = ((d >> 32) * 100 >> 32) < zero_percent;
            if (x->dtype == BL_REAL)
                memcpy(out + (at - first) * sizeof(float), &(float){ zero ? 0.0f : (float)(uint8_t)d / 128.0f - 1.0f }, sizeof(float));
            else
                out[at - first] = zero ? (uint8_t)x->zero : made_code(x, d);
        }
        out += bl_tensor_bytes(x);
    }
    narrow_image(net, image);
}
