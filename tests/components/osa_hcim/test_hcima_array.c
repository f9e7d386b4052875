/* test_hcima_array.c - the array written through its R/W port and read through both CIM ports at once. */
#include <signal.h>
#include "tests/rigs/osa_bench.h"

extern const struct bl_class hcima_array_class;

enum { ROW_DATA = 2 };

static uint64_t mixed(uint64_t n) { return (n + 1) * UINT64_C(0x9e3779b97f4a7c15) ^ n << 40; }

/* Cycles 0..63 write row n; then digital and analog commands on different rows, and on the same one. */
START_TEST(both_ports)
{
    enum { N = 64 + 24 };
    static uint64_t wr[N * 5], dcmd[N * 8], acmd[N * 8], dwl[N], awl[N], gblb[N], gbl[N * 4];
    struct bench b;

    for (uint64_t n = 0; n < N; n++) {
        wr[n * 5] = n < 64 ? n : 63;
        wr[n * 5 + 1] = n < 64 ? n + 1 : 64;
        wr[n * 5 + ROW_DATA] = mixed(n < 64 ? n : 63);
        if (n < 64)
            continue;
        uint64_t c = n - 64, di = c % 8, ai = c / 2 % 8;
        dcmd[n * 8 + OSA_FLAGS] = acmd[n * 8 + OSA_FLAGS] = OSA_VALID;
        dcmd[n * 8 + OSA_SEQ] = c + 1;
        acmd[n * 8 + OSA_SEQ] = c / 2 + 1;
        acmd[n * 8 + OSA_WIDTH] = c / 2 % 4 + 1;
        dwl[n] = UINT64_C(0x0101010101010101) << di;
        awl[n] = UINT64_C(0x0101010101010101) << ai;
        gblb[n] = mixed(1000 + n);
        for (uint64_t p = 0; p < 4; p++)
            gbl[n * 4 + p] = p < c / 2 % 4 + 1 ? mixed(2000 + n / 2 * 4 + p) : 0;
    }
    bench_open(&b, &hcima_array_class, "cols=64");
    BENCH_DRIVE(&b, "wr", 5, 64, wr);
    BENCH_DRIVE(&b, "dwl", 1, 64, dwl);
    BENCH_DRIVE(&b, "dcmd", 8, 8, dcmd);
    BENCH_DRIVE(&b, "gblb", 1, 64, gblb);
    BENCH_DRIVE(&b, "awl", 1, 64, awl);
    BENCH_DRIVE(&b, "acmd", 8, 8, acmd);
    BENCH_DRIVE(&b, "gbl", 4, 64, gbl);
    bench_ready(&b);
    bench_steps(&b, 64);
    ck_assert_uint_eq((uint64_t)bench_see(&b, "dut.written"), UINT64_MAX);
    ck_assert_int_eq(bench_see(&b, "dut.row_write"), 64);
    for (uint64_t n = 64; n < N; n++) {
        uint64_t di = (n - 64) % 8, ai = (n - 64) / 2 % 8;
        bench_step(&b);
        for (uint64_t h = 0; h < 8; h++) {
            char name[40];
            int64_t v = 0;
            snprintf(name, sizeof name, "dut.dout[%d]", (int)h);
            ck_assert_uint_eq((uint64_t)bench_see(&b, name), mixed(h * 8 + di) & gblb[n]);
            for (int p = 0; p < 4; p++)
                v += (int64_t)__builtin_popcountll(mixed(h * 8 + ai) & gbl[n * 4 + (uint64_t)p]) << p;
            snprintf(name, sizeof name, "dut.v_sum[%d]", (int)h);
            ck_assert_int_eq(bench_see(&b, name), v);
        }
    }
    ck_assert_int_eq(bench_see(&b, "dut.dcim"), 24 * 8);
    ck_assert_int_eq(bench_see(&b, "dut.share"), 12 * 8);
    ck_assert_int_eq(bench_see(&b, "dut.unwritten"), 0);
    bl_close(b.s);
}
END_TEST

START_TEST(never_written)
{
    static const uint64_t wr[] = { 9, 1, ~UINT64_C(0), 0, 0 };               /* row 9: HMU 1, weight bit 1 */
    static const uint64_t dcmd[] = { CMD_NONE(0), OSA_VALID, 1, 0, 0, 1, 0, 0, 0, OSA_VALID, 2, 0, 0, 2, 0, 0, 0 };
    static const uint64_t dwl[] = { 0, 0x0202, 0x0404 }, gblb[] = { 0, 0xff, 0xff }, none[8] = { 0 }, awl[] = { 0 };
    struct bench b;

    bench_open(&b, &hcima_array_class, "cols=64;hmu=2;strict=0");
    BENCH_DRIVE(&b, "wr", 5, 64, wr);
    BENCH_DRIVE(&b, "dwl", 1, 64, dwl);
    BENCH_DRIVE(&b, "dcmd", 8, 8, dcmd);
    BENCH_DRIVE(&b, "gblb", 1, 64, gblb);
    BENCH_DRIVE(&b, "awl", 1, 64, awl);
    BENCH_DRIVE(&b, "acmd", 8, 8, none);
    bench_part(&b, "drive", "gbl", 4, 64, none, 32);
    bench_ready(&b);
    bench_steps(&b, 2);
    ck_assert_int_eq(bench_see(&b, "dut.unwritten"), 1);                      /* HMU 0 reads row 1 */
    ck_assert_int_eq(bench_see(&b, "dut.dout[1]"), 0xff);
    bench_steps(&b, 5);
    ck_assert_int_eq(bench_see(&b, "dut.unwritten"), 3);                      /* rows 2 and 10, once */
    bl_close(b.s);
}
END_TEST

/* With strict=1 such a read ends the run, failed. */
START_TEST(never_written_strict)
{
    static const uint64_t dcmd[] = { CMD_NONE(0), OSA_VALID, 1, 0, 0, 1, 0, 0, 0 }, dwl[] = { 0, 0x0202 }, gblb[] = { 0, 0xff };
    static const uint64_t none[8] = { 0 };
    struct bench b;

    bench_open(&b, &hcima_array_class, "cols=64;hmu=2;strict=1");
    BENCH_DRIVE(&b, "wr", 5, 64, none);
    BENCH_DRIVE(&b, "dwl", 1, 64, dwl);
    BENCH_DRIVE(&b, "dcmd", 8, 8, dcmd);
    BENCH_DRIVE(&b, "gblb", 1, 64, gblb);
    BENCH_DRIVE(&b, "awl", 1, 64, none);
    BENCH_DRIVE(&b, "acmd", 8, 8, none);
    bench_part(&b, "drive", "gbl", 4, 64, none, 32);
    bench_ready(&b);
    ck_assert_int_eq(bl_run(b.s, 5 * BENCH_PERIOD), BL_END_FAILED);
    ck_assert_msg(strstr(b.said, "row 1 is read that was never written"), "%s", b.said);
    bl_close(b.s);
}
END_TEST

Suite *suite_hcima_array(void);
Suite *suite_hcima_array(void)
{
    Suite *s = suite_create("hcima_array");
    TCase *t = tcase_create("all");

    tcase_add_test(t, both_ports);
    tcase_add_test(t, never_written);
    tcase_add_test(t, never_written_strict);
    suite_add_tcase(s, t);
    return s;
}
