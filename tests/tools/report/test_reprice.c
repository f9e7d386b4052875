/* test_reprice.c - a saved run at another technology (reprice.c, price.c) that needs what a saved run cannot tell: it is told, on stderr and in the report.
 * And a supply alone. What repricing computes is tested in test_report.c. */
#include "tests/rigs/command_rig.h"
#include "tools/report/report.h"

#define RERAM "platforms/bf_imna/tech/16nm_reram.yaml"
#define LOW "platforms/imagine/tech/22nm_fdsoi_0v8.yaml"

static json_t *needs_of(const char *file, json_t **report)
{
    struct heard h;

    *report = bl_report_read(file, heard_start(&h));
    ck_assert_msg(*report != NULL, "%s", h.text);
    return json_object_get(json_object_get(*report, "provenance"), "needs");
}

static void ck_needs(const char *file, const char *const *words, size_t n)
{
    json_t *report, *needs = needs_of(file, &report);

    ck_assert_uint_eq(json_array_size(needs), n);
    ck_assert(!needs == !n);
    for (size_t i = 0; i < n; i++)
        ck_assert_msg(strstr(json_string_value(json_array_get(needs, i)), words[i]) != NULL, "%s", json_string_value(json_array_get(needs, i)));
    json_decref(report);
}

/* The run itself says what it lacked, and keeps that at its own prices; another technology is told of, with what is known. */
START_TEST(told)
{
    static const char *const lacked[] = { RERAM ":10:3: technology 16nm_reram needs write_cycles = 4 in ap_sequencer; core.seq has 2: add" };
    static const char *const unknown[] = { RERAM ":10:3: technology 16nm_reram needs write_cycles = 4 in ap_chip, cluster_ctrl, cluster_map, ap_sequencer, "
                                           "map; what the saved run had is not known" };
    char sram[NAME], reram[NAME], other[NAME];
    struct heard h;

    scratch("sram.json", sram), scratch("reram.json", reram), scratch("other.json", other);
    ck_assert_int_eq(program(&h, NULL, "run", "ap", "--set", "core.fidelity=macro", "--report-json", sram, NULL), 0);
    ck_assert_str_eq(h.text, "");
    ck_needs(sram, NULL, 0);
    ck_assert_int_eq(program(&h, NULL, "run", "ap", "--set", "core.fidelity=macro", "--set", "tech=16nm_reram", "--report-json", reram, NULL), 0);
    ck_assert_msg(strstr(h.text, lacked[0]) != NULL, "%s", h.text);
    ck_needs(reram, lacked, 1);
    ck_assert_int_eq(program(&h, NULL, "report", reram, "--tech", RERAM, "--report-json", other, NULL), 0);
    ck_assert_str_eq(h.text, "");
    ck_needs(other, lacked, 1);
    ck_assert_int_eq(program(&h, NULL, "report", sram, "--tech", RERAM, "--report-json", other, NULL), 0);
    ck_assert_msg(strstr(h.text, unknown[0]) != NULL, "%s", h.text);
    ck_needs(other, unknown, 1);
    ck_assert_int_eq(program(&h, NULL, "report", reram, "--tech", "16nm_sram", "--report-json", other, NULL), 0);
    ck_assert_str_eq(h.text, "");
    ck_needs(other, NULL, 0);
    remove(sram), remove(reram), remove(other);
}
END_TEST

/* The supply is known, of the run and of the repricing. */
START_TEST(supply)
{
    static const char *const low[] = { " needs a voltage of 0.8 V; it is 0.6 V: add --voltage '0.8 V'", " needs vddh = 0.8 in dsci_adc; what the saved run had",
                                       " needs vddl = 0.4 in ", " needs slow = 1 in " };
    char run[NAME], other[NAME];
    struct heard h;

    scratch("low.json", run), scratch("low2.json", other);
    ck_assert_int_eq(program(&h, NULL, "run", "imagine", "--images", "1", "--until", "1 us", "--report-json", run, NULL), 0);
    ck_needs(run, NULL, 0);
    ck_assert_int_eq(program(&h, NULL, "report", run, "--tech", LOW, "--report-json", other, NULL), 0);
    ck_needs(other, low, 4);
    ck_assert_int_eq(program(&h, NULL, "report", run, "--tech", LOW, "--voltage", "0.8 V", "--report-json", other, NULL), 0);
    ck_needs(other, low + 1, 3);
    ck_assert_int_eq(program(&h, NULL, "report", other, "--tech", LOW, "--voltage", "0.7 V", "--report-json", run, NULL), 0);
    static const char *const back[] = { " needs vddh = 0.8 ", " needs vddl = 0.4 ", " needs slow = 1 ", "it is 0.7 V: add --voltage '0.8 V'" };
    ck_needs(run, back, 4);
    remove(run), remove(other);
}
END_TEST

/* ---- --voltage without --tech: the technology of the run, as it was */

static char *energy_of(const char *file, char buf[64])
{
    struct heard h;
    json_t *r = bl_report_read(file, heard_start(&h));

    ck_assert_msg(r != NULL, "%s", h.text);
    snprintf(buf, 64, "%s", bl_j_text(json_object_get(r, "totals"), "energy_yj"));
    json_decref(r);
    return buf;
}

static void copy_tech(const char *to, const char *more)
{
    char *text = content("platforms/bf_imna/tech/16nm_sram.yaml");
    FILE *f = fopen(to, "w");

    ck_assert_ptr_nonnull(f);
    fprintf(f, "%s%s", text, more);
    fclose(f);
    free(text);
}

START_TEST(voltage_alone)
{
    char full[NAME], half[NAME], other[NAME], tech[NAME], set[NAME + 8], a[64], b[64];
    struct heard h;

    scratch("full.json", full), scratch("half.json", half), scratch("other.json", other), scratch("own.yaml", tech);
    copy_tech(tech, "");
    snprintf(set, sizeof set, "tech=%s", tech);
    ck_assert_int_eq(program(&h, NULL, "run", "ap", "--set", "core.fidelity=macro", "--set", set, "--report-json", full, NULL), 0);
    ck_assert_int_eq(program(&h, NULL, "run", "ap", "--set", "core.fidelity=macro", "--set", set, "--set", "voltage=0.5 V", "--report-json", half,
                             NULL), 0);
    ck_assert_int_eq(program(&h, NULL, "report", full, "--voltage", "0.5 V", "--report-json", other, NULL), 0);
    ck_assert_str_eq(h.text, "");
    ck_assert_str_eq(energy_of(other, a), energy_of(half, b));
    ck_assert_str_ne(energy_of(full, a), b);
    ck_assert_int_eq(program(&h, NULL, "report", other, "--voltage", "1 V", "--report-json", half, NULL), 0);
    ck_assert_str_eq(energy_of(half, b), a);
    copy_tech(tech, "# another comment\n");
    ck_assert_int_eq(program(&h, NULL, "report", full, "--voltage", "0.5 V", NULL), 2);
    ck_assert_msg(strstr(h.text, "own.yaml is not what it was when the run was made; --tech ") != NULL, "%s", h.text);
    remove(tech);
    ck_assert_int_eq(program(&h, NULL, "report", full, "--voltage", "0.5 V", NULL), 2);
    ck_assert_msg(strstr(h.text, "--voltage: the technology of the run: ") != NULL, "%s", h.text);
    ck_assert_int_eq(program(&h, NULL, "run", "back_pressure", "--until", "1 us", "--report-json", full, NULL), 0);
    ck_assert_int_eq(program(&h, NULL, "report", full, "--voltage", "0.5 V", NULL), 2);
    ck_assert_msg(strstr(h.text, " has no technology, so nothing has a price that it could scale; name one with --tech") != NULL, "%s", h.text);
    remove(full), remove(half), remove(other);
}
END_TEST

Suite *suite_reprice(void);
Suite *suite_reprice(void)
{
    Suite *s = suite_create("reprice");
    TCase *t = tcase_create("all");

    tcase_add_test(t, told);
    tcase_add_test(t, supply);
    tcase_add_test(t, voltage_alone);
    suite_add_tcase(s, t);
    return s;
}
