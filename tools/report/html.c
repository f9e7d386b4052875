/* html.c - a report as one page that needs nothing else: the tables of the text view with bars in their cells, and the charts of each section. */
#include "tools/report/charts.h"
#include "tools/report/html_page.h"
#include "tools/report/sections.h"

#include <stdlib.h>
#include <string.h>

#include "platforms/file/io.h"

/* The charts of a section, "" when it has none; to be freed. */
static char *charts_of(const char *section, const json_t *report)
{
    struct bl_text text;

    if (!bl_text_start(&text))
        return bl_memory_lose(), NULL;
    for (const struct bl_chart_of *c = bl_charts; c->put; c++)
        if (!strcmp(c->section, section))
            c->put(report, text.out);
    if (!bl_text_end(&text))
        bl_memory_lose();
    return text.bytes;
}

static void section(const struct bl_section *s, const json_t *report, FILE *out)
{
    char *charts = charts_of(s->id, report);
    struct bl_table t;

    s->fill(report, &t);
    const bool rows = bl_table_rows(&t) > 0;
    if (rows || (charts && *charts))
        bl_page_heading(s->id, s->title, out);
    fputs(charts ? charts : "", out);
    if (rows)
        bl_page_table(s->title, &t, out);
    if (rows && s->notes)
        s->notes(report, bl_page_note, out);
    bl_table_fini(&t);
    free(charts);
}

void bl_report_html(const json_t *report, const struct bl_written *w, FILE *out)
{
    bl_page_start(bl_j_text(json_object_get(report, "platform"), "name"), "report", out);
    for (const struct bl_section *s = bl_sections; s->title; s++)
        if (!s->text_only)
            section(s, report, out);
    if (w->files->n)
        bl_page_heading("files", "Files", out);
    for (size_t i = 0; i < w->files->n; i++)
        bl_page_note(out, w->files->v[i]);
    bl_page_end(bl_j_text(report, "version"), out);
}
