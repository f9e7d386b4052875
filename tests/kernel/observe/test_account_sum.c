/* test_account_sum.c - the account of one run added to another: parts that wait, stall and count, as if one had come before the other. */
#include "tests/rigs/kp_base.h"
#include "tests/rigs/kparts.h"
#include "tests/rigs/numbers.h"

Suite *suite_account_sum(void);

static struct kp_told told;

struct again { struct bl_part p; int64_t at; uint32_t seen[2]; };

static bl_verdict again_tick(void *self)
{
    struct again *t = self;

    t->seen[1]++;
    if (bl_cycle(t) + 1 == (uint64_t)t->at)
        bl_stop_next(t);
    return BL_BUSY;
}

#define T struct again
static const struct bl_field again_fields[] = {
    BL_PARAM(T, at, 100, 1, 1e6, "cycles"), BL_VIEW_AS(T, seen, 2, 32, "edges seen", BL_KEPT), { 0 }
};
static const struct bl_class again_class = { .name = "again", .help = "stops", .size = sizeof(T), .restarts = true, .tick = again_tick,
    .fields = again_fields };
#undef T

static const struct bl_class *const classes[] = { &kp_gen_class, &kp_sink_class, &kp_echo_class, &again_class, NULL };

static struct bl_sim *opened(int at)
{
    struct bl_sim *s = bl_open(classes, kp_listen(&told));

    kp_ok(bl_clock(s, "c", 1000, 300, NULL));
    kp_ok(bl_clock(s, "d", 1501, 0, NULL));
    kp_ok(bl_add(s, "gen", "gen", "c", NULL));
    kp_ok(bl_add(s, "echo", "echo", "c", NULL));
    kp_ok(bl_add(s, "sink", "sink", "d", NULL));
    kp_ok(bl_add(s, "again", "again", "d", NULL));
    kp_ok(bl_wire(s, "gen.x", "echo.a", (struct bl_link){ .depth = 2 }, NULL));
    kp_ok(bl_wire(s, "echo.b", "sink.x", (struct bl_link){ .depth = 2 }, NULL));
    kp_setf(s, "sink", "every", 7);
    kp_setf(s, "again", "at", at);
    ck_assert_msg(bl_elaborate(s) == 0, "%s", told.text);
    return s;
}

START_TEST(one_behind_the_other)
{
    struct bl_sim *a = opened(100), *b = opened(37);
    static struct numbers both, sum;
    uint64_t v[1000];

    ck_assert_uint_lt(bl_account_numbers(b), 1000);
    bl_run(b, BL_FOREVER);
    bl_account_read(b, v);
    ck_assert_int_eq(bl_account_add(a, v), 0);               /* nothing has begun yet */
    ck_assert_uint_eq(bl_now(a), bl_now(b));
    bl_run(a, BL_FOREVER);
    numbers_of(a, &both, false);
    struct bl_sim *c = opened(100);
    bl_run(c, BL_FOREVER);
    numbers_of(b, &sum, false);
    numbers_of(c, &sum, true);
    for (size_t i = 0; i < both.n; i++)
        ck_assert_uint_eq(both.v[i], sum.v[i]);
    ck_assert_uint_eq(((const struct again *)bl_part_of(a, "again"))->seen[1], 137);
    ck_assert_int_eq(bl_account_add(a, v), -1);              /* it is in the middle of something */
    ck_assert_msg(strstr(told.text, "ask for a restart first"), "%s", told.text);
    ck_assert_int_eq(bl_restart_now(a, 0), 0);
    ck_assert_int_eq(bl_account_add(a, v), 0);
    numbers_of(a, &both, false);
    numbers_of(b, &sum, false);
    numbers_of(b, &sum, true);
    numbers_of(c, &sum, true);
    for (size_t i = 0; i < both.n; i++)
        ck_assert_uint_eq(both.v[i], sum.v[i]);
    ck_assert_int_eq(bl_begin_anew(a, 0), 0);
    ck_assert_uint_eq(bl_now(a), 0);
    bl_run(a, BL_FOREVER);
    numbers_of(a, &both, false);
    numbers_of(c, &sum, false);
    for (size_t i = 0; i < both.n; i++)
        ck_assert_uint_eq(both.v[i], sum.v[i]);
    bl_close(a);
    bl_close(b);
    bl_close(c);
}
END_TEST

Suite *suite_account_sum(void)
{
    Suite *s = suite_create("account_sum");
    TCase *tc = tcase_create("all");

    tcase_add_test(tc, one_behind_the_other);
    suite_add_tcase(s, tc);
    return s;
}
