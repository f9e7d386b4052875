/* test_slots_account.c - the slots of the shipped machines: each layer has all of rows x columns x its cycles, and what its parts count by themselves
 * agrees: cells by tallies, cycles of operations by tallies, the cut of the net into tiles. */
#include "kernel/model.h"
#include "platforms/job/setup.h"
#include "tests/rigs/heard.h"

#include <check.h>

#include <stdlib.h>

static struct heard h;

static struct bl_setup *ran(const char *platform, const char *set, uint32_t images)
{
    const char *const sets[] = { set };
    struct bl_setup_opts o = { .platform = platform, .set = { sets, set != NULL }, .images = { images > 0, images } };
    struct bl_setup *u = bl_setup_open(&o, heard_start(&h));

    ck_assert_msg(u != NULL, "%s", h.text);
    ck_assert_int_eq(bl_setup_run(u, BL_FOREVER, NULL, NULL), BL_END_STOPPED);
    return u;
}

/* Numbers of all macros added up, of a layer (NULL: the run), as slots; the time of all in an operation, in their own units, in *used. */
static void slots_of(struct bl_setup *u, const uint64_t *layer, bl_slot_count all[BL_SLOT_KINDS], uint64_t *used)
{
    const size_t n = bl_slots_macros(u->sim);
    uint64_t *v = calloc(n, BL_SLOT_NUMBERS * sizeof *v);

    if (!layer)
        bl_slots_total(u->sim, v);
    memset(all, 0, BL_SLOT_KINDS * sizeof *all);
    *used = 0;
    for (size_t i = 0; i < n; i++) {
        struct bl_slots_row row;
        bl_slot_count one[BL_SLOT_KINDS];
        const uint64_t *at = (layer ? layer : v) + i * BL_SLOT_NUMBERS;
        bl_slots_at(u->sim, i, &row);
        bl_slots_of(&row, at, one);
        *used += at[0];
        for (int k = 0; k < BL_SLOT_KINDS; k++)
            all[k] += one[k];
    }
    free(v);
}

static bl_slot_count sum_of(const bl_slot_count all[BL_SLOT_KINDS])
{
    bl_slot_count sum = 0;

    for (int k = 0; k < BL_SLOT_KINDS; k++)
        sum += all[k];
    return sum;
}

static uint64_t tally(struct bl_setup *u, const char *cls, const char *name)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < bl_part_count(u->sim); i++) {
        struct bl_part_row p;
        bl_part_at(u->sim, i, &p);
        for (uint32_t k = 0; p.cls && !strcmp(p.cls, cls) && k < p.tallies; k++) {
            struct bl_tally_row t;
            bl_tally_at(u->sim, i, k, &t);
            sum += strcmp(t.name, name) ? 0 : t.count;
        }
    }
    return sum;
}

/* ---- all machines: nothing is lost, in no layer ---- */

static const struct { const char *platform, *set; uint32_t images; uint64_t macros, rows, columns; bool layers; } machines[] = {
    { "osa_hcim", NULL, 2, 1, 8, 144, true }, { "osa_hcim", "controller.mode=digital", 1, 1, 8, 144, true }, { "osa_hcim_dual", NULL, 1, 1, 8, 144, true },
    { "imagine", NULL, 2, 1, 1152, 256, true }, { "bf_imna", NULL, 1, 64, 307200, 72, true }, { "bf_imna_ir", NULL, 1, 1, 1920000000, 72, true },
    { "ap", NULL, 0, 1, 4800, 64, false }, { "bf_imna_mesh", NULL, 0, 8, 4800, 64, false }, { "db_pim", NULL, 1, 32, 16, 16, true },
    { "imc", NULL, 2, 1, 64, 64, true }, { "imc_analog", NULL, 1, 1, 64, 64, true }, { "imc_sets", NULL, 1, 1, 64, 64, true },
    { "imc_buffer", NULL, 1, 2, 64, 64, true }, { "chip", NULL, 1, 32, 64, 64, false },
};

START_TEST(every_slot_is_somewhere)
{
    struct bl_setup *u = ran(machines[_i].platform, machines[_i].set, machines[_i].images);
    const struct bl_result *r = bl_job_result(u->job);
    bl_slot_count all[BL_SLOT_KINDS], layers = 0;
    struct bl_slots_row row;
    uint64_t used;

    ck_assert_msg(bl_slots_check(u->sim) == 0, "%s", h.text);
    ck_assert_uint_eq(bl_slots_macros(u->sim), machines[_i].macros);
    bl_slots_at(u->sim, 0, &row);
    ck_assert_uint_eq(row.rows, machines[_i].rows);
    ck_assert_uint_eq(row.cols, machines[_i].columns);
    slots_of(u, NULL, all, &used);
    ck_assert(used > 0 && all[BL_SLOT_USEFUL] > 0);
    for (uint32_t i = 0; r && i < r->nlayers; i++) {
        bl_slot_count one[BL_SLOT_KINDS];
        ck_assert_int_eq(r->layers[i].nslots > 0, machines[_i].layers);
        if (!r->layers[i].nslots)
            continue;
        slots_of(u, r->layers[i].slots, one, &used);
        ck_assert_msg(!r->layers[i].on_array || one[BL_SLOT_USEFUL] > 0, "%s: no cell is at work in layer %s", machines[_i].platform, r->layers[i].name);
        ck_assert_msg(row.clock == NULL || sum_of(one) == (bl_slot_count)machines[_i].macros * row.rows * row.cols * r->layers[i].cycles, "%s: layer %s", machines[_i].platform, r->layers[i].name);
        layers += sum_of(one);
    }
    ck_assert(!machines[_i].layers || layers == sum_of(all));
    bl_setup_close(u);
}
END_TEST

/* ---- what others count ---- */

START_TEST(cells_by_the_tally)
{
    static const char *const platform[] = { "imc", "imc_sets", "imc_analog" };
    struct bl_setup *u = ran(platform[_i], NULL, 1);
    bl_slot_count all[BL_SLOT_KINDS];
    uint64_t used;

    slots_of(u, NULL, all, &used);
    ck_assert(all[BL_SLOT_USEFUL] * 8 == tally(u, "imc_array", "mac"));          /* cells of a weight */
    ck_assert_uint_eq(used, tally(u, "imc_array", "access"));
    bl_setup_close(u);
}
END_TEST

START_TEST(operations_by_the_tally)
{
    struct bl_setup *u = ran("db_pim", NULL, 1);
    bl_slot_count all[BL_SLOT_KINDS];
    uint64_t used;

    slots_of(u, NULL, all, &used);
    ck_assert_uint_eq(used, tally(u, "db_pim_array", "access"));
    ck_assert(all[BL_SLOT_USEFUL] >= tally(u, "db_pim_array", "product"));       /* inputs of 1 lie among the cells in use */
    bl_setup_close(u);
}
END_TEST

/* Digital only: the array is at work in the cycles of 6 ns that its eight HMUs are charged for. conv1 has 9 products of 144 and 8 outputs; fc 10
 * outputs in two tiles, so 5 of 8. */
START_TEST(osa_hcim_by_its_tiles)
{
    struct bl_setup *u = ran("osa_hcim", "controller.mode=digital", 1);
    const struct bl_result *r = bl_job_result(u->job);
    bl_slot_count all[BL_SLOT_KINDS];
    uint64_t used;

    slots_of(u, NULL, all, &used);
    ck_assert_uint_eq(used, tally(u, "hcima_array", "dcim") / 8 * 6 * BL_NS);
    slots_of(u, r->layers[0].slots, all, &used);
    ck_assert(all[BL_SLOT_USEFUL] == (bl_slot_count)used * 8 * 9 && all[BL_SLOT_ROWS] == 0 && all[BL_SLOT_COLUMNS] == (bl_slot_count)used * 8 * (144 - 9));
    const struct bl_layer_result *fc = &r->layers[r->nlayers - 1];
    slots_of(u, fc->slots, all, &used);
    ck_assert(all[BL_SLOT_ROWS] * 8 == (all[BL_SLOT_USEFUL] + all[BL_SLOT_ROWS]) * 3);
    bl_setup_close(u);
}
END_TEST

Suite *suite_slots_account(void);
Suite *suite_slots_account(void)
{
    Suite *s = suite_create("slots_account");
    TCase *c = tcase_create("slots_account");

    tcase_set_timeout(c, 60);
    tcase_add_loop_test(c, every_slot_is_somewhere, 0, (int)(sizeof machines / sizeof *machines));
    tcase_add_loop_test(c, cells_by_the_tally, 0, 3);
    tcase_add_test(c, operations_by_the_tally);
    tcase_add_test(c, osa_hcim_by_its_tiles);
    suite_add_tcase(s, c);
    return s;
}
