/* test_cmd_net.c - `bitline net`: the graph as layers in three forms, on a platform, the reference alone, refusals. */
#include <jansson.h>

#include "tests/rigs/command_rig.h"

Suite *suite_cmd_net(void);

#define FASHION "platforms/nets/fashion_cnn.onnx"

START_TEST(forms)
{
    struct heard h;
    char out[NAME];

    scratch("net.txt", out);
    ck_assert_int_eq(program(&h, out, "net", FASHION, NULL), BL_DONE);
    char *text = content(out);
    ck_assert_ptr_nonnull(strstr(text, "conv2    conv     16 x 14 x 14 u8  32 x 7 x 7 u8     8x8  225792    4640         array  products of codes"));
    ck_assert_ptr_nonnull(strstr(text, "4 layers, 269696 multiply-accumulates an image, 20490 parameters"));
    free(text);
    ck_assert_int_eq(program(&h, out, "net", FASHION, "--as", "csv", NULL), BL_DONE);
    text = content(out);
    ck_assert_ptr_nonnull(strstr(text, "\nflatten,reshape,32 x 7 x 7 u8,1568 x 1 x 1 u8,host,moves codes,0,0,0,0,0\n"));
    free(text);
    ck_assert_int_eq(program(&h, out, "net", FASHION, "--as", "json", NULL), BL_DONE);
    json_t *j = json_load_file(out, 0, NULL);
    const json_t *fc = json_array_get(json_object_get(j, "layers"), 3);
    ck_assert_int_eq(json_integer_value(json_object_get(fc, "macs")), 15680);
    ck_assert_str_eq(json_string_value(json_object_get(fc, "where")), "array");
    json_decref(j);
    remove(out);
}
END_TEST

/* Weight tiles are what a run would load: 2, 4 and 22 of 144 x 8. */
START_TEST(on_a_platform)
{
    static const char *const PLATFORM[2] = { "osa_hcim", "bf_imna" };
    static const int TILES[4] = { 2, 4, 0, 22 };
    struct heard h;
    char out[NAME];

    scratch("net.json", out);
    ck_assert_int_eq(program(&h, out, "net", FASHION, "--on", PLATFORM[_i], "--as", "json", NULL), BL_DONE);
    json_t *j = json_load_file(out, 0, NULL);
    for (size_t i = 0; i < 4; i++) {
        const json_t *l = json_array_get(json_object_get(j, "layers"), i);
        ck_assert_str_eq(json_string_value(json_object_get(l, "where")), i == 2 ? "host" : "array");
        if (_i == 0)
            ck_assert_int_eq(json_integer_value(json_object_get(l, "tiles")), TILES[i]);
    }
    json_decref(j);
    remove(out);
}
END_TEST

START_TEST(reference)
{
    struct heard h;
    char out[NAME];

    scratch("ref.txt", out);
    ck_assert_int_eq(program(&h, out, "net", FASHION, "--check", "--data", "platforms/nets/fashion100-images.idx3", "--labels",
                             "platforms/nets/fashion100-labels.idx1", NULL), BL_DONE);
    char *text = content(out);
    ck_assert_str_eq(text, "reference: 88 of 100 classes equal the labels (88.00 %)\n");
    free(text);
    ck_assert_int_eq(program(&h, out, "net", FASHION, "--check", "--images", "3", NULL), BL_DONE);
    text = content(out);
    ck_assert(!strncmp(text, "reference: 3 images run; class of the last one: ", 48));
    free(text);
    remove(out);
}
END_TEST

/* Bits by layer, said in three ways, and what comes of them. */
static const struct { const char *words[8], *says; } NARROW[] = {
    { { "net", FASHION, "--set", "layer[*].a_bits=4", "--set", "layer[fc].bits=2", NULL }, "fc       fc       1568 x 1 x 1 u4  10 x 1 x 1 u8     2x4   15680" },
    { { "net", FASHION, "--set", "layer[*].w_bits=16", "--set", "layer[*].a_bits=16", NULL }, "conv1    conv     1 x 28 x 28 u8   16 x 14 x 14 u8  16x16" },
    { { "net", "resnet18_imagenet", "--bits", "hawqv3:low", NULL }, "layer1.1.conv2       conv     64 x 56 x 56 u4    64 x 56 x 56 u8     4x4" },
    { { "net", "resnet18_imagenet", "--bits", "hawqv3_paper:low", NULL }, "layer1.1.conv2       conv     64 x 56 x 56 u8    64 x 56 x 56 u4     8x8" },
};

START_TEST(narrow)
{
    struct heard h;
    char out[NAME];

    scratch("narrow.txt", out);
    ck_assert_msg(program_of(&h, out, NARROW[_i].words) == BL_DONE, "%s", h.text);
    char *text = content(out);
    ck_assert_msg(strstr(text, NARROW[_i].says) != NULL, "%s", text);
    free(text);
    remove(out);
}
END_TEST

START_TEST(narrow_reference)
{
    struct heard h;
    char out[NAME];

    scratch("narrow.txt", out);
    ck_assert_int_eq(program(&h, out, "net", FASHION, "--check", "--set", "layer[*].bits=4", "--data", "platforms/nets/fashion100-images.idx3", "--labels",
                             "platforms/nets/fashion100-labels.idx1", NULL), BL_DONE);
    char *text = content(out);
    ck_assert_str_eq(text, "reference: 89 of 100 classes equal the labels (89.00 %)\n");
    free(text);
    remove(out);
}
END_TEST

static const struct { const char *words[6], *says; } WRONG[] = {
    { { "net", FASHION, "--check", "--set", "a.b=1", NULL }, "--set of anything but layer[..]" },
    { { "net", FASHION, "--set", "layer[conv1].w_bits=0", NULL }, "expected layer[NAME].w_bits=N or layer[NAME].a_bits=N, or layer[*] for all layers with weights; N from 1" },
    { { "net", FASHION, "--images", "3", NULL }, "--data, --labels and --images are for --check" },
    { { "net", FASHION, "--check", "--on", "osa_hcim", NULL }, "--check runs the reference, on no platform" },
    { { "net", FASHION, "--set", "a.b=1", NULL }, "name it with --on" },
    { { "net", FASHION, "--rounding", "q31", NULL }, "--rounding q31: the net is no .tflite file; ONNX and layer tables round in one way" },
    { { "net", FASHION, "--on", "osa_hcim", "--rounding=q31", NULL }, "--rounding q31: the net is no .tflite file" },
    { { "net", "no_such.onnx", NULL }, "no_such.onnx" },
    { { "net", FASHION, "--on", "no_such", NULL }, "no_such" },
    { { "net", FASHION, "--on", "back_pressure", NULL }, "has no mapper" },
    { { "net", FASHION, "--check", "--labels", "x", NULL }, "there is no --data" },
};

START_TEST(refusals)
{
    struct heard h;

    ck_assert_int_eq(program_of(&h, NULL, WRONG[_i].words), BL_REFUSED);
    ck_assert_msg(strstr(h.text, WRONG[_i].says) != NULL, "wanted '%s', got '%s'", WRONG[_i].says, h.text);
}
END_TEST

Suite *suite_cmd_net(void)
{
    Suite *s = suite_create("cmd_net");
    TCase *t = tcase_create("all");

    tcase_add_test(t, forms);
    tcase_add_loop_test(t, narrow, 0, sizeof NARROW / sizeof *NARROW);
    tcase_add_test(t, narrow_reference);
    tcase_add_loop_test(t, on_a_platform, 0, 2);
    tcase_add_test(t, reference);
    tcase_add_loop_test(t, refusals, 0, COUNT(WRONG));
    suite_add_tcase(s, t);
    return s;
}
