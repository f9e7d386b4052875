/* test_layout.c - links as laid out: rates of channels and pipes, back-pressure, items of every width, blocks of many parts. */
#include "kernel/kernel.h"
#include "tests/rigs/kp_account.h"
#include "tests/rigs/kparts.h"

/* spread: a wide wire made of a narrow one; gather: sleeps on it and adds what it sees. */
struct spread { struct bl_part p; bl_in a; bl_out y; };
struct gather { struct bl_part p; bl_in d; bl_tally ticks; uint64_t last, sum; };

static void spread_comb(void *self)
{
    struct spread *t = self;
    uint64_t v = *bl_get16(t->a), *y = bl_put64(t->y);

    for (uint32_t i = 0; i < 36; i++)      /* 12 lanes of 144 bits, three words each */
        y[i] = i % 3 == 2 ? v : v << 40 | i;
}

static bl_verdict gather_tick(void *self)
{
    struct gather *t = self;
    const uint64_t *d = bl_get64(t->d);
    uint64_t all = 0;

    charge(&t->ticks, 1);
    for (uint32_t i = 0; i < 36; i++)
        all += d[i] * (i + 1);
    if (all == t->last)
        return BL_NAP(BL_IDLE);
    t->last = all;
    t->sum = t->sum * 31 + all + bl_cycle(t);
    return BL_BUSY;
}

static const struct bl_field spread_fields[] = {
    BL_IN(struct spread, a, 1, 16, "narrow"), BL_OUT(struct spread, y, 12, 144, "wide"), { 0 }
};
static const struct bl_field gather_fields[] = {
    BL_IN(struct gather, d, 12, 144, "wide"), BL_TALLY(struct gather, ticks, "a tick"), BL_VIEW(struct gather, sum, 1, 64, "sum"), { 0 }
};
static const struct bl_class spread_class = { .name = "spread", .help = "", .size = sizeof(struct spread), .comb = spread_comb,
                                              .fields = spread_fields };
static const struct bl_class gather_class = { .name = "gather", .help = "", .size = sizeof(struct gather), .tick = gather_tick,
                                              .fields = gather_fields };
static const struct bl_class *const wide_classes[] = { &spread_class, &gather_class, &kp_put_class, NULL };

static struct kp_told told;

static struct bl_sim *built(const char *script)
{
    struct bl_sim *s = bl_open(kp_classes, kp_listen(&told));

    ck_assert_msg(kp_script(s, script) == 0 && bl_elaborate(s) == 0, "%s", told.text);
    return s;
}

#define C "clock c 10 0;"

/* Items that arrive in 1000 cycles: gen -> sink, and gen -> three stages -> sink over equal links. */
static const struct { const char *link; uint64_t direct, chain; } rates[] = {
    { "d1", 500, 500 }, { "d2", 1000, 1000 }, { "d3", 1000, 1000 }, { "d100", 1000, 1000 }, { "pipe", 1000, 1000 }
};

START_TEST(rates_of_links)
{
    for (int nap = 0; nap < 2; nap++) {
        char script[600];
        const char *l = rates[_i].link;
        snprintf(script, sizeof script, C "part g gen; part k sink; set k seed 0; wire g.x k.x %s; part h gen; part a stage; part b stage;"
                 "part z stage; part q sink; set q seed 0; wire h.x a.a %s; wire a.b z.a %s; wire z.b b.a %s; wire b.b q.x %s", l, l, l, l, l);
        struct bl_sim *s = bl_open(kp_classes, kp_listen(&told));
        kp_ok(kp_script(s, script));
        bl_option(s, BL_NO_NAP, (uint64_t)nap);
        ck_assert_msg(bl_elaborate(s) == 0, "%s", told.text);
        bl_run(s, 10000);
        uint64_t direct = kp_peek(s, "k.got"), chain = kp_peek(s, "q.got");
        ck_assert_uint_le(rates[_i].direct - direct, 1);
        ck_assert_uint_le(rates[_i].chain - chain, 4);
        ck_assert_uint_eq(kp_peek(s, "k.wrong") + kp_peek(s, "q.wrong"), 0);
        bl_close(s);
    }
}
END_TEST

START_TEST(a_link_is_one_cycle_long)
{
    static const char *const link[] = { "d1", "d2", "pipe" };
    char script[400];

    snprintf(script, sizeof script, C "part g gen; set g n 1; part a stage; part b stage; part k sink; wire g.x a.a %s; wire a.b b.a %s;"
             "wire b.b k.x %s", link[_i], link[_i], link[_i]);
    struct bl_sim *s = built(script);
    bl_run(s, 1000);
    ck_assert_uint_eq(kp_peek(s, "k.last"), 3);
    bl_close(s);
}
END_TEST

/* A full line of pipes moves as one in the cycle in which its end takes an item, asleep or not; a channel's room goes up
 * by a link a cycle. */
START_TEST(back_pressure_ripples_through_pipes)
{
    for (int nap = 0; nap < 2; nap++) {
        struct bl_sim *s = bl_open(kp_classes, kp_listen(&told));
        enum { N = 150 };                 /* more than one word of the bitmap */
        char text[200];
        kp_ok(kp_script(s, C "part g gen; part k sink; set k every 500"));
        for (int i = 0; i < N; i++) {
            snprintf(text, sizeof text, "part s[%d] stage; wire %s s[%d].a pipe", i, i ? "TBD" : "g.x", i);
            if (i)
                snprintf(text, sizeof text, "part s[%d] stage; wire s[%d].b s[%d].a pipe", i, i - 1, i);
            kp_ok(kp_script(s, text));
        }
        snprintf(text, sizeof text, "wire s[%d].b k.x pipe", N - 1);
        kp_ok(kp_script(s, text));
        bl_option(s, BL_NO_NAP, (uint64_t)nap);
        ck_assert_msg(bl_elaborate(s) == 0, "%s", told.text);
        bl_run(s, 10 * 500);              /* full: N + 1 items in the line */
        ck_assert_uint_eq(kp_peek(s, "g.sent"), N + 1);
        uint64_t before = bl_activations(s);
        bl_run(s, 10 * 500 + 1);          /* edge 500: k takes one, everybody moves */
        ck_assert_uint_eq(kp_peek(s, "g.sent"), N + 2);
        ck_assert_uint_eq(kp_peek(s, "k.got"), 1);
        for (int i = 0; i < N; i++) {
            snprintf(text, sizeof text, "s[%d].moved", i);
            ck_assert_uint_eq(kp_peek(s, text), (uint64_t)(N - i + 1));
        }
        ck_assert_uint_eq(bl_activations(s) - before, N + 2);
        bl_run(s, 10 * 900);
        before = bl_activations(s);
        bl_run(s, 10 * 1000);
        if (!nap)
            ck_assert_uint_eq(bl_activations(s) - before, 100);   /* only the sink is awake */
        kp_verdicts_add_up(s);
        bl_close(s);
    }
}
END_TEST

START_TEST(back_pressure_climbs_channels)
{
    struct bl_sim *s = built(C "part g gen; part k sink; set k every 100; part a stage; part b stage; wire g.x a.a d1; wire a.b b.a d1;"
                             "wire b.b k.x d1");

    bl_run(s, 10 * 100);
    ck_assert_uint_eq(kp_peek(s, "g.sent"), 3);
    static const uint64_t sent[] = { 3, 3, 3, 4 };      /* after edges 100, 101, 102, 103 */
    for (uint64_t k = 0; k < 4; k++) {
        bl_run(s, 10 * (100 + k) + 1);
        ck_assert_uint_eq(kp_peek(s, "g.sent"), sent[k]);
    }
    bl_close(s);
}
END_TEST

static const struct { int lanes, bits; } shapes[] = {
    { 1, 1 }, { 144, 8 }, { 1, 8 }, { 3, 7 }, { 1, 9 }, { 5, 16 }, { 1, 17 }, { 9, 32 }, { 1, 33 }, { 3, 64 }, { 1, 65 }, { 1, 144 },
    { 1, 1152 }, { 2, 144 }, { 3, 128 }, { 1, 4096 }, { 1000, 8 }
};

START_TEST(items_of_every_width)
{
    static const char *const link[] = { "d1", "d2", "d3", "d7", "pipe" };
    int lanes = shapes[_i].lanes, bits = shapes[_i].bits;

    for (int k = 0; k < 5; k++) {
        char script[800];
        snprintf(script, sizeof script, C "part g gen; part s stage; part k sink; set g seed 9; set k seed 9; set k luck 170; set g luck 200;"
                 "set g lanes %d; set s lanes %d; set k lanes %d; set g bits %d; set s bits %d; set k bits %d; wire g.x s.a %s;"
                 "wire s.b k.x %s", lanes, lanes, lanes, bits, bits, bits, link[k], link[(k + 1) % 5]);
        struct bl_sim *s = built(script);
        bl_run(s, 10 * 2000);
        ck_assert_uint_gt(kp_peek(s, "k.got"), 700);
        ck_assert_uint_eq(kp_peek(s, "k.wrong"), 0);
        const struct kp_gen *g = bl_part_of(s, "g");
        ck_assert_uint_eq(bl_push_lanes(g->x), lanes);
        ck_assert_uint_eq(g->x.r->elem, bits <= 8 ? 1 : bits <= 16 ? 2 : bits <= 32 ? 4 : 8);
        bl_close(s);
    }
}
END_TEST

/* Clocked writers of one block, waiting writers and wires beside each other: every reader sees its own. */
START_TEST(many_words_in_many_blocks)
{
    enum { N = 300 };
    struct bl_sim *s = bl_open(kp_classes, kp_listen(&told));
    char text[200];

    kp_ok(kp_script(s, C));
    for (int i = 0; i < N; i++) {
        snprintf(text, sizeof text, "part p[%d] put; set p[%d] first %d; set p[%d] every %d; part l[%d] log; part i[%d] inv; part m[%d] log;"
                 "wire p[%d].q l[%d].d; wire p[%d].q i[%d].a; wire i[%d].y m[%d].d", i, i, 100 * i, i, 1 + i % 7, i, i, i, i, i, i, i, i, i);
        kp_ok(kp_script(s, text));
    }
    ck_assert_msg(bl_elaborate(s) == 0, "%s", told.text);
    bl_run(s, 640);
    for (int i = 0; i < N; i++) {
        snprintf(text, sizeof text, "l[%d]", i);
        const struct kp_log *l = bl_part_of(s, text);
        snprintf(text, sizeof text, "m[%d]", i);
        const struct kp_log *m = bl_part_of(s, text);
        for (uint32_t k = 0; k < 64; k++) {
            uint32_t want = 100u * (uint32_t)i + (k + (uint32_t)(i % 7)) / (1 + (uint32_t)(i % 7));
            KP_HOLDS(l->at[k] == want && m->at[k] == (uint16_t)~want, "part %d, cycle %u: %u and %u, expected %u", i, k, l->at[k],
                     m->at[k], want);
        }
    }
    bl_close(s);
}
END_TEST

START_TEST(wide_wires_wake_their_readers)
{
    uint64_t sum[2], ticks[2];

    for (int plain = 0; plain < 2; plain++) {
        struct bl_sim *s = bl_open(wide_classes, kp_listen(&told));
        uint64_t want = 0;
        kp_ok(kp_script(s, C "part p put; set p every 50; part s spread; part g gather; wire p.q s.a; wire s.y g.d"));
        bl_option(s, BL_NO_NAP, (uint64_t)plain);
        ck_assert_msg(bl_elaborate(s) == 0, "%s", told.text);
        bl_run(s, 10 * 1000);
        sum[plain] = kp_peek(s, "g.sum");
        ticks[plain] = kp_peek(s, "g.ticks");
        for (uint64_t i = 0; i < 36; i++)
            want += (i % 3 == 2 ? 20 : UINT64_C(20) << 40 | i) * (i + 1);
        ck_assert_uint_eq(((struct gather *)bl_part_of(s, "g"))->last, want);
        bl_close(s);
    }
    ck_assert_uint_eq(sum[0], sum[1]);
    ck_assert_uint_eq(ticks[1], 1000);
    ck_assert_uint_lt(ticks[0], 100);
}
END_TEST

Suite *suite_layout(void);
Suite *suite_layout(void)
{
    Suite *s = suite_create("layout");
    TCase *c = tcase_create("layout");

    tcase_add_loop_test(c, rates_of_links, 0, 5);
    tcase_add_loop_test(c, a_link_is_one_cycle_long, 0, 3);
    tcase_add_test(c, back_pressure_ripples_through_pipes);
    tcase_add_test(c, back_pressure_climbs_channels);
    tcase_add_loop_test(c, items_of_every_width, 0, sizeof shapes / sizeof *shapes);
    tcase_add_test(c, many_words_in_many_blocks);
    tcase_add_test(c, wide_wires_wake_their_readers);
    suite_add_tcase(s, c);
    return s;
}
