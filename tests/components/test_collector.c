/* test_collector.c - partial sums added in a buffer: any results, words and paces against plain sums, the ticks of a result, waits, refusals. */
#include "tests/rigs/unit_rig.h"

static struct rig r;
static struct unit_net net;
static struct mem_items numbers;

/* A layer of `windows` windows and `tiles` K tiles of `outs` sums. */
static void sums(uint32_t windows, uint32_t tiles, uint32_t outs)
{
    unit_flat(&net, 1, windows, tiles);
    for (uint32_t i = 0; i < tiles; i++) {
        unit_tile(&net, 0, 1, i, 1);
        net.tile[i].nout = outs;
    }
}

static void supply(const struct bl_unit_job *jobs, uint32_t n)
{
    rig_supply(&r, "c", "jobs", jobs, n * sizeof *jobs);
    rig_supply(&r, "c", "program", &net.program, sizeof net.program);
    numbers.n = 0;
    for (uint32_t i = 0; i < n; i++)
        *mem_item(&numbers, 1) = i;
    rig_items(&r, "j", numbers.word, n);
}

#define ONE "part j give; part c collector; part s sram; part y give; part l look; wire j.x c.job d2; wire y.x c.y d2; wire c.req s.req[0] d2; wire c.done l.d;" \
            "set s strict 0;"

/* ---- any sizes: what lies in the buffer at the end is the sum of all tiles, modulo 2^32 ---- */

START_TEST(any_sums)
{
    struct kp_rng g = { 21u + (uint64_t)_i };
    static const uint32_t wide[] = { 32, 64, 96, 128, 160, 256 };
    static struct bl_unit_job jobs[8];
    const uint32_t outs = mem_some_lanes(&g), bits = wide[kp_below(&g, 6)], words = (outs * 32 + bits - 1) / bits, lanes = (bits + 63) / 64,
                   windows = 1 + kp_below(&g, 7), tiles = 1 + kp_below(&g, 4), first = kp_below(&g, windows), count = 1 + kp_below(&g, windows - first),
                   near = kp_below(&g, 100);

    sums(windows, tiles, outs);
    for (uint32_t i = 0; i < tiles; i++)
        jobs[i] = (struct bl_unit_job){ .tile = i, .first = first, .count = count, .near = near, .add = i > 0 };
    rig_begin(&r, ONE "set c outs %u; set c bits %u; set c outstanding %u; set s bits %u; set s words 8192; set s latency %u; set y limit %u; set y chance %u;"
              "wire s.rsp[0] c.rsp d%u", outs, bits, 1 + kp_below(&g, 6), bits, 1 + kp_below(&g, 4), tiles * count, 5 + kp_below(&g, 96), 1 + kp_below(&g, 6));
    supply(jobs, tiles);
    rig_ticks(&r, 40000);
    ck_assert_msg(rig_count(&r, "l") == tiles, "%s", r.script);
    const uint64_t *m = rig_memory(&r, "s", "word"), *written = rig_memory(&r, "s", "written");
    for (uint32_t a = 0; a < 8192; a++) {
        const bool mine = a >= near + first * words && a < near + (first + count) * words;
        KP_HOLDS((written[a / 64] >> a % 64 & 1) == mine, "word %u\n%s", a, r.script);
        for (uint32_t i = 0; mine && i < bits / 32; i++) {
            const uint32_t p = (a - near) / words - first, o = (a - near) % words * (bits / 32) + i;
            uint32_t want = 0;
            for (uint32_t t = 0; o < outs && t < tiles; t++)
                want += (uint32_t)rig_random(1, t * count + p, o, 32);
            KP_HOLDS((uint32_t)(m[(size_t)a * lanes + i / 2] >> i % 2 * 32) == want, "result %u, sum %u\n%s", p, o, r.script);
        }
    }
    ck_assert_uint_eq(rig_peek(&r, "c.result"), tiles * count);
    ck_assert_uint_eq(rig_peek(&r, "c.write"), (uint64_t)tiles * count * words);
    ck_assert_uint_eq(rig_peek(&r, "c.read"), (uint64_t)(tiles - 1) * count * words);
    ck_assert_uint_eq(rig_peek(&r, "c.add"), (uint64_t)(tiles - 1) * count * words * (bits / 32));
    ck_assert_uint_eq(rig_peek(&r, "s.unwritten"), 0);
    rig_end(&r);
}
END_TEST

/* ---- the ticks of a result: W words, latency L, at full rate ---- */

static const struct { uint32_t words, latency, ticks; } later[] = {
    { 3, 1, 7 }, { 32, 2, 65 }, { 32, 4, 67 }, { 33, 1, 67 }, { 32, 1, 64 }, { 30, 2, 60 }, { 1, 1, 3 }, { 1, 4, 6 }, { 5, 3, 13 }
};

START_TEST(ticks_of_a_result)
{
    enum { RESULTS = 5 };
    static struct bl_unit_job jobs[2];
    const uint32_t w = later[_i].words, latency = later[_i].latency;

    ck_assert_uint_eq(w + (latency + 1) * ((w + latency) / (latency + 1)), later[_i].ticks);
    sums(RESULTS, 2, 2 * w);
    jobs[0] = (struct bl_unit_job){ .tile = 0, .count = RESULTS };
    jobs[1] = (struct bl_unit_job){ .tile = 1, .count = RESULTS, .add = 1 };
    rig_begin(&r, ONE "set c outs %u; set c outstanding %u; set s latency %u; set s words 8192; set y limit %d; wire s.rsp[0] c.rsp d%u", 2 * w, latency + 1, latency,
              2 * RESULTS, latency + 1);
    supply(jobs, 2);
    rig_ticks(&r, 1000);
    /* The job is popped in tick 1; the first result in the tick after, and so on; `done` is seen one later. */
    ck_assert_uint_eq(rig_edge(&r, "l", 0) - 1, 1 + RESULTS * w);
    ck_assert_uint_eq(rig_edge(&r, "l", 1) - rig_edge(&r, "l", 0), 1 + RESULTS * later[_i].ticks);
    rig_end(&r);
}
END_TEST

/* ---- bytes of the output ---- */

#define BYTES "part j give; part c collector; set c form bytes; part s sram; set s mask 1; set s strict 0; part y give; part l look; wire j.x c.job d2; wire y.x c.y d2;" \
              "wire c.req s.req[0] d2; wire c.done l.d;"

/* Any tiles of a layer's outputs, in any order: each byte is its result's, the others stay as they were. */
START_TEST(any_bytes)
{
    struct kp_rng g = { 321u + (uint64_t)_i };
    static const uint32_t wide[] = { 8, 16, 32, 64, 128, 256, 512 };
    static struct bl_unit_job jobs[4];
    const uint32_t bits = wide[kp_below(&g, 7)], each = bits / 8, outs = 1 + kp_below(&g, 40), tiles = 1 + kp_below(&g, 4), windows = 1 + kp_below(&g, 9),
                   first = kp_below(&g, windows), count = 1 + kp_below(&g, windows - first), near = kp_below(&g, 50), lanes = (bits + 63) / 64;
    uint32_t cout = 0;

    sums(windows, tiles, outs);
    for (uint32_t i = 0; i < tiles; i++) {
        net.tile[i].out = cout;
        net.tile[i].nout = 1 + kp_below(&g, outs);
        cout += net.tile[i].nout + kp_below(&g, 2);
        jobs[i] = (struct bl_unit_job){ .tile = i, .first = first, .count = count, .near = near };
    }
    net.layer.cout = cout;
    rig_begin(&r, BYTES "set c outs %u; set c bits %u; set s bits %u; set s words 8192; set s banks %u; set y limit %u; set y chance %u", outs, bits, bits,
              1u << kp_below(&g, 3), tiles * count, 5 + kp_below(&g, 96));
    supply(jobs, tiles);
    rig_ticks(&r, 40000);
    ck_assert_msg(rig_count(&r, "l") == tiles, "%s", r.script);
    const uint64_t *m = rig_memory(&r, "s", "word");
    uint64_t words = 0;
    for (uint32_t t = 0; t < tiles; t++)
        for (uint32_t p = 0; p < count; p++) {
            const uint64_t at = (uint64_t)(first + p) * cout + net.tile[t].out;
            words += (at + net.tile[t].nout - 1) / each - at / each + 1;
            for (uint32_t o = 0; o < net.tile[t].nout; o++) {
                const uint64_t byte = (at + o) % each, word = near + (at + o) / each;
                KP_HOLDS((uint8_t)(m[word * lanes + byte / 8] >> byte % 8 * 8) == rig_random(1, t * count + p, o, 8), "tile %u, result %u, output %u\n%s", t, p, o, r.script);
            }
        }
    ck_assert_uint_eq(rig_peek(&r, "c.write"), words);
    ck_assert_uint_eq(rig_peek(&r, "s.write"), words);
    rig_end(&r);
}
END_TEST

/* A result of 64 bytes is eight words, a tick each; done moves two ticks after the last one (its link is seen empty), and the next job comes then. */
START_TEST(ticks_of_bytes)
{
    static const struct bl_unit_job jobs[] = { { .tile = 0, .count = 3 }, { .tile = 0, .count = 3 } };

    sums(3, 1, 64);
    net.layer.cout = 64;
    rig_begin(&r, BYTES "set c outs 64; set y limit 6");
    supply(jobs, 2);
    rig_ticks(&r, 200);
    ck_assert_uint_eq(rig_edge(&r, "l", 0) - 1, 1 + 3 * 8 + 2);       /* job in tick 1 */
    ck_assert_uint_eq(rig_edge(&r, "l", 1) - rig_edge(&r, "l", 0), 1 + 3 * 8 + 2);
    rig_end(&r);
}
END_TEST

/* ---- waits ---- */

static const struct { const char *set, *port; uint64_t least; } waits[] = {
    { "set j first 30", "job", 31 }, { "set y first 30", "y", 29 }, { "set s latency 16", "rsp", 4 * 15 }
};

START_TEST(waiting)
{
    static const struct bl_unit_job jobs[] = { { .tile = 0, .count = 2 }, { .tile = 1, .count = 2, .add = 1 } };

    sums(2, 2, 8);
    rig_begin(&r, ONE "set y limit 4; set c outs 8; wire s.rsp[0] c.rsp d4; %s", waits[_i].set);
    supply(jobs, 2);
    rig_ticks(&r, 300);
    ck_assert_uint_eq(rig_count(&r, "l"), 2);
    ck_assert_uint_ge(rig_waited(&r, "c", waits[_i].port, 0), waits[_i].least);
    rig_end(&r);
}
END_TEST

/* No room in req: the write waits there, and nothing is lost. */
START_TEST(full)
{
    static const struct bl_unit_job job = { .tile = 0, .count = 2 };

    sums(2, 1, 8);
    rig_begin(&r, "part j give; part c collector; set c outs 8; part y give; set y limit 2; part k take; set k first 40; part z give; set z lanes 1; set z bits 64;"
              "wire j.x c.job d2; wire y.x c.y d2; wire c.req k.x d2; wire z.x c.rsp d1");
    supply(&job, 1);
    rig_ticks(&r, 80);
    ck_assert_uint_eq(rig_count(&r, "k"), 8);
    ck_assert_uint_eq(rig_waited(&r, "c", "req", 0), 41 - 4);
    for (uint64_t i = 0; i < 8; i++)
        ck_assert_uint_eq(rig_item(&r, "k", i)[1], i);
    rig_end(&r);
}
END_TEST

/* A response link of one and many reads allowed: reads never fill req while answers wait for room. */
START_TEST(never_stuck)
{
    static const struct bl_unit_job jobs[] = { { .tile = 0, .count = 4 }, { .tile = 1, .count = 4, .add = 1 } };

    sums(4, 2, 33);
    rig_begin(&r, "part j give; part c collector; set c outs 33; set c outstanding 64; part s sram; part y give; set y limit 8; part l look; wire j.x c.job d2;"
              "wire y.x c.y d2; wire c.req s.req[0] d%d; wire s.rsp[0] c.rsp d%d; wire c.done l.d; set s latency %d", 1 + _i % 3, 1 + _i / 3 % 3, 1 + _i / 9 * 3);
    supply(jobs, 2);
    rig_ticks(&r, 3000);
    ck_assert_uint_eq(rig_count(&r, "l"), 2);
    rig_end(&r);
}
END_TEST

START_TEST(no_such_job)
{
    static const struct bl_unit_job job = { .tile = 0, .count = 2 };

    sums(2, 1, 8);
    rig_begin(&r, ONE "set c outs 8; wire s.rsp[0] c.rsp d4");
    supply(&job, 1);
    numbers.word[0] = 1;
    rig_run(&r, 20 * RIG_PERIOD);
    ck_assert_int_eq(r.end, BL_END_FAILED);
    ck_assert_str_eq(r.told.text, "c, at 1 ps: job 1 is asked for; 1 are supplied");
    rig_end(&r);
}
END_TEST

static const struct { struct bl_unit_job job; const char *text, *set; } refusals[] = {
    { { .tile = 0, .count = 1 }, "f:3: c: bits is 1024; bytes are written by a mask of 64 bits, so expected whole bytes, at most 512 bits",
      "set c outs 8; set c form bytes; set c bits 1024" },
    { { .tile = 0, .count = 1 }, "f:3: c: bits is 48; sums have 32, so expected a multiple of 32", "set c outs 8; set c bits 48" },
    { { .tile = 0, .count = 1 }, "f:3: c: job 0 has results of 8 sums; outs is 7, expected at least 8", "set c outs 7" },
    { { .tile = 2, .count = 1 }, "f:3: c: job 0 is of tile 2; layer 0 has 2", "set c outs 8" },
    { { .tile = 0, .count = 3 }, "f:3: c: job 0 has 3 windows from 0 on; expected at least 1, and layer 0 has 2", "set c outs 8" },
};

/* The second of two jobs is looked at too. */
START_TEST(second_job_refused)
{
    static const struct bl_unit_job jobs[] = { { .tile = 0, .count = 1 }, { .tile = 1, .count = 1 } };

    sums(2, 2, 8);
    net.tile[1].nout = 9;
    rig_begin(&r, ONE "wire s.rsp[0] c.rsp d4; set c outs 8");
    supply(jobs, 2);
    rig_refuses(&r, "f:3: c: job 1 has results of 9 sums; outs is 8, expected at least 9");
}
END_TEST

START_TEST(refused)
{
    sums(2, 2, 8);
    rig_begin(&r, ONE "wire s.rsp[0] c.rsp d4; %s", refusals[_i].set);
    supply(&refusals[_i].job, 1);
    rig_refuses(&r, refusals[_i].text);
}
END_TEST

Suite *suite_collector(void);
/* What the host adds is a row of sums as long as a result in the buffer. */
START_TEST(rows_of_the_program)
{
    static const struct bl_unit_job job = { .tile = 0, .count = 1 };

    sums(2, 2, 8);
    net.program.sum_row = 6;
    rig_begin(&r, ONE "wire s.rsp[0] c.rsp d4; set c outs 8");
    supply(&job, 1);
    rig_refuses(&r, "f:3: c: a result of outs 8 takes 8 sums; the program has 6, so cols of 'array' is not that of the macro");
    net.program.sum_row = 8;
    rig_begin(&r, ONE "wire s.rsp[0] c.rsp d4; set c outs 8");
    supply(&job, 1);
    rig_ticks(&r, 1);
    rig_end(&r);
    net.program.sum_row = 0;
}
END_TEST

Suite *suite_collector(void)
{
    Suite *s = suite_create("collector");
    TCase *tc = tcase_create("all");

    tcase_add_loop_test(tc, any_sums, 0, 60);
    tcase_add_loop_test(tc, any_bytes, 0, 40);
    tcase_add_test(tc, ticks_of_bytes);
    tcase_add_loop_test(tc, ticks_of_a_result, 0, (int)(sizeof later / sizeof *later));
    tcase_add_loop_test(tc, waiting, 0, (int)(sizeof waits / sizeof *waits));
    tcase_add_test(tc, full);
    tcase_add_loop_test(tc, never_stuck, 0, 18);
    tcase_add_test(tc, no_such_job);
    tcase_add_test(tc, rows_of_the_program);
    tcase_add_test(tc, second_job_refused);
    tcase_add_loop_test(tc, refused, 0, (int)(sizeof refusals / sizeof *refusals));
    suite_add_tcase(s, tc);
    return s;
}
