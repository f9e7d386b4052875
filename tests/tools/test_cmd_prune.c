/* test_cmd_prune.c - `bitline prune` (tools/prune/prune_rows.c, tools/prune/prune_forms.c): what is written computes what is told, three forms of
 * one account, refusals; and the accuracies of real nets, those of the table in platforms/db_pim/README.md, where their files are. */
#include <jansson.h>
#include <string.h>

#include "tests/rigs/effort.h"
#include "tests/rigs/real_nets.h"

Suite *suite_cmd_prune(void);

#define FASHION "platforms/nets/fashion_cnn.onnx"
#define X100 "platforms/nets/fashion100-images.idx3"
#define Y100 "platforms/nets/fashion100-labels.idx1"

static void ck_prints(const char *out, const char *wanted)
{
    char *text = content(out);

    ck_assert_msg(strstr(text, wanted) != NULL, "expected\n%s\nin\n%s", wanted, text);
    free(text);
}

/* The file is a net: read again, it has the accuracy that was told, and each of its kept weights two digits. */
START_TEST(file_computes_what_is_told)
{
    struct heard h;
    char out[NAME], onnx[NAME], again[NAME];

    scratch("prune.txt", out);
    scratch("prune.onnx", onnx);
    scratch("again.onnx", again);
    ck_assert_msg(program(&h, out, "prune", FASHION, "--sparsity", "60%", "--fta", "-o", onnx, "--data", X100, "--labels", Y100, NULL) == BL_DONE, "%s", h.text);
    ck_prints(out, "before: 100 images, 88 of the labels right (88.00 %)\nafter: 100 images, 81 of the labels right (81.00 %)\n");
    ck_prints(out, "  conv2  conv     4608    40.1     1/10/41/40/8             0/0/32  23.15   59.7  112     3696   11088     576         90.0         2.40\n");
    ck_prints(out, "prune.onnx is written\n");
    ck_assert_int_eq(program(&h, out, "net", onnx, "--check", "--data", X100, "--labels", Y100, NULL), BL_DONE);
    ck_prints(out, "reference: 81 of 100 classes equal the labels (81.00 %)\n");
    ck_assert_int_eq(program(&h, out, "prune", FASHION, "--sparsity", "0.6", "--fta", "-o", again, NULL), BL_DONE);
    size_t a, b;
    void *x = bl_read_all(onnx, &a, heard_start(&h)), *y = bl_read_all(again, &b, &h.diag);
    ck_assert(a == b && !memcmp(x, y, a));
    free(x);
    free(y);
    /* what is pruned and approximated stays as it is */
    ck_assert_int_eq(program(&h, out, "prune", onnx, "--fta", NULL), BL_DONE);
    ck_prints(out, "  conv2  conv     4608    40.1      0/0/100/0/0             0/0/32  0.00    0.0    0     3696   11088     576");
    remove(out);
    remove(onnx);
    remove(again);
}
END_TEST

START_TEST(forms)
{
    struct heard h;
    char out[NAME];

    scratch("prune.txt", out);
    ck_assert_int_eq(program(&h, out, "prune", FASHION, "--fta", "--layer", "fc=30%", "--as", "csv", NULL), BL_DONE);
    ck_prints(out, "layer,kind,phi_0,phi_1,phi_2,phi_3,phi_4,filters_0,filters_1,filters_2,sparsity,weights,kept,rms,relative,worst,cells,meta,mask,bit_sparsity,compression\n"
                   "conv1,conv,3,15,62,52,12,0,0,16,0,144,144,2.25308431,0.0338161374,8,288,864,32,0.75,0.972972973\n");
    ck_prints(out, "fc,fc,198,1837,5470,4177,390,0,0,10,0.3,15680,12072,5.91605283,0.222320627,44,24144,72432,3264,0.80752551,1.25641026\n");
    ck_assert_int_eq(program(&h, out, "prune", FASHION, "--sparsity", "0.2", "--as", "json", "--data", X100, "--labels", Y100, "--images", "10", "--metric", "top5", NULL), BL_DONE);
    json_t *j = json_load_file(out, 0, NULL);
    ck_assert_str_eq(json_string_value(json_object_get(j, "schema")), "bitline.prune/1");
    ck_assert(json_is_false(json_object_get(j, "fta")) && json_is_null(json_object_get(j, "output")));
    ck_assert_uint_eq(json_array_size(json_object_get(j, "layers")), 3);
    const json_t *conv2 = json_array_get(json_object_get(j, "layers"), 1), *before = json_object_get(j, "before");
    ck_assert_int_eq(json_integer_value(json_object_get(conv2, "kept")), 4608 - 8 * 115);      /* of 4 x 144 blocks */
    ck_assert_int_eq(json_integer_value(json_object_get(conv2, "meta")), 0);
    ck_assert_int_eq(json_integer_value(json_object_get(before, "images")), 10);
    ck_assert_int_ge(json_integer_value(json_object_get(before, "top5")), json_integer_value(json_object_get(before, "right")));
    json_decref(j);
    ck_assert_int_eq(program(&h, out, "prune", "mlperftiny_ad_autoenc", "--fta", "--data", X100, NULL), BL_REFUSED);      /* images of another size */
    remove(out);
}
END_TEST

/* Layers by name, alpha, and a net whose sums ONNX rounds otherwise. */
START_TEST(choices)
{
    struct heard h;
    char out[NAME], onnx[NAME];

    scratch("prune.txt", out);
    scratch("prune.onnx", onnx);
    ck_assert_int_eq(program(&h, out, "prune", "mlperftiny_ic_resnet8", "--sparsity", "0.5", "--layer", "0[12]_conv", "--layer", "0[45]*=25%", "--alpha", "16", "-o", onnx, "--as", "csv",
                             NULL), BL_DONE);
    ck_prints(out, "\n01_conv,conv,");
    ck_prints(out, ",0.5,2304,1152,");                  /* 144 blocks of all 16 filters */
    ck_prints(out, ",0.25,4608,3456,");
    ck_assert_int_eq(program(&h, out, "prune", "mlperftiny_ic_resnet8", "--fta", "-o", onnx, NULL), BL_DONE);
    ck_prints(out, "prune.onnx is written; 3 layers (sums, means, softmax) round as ONNX does from now on\n");
    remove(out);
    remove(onnx);
}
END_TEST

static const struct { const char *words[8], *text; } REFUSALS[] = {
    { { "--sparsity", "1", "--fta" }, "--sparsity '1': expected a share from 0 to below 1, like '0.6' or '60%'" },
    { { "--sparsity", "60 %" }, "--sparsity '60 %': expected a share from 0 to below 1, like '0.6' or '60%'" },
    { { "--layer", "conv2=x" }, "--layer 'x': expected a share from 0 to below 1, like '0.6' or '60%'" },
    { { "--layer", "conv9" }, "--layer conv9: fashion_cnn.onnx has no such layer; `bitline net` lists them" },
    { { "--layer", "flatten=0.5" }, "--layer flatten=0.5: fashion_cnn.onnx has such layers, but none that the array runs: convolutions that are not depthwise, and "
                                    "products of matrices" },
    { { NULL }, "prune: nothing is to be done; expected --fta, --sparsity 0.6 or --layer 'conv*=0.6'" },
    { { "--layer", "conv2" }, "prune: nothing is to be done; expected --fta, --sparsity 0.6 or --layer 'conv*=0.6'" },
    { { "--alpha", "0", "--fta" }, "--alpha 0: expected 1 to 1024 filters a block" },
    { { "--fta", "--labels", Y100 }, "prune: found --labels, --images or how they are read, but no images; name them with --data" },
    { { "--fta", "-o", "pruned.net" }, "-o pruned.net: found another suffix; expected a name that ends with .onnx, by which bitline knows the format" },
    { { "--fta", "-o", FASHION }, "-o " FASHION ": this is " FASHION ", which is read; name another file" },
};

START_TEST(refusals)
{
    const char *words[MOST_WORDS] = { "prune", FASHION };
    struct heard h;

    for (int i = 0; REFUSALS[_i].words[i]; i++)
        words[2 + i] = REFUSALS[_i].words[i];
    ck_assert_int_eq(program_of(&h, NULL, words), BL_REFUSED);
    ck_assert_str_eq(h.text, REFUSALS[_i].text);
}
END_TEST

/* ---- accuracies of real nets: the paper's Fig. 10 on open data, without training again ---- */

/* right: with FTA alone, with 20, 40 and 60 % of the blocks masked besides. often: in every `make check`, so many of the columns. */
static const struct { int right[4], often; } ACCURACY[REAL_NETS] = { { { 153, 88, 52, 22 }, 2 }, { { 881, 559, 161, 105 }, 1 }, { { 182, 176, 117, 42 }, 1 }, { { 185, 77, 25, 20 }, 0 } };

START_TEST(page_has_them)
{
    char row[200];
    char *page = content("platforms/db_pim/README.md");

    for (int i = 0; i < REAL_NETS; i++) {
        int n = snprintf(row, sizeof row, "| %s | %d | %.1f |", REAL[i].name, REAL[i].of, 100.0 * REAL[i].before / REAL[i].of);
        for (int k = 0; k < 4; k++)
            n += snprintf(row + n, sizeof row - (size_t)n, " %.1f |", 100.0 * ACCURACY[i].right[k] / REAL[i].of);
        ck_assert_msg(strstr(page, row) != NULL, "platforms/db_pim/README.md has no row\n%s", row);
    }
    free(page);
}
END_TEST

static const char *const SPARSITY[4] = { "0", "20%", "40%", "60%" };

START_TEST(accuracies)
{
    const int i = _i / 4, column = _i % 4;
    char out[NAME], onnx[NAME], net[NAME];
    const char *words[MOST_WORDS] = { "prune", net, "--fta", "--sparsity", SPARSITY[column], "--as", "json", "-o", scratch("real.onnx", onnx) };
    struct heard h;

    if (!real_net_there(i)) {
        SKIP_DATA(REAL[i].net);
        return;
    }
    if (column >= (fewer(1, 0) ? ACCURACY[i].often : 0) && !getenv("BL_LONG"))
        return;                                            /* the plain build has shown the others; these take minutes in a slow one */
    real_net_file(i, net);
    for (int k = 0; REAL[i].images[k]; k++)
        words[9 + k] = REAL[i].images[k];
    ck_assert_msg(program_of(&h, scratch("real.json", out), words) == BL_DONE, "%s", h.text);
    json_t *j = json_load_file(out, 0, NULL);
    const int before = (int)json_integer_value(json_object_get(json_object_get(j, "before"), "right"));
    const int after = (int)json_integer_value(json_object_get(json_object_get(j, "after"), "right"));
    ck_assert_msg(before == REAL[i].before && after == ACCURACY[i].right[column], "%s at %s: %d before and %d after, expected %d and %d", REAL[i].net,
                  SPARSITY[column], before, after, REAL[i].before, ACCURACY[i].right[column]);
    json_decref(j);
    remove(out);
    remove(onnx);
    real_net_done(i, net);
}
END_TEST

Suite *suite_cmd_prune(void)
{
    Suite *s = suite_create("cmd_prune");
    TCase *t = tcase_create("cmd_prune");

    tcase_set_timeout(t, 300);
    tcase_add_test(t, file_computes_what_is_told);
    tcase_add_test(t, forms);
    tcase_add_test(t, choices);
    tcase_add_loop_test(t, refusals, 0, COUNT(REFUSALS));
    tcase_add_test(t, page_has_them);
    tcase_add_loop_test(t, accuracies, 0, 4 * REAL_NETS);
    suite_add_tcase(s, t);
    return s;
}
