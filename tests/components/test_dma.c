/* test_dma.c - blocks between a far memory and near ones: the ticks of a job, any jobs both ways against plain copies, waits, refusals. */
#include "tests/rigs/memory_rig.h"

#include "components/dma.h"

static struct rig r;
static struct mem_items numbers;

static void in_turn(uint32_t n)
{
    numbers.n = 0;
    for (uint32_t i = 0; i < n; i++)
        *mem_item(&numbers, 1) = i;
}

/* ---- the numbers: 64 words, latency 20 ---- */

#define ONE "part j give; part d dma; part f dram; set f bytes 8192; part k take; part l look; wire j.x d.job d2; wire d.req f.req[0] d2;" \
            "wire f.rsp[0] d.rsp d2; wire d.near[0] k.x d2; wire d.done l.d;"

static const struct { int burst, interval, outstanding; uint64_t done, requests; } bursts[] = {
    { 16, 1, 1, 146, 4 }, { 16, 1, 2, 90, 4 }, { 16, 1, 4, 86, 4 }, { 8, 2, 4, 149, 8 }
};

START_TEST(bursts_under_way)
{
    static const struct bl_dma_job job = { 100, 7, 64, 1, 0, 0, 0, 0 };
    static uint8_t image[8192];

    for (uint32_t i = 0; i < sizeof image; i++)
        image[i] = (uint8_t)kp_mix(i);
    in_turn(1);
    rig_begin(&r, ONE "set d burst %d; set d outstanding %d; set f interval %d", bursts[_i].burst, bursts[_i].outstanding, bursts[_i].interval);
    rig_supply(&r, "d", "jobs", &job, sizeof job);
    rig_supply(&r, "f", "image", image, sizeof image);
    rig_items(&r, "j", numbers.word, numbers.n);
    rig_ticks(&r, 200);
    ck_assert_uint_eq(rig_edge(&r, "l", 0), bursts[_i].done + 1);
    ck_assert_uint_eq(rig_last_edge(&r, "k"), bursts[_i].done + 1);
    ck_assert_uint_eq(rig_peek(&r, "d.request"), bursts[_i].requests);
    ck_assert_uint_eq(rig_peek(&r, "d.word"), 64);
    ck_assert_uint_eq(rig_peek(&r, "d.bit"), 64 * 64);
    for (uint64_t i = 0; i < 64; i++) {
        ck_assert_uint_eq(rig_item(&r, "k", i)[0], BL_MEMORY_WRITE);
        ck_assert_uint_eq(rig_item(&r, "k", i)[1], 7 + i);
        ck_assert_mem_eq(rig_item(&r, "k", i) + 2, image + 8 * (100 + i), 8);
    }
    rig_end(&r);
}
END_TEST

/* The next job begins in the tick after `done` has moved; each is counted. */
START_TEST(one_after_the_other)
{
    static const struct bl_dma_job jobs[] = { { 0, 0, 1, 1, 0, 0, 0, 0 }, { 9, 0, 1, 1, 0, 0, 0, 0 } };

    in_turn(2);
    rig_begin(&r, ONE);
    rig_supply(&r, "d", "jobs", jobs, sizeof jobs);
    rig_items(&r, "j", numbers.word, numbers.n);
    rig_ticks(&r, 100);
    ck_assert_uint_eq(rig_edge(&r, "l", 0), 24);                   /* job 1, request 2, dram 3, word 22, back 23 */
    ck_assert_uint_eq(rig_edge(&r, "l", 1), 24 + 23);
    ck_assert_uint_eq(rig_item(&r, "l", 1)[0], 2);
    ck_assert_uint_eq(rig_spent(&r, "d", "busy"), 2 * 3);
    ck_assert_uint_eq(rig_waited(&r, "d", "rsp", 0), 2 * 20);
    ck_assert_uint_eq(rig_waited(&r, "d", "job", 0), 100 - 6 - 40);
    rig_end(&r);
}
END_TEST

/* Drained: done moves when the link written to is seen empty, two ticks behind the last word; of a target that nobody reads, the tick after
 * the word. Jobs in, out and to a loader are counted on lines of their own; the mask of a word is all its bytes. */
START_TEST(drained)
{
    static const struct bl_dma_job jobs[] = { { .far = 9, .words = 7, .rows = 1, .target = 1, .line = 1 }, { .far = 20, .words = 7, .rows = 1, .target = 1, .line = 1, .out = 1 },
                                              { .words = 5, .rows = 1, .target = 0 } };
    static uint8_t image[8192];

    for (uint32_t i = 0; i < sizeof image; i++)
        image[i] = (uint8_t)kp_mix(i);
    in_turn(3);
    rig_begin(&r, "part j give; part d dma; set d targets 2; set d mask 1; set d lines 2; set d drained 1; set d outstanding 4; part f dram; set f bytes 8192; part k take; part l look;"
              "part m look; part s sram; set s mask 1; set s words 64; wire j.x d.job d2; wire d.req f.req[0] d2; wire f.rsp[0] d.rsp d2; wire d.near[0] k.x d2;"
              "wire d.near[1] s.req[0] d2; wire s.rsp[0] d.back[1] d2; wire d.done[0] l.d; wire d.done[1] m.d");
    rig_supply(&r, "d", "jobs", jobs, sizeof jobs);
    rig_supply(&r, "f", "image", image, sizeof image);
    rig_items(&r, "j", numbers.word, numbers.n);
    rig_ticks(&r, 200);
    ck_assert_uint_eq(rig_edge(&r, "m", 0) - 1, 7 + 20 + 4);       /* the job was pushed in tick 0 */
    ck_assert_uint_eq(rig_edge(&r, "m", 1) - rig_edge(&r, "m", 0), 7 + 5);
    ck_assert_uint_eq(rig_edge(&r, "l", 0) - rig_edge(&r, "m", 1), 5 + 20 + 3);
    ck_assert_uint_eq(rig_item(&r, "k", 4)[3], 0xff);
    ck_assert_mem_eq(rig_memory(&r, "f", "word") + 20, image + 72, 7 * 8);
    rig_end(&r);
}
END_TEST

/* ---- any jobs, both ways, with three near memories ---- */

enum { FAR = 4096, NEAR = 256, JOBS = 14 };
static uint64_t far[FAR][3], near[3][NEAR][3];
static uint8_t image[FAR * 18];
static struct bl_dma_job jobs[JOBS];

static void make_jobs(struct kp_rng *g)
{
    for (uint32_t i = 0; i < JOBS; i++) {
        struct bl_dma_job *j = &jobs[i];
        *j = (struct bl_dma_job){ .words = 1 + kp_below(g, 40), .rows = 1 + kp_below(g, 5), .target = (uint16_t)kp_below(g, 3), .out = i > 3 && kp_below(g, 2) };
        j->far_step = j->words + kp_below(g, 30);
        j->near = kp_below(g, NEAR - j->words * j->rows);
        j->far = kp_below(g, FAR - j->far_step * j->rows);
    }
}

static void copy(const struct bl_dma_job *j)
{
    for (uint32_t y = 0; y < j->rows; y++)
        for (uint32_t x = 0; x < j->words; x++) {
            uint64_t *a = far[j->far + (uint64_t)y * j->far_step + x], *b = near[j->target][j->near + y * j->words + x];
            memcpy(j->out ? a : b, j->out ? b : a, 3 * sizeof *a);
        }
}

START_TEST(as_copies)
{
    struct kp_rng g = { 900u + (uint64_t)_i };
    const uint32_t width = mem_some_bits(_i), lanes = (width + 63) / 64, each = (width + 7) / 8;

    memset(near, 0, sizeof near);
    memset(far, 0, sizeof far);
    for (uint32_t i = 0; i < FAR * each; i++) {
        image[i] = (uint8_t)kp_next(&g);
        for (uint32_t b = 0; b < 8; b++)
            if (i % each * 8 + b < width)
                far[i / each][(i % each * 8 + b) / 64] |= (uint64_t)(image[i] >> b & 1) << (i % each * 8 + b) % 64;
    }
    make_jobs(&g);
    in_turn(JOBS);
    rig_begin(&r, "part j give; part d dma; set d targets 3; set d width %u; set d burst %u; set d outstanding %u; part f dram; set f bytes %u; set f width %u;"
              "set f latency %u; set f interval %u; part a sram; part b sram; part c sram; set a strict 0; set b strict 0; set c strict 0; set a bits %u; set b bits %u;"
              "set c bits %u; set a words 256; set b words 256; set c words 256; set b latency 3; part l look; wire d.done l.d; wire j.x d.job d2; wire d.req f.req[0] d2;"
              "wire f.rsp[0] d.rsp d%u; wire d.near[0] a.req[0] d1; wire d.near[1] b.req[0] d2; wire d.near[2] c.req[0] d2; wire a.rsp[0] d.back[0] d1;"
              "wire b.rsp[0] d.back[1] d4; wire c.rsp[0] d.back[2] d2", width, 1 + kp_below(&g, 20), 1 + kp_below(&g, 6), (FAR * width + 7) / 8, width,
              1 + kp_below(&g, 20), 1 + kp_below(&g, 2), width, width, width, 1 + kp_below(&g, 3));
    rig_supply(&r, "d", "jobs", jobs, sizeof jobs);
    rig_supply(&r, "f", "image", image, (size_t)FAR * each);
    rig_items(&r, "j", numbers.word, numbers.n);
    rig_ticks(&r, 20000);
    ck_assert_uint_eq(rig_count(&r, "l"), JOBS);
    uint64_t words = 0;
    for (uint32_t i = 0; i < JOBS; i++) {
        copy(&jobs[i]);
        words += jobs[i].words * jobs[i].rows;
    }
    ck_assert_uint_eq(rig_peek(&r, "d.word"), words);
    ck_assert_uint_eq(rig_peek(&r, "d.bit"), words * width);
    for (uint32_t k = 0; k < 3; k++)
        for (uint32_t i = 0; i < NEAR; i++)
            ck_assert_mem_eq(rig_memory(&r, (const char *[]){ "a", "b", "c" }[k], "word") + (size_t)i * lanes, near[k][i], lanes * sizeof(uint64_t));
    for (uint32_t i = 0; i < FAR; i++)
        KP_HOLDS(!memcmp(rig_memory(&r, "f", "word") + (size_t)i * lanes, far[i], lanes * sizeof(uint64_t)), "far word %u", i);
    rig_end(&r);
}
END_TEST

/* ---- waits: for words, for room near by, for room in req ---- */

START_TEST(full_near)
{
    static const struct bl_dma_job job = { 0, 0, 8, 1, 0, 0, 0, 0 };

    in_turn(1);
    rig_begin(&r, ONE "set k first 60");
    rig_supply(&r, "d", "jobs", &job, sizeof job);
    rig_items(&r, "j", numbers.word, numbers.n);
    rig_ticks(&r, 80);
    ck_assert_uint_eq(rig_waited(&r, "d", "near", 0), 61 - 25);
    ck_assert_uint_eq(rig_waited(&r, "d", "rsp", 0), 20);
    ck_assert_uint_eq(rig_last_edge(&r, "k"), 67);
    rig_end(&r);
}
END_TEST

/* Outwards: words of the near memory, and room in req. */
START_TEST(full_far)
{
    static const struct bl_dma_job job = { 0, 0, 8, 1, 0, 0, 1, 0 };

    in_turn(1);
    rig_begin(&r, "part j give; part d dma; part s sram; set s strict 0; part k take; part z give; set z lanes 1; set z bits 64; part l look; set k first 40;"
              "wire j.x d.job d2; wire d.req k.x d2; wire z.x d.rsp d2; wire d.near[0] s.req[0] d2; wire s.rsp[0] d.back[0] d2; wire d.done l.d; set d outstanding %d",
              _i);
    rig_supply(&r, "d", "jobs", &job, sizeof job);
    rig_items(&r, "j", numbers.word, numbers.n);
    rig_ticks(&r, 90);
    ck_assert_uint_eq(rig_count(&r, "k"), 8);
    ck_assert_uint_eq(rig_waited(&r, "d", "rsp", 0), 0);
    ck_assert_uint_ge(rig_waited(&r, "d", "req", 0), 41 - 4 - 3 * 4);
    for (uint64_t i = 0; i < 8; i++)
        ck_assert_uint_eq(rig_item(&r, "k", i)[1], i);
    rig_end(&r);
}
END_TEST

START_TEST(no_such_job)
{
    static const struct bl_dma_job job = { 0, 0, 8, 1, 0, 0, 0, 0 };

    in_turn(2);
    rig_begin(&r, ONE);
    rig_supply(&r, "d", "jobs", &job, sizeof job);
    rig_items(&r, "j", numbers.word + 1, 1);
    rig_run(&r, 20 * RIG_PERIOD);
    ck_assert_int_eq(r.end, BL_END_FAILED);
    ck_assert_str_eq(r.told.text, "d, at 1 ps: job 1 is asked for; 1 are supplied");
    rig_end(&r);
}
END_TEST

static const struct { struct bl_dma_job job; const char *text; } refusals[] = {
    { { 0, 0, 0, 1, 0, 0, 0, 0 }, "f:3: d: job 0 has 1 rows of 0 words; expected at least one of each" },
    { { 0, 0, 1, 0, 0, 0, 0, 0 }, "f:3: d: job 0 has 0 rows of 1 words; expected at least one of each" },
    { { 0, 0, 1, 1, 0, 1, 0, 0 }, "f:3: d: job 0 is for target 1; targets is 1, so expected at most 0" },
    { { 0, 0, 1, 1, 0, 0, 1, 0 }, "f:3: d: job 0 reads target 0, and back[0] is not wired" },
};

START_TEST(refused)
{
    rig_begin(&r, ONE);
    rig_supply(&r, "d", "jobs", &refusals[_i].job, sizeof refusals[_i].job);
    rig_refuses(&r, refusals[_i].text);
}
END_TEST

Suite *suite_dma(void);
Suite *suite_dma(void)
{
    Suite *s = suite_create("dma");
    TCase *tc = tcase_create("all");

    tcase_add_loop_test(tc, bursts_under_way, 0, (int)(sizeof bursts / sizeof *bursts));
    tcase_add_test(tc, one_after_the_other);
    tcase_add_test(tc, drained);
    tcase_add_loop_test(tc, as_copies, 0, 40);
    tcase_add_test(tc, full_near);
    tcase_add_loop_test(tc, full_far, 1, 4);
    tcase_add_test(tc, no_such_job);
    tcase_add_loop_test(tc, refused, 0, (int)(sizeof refusals / sizeof *refusals));
    suite_add_tcase(s, tc);
    return s;
}
