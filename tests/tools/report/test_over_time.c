/* test_over_time.c - `--interval` and the layers' `verdicts` in reports of all shipped platforms: they add up to the account, nothing else of the
 * report changes, also with everybody awake and shared among processes; the budget and what is refused. */
#include "tests/rigs/command_rig.h"
#include "tests/rigs/shipped_runs.h"
#include "tools/report/over_time.h"

#include <jansson.h>
#include <string.h>

Suite *suite_over_time(void);

static struct heard h;

/* `bitline run PLATFORM ... MORE --report json`, as a value. */
static json_t *ran(const struct shipped_run *x, int status, const char *const *more)
{
    const char *words[MOST_WORDS + 1] = { "run", x->platform, "-q", "--report", "json" };
    char file[NAME];
    json_error_t e;
    size_t n = 5;

    for (size_t i = 0; i < 6 && x->more[i]; i++)
        words[n++] = x->more[i];
    for (; *more; more++)
        words[n++] = *more;
    ck_assert_msg(program_of(&h, scratch("report.json", file), words) == status, "%s: %s", x->platform, h.text);
    json_t *r = json_load_file(file, 0, &e);
    ck_assert_msg(r != NULL, "%s: %s: %s", x->platform, e.text, h.text);
    remove(file);
    return r;
}

#define RAN(x, status, ...) ran(x, status, (const char *const[]){ __VA_ARGS__, NULL })

static uint64_t sum_of(const json_t *list)
{
    uint64_t sum = 0;
    const json_t *v;
    size_t i;

    json_array_foreach(list, i, v)
        sum += (uint64_t)json_integer_value(v);
    return sum;
}

static bl_yj yj_sum_of(const json_t *list)
{
    bl_yj sum = 0;
    const json_t *v;
    size_t i;

    json_array_foreach(list, i, v) {
        json_t *o = json_pack("{s:O}", "e", v);
        sum += bl_j_yj(o, "e");
        json_decref(o);
    }
    return sum;
}

/* Sums by "part verdict" of rows that have both. */
static void put(json_t *all, const char *part, const char *verdict, uint64_t n)
{
    char key[600];

    snprintf(key, sizeof key, "%s %s", part, verdict);
    if (n)
        json_object_set_new(all, key, json_integer((json_int_t)(bl_j_count(all, key) + n)));
}

static json_t *account_of(const json_t *report)
{
    json_t *all = json_object();
    const json_t *part, *v;
    size_t i, k;

    json_array_foreach(json_object_get(report, "parts"), i, part)
        json_array_foreach(json_object_get(part, "verdicts"), k, v)
            put(all, bl_j_text(part, "path"), bl_j_text(v, "name"), bl_j_count(v, "spent"));
    return all;
}

static const json_t *part_called(const json_t *report, const char *path)
{
    const json_t *part;
    size_t i;

    json_array_foreach(json_object_get(report, "parts"), i, part)
        if (!strcmp(bl_j_text(part, "path"), path))
            return part;
    return NULL;
}

/* ---- the intervals of one report ---- */

static uint64_t length_of(const json_t *iv, size_t i)
{
    const uint64_t from = bl_j_count(iv, "from_fs"), every = bl_j_count(iv, "every_fs"), to = from + (i + 1) * every;

    return (to < bl_j_count(iv, "to_fs") ? to : bl_j_count(iv, "to_fs")) - (from + i * every);
}

static void ck_power(const json_t *iv, const json_t *of)
{
    const json_t *e = json_object_get(of, "energy_yj"), *p = json_object_get(of, "power_w");

    ck_assert_uint_eq(json_array_size(e), json_array_size(p));
    for (size_t i = 0; i < json_array_size(e); i++) {
        json_t *o = json_pack("{s:O}", "e", json_array_get(e, i));
        double w = (double)bl_j_yj(o, "e") * 1e-24 / ((double)length_of(iv, i) * 1e-15), got = json_number_value(json_array_get(p, i));
        ck_assert_msg(got >= w * 0.999999 && got <= w * 1.000001, "%g W, expected %g", got, w);
        json_decref(o);
    }
}

static void ck_part(const json_t *report, const json_t *iv, const json_t *part, json_t *sums)
{
    const size_t n = (size_t)bl_j_count(iv, "count");
    const json_t *row = part_called(report, bl_j_text(part, "path")), *v, *elapsed = json_object_get(part, "elapsed");
    size_t k;

    ck_assert_ptr_nonnull(row);
    ck_assert_uint_eq(json_array_size(elapsed), n);
    ck_assert_uint_eq(sum_of(elapsed), bl_j_count(row, "elapsed"));
    for (size_t i = 0; i < n; i++) {
        uint64_t all = 0;
        json_array_foreach(json_object_get(part, "verdicts"), k, v)
            all += (uint64_t)json_integer_value(json_array_get(json_object_get(v, "spent"), i));
        ck_assert_uint_eq(all, (uint64_t)json_integer_value(json_array_get(elapsed, i)));
    }
    json_array_foreach(json_object_get(part, "verdicts"), k, v) {
        ck_assert_uint_eq(json_array_size(json_object_get(v, "spent")), n);
        put(sums, bl_j_text(part, "path"), bl_j_text(v, "name"), sum_of(json_object_get(v, "spent")));
    }
    ck_assert(yj_sum_of(json_object_get(part, "energy_yj")) == bl_j_yj(row, "energy_yj"));
    ck_power(iv, part);
}

static void ck_channels(const json_t *iv)
{
    const size_t n = (size_t)bl_j_count(iv, "count");
    const json_t *c;
    size_t k;

    json_array_foreach(json_object_get(iv, "channels"), k, c) {
        const json_t *mean = json_object_get(c, "mean"), *most = json_object_get(c, "most");
        ck_assert_uint_eq(json_array_size(mean), n);
        ck_assert_uint_eq(json_array_size(most), n);
        for (size_t i = 0; i < n; i++) {
            double m = json_number_value(json_array_get(mean, i)), top = json_number_value(json_array_get(most, i));
            ck_assert_msg(m >= 0 && m <= top * 1.000000001 && top <= bl_j_real(c, "depth") && (m > 0) == (top > 0), "%s: %g of %g", bl_j_text(c, "from"), m, top);
        }
    }
}

static void ck_intervals(const json_t *report, const json_t *iv)
{
    json_t *sums = json_object(), *all = account_of(report);
    const json_t *part;
    size_t i;

    ck_assert_uint_eq(bl_j_count(iv, "count") > 0, bl_j_count(report, "simulated_fs") > 0);
    ck_assert_uint_eq(bl_j_count(iv, "to_fs"), bl_j_count(report, "simulated_fs"));
    ck_assert_uint_eq(bl_j_count(iv, "from_fs"), 0);
    json_array_foreach(json_object_get(iv, "parts"), i, part)
        ck_part(report, iv, part, sums);
    ck_assert_msg(json_equal(sums, all), "%s\n%s", json_dumps(sums, JSON_SORT_KEYS), json_dumps(all, JSON_SORT_KEYS));
    ck_assert(yj_sum_of(json_object_get(iv, "energy_yj")) == bl_j_yj(json_object_get(report, "totals"), "energy_yj"));
    ck_power(iv, iv);
    ck_channels(iv);
    json_decref(sums);
    json_decref(all);
}

/* ---- layers: each adds up to its cycles, all of them to the account ---- */

static void ck_layer(const json_t *report, const json_t *layer, json_t *sums)
{
    const char *clock = bl_j_text(json_array_get(json_object_get(report, "clocks"), 0), "name");
    json_t *cycles = json_object();
    const json_t *row, *v;
    const char *part;
    size_t i;

    json_array_foreach(json_object_get(layer, "verdicts"), i, row) {
        ck_assert_uint_gt(bl_j_count(row, "spent"), 0);
        put(sums, bl_j_text(row, "part"), bl_j_text(row, "verdict"), bl_j_count(row, "spent"));
        put(cycles, bl_j_text(row, "part"), "", bl_j_count(row, "spent"));
    }
    json_object_foreach(cycles, part, v) {
        char path[600];
        snprintf(path, sizeof path, "%.*s", (int)(strlen(part) - 1), part);
        const json_t *p = part_called(report, path);
        if (!strcmp(bl_j_text(p, "clock"), clock) && json_array_size(json_object_get(report, "clocks")) == 1)
            ck_assert_uint_eq((uint64_t)json_integer_value(v), bl_j_count(layer, "cycles"));
    }
    json_decref(cycles);
}

static void ck_layers(const struct shipped_run *x, const json_t *report)
{
    json_t *sums = json_object(), *all = account_of(report);
    const json_t *layer;
    size_t i;

    json_array_foreach(json_object_get(report, "layers"), i, layer) {
        ck_assert(json_is_null(json_object_get(layer, "verdicts")) == x->one_run);
        ck_layer(report, layer, sums);
    }
    ck_assert_msg(!x->net || x->one_run || json_equal(sums, all), "%s: %s\n%s", x->platform, json_dumps(sums, JSON_SORT_KEYS), json_dumps(all, JSON_SORT_KEYS));
    json_decref(sums);
    json_decref(all);
}

START_TEST(all_of_it_is_the_account)
{
    const struct shipped_run *x = &shipped_runs[_i];
    json_t *plain = RAN(x, 0, "--no-path"), *with = RAN(x, 0, "--no-path", "--interval", x->every);
    json_t *iv = json_incref(json_object_get(with, "intervals"));

    ck_assert_ptr_null(json_object_get(plain, "intervals"));
    ck_assert_ptr_nonnull(iv);
    ck_intervals(with, iv);
    ck_layers(x, with);
    json_object_del(with, "intervals");
    char *a = json_dumps(plain, 0), *b = json_dumps(with, 0);
    ck_assert_str_eq(a, b);
    free(a);
    free(b);
    json_decref(iv);
    json_decref(plain);
    json_decref(with);
}
END_TEST

/* ---- the same numbers in other ways ---- */

static void ck_same(json_t *a, json_t *b, const char *what)
{
    char *x = json_dumps(a, 0), *y = json_dumps(b, 0);

    ck_assert_msg(!strcmp(x, y), "%s: other intervals", what);
    free(x);
    free(y);
    json_decref(a);
    json_decref(b);
}

START_TEST(with_everybody_awake)
{
    static const int rows[] = { 0, 2, 3, 6, 9, 10, 15, 17 };
    const struct shipped_run *x = &shipped_runs[rows[_i]];

    ck_same(RAN(x, 0, "--interval", x->every), RAN(x, 0, "--interval", x->every, "--no-nap"), x->platform);
}
END_TEST

START_TEST(by_several_processes)
{
    static const struct shipped_run runs[] = { { "osa_hcim", "2 us", { "--images", "4" }, 1, 0 }, { "bf_imna", "2 us", { "--images", "5" }, 1, 0 },
                                               { "imc_buffer", "2 us", { "--images", "4" }, 1, 0 } };
    static const char *const named[] = { "0..1", "2", "1..3" };
    const struct shipped_run *x = &runs[_i / 3];
    const char *images = named[_i % 3];
    json_t *one = RAN(x, 0, "--interval", x->every, "--trace-images", images), *iv = json_object_get(one, "intervals");

    ck_assert_uint_eq(bl_j_count(iv, "from_fs") == 0, images[0] == '0');
    ck_assert_uint_gt(bl_j_count(iv, "count"), 1);
    json_incref(one);
    ck_same(one, RAN(x, 0, "--interval", x->every, "--trace-images", images, "-j", "2"), x->platform);
    ck_same(one, RAN(x, 0, "--interval", x->every, "--trace-images", images, "-j", "3"), x->platform);
}
END_TEST

/* ---- the budget, and what is refused ---- */

/* The interval that a message names: --interval "5 us". */
static void named_interval(char *buf)
{
    const char *at = strstr(h.text, "take --interval \"");

    ck_assert_msg(at != NULL && sscanf(at, "take --interval \"%39[^\"]", buf) == 1, "%s", h.text);
}

START_TEST(budget)
{
    const struct shipped_run *x = &shipped_runs[2];        /* imagine */
    json_t *plain = RAN(x, 0, "--no-path"), *r = RAN(x, 2, "--no-path", "--interval", "1 us");
    char fits[40];

    named_interval(fits);
    unsigned long long most, each, fs = bl_j_count(plain, "simulated_fs");
    ck_assert_int_eq(sscanf(strstr(h.text, ", and ") + 6, "%llu fit (%llu numbers each)", &most, &each), 2);
    ck_assert(most * each <= BL_INTERVAL_NUMBERS && (most + 1) * each > BL_INTERVAL_NUMBERS);
    ck_assert_ptr_null(json_object_get(r, "intervals"));
    ck_same(plain, r, "the rest");
    r = RAN(x, 0, "--no-path", "--interval", fits);
    ck_assert_ptr_nonnull(json_object_get(r, "intervals"));
    json_decref(r);
    snprintf(fits, sizeof fits, "%llu fs", (fs + most - 1) / most);                       /* the shortest that fits, and one that does not */
    r = RAN(x, 0, "--no-path", "--interval", fits);
    ck_assert_uint_le(bl_j_count(json_object_get(r, "intervals"), "count"), most);
    json_decref(r);
    snprintf(fits, sizeof fits, "%llu fs", (fs - 1) / most);
    json_decref(RAN(x, 2, "--no-path", "--interval", fits));
    ck_assert_int_eq(program(&h, NULL, "run", "imagine", "--images", "1", "--until", "10 ms", "--interval", "10 ns", NULL), 2);     /* at once */
    named_interval(fits);
    ck_assert_int_eq(program(&h, NULL, "run", "imagine", "--images", "1", "--until", "10 ms", "--interval", fits, NULL), 0);
}
END_TEST

START_TEST(refused)
{
    static const struct { const char *words[12], *says; } row[] = {
        { { "run", "osa_hcim", "--interval", "0" }, "--interval 0: expected a time above 0" },
        { { "run", "osa_hcim", "--interval", "5" }, "--interval" },
        { { "run", "osa_hcim", "--images", "4", "-j", "2", "--interval", "5 us" }, "--jobs 2: statistics over time are of images that one process runs; name them, as in --trace-images 0..1" },
        { { "run", "osa_hcim", "--images", "1", "--why", "adc.code@900ns", "--interval", "5 us" }, "--why: such a run writes no report" },
        { { "run", "osa_hcim", "--images", "2", "--trace-images", "2", "--interval", "5 us" }, "--trace-images 2: the run has images 0 to 1" },
        { { "run", "osa_hcim", "--images", "2", "--trace-images", "1" }, "--trace-images: nothing is traced" },
    };

    ck_assert_int_eq(program_of(&h, NULL, row[_i].words), 2);
    ck_assert_msg(strstr(h.text, row[_i].says) != NULL, "%s\nexpected %s", h.text, row[_i].says);
}
END_TEST

static json_t *pairs(unsigned count)
{
    char file[NAME];
    FILE *out = fopen(scratch("many.yaml", file), "w");

    ck_assert_ptr_nonnull(out);
    fprintf(out, "platform: many\nclocks: { c: 1 ns }\nparts:\n  a: { class: gen, clock: c, count: %u }\n  b: { class: sink, clock: c, every: 3, count: %u }\n"
            "wires:\n  - a[*].x -> b[*].x depth 2\n", count, count);
    fclose(out);
    const struct shipped_run x = { file, "30 ns", { 0 }, 0, 0 };
    json_t *r = RAN(&x, 0, "--until", "100 ns", "--interval", "30 ns");
    remove(file);
    return r;
}

/* Of more than 10 000 parts the elements of an array are one row, and so are the channels between two arrays: all of these do the same. */
START_TEST(many_parts)
{
    json_t *r = pairs(5001), *one = pairs(2), *iv = json_object_get(r, "intervals");
    const json_t *c = json_array_get(json_object_get(iv, "channels"), 0), *its = json_array_get(json_object_get(json_object_get(one, "intervals"), "channels"), 0);

    ck_intervals(r, iv);
    ck_assert_uint_eq(json_array_size(json_object_get(iv, "parts")), 2);
    ck_assert_uint_eq(json_array_size(json_object_get(iv, "channels")), 1);
    ck_assert_str_eq(bl_j_text(c, "from"), "a[*].x");
    ck_assert_uint_eq(bl_j_count(c, "channels"), 5001);
    ck_assert(json_equal(json_object_get(c, "most"), json_object_get(its, "most")));
    for (size_t i = 0; i < 4; i++) {
        const double got = json_number_value(json_array_get(json_object_get(c, "mean"), i)), want = json_number_value(json_array_get(json_object_get(its, "mean"), i));
        ck_assert_msg(want > 0 && got > 0.999999 * want && got < 1.000001 * want, "%g, expected %g", got, want);
    }
    json_decref(one);
    json_decref(r);
}
END_TEST

Suite *suite_over_time(void)
{
    Suite *s = suite_create("over_time");
    TCase *tc = tcase_create("all");

    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, all_of_it_is_the_account, 0, SHIPPED_RUNS);
    tcase_add_loop_test(tc, with_everybody_awake, 0, 8);
    tcase_add_loop_test(tc, by_several_processes, 0, 9);
    tcase_add_test(tc, budget);
    tcase_add_loop_test(tc, refused, 0, 6);
    tcase_add_test(tc, many_parts);
    suite_add_tcase(s, tc);
    return s;
}
