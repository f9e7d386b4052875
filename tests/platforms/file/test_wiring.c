/* test_wiring.c - wiring.c and wire_sets.c: arrays of ports in the lines of a platform file: which element goes with which, as many on both sides, one word
 * to all, exported ones, and what --set changes at one of them. */
#include "platforms/file/load.h"
#include "tests/rigs/kp_arrays.h"

#include <stdio.h>
#include <stdlib.h>

static const struct bl_class *const classes[] = { &kp_gen_class, &kp_sink_class, &kp_put_class, &kp_look_class, &ka_merge_class, &ka_deal_class,
    &ka_sums_class, NULL };
static struct kp_told told;

#define CLOCK "platform: p\nclocks: { c: 10 ns }\n"
#define PARTS CLOCK "parts:\n  g: { class: gen, count: 4, n: 5 }\n  h: { class: gen, count: 3, n: 5 }\n  m: { class: merge, clients: 4 }\n  one: { class: merge, clients: 1 }\n" \
              "  k: { class: sink, count: 2 }\n  put: { class: put }\n  s: { class: sums, n: 3 }\n  t: { class: sums, count: 2, n: 3 }\n"
/* Both merges have all they need; then the line. */
#define REST "wires:\n  - 'm.out -> k[0].x depth 2'\n  - 'one.out -> k[1].x depth 2'\n"
#define ONE "  - 'h[0].x -> one.in depth 2'\n"
#define ALL "  - 'g[*].x -> m.in[*] depth 2'\n"

static struct bl_platform *parse(const char *text, const char *set)
{
    struct bl_set_opt sets[] = { { set } };

    return bl_platform_parse("p.yaml", text, strlen(text), sets, set != NULL, kp_listen(&told));
}

struct rows { char text[2048]; };

static void note(void *ctx, const struct bl_wire_row *r)
{
    struct rows *x = ctx;
    size_t n = strlen(x->text);

    if (strncmp(r->from, "m.out", 5) && strncmp(r->from, "one.out", 7))
        snprintf(x->text + n, sizeof x->text - n, "%s%s > %s %u x%u", n ? "; " : "", r->from, r->to, r->link.depth, r->count);
}

static const struct { const char *lines, *set; bool each; const char *before, *after; } good[] = {
    { ONE ALL, NULL, false, "h[0].x > one.in 2 x1; g[0..3].x > m.in[*] 2 x0", "h[0].x > one.in 2 x1; g[0..3].x > m.in[0..3] 2 x4" },
    { ONE ALL, NULL, true, NULL, "h[0].x > one.in 2 x1; g[0].x > m.in[0] 2 x1; g[1].x > m.in[1] 2 x1; g[2].x > m.in[2] 2 x1; g[3].x > m.in[3] 2 x1" },
    { ONE "  - 'g[2..3].x -> m.in[0..1] depth 3'\n  - 'g[0].x -> m.in[3] depth 1'\n  - 'g[1].x -> m.in[2] depth 1'\n", NULL, false,
      "h[0].x > one.in 2 x1; g[2..3].x > m.in[0..1] 3 x2; g[0].x > m.in[3] 1 x1; g[1].x > m.in[2] 1 x1",
      "h[0].x > one.in 2 x1; g[2..3].x > m.in[0..1] 3 x2; g[0].x > m.in[3] 1 x1; g[1].x > m.in[2] 1 x1" },
    { ALL "  - 'h[0].x -> one.in[0] depth 2'\n", NULL, false, NULL, "g[0..3].x > m.in[0..3] 2 x4; h[0].x > one.in 2 x1" },
    { ALL "  - 'h[0].x -> one.in[*] depth 2'\n", NULL, false, NULL, "g[0..3].x > m.in[0..3] 2 x4; h[0].x > one.in 2 x1" },
    { ONE ALL "  - put.q -> s.x[*]\n", NULL, false, NULL, "h[0].x > one.in 2 x1; g[0..3].x > m.in[0..3] 2 x4; put.q > s.x[0..2] 0 x3" },
    { ONE ALL "  - put.q -> t[*].x[*]\n", NULL, false, NULL, "h[0].x > one.in 2 x1; g[0..3].x > m.in[0..3] 2 x4; put.q > t[0..1].x[0..2] 0 x6" },
    { ONE ALL "  - m.from[1..3] -> t[1].x[*]\n  - t[1].y[*] -> t[0].x[0..2]\n", NULL, false, NULL,
      "h[0].x > one.in 2 x1; g[0..3].x > m.in[0..3] 2 x4; m.from[1..3] > t[1].x[0..2] 0 x3; t[1].y[0..2] > t[0].x[0..2] 0 x3" },
    { ONE ALL, "m.in[2].depth=7", false, NULL, "h[0].x > one.in 2 x1; g[0..1].x > m.in[0..1] 2 x2; g[2].x > m.in[2] 7 x1; g[3].x > m.in[3] 2 x1" },
    { ONE ALL, "m.in[1..2].depth=7", false, NULL, "h[0].x > one.in 2 x1; g[0].x > m.in[0] 2 x1; g[1..2].x > m.in[1..2] 7 x2; g[3].x > m.in[3] 2 x1" },
    { ONE ALL, "m.in[*].depth=7", false, NULL, "h[0].x > one.in 2 x1; g[0..3].x > m.in[0..3] 7 x4" },
    { ONE ALL, "m.in.depth=7", false, NULL, "h[0].x > one.in 2 x1; g[0..3].x > m.in[0..3] 7 x4" },
    { ONE ALL, "g[3].x.depth=7", false, NULL, "h[0].x > one.in 2 x1; g[0..2].x > m.in[0..2] 2 x3; g[3].x > m.in[3] 7 x1" },
};

START_TEST(arrays)
{
    char text[2048];
    struct rows before = { "" }, after = { "" };

    snprintf(text, sizeof text, "%s%s%s", PARTS, REST, good[_i].lines);
    struct bl_platform *p = parse(text, good[_i].set);
    ck_assert_msg(p != NULL, "%s", told.text);
    ck_assert_int_eq(bl_platform_wires(p, good[_i].each, note, &before), 0);
    if (good[_i].before)
        ck_assert_str_eq(before.text, good[_i].before);
    struct bl_sim *s = bl_open(classes, &told.diag);
    ck_assert_msg(bl_platform_apply(p, s) == 0, "%s", told.text);
    ck_assert_int_eq(bl_platform_wires(p, good[_i].each, note, &after), 0);
    ck_assert_str_eq(after.text, good[_i].after);
    bl_close(s);
    bl_platform_free(p);
}
END_TEST

static const struct { const char *lines, *told; } bad[] = {
    { ONE "  - 'h[*].x -> m.in[*] depth 2'\n", "p.yaml:16:16: h has 3 ports 'x', m 4 ports 'in' (clients); expected as many on both sides: set clients to 3" },
    { ONE "  - 't[*].y[*] -> s.x[*]'\n", "p.yaml:16:19: t has 2 x 3 ports 'y' (n), s 3 ports 'x' (n); expected as many on both sides: set n to 6" },
    { ONE "  - 's.y[*] -> t[*].x[0..1]'\n", "p.yaml:16:16: s has 3 ports 'y' (n), t 2 x 2 ports 'x'; expected as many on both sides: set n to 4" },
    { ONE ALL "  - 'm.from[*] -> t[*].x[*]'\n", "p.yaml:17:19: m has 4 ports 'from' (clients), t 2 x 3 ports 'x' (n); expected as many on both sides: set n to 2" },
    { ONE ALL "  - 't[*].y[0..1] -> m.in[0..1]'\n", "p.yaml:17:22: t has 2 x 2 ports 'y', m 2 ports 'in'; expected as many on both sides" },
    { ONE "  - 'g[0].x -> m.in[*] depth 2'\n", "p.yaml:16:16: one port is wired to 4 of 'm.in'; a channel has one reader: only a word goes to many" },
    { ALL "  - 's.y[*] -> put.q'\n", "p.yaml:16:5: 3 of 's.y' are wired to one port; a port has one driver: name one of them, or let waiting parts share it "
      "('many', 'resolved')" },
    { ONE "  - 'g[0].x -> m.inn[*] depth 2'\n", "p.yaml:16:5: m: class merge has no port 'inn'; did you mean 'in'?" },
    { ONE "  - 'g[0].x -> m.in depth 2'\n", "p.yaml:16:5: m.in is an array of 4 ports (clients); name one of them, m.in[0] .. m.in[3]\n" },
    { ONE "  - 'g[0].x -> m.in[4] depth 2'\n", "p.yaml:16:5: there is no m.in[4]: m has 4 ports 'in' (clients); expected [0] .. [3]\n" },
    { ONE ALL "  - 'put.q -> m.inn[*]'\n", "p.yaml:17:5: m: class merge has no port 'inn'; did you mean 'in'?" },
};

START_TEST(arrays_that_are_refused)
{
    char text[2048];

    snprintf(text, sizeof text, "%s%s%s", PARTS, REST, bad[_i].lines);
    struct bl_platform *p = parse(text, NULL);
    struct bl_sim *s = bl_open(classes, &told.diag);
    ck_assert(!p || bl_platform_apply(p, s) < 0 || bl_elaborate(s) < 0);
    ck_assert_msg(!strncmp(told.text, bad[_i].told, strlen(bad[_i].told)), "%s", told.text);
    bl_close(s);
    bl_platform_free(p);
}
END_TEST

/* ---- exported arrays: two cores around one buffer ---- */

static const char CORE[] = CLOCK "params: { n: 5, ways: 2 }\nparts:\n  a: { class: gen, n: $n }\n  d: { class: deal, ways: $ways }\n  z: { class: sink, count: 2 }\n"
                           "ports:\n  req: [ a.x, 'd.out[*]' ]\n  in: d.in\nwires: [ 'd.far[*] -> z[*].x depth 2' ]\n";
static const char TWO[] = CLOCK "params: { clients: 6 }\nparts:\n  core: { use: core.yaml, count: 2 }\n  src: { class: gen, count: 2, n: 8 }\n  buf: { class: merge, clients: $clients }\n"
                          "  k: { class: sink }\nwires:\n  - 'core[*].req[*] -> buf.in[*] depth 2'\n  - 'src[*].x -> core[*].in depth 2'\n  - 'buf.out -> k.x depth 2'\n%s";

static struct bl_platform *two(const char *set, const char *more)
{
    struct bl_set_opt sets[] = { { set } };
    char path[300], text[1024];

    snprintf(path, sizeof path, "%s/core.yaml", getenv("BL_TMP"));
    FILE *f = fopen(path, "w");
    ck_assert(f && fputs(CORE, f) >= 0 && fclose(f) == 0);
    snprintf(path, sizeof path, "%s/two.yaml", getenv("BL_TMP"));
    snprintf(text, sizeof text, TWO, more);
    return bl_platform_load_text(path, text, strlen(text), sets, set != NULL, kp_listen(&told));
}

START_TEST(cores_around_a_buffer)
{
    struct bl_platform *p = two(NULL, "");
    struct rows r = { "" };

    ck_assert_msg(p != NULL, "%s", told.text);
    struct bl_sim *s = bl_open(classes, &told.diag);
    ck_assert_msg(bl_platform_apply(p, s) == 0 && bl_elaborate(s) == 0, "%s", told.text);
    bl_run(s, 2000 * BL_NS);
    ck_assert_uint_eq(kp_peek(s, "k.got"), 2 * 5 + 2 * 8);
    for (int i = 0; i < 6; i++) {
        char name[32];
        snprintf(name, sizeof name, "buf.from[%d]", i);
        ck_assert_uint_eq(kp_peek(s, name), i % 3 ? 4 : 5);      /* a, then the two ways of the deal */
    }
    bl_platform_wires(p, true, note, &r);
    ck_assert_msg(strstr(r.text, "core[1].d.out[1] > buf.in[5] 2 x1"), "%s", r.text);
    ck_assert_uint_eq(bl_port_count(s, "core[0].req"), 3);
    bl_close(s);
    bl_platform_free(p);
}
END_TEST

static const struct { const char *set, *more, *told; } cores[] = {
    { "clients=3", "", "two.yaml:10:24: core has 2 x 3 ports 'req', buf 3 ports 'in' (clients); expected as many on both sides: set clients to 6" },
    { "core[*].ways=3", "", "two.yaml:10:24: core has 2 x 4 ports 'req', buf 6 ports 'in' (clients); expected as many on both sides: set clients to 8" },
    { "core[1].ways=3", "", "two.yaml:10:5: core[0] has 3 ports 'req', core[1] has 4; name the parts one by one" },
    { NULL, "  - 'src[0].x -> buf.in[3] depth 2'\n", "two.yaml:13:5: buf.in[3] has two drivers, core[1].req[0] (two.yaml:10:5) and src[0].x; a port takes one wire" },
    { "core[0].req[3].depth=2", "", "--set 'core[0].req[3].depth=2': no wire of the file ends there, so it has no depth to set" },
    { NULL, "  - 'core[0].req[3] -> k.x depth 2'\n", "two.yaml:13:5: core[0] has no port 'req[3]'; it exports req[0], req[1], req[2], in" },
};

START_TEST(cores_that_are_refused)
{
    struct bl_platform *p = two(cores[_i].set, cores[_i].more);
    struct bl_sim *s = bl_open(classes, &told.diag);
    size_t n = strlen(getenv("BL_TMP")) + 1;

    ck_assert(!p || bl_platform_apply(p, s) < 0 || bl_elaborate(s) < 0);
    for (char *at = told.text; (at = strstr(at, getenv("BL_TMP"))); )
        memmove(at, at + n, strlen(at + n) + 1);
    ck_assert_msg(!strncmp(told.text, cores[_i].told, strlen(cores[_i].told)), "%s", told.text);
    bl_close(s);
    bl_platform_free(p);
}
END_TEST

static const struct { const char *set, *row; } depths[] = {
    { "core[1].req[2].depth=9", "core[1].d.out[1] > buf.in[5] 9 x1" }, { "core[*].req[*].depth=9", "core[0].a.x > buf.in[0] 9 x1" },
    { "core[0].d.out[1].depth=9", "core[0].d.out[1] > buf.in[2] 9 x1" }, { "buf.in[4].depth=9", "core[1].d.out[0] > buf.in[4] 9 x1" },
    { "core[1].d.far[1].depth=9", "core[1].d.far[1] > core[1].z[1].x 9 x1" },
};

START_TEST(depths_behind_exports)
{
    struct bl_platform *p = two(depths[_i].set, "");
    struct rows r = { "" };

    ck_assert_msg(p != NULL, "%s", told.text);
    struct bl_sim *s = bl_open(classes, &told.diag);
    ck_assert_msg(bl_platform_apply(p, s) == 0 && bl_elaborate(s) == 0, "%s", told.text);
    bl_platform_wires(p, true, note, &r);
    ck_assert_msg(strstr(r.text, depths[_i].row), "%s", r.text);
    bl_close(s);
    bl_platform_free(p);
}
END_TEST

Suite *suite_wiring(void);
Suite *suite_wiring(void)
{
    Suite *s = suite_create("wiring");
    TCase *c = tcase_create("wiring");

    tcase_add_loop_test(c, arrays, 0, sizeof good / sizeof *good);
    tcase_add_loop_test(c, arrays_that_are_refused, 0, sizeof bad / sizeof *bad);
    tcase_add_test(c, cores_around_a_buffer);
    tcase_add_loop_test(c, cores_that_are_refused, 0, sizeof cores / sizeof *cores);
    tcase_add_loop_test(c, depths_behind_exports, 0, sizeof depths / sizeof *depths);
    suite_add_tcase(s, c);
    return s;
}
