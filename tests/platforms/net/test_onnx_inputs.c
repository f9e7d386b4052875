/* test_onnx_inputs.c - onnx.c: graphs with several inputs, integers and real values; what is refused of them. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "platforms/net/dataset.h"
#include "platforms/net/reference.h"
#include "tests/rigs/heard.h"
#include "tests/rigs/onnx_make.h"

Suite *suite_onnx_inputs(void);

static void start(struct make *m)
{
    make_start(m);
    make_float(m, "sa", 0.5f);
    make_number(m, "za", MAKE_U8, 10);
    make_float(m, "sb", 0.25f);
    make_number(m, "zb", MAKE_S8, -4);
    make_float(m, "sy", 1.0f);
    make_number(m, "zy", MAKE_U8, 100);
}

static struct bl_net *read_it(struct make *m, struct heard *h)
{
    size_t len;

    make_output(m, "y");
    uint8_t *bytes = make_bytes(m, &len);
    struct bl_net *net = bl_net_from_bytes("two.onnx", bytes, len, 0, heard_start(h));
    free(bytes);
    return net;
}

/* a of uint8, b of int8, each behind its DequantizeLinear; or both of float32 with a QuantizeLinear first; or one of each. */
static struct bl_net *two_inputs(int which, struct heard *h)
{
    struct make m;
    bool real_a = which == 1 || which == 2, real_b = which == 1;

    start(&m);
    make_input(&m, "a", real_a ? MAKE_FLOAT : MAKE_U8, 2, (int64_t[]){ 1, 4 });
    make_input(&m, "b", real_b ? MAKE_FLOAT : MAKE_S8, 2, (int64_t[]){ 1, 4 });
    if (real_a)
        make_node(&m, "QuantizeLinear", "a,sa,za", "qa");
    if (real_b)
        make_node(&m, "QuantizeLinear", "b,sb,zb", "qb");
    make_node(&m, "DequantizeLinear", real_a ? "qa,sa,za" : "a,sa,za", "da");
    make_node(&m, "DequantizeLinear", real_b ? "qb,sb,zb" : "b,sb,zb", "db");
    make_node(&m, "Add", "da,db", "s");
    make_node(&m, "QuantizeLinear", "s,sy,zy", "y");
    return read_it(&m, h);
}

/* (qa - 10) 0.5 + (qb + 4) 0.25, halves to even, + 100. */
START_TEST(adds)
{
    static const uint8_t CODES[8] = { 10, 13, 255, 0, (uint8_t)-4, 2, 127, (uint8_t)-128 };
    static const int WANT[4] = { 100, 103, 255, 64 };      /* 0, 1.5 + 1.5, 122.5 + 32.75, -5 - 31 */
    struct heard h;
    struct bl_ref_out out;
    struct bl_net *net = two_inputs(_i, &h);

    ck_assert_msg(net != NULL, "%s", h.text);
    ck_assert_uint_eq(net->ninputs, 2);
    ck_assert_str_eq(net->tensors[net->input].name, "a");
    ck_assert_str_eq(net->tensors[net->input + 1].name, "b");
    ck_assert_int_eq(net->raw_input, _i == 0);
    ck_assert_uint_eq(bl_net_input_bytes(net), 8);
    ck_assert_int_eq(bl_ref_init(&out, net, &h.diag), 0);
    ck_assert_int_eq(bl_reference_run(net, CODES, &out), 0);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(out.value[net->output][i], WANT[i]);
    bl_ref_fini(&out);
    bl_net_free(net);
}
END_TEST

static void unread(struct make *m)
{
    make_input(m, "a", MAKE_U8, 2, (int64_t[]){ 1, 4 });
    make_input(m, "b", MAKE_U8, 2, (int64_t[]){ 1, 4 });
    make_node(m, "DequantizeLinear", "a,sa,za", "y");
}

static void twice(struct make *m)
{
    make_input(m, "a", MAKE_U8, 2, (int64_t[]){ 1, 4 });
    make_input(m, "a", MAKE_U8, 2, (int64_t[]){ 1, 4 });
    make_node(m, "DequantizeLinear", "a,sa,za", "y");
}

/* Weights that are an input, since their values were taken out. */
static void stripped(struct make *m)
{
    make_input(m, "a", MAKE_U8, 4, (int64_t[]){ 1, 2, 4, 4 });
    make_input(m, "w", MAKE_S8, 4, (int64_t[]){ 3, 2, 3, 3 });
    make_node(m, "QLinearConv", "a,sa,za,w,sb,zb,sy,zy", "y");
}

static const struct { void (*add)(struct make *); const char *says; } BAD[] = {
    { unread, "two.onnx: input 'b' is read by no node, and the graph has 2 inputs without values: 'a', 'b'; remove it" },
    { twice, "two.onnx: input 'a' is there twice" }, { stripped, "node 'y' (QLinearConv): found no constant weights, scale and zero point in inputs 3 to 5" },
};

START_TEST(bad)
{
    struct make m;
    struct heard h;

    start(&m);
    BAD[_i].add(&m);
    ck_assert_ptr_null(read_it(&m, &h));
    ck_assert_msg(strstr(h.text, BAD[_i].says) != NULL, "wanted '%s', got '%s'", BAD[_i].says, h.text);
}
END_TEST

Suite *suite_onnx_inputs(void)
{
    Suite *s = suite_create("onnx_inputs");
    TCase *c = tcase_create("all");

    tcase_add_loop_test(c, adds, 0, 3);
    tcase_add_loop_test(c, bad, 0, 3);
    suite_add_tcase(s, c);
    return s;
}
