/* test_scopes.c - efficiency of IMAGINE by what is counted (scopes.c), at the paper's operating points (Table I, sections V.A and V.B): a layer of 3 x 3, 128 channels,
 * 256 outputs, 32 x 32 pixels, weights of -1 and +1, LMEM addresses modulo a bank. And weights of -1 and +1 as one slice (phases.c). */
#include "tests/rigs/command_rig.h"
#include "tools/report/report.h"

#include <math.h>
#include <string.h>

Suite *suite_scopes(void);

static struct heard h;

static json_t *run(const char *const *words)
{
    const char *all[MOST_WORDS] = { "run", "imagine", "--images", "1", "-q", "--no-path", "--report", "json", "-o" };
    char file[NAME];
    size_t n = 9;

    all[n++] = scratch("scope.json", file);
    for (size_t i = 0; words[i]; i++)
        all[n++] = words[i];
    ck_assert_msg(program_of(&h, NULL, all) == BL_DONE, "%s", h.text);
    json_t *report = bl_report_read(file, heard_start(&h));
    remove(file);
    return report;
}

static double figure(const json_t *report, const char *name)
{
    const json_t *f;
    size_t i;

    json_array_foreach(json_object_get(report, "figures"), i, f)
        if (!strcmp(bl_j_text(f, "name"), name))
            return json_number_value(json_object_get(f, "value"));
    ck_abort_msg("no figure %s", name);
}

/* Precision in section 3.2's order: r_in = r_out, clock (T_cim), supply; TOPS/W raw and normalised to 8 b, of the macro, at the steady period, as run. NAN: not stated. */
static const struct { const char *r, *clock; bool nominal; double macro, macro_8b, period_8b, run_8b; } points[] = {
    { "8", "731273ps", false, 1201.6, 150.2, 40.0, 38.4 }, { "8", "143443ps", true, 1000.7, 125.1, 35.0, 33.7 }, { "1", "98769ps", false, 8269.8, 129.2, NAN, NAN },
    { "4", "377126ps", false, 2340, 146.3, 53.1, NAN }, { "4", "73976ps", true, 1986, 124.1, NAN, NAN },
};

static void ck_near(const char *what, double got, double want, double within)
{
    ck_assert_msg(isnan(want) || fabs(got / want - 1) <= within, "%s: %g, expected %g", what, got, want);
}

static json_t *point(int i)
{
    char in[40], out[40], clock[40];
    const char *words[32] = { "--net", "imagine_peak", "--calibration", "none", "--set", "layer[*].w_bits=1", "--set", "host.r_w=1", "--set", "lmem.loop=1", "--set", in, "--set", out, "--set", clock };
    static const char *const nominal[] = { "tech=22nm_fdsoi_0v8", "voltage=0.8V", "vddl=0.4", "vddh=0.8", "slow=1" };

    snprintf(in, sizeof in, "host.r_in=%s", points[i].r);
    snprintf(out, sizeof out, "host.r_out=%s", points[i].r);
    snprintf(clock, sizeof clock, "clock.core=%s", points[i].clock);
    for (size_t k = 0; points[i].nominal && k < 5; k++) {
        words[16 + 2 * k] = "--set";
        words[17 + 2 * k] = nominal[k];
    }
    return run(words);
}

START_TEST(operating_points)
{
    json_t *r = point(_i);

    ck_near("macro", figure(r, "conv.tops_w_macro"), points[_i].macro, 0.005);
    ck_near("macro, 8 b", figure(r, "conv.tops_w_macro_8b"), points[_i].macro_8b, 0.005);
    ck_near("period, 8 b", figure(r, "conv.tops_w_period_8b"), points[_i].period_8b, 0.005);
    ck_near("run, 8 b", figure(r, "conv.tops_w_run_8b"), points[_i].run_8b, 0.01);
    json_decref(r);
}
END_TEST

/* 9216 words of weights, 32768 of inputs, 65536 of outputs. */
START_TEST(with_dram)
{
    json_t *r = point(0), *part, *tally;
    size_t i, k;
    json_int_t words = 0;

    json_array_foreach(json_object_get(r, "parts"), i, part)
        json_array_foreach(json_object_get(part, "tallies"), k, tally)
            if (!strcmp(bl_j_text(part, "path"), "dram_port") && !strcmp(bl_j_text(tally, "name"), "word"))
                words = json_integer_value(json_object_get(tally, "count"));
    ck_assert_int_eq(words, 9216 + 32768 + 65536);
    ck_near("with DRAM, 8 b", figure(r, "conv.tops_w_dram_8b"), 1.07, 0.01);
    ck_assert_double_lt(figure(r, "conv.tops_w_all_8b"), figure(r, "conv.tops_w_dram_8b"));
    /* Everything is the energy of the run. */
    const json_t *totals = json_object_get(r, "totals");
    ck_near("all", figure(r, "conv.tops_w_all"), 2e-12 * 301989888 / json_number_value(json_object_get(totals, "energy_j")), 2e-3);
    json_decref(r);
}
END_TEST

/* A map that no bank holds is cut without `loop`: 8 strips of 4 rows. */
START_TEST(without_a_loop)
{
    static const char *const cut[] = { "--net", "imagine_peak", "--calibration", "none", "--set", "layer[*].w_bits=1", "--set", "host.r_w=1", "--set", "clock.core=731273ps", NULL };
    json_t *a = run(cut), *b = point(0);

    ck_assert_double_gt(figure(a, "conv.pipeline"), figure(b, "conv.pipeline"));
    ck_assert_double_gt(figure(a, "conv.inputs"), figure(b, "conv.inputs"));
    json_decref(a);
    json_decref(b);
}
END_TEST

/* Weights of -1 and +1 are one slice whatever r_w, and exact with an ideal converter. */
START_TEST(odd_weights)
{
    char r_w[40];
    const char *const words[] = { "--net", "fashion_cnn", "--calibration", "none", "--set", "layer[*].w_bits=1", "--set", r_w, "--set", "host.r_out=28", "--set", "clock.core=1500000ps", NULL };

    snprintf(r_w, sizeof r_w, "host.r_w=%d", _i);
    json_t *r = run(words), *result = json_object_get(r, "result");
    ck_assert_int_eq(json_integer_value(json_object_get(result, "mismatches")), 0);
    ck_assert_int_eq(json_integer_value(json_object_get(result, "macro_operations")), 14 * 14 + 7 * 7 + 2);
    json_decref(r);
}
END_TEST

/* The same for every number of processes. */
START_TEST(shared)
{
    char one[NAME], two[NAME];

    ck_assert_msg(program(&h, NULL, "run", "imagine", "--images", "4", "-q", "-j1", "--report", "json", "-o", scratch("one.json", one), NULL) == BL_DONE, "%s", h.text);
    ck_assert_msg(program(&h, NULL, "run", "imagine", "--images", "4", "-q", "-j3", "--report", "json", "-o", scratch("two.json", two), NULL) == BL_DONE, "%s", h.text);
    ck_same_files(one, two);
    remove(one);
    remove(two);
}
END_TEST

Suite *suite_scopes(void)
{
    Suite *s = suite_create("scopes");
    TCase *t = tcase_create("all");

    tcase_add_loop_test(t, operating_points, 0, COUNT(points));
    tcase_add_test(t, with_dram);
    tcase_add_test(t, without_a_loop);
    tcase_add_loop_test(t, odd_weights, 1, 5);
    tcase_add_test(t, shared);
    suite_add_tcase(s, t);
    return s;
}
