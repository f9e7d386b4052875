/* test_wave_read.c - the readers of waves: what GTKWave's vcd2fst writes with each packing, dumps of other programs,
 * what is damaged, and the parts of a trace that are asked for. */
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
    ck_assert_uint_eq(h->unit_fs, 1);
    ck_assert_uint_eq(h->start_fs, 20);
    ck_assert_uint_eq(h->torn_at, 0);
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
        struct bl_wave *w = out->open(b, h->vars, h->nvars, h->start_fs, quiet());
        ck_assert_msg(w != NULL, "%s", last_message);
        while ((rc = bl_wave_source_step(s, out, w)) > 0)
            ;
        ck_assert_int_eq(rc, 0);
        ck_assert_int_eq(out->close(w, h->end_fs), 0);
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

/* What a text tells: "TIME ID VALUE" a change; empty for an end without a change. */
static const struct { const char *text, *told; uint64_t last, torn; } TEXTS[] = {
    { HEAD "$var wire 1 ! a $end " END "#0\n0!\n#5\n1!\n#9\n", "0 ! 0|5000000 ! 1|", 9000000, 0 },
    { HEAD "$var wire 4 ! a [3:0] $end " END "#0 b1 !\n#2 bz ! #3 bx1 !\n#4 b0000 ! ",
      "0 ! 0001|2000000 ! zzzz|3000000 ! xxx1|4000000 ! 0000|",
      4000000, 0 },
    { HEAD "$var reg 4 ! a $end " END "$dumpvars 1! $end #7 X! #8 Z! #8 1!\n",
      "0 ! 0001|7000000 ! xxxx|8000000 ! zzzz|8000000 ! 0001|", 8000000, 0 },
    { HEAD "$var wire 1 abc a $end $var wire 1 abc b $end " END "#1\nb1 abc\n$comment 0abc $end\n0abc\n",
      "1000000 abc 1|1000000 abc 0|", 1000000, 0 },
    { HEAD "$var real 64 ! r $end $var string 1 \" s $end " END "#1\nr1.5 !\nsa\\040b \"\nstwo words \"\ns \"\n",
      "1000000 ! r1.5|1000000 \" sa\\040b|1000000 \" stwo\\040words|1000000 \" s|", 1000000, 0 },
    { HEAD "$var event 1 ! e $end " END "#1\n1!\n#2\n0!\n", "1000000 ! 1|2000000 ! 1|", 2000000, 0 },
    { "$timescale 10ps $end $var wire 1 ! a $end $enddefinitions $end #3\n1!\n", "30000 ! 1|", 30000, 0 },
    { HEAD "$var wire 1 ! a $end " END "#1\n1!\n#25", "1000000 ! 1|", 1000000, 106 },
    { HEAD "$var wire 1 ! a $end " END, "", 0, 0 },
};

START_TEST(texts)
{
    struct bl_wave_source *s = bl_wave_source_bytes("text", TEXTS[_i].text, strlen(TEXTS[_i].text), quiet());
    char told[400] = "";
    int rc;

    ck_assert_msg(s != NULL, "%s", last_message);
    struct bl_wave w = { .head = bl_wave_source_head(s) };
    const struct bl_wave_head head = *w.head;
    uint32_t signals;
    w.slot = bl_vars_slots(head.vars, head.nvars, &signals);
    while ((rc = bl_wave_source_step(s, &DUMP_OPS, &w)) > 0)
        ;
    ck_assert_msg(rc == 0, "%s", last_message);
    ck_assert_uint_eq(w.head->torn_at, TEXTS[_i].torn);
    ck_assert_uint_eq(w.head->end_fs, TEXTS[_i].last);
    for (size_t i = 0; i < w.d.n; i++)          /* identifiers of one text are those of bitline, but for "abc" */
        snprintf(told + strlen(told), sizeof told - strlen(told), "%" PRIu64 " %s %s|", w.d.at[i].time,
                 strstr(TEXTS[_i].text, "abc") ? "abc" : w.d.at[i].id, w.d.at[i].value);
    ck_assert_str_eq(told, TEXTS[_i].told);
    bl_wave_source_close(s);
    free(w.slot);
    free_dump(&w.d);
}
END_TEST

/* Names as other programs spell them. */
START_TEST(spellings)
{
    static const char text[] = "$scope module a.b $end $scope begin $end $var wire 8 ! data[7:0] $end"
        " $var wire 8 \" data [7:0] $end $var wire 4 # part [7:4] $end $var wire 1 $ bit [3] $end"
        " $var wire 1 % \\odd name $end $upscope $end $upscope $end $var integer 32 & i $end $enddefinitions $end #0\n";
    static const char *const want[][2] = {
        { "a_b._", "data" }, { "a_b._", "data" }, { "a_b._", "part[7:4]" }, { "a_b._", "bit[3]" }, { "a_b._", "\\odd_name" },
        { "", "i" }
    };
    struct bl_wave_source *s = bl_wave_source_bytes("text", text, sizeof text - 1, quiet());

    ck_assert_msg(s != NULL, "%s", last_message);
    const struct bl_wave_head *h = bl_wave_source_head(s);
    ck_assert_uint_eq(h->nvars, 6);
    for (size_t i = 0; i < 6; i++) {
        ck_assert_str_eq(h->vars[i].scope, want[i][0]);
        ck_assert_str_eq(h->vars[i].name, want[i][1]);
    }
    ck_assert_int_eq(bl_vars_check(h->vars, h->nvars, "text", quiet()), 0);
    bl_wave_source_close(s);
}
END_TEST

/* ---- refusals ----------------------------------------------------------------------------------------- */

static const struct { const char *text, *says; } REFUSED[] = {
    { "", "neither FST, VCD" }, { "hello", "neither FST, VCD" },
    { "$timescale 2 ns $end ", "a timescale" }, { "$timescale 1 ns", "expected $end" },
    { HEAD "$var wire 0 ! a $end " END, "a width" }, { HEAD "$var wire 99999999999 ! a $end " END, "a width" },
    { HEAD "$var wire 1 ! a", "expected $end" }, { HEAD END, "no variable" },
    { HEAD "$var wire 1 ! a $end $var wire 2 ! b $end " END, "different kind or width" },
    { HEAD "$var wire 1 ! a $end rubbish " END, "expected a declaration" },
    { HEAD "$var wire 1 ! a $end " END "#5 1! #4 0!\n", ":2: '#4': time runs backwards" },
    { HEAD "$var wire 1 ! a $end " END "#5\n1?\n#6\n", ":3: '?': no variable has this identifier" },
    { HEAD "$var wire 1 ! a $end " END "#5\nb10 !\n", "wider than the signal" },
    { HEAD "$var wire 1 ! a $end " END "#5\nr1 !\n", "expected a number, for a variable of type real" },
    { HEAD "$var real 1 ! a $end " END "#5\nr1z !\n", "expected a number" },
    { HEAD "$var wire 1 ! a $end " END "#99999999999999999999 1!\n", "does not fit 64 bits" },
    { HEAD "$var wire 1 ! a $end " END "#1x\n", "expected a time" },
    { HEAD "$var wire 1 ! a $end " END "#1\nq!\n", "expected a time or a change" },
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

/* Reads what is there: 0, or -1, and then the message must say where. */
static int survive(const uint8_t *b, size_t n)
{
    struct bl_wave_source *s = bl_wave_source_bytes("hurt", b, n, quiet());
    struct bl_wave w = { 0 };
    int rc = -1;

    for (int steps = 0; s && steps < 1 << 20 && (rc = bl_wave_source_step(s, &SWALLOW, &w)) > 0; steps++)
        ;
    if (s)
        bl_wave_source_close(s);
    ck_assert_int_le(rc, 0);
    ck_assert_msg(rc == 0 || strstr(last_message, "hurt:"), "%s", last_message);
    return rc;
}

/* Any byte changed, in each of three ways: read, or refused by name and place. Blocks are full of such bytes. */
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
            refused_n += survive(b, n) < 0;
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
    tcase_add_test(t, spellings);
    tcase_add_loop_test(t, refused, 0, COUNT(REFUSED));
    tcase_add_test(t, missing);
    tcase_add_loop_test(t, hurt, 0, 4);
    suite_add_tcase(s, t);
    tcase_set_tags(more, "long");
    tcase_set_timeout(more, 600);
    tcase_add_loop_test(more, large, 0, 2);
    suite_add_tcase(s, more);
    return s;
}
