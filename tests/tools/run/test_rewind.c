/* test_rewind.c - snapshots in files (snapshot_file.c) and in rings (rewind.c): a run that was saved, restored and ended is the run that was never
 * saved; what does not fit is refused; traces after the fact are the traces of the run. */
#include "tests/rigs/effort.h"
#include "tests/rigs/command_rig.h"
#include "tools/run/rewind.h"
#include "tools/run/snapshot_file.h"

#include <string.h>

#define SMALL \
    "platform: small\nclocks: { core: 2 ns, slow: 7 ns }\nparts:\n  gen: { class: gen, clock: core, limit: 40 }\n" \
    "  out: { class: sink, clock: slow, every: 3, stop: 40 }\nwires:\n  - gen.x -> out.x depth 4 sync 1\n"

static const char *small(char *path)
{
    FILE *f = fopen(scratch("small.yaml", path), "w");

    ck_assert(f && fputs(SMALL, f) >= 0 && fclose(f) == 0);
    return path;
}

/* ---- the same run */

static const struct { const char *name, *platform, *at, *until, *more[8]; } runs[] = {
    { "demo", "osa_hcim", "200 us", "206 us", { "--images", "3", "--power-window", "60 ns" } },
    { "image_border", "osa_hcim", "109464 ns", "113 us", { "--images", "2" } },
    { "start", "osa_hcim", "0 s", "4 us", { "--images", "1" } },
    { "digital", "osa_hcim", "150001 ps", "5 us", { "--images", "1", "--set", "controller.mode=digital" } },
    { "noise", "osa_hcim", "70 us", "73 us", { "--images", "1", "--set", "adc.noise=0.5", "--seed", "9" } },
    { "dump", "osa_hcim", "100 us", "103 us", { "--images", "2", "--first", "4", "--shuffle", "3" } },
    { "awake", "osa_hcim", "50 us", "52 us", { "--images", "1", "--no-nap", "--calibration", "none" } },
    { "made_up", "osa_hcim", "1 us", "4 us", { "--images", "1", "--net", "mlperftiny_ad_autoenc" } },
    { "imagine", "imagine", "3 ms", "3100 us", { "--images", "2" } },
    { "imagine_in_a_cycle", "imagine", "1100123 ps", "30 us", { "--images", "1", "--no-nap" } },
    { "imagine_noise", "imagine", "700100 ns", "750 us", { "--images", "1", "--set", "dsci_adc.noise=0.0002", "--shuffle", "5" } },
    { "clusters", "bf_imna", "6 us", "20 us", { "--images", "1", "--shuffle", "5", "--set", "chip.workers=2" } },
    { "clusters_micro", "bf_imna", "2 us", "2100 ns", { "--images", "1", "--set", "chip.fidelity=micro", "--no-nap" } },
    { "routers", "bf_imna_mesh", "10 us", "10200 ns", { NULL } },
    { "parts", NULL, "333 ns", "600 ns", { NULL } },
    { "between_edges", NULL, "334567 ps", "700 ns", { NULL } },
};

/* Runs it and more words, ended by NULL, traced to TRACE.{fst,vcd} and reported to TRACE.json. */
static void one(int i, const char *platform, const char *trace, const char *const *more)
{
    const char *words[MOST_WORDS + 1] = { "run", platform, "-q", "--until", runs[i].until, "--report", "json" };
    char name[64], json[NAME], fst[NAME], vcd[NAME];
    struct heard h;
    int n = 7;

    for (int k = 0; k < 8 && runs[i].more[k]; k++)
        words[n++] = runs[i].more[k];
    while (*more)
        words[n++] = *more++;
    snprintf(name, sizeof name, "%s.json", trace);
    words[n++] = "-o";
    words[n++] = scratch(name, json);
    snprintf(name, sizeof name, "%s.fst", trace);
    words[n++] = "--trace";
    words[n++] = scratch(name, fst);
    snprintf(name, sizeof name, "%s.vcd", trace);
    words[n++] = "--trace";
    words[n++] = scratch(name, vcd);
    ck_assert_int_lt(n, MOST_WORDS);
    ck_assert_msg(program_of(&h, NULL, words) != BL_REFUSED, "%s: %s", runs[i].name, h.text);
}

static void ck_same_bytes(const char *a, const char *b)
{
    char x[NAME], y[NAME];
    struct heard h;
    size_t n, m;
    unsigned char *p = bl_read_all(scratch(a, x), &n, heard_start(&h)), *q = bl_read_all(scratch(b, y), &m, &h.diag);

    ck_assert_msg(p && q, "%s", h.text);
    ck_assert_msg(n == m && !memcmp(p, q, n), "%s and %s differ", x, y);
    free(p);
    free(q);
}

START_TEST(saved_and_restored_is_the_same_run)
{
    char snap[NAME], again[NAME], yaml[NAME], window[128], early[128];
    const char *platform = runs[_i].platform ? runs[_i].platform : small(yaml);

    snprintf(window, sizeof window, "%s:%s", runs[_i].at, runs[_i].until);
    snprintf(early, sizeof early, "0 ns:%s", runs[_i].until);
    scratch("s.snap", snap);
    scratch("s2.snap", again);
    one(_i, platform, "whole", (const char *const[]){ "--window", window, NULL });
    one(_i, platform, "saving", (const char *const[]){ "--window", window, "--save-at", runs[_i].at, snap, NULL });
    one(_i, platform, "saving2", (const char *const[]){ "--save-at", runs[_i].at, again, NULL });
    one(_i, platform, "rest", (const char *const[]){ "--restore", snap, NULL });      /* traced from there to --until */
    one(_i, platform, "rest2", (const char *const[]){ "--restore", snap, "--window", window, NULL });
    one(_i, platform, "rest3", (const char *const[]){ "--restore", snap, "--window", early, NULL });  /* what was before is not known */
    ck_same_bytes("s.snap", "s2.snap");
    ck_same_bytes("whole.json", "saving.json");
    ck_same_bytes("whole.json", "rest.json");
    ck_same_bytes("whole.json", "rest2.json");
    ck_same_bytes("whole.vcd", "saving.vcd");
    ck_same_bytes("whole.vcd", "rest.vcd");
    ck_same_bytes("whole.vcd", "rest2.vcd");
    ck_same_bytes("whole.fst", "rest.fst");
    ck_same_bytes("whole.fst", "rest2.fst");
    ck_same_bytes("whole.vcd", "rest3.vcd");
    ck_same_bytes("whole.fst", "rest3.fst");
}
END_TEST

/* To its own end, with a dump of a layer that ran before; and what is saved later of a restored run is the same too. */
static const struct { const char *platform, *first, *second; } ends[] = {
    { "osa_hcim", "120 us", "200 us" }, { "imagine", "3 ms", "20 ms" },       /* the second: in the second image */
};

START_TEST(to_the_end)
{
    const char *platform = ends[_i].platform, *first = ends[_i].first, *second = ends[_i].second;
    char a[NAME], b[NAME], c[NAME], s[NAME], u[NAME], v[NAME];
    struct heard h;

    program(&h, NULL, "run", platform, "-q", "--images", "2", "--dump", "conv2", "--report", "json", "-o", scratch("a.json", a),
            "--save-at", first, scratch("s.snap", s), "--save-at", second, scratch("u.snap", u), NULL);
    ck_assert_int_eq(program(&h, NULL, "run", platform, "-q", "--images", "2", "--dump", "conv2", "--report", "json", "-o",
                             scratch("b.json", b), "--restore", s, "--save-at", second, scratch("v.snap", v), NULL), BL_DONE);
    ck_assert_int_eq(program(&h, NULL, "run", platform, "-q", "--images", "2", "--dump", "conv2", "--report", "json", "-o",
                             scratch("c.json", c), "--restore", v, NULL), BL_DONE);
    ck_same_bytes("a.json", "b.json");
    ck_same_bytes("a.json", "c.json");
    ck_same_bytes("u.snap", "v.snap");
}
END_TEST

/* Three processes, each with its memory elsewhere. */
START_TEST(processes_of_their_own)
{
    const char *bitline = getenv("BITLINE");
    char a[NAME], b[NAME], s[NAME], line[8 * NAME];

    if (!bitline) {
        SKIP_MISSING("processes_of_their_own", "$BITLINE, which make check sets, is not set");
        return;
    }
    snprintf(line, sizeof line, "b='%s run osa_hcim -q --images 1 --report json -o'; $b %s >/dev/null && $b %s.2 --save-at '77 us' %s >/dev/null && "
             "$b %s --restore %s >/dev/null", bitline, scratch("pa.json", a), a, scratch("p.snap", s), scratch("pb.json", b), s);
    ck_assert_int_eq(system(line), 0);
    ck_same_bytes("pa.json", "pb.json");
}
END_TEST

/* ---- what is refused */

struct rig { struct heard h; struct bl_setup *u; };

static void rig_open(struct rig *r, const char *platform)
{
    r->u = bl_setup_open(&(struct bl_setup_opts){ .platform = platform }, heard_start(&r->h));
    ck_assert_msg(r->u != NULL, "%s", r->h.text);
}

static void overwrite(const char *path, const void *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");

    ck_assert(f && fwrite(bytes, 1, n, f) == n && fclose(f) == 0);
}

/* Every byte of a file flipped, and every length but the right one: refused, and the state is as it was. */
START_TEST(flipped_or_cut)
{
    char path[NAME], yaml[NAME], text[NAME];
    struct rig r;
    uint64_t at = 0;
    size_t n;

    rig_open(&r, small(yaml));
    bl_run(r.u->sim, 333 * UINT64_C(1000000));
    ck_assert_int_eq(bl_snapshot_write(r.u, 333 * UINT64_C(1000000), scratch("f.snap", path)), 0);
    unsigned char *file = bl_read_all(path, &n, &r.h.diag), *before = malloc(bl_save_bytes(r.u->sim)), *after = malloc(bl_save_bytes(r.u->sim));
    ck_assert(file && before && after);
    ck_assert_uint_lt(n, 3000);
    bl_run(r.u->sim, 500 * UINT64_C(1000000));
    bl_save(r.u->sim, before, bl_save_bytes(r.u->sim));
    scratch("bad.snap", text);
    for (size_t k = 0; k < 2 * n; k += every(7)) {
        if (k < n)
            file[k] ^= (unsigned char)(1u << k % 8);
        overwrite(text, file, k < n ? n : k - n);
        if (k < n)
            file[k] ^= (unsigned char)(1u << k % 8);
        heard_start(&r.h);
        if (bl_snapshot_read(r.u, text, &at) != -1 || (!strstr(r.h.text, "is damaged") && !strstr(r.h.text, "is no snapshot") &&
                                                        !strstr(r.h.text, "is empty")))
            ck_abort_msg("byte %zu of %zu: '%s'", k % n, n, r.h.text);
        bl_save(r.u->sim, after, bl_save_bytes(r.u->sim));
        if (memcmp(before, after, bl_save_bytes(r.u->sim)))
            ck_abort_msg("byte %zu: the state was changed", k);
    }
    file = realloc(file, n + 1);
    file[n] = 0;
    overwrite(text, file, n + 1);
    ck_assert_int_eq(bl_snapshot_read(r.u, text, &at), -1);
    ck_assert_int_eq(bl_snapshot_read(r.u, path, &at), 0);
    ck_assert_uint_eq(at, 333 * UINT64_C(1000000));
    ck_assert_uint_eq(bl_now(r.u->sim), at);
    free(file);
    free(before);
    free(after);
    bl_setup_close(r.u);
}
END_TEST

static const struct { const char *words[5], *says; } others[] = {
    { { "--images", "2", "--seed", "2" }, ": is of another run: there 'seed 1', here 'seed 2'" },
    { { "--images", "3" }, ": is of another run: there 'job 0+2 of " },
    { { "--images", "2", "--first", "1" }, "here 'job 1+2 of platforms/nets/fashion100-images.idx3'" },
    { { "--images", "2", "--calibration", "none" }, "here 'seed 1'" },
    { { "--images", "1", "--net", "lenet5_mnist", }, "there 'net 14830b7b platforms/nets/fashion_cnn.onnx', here 'net " },
    { { "--images", "2", "--set", "adc.rho=3" }, "is of another platform: its parts, parameters, wiring, prices, seed or options differ" },
    { { "--images", "2", "--set", "voltage=0.7V" }, "is of another platform" },
    { { "--images", "2", "--set", "clock.core=12ns" }, "is of another platform" },
    { { "--images", "2", "--shuffle", "4" }, "give --set, --shuffle and --no-nap as it was saved" },
    { { "--images", "2", "--no-nap" }, "is of another platform" },
    { { "--images", "2", "--dump", "conv1" }, "is of another job: its net, images, mapping, --dump or --no-path differ" },
    { { "--images", "2", "--until", "5 us" }, "--until 5 us: the snapshot is of 10 us; expected a later time" },
    { { "--images", "2", "--save-at", "5 us", "out.snap" }, "--save-at '5 us': the run begins at " },
};

START_TEST(other_runs)
{
    char s[NAME];
    struct heard h;
    const char *const *w = others[_i].words;

    ck_assert_int_ne(program(&h, NULL, "run", "osa_hcim", "-q", "--images", "2", "--save-at", "10 us", scratch("o.snap", s), NULL), BL_REFUSED);
    ck_assert_int_eq(program(&h, NULL, "run", "osa_hcim", "-q", "--restore", s, w[0], w[1], w[2], w[3], w[4], NULL), BL_REFUSED);
    ck_assert_msg(strstr(h.text, others[_i].says) != NULL, "%s", h.text);
}
END_TEST

/* Names, times and files that cannot be. */
START_TEST(bad_words)
{
    char yaml[NAME], s[NAME], text[NAME], none[NAME];
    struct heard h;

    small(yaml);
    scratch("w.snap", s);
    overwrite(scratch("w.txt", text), "hello\n", 6);
    const struct { const char *words[7], *says; } row[] = {
        { { "--restore", text }, "is no snapshot; expected a file that `bitline run --save-at` wrote" },
        { { "--restore", scratch("none", none) }, "No such file" },
        { { "--save-at", "5", s }, "has no unit" },
        { { "--save-at", "1 us", "nowhere/x" }, "make the folder first" },
        { { "--save-at", "1 us", s, "--until", "500 ns" }, "the run ends at 500 ns (--until)" },
        { { "--save-at", "1 us", s, "--save-at", "2 us", s }, "is named twice" },
        { { "--save-at", "1 s", s }, "the run ended before" },
        { { "--trace-around", "gen.x" }, "expected PATH.NAME OP VALUE" },
        { { "--trace-around", "gen.y == 3" }, "there is no signal 'gen.y'" },
        { { "--trace-around", "end", "--around-file", "x.txt" }, "its form is not known" },
        { { "--trace-around", "end", "--around", "0" }, "expected at least one cycle" },
        { { "--around", "9" }, "of which event?" },
        { { "--rewind=1 ns/1" }, "at least 2 of them" },
        { { "--rewind=0 ns/4" }, "not 0 apart" },
        { { "--rewind=4" }, "has no unit" },
        { { "--rewind=7 kB" }, "expected room for at least 2" },
    };
    for (int i = 0; i < COUNT(row); i++) {
        const char *const *w = row[i].words;
        ck_assert_msg(program(&h, NULL, "run", yaml, "-q", w[0], w[1], w[2], w[3], w[4], w[5], w[6], NULL) == BL_REFUSED, "%s %s", w[0], w[1]);
        ck_assert_msg(strstr(h.text, row[i].says) != NULL, "'%s' is not in: %s", row[i].says, h.text);
    }
}
END_TEST

/* ---- after the fact */

/* The trace around the end is, to the byte, the one of that window of the run; the report is the same as without. */
START_TEST(around_the_end)
{
    static const struct { const char *platform, *from, *around, *ring; } row[] = {
        { "osa_hcim", "107664 ns:", "300", "--rewind" }, { "osa_hcim", "107664 ns:", "1800 ns", "--rewind=50 us/3" },
        { "osa_hcim", "107664 ns:", "300", "--rewind=300 kB" }, { NULL, ":", "10 us", "--rewind=10 ns/1000" },
        { NULL, ":", "1000", "--rewind" },
    };
    char yaml[NAME], a[NAME], b[NAME], whole[NAME], part[NAME];
    const char *platform = row[_i].platform ? row[_i].platform : small(yaml);
    const char *images = row[_i].platform ? "--images=1" : "--seed=1";
    struct heard h;

    program(&h, NULL, "run", platform, "-q", images, "--report", "json", "-o", scratch("a.json", a), "--trace", scratch("whole.vcd", whole),
            "--window", row[_i].from, NULL);
    ck_assert_int_ne(program(&h, NULL, "run", platform, "-q", images, "--report", "json", "-o", scratch("b.json", b), row[_i].ring,
                             "--trace-around", "end", "--around", row[_i].around, "--around-file", scratch("part.vcd", part), NULL), BL_REFUSED);
    ck_assert_msg(strstr(h.text, "where the run ended; run again from the snapshot of ") && strstr(h.text, "is the same to the last bit"), "%s",
                  h.text);
    ck_same_bytes("a.json", "b.json");
    ck_same_bytes("whole.vcd", "part.vcd");
}
END_TEST

/* A ring of four, 100 ns apart and more (between edges there is nothing to take): 498, 595, 693 and 798 ns when the run ends at 833 ns.
 * The latest that is not after the begin of the trace is taken. */
START_TEST(which_snapshot)
{
    static const struct { const char *around, *begin, *of; bool short_ring; } row[] = {
        { "20 ns", "813 ns", "798 ns", false }, { "35 ns", "798 ns", "798 ns", false }, { "36 ns", "797 ns", "693 ns", false },
        { "140 ns", "693 ns", "693 ns", false }, { "141 ns", "692 ns", "595 ns", false }, { "335 ns", "498 ns", "498 ns", false },
        { "336 ns", "498 ns", "498 ns", true }, { "833 ns", "498 ns", "498 ns", true }, { "2 us", "498 ns", "498 ns", true } };
    char yaml[NAME], part[NAME], want[2 * NAME];
    struct heard h;

    small(yaml);
    for (int i = 0; i < COUNT(row); i++) {
        ck_assert_int_eq(program(&h, NULL, "run", yaml, "-q", "--rewind=100 ns/4", "--trace-around", "end", "--around", row[i].around, "--around-file",
                                 scratch("which.vcd", part), NULL), BL_DONE);
        snprintf(want, sizeof want, "which.vcd: %s to 833 ns, where the run ended; run again from the snapshot of %s, and", row[i].begin, row[i].of);
        ck_assert_msg(strstr(h.text, want) != NULL, "--around '%s': %s", row[i].around, h.text);
        ck_assert_msg(!strstr(h.text, "the ring does not reach back") == !row[i].short_ring, "--around '%s': %s", row[i].around, h.text);
    }
}
END_TEST

/* A restored run may end where it begins. */
START_TEST(until_the_snapshot)
{
    char yaml[NAME], s[NAME], a[NAME], b[NAME];
    struct heard h;

    small(yaml);
    ck_assert_int_eq(program(&h, NULL, "run", yaml, "-q", "--until", "333 ns", "--save-at", "333 ns", scratch("u.snap", s), "--report", "json", "-o",
                             scratch("a.json", a), NULL), BL_DONE);
    ck_assert_int_eq(program(&h, NULL, "run", yaml, "-q", "--until", "333 ns", "--restore", s, "--report", "json", "-o", scratch("b.json", b), NULL),
                     BL_DONE);
    ck_same_bytes("a.json", "b.json");
    ck_assert_int_eq(program(&h, NULL, "run", yaml, "-q", "--until", "332 ns", "--restore", s, NULL), BL_REFUSED);
    ck_assert_msg(strstr(h.text, "--until 332 ns: the snapshot is of 333 ns; expected a later time") != NULL, "%s", h.text);
    ck_assert_int_eq(program(&h, NULL, "run", yaml, "-q", "--until", "332 ns", "--save-at", "333 ns", s, NULL), BL_REFUSED);
}
END_TEST

/* Around a condition: the same up to that time; the run goes on, with a trace of its own, as if nothing had been. */
START_TEST(around_a_condition)
{
    char yaml[NAME], a[NAME], b[NAME], whole[NAME], same[NAME], part[NAME];
    struct heard h;

    small(yaml);
    ck_assert_int_eq(program(&h, NULL, "run", yaml, "-q", "--report", "json", "-o", scratch("a.json", a), "--trace", scratch("whole.vcd", whole), NULL),
                     BL_DONE);
    ck_assert_int_eq(program(&h, NULL, "run", yaml, "-q", "--report", "json", "-o", scratch("b.json", b), "--trace", scratch("same.vcd", same),
                             "--trace-around", "out.taken == 20", "--around", "1 ms", "--around-file", scratch("part.vcd", part), NULL), BL_DONE);
    ck_same_bytes("a.json", "b.json");
    ck_same_bytes("whole.vcd", "same.vcd");
    char *x = content(whole), *y = content(part), *end = strrchr(y, '#');
    ck_assert(end && strlen(y) < strlen(x) && strlen(y) > 1000);
    ck_assert_msg(!strncmp(x, y, (size_t)(end - y)), "the traces differ");
    free(x);
    free(y);
    ck_assert_int_eq(program(&h, NULL, "run", yaml, "-q", "--trace-around", "out.taken == 41", "--around-file", part, NULL), BL_DONE);
    ck_assert_msg(strstr(h.text, "it never came, so nothing is traced") != NULL, "%s", h.text);
    ck_assert_int_eq(program(&h, NULL, "run", yaml, "-q", "--trace-around", "assertion", "--around-file", part, NULL), BL_DONE);
    ck_assert_msg(strstr(h.text, "none failed") != NULL, "%s", h.text);
}
END_TEST

/* What fails is traced by --rewind alone. Here a clock goes over the end of time. */
START_TEST(around_a_failure)
{
    char yaml[NAME], part[NAME];
    struct heard h;
    FILE *f = fopen(scratch("late.yaml", yaml), "w");

    ck_assert(f && fputs("platform: late\nclocks: { c: 4000 s }\nparts:\n  gen: { class: gen, clock: c }\n  out: { class: sink, clock: c, stop: 99 }\n"
                         "wires:\n  - gen.x -> out.x depth 2\n", f) >= 0 && fclose(f) == 0);
    ck_assert_int_eq(program(&h, NULL, "run", yaml, "-q", "--rewind=1 s/4", "--around", "2", "--around-file", scratch("late.vcd", part), NULL), BL_WRONG);
    ck_assert_msg(strstr(h.text, "clock c: its next edge is beyond the end of time") != NULL, "%s", h.text);
    ck_assert_msg(strstr(h.text, "8000 s to 16000 s, where the run failed; run again from the snapshot of ") != NULL, "%s", h.text);
    ck_assert_ptr_eq(strstr(strstr(h.text, "beyond the end of time") + 1, "beyond the end of time"), NULL);     /* said once */
    char *x = content(part);
    ck_assert_ptr_nonnull(strstr(x, "#16000000000000000000\n"));
    free(x);
}
END_TEST

/* A ring that is too short says where its trace begins. */
START_TEST(a_ring_that_is_too_short)
{
    char yaml[NAME], part[NAME];
    struct heard h;

    ck_assert_int_eq(program(&h, NULL, "run", small(yaml), "-q", "--rewind=10 ns/2", "--trace-around", "end", "--around", "100", "--around-file",
                             scratch("short.fst", part), NULL), BL_DONE);
    ck_assert_msg(strstr(h.text, "the ring does not reach back to ") && strstr(h.text, "the same to the last bit"), "%s", h.text);
}
END_TEST

Suite *suite_rewind(void);
Suite *suite_rewind(void)
{
    Suite *s = suite_create("rewind");
    TCase *c = tcase_create("rewind");

    tcase_add_loop_test(c, saved_and_restored_is_the_same_run, 0, COUNT(runs));
    tcase_add_loop_test(c, to_the_end, 0, COUNT(ends));
    tcase_add_test(c, processes_of_their_own);
    tcase_add_test(c, flipped_or_cut);
    tcase_add_loop_test(c, other_runs, 0, COUNT(others));
    tcase_add_test(c, bad_words);
    tcase_add_loop_test(c, around_the_end, 0, 5);
    tcase_add_test(c, which_snapshot);
    tcase_add_test(c, until_the_snapshot);
    tcase_add_test(c, around_a_condition);
    tcase_add_test(c, around_a_failure);
    tcase_add_test(c, a_ring_that_is_too_short);
    suite_add_tcase(s, c);
    return s;
}
