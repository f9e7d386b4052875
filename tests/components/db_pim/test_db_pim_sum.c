/* test_db_pim_sum.c - columns become filters as the header says, macros in turn, as many as the pass has positions; any pace; damaged headers. */
#include "components/db_pim/db_pim.h"
#include "tests/rigs/parts_rig.h"

Suite *suite_db_pim_sum(void);

enum { PASSES = 24 };
static struct rig r;
static uint64_t header[2 * DB_ITEM_LANES], x[DB_MACROS][PASSES * DB_COLUMNS], tags[DB_MACROS][PASSES * DB_SLICE_LANES];
static uint32_t passes[DB_MACROS];

#define BENCH "part w give;set w lanes 17;set w bits 64;part g0 give;part g1 give;part g2 give;part g3 give;part h0 give;part h1 give;part h2 give;" \
              "part h3 give;set h0 lanes 5;set h1 lanes 5;set h2 lanes 5;set h3 lanes 5;part u db_pim_sum;set u width 24;part k take;part n take;wire w.x u.w d2;" \
              "wire g0.x u.x[0] d2;wire g1.x u.x[1] d2;wire g2.x u.x[2] d2;wire g3.x u.x[3] d2;wire h0.x u.x_tag[0] d2;wire h1.x u.x_tag[1] d2;" \
              "wire h2.x u.x_tag[2] d2;wire h3.x u.x_tag[3] d2;wire u.y k.x d2;wire u.y_tag n.x d2;set g0 first 20;"

/* Headers of two sets: filters of 2, 1, 3 and 2 columns with two columns left out; sixteen of one. */
static void make(void)
{
    header[0] = DB_HEADER;
    header[1] = 0x4d | UINT64_C(0x00ff) << 16;
    header[DB_ITEM_LANES] = DB_SET + DB_HEADER;
    header[DB_ITEM_LANES + 1] = 0xffff | UINT64_C(0xffff) << 16;
    memset(passes, 0, sizeof passes);
    for (uint32_t i = 0; i < PASSES; i++)
        for (uint32_t m = 0; m <= i % DB_MACROS; m++, passes[m - 1]++) {
            uint64_t *tag = tags[m] + passes[m] * DB_SLICE_LANES;
            memset(tag, 0, DB_SLICE_LANES * sizeof *tag);
            tag[DB_ROW_NUMBER] = i % 3 == 0 ? DB_ROWS + 3 : 7;
            tag[DB_ROW_VALID] = i % DB_MACROS + 1;
            for (uint32_t d = 0; d < DB_COLUMNS; d++)
                x[m][passes[m] * DB_COLUMNS + d] = rig_random(3, i * DB_MACROS + m, d, 24);
        }
}

static void supply(void)
{
    static const char *const g[] = { "g0", "g1", "g2", "g3" }, *const h[] = { "h0", "h1", "h2", "h3" };

    rig_items(&r, "w", header, 2 * DB_ITEM_LANES);
    for (uint32_t m = 0; m < DB_MACROS; m++) {
        rig_items(&r, g[m], x[m], (size_t)passes[m] * DB_COLUMNS);
        rig_items(&r, h[m], tags[m], (size_t)passes[m] * DB_SLICE_LANES);
    }
}

static int64_t want(uint32_t i, uint32_t m, uint32_t f)
{
    static const uint32_t first[] = { 0, 2, 3, 6, 8 };
    const uint32_t from = i % 3 == 0 ? f : f < 4 ? first[f] : 8, to = i % 3 == 0 ? f + 1 : f < 4 ? first[f + 1] : 8;
    int64_t sum = 0;

    for (uint32_t d = from; d < to; d++) {
        const uint64_t v = rig_random(3, i * DB_MACROS + m, d, 24);
        sum += (int64_t)(v ^ 0x800000) - 0x800000;
    }
    return sum;
}

static const char *const paces[] = { "", "set k every 3;", "set g2 chance 30;set h1 chance 60;set n chance 50;" };

START_TEST(filters)
{
    make();
    rig_begin(&r, BENCH "%s", paces[_i]);
    supply();
    rig_ticks(&r, 600);
    uint64_t at = 0;
    for (uint32_t i = 0; i < PASSES; i++)
        for (uint32_t m = 0; m <= i % DB_MACROS; m++, at++) {
            ck_assert_uint_eq(rig_item(&r, "n", at)[0], i % 3 == 0 ? 16 : 4);
            for (uint32_t f = 0; f < DB_COLUMNS; f++)
                ck_assert_int_eq(rig_signed(&r, "k", at, f), want(i, m, f));
        }
    ck_assert_uint_eq(rig_count(&r, "k"), at);
    if (!_i)
        ck_assert_uint_eq(rig_last_edge(&r, "k"), 22 + at - 1);
    rig_end(&r);
}
END_TEST

START_TEST(wrong)
{
    make();
    header[1] = 0x100 | UINT64_C(0x00ff) << 16;
    rig_begin(&r, BENCH);
    supply();
    rig_fails(&r, 100, "u, at 1 ps: header ff0100 of set 0: a filter begins in a column that is not used");
}
END_TEST

Suite *suite_db_pim_sum(void)
{
    Suite *s = suite_create("db_pim_sum");
    TCase *tc = tcase_create("all");

    tcase_add_loop_test(tc, filters, 0, 3);
    tcase_add_test(tc, wrong);
    suite_add_tcase(s, tc);
    return s;
}
