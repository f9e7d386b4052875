/* test_wave_odd.c - `bitline trace` on files of other programs (traces/): what is odd in them costs a message and not the file, --strict,
 * units of time, wide vectors, long names, packings, what vcd2fst makes of the same text; and when two reals or two dumps are equal
 * (diff.c, instant.c). */
#include <zlib.h>

#include "tests/rigs/command_rig.h"
#include "tests/rigs/effort.h"
#include "tools/wave/instant.h"

#define HEAD "$timescale 1 ns $end $scope module t $end "
#define END "$upscope $end $enddefinitions $end\n"

static char *written(const char *name, char *path, const void *bytes, size_t n)
{
    FILE *f = fopen(scratch(name, path), "wb");

    ck_assert(f && fwrite(bytes, 1, n, f) == n && fclose(f) == 0);
    return path;
}

static char *text_file(const char *name, char *path, const char *text) { return written(name, path, text, strlen(text)); }

/* ---- odd places ---- */

/* The whole of what is said; the file's name is put before each line. */
static const struct { const char *text, *said; } odd[] = {
    { HEAD "$var wire 1 ! a $end " END "#0\n0!\n1%\n1%\n#5\n1!\n",
      ":4: '%': no variable has this identifier; the change is skipped (2 times in all)" },
    { HEAD "$var real 64 ! state $end $var wire 1 \" a $end " END "#0\nsIDLE !\n0\"\n#5\n1\"\n",
      ":3: 'IDLE': a text for a variable of type real; the change is skipped" },
    { HEAD "$var wire 1 ! a $end " END "#5\n0!\n#3\n1!\n#8\n0!\n", ":4: '#3': time goes back; taken as the time before it" },
    { HEAD "$var wire 1 ! a $end $var wire * $end " END "#5\n0!\n\x1b[31m!\n",
      ":1: 'wire *': a variable whose width is no number; the variable is skipped\n"
      ":4: '\\x1b[31m!': neither a time nor a change of a value; the line is skipped" },
    { HEAD "$var wire 8 ! a $end " END "#5\nb101 !\n#6\nb1",
      ": is unfinished from byte 111 on: a crashed writer or a cut or damaged copy; what is before it is read" },
    { HEAD "$var wire 8 ! a $end " END "#5\nb101 !\n", NULL },
};

START_TEST(said_once)
{
    char path[NAME], to[NAME], want[2 * NAME] = "", *copy = want;
    struct heard h;

    text_file("odd.vcd", path, odd[_i].text);
    for (const char *c = odd[_i].said; c && *c;) {             /* each line begins with the name of the file */
        size_t n = strcspn(c, "\n");
        copy += sprintf(copy, "%s%s%.*s", copy > want ? "\n" : "", path, (int)n, c);
        c += n + (c[n] == '\n');
    }
    static const char *const forms[] = { "to.fst", "to.vcd", "to.vcd.gz" };
    for (int k = 0; k < 3; k++) {
        ck_assert_int_eq(program(&h, NULL, "trace", "convert", path, scratch(forms[k], to), NULL), BL_DONE);
        ck_assert_str_eq(h.text, want);
        ck_assert_int_eq(program(&h, NULL, "trace", "diff", path, to, NULL), BL_DONE);
        ck_assert_int_eq(program(&h, NULL, "trace", "info", to, "--strict", NULL), BL_DONE);
    }
    const int status = *want ? BL_REFUSED : BL_DONE;
    ck_assert_int_eq(program(&h, NULL, "trace", "convert", path, to, "--strict", NULL), status);
    ck_assert_msg(!strncmp(h.text, want, strlen(want)) && (!*want || strstr(h.text, "--strict refuses")), "%s", h.text);
    ck_assert_int_eq(program(&h, NULL, "trace", "diff", to, path, "--strict", NULL), status);
    ck_assert_int_eq(program(&h, NULL, "trace", "cut", path, "-o", to, "--strict", NULL), status);
    ck_assert_int_eq(program(&h, scratch("said", to), "trace", "info", "--strict", path, NULL), status);
    char *said = content(to);
    ck_assert_msg((strstr(said, "  odd  ") || strstr(said, "unfinished")) == (*want != 0), "%s", said);
    free(said);
}
END_TEST

/* ---- what GTKWave's converter makes of it ---- */

/* These vcd2fst understands as well: its file is the text. */
static const char *const understood[] = {
    HEAD "$var port 1 <0 a $end $var port [3:0] <1 d $end " END "#0\n$dumpports\npD 6 0 <0\npDDUU 6666 0000 <1\n$end\n#5\npU 0 6 <0\npLHXT 6666 0000 <1\n",
    HEAD "$var wire 1 ! a $end $var wire 4 \" b [3:0] $end $var real 64 # r $end " END
        "#0\n$dumpvars\n0!\nb0001 \"\nr1 #\n$end\n#5\n1!\n#10\n$dumpoff\nx!\nbx \"\n$end\n#20\n$dumpon\n1!\nb0011 \"\nr2 #\n$end\n#25\n0!\n",
    "$timescale 1s $end $scope module t $end $var wire 1 ! a $end " END "#0\n0!\n#19999\n1!\n#20000\n0!\n",
    "$timescale 10 ps $end $scope module t $end $var wire 1 ! a $end " END "#0\n0!\n#19999\n1!\n#18446744073709551\n0!\n",
    HEAD "$var wire 8 ! a [0:7] $end $var wire 8 \" b [15:8] $end $var wire 3 # c [-1:-3] $end " END "#0\nb1 !\nb10 \"\nb11 #\n#1\nbx !\n",
    HEAD "$var wire 1 ! a $end $var string 1 \" s $end " END "#0\r\n0!\r\nsab \"\r\n#5\r\n1!\r\nscd \"\r\n",
    "\xEF\xBB\xBF" HEAD "\n$var wire 1 ! a $end\n$upscope $end\n$enddefinitions $end\n#0\n0!\n#5\n1!",
};

START_TEST(as_vcd2fst_has_it)
{
    char path[NAME], fst[NAME], back[NAME], command[3 * NAME], lines[1000] = "";
    struct heard h;

    if (!FOREIGN("vcd2fst"))
        return;
    if (system("command -v vcd2fst >/dev/null")) {
        SKIP_MISSING("vcd2fst", "package gtkwave is not installed");
        return;
    }
    size_t n = 0;              /* it wants each declaration on a line of its own */
    for (const char *c = understood[_i]; *c; c++) {
        lines[n++] = *c;
        if (!strncmp(c, "$end ", 5)) {
            n += (size_t)sprintf(lines + n, "end\n");
            c += 4;
        }
    }
    text_file("u.vcd", path, lines);
    snprintf(command, sizeof command, "vcd2fst %s %s >/dev/null 2>&1", path, scratch("u.fst", fst));
    ck_assert_int_eq(system(command), 0);
    ck_assert_msg(program(&h, scratch("said", back), "trace", "diff", path, fst, "--strict", NULL) == BL_DONE, "%s%s", h.text, content(back));
    for (int k = 0; k < 2; k++) {
        ck_assert_int_eq(program(&h, NULL, "trace", "convert", fst, scratch(k ? "b.fst" : "b.vcd", back), NULL), BL_DONE);
        ck_assert_int_eq(program(&h, NULL, "trace", "diff", path, back, NULL), BL_DONE);
    }
}
END_TEST

/* ---- large ---- */

static void filled(char *to, size_t n, unsigned seed)
{
    for (size_t i = 0; i < n; i++)
        to[i] = (char)('0' + ((seed = seed * 1103515245 + 12345) >> 16 & 1));
    to[0] = '1';
}

/* A vector of 70 000 bits, with x in one value, through every form; fst2vcd reads the same bits. */
START_TEST(wide)
{
    enum { WIDE = 70000 };
    char path[NAME], fst[NAME], back[NAME], command[3 * NAME];
    char *text = malloc(3 * WIDE + 500), *p = text;
    struct heard h;

    p += sprintf(p, HEAD "$var wire %d ! a [%d:0] $end " END "#0\nb", WIDE, WIDE - 1);
    for (unsigned k = 0; k < 3; k++) {
        filled(p, WIDE, k + 1);
        if (k == 1)
            p[WIDE / 3] = 'x';
        p += WIDE;
        p += sprintf(p, " !\n#%u\n%s", k + 1, k < 2 ? "b" : "");
    }
    text_file("w.vcd", path, text);
    ck_assert_msg(program(&h, NULL, "trace", "convert", path, scratch("w.fst", fst), "--strict", NULL) == BL_DONE, "%s", h.text);
    ck_assert_int_eq(program(&h, NULL, "trace", "diff", path, fst, NULL), BL_DONE);
    ck_assert_int_eq(program(&h, NULL, "trace", "convert", fst, scratch("v.vcd.gz", back), NULL), BL_DONE);
    ck_assert_int_eq(program(&h, NULL, "trace", "diff", path, back, NULL), BL_DONE);
    const bool missing = FOREIGN("fst2vcd") && system("command -v fst2vcd >/dev/null");
    if (missing)
        SKIP_MISSING("fst2vcd", "package gtkwave is not installed");
    else if (!quick()) {
        snprintf(command, sizeof command, "fst2vcd -e -f %s -o %s 2>/dev/null", fst, scratch("v.vcd", back));
        ck_assert_int_eq(system(command), 0);
        ck_assert_int_eq(program(&h, NULL, "trace", "diff", path, back, NULL), BL_DONE);
    }
    free(text);
}
END_TEST

/* Names of 5000 characters: VCD keeps them; in FST they are cut to what its readers take, stay different, and that is said. */
START_TEST(long_names)
{
    enum { LONG = 5000 };
    char path[NAME], to[NAME], out[NAME], *text = malloc(3 * LONG + 500), *name = malloc(LONG + 1);
    struct heard h;

    memset(name, 'n', LONG);
    name[LONG] = 0;
    sprintf(text, HEAD "$scope module %s $end $var wire 1 ! %sa $end $var wire 8 # %sb $end $upscope $end " END "#0\n0!\nb10 #\n#3\n1!\n", name,
            name, name);
    text_file("l.vcd", path, text);
    ck_assert_int_eq(program(&h, NULL, "trace", "convert", path, scratch("m.vcd", to), NULL), BL_DONE);
    ck_assert_str_eq(h.text, "");
    ck_assert_int_eq(program(&h, NULL, "trace", "diff", path, to, NULL), BL_DONE);
    ck_assert_int_eq(program(&h, NULL, "trace", "convert", path, scratch("m.fst", to), NULL), BL_DONE);
    ck_assert_ptr_nonnull(strstr(h.text, "3 names of more than 480 characters are shortened"));
    ck_assert_int_eq(program(&h, scratch("said", out), "trace", "info", "--signals", to, NULL), BL_DONE);
    char *said = content(out), *first = strstr(said, "t.nnn"), *second = strstr(first + 5, "t.nnn");
    ck_assert(second && strncmp(first, second, 1000) != 0 && strspn(first + 2, "n") == 463);
    free(said);
    free(text);
    free(name);
}
END_TEST

/* ---- packings ---- */

static void gzip_to(const char *path, const void *bytes, size_t n)
{
    gzFile f = gzopen(path, "wb");

    ck_assert(f && gzwrite(f, bytes, (unsigned)n) == (int)n && gzclose(f) == Z_OK);
}

/* An FST in gzip is an FST; a VCD in one member of gzip that is cut, or whose checksum is wrong, is called unfinished. */
START_TEST(packed)
{
    static char text[200000];
    char vcd[NAME], fst[NAME], gz[NAME], hurt[NAME];
    struct heard h;
    size_t n = 0, m;

    n += (size_t)sprintf(text, HEAD "$var wire 32 ! a $end " END);
    for (unsigned i = 0, seed = 1; i < 3000; i++) {
        n += (size_t)sprintf(text + n, "#%u\nb", 2 * i);
        for (int k = 0; k < 32; k++)
            text[n++] = (char)('0' + ((seed = seed * 1103515245 + 12345) >> 16 & 1));
        n += (size_t)sprintf(text + n, " !\n");
    }
    written("p.vcd", vcd, text, n);
    ck_assert_int_eq(program(&h, NULL, "trace", "convert", vcd, scratch("p.fst", fst), NULL), BL_DONE);
    unsigned char *bytes = bl_read_all(fst, &m, heard_start(&h));
    gzip_to(scratch("p.fst.gz", gz), bytes, m);
    free(bytes);
    ck_assert_msg(program(&h, NULL, "trace", "diff", vcd, gz, "--strict", NULL) == BL_DONE, "%s", h.text);
    gzip_to(scratch("p.vcd.gz", gz), text, n);
    bytes = bl_read_all(gz, &m, heard_start(&h));
    struct { size_t keep, change; } cases[] = { { m / 2, 0 }, { m - 1, 0 }, { m - 8, 0 }, { m, m - 7 }, { m, m - 2 } };
    for (int k = 0; k < COUNT(cases); k++) {
        bytes[cases[k].change] ^= cases[k].change ? 1 : 0;
        written("hurt.vcd.gz", hurt, bytes, cases[k].keep);
        bytes[cases[k].change] ^= cases[k].change ? 1 : 0;
        ck_assert_int_eq(program(&h, NULL, "trace", "info", hurt, NULL), BL_DONE);
        ck_assert_msg(strstr(h.text, "is unfinished from byte 0 on"), "case %d: '%s'", k, h.text);
        ck_assert_int_eq(program(&h, NULL, "trace", "info", hurt, "--strict", NULL), BL_REFUSED);
    }
    memcpy(text, bytes, m);
    memset(text + m, 0, 1000);                 /* filled up with zeros, as on a tape; then with something */
    ck_assert_int_eq(program(&h, NULL, "trace", "diff", vcd, written("z.vcd.gz", hurt, text, m + 1000), "--strict", NULL), BL_DONE);
    text[m + 700] = 'x';
    ck_assert_int_eq(program(&h, NULL, "trace", "diff", vcd, written("z.vcd.gz", hurt, text, m + 1000), NULL), BL_DONE);
    ck_assert_ptr_nonnull(strstr(h.text, "bytes behind the last gzip member"));
    free(bytes);
}
END_TEST

/* ---- time ---- */

START_TEST(windows_of_any_unit)
{
    char path[NAME], to[NAME];
    struct heard h;

    text_file("s.vcd", path, "$timescale 1s $end $var wire 8 ! a $end $enddefinitions $end #0\nb1 !\n#19999\nb10 !\n#20000\nb11 !\n#30000\n");
    ck_assert_msg(program(&h, NULL, "trace", "cut", path, "-o", scratch("t.vcd", to), "--window", "19999.5 s:25000s", NULL) == BL_DONE, "%s",
                  h.text);
    char *text = content(to), *times = strstr(text, "#");
    ck_assert_ptr_nonnull(strstr(text, "$timescale 1s $end"));
    ck_assert_str_eq(times, "#20000\n$dumpvars\nb11 !\n$end\n#25000\n");
    free(text);
    /* the same times in another unit are the same */
    text_file("ms.vcd", to, "$timescale 1ms $end $var wire 8 ! a $end $enddefinitions $end #0\nb1 !\n#19999000\nb10 !\n#20000000\nb11 !\n#30000000\n");
    ck_assert_int_eq(program(&h, NULL, "trace", "diff", path, to, NULL), BL_DONE);
    text_file("as.vcd", to, "$timescale 1as $end $var wire 8 ! a $end $enddefinitions $end #0\nb1 !\n#7\nb10 !\n");
    ck_assert_int_eq(program(&h, scratch("said", path), "trace", "info", to, NULL), BL_DONE);
    text = content(path);
    ck_assert_ptr_nonnull(strstr(text, "unit      1 as\n  time      0 s to 7 as\n"));
    free(text);
    ck_assert_int_eq(program(&h, NULL, "trace", "cut", to, "-o", path, "--window", "1 day:", NULL), BL_REFUSED);
    ck_assert_ptr_nonnull(strstr(h.text, "--window: '1 day' is no time"));
}
END_TEST

static const struct { const char *text, *shown; uint64_t count; int exponent; } times[] = {
    { "20000 s", "20000 s", 20000, 0 }, { "1.5ns", "1.5 ns", 1500, -12 }, { "0", "0 s", 0, -15 }, { "7 as", "7 as", 7, -18 },
    { "0.001 as", "1 zs", 1, -21 }, { "100 Es", NULL, 0, 0 }, { "1.5", NULL, 0, 0 }, { "", NULL, 0, 0 }, { "1..5 s", NULL, 0, 0 },
    { "0.5 zs", NULL, 0, 0 }, { "0.1000000000000000000000000 s", "0.1 s", 1, -1 }, { "18446744073709551615 fs", "18446744073709551615 fs", UINT64_MAX, -15 },
    { "18446744073709551616 fs", "18446744073709551616 fs", UINT64_MAX, -15 },
};
START_TEST(instants)
{
    struct heard h;
    char text[BL_ZS_TEXT];
    bl_zs t;

    int rc = bl_zs_parse(times[_i].text, &t, heard_start(&h), "x");
    ck_assert_int_eq(rc, times[_i].shown ? 0 : -1);
    if (rc) {
        ck_assert_msg(!strncmp(h.text, "x: '", 4), "%s", h.text);
        return;
    }
    ck_assert_str_eq(bl_zs_text(t, text), times[_i].shown);
    ck_assert_uint_eq(bl_zs_count(t, times[_i].exponent), times[_i].count);
    if (times[_i].count < UINT64_MAX)
        ck_assert(bl_zs_of(times[_i].count, times[_i].exponent) == t);
    ck_assert_uint_eq(bl_zs_count(t + 1, times[_i].exponent), times[_i].count < UINT64_MAX ? times[_i].count + 1 : UINT64_MAX);
    ck_assert(bl_zs_of(UINT64_MAX, 0) == BL_ZS_END && bl_zs_count(BL_ZS_END, 0) == UINT64_MAX);
}
END_TEST

/* ---- equal or not ---- */

#define REAL "$timescale 1ns $end $var real 64 ! r $end $enddefinitions $end "
static const struct { const char *a, *b, *tolerance; int status; const char *says; } equal[] = {
    { REAL "#0\nr1 !\n#5\nr2 !\n", REAL "#0\nr1 !\n#5\nr2.0000001 !\n", NULL, BL_WRONG, "" },
    { REAL "#0\nr1 !\n#5\nr2 !\n", REAL "#0\nr1 !\n#5\nr2.0000001 !\n", "1e-7", BL_DONE, "" },
    { REAL "#0\nr1 !\n#5\nr2 !\n", REAL "#0\nr1 !\n#5\nr2.0000001 !\n", "1e-8", BL_WRONG, "" },
    { REAL "#0\nr0 !\n", REAL "#0\nr1e-12 !\n", "1e-6", BL_WRONG, "" }, { REAL "#0\nr0 !\n", REAL "#0\nr1e-12 !\n", "1e-6,1e-11", BL_DONE, "" },
    { REAL "#0\nrnan !\n", REAL "#0\nr1 !\n", "0.5", BL_WRONG, "" }, { REAL "#0\nrinf !\n", REAL "#0\nr1 !\n", "0.5", BL_WRONG, "" },
    { REAL "#0\nrnan !\n", REAL "#0\nrnan !\n", "0", BL_DONE, "" },
    { REAL "#0\nr0 !\n", REAL "#0\nr0 !\n", "x", BL_REFUSED, "--tolerance 'x'" }, { REAL "#0\nr0 !\n", REAL "#0\nr0 !\n", "1e-6,", BL_REFUSED, "--tolerance" },
    { REAL "#0\nr0 !\n", REAL "#0\nr0 !\n", "-1", BL_REFUSED, "--tolerance" }, { REAL "#0\nr0 !\n", REAL "#0\nr0 !\n", "1,", BL_REFUSED, "--tolerance" },
    /* an x inside of a blackout is no value, and one outside is */
    { REAL "#0\nr1 !\n#5\n$dumpoff $end\n#9\n$dumpon r3 !\n$end\n", REAL "#0\nr1 !\n#5\n$dumpoff $end\n#9\n$dumpon r3 !\n$end\n", NULL, BL_DONE, "" },
    { HEAD "$var wire 1 ! a $end " END "#0\n1!\n#5\n$dumpoff\nx!\n$end\n#9\n$dumpon\n0!\n$end\n",
      HEAD "$var wire 1 ! a $end " END "#0\n1!\n#5\n$dumpoff\n$end\nx!\n#9\n$dumpon\n0!\n$end\n", NULL, BL_DONE, "" },
    { HEAD "$var wire 1 ! a $end " END "#0\n1!\n#5\n$dumpoff\nx!\n$end\n#9\n$dumpon\n0!\n$end\n",
      HEAD "$var wire 1 ! a $end " END "#0\n1!\n#5\nx!\n#9\n0!\n", NULL, BL_WRONG, "" },
    { HEAD "$var wire 1 ! a $end " END "#0\n1!\n", HEAD "$var real 64 ! a $end " END "#0\nr1 !\n", NULL, BL_WRONG, "" },
};
START_TEST(equal_or_not)
{
    char a[NAME], b[NAME];
    struct heard h;

    text_file("a.vcd", a, equal[_i].a);
    text_file("b.vcd", b, equal[_i].b);
    for (int k = 0; k < 2; k++)
        ck_assert_msg(program(&h, NULL, "trace", "diff", k ? b : a, k ? a : b, equal[_i].tolerance ? "--tolerance" : NULL, equal[_i].tolerance,
                              NULL) == equal[_i].status, "%s", h.text);
    ck_assert_msg(strstr(h.text, equal[_i].says) != NULL, "%s", h.text);
}
END_TEST

/* Several changes of one signal at the first time are all copied. */
START_TEST(glitches_at_the_start)
{
    char path[NAME], to[NAME];
    struct heard h;

    text_file("g.vcd", path, HEAD "$var wire 1 ! a $end " END "#5\n0!\n1!\n0!\n#6\n1!\n");
    ck_assert_int_eq(program(&h, NULL, "trace", "convert", path, scratch("h.vcd", to), NULL), BL_DONE);
    char *text = content(to);
    ck_assert_ptr_nonnull(strstr(text, "#5\n$dumpvars\n0!\n1!\n0!\n$end\n#6\n1!\n"));
    free(text);
}
END_TEST

/* A stream without end that is no wave is not read to its end. */
START_TEST(endless)
{
    struct heard h;

    ck_assert_int_eq(program(&h, NULL, "trace", "info", "/dev/zero", NULL), BL_REFUSED);
    ck_assert_msg(strstr(h.text, "neither FST, VCD nor VCD in gzip") != NULL, "%s", h.text);
}
END_TEST

Suite *suite_wave_odd(void);
Suite *suite_wave_odd(void)
{
    Suite *s = suite_create("wave_odd");
    TCase *c = tcase_create("all");

    tcase_add_loop_test(c, said_once, 0, COUNT(odd));
    tcase_add_loop_test(c, as_vcd2fst_has_it, 0, COUNT(understood));
    tcase_add_test(c, wide);
    tcase_add_test(c, long_names);
    tcase_add_test(c, packed);
    tcase_add_test(c, windows_of_any_unit);
    tcase_add_loop_test(c, instants, 0, COUNT(times));
    tcase_add_loop_test(c, equal_or_not, 0, COUNT(equal));
    tcase_add_test(c, glitches_at_the_start);
    tcase_add_test(c, endless);
    suite_add_tcase(s, c);
    return s;
}
