/* test_summary.c - what a run comes to: the numbers of `totals` are those of layers, images, clocks and parts, on shipped platforms; the first page
 * says them; figures of layers are a table (figures.c). */
#include "tests/rigs/command_rig.h"
#include "tests/rigs/small_report.h"

#include <math.h>
#include <string.h>

Suite *suite_summary(void);

static const struct { const char *words[8]; int pipelined, priced; } runs[] = {
    { { "osa_hcim", "--images", "2" }, 0, 1 }, { { "imagine", "--images", "1" }, 0, 1 }, { { "bf_imna", "--images", "1" }, 0, 1 },
    { { "chip", "--images", "3" }, 1, 0 }, { { "isscc23_7_2", "--images", "1" }, 0, 1 }, { { "imc_sets", "--images", "2" }, 0, 0 },
    { { "db_pim", "--images", "1" }, 0, 1 }, { { "bf_imna", "--images", "1", "--set", "layer[*].bits=4" }, 0, 1 },
};

static json_t *ran(int i)
{
    const char *words[MOST_WORDS + 1] = { "run", NULL };
    char file[NAME];
    struct heard h;
    size_t n = 1;

    for (int k = 0; k < 8 && runs[i].words[k]; k++)
        words[n++] = runs[i].words[k];
    words[n++] = "-q";
    words[n++] = "--no-path";
    words[n++] = "--report-json";
    words[n++] = scratch("report.json", file);
    ck_assert_msg(program_of(&h, NULL, words) == 0, "%s: %s", words[1], h.text);
    json_t *r = bl_report_read(file, heard_start(&h));
    ck_assert_msg(r != NULL, "%s", h.text);
    remove(file);
    return r;
}

static void ck_near(double got, double want, const char *what) { ck_assert_msg(fabs(got - want) <= 1e-9 * fabs(want), "%s: %.15g, expected %.15g", what, got, want); }

/* 2 operations a MAC of array layers over time and energy; times bits x bits. */
START_TEST(numbers)
{
    json_t *r = ran(_i);
    const json_t *t = json_object_get(r, "totals"), *result = json_object_get(r, "result"), *layer, *clock = NULL, *row, *latency = json_object_get(t, "latency_fs");
    const double seconds = bl_j_real(r, "simulated_fs") * 1e-15, images = bl_j_real(result, "images"), joules = bl_j_real(t, "energy_j");
    double macs = 0, bit_macs = 0, energy = 0, before = INFINITY;
    size_t i;

    json_array_foreach(json_object_get(r, "layers"), i, layer) {
        const json_t *bits = json_object_get(layer, "bits");
        if (!json_is_true(json_object_get(layer, "on_array")))
            continue;
        macs += images * bl_j_real(layer, "macs");
        bit_macs += images * bl_j_real(layer, "macs") * bl_j_real(bits, "weights") * bl_j_real(bits, "inputs");
    }
    ck_assert(macs > 0 && bit_macs >= macs);
    ck_near(bl_j_real(t, "macs"), macs, "macs");
    ck_near(bl_j_real(t, "bit_macs"), bit_macs, "bit_macs");
    ck_near(bl_j_real(t, "tops"), 2 * macs / seconds / 1e12, "tops");
    ck_near(bl_j_real(t, "tops_1b"), 2 * bit_macs / seconds / 1e12, "tops_1b");
    ck_near(bl_j_real(t, "images_per_s"), runs[_i].pipelined ? bl_j_real(json_object_get(r, "pipeline"), "images_per_s") : images / seconds, "images_per_s");
    json_array_foreach(json_object_get(r, "clocks"), i, clock)
        if (!strcmp(bl_j_text(clock, "name"), bl_j_text(result, "clock")))
            break;
    const char *which = runs[_i].pipelined ? NULL : "median";
    ck_near(bl_j_real(latency, "median"), bl_j_real(clock, "period_fs") * (which ? bl_j_real(json_object_get(result, "cycles_an_image"), which) :
            bl_j_real(json_object_get(r, "pipeline"), "latency")), "latency");
    ck_assert_int_eq(json_is_null(json_object_get(latency, "min")), runs[_i].pipelined);
    ck_assert_int_eq(joules > 0, runs[_i].priced);
    ck_assert_int_eq(json_is_number(json_object_get(t, "tops_per_w_1b")), runs[_i].priced);
    if (runs[_i].priced) {
        ck_near(bl_j_real(t, "tops_per_w"), 2 * macs / joules / 1e12, "tops_per_w");
        ck_near(bl_j_real(t, "tops_per_w_1b"), 2 * bit_macs / joules / 1e12, "tops_per_w_1b");
        ck_near(bl_j_real(t, "power_w"), joules / seconds, "power_w");
        ck_near(bl_j_real(t, "energy_j_an_image"), joules / images, "energy_j_an_image");
    }
    bl_yj sum = 0;
    json_array_foreach(json_object_get(t, "energy_by"), i, row) {
        sum += bl_j_yj(row, "energy_yj");
        energy = bl_j_real(row, "energy_j");
        ck_assert(energy <= before);
        before = energy;
    }
    ck_assert(sum == bl_j_yj(t, "energy_yj"));
    json_decref(r);
}
END_TEST

/* With labels, without, without images, without prices; at other prices. */
START_TEST(first_page)
{
    struct small_run x;
    json_t *r = small_report(&x, 100 * BL_NS, small_result(12.5)), *o = json_object_get(r, "result"), *t = json_object_get(r, "totals");
    char *text = small_view(r, BL_TEXT);

    ck_assert_ptr_nonnull(strstr(text, "\n  accuracy       50.00 % (1 of 2); reference 100.00 %, same class in 1\n"));
    free(text);
    static const char *const later[] = { "images_per_s", "latency_fs", "power_w", "energy_j_an_image", "energy_by", "tops_1b", "tops_per_w_1b" };
    json_t *old = json_deep_copy(r);                         /* one that was saved before there were such numbers */
    for (size_t i = 0; i < sizeof later / sizeof *later; i++)
        json_object_del(json_object_get(old, "totals"), later[i]);
    text = small_view(old, BL_TEXT);
    ck_assert_ptr_nonnull(strstr(text, "\n  TOPS           1.129 raw\n  TOPS/W         4.3589e+07 raw\n  energy         2.59 fJ\n  not validated  81.1 % of"));
    free(text);
    json_decref(old);
    json_object_set_new(o, "has_labels", json_false());
    json_object_set_new(o, "mismatches", json_integer(0));
    json_object_set_new(t, "latency_fs", json_pack("{s:i, s:i, s:i}", "min", 1000000, "median", 2000000, "max", 2500000));
    json_object_set_new(t, "tops_1b", json_real(72.5));
    text = small_view(r, BL_TEXT);
    ck_assert_ptr_nonnull(strstr(text, "\n  accuracy       not known, no labels; the reference's class in 1 of 2\n"
                                       "  arithmetic     all 20 values of the last layer equal the reference\n"));
    ck_assert_ptr_nonnull(strstr(text, "\n  latency        2.0 ns an image, from 1.0 ns to 2.5 ns\n"));
    ck_assert_ptr_nonnull(strstr(text, "\n  TOPS           1.129 raw, 72.5 in 1b x 1b\n"));
    free(text);
    json_object_set_new(o, "images", json_integer(0));
    json_array_clear(json_object_get(json_object_get(r, "provenance"), "prices"));
    bl_report_summary(r);
    ck_assert(json_is_null(json_object_get(t, "images_per_s")) && json_is_null(json_object_get(t, "latency_fs")));
    text = small_view(r, BL_TEXT);
    char *page = strstr(text, "\nIn short\n"), *next = strstr(page + 1, "\n\n");
    ck_assert_ptr_nonnull(page);
    *next = '\0';
    ck_assert_msg(!strstr(page, "energy ") && !strstr(page, "accuracy") && !strstr(page, "images/s") && strstr(page, "limited by"), "%s", page);
    free(text);
    small_done(&x, r);
}
END_TEST

/* README shows that of the first run that it speaks of. */
START_TEST(readme)
{
    char file[NAME];
    struct heard h;

    ck_assert_int_eq(program(&h, NULL, "run", "osa_hcim", "--images", "10", "-q", "--report", "text", "-o", scratch("page.txt", file), NULL), 0);
    char *page = content(file), *next = strstr(page, "\n\nLimited by\n"), *text = content("README.md");
    ck_assert_ptr_nonnull(next);
    *next = '\0';
    ck_assert_msg(strstr(text, page) != NULL, "README.md does not show\n%s", page);
    free(page);
    free(text);
    remove(file);
}
END_TEST

/* Figures "LAYER.NAME": a row a layer, a column a name; the others stay as they are. */
START_TEST(layer_figures)
{
    struct small_run x;
    json_t *r = small_report(&x, 100 * BL_NS, small_result(12.5)), *figures = json_object_get(r, "figures");
    static const struct { const char *name; double value; } row[] = { { "conv<1>.load", 12 }, { "conv<1>.store", 7.5 }, { "flat.load", 3 }, { "other.load", 1 }, { "flat.", 2 } };

    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        json_array_append_new(figures, json_pack("{s:s, s:f, s:s, s:s}", "name", row[i].name, "value", row[i].value, "unit", "cycles", "help", "about"));
    char *text = small_view(r, BL_TEXT);
    ck_assert_msg(strstr(text, "\nFigures of the layers\n  layer    load  store\n  conv<1>    12    7.5\n  flat        3      -\n  load: about [cycles]\n"
                               "  store: about [cycles]\n") != NULL, "%.3000s", text);
    ck_assert(strstr(text, "  other.load      1  cycles  about\n") && strstr(text, "  flat.           2  cycles  about\n") && !strstr(text, "conv<1>.load"));
    free(text);
    small_done(&x, r);
}
END_TEST

START_TEST(times)
{
    static const struct { uint64_t fs; const char *text; } row[] = { { 0, "0 fs" }, { 1, "1 fs" }, { 999, "999 fs" }, { 1000, "1 ps" }, { 2812840, "2.81284 ns" },
        { 6000000, "6 ns" }, { 1000001, "1.000001 ns" }, { 25000000000000, "25 ms" }, { UINT64_MAX, "18446.744073709551615 s" }, { 1500, "1.5 ps" } };

    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        char buf[40];
        uint64_t back = 0;
        struct heard h;
        ck_assert_str_eq(bl_time_exact(row[i].fs, buf), row[i].text);
        ck_assert_msg(!row[i].fs || row[i].fs == UINT64_MAX || (bl_parse_time(buf, &back, heard_start(&h), "") == 0 && back == row[i].fs), "%s", buf);
    }
}
END_TEST

Suite *suite_summary(void)
{
    Suite *s = suite_create("summary");
    TCase *tc = tcase_create("all");

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, numbers, 0, (int)(sizeof runs / sizeof *runs));
    tcase_add_test(tc, first_page);
    tcase_add_test(tc, readme);
    tcase_add_test(tc, layer_figures);
    tcase_add_test(tc, times);
    suite_add_tcase(s, tc);
    return s;
}
