/* test_gtkw.c - GTKWave save files: their rows, their names, where they start. */
#include <dirent.h>

#include "tests/rigs/wave_rig.h"
#include "traces/gtkw.h"

static const char *const STATES[] = { "idle", "busy", "no_input", "out_full" };
#define VERDICT(s) { .scope = s, .name = "verdict", .width = 2, .names = STATES, .nnames = 4, .flags = BL_WAVE_VERDICT }
static const struct bl_wave_var VARS[] = {
    VERDICT("top.u[0]"),
    { .scope = "top.u[0]", .name = "code", .width = 8, .flags = BL_WAVE_ANALOG },
    { .scope = "top.u[0]", .name = "verdict_color", .width = 2, .alias = 1 },
    { .scope = "top.u[0]", .name = "sum", .width = 16, .flags = BL_WAVE_SIGNED },
    { .scope = "", .name = "clk", .width = 1, .flags = BL_WAVE_CLOCK },
    { .scope = "host", .name = "power", .kind = BL_WAVE_REAL, .width = 64, .flags = BL_WAVE_POWER },
    { .scope = "host", .name = "layer", .kind = BL_WAVE_STRING },
    { .scope = "host", .name = "done", .kind = BL_WAVE_EVENT, .width = 1 },
    { .scope = "host", .name = "bus", .width = 64 },
};
enum { NVARS = sizeof VARS / sizeof VARS[0] };

static char *slurp(const char *path)
{
    static char text[1 << 20];
    FILE *f = fopen(path, "rb");

    ck_assert_msg(f != NULL, "%s", path);
    text[fread(text, 1, sizeof text - 1, f)] = 0;
    fclose(f);
    return text;
}

static char *fresh_dir(void)
{
    char *dir = scratch("gtkw");

    ck_assert_int_eq(mkdir(dir, 0777), 0);
    return dir;
}

static void remove_dir(const char *dir)
{
    char command[PATH_BYTES + 20];

    snprintf(command, sizeof command, "rm -r '%s'", dir);
    ck_assert_int_eq(system(command), 0);
}

#define HEAD(dump) "[*] bitline\n[dumpfile] \"" dump "\"\n[savefile] \"run.gtkw\"\n[timestart] 1000\n[size] 1400 900\n" \
    "[pos] -1 -1\n"
#define TREE "[treeopen] top.\n[sst_width] 180\n[signals_width] 300\n[sst_expanded] 1\n[sst_vpaned_height] 300\n"
#define COLOURED(number) "@2022\n^" number " .run.names/verdict.1.txt\ntop.u[0].verdict_color[1:0]\n^0 disabled\n"
#define REST "@88024\ntop.u[0].code[7:0]\n@20000\n-\n-\n@420\ntop.u[0].sum[15:0]\n@1401200\n-top.u[0]\n" \
    "@c00200\n-host\n@88420\nhost.power\n@20000\n-\n-\n@820\nhost.layer\n@28\nhost.done\n@22\nhost.bus[63:0]\n" \
    "@1401200\n-host\n[pattern_trace] 1\n[pattern_trace] 0\n"
#define NOMARKS " -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1"

START_TEST(letter_by_letter)
{
    static const struct { const char *dump, *rows; } cases[] = {
        { "run.fst", HEAD("run.fst") "*-%s -1 1500 -1" NOMARKS "\n[markername] Alayer_2\n" TREE
          "@28\nclk\n@c00200\n-top.u[0]\n" COLOURED("1") REST },
        { "run.vcd.gz", HEAD("run.vcd.gz") "*-%s -1 1500 -1" NOMARKS "\n[markername] Alayer_2\n" TREE
          "@28\nclk\n@c00200\n-top.u[0]\n" COLOURED("1") REST },
    };
    const struct bl_gtkw_mark mark = { 'A', 1500, "layer_2" };
    const struct bl_gtkw_opts o = { 1000, 861000, &mark, 1 };
    char *dir = fresh_dir(), *path = joined(dir, "/run.gtkw"), want[4000], zoom[20];

    ck_assert_int_eq(bl_gtkw_write(path, cases[_i].dump, VARS, NVARS, &o, quiet()), 0);
    char *text = slurp(path);
    ck_assert_int_eq(sscanf(strstr(text, "\n*-"), "\n*-%19s", zoom), 1);
    snprintf(want, sizeof want, cases[_i].rows, zoom);
    ck_assert_str_eq(text, want);
    ck_assert_ptr_null(strstr(text, dir));
    ck_assert_str_eq(slurp(joined(dir, "/.run.names/verdict.1.txt")),
                     "0 ?gray35?idle\n1 ?DarkGreen?busy\n2 ?red?no_input\n3 ?DarkOrange?out_full\n");
    ck_assert_int_ne(access(joined(dir, "/.run.names/names.1.txt"), F_OK), 0);
    remove_dir(dir);
}
END_TEST

/* 860 pixels show the wanted time and at most a fifth more: a pixel is 2^-zoom / 200. The fraction of
 * the power of two is multiplied up from its binary digits, each with its root of two. */
START_TEST(zooms)
{
    static const double root[] = { 1.4142135623730951, 1.1892071150027210, 1.0905077326652577, 1.0442737824274138,
                                   1.0218971486541166, 1.0108892860517005 };
    static const uint64_t spans[] = { 1000, 1023, 1025, 54321, 1000000, 999999999, UINT64_C(3600000000000000000) };
    const struct bl_gtkw_opts o = { 0, spans[_i], NULL, 0 };
    char *dir = fresh_dir(), *path = joined(dir, "/z.gtkw");
    double zoom, seen = 860.0 / 200, half = 0.5;

    ck_assert_int_eq(bl_gtkw_write(path, "z.fst", VARS, NVARS, &o, quiet()), 0);
    ck_assert_int_eq(sscanf(strstr(slurp(path), "\n*-"), "\n*-%lf", &zoom), 1);
    for (; zoom >= 1; zoom--)
        seen *= 2;
    for (int i = 0; i < 6; i++, half /= 2)
        if (zoom >= half) {
            seen *= root[i];
            zoom -= half;
        }
    ck_assert_msg(seen >= 0.97 * (double)spans[_i] && seen <= 1.2 * (double)spans[_i], "%g of %g", seen,
                  (double)spans[_i]);
    remove_dir(dir);
}
END_TEST

/* Many parts: the groups are closed, and lists of names that are equal share one file. */
START_TEST(many_parts)
{
    enum { PARTS = 150 };
    struct bl_wave_var v[2 * PARTS];
    char scope[PARTS][20], *dir = fresh_dir(), *path = joined(dir, "/many.gtkw");
    int files = 0;

    for (unsigned i = 0; i < PARTS; i++) {
        snprintf(scope[i], sizeof scope[i], "p[%u]", i);
        v[2 * i] = (struct bl_wave_var)VERDICT(scope[i]);
        v[2 * i].nnames = 3 + i % 2;
        v[2 * i + 1] = (struct bl_wave_var){ .scope = scope[i], .name = "c", .width = 2, .alias = 2 * i + 1 };
    }
    ck_assert_int_eq(bl_gtkw_write(path, "many.fst", v, 2 * PARTS, NULL, quiet()), 0);
    char *text = slurp(path);
    ck_assert_ptr_nonnull(strstr(text, "@c00200\n-p[149]\n@2022\n^2 .many.names/verdict.2.txt\n"
                                 "p[149].c[1:0]\n^0 disabled\n@1401200\n-p[149]\n"));
    ck_assert_ptr_null(strstr(text, "p[149].verdict"));
    DIR *d = opendir(joined(dir, "/.many.names"));
    for (struct dirent *e; (e = readdir(d));)
        files += *e->d_name != '.';
    closedir(d);
    ck_assert_int_eq(files, 2);
    remove_dir(dir);
}
END_TEST

/* Of few parts each verdict is one row, in the overview; a part that is nothing else has no group. Names in a VCD without colours need a list. */
START_TEST(one_row_a_part)
{
    static const struct bl_wave_var v[] = {
        VERDICT("a"), { .scope = "a", .name = "verdict_color", .width = 2, .alias = 1 }, { .scope = "a", .name = "x", .width = 4 },
        VERDICT("b"), { .scope = "b", .name = "verdict_color", .width = 2, .alias = 4 },
        { .scope = "c", .name = "mode", .width = 2, .names = STATES, .nnames = 4 },
    };
    char *dir = fresh_dir(), *path = joined(dir, "/one.gtkw");

    ck_assert_int_eq(bl_gtkw_write(path, _i ? "one.vcd" : "one.fst", v, 6, NULL, quiet()), 0);
    ck_assert_str_eq(strstr(slurp(path), "@200\n-verdicts"), _i ?
        "@200\n-verdicts\n@2022\n^1 .one.names/verdict.1.txt\n+{a} a.verdict_color[1:0]\n^0 disabled\n@2022\n^1 .one.names/verdict.1.txt\n"
        "+{b} b.verdict_color[1:0]\n^0 disabled\n@200\n-signals\n@c00200\n-a\n@22\na.x[3:0]\n@1401200\n-a\n@c00200\n-c\n"
        "@2022\n^2 .one.names/names.1.txt\nc.mode[1:0]\n^0 disabled\n@1401200\n-c\n[pattern_trace] 1\n[pattern_trace] 0\n" :
        "@200\n-verdicts\n@2022\n^1 .one.names/verdict.1.txt\n+{a} a.verdict_color[1:0]\n^0 disabled\n@2022\n^1 .one.names/verdict.1.txt\n"
        "+{b} b.verdict_color[1:0]\n^0 disabled\n@200\n-signals\n@c00200\n-a\n@22\na.x[3:0]\n@1401200\n-a\n@c00200\n-c\n"
        "@100000028\nc.mode[1:0]\n@1401200\n-c\n[pattern_trace] 1\n[pattern_trace] 0\n");
    remove_dir(dir);
}
END_TEST

/* 860 pixels show 860 ns, a letter is 7 pixels, a label stands around its mark. */
START_TEST(labels_do_not_overlap)
{
    struct bl_gtkw_mark m[30] = { { 0, 0, "first" }, { 0, 0, "second" }, { 0, 41, "third" }, { 0, 46, "fourth" }, { 0, 500, NULL } };

    ck_assert_uint_eq(bl_gtkw_thin(m, 5, 860), 3);
    ck_assert(m[0].letter == 'A' && m[1].letter == 'B' && m[2].letter == 'C');
    ck_assert(!strcmp(m[0].name, "first") && !strcmp(m[1].name, "fourth") && m[2].fs == 500);      /* 6 + 6 letters need 42 pixels, 6 + 7 46 */
    for (size_t i = 0; i < 30; i++)
        m[i] = (struct bl_gtkw_mark){ 0, 100 * i, "x" };
    ck_assert_uint_eq(bl_gtkw_thin(m, 30, 860), 26);
    ck_assert_uint_eq(bl_gtkw_thin(m, 26, 8600 * 8), 3);
    ck_assert_uint_eq(bl_gtkw_thin(m, 0, 1), 0);
}
END_TEST

START_TEST(refused)
{
    static const struct bl_gtkw_mark low = { 'a', 1, NULL }, twice[] = { { 'B', 1, NULL }, { 'B', 2, NULL } };
    static const struct { const char *dump; struct bl_gtkw_opts o; const char *says; } cases[] = {
        { "run.fst", { 0, 1, &low, 1 }, "marker 'a'" }, { "run.fst", { 0, 1, twice, 2 }, "marker 'B'" },
        { "/tmp/run.fst", { 0, 1, NULL, 0 }, "/tmp/run.fst" }, { "", { 0, 1, NULL, 0 }, "without directory" },
    };
    char *dir = fresh_dir(), *path = joined(dir, "/r.gtkw");

    ck_assert_int_eq(bl_gtkw_write(path, cases[_i].dump, VARS, NVARS, &cases[_i].o, quiet()), -1);
    ck_assert_msg(strstr(last_message, cases[_i].says) && strstr(last_message, path), "%s", last_message);
    ck_assert_int_ne(access(path, F_OK), 0);
    ck_assert_int_eq(bl_gtkw_write("/nowhere/x.gtkw", "x.fst", VARS, NVARS, NULL, quiet()), -1);
    ck_assert_ptr_nonnull(strstr(last_message, "/nowhere/x"));
    remove_dir(dir);
}
END_TEST

Suite *suite_gtkw(void);
Suite *suite_gtkw(void)
{
    Suite *s = suite_create("gtkw");
    TCase *t = tcase_create("gtkw");

    tcase_add_loop_test(t, letter_by_letter, 0, 2);
    tcase_add_loop_test(t, zooms, 0, 7);
    tcase_add_test(t, many_parts);
    tcase_add_loop_test(t, one_row_a_part, 0, 2);
    tcase_add_test(t, labels_do_not_overlap);
    tcase_add_loop_test(t, refused, 0, 4);
    suite_add_tcase(s, t);
    return s;
}
