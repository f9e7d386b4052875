/* test_components_readme.c - components/README.md is true: every general class has a row, with exactly the ports that it has, and every
 * shared header one; what rows name is there. */
#include "kernel/model.h"
#include "kernel/sim.h"

#include <check.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *suite_components_readme(void);

enum { ROW = 1024, PORTS = 64, NAME = 64 };

/* ---- the page ---- */

static bool is_there(const char *name)
{
    char path[ROW + 16];
    FILE *f;

    snprintf(path, sizeof path, "components/%s", name);
    if ((f = fopen(path, "r")))
        fclose(f);
    return f != NULL;
}

/* The row "| [NAME](NAME.c) | .." of a class, or the one with "(NAME.h)" of a header; false: there is none. More than one is an error. */
static bool row_of(const char *link, char row[ROW])
{
    FILE *f = fopen("components/README.md", "r");
    char line[ROW];
    int n = 0;

    ck_assert_ptr_nonnull(f);
    while (fgets(line, sizeof line, f)) {
        ck_assert_msg(strchr(line, '\n') != NULL, "components/README.md: a line of more than %d bytes", ROW - 2);
        if (strncmp(line, "| [", 3) || !strstr(line, link))
            continue;
        memcpy(row, line, sizeof line);
        n++;
    }
    fclose(f);
    ck_assert_msg(n < 2, "components/README.md: %d rows with %s; expected one", n, link);
    return n == 1;
}

/* ---- ports of a row: words in back quotes of its third cell, without what stands in brackets; "+tag" is a twin ---- */

struct ports { size_t n; char name[PORTS][NAME]; };

static void add_port(struct ports *p, const char *name, size_t n, const char *behind)
{
    ck_assert_uint_lt(p->n, PORTS);
    snprintf(p->name[p->n++], NAME, "%.*s%s", (int)n, name, behind);
}

static void read_ports(const char *row, struct ports *p)
{
    const char *at = row;

    p->n = 0;
    for (int cell = 0; cell < 3 && at; cell++)
        at = strchr(at + (cell > 0), '|');
    ck_assert_msg(at != NULL, "components/README.md: no third cell in %s", row);
    const char *end = strchr(at + 1, '|');
    ck_assert_msg(end != NULL, "components/README.md: no fourth cell in %s", row);
    for (const char *open; (open = strchr(at, '`')) && open < end;) {
        const char *close = strchr(open + 1, '`');
        ck_assert_msg(close && close < end, "components/README.md: a quote without an end in %s", row);
        const size_t n = strcspn(open + 1, "[`");
        add_port(p, open + 1, n, "");
        if (!strncmp(close, "` +tag", 6))
            add_port(p, open + 1, n, "_tag");
        at = close + 1;
    }
}

static bool has_port(const struct ports *p, const char *name)
{
    for (size_t i = 0; i < p->n; i++)
        if (!strcmp(p->name[i], name))
            return true;
    return false;
}

static void check_ports(const struct bl_class *c, const char *row)
{
    struct ports told;
    size_t n = 0;

    read_ports(row, &told);
    for (const struct bl_field *f = c->fields; f->kind; f++) {
        if (!bl_field_is(f, BL_IS_PORT))
            continue;
        ck_assert_msg(has_port(&told, f->name), "components/README.md: the row of %s does not name its port %s", c->name, f->name);
        n++;
    }
    ck_assert_msg(n == told.n, "components/README.md: the row of %s names %zu ports, and it has %zu", c->name, told.n, n);
}

START_TEST(every_general_class_has_its_row)
{
    char file[2 * NAME], row[ROW];
    int general = 0, of_machines = 0;

    for (const struct bl_class *const *c = bl_classes; *c; c++) {
        snprintf(file, sizeof file, "%s.c", (*c)->name);
        if (!is_there(file)) {                      /* in the folder of a machine */
            of_machines++;
            continue;
        }
        snprintf(file, sizeof file, "| [%s](%s.c) |", (*c)->name, (*c)->name);
        ck_assert_msg(row_of(file, row), "components/README.md: %s has no row; expected '%s ..' in \"The general parts\"", (*c)->name, file);
        check_ports(*c, row);
        general++;
    }
    ck_assert_int_ge(general, 20);
    ck_assert_int_ge(of_machines, 20);
}
END_TEST

START_TEST(every_header_has_its_row)
{
    DIR *d = opendir("components");
    char link[3 * NAME], row[ROW];
    int headers = 0;

    ck_assert_ptr_nonnull(d);
    for (struct dirent *e; (e = readdir(d));) {
        const size_t n = strlen(e->d_name);
        if (n < 3 || n >= NAME || strcmp(e->d_name + n - 2, ".h"))
            continue;
        snprintf(link, sizeof link, "[%.*s](%.*s)", NAME, e->d_name, NAME, e->d_name);
        ck_assert_msg(row_of(link, row), "components/README.md: %s has no row in \"Headers that they share\"", e->d_name);
        headers++;
    }
    closedir(d);
    ck_assert_int_ge(headers, 15);
}
END_TEST

/* Every link of the page leads to a file or folder. */
START_TEST(links_lead_somewhere)
{
    FILE *f = fopen("components/README.md", "r");
    char line[ROW], name[ROW];
    int links = 0;

    ck_assert_ptr_nonnull(f);
    while (fgets(line, sizeof line, f))
        for (const char *at = line; (at = strstr(at, "]("));) {
            const size_t n = strcspn(at += 2, ")");
            snprintf(name, sizeof name, "%.*s", (int)n, at);
            ck_assert_msg(is_there(name), "components/README.md: there is no components/%s", name);
            links++;
        }
    fclose(f);
    ck_assert_int_ge(links, 40);
}
END_TEST

/* What the reader makes of a row. */
START_TEST(rows_are_read)
{
    static const char ROW_OF_TWO[] = "| [a](a.c) | `no` port | `in[ways]` +tag, `sel` -> `out` w | `stages` |";
    struct ports p;

    read_ports(ROW_OF_TWO, &p);
    ck_assert_uint_eq(p.n, 4);
    ck_assert(has_port(&p, "in") && has_port(&p, "in_tag") && has_port(&p, "sel") && has_port(&p, "out"));
    ck_assert(!has_port(&p, "no") && !has_port(&p, "stages") && !has_port(&p, "sel_tag"));
}
END_TEST

Suite *suite_components_readme(void)
{
    Suite *s = suite_create("components_readme");
    TCase *c = tcase_create("all");

    tcase_add_test(c, every_general_class_has_its_row);
    tcase_add_test(c, every_header_has_its_row);
    tcase_add_test(c, links_lead_somewhere);
    tcase_add_test(c, rows_are_read);
    suite_add_tcase(s, c);
    return s;
}
