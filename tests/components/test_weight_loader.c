/* test_weight_loader.c - words become rows: any width of words and rows, when rows leave, waits, refusals. */
#include "tests/rigs/memory_rig.h"

#include "components/host.h"

static struct rig r;
static struct mem_items in;

/* Rows of the bits that their words have, one word behind the other; what lies beyond the row that is wired is left out. */
START_TEST(any_width)
{
    struct kp_rng g = { 60u + (uint64_t)_i };
    const uint32_t word = mem_some_bits(_i), lanes = (word + 63) / 64, row_lanes = 1 + 1 + kp_below(&g, 6), room = 64 * (row_lanes - 1),
                   whole = (room + word - 1) / word, first = kp_below(&g, 5);
    const uint32_t set = kp_below(&g, 2) && room / word ? 1 + kp_below(&g, room / word) : 0, per = set ? set : whole, rows = 400 / (per * (2 + lanes)) + 2;

    in.n = 0;
    for (uint32_t i = 0; i < rows * per; i++) {
        uint64_t *x = mem_item(&in, 2 + lanes);
        x[0] = 1;
        x[1] = (uint64_t)first * per + i;
        for (uint32_t w = 2; w < 2 + lanes; w++)
            x[w] = kp_next(&g);
    }
    rig_begin(&r, "part g give; part l weight_loader; set l word_bits %u; set l row_words %u; set l row_lanes %u; part k take; set k keep 4000; set g chance %u;"
              "set k chance %u; wire g.x l.in d2; wire l.row k.x d1", word, set, row_lanes, 30 + kp_below(&g, 71), 30 + kp_below(&g, 71));
    rig_items(&r, "g", in.word, in.n);
    rig_ticks(&r, 4 * (uint64_t)rows * per + 200);
    ck_assert_uint_eq(rig_count(&r, "k"), rows);
    ck_assert_uint_eq(rig_peek(&r, "l.word"), rows * per);
    ck_assert_uint_eq(rig_peek(&r, "l.rows"), rows);
    for (uint32_t i = 0; i < rows; i++) {
        const uint64_t *row = rig_item(&r, "k", i);
        ck_assert_uint_eq(row[0], first + i);
        for (uint32_t b = 0; b < room && b < per * word; b++) {
            const uint64_t *x = in.word + (size_t)(i * per + b / word) * (2 + lanes) + 2;
            KP_HOLDS((row[1 + b / 64] >> b % 64 & 1) == (x[b % word / 64] >> b % word % 64 & 1), "row %u, bit %u, words of %u", i, b, word);
        }
        for (uint32_t b = per * word; b < room; b++)
            KP_HOLDS(!(row[1 + b / 64] >> b % 64 & 1), "row %u, bit %u of no word", i, b);
    }
    rig_end(&r);
}
END_TEST

static void some_words(uint64_t n)
{
    in.n = 0;
    for (uint64_t i = 0; i < n; i++)
        mem_write(&in, 3, i, i);
}

/* 32 words, 8 a row: a row leaves in the tick that takes its last word. */
START_TEST(with_the_last_word)
{
    some_words(32);
    rig_begin(&r, "part g give; part l weight_loader; set l row_lanes 9; part k take; wire g.x l.in d2; wire l.row k.x d2");
    rig_items(&r, "g", in.word, in.n);
    rig_ticks(&r, 40);
    for (uint64_t i = 0; i < 4; i++)
        ck_assert_uint_eq(rig_edge(&r, "k", i), 9 + 8 * i);
    ck_assert_uint_eq(rig_spent(&r, "l", "busy"), 32);
    ck_assert_uint_eq(rig_waited(&r, "l", "in", 0), 8);
    rig_end(&r);
}
END_TEST

/* Without room for a row its last word stays on its link; those before it are taken. */
START_TEST(full)
{
    some_words(32);
    rig_begin(&r, "part g give; part l weight_loader; set l row_words 4; set l row_lanes 9; part k take; set k first 50; wire g.x l.in d2; wire l.row k.x d2");
    rig_items(&r, "g", in.word, in.n);
    rig_ticks(&r, 50);
    ck_assert_uint_eq(rig_peek(&r, "l.word"), 11);
    ck_assert_uint_eq(rig_waited(&r, "l", "row", 0), 50 - 12);
    rig_ticks(&r, 100);
    ck_assert_uint_eq(rig_count(&r, "k"), 8);
    rig_end(&r);
}
END_TEST

#define ONE "part g give; part l weight_loader; part k take; wire g.x l.in d2; wire l.row k.x d2;"
static const struct { const char *script, *text; } refusals[] = {
    { ONE "set l row_lanes 1", "f:3: l: row has one lane; expected at least 2: the number, then the row's bits" },
    { ONE "set l row_lanes 3; set l row_words 3", "f:3: l: row_words 3 of word_bits 64 are 192 bits; the row that is wired holds 128, so expected row_words 0 .. 2" },
    { ONE "set l row_lanes 3; set l word_bits 0", "f:8: l.word_bits is 0; expected 1 .. 4096 (bits of a word)" },
};

START_TEST(refused)
{
    rig_begin(&r, "%s", refusals[_i].script);
    rig_refuses(&r, refusals[_i].text);
}
END_TEST

Suite *suite_weight_loader(void);
/* The program's rows are as wide as the row that is wired. */
START_TEST(rows_of_the_program)
{
    static const struct bl_host_program wide = { .row_words = 3 }, fits = { .row_words = 2 };

    rig_begin(&r, ONE "set l row_lanes 3");
    rig_supply(&r, "l", "program", &wide, sizeof wide);
    rig_refuses(&r, "f:3: l: rows have 3 words; the row that is wired holds 2, so cols x w_bits of 'array' is not that of the macro");
    rig_begin(&r, ONE "set l row_lanes 3");
    rig_supply(&r, "l", "program", &fits, sizeof fits);
    rig_ticks(&r, 1);
    rig_end(&r);
}
END_TEST

Suite *suite_weight_loader(void)
{
    Suite *s = suite_create("weight_loader");
    TCase *tc = tcase_create("all");

    tcase_add_loop_test(tc, any_width, 0, 40);
    tcase_add_test(tc, with_the_last_word);
    tcase_add_test(tc, full);
    tcase_add_test(tc, rows_of_the_program);
    tcase_add_loop_test(tc, refused, 0, (int)(sizeof refusals / sizeof *refusals));
    suite_add_tcase(s, tc);
    return s;
}
