/* test_weight_stationary.c - the mapper weight_stationary, and nets through the general parts (components/): a block that does not fit its parts or its net is named with the key, the part
 * and the number that would do; rows by output and by input run one net with one result. */
#include "tests/rigs/imc_rig.h"

Suite *suite_weight_stationary(void);

/* A platform file with one text in place of another, and the demo's net on it. */
static int open_changed(struct net_rig *r, const struct demo *d, const char *file, const char *from, const char *to, const char *mapper)
{
    static char text[8192];
    struct bl_job_opts o = { .platform = file, .net = d->net, .images = d->set, .count = 1 };
    const struct bl_set_opt digital = { "controller.mode=digital" };
    FILE *f = fopen(file, "r");
    const size_t n = fread(text, 1, sizeof text - 1, f);
    char *rest, *at = strstr(text, from);

    fclose(f);
    text[n] = '\0';
    ck_assert(at != NULL);
    rest = strdup(at + strlen(from));
    snprintf(at, sizeof text - (size_t)(at - text), "%s%s", to, rest);
    free(rest);
    *r = (struct net_rig){ 0 };
    r->p = bl_platform_load_text(file, text, strlen(text), &digital, strcmp(file, OSA) == 0, heard_start(&r->h));
    if (!r->p)
        return -1;
    r->s = bl_open(bl_classes, &r->h.diag);
    o.file = r->p;
    if (bl_platform_apply(r->p, r->s) || !(r->job = bl_job_open(bl_mapper_find(mapper), r->s, &o, &r->h.diag)))
        return -1;
    return bl_elaborate(r->s);
}

#define BLOCK "array: { host: host, rows: $rows, cols: $cols, w_bits: 8, a_bits: 8, macros: $macros }"
static const struct { const char *from, *to, *says; } wrong[] = {
    { "rows: $rows, cols: $cols, w_bits", "rows: 72, cols: $cols, w_bits",
      IMC ":7:28: array: rows is 72, but host.ins is 64; set host.ins to 72, or rows to 64" },
    { "rows: $rows, cols: $cols, w_bits", "rows: $rows, cols: 16, w_bits",
      IMC ":7:41: array: cols is 16, but host.outs is 64; set host.outs to 16, or cols to 64" },
    { "a_bits: 8, macros: $macros", "a_bits: 8, macros: 2", IMC ":7:78: array: macros is 2, but host.macros is 1; set host.macros to 2, or macros to 1" },
    { "a_bits: 8", "a_bits: 8, slots: 3", IMC ":7:77: array: placement is rounds, where 'slots' means nothing; leave it out, or set placement to resident" },
    { "a_bits: 8", "a_bits: 8, duplicate: false", IMC ":7:81: array: placement is rounds, where 'duplicate' means nothing; leave it out, or set placement to resident" },
    { "a_bits: 8", "a_bits: 4", IMC ":7:67: array: a_bits is 4, but layer 'conv1' of net fashion_cnn.onnx has activations of 8 bits; take 8, or narrow them with --set 'layer[conv1].a_bits=4'" },
    { "w_bits: 8", "w_bits: 4", IMC ":7:56: array: w_bits is 4, but layer 'conv1' of net fashion_cnn.onnx has weights of 8 bits; take 8, or narrow them with --set 'layer[conv1].w_bits=4'" },
    { "host: host, rows", "host: 'macro[0].acc', rows",
      IMC ":7:16: mapper weight_stationary: part 'macro[0].acc' of class shift_add is no host part, it has no memory 'memory'; expected class host, or one "
      "like it (components/host.h)" },
    { "host: host, rows", "host: cpu, rows", IMC ":7:16: mapper weight_stationary needs the host part 'cpu'; there is no part of this name; expected one of class host" },
    { BLOCK "\n", "", IMC ": mapper weight_stationary needs 'array', which says what the macros are: 'array: { host: host, rows: 64, cols: 64, w_bits: 8, "
      "a_bits: 8 }'" },
};

/* Overrides that contradict the block: found before the run. */
static const struct { const char *platform, *set, *says; } wrong_sets[] = {
    { "imc_sets", "macro[0].array.sets=1", "platforms/imc/imc_sets.yaml:7:93: array: sets is 2, but macro[0].array.sets is 1; set it to 2" },
    { "imc_buffer", "core[1].loader.word_bits=33",
      "platforms/imc/imc_buffer.yaml:7:87: array: feed is buffered, so words are as wide everywhere: core[1].loader.word_bits is 33, but width of host is 64; set it to 64" },
};

START_TEST(overrides_do_not_fit)
{
    const struct bl_setup_opts o = { .platform = wrong_sets[_i].platform, .set = { &wrong_sets[_i].set, 1 }, .images = { true, 1 } };
    struct heard h;

    ck_assert(!bl_setup_open(&o, heard_start(&h)));
    ck_assert_str_eq(h.text, wrong_sets[_i].says);
}
END_TEST

START_TEST(does_not_fit)
{
    struct demo d = demo_open();
    struct net_rig r;

    ck_assert_int_lt(open_changed(&r, &d, IMC, wrong[_i].from, wrong[_i].to, "weight_stationary"), 0);
    ck_assert_str_eq(r.h.text, wrong[_i].says);
    rig_close(&r);
    demo_close(&d);
}
END_TEST

#define BUFFER "platforms/imc/imc_buffer.yaml"
static const struct { const char *from, *to, *says; } wrong_units[] = {
    { "words: 8192", "words: 6369", BUFFER ":7:87: array: feed is buffered, and layer 'conv1' takes 98 words of 'buf' for its input and 6272 for the sums of 1 "
      "macros; words is 6369, set it to 6370" },
    { "bits: 64, banks", "bits: 32, banks", BUFFER ":7:87: array: feed is buffered, so words are as wide everywhere: buf.bits is 32, but width of host is 64; set "
      "it to 64" },
    { "  - host.go[3..4] -> core[*].collect depth 4\n", "", BUFFER ":7:78: array: macros is 2, so host.go leads to a dma, 2 feeders and 2 collectors; found a "
      "dma, 2 feeders and 0 collectors" },
    { "macros: 2", "macros: 1", BUFFER ":7:78: array: macros is 1, so host.go leads to a dma, 1 feeders and 1 collectors; go[4] leads to 'core[1].collector'" },
    { "  - core[*].written -> host.done[5..6]\n", "", BUFFER ":7:87: array: feed is buffered, but the count of rows written of macro 0 is not wired\n"
      BUFFER ":7:87: array: feed is buffered, but the count of rows written of macro 1 is not wired" },
    { "  - dma.done -> host.done[0]\n", "", BUFFER ":7:87: array: feed is buffered, but 'dma.done' is not wired to host.done" },
    { "macros: 2,", "macros: 2, sets: 2,", BUFFER ":7:87: array: sets is 2, but feed is buffered; set sets to 1" },
};

START_TEST(units_do_not_fit)
{
    struct demo d = demo_open();
    struct net_rig r;

    ck_assert_int_lt(open_changed(&r, &d, BUFFER, wrong_units[_i].from, wrong_units[_i].to, "weight_stationary"), 0);
    ck_assert_str_eq(r.h.text, wrong_units[_i].says);
    rig_close(&r);
    demo_close(&d);
}
END_TEST

/* Who belongs to whom is found by the wires, not by the order of `go` and `done`. */
START_TEST(crossed_wires)
{
    struct demo d = demo_open();
    struct net_rig r;

    ck_assert_msg(open_changed(&r, &d, BUFFER, "  - host.go[1..2] -> core[*].feed depth 4\n  - host.go[3..4] -> core[*].collect depth 4\n",
                               "  - host.go[2] -> core[0].feed depth 4\n  - host.go[1] -> core[1].feed depth 4\n  - host.go[3..4] -> core[*].collect depth 4\n",
                               "weight_stationary") == 0, "%s", r.h.text);
    ck_assert_int_eq(bl_job_run(r.job, r.s, BL_FOREVER, NULL, NULL), BL_END_STOPPED);
    for (uint32_t i = 0; i < d.net->nlayers; i++)
        ck_assert_uint_eq(bl_job_result(r.job)->layers[i].mismatches, 0);
    rig_close(&r);
    demo_close(&d);
}
END_TEST

/* ---- analog macros ---- */

#define ANALOG "platforms/imc/imc_analog.yaml"
static const struct { const char *share, *step; uint64_t each; } converters[] = { { "share=1", "step=1", 8 }, { "share=4", "step=1", 32 },
                                                                                  { "share=1", "step=3", 24 } };

/* Fewer codes than a column has levels, where every value must equal the reference: 64 rows of up to 3 each sum up to 192. */
static const struct { const char *from, *to, *says; } lossy[] = {
    { "macros: $macros, result: approximate", "macros: $macros", NULL },
    { "adc_bits: 8, step: 1, share: 1, range: unit, noise: 0 }\nclocks: { core: 200 MHz }\nmapper: weight_stationary\narray: { host: host, rows: $rows, cols: $cols, w_bits: 8, a_bits: 8, "
      "macros: $macros, result: approximate }", "adc_bits: 7, step: 1, share: 1, range: unit, noise: 0 }\nclocks: { core: 200 MHz }\nmapper: weight_stationary\narray: { host: host, "
      "rows: $rows, cols: $cols, w_bits: 8, a_bits: 8, macros: $macros, result: exact }",
      ANALOG ":8:95: array: result is exact, but macro[0].adc has 7 bits, and a column of 64 rows sums up to 192; take 8, or say 'result: approximate'" },
};

START_TEST(exact_converters)
{
    struct demo d = demo_open();
    struct net_rig r;
    const int status = open_changed(&r, &d, ANALOG, lossy[_i].from, lossy[_i].to, "weight_stationary");

    if (lossy[_i].says) {
        ck_assert_int_lt(status, 0);
        ck_assert_str_eq(r.h.text, lossy[_i].says);
    } else
        ck_assert_msg(status == 0, "%s", r.h.text);
    rig_close(&r);
    demo_close(&d);
}
END_TEST

/* Converters with a step for every level lose nothing. A tile of R rows and P windows takes R + P S A + 7 cycles, S slices of A cycles each. */
START_TEST(analog_that_loses_nothing)
{
    struct demo d = demo_open();
    struct net_rig r;
    const struct rig_opts o = { .platform = ANALOG, .mapper = "weight_stationary", .sets = { converters[_i].share, converters[_i].step },
                                .job = { .net = d.net, .images = d.set, .count = 1 } };
    const struct imc m = { 64, 64, 4, 1, 1, 1 };
    const struct bl_result *res = rig_run(&r, &o);
    uint64_t rows[64];

    ck_assert(res->approximate);
    for (uint32_t i = 0; i < d.net->nlayers; i++) {
        const struct bl_layer *l = &d.net->layers[i];
        const struct bl_tensor *y = &d.net->tensors[l->out];
        uint64_t cycles = 1;
        for (uint64_t t = 0, n = res->layers[i].on_array ? imc_tiles(&m, l, rows) : 0; t < n; t++)
            cycles += rows[t] + (l->kind == BL_FC ? 1 : (uint64_t)y->h * y->w) * 4 * converters[_i].each + 7;
        ck_assert_uint_eq(res->layers[i].mismatches, 0);
        ck_assert_uint_eq(res->layers[i].cycles, cycles);
    }
    rig_close(&r);
    demo_close(&d);
}
END_TEST

/* Fewer bits, or noise, are told as what they are: a result that differs in a run that may. */
START_TEST(analog_that_loses)
{
    static const char *const sets[][2] = { { "adc_bits=6", "range=full" }, { "noise=2", "range=unit" } };
    struct demo d = demo_open();
    struct net_rig r;
    const struct rig_opts o = { .platform = ANALOG, .mapper = "weight_stationary", .sets = { sets[_i][0], sets[_i][1] },
                                .job = { .net = d.net, .images = d.set, .count = 1 } };
    const struct bl_result *res = rig_run(&r, &o);

    ck_assert(res->approximate && res->mismatches > 0 && isfinite(res->snr_db));
    rig_close(&r);
    demo_close(&d);
}
END_TEST

/* A block that nobody reads is none to be silent about. */
START_TEST(read_by_nobody)
{
    struct demo d = demo_open();
    struct net_rig r;

    ck_assert_int_lt(open_changed(&r, &d, OSA, "mapper: osa_hcim\n", "mapper: osa_hcim\narray: { host: host, rows: $cols, cols: $hmu, w_bits: 8, a_bits: 8 }\n",
                                  "osa_hcim"), 0);
    ck_assert_str_eq(r.h.text, OSA ":15:8: mapper osa_hcim does not read 'array'; take it out, or take 'mapper: weight_stationary'");
    rig_close(&r);
    demo_close(&d);
}
END_TEST

/* The macro of OSA-HCIM in digital mode, which has rows by output, takes what it takes with its own mapper. */
START_TEST(rows_by_output)
{
    struct demo d = demo_open();
    uint64_t cycles[2];

    for (int own = 0; own < 2; own++) {
        struct net_rig r;
        ck_assert_msg(open_changed(&r, &d, OSA, "mapper: osa_hcim\n", own ? "mapper: osa_hcim\n" :
                                   "mapper: weight_stationary\narray: { host: host, rows: $cols, cols: $hmu, w_bits: 8, a_bits: 8, pack: by_output, "
                                   "groups: apart }\n", own ? "osa_hcim" : "weight_stationary") == 0, "%s", r.h.text);
        ck_assert_int_eq(bl_job_run(r.job, r.s, BL_FOREVER, NULL, NULL), BL_END_STOPPED);
        ck_assert_uint_eq(bl_job_result(r.job)->mismatches, 0);
        cycles[own] = bl_job_result(r.job)->cycles_max;
        rig_close(&r);
    }
    ck_assert_uint_eq(cycles[0], cycles[1]);
    demo_close(&d);
}
END_TEST

Suite *suite_weight_stationary(void)
{
    Suite *s = suite_create("weight_stationary");
    TCase *tc = tcase_create("all");

    tcase_add_loop_test(tc, overrides_do_not_fit, 0, COUNT(wrong_sets));
    tcase_add_loop_test(tc, does_not_fit, 0, COUNT(wrong));
    tcase_add_loop_test(tc, units_do_not_fit, 0, COUNT(wrong_units));
    tcase_add_test(tc, crossed_wires);
    tcase_add_loop_test(tc, analog_that_loses_nothing, 0, COUNT(converters));
    tcase_add_loop_test(tc, analog_that_loses, 0, 2);
    tcase_add_loop_test(tc, exact_converters, 0, COUNT(lossy));
    tcase_add_test(tc, read_by_nobody);
    tcase_add_test(tc, rows_by_output);
    suite_add_tcase(s, tc);
    return s;
}
