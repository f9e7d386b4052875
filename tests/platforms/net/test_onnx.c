/* test_onnx.c - the ONNX reader: the standard's own cases, the shipped net, refusals. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platforms/net/dataset.h"
#include "platforms/file/io.h"
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
static void two_outputs(struct make *m) { make_node(m, "MaxPool", "x,", "y,i"); }
static void pool_indices(struct make *m) { make_node(m, "MaxPool", "xr", "y,i"); }
static void channels(struct make *m) { make_int(m, make_node(m, "Conv", "xr,wr", "y"), "group", 3); }
static void strides(struct make *m) { make_ints(m, make_node(m, "Conv", "xr,wr", "y"), "strides", 1, 2); }
static void zero_stride(struct make *m) { make_ints(m, make_node(m, "Conv", "xr,wr", "y"), "strides", 2, 0, 1); }
static void big_kernel(struct make *m) { make_ints(m, make_node(m, "MaxPool", "xr", "y"), "kernel_shape", 2, 9, 9); }
static void no_kernel(struct make *m) { make_node(m, "MaxPool", "xr", "y"); }
static void zero_scale(struct make *m) { make_float(m, "s0", 0.0f); make_node(m, "DequantizeLinear", "x,s0,z", "y"); }
static void wide_zero(struct make *m) { make_number(m, "z32", MAKE_S32, 0); make_node(m, "Conv", "xr,wr", "c"); make_node(m, "QuantizeLinear", "c,s,z32", "y"); }
static void defined_twice(struct make *m) { make_node(m, "Identity", "x", "y"); make_node(m, "Identity", "x", "y"); }
static void unknown_attribute(struct make *m) { make_int(m, make_node(m, "Conv", "xr,wr", "y"), "channels_last", 1); }
static void other_type(struct make *m) { make_float(m, "f", 1.0f); make_ints(m, make_node(m, "Conv", "xr,wr", "y"), "group", 1, 1); }
static void other_value(struct make *m)
{
    make_numbers(m, "sh", MAKE_S64, 1, (int64_t[]){ 2 }, (int32_t[]){ 1, 72 });
    make_int(m, make_node(m, "Reshape", "xr,sh", "y"), "allowzero", 1);
}
static void absorbed_attribute(struct make *m)             /* of a node that becomes part of the layer before */
{
    make_node(m, "Conv", "xr,wr", "c");
    make_int(m, make_node(m, "Relu", "c", "r"), "alpha", 1);
    make_node(m, "QuantizeLinear", "r,s,z", "y");
}
static void wide(struct make *m) { make_number(m, "z16", 4, 0); make_node(m, "QuantizeLinear", "xr,s,z16", "y"); }
static void other_zero(struct make *m) { make_number(m, "z8", MAKE_S8, 0); make_node(m, "DequantizeLinear", "x,s,z8", "y"); }
static void scale_vector(struct make *m) { make_floats(m, "s2", 2, (float[2]){ 1, 2 }); make_node(m, "DequantizeLinear", "x,s2", "y"); }
static void weight_zero(struct make *m) { make_number(m, "zu", MAKE_U8, 0); make_node(m, "DequantizeLinear", "w,s,zu", "y"); }
static void weight_axis(struct make *m)
{
    make_floats(m, "s2", 2, (float[2]){ 1, 2 });
    make_int(m, make_node(m, "DequantizeLinear", "w,s2", "y"), "axis", -5);
}
static void no_broadcast(struct make *m) { make_floats(m, "b5", 5, (float[5]){ 1 }); make_node(m, "Add", "xr,b5", "y"); }
static void bare_sums(struct make *m) { make_node(m, "ConvInteger", "x,w", "y"); }
static void sums_read(struct make *m) { make_node(m, "ConvInteger", "x,w", "c"); make_node(m, "Relu", "c", "y"); }
static void no_outputs(struct make *m)                     /* of a node that would become part of the layer before */
{
    make_float(m, "k", 0.5f);
    make_node(m, "ConvInteger", "x,w", "c");
    make_int(m, make_node(m, "Cast", "c", "r"), "to", 1);
    make_node(m, "Mul", "r,k", "y")->n_output = 0;
}
static void optimised(struct make *m) { make_node(m, "FusedConv", "xr,wr", "y"); }
static void bad_shape(struct make *m) { make_numbers(m, "sh", MAKE_S64, 1, (int64_t[]){ 2 }, (int32_t[]){ 1, 99 }); make_node(m, "Reshape", "xr,sh", "y"); }
static void bad_bias(struct make *m) { make_floats(m, "fb", 3, (float[3]){ 0 }); make_node(m, "Conv", "xr,wr,fb", "y"); }
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
    { float_weights, "weights of rank 1" }, { no_producer, "('nowhere') is made by no earlier node" },
    { not_dequantised, "node 'y' (Conv): input 'x' is not dequantised" }, { raw_weights, "the weights 'w' are integers (ONNX type 3) without a DequantizeLinear" },
    { few_inputs, "found 1 inputs and 1 outputs, expected 2 to 3" },
    { two_outputs, "found 2 inputs" }, { pool_indices, "a second output ('i')" }, { channels, "found 2 input channels, weights for 2 in each of 3 groups" },
    { strides, "attribute 'strides': found 1 numbers, expected 2" }, { zero_stride, "attribute 'strides': found 0, expected 1 to" },
    { big_kernel, "the window 9 x 9 is larger" }, { no_kernel, "'kernel_shape' is missing" }, { zero_scale, "found scale 0, expected a positive" },
    { wide_zero, "zero point of ONNX type 6" }, { unknown_attribute, "attribute 'channels_last' is not implemented" },
    { other_type, "attribute 'group' is of another type" }, { other_value, "attribute 'allowzero': found 1, only 0" },
    { absorbed_attribute, "attribute 'alpha' is not implemented" }, { wide, "16-bit activations are not supported" },
    { other_zero, "the zero point's type is not that of 'x'" }, { scale_vector, "found a vector of scales for activations" },
    { weight_zero, "the constant 'w' is of ONNX type 3, its zero point of type 2" }, { weight_axis, "found axis -5 for a constant of rank 4" },
    { no_broadcast, "found 6 and 5 elements along dimension 1 from the right" }, { bare_sums, "output 'y' are 32-bit sums; expected a Cast" },
    { sums_read, "input 'c' are the 32-bit sums of an integer product; expected a Cast" }, { optimised, "export with graph optimisation off" },
    { no_outputs, "(Mul): found 2 inputs and 0 outputs" }, { defined_twice, "already made" }, { bad_shape, "not the 72 elements" },
    { bad_bias, "found 3 biases" },
    { second_input, "input 'x2' is read by no node, and the graph has 2 inputs without values: 'x', 'x2'; remove it" }, { external, "the constant 'ew' (ONNX type 3) holds no data" }, { cut_weights, "the constant 'w' (ONNX type 3) holds no data" },
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
    ck_assert_msg(strstr(heard.text, "(Conv) on: a float model; expected a quantised one"), "%s", heard.text);
}
END_TEST

Suite *suite_onnx(void)
{
    Suite *s = suite_create("onnx");
    TCase *c = tcase_create("all");

    tcase_add_loop_test(c, standard, 0, sizeof STANDARD / sizeof *STANDARD);
    tcase_add_test(c, shipped_net);
    tcase_add_test(c, whole_test_set);
    tcase_add_loop_test(c, refused, 0, sizeof BAD / sizeof *BAD);
    tcase_add_test(c, not_onnx);
    tcase_add_loop_test(c, float_models, 0, sizeof SHAPES / sizeof *SHAPES);
    tcase_set_timeout(c, 120);
    suite_add_tcase(s, c);
    return s;
}
