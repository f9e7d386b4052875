/* test_ports.c - arrays of ports: what of their wiring is refused, how many there are, that each element is a link of its own in
 * clocked, waiting, combinational and composite parts. What others see of them: observe/test_arrays.c. */
#include "kernel/kernel.h"
#include "tests/rigs/kp_account.h"
#include "tests/rigs/kp_arrays.h"

static struct kp_told told;

static struct bl_sim *opened(const char *script)
{
    struct bl_sim *s = bl_open(ka_classes, kp_listen(&told));

    kp_script(s, script);
    return s;
}

static struct bl_sim *built(const char *script)
{
    struct bl_sim *s = opened(script);

    ck_assert_msg(bl_elaborate(s) == 0, "%s", told.text);
    return s;
}

/* ---- refusals ---- */

#define M2 "clock c 10 0; part g gen; part m merge; part k sink; wire m.out k.x d2;"          /* 2 clients; the next is f:6 */
#define ONE "clock c 10 0; part w words; set w n 1; part r read; set r n 1;"                   /* the next is f:6 */

static const struct { const char *script, *told; } refused[] = {
    { M2 "wire g.x m.in[2] d2; wire g.x m.in[0] d2",
      "f:6: there is no m.in[2]: m has 2 ports 'in' (clients); expected [0] .. [1]\n"
      "f:3: m.in[1] is a pop end and nothing is wired to it (items)" },
    { M2 "wire g.x m.in d2", "f:6: m.in is an array of 2 ports (clients); name one of them, m.in[0] .. m.in[1]\n"
      "f:3: m.in[0] is a pop end and nothing is wired to it (items)\n"
      "f:3: m.in[1] is a pop end and nothing is wired to it (items)" },
    { M2 "wire g.x[0] m.in[0] d2", "f:6: g.x is a single port; leave out the [0]\n"
      "f:2: g.x is a push end and nothing is wired to it (items)\n"
      "f:3: m.in[1] is a pop end and nothing is wired to it (items)" },
    { M2 "set m clients 1; wire g.x m.in[01] d2", "f:7: 'm.in[01]' names no port; expected PART.PORT, or PART.PORT[3] of an array\n"
      "f:3: m.in is a pop end and nothing is wired to it (items)" },
    { M2 "set m clients 1; wire g.x m.im[0] d2", "f:7: m: class merge has no port 'im'; did you mean 'in'?\n"
      "f:3: m.in is a pop end and nothing is wired to it (items)" },
    { M2 "set m clients 1; wire g.x m.in[1] d2", "f:7: there is no m.in[1]: m has 1 port 'in' (clients); expected [0]\n"
      "f:3: m.in is a pop end and nothing is wired to it (items)" },
    { M2 "part d deal; wire g.x d.in d1; wire d.far[2] m.in[0] d2; wire d.far[1] m.in[1] d2; set d ways 1",
      "f:8: there is no d.far[2]: d has 2 ports 'far'; expected [0] .. [1]\n"
      "f:6: d.out is a push end and nothing is wired to it (each k-th one)" },
    { M2 "part h gen; part i gen; wire g.x m.in[1] d2; wire h.x m.in[1] d2; wire i.x m.in[0] d2",
      "f:9: m.in[1] has two drivers, g.x and h.x; a port takes one wire" },
    { M2 "set m clients 9; wire g.x m.in[4] d2",
      "f:3: m.in[0] is a pop end and nothing is wired to it (items)\nf:3: m.in[1] is a pop end and nothing is wired to it (items)\n"
      "f:3: m.in[2] is a pop end and nothing is wired to it (items)\nf:3: m.in[3] is a pop end and nothing is wired to it (items)\n"
      "f:3: m.in[5] is a pop end and nothing is wired to it (items)\nf:3: m: and 3 more of the 9 ports 'in'" },
    { M2 "set m clients 0", "f:3: m.clients is 0, and m has as many ports 'in'; expected 1 .. 1024" },
    { M2 "set m clients 1025", "f:3: m.clients is 1025, and m has as many ports 'in'; expected 1 .. 1024" },
    { M2 "set g bits 8; wire g.x m.in[0] d2; wire g.x m.in[1] d2",
      "f:7: g.x is 1 x 8 bit, m.in[0] is 1 x 16 bit; expected equal widths\nf:8: g.x is 1 x 8 bit, m.in[1] is 1 x 16 bit; expected equal widths" },
    { M2 "wire m.in[0] g.x d2", "f:6: m.in[0] is a pop end and g.x is a push end; turn the wire around\n"
      "f:3: m.in[1] is a pop end and nothing is wired to it (items)" },
    { ONE "wire w.q[0] r.d; wire w.q r.d[0]", "f:7: r.d[0] has two drivers, w.q and w.q; a port takes one wire" },
    { ONE "part a sums; part b sums; wire w.q r.d; wire a.y[2] b.x[0]; wire b.y[1] a.x[1]",
      "f:6: combinational loop: a -> b -> a; put a clocked part between" },
    { "clock c 10 0; part h hub; part g[0] gen; part g[1] gen; part k sink; wire h.out k.x d2; wire g[0].x h.in[0] d2; wire g[1].x h.in[2] d2",
      "f:8: there is no h.in[2]: h has 2 ports 'in' (n); expected [0] .. [1]\n"
      "f:2: h, in build of class hub: h.m.in[0] is a pop end and nothing is wired to it (items)" },
    { "clock c 10 0; part h hub; part k sink; set h n 8; set h miss 7; part g gen; wire h.out k.x d2; wire g.x h.in[7] d2",
      "f:2: h: class hub exports no child's port as its own in[0] (bl_child_export in build)\n"
      "f:2: h: class hub exports no child's port as its own in[1] (bl_child_export in build)\n"
      "f:2: h: class hub exports no child's port as its own in[2] (bl_child_export in build)\n"
      "f:2: h: class hub exports no child's port as its own in[3] (bl_child_export in build)\n"
      "f:2: h: class hub exports no child's port as its own in[4] (bl_child_export in build)\n"
      "f:2: h: and 2 more of the 8 ports 'in'" },
};

START_TEST(refused_with_the_place)
{
    struct bl_sim *s = opened(refused[_i].script);

    ck_assert_int_eq(bl_elaborate(s), -1);
    ck_assert_msg(!strncmp(told.text, refused[_i].told, strlen(refused[_i].told)), "%s", told.text);
    bl_close(s);
}
END_TEST

/* ---- how many ---- */

static const struct { const char *port; uint32_t n; const char *told; } counts[] = {
    { "m.in", 2, "" }, { "m.out", 1, "" }, { "d.out", 3, "" }, { "d.far", 2, "" }, { "d.process", 1, "" }, { "one.in", 1, "" },
    { "m.in[1]", 1, "" }, { "one.in[0]", 1, "" }, { "h.in", 5, "" },
    { "m.in[2]", 0, "there is no m.in[2]: m has 2 ports 'in' (clients); expected [0] .. [1]" },
    { "m.im", 0, "m: class merge has no port 'im'; did you mean 'in'?" },
    { "m.clients", 0, "m: class merge has no port 'clients'" },
    { "mm.in", 0, "there is no part 'mm'; did you mean 'm'?" }, { "m", 0, "'m' names no port; expected PART.PORT" },
    { "m.process", 0, "'m' is no waiting part; only these have a sensitivity list" },
    { "bad.in", 0, "f:6: bad.clients is 2000, and bad has as many ports 'in'; expected 1 .. 1024" },
};

START_TEST(counted_before_elaboration)
{
    struct bl_sim *s = opened("clock c 10 0; part m merge; part d deal; part one merge; set one clients 1; part bad merge; set bad clients 2000;"
                              "part h hub; set h n 5");

    ck_assert_uint_eq(bl_port_count(s, counts[_i].port), counts[_i].n);
    ck_assert_str_eq(told.text, counts[_i].told);
    ck_assert_int_eq(s->failed, counts[_i].n == 0);
    bl_close(s);
}
END_TEST

START_TEST(counted_afterwards)
{
    struct bl_sim *s = built(KA_MERGE);

    ck_assert_uint_eq(bl_port_count(s, "m.in"), 3);
    ((struct ka_merge *)bl_part_of(s, "m"))->clients = 7;      /* what a part makes of its parameters afterwards counts no more */
    ck_assert_uint_eq(bl_port_count(s, "m.in"), 3);
    ck_assert_uint_eq(bl_port_count(s, "m.inn"), 0);
    ck_assert_int_eq(s->failed, 0);
    bl_close(s);
}
END_TEST

/* ---- each element is a link ---- */

START_TEST(clocked_takes_from_each)
{
    struct bl_sim *s = built(KA_MERGE "set g[0] n 20; set g[1] n 30; set g[2] n 7");
    const struct ka_merge *m = bl_part_of(s, "m");

    ck_assert_uint_eq(m->in.n, 3);
    bl_run(s, 100000);
    ck_assert_uint_eq(kp_peek(s, "m.from[0]"), 20);
    ck_assert_uint_eq(kp_peek(s, "m.from[1]"), 30);
    ck_assert_uint_eq(kp_peek(s, "m.from[2]"), 7);
    ck_assert_uint_eq(kp_peek(s, "k.got"), 57);
    kp_verdicts_add_up(s);
    bl_close(s);
}
END_TEST

/* A nap ends when any element moves: the account is that of a part that never naps, with less work. */
static void naps_alike(const char *script)
{
    struct bl_sim *a = built(script), *b = opened(script);

    bl_option(b, BL_NO_NAP, 1);
    ck_assert_msg(bl_elaborate(b) == 0, "%s", told.text);
    bl_run(a, 5000);
    bl_run(b, 5000);
    ck_assert_uint_lt(bl_activations(a), bl_activations(b));
    kp_same(kp_account(a), kp_account(b), "with naps and without");
    bl_close(a);
    bl_close(b);
}

START_TEST(any_element_ends_a_nap)
{
    naps_alike(KA_MERGE);
    naps_alike(KA_WORDS);
    naps_alike("clock c 10 0; part g gen; set g every 9; part d deal; part m merge; set m clients 3; part k sink; wire g.x d.in d2;"
               "wire d.out[0] m.in[2] d2; wire d.out[1] m.in[0] d2; wire d.out[2] m.in[1] d2; wire m.out k.x d2");
}
END_TEST

START_TEST(waiting_gives_to_each)
{
    struct bl_sim *s = built("clock c 10 0; part g gen; set g n 31; part d deal; part k[0] sink; part k[1] sink; part k[2] sink; part f sink;"
                             "wire g.x d.in d2; wire d.out[0] k[0].x d2; wire d.out[1] k[1].x d2; wire d.out[2] k[2].x d2;"
                             "wire d.far[1] f.x d2");

    bl_run(s, 10000);
    ck_assert_uint_eq(kp_peek(s, "d.k"), 31);
    ck_assert_uint_eq(kp_peek(s, "k[0].got"), 11);
    ck_assert_uint_eq(kp_peek(s, "k[1].got"), 10);
    ck_assert_uint_eq(kp_peek(s, "k[2].got"), 10);
    ck_assert_uint_eq(kp_peek(s, "f.got"), 15);                /* far[0] is open and has no room */
    bl_close(s);
}
END_TEST

/* The one that waits for a full element goes on when that one has room, whatever moves in the others. */
START_TEST(waiting_waits_for_one)
{
    struct bl_sim *s = built("clock c 10 0; part g gen; part d deal; set d ways 2; part k[0] sink; part k[1] sink; set k[1] every 50;"
                             "wire g.x d.in d2; wire d.out[0] k[0].x d2; wire d.out[1] k[1].x d2");

    bl_run(s, 20000);
    ck_assert_uint_le(kp_peek(s, "k[1].got"), 40);
    ck_assert_uint_ge(kp_peek(s, "k[1].got"), 39);
    ck_assert_uint_le(kp_peek(s, "k[0].got"), kp_peek(s, "k[1].got") + 4);
    bl_close(s);
}
END_TEST

/* Parts whose names run against the order in which they must settle. */
START_TEST(combinational_settles_in_order)
{
    struct bl_sim *s = built("clock c 10 0; part p put; part z put; set z step 10; part b sums; part a sums; wire p.q b.x[0]; wire z.q b.x[2];"
                             "wire b.y[0] a.x[1]; wire b.y[2] a.x[2]; part l look; wire a.y[2] l.d");

    bl_run(s, 45);                       /* edges 0 .. 4: p 5, z 50 */
    ck_assert_uint_eq(kp_peek(s, "b.y[0]"), 5);
    ck_assert_uint_eq(kp_peek(s, "b.y[1]"), 5);
    ck_assert_uint_eq(kp_peek(s, "b.y[2]"), 55);
    ck_assert_uint_eq(kp_peek(s, "a.y[0]"), 0);
    ck_assert_uint_eq(kp_peek(s, "a.y[2]"), 60);
    ck_assert_uint_eq(kp_peek(s, "l.last"), 48);               /* as of the edge before */
    bl_close(s);
}
END_TEST

START_TEST(a_composite_exports_elements)
{
    struct bl_sim *s = built("clock c 10 0; part h hub; set h n 3; part g[0] gen; part g[1] gen; part g[2] gen; part k sink; wire h.out k.x d2;"
                             "set g[0] n 3; set g[1] n 4; set g[2] n 5;"
                             "wire g[0].x h.in[0] d2; wire g[1].x h.in[1] d2; wire g[2].x h.in[2] d2");

    bl_run(s, 1000);
    ck_assert_uint_eq(kp_peek(s, "h.m.from[2]"), 3);           /* they are exported in reverse */
    ck_assert_uint_eq(kp_peek(s, "h.m.from[1]"), 4);
    ck_assert_uint_eq(kp_peek(s, "h.m.from[0]"), 5);
    bl_close(s);
}
END_TEST

/* An array of one is written either way, inside of a composite and outside, and is shown without brackets. */
static const char *const spellings[] = {
    "clock c 10 0; part g gen; part h hub; set h n 1; part k sink; wire h.out k.x d2; wire g.x h.in d2",
    "clock c 10 0; part g gen; part h hub; set h n 1; part k sink; wire h.out k.x d2; wire g.x h.in[0] d2",
};

START_TEST(an_array_of_one_in_both_spellings)
{
    struct bl_sim *s = built(spellings[0]), *t = built(spellings[1]);

    bl_run(s, 500);
    bl_run(t, 500);
    ck_assert(bl_state_equal(s, t));
    ck_assert_uint_gt(kp_peek(s, "h.m.from"), 40);
    ck_assert_uint_eq(kp_peek(s, "h.m.from"), kp_peek(t, "h.m.from[0]"));
    ck_assert_str_eq(word_name(s->frozen.rings[node_named(s, "h.m")->port[0]]->pop_word), "h.m.in");
    kp_same(kp_account(s), kp_account(t), "both spellings");
    bl_close(s);
    bl_close(t);
}
END_TEST

START_TEST(reset_values_of_each)
{
    struct bl_sim *s = built(KA_WORDS "set w first 70");

    ck_assert_uint_eq(kp_peek(s, "w.q[0]"), 70);
    ck_assert_uint_eq(kp_peek(s, "r.d[2]"), 72);
    bl_close(s);
}
END_TEST

START_TEST(a_thousand_elements)
{
    struct bl_sim *s = opened("clock c 10 0; part m merge; set m clients 1024; part k sink; wire m.out k.x d2");
    char a[32], b[32];

    for (int k = 0; k < BL_PORTS_MOST; k++) {
        snprintf(a, sizeof a, "g[%d].x", k);
        snprintf(b, sizeof b, "m.in[%d]", k);
        kp_ok(bl_add(s, arena_copy(&s->texts, a, strlen(a) - 2), "gen", NULL, NULL));
        kp_ok(bl_wire(s, a, b, KP_CHANNEL(2), NULL));
    }
    ck_assert_msg(bl_elaborate(s) == 0, "%s", told.text);
    bl_run(s, 20490);
    ck_assert_uint_eq(kp_peek(s, "m.from[0]"), 2);
    ck_assert_uint_eq(kp_peek(s, "m.from[1023]"), 2);
    bl_close(s);
}
END_TEST

/* A synchroniser in one element, a pipe in another. */
START_TEST(elements_may_be_linked_differently)
{
    struct bl_sim *s = built("clock c 10 0; clock d 15 0; part g gen d; set g n 9; part h gen c; set h n 8; part m merge c; part k sink c;"
                             "wire m.out k.x d2; wire g.x m.in[0] d8 s2; wire h.x m.in[1] pipe");

    bl_run(s, 2000);
    ck_assert_uint_eq(kp_peek(s, "m.from[0]"), 9);
    ck_assert_uint_eq(kp_peek(s, "m.from[1]"), 8);
    bl_close(s);
}
END_TEST

/* ---- waiting parts: shared signals and channels, static sensitivity, resets ---- */

struct pen { struct bl_part p; bl_outs q; bl_pushes x; int64_t me; uint64_t at; };
struct eye { struct bl_part p; bl_ins d; bl_pops y; uint64_t moves, seen, items; };

static bl_verdict pen_run(void *self)
{
    struct pen *t = self;

    BL_BEGIN(t);
    for (;;) {
        AWAIT_TIME(t->at, BL_IDLE);
        *bl_put8(t->q.at[1]) = (uint8_t)t->me;
        *bl_put8(t->q.at[0]) ^= 1;
        if (bl_room(t->x.at[1]))
            *bl_push8(t->x.at[1]) = (uint8_t)t->me;
    }
    BL_END;
}

static bl_verdict eye_run(void *self)
{
    struct eye *t = self;

    BL_BEGIN(t);
    for (;;) {
        AWAIT_STATIC(1, BL_IDLE);
        t->moves++;
        t->seen = t->seen * 10 + *bl_get8(t->d.at[0]);
        while (bl_avail(t->y.at[1]))
            t->items = t->items * 10 + *bl_pop8(t->y.at[1]);
    }
    BL_END;
}

#define T struct pen
static const struct bl_field pen_fields[] = {
    BL_OUTS(T, q, 2, 1, 2, "a bit, own number"), BL_PUSHES_OPT(T, x, 2, 1, 8, "own number"), BL_PARAM(T, me, 1, 0, 3, "own number"),
    BL_TIME(T, at, 10, 1, BL_US, "every"), { 0 }
};
#undef T
#define T struct eye
static const struct bl_field eye_fields[] = {
    BL_INS_OPT(T, d, 2, 1, 2, "numbers"), BL_POPS_OPT(T, y, 2, 1, 8, "numbers"), BL_VIEW(T, moves, 1, 64, "releases"),
    BL_VIEW(T, seen, 1, 64, "digits"), BL_VIEW(T, items, 1, 64, "digits"), { 0 }
};
#undef T
static const struct bl_class pen_class = { .name = "pen", .help = "writes", .size = sizeof(struct pen), .run = pen_run, .fields = pen_fields };
static const struct bl_class eye_class = { .name = "eye", .help = "reads", .size = sizeof(struct eye), .run = eye_run, .fields = eye_fields };
static const struct bl_class *const waiting[] = { &pen_class, &eye_class, NULL };

#define PENS "part a pen; part b pen; set b me 2; set a at 10 fs; set b at 25 fs; part e eye;"

static struct bl_sim *waiting_built(const char *script)
{
    struct bl_sim *s = bl_open(waiting, kp_listen(&told));

    ck_assert_msg(kp_script(s, script) == 0 && bl_elaborate(s) == 0, "%s", told.text);
    return s;
}

/* Two outputs that are elements drive one input that is an element; a channel has two users; the process hears of that signal. */
START_TEST(elements_are_shared)
{
    struct bl_sim *s = waiting_built(PENS "wire a.q[1] e.d[0] many; wire b.q[1] e.d[0] many; wire a.x[1] e.y[1] d4 many; wire b.x[1] e.y[1] d4 many;"
                                     "wire a.q[1] e.process");

    bl_run(s, 49);                       /* a at 10, 20, 30, 40; b at 25 */
    ck_assert_uint_eq(kp_peek(s, "e.seen"), 121);
    ck_assert_uint_eq(kp_peek(s, "e.moves"), 3);
    ck_assert_uint_eq(kp_peek(s, "e.items"), 1121);
    bl_close(s);
}
END_TEST

/* Lanes of two bits of several drivers: 1 and 2 are unlike and give X (3) while both drive. */
START_TEST(elements_are_resolved)
{
    struct bl_sim *s = waiting_built(PENS "set b me 1; wire a.q[1] e.d[1] resolved; wire b.q[1] e.d[1] resolved; wire a.q[0] e.d[0]; wire a.q[0] e.process");

    bl_run(s, 24);
    ck_assert_uint_eq(kp_peek(s, "e.d[1]"), 3);
    bl_run(s, 49);
    ck_assert_uint_eq(kp_peek(s, "e.d[1]"), 1);
    ck_assert_uint_eq(kp_peek(s, "e.seen"), 1010);
    bl_close(s);
}
END_TEST

/* ---- names ---- */

START_TEST(places_and_their_names)
{
    struct bl_sim *s = built("clock c 10 0; part g gen; part d deal; part m merge; set m clients 4; part k sink; wire g.x d.in d1;"
                             "wire d.out[0] m.in[0] d1; wire d.out[1] m.in[3] d1; wire d.out[2] m.in[1] d1; wire d.far[0] m.in[2] d1; wire m.out k.x d1");
    static const char *const names[] = { "in[0]", "in[1]", "in[2]", "in[3]", "out", "from[0]", "from[1]", "from[2]", "from[3]" };
    const struct bl_node *m = node_named(s, "m");
    uint32_t element;

    for (uint32_t p = 0; p < sizeof names / sizeof *names; p++)
        ck_assert_str_eq(port_text(&s->texts, m, p), names[p]);
    ck_assert_str_eq(port_field(m, 7, &element)->name, "from");
    ck_assert_uint_eq(element, 2);
    ck_assert_uint_eq(m->nports, 4 + 1 + 4 + (m->info->nfields - 3));
    ck_assert_ptr_eq(node_named(s, "g")->first, node_named(s, "g")->info->first);     /* who has no arrays pays nothing */
    ck_assert_str_eq(word_name(s->frozen.rings[m->port[2]]->push_word), "d.far[0]");
    ck_assert_str_eq(word_name(s->frozen.rings[node_named(s, "d")->port[node_named(s, "d")->first[2] + 1]]->push_word), "d.far[1] (open)");
    bl_close(s);
}
END_TEST

Suite *suite_ports(void);
Suite *suite_ports(void)
{
    Suite *s = suite_create("ports");
    TCase *c = tcase_create("ports");

    tcase_add_loop_test(c, refused_with_the_place, 0, sizeof refused / sizeof *refused);
    tcase_add_loop_test(c, counted_before_elaboration, 0, sizeof counts / sizeof *counts);
    tcase_add_test(c, counted_afterwards);
    tcase_add_test(c, clocked_takes_from_each);
    tcase_add_test(c, any_element_ends_a_nap);
    tcase_add_test(c, waiting_gives_to_each);
    tcase_add_test(c, waiting_waits_for_one);
    tcase_add_test(c, combinational_settles_in_order);
    tcase_add_test(c, a_composite_exports_elements);
    tcase_add_test(c, an_array_of_one_in_both_spellings);
    tcase_add_test(c, reset_values_of_each);
    tcase_add_test(c, a_thousand_elements);
    tcase_add_test(c, elements_may_be_linked_differently);
    tcase_add_test(c, elements_are_shared);
    tcase_add_test(c, elements_are_resolved);
    tcase_add_test(c, places_and_their_names);
    suite_add_tcase(s, c);
    return s;
}
