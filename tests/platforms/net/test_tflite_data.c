/* test_tflite_data.c - tflite.c on real models and on outputs of the TensorFlow Lite runtime: MLPerf Tiny's ResNet8, DS-CNN and
 * autoencoder, every stored output, by the rule of the runtime and by that of its reference kernels; then small models of one operator. */
#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "platforms/file/io.h"
#include "platforms/net/reference.h"
#include "tests/rigs/effort.h"
#include "tests/rigs/heard.h"

Suite *suite_tflite_data(void);

#define DATA "../shared/data/"
#define CASES "../shared/cases/nets/"

struct model { struct bl_net *net; struct bl_ref_out out; uint8_t *image; };

/* False with a line of text when the file is not there. */
static bool open_model(struct model *m, const char *path, enum bl_rule rule)
{
    struct heard h;
    size_t len;
    FILE *f = fopen(path, "rb");

    if (!f) {
        SKIP_DATA(path);
        return false;
    }
    fclose(f);
    void *bytes = bl_read_all(path, &len, heard_start(&h));
    m->net = bl_tflite_read(path, bytes, len, rule, &h.diag);
    free(bytes);
    ck_assert_msg(m->net && !bl_ref_init(&m->out, m->net, &h.diag), "%s", h.text);
    m->image = malloc(bl_net_input_bytes(m->net));
    return true;
}

static void close_model(struct model *m)
{
    bl_ref_fini(&m->out);
    bl_net_free(m->net);
    free(m->image);
}

/* Where cell i of a tensor in the file's order (rows, columns, channels of images) lies in the net's. */
static size_t cell(const struct bl_tensor *t, size_t i)
{
    size_t cells = (size_t)t->h * t->w;

    return t->c > 1 && cells > 1 ? i % t->c * cells + i / t->c : i;
}

static size_t gunzip(const char *path, uint8_t *buf, size_t cap)
{
    gzFile f = gzopen(path, "rb");
    int n = f ? gzread(f, buf, (unsigned)cap) : -1;

    ck_assert_msg(n >= 0, "%s", path);
    gzclose(f);
    return (size_t)n;
}

/* ---- MLPerf Tiny ---- */

/* Stored outputs of the net, and of what goes into the softmax at its end; NULL: none. */
static const struct set { const char *folder, *model, *images, *outputs, *logits, *labels; enum bl_rule rule; uint8_t flip; size_t n, right; } SETS[] = {
    { "ic_resnet8", "ic_resnet8_int8.tflite", "cifar10_perf200_x.u8.gz", "cifar10_perf200_tflite_softmax.i8.gz",
      "cifar10_perf200_ref_logits_fp32.i8.gz", "cifar10_perf200_y.u8", BL_XNN, 0x80, 200, 174 },
    { "ic_resnet8", "ic_resnet8_int8.tflite", "cifar10_perf200_x.u8.gz", NULL, "cifar10_perf200_ref_logits_q31.i8.gz", NULL, BL_Q31, 0x80, 200, 0 },
    { "kws_dscnn", "kws_dscnn_int8.tflite", "kws01_x.i8.gz", "kws01_tflite_softmax.i8.gz", "kws01_ref_logits_fp32.i8.gz", "kws01_y.u8", BL_XNN, 0,
      1000, 902 },
    { "kws_dscnn", "kws_dscnn_int8.tflite", "kws01_x.i8.gz", NULL, "kws01_ref_logits_q31.i8.gz", NULL, BL_Q31, 0, 1000, 0 },
    { "ad_autoenc", "ad01_int8.tflite", "x_16.i8", "tflite_out_16.i8", NULL, NULL, BL_XNN, 0, 16, 0 },
};

/* A file of a set, unpacked; NULL without a name. To be freed. */
static uint8_t *file_of(const struct set *s, const char *name, size_t bytes)
{
    char path[256];
    uint8_t *buf = name ? malloc(bytes) : NULL;

    snprintf(path, sizeof path, DATA "%s/%s", s->folder, name ? name : "");
    ck_assert(!name || gunzip(path, buf, bytes) == bytes);
    return buf;
}

static bool row_differs(const struct model *m, uint32_t t, const uint8_t *want, size_t k)
{
    size_t n = bl_tensor_elems(&m->net->tensors[t]);

    for (size_t i = 0; want && i < n; i++)
        if (m->out.value[t][i] != (int8_t)want[k * n + i])
            return true;
    return false;
}

START_TEST(stored_outputs)
{
    const struct set *s = &SETS[_i];
    struct model m;
    char path[256];
    size_t right = 0, wrong = 0, images = (size_t)fewer((int)s->n, 10);

    snprintf(path, sizeof path, DATA "%s/%s", s->folder, s->model);
    if (!open_model(&m, path, s->rule))
        return;
    const struct bl_layer *last = &m.net->layers[m.net->nlayers - 1];
    size_t n = bl_net_input_bytes(m.net), outs = bl_tensor_elems(&m.net->tensors[m.net->output]);
    uint8_t *x = file_of(s, s->images, s->n * n), *want = file_of(s, s->outputs, s->n * outs), *logits = file_of(s, s->logits, s->n * outs),
            *y = file_of(s, s->labels, s->n);
    ck_assert(!s->logits || last->kind == BL_SOFTMAX);
    for (size_t k = 0; k < images; k++) {
        for (size_t i = 0; i < n; i++)
            m.image[cell(&m.net->tensors[0], i)] = x[k * n + i] ^ s->flip;
        bl_reference_run(m.net, m.image, &m.out);
        wrong += row_differs(&m, m.net->output, want, k) || row_differs(&m, last->in[0], logits, k);
        right += y && bl_ref_class(&m.out) == y[k];
    }
    ck_assert_msg(!wrong, "%s: %zu of %zu rows of outputs differ", s->model, wrong, images);
    ck_assert_msg(quick() || right == s->right, "%s: %zu of %zu right, expected %zu", s->model, right, s->n, s->right);
    close_model(&m);
    free(x);
    free(want);
    free(logits);
    free(y);
}
END_TEST

/* Generated inputs, with both rules' outputs and those of the runtime. */
START_TEST(generated)
{
    static const char *const LOGITS[] = { [BL_XNN] = "last_fc_output_fp32", [BL_Q31] = "last_fc_output_q31" };
    const struct set *s = &SETS[_i / 2 * 2];
    enum bl_rule rule = _i & 1 ? BL_Q31 : BL_XNN;
    struct model m;
    char path[256];
    size_t k;
    json_t *j;

    snprintf(path, sizeof path, DATA "%s/%s", s->folder, s->model);
    if (!open_model(&m, path, rule))
        return;
    snprintf(path, sizeof path, DATA "%s/synthetic_cases.json", s->folder);
    json_t *file = json_load_file(path, 0, NULL), *all = json_object_get(file, "cases");
    const struct bl_layer *last = &m.net->layers[m.net->nlayers - 1];
    size_t n = bl_tensor_elems(&m.net->tensors[m.net->output]);
    ck_assert_uint_gt(json_array_size(all), 0);
    json_array_foreach(all, k, j) {
        uint32_t x = (uint32_t)json_integer_value(json_object_get(j, "seed"));
        for (size_t i = 0; i < bl_net_input_bytes(m.net); i++) {
            x = x * 1664525u + 1013904223u;
            m.image[cell(&m.net->tensors[0], i)] = (uint8_t)((x >> 24) - 128);
        }
        bl_reference_run(m.net, m.image, &m.out);
        for (size_t i = 0; i < n; i++) {
            ck_assert_int_eq(m.out.value[last->in[0]][i], json_integer_value(json_array_get(json_object_get(j, LOGITS[rule]), i)));
            if (rule == BL_XNN)
                ck_assert_int_eq(m.out.value[m.net->output][i], json_integer_value(json_array_get(json_object_get(j, "tflite_output"), i)));
        }
    }
    json_decref(file);
    close_model(&m);
}
END_TEST

/* ---- models of one operator ---- */

/* Cell i of an input is code 37 i; a second input goes on from its own count. */
static void fill(struct model *m)
{
    size_t at = 0;

    for (uint32_t t = 0; t < m->net->ninputs; t++) {
        size_t n = bl_tensor_elems(&m->net->tensors[t]);
        for (size_t i = 0; i < n; i++)
            m->image[at + cell(&m->net->tensors[t], i)] = (uint8_t)(37 * (t * n + i));
        at += n;
    }
}

static const int16_t *run_case(struct model *m)
{
    fill(m);
    bl_reference_run(m->net, m->image, &m->out);
    return m->out.value[m->net->output];
}

START_TEST(cases)
{
    json_t *all = json_load_file(CASES "right.json", 0, NULL), *right;
    const char *name;
    unsigned n = 0;

    if (!all) {
        SKIP_DATA(CASES "right.json");
        return;
    }
    json_object_foreach(all, name, right) {
        struct model m;
        char path[256];
        snprintf(path, sizeof path, CASES "%s.tflite", name);
        if (strncmp(name, "t_", 2) || !open_model(&m, path, BL_XNN))
            continue;
        const json_t *want = json_array_get(right, 0);
        const struct bl_tensor *y = &m.net->tensors[m.net->output];
        const int16_t *got = run_case(&m);
        ck_assert_uint_eq(json_array_size(want), bl_tensor_elems(y));
        for (size_t i = 0; i < json_array_size(want); i++)
            ck_assert_msg(got[cell(y, i)] == json_integer_value(json_array_get(want, i)), "%s, cell %zu: got %d, wanted %d", name, i, got[cell(y, i)],
                          (int)json_integer_value(json_array_get(want, i)));
        close_model(&m);
        n++;
    }
    json_decref(all);
    ck_assert_uint_ge(n, 14);
}
END_TEST

/* By the rule of the reference kernels: the sum of all outputs, and the first ones. */
static const struct { const char *name; int sum, first[14]; unsigned n; } Q31[] = {
    { "t_tie", -1734, { -24, -20, -128, -128, -128, -128, -128, -128, 127, 127, 127, 127, 127, 127 }, 14 },
    { "t_add", 121, { 60, -32, 6, 43, -49, -12, 26, 63, -29, 9, 46, -46, -9, 29 }, 14 },
    { "t_mul", 1546, { 10, -8, 61, 127, -128, 127, 101, 5, -5, 70, 127, -128, 127, 90 }, 14 },
    { "t_leaky", 134, { -24, 14, 60, 106, -65, -51, -37, -23, 18, 64, 110, -63, -50, -36 }, 14 },
    { "t_req", -304, { -35, 21, 76, 127, -128, -128, -86, -31, 25, 81, 127, -128, -128, -82 }, 14 },
    { "t_conv", 400, { -20, 76, 68, -11, -20, -20, 76, 76, 76, -20 }, 10 },
    { "t_fc", 85, { 1, 59, 1, 1, 1, 1, 20, 1 }, 8 },
};

START_TEST(cases_q31)
{
    struct model m;
    char path[256];
    int sum = 0;

    snprintf(path, sizeof path, CASES "%s.tflite", Q31[_i].name);
    if (!open_model(&m, path, BL_Q31))
        return;
    const struct bl_tensor *y = &m.net->tensors[m.net->output];
    const int16_t *got = run_case(&m);
    for (size_t i = 0; i < bl_tensor_elems(y); i++)
        sum += got[i];
    for (unsigned i = 0; i < Q31[_i].n; i++)
        ck_assert_int_eq(got[cell(y, i)], Q31[_i].first[i]);
    ck_assert_int_eq(sum, Q31[_i].sum);
    close_model(&m);
}
END_TEST

Suite *suite_tflite_data(void)
{
    Suite *s = suite_create("tflite_data");
    TCase *c = tcase_create("all");

    tcase_add_loop_test(c, stored_outputs, 0, sizeof SETS / sizeof *SETS);
    tcase_add_loop_test(c, generated, 0, 4);
    tcase_add_test(c, cases);
    tcase_add_loop_test(c, cases_q31, 0, sizeof Q31 / sizeof *Q31);
    tcase_set_timeout(c, 120);
    suite_add_tcase(s, c);
    return s;
}
