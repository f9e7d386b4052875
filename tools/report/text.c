/* text.c - a report for people at a terminal. */
#include "tools/report/sections.h"

static void note(FILE *out, const char *text) { bl_wrap(text, 2, BL_TEXT_WIDTH, out); }

/* A name is copied from here: it stays in one piece. */
static void name(FILE *out, const char *text)
{
    fputs("  ", out);
    bl_safe_text(text, out);
    fputc('\n', out);
}

static void files(const struct bl_written *w, FILE *out)
{
    if (w->files->n)
        fprintf(out, "\nFiles\n");
    for (size_t i = 0; i < w->files->n; i++)
        name(out, w->files->v[i]);
    if (w->gtkwave)
        fprintf(out, "\nSee the waveform: %s\n", w->gtkwave);
}

void bl_report_text(const json_t *report, const struct bl_written *w, FILE *out)
{
    bool first = true;

    for (const struct bl_section *s = bl_sections; s->title; s++) {
        struct bl_table t;
        s->fill(report, &t);
        if (bl_table_rows(&t)) {
            fprintf(out, "%s%s\n", first ? "" : "\n", s->title);
            bl_table_fit(&t, 1, BL_TEXT_WIDTH, out);
            if (s->notes)
                s->notes(report, note, out);
            first = false;
        }
        bl_table_fini(&t);
    }
    files(w, out);
}
