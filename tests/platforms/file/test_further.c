/* test_further.c - all that can be known of a platform file is told in one go: what stands in the way of one mistake does not hide another. */
#include "platforms/file/load.h"
#include "tests/rigs/heard.h"
#include "tests/rigs/small_parts.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define GOOD "parts:\n  a: { class: src, count: 2 }\n  b: { class: snk }\n"

static struct heard h;

static const struct { const char *text, *told; } files[] = {
    /* every kind at once */
    { "platform: p\nclocks: { core: 5 nx }\narray: { host: host, rows: 4, cols: 4, w_bits: 99, a_bits: 8 }\nparts:\n  a: { class: scr, every: 2 }\n"
      "  b: { class: snk, evry: 2, every: 3 }\n  c: { class: src, every: 0 }\n  d: { class: src }\nwires:\n  - dd.x -> bb.x depth 2\n  - d.y -> b.x depth 2\n",
      "p.yaml:2:17: '5 nx' has the unknown unit 'nx'; did you mean 'ns'?\n"
      "p.yaml:3:48: w_bits is '99'; expected a whole number from 1 to 8\n"
      "p.yaml:10:5: no part is called 'dd'; did you mean 'd'?\np.yaml:10:13: no part is called 'bb'; did you mean 'b'?\n"
      "p.yaml:5:15: a: class 'scr' is not known; did you mean 'src'?\np.yaml:6:26: b: class snk has no parameter 'evry'; did you mean 'every'?\n"
      "p.yaml:7:27: c.every is 0; expected 1 .. 1000 (cycles between two items)\np.yaml:11:5: d: class src has no port 'y'" },
    /* a key that stands twice, beside others */
    { "platform: p\nclocks: { core: 5 ns, core: 6 ns }\nabout: a\nabout: b\nparts: { a: { class: scr } }\n",
      "p.yaml:2:23: 'core' stands here a second time, first in line 2; leave one of them away\n"
      "p.yaml:4:1: 'about' stands here a second time, first in line 3; leave one of them away\np.yaml:5:22: a: class 'scr' is not known; did you mean 'src'?" },
    /* several parameters of a row, and its count */
    { "platform: p\nclocks: { core: 5 ns }\nparts: { a: { class: src, count: 0, every: {}, a-b: 3, evry: 3 } }\n",
      "p.yaml:3:34: 'count' is '0'; expected a whole number from 1 to 1048576\np.yaml:3:44: parameter 'every' is a map; expected a value or a list like '[8, 9]'\n"
      "p.yaml:3:48: 'a-b' is no name for a parameter; expected letters, digits and '_'\np.yaml:3:62: a[0]: class src has no parameter 'evry'; did you mean 'every'?" },
    /* nothing of the plan is wrong: the parts, and what is wired to the others */
    { "platform: p\nclocks: { core: 5 ns }\n" GOOD "  c: { class: scr }\nwires:\n  - a[1].y -> b.xx depth 2\n  - c.x -> b.x depth 1\n", 
      "p.yaml:6:15: c: class 'scr' is not known; did you mean 'src'?\np.yaml:8:5: a[1]: class src has no port 'y'\n"
      "p.yaml:8:5: b: class snk has no port 'xx'; did you mean 'x'?" },
    /* no clock: once; a class where a file is expected */
    { "platform: p\n" GOOD, "p.yaml:3:15: the file declares no clock, and class src is clocked; add one, like 'clocks: { core: 200 MHz }'" },
    { "platform: p\nclocks: { core: 5 ns }\nparts: { a: { use: src, count: 2 } }\n", "p.yaml:3:20: src is a class, and 'use' names a platform file; write 'class: src'" },
    /* with a module nobody knows the classes */
    { "platform: p\nclocks: { core: 5 ns, core: 5 ns }\nmodules: [ none.so ]\nparts: { a: { class: scr } }\n",
      "p.yaml:2:23: 'core' stands here a second time, first in line 2; leave one of them away" },
    /* the technology too */
    { "platform: p\ntech: no_such_technology\nparts: { a: { class: scr } }\n",
      "p.yaml:2:7: no_such_technology: there is no such file" },
};

START_TEST(all_at_once)
{
    struct bl_platform *p = bl_platform_load_for(small_classes, "p.yaml", files[_i].text, strlen(files[_i].text), NULL, 0, heard_start(&h));
    struct bl_sim *s = p ? bl_open(small_classes, &h.diag) : NULL;

    if (p)
        ck_assert_int_eq(bl_platform_apply(p, s), -1);
    if (strstr(files[_i].text, "tech:"))
        ck_assert_msg(!p && strstr(h.text, files[_i].told) && strstr(h.text, "p.yaml:3:22: a: class 'scr'"), "%s", h.text);
    else
        ck_assert_str_eq(h.text, files[_i].told);
    bl_close(s);
    bl_platform_free(p);
}
END_TEST

static const struct { const char *text, *told; } techs[] = {
    { "tech: t\nvoltage: 1\nprices:\n  snk.got: { value: 1 fJ, tag: fact, source: s }\n  src.sent: { value: 1 xJ, source: s }\n  snk.got: { value: 1 fJ, tag: fact, source: s }\n"
      "  snk.gott: { value: 1 fJ, tag: fact, source: s }\n  snkk.got: { value: 1 fJ, tag: fcat, source: s }\n  snkk.got2: { value: 1 fJ, tag: fact, source: s }\n  src.sent: { tag: free }\n",
      "t.yaml:6:3: 'snk.got' stands here a second time, first in line 4; leave one of them away\n"
      "t.yaml:10:3: 'src.sent' stands here a second time, first in line 5; leave one of them away\n"
      "t.yaml:2:10: '1' has no unit; write it like '0.6 V'\nt.yaml:5:13: the price of 'src.sent' has no 'tag'; expected value, tag and source\n"
      "t.yaml:5:22: '1 xJ' has the unknown unit 'xJ'; expected one of yJ zJ aJ fJ pJ nJ uJ mJ J\nt.yaml:8:33: the tag 'fcat' is not known; did you mean 'fact'?\n"
      "t.yaml:10:13: the price of 'src.sent' has no 'value'; expected value, tag and source\nt.yaml:10:13: the price of 'src.sent' has no 'source'; expected value, tag and source\n"
      "t.yaml:7:3: class snk has no 'gott'; did you mean 'got'?\nt.yaml:9:3: class 'snkk' is not known; did you mean 'snk'?" },
};

START_TEST(technology)
{
    ck_assert(!bl_tech_parse_for(small_classes, "t.yaml", techs[_i].text, strlen(techs[_i].text), 0, heard_start(&h)));
    ck_assert_str_eq(h.text, techs[_i].told);
}
END_TEST

Suite *suite_further(void);
Suite *suite_further(void)
{
    Suite *s = suite_create("further");
    TCase *c = tcase_create("further");

    tcase_add_loop_test(c, all_at_once, 0, COUNT(files));
    tcase_add_loop_test(c, technology, 0, COUNT(techs));
    suite_add_tcase(s, c);
    return s;
}
