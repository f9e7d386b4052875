/* test_onnx_cases.c - the ONNX reader on models of other people's making, in ../shared: outputs as ONNX Runtime gives them. */
#include <check.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "platforms/file/io.h"
#include "platforms/net/reference.h"
#include "tests/rigs/effort.h"
#include "tests/rigs/heard.h"

Suite *suite_onnx_cases(void);

#define SHARED "../shared/"

static struct bl_net *load(const char *path, struct heard *heard)
{
    FILE *f = fopen(path, "rb");

    if (!f)
        return NULL;
    fclose(f);
    return bl_net_load(path, 0, heard_start(heard));
}

/* Element i of the input has code 37 i, modulo 256. */
static void run(const struct bl_net *net, struct bl_ref_out *out, struct heard *heard)
{
    size_t n = bl_tensor_elems(&net->tensors[net->input]);
    uint8_t *image = malloc(n);

    ck_assert_int_ne(net->tensors[net->input].dtype, BL_REAL);
    for (size_t i = 0; i < n; i++)
        image[i] = (uint8_t)(37 * i);
    ck_assert_int_eq(bl_ref_init(out, net, &heard->diag), 0);
    bl_reference_run(net, image, out);
    free(image);
}

static double value(const struct bl_net *net, const struct bl_ref_out *out, uint32_t t, size_t i, bool code)
{
    const struct bl_tensor *y = &net->tensors[t];
    float v = y->dtype == BL_REAL ? out->real[t][i] : y->scale * (float)(out->value[t][i] - y->zero);

    return code ? out->value[t][i] : (double)v;
}

static const char *const NETS[] = { "o_qadd", "o_qmul", "o_qavg", "o_addW", "o_rowbias", "o_int4", "o_dtype", "o_resid", "o_nhwc", "o_convint" };

START_TEST(nets)
{
    char path[200];
    struct heard heard;
    struct bl_ref_out out;

    snprintf(path, sizeof path, SHARED "cases/nets/%s.onnx", NETS[_i]);
    json_t *right = json_load_file(SHARED "cases/nets/right.json", 0, NULL);
    if (!right) {
        SKIP_DATA(NETS[_i]);
        return;
    }
    struct bl_net *net = load(path, &heard);
    ck_assert_msg(net != NULL, "%s: %s", path, heard.text);
    const json_t *all = json_object_get(right, NETS[_i]);
    ck_assert_uint_eq(json_array_size(all), net->noutputs);
    run(net, &out, &heard);
    for (uint32_t o = 0; o < net->noutputs; o++) {
        const json_t *want = json_array_get(all, o);
        size_t n = json_array_size(want);
        ck_assert_uint_eq(n, bl_tensor_elems(&net->tensors[net->outputs[o]]));
        for (size_t i = 0; i < n; i++) {
            double w = json_number_value(json_array_get(want, i)), g = value(net, &out, net->outputs[o], i, net->raw_output);
            ck_assert_msg(fabs(g - w) <= (net->raw_output ? 0 : 6e-5 * (1 + fabs(w))), "%s: element %zu: got %g, wanted %g", NETS[_i], i, g, w);
        }
    }
    bl_ref_fini(&out);
    bl_net_free(net);
    json_decref(right);
}
END_TEST

/* Models that were once read and computed wrongly, or refused: their first six outputs, as codes or real values of ONNX Runtime. */
static const struct { const char *name, *refusal; double want[6]; } ONCE[] = {
    { "qlinearavgpool_i8_noyzp", NULL, { -2, 81, -51, -78, 5, 88 } }, { "q_output_dtype_int8", NULL, { -68, -76, 127, 3, 26, -124 } },
    { "conv_addconst_W", NULL, { 48, 62, 100, 95, 17, 37 } }, { "gemm_biasM1_sq", NULL, { 128, 168, 135, 0, 146, 255 } },
    { "conv_axis-3_sq", NULL, { 14, 0, 0, 41, 0, 81 } }, { "mul_rank2_bcastW", NULL, { 105, 128, 152, 176, 192, 224 } },
    { "msqconv_channels_last", NULL, { 0, 1, 132, 108, 108, 207 } }, { "u16_act", "16-bit activations are not supported", { 0 } },
    { "slowpool", "million products and cells of windows", { 0 } },
    { "bigmem", "MB of tensors, more than 2048 MB", { 0 } },
};

START_TEST(once_wrong)
{
    char path[200];
    struct heard heard;
    struct bl_ref_out out;

    snprintf(path, sizeof path, SHARED "cases/onnx/%s.onnx", ONCE[_i].name);
    heard_start(&heard);
    struct bl_net *net = load(path, &heard);
    if (!net && !*heard.text) {
        SKIP_DATA(ONCE[_i].name);
        return;
    }
    if (ONCE[_i].refusal) {
        ck_assert_ptr_null(net);
        ck_assert_msg(strstr(heard.text, ONCE[_i].refusal) != NULL, "%s", heard.text);
        return;
    }
    ck_assert_msg(net != NULL, "%s", heard.text);
    run(net, &out, &heard);
    for (size_t i = 0; i < 6; i++)
        ck_assert_msg(fabs(value(net, &out, net->output, i, true) - ONCE[_i].want[i]) < 0.5, "%s: element %zu: got %g, wanted %g", path, i,
                      value(net, &out, net->output, i, true), ONCE[_i].want[i]);
    bl_ref_fini(&out);
    bl_net_free(net);
}
END_TEST

static const char *const READ[] = { "add_bcast_c11", "brevitas_qcdq4", "conv_noqdq_add", "last_unquantised", "output_before_clip", "qlinearadd_constbias",
                                    "squeeze", "tf2onnx_nhwc" };

START_TEST(once_refused)               /* equal to ONNX Runtime by test_onnx_oracle.c's kinds of graphs; here: they are read */
{
    char path[200];
    struct heard heard;

    snprintf(path, sizeof path, SHARED "cases/onnx/%s.onnx", READ[_i]);
    heard_start(&heard);
    struct bl_net *net = load(path, &heard);
    if (!net && !*heard.text) {
        SKIP_DATA(READ[_i]);
        return;
    }
    ck_assert_msg(net != NULL, "%s", heard.text);
    bl_net_free(net);
}
END_TEST

/* Graphs in attributes of nodes in graphs: refused before the unpacker, which has a recursion, sees them. */
START_TEST(nested)
{
    struct heard heard;
    uint8_t *m = NULL;
    size_t n = 0;

    for (int i = 0; i < 3000; i++) {   /* graph { node { attribute { g: .. } } } from the inside out */
        static const uint8_t FIELD[3] = { 0x32, 0x2a, 0x0a };              /* attribute.g 6, node.attribute 5, graph.node 1 */
        for (int k = 0; k < 3; k++) {
            uint8_t head[6] = { FIELD[k] };
            size_t h = 1;
            for (size_t v = n; ; v >>= 7) {
                head[h++] = (uint8_t)((v & 127) | (v > 127 ? 128 : 0));
                if (v < 128)
                    break;
            }
            m = realloc(m, n + h + 8);
            memmove(m + h, m, n);
            memcpy(m, head, h);
            n += h;
        }
    }
    uint8_t *model = malloc(n + 6);
    size_t h = 1;
    model[0] = 0x3a;                   /* model.graph 7 */
    for (size_t v = n; ; v >>= 7) {
        model[h++] = (uint8_t)((v & 127) | (v > 127 ? 128 : 0));
        if (v < 128)
            break;
    }
    memcpy(model + h, m, n);
    ck_assert_ptr_null(bl_net_from_bytes("deep.onnx", model, n + h, 0, heard_start(&heard)));
    ck_assert_msg(strstr(heard.text, "nested more than 64 deep") != NULL, "%s", heard.text);
    free(model);
    free(m);
}
END_TEST

/* MobileNetV2 for CIFAR-10 as ONNX Runtime has quantised it, unmodified: every float logit bit for bit. */
START_TEST(mobilenet)
{
    const char *slow = getenv("BL_LONG");
    int images = slow && *slow ? 200 : fewer(3, 1), right = 0;
    struct heard heard;
    struct bl_ref_out out;
    gzFile f = gzopen(SHARED "data/mbv2_cifar10/x_200.f32.gz", "rb");
    FILE *g = fopen(SHARED "data/mbv2_cifar10/ort_logits_200.f32", "rb"), *labels = fopen(SHARED "data/ic_resnet8/cifar10_perf200_y.u8", "rb");

    if (!f || !g || !labels) {
        SKIP_DATA("mobilenet");
        return;
    }
    struct bl_net *net = load(SHARED "data/mbv2_cifar10/mbv2_cifar10_int8.onnx", &heard);
    ck_assert_msg(net != NULL, "%s", heard.text);
    const struct bl_tensor *x = &net->tensors[net->input];
    size_t n = bl_tensor_elems(x);
    float *image = malloc(n * sizeof *image), want[10];
    uint8_t *codes = malloc(n);
    ck_assert_int_eq(bl_ref_init(&out, net, &heard.diag), 0);
    for (int k = 0; k < images; k++) {
        ck_assert_int_eq(gzread(f, image, (unsigned)(n * sizeof *image)), (int)(n * sizeof *image));
        ck_assert_uint_eq(fread(want, sizeof *want, 10, g), 10);
        for (size_t i = 0; i < n; i++)
            codes[i] = (uint8_t)bl_float_code(image[i], x->scale, x->zero, false, bl_tensor_min(x), bl_tensor_max(x));
        bl_reference_run(net, codes, &out);
        for (size_t i = 0; i < 10; i++) {
            float v = (float)value(net, &out, net->output, i, false);
            ck_assert_msg(!memcmp(&v, &want[i], sizeof v), "image %d: logit %zu: got %.9g, wanted %.9g", k, i, (double)v, (double)want[i]);
        }
        right += (int)bl_ref_class(&out) == fgetc(labels);
    }
    if (images == 200)
        ck_assert_int_eq(right, 182);                      /* 91.0 % */
    bl_ref_fini(&out);
    bl_net_free(net);
    free(image);
    free(codes);
    gzclose(f);
    fclose(g);
    fclose(labels);
}
END_TEST

Suite *suite_onnx_cases(void)
{
    Suite *s = suite_create("onnx_cases");
    TCase *c = tcase_create("all");

    tcase_add_loop_test(c, nets, 0, sizeof NETS / sizeof *NETS);
    tcase_add_loop_test(c, once_wrong, 0, sizeof ONCE / sizeof *ONCE);
    tcase_add_loop_test(c, once_refused, 0, sizeof READ / sizeof *READ);
    tcase_add_test(c, nested);
    tcase_add_test(c, mobilenet);
    tcase_set_timeout(c, 300);
    suite_add_tcase(s, c);
    return s;
}
