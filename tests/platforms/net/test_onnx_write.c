/* test_onnx_write.c - onnx_write.c and what belongs to it: nets written and read back compute the same integers, those of the project, random
 * graphs, the table of operators, real models; ONNX Runtime computes them from what was written; what cannot be written is named. Also:
 * onnx_put.c, onnx_write_product.c, onnx_write_pool.c, onnx_write_points.c, onnx_write_moves.c. */
#include "platforms/net/onnx_write.h"

#include <string.h>
#include <sys/stat.h>

#include "tests/rigs/net_rig.h"
#include "tests/rigs/onnx_graphs.h"
#include "tests/rigs/onnx_text.h"

Suite *suite_onnx_write(void);

#define DATA "../shared/data/"

/* ---- there and back ---- */

/* The values of an output, as bits. */
static uint32_t bits_of(const struct bl_ref_out *out, uint32_t t, size_t i)
{
    uint32_t bits;

    if (!out->real[t])
        return (uint32_t)(int32_t)out->value[t][i];
    memcpy(&bits, &out->real[t][i], sizeof bits);
    return bits;
}

static uint32_t output_of(const struct bl_net *net, uint32_t i) { return net->noutputs ? net->outputs[i] : net->output; }

/* An image of b as net a takes it, whose inputs may be narrowed. */
static void narrowed(const struct bl_net *a, const uint8_t *image, uint8_t *out)
{
    for (uint32_t i = 0; i < a->ninputs; i++)
        for (size_t e = 0; e < bl_tensor_bytes(&a->tensors[a->input + i]); e++)
            *out++ = bl_tensor_narrow(&a->tensors[a->input + i], *image++);
}

/* How many values of all outputs differ, over `images` made-up images; b is what was read of a. */
static size_t differences(const struct bl_net *a, const struct bl_net *b, uint32_t images, const char *what)
{
    struct heard h;
    struct bl_ref_out oa, ob;
    uint8_t *image = malloc(bl_net_input_bytes(a) + 1), *few = malloc(bl_net_input_bytes(a) + 1);
    size_t differ = 0;

    ck_assert_msg(bl_net_input_bytes(a) == bl_net_input_bytes(b) && a->ninputs == b->ninputs, "%s: other inputs", what);
    ck_assert_uint_eq(a->noutputs ? a->noutputs : 1, b->noutputs);
    ck_assert_int_eq(a->raw_input, b->raw_input);
    ck_assert_int_eq(a->raw_output, b->raw_output);
    ck_assert_int_eq(bl_ref_init(&oa, a, heard_start(&h)) | bl_ref_init(&ob, b, &h.diag), 0);
    for (uint32_t k = 0; k < images; k++) {
        bl_dataset_made(b, 7, k, 30, image);
        narrowed(a, image, few);
        ck_assert_int_eq(bl_reference_run(a, few, &oa) | bl_reference_run(b, image, &ob), 0);
        for (uint32_t i = 0; i < b->noutputs; i++) {
            uint32_t p = output_of(a, i), q = output_of(b, i);
            const struct bl_tensor *x = &a->tensors[p], *y = &b->tensors[q];
            ck_assert_msg(bl_tensor_elems(x) == bl_tensor_elems(y) && x->dtype == y->dtype, "%s: output %u has another size or type: %zu of type %d, wanted %zu of type %d",
                          what, i, bl_tensor_elems(y), (int)y->dtype, bl_tensor_elems(x), (int)x->dtype);
            ck_assert_msg(a->raw_output || (x->scale >= y->scale && x->scale <= y->scale && x->zero == y->zero), "%s: output %u has another code", what, i);
            for (size_t e = 0; e < bl_tensor_elems(x); e++)
                differ += bits_of(&oa, p, e) != bits_of(&ob, q, e);
        }
    }
    bl_ref_fini(&oa);
    bl_ref_fini(&ob);
    free(image);
    free(few);
    return differ;
}

/* Writes, twice; the same bytes. NULL: refused, with the message in h. */
static uint8_t *written(const struct bl_net *net, bool nearest, uint32_t *moved, size_t *len, struct heard *h)
{
    struct bl_onnx_form form = { .nearest = nearest };
    uint8_t *bytes, *again;
    size_t n;

    if (bl_onnx_write(net, &form, &bytes, len, heard_start(h)))
        return NULL;
    ck_assert_int_eq(bl_onnx_write(net, &form, &again, &n, &h->diag), 0);
    ck_assert(n == *len && !memcmp(bytes, again, n));
    free(again);
    *moved = form.moved;
    return bytes;
}

static struct bl_net *read_back(const uint8_t *bytes, size_t len, const char *what)
{
    struct heard h;
    struct bl_net *net = bl_onnx_read("written.onnx", bytes, len, heard_start(&h));

    ck_assert_msg(net != NULL, "%s: %s", what, h.text);
    return net;
}

/* Exactly the same, or refused (false). */
static bool there_and_back(const struct bl_net *net, uint32_t images, const char *what, struct heard *h)
{
    uint32_t moved;
    size_t len;
    uint8_t *bytes = written(net, false, &moved, &len, h);

    if (!bytes)
        return false;
    struct bl_net *back = read_back(bytes, len, what);
    size_t differ = differences(net, back, images, what);
    ck_assert_msg(differ == 0 && moved == 0, "%s: %zu values differ", what, differ);
    bl_net_free(back);
    free(bytes);
    return true;
}

/* ---- nets of the project ---- */

START_TEST(small_net_keeps_its_layers)
{
    struct demo d = demo_open();
    struct heard h;
    size_t len;
    uint32_t moved;

    uint8_t *bytes = written(d.net, false, &moved, &len, &h);
    ck_assert_msg(bytes != NULL, "%s", h.text);
    struct bl_net *back = read_back(bytes, len, "fashion_cnn");
    ck_assert_uint_eq(differences(d.net, back, 5, "fashion_cnn"), 0);
    ck_assert_uint_eq(back->nlayers, d.net->nlayers);
    for (uint32_t i = 0; i < back->nlayers; i++) {
        const struct bl_layer *a = &d.net->layers[i], *b = &back->layers[i];
        ck_assert_str_eq(a->name, b->name);
        ck_assert(a->kind == b->kind && a->lo == b->lo && a->hi == b->hi && a->cout == b->cout && a->k == b->k);
        ck_assert(!a->weight || (!memcmp(a->weight, b->weight, (size_t)a->cout * a->k) && !memcmp(a->bias, b->bias, a->cout * sizeof *a->bias) &&
                                 !memcmp(a->wscale, b->wscale, a->cout * sizeof *a->wscale)));
    }
    bl_net_free(back);
    free(bytes);
    demo_close(&d);
}
END_TEST

/* ---- fewer bits ---- */

/* Products in order: bits of weights and inputs, and the input's coding. */
static void bits_said(const struct bl_net *net, char *text, size_t room)
{
    size_t n = 0;

    *text = 0;
    for (uint32_t i = 0; i < net->nlayers && n < room; i++)
        if (net->layers[i].weight)
            n += (size_t)snprintf(text + n, room - n, "%ux%u %s ", net->layers[i].wbits, net->layers[i].abits, bl_tensor_coding(&net->tensors[net->layers[i].in[0]]));
}

static bool narrowed_there_and_back(struct bl_net *net, unsigned w, unsigned a, const char *what, struct heard *h)
{
    struct bl_narrow to[64] = { { 0, 0 } };
    char before[600], after[600];
    size_t len;
    uint32_t moved;

    for (uint32_t i = 0; i < net->nlayers; i++)
        if (net->layers[i].weight)
            to[i] = (struct bl_narrow){ (uint8_t)w, (uint8_t)a };
    ck_assert_msg(bl_net_narrow(net, to, heard_start(h)) == 0, "%s: %s", what, h->text);
    if (!there_and_back(net, 3, what, h))
        return false;
    uint8_t *bytes = written(net, false, &moved, &len, h);
    struct bl_net *back = read_back(bytes, len, what);
    bits_said(net, before, sizeof before);
    bits_said(back, after, sizeof after);
    ck_assert_msg(!strcmp(before, after), "%s: wrote %s, read %s", what, before, after);
    bl_net_free(back);
    free(bytes);
    return true;
}

static const unsigned FEW[][2] = { { 4, 8 }, { 8, 4 }, { 4, 4 }, { 3, 6 }, { 7, 5 }, { 2, 2 }, { 2, 3 }, { 1, 8 }, { 1, 1 }, { 5, 1 } };

START_TEST(few_bits)
{
    struct demo d = demo_open();
    struct heard h;

    ck_assert_msg(narrowed_there_and_back(d.net, FEW[_i][0], FEW[_i][1], "fashion_cnn", &h), "%s", h.text);
    demo_close(&d);
}
END_TEST

/* Nets of any kinds of layers, types and zero points. */
START_TEST(few_bits_of_any)
{
    unsigned equal = 0, all = 0;
    struct heard h;
    char what[60];

    for (unsigned seed = 0; seed < (unsigned)fewer(120, 20); seed++) {
        struct grow g = grow_start(seed + 900, 4, 6, 6);
        grow_conv(&g, (struct bl_layer){ .kh = 3, .kw = 3, .pad_t = 1, .pad_b = 1, .pad_l = 1, .pad_r = 1, .relu = seed & 1, .stride_h = 1, .stride_w = 1, .dil_h = 1, .dil_w = 1,
                                         .groups = seed % 3 ? 1 : 4 }, 8);
        if (seed & 2)
            grow_host(&g, (struct bl_layer){ .kind = BL_MAXPOOL, .kh = 2, .kw = 2, .stride_h = 2, .stride_w = 2, .dil_h = 1, .dil_w = 1 });
        if (seed & 4)
            grow_host(&g, (struct bl_layer){ .kind = BL_RELU, .relu = seed & 8 });
        grow_host(&g, (struct bl_layer){ .kind = BL_RESHAPE });
        grow_fc(&g, 1, 1, 10, false);
        struct bl_net *net = grow_end(&g);
        unsigned w = 1 + seed % 8, a = 1 + seed / 8 % 8;
        snprintf(what, sizeof what, "seed %u, %u x %u", seed, w, a);
        all++;
        equal += narrowed_there_and_back(net, w, a, what, &h);
        if (getenv("BL_SAY") && *h.text)
            fprintf(stderr, "%s: %s\n", what, h.text);
        bl_net_free(net);
    }
    printf("onnx_write: %u of %u narrowed nets written, all equal\n", equal, all);
    ck_assert_uint_eq(equal, all);
}
END_TEST

/* Layer tables add and take means as no ONNX operator does: refused, or written with `nearest`. */
static const struct { const char *net, *refused; uint32_t moved; } TABLES[] = {
    { "lenet5_mnist", NULL, 0 },
    { "resnet20_cifar10", "layer 'layer1.0.add' (add): cannot be written as ONNX: it multiplies by s_a / s_y, where ONNX multiplies by s_a and divides by s_y", 9 },
    { "mlperftiny_ic_resnet8", "(add): cannot be written as ONNX", 3 }, { "mlperftiny_kws_dscnn", NULL, 0 }, { "mlperftiny_ad_autoenc", NULL, 0 },
    { "mlperftiny_vww_mbv1_025", NULL, 0 },
};

START_TEST(tables)
{
    struct heard h;
    char path[100];
    size_t len;
    uint32_t moved;

    snprintf(path, sizeof path, "platforms/nets/%s.csv", TABLES[_i].net);
    struct bl_net *net = bl_net_load(path, 1, heard_start(&h));
    ck_assert_msg(net != NULL, "%s", h.text);
    bool exact = there_and_back(net, 1, TABLES[_i].net, &h);
    ck_assert_msg(exact == !TABLES[_i].refused && (exact || strstr(h.text, TABLES[_i].refused)), "%s", h.text);
    uint8_t *bytes = written(net, true, &moved, &len, &h);
    ck_assert_msg(bytes != NULL, "%s", h.text);
    ck_assert_uint_eq(moved, TABLES[_i].moved);
    struct bl_net *back = read_back(bytes, len, TABLES[_i].net);
    differences(net, back, 1, TABLES[_i].net);
    bl_net_free(back);
    bl_net_free(net);
    free(bytes);
}
END_TEST

/* ---- random graphs of every kind that the reader has ---- */

START_TEST(graphs)
{
    const unsigned many = (unsigned)fewer(600, 60);
    unsigned read = 0, equal = 0;
    struct heard h;
    char what[400];

    for (unsigned i = 0; i < many; i++) {
        struct graph g;
        size_t len;
        uint8_t *bytes = graph_bytes(&g, i, &len);
        struct bl_net *net = bl_net_from_bytes("g.onnx", bytes, len, 0, heard_start(&h));
        free(bytes);
        if (!net)
            continue;
        snprintf(what, sizeof what, "graph %u:%s", i, g.steps);
        read++;
        if (there_and_back(net, 2, what, &h))
            equal++;
        else if (getenv("BL_SAY"))
            fprintf(stderr, "%s: %s\n", what, h.text);
        bl_net_free(net);
    }
    printf("onnx_write: %u of %u graphs written, all equal\n", equal, read);
    ck_assert_uint_ge(equal, read / 2);
}
END_TEST

/* ---- the table of operators: a graph a row ---- */

START_TEST(rows)
{
    FILE *f = fopen("tests/platforms/net/onnx_rows.txt", "r");
    static char line[4000];
    unsigned read = 0, equal = 0;
    struct heard h;

    ck_assert_ptr_nonnull(f);
    while (fgets(line, sizeof line, f)) {
        char *cell[5] = { line }, *at = line;
        int n = 1;
        while (n < 5 && (at = strstr(at, " | ")))
            *at = 0, cell[n++] = at += 3;
        if (strchr("#=~!\n", *line) || n < 5)
            continue;
        cell[4][strcspn(cell[4], "\n")] = 0;
        size_t len;
        uint8_t *bytes = text_bytes(cell[4], cell[3], atoi(cell[2]), &len);
        struct bl_net *net = bl_net_from_bytes("row.onnx", bytes, len, 0, heard_start(&h));
        free(bytes);
        if (!net)
            continue;
        read++;
        if (there_and_back(net, 2, cell[1], &h))
            equal++;
        else if (getenv("BL_SAY"))
            fprintf(stderr, "%s, %s: %s\n", cell[0], cell[1], h.text);
        bl_net_free(net);
    }
    fclose(f);
    printf("onnx_write: %u of %u rows written, all equal\n", equal, read);
    ck_assert_uint_ge(equal, 60);
}
END_TEST

/* ---- real models, where their files are ---- */

/* moved: layers that ONNX rounds otherwise. */
static const struct { const char *file; uint32_t moved; } MODELS[] = {
    { "mbv2_cifar10/mbv2_cifar10_int8.onnx", 0 }, { "ic_resnet8/ic_resnet8_int8.tflite", 5 }, { "kws_dscnn/kws_dscnn_int8.tflite", 2 },
    { "ad_autoenc/ad01_int8.tflite", 0 },
};

START_TEST(models)
{
    char path[200];
    struct heard h;
    size_t len;
    uint32_t moved;

    snprintf(path, sizeof path, DATA "%s", MODELS[_i].file);
    FILE *f = fopen(path, "rb");
    if (!f) {
        SKIP_DATA(path);
        return;
    }
    fclose(f);
    struct bl_net *net = bl_net_load(path, 1, heard_start(&h));
    ck_assert_msg(net != NULL, "%s", h.text);
    uint8_t *bytes = written(net, MODELS[_i].moved > 0, &moved, &len, &h);
    ck_assert_msg(bytes != NULL, "%s", h.text);
    ck_assert_uint_eq(moved, MODELS[_i].moved);
    struct bl_net *back = read_back(bytes, len, path);
    size_t differ = differences(net, back, 3, path), all = 3 * bl_tensor_elems(&net->tensors[net->output]);
    ck_assert_msg(moved ? differ <= all / 2 : differ == 0, "%s: %zu of %zu values differ", path, differ, all);
    bl_net_free(back);
    bl_net_free(net);
    free(bytes);
}
END_TEST

/* ---- what cannot be written ---- */

/* A net of one layer over codes c, h, w (or float32) that is wrong in one way. */
static const struct refusal { const char *what, *text; } REFUSALS[] = {
    { "rule", "net: layer 'l' (add): cannot be written as ONNX: it is rounded as TensorFlow Lite does" },
    { "ratio", "net: layer 'l' (add): cannot be written as ONNX: it multiplies by s_a / s_y, where ONNX multiplies by s_a and divides by s_y" },
    { "inside", "net: layer 'l' (add): cannot be written as ONNX: its zero point is added before the rounding, which only QLinearAdd and QLinearMul do, of one type "
                "and without a clip" },
    { "table", "net: layer 'l' (lut): cannot be written as ONNX: its table of 256 values is none of the functions that are known: Sigmoid, Tanh, HardSwish and the like" },
    { "move", "net: layer 'l' (move): cannot be written as ONNX: its moves are no Transpose, no Concat, and no Slice, Pad or small Gather along channels, rows and columns" },
    { "mean", "net: layer 'l' (avgpool): cannot be written as ONNX: a mean that is rounded as TensorFlow Lite does" },
    { "windows", "net: layer 'l' (maxpool): cannot be written as ONNX: it has 1 x 1 windows, fewer than fit into its input" },
    { "zero", "net: layer 'l' (conv): cannot be written as ONNX: output 1: the zero point of its weights is 200, outside of int8" },
    { "groups", "net: layer 'l' (fc): cannot be written as ONNX: a bias or a factor of a product in 2 groups" },
    { "behind", "net: layer 'l' (conv): cannot be written as ONNX: its real values are quantised by a layer behind it; let the layer give codes" },
    { "q31", "net: layer 'l' (conv): cannot be written as ONNX: its sums are rounded in fixed point" },
    { "bits", "net: input 'x' has unsigned codes of 4 bits; expected such of 8 bits, which ONNX has a type for" },
    { "odd", "net: tensor 'y' has odd codes of 1 bits; expected such of 8 bits, which ONNX has a type for" },
};

static struct bl_net *refused_net(const char *what)
{
    struct bl_net *net = bl_net_new("net");
    struct bl_tensor x = { .name = "x", .c = 4, .h = 4, .w = 4, .scale = .1f, .zero = 10 }, y = x;
    struct bl_layer l = { .name = "l", .out = 1, .kh = 2, .kw = 2, .stride_h = 2, .stride_w = 2 };
    uint32_t *from = bl_net_alloc(net, 64, sizeof *from);
    struct heard h;

    y.name = "y";
    y.scale = .17f;
    if (!strcmp(what, "rule") || !strcmp(what, "ratio") || !strcmp(what, "inside"))
        l.kind = BL_ADD;
    net->rule = !strcmp(what, "rule") ? BL_XNN : BL_F32;
    if (!strcmp(what, "inside")) {
        l.pair.form = BL_PAIR_INSIDE;
        l.relu = true;
    }
    if (!strcmp(what, "table") || !strcmp(what, "move")) {
        l.kind = *what == 't' ? BL_LUT : BL_MOVE;
        l.lut = bl_net_alloc(net, 256, 1);
        for (uint32_t i = 0; i < 256; i++)
            l.lut[i] = (uint8_t)(i * i * 37 % 251), from[i % 64] = i % 64 * i % 61;
        l.from = from;
        y.scale = *what == 'm' ? x.scale : y.scale;
    }
    if (!strcmp(what, "mean") || !strcmp(what, "windows")) {
        l.kind = *what == 'm' ? BL_AVGPOOL : BL_MAXPOOL;
        l.mean.form = *what == 'm' ? BL_MEAN_CODES : BL_MEAN_F32;
        y.h = y.w = *what == 'm' ? 2 : 1;
        y.scale = x.scale;
    }
    if (strchr("zgbq", *what)) {
        bool fc = !strcmp(what, "groups");
        l.kind = fc ? BL_FC : BL_CONV;
        l.groups = fc ? 2 : 1;
        l.rows = 1;
        y.h = y.w = fc ? 1 : 2;
        ck_assert_int_eq(bl_net_weights(net, &l, 4, fc ? 32 : 16), 0);
        l.wzero[1] = !strcmp(what, "zero") ? 200 : 0;
        l.bias[3] = fc ? 5 : 0;
    }
    net->rule = !strcmp(what, "q31") ? BL_Q31 : net->rule;
    x.bits = !strcmp(what, "bits") ? 4 : 8;
    if (!strcmp(what, "odd")) {                            /* -1 and +1 */
        l.kind = BL_LUT;
        l.lut = bl_net_alloc(net, 256, 1);
        memset(l.lut, 1, 256);
        y = (struct bl_tensor){ .name = "y", .c = 4, .h = 4, .w = 4, .dtype = BL_S8, .scale = 1, .bits = 1, .odd = true };
    }
    const struct bl_tensor z = y;
    if (!strcmp(what, "behind"))
        y = (struct bl_tensor){ .name = "y", .c = 4, .h = 2, .w = 2, .dtype = BL_REAL, .scale = 1 };
    bl_net_tensor(net, &x);
    net->output = (uint32_t)bl_net_tensor(net, &y);
    bl_net_layer(net, &l);
    if (!strcmp(what, "behind")) {
        bl_net_layer(net, &(struct bl_layer){ .name = "q", .kind = BL_QUANT, .in = { 1, 1 }, .out = 2 });
        net->output = (uint32_t)bl_net_tensor(net, &z);
    }
    ck_assert_msg(bl_net_finish(net, heard_start(&h)) == 0, "%s: %s", what, h.text);
    return net;
}

START_TEST(refusals)
{
    struct bl_net *net = refused_net(REFUSALS[_i].what);
    struct bl_onnx_form form = { .nearest = false };
    struct heard h;
    uint8_t *bytes;
    size_t len;

    ck_assert_int_eq(bl_onnx_write(net, &form, &bytes, &len, heard_start(&h)), -1);
    ck_assert_str_eq(h.text, REFUSALS[_i].text);
    bl_net_free(net);
}
END_TEST

Suite *suite_onnx_write(void)
{
    Suite *s = suite_create("onnx_write");
    TCase *t = tcase_create("there_and_back");

    tcase_set_timeout(t, 120);
    tcase_add_test(t, small_net_keeps_its_layers);
    tcase_add_loop_test(t, few_bits, 0, COUNT(FEW));
    tcase_add_test(t, few_bits_of_any);
    tcase_add_loop_test(t, tables, 0, COUNT(TABLES));
    tcase_add_test(t, graphs);
    tcase_add_test(t, rows);
    tcase_add_loop_test(t, models, 0, COUNT(MODELS));
    tcase_add_loop_test(t, refusals, 0, COUNT(REFUSALS));
    suite_add_tcase(s, t);
    return s;
}
