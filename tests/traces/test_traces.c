/* test_traces.c - the writer for a name, how large a trace will be, the walk through scopes, and one trace
 * in two forms. */
#include "tests/rigs/effort.h"
#include "tests/rigs/wave_rig.h"
#include "traces/fst.h"
#include "traces/vars.h"

START_TEST(by_name)
{
    static const struct { const char *path; const struct bl_wave_ops *ops; } cases[] = {
        { "a.vcd", &bl_vcd_writer }, { "a.vcd.gz", &bl_vcd_gz_writer }, { "dir.d/a.b.fst", &bl_fst_writer },
        { "a.gz", NULL }, { "vcd", NULL }, { ".vcd", NULL }, { "d/.fst", NULL }, { "avcd", NULL }, { "", NULL },
        { "a.vcd/b", NULL }, { "a.lxt", NULL }, { "-", &bl_vcd_live_writer },
    };

    ck_assert_ptr_eq(bl_wave_writer(cases[_i].path), cases[_i].ops);
    ck_assert_ptr_eq(bl_wave_writer_as(cases[_i].path, 0), cases[_i].ops);
    for (unsigned options = 1; options < 4; options++) {
        const struct bl_wave_ops *other = bl_wave_writer_as(cases[_i].path, options);
        bool changes = cases[_i].ops == &bl_fst_writer || (cases[_i].ops == &bl_vcd_writer && options & BL_WAVE_LIVE);
        ck_assert_int_eq(other != cases[_i].ops, changes);
        if (other)
            ck_assert_str_eq(other->suffix, cases[_i].ops->suffix);
    }
}
END_TEST

/* Any list of signals, told in blocks of any size, is one trace in FST and in VCD. */
START_TEST(any_list)
{
    enum { MOST = 1500 };
    static const uint32_t widest[] = { 1, 2, 8, 40, 200 };
    static const size_t blocks[] = { 1, 20, 200, 5000, 0 };
    static struct bl_wave_var v[MOST];
    static char name[MOST][12];
    uint64_t rnd = (uint64_t)_i * 7919 + 1;
    uint32_t n = 1 + (uint32_t)(draw(&rnd) % (_i % 3 == 0 ? MOST : _i % 3 == 1 ? 60 : 5));
    uint32_t most = widest[draw(&rnd) % 5];

    for (uint32_t i = 0; i < n; i++) {
        unsigned special = i ? (unsigned)(draw(&rnd) % 20) : 9;
        snprintf(name[i], sizeof name[i], "s%u", (unsigned)i);
        v[i] = (struct bl_wave_var){ .scope = i % 3 ? "a.b" : "a", .name = name[i],
                                     .width = 1 + (uint32_t)(draw(&rnd) % most) };
        if (special < 3)
            v[i].kind = (enum bl_wave_kind[]){ BL_WAVE_EVENT, BL_WAVE_REAL, BL_WAVE_STRING }[special];
        if (special == 3) {
            uint32_t of = (uint32_t)(draw(&rnd) % i);
            v[i].kind = v[of].kind;
            v[i].width = v[of].width;
            v[i].alias = of + 1;
        }
    }
    struct trace t = { v, n, draw(&rnd), draw(&rnd) % 1000, 1 + draw(&rnd) % 100000, 1 + (unsigned)(draw(&rnd) % 60),
                       (unsigned)(draw(&rnd) % 30), draw(&rnd) % 3 };
    bl_fst_block_bytes(blocks[draw(&rnd) % 5]);
    same_in_both(&t);
}
END_TEST

START_TEST(suffixes)
{
    const char *const *s = bl_wave_suffixes();

    for (size_t i = 0; s[i]; i++) {
        char path[40];
        snprintf(path, sizeof path, "x.%s", s[i]);
        ck_assert_ptr_nonnull(bl_wave_writer(path));
        ck_assert_str_eq(bl_wave_writer(path)->suffix, s[i]);
        ck_assert(i == 0 || strlen(s[i]) <= strlen(s[i - 1]));
    }
}
END_TEST

/* The promise of traces.h, within a factor of two, for random bits, counters and small values. */
START_TEST(estimates)
{
    enum { SIGNALS = 50, STEPS = 2000 };
    const struct bl_wave_ops *ops = _i / 2 == 0 ? &bl_fst_writer : _i / 2 == 1 ? &bl_vcd_writer : &bl_vcd_gz_writer;
    struct bl_wave_var v[SIGNALS];
    char name[SIGNALS][8], *path = scratch(ops->suffix);
    struct stat st;
    uint64_t rnd = 5;

    for (int i = 0; i < SIGNALS; i++) {
        snprintf(name[i], sizeof name[i], "s%d", i);
        v[i] = (struct bl_wave_var){ .scope = "m", .name = name[i], .width = 32 };
    }
    struct bl_wave *w = ops->open(path, v, SIGNALS, 0, quiet());
    for (uint64_t s = 0; s < STEPS; s++) {
        ops->time(w, s * 1000);
        for (uint32_t i = 0; i < SIGNALS; i++) {
            uint64_t word = _i % 2 ? draw(&rnd) & UINT32_MAX : UINT32_C(0x80000000) + i * 1000003 + s * (2 * i + 1);
            ops->bits(w, i, &word);
        }
    }
    ck_assert_int_eq(ops->close(w, 0), 0);
    ck_assert_int_eq(stat(path, &st), 0);
    uint64_t guess = bl_wave_estimate(ops, (uint64_t)SIGNALS * STEPS, 32);
    ck_assert_msg(guess <= 2 * (uint64_t)st.st_size + 1000 && (uint64_t)st.st_size <= 2 * guess,
                  "%s: %" PRIu64 " bytes foretold, %ld written", ops->suffix, guess, (long)st.st_size);
    unlink(path);
}
END_TEST

static void up(void *ctx)
{
    strcat(ctx, "^");
}

static void down(void *ctx, const char *name, size_t len)
{
    strcat(ctx, ">");
    strncat(ctx, name, len);
}

START_TEST(scopes)
{
    static const struct { const char *from, *to, *steps; } cases[] = {
        { "", "", "" }, { "", "a", ">a" }, { "a", "", "^" }, { "", "a.b.c", ">a>b>c" }, { "a.b.c", "", "^^^" },
        { "a.b", "a.c", "^>c" }, { "a", "a.b", ">b" }, { "a.b", "a", "^" }, { "ab", "a", "^>a" }, { "a", "ab", "^>ab" },
        { "a.bc", "a.b", "^>b" }, { "x.y.z", "a.b", "^^^>a>b" }, { "t[1].u", "t[10].u", "^^>t[10]>u" },
        { "a.b.c", "a.b.c", "" },
    };
    char steps[100] = "";

    bl_scope_step(cases[_i].from, cases[_i].to, up, down, steps);
    ck_assert_str_eq(steps, cases[_i].steps);
}
END_TEST

START_TEST(escapes)
{
    char to[100];
    size_t n = bl_text_escape(to, "a b\n\"\\\0\xff", 8);

    to[n] = 0;
    ck_assert_str_eq(to, "a\\040b\\n\\\"\\\\\\000\\377");
}
END_TEST

static void usual_blocks(void) { bl_fst_block_bytes(0); }

Suite *suite_traces(void);
Suite *suite_traces(void)
{
    Suite *s = suite_create("traces");
    TCase *t = tcase_create("traces");

    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, by_name, 0, 12);
    tcase_add_loop_test(t, any_list, 0, fewer(45, 12));
    tcase_add_test(t, suffixes);
    tcase_add_loop_test(t, estimates, 0, 6);
    tcase_add_loop_test(t, scopes, 0, 14);
    tcase_add_test(t, escapes);
    tcase_add_checked_fixture(t, usual_blocks, NULL);
    suite_add_tcase(s, t);
    return s;
}
