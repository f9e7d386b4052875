/* csv.c - the tables of a report as CSV: one of them, or all, a blank line and a line "# TITLE" before each. */
#include "tools/report/sections.h"

#include <string.h>

static void put(const json_t *report, const struct bl_section *s, bool titled, bool *first, FILE *out)
{
    struct bl_table t;

    s->fill(report, &t);
    if (bl_table_rows(&t)) {
        if (titled)
            fprintf(out, "%s# %s (%s)\n", *first ? "" : "\n", s->title, s->id);
        bl_table_csv(&t, out);
        *first = false;
    }
    bl_table_fini(&t);
}

static void put_series(const json_t *report, const struct bl_series *s, bool titled, bool *first, FILE *out)
{
    if (!s->there(report))
        return;
    if (titled)
        fprintf(out, "%s# %s (%s)\n", *first ? "" : "\n", s->title, s->id);
    s->put(report, out);
    *first = false;
}

void bl_report_csv(const json_t *report, FILE *out)
{
    bool first = true;

    for (const struct bl_section *s = bl_sections; s->title; s++)
        if (!s->text_only)
            put(report, s, true, &first, out);
    for (const struct bl_series *s = bl_series; s->title; s++)
        put_series(report, s, true, &first, out);
}

int bl_report_csv_table(const json_t *report, const char *id, FILE *out, struct bl_diag *diag)
{
    const char *names[64];
    bool first = true;
    size_t n = 0;

    for (const struct bl_section *s = bl_sections; s->title && n < 64; s++) {
        if (s->text_only)
            continue;
        if (!strcmp(s->id, id))
            return put(report, s, false, &first, out), 0;
        names[n++] = s->id;
    }
    for (const struct bl_series *s = bl_series; s->title && n < 64; s++) {
        if (!strcmp(s->id, id))
            return put_series(report, s, false, &first, out), 0;
        names[n++] = s->id;
    }
    const char *near = bl_nearest(id, names, n);
    if (near)
        return bl_error(diag, "--table %s: there is no such table; did you mean '%s'?", id, near);
    return bl_error(diag, "--table %s: there is no such table; --as csv shows all, their names in brackets", id);
}
