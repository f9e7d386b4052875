/* test_osa_release.c - which ops have released their register. */
#include "tests/rigs/osa_bench.h"

extern const struct bl_class osa_release_class;

START_TEST(released)
{
    static const struct { uint32_t digital, begun, tail, ready, want; } rows[] = {
        { 0, 0, 0, 0, 0 }, { 1, 0, 0, 1, 0 }, { 1, 1, 1, 0, 0 }, { 1, 1, 1, 1, 1 }, { 1, 2, 1, 1, 1 }, { 2, 2, 1, 0, 1 },
        { 2, 2, 0, 0, 2 }, { 5, 4, 0, 0, 4 }, { 5, 4, 1, 0, 3 }, { 1, UINT32_MAX, 1, 0, UINT32_MAX - 1 },
        { UINT32_MAX, 1, 0, 1, UINT32_MAX }, { 0, 1, 1, 0, 0 },
    };
    enum { N = sizeof rows / sizeof *rows };
    uint64_t digital[N], analog[2 * N], ready[N];
    struct bench b;

    for (int n = 0; n < N; n++) {
        digital[n] = rows[n].digital;
        analog[2 * n] = rows[n].begun;
        analog[2 * n + 1] = rows[n].tail;
        ready[n] = rows[n].ready;
    }
    bench_open(&b, &osa_release_class, "");
    BENCH_DRIVE(&b, "digital", 1, 32, digital);
    BENCH_DRIVE(&b, "analog", 2, 32, analog);
    BENCH_DRIVE(&b, "ready", 1, 1, ready);
    bench_ready(&b);
    for (int n = 0; n < N; n++) {
        bench_step(&b);
        ck_assert_msg((uint32_t)bench_see(&b, "dut.released") == rows[n].want, "row %d: %u", n,
                      (unsigned)bench_see(&b, "dut.released"));
    }
    bl_close(b.s);
}
END_TEST

SUITE_OF(osa_release, released)
