/* test_rooms.c - the rooms of the kernel: what kernel/README.md says about the size of each file is true, the core is no larger
 * than agreed, and tools/layers.sh refuses includes across the borders. */
#include <check.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

Suite *suite_rooms(void);

enum { MOST_CORE = 6060, FILES = 128, NAME = 64 };      /* a later issue that needs more says so here and why in its commit */

static const char *const rooms[] = { "", "check/", "ieee/", "observe/" };

/* ---- what there is ---- */

struct file { char name[NAME]; unsigned lines; bool told; };
static struct file files[FILES];
static int nfiles;

static unsigned lines_of(const char *name)
{
    char path[NAME + 16];
    unsigned n = 0;

    snprintf(path, sizeof path, "kernel/%s", name);
    FILE *f = fopen(path, "r");
    ck_assert_msg(f != NULL, "kernel/README.md names %s, and there is no such file", name);
    for (int c; (c = getc(f)) != EOF;)
        n += c == '\n';
    fclose(f);
    return n;
}

static void find_files(void)
{
    nfiles = 0;
    for (size_t r = 0; r < sizeof rooms / sizeof *rooms; r++) {
        char path[NAME];
        snprintf(path, sizeof path, "kernel/%s", rooms[r]);
        DIR *d = opendir(path);
        ck_assert_ptr_nonnull(d);
        for (struct dirent *e; (e = readdir(d));) {
            size_t n = strlen(e->d_name);
            if (n < 3 || (strcmp(e->d_name + n - 2, ".c") && strcmp(e->d_name + n - 2, ".h")))
                continue;
            ck_assert_int_lt(nfiles, FILES);
            struct file *f = &files[nfiles++];
            ck_assert_uint_lt(strlen(rooms[r]) + n, NAME);
            snprintf(f->name, NAME, "%s%.*s", rooms[r], NAME / 2, e->d_name);
            f->lines = lines_of(f->name);
            f->told = false;
        }
        closedir(d);
    }
}

/* ---- what is told ---- */

/* Marks the files of a row "| [a.h](a.h), [a.c](a.c) | 200 | ..." and returns their lines. */
static unsigned read_files(const char *row, const char *end)
{
    unsigned lines = 0;

    for (const char *at = row; (at = strstr(at, "](")) && at < end; at++) {
        size_t n = strcspn(at + 2, ")");
        int k = 0;
        while (k < nfiles && (strlen(files[k].name) != n || strncmp(files[k].name, at + 2, n)))
            k++;
        ck_assert_msg(k < nfiles, "kernel/README.md: %.*s is in the reading order, and there is no such file", (int)n, at + 2);
        ck_assert_msg(!files[k].told, "kernel/README.md: %s stands twice in the reading order", files[k].name);
        files[k].told = true;
        lines += files[k].lines;
    }
    return lines;
}

START_TEST(the_reading_order_is_true)
{
    FILE *f = fopen("kernel/README.md", "r");
    char row[512];
    int rows = 0;

    find_files();
    ck_assert_ptr_nonnull(f);
    while (fgets(row, sizeof row, f)) {
        const char *end = strchr(row + 1, '|');
        unsigned told;
        if (strncmp(row, "| [", 3) || !end || sscanf(end, "| %u |", &told) != 1)
            continue;
        unsigned lines = read_files(row, end), rounded = (lines + 5) / 10 * 10;
        ck_assert_msg(told == rounded, "kernel/README.md: %.*s has %u lines and the table says %u; write %u", (int)(end - row - 2), row + 2,
                      lines, told, rounded);
        rows++;
    }
    fclose(f);
    ck_assert_int_gt(rows, 10);
    for (int i = 0; i < nfiles; i++)
        ck_assert_msg(files[i].told, "kernel/README.md: %s is missing in the reading order", files[i].name);
}
END_TEST

/* All of kernel/ outside of its two rooms, without the headers for others. */
START_TEST(the_core_is_small)
{
    unsigned lines = 0;

    find_files();
    for (int i = 0; i < nfiles; i++)
        if (!strchr(files[i].name, '/') && strcmp(files[i].name, "model.h") && strcmp(files[i].name, "sim.h"))
            lines += files[i].lines;
    ck_assert_msg(lines > 0 && lines <= MOST_CORE, "the core has %u lines; expected at most %d: move what is not time, wiring or account "
                  "to a room of its own", lines, MOST_CORE);
}
END_TEST

/* ---- borders ---- */

static const struct { const char *file, *header; bool allowed; } includes[] = {
    { "kernel/sched.c",          "kernel/kernel.h",          true },
    { "kernel/sched.c",          "kernel/ieee/inside.h",     false },
    { "kernel/sched.c",          "kernel/ieee/ieee.h",       false },
    { "kernel/kernel.h",         "kernel/observe/inside.h",  false },
    { "kernel/ieee/control.c",   "kernel/kernel.h",          true },
    { "kernel/ieee/control.c",   "kernel/ieee/inside.h",     true },
    { "kernel/ieee/control.c",   "kernel/observe/inside.h",  false },
    { "kernel/observe/why.c",    "kernel/ieee/inside.h",     true },
    { "kernel/observe/why.c",    "kernel/observe/inside.h",  true },
    { "components/part.c",       "kernel/model.h",           true },
    { "components/part.c",       "kernel/ieee/ieee.h",       true },
    { "components/part.c",       "kernel/ieee/inside.h",     false },
    { "components/part.c",       "kernel/sim.h",             false },
    { "traces/vcd.c",            "kernel/kernel.h",          false },
    { "traces/vcd.c",            "kernel/observe/watch.h",   false },
};

static void put(const char *root, const char *name, const char *text)
{
    char path[512];

    snprintf(path, sizeof path, "%s/%s", root, name);
    for (char *c = path + strlen(root) + 1; (c = strchr(c, '/')); *c++ = '/') {
        *c = '\0';
        mkdir(path, 0777);
    }
    FILE *f = fopen(path, "w");
    ck_assert_msg(f != NULL, "%s cannot be written", path);
    fputs(text, f);
    fclose(f);
}

/* A tree of one file and the header that it includes. */
START_TEST(includes_across_borders_are_refused)
{
    const char *tmp = getenv("BL_TMP");
    char root[256], line[256], command[600];

    snprintf(root, sizeof root, "%s/rooms%d", tmp ? tmp : "/tmp", _i);
    mkdir(root, 0777);
    snprintf(line, sizeof line, "#include \"%s\"\n", includes[_i].header);
    put(root, includes[_i].header, "\n");
    put(root, includes[_i].file, line);
    snprintf(command, sizeof command, "tools/layers.sh -q %s >/dev/null", root);
    bool refused = system(command) != 0;
    ck_assert_msg(refused == !includes[_i].allowed, "%s includes %s: that is %s", includes[_i].file, includes[_i].header,
                  refused ? "refused" : "not refused");
    snprintf(command, sizeof command, "rm -rf %s", root);
    ck_assert_int_eq(system(command), 0);
}
END_TEST

Suite *suite_rooms(void)
{
    Suite *s = suite_create("rooms");
    TCase *c = tcase_create("all");

    tcase_add_test(c, the_reading_order_is_true);
    tcase_add_test(c, the_core_is_small);
    tcase_add_loop_test(c, includes_across_borders_are_refused, 0, sizeof includes / sizeof *includes);
    suite_add_tcase(s, c);
    return s;
}
