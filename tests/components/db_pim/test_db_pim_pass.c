/* test_db_pim_pass.c - a pass of DB-PIM through network, slicers, arrays, trees and sums, to the cycle: both feeds, every number of active bit
 * columns, masks that keep two of five, bursts against each other, one dense core among sparse ones; sums of filters, bit for bit. */
#include "components/db_pim/dyadic.h"
#include "tests/rigs/db_rig.h"

Suite *suite_db_pim_pass(void);

static struct rig r;
static struct db_bench b;

static void reset(uint32_t cores, uint32_t feed_rows, uint32_t k)
{
    memset(&b, 0, sizeof b);
    b.cores = cores;
    b.feed_rows = feed_rows;
    b.windows = k / DB_WINDOW;
    b.valid = DB_MACROS;
}

static void fill(uint8_t byte)
{
    memset(b.x, byte, sizeof b.x);
}

static void keep(uint32_t core, uint32_t k) { b.mask[core][k / 64] |= UINT64_C(1) << k % 64; }

/* nb active columns: K 256, all kept. */
static const struct { uint32_t nb, one, four; uint64_t stalls; } times[] = {
    { 8, 135, 132, 45 }, { 5, 87, 84, 0 }, { 4, 71, 68, 0 }, { 3, 70, 52, 0 }, { 2, 69, 36, 0 }, { 1, 68, 20, 0 },
};

START_TEST(all_kept)
{
    const uint32_t nb = times[_i / 2].nb, feed_rows = _i % 2 ? 4 : 1;

    reset(1, feed_rows, 256);
    fill((uint8_t)((1 << nb) - 1));
    for (uint32_t k = 0; k < 256; k++)
        keep(0, k);
    db_begin(&r, &b);
    rig_ticks(&r, 300);
    ck_assert_uint_eq(db_pass(&r, 0), _i % 2 ? times[_i / 2].four : times[_i / 2].one);
    ck_assert_uint_eq(rig_count(&r, "q3"), 1);
    if (feed_rows == 1 && (nb == 8 || nb == 4))
        ck_assert_uint_eq(rig_spent(&r, "s", "stall_feed"), times[_i / 2].stalls);
    ck_assert_uint_eq(rig_peek(&r, "s.rows"), 64);
    ck_assert_uint_eq(rig_peek(&r, "i3.slice"), 16 * nb);
    ck_assert_uint_eq(rig_peek(&r, "i3.skipped"), 16 * (8 - nb));
    rig_sleeps(&r, 500);
    rig_end(&r);
}
END_TEST

/* Two of five kept, K 640: 256 rows of activations in 40 windows. */
START_TEST(two_of_five)
{
    reset(1, _i ? 4 : 1, 640);
    fill(0xff);
    for (uint32_t k = 0; k < 640; k++)
        if (k % 5 < 2)
            keep(0, k);
    db_begin(&r, &b);
    rig_ticks(&r, 300);
    ck_assert_uint_eq(db_pass(&r, 0), _i ? 134 : 171);
    rig_end(&r);
}
END_TEST

/* Eight cores keep 64 positions and leave 64 out, even and odd ones against each other. */
START_TEST(bursts)
{
    reset(8, _i ? 4 : 1, 512);
    fill(0xff);
    for (uint32_t c = 0; c < 8; c++)
        for (uint32_t k = 0; k < 512; k++)
            if ((k / 64 + c) % 2 == 0)
                keep(c, k);
    db_begin(&r, &b);
    rig_ticks(&r, 300);
    uint64_t last = 0;
    for (uint32_t c = 0; c < 8; c++)
        last = db_pass(&r, c) > last ? db_pass(&r, c) : last;
    ck_assert_uint_eq(last, _i ? 142 : 151);
    rig_end(&r);
}
END_TEST

/* Core 0 keeps all, the others every other position: they wait for the feed that core 0 holds. Position m comes m ticks later everywhere: core 0
 * takes 132 .. 135 cycles, the others 117 .. 120. (The specification names the last macro of the one and the first of the others.) */
START_TEST(imbalance)
{
    reset(8, 1, 256);
    fill(0xff);
    for (uint32_t c = 0; c < 8; c++)
        for (uint32_t k = 0; k < 256; k++)
            if (!c || k % 2 == 0)
                keep(c, k);
    db_begin(&r, &b);
    rig_ticks(&r, 300);
    ck_assert_uint_eq(db_pass(&r, 0), 135);
    for (uint32_t c = 1; c < 8; c++)
        for (uint32_t m = 0; m < DB_MACROS; m++)
            ck_assert_uint_eq(db_pass_of(&r, c, m), 117 + m);
    ck_assert_uint_eq(rig_waited(&r, "s", "row", 0) + rig_waited(&r, "s", "row", 1) + rig_waited(&r, "s", "row", 2) + rig_waited(&r, "s", "row", 3),
                      rig_spent(&r, "s", "stall_feed"));
    rig_end(&r);
}
END_TEST

/* row_cycles 12: a pass has 16 rows whatever it keeps, one in twelve ticks at most. All kept: the last one goes out in tick 180 and has two columns; one
 * of four kept: four rows in 60 ticks, then twelve of zeros. */
START_TEST(rigid)
{
    reset(1, 1, 256);
    fill(0x81);
    b.row_cycles = 12;
    for (uint32_t k = 0; k < 256; k++)
        if (k % 4 == 0 || _i)
            keep(0, k);
    db_begin(&r, &b);
    rig_ticks(&r, 300);
    ck_assert_uint_eq(db_pass_of(&r, 0, 0), _i ? 15 * 12 + 2 + 1 + 3 : 15 * 4 + 12 * 12 + 1 + 1 + 3);
    ck_assert_uint_eq(rig_peek(&r, "s.rows"), 64);
    ck_assert_uint_eq(rig_peek(&r, "i3.slice"), _i ? 32 : 4 * 2 + 12);
    rig_end(&r);
}
END_TEST

/* ---- function: acceptance checks 4 and 5 of the specification ---- */

/* Cells of core 0: position x of the kept ones in row x / 16, compartment x % 16; filter f, of two digits, in columns 2f and 2f + 1. */
static void put_weight(uint32_t x, uint32_t f, int8_t w)
{
    struct bl_db_cell cells[BL_DB_BLOCKS];
    uint64_t *row = b.rows[x / DB_COMPARTMENTS];
    const uint32_t t = x % DB_COMPARTMENTS;

    ck_assert_uint_eq(bl_db_cells(w, cells), 2);
    for (uint32_t d = 0; d < 2; d++) {
        db_plane_put(row, 2 * f + d, (uint32_t)cells[d].q << t);
        db_plane_put(row + DB_PLANE_WORDS, 2 * f + d, (uint32_t)cells[d].sign << t);
        db_plane_put(row + (size_t)2 * DB_PLANE_WORDS, 2 * f + d, (cells[d].index & 1u) << t);
        db_plane_put(row + (size_t)3 * DB_PLANE_WORDS, 2 * f + d, (cells[d].index >> 1 & 1u) << t);
    }
}

static int8_t weight(uint32_t k, uint32_t n) { return bl_db_closest((int8_t)(uint8_t)(67 * k + 31 * n - 128), 2); }

static void load(uint32_t k, const uint8_t *in)
{
    reset(1, 1, (k + 15) / 16 * 16);
    b.sums = true;
    b.nrows = k / DB_COMPARTMENTS + (k % DB_COMPARTMENTS != 0) + 1;
    b.rows[DB_HEADER][0] = 0x5555 | UINT64_C(0xffff) << 16;
    for (uint32_t i = 0; i < k; i++) {
        keep(0, i);
        for (uint32_t n = 0; n < 8; n++)
            put_weight(i, n, weight(i, n));
        for (uint32_t m = 0; m < DB_MACROS; m++)
            b.x[i / DB_WINDOW][m][i % DB_WINDOW] = in[i];
    }
}

static const struct { uint32_t k; int32_t want[8]; uint64_t slices; } function[] = {
    { 40, { -14286, -17385, -66449, -20647, -20237, 3802, 14421, -8423 }, 24 },
    { 48, { 1984, 20232, 1552, 19364, -3704, -20772, -3464, -13572 }, 5 },
};

START_TEST(sums)
{
    const uint32_t k = function[_i].k;
    uint8_t in[48];

    for (uint32_t i = 0; i < k; i++)
        in[i] = (uint8_t)((29 * i + 3) % 256 & (_i == 0 ? 0xff : i < 16 ? 0x1c : i < 32 ? 0x40 : 0));
    load(k, in);
    db_begin(&r, &b);
    rig_ticks(&r, 200);
    ck_assert_uint_eq(rig_count(&r, "k0"), 4);
    for (uint32_t m = 0; m < DB_MACROS; m++) {
        ck_assert_uint_eq(rig_item(&r, "n0", m)[0], 8);
        for (uint32_t n = 0; n < 8; n++)
            ck_assert_int_eq(rig_signed(&r, "k0", m, n), function[_i].want[n]);
    }
    ck_assert_uint_eq(rig_peek(&r, "i0.slice"), function[_i].slices);
    ck_assert_uint_eq(rig_peek(&r, "a0.bit"), 3 * 256);
    ck_assert_uint_eq(rig_peek(&r, "t0.bit"), 3 * 768);
    rig_end(&r);
}
END_TEST

Suite *suite_db_pim_pass(void)
{
    Suite *s = suite_create("db_pim_pass");
    TCase *tc = tcase_create("all");

    tcase_add_loop_test(tc, all_kept, 0, 12);
    tcase_add_loop_test(tc, two_of_five, 0, 2);
    tcase_add_loop_test(tc, bursts, 0, 2);
    tcase_add_test(tc, imbalance);
    tcase_add_loop_test(tc, rigid, 0, 2);
    tcase_add_loop_test(tc, sums, 0, 2);
    suite_add_tcase(s, tc);
    return s;
}
