/* test_bf_imna.c - BF-IMNA as a platform (components/bf_imna/): nets bit for bit with ReLU and pooling on the processors, the same in both
 * fidelities, with any number of workers and any sleep; precision a layer; what its mapper and its chip refuse. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "components/bf_imna/ap_work.h"
#include "platforms/file/load.h"
#include "platforms/job/mapper.h"
#include "tests/rigs/effort.h"
#include "tests/rigs/heard.h"

enum { SETS = 24 };

struct outcome {
    uint64_t now, n[14], wait, steps;
    struct bl_result r;
    enum bl_end end;
    bool refused;
};

static const char *const counted[] = { "chip.compare", "chip.write", "chip.read", "chip.clear", "chip.matched", "chip.line", "chip.cell",
    "chip.driven", "chip.partial", "chip.job", "ctrl.step", "mesh.flit", "map.read", "map.write" };

/* "chip.timing=peak;chip.cols=80" */
static size_t cut(char *text, struct bl_set_opt *sets)
{
    size_t n = 0;
    char *save = NULL;

    for (char *one = strtok_r(text, ";", &save); one; one = strtok_r(NULL, ";", &save))
        sets[n++] = (struct bl_set_opt){ .text = one };
    ck_assert_uint_le(n, SETS);
    return n;
}

static void run(const char *platform, const struct bl_net *net, const struct bl_dataset *images, uint32_t count, const char *settings,
                unsigned option, struct bl_diag *diag, struct outcome *o)
{
    char text[1024];
    struct bl_set_opt sets[SETS];

    memset(o, 0, sizeof *o);
    snprintf(text, sizeof text, "%s", settings);
    size_t n = cut(text, sets);
    struct bl_platform *p = bl_platform_load(platform, sets, n, diag);
    ck_assert_ptr_nonnull(p);
    struct bl_sim *s = bl_open(bl_classes, diag);
    const struct bl_job_opts opts = { .net = net, .images = images, .count = count, .seed = 1 };
    if (option)
        bl_option(s, option, 3);
    struct bl_job *job = bl_platform_apply(p, s) ? NULL : bl_job_open(bl_mapper_find("bf_imna"), s, &opts, diag);
    o->refused = !job || bl_elaborate(s);
    if (!o->refused) {
        o->end = bl_job_run(job, s, BL_FOREVER, NULL, NULL);
        o->r = *bl_job_result(job);
        o->now = bl_now(s);
        for (size_t k = 0; k < sizeof counted / sizeof *counted; k++)
            ck_assert_int_eq(bl_peek(s, counted[k], &o->n[k]), 0);
        bl_peek(s, "ctrl.wait_operand[0]", &o->wait);
        for (uint32_t i = 0; i < o->r.nfigures; i++)
            o->steps = !strcmp(o->r.figures[i].name, "steps") ? (uint64_t)o->r.figures[i].value : o->steps;
    }
    if (job)
        bl_job_close(job);
    bl_close(s);
    bl_platform_free(p);
}

static void ck_exact(const struct outcome *o, uint32_t images)
{
    ck_assert(!o->refused);
    ck_assert_int_eq(o->end, BL_END_STOPPED);
    ck_assert_uint_eq(o->r.images, images);
    ck_assert_msg(!o->r.first.any, "layer %u, channel %u, y %u, x %u: got %d, wanted %d", o->r.first.layer, o->r.first.c, o->r.first.y,
                  o->r.first.x, o->r.first.got, o->r.first.wanted);
}

static struct bl_net *net_of(const char *name)
{
    char path[128];

    snprintf(path, sizeof path, "platforms/nets/%s", name);
    struct bl_net *net = bl_net_load(path, 1, NULL);
    ck_assert_ptr_nonnull(net);
    return net;
}

static const char LR[] = "platforms/bf_imna/bf_imna.yaml", IR[] = "platforms/bf_imna/bf_imna_ir.yaml";
/* A small chip: two clusters of three processors of 256 rows, so that everything is folded and cut. */
static const char SMALL[] = "clusters=2;caps=3;rows=256";

static char *small(char *text, size_t size, const char *more)
{
    snprintf(text, size, "%s;%s", SMALL, more);
    return text;
}

/* ---- both fidelities ---- */

static void ck_same(const struct outcome *a, const struct outcome *b)
{
    ck_assert_uint_eq(a->now, b->now);
    ck_assert_uint_eq(a->wait, b->wait);
    for (size_t k = 0; k < sizeof counted / sizeof *counted; k++)
        ck_assert_msg(a->n[k] == b->n[k], "%s: %llu and %llu", counted[k], (unsigned long long)a->n[k], (unsigned long long)b->n[k]);
}

/* The demo's net with real images. */
START_TEST(demo)
{
    struct bl_net *net = net_of("fashion_cnn.onnx");
    struct bl_dataset *images = bl_dataset_open("platforms/nets/fashion100-images.idx3", "platforms/nets/fashion100-labels.idx1", NULL);
    struct outcome micro, macro;

    ck_assert_ptr_nonnull(images);
    run(LR, net, images, 2, "chip.fidelity=micro", 0, NULL, &micro);
    run(LR, net, images, 2, "", 0, NULL, &macro);
    ck_exact(&micro, 2);
    ck_exact(&macro, 2);
    ck_same(&micro, &macro);
    ck_assert_uint_eq(macro.steps, 3);
    bl_dataset_close(images);
    bl_net_free(net);
}
END_TEST

/* Pooling (LeNet-5), depthwise and pointwise layers, residual sums: on a chip so small that windows are cut everywhere. */
static const char *const nets[] = { "lenet5_mnist.csv", "mlperftiny_kws_dscnn.csv", "mlperftiny_ic_resnet8.csv" };

START_TEST(folded)
{
    struct bl_net *net = net_of(nets[_i]);
    struct outcome micro, macro, two, awake;
    char text[512];

    run(LR, net, NULL, 1, small(text, sizeof text, ""), 0, NULL, &macro);
    ck_exact(&macro, 1);
    ck_assert_uint_gt(macro.n[8], 0);                          /* partial results */
    if (_i == 0) {
        run(LR, net, NULL, 1, small(text, sizeof text, "chip.fidelity=micro"), 0, NULL, &micro);
        ck_exact(&micro, 1);
        ck_same(&micro, &macro);
        run(LR, net, NULL, 1, small(text, sizeof text, "chip.workers=3"), 0, NULL, &two);
        ck_exact(&two, 1);
        ck_same(&two, &macro);
        run(LR, net, NULL, 1, small(text, sizeof text, ""), BL_NO_NAP, NULL, &awake);
        ck_exact(&awake, 1);
        ck_same(&awake, &macro);
    }
    bl_net_free(net);
}
END_TEST

START_TEST(other_folds_and_policies)
{
    static const char *const rows[] = { "fold=single", "fold=ideal", "chip.timing=paper2d",
        "chip.timing=peak", "write_cycles=4", "ctrl.buffers=0", "ctrl.broadcast=0" };
    struct bl_net *net = net_of(nets[0]);
    struct outcome o, plain;
    char text[512];

    run(LR, net, NULL, 1, small(text, sizeof text, ""), 0, NULL, &plain);
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        run(LR, net, NULL, 1, small(text, sizeof text, rows[r]), 0, NULL, &o);
        ck_exact(&o, 1);
        ck_assert_msg(o.now != plain.now, "%s changes no time", rows[r]);
    }
    bl_net_free(net);
}
END_TEST

/* IR: every layer is one step; micro would need cells of their own for all of the processors. */
START_TEST(infinite_resources)
{
    struct bl_net *net = net_of(nets[2]);
    struct outcome o;

    run(IR, net, NULL, 1, "", 0, NULL, &o);
    ck_exact(&o, 1);
    ck_assert_uint_eq(o.steps, 10);                            /* nine convolutions, one fc */
    bl_net_free(net);
}
END_TEST

/* ---- precision a layer ---- */
START_TEST(bit_fluid)
{
    static const char *const path = "/bits.csv";
    char file[512];
    struct outcome full, mixed;
    struct bl_net *net = net_of(nets[0]);

    run(LR, net, NULL, 1, "", 0, NULL, &full);
    snprintf(file, sizeof file, "%s%s", getenv("BL_TMP") ? getenv("BL_TMP") : "/tmp", path);
    FILE *f = fopen(file, "w");
    fputs("layer,b\n", f);
    for (uint32_t i = 0, bits = 2; i < net->nlayers; i++)
        if (net->layers[i].weight)
            fprintf(f, "%s,%u\n", net->layers[i].name, bits++);
    fclose(f);
    struct bl_narrow to[64] = { { 0, 0 } };
    ck_assert_int_eq(bl_net_bits(net, file, "b", to, NULL), 0);
    ck_assert_int_eq(bl_net_narrow(net, to, NULL), 0);
    remove(file);
    run(LR, net, NULL, 1, "", 0, NULL, &mixed);
    ck_exact(&mixed, 1);
    ck_assert_uint_lt(mixed.n[0], full.n[0]);                  /* fewer compares, no other hardware */
    bl_net_free(net);
}
END_TEST

/* ---- refusals ---- */
START_TEST(refused)
{
    static const struct { const char *platform, *sets, *why; } rows[] = {
        { LR, "ctrl.caps=63", "ctrl.caps is 63, chip.caps is 64" }, { LR, "ctrl.fold=single", "ctrl.fold is 1, chip.fold is 0" },
        { LR, "ctrl.pack=spread", "ctrl.pack is 1, chip.pack is 0" },
        { LR, "chip.write_cycles=4", "ctrl.write_cycles is 2" }, { LR, "ctrl.rows=2400", "ctrl.rows is 2400, chip.rows is 4800" },
        { LR, "mesh.lanes=64", "ctrl.link_req is 128 x 64 bit, mesh.req is 64 x 64 bit; expected equal widths" },
        { LR, "map.clusters=63", "ctrl.map_req is 192 x 64 bit, map.req is 189 x 64 bit; expected equal widths" },
        { LR, "ctrl.clusters=63", "chip.computed is 64 x 32 bit, ctrl.computed is 63 x 32 bit; expected equal widths" },
        { LR, "chip.cols=66", "needs 67 columns" }, { LR, "chip.fidelity=micro;chip.timing=peak", "cannot be realised" },
        { LR, "chip.fidelity=micro;chip.memory_limit=64", "the limit is 64 MiB: take fidelity macro" },
        { IR, "chip.fidelity=micro;chip.memory_limit=4", "processors in use with cells of their own" },
    };
    struct bl_net *net = net_of("mlperftiny_vww_mbv1_025.csv");

    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        struct heard h;
        struct outcome o;
        struct bl_net *deep = NULL;
        if (strstr(rows[r].why, "columns"))
            deep = net_of("vgg19_cifar100.csv");               /* windows of 4608 products */
        run(rows[r].platform, deep ? deep : net, NULL, 1, rows[r].sets, 0, heard_start(&h), &o);
        ck_assert_msg(o.refused && strstr(h.text, rows[r].why), "%s: heard '%s'", rows[r].sets, h.text);
        bl_net_free(deep);
    }
    bl_net_free(net);
}
END_TEST

/* ---- whole networks ---- */
static const struct { const char *net; uint64_t steps; } whole[] = { { "resnet18_imagenet.csv", 120 }, { "alexnet_imagenet.csv", 46 },
    { "resnet50_imagenet.csv", 283 }, { "vgg16_imagenet.csv", 859 } };

START_TEST(imagenet)
{
    struct bl_net *net = net_of(whole[_i].net);
    struct outcome o;

    run(LR, net, NULL, 1, "chip.workers=2", 0, NULL, &o);
    ck_exact(&o, 1);
    ck_assert_uint_eq(o.steps, whole[_i].steps);
    bl_net_free(net);
}
END_TEST

Suite *suite_bf_imna(void);
Suite *suite_bf_imna(void)
{
    Suite *s = suite_create("bf_imna");
    TCase *tc = tcase_create("all"), *slow = tcase_create("long");

    tcase_add_test(tc, demo);
    tcase_add_loop_test(tc, folded, 0, fewer(3, 1));
    tcase_add_test(tc, other_folds_and_policies);
    tcase_add_test(tc, infinite_resources);
    tcase_add_test(tc, bit_fluid);
    tcase_add_test(tc, refused);
    tcase_set_tags(slow, "long");
    tcase_set_timeout(slow, 900);
    tcase_add_loop_test(slow, imagenet, 0, 4);
    suite_add_tcase(s, tc);
    suite_add_tcase(s, slow);
    return s;
}
