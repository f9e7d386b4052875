/* dataset.c - IDX images and labels, plain or gzipped, and made-up images. */
#include "platforms/net/dataset.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#include "components/requant_work.h"
#include "platforms/net/draw.h"

#define MOST_BYTES ((size_t)1 << 32)   /* a whole data set; more is taken for a broken file */
#define MOST_OF_A_PIPE ((size_t)256 << 20)

struct idx {
    uint32_t dims, dim[4];
    const uint8_t *data;
};

static uint32_t big32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* The sizes in the header, checked against the length of the file. */
static int idx_read(const char *name, const uint8_t *p, size_t len, uint32_t dims_min, uint32_t dims_max, struct idx *out,
                    struct bl_diag *diag)
{
    uint64_t total = 1;

    if (len >= 2 && p[0] == 0x1f && p[1] == 0x8b)
        return bl_error(diag, "%s: found a gzip file, expected plain IDX; unpack it first (gzip -dk)", name);
    if (len < 4 || p[0] || p[1] || p[2] != 8 || p[3] < dims_min || p[3] > dims_max)
        return bl_error(diag, "%s: found no IDX file of unsigned bytes with %u%s%s sizes (magic 0000080%u)", name, dims_min,
                        dims_max > dims_min ? " or " : "", dims_max > dims_min ? "4" : "", dims_min);
    out->dims = p[3];
    if (len < 4 + 4 * (size_t)out->dims)
        return bl_error(diag, "%s: found %zu bytes, the header alone needs %u", name, len, 4 + 4 * out->dims);
    for (uint32_t i = 0; i < out->dims; i++) {
        out->dim[i] = big32(p + 4 + 4 * i);
        if (!out->dim[i] || out->dim[i] > UINT64_C(0xffffffffffff) / total)
            return bl_error(diag, "%s: size %u of the header is %u, expected at least 1 and a total below 2^48", name, i, out->dim[i]);
        total *= out->dim[i];
    }
    out->data = p + 4 + 4 * out->dims;
    if (total != len - 4 - 4 * out->dims)
        return bl_error(diag, "%s: found %zu bytes of data, expected %llu; the file is cut or padded", name,
                        len - 4 - 4 * out->dims, (unsigned long long)total);
    return 0;
}

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
    struct idx im = { 0 }, lb = { 0 };
    struct bl_dataset *set;

    if (idx_read(images_name, images, images_len, 3, 4, &im, diag) ||
        (labels && idx_read(labels_name, labels, labels_len, 1, 1, &lb, diag)))
        return NULL;
    if (labels && lb.dim[0] != im.dim[0]) {
        bl_error(diag, "%s: found %u labels, expected %u, one for each image of %s", labels_name, lb.dim[0], im.dim[0], images_name);
        return NULL;
    }
    if (!(set = calloc(1, sizeof *set))) {
        bl_error(diag, "%s: no memory", images_name);
        return NULL;
    }
    *set = (struct bl_dataset){ .count = im.dim[0], .c = im.dims == 4 ? im.dim[1] : 1,
                                .h = im.dim[im.dims - 2], .w = im.dim[im.dims - 1] };
    set->pixels = copied(im.data, (size_t)set->count * set->c * set->h * set->w);
    set->labels = labels ? copied(lb.data, set->count) : NULL;
    if (!set->pixels || (labels && !set->labels)) {
        bl_error(diag, "%s: no memory for %u images", images_name, set->count);
        bl_dataset_close(set);
        return NULL;
    }
    return set;
}

/* A whole file, unpacked when it is gzip; NULL after a bl_error. */
static unsigned char *unpack(const char *path, size_t *len, struct bl_diag *diag)
{
    gzFile f = gzopen(path, "rb");
    unsigned char *buf = NULL;
    struct stat st;
    /* What is no regular file may have no end. */
    size_t cap = 0, n = 0, most = stat(path, &st) == 0 && !S_ISREG(st.st_mode) ? MOST_OF_A_PIPE : MOST_BYTES;
    int got = 0, closed;

    if (!f) {
        bl_error(diag, "%s: cannot be opened: %s; check the path", path, strerror(errno));
        return NULL;
    }
    do {
        if (n == cap) {
            void *p = cap < most ? realloc(buf, cap = cap ? 2 * cap : 1 << 20) : NULL;
            if (!p) {
                got = -1;
                break;
            }
            buf = p;
        }
        size_t room = cap - n < 1u << 30 ? cap - n : 1u << 30;
        got = gzread(f, buf + n, (unsigned)room);
        n += got > 0 ? (size_t)got : 0;
    } while (got > 0);
    closed = gzclose(f);
    if (got < 0 || closed != Z_OK) {
        bl_error(diag, "%s: cannot be unpacked as a whole; the file is cut, damaged or larger than %zu MiB", path, most >> 20);
        free(buf);
        return NULL;
    }
    *len = n;
    return buf;
}

struct bl_dataset *bl_dataset_open(const char *images, const char *labels, struct bl_diag *diag)
{
    size_t ni = 0, nl = 0;
    unsigned char *bi = unpack(images, &ni, diag), *bl = bi && labels ? unpack(labels, &nl, diag) : NULL;
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
    free(set->labels);
    free(set);
}

int bl_dataset_fits(const struct bl_dataset *set, const struct bl_net *net, struct bl_diag *diag)
{
    const struct bl_tensor *x = &net->tensors[net->input];

    if (net->ninputs > 1)
        return bl_error(diag, "%s: the net has %u inputs, images are for nets of one; leave out --data", net->name, net->ninputs);
    if (!set->pixels || !set->count)
        return bl_error(diag, "%s: the images have %s; expected one at least, count * c * h * w bytes", net->name, set->count ? "no pixels" : "count 0");
    if (set->c == x->c && set->h == x->h && set->w == x->w)
        return 0;
    return bl_error(diag, "%s: found images of %u x %u x %u, expected %u x %u x %u (channels, rows, columns), the shape of input '%s'",
                    net->name, set->c, set->h, set->w, x->c, x->h, x->w, x->name);
}

void bl_dataset_image(const struct bl_dataset *set, const struct bl_net *net, uint32_t index, uint8_t *out)
{
    const struct bl_tensor *x = &net->tensors[net->input];
    size_t n = bl_tensor_elems(x);
    const uint8_t *p = set->pixels + (size_t)index * n;
    uint8_t code[256];

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

void bl_dataset_made(const struct bl_net *net, uint64_t seed, uint32_t index, unsigned zero_percent, uint8_t *out)
{
    uint64_t key = bl_draw(bl_draw_key(seed, "image"), index);
    size_t at = 0;

    for (uint32_t t = net->input; t < net->input + net->ninputs; t++) {
        const struct bl_tensor *x = &net->tensors[t];
        const size_t first = at;
        for (size_t n = at + bl_tensor_elems(x); at < n; at++) {
            uint64_t d = bl_draw(key, at);
            bool zero = ((d >> 32) * 100 >> 32) < zero_percent;
            if (x->dtype == BL_REAL)
                memcpy(out + (at - first) * sizeof(float), &(float){ zero ? 0.0f : (float)(uint8_t)d / 128.0f - 1.0f }, sizeof(float));
            else
                out[at - first] = zero ? (uint8_t)x->zero : (uint8_t)d;
        }
        out += bl_tensor_bytes(x);
    }
}
