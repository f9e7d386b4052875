/* test_setup.c - one way to set up a run: what is found when nothing is said, files and memory that mean the same, and what
 * is refused. */
#include "platforms/job/setup.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "platforms/file/io.h"
#include "platforms/file/sha256.h"
#include "tests/rigs/heard.h"
#include "tests/rigs/small_parts.h"

#define NET "platforms/nets/fashion_cnn.onnx"

static struct bl_setup *opened(const struct bl_setup_opts *o, struct heard *h)
{
    struct bl_setup *u = bl_setup_open(o, heard_start(h));

    ck_assert_msg(u != NULL, "%s", h->text);
    ck_assert_uint_eq(h->diag.errors, 0);
    return u;
}

/* ---- what is found */

START_TEST(nothing_said)
{
    static const char *const role[] = { "platform", "tech", "net", "images", "labels", "calibration" };
    struct heard h;
    struct bl_setup *u = opened(&(struct bl_setup_opts){ .platform = "osa_hcim" }, &h);
    char hex[65];
    size_t n;

    ck_assert_str_eq(u->mapper->name, "osa_hcim");
    ck_assert_str_eq(u->images, "platforms/nets/fashion100-images.idx3");
    ck_assert(u->first == 0 && u->count == 100 && u->seed == 1);
    ck_assert_uint_eq(u->ninputs, 6);
    for (size_t i = 0; i < u->ninputs; i++) {
        void *bytes = bl_read_all(u->input[i].file, &n, &h.diag);
        ck_assert_str_eq(u->input[i].role, role[i]);
        ck_assert_uint_eq(u->input[i].bytes, n);
        ck_assert_str_eq(u->input[i].sha256, bl_sha256(bytes, n, hex));
        free(bytes);
    }
    ck_assert_str_eq(u->calibration_at.path, "platforms/nets/fashion_cnn.osa_hcim.yaml");
    bl_setup_close(u);
}
END_TEST

/* A file for others to use has open ports by itself, and the reader is told why. */
START_TEST(a_part_of_others)
{
    struct heard h;

    ck_assert(!bl_setup_open(&(struct bl_setup_opts){ .platform = "dimc", .net = "none" }, heard_start(&h)));
    ck_assert_msg(strstr(h.text, "platforms/imc/dimc.yaml has 'ports', so it is a part of other files: by itself these are open; check a file that uses it, "
                         "`P: { use: dimc.yaml }`"), "%s", h.text);
}
END_TEST

/* What describes macros to a mapper is nothing without one. */
START_TEST(array_without_mapper)
{
    static const char text[] = "platform: p\nclocks: { c: 1 GHz }\narray: { host: host, rows: 4, cols: 4, w_bits: 8, a_bits: 8 }\nparts: { g: { class: gen } }\n";
    struct heard h;

    ck_assert(!bl_setup_open(&(struct bl_setup_opts){ .platform = "p.yaml", .platform_text = text, .platform_bytes = sizeof text - 1, .net = "none" }, heard_start(&h)));
    ck_assert_str_eq(h.text, "p.yaml:3:8: 'array' describes the macros to a mapper, and the file names none, so nothing would run on them; add 'mapper: weight_stationary'");
}
END_TEST

/* A platform without a mapper runs its parts; what is set is in force when the parts are made. */
START_TEST(by_itself)
{
    static const char *const set[] = { "gen[0].limit=3", "clock.core=10 ns" };
    struct heard h;
    struct bl_setup *u = opened(&(struct bl_setup_opts){ .platform = "back_pressure", .set = { set, 2 } }, &h);
    struct bl_clock_row clock;
    uint64_t limit;

    ck_assert(!u->mapper && !u->net && !u->job);
    ck_assert_int_eq(bl_setup_run(u, 1000000000, NULL, NULL), BL_END_LIMIT);
    ck_assert_uint_eq(bl_now(u->sim), 1000000000);
    bl_clock_at(u->sim, 0, &clock);
    ck_assert_uint_eq(clock.period_fs, 10000000);
    ck_assert(bl_peek(u->sim, "gen[0].limit", &limit) == 0 && limit == 3);
    bl_setup_close(u);
    bl_setup_close(NULL);
}
END_TEST

/* ---- memory instead of files */

static void layer_ended(void *ctx, const struct bl_layer_end *e) { ++*(unsigned *)ctx, (void)e; }
static void image_ended(void *ctx, uint32_t done, uint32_t total) { *(uint32_t *)ctx = done * 10 + total; }

static bl_yj energy_of(const struct bl_setup_opts *o, struct bl_result *r)
{
    struct heard h;
    struct bl_setup *u = opened(o, &h);
    uint32_t told = 0;

    ck_assert_int_eq(bl_setup_run(u, BL_FOREVER, image_ended, &told), BL_END_STOPPED);
    ck_assert_uint_eq(told, 22);
    bl_yj e = bl_energy(u->sim);
    *r = *bl_job_result(u->job);
    bl_setup_close(u);
    return e;
}

/* A supply scales prices; without any it is said that it does nothing. */
START_TEST(supply_without_prices)
{
    static const char *const set[] = { "voltage=0.7 V" };
    struct heard h;
    struct bl_setup *u = opened(&(struct bl_setup_opts){ .platform = "back_pressure", .set = { set, 1 } }, &h);

    ck_assert_str_eq(h.text, "voltage does nothing: the platform has no technology, whose prices it scales; 'tech: NAME' or --set tech=NAME gives it one");
    bl_setup_close(u);
    u = opened(&(struct bl_setup_opts){ .platform = "osa_hcim", .set = { set, 1 } }, &h);
    ck_assert_msg(!strstr(h.text, "voltage"), "%s", h.text);
    bl_setup_close(u);
}
END_TEST

START_TEST(files_or_memory)
{
    struct heard h;
    struct bl_net *net = bl_net_load(NET, 1, heard_start(&h));
    struct bl_dataset *data = bl_dataset_open("platforms/nets/fashion100-images.idx3", "platforms/nets/fashion100-labels.idx1", &h.diag);
    size_t n;
    void *text = bl_read_all("platforms/osa_hcim/osa_hcim.yaml", &n, &h.diag);
    unsigned layers = 0;
    static const char *const set[] = { "controller.mode=fixed" };
    struct bl_setup_opts o = { .platform = "osa_hcim", .set = { set, 1 }, .net = "fashion_cnn", .images = { true, 2 }, .first = { true, 5 } };
    struct bl_result a, b;

    ck_assert_msg(net && data && text, "%s", h.text);
    bl_yj files = energy_of(&o, &a);
    o = (struct bl_setup_opts){ .platform = "platforms/osa_hcim/osa_hcim.yaml", .platform_text = text, .platform_bytes = n, .set = { set, 1 },
        .own_net = net, .own_images = data, .images = { true, 2 }, .first = { true, 5 }, .on_layer = layer_ended, .on_layer_ctx = &layers,
        .calibration = "platforms/nets/fashion_cnn.osa_hcim.yaml" };
    bl_yj memory = energy_of(&o, &b);
    ck_assert(files == memory && files > 0);
    ck_assert(a.correct == b.correct && a.mismatches == b.mismatches && a.cycles_max == b.cycles_max && a.snr_db == b.snr_db);
    ck_assert_uint_eq(layers, 2 * net->nlayers);
    free(text);
    bl_dataset_close(data);
    bl_net_free(net);
}
END_TEST

/* Components of one's own. */
START_TEST(own_classes)
{
    static const char TEXT[] = "platform: p\nclocks: { core: 5 ns }\nparts: { d: { class: duo } }\n";
    struct heard h;
    struct bl_setup_opts o = { .platform = "p.yaml", .platform_text = TEXT, .platform_bytes = strlen(TEXT), .classes = small_classes };
    struct bl_setup *u = opened(&o, &h);

    ck_assert_ptr_eq(bl_classes_of(u->sim), small_classes);
    ck_assert_str_eq(u->input[0].file, "p.yaml");
    bl_setup_close(u);
    o.classes = NULL;
    ck_assert_ptr_null(bl_setup_open(&o, heard_start(&h)));
    ck_assert_msg(strstr(h.text, "duo") != NULL, "%s", h.text);
}
END_TEST

/* ---- refused */

static const char *const one_bit[] = { "layer[conv1].bits=4" }, *const no_part[] = { "gone.x=1" }, *const nothing[] = { "voltage=0.9V", NULL };
static const struct { struct bl_setup_opts o; bool own_net; const char *says; } refused[] = {
    { { .net = NET }, false, "no platform is named; expected a path, or a name like 'osa_hcim'" },
    { { .platform = "osa_hcimm" }, false, "osa_hcimm: there is no such file; did you mean platforms/osa_hcim/osa_hcim.yaml?" },
    { { .platform = "osa_hcim", .set = { no_part, 1 } }, false, "--set 'gone.x=1': " },
    { { .platform = "osa_hcim", .images = { true, 5 }, .first = { true, 98 } }, false,
      "--images 5 --first 98: there are 100 images; expected 2 at most from there" },
    { { .platform = "osa_hcim", .images = { true, 101 } }, false, "--images 101 --first 0: there are 100 images; expected 100 at most from there" },
    { { .platform = "osa_hcim", .images = { true, 0 } }, false, "--images 0: expected one at least" },
    { { .platform = "osa_hcim", .images = { true, 1 }, .first = { true, 100 } }, false, "--first 100: there are 100 images; expected 0 to 99" },
    { { .platform = "osa_hcim", .net = "none", .bits = "hawqv3:medium" }, false, "--bits: the run has no net; name one with --net" },
    { { .platform = "back_pressure", .net = NET }, false, "has no mapper, so it runs no net" },
    { { .platform = "osa_hcim", .labels = "l.idx1" }, false, "--labels: of which images? Name them with --data" },
    { { .platform = "osa_hcim", .form = { .std = "2" } }, false, "--std: of which images? Name them with --data" },
    { { .platform = "osa_hcim", .net = "none", .form = { .pixels = true } }, false, "--pixels: the run has no net; name one with --net" },
    { { .platform = "osa_hcim", .net = "none", .metric = "top5" }, false, "--metric: the run has no net; name one with --net" },
    { { .platform = "osa_hcim", .metric = "top6" }, false, "--metric top6: expected top1, top5 or error" },
    { { .platform = "osa_hcim", .metric = "error" }, false, "expected one shape: it is for nets that give back their input" },
    { { .platform = "osa_hcim", .data = "/dev/zero" }, false, "/dev/zero: is no regular file; a run reads images and labels twice" },
    { { .platform = "osa_hcim", .data = "README.md" }, false, "README.md: found neither .npy nor IDX" },
    { { .platform = "osa_hcim", .data = "fashion100-images", .form = { .layout = "hwcn" } }, false, "--layout hwcn: expected nchw or nhwc" },
    { { .platform_text = "platform: p\n", .platform_bytes = 12 }, false, "the platform in memory has no name; set `platform` too, as a path" },
    { { .platform = "osa_hcim", .set = { nothing, 2 } }, false, "--set 2 of 2 is NULL; expected PATH=VALUE" },
    { { .platform = "osa_hcim", .set = { NULL, 1 } }, false, "--set 1 of 1 is NULL; expected PATH=VALUE" },
    { { .platform = "osa_hcim", .set = { one_bit, 1 } }, true, "'layer[conv1].bits=4': a net in memory is run as it is" },
    { { .platform = "osa_hcim", .bits = "hawqv3:medium" }, true, "'hawqv3:medium': a net in memory is run as it is" },
};

START_TEST(refuses)
{
    struct heard h;
    struct bl_setup_opts o = refused[_i].o;
    struct bl_net *net = refused[_i].own_net ? bl_net_load(NET, 1, heard_start(&h)) : NULL;

    o.own_net = net;
    ck_assert_ptr_null(bl_setup_open(&o, heard_start(&h)));
    ck_assert_msg(strstr(h.text, refused[_i].says) != NULL, "%s", h.text);
    ck_assert_uint_ge(h.diag.errors, 1);
    bl_net_free(net);
}
END_TEST

/* ---- memory that is not whole */

START_TEST(own_memory)
{
    struct heard h;
    struct bl_net *net = bl_net_load(NET, 1, heard_start(&h)), zeros = { .name = "zeros" };
    uint8_t pixel[28 * 28] = { 0 };
    struct bl_dataset data = { .count = 1, .c = 1, .h = 28, .w = 28 };
    struct bl_setup_opts o = { .platform = "osa_hcim", .own_net = &zeros };

    ck_assert_ptr_null(bl_setup_open(&o, heard_start(&h)));
    ck_assert_str_eq(h.text, "zeros: the net in memory is not finished; call bl_net_finish first, and go on only if it returns 0");
    o.own_net = net;
    o.own_images = &data;
    ck_assert_ptr_null(bl_setup_open(&o, heard_start(&h)));
    ck_assert_str_eq(h.text, "fashion_cnn.onnx: the images have no pixels; expected one at least, count * c * h * w bytes");
    data.pixels = pixel;
    data.count = 0;
    ck_assert_ptr_null(bl_setup_open(&o, heard_start(&h)));
    ck_assert_str_eq(h.text, "fashion_cnn.onnx: the images have count 0; expected one at least, count * c * h * w bytes");
    data.count = 1;
    bl_setup_close(opened(&o, &h));
    bl_net_free(net);
}
END_TEST

/* ---- steps in another order */

#define SECOND "is called a second time; close the setup and open another one"

START_TEST(steps)
{
    struct heard h;
    struct bl_setup_opts o = { .platform = "osa_hcim", .images = { true, 1 } };
    struct bl_setup *u = bl_setup_platform(&o, heard_start(&h));
    char byte = 0;

    ck_assert_int_eq(bl_setup_run(u, BL_FOREVER, NULL, NULL), BL_END_FAILED);
    ck_assert_str_eq(h.text, "bl_setup_run: nothing is built; call bl_setup_build first, and go on only if it returns 0");
    ck_assert(bl_setup_save_bytes(u) == 0 && bl_setup_save(u, &byte, 1) == -1 && bl_setup_restore(u, &byte, 1) == -1);
    ck_assert_int_eq(bl_setup_net(u), 0);
    heard_start(&h);
    ck_assert_int_eq(bl_setup_net(u), -1);
    ck_assert_str_eq(h.text, "bl_setup_net: " SECOND);
    ck_assert_int_eq(bl_setup_build(u), 0);
    heard_start(&h);
    ck_assert_int_eq(bl_setup_build(u), -1);
    ck_assert_str_eq(h.text, "bl_setup_build: " SECOND);
    ck_assert_int_eq(bl_setup_run(u, BL_FOREVER, NULL, NULL), BL_END_STOPPED);
    ck_assert_int_eq(bl_setup_run(u, BL_FOREVER, NULL, NULL), BL_END_STOPPED);
    ck_assert_uint_eq(bl_job_result(u->job)->images, 1);
    bl_setup_close(u);
}
END_TEST

/* To show a platform no net is needed, to run it on a mapper's behalf one is. */
START_TEST(step_left_out)
{
    struct heard h;
    struct bl_setup *u = bl_setup_platform(&(struct bl_setup_opts){ .platform = "osa_hcim" }, heard_start(&h));

    ck_assert_int_eq(bl_setup_build(u), 0);
    ck_assert_int_eq(bl_setup_run(u, BL_FOREVER, NULL, NULL), BL_END_FAILED);
    ck_assert_msg(strstr(h.text, "has a mapper, but no net was read; call bl_setup_net before bl_setup_build") != NULL, "%s", h.text);
    heard_start(&h);
    ck_assert_int_eq(bl_setup_net(u), -1);
    ck_assert_str_eq(h.text, "bl_setup_net: is called after bl_setup_build; close the setup and open another one");
    bl_setup_close(u);
    u = bl_setup_platform(&(struct bl_setup_opts){ .platform = "osa_hcim", .net = "no_such" }, heard_start(&h));
    ck_assert_int_eq(bl_setup_net(u), -1);
    heard_start(&h);
    ck_assert_int_eq(bl_setup_net(u), -1);
    ck_assert_int_eq(bl_setup_build(u), -1);
    ck_assert_str_eq(h.text, "bl_setup_net: " SECOND "\nbl_setup_build: bl_setup_net has refused; go on only if it returns 0");
    bl_setup_close(u);
}
END_TEST

/* What an open that failed has left. */
START_TEST(no_setup)
{
    ck_assert_ptr_null(bl_setup_open(NULL, NULL));
    ck_assert_ptr_null(bl_setup_platform(NULL, NULL));
    ck_assert(bl_setup_net(NULL) == -1 && bl_setup_build(NULL) == -1 && bl_setup_save_bytes(NULL) == 0);
    ck_assert_int_eq(bl_setup_run(NULL, BL_FOREVER, NULL, NULL), BL_END_FAILED);
    ck_assert(bl_setup_save(NULL, NULL, 0) == -1 && bl_setup_restore(NULL, NULL, 0) == -1);
}
END_TEST

/* ---- simulation and job together */

START_TEST(saved_and_restored)
{
    const struct bl_setup_opts o = { .platform = "osa_hcim", .images = { true, 2 } }, bare = { .platform = "osa_hcim", .net = "none" };
    struct heard h, other;
    struct bl_setup *u = opened(&o, &h), *v = opened(&o, &other), *w;

    bl_break_at(u->sim, UINT64_C(60000000000));
    ck_assert_int_eq(bl_setup_run(u, BL_FOREVER, NULL, NULL), BL_END_BREAK);
    size_t n = bl_setup_save_bytes(u);
    void *buf = malloc(n);
    ck_assert_int_eq(bl_setup_save(u, buf, n - 1), -1);
    ck_assert_int_eq(bl_setup_save(u, buf, n), 0);
    for (int i = 0; i < 2; i++) {                  /* into itself, after its end, and into another one */
        struct bl_setup *x = i ? v : u;
        ck_assert_int_eq(bl_setup_run(u, BL_FOREVER, NULL, NULL), BL_END_STOPPED);
        ck_assert_int_eq(bl_setup_restore(x, buf, n), 0);
        ck_assert_uint_eq(bl_now(x->sim), bl_saved_time(buf));
        ck_assert_int_eq(bl_setup_run(x, BL_FOREVER, NULL, NULL), BL_END_STOPPED);
        ck_assert_uint_eq(bl_job_result(x->job)->images, 2);
        ck_assert(bl_energy(u->sim) == bl_energy(x->sim));
    }
    ck_assert_uint_eq(bl_job_result(u->job)->cycles_max, bl_job_result(v->job)->cycles_max);
    uint64_t now = bl_now(v->sim);
    ck_assert_int_eq(bl_setup_restore(v, buf, n - 1), -1);
    ck_assert_int_eq(bl_setup_restore(v, buf, 10), -1);
    ck_assert_uint_eq(bl_now(v->sim), now);
    w = opened(&bare, &other);
    ck_assert_int_eq(bl_setup_restore(w, buf, n), -1);
    free(buf);
    buf = malloc(n = bl_setup_save_bytes(w));
    ck_assert_int_eq(bl_setup_save(w, buf, n), 0);
    ck_assert_int_eq(bl_setup_restore(w, buf, n), 0);
    ck_assert_int_eq(bl_setup_restore(u, buf, n), -1);
    free(buf);
    bl_setup_close(u);
    bl_setup_close(v);
    bl_setup_close(w);
}
END_TEST

Suite *suite_setup(void);
Suite *suite_setup(void)
{
    Suite *s = suite_create("setup");
    TCase *c = tcase_create("setup");

    tcase_add_test(c, nothing_said);
    tcase_add_test(c, a_part_of_others);
    tcase_add_test(c, array_without_mapper);
    tcase_add_test(c, by_itself);
    tcase_add_test(c, supply_without_prices);
    tcase_add_test(c, files_or_memory);
    tcase_add_test(c, own_classes);
    tcase_add_loop_test(c, refuses, 0, sizeof refused / sizeof *refused);
    tcase_add_test(c, own_memory);
    tcase_add_test(c, steps);
    tcase_add_test(c, step_left_out);
    tcase_add_test(c, no_setup);
    tcase_add_test(c, saved_and_restored);
    suite_add_tcase(s, c);
    return s;
}
