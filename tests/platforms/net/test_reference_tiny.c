/* test_reference_tiny.c - the integer reference against MLPerf Tiny models, converted from TFLite, with outputs of another
 * implementation. TFLite rounds the halves of a mean away from zero, ONNX to even: the mean is done here, between two nets. */
#include "platforms/net/reference.h"

#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "platforms/file/io.h"
#include "tests/rigs/effort.h"

Suite *suite_reference_tiny(void);

struct model {
    json_t *root;
    unsigned char *w;
    char dir[64];
    struct bl_net *net;        /* the one being built: before the mean, then after it */
    struct bl_net *half[2];
    struct bl_ref_out out[2];
    int64_t tensor[64];        /* by number in model.json */
};

static double num(const json_t *o, const char *key) { return json_number_value(json_object_get(o, key)); }
static uint32_t at(const json_t *o, const char *key, size_t i) { return (uint32_t)json_integer_value(json_array_get(json_object_get(o, key), i)); }

static int64_t tensor_of(struct model *m, int64_t id)
{
    char key[16];
    struct bl_tensor t = { .name = key, .dtype = BL_S8, .h = 1, .w = 1 };

    snprintf(key, sizeof key, "%d", (int)id);
    if (m->tensor[id] >= 0)
        return m->tensor[id];
    json_t *j = json_object_get(json_object_get(m->root, "tensors"), key);
    if (json_array_size(json_object_get(j, "shape")) == 4) {
        t.h = at(j, "shape", 1);
        t.w = at(j, "shape", 2);
        t.c = at(j, "shape", 3);
    } else {
        t.c = at(j, "shape", 1);
    }
    t.scale = (float)num(j, "scale");
    t.zero = (int32_t)num(j, "zero_point");
    return m->tensor[id] = bl_net_tensor(m->net, &t);
}

/* TFLite keeps weights as output, row, column, input ("OHWI", "OI") or, depthwise, row, column, channel ("1HWC"). */
static void weights_of(struct model *m, const json_t *j, struct bl_layer *l, const struct bl_tensor *x)
{
    const json_t *w = json_object_get(j, "weights"), *s = json_object_get(j, "weight_scale");
    const int8_t *src = (const int8_t *)m->w + (size_t)num(w, "off");
    bool depthwise = !strcmp(json_string_value(json_object_get(w, "layout")), "1HWC");
    uint32_t ns = (uint32_t)num(s, "count"), cin = depthwise ? 1 : x->c, cout = (uint32_t)num(json_object_get(j, "bias"), "count");

    ck_assert_int_eq(bl_net_weights(m->net, l, cout, cin * l->kh * l->kw), 0);
    for (uint32_t o = 0; o < cout; o++) {
        for (uint32_t c = 0; c < cin; c++)
            for (uint32_t k = 0; k < l->kh * l->kw; k++)
                l->weight[o * l->k + c * l->kh * l->kw + k] = depthwise ? src[k * cout + o] : src[(o * l->kh * l->kw + k) * cin + c];
        memcpy(&l->bias[o], m->w + (size_t)num(json_object_get(j, "bias"), "off") + 4 * o, 4);
        memcpy(&l->wscale[o], m->w + (size_t)num(s, "off") + 4 * (o % ns), 4);
    }
}

static void layer_of(struct model *m, const json_t *j)
{
    const char *type = json_string_value(json_object_get(j, "type"));
    struct bl_layer l = { .name = type, .kh = 1, .kw = 1 };
    bool conv = strstr(type, "conv");

    l.in[0] = (uint32_t)tensor_of(m, at(j, "inputs", 0));
    l.in[1] = json_array_size(json_object_get(j, "inputs")) > 1 ? (uint32_t)tensor_of(m, at(j, "inputs", 1)) : l.in[0];
    l.out = (uint32_t)tensor_of(m, (int64_t)num(j, "output"));
    l.kind = conv ? BL_CONV : !strcmp(type, "add") ? BL_ADD : !strcmp(type, "fc") ? BL_FC : BL_RESHAPE;
    const struct bl_tensor x = m->net->tensors[l.in[0]];
    if (conv) {
        l.kh = at(j, "kernel", 0);
        l.kw = at(j, "kernel", 1);
        l.stride_h = at(j, "stride", 0);
        l.stride_w = at(j, "stride", 1);
        l.pad_t = at(j, "pad_tblr", 0);
        l.pad_b = at(j, "pad_tblr", 1);
        l.pad_l = at(j, "pad_tblr", 2);
        l.pad_r = at(j, "pad_tblr", 3);
        l.groups = json_object_get(j, "groups") ? (uint32_t)num(j, "groups") : 1;
    }
    if (conv || l.kind == BL_FC)
        weights_of(m, j, &l, &x);
    ck_assert_int_ge(bl_net_layer(m->net, &l), 0);
}

/* The net of layers [from, to) of the file. */
static struct bl_net *build(struct model *m, const char *name, size_t from, size_t to)
{
    const json_t *layers = json_object_get(m->root, "layers");
    struct bl_diag diag = { 0 };

    m->net = bl_net_new(name);
    for (int i = 0; i < 64; i++)
        m->tensor[i] = -1;
    m->net->input = (uint32_t)tensor_of(m, at(json_array_get(layers, from), "inputs", 0));
    for (size_t i = from; i < to; i++)
        layer_of(m, json_array_get(layers, i));
    m->net->output = m->net->layers[m->net->nlayers - 1].out;
    ck_assert_int_eq(bl_net_finish(m->net, &diag), 0);
    return m->net;
}

/* False with a line of text when the data is not there. */
static bool open_model(struct model *m, const char *name)
{
    char path[128];
    struct bl_diag diag = { 0 };
    size_t len, i, mean = 0, end = 0;
    json_t *j;

    snprintf(m->dir, sizeof m->dir, "../shared/data/%s", name);
    snprintf(path, sizeof path, "%s/model.json", m->dir);
    if (!(m->root = json_load_file(path, 0, NULL))) {
        SKIP_DATA(path);
        return false;
    }
    snprintf(path, sizeof path, "%s/weights.bin", m->dir);
    ck_assert_ptr_nonnull(m->w = bl_read_all(path, &len, &diag));
    json_array_foreach(json_object_get(m->root, "layers"), i, j) {
        const char *type = json_string_value(json_object_get(j, "type"));
        mean = strcmp(type, "avgpool") ? mean : i;
        end = strcmp(type, "fc") ? end : i + 1;
    }
    m->half[0] = build(m, name, 0, mean);
    m->half[1] = build(m, name, mean + 1, end);
    for (i = 0; i < 2; i++)
        ck_assert_int_eq(bl_ref_init(&m->out[i], m->half[i], &diag), 0);
    return true;
}

static void close_model(struct model *m)
{
    json_decref(m->root);
    free(m->w);
    for (int i = 0; i < 2; i++) {
        bl_ref_fini(&m->out[i]);
        bl_net_free(m->half[i]);
    }
}

static int32_t tflite_mean(const int16_t *v, int32_t n)
{
    int32_t sum = 0;

    for (int32_t i = 0; i < n; i++)
        sum += v[i];
    return (sum >= 0 ? sum + n / 2 : sum - n / 2) / n;
}

/* The logits of one image. */
static const int16_t *logits(struct model *m, const uint8_t *image)
{
    const struct bl_tensor *x = &m->half[0]->tensors[m->half[0]->output];
    uint8_t mean[64];

    ck_assert_uint_eq(x->c, sizeof mean);
    bl_reference_run(m->half[0], image, &m->out[0]);
    for (uint32_t c = 0; c < x->c; c++)
        mean[c] = (uint8_t)tflite_mean(m->out[0].value[m->half[0]->output] + c * x->h * x->w, (int32_t)(x->h * x->w));
    bl_reference_run(m->half[1], mean, &m->out[1]);
    return m->out[1].value[m->half[1]->output];
}

/* One image in rows, columns, channels to the order of a tensor. */
static void to_planes(const struct bl_tensor *x, const uint8_t *in, uint8_t flip, uint8_t *out)
{
    for (uint32_t c = 0; c < x->c; c++)
        for (uint32_t i = 0; i < x->h * x->w; i++)
            out[c * x->h * x->w + i] = in[i * x->c + c] ^ flip;
}

static const char *const MODELS[] = { "ic_resnet8", "kws_dscnn" };

/* Generated images: logits with float32 requantisation, element by element. */
START_TEST(tiny_synthetic)
{
    struct model m;
    uint8_t raw[4096], image[4096];
    char path[128];
    size_t k;
    json_t *j;

    if (!open_model(&m, MODELS[_i]))
        return;
    snprintf(path, sizeof path, "%s/synthetic_cases.json", m.dir);
    json_t *cases = json_load_file(path, 0, NULL);
    ck_assert_ptr_nonnull(cases);
    const struct bl_tensor *x = &m.half[0]->tensors[m.half[0]->input];
    ck_assert_uint_gt(json_array_size(json_object_get(cases, "cases")), 0);
    json_array_foreach(json_object_get(cases, "cases"), k, j) {
        uint32_t s = (uint32_t)num(j, "seed");
        for (size_t i = 0; i < bl_tensor_elems(x); i++) {
            s = s * 1664525u + 1013904223u;
            raw[i] = (uint8_t)((s >> 24) - 128);
        }
        to_planes(x, raw, 0, image);
        const int16_t *got = logits(&m, image);
        for (size_t i = 0; i < bl_tensor_elems(&m.half[1]->tensors[m.half[1]->output]); i++)
            ck_assert_msg(got[i] == (int)at(j, "last_fc_output_fp32", i), "%s case %zu logit %zu: got %d, wanted %d",
                          MODELS[_i], k, i, got[i], (int)at(j, "last_fc_output_fp32", i));
    }
    json_decref(cases);
    close_model(&m);
}
END_TEST

static size_t gunzip(const char *path, uint8_t *buf, size_t cap)
{
    gzFile f = gzopen(path, "rb");
    int n = f ? gzread(f, buf, (unsigned)cap) : -1;

    ck_assert_int_ge(n, 0);
    gzclose(f);
    return (size_t)n;
}

static const struct { const char *model, *images, *logits; uint8_t flip; size_t n; } SETS[] = {
    { "ic_resnet8", "cifar10_perf200_x.u8.gz", "cifar10_perf200_ref_logits_fp32.i8.gz", 0x80, 200 },
    { "kws_dscnn", "kws01_x.i8.gz", "kws01_ref_logits_fp32.i8.gz", 0, 200 },
};

START_TEST(tiny_images)
{
    struct model m;
    static uint8_t x[200 * 3072], want[12000], image[4096];
    char path[160];
    size_t wrong = 0;

    if (!open_model(&m, SETS[_i].model))
        return;
    size_t elems = bl_tensor_elems(&m.half[0]->tensors[m.half[0]->input]), outs = bl_tensor_elems(&m.half[1]->tensors[m.half[1]->output]);
    snprintf(path, sizeof path, "%s/%s", m.dir, SETS[_i].images);
    ck_assert_uint_ge(gunzip(path, x, sizeof x), SETS[_i].n * elems);
    snprintf(path, sizeof path, "%s/%s", m.dir, SETS[_i].logits);
    ck_assert_uint_ge(gunzip(path, want, sizeof want), SETS[_i].n * outs);
    for (size_t k = 0; k < SETS[_i].n; k++) {
        to_planes(&m.half[0]->tensors[m.half[0]->input], x + k * elems, SETS[_i].flip, image);
        const int16_t *got = logits(&m, image);
        for (size_t i = 0; i < outs; i++)
            wrong += got[i] != (int8_t)want[k * outs + i];
    }
    ck_assert_msg(!wrong, "%s: %zu of %zu logits differ", SETS[_i].model, wrong, SETS[_i].n * outs);
    close_model(&m);
}
END_TEST

Suite *suite_reference_tiny(void)
{
    Suite *s = suite_create("reference_tiny");
    TCase *c = tcase_create("all");

    tcase_add_loop_test(c, tiny_synthetic, 0, 2);
    tcase_add_loop_test(c, tiny_images, 0, 2);
    tcase_set_timeout(c, 60);
    suite_add_tcase(s, c);
    return s;
}
