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

/* How layers lie on macros, and what they take by closed forms: the cut of least energy has no groups packed, that of least cycles has. */
static json_t *planned(const char *objective)
{
    struct heard h;
    char out[NAME];

    scratch("planned.json", out);
    ck_assert_msg(program(&h, out, "net", "mlperftiny_kws_dscnn", "--on", "chih_isscc21", "--objective", objective, "--as", "json", NULL) == BL_DONE, "%s", h.text);
    json_t *j = json_load_file(out, 0, NULL);
    ck_assert_ptr_nonnull(j);
    remove(out);
    return j;
}

static double sum_of(const json_t *net, const char *key)
{
    const json_t *row;
    double sum = 0;
    size_t i;

    json_array_foreach(json_object_get(net, "layers"), i, row)
        sum += json_number_value(json_object_get(row, key));
    return sum;
}

START_TEST(objectives)
{
    json_t *fast = planned("latency"), *frugal = planned("energy"), *both = planned("edp"), *rule = planned("copies");
    const json_t *dw = json_array_get(json_object_get(fast, "layers"), 1);

    ck_assert(json_integer_value(json_object_get(dw, "packed_groups")) > 1);
    ck_assert(sum_of(fast, "cycles") <= sum_of(rule, "cycles") && sum_of(rule, "cycles") < sum_of(both, "cycles"));
    ck_assert(sum_of(frugal, "energy_fj") <= sum_of(both, "energy_fj") && sum_of(both, "energy_fj") < 0.5 * sum_of(fast, "energy_fj"));
    ck_assert(sum_of(both, "cycles") <= sum_of(frugal, "cycles"));
    json_decref(fast);
    json_decref(frugal);
    json_decref(both);
    json_decref(rule);
}
END_TEST

/* What has no closed forms says so; what cannot be had is refused. */
static const struct { const char *words[8], *says; } NO_OBJECTIVE[] = {
    { { "net", FASHION, "--objective", "energy" }, "net: --objective is about a platform; name it with --on" },
    { { "net", FASHION, "--on", "imc", "--objective", "energy" }, "--objective: the mapping with least energy is asked for, and no operation of the macros "
      "has a price; name a technology that has, or take copies or latency" },
    { { "net", FASHION, "--on", "imc_buffer", "--objective", "copies" },
      "--objective: feed is buffered, and mapping is copies; such macros take plain" },
    { { "net", FASHION, "--on", "imc_sets", "--objective", "latency", "--set", "macros=2" },
      "--objective: the best mapping is asked for, and several macros of several sets have no closed form; take copies or plain" },
    { { "run", "osa_hcim", "--images", "1", "--objective", "energy" }, "--objective energy: osa_hcim has one mapping only, so this would do nothing; leave it out" },
    { { "run", "imc", "--net", "none", "--objective", "copies" }, "--objective copies: a run without a net has one mapping only, so this would do nothing; leave it out" },
    { { "run", "osa_hcim", "--images", "1", "--analytical" }, "--analytical: its mapper has no closed forms" },
    { { "run", "imc", "--images", "1", "--until", "1 us", "--analytical" }, "--analytical: the run was ended before its last image" },
};

START_TEST(no_objective)
{
    struct heard h;

    ck_assert_int_eq(program_of(&h, NULL, NO_OBJECTIVE[_i].words), BL_REFUSED);
    ck_assert_msg(strstr(h.text, NO_OBJECTIVE[_i].says) != NULL, "said \"%s\"", h.text);
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
    tcase_add_test(t, objectives);
    tcase_add_loop_test(t, no_objective, 0, COUNT(NO_OBJECTIVE));
    suite_add_tcase(s, t);
    return s;
}
