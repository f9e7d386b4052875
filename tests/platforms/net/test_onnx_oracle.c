/* test_onnx_oracle.c - the ONNX reader and the reference against ONNX Runtime, which runs under node: 600 graphs at random. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "platforms/net/reference.h"
#include "tests/rigs/effort.h"
#include "tests/rigs/heard.h"
#include "tests/rigs/onnx_graphs.h"
#include "tests/rigs/ort.h"

Suite *suite_onnx_oracle(void);

enum { GRAPHS = 600, MOST_BYTES = 1 << 16 };

static char folder[400];

static FILE *open_file(unsigned graph, const char *suffix, const char *mode)
{
    char path[500];

    snprintf(path, sizeof path, "%s/g%u.%s", folder, graph, suffix);
    return fopen(path, mode);
}

static size_t input_bytes(const struct graph *g, uint64_t seed, const int64_t *d, size_t rank, uint8_t *out)
{
    size_t n = (size_t)elems(rank, d);

    for (size_t i = 0; i < n; i++) {
        uint8_t q = (uint8_t)bl_draw(bl_draw_key(seed, "input"), i);
        float real = (float)((int)q - 128) * 0.031f;
        if (g->input_type == MAKE_FLOAT)
            memcpy(out + 4 * i, &real, 4);
        else
            out[i] = q;
    }
    return n * (g->input_type == MAKE_FLOAT ? 4 : 1);
}

static void write_graph(unsigned i, FILE *list)
{
    static uint8_t in[MOST_BYTES];
    struct graph g;
    size_t len;
    uint8_t *bytes = graph_bytes(&g, i, &len);
    Onnx__ModelProto *m = onnx__model_proto__unpack(NULL, len, bytes);
    const Onnx__TensorShapeProto *s = m->graph->input[0]->type->tensor_type->shape;
    int64_t d[4] = { 0 };

    for (size_t k = 0; k < s->n_dim; k++)
        d[k] = s->dim[k]->dim_value;
    size_t n = input_bytes(&g, i, d, s->n_dim, in);
    FILE *f = open_file(i, "onnx", "wb"), *x = open_file(i, "in", "wb");
    ck_assert(f && x);
    ck_assert_uint_eq(fwrite(bytes, 1, len, f), len);
    ck_assert_uint_eq(fwrite(in, 1, n, x), n);
    fclose(f);
    fclose(x);
    fprintf(list, "g%u x %s ", i, g.input_type == MAKE_FLOAT ? "float32" : g.input_type == MAKE_S8 ? "int8" : "uint8");
    for (size_t k = 0; k < s->n_dim; k++)
        fprintf(list, "%s%lld", k ? "," : "", (long long)d[k]);
    fprintf(list, "\n");
    onnx__model_proto__free_unpacked(m, NULL);
    free(bytes);
}

/* ---- comparing ---- */

struct count { unsigned equal, tied, ours, theirs, varied; size_t values, halves; };

/* Our input bytes from those of the graph: codes as they are, real values by the input's code. */
static void our_input(const struct bl_net *net, const struct graph *g, const uint8_t *in, uint8_t *out)
{
    const struct bl_tensor *x = &net->tensors[net->input];
    size_t n = bl_tensor_elems(x);

    for (size_t i = 0; i < n; i++) {
        float real;
        memcpy(&real, in + (g->input_type == MAKE_FLOAT ? 4 * i : 0), 4);
        if (g->input_type == MAKE_FLOAT && x->dtype == BL_REAL)
            memcpy(out + 4 * i, &real, 4);
        else
            out[i] = g->input_type != MAKE_FLOAT ? in[i] :
                     (uint8_t)bl_float_code(real, x->scale, x->zero, false, bl_tensor_min(x), bl_tensor_max(x));
    }
}

static double ours_at(const struct bl_net *net, const struct bl_ref_out *out, uint32_t t, size_t i, bool real)
{
    const struct bl_tensor *y = &net->tensors[t];

    if (y->dtype == BL_REAL)
        return (double)out->real[t][i];
    float v = y->scale * (float)(out->value[t][i] - y->zero);
    return real ? (double)v : out->value[t][i];
}

/* One output: tensor t against the oracle's line at *p, which is then the next one's. */
struct against { size_t n, differ; double most, size; bool varied, real; };

static struct against compare_output(const struct bl_net *net, const struct bl_ref_out *out, uint32_t t, char **p, const char *what)
{
    struct against a = { .n = bl_tensor_elems(&net->tensors[t]), .size = 1e-6, .real = !strncmp(*p, "float32", 7) };
    double first = 0;

    *p = strchr(*p, ' ');
    ck_assert_msg(*p != NULL, "%s: the oracle has fewer outputs", what);
    for (size_t k = 0; k < a.n; k++) {
        double theirs = ort_value(p, a.real), d = ours_at(net, out, t, k, a.real) - theirs;
        a.most = d > a.most ? d : -d > a.most ? -d : a.most;
        a.size = theirs > a.size ? theirs : -theirs > a.size ? -theirs : a.size;
        a.differ += d > 0 || d < 0;
        first = k ? first : theirs;
        a.varied |= theirs < first || theirs > first;
    }
    ck_assert_msg(**p == '\n', "%s: other number of values than %zu", what, a.n);
    (*p)++;
    return a;
}

static void compare_graph(unsigned i, struct count *c)
{
    static char text[1 << 18];
    static uint8_t raw[MOST_BYTES], in[MOST_BYTES];
    char what[300];
    struct graph g;
    struct heard heard;
    struct bl_ref_out out;
    size_t len, differ = 0;
    bool varied = false;
    uint8_t *bytes = graph_bytes(&g, i, &len);
    FILE *f = open_file(i, "out", "rb"), *x = open_file(i, "in", "rb");

    ck_assert_msg(f && x, "graph %u has no output of the oracle", i);
    text[fread(text, 1, sizeof text - 1, f)] = 0;
    ck_assert_uint_gt(fread(raw, 1, sizeof raw, x), 0);
    fclose(f);
    fclose(x);
    snprintf(what, sizeof what, "graph %u, opset %d:%s", i, g.opset, g.steps);
    struct bl_net *net = bl_net_from_bytes("g.onnx", bytes, len, 0, heard_start(&heard));
    free(bytes);
    if (!strncmp(text, "refused", 7) || !net) {
        c->theirs += !strncmp(text, "refused", 7);
        c->ours += !net && strncmp(text, "refused", 7);
        if (getenv("BL_SAY"))
            fprintf(stderr, "%s: oracle %.330s ours %s\n", what, text, net ? "runs" : heard.text);
        bl_net_free(net);
        return;
    }
    char *p = text;
    our_input(net, &g, raw, in);
    ck_assert_int_eq(bl_ref_init(&out, net, &heard.diag), 0);
    bl_reference_run(net, in, &out);
    for (uint32_t k = 0; k < net->noutputs; k++) {
        struct against a = compare_output(net, &out, net->outputs[k], &p, what);
        bool close = g.ties && (a.differ == 0 || a.most <= (a.real ? a.size * 0.1 : 12));
        ck_assert_msg(a.differ == 0 || close, "%s: %zu of %zu values differ, by at most %g of %g", what, a.differ, a.n, a.most, a.size);
        if (a.differ && getenv("BL_SAY"))
            fprintf(stderr, "%s: %zu of %zu values differ, by at most %g of %g\n", what, a.differ, a.n, a.most, a.size);
        c->values += a.n;
        c->halves += a.real && a.most < a.size * 1e-5 ? 0 : a.differ;
        differ += a.differ;
        varied |= a.varied || a.n == 1;
    }
    ck_assert_msg(!*p, "%s: the oracle has more outputs", what);
    c->varied += varied;
    c->equal += differ == 0;
    c->tied += differ != 0;
    bl_ref_fini(&out);
    bl_net_free(net);
}

START_TEST(graphs)
{
    const char *at = ort_at(), *tmp = getenv("BL_TMP");
    char path[500];
    struct count c = { 0 };
    unsigned many = getenv("BL_GRAPHS") ? (unsigned)atoi(getenv("BL_GRAPHS")) : (unsigned)fewer(GRAPHS, 60);

    if (!at) {
        SKIP_MISSING("graphs", "onnxruntime-web is not installed; tools/oracle.sh installs it for this test alone, into build/oracle");
        return;
    }
    snprintf(folder, sizeof folder, "%s/oracle", tmp ? tmp : "/tmp");
    mkdir(folder, 0777);
    snprintf(path, sizeof path, "%s/list", folder);
    FILE *list = fopen(path, "w");
    ck_assert_ptr_nonnull(list);
    for (unsigned i = 0; i < many; i++)
        write_graph(i, list);
    fclose(list);
    ck_assert_int_eq(ort_run(at, folder), 0);
    for (unsigned i = 0; i < many; i++)
        compare_graph(i, &c);
    printf("onnx_oracle: %u graphs: %u equal, %u differ at halves (%zu of %zu values), %u refused by us, %u by the oracle; %u with more than one value\n", many, c.equal, c.tied,
           c.halves, c.values, c.ours, c.theirs, c.varied);
    ck_assert_uint_eq(c.equal + c.tied + c.ours + c.theirs, many);
    ck_assert_uint_ge(c.varied, many * 3 / 4);             /* no constant answers */
    ck_assert_uint_le(c.ours, many / 50 + 2);              /* a few more of few */
    ck_assert_uint_le(c.theirs, many / 10);
    ck_assert_uint_le(c.halves, c.values / 100);
}
END_TEST

Suite *suite_onnx_oracle(void)
{
    Suite *s = suite_create("onnx_oracle");
    TCase *c = tcase_create("all");

    tcase_add_test(c, graphs);
    tcase_set_timeout(c, 300);
    suite_add_tcase(s, c);
    return s;
}
