/* test_fst.c - FST files are read back by fst2vcd, the tool of the format's authors, and compared
 * with our own VCD of the same run; killed, cut and full-disk files are read the same way. */
#include "tests/rigs/effort.h"
#include "tests/rigs/wave_rig.h"
#include "traces/fst.h"
#include "traces/out.h"

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

/* Blocks fill the file without gaps; each block of changes begins where the one before ended. */
static unsigned walk(const uint8_t *b, size_t n)
{
    unsigned changes = 0;
    uint64_t end = be64(b + 9);

    ck_assert_uint_eq(be64(b + 1), 329);
    for (size_t at = 330; at < n;) {
        ck_assert_uint_le(at + 9, n);
        ck_assert(b[at] == 3 || b[at] == 4 || b[at] == 8);
        if (b[at] == 8) {
            ck_assert_uint_eq(be64(b + at + 9), end);
            end = be64(b + at + 17);
            changes++;
        }
        at += 1 + be64(b + at + 1);
        ck_assert_uint_le(at, n);
    }
    ck_assert_uint_eq(be64(b + 17), end);
    ck_assert_uint_eq(be64(b + 65), changes);
    return changes;
}

START_TEST(blocks)
{
    struct trace t = { MIXED, NMIXED, 5, 100, 10, 40, 8, 3 };
    char *path = scratch("blocks.fst"), *again = scratch("again.fst");
    size_t n, m;

    bl_fst_block_bytes(1);
    ck_assert_int_eq(tell(&bl_fst_writer, path, &t), 0);
    ck_assert_int_eq(tell(&bl_fst_writer, again, &t), 0);
    uint8_t *a = file_bytes(path, &n), *b = file_bytes(again, &m);
    ck_assert_uint_eq(walk(a, n), 40);
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

/* ---- what is left after a crash ------------------------------------------------------------------ */

static const struct trace LONG = { MIXED, NMIXED, 21, 1000, 5000, 120, 10, 0 };

static size_t distinct_times(const struct dump *d)
{
    size_t n = d->n > 0;

    for (size_t i = 1; i < d->n; i++)
        n += d->at[i].time != d->at[i - 1].time;
    return n;
}

/* d is what a whole run has up to d's last time. */
static void is_prefix(const struct dump *d)
{
    char *path = scratch("whole.fst");

    bl_fst_block_bytes(0);
    ck_assert_int_eq(tell(&bl_fst_writer, path, &LONG), 0);
    struct dump all = read_fst(path);
    size_t n = 0;
    ck_assert_uint_gt(d->n, 0);
    while (n < all.n && all.at[n].time <= d->at[d->n - 1].time)
        n++;
    struct dump part = all;
    part.n = n;
    same_dumps(&part, d);
    free_dump(&all);
    unlink(path);
}

static void run_killed(const struct bl_wave_ops *ops, const char *path, unsigned long writes)
{
    int status;
    pid_t pid = fork();

    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        bl_fst_block_bytes(1);         /* every step is a block: three writes each */
        bl_out_kill_after(writes);
        tell(ops, path, &LONG);
        _exit(0);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

/* Killed after any of the first 50 writes, and after 50 later ones. Write 1 is the whole beginning, under another name;
 * then a block, its type, the header. Both readers find every finished block, no more. */
START_TEST(killed)
{
    char *whole = scratch("whole.fst"), *path = scratch("killed.fst"), *tmp = joined(path, ".tmp");
    const struct bl_wave_ops *ops = bl_wave_writer_as("a.fst", _i ? BL_WAVE_ZLIB : 0);
    uint64_t rnd = 99;

    ck_assert_int_eq(tell(ops, whole, &LONG), 0);
    struct dump all = read_ours(whole);
    for (unsigned long i = (unsigned)_i; i < 100; i += (unsigned)fewer(2, 12)) {
        unsigned long writes = i < 50 ? i + 1 : 51 + draw(&rnd) % 290;
        unlink(path);
        run_killed(ops, path, writes);
        if (writes == 1) {
            ck_assert_int_ne(access(path, F_OK), 0);
            unlink(tmp);
            continue;
        }
        struct dump d = read_fst(path), part = all;
        ck_assert_uint_eq(distinct_times(&d), 1 + writes / 3);
        for (part.n = 0; part.n < all.n && all.at[part.n].time <= d.last; part.n++)
            ;
        same_dumps(&part, &d);
        ours_agrees(path, &d);
        free_dump(&d);
    }
    free_dump(&all);
    unlink(whole);
    unlink(path);
}
END_TEST

static void write_file(const char *path, const uint8_t *b, size_t n)
{
    FILE *f = fopen(path, "wb");

    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(b, 1, n, f), n);
    ck_assert_int_eq(fclose(f), 0);
}

/* Killed inside the write of a block: at every byte of it, the blocks before it are read, exactly. fst2vcd is asked at each
 * byte near the block's ends, where its lengths are, and at some in between. */
START_TEST(torn_block)
{
    enum { WRITES = 3 * 5 + 2 };
    char *path = scratch("torn.fst");
    size_t n, at = 330;
    int rc;

    run_killed(&bl_fst_writer, path, WRITES);
    uint8_t *b = file_bytes(path, &n);
    while (b[at] != 255)
        at += 1 + be64(b + at + 1);
    ck_assert_uint_eq(at + 1 + be64(b + at + 1), n);
    struct dump whole = read_fst(path);
    ck_assert_uint_eq(distinct_times(&whole), 1 + 5);
    is_prefix(&whole);
    for (size_t cut = at; cut <= n; cut += cut == n ? 1 : cut + every(5) < n ? every(5) : n - cut) {
        struct bl_wave_source *s = bl_wave_source_bytes("torn", b, cut, quiet());
        ck_assert_msg(s != NULL, "%s", last_message);
        ck_assert_uint_eq(bl_wave_source_head(s)->torn_at, cut > at && cut < n ? at : 0);
        struct dump d = step_all(s, &rc);
        ck_assert_int_eq(rc, 0);
        same_dumps(&whole, &d);
        free_dump(&d);
        if (cut > at && !quick() && (cut < at + 60 || cut > n - 40 || cut % 61 == 0)) {
            write_file(path, b, cut);
            d = read_fst(path);
            same_dumps(&whole, &d);
            free_dump(&d);
        }
    }
    free_dump(&whole);
    free(b);
    unlink(path);
}
END_TEST

/* A file that was closed, cut anywhere (a copy that broke off): every block that is whole is read, nothing else. */
START_TEST(cut_copy)
{
    static const struct trace t = { MIXED, NMIXED, 3, 0, 50, 6, 2, 0 };
    char *path = scratch("cut.fst");
    size_t n;
    int rc;

    bl_fst_block_bytes(1);
    ck_assert_int_eq(tell(&bl_fst_writer, path, &t), 0);
    uint8_t *b = file_bytes(path, &n);
    struct dump all = read_ours(path);
    for (size_t cut = 0; cut < n; cut += every(5)) {
        struct bl_wave_source *s = bl_wave_source_bytes("cut", b, cut, quiet());
        if (!s) {
            ck_assert_msg(strstr(last_message, "cut: ") && (cut < 9 || strstr(last_message, "at byte")), "%s", last_message);
            continue;
        }
        struct dump d = step_all(s, &rc), part = all;
        ck_assert_int_eq(rc, 0);
        for (part.n = 0; part.n < all.n && all.at[part.n].time <= d.last; part.n++)
            ;
        same_dumps(&part, &d);
        free_dump(&d);
    }
    free_dump(&all);
    free(b);
    unlink(path);
}
END_TEST

/* No room after so many bytes: an error that names file and time, and a file that ends there. */
START_TEST(disk_full)
{
    static const rlim_t limits[] = { 100, 20000, 40000, 70000 };
    char *path = scratch("full.fst"), *tmp = joined(path, ".tmp");
    uint64_t safe = 0;

    bl_fst_block_bytes(2000);
    limit_files(limits[_i]);
    int told = tell(&bl_fst_writer, path, &LONG);
    limit_files(0);
    ck_assert_int_eq(told, -1);
    ck_assert_ptr_nonnull(strstr(last_message, path));
    ck_assert_int_ne(access(tmp, F_OK), 0);
    if (_i == 0) {
        ck_assert_ptr_nonnull(strstr(last_message, "nothing of the trace is on disk"));
        ck_assert_int_ne(access(path, F_OK), 0);
        return;
    }
    const char *at = strstr(last_message, "up to ");
    ck_assert_msg(at && sscanf(at, "up to %" SCNu64 " fs", &safe) == 1, "%s", last_message);
    size_t n;
    uint8_t *b = file_bytes(path, &n);
    walk(b, n);
    free(b);
    struct dump d = read_fst(path);
    ck_assert_uint_eq(d.last, safe);
    is_prefix(&d);
    ours_agrees(path, &d);
    free_dump(&d);
    unlink(path);
}
END_TEST

/* ---- refusals ------------------------------------------------------------------------------------ */

START_TEST(refused)
{
    static const struct { struct bl_wave_var v[2]; size_t n; const char *says; } cases[] = {
        { { { .scope = "m", .name = "v", .width = 0 } }, 1, "0 bits" },
        { { { .scope = "m", .name = "v", .width = 4097 } }, 1, "4097 bits" },
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
    tcase_add_loop_test(t, killed, 0, 2);
    tcase_add_test(t, torn_block);
    tcase_add_test(t, cut_copy);
    tcase_add_test(t, windows);
    tcase_add_loop_test(t, live, 0, 2);
    tcase_add_loop_test(t, disk_full, 0, 4);
    tcase_add_loop_test(t, refused, 0, 9);
    tcase_add_loop_test(t, misused, 0, 4);
    suite_add_tcase(s, t);
    return s;
}
