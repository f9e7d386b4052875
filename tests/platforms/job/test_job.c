/* test_job.c - a net on a platform: small nets with a known difference, its dumps, and what it refuses. */
#include "components/host.h"
#include "tests/rigs/net_rig.h"

Suite *suite_job(void);

/* ---- small nets with a known difference ---- */

/* 144 ones by 144 ones, eight by eight bits: a 7-bit adder tree holds 127 of them, and that is all that is lost. */
START_TEST(seven_bits)
{
    enum { N = 144 };
    uint8_t idx[16 + N] = { 0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 12, 0, 0, 0, 12 };
    struct heard h;
    struct net_rig r;
    struct bl_net *net = bl_net_new("ones");
    struct bl_tensor x = { .name = "x", .c = 1, .h = 12, .w = 12, .scale = 1 / 255.0f }, y = { .name = "y", .c = 1, .h = 1, .w = 1, .dtype = BL_S8,
                           .scale = 1 / 255.0f };
    struct bl_layer l = { .name = "sum", .kind = BL_FC, .in = { (uint32_t)bl_net_tensor(net, &x) }, .out = (uint32_t)bl_net_tensor(net, &y) };

    net->output = l.out;
    ck_assert_int_eq(bl_net_weights(net, &l, 1, N), 0);
    memset(l.weight, -1, N);
    l.wscale[0] = 1.0f / 512;
    bl_net_layer(net, &l);
    ck_assert_int_eq(bl_net_finish(net, heard_start(&h)), 0);
    memset(idx + 16, 255, N);
    struct bl_dataset *set = bl_dataset_from_bytes("ones.idx3", idx, sizeof idx, NULL, NULL, 0, &h.diag);
    struct rig_opts o = { .sets = { "controller.mode=digital", "dat.dat_bits=7" }, .job = { .net = net, .images = set, .count = 1 } };
    const struct bl_result *res = rig_run(&r, &o);
    ck_assert(res->approximate && res->first.any);
    ck_assert_int_eq(res->first.wanted, -72);                       /* -144 * 255 / 512 = -71.7 */
    ck_assert_int_eq(res->first.got, -63);                          /* -127 * 255 / 512 = -63.3 */
    ck_assert_uint_eq(rig_account(r.s, "dat", "dat_overflow"), 64);
    rig_close(&r);
    bl_dataset_close(set);
    bl_net_free(net);
}
END_TEST

/* The place of the first difference in an image that is higher than wide. */
struct spot { const struct bl_net *net; uint64_t seed; bool any; uint32_t at; };

static void find_spot(void *ctx, const struct bl_layer_end *e)
{
    struct spot *s = ctx;
    const struct bl_tensor *y = &s->net->tensors[s->net->output];
    struct heard h;
    struct bl_ref_out ref;
    uint8_t image[256];

    ck_assert_int_eq(bl_ref_init(&ref, s->net, heard_start(&h)), 0);
    bl_dataset_made(s->net, s->seed, 0, 50, image);
    bl_reference_run(s->net, image, &ref);
    while (s->at < bl_tensor_elems(y) && e->memory[e->program->out.at + s->at] - e->program->out.bias == ref.value[s->net->output][s->at])
        s->at++;
    s->any = s->at < bl_tensor_elems(y);
    bl_ref_fini(&ref);
}

START_TEST(oblong)
{
    enum { H = 9, W = 2 };
    struct grow g = grow_start(20 + (uint64_t)_i, 6, H, W);
    struct net_rig r;

    grow_conv(&g, (struct bl_layer){ .groups = 1, .kh = 1, .kw = 1, .stride_h = 1, .stride_w = 1, .dil_h = 1, .dil_w = 1, .relu = true }, 5);
    struct spot s = { .net = grow_end(&g), .seed = (uint64_t)_i };
    struct rig_opts o = { .sets = { "controller.mode=fixed", "controller.boundary=7" },
                          .job = { .net = s.net, .count = 1, .seed = s.seed, .on_layer = find_spot, .on_layer_ctx = &s } };
    const struct bl_mismatch *m = &rig_run(&r, &o)->first;
    ck_assert_int_eq(m->any, s.any);
    if (s.any)
        ck_assert_uint_eq((m->c * H + m->y) * W + m->x, s.at);
    ck_assert(m->x < W && m->y < H);
    rig_close(&r);
    bl_net_free(g.net);
}
END_TEST

/* The net's output need not be what its last layer makes. */
START_TEST(early_output)
{
    struct grow g = grow_start(8, 12, 1, 1);
    struct net_rig r;

    grow_fc(&g, 1, 1, 7, false);
    uint32_t out = g.at;
    grow_host(&g, (struct bl_layer){ .kind = BL_RELU });
    grow_fc(&g, 1, 1, 3, false);
    g.net->output = out;
    struct rig_opts o = { .sets = { "controller.mode=fixed", "controller.boundary=10" }, .job = { .net = grow_end(&g), .count = 9 } };
    const struct bl_result *res = rig_run(&r, &o);
    ck_assert_uint_eq(res->last, 0);
    ck_assert_uint_eq(res->outputs, 7 * 9);
    ck_assert_uint_eq(res->mismatches, res->layers[0].mismatches);
    ck_assert_uint_ne(res->mismatches, res->layers[2].mismatches);
    rig_close(&r);
    o.sets[0] = "controller.mode=digital";
    res = rig_run(&r, &o);
    ck_assert_uint_eq(res->agree, 9);              /* the classes of 7, not of 3 */
    rig_close(&r);
    bl_net_free(g.net);
}
END_TEST

/* ---- dumps ---- */

/* The values of a dump file, which begins with `head`. */
static void read_dump(const char *prefix, const char *what, const char *head, int *v, size_t n)
{
    char path[600], line[128];

    snprintf(path, sizeof path, "%s.%s.txt", prefix, what);
    FILE *f = fopen(path, "r");
    ck_assert_msg(f != NULL, "no %s", path);
    ck_assert_ptr_nonnull(fgets(line, sizeof line, f));
    ck_assert_str_eq(line, head);
    for (size_t i = 0; i < n; i++)
        ck_assert_int_eq(fscanf(f, "%d", &v[i]), 1);
    ck_assert_int_eq(fscanf(f, " %126s", line), EOF);
    fclose(f);
    remove(path);
}

/* What is kept is the first image that differs: the one of the first difference. */
START_TEST(dump)
{
    enum { IN = 28 * 28, OUT = 16 * 14 * 14 };
    static int in[IN], out[OUT], want[OUT];
    struct demo d = demo_open();
    struct net_rig r;
    struct rig_opts o = { .sets = { "controller.mode=fixed", "controller.boundary=10" },
                          .job = { .net = d.net, .images = d.set, .first = 3, .count = 3, .dump = "conv1" } };
    char prefix[512];
    uint8_t image[IN];

    const struct bl_result *res = rig_run(&r, &o);
    ck_assert_int_eq(bl_job_dump(r.job, scratch(prefix, "dump"), &r.h.diag), 0);
    read_dump(prefix, "in", "# in: c 1, h 28, w 28; one row a line\n", in, IN);
    read_dump(prefix, "out", "# out: c 16, h 14, w 14; one row a line\n", out, OUT);
    read_dump(prefix, "want", "# want: c 16, h 14, w 14; one row a line\n", want, OUT);
    ck_assert_uint_eq(res->first.layer, 0);
    bl_dataset_image(d.set, d.net, res->first.image, image);
    for (int i = 0; i < IN; i++)
        ck_assert_int_eq(in[i], image[i]);
    size_t at = (res->first.c * 14 + res->first.y) * 14 + res->first.x;
    ck_assert_int_eq(memcmp(out, want, at * sizeof *out), 0);
    ck_assert_int_eq(out[at], res->first.got);
    ck_assert_int_eq(want[at], res->first.wanted);
    ck_assert_int_lt(bl_job_dump(r.job, "tests/no_such_folder/x", &r.h.diag), 0);
    ck_assert_str_eq(strstr(r.h.text, "tests/"), "tests/no_such_folder/x.in.txt: cannot be written: No such file or directory\n"
                     "tests/no_such_folder/x.out.txt: cannot be written: No such file or directory\n"
                     "tests/no_such_folder/x.want.txt: cannot be written: No such file or directory");
    rig_close(&r);
    demo_close(&d);
}
END_TEST

START_TEST(dump_of_no_layer)
{
    struct demo d = demo_open();
    struct net_rig r;
    struct rig_opts o = { .sets = { "controller.mode=fixed", "controller.boundary=10" },
                          .job = { .net = d.net, .images = d.set, .count = 1 } };
    char prefix[512];

    ck_assert_ptr_nonnull(rig_run(&r, &o));
    ck_assert_int_lt(bl_job_dump(r.job, scratch(prefix, "dump"), &r.h.diag), 0);
    ck_assert_msg(strstr(r.h.text, "dump: no layer was kept; name one as `dump` of the options") != NULL, "%s", r.h.text);
    rig_close(&r);
    demo_close(&d);
}
END_TEST

/* Signed tensors are dumped as they are, not in the host's offset binary; without differences the last image is kept. */
START_TEST(dump_signed)
{
    enum { N = 3 * 3 * 2, CELLS = 2 * 3 * 3 };
    struct grow g = grow_start(2, 2, 3, 3);
    struct net_rig r;
    char prefix[512];
    uint8_t image[CELLS];
    int in[CELLS], out[N], want[N];

    g.net->tensors[0].dtype = BL_S8;
    g.net->tensors[0].zero = -20;
    grow_host(&g, (struct bl_layer){ .kind = BL_RELU });
    struct rig_opts o = { .job = { .net = grow_end(&g), .count = 2, .seed = 9, .dump = "relu0" }, .sets = { "controller.mode=digital" } };
    ck_assert_int_eq(rig_open(&r, &o), 0);
    scratch(prefix, "signed");
    ck_assert_int_lt(bl_job_dump(r.job, prefix, &r.h.diag), 0);
    ck_assert_msg(strstr(r.h.text, "signed: layer relu0 has not run, nothing to write") != NULL, "%s", r.h.text);
    ck_assert_int_eq(bl_job_run(r.job, r.s, BL_FOREVER, NULL, NULL), BL_END_STOPPED);
    ck_assert_int_eq(bl_job_dump(r.job, prefix, &r.h.diag), 0);
    read_dump(prefix, "in", "# in: c 2, h 3, w 3; one row a line\n", in, CELLS);
    read_dump(prefix, "out", "# out: c 2, h 3, w 3; one row a line\n", out, N);
    read_dump(prefix, "want", "# want: c 2, h 3, w 3; one row a line\n", want, N);
    bl_dataset_made(g.net, 9, 1, 50, image);
    for (int i = 0; i < CELLS; i++)
        ck_assert_int_eq(in[i], (int8_t)image[i]);
    ck_assert_int_eq(memcmp(out, want, sizeof out), 0);
    rig_close(&r);
    bl_net_free(g.net);
}
END_TEST

/* ---- refused ---- */

static const char NO_HOST[] =
    "platform: osa_hcim\n"
    "clocks: { core: 6 ns }\n"
    "parts:\n"
    "  controller: { class: osa_controller, clock: core }\n";
static const char NO_CONTROLLER[] =
    "platform: osa_hcim\n"
    "clocks: { core: 6 ns }\n"
    "parts:\n"
    "  host: { class: host, clock: core }\n";

static const struct { const char *platform; uint32_t first, count; const char *dump, *says; } refused[] = {
    { NULL, 0, 101, NULL, "101 images from number 0 are asked for; the data has 100" },
    { NULL, 99, 2, NULL, "2 images from number 99 are asked for; the data has 100" },
    { NULL, UINT32_MAX, 1, NULL, "1 images from number 4294967295 are asked for; the data has 100" },
    { NULL, 0, 1, "conv3", "--dump conv3: net fashion_cnn.onnx has no layer of this name; did you mean 'conv1'?" },
    { NULL, 0, 1, "pool", "--dump pool: net fashion_cnn.onnx has no layer of this name" },
    { NO_CONTROLLER, 0, 1, NULL, "refused.yaml: mapper osa_hcim needs a part 'controller' of class osa_controller; there is no part of this name" },
    { NO_HOST, 0, 1, NULL, "refused.yaml: mapper osa_hcim needs a part 'host' of class host; there is no part of this name" },
};

static const char *write_text(char path[512], const char *name, const char *text)
{
    FILE *f = fopen(scratch(path, name), "w");

    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    fclose(f);
    return path;
}

START_TEST(refuses)
{
    struct demo d = demo_open();
    struct net_rig r;
    char path[512];
    struct rig_opts o = { .job = { .net = d.net, .images = d.set, .first = refused[_i].first, .count = refused[_i].count, .dump = refused[_i].dump } };

    if (refused[_i].platform)
        o.platform = write_text(path, "refused.yaml", refused[_i].platform);
    ck_assert_int_lt(rig_open(&r, &o), 0);
    if (refused[_i].platform)            /* a line for every part that is missing */
        ck_assert_msg(strstr(r.h.text, refused[_i].says) != NULL, "%s", r.h.text);
    else
        ck_assert_str_eq(r.h.text, refused[_i].says);
    rig_close(&r);
    demo_close(&d);
}
END_TEST

/* The shape of the images is wrong: said once. */
START_TEST(wrong_shape)
{
    struct grow g = grow_start(2, 1, 12, 12);
    struct demo d = demo_open();
    struct net_rig r;

    grow_fc(&g, 1, 1, 3, false);
    struct rig_opts o = { .job = { .net = grow_end(&g), .images = d.set, .count = 1 } };
    ck_assert_int_lt(rig_open(&r, &o), 0);
    ck_assert_msg(strstr(r.h.text, "28") && strstr(r.h.text, "12") && !strchr(r.h.text, '\n'), "%s", r.h.text);
    rig_close(&r);
    demo_close(&d);
    bl_net_free(g.net);
}
END_TEST

START_TEST(mappers)
{
    ck_assert_ptr_nonnull(bl_mapper_find("osa_hcim"));
    ck_assert_ptr_null(bl_mapper_find("osa_hcim2"));
    for (size_t i = 0; bl_mappers[i]; i++) {
        ck_assert_ptr_eq(bl_mapper_find(bl_mappers[i]->name), bl_mappers[i]);
        ck_assert(bl_mappers[i]->help && bl_mappers[i]->pack);
    }
}
END_TEST

Suite *suite_job(void)
{
    Suite *s = suite_create("job");
    TCase *t = tcase_create("job");

    tcase_add_test(t, seven_bits);
    tcase_add_loop_test(t, oblong, 0, 12);
    tcase_add_test(t, early_output);
    tcase_add_test(t, dump);
    tcase_add_test(t, dump_of_no_layer);
    tcase_add_test(t, dump_signed);
    tcase_add_loop_test(t, refuses, 0, COUNT(refused));
    tcase_add_test(t, wrong_shape);
    tcase_add_test(t, mappers);
    suite_add_tcase(s, t);
    return s;
}
