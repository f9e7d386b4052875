/* test_watch_choices.c - traces (watch.c, windows.c, globs.c, values.c): windows of conditions, pieces, parts that open alone, wide and deep signals. */
#include "tests/rigs/watch_rig.h"

/* ---- choices ---- */

START_TEST(places_are_used_again)
{
    struct bl_sim *s = pair(0);
    struct bl_trace *all[63], *more;

    for (int round = 0; round < 200; round++) {
        struct bl_trace *t = begin(s, NULL, 0, 0, 0);
        ck_assert_ptr_nonnull(t);
        bl_run(s, bl_now(s) + 7);
        kp_ok(bl_trace_end(s, t));
    }
    for (int i = 0; i < 63; i++)
        ck_assert_ptr_nonnull(all[i] = begin(s, NULL, 1u << 30, 0, 0));    /* never told */
    more = begin(s, NULL, 1u << 30, 0, 0);
    ck_assert_ptr_null(more);
    ck_assert_ptr_nonnull(strstr(told.text, "at most 63 at once"));
    kp_ok(bl_trace_end(s, all[20]));
    fake[0].closed = fake[1].closed = false;
    ck_assert_ptr_nonnull(all[20] = begin(s, NULL, 1u << 30, 0, 0));
    for (int i = 0; i < 63; i++) {
        fake[0].closed = fake[1].closed = false;
        kp_ok(bl_trace_end(s, all[i]));
    }
    bl_close(s);
}
END_TEST

static const struct { const char *from, *to, *want; } conditions[] = {
    { "p.q == 2", NULL, "@30 p.q=2 @60 p.q=3" },
    { NULL, "p.q == 2", "@0 p.q=1 @30 p.q=2" },
    { "p.verdict == idle", "p.q >= 3", "@10 p.q=1 @30 p.q=2 @60 p.q=3" },
    { "p.q == 9", NULL, "" },
};
START_TEST(windows_of_conditions)
{
    struct bl_sim *s = pair(0);
    static const char *const globs[] = { "p.q" };
    struct bl_trace_opts o = { .globs = globs, .nglobs = 1, .from_when = conditions[_i].from, .to_when = conditions[_i].to };
    struct bl_trace *t = bl_trace_begin(s, &ops, "x.fake", &o, NULL);

    ck_assert_ptr_nonnull(t);
    bl_run(s, 85);
    kp_ok(bl_trace_end(s, t));
    ck_assert_str_eq(fake[0].text, conditions[_i].want);
    ck_assert_uint_eq(fake[0].end, _i == 1 ? 30 : _i == 2 ? 60 : 85);
    bl_close(s);
}
END_TEST

/* Windows open and close at times at which something happens, wherever the run is cut. */
START_TEST(conditions_in_pieces)
{
    static const struct { const char *from, *to; } when[] = {
        { "p.q == 1", NULL }, { "p.q >= 2", "p.q >= 2" }, { "p.q != 2", "p.q == 2" }, { "p.verdict == idle", "p.q >= 3" } };
    static const char *const globs[] = { "p.q", "p.verdict" };
    char *whole[2] = { NULL, NULL };

    for (uint64_t piece = 200; piece; piece -= piece > 100 ? 183 : 1) {
        const char *dir = getenv("BL_TMP");
        char path[512];
        snprintf(path, sizeof path, "%s/cond%ld.vcd", dir ? dir : "/tmp", (long)getpid());
        for (int late = 0; late < 2; late++) {
            struct bl_sim *s = pair(0);
            struct bl_trace_opts o = { .globs = globs, .nglobs = 2, .from_fs = late ? 14 : 0, .from_when = when[_i].from, .to_when = when[_i].to };
            struct bl_trace *t = bl_trace_begin(s, bl_wave_writer(path), path, &o, NULL);
            ck_assert_ptr_nonnull(t);
            while (bl_now(s) < 200)
                bl_run(s, bl_now(s) + piece < 200 ? bl_now(s) + piece : 200);
            kp_ok(bl_trace_end(s, t));
            bl_close(s);
            FILE *f = fopen(path, "rb");
            char *text = calloc(1, 1 << 16);
            ck_assert(f && text && fread(text, 1, (1 << 16) - 1, f) > 100);
            fclose(f);
            if (!whole[late]) {
                whole[late] = text;
                continue;
            }
            ck_assert_msg(!strcmp(whole[late], text), "in pieces of %llu fs:\n%s\nwhole:\n%s", (unsigned long long)piece, text, whole[late]);
            free(text);
        }
        remove(path);
    }
    free(whole[0]);
    free(whole[1]);
}
END_TEST

START_TEST(a_bad_condition)
{
    struct bl_sim *s = pair(0);
    struct bl_trace_opts o = { .from_when = "p.nothing == 2" };

    ck_assert_ptr_null(bl_trace_begin(s, &ops, "x.fake", &o, NULL));
    ck_assert_ptr_nonnull(strstr(told.text, "p.nothing"));
    bl_close(s);
}
END_TEST

static uint64_t fake_bytes(const struct bl_wave *w) { return w->n; }

/* Every part begins with all values at the time at which it begins. */
START_TEST(parts_open_alone)
{
    struct bl_wave_ops counted = ops;
    struct bl_sim *s = pair(0);
    static const char *const globs[] = { "p.q", "p.verdict", "clk" };
    struct bl_trace_opts o = { .globs = globs, .nglobs = 3, .part_bytes = 80 };
    char name[40];

    counted.bytes = fake_bytes;
    struct bl_trace *t = bl_trace_begin(s, &counted, "x.fake", &o, NULL);
    ck_assert_ptr_nonnull(t);
    bl_run(s, 32);
    ck_assert_uint_eq(bl_trace_parts(t), 2);
    kp_ok(bl_trace_end(s, t));
    ck_assert_str_eq(fake[0].text, "@0 clk=1 p.verdict=1 p.q=1 @5 clk=0 @10 clk=1 p.verdict=0 @15 clk=0 @20 clk=1 @25 clk=0");
    ck_assert_uint_eq(fake[0].end, 30);
    ck_assert_str_eq(fake[1].text, "@30 clk=1 p.verdict=1 p.q=2");
    ck_assert_str_eq(bl_trace_part_name("out/a.vcd.gz", "vcd.gz", 12, name, sizeof name), "out/a.12.vcd.gz");
    bl_close(s);
}
END_TEST

struct broad { struct bl_part p; bl_out big; uint64_t huge[80]; uint16_t list[300]; };

static bl_verdict broad_tick(void *self)
{
    struct broad *t = self;

    for (int i = 0; i < 80; i++)
        t->huge[i] = (uint64_t)i;
    for (int i = 0; i < 300; i++)
        bl_put16(t->big)[i] = t->list[i] = (uint16_t)i;
    return BL_BUSY;
}

static const struct bl_field broad_fields[] = {
    BL_OUT(struct broad, big, 300, 16, "4800 bits"), BL_VIEW(struct broad, huge, 1, 5100, "one of 5100 bits"),
    BL_VIEW(struct broad, list, 300, 16, "4800 bits"), { 0 }
};
static const struct bl_class broad_class = { .name = "broad", .help = "wide", .size = sizeof(struct broad), .tick = broad_tick,
                                             .fields = broad_fields };

/* What is wider than a variable can be comes in pieces; a glob may name the whole. */
START_TEST(wide_signals_come_in_pieces)
{
    static const struct bl_class *const wide[] = { &broad_class, NULL };
    static const struct { const char *name; uint32_t width; } want[] = {
        { "big_0to255", 4096 }, { "big_256to299", 704 }, { "huge_b0to4095", 4096 }, { "huge_b4096to5099", 1004 } };
    static const char *const globs[] = { "b.big", "b.huge", NULL };
    struct bl_sim *s = bl_open(wide, kp_listen(&told));
    size_t n;

    fake_next = fail_at = 0;
    kp_ok(bl_clock(s, "clk", 10, 0, NULL));
    add(s, "b", "broad");
    ready(s);
    struct bl_trace *t = begin(s, globs, 0, 0, 0);
    const struct bl_wave_var *v = bl_trace_vars(t, &n);
    ck_assert_uint_eq(n, 4);
    for (size_t i = 0; i < n; i++) {
        ck_assert_str_eq(v[i].name, want[i].name);
        ck_assert_uint_eq(v[i].width, want[i].width);
    }
    bl_run(s, 5);
    kp_ok(bl_trace_end(s, t));
    ck_assert_ptr_nonnull(strstr(fake[0].text, "b.big_256to299=012b012a01290128"));
    ck_assert_ptr_nonnull(strstr(fake[0].text, "b.huge_b4096to5099=000000000000004f"));
    bl_close(s);
}
END_TEST

START_TEST(only_so_deep)
{
    struct bl_sim *s = opened();
    struct bl_trace_opts o = { .depth = 1 };
    size_t n;

    kp_ok(bl_clock(s, "clk", 10, 0, NULL));
    add(s, "a", "show");
    add(s, "a.b", "show");
    ready(s);
    struct bl_trace *t = bl_trace_begin(s, &ops, "x.fake", &o, NULL);
    const struct bl_wave_var *v = bl_trace_vars(t, &n);
    for (size_t i = 0; i < n; i++)
        ck_assert_str_ne(v[i].scope, "a.b");
    ck_assert_uint_gt(n, 3);
    kp_ok(bl_trace_end(s, t));
    bl_close(s);
}
END_TEST

Suite *suite_watch_choices(void);
Suite *suite_watch_choices(void)
{
    Suite *s = suite_create("watch_choices");
    TCase *c = tcase_create("watch_choices");

    tcase_add_test(c, places_are_used_again);
    tcase_add_loop_test(c, windows_of_conditions, 0, sizeof conditions / sizeof *conditions);
    tcase_add_loop_test(c, conditions_in_pieces, 0, 4);
    tcase_add_test(c, a_bad_condition);
    tcase_add_test(c, parts_open_alone);
    tcase_add_test(c, wide_signals_come_in_pieces);
    tcase_add_test(c, only_so_deep);
    suite_add_tcase(s, c);
    return s;
}
