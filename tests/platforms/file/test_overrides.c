/* test_overrides.c - sets.c: what --set changes in a platform file, of parts, of what composites hold, and of wires. */
#include "platforms/file/load.h"
#include "tests/rigs/heard.h"
#include "tests/rigs/small_parts.h"

#include <check.h>

#define COUNT(a) ((int)(sizeof(a) / sizeof(a)[0]))

static const char GOOD[] =
    "platform: good\n"
    "clocks: { core: 200 MHz, late: { period: 5 ns, phase: 1 ns } }\n"
    "parts:\n"
    "  src: { class: src, count: 12, clock: core, seed: $index, weights: [ 1, $index ] }\n"
    "  snk: { class: snk, count: 12, clock: core, every: 2 }\n"
    "  one: { class: src, clock: core, every: 4 }\n"
    "  two: { class: snk, clock: late, every: 4 }\n"
    "  put: { class: put, clock: core, step: 3 }\n"
    "  get: { class: get, clock: core, count: 3 }\n"
    "  duo: { class: duo, clock: core, count: 2 }\n"
    "\n"
    "wires:\n"
    "  - src[0..3].x -> snk[4..7].x depth 2\n"
    "  - src[4..7].x -> snk[0..3].x pipe\n"
    "  - src[8..11].x -> snk[8..11].x depth 1\n"
    "  - one.x -> two.x depth 4 sync 2\n"
    "  - put.q -> get[*].d\n";

static struct bl_platform *parse(const char *text, const char *set, struct bl_diag *diag)
{
    struct bl_set_opt sets[1] = { { set } };

    return bl_platform_parse("p.yaml", text, strlen(text), sets, 1, diag);
}

static struct bl_sim *run(const struct bl_platform *p, uint64_t until, struct bl_diag *diag)
{
    struct bl_sim *s = bl_open(small_classes, diag);

    ck_assert_int_eq(bl_platform_apply(p, s), 0);
    ck_assert_int_eq(bl_elaborate(s), 0);
    ck_assert_int_eq(bl_run(s, until), BL_END_LIMIT);
    return s;
}

static uint64_t peek(struct bl_sim *s, const char *name)
{
    uint64_t v = UINT64_MAX;

    ck_assert_msg(bl_peek(s, name, &v) == 0, "no %s", name);
    return v;
}

START_TEST(sets_that_hold)
{
    struct bl_set_opt sets[] = { { "src[*].seed=5" }, { "src[3].seed=6" }, { "src[4..6].seed=7" }, { "src[3].seed=8" },
                                 { "one.every=9" }, { "src[0].weights=[3, 4]" }, { "clock.core=10 ns" }, { "put.step=0" },
                                 { "duo[*].in.every=5" }, { "duo[1].in.every=6" }, { "duo[1].out.every=7" } };
    static const struct { const char *name; uint64_t value; } want[] = {
        { "src[0].seed", 5 }, { "src[3].seed", 8 }, { "src[4].seed", 7 }, { "src[6].seed", 7 }, { "src[7].seed", 5 },
        { "one.every", 9 }, { "put.step", 0 }, { "snk[3].every", 2 },
        { "duo[0].in.every", 5 }, { "duo[1].in.every", 6 }, { "duo[0].out.every", 1 }, { "duo[1].out.every", 7 },
    };
    struct heard h;
    struct bl_platform *p = bl_platform_parse("p.yaml", GOOD, strlen(GOOD), sets, COUNT(sets), heard_start(&h));

    ck_assert_msg(p != NULL, "%s", h.text);
    struct bl_sim *s = run(p, 100 * BL_NS, &h.diag);
    for (int i = 0; i < COUNT(want); i++)
        ck_assert_uint_eq(peek(s, want[i].name), want[i].value);
    const struct small_src *src = bl_part_of(s, "src[0]");
    ck_assert(src->weights.n == 2 && src->weights.v[1] == 4);
    struct bl_clock_row clock;
    for (size_t i = 0; i < 2; i++) {
        bl_clock_at(s, i, &clock);
        ck_assert_uint_eq(clock.period_fs, strcmp(clock.name, "late") ? 10 * BL_NS : 5 * BL_NS);
    }
    bl_close(s);
    bl_platform_free(p);
}
END_TEST

static const struct { const char *set, *message; } bad_sets[] = {
    { "voltage", "--set 'voltage': expected PATH=VALUE, like 'gen[3].every=2' or 'clock.core=250 MHz'" },
    { "one.every=", "--set 'one.every=': expected PATH=VALUE, like 'gen[3].every=2' or 'clock.core=250 MHz'" },
    { "=3", "--set '=3': expected PATH=VALUE, like 'gen[3].every=2' or 'clock.core=250 MHz'" },
    { "volatge=0.6 V", "--set 'volatge=0.6 V': 'volatge' cannot be set; did you mean 'voltage'?" },
    { "speed=3", "--set 'speed=3': 'speed' cannot be set; expected PART.PARAM, PART[*].PARAM, PART.PORT.depth, clock.NAME, "
                 "voltage or tech" },
    { "voltage=0.6", "--set 'voltage=0.6': '0.6' has no unit; write it like '0.6 V'" },
    { "voltage=0 V", "--set 'voltage=0 V': a supply of '0 V'; expected 1 mV to 100 V" },
    { "clock.coer=5 ns", "--set 'clock.coer=5 ns': no clock is called 'coer'; did you mean 'core'?" },
    { "clock.memory=5 ns", "--set 'clock.memory=5 ns': no clock is called 'memory'; expected one declared under 'clocks'" },
    { "clock.core=0", "--set 'clock.core=0': the period of a clock is 0; expected one like '5 ns' or '200 MHz'" },
    { "clock.core=7", "--set 'clock.core=7': '7' has no unit; write it like '6 ns' or '200 MHz'" },
    { "onne.every=3", "--set 'onne.every=3': no part is called 'onne'; did you mean 'one'?" },
    { "src.every=3", "--set 'src.every=3': 'src' has 12 parts; write 'src[*]' for all, or 'src[0]'" },
    { "src[12].every=3", "--set 'src[12].every=3': 'src' has the parts 0 to 11; 12 is none of them" },
    { "one[0].every=3", "--set 'one[0].every=3': 'one' is a single part; write 'one' without brackets, or give it a 'count'" },
    { "one.every.x=3", "--set 'one.every.x=3': one (class src) is no composite, so there is no part 'one.every'; expected one.PARAM" },
    { "src[1].a[2].x=3", "--set 'src[1].a[2].x=3': src[1] (class src) is no composite, so there is no part 'src[1].a[2]'; expected "
                         "src[1].PARAM" },
    { "src[1].every!=3", "--set 'src[1].every!=3': 'every!' is no name of a parameter" },
    { "src[1]every.x=3", "--set 'src[1]every.x=3': expected '.' and the name of a parameter" },
    { "one.3=3", "--set 'one.3=3': expected '.' and the name of a parameter" },
    { ".every=3", "--set '.every=3': expected a parameter, like 'tree[3].NAME'" },
    /* what is no parameter */
    { "src[*].count=8", "--set 'src[*].count=8': 'count' of 'src' is structure, not a parameter; edit it in the file, at p.yaml:4:17" },
    { "src.count=8", "--set 'src.count=8': 'count' of 'src' is structure, not a parameter; edit it in the file, at p.yaml:4:17" },
    { "one.class=snk", "--set 'one.class=snk': 'class' of 'one' is structure, not a parameter; edit it in the file, at p.yaml:6:17" },
    { "one.clock=late", "--set 'one.clock=late': 'clock' of 'one' is structure, not a parameter; edit it in the file, at p.yaml:6:17" },
    /* wires */
    { "one.y.depth=3", "--set 'one.y.depth=3': no wire of the file ends at one.y, so it has no depth to set" },
    { "src[0].x.depth=0", "--set 'src[0].x.depth=0': 'depth' is '0'; expected a whole number from 1 to 16777216" },
    { "src[0].x.depth=two", "--set 'src[0].x.depth=two': 'depth' is 'two'; expected a whole number from 1 to 16777216" },
    { "two.x.sync=17", "--set 'two.x.sync=17': 'sync' is '17'; expected a whole number from 0 to 16" },
    { "snk[*].x.depth=3", "--set 'snk[*].x.depth=3': the wire at p.yaml:14:5 is a pipe, whose line says its items; only a channel has a depth" },
    { "get[1].d.depth=3", "--set 'get[1].d.depth=3': the wire at p.yaml:17:5 is written without a depth; only a channel has a depth" },
    /* inside a composite: what is wrong there is said when it is built */
    { "duo[*].in[*].every=3", "--set 'duo[*].in[*].every=3': 'in[*]' is inside a composite, where each part is named by itself, like "
                              "'mem[0]'" },
    { "duo[0].inn.every=3", "--set 'duo[0].inn.every=3': there is no part 'duo[0].inn'; did you mean 'duo[0].in'?" },
    { "duo[0].in.evry=3", "--set 'duo[0].in.evry=3': duo[0].in: class src has no parameter 'evry'; did you mean 'every'?" },
    /* said by the kernel, once for a whole array */
    { "src[*].evry=3", "--set 'src[*].evry=3': src[0]: class src has no parameter 'evry'; did you mean 'every'?" },
    { "one.every=0", "--set 'one.every=0': one.every is 0; expected 1 .. 1000 (cycles between two items)" },
};

START_TEST(sets_refused)
{
    struct heard h;
    struct bl_platform *p = parse(GOOD, bad_sets[_i].set, heard_start(&h));
    struct bl_sim *s = bl_open(small_classes, &h.diag);

    ck_assert(!p || bl_platform_apply(p, s) < 0 || bl_elaborate(s) < 0);
    ck_assert_str_eq(h.text, bad_sets[_i].message);
    bl_close(s);
    bl_platform_free(p);
}
END_TEST

/* How many items a source whose sink never takes one has sent: the depth of its channel. */
START_TEST(depths)
{
    static const struct { const char *set; uint64_t sent[3]; } row[] = {
        { "a[*].x.depth=1", { 1, 1, 1 } }, { "a[0].x.depth=9", { 9, 2, 2 } }, { "b[1..2].x.depth=4", { 2, 4, 4 } },
        { "b[2].every=1000", { 2, 2, 2 } },
    };
    static const char TEXT[] = "platform: p\nclocks: { core: 5 ns }\nparts:\n  a: { class: src, count: 3 }\n"
                               "  b: { class: snk, count: 3, every: 1000 }\nwires: [ 'a[*].x -> b[*].x depth 2' ]\n";

    for (int i = 0; i < COUNT(row); i++) {
        struct heard h;
        struct bl_platform *p = parse(TEXT, row[i].set, heard_start(&h));
        ck_assert_msg(p != NULL, "%s", h.text);
        struct bl_sim *s = run(p, 100 * BL_NS, &h.diag);
        ck_assert_uint_eq(peek(s, "a[0].sent"), row[i].sent[0]);
        ck_assert_uint_eq(peek(s, "a[1].sent"), row[i].sent[1]);
        ck_assert_uint_eq(peek(s, "a[2].sent"), row[i].sent[2]);
        bl_close(s);
        bl_platform_free(p);
    }
}
END_TEST

/* A wire between two clocks needs a number of stages, which the command line may give. */
START_TEST(stages)
{
    static const char TEXT[] = "platform: p\nclocks: { core: 5 ns, other: 3 ns }\nparts:\n  a: { class: put, clock: core }\n"
                               "  b: { class: get, clock: other }\nwires: [ a.q -> b.d ]\n";
    struct heard h;
    struct bl_platform *p = parse(TEXT, "a.q.sync=0", heard_start(&h)), *q = parse(TEXT, "b.d.sync=3", &h.diag);

    ck_assert_msg(p && q, "%s", h.text);
    struct bl_sim *s = run(p, 100 * BL_NS, &h.diag), *t = run(q, 100 * BL_NS, &h.diag);
    ck_assert_uint_gt(peek(s, "b.sum"), peek(t, "b.sum"));
    bl_close(s);
    bl_close(t);
    bl_platform_free(p);
    bl_platform_free(q);
}
END_TEST

Suite *suite_overrides(void);
Suite *suite_overrides(void)
{
    Suite *s = suite_create("overrides");
    TCase *t = tcase_create("sets");

    tcase_add_test(t, sets_that_hold);
    tcase_add_loop_test(t, sets_refused, 0, COUNT(bad_sets));
    tcase_add_test(t, depths);
    tcase_add_test(t, stages);
    suite_add_tcase(s, t);
    return s;
}
