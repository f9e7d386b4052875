/* test_use.c - files that are used as parts, of tests/platforms/file/used: use.c, used_file.c, ports.c, apply.c, wiring.c, used_expects.c and used_rows.c.
 * What is refused is in test_used_bad.c, $NAME in test_values.c. */
#include "platforms/file/load.h"
#include "tests/rigs/heard.h"
#include "tests/rigs/small_parts.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define DIR "tests/platforms/file/used/"
#define TWICE DIR "twice.yaml"

static struct heard h;

static struct bl_platform *load(const char *path, const char *const *set, size_t n)
{
    struct bl_set_opt sets[16] = { { NULL } };

    for (size_t i = 0; i < n; i++)
        sets[i].text = set[i];
    struct bl_platform *p = bl_platform_load(path, sets, n, heard_start(&h));
    ck_assert_msg(p != NULL, "%s", h.text);
    return p;
}

static struct bl_sim *built(const struct bl_platform *p)
{
    struct bl_sim *s = bl_open(small_classes, &h.diag);

    ck_assert_msg(bl_platform_apply(p, s) == 0 && bl_elaborate(s) == 0, "%s", h.text);
    return s;
}

static uint64_t peek(struct bl_sim *s, const char *name)
{
    uint64_t v = UINT64_MAX;

    ck_assert_msg(bl_peek(s, name, &v) == 0, "no %s", name);
    return v;
}

static const char *clock_of(struct bl_sim *s, const char *path)
{
    struct bl_part_row row;

    ck_assert_msg(bl_part_find(s, path) != SIZE_MAX, "no %s", path);
    bl_part_at(s, bl_part_find(s, path), &row);
    return row.clock;
}

/* ---- what the kernel gets */

START_TEST(instances)
{
    struct bl_platform *p = load(TWICE, NULL, 0);
    struct bl_sim *s = built(p);
    struct bl_part_row row;

    ck_assert_int_eq(bl_run(s, 200 * BL_NS), BL_END_LIMIT);
    ck_assert_uint_eq(peek(s, "m[1].src[1].s.every"), 2);
    ck_assert_uint_eq(peek(s, "m[1].src[1].s.seed"), 1);
    const struct small_src *src = bl_part_of(s, "m[0].src[1].s");
    ck_assert(src->weights.n == 2 && src->weights.v[0] == 4 && src->weights.v[1] == 1);
    ck_assert_str_eq(clock_of(s, "m[0].src[0].s"), "main");
    ck_assert_str_eq(clock_of(s, "m[1].own"), "slow");
    bl_part_at(s, bl_part_find(s, "m[0].src[0]"), &row);
    ck_assert(!row.cls && !row.clock);
    ck_assert_uint_eq(bl_clock_count(s), 2);
    ck_assert_uint_eq(peek(s, "k[0].got"), peek(s, "m[0].src[0].s.sent"));
    ck_assert_uint_eq(peek(s, "m[1].end.got"), peek(s, "m[0].one.sent"));
    bl_close(s);
    bl_platform_free(p);
}
END_TEST

/* The same machine written out part by part: equal counts and sums in every part. */
START_TEST(as_if_written_out)
{
    static const char FLAT[] = "platform: flat\nclocks: { main: 10 ns, slow: 20 ns }\nparts:\n"
        "  a: { class: src, count: 2, clock: main, every: 2, seed: $index }\n  b: { class: src, count: 2, clock: main, every: 2, seed: $index }\n"
        "  end: { class: snk, count: 2, clock: main }\n  one: { class: src, count: 2, clock: main }\n  own: { class: put, count: 2, clock: slow }\n"
        "  k: { class: snk, clock: main, count: 4 }\n  get: { class: get, count: 2, clock: slow }\nwires:\n"
        "  - a[*].x -> k[0..1].x depth 4\n  - b[*].x -> k[2..3].x depth 2\n  - own[*].q -> get[*].d\n  - one[0].x -> end[1].x depth 1\n"
        "  - one[1].x -> end[0].x depth 1\n";
    static const char *const same[][2] = { { "m[0].src[0].s.sent", "a[0].sent" }, { "m[1].src[1].s.sent", "b[1].sent" }, { "k[1].sum", "k[1].sum" },
        { "k[2].sum", "k[2].sum" }, { "get[1].sum", "get[1].sum" }, { "m[1].end.sum", "end[1].sum" }, { "m[0].end.got", "end[0].got" } };
    struct bl_platform *p = load(TWICE, NULL, 0), *q = bl_platform_parse("flat.yaml", FLAT, strlen(FLAT), NULL, 0, &h.diag);

    ck_assert_msg(q != NULL, "%s", h.text);
    struct bl_sim *s = built(p), *t = built(q);
    bl_run(s, 1000 * BL_NS);
    bl_run(t, 1000 * BL_NS);
    for (size_t i = 0; i < COUNT(same); i++)
        ck_assert_uint_eq(peek(s, same[i][0]), peek(t, same[i][1]));
    bl_close(s);
    bl_close(t);
    bl_platform_free(p);
    bl_platform_free(q);
}
END_TEST

/* ---- the command line */

static const struct { const char *set[3], *name; uint64_t value; } sets[] = {
    { { "m[*].step=9" }, "m[1].src[0].s.every", 9 },
    { { "m[*].step=9", "m[1].step=7" }, "m[1].src[0].s.every", 7 }, { { "m[1].step=7", "m[*].step=9" }, "m[1].src[0].s.every", 9 },
    { { "m[1].src[0].every=8" }, "m[1].src[0].s.every", 8 }, { { "m[1].src[0].every=8", "m[1].step=7" }, "m[1].src[0].s.every", 8 },
    { { "m[1].src[0].s.every=6" }, "m[1].src[0].s.every", 6 }, { { "m[1].src[0].s.every=6" }, "m[0].src[0].s.every", 2 },
    { { "m[*].src[*].s.seed=77" }, "m[1].src[1].s.seed", 77 }, { { "m[0..1].src[0..1].s.seed=77" }, "m[0].src[1].s.seed", 77 },
    { { "m[0].own.step=5" }, "m[0].own.step", 5 }, { { "m[0].own.step=5" }, "m[1].own.step", 1 },
};

START_TEST(sets_of_used_files)
{
    size_t n = 0;

    while (n < 3 && sets[_i].set[n])
        n++;
    struct bl_platform *p = load(TWICE, sets[_i].set, n);
    struct bl_sim *s = built(p);
    ck_assert_uint_eq(peek(s, sets[_i].name), sets[_i].value);
    bl_close(s);
    bl_platform_free(p);
}
END_TEST

struct rows { char text[4096]; };

static void note(void *ctx, const struct bl_wire_row *r)
{
    struct rows *x = ctx;
    size_t n = strlen(x->text);

    snprintf(x->text + n, sizeof x->text - n, "%s%s > %s %u/%d x%u", n ? "; " : "", r->from, r->to, r->link.depth, r->link.sync - 1, r->count);
}

static const struct { const char *set[2]; bool each; const char *rows; } wires[] = {
    { { NULL }, false, "m[0].out[0..1] > k[0..1].x 4/-1 x2; m[1].out[0..1] > k[2..3].x 2/-1 x2; m[0..1].word > get[0..1].d 0/-1 x2; m[0].back > "
      "m[1].in 1/-1 x1; m[1].back > m[0].in 1/-1 x1" },
    { { NULL }, true, "m[0].src[0].s.x > k[0].x 4/-1 x1; m[0].src[1].s.x > k[1].x 4/-1 x1; m[1].src[0].s.x > k[2].x 2/-1 x1; m[1].src[1].s.x > "
      "k[3].x 2/-1 x1; m[0].own.q > get[0].d 0/-1 x1; m[1].own.q > get[1].d 0/-1 x1; m[0].one.x > m[1].end.x 1/-1 x1; m[1].one.x > m[0].end.x "
      "1/-1 x1" },
    /* at an exported port, at the port behind it, two files deep; and by the other end */
    { { "m[0].out[1].depth=9" }, false, "m[0].out[0] > k[0].x 4/-1 x1; m[0].out[1] > k[1].x 9/-1 x1; m[1].out[0..1] > k[2..3].x 2/-1 x2; "
      "m[0..1].word > get[0..1].d 0/-1 x2; m[0].back > m[1].in 1/-1 x1; m[1].back > m[0].in 1/-1 x1" },
    { { "m[*].src[0].s.x.depth=9" }, false, "m[0].out[0] > k[0].x 9/-1 x1; m[0].out[1] > k[1].x 4/-1 x1; m[1].out[0] > k[2].x 9/-1 x1; m[1].out[1] > "
      "k[3].x 2/-1 x1; m[0..1].word > get[0..1].d 0/-1 x2; m[0].back > m[1].in 1/-1 x1; m[1].back > m[0].in 1/-1 x1" },
    { { "m[1].src[*].out.depth=9" }, false, "m[0].out[0..1] > k[0..1].x 4/-1 x2; m[1].out[0..1] > k[2..3].x 9/-1 x2; m[0..1].word > get[0..1].d "
      "0/-1 x2; m[0].back > m[1].in 1/-1 x1; m[1].back > m[0].in 1/-1 x1" },
    { { "m[1].end.x.depth=3", "k[3].x.depth=8" }, false, "m[0].out[0..1] > k[0..1].x 4/-1 x2; m[1].out[0] > k[2].x 2/-1 x1; m[1].out[1] > k[3].x "
      "8/-1 x1; m[0..1].word > get[0..1].d 0/-1 x2; m[0].back > m[1].in 3/-1 x1; m[1].back > m[0].in 1/-1 x1" },
    { { "d=6", "get[0].d.sync=1" }, false, "m[0].out[0..1] > k[0..1].x 6/-1 x2; m[1].out[0..1] > k[2..3].x 2/-1 x2; m[0].word > get[0].d 0/1 x1; m[1].word > "
      "get[1].d 0/-1 x1; m[0].back > m[1].in 1/-1 x1; m[1].back > m[0].in 1/-1 x1" },
};

START_TEST(wires_of_used_files)
{
    struct rows r = { "" };
    size_t n = 0;

    while (n < 2 && wires[_i].set[n])
        n++;
    struct bl_platform *p = load(TWICE, wires[_i].set, n);
    ck_assert_int_eq(bl_platform_wires(p, wires[_i].each, note, &r), 0);
    ck_assert_str_eq(r.text, wires[_i].rows);
    bl_platform_free(p);
}
END_TEST

/* ---- expectations */

START_TEST(expectations_of_each_instance)
{
    static const char *const want[] = { "m[0].src[0].s.sent > 1", "m[0].src[0].s.busy > 1 %", "clock.main.cycles >= 10", "clock.main.cycles >= 10",
                                        "m[0].src[0].energy >= 0 J" };
    struct bl_platform *p = load(TWICE, NULL, 0);
    struct bl_sim *s = built(p);

    ck_assert_uint_eq(bl_platform_expects(p), 20);
    for (size_t i = 0; i < COUNT(want); i++)
        ck_assert_str_eq(bl_platform_expect(p, i)->text, want[i]);
    ck_assert_str_eq(bl_platform_expect(p, 19)->text, "m[1].src[1].energy >= 0 J");
    ck_assert_str_eq(bl_platform_expect(p, 15)->where, DIR "line.yaml:11:5, used as src[1] at " DIR "lines.yaml:5:3, used as m[1] at " TWICE ":5:3");
    ck_assert_int_eq(bl_expect_resolve(p, s, &h.diag), 0);
    bl_run(s, 100 * BL_NS);
    ck_assert_msg(bl_expect_check(p, s, &h.diag) == 0, "%s", h.text);
    bl_close(s);
    bl_platform_free(p);
}
END_TEST

static const char ONE[] = "platform: one\nclocks: { core: 10 ns }\nparts:\n  a: { use: line.yaml, every: 100%s }\n  k: { class: snk }\n"
                          "wires: [ a.out -> k.x depth 2 ]\n";

START_TEST(an_expectation_that_is_false)
{
    char text[512];

    snprintf(text, sizeof text, ONE, "");
    struct bl_platform *p = bl_platform_load_text(DIR "one.yaml", text, strlen(text), NULL, 0, heard_start(&h));
    ck_assert_msg(p != NULL, "%s", h.text);
    struct bl_sim *s = built(p);
    ck_assert_int_eq(bl_expect_resolve(p, s, &h.diag), 0);
    bl_run(s, 200 * BL_NS);
    ck_assert_int_eq(bl_expect_check(p, s, &h.diag), 1);
    ck_assert_str_eq(h.text, DIR "line.yaml:11:5, used as a at " DIR "one.yaml:4:3: expected a.s.sent > 1, but a.s has 1");
    bl_close(s);
    bl_platform_free(p);
    snprintf(text, sizeof text, ONE, ", expect: false");
    p = bl_platform_load_text(DIR "one.yaml", text, strlen(text), NULL, 0, heard_start(&h));
    ck_assert_uint_eq(bl_platform_expects(p), 0);
    bl_platform_free(p);
}
END_TEST

/* ---- which files, which values */

static void note_use(void *ctx, const struct bl_use_row *r)
{
    struct rows *x = ctx;

    snprintf(x->text + strlen(x->text), sizeof x->text - strlen(x->text), "%s x%u %s (", r->path, r->count, strrchr(r->file, '/') + 1);
    for (size_t i = 0; i < r->nparams; i++)
        snprintf(x->text + strlen(x->text), sizeof x->text - strlen(x->text), "%s%s %s/%s", i ? ", " : "", r->params[i].name, r->params[i].value,
                 r->params[i].preset);
    snprintf(x->text + strlen(x->text), sizeof x->text - strlen(x->text), ") %s\n", r->unused);
}

START_TEST(files_and_values)
{
    static const char *const set[] = { "m[1].step=7" };
    struct rows r = { "" };
    struct bl_platform *p = load(TWICE, set, 1);

    ck_assert_uint_eq(bl_platform_files(p), 3);
    ck_assert_str_eq(bl_platform_file(p, 0)->path, TWICE);
    ck_assert_str_eq(bl_platform_file(p, 1)->path, DIR "lines.yaml");
    ck_assert_str_eq(bl_platform_file(p, 2)->path, DIR "line.yaml");
    ck_assert_str_eq(bl_platform_file(p, 2)->role, "used");
    ck_assert(!memcmp(bl_platform_file(p, 2)->bytes, "platform: line\n", 15));
    bl_platform_uses(p, note_use, &r);
    ck_assert_str_eq(r.text, " x1 twice.yaml (n 2/2, last 1/1, d 4/4) \n"
                             "m[0] x1 lines.yaml (n 2/2, d 4/2, step 2/1) \n"
                             "m[0].src[0] x1 line.yaml (every 2/1, seed 0/3, weights [4, 0]/[1, 2]) tech, voltage\n"
                             "m[0].src[1] x1 line.yaml (every 2/1, seed 1/3, weights [4, 1]/[1, 2]) tech, voltage\n"
                             "m[1] x1 lines.yaml (n 2/2, d 4/2, step 7/1) \n"
                             "m[1].src[0] x1 line.yaml (every 7/1, seed 0/3, weights [4, 0]/[1, 2]) tech, voltage\n"
                             "m[1].src[1] x1 line.yaml (every 7/1, seed 1/3, weights [4, 1]/[1, 2]) tech, voltage\n");
    bl_platform_free(p);
}
END_TEST

static void note_port(void *ctx, const char *port, const char *of)
{
    struct rows *x = ctx;

    snprintf(x->text + strlen(x->text), sizeof x->text - strlen(x->text), "%s is %s; ", port, of);
}

START_TEST(ports_that_are_shown)
{
    struct rows r = { "" };
    struct bl_platform *p = load(TWICE, NULL, 0);

    ck_assert(bl_platform_exports(p, "m[1]", note_port, &r) && !bl_platform_exports(p, "k[0]", note_port, &r));
    ck_assert_str_eq(r.text, "out[0] is m[1].src[0].s.x; out[1] is m[1].src[1].s.x; in is m[1].end.x; back is m[1].one.x; word is m[1].own.q; ");
    ck_assert(bl_platform_exports(p, "m[1].src[0]", note_port, &r));
    bl_platform_free(p);
}
END_TEST

/* Equal instances share one plan, so a thousand cost little; sixteen files deep is allowed. */
START_TEST(many_and_deep)
{
    static const char MANY[] = "platform: many\nclocks: { core: 10 ns }\nparts:\n  a: { use: line.yaml, count: 1000, expect: false }\n"
                               "  k: { class: snk, count: 1000 }\nwires: [ 'a[*].out -> k[*].x depth 2' ]\n";
    char path[256], *tmp = getenv("BL_TMP"), text[256];
    struct bl_platform *p = bl_platform_load_text(DIR "many.yaml", MANY, strlen(MANY), NULL, 0, heard_start(&h));

    ck_assert_msg(p != NULL, "%s", h.text);
    struct bl_sim *s = built(p);
    ck_assert_uint_eq(bl_part_count(s), 3000);
    bl_close(s);
    bl_platform_free(p);
    for (int i = 0; i < 17; i++) {
        snprintf(path, sizeof path, "%s/d%d.yaml", tmp, i);
        if (i == 16)
            snprintf(text, sizeof text, "platform: d\nclocks: { core: 1 ns }\nparts: { s: { class: put } }\n");
        else
            snprintf(text, sizeof text, "platform: d\nclocks: { core: 1 ns }\nparts: { d: { use: d%d.yaml } }\n", i + 1);
        FILE *f = fopen(path, "w");
        ck_assert(f && fputs(text, f) >= 0 && fclose(f) == 0);
    }
    snprintf(path, sizeof path, "%s/d1.yaml", tmp);
    p = load(path, NULL, 0);
    ck_assert_uint_eq(bl_platform_files(p), 16);
    bl_platform_free(p);
    snprintf(path, sizeof path, "%s/d0.yaml", tmp);
    ck_assert_ptr_null(bl_platform_load(path, NULL, 0, heard_start(&h)));
    ck_assert_msg(strstr(h.text, "d16.yaml would be file number 17 of a chain, each used by the one before; expected at most 16"), "%s", h.text);
}
END_TEST

Suite *suite_use(void);
Suite *suite_use(void)
{
    Suite *s = suite_create("use");
    TCase *c = tcase_create("use");

    tcase_add_test(c, instances);
    tcase_add_test(c, as_if_written_out);
    tcase_add_loop_test(c, sets_of_used_files, 0, COUNT(sets));
    tcase_add_loop_test(c, wires_of_used_files, 0, COUNT(wires));
    tcase_add_test(c, expectations_of_each_instance);
    tcase_add_test(c, an_expectation_that_is_false);
    tcase_add_test(c, files_and_values);
    tcase_add_test(c, ports_that_are_shown);
    tcase_add_test(c, many_and_deep);
    suite_add_tcase(s, c);
    return s;
}
