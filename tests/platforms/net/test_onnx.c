/* test_onnx.c - the ONNX reader: the standard's own cases, QDQ against QOperator form, the shipped net, refusals. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platforms/net/dataset.h"
#include "platforms/file/io.h"
#include "platforms/net/draw.h"
#include "platforms/net/reference.h"
#include "tests/rigs/effort.h"
#include "tests/rigs/heard.h"
#include "tests/rigs/onnx_make.h"

Suite *suite_onnx(void);

/* Of the first hundred test images and of all 10000. */
enum { FASHION_FIRST_100 = 88, FASHION_ALL = 9098 };
#define FASHION "platforms/nets/fashion_cnn.onnx"

/* ---- cases of the standard (Debian's libonnx-testdata) ---- */

#define CASES "/usr/share/libonnx-testdata/data/node/"

static Onnx__TensorProto *tensor_file(const char *dir, const char *kind, size_t i)
{
    char path[256];
    struct heard heard;
    size_t len;

    snprintf(path, sizeof path, CASES "%s/test_data_set_0/%s_%zu.pb", dir, kind, i);
    void *bytes = bl_read_all(path, &len, heard_start(&heard));
    ck_assert_msg(bytes != NULL, "%s", heard.text);
    Onnx__TensorProto *t = onnx__tensor_proto__unpack(NULL, len, bytes);
    ck_assert_ptr_nonnull(t);
    free(bytes);
    return t;
}

/* Bytes of the model with its inputs 1.. as initializers: parsers join the two parts of one message. */
static uint8_t *with_inputs(const char *dir, const uint8_t *model, size_t len, size_t *total)
{
    Onnx__ModelProto *m = onnx__model_proto__unpack(NULL, len, model);
    Onnx__TensorProto *t[16];
    size_t n = m->graph->n_input;

    ck_assert_uint_lt(n, 16);
    for (size_t i = 1; i < n; i++) {
        t[i - 1] = tensor_file(dir, "input", i);
        free(t[i - 1]->name);
        t[i - 1]->name = strdup(m->graph->input[i]->name);
    }
    Onnx__TensorProto **old = m->graph->initializer;
    m->graph->initializer = t;
    m->graph->n_initializer = n - 1;
    uint8_t *out = malloc(*total = onnx__model_proto__get_packed_size(m));
    onnx__model_proto__pack(m, out);
    m->graph->initializer = old;
    m->graph->n_initializer = 0;
    for (size_t i = 1; i < n; i++)
        onnx__tensor_proto__free_unpacked(t[i - 1], NULL);
    onnx__model_proto__free_unpacked(m, NULL);
    return out;
}

static const char *const STANDARD[] = { "test_qlinearconv", "test_qlinearmatmul_2D", "test_qlinearmatmul_3D" };

START_TEST(standard)
{
    char path[256];
    struct heard heard;
    struct bl_ref_out out;
    size_t len, total;

    snprintf(path, sizeof path, CASES "%s/model.onnx", STANDARD[_i]);
    uint8_t *model = bl_read_all(path, &len, heard_start(&heard));
    if (!model) {
        SKIP_MISSING(STANDARD[_i], "package libonnx-testdata is not installed");
        return;
    }
    uint8_t *bytes = with_inputs(STANDARD[_i], model, len, &total);
    struct bl_net *net = bl_net_from_bytes("case.onnx", bytes, total, 0, &heard.diag);
    ck_assert_msg(net != NULL, "%s", heard.text);
    Onnx__TensorProto *in = tensor_file(STANDARD[_i], "input", 0), *want = tensor_file(STANDARD[_i], "output", 0);
    ck_assert_uint_eq(in->raw_data.len, bl_tensor_elems(&net->tensors[net->input]));
    ck_assert_uint_eq(want->raw_data.len, bl_tensor_elems(&net->tensors[net->output]));
    ck_assert_int_eq(bl_ref_init(&out, net, &heard.diag), 0);
    bl_reference_run(net, in->raw_data.data, &out);
    for (size_t i = 0; i < want->raw_data.len; i++)
        ck_assert_msg(out.value[net->output][i] == want->raw_data.data[i], "%s: element %zu: got %d, wanted %u", STANDARD[_i], i,
                      out.value[net->output][i], want->raw_data.data[i]);
    bl_ref_fini(&out);
    bl_net_free(net);
    onnx__tensor_proto__free_unpacked(in, NULL);
    onnx__tensor_proto__free_unpacked(want, NULL);
    free(bytes);
    free(model);
}
END_TEST

/* ---- one net in both forms ---- */

static const int64_t IN_DIMS[4] = { 1, 2, 8, 8 }, CONV_DIMS[4] = { 4, 2, 3, 3 }, DW_DIMS[4] = { 4, 1, 3, 3 }, FC_DIMS[2] = { 4, 5 };

static void constants(struct make *m)
{
    int32_t w[72], dw[36], fc[20], bias[4];
    static const float SCALES[4] = { 0.01f, 0.02f, 0.015f, 0.03f };
    float bscale[4];

    for (int i = 0; i < 72; i++)
        w[i] = (int32_t)(bl_draw(1, (uint64_t)i) % 255) - 127;
    for (int i = 0; i < 36; i++)
        dw[i] = (int32_t)(bl_draw(2, (uint64_t)i) % 256);
    for (int i = 0; i < 20; i++)
        fc[i] = (int32_t)(bl_draw(3, (uint64_t)i) % 255) - 127;
    for (int i = 0; i < 4; i++) {
        bias[i] = 300 * i - 400;
        bscale[i] = 0.02f * SCALES[i];
    }
    make_float(m, "xs", 0.02f);
    make_number(m, "xz", MAKE_U8, 7);
    make_numbers(m, "w", MAKE_S8, 4, CONV_DIMS, w);
    make_floats(m, "ws", 4, SCALES);
    make_numbers(m, "wz", MAKE_S8, 1, (int64_t[]){ 4 }, (int32_t[]){ 0, 0, 0, 0 });
    make_numbers(m, "b", MAKE_S32, 1, (int64_t[]){ 4 }, bias);
    make_floats(m, "bs", 4, bscale);
    make_float(m, "cs", 0.05f);
    make_number(m, "cz", MAKE_U8, 0);
    make_numbers(m, "dw", MAKE_U8, 4, DW_DIMS, dw);
    make_float(m, "dws", 0.004f);
    make_number(m, "dwz", MAKE_U8, 120);
    make_float(m, "ds", 0.03f);
    make_number(m, "dz", MAKE_U8, 90);
    make_float(m, "as", 0.06f);
    make_number(m, "az", MAKE_S8, -5);
    make_float(m, "ps", 0.04f);
    make_number(m, "pz", MAKE_U8, 60);
    make_numbers(m, "fc", MAKE_S8, 2, FC_DIMS, fc);
    make_float(m, "fcs", 0.01f);
    make_number(m, "fcz", MAKE_S8, 3);
    make_float(m, "ys", 0.1f);
    make_number(m, "yz", MAKE_S8, -3);
}

static void conv_attrs(struct make *m, Onnx__NodeProto *n, int pad, int group)
{
    make_ints(m, n, "pads", 4, pad, pad, pad, pad);
    make_ints(m, n, "kernel_shape", 2, 3, 3);
    make_int(m, n, "group", group);
}

static uint8_t *qoperator(size_t *len)
{
    struct make m;

    make_start(&m);
    constants(&m);
    make_input(&m, "x", MAKE_U8, 4, IN_DIMS);
    conv_attrs(&m, make_node(&m, "QLinearConv", "x,xs,xz,w,ws,wz,cs,cz,b", "c"), 1, 1);
    conv_attrs(&m, make_node(&m, "QLinearConv", "c,cs,cz,dw,dws,dwz,ds,dz", "d"), 1, 4);
    make_node(&m, "QLinearAdd", "d,ds,dz,c,cs,cz,as,az", "a");
    make_ints(&m, make_node(&m, "MaxPool", "a", "p"), "kernel_shape", 2, 3, 3);
    make_node(&m, "QLinearGlobalAveragePool", "p,as,az,ps,pz", "g");
    make_node(&m, "Flatten", "g", "f");
    make_node(&m, "QLinearMatMul", "f,ps,pz,fc,fcs,fcz,ys,yz", "y");
    make_output(&m, "y");
    return make_bytes(&m, len);
}

static uint8_t *qdq(size_t *len)
{
    struct make m;

    make_start(&m);
    constants(&m);
    make_input(&m, "x", MAKE_U8, 4, IN_DIMS);
    make_node(&m, "DequantizeLinear", "x,xs,xz", "xr");
    make_int(&m, make_node(&m, "DequantizeLinear", "w,ws,wz", "wr"), "axis", 0);
    make_int(&m, make_node(&m, "DequantizeLinear", "b,bs", "br"), "axis", 0);
    conv_attrs(&m, make_node(&m, "Conv", "xr,wr,br", "c0"), 1, 1);
    make_node(&m, "Relu", "c0", "c1");                     /* the zero point is 0: changes nothing */
    make_node(&m, "QuantizeLinear", "c1,cs,cz", "c2");
    make_node(&m, "DequantizeLinear", "c2,cs,cz", "cr");
    make_node(&m, "DequantizeLinear", "dw,dws,dwz", "dwr");
    conv_attrs(&m, make_node(&m, "Conv", "cr,dwr", "d0"), 1, 4);
    make_node(&m, "QuantizeLinear", "d0,ds,dz", "d1");
    make_node(&m, "DequantizeLinear", "d1,ds,dz", "dr");
    make_node(&m, "Add", "dr,cr", "a0");
    make_node(&m, "QuantizeLinear", "a0,as,az", "a1");
    make_node(&m, "DequantizeLinear", "a1,as,az", "ar");
    make_ints(&m, make_node(&m, "MaxPool", "ar", "p0"), "kernel_shape", 2, 3, 3);
    make_node(&m, "QuantizeLinear", "p0,as,az", "p1");
    make_node(&m, "DequantizeLinear", "p1,as,az", "pr");
    make_node(&m, "GlobalAveragePool", "pr", "g0");
    make_node(&m, "Flatten", "g0", "f0");
    make_node(&m, "QuantizeLinear", "f0,ps,pz", "f1");
    make_node(&m, "DequantizeLinear", "f1,ps,pz", "fr");
    make_node(&m, "DequantizeLinear", "fc,fcs,fcz", "fcr");
    make_node(&m, "MatMul", "fr,fcr", "y0");
    make_node(&m, "QuantizeLinear", "y0,ys,yz", "y1");
    make_node(&m, "DequantizeLinear", "y1,ys,yz", "y2");
    make_node(&m, "Softmax", "y2", "y");
    make_output(&m, "y");
    return make_bytes(&m, len);
}

START_TEST(two_forms)
{
    struct heard heard;
    size_t len[2];
    uint8_t *bytes[2] = { qoperator(&len[0]), qdq(&len[1]) }, image[128];
    struct bl_net *net[2];
    struct bl_ref_out out[2];
    int differ = 0;

    for (int f = 0; f < 2; f++) {
        net[f] = bl_net_from_bytes("form.onnx", bytes[f], len[f], 0, heard_start(&heard));
        ck_assert_msg(net[f] != NULL, "%s", heard.text);
        ck_assert_int_eq(bl_ref_init(&out[f], net[f], &heard.diag), 0);
        free(bytes[f]);
    }
    ck_assert_uint_eq(net[0]->nlayers, net[1]->nlayers);
    ck_assert_int_eq(net[1]->layers[1].wzero[0], 120 - 128);               /* uint8 weights are kept minus 128 */
    ck_assert_ptr_nonnull(strstr(heard.text, "softmax 'y' is left out"));
    for (uint32_t k = 0; k < 50; k++) {
        bl_dataset_made(net[0], 9, k, 10, image);
        for (int f = 0; f < 2; f++)
            bl_reference_run(net[f], image, &out[f]);
        for (int i = 0; i < 5; i++) {
            ck_assert_int_eq(out[0].value[net[0]->output][i], out[1].value[net[1]->output][i]);
            differ += out[0].value[net[0]->output][i] != out[0].value[net[0]->output][0];
        }
    }
    ck_assert_int_gt(differ, 50);                                          /* no constant answer */
    for (int f = 0; f < 2; f++) {
        bl_ref_fini(&out[f]);
        bl_net_free(net[f]);
    }
}
END_TEST

/* Gemm with transB and bias, MatMul with the bias in an Add, QGemm, and Gemm with float constants that run through
 * QuantizeLinear mean the same; the input is real but for QGemm. */
START_TEST(gemm_forms)
{
    static const char *const FORM[4] = { "Gemm", "MatMul", "QGemm", "Gemm, float weights" };
    static const int32_t W[6] = { 10, -20, 30, 40, 50, -60 }, WT[6] = { 10, 40, -20, 50, 30, -60 }, B[2] = { 100, -200 };
    static const float WF[6] = { 5.0f, -10.1f, 15.2f, 19.9f, 25.0f, -30.2f }, BF[2] = { 25.0f, -50.0f };
    static const uint8_t IMAGE[3] = { 20, 31, 47 };
    struct heard heard;

    for (int f = 0; f < 4; f++) {
        struct make m;
        struct bl_ref_out out;
        size_t len;
        make_start(&m);
        make_float(&m, "s", 0.5f);
        make_number(&m, "z", MAKE_U8, 10);
        make_numbers(&m, "w", MAKE_S8, 2, f == 1 ? (int64_t[]){ 3, 2 } : (int64_t[]){ 2, 3 }, f == 1 ? WT : W);
        make_number(&m, "wz", MAKE_S8, 0);
        make_numbers(&m, "b", MAKE_S32, 1, (int64_t[]){ 2 }, B);
        make_float(&m, "bs", 0.25f);
        make_float(&m, "ys", 16.0f);
        make_number(&m, "yz", MAKE_U8, 100);
        make_input(&m, "x", f == 2 ? MAKE_U8 : MAKE_FLOAT, 2, (int64_t[]){ 1, 3 });
        if (f == 3) {
            Onnx__TensorProto *t = make_const(&m, "wf", MAKE_FLOAT, 2, (int64_t[]){ 2, 3 });
            t->n_float_data = 6;
            t->float_data = make_alloc(&m, sizeof WF);
            memcpy(t->float_data, WF, sizeof WF);
            make_floats(&m, "bf", 2, BF);
            make_node(&m, "QuantizeLinear", "x,s,z", "xq");
            make_node(&m, "DequantizeLinear", "xq,s,z", "xr");
            make_node(&m, "QuantizeLinear", "wf,s,wz", "wq");
            make_node(&m, "DequantizeLinear", "wq,s,wz", "wr");
            make_int(&m, make_node(&m, "Gemm", "xr,wr,bf", "y0"), "transB", 1);
            make_node(&m, "QuantizeLinear", "y0,ys,yz", "y");
        } else if (f < 2) {
            make_node(&m, "QuantizeLinear", "x,s,z", "xq");
            make_node(&m, "DequantizeLinear", "xq,s,z", "xr");
            make_node(&m, "DequantizeLinear", "w,s,wz", "wr");
            make_node(&m, "DequantizeLinear", "b,bs", "br");
            if (f == 0) {
                make_int(&m, make_node(&m, "Gemm", "xr,wr,br", "y0"), "transB", 1);
            } else {
                make_node(&m, "MatMul", "xr,wr", "y1");
                make_node(&m, "Add", "br,y1", "y0");
            }
            make_node(&m, "QuantizeLinear", "y0,ys,yz", "y");
        } else {
            make_int(&m, make_node(&m, "QGemm", "x,s,z,w,s,wz,b,ys,yz", "y"), "transB", 1);
        }
        make_output(&m, "y");
        uint8_t *bytes = make_bytes(&m, &len);
        struct bl_net *net = bl_net_from_bytes("g.onnx", bytes, len, 0, heard_start(&heard));
        ck_assert_msg(net != NULL, "%s: %s", FORM[f], heard.text);
        ck_assert_int_eq(bl_ref_init(&out, net, &heard.diag), 0);
        bl_reference_run(net, IMAGE, &out);
        /* x - 10 = 10 21 37: 100 - 420 + 1110 + 100 = 890 -> 13.9; 400 + 1050 - 2220 - 200 = -970 -> -15.2 */
        ck_assert_int_eq(out.value[net->output][0], 114);
        ck_assert_int_eq(out.value[net->output][1], 85);
        bl_ref_fini(&out);
        bl_net_free(net);
        free(bytes);
    }
}
END_TEST

/* Reshape with 0 and -1, Clip as ReLU6, a change of scale, ceil_mode and SAME padding: sizes and clamps. */
START_TEST(odd_ends)
{
    struct heard heard;
    struct make m;
    size_t len;

    make_start(&m);
    make_float(&m, "s", 0.1f);
    make_float(&m, "s2", 0.2f);
    make_number(&m, "z", MAKE_U8, 0);
    make_float(&m, "lo", 0.0f);
    make_float(&m, "hi", 6.0f);
    make_numbers(&m, "shape", MAKE_S64, 1, (int64_t[]){ 3 }, (int32_t[]){ 0, -1, 4 });
    make_input(&m, "x", MAKE_U8, 4, (int64_t[]){ 1, 1, 7, 8 });
    make_node(&m, "DequantizeLinear", "x,s,z", "xr");
    Onnx__NodeProto *pool = make_node(&m, "MaxPool", "xr", "p");
    make_ints(&m, pool, "kernel_shape", 2, 2, 3);
    make_ints(&m, pool, "strides", 2, 2, 2);
    make_int(&m, pool, "ceil_mode", 1);
    make_node(&m, "Clip", "p,lo,hi", "c");
    make_node(&m, "Flatten", "c", "cf");                   /* before its QuantizeLinear */
    make_node(&m, "QuantizeLinear", "cf,s,z", "cq");
    make_node(&m, "DequantizeLinear", "cq,s,z", "cr");
    make_node(&m, "QuantizeLinear", "cr,s2,z", "eq");
    make_node(&m, "DequantizeLinear", "eq,s2,z", "er");
    make_node(&m, "Reshape", "er,shape", "y");
    make_output(&m, "y");
    uint8_t *bytes = make_bytes(&m, &len);
    struct bl_net *net = bl_net_from_bytes("odd.onnx", bytes, len, 0, heard_start(&heard));

    ck_assert_msg(net != NULL, "%s", heard.text);
    static const enum bl_kind KINDS[5] = { BL_MAXPOOL, BL_RELU, BL_RESHAPE, BL_RELU, BL_RESHAPE };
    ck_assert_uint_eq(net->nlayers, 5);
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(net->layers[i].kind, KINDS[i]);
    const struct bl_tensor *p = &net->tensors[net->layers[0].out], *y = &net->tensors[net->output];
    ck_assert_uint_eq(p->h, 4);                            /* ceil((7 - 2) / 2) + 1 */
    ck_assert_uint_eq(p->w, 4);                            /* ceil((8 - 3) / 2) + 1 */
    ck_assert_int_eq(net->layers[1].hi, 60);
    ck_assert(!net->layers[3].relu);
    ck_assert_uint_eq(net->tensors[net->layers[2].out].c, 16);
    ck_assert_uint_eq(y->h * 10 + y->w, 44);
    bl_net_free(net);
    free(bytes);
}
END_TEST

/* ---- the shipped net ---- */

static struct bl_net *fashion(struct heard *heard)
{
    struct bl_net *net = bl_net_load(FASHION, 0, heard_start(heard));

    ck_assert_msg(net != NULL, "%s", heard->text);
    return net;
}

static uint32_t correct(const struct bl_net *net, const struct bl_dataset *set, struct heard *heard)
{
    struct bl_ref_out out;
    uint8_t image[784];
    uint32_t hits = 0;

    ck_assert_int_eq(bl_dataset_fits(set, net, &heard->diag), 0);
    ck_assert_int_eq(bl_ref_init(&out, net, &heard->diag), 0);
    for (uint32_t i = 0; i < set->count; i++) {
        bl_dataset_image(set, net, i, image);
        bl_reference_run(net, image, &out);
        hits += bl_ref_class(&out) == set->labels[i];
    }
    bl_ref_fini(&out);
    return hits;
}

START_TEST(shipped_net)
{
    struct heard heard;
    struct bl_net *net = fashion(&heard);
    struct bl_dataset *set = bl_dataset_open("platforms/nets/fashion100-images.idx3", "platforms/nets/fashion100-labels.idx1", &heard.diag);
    static const struct { const char *name; enum bl_kind kind; uint32_t k, cout; bool relu; } WANT[4] = {
        { "conv1", BL_CONV, 9, 16, true }, { "conv2", BL_CONV, 144, 32, true }, { "flatten", BL_RESHAPE, 0, 0, false }, { "fc", BL_FC, 1568, 10, false },
    };

    ck_assert_uint_eq(net->nlayers, 4);
    for (int i = 0; i < 4; i++) {
        ck_assert_str_eq(net->layers[i].name, WANT[i].name);
        ck_assert_int_eq(net->layers[i].kind, WANT[i].kind);
        ck_assert_uint_eq(net->layers[i].k, WANT[i].k);
        ck_assert_uint_eq(net->layers[i].cout, WANT[i].cout);
        ck_assert_int_eq(net->layers[i].relu, WANT[i].relu);
    }
    ck_assert_msg(set != NULL, "%s", heard.text);
    ck_assert_uint_eq(correct(net, set, &heard), FASHION_FIRST_100);
    bl_dataset_close(set);
    bl_net_free(net);
}
END_TEST

START_TEST(whole_test_set)                                 /* the accuracy that tools/train_fashion.py printed */
{
    struct heard heard;
    struct bl_net *net = fashion(&heard);
    FILE *f = fopen(BL_FASHION_FOLDER "/t10k-labels-idx1-ubyte.gz", "rb");

    if (f) {
        fclose(f);
        struct bl_dataset *set = bl_dataset_open(BL_FASHION_FOLDER "/t10k-images-idx3-ubyte.gz", BL_FASHION_FOLDER "/t10k-labels-idx1-ubyte.gz",
                                                    &heard.diag);
        ck_assert_msg(set != NULL, "%s", heard.text);
        ck_assert_uint_eq(set->count, 10000);
        set->count = (uint32_t)fewer(10000, 100);
        ck_assert_uint_eq(correct(net, set, &heard), fewer(FASHION_ALL, FASHION_FIRST_100));
        bl_dataset_close(set);
    } else {
        SKIP_MISSING("whole_test_set", "package dataset-fashion-mnist is not installed");
    }
    bl_net_free(net);
}
END_TEST

/* ---- refusals ---- */

static void unknown_op(struct make *m) { make_node(m, "LSTM", "xr,wr", "y"); }
static void other_domain(struct make *m) { make_node(m, "Conv", "xr,wr", "y")->domain = make_text(m, "my.ops", 6); }
static void float_weights(struct make *m) { make_floats(m, "fw", 36, (float[36]){ 1.0f }); make_node(m, "Conv", "xr,fw", "y"); }
static void no_producer(struct make *m) { make_node(m, "Conv", "xr,nowhere", "y"); }
static void not_dequantised(struct make *m) { make_node(m, "Conv", "x,wr", "y"); }
static void raw_weights(struct make *m) { make_node(m, "Conv", "xr,w", "y"); }
static void few_inputs(struct make *m) { make_node(m, "Conv", "xr", "y"); }
static void never_quantised(struct make *m) { make_node(m, "Conv", "xr,wr", "y"); }
static void two_outputs(struct make *m) { make_node(m, "MaxPool", "x,", "y,i"); }
static void pool_indices(struct make *m) { make_node(m, "MaxPool", "xr", "y,i"); }
static void channels(struct make *m) { make_int(m, make_node(m, "Conv", "xr,wr", "y"), "group", 3); }
static void strides(struct make *m) { make_ints(m, make_node(m, "Conv", "xr,wr", "y"), "strides", 1, 2); }
static void zero_stride(struct make *m) { make_ints(m, make_node(m, "Conv", "xr,wr", "y"), "strides", 2, 0, 1); }
static void big_kernel(struct make *m) { make_ints(m, make_node(m, "MaxPool", "xr", "y"), "kernel_shape", 2, 9, 9); }
static void no_kernel(struct make *m) { make_node(m, "MaxPool", "xr", "y"); }
static void zero_scale(struct make *m) { make_float(m, "s0", 0.0f); make_node(m, "DequantizeLinear", "x,s0,z", "y"); }
static void two_scales(struct make *m) { make_float(m, "s9", 9.0f); make_node(m, "DequantizeLinear", "x,s9,z", "y"); }
static void wide_zero(struct make *m) { make_number(m, "z32", MAKE_S32, 0); make_node(m, "Conv", "xr,wr", "c"); make_node(m, "QuantizeLinear", "c,s,z32", "y"); }
static void twice(struct make *m)
{
    make_node(m, "Conv", "xr,wr", "c");
    make_node(m, "Relu", "c", "r");
    make_node(m, "QuantizeLinear", "c,s,z", "y");
}
static void defined_twice(struct make *m) { make_node(m, "Identity", "x", "y"); make_node(m, "Identity", "x", "y"); }
static void bad_clip(struct make *m) { make_float(m, "m1", -1.0f); make_node(m, "Clip", "xr,m1,s", "y"); }
static void bad_shape(struct make *m) { make_numbers(m, "sh", MAKE_S64, 1, (int64_t[]){ 2 }, (int32_t[]){ 1, 99 }); make_node(m, "Reshape", "xr,sh", "y"); }
static void bad_bias(struct make *m) { make_floats(m, "fb", 3, (float[3]){ 0 }); make_node(m, "Conv", "xr,wr,fb", "y"); }
static void bias_scale(struct make *m)
{
    make_numbers(m, "ib", MAKE_S32, 1, (int64_t[]){ 2 }, (int32_t[]){ 1, 2 });
    make_node(m, "DequantizeLinear", "ib,s", "br");
    make_node(m, "Conv", "xr,wr,br", "y");
}
static void inner_softmax(struct make *m) { make_node(m, "Softmax", "xr", "p"); make_node(m, "Relu", "p", "y"); }
static void second_input(struct make *m) { make_input(m, "x2", MAKE_U8, 1, (int64_t[]){ 3 }); make_node(m, "Identity", "x", "y"); }
static void external(struct make *m)
{
    Onnx__TensorProto *t = make_const(m, "ew", MAKE_S8, 4, (int64_t[]){ 2, 2, 3, 3 });
    t->has_data_location = 1;
    t->data_location = ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL;
    make_node(m, "QLinearConv", "x,s,z,ew,s,wz,s,z", "y");
}
static void cut_weights(struct make *m) { m->consts[2]->raw_data.len = 35; make_node(m, "QLinearConv", "x,s,z,w,s,wz,s,z", "y"); }
static void huge_sum(struct make *m)
{
    make_numbers(m, "hb", MAKE_S32, 1, (int64_t[]){ 2 }, (int32_t[]){ INT32_MAX, 0 });
    make_node(m, "QLinearConv", "x,s,z,w,s,wz,s,z,hb", "y");
}

static const struct { void (*add)(struct make *); const char *says; } BAD[] = {
    { unknown_op, "bad.onnx: node 'y' (LSTM): the operator is not supported" }, { other_domain, "of domain my.ops is not supported" },
    { float_weights, "the weights 'fw' are float; expected a quantised model" }, { no_producer, "('nowhere') is made by no earlier node" },
    { not_dequantised, "node 'y' (Conv): input 'x' is not quantised" }, { raw_weights, "no constant quantised weights in input 'w'" },
    { few_inputs, "found 1 inputs and 1 outputs, expected 2 to 3" }, { never_quantised, "its output is never quantised" },
    { two_outputs, "found 2 inputs" }, { pool_indices, "a second output ('i')" }, { channels, "found 2 input channels, weights for 2 in each of 3 groups" },
    { strides, "attribute 'strides': found 1 numbers, expected 2" }, { zero_stride, "attribute 'strides': found 0, expected 1 to" },
    { big_kernel, "the window 9 x 9 is larger" }, { no_kernel, "'kernel_shape' is missing" }, { zero_scale, "found scale 0, expected a positive" },
    { two_scales, "which was quantised with 0.1" }, { wide_zero, "zero point of ONNX type 6" }, { twice, "used twice before" },
    { defined_twice, "already made" }, { bad_clip, "found a clip to -1" }, { bad_shape, "not the 72 elements" },
    { bad_bias, "found 3 biases" }, { bias_scale, "found bias scale 0.1, expected 0.01" }, { inner_softmax, "is not quantised" },
    { second_input, "found inputs 'x' and 'x2' without values" }, { external, "the constant 'ew' (ONNX type 3) holds no data" }, { cut_weights, "the constant 'w' (ONNX type 3) holds no data" },
    { huge_sum, "may exceed a 32-bit sum" },
};

START_TEST(refused)
{
    struct make m;
    struct heard heard;
    int32_t w[36] = { 1, 2, 3 };
    size_t len;

    make_start(&m);
    make_float(&m, "s", 0.1f);
    make_number(&m, "z", MAKE_U8, 0);
    make_numbers(&m, "w", MAKE_S8, 4, (int64_t[]){ 2, 2, 3, 3 }, w);
    make_number(&m, "wz", MAKE_S8, 0);
    make_input(&m, "x", MAKE_U8, 4, (int64_t[]){ 1, 2, 6, 6 });
    make_node(&m, "DequantizeLinear", "x,s,z", "xr");
    make_node(&m, "DequantizeLinear", "w,s,wz", "wr");
    BAD[_i].add(&m);
    make_output(&m, "y");
    uint8_t *bytes = make_bytes(&m, &len);
    ck_assert_ptr_null(bl_net_from_bytes("bad.onnx", bytes, len, 0, heard_start(&heard)));
    ck_assert_msg(strstr(heard.text, BAD[_i].says) != NULL, "wanted '%s', got '%s'", BAD[_i].says, heard.text);
    ck_assert_msg(!strncmp(heard.text, "bad.onnx: ", 10), "no file named: %s", heard.text);
    free(bytes);
}
END_TEST

START_TEST(not_onnx)
{
    struct heard heard;

    ck_assert_ptr_null(bl_net_from_bytes("a.onnx", "", 0, 0, heard_start(&heard)));
    ck_assert_str_eq(heard.text, "a.onnx: found no ONNX model (a protobuf message with a graph of nodes)");
    ck_assert_ptr_null(bl_net_from_bytes("a.onnx", "name,type,Cin\n", 14, 0, heard_start(&heard)));
    ck_assert_uint_eq(heard.diag.errors, 1);
}
END_TEST

static const char *const SHAPES[] = { "alexnet", "mobilenetv2", "resnet18" };

START_TEST(float_models)
{
    char path[128];
    struct heard heard;

    snprintf(path, sizeof path, "../shared/data/onnx_shapes/%s.onnx", SHAPES[_i]);
    FILE *f = fopen(path, "rb");
    if (!f) {
        SKIP_DATA(SHAPES[_i]);
        return;
    }
    fclose(f);
    ck_assert_ptr_null(bl_net_load(path, 0, heard_start(&heard)));
    ck_assert_msg(strstr(heard.text, "(Conv): input '") && strstr(heard.text, "float input of the graph; expected a quantised model"), "%s", heard.text);
}
END_TEST

/* Cut anywhere or with bytes changed, a model is read or refused, never a crash. */
START_TEST(mangled)
{
    struct heard heard;
    size_t len;
    uint8_t *bytes = _i == 0 ? qoperator(&len) : _i == 1 ? qdq(&len) : bl_read_all(FASHION, &len, heard_start(&heard));

    ck_assert_ptr_nonnull(bytes);
    for (size_t n = 0; n < len; n += 1 + len / (size_t)fewer(1500, 300)) {
        uint8_t *copy = malloc(n + 1);
        memcpy(copy, bytes, n);
        bl_net_free(bl_net_from_bytes("m.onnx", copy, n, 0, heard_start(&heard)));
        free(copy);
    }
    for (uint64_t i = 0; i < (uint64_t)fewer(4000, 600); i++) {
        uint64_t d = bl_draw(17, i), many = 1 + (d & 3);
        uint8_t old[4];
        size_t at[4];
        for (uint64_t k = 0; k < many; k++) {
            at[k] = (size_t)(bl_draw(d, k) % len);
            old[k] = bytes[at[k]];
            bytes[at[k]] = (uint8_t)(bl_draw(d, k) >> 48);
        }
        bl_net_free(bl_net_from_bytes("m.onnx", bytes, len, 0, heard_start(&heard)));
        for (uint64_t k = many; k-- > 0;)
            bytes[at[k]] = old[k];
    }
    free(bytes);
}
END_TEST

Suite *suite_onnx(void)
{
    Suite *s = suite_create("onnx");
    TCase *c = tcase_create("all");

    tcase_add_loop_test(c, standard, 0, sizeof STANDARD / sizeof *STANDARD);
    tcase_add_test(c, two_forms);
    tcase_add_test(c, gemm_forms);
    tcase_add_test(c, odd_ends);
    tcase_add_test(c, shipped_net);
    tcase_add_test(c, whole_test_set);
    tcase_add_loop_test(c, refused, 0, sizeof BAD / sizeof *BAD);
    tcase_add_test(c, not_onnx);
    tcase_add_loop_test(c, float_models, 0, sizeof SHAPES / sizeof *SHAPES);
    tcase_add_loop_test(c, mangled, 0, 3);
    tcase_set_timeout(c, 120);
    suite_add_tcase(s, c);
    return s;
}
