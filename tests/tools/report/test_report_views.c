/* test_report_views.c - a report as text, what stands in its cells, and where its views go. */
#include "tests/rigs/small_report.h"
#include "tools/report/outputs.h"
#include "tools/report/sections.h"

#include <unistd.h>

#define COUNT(a) ((int)(sizeof(a) / sizeof(a)[0]))
static const uint64_t END = 100 * BL_NS;              /* 20 cycles */

/* ---- views */

START_TEST(text_view)
{
    static const char *const has[] = {
        "Run\n  platform        small (dir/small.yaml)\n", "accuracy                     50.00 % (1 of 2)\n",
        "accuracy of the reference    100.00 % (2 of 2)\n", "3 of 20 values differ from the integer reference\n",
        "signal to error              12.50 dB\n",
        "boundary_3     17  ops   at B = 3\n", "nan             -        no number\n", "FALSE  b has 4\n",
        "  layer    kind            in        out       window  bits   MACs  tiles\n",
        "conv<1>  conv            1x28x27   16x14x13  3x5/2    4x6  28224      6\n",
        "  layer    macro ops  cycles  loading    used    energy  differ  max error\n",
        "  conv<1>         77      12        4  25.0 %  1.234 zJ       5          9\n",
        "  many[*] (9)  core    100.0    -      -        -       -      -     -\n",
        "  b: idle ", "  C snk.static, 3 nW: fitted\n", "(not validated)",
        "In short\n  accuracy       50.00 % (1 of 2); reference 100.00 %, same class in 1\n",
        "arithmetic     approximate: 3 of 20 values of the last layer differ\n", "throughput     20000000 images/s\n", "TOPS           1.129 raw\n", "used by        ",
        "Counted, without a price: snk.got\n", "TOPS                    1.12896\n",
    };
    struct small_run x;
    json_t *r = small_report(&x, END, small_result(12.5));
    char *text = small_view(r, BL_TEXT);

    ck_assert_ptr_nonnull(strstr(text, "  first difference             image 1, layer conv<1>, channel 2, y 3, x 4: got\n                               -5, wanted 6\n"));
    for (int i = 0; i < COUNT(has); i++)
        if (!strstr(text, has[i])) {
            puts(text);
            ck_abort_msg("not in the report: %s", has[i]);
        }
    for (const char *c = text; (c = strchr(c, '\n')); c++)
        ck_assert_msg(c == text || c[-1] != ' ', "a line ends in a blank:\n%.*s", (int)(c - text), text);
    free(text);
    small_done(&x, r);
}
END_TEST

/* What a run that ended early, or without a technology, cannot know is not claimed. */
START_TEST(not_claimed)
{
    struct small_run x;
    json_t *r = small_report(&x, END, small_result(12.5)), *result = json_object_get(r, "result");

    json_array_clear(json_object_get(json_object_get(r, "provenance"), "prices"));
    json_object_set_new(result, "outputs", json_integer(0));
    json_object_set_new(result, "mismatches", json_integer(0));
    json_object_set_new(result, "images", json_integer(0));
    char *text = small_view(r, BL_TEXT);
    ck_assert_msg(!strstr(text, "equal the integer reference") && !strstr(text, "cycles an image") && !strstr(text, "1.234 zJ"), "%s", text);
    free(text);
    small_done(&x, r);
}
END_TEST

/* A count that should be rare has a row when it is not 0; one of many alike parts together. */
START_TEST(counts)
{
    static const struct { const char *part, *tally; int unwanted; json_int_t n; const char *has; } row[] = {
        { "b", "got", 1, 5, "\nCounts\n  part  count  times  meaning\n  b     got        5  " }, { "b", "got", 1, 0, NULL }, { "b", "got", 0, 5, NULL },
    };

    for (int i = 0; i < COUNT(row); i++) {
        struct small_run x;
        json_t *r = small_report(&x, END, small_result(12.5)), *part, *tally;
        size_t k, n;
        json_array_foreach(json_object_get(r, "parts"), k, part)
            json_array_foreach(json_object_get(part, "tallies"), n, tally)
                if (!strcmp(bl_j_text(part, "path"), row[i].part)) {
                    json_object_set_new(tally, "count", json_integer(row[i].n));
                    json_object_set_new(tally, "name", json_string(row[i].tally));
                    json_object_set_new(tally, "unwanted", json_boolean(row[i].unwanted));
                }
        char *text = small_view(r, BL_TEXT);
        ck_assert_msg(row[i].has ? strstr(text, row[i].has) != NULL : strstr(text, "Counts\n") == NULL, "row %d:\n%s", i, text);
        free(text);
        small_done(&x, r);
    }
}
END_TEST

/* What --metric asked for stands there, and only then. */
START_TEST(metrics)
{
    static const char *const has[3][2] = { { "accuracy ", NULL }, { "label among the five largest 100.00 % (2 of 2) ", "the same of the reference 50.00 % (1 of 2) " },
        { "mean squared error 1.25 ", "area under ROC, label 1 0.75 " } };
    struct small_run x;
    struct bl_result result = *small_result(12.5);

    result.metric = (enum bl_metric)_i;
    result.top5 = 2, result.reference_top5 = 1, result.mse = 1.25, result.reference_mse = 2, result.auc = 0.75, result.reference_auc = NAN;
    json_t *r = small_report(&x, END, &result), *o = json_object_get(r, "result");
    char *page = small_flat(small_view(r, BL_TEXT));
    for (int i = 0; i < 2 && has[_i][i]; i++)
        ck_assert_msg(strstr(page, has[_i][i]) != NULL, "no '%s' in\n%.3000s", has[_i][i], page);
    ck_assert_int_eq(strstr(page, " accuracy ") != NULL, _i < 2);
    ck_assert_int_eq(json_object_get(o, "top5") != NULL, _i == 1);
    ck_assert_int_eq(json_object_get(o, "mse") != NULL, _i == 2);
    ck_assert(_i < 2 || (json_is_null(json_object_get(o, "reference_auc")) && json_real_value(json_object_get(o, "auc")) == 0.75));
    free(page);
    small_done(&x, r);
}
END_TEST

START_TEST(times)
{
    static const struct { uint64_t fs[3]; const char *text[3]; } row[] = {
        { { 0, 0, 0 }, { "0 fs", "0 fs", "0 fs" } },
        { { 251772000000, 5000000, 0 }, { "251.77 us", "0.01 us", "0.00 us" } },
        { { 995000000, 5000000, 10000000 }, { "995 ns", "5 ns", "10 ns" } },
        { { 1500000, 250000, 1000 }, { "1.500 ns", "0.250 ns", "0.001 ns" } },
        { { 12345678, 1, 0 }, { "12.346 ns", "0.000 ns", "0.000 ns" } },
        { { UINT64_MAX, 1000, 0 }, { "18447 s", "0 s", "0 s" } },
    };

    for (int i = 0; i < COUNT(row); i++) {
        struct bl_times t = { 0 };
        char buf[40];
        for (int k = 0; k < 3; k++)
            bl_times_see(&t, row[i].fs[k]);
        for (int k = 0; k < 3; k++)
            ck_assert_str_eq(bl_times_text(&t, row[i].fs[k], buf), row[i].text[k]);
    }
}
END_TEST

/* All shares of the stalled time add up, whoever stalls at once. */
START_TEST(blame_adds_up)
{
    struct small_run x;
    json_t *r = small_report(&x, END, NULL);
    struct bl_table t;
    double sum = 0;

    bl_fill_blame(r, &t);
    ck_assert_uint_gt(bl_table_rows(&t), 1);
    for (size_t i = 3; i < t.cells; i += 4)
        sum += t.share[i];
    ck_assert_double_eq_tol(sum, 1, 1e-9);
    bl_table_fini(&t);
    small_done(&x, r);
}
END_TEST

/* ---- several ports, and combinational parts that work */

struct joint { struct bl_part p; bl_pops in; };
struct lamp { struct bl_part p; bl_in d; };
enum { EMPTY = BL_STALL };
/* Waits at the second first. */
static bl_verdict joint_tick(void *self)
{
    struct joint *t = self;

    if (!bl_avail(t->in.at[1]))
        return BL_AT(EMPTY, 1);
    if (!bl_avail(t->in.at[0]))
        return BL_AT(EMPTY, 0);
    bl_pop16(t->in.at[0]);
    bl_pop16(t->in.at[1]);
    return BL_BUSY;
}
static void rig_build(void *self)
{
    bl_child(self, "m", "joint", NULL);
    bl_child(self, "sa", "src", NULL);
    bl_child(self, "sb", "src", NULL);
    bl_child_set(self, "sa", "every", "4");
    bl_child_set(self, "sb", "every", "2");
    bl_child_wire(self, "sa.x", "m.in[0]", 64);
    bl_child_wire(self, "sb.x", "m.in[1]", 64);
}
static void lamp_comb(void *self) { bl_work(self, *bl_get16(((struct lamp *)self)->d) % 4 == 1 ? BL_BUSY : BL_IDLE); }
static const struct bl_field joint_fields[] = {
    BL_POPS(struct joint, in, 2, 1, 16, "two"), BL_WAITS(EMPTY, in), { 0 }
};
static const struct bl_field lamp_fields[] = { BL_IN(struct lamp, d, 1, 16, "in"), { 0 } };
static const struct bl_class joint_class = { .name = "joint", .help = "two at once", .size = sizeof(struct joint), .tick = joint_tick,
                                             .fields = joint_fields };
static const struct bl_class rig_class = { .name = "rig", .help = "a joint and who feeds it", .size = sizeof(struct bl_part), .build = rig_build };
static const struct bl_class lamp_class = { .name = "lamp", .help = "shines", .size = sizeof(struct lamp), .comb = lamp_comb, .works = true,
                                            .fields = lamp_fields };

/* Of 100 cycles the joint is busy in 25 (1, 5, ..); it waits at in[1] in cycles 0 and 2, and then that is ahead: at in[0]. */
START_TEST(ports_and_work)
{
    static const struct bl_class *const classes[] = { &joint_class, &rig_class, &lamp_class, &small_src_class, &small_put_class, NULL };
    struct small_run x;
    json_t *r = small_report_of(&x, "platform: x\nclocks: { c: 5 ns }\nparts:\n  r: { class: rig, clock: c }\n  l: { class: lamp }\n"
        "  p: { class: put, clock: c }\nwires:\n  - p.q -> l.d\n", classes, 500 * BL_NS, NULL);
    ck_assert_msg(r != NULL, "%s", x.h.text);
    const json_t *lamp = json_array_get(json_object_get(r, "parts"), 0), *m = json_array_get(json_object_get(r, "parts"), 3), *row;
    char *text = small_view(r, BL_TEXT);
    uint64_t at[2] = { 0 };
    size_t i;

    ck_assert_str_eq(bl_j_text(lamp, "unit"), "fs");
    ck_assert_uint_eq(bl_j_count(lamp, "elapsed"), 500 * BL_NS);
    ck_assert_uint_eq(bl_j_count(json_array_get(json_object_get(lamp, "verdicts"), BL_BUSY), "spent"), 125 * BL_NS);
    ck_assert_str_eq(bl_j_text(json_array_get(json_object_get(m, "verdicts"), EMPTY), "port"), "in");
    json_array_foreach(json_object_get(m, "waits"), i, row) {
        const char *port = bl_j_text(row, "port");
        bool second = !strcmp(port, "in[1]");
        ck_assert_str_eq(port, second ? "in[1]" : "in[0]");
        ck_assert_str_eq(bl_j_text(row, "peer"), second ? "r.sb" : "r.sa");
        at[second] += bl_j_count(row, "fs");
    }
    ck_assert_uint_eq(at[0] + at[1], (100 - 25) * 5 * BL_NS);
    ck_assert_uint_eq(at[1], 2 * 5 * BL_NS);
    ck_assert_msg(strstr(text, "  r.sa at in[0]: idle 65 %, busy 32 %\n") != NULL, "%s", text);
    ck_assert_msg(strstr(text, "1 part that is combinational or composite") != NULL, "%s", text);
    free(text);
    small_done(&x, r);
}
END_TEST

/* ---- where views go */

static char *scratch(const char *name, char *buf)
{
    const char *dir = getenv("BL_TMP");

    snprintf(buf, 512, "%s/%s.%ld", dir ? dir : "/tmp", name, (long)getpid());
    return buf;
}

START_TEST(outputs)
{
    struct small_run x;
    struct heard h;
    char json[512], html[512], bad[540];
    json_t *r = small_report(&x, END, NULL), *back;
    struct bl_texts written = { 0 };
    struct bl_outputs o = { .form = "json", .file = scratch("report.json", json), .html = scratch("report.html", html) };

    ck_assert_ptr_nonnull(freopen("/dev/null", "w", stdout));
    ck_assert_int_eq(bl_outputs_check(&o, heard_start(&h)), 0);
    ck_assert_int_eq(bl_outputs_write(&o, r, &written, &h.diag), 0);
    ck_assert_uint_eq(written.n, 2);
    ck_assert_ptr_nonnull(back = bl_report_read(json, &h.diag));
    char *a = small_view(r, BL_JSON), *b = small_view(back, BL_JSON);      /* numbers have 15 digits there */
    ck_assert_str_eq(a, b);
    free(a);
    free(b);
    json_decref(back);
    snprintf(bad, sizeof bad, "%s.tmp", json);
    ck_assert_msg(access(bad, F_OK) != 0, "%s was left behind", bad);
    /* one cannot be written: the other still is, and nothing half-written stays */
    ck_assert_int_eq(unlink(html), 0);
    o.file = "/dev/full";
    ck_assert_int_eq(bl_outputs_write(&o, r, &written, heard_start(&h)), -1);
    ck_assert_str_eq(h.text, "/dev/full: cannot be written: No space left on device");
    ck_assert_int_eq(access(html, F_OK), 0);
    o.file = html;
    ck_assert_int_eq(bl_outputs_check(&o, heard_start(&h)), -1);
    ck_assert_ptr_nonnull(strstr(h.text, "two reports would go to this file"));
    snprintf(bad, sizeof bad, "%s.nothing/x", json);
    o.file = bad;
    ck_assert_int_eq(bl_outputs_check(&o, heard_start(&h)), -1);
    ck_assert_ptr_nonnull(strstr(h.text, "No such file or directory; make the folder first"));
    for (size_t i = 0; i < written.n; i++)
        free((char *)(uintptr_t)written.v[i]);
    free(written.v);
    unlink(json);
    unlink(html);
    small_done(&x, r);
}
END_TEST

Suite *suite_report_views(void);
Suite *suite_report_views(void)
{
    Suite *s = suite_create("report_views");
    TCase *v = tcase_create("showing");

    tcase_add_test(v, text_view);
    tcase_add_test(v, counts);
    tcase_add_loop_test(v, metrics, 0, 3);
    tcase_add_test(v, not_claimed);
    tcase_add_test(v, times);
    tcase_add_test(v, blame_adds_up);
    tcase_add_test(v, ports_and_work);
    tcase_add_test(v, outputs);
    suite_add_tcase(s, v);
    return s;
}
