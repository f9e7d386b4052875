/* test_wheel.c - the future event set against a plain list: puts, cuts, limited looks ahead, FIFO at one time. */
#include "kernel/kernel.h"
#include "tests/rigs/kp_base.h"

enum { N = 200 };

struct model { uint64_t when, order; bool in; };

struct rig {
    struct wheel w;
    struct ev ev[N];
    struct model m[N];
    uint64_t orders, now;
    struct kp_rng r;
};

static void rig_start(struct rig *g, uint64_t now, uint64_t seed)
{
    memset(g, 0, sizeof *g);
    wheel_init(&g->w);
    g->now = now;
    g->r.x = seed;
}

static void put(struct rig *g, uint32_t e, uint64_t when)
{
    wheel_put(&g->w, g->ev, e, g->now, when);
    KP_HOLDS(g->ev[e].pending == TIMED, "event %u is not pending", e);
    g->m[e] = (struct model){ when, g->orders++, true };
}

static void cut(struct rig *g, uint32_t e)
{
    wheel_cut(&g->w, g->ev, e);
    KP_HOLDS(g->ev[e].pending == QUIET, "event %u is pending", e);
    g->m[e].in = false;
}

static uint32_t model_first(const struct rig *g)
{
    uint32_t best = NONE;

    for (uint32_t e = 0; e < N; e++)
        if (g->m[e].in && (best == NONE || g->m[e].when < g->m[best].when ||
                           (g->m[e].when == g->m[best].when && g->m[e].order < g->m[best].order)))
            best = e;
    return best;
}

/* Moves to the earliest time at most `limit`, or to the limit, taking what is due there; as the loop does. */
static uint64_t move_on(struct rig *g, uint64_t limit)
{
    uint32_t first = model_first(g), e;
    uint64_t expected = first != NONE ? g->m[first].when : UINT64_MAX;
    uint64_t t = wheel_next(&g->w, g->ev, limit);

    KP_HOLDS(expected <= limit || expected == UINT64_MAX ? t == expected : t > limit && t <= expected, "next is %llu, expected %llu", (unsigned long long)t, (unsigned long long)expected);
    if (t > limit || t == UINT64_MAX) {
        KP_HOLDS(g->w.cur <= g->now || first == NONE, "looking ahead moved cur");
        g->now = limit != UINT64_MAX ? limit : g->now;
        return UINT64_MAX;
    }
    g->now = t;
    while ((e = wheel_pop(&g->w, g->ev, t)) != NONE) {
        KP_HOLDS(e == model_first(g) && g->m[e].when == t, "event %u comes first, expected %u", e, model_first(g));
        g->m[e].in = false;
    }
    first = model_first(g);
    KP_HOLDS(first == NONE || g->m[first].when > t, "something is left at %llu", (unsigned long long)t);
    return t;
}

static void drain(struct rig *g)
{
    while (move_on(g, UINT64_MAX) != UINT64_MAX)
        ;
    ck_assert_uint_eq(g->w.levels, 0);
    for (int i = 0; i < LEVELS; i++)
        ck_assert_uint_eq(g->w.taken[i], 0);
}

/* A distance whose size is uniform in its number of bits, so that every level takes part. */
static uint64_t distance(struct rig *g, uint32_t most_bits)
{
    uint32_t bits = 1 + kp_below(&g->r, most_bits);

    return 1 + (kp_next(&g->r) & ((UINT64_C(1) << bits) - 1));
}

static void random_walk(uint64_t start, uint32_t most_bits, uint64_t seed)
{
    static struct rig g;

    rig_start(&g, start, seed);
    for (int step = 0; step < 12000; step++) {
        uint32_t e = kp_below(&g.r, N), what = kp_below(&g.r, 10);
        if (what < 5) {
            if (g.m[e].in)
                cut(&g, e);
            uint64_t d = distance(&g, most_bits);
            if (d < UINT64_MAX - 1 - g.now)
                put(&g, e, g.now + d);
        } else if (what < 6) {
            if (g.m[e].in)
                cut(&g, e);
        } else if (what < 8) {
            uint64_t d = distance(&g, most_bits);
            move_on(&g, d < UINT64_MAX - 1 - g.now ? g.now + d : UINT64_MAX - 1);
        } else {
            move_on(&g, UINT64_MAX);
        }
    }
    drain(&g);
}

START_TEST(equals_a_sorted_list)
{
    static const struct { uint64_t start; uint32_t bits; } at[] = {
        { 0, 4 }, { 0, 8 }, { 0, 16 }, { 0, 40 }, { 0, 58 }, { 1000000007, 20 }, { UINT64_C(1) << 62, 30 },
        { (UINT64_C(1) << 63) - 5, 12 }, { UINT64_MAX - 100000, 20 }
    };

    random_walk(at[_i].start, at[_i].bits, 11 + (uint64_t)_i);
    random_walk(at[_i].start, at[_i].bits, 1011 + (uint64_t)_i);
}
END_TEST

START_TEST(one_time_is_first_in_first_out)
{
    static struct rig g;

    for (int far = 0; far < 63; far++) {      /* put from different distances, so at different levels */
        rig_start(&g, 0, 3);
        uint64_t t = UINT64_C(1) << far;
        for (uint32_t e = 0; e < 40; e++) {
            put(&g, (e * 7) % 40, t);
            if (e % 8 == 7 && t > 2)
                move_on(&g, g.now + (t - g.now) / 2);
        }
        ck_assert_uint_eq(move_on(&g, t), t);
        ck_assert_uint_eq(g.w.levels, 0);
    }
}
END_TEST

START_TEST(a_limit_leaves_room_before_the_next_event)
{
    static struct rig g;

    rig_start(&g, 0, 5);
    put(&g, 0, 100);
    ck_assert_uint_eq(move_on(&g, 70), UINT64_MAX);   /* enters the slot 64 .. 127 and not more */
    put(&g, 1, 80);
    put(&g, 2, 71);
    ck_assert_uint_eq(move_on(&g, UINT64_MAX), 71);
    ck_assert_uint_eq(move_on(&g, 79), UINT64_MAX);
    ck_assert_uint_eq(move_on(&g, 80), 80);
    ck_assert_uint_eq(move_on(&g, 99), UINT64_MAX);
    ck_assert_uint_eq(move_on(&g, UINT64_MAX), 100);
    put(&g, 3, UINT64_C(1) << 63);
    ck_assert_uint_eq(move_on(&g, (UINT64_C(1) << 63) - 1), UINT64_MAX);
    put(&g, 4, UINT64_C(1) << 63);
    ck_assert_uint_eq(move_on(&g, UINT64_MAX), UINT64_C(1) << 63);
    put(&g, 5, UINT64_MAX - 1);
    ck_assert_uint_eq(move_on(&g, UINT64_MAX), UINT64_MAX - 1);
}
END_TEST

START_TEST(cuts_leave_nothing)
{
    static struct rig g;

    rig_start(&g, 17, 9);
    for (int round = 0; round < 100; round++) {
        uint32_t order[N];
        for (uint32_t e = 0; e < N; e++) {
            put(&g, e, g.now + distance(&g, 60));
            order[e] = e;
        }
        for (uint32_t i = N; i-- > 0;) {
            uint32_t k = kp_below(&g.r, i + 1), e = order[k];
            order[k] = order[i];
            cut(&g, e);
        }
        ck_assert_uint_eq(g.w.levels, 0);
        for (int i = 0; i < LEVELS; i++)
            ck_assert_uint_eq(g.w.taken[i], 0);
        ck_assert_uint_eq(wheel_next(&g.w, g.ev, UINT64_MAX), UINT64_MAX);
    }
}
END_TEST

/* A short timer goes round a million times before 100 000 far ones: a look at these each time would take minutes. */
START_TEST(far_ones_cost_nothing)
{
    static struct wheel w;
    static struct ev ev[100001];
    const uint64_t far = UINT64_C(1) << 50;

    wheel_init(&w);
    for (uint32_t e = 1; e <= 100000; e++)
        wheel_put(&w, ev, e, 0, far + 1 + e / 20000);
    for (uint64_t now = 0; now < 2000000000; now += 2000) {
        KP_HOLDS(wheel_next(&w, ev, now) > now, "something at %llu", (unsigned long long)now);
        wheel_put(&w, ev, 0, now, now + 1500);
        KP_HOLDS(wheel_next(&w, ev, now + 1500) == now + 1500, "not the short one at %llu", (unsigned long long)now);
        KP_HOLDS(wheel_pop(&w, ev, now + 1500) == 0 && wheel_pop(&w, ev, now + 1500) == NONE, "another one at %llu", (unsigned long long)now);
    }
    ck_assert_uint_eq(wheel_next(&w, ev, UINT64_MAX), far + 1);
}
END_TEST

Suite *suite_wheel(void);
Suite *suite_wheel(void)
{
    Suite *s = suite_create("wheel");
    TCase *c = tcase_create("wheel");

    tcase_add_loop_test(c, equals_a_sorted_list, 0, 9);
    tcase_add_test(c, one_time_is_first_in_first_out);
    tcase_add_test(c, a_limit_leaves_room_before_the_next_event);
    tcase_add_test(c, cuts_leave_nothing);
    tcase_add_test(c, far_ones_cost_nothing);
    suite_add_tcase(s, c);
    return s;
}
