/* test_job_images.c - the account of images on every platform: layers add up to images, images to the clock, and a run of several is the
 * runs of one added up, noise and all. */
#include "tests/rigs/heard.h"
#include "tests/rigs/net_rig.h"
#include "tests/rigs/numbers.h"

Suite *suite_job_images(void);

static const struct { const char *name, *set[3]; size_t nsets; } rows[] = {
    { "osa_hcim", { "adc.noise=0.5" }, 1 },
    { "osa_hcim", { "controller.mode=digital", "host.host_cycles=2" }, 2 },
    { "imagine", { "dsci_adc.noise=0.002", "dp_array.cap_sigma=0.01" }, 2 },
    { "bf_imna", { "chip.workers=2" }, 1 },
    { "imc", { "macros=4" }, 1 },
    { "imc_sets", { NULL }, 0 },
    { "imc_buffer", { "banks=2" }, 1 },
    { "imc_analog", { "adc_bits=6", "macros=2" }, 2 },
};

static struct bl_setup *ran(int i, uint64_t first, uint64_t images, struct heard *h)
{
    struct bl_setup_opts o = { .platform = rows[i].name, .set = { rows[i].set, rows[i].nsets }, .images = { true, images }, .first = { true, first } };
    struct bl_setup *u = bl_setup_open(&o, heard_start(h));

    ck_assert_msg(u != NULL, "%s", h->text);
    ck_assert_int_eq(bl_setup_run(u, BL_FOREVER, NULL, NULL), BL_END_STOPPED);
    ck_assert_uint_eq(bl_job_result(u->job)->images, images);
    return u;
}

/* Cycles of the host part's clock, its period, energy: of the run, and of its layers. */
static void agrees(const struct bl_setup *u)
{
    const struct bl_result *r = bl_job_result(u->job);
    struct bl_clock_row clock;
    uint64_t cycles = 0;
    bl_yj energy = 0;

    for (uint32_t l = 0; l < r->nlayers; l++) {
        cycles += r->layers[l].cycles;
        energy += r->layers[l].energy;
    }
    bl_clock_at(u->sim, 0, &clock);
    ck_assert_uint_eq(clock.cycles, cycles);
    ck_assert_uint_eq(bl_now(u->sim), cycles * clock.period_fs);
    ck_assert(energy == bl_energy(u->sim));
    if (r->images == 1) {
        ck_assert_uint_eq(r->cycles_min, cycles);
        ck_assert_uint_eq(r->cycles_max, cycles);
    }
}

struct layer_sum { uint64_t ops, cycles, load_cycles, outputs, mismatches; double error; bl_yj energy; };

static void add_layers(const struct bl_result *r, struct layer_sum *sum)
{
    for (uint32_t l = 0; l < r->nlayers; l++) {
        const struct bl_layer_result *x = &r->layers[l];
        sum[l].ops += x->ops;
        sum[l].cycles += x->cycles;
        sum[l].load_cycles += x->load_cycles;
        sum[l].outputs += x->outputs;
        sum[l].mismatches += x->mismatches;
        sum[l].error += x->error;
        sum[l].energy += x->energy;
    }
}

START_TEST(images_are_runs)
{
    enum { FIRST = 2, IMAGES = 2 };
    static struct numbers all, sum;
    struct layer_sum layers[2][16] = { 0 };
    struct heard h;
    struct bl_setup *u = ran(_i, FIRST, IMAGES, &h);

    agrees(u);
    numbers_of(u->sim, &all, false);
    add_layers(bl_job_result(u->job), layers[0]);
    for (uint64_t i = 0; i < IMAGES; i++) {
        struct bl_setup *one = ran(_i, FIRST + i, 1, &h);
        agrees(one);
        numbers_of(one->sim, &sum, i > 0);
        add_layers(bl_job_result(one->job), layers[1]);
        bl_setup_close(one);
    }
    ck_assert_uint_eq(all.n, sum.n);
    for (size_t i = 0; i < all.n; i++)
        ck_assert_msg(all.v[i] == sum.v[i], "%s: number %zu is %llu, and of the images %llu", rows[_i].name, i, (unsigned long long)all.v[i],
                      (unsigned long long)sum.v[i]);
    ck_assert_uint_lt(bl_job_result(u->job)->nlayers, 16);
    ck_assert(!memcmp(layers[0], layers[1], sizeof layers[0]));
    bl_setup_close(u);
}
END_TEST

/* Numbers that are printed elsewhere too. */
START_TEST(cycles_an_image)
{
    static const struct { int row; uint64_t cycles; } known[] = { { 5, 4449 }, { 3, 31575 } };
    struct heard h;

    for (int i = 0; i < 2; i++) {
        struct bl_setup *u = ran(known[i].row, 0, 1, &h);
        ck_assert_uint_eq(bl_job_result(u->job)->cycles_median, known[i].cycles);
        bl_setup_close(u);
    }
}
END_TEST

Suite *suite_job_images(void)
{
    Suite *s = suite_create("job_images");
    TCase *tc = tcase_create("all");

    tcase_set_timeout(tc, 600);
    tcase_add_loop_test(tc, images_are_runs, 0, COUNT(rows));
    tcase_add_test(tc, cycles_an_image);
    suite_add_tcase(s, tc);
    return s;
}
