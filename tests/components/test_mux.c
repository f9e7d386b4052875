/* test_mux.c - several ways into one, in the order that sel says: any order, sizes and paces; what is waited for; a way that is not there. */
#include "tests/rigs/memory_rig.h"

static struct rig r;
static struct mem_items sel;

enum { MOST = 9 };

/* The k-th item that sel names of a way is the k-th of that way, and its tag. */
START_TEST(in_the_order_of_sel)
{
    struct kp_rng g = { 5u + (uint64_t)_i };
    const uint32_t ways = 1 + kp_below(&g, MOST), n = 80;
    const bool tagged = kp_below(&g, 2);
    char script[8000];
    uint64_t next[MOST] = { 0 };
    int at = snprintf(script, sizeof script, "part m mux; set m ways %u; set m lanes %u; set m bits %u; part s give; set s chance %u; part k take;"
                      "set k chance %u; wire s.x m.sel d%u; wire m.out k.x d%u; %s", ways, mem_some_lanes(&g), mem_some_bits(_i), 30 + kp_below(&g, 71),
                      30 + kp_below(&g, 71), 1 + kp_below(&g, 3), 1 + kp_below(&g, 3),
                      tagged ? "set m tag 5; part kt take; set kt chance 80; wire m.out_tag kt.x d2;" : "");

    for (uint32_t k = 0; k < ways; k++) {
        at += snprintf(script + at, sizeof script - (size_t)at, "part g%u give; set g%u limit %u; set g%u chance %u; set g%u seed %u; wire g%u.x m.in[%u] d2;",
                       k, k, n, k, 20 + kp_below(&g, 81), k, 100 + k, k, k);
        if (tagged)
            at += snprintf(script + at, sizeof script - (size_t)at, "part t%u give; set t%u limit %u; set t%u chance 60; set t%u seed %u; wire t%u.x m.in_tag[%u] d2;",
                           k, k, n, k, k, 200 + k, k, k);
    }
    sel.n = 0;
    for (uint32_t i = 0; i < n; i++)
        *mem_item(&sel, 1) = kp_below(&g, ways);
    rig_begin(&r, "%s", script);
    rig_items(&r, "s", sel.word, sel.n);
    rig_ticks(&r, 2000);
    ck_assert_uint_eq(rig_count(&r, "k"), n);
    ck_assert_uint_eq(rig_peek(&r, "m.item"), n);
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t way = (uint32_t)sel.word[i];
        mem_is_random(&r, "k", i, 100 + way, next[way]);
        if (tagged)
            mem_is_random(&r, "kt", i, 200 + way, next[way]);
        next[way]++;
    }
    rig_end(&r);
}
END_TEST

#define PAIR "part a give; part b give; set a limit 10; set b limit 10; set a lanes 1; set a bits 8; part m mux; part s give; part k take;" \
             "wire a.x m.in[0] d2; wire b.x m.in[1] d2; wire s.x m.sel d4; wire m.out k.x d2;"
static const uint64_t turns[] = { 0, 1, 1, 0, 0, 1 };

/* One a tick, taken and given in the same one. */
START_TEST(one_a_tick)
{
    rig_begin(&r, PAIR);
    rig_items(&r, "s", turns, 6);
    rig_ticks(&r, 20);
    for (uint64_t i = 0; i < 6; i++)
        ck_assert_uint_eq(rig_edge(&r, "k", i), i + 2);
    ck_assert_uint_eq(rig_spent(&r, "m", "busy"), 6);
    ck_assert_uint_eq(rig_waited(&r, "m", "sel", 0), 14);
    rig_end(&r);
}
END_TEST

/* The way that sel names is waited for, though the other one has items; then its tag; then room, of the items and of the tags. */
static const struct { const char *late; const char *port; uint32_t index; uint64_t ticks; } waits[] = {
    { "set b first 30", "in", 1, 29 }, { "set u first 30", "in_tag", 1, 29 }, { "set k first 30", "out", 0, 28 }, { "set q first 30", "out_tag", 0, 28 },
    { "set s first 30", "sel", 0, 31 + 3 }
};

START_TEST(waiting)
{
    rig_begin(&r, PAIR "part t give; part u give; set t limit 10; set u limit 10; set t lanes 2; set t bits 8; part q take; wire t.x m.in_tag[0] d2;"
              "wire u.x m.in_tag[1] d2; wire m.out_tag q.x d2; %s", waits[_i].late);
    rig_items(&r, "s", turns, 6);
    rig_ticks(&r, 40);
    ck_assert_uint_eq(rig_waited(&r, "m", waits[_i].port, waits[_i].index), waits[_i].ticks);
    ck_assert_uint_eq(rig_count(&r, "k"), 6);
    rig_end(&r);
}
END_TEST

START_TEST(no_such_way)
{
    static const uint64_t wrong[] = { 0, 2, 1 };

    rig_begin(&r, PAIR);
    rig_items(&r, "s", wrong, 3);
    rig_run(&r, 20 * RIG_PERIOD);
    ck_assert_int_eq(r.end, BL_END_FAILED);
    ck_assert_str_eq(r.told.text, "m, at 2 ps: sel names way 2; expected 0 .. 1 (ways)");
    rig_end(&r);
}
END_TEST

START_TEST(refused)
{
    rig_begin(&r, PAIR "part t give; set t lanes 2; set t bits 8; wire t.x m.in_tag[0] d2");
    rig_refuses(&r, "f:8: m: in_tag[0] is wired and out_tag is not; a tag comes in and goes out beside its data, so wire both or none");
    rig_begin(&r, PAIR "part t give; set t lanes 2; set t bits 8; part q take; wire t.x m.in_tag[0] d2; wire m.out_tag q.x d2");
    rig_refuses(&r, "f:8: m: out_tag is wired and in_tag[1] is not; a tag comes in and goes out beside its data, so wire both or none");
    rig_begin(&r, PAIR "set m ways 3");
    rig_refuses(&r, "f:8: m.in[2] is a pop end and nothing is wired to it (items)");
}
END_TEST

Suite *suite_mux(void);
Suite *suite_mux(void)
{
    Suite *s = suite_create("mux");
    TCase *tc = tcase_create("all");

    tcase_add_loop_test(tc, in_the_order_of_sel, 0, 40);
    tcase_add_test(tc, one_a_tick);
    tcase_add_loop_test(tc, waiting, 0, (int)(sizeof waits / sizeof *waits));
    tcase_add_test(tc, no_such_way);
    tcase_add_test(tc, refused);
    suite_add_tcase(s, tc);
    return s;
}
