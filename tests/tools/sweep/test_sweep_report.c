/* test_sweep_report.c - `bitline sweep report`: forms, pages (show_html.c), choice of rows, the Pareto front against its definition, plots, refusals. */
#include "tests/rigs/command_rig.h"
#include "tools/sweep/rows.h"

#include <math.h>
#include <string.h>

static char db[NAME], out[NAME];
static struct heard h;

static void add(struct bl_store *t, int n, const char *mode, const char *cols, const char *state, double accuracy, double energy)
{
    json_t *setting = json_pack("{s:s, s:s, s:s}", "ctl.mode", mode, "cols", cols, "--seed", "7"), *values = NULL;
    char key[65];

    snprintf(key, sizeof key, "%064d", n);
    if (accuracy >= 0)
        values = json_pack("{s:s, s:f, s:f, s:i}", "end", "done", "accuracy", accuracy, "energy_j", energy, "images", 10);
    struct bl_record r = { .key = key, .state = state, .platform = "p", .images = 10, .values = values, .message = values ? NULL : "was ended by signal 11 (Segmentation fault)",
                           .command = "bitline run p", .host = "h", .folder = "/", .started = "2026-01-01T00:00:00Z", .seconds = 2, .cpu_seconds = 1, .peak_kb = 100, .attempts = 1 };
    if (strcmp(state, "missing"))
        ck_assert_int_eq(bl_store_put(t, &r), 0);
    ck_assert_int_eq(bl_store_sweep_point(t, "abcdef", (size_t)n, key, setting), 0);
    json_decref(setting);
    json_decref(values);
}

/* Six points: two modes, three widths; one failed, one that has not run. */
static void make(void)
{
    json_t *axes = json_pack("[s, s, s]", "ctl.mode", "cols", "--seed");

    remove(scratch("db", db));
    scratch("out", out);
    struct bl_store *t = bl_store_open(db, true, heard_start(&h));
    ck_assert_msg(t != NULL, "%s", h.text);
    ck_assert_int_eq(bl_store_begin_sweep(t, "abcdef", "bitline sweep p", axes), 0);
    ck_assert_int_eq(bl_store_end_sweep(t), 0);
    add(t, 0, "fixed", "72", "done", 0.75, 2e-6);
    add(t, 1, "fixed", "144", "done", 0.5, 1e-6);
    add(t, 2, "fixed", "288", "wrong", 0.25, 4e-6);
    add(t, 3, "osa", "72", "done", 1, 3e-6);
    add(t, 4, "osa", "144", "failed", -1, 0);
    add(t, 5, "osa", "288", "missing", -1, 0);
    bl_store_close(t);
    json_decref(axes);
}

static const char *report(const char *a, const char *b, const char *c)
{
    static char text[20000];

    make();
    ck_assert_msg(program(&h, out, "sweep", "report", db, a, b, c, NULL) == BL_DONE, "%s", h.text);
    char *all = content(out);
    snprintf(text, sizeof text, "%s", all);
    free(all);
    return text;
}

START_TEST(table)
{
    ck_assert_str_eq(report(NULL, NULL, NULL),
                     "  ctl.mode  cols  seed  state    accuracy  energy_j\n"
                     "  fixed       72     7  done         0.75     2e-06\n"
                     "  fixed      144     7  done          0.5     1e-06\n"
                     "  fixed      288     7  wrong        0.25     4e-06\n"
                     "  osa         72     7  done            1     3e-06\n"
                     "  osa        144     7  failed\n"
                     "  osa        288     7  missing\n");
}
END_TEST

static const struct { const char *words[3], *lines; } chosen[] = {
    { { "--columns=cols,ctl.mode", "--where=accuracy > 0.6" }, "  cols  ctl.mode\n    72  fixed\n    72  osa\n" },
    { { "--columns=cols,state", "--where=state == 'failed'" }, "  cols  state\n   144  failed\n" },
    { { "--columns=cols, energy_j / images", "--where=ctl.mode == 'fixed'" }, "  cols  energy_j / images\n    72              2e-07\n   144              1e-07\n   288              4e-07\n" },
    { { "--columns=cols,accuracy", "--best=max accuracy" }, "  cols  accuracy\n    72         1\n" },
    { { "--columns=cols,accuracy", "--best=min energy_j" }, "  cols  accuracy\n   144       0.5\n" },
    { { "--columns=cols,accuracy", "--best=accuracy - 1e6 * energy_j" }, "  cols  accuracy\n   144       0.5\n" },
    { { "--columns=cols,accuracy", "--where=ctl.mode == 'fixed'", "--best=max accuracy" }, "  cols  accuracy\n    72      0.75\n" },
    { { "--columns=accuracy,energy_j", "--pareto=max accuracy, min energy_j" }, "  accuracy  energy_j\n         1     3e-06\n      0.75     2e-06\n       0.5     1e-06\n" },
    { { "--columns=accuracy,energy_j", "--pareto=min energy_j, max cols" }, "  accuracy  energy_j\n       0.5     1e-06\n      0.25     4e-06\n" },
    { { "--columns=cols,message", "--where=not accuracy >= 0" }, "  cols  message\n   144  was ended by signal 11 (Segmentation fault)\n   288\n" },
    { { "--as=csv", "--columns=ctl.mode,cols,energy_j,message", "--where=cols == 144" },
      "ctl.mode,cols,energy_j,message\nfixed,144,1e-06,\nosa,144,,was ended by signal 11 (Segmentation fault)\n" },
    { { "--as=json", "--columns=cols,energy_j*2", "--where=cols == 144" },
      "[\n {\n  \"cols\": 144,\n  \"energy_j*2\": 2e-6\n },\n {\n  \"cols\": 144,\n  \"energy_j*2\": null\n }\n]\n" },
};

START_TEST(rows_and_columns)
{
    ck_assert_str_eq(report(chosen[_i].words[0], chosen[_i].words[1], chosen[_i].words[2]), chosen[_i].lines);
}
END_TEST

START_TEST(all_columns_as_csv)
{
    ck_assert_msg(strstr(report("--as=csv", NULL, NULL), "ctl.mode,cols,seed,end,accuracy,energy_j,images,platform,state,seconds,cpu_seconds,peak_kb,attempts,command,host,started,key,sweep,point,"
                         "message\nfixed,72,7,done,0.75,2e-06,10,p,done,2,1,100,1,bitline run p,h,2026-01-01T00:00:00Z,0000") != NULL, "%s", report("--as=csv", NULL, NULL));
}
END_TEST

static const struct { const char *words[3], *told; } refused[] = {
    { { "--where=colls > 1" }, "--where colls > 1: 'colls' is no column; did you mean 'cols'?" },
    { { "--columns=colls" }, "--columns colls: 'colls' is no column; did you mean 'cols'?" },
    { { "--best=max colls" }, "--best colls: 'colls' is no column; did you mean 'cols'?" },
    { { "--pareto=max accuracy" }, "--pareto max accuracy: expected two goals, as in 'max accuracy, min energy_j'" },
    { { "--pareto=max accuracy,cols,cols" }, "--pareto max accuracy,cols,cols: expected two goals, as in 'max accuracy, min energy_j'" },
    { { "--plot=cols,accuracy" }, "--plot cols,accuracy: expected -o FILE.svg, FILE.png, FILE.html or FILE.gp" },
    { { "--plot=cols", "-oa.svg" }, "--plot cols: expected X,Y, as in 'adc.rho, energy_j / images'" },
    { { "--plot=cols,accuracy", "-oa.pdf" }, "-o a.pdf: expected FILE.svg or FILE.png, FILE.html, or FILE.gp for the script alone" },
    { { "--by=cols" }, "--by cols: belongs to --plot" },
    { { "--sweep=2" }, "--sweep 2: there is no such sweep; the database has 1, numbered from 1" },
    { { "--vary=a=1" }, "--vary: does nothing in `bitline sweep report`" },
    { { "another.sqlite" }, "bitline sweep report: expected one database, as in `bitline sweep report sweep.sqlite`" },
};

START_TEST(what_is_refused)
{
    make();
    ck_assert_int_eq(program(&h, out, "sweep", "report", db, refused[_i].words[0], refused[_i].words[1], NULL), BL_REFUSED);
    ck_assert_str_eq(h.text, refused[_i].told);
}
END_TEST

/* ---- the front ---- */

/* Random rows with many ties: kept is exactly what no other row beats. */
START_TEST(front_by_definition)
{
    unsigned state = 1;

    for (int round = 0; round < 200; round++) {
        struct bl_rows r = { json_array(), json_object(), 1 };
        int a[30], b[30], n = 1 + round % 30;
        for (int i = 0; i < n; i++) {
            a[i] = (int)((state = state * 1103515245 + 12345) >> 16) % 8;
            b[i] = (int)((state = state * 1103515245 + 12345) >> 16) % 8;
            json_array_append_new(r.rows, json_pack("{s:i, s:i, s:i}", "a", a[i], "b", b[i], "n", i));
        }
        bl_rows_pareto(&r, "max a", "min b");
        int kept = 0;
        for (int i = 0; i < n; i++) {
            bool beaten = false, found = false;
            const json_t *row;
            size_t k;
            for (int j = 0; j < n; j++)
                beaten |= a[j] >= a[i] && b[j] <= b[i] && (a[j] > a[i] || b[j] < b[i]);
            json_array_foreach(r.rows, k, row)
                found |= json_integer_value(json_object_get(row, "n")) == i;
            ck_assert_msg(found == !beaten, "round %d: row %d (%d, %d)", round, i, a[i], b[i]);
            kept += found;
        }
        ck_assert_uint_eq(json_array_size(r.rows), (size_t)kept);
        bl_rows_fini(&r);
    }
}
END_TEST

/* ---- plots ---- */

START_TEST(script_of_a_plot)
{
    char file[NAME], word[NAME + 10];
    const char *words[] = { "sweep", "report", db, "--plot=cols, accuracy*100", "--by=ctl.mode", "--pareto=max accuracy, min energy_j", word, NULL };

    make();
    scratch("p.gp", file);
    snprintf(word, sizeof word, "-o%s", file);
    ck_assert_msg(program_of(&h, out, words) == BL_DONE, "%s", h.text);
    char *text = content(file);
    ck_assert_str_eq(text, "\nset grid\nset format '%.4g'\nset key outside right top\nset xlabel 'cols' noenhanced\nset ylabel 'accuracy*100' noenhanced\nset key title 'ctl.mode' noenhanced\n$s0 << EOD\n72 75\n144 50\n288 25\nEOD\n$s1 << EOD\n72 100\nEOD\n"
                     "$front << EOD\n72 100\n72 75\n144 50\nEOD\nplot $s0 using 1:2 with points pointtype 4 title 'fixed' noenhanced, \\\n"
                     "     $s1 using 1:2 with points pointtype 5 title 'osa' noenhanced, \\\n     $front using 1:2 with lines linewidth 2 linecolor 'black' title 'Pareto front'\n");
    free(text);
}
END_TEST

/* ---- pages (show_html.c) ---- */

/* What the script of a chart of the page is told; NULL: there is none. */
static json_t *chart_of(const char *page, const char *id)
{
    char name[80];

    snprintf(name, sizeof name, "{\"id\":\"%s\"", id);
    const char *at = strstr(page, name), *end = at ? strstr(at, "</script>") : NULL;
    return end ? json_loadb(at, (size_t)(end - at), 0, NULL) : NULL;
}

static char *page_of(const char *a, const char *b, const char *c, const char *d)
{
    const char *words[] = { "sweep", "report", db, a, b, c, d, NULL };

    make();
    ck_assert_msg(program_of(&h, out, words) == BL_DONE, "%s", h.text);
    return content(out);
}

/* The front has all points that have both; the columns to choose from are those that differ, with nothing where a row has none; the table has what was chosen. */
START_TEST(page_with_a_front)
{
    static const struct { const char *name, *s; double x, y; } point[] = {
        { "fixed 72 7", "not beaten", 0.75, 2e-6 }, { "fixed 144 7", "not beaten", 0.5, 1e-6 }, { "fixed 288 7", "beaten", 0.25, 4e-6 }, { "osa 72 7", "not beaten", 1, 3e-6 } };
    char *page = page_of("--as=html", _i ? "--pareto=max accuracy, min energy_j" : NULL, NULL, NULL);
    json_t *spec = chart_of(page, "pareto"), *columns = json_object_get(spec, "columns");

    ck_assert_ptr_nonnull(spec);
    ck_assert_uint_eq(json_array_size(json_object_get(spec, "rows")), 4);
    for (size_t i = 0; i < 4; i++) {
        const json_t *row = json_array_get(json_object_get(spec, "rows"), i);
        ck_assert_str_eq(json_string_value(json_object_get(row, "name")), point[i].name);
        ck_assert_str_eq(json_string_value(json_object_get(row, "s")), point[i].s);
        ck_assert(json_number_value(json_object_get(row, "x")) == point[i].x && json_number_value(json_object_get(row, "y")) == point[i].y);
    }
    ck_assert_uint_eq(json_array_size(json_object_get(json_object_get(spec, "lines"), "front")), 3);
    ck_assert(json_object_size(columns) == 4 && json_array_size(json_object_get(columns, "cols")) == 6 && !json_object_get(columns, "seed"));
    ck_assert(json_is_null(json_array_get(json_object_get(columns, "accuracy"), 4)) && json_real_value(json_array_get(json_object_get(columns, "cols"), 4)) == 144);
    ck_assert_int_eq(strstr(strstr(page, "id=points"), "<td class=r>4e-06") == NULL, _i);
    json_decref(spec);
    free(page);
}
END_TEST

/* A word on the axis stands in the middle of its unit; a line is there for numbers alone. */
START_TEST(page_with_a_plot)
{
    static const char *const x[] = { "--plot=cols, accuracy*100", "--plot=ctl.mode, accuracy*100" };
    char file[NAME], word[NAME + 10];

    scratch("p.html", file);
    snprintf(word, sizeof word, "-o%s", file);
    free(page_of(x[_i], "--by=ctl.mode", word, NULL));
    char *page = content(file);
    json_t *spec = chart_of(page, "plot"), *rows = json_object_get(spec, "rows");
    ck_assert_uint_eq(json_array_size(rows), 4);
    ck_assert(json_number_value(json_object_get(json_array_get(rows, 3), "x")) == (_i ? 1.5 : 72) && json_number_value(json_object_get(json_array_get(rows, 3), "y")) == 100);
    ck_assert_uint_eq(json_array_size(json_object_get(json_object_get(spec, "lines"), "fixed")), _i ? 0 : 3);
    ck_assert_uint_eq(json_array_size(json_object_get(json_object_get(spec, "x"), "names")), _i ? 2 : 0);
    json_decref(spec);
    free(page);
}
END_TEST

/* A text on the x axis has places of its own; without gnuplot the script is left, and said so. */
START_TEST(without_gnuplot)
{
    char file[NAME], word[NAME + 10], script[NAME];
    const char *words[] = { "sweep", "report", db, "--plot=ctl.mode,accuracy", word, NULL };

    make();
    scratch("q.svg", file);
    scratch("q.gp", script);
    snprintf(word, sizeof word, "-o%s", file);
    char *path = strdup(getenv("PATH"));
    setenv("PATH", "/nowhere", 1);
    int status = program_of(&h, out, words);
    setenv("PATH", path, 1);
    free(path);
    ck_assert_int_eq(status, BL_DONE);
    ck_assert_msg(strstr(h.text, "gnuplot is not installed; ") == h.text, "%s", h.text);
    char *text = content(script);
    ck_assert(strstr(text, "$s0 << EOD\n0 0.75\n0 0.5\n0 0.25\n1 1\nEOD\nset xtics ('fixed' 0, 'osa' 1)\nset offsets 0.5, 0.5, 0, 0\n") && strstr(text, "set terminal svg size"));
    free(text);
}
END_TEST

Suite *suite_sweep_report(void);
Suite *suite_sweep_report(void)
{
    Suite *s = suite_create("sweep_report");
    TCase *tc = tcase_create("all");

    tcase_add_test(tc, table);
    tcase_add_loop_test(tc, rows_and_columns, 0, COUNT(chosen));
    tcase_add_test(tc, all_columns_as_csv);
    tcase_add_loop_test(tc, what_is_refused, 0, COUNT(refused));
    tcase_add_test(tc, front_by_definition);
    tcase_add_test(tc, script_of_a_plot);
    tcase_add_test(tc, without_gnuplot);
    tcase_add_loop_test(tc, page_with_a_front, 0, 2);
    tcase_add_loop_test(tc, page_with_a_plot, 0, 2);
    suite_add_tcase(s, tc);
    return s;
}
