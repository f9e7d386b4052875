/* test_dataset_read.c - dataset_read.c, dataset_files.c and unpack.c: every layout of images, what a number stands for, several inputs, and
 * what is refused. */
#include "platforms/net/dataset.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "platforms/file/io.h"
#include "tests/rigs/effort.h"
#include "tests/rigs/heard.h"

Suite *suite_dataset_read(void);

#define COUNT(a) ((int)(sizeof(a) / sizeof(a)[0]))
enum { ROOM = 1 << 16 };

/* ---- files and nets ---- */

struct file { struct bl_data_file f; uint8_t bytes[ROOM]; };

/* An .npy file of that type and shape. */
static const struct bl_data_file *npy(struct file *to, const char *descr, const char *shape, bool fortran, const void *data, size_t n)
{
    char header[300];
    int len = snprintf(header, sizeof header, "{'descr': '%s', 'fortran_order': %s, 'shape': (%s), }\n", descr, fortran ? "True" : "False", shape);

    memcpy(to->bytes, "\x93NUMPY\x01\0", 8);
    to->bytes[8] = (uint8_t)len;
    to->bytes[9] = (uint8_t)(len >> 8);
    memcpy(to->bytes + 10, header, (size_t)len);
    memcpy(to->bytes + 10 + len, data, n);
    to->f = (struct bl_data_file){ "x.npy", to->bytes, 10 + (size_t)len + n };
    return &to->f;
}

/* A net with that input, made of nothing else but an output of ten classes. */
struct small { struct bl_tensor t[2]; struct bl_net net; };

static struct bl_net *small(struct small *s, struct bl_tensor x, bool raw, enum bl_rule rule)
{
    *s = (struct small){ { x, { .name = "y", .c = 10, .h = 1, .w = 1, .scale = 1.0f } }, { 0 } };
    s->t[0].name = "x";
    s->net = (struct bl_net){ .name = "n", .tensors = s->t, .ntensors = 2, .ninputs = 1, .output = 1, .raw_input = raw, .rule = rule };
    return &s->net;
}

static struct bl_tensor shape(uint32_t c, uint32_t h, uint32_t w, enum bl_dtype type, float scale, int32_t zero)
{
    return (struct bl_tensor){ .c = c, .h = h, .w = w, .dtype = type, .scale = scale, .zero = zero };
}

/* ---- layouts: 2 images of 2 x 3 x 4 cells; cell (c, y, x) of image n is 100 n + 12 c + 4 y + x + 1 ---- */

enum order { NCHW, NHWC };
static const struct { const char *shape; enum order order; bool fortran, last; const char *layout; uint32_t count; } LAYOUTS[] = {
    { "2, 2, 3, 4", NCHW, false, false, NULL, 2 },    { "2, 3, 4, 2", NHWC, false, false, NULL, 2 },
    { "2, 2, 3, 4", NCHW, true, false, NULL, 2 },     { "2, 3, 4, 2", NHWC, true, true, NULL, 2 },
    { "2, 2, 3, 4", NCHW, false, true, NULL, 2 },     { "2, 3, 4, 2", NHWC, false, true, "nhwc", 2 },
    { "2, 24", NCHW, false, false, NULL, 2 },         { "2, 24", NHWC, false, true, NULL, 2 },
    { "2, 24", NHWC, false, false, "nhwc", 2 },       { "2, 24", NCHW, false, true, "nchw", 2 },
    { "2, 24", NCHW, true, false, NULL, 2 },          { "2, 1, 2, 3, 4", NCHW, false, false, NULL, 2 },
    { "2, 3, 4", NCHW, false, false, NULL, 1 },       { "3, 4, 2", NHWC, false, false, NULL, 1 },
    { "24,", NCHW, false, false, NULL, 1 },           { "1, 2, 3, 4", NCHW, false, false, NULL, 1 },
};

static uint8_t cell(uint32_t n, uint32_t c, uint32_t y, uint32_t x) { return (uint8_t)(100 * n + 12 * c + 4 * y + x + 1); }

/* Cell `i` of the file in C order. */
static uint8_t in_file(enum order order, uint32_t i)
{
    uint32_t n = i / 24, k = i % 24;

    return order == NCHW ? cell(n, k / 12, k / 4 % 3, k % 4) : cell(n, k % 2, k / 8, k / 2 % 4);
}

/* The same numbers with the first index running fastest; shape as text. */
static void to_fortran(const char *shape, const uint8_t *from, uint8_t *to, uint32_t n)
{
    uint32_t dim[8], rank = 0;

    for (const char *p = shape; *p; p += strcspn(p, " ") + (strchr(p, ' ') != NULL))
        dim[rank++] = (uint32_t)strtoul(p, NULL, 10);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t rest = i, at = 0, step = n;
        for (uint32_t d = rank; d-- > 0; rest /= dim[d])
            at += rest % dim[d] * (step /= dim[d]);
        to[at] = from[i];
    }
}

START_TEST(layouts)
{
    uint8_t data[48], turned[48], out[24];
    struct file f;
    struct small s;
    struct heard h;
    const uint32_t n = LAYOUTS[_i].count * 24;
    struct bl_net *net = small(&s, shape(2, 3, 4, BL_U8, 1.0f, 0), true, BL_F32);

    net->channels_last = LAYOUTS[_i].last;
    for (uint32_t i = 0; i < n; i++)
        data[i] = in_file(LAYOUTS[_i].order, i);
    if (LAYOUTS[_i].fortran)
        to_fortran(LAYOUTS[_i].shape, data, turned, n);
    npy(&f, "|u1", LAYOUTS[_i].shape, LAYOUTS[_i].fortran, LAYOUTS[_i].fortran ? turned : data, n);
    struct bl_dataset *set = bl_dataset_of(net, &(struct bl_data_opts){ .layout = LAYOUTS[_i].layout }, &f.f, NULL, heard_start(&h));
    ck_assert_msg(set != NULL, "%s", h.text);
    ck_assert_uint_eq(set->count, LAYOUTS[_i].count);
    for (uint32_t k = 0; k < set->count; k++) {
        bl_dataset_image(set, net, k, out);
        for (uint32_t i = 0; i < 24; i++)
            ck_assert_int_eq(out[i], cell(k, i / 12, i / 4 % 3, i % 4));
    }
    bl_dataset_close(set);
}
END_TEST

static const struct { uint32_t c, h, w; const char *shape; size_t n; const char *layout, *says; } MISFITS[] = {
    { 2, 3, 4, "2, 4, 3, 2", 48, NULL, "x.npy: found shape 2 x 4 x 3 x 2, expected N x 2 x 3 x 4 (channels, rows, columns), N x 3 x 4 x 2 (rows, columns, "
      "channels) or N x 24: the shape of input 'x'" },
    { 2, 3, 4, "2, 2, 3, 4", 48, "nhwc", "the shape of input 'x'; --layout nhwc" },
    { 2, 3, 4, "2, 25", 50, NULL, "found shape 2 x 25" },
    { 2, 3, 4, "48,", 48, NULL, "found shape 48" },
    { 3, 3, 3, "2, 3, 3, 3", 54, NULL, "the shape fits channels, rows, columns and rows, columns, channels of input 'x' as well; say which by --layout" },
    { 4, 4, 1, "5, 4, 4", 80, NULL, "as well; say which by --layout" },
    { 2, 3, 4, "2, 2, 3, 4", 48, "chwn", "--layout chwn: expected nchw or nhwc" },
};

START_TEST(misfits)
{
    static const uint8_t DATA[100];
    struct file f;
    struct small s;
    struct heard h;
    struct bl_net *net = small(&s, shape(MISFITS[_i].c, MISFITS[_i].h, MISFITS[_i].w, BL_U8, 1.0f, 0), true, BL_F32);

    npy(&f, "|u1", MISFITS[_i].shape, false, DATA, MISFITS[_i].n);
    ck_assert_ptr_null(bl_dataset_of(net, &(struct bl_data_opts){ .layout = MISFITS[_i].layout }, &f.f, NULL, heard_start(&h)));
    ck_assert_msg(strstr(h.text, MISFITS[_i].says) != NULL, "wanted '%s', got '%s'", MISFITS[_i].says, h.text);
}
END_TEST

/* With equal sides the layout decides: cells come in other order. */
START_TEST(said_layout)
{
    uint8_t data[8] = { 0, 1, 2, 3, 4, 5, 6, 7 }, out[8];
    struct file f;
    struct small s;
    struct heard h;
    struct bl_net *net = small(&s, shape(2, 2, 2, BL_U8, 1.0f, 0), true, BL_F32);

    npy(&f, "|u1", "1, 2, 2, 2", false, data, 8);
    struct bl_dataset *set = bl_dataset_of(net, &(struct bl_data_opts){ .layout = _i ? "nhwc" : "nchw" }, &f.f, NULL, heard_start(&h));
    ck_assert_msg(set != NULL, "%s", h.text);
    bl_dataset_image(set, net, 0, out);
    ck_assert_mem_eq(out, _i ? "\0\2\4\6\1\3\5\7" : (const char *)data, 8);
    bl_dataset_close(set);
}
END_TEST

/* ---- what a number stands for; one cell ---- */

#define F4(x) (const float[1]){ x }, 4
static const struct {
    const char *descr; const void *data; size_t n;
    struct bl_tensor x; bool raw; enum bl_rule rule;
    struct bl_data_opts o;
    int code;                          /* or, of a float32 input, a thousandth of its value */
    const char *says;
} MEANS[] = {
    /* float32: real values, quantised by the input's code, halves to even behind the division */
    { "<f4", F4(1.25f), { .scale = 0.5f, .zero = 3 }, false, BL_F32, { 0 }, 5, NULL },
    { "<f4", F4(0.75f), { .scale = 0.5f, .zero = 3 }, false, BL_F32, { 0 }, 5, NULL },
    { "<f4", F4(0.25f), { .scale = 0.5f, .zero = 3 }, false, BL_F32, { 0 }, 3, NULL },
    { "<f4", F4(0.25f), { .scale = 0.5f, .zero = 3 }, false, BL_Q31, { 0 }, 4, NULL },     /* that rule: away from zero */
    { "<f4", F4(-0.25f), { .scale = 0.5f, .zero = 3 }, true, BL_XNN, { 0 }, 3, NULL },
    { "<f4", F4(1e30f), { .scale = 0.5f, .dtype = BL_S8 }, true, BL_F32, { 0 }, 127, NULL },
    { "<f4", F4(-1e30f), { .scale = 0.5f, .dtype = BL_S8 }, true, BL_F32, { 0 }, -128, NULL },
    { "<f8", (const double[1]){ 0.75 }, 8, { .scale = 0.25f, .zero = -2, .dtype = BL_S8 }, true, BL_F32, { 0 }, 1, NULL },
    { "<f4", F4(-2.5f), { .scale = 1.0f, .dtype = BL_REAL }, false, BL_F32, { 0 }, -2500, NULL },
    /* unsigned bytes: pixels */
    { "|u1", "\xc8", 1, { .scale = 0.5f, .zero = 3 }, true, BL_F32, { 0 }, 200, NULL },
    { "|u1", "\xff", 1, { .scale = 1 / 127.0f, .dtype = BL_S8 }, false, BL_F32, { 0 }, 127, NULL },
    { "|u1", "\xc8", 1, { .scale = 1.0f, .zero = -128, .dtype = BL_S8 }, true, BL_F32, { .pixels = true }, 72, NULL },
    { "|u1", "\x33", 1, { .scale = 1.0f, .dtype = BL_REAL }, false, BL_F32, { 0 }, 200, NULL },
    { "|u1", "\xc8", 1, { .scale = 1.0f, .zero = -128, .dtype = BL_S8 }, true, BL_F32, { 0 }, 0,
      "x.npy: found uint8, input 'x' of net n is int8; are they pixels, say --pixels (pixel - 128); are they codes, save them as int8" },
    /* signed bytes: codes */
    { "|i1", "\xff", 1, { .scale = 0.5f, .zero = 3, .dtype = BL_S8 }, true, BL_F32, { 0 }, -1, NULL },
    { "|i1", "\xff", 1, { .scale = 0.5f, .zero = 3 }, true, BL_F32, { 0 }, 0, "x.npy: found int8, input 'x' of net n is uint8; save the images as uint8" },
    { "|i1", "\xff", 1, { .scale = 0.5f, .dtype = BL_S8 }, false, BL_F32, { 0 }, 0, "input 'x' of net n is float32; save the images as float32" },
    /* mean and std: (p / 255 - mean) / std of pixels, (x - mean) / std of real values */
    { "|u1", "\xff", 1, { .scale = 0.5f, .zero = 1 }, false, BL_F32, { .mean = "0.5", .std = "0.25" }, 5, NULL },
    { "|u1", "\xff", 1, { .scale = 0.5f, .zero = 1, .dtype = BL_S8 }, true, BL_F32, { .mean = "0.5", .std = "0.25" }, 5, NULL },
    { "|u1", "\xff", 1, { .scale = 0.5f, .zero = 1 }, false, BL_F32, { .mean = "0.5" }, 2, NULL },
    { "|u1", "\xff", 1, { .scale = 0.5f, .zero = 1 }, false, BL_F32, { .std = "0.25" }, 9, NULL },
    { "<f4", F4(3.0f), { .scale = 0.5f, .zero = 1 }, false, BL_F32, { .mean = "1", .std = "4" }, 2, NULL },
    { "|i1", "\xff", 1, { .scale = 0.5f, .dtype = BL_S8 }, true, BL_F32, { .mean = "1" }, 0, "found int8, which are codes; --mean and --std are for pixels" },
    { "|u1", "\xff", 1, { .scale = 0.5f }, false, BL_F32, { .std = "0" }, 0, "--std 0: found 0, expected numbers above 0" },
    { "|u1", "\xff", 1, { .scale = 0.5f }, false, BL_F32, { .std = "-1" }, 0, "--std -1: found -1, expected numbers above 0" },
    { "|u1", "\xff", 1, { .scale = 0.5f }, false, BL_F32, { .mean = "nan" }, 0, "--mean nan: expected a number, or one a channel" },
    { "|u1", "\xff", 1, { .scale = 0.5f }, false, BL_F32, { .mean = "a" }, 0, "--mean a: expected a number" },
    { "|u1", "\xff", 1, { .scale = 0.5f }, false, BL_F32, { .mean = "1,2,3" }, 0, "--mean 1,2,3: found 3 numbers, expected 1, or 1: the channels of input 'x'" },
    { "|u1", "\xff", 1, { .scale = 0.5f }, false, BL_F32, { .mean = "1," }, 0, "--mean 1,: expected a number" },
    /* what is no number, and other types */
    { "<f4", F4(NAN), { .scale = 0.5f }, false, BL_F32, { 0 }, 0, "x.npy: element 0 of image 0 is nan; expected finite numbers within float32" },
    { "<f4", F4(INFINITY), { .scale = 0.5f }, false, BL_F32, { 0 }, 0, "is inf; expected finite" },
    { "<f8", (const double[1]){ 1e300 }, 8, { .scale = 0.5f }, false, BL_F32, { 0 }, 0, "is 1e+300; expected finite numbers within float32" },
    { "<i4", "\1\0\0\0", 4, { .scale = 0.5f }, false, BL_F32, { 0 }, 0, "found images of int32, expected uint8, int8 or float32" },
    { "<u2", "\1\0", 2, { .scale = 0.5f }, false, BL_F32, { 0 }, 0, "found images of uint16" },
    { "|b1", "\1", 1, { .scale = 0.5f }, false, BL_F32, { 0 }, 0, "which are true or false" },
    { "<f4", F4(1.0f), { .scale = 0.5f }, false, BL_F32, { .pixels = true }, 0, "found float32, and --pixels is about uint8" },
};

START_TEST(meanings)
{
    struct file f;
    struct small s;
    struct heard h;
    struct bl_tensor x = MEANS[_i].x;
    uint8_t out[4];

    x.c = x.h = x.w = 1;
    struct bl_net *net = small(&s, x, MEANS[_i].raw, MEANS[_i].rule);
    npy(&f, MEANS[_i].descr, "1, 1", false, MEANS[_i].data, MEANS[_i].n);
    struct bl_dataset *set = bl_dataset_of(net, &MEANS[_i].o, &f.f, NULL, heard_start(&h));
    if (MEANS[_i].says) {
        ck_assert_msg(!set && strstr(h.text, MEANS[_i].says), "wanted '%s', got '%s'", MEANS[_i].says, h.text);
        return;
    }
    ck_assert_msg(set != NULL, "%s", h.text);
    bl_dataset_image(set, net, 0, out);
    if (x.dtype == BL_REAL) {
        float v;
        memcpy(&v, out, sizeof v);
        ck_assert_int_eq((int)lrint(1000 * (double)v), MEANS[_i].code);
    } else
        ck_assert_int_eq(x.dtype == BL_S8 ? (int8_t)out[0] : out[0], MEANS[_i].code);
    bl_dataset_close(set);
}
END_TEST

/* A number a channel, in either layout; and the rounding of the standard: in double, once to float32. */
START_TEST(channels)
{
    static const uint8_t DATA[6] = { 51, 102, 51, 102, 51, 102 };      /* as nchw 51 102, 51 102, 51 102; as nhwc 51 102 51, 102 51 102 */
    static const float NCHW_WANT[6] = { 0.2f, 0.4f, -0.1f, 0.0f, 0.05f, 0.1f }, NHWC_WANT[6] = { 0.2f, 0.4f, 0.0f, -0.1f, 0.05f, 0.1f };
    struct file f;
    struct small s;
    struct heard h;
    float out[6];
    struct bl_net *net = small(&s, shape(3, 1, 2, BL_REAL, 1.0f, 0), false, BL_F32);

    npy(&f, "|u1", _i ? "1, 1, 2, 3" : "1, 3, 1, 2", false, DATA, 6);
    struct bl_dataset *set = bl_dataset_of(net, &(struct bl_data_opts){ .mean = "0,.4,0", .std = "1,2,4" }, &f.f, NULL, heard_start(&h));
    ck_assert_msg(set != NULL, "%s", h.text);
    bl_dataset_image(set, net, 0, (uint8_t *)(void *)out);
    for (int i = 0; i < 6; i++)
        ck_assert_msg(fabsf(out[i] - (_i ? NHWC_WANT : NCHW_WANT)[i]) < 1e-7f, "%d: %g", i, (double)out[i]);
    bl_dataset_close(set);
}
END_TEST

/* ---- IDX and plain numbers ---- */

START_TEST(idx)
{
    static const uint8_t IDX[] = "\0\0\x08\x03\0\0\0\x01\0\0\0\x01\0\0\0\x02\x01\xff";
    struct small s;
    struct heard h;
    uint8_t out[2];
    struct bl_net *net = small(&s, shape(1, 1, 2, BL_S8, 1.0f, 0), true, BL_F32);
    const struct bl_data_file f = { "x.idx3", IDX, sizeof IDX - 1 };
    struct bl_dataset *set = bl_dataset_of(net, NULL, &f, NULL, heard_start(&h));

    ck_assert_msg(set != NULL, "%s", h.text);              /* pixels by its format: no --pixels */
    bl_dataset_image(set, net, 0, out);
    ck_assert(out[0] == 0x81 && out[1] == 0x7f);
    bl_dataset_close(set);
}
END_TEST

static const struct { const char *raw; enum bl_dtype type; bool raw_input; size_t len; uint32_t count; const char *says; } RAW[] = {
    { "", BL_S8, true, 4, 2, NULL }, { "", BL_U8, true, 6, 3, NULL }, { "", BL_U8, false, 16, 2, NULL }, { "f64", BL_U8, false, 16, 1, NULL },
    { "u8", BL_U8, true, 2, 1, NULL }, { "u8", BL_S8, true, 2, 0, "say --pixels" },
    { "", BL_S8, true, 5, 0, "x.bin: found 5 bytes, expected a multiple of 2: images of 2 i8; is it of another type (--raw=TYPE), or cut?" },
    { "", BL_U8, false, 4, 0, "expected a multiple of 8: images of 2 f32" }, { "", BL_S8, true, 0, 0, "found 0 bytes" },
    { "i16", BL_S8, true, 4, 0, "--raw=i16: expected u8, i8, f32 or f64" },
    { NULL, BL_S8, true, 4, 0, "x.bin: found neither .npy nor IDX; expected one of them, or numbers alone with --raw" },
};

START_TEST(raw)
{
    static const uint8_t DATA[16] = { 1, 2, 3 };
    struct small s;
    struct heard h;
    struct bl_net *net = small(&s, shape(2, 1, 1, RAW[_i].type, 1.0f, 0), RAW[_i].raw_input, BL_F32);
    const struct bl_data_file f = { "x.bin", DATA, RAW[_i].len };
    struct bl_dataset *set = bl_dataset_of(net, &(struct bl_data_opts){ .raw = RAW[_i].raw }, &f, NULL, heard_start(&h));

    ck_assert_msg((set != NULL) == !RAW[_i].says && (set || strstr(h.text, RAW[_i].says)), "got '%s'", h.text);
    ck_assert(!set || set->count == RAW[_i].count);
    bl_dataset_close(set);
}
END_TEST

/* ---- labels, several inputs ---- */

static const struct { const char *labels, *says; } LABELS[] = {
    { "3\n9\n", NULL },
    { "3\n10\n", "y.txt: label 1 is class 10, expected 0 to 9: net n has 10 outputs; are they the labels of another data set, or do they count from 1?" },
    { "3\n", "y.txt: found 1 labels, expected 2, one for each image" }, { "3\n4\n5\n", "y.txt: found 3 labels, expected 2" },
};

START_TEST(labels)
{
    struct file f;
    struct small s;
    struct heard h;
    struct bl_net *net = small(&s, shape(1, 1, 1, BL_U8, 1.0f, 0), true, BL_F32);
    const struct bl_data_file y = { "y.txt", LABELS[_i].labels, strlen(LABELS[_i].labels) };

    struct bl_dataset *set = bl_dataset_of(net, NULL, npy(&f, "|u1", "2, 1", false, "ab", 2), &y, heard_start(&h));
    ck_assert_msg((set != NULL) == !LABELS[_i].says && (set || strstr(h.text, LABELS[_i].says)), "got '%s'", h.text);
    ck_assert(!set || (set->labels[0] == 3 && set->labels[1] == 9));
    bl_dataset_close(set);
}
END_TEST

static struct bl_net *two_inputs(struct bl_tensor t[3], struct bl_net *net)
{
    t[0] = (struct bl_tensor){ .name = "a", .c = 2, .h = 1, .w = 1, .scale = 1.0f };
    t[1] = (struct bl_tensor){ .name = "b=c", .c = 1, .h = 1, .w = 1, .scale = 0.5f, .dtype = BL_S8 };
    t[2] = (struct bl_tensor){ .name = "y", .c = 2, .h = 1, .w = 1, .scale = 1.0f };
    *net = (struct bl_net){ .name = "two", .tensors = t, .ntensors = 3, .ninputs = 2, .output = 2, .raw_input = true };
    return net;
}

START_TEST(several_inputs)
{
    struct bl_tensor t[3];
    struct bl_net net;
    struct file a, b;
    struct heard h;
    uint8_t out[3];
    struct bl_data_file f[2] = { *npy(&a, "|u1", "2, 2", false, "\1\2\3\4", 4), *npy(&b, "<f4", "2, 1", false, (const float[2]){ -1, 2 }, 8) };

    two_inputs(t, &net);
    struct bl_dataset *set = bl_dataset_of(&net, NULL, f, NULL, heard_start(&h));
    ck_assert_msg(set != NULL, "%s", h.text);
    bl_dataset_image(set, &net, 1, out);
    ck_assert_mem_eq(out, "\3\4\4", 3);
    bl_dataset_image(set, &net, 0, out);
    ck_assert_mem_eq(out, "\1\2\xfe", 3);
    bl_dataset_close(set);
    f[1] = *npy(&b, "<f4", "3, 1", false, (const float[3]){ 0 }, 12);
    ck_assert_ptr_null(bl_dataset_of(&net, NULL, f, NULL, heard_start(&h)));
    ck_assert_str_eq(h.text, "x.npy: found 3 images for input 'b=c', expected 2, as many as for input 'a'");
}
END_TEST

/* ---- names of files ---- */

static const struct { const char *given[3]; const char *says; } NAMES[] = {
    { { "a=platforms/nets/fashion100-images.idx3", "b=c=platforms/nets/fashion100-labels.idx1" }, NULL },
    { { "b=c=platforms/nets/fashion100-labels.idx1", "a=platforms/nets/fashion100-images.idx3" }, NULL },
    { { "a=platforms/nets/fashion100-images.idx3" }, "--data: input 'b=c' of net two has no file; expected --data NAME=FILE for each of 'a', 'b=c'" },
    { { "platforms/nets/fashion100-images.idx3" }, "net two has 2 inputs: 'a', 'b=c'; expected --data NAME=FILE for each of them" },
    { { "a=platforms/nets/fashion100-images.idx3", "a=platforms/nets/fashion100-images.idx3" }, "is the second file for input 'a'; expected one" },
    { { "a=no/such.npy", "b=c=x" }, "no/such.npy" },
};

START_TEST(names)
{
    struct bl_tensor t[3];
    struct bl_net net;
    struct bl_found at[2] = { { 0 } };
    struct heard h;
    size_t n = 0;

    while (NAMES[_i].given[n])
        n++;
    int rc = bl_dataset_find(two_inputs(t, &net), (struct bl_words){ NAMES[_i].given, n }, at, heard_start(&h));
    ck_assert_msg(rc == (NAMES[_i].says ? -1 : 0) && (!rc || strstr(h.text, NAMES[_i].says)), "got '%s'", h.text);
    if (!rc)
        ck_assert(strstr(at[0].path, "images.idx3") && strstr(at[1].path, "labels.idx1"));
    bl_found_fini(&at[0]);
    bl_found_fini(&at[1]);
}
END_TEST

static void scratch(char path[512], const char *name)
{
    const char *dir = getenv("BL_TMP");

    snprintf(path, 512, "%s/%s", dir ? dir : "/tmp", name);
}

/* A gzipped .npy with text labels, from files. */
START_TEST(files)
{
    char x[512], y[512];
    struct file f;
    struct small s;
    struct heard h;
    uint8_t out[2];
    struct bl_net *net = small(&s, shape(2, 1, 1, BL_U8, 1.0f, 0), true, BL_F32);

    npy(&f, "|u1", "2, 2", false, "\1\2\3\4", 4);
    scratch(x, "x.npy.gz");
    scratch(y, "y.txt");
    gzFile z = gzopen(x, "wb");
    ck_assert_int_eq(gzwrite(z, f.f.bytes, (unsigned)f.f.len), (int)f.f.len);
    gzclose(z);
    ck_assert_int_eq(bl_save_all(y, "1\n0\n", 4, heard_start(&h)), 0);
    struct bl_found at = { x, 0 };
    struct bl_dataset *set = bl_dataset_read(net, NULL, &at, y, &h.diag);
    ck_assert_msg(set != NULL, "%s", h.text);
    bl_dataset_image(set, net, 1, out);
    ck_assert(out[0] == 3 && out[1] == 4 && set->labels[0] == 1 && set->labels[1] == 0);
    bl_dataset_close(set);
    remove(x);
    remove(y);
}
END_TEST

static const struct { const char *file, *says; } STRANGE[] = {
    { "/dev/zero", "/dev/zero: cannot be unpacked as a whole; the file is cut, damaged or larger than 256 MiB" },
    { "platforms", "platforms: is a folder; expected a file in it" },
    { "no/such.npy", "no/such.npy: cannot be opened: No such file or directory; check the path" },
    { "/dev/null", "/dev/null: found neither .npy nor IDX" },
};

START_TEST(strange_files)
{
    char path[100];
    struct small s;
    struct heard h;
    struct bl_net *net = small(&s, shape(2, 1, 1, BL_U8, 1.0f, 0), true, BL_F32);
    struct bl_found at = { path, 0 };

    snprintf(path, sizeof path, "%s", STRANGE[_i].file);
    ck_assert_ptr_null(bl_dataset_read(net, NULL, &at, NULL, heard_start(&h)));
    ck_assert_msg(!strncmp(h.text, STRANGE[_i].says, strlen(STRANGE[_i].says)), "wanted '%s', got '%s'", STRANGE[_i].says, h.text);
}
END_TEST

/* What nobody may read; root may. */
START_TEST(no_permission)
{
    char path[512];
    struct small s;
    struct heard h;
    struct bl_net *net = small(&s, shape(2, 1, 1, BL_U8, 1.0f, 0), true, BL_F32);
    struct bl_found at = { path, 0 };

    scratch(path, "closed.npy");
    ck_assert_int_eq(bl_save_all(path, "", 0, heard_start(&h)), 0);
    chmod(path, 0);
    if (geteuid() == 0 && seteuid(65534)) {
        SKIP_MISSING("a file that nobody may read", "root cannot become another user here");
        return;
    }
    ck_assert_ptr_null(bl_dataset_read(net, NULL, &at, NULL, heard_start(&h)));
    if (geteuid() == 65534)
        ck_assert_int_eq(seteuid(0), 0);
    remove(path);
    ck_assert_msg(strstr(h.text, "closed.npy: cannot be opened: Permission denied; check the path") != NULL, "%s", h.text);
}
END_TEST

Suite *suite_dataset_read(void)
{
    Suite *s = suite_create("dataset_read");
    TCase *c = tcase_create("all");

    tcase_add_loop_test(c, layouts, 0, COUNT(LAYOUTS));
    tcase_add_loop_test(c, misfits, 0, COUNT(MISFITS));
    tcase_add_loop_test(c, said_layout, 0, 2);
    tcase_add_loop_test(c, meanings, 0, COUNT(MEANS));
    tcase_add_loop_test(c, channels, 0, 2);
    tcase_add_test(c, idx);
    tcase_add_loop_test(c, raw, 0, COUNT(RAW));
    tcase_add_loop_test(c, labels, 0, COUNT(LABELS));
    tcase_add_test(c, several_inputs);
    tcase_add_loop_test(c, names, 0, COUNT(NAMES));
    tcase_add_test(c, files);
    tcase_add_loop_test(c, strange_files, 0, COUNT(STRANGE));
    tcase_add_test(c, no_permission);
    suite_add_tcase(s, c);
    return s;
}
