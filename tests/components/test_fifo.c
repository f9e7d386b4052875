/* test_fifo.c - the deep queue: order at every width, its two ticks, full rate at every depth, how full it was, tags, refusals. */
#include "tests/rigs/memory_rig.h"

static struct rig r;

/* Items of every width, with and without tags, at random paces: all come out in order. */
START_TEST(in_order)
{
    struct kp_rng g = { (uint64_t)_i };
    const uint32_t lanes = mem_some_lanes(&g), bits = mem_some_bits(_i), depth = 1 + kp_below(&g, 9), n = 60;
    const bool tagged = kp_below(&g, 2);

    rig_begin(&r, "part g give; set g lanes %u; set g bits %u; set g limit %u; set g chance %u; part f fifo; set f depth %u; part k take;"
              "set k chance %u; wire g.x f.x d2; wire f.y k.x d%u; %s", lanes, bits, n, 20 + kp_below(&g, 80), depth, 20 + kp_below(&g, 80),
              1 + kp_below(&g, 3), tagged ? "part gt give; set gt lanes 3; set gt bits 8; set gt limit 60; set gt seed 9; set gt chance 60; part kt take;"
              "set kt chance 70; set kt seed 11; wire gt.x f.x_tag d3; wire f.y_tag kt.x d1" : "");
    rig_ticks(&r, 1500);
    ck_assert_uint_eq(rig_count(&r, "k"), n);
    for (uint32_t i = 0; i < n; i++) {
        mem_is_random(&r, "k", i, 1, i);
        if (tagged)
            mem_is_random(&r, "kt", i, 9, i);
    }
    ck_assert_uint_eq(rig_peek(&r, "f.item"), n);
    ck_assert_uint_eq(rig_peek(&r, "f.held"), 0);
    ck_assert_uint_le(rig_peek(&r, "f.high"), depth);
    rig_end(&r);
}
END_TEST

/* Taken in tick t, given on in t + 1, seen by the taker in t + 2; then one a tick, also by a queue of one. */
START_TEST(two_ticks)
{
    rig_begin(&r, "part g give; set g limit 10; set g lanes 1; set g bits 8; part f fifo; set f depth %d; part k take; wire g.x f.x d2;"
              "wire f.y k.x d2", _i);
    rig_ticks(&r, 20);
    for (uint64_t i = 0; i < 10; i++)
        ck_assert_uint_eq(rig_edge(&r, "k", i), i + 3);
    ck_assert_uint_eq(rig_spent(&r, "f", "busy"), 11);
    ck_assert_uint_eq(rig_spent(&r, "f", "no_input"), 9);
    ck_assert_uint_eq(rig_peek(&r, "f.high"), 1);
    rig_end(&r);
}
END_TEST

/* The taker begins late: the queue fills to its depth, waits for room, and drains one a tick. */
START_TEST(fills_and_drains)
{
    rig_begin(&r, "part g give; set g limit 30; set g lanes 2; set g bits 12; part f fifo; set f depth 17; part k take; set k first 50;"
              "wire g.x f.x d2; wire f.y k.x d2");
    rig_ticks(&r, 50);
    ck_assert_uint_eq(rig_peek(&r, "f.high"), 17);
    ck_assert_uint_eq(rig_peek(&r, "g.given"), 17 + 2 + 2);
    ck_assert_uint_eq(rig_waited(&r, "f", "y", 0), 50 - 20);       /* ticks 1 .. 19 take 19 items */
    rig_ticks(&r, 100);
    ck_assert_uint_eq(rig_count(&r, "k"), 30);
    ck_assert_uint_eq(rig_last_edge(&r, "k"), 79);
    rig_end(&r);
}
END_TEST

/* Of an item and its tag the missing one is waited for, at either side. */
START_TEST(waits_for_the_tag)
{
    rig_begin(&r, "part g give; set g limit 5; set g lanes 1; set g bits 8; part gt give; set gt limit 5; set gt lanes 1; set gt bits 8; set gt first 20;"
              "part f fifo; part k take; part kt take; set kt first 40;"
              "wire g.x f.x d2; wire gt.x f.x_tag d2; wire f.y k.x d2; wire f.y_tag kt.x d1");
    rig_ticks(&r, 60);
    ck_assert_uint_eq(rig_waited(&r, "f", "x", 0), 1 + 60 - 48);   /* tick 0; then when all has left */
    ck_assert_uint_eq(rig_waited(&r, "f", "x_tag", 0), 20);
    ck_assert_uint_ge(rig_waited(&r, "f", "y_tag", 0), 14);
    ck_assert_uint_eq(rig_waited(&r, "f", "y", 0), 0);
    ck_assert_uint_eq(rig_count(&r, "kt"), 5);
    ck_assert_uint_eq(rig_count(&r, "k"), 5);
    rig_end(&r);
}
END_TEST

START_TEST(refused)
{
    rig_begin(&r, "part g give; set g lanes 1; set g bits 8; part gt give; set gt lanes 2; set gt bits 8; part f fifo; part k take; wire g.x f.x d2;"
              "wire gt.x f.x_tag d2; wire f.y k.x d2");
    rig_refuses(&r, "f:8: f: x_tag is wired and y_tag is not; a tag comes in and goes out beside its data, so wire both or none");
    rig_begin(&r, "part g give; set g lanes 512; set g bits 64; part f fifo; set f depth 1000000; part k take; wire g.x f.x d2; wire f.y k.x d2");
    rig_refuses(&r, "f:5: f: depth 1000000 x an item of 4096 bytes are more than the 1 GiB that a queue may have");
    rig_begin(&r, "part g give; set g lanes 1; set g bits 8; part f fifo; set f depth 0; part k take; wire g.x f.x d2; wire f.y k.x d2");
    rig_refuses(&r, "f:6: f.depth is 0; expected 1 .. 1048576 (items that fit, beside those of the links)");
    rig_begin(&r, "part g give; set g lanes 1; set g bits 8; part f fifo; set f lanes 2; part k take; wire g.x f.x d2; wire f.y k.x d2");
    rig_refuses(&r, "f:8: g.x is 1 x 8 bit, f.x is 2 x 8 bit; expected equal widths");
}
END_TEST

Suite *suite_fifo(void);
Suite *suite_fifo(void)
{
    Suite *s = suite_create("fifo");
    TCase *tc = tcase_create("all");

    tcase_add_loop_test(tc, in_order, 0, 40);
    tcase_add_loop_test(tc, two_ticks, 1, 5);
    tcase_add_test(tc, fills_and_drains);
    tcase_add_test(tc, waits_for_the_tag);
    tcase_add_test(tc, refused);
    suite_add_tcase(s, tc);
    return s;
}
