/* test_fta.c - Algorithm 1 of DB-PIM: the example of its section IV-C, thresholds case by case, and what every result must have. */
#include "platforms/db_pim/fta.h"

#include <check.h>
#include <string.h>

#include "platforms/net/draw.h"

Suite *suite_fta(void);

enum { LONG = 64 };

/* phi: the expected threshold. In the paper's example the digits of the kept weights are 2, 1, 0, 1, 3 many. */
static const struct { uint32_t n, phi; int8_t w[8]; uint8_t kept[8]; int8_t out[8]; } FILTERS[] = {
    { 7, 1, { -63, 0, 64, 0, 0, -8, 13 }, { 1, 0, 1, 1, 0, 1, 1 }, { -64, 0, 64, 1, 0, -8, 16 } },
    { 8, 1, { 64, -8, 1, 2, -32, 16, 5, 0 }, { 1, 1, 1, 1, 1, 1, 1, 1 }, { 64, -8, 1, 2, -32, 16, 4, 1 } },
    { 3, 0, { 0, 0, 0 }, { 1, 1, 1 }, { 0, 0, 0 } },
    { 3, 0, { 9, 7, 3 }, { 0, 0, 0 }, { 0, 0, 0 } },                       /* nothing is kept */
    { 3, 0, { 9, 0, 0 }, { 0, 1, 1 }, { 0, 0, 0 } },                       /* only zeros are kept */
    { 4, 1, { 0, 0, 0, 85 }, { 1, 1, 1, 1 }, { 1, 1, 1, 64 } },            /* mode 0 */
    { 4, 2, { 85, 85, 85, 1 }, { 1, 1, 1, 1 }, { 80, 80, 80, 3 } },        /* mode 4; 85 is nearer to 80 (two digits) than to 96 */
    { 4, 1, { 3, 5, 1, 2 }, { 1, 1, 1, 1 }, { 4, 4, 1, 2 } },              /* as many of 1 as of 2: the smaller; 3 is between 2 and 4 */
    { 4, 2, { 3, 5, 11, 13 }, { 1, 1, 1, 1 }, { 3, 5, 12, 14 } },          /* as many of 2 as of 3 */
    { 5, 1, { 3, 5, 9, 1, 2 }, { 1, 0, 0, 1, 1 }, { 4, 0, 0, 1, 2 } },     /* masked weights do not count: else 2 would be as frequent */
};

START_TEST(filters)
{
    int8_t w[8];

    memcpy(w, FILTERS[_i].w, sizeof w);
    uint32_t phi = bl_db_threshold(w, FILTERS[_i].kept, FILTERS[_i].n);
    ck_assert_uint_eq(phi, FILTERS[_i].phi);
    bl_db_approximate(w, FILTERS[_i].kept, FILTERS[_i].n, phi);
    for (uint32_t i = 0; i < FILTERS[_i].n; i++)
        ck_assert_msg(w[i] == FILTERS[_i].out[i], "weight %u: got %d, expected %d", i, w[i], FILTERS[_i].out[i]);
}
END_TEST

/* Of drawn filters: masked weights are 0, the others have the threshold's digits, and a second time changes nothing. */
START_TEST(properties)
{
    const uint64_t key = bl_draw_key((uint64_t)_i, "fta");
    int8_t w[LONG], again[LONG];
    uint8_t kept[LONG];

    for (uint32_t i = 0; i < LONG; i++) {
        w[i] = (int8_t)((int)(bl_draw(key, 2 * i) % 256 - 128) / (1 + _i % 40));
        kept[i] = bl_draw(key, 2 * i + 1) % 4 != 0;
    }
    uint32_t phi = bl_db_threshold(w, kept, LONG);
    bl_db_approximate(w, kept, LONG, phi);
    for (uint32_t i = 0; i < LONG; i++)
        ck_assert_uint_eq(bl_db_phi(w[i]), kept[i] ? phi : 0);
    memcpy(again, w, sizeof w);
    ck_assert_uint_eq(bl_db_threshold(again, kept, LONG), phi);
    bl_db_approximate(again, kept, LONG, phi);
    ck_assert_int_eq(memcmp(w, again, sizeof w), 0);
    bl_db_approximate(again, NULL, LONG, 2);
    for (uint32_t i = 0; i < LONG; i++)
        ck_assert_uint_eq(bl_db_phi(again[i]), 2);
}
END_TEST

Suite *suite_fta(void)
{
    Suite *s = suite_create("fta");
    TCase *t = tcase_create("fta");

    tcase_add_loop_test(t, filters, 0, sizeof FILTERS / sizeof *FILTERS);
    tcase_add_loop_test(t, properties, 0, 200);
    suite_add_tcase(s, t);
    return s;
}
