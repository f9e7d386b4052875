/* test_reprice.c - a saved run at another technology that needs what a saved run cannot tell: it is told, on stderr and in the report.
 * What repricing computes is tested in test_report.c. */
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

Suite *suite_reprice(void);
Suite *suite_reprice(void)
{
    Suite *s = suite_create("reprice");
    TCase *t = tcase_create("all");

    tcase_add_test(t, told);
    tcase_add_test(t, supply);
    suite_add_tcase(s, t);
    return s;
}
