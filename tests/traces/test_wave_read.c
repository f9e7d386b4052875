/* test_wave_read.c - the readers of waves (traces/): what GTKWave's vcd2fst writes with each packing, dumps of other programs,
 * what is damaged, and the parts of a trace that are asked for. */
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/rigs/effort.h"
#include "tests/rigs/wave_rig.h"
#include "traces/fst.h"

static const struct trace SOME = { MIXED, NMIXED, 11, 20, 3000, 60, 12, 7 };

static void write_bytes(const char *path, const void *b, size_t n)
{
    FILE *f = fopen(path, "wb");

    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(b, 1, n, f), n);
    ck_assert_int_eq(fclose(f), 0);
}

/* ---- declarations -------------------------------------------------------------------------------- */

START_TEST(declarations)
{
    static const char *const names[] = { "d.fst", "d.vcd", "d.vcd.gz" };
    char *path = scratch(names[_i]);

    ck_assert_int_eq(tell(bl_wave_writer(path), path, &SOME), 0);
    struct bl_wave_source *s = bl_wave_source_open(path, quiet());
    ck_assert_msg(s != NULL, "%s", last_message);
    const struct bl_wave_head *h = bl_wave_source_head(s);
    ck_assert_str_eq(h->form, names[_i] + 2);
    ck_assert_str_eq(h->version, "bitline");
    ck_assert_str_eq(h->date, "");
    ck_assert_uint_eq(h->nvars, NMIXED);
    ck_assert_uint_eq(h->nsignals, NMIXED - 2);
    ck_assert_int_eq(h->exponent, -15);
    ck_assert_uint_eq(h->unit, 1);
    ck_assert_uint_eq(h->start, 20);
    ck_assert(!h->torn && !h->nodd);
    for (size_t i = 0; i < NMIXED; i++) {
        const struct bl_wave_var *v = &h->vars[i], *m = &MIXED[i];
        ck_assert_str_eq(v->scope, m->scope);
        ck_assert_str_eq(v->name, m->name);
        ck_assert_int_eq((int)v->kind, (int)m->kind);
        ck_assert_uint_eq(v->width, m->kind == BL_WAVE_REAL ? 64 : m->width);
        ck_assert_uint_eq(v->alias, m->alias);
        ck_assert_uint_eq(v->nnames, _i == 0 ? m->nnames : 0);
        for (uint32_t k = 0; k < v->nnames; k++)
            ck_assert_str_eq(v->names[k], m->names[k]);
    }
    bl_wave_source_close(s);
    unlink(path);
}
END_TEST

/* ---- GTKWave's writer ------------------------------------------------------------------------------ */

START_TEST(vcd2fst)
{
    static const char *const options[] = { "-4", "-F", "-Z", "-4 -c", "-F -c", "-Z -c" };
    static const struct trace t = { MIXED, NMIXED, 5, 10, 100, 1200, 60, 0 };
    char *vcd = scratch("g.vcd"), *fst = scratch("g.fst"), command[3 * PATH_BYTES];

    if (!FOREIGN("vcd2fst"))
        return;
    ck_assert_int_eq(tell(&bl_vcd_writer, vcd, &t), 0);
    snprintf(command, sizeof command, "vcd2fst %s '%s' '%s' >/dev/null 2>&1", options[_i], vcd, fst);
    int rc = system(command);
    ck_assert_msg(WIFEXITED(rc) && WEXITSTATUS(rc) == 0, "vcd2fst failed or is missing (package gtkwave)");
    struct dump d = read_fst(fst);
    ck_assert_uint_gt(d.n, 50000);
    ours_agrees(fst, &d);
    free_dump(&d);
    unlink(vcd);
    unlink(fst);
}
END_TEST

/* A hierarchy beside the file, as a crashed fstapi leaves it. */
START_TEST(side_file)
{
    char *path = scratch("side.fst"), *side = joined(path, ".hier");
    uint8_t raw[8192];
    size_t n, at = 330;

    ck_assert_int_eq(tell(&bl_fst_writer, path, &SOME), 0);
    struct dump d = read_ours(path);
    uint8_t *b = file_bytes(path, &n);
    while (b[at] != 4)
        at += 1 + be64(b + at + 1);
    z_stream z = { .next_in = b + at + 17, .avail_in = (uInt)(be64(b + at + 1) - 16), .next_out = raw,
                   .avail_out = sizeof raw };
    ck_assert_int_eq(inflateInit2(&z, 31), Z_OK);
    ck_assert_int_eq(inflate(&z, Z_FINISH), Z_STREAM_END);
    write_bytes(side, raw, z.total_out);
    inflateEnd(&z);
    b[at] = 255;
    memset(b + 9, 0, 16);
    write_bytes(path, b, n);
    ours_agrees(path, &d);
    unlink(side);
    ck_assert_ptr_null(bl_wave_source_open(path, quiet()));
    ck_assert_msg(strstr(last_message, "no hierarchy") && strstr(last_message, "at byte"), "%s", last_message);
    free_dump(&d);
    free(b);
    unlink(path);
}
END_TEST

/* ---- a part of a trace ------------------------------------------------------------------------------ */

START_TEST(wanted)
{
    static const char *const names[] = { "w.fst", "w.vcd", "w.vcd.gz" };
    char *path = scratch(names[_i]);
    bool want[NMIXED] = { [3] = true, [17] = true, [19] = true, [24] = true };   /* 19 is another name of 18 */
    int rc;

    bl_fst_block_bytes(3000);
    ck_assert_int_eq(tell(bl_wave_writer(path), path, &SOME), 0);
    struct dump all = read_ours(path);
    struct bl_wave_source *s = bl_wave_source_open(path, quiet());
    bl_wave_source_want(s, want);
    struct dump d = step_all(s, &rc);
    ck_assert_int_eq(rc, 0);
    size_t k = 0;
    for (size_t i = 0; i < all.n; i++) {
        static const char *const ids[] = { "$", "2", "3", "7" };     /* signals 3, 17, 18, 22 */
        for (int j = 0; j < 4; j++)
            if (!strcmp(all.at[i].id, ids[j])) {
                ck_assert_uint_lt(k, d.n);
                ck_assert_str_eq(d.at[k].id, ids[j]);
                ck_assert_uint_eq(d.at[k].time, all.at[i].time);
                ck_assert_str_eq(d.at[k++].value, all.at[i].value);
            }
    }
    ck_assert_uint_eq(k, d.n);
    ck_assert_uint_eq(d.last, all.last);
    free_dump(&all);
    free_dump(&d);
    unlink(path);
}
END_TEST

/* A source told to a writer, there and back, holds the same changes; in one form it is the same file, byte for byte. */
START_TEST(converted)
{
    static const char *const names[] = { "a.fst", "a.vcd", "a.vcd.gz" };
    char *from = scratch(names[_i % 3]), *to = scratch(names[_i / 3]), *back = scratch("back");
    size_t n, m;

    ck_assert_int_eq(tell(bl_wave_writer(from), from, &SOME), 0);
    back = joined(back, names[_i % 3] + 1);
    for (int way = 0; way < 2; way++) {
        const char *a = way ? to : from, *b = way ? back : to;
        const struct bl_wave_ops *out = bl_wave_writer(b);
        int rc;
        if (_i % 3 == _i / 3 && !way)
            b = to = joined(to, names[_i / 3] + 1);
        struct bl_wave_source *s = bl_wave_source_open(a, quiet());
        ck_assert_msg(s != NULL, "%s", last_message);
        const struct bl_wave_head *h = bl_wave_source_head(s);
        struct bl_wave *w = bl_wave_open_unit(out, h->exponent, b, h->vars, h->nvars, h->start, quiet());
        ck_assert_msg(w != NULL, "%s", last_message);
        while ((rc = bl_wave_source_step(s, out, w)) > 0)
            ;
        ck_assert_int_eq(rc, 0);
        ck_assert_int_eq(out->close(w, h->end), 0);
        bl_wave_source_close(s);
    }
    if (_i % 3 == _i / 3) {            /* FST orders the changes of a time, and names values */
        uint8_t *x = file_bytes(from, &n), *y = file_bytes(back, &m);
        ck_assert_uint_eq(n, m);
        ck_assert_int_eq(memcmp(x, y, n), 0);
        free(x);
        free(y);
    }
    struct dump d = read_ours(from);
    ours_agrees(back, &d);
    free_dump(&d);
    unlink(from);
    unlink(to);
    unlink(back);
}
END_TEST

/* ---- dumps of other programs ------------------------------------------------------------------------ */

#define HEAD "$timescale 1 ns $end $scope module top $end "
#define END "$upscope $end $enddefinitions $end\n"

#define VAR HEAD "$var wire 1 ! a $end " END
#define BITS HEAD "$var wire 4 ! a [3:0] $end " END

/* What a text tells: "TIME ID VALUE", a change each, times in units of 10^exponent s, identifiers as bitline's own writer gives them.
 * odd: "LINE xTIMES WHAT" of each kind, of WHAT the beginning. torn: the byte where it breaks off; NO: it does not. */
enum { NO = -1 };
static const struct { const char *text, *told; uint64_t last; const char *odd; int torn, exponent; } TEXTS[] = {
    { VAR "#0\n0!\n#5\n1!\n#9\n", "0 ! 0|5 ! 1|", 9, "", NO, -9 },
    { BITS "#0 b1 !\n#2 bz ! #3 bx1 !\n#4 b0000 ! ", "0 ! 0001|2 ! zzzz|3 ! xxx1|4 ! 0000|", 4, "", NO, -9 },
    { HEAD "$var reg 4 ! a $end " END "$dumpvars 1! $end #7 X! #8 Z! #8 1!\n", "0 ! 0001|7 ! xxxx|8 ! zzzz|8 ! 0001|", 8, "", NO, -9 },
    { HEAD "$var wire 1 abc a $end $var wire 1 abc b $end " END "#1\nb1 abc\n$comment 0abc $end\n0abc\n", "1 ! 1|1 ! 0|", 1, "", NO, -9 },
    { HEAD "$var real 64 ! r $end $var string 1 \" s $end " END "#1\nr1.5 !\nsa\\040b \"\nstwo words \"\ns \"\n",
      "1 ! r1.5|1 \" sa\\040b|1 \" stwo\\040words|1 \" s|", 1, "", NO, -9 },
    { HEAD "$var event 1 ! e $end " END "#1\n1!\n#2\n0!\n", "1 ! 1|2 ! 1|", 2, "", NO, -9 },
    { VAR, "", 0, "", NO, -9 },
    /* units of time */
    { "$timescale 10ps $end $var wire 1 ! a $end $enddefinitions $end #3\n1!\n", "3 ! 1|", 3, "", NO, -11 },
    { "$timescale 1s $end $var wire 1 ! a $end $enddefinitions $end #20000\n1!\n#18446744073709551615\n", "20000 ! 1|",
      UINT64_MAX, "", NO, 0 },
    { "$timescale 244 ns $end $var wire 1 ! a $end $enddefinitions $end #3\n1!\n", "732 ! 1|", 732, "", NO, -9 },
    { "$timescale 0.1 ps $end $var wire 1 ! a $end $enddefinitions $end #3\n1!\n", "3 ! 1|", 3, "", NO, -13 },
    { "$timescale\n\t2.5\n\tus\n$end $var wire 1 ! a $end $enddefinitions $end #3\n1!\n", "75 ! 1|", 75, "", NO, -7 },
    { "$timescale 100 as $end $var wire 1 ! a $end $enddefinitions $end #3\n1!\n", "3 ! 1|", 3, "", NO, -16 },
    { "$timescale 10 minutes $end $var wire 1 ! a $end $enddefinitions $end #3\n1!\n", "3 ! 1|", 3, "1 x1 no timescale", NO, -3 },
    { "$timescale 0 q $end $var wire 1 ! a $end $enddefinitions $end #3\n1!\n", "3 ! 1|", 3, "1 x1 no timescale", NO, -9 },
    { "$timescale $end $var wire 1 ! a $end $enddefinitions $end #3\n1!\n", "3 ! 1|", 3, "1 x1 no timescale", NO, -9 },
    { "$var wire 1 ! a $end $enddefinitions $end #3\n1!\n", "3 ! 1|", 3, "", NO, -9 },
    { "$timescale 1000 s $end $var wire 1 ! a $end $enddefinitions $end #3\n1!\n", "3 ! 1|", 3, "", NO, 3 },
    /* times */
    { VAR "#3.0\n1!\n#4.\n0!\n", "3 ! 1|4 ! 0|", 4, "", NO, -9 },
    { VAR "#3.5\n1!\n#4x\n0!\n", "3 ! 1|4 ! 0|", 4, "2 x2 a time with more", NO, -9 },
    { VAR "#5\n0!\n#3\n1!\n#4\n0!\n#8\n1!\n", "5 ! 0|5 ! 1|5 ! 0|8 ! 1|", 8, "4 x2 time goes back", NO, -9 },
    { VAR "#5\n1!\n#-7\n0!\n#\n1!\n", "5 ! 1|5 ! 0|5 ! 1|", 5, "4 x2 no time", NO, -9 },
    { VAR "#5\n1!\n#99999999999999999999\n0!\n#6\n", "5 ! 1|5 ! 0|", 6, "4 x1 a time beyond", NO, -9 },
    /* ends of lines and of the text */
    { VAR "#1\n1!\n#25", "1 ! 1|", 25, "", NO, -9 }, { VAR "#1\n1!\n#25\n0!", "1 ! 1|25 ! 0|", 25, "", NO, -9 },
    { BITS "#1\nb1 !\n#2\nb10 !", "1 ! 0001|2 ! 0010|", 2, "", NO, -9 },
    { HEAD "$var string 1 ! s $end " END "#1\nsab !", "1 ! sab|", 1, "", NO, -9 },
    { HEAD "$var string 1 ! s $end " END "#1\r\nsab !\r\n#2\r\nscd !\r\n", "1 ! sab|2 ! scd|", 2, "", NO, -9 },
    { HEAD "$var string 1 ! s $end " END "#1\rsab !\r#2\rscd !\r#1\r", "1 ! sab|2 ! scd|", 2, "6 x1 time goes back", NO, -9 },
    { VAR "#1\n1!\n#25\nb10", "1 ! 1|", 25, "", 110, -9 }, { VAR "#1\n1!\n#25\n1", "1 ! 1|", 25, "", 110, -9 },
    { HEAD "$var wire 1 !! a $end " END "#1\n1!!\n#2\n0!", "1 ! 1|", 2, "", 111, -9 },
    { VAR "#1\n1!\n#", "1 ! 1|", 1, "", 106, -9 }, { VAR "#1\n1!\n$comment what", "1 ! 1|", 1, "", 106, -9 },
    { "\xEF\xBB\xBF" VAR "#1\n1!\n", "1 ! 1|", 1, "", NO, -9 },
    { HEAD "$var wire 1 ! a $end $upscope $end\n#1\n1!\n", "1 ! 1|", 1, "", NO, -9 },
    { HEAD "$var wire 1 ! a $end $upscope $end\n$dumpvars 0! $end #1\n1!\n", "0 ! 0|1 ! 1|", 1, "", NO, -9 },
    { HEAD "$var wire 1 ! a $end $upscope $end $enddefinitions\n#1\n1!\n", "1 ! 1|", 1, "", NO, -9 },
    /* declarations */
    { HEAD "$var wire ! a $end $var wire 1 # b $end " END "#1\n1!\n1#\n", "1 ! 1|", 1, "1 x1 a variable whose width|3 x1 no variable", NO, -9 },
    { HEAD "$var $ stage $end $var wire 1 ! a $end " END "#1\n1!\n$\n", "1 ! 1|", 1, "1 x1 a variable whose width|4 x1 no command", NO, -9 },
    { HEAD "$var wire 99999999999 ! a $end $var wire 1 # b $end " END "#1\n1#\n", "1 ! 1|", 1, "1 x1 a variable of more", NO, -9 },
    { HEAD "$var wire 1 ! a\n$var wire 1 # b $end " END "#1\n1!\n0#\n", "1 ! 1|1 \" 0|", 1, "2 x1 a $var without $end", NO, -9 },
    { HEAD "rubbish $var wire 1 ! a $end more " END "#1\n1!\n", "1 ! 1|", 1, "1 x2 no declaration", NO, -9 },
    { HEAD "$var wire 0 ! s $end " END "#1\nsIDLE !\n#2\nb !\n#3\nb101 !\n#4\nr1.5 !\n", "1 ! sIDLE|2 ! s|3 ! s101|4 ! s1.5|", 4, "", NO, -9 },
    { HEAD "$var wire 4 ! a $end $var wire 8 ! b $end $var wire 4 ! c $end $var real 64 ! r $end " END "#1\nb101 !\n#2\nb11110001 !\n",
      "1 ! 0101|1 \" 00000101|2 ! 0001|2 \" 11110001|", 2, "3 x2 bits for a variable of type real", NO, -9 },
    { VAR "#1\n1!\n$var wire 1 # b $end\n#2\n0!\n", "1 ! 1|2 ! 0|", 2, "4 x1 a declaration behind", NO, -9 },
    /* values */
    { VAR "#1\n1 !\n#2\n0   !\n#3\nb1   !\n", "1 ! 1|2 ! 0|3 ! 1|", 3, "", NO, -9 },
    { VAR "#1\n1\n#2\n0!\n#3\nb1\n#4\n1!\n", "2 ! 0|4 ! 1|", 4, "3 x2 a value without identifier", NO, -9 },
    { VAR "#5\n1!\n1?\n0?\n#6\n", "5 ! 1|", 6, "4 x2 no variable has", NO, -9 },
    { BITS "#5\nb0001010 !\n#6\nbxxxxx1 !\n", "5 ! 1010|6 ! xxx1|", 6, "", NO, -9 },
    { BITS "#5\nb110001 !\n#6\nbx0001 !\n", "5 ! 0001|6 ! 0001|", 6, "3 x2 a value of more bits", NO, -9 },
    { BITS "#5\nb !\n#6\nb1 !\n", "6 ! 0001|", 6, "3 x1 a value without digits", NO, -9 },
    { BITS "#5\nr1 !\n#6\nsRUN !\n#7\nb1 !\n", "7 ! 0001|", 7, "3 x1 a real for a variable of bits|5 x1 a text for a variable of bits", NO, -9 },
    { HEAD "$var real 64 ! r $end " END "#5\nr1z !\n#6\n1!\n#7\nsRUN !\nb101 !\n#8\nr2 !\n", "8 ! r2|", 8,
      "3 x1 no number|5 x2 bits for a variable of type real|7 x1 a text for a variable of type real", NO, -9 },
    { HEAD "$var event 1 ! e $end " END "#5\nr1 !\n#6\n1!\n", "6 ! 1|", 6, "3 x1 a text or a real for an event", NO, -9 },
    { VAR "#1\nq! and more\n1!\n\x01\x02\n", "1 ! 1|", 1, "3 x2 neither a time", NO, -9 },
    { VAR "#1\n1!\n$dumpall\n0!\n$end\n$newcommand\n#2\n1!\n", "1 ! 1|1 ! 0|2 ! 1|", 2, "7 x1 no command", NO, -9 },
    /* EVCD: what drives a port, and how strongly */
    { HEAD "$var port 1 <0 a $end $var port [3:0] <1 d $end " END "#0\n$dumpports\npD 6 0 <0\npDUNZ 6666 0000 <1\n$end\n#5\npU 0 6 <0\n"
      "ph01? 6666 0000 <1\n#6\npFAXL 6666 0000 <1\n$vcdclose #7 $end\n", "0 ! 0|0 \" 01xz|5 ! 1|5 \" 101x|6 \" zxx0|", 6, "", NO, -9 },
};

START_TEST(texts)
{
    struct bl_wave_source *s = bl_wave_source_bytes("text", TEXTS[_i].text, strlen(TEXTS[_i].text), quiet());
    char told[400] = "", odd[400] = "";
    const char *want = TEXTS[_i].odd;
    int rc;

    ck_assert_msg(s != NULL, "%s", last_message);
    struct bl_wave w = { .head = bl_wave_source_head(s) };
    const struct bl_wave_head head = *w.head;
    uint32_t signals;
    w.slot = bl_vars_slots(head.vars, head.nvars, &signals);
    while ((rc = bl_wave_source_step(s, &DUMP_OPS, &w)) > 0)
        ;
    ck_assert_msg(rc == 0, "%s", last_message);
    ck_assert_int_eq(w.head->torn, TEXTS[_i].torn != NO);
    if (w.head->torn)
        ck_assert_uint_eq(w.head->torn_at, TEXTS[_i].torn);
    ck_assert_uint_eq(w.head->end, TEXTS[_i].last);
    ck_assert_int_eq(head.exponent, TEXTS[_i].exponent);
    for (size_t i = 0; i < w.d.n; i++)
        snprintf(told + strlen(told), sizeof told - strlen(told), "%" PRIu64 " %s %s|", w.d.at[i].time, w.d.at[i].id, w.d.at[i].value);
    ck_assert_str_eq(told, TEXTS[_i].told);
    for (size_t i = 0; i < w.head->nodd; i++) {
        snprintf(odd, sizeof odd, "%" PRIu64 " x%" PRIu64 " %s", w.head->odd[i].at, w.head->odd[i].times, w.head->odd[i].what);
        size_t n = strcspn(want, "|");
        ck_assert_msg(n && !strncmp(odd, want, n), "'%s', expected '%s'", odd, want);
        want += n + (want[n] == '|');
    }
    ck_assert_msg(!*want, "expected '%s'", want);
    ck_assert_uint_eq(bl_wave_source_report(s, quiet()), w.head->nodd + w.head->torn);
    if (w.head->nodd && !w.head->torn)
        ck_assert_msg(!strncmp(last_message, "text:", 5) && strstr(last_message, w.head->odd[w.head->nodd - 1].what), "%s", last_message);
    bl_wave_source_close(s);
    free(w.slot);
    free_dump(&w.d);
}
END_TEST

/* What a writer says of itself is kept word by word; what no terminal should see is a '_'. */
START_TEST(who_wrote_it)
{
    static const char text[] = "$date Mon Nov 30, 12:00 $end $version Icarus Verilog ~ 12\x1b[31m $end " HEAD "$var wire 1 ! a $end " END "#0\n";
    struct bl_wave_source *s = bl_wave_source_bytes("text", text, sizeof text - 1, quiet());

    ck_assert_msg(s != NULL, "%s", last_message);
    ck_assert_str_eq(bl_wave_source_head(s)->date, "Mon Nov 30, 12:00");
    ck_assert_str_eq(bl_wave_source_head(s)->version, "Icarus Verilog ~ 12_[31m");
    bl_wave_source_close(s);
}
END_TEST

/* Scopes below scopes, of 100 letters each: up to 2^16 letters of a path. */
START_TEST(deep_scopes)
{
    for (int deep = 640; deep <= 700; deep += 60) {
        static char text[140000];
        size_t n = 0;
        for (int i = 0; i < deep; i++)
            n += (size_t)sprintf(text + n, "$scope module %0100d $end ", i);
        n += (size_t)sprintf(text + n, "$var wire 1 ! a $end ");
        for (int i = 0; i < deep; i++)
            n += (size_t)sprintf(text + n, "$upscope $end ");
        n += (size_t)sprintf(text + n, "$enddefinitions $end #0\n");
        ck_assert_uint_lt(n, sizeof text);
        struct bl_wave_source *s = bl_wave_source_bytes("deep", text, n, quiet());
        ck_assert_msg((s != NULL) == (deep == 640), "%d scopes: %s", deep, last_message);
        if (!s)
            ck_assert_ptr_nonnull(strstr(last_message, "expected at most 65536"));
        bl_wave_source_close(s);
    }
}
END_TEST

static void nothing(int signal) { (void)signal; }

/* A pipe that is read while signals come: nothing is lost, and its end is the end. */
START_TEST(interrupted_pipe)
{
    static const char text[] = HEAD "$var wire 1 ! a $end " END "#0\n0!\n#5\n1!\n";
    const struct itimerval often = { { 0, 2000 }, { 0, 2000 } }, never = { { 0, 0 }, { 0, 0 } };
    int ends[2], rc;
    char path[40];

    ck_assert_int_eq(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {                        /* writes slowly, so that reads wait, and are interrupted */
        for (size_t i = 0; i < sizeof text - 1; i += 40) {
            usleep(15000);
            if (write(ends[1], text + i, sizeof text - 1 - i < 40 ? sizeof text - 1 - i : 40) < 0)
                _exit(1);
        }
        usleep(15000);
        _exit(0);
    }
    close(ends[1]);
    sigaction(SIGALRM, &(struct sigaction){ .sa_handler = nothing }, NULL);        /* without SA_RESTART */
    setitimer(ITIMER_REAL, &often, NULL);
    snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
    struct bl_wave_source *s = bl_wave_source_open(path, quiet());
    setitimer(ITIMER_REAL, &never, NULL);
    ck_assert_msg(s != NULL, "%s", last_message);
    struct dump d = step_all(s, &rc);
    ck_assert_int_eq(rc, 0);
    ck_assert_uint_eq(d.n, 2);
    free_dump(&d);
    close(ends[0]);
    ck_assert_int_eq(waitpid(child, &rc, 0), child);
}
END_TEST

/* Names as other programs spell them. */
START_TEST(spellings)
{
    static const char text[] = "$scope module a.b $end $scope begin $end $var wire 8 ! data[7:0] $end"
        " $var wire 8 \" data [7:0] $end $var wire 4 # part [7:4] $end $var wire 1 $ bit [3] $end"
        " $var wire 1 % \\odd name $end $upscope $end $upscope $end $var integer 32 & i $end $var wire 1 ' \xc3\xa4\xe2\x88\x9e\xf0\x9f\x8e\xb5 $end"
        " $var wire 1 ( \x80\xc3(\xc0\xaf\xed\xa0\x80\xc2\x9b\x31\xe2\x80\xae $end $enddefinitions $end #0\n";
    static const char *const want[][2] = {
        { "a_b._", "data" }, { "a_b._", "data" }, { "a_b._", "part[7:4]" }, { "a_b._", "bit[3]" }, { "a_b._", "\\odd_name" },
        { "", "i" }, { "", "\xc3\xa4\xe2\x88\x9e\xf0\x9f\x8e\xb5" }, { "", "__(_______1___" }
    };
    struct bl_wave_source *s = bl_wave_source_bytes("text", text, sizeof text - 1, quiet());

    ck_assert_msg(s != NULL, "%s", last_message);
    const struct bl_wave_head *h = bl_wave_source_head(s);
    ck_assert_uint_eq(h->nvars, 8);
    for (size_t i = 0; i < 8; i++) {
        ck_assert_str_eq(h->vars[i].scope, want[i][0]);
        ck_assert_str_eq(h->vars[i].name, want[i][1]);
    }
    ck_assert_int_eq(bl_vars_check(h->vars, h->nvars, "text", quiet()), 0);
    bl_wave_source_close(s);
}
END_TEST

/* ---- refusals ----------------------------------------------------------------------------------------- */

static const struct { const char *text, *says; } REFUSED[] = {
    { "", "neither FST, VCD" }, { "hello", "neither FST, VCD" }, { "$timescale 1 ns", "expected $end" },
    { HEAD "$var wire 1 ! a", "expected $end" }, { HEAD END, "no variable" }, { "costs $5 and more", "expected $end" },
    { HEAD "$var wire x ! a $end " END, "no variable is declared" }, { HEAD "$var wire 1 ! a $end", "expected $enddefinitions" },
};

START_TEST(refused)
{
    struct bl_wave_source *s = bl_wave_source_bytes("bad", REFUSED[_i].text, strlen(REFUSED[_i].text), quiet());
    int rc = -1;

    if (s) {
        struct dump d = step_all(s, &rc);
        free_dump(&d);
    }
    ck_assert_int_eq(rc, -1);
    ck_assert_msg(strstr(last_message, REFUSED[_i].says) && !strncmp(last_message, "bad:", 4), "%s", last_message);
}
END_TEST

START_TEST(missing)
{
    ck_assert_ptr_null(bl_wave_source_open("/nowhere/at/all.fst", quiet()));
    ck_assert_ptr_nonnull(strstr(last_message, "/nowhere/at/all.fst: cannot open"));
    ck_assert_ptr_null(bl_wave_source_open("/dev/null", quiet()));
    ck_assert_ptr_nonnull(strstr(last_message, "neither FST"));
}
END_TEST

/* ---- damage --------------------------------------------------------------------------------------------- */

static int swallow(struct bl_wave *w, uint64_t fs) { w->d.last = fs; return 0; }
static int swallow_bits(struct bl_wave *w, uint32_t var, const uint64_t *words) { w->d.n += words[0] + var; return 0; }
static int swallow_states(struct bl_wave *w, uint32_t var, const char *ascii) { w->d.n += strlen(ascii) + var; return 0; }
static int swallow_real(struct bl_wave *w, uint32_t var, double v) { w->d.n += var + (v > 0); return 0; }

static int swallow_string(struct bl_wave *w, uint32_t var, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        w->d.n += (unsigned char)text[i] + var;
    return 0;
}

static const struct bl_wave_ops SWALLOW = { .time = swallow, .bits = swallow_bits, .states = swallow_states,
                                            .real = swallow_real, .string = swallow_string };

/* Reads what is there: 0, 1 when something of it is odd or unfinished, or -1, and then the message must say where. */
static int survive(const uint8_t *b, size_t n)
{
    struct bl_wave_source *s = bl_wave_source_bytes("hurt", b, n, quiet());
    struct bl_wave w = { 0 };
    int rc = -1;

    for (int steps = 0; s && steps < 1 << 20 && (rc = bl_wave_source_step(s, &SWALLOW, &w)) > 0; steps++)
        ;
    bool odd = s && bl_wave_source_report(s, quiet());
    if (s)
        bl_wave_source_close(s);
    ck_assert_int_le(rc, 0);
    ck_assert_msg((rc == 0 && !odd) || strstr(last_message, "hurt:"), "%s", last_message);
    return rc ? rc : odd;
}

/* Any byte changed, in each of three ways: read, or refused or called odd by name and place. Blocks are full of such bytes. */
START_TEST(hurt)
{
    static const char *const names[] = { "h.fst", "h.fst", "h.vcd", "h.vcd.gz" };
    static const struct trace t = { MIXED, 12, 3, 0, 50, 8, 3, 0 };
    char *path = scratch(names[_i]);
    size_t n;
    unsigned refused_n = 0;

    bl_fst_block_bytes(100);
    ck_assert_int_eq(tell(bl_wave_writer_as(path, _i == 1 ? BL_WAVE_ZLIB : 0), path, &t), 0);
    uint8_t *b = file_bytes(path, &n);
    ck_assert_int_eq(survive(b, n), 0);
    for (size_t i = 0; i < n; i += every(5)) {
        static const uint8_t change[] = { 1, 0x80, 0xFF };
        for (int k = 0; k < 3; k++) {
            b[i] ^= change[k];
            refused_n += survive(b, n) != 0;
            b[i] ^= change[k];
        }
        survive(b, i);
    }
    ck_assert_uint_gt(refused_n, 20);
    free(b);
    unlink(path);
}
END_TEST

/* ---- large ---------------------------------------------------------------------------------------------- */

/* One signal of a million changes, 80000 of one, 20000 of none; fst2vcd's text is read by our own reader. */
START_TEST(large)
{
    enum { SIGNALS = 100000, CHANGES = 1000000 };
    struct bl_wave_var *v = calloc(SIGNALS, sizeof *v);
    char (*name)[16] = calloc(SIGNALS, sizeof *name), *path = scratch("large.fst");

    for (uint32_t i = 0; i < SIGNALS; i++) {
        snprintf(name[i], sizeof name[i], "s%u", (unsigned)i);
        v[i] = (struct bl_wave_var){ .scope = i % 2 ? "a.b" : "a.c", .name = name[i], .width = 1 + i % 40 };
    }
    const struct bl_wave_ops *ops = bl_wave_writer_as(path, _i ? BL_WAVE_ZLIB : 0);
    bl_fst_block_bytes((size_t)1 << 20);
    struct bl_wave *w = ops->open(path, v, SIGNALS, 0, quiet());
    ck_assert_msg(w != NULL, "%s", last_message);
    for (uint64_t t = 0; t < CHANGES; t++) {
        ck_assert_int_eq(ops->time(w, t * 3), 0);
        ck_assert_int_eq(ops->bits(w, 39, &(uint64_t){ t & 0xFFFFFFFFFF }), 0);
        if (t == CHANGES / 2)
            for (uint32_t i = 1; i < SIGNALS; i++)
                if (i != 39 && i % 40 < 32)
                    ck_assert_int_eq(ops->bits(w, i, &(uint64_t){ i & ((UINT64_C(1) << v[i].width) - 1) }), 0);
    }
    ck_assert_int_eq(ops->close(w, 0), 0);
    char *vcd = joined(path, ".vcd");
    ck_assert_int_eq(fst2vcd(path, vcd), 0);
    struct dump d = read_ours(vcd);
    ck_assert_uint_eq(d.n, CHANGES + SIGNALS / 5 * 4 - 1);
    ours_agrees(path, &d);
    free_dump(&d);
    free(v);
    free(name);
    unlink(path);
    unlink(vcd);
}
END_TEST

#define COUNT(table) (int)(sizeof(table) / sizeof *(table))

static void usual_blocks(void) { bl_fst_block_bytes(0); }

Suite *suite_wave_read(void);
Suite *suite_wave_read(void)
{
    Suite *s = suite_create("wave_read");
    TCase *t = tcase_create("all"), *more = tcase_create("long");

    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, declarations, 0, 3);
    tcase_add_loop_test(t, vcd2fst, 0, 6);
    tcase_add_test(t, side_file);
    tcase_add_loop_test(t, wanted, 0, 3);
    tcase_add_loop_test(t, converted, 0, 9);
    tcase_add_loop_test(t, texts, 0, COUNT(TEXTS));
    tcase_add_test(t, who_wrote_it);
    tcase_add_test(t, deep_scopes);
    tcase_add_test(t, interrupted_pipe);
    tcase_add_test(t, spellings);
    tcase_add_loop_test(t, refused, 0, COUNT(REFUSED));
    tcase_add_test(t, missing);
    tcase_add_loop_test(t, hurt, 0, 4);
    tcase_add_checked_fixture(t, usual_blocks, NULL);
    suite_add_tcase(s, t);
    tcase_set_tags(more, "long");
    tcase_set_timeout(more, 600);
    tcase_add_loop_test(more, large, 0, 2);
    suite_add_tcase(s, more);
    return s;
}
