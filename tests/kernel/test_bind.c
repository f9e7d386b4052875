/* test_bind.c - all wires together: what is not wired, several refusals in one pass; synchronisers (sync.c), events,
 * sensitivity, open ports. */
#include "kernel/kernel.h"
#include "tests/rigs/kp_account.h"
#include "tests/rigs/kparts.h"

/* ---- ear: tells releases; bell: rings r at `at`; bit: a one-bit word; opt: everything may stay open ---- */

static char story[2048];

struct ear { struct bl_part p; bl_event e; int64_t how; };
struct bell { struct bl_part p; bl_event r; uint64_t at; };
struct bit { struct bl_part p; bl_out q; bl_out wide; };
struct opt { struct bl_part p; bl_pop a; bl_push b; bl_in d; int64_t bits; uint64_t sum; };

static void tell(const void *self)
{
    size_t n = strlen(story);

    snprintf(story + n, sizeof story - n, "%s%s %llu", n ? ", " : "", bl_path(self), (unsigned long long)bl_time(self));
}

static bl_verdict ear_run(void *self)
{
    struct ear *t = self;

    BL_BEGIN(t);
    for (;;) {
        if (t->how)
            AWAIT_STATIC(1, BL_IDLE);
        else
            AWAIT_EVENT(t->e, BL_IDLE);
        tell(t);
    }
    BL_END;
}

static bl_verdict bell_run(void *self)
{
    struct bell *t = self;

    BL_BEGIN(t);
    AWAIT_TIME(t->at, BL_IDLE);
    bl_notify(t, t->r, 1);
    BL_END;
}

static bl_verdict bit_tick(void *self)
{
    struct bit *t = self;
    uint64_t k = bl_cycle(t);

    *bl_put8(t->q) = k / 2 % 2;            /* 0 0 1 1 0 0 ... */
    *bl_put16(t->wide) = (uint16_t)(k / 3);
    return BL_BUSY;
}

static bl_verdict opt_tick(void *self)
{
    struct opt *t = self;

    t->sum += bl_avail(t->a) + bl_room(t->b) + *bl_get16(t->d);
    return BL_BUSY;
}

static const struct bl_field ear_fields[] = { BL_EVENT(struct ear, e, "heard"), BL_PARAM(struct ear, how, 0, 0, 1, "static"), { 0 } };
static const struct bl_field bell_fields[] = {
    BL_EVENT(struct bell, r, "rung"), BL_TIME(struct bell, at, 0, 0, BL_US, "when"), { 0 }
};
static const struct bl_field bit_fields[] = { BL_OUT(struct bit, q, 1, 1, "a bit"), BL_OUT(struct bit, wide, 1, 16, "wide"), { 0 } };
static const struct bl_field opt_fields[] = {
    BL_POP_OPT(struct opt, a, 1, BL_BY(struct opt, bits), "items"), BL_PUSH_OPT(struct opt, b, 1, 16, "items"),
    BL_IN_OPT(struct opt, d, 1, 16, "a word"), BL_PARAM(struct opt, bits, 16, 0, 4000000, "of a"),
    BL_VIEW(struct opt, sum, 1, 64, "of everything"), { 0 }
};
static const struct bl_class ear_class = { .name = "ear", .help = "", .size = sizeof(struct ear), .run = ear_run, .fields = ear_fields };
static const struct bl_class bell_class = { .name = "bell", .help = "", .size = sizeof(struct bell), .run = bell_run, .fields = bell_fields };
static const struct bl_class bit_class = { .name = "bit", .help = "", .size = sizeof(struct bit), .tick = bit_tick, .fields = bit_fields };
static const struct bl_class opt_class = { .name = "opt", .help = "", .size = sizeof(struct opt), .tick = opt_tick, .fields = opt_fields };

/* box declares ports and exports only b. */
struct box { struct bl_part p; bl_pop a; bl_push b; bl_out o; };
static void box_build(void *self)
{
    bl_child(self, "g", "gen", NULL);
    bl_child_export(self, "b", "g.x");
}
static const struct bl_field box_fields[] = {
    BL_POP(struct box, a, 1, 16, "in"), BL_PUSH(struct box, b, 1, 16, "out"), BL_OUT(struct box, o, 1, 16, "word"), { 0 }
};
static const struct bl_class box_class = { .name = "box", .help = "", .size = sizeof(struct box), .build = box_build, .fields = box_fields };

static const struct bl_class *const classes[] = { &ear_class, &bell_class, &bit_class, &opt_class, &box_class,
    &kp_gen_class, &kp_sink_class, &kp_stage_class, &kp_put_class, &kp_look_class, &kp_log_class, &kp_add_class, &kp_inv_class,
    &kp_echo_class, NULL };

static struct kp_told told;

static struct bl_sim *opened(void)
{
    story[0] = 0;
    return bl_open(classes, kp_listen(&told));
}

static struct bl_sim *built(const char *script)
{
    struct bl_sim *s = opened();

    ck_assert_msg(kp_script(s, script) == 0 && bl_elaborate(s) == 0, "%s", told.text);
    return s;
}

/* ---- refusals ---- */

#define C "clock c 10 0;"
#define CD "clock c 10 0; clock d 15 0;"

static const struct { const char *script, *told; } refused[] = {
    { C "part g gen", "f:2: g.x is a push end and nothing is wired to it (items)" },
    { C "part l look", "f:2: l.d is an input and nothing is wired to it (a word)" },
    { C "part x box; part g gen; part k sink; part l look; wire g.x x.a d1; wire x.b k.x d1; wire x.o l.d",
      "f:2: x: class box exports no child's port as its own a (bl_child_export in build)\n"
      "f:2: x: class box exports no child's port as its own o (bl_child_export in build)" },
    /* all in one pass: an unknown clock, a turned wire, a missing wire, a loop of wires and a loop of pipes */
    { C "part z put e; part g gen; part k sink; wire k.x g.x d1; part i inv; part j inv; wire i.y j.a; wire j.y i.a;"
        "part s stage; part t stage; part m gen; wire s.b t.a pipe; wire t.b s.a pipe",
      "f:2: z: there is no clock 'e'\nf:5: k.x is a pop end and g.x is a push end; turn the wire around\n"
      "f:12: m.x is a push end and nothing is wired to it (items)\n"
      "f:6: combinational loop: i -> j -> i; put a clocked part between\n"
      "f:10: loop of pipes (its ready signal would go round): s -> t -> s; put a clocked part between" },
};

START_TEST(refused_with_the_place)
{
    struct bl_sim *s = opened();

    kp_script(s, refused[_i].script);
    ck_assert_int_eq(bl_elaborate(s), -1);
    ck_assert_str_eq(told.text, refused[_i].told);
    ck_assert_int_eq(bl_run(s, 10), BL_END_FAILED);
    bl_close(s);
}
END_TEST

START_TEST(no_place_no_prefix_of_one)
{
    struct bl_sim *s = opened();

    kp_ok(bl_clock(s, "c", 10, 0, NULL));
    kp_ok(bl_add(s, "g", "gen", NULL, NULL));
    ck_assert_int_eq(bl_elaborate(s), -1);
    ck_assert_str_eq(told.text, "g.x is a push end and nothing is wired to it (items)");
    bl_close(s);
}
END_TEST

/* ---- synchronisers ---- */

START_TEST(words_arrive_n_edges_later)
{
    /* The writer's word of edge k (time 10 k) is read at edge j of d (15 j) when 10 k < 15 (j - n). */
    for (int n = 0; n < 6; n++) {
        char script[200];
        snprintf(script, sizeof script, CD "part p put c; part l log d; wire p.q l.d s%d", n);
        struct bl_sim *s = built(script);
        bl_run(s, 15 * 64);
        const struct kp_log *l = bl_part_of(s, "l");
        for (int j = 0; j < 64; j++) {
            uint32_t want = j <= n ? 0 : (uint32_t)((15 * (j - n) - 1) / 10 + 1);
            KP_HOLDS(l->at[j] == want, "%d stages, edge %d: read %u, expected %u", n, j, l->at[j], want);
        }
        bl_close(s);
    }
}
END_TEST

START_TEST(items_arrive_n_edges_later)
{
    for (int n = 0; n < 5; n++) {
        char script[400];
        /* Same rate, so that latency is plain: pushed at edge 7 (first room), seen n edges later than within one clock. */
        snprintf(script, sizeof script, "clock c 10 0; clock d 10 0; part g gen c; set g n 1; set g seed 5; part k sink d; set k seed 5;"
                 "wire g.x k.x d2 s%d", n);
        struct bl_sim *s = built(script);
        bl_run(s, 1000);
        ck_assert_uint_eq(kp_peek(s, "k.got"), 1);
        ck_assert_uint_eq(kp_peek(s, "k.wrong"), 0);
        ck_assert_uint_eq(kp_peek(s, "k.last"), 1 + (uint64_t)n);
        bl_close(s);
    }
}
END_TEST

START_TEST(enough_depth_gives_full_rate_across_clocks)
{
    /* A round trip is two times (1 + n) edges: that many places give an item a cycle. */
    for (int n = 0; n < 4; n++)
        for (int depth = 1; depth <= 2 * (1 + n) + 1; depth++) {
            char script[400];
            snprintf(script, sizeof script, "clock c 10 0; clock d 10 0; part g gen c; part k sink d; set k seed 0; wire g.x k.x d%d s%d",
                     depth, n);
            struct bl_sim *s = built(script);
            bl_run(s, 10000);
            uint64_t got = kp_peek(s, "k.got"), full = 2 * (1 + (uint64_t)n);
            uint64_t want = (uint64_t)depth >= full ? 1000 : 1000 * (uint64_t)depth / full;
            KP_HOLDS(got + 12 > want && got < want + 12, "sync %d, depth %d: %llu items, expected %llu", n, depth,
                     (unsigned long long)got, (unsigned long long)want);
            ck_assert_uint_eq(kp_peek(s, "k.wrong"), 0);
            bl_close(s);
        }
}
END_TEST

/* ---- events ---- */

START_TEST(wired_events_are_one)
{
    /* Chains and stars in any order of names: whoever rings, all hear. */
    static const char *const scripts[] = {
        "part b bell; part x ear; part y ear; part z ear; wire b.r x.e; wire x.e y.e; wire y.e z.e",
        "part b bell; part x ear; part y ear; part z ear; wire b.r z.e; wire z.e y.e; wire y.e x.e",
        "part b bell; part x ear; part y ear; part z ear; wire z.e b.r; wire y.e z.e; wire x.e y.e",
        "part b bell; part x ear; part y ear; part z ear; wire x.e b.r; wire y.e b.r; wire z.e b.r",
        "part b bell; part x ear; part y ear; part z ear; wire b.r x.e; wire b.r y.e; wire b.r z.e",
    };
    struct bl_sim *s = built(scripts[_i]);

    bl_run(s, 100);
    ck_assert_str_eq(story, "x 1, y 1, z 1");
    bl_close(s);
}
END_TEST

START_TEST(two_bells_one_ear)
{
    struct bl_sim *s = built("part a bell; part b bell; set b at 10 fs; part x ear; wire a.r x.e; wire b.r x.e");

    bl_run(s, 100);
    ck_assert_str_eq(story, "x 1, x 11");
    bl_close(s);
}
END_TEST

START_TEST(sensitivity_to_outputs)
{
    /* q is 0 0 1 1 0 0 1 1: it rises at edges 2, 6, 10 and falls at 4, 8. */
    struct bl_sim *s = built(C "part b bit; part r ear; set r how 1; wire b.q r.process rising; part f ear; set f how 1; wire b.q f.process falling;"
                             "part a ear; set a how 1; wire b.q a.process; part w ear; set w how 1; wire b.wide w.process");

    bl_run(s, 90);
    ck_assert_str_eq(story, "a 20, r 20, w 30, a 40, f 40, a 60, r 60, w 60, a 80, f 80");
    bl_close(s);
}
END_TEST

START_TEST(two_ears_on_one_output)
{
    struct bl_sim *s = built(C "part b bit; part x ear; set x how 1; wire b.q x.process; part y ear; set y how 1; wire b.q y.process;"
                             "wire b.q y.process rising");

    bl_run(s, 50);
    ck_assert_str_eq(story, "x 20, y 20, x 40, y 40");       /* both terms of y in one phase are one release */
    bl_close(s);
}
END_TEST

START_TEST(sensitivity_to_wires)
{
    struct bl_sim *s = built(C "part p put; set p every 4; part i inv; wire p.q i.a; part w ear; set w how 1; wire i.y w.process");

    bl_run(s, 95);                       /* p.q changes at edges 0, 4, 8; the wire is already 65535 at first */
    ck_assert_str_eq(story, "w 0, w 40, w 80");
    bl_close(s);
}
END_TEST

/* A wire that settles to the value it had is no event. */
START_TEST(a_wire_that_stays_is_no_event)
{
    struct bl_sim *s = built(C "part p put; part q put; set q step 65535; part a add; wire p.q a.a; wire q.q a.b;"
                             "part w ear; set w how 1; wire a.y w.process");

    bl_run(s, 100);
    ck_assert_str_eq(story, "");
    ck_assert_uint_eq(kp_peek(s, "p.q"), 10);
    bl_close(s);
}
END_TEST

/* ---- open ports ---- */

START_TEST(open_ports_are_empty_full_and_zero)
{
    struct bl_sim *s = built(C "part o opt");

    bl_run(s, 100);
    ck_assert_uint_eq(kp_peek(s, "o.sum"), 0);
    ck_assert_uint_eq(kp_peek(s, "o.a"), 0);
    ck_assert_uint_eq(kp_peek(s, "o.d"), 0);
    kp_verdicts_add_up(s);
    bl_close(s);
}
END_TEST

Suite *suite_bind(void);
Suite *suite_bind(void)
{
    Suite *s = suite_create("bind");
    TCase *c = tcase_create("bind");

    tcase_add_loop_test(c, refused_with_the_place, 0, sizeof refused / sizeof *refused);
    tcase_add_test(c, no_place_no_prefix_of_one);
    tcase_add_test(c, words_arrive_n_edges_later);
    tcase_add_test(c, items_arrive_n_edges_later);
    tcase_add_test(c, enough_depth_gives_full_rate_across_clocks);
    tcase_add_loop_test(c, wired_events_are_one, 0, 5);
    tcase_add_test(c, two_bells_one_ear);
    tcase_add_test(c, sensitivity_to_outputs);
    tcase_add_test(c, two_ears_on_one_output);
    tcase_add_test(c, sensitivity_to_wires);
    tcase_add_test(c, a_wire_that_stays_is_no_event);
    tcase_add_test(c, open_ports_are_empty_full_and_zero);
    suite_add_tcase(s, c);
    return s;
}
