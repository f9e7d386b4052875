/* test_gen.c - the source and the sink (sink.c) of pipeline studies: values of every width, paces, limits, who stalls. */
#include "tests/rigs/parts_rig.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static struct bl_sim *pair_of(const char *sets[][3], int n, uint32_t depth)
{
    struct bl_sim *s = bl_open(bl_classes, NULL);

    bl_clock(s, "core", 2000000, 0, NULL);
    bl_add(s, "gen", "gen", NULL, NULL);
    bl_add(s, "sink", "sink", NULL, NULL);
    for (int i = 0; i < n; i++)
        ck_assert_int_eq(bl_set(s, sets[i][0], sets[i][1], sets[i][2], NULL), 0);
    bl_wire(s, "gen.x", "sink.x", (struct bl_link){ .depth = depth }, NULL);
    ck_assert_int_eq(bl_elaborate(s), 0);
    return s;
}

static uint64_t peek(struct bl_sim *s, const char *name)
{
    uint64_t v = 0;

    ck_assert_msg(bl_peek(s, name, &v) == 0, "%s", name);
    return v;
}

static const struct { int lanes, bits; } widths[] = {
    { 1, 1 }, { 3, 8 }, { 16, 9 }, { 1, 16 }, { 5, 17 }, { 144, 32 }, { 2, 33 }, { 16, 64 }
};

/* Item n has n + i in lane i, cut to the width: the sink's sum is that of all of them. */
START_TEST(every_width)
{
    char lanes[16], bits[16];
    uint64_t want = 0;
    int l = widths[_i].lanes, b = widths[_i].bits;

    snprintf(lanes, sizeof lanes, "%d", l);
    snprintf(bits, sizeof bits, "%d", b);
    struct bl_sim *s = pair_of((const char *[][3]){ { "gen", "lanes", lanes }, { "gen", "bits", bits }, { "sink", "lanes", lanes },
                                                    { "sink", "bits", bits }, { "sink", "stop", "100" } }, 5, 2);
    for (uint64_t n = 0; n < 100; n++)
        for (int i = 0; i < l; i++)
            want += (n + (uint64_t)i) & (b < 64 ? (UINT64_C(1) << b) - 1 : UINT64_MAX);
    ck_assert_int_eq(bl_run(s, BL_FOREVER), BL_END_STOPPED);
    ck_assert_uint_eq(peek(s, "sink.sum"), want);
    ck_assert_uint_eq(peek(s, "sink.taken"), 100);
    bl_close(s);
}
END_TEST

/* A stimulus by value: of a list, from the front again; below a modulus. */
static const struct { const char *values, *list, *modulo; } stimuli[] = { { "list", "[1, 0, 7]", "0" }, { "list", "[1, 0, 7]", "4" }, { "count", "[]", "3" } };

START_TEST(stimulus)
{
    uint64_t want = 0;

    for (uint64_t n = 0, k = 0; n < 10; n++)
        for (uint64_t i = 0; i < 2; i++, k++) {
            uint64_t v = *stimuli[_i].values == 'l' ? (uint64_t)(const int[]){ 1, 0, 7 }[k % 3] : n + i, m = strtoull(stimuli[_i].modulo, NULL, 10);
            want += m ? v % m : v;
        }
    struct bl_sim *s = pair_of((const char *[][3]){ { "gen", "lanes", "2" }, { "sink", "lanes", "2" }, { "gen", "values", stimuli[_i].values },
                                                    { "gen", "list", stimuli[_i].list }, { "gen", "modulo", stimuli[_i].modulo }, { "sink", "stop", "10" } }, 6, 2);
    ck_assert_int_eq(bl_run(s, BL_FOREVER), BL_END_STOPPED);
    ck_assert_uint_eq(peek(s, "sink.sum"), want);
    bl_close(s);
}
END_TEST

static const struct { const char *script, *told; } refused[] = {
    { "part a gen; set a values list; part k sink; wire a.x k.x d2", "f:2: a: values is list, and the list is empty (0 values); give it, like [1, 0, 3]" },
    { "part a gen; set a list [1]; part k sink; wire a.x k.x d2", "f:2: a: list has 1 values, and values is not list; set values to list" },
};

START_TEST(refusals)
{
    static struct rig r;

    rig_begin(&r, "%s", refused[_i].script);
    rig_refuses(&r, refused[_i].told);
}
END_TEST

/* The slower end sets the pace, and the other's stall is on its account. */
START_TEST(paces)
{
    struct bl_verdict_row row;
    struct bl_sim *s = pair_of((const char *[][3]){ { "sink", "every", "4" } }, 1, 2);

    bl_run(s, 4000 * UINT64_C(2000000));
    ck_assert_uint_eq(peek(s, "sink.n"), 1000);
    bl_verdict_at(s, 0, 2, &row);
    ck_assert_str_eq(row.name, "out_full");
    ck_assert_uint_ge(row.spent, 2990);
    bl_close(s);
    s = pair_of((const char *[][3]){ { "gen", "every", "5" } }, 1, 2);
    bl_run(s, 5000 * UINT64_C(2000000));
    ck_assert_uint_eq(peek(s, "gen.n"), 1000);
    ck_assert_uint_ge(peek(s, "sink.n"), 999);
    bl_close(s);
}
END_TEST

/* A chance of 30 %: about that many items, the same ones for the same seed, others for another path. */
START_TEST(chance)
{
    uint64_t n[2];

    for (int i = 0; i < 2; i++) {
        struct bl_sim *s = pair_of((const char *[][3]){ { "gen", "percent", "30" }, { "gen", "values", "random" } }, 2, 2);
        bl_run(s, 10000 * UINT64_C(2000000));
        n[i] = peek(s, "sink.sum");
        ck_assert_uint_ge(peek(s, "gen.n"), 2800);
        ck_assert_uint_le(peek(s, "gen.n"), 3200);
        bl_close(s);
    }
    ck_assert_uint_eq(n[0], n[1]);
}
END_TEST

/* After `limit` items nobody is awake any more: the run is starved, and nothing is lost. */
START_TEST(limit)
{
    struct bl_sim *s = pair_of((const char *[][3]){ { "gen", "limit", "7" } }, 1, 1);

    ck_assert_int_eq(bl_run(s, BL_FOREVER), BL_END_STARVED);
    ck_assert_uint_eq(peek(s, "gen.made"), 7);
    ck_assert_uint_eq(peek(s, "sink.taken"), 7);
    bl_close(s);
}
END_TEST

/* At any pace and width: who sleeps and in which order parts tick changes nothing, every item arrives, and each cycle is accounted for. */
START_TEST(any_pace)
{
    static struct rig r;
    struct kp_rng g = { 600u + (uint64_t)_i };
    const uint32_t n = 50, depth = 1 + kp_below(&g, 4), stop = kp_below(&g, 2) ? n : 0;

    rig_begin(&r, "part a gen; set a lanes %u; set a bits %u; set a values %s; set a percent %u; set a every %u; set a limit %u; part z sink; set z percent %u;"
              "set z every %u; set z stop %u; wire a.x z.x d%u", 1 + kp_below(&g, 9), 1 + kp_below(&g, 64), kp_below(&g, 2) ? "count" : "random", 10 + kp_below(&g, 91),
              1 + kp_below(&g, 4), n, 10 + kp_below(&g, 91), 1 + kp_below(&g, 4), stop, depth);
    rig_ticks(&r, 5000);
    ck_assert_uint_eq(rig_peek(&r, "a.made"), n);
    ck_assert_uint_eq(rig_peek(&r, "z.taken"), n);
    ck_assert_uint_eq(rig_spent(&r, "a", "busy"), n);
    ck_assert_uint_eq(rig_spent(&r, "z", "busy"), n - (stop > 0));       /* the run ends before the last cycle is over */
    rig_end(&r);
}
END_TEST

Suite *suite_gen(void);
Suite *suite_gen(void)
{
    Suite *s = suite_create("gen");
    TCase *tc = tcase_create("all");

    tcase_add_loop_test(tc, every_width, 0, (int)(sizeof widths / sizeof *widths));
    tcase_add_loop_test(tc, stimulus, 0, (int)(sizeof stimuli / sizeof *stimuli));
    tcase_add_loop_test(tc, refusals, 0, (int)(sizeof refused / sizeof *refused));
    tcase_add_test(tc, paces);
    tcase_add_test(tc, chance);
    tcase_add_test(tc, limit);
    tcase_add_loop_test(tc, any_pace, 0, 40);
    suite_add_tcase(s, tc);
    return s;
}
