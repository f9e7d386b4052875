/* test_join_part.c - the part join.c: sums added along a chain: any chains and paces against plain sums, what is waited for, roles by layer, refusals. */
#include "components/join.h"
#include "tests/rigs/parts_rig.h"

static struct rig r;
enum { MOST = 5, ITEMS = 12 };

/* A chain of `n` joins c0 .. with sources g0 ..; the last one's y goes to k. */
static size_t chain(char *to, size_t room, struct kp_rng *g, uint32_t n, uint32_t lanes)
{
    size_t at = 0;

    for (uint32_t i = 0; i < n; i++) {
        at += (size_t)snprintf(to + at, room - at, "part g%u give; set g%u limit %d; set g%u seed %u; set g%u chance %u; part c%u join; set c%u lanes %u;"
                               "wire g%u.x c%u.x d%u; part k%u take; wire c%u.y k%u.x d2;", i, i, ITEMS, i, 40 + i, i, 20 + kp_below(g, 81), i, i, lanes, i, i,
                               1 + kp_below(g, 2), i, i, i);
        if (i)
            at += (size_t)snprintf(to + at, room - at, "wire c%u.below c%u.above d%u;", i - 1, i, 1 + kp_below(g, 2));
    }
    return at;
}

START_TEST(any_chain)
{
    struct kp_rng g = { 5u + (uint64_t)_i };
    static struct bl_join_role role[MOST];
    static const char *const names[] = { "c0", "c1", "c2", "c3", "c4" }, *const sinks[] = { "k0", "k1", "k2", "k3", "k4" };
    const uint32_t n = 1 + kp_below(&g, MOST), lanes = 1 + kp_below(&g, 70);
    char script[6000];
    uint32_t from = 0;

    chain(script, sizeof script, &g, n, lanes);
    rig_begin(&r, "%s", script);
    for (uint32_t i = 0; i < n; i++) {          /* several chains one behind the other */
        role[i] = (struct bl_join_role){ i == 0 || role[i - 1].last, i + 1 == n || kp_below(&g, 3) == 0 };
        rig_supply(&r, names[i], "role", &role[i], sizeof *role);
    }
    rig_ticks(&r, 600);
    for (uint32_t i = 0; i < n; i++) {
        from = role[i].first ? i : from;
        ck_assert_uint_eq(rig_count(&r, sinks[i]), role[i].last ? ITEMS : 0);
        for (uint64_t k = 0; role[i].last && k < ITEMS; k++)
            for (uint32_t l = 0; l < lanes; l++) {
                uint32_t want = 0;
                for (uint32_t c = from; c <= i; c++)
                    want += (uint32_t)rig_random(40 + c, k, l, 32);
                KP_HOLDS((uint32_t)rig_item(&r, sinks[i], k)[l] == want, "%s, item %llu, lane %u\n%s", sinks[i], (unsigned long long)k, l, r.script);
            }
        ck_assert_uint_eq(rig_peek(&r, "%s.add", names[i]), role[i].first ? 0 : ITEMS * lanes);
        ck_assert_uint_eq(rig_peek(&r, "%s.item", names[i]), ITEMS);
    }
    rig_end(&r);
}
END_TEST

/* Latency 1: taken in tick 1, seen in 2; each hop one more. Without a table it is a chain of its own. */
START_TEST(latency)
{
    static const struct bl_join_role first = { 1, 0 }, last = { 0, 1 };

    rig_begin(&r, "part a give; set a limit 3; part b give; set b limit 3; part c join; set c lanes 2; part d join; set d lanes 2; part j join; set j lanes 2; part k take;"
              "part l take; part m give; set m limit 3; part z take; wire m.x j.x d2; wire j.y l.x d2; wire a.x c.x d2; wire b.x d.x d2; wire c.below d.above d2;"
              "wire d.y k.x d2; wire c.y z.x d2");
    rig_supply(&r, "c", "role", &first, sizeof first);
    rig_supply(&r, "d", "role", &last, sizeof last);
    rig_ticks(&r, 30);
    for (uint64_t i = 0; i < 3; i++) {
        ck_assert_uint_eq(rig_edge(&r, "l", i), 2 + i);
        ck_assert_uint_eq(rig_edge(&r, "k", i), 3 + i);
    }
    rig_end(&r);
}
END_TEST

/* What stands still, and where: its own sums, those from above, room below and behind. */
static const struct { const char *set, *port; uint64_t least; } waits[] = {
    { "set b first 20", "x", 19 }, { "set a first 20", "above", 19 }, { "set k first 30", "y", 20 }
};

START_TEST(waiting)
{
    static const struct bl_join_role first = { 1, 0 }, last = { 0, 1 };

    rig_begin(&r, "part a give; set a limit 9; part b give; set b limit 9; part c join; set c lanes 2; part d join; set d lanes 2; part k take; part z take;"
              "wire a.x c.x d2; wire b.x d.x d2; wire c.below d.above d2; wire d.y k.x d2; wire c.y z.x d2; %s", waits[_i].set);
    rig_supply(&r, "c", "role", &first, sizeof first);
    rig_supply(&r, "d", "role", &last, sizeof last);
    rig_ticks(&r, 80);
    ck_assert_uint_eq(rig_count(&r, "k"), 9);
    ck_assert_uint_ge(rig_waited(&r, "d", waits[_i].port, 0), waits[_i].least);
    if (_i == 2)
        ck_assert_uint_ge(rig_waited(&r, "c", "below", 0), 10);
    rig_end(&r);
}
END_TEST

/* The word `layer` chooses the row; there is one for each. */
START_TEST(by_layer)
{
    static const struct bl_join_role role[] = { { 1, 1 }, { 0, 1 } };
    static const uint64_t at[] = { 0, 8, 15 }, layers[] = { 0, 1, 2 };

    rig_begin(&r, "part a give; set a limit 2; set a first 9; part b give; set b limit %d; set b every 6; part d join; set d lanes 2; part k take; part p put;"
              "wire a.x d.above d2; wire b.x d.x d2; wire d.y k.x d2; wire p.q d.layer", 3 + _i);
    rig_items(&r, "p", layers, 3);
    rig_supply(&r, "p", "at", at, sizeof at);
    rig_supply(&r, "d", "role", role, sizeof role);
    rig_run(&r, 40 * RIG_PERIOD);
    if (_i) {
        ck_assert_int_eq(r.end, BL_END_FAILED);
        ck_assert_msg(strstr(r.told.text, "layer 2; role has 2 rows") != NULL, "%s", r.told.text);
    } else {
        ck_assert_uint_eq(rig_count(&r, "k"), 3);
        ck_assert_uint_eq(rig_peek(&r, "d.add"), 2);
    }
    rig_end(&r);
}
END_TEST

static const struct { struct bl_join_role role; const char *script, *text; } refusals[] = {
    { { 0, 1 }, "part a give; part d join; set d lanes 2; part k take; wire a.x d.x d2; wire d.y k.x d2",
      "f:3: d: role 0 is not the first of its chain, and above is not wired" },
    { { 1, 0 }, "part a give; part d join; set d lanes 2; part k take; wire a.x d.x d2; wire d.y k.x d2",
      "f:3: d: role 0 is not the last of its chain, and below is not wired" },
    { { 1, 1 }, "part a give; part d join; set d lanes 2; part k take; part t give; set t lanes 2; set t bits 8; wire a.x d.x d2; wire d.y k.x d2; wire t.x d.x_tag d2",
      "f:3: d: x_tag is wired and y_tag is not; a tag comes in and goes out beside its data, so wire both or none" },
};

START_TEST(refused)
{
    rig_begin(&r, "%s", refusals[_i].script);
    rig_supply(&r, "d", "role", &refusals[_i].role, sizeof refusals[_i].role);
    rig_refuses(&r, refusals[_i].text);
}
END_TEST

Suite *suite_join_part(void);
Suite *suite_join_part(void)
{
    Suite *s = suite_create("join_part");
    TCase *tc = tcase_create("all");

    tcase_add_loop_test(tc, any_chain, 0, 40);
    tcase_add_test(tc, latency);
    tcase_add_loop_test(tc, waiting, 0, (int)(sizeof waits / sizeof *waits));
    tcase_add_loop_test(tc, by_layer, 0, 2);
    tcase_add_loop_test(tc, refused, 0, (int)(sizeof refusals / sizeof *refusals));
    suite_add_tcase(s, tc);
    return s;
}
