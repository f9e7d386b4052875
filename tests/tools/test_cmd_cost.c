/* test_cmd_cost.c - `bitline cost` (tools/cost/cost_rows.c, tools/cost/cost_forms.c, tools/cost/cost_net.c): three forms of one account, every shipped macro,
 * what the command line sets, and refusals. */
#include <jansson.h>
#include <math.h>

#include "platforms/file/find.h"
#include "platforms/imc/cost.h"
#include "tests/rigs/command_rig.h"

Suite *suite_cmd_cost(void);

static json_t *json_of(const char *macro, const char *set)
{
    struct heard h;
    char out[NAME];

    scratch("cost.json", out);
    ck_assert_msg(program(&h, out, "cost", macro, "--as", "json", set ? "--set" : NULL, set, NULL) == BL_DONE, "%s", h.text);
    json_t *j = json_load_file(out, 0, NULL);
    ck_assert_ptr_nonnull(j);
    remove(out);
    return j;
}

static double value_of(const json_t *cost, const char *section, const char *name)
{
    const json_t *row;
    size_t i;

    json_array_foreach(json_object_get(cost, section), i, row)
        if (!strcmp(json_string_value(json_object_get(row, "name")), name))
            return json_number_value(json_object_get(row, "value"));
    ck_abort_msg("no '%s' in '%s'", name, section);
    return 0;
}

/* Shares add up to 1 where there are any, and every constant and key has a tag and a source. */
static void ck_account(const json_t *cost)
{
    static const char *const shared[] = { "energy", "gates", "area" }, *const tagged[] = { "given", "constants" };
    const json_t *row;
    size_t i;

    for (int s = 0; s < 3; s++) {
        double sum = 0;
        json_array_foreach(json_object_get(cost, shared[s]), i, row)
            sum += json_number_value(json_object_get(row, "share"));
        ck_assert_msg(fabs(sum - 1) < 1e-9, "%s adds up to %.12g", shared[s], sum);
    }
    for (int s = 0; s < 2; s++)
        json_array_foreach(json_object_get(cost, tagged[s]), i, row)
            ck_assert(json_string_length(json_object_get(row, "tag")) && json_string_length(json_object_get(row, "source")));
    ck_assert_uint_eq(json_array_size(json_object_get(cost, "constants")), BL_IMC_CONSTANTS);
}

START_TEST(shipped)
{
    struct bl_found *f;
    size_t n = bl_find_all(BL_FILE_MACRO, &f);

    ck_assert_uint_ge(n, 11);
    for (size_t i = 0; i < n; i++) {
        json_t *j = json_of(f[i].path, NULL);
        ck_account(j);
        ck_assert(value_of(j, "peak", "energy efficiency") > 1);
        json_decref(j);
    }
    bl_found_list_fini(f, n);
}
END_TEST

START_TEST(sets)
{
    static const struct { const char *set; double tops_w; } want[] = { { NULL, 174.336 }, { "array_reading=literal", 251.661 }, { "dac_bits=4", 432.0 } };

    for (int i = 0; i < COUNT(want); i++) {
        json_t *j = json_of("jia_isscc21", want[i].set);
        double got = value_of(j, "peak", "energy efficiency");
        ck_assert_msg(fabs(got / want[i].tops_w - 1) < 2e-3, "%s: %g, wanted %g", want[i].set ? want[i].set : "", got, want[i].tops_w);
        json_decref(j);
    }
}
END_TEST

START_TEST(forms)
{
    struct heard h;
    char out[NAME];

    scratch("cost.txt", out);
    ck_assert_int_eq(program(&h, out, "cost", "jia_isscc21", NULL), BL_DONE);
    char *text = content(out);
    ck_assert_ptr_nonnull(strstr(text, "jia_isscc21: one large analog array, 1152 rows\n\nPeak\n"));
    ck_assert_ptr_nonnull(strstr(text, "ADCs, Eq. (8)         567238  fJ       67.1\n"));
    ck_assert_ptr_nonnull(strstr(text, "k3                 44  fF    calibrated  Houshmand et al., Eq. (11)"));
    ck_assert_ptr_nonnull(strstr(text, "Note: the ADC has 8 bits, and a column's largest sum needs 11: it is clipped or rounded, on purpose.\n"));
    free(text);
    ck_assert_int_eq(program(&h, out, "cost", "isscc23_7_2", "--as", "csv", NULL), BL_DONE);
    text = content(out);
    ck_assert(strstr(text, "section,name,value,unit,share,stage,model,deviation,usable,tag,source\npeak,energy efficiency,19.98845042,TOPS/W,,,,,,,\n") == text);
    ck_assert_ptr_nonnull(strstr(text, "\nchip,area,0.1462,mm2,,,0.146149"));
    ck_assert_ptr_nonnull(strstr(text, "\nconstants,c_inv,0.35,fF,,,,,,calibrated,\"half of a NAND2, zigzag-imc"));
    free(text);
    remove(out);
}
END_TEST

/* A network by the model alone: the figures of the page; components add up to the energy; three forms. */
START_TEST(networks)
{
    static const char *const as[] = { "json", "csv", "text" }, *const says[] = { "\"schema\": \"bitline.cost.net/1\"", "macro,net,layer,tiles,packed,copies,", "  total " };
    struct heard h;
    char out[NAME];

    scratch("net.cost", out);
    for (int i = 0; i < 3; i++) {
        ck_assert_msg(program(&h, out, "cost", "tu_isscc22", "--net", "mlperftiny_kws_dscnn", "--as", as[i], NULL) == BL_DONE, "%s", h.text);
        char *text = content(out);
        ck_assert_ptr_nonnull(strstr(text, says[i]));
        free(text);
        json_t *j = i ? NULL : json_load_file(out, 0, NULL);
        const json_t *rows = json_object_get(j, "layers"), *total = json_array_get(rows, json_array_size(rows) - 1);
        double sum = 0;
        for (int k = 0; k < 5 && j; k++)
            sum += json_number_value(json_object_get(total, ((const char *const[]){ "cells", "logic", "adc", "tree", "dac" })[k]));
        ck_assert(!j || fabs(sum / json_number_value(json_object_get(total, "energy")) - 1) < 1e-8);
        ck_assert(!j || fabs(json_number_value(json_object_get(total, "tops_w")) / 67.404 - 1) < 1e-3);
        json_decref(j);
    }
    ck_assert_int_eq(program(&h, out, "cost", "tu_isscc22", "--net", "no_such_net", NULL), BL_REFUSED);
    ck_assert_int_eq(program(&h, out, "cost", "tu_isscc22", "--net", "lenet5_mnist", "--as", "tech", NULL), BL_REFUSED);
    remove(out);
}
END_TEST

START_TEST(listed)
{
    struct heard h;
    char out[NAME];

    scratch("macros.txt", out);
    ck_assert_int_eq(program(&h, out, "ls", "macros", NULL), BL_DONE);
    char *text = content(out);
    ck_assert_ptr_nonnull(strstr(text, "platforms/imc/macros/jia_isscc21.yaml      one large analog array, 1152 rows\n"));
    ck_assert_ptr_null(strstr(text, "cannot be read"));
    free(text);
    remove(out);
}
END_TEST

static const struct { const char *words[6], *says; } WRONG[] = {
    { { "cost", "no_such", NULL }, "no_such: there is no such file; expected the description of a macro, a path like platforms/NAME/macros/MACRO.yaml" },
    { { "cost", "jia_isscc2", NULL }, "did you mean platforms/imc/macros/jia_isscc21.yaml?" },
    { { "cost", "platforms/imc/imc.yaml", NULL }, "platforms/imc/imc.yaml:2:1: a macro has no 'platform'" },
    { { "cost", "jia_isscc21", "--set", "adc_range=full", NULL },
      "platforms/imc/macros/jia_isscc21.yaml:11:11: adc_bits is 8, but a column sums up to 1152, which needs 11; take 11" },
    { { "cost", "jia_isscc21", "--as", "html", NULL }, "html" },
};

START_TEST(refusals)
{
    struct heard h;

    ck_assert_int_eq(program_of(&h, NULL, WRONG[_i].words), BL_REFUSED);
    ck_assert_msg(strstr(h.text, WRONG[_i].says) != NULL, "wanted '%s', got '%s'", WRONG[_i].says, h.text);
}
END_TEST

Suite *suite_cmd_cost(void)
{
    Suite *s = suite_create("cmd_cost");
    TCase *t = tcase_create("all");

    tcase_add_test(t, shipped);
    tcase_add_test(t, sets);
    tcase_add_test(t, forms);
    tcase_add_test(t, networks);
    tcase_add_test(t, listed);
    tcase_add_loop_test(t, refusals, 0, COUNT(WRONG));
    suite_add_tcase(s, t);
    return s;
}
