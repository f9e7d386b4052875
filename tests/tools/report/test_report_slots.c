/* test_report_slots.c - slots.c: the slots of macros in a report, their sums, the table and its width; counts beyond 2^63; reports without. */
#include "platforms/job/setup.h"
#include "tests/rigs/heard.h"
#include "tools/report/slots.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const char *const kinds[] = { "useful", "underfilled_rows", "underfilled_columns", "starved", "weight_load", "blocked", "fill_drain", "finished" };

/* Digits of a count, whether it is a number or a text. */
static bl_slot_count count_of(const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);
    bl_slot_count n = 0;

    if (json_is_integer(v))
        return (bl_slot_count)json_integer_value(v);
    ck_assert_msg(json_is_string(v), "%s is no count", key);
    for (const char *c = json_string_value(v); *c; c++)
        n = 10 * n + (bl_slot_count)(*c - '0');
    return n;
}

/* Each row adds up, and the layers to the run. */
START_TEST(rows_add_up)
{
    static const char *const platform[] = { "imagine", "imc_buffer" };
    struct bl_setup_opts so = { .platform = platform[_i], .images = { true, _i ? 1 : 3 } };
    struct heard h;
    struct bl_setup *u = bl_setup_open(&so, heard_start(&h));
    bl_slot_count layers = 0, all;
    json_t *run;

    ck_assert_msg(u != NULL, "%s", h.text);
    ck_assert_int_eq(bl_setup_run(u, BL_FOREVER, NULL, NULL), BL_END_STOPPED);
    const struct bl_result *r = bl_job_result(u->job);
    for (uint32_t i = 0; i <= r->nlayers; i++) {
        json_t *rows = i < r->nlayers ? bl_j_of_slots(u->sim, r->layers[i].slots) : bl_j_of_all_slots(u->sim);
        const json_t *row = json_array_get(rows, 0);
        bl_slot_count sum = 0;
        ck_assert_uint_eq(json_array_size(rows), 1);
        for (int k = 0; k < 8; k++)
            sum += count_of(row, kinds[k]);
        ck_assert_msg(sum == count_of(row, "slots"), "row %u does not add up", i);
        layers += i < r->nlayers ? sum : 0;
        json_decref(rows);
    }
    run = bl_j_of_all_slots(u->sim);
    all = count_of(json_array_get(run, 0), "slots");
    ck_assert(all == layers);
    ck_assert_str_eq(json_string_value(json_object_get(json_array_get(run, 0), "unit")), _i ? "cycles" : "fs");
    ck_assert(_i || json_is_string(json_object_get(json_array_get(run, 0), "slots")));       /* 1152 x 256 x the fs of 44 ms are more than 2^63 */
    json_decref(run);
    bl_setup_close(u);
}
END_TEST

static const char report[] = "{'layers': [ {'name': 'conv1', 'slots': [ {'class': 'mac', 'macros': 2, 'rows': 4, 'columns': 8, 'unit': 'cycles', 'slots': 6400, 'useful': 3200, "
    "'underfilled_rows': 64, 'underfilled_columns': 64, 'starved': 640, 'weight_load': 1280, 'blocked': 832, 'fill_drain': 320, 'finished': 0} ]}, {'name': 'pool', 'slots': []} ],"
    " 'slots': [ {'class': 'mac', 'macros': 2, 'rows': 4, 'columns': 8, 'unit': 'cycles', 'slots': '20000000000000000000', 'useful': '10000000000000000000', "
    "'underfilled_rows': 0, 'underfilled_columns': 0, 'starved': 5000000000000000000, 'weight_load': 5000000000000000000, 'blocked': 0, 'fill_drain': 0, 'finished': 0} ]}";

static size_t widest;
static void measure(FILE *out, const char *line) { (void)out; widest = strlen(line) > widest ? strlen(line) : widest; }

START_TEST(the_table)
{
    static const char *const want[2][9] = { { "conv1", "50.0", "1.0", "1.0", "10.0", "20.0", "13.0", "5.0", "0.0" },
                                            { "(the run)", "50.0", "0.0", "0.0", "25.0", "25.0", "0.0", "0.0", "0.0" } };
    char *text = strdup(report);
    struct bl_table t;

    for (char *c = text; (c = strchr(c, '\'')); )
        *c = '"';
    json_t *r = json_loads(text, 0, NULL);
    ck_assert_ptr_nonnull(r);
    bl_fill_slots(r, &t);
    ck_assert_uint_eq(bl_table_rows(&t), 2);
    for (size_t i = 0; i < 18; i++)
        ck_assert_str_eq(t.cell[i], want[i / 9][i % 9]);
    bl_notes_slots(r, measure, NULL);
    ck_assert_uint_gt(widest, 0);
    ck_assert_uint_le(widest, 78);               /* two blanks in front */
    bl_table_fini(&t);
    json_decref(r);
    r = json_pack("{s:[{s:s}]}", "layers", "name", "conv1");      /* of a program before */
    bl_fill_slots(r, &t);
    ck_assert_uint_eq(bl_table_rows(&t), 0);
    bl_table_fini(&t);
    json_decref(r);
    free(text);
}
END_TEST

Suite *suite_report_slots(void);
Suite *suite_report_slots(void)
{
    Suite *s = suite_create("report_slots");
    TCase *c = tcase_create("report_slots");

    tcase_add_loop_test(c, rows_add_up, 0, 2);
    tcase_add_test(c, the_table);
    suite_add_tcase(s, c);
    return s;
}
