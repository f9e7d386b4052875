/* test_chip.c - a whole chip: the demo net and ResNet8 on it take to the tick what a model of every part, tick by tick, and formulas say
 * (resident and reloaded, slots, copies, banks, vector units); every value of every layer is exact; what does not fit is refused with the
 * number that would do. */
#include "tests/rigs/chip_rig.h"

Suite *suite_chip(void);

#define RESNET8 "platforms/nets/mlperftiny_ic_resnet8.csv"

static struct bl_net *resnet8(void)
{
    struct heard h;
    struct bl_net *net = bl_net_load(RESNET8, 1, heard_start(&h));

    ck_assert_msg(net != NULL, "%s", h.text);
    return net;
}

static uint64_t conflicts(struct net_rig *r)
{
    uint64_t v = 0;

    ck_assert_int_eq(bl_peek(r->s, "buf.conflict", &v), 0);
    return v;
}

/* ---- the demo net: macros, images, slots; all in ticks behind the setup ---- */

static const struct { uint32_t macros, images, slots, copies[3]; uint64_t first, interval, total, most; } demo[] = {
    { 29, 1, 0, { 1, 1, 1 }, 2204, 0, 2205, 0 },          { 29, 2, 0, { 1, 1, 1 }, 2204, 1568, 3773, 0 },
    { 29, 8, 0, { 1, 1, 1 }, 2204, 1568, 13181, 9418 },   { 30, 8, 0, { 2, 1, 1 }, 1423, 784, 6912, 9418 },
    { 31, 8, 0, { 3, 1, 1 }, 1170, 528, 4867, 9418 },     { 33, 8, 0, { 5, 1, 1 }, 965, 392, 3710, 10986 },
    { 36, 8, 0, { 5, 2, 1 }, 774, 320, 3015, 9418 },      { 29, 8, 1, { 1, 1, 1 }, 2204, 1968, 15981, 0 },
};

START_TEST(demo_net)
{
    struct demo d = demo_open();
    struct net_rig r;
    const struct bl_pipeline *p = chip_runs(&r, &(struct chip_made){ .macros = demo[_i].macros, .vectors = 2, .slots = demo[_i].slots }, d.net, d.set, demo[_i].images);

    ck_assert_uint_eq(p->first, demo[_i].first);
    ck_assert_uint_eq(p->elapsed, demo[_i].total);
    ck_assert_uint_eq(p->interval[0], demo[_i].interval);
    ck_assert_uint_eq(p->interval[2], demo[_i].interval);
    for (int i = 0; i < 3; i++)
        ck_assert_uint_eq(p->layer[i].copies, demo[_i].copies[i]);
    if (demo[_i].most) {
        ck_assert_uint_eq(p->reserved, 10996);
        ck_assert_uint_eq(p->most, demo[_i].most);
    }
    ck_assert_uint_eq(conflicts(&r), 0);
    rig_close(&r);
    demo_close(&d);
}
END_TEST

/* The setup is the same for any number of images and outside of them; a steady image waits in slots; the arrays' work; L and F; the sentence. */
START_TEST(demo_account)
{
    static const uint64_t span[3][2] = { { 1583, 1552 }, { 415, 383 }, { 53, 35 } }, busy[] = { 1568, 3 * 392, 25 * 8 };
    struct demo d = demo_open();
    struct net_rig r;
    const struct bl_pipeline *p = chip_runs(&r, &(struct chip_made){ .macros = 29, .vectors = 2 }, d.net, d.set, 8);
    struct bl_clock_row clock;

    bl_clock_at(r.s, 0, &clock);
    ck_assert_uint_eq(p->setup, 15016);
    ck_assert_uint_eq(clock.cycles, 15016 + 13181);
    ck_assert_uint_eq(p->latency, 3644);
    ck_assert_uint_eq(p->unused, 0);
    ck_assert(p->ideal);
    for (int i = 0; i < 3; i++) {
        ck_assert_uint_eq(p->layer[i].made, span[i][0]);
        ck_assert_uint_eq(p->layer[i].read, span[i][1]);
        ck_assert_uint_eq(p->layer[i].busy, 8 * busy[i]);
        ck_assert_uint_eq(p->layer[i].bubble[BL_MEMORY_LATE] + p->layer[i].bubble[BL_BACK], 0);
    }
    ck_assert_str_eq(p->limits, "conv1, 1568 of 1568 ticks an image, 100 %; next conv2 392; one more copy of conv1 (1 macro) gives 784");
    rig_close(&r);
    demo_close(&d);
}
END_TEST

/* One vector unit's queue lets the last images of a few catch up: the interval of these is not told as if it were steady. */
START_TEST(too_few_images)
{
    struct bl_net *net = resnet8();
    struct net_rig r;
    const struct bl_pipeline *p = chip_runs(&r, &(struct chip_made){ .macros = 32, .vectors = 1 }, net, NULL, 4);

    ck_assert_msg(strstr(p->limits, "8198 ticks an image; ") && strstr(p->limits, " were seen, of too few images to be steady"), "%s", p->limits);
    rig_close(&r);
    bl_net_free(net);
}
END_TEST

/* ---- ResNet8 ---- */

/* Intervals of the last images, in turn; first of all images together: one alone has nobody in its way. */
static const struct { uint32_t macros, vectors, slots, images; uint64_t first, total, least, greatest, most; } res[] = {
    { 32, 2, 0, 1, 38048, 38049, 0, 0, 0 },               { 32, 2, 0, 8, 38048, 95429, 8192, 8204, 178176 },
    { 32, 1, 0, 1, 38048, 38049, 0, 0, 0 },               { 32, 1, 0, 8, 48249, 95921, 0, 0, 190464 },
    { 39, 2, 0, 1, 25771, 25772, 0, 0, 0 },               { 39, 2, 0, 8, 27830, 54997, 0, 0, 0 },
    { 39, 4, 0, 8, 25771, 54592, 0, 0, 0 },               { 32, 2, 2, 8, 38048, 0, 8192, 20552, 0 },
};

START_TEST(resnet8_net)
{
    struct bl_net *net = resnet8();
    struct net_rig r;
    const struct bl_pipeline *p = chip_runs(&r, &(struct chip_made){ .macros = res[_i].macros, .vectors = res[_i].vectors, .slots = res[_i].slots }, net, NULL, res[_i].images);

    ck_assert_uint_eq(p->first, res[_i].first);
    if (res[_i].total)
        ck_assert_uint_eq(p->elapsed, res[_i].total);
    if (res[_i].least) {                /* the smaller one first, in turn */
        const struct bl_host_time *t = bl_memory(r.s, "host", "times", NULL);
        for (uint32_t i = 1; i < res[_i].images; i++)
            ck_assert_uint_eq(t[i].ended - t[i - 1].ended, i % 2 ? res[_i].least : res[_i].greatest);
    }
    if (res[_i].most) {
        ck_assert_uint_eq(p->reserved, 280724);
        ck_assert_uint_eq(p->most, res[_i].most);
    }
    rig_close(&r);
    bl_net_free(net);
}
END_TEST

START_TEST(resnet8_account)
{
    static const struct { const char *name; uint64_t made, read; uint32_t cores, slots; } layers[] = {
        { "00_conv", 8207, 8176, 1, 4 }, { "01_conv", 8213, 8181, 3, 2 }, { "02_conv", 8213, 8181, 3, 2 }, { "03_add", 4101, 4101, 0, 2 },
        { "04_conv", 2073, 2039, 3, 2 }, { "05_conv", 2075, 2040, 5, 2 }, { "06_conv", 2065, 2032, 1, 3 }, { "07_add", 2053, 2053, 0, 2 },
        { "08_conv", 543, 516, 5, 2 }, { "09_conv", 547, 520, 9, 2 }, { "10_conv", 535, 498, 1, 3 }, { "11_add", 1029, 1029, 0, 2 },
        { "12_avgpool", 517, 517, 0, 2 }, { "14_fc", 29, 12, 1, 2 } };
    struct bl_net *net = resnet8();
    struct net_rig r;
    const struct bl_pipeline *p = chip_runs(&r, &(struct chip_made){ .macros = 32, .vectors = 2 }, net, NULL, 3);

    ck_assert_uint_eq(p->setup, 15161);
    ck_assert_uint_eq(p->nlayers, COUNT(layers));
    for (int i = 0; i < COUNT(layers); i++) {
        ck_assert_str_eq(p->layer[i].name, layers[i].name);
        ck_assert_uint_eq(p->layer[i].cores, layers[i].cores);
        ck_assert_uint_eq(p->map[i + 1].slots, layers[i].slots);
        ck_assert_msg(p->layer[i].made == layers[i].made && p->layer[i].read == layers[i].read, "%s: made %llu, read %llu", layers[i].name,
                      (unsigned long long)p->layer[i].made, (unsigned long long)p->layer[i].read);
    }
    ck_assert_msg(!strncmp(p->limits, "the pair 01_conv, 02_conv with 2 slots, 8198 of ", 48), "%s", p->limits);
    rig_close(&r);
    bl_net_free(net);
}
END_TEST

/* Macros left over go to the slowest layers, again and again, until one does not fit. */
START_TEST(resnet8_copies)
{
    static const struct { uint32_t macros, copies[5], unused; } made[] = { { 39, { 2, 2, 2, 1, 1 }, 0 }, { 46, { 3, 3, 3, 1, 1 }, 0 }, { 64, { 5, 5, 5, 2, 1 }, 1 } };
    struct bl_net *net = resnet8();
    struct net_rig r;
    const struct bl_pipeline *p = chip_runs(&r, &(struct chip_made){ .macros = made[_i].macros, .vectors = 2 }, net, NULL, 1);
    static const uint32_t at[] = { 0, 1, 2, 4, 5 };

    for (int i = 0; i < 5; i++)
        ck_assert_uint_eq(p->layer[at[i]].copies, made[_i].copies[i]);
    ck_assert_uint_eq(p->unused, made[_i].unused);
    rig_close(&r);
    bl_net_free(net);
}
END_TEST

/* ---- reload ---- */

START_TEST(reload)
{
    struct demo d = demo_open();
    struct bl_net *net = resnet8();
    struct net_rig r;
    const struct bl_pipeline *p = chip_runs(&r, &(struct chip_made){ .macros = 29, .vectors = 2, .placement = "reload" }, d.net, d.set, 3);

    ck_assert_uint_eq(p->first, 17222);
    ck_assert_uint_eq(p->interval[0], 17223);
    ck_assert_uint_eq(p->interval[2], 17223);
    ck_assert_uint_eq(p->setup, 0);
    ck_assert_str_eq(p->placement, "reload");
    rig_close(&r);
    p = chip_runs(&r, &(struct chip_made){ .macros = 32, .vectors = 2, .placement = "reload" }, net, NULL, 2);
    ck_assert_uint_ge(p->first, 53218 * 99 / 100);
    ck_assert_uint_le(p->first, 53218 * 101 / 100);
    rig_close(&r);
    p = chip_runs(&r, &(struct chip_made){ .macros = 9, .vectors = 1, .placement = "reload" }, net, NULL, 1);     /* its largest layer just fits */
    ck_assert_uint_gt(p->first, 53218);
    rig_close(&r);
    bl_net_free(net);
    demo_close(&d);
}
END_TEST

/* ---- banks ---- */

static const struct { uint32_t macros, banks; uint64_t total, lost; } banks[] = {
    { 29, 1, 20859, 81024 }, { 29, 2, 14416, 30009 }, { 29, 4, 13478, 9234 }, { 29, 8, 13210, 1778 }, { 29, 16, 13183, 540 }, { 29, 32, 13181, 293 },
    { 29, 64, 13181, 121 }, { 29, 0, 13181, 0 }, { 36, 1, 19157, 0 }, { 36, 2, 9719, 0 }, { 36, 4, 5843, 0 }, { 36, 8, 3580, 0 }, { 36, 16, 3019, 0 },
    { 36, 32, 3015, 0 }, { 36, 64, 3015, 0 },
};

/* What banks cost, and where: the time beyond that of free ports stands in the bubbles, and they add up (chip_ends). */
START_TEST(banked)
{
    struct demo d = demo_open();
    struct net_rig r;
    const struct bl_pipeline *p = chip_runs(&r, &(struct chip_made){ .macros = banks[_i].macros, .vectors = 2, .banks = banks[_i].banks }, d.net, d.set, 8);

    ck_assert_uint_eq(p->elapsed, banks[_i].total);
    if (banks[_i].lost || !banks[_i].banks)
        ck_assert_uint_eq(conflicts(&r), banks[_i].lost);
    ck_assert(p->ideal == !banks[_i].banks);
    if (banks[_i].banks == 1) {
        uint64_t reads = 0, writes = 0;
        ck_assert(p->layer[0].bubble[BL_MEMORY_LATE] > 0 && !strncmp(p->limits, "the banks of buf, ", 18));
        ck_assert(!bl_peek(r.s, "buf.read", &reads) && !bl_peek(r.s, "buf.write", &writes));
        if (banks[_i].macros == 29)
            ck_assert(reads == 13560 && writes == 5504);
    }
    rig_close(&r);
    demo_close(&d);
}
END_TEST

/* ---- what does not fit ---- */

#define AT "platforms/imc/made.yaml:4:"
static const struct { struct chip_made m; const char *says; bool resnet; } wrong[] = {
    { { .macros = 16, .vectors = 2 }, AT "72: net fashion_cnn.onnx needs 29 macros (conv1 1, conv2 3, fc 25), array.macros is 16; set macros to 29 or placement to reload", false },
    { { .macros = 31, .vectors = 2 }, AT "72: net mlperftiny_ic_resnet8.csv needs 32 macros (00_conv 1, 01_conv 3, 02_conv 3, 04_conv 3, 05_conv 5, 06_conv 1, 08_conv 5, "
      "09_conv 9, 10_conv 1, 14_fc 1), array.macros is 31; set macros to 32 or placement to reload", true },
    { { .macros = 32, .vectors = 2, .words = 32768 }, AT "8: array: buf: slots of 280724 bytes need 35092 words, words is 32768", true },
    { { .macros = 32 }, AT "103: array: layer 03_add runs on a vector unit; the platform has none", true },
    { { .macros = 8, .vectors = 2, .placement = "reload" }, AT "72: layer fc needs 25 macros, array.macros is 8; placement reload holds a whole layer: set macros to 25, "
      "or leave placement out", false },
    { { .macros = 29, .vectors = 2, .more = "sets: 2" }, AT "130: array: sets is 2; placement resident holds one tile a macro", false },
};

START_TEST(refused)
{
    struct demo d = demo_open();
    struct bl_net *net = resnet8();
    struct net_rig r;

    ck_assert_int_lt(chip_open(&r, chip_text(&wrong[_i].m), wrong[_i].resnet ? net : d.net, NULL, 1), 0);
    ck_assert_str_eq(r.h.text, wrong[_i].says);
    rig_close(&r);
    bl_net_free(net);
    demo_close(&d);
}
END_TEST

/* Small channels in tall windows: nine words for a window of which an operation takes eight ticks. It runs, and says so. */
START_TEST(wide_windows)
{
    struct grow g = grow_start(4, 1, 12, 12);
    struct net_rig r;

    grow_conv(&g, (struct bl_layer){ .groups = 1, .kh = 9, .kw = 3, .stride_h = 1, .stride_w = 1, .dil_h = 1, .dil_w = 1 }, 4);
    struct bl_net *net = grow_end(&g);
    ck_assert_int_eq(chip_open(&r, chip_text(&(struct chip_made){ .macros = 1 }), net, NULL, 2), 0);
    ck_assert_msg(strstr(r.h.text, "words a window and an operation takes 8 ticks: the feeder limits (320 -> up to ") != NULL, "%s", r.h.text);
    const struct bl_pipeline *p = chip_ends(&r);
    ck_assert_uint_gt(p->layer[0].bubble[BL_MEMORY_LATE], 0);
    rig_close(&r);
    bl_net_free(net);
}
END_TEST

/* What only a host does may stand at the end, not before a macro, and then the host must take no time for it. */
START_TEST(left_to_the_host)
{
    static const struct { bool behind; const char *from, *to, *says; } left[] = {
        { true, "latency: 40", "latency: 40", AT "102: array: placement is resident, and layer subsample1 (subsample) of net grown runs on no macro and on no vector unit, and macros come "
          "behind it; with feed direct a host does it" },
        { false, "latency: 40", "latency: 40, host_cycles: 1", "platforms/imc/made.yaml:6:18: host: host_cycles is 1; with several images at once what the host does at their end takes no "
          "time: expected 0" },
    };
    struct grow g = grow_start(4, 4, 6, 6);
    const char *made = chip_text(&(struct chip_made){ .macros = 8, .vectors = 1 }), *at = strstr(made, left[_i].from);
    char *text = malloc(strlen(made) + 200);
    struct net_rig r;

    sprintf(text, "%.*s%s%s", (int)(at - made), made, left[_i].to, at + strlen(left[_i].from));
    grow_conv(&g, (struct bl_layer){ .groups = 1, .kh = 3, .kw = 3, .stride_h = 1, .stride_w = 1, .dil_h = 1, .dil_w = 1 }, 4);
    grow_host(&g, (struct bl_layer){ .kind = BL_SUBSAMPLE, .stride_h = 2, .stride_w = 1, .cout = 4 });
    if (left[_i].behind)
        grow_fc(&g, 1, 1, 5, false);
    struct bl_net *net = grow_end(&g);
    ck_assert_int_lt(chip_open(&r, text, net, NULL, 1), 0);
    ck_assert_str_eq(r.h.text, left[_i].says);
    rig_close(&r);
    bl_net_free(net);
    free(text);
}
END_TEST

/* One text in place of another. */
static const struct { const char *from, *to, *says; } changed[] = {
    { "core[0..31].below -> core[1..32].above", "core[0].below -> core[2].above depth 2\n  - core[1].below -> core[1].above",
      AT "103: array: core[1].join.above is wired to core[1].join; placement resident needs core[0].join.below there" },
    { "lines: 3, drained", "lines: 2, drained", AT "103: array: dma.lines is 2; placement resident counts weights, images in and images out apart: set it to 3" },
    { "feed: buffered", "feed: direct", AT "101: array: placement is resident, but feed is direct; set it to buffered" },
};

START_TEST(refused_text)
{
    struct demo d = demo_open();
    struct net_rig r;
    const char *made = chip_text(&(struct chip_made){ .macros = 33, .vectors = 2 }), *at = strstr(made, changed[_i].from);
    char *text;

    ck_assert(at != NULL);
    text = malloc(strlen(made) + 200);
    sprintf(text, "%.*s%s%s", (int)(at - made), made, changed[_i].to, at + strlen(changed[_i].from));
    if (_i == 1)
        memcpy(strstr(text, "host.done[0..2]"), "host.done[0..1]", 15);
    ck_assert_int_lt(chip_open(&r, text, d.net, NULL, 1), 0);
    ck_assert_msg(strstr(r.h.text, changed[_i].says) != NULL, "%s", r.h.text);
    rig_close(&r);
    free(text);
    demo_close(&d);
}
END_TEST

/* Nobody asleep, or another order inside a time: the same ticks. A snapshot in the middle of it goes on as if nothing had been. */
START_TEST(same_however)
{
    struct demo d = demo_open();
    struct net_rig r;
    const struct chip_made m = { .macros = 30, .vectors = 1, .banks = 2 };
    const uint64_t elapsed = chip_runs(&r, &m, d.net, d.set, 5)->elapsed;
    size_t n, k;

    rig_close(&r);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(chip_open_as(&r, chip_text(&m), d.net, d.set, 5, i == 0, i ? 9 : 0), 0);
        ck_assert_uint_eq(chip_ends(&r)->elapsed, elapsed);
        rig_close(&r);
    }
    ck_assert_int_eq(chip_open(&r, chip_text(&m), d.net, d.set, 5), 0);
    ck_assert_int_eq(bl_job_run(r.job, r.s, 17500 * UINT64_C(5000000), NULL, NULL), BL_END_LIMIT);
    void *sim = malloc(n = bl_save_bytes(r.s)), *job = malloc(k = bl_job_save_bytes(r.job));
    ck_assert_int_eq(bl_save(r.s, sim, n), 0);
    bl_job_save(r.job, job);
    rig_close(&r);
    ck_assert_int_eq(chip_open(&r, chip_text(&m), d.net, d.set, 5), 0);
    ck_assert(!bl_restore(r.s, sim, n) && !bl_job_restore(r.job, job, k));
    ck_assert_uint_eq(chip_ends(&r)->elapsed, elapsed);
    ck_assert_uint_eq(bl_job_result(r.job)->images, 5);
    rig_close(&r);
    free(sim);
    free(job);
    demo_close(&d);
}
END_TEST

/* The shipped platform is the rig's with 32 macros, two vector units and 32 banks. */
START_TEST(shipped)
{
    const struct bl_setup_opts o = { .platform = "chip", .images = { true, 8 } };
    struct demo d = demo_open();
    struct heard h;
    struct net_rig r;
    struct bl_setup *u = bl_setup_open(&o, heard_start(&h));

    ck_assert_msg(u != NULL, "%s", h.text);
    ck_assert_int_eq(bl_setup_run(u, BL_FOREVER, NULL, NULL), BL_END_STOPPED);
    const struct bl_pipeline *p = bl_job_result(u->job)->pipeline, *q = chip_runs(&r, &(struct chip_made){ .macros = 32, .vectors = 2, .banks = 32 }, d.net, d.set, 8);
    ck_assert_uint_eq(p->elapsed, q->elapsed);
    ck_assert_uint_eq(p->setup, q->setup);
    ck_assert_uint_eq(bl_job_result(u->job)->layers[3].mismatches, 0);
    bl_setup_close(u);
    rig_close(&r);
    demo_close(&d);
}
END_TEST

Suite *suite_chip(void)
{
    Suite *s = suite_create("chip");
    TCase *t = tcase_create("chip");

    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, demo_net, 0, COUNT(demo));
    tcase_add_test(t, demo_account);
    tcase_add_loop_test(t, resnet8_net, 0, COUNT(res));
    tcase_add_test(t, resnet8_account);
    tcase_add_test(t, too_few_images);
    tcase_add_loop_test(t, resnet8_copies, 0, 3);
    tcase_add_test(t, reload);
    tcase_add_loop_test(t, banked, 0, COUNT(banks));
    tcase_add_loop_test(t, refused, 0, COUNT(wrong));
    tcase_add_test(t, wide_windows);
    tcase_add_loop_test(t, left_to_the_host, 0, 2);
    tcase_add_loop_test(t, refused_text, 0, COUNT(changed));
    tcase_add_test(t, same_however);
    tcase_add_test(t, shipped);
    suite_add_tcase(s, t);
    return s;
}
