/* test_dac.c - the register of levels: function, timing, back-pressure, tags, counts. */
#include "tests/rigs/parts_rig.h"

static struct rig r;

static const uint32_t rows[] = { 1, 8, 31, 32, 33, 64, 65, 144 };

/* What goes in comes out, one tick later, at every width. */
START_TEST(codes_pass)
{
    const uint32_t n = rows[_i / 8], bits = (uint32_t)_i % 8 + 1;

    rig_begin(&r, "part g give; set g limit 20; set g lanes %u; set g bits %u; part d dac; part k take; wire g.x d.x d2; wire d.y k.x d2", n, bits);
    rig_ticks(&r, 40);
    ck_assert_uint_eq(rig_count(&r, "k"), 20);
    for (uint64_t i = 0; i < 20; i++) {
        KP_HOLDS(rig_edge(&r, "k", i) == i + 2, "item %llu at another edge", (unsigned long long)i);
        for (uint32_t l = 0; l < n; l++)
            KP_HOLDS(rig_item(&r, "k", i)[l] == rig_random(1, i, l, bits), "another code");
    }
    ck_assert_uint_eq(rig_peek(&r, "d.conv"), 20 * n);
    ck_assert_uint_eq(rig_peek(&r, "d.bit"), 20 * n * bits);
    ck_assert_uint_eq(rig_spent(&r, "d", "busy"), 20);
    ck_assert_uint_eq(rig_spent(&r, "d", "no_input"), 20);
    rig_end(&r);
}
END_TEST

Suite *suite_dac(void);
Suite *suite_dac(void)
{
    Suite *s = suite_create("dac");
    TCase *tc = tcase_create("all");

    tcase_add_loop_test(tc, codes_pass, 0, 64);
    suite_add_tcase(s, tc);
    return s;
}
