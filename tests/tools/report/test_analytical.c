/* test_analytical.c - run --analytical: both sides in the report and its views, and causes that add up (tools/report/analytical.c); the area of a
 * machine beside them (tools/report/area.c). */
#include <jansson.h>

#include "tests/rigs/command_rig.h"
#include "tests/rigs/small_report.h"
#include "tools/report/report.h"

Suite *suite_analytical(void);

static const struct { const char *platform, *set, *objective; bool has_energy; } runs[] = {
    { "chih_isscc21", "macros=2", "plain", true }, { "tu_isscc22", "noise", "copies", true }, { "jia_isscc21", "noise=0.5", "copies", true },
    { "imc_buffer", "banks=2", "plain", false }, { "imc_sets", "sets=2", "latency", false }, { "imc", "host.host_cycles=3", "latency", false },
};

static json_t *report_of(int i, const char *form, char out[NAME])
{
    const char *words[] = { "run", runs[i].platform, "--images", "2", "--analytical", "--objective", runs[i].objective, "--report", form, "-o",
                            scratch("analytical", out), strchr(runs[i].set, '=') ? "--set" : NULL, runs[i].set, NULL };
    struct heard h;

    ck_assert_msg(program_of(&h, NULL, words) == BL_DONE, "%s", h.text);
    return strcmp(form, "json") ? NULL : json_load_file(out, 0, NULL);
}

START_TEST(adds_up)
{
    char out[NAME], text[40];
    json_t *r = report_of(_i, "json", out);
    const json_t *a = json_object_get(r, "analytical"), *row;
    uint64_t cycles = bl_j_count(a, "array_cycles"), layers = 0;
    bl_yj energy = bl_j_yj(a, "operations_yj"), operations = 0;
    size_t i;

    ck_assert_uint_eq(bl_j_count(a, "images"), 2);
    json_array_foreach(json_object_get(a, "gap"), i, row) {
        cycles += bl_j_count(row, "cycles");
        energy += bl_j_yj(row, "energy_yj");
    }
    json_array_foreach(json_object_get(a, "layers"), i, row) {
        layers += bl_j_count(row, "simulated_cycles");
        operations += 2 * bl_j_yj(row, "operations_yj");
    }
    ck_assert_uint_eq(cycles, bl_j_count(a, "simulated_cycles"));
    ck_assert_uint_eq(layers, bl_j_count(json_array_get(json_object_get(r, "clocks"), 0), "cycles"));
    ck_assert_msg(energy == bl_j_yj(json_object_get(r, "totals"), "energy_yj"), "%s yJ", bl_yj_text(energy, text));
    ck_assert(operations == bl_j_yj(a, "operations_yj") && (operations > 0) == runs[_i].has_energy);
    ck_assert((json_object_get(r, "area") != NULL) == runs[_i].has_energy);
    json_decref(r);
    remove(out);
}
END_TEST

START_TEST(views)
{
    static const char *const says[] = { "Analytical and simulated", "What explains the difference", "rows of all macros are sent and stored, one a cycle", "mm2 of the classes whose area" };
    char out[NAME];

    for (int html = 0; html < 2; html++) {
        report_of(0, html ? "html" : "text", out);
        char *text = small_flat(content(out));
        for (int i = 0; i < COUNT(says); i++)
            ck_assert_msg(strstr(text, says[i]) != NULL, "no '%s'", says[i]);
        free(text);
        remove(out);
    }
}
END_TEST

Suite *suite_analytical(void)
{
    Suite *s = suite_create("analytical");
    TCase *tc = tcase_create("all");

    tcase_add_loop_test(tc, adds_up, 0, COUNT(runs));
    tcase_add_test(tc, views);
    suite_add_tcase(s, tc);
    return s;
}
