/* test_clock.c - clock domains: edges, ticks before commits, naps that change nothing but the work done. */
#include "kernel/kernel.h"
#include "tests/rigs/kp_account.h"
#include "tests/rigs/kp_network.h"

static struct kp_told told;

static struct bl_sim *opened(void) { return bl_open(kp_classes, kp_listen(&told)); }
static void ready(struct bl_sim *s) { ck_assert_msg(bl_elaborate(s) == 0, "%s", told.text); }

static void addf(struct bl_sim *s, const char *cls, const char *clock, const char *path)
{
    ck_assert_msg(bl_add(s, path, cls, clock, NULL) == 0, "%s", told.text);
}

/* ---- edges ---- */

static const struct { uint64_t period, phase, t, edges; } counts[] = {
    { 10, 0, 0, 0 }, { 10, 0, 1, 1 }, { 10, 0, 10, 1 }, { 10, 0, 11, 2 }, { 10, 0, 100, 10 }, { 10, 7, 7, 0 }, { 10, 7, 8, 1 },
    { 10, 7, 17, 1 }, { 10, 7, 18, 2 }, { 10, 25, 25, 0 }, { 10, 25, 26, 1 }, { 1, 0, 5, 5 }, { 3000003, 1, 3000004, 1 },
    { 3000003, 1, 3000005, 2 }, { 1, 0, UINT64_MAX - 1, UINT64_MAX - 1 }, { UINT64_MAX, 0, UINT64_MAX - 1, 1 },
};

START_TEST(cycles_are_edges_before)
{
    struct domain_state st = { .before = 0 };
    struct domain d = { .period = counts[_i].period, .phase = counts[_i].phase, .st = &st };

    ck_assert_uint_eq(edges_before(&d, counts[_i].t), counts[_i].edges);
    if (counts[_i].t > UINT64_MAX - 700)
        return;
    st = (struct domain_state){ .since = 700, .before = 3 };           /* after a restart */
    ck_assert_uint_eq(edges_before(&d, 700 + counts[_i].t), counts[_i].edges);
    ck_assert_uint_eq(edges_of_all(&d, 700 + counts[_i].t), 3 + counts[_i].edges);
}
END_TEST

START_TEST(cycles_of_a_run)
{
    struct bl_sim *s = opened();
    struct bl_clock_row row;
    struct bl_part_row part;

    kp_ok(bl_clock(s, "c", 2000000, 500000, NULL));
    addf(s, "put", "c", "p");
    ready(s);
    for (uint64_t t = 0; t < 20000000; t += 250000) {
        bl_run(s, t);
        uint64_t edges = t <= 500000 ? 0 : (t - 500001) / 2000000 + 1;
        bl_clock_at(s, 0, &row);
        bl_part_at(s, 0, &part);
        ck_assert_uint_eq(row.cycles, edges);
        ck_assert_uint_eq(part.elapsed, edges);
        ck_assert(part.in_cycles);
        ck_assert_uint_eq(kp_peek(s, "p.q"), t == 0 ? 0 : edges);
    }
    ck_assert_str_eq(row.name, "c");
    ck_assert_uint_eq(row.period_fs, 2000000);
    ck_assert_uint_eq(row.phase_fs, 500000);
    bl_close(s);
}
END_TEST

/* Two counters read each other through logs; where edges meet each sees the value before the edge. */
static const struct { uint64_t pa, fa, pb, fb; } pairs[] = {
    { 1000, 0, 1000, 0 }, { 2000000, 0, 3000003, 0 }, { 2, 0, 3, 0 }, { 3, 0, 2, 0 }, { 6, 2, 4, 0 }, { 10, 0, 10, 5 }, { 7, 3, 5, 1 }
};

START_TEST(all_tick_before_any_commits)
{
    struct bl_sim *s = opened();
    uint64_t pa = pairs[_i].pa, fa = pairs[_i].fa, pb = pairs[_i].pb, fb = pairs[_i].fb;

    kp_ok(bl_clock(s, "a", pa, fa, NULL));
    kp_ok(bl_clock(s, "b", pb, fb, NULL));
    addf(s, "put", "a", "pa");
    addf(s, "put", "b", "pb");
    addf(s, "log", "a", "la");
    addf(s, "log", "b", "lb");
    kp_ok(bl_wire(s, "pa.q", "lb.d", KP_SYNC(0, 0), NULL));
    kp_ok(bl_wire(s, "pb.q", "la.d", KP_SYNC(0, 0), NULL));
    ready(s);
    bl_run(s, 64 * (pa > pb ? pa : pb) + fa + fb + 1);
    const struct kp_log *la = bl_part_of(s, "la"), *lb = bl_part_of(s, "lb");
    for (uint64_t k = 0; k < 64; k++) {      /* at its edge k a part sees the edges of the other strictly before */
        uint64_t ta = fa + k * pa, tb = fb + k * pb;
        ck_assert_uint_eq(la->at[k], ta <= fb ? 0 : (ta - 1 - fb) / pb + 1);
        ck_assert_uint_eq(lb->at[k], tb <= fa ? 0 : (tb - 1 - fa) / pa + 1);
    }
    bl_close(s);
}
END_TEST

/* wide: a clocked or waiting part that writes all of a word of 40 x 64 bits; seer: adds up what it sees of that word. */
enum { WIDE = 40 };
struct wide { struct bl_part p; bl_out q; uint64_t k; };
static void wide_write(struct wide *t)
{
    t->k++;
    for (uint64_t i = 0; i < WIDE; i++)
        bl_put64(t->q)[i] = t->k * 1000 + i;
}
static bl_verdict wide_tick(void *self) { wide_write(self); return BL_BUSY; }
static bl_verdict wide_run(void *self)
{
    struct wide *t = self;

    BL_BEGIN(t);
    for (;;) {
        AWAIT_TIME(10, BL_IDLE);
        wide_write(t);
    }
    BL_END;
}
struct seer { struct bl_part p; bl_in d; uint64_t sum; };
static bl_verdict seer_tick(void *self)
{
    struct seer *t = self;

    t->sum = 0;
    for (uint64_t i = 0; i < WIDE; i++)
        t->sum += bl_get64(t->d)[i];
    return BL_BUSY;
}
static const struct bl_field wide_fields[] = { BL_OUT(struct wide, q, WIDE, 64, "wide"), { 0 } };
static const struct bl_field seer_fields[] = { BL_IN(struct seer, d, WIDE, 64, "wide"), BL_VIEW(struct seer, sum, 1, 64, "of all lanes"), { 0 } };
static const struct bl_class wide_class = { .name = "wide", .help = "", .size = sizeof(struct wide), .tick = wide_tick, .fields = wide_fields },
    waits_class = { .name = "waits", .help = "", .size = sizeof(struct wide), .run = wide_run, .fields = wide_fields },
    seer_class = { .name = "seer", .help = "", .size = sizeof(struct seer), .tick = seer_tick, .fields = seer_fields };

/* Each lane of a word becomes visible, whoever writes it. */
START_TEST(all_of_a_wide_word_is_seen)
{
    static const struct bl_class *const known[] = { &wide_class, &waits_class, &seer_class, NULL };

    for (int way = 0; way < 2; way++) {
        struct bl_sim *s = bl_open(known, kp_listen(&told));
        ck_assert_msg(kp_script(s, way ? "clock c 10 0; part w waits; part l seer; wire w.q l.d" : "clock c 10 0; part w wide; part l seer; wire w.q l.d") == 0 &&
                      bl_elaborate(s) == 0, "%s", told.text);
        bl_run(s, 55);
        uint64_t k = way ? 4 : 5;                    /* the last one before the edge at 50 */
        ck_assert_uint_eq(kp_peek(s, "l.sum"), WIDE * k * 1000 + WIDE * (WIDE - 1) / 2);
        bl_close(s);
    }
}
END_TEST

START_TEST(a_reset_value_is_seen_in_the_first_cycle)
{
    struct bl_sim *s = opened();

    kp_ok(bl_clock(s, "c", 10, 0, NULL));
    addf(s, "put", "c", "p");
    addf(s, "log", "c", "l");
    kp_setf(s, "p", "first", 41);
    kp_ok(bl_wire(s, "p.q", "l.d", KP_WORD, NULL));
    ready(s);
    ck_assert_uint_eq(kp_peek(s, "p.q"), 41);
    bl_run(s, 100);
    const struct kp_log *l = bl_part_of(s, "l");
    for (uint32_t k = 0; k < 10; k++)
        ck_assert_uint_eq(l->at[k], 41 + k);
    bl_close(s);
}
END_TEST

/* ---- sleep ---- */

START_TEST(a_sleeping_domain_has_no_event)
{
    struct bl_sim *s = opened();

    kp_ok(bl_clock(s, "c", 10, 0, NULL));
    addf(s, "gen", "c", "g");
    addf(s, "sink", "c", "k");
    kp_setf(s, "g", "n", 5);
    kp_ok(bl_wire(s, "g.x", "k.x", KP_CHANNEL(2), NULL));
    ready(s);
    ck_assert_int_eq(bl_run(s, BL_FOREVER), BL_END_STARVED);
    ck_assert_uint_eq(s->frozen.domains[0].st->next, UINT64_MAX);
    ck_assert_uint_lt(bl_now(s), 200);
    ck_assert_uint_eq(kp_peek(s, "k.got"), 5);
    uint64_t worked = bl_activations(s);
    ck_assert_int_eq(bl_run(s, UINT64_C(1) << 60), BL_END_STARVED);
    ck_assert_uint_eq(bl_activations(s), worked);
    kp_verdicts_add_up(s);
    bl_close(s);
}
END_TEST

START_TEST(sleeping_parts_cost_nothing)
{
    enum { N = 100000 };
    struct bl_sim *s = opened();
    char path[32], to[32];

    kp_ok(bl_clock(s, "c", 10, 0, NULL));
    addf(s, "put", "c", "p");                     /* awake always */
    addf(s, "put", "c", "slow");
    kp_setf(s, "slow", "every", 1000);
    for (int i = 0; i < N; i++) {
        snprintf(path, sizeof path, "l[%d]", i);
        snprintf(to, sizeof to, "l[%d].d", i);
        addf(s, "look", "c", path);
        if (bl_wire(s, "slow.q", to, KP_WORD, NULL))
            ck_abort();
    }
    ready(s);
    bl_run(s, 9001);
    uint64_t before = bl_activations(s);
    bl_run(s, 10000);                             /* edges 901 .. 999 */
    ck_assert_uint_eq(bl_activations(s) - before, 2 * 99);
    bl_run(s, 10001 + 50);                        /* edge 1000 writes, 1001 .. read and sleep again */
    ck_assert_uint_ge(bl_activations(s) - before, 2 * 99 + N);
    ck_assert_uint_le(bl_activations(s) - before, 2 * 99 + 2 * N + 20);
    ck_assert_uint_eq(kp_peek(s, "l[99999].seen"), 2);
    kp_verdicts_add_up(s);
    bl_close(s);
}
END_TEST

/* look sleeps; it is woken through a word, a wire, another clock, a synchroniser: at its own next edge. */
static const struct { const char *how; uint64_t period; int sync; bool wire; } wakings[] = {
    { "word", 10, -1, false }, { "wire", 10, -1, true }, { "other clock", 7, 0, false }, { "synchroniser", 7, 2, false },
};

START_TEST(what_wakes_a_sleeper)
{
    for (int plain = 0; plain < 2; plain++) {
        struct bl_sim *s = opened();
        kp_ok(bl_clock(s, "c", 10, 0, NULL));
        if (wakings[_i].sync >= 0)
            kp_ok(bl_clock(s, "d", wakings[_i].period, 0, NULL));
        const char *clock = wakings[_i].sync >= 0 ? "d" : "c";
        addf(s, "put", "c", "p");
        kp_setf(s, "p", "every", 25);
        kp_setf(s, "p", "first", 5);
        addf(s, "look", clock, "l");
        if (wakings[_i].wire) {
            addf(s, "inv", NULL, "i");
            kp_ok(bl_wire(s, "p.q", "i.a", KP_WORD, NULL));
            kp_ok(bl_wire(s, "i.y", "l.d", KP_WORD, NULL));
        } else {
            kp_ok(bl_wire(s, "p.q", "l.d", (struct bl_link){ .sync = BL_SYNC(wakings[_i].sync) }, NULL));
        }
        bl_option(s, BL_NO_NAP, (uint64_t)plain);
        ready(s);
        bl_run(s, 2500);
        ck_assert_uint_eq(kp_peek(s, "l.seen"), 11);
        ck_assert_uint_eq(kp_peek(s, "l.last"), wakings[_i].wire ? 65535 - 15 : 15);
        const struct kp_look *l = bl_part_of(s, "l");
        static uint64_t hash;
        if (plain)
            ck_assert_uint_eq(l->hash, hash);
        hash = l->hash;
        if (!plain)
            ck_assert_uint_lt(bl_activations(s), 250 + 100);
        bl_close(s);
    }
}
END_TEST

START_TEST(a_waiting_part_wakes_a_sleeper)
{
    struct bl_sim *s = opened();

    kp_ok(bl_clock(s, "c", 1000, 0, NULL));
    addf(s, "gen", "c", "g");
    addf(s, "echo", "c", "e");
    addf(s, "sink", "c", "k");
    kp_setf(s, "g", "n", 3);
    kp_ok(bl_set(s, "e", "delay", "10500 fs", NULL));
    kp_ok(bl_wire(s, "g.x", "e.a", KP_CHANNEL(1), NULL));
    kp_ok(bl_wire(s, "e.b", "k.x", KP_CHANNEL(1), NULL));
    ready(s);
    ck_assert_int_eq(bl_run(s, BL_FOREVER), BL_END_STARVED);
    ck_assert_uint_eq(kp_peek(s, "k.got"), 3);
    /* Pushed at 0, 10500 later at 10500 given on, taken at edge 11; the next comes 10500 later. */
    ck_assert_uint_eq(kp_peek(s, "k.last"), 32);
    ck_assert_uint_eq(bl_now(s), 32000 + 1000);
    ck_assert_uint_lt(bl_activations(s), 40);
    bl_close(s);
}
END_TEST

/* ---- on random networks ---- */

static void equal_to_plain(uint64_t seed, unsigned option, uint64_t value, const char *what)
{
    struct bl_sim *a = kp_network(&told, seed, 0, 0), *b = kp_network(&told, seed, option, value);

    for (uint64_t t = 0; t < 400000; t += 100001) {
        bl_run(a, t);
        bl_run(b, t);
        if (t == 300003 && seed % 2 == 0)     /* looking at an account changes nothing later */
            free(kp_account(a));
    }
    char name[64];
    snprintf(name, sizeof name, "network %llu, %s", (unsigned long long)seed, what);
    kp_verdicts_add_up(b);
    kp_same(kp_account(a), kp_account(b), name);
    bl_close(a);
    bl_close(b);
}

START_TEST(naps_change_nothing)
{
    for (uint64_t seed = 1; seed <= 20; seed++)
        equal_to_plain(seed + 20 * (uint64_t)_i, BL_NO_NAP, 1, "no nap");
}
END_TEST

START_TEST(order_of_ticks_changes_nothing)
{
    for (uint64_t seed = 1; seed <= 20; seed++)
        equal_to_plain(seed + 20 * (uint64_t)_i, BL_SHUFFLE, seed * 77 + 1, "shuffled");
}
END_TEST

START_TEST(two_simulations_have_equal_states)
{
    for (uint64_t seed = 200; seed < 215; seed++) {
        struct bl_sim *a = kp_network(&told, seed, 0, 0), *b = kp_network(&told, seed, 0, 0), *c = kp_network(&told, seed + 1000, 0, 0);
        for (uint64_t k = 1; k <= 4; k++) {
            bl_run(a, k * 1000000);
            KP_HOLDS(!bl_state_equal(a, b), "states are equal at two times");
            bl_run(b, k * 1000000);
            KP_HOLDS(bl_state_equal(a, b), "network %llu: states differ after %llu cycles", (unsigned long long)seed,
                     (unsigned long long)k * 1000);
        }
        ck_assert(!bl_state_equal(a, c));
        bl_close(a);
        bl_close(b);
        bl_close(c);
    }
}
END_TEST

/* ---- the end of time ---- */

START_TEST(a_sleeper_woken_too_late)
{
    struct bl_sim *s = opened();

    /* l sleeps from 0 on and has no other edge; p wakes it at 1000. */
    kp_ok(kp_script(s, "clock c 1000 1000; clock d 18446744073709551615 0; part p put c; part l look d; wire p.q l.d s0"));
    ready(s);
    ck_assert_uint_eq(bl_period(bl_part_of(s, "l")), UINT64_MAX);
    ck_assert_int_eq(bl_run(s, BL_FOREVER), BL_END_FAILED);
    ck_assert_str_eq(told.text, "clock d: its next edge is beyond the end of time (2^64 fs)");
    ck_assert_uint_eq(bl_now(s), 1000);
    ck_assert_uint_eq(kp_peek(s, "p.q"), 1);
    bl_close(s);
}
END_TEST

START_TEST(a_clock_beyond_the_end_of_time)
{
    struct bl_sim *s = opened();

    kp_ok(bl_clock(s, "c", UINT64_MAX / 2, 0, NULL));
    addf(s, "put", "c", "p");
    ready(s);
    ck_assert_int_eq(bl_run(s, BL_FOREVER), BL_END_FAILED);
    ck_assert_str_eq(told.text, "clock c: its next edge is beyond the end of time (2^64 fs)");
    ck_assert_uint_eq(bl_now(s), UINT64_MAX / 2 * 2);
    ck_assert_uint_eq(kp_peek(s, "p.q"), 3);
    bl_close(s);
}
END_TEST

Suite *suite_clock(void);
Suite *suite_clock(void)
{
    Suite *s = suite_create("clock");
    TCase *c = tcase_create("clock");

    tcase_add_loop_test(c, cycles_are_edges_before, 0, sizeof counts / sizeof *counts);
    tcase_add_test(c, cycles_of_a_run);
    tcase_add_loop_test(c, all_tick_before_any_commits, 0, sizeof pairs / sizeof *pairs);
    tcase_add_test(c, all_of_a_wide_word_is_seen);
    tcase_add_test(c, a_reset_value_is_seen_in_the_first_cycle);
    tcase_add_test(c, a_sleeping_domain_has_no_event);
    tcase_add_test(c, sleeping_parts_cost_nothing);
    tcase_add_loop_test(c, what_wakes_a_sleeper, 0, sizeof wakings / sizeof *wakings);
    tcase_add_test(c, a_waiting_part_wakes_a_sleeper);
    tcase_add_loop_test(c, naps_change_nothing, 0, 5);
    tcase_add_loop_test(c, order_of_ticks_changes_nothing, 0, 5);
    tcase_add_test(c, two_simulations_have_equal_states);
    tcase_add_test(c, a_sleeper_woken_too_late);
    tcase_add_test(c, a_clock_beyond_the_end_of_time);
    suite_add_tcase(s, c);
    return s;
}
