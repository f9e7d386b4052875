/* test_bus.c - half-duplex wires to several targets: who gets what, one word a tick either way, replies first, kinds without data; refusals. */
#include "tests/rigs/memory_rig.h"

static struct rig r;
static struct mem_items req;

/* Requests of four kinds for three targets; kind 2 carries no data. */
#define BUS "part g give; part b bus; set b targets 3; set b map [0, 1, 1, 2]; set b bare 2; set b lanes %u; part k0 take; part k1 take; part k2 take;" \
            "set k1 keep 300; wire g.x b.req d2; wire b.to[0] k0.x d2; wire b.to[1] k1.x d2; wire b.to[2] k2.x d2;"
#define REPLIES "part h give; set h lanes 3; set h bits %u; part d take; wire h.x b.reply d2; wire b.data d.x d2;"
static const uint32_t target[] = { 0, 1, 1, 2 };

/* Everything arrives where it must, in order, at every width of replies; never two words in a tick. */
START_TEST(any_traffic)
{
    struct kp_rng g = { 40u + (uint64_t)_i };
    const uint32_t lanes = 1 + kp_below(&g, 9), n = 100, bits = mem_some_bits(_i % 35), replies = 60;
    uint64_t next[3] = { 0 }, words = 0;
    static const char *const name[] = { "k0", "k1", "k2" };

    req.n = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint64_t *x = mem_item(&req, lanes);
        x[0] = kp_below(&g, 4);
        for (uint32_t w = 1; w < lanes; w++)
            x[w] = kp_next(&g);
        words += x[0] != 2;
    }
    rig_begin(&r, BUS REPLIES "set g chance %u; set h chance %u; set h limit %u; set k0 chance %u; set k1 chance %u; set d chance %u", lanes, bits,
              30 + kp_below(&g, 71), 30 + kp_below(&g, 71), replies, 30 + kp_below(&g, 71), 30 + kp_below(&g, 71), 30 + kp_below(&g, 71));
    rig_items(&r, "g", req.word, req.n);
    rig_ticks(&r, 1200);
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t k = target[req.word[(size_t)i * lanes]];
        ck_assert_mem_eq(rig_item(&r, name[k], next[k]++), req.word + (size_t)i * lanes, lanes * sizeof *req.word);
    }
    for (uint32_t k = 0; k < 3; k++)
        ck_assert_uint_eq(rig_count(&r, name[k]), next[k]);
    ck_assert_uint_eq(rig_count(&r, "d"), replies);
    for (uint32_t i = 0; i < replies; i++)
        mem_is_random(&r, "d", i, 1, i);
    ck_assert_uint_eq(rig_peek(&r, "b.word"), words + replies);
    ck_assert_uint_le(rig_peek(&r, "b.word"), rig_spent(&r, "b", "busy"));          /* never two in a tick */
    rig_end(&r);
}
END_TEST

/* Ten requests and five replies, all there: replies go first, so data waits for the wires; an address without data does not. */
static const struct { uint64_t kind, first, last, busy; } shares[] = { { 0, 7, 16, 15 }, { 2, 2, 11, 10 } };

START_TEST(one_word_a_tick)
{
    req.n = 0;
    for (int i = 0; i < 10; i++)
        mem_item(&req, 3)[0] = shares[_i].kind;
    rig_begin(&r, BUS REPLIES "set h limit 5", 3u, 32u);
    rig_items(&r, "g", req.word, req.n);
    rig_ticks(&r, 30);
    const char *k = target[shares[_i].kind] ? "k1" : "k0";
    for (uint64_t i = 0; i < 5; i++)
        ck_assert_uint_eq(rig_edge(&r, "d", i), i + 2);
    ck_assert_uint_eq(rig_edge(&r, k, 0), shares[_i].first);
    ck_assert_uint_eq(rig_last_edge(&r, k), shares[_i].last);
    ck_assert_uint_eq(rig_spent(&r, "b", "busy"), shares[_i].busy);
    rig_end(&r);
}
END_TEST

/* A target without room holds up what is behind it, and no reply; a reply without room holds up no request. */
START_TEST(full)
{
    req.n = 0;
    for (int i = 0; i < 10; i++)
        mem_item(&req, 3)[0] = 1;
    rig_begin(&r, BUS REPLIES "set h limit 5; set %s first 30", 3u, 32u, _i ? "d" : "k1");
    rig_items(&r, "g", req.word, req.n);
    rig_ticks(&r, 60);
    ck_assert_uint_eq(rig_last_edge(&r, _i ? "k1" : "d"), _i ? 13 : 6);
    ck_assert_uint_eq(rig_waited(&r, "b", "to", 1), _i ? 0 : 31 - 8);
    ck_assert_uint_eq(rig_waited(&r, "b", "data", 0), _i ? 31 - 13 : 0);
    ck_assert_uint_eq(rig_count(&r, "k1"), 10);
    ck_assert_uint_eq(rig_count(&r, "d"), 5);
    rig_end(&r);
}
END_TEST

START_TEST(no_such_kind)
{
    req.n = 0;
    mem_item(&req, 3)[0] = 4;
    rig_begin(&r, BUS, 3u);
    rig_items(&r, "g", req.word, req.n);
    rig_run(&r, 20 * RIG_PERIOD);
    ck_assert_int_eq(r.end, BL_END_FAILED);
    ck_assert_str_eq(r.told.text, "b, at 1 ps: a request is of kind 4; map has 4 kinds, so expected 0 .. 3");
    rig_end(&r);
}
END_TEST

#define TINY "part g give; part b bus; set b lanes 3; part k take; wire g.x b.req d1; wire b.to[0] k.x d1;"
static const struct { const char *script, *text; } refusals[] = {
    { TINY "set b map [0, 1]", "f:3: b: map sends kind 1 to target 1; expected 0 .. 0, or set targets to 2" },
    { TINY "part d take; set b reply_lanes 1; set b reply_bits 8; wire b.data d.x d1", "f:3: b: of reply and data only one is wired; replies that come in go out, so wire both or none" },
    { TINY "set b targets 2", "f:3: b.to[1] is a push end and nothing is wired to it (requests, to each target)" },
    { TINY "set b bare 2", "f:3: b: bare is kind 2; map has 2 kinds, so expected -1 .. 1" },
};

START_TEST(refused)
{
    rig_begin(&r, "%s", refusals[_i].script);
    rig_refuses(&r, refusals[_i].text);
}
END_TEST

Suite *suite_bus(void);
Suite *suite_bus(void)
{
    Suite *s = suite_create("bus");
    TCase *tc = tcase_create("all");

    tcase_add_loop_test(tc, any_traffic, 0, 35);
    tcase_add_loop_test(tc, one_word_a_tick, 0, 2);
    tcase_add_loop_test(tc, full, 0, 2);
    tcase_add_test(tc, no_such_kind);
    tcase_add_loop_test(tc, refused, 0, (int)(sizeof refusals / sizeof *refusals));
    suite_add_tcase(s, tc);
    return s;
}
