/* test_report.c - the account as JSON, its sums against the ledger, repricing, and damage. */
#include "tests/rigs/effort.h"
#include "tests/rigs/small_report.h"

#include <math.h>

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
    ck_assert(fabs(bl_j_real(b, "energy_j") - (double)(3 * END) / 1e24) < 1e-30);
    ck_assert_str_eq(bl_j_text(json_object_get(b, "params"), "every"), "4");
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
    json_t *r = small_report(&x, END, small_result(12.5)), *infinite;
    const json_t *o = json_object_get(r, "result"), *m = json_object_get(o, "first_mismatch"), *t = json_object_get(r, "totals");

    ck_assert_str_eq(bl_j_text(m, "layer"), "conv<1>");
    ck_assert_int_eq(json_integer_value(json_object_get(m, "got")), -5);
    ck_assert_uint_eq(bl_j_count(t, "macs"), 56448);
    /* 2 x 56448 operations in 100 ns; and in so many joules */
    ck_assert_double_eq_tol(bl_j_real(t, "tops"), 1.12896, 1e-12);
    ck_assert_double_eq_tol(bl_j_real(t, "tops_per_w"), 2 * 56448 / bl_j_real(t, "energy_j") / 1e12, 1e-6 * bl_j_real(t, "tops_per_w"));
    ck_assert(json_is_null(json_object_get(json_array_get(json_object_get(r, "figures"), 1), "value")));
    small_done(&x, r);
    infinite = small_report(&x, END, small_result(INFINITY));
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
    json_t *r = small_report(&x, END, small_result(1)), *totals = json_deep_copy(json_object_get(r, "totals")),
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

/* ---- prices for a size */

static const char SIZED[] =
    "platform: sized\nclocks: { core: 5 ns }\nparts:\n"
    "  a: { class: src, clock: core, count: 2, every: 4 }\n  b: { class: snk, clock: core, every: 4, count: 2 }\n  c: { class: src, every: 2 }\n"
    "  d: { class: snk }\nwires: [ 'a[*].x -> b[*].x depth 2', c.x -> d.x depth 2 ]\n";
static const char BY_SIZE[] = "tech: sized\nprices:\n"
    "  src.sent: { value: 7 yJ, tag: free, source: \"x\", for: { every: 4, seed: 3 }, scales: every }\n"
    "  src.static: { value: 10 nW, tag: fact, source: \"y\", for: { every: 4 }, scales: [ every ] }\n"
    "  src.idle: { value: 6 nW, tag: fact, source: \"y\", for: { every: 4 }, scales: every }\n";

static struct bl_tech *by_size(const char *text)
{
    struct heard h;
    struct bl_tech *t = bl_tech_parse("t.yaml", text, strlen(text), 0, heard_start(&h));

    ck_assert_msg(t != NULL, "%s", h.text);
    return t;
}

/* The account of a run with sizes, its own sums compared with the ledger's; saved sizes are enough to make it again. */
START_TEST(prices_for_a_size)
{
    struct small_run x = { 0 };
    struct bl_diag *diag = heard_start(&x.h);
    struct bl_tech *t = by_size(BY_SIZE);

    x.p = bl_platform_parse("sized.yaml", SIZED, strlen(SIZED), NULL, 0, diag);
    x.s = bl_open(small_classes, diag);
    ck_assert_msg(x.p && bl_platform_apply(x.p, x.s) == 0 && bl_tech_apply(t, x.s) == 0 && bl_elaborate(x.s) == 0, "%s", x.h.text);
    bl_run(x.s, 100000000);
    x.in = (struct bl_report_in){ .sim = x.s, .platform = x.p, .platform_file = "sized.yaml", .end = "limit", .sets = &x.no, .seed = 1 };
    json_t *r = bl_report_make(&x.in, diag);
    ck_assert_msg(r != NULL, "%s", x.h.text);
    const json_t *c = part(r, "c"), *a = part(r, "a[0]");
    ck_assert_uint_eq(bl_j_count(json_array_get(json_object_get(c, "tallies"), 0), "price_yj"), 4);          /* 3.5, to even */
    ck_assert_uint_eq(bl_j_count(json_array_get(json_object_get(a, "tallies"), 0), "price_yj"), 7);
    ck_assert_uint_eq(bl_j_count(c, "static_nw"), 5);
    ck_assert_uint_eq(bl_j_count(json_array_get(json_object_get(c, "verdicts"), BL_IDLE), "price_nw"), 3);
    ck_assert(bl_j_yj(c, "static_yj") == (bl_yj)5 * 100000000);
    ck_assert_int_eq((int)json_integer_value(json_object_get(json_object_get(c, "sizes"), "every")), 2);
    ck_assert_ptr_null(json_object_get(part(r, "d"), "sizes"));
    const json_t *notes = bl_j_at(r, "provenance", "notes");
    ck_assert_uint_eq(json_array_size(notes), 2);
    ck_assert_str_eq(json_string_value(json_array_get(notes, 0)), "a[*] (2): src.sent was stated for every 4, seed 3; this part has seed 0");
    ck_assert_str_eq(json_string_value(json_array_get(notes, 1)), "c: src.sent was stated for every 4, seed 3; this part has seed 0");
    char *text = small_view(r, BL_TEXT), *json = small_view(r, BL_JSON), *again;
    ck_assert_ptr_nonnull(strstr(text, "\n  c: src.sent was stated for every 4, seed 3; this part has seed 0\n"));
    ck_assert_ptr_nonnull(strstr(text, "f src.sent, 7 yJ for every 4, seed 3: x\n"));
    char *listed = strstr(text, "\nWithout a price\n"), *parts = strstr(text, "\nWhere the time went\n");
    ck_assert(listed && parts && listed < parts && strstr(listed, "  snk        3  got\n"));
    ck_assert_ptr_null(strstr(text, "Counted, without a price"));
    reprice(r, OTHER, 0);
    ck_assert(!bl_j_at(r, "provenance", "notes") && !json_object_get(part(r, "c"), "static_nw"));
    reprice(r, BY_SIZE, 0);
    json_object_set_new(json_object_get(r, "provenance"), "repriced", json_false());
    json_object_set_new(json_object_get(r, "provenance"), "tech", json_null());
    again = small_view(r, BL_JSON);
    size_t same = 0;
    while (json[same] && json[same] == again[same])
        same++;
    ck_assert_msg(!json[same] && !again[same], "differs from\n%.300s\nas\n%.300s", json + same, again + same);
    free(text);
    free(json);
    free(again);
    bl_tech_free(t);
    small_done(&x, r);
}
END_TEST

/* A size that was not saved cannot scale; what is only told stays unknown. A technology of another machine is refused. */
START_TEST(sizes_that_were_not_saved)
{
    static const char OF_STEP[] = "tech: t\nprices:\n  put.static: { value: 7 nW, tag: free, source: x, for: { step: 2 } }\n";
    static const char OF_GET[] = "tech: t\nprices:\n  get.static: { value: 7 nW, tag: free, source: x }\n";
    struct small_run x;
    struct heard h;
    json_t *r = small_report(&x, END, NULL);
    struct bl_tech *t = by_size(BY_SIZE), *told = by_size(OF_STEP), *get = by_size(OF_GET);

    ck_assert_int_eq(bl_report_reprice(r, "r.json", t, "t.yaml", 0, heard_start(&h)), -1);
    ck_assert_str_eq(h.text, "r.json: part a: its 'every' was not saved, and the price of src.static scales with it; run it again with this technology, "
                             "--set tech=FILE");
    ck_assert_int_eq(bl_report_reprice(r, "r.json", told, "t.yaml", 0, heard_start(&h)), 0);
    ck_assert_str_eq(json_string_value(json_array_get(bl_j_at(r, "provenance", "notes"), 0)),
                     "many[*] (9): put.static was stated for step 2; this part has step unknown");
    ck_assert_int_eq(bl_report_reprice(r, "r.json", get, "t.yaml", 0, heard_start(&h)), -1);
    ck_assert_str_eq(h.text, "t.yaml: none of its 1 prices is for a class of this run: it prices get; this run has src, snk, put. Name the technology of "
                             "these, or leave 'tech' out: then no energy is counted");
    bl_tech_free(t);
    bl_tech_free(told);
    bl_tech_free(get);
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
    json_t *r = small_report(&x, END, small_result(3.25)), *again;
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
    json_t *r = small_report(&x, END, small_result(3.25));
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
            if (strcmp(key, "params"))     /* whose keys are those of a class */
                documented(x, text);
        }
}

START_TEST(every_key_is_documented)
{
    struct small_run x;
    json_t *r = small_report(&x, END, small_result(3.25));
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

Suite *suite_report(void);
Suite *suite_report(void)
{
    Suite *s = suite_create("report");
    TCase *t = tcase_create("making"), *u = tcase_create("reading");

    tcase_add_test(t, account);
    tcase_add_test(t, expectations);
    tcase_add_test(t, nothing_has_run);
    tcase_add_test(t, net_and_result);
    tcase_add_test(t, big_counts);
    tcase_add_test(t, repricing);
    tcase_add_test(t, prices_for_a_size);
    tcase_add_test(t, sizes_that_were_not_saved);
    tcase_add_test(t, does_not_add_up);
    tcase_add_test(u, round_trip);
    tcase_add_test(u, no_reports);
    tcase_add_test(u, disturbed);
    tcase_add_test(u, every_key_is_documented);
    suite_add_tcase(s, t);
    suite_add_tcase(s, u);
    return s;
}
