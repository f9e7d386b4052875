/* test_net_bits.c - tables of bits by layer: both lists of HAWQ-V3, forms of a cell, and what is refused. */
#include "tests/rigs/net_rig.h"

Suite *suite_net_bits(void);

#define BITS "platforms/nets/hawqv3_resnet18_bits.csv"
#define PAPER "platforms/nets/hawqv3_paper_resnet18_bits.csv"
enum { LAYERS = 64 };

static struct bl_net *load(const char *name)
{
    struct heard h;
    char path[128];

    snprintf(path, sizeof path, "platforms/nets/%s", name);
    struct bl_net *net = bl_net_load(path, 1, heard_start(&h));
    ck_assert_msg(net != NULL, "%s", h.text);
    return net;
}

START_TEST(hawq)
{
    struct bl_net *net = load("resnet18_imagenet.csv"), *full = load("resnet18_imagenet.csv");
    struct bl_narrow to[LAYERS] = { { 0, 0 } };
    struct heard h;
    uint32_t narrow = 0;

    ck_assert_int_eq(bl_net_bits(net, BITS, "medium", to, heard_start(&h)), 0);
    for (uint32_t i = 0; i < net->nlayers; i++)
        to[i].a = 0;                                       /* of weights alone, so that layers keep their numbers */
    ck_assert_int_eq(bl_net_narrow(net, to, &h.diag), 0);
    for (uint32_t i = 0; i < net->nlayers; i++) {
        const struct bl_layer *l = &net->layers[i], *f = &full->layers[i];
        if (!l->weight || l->wbits == 8)
            continue;
        narrow++;
        size_t wrong = 0;
        for (size_t k = 0; k < (size_t)l->cout * l->k; k++)
            wrong += l->weight[k] < -8 || l->weight[k] > 7 || abs(16 * l->weight[k] - f->weight[k]) > (f->weight[k] > 119 ? 16 : 8);
        ck_assert_uint_eq(wrong, 0);
        ck_assert(l->requant[0].mult >= 16.0f * f->requant[0].mult && l->requant[0].mult <= 16.0f * f->requant[0].mult);
    }
    ck_assert_uint_eq(narrow, 7);                          /* rows of the column with 4 */
    bl_net_free(net);
    bl_net_free(full);
}
END_TEST

/* The list as the paper's figures have it: shifted by one, without the third down-sample and fc. */
START_TEST(orders)
{
    static const char *const columns[] = { "int4", "low", "medium", "high", "int8" };
    struct bl_net *net = load("resnet18_imagenet.csv");
    struct heard h;

    for (size_t k = 0; k < sizeof columns / sizeof *columns; k++) {
        struct bl_narrow name[LAYERS] = { { 0, 0 } }, paper[LAYERS] = { { 0, 0 } };
        uint8_t list[19], seen[20] = { 0 };
        uint32_t n = 0, conv = 0, down = 0;
        ck_assert_int_eq(bl_net_bits(net, BITS, columns[k], name, heard_start(&h)), 0);
        ck_assert_int_eq(bl_net_bits(net, PAPER, columns[k], paper, heard_start(&h)), 0);
        for (uint32_t i = 0; i < net->nlayers; i++)
            if (name[i].w) {
                ck_assert_uint_eq(name[i].w, name[i].a);
                list[n++] = name[i].w;
            }
        ck_assert_uint_eq(n, 19);
        for (uint32_t i = 0; i < net->nlayers; i++) {
            bool is_down = strstr(net->layers[i].name, "downsample");
            if (net->layers[i].kind != BL_CONV || (is_down && down == 2)) {
                ck_assert_uint_eq(paper[i].w, 0);
                continue;
            }
            uint32_t at = is_down ? 17 + down++ : conv++;
            ck_assert_uint_eq(paper[i].w, list[at]);
            ck_assert_uint_eq(paper[i].a, list[at]);
            seen[at]++;
        }
        for (int i = 0; i < 19; i++)
            ck_assert_uint_eq(seen[i], 1);
    }
    bl_net_free(net);
}
END_TEST

static const char *text_file(char path[512], const char *text)
{
    FILE *f = fopen(scratch(path, "some_bits.csv"), "w");

    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    fclose(f);
    return path;
}

static const struct { const char *text, *column; unsigned conv1[2], fc[2]; } FORMS[] = {
    { "layer,m\nfc,4\n", "m", { 0, 0 }, { 4, 4 } },
    { "layer,m\nconv1,16/1\nfc,4/\n", "m", { 16, 1 }, { 4, 0 } },
    { "m,layer\r\n/3,conv1\r\n\r\n2,fc\r\n", "m", { 0, 3 }, { 2, 2 } },
    { "layer,a_bits,w_bits\nconv1,6,5\n", NULL, { 5, 6 }, { 0, 0 } },
    { "layer,a_bits\nfc,6\n", NULL, { 0, 0 }, { 0, 6 } },
    { "layer,w_bits\nfc,7\n", NULL, { 0, 0 }, { 7, 0 } },
    { "layer,a_bits,w_bits\nconv1,6,5\n", "a_bits", { 6, 6 }, { 0, 0 } },
};

START_TEST(forms)
{
    struct bl_net *net = load("fashion_cnn.onnx");
    struct bl_narrow to[LAYERS] = { { 0, 0 } };
    char path[512];
    struct heard h;

    ck_assert_msg(bl_net_bits(net, text_file(path, FORMS[_i].text), FORMS[_i].column, to, heard_start(&h)) == 0, "%s", h.text);
    for (uint32_t i = 0; i < net->nlayers; i++) {
        const unsigned *want = !strcmp(net->layers[i].name, "conv1") ? FORMS[_i].conv1 : !strcmp(net->layers[i].name, "fc") ? FORMS[_i].fc : NULL;
        ck_assert_uint_eq(to[i].w, want ? want[0] : 0);
        ck_assert_uint_eq(to[i].a, want ? want[1] : 0);
    }
    remove(path);
    bl_net_free(net);
}
END_TEST

static const struct { const char *text, *column, *says; } WRONG[] = {
    { "layer,m\nfc,0\n", "m", ":2: column m: found '0', expected 1 to 16 bits, or WEIGHTS/INPUTS as 4/8" },
    { "layer,m\nfc,17\n", "m", ":2: column m: found '17', expected 1 to 16" },
    { "layer,m\nfc,4/17\n", "m", ":2: column m: found '4/17', expected 1 to 16" },
    { "layer,m\nfc,/\n", "m", ":2: column m: found '/', expected 1 to 16" },
    { "layer,m\nfc,4 \n", "m", ":2: column m: found '4 ', expected 1 to 16" },
    { "layer,m\nfc,4/4/4\n", "m", ":2: column m: found '4/4/4', expected 1 to 16" },
    { "layer,m\nfc\n", "m", ":2: found too few cells for column 'm'" },
    { "layer,m\nfc,4\nfc,4\n", "m", ":3: found layer 'fc' a second time" },
    { "layer,m\nfd,4\n", "m", ":2: found layer 'fd', but fashion_cnn.onnx has no such layer with weights" },
    { "layer,m\nflatten,4\n", "m", ":2: found layer 'flatten', but fashion_cnn.onnx has no such layer with weights" },
    { "layer,m\nfc,4\n", NULL, ":1: found no columns 'layer' and 'w_bits' or 'a_bits' in the header 'layer,m'; name one of its columns, as TABLE:COLUMN" },
    { "layer,m\nfc,4\n", "n", ":1: found no columns 'layer' and 'n' in the header 'layer,m'; expected one of its columns" },
    { "\n", "m", ": found an empty file, expected a table of bits" },
};

START_TEST(wrong)
{
    struct bl_net *net = load("fashion_cnn.onnx");
    struct bl_narrow to[LAYERS] = { { 0, 0 } };
    char path[512], says[700];
    struct heard h;

    ck_assert_int_eq(bl_net_bits(net, text_file(path, WRONG[_i].text), WRONG[_i].column, to, heard_start(&h)), -1);
    snprintf(says, sizeof says, "%s%s", path, WRONG[_i].says);
    ck_assert_msg(!strncmp(h.text, says, strlen(says)), "%s", h.text);
    remove(path);
    bl_net_free(net);
}
END_TEST

START_TEST(lists_refused)
{
    struct bl_net *net = load("resnet18_imagenet.csv");
    struct bl_narrow to[LAYERS] = { { 0, 0 } };
    struct heard h;

    ck_assert_int_eq(bl_net_bits(net, BITS, "none", to, heard_start(&h)), -1);
    ck_assert_str_eq(h.text, BITS ":1: found no columns 'layer' and 'none' in the header 'index,layer,int4,low,medium,high_printed,high,int8'; expected one of its "
                     "columns");
    ck_assert_int_eq(bl_net_bits(net, BITS, "high_printed", to, heard_start(&h)), -1);
    ck_assert_ptr_nonnull(strstr(h.text, BITS ":20: column high_printed: found '', expected 1 to 16 bits"));
    ck_assert_int_eq(bl_net_bits(net, "no/such.csv", "int4", to, heard_start(&h)), -1);
    memset(to, 0, sizeof to);                              /* a list of 18, as Table VII prints one */
    ck_assert_int_eq(bl_net_bits(net, "tests/bad/bits18.csv", "high", to, heard_start(&h)), -1);
    ck_assert_str_eq(h.text, "tests/bad/bits18.csv: column high: found 18 entries, expected 19: one for every convolution of "
                     "resnet18_imagenet.csv but the first");
    bl_net_free(net);
}
END_TEST

Suite *suite_net_bits(void)
{
    Suite *s = suite_create("net_bits");
    TCase *c = tcase_create("all");

    tcase_add_test(c, hawq);
    tcase_add_test(c, orders);
    tcase_add_loop_test(c, forms, 0, COUNT(FORMS));
    tcase_add_loop_test(c, wrong, 0, COUNT(WRONG));
    tcase_add_test(c, lists_refused);
    tcase_set_timeout(c, 120);
    suite_add_tcase(s, c);
    return s;
}
