/* test_layer_table.c - the shipped layer tables: shapes, wiring, ranges; broken tables; weight bits (net_bits.c). */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platforms/net/dataset.h"
#include "platforms/file/io.h"
#include "platforms/net/draw.h"
#include "platforms/net/reference.h"
#include "tests/rigs/heard.h"

Suite *suite_layer_table(void);

#define HEAD "name,type,Cin,H,W,Cout,KH,KW,stride,pad,groups,Hout,Wout,MACs,params\n"
#define CONV "c,conv,2,4,4,3,3,3,1,1,1,4,4,864,57\n"

static struct bl_net *load(const char *net, uint64_t seed, struct heard *heard)
{
    char path[128];

    snprintf(path, sizeof path, "platforms/nets/%s.csv", net);
    return bl_net_load(path, seed, heard_start(heard));
}

/* Layers with weights, multiply-accumulates and weights of each network (biases not counted). */
static const struct { const char *net; uint32_t weighted; uint64_t macs, weights; bool run; } NETS[] = {
    /*                              weighted         MACs    weights  run */
    { "alexnet_cifar100",                  6,    14980096,   2494144, true },
    { "alexnet_3x3_cifar100",              8,   200884224,  36214464, false },
    { "alexnet_imagenet",                  8,   724406816,  60954656, false },
    { "alexnet_imagenet_tv",               8,   714188480,  61090496, false },
    { "efficientnetb0_cifar100",          81,    30360192,   3578592, true },
    { "efficientnetb0_s2_cifar100",       82,     8590048,   4084192, true },
    { "lenet5_mnist",                      5,      416520,     61470, true },
    { "mlperftiny_ad_autoenc",            10,      264192,    264192, true },
    { "mlperftiny_ic_resnet8",            10,    12501632,     77360, true },
    { "mlperftiny_kws_dscnn",             10,     2656768,     22016, true },
    { "mlperftiny_vww_mbv1_025",          28,     7489664,    208112, true },
    { "mobilenetv2_cifar100",             53,    88091648,   2317760, true },
    { "resnet18_cifar100",                21,   555468800,  11210432, false },
    { "resnet18_imagenet",                21,  1814073344,  11678912, false },
    { "resnet20_cifar10",                 20,    40551040,    268336, true },
    { "resnet20_cifar100",                20,    40556800,    274096, true },
    { "resnet50_imagenet",                54,  4089184256,  25502912, false },
    { "resnet50v1_imagenet",              54,  3857973248,  25502912, false },
    { "vgg16_cifar10",                    14,   313201664,  14715584, false },
    { "vgg16_imagenet",                   16, 15470264320, 138344128, false },
    { "vgg19_4096_cifar100",              19,   417415168,  39302848, false },
    { "vgg19_cifar100",                   17,   398182400,  20070080, false },
};

/* No activation may be stuck: each layer's outputs take several values, and at most a third saturate. */
static void check_ranges(const struct bl_net *net, const struct bl_ref_out *out)
{
    for (uint32_t i = 0; i < net->nlayers; i++) {
        const struct bl_layer *l = &net->layers[i];
        size_t n = bl_tensor_elems(&net->tensors[l->out]), top = 0, values = 0;
        bool seen[256] = { false };
        for (size_t e = 0; e < n; e++) {
            int16_t v = out->value[l->out][e];
            top += v == l->hi;
            values += !seen[v];
            seen[v] = true;
        }
        ck_assert_msg(values > 1 && 3 * top <= n + 2, "%s: layer %s: %zu values, %zu of %zu saturate", net->name, l->name, values, top, n);
    }
}

/* Which layers feed which: residual, projection and squeeze-and-excite branches. */
static const struct { const char *net, *layer, *in0, *in1; } WIRES[] = {
    { "resnet18_imagenet",       "layer1.0.add",        "layer1.0.conv2",       "maxpool" },
    { "resnet18_imagenet",       "layer1.1.add",        "layer1.1.conv2",       "layer1.0.add" },
    { "resnet18_imagenet",       "layer2.0.downsample", "layer1.1.add",         "layer1.1.add" },
    { "resnet18_imagenet",       "layer2.0.add",        "layer2.0.downsample",  "layer2.0.conv2" },
    { "resnet50_imagenet",       "layer1.0.downsample", "maxpool",              "maxpool" },
    { "resnet50_imagenet",       "layer1.1.add",        "layer1.1.conv3",       "layer1.0.add" },
    { "resnet20_cifar10",        "layer2.0.shortcut",   "layer1.2.add",         "layer1.2.add" },
    { "resnet20_cifar10",        "layer2.0.add",        "layer2.0.shortcut",    "layer2.0.conv2" },
    { "mlperftiny_ic_resnet8",   "03_add",              "02_conv",              "00_conv" },
    { "mlperftiny_ic_resnet8",   "06_conv",             "03_add",               "03_add" },
    { "mlperftiny_ic_resnet8",   "11_add",              "10_conv",              "09_conv" },
    { "mobilenetv2_cifar100",    "block2.add",          "block2.project",       "block1.project" },
    { "efficientnetb0_cifar100", "block1.se_mul",       "block1.dw_swish",      "block1.se_expand_sigmoid" },
    { "efficientnetb0_cifar100", "block2.add",          "block2.project",       "block1.project" },
    { "vgg16_imagenet",          "fc6",                 "pool5",                "pool5" },
};

/* The nets of WIRES, read once for all tests, which share them with the process of the suite; each at its first row. */
static struct bl_net *shared[sizeof WIRES / sizeof *WIRES];

static struct bl_net *shared_net(const char *net)
{
    for (size_t i = 0; i < sizeof WIRES / sizeof *WIRES; i++)
        if (strcmp(WIRES[i].net, net) == 0)
            return shared[i];
    return NULL;
}

static void read_nets(void)
{
    struct heard heard;

    for (size_t i = 0; i < sizeof WIRES / sizeof *WIRES; i++)
        if (!shared_net(WIRES[i].net))
            shared[i] = load(WIRES[i].net, 1, &heard);
}

static void free_nets(void)
{
    for (size_t i = 0; i < sizeof WIRES / sizeof *WIRES; i++)
        bl_net_free(shared[i]);
}

START_TEST(tables)
{
    struct heard heard;
    struct bl_net *net = shared_net(NETS[_i].net), *own = net ? NULL : load(NETS[_i].net, 1, &heard);
    struct bl_ref_out out;
    uint32_t weighted = 0;
    uint64_t macs = 0, weights = 0;

    net = net ? net : own;
    ck_assert_msg(net != NULL, "%s", heard.text);
    for (uint32_t i = 0; i < net->nlayers; i++) {
        weighted += net->layers[i].weight != NULL;
        weights += (uint64_t)net->layers[i].cout * net->layers[i].k;
        macs += bl_layer_macs(net, i);
    }
    ck_assert_uint_eq(weighted, NETS[_i].weighted);
    ck_assert_uint_eq(macs, NETS[_i].macs);
    ck_assert_uint_eq(weights, NETS[_i].weights);
    ck_assert(net->generated);
    if (NETS[_i].run) {
        uint8_t *image = malloc(bl_tensor_elems(&net->tensors[net->input]));
        bl_dataset_made(net, 1, 0, 50, image);
        ck_assert_int_eq(bl_ref_init(&out, net, &heard.diag), 0);
        bl_reference_run(net, image, &out);
        check_ranges(net, &out);
        bl_ref_fini(&out);
        free(image);
    }
    bl_net_free(own);
}
END_TEST

static const char *made_by(const struct bl_net *net, uint32_t tensor)
{
    for (uint32_t i = 0; i < net->nlayers; i++)
        if (net->layers[i].out == tensor)
            return net->layers[i].name;
    return "input";
}

START_TEST(wiring)
{
    const struct bl_net *net = shared_net(WIRES[_i].net);
    uint32_t i = 0;

    ck_assert_msg(net != NULL, "%s is not read", WIRES[_i].net);
    while (i < net->nlayers && strcmp(net->layers[i].name, WIRES[_i].layer))
        i++;
    ck_assert_msg(i < net->nlayers, "%s has no layer %s", WIRES[_i].net, WIRES[_i].layer);
    ck_assert_str_eq(made_by(net, net->layers[i].in[0]), WIRES[_i].in0);
    ck_assert_str_eq(made_by(net, net->layers[i].in[1]), WIRES[_i].in1);
}
END_TEST

START_TEST(seeds)                                          /* the seed and the layer's name decide the weights, nothing else */
{
    struct heard heard;
    struct bl_net *a = load("lenet5_mnist", 1, &heard), *b = load("lenet5_mnist", 1, &heard), *c = load("lenet5_mnist", 2, &heard);
    int64_t sum = 0;

    for (uint32_t i = 0; i < a->nlayers; i++) {
        const struct bl_layer *l = &a->layers[i];
        size_t n = (size_t)l->cout * l->k;
        if (!l->weight)
            continue;
        ck_assert_mem_eq(l->weight, b->layers[i].weight, n);
        ck_assert_mem_eq(l->requant, b->layers[i].requant, l->cout * sizeof *l->requant);
        ck_assert_mem_ne(l->weight, c->layers[i].weight, n);
        for (size_t k = 0; k < n; k++)
            sum += l->weight[k];
    }
    ck_assert_int_lt(llabs((long long)sum), 5 * 52 * 248);  /* zero mean: 5 sigma of 61470 draws */
    bl_net_free(a);
    bl_net_free(b);
    bl_net_free(c);
}
END_TEST

static const struct { const char *says, *text; } BAD[] = {
    { "t.csv:1:1: found '', expected the header cell 'name'", "" },
    { "t.csv:1:1: found 'layer', expected the header cell 'name'", "layer,type\n" },
    { "t.csv:1:6: found 'kind', expected the header cell 'type'", "name,kind,Cin\n" },
    { "t.csv:1: found no layer", HEAD },
    { "t.csv:1: found more than 15 columns", "name,type,Cin,H,W,Cout,KH,KW,stride,pad,groups,Hout,Wout,MACs,params,more\n" },
    { "t.csv:3: found 14 cells, expected 15", HEAD CONV "d,conv,3,4,4,3,3,3,1,1,1,4,4,864\n" },
    { "t.csv:2: found at least 16 cells", HEAD "c,conv,2,4,4,3,3,3,1,1,1,4,4,864,57,\n" },
    { "t.csv:2:1: column name: found ''", HEAD ",conv,2,4,4,3,3,3,1,1,1,4,4,864,57\n" },
    { "t.csv:2:3: column type: found 'cnov', which is not supported", HEAD "c,cnov,2,4,4,3,3,3,1,1,1,4,4,864,57\n" },
    { "t.csv:2:3: column type: found 'lstm'", HEAD "c,lstm,2,4,4,3,3,3,1,1,1,4,4,864,57\n" },
    { "t.csv:2:8: column Cin: found '-2', expected a number", HEAD "c,conv,-2,4,4,3,3,3,1,1,1,4,4,864,57\n" },
    { "t.csv:2:8: column Cin: found '0'", HEAD "c,conv,0,4,4,3,3,3,1,1,1,4,4,864,57\n" },
    { "column H: found '4x'", HEAD "c,conv,2,4x,4,3,3,3,1,1,1,4,4,864,57\n" },
    { "column W: found '99999999999999999999999'", HEAD "c,conv,2,4,99999999999999999999999,3,3,3,1,1,1,4,4,864,57\n" },
    { "column W: found '1048577'", HEAD "c,conv,2,4,1048577,3,3,3,1,1,1,4,4,864,57\n" },                 /* one more than the most */
    { "column pad: found '0/1/0'", HEAD "c,conv,2,4,4,3,3,3,1,0/1/0,1,4,4,864,57\n" },
    { "column pad: found '0/1/0/1/'", HEAD "c,conv,2,4,4,3,3,3,1,0/1/0/1/,1,4,4,864,57\n" },
    { "column pad: found ''", HEAD "c,conv,2,4,4,3,3,3,1,,1,4,4,864,57\n" },
    { "column groups: found 4, expected a divisor", HEAD "c,conv,2,4,4,3,3,3,1,1,4,4,4,864,57\n" },
    { "column Hout: found 5, expected 4", HEAD "c,conv,2,4,4,3,3,3,1,1,1,5,4,864,57\n" },
    { "column Hout: found 4, expected 0", HEAD "c,conv,2,4,4,3,9,3,1,1,1,4,4,864,57\n" },
    { "column MACs: found '1152921504606846977'", HEAD "c,conv,2,4,4,3,3,3,1,1,1,4,4,1152921504606846977,57\n" },       /* 2^60 + 1 */
    { "column MACs: found 863, expected 864", HEAD "c,conv,2,4,4,3,3,3,1,1,1,4,4,863,57\n" },
    { "column params: found 54, expected 57", HEAD "c,conv,2,4,4,3,3,3,1,1,1,4,4,864,54\n" },
    { "column KH: found 3, expected 1 (a pointwise layer)", HEAD "c,pwconv,2,4,4,3,3,3,1,1,1,4,4,864,57\n" },
    { "column groups: found 1, expected 2 (a depthwise", HEAD "c,dwconv,2,4,4,2,3,3,1,1,1,4,4,576,38\n" },
    { "column Cout: found 4, expected 3 (this type keeps", HEAD CONV "r,relu,3,4,4,4,1,1,1,0,1,4,4,0,0\n" },
    { "t.csv:3:8: layer 'd': found no earlier output of 5 x 4 x 4", HEAD CONV "d,conv,5,4,4,3,3,3,1,1,1,4,4,2160,138\n" },
    { "layer 'a': found no earlier output of 3 x 4 x 4 (Cin, H, W) for its second input", HEAD CONV "a,add,3,4,4,3,1,1,1,0,1,4,4,0,0\n" },
    { "softmax inside the net", HEAD CONV "s,softmax,3,4,4,3,1,1,1,0,1,4,4,0,0\n" "r,relu,3,4,4,3,1,1,1,0,1,4,4,0,0\n" },
    { "weights, which is not supported", HEAD "c,fc,1000000,1,1,1000000,1,1,1,0,1,1,1,1000000000000,1000001000000\n" },
};

START_TEST(broken)
{
    struct heard heard;

    ck_assert_ptr_null(bl_layers_read("t.csv", BAD[_i].text, strlen(BAD[_i].text), 1, heard_start(&heard)));
    ck_assert_msg(strstr(heard.text, BAD[_i].says) != NULL, "wanted '%s', got '%s'", BAD[_i].says, heard.text);
}
END_TEST

START_TEST(suggests)
{
    struct heard heard;
    static const char TEXT[] = HEAD "c,conf,2,4,4,3,3,3,1,1,1,4,4,864,57\n";

    ck_assert_ptr_null(bl_layers_read("t.csv", TEXT, strlen(TEXT), 1, heard_start(&heard)));
    ck_assert_msg(strstr(heard.text, "did you mean 'conv'?") != NULL, "%s", heard.text);
}
END_TEST

/* Every shipped table cut at each byte, or with one byte changed, is read or refused, never a crash. */
START_TEST(mangled)
{
    struct heard heard;
    char path[128], *copy;
    size_t len;

    snprintf(path, sizeof path, "platforms/nets/%s.csv", _i ? "mlperftiny_kws_dscnn" : "lenet5_mnist");
    char *text = bl_read_all(path, &len, heard_start(&heard));
    ck_assert_msg(text != NULL, "%s", heard.text);
    for (size_t n = 0; n < len; n++) {
        ck_assert_ptr_nonnull(copy = malloc(n + 1));
        memcpy(copy, text, n);
        bl_net_free(bl_layers_read("t.csv", copy, n, 1, heard_start(&heard)));
        free(copy);
    }
    for (uint64_t i = 0; i < 3000; i++) {
        uint64_t d = bl_draw(3, i);
        char *at = &text[(d >> 16) % len], old = *at;
        *at = d & 1 ? (char)d : (char)('0' + (d >> 8 & 15));
        bl_net_free(bl_layers_read("t.csv", text, len, 1, heard_start(&heard)));
        *at = old;
    }
    free(text);
}
END_TEST

START_TEST(line_ends)                                      /* byte-order mark, comments, empty lines, CR LF, no last newline */
{
    struct heard heard;
    static const char TEXT[] = "\xef\xbb\xbf# a table\r\nname,type,Cin,H,W,Cout,KH,KW,stride,pad,groups,Hout,Wout,MACs,params\r\n\r\n"
                               "c,conv,2,4,4,3,3,3,1,1/1/1/1,1,4,4,864,57\r\nc_relu,relu,3,4,4,3,1,1,1,0,1,4,4,0,0";
    struct bl_net *net = bl_layers_read("t.csv", TEXT, strlen(TEXT), 1, heard_start(&heard));

    ck_assert_msg(net != NULL, "%s", heard.text);
    ck_assert_uint_eq(net->nlayers, 1);
    ck_assert(net->layers[0].relu);
    ck_assert_uint_eq(net->layers[0].line, 4);
    bl_net_free(net);
}
END_TEST

Suite *suite_layer_table(void)
{
    Suite *s = suite_create("layer_table");
    TCase *nets = tcase_create("nets"), *c = tcase_create("all");

    tcase_add_unchecked_fixture(nets, read_nets, free_nets);
    tcase_add_loop_test(nets, tables, 0, sizeof NETS / sizeof *NETS);
    tcase_add_loop_test(nets, wiring, 0, sizeof WIRES / sizeof *WIRES);
    tcase_set_timeout(nets, 120);
    suite_add_tcase(s, nets);
    tcase_add_test(c, seeds);
    tcase_add_loop_test(c, broken, 0, sizeof BAD / sizeof *BAD);
    tcase_add_test(c, suggests);
    tcase_add_loop_test(c, mangled, 0, 2);
    tcase_add_test(c, line_ends);
    tcase_set_timeout(c, 120);
    suite_add_tcase(s, c);
    return s;
}
