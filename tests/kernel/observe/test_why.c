/* test_why.c - the chain of causes (chain.c) behind the last change of a signal, word by word; and the parts of a loop without time. */
#include "tests/rigs/heard.h"
#include "tests/rigs/kp_account.h"
#include "tests/rigs/kparts.h"

/* ---- event layer: call notifies e after `after` (0: the next delta; now: at once), hear waits for it, then drives q ---- */

struct call { struct bl_part p; bl_in d; bl_event e; uint64_t first, after; int64_t at_once; };
struct hear { struct bl_part p; bl_out q; bl_event e; uint64_t most; };
struct sense { struct bl_part p; bl_out q; };
struct clocked { struct bl_part p; bl_event e; bl_out q; uint64_t after; };
struct loop { struct bl_part p; bl_in d; bl_out q; bl_event e; int64_t by_event; };

static bl_verdict call_run(void *self)
{
    struct call *t = self;

    BL_BEGIN(t);
    AWAIT_TIME(t->first, BL_IDLE);
    AWAIT(*bl_get16(t->d) == 0 || *bl_get16(t->d) >= 3, BL_IDLE);
    if (t->at_once)
        bl_notify_now(t, t->e);
    else
        bl_notify(t, t->e, t->after);
    BL_END;
}

static bl_verdict hear_run(void *self)
{
    struct hear *t = self;

    BL_BEGIN(t);
    for (;;) {
        AWAIT_EVENT_FOR(t->e, t->most, BL_IDLE);
        *bl_put16(t->q) = (uint16_t)(*bl_put16(t->q) + (bl_timed_out(t) ? 100 : 1));
    }
    BL_END;
}

static bl_verdict sense_run(void *self)
{
    struct sense *t = self;

    BL_BEGIN(t);
    for (;;) {
        AWAIT_STATIC(2, BL_IDLE);
        ++*bl_put16(t->q);
    }
    BL_END;
}

/* Naps; its event wakes it. */
static bl_verdict clocked_tick(void *self)
{
    struct clocked *t = self;

    ++*bl_put16(t->q);
    bl_notify(t, t->e, t->after);
    return BL_NAP(BL_IDLE);
}

static bl_verdict loop_run(void *self)
{
    struct loop *t = self;
    const uint16_t *d = bl_get16(t->d);

    BL_BEGIN(t);
    AWAIT_TIME(7, BL_IDLE);
    for (;;) {
        *bl_put16(t->q) = (uint16_t)(*d + 1);
        if (t->by_event) {
            bl_notify(t, t->e, 0);
            AWAIT_EVENT(t->e, BL_BUSY);
        } else {
            AWAIT(*d >= *bl_put16(t->q), BL_BUSY);
        }
    }
    BL_END;
}

/* twin: lane 1 changes at every third edge, lane 0 at each. */
struct twin { struct bl_part p; bl_out q; };
static bl_verdict twin_tick(void *self)
{
    struct twin *t = self;

    bl_put16(t->q)[0] = (uint16_t)bl_cycle(t);
    bl_put16(t->q)[1] = (uint16_t)(bl_cycle(t) / 3);
    return BL_BUSY;
}
static const struct bl_field twin_fields[] = { BL_OUT(struct twin, q, 2, 16, "two lanes"), { 0 } };
static const struct bl_class twin_class = { .name = "twin", .help = "two lanes", .size = sizeof(struct twin), .tick = twin_tick, .fields = twin_fields };

static const struct bl_field call_fields[] = {
    BL_IN_OPT(struct call, d, 1, 16, "waited for"), BL_EVENT(struct call, e, "notified"), BL_TIME(struct call, first, 5, 0, BL_MS, "first wait"),
    BL_TIME(struct call, after, 0, 0, BL_MS, "after"), BL_PARAM(struct call, at_once, 0, 0, 1, "immediate"), { 0 }
};
static const struct bl_field hear_fields[] = {
    BL_OUT(struct hear, q, 1, 16, "heard"), BL_EVENT(struct hear, e, "heeded"), BL_TIME(struct hear, most, BL_MS, 0, BL_MS, "at most"), { 0 }
};
static const struct bl_field sense_fields[] = { BL_OUT(struct sense, q, 1, 16, "releases"), { 0 } };
static const struct bl_field clocked_fields[] = {
    BL_OUT(struct clocked, q, 1, 16, "ticks"), BL_EVENT(struct clocked, e, "wakes it"), BL_TIME(struct clocked, after, 50, 1, BL_MS, "nap"), { 0 }
};
static const struct bl_field loop_fields[] = {
    BL_IN(struct loop, d, 1, 16, "the other's"), BL_OUT(struct loop, q, 1, 16, "own"), BL_EVENT(struct loop, e, "own"),
    BL_PARAM(struct loop, by_event, 0, 0, 1, "waits for its own event"), { 0 }
};
#define RUNS(C, h) static const struct bl_class C##_class = { .name = #C, .help = h, .size = sizeof(struct C), .run = C##_run, \
    .fields = C##_fields }
RUNS(call, "notifies");
RUNS(hear, "waits for it");
RUNS(sense, "counts releases");
RUNS(loop, "never ends");
static const struct bl_class clocked_class = { .name = "clocked", .help = "naps until its event", .size = sizeof(struct clocked),
    .tick = clocked_tick, .fields = clocked_fields };

static const struct bl_class *const classes[] = {
    &call_class, &hear_class, &sense_class, &clocked_class, &loop_class, &kp_gen_class, &kp_sink_class, &kp_stage_class, &kp_work_class,
    &twin_class, &kp_put_class, &kp_look_class, &kp_log_class, &kp_add_class, &kp_inv_class, &kp_echo_class, NULL
};

static void line(void *ctx, const char *text) { heard_put(ctx, text); }

#define PUTS "clock core 10 0; part p put; part l look; set p every 3; wire p.q l.d;"
#define LINE "clock core 10 0; part g gen; part k sink; set g every 7; wire g.x k.x d2;"

/* Parts, the signal, up to which time, and the chain. */
static const struct { const char *script, *signal; uint64_t until; const char *says; } chains[] = {
    { PUTS, "p.q", 45, "p.q 1 -> 2 at 30 fs, delta 1\n"
                       "  by p at 30 fs: edge 3 of clock core" },
    { PUTS, "l.d", 65, "p.q 2 -> 3 at 60 fs, delta 1\n"
                       "  by p at 60 fs: edge 6 of clock core" },
    { PUTS, "l.last", 45, "l.last 1 -> 2 at 40 fs, delta 1\n"
                          "  by l at 40 fs: edge 4 of clock core\n"
                          "    its nap ended by p.q 1 -> 2 at 30 fs, delta 1\n"
                          "      by p at 30 fs: edge 3 of clock core" },
    { PUTS, "l.verdict", 55, "l.verdict busy -> idle at 50 fs, delta 1\n"
                             "  by l at 50 fs: edge 5 of clock core" },
    { "clock core 10 0; part p twin", "p.q[1]", 85, "p.q[1] 1 -> 2 at 60 fs, delta 1\n  by p at 60 fs: edge 6 of clock core" },
    { "clock core 10 0; part p twin", "p.q[0]", 85, "p.q[0] 7 -> 8 at 80 fs, delta 1\n  by p at 80 fs: edge 8 of clock core" },
    { PUTS "set p step 0", "p.q", 100, "p.q has not changed; it is 0 since the start" },
    { "clock core 10 0; part p put; part a add; part i inv; part z put; wire p.q a.a; wire z.q a.b; wire a.y i.a; set z every 2;"
      "set z first 40", "i.y", 25, "i.y 65492 -> 65490 at 20 fs, delta 1\n"
      "  by i at 20 fs, delta 1\n"
      "    because of a.y 43 -> 45 at 20 fs, delta 1\n"
      "      by a at 20 fs, delta 1\n"
      "        because of z.q 41 -> 42 at 20 fs, delta 1\n"
      "          by z at 20 fs: edge 2 of clock core" },
    /* at the start everything settles */
    { "clock core 10 0; part b put; part a add; part i inv; set b first 9; set b step 0; wire b.q a.a; wire b.q a.b; wire a.y i.a",
      "i.y", 3,
      "i.y 0 -> 65517 at 0 s, delta 0\n"
      "  by i at 0 s, delta 0\n"
      "    because of a.y 0 -> 18 at 0 s, delta 0\n"
      "      by a at 0 s, delta 0\n"
      "        because everything settles at the start" },
    /* event layer: the next delta, a time, at once, a time-out, static sensitivity */
    { "part c call; part h hear; wire c.e h.e", "h.q", 9,
      "h.q 0 -> 1 at 5 fs, delta 2\n"
      "  by h at 5 fs, delta 2\n"
      "    released by event c.e at 5 fs, delta 1\n"
      "      notified for the next delta by c at 5 fs, delta 1\n"
      "        released by its time-out at 5 fs\n"
      "          set by c at 0 s, delta 1\n"
      "            released by the start of the run" },
    { "part c call; part h hear; set c after 20 fs; wire c.e h.e", "h.q", 90,
      "h.q 0 -> 1 at 25 fs, delta 1\n"
      "  by h at 25 fs, delta 1\n"
      "    released by event c.e at 25 fs\n"
      "      notified with a time by c at 5 fs, delta 1\n"
      "        released by its time-out at 5 fs\n"
      "          set by c at 0 s, delta 1\n"
      "            released by the start of the run" },
    { "part c call; part h hear; set c at_once 1; wire c.e h.e", "h.q", 90,
      "h.q 0 -> 1 at 5 fs, delta 1\n"
      "  by h at 5 fs, delta 1\n"
      "    released by event c.e at 5 fs, delta 1\n"
      "      notified at once by c at 5 fs, delta 1\n"
      "        released by its time-out at 5 fs\n"
      "          set by c at 0 s, delta 1\n"
      "            released by the start of the run" },
    { "part c call; part h hear; set h most 30 fs; wire c.e h.e", "h.q", 70,
      "h.q 101 -> 201 at 65 fs, delta 1\n"
      "  by h at 65 fs, delta 1\n"
      "    released by its time-out at 65 fs\n"
      "      set by h at 35 fs, delta 1\n"
      "        released by its time-out at 35 fs\n"
      "          set by h at 5 fs, delta 2\n"
      "            released by event c.e at 5 fs, delta 1\n"
      "              notified for the next delta by c at 5 fs, delta 1\n"
      "                released by its time-out at 5 fs\n"
      "                  set by c at 0 s, delta 1\n"
      "                    released by the start of the run" },
    { "clock core 10 0; part p put; part s sense; wire p.q s.process", "s.q", 35,
      "s.q 1 -> 2 at 30 fs, delta 2\n"
      "  by s at 30 fs, delta 2\n"
      "    released by its sensitivity to p.q at 30 fs, delta 1\n"
      "      because of p.q 3 -> 4 at 30 fs, delta 1\n"
      "        by p at 30 fs: edge 3 of clock core" },
    { "clock core 10 0; part t clocked; part h hear; wire t.e h.e", "t.q", 130,
      "t.q 2 -> 3 at 100 fs, delta 1\n"
      "  by t at 100 fs: edge 10 of clock core\n"
      "    its nap ended by event h.e at 100 fs\n"
      "      notified with a time by t at 50 fs: edge 5 of clock core\n"
      "        its nap ended by event h.e at 50 fs\n"
      "          notified with a time by t at 0 s: edge 0 of clock core" },
    { "clock core 10 0; part t clocked; part h hear; wire t.e h.e", "h.q", 130,
      "h.q 1 -> 2 at 100 fs, delta 1\n"
      "  by h at 100 fs, delta 1\n"
      "    released by event h.e at 100 fs\n"
      "      notified with a time by t at 50 fs: edge 5 of clock core\n"
      "        its nap ended by event h.e at 50 fs\n"
      "          notified with a time by t at 0 s: edge 0 of clock core" },
    /* links: AWAIT on a word, on a channel; naps along channels and pipes */
    { "clock core 10 0; part p put; part c call; part h hear; wire p.q c.d; wire c.e h.e", "h.q", 90,
      "h.q 0 -> 1 at 20 fs, delta 3\n"
      "  by h at 20 fs, delta 3\n"
      "    released by event c.e at 20 fs, delta 2\n"
      "      notified for the next delta by c at 20 fs, delta 2\n"
      "        released by p.q 2 -> 3 at 20 fs, delta 1\n"
      "          by p at 20 fs: edge 2 of clock core" },
    { LINE, "k.x", 25,
      "k.x popped 0 -> 1 at 10 fs, delta 1\n"
      "  by k at 10 fs: edge 1 of clock core" },
    { "clock core 10 0; part g gen; part e echo; part k sink; set g every 7; set e delay 12 fs; wire g.x e.a d2; wire e.b k.x d2", "k.got", 105,
      "k.got 1 -> 2 at 90 fs, delta 1\n"
      "  by k at 90 fs: edge 9 of clock core\n"
      "    its nap ended by e.b pushed 1 -> 2 at 82 fs, delta 1\n"
      "      by e at 82 fs, delta 1\n"
      "        released by its time-out at 82 fs\n"
      "          set by e at 70 fs, delta 2\n"
      "            released by g.x pushed 1 -> 2 at 70 fs, delta 1\n"
      "              by g at 70 fs: edge 7 of clock core" },
    { "clock core 10 0; part g gen; part a stage; part b stage; part k sink; set k every 3; wire g.x a.a d2; wire a.b b.a pipe; wire b.b k.x d2", "g.x", 95,
      "g.x pushed 6 -> 7 at 80 fs, delta 1\n"
      "  by g at 80 fs: edge 8 of clock core\n"
      "    its nap ended by a.a popped 4 -> 5 at 70 fs, delta 1\n"
      "      by a at 70 fs: edge 7 of clock core\n"
      "        its nap ended by b at 70 fs: edge 7 of clock core\n"
      "          its nap ended by k.x popped 1 -> 2 at 60 fs, delta 1\n"
      "            by k at 60 fs: edge 6 of clock core" },
    /* two clocks */
    { "clock a 10 0; clock b 15 0; part p put a; part l look b; set p every 5; wire p.q l.d s2", "l.last", 140,
      "l.last 2 -> 3 at 135 fs, delta 1\n"
      "  by l at 135 fs: edge 9 of clock b\n"
      "    its nap ended by p.q.sync 2 -> 3 at 120 fs, delta 1\n"
      "      by p.q.sync at 120 fs: edge 8 of clock b\n"
      "        passing on p.q 2 -> 3 at 100 fs, delta 1\n"
      "          by p at 100 fs: edge 10 of clock a" },
    { "clock a 10 0; clock b 15 0; part p put a; part o log b; set p every 5; wire p.q o.d s0", "o.at[5]", 140,
      "o.at[5] 0 -> 2 at 75 fs, delta 1\n"
      "  by o at 75 fs: edge 5 of clock b" },
};

/* Loops without time: who is in them, what changes, which events. */
static const struct { const char *script, *says; } loops[] = {
    { "part a loop; part b loop; wire a.q b.d; wire b.q a.d",
      "time 7 fs: 10000 deltas and no end: a loop without time\n"
      "  in the loop: a\n"
      "  in the loop: b\n"
      "  it changes: b.q 9999 -> 10000\n"
      "  it changes: a.q 9999 -> 10000" },
    { "part a loop; part b loop; wire a.q b.d; wire b.q a.d; set a by_event 1; set b by_event 1",
      "time 7 fs: 10000 deltas and no end: a loop without time\n"
      "  in the loop: b\n"
      "  in the loop: a\n"
      "  it notifies: b.e\n"
      "  it notifies: a.e\n"
      "  it changes: b.q 9999 -> 10000\n"
      "  it changes: a.q 9999 -> 10000" },
    { "clock core 10 0; part a loop; part y add; part z put; set z first 5; set z step 0; wire a.q y.a; wire z.q y.b; wire y.y a.d",
      "time 7 fs: 10000 deltas and no end: a loop without time\n"
      "  in the loop: y\n"
      "  in the loop: a\n"
      "  it changes: y.y 59999 -> 60005\n"
      "  it changes: a.q 59994 -> 60000" },
};

START_TEST(loops_without_time_are_named)
{
    struct heard h;
    struct bl_sim *s = bl_open(classes, heard_start(&h));

    kp_script(s, loops[_i].script);
    ck_assert_msg(bl_elaborate(s) == 0, "%s", h.text);
    ck_assert_int_eq(bl_run(s, 1000), BL_END_FAILED);
    ck_assert_str_eq(h.text, loops[_i].says);
    bl_close(s);
}
END_TEST

START_TEST(chains_are_told)
{
    struct heard h, out;
    struct bl_sim *s = bl_open(classes, heard_start(&h));

    kp_script(s, chains[_i].script);
    ck_assert_msg(bl_elaborate(s) == 0, "%s", h.text);
    heard_start(&out);
    kp_ok(bl_why(s, chains[_i].signal, &h.diag));
    bl_run(s, chains[_i].until);
    bl_why_tell(s, &(struct bl_show){ line, &out });
    ck_assert_str_eq(out.text, chains[_i].says);
    bl_close(s);
}
END_TEST

/* Being asked changes nothing in a run; and a chain is told again after more of it. */
START_TEST(recording_changes_nothing)
{
    const char *script = "clock core 10 0; clock side 15 5; part g gen core; part a stage core; part b stage core; part k sink core; set k every 3;"
        "part x sink side; part e echo; set e delay 12 fs; part h gen core; part p put core; part y add; part l look side; part c call;"
        "part q hear; wire g.x a.a d2; wire a.b b.a pipe; wire b.b k.x d2; wire h.x e.a d2; wire e.b x.x d4 s2; wire p.q y.a; wire p.q y.b;"
        "wire y.y l.d; wire p.q c.d; wire c.e q.e; set q most 70 fs";
    struct heard out;
    struct bl_sim *two[2];
    char *account[2];

    for (int k = 0; k < 2; k++) {
        two[k] = bl_open(classes, NULL);
        kp_ok(kp_script(two[k], script));
        kp_ok(bl_elaborate(two[k]));
        if (k)
            kp_ok(bl_why(two[k], "l.last", NULL));
        bl_run(two[k], 3000);
        heard_start(&out);
        bl_why_tell(two[k], &(struct bl_show){ line, &out });
        ck_assert_uint_eq(out.n > 20, k);
        bl_run(two[k], 90000);
        account[k] = kp_account(two[k]);
    }
    ck_assert(bl_state_equal(two[0], two[1]));
    kp_same(account[0], account[1], "with a record");
    bl_close(two[0]);
    bl_close(two[1]);
}
END_TEST

/* What the ring no longer has, and what is longer than a page, is said to be so. */
START_TEST(long_chains_end)
{
    struct heard out;
    struct bl_sim *s = bl_open(classes, NULL);
    const char *end = "\n                                                                                                          "
                      "                      (and so on)";

    kp_ok(kp_script(s, "part h hear; part c call; set h most 3 fs; set c first 1 us; wire c.e h.e"));
    kp_ok(bl_elaborate(s));
    kp_ok(bl_why(s, "h.q", NULL));
    bl_run(s, 3000);
    heard_start(&out);
    bl_why_tell(s, &(struct bl_show){ line, &out });
    ck_assert_msg(out.n > strlen(end) && !strcmp(out.text + out.n - strlen(end), end), "%s", out.text);
    bl_close(s);
}
END_TEST

static const char *const wrong[] = { "p", "p.nothing", "p.every", "nobody.q", "p.q[1]", "" };

START_TEST(what_is_no_signal_is_refused)
{
    struct heard h;
    char says[300];
    struct bl_sim *s = bl_open(classes, heard_start(&h));

    kp_ok(kp_script(s, PUTS));
    kp_ok(bl_elaborate(s));
    ck_assert_int_eq(bl_why(s, wrong[_i], &h.diag), -1);
    snprintf(says, sizeof says, "why %s: there is no such signal, or it is wider than 64 bits a lane; expected PART.PORT, PART.VIEW, "
             "PART.TALLY or PART.verdict (`bitline show PLATFORM --signals` lists names)", wrong[_i]);
    ck_assert_str_eq(h.text, says);
    bl_run(s, 10);
    heard_start(&h);
    ck_assert_int_eq(bl_why(s, "p.q", &h.diag), -1);
    ck_assert_str_eq(h.text, "why p.q: asked in the middle of a run; ask before it");
    bl_close(s);
}
END_TEST

Suite *suite_why(void);
Suite *suite_why(void)
{
    Suite *s = suite_create("why");
    TCase *tc = tcase_create("all");

    tcase_add_loop_test(tc, chains_are_told, 0, (int)(sizeof chains / sizeof *chains));
    tcase_add_loop_test(tc, loops_without_time_are_named, 0, (int)(sizeof loops / sizeof *loops));
    tcase_add_test(tc, recording_changes_nothing);
    tcase_add_test(tc, long_chains_end);
    tcase_add_loop_test(tc, what_is_no_signal_is_refused, 0, (int)(sizeof wrong / sizeof *wrong));
    suite_add_tcase(s, tc);
    return s;
}
