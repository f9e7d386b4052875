/* test_array.c - the block `array:` of a platform file: what it says, what it takes for granted, and what is wrong in it. */
#include "platforms/file/load.h"
#include "tests/rigs/heard.h"

#include <check.h>
#include <stdio.h>

Suite *suite_array(void);

static struct bl_platform *read(struct heard *h, const char *params, const char *block)
{
    char text[1024];

    snprintf(text, sizeof text, "platform: p\n%sarray: %s\nparts: { a: { class: gen } }\n", params, block);
    return bl_platform_parse("p.yaml", text, strlen(text), NULL, 0, heard_start(h));
}

START_TEST(says)
{
    static const uint32_t all[BL_ARRAY_KEYS] = { 0, 64, 32, 4, 8, 3, 2, [BL_ARRAY_SLOTS] = 5, [BL_ARRAY_PACK] = BL_BY_OUTPUT, [BL_ARRAY_FEED] = BL_BUFFERED,
                                                 [BL_ARRAY_GROUPS] = BL_APART, [BL_ARRAY_RESULT] = BL_APPROXIMATE, [BL_ARRAY_PLACEMENT] = BL_RELOAD,
                                                 [BL_ARRAY_DUPLICATE] = BL_SINGLE, [BL_ARRAY_MAPPING] = BL_MAP_ENERGY };
    struct heard h;
    struct bl_platform *p = read(&h, "params: { n: 64 }\n", "{ host: cpu, rows: $n, cols: 32, w_bits: 4, a_bits: 8, macros: 3, sets: 2, slots: 5, pack: by_output, "
                                 "feed: buffered, groups: apart, result: approximate, placement: reload, duplicate: false, mapping: energy }");

    ck_assert_msg(p != NULL, "%s", h.text);
    const struct bl_array *a = bl_platform_array(p);
    ck_assert_str_eq(a->host, "cpu");
    for (int k = BL_ARRAY_ROWS; k < BL_ARRAY_KEYS; k++)
        ck_assert_msg(a->n[k] == all[k], "%s is %u", bl_array_key_name((enum bl_array_key)k), a->n[k]);
    ck_assert_str_eq(bl_array_word(a, BL_ARRAY_HOST), "cpu");
    ck_assert_ptr_null(bl_array_word(a, BL_ARRAY_SETS));
    ck_assert_str_eq(bl_array_word(a, BL_ARRAY_PACK), "by_output");
    ck_assert_str_eq(bl_array_word(a, BL_ARRAY_RESULT), "approximate");
    ck_assert_str_eq(a->where, "p.yaml:3:8");
    ck_assert_str_eq(a->at[BL_ARRAY_COLS], "p.yaml:3:37");
    bl_platform_free(p);
}
END_TEST

/* What is not said: one macro of one set, rows by input, direct, packed, exact; its place is the block's. */
START_TEST(presets)
{
    struct heard h;
    struct bl_platform *p = read(&h, "", "{ host: cpu, rows: 1, cols: 4096, w_bits: 1, a_bits: 1 }");

    ck_assert_msg(p != NULL, "%s", h.text);
    const struct bl_array *a = bl_platform_array(p);
    ck_assert_uint_eq(a->n[BL_ARRAY_MACROS], 1);
    ck_assert_uint_eq(a->n[BL_ARRAY_SETS], 1);
    ck_assert_uint_eq(a->n[BL_ARRAY_SLOTS], BL_SLOTS_MOST);
    for (int k = BL_ARRAY_PACK; k < BL_ARRAY_KEYS; k++)
        ck_assert_uint_eq(a->n[k], 0);
    ck_assert_str_eq(bl_array_word(a, BL_ARRAY_GROUPS), "pack");
    ck_assert_str_eq(a->at[BL_ARRAY_FEED], a->where);
    bl_platform_free(p);
    p = bl_platform_parse("p.yaml", "platform: p\nparts: { a: { class: gen } }\n", 41, NULL, 0, &h.diag);
    ck_assert_ptr_null(bl_platform_array(p));
    bl_platform_free(p);
}
END_TEST

#define GOOD "host: h, rows: 64, cols: 64, w_bits: 8, a_bits: 8"
static const struct { const char *block, *says; } wrong[] = {
    { "{ host: h, rows: 64 }",
      "p.yaml:2:8: array: there is no 'cols'; expected '{ host: host, rows: 64, cols: 64, w_bits: 8, a_bits: 8 }' at least\n"
      "p.yaml:2:8: array: there is no 'w_bits'; expected '{ host: host, rows: 64, cols: 64, w_bits: 8, a_bits: 8 }' at least\n"
      "p.yaml:2:8: array: there is no 'a_bits'; expected '{ host: host, rows: 64, cols: 64, w_bits: 8, a_bits: 8 }' at least" },
    { "{ " GOOD ", pack: by_row }", "p.yaml:2:67: array: pack is 'by_row'; expected by_input or by_output" },
    { "{ " GOOD ", feed: both }", "p.yaml:2:67: array: feed is 'both'; expected direct or buffered" },
    { "{ " GOOD ", groups: none }", "p.yaml:2:69: array: groups is 'none'; expected pack or apart" },
    { "{ " GOOD ", result: about }", "p.yaml:2:69: array: result is 'about'; expected exact or approximate" },
    { "{ " GOOD ", placement: here }", "p.yaml:2:72: array: placement is 'here'; expected rounds, resident or reload" },
    { "{ " GOOD ", mapping: best }", "p.yaml:2:70: array: mapping is 'best'; expected plain, copies, latency, energy or edp" },
    { "{ " GOOD ", macro: 2 }", "p.yaml:2:61: array has no 'macro'; did you mean 'macros'?" },
    { "{ " GOOD ", sets: 65 }", "p.yaml:2:67: sets is '65'; expected a whole number from 1 to 64" },
    { "{ " GOOD ", macros: 0 }", "p.yaml:2:69: macros is '0'; expected a whole number from 1 to 1024" },
    { "64", "p.yaml:2:8: 'array' is a single value; expected '{ host: host, rows: 64, cols: 64, w_bits: 8, a_bits: 8 }'" },
};

START_TEST(refused)
{
    struct heard h;

    ck_assert_ptr_null(read(&h, "", wrong[_i].block));
    ck_assert_str_eq(h.text, wrong[_i].says);
}
END_TEST

Suite *suite_array(void)
{
    Suite *s = suite_create("array");
    TCase *tc = tcase_create("all");

    tcase_add_test(tc, says);
    tcase_add_test(tc, presets);
    tcase_add_loop_test(tc, refused, 0, (int)(sizeof wrong / sizeof *wrong));
    suite_add_tcase(s, tc);
    return s;
}
