/* test_waits_of_arrays.c - causes on arrays of ports: an array stands for its elements in order, then comes what else is listed. */
#include "kernel/kernel.h"
#include "tests/rigs/kp_abort.h"
#include "tests/rigs/kp_account.h"
#include "tests/rigs/kparts.h"

enum { NOTHING = BL_STALL };
static struct kp_told told;

static void run_it(void *sim) { bl_run(sim, 5000); }

struct arbiter {
    struct bl_part p;
    bl_pops in;
    bl_pop tag;
    int64_t clients, beyond;
    uint64_t since, stood[4];
    uint32_t at, turn, standing;
};
/* With a tag it takes an item of any client, its turn first. Without one it waits for the tag, without an item for the client whose turn it is. */
static bl_verdict arbiter_tick(void *self)
{
    struct arbiter *t = self;
    uint32_t n = (uint32_t)t->in.n, k = 0;
    bool tag = bl_avail(t->tag);

    while (k < n && !bl_avail(t->in.at[(t->turn + k) % n]))
        k++;
    if (t->standing)
        t->stood[t->at] += bl_time(t) - t->since;
    t->since = bl_time(t);
    t->standing = !tag || k == n;
    t->at = tag ? t->turn : n;
    if (t->beyond)
        return BL_AT(NOTHING, n + 1);
    if (t->standing)
        return BL_NAP(BL_AT(NOTHING, t->at));
    bl_pop16(t->in.at[(t->turn + k) % n]);
    bl_pop16(t->tag);
    t->turn = (t->turn + k + 1) % n;
    return BL_BUSY;
}
#define A struct arbiter
static const struct bl_field arbiter_fields[] = {
    BL_POPS(A, in, BL_BY(A, clients), 1, 16, "items"), BL_POP(A, tag, 1, 16, "one an item"), BL_WAITS(NOTHING, in, tag),
    BL_PARAM(A, clients, 3, 1, 3, "clients"), BL_PARAM(A, beyond, 0, 0, 1, "names a port that is not there"),
    BL_FEED(in), BL_FEED(tag), { 0 }
};
static const struct bl_class arbiter_class = { .name = "arbiter", .help = "one of several", .size = sizeof(A), .tick = arbiter_tick,
                                               .fields = arbiter_fields };
/* seeker: waits at one element after the other. */
static bl_verdict seeker_tick(void *self)
{
    struct arbiter *t = self;

    return BL_AT(NOTHING, bl_cycle(t) % t->in.n);
}
static const struct bl_field seeker_fields[] = { BL_POPS(A, in, 1024, 1, 16, "items"), BL_WAITS(NOTHING, in), { 0 } };
static const struct bl_class seeker_class = { .name = "seeker", .help = "seeks", .size = sizeof(A), .tick = seeker_tick, .fields = seeker_fields };
static const struct bl_class *const seekers[] = { &seeker_class, &kp_gen_class, NULL };
static const struct bl_class *const arbiters[] = { &arbiter_class, &kp_gen_class, NULL };

static struct bl_sim *arbiter_of(int clients, bool beyond)
{
    struct bl_sim *s = bl_open(arbiters, kp_listen(&told));
    char text[200];

    ck_assert_int_eq(kp_script(s, "clock c 1000 0; part m arbiter; part t gen; set t every 4; wire t.x m.tag d1024"), 0);
    kp_setf(s, "m", "clients", clients);
    kp_setf(s, "m", "beyond", beyond);
    for (int i = 0; i < clients; i++) {
        snprintf(text, sizeof text, "part g[%d] gen; set g[%d] every %d; set g[%d] n 30; wire g[%d].x m.in[%d] d1024", i, i, 9 + 4 * i, i, i, i);
        ck_assert_int_eq(kp_script(s, text), 0);
    }
    ck_assert_msg(bl_elaborate(s) == 0, "%s", told.text);
    return s;
}

START_TEST(an_array_stands_for_its_elements)
{
    int clients = _i;
    struct bl_sim *s = arbiter_of(clients, false);
    const struct arbiter *m = bl_part_of(s, "m");
    uint64_t by_port[4] = { 0 }, starved = 0;
    uint32_t waited_at = 0;
    char want[300];

    bl_run(s, 150500);
    for (size_t i = 0; i < bl_wait_rows(s, bl_part_find(s, "m")); i++) {
        struct bl_wait_row w;
        bl_wait_at(s, bl_part_find(s, "m"), i, &w);
        bool tag = !strcmp(w.port, "tag");
        ck_assert(w.one_of_several && w.of == (tag ? 1 : (uint32_t)clients) && w.index < w.of);
        snprintf(want, sizeof want, "g[%u]", w.index);
        ck_assert_str_eq(w.peer, tag ? "t" : want);
        by_port[tag ? (uint32_t)clients : w.index] += w.fs;
    }
    for (uint32_t k = 0; k <= (uint32_t)clients; k++) {
        uint64_t stood = m->stood[k] + (m->standing && m->at == k ? bl_now(s) - m->since : 0);
        waited_at += stood > 0;
        ck_assert_uint_eq(by_port[k], stood);
        snprintf(want, sizeof want, k == (uint32_t)clients ? "t" : "g[%u]", k);
        struct bl_feed_row feed;             /* they are feeds: what came before its first act and after its last is no wait */
        bl_feed_at(s, bl_part_find(s, "m"), k, &feed);
        ck_assert_str_eq(feed.port, k == (uint32_t)clients ? "tag" : "in");
        ck_assert_uint_eq(kp_blamed(s, want), feed.spent * 1000);
        ck_assert_uint_le(feed.spent * 1000, stood);
        starved += feed.spent;
    }
    struct bl_time_row time;
    bl_time_at(s, bl_part_find(s, "m"), &time);
    ck_assert_uint_eq(time.starved, starved);
    ck_assert_uint_gt(time.not_started, 0);
    ck_assert_uint_eq(time.waits + time.own + time.idle, 0);
    ck_assert_uint_gt(waited_at, 1);
    kp_verdicts_add_up(s);
    bl_run(s, 1000000);                      /* the clients are done */
    bl_explain_wait(s, &told.diag);
    snprintf(want, sizeof want, clients > 1 ? "  m: nothing, on port in[%u], for g[%u] (idle)" : "  m: nothing, on port in, for g[%u] (idle)",
             m->turn, m->turn);
    ck_assert_str_eq(told.text, want);
    bl_close(s);
}
END_TEST

START_TEST(behind_the_array_is_nothing)
{
    struct bl_sim *s = arbiter_of(3, true);
    char text[1024];

    kp_aborts(run_it, s, text, sizeof text);
    ck_assert_str_eq(text, "bitline: m: nothing waits at port 4 of those that it lists (BL_AT), and it lists 4; expected 0 for the first, and so on; "
                     "at 0 s\n");
    bl_close(s);
}
END_TEST

START_TEST(why_names_the_element)
{
    struct bl_sim *s = arbiter_of(3, false);

    kp_ok(bl_why(s, "m.verdict", &told.diag));
    bl_run(s, 900000);
    bl_why_tell(s, &(struct bl_show){ kp_tell, &told });
    ck_assert_msg(strstr(told.text, "m.verdict busy -> nothing at in[") == told.text, "%s", told.text);
    bl_close(s);
}
END_TEST

/* A thousand clients, each asked in turn: rows are found in a moment, and each says its own time. */
START_TEST(a_thousand_elements)
{
    enum { N = 1024, EACH = 3 };
    struct bl_sim *s = bl_open(seekers, kp_listen(&told));
    size_t m, rows;
    uint64_t sum = 0;
    char text[100];

    kp_ok(bl_clock(s, "c", 1000, 0, NULL));
    kp_ok(bl_add(s, "m", "seeker", NULL, NULL));
    for (int i = 0; i < N; i++) {
        snprintf(text, sizeof text, "part g[%d] gen; set g[%d] every 1000000; wire g[%d].x m.in[%d] d1", i, i, i, i);
        ck_assert_int_eq(kp_script(s, text), 0);
    }
    ck_assert_msg(bl_elaborate(s) == 0, "%s", told.text);
    bl_run(s, (uint64_t)N * EACH * 1000);
    m = bl_part_find(s, "m");
    rows = bl_wait_rows(s, m);
    ck_assert_uint_eq(rows, N * 3);                      /* a generator is idle, busy or out_full */
    for (size_t i = 0; i < rows; i++) {
        struct bl_wait_row w;
        bl_wait_at(s, m, i, &w);
        ck_assert_uint_eq(w.index, i / 3);
        ck_assert_uint_eq(w.of, N);
        sum += w.fs;
        if (i % 3 == BL_IDLE)
            ck_assert_uint_eq(w.fs, EACH * 1000 - (i == 0 ? 1000 : 0));      /* in the first cycle all send */
    }
    ck_assert_uint_eq(sum, (uint64_t)N * EACH * 1000);
    bl_close(s);
}
END_TEST

Suite *suite_waits_of_arrays(void);
Suite *suite_waits_of_arrays(void)
{
    Suite *s = suite_create("waits_of_arrays");
    TCase *c = tcase_create("waits");

    tcase_add_loop_test(c, an_array_stands_for_its_elements, 1, 4);
    tcase_add_test(c, behind_the_array_is_nothing);
    tcase_add_test(c, why_names_the_element);
    tcase_add_test(c, a_thousand_elements);
    suite_add_tcase(s, c);
    return s;
}
