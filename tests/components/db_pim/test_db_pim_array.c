/* test_db_pim_array.c - products of dyadic block multiply units against a plain model, at any pace; rows are written before operations, and
 * beside those of the other set; what is refused. */
#include "components/db_pim/db_pim.h"
#include "tests/rigs/parts_rig.h"

Suite *suite_db_pim_array(void);

enum { ROWS = 32, ITEMS = 200, LANES = DB_ITEM_LANES };
static struct rig r;
static uint64_t words[ROWS * LANES], x[ITEMS], tags[ITEMS * DB_SLICE_LANES];

#define BENCH "part w give;set w lanes 17;set w bits 64;part g give;part h give;set h lanes 5;part a db_pim_array;part k take;part n take;" \
              "wire w.x a.w d2;wire g.x a.x d2;wire h.x a.x_tag d2;wire a.y k.x d2;wire a.y_tag n.x d2;"

static void make(uint32_t sets)
{
    for (uint32_t i = 0; i < ROWS; i++) {
        words[i * LANES] = i / DB_ROWS * DB_SET + i % DB_ROWS;
        for (uint32_t k = 1; k < LANES; k++)
            words[i * LANES + k] = rig_random(5, i, k, 64);
    }
    for (uint32_t i = 0; i < ITEMS; i++) {
        x[i] = i % 7 ? rig_random(6, i, 0, 16) : 0;
        tags[i * DB_SLICE_LANES + DB_ROW_NUMBER] = rig_random(7, i, 0, 16) % (sets * DB_ROWS);
        tags[i * DB_SLICE_LANES + DB_ROW_VALID] = i % 4 + 1;
    }
}

static void supply(uint32_t sets)
{
    rig_items(&r, "w", words, (size_t)sets * DB_ROWS * LANES);
    rig_items(&r, "g", x, ITEMS);
    rig_items(&r, "h", tags, ITEMS * DB_SLICE_LANES);
}

static const char *const paces[] = { "", "set k every 3;", "set k chance 40;set g chance 60;", "set n every 2;set h chance 50;" };

START_TEST(products)
{
    const uint32_t sets = 1 + (uint32_t)_i % 2;

    make(sets);
    rig_begin(&r, BENCH "set a double_load %u;set g first 100;set k keep 200;set n keep 200;%s", sets - 1, paces[_i / 2]);
    supply(sets);
    rig_ticks(&r, 2000);
    ck_assert_uint_eq(rig_count(&r, "k"), ITEMS);
    ck_assert_uint_eq(rig_count(&r, "n"), ITEMS);
    for (uint32_t i = 0; i < ITEMS; i++)
        for (uint32_t d = 0; d < DB_COLUMNS; d++) {
            const uint64_t *row = words + tags[i * DB_SLICE_LANES + DB_ROW_NUMBER] * LANES + 1, q = row[d / 4] >> 16 * (d % 4) & 0xffff;
            ck_assert_uint_eq(rig_item(&r, "k", i)[d], (q & x[i]) | (~q & x[i]) << 16);
        }
    ck_assert_uint_eq(rig_item(&r, "n", 9)[DB_ROW_NUMBER], tags[9 * DB_SLICE_LANES + DB_ROW_NUMBER]);
    ck_assert_uint_eq(rig_peek(&r, "a.access"), ITEMS);
    ck_assert_uint_eq(rig_peek(&r, "a.bit"), (uint64_t)sets * 16 * 256);
    ck_assert_uint_eq(rig_peek(&r, "a.held") + rig_peek(&r, "a.unwritten"), 0);
    rig_end(&r);
}
END_TEST

/* Operations from tick 0 on: with one set they wait for the rows, three ticks each; those of set 1 do not wait for rows of set 0. */
START_TEST(writing)
{
    make(2);
    for (uint32_t i = 0; i < ITEMS; i++)
        tags[i * DB_SLICE_LANES + DB_ROW_NUMBER] = _i ? DB_ROWS + i % DB_ROWS : i % DB_ROWS;
    rig_begin(&r, BENCH "set a strict 0;set a double_load %d;set a write_cycles 3;set k keep 200;set n keep 200", _i);
    supply(1);
    rig_ticks(&r, 600);
    ck_assert_uint_eq(rig_edge(&r, "k", 0), _i ? 2 : 2 + 48);
    ck_assert_uint_eq(rig_peek(&r, "a.held"), _i ? 0 : 48);
    ck_assert_uint_eq(rig_spent(&r, "a", "writing"), _i ? 0 : 48);
    ck_assert_uint_eq(rig_peek(&r, "a.unwritten"), _i ? ITEMS - (ITEMS + 6) / 7 : 0);
    rig_end(&r);
}
END_TEST

START_TEST(wrong)
{
    make(2);
    rig_begin(&r, BENCH);
    supply(2);
    rig_fails(&r, 200, "a, at 17 ps: a row for set 1; double_load is 0");
    rig_begin(&r, "part w give;set w lanes 17;set w bits 64;part g give;part h give;set h lanes 3;part a db_pim_array;part k take;part n take;"
              "wire w.x a.w d2;wire g.x a.x d2;wire h.x a.x_tag d2;wire a.y k.x d2;wire a.y_tag n.x d2");
    rig_refuses(&r, "f:8: a: x_tag has 3 lanes; expected at least 5, a row's tag with shift and flags");
}
END_TEST

Suite *suite_db_pim_array(void)
{
    Suite *s = suite_create("db_pim_array");
    TCase *tc = tcase_create("all");

    tcase_add_loop_test(tc, products, 0, 8);
    tcase_add_loop_test(tc, writing, 0, 2);
    tcase_add_test(tc, wrong);
    suite_add_tcase(s, tc);
    return s;
}
