/* test_osa_hcim_demo.c - the project's net and images on OSA-HCIM (components/osa_hcim/): exact in digital mode, gold figures with the calibration that
 * comes with them, and what is said of calibrations that do not fit the settings. */
#include "platforms/file/io.h"
#include "tests/rigs/net_rig.h"

Suite *suite_osa_hcim_demo(void);

#define CALIBRATION "platforms/nets/fashion_cnn.osa_hcim.yaml"
enum { MOST_TEXT = 4096 };

/* ---- results ---- */

START_TEST(digital)
{
    struct demo d = demo_open();
    struct net_rig r;
    struct rig_opts o = { .sets = { "controller.mode=digital" }, .job = { .net = d.net, .images = d.set, .count = fewer(100, 10) } };
    const struct bl_result *res = rig_run(&r, &o);

    ck_assert_uint_eq(res->images, o.job.count);
    ck_assert(!res->first.any && !res->approximate);
    for (uint32_t i = 0; i < res->nlayers; i++)
        ck_assert_uint_eq(res->layers[i].mismatches, 0);
    ck_assert_uint_eq(res->correct, res->reference_correct);
    ck_assert_uint_eq(res->agree, res->images);
    if (res->images == 100)
        ck_assert_uint_eq(res->correct, 88);
    rig_close(&r);
    demo_close(&d);
}
END_TEST

/* Appends to `t`, of MOST_TEXT bytes. */
static void gold_block(char *t, const struct demo *d, uint32_t images)
{
    struct net_rig r;
    struct rig_opts o = { .sets = { "controller.mode=osa" },
                          .job = { .net = d->net, .images = d->set, .count = images, .calibration = CALIBRATION } };
    const struct bl_result *res = rig_run(&r, &o);

    ck_assert_msg(r.h.n == 0, "%s", r.h.text);
    size_t n = strlen(t);
    n += (size_t)snprintf(t + n, MOST_TEXT - n, "images %u\ncorrect %u\nreference_correct %u\nagree %u\nsnr_db %.2f\ncycles %llu\nops %llu\n",
                          res->images, res->correct, res->reference_correct, res->agree, res->snr_db,
                          (unsigned long long)(bl_now(r.s) / CORE_FS), (unsigned long long)res->ops);
    for (uint32_t i = 0; i < res->nfigures && n < MOST_TEXT; i++)
        n += (size_t)snprintf(t + n, MOST_TEXT - n, "%s %.0f\n", res->figures[i].name, res->figures[i].value);
    ck_assert_uint_lt(n, MOST_TEXT);
    rig_close(&r);
}

/* tests/gold/osa_demo.txt: ten images, then a hundred. */
START_TEST(gold)
{
    struct demo d = demo_open();
    struct heard h;
    char path[512], now[MOST_TEXT] = "";
    size_t n = 0;
    FILE *f;

    gold_block(now, &d, 10);
    if (!quick())
        gold_block(now, &d, 100);
    char *want = bl_read_all("tests/gold/osa_demo.txt", &n, heard_start(&h));
    if (!want || n < strlen(now) || memcmp(want, now, strlen(now)) != 0 || (!quick() && n != strlen(now))) {
        if ((f = fopen(scratch(path, "osa_demo.txt"), "w"))) {
            fputs(now, f);
            fclose(f);
        }
        ck_abort_msg("tests/gold/osa_demo.txt differs; if the change is meant, copy %s there (made without sanitizers). Now:\n%s", path, now);
    }
    free(want);
    demo_close(&d);
}
END_TEST

/* Any clock will do, and the ADC's steps are where they are in cycles: 100 MHz, 250 MHz, 333 MHz, 1 GHz and an odd one. */
static const struct { const char *set; uint64_t fs; } clocks[] = { { "clock.core=6ns", 6000000 }, { "clock.core=100MHz", 10000000 },
    { "clock.core=250MHz", 4000000 }, { "clock.core=3003003fs", 3003003 }, { "clock.core=1GHz", 1000000 }, { "clock.core=5000005fs", 5000005 } };
START_TEST(any_clock)
{
    struct demo d = demo_open();
    struct net_rig r;
    struct rig_opts o = { .sets = { clocks[_i].set }, .job = { .net = d.net, .images = d.set, .count = 1, .calibration = CALIBRATION } };
    const struct bl_result *res = rig_run(&r, &o);

    ck_assert_uint_eq(bl_now(r.s) / clocks[_i].fs, 18244);
    ck_assert_msg(res->snr_db > 19.2628976 && res->snr_db < 19.2628978, "%.9f", res->snr_db);
    rig_close(&r);
    demo_close(&d);
}
END_TEST

/* ---- calibrations that do not fit the settings ---- */

static const struct { const char *sets[5], *says; bool runs; } fits[] = {
    { { "adc.range=cal", "ose.candidates=[5, 6]", "ose.thresholds=[10]" },
      CALIBRATION ": 5 thresholds a layer, but the platform's ose has 2 candidates and needs 1; calibrate it with these settings", false },
    { { "adc.range=cal", "ose.forced=[9, 4]" },
      CALIBRATION ": layer 'conv1' has no range for weight bit 0 at boundary b4, which the platform uses; calibrate it with these settings", false },
    { { "adc.range=cal", "controller.mode=fixed", "controller.boundary=11" },
      CALIBRATION ": layer 'conv1' has no range for weight bit 0 at boundary b11, which the platform uses; calibrate it with these settings", false },
    { { "adc.range=cal", "controller.mode=fixed", "controller.boundary=7" }, "", true },
    { { "adc.range=cal", "controller.s=5", "ose.forced=[13]" }, "", true },    /* the bound is 10, and there is a range for it */
    { { "adc.range=cal", "ose.forced=[13]" },
      CALIBRATION ": layer 'conv1' has no range for weight bit 2 at boundary b13, which the platform uses; calibrate it with these settings", false },
    { { "adc.range=full" }, CALIBRATION ": its ranges are not used; --set adc.range=cal uses them", true },
    { { "adc.range=auto", "controller.mode=fixed", "controller.boundary=11" },
      CALIBRATION ": layer 'conv1' has no range for weight bit 0 at boundary b11, which the platform uses; calibrate it with these settings", false },
    { { "controller.mode=osa" }, "", true },
    { { "controller.mode=digital" }, "", true },
};

START_TEST(calibration_fits)
{
    struct demo d = demo_open();
    struct net_rig r;
    struct rig_opts o = { .job = { .net = d.net, .images = d.set, .count = 1, .calibration = CALIBRATION } };

    memcpy(o.sets, fits[_i].sets, sizeof fits[_i].sets);
    ck_assert_int_eq(rig_open(&r, &o) == 0, fits[_i].runs);
    ck_assert_str_eq(r.h.text, fits[_i].says);
    if (fits[_i].runs)
        ck_assert_int_eq(bl_job_run(r.job, r.s, BL_FOREVER, NULL, NULL), BL_END_STOPPED);
    rig_close(&r);
    demo_close(&d);
}
END_TEST

Suite *suite_osa_hcim_demo(void)
{
    Suite *s = suite_create("osa_hcim_demo");
    TCase *t = tcase_create("osa_demo");

    tcase_set_timeout(t, 120);
    tcase_add_test(t, digital);
    tcase_add_test(t, gold);
    tcase_add_loop_test(t, any_clock, 0, COUNT(clocks));
    tcase_add_loop_test(t, calibration_fits, 0, COUNT(fits));
    suite_add_tcase(s, t);
    return s;
}
