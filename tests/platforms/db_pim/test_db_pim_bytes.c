/* test_db_pim_bytes.c - DB-PIM from the command line: the same bytes shuffled, with nobody asleep, by several processes and from a snapshot; no race;
 * its presets; the listing of its instructions; what each reason to stand still leaves in verdicts, counts and figures. */
#include "tests/rigs/command_rig.h"
#include "tools/report/report.h"
#include "tests/rigs/effort.h"

#include <string.h>

Suite *suite_db_pim_bytes(void);

static void same(const char *a, const char *b)
{
    char *x = content(a), *y = content(b);

    ck_assert_msg(!strcmp(x, y), "%s and %s differ", a, b);
    free(x);
    free(y);
}

/* ---- the same bytes ---- */

static const char *const ways[][3] = { { "--shuffle", "5" }, { "--no-nap", "-q" }, { "-j", "2" } };

START_TEST(bytes)
{
    char a[NAME], b[NAME];
    struct heard h;

    scratch("a.json", a);
    scratch("b.json", b);
    ck_assert_int_eq(program(&h, NULL, "run", "db_pim", "--images", "2", "-q", "--report", "json", "-o", a, NULL), BL_DONE);
    ck_assert_int_eq(program(&h, NULL, "run", "db_pim", "--images", "2", "-q", "--report", "json", "-o", b, ways[_i][0], ways[_i][1], NULL), BL_DONE);
    same(a, b);
}
END_TEST

START_TEST(snapshots)
{
    static const char *const when[] = { "30 ns", "2 us", "9 us", "13 us" };
    char a[NAME], b[NAME], snap[NAME];
    struct heard h;

    scratch("a.json", a);
    scratch("b.json", b);
    scratch("s.snap", snap);
    ck_assert_int_eq(program(&h, NULL, "run", "db_pim", "--images", "2", "-q", "--set", "double_load=1", "--save-at", when[_i], snap, "--report", "json", "-o", a, NULL), BL_DONE);
    ck_assert_int_eq(program(&h, NULL, "run", "db_pim", "--images", "2", "-q", "--set", "double_load=1", "--restore", snap, "--report", "json", "-o", b, NULL), BL_DONE);
    same(a, b);
}
END_TEST

START_TEST(races)
{
    struct heard h;

    ck_assert_int_eq(program(&h, NULL, "run", "db_pim", "--images", "1", "-q", "--until", "2 us", "--races", "2", NULL), BL_DONE);
}
END_TEST

/* ---- what holds the cores up ---- */

/* A setting, and the text of the report that it must lead to. */
static const struct { const char *platform, *set, *says[2], *net; } stalls[] = {
    { "db_pim", "input_skip=0", { "network", "stall_feed" }, NULL },            /* rows are slower than windows */
    { "db_pim", "psum_port=8", { "psums", "port" }, NULL },
    { "db_pim", "load_bus=1", { "top", "load_late" }, NULL },
    { "db_pim", "simd_lanes=1", { "top", "simd_late" }, "mlperftiny_kws_dscnn" },      /* depthwise layers */
    { "db_pim", "chip.top.fetch_bits=1", { "top", "inst_fetch" }, NULL },
    { "db_pim_paper_C", "chip.row_cycles=40", { "network", "stall_rest" }, NULL },
};

START_TEST(held_up)
{
    char out[NAME];
    struct heard h;

    scratch("out.txt", out);
    ck_assert_int_eq(program(&h, out, "run", stalls[_i].platform, "--images", "1", "--set", stalls[_i].set, "--net",
                             stalls[_i].net ? stalls[_i].net : "fashion_cnn", NULL), BL_DONE);
    char *text = content(out);
    for (int k = 0; k < 2; k++)
        ck_assert_msg(strstr(text, stalls[_i].says[k]) != NULL, "no %s in the report", stalls[_i].says[k]);
    free(text);
}
END_TEST

/* Too short for the text view, which leaves out what rounds to 0.0 %. */
START_TEST(held_by_writes)
{
    char out[NAME];
    struct heard h;
    json_t *part, *v;
    size_t i, k;
    json_int_t spent = 0;

    ck_assert_int_eq(program(&h, NULL, "run", "db_pim", "--images", "1", "--set", "chip.core[*].array[*].write_cycles=4", "--net", "fashion_cnn", "--report", "json", "-o", scratch("out.json", out),
                             NULL), BL_DONE);
    json_t *report = bl_report_read(out, heard_start(&h));
    json_array_foreach(json_object_get(report, "parts"), i, part)
        json_array_foreach(json_object_get(part, "verdicts"), k, v)
            if (strstr(bl_j_text(part, "path"), ".array[") && !strcmp(bl_j_text(v, "name"), "writing"))
                spent += json_integer_value(json_object_get(v, "spent"));
    ck_assert_int_gt(spent, 0);
    json_decref(report);
}
END_TEST

static const char *const presets[] = { "db_pim", "db_pim_ideal", "db_pim_paper_C", "db_pim_paper_D" };
static const char *const figures[] = { "row_steps", "columns", "zero_columns", "u_act", "row_fill", "column_fill", "position_fill", "core_balance", "cycles_fill",
                                       "cycles_load", "cycles_pass", "cycles_simd" };

START_TEST(preset)
{
    char out[NAME];
    struct heard h;

    scratch("out.txt", out);
    ck_assert_int_eq(program(&h, out, "run", presets[_i], "--images", "1", NULL), BL_DONE);
    char *text = content(out);
    for (int k = 0; k < COUNT(figures); k++)
        ck_assert_msg(strstr(text, figures[k]) != NULL, "no %s in the report", figures[k]);
    ck_assert_msg((strstr(text, "calibrated") != NULL), "nothing is called calibrated");
    ck_assert_msg((strstr(text, "not to be quoted as a prediction") != NULL) == (_i == 2), "preset C says that it is calibrated");
    free(text);
}
END_TEST

/* ---- the listing ---- */

START_TEST(listing)
{
    char out[NAME];
    struct heard h;

    scratch("out.txt", out);
    ck_assert_int_eq(program(&h, out, "net", "fashion_cnn", "--on", "db_pim", "--as", "asm", NULL), BL_DONE);
    char *text = content(out);
    ck_assert(strstr(text, "; conv1: binary, 1 tiles, 1 bands, 49 row steps\n     0  1000000000000000  fill  pixels 0..783, 1 bytes each\n"));
    ck_assert(strstr(text, "run   positions 0..48, windows of K 0.., 9 of them, set 0\n"));
    ck_assert(strstr(text, "; flatten: SIMD core\n"));
    free(text);
    /* 196 positions of 16 sums are more than 2048: ten rows of fourteen, then four. */
    ck_assert_int_eq(program(&h, out, "net", "fashion_cnn", "--on", "db_pim", "--set", "chip.psums.bytes=8960", "--as", "asm", NULL), BL_DONE);
    text = content(out);
    ck_assert(strstr(text, "; conv1: binary, 2 tiles, 2 bands, 49 row steps\n"));
    ck_assert(strstr(text, "acc   140 positions of 16 sums at 0, cores ff, first ff\n") && strstr(text, "acc   56 positions of 16 sums at 0, cores ff, first ff\n"));
    free(text);
    ck_assert_int_eq(program(&h, NULL, "net", "fashion_cnn", "--on", "imc", "--as", "asm", NULL), BL_REFUSED);
    ck_assert_str_eq(h.text, "--as asm: mapper weight_stationary makes no instructions; expected text, csv or json");
    ck_assert_int_eq(program(&h, NULL, "net", "fashion_cnn", "--as", "asm", NULL), BL_REFUSED);
    ck_assert_str_eq(h.text, "net: --as asm shows the instructions of a platform; name it with --on");
}
END_TEST

Suite *suite_db_pim_bytes(void)
{
    Suite *s = suite_create("db_pim_bytes");
    TCase *tc = tcase_create("all");

    tcase_add_loop_test(tc, bytes, 0, COUNT(ways));
    tcase_add_loop_test(tc, snapshots, 0, 4);
    tcase_add_test(tc, races);
    tcase_add_loop_test(tc, held_up, 0, COUNT(stalls));
    tcase_add_test(tc, held_by_writes);
    tcase_add_loop_test(tc, preset, 0, COUNT(presets));
    tcase_add_test(tc, listing);
    suite_add_tcase(s, tc);
    return s;
}
