/* test_run.c - the commands as a whole, in this process (tools/cmd_run.c, tools/run/going.c, tools/run/judge.c, tools/cmd_report.c,
 * tools/cmd_compare.c, tools/cmd_check.c, tools/cmd_ls.c, tools/cmd_show.c, tools/cmd_calibrate.c): on the platform osa_hcim and its default
 * net; what they write, and how they exit. What they refuse is in test_run_refused.c. */
#include "tests/rigs/command_rig.h"
#include "tools/report/report.h"

#include <pty.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* ---- running */

START_TEST(all_outputs)
{
    char fst[NAME], gtkw[NAME], json[NAME], html[NAME], text[NAME], want[2 * NAME + 64];
    struct heard h;
    int status = program(&h, scratch("all.txt", text), "run", "osa_hcim", "--images", "1", "--trace", scratch("all.fst", fst),
                         "--watch", "controller.*", "--watch", "core", "--report", "json", "-o", scratch("all.json", json),
                         "--report-html", scratch("all.html", html), NULL);
    json_t *r = bl_report_read(json, &h.diag);
    char *said = content(text), *page = content(html), *save;

    ck_assert_msg(r && (status == BL_DONE || status == BL_WRONG), "%s", h.text);
    ck_assert_str_eq(bl_j_text(r, "end"), "done");
    ck_assert_uint_eq(bl_j_count(json_object_get(r, "result"), "images"), 1);
    ck_assert_str_eq(bl_j_text(json_object_get(r, "platform"), "file"), "platforms/osa_hcim/osa_hcim.yaml");
    ck_assert_str_eq(bl_j_text(json_object_get(r, "net"), "images"), "platforms/nets/fashion100-images.idx3");
    ck_assert_uint_eq(json_array_size(json_object_get(json_object_get(r, "inputs"), "files")), 6);
    /* a platform that computes exactly must have nothing to say; one that does not must be marked */
    if (status == BL_DONE && bl_j_count(json_object_get(r, "result"), "mismatches"))
        ck_assert(json_is_true(bl_j_at(r, "result", "approximate")));
    scratch("all.gtkw", gtkw);
    ck_assert_ptr_nonnull(strstr(save = content(gtkw), "controller.verdict"));
    snprintf(want, sizeof want, "\nSee the waveform: gtkwave %s %s\n", fst, gtkw);
    ck_assert_msg(strstr(said, want) != NULL, "no line for GTKWave in:\n%s", said);
    ck_assert_ptr_nonnull(strstr(page, "</html>"));
    ck_assert_ptr_nonnull(strstr(said, ".all.names/\n"));
    ck_assert_ptr_null(strstr(said, "disabled"));
    json_decref(r);
    free(said);
    free(page);
    free(save);
}
END_TEST

/* -q: nothing on stdout and nothing on stderr when all is well; the files are written. What was asked for on stdout, and what is wrong, is told. */
START_TEST(quiet)
{
    static const struct { const char *more[4]; int status; bool prints; } rows[] = {
        { { NULL }, BL_DONE, false }, { { "--report", "json", NULL }, BL_DONE, true }, { { "--report", "json", "-o", "@" }, BL_DONE, false },
        { { "-o", "@", NULL }, BL_DONE, false }, { { "--report-json", "@", NULL }, BL_DONE, false },
        { { "--set", "sink[*].every=1", NULL }, BL_WRONG, true } };
    struct heard h;
    char out[NAME], file[NAME];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *words[MOST_WORDS + 1] = { "run", "back_pressure", "-q", "--until", "50 us" };
        scratch("quiet.file", file);
        for (int k = 0; k < 4 && rows[i].more[k]; k++)
            words[5 + k] = strcmp(rows[i].more[k], "@") ? rows[i].more[k] : file;
        ck_assert_int_eq(program_of(&h, scratch("quiet.txt", out), words), rows[i].status);
        char *said = content(out);
        ck_assert_msg(!*said == !rows[i].prints, "row %zu printed \"%.200s\"", i, said);
        ck_assert_msg(rows[i].status != BL_DONE || !*h.text, "%s", h.text);
        ck_assert_int_eq(remove(file) == 0, i >= 2 && i <= 4);
        free(said);
    }
    remove(out);
}
END_TEST

/* The calibration beside the net is taken by itself, and may be named or refused. */
START_TEST(calibration)
{
    static const char *const named[] = { NULL, "platforms/nets/fashion_cnn.osa_hcim.yaml", "none" };
    json_t *r[3];

    for (int i = 0; i < 3; i++) {
        char json[NAME];
        struct heard h;
        int status = program(&h, NULL, "run", "osa_hcim", "--images", "2", "-q", "--report-json", scratch("cal.json", json),
                             named[i] ? "--calibration" : "-q", named[i] ? named[i] : "-q", NULL);
        ck_assert_msg(status == BL_DONE && (r[i] = bl_report_read(json, &h.diag)), "%s", h.text);
    }
    ck_assert(json_equal(r[0], r[1]));
    ck_assert_uint_eq(json_array_size(json_object_get(json_object_get(r[2], "inputs"), "files")), 5);
    ck_assert(!json_equal(json_object_get(r[0], "result"), json_object_get(r[2], "result")));
    for (int i = 0; i < 3; i++)
        json_decref(r[i]);
}
END_TEST

/* The report does not know how the run was watched or sped up. */
START_TEST(same_bytes)
{
    static const char *const extra[][2] = { { "-q", "-q" }, { "--no-nap", "-q" }, { "--shuffle", "5" }, { "--trace", NULL } };
    char first[NAME], other[NAME], vcd[NAME], again[NAME], err[NAME];
    struct heard h;

    ck_assert_ptr_nonnull(freopen(scratch("err", err), "w", stderr));
    program(&h, NULL, "run", "osa_hcim", "--images", "2", "--report-json", scratch("first.json", first), NULL);
    for (int i = 0; i < COUNT(extra); i++) {
        program(&h, NULL, "run", "osa_hcim", "--images", "2", "--report-json", scratch("other.json", other), extra[i][0],
                extra[i][1] ? extra[i][1] : scratch("w.vcd.gz", vcd), NULL);
        ck_same_files(first, other);
    }
    ck_assert_int_eq(program(&h, scratch("again.json", again), "report", first, "--report", "json", NULL), BL_DONE);
    ck_same_files(first, again);
    ck_assert_int_eq(program(&h, NULL, "compare", "--exit-code", first, other, NULL), BL_DONE);
}
END_TEST

/* BF-IMNA: processes change no byte, bits a layer change the counts; the last --set of a layer wins. */
START_TEST(bits_and_jobs)
{
    char one[NAME], two[NAME], less[NAME];
    struct heard h;

    ck_assert_int_eq(program(&h, NULL, "run", "bf_imna", "-q", "--images", "2", "--set", "layer[*].bits=3", "--set", "layer[fc].bits=8",
                             "--report-json", scratch("one.json", one), NULL), BL_DONE);
    ck_assert_int_eq(program(&h, NULL, "run", "bf_imna", "-q", "--images", "2", "--set", "layer[*].bits=3", "--set", "layer[fc].bits=8", "-j", "2",
                             "--report-json", scratch("two.json", two), NULL), BL_DONE);
    ck_same_files(one, two);
    ck_assert_int_eq(program(&h, NULL, "run", "bf_imna", "-q", "--images", "2", "--report-json", scratch("less.json", less), NULL), BL_DONE);
    ck_assert_int_eq(program(&h, NULL, "compare", "--exit-code", one, less, NULL), BL_WRONG);
}
END_TEST

/* Whatever is written: reports, traces of some images, tensors; whoever runs the images. */
START_TEST(shared_images)
{
    static const char *const jobs[] = { "1", "2", "3", "7" };
    static const char *const file[] = { "r.json", "t.vcd", "t.fst", "t.json", "t.kanata" };
    char name[COUNT(jobs)][COUNT(file)][NAME], text[64];
    struct heard h;

    for (int n = 0; n < COUNT(jobs); n++) {
        for (int k = 0; k < COUNT(file); k++) {
            snprintf(text, sizeof text, "%s%s", jobs[n], file[k]);
            scratch(text, name[n][k]);
        }
        ck_assert_int_eq(program(&h, NULL, "run", "osa_hcim", "-q", "--images", "4", "--first", "3", "--set", "adc.noise=0.5", "-j", jobs[n],
                                 "--report-json", name[n][0], "--trace", name[n][1], "--trace", name[n][2], "--timeline", name[n][3], "--timeline", name[n][4],
                                 "--trace-images", "4..5", "--power-window", "60 ns", "--watch", "adc*", "--watch", "act_regs*", "--watch", "host*", NULL),
                         BL_DONE);
        for (int k = 0; n && k < COUNT(file); k++)
            ck_same_files(name[0][k], name[n][k]);
    }
}
END_TEST

/* Prices scaled when the run began, and prices scaled afterwards, give the same energy to the last digit. */
START_TEST(voltage)
{
    char run[NAME], plain[NAME], priced[NAME];
    struct heard h;

    program(&h, NULL, "run", "osa_hcim", "--images", "1", "-q", "--set", "voltage=0.8 V", "--report-json", scratch("v.json", run), NULL);
    program(&h, NULL, "run", "osa_hcim", "--images", "1", "-q", "--report-json", scratch("p.json", plain), NULL);
    json_t *a = bl_report_read(run, heard_start(&h)), *p = bl_report_read(plain, &h.diag);
    const char *tech = bl_j_text(bl_j_at(a, "provenance", "tech"), "file");
    ck_assert_int_eq(program(&h, scratch("priced.json", priced), "report", plain, "--tech", tech, "--voltage", "0.8 V", "--report", "json",
                             NULL), BL_DONE);
    json_t *b = bl_report_read(priced, &h.diag);
    ck_assert_msg(a && b && p, "%s", h.text);
    ck_assert(json_equal(json_object_get(a, "totals"), json_object_get(b, "totals")));
    ck_assert(json_equal(json_object_get(a, "parts"), json_object_get(b, "parts")));
    ck_assert(!json_equal(json_object_get(p, "totals"), json_object_get(b, "totals")));
    ck_assert_int_eq(program(&h, NULL, "compare", "--exit-code", run, plain, NULL), BL_WRONG);
    json_decref(a);
    json_decref(b);
    json_decref(p);
}
END_TEST

/* Half the columns: half of 834 fJ a sum, when it runs and when it is priced afterwards. */
START_TEST(a_smaller_macro_pays_less)
{
    char run[NAME], priced[NAME];
    struct heard h;
    const json_t *part, *row;
    uint64_t sum = 0;
    size_t i, k;

    program(&h, NULL, "run", "osa_hcim", "--images", "1", "-q", "--until", "30 us", "--set", "cols=72", "--report-json", scratch("72.json", run), NULL);
    json_t *a = bl_report_read(run, heard_start(&h));
    const char *tech = bl_j_text(bl_j_at(a, "provenance", "tech"), "file");
    ck_assert_int_eq(program(&h, scratch("72p.json", priced), "report", run, "--tech", tech, "--report", "json", NULL), BL_DONE);
    json_t *b = bl_report_read(priced, &h.diag);
    ck_assert_msg(a && b, "%s", h.text);
    json_array_foreach(json_object_get(a, "parts"), i, part)
        json_array_foreach(json_object_get(part, "tallies"), k, row)
            if (!strcmp(bl_j_text(part, "path"), "dat") && !strcmp(bl_j_text(row, "name"), "sum") && bl_j_count(row, "count"))
                sum = bl_j_count(row, "price_yj");
    ck_assert_uint_eq(sum, UINT64_C(417000000000));
    ck_assert(json_equal(json_object_get(a, "totals"), json_object_get(b, "totals")));
    ck_assert(json_equal(json_object_get(a, "parts"), json_object_get(b, "parts")));
    json_decref(a);
    json_decref(b);
}
END_TEST

/* The platform with other expectations, its prices found by --set. */
static char *with_expectation(const char *line, char *path)
{
    char *text = content("platforms/osa_hcim/osa_hcim.yaml"), *own = strstr(text, "\nexpect:");
    FILE *f = fopen(scratch("expect.yaml", path), "w");

    ck_assert_ptr_nonnull(f);
    if (own)
        own[1] = '\0';
    fprintf(f, "%s\nexpect:\n  - %s\n", text, line);
    fclose(f);
    free(text);
    return path;
}

START_TEST(expectations)
{
    static const struct { const char *line; int status; const char *said; } row[] = {
        { "clock.core.cycles > 10", BL_DONE, "" },
        { "clock.core.cycles < 10", BL_WRONG, "expected clock.core.cycles < 10, but" },
        { "clock.core.cycles < 10 %", BL_REFUSED, "expect.yaml:" },
        { "nobody.busy < 10 %", BL_REFUSED, "no part matches 'nobody'" },
    };

    for (int i = 0; i < COUNT(row); i++) {
        char path[NAME];
        struct heard h;
        int status = program(&h, NULL, "run", with_expectation(row[i].line, path), "--set", "tech=platforms/osa_hcim/tech/65nm.yaml", "--images",
                             "1", "-q", NULL);
        ck_assert_msg(status == row[i].status, "%s: exit %d: %s", row[i].line, status, h.text);
        ck_assert_msg(strstr(h.text, row[i].said) != NULL, "%s", h.text);
    }
}
END_TEST

/* Nobody feeds the macro: it waits for the host for ever, and says so. */
START_TEST(deadlock)
{
    char json[NAME];
    struct heard h;

    ck_assert_int_eq(program(&h, NULL, "run", "osa_hcim", "--net", "none", "--until", "1 us", "-q", "--report-json",
                             scratch("dead.json", json), NULL), BL_WRONG);
    json_t *r = bl_report_read(json, &h.diag);
    ck_assert_str_eq(bl_j_text(r, "end"), "deadlock");
    ck_assert_ptr_nonnull(strstr(h.text, "deadlock at 1 us: nobody is awake and nothing is timed; who waits for whom:\n"));
    ck_assert_ptr_nonnull(strstr(h.text, ", for host (idle)"));
    ck_assert_ptr_nonnull(strstr(h.text, "\n  who waits for an idle part waits for one that has nothing to do"));
    ck_assert_ptr_nonnull(strstr(h.text, "\n  if the run ends with --no-nap, a part naps too early"));
    ck_assert_uint_ge(json_array_size(json_object_get(r, "waits")), 1);
    json_decref(r);
}
END_TEST

START_TEST(limit)
{
    char json[NAME];
    struct heard h;
    int status = program(&h, NULL, "run", "osa_hcim", "--images", "1", "--until", "10 us", "--report-json",
                         scratch("lim.json", json), NULL);
    json_t *r = bl_report_read(json, &h.diag);

    ck_assert_msg(r != NULL && status != BL_REFUSED, "%s", h.text);
    ck_assert_str_eq(bl_j_text(r, "end"), "limit");
    ck_assert_uint_eq(bl_j_count(r, "simulated_fs"), UINT64_C(10000000000));
    ck_assert_uint_eq(bl_j_count(json_object_get(r, "inputs"), "until_fs"), UINT64_C(10000000000));
    json_decref(r);
}
END_TEST

/* A run that no image ended: nothing was compared, so nothing is said to be equal or right. */
START_TEST(no_image_ended)
{
    static const char *const never[] = { "all 0 values", "0 of 0", "0 min" };
    char out[NAME];
    struct heard h;

    ck_assert_int_ne(program(&h, scratch("early.txt", out), "run", "osa_hcim", "-q", "--report", "text", "--until", "10 us", NULL), BL_REFUSED);
    char *text = content(out);
    for (int i = 0; i < COUNT(never); i++)
        ck_assert_msg(!strstr(text, never[i]), "%s is in: %s", never[i], text);
    ck_assert_msg(strstr(text, "no image has come so far: nothing was compared") != NULL, "%s", text);
    free(text);
}
END_TEST

/* Runs `bitline run osa_hcim` in digital mode with its stderr on a terminal; returns what that shows. */
static char *on_a_terminal(const char *images, const char *jobs, char *text, size_t room)
{
    int terminal, end, status = 0;
    size_t n = 0;
    ssize_t got;

    ck_assert_int_eq(openpty(&terminal, &end, NULL, NULL, NULL), 0);
    pid_t child = fork();
    if (child == 0) {
        struct bl_diag diag = { 0 };
        char *argv[] = { (char[]){ "bitline" }, (char[]){ "run" }, (char[]){ "osa_hcim" }, (char[]){ "--set" }, (char[]){ "controller.mode=digital" },
                         (char[]){ "--images" }, (char *)(uintptr_t)images, (char[]){ "-j" }, (char *)(uintptr_t)jobs, NULL };
        if (!freopen("/dev/null", "w", stdout) || dup2(end, 2) < 0)
            _exit(99);
        close(terminal);
        _exit(bl_program(9, argv, &diag));
    }
    close(end);
    while (n + 1 < room && (got = read(terminal, text + n, room - 1 - n)) > 0)       /* when the other end is closed it fails */
        n += (size_t)got;
    text[n] = 0;
    close(terminal);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == BL_DONE, "%s", text);
    return text;
}

/* A few images of a net are shown layer by layer, many one by one, and so are those of several processes. */
START_TEST(shown_progress)
{
    static const struct { const char *images, *jobs, *said[3], *never; } row[] = {
        { "1", "1", { "] 1 of 4 layers\r", "] 2 of 4 layers\r", "] 4 of 4 layers" }, "images" },
        { "9", "1", { "] 1 of 36 layers\r", "] 17 of 36 layers\r", "] 36 of 36 layers" }, "images" },
        { "10", "1", { "] 1 of 10 images\r", "] 9 of 10 images\r", "] 10 of 10 images" }, "layers" },
        { "4", "2", { "] 1 of 4 images\r", "] 3 of 4 images\r", "] 4 of 4 images" }, "layers" } };
    static char text[20000];

    for (int i = 0; i < COUNT(row); i++) {
        on_a_terminal(row[i].images, row[i].jobs, text, sizeof text);
        for (int k = 0; k < 3; k++)
            ck_assert_msg(strstr(text, row[i].said[k]) != NULL, "'%s' is not in: %s", row[i].said[k], text);
        ck_assert_msg(!strstr(text, row[i].never), "%s", text);
    }
}
END_TEST

/* SIGTERM as soon as the trace shows that the run is under way: everything is closed, and marked. */
START_TEST(interrupted)
{
    char json[NAME], vcd[NAME], err[NAME];
    struct stat st = { 0 };
    int status = 0;
    struct heard h;

    scratch("int.json", json);
    scratch("int.vcd", vcd);
    scratch("int.err", err);
    unlink(vcd);
    pid_t child = fork();
    if (child == 0) {
        char *argv[] = { (char[]){ "bitline" }, (char[]){ "run" }, (char[]){ "osa_hcim" }, (char[]){ "--no-nap" }, (char[]){ "--trace" },
                         vcd, (char[]){ "--watch" }, (char[]){ "controller.*" }, (char[]){ "--report-json" }, json, NULL };
        struct bl_diag diag = { 0 };
        if (!freopen("/dev/null", "w", stdout) || !freopen(err, "w", stderr))
            _exit(99);
        int ended = bl_program(10, argv, &diag);
        fflush(stderr);
        _exit(ended);
    }
    while (waitpid(child, &status, WNOHANG) == 0 && (stat(vcd, &st) < 0 || st.st_size < 100000))
        usleep(1000);
    ck_assert_int_eq(kill(child, SIGTERM), 0);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    char *said = content(err);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == BL_WRONG, "%s", said);
    ck_assert_msg(strncmp(said, "bitline: interrupted at ", 24) == 0, "%s", said);
    json_t *r = bl_report_read(json, heard_start(&h));
    ck_assert_msg(r != NULL, "%s", h.text);
    ck_assert_str_eq(bl_j_text(r, "end"), "interrupted");
    ck_assert_uint_lt(bl_j_count(json_object_get(r, "result"), "images"), 100);
    json_decref(r);
    free(said);
}
END_TEST

/* ---- looking */

START_TEST(looking)
{
    char out[NAME];
    struct heard h;
    json_error_t e;

    ck_assert_int_eq(program(&h, scratch("ls.json", out), "ls", "--json", NULL), BL_DONE);
    json_t *j = json_load_file(out, 0, &e);
    ck_assert_uint_eq(json_object_size(j), 5);
    size_t classes = 0;
    while (bl_classes[classes])
        classes++;
    ck_assert_uint_eq(json_array_size(json_object_get(j, "classes")), classes);
    ck_assert_uint_ge(json_array_size(json_object_get(j, "platforms")), 1);
    const json_t *row;
    size_t i;
    json_array_foreach(json_object_get(j, "classes"), i, row) {       /* every class can be shown, in both forms */
        const char *name = bl_j_text(row, "name");
        ck_assert(*name && *bl_j_text(row, "help") && *bl_j_text(row, "kind"));
        ck_assert_int_eq(program(&h, NULL, "show", name, NULL), BL_DONE);
        ck_assert_int_eq(program(&h, scratch("show.json", out), "show", name, "--json", NULL), BL_DONE);
        json_t *c = json_load_file(out, 0, &e);
        ck_assert_str_eq(bl_j_text(c, "name"), name);
        ck_assert_uint_gt(json_array_size(json_object_get(c, "fields")), 0);
        json_decref(c);
    }
    json_array_foreach(json_object_get(j, "platforms"), i, row) {
        const char *name = bl_j_text(row, "name"), *about = bl_j_text(row, "help");
        if (strstr(about, "to be used by others"))
            continue;                                                  /* its ports are wired elsewhere */
        ck_assert_msg(program(&h, NULL, "check", name, NULL) == BL_DONE, "%s", h.text);
        ck_assert_int_eq(program(&h, scratch("show.json", out), "show", name, "--json", NULL), BL_DONE);
        json_t *p = json_load_file(out, 0, &e);
        ck_assert_uint_gt(json_array_size(json_object_get(p, "parts")), 0);
        json_decref(p);
        ck_assert_int_eq(program(&h, NULL, "show", name, "--signals", NULL), BL_DONE);
    }
    json_decref(j);
}
END_TEST

/* Files are found below $BITLINE_DATA from any folder, and reports show no trace of where that is. */
START_TEST(data_folder)
{
    char here[1024], one[NAME], two[NAME], full[2 * NAME + 1024];
    struct heard h;

    ck_assert_ptr_nonnull(getcwd(here, sizeof here));
    scratch("here.json", one);
    scratch("away.json", two);
    program(&h, NULL, "run", "osa_hcim", "--images", "1", "--report-json", one, NULL);
    setenv("BITLINE_DATA", here, 1);
    if (*one != '/') {                                   /* BL_TMP is below the folder that is left */
        snprintf(full, sizeof full, "%s/%s", here, two);
        ck_assert_uint_lt(strlen(full), NAME);
        strcpy(two, full);
        snprintf(full, sizeof full, "%s/%s", here, one);
        strcpy(one, full);
    }
    ck_assert_int_eq(chdir("/"), 0);
    program(&h, NULL, "run", "osa_hcim", "--images", "1", "--report-json", two, NULL);
    ck_same_files(one, two);
}
END_TEST

Suite *suite_run(void);
Suite *suite_run(void)
{
    Suite *s = suite_create("run");
    TCase *t = tcase_create("runs"), *v = tcase_create("looks");

    tcase_add_test(t, all_outputs);
    tcase_add_test(t, quiet);
    tcase_add_test(t, calibration);
    tcase_add_test(t, same_bytes);
    tcase_add_test(t, bits_and_jobs);
    tcase_add_test(t, shared_images);
    tcase_add_test(t, voltage);
    tcase_add_test(t, a_smaller_macro_pays_less);
    tcase_add_test(t, expectations);
    tcase_add_test(t, deadlock);
    tcase_add_test(t, limit);
    tcase_add_test(t, no_image_ended);
    tcase_add_test(t, shown_progress);
    tcase_add_test(t, interrupted);
    tcase_add_test(v, looking);
    tcase_add_test(v, data_folder);
    suite_add_tcase(s, t);
    suite_add_tcase(s, v);
    return s;
}
