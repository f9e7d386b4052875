/* test_host_far.c - the host as far memory (host_steps.c): the timing of dram.h, what it holds, what it refuses. */
#include "tests/rigs/parts_rig.h"

#include "components/dma.h"
#include "components/host.h"

Suite *suite_host_far(void);

enum { MEMORY = 1024, SUMS = 256, WEIGHTS = 64, SUMS_AT = MEMORY + WEIGHTS };

static struct rig r;
static uint8_t image[MEMORY];
static uint64_t weights[WEIGHTS / 8];
static const struct bl_host_step steps[] = { { .unit = 0, .job = 0 }, { .unit = BL_HOST_NO_UNIT, .n = 1, .wait = { { 0, 1 } } } };
static const struct bl_host_layer layer = { .kind = BL_HOST_ARRAY, .flat = true, .rows_of_group = 1, .pixels = 1, .nsteps = 2, .step = steps };
static const struct bl_host_program program = { .nlayers = 1, .images = 1, .layer = &layer, .memory = MEMORY, .sums = 1, .weights = weights,
    .weights_at = MEMORY, .weights_bytes = WEIGHTS, .sums_at = SUMS_AT, .sums_bytes = SUMS, .input_bytes = MEMORY };

#define FAR "part h host; part l look; wire h.done l.d;"

static void fill(void)
{
    for (uint32_t i = 0; i < MEMORY; i++)
        image[i] = (uint8_t)kp_mix(i);
    for (uint32_t i = 0; i < WEIGHTS / 8; i++)
        weights[i] = kp_mix(1000 + i);
}

static void supply(const struct bl_dma_job *job)
{
    rig_supply(&r, "h", "program", &program, sizeof program);
    rig_supply(&r, "h", "images", image, sizeof image);
    rig_supply(&r, "d", "jobs", job, sizeof *job);
}

/* ---- the numbers of a dma before a dram (test_dma.c): the host gives its job in tick 0, as a source does ---- */

#define IN "part h host; part d dma; part k take; part l look; wire h.go d.job d2; wire d.req h.req d2; wire h.rsp d.rsp d2;" \
           "wire d.near k.x d2; wire d.done h.done; wire d.done l.d;"

static const struct { int burst, interval, outstanding; uint64_t done; } bursts[] = {
    { 16, 1, 1, 146 }, { 16, 1, 2, 90 }, { 16, 1, 4, 86 }, { 8, 2, 4, 149 }
};

START_TEST(as_a_dram)
{
    static const struct bl_dma_job job = { 10, 0, 64, 1, 0, 0, 0, 0 };

    fill();
    rig_begin(&r, IN "set d burst %d; set d outstanding %d; set h interval %d", bursts[_i].burst, bursts[_i].outstanding, bursts[_i].interval);
    supply(&job);
    rig_ticks(&r, 400);
    ck_assert_uint_eq(rig_edge(&r, "l", 0), bursts[_i].done + 1);
    ck_assert_uint_eq(rig_count(&r, "k"), 64);
    for (uint64_t i = 0; i < 64; i++)
        ck_assert_mem_eq(rig_item(&r, "k", i) + 2, image + 8 * (10 + i), 8);
    ck_assert_uint_eq(rig_peek(&r, "h.far_read"), 64);
    rig_end(&r);
}
END_TEST

/* Behind the tensors lie the weights. */
START_TEST(weights_behind_tensors)
{
    static const struct bl_dma_job job = { MEMORY / 8 - 1, 0, 3, 1, 0, 0, 0, 0 };

    fill();
    rig_begin(&r, IN);
    supply(&job);
    rig_ticks(&r, 400);
    ck_assert_mem_eq(rig_item(&r, "k", 0) + 2, image + MEMORY - 8, 8);
    ck_assert_mem_eq(rig_item(&r, "k", 1) + 2, weights, 16 / 2);
    ck_assert_mem_eq(rig_item(&r, "k", 2) + 2, weights + 1, 8);
    rig_end(&r);
}
END_TEST

/* ---- words that come back: one a tick, a tick later than they were read near by ---- */

#define OUT "part h host; part d dma; part s sram; part l look; wire h.go d.job d2; wire d.req h.req d2; wire h.rsp d.rsp d2; wire d.near s.req[0] d2;" \
            "wire s.rsp[0] d.back d4; wire d.done h.done; wire d.done l.d; set s strict 0;"

START_TEST(sums_are_kept)
{
    static const struct bl_dma_job job = { SUMS_AT / 8 + 2, 5, 20, 1, 0, 0, 1, 0 };

    fill();
    rig_begin(&r, OUT "set d outstanding 4");
    supply(&job);
    rig_ticks(&r, 400);
    ck_assert_uint_eq(rig_peek(&r, "h.far_write"), 20);
    ck_assert_uint_eq(rig_peek(&r, "h.far_read"), 0);
    /* word i is asked for in tick 2 + i, answered in 3 + i, sent in 4 + i */
    ck_assert_uint_eq(rig_edge(&r, "l", 0), 4 + 19 + 1);
    rig_end(&r);
}
END_TEST

/* ---- what it does not have ---- */

static const struct { struct bl_dma_job job; const char *text; } wrong[] = {
    { { SUMS_AT / 8 + SUMS / 8 - 1, 0, 2, 1, 0, 0, 0, 0 }, "req asks for 2 words from 167 on; expected at least one, within 0 .. 167" },
    { { UINT64_MAX / 8 + 1, 0, 1, 1, 0, 0, 0, 0 }, "req asks for 1 words from 2305843009213693952 on; expected at least one, within 0 .. 167" },
    { { 0, 0, 1, 1, 0, 0, 1, 0 }, "word 0 is written; it is none of its tensors, weights and sums, of which only sums may be written" },
    { { MEMORY / 8, 0, 1, 1, 0, 0, 1, 0 }, "word 128 is written; it is none of its tensors, weights and sums, of which only sums may be written" },
};

START_TEST(not_there)
{
    fill();
    rig_begin(&r, wrong[_i].job.out ? OUT : IN);
    supply(&wrong[_i].job);
    rig_run(&r, 400 * RIG_PERIOD);
    ck_assert_int_eq(r.end, BL_END_FAILED);
    ck_assert_msg(strstr(r.told.text, wrong[_i].text) != NULL, "%s", r.told.text);
    rig_end(&r);
}
END_TEST

Suite *suite_host_far(void)
{
    Suite *s = suite_create("host_far");
    TCase *tc = tcase_create("all");

    tcase_add_loop_test(tc, as_a_dram, 0, (int)(sizeof bursts / sizeof *bursts));
    tcase_add_test(tc, weights_behind_tensors);
    tcase_add_test(tc, sums_are_kept);
    tcase_add_loop_test(tc, not_there, 0, (int)(sizeof wrong / sizeof *wrong));
    suite_add_tcase(s, tc);
    return s;
}
