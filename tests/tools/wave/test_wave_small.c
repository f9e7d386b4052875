/* test_wave_small.c - `bitline trace cut` and `trace diff` (cut.c, diff.c) on a trace that fits a page: every line of what they write. */
#include "tests/rigs/command_rig.h"

/* A wire with two names, a word, an event, a real number, a text. */
#define HEAD "$timescale 1 ns $end\n$scope module top $end\n$var wire 1 ! a $end\n$var wire 1 ! b $end\n$var wire 4 # n $end\n" \
             "$var event 1 % e $end\n$var real 64 & r $end\n$var string 1 ' s $end\n$upscope $end\n$enddefinitions $end\n"
static const char SMALL[] = HEAD "#0\n$dumpvars\n0!\nb0 #\nr1.5 &\nsx '\n$end\n#10\n1!\nb101 #\n1%\n#20\n0!\nr2.5 &\n1%\nsy '\n#30\nb111 #\n#40\n1!\n1%\n";

static char *wave(const char *name, const char *text, char *path)
{
    FILE *f = fopen(scratch(name, path), "w");

    ck_assert(f && fputs(text, f) >= 0 && fclose(f) == 0);
    return path;
}

/* What stands behind the header, in one line. */
static char *body(const char *path)
{
    char *text = content(path), *at = strstr(text, "$enddefinitions $end\n");

    ck_assert_ptr_nonnull(at);
    memmove(text, at + 21, strlen(at + 21) + 1);
    for (char *c = text; *c; c++)
        *c = *c == '\n' ? '|' : *c;
    return text;
}

/* A window begins with all values that hold then, and of the events those of that very time; it ends before its end. */
static const struct { const char *window, *watch, *body; } cuts[] = {
    { "10ns:30ns", "*", "#10|$dumpvars|1!|b101 \"|1#|r1.5 $|sx %|$end|#20|0!|r2.5 $|1#|sy %|#30|" },
    { "15ns:30ns", "*", "#15|$dumpvars|1!|b101 \"|r1.5 $|sx %|$end|#20|0!|r2.5 $|1#|sy %|#30|" },
    { "20ns:21ns", "*", "#20|$dumpvars|0!|b101 \"|1#|r2.5 $|sy %|$end|#21|" },
    { ":20ns", "*", "#0|$dumpvars|0!|b0 \"|r1.5 $|sx %|$end|#10|1!|b101 \"|1#|#20|" },
    { "40ns:", "*", "#40|$dumpvars|1!|b111 \"|1#|r2.5 $|sy %|$end|" },
    { "0ns:40ns", "*", "#0|$dumpvars|0!|b0 \"|r1.5 $|sx %|$end|#10|1!|b101 \"|1#|#20|0!|r2.5 $|1#|sy %|#30|b111 \"|#40|" },
    { "30ns:30500ps", "*", "#30|$dumpvars|0!|b111 \"|r2.5 $|sy %|$end|#31|" },
    { "21ns:29ns", "*", "#21|$dumpvars|0!|b101 \"|r2.5 $|sy %|$end|#29|" },
    { ":", "top.b", "#0|$dumpvars|0!|$end|#10|1!|#20|0!|#30|#40|1!|" },
    { "5ns:25ns", "top.e", "#5|$dumpvars|$end|#10|1!|#20|1!|#25|" },
};

START_TEST(cut)
{
    char from[NAME], to[NAME];
    struct heard h;

    ck_assert_msg(program(&h, NULL, "trace", "cut", wave("s.vcd", SMALL, from), "-o", scratch("o.vcd", to), "--window", cuts[_i].window, "--watch",
                          cuts[_i].watch, NULL) == BL_DONE, "%s", h.text);
    char *got = body(to);
    ck_assert_str_eq(got, cuts[_i].body);
    free(got);
}
END_TEST

/* Both names of a wire are kept as names of one; the second alone is a wire of its own. */
START_TEST(cut_names)
{
    static const struct { const char *watch, *names; } row[] = {
        { "*", "$var wire 1 ! a $end\n$var wire 1 ! b $end\n$var wire 4 \" n [3:0] $end\n" },
        { "top.b", "$scope module top $end\n$var wire 1 ! b $end\n$upscope" }, { "top.?", "$var wire 1 ! a $end\n$var wire 1 ! b $end\n$var wire 4 " } };

    for (int i = 0; i < COUNT(row); i++) {
        char from[NAME], to[NAME];
        struct heard h;
        ck_assert_msg(program(&h, NULL, "trace", "cut", wave("s.vcd", SMALL, from), "-o", scratch("o.vcd", to), "--watch", row[i].watch, NULL) == BL_DONE,
                      "%s", h.text);
        char *text = content(to);
        ck_assert_msg(strstr(text, row[i].names) != NULL, "%s", text);
        free(text);
    }
}
END_TEST

static const struct { const char *option, *value, *says; } cannot[] = {
    { "--window", "41ns:", "s.vcd: the window begins behind its end; expected an earlier one (`bitline trace info` says when it ends)" },
    { "--watch", "nothing", "s.vcd: no signal is watched; the globs match nothing (`bitline trace info --signals` lists names)" },
};

START_TEST(cut_refused)
{
    char from[NAME], to[NAME];
    struct heard h;

    ck_assert_int_eq(program(&h, NULL, "trace", "cut", wave("s.vcd", SMALL, from), "-o", scratch("o.vcd", to), cannot[_i].option, cannot[_i].value, NULL),
                     BL_REFUSED);
    ck_assert_msg(strstr(h.text, cannot[_i].says) != NULL, "%s", h.text);
}
END_TEST

/* ---- comparisons: SMALL with some texts changed, and all that is said of it */

#define LONE "  signal  in  why\n  top.e   A   not in B\n  top.f   B   not in A\n\n"
#define FIRST "  signal  first  times\n"
static const struct { const char *from[4], *to[4], *options[4], *said; int status; } diffs[] = {
    { { NULL }, { NULL }, { NULL }, "0 of 5 signals differ\n", BL_DONE },
    { { "#30\nb111" }, { "#30\nb110" }, { NULL }, "first difference at 30 ns: top.n: A 0x7, B 0x6\n\n" FIRST "  top.n   30 ns      1\n\n1 of 5 signals differ\n",
      BL_WRONG },
    { { "#30\nb111", "r2.5", "sy", "#40" }, { "#30\nb110", "r2.6", "sz", "#41" }, { NULL },
      "first difference at 20 ns: top.r: A 2.5, B 2.6000000000000001\n\n" FIRST "  top.a   40 ns      1\n  top.e   40 ns      2\n"
      "  top.n   30 ns      1\n  top.r   20 ns      1\n  top.s   20 ns      1\n\n5 of 5 signals differ\n", BL_WRONG },
    { { " e $" }, { " f $" }, { NULL }, LONE "0 of 4 signals differ, 2 cannot be compared\n", BL_WRONG },
    { { " e $", "#30\nb111" }, { " f $", "#30\nb110" }, { NULL },
      "first difference at 30 ns: top.n: A 0x7, B 0x6\n\n" FIRST "  top.n   30 ns      1\n\n" LONE "1 of 4 signals differ, 2 cannot be compared\n", BL_WRONG },
    { { "#30\nb111" }, { "#30\nb110" }, { "--window", ":30ns" }, "0 of 5 signals differ\n", BL_DONE },
    { { "#30\nb111" }, { "#30\nb110" }, { "--window", ":31ns" },
      "first difference at 30 ns: top.n: A 0x7, B 0x6\n\n" FIRST "  top.n   30 ns      1\n\n1 of 5 signals differ\n", BL_WRONG },
    { { "#30\nb111" }, { "#30\nb110" }, { "--window", "35ns:" }, NULL, BL_WRONG },
    { { "r2.5" }, { "r2.6" }, { "--tolerance", "0.04" }, "0 of 5 signals differ\n", BL_DONE },
    { { "r2.5" }, { "r2.6" }, { "--tolerance", "0.038" }, NULL, BL_WRONG },
    { { "r2.5" }, { "r2.6" }, { "--tolerance", "0,0.11" }, "0 of 5 signals differ\n", BL_DONE },
    { { "r2.5" }, { "r2.6" }, { "--tolerance", "0,0.09" }, NULL, BL_WRONG },
    { { "r2.5" }, { "r2.6" }, { "--tolerance", "0.02,0.05" }, "0 of 5 signals differ\n", BL_DONE },
    { { "r2.5", "sy" }, { "r2.6", "sz" }, { "--watch", "top.n" }, "0 of 1 signals differ\n", BL_DONE },
    { { "b101" }, { "b100" }, { NULL }, "first difference at 10 ns: top.n: A 0x5, B 0x4\n\n" FIRST "  top.n   10 ns      1\n\n1 of 5 signals differ\n", BL_WRONG },
    /* of one time the first signal, whichever trace changed it: A changes r, B changes n */
    { { "r2.5 &\n" }, { "b1 #\n" }, { NULL },
      "first difference at 20 ns: top.n: A 0x5, B 0x1\n\n" FIRST "  top.n   20 ns      1\n  top.r   20 ns      1\n\n2 of 5 signals differ\n", BL_WRONG },
    { { "#30\nb111" }, { "#35\nb111" }, { NULL }, "first difference at 30 ns: top.n: A 0x7, B 0x5\n\n" FIRST "  top.n   30 ns      1\n\n1 of 5 signals differ\n",
      BL_WRONG },
};

/* SMALL with each of the texts replaced, once. */
static void changed(const char *const *from, const char *const *to, char *text)
{
    strcpy(text, SMALL);
    for (int i = 0; i < 4 && from[i]; i++) {
        char *at = strstr(text, from[i]), rest[sizeof SMALL + 64];
        ck_assert_ptr_nonnull(at);
        strcpy(rest, at + strlen(from[i]));
        strcpy(stpcpy(at, to[i]), rest);
    }
}

START_TEST(diff)
{
    char a[NAME], b[NAME], out[NAME], text[sizeof SMALL + 64];
    const char *words[MOST_WORDS + 1] = { "trace", "diff", wave("a.vcd", SMALL, a) };
    struct heard h;

    changed(diffs[_i].from, diffs[_i].to, text);
    words[3] = wave("b.vcd", text, b);
    for (int i = 0; i < 4 && diffs[_i].options[i]; i++)
        words[4 + i] = diffs[_i].options[i];
    ck_assert_msg(program_of(&h, scratch("said", out), words) == diffs[_i].status, "%s", h.text);
    char *said = content(out), *at = strstr(said, "\n\n");
    ck_assert(at && !strncmp(said, "A  ", 3));
    if (diffs[_i].said)
        ck_assert_str_eq(at + 2, diffs[_i].said);
    free(said);
}
END_TEST

Suite *suite_wave_small(void);
Suite *suite_wave_small(void)
{
    Suite *s = suite_create("wave_small");
    TCase *t = tcase_create("all");

    tcase_add_loop_test(t, cut, 0, COUNT(cuts));
    tcase_add_test(t, cut_names);
    tcase_add_loop_test(t, cut_refused, 0, COUNT(cannot));
    tcase_add_loop_test(t, diff, 0, COUNT(diffs));
    suite_add_tcase(s, t);
    return s;
}
