/* test_papers.c - `bitline papers` (tools/cmd_papers.c): studies of papers gathered (gather.c), as Markdown (markdown.c) and as a page (page.c). */
#include "tests/rigs/command_rig.h"

#include <string.h>
#include <sys/stat.h>

Suite *suite_papers(void);

static struct heard h;

static void write_study(const char *root, const char *paper, const char *figure, const char *text)
{
    char path[2 * NAME];
    FILE *f;

    snprintf(path, sizeof path, "mkdir -p %s/platforms/papers/%s", root, paper);
    ck_assert_int_eq(system(path), 0);
    snprintf(path, sizeof path, "%s/platforms/papers/%s/%s.study", root, paper, figure);
    ck_assert_ptr_nonnull(f = fopen(path, "w"));
    fputs(text, f);
    fclose(f);
}

static char root[NAME], folder[NAME], out[NAME];

/* A paper of three studies: about it, one that runs, one that is slow; and one that lacks a file. */
static void write_all(void)
{
    scratch("data", root);
    scratch("made", folder);
    scratch("out", out);
    write_study(root, "zz_mine", "about", "# A <paper> of mine\nconflict 'says | one' 'and two & three'\nrow 'a curve' --because 'a picture'\n");
    write_study(root, "zz_mine", "table1", "# Table I\nsweep back_pressure --vary sink[*].every=3,5\n"
                "row 'time <3>' --printed 2990 --unit ns --value 'simulated_s * 1e9' --where 'sink[*].every == 3' --status exact\n"
                "row 'gain' --printed 1.5 --value simulated_s --where 'sink[*].every == 5' --over 'sink[*].every == 3' --within 12% --status derived\n");
    write_study(root, "zz_mine", "table2", "# Table II\nslow\nsweep back_pressure --vary sink[*].every=4\nrow 'x' --value simulated_s --status predicted\n");
    write_study(root, "zz_mine", "table3", "# Table III\nneeds /nowhere/net.onnx\nsweep back_pressure --vary sink[*].every=4\nrow 'y' --printed 5 --value simulated_s --status predicted\n");
    setenv("BITLINE_DATA", root, 1);
}

static char *made(const char *name)
{
    char path[2 * NAME];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return content(path);
}

#define CK_HAS(text, part) ck_assert_msg(strstr(text, part) != NULL, "not there: %s\nin:\n%s", part, text)

START_TEST(gathered)
{
    write_all();
    ck_assert_msg(program(&h, out, "papers", "zz_mine", "--quick", "-q", "-o", folder, NULL) == BL_DONE, "%s", h.text);
    char *md = made("PAPERS.md");
    CK_HAS(md, "- **exact**: 1 row, 1 with a printed figure, farthest from it 0 %\n");
    CK_HAS(md, "- **derived**: 1 row, 1 with a printed figure, farthest from it +11 %\n");
    CK_HAS(md, "- **not reproducible**: 1 row; it says why\n");
    CK_HAS(md, "- zz_mine: says | one. and two & three\n");
    CK_HAS(md, "\n## A <paper> of mine\n\n`bitline study papers/zz_mine/about`\n");
    CK_HAS(md, "| a curve | | | | | not reproducible | a picture |\n");
    CK_HAS(md, "| time <3> | 2990 | 2990 | ns | 0 % | exact | `simulated_s * 1e9` of `bitline run --no-path back_pressure '--set=sink[*].every=3'` |\n");
    CK_HAS(md, "| gain | 1.5 | 1.7 | | +11 % | derived, within 12% | `simulated_s` of `bitline run --no-path back_pressure '--set=sink[*].every=5'` over `bitline run --no-path back_pressure '--set=sink[*].every=3'` |\n");
    CK_HAS(md, "\n### Table II\n\n`bitline study papers/zz_mine/table2` (left out: slow)\n");
    CK_HAS(md, "\n### Table III\n\n`bitline study papers/zz_mine/table3`, needs /nowhere/net.onnx\n");
    CK_HAS(md, "| y | 5 | | | | predicted | needs /nowhere/net.onnx, which is not there |\n");
    free(md);
    char *page = made("papers.html");
    CK_HAS(page, "<h2>A &lt;paper&gt; of mine</h2>");
    CK_HAS(page, "<td>time &lt;3&gt;</td><td class=r>2990</td><td class=r>2990</td><td>ns</td><td class=r>0 %</td><td>exact</td>");
    CK_HAS(page, "<li><b>zz_mine</b>: says | one. and two &amp; three</li>");
    ck_assert_msg(!strstr(page, "http") && !strstr(page, "<script"), "the page asks for something else");
    free(page);
}
END_TEST

/* Without --quick the slow study runs too; a row that does not hold is exit status 1, and stands there. */
START_TEST(whole)
{
    write_all();
    write_study(root, "zz_mine", "table4", "# Table IV\nsweep back_pressure --vary sink[*].every=3\nrow 'z' --printed 3 --unit us --value 'simulated_s * 1e6' --within 0 --status exact\n");
    ck_assert_int_eq(program(&h, out, "papers", "zz_mine", "-q", "-o", folder, NULL), BL_WRONG);
    char *md = made("PAPERS.md"), *page = made("papers.html");
    CK_HAS(md, "| x | | 3.985e-06 | | | predicted | `simulated_s` of `bitline run");
    CK_HAS(md, "| z | 3 | 3 | us | -0.33 % | DOES NOT HOLD: exact, within 0 |");
    CK_HAS(md, "farthest from it -0.33 %; 1 does NOT hold\n");
    CK_HAS(page, "<td class=bad>does not hold: exact, within 0</td>");
    free(md);
    free(page);
    remove(root);
}
END_TEST

/* The picture of a study stands in the page. */
START_TEST(pictures)
{
    if (system("command -v gnuplot >/dev/null") != 0)
        return;
    write_all();
    write_study(root, "zz_drawn", "fig1", "# Fig. 1\nsweep back_pressure --vary sink[*].every=3:6:1\nreport --plot 'sink[*].every, simulated_s'\nrow 'w' --value simulated_s --where 'sink[*].every == 3' --status predicted\n");
    ck_assert_msg(program(&h, out, "papers", "zz_drawn", "-q", "-o", folder, NULL) == BL_DONE, "%s", h.text);
    char *page = made("papers.html");
    CK_HAS(page, "<img alt=\"Fig. 1\" src=\"data:image/svg+xml;base64,PD94bWwg");       /* <?xml */
    free(page);
}
END_TEST

START_TEST(refused)
{
    write_all();
    ck_assert_int_eq(program(&h, out, "papers", "nothing_like_it", "-q", "-o", folder, NULL), BL_REFUSED);
    ck_assert_str_eq(h.text, "bitline papers nothing_like_it: there is no such paper; expected one of the folders of platforms/papers");
    write_study(root, "zz_bad", "t", "# T\nsweep back_pressure --vary sink[*].every=3\nrow 'x' --value simulated --status exact\n");
    ck_assert_int_eq(program(&h, out, "papers", "zz_bad", "-q", "-o", folder, NULL), BL_REFUSED);
    ck_assert_msg(strstr(h.text, "platforms/papers/zz_bad/t.study:3: row: --value simulated: 'simulated' is no column; did you mean 'simulated_s'?"), "%s", h.text);
    write_study(root, "zz_bad", "t", "# T\nget a/b cost jia_isscc21\n");
    ck_assert_int_eq(program(&h, out, "papers", "zz_bad", "-q", "-o", folder, NULL), BL_REFUSED);
    ck_assert_str_eq(h.text, "platforms/papers/zz_bad/t.study:2: get: expected a name for the table, and then a command");
    write_study(root, "zz_bad", "t", "# T\nconflict 'one'\n");
    ck_assert_int_eq(program(&h, out, "papers", "zz_bad", "-q", "-o", folder, NULL), BL_REFUSED);
    ck_assert_str_eq(h.text, "platforms/papers/zz_bad/t.study:2: conflict: expected two texts: the statements, and the arithmetic");
    write_study(root, "zz_bad", "t", "# T\nlet x\nsweep back_pressure --vary sink[*].every=3\n");
    ck_assert_int_eq(program(&h, out, "papers", "zz_bad", "-q", "-o", folder, NULL), BL_REFUSED);
    ck_assert_str_eq(h.text, "platforms/papers/zz_bad/t.study:2: let: expected a name, and then the words that it stands for");
    write_study(root, "zz_bad", "t", "# T\nslow down\nsweep back_pressure --vary sink[*].every=3\n");
    ck_assert_int_eq(program(&h, out, "papers", "zz_bad", "-q", "-o", folder, NULL), BL_REFUSED);
    ck_assert_str_eq(h.text, "platforms/papers/zz_bad/t.study:2: slow: 'down' is a word too many; it stands alone");
    write_study(root, "zz_bad", "t", "# T\nneeds\n");
    ck_assert_int_eq(program(&h, out, "papers", "zz_bad", "-q", "-o", folder, NULL), BL_REFUSED);
    ck_assert_str_eq(h.text, "platforms/papers/zz_bad/t.study:2: needs: expected a file");
}
END_TEST

Suite *suite_papers(void)
{
    Suite *s = suite_create("papers");
    TCase *t = tcase_create("all");

    tcase_add_test(t, gathered);
    tcase_add_test(t, whole);
    tcase_add_test(t, pictures);
    tcase_add_test(t, refused);
    suite_add_tcase(s, t);
    return s;
}
