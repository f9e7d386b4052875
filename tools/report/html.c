/* html.c - a report as one page that needs nothing else: the tables of the text view with bars in their
 * cells, and two charts drawn in SVG. */
#include "tools/report/sections.h"

#include <string.h>

enum { CHART = 900, LABEL = 230, BAR = 16, STEP = 22, MOST_BARS = 40 };

static const char STYLE[] =
    "body{font:14px/1.45 system-ui,sans-serif;max-width:1200px;margin:2em auto;padding:0 1em;color:#1d2430}\n"
    "h1{font-size:1.5em}h2{font-size:1.15em;margin:2em 0 .4em;border-bottom:1px solid #cfd6e0}\n"
    "table{border-collapse:collapse;font-size:13px}td,th{padding:2px 10px;white-space:nowrap;text-align:left}\n"
    "th{color:#5a6678;font-weight:600}td.r,th.r{text-align:right;font-variant-numeric:tabular-nums}\n"
    "tr:nth-child(even){background:#f5f7fa}div.t{overflow-x:auto}\n"
    "td[style]{background:linear-gradient(90deg,#bcd7f5 var(--s),transparent var(--s))}\n"
    "p.n{color:#5a6678;margin:.2em 0;font-size:13px;white-space:pre-wrap}svg text{font:12px system-ui,sans-serif;fill:#1d2430}\n"
    ".busy{fill:#3f8f5f}.idle{fill:#c9d1dc}.stall{fill:#d9713c}.energy{fill:#3d6fb5}\n"
    "@media print{body{max-width:none}}\n";

static void note(FILE *out, const char *text)
{
    fputs("<p class=n>", out);
    bl_html_text(text, out);
    fputs("</p>\n", out);
}

static void label(FILE *out, size_t row, const char *text)
{
    fprintf(out, "<text x=\"%d\" y=\"%zu\" text-anchor=\"end\">", LABEL - 8, row * STEP + BAR - 3);
    bl_html_text(text, out);
    fputs("</text>", out);
}

static void bar(FILE *out, size_t row, double from, double share, const char *kind, const char *what)
{
    if (share <= 0)
        return;
    fprintf(out, "<rect class=%s x=\"%.2f\" y=\"%zu\" width=\"%.2f\" height=\"%d\"><title>%s %.2f %%</title></rect>", kind,
            LABEL + from * (CHART - LABEL), row * STEP, share * (CHART - LABEL), BAR, what, 100 * share);
}

static size_t shown(const struct bl_table *t) { return bl_table_rows(t) < MOST_BARS ? bl_table_rows(t) : MOST_BARS; }

/* Columns of bl_fill_parts: 0 the part; from 2 on the shares of busy, own, waits, starved, before, after, idle; of a report of before: busy,
 * idle, stalled. */
static void time_chart(const json_t *report, FILE *out)
{
    struct bl_table t;

    bl_fill_parts(report, &t);
    fprintf(out, "<svg viewBox=\"0 0 %d %zu\" width=\"%d\" role=img aria-label=\"time by verdict\">\n", CHART,
            shown(&t) * STEP + 1, CHART);
    for (size_t i = 0; i < shown(&t); i++) {
        const double *s = t.share + i * t.columns;
        label(out, i, t.cell[i * t.columns]);
        const bool old = t.columns < 9;
        const double stalled = old ? s[4] : s[3] + s[4] + s[5], idle = old ? s[3] : s[6] + s[7] + s[8];
        bar(out, i, 0, s[2], "busy", "busy");
        bar(out, i, s[2], stalled, "stall", "waited or starved");
        bar(out, i, s[2] + stalled, idle, "idle", "idle");
        fputc('\n', out);
    }
    fputs("</svg>\n<p class=n>green busy, orange waited or starved, grey idle, not begun or through</p>\n", out);
    bl_table_fini(&t);
}

/* Columns of bl_fill_energy: 0 the part, blank when it is that of the row above; 2 the item; 7 the share. */
static void energy_chart(const json_t *report, FILE *out)
{
    struct bl_table t;
    const char *part = "";
    char text[160];

    bl_fill_energy(report, &t);
    fprintf(out, "<svg viewBox=\"0 0 %d %zu\" width=\"%d\" role=img aria-label=\"energy by part\">\n", CHART,
            shown(&t) * STEP + 1, CHART);
    for (size_t i = 0; i < shown(&t); i++) {
        char *const *cell = t.cell + i * t.columns;
        part = *cell[0] ? cell[0] : part;
        snprintf(text, sizeof text, "%.60s.%.60s", part, cell[2]);
        label(out, i, text);
        bar(out, i, 0, t.share[i * t.columns + 7], "energy", "energy");
        fputc('\n', out);
    }
    fputs("</svg>\n", out);
    bl_table_fini(&t);
}

static void section(const struct bl_section *s, const json_t *report, FILE *out)
{
    struct bl_table t;

    s->fill(report, &t);
    if (bl_table_rows(&t)) {
        fprintf(out, "<h2 id=%s>%s</h2>\n", s->id, s->title);
        if (s->fill == bl_fill_parts)
            time_chart(report, out);
        if (s->fill == bl_fill_energy)
            energy_chart(report, out);
        fputs("<div class=t>\n", out);
        bl_table_html(&t, out);
        fputs("</div>\n", out);
        if (s->notes)
            s->notes(report, note, out);
    }
    bl_table_fini(&t);
}

void bl_report_html(const json_t *report, const struct bl_written *w, FILE *out)
{
    const char *name = bl_j_text(json_object_get(report, "platform"), "name");

    fputs("<!DOCTYPE html>\n<html lang=en>\n<meta charset=utf-8>\n<meta name=viewport content=\"width=device-width\">\n<title>", out);
    bl_html_text(name, out);
    fprintf(out, " - bitline report</title>\n<style>\n%s</style>\n<h1>", STYLE);
    bl_html_text(name, out);
    fputs("</h1>\n", out);
    for (const struct bl_section *s = bl_sections; s->title; s++)
        if (!s->text_only)
            section(s, report, out);
    if (w->files->n)
        fputs("<h2 id=files>Files</h2>\n", out);
    for (size_t i = 0; i < w->files->n; i++)
        note(out, w->files->v[i]);
    fprintf(out, "<p class=n>Written by bitline ");
    bl_html_text(bl_j_text(report, "version"), out);
    fputs("</p>\n</html>\n", out);
}
