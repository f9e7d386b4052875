/* test_net_finish.c - every refusal of bl_net_finish, and what it accepts. */
#include "platforms/net/net.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/rigs/heard.h"

Suite *suite_net_finish(void);

/* A good convolution 2 x 6 x 6 -> 4 x 4 x 4, which each case then spoils. */
struct one {
    struct bl_net *net;
    struct bl_layer *l;
    struct bl_tensor *x, *y;
};

static struct one start(void)
{
    struct bl_net *net = bl_net_new("dir/one.onnx");
    struct bl_tensor x = { .name = "x", .c = 2, .h = 6, .w = 6, .scale = 0.5f }, y = { .name = "y", .c = 4, .h = 4, .w = 4, .scale = 0.25f, .zero = 3 };
    struct bl_layer l = { .name = "conv", .kind = BL_CONV, .kh = 3, .kw = 3, .out = 1 };

    bl_net_tensor(net, &x);
    bl_net_tensor(net, &y);
    ck_assert_int_eq(bl_net_weights(net, &l, 4, 18), 0);
    for (int i = 0; i < 72; i++)
        l.weight[i] = (int8_t)(i - 36);
    bl_net_layer(net, &l);
    net->output = 1;
    return (struct one){ net, &net->layers[0], &net->tensors[0], &net->tensors[1] };
}

static void zero_channels(struct one *o) { o->x->c = 0; }
static void huge(struct one *o) { o->x->c = 1u << 20; o->x->h = 1u << 20; }
static void no_scale(struct one *o) { o->x->scale = 0.0f; }
static void nan_scale(struct one *o) { o->x->scale = 0.0f / 0.0f; }
static void far_zero(struct one *o) { o->x->zero = 256; }
static void s8_zero(struct one *o) { o->y->dtype = BL_S8; o->y->zero = -129; }
static void too_large(struct one *o) { o->y->h = 5; }
static void wide_kernel(struct one *o) { o->l->kh = 9; o->l->kw = 1; }
static void no_stride(struct one *o) { o->l->stride_h = 0; }
static void odd_groups(struct one *o) { o->l->groups = 3; }
static void bad_k(struct one *o) { o->l->k = 17; }
static void bad_cout(struct one *o) { o->y->c = 5; }
static void overflow(struct one *o) { o->l->bias[3] = INT32_MAX; }
static void weight_scale(struct one *o) { o->l->wscale[2] = -1.0f; }
static void weight_zero(struct one *o) { o->l->wzero[2] = 1000; }
static void no_weights(struct one *o) { o->l->weight = NULL; }
static void reads_itself(struct one *o) { o->l->in[0] = 1; }
static void writes_input(struct one *o) { o->l->out = 0; }
static void beyond(struct one *o) { o->l->out = 7; }
static void no_output(struct one *o) { o->net->output = 9; }
static void wrong_kind(struct one *o) { o->l->kind = BL_KINDS; }
static void add_shapes(struct one *o) { o->l->kind = BL_ADD; }
static void reshape(struct one *o) { o->l->kind = BL_RESHAPE; }
static void no_table(struct one *o) { o->l->kind = BL_LUT; }
static void fc_size(struct one *o) { o->l->kind = BL_FC; }
static void fc_rows(struct one *o) { o->l->kind = BL_FC; o->l->rows = UINT32_MAX; o->l->groups = 4; }
static void pool_channels(struct one *o) { o->l->kind = BL_MAXPOOL; }
static void pool_in_padding(struct one *o) { o->l->kind = BL_MAXPOOL; o->y->c = 2; o->l->pad_t = 3; }
static void same_shape(struct one *o, enum bl_kind kind) { o->l->kind = kind; o->y->c = o->x->c; o->y->h = o->x->h; o->y->w = o->x->w; }
static void max_codes(struct one *o) { same_shape(o, BL_MAX); }
static void min_codes(struct one *o) { same_shape(o, BL_MIN); }
static void orphan(struct one *o)
{
    struct bl_tensor t = *o->x;
    bl_net_tensor(o->net, &t);
}

static const struct { void (*spoil)(struct one *); const char *says; } BAD[] = {
    { zero_channels, "tensor 'x': found shape 0 x 6 x 6" }, { huge, "expected 1 to 268435456 elements" }, { no_scale, "found scale 0" },
    { nan_scale, "expected a positive number" }, { far_zero, "found zero point 256, expected 0 to 255" },
    { s8_zero, "found zero point -129, expected -128 to 127" }, { too_large, "found output 5 x 4, more than windows of 3 x 3" },
    { wide_kernel, "layer 'conv' (conv)" }, { no_stride, "out of range" }, { odd_groups, "no multiple of groups" },
    { bad_k, "found 17 weights an output" }, { bad_cout, "4 outputs" }, { overflow, "output channel 3: bias 2147483647" },
    { weight_scale, "weight scale is not a positive" }, { weight_zero, "weight zero point" }, { no_weights, "has no weights" },
    { reads_itself, "no earlier layer makes" }, { writes_input, "already made" }, { beyond, "writes a tensor" }, { no_output, "between an input and an output" },
    { wrong_kind, "unknown kind" }, { add_shapes, "size 1 where it is larger" }, { reshape, "as many elements" }, { no_table, "has no table" },
    { fc_size, "found 18 inputs and 4 outputs, expected 72 and 64" }, { fc_rows, "layer 'conv' (fc)" }, { pool_channels, "keep the number of channels" },
    { pool_in_padding, "padding alone" }, { max_codes, "must have one scale and one zero point" },
    { min_codes, "must have one scale and one zero point" }, { orphan, "is made by no layer" },
};

START_TEST(refusals)
{
    struct one o = start();
    struct heard heard;

    BAD[_i].spoil(&o);
    ck_assert_int_eq(bl_net_finish(o.net, heard_start(&heard)), -1);
    ck_assert_msg(strstr(heard.text, BAD[_i].says) != NULL, "wanted '%s', got '%s'", BAD[_i].says, heard.text);
    ck_assert_msg(!strncmp(heard.text, "one.onnx: ", 10), "no file named: %s", heard.text);
    ck_assert_uint_eq(heard.diag.errors, 1);
    bl_net_free(o.net);
}
END_TEST

START_TEST(good)
{
    struct one o = start();
    struct heard heard;

    o.l->wscale[1] = 0.5f;
    o.l->in[1] = 7;                                        /* of a layer with one input nobody reads it: it becomes that one */
    o.l->relu = true;
    o.l->relu_max = 6.0f;
    ck_assert_int_eq(bl_net_finish(o.net, heard_start(&heard)), 0);
    ck_assert_str_eq(o.net->name, "one.onnx");
    ck_assert(o.l->requant[0].mult >= 2.0f && o.l->requant[0].mult <= 2.0f && o.l->requant[1].mult >= 1.0f && o.l->requant[1].mult <= 1.0f);
    ck_assert_uint_eq(o.l->in[1], 0);
    ck_assert_int_eq(o.l->lo, 3);
    ck_assert_int_eq(o.l->hi, 27);                         /* 6 / 0.25 + 3 */
    ck_assert_uint_eq(bl_layer_macs(o.net, 0), 64 * 18);
    ck_assert_uint_eq(o.l->stride_h * o.l->dil_w * o.l->groups * o.l->rows, 1);
    ck_assert_uint_eq(o.l->wbits, 8);
    ck_assert_int_eq(bl_tensor_min(o.x), 0);
    ck_assert_str_eq(bl_kind_name(BL_SUBSAMPLE), "subsample");
    bl_net_free(o.net);
}
END_TEST

Suite *suite_net_finish(void)
{
    Suite *s = suite_create("net_finish");
    TCase *c = tcase_create("all");

    tcase_add_loop_test(c, refusals, 0, sizeof BAD / sizeof *BAD);
    tcase_add_test(c, good);
    suite_add_tcase(s, c);
    return s;
}
