/* test_feeder.c - windows out of a buffer: any layer, tile and word against plain loops, the words that are read, the ticks of a job,
 * two feeders on one buffer, waits, refusals; and the checks of jobs (unit_check.h), which it shares with the collector. */
#include "tests/rigs/unit_rig.h"

static struct rig r;
static struct unit_net net;
static struct mem_items writes, numbers;
static uint8_t tensor[65536];

/* Requests that write a tensor into a buffer, from word `near` on, `bytes` bytes a word. */
static void put_tensor(uint32_t n, uint32_t near, uint32_t bytes)
{
    const uint32_t lanes = (bytes + 7) / 8;

    writes.n = 0;
    for (uint32_t i = 0; i < n; i++)
        tensor[i] = (uint8_t)kp_mix(i + 77);
    for (uint32_t i = 0; i < n; i += bytes) {
        uint64_t *x = mem_item(&writes, 2 + lanes);
        x[0] = BL_MEMORY_WRITE;
        x[1] = near + i / bytes;
        for (uint32_t b = 0; b < bytes && i + b < n; b++)
            x[2 + b / 8] |= (uint64_t)tensor[i + b] << b % 8 * 8;
    }
}

/* The words that a window reads, in order: where a tap lies in another word than the tap before it. Appended; returns how many. */
static uint32_t reads_of(const struct bl_host_tile *t, uint32_t p, uint32_t bytes, uint32_t near, uint64_t *to)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < t->nk; i++) {
        const int64_t at = unit_byte(&net, t, p, i);
        if (at >= 0 && (!n || to[n - 1] != near + (uint64_t)at / bytes))
            to[n++] = near + (uint64_t)at / bytes;
    }
    return n;
}

static void random_net(struct kp_rng *g)
{
    if (!kp_below(g, 4)) {
        const uint32_t groups = 1 + kp_below(g, 3), k = 1 + kp_below(g, 60), first = kp_below(g, k);
        unit_flat(&net, groups, 1 + kp_below(g, 5), k);
        unit_tile(&net, kp_below(g, groups), 1, first, 1 + kp_below(g, k - first));
        return;
    }
    const uint32_t groups = kp_below(g, 2) ? 1 : 1 + kp_below(g, 4), kh = 1 + kp_below(g, 4), kw = 1 + kp_below(g, 4), dil = 1 + kp_below(g, 2),
                   pad = kp_below(g, 3), c = groups * (1 + kp_below(g, 3));
    unit_conv(&net, c, dil * (kh - 1) + 1 + kp_below(g, 7), dil * (kw - 1) + 1 + kp_below(g, 7), kh, kw, 1 + kp_below(g, 3), pad, dil, groups);
    const uint32_t first = kp_below(g, groups), k = kp_below(g, net.layer.k);
    unit_tile(&net, first, 1 + kp_below(g, groups - first), k, 1 + kp_below(g, net.layer.k - k));
}

/* Any layer and tile, words of 1 to 20 bytes, any pace: each window holds what plain loops find, and the buffer is asked for nothing else. */
START_TEST(any_window)
{
    struct kp_rng g = { 11u + (uint64_t)_i };
    static uint64_t words[64 * 1024];
    const uint32_t bytes = 1 + kp_below(&g, 20), near = kp_below(&g, 50);
    uint32_t nwords = 0;

    random_net(&g);
    const struct bl_host_tile *t = net.tile;
    const uint32_t all = net.layer.flat ? net.layer.rows_of_group : net.layer.pixels, first = kp_below(&g, all), count = 1 + kp_below(&g, all - first),
                   ins = t->nk + kp_below(&g, 5);
    const struct bl_unit_job job = { .layer = 0, .tile = 0, .first = first, .count = count, .near = near };
    put_tensor(unit_bytes(&net), near, bytes);
    numbers.n = 0;
    *mem_item(&numbers, 1) = 0;
    rig_begin(&r, "part j give; set j first 3000; part f feeder; set f bits %u; set f ins %u; set f outstanding %u; part s sram; set s bits %u; set s clients 2;"
              "set s words 8192; set s latency %u; part w give; part both demux; set both by all; part k take; set k keep 2000; set k chance %u; part q take; set q keep 40000;"
              "part l look; wire j.x f.job d2; wire f.req both.in d2; wire both.out[0] s.req[0] d2; wire both.out[1] q.x d2; wire s.rsp[0] f.rsp d%u; wire w.x s.req[1] d2;"
              "wire f.x k.x d%u; wire f.done l.d", 8 * bytes, ins, 1 + kp_below(&g, 6), 8 * bytes, 1 + kp_below(&g, 3), 20 + kp_below(&g, 81), 1 + kp_below(&g, 4),
              1 + kp_below(&g, 2));
    rig_supply(&r, "f", "jobs", &job, sizeof job);
    rig_supply(&r, "f", "program", &net.program, sizeof net.program);
    rig_items(&r, "w", writes.word, writes.n);
    rig_items(&r, "j", numbers.word, numbers.n);
    rig_ticks(&r, 40000);
    ck_assert_msg(rig_count(&r, "k") == count, "%llu windows of %u\n%s", (unsigned long long)rig_count(&r, "k"), count, r.script);
    ck_assert_uint_eq(rig_count(&r, "l"), 1);
    for (uint32_t p = 0; p < count; p++) {
        const uint64_t *x = rig_item(&r, "k", p);
        for (uint32_t i = 0; i < ins; i++) {
            const int64_t at = i < t->nk ? unit_byte(&net, t, first + p, i) : -2;
            const uint64_t want = at >= 0 ? tensor[at] : at == -1 ? (uint8_t)(net.layer.in[0].zero + net.layer.in[0].bias) : 0;
            KP_HOLDS(x[i] == want, "window %u, product %u: %llu, expected %llu\n%s", p, i, (unsigned long long)x[i], (unsigned long long)want, r.script);
        }
        nwords += reads_of(t, first + p, bytes, near, words + nwords);
    }
    ck_assert_uint_eq(rig_count(&r, "q"), nwords);
    for (uint32_t i = 0; i < nwords; i++)
        ck_assert_uint_eq(rig_item(&r, "q", i)[1], words[i]);
    ck_assert_uint_eq(rig_peek(&r, "f.read"), nwords);
    ck_assert_uint_eq(rig_peek(&r, "f.window"), count);
    ck_assert_uint_eq(rig_peek(&r, "s.unwritten"), 0);
    rig_end(&r);
}
END_TEST

/* ---- the numbers: 2 x 6 x 6, 3 x 3, padding 1, words of 8 bytes; ticks count from the pop of the job ---- */

static void small_conv(void)
{
    unit_conv(&net, 2, 6, 6, 3, 3, 1, 1, 1, 1);
    unit_tile(&net, 0, 1, 0, 18);
    put_tensor(72, 0, 8);
}

#define FIRST 50u       /* edge at which jobs are given; popped one later */
#define ALONE "part j give; set j first 50; part f feeder; set f ins 18; part s sram; set s clients 3; part w give; part k take; part l look; wire j.x f.job d2;" \
              "wire f.req s.req[0] d2; wire s.rsp[0] f.rsp d2; wire w.x s.req[2] d2; wire f.x k.x d2; wire f.done l.d;" \
              "part z give; set z limit 0; wire z.x s.req[1] d1;"

static void supply(const char *feeder, const struct bl_unit_job *job)
{
    rig_supply(&r, feeder, "jobs", job, sizeof *job);
    rig_supply(&r, feeder, "program", &net.program, sizeof net.program);
}

static const struct { struct bl_unit_job job; int outstanding; uint64_t reads, done; } alone[] = {
    { { .count = 1 }, 4, 3, 0 }, { { .first = 7, .count = 1 }, 4, 5, 0 }, { { .count = 36 }, 4, 172, 174 }, { { .count = 36 }, 1, 172, 345 },
};

START_TEST(one_feeder)
{
    small_conv();
    numbers.n = 0;
    *mem_item(&numbers, 1) = 0;
    rig_begin(&r, ALONE "set f outstanding %d", alone[_i].outstanding);
    supply("f", &alone[_i].job);
    rig_items(&r, "w", writes.word, writes.n);
    rig_items(&r, "j", numbers.word, 1);
    rig_ticks(&r, 500);
    ck_assert_uint_eq(rig_peek(&r, "f.read"), alone[_i].reads);
    const uint64_t done = rig_edge(&r, "l", 0) - 1 - (FIRST + 1);
    if (alone[_i].done)
        ck_assert_uint_eq(done, alone[_i].done);
    ck_assert_uint_eq(rig_last_edge(&r, "k"), done + FIRST + 2);           /* `done` moves with the last window */
    rig_end(&r);
}
END_TEST

/* Two feeders on one buffer. */
static const struct { int conv2, banks; const char *ports; uint64_t done[2], conflicts, reads; } pairs[] = {
    { 0, 1, "1rw", { 345, 346 }, 171 + 172, 344 }, { 0, 2, "1rw", { 203, 204 }, 0, 344 }, { 0, 4, "1rw", { 178, 179 }, 0, 344 }, { 0, 1, "2rw", { 174, 174 }, 0, 344 },
    { 1, 4, "1rw", { 1311, 1313 }, 162, 1226 + 1232 }, { 1, 8, "1rw", { 1233, 1234 }, 0, 1226 + 1232 },
};

START_TEST(two_feeders)
{
    static struct bl_unit_job jobs[2];

    if (pairs[_i].conv2) {
        unit_conv(&net, 16, 14, 14, 3, 3, 2, 1, 1, 1);
        unit_tile(&net, 0, 1, 0, 64);
        unit_tile(&net, 0, 1, 64, 64);
        put_tensor(16 * 14 * 14, 0, 8);
    } else {
        small_conv();
        unit_tile(&net, 0, 1, 0, 18);
    }
    for (uint32_t k = 0; k < 2; k++)
        jobs[k] = (struct bl_unit_job){ .tile = k, .count = net.layer.pixels };
    numbers.n = 0;
    *mem_item(&numbers, 1) = 0;
    rig_begin(&r, "part j give; set j first 500; part i give; set i first 500; part f feeder; part g feeder; set f ins 64; set g ins 64; part s sram; set s clients 3;"
              "set s banks %d; set s ports %s; part w give; part k take; part h take; part l look; part m look; wire j.x f.job d2; wire i.x g.job d2;"
              "wire f.req s.req[0] d2; wire g.req s.req[1] d2; wire s.rsp[0] f.rsp d2; wire s.rsp[1] g.rsp d2; wire w.x s.req[2] d2; wire f.x k.x d2; wire g.x h.x d2;"
              "wire f.done l.d; wire g.done m.d", pairs[_i].banks, pairs[_i].ports);
    supply("f", &jobs[0]);
    supply("g", &jobs[1]);
    rig_items(&r, "w", writes.word, writes.n);
    rig_items(&r, "j", numbers.word, 1);
    rig_items(&r, "i", numbers.word, 1);
    rig_ticks(&r, 2500);
    ck_assert_uint_eq(rig_edge(&r, "l", 0) - 1 - 501, pairs[_i].done[0]);
    ck_assert_uint_eq(rig_edge(&r, "m", 0) - 1 - 501, pairs[_i].done[1]);
    ck_assert_uint_eq(rig_peek(&r, "f.read") + rig_peek(&r, "g.read"), pairs[_i].reads);
    if (pairs[_i].conflicts)
        ck_assert_uint_eq(rig_peek(&r, "s.conflict"), pairs[_i].conflicts);
    rig_end(&r);
}
END_TEST

/* A window of nothing but padding takes a tick of its own and no read. */
START_TEST(all_padding)
{
    static const struct bl_unit_job job = { .count = 25 };

    unit_conv(&net, 1, 3, 3, 1, 1, 1, 1, 1, 1);
    unit_tile(&net, 0, 1, 0, 1);
    put_tensor(9, 0, 8);
    numbers.n = 0;
    *mem_item(&numbers, 1) = 0;
    rig_begin(&r, ALONE);
    supply("f", &job);
    rig_items(&r, "w", writes.word, writes.n);
    rig_items(&r, "j", numbers.word, 1);
    rig_ticks(&r, 200);
    ck_assert_uint_eq(rig_peek(&r, "f.read"), 9);
    for (uint64_t p = 0; p < 25; p++)
        ck_assert_uint_eq(rig_edge(&r, "k", p), FIRST + 3 + p);             /* one a tick: reads are far ahead of the padding */
    rig_end(&r);
}
END_TEST

/* ---- waits and mistakes ---- */

static const struct { const char *late, *port; uint64_t least; } waits[] = {
    { "set k first 150", "x", 151 - 66 }, { "set s latency 16", "rsp", 16 }, { "set f outstanding 64", "job", FIRST + 1 },
};

START_TEST(waiting)
{
    static const struct bl_unit_job job = { .count = 36 };

    small_conv();
    numbers.n = 0;
    *mem_item(&numbers, 1) = 0;
    rig_begin(&r, ALONE "%s", waits[_i].late);
    supply("f", &job);
    rig_items(&r, "w", writes.word, writes.n);
    rig_items(&r, "j", numbers.word, 1);
    rig_ticks(&r, 3500);
    ck_assert_uint_eq(rig_count(&r, "k"), 36);
    ck_assert_uint_ge(rig_waited(&r, "f", waits[_i].port, 0), waits[_i].least);
    rig_end(&r);
}
END_TEST

START_TEST(no_such_job)
{
    static const struct bl_unit_job job = { .count = 36 };

    small_conv();
    numbers.n = 0;
    *mem_item(&numbers, 1) = 3;
    rig_begin(&r, ALONE);
    supply("f", &job);
    rig_items(&r, "j", numbers.word, 1);
    rig_run(&r, 200 * RIG_PERIOD);
    ck_assert_int_eq(r.end, BL_END_FAILED);
    ck_assert_str_eq(r.told.text, "f, at 51 ps: job 3 is asked for; 1 are supplied");
    rig_end(&r);
}
END_TEST

static const struct { struct bl_unit_job job; const char *text, *set; } refusals[] = {
    { { .layer = 1, .count = 1 }, "f:4: f: job 0 is of layer 1; expected a layer of the array, of the program's 1", "" },
    { { .tile = 1, .count = 1 }, "f:4: f: job 0 is of tile 1; layer 0 has 1", "" },
    { { .count = 0 }, "f:4: f: job 0 has 0 windows from 0 on; expected at least 1, and layer 0 has 36", "" },
    { { .first = 30, .count = 7 }, "f:4: f: job 0 has 7 windows from 30 on; expected at least 1, and layer 0 has 36", "" },
    { { .count = 1 }, "f:4: f: job 0 has windows of 18 products; ins is 17, expected at least 18", "set f ins 17" },
    { { .count = 1 }, "f:4: f: bits is 60; expected whole bytes", "set f bits 60" },
};

START_TEST(refused)
{
    small_conv();
    rig_begin(&r, ALONE "%s", refusals[_i].set);
    supply("f", &refusals[_i].job);
    rig_refuses(&r, refusals[_i].text);
}
END_TEST

/* The second of two jobs is looked at too. */
START_TEST(second_job_refused)
{
    static const struct bl_unit_job jobs[] = { { .tile = 0, .count = 1 }, { .tile = 1, .count = 1 } };

    small_conv();
    net.layer.ntiles = 1;
    unit_tile(&net, 0, 1, 0, 19);
    rig_begin(&r, ALONE);
    rig_supply(&r, "f", "jobs", jobs, sizeof jobs);
    rig_supply(&r, "f", "program", &net.program, sizeof net.program);
    rig_refuses(&r, "f:4: f: job 1 has windows of 19 products; ins is 18, expected at least 19");
}
END_TEST

START_TEST(no_program)
{
    static const struct bl_unit_job job = { .count = 36 };

    rig_begin(&r, ALONE);
    rig_supply(&r, "f", "jobs", &job, sizeof job);
    rig_refuses(&r, "f:4: f: jobs are supplied and program is not: a job is of a layer of the program");
}
END_TEST

Suite *suite_feeder(void);
Suite *suite_feeder(void)
{
    Suite *s = suite_create("feeder");
    TCase *tc = tcase_create("all");

    tcase_add_loop_test(tc, any_window, 0, 80);
    tcase_add_loop_test(tc, one_feeder, 0, (int)(sizeof alone / sizeof *alone));
    tcase_add_loop_test(tc, two_feeders, 0, (int)(sizeof pairs / sizeof *pairs));
    tcase_add_test(tc, all_padding);
    tcase_add_loop_test(tc, waiting, 0, (int)(sizeof waits / sizeof *waits));
    tcase_add_test(tc, no_such_job);
    tcase_add_loop_test(tc, refused, 0, (int)(sizeof refusals / sizeof *refusals));
    tcase_add_test(tc, second_job_refused);
    tcase_add_test(tc, no_program);
    suite_add_tcase(s, tc);
    return s;
}
