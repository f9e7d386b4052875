/* test_study.c - studies (tools/cmd_study.c, study.c): scripts that are refused, a study run twice, and of each shipped one its script, its table and its picture. */
#include "tests/rigs/command_rig.h"
#include "tests/rigs/effort.h"
#include "platforms/file/find.h"
#include "tools/sweep/study.h"

#include <string.h>
#include <sys/stat.h>

static struct heard h;

static const struct { const char *text, *told; } bad[] = {
    { "", "s.study: has no command; expected sweep, report, calibrate or prune" },
    { "sweep p\n", "s.study:1: expected '# ' and what the study is about" },
    { "# title\n", "s.study: has no command; expected sweep, report, calibrate or prune" },
    { "# t\nrun p\n", "s.study:2: 'run' is no command of a study; expected sweep, report, calibrate or prune" },
    { "# t\n\nsweep 'p\n", "s.study:3: a quote ' has no end" },
    { "# t\nhave f\n", "s.study:2: have: expected a file, and then a command" },
    { "# t\nlet x --images 1\nsweep p $y\n", "s.study:3: $y: no line `let y ...` stands above" },
    { "# t\nsweep p $x\nlet x --images 1\n", "s.study:2: $x: no line `let x ...` stands above" },
    { "# t\nhave f run p\n", "s.study:2: 'run' is no command of a study; expected sweep, report, calibrate or prune" },
};

START_TEST(scripts_that_are_refused)
{
    struct bl_study s;

    ck_assert_int_eq(bl_study_read(&s, "s.study", bad[_i].text, strlen(bad[_i].text), heard_start(&h)), -1);
    ck_assert_str_eq(h.text, bad[_i].told);
    bl_study_fini(&s);
}
END_TEST

START_TEST(words_of_a_script)
{
    static const char text[] = "# a title\n\n# a remark\nsweep p --vary a=1,2   # behind\nreport --columns 'a, b' --where='x > 1'";
    struct bl_study s;

    ck_assert_int_eq(bl_study_read(&s, "s.study", text, strlen(text), heard_start(&h)), 0);
    ck_assert_str_eq(s.title, "a title");
    ck_assert_uint_eq(s.n, 2);
    ck_assert_uint_eq(s.line[0].words.n, 4);
    ck_assert_uint_eq(s.line[1].row, 5);
    ck_assert_str_eq(s.line[1].words.v[2], "a, b");
    ck_assert_str_eq(s.line[1].words.v[3], "--where=x > 1");
    bl_study_fini(&s);
}
END_TEST

/* Names for words, of which the last `let` counts, and lines of files that may not be there. */
START_TEST(names_and_files)
{
    static const char text[] = "# t\nlet few --images 1 --seed 2\nlet two $few --quiet\nsweep p $two $OUT/x.yaml\nlet few --images 3\nhave /nowhere/x sweep p $few";
    static const char *const want[] = { "sweep", "p", "--images", "1", "--seed", "2", "--quiet", "$OUT/x.yaml" };
    struct bl_study s;

    ck_assert_msg(bl_study_read(&s, "s.study", text, strlen(text), heard_start(&h)) == 0, "%s", h.text);
    ck_assert_uint_eq(s.n, 5);
    ck_assert_uint_eq(s.line[2].words.n, COUNT(want));
    for (int i = 0; i < COUNT(want); i++)
        ck_assert_str_eq(s.line[2].words.v[i], want[i]);
    ck_assert(!s.line[2].have && s.line[2].verb == BL_SWEEP);
    ck_assert_str_eq(s.line[4].have, "/nowhere/x");
    ck_assert_uint_eq(s.line[4].words.n, 4);
    ck_assert_str_eq(s.line[4].words.v[3], "3");
    bl_study_fini(&s);
}
END_TEST

/* One command too many. */
START_TEST(too_many)
{
    char text[2000] = "# t\n";
    struct bl_study s;

    for (int i = 0; i <= BL_STUDY_COMMANDS; i++)
        strcat(text, "sweep a\n");
    ck_assert_int_eq(bl_study_read(&s, "s.study", text, strlen(text), heard_start(&h)), -1);
    ck_assert_str_eq(h.text, "s.study:52: is command number 51; a study has at most 50");
    bl_study_fini(&s);
}
END_TEST

static const char *printed(const char *path)
{
    static char text[20000];
    char *all = content(path);

    snprintf(text, sizeof text, "%s", all);
    free(all);
    return text;
}

/* The second time nothing runs, and the table is the same. */
START_TEST(run_twice)
{
    char folder[NAME], script[NAME], out[NAME], first[20000];
    FILE *f = fopen(scratch("every.study", script), "w");

    ck_assert_ptr_nonnull(f);
    fputs("# paces\nsweep back_pressure --vary sink[*].every=3:5:1\nreport --columns 'sink[*].every, simulated_s * 1e9'\nreport --plot 'sink[*].every, simulated_s'\n", f);
    fclose(f);
    scratch("folder/of/it", folder);
    scratch("out", out);
    ck_assert_msg(program(&h, out, "study", script, "-o", folder, "-j2", NULL) == BL_DONE, "%s", h.text);
    snprintf(first, sizeof first, "%s", printed(out));
    ck_assert_msg(strstr(first, "paces\n\nbitline sweep back_pressure --vary 'sink[*].every=3:5:1' --db=") == first && strstr(first, "3 points: 3 to run"), "%s", first);
    ck_assert_msg(strstr(first, "\n  sink[*].every  simulated_s * 1e9\n              3               2990\n              4               3985\n              5               4980\n") != NULL, "%s", first);
    ck_assert_int_eq(program(&h, out, "study", script, "-o", folder, NULL), BL_DONE);
    ck_assert_msg(strstr(printed(out), "nothing ran: every point is known") != NULL, "%s", printed(out));
    ck_assert_ptr_nonnull(f = fopen(script, "w"));      /* another script: of the sweep before nothing is left in the table */
    fputs("# paces\nsweep back_pressure --vary sink[*].every=4,6\nreport --columns 'sink[*].every, simulated_s * 1e9'\n", f);
    fclose(f);
    ck_assert_int_eq(program(&h, out, "study", script, "-o", folder, "-q", NULL), BL_DONE);
    ck_assert_str_eq(printed(out), "  sink[*].every  simulated_s * 1e9\n              4               3985\n              6               5975\n");
    ck_assert_msg(!strncmp(printed(out), "  sink[*].every  simulated_s * 1e9\n", 34), "%s", printed(out));
}
END_TEST

START_TEST(listed)
{
    char out[NAME];

    ck_assert_int_eq(program(&h, scratch("out", out), "study", NULL), BL_DONE);
    ck_assert(strstr(printed(out), "\n  accuracy                      osa_hcim  OSA-HCIM: accuracy against TOPS/W") != NULL);
    ck_assert_int_eq(program(&h, out, "study", "-q", NULL), BL_REFUSED);
    ck_assert_int_eq(program(&h, out, "study", "nothing_like_it", NULL), BL_REFUSED);
}
END_TEST

/* ---- those that come with the platforms ---- */

static void beside(const struct bl_found *f, const char *suffix, char path[NAME])
{
    snprintf(path, NAME, "%.*s%s", (int)(strlen(f->path) - strlen(".study")), f->path, suffix);
}

START_TEST(shipped)
{
    struct bl_found *f;
    size_t n = bl_find_all(BL_FILE_STUDY, &f), length;

    ck_assert_uint_gt(n, 3);
    for (size_t i = 0; i < n; i++) {
        struct bl_study s;
        char path[NAME];
        struct stat st;
        void *bytes = bl_read_all(f[i].path, &length, heard_start(&h));
        ck_assert_msg(bytes && bl_study_read(&s, f[i].path, bytes, length, &h.diag) == 0, "%s", h.text);
        beside(&f[i], ".txt", path);
        ck_assert_msg(stat(path, &st) == 0 && st.st_size > 100, "%s: is missing; bitline study makes it", path);
        beside(&f[i], ".svg", path);
        ck_assert_msg(stat(path, &st) == 0 && st.st_size > 1000, "%s: is missing; bitline study makes it", path);
        bl_study_fini(&s);
        free(bytes);
    }
    bl_found_list_fini(f, n);
}
END_TEST

/* The table of a study that runs now is the one that stands beside it. Where a table shows files of its folder, another folder with a name as long is used. */
static void ck_table(const char *name, const char *folder)
{
    char word[NAME], out[NAME], table[NAME], line[NAME + 20], shown[NAME];
    struct bl_found at = { 0 };

    ck_assert_int_eq(bl_find(BL_FILE_STUDY, name, "", &at, heard_start(&h)), 0);
    snprintf(line, sizeof line, "rm -rf %s", folder);
    ck_assert_int_eq(system(line), 0);
    snprintf(word, sizeof word, "--output=%s", folder);
    ck_assert_msg(program(&h, scratch("out", out), "study", name, "-q", word, NULL) == BL_DONE, "%s", h.text);
    beside(&at, ".txt", table);
    char *want = content(table), *got = content(out);
    snprintf(shown, sizeof shown, "out/%s", name);
    for (char *p = got; (p = strstr(p, folder));)
        memcpy(p, shown, strlen(folder));
    ck_assert_str_eq(got, want);
    free(want);
    free(got);
    ck_assert_int_eq(system(line), 0);
    bl_found_fini(&at);
}

START_TEST(short_table)
{
    char folder[NAME];

    ck_table("n_cim", scratch("n_cim", folder));
}
END_TEST

START_TEST(long_tables)
{
    static const char *const studies[][2] = { { "bits", "out/bits" }, { "adc_bits", "out/adc_bits" }, { "accuracy", "out/accurtes" }, { "boundaries", "out/boundatest" },
        { "mlperf_tiny", "out/mlperf_tes" }, { "sparsity", "out/spartest" } };

    mkdir("out", 0777);
    if (_i == 4 && access("../shared/data/MANIFEST.md", R_OK) != 0)
        SKIP_MISSING("the table of a study", "there is no ../shared/data");
    else if ((_i == 2 || _i == 3) && access("/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz", R_OK) != 0)
        SKIP_MISSING("the table of a study", "there is no package dataset-fashion-mnist");
    else
        ck_table(studies[_i][0], studies[_i][1]);
}
END_TEST

Suite *suite_study(void);
Suite *suite_study(void)
{
    Suite *s = suite_create("study");
    TCase *tc = tcase_create("all"), *tl = tcase_create("long");

    tcase_set_tags(tl, "long");
    tcase_set_timeout(tl, 900);
    tcase_set_timeout(tc, 300);
    tcase_add_loop_test(tc, scripts_that_are_refused, 0, COUNT(bad));
    tcase_add_test(tc, words_of_a_script);
    tcase_add_test(tc, names_and_files);
    tcase_add_test(tc, too_many);
    tcase_add_test(tc, run_twice);
    tcase_add_test(tc, listed);
    tcase_add_test(tc, shipped);
    tcase_add_test(tc, short_table);
    tcase_add_loop_test(tl, long_tables, 0, 5);
    suite_add_tcase(s, tc);
    suite_add_tcase(s, tl);
    return s;
}
