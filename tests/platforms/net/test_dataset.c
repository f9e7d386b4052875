/* test_dataset.c - IDX files (array.c) good and bad, input quantisation, made-up images. */
#include "platforms/net/dataset.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/rigs/effort.h"
#include "tests/rigs/heard.h"

Suite *suite_dataset(void);

#define IMAGES "platforms/nets/fashion100-images.idx3"
#define LABELS "platforms/nets/fashion100-labels.idx1"

static struct bl_net *input_net(uint32_t c, uint32_t h, uint32_t w, enum bl_dtype type, float scale, int32_t zero)
{
    struct bl_tensor x = { .name = "x", .c = c, .h = h, .w = w, .dtype = type, .scale = scale, .zero = zero };
    struct bl_net *net = bl_net_new("n");

    bl_net_tensor(net, &x);
    return net;
}

START_TEST(shipped)
{
    struct heard said;
    struct bl_dataset *set = bl_dataset_open(IMAGES, LABELS, heard_start(&said));
    unsigned seen = 0;

    ck_assert_msg(set != NULL, "%s", said.text);
    ck_assert_uint_eq(set->count, 100);
    ck_assert_uint_eq(set->c * set->h * set->w, 28 * 28);
    for (uint32_t i = 0; i < 100; i++)
        seen |= 1u << set->labels[i];
    ck_assert_uint_eq(seen, 0x3ff);                    /* all ten classes, no other */
    bl_dataset_close(set);
}
END_TEST

/* The shipped images are the first hundred of the package's. */
START_TEST(whole_set)
{
    struct heard said;
    FILE *f = fopen(BL_FASHION_FOLDER "/t10k-images-idx3-ubyte.gz", "rb");

    if (!f) {
        SKIP_MISSING("the whole test set", "package dataset-fashion-mnist is not installed");
        return;
    }
    fclose(f);
    struct bl_dataset *all = bl_dataset_open(BL_FASHION_FOLDER "/t10k-images-idx3-ubyte.gz", BL_FASHION_FOLDER "/t10k-labels-idx1-ubyte.gz",
                                                heard_start(&said));
    struct bl_dataset *some = bl_dataset_open(IMAGES, LABELS, &said.diag);      /* plain files too */
    ck_assert_msg(all && some, "%s", said.text);
    ck_assert_uint_eq(all->count, 10000);
    ck_assert_mem_eq(all->pixels, some->pixels, 100 * 28 * 28);
    ck_assert_mem_eq(all->labels, some->labels, 100 * sizeof *all->labels);
    bl_dataset_close(all);
    bl_dataset_close(some);
}
END_TEST

#define HEAD3 "\0\0\x08\x03\0\0\0\x02\0\0\0\x02\0\0\0\x01"
static const struct { const char *what; const char *images; size_t n; const char *labels; size_t m; const char *says; } BAD[] = {
    { "empty",          "", 0, NULL, 0, "no IDX file" },
    { "gzip",           "\x1f\x8b\x08\0", 4, NULL, 0, "gzip" },
    { "wrong type",     "\0\0\x0d\x03", 4, NULL, 0, "no IDX file of unsigned bytes with 3 or 4 sizes (magic 00000803)" },
    { "labels as images", "\0\0\x08\x01\0\0\0\x01\x05", 9, NULL, 0, "no IDX file" },
    { "cut header",     "\0\0\x08\x03\0\0", 6, NULL, 0, "header alone" },
    { "cut data",       HEAD3 "abc", 19, NULL, 0, "found 3 bytes of data, expected 4" },
    { "padded data",    HEAD3 "abcde", 21, NULL, 0, "found 5 bytes of data, expected 4" },
    { "zero size",      "\0\0\x08\x03\0\0\0\0\0\0\0\x02\0\0\0\x01", 16, NULL, 0, "is 0" },
    { "huge sizes",     "\0\0\x08\x04\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 20, NULL, 0, "below 2^48" },
    { "too few labels", HEAD3 "abcd", 20, "\0\0\x08\x01\0\0\0\x01\x05", 9, "found 1 labels, expected 2" },
};

START_TEST(bad)
{
    struct heard said;

    ck_assert_ptr_null(bl_dataset_from_bytes("i.idx", BAD[_i].images, BAD[_i].n, "l.idx", BAD[_i].labels, BAD[_i].m, heard_start(&said)));
    ck_assert_msg(strstr(said.text, BAD[_i].says) != NULL, "%s: %s", BAD[_i].what, said.text);
    ck_assert_msg(strstr(said.text, ".idx: ") != NULL, "%s: no file named: %s", BAD[_i].what, said.text);
}
END_TEST

START_TEST(missing)
{
    struct heard said;

    ck_assert_ptr_null(bl_dataset_open("no/such.idx3", NULL, heard_start(&said)));
    ck_assert_ptr_nonnull(strstr(said.text, "no/such.idx3: "));
    ck_assert_ptr_null(bl_dataset_open("no/such.gz", NULL, heard_start(&said)));
    ck_assert_ptr_nonnull(strstr(said.text, "no/such.gz: "));
}
END_TEST

START_TEST(codes)
{
    static const char BYTES[] = HEAD3 "\0\x64\x80\xff";
    struct heard said;
    struct bl_dataset *set = bl_dataset_from_bytes("i", BYTES, 20, NULL, NULL, 0, heard_start(&said));
    struct bl_net *plain = input_net(1, 2, 1, BL_U8, 1.0f / 255.0f, 0), *coded = input_net(1, 2, 1, BL_S8, 1.0f / 127.0f, -10);
    uint8_t out[2];

    ck_assert_msg(set != NULL, "%s", said.text);
    ck_assert_int_eq(bl_dataset_fits(set, plain, &said.diag), 0);
    bl_dataset_image(set, plain, 0, out);
    ck_assert_mem_eq(out, "\0\x64", 2);
    bl_dataset_image(set, plain, 1, out);
    ck_assert_mem_eq(out, "\x80\xff", 2);
    bl_dataset_image(set, coded, 1, out);                  /* 127 * 128 / 255 - 10 = 53.75, 117 */
    ck_assert_int_eq((int8_t)out[0], 54);
    ck_assert_int_eq((int8_t)out[1], 117);
    struct bl_net *other = input_net(2, 2, 1, BL_U8, 1.0f, 0);
    ck_assert_int_eq(bl_dataset_fits(set, other, &said.diag), -1);
    ck_assert_ptr_nonnull(strstr(said.text, "found images of 1 x 2 x 1, expected 2 x 2 x 1"));
    bl_net_free(plain);
    bl_net_free(coded);
    bl_net_free(other);
    bl_dataset_close(set);
}
END_TEST

START_TEST(pixels_pass)                                    /* scale 1/255: every pixel is its own code */
{
    struct bl_net *net = input_net(1, 1, 1, BL_U8, 1.0f / 255.0f, 0);
    struct bl_dataset set = { .count = 1, .c = 1, .h = 1, .w = 1 };

    for (int p = 0; p < 256; p++) {
        uint8_t in = (uint8_t)p, out;
        set.pixels = &in;
        bl_dataset_image(&set, net, 0, &out);
        ck_assert_int_eq(out, p);
    }
    bl_net_free(net);
}
END_TEST

/* A graph whose input is real takes pixels between 0 and 1. */
START_TEST(real_pixels)
{
    struct bl_net *net = input_net(1, 1, 3, BL_REAL, 1.0f, 0);
    uint8_t pixels[3] = { 0, 51, 255 };
    struct bl_dataset set = { .count = 1, .c = 1, .h = 1, .w = 3, .pixels = pixels };
    float out[3];

    bl_dataset_image(&set, net, 0, (uint8_t *)out);
    ck_assert(out[0] == 0.0f && out[1] == 51.0f / 255.0f && out[2] == 1.0f);
    bl_net_free(net);
}
END_TEST

/* One word, and this one, means the set of Debian's package. */
START_TEST(a_word_for_fashion)
{
    const char *const words[] = { BL_FASHION, "x.idx3", BL_FASHION };

    ck_assert(bl_dataset_is_fashion((struct bl_words){ words, 1 }));
    ck_assert(!bl_dataset_is_fashion((struct bl_words){ words + 1, 1 }));
    ck_assert(!bl_dataset_is_fashion((struct bl_words){ words, 2 }));
}
END_TEST

/* A graph whose own input is uint8 takes pixels as they are, an int8 one pixel - 128, whatever the scale. */
START_TEST(raw)
{
    struct bl_tensor t = { .c = 1, .h = 1, .w = 3, .scale = 0.0078f, .zero = _i ? -7 : 121, .dtype = _i ? BL_S8 : BL_U8 };
    struct bl_net net = { .tensors = &t, .ntensors = 1, .raw_input = true };
    uint8_t pixels[3] = { 0, 206, 255 }, out[3];
    struct bl_dataset set = { .count = 1, .c = 1, .h = 1, .w = 3, .pixels = pixels };

    bl_dataset_image(&set, &net, 0, out);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(_i ? (int8_t)out[i] : out[i], _i ? pixels[i] - 128 : pixels[i]);
}
END_TEST

START_TEST(made)
{
    static uint8_t a[10000], b[10000];
    struct bl_net *net = input_net(10, 100, 10, BL_U8, 1.0f, 7);
    unsigned zeros = 0;

    bl_dataset_made(net, 3, 0, 60, a);
    bl_dataset_made(net, 3, 0, 60, b);
    ck_assert_mem_eq(a, b, sizeof a);
    for (size_t i = 0; i < sizeof a; i++)
        zeros += a[i] == 7;
    ck_assert_uint_gt(zeros, 5800);                        /* 60 % +- 4 standard deviations, and 1/256 of the rest */
    ck_assert_uint_lt(zeros, 6220);
    bl_dataset_made(net, 3, 1, 60, b);
    ck_assert_mem_ne(a, b, sizeof a);
    bl_dataset_made(net, 4, 0, 60, b);
    ck_assert_mem_ne(a, b, sizeof a);
    bl_net_free(net);
}
END_TEST

Suite *suite_dataset(void)
{
    Suite *s = suite_create("dataset");
    TCase *c = tcase_create("all");

    tcase_add_test(c, shipped);
    tcase_add_test(c, whole_set);
    tcase_add_loop_test(c, bad, 0, sizeof BAD / sizeof *BAD);
    tcase_add_test(c, missing);
    tcase_add_test(c, codes);
    tcase_add_test(c, pixels_pass);
    tcase_add_test(c, real_pixels);
    tcase_add_test(c, a_word_for_fashion);
    tcase_add_loop_test(c, raw, 0, 2);
    tcase_add_test(c, made);
    suite_add_tcase(s, c);
    return s;
}
