/* test_part_rows.c - parts as rows of an account: each by itself, or the elements of an array that have one class and one clock; what rows spent
 * is what their parts did. */
#include "platforms/job/part_rows.h"
#include "tests/rigs/kp_base.h"
#include "tests/rigs/kparts.h"

Suite *suite_part_rows(void);

static struct kp_told told;

/* t[0..2] of two classes and two clocks, a process, and one outside of any array. */
static struct bl_sim *opened(void)
{
    static const char *const part[][3] = { { "t[0].a", "gen", "c" }, { "t[0].b", "sink", "c" }, { "t[1].a", "gen", "c" }, { "t[1].b", "sink", "d" },
                                           { "t[2].a", "sink", "c" }, { "t[2].b", "sink", "c" }, { "one", "gen", "c" }, { "e[7]", "echo", NULL } };
    struct bl_sim *s = bl_open(kp_classes, kp_listen(&told));

    kp_ok(bl_clock(s, "c", 1000, 0, NULL));
    kp_ok(bl_clock(s, "d", 1500, 0, NULL));
    for (size_t i = 0; i < 8; i++)
        kp_ok(bl_add(s, part[i][0], part[i][1], part[i][2], NULL));
    kp_ok(bl_wire(s, "t[0].a.x", "t[0].b.x", (struct bl_link){ .depth = 2 }, NULL));
    kp_ok(bl_wire(s, "t[1].a.x", "t[1].b.x", (struct bl_link){ .depth = 2, .sync = BL_SYNC(2) }, NULL));
    kp_ok(bl_wire(s, "one.x", "e[7].a", (struct bl_link){ .depth = 2 }, NULL));
    kp_ok(bl_wire(s, "e[7].b", "t[2].a.x", (struct bl_link){ .depth = 2 }, NULL));
    kp_setf(s, "one", "luck", 99);
    kp_setf(s, "t[2].b", "luck", 9);
    kp_ok(bl_add(s, "src", "gen", "c", NULL));
    kp_ok(bl_wire(s, "src.x", "t[2].b.x", (struct bl_link){ .depth = 2 }, NULL));
    return s;
}

START_TEST(rows)
{
    static const char *const many[] = { "e[*]", "one", "src", "t[*].a", "t[*].b", "t[*].b", "t[*].a" };
    static const size_t members[] = { 1, 1, 1, 2, 2, 1, 1 };
    struct bl_sim *s = opened();
    struct bl_part_rows r;
    size_t count[7] = { 0 };

    ck_assert_msg(bl_elaborate(s) == 0, "%s", told.text);
    bl_run(s, 12345);
    const size_t parts = bl_part_count(s);
    ck_assert_int_eq(bl_part_rows_init(&r, s, parts), 0);          /* few enough: each by itself */
    ck_assert_uint_eq(r.n, parts);
    for (size_t i = 0; i < parts; i++) {
        struct bl_part_row p;
        bl_part_at(s, i, &p);
        ck_assert_uint_eq(r.of[i], i);
        ck_assert_uint_eq(r.v[i].part, i);
        ck_assert_str_eq(r.v[i].path, p.path);
    }
    bl_part_rows_fini(&r);
    ck_assert_int_eq(bl_part_rows_init(&r, s, parts - 1), 0);
    ck_assert_uint_eq(r.n, 7);
    for (size_t i = 0; i < parts; i++)
        count[r.of[i]]++;
    for (size_t i = 0; i < 7; i++) {
        ck_assert_str_eq(r.v[i].path, many[i]);
        ck_assert_uint_eq(count[i], members[i]);
    }
    bl_part_rows_fini(&r);
    bl_close(s);
}
END_TEST

START_TEST(spent)
{
    struct bl_sim *s = opened();
    struct bl_part_rows r;
    uint64_t v[64], sum[64] = { 0 };

    ck_assert_msg(bl_elaborate(s) == 0, "%s", told.text);
    ck_assert_int_eq(bl_part_rows_init(&r, s, (size_t)_i), 0);
    ck_assert_uint_le(r.counters, 64);
    bl_run(s, 54321);
    bl_part_rows_spent(&r, s, v);
    for (size_t i = 0; i < bl_part_count(s); i++) {
        struct bl_part_row p;
        bl_part_at(s, i, &p);
        for (uint32_t k = 0; k < p.verdicts; k++) {
            struct bl_verdict_row x;
            bl_verdict_at(s, i, k, &x);
            ck_assert_uint_lt(k, r.v[r.of[i]].verdicts);
            sum[r.v[r.of[i]].at + k] += x.spent;
        }
    }
    for (size_t i = 0; i < r.counters; i++)
        ck_assert_uint_eq(v[i], sum[i]);
    bl_part_rows_fini(&r);
    bl_close(s);
}
END_TEST

Suite *suite_part_rows(void)
{
    Suite *s = suite_create("part_rows");
    TCase *tc = tcase_create("all");

    tcase_add_test(tc, rows);
    tcase_add_loop_test(tc, spent, 0, 9);
    suite_add_tcase(s, tc);
    return s;
}
