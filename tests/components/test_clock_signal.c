/* test_clock_signal.c - the edges of a clock signal: period, time high, first edge, first level; who listens; refusals. */
#include "tests/rigs/story.h"

extern const struct bl_class clock_signal_class;
static const struct bl_class *const classes[] = { &clock_signal_class, ACTOR_CLASSES, NULL };
static struct bl_sim *opened(const char *text) { return story_opened(text, classes); }

static const struct { const char *set; unsigned before; const char *rising, *falling; } clocks[] = {
    { "set c period 10 fs; set c high 5 fs", 0, "up a 0, up a 10, up a 20", "down a 5, down a 15" },
    { "set c period 10 fs; set c high 3 fs; set c start 4 fs", 0, "up a 4, up a 14, up a 24", "down a 7, down a 17" },
    { "set c period 10 fs; set c high 3 fs; set c start 4 fs; set c first 0", 1, "up a 11, up a 21", "down a 4, down a 14, down a 24" },
    { "set c period 2 fs; set c high 1 fs; set c start 20 fs", 0, "up a 20, up a 22, up a 24", "down a 21, down a 23" },
    { "set c period 20 fs; set c high 19 fs", 0, "up a 0, up a 20", "down a 19" },
};

START_TEST(edges_come_when_they_should)
{
    for (int falling = 0; falling < 2; falling++) {
        struct bl_sim *s = opened(falling ? "part c clock_signal\ndown: [ await a, tell ]\nwire c.q down.a falling"
                                          : "part c clock_signal\nup: [ await a, tell ]\nwire c.q up.a rising");
        kp_ok(kp_script(s, clocks[_i].set));
        ck_assert_msg(bl_elaborate(s) == 0, "%s", told.text);
        ck_assert_uint_eq(kp_peek(s, "c.q"), clocks[_i].before);
        bl_run(s, 25);
        story_is(falling ? clocks[_i].falling : clocks[_i].rising);
        bl_close(s);
    }
}
END_TEST

START_TEST(a_process_counts_its_edges)
{
    struct bl_sim *s = opened("part c clock_signal; set c period 10 fs; set c high 5 fs\n"
                              "n: [ await list 3, tell ]\nwire c.q n.process rising");

    kp_ok(bl_elaborate(s));
    uint64_t before = bl_deltas(s);
    bl_run(s, 55);
    story_is("n on 20, n on 50");
    ck_assert_uint_eq(bl_deltas(s) - before, 1 + 11 + 2);     /* the start, each edge, and each release in the delta behind its edge */
    bl_close(s);
}
END_TEST

static const struct { const char *set, *told; } refused[] = {
    { "set c period 10 fs; set c high 10 fs", "f:1: c: high is 10 fs of a period of 10 fs; expected less: a clock has two edges a period" },
    { "set c period 1 fs", "f:1: c.period is 1 fs; expected 2 fs .. 1 s" }, { "set c high 0 fs", "f:1: c.high is 0 fs; expected 1 fs .. 1 s" },
};

START_TEST(what_is_no_clock)
{
    struct bl_sim *s = opened("part c clock_signal");
    int bad = kp_script(s, refused[_i].set);

    ck_assert_int_eq(bad | bl_elaborate(s), -1);
    ck_assert_str_eq(told.text, refused[_i].told);
    bl_close(s);
}
END_TEST

Suite *suite_clock_signal(void);
Suite *suite_clock_signal(void)
{
    Suite *s = suite_create("clock_signal");
    TCase *c = tcase_create("clock_signal");

    tcase_add_loop_test(c, edges_come_when_they_should, 0, sizeof clocks / sizeof *clocks);
    tcase_add_test(c, a_process_counts_its_edges);
    tcase_add_loop_test(c, what_is_no_clock, 0, sizeof refused / sizeof *refused);
    suite_add_tcase(s, c);
    return s;
}
