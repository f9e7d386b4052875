/* test_tags.c - every tag of every file: what is called a fact, derived or calibrated says in which section, table, figure or equation, and
 * what is free says that it is ours. Prices, parameters, figures of reports, documents. Reads what platforms/file/sources.c lists. */
#include "platforms/job/setup.h"
#include "platforms/file/io.h"
#include "tests/rigs/heard.h"
#include "tests/rigs/tags.h"

#include <check.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>

/* Calls `look` for each file of these patterns. */
static void each_file(const char *const *patterns, void (*look)(const char *path))
{
    glob_t g = { 0 };

    for (int i = 0; patterns[i]; i++)
        ck_assert_int_eq(glob(patterns[i], i ? GLOB_APPEND : 0, NULL, &g), 0);
    for (size_t i = 0; i < g.gl_pathc; i++)
        look(g.gl_pathv[i]);
    globfree(&g);
}

/* ---- the rule itself */

START_TEST(places)
{
    static const struct { const char *text; bool place, ours; } rows[] = {
        { "Table VI: 0.24 fJ", true, true }, { "half of it (Fig. 22(b))", true, true }, { "Eq. (5)", true, true }, { "Eqs. 1, 2", true, true },
        { "section III.B", true, true }, { "sections V-B and VI", true, true }, { "our split of 5 pJ", false, true }, { "ours", false, true },
        { "a fact of the paper", false, false }, { "the table", false, false }, { "Table of prices", false, false }, { "Fig. ", false, false },
        { "section Inputs", false, false }, { "your own four hours", false, false }, { "a textbook value, not in the paper", false, true },
        { "", false, false } };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ck_assert_msg(has_place(rows[i].text) == rows[i].place, "%s", rows[i].text);
        ck_assert_msg(says_ours(rows[i].text) == rows[i].ours, "%s", rows[i].text);
    }
}
END_TEST

/* ---- prices */

static void look_at_prices(const char *path)
{
    struct heard h;
    struct bl_tech *t = bl_tech_load(path, 0, heard_start(&h));

    ck_assert_msg(t != NULL, "%s", h.text);
    for (size_t i = 0; i < bl_tech_count(t); i++) {
        const struct bl_price *p = bl_tech_price(t, i);
        ck_assert_msg(is_sourced(bl_tag_name[p->tag], p->source), "%s: %s.%s is %s: \"%s\" is no place in a source", bl_tech_where(t, i), p->cls,
                      p->item, bl_tag_name[p->tag], p->source);
    }
    for (size_t i = 0; i < bl_tech_areas(t); i++) {
        const struct bl_area *a = bl_tech_area(t, i);
        ck_assert_msg(is_sourced(bl_tag_name[a->tag], a->source), "%s: the area of %s is %s: \"%s\" is no place in a source", a->where, a->cls, bl_tag_name[a->tag],
                      a->source);
    }
    bl_tech_free(t);
}

START_TEST(prices) { each_file((const char *const[]){ "platforms/*/tech/*.yaml", NULL }, look_at_prices); }
END_TEST

/* ---- parameters: the value stated is the one in force */

static unsigned with_sources;

static void look_at_parameters(const char *path)
{
    const struct bl_setup_opts o = { .platform = path, .net = "none" };
    struct heard h;
    char value[BL_SOURCE_VALUE];
    bool same;
    struct bl_setup *u = bl_setup_open(&o, heard_start(&h));

    ck_assert_msg(u != NULL, "%s", h.text);
    for (size_t i = 0; i < bl_platform_sources(u->platform); i++) {
        const struct bl_source *r = bl_platform_source(u->platform, i);
        ck_assert_msg(is_sourced(bl_tag_name[r->tag], r->source), "%s: %s is %s: \"%s\" is no place in a source", r->where, r->name,
                      bl_tag_name[r->tag], r->source);
        ck_assert(bl_source_found(u->platform, u->sim, i, value, &same) == value);
        ck_assert_msg(same, "%s: %s is stated as %s, and is %s", r->where, r->name, r->value, value);
    }
    with_sources += bl_platform_sources(u->platform) > 0;
    bl_setup_close(u);
}

START_TEST(parameters)
{
    each_file((const char *const[]){ "platforms/osa_hcim/osa_hcim*.yaml", "platforms/imagine/imagine.yaml", "platforms/bf_imna/bf_imna*.yaml",
                                     "platforms/bf_imna/ap.yaml", NULL }, look_at_parameters);
    ck_assert_uint_eq(with_sources, 8);          /* each machine of a paper, and not its parts */
}
END_TEST

/* ---- figures of a report */

static bool has_tag(const char *text)
{
    static const char *const words[] = { "derived", "calibrated", "fitted", "inferred" };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (has_word(text, words[i]))
            return true;
    return false;
}

START_TEST(figures)
{
    static const char *const platform[] = { "osa_hcim", "imagine", "bf_imna" };
    unsigned tagged = 0;

    for (size_t k = 0; k < sizeof platform / sizeof *platform; k++) {
        const struct bl_setup_opts o = { .platform = platform[k], .images = { true, 1 } };
        struct heard h;
        struct bl_setup *u = bl_setup_open(&o, heard_start(&h));
        ck_assert_msg(u != NULL, "%s", h.text);
        ck_assert_int_eq(bl_setup_run(u, BL_FOREVER, NULL, NULL), BL_END_STOPPED);
        const struct bl_result *r = bl_job_result(u->job);
        for (uint32_t i = 0; i < r->nfigures; i++) {
            ck_assert_msg(!has_tag(r->figures[i].help) || has_place(r->figures[i].help), "figure %s: %s", r->figures[i].name, r->figures[i].help);
            tagged += has_tag(r->figures[i].help);
        }
        bl_setup_close(u);
    }
    ck_assert_uint_eq(tagged, 3);
}
END_TEST

/* ---- documents: a paragraph, an item of a list, a row of a table; words of code in back quotes are not looked at */

enum { BLOCK = 16384 };

static void look_at_block(const char *path, char *block)
{
    for (char *at = block; (at = strchr(at, '`')); ) {
        char *end = strchr(at + 1, '`');
        if (!end)
            break;
        memset(at, '_', (size_t)(end - at) + 1);
        at = end + 1;
    }
    bool claims_a_number = has_tag(block) && block[strcspn(block, "0123456789")];
    ck_assert_msg(!claims_a_number || says_ours(block), "%s: no place in a source, and not said to be ours: %s", path, block);
    *block = '\0';
}

static unsigned claims;

/* A row of a table that has a column `where`. */
static void look_at_claim(const char *path, const char *row, int column)
{
    char cell[256] = "";
    const char *at = row;

    for (int i = 0; at && i <= column; i++)
        at = strchr(at, '|') ? strchr(at, '|') + 1 : NULL;
    if (at)
        snprintf(cell, sizeof cell, "%.*s", (int)strcspn(at, "|"), at);
    ck_assert_msg(says_ours(cell), "%s: '%s' is no place in the paper: %s", path, cell, row);
    claims++;
}

static int column_of(const char *head, const char *name)
{
    int n = -1;

    for (const char *at = head; (at = strchr(at, '|')); at++, n++) {
        const char *cell = at + 1 + strspn(at + 1, " ");
        if (strncmp(cell, name, strlen(name)) == 0 && strspn(cell + strlen(name), " ") + cell + strlen(name) == strchr(cell, '|'))
            return n + 1;
    }
    return -1;
}

static void look_at_document(const char *path)
{
    struct heard h;
    size_t n;
    char *text = (char *)bl_read_all(path, &n, heard_start(&h)), block[BLOCK] = "", *next;
    int where = -1;
    bool head = true, code = false;

    ck_assert_msg(text != NULL, "%s", h.text);
    for (char *line = text; line; line = next) {
        if ((next = strchr(line, '\n')))
            *next++ = '\0';
        code ^= !strncmp(line, "```", 3);
        if (code || !*line || *line == '|' || !strncmp(line, "- ", 2) || !strncmp(line, "* ", 2))
            look_at_block(path, block);
        if (*line == '|' && where >= 0 && strncmp(line, "|---", 4))
            look_at_claim(path, line, where);
        if (*line == '|' && head)
            where = column_of(line, "where");
        head = *line != '|';
        where = head ? -1 : where;
        if (!code && strlen(block) + strlen(line) + 2 < sizeof block)
            strcat(strcat(block, line), " ");
    }
    look_at_block(path, block);
    free(text);
}

START_TEST(documents)
{
    each_file((const char *const[]){ "README.md", "platforms/README.md", "platforms/*/README.md", "platforms/*/studies/*.md", NULL }, look_at_document);
    ck_assert_uint_ge(claims, 15);
}
END_TEST

Suite *suite_tags(void);
Suite *suite_tags(void)
{
    Suite *s = suite_create("tags");
    TCase *t = tcase_create("all");

    tcase_add_test(t, places);
    tcase_add_test(t, prices);
    tcase_add_test(t, parameters);
    tcase_add_test(t, figures);
    tcase_add_test(t, documents);
    suite_add_tcase(s, t);
    return s;
}
