/* test_onnx_write_oracle.c - what onnx_write.c writes, computed by ONNX Runtime: the project's nets and random graphs have the outputs of the
 * reference. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "platforms/net/dataset.h"
#include "platforms/net/onnx_write.h"
#include "platforms/net/quantise.h"
#include "platforms/net/reference.h"
#include "tests/rigs/effort.h"
#include "tests/rigs/heard.h"
#include "tests/rigs/onnx_graphs.h"
#include "tests/rigs/ort.h"

Suite *suite_onnx_write_oracle(void);

enum { GRAPHS = 240 };

static char folder[400];

static FILE *open_file(const char *name, const char *suffix, const char *mode)
{
    char path[500];

    snprintf(path, sizeof path, "%s/%s.%s", folder, name, suffix);
    FILE *f = fopen(path, mode);
    ck_assert_msg(f != NULL, "%s", path);
    return f;
}

/* The net's input as the graph has it: codes, or their real values; of a narrowed one those of 8 bits. Its outputs by the reference go into `out`. */
static void write_input(const struct bl_net *net, struct bl_ref_out *out, FILE *x)
{
    const struct bl_tensor *t = &net->tensors[net->input], wide = bl_tensor_wide(t);
    uint8_t *image = malloc(bl_net_input_bytes(net));

    bl_dataset_made(net, 3, 0, 20, image);
    for (size_t i = 0; i < bl_tensor_elems(t); i++) {
        image[i] = t->dtype != BL_REAL && t->shift ? (uint8_t)(image[i] << t->shift | (image[i] & 1) << (t->shift - 1)) : image[i];
        int q = t->dtype == BL_S8 ? (int8_t)image[i] : image[i];
        float real = (float)(q - wide.zero) * wide.scale;
        if (t->dtype == BL_REAL)
            fwrite(image + 4 * i, 4, 1, x);
        else
            fwrite(net->raw_input ? (const void *)&image[i] : &real, net->raw_input ? 1 : 4, 1, x);
        image[i] = t->dtype != BL_REAL ? bl_tensor_narrow(t, image[i]) : image[i];
    }
    ck_assert_int_eq(bl_reference_run(net, image, out), 0);
    free(image);
}

/* Writes net, if it can be, as NAME with its input, and its line of the list. */
static bool put_case(const struct bl_net *net, const char *name, struct bl_ref_out *out, FILE *list)
{
    struct heard h;
    struct bl_onnx_form form = { .nearest = false };
    uint8_t *bytes;
    size_t len;

    if (net->ninputs != 1 || bl_onnx_write(net, &form, &bytes, &len, heard_start(&h)))
        return false;
    FILE *f = open_file(name, "onnx", "wb"), *x = open_file(name, "in", "wb");
    ck_assert_uint_eq(fwrite(bytes, 1, len, f), len);
    ck_assert_int_eq(bl_ref_init(out, net, &h.diag), 0);
    write_input(net, out, x);
    fclose(f);
    fclose(x);
    struct bl_net *back = bl_onnx_read(name, bytes, len, &h.diag);
    ck_assert_msg(back != NULL, "%s", h.text);
    free(bytes);
    const struct bl_tensor *t = &net->tensors[net->input];
    fprintf(list, "%s %s %s ", name, back->tensors[back->input].name, !net->raw_input || t->dtype == BL_REAL ? "float32" : t->dtype == BL_S8 ? "int8" : "uint8");
    fprintf(list, t->h == 1 && t->w == 1 ? "1,%u\n" : "1,%u,%u,%u\n", t->c, t->h, t->w);
    bl_net_free(back);
    return true;
}

struct count { size_t values, differ; unsigned cases, equal, refused; };

static void compare(const struct bl_net *net, const char *name, const struct bl_ref_out *out, struct count *c)
{
    static char text[1 << 20];
    FILE *f = open_file(name, "out", "rb");
    char *p = text;
    size_t differ = 0;

    text[fread(text, 1, sizeof text - 1, f)] = 0;
    fclose(f);
    c->cases++;
    if (!strncmp(text, "refused", 7)) {
        c->refused++;
        if (getenv("BL_SAY"))
            fprintf(stderr, "%s: %.300s", name, text);
        return;
    }
    for (uint32_t k = 0; k < (net->noutputs ? net->noutputs : 1); k++) {
        const uint32_t t = net->noutputs ? net->outputs[k] : net->output;
        const struct bl_tensor *y = &net->tensors[t];
        bool real = !strncmp(p, "float32", 7);
        p = strchr(p, ' ');
        for (size_t i = 0; i < bl_tensor_elems(y); i++) {
            double theirs = ort_value(&p, real), step = y->dtype == BL_REAL ? 1e-5 : (double)y->scale / 2;
            double ours = y->dtype == BL_REAL ? (double)out->real[t][i] : real ? (double)((float)(out->value[t][i] - y->zero) * y->scale) : out->value[t][i];
            double off = ours > theirs ? ours - theirs : theirs - ours, size = theirs < 0 ? -theirs : theirs;
            differ += off > (real ? step + (y->dtype == BL_REAL ? 1e-4 * size : 0) : 0);
        }
        c->values += bl_tensor_elems(y);
        ck_assert_msg(*p == '\n', "%s: other number of values", name);
        p++;
    }
    if (differ && getenv("BL_SAY"))
        fprintf(stderr, "%s: %zu differ\n", name, differ);
    c->differ += differ;
    c->equal += !differ;
}

static bool start(const char *at)
{
    const char *tmp = getenv("BL_TMP");

    if (!at) {
        SKIP_MISSING("graphs", "onnxruntime-web is not installed; tools/oracle.sh installs it for this test alone, into build/oracle");
        return false;
    }
    snprintf(folder, sizeof folder, "%s/written", tmp ? tmp : "/tmp");
    mkdir(folder, 0777);
    return true;
}

/* Runs the cases of the list that has been written. */
static void ask(const char *at)
{
    char from[500], to[500];

    snprintf(from, sizeof from, "%s/list.txt", folder);
    snprintf(to, sizeof to, "%s/list", folder);
    ck_assert_int_eq(rename(from, to), 0);
    ck_assert_int_eq(ort_run(at, folder), 0);
}

/* Compares nets[i], which are written as PREFIXi, and frees them. */
static struct count compare_all(struct bl_net **nets, struct bl_ref_out *out, int many, char prefix)
{
    struct count c = { 0 };
    char name[20];

    for (int i = 0; i < many; i++) {
        if (!nets[i])
            continue;
        snprintf(name, sizeof name, "%c%d", prefix, i);
        compare(nets[i], name, &out[i], &c);
        bl_ref_fini(&out[i]);
        bl_net_free(nets[i]);
        nets[i] = NULL;
    }
    printf("onnx_write: ONNX Runtime: %u graphs, %u equal, %u without a kernel, %zu of %zu values differ\n", c.cases, c.equal, c.refused, c.differ, c.values);
    return c;
}

START_TEST(graphs)
{
    static struct bl_net *nets[GRAPHS];
    static struct bl_ref_out out[GRAPHS];
    const int many = fewer(GRAPHS, 40);
    const char *at = ort_at();
    struct heard h;
    char name[20];

    if (!start(at))
        return;
    FILE *list = open_file("list", "txt", "w");
    for (int i = 0; i < many; i++) {
        struct graph g;
        size_t len;
        uint8_t *bytes = graph_bytes(&g, (uint64_t)i, &len);
        struct bl_net *net = bl_net_from_bytes("g.onnx", bytes, len, 0, heard_start(&h));
        free(bytes);
        snprintf(name, sizeof name, "g%d", i);
        if (net && put_case(net, name, &out[i], list))
            nets[i] = net;
        else
            bl_net_free(net);
    }
    fclose(list);
    ask(at);
    const struct count c = compare_all(nets, out, many, 'g');
    ck_assert_uint_ge(c.cases, (unsigned)many / 2);
    ck_assert_uint_ge(c.equal + c.refused, c.cases * 9 / 10);
    ck_assert_uint_le(c.refused, c.cases / 10);
    ck_assert_uint_le(c.differ, c.values / 100);           /* halves, where a float32 convolution of the runtime rounds otherwise */
}
END_TEST

/* The demo with fewer bits, fitted: Clips of constants and of codes, an input that is rounded again. 1: the runtime has no BipolarQuant. */
static const unsigned FEW[][2] = { { 8, 8 }, { 4, 8 }, { 3, 8 }, { 2, 8 }, { 8, 4 }, { 4, 4 }, { 3, 6 }, { 7, 5 }, { 2, 2 }, { 5, 1 }, { 1, 8 } };
enum { NFEW = sizeof FEW / sizeof *FEW };

START_TEST(few_bits)
{
    static struct bl_net *nets[NFEW];
    static struct bl_ref_out out[NFEW];
    const char *at = ort_at();
    struct heard h;
    char name[20];

    if (!start(at))
        return;
    FILE *list = open_file("list", "txt", "w");
    for (int i = 0; i < NFEW; i++) {
        struct bl_narrow to[16] = { { 0, 0 } };
        nets[i] = bl_net_load("platforms/nets/fashion_cnn.onnx", 1, heard_start(&h));
        ck_assert_msg(nets[i] && nets[i]->nlayers <= 16, "%s", h.text);
        for (uint32_t k = 0; k < nets[i]->nlayers; k++)
            if (nets[i]->layers[k].weight)
                to[k] = (struct bl_narrow){ (uint8_t)FEW[i][0], (uint8_t)FEW[i][1] };
        ck_assert_msg(bl_net_fit(nets[i], to, &h.diag) == 0, "%s", h.text);
        snprintf(name, sizeof name, "f%d", i);
        ck_assert(put_case(nets[i], name, &out[i], list));
    }
    fclose(list);
    ask(at);
    const struct count c = compare_all(nets, out, NFEW, 'f');
    ck_assert_uint_eq(c.refused, 1);
    ck_assert_uint_eq(c.equal, NFEW - 1);
}
END_TEST

Suite *suite_onnx_write_oracle(void)
{
    Suite *s = suite_create("onnx_write_oracle");
    TCase *t = tcase_create("all");

    tcase_add_test(t, graphs);
    tcase_add_test(t, few_bits);
    tcase_set_timeout(t, 300);
    suite_add_tcase(s, t);
    return s;
}
