/* test_ranges.c - calibration of analog macros: what converters see becomes their ranges, which make six bits lose nothing on the images that
 * were measured; a file that is wrong is told where. */
#include "tests/rigs/net_rig.h"
#include "tools/commands.h"

Suite *suite_ranges(void);

static int program(struct heard *h, const char *const *words)
{
    char *argv[24] = { (char[]){ "bitline" } };
    int argc = 1;

    for (; words[argc - 1]; argc++)
        argv[argc] = (char *)(uintptr_t)words[argc - 1];
    ck_assert_ptr_nonnull(freopen("/dev/null", "w", stdout));
    return bl_program(argc, argv, heard_start(h));
}

static uint64_t mismatches(const char *calibration, const char *range, const char *macros)
{
    struct demo d = demo_open();
    struct net_rig r;
    const struct rig_opts o = { .platform = "platforms/imc/imc_analog.yaml", .mapper = "weight_stationary", .sets = { "adc_bits=6", range, macros },
                                .job = { .net = d.net, .images = d.set, .count = 2, .calibration = calibration } };
    const struct bl_result *res = rig_run(&r, &o);
    uint64_t n = 0;

    for (uint32_t i = 0; i < d.net->nlayers; i++)
        n += res->layers[i].mismatches;
    rig_close(&r);
    demo_close(&d);
    return n;
}

/* Six bits have 64 codes; columns of the demo's net reach fewer levels than the 193 that 64 rows could. */
START_TEST(six_bits_suffice)
{
    const char *macros = _i ? "macros=3" : "macros=1";
    char file[512];
    struct heard h;

    scratch(file, _i ? "ranges3.yaml" : "ranges1.yaml");
    const char *const words[] = { "calibrate", "imc_analog", "--set", "adc_bits=6", "--set", macros, "--images", "2", "-o", file, NULL };
    ck_assert_msg(program(&h, words) == BL_DONE, "%s", h.text);
    ck_assert_uint_gt(mismatches(NULL, "range=full", macros), 0);
    ck_assert_uint_eq(mismatches(file, "range=table", macros), 0);
}
END_TEST

#define HEAD "calibration: weight_stationary\nnet: fashion_cnn.onnx\nlayers:\n"
static const struct { const char *text, *says; } wrong[] = {
    { HEAD "  conv1: { range: [0, 9] }\n  conv2: { range: [3, 3] }\n  fc: { range: [0, 9] }\n", "F:5:19: range is [3, 3]; expected the second number above the first" },
    { HEAD "  conv1: { range: [0, 9] }\n  conv2: { range: [3] }\n  fc: { range: [0, 9] }\n", "F:5:19: range has 1 numbers; expected the least and the most, '[0, 40]'" },
    { HEAD "  conv1: { range: [0, 9] }\n  conv2: {}\n  fc: { range: [0, 9] }\n", "F:5:10: layer 'conv2' has no 'range'; expected '{ range: [0, 40] }'" },
    { HEAD "  conv1: { range: [0, x] }\n  conv2: { range: [0, 9] }\n  fc: { range: [0, 9] }\n", "F:4:23: a bound of a range is 'x'; expected a number within 32 bits" },
};

START_TEST(wrong_file)
{
    char file[512], says[1024];
    struct heard h;
    FILE *f = fopen(scratch(file, "wrong_ranges.yaml"), "w");

    fputs(wrong[_i].text, f);
    fclose(f);
    const char *const words[] = { "run", "imc_analog", "--set", "range=table", "--images", "1", "--calibration", file, "-q", NULL };
    ck_assert_int_eq(program(&h, words), BL_REFUSED);
    snprintf(says, sizeof says, "%s%s", file, wrong[_i].says + 1);
    ck_assert_str_eq(h.text, says);
}
END_TEST

static const struct { const char *words[4], *says; } refused[] = {
    { { "calibrate", "imc" }, "platforms/imc/imc.yaml: there is nothing to calibrate; it has no part of class sar_adc" },
    { { "calibrate", "imc_analog", "--loss", "0.1,0.2" }, "--loss: 2 limits, and ranges are measured without any; leave it out" },
};

START_TEST(not_to_be_calibrated)
{
    const char *const *w = refused[_i].words;
    char file[512];
    struct heard h;
    const char *const words[] = { w[0], "-o", scratch(file, "never.yaml"), w[1], w[2], w[3], NULL };

    ck_assert_int_eq(program(&h, words), BL_REFUSED);
    ck_assert_str_eq(h.text, refused[_i].says);
}
END_TEST

Suite *suite_ranges(void)
{
    Suite *s = suite_create("ranges");
    TCase *tc = tcase_create("all");

    tcase_add_loop_test(tc, six_bits_suffice, 0, 2);
    tcase_add_loop_test(tc, wrong_file, 0, COUNT(wrong));
    tcase_add_loop_test(tc, not_to_be_calibrated, 0, COUNT(refused));
    suite_add_tcase(s, tc);
    return s;
}
