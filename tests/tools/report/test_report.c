/* test_report.c - report*.c: the account as JSON, its sums against the ledger, repricing, damage, and the views. */
#include "tests/rigs/effort.h"
#include "tests/rigs/small_report.h"
#include "tools/report/outputs.h"
#include "tools/report/sections.h"

#include <math.h>
#include <unistd.h>

#define COUNT(a) ((int)(sizeof(a) / sizeof(a)[0]))
static const uint64_t END = 100 * BL_NS;              /* 20 cycles */

static const json_t *part(const json_t *r, const char *path)
{
    const json_t *row;
    size_t i;

    json_array_foreach(json_object_get(r, "parts"), i, row)
        if (!strcmp(bl_j_text(row, "path"), path))
            return row;
    ck_abort_msg("no part %s", path);
    return NULL;
}

static uint64_t spent(const json_t *p, const char *verdict)
{
    const json_t *row;
    size_t i;

    json_array_foreach(json_object_get(p, "verdicts"), i, row)
        if (!strcmp(bl_j_text(row, "name"), verdict))
            return bl_j_count(row, "spent");
    ck_abort_msg("no verdict %s", verdict);
    return 0;
}

/* A result as a job would hand it over; every figure differs from every other. */
static const struct bl_result *result(double snr)
{
    static struct bl_layer_result layers[2];
    static struct bl_figure figures[2] = { { "boundary_3", "ops", "at B = 3", 17 }, { "nan", "", "no number", NAN } };
    static struct bl_result r;

    layers[0] = (struct bl_layer_result){ .name = "conv<1>", .kind = "conv", .in_c = 1, .in_h = 28, .in_w = 27, .out_c = 16, .out_h = 14,
        .out_w = 13, .kh = 3, .kw = 5, .stride = 2, .groups = 1, .on_array = true, .macs = 28224, .tiles = 6, .ops = 77, .cycles = 12,
        .load_cycles = 4, .outputs = 3136, .mismatches = 5, .max_abs_err = 9, .utilisation = 0.25, .signal = 4, .error = 2,
        .energy = 1234 };
    layers[1] = (struct bl_layer_result){ .name = "flat", .kind = "reshape", .in_c = 16, .in_h = 14, .in_w = 13, .out_c = 2912, .out_h = 1,
        .out_w = 1, .kh = 1, .kw = 1, .stride = 1, .groups = 1 };
    r = (struct bl_result){ .images = 2, .has_labels = true, .correct = 1, .reference_correct = 2, .agree = 1, .outputs = 20,
        .mismatches = 3, .snr_db = snr, .first = { true, 1, 0, 2, 3, 4, -5, 6 }, .cycles_min = 100, .cycles_median = 110,
        .cycles_max = 120, .macs = 56448, .ops = 154, .nlayers = 2, .layers = layers, .nfigures = 2, .figures = figures,
        .approximate = true };
    return &r;
}

/* ---- the account */

START_TEST(account)
{
    struct small_run x;
    json_t *r = small_report(&x, END, NULL);

    ck_assert_msg(r != NULL, "%s", x.h.text);
    const json_t *a = part(r, "a"), *b = part(r, "b");
    uint64_t sent = bl_j_count(json_array_get(json_object_get(a, "tallies"), 0), "count"), full = spent(a, "out_full");
    ck_assert_uint_eq(bl_j_count(r, "simulated_fs"), END);
    ck_assert_uint_eq(bl_j_count(a, "elapsed"), 20);
    ck_assert_uint_eq(spent(a, "busy") + spent(a, "idle") + full, 20);
    ck_assert_uint_eq(spent(a, "busy"), sent);
    /* two fill the channel, then one leaves for each that snk takes in cycles 4, 8, 12 and 16 */
    ck_assert_uint_eq(sent, 6);
    ck_assert(bl_j_yj(a, "energy_yj") == 6 * 1000 + (bl_yj)14 * 5 * BL_NS * 7);
    ck_assert(bl_j_yj(b, "static_yj") == (bl_yj)3 * END && bl_j_yj(b, "energy_yj") == bl_j_yj(b, "static_yj"));
    ck_assert(bl_j_yj(json_object_get(r, "totals"), "energy_yj") == bl_energy(x.s));
    const json_t *tags = bl_j_at(r, "totals", "energy_yj_by_tag");
    ck_assert(bl_j_yj(tags, "fact") == 6000 && bl_j_yj(tags, "derived") == (bl_yj)14 * 5 * BL_NS * 7);
    ck_assert(bl_j_yj(tags, "calibrated") == (bl_yj)3 * END && bl_j_yj(tags, "free") == (bl_yj)9 * 2 * END);
    small_done(&x, r);
}
END_TEST

START_TEST(expectations)
{
    struct small_run x;
    json_t *r = small_report(&x, END, NULL), *e = json_object_get(r, "expects");

    ck_assert_uint_eq(json_array_size(e), 2);
    ck_assert(json_is_true(json_object_get(json_array_get(e, 0), "holds")));
    ck_assert_str_eq(bl_j_text(json_array_get(e, 0), "found"), "70 %");
    ck_assert(json_is_false(json_object_get(json_array_get(e, 1), "holds")));
    ck_assert_str_eq(bl_j_text(json_array_get(e, 1), "found"), "b has 4");
    small_done(&x, r);
}
END_TEST

START_TEST(nothing_has_run)
{
    struct small_run x;
    json_t *r = small_report(&x, 0, NULL);

    ck_assert_msg(r != NULL, "%s", x.h.text);
    ck_assert(json_is_null(bl_j_at(r, "totals", "tops")) && json_is_null(bl_j_at(r, "totals", "tops_per_w")));
    char *text = small_view(r, BL_TEXT);
    ck_assert_msg(!strstr(text, "useful MACs") && strstr(text, "\nTotals\n  energy "), "%s", text);
    free(text);
    json_array_clear(json_object_get(json_object_get(r, "provenance"), "prices"));     /* without prices no energy either */
    text = small_view(r, BL_TEXT);
    ck_assert_msg(!strstr(text, "Totals"), "%s", text);
    free(text);
    free(small_view(r, BL_HTML));
    small_done(&x, r);
}
END_TEST

START_TEST(net_and_result)
{
    struct small_run x;
    json_t *r = small_report(&x, END, result(12.5)), *infinite;
    const json_t *o = json_object_get(r, "result"), *m = json_object_get(o, "first_mismatch"), *t = json_object_get(r, "totals");

    ck_assert_str_eq(bl_j_text(m, "layer"), "conv<1>");
    ck_assert_int_eq(json_integer_value(json_object_get(m, "got")), -5);
    ck_assert_uint_eq(bl_j_count(t, "macs"), 56448);
    /* 2 x 56448 operations in 100 ns; and in so many joules */
    ck_assert_double_eq_tol(bl_j_real(t, "tops"), 1.12896, 1e-12);
    ck_assert_double_eq_tol(bl_j_real(t, "tops_per_w"), 2 * 56448 / bl_j_real(t, "energy_j") / 1e12, 1e-6 * bl_j_real(t, "tops_per_w"));
    ck_assert(json_is_null(json_object_get(json_array_get(json_object_get(r, "figures"), 1), "value")));
    small_done(&x, r);
    infinite = small_report(&x, END, result(INFINITY));
    ck_assert(json_is_null(bl_j_at(infinite, "result", "snr_db")));
    small_done(&x, infinite);
}
END_TEST

START_TEST(big_counts)
{
    json_t *o = json_object();

    json_object_set_new(o, "small", bl_j_of_count(INT64_MAX));
    json_object_set_new(o, "big", bl_j_of_count(UINT64_MAX));
    json_object_set_new(o, "energy", bl_j_of_yj(~(bl_yj)0));
    ck_assert(json_is_integer(json_object_get(o, "small")) && json_is_string(json_object_get(o, "big")));
    ck_assert_uint_eq(bl_j_count(o, "small"), INT64_MAX);
    ck_assert_uint_eq(bl_j_count(o, "big"), UINT64_MAX);
    ck_assert(bl_j_yj(o, "energy") == ~(bl_yj)0);
    json_decref(o);
}
END_TEST

/* ---- prices */

static const char SAME[] = "tech: same\nprices:\n"
    "  src.sent: { value: 1 zJ, tag: fact, source: \"a paper\" }\n"
    "  src.out_full: { value: 7 nW, tag: derived, source: \"two papers\" }\n"
    "  snk.static: { value: 3 nW, tag: calibrated, source: \"fitted\" }\n"
    "  put.busy: { value: 2 nW, tag: free, source: \"we said so\" }\n";
static const char OTHER[] = "tech: other\nvoltage: 1 V\nprices:\n"
    "  src.sent: { value: 5 zJ, tag: free, source: \"x\" }\n"
    "  snk.got: { value: 1 aJ, tag: fact, source: \"y\" }\n";

static void reprice(json_t *r, const char *text, double uv)
{
    struct heard h;
    struct bl_tech *t = bl_tech_parse("t.yaml", text, strlen(text), uv, heard_start(&h));

    ck_assert_msg(t && bl_report_reprice(r, "r", t, "t.yaml", uv, &h.diag) == 0, "%s", h.text);
    bl_tech_free(t);
}

START_TEST(repricing)
{
    struct small_run x;
    json_t *r = small_report(&x, END, result(1)), *totals = json_deep_copy(json_object_get(r, "totals")),
           *parts = json_deep_copy(json_object_get(r, "parts"));

    reprice(r, OTHER, 0);
    ck_assert(bl_j_yj(json_object_get(r, "totals"), "energy_yj") == 6 * 5000 + 4 * 1000000);
    ck_assert(json_is_null(json_object_get(json_array_get(json_object_get(r, "layers"), 0), "energy_yj")));
    reprice(r, OTHER, 2e6);                              /* twice the voltage: four times the energy */
    ck_assert(bl_j_yj(json_object_get(r, "totals"), "energy_yj") == 4 * (6 * 5000 + 4 * 1000000));
    reprice(r, SAME, 0);                                 /* and back, to the last digit */
    ck_assert(json_equal(json_object_get(r, "totals"), totals) && json_equal(json_object_get(r, "parts"), parts));
    json_decref(totals);
    json_decref(parts);
    small_done(&x, r);
}
END_TEST

START_TEST(does_not_add_up)
{
    struct small_run x;
    struct heard h;
    json_t *r = small_report(&x, END, NULL), *row = json_array_get(json_object_get(part(r, "a"), "verdicts"), 1);

    json_object_set_new(row, "spent", json_integer(7));
    ck_assert_int_eq(bl_report_price(r, "r.json", heard_start(&h)), -1);
    ck_assert_str_eq(h.text, "r.json: part a: its verdicts add up to 21 of 20 elapsed; the report was changed or is damaged");
    json_object_set_new(row, "spent", json_integer(INT64_MAX));
    ck_assert_int_eq(bl_report_price(r, "r.json", heard_start(&h)), -1);
    ck_assert_str_eq(h.text, "r.json: part a: 'busy' took 9223372036854775807 cycles, longer than time goes");
    small_done(&x, r);
}
END_TEST

/* ---- reading */

START_TEST(round_trip)
{
    struct small_run x;
    struct heard h;
    json_t *r = small_report(&x, END, result(3.25)), *again;
    char *first = small_view(r, BL_JSON), *second;

    again = bl_report_parse("r.json", first, strlen(first), heard_start(&h));
    ck_assert_msg(again != NULL, "%s", h.text);
    second = small_view(again, BL_JSON);
    ck_assert_str_eq(first, second);
    json_decref(again);
    free(first);
    free(second);
    small_done(&x, r);
}
END_TEST

START_TEST(no_reports)
{
    static const char *const row[][2] = {
        { "", "r:1:0: is no JSON: '[' or '{' expected near end of file" },
        { "[1]", "r: is no report; expected \"schema\": \"bitline.report/1\", as `bitline run --report json` writes it" },
        { "{\"schema\": 1}", "r: is no report; expected \"schema\": \"bitline.report/1\", as `bitline run --report json` writes it" },
        { "{\"schema\": \"bitline.report/2\"}", "r: has the schema 'bitline.report/2'; this program reads bitline.report/1" },
        { "{\"schema\": \"bitline.report/1\"}", "r: 'platform' is missing; expected an object, as `bitline run --report json` writes it" },
        { "{\"schema\": \"bitline.report/1\", \"platform\": {}, \"end\": 3}",
          "r: 'end' is of another kind; expected a text, as `bitline run --report json` writes it" },
    };

    for (int i = 0; i < COUNT(row); i++) {
        struct heard h;
        ck_assert_ptr_null(bl_report_parse("r", row[i][0], strlen(row[i][0]), heard_start(&h)));
        ck_assert_str_eq(h.text, row[i][1]);
    }
}
END_TEST

/* Whatever is still a report after its bytes were disturbed can be priced and shown without a fault. */
START_TEST(disturbed)
{
    static const char junk[] = "0123456789{}[]\",:.-truefalsn e";
    struct small_run x;
    json_t *r = small_report(&x, END, result(3.25));
    char *bytes = small_view(r, BL_JSON), *copy = strdup(bytes);
    size_t n = strlen(bytes), alive = 0;
    uint64_t seed = 20240607;

    for (int i = 0; i < fewer(3000, 600); i++) {
        struct heard h;
        memcpy(copy, bytes, n);
        for (int k = 0; k <= i % 3; k++) {
            seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            copy[(seed >> 33) % n] = junk[(seed >> 20) % (sizeof junk - 1)];
        }
        json_t *d = bl_report_parse("d", copy, n, heard_start(&h));
        if (!d)
            continue;
        alive++;
        bl_report_price(d, "d", heard_start(&h));
        free(small_view(d, BL_TEXT));
        free(small_view(d, BL_HTML));
        json_decref(d);
    }
    ck_assert_int_gt((int)alive, fewer(100, 20));
    free(bytes);
    free(copy);
    small_done(&x, r);
}
END_TEST

/* Every key of a report stands in tools/report/README.md, as `key`. */
static void documented(const json_t *v, const char *text)
{
    const char *key;
    json_t *x;
    size_t i;
    char quoted[80];

    if (json_is_array(v))
        json_array_foreach(v, i, x)
            documented(x, text);
    if (json_is_object(v))
        json_object_foreach((json_t *)(uintptr_t)v, key, x) {
            snprintf(quoted, sizeof quoted, "`%s`", key);
            ck_assert_msg(strstr(text, quoted) != NULL, "tools/report/README.md does not explain %s", quoted);
            documented(x, text);
        }
}

START_TEST(every_key_is_documented)
{
    struct small_run x;
    json_t *r = small_report(&x, END, result(3.25));
    FILE *f = fopen("tools/report/README.md", "rb");
    static char text[65536];

    ck_assert_msg(f != NULL, "tools/report/README.md cannot be opened from the root of the tree");
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    ck_assert_ptr_nonnull(strstr(text, BL_REPORT_SCHEMA));
    documented(r, text);
    small_done(&x, r);
}
END_TEST

/* ---- views */

START_TEST(text_view)
{
    static const char *const has[] = {
        "Run\n  platform        small (dir/small.yaml)\n", "accuracy                     50.00 % (1 of 2)\n",
        "accuracy of the reference    100.00 % (2 of 2)\n", "3 of 20 values differ from the integer reference\n",
        "image 1, layer conv<1>, channel 2, y 3, x 4: got -5, wanted 6\n", "signal to error              12.50 dB\n",
        "boundary_3     17  ops   at B = 3\n", "nan             -        no number\n", "FALSE  b has 4\n",
        "conv<1>  conv            1x28x27   16x14x13  3x5/2   28224      6",
        "3x5/2   28224      6         77      12        4  25.0 %  1.234 zJ       5          9\n",
        "  many[*] (9)  put       180   180  100.0     0   0.0        0   0.0\n",
        "waits for b while b was idle (", "  C snk.static, 3 nW: fitted\n", "(not validated)",
        "Counted, without a price: snk.got\n", "TOPS                    1.12896\n",
    };
    struct small_run x;
    json_t *r = small_report(&x, END, result(12.5));
    char *text = small_view(r, BL_TEXT);

    for (int i = 0; i < COUNT(has); i++)
        ck_assert_msg(strstr(text, has[i]) != NULL, "not in the report: %s\n%s", has[i], text);
    for (const char *c = text; (c = strchr(c, '\n')); c++)
        ck_assert_msg(c == text || c[-1] != ' ', "a line ends in a blank:\n%.*s", (int)(c - text), text);
    free(text);
    small_done(&x, r);
}
END_TEST

/* Opening and closing tags pair up; nothing is fetched from elsewhere; what came from outside is escaped. */
START_TEST(html_view)
{
    static const char *const paired[] = { "table", "tr", "td", "th", "h1", "h2", "svg", "text", "style", "div", "title", "rect", "p" };
    struct small_run x;
    json_t *r = small_report(&x, END, result(12.5));
    char *page = small_view(r, BL_HTML);

    for (int i = 0; i < COUNT(paired); i++) {
        char open[2][16], close[16];
        int balance = 0;
        snprintf(open[0], sizeof open[0], "<%s>", paired[i]);
        snprintf(open[1], sizeof open[1], "<%s ", paired[i]);
        snprintf(close, sizeof close, "</%s>", paired[i]);
        for (int k = 0; k < 2; k++)
            for (const char *c = page; (c = strstr(c, open[k])); c++)
                balance++;
        for (const char *c = page; (c = strstr(c, close)); c++)
            balance--;
        ck_assert_msg(balance == 0, "<%s>: %d more opened than closed", paired[i], balance);
    }
    ck_assert_ptr_null(strstr(page, "http"));
    ck_assert_ptr_null(strstr(page, "<script"));
    ck_assert_ptr_null(strstr(page, "conv<1>"));
    ck_assert_ptr_nonnull(strstr(page, "conv&lt;1&gt;"));
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
    ck_assert(json_equal(back, r));
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

Suite *suite_report(void);
Suite *suite_report(void)
{
    Suite *s = suite_create("report");
    TCase *t = tcase_create("making"), *u = tcase_create("reading"), *v = tcase_create("showing");

    tcase_add_test(t, account);
    tcase_add_test(t, expectations);
    tcase_add_test(t, nothing_has_run);
    tcase_add_test(t, net_and_result);
    tcase_add_test(t, big_counts);
    tcase_add_test(t, repricing);
    tcase_add_test(t, does_not_add_up);
    tcase_add_test(u, round_trip);
    tcase_add_test(u, no_reports);
    tcase_add_test(u, disturbed);
    tcase_add_test(u, every_key_is_documented);
    tcase_add_test(v, text_view);
    tcase_add_test(v, html_view);
    tcase_add_test(v, times);
    tcase_add_test(v, blame_adds_up);
    tcase_add_test(v, outputs);
    suite_add_tcase(s, t);
    suite_add_tcase(s, u);
    suite_add_tcase(s, v);
    return s;
}
