/* test_fit.c - no line of a table or a paragraph is wider than asked for, and nothing of it is lost: on tables of any kind, and on the text reports
 * and comparisons of all shipped platforms. */
#include "tests/rigs/command_rig.h"
#include "tests/rigs/kp_base.h"
#include "tests/rigs/shipped_runs.h"
#include "tools/report/table.h"

#include <dirent.h>
#include <string.h>

Suite *suite_fit(void);

static char *printed;
static size_t nprinted;

static char *fitted(const struct bl_table *t, size_t keys, size_t width)
{
    FILE *out = open_memstream(&printed, &nprinted);

    bl_table_fit(t, keys, width, out);
    fclose(out);
    return printed;
}

static char *wrapped(const char *text, size_t indent, size_t width)
{
    FILE *out = open_memstream(&printed, &nprinted);

    bl_wrap(text, indent, width, out);
    fclose(out);
    return printed;
}

static size_t widest(const char *text)
{
    size_t most = 0;

    while (*text) {
        size_t n = strcspn(text, "\n");
        char line[2000];
        snprintf(line, sizeof line, "%.*s", (int)(n < sizeof line ? n : sizeof line - 1), text);
        most = bl_wide(line) > most ? bl_wide(line) : most;
        ck_assert_msg(!n || text[n - 1] != ' ', "a line ends in a blank: %.*s", (int)n, text);
        text += n + (text[n] != 0);
    }
    return most;
}

/* ---- what single tables look like ---- */

static struct bl_table table_of(const char *const *heads, size_t columns, const char *const *cells, size_t n)
{
    struct bl_table t;

    bl_table_start(&t, heads, columns);
    for (size_t i = 0; i < n; i++)
        bl_cell(&t, "%s", cells[i]);
    return t;
}

#define TABLE(heads, ...) table_of(heads, sizeof heads / sizeof *heads, (const char *const[]){ __VA_ARGS__ }, sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

static void ck_looks(struct bl_table t, size_t keys, size_t width, const char *want)
{
    char *got = fitted(&t, keys, width);

    ck_assert_msg(!strcmp(got, want), "\n%s\nexpected\n%s", got, want);
    free(got);
    bl_table_fini(&t);
}

START_TEST(shapes)
{
    static const char *const part[] = { "part", ">n", "meaning" }, *const wide[] = { "layer", ">first", ">second", ">third", ">fourth" };
    static const char *const pair[] = { "", "" }, *const group[] = { "part", "item", ">n", ">energy" };

    /* it fits */
    ck_looks(TABLE(part, "a", "1", "one", "b[10]", "200", "two"), 1, 40, "  part     n  meaning\n  a        1  one\n  b[10]  200  two\n");
    /* a text is broken at blanks */
    ck_looks(TABLE(part, "a", "1", "one two three four five six seven", "b", "2", ""), 1, 30,
             "  part  n  meaning\n  a     1  one two three four\n           five six seven\n  b     2\n");
    /* a path at its dots, further lines stand in */
    ck_looks(TABLE(part, "chip.core[0].array[1]", "1", "long words of some sort", "b", "22", "x"), 1, 40,
             "  part               n  meaning\n  chip.core[0].      1  long words of\n    array[1]            some sort\n  b                 22  x\n");
    /* numbers in several tables behind their name */
    ck_looks(TABLE(wide, "conv1", "111111", "222222", "333333", "444444"), 1, 26,
             "  layer   first  second\n  conv1  111111  222222\n\n  layer   third  fourth\n  conv1  333333  444444\n");
    /* rows of one part below it */
    ck_looks(TABLE(group, "a.very.long.path", "one", "1", "1 pJ", "", "two", "2", "2 pJ", "", "three", "3", "30 pJ", "b", "one", "1", "4 pJ"), 1, 30,
             "  part\n    item   n  energy\n  a.very.long.path\n    one    1    1 pJ\n    two    2    2 pJ\n    three  3   30 pJ\n  b\n    one    1    4 pJ\n");
    /* no heads; a word that has no place to break */
    ck_looks(TABLE(pair, "name", "abcdefghijklmnopqrstuvwxyz"), 1, 20, "  name  abcdefghijkl\n        mnopqrstuvwx\n        yz\n");
    /* letters of several bytes are one wide */
    ck_looks(TABLE(part, "\xc3\xa4\xc3\xb6", "1", "\xc3\xbc \xc3\xbc"), 1, 40, "  part  n  meaning\n  \xc3\xa4\xc3\xb6    1  \xc3\xbc \xc3\xbc\n");
}
END_TEST

START_TEST(paragraphs)
{
    static const struct { const char *text; size_t indent, width; const char *want; } row[] = {
        { "short", 2, 40, "  short\n" }, { "", 2, 40, "\n" },
        { "one two three four five six", 2, 20, "  one two three four\n    five six\n" },
        { "  in by itself, and long", 2, 22, "    in by itself, and\n      long\n" },
        { "words and then some.path of it", 0, 26, "words and then some.path\n  of it\n" }, { "words and then some.path", 0, 22, "words and then\n  some.path\n" },
        { "bell\a and \x1b[31m", 0, 40, "bell\\x07 and \\x1b[31m\n" },
        { "a/very/long/path/of.many.parts/to/some/file", 0, 24, "a/very/long/path/of.\n  many.parts/to/some/\n  file\n" },
    };

    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        char *got = wrapped(row[i].text, row[i].indent, row[i].width);
        ck_assert_msg(!strcmp(got, row[i].want), "'%s' expected '%s'", got, row[i].want);
        free(got);
    }
}
END_TEST

/* ---- any tables: no line too wide, and each column's text comes back, but for blanks ---- */

static void random_cell(struct kp_rng *r, bool right, char *buf)
{
    static const char *const piece[] = { "core", "[12]", ".", "array", " ", "a", " of ", "/", ", ", "x.y", "12.5", "-", "verylongnameofsomething", "%" };
    size_t n = 0;

    if (right) {
        snprintf(buf, 300, "%u%s", kp_below(r, 100000), kp_below(r, 3) ? "" : " uJ");
        return;
    }
    *buf = 0;
    for (uint32_t k = kp_below(r, 12); k-- > 0 && n < 250;)
        n += (size_t)snprintf(buf + n, 300 - n, "%s", piece[kp_below(r, sizeof piece / sizeof *piece)]);
    while (n && buf[n - 1] == ' ')
        buf[--n] = 0;
    memmove(buf, buf + strspn(buf, " "), strlen(buf + strspn(buf, " ")) + 1);
}

/* How often the letter stands in the text. */
static size_t letters(const char *text, char c)
{
    size_t n = 0;

    for (; *text; text++)
        n += *text == c;
    return n;
}

START_TEST(any)
{
    struct kp_rng r = { (uint64_t)_i };
    const size_t columns = 1 + kp_below(&r, 10), rows = 1 + kp_below(&r, 6), width = 60 + kp_below(&r, 40), keys = kp_below(&r, 2) + (columns > 3);
    const char *heads[BL_TABLE_COLUMNS] = { "name" };
    char cell[300], *all = calloc(1, 100000);
    struct bl_table t;

    for (size_t c = 1; c < columns; c++)
        heads[c] = kp_below(&r, 2) ? ">count of it" : "what it is";
    bl_table_start(&t, heads, columns);
    for (size_t i = 0; i < rows * columns; i++) {
        random_cell(&r, t.align[i % columns] == 'r', cell);
        if (i % columns == 0 && i && !kp_below(&r, 3))
            *cell = 0;
        bl_cell(&t, "%s", cell);
        if (i % columns >= keys)
            strcat(all, cell);
    }
    char *text = fitted(&t, keys, width);
    ck_assert_msg(widest(text) <= width, "width %zu:\n%s", width, text);
    for (const char *c = "yzv%[5"; *c; c++)      /* of letters that are in no head: those of the keys may stand there several times */
        ck_assert_msg(letters(text, *c) >= letters(all, *c), "'%c' is lost in\n%s", *c, text);
    free(text);
    free(all);
    bl_table_fini(&t);
}
END_TEST

/* ---- what is shipped ---- */

static struct heard h;

static const char *run_of(const struct shipped_run *x, const char *form, char *file)
{
    const char *words[MOST_WORDS + 1] = { "run", x->platform, "--report", form, "-o", file, "--interval", x->every };
    size_t n = 8;

    scratch(form, file);
    for (size_t i = 0; i < 6 && x->more[i]; i++)
        words[n++] = x->more[i];
    ck_assert_msg(program_of(&h, NULL, words) == 0, "%s: %s", x->platform, h.text);
    return file;
}

START_TEST(reports)
{
    char file[NAME];
    char *text = content(run_of(&shipped_runs[_i], "text", file));

    ck_assert_msg(widest(text) <= BL_TEXT_WIDTH, "%s:\n%.3000s", shipped_runs[_i].platform, text);
    free(text);
    remove(file);
}
END_TEST

/* Every file of platforms/ that runs by itself is in that table; a part of others says what its ports are. */
START_TEST(all_of_them)
{
    static const char *const room[] = { "platforms", "platforms/osa_hcim", "platforms/imagine", "platforms/bf_imna", "platforms/db_pim", "platforms/imc" };

    for (size_t i = 0; i < sizeof room / sizeof *room; i++) {
        DIR *d = opendir(room[i]);
        ck_assert_ptr_nonnull(d);
        for (const struct dirent *e; (e = readdir(d));) {
            char path[NAME];
            size_t n = strlen(e->d_name);
            if (n < 6 || strcmp(e->d_name + n - 5, ".yaml"))
                continue;
            snprintf(path, sizeof path, "%s/%s", room[i], e->d_name);
            char *text = content(path);
            bool there = strstr(text, "\nports:") != NULL;
            for (int k = 0; k < SHIPPED_RUNS; k++)
                there |= strlen(shipped_runs[k].platform) == n - 5 && !strncmp(shipped_runs[k].platform, e->d_name, n - 5);
            ck_assert_msg(there, "%s is not in tests/rigs/shipped_runs.h", path);
            free(text);
        }
        closedir(d);
    }
}
END_TEST

START_TEST(comparisons)
{
    static const struct shipped_run runs[] = { { "osa_hcim", "5 us", { "--images", "1" }, 1, 0 }, { "osa_hcim", "5 us", { "--images", "1", "--set", "adc.rho=1" }, 1, 0 },
        { "db_pim", "5 us", { "--images", "1" }, 1, 0 }, { "imagine", "1 ms", { "--images", "1" }, 1, 0 }, { "isscc23_7_2", "5 us", { "--images", "1" }, 1, 0 } };
    char file[5][NAME], name[NAME], out[NAME];

    for (int i = 0; i < 5; i++) {
        snprintf(file[i], NAME, "%s.%d", run_of(&runs[i], "json", name), i);
        ck_assert_int_eq(rename(name, file[i]), 0);
    }
    scratch("compared", out);
    static const int sets[][6] = { { 0, 1, -1 }, { 0, 2, -1 }, { 0, 3, -1 }, { 2, 4, -1 }, { 0, 1, 2, -1 }, { 0, 1, 2, 3, 4, -1 } };
    for (size_t k = 0; k < sizeof sets / sizeof *sets; k++)
        for (int all = 0; all < 2; all++) {
            const char *words[10] = { "compare", all ? "--all" : NULL };
            for (int i = 0; sets[k][i] >= 0; i++)
                words[1 + all + i] = file[sets[k][i]];
            ck_assert_int_eq(program_of(&h, out, words), 0);
            char *text = content(out), *table = strstr(text, "\n\n");      /* behind the names of the files */
            ck_assert_ptr_nonnull(table);
            ck_assert_msg(widest(table) <= BL_TEXT_WIDTH, "set %zu:\n%.3000s", k, table);
            free(text);
        }
    for (int i = 0; i < 5; i++)
        remove(file[i]);
}
END_TEST

Suite *suite_fit(void)
{
    Suite *s = suite_create("fit");
    TCase *tc = tcase_create("all");

    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, shapes);
    tcase_add_test(tc, paragraphs);
    tcase_add_loop_test(tc, any, 0, 300);
    tcase_add_loop_test(tc, reports, 0, SHIPPED_RUNS);
    tcase_add_test(tc, all_of_them);
    tcase_add_test(tc, comparisons);
    suite_add_tcase(s, tc);
    return s;
}
