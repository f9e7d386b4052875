/* test_used_bad.c - what is refused about files that are used: use.c, ports.c, overrides.c. Each message with the chain of use, innermost
 * place first, and all of a file at once. */
#include "platforms/file/load.h"
#include "tests/rigs/effort.h"
#include "tests/rigs/heard.h"
#include "tests/rigs/small_parts.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* ---- three files, top.yaml, mid.yaml, low.yaml, of which each case gives what differs */

static const char LOW[] = "platform: low\nparams: { every: 1, n: 2 }\nclocks: { core: 5 ns }\nparts:\n  s: { class: src, every: $every, count: $n }\n"
                          "  t: { class: snk }\n  p: { class: put }\nports:\n  x: s[*].x\n  in: t.x\n  word: p.q\n";
static const char MID[] = "platform: mid\nparams: { cols: 1 }\nclocks: { core: 5 ns }\nparts:\n  low: { use: low.yaml, every: $cols }\n  k: { class: snk, count: 2 }\n"
                          "ports: { in: low.in, word: low.word }\nwires: [ 'low.x[*] -> k[*].x depth 2' ]\n";
static const char TOP[] = "platform: top\nparams: { width: 1 }\nclocks: { core: 5 ns, other: 3 ns }\nparts:\n  mid: { use: mid.yaml, count: 2, clock: core, cols: $width }\n"
                          "  one: { class: src, clock: core, count: 2 }\n  get: { class: get, clock: core, count: 2 }\nwires:\n  - one[*].x -> mid[*].in depth 2\n"
                          "  - mid[*].word -> get[*].d\n";

static char folder[256];
static struct heard h;

/* The text with one piece of it replaced; "" stays as it is. */
static void put(const char *name, const char *text, const char *from, const char *to)
{
    char path[300];
    const char *at = from ? strstr(text, from) : NULL;

    ck_assert_msg(!from || at, "%s has no '%s'", name, from);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    if (at)
        fprintf(f, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    else
        fputs(text, f);
    ck_assert_int_eq(fclose(f), 0);
}

/* What is heard, with the folder taken out. */
static const char *told(void)
{
    size_t n = strlen(folder) + 1;

    for (char *s = h.text; (s = strstr(s, folder)); )
        memmove(s, s + n, strlen(s + n) + 1);
    return h.text;
}

/* Was the platform refused by somebody? */
static bool is_refused(const char *set)
{
    char path[300];
    struct bl_set_opt sets[] = { { set } };

    snprintf(path, sizeof path, "%s/top.yaml", folder);
    struct bl_platform *p = bl_platform_load(path, sets, set != NULL, heard_start(&h));
    struct bl_sim *s = bl_open(small_classes, &h.diag);
    bool bad = !p || bl_platform_apply(p, s) < 0 || bl_elaborate(s) < 0 || bl_expect_resolve(p, s, &h.diag) < 0;
    bl_close(s);
    bl_platform_free(p);
    return bad;
}

static void write_all(const char *file, const char *from, const char *to)
{
    snprintf(folder, sizeof folder, "%s", getenv("BL_TMP"));
    put("low.yaml", LOW, strcmp(file, "low") ? NULL : from, to);
    put("mid.yaml", MID, strcmp(file, "mid") ? NULL : from, to);
    put("top.yaml", TOP, strcmp(file, "top") ? NULL : from, to);
}

START_TEST(as_they_are_they_run)
{
    write_all("", NULL, NULL);
    ck_assert_msg(!is_refused(NULL) && !is_refused("mid[1].low.n=2") && !is_refused("width=4"), "%s", told());
}
END_TEST

#define IN_LOW ", used as low at mid.yaml:5:3, used as mid[0] at top.yaml:5:3: "
#define IN_MID ", used as mid[0] at top.yaml:5:3: "

static const struct { const char *file, *from, *to, *told; } refused[] = {
    /* a name that is not known, in each depth */
    { "low", "every: $every", "every: $evry", "low.yaml:5:27" IN_LOW "'$evry' is not known; did you mean '$every'?" },
    { "mid", "every: $cols", "every: $colls", "mid.yaml:5:32" IN_MID "'$colls' is not known; did you mean '$cols'?" },
    { "low", "parts:\n", "banks: 3\nparts:\n", "low.yaml:4:1" IN_LOW "a platform file has no 'banks'; expected one of platform, about, params, clocks, tech, voltage, "
      "mapper, array, modules, ports, parts, wires, expect, sources" },
    { "low", "n: 2", "n: 2, banks: 3", "low.yaml:2:27" IN_LOW "params: 'banks' is used nowhere" },
    { "mid", "every:", "evry:", "mid.yaml:5:25" IN_MID "low.yaml has no parameter 'evry'; did you mean 'every'?" },
    { "top", "cols:", "col:", "top.yaml:5:48: mid.yaml has no parameter 'col'; did you mean 'cols'?" },
    { "top", "cols: $width", "cols: [$width, 2], banks: 4", "top.yaml:5:67: mid.yaml has no parameter 'banks'; its parameters are cols" },
    /* circles */
    { "low", "class: put", "use: top.yaml", "low.yaml:7:13" IN_LOW "use of top.yaml leads back to it: top.yaml -> mid.yaml -> low.yaml -> top.yaml" },
    { "low", "class: put", "use: mid.yaml", "low.yaml:7:13" IN_LOW "use of mid.yaml leads back to it: mid.yaml -> low.yaml -> mid.yaml" },
    { "low", "class: put", "use: ./low", "low.yaml:7:13" IN_LOW "use of low.yaml leads back to it: low.yaml -> low.yaml" },
    /* ports that are not shown, or not there, or not so many */
    { "mid", "k[*].x depth 2'", "k[*].x depth 2', 'low.s[0].x -> k[0].x depth 2', 'low.p.q -> k.x'", "mid.yaml:8:45" IN_MID "low has no port 's'; its file exports x, in, word\n"
      "mid.yaml:8:77" IN_MID "low has no port 'p'; its file exports x, in, word\nmid.yaml:8:85" IN_MID "'k' has 2 parts; write 'k[*]' for all, or 'k[0]'" },
    { "top", "mid[*].word ->", "mid[*].wort ->", "top.yaml:10:12: mid has no port 'wort'; did you mean 'word'? Its file exports in, word" },
    { "low", "word: p.q", "word: p.qq", "low.yaml:11:9" IN_LOW "mid[0].low.p: class put has no port 'qq'; did you mean 'q'?\n"
      "low.yaml:11:9, used as low at mid.yaml:5:3, used as mid[1] at top.yaml:5:3: mid[1].low.p: class put has no port 'qq'; did you mean 'q'?" },
    { "low", "s[*].x", "[ 's[0].x', 's[2].x', u.x ]", "low.yaml:9:21" IN_LOW "'s' has the parts 0 to 1; 2 is none of them\n"
      "low.yaml:9:28" IN_LOW "no part is called 'u'; expected one declared under 'parts'" },
    { "mid", "low.x[*] -> k[*].x depth 2", "low.x -> k[*].x depth 2', 'low.x[0..2] -> k[*].x depth 2', 'low.in[1] -> k[0].x depth 2",
      "mid.yaml:8:16" IN_MID "x of low is an array of ports; write 'x[*]' for all, or 'x[0]'\n"
      "mid.yaml:8:42" IN_MID "'x' has the ports 0 to 1; 2 is none of them\nmid.yaml:8:75" IN_MID "in of low is a single port; write it without brackets" },
    { "low", "n: 2", "n: 3", "mid.yaml:8:23" IN_MID "low has 3 ports 'x', k 2 ports 'x'; expected as many on both sides" },
    { "low", "in: t.x", "in: t.x\n  u: { a: 1 }\n  v: []\n  9w: p.q", "low.yaml:11:6" IN_LOW "port 'u' is a map; expected 'PART.PORT' or a list of them\n"
      "low.yaml:12:6" IN_LOW "port 'v' is an empty list; expected 'PART.PORT' or a list of them\nlow.yaml:13:3" IN_LOW "'9w' is no name for a port; expected letters, "
      "digits and '_'" },
    /* two drivers through use, a port that is needed */
    { "mid", "word: low.word }\nwires: [", "word: low.word }\nwires: [ 'k2.x -> low.in depth 1',", "mid.yaml:8:10" IN_MID "no part is called 'k2'; did you mean 'k'?" },
    { "top", "one[*].x -> mid[*].in depth 2", "one[0].x -> mid[0].in depth 2\n  - one[1].x -> mid[0].in depth 2", "top.yaml:10:5: mid[0].in has two drivers, one[0].x "
      "(top.yaml:9:5) and one[1].x; a port takes one wire\nlow.yaml:6:15, used as low at mid.yaml:5:3, used as mid[1] at top.yaml:5:3: mid[1].low.t.x is a pop end and "
      "nothing is wired to it (items)" },
    { "mid", "depth 2' ]", "depth 2', 'low.x[0] -> k[1].x depth 1' ]", "mid.yaml:8:40" IN_MID "mid[0].low.x[0] feeds two channels, to mid[0].k[0].x and to mid[0].k[1].x; a push end takes one "
      "wire\nmid.yaml:8:40, used as mid[1] at top.yaml:5:3: mid[1].low.x[0] feeds two channels, to mid[1].k[0].x and to mid[1].k[1].x; a push end takes one wire" },
    /* elements that are not there, in lines of one file that was refused already */
    { "top", "wires:", "ports: { a: 'mid[0].in', b: 'mid[2].word' }\nwires:\n  - mid[0].word -> mid[2].in\n  - mid[0..7].word -> get[0].d", "top.yaml:8:34: 'mid' has the parts 0 to 1; 2 is none of them" },
    { "top", "count: 2, clock: core, cols", "count: $nn, clock: core, cols", "top.yaml:5:32: '$nn' is not known; expected '$index', or a name declared under 'params'" },
    { "top", "mid[*].in depth 2", "mid[9].in depth 2\n  - mid[7].word -> get[$nn].d", "top.yaml:10:24: '$nn' is not known; expected '$index', or a name declared under 'params'" },
    /* clocks */
    { "top", ", clock: core, cols", ", cols", NULL },
    { "top", "count: 2, clock: core, cols", "count: 2, clocks: { core: oter, side: core }, cols", "top.yaml:5:51: no clock is called 'oter'; did you mean 'other'?\n"
      "top.yaml:5:57: mid.yaml has no clock 'side'; expected one of its own in front of ':'" },
    { "top", "core: 5 ns, other", "main: 5 ns, other", "top.yaml:6:29: no clock is called 'core'; declare it under 'clocks'\n"
      "top.yaml:7:29: no clock is called 'core'; declare it under 'clocks'\ntop.yaml:5:42: no clock is called 'core'; declare it under 'clocks'" },
    { "mid", "clocks: { core: 5 ns }", "clocks: { main: 5 ns }", "mid.yaml:5:3" IN_MID "clock 'core' of low.yaml is bound to nothing; add 'clock: NAME'" },
    { "mid", "clocks: { core: 5 ns }", "clocks: { core: 5 ns, side: 2 ns }", "top.yaml:5:42: mid.yaml has 2 clocks; expected 'clocks: { ITS: OURS, .. }'" },
    { "low", "clocks: { core: 5 ns }", "clocks: { core: 5 ns, side: 2 ns }", "mid.yaml:5:3" IN_MID "clock 'side' of low.yaml is bound to nothing; add 'clocks: { side: NAME }'" },
    { "mid", "every: $cols", "every: $cols, clock: core, clocks: { core: core }", "mid.yaml:5:52" IN_MID "'clock' and 'clocks' exclude each other; expected 'clocks: { ITS: OURS }' alone" },
    /* rows */
    { "mid", "use: low.yaml", "use: low.yaml, class: src", "mid.yaml:5:25" IN_MID "part 'low' has a class and uses a file; expected one of them" },
    { "mid", "use: low.yaml", "use: lwo.yaml", NULL },
    { "mid", "every: $cols", "every: $cols, expect: maybe", "mid.yaml:5:47" IN_MID "'expect' is 'maybe'; expected true, or false to leave out what that file expects" },
    { "mid", "every: $cols", "every: $index", "mid.yaml:2:11" IN_MID "params: 'cols' is used nowhere\nmid.yaml:5:32" IN_MID "parameter 'every' is '$index', but this is a single part; give it a 'count', or a value" },
    { "low", "class: put", "class: putt", "low.yaml:7:15" IN_LOW "mid[0].low.p: class 'putt' is not known; did you mean 'put'?" },
    { "top", "width: 1", "width: 0", "low.yaml:5:27" IN_LOW "mid[0].low.s[0].every is 0; expected 1 .. 1000 (cycles between two items)" },
    { "low", "parts:", "parts:\n  - x\n", NULL },
    { "low", "ports:", "expect: [ 'x.sent > 3', cycles > 1, clock.core.cycles > 0, clock.side.cycles > 1 ]\nports:", "low.yaml:8:60" IN_LOW "'clock.side.cycles' matches nothing; expected "
      "'clock.NAME.cycles' with a clock of this file" },
    { "low", "ports:", "expect: [ s.sent > 3 ]\nports:", "low.yaml:8:11" IN_LOW "no part matches 'mid[0].low.s'; did you mean 'mid[0].low.p'?\n"
      "low.yaml:8:11, used as low at mid.yaml:5:3, used as mid[1] at top.yaml:5:3: no part matches 'mid[1].low.s'; did you mean 'mid[1].low.p'?" },
    /* several at once, in several files */
    { "mid", "every: $cols }", "every: $colz }\n  two: { use: low.yaml, evry: 3 }\n  three: { use: low.yaml, n: 0 }", "mid.yaml:5:32" IN_MID "'$colz' is not known; did you mean '$cols'?\n"
      "mid.yaml:6:25" IN_MID "low.yaml has no parameter 'evry'; did you mean 'every'?\n"
      "low.yaml:5:42, used as three at mid.yaml:7:3, used as mid[0] at top.yaml:5:3: 'count' is '0'; expected a whole number from 1 to 1048576" },
};

START_TEST(refused_through_three_files)
{
    const char *want = refused[_i].told;

    write_all(refused[_i].file, refused[_i].from, refused[_i].to);
    bool bad = is_refused(NULL);
    if (!want && !bad)
        return;                             /* equal names are bound to each other */
    ck_assert(bad);
    if (want)
        ck_assert_str_eq(told(), want);
    else
        ck_assert_msg(strstr(told(), ".yaml:5:") && strstr(h.text, ", used as "), "%s", h.text);
}
END_TEST

static const struct { const char *set, *told; } sets[] = {
    { "widht=3", "--set 'widht=3': 'widht' cannot be set; did you mean 'width'?" },
    { "mid[*].col=3", "--set 'mid[*].col=3': mid.yaml has no parameter 'col'; did you mean 'cols'?" },
    { "mid[1].low.evry=3", "--set 'mid[1].low.evry=3': low.yaml has no parameter 'evry'; did you mean 'every'?" },
    { "mid[1].lwo.every=3", "--set 'mid[1].lwo.every=3': no part is called 'lwo'; did you mean 'low'?" },
    { "mid.cols=3", "--set 'mid.cols=3': 'mid' has 2 parts; write 'mid[*]' for all, or 'mid[0]'" },
    { "mid[2].cols=3", "--set 'mid[2].cols=3': 'mid' has the parts 0 to 1; 2 is none of them" },
    { "mid[0]=3", "--set 'mid[0]=3': expected '.' and the name of a parameter" },
    { "mid[0].use=low.yaml", "--set 'mid[0].use=low.yaml': 'use' of 'mid' is structure, not a parameter; edit it in the file, at top.yaml:5:3" },
    { "mid[0].count=3", "--set 'mid[0].count=3': 'count' of 'mid' is structure, not a parameter; edit it in the file, at top.yaml:5:3" },
    { "mid[0].clock.core=3 ns", "--set 'mid[0].clock.core=3 ns': the clocks of mid.yaml are bound to those of this platform; set clock.NAME, which is its own" },
    { "mid[0].voltage=1 V", "--set 'mid[0].voltage=1 V': mid.yaml has no parameter 'voltage'; its parameters are cols" },
    { "mid[0].low.every=0", "--set 'mid[0].low.every=0', used at low.yaml:5:27, used as low at mid.yaml:5:3, used as mid[0] at top.yaml:5:3: mid[0].low.s[0].every is 0; "
      "expected 1 .. 1000 (cycles between two items)" },
    { "width=0", "--set 'width=0', used at low.yaml:5:27, used as low at mid.yaml:5:3, used as mid[0] at top.yaml:5:3: mid[0].low.s[0].every is 0; expected 1 .. 1000 "
      "(cycles between two items)" },
    { "mid[1].low.n=0", "--set 'mid[1].low.n=0', used at low.yaml:5:42, used as low at mid.yaml:5:3, used as mid[1] at top.yaml:5:3: 'count' is '0'; expected a whole number "
      "from 1 to 1048576" },
    { "mid[0].low.s[1].every=0", "--set 'mid[0].low.s[1].every=0': mid[0].low.s[1].every is 0; expected 1 .. 1000 (cycles between two items)" },
    { "mid[0].low.s[1].evry=2", "--set 'mid[0].low.s[1].evry=2': mid[0].low.s[1]: class src has no parameter 'evry'; did you mean 'every'?" },
    { "mid[0].low.s[2].every=2", "--set 'mid[0].low.s[2].every=2': 's' has the parts 0 to 1; 2 is none of them" },
    { "mid[0].in.depth=0", "--set 'mid[0].in.depth=0': 'depth' is '0'; expected a whole number from 1 to 16777216" },
    { "mid[0].word.depth=2", "--set 'mid[0].word.depth=2': the wire at top.yaml:10:5 is written without a depth; only a channel has a depth" },
    { "mid[0].low.p.q.depth=2", "--set 'mid[0].low.p.q.depth=2': the wire at top.yaml:10:5 is written without a depth; only a channel has a depth" },
    { "mid[0].low.n=3", "mid.yaml:8:23, used as mid[0] at top.yaml:5:3: low has 3 ports 'x', k 2 ports 'x'; expected as many on both sides" },
    { "mid[0].inn.depth=3", "--set 'mid[0].inn.depth=3': no part is called 'inn'; expected one declared under 'parts'" },
};

START_TEST(sets_that_are_refused)
{
    write_all("", NULL, NULL);
    ck_assert(is_refused(sets[_i].set));
    ck_assert_str_eq(told(), sets[_i].told);
}
END_TEST

/* ---- files with random mistakes: refused or not, never worse */

static uint64_t drawn(uint64_t *seed, uint64_t below)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (*seed >> 33) % below;
}

/* The text with a few pieces removed, repeated, or replaced by what means something somewhere. */
static void spoil(char *text, size_t room, uint64_t *seed)
{
    static const char *const piece[] = { "$", "$n", "$index", "[*]", "[0]", "[0..1]", "[9999]", "..", "..", ": ", "{ ", " }", "[ ", " ]", "use: low.yaml", "use: mid.yaml",
        "count: 3", "count: 0", "clock: core", "clocks: { core: core }", "expect: false", "low", "mid", "x", ".", " -> ", "depth 2", "'", "\n", "\n  ", "- ", "#", "1048577" };
    char copy[2048];

    for (uint64_t k = 1 + drawn(seed, 3); k; k--) {
        size_t n = strlen(text), at = drawn(seed, n), cut = drawn(seed, 3) ? 0 : drawn(seed, 12);
        const char *with = drawn(seed, 4) ? piece[drawn(seed, COUNT(piece))] : "";
        cut = cut > n - at ? n - at : cut;
        snprintf(copy, sizeof copy, "%.*s%s%s", (int)at, text, with, text + at + cut);
        snprintf(text, room, "%s", copy);
    }
}

START_TEST(random_mistakes)
{
    static const char *const given[] = { NULL, "mid[*].cols=2", "mid[0].low.s[1].x.depth=3", "mid[1].in.depth=2", "$=$", "mid[0].low.x[1].depth=2", "width=[1, 2]" };
    unsigned refusals = 0, rounds = (unsigned)fewer(600, 150);

    snprintf(folder, sizeof folder, "%s", getenv("BL_TMP"));
    for (uint64_t k = 0, seed; k < rounds; k++) {
        char text[3][2048];
        seed = k * 7919 + 1;
        snprintf(text[0], sizeof text[0], "%s", LOW);
        snprintf(text[1], sizeof text[1], "%s", MID);
        snprintf(text[2], sizeof text[2], "%s", TOP);
        spoil(text[drawn(&seed, 3)], sizeof text[0], &seed);
        put("low.yaml", text[0], NULL, NULL);
        put("mid.yaml", text[1], NULL, NULL);
        put("top.yaml", text[2], NULL, NULL);
        bool bad = is_refused(given[drawn(&seed, COUNT(given))]);
        ck_assert_msg(bad == (h.diag.errors > 0) && bad == (h.n > 0), "round %u: %s, but heard '%s'", (unsigned)k, bad ? "refused" : "taken", h.text);
        refusals += bad;
    }
    ck_assert(refusals > rounds / 2 && refusals < rounds);
}
END_TEST

/* From memory a used file is named, and that is enough for what `bitline ls` asks, not for a simulation. */
START_TEST(from_memory)
{
    struct bl_platform *p = bl_platform_parse("top.yaml", TOP, sizeof TOP - 1, NULL, 0, heard_start(&h));
    struct bl_sim *s = bl_open(small_classes, &h.diag);

    ck_assert_msg(p != NULL, "%s", h.text);
    ck_assert_uint_eq(bl_platform_files(p), 0);
    ck_assert_int_eq(bl_platform_apply(p, s), -1);
    ck_assert_str_eq(h.text, "top.yaml:5:15: was read from memory alone, so mid.yaml is only named; load it with bl_platform_load");
    bl_close(s);
    bl_platform_free(p);
}
END_TEST

Suite *suite_used_bad(void);
Suite *suite_used_bad(void)
{
    Suite *s = suite_create("used_bad");
    TCase *c = tcase_create("used_bad");

    tcase_add_test(c, as_they_are_they_run);
    tcase_add_loop_test(c, refused_through_three_files, 0, COUNT(refused));
    tcase_add_loop_test(c, sets_that_are_refused, 0, COUNT(sets));
    tcase_add_test(c, random_mistakes);
    tcase_add_test(c, from_memory);
    suite_add_tcase(s, c);
    return s;
}
