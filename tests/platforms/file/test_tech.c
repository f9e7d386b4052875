/* test_tech.c - tech.c and tech_names.c: prices read, scaled to a supply, rounded once, and their names and units checked.
 * Files that are refused are in test_bad.c. */
#include "platforms/file/load.h"
#include "tests/rigs/heard.h"
#include "tests/rigs/small_parts.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNT(a) ((int)(sizeof(a) / sizeof(a)[0]))

static struct bl_tech *parse(const char *text, double microvolts, struct heard *h)
{
    return bl_tech_parse("t.yaml", text, strlen(text), microvolts, heard_start(h));
}

static const char TECH[] =
    "tech: t65\n"
    "about: for a test\n"
    "node: 65 nm\n"
    "voltage: 0.6 V\n"
    "prices:\n"
    "  src.sent:     { value: 834 fJ, tag: derived, source: \"paper, Table 2\" }\n"
    "  snk.got:      { value: 3.98 pJ, tag: calibrated, source: fitted, at: 1.2 V }\n"
    "  snk.static:   { value: 1.2 uW, tag: free, source: a guess }\n"
    "  src.out_full: { value: 7 nW, tag: fact, source: paper }\n"
    "  snk.busy:     { value: 0 nW, tag: fact, source: paper }\n";

/* At 0.6 V most stay; those given at 1.2 V are a quarter. At 0.9 V: 9/4 and 9/16. */
static const struct { double microvolts; uint64_t value[5]; } scaled[] = {
    { 0,      { 834000000000, 3980000000000, 1200, 7, 0 } },
    { 600000, { 834000000000, 995000000000, 1200, 7, 0 } },
    { 900000, { 1876500000000, 2238750000000, 2700, 16, 0 } },
    { 300000, { 208500000000, 248750000000, 300, 2, 0 } },
    { 700000, { 1135166666667, 1354305555556, 1633, 10, 0 } },
};

START_TEST(scaling)
{
    struct heard h;
    struct bl_tech *t = parse(TECH, scaled[_i].microvolts, &h);

    ck_assert_msg(t != NULL, "%s", h.text);
    ck_assert_uint_eq(bl_tech_count(t), 5);
    for (size_t i = 0; i < 5; i++)
        ck_assert_uint_eq(bl_tech_price(t, i)->value, scaled[_i].value[i]);
    bl_tech_free(t);
}
END_TEST

START_TEST(rows)
{
    struct heard h;
    struct bl_tech *t = parse(TECH, 0, &h);
    const struct bl_price *p = bl_tech_price(t, 1);

    ck_assert_str_eq(bl_tech_name(t), "t65");
    ck_assert_str_eq(bl_tech_about(t), "for a test");
    ck_assert_str_eq(bl_tech_node(t), "65 nm");
    ck_assert_str_eq(bl_tech_file(t)->path, "t.yaml");
    ck_assert_uint_eq(bl_tech_file(t)->n, strlen(TECH));
    ck_assert_str_eq(p->cls, "snk");
    ck_assert_str_eq(p->item, "got");
    ck_assert_str_eq(p->source, "fitted");
    ck_assert_int_eq(p->tag, BL_CALIBRATED);
    ck_assert(!p->is_power && bl_tech_price(t, 2)->is_power);
    ck_assert_str_eq(bl_tech_where(t, 1), "t.yaml:7:3");
    ck_assert_int_eq(bl_tech_check(t, small_classes), 0);
    ck_assert_str_eq(h.text, "");
    bl_tech_free(t);
}
END_TEST

static const struct { const char *row, *message; } wrong_names[] = {
    { "srk.sent: { value: 1 fJ", "t.yaml:3:3: class 'srk' is not known; did you mean 'src'?" },
    { "adder_tree.add: { value: 1 fJ", "t.yaml:3:3: class 'adder_tree' is not among this program's classes, nor in its modules; "
      "`bitline ls classes` lists bitline's own" },
    { "src.snet: { value: 1 fJ", "t.yaml:3:3: class src has no 'snet'; did you mean 'sent'?" },
    { "src.out_ful: { value: 1 nW", "t.yaml:3:3: class src has no 'out_ful'; did you mean 'out_full'?" },
    { "src.OUT_FULL: { value: 1 nW", "t.yaml:3:3: class src has no 'OUT_FULL'; expected a tally (`bitline show src` lists them), a "
                                     "verdict, or 'static'" },
    { "src.every: { value: 1 fJ", "t.yaml:3:3: class src has no 'every'; expected a tally (`bitline show src` lists them), a verdict, "
                                  "or 'static'" },
    { "src.sent: { value: 1 uW", "t.yaml:3:3: 'sent' of class src is a tally; its price is an energy, like '1.5 fJ'" },
    { "src.out_full: { value: 1 fJ", "t.yaml:3:3: 'out_full' of class src is a verdict; its price is a power, like '3 uW'" },
    { "src.sent: { value: 1 fJ, for: { evry: 2 }", "t.yaml:3:3: the price of src.sent is for a 'evry': class src has no such parameter; did you mean "
                                                   "'every'?" },
    { "src.sent: { value: 1 fJ, for: { weights: 2 }", "t.yaml:3:3: the price of src.sent is for a 'weights', which is a list; expected a parameter "
                                                      "that is a number or a time" },
    { "src.sent: { value: 1 fJ, for: { every: 2 ns }", "t.yaml:3:3: the price of src.sent is for a 'every' that is a time; expected a number" },
    { "src.idle: { value: 1 fJ", "t.yaml:3:3: 'idle' of class src is a verdict; its price is a power, like '3 uW'" },
};

START_TEST(names)
{
    struct heard h;
    char text[256];

    snprintf(text, sizeof text, "tech: t\nprices:\n  %s, tag: fact, source: x }\n", wrong_names[_i].row);
    struct bl_tech *t = parse(text, 0, &h);
    ck_assert_msg(t != NULL, "%s", h.text);
    struct bl_sim *s = bl_open(small_classes, &h.diag);
    ck_assert_int_eq(bl_tech_apply(t, s), -1);
    ck_assert_uint_eq(bl_price_count(s), 0);
    ck_assert_str_eq(h.text, wrong_names[_i].message);
    bl_close(s);
    bl_tech_free(t);
}
END_TEST

START_TEST(without_voltage)
{
    static const char TEXT[] = "tech: t\nprices:\n  src.sent: { value: 834 fJ, tag: fact, source: x }\n";
    struct heard h;
    struct bl_tech *t = parse(TEXT, 0, &h);

    ck_assert_msg(t != NULL, "%s", h.text);
    bl_tech_free(t);
    ck_assert_ptr_null(parse(TEXT, 600000, &h));
    ck_assert_str_eq(h.text, "t.yaml:3:22: the price has no voltage, so it cannot be scaled; add 'at: 0.6 V' here, or 'voltage' at "
                             "the top");
}
END_TEST

START_TEST(no_file)
{
    struct heard h;

    ck_assert_ptr_null(bl_tech_load("tests/bad/none.yaml", 0, heard_start(&h)));
    ck_assert_str_eq(h.text, "tests/bad/none.yaml: cannot be opened: No such file or directory; check the path");
}
END_TEST

/* ---- sizes */

static const char SIZES[] =
    "tech: t\nvoltage: 0.6 V\nprices:\n"
    "  src.sent: { value: 834 fJ, tag: fact, source: x, for: { every: 144, seed: 1 }, scales: every }\n"
    "  snk.got: { value: 5 yJ, tag: fact, source: x, for: { every: 2 }, scales: [ every ] }\n"
    "  snk.static: { value: 3 nW, tag: fact, source: x }\n";

START_TEST(sizes)
{
    struct heard h;
    struct bl_tech *t = parse(SIZES, 0, &h);

    ck_assert_msg(t != NULL, "%s", h.text);
    const struct bl_price *p = bl_tech_price(t, 0);
    ck_assert(p->nsizes == 2 && p->exact == 834e9 && bl_tech_price(t, 2)->nsizes == 0);
    ck_assert(!strcmp(p->sizes[0].param, "every") && p->sizes[0].stated == 144 && p->sizes[0].scales && !p->sizes[0].is_time);
    ck_assert(!strcmp(p->sizes[1].param, "seed") && p->sizes[1].stated == 1 && !p->sizes[1].scales);
    ck_assert(bl_tech_price(t, 1)->sizes[0].scales);
    ck_assert_msg(bl_tech_check(t, small_classes) == 0, "%s", h.text);
    bl_tech_free(t);
}
END_TEST

/* Size and voltage together are rounded once. */
static const struct { double microvolts; const char *every; uint64_t sent, got; } once[] = {
    { 0, "72", 417000000000, 180 }, { 600000, "72", 417000000000, 180 },
    { 900000, "72", 938250000000, 405 }, { 900000, "1", 13031250000, 6 },
    { 300000, "3", 4343750000, 2 },          /* 1.25 x 1.5 = 1.875; 1 x 1.5 would be 2, 1.25 alone 1 */
    { 700000, "3", 23649305556, 10 },        /* 6.806 x 1.5 = 10.2; 7 x 1.5 = 10.5 */
};

START_TEST(sizes_and_voltage_are_rounded_once)
{
    struct heard h;
    struct bl_tech *t = parse(SIZES, once[_i].microvolts, &h);
    uint64_t value;
    char *end;
    double its[2] = { strtod(once[_i].every, &end), 1 };

    ck_assert_msg(t != NULL, "%s", h.text);
    ck_assert_int_eq(bl_price_scaled(bl_tech_price(t, 0), its, &value), 0);
    ck_assert_uint_eq(value, once[_i].sent);
    ck_assert_int_eq(bl_price_scaled(bl_tech_price(t, 1), its, &value), 0);
    ck_assert_uint_eq(value, once[_i].got);
    bl_tech_free(t);
}
END_TEST

START_TEST(of_another_machine)
{
    static const char *const here[] = { "put", "get", "put" }, *const used[] = { "put", "snk" };
    struct heard h;
    struct bl_tech *t = parse(SIZES, 0, &h);

    ck_assert_msg(t && bl_tech_check_use(t, used, 2, "this platform", "p.yaml:2:7", &h.diag) == 0, "%s", h.text);
    ck_assert_int_eq(bl_tech_check_use(t, here, 3, "this platform", "p.yaml:2:7", &h.diag), -1);
    ck_assert_str_eq(h.text, "p.yaml:2:7: none of its 3 prices is for a class of this platform: it prices src, snk; this platform has put, get. Name the "
                             "technology of these, or leave 'tech' out: then no energy is counted");
    bl_tech_free(t);
}
END_TEST

extern const struct bl_class *const bl_classes[];

/* The technology files of the project price what its classes really count. */
START_TEST(of_the_project)
{
    static const char *const files[] = { "platforms/osa_hcim/tech/65nm.yaml", "platforms/imagine/tech/22nm_fdsoi.yaml",
        "platforms/imagine/tech/22nm_fdsoi_0v8.yaml", "platforms/bf_imna/tech/16nm_sram.yaml", "platforms/bf_imna/tech/16nm_reram.yaml" };

    for (int i = 0; i < COUNT(files); i++) {
        struct heard h;
        struct bl_tech *t = bl_tech_load(files[i], 0, heard_start(&h));
        ck_assert_msg(t != NULL, "%s", h.text);
        ck_assert_uint_gt(bl_tech_count(t), 0);
        ck_assert_msg(bl_tech_check(t, bl_classes) == 0, "%s", h.text);
        bl_tech_free(t);
    }
}
END_TEST

Suite *suite_tech(void);
Suite *suite_tech(void)
{
    Suite *s = suite_create("tech");
    TCase *t = tcase_create("tech");

    tcase_add_loop_test(t, scaling, 0, COUNT(scaled));
    tcase_add_test(t, rows);
    tcase_add_loop_test(t, names, 0, COUNT(wrong_names));
    tcase_add_test(t, without_voltage);
    tcase_add_test(t, sizes);
    tcase_add_loop_test(t, sizes_and_voltage_are_rounded_once, 0, COUNT(once));
    tcase_add_test(t, of_another_machine);
    tcase_add_test(t, no_file);
    tcase_add_test(t, of_the_project);
    suite_add_tcase(s, t);
    return s;
}
