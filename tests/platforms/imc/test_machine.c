/* test_machine.c - from descriptions of macros to machines: the shipped ones are as their first line says, with the area of the cost model;
 * what no machine can be is refused with the place and the number that would do. Drawn ones run in test_imc_drawn.c. */
#include "platforms/file/load.h"
#include "platforms/imc/machine.h"
#include "tests/rigs/command_rig.h"

Suite *suite_machine(void);

/* ---- shipped ---- */

static const char *const shipped[] = { "jia_isscc21", "si_isscc20", "chih_isscc21", "tu_isscc22", "papistas_cicc21", "jssc23_9896828", "isscc23_7_8",
                                       "tu_isscc22_int8", "isscc22_11_7", "isscc23_7_2", "isscc23_16_3" };

/* Runs the command that the first line of a file names, between ` and `. */
static void made_again(const char *file)
{
    char *text = content(file), *words[MOST_WORDS] = { NULL }, out[NAME], *at = strchr(text, '`') + 1;
    struct heard h;
    int n = 0;

    *strchr(at, '`') = '\0';
    for (char *w = strtok(at, " "); w && n < MOST_WORDS; w = strtok(NULL, " "))
        words[n++] = w;
    ck_assert_str_eq(words[0], "bitline");
    ck_assert_msg(program_of(&h, scratch("made.yaml", out), (const char *const *)(words + 1)) == BL_DONE, "%s", h.text);
    ck_same_files(file, out);
    remove(out);
    free(text);
}

START_TEST(as_they_were_made)
{
    char path[NAME];
    uint32_t lines = 0;

    snprintf(path, sizeof path, "platforms/imc/%s.yaml", shipped[_i]);
    made_again(path);
    char *text = content(path);
    for (const char *c = text; *c; c++)
        lines += *c == '\n';
    ck_assert_uint_lt(lines, 60);
    free(text);
    snprintf(path, sizeof path, "platforms/imc/tech/%s.yaml", shipped[_i]);
    made_again(path);
}
END_TEST

/* Area is that of `bitline cost`, and so are the parts'. */
START_TEST(areas)
{
    static const char *const classes[] = { "imc_array", "adder_tree", "sar_adc", "dac", "shift_add" };
    struct bl_imc_file f;
    struct heard h;
    char path[NAME];
    double sum = 0;

    snprintf(path, sizeof path, "platforms/imc/macros/%s.yaml", shipped[_i]);
    char *text = content(path);
    ck_assert_int_eq(bl_imc_file_read(&f, path, text, strlen(text), (struct bl_words){ NULL, 0 }, heard_start(&h)), 0);
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        sum += bl_imc_area_of(&f, classes[i]);
    ck_assert_double_eq_tol(sum * 1e-6 * (double)f.macro.macros, bl_imc_cost(&f.macro, f.blocks, f.nblocks).area, 1e-9);
    bl_imc_file_fini(&f);
    free(text);
}
END_TEST

/* A name that YAML would read otherwise is quoted, in all three places. */
START_TEST(odd_name)
{
    static const char text[] = "macro: \"a: #b\"\ntype: dimc\nd1: 2\nd2: 4\nw_bits: 8\na_bits: 8\nvoltage: 1 V\nnode: 28 nm\n";
    struct bl_imc_file f;
    struct heard h;
    char path[NAME];

    ck_assert_int_eq(bl_imc_file_read(&f, "odd.yaml", text, sizeof text - 1, (struct bl_words){ NULL, 0 }, heard_start(&h)), 0);
    FILE *out = fopen(scratch("odd.yaml", path), "w");
    ck_assert_ptr_nonnull(out);
    bl_imc_write_tech(&f, "a test", out);
    fclose(out);
    struct bl_tech *t = bl_tech_load(path, 0, &h.diag);
    ck_assert_msg(t != NULL, "%s", h.text);
    ck_assert_str_eq(bl_tech_name(t), "a: #b");
    bl_tech_free(t);
    ck_assert_ptr_nonnull(out = fopen(path, "w"));
    bl_imc_write_platform(&f, "a test", f.name, out);
    fclose(out);
    char *made = content(path);
    struct bl_platform *p = bl_platform_parse(path, made, strlen(made), NULL, 0, &h.diag);
    ck_assert_msg(p != NULL, "%s", h.text);
    ck_assert_str_eq(bl_platform_name(p), "a: #b");
    bl_platform_free(p);
    free(made);
    remove(path);
    bl_imc_file_fini(&f);
}
END_TEST

/* ---- refusals ---- */

#define CHIP "platforms/imc/macros/jia_isscc21.yaml"
static const struct { const char *macro, *sets[4], *says; } refused[] = {
    { "jia_isscc21", { NULL }, CHIP ":9:9: a_bits is 4, but the activations of a net have 8; as a machine the macro takes 8, in more steps: --set a_bits=8" },
    { "jia_isscc21", { "a_bits=8", "d2=5000" }, "--set d2=5000: d2 is 5000 as a machine; expected at most 4096 (rows of an imc_array)" },
    { "jia_isscc21", { "a_bits=8", "m=65" }, "--set m=65: m is 65 as a machine; expected at most 64 (sets of an imc_array)" },
    { "chih_isscc21", { "a_bits=8", "macros=1025" }, "--set macros=1025: macros is 1025 as a machine; expected at most 1024 (macros of a host)" },
    { "chih_isscc21", { "a_bits=8", "dac_bits=4", "d1=257" },
      "--set d1=257: d1 is 257 as a machine; expected at most 256 (trees of an adder_tree, one a column and bit of a step)" },
    { "chih_isscc21", { "a_bits=8", "w_bits=9" }, "--set w_bits=9: w_bits is 9 as a machine; expected at most 8 (cells of a weight)" },
    { "jia_isscc21", { "a_bits=8", "adc_bits=13", "adc_range=full" }, "--set adc_bits=13: adc_bits is 13 as a machine; expected at most 12 (bits of a sar_adc)" },
    { "chih_isscc21", { "a_bits=8", "weight_port=2" }, "--set weight_port=2: weight_port is 2 bits a cycle, so a row of 256 takes 128 cycles; as a machine it takes "
      "at most 64: 4 would do" },
    { "jssc23_9896828", { "dac_bits=8", "a_bits=16" }, "--set a_bits=16: a_bits is 16, but the activations of a net have 8; as a machine the macro takes 8, in more "
      "steps: --set a_bits=8" },
};
START_TEST(refusals)
{
    const char *words[MOST_WORDS] = { "cost", refused[_i].macro, "--as", _i % 2 ? "tech" : "platform" };
    struct heard h;

    for (int k = 0; k < 4 && refused[_i].sets[k]; k++) {
        words[4 + 2 * k] = "--set";
        words[5 + 2 * k] = refused[_i].sets[k];
    }
    ck_assert_int_eq(program_of(&h, NULL, words), BL_REFUSED);
    ck_assert_msg(strstr(h.text, refused[_i].says) != NULL, "said \"%s\"", h.text);
}
END_TEST

Suite *suite_machine(void)
{
    Suite *s = suite_create("machine");
    TCase *tc = tcase_create("all");

    tcase_add_loop_test(tc, as_they_were_made, 0, COUNT(shipped));
    tcase_add_loop_test(tc, areas, 0, COUNT(shipped));
    tcase_add_test(tc, odd_name);
    tcase_add_loop_test(tc, refusals, 0, COUNT(refused));
    suite_add_tcase(s, tc);
    return s;
}
