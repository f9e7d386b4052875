/* test_waits.c - what tables say beside fields. Causes that list several ports: whom a part waits for, who is blamed, what the account, a chain of causes and a
 * deadlock say of it. Feeds, streams and ways: shown. And what tables and parts are refused. */
#include "kernel/kernel.h"
#include "tests/rigs/kp_abort.h"
#include "tests/rigs/kp_account.h"
#include "tests/rigs/kparts.h"

/* ---- parts: both takes an item of a and one of b at once (AND); any takes of who has one, its turn first (OR); each in a clocked form
 * and one with `run`. They keep their own count of where they stood, fs by port. ---- */

enum { NOTHING = BL_STALL, OUT_FULL, TIRED };
struct meet {
    struct bl_part p;
    bl_pop a, b;
    bl_push out;
    int64_t silent, nap;                 /* silent: says no port */
    uint64_t since, stood[2];
    uint32_t at, turn, standing;
};

static uint32_t missing_of_both(const struct meet *t) { return !bl_avail(t->a) ? 0 : !bl_avail(t->b) ? 1 : 2; }
static uint32_t missing_of_any(const struct meet *t) { return bl_avail(t->a) || bl_avail(t->b) ? 2 : t->turn; }

/* What the part says, and its own count of it. */
static bl_verdict said(struct meet *t, uint32_t missing)
{
    uint64_t now = bl_time(t);

    if (t->standing)
        t->stood[t->at] += now - t->since;
    t->since = now;
    t->standing = missing < 2;
    t->at = missing;
    if (missing == 2)
        return BL_BUSY;
    bl_verdict v = t->silent ? NOTHING : BL_AT(NOTHING, missing);
    return t->nap ? BL_NAP(v) : v;
}

static void take(struct meet *t, bool all)
{
    uint32_t sum = 0;

    if (bl_avail(t->a) && (all || !t->turn || !bl_avail(t->b)))
        sum += *bl_pop16(t->a);
    else if (!all)
        sum += *bl_pop16(t->b);
    if (all)
        sum += *bl_pop16(t->b);
    t->turn = !t->turn;
    if (bl_room(t->out))
        *bl_push16(t->out) = (uint16_t)sum;
}

static bl_verdict both_tick(void *self)
{
    struct meet *t = self;
    uint32_t missing = missing_of_both(t);

    if (missing == 2)
        take(t, true);
    return said(t, missing);
}

static bl_verdict any_tick(void *self)
{
    struct meet *t = self;
    uint32_t missing = missing_of_any(t);

    if (missing == 2)
        take(t, false);
    return said(t, missing);
}

/* Takes 3000 fs for an item. What stands in front of an AWAIT is done once, so the condition keeps count. */
static bool ready_for_both(struct meet *t) { uint32_t m = missing_of_both(t); said(t, m); return m == 2; }
static bl_verdict self_run(void *self)
{
    struct meet *t = self;

    BL_BEGIN(t);
    for (;;) {
        AWAIT(ready_for_both(t), t->silent ? NOTHING : BL_AT(NOTHING, t->at));
        take(t, true);
        AWAIT_TIME(3000, BL_BUSY);
    }
    BL_END;
}

/* Waits at a in even cycles, at b in odd ones, and never gets anything. */
static bl_verdict wander_tick(void *self)
{
    struct meet *t = self;

    return BL_AT(NOTHING, bl_cycle(t) % 2);
}

#define T struct meet
static const struct bl_field meet_fields[] = {
    BL_POP_OPT(T, a, 1, 16, "first"), BL_POP_OPT(T, b, 1, 16, "second"), BL_PUSH_OPT(T, out, 1, 16, "sums"),
    BL_WAITS(NOTHING, a, b), BL_WAITS(OUT_FULL, out), BL_CAUSE(TIRED, "no port"),
    BL_PARAM(T, silent, 0, 0, 1, "says no port"), BL_PARAM(T, nap, 0, 0, 1, "naps"), { 0 }
};
#define MEET(n, f) { .name = #n, .help = "meets", .size = sizeof(T), .f, .fields = meet_fields }
static const struct bl_class both_class = MEET(both, tick = both_tick), any_class = MEET(any, tick = any_tick),
                             self_class = MEET(self, run = self_run), wander_class = MEET(wander, tick = wander_tick);

static const struct bl_class *const classes[] = { &both_class, &any_class, &self_class, &wander_class, &kp_gen_class, &kp_sink_class,
                                                  NULL };
static struct kp_told told;

/* m behind two generators, an item every `a` and every `b` cycles, which never wait for room. */
static struct bl_sim *meeting(const char *cls, int a, int b, bool silent, bool nap)
{
    struct bl_sim *s = bl_open(classes, kp_listen(&told));

    kp_ok(bl_clock(s, "c", 1000, 0, NULL));
    kp_ok(bl_add(s, "m", cls, NULL, NULL));
    kp_setf(s, "m", "silent", silent);
    kp_setf(s, "m", "nap", nap);
    kp_ok(bl_add(s, "ga", "gen", NULL, NULL));
    kp_ok(bl_add(s, "gb", "gen", NULL, NULL));
    kp_setf(s, "ga", "every", a);
    kp_setf(s, "gb", "every", b);
    kp_ok(bl_wire(s, "ga.x", "m.a", KP_CHANNEL(1024), NULL));
    kp_ok(bl_wire(s, "gb.x", "m.b", KP_CHANNEL(1024), NULL));
    ck_assert_msg(bl_elaborate(s) == 0, "%s", told.text);
    return s;
}

/* Time that m waited at a port, by the rows of the account; the peer is checked. */
static uint64_t waited(struct bl_sim *s, const char *port)
{
    uint64_t fs = 0;
    size_t m = bl_part_find(s, "m");

    for (size_t i = 0; i < bl_wait_rows(s, m); i++) {
        struct bl_wait_row w;
        bl_wait_at(s, m, i, &w);
        ck_assert(w.of == 1 && w.index == 0 && w.one_of_several);
        ck_assert_str_eq(w.peer, !strcmp(w.port, "a") ? "ga" : "gb");
        fs += strcmp(w.port, port) ? 0 : w.fs;
    }
    return fs;
}

/* The verdicts of all parts as text: what must not depend on ports that are named. */
static char *verdicts(struct bl_sim *s)
{
    char *text = NULL;
    size_t bytes;
    FILE *f = open_memstream(&text, &bytes);

    for (size_t p = 0; p < bl_part_count(s); p++) {
        struct bl_part_row r;
        struct bl_verdict_row v;
        bl_part_at(s, p, &r);
        fprintf(f, "%s %llu\n", r.path, (unsigned long long)r.elapsed);
        for (uint32_t i = 0; i < r.verdicts; i++) {
            bl_verdict_at(s, p, i, &v);
            fprintf(f, "  %s %llu %s\n", v.name, (unsigned long long)v.spent, v.port ? v.port : "-");
        }
    }
    fclose(f);
    return text;
}

/* ---- the port that is named is blamed ---- */

static const struct { const char *cls; int a, b; bool nap; } meetings[] = {
    { "both", 1, 10, false }, { "both", 10, 1, true }, { "both", 7, 5, true }, { "both", 3, 3, false },
    { "any", 10, 9, false }, { "any", 4, 40, false }, { "any", 13, 17, true }, { "self", 10, 6, false }, { "self", 4, 9, false },
};

START_TEST(the_named_port_is_blamed)
{
    struct bl_sim *s = meeting(meetings[_i].cls, meetings[_i].a, meetings[_i].b, false, meetings[_i].nap);
    struct bl_sim *silent = meeting(meetings[_i].cls, meetings[_i].a, meetings[_i].b, true, meetings[_i].nap);
    const struct meet *m = bl_part_of(s, "m");

    bl_run(s, 500500);
    bl_run(silent, 500500);
    uint64_t stood[2] = { m->stood[0], m->stood[1] };
    if (m->standing)
        stood[m->at] += bl_now(s) - m->since;
    ck_assert_uint_gt(stood[0] + stood[1], 100000);
    ck_assert_uint_eq(waited(s, "a"), stood[0]);
    ck_assert_uint_eq(waited(s, "b"), stood[1]);
    ck_assert_uint_eq(kp_blamed(s, "ga"), stood[0]);        /* it waits for nobody: it is the root */
    ck_assert_uint_eq(kp_blamed(s, "gb"), stood[1]);
    ck_assert_uint_eq(waited(silent, "a"), stood[0] + stood[1]);
    ck_assert_uint_eq(waited(silent, "b"), 0);
    kp_verdicts_add_up(s);
    kp_same(verdicts(s), verdicts(silent), "the ports that are named");
    bl_close(s);
    bl_close(silent);
}
END_TEST

/* A nap and none, and a run in pieces with a snapshot within each wait: the same account. */
START_TEST(naps_and_snapshots_keep_the_port)
{
    struct bl_sim *s = meeting(meetings[_i].cls, meetings[_i].a, meetings[_i].b, false, false);
    struct bl_sim *other = meeting(meetings[_i].cls, meetings[_i].a, meetings[_i].b, false, false);
    size_t n = bl_save_bytes(s);
    void *bytes = malloc(n);

    bl_run(other, 200000);
    for (uint64_t t = 1000; t <= 200000; t += 1700) {
        bl_run(s, t);
        ck_assert_int_eq(bl_save(s, bytes, n), 0);
        bl_close(s);
        s = meeting(meetings[_i].cls, meetings[_i].a, meetings[_i].b, false, false);
        ck_assert_msg(bl_restore(s, bytes, n) == 0, "%s", told.text);
    }
    bl_run(s, 200000);
    kp_same(kp_account(s), kp_account(other), "snapshots");
    bl_close(other);
    other = meeting(meetings[_i].cls, meetings[_i].a, meetings[_i].b, false, true);
    bl_run(other, 200000);
    kp_same(kp_account(s), kp_account(other), "naps");
    free(bytes);
    bl_close(s);
    bl_close(other);
}
END_TEST

static unsigned changes;
static void count(struct bl_sim *s, const struct bl_node *n)
{
    (void)s;
    changes += strcmp(n->path, "m") == 0;
}
static const struct observer counting = { .verdict = count };

START_TEST(another_port_is_no_other_verdict)
{
    struct bl_sim *s = meeting("wander", 1000, 1000, false, false);
    struct bl_verdict_row v;

    changes = 0;
    s->observer = &counting;
    bl_run(s, 100000);
    s->observer = NULL;
    ck_assert_uint_eq(changes, 1);
    bl_verdict_at(s, bl_part_find(s, "m"), NOTHING, &v);
    ck_assert_uint_eq(v.spent, 100);
    ck_assert_uint_eq(waited(s, "a"), 50000);
    ck_assert_uint_eq(waited(s, "b"), 50000);
    ck_assert_uint_eq(kp_peek(s, "m.verdict"), NOTHING);
    bl_close(s);
}
END_TEST

/* Whom a part waits for, by its own words. */
static const struct bl_node *waited_for(struct bl_sim *s, const struct bl_node *n)
{
    const struct meet *m = (const struct meet *)n->self;

    if (n->info->cls->name[0] == 'g' || !m->standing)
        return NULL;
    for (size_t i = 0; i < s->frozen.nrings; i++)
        if (s->frozen.rings[i] == (m->at ? m->b : m->a).r)
            return s->frozen.nodes[s->frozen.links[i].push_node];
    return NULL;
}

/* A line of meeting parts, each with the one before it at a and a moody generator at b: at any time the root of a wait is where a plain walk ends,
 * and what all of them blame in the end is what they waited. */
START_TEST(roots_follow_the_ports)
{
    static const char *const cls[] = { "both", "any", "self" };
    enum { N = 9 };

    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct bl_sim *s = bl_open(classes, kp_listen(&told));
        struct kp_rng r = { seed };
        uint64_t stood = 0, all = 0;
        char text[160];

        kp_ok(bl_clock(s, "c", 1000, 0, NULL));
        for (int i = 0; i < N; i++) {
            snprintf(text, sizeof text, "part p[%d] %s; part g[%d] gen; set g[%d] luck %d; wire g[%d].x p[%d].b d1024", i,
                     cls[kp_below(&r, 3)], i, i, (int)(20 + kp_below(&r, 200)), i, i);
            ck_assert_int_eq(kp_script(s, text), 0);
            snprintf(text, sizeof text, i ? "wire p[%d].out p[%d].a d1024" : "part h gen; set h luck 40; wire h.x p[0].a d1024", i - 1, i);
            ck_assert_int_eq(kp_script(s, text), 0);
        }
        ck_assert_msg(bl_elaborate(s) == 0, "%s", told.text);
        for (uint64_t t = 500; t < 400000; t += 1000) {
            bl_run(s, t);
            for (size_t i = 0; i < s->frozen.nparts; i++) {
                const struct bl_node *n = s->frozen.nodes[i], *root = n;
                for (const struct bl_node *next; (next = waited_for(s, root));)
                    root = next;
                KP_HOLDS(root == n || s->run.account[i].root == root->id, "seed %llu, time %llu: the root of %s is not %s",
                         (unsigned long long)seed, (unsigned long long)t, n->path, root->path);
            }
        }
        for (size_t i = 0; i < s->frozen.nparts; i++) {
            const struct bl_node *n = s->frozen.nodes[i];
            const struct meet *m = (const struct meet *)n->self;
            all += kp_blamed(s, n->path);
            if (n->info->cls->name[0] != 'g')
                stood += m->stood[0] + m->stood[1] + (m->standing ? bl_now(s) - m->since : 0);
        }
        ck_assert_uint_gt(stood, 400000);
        ck_assert_uint_eq(all, stood);
        bl_close(s);
    }
}
END_TEST

/* ---- what is said ---- */

START_TEST(a_deadlock_names_the_port)
{
    struct bl_sim *s = bl_open(classes, kp_listen(&told));

    kp_ok(bl_clock(s, "c", 1000, 0, NULL));
    static const char *const cls[] = { "both", "both", "wander", "gen" }, *const path[] = { "x", "y", "z", "g" };
    for (int i = 0; i < 4; i++)
        kp_ok(bl_add(s, path[i], cls[i], NULL, NULL));
    kp_setf(s, "g", "n", 1);
    kp_ok(bl_wire(s, "g.x", "x.a", KP_CHANNEL(2), NULL));
    kp_ok(bl_wire(s, "x.out", "y.a", KP_CHANNEL(2), NULL));
    kp_ok(bl_wire(s, "y.out", "x.b", KP_CHANNEL(2), NULL));
    kp_ok(bl_elaborate(s));
    bl_run(s, 20000);
    bl_explain_wait(s, &told.diag);
    ck_assert_str_eq(told.text, "  x: nothing, on port b, for y (nothing)\n  y: nothing, on port a, for x (nothing)\n  z: nothing, on port b");
    bl_close(s);
}
END_TEST

START_TEST(why_names_the_port)
{
    struct bl_sim *s = meeting("both", 1, 50, false, false);

    kp_ok(bl_why(s, "m.verdict", &told.diag));
    bl_run(s, 20000);
    bl_why_tell(s, &(struct bl_show){ kp_tell, &told });
    ck_assert_msg(!strncmp(told.text, "m.verdict busy -> nothing at b at 2 ps, delta 1\n", 48) || strstr(told.text, "m.verdict busy -> nothing at b at "),
                  "%s", told.text);
    bl_close(s);
}
END_TEST

START_TEST(a_class_shows_its_lists)
{
    kp_listen(&told);
    bl_class_show(&both_class, &(struct bl_show){ kp_tell, &told });
    ck_assert_msg(strstr(told.text, "  stall      nothing          waits on a, b                      \n") != NULL, "%s", told.text);
    ck_assert_msg(strstr(told.text, "  stall      out_full         waits on out                       \n") != NULL, "%s", told.text);
}
END_TEST

/* ---- what is refused ---- */

#define NO_PORT "nothing waits at port 65534 of those that it lists (BL_AT), and it lists 2; expected 0 for the first, and so on"
/* A number that does not fit is no port either, and never the first one by accident. */
static const struct { bl_verdict v; uint64_t at; const char *text; } wrong[] = {
    { NOTHING, 2, "nothing waits at port 2 of those that it lists (BL_AT), and it lists 2; expected 0 for the first, and so on" },
    { NOTHING, 65533, "nothing waits at port 65533 of those that it lists (BL_AT), and it lists 2; expected 0 for the first, and so on" },
    { OUT_FULL, 1, "out_full waits at port 1 of those that it lists (BL_AT), and it lists 1; expected 0 for the first, and so on" },
    { TIRED, 0, "tired waits at port 0 of those that it lists (BL_AT), and it lists 0: table its ports with BL_WAITS" },
    { BL_BUSY, 0, "busy waits at port 0 of those that it lists (BL_AT), and it lists 0: table its ports with BL_WAITS" },
    { NOTHING, 0xffff, NO_PORT }, { NOTHING, UINT64_C(1) << 32, NO_PORT }, { NOTHING, UINT64_MAX, NO_PORT },
};

struct liar { struct bl_part p; bl_pop a, b; bl_push out; int64_t which; };
static bl_verdict lie(const struct liar *t) { return BL_AT(wrong[t->which].v, wrong[t->which].at); }
static bl_verdict liar_tick(void *self) { return BL_NAP(lie(self)); }
static bl_verdict liar_run(void *self)
{
    struct liar *t = self;

    BL_BEGIN(t);
    AWAIT(bl_avail(t->a), lie(t));
    BL_END;
}
#define L struct liar
static const struct bl_field liar_fields[] = {
    BL_POP_OPT(L, a, 1, 16, "first"), BL_POP_OPT(L, b, 1, 16, "second"), BL_PUSH_OPT(L, out, 1, 16, "sums"), BL_WAITS(NOTHING, a, b),
    BL_WAITS(OUT_FULL, out), BL_CAUSE(TIRED, "no port"), BL_PARAM(L, which, 0, 0, 9, "lie"), { 0 }
};
static const struct bl_class liar_class = { .name = "liar", .help = "lies", .size = sizeof(L), .tick = liar_tick, .fields = liar_fields };
static const struct bl_class teller_class = { .name = "teller", .help = "lies", .size = sizeof(L), .run = liar_run, .fields = liar_fields };
static const struct bl_class *const liars[] = { &liar_class, &teller_class, NULL };

static void run_it(void *sim) { bl_run(sim, 5000); }

START_TEST(a_port_that_is_not_listed_is_a_mistake)
{
    struct bl_sim *s = bl_open(liars, kp_listen(&told));
    int w = _i / 2;
    char text[1024], want[1024];

    kp_ok(bl_clock(s, "c", 1000, 0, NULL));
    kp_ok(bl_add(s, "top.m", _i % 2 ? "liar" : "teller", NULL, NULL));
    kp_setf(s, "top.m", "which", w);
    kp_ok(bl_elaborate(s));
    snprintf(want, sizeof want, "bitline: top.m: %s; at 0 s\n", wrong[w].text);
    kp_aborts(run_it, s, text, sizeof text);
    ck_assert_str_eq(text, want);
    bl_close(s);
}
END_TEST

#define PORTS BL_POP(L, a, 1, 8, "a"), BL_POP(L, b, 1, 8, "b"), BL_PUSH(L, out, 1, 8, "out"), BL_PARAM(L, which, 0, 0, 1, "which")
#define EIGHT "a, b, a, b, a, b, a, b, "
static const struct bl_field misspelt[] = { PORTS, BL_WAITS(NOTHING, a, ot), { 0 } }, strange[] = { PORTS, BL_WAITS(NOTHING, zebra), { 0 } },
    param[] = { PORTS, BL_WAITS(NOTHING, a, which), { 0 } }, twice[] = { PORTS, BL_WAITS(NOTHING, a, out, a), { 0 } },
    many[] = { PORTS, { .kind = BL_KIND_CAUSE, .name = "NOTHING", .at = NOTHING, .text = EIGHT EIGHT EIGHT EIGHT "out" }, { 0 } };
static const struct { const struct bl_field *fields; const char *text; } tables[] = {
    { misspelt, "class bad: stall cause NOTHING waits on 'ot', which is no port; did you mean 'out'?" },
    { strange, "class bad: stall cause NOTHING waits on 'zebra', which is no port" },
    { param, "class bad: stall cause NOTHING waits on 'which', which is no port" },
    { twice, "class bad: stall cause NOTHING lists port a twice" },
    { many, "class bad: stall cause NOTHING lists 33 ports; expected 1 .. 32" },
};

START_TEST(a_bad_list_is_told)
{
    const struct bl_class bad = { .name = "bad", .size = sizeof(L), .tick = liar_tick, .fields = tables[_i].fields };
    struct bl_sim *s = bl_open((const struct bl_class *const[]){ &bad, NULL }, kp_listen(&told));

    ck_assert_int_eq(class_check(s, &bad), -1);
    ck_assert_str_eq(told.text, tables[_i].text);
    bl_close(s);
}
END_TEST

/* ---- rows of feeds and ways ---- */

/* Rows change nothing that a class with them does: what it spends its cycles on stays; whom it blames while it rests is new. */
START_TEST(what_is_said_changes_nothing)
{
    struct bl_field said_too[sizeof meet_fields / sizeof *meet_fields + 4];
    size_t n = sizeof meet_fields / sizeof *meet_fields - 1;
    const struct bl_field rows[] = { BL_FEED(a), BL_FEED(b), BL_WAY(out, b), { 0 } };

    memcpy(said_too, meet_fields, n * sizeof *said_too);
    memcpy(said_too + n, rows, sizeof rows);
    struct bl_class other = both_class;
    other.fields = said_too;
    const struct bl_class *const with[] = { &other, &kp_gen_class, NULL };
    struct bl_sim *plain = meeting("both", 3, 7, false, true), *s = bl_open(with, kp_listen(&told));
    ck_assert_int_eq(kp_script(s, "clock c 1000 0; part m both; part ga gen; part gb gen; set m nap 1; set ga every 3; set gb every 7;"
                               "wire ga.x m.a d1024; wire gb.x m.b d1024"), 0);
    ck_assert_msg(bl_elaborate(s) == 0, "%s", told.text);
    bl_run(plain, 100000);
    bl_run(s, 100000);
    for (size_t p = 0; p < bl_part_count(s); p++)
        for (uint32_t v = 0; v < s->frozen.nodes[p]->info->nverdicts; v++)
            ck_assert_uint_eq(kp_spent(s, p, v), kp_spent(plain, p, v));
    ck_assert_uint_eq(bl_feed_rows(plain, bl_part_find(plain, "m")), 0);
    ck_assert_uint_eq(bl_feed_rows(s, bl_part_find(s, "m")), 2);
    bl_close(plain);
    bl_close(s);
}
END_TEST

Suite *suite_waits(void);
Suite *suite_waits(void)
{
    Suite *s = suite_create("waits");
    TCase *c = tcase_create("waits");

    tcase_add_loop_test(c, the_named_port_is_blamed, 0, sizeof meetings / sizeof *meetings);
    tcase_add_loop_test(c, naps_and_snapshots_keep_the_port, 0, sizeof meetings / sizeof *meetings);
    tcase_add_test(c, another_port_is_no_other_verdict);
    tcase_add_test(c, roots_follow_the_ports);
    tcase_add_test(c, a_deadlock_names_the_port);
    tcase_add_test(c, why_names_the_port);
    tcase_add_test(c, a_class_shows_its_lists);
    tcase_add_loop_test(c, a_port_that_is_not_listed_is_a_mistake, 0, 2 * sizeof wrong / sizeof *wrong);
    tcase_add_loop_test(c, a_bad_list_is_told, 0, sizeof tables / sizeof *tables);
    tcase_add_test(c, what_is_said_changes_nothing);
    suite_add_tcase(s, c);
    return s;
}
