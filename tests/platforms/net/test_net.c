/* test_net.c - nets built by hand grow as far as they must; files are told apart by their suffix. */
#include "platforms/net/net.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/rigs/heard.h"

Suite *suite_net(void);

START_TEST(grows)                                          /* far more tensors and layers than any first capacity */
{
    struct bl_net *net = bl_net_new("long");
    struct bl_tensor t = { .name = "t", .c = 3, .h = 1, .w = 1, .scale = 1.0f };
    struct heard heard;

    bl_net_tensor(net, &t);
    for (uint32_t i = 0; i < 1000; i++) {
        struct bl_layer l = { .name = "l", .kind = BL_RELU, .in = { i, i }, .out = i + 1 };
        ck_assert_int_eq(bl_net_tensor(net, &t), i + 1);
        ck_assert_int_eq(bl_net_layer(net, &l), i);
    }
    net->output = 1000;
    ck_assert_int_eq(bl_net_finish(net, heard_start(&heard)), 0);
    bl_net_free(net);
    bl_net_free(NULL);
}
END_TEST

START_TEST(suffixes)
{
    struct heard heard;

    ck_assert_ptr_null(bl_net_load("net.txt", 1, heard_start(&heard)));
    ck_assert_str_eq(heard.text, "net.txt: found another suffix, expected .onnx (quantised ONNX), .tflite (quantised TensorFlow Lite) or .csv (layer table)");
    ck_assert_ptr_null(bl_net_load("no/such.onnx", 1, heard_start(&heard)));
    ck_assert_ptr_nonnull(strstr(heard.text, "no/such.onnx: "));
}
END_TEST

Suite *suite_net(void)
{
    Suite *s = suite_create("net");
    TCase *c = tcase_create("all");

    tcase_add_test(c, grows);
    tcase_add_test(c, suffixes);
    suite_add_tcase(s, c);
    return s;
}
