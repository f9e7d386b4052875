/* test_examples.c - the files in platforms/README.md (blocks marked file=NAME) are what the program takes: each is
 * written down, checked, and the platforms are run. */
#include "tests/rigs/heard.h"
#include "tools/commands.h"
#include "platforms/file/io.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAME = 512, MOST = 16 };
static const char PAGE[] = "platforms/README.md", TECH[] = "platforms/tech/";

struct examples { char folder[NAME], name[MOST][NAME]; size_t n; };

static void make_folders(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0777);
        *slash = '/';
    }
}

/* Writes a block that begins behind its first line; returns what follows it. */
static const char *put_block(struct examples *x, const char *name, int n, const char *text)
{
    char path[2 * NAME];
    const char *end = strstr(text, "\n```");

    ck_assert_msg(x->n < MOST && n < NAME && end, "%s: too many examples, or one without an end", PAGE);
    snprintf(x->name[x->n], NAME, "%.*s", n, name);
    snprintf(path, sizeof path, "%s/%s", x->folder, x->name[x->n++]);
    make_folders(path);
    FILE *f = fopen(path, "w");
    ck_assert_msg(f != NULL, "%s cannot be written", path);
    fwrite(text, 1, (size_t)(end - text) + 1, f);
    ck_assert_int_eq(fclose(f), 0);
    return end + 4;
}

/* A block that begins as a platform or a technology file does must have a name: the page would show something that
 * nobody tries. */
static void extract(struct examples *x)
{
    static const char OPEN[] = "```yaml";
    const char *dir = getenv("BL_TMP");
    struct heard h;
    size_t bytes;
    char *page = (char *)bl_read_all(PAGE, &bytes, heard_start(&h));

    ck_assert_msg(page != NULL, "%s", h.text);
    x->n = 0;
    snprintf(x->folder, NAME, "%s/examples.%ld", dir ? dir : "/tmp", (long)getpid());
    for (const char *at = page; (at = strstr(at, OPEN));) {
        int n = (int)strcspn(at, "\n");
        bool named = !strncmp(at, "```yaml file=", 13), whole = !strncmp(at + n, "\nplatform:", 10) || !strncmp(at + n, "\ntech:", 6);
        ck_assert_msg(named || !whole, "%s: an example without a name: %.*s", PAGE, n + 60, at);
        at = named ? put_block(x, at + 13, n - 13, at + n + 1) : at + n;
    }
    free(page);
}

static void remove_all(struct examples *x)
{
    char path[2 * NAME];

    for (size_t i = 0; i < x->n; i++) {
        snprintf(path, sizeof path, "%s/%s", x->folder, x->name[i]);
        unlink(path);
    }
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", x->folder, (const char *[]){ "platforms/tech", "platforms", "" }[i]);
        rmdir(path);
    }
}

/* Does it show ports, to be wired by a file that uses it? Then it does not run by itself. */
static bool is_used(const char *path)
{
    struct heard h;
    size_t bytes;
    char *text = (char *)bl_read_all(path, &bytes, heard_start(&h));
    bool shows = text && strstr(text, "\nports:");

    free(text);
    return shows;
}

static int program(struct heard *h, const char *command, const char *file, const char *set)
{
    char name[] = "bitline", word[16], path[2 * NAME], option[] = "--set", value[3 * NAME], *argv[] = { name, word, path, option, value };

    snprintf(word, sizeof word, "%s", command);
    snprintf(path, sizeof path, "%s", file);
    snprintf(value, sizeof value, "%s", set ? set : "");
    return bl_program(set ? 5 : 3, argv, heard_start(h));
}

START_TEST(examples)
{
    struct examples x;
    char path[2 * NAME], set[2 * NAME + 8];
    size_t platforms = 0, techs = 0;
    struct heard h;

    extract(&x);
    ck_assert_ptr_nonnull(freopen("/dev/null", "w", stdout));
    for (size_t i = 0; i < x.n; i++) {
        bool tech = !strncmp(x.name[i], TECH, sizeof TECH - 1);
        snprintf(path, sizeof path, "%s/%s", x.folder, x.name[i]);
        snprintf(set, sizeof set, "tech=%s", path);
        if (tech)
            ck_assert_msg(program(&h, "check", "platforms/back_pressure.yaml", set) == BL_DONE, "%s: %s", x.name[i], h.text);
        else
            for (int k = 0; k < 2 && !is_used(path); k++)
                ck_assert_msg(program(&h, k ? "run" : "check", path, NULL) == BL_DONE && h.n == 0, "%s: %s", x.name[i], h.text);
        techs += tech;
        platforms += !tech;
    }
    ck_assert_msg(platforms >= 1 && techs >= 1, "%s: %zu platforms and %zu technologies to try", PAGE, platforms, techs);
    remove_all(&x);
}
END_TEST

Suite *suite_examples(void);
Suite *suite_examples(void)
{
    Suite *s = suite_create("examples");
    TCase *t = tcase_create("platforms/README.md");

    tcase_add_test(t, examples);
    suite_add_tcase(s, t);
    return s;
}
