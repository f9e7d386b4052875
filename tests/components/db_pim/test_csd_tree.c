/* test_csd_tree.c - sums of columns against a plain model: signs and places of dyadic blocks, two's complement of the dense baseline; the greatest
 * sums; any pace; what is refused. */
#include "components/db_pim/db_pim.h"
#include "tests/rigs/parts_rig.h"

Suite *suite_csd_tree(void);

enum { ROWS = 32, ITEMS = 128, LANES = DB_ITEM_LANES };
static struct rig r;
static uint64_t words[(ROWS + 2) * LANES], x[ITEMS * DB_COLUMNS], tags[ITEMS * DB_SLICE_LANES];

#define BENCH "part w give;set w lanes 17;set w bits 64;part g give;part h give;set h lanes 5;part t csd_tree;part k take;part n take;" \
              "wire w.x t.w d2;wire g.x t.x d2;wire h.x t.x_tag d2;wire t.sum k.x d2;wire t.sum_tag n.x d2;set g first 100;set k keep 200;set n keep 200;"

static uint64_t *row_of(uint32_t i) { return words + (size_t)(i + DB_SETS) * LANES; }

static void make(bool greatest, bool binary)
{
    for (uint32_t set = 0; set < DB_SETS; set++) {
        words[set * LANES] = set * DB_SET + DB_HEADER;
        words[set * LANES + 1] = (uint64_t)binary << 32;
    }
    for (uint32_t i = 0; i < ROWS; i++) {
        row_of(i)[0] = i / DB_ROWS * DB_SET + i % DB_ROWS;
        for (uint32_t k = 1; k < LANES; k++)
            row_of(i)[k] = greatest ? UINT64_MAX : rig_random(5, i, k, 64);
    }
    for (uint32_t i = 0; i < ITEMS; i++) {
        for (uint32_t d = 0; d < DB_COLUMNS; d++) {
            const uint64_t in = greatest ? 0xffff : rig_random(6, i, 0, 16), q = greatest ? 0xffff : rig_random(7, i, d, 16);
            x[i * DB_COLUMNS + d] = (in & q) | (in & ~q) << 16;
        }
        tags[i * DB_SLICE_LANES + DB_ROW_NUMBER] = rig_random(8, i, 0, 16) % ROWS;
    }
}

static uint32_t bit(const uint64_t *row, uint32_t plane, uint32_t d, uint32_t c)
{
    return row[1 + plane * DB_PLANE_WORDS + d / 4] >> (16 * (d % 4) + c) & 1;
}

static int64_t want(uint32_t i, uint32_t d, bool binary)
{
    const uint64_t *row = row_of((uint32_t)tags[i * DB_SLICE_LANES + DB_ROW_NUMBER]), v = x[i * DB_COLUMNS + d];
    int64_t sum = 0;

    for (uint32_t c = 0; c < DB_COMPARTMENTS; c++) {
        const int64_t q = v >> c & 1, qb = v >> (16 + c) & 1;
        if (binary)
            sum += (d % 8 == 7 ? -q : q) * (INT64_C(1) << d % 8);
        else
            sum += (bit(row, 1, d, c) ? -1 : 1) * (2 * q + qb) * (INT64_C(1) << 2 * (bit(row, 2, d, c) + 2 * bit(row, 3, d, c)));
    }
    return sum;
}

static const char *const paces[] = { "", "set k every 3;", "set k chance 40;set g chance 60;set h chance 70;" };

START_TEST(sums)
{
    const bool binary = _i % 2, greatest = _i / 2 == 3;

    make(greatest, binary);
    rig_begin(&r, BENCH "%s", greatest ? "" : paces[_i / 2]);
    rig_items(&r, "w", words, (size_t)(ROWS + 2) * LANES);
    rig_items(&r, "g", x, (size_t)ITEMS * DB_COLUMNS);
    rig_items(&r, "h", tags, (size_t)ITEMS * DB_SLICE_LANES);
    rig_ticks(&r, 1500);
    ck_assert_uint_eq(rig_count(&r, "k"), ITEMS);
    for (uint32_t i = 0; i < ITEMS; i++)
        for (uint32_t d = 0; d < DB_COLUMNS; d++)
            ck_assert_int_eq(rig_signed(&r, "k", i, d), want(i, d, binary));
    if (greatest)
        ck_assert_int_eq(rig_signed(&r, "k", 0, 7), -2048);
    if (!_i)
        ck_assert_uint_eq(rig_edge(&r, "k", ITEMS - 1), 102 + ITEMS - 1);
    ck_assert_uint_eq(rig_peek(&r, "t.sums"), ITEMS * DB_COLUMNS);
    ck_assert_uint_eq(rig_peek(&r, "t.operand"), ITEMS * (binary ? 256 : 512));
    ck_assert_uint_eq(rig_peek(&r, "t.meta"), binary ? 0 : ITEMS * 768);
    ck_assert_uint_eq(rig_peek(&r, "t.bit"), binary ? 0 : ROWS * 768);
    rig_end(&r);
}
END_TEST

START_TEST(wrong)
{
    rig_begin(&r, "part w give;set w lanes 17;set w bits 64;part g give;part h give;set h lanes 4;part t csd_tree;part k take;part n take;"
              "wire w.x t.w d2;wire g.x t.x d2;wire h.x t.x_tag d2;wire t.sum k.x d2;wire t.sum_tag n.x d2");
    rig_refuses(&r, "f:8: t: x_tag has 4 lanes; expected at least 5, a row's tag with shift and flags");
}
END_TEST

Suite *suite_csd_tree(void)
{
    Suite *s = suite_create("csd_tree");
    TCase *tc = tcase_create("all");

    tcase_add_loop_test(tc, sums, 0, 8);
    tcase_add_test(tc, wrong);
    suite_add_tcase(s, tc);
    return s;
}
