/* test_stories.c - every row of stories.txt is played: events.c, and the waiting parts of sched.c, kernel/ieee/method.c,
 * kernel/ieee/static.c, kernel/ieee/lock.c. Every rule that it quotes is one of kernel/README.md or of a header. */
#include "tests/rigs/story.h"

#include <glob.h>

#define LIST "tests/kernel/stories.txt"
enum { CELLS = 10 };

/* The text of a file, malloc'ed. */
static char *text_of(const char *path)
{
    FILE *f = fopen(path, "r");
    char *text = NULL;
    size_t room = 0;

    KP_HOLDS(f && getdelim(&text, &room, '\0', f) > 0, "%s is not there", path);
    fclose(f);
    return text;
}

/* ---- rows: a group is a name, lines that stand below it, and its rows "| cell | cell | story"; without rows it is one ---- */

struct row { const char *name, *body, *line; size_t nname, nbody, nline; };
static struct row *rows;
static size_t nrows;

static void add_row(struct row r)
{
    rows = realloc(rows, (nrows + 1) * sizeof *rows);
    KP_HOLDS(rows, "no memory");
    rows[nrows++] = r;
}

static const char *line_end(const char *p) { return p + strcspn(p, "\n"); }

/* One group, whose name stands at p; returns what comes behind it. */
static const char *read_group(const char *p)
{
    struct row r = { .name = p, .nname = strcspn(p, "\n") };
    size_t before = nrows;
    const char *end = line_end(p) + 1;

    r.body = end;
    for (p = end; *p == ' ' || *p == '\n'; p = line_end(p) + (*line_end(p) == '\n')) {
        const char *text = p + strspn(p, " ");
        if (*text == '|')
            add_row((struct row){ r.name, r.body, text, r.nname, r.nbody, strcspn(text, "\n") });
        else if (nrows == before)
            r.nbody = (size_t)(line_end(p) - r.body);
        else
            KP_HOLDS(*text == '\n' || *text == '#' || !*text, "behind the rows of its group: %.60s", text);
    }
    if (nrows == before)
        add_row(r);
    return p;
}

static size_t read_rows(void)
{
    if (!rows)
        for (const char *p = text_of(LIST); *p;)
            p = *p == '\n' || *p == '#' ? line_end(p) + (*line_end(p) == '\n') : read_group(p);
    return nrows;
}

/* The cells of a row, without the blanks around them; returns how many there are. */
static size_t cells_of(const struct row *r, char (*cell)[512])
{
    const char *p = r->line, *end = r->line + r->nline;
    size_t n = 0;

    while (p && p < end) {
        const char *from = p + 1 + strspn(p + 1, " "), *bar = memchr(from, '|', (size_t)(end - from)), *to = bar ? bar : end;
        p = bar;
        while (to > from && to[-1] == ' ')
            to--;
        KP_HOLDS(n < CELLS, "too many cells: %.60s", r->line);
        snprintf(cell[n++], sizeof *cell, "%.*s", (int)(to - from), from);
    }
    return n;
}

/* The body with the cells of the row in place of $1, $2 and so on; the last cell is told. */
static void fill_in(const struct row *r, char *text, size_t room)
{
    static char cell[CELLS][512];
    size_t n = cells_of(r, cell), at = 0;

    for (const char *p = r->body; p < r->body + r->nbody; p++) {
        size_t k = *p == '$' && p[1] > '0' && p[1] <= '9' ? (size_t)(p[1] - '0') : 0;
        KP_HOLDS(k < n || !k, "no cell %d: %.60s", (int)k, r->line ? r->line : r->name);
        at += (size_t)snprintf(text + at, room - at, "%.*s", k ? 512 : 1, k ? cell[k - 1] : p);
        KP_HOLDS(at < room, "too long: %.60s", r->name);
        p += k > 0;
    }
    if (n && *cell[n - 1])
        snprintf(text + at, room - at, "\nstory %s", cell[n - 1]);
}

START_TEST(each_story_is_told)
{
    static char text[8192], name[1024];
    static struct play p;
    const struct row *r = &rows[_i];

    snprintf(name, sizeof name, "%.*s%s%.*s", (int)r->nname, r->name, r->line ? "\n  " : "", (int)r->nline, r->line ? r->line : "");
    fill_in(r, text, sizeof text);
    read_play(&p, text);
    story_holds(&p, name);
}
END_TEST

/* ---- the rules that are quoted ---- */

/* Words with one blank between them, without what draws tables and comments. */
static char *plain(char *text)
{
    char *to = text;

    for (const char *p = text; *p; p++)
        if (!strchr(" \n*/|", *p))
            *to++ = *p;
        else if (to > text && to[-1] != ' ')
            *to++ = ' ';
    while (to > text && to[-1] == ' ')
        to--;
    *to = 0;
    return text;
}

/* Does README.md or a header of the kernel say it? */
static bool is_said(const glob_t *files, const char *rule)
{
    bool said = false;

    for (size_t i = 0; i < files->gl_pathc && !said; i++) {
        char *text = plain(text_of(files->gl_pathv[i]));
        said = strstr(text, rule) != NULL;
        free(text);
    }
    return said;
}

START_TEST(each_rule_is_quoted_word_by_word)
{
    char rule[512];
    glob_t files;

    ck_assert_int_eq(glob("kernel/README.md", 0, NULL, &files), 0);
    glob("kernel/*.h", GLOB_APPEND, NULL, &files);
    glob("kernel/*/*.h", GLOB_APPEND, NULL, &files);
    for (size_t i = 0; i < nrows; i++) {
        const char *p = strstr(rows[i].body, "    rule ");
        KP_HOLDS(p && p < rows[i].body + rows[i].nbody, "%.*s: it quotes no rule", (int)rows[i].nname, rows[i].name);
        snprintf(rule, sizeof rule, "%.*s", (int)strcspn(p + 9, "\n"), p + 9);
        KP_HOLDS(is_said(&files, plain(rule)), "%.*s: no rule says: %s", (int)rows[i].nname, rows[i].name, rule);
    }
    globfree(&files);
}
END_TEST

Suite *suite_stories(void);
Suite *suite_stories(void)
{
    Suite *s = suite_create("stories");
    TCase *c = tcase_create("stories");

    tcase_add_loop_test(c, each_story_is_told, 0, (int)read_rows());
    tcase_add_test(c, each_rule_is_quoted_word_by_word);
    suite_add_tcase(s, c);
    return s;
}
