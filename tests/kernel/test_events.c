/* test_events.c - events and who waits for them: which notification wins, lists with limits, methods, static releases,
 * outputs that fire events. */
#include "tests/rigs/story.h"

/* late: looks at bl_triggered(e) at 10 without having waited for e. */
struct late { struct bl_part p; bl_event e; };
static bl_verdict late_run(void *self)
{
    struct late *t = self;

    BL_BEGIN(t);
    AWAIT_TIME(10, BL_IDLE);
    tell(t, bl_triggered(t, t->e) ? "triggered" : "quiet");
    BL_END;
}
static const struct bl_field late_fields[] = { BL_EVENT(struct late, e, "looked at"), { 0 } };
static const struct bl_class late_class = { .name = "late", .help = "looks at e", .size = sizeof(struct late), .run = late_run,
                                            .fields = late_fields };

/* flood: notifies and cancels e many times in one phase, and at last notifies it. */
struct flood { struct bl_part p; bl_event e, f; };
static bl_verdict flood_run(void *self)
{
    struct flood *t = self;

    BL_BEGIN(t);
    for (int i = 0; i < 100000; i++) {
        bl_notify(t, t->e, 0);
        bl_notify(t, t->f, 0);
        bl_cancel(t, i & 1 ? t->e : t->f);
    }
    bl_cancel(t, t->e);
    bl_notify(t, t->f, 0);
    bl_notify(t, t->e, 0);
    BL_END;
}
static const struct bl_field flood_fields[] = { BL_EVENT(struct flood, e, "notified"), BL_EVENT(struct flood, f, "notified"), { 0 } };
static const struct bl_class flood_class = { .name = "flood", .help = "notifies and cancels", .size = sizeof(struct flood),
                                             .run = flood_run, .fields = flood_fields };

/* lists: twice waits for a list of its three events. meth: a method that says once what releases it next. */
struct lists { struct bl_part p; bl_event a, b, c; int64_t how, k; };
enum { ANY, ALL, ANY_FOR, ALL_FOR, TWICE };
static bl_verdict lists_run(void *self)
{
    struct lists *t = self;

    BL_BEGIN(t);
    for (t->k = 0; t->k < 2; t->k++) {
        if (t->how == ANY)
            AWAIT_ANY(BL_IDLE, t->a, t->b, t->c);
        else if (t->how == ALL)
            AWAIT_ALL(BL_IDLE, t->a, t->b, t->c);
        else if (t->how == ANY_FOR)
            AWAIT_ANY_FOR(10, BL_IDLE, t->a, t->b, t->c);
        else if (t->how == ALL_FOR)
            AWAIT_ALL_FOR(10, BL_IDLE, t->a, t->b, t->c);
        else
            AWAIT_ALL(BL_IDLE, t->a, t->a, t->b, t->a);
        tell(t, bl_timed_out(t) ? "timeout" : "goes on");
    }
    BL_END;
}
enum { STATIC, TIME, EARLIER, ONE, ONE_OF, ALL_OF, LIMITED, ALL_LIMITED, OTHER, NEITHER, ENDS };
static bl_verdict meth_run(void *self)
{
    struct lists *t = self;
    const bl_event bc[] = { t->b, t->c };

    BL_METHOD(t);
    tell(t, bl_timed_out(t) ? "timeout" : "runs");
    if (t->k++ || t->how == STATIC)
        return BL_BUSY;
    if (t->how == EARLIER)
        bl_next_time(t, 9);
    if (t->how == TIME || t->how == EARLIER)
        bl_next_time(t, 5);
    if (t->how == ONE || t->how == LIMITED || t->how == OTHER || t->how == NEITHER)
        bl_next_event(t, t->b);
    if (t->how == OTHER)
        bl_next_event(t, t->c);
    if (t->how == ONE_OF)
        bl_next_any(t, bc, 2);
    if (t->how == ALL_OF || t->how == ALL_LIMITED)
        bl_next_all(t, bc, 2);
    if (t->how == LIMITED || t->how == ALL_LIMITED || t->how == NEITHER)
        bl_next_time(t, 5);
    if (t->how == NEITHER)
        bl_next_static(t);
    if (t->how == ENDS)
        t->p.wait = BL_WAIT_END;
    return BL_BUSY;
}
static const struct bl_field lists_fields[] = {
    BL_EVENT(struct lists, a, "a"), BL_EVENT(struct lists, b, "b"), BL_EVENT(struct lists, c, "c"),
    BL_PARAM(struct lists, how, 0, 0, 20, "how"), { 0 }
};
static const struct bl_class lists_class = { .name = "lists", .help = "waits for lists", .size = sizeof(struct lists), .run = lists_run,
                                             .fields = lists_fields };
static const struct bl_class meth_class = { .name = "meth", .help = "a method", .size = sizeof(struct lists), .run = meth_run,
                                            .fields = lists_fields };

/* blink: its output rises at 10, 30 and falls at 20, 40. look: a method without any list. */
struct blink { struct bl_part p; bl_out q; };
static bl_verdict blink_run(void *self)
{
    struct blink *t = self;

    BL_BEGIN(t);
    do {
        AWAIT_TIME(10, BL_IDLE);
        *bl_put8(t->q) ^= 1;
    } while (bl_time(t) < 40);
    BL_END;
}
struct glance { struct bl_part p; bl_in d; };
static bl_verdict look_run(void *self)
{
    tell(self, "looks");
    return BL_BUSY;
}
static const struct bl_field blink_fields[] = { BL_OUT(struct blink, q, 1, 1, "a bit"), { 0 } };
static const struct bl_field look_fields[] = { BL_IN(struct glance, d, 1, 1, "a bit"), { 0 } };
static const struct bl_class blink_class = { .name = "blink", .help = "a bit", .size = sizeof(struct blink), .run = blink_run,
                                             .fields = blink_fields };
static const struct bl_class look_class = { .name = "look", .help = "looks", .size = sizeof(struct glance), .run = look_run,
                                            .fields = look_fields };

static const struct bl_class *const classes[] = {
    &hear_class, &ping_class, &limit_class, &count_class, &late_class, &flood_class, &lists_class, &meth_class, &blink_class,
    &look_class, NULL
};

static struct bl_sim *opened(void) { return story_opened(classes); }

/* ---- events ---- */

/* What is left of several notifications, made one after the other at time 0. -1: cancel. */
static const struct { int n; int64_t after[4]; const char *heard; uint64_t deltas; } overrides[] = {
    { 1, { 5 }, "h heard 5", 1 },
    { 1, { 0 }, "h heard 0", 1 },
    { 2, { 5, 3 }, "h heard 3", 1 },          /* the earlier wins */
    { 2, { 3, 5 }, "h heard 3", 1 },
    { 2, { 5, 0 }, "h heard 0", 1 },          /* delta beats timed */
    { 2, { 0, 5 }, "h heard 0", 1 },
    { 2, { 0, 0 }, "h heard 0", 1 },
    { 2, { 4, 4 }, "h heard 4", 1 },
    { 2, { 5, -1 }, "", 0 },
    { 2, { 0, -1 }, "", 0 },
    { 1, { -1 }, "", 0 },
    { 3, { 5, -1, 7 }, "h heard 7", 1 },      /* after a cancel the later one counts */
    { 3, { 0, -1, 7 }, "h heard 7", 1 },
    { 4, { 0, -1, 0, -1 }, "", 0 },
    { 4, { 9, 2, -1, 4 }, "h heard 4", 1 },
};

START_TEST(one_pending_notification)
{
    struct bl_sim *s = opened();

    add(s, "h", "hear");
    ready(s);
    ck_assert_int_eq(bl_run(s, 0), BL_END_LIMIT);
    struct hear *h = bl_part_of(s, "h");
    for (int i = 0; i < overrides[_i].n; i++)
        if (overrides[_i].after[i] < 0)
            bl_cancel(h, h->e);
        else
            bl_notify(h, h->e, (uint64_t)overrides[_i].after[i]);
    bl_run(s, 0);              /* the update that lets a delta notification out */
    uint64_t before = bl_deltas(s);
    ck_assert_int_eq(bl_run(s, 100), BL_END_STARVED);
    ck_assert_uint_eq(bl_deltas(s) - before, overrides[_i].deltas);
    story_is(overrides[_i].heard);
    ck_assert_uint_eq(bl_now(s), 100);
    bl_close(s);
}
END_TEST

START_TEST(one_time_is_first_in_first_out)
{
    for (int noise = 0; noise < 3; noise++) {     /* events of others change nothing */
        struct bl_sim *s = opened();
        for (int i = 0; i < 12; i++) {
            char path[16], first[16];
            snprintf(path, sizeof path, "p[%d]", i);
            snprintf(first, sizeof first, "%d fs", i % 3 == 2 ? 30 : i % 3 == 1 ? 20 : 10);
            add(s, path, "ping");
            set(s, path, "first", first);
            set(s, path, "period", "10 fs");
            set(s, path, "n", "3");
        }
        if (noise) {
            add(s, noise == 1 ? "a" : "z", "ping");
            set(s, noise == 1 ? "a" : "z", "first", "3 fs");
            set(s, noise == 1 ? "a" : "z", "period", "1 fs");
            set(s, noise == 1 ? "a" : "z", "n", "500");
            set(s, noise == 1 ? "a" : "z", "quiet", "1");
        }
        ready(s);
        bl_run(s, 1000);
        story_is("p[0] pings 10, p[3] pings 10, p[6] pings 10, p[9] pings 10, "
                 "p[1] pings 20, p[4] pings 20, p[7] pings 20, p[10] pings 20, p[0] pings 20, p[3] pings 20, p[6] pings 20, p[9] pings 20, "
                 "p[2] pings 30, p[5] pings 30, p[8] pings 30, p[11] pings 30, p[1] pings 30, p[4] pings 30, p[7] pings 30, "
                 "p[10] pings 30, p[0] pings 30, p[3] pings 30, p[6] pings 30, p[9] pings 30, "
                 "p[2] pings 40, p[5] pings 40, p[8] pings 40, p[11] pings 40, p[1] pings 40, p[4] pings 40, p[7] pings 40, p[10] pings 40, "
                 "p[2] pings 50, p[5] pings 50, p[8] pings 50, p[11] pings 50");
        bl_close(s);
    }
}
END_TEST

START_TEST(waiters_of_one_event_are_released_in_order)
{
    struct bl_sim *s = opened();

    add(s, "p", "ping");
    set(s, "p", "after", "3 fs");
    for (int i = 3; i >= 0; i--) {
        char path[16], port[16];
        snprintf(path, sizeof path, "h[%d]", i);
        snprintf(port, sizeof port, "h[%d].e", i);
        add(s, path, "hear");
        join(s, "p.e", port);
    }
    ready(s);
    bl_run(s, 100);
    story_is("p pings 0, h[0] heard 3, h[1] heard 3, h[2] heard 3, h[3] heard 3");
    bl_close(s);
}
END_TEST

/* Notifications are let out in the order in which they were made; one made again after a cancel is a new one. */
static const struct { const char *ops; const char *story; } queues[] = {
    { "c0 a0 b0", "c heard 0, a heard 0, b heard 0" }, { "c5 a5 b5", "c heard 5, a heard 5, b heard 5" },
    { "a0 b0 a- c0 a0", "b heard 0, c heard 0, a heard 0" }, { "a5 b5 a- c5 a5", "b heard 5, c heard 5, a heard 5" },
    { "a5 b5 a5 c5", "a heard 5, b heard 5, c heard 5" },      /* equal: the first stands */
    { "a9 b5 a5 c5", "b heard 5, a heard 5, c heard 5" },      /* earlier: a new place */
    { "a9 b9 c9 a0", "a heard 0, b heard 9, c heard 9" },
};

START_TEST(notifications_are_a_queue)
{
    struct bl_sim *s = opened();

    kp_ok(kp_script(s, "part a hear; part b hear; part c hear"));
    ready(s);
    bl_run(s, 0);
    for (const char *p = queues[_i].ops; *p; p += p[2] ? 3 : 2) {
        struct hear *h = bl_part_of(s, (char[]){ *p, 0 });
        if (p[1] == '-')
            bl_cancel(h, h->e);
        else
            bl_notify(h, h->e, (uint64_t)(p[1] - '0'));
    }
    bl_run(s, 0);
    bl_run(s, 100);
    story_is(queues[_i].story);
    bl_close(s);
}
END_TEST

/* The event and the time-out at one instant: the event wins, whichever was made first. */
static const struct { const char *first, *after, *most; int n; const char *story; } races[] = {
    { "0", "10 fs", "11 fs", 1, "p pings 0, w event 10" },
    { "0", "10 fs", "10 fs", 1, "p pings 0, w event 10" },     /* the timer of w was made first */
    { "3 fs", "7 fs", "10 fs", 1, "p pings 3, w event 10" },
    { "0", "12 fs", "10 fs", 1, "p pings 0, w timeout 10" },
    { "0", "12 fs", "10 fs", 2, "p pings 0, w timeout 10, w event 12" },
    { "0", "12 fs", "0", 1, "w timeout 0, p pings 0" },
};

START_TEST(event_or_time_out)
{
    struct bl_sim *s = opened();

    add(s, "p", "ping");
    add(s, "w", "limit");
    join(s, "p.e", "w.e");
    set(s, "p", "first", races[_i].first);
    set(s, "p", "after", races[_i].after);
    set(s, "w", "most", races[_i].most);
    kp_setf(s, "w", "n", races[_i].n);
    ready(s);
    bl_run(s, 100);
    if (_i == 5)
        story_is("p pings 0, w timeout 0");
    else
        story_is(races[_i].story);
    bl_close(s);
}
END_TEST

START_TEST(the_event_was_made_before_the_timer)
{
    struct bl_sim *s = opened();

    add(s, "w", "limit");
    ready(s);
    struct limit *w = bl_part_of(s, "w");
    bl_notify(w, w->e, 10);        /* before w runs at all, so before its timer */
    bl_run(s, 100);
    story_is("w event 10");
    bl_close(s);
}
END_TEST

/* Waiters leave the list of an event from any place in it. */
START_TEST(waiters_leave_in_any_order)
{
    static const int most[6][3] = { { 5, 6, 7 }, { 5, 7, 6 }, { 6, 5, 7 }, { 7, 5, 6 }, { 6, 7, 5 }, { 7, 6, 5 } };

    for (int k = 0; k < 6; k++)
        for (int at = 4; at < 9; at++) {
            struct bl_sim *s = opened();
            char want[200] = "", text[16];
            kp_ok(kp_script(s, "part p ping; part w[0] limit; part w[1] limit; part w[2] limit; wire p.e w[0].e; wire p.e w[1].e;"
                               "wire p.e w[2].e; set p quiet 1; set p after 1 fs"));
            snprintf(text, sizeof text, "%d fs", at - 1);
            set(s, "p", "first", text);
            for (int i = 0; i < 3; i++) {
                char path[8];
                snprintf(path, sizeof path, "w[%d]", i);
                snprintf(text, sizeof text, "%d fs", most[k][i]);
                set(s, path, "most", text);
            }
            for (int t = 0; t <= at; t++)          /* whose timer is due at `at` is released by it, and told of the event */
                for (int i = 0; i < 6; i++)
                    if (i < 3 ? most[k][i] == t : t == at && most[k][i - 3] > at)
                        snprintf(want + strlen(want), sizeof want - strlen(want), "%sw[%d] %s %d", *want ? ", " : "", i % 3,
                                 t == at ? "event" : "timeout", t);
            ready(s);
            bl_run(s, 100);
            KP_HOLDS(!strcmp(story, want), "limits %d %d %d, event at %d: %s, expected %s", most[k][0], most[k][1], most[k][2], at,
                     story, want);
            bl_close(s);
        }
}
END_TEST

START_TEST(waiting_zero_is_one_delta)
{
    struct bl_sim *s = opened();

    add(s, "p", "ping");
    set(s, "p", "period", "0");
    set(s, "p", "n", "5");
    ready(s);
    bl_run(s, 10);
    ck_assert_uint_eq(bl_deltas(s), 6);
    ck_assert_uint_eq(bl_activations(s), 6);
    story_is("p pings 0, p pings 0, p pings 0, p pings 0, p pings 0");
    bl_close(s);
}
END_TEST

START_TEST(static_releases_are_counted_once_a_phase)
{
    struct bl_sim *s = opened();

    add(s, "a", "ping");
    add(s, "b", "ping");
    add(s, "c", "count");
    set(s, "a", "n", "0");
    set(s, "b", "n", "0");
    set(s, "a", "quiet", "1");
    set(s, "b", "quiet", "1");
    set(s, "a", "first", "10 fs");
    set(s, "b", "first", "10 fs");
    set(s, "a", "after", "1 fs");
    set(s, "b", "after", "1 fs");
    set(s, "c", "n", "3");
    kp_ok(bl_sensitive(s, "c", "a.e", BL_ANY_EDGE, NULL));
    kp_ok(bl_sensitive(s, "c", "b.e", BL_ANY_EDGE, NULL));
    ready(s);
    bl_run(s, 75);
    story_is("c released 31, c released 61");
    bl_close(s);
}
END_TEST

START_TEST(static_releases_of_two_times_are_two)
{
    struct bl_sim *s = opened();

    add(s, "a", "ping");
    add(s, "b", "ping");
    add(s, "c", "count");
    set(s, "c", "n", "2");
    kp_ok(bl_sensitive(s, "c", "a.e", BL_ANY_EDGE, NULL));
    kp_ok(bl_sensitive(s, "c", "b.e", BL_ANY_EDGE, NULL));
    ready(s);
    ck_assert_int_eq(bl_run(s, 0), BL_END_LIMIT);     /* a and b wait for their first delta */
    bl_run(s, 0);
    story_is("a pings 0, b pings 0");
    struct ping *a = bl_part_of(s, "a"), *b = bl_part_of(s, "b");
    bl_run(s, 1);
    story_n = 0;
    bl_notify(a, a->e, 5);                             /* nobody runs between these two */
    bl_notify(b, b->e, 7);
    story[0] = 0;
    bl_run(s, 20);
    story_is("c released 6");       /* one release was the phase of time 0, the second this one; 8 begins the next pair */
    bl_notify(a, a->e, 5);
    bl_run(s, 40);
    story_is("c released 25");
    bl_close(s);
}
END_TEST

START_TEST(triggered_is_of_this_phase_only)
{
    struct bl_sim *s = opened();

    add(s, "l", "late");
    ready(s);
    struct late *l = bl_part_of(s, "l");
    bl_run(s, 0);
    bl_notify(l, l->e, 4);             /* fires at 4 and releases nobody; l looks at 10, in the next delta */
    bl_run(s, 20);
    story_is("l quiet 10");
    bl_close(s);

    s = opened();
    add(s, "l", "late");
    ready(s);
    l = bl_part_of(s, "l");
    bl_run(s, 0);
    bl_notify(l, l->e, 10);
    bl_run(s, 20);
    story_is("l triggered 10");
    bl_close(s);
}
END_TEST

START_TEST(withdrawn_notifications_take_no_room)
{
    struct bl_sim *s = opened();

    kp_ok(kp_script(s, "part a flood; part e hear; part f hear; wire a.e e.e; wire a.f f.e"));
    ready(s);
    ck_assert_int_eq(bl_run(s, 10), BL_END_STARVED);
    story_is("f heard 0, e heard 0");
    bl_close(s);
}
END_TEST

/* ---- lists and methods ---- */

/* "a5 b7": events of part w (a lists) fire at these times. */
static void fire_at(struct bl_sim *s, const char *steps)
{
    struct lists *t = bl_part_of(s, "w");

    for (; *steps; steps += strcspn(steps, " "), steps += strspn(steps, " ")) {
        uint64_t at = strtoull(steps + 1, NULL, 10);
        if (at - 1 > bl_now(s))
            bl_run(s, at - 1);
        bl_notify(t, *steps == 'a' ? t->a : *steps == 'b' ? t->b : t->c, at - bl_now(s));
    }
    bl_run(s, 100);
}

static const struct { int how; const char *steps, *story; } waits[] = {
    { ANY, "a5 b7", "w goes on 5, w goes on 7" }, { ANY, "c5 b5 a9", "w goes on 5, w goes on 9" }, { ANY, "", "" },
    { ALL, "a5 b6 c9", "w goes on 9" }, { ALL, "a5 a6 b7 a7 c8", "w goes on 8" }, { ALL, "c5 b5 a5", "w goes on 5" },
    { ALL, "a5 b6 a7", "" }, { ALL, "a2 b3 c4 a5 b6 c7", "w goes on 4, w goes on 7" }, { ALL, "a2 b3 c4 a4 b6 c7", "w goes on 4" },
    { ANY_FOR, "", "w timeout 10, w timeout 20" }, { ANY_FOR, "a5", "w goes on 5, w timeout 15" },
    { ANY_FOR, "a10", "w goes on 10, w timeout 20" }, { ANY_FOR, "b11", "w timeout 10, w goes on 11" },
    { ALL_FOR, "a3 b4 c5", "w goes on 5, w timeout 15" }, { ALL_FOR, "a3 b4 c10", "w goes on 10, w timeout 20" },
    { ALL_FOR, "a3 b4 c11", "w timeout 10, w timeout 20" }, { ALL_FOR, "a3 b4 c11 b12 a13", "w timeout 10, w goes on 13" },
    { TWICE, "a2 b3", "w goes on 3" }, { TWICE, "b2 a3 b4 a4", "w goes on 3, w goes on 4" },
};

START_TEST(lists_of_events)
{
    struct bl_sim *s = opened();

    add(s, "w", "lists");
    kp_setf(s, "w", "how", waits[_i].how);
    ready(s);
    bl_run(s, 1);
    fire_at(s, waits[_i].steps);
    story_is(waits[_i].story);
    ck_assert_uint_eq(s->core->wheel.levels, 0);        /* no timer is left behind */
    bl_close(s);
}
END_TEST

/* Event a is in the static list. What a method says holds for one release. */
static const struct { int how; const char *steps, *story; } methods[] = {
    { STATIC, "a3 b4 a5", "w runs 0, w runs 3, w runs 5" }, { STATIC, "", "w runs 0" },
    { TIME, "a3 b4 a7", "w runs 0, w timeout 5, w runs 7" }, { EARLIER, "", "w runs 0, w timeout 5" },
    { ONE, "a3 c4 b5 b6 a7", "w runs 0, w runs 5, w runs 7" }, { ONE_OF, "a3 c4 b5 a6", "w runs 0, w runs 4, w runs 6" },
    { ALL_OF, "b3 a4 b5 c6 a7", "w runs 0, w runs 6, w runs 7" }, { LIMITED, "a3 b4 a8", "w runs 0, w runs 4, w runs 8" },
    { LIMITED, "a3 a8", "w runs 0, w timeout 5, w runs 8" }, { LIMITED, "b5 a8", "w runs 0, w runs 5, w runs 8" },
    { ALL_LIMITED, "b3 c6 a8", "w runs 0, w timeout 5, w runs 8" }, { ALL_LIMITED, "b3 c4", "w runs 0, w runs 4" },
    { OTHER, "b3 c4 a5", "w runs 0, w runs 4, w runs 5" }, { NEITHER, "b3 a4 a6", "w runs 0, w runs 4, w runs 6" },
    { ENDS, "a3 b4", "w runs 0" },
};

START_TEST(what_releases_a_method)
{
    struct bl_sim *s = opened();

    kp_ok(kp_script(s, "part w meth; wire w.a w.process"));
    kp_setf(s, "w", "how", methods[_i].how);
    ready(s);
    bl_run(s, 1);
    fire_at(s, methods[_i].steps);
    story_is(methods[_i].story);
    ck_assert_uint_eq(s->core->wheel.levels, 0);
    bl_close(s);
}
END_TEST

/* ---- outputs that fire events, and static lists by wire ---- */

static const struct { const char *script, *story; } wired[] = {
    { "part x hear; wire b.q x.e", "x heard 10, x heard 20, x heard 30, x heard 40" },
    { "part x hear; wire b.q x.e rising", "x heard 10, x heard 30" },
    { "part x hear; wire b.q x.e falling", "x heard 20, x heard 40" },
    { "part x hear; wire b.q x.e rising; wire b.q x.e falling", "x heard 10, x heard 20, x heard 30, x heard 40" },
    { "part x hear; part y hear; wire x.e y.e; wire b.q y.e falling", "x heard 20, y heard 20, x heard 40, y heard 40" },
    { "part x count; wire b.q x.process", "x released 10, x released 20, x released 30, x released 40" },
    { "part x count; wire b.q x.process rising", "x released 10, x released 30" },
    { "part x count; wire b.q x.process falling", "x released 20, x released 40" },
    { "part x count; wire b.q x.process; set x n 3", "x released 30" },
    { "part p ping; set p quiet 1; set p first 5 fs; part x count; wire p.e x.process; wire b.q x.process falling",
      "x released 5, x released 20, x released 40" },
    { "part x look; wire b.q x.d", "x looks 0, x looks 10, x looks 20, x looks 30, x looks 40" },
};

START_TEST(outputs_fire_events)
{
    struct bl_sim *s = opened();

    add(s, "b", "blink");
    kp_ok(kp_script(s, wired[_i].script));
    ready(s);
    bl_run(s, 100);
    story_is(wired[_i].story);
    bl_close(s);
}
END_TEST

Suite *suite_events(void);
Suite *suite_events(void)
{
    Suite *s = suite_create("events");
    TCase *c = tcase_create("events");

    tcase_add_loop_test(c, one_pending_notification, 0, sizeof overrides / sizeof *overrides);
    tcase_add_test(c, one_time_is_first_in_first_out);
    tcase_add_test(c, waiters_of_one_event_are_released_in_order);
    tcase_add_loop_test(c, notifications_are_a_queue, 0, sizeof queues / sizeof *queues);
    tcase_add_loop_test(c, event_or_time_out, 0, sizeof races / sizeof *races);
    tcase_add_test(c, the_event_was_made_before_the_timer);
    tcase_add_test(c, waiters_leave_in_any_order);
    tcase_add_test(c, waiting_zero_is_one_delta);
    tcase_add_test(c, static_releases_are_counted_once_a_phase);
    tcase_add_test(c, static_releases_of_two_times_are_two);
    tcase_add_test(c, triggered_is_of_this_phase_only);
    tcase_add_test(c, withdrawn_notifications_take_no_room);
    tcase_add_loop_test(c, lists_of_events, 0, sizeof waits / sizeof *waits);
    tcase_add_loop_test(c, what_releases_a_method, 0, sizeof methods / sizeof *methods);
    tcase_add_loop_test(c, outputs_fire_events, 0, sizeof wired / sizeof *wired);
    suite_add_tcase(s, c);
    return s;
}
