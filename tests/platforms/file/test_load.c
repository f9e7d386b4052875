/* test_load.c - load.c, head.c, parts.c, wires.c, apply.c: platform files as the kernel sees them. Files that are refused are in
 * test_bad.c, the command line is in test_overrides.c. */
#include "platforms/file/load.h"
#include "tests/rigs/heard.h"
#include "tests/rigs/small_parts.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNT(a) ((int)(sizeof(a) / sizeof(a)[0]))

static struct bl_platform *parse(const char *text, const char *set, struct bl_diag *diag)
{
    struct bl_set_opt sets[1] = { { set } };

    return bl_platform_parse("p.yaml", text, strlen(text), sets, set != NULL, diag);
}

START_TEST(no_file)
{
    struct heard h;

    ck_assert_ptr_null(bl_platform_load("tests/bad/nothing.yaml", NULL, 0, heard_start(&h)));
    ck_assert_str_eq(h.text, "tests/bad/nothing.yaml: cannot be opened: No such file or directory; check the path");
    ck_assert_ptr_null(bl_platform_load("tests/bad", NULL, 0, heard_start(&h)));
    ck_assert_str_eq(h.text, "tests/bad: cannot be read: Is a directory; expected a readable file");
}
END_TEST

/* ---- good files ---- */

static const char GOOD[] =
    "platform: good\n"
    "about: some of everything\n"
    "mapper: other\n"
    "clocks: { core: 200 MHz, late: { period: 5 ns, phase: 1 ns } }\n"
    "parts:\n"
    "  src: { class: src, count: 12, clock: core, seed: $index, weights: [ 1, $index ] }\n"
    "  snk: { class: snk, count: 12, clock: core, every: 2 }\n"
    "  one: { class: src, clock: core, every: 4 }\n"
    "  two: { class: snk, clock: late, every: 4 }\n"
    "  put: { class: put, clock: core, step: 3 }\n"
    "  get: { class: get, clock: core, count: 3 }\n"
    "wires:\n"
    "  - src[0..3].x -> snk[4..7].x depth 2\n"
    "  - src[4..7].x -> snk[0..3].x pipe\n"
    "  - src[8..11].x -> snk[8..11].x depth 1\n"
    "  - one.x -> two.x depth 4 sync 2\n"
    "  - put.q -> get[*].d\n";

/* The same rows in another order. */
static const char MOVED[] =
    "wires:\n"
    "  - src[8..11].x -> snk[8..11].x depth 1\n"
    "  - put.q -> get[*].d\n"
    "  - one.x -> two.x depth 4 sync 2\n"
    "  - src[4..7].x -> snk[0..3].x pipe\n"
    "  - src[0..3].x -> snk[4..7].x depth 2\n"
    "parts:\n"
    "  put: { step: 3, clock: core, class: put }\n"
    "  two: { class: snk, clock: late, every: 4 }\n"
    "  snk: { every: 2, class: snk, count: 12, clock: core }\n"
    "  get: { class: get, clock: core, count: 3 }\n"
    "  one: { class: src, clock: core, every: 4 }\n"
    "  src: { class: src, weights: [ 1, $index ], count: 12, clock: core, seed: $index }\n"
    "clocks: { late: { phase: 1 ns, period: 5 ns }, core: 200 MHz }\n"
    "mapper: other\n"
    "platform: good\n";

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

START_TEST(head)
{
    struct heard h;
    struct bl_platform *p = parse(GOOD, NULL, heard_start(&h));

    ck_assert_msg(p != NULL, "%s", h.text);
    ck_assert_str_eq(bl_platform_name(p), "good");
    ck_assert_str_eq(bl_platform_about(p), "some of everything");
    ck_assert_str_eq(bl_platform_mapper(p), "other");
    ck_assert_str_eq(bl_platform_where_mapper(p), "p.yaml:3:9");
    ck_assert_str_eq(bl_platform_stem(p), "p");
    ck_assert_uint_eq(bl_platform_files(p), 0);
    ck_assert_ptr_null(bl_platform_tech(p));
    bl_platform_free(p);
}
END_TEST

START_TEST(stem)
{
    static const char *const path[][2] = { { "platforms/osa_hcim/osa_hcim.yaml", "osa_hcim" }, { "x", "x" }, { "a.b/c", "c" },
                                           { "a/.hidden", ".hidden" }, { "a/b.c.yaml", "b.c" } };

    for (int i = 0; i < COUNT(path); i++) {
        struct heard h;
        struct bl_platform *p = bl_platform_parse(path[i][0], GOOD, strlen(GOOD), NULL, 0, heard_start(&h));
        ck_assert_str_eq(bl_platform_stem(p), path[i][1]);
        bl_platform_free(p);
    }
}
END_TEST

START_TEST(as_the_kernel_sees_it)
{
    struct heard h;
    struct bl_platform *p = parse(GOOD, NULL, heard_start(&h));
    struct bl_sim *s = run(p, 100 * 5 * BL_NS, &h.diag);
    struct bl_clock_row clock;
    const struct small_src *src;

    ck_assert_uint_eq(bl_part_count(s), 30);
    ck_assert_uint_eq(peek(s, "src[11].seed"), 11);
    ck_assert_uint_eq(peek(s, "one.every"), 4);
    src = bl_part_of(s, "src[7]");
    ck_assert(src && src->weights.n == 2 && src->weights.v[0] == 1 && src->weights.v[1] == 7);
    ck_assert_uint_eq(bl_clock_count(s), 2);
    for (size_t i = 0; i < 2; i++) {
        bl_clock_at(s, i, &clock);
        ck_assert_uint_eq(clock.period_fs, 5 * BL_NS);
        ck_assert_uint_eq(clock.phase_fs, strcmp(clock.name, "late") ? 0 : BL_NS);
    }
    /* src[2] goes to snk[6], and src[5] to snk[1]; what src[i] sends begins at 100 i. */
    const struct small_snk *snk = bl_part_of(s, "snk[1]");
    ck_assert_int_ge(snk->sum, (int64_t)snk->got.n * 500);
    ck_assert_int_lt(snk->sum, (int64_t)snk->got.n * 600);
    snk = bl_part_of(s, "snk[6]");
    ck_assert_int_ge(snk->sum, (int64_t)snk->got.n * 200);
    ck_assert_int_lt(snk->sum, (int64_t)snk->got.n * 300);
    for (int i = 0; i < 3; i++) {           /* one word to three readers */
        char name[32];
        snprintf(name, sizeof name, "get[%d]", i);
        const struct small_get *get = bl_part_of(s, name);
        ck_assert_int_eq(get->sum, 3 * 99 * 100 / 2);
    }
    ck_assert_str_eq(h.text, "");
    bl_close(s);
    bl_platform_free(p);
}
END_TEST

START_TEST(order_of_lines)
{
    struct heard h;
    struct bl_platform *p = parse(GOOD, NULL, heard_start(&h)), *q = parse(MOVED, NULL, &h.diag);

    ck_assert_msg(p && q, "%s", h.text);
    struct bl_sim *a = run(p, 333 * BL_NS, &h.diag), *b = run(q, 333 * BL_NS, &h.diag);
    ck_assert(bl_state_equal(a, b));
    ck_assert_uint_eq(bl_part_count(a), bl_part_count(b));
    for (size_t i = 0; i < bl_part_count(a); i++) {
        struct bl_part_row x, y;
        bl_part_at(a, i, &x);
        bl_part_at(b, i, &y);
        ck_assert_str_eq(x.path, y.path);
        ck_assert_uint_eq(x.elapsed, y.elapsed);
    }
    bl_close(a);
    bl_close(b);
    bl_platform_free(p);
    bl_platform_free(q);
}
END_TEST

/* ---- a technology beside the platform ---- */

static void put_file(char *path, size_t room, const char *name, const char *text)
{
    const char *dir = getenv("BL_TMP");

    snprintf(path, room, "%s/%s", dir ? dir : "/tmp", name);
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    ck_assert_int_eq(fclose(f), 0);
}

START_TEST(with_tech)
{
    static const char TECH[] = "tech: t\nvoltage: 0.6 V\nprices:\n"
                               "  src.sent: { value: 100 fJ, tag: fact, source: \"a paper\" }\n"
                               "  snk.static: { value: 3 uW, tag: free, source: \"a guess\", at: 1.2 V }\n";
    static const char TEXT[] = "platform: t\ntech: load_tech.yaml\nvoltage: 0.9 V\nclocks: { core: 5 ns }\nparts:\n"
                               "  a: { class: src }\n  b: { class: snk }\nwires: [ a.x -> b.x depth 2 ]\n";
    struct bl_set_opt half[] = { { "voltage=0.3 V" } };
    struct heard h;
    char path[256], tech[256];

    put_file(tech, sizeof tech, "load_tech.yaml", TECH);
    put_file(path, sizeof path, "load_platform.yaml", TEXT);
    struct bl_platform *p = bl_platform_load(path, NULL, 0, heard_start(&h));
    ck_assert_msg(p != NULL, "%s", h.text);
    ck_assert_uint_eq(bl_platform_files(p), 2);
    ck_assert_double_eq(bl_platform_microvolts(p), 900000);
    ck_assert_str_eq(bl_platform_file(p, 0)->path, path);
    ck_assert_uint_eq(bl_platform_file(p, 0)->n, strlen(TEXT));
    ck_assert_str_eq(bl_platform_file(p, 1)->path, tech);
    ck_assert(!memcmp(bl_platform_file(p, 1)->bytes, TECH, strlen(TECH)));
    struct bl_sim *s = run(p, 100 * 5 * BL_NS, &h.diag);
    /* 100 items of 100 fJ (0.9 / 0.6)^2, and 3 uW (0.9 / 1.2)^2 for 500 ns, in yJ = nW fs */
    ck_assert(bl_energy(s) == (bl_yj)100 * 225000000000 + (bl_yj)1688 * 500 * BL_NS);
    bl_close(s);
    bl_platform_free(p);
    p = bl_platform_load(path, half, 1, heard_start(&h));
    ck_assert_uint_eq(bl_tech_price(bl_platform_tech(p), 0)->value, 25000000000);
    bl_platform_free(p);
    struct bl_set_opt other[] = { { "tech=platforms/osa_hcim/tech/65nm.yaml" } }, none[] = { { "tech=none.yaml" } };
    struct bl_set_opt named[] = { { "tech=65nm.yaml" } }, beside[] = { { "tech=load_tech.yaml" } };    /* as the file may say it */
    p = bl_platform_load(path, named, 1, heard_start(&h));
    ck_assert_msg(p != NULL, "%s", h.text);
    ck_assert_str_eq(bl_tech_name(bl_platform_tech(p)), "65nm");
    bl_platform_free(p);
    p = bl_platform_load(path, beside, 1, heard_start(&h));
    ck_assert_msg(p != NULL, "%s", h.text);
    ck_assert_str_eq(bl_platform_file(p, 1)->path, tech);
    bl_platform_free(p);
    p = bl_platform_load(path, other, 1, heard_start(&h));
    ck_assert_msg(p != NULL, "%s", h.text);
    ck_assert_str_eq(bl_tech_name(bl_platform_tech(p)), "65nm");
    bl_platform_free(p);
    static const char want[] = "--set 'tech=none.yaml': none: there is no such file; expected a technology file, a path like "
                               "platforms/NAME/tech/TECH.yaml, here, in $BITLINE_DATA (";
    ck_assert_ptr_null(bl_platform_load(path, none, 1, heard_start(&h)));
    ck_assert_msg(!strncmp(h.text, want, strlen(want)), "%s", h.text);
    remove(path);
    remove(tech);
}
END_TEST

/* ---- damage ---- */

static uint64_t draw(uint64_t *x)
{
    *x = *x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *x >> 33;
}

/* A damaged file is parsed or refused with messages that begin with its name, never both, never neither. */
START_TEST(damaged)
{
    uint64_t x = 3;

    for (int i = 0; i < 3000; i++) {
        struct heard h;
        char text[sizeof GOOD];
        memcpy(text, GOOD, sizeof GOOD);
        for (int k = 0; k < 1 + i % 3; k++) {
            size_t at = draw(&x) % (sizeof GOOD - 1), n = draw(&x) % 6;
            if (draw(&x) % 2)
                text[at] = "[]{}.*->:0123456789 $\n#"[draw(&x) % 23];
            else
                memmove(text + at, text + at + n, sizeof GOOD - 1 - at > n ? sizeof GOOD - 1 - at - n : 0);
        }
        struct bl_platform *p = bl_platform_parse("p.yaml", text, sizeof GOOD - 1, NULL, 0, heard_start(&h));
        ck_assert_msg((p == NULL) == (h.diag.errors > 0), "case %d: %s", i, h.text);
        ck_assert_msg(h.n == 0 || strncmp(h.text, "p.yaml:", 7) == 0, "case %d: %s", i, h.text);
        bl_platform_free(p);
    }
}
END_TEST

Suite *suite_load(void);
Suite *suite_load(void)
{
    Suite *s = suite_create("load");
    TCase *t = tcase_create("load");

    tcase_add_test(t, no_file);
    tcase_add_test(t, head);
    tcase_add_test(t, stem);
    tcase_add_test(t, as_the_kernel_sees_it);
    tcase_add_test(t, order_of_lines);
    tcase_add_test(t, with_tech);
    tcase_add_test(t, damaged);
    suite_add_tcase(s, t);
    return s;
}
