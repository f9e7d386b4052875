/* test_arbiter.c - several clients, one way out: the three policies against a plain model, the order of three full clients, waits, tags. */
#include "tests/rigs/memory_rig.h"

static struct rig r;
static const char *const policies[] = { "fixed", "rr", "oldest" };

/* Three clients with four items each, all there from the beginning. */
static const struct { const char *order; uint64_t wait; } full[] = { { "000011112222", 12 }, { "012012012012", 21 }, { "012012012012", 21 } };

START_TEST(three_full_clients)
{
    rig_begin(&r, "part a give; part b give; part c give; set a limit 4; set b limit 4; set c limit 4; set a lanes 2; set a bits 9; part m arbiter;"
              "set m clients 3; set m policy %s; part k take; part w take; wire a.x m.in[0] d2; wire b.x m.in[1] d2; wire c.x m.in[2] d2;"
              "wire m.out k.x d2; wire m.who w.x d2", policies[_i]);
    rig_ticks(&r, 20);
    for (uint64_t i = 0; i < 12; i++)
        ck_assert_int_eq((int)rig_item(&r, "w", i)[0], full[_i].order[i] - '0');
    ck_assert_uint_eq(rig_last_edge(&r, "k"), 13);
    ck_assert_uint_eq(rig_peek(&r, "m.wait"), full[_i].wait);
    ck_assert_uint_eq(rig_peek(&r, "m.grant"), 12);
    ck_assert_uint_eq(rig_spent(&r, "m", "busy"), 12);
    rig_end(&r);
}
END_TEST

/* Heads that came in the order 2, 0, 1 while the way out was closed. */
START_TEST(who_came_first)
{
    static const char *const order[] = { "012", "012", "201" };

    rig_begin(&r, "part a give; part b give; part c give; set a limit 1; set b limit 1; set c limit 1; set a first 4; set b first 6; set c first 2;"
              "set a lanes 1; set a bits 8; part z give; set z limit 1; part m arbiter; set m clients 4; set m policy %s; part k take; part w take;"
              "set k first 12; wire a.x m.in[0] d2; wire b.x m.in[1] d2; wire c.x m.in[2] d2; wire z.x m.in[3] d2; wire m.out k.x d1;"
              "wire m.who w.x d4", policies[_i]);
    rig_ticks(&r, 30);
    ck_assert_uint_eq(rig_item(&r, "w", 0)[0], 3);
    for (uint64_t i = 0; i < 3; i++)
        ck_assert_int_eq((int)rig_item(&r, "w", i + 1)[0], order[_i][i] - '0');
    ck_assert_uint_eq(rig_spent(&r, "m", "out_full"), 13 - 3 + 2);   /* from tick 3 to the first room in 13; depth 1 gives one in two ticks */
    rig_end(&r);
}
END_TEST

/* ---- any clients, widths and paces: every grant in the tick and of the client that a plain model says ---- */

enum { MOST = 13, ITEMS = 20 };
struct model { struct mem_link in[MOST], out; uint32_t n, turn; int policy; uint64_t since[MOST], wait, grants; uint8_t who[MOST * ITEMS]; };

static void model_grant(struct model *m, uint64_t now)
{
    uint32_t best = m->n;

    for (uint32_t k = 0; k < m->n; k++)
        if (mem_avail(&m->in[k]) && !m->since[k])
            m->since[k] = now + 1;
    for (uint32_t i = 0; i < m->n; i++) {
        const uint32_t k = m->policy == 1 ? (m->turn + i) % m->n : i;
        if (m->since[k] && (best == m->n || (m->policy == 2 && m->since[k] < m->since[best])))
            best = k;
    }
    if (best == m->n || !mem_room(&m->out))
        return;
    m->in[best].popped++;
    m->out.pushed++;
    m->wait += now + 1 - m->since[best];
    m->since[best] = 0;
    m->turn = (best + 1) % m->n;
    m->who[m->grants++] = (uint8_t)best;
}

START_TEST(as_the_model)
{
    struct kp_rng g = { 77u + (uint64_t)_i };
    struct model m = { .n = 1 + kp_below(&g, MOST), .policy = _i % 3, .out.depth = 1 + kp_below(&g, 3) };
    int64_t chance[MOST], takes = 30 + kp_below(&g, 71);
    char script[6000];
    int at = snprintf(script, sizeof script, "part m arbiter; set m clients %u; set m policy %s; set m lanes %u; set m bits %u; part k take; set k keep 300;"
                      "set k chance %d; part w take; set w keep 300; wire m.out k.x d%u; wire m.who w.x d64;", m.n, policies[m.policy], mem_some_lanes(&g),
                      mem_some_bits(_i), (int)takes, m.out.depth);

    for (uint32_t k = 0; k < m.n; k++) {
        m.in[k].depth = 1 + kp_below(&g, 3);
        chance[k] = 3 + kp_below(&g, 60);
        at += snprintf(script + at, sizeof script - (size_t)at, "part g%u give; set g%u limit %d; set g%u chance %d; set g%u seed %u; wire g%u.x m.in[%u] d%u;",
                       k, k, ITEMS, k, (int)chance[k], k, 100 + k, k, k, m.in[k].depth);
    }
    rig_begin(&r, "%s", script);
    rig_ticks(&r, 2500);
    uint64_t taken = 0, next[MOST] = { 0 };
    for (uint64_t now = 0; now < 2500; now++) {
        if (mem_take(&m.out, 2, now, takes))
            ck_assert_uint_eq(rig_edge(&r, "k", taken++), now);
        model_grant(&m, now);
        for (uint32_t k = 0; k < m.n; k++) {
            mem_give(&m.in[k], ITEMS, 100 + k, now, chance[k]);
            mem_edge(&m.in[k]);
        }
        mem_edge(&m.out);
    }
    ck_assert_uint_eq(taken, m.n * ITEMS);
    ck_assert_uint_eq(rig_count(&r, "k"), taken);
    ck_assert_uint_eq(rig_peek(&r, "m.wait"), m.wait);
    for (uint64_t i = 0; i < taken; i++) {
        ck_assert_uint_eq(rig_item(&r, "w", i)[0], m.who[i]);
        mem_is_random(&r, "k", i, 100u + m.who[i], next[m.who[i]]++);
    }
    rig_end(&r);
}
END_TEST

/* ---- what is waited for ---- */

#define TWO "part a give; part b give; set a limit %d; set b limit %d; set a lanes 1; set a bits 8; part m arbiter; set m policy rr; part k take;" \
            "wire a.x m.in[0] d2; wire b.x m.in[1] d2; wire m.out k.x d2;"

/* Nobody has anything: the client whose turn is next is waited for. */
START_TEST(waits_for_the_next_in_turn)
{
    rig_begin(&r, TWO, 1, 0);
    rig_ticks(&r, 40);
    ck_assert_uint_eq(rig_waited(&r, "m", "in", 0), 1);
    ck_assert_uint_eq(rig_waited(&r, "m", "in", 1), 38);
    rig_end(&r);
}
END_TEST

/* Each of the three links that a grant needs may be full. */
START_TEST(waits_for_room)
{
    static const char *const late[] = { "k", "kt", "w" }, *const port[] = { "out", "out_tag", "who" };

    rig_begin(&r, TWO "part at give; part bt give; set at limit 9; set bt limit 9; set at lanes 4; set at bits 8; part kt take; part w take;"
              "wire at.x m.in_tag[0] d2; wire bt.x m.in_tag[1] d2; wire m.out_tag kt.x d2; wire m.who w.x d2; set %s first 50", 9, 9, late[_i]);
    rig_ticks(&r, 100);
    for (int i = 0; i < 3; i++)
        ck_assert_uint_eq(rig_waited(&r, "m", port[i], 0), i == _i ? 51 - 3 : 0);
    ck_assert_uint_eq(rig_count(&r, "w"), 18);
    for (uint64_t i = 0; i < 18; i++)
        mem_is_random(&r, "kt", i, 1, i / 2);
    rig_end(&r);
}
END_TEST

/* A head without its tag is no head; the tag is what is waited for. */
START_TEST(waits_for_a_tag)
{
    rig_begin(&r, TWO "part at give; part bt give; set at limit 1; set bt limit 1; set at first 30; set bt first 90; set at lanes 4; set at bits 8; part kt take;"
              "wire at.x m.in_tag[0] d2; wire bt.x m.in_tag[1] d2; wire m.out_tag kt.x d2", 1, 1);
    rig_ticks(&r, 60);
    ck_assert_uint_eq(rig_waited(&r, "m", "in", 0), 1);
    ck_assert_uint_eq(rig_waited(&r, "m", "in_tag", 0), 30);
    ck_assert_uint_eq(rig_waited(&r, "m", "in_tag", 1), 28);
    rig_end(&r);
}
END_TEST

START_TEST(refused)
{
    rig_begin(&r, TWO "part at give; set at lanes 4; set at bits 8; part kt take; wire at.x m.in_tag[0] d2; wire m.out_tag kt.x d2", 1, 1);
    rig_refuses(&r, "f:8: m: out_tag is wired and in_tag[1] is not; a tag comes in and goes out beside its data, so wire both or none");
    rig_begin(&r, TWO "part at give; set at lanes 4; set at bits 8; wire at.x m.in_tag[0] d2", 1, 1);
    rig_refuses(&r, "f:8: m: in_tag[0] is wired and out_tag is not; a tag comes in and goes out beside its data, so wire both or none");
    rig_begin(&r, TWO "set m clients 1025", 1, 1);
    rig_refuses(&r, "f:14: m.clients is 1025; expected 1 .. 1024 (elements of in)");
}
END_TEST

Suite *suite_arbiter(void);
Suite *suite_arbiter(void)
{
    Suite *s = suite_create("arbiter");
    TCase *tc = tcase_create("all");

    tcase_add_loop_test(tc, three_full_clients, 0, 3);
    tcase_add_loop_test(tc, who_came_first, 0, 3);
    tcase_add_loop_test(tc, as_the_model, 0, 40);
    tcase_add_test(tc, waits_for_the_next_in_turn);
    tcase_add_loop_test(tc, waits_for_room, 0, 3);
    tcase_add_test(tc, waits_for_a_tag);
    tcase_add_test(tc, refused);
    suite_add_tcase(s, tc);
    return s;
}
