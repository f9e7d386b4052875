/* test_now.c - where a simulation stands between two times: the next time, the next edge, what parts are at, what is in channels; and that looking,
 * stopping at such times and writing a trace to disk on the way change nothing. */
#include "kernel/kernel.h"
#include "tests/rigs/kp_account.h"
#include "tests/rigs/kparts.h"
#include "traces/traces.h"
#include "traces/wave_read.h"

#include <unistd.h>

static const struct bl_class *const classes[] = { &kp_gen_class, &kp_sink_class, &kp_stage_class, &kp_echo_class, &kp_put_class, NULL };
static struct kp_told told;

/* g pushes as fast as it may, k takes one item in five cycles; the channel between them holds three. */
static struct bl_sim *built(const char *more)
{
    struct bl_sim *s = bl_open(classes, kp_listen(&told));

    ck_assert_msg(kp_script(s, "clock c 10 3; part g gen; part k sink; set k every 5; wire g.x k.x d3") == 0 && kp_script(s, more) == 0 &&
                  bl_elaborate(s) == 0, "%s", told.text);
    return s;
}

/* Times at which something happens, one after the other, are those of a run that records them. */
START_TEST(stops_at_every_time)
{
    struct bl_sim *s = built("part e echo; part h gen; part j sink; set e delay 7 fs; wire h.x e.a d2; wire e.b j.x d2"), *whole =
                       built("part e echo; part h gen; part j sink; set e delay 7 fs; wire h.x e.a d2; wire e.b j.x d2");
    size_t times = 0;

    ck_assert_uint_eq(bl_due(s), 0);
    bl_run(s, 1);
    for (uint64_t t; (t = bl_due(s)) < 2000; times++) {
        ck_assert_uint_ge(t, bl_now(s));
        if (t > bl_now(s))
            ck_assert_int_eq(bl_run(s, t), BL_END_LIMIT);
        uint64_t deltas = bl_deltas(s);
        ck_assert_int_eq(bl_run(s, t + 1), BL_END_LIMIT);
        ck_assert_msg(bl_deltas(s) > deltas, "at %llu nothing happened", (unsigned long long)t);
    }
    ck_assert_uint_gt(times, 200);               /* more than the edges alone: the echo has times of its own */
    bl_run(s, 2000);
    bl_run(whole, 2000);
    ck_assert(bl_state_equal(s, whole));
    ck_assert_uint_eq(bl_deltas(s), bl_deltas(whole));
    kp_same(kp_account(s), kp_account(whole), "stopped everywhere");
    bl_close(s);
    bl_close(whole);
}
END_TEST

START_TEST(nothing_comes)
{
    struct bl_sim *s = built("set g n 2; set k every 1");

    ck_assert_int_eq(bl_run(s, BL_FOREVER), BL_END_STARVED);
    ck_assert_uint_eq(bl_due(s), BL_FOREVER);
    bl_close(s);
    ck_assert_uint_eq(bl_due(s = bl_open(classes, kp_listen(&told))), BL_FOREVER);
    bl_close(s);
}
END_TEST

static const struct { uint64_t from, edge; } edges[] = { { 0, 3 }, { 3, 3 }, { 4, 13 }, { 13, 13 }, { 999, 1003 }, { UINT64_MAX - 1, UINT64_MAX } };

START_TEST(edges_of_a_clock)
{
    struct bl_sim *s = built("");

    ck_assert_uint_eq(bl_clock_edge(s, 0, edges[_i].from), edges[_i].edge);
    ck_assert_uint_eq(bl_clock_edge(s, 1, 0), BL_FOREVER);
    ck_assert_ptr_nonnull(strstr(told.text, "bl_clock_edge: clock 1 is asked for"));
    bl_close(s);
}
END_TEST

START_TEST(who_stands_where)
{
    struct bl_sim *s = built("part q put");
    struct bl_stand_row g, k, q;
    size_t at = bl_part_find(s, "g");

    bl_run(s, 203);                              /* before the edge at 203 */
    bl_stand_at(s, at, &g);
    bl_stand_at(s, bl_part_find(s, "k"), &k);
    bl_stand_at(s, bl_part_find(s, "q"), &q);
    ck_assert_str_eq(g.verdict, "out_full");
    ck_assert_uint_eq(g.number, 2);
    ck_assert_str_eq(g.port, "x");
    ck_assert_uint_eq(g.of, 1);
    ck_assert_str_eq(g.peer, "k");
    ck_assert_str_eq(g.peer_verdict, k.verdict);
    ck_assert(!g.rests && g.since_fs % 10 == 3 && g.since_fs <= 193);
    ck_assert_str_eq(q.verdict, "busy");
    ck_assert_ptr_null(q.port);
    ck_assert_ptr_null(q.peer);
    ck_assert_uint_eq(q.since_fs, 3);
    bl_stand_at(s, 99, &g);
    ck_assert_ptr_null(g.verdict);
    bl_close(s);
}
END_TEST

/* since_fs is the first edge at which the verdict was said: the account of every cycle agrees. */
START_TEST(since_when)
{
    struct bl_sim *s = built("");
    uint64_t since = 0, was = 99, v;

    for (uint64_t t = 4; t < 900; t += 10) {
        struct bl_stand_row row;
        bl_run(s, t);
        ck_assert_int_eq(bl_peek(s, "g.verdict", &v), 0);
        since = v == was ? since : t - 1;
        was = v;
        bl_stand_at(s, bl_part_find(s, "g"), &row);
        ck_assert_uint_eq(row.number, v);
        if (v)                                   /* it is idle from the start */
            ck_assert_uint_eq(row.since_fs, since);
    }
    bl_close(s);
}
END_TEST

START_TEST(channels)
{
    struct bl_sim *s = built("part a gen; part b stage; part d sink; wire a.x b.a p; wire b.b d.x d7");
    struct bl_channel_row row;
    uint64_t v;
    int seen = 0;

    bl_run(s, 503);
    for (size_t i = 0; i < bl_channel_count(s); i++) {
        bl_channel_at(s, i, &row);
        ck_assert_uint_eq(row.level, row.pushed - row.popped);
        ck_assert_uint_le(row.level, row.capacity);
        if (row.from.part && !strcmp(row.from.part, "g")) {
            ck_assert_str_eq(row.to.part, "k");
            ck_assert_str_eq(row.to.port, "x");
            ck_assert_uint_eq(row.capacity, 3);
            ck_assert_int_eq(bl_peek(s, "g.x", &v), 0);
            ck_assert_uint_eq(row.level, v);
            ck_assert(!row.pipe && row.pushed > 8);
            seen |= 1;
        }
        if (row.from.part && !strcmp(row.from.part, "a")) {
            ck_assert(row.pipe && row.capacity == 1);
            seen |= 2;
        }
        if (row.to.part && !strcmp(row.to.part, "d"))
            seen |= 4;
    }
    ck_assert_int_eq(seen, 7);
    bl_channel_at(s, 1000, &row);
    ck_assert_ptr_null(row.from.part);
    bl_close(s);
}
END_TEST

/* ---- a trace on disk ---- */

/* What a file says, as lines of VCD. */
static char *says(const char *path, char *buf, size_t room)
{
    char command[512];

    snprintf(command, sizeof command, "fst2vcd %s 2>/dev/null | grep -v -e date -e version", path);
    FILE *f = popen(command, "r");
    ck_assert_ptr_nonnull(f);
    size_t n = fread(buf, 1, room - 1, f);
    pclose(f);
    buf[n] = 0;
    return buf;
}

START_TEST(a_trace_can_be_read_on_the_way)
{
    static char half[100000];
    char command[1024];
    const char *dir = getenv("BL_TMP");
    char path[2][300];
    struct bl_sim *s[2];
    struct bl_trace *t[2];

    for (int i = 0; i < 2; i++) {
        s[i] = built("");
        snprintf(path[i], sizeof path[i], "%s/now%d.%ld.fst", dir ? dir : "/tmp", i, (long)getpid());
        t[i] = bl_trace_begin(s[i], &bl_fst_writer, path[i], NULL, NULL);
        ck_assert_ptr_nonnull(t[i]);
    }
    ck_assert_int_eq(bl_trace_flush(s[1], t[1]), 1);             /* nothing was told so far */
    bl_run(s[0], 1000);
    for (uint64_t at = 250; at <= 1000; at += 250) {
        bl_run(s[1], at);
        ck_assert_int_eq(bl_trace_flush(s[1], t[1]), 0);
        if (at == 500) {
            says(path[1], half, sizeof half);
            ck_assert_ptr_nonnull(strstr(half, "\n#500\n"));
            ck_assert_ptr_null(strstr(half, "\n#503\n"));
        }
    }
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(bl_trace_end(s[i], t[i]), 0);
    snprintf(command, sizeof command, "%s trace diff %s %s >/dev/null", getenv("BITLINE"), path[0], path[1]);
    ck_assert_msg(system(command) == 0, "%s", command);
    ck_assert(bl_state_equal(s[0], s[1]));
    for (int i = 0; i < 2; i++) {
        remove(path[i]);
        bl_close(s[i]);
    }
}
END_TEST

START_TEST(a_form_that_cannot)
{
    struct bl_sim *s = built("");
    struct bl_trace *t = bl_trace_begin(s, &bl_vcd_writer, "/dev/null", NULL, NULL);

    ck_assert_ptr_nonnull(t);
    bl_run(s, 100);
    ck_assert_int_eq(bl_trace_flush(s, t), 1);
    ck_assert_int_eq(bl_trace_flush(s, NULL), -1);
    bl_trace_end(s, t);
    bl_close(s);
}
END_TEST

Suite *suite_now(void);
Suite *suite_now(void)
{
    Suite *s = suite_create("now");
    TCase *t = tcase_create("now");

    tcase_add_test(t, stops_at_every_time);
    tcase_add_test(t, nothing_comes);
    tcase_add_loop_test(t, edges_of_a_clock, 0, sizeof edges / sizeof *edges);
    tcase_add_test(t, who_stands_where);
    tcase_add_test(t, since_when);
    tcase_add_test(t, channels);
    tcase_add_test(t, a_trace_can_be_read_on_the_way);
    tcase_add_test(t, a_form_that_cannot);
    suite_add_tcase(s, t);
    return s;
}
