/* test_sources.c - where values come from: what a row speaks of, the value in force, rows that speak of nothing. What a file may not say is in
 * test_bad.c; the shipped files are in tests/papers/test_tags.c. */
#include "platforms/job/setup.h"
#include "tests/rigs/heard.h"

#include <check.h>
#include <stdio.h>

#define COUNT(a) ((int)(sizeof(a) / sizeof(a)[0]))
#define ROW(name, value) name ": { value: " value ", tag: fact, source: Table I }"

/* One part, several, a clock, a supply, a parameter of the file. */
static struct bl_setup *with(const char *row, const char *set, struct heard *h)
{
    static const char here[] = "platform: here\nparams: { every: 3, stop: 100 }\nclocks: { core: 5 ns }\nvoltage: 1 V\nparts:\n"
                               "  a: { class: gen, every: $every }\n  b: { class: gen, count: 3, every: 2 }\n  s: { class: sink, count: 4, stop: $stop }\n"
                               "wires:\n  - a.x -> s[0].x depth 2\n  - b[*].x -> s[1..3].x depth 2\nsources:\n  %s\n";
    char text[1024];
    const char *const sets[] = { set };

    snprintf(text, sizeof text, here, row);
    const struct bl_setup_opts o = { .platform = "here.yaml", .platform_text = text, .platform_bytes = strlen(text), .net = "none",
                                     .set = { sets, set != NULL } };
    return bl_setup_open(&o, heard_start(h));
}

static const struct { const char *row, *set, *value; bool same; } found[] = {
    { ROW("a.every", "3"), NULL, "3", true }, { ROW("a.every", "3.0"), NULL, "3", true }, { ROW("a.every", "3"), "a.every=4", "4", false },
    { ROW("every", "3"), NULL, "3", true }, { ROW("every", "3"), "every=7", "7", false }, { ROW("a.every", "3"), "every=7", "7", false },
    { ROW("b.every", "2"), NULL, "2", true }, { ROW("b.every", "2"), "b[1].every=9", "9", false }, { ROW("a.limit", "0"), NULL, "0", true },
    { ROW("b[1].every", "2"), "b[1].every=9", "9", false }, { ROW("b[1].every", "2"), "b[2].every=9", "2", true },
    { ROW("clock.core", "200 MHz"), NULL, "5 ns", true }, { ROW("clock.core", "5 ns"), "clock.core=6ns", "6 ns", false },
    { ROW("voltage", "1000 mV"), NULL, "1 V", true }, { ROW("voltage", "1 V"), "voltage=0.8V", "0.8 V", false },
};

START_TEST(in_force)
{
    struct heard h;
    char value[BL_SOURCE_VALUE] = "";
    bool same;
    struct bl_setup *u = with(found[_i].row, found[_i].set, &h);

    ck_assert_msg(u != NULL, "%s", h.text);
    ck_assert_uint_eq(bl_platform_sources(u->platform), 1);
    ck_assert_ptr_nonnull(bl_source_found(u->platform, u->sim, 0, value, &same));
    ck_assert_str_eq(value, found[_i].value);
    ck_assert_int_eq(same, found[_i].same);
    ck_assert_str_eq(bl_platform_source(u->platform, 0)->source, "Table I");
    ck_assert_int_eq(bl_platform_source(u->platform, 0)->tag, BL_FACT);
    bl_setup_close(u);
}
END_TEST

static const char *const nothing[] = { "c.every", "a.evry", "evry", "clock.fast", "clock.core.period", "b[3].every", "s.x", "a" };

START_TEST(of_nothing)
{
    struct heard h;
    char row[128], want[320];

    snprintf(row, sizeof row, "%s: { value: 1, tag: fact, source: Table I }", nothing[_i]);
    ck_assert_ptr_null(with(row, NULL, &h));
    snprintf(want, sizeof want, "here.yaml:13:3: 'sources' names '%s', and there is no such parameter; expected PART.PARAM, a parameter of the file, "
             "clock.NAME or voltage (`bitline show` lists what is there)", nothing[_i]);
    ck_assert_msg(strncmp(h.text, want, strlen(want)) == 0, "said \"%s\", expected \"%s\"", h.text, want);
}
END_TEST

/* Of a file that is used: its own parameters may be named; its own sources count only when it is run by itself. */
START_TEST(of_used_files)
{
    const struct bl_setup_opts o = { .platform = "bf_imna_mesh", .net = "none" };
    struct heard h;
    char value[BL_SOURCE_VALUE];
    bool same, seen = false;
    struct bl_setup *u = bl_setup_open(&o, heard_start(&h));

    ck_assert_msg(u != NULL, "%s", h.text);
    for (size_t i = 0; i < bl_platform_sources(u->platform); i++)
        if (!strcmp(bl_platform_source(u->platform, i)->name, "core.rows")) {
            ck_assert_ptr_nonnull(bl_source_found(u->platform, u->sim, i, value, &same));
            ck_assert_str_eq(value, "4800");
            ck_assert(same);
            seen = true;
        }
    ck_assert(seen);
    bl_setup_close(u);
}
END_TEST

Suite *suite_sources(void);
Suite *suite_sources(void)
{
    Suite *s = suite_create("sources");
    TCase *t = tcase_create("all");

    tcase_add_loop_test(t, in_force, 0, COUNT(found));
    tcase_add_loop_test(t, of_nothing, 0, COUNT(nothing));
    tcase_add_test(t, of_used_files);
    suite_add_tcase(s, t);
    return s;
}
