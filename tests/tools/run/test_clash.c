/* test_clash.c - names that would destroy each other: each is refused before the run, and no file is touched. */
#include "tests/rigs/command_rig.h"

#define MADE "--net", "@n.onnx", "--data", "@i.idx3", "--labels", "@l.idx1", "--calibration", "@c.yaml"

/* What stands behind an @ is a file of this test. */
static const struct { const char *platform, *words[12], *file, *also; } clashes[] = {
    { "@p.yaml", { "-o", "@p.yaml" }, "p.yaml", "the platform" },
    { "@p.yaml", { "--report-html", "@p.yaml" }, "p.yaml", "the platform" },
    { "@p.yaml", { "--set", "tech=@t.yaml", "--report-json", "@t.yaml" }, "t.yaml", "read by the platform" },
    { "@p.yaml", { "--trace", "@t.vcd", "-o", "@t.vcd" }, "t.vcd", "a trace" },
    { "@p.yaml", { "--trace", "@t.vcd", "-o", "@t.gtkw" }, "t.gtkw", "the save file of a trace" },
    { "@p.yaml", { "--trace", "@t.vcd", "--part-size", "1MB", "-o", "@t.12.vcd" }, "t.12.vcd", "a part of a trace" },
    { "@p.yaml", { "--trace", "@t.vcd", "--restore", "@t.vcd" }, "t.vcd", "a trace" },
    { "@p.yaml", { "--save-at", "1 us", "@p.yaml" }, "p.yaml", "the platform" },
    { "@p.yaml", { "--save-at", "1 us", "@s.snap", "-o", "@s.snap" }, "s.snap", "a report" },
    { "@p.yaml", { "--save-at", "1 us", "@s.snap", "--restore", "@s.snap" }, "s.snap", "the snapshot that is restored" },
    { "@p.yaml", { "-o", "@s.snap", "--restore", "@s.snap" }, "s.snap", "the snapshot that is restored" },
    { "@p.yaml", { "--report-json", "@s.snap", "--restore", "@s.snap" }, "s.snap", "the snapshot that is restored" },
    { "@p.yaml", { "--report-html", "@s.snap", "--restore", "@s.snap" }, "s.snap", "the snapshot that is restored" },
    { "@p.yaml", { "--trace", "@x.vcd", "--restore", "@x.gtkw" }, "x.gtkw", "the snapshot that is restored" },
    { "@p.yaml", { "--trace", "@t.vcd", "--part-size", "1MB", "--restore", "@t.3.vcd" }, "t.3.vcd", "a part of a trace" },
    { "@p.yaml", { "--trace-around", "end", "--around-file", "@x.fst", "--restore", "@x.fst" }, "x.fst", "the snapshot that is restored" },
    { "@p.yaml", { "--trace-around", "end", "--around-file", "@x.fst", "--restore", "@x.gtkw" }, "x.gtkw", "the snapshot that is restored" },
    { "@p.yaml", { "--trace-around", "end", "--around-file", "@x.fst", "--save-at", "1 us", "@x.fst" }, "x.fst", "a snapshot that is saved" },
    { "@p.yaml", { "--trace-around", "end", "--around-file", "@x.fst", "--save-at", "1 us", "@x.gtkw" }, "x.gtkw", "a snapshot that is saved" },
    { "@p.yaml", { "--save-at", "1 us", "@x.vcd", "--trace", "@x.vcd" }, "x.vcd", "a trace" },
    { "@p.yaml", { "--save-at", "1 us", "@x.gtkw", "--trace", "@x.vcd" }, "x.gtkw", "the save file of a trace" },
    { "@p.yaml", { "--trace-around", "end", "--around-file", "@x.fst", "-o", "@x.fst" }, "x.fst", "a report" },
    { "@p.yaml", { "--trace-around", "end", "--around-file", "@x.fst", "--report-json", "@x.gtkw" }, "x.gtkw", "a report" },
    { "osa_hcim", { MADE, "-o", "@n.onnx" }, "n.onnx", "the net" },
    { "osa_hcim", { MADE, "-o", "@i.idx3" }, "i.idx3", "the images" },
    { "osa_hcim", { MADE, "-o", "@l.idx1" }, "l.idx1", "the labels" },
    { "osa_hcim", { MADE, "-o", "@c.yaml" }, "c.yaml", "the calibration" },
};

static const char *const copies[][2] = {
    { "p.yaml", "platforms/back_pressure.yaml" }, { "t.yaml", "platforms/osa_hcim/tech/65nm.yaml" },
    { "n.onnx", "platforms/nets/fashion_cnn.onnx" }, { "c.yaml", "platforms/nets/fashion_cnn.osa_hcim.yaml" },
    { "i.idx3", "platforms/nets/fashion100-images.idx3" }, { "l.idx1", "platforms/nets/fashion100-labels.idx1" },
};

static void copy_all(void)
{
    for (int i = 0; i < COUNT(copies); i++) {
        char to[NAME];
        struct heard h;
        size_t n;
        void *b = bl_read_all(copies[i][1], &n, heard_start(&h));
        ck_assert_msg(b && bl_save_all(scratch(copies[i][0], to), b, n, &h.diag) == 0, "%s", h.text);
        free(b);
    }
}

static void none_has_changed(void)
{
    for (int i = 0; i < COUNT(copies); i++) {
        char path[NAME];
        struct heard h;
        size_t n, m;
        void *a = bl_read_all(copies[i][1], &n, heard_start(&h)), *b = bl_read_all(scratch(copies[i][0], path), &m, &h.diag);
        ck_assert_msg(a && b && n == m && !memcmp(a, b, n), "%s was written to", path);
        free(a);
        free(b);
    }
}

/* `word` with the path of its file, if it names one. */
static const char *filled(const char *word, char *buf)
{
    const char *at = word ? strchr(word, '@') : NULL;
    char path[NAME];

    if (!at)
        return word;
    ck_assert_int_lt(snprintf(buf, NAME, "%.*s%s", (int)(at - word), word, scratch(at + 1, path)), NAME);
    return buf;
}

START_TEST(refused)
{
    const char *words[MOST_WORDS + 1] = { "run", "-q" };
    static char room[MOST_WORDS][NAME];
    char file[NAME], want[NAME + 128];
    struct heard h;

    copy_all();
    words[2] = filled(clashes[_i].platform, room[2]);
    for (int i = 0; i < COUNT(clashes[_i].words); i++)
        words[i + 3] = filled(clashes[_i].words[i], room[i + 3]);
    ck_assert_int_eq(program_of(&h, NULL, words), BL_REFUSED);
    snprintf(want, sizeof want, "%s: would be overwritten: it is also %s; expected different files", scratch(clashes[_i].file, file),
             clashes[_i].also);
    ck_assert_str_eq(h.text, want);
    none_has_changed();
}
END_TEST

/* Two names of one file; and a name that was not given. */
START_TEST(other_names)
{
    char vcd[NAME], link[NAME];
    struct heard h;

    ck_assert_int_eq(bl_save_all(scratch("t.vcd", vcd), "", 0, heard_start(&h)), 0);
    ck_assert_int_eq(symlink(strrchr(vcd, '/') + 1, scratch("u.vcd", link)), 0);
    ck_assert_int_eq(program(&h, NULL, "run", "back_pressure", "-q", "--trace", vcd, "--trace", link, NULL), BL_REFUSED);
    ck_assert_msg(strstr(h.text, "u.vcd: would be overwritten: it is also another trace") != NULL, "%s", h.text);
    ck_assert_int_eq(unlink(link), 0);
    ck_assert_int_eq(program(&h, NULL, "run", "back_pressure", "-q", "--trace-around", "end", "--trace", "around.fst", NULL), BL_REFUSED);
    ck_assert_msg(strstr(h.text, "would be overwritten: it is also a trace") != NULL, "%s", h.text);
}
END_TEST

/* A calibration does not take the place of what it is found with, under whatever name. */
static const struct { const char *words[8], *also; } calibrations[] = {
    { { "osa_hcim", "--net", "@n.onnx", "-o", "@n.onnx" }, "the net" },
    { { "osa_hcim", "--data", "@i.idx3", "--labels", "@l.idx1", "-o", "@i.idx3" }, "the images" },
    { { "osa_hcim", "--data", "@i.idx3", "--labels", "@l.idx1", "-o", "@l.idx1" }, "the labels" },
    { { "@m.yaml", "-o", "@m.yaml" }, "the platform" }, { { "osa_hcim", "--set", "tech=@t.yaml", "-o", "@t.yaml" }, "read by the platform" },
    { { "osa_hcim", "--net", "@n.onnx", "-o", "@link" }, "the net" },
};
START_TEST(calibrate)
{
    const char *words[MOST_WORDS + 1] = { "calibrate" };
    static char room[8][NAME];
    char link[NAME], target[NAME], m[NAME];
    struct heard h;
    size_t n;

    copy_all();
    ck_assert_int_eq(symlink(strrchr(scratch("n.onnx", target), '/') + 1, scratch("link", link)), 0);
    void *b = bl_read_all("platforms/osa_hcim/osa_hcim.yaml", &n, heard_start(&h));
    ck_assert_int_eq(bl_save_all(scratch("m.yaml", m), b, n, &h.diag), 0);
    free(b);
    for (int i = 0; i < COUNT(calibrations[_i].words); i++)
        words[i + 1] = filled(calibrations[_i].words[i], room[i]);
    ck_assert_int_eq(program_of(&h, NULL, words), BL_REFUSED);
    ck_assert_msg(strstr(h.text, "would be overwritten: it is also ") && strstr(h.text, calibrations[_i].also), "%s", h.text);
    none_has_changed();
    ck_assert_int_eq(unlink(link), 0);
}
END_TEST

/* A part of a trace behind a link, and a trace behind another path. */
START_TEST(other_paths)
{
    char vcd[NAME], link[NAME], path[2 * NAME];
    struct heard h;

    scratch("t.vcd", vcd);
    char *slash = strrchr(vcd, '/');
    *slash = 0;
    const char *folder = strrchr(vcd, '/');
    snprintf(path, sizeof path, "%s/..%s/%s", vcd, folder ? folder : "", slash + 1);
    *slash = '/';
    ck_assert_int_eq(program(&h, NULL, "run", "back_pressure", "-q", "--trace", vcd, "-o", path, NULL), BL_REFUSED);
    ck_assert_msg(strstr(h.text, "would be overwritten: it is also a trace") != NULL, "%s", h.text);
    snprintf(path, sizeof path, "run%ld.t.4.vcd", (long)getpid());
    ck_assert_int_eq(symlink(path, scratch("other", link)), 0);
    ck_assert_int_eq(program(&h, NULL, "run", "back_pressure", "-q", "--trace", vcd, "--part-size", "1MB", "-o", link, NULL), BL_REFUSED);
    ck_assert_msg(strstr(h.text, "would be overwritten: it is also a part of a trace") != NULL, "%s", h.text);
    ck_assert_int_eq(unlink(link), 0);
}
END_TEST

/* A name like that of a part, which is none. */
START_TEST(no_part)
{
    char vcd[NAME], other[NAME];
    struct heard h;

    ck_assert_int_eq(program(&h, NULL, "run", "back_pressure", "-q", "--until", "100ns", "--trace", scratch("t.vcd", vcd), "--part-size", "1MB",
                             "-o", scratch("t.x1.vcd", other), NULL), BL_WRONG);             /* too short for its expectations */
}
END_TEST

Suite *suite_clash(void);
Suite *suite_clash(void)
{
    Suite *s = suite_create("clash");
    TCase *t = tcase_create("clash");

    tcase_add_loop_test(t, refused, 0, COUNT(clashes));
    tcase_add_test(t, other_names);
    tcase_add_loop_test(t, calibrate, 0, COUNT(calibrations));
    tcase_add_test(t, other_paths);
    tcase_add_test(t, no_part);
    suite_add_tcase(s, t);
    return s;
}
