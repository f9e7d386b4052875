/* markdown.c - the statements of the papers as Markdown: a table for each study. */
#include "tools/papers/papers.h"

#include <string.h>

/* In a cell '|' would end it, a line end the table. */
static void put(const char *text, FILE *out)
{
    for (; text && *text; text++)
        fprintf(out, *text == '|' ? "\\|" : *text == '\n' ? " " : "%c", *text);
}

static void cell(const char *text, FILE *out)
{
    fputs(text && *text ? " " : "", out);
    put(text, out);
    fputs(" |", out);
}

static const char *text_of(const json_t *o, const char *key) { return json_string_value(json_object_get(o, key)); }

static void by_what(const json_t *row, FILE *out)
{
    const char *because = text_of(row, "because"), *over = text_of(row, "over");

    fputs(because ? " " : " `", out);
    if (!because) {
        put(text_of(row, "by"), out);
        fputs("` of `", out);
    }
    put(because ? because : text_of(row, "command"), out);
    fputs(because ? " |" : over ? "` over `" : "` |", out);
    if (over) {
        put(over, out);
        fputs("` |", out);
    }
}

static void one_row(const json_t *row, FILE *out)
{
    static const char *const keys[] = { "what", "printed", "ours", "unit" };
    const char *within = text_of(row, "within");
    char off[32], status[80];

    snprintf(status, sizeof status, "%s%s%s%s", json_is_false(json_object_get(row, "holds")) ? "DOES NOT HOLD: " : "", text_of(row, "status"), within ? ", within " : "", within ? within : "");
    fputs("|", out);
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
        cell(text_of(row, keys[k]), out);
    cell(bl_papers_off(row, off, sizeof off), out);
    cell(status, out);
    by_what(row, out);
    fputc('\n', out);
}

static void one_study(const json_t *figure, FILE *out)
{
    const json_t *rows = json_object_get(figure, "rows"), *row;
    const char *state = text_of(figure, "state"), *needs = text_of(figure, "needs");
    size_t i;

    if (!bl_papers_is_about(figure))
        fprintf(out, "\n### %s\n", text_of(figure, "title"));
    fprintf(out, "\n`bitline study %s`%s%s%s\n", text_of(figure, "study"), needs ? ", needs " : "", needs ? needs : "",
            !strcmp(state, "left out") ? " (left out: slow)" : "");
    if (json_array_size(json_object_get(figure, "makes")))
        fputs("\nFirst, once:\n\n", out);
    json_array_foreach(json_object_get(figure, "makes"), i, row)
        fprintf(out, "    %s\n", json_string_value(row));
    if (json_array_size(rows))
        fputs("\n| statement | printed | ours | unit | off | status | our value by, or why not |\n|---|---|---|---|---|---|---|\n", out);
    json_array_foreach(rows, i, row)
        one_row(row, out);
}

static void conflicts(const json_t *papers, FILE *out)
{
    const json_t *paper, *figure, *c;
    size_t i, k, m;

    fputs("\n## Statements that contradict each other\n\n", out);
    json_array_foreach(papers, i, paper)
        json_array_foreach(json_object_get(paper, "figures"), k, figure)
            json_array_foreach(json_object_get(figure, "conflicts"), m, c)
                fprintf(out, "- %s: %s. %s\n", text_of(paper, "name"), text_of(c, "what"), text_of(c, "arithmetic"));
}

void bl_papers_markdown(const json_t *papers, FILE *out)
{
    const json_t *paper, *figure;
    char buf[200];
    size_t i, k;

    fputs("# What the papers print, and what bitline gives\n\n"
          "`make papers` makes this page and a picture book of it, `out/papers.html`; `bitline study NAME` one table. Nothing here is written by hand.\n\n", out);
    for (i = 0; i < 5; i++)
        fprintf(out, "- **%s**: %s\n", bl_papers_statuses[i], bl_papers_says(papers, i, buf, sizeof buf));
    fputs("\nexact: follows from the paper alone. derived: with choices that the text leaves open, named in the platform's files. calibrated: a constant was fitted to this very figure. "
          "predicted: neither was looked at.\n", out);
    conflicts(papers, out);
    json_array_foreach(papers, i, paper) {
        fprintf(out, "\n## %s\n", text_of(paper, "title"));
        json_array_foreach(json_object_get(paper, "figures"), k, figure)
            one_study(figure, out);
    }
}
