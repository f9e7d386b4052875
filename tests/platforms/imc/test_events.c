/* test_events.c - prices of events times their counts are the energy of the cost model: of every shipped macro and of drawn ones, by the
 * equations and by blocks, with any rows and columns in use. */
#include "platforms/imc/events.h"
#include "platforms/imc/macro_file.h"
#include "platforms/net/draw.h"
#include "tests/rigs/command_rig.h"

#include "platforms/file/find.h"

#include <math.h>

Suite *suite_events(void);

#define CK_NEAR(got, want, share) ck_assert_msg(fabs((got) / (want) - 1) <= (share), "got %.17g, wanted %.17g", (double)(got), (double)(want))

static uint64_t pick(uint64_t *s, uint64_t lo, uint64_t hi) { return lo + bl_draw(5, (*s)++) % (hi - lo + 1); }

/* A macro at random. */
static struct bl_imc_macro drawn(uint64_t seed)
{
    uint64_t s = seed * 100;
    struct bl_imc_macro m = { .type = pick(&s, 0, 1) ? BL_IMC_DIMC : BL_IMC_AIMC, .d1 = pick(&s, 1, 100), .d2 = pick(&s, 1, 1500), .m = pick(&s, 1, 16),
                              .macros = pick(&s, 1, 8), .w_bits = pick(&s, 1, 8), .a_bits = pick(&s, 1, 8), .volts = (double)pick(&s, 40, 120) / 100,
                              .node = (double)pick(&s, 7, 65), .act = (double)pick(&s, 1, 10) / 10, .k3 = 44 };

    m.dac_bits = pick(&s, 1, m.a_bits);
    if (m.type == BL_IMC_AIMC) {
        m.adc_bits = pick(&s, 1, 12);
        m.array = pick(&s, 0, 3) ? BL_IMC_ARRAY : BL_IMC_LITERAL;
    }
    return m;
}

/* Of any rows and columns, in fJ and in whole yJ. */
static void ck_equations(const struct bl_imc_macro *m, uint64_t rows, uint64_t cols)
{
    struct bl_imc_event e[BL_IMC_EVENTS];
    const unsigned n = bl_imc_events(m, NULL, 0, e);
    const double steps = (double)bl_imc_event_steps(m), want = bl_imc_energy(m, (double)rows, (double)cols).total;
    double events = 0;

    ck_assert_uint_ge(n, 1);
    ck_assert_uint_le(n, BL_IMC_EVENTS);
    for (unsigned i = 0; i < n; i++)
        events += (double)bl_imc_event_count(m, &e[i], rows, cols);
    CK_NEAR(steps * bl_imc_step_energy(m, e, n, rows, cols), want, 1e-12);
    ck_assert(fabs(steps * (double)bl_imc_step_yj(m, e, n, rows, cols) * 1e-9 - want) <= steps * events * 0.5e-9 + 1e-12 * want);
}

START_TEST(equations)
{
    for (uint64_t seed = 0; seed < 300; seed++) {
        const struct bl_imc_macro m = drawn(seed);
        ck_equations(&m, m.d2, m.d1);
        ck_equations(&m, 1 + seed % m.d2, 1 + seed * 7 % m.d1);
        ck_equations(&m, 1, 1);
    }
}
END_TEST

/* By blocks: those of the structure, and those of the chips. */
static void ck_blocks(const struct bl_imc_macro *m, const struct bl_imc_block *b, unsigned nb)
{
    struct bl_imc_event e[BL_IMC_EVENTS];
    const unsigned n = bl_imc_events(m, b, nb, e);

    CK_NEAR((double)bl_imc_event_steps(m) * bl_imc_step_energy(m, e, n, m->d2, m->d1), bl_imc_cost(m, b, nb).gates, 1e-12);
    ck_assert(bl_imc_step_energy(m, e, n, m->d2, 1) <= bl_imc_step_energy(m, e, n, m->d2, m->d1));
}

START_TEST(gates)
{
    for (uint64_t seed = 0; seed < 300; seed++) {
        struct bl_imc_macro m = drawn(seed);
        m.model = BL_IMC_GATES;
        m.passes = (double)(seed % 3);
        ck_blocks(&m, NULL, 0);
    }
}
END_TEST

/* As they are, what an MVM costs by its events is what `bitline cost` says; rounding to yJ loses less than 1e-8 of it. */
START_TEST(shipped)
{
    struct bl_found *f;
    struct heard h;
    const size_t n = bl_find_all(BL_FILE_MACRO, &f);

    ck_assert_uint_ge(n, 11);
    for (size_t i = 0; i < n; i++) {
        struct bl_imc_file macro;
        struct bl_imc_event e[BL_IMC_EVENTS];
        char *text = content(f[i].path);
        ck_assert_int_eq(bl_imc_file_read(&macro, f[i].path, text, strlen(text), (struct bl_words){ NULL, 0 }, heard_start(&h)), 0);
        const struct bl_imc_macro *m = &macro.macro;
        const struct bl_imc_cost c = bl_imc_cost(m, macro.blocks, macro.nblocks);
        const unsigned k = bl_imc_events(m, macro.blocks, macro.nblocks, e);
        const double steps = (double)bl_imc_event_steps(m), want = m->model == BL_IMC_GATES ? c.gates : c.eq.total;
        CK_NEAR(steps * bl_imc_step_energy(m, e, k, m->d2, m->d1), want, 1e-12);
        CK_NEAR(steps * (double)bl_imc_step_yj(m, e, k, m->d2, m->d1) * 1e-9, want, 1e-8);
        bl_imc_file_fini(&macro);
        free(text);
    }
    bl_found_list_fini(f, n);
}
END_TEST

/* Steps of the chip that its description gives are those of the machine, with more bits in each. */
START_TEST(steps)
{
    struct bl_imc_macro m = { .a_bits = 8, .dac_bits = 3, .steps = 2 };

    ck_assert_uint_eq(bl_imc_event_steps(&m), 3);
    ck_assert_uint_eq(bl_imc_event_bits(&m), 3);
    m.model = BL_IMC_GATES;
    ck_assert_uint_eq(bl_imc_event_steps(&m), 2);
    ck_assert_uint_eq(bl_imc_event_bits(&m), 4);
}
END_TEST

/* Selecting all rows costs what the equations say of it. */
START_TEST(writing)
{
    for (uint64_t seed = 0; seed < 100; seed++) {
        const struct bl_imc_macro m = drawn(seed);
        if (m.type == BL_IMC_DIMC)
            CK_NEAR(bl_imc_write_event(&m).price * (double)(m.d1 * m.d2 * m.w_bits), bl_imc_energy(&m, (double)m.d2, (double)m.d1).select, 1e-12);
    }
}
END_TEST

Suite *suite_events(void)
{
    Suite *s = suite_create("events");
    TCase *tc = tcase_create("all");

    tcase_add_test(tc, equations);
    tcase_add_test(tc, gates);
    tcase_add_test(tc, shipped);
    tcase_add_test(tc, steps);
    tcase_add_test(tc, writing);
    suite_add_tcase(s, tc);
    return s;
}
