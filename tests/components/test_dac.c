/* test_dac.c - the register of levels: what passes in every width, ticks, who holds it, tags, refusals. */
#include "tests/rigs/parts_rig.h"

static struct rig r;
static const uint32_t rows[] = { 1, 8, 31, 32, 33, 64, 65, 144 };
enum { ITEMS = 20 };

/* What goes in comes out, one tick later, in every width, with its tag. Latency 1, one a tick. */
START_TEST(codes_pass)
{
    const uint32_t n = rows[_i / 8], bits = (uint32_t)_i % 8 + 1;

    rig_begin(&r, "part g give; set g limit %u; set g lanes %u; set g bits %u; part d dac; part k take; wire g.x d.x d2; wire d.y k.x d2; part gt give; "
              "set gt lanes %u; set gt limit %u; set gt seed 3; part kt take; wire gt.x d.x_tag d2; wire d.y_tag kt.x d2", ITEMS, n, bits, 1 + n % 64, ITEMS);
    rig_ticks(&r, 40);
    ck_assert_uint_eq(rig_count(&r, "k"), ITEMS);
    for (uint64_t i = 0; i < ITEMS; i++) {
        KP_HOLDS(rig_edge(&r, "k", i) == i + 2 && rig_edge(&r, "kt", i) == i + 2, "item %llu at another edge", (unsigned long long)i);
        for (uint32_t l = 0; l < n; l++)
            KP_HOLDS(rig_item(&r, "k", i)[l] == rig_random(1, i, l, bits), "another code");
        for (uint32_t l = 0; l < 1 + n % 64; l++)
            KP_HOLDS(rig_item(&r, "kt", i)[l] == rig_random(3, i, l, 8), "another tag");
    }
    ck_assert_uint_eq(rig_peek(&r, "d.conv"), ITEMS * n);
    ck_assert_uint_eq(rig_peek(&r, "d.bit"), ITEMS * n * bits);
    ck_assert_uint_eq(rig_spent(&r, "d", "busy"), ITEMS);
    ck_assert_uint_eq(rig_spent(&r, "d", "no_input"), 40 - ITEMS);
    rig_sleeps(&r, 1000);
    rig_end(&r);
}
END_TEST

/* All four links pause: nothing is lost, doubled or paired with another one's tag. */
START_TEST(pauses)
{
    rig_begin(&r, "part g give; set g limit %u; set g lanes 3; set g bits 7; set g chance %d; part d dac; part k take; set k chance %d; wire g.x d.x d2; "
              "wire d.y k.x d1; part gt give; set gt lanes 2; set gt limit %u; set gt seed 3; set gt chance %d; part kt take; set kt seed 9; set kt chance %d; "
              "wire gt.x d.x_tag d1; wire d.y_tag kt.x d3", ITEMS, 30 + 7 * _i, 95 - 6 * _i, ITEMS, 90 - 5 * _i, 40 + 6 * _i);
    rig_ticks(&r, 300);
    ck_assert_uint_eq(rig_count(&r, "k"), ITEMS);
    ck_assert_uint_eq(rig_count(&r, "kt"), ITEMS);
    for (uint64_t i = 0; i < ITEMS; i++) {
        ck_assert_uint_eq(rig_item(&r, "k", i)[2], rig_random(1, i, 2, 7));
        ck_assert_uint_eq(rig_item(&r, "kt", i)[1], rig_random(3, i, 1, 8));
    }
    rig_end(&r);
}
END_TEST

/* Who holds it is named: y or y_tag that is full, x or x_tag that is not there. */
START_TEST(waits)
{
    static const char *const port[] = { "y", "y_tag", "x", "x_tag" }, *const slow[] = { "k", "kt", "g", "gt" };

    rig_begin(&r, "part g give; set g limit 10; set g lanes 3; set g bits 7; part d dac; part k take; wire g.x d.x d2; wire d.y k.x d2; part gt give; "
              "set gt lanes 2; set gt limit 10; part kt take; wire gt.x d.x_tag d2; wire d.y_tag kt.x d2; set %s every 3", slow[_i]);
    rig_ticks(&r, 29);
    ck_assert_uint_eq(rig_spent(&r, "d", "busy"), 10);
    ck_assert_uint_eq(rig_spent(&r, "d", "out_full"), _i < 2 ? 14 : 0);
    ck_assert_uint_eq(rig_waited(&r, "d", port[_i], 0), _i < 2 ? 14 : _i == 2 ? 19 : 18);      /* x is what is missing in tick 0 */
    ck_assert_uint_eq(rig_waited(&r, "d", port[_i ^ 1], 0), _i == 3);
    rig_end(&r);
}
END_TEST

/* ---- refusals ---- */

#define WIRED "part g give; part k take; wire g.x d.x d2; wire d.y k.x d2; "
static const struct { const char *script, *text; } refused[] = {
    { "part d dac; set d lanes 2; set d bits 9; " WIRED, "f:4: d.bits is 9; expected 0 .. 8 (bits of a code)" },
    { "part d dac; set d lanes 2; set d bits 4; part gt give; set gt lanes 1; wire gt.x d.x_tag d2; " WIRED,
      "f:2: d: x_tag is wired and y_tag is not; a tag comes in and goes out beside its data, so wire both or none" },
    { "part d dac; set d lanes 2; set d bits 4; part kt take; set kt lanes 1; wire d.y_tag kt.x d2; " WIRED,
      "f:2: d: y_tag is wired and x_tag is not; a tag comes in and goes out beside its data, so wire both or none" },
};
START_TEST(refusals)
{
    rig_begin(&r, "%s", refused[_i].script);
    rig_refuses(&r, refused[_i].text);
}
END_TEST

static const struct rig_range ranges[] = { { "lanes", 0, 4096, 0, NULL }, { "bits", 0, 8, 0, NULL }, { "tag", 0, 64, 0, NULL } };
START_TEST(parameters) { rig_ranges("dac", ranges, sizeof ranges / sizeof *ranges); }
END_TEST

Suite *suite_dac(void);
Suite *suite_dac(void)
{
    Suite *s = suite_create("dac");
    TCase *tc = tcase_create("all");

    tcase_add_loop_test(tc, codes_pass, 0, 64);
    tcase_add_loop_test(tc, pauses, 0, 10);
    tcase_add_loop_test(tc, waits, 0, 4);
    tcase_add_loop_test(tc, refusals, 0, (int)(sizeof refused / sizeof *refused));
    tcase_add_test(tc, parameters);
    suite_add_tcase(s, tc);
    return s;
}
