/* test_cmd_quantise.c - `bitline quantise` (tools/quantise/quantise_rows.c, tools/quantise/quantise_forms.c, tools/quantise/sensitivity.c): what is
 * written computes what is told and says its bits, a table of bits that --bits reads, three forms of each account, refusals; and real nets. */
#include <jansson.h>
#include <string.h>

#include "tests/rigs/effort.h"
#include "tests/rigs/real_nets.h"

Suite *suite_cmd_quantise(void);

#define FASHION "platforms/nets/fashion_cnn.onnx"
#define X100 "platforms/nets/fashion100-images.idx3"
#define Y100 "platforms/nets/fashion100-labels.idx1"

static void ck_prints(const char *out, const char *wanted)
{
    char *text = content(out);

    ck_assert_msg(strstr(text, wanted) != NULL, "expected\n%s\nin\n%s", wanted, text);
    free(text);
}

/* ---- a net with fewer bits ---- */

/* The floors of the specification: 88, 84, 70. */
static const struct { const char *w, *a, *row, *after, *check, *bits; } FILES[] = {
    { "4", "8", "  conv2  conv       4       8     4608  4.24   11.4   36  14.26\n", "after: 100 images, 88 of the labels right (88.00 %)", "88 of 100", "  4x8 " },
    { "3", "8", "  conv2  conv       3       8     4608  7.79   20.9   76  29.15\n", "after: 100 images, 86 of the labels right (86.00 %)", "86 of 100", "  3x8 " },
    { "2", "8", "  conv2  conv       2       8     4608  13.96   36.6  229  59.55\n", "after: 100 images, 84 of the labels right (84.00 %)", "84 of 100", "  2x8 " },
    { "4", "4", "  conv2  conv       4       4     4608", "after: 100 images, 88 of the labels right (88.00 %)", "88 of 100", "  4x4 " },
    { "1", "8", "  conv2  conv       1       8     4608", "after: 100 images, 50 of the labels right (50.00 %)", "50 of 100", "  1x8 " },
};

START_TEST(file_computes_what_is_told)
{
    struct heard h;
    char out[NAME], onnx[NAME], again[NAME];
    size_t a, b;

    scratch("quantise.txt", out);
    scratch("quantise.onnx", onnx);
    scratch("again.onnx", again);
    ck_assert_msg(program(&h, out, "quantise", FASHION, "--w-bits", FILES[_i].w, "--a-bits", FILES[_i].a, "--images", "100", "-o", onnx, NULL) == BL_DONE, "%s", h.text);
    ck_prints(out, FILES[_i].row);
    ck_prints(out, "before: 100 images, 88 of the labels right (88.00 %)\n");
    ck_prints(out, FILES[_i].after);
    ck_prints(out, "quantise.onnx is written\n");
    ck_assert_int_eq(program(&h, out, "net", onnx, "--check", "--data", X100, "--labels", Y100, NULL), BL_DONE);
    ck_prints(out, FILES[_i].check);
    ck_assert_int_eq(program(&h, out, "net", onnx, NULL), BL_DONE);
    ck_prints(out, FILES[_i].bits);
    ck_assert_int_eq(program(&h, out, "quantise", FASHION, "--w-bits", FILES[_i].w, "--a-bits", FILES[_i].a, "--data", X100, "-o", again, NULL), BL_DONE);
    void *x = bl_read_all(onnx, &a, heard_start(&h)), *y = bl_read_all(again, &b, &h.diag);
    ck_assert(a == b && !memcmp(x, y, a));
    free(x);
    free(y);
    remove(out);
    remove(onnx);
    remove(again);
}
END_TEST

/* The file runs on a platform with the columns and cycles of its bits, exactly. */
START_TEST(file_runs)
{
    struct heard h;
    char out[NAME], onnx[NAME];

    scratch("quantise.txt", out);
    scratch("quantise.onnx", onnx);
    ck_assert_int_eq(program(&h, out, "quantise", FASHION, "--w-bits", "4", "--a-bits", "4", "-o", onnx, NULL), BL_DONE);
    ck_assert_msg(program(&h, out, "run", "bf_imna", "--net", onnx, "--data", X100, "--labels", Y100, "--images", "1", "-q", "--report", "json", NULL) == BL_DONE, "%s", h.text);
    json_t *j = json_load_file(out, 0, NULL);
    const json_t *layer;
    size_t i, products = 0;
    json_array_foreach(json_object_get(j, "layers"), i, layer)
        if (json_is_integer(json_object_get(json_object_get(layer, "bits"), "weights"))) {
            ck_assert_int_eq(json_integer_value(json_object_get(json_object_get(layer, "bits"), "weights")), 4);
            ck_assert_int_eq(json_integer_value(json_object_get(json_object_get(layer, "bits"), "inputs")), 4);
            products++;
        }
    ck_assert_uint_eq(products, 3);
    json_decref(j);
    remove(out);
    remove(onnx);
}
END_TEST

START_TEST(forms)
{
    struct heard h;
    char out[NAME];

    scratch("quantise.txt", out);
    ck_assert_int_eq(program(&h, out, "quantise", FASHION, "--w-bits", "4", "--set", "layer[conv1].w_bits=8", "--set", "layer[fc].a_bits=5", "--as", "csv", NULL), BL_DONE);
    ck_prints(out, "layer,kind,w_bits,a_bits,weights,rms,relative,cut,bias_moved\nconv1,conv,8,8,144,0,0,0,");
    ck_prints(out, "\nfc,fc,4,5,15680,3.6");
    ck_assert_int_eq(program(&h, out, "quantise", FASHION, "--w-bits", "3", "--scales", "powers", "--as", "json", "--images", "10", "--metric", "top5", NULL), BL_DONE);
    json_t *j = json_load_file(out, 0, NULL);
    ck_assert_str_eq(json_string_value(json_object_get(j, "schema")), "bitline.quantise/1");
    ck_assert_str_eq(json_string_value(json_object_get(j, "scales")), "powers");
    ck_assert(json_is_null(json_object_get(j, "output")) && json_integer_value(json_object_get(j, "images")) == 10);
    ck_assert_uint_eq(json_array_size(json_object_get(j, "layers")), 3);
    const json_t *total = json_object_get(j, "total"), *after = json_object_get(j, "after");
    ck_assert(json_integer_value(json_object_get(total, "weights")) == 20432 && json_integer_value(json_object_get(total, "bits")) == 3 * 20432);
    ck_assert_int_eq(json_integer_value(json_object_get(after, "images")), 100);
    ck_assert_int_ge(json_integer_value(json_object_get(after, "top5")), json_integer_value(json_object_get(after, "right")));
    json_decref(j);
    /* no images: biases stay, and nothing is judged */
    ck_assert_int_eq(program(&h, out, "quantise", "lenet5_mnist", "--w-bits", "4", NULL), BL_DONE);
    ck_prints(out, "biases as they were, for there are no images\n");
    /* other images to judge by */
    ck_assert_msg(program(&h, out, "quantise", FASHION, "--w-bits", "2", "--data", X100, "--images", "20", "--test", X100, "--test-labels", Y100, NULL) == BL_DONE, "%s", h.text);
    ck_prints(out, "biases carry the mean errors over 20 images\nbefore: 100 images, 88 of the labels right (88.00 %)\n");
    remove(out);
}
END_TEST

/* ---- one layer at a time ---- */

START_TEST(sensitivity)
{
    struct heard h;
    char out[NAME], table[NAME];

    scratch("sensitivity.txt", out);
    scratch("bits.csv", table);
    ck_assert_msg(program(&h, out, "quantise", FASHION, "--sensitivity", "--mean-bits", "2.6", "-o", table, NULL) == BL_DONE, "%s", h.text);
    ck_prints(out, "  conv1  conv      144         67   0.7123         89   0.0183         88   0.0017       8\n"
                   "  conv2  conv     4608         83   0.2110         90   0.0084         89   0.0008       4\n"
                   "  fc     fc      15680         89   0.2104         88   0.0083         89   0.0006       2\n"
                   "one layer at a time, scales powers; off: squared error of the outputs over their squares\n"
                   "as it is: 100 images, 88 of the labels right (88.00 %)\n"
                   "chosen: 2.493 bits of weights in the mean, asked for 2.6\n");
    ck_prints(out, "bits.csv is written\n");
    ck_prints(table, "layer,w_bits\nconv1,8\nconv2,4\nfc,2\n");
    /* --bits reads it, of run and of quantise */
    ck_assert_msg(program(&h, out, "run", "osa_hcim", "--images", "1", "--calibration", "none", "--set", "controller.mode=digital", "--bits", table, "-q", "--report", "json", NULL) ==
                  BL_DONE, "%s", h.text);
    json_t *j = json_load_file(out, 0, NULL);
    ck_assert_int_eq(json_integer_value(json_object_get(json_object_get(json_array_get(json_object_get(j, "layers"), 1), "bits"), "weights")), 4);
    json_decref(j);
    ck_assert_int_eq(program(&h, out, "quantise", FASHION, "--bits", table, "--as", "csv", NULL), BL_DONE);
    ck_prints(out, "\nfc,fc,2,8,15680,");
    remove(out);
    remove(table);
}
END_TEST

START_TEST(sensitivity_forms)
{
    struct heard h;
    char out[NAME], table[NAME];

    scratch("sensitivity.txt", out);
    scratch("bits.csv", table);
    ck_assert_int_eq(program(&h, out, "quantise", FASHION, "--sensitivity", "--w-bits", "3", "--a-bits", "6", "--scales", "fitted", "--images", "50", "--as", "csv", NULL), BL_DONE);
    ck_prints(out, "layer,kind,weights,chosen,w_bits,right,output_error\nconv1,conv,144,,3,");
    ck_assert_int_eq(program(&h, out, "quantise", FASHION, "--sensitivity", "--w-bits", "3,5", "--a-bits", "6", "--mean-bits", "4", "-o", table, "--as", "json", NULL), BL_DONE);
    json_t *j = json_load_file(out, 0, NULL);
    ck_assert_str_eq(json_string_value(json_object_get(j, "schema")), "bitline.sensitivity/1");
    ck_assert(json_integer_value(json_object_get(j, "a_bits")) == 6 && json_array_size(json_object_get(j, "bits")) == 2);
    ck_assert(json_real_value(json_object_get(j, "mean")) <= 4 && json_real_value(json_object_get(j, "asked")) >= 4);
    const json_t *fc = json_array_get(json_object_get(j, "layers"), 2), *tried = json_object_get(fc, "tried");
    ck_assert_uint_eq(json_array_size(tried), 2);
    ck_assert(json_real_value(json_object_get(json_array_get(tried, 0), "output_error")) > json_real_value(json_object_get(json_array_get(tried, 1), "output_error")));
    json_decref(j);
    ck_prints(table, "layer,w_bits,a_bits\nconv1,");
    ck_prints(table, "\nfc,3,6\n");
    /* without labels the outputs alone are compared */
    ck_assert_int_eq(program(&h, out, "quantise", FASHION, "--sensitivity", "--w-bits", "4", "--data", X100, NULL), BL_DONE);
    ck_prints(out, "  layer  kind  weights  off 4 b  chosen\n  conv1  conv      144   0.0183       -\n");
    remove(out);
    remove(table);
}
END_TEST

/* ---- what is refused ---- */

static const struct { const char *words[10], *text; } REFUSALS[] = {
    { { NULL }, "quantise: nothing is to be done; expected --w-bits 4, --a-bits 4, --bits TABLE or --set 'layer[NAME].w_bits=4'" },
    { { "--w-bits", "0" }, "--w-bits '0': expected 1 to 8 bits" },
    { { "--w-bits", "9" }, "--w-bits '9': expected 1 to 8 bits" },
    { { "--w-bits", "4x" }, "--w-bits '4x': expected 1 to 8 bits" },
    { { "--w-bits", "2,4" }, "--w-bits '2,4': found several numbers, which --sensitivity tries; expected one, or --bits TABLE" },
    { { "--sensitivity", "--w-bits", "4,2" }, "--w-bits '4,2': expected 1 to 8 bits, or several numbers that rise, like '2,4,6'" },
    { { "--a-bits", "0" }, "--a-bits 0: expected 1 to 8 bits" },
    { { "--a-bits", "16" }, "--a-bits 16: expected 1 to 8 bits" },
    { { "--sensitivity", "--mean-bits", "9" }, "--mean-bits '9': expected a number from 1 to 8" },
    { { "--w-bits", "4", "--mean-bits", "4" }, "--mean-bits 4: expected --sensitivity too, which finds the bits by layer" },
    { { "--sensitivity", "--bits", "t.csv" }, "--sensitivity tries one layer at a time; leave out --bits and --set" },
    { { "--sensitivity", "-o", "t.csv" }, "-o t.csv: expected --mean-bits too, the mean number of bits that the table shall have" },
    { { "--sensitivity", "--mean-bits", "1.5" }, "fashion_cnn.onnx: a mean of 1.5 bits of weights: found more in all layers with the fewest that were tried, 2; try fewer, or take "
                                                 "a higher mean" },
    { { "--w-bits", "4", "-o", "few.csv" }, "-o few.csv: found another suffix; expected a name that ends with .onnx, by which bitline knows the format" },
    { { "--sensitivity", "--mean-bits", "4", "-o", "t.onnx" }, "-o t.onnx: found another suffix; expected a name that ends with .csv, by which bitline knows the format" },
    { { "--w-bits", "4", "-o", FASHION }, "-o " FASHION ": this is " FASHION ", which is read; name another file" },
    { { "--w-bits", "4", "--labels", Y100 }, "quantise: found --labels, --images or how they are read, but no images; name them with --data" },
    { { "--w-bits", "4", "--test-labels", Y100 }, "--test-labels " Y100 ": of which images? Name them with --test" },
    { { "--w-bits", "4", "--images", "101" }, "--images 101 --first 0: the data has 100; expected one at least, and no more than there are" },
    { { "--set", "cols=72" }, "--set 'cols=72': expected bits of a layer, layer[NAME].w_bits=N or .a_bits=N" },
    { { "--set", "layer[conv9].w_bits=4" }, "--set 'layer[conv9].w_bits=4': net fashion_cnn.onnx has no layer 'conv9' with weights; expected one of conv1, conv2, fc" },
    { { "--set", "layer[conv1].w_bits=12" }, "fashion_cnn.onnx: layer 'conv1': found 12 bits of weights and 0 of activations, expected 1 to 8, which a file has types for" },
};

START_TEST(refusals)
{
    const char *words[MOST_WORDS] = { "quantise", FASHION };
    struct heard h;

    for (int i = 0; REFUSALS[_i].words[i]; i++)
        words[2 + i] = REFUSALS[_i].words[i];
    ck_assert_int_eq(program_of(&h, NULL, words), BL_REFUSED);
    ck_assert_str_eq(h.text, REFUSALS[_i].text);
}
END_TEST

/* A net that has few bits already stays as it is, and images are asked for where there are none. */
START_TEST(other_refusals)
{
    struct heard h;
    char onnx[NAME];

    scratch("few.onnx", onnx);
    ck_assert_int_eq(program(&h, NULL, "quantise", FASHION, "--w-bits", "4", "-o", onnx, NULL), BL_DONE);
    ck_assert_int_eq(program(&h, NULL, "quantise", onnx, "--w-bits", "3", NULL), BL_REFUSED);
    ck_assert_ptr_nonnull(strstr(h.text, "layer 'conv1': 3-bit weights: found 4-bit ones already, and only those of 8 bits are narrowed; take 4 or more"));
    ck_assert_int_eq(program(&h, NULL, "quantise", "lenet5_mnist", "--sensitivity", NULL), BL_REFUSED);
    ck_assert_str_eq(h.text, "--sensitivity: there are no images to judge by; name them with --data");
    ck_assert_int_eq(program(&h, NULL, "quantise", "lenet5_mnist", "--w-bits", "4", "--images", "5", NULL), BL_REFUSED);
    ck_assert_str_eq(h.text, "quantise: found --labels, --images or how they are read, but no images; name them with --data");
    ck_assert_int_eq(program(&h, NULL, "quantise", "mlperftiny_ad_autoenc", "--w-bits", "4", "--data", X100, NULL), BL_REFUSED);     /* images of another size */
    remove(onnx);
}
END_TEST

/* ---- real nets ---- */

/* Right of all images, with weights of 4 and 3 bits, biases from the first 50 images. often: so many of the columns in every `make check`. */
static const struct { int right[2], often; } ACCURACY[REAL_NETS] = { { { 168, 131 }, 2 }, { { 885, 808 }, 1 }, { { 187, 177 }, 1 }, { { 180, 172 }, 0 } };

START_TEST(page_has_them)
{
    char row[200];
    char *page = content("platforms/nets/README.md");

    for (int i = 0; i < REAL_NETS; i++) {
        snprintf(row, sizeof row, "| %s | %d | %.1f | %.1f | %.1f |", REAL[i].name, REAL[i].of, 100.0 * REAL[i].before / REAL[i].of,
                 100.0 * ACCURACY[i].right[0] / REAL[i].of, 100.0 * ACCURACY[i].right[1] / REAL[i].of);
        ck_assert_msg(strstr(page, row) != NULL, "platforms/nets/README.md has no row\n%s", row);
    }
    free(page);
}
END_TEST

START_TEST(accuracies)
{
    static const char *const BITS[] = { "4", "3" };
    const int i = _i / 2, column = _i % 2;
    char out[NAME], onnx[NAME], net[NAME];
    const char *words[MOST_WORDS] = { "quantise", net, "--w-bits", BITS[column], "--images", "50", "--as", "json", "-o", scratch("real.onnx", onnx) };
    struct heard h;

    if (!real_net_there(i)) {
        SKIP_DATA(REAL[i].net);
        return;
    }
    if (column >= (fewer(1, 0) ? ACCURACY[i].often : 0) && !getenv("BL_LONG"))
        return;                                            /* the plain build has shown the others; these take minutes in a slow one */
    real_net_file(i, net);
    for (int k = 0; REAL[i].images[k]; k++)
        words[10 + k] = REAL[i].images[k];
    ck_assert_msg(program_of(&h, scratch("real.json", out), words) == BL_DONE, "%s", h.text);
    json_t *j = json_load_file(out, 0, NULL);
    const int before = (int)json_integer_value(json_object_get(json_object_get(j, "before"), "right"));
    const int after = (int)json_integer_value(json_object_get(json_object_get(j, "after"), "right"));
    ck_assert_msg(before == REAL[i].before && after == ACCURACY[i].right[column], "%s at %s: %d before and %d after, expected %d and %d", REAL[i].net, BITS[column], before, after,
                  REAL[i].before, ACCURACY[i].right[column]);
    json_decref(j);
    remove(out);
    remove(onnx);
    real_net_done(i, net);
}
END_TEST

Suite *suite_cmd_quantise(void)
{
    Suite *s = suite_create("cmd_quantise");
    TCase *t = tcase_create("cmd_quantise");

    tcase_set_timeout(t, 300);
    tcase_add_loop_test(t, file_computes_what_is_told, 0, COUNT(FILES));
    tcase_add_test(t, file_runs);
    tcase_add_test(t, forms);
    tcase_add_test(t, sensitivity);
    tcase_add_test(t, sensitivity_forms);
    tcase_add_loop_test(t, refusals, 0, COUNT(REFUSALS));
    tcase_add_test(t, other_refusals);
    tcase_add_test(t, page_has_them);
    tcase_add_loop_test(t, accuracies, 0, 2 * REAL_NETS);
    suite_add_tcase(s, t);
    return s;
}
