/* test_layers.c - tools/layers.sh names every wrong include: for each rule of its own table, one of each folder and library that the
 * rule does not allow; machines that look at each other; includes that nobody can follow. */
#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

enum { MOST = 64, WORD = 1024, MOST_TEXT = 1 << 16 };
static struct { char folder[WORD], own[WORD], libraries[WORD]; } rule[MOST];
static struct { char name[WORD], header[WORD]; } library[MOST];
static int rules, libraries;

/* Folders of a tree: those at the top, and those of the rules. */
static const char *folders[2 * MOST] = { "kernel", "components", "platforms", "traces", "tools", "tests" };
static int nfolders;

/* The next quoted text from *at on, which moves behind it. */
static void quoted(const char **at, char word[WORD])
{
    const char *from = strchr(*at, '"') + 1, *to = strchr(from, '"');

    snprintf(word, WORD, "%.*s", (int)(to - from), from);
    *at = to + 1;
}

/* Reads the script's table. protobuf-c and libevent, of which any header goes, are known to it by pattern. */
static void read_table(void)
{
    static char text[MOST_TEXT];
    FILE *f = fopen("tools/layers.sh", "r");

    if (!f)
        return;
    text[fread(text, 1, sizeof text - 1, f)] = 0;
    fclose(f);
    rules = libraries = 0;
    nfolders = 6;
    for (const char *at = text; (at = strstr(at, "rule(\"")) && rules < MOST; rules++) {
        quoted(&at, rule[rules].folder);
        if (strchr(rule[rules].folder, '/'))
            folders[nfolders++] = rule[rules].folder;
        quoted(&at, rule[rules].own);
        quoted(&at, rule[rules].libraries);
    }
    for (const char *at = text; (at = strstr(at, "library(\"")) && libraries < MOST - 2;) {
        char all[WORD];
        quoted(&at, library[libraries].name);
        quoted(&at, all);
        snprintf(library[libraries].header, WORD, "%.*s", (int)strcspn(all, " "), all);
        libraries += strcmp(library[libraries].name, "libc") != 0;
    }
    strcpy(library[libraries].name, "protobuf-c");
    strcpy(library[libraries++].header, "protobuf-c/protobuf-c.h");
    strcpy(library[libraries].name, "libevent");
    strcpy(library[libraries++].header, "event2/event.h");
}

static bool has_word(const char *list, const char *word)
{
    size_t n = strlen(word);

    for (const char *at = list; *at; at += strcspn(at, " "), at += strspn(at, " "))
        if (strncmp(at, word, n) == 0 && (at[n] == ' ' || at[n] == 0))
            return true;
    return false;
}

/* Whether the rule lets a file of its folder include FOLDER/planted.h: by the beginning of a path, or as one of all headers of a folder. HERE
 * is the folder of the file. */
static bool lets_in(int r, const char *folder)
{
    char path[2 * WORD], headers[WORD], word[WORD];

    snprintf(path, sizeof path, "%s/planted.h", folder);
    snprintf(headers, sizeof headers, "%s/*.h", folder);
    for (const char *at = rule[r].own; *at; at += strcspn(at, " "), at += strspn(at, " ")) {
        snprintf(word, sizeof word, "%.*s", (int)strcspn(at, " "), at);
        if (strcmp(word, "HERE/*.h") == 0)
            snprintf(word, sizeof word, "%.*s/*.h", WORD - 5, rule[r].folder);
        if (strcmp(word, headers) == 0 || (word[strlen(word) - 1] == '/' && strncmp(path, word, strlen(word)) == 0))
            return true;
    }
    return false;
}

/* ---- a tree in the scratch folder */

static char tree[WORD];

static void in_tree(char path[2 * WORD], const char *name)
{
    snprintf(path, 2 * WORD, "%s/%s", tree, name);
}

static void put_file(const char *name, const char *text)
{
    char path[2 * WORD], command[3 * WORD];

    in_tree(path, name);
    snprintf(command, sizeof command, "mkdir -p \"$(dirname '%s')\"", path);
    ck_assert_int_eq(system(command), 0);
    FILE *f = fopen(path, "w");
    ck_assert(f && fputs(text, f) >= 0 && fclose(f) == 0);
}

/* Every folder with a header, and files that include only what they may. */
static void right_tree(void)
{
    char command[2 * WORD], name[2 * WORD];
    const char *tmp = getenv("BL_TMP");

    snprintf(tree, sizeof tree, "%s/tree", tmp ? tmp : "/tmp");
    snprintf(command, sizeof command, "rm -rf '%s'", tree);
    ck_assert_int_eq(system(command), 0);
    for (int i = 0; i < nfolders; i++) {
        snprintf(name, sizeof name, "%s/planted.h", folders[i]);
        put_file(name, "#include <stddef.h>\n");
        snprintf(name, sizeof name, "%s/two/planted.h", folders[i]);
        put_file(name, "#include <stddef.h>\n");
    }
    put_file("kernel/model.h", "#include \"kernel/planted.h\"\n");
    put_file("components/right.c", "#include <string.h>\n#include \"kernel/model.h\"\n");
}

static char said[MOST_TEXT];

/* The script's status; what it said is in `said`. */
static int layers(void)
{
    char command[2 * WORD];

    snprintf(command, sizeof command, "tools/layers.sh '%s' 2>&1", tree);
    FILE *f = popen(command, "r");
    ck_assert_ptr_nonnull(f);
    said[fread(said, 1, sizeof said - 1, f)] = 0;
    int status = pclose(f);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void ck_named(const char *file, int line, const char *included)
{
    char want[3 * WORD];

    snprintf(want, sizeof want, "%.*s:%d: includes %.*s: ", WORD, file, line, WORD, included);
    ck_assert_msg(strstr(said, want) != NULL, "'%s' is not in:\n%s", want, said);
}

/* ---- tests */

START_TEST(a_right_tree)
{
    right_tree();
    ck_assert_msg(layers() == 0, "%s", said);
    ck_assert_int_ge(rules, 7);
    ck_assert_int_ge(libraries, 8);
}
END_TEST

/* In the folder of a rule, one file that includes all it may not. */
START_TEST(each_rule)
{
    static char text[4 * MOST_TEXT];
    char file[2 * WORD], wrong[3 * MOST][WORD + 20];
    int n = 0;

    right_tree();
    snprintf(file, sizeof file, "%s/wrong.c", rule[_i].folder);
    for (int i = 0; i < nfolders; i++)
        if (!lets_in(_i, folders[i]))
            snprintf(wrong[n++], sizeof *wrong, "\"%s/planted.h\"", folders[i]);
    for (int i = 0; i < libraries; i++)
        if (!has_word(rule[_i].libraries, library[i].name))
            snprintf(wrong[n++], sizeof *wrong, "<%s>", library[i].header);
    *text = 0;
    for (int i = 0, at = 0; i < n; i++)
        at += snprintf(text + at, sizeof text - (size_t)at, "#include %s\n", wrong[i]);
    put_file(file, text);
    ck_assert_msg(layers() == (n ? 1 : 0), "%s", said);
    for (int i = 0; i < n; i++)
        ck_named(file, i + 1, wrong[i]);
    ck_assert_msg(n > 0 || !strcmp(rule[_i].folder, "tests"), "%s/ may include everything", rule[_i].folder);
}
END_TEST

/* What no table says: a machine looks into another one, headers that nobody can follow or has heard of. */
static const struct { const char *file, *included; } others[] = {
    { "components/wrong.c", "\"components/two/planted.h\"" },     { "components/one/wrong.c", "\"components/two/planted.h\"" },
    { "platforms/one/wrong.c", "\"platforms/two/planted.h\"" },
    { "platforms/one/wrong.c", "\"components/two/planted.h\"" },  { "kernel/wrong.h", "\"components/planted.h\"" },
    { "kernel/wrong.c", "\"planted.h\"" },                        { "tests/wrong.c", "\"../kernel/planted.h\"" },
    { "tests/wrong.c", "\"kernel/nowhere.h\"" },                  { "tests/wrong.c", "<nowhere.h>" },
};

START_TEST(other_kinds)
{
    char text[2 * WORD];

    right_tree();
    snprintf(text, sizeof text, "/* wrong */\n  #  include %s\n", others[_i].included);
    put_file(others[_i].file, text);
    ck_assert_msg(layers() == 1, "%s", said);
    ck_named(others[_i].file, 2, others[_i].included);
}
END_TEST

START_TEST(cannot_be_followed)
{
    right_tree();
    put_file("tools/wrong.c", "#include WHAT\n");
    ck_assert_msg(layers() == 1, "%s", said);
    ck_assert_msg(strstr(said, "tools/wrong.c:1: ") && strstr(said, "cannot follow it"), "%s", said);
}
END_TEST

Suite *suite_layers(void);
Suite *suite_layers(void)
{
    Suite *s = suite_create("layers");
    TCase *c = tcase_create("layers");

    read_table();
    tcase_add_test(c, a_right_tree);
    tcase_add_loop_test(c, each_rule, 0, rules);
    tcase_add_loop_test(c, other_kinds, 0, sizeof others / sizeof *others);
    tcase_add_test(c, cannot_be_followed);
    suite_add_tcase(s, c);
    return s;
}
