/* test_vcd.c - value change dumps, letter by letter where they are short, and against FST elsewhere;
 * packed files, full disks, files cut in the middle. */
#include "tests/rigs/wave_rig.h"
#include "traces/out.h"

static char *text_of(const char *path)
{
    static char text[1 << 16];
    gzFile f = gzopen(path, "rb");

    ck_assert_ptr_nonnull(f);
    int n = gzread(f, text, sizeof text - 1);
    ck_assert_int_ge(n, 0);
    text[n] = 0;
    gzclose(f);
    return text;
}

static const char SMALL[] =
    "$version bitline $end\n$timescale 1fs $end\n"
    "$var wire 1 ! clk $end\n"
    "$scope module top $end\n$scope module u[0] $end\n"
    "$var wire 12 \" code [11:0] $end\n$var wire 12 \" code_color [11:0] $end\n$var real 64 # power $end\n"
    "$upscope $end\n"
    "$scope module u[1] $end\n$var string 0 $ layer $end\n$var event 1 % fired $end\n$upscope $end\n$upscope $end\n"
    "$enddefinitions $end\n"
    "#7\n$dumpvars\n0!\nb0 \"\nr0.1 #\ns $\n$end\n"
    "#18446744073709551614\n1!\nb10100101 \"\nb0x0zhuwl-011 \"\nr-2.5 #\nsmac\\0402 $\n1%\n"
    "#18446744073709551615\n";

static void tell_small(const struct bl_wave_ops *o, const char *path)
{
    static const struct bl_wave_var v[] = {
        { .scope = "", .name = "clk", .width = 1 },
        { .scope = "top.u[0]", .name = "code", .width = 12 },
        { .scope = "top.u[0]", .name = "code_color", .width = 12, .alias = 2 },
        { .scope = "top.u[0]", .name = "power", .kind = BL_WAVE_REAL, .width = 64 },
        { .scope = "top.u[1]", .name = "layer", .kind = BL_WAVE_STRING },
        { .scope = "top.u[1]", .name = "fired", .kind = BL_WAVE_EVENT, .width = 1 },
    };
    const uint64_t zero = 0, one = 1, code = 0xA5;
    struct bl_wave *w = o->open(path, v, 6, 7, quiet());

    ck_assert_ptr_nonnull(w);
    ck_assert(!o->time(w, 7) && !o->bits(w, 0, &zero) && !o->bits(w, 1, &zero) && !o->real(w, 3, 0.1)
              && !o->string(w, 4, "", 0));
    ck_assert(!o->time(w, UINT64_MAX - 1) && !o->bits(w, 0, &one) && !o->bits(w, 1, &code)
              && !o->states(w, 1, "0x0zhuwl-011") && !o->real(w, 3, -2.5) && !o->string(w, 4, "mac 2", 5)
              && !o->bits(w, 5, &zero));
    ck_assert_int_eq(o->close(w, UINT64_MAX), 0);
}

START_TEST(letter_by_letter)
{
    char *path = scratch(_i ? "small.vcd.gz" : "small.vcd");

    tell_small(_i ? &bl_vcd_gz_writer : &bl_vcd_writer, path);
    ck_assert_str_eq(text_of(path), SMALL);
    unlink(path);
}
END_TEST

/* Where nothing is known each signal of bits is x once, whatever other names it has; reals, texts and events cannot be. */
START_TEST(blackout)
{
    static const struct bl_wave_var v[] = {
        { .scope = "", .name = "clk", .width = 1 }, { .scope = "", .name = "code", .width = 12 }, { .scope = "", .name = "again", .width = 12, .alias = 2 },
        { .scope = "", .name = "power", .kind = BL_WAVE_REAL, .width = 64 }, { .scope = "", .name = "fired", .kind = BL_WAVE_EVENT, .width = 1 } };
    const struct bl_wave_ops *o = &bl_vcd_writer;
    const uint64_t zero = 0, one = 1;
    char *path = scratch("dark.vcd");
    struct bl_wave *w = o->open(path, v, 5, 7, quiet());

    ck_assert_ptr_nonnull(w);
    ck_assert(!o->time(w, 7) && !o->bits(w, 0, &zero) && !o->bits(w, 1, &one) && !o->real(w, 3, 0.5));
    ck_assert(!o->time(w, 9) && !o->time(w, 9) && !o->dump(w, false) && !o->time(w, 11) && !o->dump(w, true) && !o->bits(w, 0, &one));
    ck_assert_int_eq(o->close(w, 12), 0);
    const char *body = strstr(text_of(path), "$enddefinitions $end\n");
    ck_assert_str_eq(body, "$enddefinitions $end\n#7\n$dumpvars\n0!\nb1 \"\nr0.5 #\n$end\n#9\n$dumpoff\nx!\nbx \"\n$end\n#11\n$dumpon\n1!\n$end\n#12\n");
    unlink(path);
}
END_TEST

/* Bits are printed without leading zeros; every width and every position of the top bit. */
START_TEST(top_bits)
{
    static const uint32_t widths[] = { 2, 7, 8, 9, 63, 64, 65, 128, 130, 4096 };
    struct bl_wave_var v = { .scope = "m", .name = "v", .width = widths[_i] };
    uint32_t step = v.width > 200 ? 37 : 1;
    char *path = scratch("top.vcd"), want[4200];
    struct bl_wave *w = bl_vcd_writer.open(path, &v, 1, 0, quiet());
    size_t at = 0;

    for (uint32_t top = 0; top < v.width; top += step) {
        uint64_t words[64] = { 0 };
        words[top / 64] |= UINT64_C(1) << top % 64;
        words[0] |= 1;
        ck_assert_int_eq(bl_vcd_writer.time(w, top), 0);
        ck_assert_int_eq(bl_vcd_writer.bits(w, 0, words), 0);
    }
    ck_assert_int_eq(bl_vcd_writer.close(w, 0), 0);
    struct dump d = read_vcd(path);
    for (uint32_t top = 0; top < v.width; top += step, at++) {
        memset(want, '0', v.width);
        want[v.width] = 0;
        want[v.width - 1 - top] = want[v.width - 1] = '1';
        ck_assert_str_eq(d.at[at].value, want);
    }
    ck_assert_uint_eq(d.n, at);
    free_dump(&d);
    unlink(path);
}
END_TEST

/* Every real reads back as the same double. */
START_TEST(reals)
{
    enum { N = 3000 };
    struct bl_wave_var v = { .scope = "m", .name = "v", .kind = BL_WAVE_REAL, .width = 64 };
    char *path = scratch("real.vcd"), line[100];
    struct bl_wave *w = bl_vcd_writer.open(path, &v, 1, 0, quiet());
    uint64_t rnd = 17;
    double told[N];

    for (int i = 0; i < N; i++) {
        uint64_t bits = draw(&rnd) & ~(UINT64_C(1) << 62);     /* never inf or NaN */
        memcpy(&told[i], &bits, 8);
        ck_assert_int_eq(bl_vcd_writer.time(w, (uint64_t)i), 0);
        ck_assert_int_eq(bl_vcd_writer.real(w, 0, told[i]), 0);
    }
    ck_assert_int_eq(bl_vcd_writer.close(w, 0), 0);
    FILE *f = fopen(path, "r");
    int n = 0;
    while (fgets(line, sizeof line, f))
        if (*line == 'r') {
            double got = strtod(line + 1, NULL);
            ck_assert_int_eq(memcmp(&got, &told[n++], sizeof got), 0);
        }
    ck_assert_int_eq(n, N);
    fclose(f);
    unlink(path);
}
END_TEST

static const struct trace LONG = { MIXED, NMIXED, 31, 1000, 5000, 4000, 10, 5 };

/* Packed and plain are the same text, and packed twice are the same bytes: no time, no name. */
START_TEST(packed)
{
    char *plain = scratch("p.vcd"), *gz = scratch("p.vcd.gz"), *gz2 = scratch("other.vcd.gz"), command[5 * PATH_BYTES];

    ck_assert_int_eq(tell(&bl_vcd_writer, plain, &LONG), 0);
    ck_assert_int_eq(tell(&bl_vcd_gz_writer, gz, &LONG), 0);
    ck_assert_int_eq(tell(&bl_vcd_gz_writer, gz2, &LONG), 0);
    snprintf(command, sizeof command, "cmp -s %s %s && gzip -cd %s | cmp -s - %s", gz, gz2, gz, plain);
    ck_assert_int_eq(system(command), 0);
    unlink(plain);
    unlink(gz);
    unlink(gz2);
}
END_TEST

/* d is what a whole run has up to d's last time. */
static void is_prefix(const struct dump *d)
{
    char *path = scratch("whole.vcd");

    ck_assert_int_eq(tell(&bl_vcd_writer, path, &LONG), 0);
    struct dump all = read_vcd(path), part = all;
    for (part.n = 0; part.n < all.n && all.at[part.n].time <= d->at[d->n - 1].time; part.n++)
        ;
    same_dumps(&part, d);
    free_dump(&all);
    unlink(path);
}

START_TEST(disk_full)
{
    static const rlim_t limits[] = { 100, 400000, 1000000, 1500000 };
    const struct bl_wave_ops *ops = _i / 4 ? &bl_vcd_gz_writer : &bl_vcd_writer;
    char *path = scratch(_i / 4 ? "full.vcd.gz" : "full.vcd"), command[PATH_BYTES + 20];
    struct stat st;
    uint64_t safe = 0;

    limit_files(limits[_i % 4]);
    int told = tell(ops, path, &LONG);
    limit_files(0);
    ck_assert_int_eq(told, -1);
    ck_assert_ptr_nonnull(strstr(last_message, path));
    ck_assert_int_eq(stat(path, &st), 0);
    if (_i % 4 == 0) {
        ck_assert_ptr_nonnull(strstr(last_message, "nothing of the trace is on disk"));
        ck_assert_int_eq(st.st_size, 0);
        unlink(path);
        return;
    }
    const char *at = strstr(last_message, "up to ");
    ck_assert_msg(at && sscanf(at, "up to %" SCNu64 " fs", &safe) == 1, "%s", last_message);
    snprintf(command, sizeof command, "gzip -t %s", path);
    ck_assert(_i / 4 == 0 || system(command) == 0);
    struct dump d = read_vcd(path);
    ck_assert_uint_eq(d.last, safe);
    is_prefix(&d);
    free_dump(&d);
    unlink(path);
}
END_TEST

/* Killed: what is in the file are whole times; gzip has whole members. */
START_TEST(killed)
{
    const struct bl_wave_ops *ops = _i / 4 ? &bl_vcd_gz_writer : &bl_vcd_writer;
    char *path = scratch(_i / 4 ? "killed.vcd.gz" : "killed.vcd"), command[PATH_BYTES + 20];
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        bl_out_kill_after((unsigned long)(_i % 4) + 1);
        tell(ops, path, &LONG);
        _exit(0);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFSIGNALED(status));
    snprintf(command, sizeof command, "gzip -t %s", path);
    ck_assert(_i / 4 == 0 || system(command) == 0);
    struct dump d = read_vcd(path);
    ck_assert_uint_eq(d.nvars, NMIXED);
    if (_i % 4)
        is_prefix(&d);
    else
        ck_assert_uint_eq(d.n, 0);
    ours_agrees(path, &d);
    free_dump(&d);
    unlink(path);
}
END_TEST

/* "-" is standard output: the same text as in a file, through a pipe that somebody reads. */
START_TEST(standard_output)
{
    char *path = scratch("stdout.vcd"), *piped = scratch("piped.vcd"), command[3 * PATH_BYTES];
    int ends[2], kept = dup(1), status;

    ck_assert_int_eq(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[1]);
        FILE *f = fopen(piped, "wb");
        char piece[512];
        for (ssize_t n; f && (n = read(ends[0], piece, sizeof piece)) > 0;)
            fwrite(piece, 1, (size_t)n, f);
        _exit(!f || fclose(f));
    }
    close(ends[0]);
    dup2(ends[1], 1);
    close(ends[1]);
    int told = tell(bl_wave_writer("-"), "-", &LONG);
    dup2(kept, 1);
    close(kept);
    ck_assert_int_eq(told, 0);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
    ck_assert_int_eq(tell(&bl_vcd_writer, path, &LONG), 0);
    snprintf(command, sizeof command, "cmp -s '%s' '%s'", path, piped);
    ck_assert_int_eq(system(command), 0);
    unlink(path);
    unlink(piped);
}
END_TEST

START_TEST(misused)
{
    char *path = scratch("misused.vcd");
    struct bl_wave *w = bl_vcd_writer.open(path, MIXED, NMIXED, 0, quiet());

    ck_assert_int_eq(bl_vcd_writer.time(w, 10), 0);
    if (_i == 0)
        ck_assert_int_eq(bl_vcd_writer.time(w, 9), -1);
    else
        ck_assert_int_eq(bl_vcd_writer.states(w, 2, _i == 1 ? "0q" : _i == 2 ? "0" : "000"), -1);
    ck_assert_ptr_nonnull(strstr(last_message, path));
    ck_assert_int_eq(bl_vcd_writer.close(w, 20), -1);
    ck_assert_ptr_null(bl_vcd_writer.open("/nowhere/at/all.vcd", MIXED, NMIXED, 0, quiet()));
    ck_assert_ptr_nonnull(strstr(last_message, "/nowhere/at/all.vcd"));
    ck_assert_ptr_null(bl_vcd_writer.open("/dev/full", MIXED, NMIXED, 0, quiet()));
    ck_assert_ptr_nonnull(strstr(last_message, "/dev/full"));
    unlink(path);
}
END_TEST

Suite *suite_vcd(void);
Suite *suite_vcd(void)
{
    Suite *s = suite_create("vcd");
    TCase *t = tcase_create("vcd");

    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, letter_by_letter, 0, 2);
    tcase_add_test(t, blackout);
    tcase_add_loop_test(t, top_bits, 0, 10);
    tcase_add_test(t, reals);
    tcase_add_test(t, packed);
    tcase_add_loop_test(t, disk_full, 0, 8);
    tcase_add_loop_test(t, killed, 0, 8);
    tcase_add_test(t, standard_output);
    tcase_add_loop_test(t, misused, 0, 4);
    suite_add_tcase(s, t);
    return s;
}
