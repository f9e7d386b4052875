/* test_onnx_forms.c - the ONNX reader: nets written by hand that mean the same in two forms, QDQ and QOperator; sizes and clamps;
 * both forms and the shipped net, mangled. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "platforms/file/io.h"
#include "platforms/net/dataset.h"
#include "platforms/net/draw.h"
#include "platforms/net/reference.h"
#include "tests/rigs/effort.h"
#include "tests/rigs/heard.h"
#include "tests/rigs/onnx_make.h"

Suite *suite_onnx_forms(void);

#define FASHION "platforms/nets/fashion_cnn.onnx"

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
    make_number(m, "az", MAKE_S8, -4);                     /* even: QLinearAdd rounds with it, Add and QuantizeLinear without */
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
    ck_assert_uint_eq(net[0]->nlayers + 2, net[1]->nlayers);               /* real values, then softmax */
    uint32_t last[2] = { net[0]->output, net[1]->layers[net[0]->nlayers - 1].out };
    ck_assert_int_eq(net[1]->layers[1].wzero[0], 120 - 128);               /* uint8 weights are kept minus 128 */
    for (uint32_t k = 0; k < 50; k++) {
        bl_dataset_made(net[0], 9, k, 10, image);
        for (int f = 0; f < 2; f++)
            bl_reference_run(net[f], image, &out[f]);
        for (int i = 0; i < 5; i++) {
            ck_assert_int_eq(out[0].value[last[0]][i], out[1].value[last[1]][i]);
            differ += out[0].value[last[0]][i] != out[0].value[last[0]][0];
        }
        const float *p = out[1].real[net[1]->output];
        float sum = p[0] + p[1] + p[2] + p[3] + p[4];
        ck_assert(sum > 0.999f && sum < 1.001f);
        ck_assert_uint_eq(bl_ref_class(&out[0]), bl_ref_class(&out[1]));
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
enum gemm_form { GEMM, MATMUL, QGEMM, GEMM_OF_REALS, GEMM_FORMS };

/* The constants of all forms: codes of weights (those of MatMul transposed) and bias, and their scales. */
static void gemm_constants(struct make *m, enum gemm_form f)
{
    static const int32_t W[6] = { 10, -20, 30, 40, 50, -60 }, WT[6] = { 10, 40, -20, 50, 30, -60 }, B[2] = { 100, -200 };

    make_start(m);
    make_float(m, "s", 0.5f);
    make_number(m, "z", MAKE_U8, 10);
    make_numbers(m, "w", MAKE_S8, 2, f == MATMUL ? (int64_t[]){ 3, 2 } : (int64_t[]){ 2, 3 }, f == MATMUL ? WT : W);
    make_number(m, "wz", MAKE_S8, 0);
    make_numbers(m, "b", MAKE_S32, 1, (int64_t[]){ 2 }, B);
    make_float(m, "bs", 0.25f);
    make_float(m, "ys", 16.0f);
    make_number(m, "yz", MAKE_U8, 100);
    make_input(m, "x", f == QGEMM ? MAKE_U8 : MAKE_FLOAT, 2, (int64_t[]){ 1, 3 });
}

static void gemm_of_reals(struct make *m)
{
    static const float WF[6] = { 5.0f, -10.1f, 15.2f, 19.9f, 25.0f, -30.2f }, BF[2] = { 25.0f, -50.0f };
    Onnx__TensorProto *t = make_const(m, "wf", MAKE_FLOAT, 2, (int64_t[]){ 2, 3 });

    t->n_float_data = 6;
    t->float_data = make_alloc(m, sizeof WF);
    memcpy(t->float_data, WF, sizeof WF);
    make_floats(m, "bf", 2, BF);
    make_node(m, "QuantizeLinear", "wf,s,wz", "wq");
    make_node(m, "DequantizeLinear", "wq,s,wz", "wr");
    make_int(m, make_node(m, "Gemm", "xr,wr,bf", "y0"), "transB", 1);
}

static void gemm_of_codes(struct make *m, enum gemm_form f)
{
    make_node(m, "DequantizeLinear", "w,s,wz", "wr");
    make_node(m, "DequantizeLinear", "b,bs", "br");
    if (f == GEMM) {
        make_int(m, make_node(m, "Gemm", "xr,wr,br", "y0"), "transB", 1);
    } else {
        make_node(m, "MatMul", "xr,wr", "y1");
        make_node(m, "Add", "br,y1", "y0");
    }
}

static void gemm_nodes(struct make *m, enum gemm_form f)
{
    if (f == QGEMM) {
        make_int(m, make_node(m, "QGemm", "x,s,z,w,s,wz,b,ys,yz", "y"), "transB", 1);
        return;
    }
    make_node(m, "QuantizeLinear", "x,s,z", "xq");
    make_node(m, "DequantizeLinear", "xq,s,z", "xr");
    if (f == GEMM_OF_REALS)
        gemm_of_reals(m);
    else
        gemm_of_codes(m, f);
    make_node(m, "QuantizeLinear", "y0,ys,yz", "y");
}

START_TEST(gemm_forms)
{
    static const char *const FORM[GEMM_FORMS] = { "Gemm", "MatMul", "QGemm", "Gemm, float weights" };
    static const uint8_t IMAGE[3] = { 20, 31, 47 };
    struct bl_ref_out out;
    struct heard heard;
    struct make m;
    size_t len;

    gemm_constants(&m, (enum gemm_form)_i);
    gemm_nodes(&m, (enum gemm_form)_i);
    make_output(&m, "y");
    uint8_t *bytes = make_bytes(&m, &len);
    struct bl_net *net = bl_net_from_bytes("g.onnx", bytes, len, 0, heard_start(&heard));
    ck_assert_msg(net != NULL, "%s: %s", FORM[_i], heard.text);
    ck_assert_int_eq(bl_ref_init(&out, net, &heard.diag), 0);
    bl_reference_run(net, IMAGE, &out);
    /* x - 10 = 10 21 37: 100 - 420 + 1110 + 100 = 890 -> 13.9; 400 + 1050 - 2220 - 200 = -970 -> -15.2 */
    ck_assert_int_eq(out.value[net->output][0], 114);
    ck_assert_int_eq(out.value[net->output][1], 85);
    bl_ref_fini(&out);
    bl_net_free(net);
    free(bytes);
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
    static const enum bl_kind KINDS[5] = { BL_MAXPOOL, BL_RESHAPE, BL_LUT, BL_LUT, BL_RESHAPE };
    ck_assert_uint_eq(net->nlayers, 5);
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(net->layers[i].kind, KINDS[i]);
    const struct bl_tensor *p = &net->tensors[net->layers[0].out], *y = &net->tensors[net->output];
    ck_assert_uint_eq(p->h, 4);                            /* ceil((7 - 2) / 2) + 1 */
    ck_assert_uint_eq(p->w, 4);                            /* ceil((8 - 3) / 2) + 1 */
    ck_assert_uint_eq(net->layers[2].lut[59], 59);
    ck_assert_uint_eq(net->layers[2].lut[70], 60);
    ck_assert_uint_eq(net->layers[3].lut[40], 20);
    ck_assert_uint_eq(net->tensors[net->layers[1].out].c, 16);
    ck_assert_uint_eq(y->h * 10 + y->w, 44);
    bl_net_free(net);
    free(bytes);
}
END_TEST

/* QONNX: x .25 of scale .1 and zero point 1 is 3.5, a half to even: 4, so .3; weights of 4 bits, narrow (-.9 is -7), and of one bit. */
START_TEST(qonnx)
{
    static const float IN[4] = { 0.25f, 0.26f, -0.9f, 0.1f }, W[4] = { 0.26f, -0.9f, 0.0f, -0.1f };
    struct heard heard;

    for (int form = 0; form < 2; form++) {         /* 4-bit weights, then bipolar ones; the float input is rounded first */
        struct make m;
        struct bl_ref_out out;
        size_t len;
        make_start(&m);
        make_float(&m, "s", 0.1f);
        make_float(&m, "z", 0.0f);
        make_float(&m, "z1", 1.0f);
        make_float(&m, "four", 4.0f);
        make_float(&m, "eight", 8.0f);
        make_float(&m, "third", 0.3f);
        Onnx__TensorProto *t = make_const(&m, "w", MAKE_FLOAT, 2, (int64_t[]){ 4, 1 });
        t->n_float_data = 4;
        t->float_data = make_alloc(&m, sizeof W);
        memcpy(t->float_data, W, sizeof W);
        make_input(&m, "x", MAKE_FLOAT, 2, (int64_t[]){ 1, 4 });
        make_node(&m, "Quant", "x,s,z1,eight", "xq")->domain = make_text(&m, "qonnx.custom_op.general", 23);
        if (form == 0)
            make_node(&m, "Quant", "w,s,z,four", "wq")->domain = make_text(&m, "qonnx.custom_op.general", 23);
        else
            make_node(&m, "BipolarQuant", "w,third", "wq")->domain = make_text(&m, "onnx.brevitas", 13);
        make_node(&m, "MatMul", "xq,wq", "y");
        make_output(&m, "y");
        uint8_t *bytes = make_bytes(&m, &len);
        struct bl_net *net = bl_net_from_bytes("q.onnx", bytes, len, 0, heard_start(&heard));
        ck_assert_msg(net != NULL, "%s", heard.text);
        ck_assert_int_eq(bl_ref_init(&out, net, &heard.diag), 0);
        bl_reference_run(net, (const uint8_t *)IN, &out);
        const struct bl_layer *fc = &net->layers[net->nlayers - 1];
        ck_assert_int_eq(fc->kind, BL_FC);
        ck_assert_int_eq(out.value[fc->in[0]][0], 4);                      /* .25 / .1 + 1 */
        ck_assert_int_eq(out.value[fc->in[0]][2], -8);
        ck_assert_int_eq(fc->weight[0], form ? 1 : 3);
        ck_assert_int_eq(fc->weight[1], form ? -1 : -7);
        ck_assert_int_eq(fc->weight[2], form ? 1 : 0);
        float y = out.real[net->output][0], want = form ? 0.3f * 0.3f - 0.3f * 0.3f - 0.9f * 0.3f - 0.1f * 0.3f : 0.3f * 0.3f - 0.3f * 0.7f - 0.1f * 0.1f;
        ck_assert_msg(y > want - 1e-6f && y < want + 1e-6f, "got %g, wanted %g", (double)y, (double)want);
        bl_ref_fini(&out);
        bl_net_free(net);
        free(bytes);
    }
}
END_TEST

/* ---- any bytes ---- */

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

Suite *suite_onnx_forms(void)
{
    Suite *s = suite_create("onnx_forms");
    TCase *c = tcase_create("all");

    tcase_add_test(c, two_forms);
    tcase_add_loop_test(c, gemm_forms, 0, GEMM_FORMS);
    tcase_add_test(c, odd_ends);
    tcase_add_test(c, qonnx);
    tcase_add_loop_test(c, mangled, 0, 3);
    tcase_set_timeout(c, 120);
    suite_add_tcase(s, c);
    return s;
}
