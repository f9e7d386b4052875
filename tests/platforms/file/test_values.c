/* test_values.c - values.c and picks.c: parameters of a file, $NAME in values and in lines, elements of parts and of ports. */
#include "platforms/file/load.h"
#include "tests/rigs/heard.h"
#include "tests/rigs/small_parts.h"

#include <check.h>
#include <stdio.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static struct heard h;

static struct bl_platform *parse(const char *text, const char *set)
{
    struct bl_set_opt sets[] = { { set } };

    return bl_platform_parse("p.yaml", text, strlen(text), sets, set != NULL, heard_start(&h));
}

static uint64_t peek(struct bl_sim *s, const char *name)
{
    uint64_t v = UINT64_MAX;

    ck_assert_msg(bl_peek(s, name, &v) == 0, "no %s", name);
    return v;
}

/* ---- wherever a value may stand */

static const char EVERYWHERE[] =
    "platform: p\n"
    "about: costs $5\n"
    "params: { n: 3, last: 2, d: 5, rate: 200 MHz, kind: src, w: [4, 5], seed: 9, up: 0.9 V, most: 1000, q: '7' }\n"
    "clocks: { core: $rate, side: { period: 4 ns, phase: $late } }\n"
    "voltage: $up\n"
    "parts:\n"
    "  a: { class: $kind, count: $n, clock: core, weights: $w, seed: $seed }\n"
    "  b: { class: snk, count: $n, clock: core, every: $q }\n"
    "  c: { class: src, count: 2, clock: core, weights: [$d, $index, 1], every: \"$d\" }\n"
    "  e: { class: snk, count: 2, clock: core }\n"
    "wires:\n"
    "  - a[0..$last].x -> b[*].x depth $d\n"
    "  - c[0].x -> e[$one].x depth 1\n"
    "  - c[1].x -> e[0].x depth $d\n"
    "expect:\n"
    "  - a[$last].sent <= $most\n";

static char *everywhere(void)
{
    static char text[2048];
    const char *at = strstr(EVERYWHERE, "most: 1000");

    snprintf(text, sizeof text, "%.*sone: 1, late: 1 ns, %s", (int)(at - EVERYWHERE), EVERYWHERE, at);
    return text;
}

START_TEST(values_everywhere)
{
    struct bl_platform *p = parse(everywhere(), NULL);

    ck_assert_msg(p != NULL, "%s", h.text);
    struct bl_sim *s = bl_open(small_classes, &h.diag);
    ck_assert_msg(bl_platform_apply(p, s) == 0 && bl_elaborate(s) == 0 && bl_expect_resolve(p, s, &h.diag) == 0, "%s", h.text);
    bl_run(s, 100 * BL_NS);
    const struct small_src *src = bl_part_of(s, "a[1]"), *c = bl_part_of(s, "c[1]");
    ck_assert(src->weights.n == 2 && src->weights.v[1] == 5 && c->weights.n == 3 && c->weights.v[0] == 5 && c->weights.v[1] == 1);
    ck_assert(src->seed == 9 && c->every == 5 && peek(s, "b[0].every") == 7);
    ck_assert(bl_platform_microvolts(p) == 900000);
    ck_assert_str_eq(bl_platform_about(p), "costs $5");
    ck_assert_str_eq(bl_platform_expect(p, 0)->text, "a[2].sent <= 1000");
    struct bl_clock_row clock;
    bl_clock_at(s, 1, &clock);
    ck_assert(clock.phase_fs == BL_NS);
    bl_close(s);
    bl_platform_free(p);
}
END_TEST

static const struct { const char *set; const char *name; uint64_t value; } sets[] = {
    { "seed=11", "a[2].seed", 11 }, { "d=2", "c[0].every", 2 }, { "q=1", "b[2].every", 1 }, { "w=[6]", "a[0].every", 1 },
};

START_TEST(set_on_the_command_line)
{
    struct bl_platform *p = parse(everywhere(), sets[_i].set);

    ck_assert_msg(p != NULL, "%s", h.text);
    struct bl_sim *s = bl_open(small_classes, &h.diag);
    ck_assert_msg(bl_platform_apply(p, s) == 0 && bl_elaborate(s) == 0, "%s", h.text);
    ck_assert_uint_eq(peek(s, sets[_i].name), sets[_i].value);
    if (!strcmp(sets[_i].set, "w=[6]"))
        ck_assert(((const struct small_src *)bl_part_of(s, "a[0]"))->weights.v[0] == 6);
    bl_close(s);
    bl_platform_free(p);
}
END_TEST

/* ---- what is refused: the lines behind "platform: p", all that is said */

#define PARTS "parts: { a: { class: src }, c: { class: src, count: 3 } }\n"

static const struct { const char *text, *set, *told; } refused[] = {
    { "params: { cols: 3 }\nparts: { a: { class: src, every: $colls, seed: $cols } }\n", NULL, "p.yaml:3:34: '$colls' is not known; did you mean '$cols'?" },
    { "params: { cols: 3 }\nparts: { a: { class: src, every: $colls } }\n", NULL, "p.yaml:3:34: '$colls' is not known; did you mean '$cols'?" },
    { "params: { banks: 3 }\n" PARTS, NULL, "p.yaml:2:11: params: 'banks' is used nowhere" },
    { "params: { a: 3, b: 4, c: 5 }\n" PARTS "voltage: $b\n", NULL, "p.yaml:2:11: params: 'a' is used nowhere\np.yaml:2:23: params: 'c' is used nowhere\n"
      "p.yaml:4:10: '4' has no unit; write it like '0.6 V'" },
    { "params: { n: 3 }\nparts: { a: { class: \"x$n\", every: $n } }\n", NULL, "p.yaml:3:24: the value is 'x$n'; '$NAME' stands for a whole value or element "
      "alone, nothing is joined to it" },
    { "params: { n: 3 }\nparts: { a: { class: x, every: '$n+1', seed: $n } }\n", NULL, "p.yaml:3:32: the value is '$n+1'; '$NAME' stands for a whole value or "
      "element alone, nothing is joined to it" },
    { "params: { n: 3 }\n" PARTS "wires: [ 'a.x$n -> c[$n].x depth 2' ]\n", NULL, "p.yaml:4:14: 'a.x$n -> c[$n].x depth 2' has a '$'; '$NAME' stands there for a whole "
      "number alone, nothing is joined to it" },
    { "params: { n: 3, m: $n }\n" PARTS "voltage: $n\n", NULL, "p.yaml:2:20: params: 'm' is '$n'; a preset is a plain value, without '$'\n"
      "p.yaml:2:17: params: 'm' is used nowhere\np.yaml:4:10: '3' has no unit; write it like '0.6 V'" },
    { "params: { count: 3, index: 1, use: 2, class: 1, clock: 1, clocks: 1, expect: 1, tech: 3, voltage: 4, a-b: 4 }\n" PARTS, NULL,
      "p.yaml:2:11: no parameter may be called 'count', because that has a meaning in the row of a part\n"
      "p.yaml:2:21: no parameter may be called 'index', because that has a meaning in the row of a part\n"
      "p.yaml:2:31: no parameter may be called 'use', because that has a meaning in the row of a part\n"
      "p.yaml:2:39: no parameter may be called 'class', because that has a meaning in the row of a part\n"
      "p.yaml:2:49: no parameter may be called 'clock', because that has a meaning in the row of a part\n"
      "p.yaml:2:59: no parameter may be called 'clocks', because that has a meaning in the row of a part\n"
      "p.yaml:2:70: no parameter may be called 'expect', because that has a meaning in the row of a part\n"
      "p.yaml:2:81: no parameter may be called 'tech', because '--set tech=..' has a meaning of its own\n"
      "p.yaml:2:90: no parameter may be called 'voltage', because '--set voltage=..' has a meaning of its own\n"
      "p.yaml:2:103: 'a-b' is no name for a parameter; expected letters, digits and '_'" },
    { "params: [ 3 ]\n" PARTS, NULL, "p.yaml:2:9: 'params' is a list; expected '{ cols: 64 }'" },
    { "params: { a: { b: 3 }, c: [[1]], d: , e: [] }\nparts: { a: { class: src, every: $a, seed: $c, weights: $d } }\n", NULL,
      "p.yaml:2:14: params: 'a' is a map or a list of lists; expected a value or a list of values, like '64' or '[8, 9]'\n"
      "p.yaml:2:28: params: 'c' is a map or a list of lists; expected a value or a list of values, like '64' or '[8, 9]'\n"
      "p.yaml:2:37: params: 'd' is empty; expected a value or a list of values, like '64' or '[8, 9]'\n"
      "p.yaml:2:39: params: 'e' is used nowhere" },
    { "params: { l: [1, 2] }\nparts: { a: { class: src, weights: [$l, 3] } }\n", NULL, "p.yaml:3:37: '$l' is a list; it stands for a whole value, not for an element of "
      "a list" },
    { "params: { l: [1, 2], t: many }\n" PARTS "wires: [ 'c[$l].x -> a.x depth 2', 'c[0].x -> a.x depth $t' ]\n", NULL,
      "p.yaml:4:13: '$l' is a list; expected a whole number here\np.yaml:4:57: '$t' is 'many'; expected a whole number here" },
    { "params: { n: 7 }\n" PARTS "wires: [ 'c[$n].x -> a.x depth 2', 'c[0].x -> a.x depth $m', 'c[9].x -> a.x depth 2' ]\n", NULL,
      "p.yaml:4:57: '$m' is not known; expected '$index', or a name declared under 'params'" },
    { "params: { n: 7 }\n" PARTS "wires: [ 'c[$n].x -> a.x depth 2' ]\n", NULL, "p.yaml:4:13: 'c' has the parts 0 to 2; $n (it is 7) is none of them" },
    { "params: { n: 1 }\n" PARTS "wires: [ 'c[$n].x -> a.x depth 2' ]\n", "n=7", "p.yaml:4:13: 'c' has the parts 0 to 2; $n (it is 7, from --set 'n=7') is none of them" },
    { "params: { n: 1 }\nparts: { c: { class: src, count: $n } }\n", "n=0", "--set 'n=0', used at p.yaml:3:34: 'count' is '0'; expected a whole number from 1 to 1048576" },
    { "params: { n: 7 }\n" PARTS "expect: [ 'c[$index].sent > $n' ]\n", NULL, "p.yaml:4:14: '$index' stands only in the row of a part" },
    { "params: { n: 7 }\nparts: { a: { class: src, count: $n, every: $m } }\nwires: [ 'a[9].x -> b.x depth 2' ]\n", NULL,
      "p.yaml:3:45: '$m' is not known; expected '$index', or a name declared under 'params'\np.yaml:4:21: no part is called 'b'; expected one declared under 'parts'" },
    /* --set */
    { "params: { cols: 3 }\nparts: { a: { class: src, every: $cols } }\n", "col=3", "--set 'col=3': 'col' cannot be set; did you mean 'cols'?" },
    { "params: { cols: 3 }\nparts: { a: { class: src, every: $cols } }\n", "cols=$n", "--set 'cols=$n': '$n' has a '$'; expected a plain value" },
    { "params: { cols: 3 }\nparts: { a: { class: src, every: $cols } }\n", "wide=3", "--set 'wide=3': 'wide' cannot be set; expected a parameter of the file (cols), "
      "PART.PARAM, PART[*].PARAM, PART.PORT.depth, clock.NAME, voltage or tech" },
    /* elements of ports */
    { PARTS "wires: [ 'a.x[1] -> c[0].x[] depth 2', 'a.x[2..1] -> c[0].x depth 2', 'a.x[0..9999] -> c[0].x', 'a.x[1 -> c[0].x', 'a.x[**] -> c[0].x' ]\n", NULL,
      "p.yaml:3:28: expected '*', a number, or a range like '0..3' in the brackets\np.yaml:3:48: the range runs backwards; expected the smaller index first\n"
      "p.yaml:3:79: 'x' has at most 1024 ports; 9999 is none of them\np.yaml:3:103: expected ']'\np.yaml:3:122: expected ']'" },
    { PARTS "wires: [ 'a.x[0..2] -> c[*].x[0..3] depth 2', 'a.x -> c[0].x[0..3] depth 2', 'c[0].x[0..3] -> a.x depth 2', 'c[*].x -> a.y[0..1] depth 1' ]\n", NULL,
      "p.yaml:3:24: a has 3 ports 'x', c 3 x 4 ports 'x'; expected as many on both sides\n"
      "p.yaml:3:55: one port is wired to 4 of 'c.x'; a channel has one reader: only a word goes to many\n"
      "p.yaml:3:78: 4 of 'c.x' are wired to one port; a port has one driver: name one of them, or let waiting parts share it ('many', 'resolved')\n"
      "p.yaml:3:120: c has 3 ports 'x', a 2 ports 'y'; expected as many on both sides" },
};

START_TEST(refused_with_the_place)
{
    char text[1024];

    snprintf(text, sizeof text, "platform: p\n%s", refused[_i].text);
    ck_assert_ptr_null(parse(text, refused[_i].set));
    ck_assert_str_eq(h.text, refused[_i].told);
}
END_TEST

Suite *suite_values(void);
Suite *suite_values(void)
{
    Suite *s = suite_create("values");
    TCase *c = tcase_create("values");

    tcase_add_test(c, values_everywhere);
    tcase_add_loop_test(c, set_on_the_command_line, 0, COUNT(sets));
    tcase_add_loop_test(c, refused_with_the_place, 0, COUNT(refused));
    suite_add_tcase(s, c);
    return s;
}
