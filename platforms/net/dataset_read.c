/* dataset_read.c - files of images become the bytes of a net's inputs: which number is which cell, and what it stands for. */
#include "platforms/net/dataset.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "components/requant_work.h"
#include "platforms/net/array.h"
#include "platforms/net/labels.h"

enum meaning { PIXELS, CODES, REALS };

/* One file for one input. */
struct source {
    const struct bl_net *net;
    struct bl_tensor x;                /* the input; of a narrowed net what it was before: images are narrowed when they are asked for */
    const struct bl_data_opts *o;
    struct bl_array a;
    uint64_t count;                    /* images */
    size_t step[3];                    /* how far the next channel, row and column of an image are in the file */
    enum meaning meaning;
    double *mean, *std;                /* a channel; NULL: 0 and 1 */
    uint8_t (*code)[256];              /* a channel, of each byte of the file; NULL: elements are no bytes, or lie otherwise */
    struct bl_diag *diag;
};

/* ---- layout ---- */

/* Do two shapes have the same sizes, those of 1 left out? */
static bool alike(const uint64_t *a, uint32_t na, const uint64_t *b, uint32_t nb)
{
    uint32_t i = 0, k = 0;

    for (;; i++, k++) {
        while (i < na && a[i] == 1)
            i++;
        while (k < nb && b[k] == 1)
            k++;
        if (i == na || k == nb)
            return i == na && k == nb;
        if (a[i] != b[k])
            return false;
    }
}

/* How many images of shape `image` the array has, 0: none; the first dimension is their number, or there is one. */
static uint64_t images_of(const struct bl_array *a, const uint64_t image[3])
{
    if (a->rank && alike(a->dim + 1, a->rank - 1, image, 3))
        return a->dim[0];
    return alike(a->dim, a->rank, image, 3) ? 1 : 0;
}

static uint64_t flat_images(const struct bl_array *a, uint64_t elems)
{
    if (a->rank == 2 && a->dim[1] == elems)
        return a->dim[0];
    return a->rank == 1 && a->dim[0] == elems ? 1 : 0;
}

static int no_fit(const struct source *s)
{
    const struct bl_tensor *x = &s->x;
    char shape[200];

    return bl_error(s->diag, "%s: found shape %s, expected N x %u x %u x %u (channels, rows, columns), N x %u x %u x %u (rows, columns, channels) or "
                    "N x %zu: the shape of input '%s'%s%s", s->a.name, bl_array_shape(&s->a, shape, sizeof shape), x->c, x->h, x->w, x->h, x->w, x->c,
                    bl_tensor_elems(x), x->name, s->o->layout ? "; --layout " : "", s->o->layout ? s->o->layout : "");
}

/* Sets count and step. IDX says its order itself. */
static int find_layout(struct source *s)
{
    const uint64_t c = s->x.c, h = s->x.h, w = s->x.w, planes[3] = { c, h, w }, last[3] = { h, w, c };
    const char *layout = s->o->layout ? s->o->layout : s->a.pixels ? "nchw" : NULL;
    bool same = c == 1 || h * w == 1;
    uint64_t first = images_of(&s->a, planes), second = images_of(&s->a, last), flat = flat_images(&s->a, c * h * w);

    if (layout && !strcmp(layout, "nchw"))
        second = 0;
    else if (layout)
        first = 0;
    else if (first && second && !same)
        return bl_error(s->diag, "%s: the shape fits channels, rows, columns and rows, columns, channels of input '%s' as well; say which by --layout nchw or "
                        "--layout nhwc", s->a.name, s->x.name);
    bool by_pixel = second && !first;
    if (!first && !second)
        by_pixel = layout ? !strcmp(layout, "nhwc") : s->net->channels_last;
    s->count = first ? first : second ? second : flat;
    s->step[0] = by_pixel ? 1 : (size_t)(h * w);
    s->step[1] = by_pixel ? (size_t)(w * c) : (size_t)w;
    s->step[2] = by_pixel ? (size_t)c : 1;
    return s->count ? s->count <= UINT32_MAX ? 0 : bl_error(s->diag, "%s: found more than %u images", s->a.name, UINT32_MAX) : no_fit(s);
}

/* ---- what a number stands for ---- */

/* "0.5" or "0.4,0.5,0.6" into v[c]; false after a bl_error. */
static bool numbers(const struct source *s, const char *option, const char *text, double *v)
{
    uint32_t n = 0, c = s->x.c;

    for (const char *at = text;; at++) {
        char *end;
        double d = strtod(at, &end);
        if (end == at || (*end && *end != ',') || !isfinite(d))
            return bl_error(s->diag, "--%s %s: expected a number, or one a channel, like 0.4914,0.4822,0.4465", option, text) == 0;
        if (n < c)
            v[n] = d;
        n++;
        at = end;
        if (!*end)
            break;
    }
    for (uint32_t i = 1; n == 1 && i < c; i++)
        v[i] = v[0];
    if (n != 1 && n != c)
        return bl_error(s->diag, "--%s %s: found %u numbers, expected 1, or %u: the channels of input '%s'", option, text, n, c, s->x.name) == 0;
    for (uint32_t i = 0; !strcmp(option, "std") && i < c; i++)
        if (!(v[i] >= (double)FLT_MIN))
            return bl_error(s->diag, "--std %s: found %g, expected numbers above 0: what it divides by", text, v[i]) == 0;
    return true;
}

static int find_scaling(struct source *s)
{
    if (!s->o->mean && !s->o->std)
        return 0;
    s->mean = calloc(s->x.c, sizeof *s->mean);
    s->std = calloc(s->x.c, sizeof *s->std);
    if (!s->mean || !s->std)
        return bl_error(s->diag, "%s: no memory", s->a.name);
    return numbers(s, "mean", s->o->mean ? s->o->mean : "0", s->mean) && numbers(s, "std", s->o->std ? s->o->std : "1", s->std) ? 0 : -1;
}

static int find_meaning(struct source *s)
{
    const struct bl_tensor *x = &s->x;
    const struct bl_array *a = &s->a;
    const char *found = bl_array_type(a), *own = x->dtype == BL_REAL || !s->net->raw_input ? "float32" : x->dtype == BL_S8 ? "int8" : "uint8";
    bool code = x->dtype != BL_REAL && s->net->raw_input;

    if (s->o->pixels && (a->type != 'u' || a->size != 1))
        return bl_error(s->diag, "%s: found %s, and --pixels is about uint8; leave it out, or say --raw=u8 of a raw file, or save the images with .astype(\"uint8\")", a->name, found);
    if (a->type != 'f' && a->size > 1)
        return bl_error(s->diag, "%s: found images of %s, expected uint8, int8 or float32: save them with .astype(\"float32\"), say", a->name, found);
    if (a->type == 'f') {
        s->meaning = REALS;
        return 0;
    }
    if (a->type == 'u') {
        s->meaning = s->mean ? REALS : PIXELS;
        if (s->mean || !code || x->dtype == BL_U8 || a->pixels || s->o->pixels)
            return 0;
        return bl_error(s->diag, "%s: found uint8, input '%s' of net %s is int8; are they pixels, say --pixels (pixel - 128); are they codes, save them as int8",
                        a->name, x->name, s->net->name);
    }
    s->meaning = CODES;
    if (s->mean)
        return bl_error(s->diag, "%s: found int8, which are codes; --mean and --std are for pixels (uint8) and real values (float32)", a->name);
    if (code && x->dtype == BL_S8)
        return 0;
    return bl_error(s->diag, "%s: found int8, input '%s' of net %s is %s; save the images as %s", a->name, x->name, s->net->name, own, own);
}

/* ---- cells ---- */

static int no_number(const struct source *s, uint64_t image, uint64_t at, double v)
{
    return bl_error(s->diag, "%s: element %llu of image %llu is %g; expected finite numbers within float32", s->a.name, (unsigned long long)at,
                    (unsigned long long)image, v);
}

/* The real value of element v in channel c. */
static float real_of(const struct source *s, double v, uint32_t c)
{
    if (s->meaning == PIXELS)
        return (float)v / 255.0f;
    if (s->a.type == 'u')
        v /= 255.0;
    return (float)(s->mean ? (v - s->mean[c]) / s->std[c] : v);
}

/* Element v of channel c as byte, or four bytes, of the input. */
static void put(const struct source *s, double v, float real, uint8_t *out)
{
    const struct bl_tensor *x = &s->x;

    if (x->dtype == BL_REAL)
        memcpy(out, &real, sizeof real);
    else if (s->meaning == CODES || (s->meaning == PIXELS && s->net->raw_input))
        *out = s->meaning == CODES ? (uint8_t)(int8_t)v : x->dtype == BL_S8 ? (uint8_t)v ^ 0x80 : (uint8_t)v;
    else
        *out = (uint8_t)bl_real_code(s->net->rule, real, x->scale, x->zero, bl_tensor_min(x), bl_tensor_max(x));
}

static int put_image(const struct source *s, uint64_t n, uint8_t *out)
{
    const struct bl_tensor *x = &s->x;
    const size_t bytes = x->dtype == BL_REAL ? sizeof(float) : 1;

    for (uint32_t c = 0; c < x->c; c++)
        for (uint32_t y = 0; y < x->h; y++)
            for (uint32_t i = 0; i < x->w; i++, out += bytes) {
                uint64_t at = c * s->step[0] + y * s->step[1] + i * s->step[2];
                double v = bl_array_real(&s->a, n * bl_tensor_elems(x) + at);
                float real = s->meaning == CODES ? 0.0f : real_of(s, v, c);
                if (!isfinite(real))
                    return no_number(s, n, at, v);
                put(s, v, real, out);
            }
    return 0;
}

/* A file of bytes whose images become bytes: what becomes of each of 256, once. What is no number is told by put_image. */
static int make_codes(struct source *s)
{
    const struct bl_array *a = &s->a;

    if (a->size != 1 || a->fortran || s->x.dtype == BL_REAL)
        return 0;
    if (!(s->code = malloc(s->x.c * sizeof *s->code)))
        return bl_error(s->diag, "%s: no memory to read it", a->name);
    for (uint32_t c = 0; c < s->x.c; c++)
        for (int k = 0; k < 256; k++) {
            const double v = a->type == 'u' ? k : (int8_t)(uint8_t)k;
            const float real = s->meaning == CODES ? 0.0f : real_of(s, v, c);
            if (!isfinite(real)) {
                free(s->code);
                s->code = NULL;
                return 0;
            }
            put(s, v, real, &s->code[c][k]);
        }
    return 0;
}

static void put_bytes(const struct source *s, uint64_t n, uint8_t *out)
{
    const struct bl_tensor *x = &s->x;
    const uint8_t *image = s->a.data + n * bl_tensor_elems(x);

    for (uint32_t c = 0; c < x->c; c++)
        for (uint32_t y = 0; y < x->h; y++) {
            const uint8_t *at = image + c * s->step[0] + y * s->step[1];
            for (uint32_t i = 0; i < x->w; i++, at += s->step[2])
                *out++ = s->code[c][*at];
        }
}

/* ---- files ---- */

static int open_array(struct source *s, const struct bl_data_file *f)
{
    const char *raw = s->o->raw, *own = s->x.dtype == BL_REAL || !s->net->raw_input ? "f32" : s->x.dtype == BL_S8 ? "i8" : "u8";

    if (raw)
        return bl_array_raw(f->name, f->bytes, f->len, *raw ? raw : own, bl_tensor_elems(&s->x), &s->a, s->diag);
    if (bl_array_is_npy(f->bytes, f->len))
        return bl_array_npy(f->name, f->bytes, f->len, &s->a, s->diag);
    if (bl_array_is_idx(f->bytes, f->len))
        return bl_array_idx(f->name, f->bytes, f->len, 3, 4, &s->a, s->diag);
    return bl_error(s->diag, "%s: found neither .npy nor IDX; expected one of them, or numbers alone with --raw", f->name);
}

static struct source source_of(const struct bl_net *net, const struct bl_data_opts *o, uint32_t input, struct bl_diag *diag)
{
    return (struct source){ .net = net, .x = bl_tensor_wide(&net->tensors[net->input + input]), .o = o, .diag = diag };
}

/* Adds the images of input `i` to all images of the set, which exist from the first input on. */
static int read_input(struct bl_dataset *set, const struct bl_net *net, const struct bl_data_opts *o, uint32_t i, const struct bl_data_file *f, size_t at,
                      struct bl_diag *diag)
{
    struct source s = source_of(net, o, i, diag);
    int rc = open_array(&s, f) || find_layout(&s) || find_scaling(&s) || find_meaning(&s) || make_codes(&s) ? -1 : 0;

    if (!rc && i == 0) {
        set->count = (uint32_t)s.count;
        if (!(set->ready = malloc((size_t)set->count * set->bytes)))
            rc = bl_error(diag, "%s: no memory for %u images", f->name, set->count);
    }
    if (!rc && s.count != set->count)
        rc = bl_error(diag, "%s: found %llu images for input '%s', expected %u, as many as for input '%s'", f->name, (unsigned long long)s.count, s.x.name,
                      set->count, net->tensors[net->input].name);
    for (uint64_t n = 0; !rc && n < set->count; n++)
        if (s.code)
            put_bytes(&s, n, set->ready + n * set->bytes + at);
        else
            rc = put_image(&s, n, set->ready + n * set->bytes + at);
    free(s.code);
    free(s.mean);
    free(s.std);
    return rc;
}

static int check_layout(const struct bl_data_opts *o, struct bl_diag *diag)
{
    if (!o->layout || !strcmp(o->layout, "nchw") || !strcmp(o->layout, "nhwc"))
        return 0;
    return bl_error(diag, "--layout %s: expected nchw or nhwc", o->layout);
}

struct bl_dataset *bl_dataset_of(const struct bl_net *net, const struct bl_data_opts *o, const struct bl_data_file *images,
                                 const struct bl_data_file *labels, struct bl_diag *diag)
{
    static const struct bl_data_opts NONE = { 0 };
    const struct bl_tensor *x = &net->tensors[net->input];
    struct bl_dataset *set = check_layout(o ? o : &NONE, diag) ? NULL : calloc(1, sizeof *set);
    int rc = set ? 0 : -1;

    if (set)
        *set = (struct bl_dataset){ .c = x->c, .h = x->h, .w = x->w, .bytes = bl_net_input_bytes(net) };
    for (size_t i = 0, at = 0; !rc && i < net->ninputs; at += bl_tensor_bytes(&x[i++]))
        rc = read_input(set, net, o ? o : &NONE, (uint32_t)i, &images[i], at, diag);
    if (!rc && labels) {
        set->labels = bl_labels_read(labels->name, labels->bytes, labels->len, set->count, diag);
        set->labels_name = strdup(labels->name);
        rc = set->labels && set->labels_name ? 0 : -1;
    }
    if (!rc && !bl_dataset_fits(set, net, diag))
        return set;
    bl_dataset_close(set);
    return NULL;
}
