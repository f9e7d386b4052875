/* test_wave.c - `bitline trace` (tools/cmd_trace.c) on traces of runs (traces/): forms into each other, parts, comparisons, refusals; the same run
 * gives the same bytes in every form; a disk that fills; GTKWave opens what is written. */
#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/rigs/effort.h"
#include "tests/rigs/heard.h"
#include "tools/commands.h"
#include "platforms/file/io.h"
#include "traces/fst.h"

enum { NAME = 512, MOST_WORDS = 30 };

static char *scratch(const char *name, char *buf)
{
    const char *dir = getenv("BL_TMP");

    snprintf(buf, NAME, "%s/trace%ld.%s", dir ? dir : "/tmp", (long)getpid(), name);
    return buf;
}

/* Runs `bitline WORD...`, the words ended by NULL; its stdout goes to the file `out`. */
static int program(struct heard *h, const char *out, ...)
{
    char name[] = "bitline", *argv[MOST_WORDS + 2] = { name };
    int argc = 1, status;
    const char *w;
    va_list ap;

    va_start(ap, out);
    while ((w = va_arg(ap, const char *)) && argc < MOST_WORDS)
        argv[argc++] = (char *)(uintptr_t)w;
    va_end(ap);
    ck_assert_ptr_nonnull(freopen(out ? out : "/dev/null", "w", stdout));
    status = bl_program(argc, argv, heard_start(h));
    fflush(stdout);
    return status;
}

static char *content(const char *path, size_t *n)
{
    struct heard h;
    char *b = (char *)bl_read_all(path, n, heard_start(&h));

    ck_assert_msg(b != NULL, "%s", h.text);
    return b;
}

static const char *const forms[] = { "fst", "vcd", "vcd.gz" };
enum { FORMS = 3 };

/* A run of the four pairs of back_pressure, in one form. */
static char *traced(const char *name, char *buf, const char *set)
{
    struct heard h;
    int status = program(&h, NULL, "run", "back_pressure", "-q", "--until", "5us", "--set", set, "--trace", scratch(name, buf),
                         "--power-window", "50ns", NULL);

    ck_assert_msg(status != BL_REFUSED, "%s", h.text);
    return buf;
}

START_TEST(every_form_into_every_form)
{
    char from[NAME], to[NAME], back[NAME], name[40];
    struct heard h;

    snprintf(name, sizeof name, "a.%s", forms[_i / FORMS]);
    traced(name, from, "gen[0].limit=0");
    snprintf(name, sizeof name, "b.%s", forms[_i % FORMS]);
    ck_assert_int_eq(program(&h, NULL, "trace", "convert", from, scratch(name, to), NULL), BL_DONE);
    ck_assert_int_eq(program(&h, NULL, "trace", "diff", from, to, NULL), BL_DONE);
    ck_assert_int_eq(program(&h, NULL, "trace", "convert", to, scratch("c.fst", back), NULL), BL_DONE);
    ck_assert_int_eq(program(&h, scratch("said", from), "trace", "diff", to, back, NULL), BL_DONE);
    size_t n;
    char *said = content(from, &n);
    ck_assert_ptr_nonnull(strstr(said, "0 of "));
    free(said);
}
END_TEST

START_TEST(a_difference_is_found)
{
    char a[NAME], b[NAME], out[NAME], *said;
    struct heard h;
    size_t n;

    traced("a.fst", a, "gen[0].limit=0");
    traced("b.vcd", b, "sink[2].every=4");
    ck_assert_int_eq(program(&h, scratch("said", out), "trace", "diff", a, b, NULL), BL_WRONG);
    said = content(out, &n);
    ck_assert_msg(strstr(said, "first difference at ") && strstr(said, "sink[2].verdict"), "%s", said);
    ck_assert_ptr_null(strstr(said, "sink[1]."));
    free(said);
    ck_assert_int_eq(program(&h, NULL, "trace", "diff", a, b, "--watch", "!*[2]*", "--watch", "!power_mw", NULL), BL_DONE);
    ck_assert_int_eq(program(&h, NULL, "trace", "diff", a, b, "--window", "0s:10ns", NULL), BL_DONE);
}
END_TEST

/* A part that is cut is what a run would have written of it. */
START_TEST(cut_is_a_smaller_trace)
{
    static const char *const windows[] = { "1us:2us", "1003ns:2004ns", ":700ns", "2us:" };
    char whole[NAME], want[NAME], got[NAME];
    struct heard h;

    traced("w.fst", whole, "gen[0].limit=0");
    ck_assert_int_ne(program(&h, NULL, "run", "back_pressure", "-q", "--until", "5us", "--set", "gen[0].limit=0", "--trace",
                             scratch("want.fst", want), "--watch", "gen*", "--watch", "!*.power_mw", "--window", windows[_i], NULL), BL_REFUSED);
    ck_assert_msg(program(&h, NULL, "trace", "cut", whole, "-o", scratch("got.vcd", got), "--watch", "gen*", "--watch", "!*.power_mw",
                          "--window", windows[_i], NULL) == BL_DONE, "%s", h.text);
    ck_assert_msg(program(&h, NULL, "trace", "diff", want, got, NULL) == BL_DONE, "window %s", windows[_i]);
}
END_TEST

static const struct { const char *words[6], *says; } refusals[] = {
    { { "inof", "a.fst" }, "did you mean info" }, { { "info", "tests/README.md" }, "README" }, { { "info", "/nowhere.fst" }, "/nowhere.fst" },
    { { "convert", "a.fst" }, "convert FILE NEW" }, { { "cut", "a.fst" }, "new file is missing" },
    { { "convert", "WHOLE", "x.lxt" }, ".fst, .vcd" }, { { "convert", "WHOLE", "WHOLE" }, "overwritten" },
    { { "diff", "WHOLE", "/nowhere.vcd" }, "/nowhere.vcd" }, { { "info", "WHOLE", "--watch", "x" }, "belong to cut" },
    { { "cut", "WHOLE", "-o", "/nowhere/x.vcd" }, "/nowhere/x.vcd" },
    { { "diff", "WHOLE", "WHOLE", "--window", "3" }, "expected T0:T1" },
};
START_TEST(refused)
{
    char whole[NAME];
    const char *w[6];
    struct heard h;

    traced("r.fst", whole, "gen[0].limit=0");
    for (int i = 0; i < 6; i++)
        w[i] = refusals[_i].words[i] && !strcmp(refusals[_i].words[i], "WHOLE") ? whole : refusals[_i].words[i];
    ck_assert_int_eq(program(&h, NULL, "trace", w[0], w[1], w[2], w[3], w[4], w[5], NULL), BL_REFUSED);
    ck_assert_msg(strstr(h.text, refusals[_i].says) != NULL, "%s", h.text);
}
END_TEST

/* ---- the same run, the same bytes: twice, shuffled, and with the lines of the platform in another order ---- */

static const char *const all_forms[] = { "fst", "vcd", "vcd.gz", "json", "kanata" };

START_TEST(same_bytes)
{
    static const char lines[] = "platform: back_pressure\nclocks: { core: 200 MHz }\nparts:\n"
        "  sink: { class: sink, every: 3, count: 4, stop: 200 }\n  gen:  { class: gen,  values: random, count: 4 }\nwires:\n"
        "  - gen[3].x -> sink[3].x  depth 2\n  - gen[1].x -> sink[1].x  depth 2\n  - gen[0].x -> sink[0].x  depth 2\n"
        "  - gen[2].x -> sink[2].x  depth 2\n";
    char a[NAME], b[NAME], name[40], other[NAME];
    struct heard h;
    const char *opt = _i >= 3 ? "--timeline" : "--trace";
    size_t n, m;

    FILE *f = fopen(scratch("other.yaml", other), "w");
    fputs(lines, f);
    fclose(f);
    const char *const platform[] = { "back_pressure", "back_pressure", other };
    snprintf(name, sizeof name, "s0.%s", all_forms[_i]);
    scratch(name, a);
    for (int k = 0; k < 3; k++) {
        snprintf(name, sizeof name, "s%d.%s", k, all_forms[_i]);
        ck_assert_msg(program(&h, NULL, "run", platform[k], "-q", "--until", "3us", opt, scratch(name, b), "--shuffle", k == 1 ? "9" : "1",
                              NULL) != BL_REFUSED, "%s", h.text);
        char *x = content(a, &n), *y = content(b, &m);
        ck_assert_msg(n == m && n > 1000 && !memcmp(x, y, n), "%s: run %d differs", all_forms[_i], k);
        free(x);
        free(y);
    }
}
END_TEST

/* Parts that fall asleep in the very tick in which they write are looked at as well. */
START_TEST(naps_hide_nothing)
{
    char nap[NAME], awake[NAME];
    struct heard h;
    size_t n, m;

    ck_assert_int_eq(program(&h, NULL, "run", "osa_hcim", "-q", "--images", "1", "--until", "12us", "--trace", scratch("n.vcd", nap), NULL), BL_DONE);
    ck_assert_int_eq(program(&h, NULL, "run", "osa_hcim", "-q", "--images", "1", "--until", "12us", "--no-nap", "--trace",
                             scratch("a.vcd", awake), NULL), BL_DONE);
    char *x = content(nap, &n), *y = content(awake, &m);
    ck_assert(n == m && n > 100000 && !memcmp(x, y, n));
    free(x);
    free(y);
}
END_TEST

/* ---- disks that are full, files that are cut ---- */

static void limit_files(rlim_t bytes)
{
    struct rlimit most = { bytes, RLIM_INFINITY };

    fflush(NULL);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &most), 0);
}

/* Two traces hold the same up to a time, which itself is left out. */
static void same_before(const char *a, const char *b, const char *time)
{
    char window[80];
    struct heard h;

    snprintf(window, sizeof window, ":%s", time);
    ck_assert_msg(program(&h, NULL, "trace", "diff", a, b, "--window", window, NULL) == BL_DONE, "%s and %s before %s: %s", a, b, time, h.text);
}

/* What GTKWave's own reader makes of an FST is what ours reads. */
static void same_by_fst2vcd(const char *fst)
{
    char vcd[NAME], command[3 * NAME];
    struct heard h;

    if (!FOREIGN("fst2vcd"))
        return;
    if (system("command -v fst2vcd >/dev/null")) {
        SKIP_MISSING("fst2vcd", "package gtkwave is not installed");
        return;
    }
    snprintf(command, sizeof command, "fst2vcd -e -f %s -o %s 2>/dev/null", fst, scratch("by.vcd", vcd));
    ck_assert_int_eq(system(command), 0);
    ck_assert_msg(program(&h, NULL, "trace", "diff", vcd, fst, NULL) == BL_DONE, "%s", h.text);
}

/* A file may hold no more than some bytes: an error with its name and last time, status 2, a trace that can be read up to
 * there, the report whole. */
START_TEST(disk_full)
{
    static const rlim_t room[] = { 60000, 3000000, 600000, 1000000, 150000 };
    char trace[NAME], whole[NAME], json[NAME], name[40], time[40];
    const char *option = _i >= 3 ? "--timeline" : "--trace", *up_to = "readable up to ";
    struct heard h, quiet;
    size_t n;

    snprintf(name, sizeof name, "full.%s", all_forms[_i]);
    scratch(name, trace);
    snprintf(name, sizeof name, "all.%s", all_forms[_i]);
    ck_assert_int_eq(program(&h, NULL, "run", "osa_hcim", "-q", "--images", "1", "--until", "400us", option, scratch(name, whole), NULL), BL_DONE);
    bl_fst_block_bytes(30000);
    limit_files(room[_i]);
    int status = program(&h, NULL, "run", "osa_hcim", "-q", "--images", "1", "--until", "400us", option, trace, "--report-json",
                         scratch("full.report", json), NULL);
    limit_files(RLIM_INFINITY);
    ck_assert_int_eq(status, BL_REFUSED);
    char *said = strstr(h.text, up_to);
    ck_assert_msg(strstr(h.text, trace) && said && strstr(said, " fs"), "%s", h.text);
    ck_assert_int_eq(access(json, R_OK), 0);
    uint64_t fs = strtoull(said + strlen(up_to), NULL, 10);
    ck_assert_uint_gt(fs, UINT64_C(1000000000));
    if (_i < 3) {
        ck_assert_msg(program(&quiet, NULL, "trace", "info", trace, NULL) == BL_DONE, "%s", quiet.text);
        snprintf(time, sizeof time, "%llu fs", (unsigned long long)fs + 1);
        same_before(trace, whole, time);
    } else {
        char *text = content(trace, &n);
        ck_assert_msg(n > room[_i] / 2 && strchr("}\n", text[n - 1]), "%zu bytes", n);      /* whole lines */
        free(text);
    }
    if (_i == 0)
        same_by_fst2vcd(trace);
}
END_TEST

/* One output fails, the others are what they would have been. */
START_TEST(others_stay_whole)
{
    char fst[2][NAME], vcd[NAME], json[2][NAME], name[40];
    struct heard h;
    size_t n, m;

    for (int k = 0; k < 2; k++) {
        snprintf(name, sizeof name, "o%d.fst", k);
        scratch(name, fst[k]);
        snprintf(name, sizeof name, "o%d.json", k);
        scratch(name, json[k]);
        limit_files(k ? 1000000 : RLIM_INFINITY);
        int status = program(&h, NULL, "run", "osa_hcim", "-q", "--images", "1", "--until", "30us", "--trace", scratch("o.vcd", vcd),
                             "--trace", fst[k], "--report-json", json[k], NULL);
        limit_files(RLIM_INFINITY);
        ck_assert_msg((status == BL_REFUSED) == (k == 1), "%s", h.text);
    }
    ck_assert_msg(strstr(h.text, vcd) && !strstr(h.text, fst[1]), "%s", h.text);
    const char *const pairs[][2] = { { fst[0], fst[1] }, { json[0], json[1] } };
    for (int k = 0; k < 2; k++) {
        char *x = content(pairs[k][0], &n), *y = content(pairs[k][1], &m);
        ck_assert_msg(n == m && !memcmp(x, y, n), "%s and %s", pairs[k][0], pairs[k][1]);
        free(x);
        free(y);
    }
    same_before(vcd, fst[0], "5 us");
}
END_TEST

/* Where nothing can be written: the name is told, status 2, and a report that is there already stays. */
START_TEST(unwritable)
{
    static const char *const names[] = { "file/x.fst", "file/x.vcd", "file/x.json", "device.vcd", "device.vcd.gz" };
    char path[NAME], json[NAME], device[NAME], name[40];
    struct heard h;
    size_t n;

    FILE *f = fopen(scratch("file", path), "w");
    fclose(f);
    f = fopen(scratch("kept.report", json), "w");
    fputs("kept", f);
    fclose(f);
    snprintf(name, sizeof name, "%s", names[_i]);
    scratch(name, path);
    ck_assert(_i < 3 || symlink("/dev/full", scratch(name, device)) == 0);
    ck_assert_int_eq(program(&h, NULL, "run", "back_pressure", "-q", "--until", "1us", _i == 2 ? "--timeline" : "--trace", path, "--report-json",
                             json, NULL), BL_REFUSED);
    ck_assert_msg(strstr(h.text, path) != NULL, "%s", h.text);
    if (_i < 3) {
        char *text = content(json, &n);
        ck_assert(n == 4 && !memcmp(text, "kept", 4));
        free(text);
    }
}
END_TEST

/* A copy that broke off: what is whole is read, and info says where it ends. (fst2vcd reads no cut copy, only what a
 * killed writer left: test_fst_crash.c.) */
START_TEST(cut_copy)
{
    char whole[NAME], cut[NAME], out[NAME], name[40], time[40];
    struct heard h;
    size_t n, m, torn = 0;

    snprintf(name, sizeof name, "c.%s", forms[_i]);
    bl_fst_block_bytes(10000);
    traced(name, whole, "gen[0].limit=0");
    char *bytes = content(whole, &n);
    snprintf(name, sizeof name, "d.%s", forms[_i]);
    scratch(name, cut);
    scratch("said", out);
    for (size_t k = 0; k < 24; k++) {
        size_t keep = k < 12 ? n - 1 - k * k * k : n / 2 + n / 27 * (k - 12);
        FILE *f = fopen(cut, "wb");
        ck_assert_uint_eq(fwrite(bytes, 1, keep, f), keep);
        fclose(f);
        ck_assert_msg(program(&h, out, "trace", "info", cut, NULL) == BL_DONE, "%s cut at %zu: %s", forms[_i], keep, h.text);
        char *said = content(out, &m), *to = strstr(said, " to ");
        torn += strstr(said, "unfinished from byte ") != NULL;
        snprintf(time, sizeof time, "%.*s", (int)strcspn(to + 4, "\n"), to + 4);
        if (strcmp(time, "0 s"))           /* a VCD may have lost some of its last time */
            same_before(cut, whole, time);
        free(said);
    }
    ck_assert_uint_ge(torn, 12);
    free(bytes);
}
END_TEST

/* ---- choices of run ---- */

START_TEST(parts_are_the_whole)
{
    char whole[NAME], part[NAME], out[NAME], name[40];
    struct heard h;
    size_t n, before = 0;
    int parts = 0;
    uint64_t end = 0;

    traced("p.vcd", whole, "gen[0].limit=0");
    ck_assert_int_ne(program(&h, scratch("said", out), "run", "back_pressure", "-q", "--until", "5us", "--set", "gen[0].limit=0", "--trace",
                             scratch("q.vcd", part), "--power-window", "50ns", "--part-size", "20kB", NULL), BL_REFUSED);
    for (;; parts++) {
        snprintf(name, sizeof name, "q.%d.vcd", parts);
        if (access(scratch(name, part), R_OK))
            break;
        char *text = content(part, &n), *first = strstr(text, "\n#"), window[100];
        /* as large as it was wished, and by no more than the changes of a time larger; the next begins where it ends */
        ck_assert_uint_lt(n, 20000 + 1000);
        ck_assert(!parts || before >= 20000);
        ck_assert_uint_eq(strtoull(first + 2, NULL, 10), end);
        before = n;
        /* from its own first time to its last the part is the whole trace */
        char *last = first, *next = first;
        while ((next = strstr(next + 1, "\n#")))
            last = next;
        end = strtoull(last + 2, NULL, 10);
        snprintf(window, sizeof window, "%llu fs:%llu fs", strtoull(first + 2, NULL, 10), strtoull(last + 2, NULL, 10));
        ck_assert_msg(program(&h, NULL, "trace", "diff", part, whole, "--window", window, NULL) == BL_DONE, "%s: %s", part, h.text);
        free(text);
    }
    ck_assert_int_ge(parts, 3);
    ck_assert_uint_eq(end, 2990000000);       /* the sinks have had their items */
}
END_TEST

static const struct { const char *window, *from, *to; } windows[] = {
    { "10:20 cycles of core", "\n#50000000\n", "\n#100000000\n" }, { "10:20 cycles", "\n#50000000\n", "\n#100000000\n" },
    { "gen[0].verdict == out_full:50ns", "\n#", "\n#50000000\n" },
};
START_TEST(windows_of_cycles)
{
    char path[NAME];
    struct heard h;
    size_t n;

    ck_assert_msg(program(&h, NULL, "run", "back_pressure", "-q", "--until", "1us", "--trace", scratch("c.vcd", path), "--window",
                          windows[_i].window, "--watch", "core", NULL) != BL_REFUSED, "%s", h.text);
    char *text = content(path, &n), *first = strstr(text, "\n#");
    ck_assert(!strncmp(first, windows[_i].from, strlen(windows[_i].from)));
    ck_assert_ptr_nonnull(strstr(text, windows[_i].to));
    free(text);
}
END_TEST

static const struct { const char *option, *value, *says; } bad[] = {
    { "--window", "10:20 cycles of cor", "did you mean 'core'" }, { "--window", "20:10 cycles", "ends before it begins" },
    { "--window", "x:y cycles", "expected T0:T1" }, { "--window", "gen[0].nothing == 1:", "gen[0].nothing" }, { "--depth", "0", "--depth" },
    { "--part-size", "many", "number of bytes" }, { "--fst-pack", "lz5", "lz4" }, { "--timeline", "a.txt", ".json or .kanata" },
};
START_TEST(bad_choices)
{
    char path[NAME];
    struct heard h;

    ck_assert_int_eq(program(&h, NULL, "run", "back_pressure", "-q", "--trace", scratch("x.vcd", path), bad[_i].option, bad[_i].value, NULL),
                     BL_REFUSED);
    ck_assert_msg(strstr(h.text, bad[_i].says) != NULL, "%s", h.text);
}
END_TEST

/* `--trace -`: stdout is the VCD, and nothing else. */
START_TEST(live)
{
    char out[NAME], want[NAME];
    struct heard h;

    scratch("live.vcd", out);
    ck_assert_int_ne(program(&h, out, "run", "back_pressure", "-q", "--until", "2us", "--trace", "-", NULL), BL_REFUSED);
    ck_assert_int_ne(program(&h, NULL, "run", "back_pressure", "-q", "--until", "2us", "--trace", scratch("want.vcd", want), NULL), BL_REFUSED);
    size_t n, m;
    char *x = content(out, &n), *y = content(want, &m);
    ck_assert(n == m && !memcmp(x, y, n));
    free(x);
    free(y);
}
END_TEST

/* A size with a unit is so many bytes: the first part ends at the same place, however it is said. */
START_TEST(sizes_of_parts)
{
    static const char *const sizes[] = { "1000000", "1000000 B", "1000kB", "1000 KB" };
    char trace[NAME], first[NAME], set[64];
    struct heard h;
    size_t n, m = 0;

    for (int i = 0; i < (int)(sizeof sizes / sizeof *sizes); i++) {
        snprintf(set, sizeof set, "--part-size=%s", sizes[i]);
        ck_assert_int_eq(program(&h, NULL, "run", "osa_hcim", "-q", "--images", "1", "--until", "70 us", "--trace", scratch("s.vcd", trace), set, NULL), BL_DONE);
        char *text = content(scratch("s.0.vcd", first), &n);
        free(text);
        ck_assert_uint_ge(n, 1000000);
        ck_assert_msg(i == 0 || n == m, "%s: %zu bytes, of 1000000 bytes %zu", sizes[i], n, m);
        m = n;
    }
}
END_TEST

/* The real GTKWave loads the dump and the save file, says how many rows it shows, and ends. */
START_TEST(gtkwave_opens_it)
{
    char dump[NAME], script[NAME], out[NAME], save[NAME], name[16], command[6 * NAME];
    struct heard h;
    size_t n;

    if (!FOREIGN("gtkwave"))
        return;
    if (system("command -v gtkwave >/dev/null && command -v xvfb-run >/dev/null")) {
        SKIP_MISSING("gtkwave_opens_it", "packages gtkwave and xvfb are not installed");
        return;
    }
    snprintf(name, sizeof name, "g.%s", forms[_i]);
    ck_assert_int_ne(program(&h, NULL, "run", "osa_hcim", "-q", "--images", "1", "--until", "5us", "--trace", scratch(name, dump),
                             "--power-window", "60ns", NULL), BL_REFUSED);
    scratch("g.gtkw", save);
    FILE *f = fopen(scratch("g.tcl", script), "w");
    fputs("puts \"rows [gtkwave::getTotalNumTraces] max [gtkwave::getMaxTime] marks [gtkwave::getNamedMarker A]\"\nflush stdout\nexit 0\n", f);
    fclose(f);
    snprintf(command, sizeof command, "HOME=%s timeout 40 xvfb-run -a gtkwave --rcvar 'splash_disable on' -S %s %s %s >%s 2>&1",
             getenv("BL_TMP") ? getenv("BL_TMP") : "/tmp", script, dump, save, scratch("g.log", out));
    int status = system(command);
    char *text = content(out, &n), *rows = strstr(text, "rows ");
    ck_assert_msg(status == 0 && rows != NULL, "status %d: %s", status, text);
    ck_assert_msg(strtol(rows + 5, NULL, 10) > 100, "%s", rows);
    ck_assert_msg(!strstr(text, "rror") && !strstr(text, "ould not"), "%s", text);
    free(text);
}
END_TEST

/* What a row shows at a time, asked of GTKWave: words for the codes of a class, in a dump with tables (FST) and by translate files (VCD).
 * Values are drawn, and only of rows that are seen: groups are taken out of the save file. */
START_TEST(gtkwave_shows_words)
{
    char dump[NAME], script[NAME], out[NAME], save[NAME], name[16], command[6 * NAME];
    struct heard h;
    size_t n;

    if (!FOREIGN("gtkwave"))
        return;
    if (system("command -v gtkwave >/dev/null && command -v xvfb-run >/dev/null")) {
        SKIP_MISSING("gtkwave_shows_words", "packages gtkwave and xvfb are not installed");
        return;
    }
    snprintf(name, sizeof name, "w.%s", forms[_i]);
    ck_assert_int_ne(program(&h, NULL, "run", "imagine", "-q", "--images", "1", "--until", "60us", "--trace", scratch(name, dump),
                             "--watch", "cim_timer.cmd", "--watch", "host.req", "--watch", "host.cfg[1]", "--watch", "dsci_adc.code[3]", NULL),
                     BL_REFUSED);
    snprintf(command, sizeof command, "sed -i '/^@c00200/,+1d; /^@1401200/,+1d' %s", scratch("w.gtkw", save));
    ck_assert_int_eq(system(command), 0);
    FILE *f = fopen(scratch("w.tcl", script), "w");
    fputs("gtkwave::setMarker 30000000000\nfor {set i 0} {$i < 300} {incr i} { gtkwave::nop }\n"
          "foreach s {cim_timer.cmd[1][31:0] host.req[0][63:0] host.cfg[1][31:0] dsci_adc.code[3][27:0]} {\n"
          "puts \"$s = [gtkwave::getTraceValueAtMarkerFromName $s]\" }\nflush stdout\nexit 0\n", f);
    fclose(f);
    snprintf(command, sizeof command, "HOME=%s timeout 40 xvfb-run -a gtkwave --rcvar 'splash_disable on' -S %s %s %s >%s 2>&1",
             getenv("BL_TMP") ? getenv("BL_TMP") : "/tmp", script, dump, save, scratch("w.log", out));
    int status = system(command);
    char *text = content(out, &n);
    ck_assert_msg(status == 0 && strstr(text, "cim_timer.cmd[1][31:0] = idle\n") && strstr(text, "host.req[0][63:0] = weight\n") &&
                  strstr(text, "host.cfg[1][31:0] = conv\n") && strstr(text, "dsci_adc.code[3][27:0] = 0000000\n"), "status %d: %s", status, text);
    free(text);
}
END_TEST

static void usual_blocks(void) { bl_fst_block_bytes(0); }

Suite *suite_wave(void);
Suite *suite_wave(void)
{
    Suite *s = suite_create("wave");
    TCase *c = tcase_create("all");

    tcase_add_loop_test(c, every_form_into_every_form, 0, FORMS * FORMS);
    tcase_add_test(c, a_difference_is_found);
    tcase_add_loop_test(c, cut_is_a_smaller_trace, 0, 4);
    tcase_add_loop_test(c, refused, 0, sizeof refusals / sizeof *refusals);
    tcase_add_loop_test(c, same_bytes, 0, 5);
    tcase_add_test(c, naps_hide_nothing);
    tcase_add_loop_test(c, disk_full, 0, 5);
    tcase_add_test(c, others_stay_whole);
    tcase_add_loop_test(c, unwritable, 0, 5);
    tcase_add_loop_test(c, cut_copy, 0, FORMS);
    tcase_add_test(c, parts_are_the_whole);
    tcase_add_loop_test(c, windows_of_cycles, 0, sizeof windows / sizeof *windows);
    tcase_add_loop_test(c, bad_choices, 0, sizeof bad / sizeof *bad);
    tcase_add_test(c, live);
    tcase_add_test(c, sizes_of_parts);
    tcase_add_loop_test(c, gtkwave_opens_it, 0, 2);
    tcase_add_loop_test(c, gtkwave_shows_words, 0, 2);
    tcase_add_checked_fixture(c, usual_blocks, NULL);
    suite_add_tcase(s, c);
    return s;
}
