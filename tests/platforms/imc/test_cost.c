/* test_cost.c - the equations one by one, the blocks of gates, structures against the figures of zigzag, and what cannot be built. */
#include "platforms/imc/cost.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define COUNT(a) ((int)(sizeof(a) / sizeof(a)[0]))
#define CK_NEAR(got, want, share) ck_assert_msg(fabs((got) / (want) - 1) <= (share), "got %.9g, wanted %.9g", (double)(got), (double)(want))

static const struct bl_imc_macro analog = { .type = BL_IMC_AIMC, .d1 = 128, .d2 = 128, .m = 1, .macros = 1, .w_bits = 8, .a_bits = 8, .dac_bits = 2,
                                            .adc_bits = 8, .clipped = 1, .volts = 0.9, .node = 28, .act = 0.5, .k3 = 50 };
static const struct bl_imc_macro digital = { .type = BL_IMC_DIMC, .d1 = 128, .d2 = 128, .m = 1, .macros = 1, .w_bits = 8, .a_bits = 8, .dac_bits = 1,
                                             .volts = 0.9, .node = 28, .act = 0.5, .k3 = 50 };

/* Eq. (10) as a sum: level by level, N / 2^n adders, each one bit wider than those before. */
static double adders_by_level(uint64_t n, uint64_t b)
{
    double sum = 0;

    for (uint64_t level = 1; n >> level; level++)
        sum += (double)((b + level - 1) * (n >> level));
    return sum;
}

START_TEST(full_adders)
{
    int cases = 0;

    for (uint64_t levels = 1; levels <= 10; levels++)
        for (uint64_t b = 1; b <= 8; b++, cases++) {
            uint64_t n = UINT64_C(1) << levels;
            ck_assert_double_eq(bl_imc_full_adders(n, b), adders_by_level(n, b));
            ck_assert_double_eq(bl_imc_full_adders_printed(n, b) - bl_imc_full_adders(n, b), 2 * (double)levels);
        }
    ck_assert_int_eq(cases, 80);
    ck_assert_double_eq(bl_imc_full_adders(256, 4), 1267);
    ck_assert_double_eq(bl_imc_full_adders(1024, 8), 9197);
}
END_TEST

static const struct { uint64_t bits; double energy, area, slow; } ADC[] = {    /* fJ at 1 V, um2, ns at 1152 rows */
    { 3, 300.064, 99.6, 0 }, { 4, 400.256, 183.0, 32.65 }, { 5, 501.024, 336.2, 0 }, { 6, 604.096, 617.7, 0 }, { 7, 716.384, 1134.8, 0 },
    { 8, 865.536, 2084.7, 65.30 }, { 10, 2048.576, 7035.6, 0 }, { 12, 17977.216, 2048, 0 },
};

START_TEST(converters)
{
    CK_NEAR(bl_imc_adc_energy(ADC[_i].bits, 1), ADC[_i].energy, 1e-9);
    CK_NEAR(bl_imc_adc_area(ADC[_i].bits), ADC[_i].area, 5e-4);
    if (ADC[_i].slow > 0)
        CK_NEAR(bl_imc_adc_delay(ADC[_i].bits, 1152), ADC[_i].slow, 2e-4);
}
END_TEST

/* zigzag's own golden values of its two 128 x 128 examples; the older program differs in the clock alone. */
static const struct { const struct bl_imc_macro *m; enum bl_imc_variant variant; double area, clock; } ZIGZAG[] = {
    { &analog, BL_IMC_ZIGZAG, 2.2878123152749223, 14.07244 }, { &analog, BL_IMC_ZIGZAG_IMC, 2.2878123152749223, 14.93284 },
    { &digital, BL_IMC_ZIGZAG, 0.8018113023999999, 3.75708 }, { &digital, BL_IMC_ZIGZAG_IMC, 0.8018113023999999, 3.85268 },
};

START_TEST(structures)
{
    struct bl_imc_macro m = *ZIGZAG[_i].m;
    struct bl_imc_cost c;

    m.variant = ZIGZAG[_i].variant;
    c = bl_imc_cost(&m, NULL, 0);
    CK_NEAR(c.area, ZIGZAG[_i].area, 1e-6);
    CK_NEAR(c.clock, ZIGZAG[_i].clock, 1e-6);
    CK_NEAR(c.tops, 2 * 128 * 128 / (c.clock * bl_imc_steps(&m)) * 1e-3, 1e-12);
    CK_NEAR(c.tops_mm2, c.tops / c.area, 1e-12);
}
END_TEST

static double area_of(const struct bl_imc_macro *m, const char *what)
{
    struct bl_imc_block b[BL_IMC_BLOCKS];
    unsigned n = bl_imc_structure(m, b);
    double area = 0;

    for (unsigned i = 0; i < n; i++)
        area += strncmp(b[i].what, what, strlen(what)) ? 0 : bl_imc_block_cost(m, &b[i]).area;
    return area;
}

START_TEST(areas)
{
    static const struct { const struct bl_imc_macro *m; const char *what; double mm2; } want[] = {
        { &analog, "ADCs", 2.1347 }, { &analog, "multipliers", 0.0805 }, { &analog, "place adders", 0.0466 }, { &analog, "accumulator", 0.0260 },
        { &digital, "adder trees", 0.6964 }, { &digital, "multipliers", 0.0805 }, { &digital, "accumulator", 0.0249 } };

    for (int i = 0; i < COUNT(want); i++)
        CK_NEAR(area_of(want[i].m, want[i].what), want[i].mm2, 3e-3);
}
END_TEST

/* A row of blocks: fJ a pass at 0.9 V, um2. */
START_TEST(one_block)
{
    static const struct { struct bl_imc_block b; double energy, area; } want[] = {
        { { .kind = BL_IMC_ADDERS, .in = BL_IMC_IN_ALL, .count = 1, .act = 1, .bits = 1 }, 3.402, 4.7892 },
        { { .kind = BL_IMC_DACS, .in = BL_IMC_IN_ALL, .count = 2, .act = 1, .bits = 4 }, 2 * 50 * 4 * 0.9 * 0.9, 0 },       /* Eq. (11) */
        { { .kind = BL_IMC_DACS, .in = BL_IMC_IN_ALL, .count = 2, .act = 1, .bits = 1 }, 0, 0 },                            /* a driver */
        { { .kind = BL_IMC_REGISTERS, .in = BL_IMC_IN_ALL, .count = 1, .act = 1, .bits = 1 }, 1.701, 3.684 },
        { { .kind = BL_IMC_MULTIPLIERS, .in = BL_IMC_IN_ALL, .count = 1, .act = 1, .bits = 1 }, 0.2835, 0.614 },
        { { .kind = BL_IMC_MULTIPLIERS, .in = BL_IMC_IN_AREA, .count = 3, .act = 1, .bits = 2 }, 0, 3.684 },
        { { .kind = BL_IMC_TREES, .in = BL_IMC_IN_ENERGY, .count = 2, .act = 0.25, .bits = 4, .inputs = 32 }, 3.402 * 150 / 2, 0 } };

    for (int i = 0; i < COUNT(want); i++) {
        struct bl_imc_block_cost c = bl_imc_block_cost(&digital, &want[i].b);
        ck_assert_double_eq_tol(c.energy, want[i].energy, 1e-9);
        ck_assert_double_eq_tol(c.area, 1e-6 * want[i].area, 1e-15);
        ck_assert_double_eq(c.delay, 0);
    }
}
END_TEST

/* A pipeline is as slow as its slowest stage, a pass more makes every stage longer, and the node scales gates but no converter. */
START_TEST(stages)
{
    struct bl_imc_block b[] = { { .kind = BL_IMC_MULTIPLIERS, .in = 7, .count = 1, .act = 1, .bits = 1, .stage = 1 },
                                { .kind = BL_IMC_ADDERS, .in = 7, .count = 1, .act = 1, .bits = 1, .stage = 2, .sums = 1, .couts = 1, .carries = 1 },
                                { .kind = BL_IMC_ADCS, .in = 1, .count = 1, .act = 1, .bits = 8, .inputs = 64, .stage = 2 } };
    struct bl_imc_macro m = digital;
    struct bl_imc_cost c = bl_imc_cost(&m, b, 3), at22;

    CK_NEAR(c.clock, 0.22944 + 0.21032 + 0.0956, 1e-9);
    m.passes = 2;
    CK_NEAR(bl_imc_cost(&m, b, 3).clock, 2 * c.clock, 1e-12);
    CK_NEAR(bl_imc_cost(&m, b, 3).gates, 2 * c.gates, 1e-12);
    m.passes = 1;
    m.node = 22;
    at22 = bl_imc_cost(&m, b, 3);
    double adc = 8 * bl_imc_adc_energy(8, 0.9);
    CK_NEAR(at22.gates - adc, (c.gates - adc) * 22 / 28, 1e-9);
}
END_TEST

/* Half the rows and columns: converters and trees go with what is used, lines with the whole array. */
START_TEST(partly_used)
{
    struct bl_imc_energy all = bl_imc_energy(&analog, 128, 128), half = bl_imc_energy(&analog, 64, 32);

    CK_NEAR(half.adc, all.adc / 4, 1e-12);
    CK_NEAR(half.tree, all.tree / 4, 1e-12);
    CK_NEAR(half.dac, all.dac / 2, 1e-12);
    CK_NEAR(half.wl, all.wl / 2, 1e-12);
    CK_NEAR(half.bl, all.bl / 4, 1e-12);
    CK_NEAR(all.dac, 50 * 2 * 0.81 * 128 * 4, 1e-12);
    ck_assert_double_eq(all.logic + all.select, 0);
    all = bl_imc_energy(&digital, 128, 128);
    half = bl_imc_energy(&digital, 64, 32);
    CK_NEAR(half.tree, all.tree / 8, 1e-12);
    CK_NEAR(half.logic, all.logic / 8, 1e-12);
    ck_assert_double_eq(all.wl + all.bl + all.adc + all.dac, 0);
    CK_NEAR(all.select, 2 * 0.35 * 0.81 * 8 * 128 * 128 * 0.5, 1e-12);
}
END_TEST

START_TEST(constants)
{
    for (int i = 0; i < BL_IMC_CONSTANTS; i++) {
        const struct bl_imc_constant *c = &bl_imc_constants[i];
        ck_assert_msg(c->name && c->unit && *c->use && *c->source, "constant %d", i);
        ck_assert_msg(c->value > 0 || i == BL_IMC_ADC_SLOPE, "%s is %g", c->name, c->value);
        for (int k = 0; k < i; k++)
            ck_assert_str_ne(c->name, bl_imc_constants[k].name);
    }
    CK_NEAR(bl_imc_c_inv(22), 0.275, 1e-12);
    ck_assert_uint_eq(bl_imc_pad(48), 64);
    ck_assert_uint_eq(bl_imc_pad(64), 64);
    ck_assert_uint_eq(bl_imc_log2(64), 6);
}
END_TEST

/* ---- what cannot be */

static char heard[512];

static void told(void *ctx, const char *key, const char *text)
{
    size_t n = strlen(heard);

    (void)ctx;
    snprintf(heard + n, sizeof heard - n, "%s: %s\n", key, text);
}

static unsigned check_of(struct bl_imc_macro m)
{
    heard[0] = '\0';
    return bl_imc_check(&m, told, NULL);
}

START_TEST(impossible)
{
    struct bl_imc_macro m = analog;

    ck_assert_uint_eq(check_of(analog), 0);
    ck_assert_uint_eq(check_of(digital), 0);
    m.clipped = 0;
    m.dac_bits = 9;
    ck_assert_uint_eq(check_of(m), 2);
    ck_assert_ptr_nonnull(strstr(heard, "dac_bits: dac_bits is 9, but an input has a_bits = 8; take 1 to 8\n"));
    ck_assert_ptr_nonnull(strstr(heard, "adc_bits: adc_bits is 8, but a column sums up to 65408, which needs 16; take 16, or "));
    m = analog;
    m.adc_bits = 9;                              /* 128 x 3 = 384 */
    ck_assert_uint_eq(check_of(m), 1);
    ck_assert_ptr_nonnull(strstr(heard, "but 9 bits hold a column's largest sum, 384; take 'full', or at most 8 bits"));
    m.clipped = 0;
    ck_assert_uint_eq(check_of(m), 0);
    m.adc_bits = 0;
    ck_assert_uint_eq(check_of(m), 1);
    ck_assert_ptr_nonnull(strstr(heard, "type: an aimc macro needs 'adc_bits'; 9 would hold"));
    m = digital;
    m.adc_bits = 4;
    m.array = BL_IMC_LITERAL;
    ck_assert_uint_eq(check_of(m), 2);
}
END_TEST

Suite *suite_cost(void);
Suite *suite_cost(void)
{
    Suite *s = suite_create("cost");
    TCase *tc = tcase_create("all");

    tcase_add_test(tc, full_adders);
    tcase_add_loop_test(tc, converters, 0, COUNT(ADC));
    tcase_add_loop_test(tc, structures, 0, COUNT(ZIGZAG));
    tcase_add_test(tc, areas);
    tcase_add_test(tc, one_block);
    tcase_add_test(tc, stages);
    tcase_add_test(tc, partly_used);
    tcase_add_test(tc, constants);
    tcase_add_test(tc, impossible);
    suite_add_tcase(s, tc);
    return s;
}
