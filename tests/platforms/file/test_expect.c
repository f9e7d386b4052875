/* test_expect.c - expect.c: what the lines of `expect` speak of, and whether they hold after a run. */
#include "platforms/file/load.h"
#include "tests/rigs/heard.h"
#include "tests/rigs/small_parts.h"

#include <check.h>
#include <stdio.h>

#define COUNT(a) ((int)(sizeof(a) / sizeof(a)[0]))

/* After 100 cycles of 5 ns: src[i] has sent one number each second cycle, 50,
 * the last in cycle 98; snk[i] has taken all of them and waited in the other cycles. */
static const char PLATFORM[] =
    "platform: p\n"
    "clocks: { core: 5 ns%s }\n"
    "parts:\n"
    "  src: { class: src, count: 4, clock: core, every: 2 }\n"
    "  snk: { class: snk, count: 4, clock: core }\n"
    "wires: [ 'src[*].x -> snk[*].x depth 2' ]\n"
    "expect:\n"
    "  - '%s'\n";

struct outcome { struct heard h; int resolved, wrong; char found[BL_EXPECT_FOUND]; };

/* A run of 100 cycles, or of none; `yj` is the price of a number sent. */
static void try_for(struct outcome *o, const char *line, const char *more_clocks, uint64_t until, int64_t yj)
{
    const struct bl_price price = { .cls = "src", .item = "sent", .value = yj, .is_power = false, .tag = BL_FACT, .source = "a test" };
    char text[1024];

    snprintf(text, sizeof text, PLATFORM, more_clocks, line);
    struct bl_platform *p = bl_platform_parse("p.yaml", text, strlen(text), NULL, 0, heard_start(&o->h));
    ck_assert_msg(p != NULL, "%s", o->h.text);
    struct bl_sim *s = bl_open(small_classes, &o->h.diag);
    ck_assert_int_eq(bl_platform_apply(p, s), 0);
    ck_assert_int_eq(bl_set_price(s, &price, NULL), 0);
    ck_assert_int_eq(bl_elaborate(s), 0);
    o->wrong = 0;
    if ((o->resolved = bl_expect_resolve(p, s, &o->h.diag)) == 0) {
        ck_assert_int_eq(bl_run(s, until), BL_END_LIMIT);
        o->wrong = bl_expect_check(p, s, &o->h.diag);
        bl_expect_found(p, s, 0, o->found);
    }
    bl_close(s);
    bl_platform_free(p);
}

static void try_it(struct outcome *o, const char *line, const char *more_clocks) { try_for(o, line, more_clocks, 500 * BL_NS, 1000000000); }

static const char *const holding[] = {
    "src[*].busy == 50 %", "src[*].idle == 50 %", "src[*].out_full == 0 %", "src[*].OUT_FULL < 1%", "src[2].busy >= 50.0 %",
    "src[*].busy <= 50 %", "src[?].busy != 49 %", "*.busy > 40 %", "src[*].sent == 50", "snk[*].got >= 49", "src[0].cycles == 100",
    "cycles == 100", "clock.core.cycles == 1e2", "clock.*.cycles == 100", "energy == 0.2 pJ", "src[*].energy == 50 fJ",
    "snk[*].energy < 1 yJ", "src*.sent<=50", "snk[*].no_input <= 51 %",
    /* a '*' gives back what it took too much of; what follows the last one must end the path */
    "s*c[*].sent == 50", "*r*[?].sent == 50", "src[*]*.sent == 50", "*c[3]*.sent == 50", "clock.c*e.cycles == 100",
};

START_TEST(holds)
{
    struct outcome o;

    try_it(&o, holding[_i], "");
    ck_assert_msg(o.resolved == 0 && o.wrong == 0, "%s", o.h.text);
    ck_assert_str_eq(o.h.text, "");
}
END_TEST

static const struct { const char *line, *found; } values[] = {
    { "src[*].busy == 50 %", "50 %" }, { "*.idle < 60 %", "0 % .. 50 %" }, { "snk[*].got >= 49", "50" }, { "*.cycles == 100", "100" },
    { "energy == 0.2 pJ", "200 fJ" }, { "*.energy < 1 J", "0 yJ .. 50 fJ" }, { "cycles == 100", "100" }, { "src[2].busy < 5 %", "50 %" },
};

START_TEST(found)
{
    struct outcome o;

    try_it(&o, values[_i].line, "");
    ck_assert_str_eq(o.found, values[_i].found);
}
END_TEST

/* A run to 0 has the edge at 0, and no cycle: a share is 0 %, not 0 of 0. */
START_TEST(at_time_zero)
{
    static const struct { const char *line, *found; int wrong; } row[] = {
        { "src[*].busy == 0 %", "0 %", 0 }, { "src[*].busy < 1 %", "0 %", 0 }, { "*.busy > 0 %", "0 %", 1 }, { "src[*].sent == 1", "1", 0 },
        { "cycles == 0", "0", 0 }, { "src[0].cycles < 1", "0", 0 }, { "energy == 4 fJ", "4 fJ", 0 } };

    for (int i = 0; i < COUNT(row); i++) {
        struct outcome o;
        try_for(&o, row[i].line, "", 0, 1000000000);
        ck_assert_msg(o.resolved == 0 && o.wrong == row[i].wrong, "%s: %s", row[i].line, o.h.text);
        ck_assert_str_eq(o.found, row[i].found);
    }
}
END_TEST

/* An energy is shown in the unit that leaves less than 1000 of it, as rounded. src[0] sends 50. */
START_TEST(units_of_energy)
{
    static const struct { int64_t yj; const char *found; } row[] = {
        { 0, "0 yJ" }, { 1, "50 yJ" }, { 19, "950 yJ" }, { 20, "1 zJ" }, { 19990, "999.5 zJ" }, { 199998, "9.9999 aJ" }, { 19999900, "0.99999 fJ" },
        { 20000000, "1 fJ" }, { INT64_C(20000000000000000), "1 uJ" } };

    for (int i = 0; i < COUNT(row); i++) {
        struct outcome o;
        try_for(&o, "src[0].energy < 1 J", "", 500 * BL_NS, row[i].yj);
        ck_assert_msg(!strcmp(o.found, row[i].found), "%lld yJ: %s, expected %s", (long long)row[i].yj, o.found, row[i].found);
    }
}
END_TEST

static const struct { const char *line, *message; } unreadable[] = {
    { "src[0].busy is < 5 %", "p.yaml:8:18: 'is' was not expected here; expected one of < <= > >= == !=" },
    { "< 5 %", "p.yaml:8:5: expected what to compare, like 'tree[*].out_full' or 'energy'" },
    { "  = 5 %", "p.yaml:8:8: expected what to compare, like 'tree[*].out_full' or 'energy'" },
    { ".busy < 5 %", "p.yaml:8:5: expected PART.ITEM, like 'tree[*].out_full'" },
    { "src. < 5 %", "p.yaml:8:9: expected PART.ITEM, like 'tree[*].out_full'" },
    { "busy < 5 %", "p.yaml:8:5: 'busy' names no part; expected PART.ITEM like 'tree[*].out_full', or 'energy' or 'cycles'" },
};

START_TEST(cannot_be_read)
{
    char text[1024];
    struct heard h;

    snprintf(text, sizeof text, PLATFORM, "", unreadable[_i].line);
    ck_assert_ptr_null(bl_platform_parse("p.yaml", text, strlen(text), NULL, 0, heard_start(&h)));
    ck_assert_str_eq(h.text, unreadable[_i].message);
}
END_TEST

static const struct { const char *line, *message; } false_lines[] = {
    { "src[*].busy < 50 %", "p.yaml:8:5: expected src[*].busy < 50 %, but src[0] has 50 % (50 of 100 cycles); false for 4 of 4" },
    { "src[3].busy < 5 %", "p.yaml:8:5: expected src[3].busy < 5 %, but src[3] has 50 % (50 of 100 cycles)" },
    { "*.idle == 50 %", "p.yaml:8:5: expected *.idle == 50 %, but snk[0] has 0 % (0 of 100 cycles); false for 4 of 8" },
    { "src[1].sent != 50", "p.yaml:8:5: expected src[1].sent != 50, but src[1] has 50" },
    { "cycles > 100", "p.yaml:8:5: expected cycles > 100, but core has 100" },
    { "energy > 1 nJ", "p.yaml:8:5: expected energy > 1 nJ, but the platform has 200 fJ" },
    { "src[*].sent < 50", "p.yaml:8:5: expected src[*].sent < 50, but src[0] has 50; false for 4 of 4" },
    { "src[*].sent > 50", "p.yaml:8:5: expected src[*].sent > 50, but src[0] has 50; false for 4 of 4" },
    { "src[0].sent == 49", "p.yaml:8:5: expected src[0].sent == 49, but src[0] has 50" },
    { "src[0].sent <= 49", "p.yaml:8:5: expected src[0].sent <= 49, but src[0] has 50" },
    { "src[0].energy >= 51 fJ", "p.yaml:8:5: expected src[0].energy >= 51 fJ, but src[0] has 50 fJ" },
};

START_TEST(is_false)
{
    struct outcome o;

    try_it(&o, false_lines[_i].line, "");
    ck_assert_int_eq(o.resolved, 0);
    ck_assert_int_eq(o.wrong, 1);
    ck_assert_str_eq(o.h.text, false_lines[_i].message);
}
END_TEST

static const struct { const char *line, *clocks, *message; } meaningless[] = {
    { "scr[0].busy < 5 %", "", "p.yaml:8:5: no part matches 'scr[0]'; did you mean 'src[0]'?" },
    { "tree[*].busy < 5 %", "", "p.yaml:8:5: no part matches 'tree[*]'; expected a path, with '*' for any text" },
    { "src[*].out_ful < 5 %", "", "p.yaml:8:5: src[3] (class src) has no 'out_ful'; did you mean 'out_full'?" },
    { "src[0].voltage < 5", "", "p.yaml:8:5: src[0] (class src) has no 'voltage'; expected a verdict, a tally, energy or cycles" },
    { "src[*].busy < 5", "", "p.yaml:8:5: 'busy' of src[0] is compared with a plain number; expected percent ('5 %')" },
    { "src[*].sent < 5 %", "", "p.yaml:8:5: 'sent' of src[0] is compared with percent ('5 %'); expected a plain number" },
    { "energy < 5", "", "p.yaml:8:5: 'energy' of the platform is compared with a plain number; expected an energy ('1.5 nJ')" },
    { "cycles < 1 nJ", "", "p.yaml:8:5: 'cycles' of core is compared with an energy ('1.5 nJ'); expected a plain number" },
    { "cycles < 5", ", other: 3 ns", "p.yaml:8:5: 'cycles' of which clock? There are 2; write 'clock.NAME.cycles'" },
    { "src[*]x.sent < 5", "", "p.yaml:8:5: no part matches 'src[*]x'; did you mean 'src[0]'?" },
    { "clock.cor.cycles < 5", "", "p.yaml:8:5: 'clock.cor.cycles' matches nothing; expected 'clock.NAME.cycles' with a clock of this "
                                  "platform" },
};

START_TEST(matches_nothing)
{
    struct outcome o;

    try_it(&o, meaningless[_i].line, meaningless[_i].clocks);
    ck_assert_int_eq(o.resolved, -1);
    ck_assert_str_eq(o.h.text, meaningless[_i].message);
}
END_TEST

/* A composite has the energy of what it is made of. */
START_TEST(composite)
{
    static const struct bl_price price = { .cls = "src", .item = "sent", .value = 1000000000, .is_power = false, .tag = BL_FACT, .source = "a test" };
    static const char TEXT[] = "platform: p\nclocks: { core: 5 ns }\nparts: { two: { class: duo, count: 2 } }\nexpect:\n"
                               "  - two[*].energy == 100 fJ\n  - two[1].in.energy == 100 fJ\n  - two[1].out.energy < 1 yJ\n";
    struct heard h;
    struct bl_platform *p = bl_platform_parse("p.yaml", TEXT, strlen(TEXT), NULL, 0, heard_start(&h));
    struct bl_sim *s = bl_open(small_classes, &h.diag);

    ck_assert_msg(p && bl_platform_apply(p, s) == 0 && bl_set_price(s, &price, NULL) == 0 && bl_elaborate(s) == 0, "%s", h.text);
    ck_assert_int_eq(bl_expect_resolve(p, s, &h.diag), 0);
    ck_assert_int_eq(bl_run(s, 500 * BL_NS), BL_END_LIMIT);
    ck_assert_msg(bl_expect_check(p, s, &h.diag) == 0, "%s", h.text);
    bl_close(s);
    bl_platform_free(p);
}
END_TEST

START_TEST(rows)
{
    static const char TEXT[] = "platform: p\nparts: { a: { class: src } }\nexpect:\n  - a.busy <= 2.5 %\n  - energy > 3 pJ\n";
    struct heard h;
    struct bl_platform *p = bl_platform_parse("p.yaml", TEXT, strlen(TEXT), NULL, 0, heard_start(&h));

    ck_assert_msg(p != NULL, "%s", h.text);
    ck_assert_uint_eq(bl_platform_expects(p), 2);
    const struct bl_expect *e = bl_platform_expect(p, 0);
    ck_assert_str_eq(e->text, "a.busy <= 2.5 %");
    ck_assert_str_eq(e->where, "p.yaml:4:5");
    ck_assert_str_eq(e->parts, "a");
    ck_assert_str_eq(e->item, "busy");
    ck_assert_str_eq(bl_relation_text[e->is], "<=");
    ck_assert(e->value == 2.5 && e->unit == BL_IN_PERCENT);
    e = bl_platform_expect(p, 1);
    ck_assert(e->parts == NULL && e->value == 3e12 && e->unit == BL_IN_YJ);
    bl_platform_free(p);
}
END_TEST

Suite *suite_expect(void);
Suite *suite_expect(void)
{
    Suite *s = suite_create("expect");
    TCase *t = tcase_create("expect");

    tcase_add_loop_test(t, holds, 0, COUNT(holding));
    tcase_add_loop_test(t, found, 0, COUNT(values));
    tcase_add_test(t, at_time_zero);
    tcase_add_test(t, units_of_energy);
    tcase_add_loop_test(t, cannot_be_read, 0, COUNT(unreadable));
    tcase_add_loop_test(t, is_false, 0, COUNT(false_lines));
    tcase_add_loop_test(t, matches_nothing, 0, COUNT(meaningless));
    tcase_add_test(t, composite);
    tcase_add_test(t, rows);
    suite_add_tcase(s, t);
    return s;
}
