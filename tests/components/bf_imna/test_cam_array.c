/* test_cam_array.c - the array and its registers alone, operation by operation: all eight operations along rows and columns
 * against a plain matrix, macro-operations, the registers of keymask_regs.c and tag_regs.c; what the array refuses at work. */
#include <signal.h>

#include "tests/rigs/osa_bench.h"

#include "components/bf_imna/ap_cam.h"

extern const struct bl_class cam_array_class, keymask_regs_class, tag_regs_class;

enum { ROWS = 64, COLS = 48, OPS = 2000 };

/* ---- random operations against a plain matrix ---- */

static uint64_t op[(OPS + 1) * CAM_LANES], hkey[OPS + 1], hmask[OPS + 1], vkey[OPS + 1], vmask[OPS + 1], rowtag[OPS + 1], coltag[OPS + 1];
static uint64_t cell[COLS];                      /* a word a column: 64 rows */
static uint64_t seed = 5;

static uint64_t draw(void)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return seed >> 11 ^ seed << 40;
}

static void random_ops(void)
{
    for (int n = 1; n <= OPS; n++) {
        uint64_t *o = op + n * CAM_LANES, cols = (UINT64_C(1) << COLS) - 1;
        o[CAM_KIND] = 1 + draw() % (UOP_MACRO - 1);
        o[CAM_SEQ] = (uint64_t)n;
        o[CAM_ROWS] = draw() % 4 ? ROWS : 1 + draw() % ROWS;
        o[CAM_FLAGS] = o[CAM_KIND] == WR_H && draw() % 4 == 0 ? UOP_ALL | UOP_CLEAR : 0;
        o[CAM_AT] = draw() % (o[CAM_KIND] == RD_ROW || o[CAM_KIND] == WR_ROW ? ROWS : COLS);
        hkey[n] = draw() & cols;
        hmask[n] = draw() & draw() & (o[CAM_KIND] == CMP_H ? draw() & draw() : ~UINT64_C(0)) & cols;
        vkey[n] = draw();
        vmask[n] = o[CAM_KIND] == WR_COL ? 0 : UINT64_C(1) << draw() % 64 | UINT64_C(1) << draw() % 64 | UINT64_C(1) << draw() % 64;
        rowtag[n] = draw();
        coltag[n] = draw() & cols;
    }
}

static int bit(uint64_t v, int i) { return v >> i & 1; }

/* The same on the matrix; returns the match, or the row or column read. */
static uint64_t plain(int n)
{
    const uint64_t *o = op + n * CAM_LANES;
    uint64_t out = 0, use = o[CAM_ROWS] == 64 ? UINT64_MAX : (UINT64_C(1) << o[CAM_ROWS]) - 1;
    int at = (int)o[CAM_AT];

    for (int r = 0; r < ROWS; r++) {
        bool match = bit(use, r), row = o[CAM_FLAGS] & UOP_ALL ? bit(use, r) : bit(rowtag[n] & use, r);
        for (int c = 0; c < COLS; c++) {
            bool masked = !bit(hmask[n], c);
            match &= masked || bit(cell[c], r) == bit(hkey[n], c);
            bool set = (o[CAM_KIND] == WR_H && row && !masked) || (o[CAM_KIND] == WR_ROW && r == at && !masked);
            bool vertical = o[CAM_KIND] == WR_V && !masked && bit(coltag[n], c) && bit(vmask[n], r);
            bool column = o[CAM_KIND] == WR_COL && c == at && bit(use, r);
            if (set || vertical || column)
                cell[c] = (cell[c] & ~(UINT64_C(1) << r)) | (uint64_t)(set ? bit(hkey[n], c) : bit(vkey[n], r)) << r;
        }
        if (o[CAM_KIND] == CMP_H)
            out |= (uint64_t)match << r;
        if (o[CAM_KIND] == RD_COL)
            out |= (uint64_t)(bit(cell[at], r) && bit(use, r)) << r;
    }
    for (int c = 0; c < COLS; c++) {
        if (o[CAM_KIND] == CMP_V && bit(hmask[n], c))
            out |= (uint64_t)(((cell[c] ^ vkey[n]) & vmask[n]) == 0) << c;
        if (o[CAM_KIND] == RD_ROW && bit(hmask[n], c))
            out |= (uint64_t)bit(cell[c], at) << c;
    }
    return out;
}

START_TEST(operations)
{
    struct bench b;
    int64_t clears = 0, kinds[UOP_KINDS] = { 0 };

    random_ops();
    bench_open(&b, &cam_array_class, "rows=64;cols=48;strict=0");
    BENCH_DRIVE(&b, "op", CAM_LANES, 32, op);
    BENCH_DRIVE(&b, "hkey", 1, COLS, hkey);
    BENCH_DRIVE(&b, "hmask", 1, COLS, hmask);
    BENCH_DRIVE(&b, "vkey", 1, ROWS, vkey);
    BENCH_DRIVE(&b, "vmask", 1, ROWS, vmask);
    BENCH_DRIVE(&b, "rowtag", 1, ROWS, rowtag);
    BENCH_DRIVE(&b, "coltag", 1, COLS, coltag);
    bench_ready(&b);
    bench_step(&b);
    for (int n = 1; n <= OPS; n++) {
        bench_step(&b);
        uint64_t kind = op[n * CAM_LANES + CAM_KIND], want = plain(n);
        kinds[kind]++;
        clears += op[n * CAM_LANES + CAM_FLAGS] != 0;
        if (kind == CMP_H || kind == RD_COL)
            ck_assert_msg((uint64_t)bench_see(&b, "dut.match_row") == want, "operation %d, kind %d", n, (int)kind);
        if (kind == CMP_V || kind == RD_ROW)
            ck_assert_msg((uint64_t)bench_see(&b, "dut.match_col") == want, "operation %d, kind %d", n, (int)kind);
    }
    const uint64_t *got = bl_memory(b.s, "dut", "cells", NULL);
    for (int c = 0; c < COLS; c++)
        ck_assert_uint_eq(got[(size_t)c * bl_ap_words(ROWS)], cell[c]);
    ck_assert_int_eq(bench_see(&b, "dut.compare"), kinds[CMP_H] + kinds[CMP_V]);
    ck_assert_int_eq(bench_see(&b, "dut.read"), kinds[RD_COL] + kinds[RD_ROW]);
    ck_assert_int_eq(bench_see(&b, "dut.clear"), clears);
    ck_assert_int_eq(bench_see(&b, "dut.write") + clears, kinds[WR_H] + kinds[WR_V] + kinds[WR_COL] + kinds[WR_ROW]);
    bl_close(b.s);
}
END_TEST

/* ---- registers ---- */

START_TEST(key_and_mask)
{
    static const uint64_t load[] = { 0, 1, 1, 2, 2 }, key[] = { 0, 5, 6, 7, 8 }, mask[] = { 0, 1, 2, 3, 4 };
    static const int64_t want[][2] = { { 0, 0 }, { 5, 1 }, { 5, 1 }, { 7, 3 }, { 7, 3 } };
    struct bench b;

    bench_open(&b, &keymask_regs_class, "bits=40");
    BENCH_DRIVE(&b, "load", 1, 32, load);
    BENCH_DRIVE(&b, "next_key", 1, 40, key);
    BENCH_DRIVE(&b, "next_mask", 1, 40, mask);
    bench_ready(&b);
    for (int c = 0; c < 5; c++) {
        bench_step(&b);
        ck_assert_int_eq(bench_see(&b, "dut.key"), want[c][0]);
        ck_assert_int_eq(bench_see(&b, "dut.mask"), want[c][1]);
    }
    ck_assert_int_eq(bench_see(&b, "dut.loads"), 2);
    bl_close(b.s);
}
END_TEST

/* Latches the match of its lane at the next edge; load, set all, shift up. */
START_TEST(tags)
{
    static const uint64_t results[] = { 0, 0, 0, 1, 9, 1, 9, 1, 9, 1, 9, 1 }, match[] = { 0, 3, 4 };
    static const uint64_t ctl[] = { 0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 3, 2 }, data[] = { 0, 0, 0, UINT64_C(0x8800000001) };
    static const int64_t want[] = { 0, 0, 3, 3, INT64_C(0x8800000001), INT64_C(0x1000000002), INT64_C(0xffffffffff) };
    struct bench b;

    bench_open(&b, &tag_regs_class, "bits=40;lane=1");
    BENCH_DRIVE(&b, "results", 2, 32, results);
    BENCH_DRIVE(&b, "match", 1, 40, match);
    BENCH_DRIVE(&b, "ctl", 2, 32, ctl);
    BENCH_DRIVE(&b, "data", 1, 40, data);
    bench_ready(&b);
    for (int c = 0; c < 7; c++) {
        bench_step(&b);
        ck_assert_msg(bench_see(&b, "dut.q") == want[c], "cycle %d: tags %llx", c, (unsigned long long)bench_see(&b, "dut.q"));
    }
    ck_assert_int_eq(bench_see(&b, "dut.latch"), 4);
    bl_close(b.s);
}
END_TEST

/* ---- a column beyond the array ---- */
START_TEST(beyond)
{
    static uint64_t ops[2 * CAM_LANES], none[1];
    struct bench b;

    ops[CAM_LANES + CAM_KIND] = WR_COL;
    ops[CAM_LANES + CAM_SEQ] = 1;
    ops[CAM_LANES + CAM_AT] = 48;
    bench_open(&b, &cam_array_class, "rows=64;cols=48");
    BENCH_DRIVE(&b, "op", CAM_LANES, 32, ops);
    BENCH_DRIVE(&b, "hkey", 1, COLS, none);
    BENCH_DRIVE(&b, "hmask", 1, COLS, none);
    BENCH_DRIVE(&b, "rowtag", 1, ROWS, none);
    bench_ready(&b);
    bench_steps(&b, 3);                           /* ends by SIGABRT */
}
END_TEST

Suite *suite_cam_array(void);
Suite *suite_cam_array(void)
{
    Suite *s = suite_create("cam_array");
    TCase *tc = tcase_create("all");

    tcase_add_test(tc, operations);
    tcase_add_test(tc, key_and_mask);
    tcase_add_test(tc, tags);
    tcase_add_test_raise_signal(tc, beyond, SIGABRT);
    suite_add_tcase(s, tc);
    return s;
}
