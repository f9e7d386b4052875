/* page.c - the statements of the papers as one page that needs nothing else, pictures included. */
#include "tools/papers/papers.h"

#include <stdlib.h>
#include <string.h>

#include "platforms/file/io.h"
#include "tools/memory.h"
#include "tools/report/table.h"

static const char STYLE[] =
    "body{font:15px/1.5 system-ui,sans-serif;max-width:1300px;margin:2em auto;padding:0 1em;color:#1d2430}\n"
    "h1{font-size:1.6em}h2{font-size:1.3em;margin-top:2.2em;border-bottom:2px solid #cfd6e0}h3{font-size:1.05em;margin:1.6em 0 .3em}\n"
    "table{border-collapse:collapse;font-size:13px}td,th{padding:3px 10px;text-align:left;vertical-align:top;border-bottom:1px solid #e3e8ef}\n"
    "th{color:#4a5668}td.r,th.r{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}div.t{overflow-x:auto}\n"
    "code{font-size:12px;overflow-wrap:anywhere}td:last-child{min-width:22em}.bad{font-weight:700;color:#a01818}img{max-width:100%;height:auto}\n"
    "@media print{body{max-width:none}}\n";

static const char *text_of(const json_t *o, const char *key) { return json_string_value(json_object_get(o, key)); }

static void put(const char *before, const char *text, const char *after, FILE *out)
{
    fputs(before, out);
    bl_html_text(text ? text : "", out);
    fputs(after, out);
}

static void base64(const unsigned char *b, size_t n, FILE *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < n; i += 3) {
        const unsigned v = (unsigned)b[i] << 16 | (i + 1 < n ? (unsigned)b[i + 1] << 8 : 0) | (i + 2 < n ? b[i + 2] : 0u);
        for (size_t k = 0; k < 4; k++)
            fputc(k <= n - i ? digits[v >> (18 - 6 * k) & 63] : '=', out);
    }
}

static void picture(const char *path, const char *title, FILE *out)
{
    struct bl_diag quiet = { 0 };
    size_t n;
    unsigned char *b = bl_read_all(path, &n, &quiet);

    if (!b)
        return;
    put("<p><img alt=\"", title, "\" src=\"data:image/svg+xml;base64,", out);
    base64(b, n, out);
    fputs("\"></p>\n", out);
    free(b);
}

static void one_row(const json_t *row, FILE *out)
{
    const bool bad = json_is_false(json_object_get(row, "holds"));
    const char *because = text_of(row, "because"), *within = text_of(row, "within");
    char off[32];

    put("<tr><td>", text_of(row, "what"), "</td>", out);
    put("<td class=r>", text_of(row, "printed"), "</td>", out);
    put("<td class=r>", text_of(row, "ours"), "</td>", out);
    put("<td>", text_of(row, "unit"), "</td>", out);
    put("<td class=r>", bl_papers_off(row, off, sizeof off), "</td>", out);
    put(bad ? "<td class=bad>does not hold: " : "<td>", text_of(row, "status"), within ? ", within " : "", out);
    put("", within, "</td>", out);
    if (!because)
        put("<td><code>", text_of(row, "by"), "</code> of <code>", out);
    put(because ? "<td>" : "", because ? because : text_of(row, "command"), because ? "" : "</code>", out);
    if (text_of(row, "over"))
        put(" over <code>", text_of(row, "over"), "</code>", out);
    fputs("</td></tr>\n", out);
}

static void one_study(const json_t *figure, FILE *out)
{
    const json_t *rows = json_object_get(figure, "rows"), *row;
    const char *needs = text_of(figure, "needs");
    size_t i;

    if (!bl_papers_is_about(figure))
        put("<h3>", text_of(figure, "title"), "</h3>\n", out);
    put("<p><code>bitline study ", text_of(figure, "study"), "</code>", out);
    put(needs ? ", needs " : "", needs, strcmp(text_of(figure, "state"), "left out") ? "</p>\n" : " (left out: slow)</p>\n", out);
    json_array_foreach(json_object_get(figure, "makes"), i, row)
        put(i ? "<br><code>" : "<p>First, once:<br><code>", json_string_value(row), "</code>\n", out);
    if (text_of(figure, "picture"))
        picture(text_of(figure, "picture"), text_of(figure, "title"), out);
    if (json_array_size(rows))
        fputs("<div class=t><table>\n<tr><th>statement</th><th class=r>printed</th><th class=r>ours</th><th>unit</th><th class=r>off</th><th>status</th>"
              "<th>our value by, or why not</th></tr>\n", out);
    json_array_foreach(rows, i, row)
        one_row(row, out);
    if (json_array_size(rows))
        fputs("</table></div>\n", out);
}

static void conflicts(const json_t *papers, FILE *out)
{
    const json_t *paper, *figure, *c;
    size_t i, k, m;

    fputs("<h2>Statements that contradict each other</h2>\n<ul>\n", out);
    json_array_foreach(papers, i, paper)
        json_array_foreach(json_object_get(paper, "figures"), k, figure)
            json_array_foreach(json_object_get(figure, "conflicts"), m, c) {
                put("<li><b>", text_of(paper, "name"), "</b>: ", out);
                put("", text_of(c, "what"), ". ", out);
                put("", text_of(c, "arithmetic"), "</li>\n", out);
            }
    fputs("</ul>\n", out);
}

void bl_papers_page(const json_t *papers, FILE *out)
{
    const json_t *paper, *figure;
    char buf[200];
    size_t i, k;

    fputs("<!DOCTYPE html>\n<html lang=en>\n<meta charset=utf-8>\n<meta name=viewport content=\"width=device-width\">\n<title>bitline: what the papers print</title>\n<style>\n", out);
    fprintf(out, "%s</style>\n<h1>What the papers print, and what bitline gives</h1>\n<ul>\n", STYLE);
    for (i = 0; i < 5; i++) {
        put("<li><b>", bl_papers_statuses[i], "</b>: ", out);
        put("", bl_papers_says(papers, i, buf, sizeof buf), "</li>\n", out);
    }
    fputs("</ul>\n<p>exact: follows from the paper alone. derived: with choices that the text leaves open, named in the platform's files. calibrated: a constant was fitted to this very "
          "figure. predicted: neither was looked at.</p>\n", out);
    conflicts(papers, out);
    json_array_foreach(papers, i, paper) {
        put("<h2>", text_of(paper, "title"), "</h2>\n", out);
        json_array_foreach(json_object_get(paper, "figures"), k, figure)
            one_study(figure, out);
    }
    fputs("</html>\n", out);
}
