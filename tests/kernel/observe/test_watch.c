/* test_watch.c - traces: which signals there are (globs.c, signals.c, values.c), what a writer is told of them (tell.c), when, in which order. */
#include "tests/rigs/watch_rig.h"

START_TEST(a_whole_trace)
{
    struct bl_sim *s = pair(0);
    struct bl_trace *t = begin(s, NULL, 0, 0, 0);
    size_t n;

    ck_assert_ptr_nonnull(t);
    const struct bl_wave_var *v = bl_trace_vars(t, &n);
    ck_assert_uint_eq(n, fake[0].nvars);
    ck_assert_str_eq(v[0].name, "clk");
    ck_assert_uint_eq(v[0].flags, BL_WAVE_CLOCK);
    bl_run(s, 42);
    ck_assert_uint_gt(bl_trace_changes(t), 20);
    ck_assert_int_eq(bl_trace_end(s, t), 0);
    /* l naps until it is woken; the clock is drawn all the time; values at a time are those before it moves on. */
    ck_assert_str_eq(fake[0].text,
        "@0 clk=1 l.verdict=0 l.last=0 l.hash=0 p.verdict=1 p.q=1 @5 clk=0 "
        "@10 clk=1 l.verdict=1 l.last=1 l.hash=2 p.verdict=0 @15 clk=0 @20 clk=1 l.verdict=0 @25 clk=0 "
        "@30 clk=1 p.verdict=1 p.q=2 @35 clk=0 @40 clk=1 l.verdict=1 l.last=2 l.hash=44 p.verdict=0");
    ck_assert_uint_eq(fake[0].end, 42);
    ck_assert(fake[0].closed);
    bl_close(s);
}
END_TEST

START_TEST(clocks_over_a_long_sleep)
{
    struct bl_sim *s = opened();
    static const char *const globs[] = { "c?", NULL };

    kp_ok(bl_clock(s, "c1", 7, 3, NULL));
    kp_ok(bl_clock(s, "c2", 4, 0, NULL));
    ready(s);
    struct bl_trace *t = begin(s, globs, 0, 0, 0);
    bl_run(s, 22);
    kp_ok(bl_trace_end(s, t));
    ck_assert_str_eq(fake[0].text, "@0 c1=0 c2=1 @2 c2=0 @3 c1=1 @4 c2=1 @6 c2=0 @7 c1=0 @8 c2=1 @10 c1=1 c2=0 @12 c2=1 @14 c1=0 c2=0 "
                                   "@16 c2=1 @17 c1=1 @18 c2=0 @20 c2=1 @21 c1=0 @22 c2=0");
    bl_close(s);
}
END_TEST

static const struct { uint64_t from, to; const char *text; uint64_t end; } windows[] = {
    { 0, 31, "@0 clk=1 p.q=1 @5 clk=0 @10 clk=1 @15 clk=0 @20 clk=1 @25 clk=0 @30 clk=1 p.q=2", 31 },
    { 0, 30, "@0 clk=1 p.q=1 @5 clk=0 @10 clk=1 @15 clk=0 @20 clk=1 @25 clk=0", 30 },
    { 12, 41, "@12 clk=1 p.q=1 @15 clk=0 @20 clk=1 @25 clk=0 @30 clk=1 p.q=2 @35 clk=0 @40 clk=1", 41 },
    { 30, 36, "@30 clk=1 p.q=2 @35 clk=0", 36 },
    { 88, 0, "@88 clk=0 p.q=3 @90 clk=1 p.q=4 @95 clk=0 @100 clk=1", 100 },
    { 100, 0, "@100 clk=1 p.q=4", 100 },
    { 101, 0, "", 100 },
    { 200, 300, "", 100 },
};

START_TEST(a_window_of_time)
{
    static const char *const globs[] = { "clk", "p.q", NULL };

    for (uint64_t step = 1; step <= 100; step += 33) {
        struct bl_sim *s = pair(0);
        struct bl_trace *t = begin(s, globs, windows[_i].from, windows[_i].to, 0);
        for (uint64_t at = step; at < 100; at += step)
            bl_run(s, at);
        bl_run(s, 100);
        bl_run(s, 100);
        kp_ok(bl_trace_end(s, t));
        ck_assert_str_eq(fake[0].text, windows[_i].text);
        ck_assert_uint_eq(fake[0].end, windows[_i].end);
        ck_assert_uint_eq(fake[0].start, windows[_i].from);
        bl_close(s);
    }
}
END_TEST

START_TEST(nothing_ran)
{
    struct bl_sim *s = pair(0);
    static const char *const globs[] = { "clk", NULL };

    kp_ok(bl_trace_end(s, begin(s, globs, 0, 0, 0)));
    ck_assert_str_eq(fake[0].text, "@0 clk=1");
    kp_ok(bl_trace_end(s, begin(s, globs, 50, 0, 0)));       /* a window that never came */
    ck_assert_str_eq(fake[1].text, "");
    ck_assert(fake[1].closed);
    bl_close(s);
}
END_TEST

/* ---- which signals ---- */

static const struct { const char *globs[4]; const char *names; } choices[] = {
    { { "*.verdict" }, "k.verdict k.verdict_color s.verdict s.verdict_color t[2].verdict t[2].verdict_color t[10].verdict t[10].verdict_color" },
    { { "t[2].*" }, "t[2].verdict t[2].verdict_color t[2].x_count t[2].x t[2].k" },
    { { "t*", "!*.k" }, "t[2].verdict t[2].verdict_color t[2].x_count t[2].x t[10].verdict t[10].verdict_color t[10].x_count t[10].x" },
    { { "t[2]", "!*.k", "t[2].k" }, "t[2].verdict t[2].verdict_color t[2].x_count t[2].x t[2].k" },
    { { "?.k" }, "k.k" },
    { { "*hash" }, "k.hash k2.hash" },
    { { "s.*" }, "s.verdict s.verdict_color s.lanes[0] s.lanes[1] s.wide s.one s.two[0] s.two[1] s.two[2] s.many" },
    { { "!*", "clk" }, "clk" },
    /* Lanes that stand in a vector are had one by one when they are named so. */
    { { "s.many[3]" }, "s.many[3]" }, { { "*.many[1?]", "!s.many[12]", "!*.many[15]" }, "s.many[10] s.many[11] s.many[13] s.many[14] s.many[16] s.many[17] "
      "s.many[18] s.many[19]" },
    { { "s.many", "s.many[19]" }, "s.many[19] s.many" }, { { "s.many[7]", "!s.*", "s.one" }, "s.one" }, { { "t[2].*", "!*.verdict*", "s*[2]" }, "s.two[2] "
      "s.many[2] t[2].x_count t[2].x t[2].k" },
};

static struct bl_sim *several(void)
{
    struct bl_sim *s = opened();

    kp_ok(bl_clock(s, "clk", 10, 0, NULL));
    add(s, "t[10]", "gen");
    add(s, "t[2]", "gen");
    add(s, "k", "sink");
    add(s, "s", "show");
    kp_ok(bl_wire(s, "t[10].x", "k.x", KP_CHANNEL(3), NULL));
    add(s, "k2", "sink");
    kp_ok(bl_wire(s, "t[2].x", "k2.x", KP_CHANNEL(3), NULL));
    return s;
}

START_TEST(globs_choose_signals)
{
    struct bl_sim *s = several();
    char names[2048] = "";
    const char *globs[5] = { 0 };

    ready(s);
    memcpy(globs, choices[_i].globs, sizeof choices[_i].globs);
    if (_i == 0) {                              /* k2 would clutter the list */
        globs[1] = "!k2.*";
    }
    struct bl_trace *t = begin(s, globs, 0, 0, 0);
    ck_assert_ptr_nonnull(t);
    for (size_t i = 0; i < fake[0].nvars; i++)
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s%s%s", i ? " " : "", fake[0].scope[i],
                 *fake[0].scope[i] ? "." : "", fake[0].name[i]);
    ck_assert_str_eq(names, choices[_i].names);
    kp_ok(bl_trace_end(s, t));
    bl_close(s);
}
END_TEST

START_TEST(globs_that_match_nothing)
{
    struct bl_sim *s = several();
    static const char *const globs[] = { "nobody.*", NULL };

    ready(s);
    ck_assert_ptr_null(begin(s, globs, 0, 0, 0));
    ck_assert_str_eq(told.text, "x.fake: no signal is watched; the globs match nothing (`bitline show PLATFORM --signals` lists names)");
    struct bl_trace_opts o = { 0 };
    ck_assert_ptr_null(bl_trace_begin(s, &ops, "refused", &o, NULL));
    ck_assert_ptr_nonnull(strstr(told.text, "\nrefused: cannot be written"));
    ck_assert_int_eq(bl_run(s, 100), BL_END_LIMIT);
    bl_close(s);
    s = several();
    ck_assert_ptr_null(begin(s, NULL, 0, 0, 0));
    ck_assert_str_eq(told.text, "x.2.fake: a trace begins after elaboration, at most 63 at once");
    bl_close(s);
}
END_TEST

START_TEST(values_of_every_shape)
{
    struct bl_sim *s = several();
    static const char *const globs[] = { "s.*", NULL };

    ready(s);
    struct bl_trace *t = begin(s, globs, 0, 0, 0);
    const struct bl_wave *w = &fake[0];
    ck_assert_uint_eq(w->vars[1].alias, 1);                    /* verdict_color is verdict */
    ck_assert_uint_eq(w->vars[0].flags, BL_WAVE_VERDICT);
    ck_assert_uint_eq(w->vars[0].nnames, 2);
    ck_assert_str_eq(w->vars[0].names[1], "busy");
    ck_assert_uint_eq(w->vars[4].width, 144);
    ck_assert_uint_eq(w->vars[6].flags, BL_WAVE_SIGNED | BL_WAVE_ANALOG);
    ck_assert_uint_eq(w->vars[6].width, 12);
    ck_assert_uint_eq(w->vars[9].width, 100);
    bl_run(s, 15);
    kp_ok(bl_trace_end(s, t));
    ck_assert_str_eq(w->text,
        "@0 s.verdict=1 s.lanes[0]=1 s.lanes[1]=2 s.wide=000000000000000110000000000000011000000000000000 s.one=1 s.two[0]=fff "
        "s.two[1]=ffe s.two[2]=ffd s.many=00000000842108421084210842108421 "
        "@10 s.lanes[0]=2 s.lanes[1]=3 s.wide=000000000000000220000000000000012000000000000000 s.one=0 s.two[0]=ffe "
        "s.two[1]=ffd s.two[2]=ffc s.many=00000001084210842108421084210842");
    bl_close(s);
}
END_TEST

/* A lane by itself has the value that it has in the vector, alone and beside it. */
START_TEST(lanes_one_by_one)
{
    static const char *const globs[][4] = { { "s.many[3]", NULL }, { "s.many", "s.many[3]", "s.many[0]", NULL } };
    static const char *const told_text[] = { "@0 s.many[3]=1 @10 s.many[3]=2",
        "@0 s.many[0]=1 s.many[3]=1 s.many=00000000842108421084210842108421 @10 s.many[0]=2 s.many[3]=2 s.many=00000001084210842108421084210842" };
    struct bl_sim *s = opened();

    kp_ok(bl_clock(s, "clk", 10, 0, NULL));
    add(s, "s", "show");
    ready(s);
    struct bl_trace *t = begin(s, globs[_i], 0, 0, 0);
    ck_assert_ptr_nonnull(t);
    ck_assert_uint_eq(fake[0].vars[0].width, 5);
    bl_run(s, 15);
    kp_ok(bl_trace_end(s, t));
    ck_assert_str_eq(fake[0].text, told_text[_i]);
    bl_close(s);
}
END_TEST

START_TEST(channels_show_their_items_and_count)
{
    struct bl_sim *s = opened();
    static const char *const globs[] = { "g.x*", NULL };

    kp_ok(bl_clock(s, "clk", 10, 0, NULL));
    add(s, "g", "gen");
    add(s, "k", "sink");
    kp_setf(s, "k", "every", 2);
    kp_setf(s, "g", "lanes", 2);
    kp_setf(s, "g", "bits", 8);
    kp_setf(s, "k", "lanes", 2);
    kp_setf(s, "k", "bits", 8);
    kp_ok(bl_wire(s, "g.x", "k.x", KP_CHANNEL(2), NULL));
    ready(s);
    struct bl_trace *t = begin(s, globs, 0, 0, 0);
    ck_assert_uint_eq(fake[0].vars[0].width, 2);
    bl_run(s, 35);
    kp_ok(bl_trace_end(s, t));
    char want[400];
    unsigned v[4][2];
    for (uint64_t k = 0; k < 4; k++)
        for (uint32_t l = 0; l < 2; l++)
            v[k][l] = (unsigned)kp_value(0, k, l, 8);
    /* pushed at 0, 1 and, after the pop at 2 is seen, at 3 */
    snprintf(want, sizeof want, "@0 g.x_count=1 g.x[0]=%x g.x[1]=%x @10 g.x_count=2 g.x[0]=%x g.x[1]=%x @20 g.x_count=1 "
             "@30 g.x_count=2 g.x[0]=%x g.x[1]=%x", v[0][0], v[0][1], v[1][0], v[1][1], v[2][0], v[2][1]);
    ck_assert_str_eq(fake[0].text, want);
    bl_close(s);
}
END_TEST

START_TEST(shuffled_and_awake_runs_look_the_same)
{
    static char first[sizeof fake[0].text];

    for (int k = 0; k < 3; k++) {
        struct bl_sim *s = several();
        if (k)
            bl_option(s, k == 1 ? BL_NO_NAP : BL_SHUFFLE, 77);
        ready(s);
        struct bl_trace *t = begin(s, NULL, 0, 0, 0);
        bl_run(s, 2000);
        kp_ok(bl_trace_end(s, t));
        if (k == 0)
            memcpy(first, fake[0].text, sizeof first);
        ck_assert_str_eq(first, fake[0].text);
        bl_close(s);
    }
}
END_TEST

/* ---- views are compared when their part ran: nothing is missed ---- */

struct walk { struct bl_part p; bl_in d; uint32_t at, far; };

static bl_verdict walk_run(void *self)
{
    struct walk *t = self;

    BL_BEGIN(t);
    for (;;) {
        AWAIT_TIME(7, BL_BUSY);
        t->at++;
        AWAIT(*bl_get16(t->d) != (uint16_t)t->far, BL_IDLE);
        t->far = *bl_get16(t->d);
    }
    BL_END;
}

struct seen { struct bl_part p; bl_in d; bl_out q; uint16_t last; };

static void seen_comb(void *self)
{
    struct seen *t = self;

    t->last = *bl_get16(t->d);
    *bl_put16(t->q) = (uint16_t)(t->last * 3);
}

static const struct bl_field walk_fields[] = { BL_IN(struct walk, d, 1, 16, "a word"), BL_VIEW(struct walk, at, 1, 32, "steps"),
                                               BL_VIEW(struct walk, far, 1, 32, "value"), { 0 } };
static const struct bl_field seen_fields[] = { BL_IN(struct seen, d, 1, 16, "a word"), BL_OUT(struct seen, q, 1, 16, "a wire"),
                                               BL_VIEW(struct seen, last, 1, 16, "value"), { 0 } };
static const struct bl_class walk_class = { .name = "walk", .help = "walks", .size = sizeof(struct walk), .run = walk_run,
                                            .fields = walk_fields };
static const struct bl_class seen_class = { .name = "seen", .help = "a gate", .size = sizeof(struct seen), .comb = seen_comb,
                                            .fields = seen_fields };
static const struct bl_class *const runners[] = { &walk_class, &seen_class, &show_class, &kp_gen_class, &kp_sink_class, &kp_work_class,
                                                  &kp_put_class, &kp_look_class, NULL };

/* Clocked parts that nap and are woken, a waiting one, a combinational one; 70 clocked ones, so two words of who is awake. */
static struct bl_sim *crowd(bool shuffled)
{
    char name[16];

    fake_next = fail_at = 0;
    struct bl_sim *s = bl_open(runners, kp_listen(&told));
    kp_ok(bl_clock(s, "clk", 10, 0, NULL));
    add(s, "p", "put");
    kp_setf(s, "p", "every", 3);
    add(s, "walk", "walk");
    add(s, "gate", "seen");
    kp_ok(bl_wire(s, "p.q", "walk.d", KP_WORD, NULL));
    kp_ok(bl_wire(s, "p.q", "gate.d", KP_WORD, NULL));
    for (int i = 0; i < 35; i++) {
        snprintf(name, sizeof name, "l%d", i);
        add(s, name, "look");
        snprintf(name, sizeof name, "l%d.d", i);
        kp_ok(bl_wire(s, i % 2 ? "p.q" : "gate.q", name, KP_WORD, NULL));
        snprintf(name, sizeof name, "s%d", i);
        if (i < 3)
            add(s, name, "show");
    }
    bl_option(s, BL_SHUFFLE, shuffled ? 5 : 0);
    ready(s);
    return s;
}

/* bl_run looks at every view at its first time: a run in steps of one time unit is the reference. */
START_TEST(who_ran_is_looked_at)
{
    static char whole[sizeof fake[0].text];

    for (int steps = 0; steps < 2; steps++) {
        static const char *const globs[] = { "!l2*", "!s*.many", NULL };
        struct bl_sim *s = crowd(_i);
        struct bl_trace *t = begin(s, globs, 0, 0, 0);
        ck_assert_ptr_nonnull(t);
        for (uint64_t at = 1; steps && at < 400; at++)
            bl_run(s, at);
        bl_run(s, 400);
        kp_ok(bl_trace_end(s, t));
        if (steps)
            ck_assert_str_eq(fake[0].text, whole);
        else
            memcpy(whole, fake[0].text, sizeof whole);
        bl_close(s);
    }
    ck_assert_ptr_nonnull(strstr(whole, " walk.far=2"));
    ck_assert_ptr_nonnull(strstr(whole, " gate.last=2"));
    ck_assert_ptr_nonnull(strstr(whole, " l33.last=2"));
    ck_assert_ptr_null(strstr(whole, " l20."));
}
END_TEST

/* What the host writes into a part between two runs is seen at once, although the part did not run. */
START_TEST(the_host_is_looked_after)
{
    struct bl_sim *s = crowd(false);
    static const char *const globs[] = { "walk.at", NULL };
    struct bl_trace *t = begin(s, globs, 0, 0, 0);

    bl_run(s, 100);
    ((struct walk *)bl_part_of(s, "walk"))->at = 77;
    bl_run(s, 101);
    kp_ok(bl_trace_end(s, t));
    ck_assert_msg(strstr(fake[0].text, "@100 walk.at=4d") != NULL, "%s", fake[0].text);
    bl_close(s);
}
END_TEST

static void no_trace_yet(void) { begun = 0; }

Suite *suite_watch(void);
Suite *suite_watch(void)
{
    Suite *s = suite_create("watch");
    TCase *c = tcase_create("watch");

    tcase_add_test(c, a_whole_trace);
    tcase_add_test(c, clocks_over_a_long_sleep);
    tcase_add_loop_test(c, a_window_of_time, 0, sizeof windows / sizeof *windows);
    tcase_add_test(c, nothing_ran);
    tcase_add_loop_test(c, globs_choose_signals, 0, sizeof choices / sizeof *choices);
    tcase_add_test(c, globs_that_match_nothing);
    tcase_add_test(c, values_of_every_shape);
    tcase_add_loop_test(c, lanes_one_by_one, 0, 2);
    tcase_add_test(c, channels_show_their_items_and_count);
    tcase_add_test(c, shuffled_and_awake_runs_look_the_same);
    tcase_add_loop_test(c, who_ran_is_looked_at, 0, 2);
    tcase_add_test(c, the_host_is_looked_after);
    tcase_add_checked_fixture(c, no_trace_yet, NULL);
    suite_add_tcase(s, c);
    return s;
}
