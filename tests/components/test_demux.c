/* test_demux.c - one way into several, by a link, a lane of the tag, a lane of the item, or to all: any sizes and paces; waits; refusals. */
#include "tests/rigs/memory_rig.h"

static struct rig r;
static struct mem_items item, tag, sel;

enum { MOST = 9, SEL = 0, TAG, LANE, ALL };
static const char *const by[] = { "sel", "tag", "lane", "all" };

/* Items whose lane `lane`, tags whose lane 1 and links whose item is the way; which of them counts depends on `by`. */
static void make_items(struct kp_rng *g, uint32_t n, uint32_t lanes, uint32_t bits, uint32_t lane, uint32_t ways)
{
    item.n = tag.n = sel.n = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint64_t *x = mem_item(&item, rig_words(lanes, bits)), *y = mem_item(&tag, 3);
        for (uint32_t w = 0; w < rig_words(lanes, bits); w++)
            x[w] = rig_random(8, i, w, bits);
        for (uint32_t w = 0; w < 3; w++)
            y[w] = rig_random(9, i, w, 8);
        if (bits <= 64)
            x[lane] = kp_below(g, ways < 1u << (bits < 31 ? bits : 31) ? ways : 1u << bits);
        y[1] = kp_below(g, ways);
        *mem_item(&sel, 1) = kp_below(g, ways);
    }
}

START_TEST(each_its_way)
{
    struct kp_rng g = { 3u + (uint64_t)_i };
    const int how = _i % 4;
    const uint32_t ways = 1 + kp_below(&g, MOST), n = 60, lanes = mem_some_lanes(&g), bits = mem_some_bits(how == LANE ? _i % 33 : _i),
                   lane = how == LANE ? kp_below(&g, lanes) : how == TAG ? 1 : 0, words = rig_words(lanes, bits);
    const bool tagged = how == TAG || kp_below(&g, 2);
    char script[8000];
    uint64_t next[MOST] = { 0 }, given = 0;
    int at = snprintf(script, sizeof script, "part m demux; set m ways %u; set m by %s; set m lane %u; set m lanes %u; set m bits %u; part g give;"
                      "set g chance %u; wire g.x m.in d%u; %s %s", ways, by[how], lane, lanes, bits, 30 + kp_below(&g, 71), 1 + kp_below(&g, 3),
                      tagged ? "set m tag 3; part t give; set t chance 70; wire t.x m.in_tag d2;" : "",
                      how == SEL ? "part s give; set s chance 70; wire s.x m.sel d2;" : "");

    for (uint32_t k = 0; k < ways; k++) {
        at += snprintf(script + at, sizeof script - (size_t)at, "part k%u take; set k%u chance %u; wire m.out[%u] k%u.x d%u;", k, k, 20 + kp_below(&g, 81), k, k,
                       1 + kp_below(&g, 3));
        if (tagged)
            at += snprintf(script + at, sizeof script - (size_t)at, "part q%u take; set q%u chance 60; wire m.out_tag[%u] q%u.x d2;", k, k, k, k);
    }
    make_items(&g, n, lanes, bits, lane, ways);
    rig_begin(&r, "%s", script);
    rig_items(&r, "g", item.word, item.n);
    if (tagged)
        rig_items(&r, "t", tag.word, tag.n);
    if (how == SEL)
        rig_items(&r, "s", sel.word, sel.n);
    rig_ticks(&r, 2000);
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = 0; k < ways; k++) {
            char name[16];
            if (how != ALL && k != (how == SEL ? sel.word[i] : how == TAG ? tag.word[3 * i + 1] : item.word[(size_t)words * i + lane]))
                continue;
            snprintf(name, sizeof name, "k%u", k);
            ck_assert_mem_eq(rig_item(&r, name, next[k]), item.word + (size_t)words * i, words * sizeof *item.word);
            snprintf(name, sizeof name, "q%u", k);
            if (tagged)
                ck_assert_mem_eq(rig_item(&r, name, next[k]), tag.word + 3 * i, 3 * sizeof *tag.word);
            next[k]++;
            given++;
        }
    for (uint32_t k = 0; k < ways; k++)
        ck_assert_uint_eq(rig_peek(&r, "k%u.n", k), next[k]);
    ck_assert_uint_eq(rig_peek(&r, "m.item"), n);
    ck_assert_uint_eq(rig_peek(&r, "m.copy"), given);
    rig_end(&r);
}
END_TEST

#define PAIR "part g give; set g limit 10; set g lanes 3; set g bits 8; part m demux; part a take; part b take; wire g.x m.in d2;" \
             "wire m.out[0] a.x d2; wire m.out[1] b.x d2;"

/* Taken and given in one tick, one a tick; a copy leaves only when all have room. */
START_TEST(one_a_tick)
{
    rig_begin(&r, PAIR "set m by all; set b first 20");
    rig_ticks(&r, 40);
    ck_assert_uint_eq(rig_edge(&r, "a", 0), 2);
    ck_assert_uint_eq(rig_edge(&r, "a", 1), 3);
    ck_assert_uint_eq(rig_edge(&r, "a", 2), 22);
    ck_assert_uint_eq(rig_last_edge(&r, "a"), 29);
    ck_assert_uint_eq(rig_last_edge(&r, "b"), 29);
    ck_assert_uint_eq(rig_waited(&r, "m", "out", 1), 21 - 3);
    ck_assert_uint_eq(rig_waited(&r, "m", "out", 0), 0);
    ck_assert_uint_eq(rig_spent(&r, "m", "busy"), 10);
    rig_end(&r);
}
END_TEST

static const struct { const char *late, *port; uint32_t index; uint64_t ticks; } waits[] = {
    { "set g first 30", "in", 0, 31 + 3 }, { "set t first 30", "in_tag", 0, 30 }, { "set s first 30", "sel", 0, 30 }, { "set b first 30", "out", 1, 28 },
    { "set q first 30", "out_tag", 0, 26 }
};
static const uint64_t ones_and_zeros[] = { 1, 1, 1, 0, 0 };

START_TEST(waiting)
{
    rig_begin(&r, PAIR "set g limit 5; part s give; wire s.x m.sel d2; part t give; set t limit 5; set t lanes 2; set t bits 8; wire t.x m.in_tag d2; part q take;"
              "part u take; wire m.out_tag[0] q.x d1; wire m.out_tag[1] u.x d2; %s", waits[_i].late);
    rig_items(&r, "s", ones_and_zeros, 5);
    rig_ticks(&r, 40);
    ck_assert_uint_eq(rig_waited(&r, "m", waits[_i].port, waits[_i].index), waits[_i].ticks);
    rig_end(&r);
}
END_TEST

START_TEST(no_such_way)
{
    static const uint64_t wrong[] = { 0, 2, 1 };

    rig_begin(&r, PAIR "part s give; wire s.x m.sel d4");
    rig_items(&r, "s", wrong, 3);
    rig_run(&r, 20 * RIG_PERIOD);
    ck_assert_int_eq(r.end, BL_END_FAILED);
    ck_assert_str_eq(r.told.text, "m, at 2 ps: an item is for way 2; expected 0 .. 1 (ways)");
    rig_end(&r);
}
END_TEST

static const struct { const char *script, *text; } refusals[] = {
    { PAIR, "f:6: m: by is sel and nothing is wired to sel; wire it, or set by to tag, lane or all" },
    { PAIR "set m by lane; part s give; wire s.x m.sel d1", "f:6: m: sel is wired and by is not sel; set by to sel, or leave sel open" },
    { PAIR "set m by lane; set m lane 3", "f:6: m: lane is 3; in has 3 lanes, so expected 0 .. 2" },
    { PAIR "set m by tag", "f:6: m: by is tag and nothing is wired to in_tag; wire it, or set by to sel, lane or all" },
    { PAIR "set m by tag; set m lane 2; part t give; set t lanes 2; set t bits 8; wire t.x m.in_tag d1; part q take; part u take; wire m.out_tag[0] q.x d1;"
      "wire m.out_tag[1] u.x d1", "f:6: m: lane is 2; in_tag has 2 lanes, so expected 0 .. 1" },
    { PAIR "set m by all; part t give; set t lanes 2; set t bits 8; wire t.x m.in_tag d1; part q take; wire m.out_tag[0] q.x d1", "f:6: m: in_tag is wired and out_tag[1] is not; a tag comes in and goes out beside its data, so wire both or none" },
    { PAIR "set m by lane; set g bits 65", "f:6: m: by is lane and in has 65 bits a lane; expected at most 64, or by: tag" },
};

/* A lane of 64 bits names a way, too. */
START_TEST(widest_lane)
{
    static const uint64_t items[] = { 1, 7, 7, 0, 7, 7 };

    rig_begin(&r, PAIR "set m by lane; set g bits 64");
    rig_items(&r, "g", items, 6);
    rig_ticks(&r, 10);
    ck_assert_uint_eq(rig_count(&r, "a"), 1);
    ck_assert_uint_eq(rig_count(&r, "b"), 1);
    ck_assert_uint_eq(rig_item(&r, "b", 0)[0], 1);
    rig_end(&r);
}
END_TEST

START_TEST(refused)
{
    rig_begin(&r, "%s", refusals[_i].script);
    rig_refuses(&r, refusals[_i].text);
}
END_TEST

Suite *suite_demux(void);
Suite *suite_demux(void)
{
    Suite *s = suite_create("demux");
    TCase *tc = tcase_create("all");

    tcase_add_loop_test(tc, each_its_way, 0, 44);
    tcase_add_test(tc, widest_lane);
    tcase_add_test(tc, one_a_tick);
    tcase_add_loop_test(tc, waiting, 0, (int)(sizeof waits / sizeof *waits));
    tcase_add_test(tc, no_such_way);
    tcase_add_loop_test(tc, refused, 0, (int)(sizeof refusals / sizeof *refusals));
    suite_add_tcase(s, tc);
    return s;
}
