/* test_find.c - which file a name means: paths, bare words in the folders of their kind, three places in order, two files of
 * one name; technologies named by copies of platform files outside of the tree. */
#include "platforms/file/find.h"
#include "platforms/file/load.h"
#include "tests/rigs/heard.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(a) ((int)(sizeof(a) / sizeof(a)[0]))
enum { NAME = 512 };
static char data[NAME], here[NAME];

static char *path_of(const char *root, const char *name, char *buf)
{
    ck_assert_int_lt(snprintf(buf, NAME, "%s/%s", root, name), NAME);
    return buf;
}

/* Writes a file, and the folders on the way to it. */
static void put(const char *root, const char *name, const char *text)
{
    char path[NAME];

    path_of(root, name, path);
    for (char *c = path + strlen(root) + 1; (c = strchr(c, '/')); c++) {
        *c = '\0';
        mkdir(path, 0777);
        *c = '/';
    }
    FILE *f = fopen(path, "w");
    ck_assert_msg(f != NULL, "%s", path);
    fputs(text, f);
    fclose(f);
}

/* A data directory, and a current folder of its own. */
static void places(void)
{
    static const char *const files[] = { "platforms/flat.yaml", "platforms/one/one.yaml", "platforms/one/both.yaml",
        "platforms/two/both.yaml", "platforms/two/tech/7nm.yaml", "platforms/two/macros/m.yaml", "platforms/two/studies/s.study", "platforms/tech/9nm.yaml", "platforms/nets/a.onnx",
        "platforms/nets/b.csv", "platforms/nets/a.one.yaml", "platforms/one/.hidden/x.yaml" };
    const char *tmp = getenv("BL_TMP");
    char root[NAME], full[4096];
    static int n;

    snprintf(root, sizeof root, "%s/find%ld.%d", tmp ? tmp : "/tmp", (long)getpid(), n++);
    mkdir(root, 0777);
    ck_assert_ptr_nonnull(realpath(root, full));
    path_of(full, "data", data);
    path_of(full, "here", here);
    mkdir(data, 0777);
    mkdir(here, 0777);
    for (int i = 0; i < COUNT(files); i++)
        put(data, files[i], "tech: t\nprices: {}\n");
    put(here, "own.yaml", "");
    put(here, "flat.yaml", "");
    put(here, "twice.yaml", "");
    put(here, "platforms/twice.yaml", "");
    setenv("BITLINE_DATA", data, 1);
    ck_assert_int_eq(chdir(here), 0);
}

static const struct { enum bl_file_kind kind; const char *name, *found; bool in_data; } good[] = {
    { BL_FILE_PLATFORM, "own", "own.yaml", false },                      /* the current folder */
    { BL_FILE_PLATFORM, "own.yaml", "own.yaml", false },
    { BL_FILE_PLATFORM, "flat", "flat.yaml", false },                    /* before $BITLINE_DATA, which has one too */
    { BL_FILE_PLATFORM, "one", "platforms/one/one.yaml", true },
    { BL_FILE_PLATFORM, "platforms/one/both.yaml", "platforms/one/both.yaml", true },
    { BL_FILE_TECH, "7nm", "platforms/two/tech/7nm.yaml", true },
    { BL_FILE_TECH, "9nm", "platforms/tech/9nm.yaml", true },
    { BL_FILE_NET, "a", "platforms/nets/a.onnx", true },
    { BL_FILE_NET, "b", "platforms/nets/b.csv", true },
    { BL_FILE_BITS, "b", "platforms/nets/b.csv", true },
    { BL_FILE_MACRO, "m", "platforms/two/macros/m.yaml", true },
    { BL_FILE_STUDY, "s", "platforms/two/studies/s.study", true },
};

START_TEST(finds)
{
    struct bl_found f = { 0 };
    struct heard h;
    char want[NAME];

    places();
    ck_assert_msg(bl_find(good[_i].kind, good[_i].name, "", &f, heard_start(&h)) == 0, "%s", h.text);
    ck_assert_str_eq(f.path + f.hidden, good[_i].found);
    ck_assert_str_eq(f.path, good[_i].in_data ? path_of(data, good[_i].found, want) : good[_i].found);
    bl_found_fini(&f);
}
END_TEST

static const struct { enum bl_file_kind kind; const char *name, *told; } bad[] = {
    { BL_FILE_PLATFORM, "both", "f:1: both: is platforms/one/both.yaml and platforms/two/both.yaml; name the one that is meant by its path" },
    { BL_FILE_PLATFORM, "twice", "f:1: twice: is platforms/twice.yaml and twice.yaml; name the one that is meant by its path" },
    { BL_FILE_PLATFORM, "onee", "f:1: onee: there is no such file; did you mean platforms/one/one.yaml?" },
    { BL_FILE_PLATFORM, "one.yml", "f:1: one.yml: there is no such file; did you mean platforms/one/one.yaml?" },
    { BL_FILE_PLATFORM, "7nm", "f:1: 7nm: there is no such file; expected a platform file, a path like platforms/NAME/NAME.yaml, " },                   /* a technology is no platform */
    { BL_FILE_PLATFORM, "x", "f:1: x: there is no such file; expected a platform file, a path like platforms/NAME/NAME.yaml, " },
    { BL_FILE_TECH, "elsewhere", "f:1: elsewhere: there is no such file; expected a technology file, a path like platforms/NAME/tech/TECH.yaml, " },
    { BL_FILE_PLATFORM, "", "f:1: the name of a file is empty; expected a platform file, a path like platforms/NAME/NAME.yaml" },
    { BL_FILE_PLATFORM, "/", "f:1: /: is a directory; expected a platform file, a path like platforms/NAME/NAME.yaml" },
    { BL_FILE_NET, ".", "f:1: .: is a directory; expected a net, a path like platforms/nets/NAME.onnx" },
    { BL_FILE_PLATFORM, "/one", "f:1: /one: there is no such file; did you mean platforms/one/one.yaml?" },
};

/* A message that ends with the places names them; see the_places. */
static void ck_told(const char *got, const char *told)
{
    size_t n = strlen(told);
    char want[4 * NAME], *all = bl_find_places();

    snprintf(want, sizeof want, "%s%s", told, n > 2 && !strcmp(told + n - 2, ", ") ? all : "");
    ck_assert_str_eq(got, want);
    free(all);
}

START_TEST(refuses)
{
    struct bl_found f = { 0 };
    struct heard h;

    places();
    ck_assert_int_eq(bl_find(bad[_i].kind, bad[_i].name, "f:1: ", &f, heard_start(&h)), -1);
    ck_told(h.text, bad[_i].told);
    ck_assert_ptr_null(f.path);
}
END_TEST

/* Which folders were looked in, and what is wrong with them; a folder too deep is an easy slip. */
START_TEST(the_places)
{
    static const struct { const char *set, *said; } row[] = {
        { NULL, "here, in $BITLINE_DATA (not set) or where bitline is installed (/" },
        { "/nope", "here, in $BITLINE_DATA (/nope, which is not there) or where bitline is installed (/" },
        { "platforms", "here, in $BITLINE_DATA (platforms, which has no folder 'platforms') or where bitline is installed (/" },
        { ".", "here, in $BITLINE_DATA (.) or where bitline is installed (/" },
    };

    places();
    for (int i = 0; i < COUNT(row); i++) {
        if (row[i].set)
            setenv("BITLINE_DATA", row[i].set, 1);
        else
            unsetenv("BITLINE_DATA");
        char *all = bl_find_places();
        ck_assert_msg(!strncmp(all, row[i].said, strlen(row[i].said)), "%s", all);
        free(all);
    }
}
END_TEST

/* A listing has what is in the folders of the kind, nearest place first, and neither nets nor hidden folders. */
START_TEST(lists)
{
    static const char *const want[] = { "platforms/flat.yaml", "platforms/one/both.yaml", "platforms/one/one.yaml",
                                        "platforms/twice.yaml", "platforms/two/both.yaml" };
    struct bl_found *f;
    size_t n, k = 0;

    places();
    n = bl_find_all(BL_FILE_PLATFORM, &f);
    for (size_t i = 0; i < n; i++)                       /* an installed bitline may add its own */
        if (k < COUNT(want) && !strcmp(f[i].path + f[i].hidden, want[k]))
            k++;
    ck_assert_uint_eq(k, COUNT(want));
    bl_found_list_fini(f, n);
}
END_TEST

/* `--set tech=` beside them: first what is here, but for the platform itself; then as the file would say it. */
static const struct { const char *set, *file; } sets[] = {
    { "tech=h", "h.yaml" }, { "tech=h.yaml", "h.yaml" }, { "tech=p", "tech/p.yaml" }, { "tech=p.yaml", "tech/p.yaml" },
    { "tech=sub", "tech/sub.yaml" }, { "tech=sub.yaml", "tech/sub.yaml" }, { "tech=./tech/sub.yaml", "./tech/sub.yaml" },
    { "tech=7nm.yaml", "platforms/two/tech/7nm.yaml" },
};

START_TEST(technologies_set)
{
    static const char tech[] = "tech: t\nprices:\n  gen.item: { value: 1 fJ, tag: free, source: none }\n";
    const struct bl_set_opt set = { sets[_i].set };
    struct heard h;

    places();
    put(here, "h.yaml", tech);
    put(here, "tech/sub.yaml", tech);
    put(here, "tech/p.yaml", tech);
    put(data, "platforms/two/tech/7nm.yaml", tech);
    put(here, "p.yaml", "platform: p\nclocks: { c: 1 ns }\nparts:\n  g: { class: gen }\n");
    struct bl_platform *p = bl_platform_load("p.yaml", &set, 1, heard_start(&h));
    ck_assert_msg(p != NULL, "%s", h.text);
    const struct bl_datafile *f = bl_platform_file(p, 1);
    ck_assert_str_eq(f->path + f->hidden, sets[_i].file);
    bl_platform_free(p);
}
END_TEST

/* `tech:` of a platform file that lies anywhere: beside it, in tech/ beside it, by name, by a file's name; else refused. A
 * platform file is no technology of the same name. */
static const struct { const char *tech, *file, *told; } techs[] = {
    { "own", "own.yaml", NULL }, { "own.yaml", "own.yaml", NULL }, { "./own.yaml", "./own.yaml", NULL },
    { "twin", "tech/twin.yaml", NULL },          /* not twin.yaml beside tech/ */
    { "sub", "tech/sub.yaml", NULL }, { "tech/sub.yaml", "tech/sub.yaml", NULL },
    { "7nm", "platforms/two/tech/7nm.yaml", NULL }, { "7nm.yaml", "platforms/two/tech/7nm.yaml", NULL },
    { "elsewhere", NULL, "p/p.yaml:2:7: elsewhere: there is no such file; expected a technology file, a path like platforms/NAME/tech/TECH.yaml, " },
    { "tech/6nm.yaml", NULL, "p/p.yaml:2:7: p/tech/6nm.yaml: cannot be opened: No such file or directory; check the path" },
};

START_TEST(technologies)
{
    struct heard h;
    char text[NAME], want[NAME];
    static const char tech[] = "tech: t\nprices:\n  gen.item: { value: 1 fJ, tag: free, source: none }\n";

    places();
    put(here, "p/own.yaml", tech);
    put(here, "p/tech/sub.yaml", tech);
    put(here, "p/tech/twin.yaml", tech);
    put(here, "p/twin.yaml", "platform: twin\n");
    put(data, "platforms/two/tech/7nm.yaml", tech);
    snprintf(text, sizeof text, "platform: p\ntech: %s\nclocks: { c: 1 ns }\nparts:\n  g: { class: gen }\n", techs[_i].tech);
    put(here, "p/p.yaml", text);
    struct bl_platform *p = bl_platform_load("p/p.yaml", NULL, 0, heard_start(&h));
    if (techs[_i].told) {
        ck_assert_ptr_null(p);
        ck_told(h.text, techs[_i].told);
        return;
    }
    ck_assert_msg(p != NULL, "%s", h.text);
    const struct bl_datafile *f = bl_platform_file(p, 1);
    snprintf(want, sizeof want, "%s%s", f->hidden ? "" : "p/", techs[_i].file);
    ck_assert_str_eq(f->path + f->hidden, want);
    bl_platform_free(p);
}
END_TEST

START_TEST(no_technology_of_its_own)
{
    struct heard h;
    static const char text[] = "platform: p\ntech: p\nclocks: { c: 1 ns }\nparts:\n  g: { class: gen }\n";

    places();
    put(here, "p.yaml", text);
    ck_assert_ptr_null(bl_platform_load("p.yaml", NULL, 0, heard_start(&h)));
    ck_assert_str_eq(h.text, "p.yaml:2:7: p: is this platform file; expected a technology, tech/p.yaml beside it");
    put(here, "tech/p.yaml", "tech: t\nprices:\n  gen.item: { value: 1 fJ, tag: free, source: none }\n");
    struct bl_platform *p = bl_platform_load("p.yaml", NULL, 0, heard_start(&h));
    ck_assert_msg(p != NULL, "%s", h.text);
    ck_assert_str_eq(bl_platform_file(p, 1)->path, "tech/p.yaml");
    bl_platform_free(p);
}
END_TEST

/* Each case begins in the folder that the suite was started in. */
static int started_in = -1;
static void remember(void) { started_in = open(".", O_RDONLY | O_DIRECTORY); }
static void go_back(void)
{
    ck_assert_int_eq(fchdir(started_in), 0);
    close(started_in);
}

Suite *suite_find(void);
Suite *suite_find(void)
{
    Suite *s = suite_create("find");
    TCase *tc = tcase_create("all");

    tcase_add_loop_test(tc, finds, 0, COUNT(good));
    tcase_add_loop_test(tc, refuses, 0, COUNT(bad));
    tcase_add_test(tc, the_places);
    tcase_add_test(tc, lists);
    tcase_add_loop_test(tc, technologies, 0, COUNT(techs));
    tcase_add_loop_test(tc, technologies_set, 0, COUNT(sets));
    tcase_add_test(tc, no_technology_of_its_own);
    tcase_add_checked_fixture(tc, remember, go_back);
    suite_add_tcase(s, tc);
    return s;
}
