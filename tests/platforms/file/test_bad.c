/* test_bad.c - the files of tests/bad: each is refused, and this is every line that is said about it. */
#include "platforms/file/load.h"
#include "tests/rigs/heard.h"
#include "tests/rigs/small_parts.h"

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNT(a) ((int)(sizeof(a) / sizeof(a)[0]))

/* Behind "tests/bad/NAME.yaml:" stand line, column and text; what begins with "tech" is a technology file. */
enum { MOST_LINES = 32 };
static const struct { const char *name, *lines[MOST_LINES]; } bad[] = {
    { "class", {
      "4:15: a: class 'scr' is not known; did you mean 'src'?",
      "5:26: b: class snk has no parameter 'evry'; did you mean 'every'?",
      "6:37: c[0].every is '[1, 2]'; expected a whole number",
      "7:27: d.every is 0; expected 1 .. 1000 (cycles between two items)" } },
    { "clock_name", {
      "4:27: no clock is called 'cor'; did you mean 'core'?",
      "5:27: no clock is called 'memory'; declare it under 'clocks'" } },
    { "clocks", {
      "3:9: '333 MHz' has a period of no whole number of fs; the nearest are 3003003 fs (333.000000333 MHz) and 3003004 "
      "fs (332.999889444 MHz)",
      "4:9: clock 'slow' has no 'period'; expected one like 'period: 5 ns'",
      "5:11: a clock has no 'perid'; did you mean 'period'?",
      "6:9: the period of a clock is 0; expected one like '5 ns' or '200 MHz'",
      "7:30: '1.5 fs' is no whole number of fs; the nearest are 1 fs and 2 fs",
      "8:3: 'a.b' is no name for a clock; expected letters, digits and '_'" } },
    { "expect", {
      "5:11: expected one of < <= > >= == != and a number",
      "6:12: '~ 5 %' was not expected here; expected one of < <= > >= == !=",
      "7:14: expected a number that is zero or more, like '12', '5 %' or '1.5 nJ'",
      "8:16: 'percent' is no unit; expected '%', an energy like '1.5 nJ', or nothing",
      "9:18: '%' was not expected behind the number",
      "10:5: 'busy' names no part; expected PART.ITEM like 'tree[*].out_full', or 'energy' or 'cycles'",
      "11:5: expected what to compare, like 'tree[*].out_full' or 'energy'",
      "12:6: expected PART.ITEM, like 'tree[*].out_full'",
      "13:14: expected a number that is zero or more, like '12', '5 %' or '1.5 nJ'",
      "14:18: 'nK' is no unit; expected '%', an energy like '1.5 nJ', or nothing",
      "15:16: '5 kJ' has the unknown unit 'kJ'; expected one of yJ zJ aJ fJ pJ nJ uJ mJ J",
      "16:14: a share is at most 100 %; found '300 %'" } },
    { "no_parts", {
      "1:1: the file has no 'parts'; expected at least one part" } },
    { "no_platform", {
      "1:1: the file has no 'platform'; expected 'platform: NAME' at its top" } },
    { "no_tech", {
      "2:7: tests/bad/tech/none.yaml: cannot be opened: No such file or directory; check the path" } },
    { "parts", {
      "13:36: '$i' is not known; expected '$index', or a name declared under 'params'",
      "3:5: a part is empty; expected '{ class: NAME, ... }'",
      "4:3: part 'b' has no class; expected '{ class: NAME, ... }'",
      "5:15: the class is empty; expected a value",
      "6:27: 'count' is '0'; expected a whole number from 1 to 1048576",
      "7:27: 'count' is 'many'; expected a whole number from 1 to 1048576",
      "8:4: 'f[3]' is no name for a part; expected letters, digits, '_', and 'count' for many of them",
      "9:3: no part may be called 'clock', because '--set clock.NAME' is a clock",
      "10:6: a part is a single value; expected '{ class: NAME, ... }'",
      "11:27: parameter 'every' is a map; expected a value or a list like '[8, 9]'",
      "12:26: parameter 'seed' is '$index', but this is a single part; give it a 'count', or a number",
      "14:35: parameter 'weights' has the element '2,3'; expected one number",
      "15:20: 'a-b' is no name for a parameter; expected letters, digits and '_'" } },
    { "root", {
      "2:10: a supply of '200 V'; expected 1 mV to 100 V",
      "3:8: 'parts' is empty; expected at least one part" } },
    { "sections", {
      "1:11: 'platform' is a list; expected a single value",
      "2:8: 'mapper' is empty; expected a value",
      "3:9: 'clocks' is a single value; expected '{ core: 200 MHz }'",
      "6:8: 'wires' is a single value; expected lines like '- a.sum -> b.x depth 2'",
      "7:9: 'expect' is a map; expected lines like '- tree[*].out_full < 5 %'" } },
    { "sources", {
      "5:12: a source is a single value; expected '{ value: 2, tag: fact, source: \"...\" }'",
      "6:28: the tag 'facts' is not known; did you mean 'fact'?",
      "7:24: the value is a map; expected a value or a list like '[8, 9]'",
      "8:12: the source of 'voltage' has no 'value'; expected value, tag and source",
      "8:12: the source of 'voltage' has no 'source'; expected value, tag and source",
      "9:39: the source is empty; expected a value",
      "10:44: a source has no 'at'; expected one of value, tag, source" } },
    { "tech", {
      "3:1: a technology file has no 'voltag'; did you mean 'voltage'?",
      "5:3: 'src' is no price; expected CLASS.ITEM, like 'adder_tree.add'",
      "6:33: the tag 'facts' is not known; did you mean 'fact'?",
      "7:30: the tag 'measured' is not known; expected fact, derived, calibrated or free",
      "8:19: '1' has no unit; write it like '12.5 fJ'",
      "9:10: the price of 'src.c' has no 'tag'; expected value, tag and source",
      "9:10: the price of 'src.c' has no 'source'; expected value, tag and source",
      "10:24: 'static' is drawn all the time; '1 fJ' is no power, expected one like '1.2 uW'",
      "11:19: '0.1 yJ' is less than half of 1 yJ, the least a price can be; price more of them at once",
      "12:19: '1 J' is too large; prices go up to 9 uJ",
      "13:19: '1 kW' has the unknown unit 'kW'; expected one of pW nW uW mW W",
      "14:44: the source is empty; expected a value",
      "15:53: '0.6' has no unit; write it like '0.6 V'",
      "16:10: a price is a single value; expected '{ value: 1.5 fJ, tag: fact, source: \"...\" }'",
      "17:49: a price has no 'volts'; expected one of value, tag, source, at, for, scales" } },
    { "tech_head", {
      "1:1: the file has no 'tech'; expected 'tech: NAME' at its top",
      "1:1: the file has no 'prices'; expected at least one" } },
    { "tech_needs", {
      "3:3: 'every' is no need; expected CLASS.PARAM, like 'adder_tree.stages', or 'voltage'",
      "10:12: a supply of '200 V'; expected 1 mV to 100 V" } },
    { "tech_need_names", {
      "3:3: class 'srk' is not known; did you mean 'src'?",
      "4:3: class src has no parameter 'evry'; did you mean 'every'?",
      "5:3: 'weights' of class src is a list; a technology can need a number, a time or a choice",
      "6:3: 'every' of class src is never '1001'; expected 1 to 1000",
      "7:3: 'every' of class snk is never 'three'; expected 1 to 1000",
      "8:3: class put has no parameter 'sent'; `bitline show put` lists what it has" } },
    { "tech_names", {
      "3:3: class 'srk' is not known; did you mean 'src'?",
      "4:3: class src has no 'snet'; did you mean 'sent'?" } },
    { "unknown_key", {
      "2:1: a platform file has no 'clock'; did you mean 'clocks'?",
      "3:1: a platform file has no 'part'; did you mean 'parts'?" } },
    { "tech_sizes", {
      "3:58: the price scales, and does not say for which size it is; add 'for: { NAME: NUMBER }'",
      "4:54: 'for' is a single value; expected '{ cols: 144 }'",
      "5:55: 'for' names 0 parameters; expected 1 to 8",
      "6:64: 'every: planes' is no size; expected a number above 0, or a time like '6 ns'; a choice has none",
      "7:66: a price for 'every: 0' cannot be one for another size; expected a number above 0",
      "8:65: ' m' was not expected behind a number; a size is one like '144' or '6 ns'",
      "9:77: 'scales' names 'evry', and 'for' does not say for how much of it the price is; did you mean 'every'?",
      "10:88: 'scales' names 'cols', and 'for' does not say for how much of it the price is; add it there",
      "10:94: 'every' stands in 'scales' a second time; a price is in proportion to it once" } },
    { "wires", {
      "7:17: 4 of 'gen' are wired to 3 of 'tree'; expected as many on both sides",
      "8:5: no part is called 'gne'; did you mean 'gen'?",
      "9:8: 'gen' has 4 parts; write 'gen[*]' for all, or 'gen[0]'",
      "10:9: 'gen' has the parts 0 to 3; 4 is none of them",
      "11:21: 'sink' is a single part; write 'sink' without brackets, or give it a 'count'",
      "12:5: 4 of 'gen' are wired to one port; a port has one driver: name one of them, or let waiting parts share it ('many', 'resolved')",
      "13:17: one port is wired to 3 of 'tree'; a channel has one reader: only a word goes to many",
      "14:14: expected '->' and the port to drive",
      "15:11: expected '.' and the name of a port",
      "16:21: expected '.' and the name of a port after 'sink'",
      "17:29: 'depth' needs a whole number from 1 to 16777216 behind it",
      "18:30: 'depth' needs a whole number from 1 to 16777216 behind it",
      "19:24: 'dept' was not expected here; did you mean 'depth'?",
      "20:32: 'depth' stands here a second time",
      "21:29: 'depth' and 'pipe' exclude each other: a pipe says its own items, 'pipe 2'",
      "22:29: 'sync' needs a whole number from 0 to 16 behind it",
      "23:12: the range runs backwards; expected the smaller index first",
      "24:12: expected '*', a number, or a range like '0..3' in the brackets",
      "25:10: expected ']'",
      "26:23: ',' was not expected behind a port",
      "27:24: '2' was not expected here; a wire ends with 'depth N' or 'pipe N', 'sync N', 'many', 'resolved', 'rising', 'falling', 'reset' or 'async_reset'",
      "28:17: no part is called 'zebra'; expected one declared under 'parts'",
      "29:5: a wire is a list; expected a single value",
      "30:31: 'depth' needs a whole number from 1 to 16777216 behind it" } },
};

START_TEST(refused)
{
    struct heard h;
    char path[128], *want = calloc(1, sizeof h.text);
    struct bl_platform *p = NULL;
    struct bl_tech *t = NULL;
    size_t n = 0;

    snprintf(path, sizeof path, "tests/bad/%s.yaml", bad[_i].name);
    for (int k = 0; k < MOST_LINES && bad[_i].lines[k]; k++)
        n += (size_t)snprintf(want + n, sizeof h.text - n, "%s%s:%s", k ? "\n" : "", path, bad[_i].lines[k]);
    struct bl_sim *s = bl_open(small_classes, heard_start(&h));
    if (strncmp(bad[_i].name, "tech", 4) == 0)
        ck_assert(!(t = bl_tech_load(path, 0, &h.diag)) || bl_tech_apply(t, s) < 0);
    else
        ck_assert(!(p = bl_platform_load(path, NULL, 0, &h.diag)) || bl_platform_apply(p, s) < 0);
    ck_assert_str_eq(h.text, want);
    bl_close(s);
    bl_platform_free(p);
    bl_tech_free(t);
    free(want);
}
END_TEST

/* A file that nobody looks at tests nothing. */
START_TEST(no_orphans)
{
    DIR *dir = opendir("tests/bad");

    ck_assert_ptr_nonnull(dir);
    for (struct dirent *e; (e = readdir(dir));) {
        size_t n = strlen(e->d_name);
        int i = 0;
        if (n < 5 || strcmp(e->d_name + n - 5, ".yaml") != 0 || strncmp(e->d_name, "cal_", 4) == 0)
            continue;                              /* cal_*: test_osa_hcim_calibration_file.c */
        while (i < COUNT(bad) && (strlen(bad[i].name) != n - 5 || strncmp(bad[i].name, e->d_name, n - 5) != 0))
            i++;
        ck_assert_msg(i < COUNT(bad), "tests/bad/%s is in no table", e->d_name);
    }
    closedir(dir);
}
END_TEST

Suite *suite_bad(void);
Suite *suite_bad(void)
{
    Suite *s = suite_create("bad");
    TCase *t = tcase_create("bad");

    tcase_add_loop_test(t, refused, 0, COUNT(bad));
    tcase_add_test(t, no_orphans);
    suite_add_tcase(s, t);
    return s;
}
