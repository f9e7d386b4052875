/* test_fst.c - FST files are read back by fst2vcd, the tool of the format's authors, and compared
 * with our own VCD of the same run. */
#include "tests/rigs/effort.h"
#include "tests/rigs/fst_walk.h"
#include "tests/rigs/wave_rig.h"
#include "traces/fst.h"

START_TEST(mixed_kinds)
{
    static const struct { size_t block; uint64_t start, step; unsigned steps, per_step; uint64_t tail; } cases[] = {
        { 0, 0, 5000, 200, 10, 0 },          { 0, 12345, 1, 200, 40, 9 },
        { 1, 0, 5000, 300, 6, 77 },          { 300, 5, 1000, 400, 3, 1 },
        { 20000, 0, 1u << 20, 300, 12, 0 },  { 64, UINT64_C(1) << 62, UINT64_C(1) << 53, 200, 5, 1 },
        { 0, (UINT64_C(1) << 63) - 100000, 300, 300, 4, 0 },
    };

    bl_fst_block_bytes(cases[_i].block);
    for (uint64_t seed = 1; seed <= (uint64_t)fewer(3, 1); seed++) {
        struct trace t = { MIXED, NMIXED, seed, cases[_i].start, cases[_i].step, cases[_i].steps,
                           cases[_i].per_step, cases[_i].tail };
        same_in_both(&t);
    }
}
END_TEST

START_TEST(one_width)
{
    static const uint32_t widths[] = { 1, 2, 7, 8, 9, 31, 32, 33, 63, 64, 65, 127, 128, 129, 144, 1152, 4095, 4096 };
    struct bl_wave_var v = { .scope = "m", .name = "v", .kind = BL_WAVE_BITS, .width = widths[_i] };
    struct trace t = { &v, 1, 7 + widths[_i], 3, 40, 60, 1, 2 };

    same_in_both(&t);
}
END_TEST

/* A trace of which little or nothing is told. */
START_TEST(next_to_nothing)
{
    static const struct { uint64_t start; unsigned steps, per_step; uint64_t tail; } cases[] = {
        { 0, 0, 0, 0 }, { 0, 0, 0, 100 }, { 50, 0, 0, 0 }, { 0, 1, 0, 0 }, { 50, 1, 0, 0 }, { 50, 1, 0, 5 },
        { 0, 20, 0, 0 }, { 9, 20, 0, 9 },
    };
    struct trace t = { MIXED, NMIXED, 4, cases[_i].start, 10, cases[_i].steps, cases[_i].per_step, cases[_i].tail };

    bl_fst_block_bytes(_i % 2);
    same_in_both(&t);
}
END_TEST

START_TEST(starts_after_its_start)
{
    struct bl_wave_var v = { .scope = "m", .name = "v", .kind = BL_WAVE_BITS, .width = 4 };
    char *path = scratch("late.fst");
    struct bl_wave *w = bl_fst_writer.open(path, &v, 1, 10, quiet());

    ck_assert_ptr_nonnull(w);
    ck_assert_int_eq(bl_fst_writer.time(w, 25), 0);
    ck_assert_int_eq(bl_fst_writer.bits(w, 0, (const uint64_t[]){ 9 }), 0);
    ck_assert_int_eq(bl_fst_writer.close(w, 30), 0);
    struct dump d = read_fst(path);
    ck_assert_uint_eq(d.n, 1);
    ck_assert_uint_eq(d.at[0].time, 25);
    ck_assert_str_eq(d.at[0].value, "1001");
    ck_assert_uint_eq(d.last, 30);
    free_dump(&d);
    unlink(path);
}
END_TEST

/* ---- the file's own structure ------------------------------------------------------------------ */

START_TEST(blocks)
{
    struct trace t = { MIXED, NMIXED, 5, 100, 10, 40, 8, 3 };
    char *path = scratch("blocks.fst"), *again = scratch("again.fst");
    size_t n, m;

    bl_fst_block_bytes(1);
    ck_assert_int_eq(tell(&bl_fst_writer, path, &t), 0);
    ck_assert_int_eq(tell(&bl_fst_writer, again, &t), 0);
    uint8_t *a = file_bytes(path, &n), *b = file_bytes(again, &m);
    ck_assert_uint_eq(walk_fst(a, n), 40);
    ck_assert_uint_eq(n, m);
    ck_assert_int_eq(memcmp(a, b, n), 0);
    ck_assert_int_eq((int8_t)a[73], -15);
    ck_assert_str_eq((char *)a + 74, "bitline");
    ck_assert_int_eq(a[202], 0);
    free(a);
    free(b);
    unlink(path);
    unlink(again);
}
END_TEST

/* Where `what` stands in the n bytes at b; n when it does not. */
static size_t find(const uint8_t *b, size_t n, const char *what, size_t len)
{
    for (size_t i = 0; i + len <= n; i++)
        if (!memcmp(b + i, what, len))
            return i;
    return n;
}

/* The raw hierarchy: state names are defined right before their first user and then only named. */
START_TEST(state_names)
{
    static const char define[] = "\xfc\0\7t1 4 idle busy no\\040input out_full 00 01 10 11\0\1\x10\0verdict [1:0]\0\2";
    static const char again[] = "\xfc\0\7\0\1\x10\0verdict [1:0]\0\2";
    struct trace t = { MIXED, NMIXED, 5, 0, 10, 2, 1, 0 };
    char *path = scratch("names.fst");
    uint8_t raw[8192];
    size_t n, at = 330;

    ck_assert_int_eq(tell(&bl_fst_writer, path, &t), 0);
    uint8_t *b = file_bytes(path, &n);
    while (b[at] != 4)
        at += 1 + be64(b + at + 1);
    z_stream z = { .next_in = b + at + 17, .avail_in = (uInt)(be64(b + at + 1) - 16), .next_out = raw,
                   .avail_out = sizeof raw };
    ck_assert_int_eq(inflateInit2(&z, 31), Z_OK);
    ck_assert_int_eq(inflate(&z, Z_FINISH), Z_STREAM_END);
    ck_assert_uint_eq(z.total_out, be64(b + at + 9));
    inflateEnd(&z);
    size_t first = find(raw, z.total_out, define, sizeof define - 1);
    ck_assert_uint_lt(first, z.total_out);
    ck_assert_uint_lt(find(raw, z.total_out, again, sizeof again - 1), z.total_out);
    ck_assert_uint_gt(find(raw, z.total_out, again, sizeof again - 1), first);
    free(b);
    unlink(path);
}
END_TEST

/* Equal signals cost next to nothing, whatever is in them. */
START_TEST(equal_chains)
{
    enum { SIGNALS = 200, STEPS = 400 };
    struct bl_wave_var v[SIGNALS];
    char name[SIGNALS][16], *path = scratch("equal.fst");
    size_t size[2];

    for (int i = 0; i < SIGNALS; i++) {
        snprintf(name[i], sizeof name[i], "s%d", i);
        v[i] = (struct bl_wave_var){ .scope = "m", .name = name[i], .kind = BL_WAVE_BITS, .width = 32 };
    }
    for (int apart = 0; apart < 2; apart++) {
        uint64_t rnd = 3, word = 0;
        struct bl_wave *w = bl_fst_writer.open(path, v, SIGNALS, 0, quiet());
        for (uint64_t s = 0; s < STEPS; s++) {
            word = draw(&rnd) & UINT32_MAX;
            ck_assert_int_eq(bl_fst_writer.time(w, s * 10), 0);
            for (uint32_t i = 0; i < SIGNALS; i++) {
                uint64_t own = apart ? (word + i * UINT64_C(0x1234567)) & UINT32_MAX : word;
                ck_assert_int_eq(bl_fst_writer.bits(w, i, &own), 0);
            }
        }
        ck_assert_int_eq(bl_fst_writer.close(w, 0), 0);
        struct dump d = read_fst(path);
        ck_assert_uint_eq(d.n, SIGNALS * STEPS);
        free_dump(&d);
        free(file_bytes(path, &size[apart]));
    }
    ck_assert_uint_lt(size[0] * 50, size[1]);
    unlink(path);
}
END_TEST

START_TEST(ten_thousand_signals)
{
    const int SIGNALS = fewer(10000, 2000);
    struct bl_wave_var *v = calloc((size_t)SIGNALS, sizeof *v);
    char (*name)[32] = calloc((size_t)SIGNALS, sizeof *name), (*scope)[32] = calloc((size_t)SIGNALS, sizeof *scope);

    for (int i = 0; i < SIGNALS; i++) {
        snprintf(name[i], sizeof name[i], "s[%d]", i % 10);
        snprintf(scope[i], sizeof scope[i], "chip.tile[%d].row[%d]", i / 100, i / 10 % 10);
        v[i] = (struct bl_wave_var){ .scope = scope[i], .name = name[i], .kind = BL_WAVE_BITS,
                                     .width = 1 + (uint32_t)i % 70 };
    }
    struct trace t = { v, (uint32_t)SIGNALS, 11, 0, 100, 30, 500, 0 };
    bl_fst_block_bytes(4000);
    same_in_both(&t);
    free(v);
    free(name);
    free(scope);
}
END_TEST

/* A part is a struct of its signals; what holds parts is a module. */
START_TEST(struct_scopes)
{
    static const struct bl_wave_var vars[] = {
        { .scope = "", .name = "clk", .width = 1 }, { .scope = "top", .name = "go", .width = 1 },
        { .scope = "top.adc", .name = "code", .width = 8 }, { .scope = "top.adc", .name = "busy", .width = 1 },
        { .scope = "top.dac[0]", .name = "v", .width = 3 }, { .scope = "tops", .name = "x", .width = 1 },
    };
    static const char *const scopes[] = { "module top", "struct adc", "struct dac[0]", "struct tops" };
    char *path = scratch("scopes.fst"), *vcd = scratch("scopes.vcd"), text[4096] = "";
    struct bl_wave *w = bl_fst_writer.open(path, vars, sizeof vars / sizeof *vars, 0, NULL);

    ck_assert_ptr_nonnull(w);
    ck_assert_int_eq(bl_fst_writer.close(w, 10), 0);
    if (!FOREIGN("fst2vcd"))
        return;
    ck_assert_int_eq(fst2vcd(path, vcd), 0);
    FILE *f = fopen(vcd, "r");
    ck_assert_uint_gt(fread(text, 1, sizeof text - 1, f), 0);
    fclose(f);
    for (size_t i = 0; i < sizeof scopes / sizeof *scopes; i++)
        ck_assert_msg(strstr(text, scopes[i]) != NULL, "no scope '%s' in:\n%s", scopes[i], text);
    unlink(path);
    unlink(vcd);
}
END_TEST

START_TEST(stale_side_file)
{
    struct trace t = { MIXED, NMIXED, 5, 0, 10, 3, 1, 0 };
    char *path = scratch("side.fst"), *side = joined(path, ".hier");

    FILE *f = fopen(side, "w");
    ck_assert_ptr_nonnull(f);
    fclose(f);
    ck_assert_int_eq(tell(&bl_fst_writer, path, &t), 0);
    ck_assert_int_ne(access(side, F_OK), 0);
    struct dump d = read_fst(path);
    ck_assert_uint_gt(d.n, 20);
    free_dump(&d);
    unlink(path);
}
END_TEST

/* ---- windows and live files ---------------------------------------------------------------------- */

/* Both forms say when nothing is known: 40 and 70 stop, 60 and 90 go on; fst2vcd prints it, our reader tells it. */
static char dumps[200];

static int note_dump(struct bl_wave *w, bool on)
{
    snprintf(dumps + strlen(dumps), sizeof dumps - strlen(dumps), " %s at %" PRIu64, on ? "on" : "off", w->d.last);
    return 0;
}

START_TEST(windows)
{
    static const char *const names[] = { "dump.fst", "dump.vcd", "dump.vcd.gz" };
    struct bl_wave_ops ops = DUMP_OPS;
    struct dump told[3];
    static char text[1 << 16];

    ops.dump = note_dump;
    for (int i = 0; i < 3; i++) {
        char *path = scratch(names[i]);
        const struct bl_wave_ops *out = bl_wave_writer(path);
        bl_fst_block_bytes(i == 0);
        struct bl_wave *to = out->open(path, MIXED, NMIXED, 0, quiet());
        for (uint64_t t = 0; t <= 100; t += 10) {
            bool off = t == 40 || t == 70, on = t == 60 || t == 90;
            if (t == 50 || t == 80)
                continue;
            ck_assert_int_eq(out->time(to, t), 0);
            if (off || on)
                ck_assert_int_eq(out->dump(to, on), 0);
            for (uint32_t k = 1; !off && k < 11; k++)    /* up to 64 bits */
                ck_assert_int_eq(out->bits(to, k, &(uint64_t){ t / 10 & 1 }), 0);
        }
        ck_assert_int_eq(out->close(to, 100), 0);
        struct bl_wave_source *s = bl_wave_source_open(path, quiet());
        struct bl_wave w = { .head = bl_wave_source_head(s) };
        uint32_t signals;
        w.slot = bl_vars_slots(w.head->vars, w.head->nvars, &signals);
        *dumps = 0;
        while (bl_wave_source_step(s, &ops, &w) > 0)
            ;
        ck_assert_msg(!strcmp(dumps, " off at 40 on at 60 off at 70 on at 90"), "%s:%s; %s", path, dumps, last_message);
        bl_wave_source_close(s);
        free(w.slot);
        qsort(w.d.at, w.d.n, sizeof *w.d.at, by_time);
        told[i] = w.d;
        same_dumps(&told[0], &told[i]);
        if (i == 0 && FOREIGN("fst2vcd")) {
            char *vcd = joined(path, ".vcd");
            ck_assert_int_eq(fst2vcd(path, vcd), 0);
            FILE *f = fopen(vcd, "r");
            text[fread(text, 1, sizeof text - 1, f)] = 0;
            fclose(f);
            for (const char *at = "$dumpoff $end"; at; at = strstr(at, "off") ? "$dumpon $end" : NULL)
                ck_assert_ptr_nonnull(strstr(text, at));
            unlink(vcd);
        }
        unlink(path);
    }
    for (int i = 0; i < 3; i++)
        free_dump(&told[i]);
}
END_TEST

/* A live file holds the same changes, in blocks as the clock on the wall has it. */
START_TEST(live)
{
    static const struct trace t = { MIXED, NMIXED, 8, 0, 500, 300, 10, 5 };
    char *path = scratch(_i ? "live.vcd" : "live.fst"), *still = scratch("still.vcd");

    ck_assert_ptr_ne(bl_wave_writer_as(path, BL_WAVE_LIVE), bl_wave_writer(path));
    ck_assert_int_eq(tell(bl_wave_writer_as(path, BL_WAVE_LIVE), path, &t), 0);
    ck_assert_int_eq(tell(&bl_vcd_writer, still, &t), 0);
    struct dump d = read_vcd(still);
    ours_agrees(path, &d);
    free_dump(&d);
    unlink(path);
    unlink(still);
}
END_TEST

/* ---- refusals ------------------------------------------------------------------------------------ */

START_TEST(refused)
{
    static const struct { struct bl_wave_var v[2]; size_t n; const char *says; } cases[] = {
        { { { .scope = "m", .name = "v", .width = 0 } }, 1, "0 bits" },
        { { { .scope = "m", .name = "v", .width = BL_WAVE_MAX_WIDTH + 1 } }, 1, "67108865 bits" },
        { { { .scope = "m", .name = "a b", .width = 1 } }, 1, "without blanks" },
        { { { .scope = "m\n", .name = "a", .width = 1 } }, 1, "without blanks" },
        { { { .scope = "m", .name = "", .width = 1 } }, 1, "without blanks" },
        { { { .scope = "m", .name = "v", .width = 1, .alias = 1 } }, 1, "not declared before" },
        { { { .scope = "m", .name = "v", .width = 1 }, { .scope = "m", .name = "w", .width = 2, .alias = 1 } }, 2,
          "another kind or width" },
        { { { .scope = "m", .name = "v", .width = 1, .names = VERDICTS, .nnames = 4 } }, 1, "4 values" },
        { { { .scope = "m" } }, 0, "no signal" },
    };
    char *path = scratch("refused.fst");

    ck_assert_ptr_null(bl_fst_writer.open(path, cases[_i].v, cases[_i].n, 0, quiet()));
    ck_assert_msg(strstr(last_message, cases[_i].says) && strstr(last_message, path), "%s", last_message);
    ck_assert_int_ne(access(path, F_OK), 0);
    ck_assert_ptr_null(bl_vcd_writer.open(path, cases[_i].v, cases[_i].n, 0, quiet()));
    ck_assert_ptr_null(bl_fst_writer.open("/nowhere/at/all.fst", MIXED, NMIXED, 0, quiet()));
    ck_assert_ptr_nonnull(strstr(last_message, "/nowhere/at/all.fst"));
}
END_TEST

START_TEST(misused)
{
    char *path = scratch("misused.fst");
    struct bl_wave *w = bl_fst_writer.open(path, MIXED, NMIXED, 0, quiet());

    ck_assert_int_eq(bl_fst_writer.time(w, 10), 0);
    if (_i == 0) {
        ck_assert_int_eq(bl_fst_writer.bits(w, 0, (const uint64_t[]){ 1 }), 0);
        ck_assert_int_eq(bl_fst_writer.time(w, 9), -1);
    } else {
        ck_assert_int_eq(bl_fst_writer.states(w, 2, _i == 1 ? "0q" : _i == 2 ? "0" : "000"), -1);
    }
    ck_assert_ptr_nonnull(strstr(last_message, path));
    ck_assert_int_eq(bl_fst_writer.close(w, 20), -1);
    unlink(path);
}
END_TEST

static void usual_blocks(void) { bl_fst_block_bytes(0); }

Suite *suite_fst(void);
Suite *suite_fst(void)
{
    Suite *s = suite_create("fst");
    TCase *t = tcase_create("fst");

    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, mixed_kinds, 0, 7);
    tcase_add_loop_test(t, one_width, 0, 18);
    tcase_add_loop_test(t, next_to_nothing, 0, 8);
    tcase_add_test(t, starts_after_its_start);
    tcase_add_test(t, blocks);
    tcase_add_test(t, state_names);
    tcase_add_test(t, equal_chains);
    tcase_add_test(t, ten_thousand_signals);
    tcase_add_test(t, stale_side_file);
    tcase_add_test(t, struct_scopes);
    tcase_add_test(t, windows);
    tcase_add_loop_test(t, live, 0, 2);
    tcase_add_loop_test(t, refused, 0, 9);
    tcase_add_loop_test(t, misused, 0, 4);
    tcase_add_checked_fixture(t, usual_blocks, NULL);
    suite_add_tcase(s, t);
    return s;
}
